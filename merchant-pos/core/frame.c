/*
 * merchant-pos/core: journal frames as bytes: head, checksum, and the fields of an operation.
 */
#include "merchant-pos/core/frame.h"

#include <string.h>

#include "feezero/assert.h"

#define HEAD_SIZE 12
#define LEN_AT 4
#define TYPE_AT 6
#define CRC_AT 8
#define PAYLOAD_SIZE_MAX (FZ_POS_FRAME_SIZE - HEAD_SIZE)

static const uint8_t magic[4] = {'F', 'Z', 'J', '1'};

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

static uint32_t frame_crc(const uint8_t frame[FZ_POS_FRAME_SIZE])
{
    uint32_t crc = fz_crc32(0, frame, CRC_AT);

    return fz_crc32(crc, frame + HEAD_SIZE, PAYLOAD_SIZE_MAX);
}

struct fz_frame_walk fz_frame_begin(uint8_t frame_out[FZ_POS_FRAME_SIZE])
{
    memset(frame_out, 0, FZ_POS_FRAME_SIZE);
    return (struct fz_frame_walk){.out = frame_out + HEAD_SIZE};
}

void fz_frame_seal(const struct fz_frame_walk *walk,
                   enum fz_frame_type type,
                   uint8_t frame_out[FZ_POS_FRAME_SIZE])
{
    fz_assert(walk->at <= PAYLOAD_SIZE_MAX);
    memcpy(frame_out, magic, sizeof magic);
    put_number(frame_out + LEN_AT, walk->at, 2);
    frame_out[TYPE_AT] = (uint8_t)type;
    put_number(frame_out + CRC_AT, frame_crc(frame_out), 4);
}

bool fz_frame_open(const uint8_t frame[FZ_POS_FRAME_SIZE],
                   enum fz_frame_type type,
                   struct fz_frame_walk *walk_out)
{
    *walk_out = (struct fz_frame_walk){.in = frame + HEAD_SIZE,
                                       .len = (size_t)get_number(frame + LEN_AT, 2)};
    return memcmp(frame, magic, sizeof magic) == 0 && frame[TYPE_AT] == (uint8_t)type &&
           get_number(frame + CRC_AT, 4) == frame_crc(frame);
}

bool fz_frame_is_at_end(const struct fz_frame_walk *walk)
{
    return walk->in != NULL && walk->at == walk->len;
}

uint64_t fz_frame_number(struct fz_frame_walk *walk, uint64_t value, size_t size)
{
    fz_assert(walk->at + size <= PAYLOAD_SIZE_MAX);
    if (walk->out != NULL) {
        put_number(walk->out + walk->at, value, size);
    } else {
        value = get_number(walk->in + walk->at, size);
    }
    walk->at += size;
    return value;
}

void fz_frame_number64(struct fz_frame_walk *walk, int64_t *value)
{
    *value = (int64_t)fz_frame_number(walk, (uint64_t)*value, 8);
}

void fz_frame_bytes(struct fz_frame_walk *walk, void *field, size_t size)
{
    fz_assert(walk->at + size <= PAYLOAD_SIZE_MAX);
    if (walk->out != NULL) {
        memcpy(walk->out + walk->at, field, size);
    } else {
        memcpy(field, walk->in + walk->at, size);
    }
    walk->at += size;
}

void fz_frame_text(struct fz_frame_walk *walk, char *field, size_t size)
{
    fz_frame_bytes(walk, field, size);
    if (walk->out == NULL) {
        field[size - 1] = '\0';
    }
}

static void operation_fields(struct fz_frame_walk *walk, struct fz_pos_operation *op)
{
    op->kind = (enum fz_pos_kind)fz_frame_number(walk, (uint64_t)op->kind, 1);
    op->state = (enum fz_pos_state)fz_frame_number(walk, (uint64_t)op->state, 1);
    op->rc = (fz_rc)fz_frame_number(walk, (uint64_t)op->rc, 2);
    op->expires_in_s = (uint32_t)fz_frame_number(walk, op->expires_in_s, 4);
    fz_frame_bytes(walk, op->id.bytes, sizeof op->id.bytes);
    fz_frame_bytes(walk, op->intent.bytes, sizeof op->intent.bytes);
    fz_frame_bytes(walk, op->payment.bytes, sizeof op->payment.bytes);
    fz_frame_number64(walk, &op->amount);
    fz_frame_number64(walk, &op->number);
    fz_frame_number64(walk, &op->prepared_at_ms);
    fz_frame_number64(walk, &op->booked_at_ms);
    fz_frame_number64(walk, &op->expires_at_ms);
    fz_frame_text(walk, op->party, sizeof op->party);
    fz_frame_text(walk, op->party_name, sizeof op->party_name);
    fz_frame_text(walk, op->reference, sizeof op->reference);
    fz_frame_text(walk, op->message, sizeof op->message);
    if (fz_frame_is_at_end(walk)) {
        return;
    }
    fz_frame_number64(walk, &op->eta_ms);
    fz_frame_number64(walk, &op->limit);
    op->again = fz_frame_number(walk, op->again, 1) != 0;
    fz_frame_text(walk, op->terminal, sizeof op->terminal);
    fz_frame_text(walk, op->code, sizeof op->code);
}

void fz_journal_encode(const struct fz_pos_operation *operation,
                       uint8_t frame_out[FZ_POS_FRAME_SIZE])
{
    struct fz_pos_operation copy = *operation;
    struct fz_frame_walk walk = fz_frame_begin(frame_out);

    operation_fields(&walk, &copy);
    fz_frame_seal(&walk, FZ_FRAME_OPERATION, frame_out);
}

static bool is_known(const struct fz_pos_operation *op)
{
    bool kind_known = op->kind >= FZ_POS_SALE && op->kind <= FZ_POS_CODE;
    bool state_known = (op->state >= FZ_POS_PREPARED && op->state <= FZ_POS_PENDING) ||
                       (op->state >= FZ_POS_PAID && op->state <= FZ_POS_HELD);

    return kind_known && state_known;
}

bool fz_journal_decode(const uint8_t frame[FZ_POS_FRAME_SIZE],
                       struct fz_pos_operation *operation_out)
{
    struct fz_frame_walk walk;

    memset(operation_out, 0, sizeof *operation_out);
    if (!fz_frame_open(frame, FZ_FRAME_OPERATION, &walk)) {
        return false;
    }
    operation_fields(&walk, operation_out);
    return walk.at == walk.len && is_known(operation_out);
}
