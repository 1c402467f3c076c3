/*
 * load: the options.
 */
#include "load/options.h"

#include <assert.h>
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

/* What an option is for; it is refused elsewhere. */
enum mode {
    MODE_ANY,
    MODE_WITNESS, /* without --scenario */
    MODE_MEASURE, /* with --scenario */
    MODE_OPEN     /* with --scenario and --rate */
};

static const struct row {
    const char *name;
    enum kind kind;
    enum mode mode;
    size_t offset; /* in struct fz_load_options */
    uint64_t min;
    uint64_t max;
    const char *value;
    const char *help;
} rows[] = {
#define TEXT(name, mode, field, value, help)                                              \
    {                                                                                     \
        name, KIND_TEXT, mode, offsetof(struct fz_load_options, field), 0, 0, value, help \
    }
#define NUMBER(name, mode, field, min, max, help)                                                 \
    {                                                                                             \
        name, KIND_NUMBER, mode, offsetof(struct fz_load_options, run.field), min, max, "N", help \
    }
#define FLAG(name, mode, field, help)                                                  \
    {                                                                                  \
        name, KIND_FLAG, mode, offsetof(struct fz_load_options, field), 0, 0, "", help \
    }
    TEXT("url", MODE_ANY, run.url, "URL", "the switch, https://HOST:PORT"),
    TEXT("keys", MODE_ANY, run.keys_dir, "DIR", "the folder of keys that `enrol` fills"),
    TEXT("codes", MODE_ANY, codes_file, "FILE", "enrol only: enrolment codes, one per line"),
    TEXT("ca", MODE_ANY, run.ca_file, "FILE", "trust this certificate; else as the system does"),
    TEXT("scenario", MODE_ANY, run.scenario, "NAME", "measure this one: a name or an ini file"),
    NUMBER("clients", MODE_ANY, clients, 1, 10000, "connections (1)"),
    NUMBER("seconds", MODE_ANY, seconds, 1, 86400, "begin nothing new after so long (10)"),
    NUMBER("payments", MODE_ANY, payments, 1, UINT64_MAX, "closed loop: begin so many in all"),
    NUMBER("rate", MODE_MEASURE, rate, 1, 1000000, "open loop: so many arrivals per second"),
    NUMBER("prepare", MODE_MEASURE, prepare, 1, 20000000, "intents made ahead (as needed)"),
    FLAG("presign", MODE_MEASURE, run.presign, "sign the prepared payments ahead, too"),
    NUMBER("backlog", MODE_OPEN, backlog, 1, 10000000, "arrivals that may wait (10000)"),
    NUMBER("inquiries", MODE_MEASURE, inquiries, 1, 100000, "so many inquiries per second besides"),
    TEXT("database", MODE_MEASURE, run.database, "CONNINFO", "check the conservation there"),
    FLAG("no-verify", MODE_MEASURE, run.no_verify, "do not check the conservation"),
    NUMBER("think-ms", MODE_WITNESS, think_ms, 0, 60000, "pause about so long between sales (0)"),
    NUMBER("amount-max", MODE_WITNESS, amount_max, 1, 1000000, "amounts are 1 to this (9)"),
    NUMBER("replays",
           MODE_WITNESS,
           replays_percent,
           0,
           90,
           "percent: repeat an old payment so often, and compare the answers (0)"),
    NUMBER("rivals",
           MODE_WITNESS,
           rivals_percent,
           0,
           90,
           "percent: try to pay another client's intent so often (0)"),
    NUMBER("timeout-ms", MODE_ANY, timeout_ms, 10, 600000, "wait so long for an answer (5000)"),
    NUMBER("patience-s",
           MODE_ANY,
           patience_s,
           1,
           3600,
           "give up an unknown outcome after so long (60)"),
    TEXT("ack",
         MODE_ANY,
         run.acknowledged_file,
         "FILE",
         "append a line per payment known to be booked"),
    TEXT("unknown",
         MODE_WITNESS,
         run.unknown_file,
         "FILE",
         "append a line per unknown outcome, and what became of it"),
    NUMBER("seed", MODE_ANY, seed, 0, UINT64_MAX, "for what is left to chance (the time)"),
    FLAG("progress", MODE_ANY, run.progress, "a line each second on stderr, also if no terminal"),
    FLAG("json", MODE_ANY, run.json, "report as one JSON object"),
    FLAG("help", MODE_ANY, help, "this help"),
#undef FLAG
#undef TEXT
#undef NUMBER
};

#define ROWS_LEN (sizeof(rows) / sizeof(rows[0]))
static_assert(ROWS_LEN <= 64, "a bit per option");

void fz_load_options_help(FILE *out)
{
    (void)fputs("usage: fz-load --url URL --keys DIR [OPTION...]\n"
                "       fz-load enrol --url URL --keys DIR --codes FILE [--ca FILE]\n\n"
                "With --scenario it measures; without, each client is a till and a resident who "
                "do with\na lost answer what a wallet must do. load/README.md says more.\n",
                out);
    for (size_t i = 0; i < ROWS_LEN; i++) {
        char left[40];
        (void)snprintf(left, sizeof(left), "--%s %s", rows[i].name, rows[i].value);
        (void)fprintf(out, "  %-20s %s\n", left, rows[i].help);
    }
    (void)fputs("\nexit status: 0 done, 1 a broken promise or money not conserved, 2 usage, 70 "
                "fault of the "
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

/* An option that was given (a bit per row) and means nothing in this mode. */
static fz_rc check_modes(const struct fz_run_options *run, uint64_t given, struct fz_err *err)
{
    for (size_t i = 0; i < ROWS_LEN; i++) {
        if ((given & UINT64_C(1) << i) == 0) {
            continue;
        }
        if (rows[i].mode == MODE_WITNESS && run->scenario != NULL) {
            return fz_fail(err, FZ_BAD_FIELD, "--%s: not with --scenario", rows[i].name);
        }
        if (rows[i].mode >= MODE_MEASURE && run->scenario == NULL) {
            return fz_fail(err, FZ_BAD_FIELD, "--%s: only with --scenario", rows[i].name);
        }
        if (rows[i].mode == MODE_OPEN && run->rate == 0) {
            return fz_fail(err, FZ_BAD_FIELD, "--%s: only with --rate", rows[i].name);
        }
    }
    if (run->rate > 0 && run->payments > 0) {
        return fz_fail(err, FZ_BAD_FIELD, "--rate runs for --seconds, not for --payments");
    }
    return FZ_OK;
}

static fz_rc
check(struct fz_load_options *options, bool is_enrol, uint64_t given, struct fz_err *err)
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
    return check_modes(run, given, err);
}

fz_rc fz_load_options_parse(int argc,
                            char *const *argv,
                            struct fz_load_options *options_out,
                            struct fz_err *err)
{
    bool is_enrol = argc > 1 && strcmp(argv[1], "enrol") == 0;
    uint64_t given = 0;
    *options_out = (struct fz_load_options){.run = {.clients = 1,
                                                    .timeout_ms = 5000,
                                                    .patience_s = 60,
                                                    .amount_max = 9,
                                                    .backlog = 10000,
                                                    .seed = (uint64_t)time(NULL)}};
    for (int i = is_enrol ? 2 : 1; i < argc; i++) {
        const struct row *row = find(argv[i]);
        if (row == NULL) {
            return fz_fail(err, FZ_BAD_FIELD, "%s: there is no such option (--help)", argv[i]);
        }
        given |= UINT64_C(1) << (row - rows);
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
    return check(options_out, is_enrol, given, err);
}
