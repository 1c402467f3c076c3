/*
 * merchant-pos/posix: the till's day: its journal as a list, and its totals against the switch's.
 */
#include <string.h>

#include "merchant-pos/core/timestamp.h"
#include "merchant-pos/posix/session.h"
#include "merchant-pos/posix/till.h"

/* The day that --day names, or today; false: it names none. */
static bool find_day(const struct fz_session *session, struct fz_pos_span *day_out)
{
    const char *day = session->options->text[FZ_OPTION_DAY];
    char text[FZ_TIMESTAMP_LEN + 8];
    int64_t utc_ms;

    if (day == NULL) {
        fz_machine_day_of(session->machine, fz_machine_now_ms(session->machine), day_out);
        return true;
    }
    int len = snprintf(text, sizeof text, "%.11sT00:00:00.000Z", day);

    if (strlen(day) != 10 || len != FZ_TIMESTAMP_LEN || !fz_timestamp_parse(text, &utc_ms)) {
        return false;
    }
    day_out->from_ms = utc_ms - fz_home_utc_offset_ms(&session->machine->home);
    day_out->to_ms = day_out->from_ms + FZ_MACHINE_DAY_MS;
    return true;
}

static bool list_each(const struct fz_pos_operation *op, void *ctx)
{
    const struct fz_say *say = ctx;
    char time[FZ_SAY_TIME_SIZE], amount[FZ_SAY_AMOUNT_SIZE], id[FZ_ID_TEXT_LEN + 1];

    if (say->options->json) {
        fz_say_json(fz_say_operation_json(op));
        return true;
    }
    fz_say_time(say, op->booked_at_ms != 0 ? op->booked_at_ms : op->prepared_at_ms, time);
    fz_say_amount(say, op->amount, amount);
    fz_id_format(&op->intent, id);
    printf("%s  %-8s %-11s %14s  %6lld  %s%s%s\n", time, fz_pos_kind_name(op->kind),
           fz_pos_state_name(op->state), amount, (long long)op->number, id,
           op->reference[0] == '\0' ? "" : "  ", op->reference);
    return true;
}

static enum fz_exit list_body(struct fz_session *session)
{
    struct fz_err err = {.rc = FZ_OK};
    struct fz_pos_span day;

    if (!find_day(session, &day)) {
        return fz_options_wrong("--day is YYYY-MM-DD", session->options->text[FZ_OPTION_DAY]);
    }
    fz_rc rc = fz_pos_each(&session->machine->pos, day, list_each, &session->say, &err);

    if (rc != FZ_OK) {
        return fz_say_failure(&session->say, rc, &err);
    }
    const struct fz_pos_operation *op;

    for (uint32_t i = 0; (op = fz_pos_unsettled(&session->machine->pos, i)) != NULL; i++) {
        (void)list_each(op, &session->say);
    }
    fz_say_warnings(&session->say, 0);
    return FZ_EXIT_DONE;
}

enum fz_exit fz_till_list(const struct fz_options *options)
{
    return fz_session_run(options, FZ_TILL_ROLE, list_body);
}

/* --- totals ----------------------------------------------------------------------------------- */

static const char *difference_name(enum fz_pos_difference_kind kind)
{
    switch (kind) {
    case FZ_POS_ONLY_HERE:
        return "only-till";
    case FZ_POS_ONLY_SWITCH:
        return "only-switch";
    case FZ_POS_AMOUNT:
        return "amount";
    case FZ_POS_UNSETTLED:
        return "unsettled";
    case FZ_POS_STICKER:
        return "sticker";
    case FZ_POS_LATE:
        return "late";
    case FZ_POS_ELSEWHERE:
        break;
    }
    return "elsewhere";
}

static enum fz_phrase difference_phrase(enum fz_pos_difference_kind kind)
{
    switch (kind) {
    case FZ_POS_ONLY_HERE:
        return FZ_PHRASE_ONLY_HERE;
    case FZ_POS_ONLY_SWITCH:
        return FZ_PHRASE_ONLY_SWITCH;
    case FZ_POS_AMOUNT:
        return FZ_PHRASE_OTHER_AMOUNT;
    case FZ_POS_UNSETTLED:
        return FZ_PHRASE_UNSETTLED;
    case FZ_POS_STICKER:
        return FZ_PHRASE_STICKER;
    case FZ_POS_LATE:
        return FZ_PHRASE_LATE;
    case FZ_POS_ELSEWHERE:
        break;
    }
    return FZ_PHRASE_ELSEWHERE;
}

void fz_till_say_difference(const struct fz_say *say, const struct fz_pos_difference *difference)
{
    char here[FZ_SAY_AMOUNT_SIZE], there[FZ_SAY_AMOUNT_SIZE], id[FZ_ID_TEXT_LEN + 1];

    fz_id_format(&difference->id, id);
    if (say->options->json) {
        fz_say_json(
            json_pack("{s:s,s:s,s:s,s:I,s:I}", "difference", difference_name(difference->kind),
                      "kind", fz_pos_kind_name(difference->operation), "id", id, "till",
                      (json_int_t)difference->here, "switch", (json_int_t)difference->there));
        return;
    }
    fz_say_amount(say, difference->here, here);
    fz_say_amount(say, difference->there, there);
    printf("! %s %s  %s %s / %s %s: %s\n", fz_pos_kind_name(difference->operation), id,
           fz_say_phrase(say, FZ_PHRASE_TILL_SIDE), here, fz_say_phrase(say, FZ_PHRASE_SWITCH_SIDE),
           there, fz_say_phrase(say, difference_phrase(difference->kind)));
}

static void say_difference(const struct fz_pos_difference *difference, void *ctx)
{
    fz_till_say_difference(ctx, difference);
}

static void say_sum(const struct fz_say *say, enum fz_phrase label, int64_t here, int64_t there)
{
    char left[FZ_SAY_AMOUNT_SIZE], right[FZ_SAY_AMOUNT_SIZE];

    fz_say_amount(say, here, left);
    fz_say_amount(say, there, right);
    printf("%s: %s %s, %s %s\n", fz_say_phrase(say, label), fz_say_phrase(say, FZ_PHRASE_TILL_SIDE),
           left, fz_say_phrase(say, FZ_PHRASE_SWITCH_SIDE), right);
}

json_t *fz_till_sums_json(const struct fz_pos_sums *sums)
{
    return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "sale_count", (json_int_t)sums->sale_count,
                     "sales", (json_int_t)sums->sales, "void_count", (json_int_t)sums->void_count,
                     "voids", (json_int_t)sums->voids, "refund_count",
                     (json_int_t)sums->refund_count, "refunds", (json_int_t)sums->refunds, "net",
                     (json_int_t)sums->net);
}

static void say_totals(const struct fz_say *say, const struct fz_pos_totals *totals)
{
    bool agree = totals->differences == 0;

    if (say->options->json) {
        fz_say_json(json_pack("{s:b,s:I,s:o,s:o}", "ok", agree ? 1 : 0, "differences",
                              (json_int_t)totals->differences, "till",
                              fz_till_sums_json(&totals->here), "switch",
                              fz_till_sums_json(&totals->there)));
        return;
    }
    say_sum(say, FZ_PHRASE_SALES, totals->here.sales, totals->there.sales);
    say_sum(say, FZ_PHRASE_VOIDS, totals->here.voids, totals->there.voids);
    say_sum(say, FZ_PHRASE_REFUNDS, totals->here.refunds, totals->there.refunds);
    say_sum(say, FZ_PHRASE_NET, totals->here.net, totals->there.net);
    printf("%s\n", fz_say_phrase(say, agree ? FZ_PHRASE_TOTALS_OK : FZ_PHRASE_TOTALS_DIFFER));
}

static enum fz_exit totals_body(struct fz_session *session)
{
    struct fz_pos_totals totals;
    struct fz_err err = {.rc = FZ_OK};
    struct fz_pos_span day;

    if (!find_day(session, &day)) {
        return fz_options_wrong("--day is YYYY-MM-DD", session->options->text[FZ_OPTION_DAY]);
    }
    fz_rc rc =
        fz_pos_close_day(&session->machine->pos, day, &totals, say_difference, &session->say, &err);

    if (rc != FZ_OK) {
        return fz_say_failure(&session->say, rc, &err);
    }
    say_totals(&session->say, &totals);
    return totals.differences == 0 ? FZ_EXIT_DONE : FZ_EXIT_REFUSED;
}

enum fz_exit fz_till_totals(const struct fz_options *options)
{
    return fz_session_run(options, FZ_TILL_ROLE, totals_body);
}
