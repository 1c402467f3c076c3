/*
 * Test room. The plain model, see the header. Written from docs/ledger.md, not from the code.
 */
#include "tests/core/model_rules.h"

#include <stdlib.h>
#include <string.h>

#include "feezero/assert.h"

struct model *model_create(void)
{
    struct model *model = calloc(1, sizeof(*model));
    fz_assert(model != NULL);
    model->offset_s = 32400;
    return model;
}

void model_destroy(struct model *model)
{
    free(model);
}

void model_open(struct model *model, int64_t account)
{
    model->accounts[model->accounts_len++] = (struct model_account){.number = account, .state = 1};
}

struct model_account *model_account(struct model *model, int64_t account)
{
    for (unsigned i = 0; i < model->accounts_len; i++) {
        if (model->accounts[i].number == account) {
            return &model->accounts[i];
        }
    }
    return NULL;
}

struct model_intent *model_intent(struct model *model, const struct fz_id *id)
{
    for (unsigned i = 0; i < model->intents_len; i++) {
        if (memcmp(model->intents[i].id.bytes, id->bytes, 16) == 0) {
            return &model->intents[i];
        }
    }
    return NULL;
}

struct model_code *model_code(struct model *model, const uint8_t hash[32])
{
    for (unsigned i = 0; i < model->codes_len; i++) {
        if (memcmp(model->codes[i].hash, hash, 32) == 0) {
            return &model->codes[i];
        }
    }
    return NULL;
}

struct model_held *model_held(struct model *model, const struct fz_id *id)
{
    for (unsigned i = 0; i < model->held_len; i++) {
        if (memcmp(model->held[i].id.bytes, id->bytes, 16) == 0) {
            return &model->held[i];
        }
    }
    return NULL;
}

struct model_payout *model_payout(struct model *model, const struct fz_id *id)
{
    for (unsigned i = 0; i < model->payouts_len; i++) {
        if (memcmp(model->payouts[i].id.bytes, id->bytes, 16) == 0) {
            return &model->payouts[i];
        }
    }
    return NULL;
}

static bool same_text(const char *a, const char *b)
{
    return strcmp(a == NULL ? "" : a, b == NULL ? "" : b) == 0;
}

struct model_operation *model_operation(struct model *model, const struct fz_id *id)
{
    for (unsigned i = 0; i < model->operations_len; i++) {
        if (memcmp(model->operations[i].command.id.bytes, id->bytes, 16) == 0) {
            return &model->operations[i];
        }
    }
    return NULL;
}

bool model_same_request(const struct model_operation *old, const struct fz_command *new)
{
    const struct fz_command *c = &old->command;
    return c->type == new->type &&memcmp(c->ref.bytes, new->ref.bytes, 16) == 0 &&
           c->actor == new->actor && c->shop == new->shop && c->party == new->party &&
           c->payee == new->payee && c->amount == new->amount && c->tax == new->tax &&
           c->corrects == new->corrects && c->terminal == new->terminal && c->ttl_s == new->ttl_s &&
           c->daily == new->daily &&
           c->again == new->again &&memcmp(c->code_hash, new->code_hash, 32) == 0 &&
           memcmp(&c->sale, &new->sale, 16) == 0 && same_text(old->note, new->note);
}

int64_t model_available(const struct model_account *a)
{
    int64_t rest = a->number < 10000000000LL ? a->debits - a->credits - a->credits_pending
                                             : a->credits - a->debits - a->debits_pending;
    rest -= a->hold;
    return rest < 0 ? 0 : rest;
}

int64_t model_payable(const struct model_account *a)
{
    int64_t rest = model_available(a) - a->held;
    return rest < 0 ? 0 : rest;
}

/*
 * Books one leg into the model or says why not. `value` gets the available amount if it is short.
 */
static fz_rc
leg(struct model *m, int kind, int64_t from, int64_t to, int64_t amount, int64_t *value)
{
    struct model_account *debit = model_account(m, from);
    struct model_account *credit = model_account(m, to);
    if (debit == NULL || credit == NULL) {
        return FZ_ACCOUNT_NOT_FOUND;
    }
    if (kind == FZ_KIND_PAYMENT && credit->state != 1) {
        return FZ_MERCHANT_CLOSED;
    }
    if (debit->state == 3 || credit->state == 3) {
        return FZ_ACCOUNT_CLOSED;
    }
    if (debit->state == 2) {
        return FZ_ACCOUNT_FROZEN;
    }
    int debit_class = (int)(from / 1000000000);
    int credit_class = (int)(to / 1000000000);
    int64_t rest = kind == FZ_KIND_PAYOUT ? model_payable(debit) : model_available(debit);
    if (debit_class >= 10 && debit_class <= 12 && rest < amount) {
        *value = rest;
        return FZ_INSUFFICIENT_FUNDS;
    }
    if (credit_class < 10 && model_available(credit) < amount) {
        *value = model_available(credit);
        return FZ_INSUFFICIENT_FUNDS;
    }
    if ((kind == FZ_KIND_TOPUP || kind == FZ_KIND_P2P) &&
        credit->credits - credit->debits + amount > 1000000) {
        return FZ_BALANCE_LIMIT;
    }
    if (debit->debits > INT64_MAX - amount || credit->credits > INT64_MAX - amount) {
        return FZ_OVERFLOW;
    }
    debit->debits += amount;
    credit->credits += amount;
    return FZ_OK;
}

void model_tell(struct model *m,
                const struct model_intent *i,
                const struct fz_result *r,
                int type,
                int64_t amount)
{
    m->events[m->events_len++] = (struct model_event){.intent = i->id,
                                                      .operation = r->id,
                                                      .time = r->time_us,
                                                      .shop = i->shop,
                                                      .amount = amount,
                                                      .transfer = r->number,
                                                      .type = type,
                                                      .state = i->state};
}

/* Seconds since the payer's newest payment like it, of the last four and less than 60; else -1. */
int64_t
model_since_like(const struct model *m, int64_t from, int64_t to, int64_t amount, int64_t now)
{
    int seen = 0;
    for (unsigned i = m->transfers_len; i > 0 && seen < 4; i--) {
        const struct model_transfer *t = &m->transfers[i - 1];
        int64_t seconds = now / 1000000 - t->time / 1000000;
        if (t->kind != FZ_KIND_PAYMENT || t->debit != from) {
            continue;
        }
        seen++;
        if (t->credit == to && t->amount == amount && seconds < 60) {
            return seconds;
        }
    }
    return -1;
}

fz_rc model_book(
    struct model *m, int kind, int64_t from, int64_t to, struct fz_result *r, int64_t amount)
{
    fz_rc rc = leg(m, kind, from, to, amount, &r->value);
    if (rc == FZ_OK) {
        int64_t time = r->number == 0 ? r->time_us : m->transfers[m->transfers_len - 1].time + 1;
        m->transfers[m->transfers_len++] =
            (struct model_transfer){from, to, amount, kind, false, time, 0, r->id};
        r->number = m->transfers_len;
    }
    return rc;
}

/* Two legs or none: what the second refuses, the first must not have done. */
static fz_rc two_legs(struct model *m,
                      const int kinds[2],
                      const int64_t accounts[4],
                      const int64_t amounts[2],
                      struct fz_result *r)
{
    struct model_account before[256];
    unsigned transfers_before = m->transfers_len;
    memcpy(before, m->accounts, sizeof(before));
    fz_rc rc = model_book(m, kinds[0], accounts[0], accounts[1], r, amounts[0]);
    int64_t first = r->number;
    if (rc == FZ_OK) {
        rc = model_book(m, kinds[1], accounts[2], accounts[3], r, amounts[1]);
    }
    if (rc != FZ_OK) {
        memcpy(m->accounts, before, sizeof(before));
        m->transfers_len = transfers_before;
        first = 0;
    }
    r->number = first;
    return rc;
}

static fz_rc run_p2p(struct model *m, const struct fz_command *c, struct fz_result *r)
{
    if (c->amount < 1 || c->amount > 1000000) {
        return FZ_AMOUNT_OUT_OF_RANGE;
    }
    if (c->party == c->payee) {
        return FZ_SAME_ACCOUNT;
    }
    return model_book(m, FZ_KIND_P2P, WALLET(c->party), WALLET(c->payee), r, c->amount);
}

static fz_rc run_payout(struct model *m, const struct fz_command *c, struct fz_result *r)
{
    struct model_account *shop = model_account(m, MERCHANT(c->shop));
    int64_t amount = c->amount;
    if (shop != NULL && model_payable(shop) > 0 && model_payable(shop) < amount) {
        amount = model_payable(shop);
    }
    fz_rc rc = model_book(m, FZ_KIND_PAYOUT, MERCHANT(c->shop), PENDING, r, amount);
    if (rc == FZ_OK) {
        m->payouts[m->payouts_len++] = (struct model_payout){c->id, c->shop, amount, 1};
        r->amount = amount;
        r->state = 1;
    }
    return rc;
}

static fz_rc run_payout_step(struct model *m, const struct fz_command *c, struct fz_result *r)
{
    struct model_payout *p = model_payout(m, &c->ref);
    fz_rc rc;
    if (p == NULL) {
        return FZ_PAYOUT_NOT_FOUND;
    }
    r->shop = p->shop;
    r->amount = p->amount;
    r->state = p->state;
    if (p->state != (c->type == FZ_COMMAND_PAYOUT_SENT ? 1 : 2)) {
        return FZ_PAYOUT_STATE;
    }
    if (c->type == FZ_COMMAND_PAYOUT_SENT) {
        rc = model_book(m, FZ_KIND_PAYOUT_SENT, TRANSIT, RESERVE, r, p->amount);
        p->state = rc == FZ_OK ? 2 : p->state;
    } else if (c->type == FZ_COMMAND_PAYOUT_CONFIRM) {
        rc = model_book(m, FZ_KIND_PAYOUT_CONFIRMED, PENDING, TRANSIT, r, p->amount);
        p->state = rc == FZ_OK ? 3 : p->state;
    } else {
        rc = two_legs(m, (int[]){FZ_KIND_PAYOUT_RETURNED, FZ_KIND_PAYOUT_RECOVERED},
                      (int64_t[]){PENDING, MERCHANT(p->shop), RESERVE, TRANSIT},
                      (int64_t[]){p->amount, p->amount}, r);
        p->state = rc == FZ_OK ? 4 : p->state;
    }
    r->state = p->state;
    return rc;
}

static fz_rc run_bill(struct model *m, const struct fz_command *c, struct fz_result *r)
{
    if (c->amount < 1 || c->amount > 9999999999 || c->tax < 0 || c->tax > c->amount) {
        return FZ_AMOUNT_OUT_OF_RANGE;
    }
    fz_rc rc;
    if (c->tax == 0) {
        rc = model_book(m, FZ_KIND_SUBSCRIPTION, RECEIVABLE(c->shop), REVENUE, r, c->amount);
    } else {
        rc = two_legs(m, (int[]){FZ_KIND_SUBSCRIPTION, FZ_KIND_SUBSCRIPTION_TAX},
                      (int64_t[]){RECEIVABLE(c->shop), REVENUE, RECEIVABLE(c->shop), TAX_OWED},
                      (int64_t[]){c->amount, c->tax}, r);
    }
    if (rc == FZ_OK) {
        r->value = c->tax;
    }
    return rc;
}

static fz_rc run_collect(struct model *m, const struct fz_command *c, struct fz_result *r)
{
    struct model_account *shop = model_account(m, MERCHANT(c->shop));
    struct model_account *due = model_account(m, RECEIVABLE(c->shop));
    int64_t amount = c->amount;
    if (shop != NULL && due != NULL) {
        int64_t most = model_available(shop) < model_available(due) ? model_available(shop)
                                                                    : model_available(due);
        amount = most > 0 && most < amount ? most : amount;
    }
    fz_rc rc = model_book(m, FZ_KIND_SUBSCRIPTION_COLLECT, MERCHANT(c->shop), RECEIVABLE(c->shop),
                          r, amount);
    if (rc == FZ_OK) {
        r->amount = amount;
    }
    return rc;
}

static fz_rc run_correct(struct model *m, const struct fz_command *c, struct fz_result *r)
{
    if (c->corrects < 1 || c->corrects > m->transfers_len) {
        return FZ_TRANSFER_NOT_FOUND;
    }
    struct model_transfer *t = &m->transfers[c->corrects - 1];
    r->amount = t->amount;
    if (t->corrected) {
        return FZ_ALREADY_CORRECTED;
    }
    if (t->kind != FZ_KIND_TOPUP && t->kind != FZ_KIND_P2P && t->kind != FZ_KIND_SUBSCRIPTION &&
        t->kind != FZ_KIND_SUBSCRIPTION_TAX && t->kind != FZ_KIND_SUBSCRIPTION_COLLECT) {
        return FZ_KIND_NOT_ALLOWED;
    }
    fz_rc rc = model_book(m, FZ_KIND_CORRECTION, t->credit, t->debit, r, t->amount);
    if (rc == FZ_OK) {
        t->corrected = true;
        m->transfers[m->transfers_len - 1].corrects = c->corrects;
        r->value = c->corrects;
    }
    return rc;
}

static bool money_range(const struct fz_command *c)
{
    return c->amount >= 1 && c->amount <= 9999999999;
}

static fz_rc run(struct model *m, const struct fz_command *c, struct fz_result *r)
{
    if (c->deadline_us != 0 && r->time_us > c->deadline_us) {
        return FZ_DEADLINE_PASSED;
    }
    switch (c->type) {
    case FZ_COMMAND_INTENT:
        return model_run_intent(m, c, r);
    case FZ_COMMAND_CANCEL:
        return model_run_cancel(m, c, r);
    case FZ_COMMAND_EXPIRE:
        return model_run_expire(m, c, r);
    case FZ_COMMAND_PAY:
        return model_run_pay(m, c, r);
    case FZ_COMMAND_VOID:
    case FZ_COMMAND_REFUND:
        return model_run_give_back(m, c, r);
    case FZ_COMMAND_P2P:
        return run_p2p(m, c, r);
    case FZ_COMMAND_TOMBSTONE:
        return FZ_OK;
    case FZ_COMMAND_TOPUP:
        return money_range(c)
                   ? model_book(m, FZ_KIND_TOPUP, RESERVE, WALLET(c->party), r, c->amount)
                   : FZ_AMOUNT_OUT_OF_RANGE;
    case FZ_COMMAND_PAYOUT:
        return money_range(c) ? run_payout(m, c, r) : FZ_AMOUNT_OUT_OF_RANGE;
    case FZ_COMMAND_PAYOUT_SENT:
    case FZ_COMMAND_PAYOUT_CONFIRM:
    case FZ_COMMAND_PAYOUT_RETURN:
        return run_payout_step(m, c, r);
    case FZ_COMMAND_BILL:
        return run_bill(m, c, r);
    case FZ_COMMAND_COLLECT:
        return money_range(c) ? run_collect(m, c, r) : FZ_AMOUNT_OUT_OF_RANGE;
    case FZ_COMMAND_CORRECT:
        return run_correct(m, c, r);
    case FZ_COMMAND_CODE:
        return model_run_code(m, c, r);
    case FZ_COMMAND_REFUND_RELEASE:
        return model_run_release(m, c, r);
    case FZ_COMMAND_LIMITS:
        return FZ_KIND_NOT_ALLOWED;
    }
    return FZ_INTERNAL;
}

static struct fz_result blank(const struct fz_command *c, int64_t time)
{
    struct fz_result r = {.type = c->type,
                          .id = c->id,
                          .ref = c->ref,
                          .actor = c->actor,
                          .shop = c->shop,
                          .party = c->party,
                          .payee = c->payee,
                          .amount = c->amount,
                          .time_us = time,
                          .terminal = c->terminal};
    if (c->note != NULL) {
        strncpy(r.note, c->note, sizeof(r.note) - 1);
    }
    return r;
}

int64_t model_time(const struct model *m, int64_t now_us)
{
    return now_us > m->last_time ? now_us : m->last_time + 1;
}

struct fz_result model_run(struct model *m, const struct fz_command *c, int64_t now_us)
{
    bool kept = c->type != FZ_COMMAND_CANCEL && c->type != FZ_COMMAND_EXPIRE;
    struct model_operation *old = kept ? model_operation(m, &c->id) : NULL;
    if (old != NULL && model_same_request(old, c)) {
        return old->result;
    }
    if (old != NULL) {
        struct fz_result no = blank(c, old->result.time_us);
        no.rc = old->command.type == FZ_COMMAND_TOMBSTONE ? FZ_TOMBSTONED : FZ_ID_REUSED;
        return no;
    }
    unsigned before = m->transfers_len;
    struct fz_result r = blank(c, model_time(m, now_us));
    r.rc = run(m, c, &r);
    if (m->transfers_len > before) {
        m->last_time = m->transfers[m->transfers_len - 1].time;
    } else if (kept) {
        m->last_time = r.time_us;
    }
    if (kept) {
        struct model_operation *new = &m->operations[m->operations_len++];
        new->command = *c;
        new->result = r;
        strncpy(new->note, c->note == NULL ? "" : c->note, sizeof(new->note) - 1);
    }
    return r;
}
