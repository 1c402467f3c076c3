/*
 * Test room. Reads the tables, line by line, and sets the scene: accounts, their states, the clock.
 * What happens then is in story_event.c.
 */
#include "tests/ledger/story.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feezero/assert.h"

#define MIDNIGHT_US (1796094000000000LL - 43200000000LL) /* 2026-12-01 00:00 in Japan */
#define SHOPS_FROM 1000                                  /* M1 is party 1001 */

static const struct {
    const char *word;
    int64_t account;
} consortium[] = {{"reserve", 1000000000},
                  {"in-transit", 2000000000},
                  {"pending", 12000000000},
                  {"tax", 13000000000},
                  {"revenue", 20000000000}};

#define CONSORTIUM (sizeof(consortium) / sizeof(consortium[0]))

void story_fail(struct story *story, const char *format, ...)
{
    char text[192];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (story->errors++ == 0) {
        snprintf(story->first_error, sizeof(story->first_error), "%s:%u: %s", story->file,
                 story->line, text);
    }
    fprintf(stderr, "%s:%u: %s\n", story->file, story->line, text);
}

bool story_amount(const char *word, int64_t *amount_out)
{
    char *end = NULL;
    if (word == NULL || word[0] == '\0') {
        return false;
    }
    *amount_out = strtoll(word, &end, 10);
    return *end == '\0';
}

bool story_time(const char *word, int64_t *time_us_out)
{
    unsigned hours, minutes, seconds;
    char rest;
    if (word == NULL || sscanf(word, "%2u:%2u:%2u%c", &hours, &minutes, &seconds, &rest) != 3 ||
        hours > 23 || minutes > 59 || seconds > 59) {
        return false;
    }
    *time_us_out = MIDNIGHT_US + ((hours * 60LL + minutes) * 60 + seconds) * 1000000;
    return true;
}

int64_t story_party(const char *word)
{
    int64_t party = 0;
    if (word == NULL || (word[0] != 'R' && word[0] != 'M') || !story_amount(word + 1, &party) ||
        party < 1 || party >= SHOPS_FROM) {
        return 0;
    }
    return word[0] == 'R' ? party : SHOPS_FROM + party;
}

int64_t story_account(const char *word)
{
    char shop[16] = "";
    for (unsigned i = 0; i < CONSORTIUM; i++) {
        if (strcmp(word, consortium[i].word) == 0) {
            return consortium[i].account;
        }
    }
    size_t len = strlen(word);
    if (word[0] == 'M' && len > 4 && len < 16 && strcmp(word + len - 4, "-due") == 0) {
        memcpy(shop, word, len - 4);
        int64_t party = story_party(shop);
        return party == 0 ? 0 : fz_account_number(FZ_ACCOUNT_RECEIVABLE, party);
    }
    int64_t party = story_party(word);
    if (party == 0) {
        return 0;
    }
    return fz_account_number(word[0] == 'R' ? FZ_ACCOUNT_WALLET : FZ_ACCOUNT_MERCHANT, party);
}

struct story_name *story_find(struct story *story, const char *text)
{
    for (unsigned i = 0; i < story->names_len; i++) {
        if (strcmp(story->names[i].text, text) == 0) {
            return &story->names[i];
        }
    }
    return NULL;
}

/* --- the scene -------------------------------------------------------------------------------- */

static void end_scenario(struct story *story)
{
    if (story->store != NULL) {
        memory_store_check(story->store);
        memory_store_destroy(story->store);
        model_destroy(story->model);
    }
    story->store = NULL;
    story->model = NULL;
}

static void begin_scenario(struct story *story)
{
    end_scenario(story);
    story->store = memory_store_create();
    story->model = model_create();
    story->now_us = MIDNIGHT_US + 43200000000LL;
    story->names_len = 0;
    story->unnamed = 0;
}

static void open_account(struct story *story, int64_t account)
{
    if (memory_store_account(story->store, account) != NULL) {
        story_fail(story, "it is there already");
        return;
    }
    memory_store_open(story->store, account);
    model_open(story->model, account);
}

/* The consortium's accounts are there from the first line on, but for the one left out. */
static void open_consortium(struct story *story, const char *without)
{
    for (unsigned i = 0; i < CONSORTIUM; i++) {
        if (without == NULL || strcmp(without, consortium[i].word) != 0) {
            open_account(story, consortium[i].account);
        }
    }
}

static void start_with(struct story *story, int64_t account, int64_t debits, int64_t credits)
{
    struct model_account *row = model_account(story->model, account);
    if (row == NULL || story->store->transfers_len > 0) {
        story_fail(story, "no such account, or something was booked before");
        return;
    }
    memory_store_start(story->store, account, debits, credits);
    row->debits += debits;
    row->credits += credits;
}

/* Coins come from the reserve, a debt from revenue. */
static void give(struct story *story, int64_t account, int64_t amount)
{
    if (fz_account_number_class(account) == FZ_ACCOUNT_RECEIVABLE) {
        start_with(story, account, amount, 0);
        start_with(story, story_account("revenue"), 0, amount);
        return;
    }
    start_with(story, account, 0, amount);
    start_with(story, story_account("reserve"), amount, 0);
}

/* Turned over so often that only `amount` more fits into its larger column. */
static void wear(struct story *story, int64_t account, int64_t amount)
{
    const struct model_account *row = model_account(story->model, account);
    if (row == NULL) {
        story_fail(story, "no such account");
        return;
    }
    int64_t larger = row->debits > row->credits ? row->debits : row->credits;
    int64_t volume = INT64_MAX - larger - amount;
    start_with(story, account, volume, volume);
}

static bool is_state(const char *word, int *state_out)
{
    static const char *const words[] = {"open", "frozen", "closed"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(word, words[i]) == 0) {
            *state_out = i + 1;
            return true;
        }
    }
    return false;
}

/* "R1 is frozen", "R1 holds 100", "R1 pending 100", "M1-due has 100", "R1 takes 100" */
static void set_account(struct story *story, char **words, unsigned len)
{
    int64_t number = story_account(words[0]);
    struct model_account *row = model_account(story->model, number);
    int64_t amount = 0;
    int state = 0;
    if (number == 0 || len != 3) {
        story_fail(story, "what is \"%s\"?", words[0]);
        return;
    }
    if (row == NULL) {
        story_fail(story, "there is no %s", words[0]);
        return;
    }
    struct fz_account *stored = memory_store_account(story->store, number);
    if (strcmp(words[1], "is") == 0 && is_state(words[2], &state)) {
        row->state = state;
        stored->state = (enum fz_account_state)state;
        return;
    }
    if (!story_amount(words[2], &amount)) {
        story_fail(story, "what is \"%s\"?", words[2]);
    } else if (strcmp(words[1], "holds") == 0) {
        row->hold = stored->hold = amount;
    } else if (strcmp(words[1], "pending") == 0) {
        bool asset = number < 10000000000LL;
        *(asset ? &row->credits_pending : &row->debits_pending) = amount;
        *(asset ? &stored->credits_pending : &stored->debits_pending) = amount;
    } else if (strcmp(words[1], "has") == 0) {
        give(story, number, amount);
    } else if (strcmp(words[1], "takes") == 0) {
        wear(story, number, amount);
    } else {
        story_fail(story, "what is \"%s\"?", words[1]);
    }
}

/* "wallet R1", "shop M1 has 100": opens it, a shop with its debts unless "shop M1 without due". */
static void open_holder(struct story *story, char **words, unsigned len)
{
    bool shop = strcmp(words[0], "shop") == 0;
    if ((len != 2 && len != 4) || words[1][0] != (shop ? 'M' : 'R') || story_party(words[1]) == 0) {
        story_fail(story, "%s needs a name, %s", words[0], shop ? "as M1" : "as R1");
        return;
    }
    open_account(story, story_account(words[1]));
    bool no_due = shop && len == 4 && strcmp(words[2], "without") == 0;
    if (shop && !no_due) {
        open_account(story, fz_account_number(FZ_ACCOUNT_RECEIVABLE, story_party(words[1])));
    }
    if (len == 4 && !no_due) {
        set_account(story, words + 1, 3);
    }
}

/* "at 12:00:05", "at day 2 00:00:00" */
static void set_clock(struct story *story, char **words, unsigned len)
{
    int64_t day = 1;
    int64_t time_us = 0;
    bool named = len == 4 && strcmp(words[1], "day") == 0;
    if ((named && !story_amount(words[2], &day)) || (!named && len != 2) ||
        !story_time(words[len - 1], &time_us)) {
        story_fail(story, "a time is 12:00:05, or day 2 12:00:05");
        return;
    }
    story->now_us = time_us + (day - 1) * 86400000000LL;
}

/* --- lines ------------------------------------------------------------------------------------ */

static unsigned split(char *line, char **words)
{
    static char colon[] = ":";
    unsigned len = 0;
    char *save = NULL;
    for (char *word = strtok_r(line, " \t,", &save); word != NULL && len < STORY_WORDS;
         word = strtok_r(NULL, " \t,", &save)) {
        size_t last = strlen(word) - 1;
        words[len++] = word;
        if (last > 0 && word[last] == ':' && len < STORY_WORDS) { /* "ok:" is two words */
            word[last] = '\0';
            words[len++] = colon;
        }
    }
    return len;
}

static unsigned find_arrow(char **words, unsigned len)
{
    unsigned i = 0;
    while (i < len && strcmp(words[i], "->") != 0) {
        i++;
    }
    return i;
}

static void play_line(struct story *story, char *line)
{
    char *words[STORY_WORDS];
    unsigned len = split(line, words);
    if (len == 0) {
        return;
    }
    if (strcmp(words[0], "scenario") == 0) {
        begin_scenario(story);
        return;
    }
    if (story->store == NULL) {
        story_fail(story, "a table begins with a scenario");
        return;
    }
    bool without = strcmp(words[0], "without") == 0;
    if (without && (len != 2 || story->store->accounts_len > 0 || story_account(words[1]) == 0)) {
        story_fail(story, "\"without\" and one account come first in a scenario");
        return;
    }
    if (story->store->accounts_len == 0) {
        open_consortium(story, without ? words[1] : NULL);
    }
    unsigned arrow = find_arrow(words, len);
    if (arrow < len) {
        story_event(story, words, arrow, words + arrow + 1, len - arrow - 1);
    } else if (strcmp(words[0], "at") == 0) {
        set_clock(story, words, len);
    } else if (strcmp(words[0], "wallet") == 0 || strcmp(words[0], "shop") == 0) {
        open_holder(story, words, len);
    } else if (!without) {
        set_account(story, words, len);
    }
}

void story_play(struct story *story, const char *file, char *text)
{
    story->file = file;
    story->line = 0;
    for (char *line = text; line != NULL;) {
        char *end = strchr(line, '\n');
        char *next = end == NULL ? NULL : end + 1;
        if (end != NULL) {
            *end = '\0';
        }
        line[strcspn(line, "#")] = '\0';
        story->line++;
        play_line(story, line);
        line = next;
    }
    end_scenario(story);
}
