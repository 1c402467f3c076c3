/*
 * Test room. Plays the tables of this folder: each line an event, with the answer the books must
 * give. The language is in README.md beside this file. Every event runs through decide() over the
 * store in memory and through the plain model, and the two must agree.
 */
#ifndef TESTS_LEDGER_STORY_H
#define TESTS_LEDGER_STORY_H

#include "tests/core/memory_store.h"
#include "tests/core/precedence.h"
#include "tests/core/refusals.h"

#define STORY_NAMES 128
#define STORY_WORDS 48

/* An intent, payout or operation a table speaks of. */
struct story_name {
    char text[16];
    struct fz_id id;
    int64_t shop, amount; /* of an intent */
    int64_t number;       /* first transfer it booked */
};

struct story {
    const char *file;
    unsigned line;
    unsigned events; /* lines with an answer, over all files */
    unsigned errors;
    char first_error[256];
    struct precedence precedence;
    bool answered[PRECEDENCE_COMMANDS][REFUSALS_MAX];
    bool beats[PRECEDENCE_COMMANDS][PRECEDENCE_CODES][PRECEDENCE_CODES]; /* by place */

    /* one scenario */
    struct memory_store *store; /* NULL outside */
    struct model *model;
    int64_t now_us;
    unsigned names_len, unnamed;
    struct story_name names[STORY_NAMES];
};

/* Plays a whole table; `text` is changed. Each error is printed as file:line: what. */
void story_play(struct story *story, const char *file, char *text);

/* Notes an error of the line being played. */
void story_fail(struct story *story, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One line with an answer. `words` are those before "->", `answer` those after. */
void story_event(
    struct story *story, char **words, unsigned words_len, char **answer, unsigned answer_len);

/* "12:00:05" of the scenario's first day; false if it is no time. */
bool story_time(const char *word, int64_t *time_us_out);

/* Digits only. */
bool story_amount(const char *word, int64_t *amount_out);

/* "R1" and "M2" as party numbers; 0 if it is neither. */
int64_t story_party(const char *word);

/* "R1", "M1", "M1-due", "reserve", "in-transit", "pending", "tax", "revenue"; 0 if it is none. */
int64_t story_account(const char *word);

/* NULL if nothing has that name. */
struct story_name *story_find(struct story *story, const char *text);

#endif
