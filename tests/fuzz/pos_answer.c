/*
 * Fuzzing the till client with what a switch, or whoever sits before it, may answer. The first byte
 * chooses the call; then each line is one answer: a letter for its status, and its body, in which @
 * stands for the id that was asked about. Whatever comes, the client ends, its journal can be read
 * again and says what the caller was told, and nothing is PAID without a number and a time.
 */
#include <stdint.h>
#include <string.h>

#include "feezero/assert.h"
#include "feezero/pos.h"

#define JOURNAL_MAX (128 * FZ_POS_FRAME_SIZE)
#define SENDS_MAX 40

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

struct world {
    const uint8_t *at;
    size_t left;
    unsigned sends;
    int64_t now_ms;
    uint8_t dice;
    size_t journal_len;
    uint8_t journal[JOURNAL_MAX];
};

static struct world world;
static struct fz_pos pos;

/* The next line's body with the id put in; false if it does not fit. */
static bool take_body(const char *path, const uint8_t *line, size_t len, struct fz_pos_reply *reply)
{
    const char *id = strlen(path) >= FZ_ID_TEXT_LEN ? strstr(path + 4, "/") : NULL;

    reply->body_len = 0;
    for (size_t i = 0; i < len; i++) {
        const char *piece = line[i] == '@' && id != NULL ? id + 1 : (const char *)line + i;
        size_t size = piece == (const char *)line + i ? 1 : FZ_ID_TEXT_LEN;

        if (size > reply->body_size - reply->body_len) {
            return false;
        }
        memcpy(reply->body + reply->body_len, piece, size);
        reply->body_len += size;
    }
    return true;
}

static fz_rc world_send(void *ctx,
                        const struct fz_pos_request *request,
                        struct fz_pos_reply *reply,
                        struct fz_err *err)
{
    static const int statuses[] = {200, 201, 202, 400, 401, 402, 403, 404, 409, 410, 422, 503};
    const uint8_t *end;

    (void)ctx;
    world.sends++;
    world.now_ms += 1000;
    if (world.left == 0) {
        return fz_fail(err, world.sends % 2 == 0 ? FZ_UNAVAILABLE : FZ_OUTCOME_UNKNOWN, "no more");
    }
    end = memchr(world.at, '\n', world.left);
    size_t line_len = end == NULL ? world.left : (size_t)(end - world.at);
    const uint8_t *line = world.at;

    world.at += line_len + (end == NULL ? 0 : 1);
    world.left -= line_len + (end == NULL ? 0 : 1);
    reply->status = statuses[line_len == 0 ? 0 : line[0] % 12];
    reply->date_ms = line_len > 5 && line[1] == ' ' ? world.now_ms + (int64_t)line[2] * 1000 : 0;
    if (line_len > 0 && !take_body(request->path, line + 1, line_len - 1, reply)) {
        return fz_fail(err, FZ_OUTCOME_UNKNOWN, "too long");
    }
    return FZ_OK;
}

static fz_rc
world_digest(void *ctx, const void *bytes, size_t len, uint8_t *digest_out, struct fz_err *err)
{
    (void)ctx, (void)bytes, (void)len, (void)err;
    memset(digest_out, 1, FZ_POS_DIGEST_LEN);
    return FZ_OK;
}

static fz_rc
world_sign(void *ctx, const void *bytes, size_t len, uint8_t *signature_out, struct fz_err *err)
{
    (void)ctx, (void)bytes, (void)len, (void)err;
    memset(signature_out, 1, FZ_POS_SIGNATURE_LEN);
    return FZ_OK;
}

static int64_t world_now(void *ctx)
{
    (void)ctx;
    return world.now_ms;
}

static bool world_pause(void *ctx, uint32_t duration_ms)
{
    (void)ctx;
    world.now_ms += duration_ms;
    return world.sends < SENDS_MAX;
}

static fz_rc world_random(void *ctx, uint8_t *bytes_out, size_t len, struct fz_err *err)
{
    (void)ctx, (void)err;
    memset(bytes_out, ++world.dice, len);
    return FZ_OK;
}

static fz_rc world_read(void *ctx,
                        uint64_t offset,
                        uint8_t *bytes_out,
                        size_t size,
                        size_t *len_out,
                        struct fz_err *err)
{
    size_t left = offset < world.journal_len ? world.journal_len - (size_t)offset : 0;

    (void)ctx, (void)err;
    *len_out = left < size ? left : size;
    memcpy(bytes_out, world.journal + offset, *len_out);
    return FZ_OK;
}

static fz_rc
world_write(void *ctx, uint64_t offset, const uint8_t *bytes, size_t len, struct fz_err *err)
{
    (void)ctx;
    if (offset + len > JOURNAL_MAX) {
        return fz_fail(err, FZ_IO, "full");
    }
    memcpy(world.journal + offset, bytes, len);
    world.journal_len =
        world.journal_len < offset + len ? (size_t)(offset + len) : world.journal_len;
    return FZ_OK;
}

static void open_till(void)
{
    struct fz_pos_ports ports = {.send = world_send,
                                 .digest = world_digest,
                                 .sign = world_sign,
                                 .now_ms = world_now,
                                 .pause = world_pause,
                                 .random = world_random,
                                 .read = world_read,
                                 .write = world_write};
    struct fz_pos_identity self = {.key_id = "7.abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ",
                                   .shop = "M00000042",
                                   .terminal = "T001",
                                   .guid = "jp.example.feezero"};

    fz_assert(fz_pos_open(&pos, &ports, &self, 30000, NULL) == FZ_OK);
    fz_assert(fz_pos_damaged(&pos) == 0);
}

static void expect_sound(const struct fz_pos_outcome *out)
{
    const struct fz_pos_operation *op = &out->operation;

    fz_assert(fz_pos_text(out, FZ_POS_EN)[0] != '\0' && fz_pos_text(out, FZ_POS_JA)[0] != '\0');
    fz_assert(op->state != FZ_POS_PAID || (op->number > 0 && op->booked_at_ms > 0) ||
              op->kind == FZ_POS_CODE);
    fz_assert(op->state != FZ_POS_HELD || op->kind == FZ_POS_REFUND);
    fz_assert(op->state != FZ_POS_PENDING || op->kind == FZ_POS_VOID);
    fz_assert(out->qr[0] == '\0' || op->state == FZ_POS_SHOWN || op->kind == FZ_POS_CODE);
}

/* What was journaled of it must be what the caller was told. */
static void expect_kept(const struct fz_pos_outcome *out)
{
    struct fz_pos_operation kept;

    expect_sound(out);
    open_till();
    if (fz_pos_find(&pos, &out->operation.id, &kept, NULL) == FZ_OK) {
        fz_assert(kept.state == out->operation.state);
        fz_assert(kept.amount == out->operation.amount || !fz_pos_is_final(kept.state));
    }
}

static void take_outcome(const struct fz_pos_outcome *out, void *ctx)
{
    (void)ctx;
    expect_sound(out);
}

static bool take_event(const struct fz_pos_event *event, void *ctx)
{
    int64_t *latest = ctx;

    fz_assert(event->seq > *latest && event->type[0] != '\1');
    *latest = event->seq;
    return true;
}

static fz_rc sell(const char *code, struct fz_pos_outcome *out)
{
    struct fz_pos_sale sale = {.amount = 1480, .code = code};
    fz_rc rc = fz_pos_sale_begin(&pos, &sale, out, NULL);
    struct fz_id id = out->operation.id;

    if (rc == FZ_OK && !fz_pos_is_final(out->operation.state)) {
        rc = fz_pos_sale_wait(&pos, &id, out, NULL);
    }
    return rc;
}

static fz_rc show_code(struct fz_pos_outcome *out)
{
    struct fz_pos_code code = {.limit = 0};
    fz_rc rc = fz_pos_code_make(&pos, &code, out, NULL);
    struct fz_id id = out->operation.id;

    return rc == FZ_OK && out->operation.state == FZ_POS_SHOWN
               ? fz_pos_code_wait(&pos, &id, out, NULL)
               : rc;
}

static fz_rc call(unsigned which, struct fz_pos_outcome *out)
{
    struct fz_id intent = {.bytes = {1, 2, 3}};
    struct fz_pos_payment payment = {.shop = "M00000042", .amount = 1480};
    struct fz_pos_transfer transfer = {.payee = "R00000002", .amount = 1480};

    switch (which) {
    case 0:
        return sell(NULL, out);
    case 1:
        return sell("29123456789012345678", out);
    case 2:
        return fz_pos_void(&pos, &intent, out, NULL);
    case 3:
        return fz_pos_refund(&pos, &intent, 1480, out, NULL);
    case 4:
        return fz_pos_pay(&pos, &payment, out, NULL);
    case 5:
        return fz_pos_transfer(&pos, &transfer, out, NULL);
    case 6:
        return show_code(out);
    default:
        return fz_pos_sale_cancel(&pos, &intent, out, NULL);
    }
}

static void look(unsigned which)
{
    struct fz_pos_report report;
    int64_t position = 0, latest = 0;
    struct fz_pos_outcome out;
    struct fz_id intent = {.bytes = {1, 2, 3}};
    fz_rc rc = FZ_OK;

    if (which == 8) {
        rc = fz_pos_z_report(&pos, &report, NULL, NULL, NULL);
        fz_assert(rc != FZ_OK || report.z_number == 1);
        open_till();
        fz_assert((fz_pos_z_reprint(&pos, 1, &report, NULL, NULL, NULL) == FZ_OK) == (rc == FZ_OK));
    } else if (which == 9) {
        (void)!fz_pos_events(&pos, &position, 5, take_event, &latest, NULL);
        fz_assert(position == latest);
    } else {
        rc = fz_pos_decline(&pos, &intent, &out, NULL);
        fz_assert(rc == FZ_OK || rc == FZ_OUTCOME_UNKNOWN);
        fz_assert(fz_pos_text(&out, FZ_POS_EN)[0] != '\0');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static struct fz_pos_outcome out;

    if (len == 0) {
        return 0;
    }
    memset(&world, 0, sizeof world);
    world.now_ms = INT64_C(1796083200000);
    world.at = bytes + 1;
    world.left = len - 1;
    open_till();
    if (bytes[0] % 11 >= 8) {
        look(bytes[0] % 11);
        return 0;
    }
    fz_rc rc = call(bytes[0] % 11, &out);

    fz_assert(rc == FZ_OK || rc == FZ_OUTCOME_UNKNOWN || rc == FZ_IO);
    if (rc != FZ_IO) {
        expect_kept(&out);
        rc = fz_pos_resume(&pos, false, take_outcome, NULL, NULL);
        fz_assert(rc == FZ_OK || rc == FZ_OUTCOME_UNKNOWN || rc == FZ_IO);
    }
    return 0;
}
