/*
 * load: after the clock, what became of the payments that were sent and not answered. Each is asked
 * for by its payer; an id that the switch does not know is closed by a tombstone, so that a request
 * still on its way cannot be booked later.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load/play_internal.h"
#include "load/verdict.h"
#include "load/writer.h"

struct settling {
    struct fz_play *play;
    size_t *orders; /* that are unknown */
    bool *closing;  /* a tombstone is the next request */
    size_t len;
};

static void
ask(void *ctx, size_t job, struct fz_crew_texts *texts, struct fz_channel_request *request)
{
    const struct settling *settling = ctx;
    const struct fz_play *play = settling->play;
    const struct fz_order *order = &play->orders.all[settling->orders[job]];
    const struct fz_town_key *payer = &play->run->town.residents.all[order->payer];
    struct fz_writer path = {.bytes = texts->path, .size = sizeof(texts->path)};
    struct fz_writer body = {.bytes = texts->body, .size = sizeof(texts->body)};
    if (settling->closing[job]) {
        fz_writer_text(&path, "/v1/tombstones/");
        fz_writer_text(&body, "{\"reason\":\"no answer\"}");
        request->method = "PUT";
        request->body = texts->body;
    } else {
        fz_writer_text(&path, "/v1/operations/");
    }
    fz_writer_id(&path, &order->payment.id);
    request->key = payer->key;
    request->key_id = payer->key_id;
}

static enum fz_crew_next
take(void *ctx, size_t job, const struct fz_answer *answer, struct fz_err *err)
{
    struct settling *settling = ctx;
    struct fz_run *run = settling->play->run;
    struct fz_order *order = &settling->play->orders.all[settling->orders[job]];
    struct fz_verdict verdict = {.kind = FZ_VERDICT_NONE};
    (void)err;
    if (settling->closing[job] && answer->status == 201) {
        verdict.kind = FZ_VERDICT_TOMBSTONED;
    } else {
        fz_verdict_read_inquiry(answer, &order->payment, &verdict);
    }
    if (!settling->closing[job] && answer->status == 404 &&
        strcmp(verdict.code, "operation-unknown") == 0) {
        settling->closing[job] = true;
        return FZ_CREW_MORE;
    }
    if (verdict.kind == FZ_VERDICT_PAID && verdict.is_ours) {
        order->outcome = FZ_ORDER_PAID;
        order->number = verdict.number;
        run->counts.payments++;
        run->counts.resolved_paid++;
    } else if (verdict.kind == FZ_VERDICT_TOMBSTONED) {
        order->outcome = FZ_ORDER_CLOSED;
        run->counts.tombstoned++;
    } else if (verdict.kind == FZ_VERDICT_REFUSED) {
        order->outcome = FZ_ORDER_REFUSED;
        run->counts.resolved_refused++;
    } else {
        run->counts.unresolved++;
        fz_run_violation(run, "what became of a payment: %d %.*s", answer->status,
                         (int)answer->body_len, answer->body);
    }
    return FZ_CREW_DONE;
}

fz_rc fz_play_settle(struct fz_play *play, struct fz_err *err)
{
    struct settling settling = {.play = play};
    struct fz_crew_work work = {
        .name = "settling unknown outcomes", .ctx = &settling, .ask = ask, .take = take};
    fz_rc rc = FZ_OK;
    for (size_t i = 0; i < play->orders.len; i++) {
        settling.len += play->orders.all[i].outcome == FZ_ORDER_UNKNOWN;
    }
    if (settling.len == 0) {
        return FZ_OK;
    }
    settling.orders = calloc(settling.len, sizeof(settling.orders[0]));
    settling.closing = calloc(settling.len, sizeof(settling.closing[0]));
    if (settling.orders == NULL || settling.closing == NULL) {
        rc = fz_fail(err, FZ_NO_MEMORY, "unknown outcomes");
        goto out;
    }
    settling.len = 0;
    for (size_t i = 0; i < play->orders.len; i++) {
        if (play->orders.all[i].outcome == FZ_ORDER_UNKNOWN) {
            settling.orders[settling.len++] = i;
        }
    }
    work.jobs = settling.len;
    rc = fz_crew_run(play->run, play->channels, play->channels_len, &work, err);
out:
    free(settling.orders);
    free(settling.closing);
    return rc;
}
