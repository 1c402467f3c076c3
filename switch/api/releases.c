/*
 * Room switch/api. Releasing refunds on hold: a page of them, then the next, round and round.
 */
#include "switch/api/releases.h"

#include <stdlib.h>
#include <string.h>

#include "feezero/assert.h"
#include "feezero/crypto.h"
#include "switch/api/state.h"
#include "switch/http/log.h"

#define LOOK_MS 500
#define RELEASES_MAX 16 /* at once */

struct fz_releases {
    struct fz_api *api;
    int64_t next_ms;
    struct fz_held_place place; /* behind the last page */
    struct fz_job jobs[RELEASES_MAX];
    unsigned made; /* jobs of the last page */
    unsigned open; /* of these, those the engine has */
    bool is_reading;
};

fz_rc fz_releases_start(struct fz_api *api, struct fz_releases **out, struct fz_err *err)
{
    *out = calloc(1, sizeof(**out));
    if (*out == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "refunds on hold");
    }
    (*out)->api = api;
    return FZ_OK;
}

void fz_releases_stop(struct fz_releases **releases)
{
    fz_assert(*releases == NULL || ((*releases)->open == 0 && !(*releases)->is_reading));
    free(*releases);
    *releases = NULL;
}

/* What was refused, as the money went elsewhere meanwhile, is tried again when it has moved. */
static struct fz_id id_of(const struct fz_held_row *row)
{
    static const char word[] = "fz-refund-release";
    uint8_t text[sizeof(word) + 4 + 16 + 8];
    uint8_t digest[FZ_SHA256_LEN];
    size_t len = sizeof(word);
    uint64_t numbers[2] = {(uint64_t)row->place.community, (uint64_t)row->as_of};
    memcpy(text, word, sizeof(word));
    for (int shift = 24; shift >= 0; shift -= 8) {
        text[len++] = (uint8_t)(numbers[0] >> shift);
    }
    memcpy(text + len, row->place.refund.bytes, sizeof(row->place.refund.bytes));
    len += sizeof(row->place.refund.bytes);
    for (int shift = 56; shift >= 0; shift -= 8) {
        text[len++] = (uint8_t)(numbers[1] >> shift);
    }
    fz_assert(len == sizeof(text));
    fz_sha256(text, sizeof(text), digest);
    return fz_id_v8(digest);
}

static void on_released(struct fz_job *job, fz_rc rc)
{
    struct fz_releases *releases = job->ctx;
    const struct fz_result *result = &job->command.result;
    char refund[FZ_ID_TEXT_LEN + 1];
    releases->open--;
    if (rc == FZ_OK && !job->command.replayed) {
        fz_id_format(&job->command.ref, refund);
        fz_log(FZ_LOG_INFO, "refund.release", NULL, "refund=%s rc=%s number=%lld", refund,
               fz_rc_info(result->rc)->slug, (long long)result->number);
    }
}

static void release(struct fz_releases *releases, const struct fz_held_row *row)
{
    struct fz_job *job = &releases->jobs[releases->made++];
    *job = (struct fz_job){.community = row->place.community, .done = on_released, .ctx = releases};
    job->command.type = FZ_COMMAND_REFUND_RELEASE;
    job->command.id = id_of(row);
    job->command.ref = row->place.refund;
    job->command.sale = row->intent;
    job->command.shop = row->place.shop;
    job->command.party = row->party;
    job->command.actor = row->place.shop;
    releases->open++;
    if (fz_engine_submit(releases->api->engine, job) != FZ_OK) {
        releases->open--; /* the next round comes by */
    }
}

/* The oldest of each shop: the others come after it, and the money is there once. */
static bool is_first_of_shop(const struct fz_held_row *rows, unsigned at)
{
    const struct fz_held_place *place = &rows[at].place;
    for (unsigned i = at; i > 0; i--) {
        const struct fz_held_row *row = &rows[i - 1];
        if (row->place.shop != place->shop || row->place.community != place->community) {
            return true;
        }
        if (row->is_waiting) {
            return false;
        }
    }
    return true;
}

static void on_page(void *ctx, fz_rc rc, const struct fz_held_row *rows, unsigned len)
{
    struct fz_releases *releases = ctx;
    releases->is_reading = false;
    if (rc != FZ_OK || releases->api->is_stopping) {
        return;
    }
    releases->made = 0;
    for (unsigned i = 0; i < len && releases->made < RELEASES_MAX; i++) {
        if (rows[i].is_waiting && rows[i].available >= rows[i].amount &&
            is_first_of_shop(rows, i)) {
            release(releases, &rows[i]);
        }
    }
    releases->place = (struct fz_held_place){.community = 0};
    if (len == FZ_HELD_PAGE) {
        releases->place = rows[len - 1].place;
    }
}

void fz_releases_tick(struct fz_releases *releases, int64_t now_ms)
{
    if (now_ms < releases->next_ms || releases->is_reading || releases->open > 0 ||
        releases->api->is_stopping) {
        return;
    }
    releases->next_ms = now_ms + LOOK_MS;
    releases->is_reading = true;
    fz_read_held(releases->api->reader, &releases->place, on_page, releases);
}
