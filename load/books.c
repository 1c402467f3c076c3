/*
 * load: `fz-load books`: options, report, exit code.
 */
#include "load/books.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feezero/limits.h"

#define EXIT_BROKEN 1
#define EXIT_USAGE 2
#define EXIT_AGAIN 75
#define EXIT_CONFIG 78

enum kind {
    KIND_TEXT,   /* const char * */
    KIND_NUMBER, /* uint64_t */
    KIND_FLAG    /* bool */
};

static const struct row {
    const char *name;
    enum kind kind;
    size_t offset; /* in struct fz_books_options */
    uint64_t min;
    uint64_t max;
    const char *help;
} rows[] = {
    {"database", KIND_TEXT, offsetof(struct fz_books_options, database), 0, 0,
     "connection string; books that are not for measuring are no place for this"},
    {"community", KIND_NUMBER, offsetof(struct fz_books_options, community), 1, INT32_MAX,
     "which one (1)"},
    {"accounts", KIND_NUMBER, offsetof(struct fz_books_options, accounts), 1, 50000000,
     "do not measure: make so many wallets, with money in them"},
    {"shops", KIND_NUMBER, offsetof(struct fz_books_options, shops), 1, 10000000,
     "the same: make so many shops"},
    {"batch", KIND_NUMBER, offsetof(struct fz_books_options, batch), 1, FZ_BATCH_MAX,
     "commands of one commit (128)"},
    {"seconds", KIND_NUMBER, offsetof(struct fz_books_options, seconds), 1, 3600,
     "how long (4, or no limit with --payments)"},
    {"payments", KIND_NUMBER, offsetof(struct fz_books_options, payments), 1, 100000000,
     "how many at most"},
    {"pick", KIND_TEXT, offsetof(struct fz_books_options, pick_name), 0, 0,
     "uniform, hot (one shop takes all), zipf: who pays whom (uniform)"},
    {"command", KIND_TEXT, offsetof(struct fz_books_options, command_name), 0, 0,
     "pay (an intent that was made before), p2p (resident to resident) (pay)"},
    {"seed", KIND_NUMBER, offsetof(struct fz_books_options, seed), 0, UINT64_MAX,
     "of who pays whom (1)"},
    {"json", KIND_FLAG, offsetof(struct fz_books_options, json), 0, 0, "report as JSON"},
    {"help", KIND_FLAG, offsetof(struct fz_books_options, help), 0, 0, "this help"},
};

#define ROWS_LEN (sizeof(rows) / sizeof(rows[0]))

void fz_books_options_help(void)
{
    puts("usage: fz-load books --database CONNINFO [OPTION...]\n\n"
         "The ledger alone: batches of payments through the store, without a switch.\n");
    for (size_t i = 0; i < ROWS_LEN; i++) {
        printf("  --%-12s %s\n", rows[i].name, rows[i].help);
    }
}

static fz_rc
take(const struct row *row, const char *text, struct fz_books_options *options, struct fz_err *err)
{
    char *field = (char *)options + row->offset;
    char *end = NULL;
    if (row->kind == KIND_FLAG) {
        memcpy(field, &(bool){true}, sizeof(bool));
        return FZ_OK;
    }
    if (text == NULL) {
        return fz_fail(err, FZ_BAD_FIELD, "--%s: the value is missing", row->name);
    }
    if (row->kind == KIND_TEXT) {
        memcpy(field, &text, sizeof(text));
        return FZ_OK;
    }
    errno = 0;
    uint64_t number = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || number < row->min ||
        number > row->max) {
        return fz_fail(err, FZ_BAD_FIELD, "--%s: must be %" PRIu64 " to %" PRIu64, row->name,
                       row->min, row->max);
    }
    memcpy(field, &number, sizeof(number));
    return FZ_OK;
}

static fz_rc check(struct fz_books_options *options, struct fz_err *err)
{
    static const char *const picks[] = {
        [FZ_PICK_UNIFORM] = "uniform", [FZ_PICK_HOT] = "hot", [FZ_PICK_ZIPF] = "zipf"};
    if (options->help) {
        return FZ_OK;
    }
    if (options->database == NULL) {
        return fz_fail(err, FZ_BAD_FIELD, "--database is needed (--help)");
    }
    unsigned pick = 0;
    while (pick < 3 && strcmp(picks[pick], options->pick_name) != 0) {
        pick++;
    }
    if (pick == 3) {
        return fz_fail(err, FZ_BAD_FIELD, "--pick: uniform, hot or zipf");
    }
    options->pick = (enum fz_pick)pick;
    options->is_p2p = strcmp(options->command_name, "p2p") == 0;
    if (!options->is_p2p && strcmp(options->command_name, "pay") != 0) {
        return fz_fail(err, FZ_BAD_FIELD, "--command: pay or p2p");
    }
    if (options->is_p2p && options->pick == FZ_PICK_HOT) {
        return fz_fail(err, FZ_BAD_FIELD, "--pick hot: a wallet that takes all would soon be full");
    }
    if (options->seconds == 0 && options->payments == 0) {
        options->seconds = 4;
    }
    return FZ_OK;
}

fz_rc fz_books_options_parse(int argc,
                             char *const *argv,
                             struct fz_books_options *options_out,
                             struct fz_err *err)
{
    *options_out = (struct fz_books_options){
        .community = 1, .batch = 128, .seed = 1, .pick_name = "uniform", .command_name = "pay"};
    for (int i = 0; i < argc; i++) {
        size_t at = 0;
        while (at < ROWS_LEN &&
               (strncmp(argv[i], "--", 2) != 0 || strcmp(argv[i] + 2, rows[at].name) != 0)) {
            at++;
        }
        if (at == ROWS_LEN) {
            return fz_fail(err, FZ_BAD_FIELD, "%s: there is no such option (--help)", argv[i]);
        }
        const char *text = NULL;
        if (rows[at].kind != KIND_FLAG && i + 1 < argc) {
            text = argv[++i];
        }
        fz_rc rc = take(&rows[at], text, options_out, err);
        if (rc != FZ_OK) {
            return rc;
        }
    }
    return check(options_out, err);
}

const char *fz_books_judge(const struct fz_books_report *report)
{
    const struct fz_drive_figures *drive = &report->drive;
    if (drive->refused != 0) {
        return "a payment was refused, though everybody has money";
    }
    if (report->after.debits != report->after.credits) {
        return "the debits are not the credits";
    }
    if (report->transfers != (int64_t)drive->booked ||
        report->after.last_number - report->before.last_number != report->transfers) {
        return "the journal does not hold what was acknowledged";
    }
    if (report->transfers_amount != drive->amount ||
        report->after.debits - report->before.debits != drive->amount) {
        return "the balances did not move by what was acknowledged";
    }
    return NULL;
}

static double per(int64_t total, uint64_t count)
{
    return count == 0 ? 0 : (double)total / (double)count;
}

static void print_report(const struct fz_books_options *options,
                         const struct fz_books_town *town,
                         const struct fz_books_report *report)
{
    const struct fz_drive_figures *drive = &report->drive;
    double seconds = (double)drive->elapsed_us / 1e6;
    double tps = drive->elapsed_us == 0 ? 0 : (double)drive->booked / seconds;
    double p50_ms = (double)fz_histogram_quantile_us(&drive->latency, 500) / 1e3;
    double p99_ms = (double)fz_histogram_quantile_us(&drive->latency, 990) / 1e3;
    double max_ms = (double)drive->latency.max_us / 1e3;
    if (!options->json) {
        printf("%s, %s, batches of %" PRIu64 ", %" PRIu64 " wallets, %" PRIu64 " shops: %.0f/s\n"
               "  %" PRIu64 " payments in %.2f s; a batch: p50 %.2f ms, p99 %.2f ms, max %.2f ms\n"
               "  a payment: %.1f us here, %.1f us in PostgreSQL, %.0f bytes of log\n",
               options->command_name, options->pick_name, options->batch, town->wallets.len,
               town->shops.len, tps, drive->booked, seconds, p50_ms, p99_ms, max_ms,
               per(report->own_cpu_us, drive->booked), per(report->backend_cpu_us, drive->booked),
               per(report->wal_bytes, drive->booked));
        return;
    }
    printf("{\"command\":\"%s\",\"pick\":\"%s\",\"batch\":%" PRIu64 ",\"accounts\":%" PRIu64
           ",\"shops\":%" PRIu64 ",\"seed\":%" PRIu64 ",\"seconds\":%.3f,\"payments\":%" PRIu64
           ",\"batches\":%" PRIu64 ",\"tps\":%.1f,\"batch_p50_ms\":%.3f,\"batch_p99_ms\":%.3f,"
           "\"batch_max_ms\":%.3f,\"cpu_us_per_payment\":%.2f,\"backend_cpu_us_per_payment\":%.2f,"
           "\"wal_bytes_per_payment\":%.1f,\"stored_transfers\":%" PRId64 ",\"conserved\":%s}\n",
           options->command_name, options->pick_name, options->batch, town->wallets.len,
           town->shops.len, options->seed, seconds, drive->booked, drive->batches, tps, p50_ms,
           p99_ms, max_ms, per(report->own_cpu_us, drive->booked),
           per(report->backend_cpu_us, drive->booked), per(report->wal_bytes, drive->booked),
           report->before.last_number, fz_books_judge(report) == NULL ? "true" : "false");
}

static int explain(fz_rc rc, const struct fz_err *err)
{
    (void)fprintf(stderr, "fz-load: %s\n", err->msg);
    return fz_rc_info(rc)->class == FZ_CLASS_RETRY ? EXIT_AGAIN : EXIT_CONFIG;
}

static int measure(const struct fz_books_options *options)
{
    struct fz_err err = {.rc = FZ_OK};
    struct fz_books_town town;
    fz_rc rc = fz_books_town_open(options->database, (int32_t)options->community, &town, &err);
    if (rc != FZ_OK) {
        return explain(rc, &err);
    }
    int exit_code = EXIT_SUCCESS;
    struct fz_books_report *report = calloc(1, sizeof(*report));
    rc = report == NULL ? fz_fail(&err, FZ_NO_MEMORY, "report")
                        : fz_books_run(options, &town, report, &err);
    if (rc != FZ_OK) {
        exit_code = explain(rc, &err);
    } else {
        const char *complaint = fz_books_judge(report);
        print_report(options, &town, report);
        if (complaint != NULL) {
            (void)fprintf(stderr, "fz-load: %s (%s)\n", complaint,
                          fz_rc_info(report->drive.refusal)->name);
            exit_code = EXIT_BROKEN;
        }
    }
    free(report);
    fz_books_town_close(&town);
    return exit_code;
}

int fz_books_main(int argc, char *const *argv)
{
    struct fz_books_options options;
    struct fz_err err = {.rc = FZ_OK};
    if (fz_books_options_parse(argc, argv, &options, &err) != FZ_OK) {
        (void)fprintf(stderr, "fz-load: %s\n", err.msg);
        return EXIT_USAGE;
    }
    if (options.help) {
        fz_books_options_help();
        return EXIT_SUCCESS;
    }
    fz_rc rc = fz_crypto_init(&err);
    if (rc != FZ_OK) {
        return explain(rc, &err);
    }
    if (options.accounts == 0 && options.shops == 0) {
        return measure(&options);
    }
    rc = fz_books_fill(&options, &err);
    return rc == FZ_OK ? EXIT_SUCCESS : explain(rc, &err);
}
