/*
 * Test room. One event of a table: makes the command, has decide() and the plain model carry it
 * out, and compares the answer, what it was preferred to, and what the line says of the books.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "tests/ledger/story.h"

/* A name's id: its text, so that a hex dump of a failure can be read. */
static struct fz_id id_of(const char *text)
{
    struct fz_id id = {{0}};
    size_t len = strlen(text);
    memcpy(id.bytes, text, len < 15 ? len : 15);
    id.bytes[15] = 1;
    return id;
}

/* And the keyed hash of the code of that name. */
static void hash_of(const char *text, uint8_t out[FZ_CODE_HASH_LEN])
{
    struct fz_id id = id_of(text);
    memset(out, 7, FZ_CODE_HASH_LEN);
    memcpy(out, id.bytes, sizeof(id.bytes));
}

static struct story_name *name_it(struct story *story, const char *text)
{
    struct story_name *name = story_find(story, text);
    if (name != NULL) {
        return name;
    }
    if (strlen(text) > 14 || story->names_len == STORY_NAMES) {
        story_fail(story, "too long a name, or too many");
        return NULL;
    }
    name = &story->names[story->names_len++];
    *name = (struct story_name){.id = id_of(text)};
    snprintf(name->text, sizeof(name->text), "%s", text);
    return name;
}

/* The name a command is about; "nothing" is an id nobody ever used. */
static struct fz_id refer(struct story *story, const char *text)
{
    const struct story_name *name = story_find(story, text);
    if (name == NULL && strcmp(text, "nothing") != 0) {
        story_fail(story, "nothing is called \"%s\"", text);
    }
    return name == NULL ? id_of("nothing") : name->id;
}

static int64_t transfer_of(struct story *story, char *text)
{
    char *dot = strchr(text, '.');
    int64_t leg = 1;
    if (dot != NULL) {
        *dot = '\0';
        if (!story_amount(dot + 1, &leg)) {
            story_fail(story, "what is \"%s\"?", dot + 1);
        }
    }
    const struct story_name *name = story_find(story, text);
    if (strcmp(text, "nothing") == 0) {
        return 999999;
    }
    if (name == NULL || name->number == 0) {
        story_fail(story, "\"%s\" booked nothing", text);
        return 0;
    }
    return name->number + leg - 1;
}

/* What the first word after the verb is, by command. */
static bool take_subject(struct story *story, struct fz_command *c, char *word, char *own)
{
    switch (c->type) {
    case FZ_COMMAND_INTENT:
    case FZ_COMMAND_CODE:
    case FZ_COMMAND_PAYOUT:
    case FZ_COMMAND_TOMBSTONE:
        snprintf(own, 16, "%s", word);
        return true;
    case FZ_COMMAND_CANCEL:
    case FZ_COMMAND_EXPIRE:
    case FZ_COMMAND_PAY:
    case FZ_COMMAND_VOID:
    case FZ_COMMAND_REFUND: {
        const struct story_name *intent = story_find(story, word);
        if (c->type == FZ_COMMAND_PAY && strcmp(word, "sticker") == 0) {
            return true;
        }
        c->ref = refer(story, word);
        c->shop = c->type == FZ_COMMAND_PAY && intent != NULL ? intent->shop : 0;
        c->amount = c->type == FZ_COMMAND_PAY && intent != NULL ? intent->amount : 0;
        return true;
    }
    case FZ_COMMAND_PAYOUT_SENT:
    case FZ_COMMAND_PAYOUT_CONFIRM:
    case FZ_COMMAND_PAYOUT_RETURN:
        c->ref = refer(story, word);
        return true;
    case FZ_COMMAND_REFUND_RELEASE: {
        const struct story_name *refund = story_find(story, word);
        c->ref = refer(story, word);
        if (refund != NULL && model_held(story->model, &refund->id) != NULL) {
            const struct model_held *held = model_held(story->model, &refund->id);
            c->sale = held->intent;
            c->shop = held->shop;
            c->party = held->party;
        }
        return true;
    }
    case FZ_COMMAND_TOPUP:
        c->party = story_party(word);
        return true;
    case FZ_COMMAND_CORRECT:
        c->corrects = transfer_of(story, word);
        return true;
    case FZ_COMMAND_P2P:
    case FZ_COMMAND_BILL:
    case FZ_COMMAND_COLLECT:
    case FZ_COMMAND_LIMITS:
        break;
    }
    return false;
}

static void take_party(struct fz_command *c, int64_t party, const char *word)
{
    c->actor = party;
    if (word[0] == 'M') {
        c->shop = party;
    } else {
        c->party = party;
    }
}

/* One keyword and its value; false if there is no such keyword or the value does not fit. */
static bool take_pair(struct fz_command *c, const char *key, const char *value, char *own)
{
    int64_t number = 0;
    int64_t party = story_party(value);
    bool is_number = story_amount(value, &number);
    if (strcmp(key, "as") == 0) {
        snprintf(own, 16, "%s", value);
    } else if (strcmp(key, "by") == 0 && party != 0) {
        take_party(c, party, value);
    } else if (strcmp(key, "to") == 0 && party != 0) {
        c->payee = party;
    } else if (strcmp(key, "at") == 0 && party != 0) {
        c->shop = party;
    } else if (strcmp(key, "for") == 0 && is_number) {
        c->amount = number;
    } else if (strcmp(key, "tax") == 0 && is_number) {
        c->tax = number;
    } else if (strcmp(key, "ttl") == 0 && is_number) {
        c->ttl_s = (int32_t)number;
    } else if (strcmp(key, "terminal") == 0 && is_number) {
        c->terminal = (int32_t)number;
    } else if (strcmp(key, "code") == 0) {
        hash_of(value, c->code_hash);
    } else if (strcmp(key, "again") == 0) {
        c->again = strcmp(value, "yes") == 0;
    } else if (strcmp(key, "note") == 0) {
        c->note = value;
    } else if (strcmp(key, "before") == 0) {
        return story_time(value, &c->deadline_us);
    } else {
        return false;
    }
    return true;
}

/* The command of a line, and the name of its operation; false if the line is wrong. */
static bool
read_command(struct story *story, char **words, unsigned len, struct fz_command *c, char own[16])
{
    unsigned errors = story->errors;
    int type = len == 0 ? -1 : command_of_slug(strcmp(words[0], "pay") == 0 ? "payment" : words[0]);
    if (type < 0) {
        story_fail(story, "what is \"%s\"?", len == 0 ? "->" : words[0]);
        return false;
    }
    *c = (struct fz_command){.type = (enum fz_command_type)type};
    c->ttl_s = c->type == FZ_COMMAND_INTENT ? 120 : 0;
    snprintf(own, 16, "line %u", ++story->unnamed);
    unsigned at = 1;
    if (at < len && take_subject(story, c, words[at], own)) {
        at++;
    }
    for (; at < len; at += 2) {
        if (at + 1 == len || !take_pair(c, words[at], words[at + 1], own)) {
            story_fail(story, "what is \"%s %s\"?", words[at], at + 1 == len ? "" : words[at + 1]);
        }
    }
    if (c->type == FZ_COMMAND_CODE && !fz_command_has_code(c)) {
        hash_of(own, c->code_hash);
    }
    return story->errors == errors;
}

/* --- the answer ------------------------------------------------------------------------------- */

static bool same_results(const struct fz_result *a, const struct fz_result *b)
{
    return a->rc == b->rc && a->type == b->type && fz_id_equal(&a->id, &b->id) &&
           fz_id_equal(&a->ref, &b->ref) && a->actor == b->actor && a->shop == b->shop &&
           a->party == b->party && a->payee == b->payee && a->amount == b->amount &&
           a->value == b->value && a->number == b->number && a->time_us == b->time_us &&
           a->expires_us == b->expires_us && a->terminal == b->terminal && a->state == b->state &&
           strcmp(a->note, b->note) == 0;
}

static void expect_state(struct story *story, const char *name, const char *state)
{
    const struct fz_id id = refer(story, name);
    const struct fz_intent *intent = memory_store_intent(story->store, &id);
    const struct fz_payout *payout = memory_store_payout(story->store, &id);
    const char *got = intent != NULL   ? fz_intent_state_name(intent->state)
                      : payout != NULL ? fz_payout_state_name(payout->state)
                                       : "nothing";
    if (strcasecmp(got, state) != 0) {
        story_fail(story, "%s is %s, wanted %s", name, got, state);
    }
}

/* "R1 100", "i1 completed", "value 100", "moved 100": a name and what it is now. */
static void expect_pair(struct story *story, const struct fz_result *r, char *name, char *word)
{
    int64_t account = story_account(name);
    int64_t want = 0;
    int64_t got = 0;
    bool is_number = story_amount(word, &want);
    if (account != 0 && memory_store_account(story->store, account) != NULL) {
        got = fz_account_balance(memory_store_account(story->store, account));
    } else if (strcmp(name, "value") == 0) {
        got = r->value;
    } else if (strcmp(name, "result") == 0) {
        got = r->state;
    } else if (strcmp(name, "moved") == 0) {
        got = r->amount;
    } else if (is_number && story_find(story, name) != NULL) {
        const struct fz_intent *intent =
            memory_store_intent(story->store, &story_find(story, name)->id);
        got = intent == NULL ? -1 : intent->refunded; /* "i1 100": refunded so far */
    } else {
        expect_state(story, name, word);
        return;
    }
    if (!is_number || got != want) {
        story_fail(story, "%s is %lld, wanted %s", name, (long long)got, word);
    }
}

/* The answer was preferred to another that stood as well. */
static void expect_beaten(struct story *story,
                          const struct refusals *refusals,
                          const struct fz_result *r,
                          const char *slug)
{
    int rc = rc_of_slug(slug);
    int winner = precedence_place(&story->precedence, (int)r->type, r->rc);
    int loser = rc < 0 ? -1 : precedence_place(&story->precedence, (int)r->type, (fz_rc)rc);
    if (loser < 0 || winner < 0) {
        story_fail(story, "%s never answers %s", fz_command_info((int)r->type)->slug, slug);
    } else if (!refusals->has[rc]) {
        story_fail(story, "%s does not stand here", slug);
    } else {
        story->beats[r->type][winner][loser] = true;
    }
}

static void read_answer(struct story *story,
                        const struct fz_command *c,
                        const struct refusals *refusals,
                        char **words,
                        unsigned len)
{
    const struct fz_result *r = &c->result;
    unsigned at = 1;
    bool again = at < len && strcmp(words[at], "again") == 0;
    at += again ? 1 : 0;
    if (len == 0 || rc_of_slug(words[0]) < 0) {
        story_fail(story, "what is \"%s\"?", len == 0 ? "" : words[0]);
        return;
    }
    if (rc_of_slug(words[0]) != (int)r->rc) {
        story_fail(story, "wanted %s, got %s", words[0], fz_rc_info(r->rc)->slug);
        return;
    }
    if (again != c->replayed) {
        story_fail(story, c->replayed ? "it is the stored answer" : "it is decided anew");
    }
    if (at < len && strcmp(words[at], "over") == 0) {
        for (at++; at < len && strcmp(words[at], ":") != 0; at++) {
            expect_beaten(story, refusals, r, words[at]);
        }
    }
    if (at < len && strcmp(words[at], ":") != 0) {
        story_fail(story, "what is \"%s\"?", words[at]);
        return;
    }
    for (at++; at < len; at += 2) {
        if (at + 1 == len) {
            story_fail(story, "what is it with \"%s\"?", words[at]);
            return;
        }
        expect_pair(story, r, words[at], words[at + 1]);
    }
}

void story_event(
    struct story *story, char **words, unsigned words_len, char **answer, unsigned answer_len)
{
    struct fz_command c;
    struct refusals refusals;
    char own[16];
    story->events++;
    if (!read_command(story, words, words_len, &c, own)) {
        return;
    }
    bool kept = fz_command_info((int)c.type)->kept;
    struct story_name *name = kept ? name_it(story, own) : NULL;
    c.id = name == NULL ? (struct fz_id){{0}} : name->id;
    unsigned transfers = story->store->transfers_len;
    bool is_new = refusals_of(story->model, &c, story->now_us, &refusals);
    struct fz_result want = model_run(story->model, &c, story->now_us);
    memory_store_run(story->store, &c, story->now_us);
    if (!same_results(&c.result, &want) || c.replayed == is_new) {
        story_fail(story, "decide() says %s, the plain model %s, or a field differs",
                   fz_rc_info(c.result.rc)->slug, fz_rc_info(want.rc)->slug);
    }
    if ((c.result.rc != FZ_OK || c.replayed) && story->store->transfers_len != transfers) {
        story_fail(story, "a refusal or a stored answer booked something");
    }
    if (name != NULL && c.result.rc == FZ_OK && !c.replayed) {
        name->shop = c.shop;
        name->amount = c.amount;
        name->number = c.result.number;
    }
    if (!c.replayed) {
        story->answered[c.type][c.result.rc] = true;
    }
    read_answer(story, &c, &refusals, answer, answer_len);
}
