/*
 * switch/treasury: `fz audit`: do the books balance? Reads everything in one snapshot, changes
 * nothing, and needs no more than the auditor's right to read.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "feezero/encode.h"
#include "switch/treasury/audit.h"

#define FOUND_MAX 100

static const struct fz_option audit_options[] = {
    {"full", FZ_OPTION_FLAG, false, 0, 0, NULL, NULL, "name every difference, not only 100"}};

/* The parts, in the order of their names in the manual. */
static fz_rc (*const parts[])(struct fz_audit *audit, struct fz_err *err) = {
    fz_audit_journal,      fz_audit_balances,    fz_audit_intents, fz_audit_codes,
    fz_audit_held_refunds, fz_audit_payouts,     fz_audit_files,   fz_audit_deposits,
    fz_audit_bills,        fz_audit_corrections, fz_audit_keys};

static void show_open(struct fz_audit *audit, const char *what, int64_t count)
{
    if (count > 0) {
        fz_output_result(&audit->run->output,
                         json_pack("{s:s, s:I, s:i}", "open", what, "count", (json_int_t)count,
                                   "community", (int)audit->community),
                         "open %s %" PRId64, what, count);
    }
}

static void show_counts(struct fz_audit *audit)
{
    bool good = audit->found == 0;
    char hash[FZ_HEX_SIZE(FZ_SHA256_LEN)];
    fz_hex_encode(audit->last_hash, sizeof audit->last_hash, hash);
    show_open(audit, "deposits not credited", audit->open_deposits);
    show_open(audit, "bills not booked", audit->open_bills);
    show_open(audit, "payouts not sent", audit->open_payouts);
    json_t *object = json_pack(
        "{s:b, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s}",
        "balance", good, "community", (int)audit->community, "differences",
        (json_int_t)audit->found, "transfers", (json_int_t)audit->transfers, "operations",
        (json_int_t)audit->operations, "batches", (json_int_t)audit->batches, "accounts",
        (json_int_t)audit->accounts, "orders", (json_int_t)audit->orders, "intents",
        (json_int_t)audit->intents, "payouts", (json_int_t)audit->payouts, "files",
        (json_int_t)audit->files, "deposits", (json_int_t)audit->deposits, "bills",
        (json_int_t)audit->bills, "corrections", (json_int_t)audit->corrections, "keys",
        (json_int_t)audit->keys, "last_batch", (json_int_t)audit->last_batch, "last_hash", hash);
    fz_output_result(
        &audit->run->output, object,
        "%s community %" PRId32 ": transfers %" PRId64 " operations %" PRId64 " batches %" PRId64
        " accounts %" PRId64 " orders verified %" PRId64 " intents %" PRId64 " payouts %" PRId64
        " bank files %" PRId64 " deposits %" PRId64 " bills %" PRId64 " corrections %" PRId64
        " keys %" PRId64 " last batch %" PRId64 " %s differences %" PRId64,
        good ? "books balance" : "books do not balance", audit->community, audit->transfers,
        audit->operations, audit->batches, audit->accounts, audit->orders, audit->intents,
        audit->payouts, audit->files, audit->deposits, audit->bills, audit->corrections,
        audit->keys, audit->last_batch, hash, audit->found);
}

/* Audits one community; adds what it found to *found. */
static fz_rc audit_one(
    struct fz_run *run, int32_t community, int64_t found_max, int64_t *found, struct fz_err *err)
{
    struct fz_audit audit = {.run = run, .community = community, .found_max = found_max};
    fz_output_result(&run->output, json_pack("{s:i}", "audit", (int)community),
                     "audit of community %" PRId32, community);
    fz_rc rc = fz_audit_sums_create(&audit.sums, err);
    if (rc == FZ_OK) {
        rc = fz_sha256_create(&audit.sha, err);
    }
    if (rc == FZ_OK) {
        rc = fz_sha256_create(&audit.order_sha, err);
    }
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && rc == FZ_OK; i++) {
        rc = parts[i](&audit, err);
    }
    if (rc == FZ_OK) {
        show_counts(&audit);
        *found += audit.found;
    }
    fz_sha256_destroy(&audit.order_sha);
    fz_sha256_destroy(&audit.sha);
    fz_audit_sums_destroy(&audit.sums);
    return rc;
}

static fz_rc audit_all(struct fz_run *run, int64_t found_max, int64_t *found, struct fz_err *err)
{
    int32_t *communities = NULL;
    size_t len = 0;
    fz_rc rc = fz_audit_communities(run->session, &communities, &len, err);
    for (size_t i = 0; i < len && rc == FZ_OK; i++) {
        rc = audit_one(run, communities[i], found_max, found, err);
    }
    free(communities);
    return rc;
}

static fz_rc run_audit(struct fz_run *run, const struct fz_value *values, struct fz_err *err)
{
    int64_t found = 0;
    int64_t found_max = values[0].given ? INT64_MAX : FOUND_MAX;
    fz_rc rc = run->arguments->community_given ? fz_run_open_town(run, FZ_AUDIT_ROLE, err)
                                               : fz_run_open(run, FZ_AUDIT_ROLE, err);
    if (rc == FZ_OK) {
        rc = fz_audit_begin(run->session, err);
    }
    if (rc != FZ_OK) {
        return rc;
    }
    rc = run->arguments->community_given ? audit_one(run, run->community, found_max, &found, err)
                                         : audit_all(run, found_max, &found, err);
    fz_session_rollback(run->session);
    if (rc == FZ_OK && found > 0) {
        rc = fz_fail(err, FZ_AUDIT, "%" PRId64 " differences in the books", found);
    }
    return rc;
}

const struct fz_duty fz_duty_audit = {
    .name = "audit",
    .summary = "prove the books, from the first transfer to the last file",
    .details =
        "Recomputes every balance from the transfers and the hash chain from the rows,\n"
        "verifies every kept order with the enrolled key, and compares intents, payouts,\n"
        "bank files, deposits, bills and corrections with what was booked. Says `books\n"
        "balance` and exits 0, or names each difference and exits 1. All communities unless\n"
        "--community gives one.",
    .options = audit_options,
    .options_len = 1,
    .run = run_audit};
