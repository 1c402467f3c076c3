/*
 * merchant-pos/posix: what the two programs print, for people in two languages or as one line of
 * JSON. Nothing else writes to stdout.
 */
#ifndef FEEZERO_POSIX_SAY_H
#define FEEZERO_POSIX_SAY_H

#include <jansson.h>
#include <stdio.h>

#include "merchant-pos/posix/machine.h"
#include "merchant-pos/posix/options.h"

enum fz_phrase {
#define FZ_PHRASE(name, ja, en) FZ_PHRASE_##name,
#include "merchant-pos/posix/phrases.def"
#undef FZ_PHRASE
};

#define FZ_SAY_AMOUNT_SIZE 40
#define FZ_SAY_TIME_SIZE 20

/* What a program is saying things about; lives as long as the command. */
struct fz_say {
    const struct fz_options *options;
    const struct fz_machine *machine;
};

const char *fz_say_phrase(const struct fz_say *say, enum fz_phrase phrase);

/* "1,480円" or "1,480 yen" */
void fz_say_amount(const struct fz_say *say, int64_t amount, char out[FZ_SAY_AMOUNT_SIZE]);

/* "2026-12-01 09:00:05" in the town's time */
void fz_say_time(const struct fz_say *say, int64_t ms, char out[FZ_SAY_TIME_SIZE]);

/* "label: value" */
void fz_say_field(const struct fz_say *say, enum fz_phrase label, const char *value);

/* Prints an outcome as a slip or a line of JSON; answers the exit code it deserves. */
enum fz_exit fz_say_outcome(const struct fz_say *say, const struct fz_pos_outcome *outcome);

/* Prints `object` as one line and frees it. NULL (no memory) is reported on stderr. */
void fz_say_json(json_t *object);

/*
 * Prints an outcome if there is one to know, and on stderr what went wrong if the call failed. `rc`
 * and `err` are what the call returned. Answers the exit code.
 */
enum fz_exit fz_say_result(const struct fz_say *say,
                           fz_rc rc,
                           const struct fz_pos_outcome *outcome,
                           const struct fz_err *err);

/* Says on stderr (and as JSON on stdout) that the command failed; answers the exit code. */
enum fz_exit fz_say_failure(const struct fz_say *say, fz_rc rc, const struct fz_err *err);

/* A refusal that was not an operation of ours: its words, and what the switch said. */
enum fz_exit fz_say_refusal(const struct fz_say *say, fz_rc rc, const char *detail);

/* Warns on stderr of unsettled operations and of damage. */
void fz_say_warnings(const struct fz_say *say, uint32_t expected_open);

/* Asks a yes-or-no question on the terminal; no answer is no. */
bool fz_say_ask(const struct fz_say *say, enum fz_phrase question);

/* The same, waiting for `wait_ms` at most (0: for ever). *late_out: nobody answered in time. */
bool fz_say_ask_within(const struct fz_say *say,
                       enum fz_phrase question,
                       int64_t wait_ms,
                       bool *late_out);

/* The JSON form of an operation. The caller owns the result; NULL: no memory. */
json_t *fz_say_operation_json(const struct fz_pos_operation *operation);

#endif
