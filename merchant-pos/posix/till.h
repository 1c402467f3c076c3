/*
 * merchant-pos/posix: the commands of fz-pos, one function each; fz_pos.c holds their table.
 */
#ifndef FEEZERO_POSIX_TILL_H
#define FEEZERO_POSIX_TILL_H

#include "merchant-pos/posix/receipt.h"
#include "merchant-pos/posix/session.h"

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
void fz_till_say_difference(const struct fz_say *say, const struct fz_pos_difference *difference);
json_t *fz_till_sums_json(const struct fz_pos_sums *sums);

/* till_report.c */
enum fz_exit fz_till_x(const struct fz_options *options);
enum fz_exit fz_till_z(const struct fz_options *options);

/* till_paper.c */
enum fz_exit fz_till_receipt(const struct fz_options *options);
enum fz_exit fz_till_sticker(const struct fz_options *options);
FZ_MUSTUSE fz_rc fz_till_print_receipt(const struct fz_session *session,
                                       const struct fz_receipt *receipt,
                                       const char *target,
                                       bool append,
                                       struct fz_err *err);

/*
 * A sale from the journal, or from the switch when another till or the sticker made it. The code
 * of the refusal, or FZ_NOT_PAID, when there is none to work with.
 */
FZ_MUSTUSE fz_rc fz_till_find_sale(struct fz_session *session,
                                   const struct fz_id *id,
                                   struct fz_pos_operation *op,
                                   struct fz_err *err);

/* screen.c */
enum fz_exit fz_till_screen(const struct fz_options *options);

#endif
