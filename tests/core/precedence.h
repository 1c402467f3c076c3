/*
 * Test room. The order of refusals per command, as docs/ledger.md has it: the document is read at
 * run time, so what an auditor reads is what is tested.
 */
#ifndef TESTS_CORE_PRECEDENCE_H
#define TESTS_CORE_PRECEDENCE_H

#include "feezero/ledger.h"

#define PRECEDENCE_COMMANDS 19 /* one past the last command's code */
#define PRECEDENCE_CODES 24

struct precedence {
    unsigned len[PRECEDENCE_COMMANDS];
    fz_rc order[PRECEDENCE_COMMANDS][PRECEDENCE_CODES]; /* by command code, first wins */
    bool excludes[PRECEDENCE_COMMANDS][PRECEDENCE_CODES][PRECEDENCE_CODES]; /* by place */
};

/* Reads docs/ledger.md of FZ_SOURCE_DIR (default: here). Aborts with the line if it is wrong. */
void precedence_read(struct precedence *precedence);

/* The place of a code in the command's list, or -1: the command never answers it. */
int precedence_place(const struct precedence *precedence, int command, fz_rc rc);

/* By slug: "intent-paid", "payout-sent". -1 if there is none. */
int rc_of_slug(const char *slug);
int command_of_slug(const char *slug);

#endif
