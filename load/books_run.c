/*
 * load: `fz-load books`: filling a community, and one measured run.
 */
#include <stdlib.h>
#include <sys/resource.h>

#include "feezero/assert.h"
#include "feezero/limits.h"
#include "load/books.h"
#include "load/books_order.h"

#define MONEY 500000  /* in each wallet: half of what it may hold, so it can also take */
#define AMOUNT_MAX 9U /* yen of a payment: small, so that money lasts */
#define INTENTS_MAX 2000000U
#define FILL_BATCH FZ_BATCH_MAX

/* --- filling ---------------------------------------------------------------------------------- */

struct filling {
    struct fz_random_source random;
    struct fz_books_range wallets; /* that still wait for their money */
};

static bool next_topup(void *ctx, struct fz_slot *slot)
{
    struct filling *filling = ctx;
    if (filling->wallets.len == 0) {
        return false;
    }
    struct fz_id id = fz_books_id(&filling->random);
    fz_books_make_topup(slot, &id, filling->wallets.first, MONEY);
    filling->wallets.first++;
    filling->wallets.len--;
    return true;
}

fz_rc fz_books_fill(const struct fz_books_options *options, struct fz_err *err)
{
    struct filling filling = {.random = {options->seed}};
    struct fz_drive *drive = NULL;
    struct fz_drive_figures *figures = calloc(1, sizeof(*figures));
    if (figures == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "figures");
    }
    fz_rc rc = fz_books_town_add(options->database, (int32_t)options->community, options->shops,
                                 options->accounts, &filling.wallets, err);
    if (rc == FZ_OK) {
        struct fz_drive_options driving = {.conninfo = options->database,
                                           .community = (int32_t)options->community,
                                           .batch = FILL_BATCH,
                                           .next = next_topup,
                                           .ctx = &filling};
        rc = fz_drive_create(&driving, &drive, err);
    }
    if (rc == FZ_OK) {
        rc = fz_drive_run(drive, figures, err);
    }
    if (rc == FZ_OK && figures->refused > 0) {
        rc =
            fz_fail(err, FZ_CONFIG, "a top-up was refused: %s", fz_rc_info(figures->refusal)->name);
    }
    fz_drive_destroy(&drive);
    free(figures);
    return rc;
}

/* --- one measured run ------------------------------------------------------------------------- */

struct buying {
    const struct fz_books_options *options;
    const struct fz_books_town *town;
    struct fz_random_source random;
    struct fz_zipf payers; /* of these two, what the choice needs */
    struct fz_zipf shops;
    struct fz_books_intent *intents; /* to be paid, in the order in which they were made */
    uint64_t intents_len;
    uint64_t made; /* commands so far */
    struct fz_order_form form;
};

/* How many payments may be made at most in `seconds`: a guess on the safe side. */
static uint64_t payments_wanted(const struct fz_books_options *options)
{
    uint64_t per_s = 3000 + options->batch * 2000;
    per_s = per_s > 60000 ? 60000 : per_s;
    uint64_t wanted = options->seconds == 0 ? options->payments : options->seconds * per_s;
    if (options->payments != 0 && wanted > options->payments) {
        wanted = options->payments;
    }
    return wanted < INTENTS_MAX ? wanted : INTENTS_MAX;
}

static int64_t pick_from(const struct fz_books_range *range,
                         const struct fz_zipf *zipf,
                         struct fz_random_source *random)
{
    uint64_t at =
        zipf->sums != NULL ? fz_zipf_next(zipf, random) : fz_random_below(random, range->len);
    return range->first + (int64_t)at;
}

static fz_rc prepare_intents(struct buying *buying, struct fz_books_town *town, struct fz_err *err)
{
    buying->intents_len = payments_wanted(buying->options);
    buying->intents = calloc(buying->intents_len, sizeof(*buying->intents));
    if (buying->intents == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "intents");
    }
    for (uint64_t i = 0; i < buying->intents_len; i++) {
        struct fz_books_intent *intent = &buying->intents[i];
        intent->id = fz_books_id(&buying->random);
        intent->amount = 1 + (int64_t)fz_random_below(&buying->random, AMOUNT_MAX);
        intent->shop = buying->options->pick == FZ_PICK_HOT
                           ? town->shops.first
                           : pick_from(&town->shops, &buying->shops, &buying->random);
    }
    return fz_books_town_add_intents(town, buying->intents, buying->intents_len, err);
}

static bool next_payment(void *ctx, struct fz_slot *slot)
{
    struct buying *buying = ctx;
    if (buying->made == buying->intents_len) {
        return false;
    }
    const struct fz_books_intent *intent = &buying->intents[buying->made++];
    struct fz_id id = fz_books_id(&buying->random);
    int64_t payer = pick_from(&buying->town->wallets, &buying->payers, &buying->random);
    fz_books_make_payment(slot, &buying->form, &id, intent, payer);
    return true;
}

static bool next_transfer(void *ctx, struct fz_slot *slot)
{
    struct buying *buying = ctx;
    const struct fz_books_range *wallets = &buying->town->wallets;
    if (buying->options->payments != 0 && buying->made == buying->options->payments) {
        return false;
    }
    buying->made++;
    struct fz_id id = fz_books_id(&buying->random);
    int64_t payer = pick_from(wallets, &buying->payers, &buying->random);
    int64_t payee = pick_from(wallets, &buying->payers, &buying->random);
    if (payee == payer) {
        payee = wallets->first + (payer - wallets->first + 1) % (int64_t)wallets->len;
    }
    int64_t amount = 1 + (int64_t)fz_random_below(&buying->random, AMOUNT_MAX);
    fz_books_make_transfer(slot, &buying->form, &id, payer, payee, amount);
    return true;
}

static fz_rc prepare(struct buying *buying, struct fz_books_town *town, struct fz_err *err)
{
    bool is_p2p = buying->options->is_p2p;
    fz_rc rc = fz_order_form_make(town->community, is_p2p ? "/v1/transfers/" : "/v1/payments/",
                                  &buying->form, err);
    if (rc == FZ_OK && buying->options->pick == FZ_PICK_ZIPF) {
        rc = fz_zipf_create(town->wallets.len, &buying->payers, err);
    }
    if (rc == FZ_OK && buying->options->pick == FZ_PICK_ZIPF) {
        rc = fz_zipf_create(town->shops.len, &buying->shops, err);
    }
    if (rc == FZ_OK && !is_p2p) {
        rc = prepare_intents(buying, town, err);
    }
    return rc;
}

static int64_t own_cpu_us(void)
{
    struct rusage usage;
    int rc = getrusage(RUSAGE_SELF, &usage);
    fz_assert(rc == 0);
    return ((int64_t)usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
           usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

/* The drive, with what it used read right before and right after. */
static fz_rc run_measured(struct fz_drive *drive,
                          struct fz_books_town *town,
                          struct fz_books_report *report,
                          struct fz_err *err)
{
    int64_t backend = 0;
    fz_rc rc = fz_books_town_backend(town, &backend, err);
    if (rc == FZ_OK) {
        rc = fz_books_town_read(town, &report->before, err);
    }
    if (rc != FZ_OK) {
        return rc;
    }
    report->own_cpu_us = -own_cpu_us();
    report->backend_cpu_us = -fz_process_cpu_us(backend);
    rc = fz_drive_run(drive, &report->drive, err);
    report->own_cpu_us += own_cpu_us();
    report->backend_cpu_us += fz_process_cpu_us(backend);
    if (rc == FZ_OK) {
        rc = fz_books_town_wal(town, &report->wal_bytes, err);
        report->wal_bytes -= report->before.wal;
    }
    if (rc == FZ_OK) {
        rc = fz_books_town_read(town, &report->after, err);
    }
    if (rc == FZ_OK) {
        rc = fz_books_town_count(town, report->before.last_number, &report->transfers,
                                 &report->transfers_amount, err);
    }
    return rc;
}

fz_rc fz_books_run(const struct fz_books_options *options,
                   struct fz_books_town *town,
                   struct fz_books_report *report_out,
                   struct fz_err *err)
{
    struct buying buying = {.options = options, .town = town, .random = {options->seed}};
    struct fz_drive *drive = NULL;
    fz_rc rc = prepare(&buying, town, err);
    if (rc == FZ_OK) {
        struct fz_drive_options driving = {.conninfo = options->database,
                                           .community = town->community,
                                           .batch = (unsigned)options->batch,
                                           .seconds = (unsigned)options->seconds,
                                           .next = options->is_p2p ? next_transfer : next_payment,
                                           .ctx = &buying};
        rc = fz_drive_create(&driving, &drive, err);
    }
    if (rc == FZ_OK) {
        rc = run_measured(drive, town, report_out, err);
    }
    fz_drive_destroy(&drive);
    fz_zipf_destroy(&buying.payers);
    fz_zipf_destroy(&buying.shops);
    free(buying.intents);
    return rc;
}
