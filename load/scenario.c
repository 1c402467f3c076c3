/*
 * load: reading a scenario: libinih splits the lines, the table says what they mean.
 */
#include "load/scenario.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feezero/limits.h"

#ifndef FZ_SCENARIO_DIR
#error "FZ_SCENARIO_DIR: where the scenarios are that come with the program"
#endif

#define PATH_SIZE 1024

/* Words of a key, in the order of the numbers they stand for. */
static const char *const operations[] = {"pay", "sale", "p2p", NULL};
static const char *const shops[] = {"uniform", "zipf", "hot", NULL};
static const char *const payers[] = {"uniform", "zipf", "hot", "short", NULL};
static const char *const arrivals[] = {"even", "exponential", NULL};
static const char *const yes_or_no[] = {"no", "yes", NULL};

static const struct key {
    const char *name;
    const char *const *words; /* NULL: a number from min to max */
    int64_t min;
    int64_t max;
    int decimals; /* of the number; it is stored in units of the last one */
    size_t offset;
} keys[] = {
#define WORD(name, words, field)                                  \
    {                                                             \
        name, words, 0, 0, 0, offsetof(struct fz_scenario, field) \
    }
#define NUMBER(name, min, max, decimals, field)                             \
    {                                                                       \
        name, NULL, min, max, decimals, offsetof(struct fz_scenario, field) \
    }
    WORD("operation", operations, operation),
    WORD("shops", shops, shops),
    WORD("payers", payers, payers),
    NUMBER("zipf_exponent", 1, 500, 2, zipf_exponent_hundredths),
    NUMBER("amount_min", 1, FZ_PAYMENT_MAX, 0, amount_min),
    NUMBER("amount_max", 1, FZ_PAYMENT_MAX, 0, amount_max),
    NUMBER("history", 0, 100, 0, history),
    NUMBER("balance", 0, 100, 0, balance),
    NUMBER("inquiry", 0, 100, 0, inquiry),
    WORD("arrivals", arrivals, is_exponential),
    WORD("presign", yes_or_no, presign),
#undef WORD
#undef NUMBER
};

#define KEYS_LEN (sizeof(keys) / sizeof(keys[0]))

struct reading {
    const char *file;
    FILE *stream;
    int line;
    bool failed;
    unsigned given; /* a bit per key */
    struct fz_scenario *scenario;
    struct fz_err *err;
};

/* The first problem is the one to tell. Returns 0, libinih's "stop". */
static int refuse(struct reading *reading, const char *name, const char *problem)
{
    if (!reading->failed) {
        reading->failed = true;
        (void)fz_fail(reading->err, FZ_CONFIG, "%s:%d: %s%s%s", reading->file, reading->line, name,
                      name[0] != '\0' ? ": " : "", problem);
    }
    return 0;
}

/* ini_reader: one line, counted; what is too long for libinih's buffer is refused, not split. */
static char *next_line(char *buffer, int size, void *ctx)
{
    struct reading *reading = ctx;
    if (reading->failed || fgets(buffer, size, reading->stream) == NULL) {
        return NULL;
    }
    reading->line++;
    size_t len = strlen(buffer);
    if (len + 1 >= (size_t)size && buffer[len - 1] != '\n') {
        (void)refuse(reading, "", "the line is too long");
        return NULL;
    }
    return buffer;
}

/* Digits with at most so many decimals. False: it is no such number, or out of range. */
static bool read_number(const struct key *key, const char *text, int64_t *number_out)
{
    int64_t number = 0;
    int decimals = -1; /* before the point */
    if (text[0] < '0' || text[0] > '9' || strlen(text) > 12) {
        return false;
    }
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '.' && decimals < 0 && key->decimals > 0) {
            decimals = 0;
        } else if (*at >= '0' && *at <= '9' && decimals < key->decimals) {
            number = number * 10 + (*at - '0');
            decimals += decimals >= 0;
        } else {
            return false;
        }
    }
    for (int i = decimals < 0 ? 0 : decimals; i < key->decimals; i++) {
        number *= 10;
    }
    *number_out = number;
    return number >= key->min && number <= key->max;
}

static bool read_word(const struct key *key, const char *text, int64_t *number_out)
{
    for (int64_t i = 0; key->words[i] != NULL; i++) {
        if (strcmp(key->words[i], text) == 0) {
            *number_out = i;
            return true;
        }
    }
    return false;
}

/* ini_handler */
static int take(void *ctx, const char *section, const char *name, const char *value)
{
    struct reading *reading = ctx;
    size_t index = 0;
    int64_t number = 0;
    if (section[0] != '\0') {
        return refuse(reading, name, "a scenario has no sections");
    }
    while (index < KEYS_LEN && strcmp(keys[index].name, name) != 0) {
        index++;
    }
    if (index == KEYS_LEN) {
        return refuse(reading, name, "there is no such key");
    }
    if ((reading->given & 1U << index) != 0) {
        return refuse(reading, name, "the key was given before");
    }
    reading->given |= 1U << index;
    const struct key *key = &keys[index];
    if (key->words != NULL ? !read_word(key, value, &number) : !read_number(key, value, &number)) {
        return refuse(reading, name,
                      key->words != NULL ? "there is no such choice"
                                         : "not a number, or out of range");
    }
    memcpy((char *)reading->scenario + key->offset, &number, sizeof(number));
    return 1;
}

/* What no single line can be blamed for. */
static const char *contradiction(const struct fz_scenario *scenario)
{
    if (scenario->amount_min > scenario->amount_max) {
        return "amount_min is more than amount_max";
    }
    if (scenario->history + scenario->balance + scenario->inquiry > 100) {
        return "history, balance and inquiry are more than 100 percent";
    }
    if (scenario->payers == FZ_CHOICE_SHORT && scenario->operation != FZ_SCENARIO_PAY) {
        return "payers = short is for operation = pay";
    }
    if (scenario->presign != 0 && scenario->operation != FZ_SCENARIO_PAY) {
        return "presign = yes is for operation = pay";
    }
    return NULL;
}

/* The name without folder and ending. */
static void set_name(struct fz_scenario *scenario, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    size_t len = strcspn(name, ".");
    (void)snprintf(scenario->name, sizeof(scenario->name), "%.*s", (int)(len > 60 ? 60 : len),
                   name);
}

fz_rc fz_scenario_load(const char *name_or_file,
                       struct fz_scenario *scenario_out,
                       struct fz_err *err)
{
    char path[PATH_SIZE];
    size_t len = strlen(name_or_file);
    bool is_file = strchr(name_or_file, '/') != NULL ||
                   (len > 4 && strcmp(name_or_file + len - 4, ".ini") == 0);
    int needed = is_file ? snprintf(path, sizeof(path), "%s", name_or_file)
                         : snprintf(path, sizeof(path), FZ_SCENARIO_DIR "/%s.ini", name_or_file);
    *scenario_out =
        (struct fz_scenario){.zipf_exponent_hundredths = 100, .amount_min = 1, .amount_max = 9};
    if (needed < 0 || (size_t)needed >= sizeof(path)) {
        return fz_fail(err, FZ_CONFIG, "the path of the scenario is long");
    }
    struct reading reading = {.file = path, .scenario = scenario_out, .err = err};
    reading.stream = fopen(path, "re");
    if (reading.stream == NULL) {
        return fz_fail(err, FZ_CONFIG, "%s: %s", path, strerror(errno));
    }
    int bad_line = ini_parse_stream(next_line, &reading, take, &reading);
    bool unreadable = ferror(reading.stream) != 0;
    (void)fclose(reading.stream);
    if (!reading.failed && bad_line != 0) {
        reading.line = bad_line > 0 ? bad_line : reading.line;
        (void)refuse(&reading, "", "not a line of the form key = value");
    }
    if (!reading.failed && unreadable) {
        return fz_fail(err, FZ_CONFIG, "%s: cannot be read", path);
    }
    const char *problem = reading.failed ? NULL : contradiction(scenario_out);
    if (problem != NULL) {
        return fz_fail(err, FZ_CONFIG, "%s: %s", path, problem);
    }
    set_name(scenario_out, path);
    return reading.failed ? FZ_CONFIG : FZ_OK;
}
