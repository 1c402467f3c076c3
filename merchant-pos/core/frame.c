/*
 * merchant-pos/core: one journal frame as bytes. The layout is written once, in fields(), and read
 * and written by the same walk, so the two directions cannot drift apart.
 */
#include <string.h>

#include "feezero/assert.h"
#include "merchant-pos/core/journal.h"

#define HEAD_SIZE 12
#define CRC_AT 8
#define PAYLOAD_SIZE_MAX (FZ_POS_FRAME_SIZE - HEAD_SIZE)

static const uint8_t magic[4] = {'F', 'Z', 'J', '1'};

/* Either direction: `out` is set when writing, `in` when reading. */
struct walk {
    uint8_t *out;
    const uint8_t *in;
    size_t at;
};

uint32_t fz_crc32(uint32_t crc, const uint8_t *bytes, size_t len)
{
    /* Four bits at a time: a table of 64 bytes suits a small machine, and a year's journal. */
    static const uint32_t table[16] = {
        0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4,
        0x4DB26158, 0x5005713C, 0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C,
        0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C,
    };

    crc = ~crc;
    for (size_t i = 0; i < len; i++) {
        crc ^= bytes[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

static void put_number(uint8_t *out, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        out[i] = (uint8_t)(value >> (8 * i));
    }
}

static uint64_t get_number(const uint8_t *in, size_t size)
{
    uint64_t value = 0;

    for (size_t i = size; i > 0; i--) {
        value = value << 8 | in[i - 1];
    }
    return value;
}

static uint64_t number(struct walk *walk, uint64_t value, size_t size)
{
    if (walk->out != NULL) {
        put_number(walk->out + walk->at, value, size);
    } else {
        value = get_number(walk->in + walk->at, size);
    }
    walk->at += size;
    return value;
}

static void number64(struct walk *walk, int64_t *value)
{
    *value = (int64_t)number(walk, (uint64_t)*value, 8);
}

static void bytes(struct walk *walk, void *field, size_t size)
{
    if (walk->out != NULL) {
        memcpy(walk->out + walk->at, field, size);
    } else {
        memcpy(field, walk->in + walk->at, size);
    }
    walk->at += size;
}

/* A string field always takes its whole room; its last byte is a NUL. */
static void text(struct walk *walk, char *field, size_t size)
{
    bytes(walk, field, size);
    if (walk->out == NULL) {
        field[size - 1] = '\0';
    }
}

static void fields(struct walk *walk, struct fz_pos_operation *op)
{
    op->kind = (enum fz_pos_kind)number(walk, (uint64_t)op->kind, 1);
    op->state = (enum fz_pos_state)number(walk, (uint64_t)op->state, 1);
    op->rc = (fz_rc)number(walk, (uint64_t)op->rc, 2);
    op->expires_in_s = (uint32_t)number(walk, op->expires_in_s, 4);
    bytes(walk, op->id.bytes, sizeof op->id.bytes);
    bytes(walk, op->intent.bytes, sizeof op->intent.bytes);
    bytes(walk, op->payment.bytes, sizeof op->payment.bytes);
    number64(walk, &op->amount);
    number64(walk, &op->number);
    number64(walk, &op->prepared_at_ms);
    number64(walk, &op->booked_at_ms);
    number64(walk, &op->expires_at_ms);
    text(walk, op->party, sizeof op->party);
    text(walk, op->party_name, sizeof op->party_name);
    text(walk, op->reference, sizeof op->reference);
    text(walk, op->message, sizeof op->message);
    fz_assert(walk->at <= PAYLOAD_SIZE_MAX);
}

static uint32_t frame_crc(const uint8_t frame[FZ_POS_FRAME_SIZE])
{
    uint32_t crc = fz_crc32(0, frame, CRC_AT);

    return fz_crc32(crc, frame + HEAD_SIZE, PAYLOAD_SIZE_MAX);
}

void fz_journal_encode(const struct fz_pos_operation *operation,
                       uint8_t frame_out[FZ_POS_FRAME_SIZE])
{
    struct fz_pos_operation copy = *operation;
    struct walk walk = {.out = frame_out + HEAD_SIZE};

    memset(frame_out, 0, FZ_POS_FRAME_SIZE);
    fields(&walk, &copy);
    memcpy(frame_out, magic, sizeof magic);
    put_number(frame_out + 4, walk.at, 2);
    put_number(frame_out + CRC_AT, frame_crc(frame_out), 4);
}

static bool is_known(const struct fz_pos_operation *op)
{
    bool kind_known = op->kind >= FZ_POS_SALE && op->kind <= FZ_POS_TRANSFER;
    bool state_known = (op->state >= FZ_POS_PREPARED && op->state <= FZ_POS_CANCELING) ||
                       (op->state >= FZ_POS_PAID && op->state <= FZ_POS_TRANSFERRED);

    return kind_known && state_known;
}

bool fz_journal_decode(const uint8_t frame[FZ_POS_FRAME_SIZE],
                       struct fz_pos_operation *operation_out)
{
    struct walk walk = {.in = frame + HEAD_SIZE};

    memset(operation_out, 0, sizeof *operation_out);
    if (memcmp(frame, magic, sizeof magic) != 0 ||
        get_number(frame + CRC_AT, 4) != frame_crc(frame)) {
        return false;
    }
    fields(&walk, operation_out);
    return walk.at == get_number(frame + 4, 2) && is_known(operation_out);
}
