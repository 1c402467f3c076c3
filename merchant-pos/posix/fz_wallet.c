/*
 * fz-wallet: a resident's wallet on the command line, for wallet makers, kiosks and tests. Pays
 * codes, sends money, shows what happened. docs/man/fz-wallet.1 is its manual.
 */
#include "merchant-pos/posix/session.h"
#include "merchant-pos/posix/wallet.h"

static enum fz_exit enrol(const struct fz_options *options)
{
    return fz_session_enrol(options, FZ_WALLET_ROLE);
}

static const struct fz_command commands[] = {
    {"enrol", enrol, 0,
     FZ_OPTION_BIT(FZ_OPTION_URL) | FZ_OPTION_BIT(FZ_OPTION_CA) | FZ_OPTION_BIT(FZ_OPTION_CODE) |
         FZ_OPTION_BIT(FZ_OPTION_LABEL),
     "--url URL [--ca FILE] --code CODE [--label TEXT]",
     "make this folder a wallet, with the resident's one-time code", 0},
    {"pay", fz_wallet_pay, 0,
     FZ_OPTION_BIT(FZ_OPTION_QR_IMAGE) | FZ_OPTION_BIT(FZ_OPTION_PAYLOAD) |
         FZ_OPTION_BIT(FZ_OPTION_YES) | FZ_OPTION_BIT(FZ_OPTION_ID) |
         FZ_OPTION_BIT(FZ_OPTION_AGAIN),
     "(CODE | --qr-image FILE | --payload TEXT) [AMOUNT] [--yes] [--again] [--id UUID]",
     "pay a shop's code after asking; a printed one needs AMOUNT", 2},
    {"code", fz_wallet_code, 0,
     FZ_OPTION_BIT(FZ_OPTION_MAX) | FZ_OPTION_BIT(FZ_OPTION_PNG) |
         FZ_OPTION_BIT(FZ_OPTION_NO_WAIT) | FZ_OPTION_BIT(FZ_OPTION_YES) |
         FZ_OPTION_BIT(FZ_OPTION_ID),
     "[--max YEN] [--png FILE] [--no-wait] [--yes] [--id UUID]",
     "make a one-time code, show it to a shop, and answer if the shop asks for more", 0},
    {"decline", fz_wallet_decline, 1, 0, "INTENT", "say no to a sale that asks for consent", 0},
    {"send", fz_wallet_send, 2,
     FZ_OPTION_BIT(FZ_OPTION_MESSAGE) | FZ_OPTION_BIT(FZ_OPTION_YES) | FZ_OPTION_BIT(FZ_OPTION_ID),
     "RESIDENT AMOUNT [--message TEXT] [--yes] [--id UUID]",
     "send money to another resident after asking", 0},
    {"balance", fz_wallet_balance, 0, 0, "", "what is in the wallet", 0},
    {"history", fz_wallet_history, 0,
     FZ_OPTION_BIT(FZ_OPTION_LIMIT) | FZ_OPTION_BIT(FZ_OPTION_BEFORE),
     "[--limit N] [--before NUMBER]", "the latest entries, newest first", 0},
    {"receipt", fz_wallet_receipt, 1, 0, "OPERATION", "the receipt of a payment", 0},
    {"operation", fz_wallet_operation, 1, 0, "OPERATION", "what became of an operation", 0},
    {"resume", fz_wallet_resume, 0, 0, "",
     "settle what a power cut or a lost connection left behind", 0},
    {NULL, NULL, 0, 0, NULL, NULL, 0},
};

int main(int argc, char **argv)
{
    return (int)fz_options_run(argc, argv, commands);
}
