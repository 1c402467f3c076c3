/*
 * tests/pos: a paper switch that knows nothing but its history and the intents in it, for what
 * compares a till's day with the switch's.
 */
#ifndef TESTS_POS_HISTORY_H
#define TESTS_POS_HISTORY_H

#include "tests/pos/scripted.h"

#define DAY_MS INT64_C(86400000)

/* Everything the paper switch knows: its history, newest first. */
struct item {
    int64_t number;
    const char *kind;
    uint8_t operation; /* ids are 16 times this byte */
    uint8_t intent;
    int64_t amount;
    int64_t at_ms;        /* from the day's start */
    const char *terminal; /* with a * before it: paid by that terminal's sticker */
};

extern struct paper paper;
extern const struct item *history;
extern size_t history_len;
extern size_t pages_asked;
extern size_t intents_asked;

/* What was told, in order. */
extern struct fz_pos_difference found[16];
extern size_t found_count;

/* A fresh till and such a switch. */
void open_day(const struct item *items, size_t count);

/* The same switch after the till's power failed. */
void reopen_day(void);

/* Journals an operation of ours as it would be after it was booked, or in another state. */
void journal(enum fz_pos_kind kind, enum fz_pos_state state, const struct item *item);

void take_difference(const struct fz_pos_difference *difference, void *ctx);

#endif
