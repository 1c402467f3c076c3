/*
 * tests/pos: the paper machine.
 */
#include "tests/pos/scripted.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "merchant-pos/core/journal.h"
#include "merchant-pos/wire/emv.h"

/* The code the switch would have made for the sale. */
static void right_code(const struct paper *paper, char out[FZ_EMV_SIZE_MAX])
{
    struct fz_emv_code code = {.initiation = FZ_EMV_DYNAMIC,
                               .guid = FZ_EMV_GUID_DEFAULT,
                               .shop = "M00000042",
                               .terminal = "T001",
                               .has_intent = true,
                               .mcc = "5411",
                               .currency = "392",
                               .amount = PAPER_AMOUNT,
                               .country = "JP",
                               .name = "FEEZERO MART",
                               .city = "AIZUWAKAMATSU",
                               .postal = "9650042"};

    cr_assert(fz_id_parse(paper->intent, strlen(paper->intent), &code.intent));
    cr_assert_eq(fz_emv_build(&code, out, FZ_EMV_SIZE_MAX, NULL), FZ_EMV_OK);
}

static void expand(const struct paper *paper, const char *template, char *out, size_t size)
{
    char qr[FZ_EMV_SIZE_MAX] = "";
    size_t len = 0;

    if (strstr(template, "$QR") != NULL) {
        right_code(paper, qr);
    }
    for (const char *c = template; *c != '\0';) {
        const char *piece = NULL;

        if (strncmp(c, "$INTENT", 7) == 0) {
            piece = paper->intent;
            c += 7;
        } else if (strncmp(c, "$ID", 3) == 0) {
            piece = paper->last_id;
            c += 3;
        } else if (strncmp(c, "$QR", 3) == 0) {
            piece = qr;
            c += 3;
        }
        size_t count = piece == NULL ? 1 : strlen(piece);

        cr_assert_lt(len + count, size);
        memcpy(out + len, piece == NULL ? c++ : piece, count);
        len += count;
    }
    out[len] = '\0';
}

/* "PUT /v1/intents/<id>/cancel" becomes "PUT intents/cancel". */
static void
summarize(struct paper *paper, const struct fz_pos_request *request, char *out, size_t size)
{
    char collection[32] = "";
    const char *rest = request->path + strlen("/v1/");
    size_t len = strcspn(rest, "/");

    cr_assert_eq(strncmp(request->path, "/v1/", 4), 0, "%s", request->path);
    cr_assert_lt(len, sizeof collection);
    memcpy(collection, rest, len);
    rest += len;
    if (*rest == '/') {
        cr_assert_geq(strlen(rest), 1 + FZ_ID_TEXT_LEN, "%s", request->path);
        memcpy(paper->last_id, rest + 1, FZ_ID_TEXT_LEN);
        rest += 1 + FZ_ID_TEXT_LEN;
    }
    if (strcmp(collection, "intents") == 0 && strcmp(request->method, "PUT") == 0) {
        memcpy(paper->intent, paper->last_id, sizeof paper->intent);
    }
    snprintf(out, size, "%s %s%s", request->method, collection, rest);
}

static fz_rc paper_send(void *ctx,
                        const struct fz_pos_request *request,
                        struct fz_pos_reply *reply,
                        struct fz_err *err)
{
    struct paper *paper = ctx;
    char summary[128];
    static char body[FZ_POS_ANSWER_MAX];

    summarize(paper, request, summary, sizeof summary);
    cr_assert_lt(paper->at, paper->line_count, "unexpected request: %s", summary);
    cr_assert(!paper->is_locked, "the journal is locked over a request");
    const struct line *line = &paper->script[paper->at++];

    paper->now_ms += paper->step_ms;

    cr_assert_str_eq(summary, line->request, "request %zu", paper->at);
    snprintf(paper->last_body, sizeof paper->last_body, "%s",
             request->body == NULL ? "" : request->body);
    snprintf(paper->last_query, sizeof paper->last_query, "%s",
             request->query == NULL ? "" : request->query);
    cr_assert_eq(request->body == NULL, request->content_digest[0] == '\0');
    if (line->fault == LOST || line->fault == CUT) {
        return fz_fail(err, FZ_OUTCOME_UNKNOWN, "scripted loss");
    }
    if (line->fault == UNREACHABLE) {
        return fz_fail(err, FZ_UNAVAILABLE, "scripted refusal of the connection");
    }
    expand(paper, line->body == NULL ? "" : line->body, body, sizeof body);
    reply->status = line->status;
    reply->retry_after_s = line->retry_after_s;
    reply->date_ms = paper->tells_date ? paper->now_ms / 1000 * 1000 : 0;
    reply->body_len = strlen(body);
    cr_assert_leq(reply->body_len, reply->body_size);
    memcpy(reply->body, body, reply->body_len);
    return FZ_OK;
}

static fz_rc paper_digest(void *ctx,
                          const void *bytes,
                          size_t len,
                          uint8_t digest_out[FZ_POS_DIGEST_LEN],
                          struct fz_err *err)
{
    (void)ctx, (void)err;
    memset(digest_out, (int)(fz_crc32(0, bytes, len) & 0xFF), FZ_POS_DIGEST_LEN);
    return FZ_OK;
}

static fz_rc paper_sign(void *ctx,
                        const void *bytes,
                        size_t len,
                        uint8_t signature_out[FZ_POS_SIGNATURE_LEN],
                        struct fz_err *err)
{
    struct paper *paper = ctx;

    (void)err;
    cr_assert_lt(len, sizeof paper->signed_base);
    memcpy(paper->signed_base, bytes, len);
    paper->signed_base[len] = '\0';
    memset(signature_out, 0x5A, FZ_POS_SIGNATURE_LEN);
    return FZ_OK;
}

static int64_t paper_now(void *ctx)
{
    const struct paper *paper = ctx;

    return paper->now_ms - paper->clock_error_ms;
}

static bool paper_pause(void *ctx, uint32_t duration_ms)
{
    struct paper *paper = ctx;

    cr_assert(!paper->is_locked, "the journal is locked over a wait");
    if (duration_ms > 0) {
        cr_assert_lt(paper->pause_count, 64);
        paper->paused_ms[paper->pause_count++] = duration_ms;
        paper->now_ms += duration_ms;
    }
    if (paper->at > 0 && paper->script[paper->at - 1].fault == CUT) {
        return false;
    }
    return !paper->stop;
}

static fz_rc paper_random(void *ctx, uint8_t *bytes_out, size_t len, struct fz_err *err)
{
    struct paper *paper = ctx;

    (void)err;
    for (size_t i = 0; i < len; i++) {
        bytes_out[i] = paper->dice += 37;
    }
    return FZ_OK;
}

static fz_rc paper_read(void *ctx,
                        uint64_t offset,
                        uint8_t *bytes_out,
                        size_t size,
                        size_t *len_out,
                        struct fz_err *err)
{
    struct paper *paper = ctx;
    size_t left = offset < paper->journal_len ? paper->journal_len - (size_t)offset : 0;

    (void)err;
    *len_out = left < size ? left : size;
    memcpy(bytes_out, paper->journal + offset, *len_out);
    return FZ_OK;
}

static fz_rc
paper_write(void *ctx, uint64_t offset, const uint8_t *bytes, size_t len, struct fz_err *err)
{
    struct paper *paper = ctx;

    cr_assert(paper->is_locked, "written without the lock");
    if (paper->writes_left == 0) {
        return fz_fail(err, FZ_IO, "scripted full disk");
    }
    paper->writes_left -= paper->writes_left > 0 ? 1 : 0;
    cr_assert_leq(offset + len, sizeof paper->journal);
    memcpy(paper->journal + offset, bytes, len);
    if (paper->journal_len < offset + len) {
        paper->journal_len = offset + len;
    }
    return FZ_OK;
}

static fz_rc paper_lock(void *ctx, struct fz_err *err)
{
    struct paper *paper = ctx;

    (void)err;
    cr_assert(!paper->is_locked);
    paper->is_locked = true;
    return FZ_OK;
}

static void paper_unlock(void *ctx)
{
    struct paper *paper = ctx;

    cr_assert(paper->is_locked);
    paper->is_locked = false;
}

static void paper_notice(void *ctx, const struct fz_pos_outcome *outcome)
{
    struct paper *paper = ctx;
    size_t len = strlen(paper->notices);

    snprintf(paper->notices + len, sizeof paper->notices - len, "%s%s;",
             fz_pos_state_name(outcome->operation.state), outcome->rc == FZ_OK ? "" : "!");
    snprintf(paper->last_notice, sizeof paper->last_notice, "%s", fz_pos_text(outcome, FZ_POS_EN));
}

void paper_open(struct paper *paper, uint32_t patience_ms)
{
    struct fz_err err = {0};

    memset(paper, 0, sizeof *paper);
    paper->now_ms = PAPER_START_MS;
    paper->writes_left = -1;
    paper->ports = (struct fz_pos_ports){.ctx = paper,
                                         .send = paper_send,
                                         .digest = paper_digest,
                                         .sign = paper_sign,
                                         .now_ms = paper_now,
                                         .pause = paper_pause,
                                         .random = paper_random,
                                         .read = paper_read,
                                         .write = paper_write,
                                         .lock = paper_lock,
                                         .unlock = paper_unlock,
                                         .notice = paper_notice};
    paper->self = (struct fz_pos_identity){
        .key_id = "7.abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ",
        .shop = "M00000042",
        .terminal = "T001",
        .guid = FZ_EMV_GUID_DEFAULT,
    };
    cr_assert_eq(fz_pos_open(&paper->pos, &paper->ports, &paper->self, patience_ms, &err), FZ_OK,
                 "%s", err.msg);
}

void paper_reboot(struct paper *paper)
{
    uint32_t patience_ms = paper->pos.patience_ms;
    struct fz_err err = {0};

    paper->notices[0] = '\0';
    paper->pause_count = 0;
    memset(&paper->pos, 0xA5, sizeof paper->pos);
    cr_assert_eq(fz_pos_open(&paper->pos, &paper->ports, &paper->self, patience_ms, &err), FZ_OK,
                 "%s", err.msg);
}

void paper_play(struct paper *paper, const struct line *script, size_t count)
{
    paper_finish(paper);
    paper->script = script;
    paper->line_count = count;
    paper->at = 0;
    paper->pause_count = 0;
}

void paper_finish(struct paper *paper)
{
    cr_assert_eq(paper->at, paper->line_count, "the next request did not come: %s",
                 paper->script[paper->at].request);
    paper->line_count = 0;
    paper->at = 0;
}

size_t paper_frames(const struct paper *paper)
{
    return paper->journal_len / FZ_POS_FRAME_SIZE;
}

enum fz_pos_state paper_state(struct paper *paper, const struct fz_id *id)
{
    struct fz_pos_operation op;

    return fz_pos_find(&paper->pos, id, &op, NULL) == FZ_OK ? op.state : (enum fz_pos_state)0;
}
