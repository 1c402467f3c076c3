/*
 * Room ledger/core. Canonical bytes for fingerprints and for the hash chain. Every encoder fills a
 * small buffer and hashes it with one call, because a call into the library costs more than its
 * bytes.
 */
#include "ledger/core/canonical.h"

#include <string.h>

#include "feezero/assert.h"
#include "feezero/limits.h"

struct writer {
    size_t len;
    uint8_t bytes[512];
};

static void put(struct writer *writer, const void *bytes, size_t len)
{
    fz_assert(writer->len + len <= sizeof(writer->bytes));
    if (len > 0) {
        memcpy(writer->bytes + writer->len, bytes, len);
        writer->len += len;
    }
}

static void put_number(struct writer *writer, int64_t value, unsigned width)
{
    uint8_t bytes[8];
    uint64_t rest = (uint64_t)value;
    fz_assert(width <= sizeof(bytes));
    for (unsigned i = width; i > 0; i--) {
        bytes[i - 1] = (uint8_t)(rest & 0xff);
        rest >>= 8;
    }
    put(writer, bytes, width);
}

static void put_text(struct writer *writer, const char *text)
{
    size_t len = text == NULL ? 0 : strlen(text);
    put_number(writer, (int64_t)len, 2);
    put(writer, text, len);
}

void fz_chain_begin(struct fz_sha256 *sha,
                    int32_t community,
                    int64_t batch,
                    const uint8_t previous[32])
{
    struct writer writer = {0};
    put(&writer, "feezero-batch", 13);
    put_number(&writer, FZ_CANONICAL_VERSION, 1);
    put_number(&writer, community, 4);
    put_number(&writer, batch, 8);
    put(&writer, previous, FZ_SHA256_LEN);
    fz_sha256_init(sha);
    fz_sha256_update(sha, writer.bytes, writer.len);
}

void fz_chain_transfer(struct fz_sha256 *sha, const struct fz_transfer *transfer)
{
    struct writer writer = {0};
    put(&writer, "T", 1);
    put_number(&writer, transfer->number, 8);
    put_number(&writer, transfer->debit, 8);
    put_number(&writer, transfer->credit, 8);
    put_number(&writer, transfer->amount, 8);
    put_number(&writer, transfer->time_us, 8);
    put_number(&writer, transfer->debit_previous, 8);
    put_number(&writer, transfer->credit_previous, 8);
    put_number(&writer, transfer->corrects, 8);
    put(&writer, transfer->operation.bytes, 16);
    put_number(&writer, (int64_t)transfer->kind, 2);
    fz_sha256_update(sha, writer.bytes, writer.len);
}

void fz_chain_operation(struct fz_sha256 *sha,
                        const struct fz_result *result,
                        const uint8_t fingerprint[32],
                        const uint8_t order_digest[32])
{
    struct writer writer = {0};
    put(&writer, "O", 1);
    put(&writer, result->id.bytes, 16);
    put_number(&writer, (int64_t)result->type, 2);
    put_number(&writer, (int64_t)result->rc, 2);
    put(&writer, result->ref.bytes, 16);
    put_number(&writer, result->actor, 8);
    put_number(&writer, result->shop, 8);
    put_number(&writer, result->party, 8);
    put_number(&writer, result->payee, 8);
    put_number(&writer, result->amount, 8);
    put_number(&writer, result->value, 8);
    put_number(&writer, result->number, 8);
    put_number(&writer, result->time_us, 8);
    put_number(&writer, result->expires_us, 8);
    put_number(&writer, result->terminal, 2);
    put_number(&writer, result->state, 2);
    put_text(&writer, result->note);
    put(&writer, fingerprint, FZ_SHA256_LEN);
    put(&writer, order_digest, FZ_SHA256_LEN);
    fz_sha256_update(sha, writer.bytes, writer.len);
}

void fz_chain_end(struct fz_sha256 *sha, uint8_t hash_out[32])
{
    fz_sha256_final(sha, hash_out);
}

static void update_sized(struct fz_sha256 *sha, const void *bytes, size_t len)
{
    struct writer writer = {0};
    put_number(&writer, (int64_t)len, 4);
    fz_sha256_update(sha, writer.bytes, writer.len);
    if (len > 0) {
        fz_sha256_update(sha, bytes, len);
    }
}

static size_t text_len(const char *text)
{
    return text == NULL ? 0 : strlen(text);
}

void fz_order_digest(struct fz_sha256 *sha,
                     const struct fz_signed_order *order,
                     uint8_t digest_out[32])
{
    if (order->base == NULL) {
        memset(digest_out, 0, FZ_SHA256_LEN);
        return;
    }
    fz_sha256_init(sha);
    update_sized(sha, order->key_id, text_len(order->key_id));
    update_sized(sha, order->base, order->base_len);
    update_sized(sha, order->body, order->body_len);
    update_sized(sha, order->signature, FZ_SIGNATURE_LEN);
    update_sized(sha, order->approver_key_id, text_len(order->approver_key_id));
    update_sized(sha, order->approver_signature,
                 order->approver_signature == NULL ? 0 : FZ_SIGNATURE_LEN);
    fz_sha256_final(sha, digest_out);
}

bool fz_command_has_code(const struct fz_command *command)
{
    static const uint8_t none[FZ_CODE_HASH_LEN] = {0};
    return memcmp(command->code_hash, none, sizeof(none)) != 0;
}

/* What came later, each with a letter before it and only where it says something. */
static void put_more(struct writer *writer, const struct fz_command *command)
{

    if (command->daily != 0) {
        put(writer, "D", 1);
        put_number(writer, command->daily, 8);
    }
    if (!fz_id_is_zero(&command->sale)) {
        put(writer, "S", 1);
        put(writer, command->sale.bytes, sizeof(command->sale.bytes));
    }
    if (command->again) {
        put(writer, "A", 1);
    }
    if (fz_command_has_code(command)) {
        put(writer, "C", 1);
        put(writer, command->code_hash, sizeof(command->code_hash));
    }
}

/*
 * The deadline is left out: a client that retries may give a new one. So are the code's text and
 * the shop's name: the switch adds them, the client does not ask for them.
 */
void fz_command_seal(struct fz_sha256 *sha, struct fz_command *command)
{
    struct writer writer = {0};
    fz_assert(command->note == NULL || strlen(command->note) <= FZ_NOTE_MAX);
    put(&writer, "feezero-command", 15);
    put_number(&writer, FZ_CANONICAL_VERSION, 1);
    put_number(&writer, (int64_t)command->type, 2);
    put(&writer, command->ref.bytes, 16);
    put_number(&writer, command->actor, 8);
    put_number(&writer, command->shop, 8);
    put_number(&writer, command->party, 8);
    put_number(&writer, command->payee, 8);
    put_number(&writer, command->amount, 8);
    put_number(&writer, command->tax, 8);
    put_number(&writer, command->corrects, 8);
    put_number(&writer, command->terminal, 2);
    put_number(&writer, command->ttl_s, 4);
    put_text(&writer, command->note);
    put_more(&writer, command);
    fz_sha256_init(sha);
    fz_sha256_update(sha, writer.bytes, writer.len);
    fz_sha256_final(sha, command->fingerprint);
    fz_order_digest(sha, &command->order, command->order_digest);
}
