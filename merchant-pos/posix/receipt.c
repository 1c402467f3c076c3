/*
 * merchant-pos/posix: receipts (see receipt.h). Japanese whatever the screen's language is: the
 * paper is for the customer and the tax office.
 */
#include "merchant-pos/posix/receipt.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "merchant-pos/core/exchange.h"
#include "merchant-pos/core/timestamp.h"

_Static_assert(sizeof(((struct fz_settings *)0)->registration_number) ==
                   FZ_RECEIPT_REGISTRATION_MAX + 1,
               "one length of a registration number");

#define QR_DOTS 4
#define REDUCED_PERCENT 8
#define AMOUNT_SIZE 40
#define TEXT_SIZE 160

int64_t fz_receipt_tax(int64_t amount, int64_t percent)
{
    return amount * percent / (100 + percent);
}

/* "￥1,480" */
static void format_amount(int64_t amount, char out[AMOUNT_SIZE])
{
    char digits[24];
    int count = snprintf(digits, sizeof digits, "%lld", (long long)(amount < 0 ? -amount : amount));
    size_t len = (size_t)snprintf(out, AMOUNT_SIZE, "%s\uFFE5", amount < 0 ? "-" : "");

    for (int i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0) {
            out[len++] = ',';
        }
        out[len++] = digits[i];
    }
    out[len] = '\0';
}

static void print_amount(struct fz_paper *paper, unsigned style, const char *label, int64_t amount)
{
    char text[AMOUNT_SIZE];

    format_amount(amount, text);
    fz_paper_pair(paper, style, label, text);
}

static void print_number(struct fz_paper *paper, const char *label, int64_t number)
{
    char text[24];

    snprintf(text, sizeof text, "%lld", (long long)number);
    fz_paper_pair(paper, FZ_PAPER_PLAIN, label, text);
}

/* "2026年12月01日 09:00" in the town's time */
static void format_time(const struct fz_machine *machine, int64_t ms, char out[TEXT_SIZE])
{
    char text[FZ_TIMESTAMP_LEN + 1];

    fz_timestamp_format(ms + fz_home_utc_offset_ms(&machine->home), text);
    snprintf(out, TEXT_SIZE, "%.4s年%.2s月%.2s日 %.5s", text, text + 5, text + 8, text + 11);
}

static void print_id(struct fz_paper *paper, const char *label, const struct fz_id *id)
{
    char text[FZ_ID_TEXT_LEN + 1];

    fz_id_format(id, text);
    fz_paper_pair(paper, FZ_PAPER_PLAIN, label, text);
}

/* --- what the switch knows -------------------------------------------------------------------- */

static void take_text(const json_t *object, const char *name, char *out, size_t size)
{
    const char *text = json_string_value(json_object_get(object, name));
    size_t len = text == NULL ? 0 : strlen(text);

    if (len > 0 && len < size) {
        memcpy(out, text, len + 1);
    }
}

static void take_answer(const struct fz_pos_view *view, struct fz_receipt *receipt)
{
    json_error_t error;
    json_t *answer = json_loadb(view->body, view->body_len, JSON_REJECT_DUPLICATES, &error);
    char state[16] = "";

    take_text(json_object_get(answer, "shop"), "registration_number", receipt->registration,
              sizeof receipt->registration);
    take_text(answer, "state", state, sizeof state);
    receipt->refunded = json_integer_value(json_object_get(answer, "refunded"));
    receipt->is_voided = strcmp(state, "VOIDED") == 0;
    json_decref(answer);
}

void fz_receipt_complete(struct fz_machine *machine, struct fz_receipt *receipt)
{
    struct fz_pos_view view;
    struct fz_err err = {.rc = FZ_OK};
    char path[FZ_POS_PATH_MAX];

    snprintf(receipt->registration, sizeof receipt->registration, "%s",
             machine->home.settings.registration_number);
    if (machine->trouble.rc != FZ_OK || fz_id_is_zero(&receipt->operation.payment)) {
        return;
    }
    fz_exchange_path(path, "receipts", &receipt->operation.payment, "");
    if (fz_pos_get(&machine->pos, path, NULL, &view, &err) == FZ_OK && view.rc == FZ_OK) {
        take_answer(&view, receipt);
        memcpy(machine->home.settings.registration_number, receipt->registration,
               sizeof receipt->registration); /* for the next one, if the line is cut by then */
    }
}

/* --- printing --------------------------------------------------------------------------------- */

static void print_head(const struct fz_machine *machine,
                       const char *title,
                       bool is_copy,
                       const char *registration,
                       struct fz_paper *paper)
{
    const struct fz_settings *settings = &machine->home.settings;

    fz_paper_line(paper, FZ_PAPER_CENTER | FZ_PAPER_LARGE, settings->name);
    if (registration[0] != '\0') {
        fz_paper_pair(paper, FZ_PAPER_PLAIN, "登録番号", registration);
    }
    fz_paper_line(paper, FZ_PAPER_CENTER | FZ_PAPER_BOLD, title);
    if (is_copy) {
        fz_paper_line(paper, FZ_PAPER_CENTER | FZ_PAPER_INVERSE, " 再発行 REPRINT ");
    }
    fz_paper_rule(paper);
}

/* Amount and tax of one rate. */
static void print_rate(struct fz_paper *paper, int64_t amount, int64_t percent, const char *mark)
{
    char label[TEXT_SIZE];

    if (amount == 0 || percent == 0) {
        return;
    }
    snprintf(label, sizeof label, "（%lld%%対象%s", (long long)percent, mark);
    print_amount(paper, FZ_PAPER_PLAIN, label, amount);
    print_amount(paper, FZ_PAPER_PLAIN, "　内消費税等）", fz_receipt_tax(amount, percent));
}

static void print_tax(const struct fz_machine *machine,
                      const struct fz_receipt *receipt,
                      struct fz_paper *paper)
{
    int64_t percent = strtoll(machine->home.settings.tax_rate, NULL, 10); /* two digits at most */
    bool is_reduced = percent == REDUCED_PERCENT;
    int64_t reduced = is_reduced ? receipt->operation.amount : receipt->reduced;

    print_rate(paper, receipt->operation.amount - reduced, percent, "");
    print_rate(paper, percent == 0 ? 0 : reduced, REDUCED_PERCENT, "※");
    if (reduced != 0 && percent != 0) {
        fz_paper_line(paper, FZ_PAPER_PLAIN, "※は軽減税率対象です");
    }
}

static void print_sale(const struct fz_machine *machine,
                       const struct fz_receipt *receipt,
                       struct fz_paper *paper)
{
    const struct fz_pos_operation *op = &receipt->operation;
    char text[TEXT_SIZE];

    print_amount(paper, FZ_PAPER_BOLD | FZ_PAPER_LARGE, "合計", op->amount);
    print_tax(machine, receipt, paper);
    snprintf(text, sizeof text, "%s", machine->home.settings.community_name);
    print_amount(paper, FZ_PAPER_PLAIN, text[0] == '\0' ? "地域通貨" : text, op->amount);
    print_amount(paper, FZ_PAPER_PLAIN, "手数料", 0);
    fz_paper_rule(paper);
    if (receipt->is_voided) {
        fz_paper_line(paper, FZ_PAPER_BOLD, "このお支払いは取り消されています");
    }
    if (receipt->refunded != 0) {
        print_amount(paper, FZ_PAPER_BOLD, "返金済み", receipt->refunded);
    }
}

/* What a void or a refund gives back. */
static void print_undone(const struct fz_receipt *receipt, struct fz_paper *paper)
{
    const struct fz_pos_operation *op = &receipt->operation;
    bool is_held = op->state == FZ_POS_HELD;

    print_amount(paper, FZ_PAPER_BOLD | FZ_PAPER_LARGE, op->kind == FZ_POS_VOID ? "取消" : "返金",
                 -op->amount);
    if (is_held) {
        fz_paper_line(paper, FZ_PAPER_BOLD, "返金は受付済みです。後ほど自動で返金されます");
    }
    fz_paper_rule(paper);
}

void fz_receipt_print(const struct fz_machine *machine,
                      const struct fz_receipt *receipt,
                      struct fz_paper *paper)
{
    const struct fz_pos_operation *op = &receipt->operation;
    bool is_sale = op->kind == FZ_POS_SALE;
    char text[TEXT_SIZE], id[FZ_ID_TEXT_LEN + 1];

    print_head(machine,
               is_sale                   ? "領収書"
               : op->kind == FZ_POS_VOID ? "取消票"
                                         : "返金票",
               receipt->is_copy, receipt->registration, paper);
    format_time(machine, op->booked_at_ms != 0 ? op->booked_at_ms : op->prepared_at_ms, text);
    fz_paper_pair(paper, FZ_PAPER_PLAIN, text, machine->home.settings.terminal);
    if (op->number > 0) {
        print_number(paper, "取引番号", op->number);
    }
    if (op->reference[0] != '\0') {
        fz_paper_pair(paper, FZ_PAPER_PLAIN, "摘要", op->reference);
    }
    fz_paper_rule(paper);
    if (is_sale) {
        print_sale(machine, receipt, paper);
    } else {
        print_undone(receipt, paper);
    }
    print_id(paper, "会計ID", &op->intent);
    fz_id_format(&op->intent, id);
    snprintf(text, sizeof text, FZ_RECEIPT_CODE "%s", id);
    fz_paper_qr(paper, text, QR_DOTS);
    fz_paper_line(paper, FZ_PAPER_CENTER, is_sale ? "ありがとうございました" : "");
}

/* --- reports ---------------------------------------------------------------------------------- */

static void
print_sum(struct fz_paper *paper, const char *label, uint32_t count, int64_t here, int64_t there)
{
    char text[TEXT_SIZE], left[AMOUNT_SIZE], right[AMOUNT_SIZE];

    snprintf(text, sizeof text, "%s %u件", label, (unsigned)count);
    format_amount(here, left);
    format_amount(there, right);
    fz_paper_pair(paper, FZ_PAPER_PLAIN, text, left);
    if (here != there) {
        fz_paper_pair(paper, FZ_PAPER_BOLD, "　サーバーでは", right);
    }
}

void fz_receipt_print_report(const struct fz_machine *machine,
                             const struct fz_pos_report *report,
                             bool is_copy,
                             struct fz_paper *paper)
{
    const struct fz_pos_totals *totals = &report->totals;
    char text[TEXT_SIZE];

    snprintf(text, sizeof text,
             report->z_number == 0 ? "点検（Xレポート）" : "精算（Zレポート）No.%u",
             (unsigned)report->z_number);
    print_head(machine, text, is_copy, "", paper);
    format_time(machine, report->made_ms, text);
    fz_paper_pair(paper, FZ_PAPER_PLAIN, text, machine->home.settings.terminal);
    if (report->opened_ms != 0) {
        format_time(machine, report->opened_ms, text);
        fz_paper_pair(paper, FZ_PAPER_PLAIN, "前回の精算", text);
    }
    snprintf(text, sizeof text, "%lld - %lld", (long long)report->after + 1,
             (long long)report->upto);
    fz_paper_pair(paper, FZ_PAPER_PLAIN, "取引番号", text);
    fz_paper_rule(paper);
    print_sum(paper, "売上", totals->here.sale_count, totals->here.sales, totals->there.sales);
    print_sum(paper, "取消", totals->here.void_count, -totals->here.voids, -totals->there.voids);
    print_sum(paper, "返金", totals->here.refund_count, -totals->here.refunds,
              -totals->there.refunds);
    print_amount(paper, FZ_PAPER_BOLD, "差引", totals->here.net);
    if (totals->sticker_count != 0) {
        print_sum(paper, "掲示コード", totals->sticker_count, totals->stickers, totals->stickers);
    }
    if (totals->held_count != 0) {
        print_sum(paper, "保留中の返金", totals->held_count, totals->held, totals->held);
    }
    fz_paper_rule(paper);
    fz_paper_line(paper, FZ_PAPER_BOLD,
                  totals->differences == 0 ? "端末とサーバーは一致しています"
                                           : "端末とサーバーが一致しません");
}

static const char *difference_text(enum fz_pos_difference_kind kind)
{
    switch (kind) {
    case FZ_POS_ONLY_HERE:
        return "端末のみ";
    case FZ_POS_ONLY_SWITCH:
        return "サーバーのみ";
    case FZ_POS_AMOUNT:
        return "金額相違";
    case FZ_POS_UNSETTLED:
        return "未確定";
    case FZ_POS_ELSEWHERE:
        return "他の端末・店";
    case FZ_POS_STICKER:
        return "掲示コード";
    case FZ_POS_LATE:
        return "前回未確定分";
    }
    return "";
}

static const char *kind_text(enum fz_pos_kind kind)
{
    return kind == FZ_POS_VOID ? "取消" : kind == FZ_POS_REFUND ? "返金" : "売上";
}

void fz_receipt_print_difference(const struct fz_pos_difference *difference, struct fz_paper *paper)
{
    char text[TEXT_SIZE];

    snprintf(text, sizeof text, "%s %s", difference_text(difference->kind),
             kind_text(difference->operation));
    print_amount(paper, FZ_PAPER_PLAIN, text,
                 difference->here != 0 ? difference->here : difference->there);
    print_id(paper, "", &difference->id);
}
