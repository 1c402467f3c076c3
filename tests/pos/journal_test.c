/*
 * The journal: what was reported as written survives a power cut at any byte; what is damaged is
 * seen, and never taken for something else.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "merchant-pos/core/journal.h"
#include "tests/pos/scripted.h"

static struct fz_pos_operation sample(uint8_t seed, enum fz_pos_state state)
{
    struct fz_pos_operation op = {.kind = FZ_POS_TRANSFER,
                                  .state = state,
                                  .rc = state == FZ_POS_REFUSED ? FZ_INSUFFICIENT_FUNDS : FZ_OK,
                                  .expires_in_s = 120,
                                  .amount = 1480 + seed,
                                  .number = INT64_C(1) << 40,
                                  .prepared_at_ms = PAPER_START_MS + seed,
                                  .booked_at_ms = PAPER_START_MS + seed,
                                  .expires_at_ms = -1,
                                  .eta_ms = PAPER_START_MS + 7,
                                  .limit = 10000,
                                  .again = true,
                                  .terminal = "T001",
                                  .code = "29123456789012345678",
                                  .party = "R00000002",
                                  .reference = "INV-20261201-0007",
                                  .message = "ありがとう"};

    memset(op.id.bytes, seed, sizeof op.id.bytes);
    memset(op.intent.bytes, seed ^ 0x55, sizeof op.intent.bytes);
    memset(op.payment.bytes, seed ^ 0xAA, sizeof op.payment.bytes);
    memset(op.party_name, 'n', FZ_POS_NAME_MAX);
    return op;
}

static void expect_same(const struct fz_pos_operation *a, const struct fz_pos_operation *b)
{
    cr_expect_eq(a->kind, b->kind);
    cr_expect_eq(a->state, b->state);
    cr_expect_eq(a->rc, b->rc);
    cr_expect_eq(a->expires_in_s, b->expires_in_s);
    cr_expect(fz_id_equal(&a->id, &b->id));
    cr_expect(fz_id_equal(&a->intent, &b->intent));
    cr_expect(fz_id_equal(&a->payment, &b->payment));
    cr_expect_eq(a->amount, b->amount);
    cr_expect_eq(a->number, b->number);
    cr_expect_eq(a->prepared_at_ms, b->prepared_at_ms);
    cr_expect_eq(a->booked_at_ms, b->booked_at_ms);
    cr_expect_eq(a->expires_at_ms, b->expires_at_ms);
    cr_expect_str_eq(a->party, b->party);
    cr_expect_str_eq(a->party_name, b->party_name);
    cr_expect_str_eq(a->reference, b->reference);
    cr_expect_str_eq(a->message, b->message);
    cr_expect_eq(a->eta_ms, b->eta_ms);
    cr_expect_eq(a->limit, b->limit);
    cr_expect_eq(a->again, b->again);
    cr_expect_str_eq(a->terminal, b->terminal);
    cr_expect_str_eq(a->code, b->code);
}

/* Writes a frame at the end of the paper journal, past the client. */
static void write_frame(struct paper *paper, const struct fz_pos_operation *op)
{
    fz_journal_encode(op, paper->journal + paper->journal_len);
    paper->journal_len += FZ_POS_FRAME_SIZE;
}

Test(journal, crc_is_the_well_known_one)
{
    cr_expect_eq(fz_crc32(0, (const uint8_t *)"123456789", 9), 0xCBF43926U);
    cr_expect_eq(fz_crc32(fz_crc32(0, (const uint8_t *)"1234", 4), (const uint8_t *)"56789", 5),
                 0xCBF43926U);
}

Test(journal, a_frame_reads_back_whole)
{
    struct fz_pos_operation written = sample(7, FZ_POS_REFUSED);
    struct fz_pos_operation read;
    uint8_t frame[FZ_POS_FRAME_SIZE];

    fz_journal_encode(&written, frame);
    cr_assert(fz_journal_decode(frame, &read));
    expect_same(&written, &read);
}

/* Sets length, type and checksum anew, as another version would have written them. */
static void reseal(uint8_t frame[FZ_POS_FRAME_SIZE], size_t len, uint8_t type)
{
    frame[4] = (uint8_t)(len & 0xFF);
    frame[5] = (uint8_t)(len >> 8);
    frame[6] = type;
    uint32_t crc = fz_crc32(fz_crc32(0, frame, 8), frame + 12, FZ_POS_FRAME_SIZE - 12);

    for (size_t i = 0; i < 4; i++) {
        frame[8 + i] = (uint8_t)(crc >> (8 * i));
    }
}

#define FIRST_PAYLOAD_LEN 370 /* of the first version, which ended with the message */

Test(journal, a_frame_of_the_first_version_is_read_as_it_is)
{
    struct fz_pos_operation written = sample(7, FZ_POS_REFUSED);
    struct fz_pos_operation read;
    uint8_t frame[FZ_POS_FRAME_SIZE];

    fz_journal_encode(&written, frame);
    memset(frame + 12 + FIRST_PAYLOAD_LEN, 0, FZ_POS_FRAME_SIZE - 12 - FIRST_PAYLOAD_LEN);
    reseal(frame, FIRST_PAYLOAD_LEN, 0);
    cr_assert(fz_journal_decode(frame, &read));
    written.eta_ms = 0;
    written.limit = 0;
    written.again = false;
    written.terminal[0] = '\0';
    written.code[0] = '\0';
    expect_same(&written, &read);

    /* No version ever ended anywhere else, nor had these types, kinds and states. */
    for (size_t len = 0; len < FZ_POS_FRAME_SIZE; len++) {
        fz_journal_encode(&written, frame);
        reseal(frame, len, 0);
        size_t right = frame[4] | (size_t)frame[5] << 8;

        cr_expect_eq(right, len);
        cr_expect_eq(fz_journal_decode(frame, &read), len == FIRST_PAYLOAD_LEN || len == 413, "%zu",
                     len);
    }
    for (unsigned type = 1; type < 256; type++) {
        fz_journal_encode(&written, frame);
        reseal(frame, 413, (uint8_t)type);
        cr_expect_not(fz_journal_decode(frame, &read), "type %u", type);
    }
    for (unsigned state = 7; state < 10; state++) {
        fz_journal_encode(&written, frame);
        frame[13] = (uint8_t)state;
        reseal(frame, 413, 0);
        cr_expect_not(fz_journal_decode(frame, &read), "state %u", state);
    }
}

Test(journal, every_flipped_bit_is_seen)
{
    struct fz_pos_operation op = sample(7, FZ_POS_PREPARED);
    uint8_t frame[FZ_POS_FRAME_SIZE];

    fz_journal_encode(&op, frame);
    for (size_t i = 0; i < sizeof frame * 8; i++) {
        frame[i / 8] ^= (uint8_t)(1 << i % 8);
        cr_expect_not(fz_journal_decode(frame, &op), "bit %zu", i);
        frame[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    cr_expect(fz_journal_decode(frame, &op));
}

/* Three operations, the last of them torn in some way; the first two must be there. */
static void write_three(struct paper *paper)
{
    for (uint8_t i = 1; i <= 3; i++) {
        struct fz_pos_operation op = sample(i, FZ_POS_PREPARED);

        write_frame(paper, &op);
    }
}

static void expect_two_and_go_on(struct paper *paper, size_t at)
{
    struct fz_pos_operation fresh = sample(9, FZ_POS_PREPARED);
    struct fz_pos_operation expected = sample(2, FZ_POS_PREPARED);

    paper_reboot(paper);
    cr_assert_eq(paper->pos.open_count, 2, "torn at %zu", at);
    cr_assert_eq(fz_pos_damaged(&paper->pos), 0, "torn at %zu", at);
    expect_same(fz_pos_unsettled(&paper->pos, 1), &expected);
    cr_assert_eq(fz_journal_begin(&paper->pos, &fresh, NULL), FZ_OK);
    paper_reboot(paper);
    cr_assert_eq(paper->pos.open_count, 3, "torn at %zu, then written over", at);
    expect_same(fz_pos_unsettled(&paper->pos, 2), &fresh);
    cr_assert_eq(fz_pos_damaged(&paper->pos), 0);
}

Test(journal, power_cut_at_every_byte_of_the_last_record)
{
    static struct paper paper;

    for (size_t kept = 0; kept < FZ_POS_FRAME_SIZE; kept++) {
        paper_open(&paper, 0);
        write_three(&paper);
        paper.journal_len = 2 * FZ_POS_FRAME_SIZE + kept;
        expect_two_and_go_on(&paper, kept);
    }
}

Test(journal, every_flipped_byte_of_the_last_record)
{
    static struct paper paper;

    for (size_t at = 0; at < FZ_POS_FRAME_SIZE; at++) {
        paper_open(&paper, 0);
        write_three(&paper);
        paper.journal[2 * FZ_POS_FRAME_SIZE + at] ^= 0xFF;
        expect_two_and_go_on(&paper, at);
    }
}

Test(journal, zeroes_behind_the_end_are_a_torn_tail)
{
    static struct paper paper;

    paper_open(&paper, 0);
    write_three(&paper);
    memset(paper.journal + 2 * FZ_POS_FRAME_SIZE, 0, 3 * FZ_POS_FRAME_SIZE);
    paper.journal_len = 5 * FZ_POS_FRAME_SIZE;
    expect_two_and_go_on(&paper, 0);
    cr_expect_eq(paper.pos.journal_len, 3 * FZ_POS_FRAME_SIZE);
}

Test(journal, damage_in_the_middle_is_counted_and_the_rest_is_read)
{
    static struct paper paper;

    for (size_t at = 0; at < FZ_POS_FRAME_SIZE; at++) {
        paper_open(&paper, 0);
        write_three(&paper);
        paper.journal[FZ_POS_FRAME_SIZE + at] ^= 1;
        paper_reboot(&paper);
        cr_assert_eq(fz_pos_damaged(&paper.pos), 1, "byte %zu", at);
        cr_assert_eq(paper.pos.open_count, 2);
        cr_assert_eq(paper.pos.journal_len, 3 * FZ_POS_FRAME_SIZE);
    }
}

Test(journal, a_settled_operation_leaves_the_table)
{
    static struct paper paper;
    struct fz_pos_operation op = sample(1, FZ_POS_PREPARED);
    struct fz_pos_operation other = sample(2, FZ_POS_PREPARED);

    paper_open(&paper, 0);
    cr_assert_eq(fz_journal_begin(&paper.pos, &op, NULL), FZ_OK);
    cr_assert_eq(fz_journal_begin(&paper.pos, &other, NULL), FZ_OK);
    op.state = FZ_POS_TRANSFERRED;
    cr_assert_eq(fz_journal_update(&paper.pos, &op, NULL), FZ_OK);
    cr_expect_eq(paper.pos.open_count, 1);
    cr_expect_null(fz_journal_open_get(&paper.pos, &op.id));
    paper_reboot(&paper);
    cr_expect_eq(paper.pos.open_count, 1);
    cr_expect_eq(paper_state(&paper, &op.id), FZ_POS_TRANSFERRED);

    /* What is settled stays as it is. */
    op.state = FZ_POS_UNKNOWN;
    cr_assert_eq(fz_journal_update(&paper.pos, &op, NULL), FZ_OK);
    cr_expect_eq(paper_frames(&paper), 3);
}

Test(journal, another_programs_records_are_seen)
{
    static struct paper paper;
    struct fz_pos_operation op = sample(1, FZ_POS_PREPARED);
    struct fz_pos_operation strange = sample(2, FZ_POS_PREPARED);

    paper_open(&paper, 0);
    cr_assert_eq(fz_journal_begin(&paper.pos, &op, NULL), FZ_OK);
    write_frame(&paper, &strange);
    op.state = FZ_POS_REFUSED;
    cr_assert_eq(fz_journal_update(&paper.pos, &op, NULL), FZ_OK);
    cr_expect_eq(paper_frames(&paper), 3, "written behind the other's record, not over it");
    cr_expect_not_null(fz_journal_open_get(&paper.pos, &strange.id));

    /* The other program settles it; our late news is not written any more. */
    strange.state = FZ_POS_TRANSFERRED;
    write_frame(&paper, &strange);
    strange.state = FZ_POS_UNKNOWN;
    cr_assert_eq(fz_journal_update(&paper.pos, &strange, NULL), FZ_OK);
    cr_expect_eq(paper_frames(&paper), 4);
}

Test(journal, a_full_table_refuses_but_a_damaged_journal_still_opens)
{
    static struct paper paper;
    struct fz_pos_operation one_more = sample(99, FZ_POS_PREPARED);

    paper_open(&paper, 0);
    for (uint8_t i = 1; i <= FZ_POS_OPEN_MAX; i++) {
        struct fz_pos_operation op = sample(i, FZ_POS_PREPARED);

        cr_assert_eq(fz_journal_begin(&paper.pos, &op, NULL), FZ_OK);
    }
    cr_expect_eq(fz_journal_begin(&paper.pos, &one_more, NULL), FZ_LIMIT);
    write_frame(&paper, &one_more); /* as if the record that settled an earlier one was lost */
    paper_reboot(&paper);
    cr_expect_eq(paper.pos.open_count, FZ_POS_OPEN_MAX);
    cr_expect(paper.pos.more_open);
}

Test(journal, a_full_disk_is_an_error_and_changes_nothing)
{
    static struct paper paper;
    struct fz_pos_operation op = sample(1, FZ_POS_PREPARED);

    paper_open(&paper, 0);
    paper.writes_left = 0;
    cr_expect_eq(fz_journal_begin(&paper.pos, &op, NULL), FZ_IO);
    cr_expect_eq(paper.pos.open_count, 0);
    cr_expect_eq(paper.pos.journal_len, 0);
    cr_expect_not(paper.is_locked);
}
