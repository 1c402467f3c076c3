/*
 * fz-pos: the till on the command line. Sells by showing a payment code, voids, refunds, closes the
 * day, and finds out after a power cut what happened. docs/man/fz-pos.1 is its manual.
 */
#include "merchant-pos/posix/session.h"
#include "merchant-pos/posix/till.h"

static enum fz_exit enrol(const struct fz_options *options)
{
    return fz_session_enrol(options, FZ_TILL_ROLE);
}

static const struct fz_command commands[] = {
    {"enrol", enrol, 0,
     FZ_OPTION_BIT(FZ_OPTION_URL) | FZ_OPTION_BIT(FZ_OPTION_CA) | FZ_OPTION_BIT(FZ_OPTION_CODE) |
         FZ_OPTION_BIT(FZ_OPTION_LABEL),
     "--url URL [--ca FILE] --code CODE [--label TEXT]",
     "make this folder a till, with the shop's one-time code", 0},
    {"sale", fz_till_sale, 1,
     FZ_OPTION_BIT(FZ_OPTION_REFERENCE) | FZ_OPTION_BIT(FZ_OPTION_PNG) |
         FZ_OPTION_BIT(FZ_OPTION_NO_WAIT) | FZ_OPTION_BIT(FZ_OPTION_EXPIRES) |
         FZ_OPTION_BIT(FZ_OPTION_QUIET) | FZ_OPTION_BIT(FZ_OPTION_ID) |
         FZ_OPTION_BIT(FZ_OPTION_CODE) | FZ_OPTION_BIT(FZ_OPTION_AGAIN) |
         FZ_OPTION_BIT(FZ_OPTION_ESCPOS) | FZ_OPTION_BIT(FZ_OPTION_REDUCED),
     "AMOUNT [--code DIGITS|QR [--again]] [--reference TEXT] [--png FILE] [--escpos FILE "
     "[--reduced YEN]] [--no-wait] [--expires S] [--quiet] [--id UUID]",
     "show a payment code, or take the customer's, and wait until it is paid; Ctrl-C cancels", 0},
    {"wait", fz_till_wait, 1, 0, "INTENT", "wait for a sale; Ctrl-C only stops waiting", 0},
    {"cancel", fz_till_cancel, 1, 0, "INTENT", "cancel a sale that is not paid", 0},
    {"void", fz_till_void, 1, 0, "INTENT", "take back a whole payment on its business day", 0},
    {"refund", fz_till_refund, 2, 0, "INTENT AMOUNT", "give part of a payment back", 0},
    {"receipt", fz_till_receipt, 1,
     FZ_OPTION_BIT(FZ_OPTION_ESCPOS) | FZ_OPTION_BIT(FZ_OPTION_TEXT) |
         FZ_OPTION_BIT(FZ_OPTION_REDUCED),
     "INTENT (--escpos FILE | --text) [--reduced YEN]", "print a receipt again; FILE - is stdout",
     0},
    {"sticker", fz_till_sticker, 0,
     FZ_OPTION_BIT(FZ_OPTION_PNG) | FZ_OPTION_BIT(FZ_OPTION_ESCPOS) |
         FZ_OPTION_BIT(FZ_OPTION_NAME) | FZ_OPTION_BIT(FZ_OPTION_CITY),
     "[--png FILE] [--escpos FILE] [--name ASCII] [--city ASCII]",
     "the code to put up in the shop: the customer types the amount", 0},
    {"x", fz_till_x, 0, FZ_OPTION_BIT(FZ_OPTION_ESCPOS), "[--escpos FILE]",
     "X report: the business day so far; 1 if it differs from the switch's", 0},
    {"z", fz_till_z, 0, FZ_OPTION_BIT(FZ_OPTION_ESCPOS) | FZ_OPTION_BIT(FZ_OPTION_REPRINT),
     "[--escpos FILE] [--reprint N]", "Z report: closes the business day; N 0 is the latest", 0},
    {"list", fz_till_list, 0, FZ_OPTION_BIT(FZ_OPTION_DAY), "[--day YYYY-MM-DD]",
     "what this till did that day, and what is unsettled", 0},
    {"totals", fz_till_totals, 0, FZ_OPTION_BIT(FZ_OPTION_DAY), "[--day YYYY-MM-DD]",
     "this till's day against the switch's; 1 if they differ", 0},
    {"screen", fz_till_screen, 0, 0, "", "the till as a full screen in this terminal", 0},
    {"resume", fz_till_resume, 0, FZ_OPTION_BIT(FZ_OPTION_KEEP_OPEN), "[--keep-open]",
     "settle what a power cut or a lost connection left behind", 0},
    {NULL, NULL, 0, 0, NULL, NULL, 0},
};

int main(int argc, char **argv)
{
    return (int)fz_options_run(argc, argv, commands);
}
