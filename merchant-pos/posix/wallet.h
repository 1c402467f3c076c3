/*
 * merchant-pos/posix: the commands of fz-wallet, one function each; fz_wallet.c holds their table.
 */
#ifndef FEEZERO_POSIX_WALLET_H
#define FEEZERO_POSIX_WALLET_H

#include "merchant-pos/posix/options.h"

#define FZ_WALLET_ROLE "resident"

/* wallet_pay.c */
enum fz_exit fz_wallet_pay(const struct fz_options *options);

/* wallet_code.c */
enum fz_exit fz_wallet_code(const struct fz_options *options);
enum fz_exit fz_wallet_decline(const struct fz_options *options);

/* wallet_send.c */
enum fz_exit fz_wallet_send(const struct fz_options *options);
enum fz_exit fz_wallet_resume(const struct fz_options *options);

/* wallet_look.c */
enum fz_exit fz_wallet_balance(const struct fz_options *options);
enum fz_exit fz_wallet_history(const struct fz_options *options);
enum fz_exit fz_wallet_receipt(const struct fz_options *options);
enum fz_exit fz_wallet_operation(const struct fz_options *options);

#endif
