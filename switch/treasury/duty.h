/*
 * switch/treasury: a duty is one subcommand of `fz`. Its row names the options; parsing, `fz help`
 * and the checks of docs/man/fz.1 follow from it. Duties live in duty_*.c, the table in duties.c.
 */
#ifndef FZ_SWITCH_TREASURY_DUTY_H
#define FZ_SWITCH_TREASURY_DUTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feezero/err.h"
#include "feezero/id.h"
#include "feezero/rc.h"

#define FZ_OPTIONS_MAX 20 /* of one duty */

enum fz_option_type {
    FZ_OPTION_FLAG = 0, /* takes no value */
    FZ_OPTION_TEXT,     /* UTF-8 without control characters, min to max bytes */
    FZ_OPTION_ASCII,    /* printable ASCII, min to max characters */
    FZ_OPTION_DIGITS,   /* exactly max digits */
    FZ_OPTION_NUMBER,   /* decimal, min to max */
    FZ_OPTION_DATE,     /* YYYY-MM-DD; number: days since 1970 */
    FZ_OPTION_MONTH,    /* YYYY-MM; number: its first day */
    FZ_OPTION_CHOICE,   /* one of `words`; number: its place there, from 0 */
    FZ_OPTION_PARTY,    /* public id whose letter is in `words`; number: party, kind: letter */
    FZ_OPTION_ID,       /* operation id */
    FZ_OPTION_FILE      /* a path, not empty */
};

struct fz_option {
    const char *name; /* without the two hyphens */
    enum fz_option_type type;
    bool required;
    int64_t min;
    int64_t max;
    const char *words; /* CHOICE: "a|b|c". PARTY: the letters, "MR" */
    const char *value; /* how the usage calls the value: "YEN" */
    const char *help;  /* one line */
};

/* What the user gave for one option; borrows the command line. */
struct fz_value {
    bool given;
    char kind;
    int64_t number;
    struct fz_id id;
    const char *text;
};

struct fz_run;

struct fz_duty {
    const char *name;    /* "shop add" */
    const char *summary; /* one line */
    const char *details; /* more lines for `fz help`, or NULL */
    const struct fz_option *options;
    unsigned options_len;
    fz_rc (*run)(struct fz_run *run, const struct fz_value *values, struct fz_err *err);
};

/* The duties in the order of the help; NULL past the end. */
const struct fz_duty *fz_duty_at(unsigned index);

/*
 * Finds the duty of the words at `words` (of `len`). *used_out is how many of them are its name;
 * NULL if there is none.
 */
const struct fz_duty *fz_duty_find(char *const *words, int len, int *used_out);

/* The duties, one constant each, by file. */
extern const struct fz_duty fz_duty_migrate;
extern const struct fz_duty fz_duty_community_add;
extern const struct fz_duty fz_duty_community_list;
extern const struct fz_duty fz_duty_bank_set;
extern const struct fz_duty fz_duty_bank_show;
extern const struct fz_duty fz_duty_plan_set;
extern const struct fz_duty fz_duty_plan_list;
extern const struct fz_duty fz_duty_resident_add;
extern const struct fz_duty fz_duty_resident_list;
extern const struct fz_duty fz_duty_shop_add;
extern const struct fz_duty fz_duty_shop_bank;
extern const struct fz_duty fz_duty_shop_list;
extern const struct fz_duty fz_duty_terminal_add;
extern const struct fz_duty fz_duty_owner_add;
extern const struct fz_duty fz_duty_staff_add;
extern const struct fz_duty fz_duty_code;
extern const struct fz_duty fz_duty_key_new;
extern const struct fz_duty fz_duty_key_list;
extern const struct fz_duty fz_duty_key_revoke;
extern const struct fz_duty fz_duty_topup;
extern const struct fz_duty fz_duty_settle;
extern const struct fz_duty fz_duty_payout_list;
extern const struct fz_duty fz_duty_payout_confirm;
extern const struct fz_duty fz_duty_payout_return;
extern const struct fz_duty fz_duty_bill;
extern const struct fz_duty fz_duty_bill_show;
extern const struct fz_duty fz_duty_correct;
extern const struct fz_duty fz_duty_audit;

#endif
