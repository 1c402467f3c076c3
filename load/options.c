/*
 * load: the options.
 */
#include "load/options.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECONDS_PRESET 10

enum kind {
    KIND_TEXT,   /* const char * */
    KIND_NUMBER, /* uint64_t */
    KIND_FLAG    /* bool */
};

static const struct row {
    const char *name;
    enum kind kind;
    size_t offset; /* in struct fz_load_options */
    uint64_t min;
    uint64_t max;
    const char *value;
    const char *help;
} rows[] = {
#define TEXT(name, field, value, help)                                              \
    {                                                                               \
        name, KIND_TEXT, offsetof(struct fz_load_options, field), 0, 0, value, help \
    }
#define NUMBER(name, field, min, max, help)                                                 \
    {                                                                                       \
        name, KIND_NUMBER, offsetof(struct fz_load_options, run.field), min, max, "N", help \
    }
    TEXT("url", run.url, "URL", "the switch, https://HOST:PORT"),
    TEXT("keys", run.keys_dir, "DIR", "the folder of keys that `enrol` fills"),
    TEXT("codes", codes_file, "FILE", "enrol only: enrolment codes, one per line"),
    TEXT("ca", run.ca_file, "FILE", "trust this certificate; else what the system trusts"),
    NUMBER("clients", clients, 1, 10000, "connections, each with a till and a resident (1)"),
    NUMBER("seconds", seconds, 1, 86400, "begin nothing new after so long (10)"),
    NUMBER("payments", payments, 1, UINT64_MAX, "begin so many in all, however long it takes"),
    NUMBER("think-ms", think_ms, 0, 60000, "pause about so long between sales (0)"),
    NUMBER("amount-max", amount_max, 1, 1000000, "amounts are 1 to this (9)"),
    NUMBER("replays",
           replays_percent,
           0,
           90,
           "percent: repeat an old payment so often, and compare the answers (0)"),
    NUMBER("rivals",
           rivals_percent,
           0,
           90,
           "percent: try to pay another client's intent so often (0)"),
    NUMBER("timeout-ms", timeout_ms, 10, 600000, "wait so long for an answer (5000)"),
    NUMBER("patience-s", patience_s, 1, 3600, "give up an unknown outcome after so long (60)"),
    TEXT("ack", run.acknowledged_file, "FILE", "append a line per payment known to be booked"),
    TEXT("unknown",
         run.unknown_file,
         "FILE",
         "append a line per unknown outcome, and what became of it"),
    NUMBER("seed", seed, 0, UINT64_MAX, "for what is left to chance (the time)"),
    {"json", KIND_FLAG, offsetof(struct fz_load_options, run.json), 0, 0, "",
     "report as one JSON object"},
    {"help", KIND_FLAG, offsetof(struct fz_load_options, help), 0, 0, "", "this help"},
#undef TEXT
#undef NUMBER
};

#define ROWS_LEN (sizeof(rows) / sizeof(rows[0]))

void fz_load_options_help(FILE *out)
{
    (void)fputs("usage: fz-load --url URL --keys DIR [OPTION...]\n"
                "       fz-load enrol --url URL --keys DIR --codes FILE [--ca FILE]\n\n"
                "Each client pays in a closed loop: a till's intent, a resident's payment, the "
                "next.\n",
                out);
    for (size_t i = 0; i < ROWS_LEN; i++) {
        char left[40];
        (void)snprintf(left, sizeof(left), "--%s %s", rows[i].name, rows[i].value);
        (void)fprintf(out, "  %-20s %s\n", left, rows[i].help);
    }
    (void)fputs("\nexit status: 0 done, 1 the switch broke a promise, 2 usage, 70 fault of the "
                "program,\n75 an outcome is still unknown or nobody answers, 78 keys or files "
                "cannot be used\n",
                out);
}

static const struct row *find(const char *word)
{
    for (size_t i = 0; i < ROWS_LEN; i++) {
        if (strncmp(word, "--", 2) == 0 && strcmp(word + 2, rows[i].name) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

static fz_rc
read_number(const struct row *row, const char *text, uint64_t *number_out, struct fz_err *err)
{
    char *end = NULL;
    errno = 0;
    *number_out = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || *number_out < row->min ||
        *number_out > row->max) {
        return fz_fail(err, FZ_BAD_FIELD, "--%s: must be %" PRIu64 " to %" PRIu64, row->name,
                       row->min, row->max);
    }
    return FZ_OK;
}

/* Stores the value; `text` is NULL for a flag. */
static fz_rc
take(const struct row *row, const char *text, struct fz_load_options *options, struct fz_err *err)
{
    void *field = (char *)options + row->offset;
    uint64_t number = 0;
    fz_rc rc = FZ_OK;
    switch (row->kind) {
    case KIND_TEXT:
        memcpy(field, &text, sizeof(text));
        break;
    case KIND_NUMBER:
        rc = read_number(row, text, &number, err);
        memcpy(field, &number, sizeof(number));
        break;
    case KIND_FLAG:
        memcpy(field, &(bool){true}, sizeof(bool));
        break;
    }
    return rc;
}

static fz_rc check(struct fz_load_options *options, bool is_enrol, struct fz_err *err)
{
    struct fz_run_options *run = &options->run;
    if (!options->help && (run->url == NULL || run->keys_dir == NULL)) {
        return fz_fail(err, FZ_BAD_FIELD, "--url and --keys are needed (--help)");
    }
    if (!options->help && is_enrol != (options->codes_file != NULL)) {
        return fz_fail(err, FZ_BAD_FIELD, "`enrol` and --codes belong together");
    }
    if (run->seconds == 0 && run->payments == 0) {
        run->seconds = SECONDS_PRESET;
    }
    return FZ_OK;
}

fz_rc fz_load_options_parse(int argc,
                            char *const *argv,
                            struct fz_load_options *options_out,
                            struct fz_err *err)
{
    bool is_enrol = argc > 1 && strcmp(argv[1], "enrol") == 0;
    *options_out = (struct fz_load_options){.run = {.clients = 1,
                                                    .timeout_ms = 5000,
                                                    .patience_s = 60,
                                                    .amount_max = 9,
                                                    .seed = (uint64_t)time(NULL)}};
    for (int i = is_enrol ? 2 : 1; i < argc; i++) {
        const struct row *row = find(argv[i]);
        if (row == NULL) {
            return fz_fail(err, FZ_BAD_FIELD, "%s: there is no such option (--help)", argv[i]);
        }
        const char *text = NULL;
        if (row->kind != KIND_FLAG) {
            i++;
            if (i == argc) {
                return fz_fail(err, FZ_BAD_FIELD, "--%s: the value is missing", row->name);
            }
            text = argv[i];
        }
        fz_rc rc = take(row, text, options_out, err);
        if (rc != FZ_OK) {
            return rc;
        }
    }
    return check(options_out, is_enrol, err);
}
