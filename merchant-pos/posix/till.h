/*
 * merchant-pos/posix: the commands of fz-pos, one function each; fz_pos.c holds their table.
 */
#ifndef FEEZERO_POSIX_TILL_H
#define FEEZERO_POSIX_TILL_H

#include "merchant-pos/posix/options.h"

#define FZ_TILL_ROLE "terminal"

/* till_sale.c */
enum fz_exit fz_till_sale(const struct fz_options *options);
enum fz_exit fz_till_wait(const struct fz_options *options);
enum fz_exit fz_till_cancel(const struct fz_options *options);

/* till_undo.c */
enum fz_exit fz_till_void(const struct fz_options *options);
enum fz_exit fz_till_refund(const struct fz_options *options);
enum fz_exit fz_till_resume(const struct fz_options *options);

/* till_day.c */
enum fz_exit fz_till_list(const struct fz_options *options);
enum fz_exit fz_till_totals(const struct fz_options *options);

#endif
