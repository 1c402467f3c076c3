/*
 * Test room, internal to the plain model: what its rules stand on, and those in model_pay.c.
 */
#ifndef TESTS_CORE_MODEL_RULES_H
#define TESTS_CORE_MODEL_RULES_H

#include "tests/core/model.h"

#define WALLET(party) (10000000000LL + (party))
#define MERCHANT(party) (11000000000LL + (party))
#define RECEIVABLE(party) (3000000000LL + (party))
#define RESERVE 1000000000LL
#define TRANSIT 2000000000LL
#define PENDING 12000000000LL
#define TAX_OWED 13000000000LL
#define REVENUE 20000000000LL

/* Books one leg, or says why not; `r->value` gets the available amount if it is short. */
fz_rc model_book(
    struct model *m, int kind, int64_t from, int64_t to, struct fz_result *r, int64_t amount);

void model_tell(struct model *m,
                const struct model_intent *i,
                const struct fz_result *r,
                int type,
                int64_t amount);

fz_rc model_run_code(struct model *m, const struct fz_command *c, struct fz_result *r);
fz_rc model_run_intent(struct model *m, const struct fz_command *c, struct fz_result *r);
fz_rc model_run_cancel(struct model *m, const struct fz_command *c, struct fz_result *r);
fz_rc model_run_expire(struct model *m, const struct fz_command *c, struct fz_result *r);
fz_rc model_run_pay(struct model *m, const struct fz_command *c, struct fz_result *r);
fz_rc model_run_release(struct model *m, const struct fz_command *c, struct fz_result *r);
fz_rc model_run_give_back(struct model *m, const struct fz_command *c, struct fz_result *r);

#endif
