/*
 * fz-test-town: what residents and tills do, for the tests of the treasury: keys, and signed orders
 * booked straight into the ledger, in the form the switch keeps them. One command per line of
 * standard input; names stand for keys, intents and payments made before.
 *
 *   key NAME PARTY ROLE TERMINAL       makes a key and enrols it (superuser's SQL)
 *   intent NAME KEY SHOP TERMINAL YEN  a till asks for money
 *   pay NAME KEY RESIDENT INTENT SHOP YEN
 *   sticker NAME KEY RESIDENT SHOP YEN a payment without an intent; NAME is the one it makes
 *   code NAME KEY RESIDENT YEN         a code to show
 *   scan NAME KEY SHOP TERMINAL YEN CODE   an intent by that code
 *   void NAME KEY INTENT SHOP
 *   refund NAME KEY INTENT SHOP YEN
 *   p2p NAME KEY FROM TO YEN
 *   cancel INTENT SHOP
 *   decline INTENT RESIDENT            by the payer who is asked
 *   tombstone NAME KEY PARTY [ID]      closes an id, a new one unless told
 *   sales COUNT KEY RESIDENT TILL SHOP YEN   so many paid intents, in large batches
 *   use NAME ID                        a name for an intent made earlier
 *   batch / end                        all between them is one batch
 *
 * Prints `NAME <slug> <operation id> <transfer>` for each.
 */
#include <inttypes.h>
#include <jansson.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "feezero/assert.h"
#include "feezero/crypto.h"
#include "feezero/limits.h"
#include "feezero/role.h"
#include "ledger/store/poll_loop.h"
#include "switch/auth/order.h"

#define NAMES_MAX 2048
#define LINE_WORDS_MAX 8

struct named_key {
    char name[32];
    char key_id[FZ_KEY_ID_MAX + 1];
    struct fz_key *key;
};

struct named_id {
    char name[32];
    struct fz_id id;
};

/* One command with everything its order borrows. */
struct entry {
    struct fz_command command;
    char name[32];
    char base[FZ_ORDER_BASE_MAX];
    char *body;
    struct fz_order order;
};

struct town {
    PGconn *conn;
    struct fz_sync_writer *writer;
    int32_t community;
    struct named_key keys[NAMES_MAX];
    unsigned keys_len;
    struct named_id ids[NAMES_MAX];
    unsigned ids_len;
    struct entry *entries[FZ_BATCH_MAX];
    unsigned entries_len;
    bool in_batch;
    bool quiet;
};

static _Noreturn void die(const char *what, const char *detail)
{
    (void)fprintf(stderr, "fz-test-town: %s: %s\n", what, detail);
    exit(70);
}

static int64_t now_us(void)
{
    struct timespec now;
    fz_assert(clock_gettime(CLOCK_REALTIME, &now) == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static struct fz_id new_id(void)
{
    uint8_t random[10];
    struct fz_err err;
    if (fz_random(random, sizeof random, &err) != FZ_OK) {
        die("random", err.msg);
    }
    return fz_id_v7((uint64_t)(now_us() / 1000), random);
}

static const struct named_key *find_key(const struct town *town, const char *name)
{
    for (unsigned i = 0; i < town->keys_len; i++) {
        if (strcmp(town->keys[i].name, name) == 0) {
            return &town->keys[i];
        }
    }
    die("no such key", name);
}

static struct fz_id find_id(const struct town *town, const char *name)
{
    for (unsigned i = 0; i < town->ids_len; i++) {
        if (strcmp(town->ids[i].name, name) == 0) {
            return town->ids[i].id;
        }
    }
    die("no such id", name);
}

static void remember_id(struct town *town, const char *name, struct fz_id id)
{
    fz_assert(town->ids_len < NAMES_MAX);
    struct named_id *row = &town->ids[town->ids_len++];
    (void)snprintf(row->name, sizeof row->name, "%s", name);
    row->id = id;
}

/* --- booking ---------------------------------------------------------------------------------- */

static void book(struct town *town)
{
    struct fz_command *commands[FZ_BATCH_MAX];
    struct fz_err err = {0};
    for (unsigned i = 0; i < town->entries_len; i++) {
        commands[i] = &town->entries[i]->command;
    }
    if (town->entries_len > 0 &&
        fz_sync_commit(town->writer, town->community, commands, town->entries_len, &err) != FZ_OK) {
        die("commit", err.msg);
    }
    for (unsigned i = 0; i < town->entries_len; i++) {
        struct entry *entry = town->entries[i];
        char id[FZ_ID_TEXT_LEN + 1];
        fz_id_format(&entry->command.id, id);
        if (!town->quiet) {
            (void)printf("%s %s %s %" PRId64 "\n", entry->name,
                         fz_rc_info(entry->command.result.rc)->slug, id,
                         entry->command.result.number);
        }
        free(entry->body);
        free(entry);
    }
    town->entries_len = 0;
}

/* Adds a command, signed unless `key` is NULL, with the path and body a client would send. */
static void add(struct town *town,
                const char *name,
                const char *key,
                const struct fz_command *command,
                const char *resource,
                json_t *body)
{
    struct entry *entry = calloc(1, sizeof *entry);
    char id[FZ_ID_TEXT_LEN + 1];
    char path[96];
    struct fz_err err = {0};
    fz_assert(entry != NULL);
    entry->command = *command;
    (void)snprintf(entry->name, sizeof entry->name, "%s", name);
    if (key != NULL) {
        const struct named_key *named = find_key(town, key);
        entry->body = json_dumps(body, JSON_COMPACT);
        fz_id_format(&command->id, id);
        (void)snprintf(path, sizeof path, "/v1/%s/%s", resource, id);
        struct fz_order_request request = {.key_id = named->key_id,
                                           .method = "PUT",
                                           .path = path,
                                           .body = {entry->body, strlen(entry->body)},
                                           .now_us = now_us()};
        if (fz_order_sign(named->key, &request, entry->base, &entry->order, &err) != FZ_OK) {
            die("sign", err.msg);
        }
        entry->command.order = (struct fz_signed_order){.key_id = named->key_id,
                                                        .base = (const uint8_t *)entry->base,
                                                        .base_len = entry->order.base.len,
                                                        .body = (const uint8_t *)entry->body,
                                                        .body_len = entry->order.body.len,
                                                        .signature = entry->order.signature};
    }
    json_decref(body);
    town->entries[town->entries_len++] = entry;
    if (!town->in_batch || town->entries_len == FZ_BATCH_MAX) {
        book(town);
    }
}

/* --- commands --------------------------------------------------------------------------------- */

static void do_key(struct town *town, const char *const *words)
{
    struct fz_err err = {0};
    char thumbprint[FZ_THUMBPRINT_LEN + 1];
    char community[16];
    char spki[FZ_HEX_SIZE(FZ_SPKI_LEN)];
    enum fz_role role;
    fz_assert(town->keys_len < NAMES_MAX);
    struct named_key *named = &town->keys[town->keys_len++];
    (void)snprintf(named->name, sizeof named->name, "%s", words[1]);
    if (!fz_role_parse(words[3], strlen(words[3]), &role)) {
        die("no such role", words[3]);
    }
    if (fz_key_generate(&named->key, &err) != FZ_OK) {
        die("key", err.msg);
    }
    fz_key_thumbprint(named->key, thumbprint);
    (void)fz_key_id_format(town->community, thumbprint, named->key_id);
    fz_hex_encode(fz_key_spki(named->key), FZ_SPKI_LEN, spki);
    (void)snprintf(community, sizeof community, "%" PRId32, town->community);
    char number[16];
    (void)snprintf(number, sizeof number, "%d", (int)role);
    const char *values[] = {community, named->key_id, spki, words[2], number, words[4]};
    PGresult *result =
        PQexecParams(town->conn,
                     "INSERT INTO fz.credential (community_id, key_id, public_key, party, role,"
                     " terminal, label) VALUES ($1::int, $2, decode($3, 'hex'), $4::bigint,"
                     " $5::smallint, nullif($6::smallint, 0), 'test')",
                     6, NULL, values, NULL, NULL, 0);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        die("credential", PQerrorMessage(town->conn));
    }
    PQclear(result);
}

static struct fz_command command_of(enum fz_command_type type)
{
    return (struct fz_command){.type = type, .id = new_id()};
}

static const char *text_of(const struct fz_id *id, char text[FZ_ID_TEXT_LEN + 1])
{
    fz_id_format(id, text);
    return text;
}

static struct fz_id do_intent(
    struct town *town, const char *name, const char *key, const char *const *place, int64_t yen)
{
    struct fz_command command = command_of(FZ_COMMAND_INTENT);
    command.shop = strtoll(place[0], NULL, 10);
    command.actor = command.shop;
    command.terminal = (int32_t)strtol(place[1], NULL, 10);
    command.amount = yen;
    command.ttl_s = FZ_INTENT_TTL_MAX_S;
    command.shop_name = "shop";
    command.qr = "qr";
    add(town, name, key, &command, "intents", json_pack("{s:I}", "amount", (json_int_t)yen));
    return command.id;
}

static void do_pay(struct town *town, const char *const *words, const struct fz_id *intent)
{
    char text[FZ_ID_TEXT_LEN + 1];
    char shop[32];
    struct fz_command command = command_of(FZ_COMMAND_PAY);
    command.ref = *intent;
    command.again = true; /* many sales are of the same amount */
    command.party = strtoll(words[3], NULL, 10);
    command.actor = command.party;
    command.shop = strtoll(words[5], NULL, 10);
    command.amount = strtoll(words[6], NULL, 10);
    (void)snprintf(shop, sizeof shop, "M%08" PRId64, command.shop);
    add(town, words[1], words[2], &command, "payments",
        json_pack("{s:s, s:s, s:I}", "intent_id", text_of(intent, text), "shop", shop, "amount",
                  (json_int_t)command.amount));
}

static struct fz_id do_sticker(struct town *town, const char *const *words)
{
    char shop[32];
    struct fz_command command = command_of(FZ_COMMAND_PAY);
    command.party = strtoll(words[3], NULL, 10);
    command.actor = command.party;
    command.shop = strtoll(words[4], NULL, 10);
    command.amount = strtoll(words[5], NULL, 10);
    command.shop_name = "shop";
    (void)snprintf(shop, sizeof shop, "M%08" PRId64, command.shop);
    add(town, words[1], words[2], &command, "payments",
        json_pack("{s:s, s:I}", "shop", shop, "amount", (json_int_t)command.amount));
    return command.id;
}

/* In place of a keyed hash of digits: the id, twice. */
static void set_code(struct fz_command *command, const struct fz_id *code)
{
    memcpy(command->code_hash, code->bytes, sizeof code->bytes);
    memcpy(command->code_hash + sizeof code->bytes, code->bytes, sizeof code->bytes);
}

static struct fz_id do_code(struct town *town, const char *const *words)
{
    struct fz_command command = command_of(FZ_COMMAND_CODE);
    command.party = strtoll(words[3], NULL, 10);
    command.actor = command.party;
    command.amount = strtoll(words[4], NULL, 10);
    set_code(&command, &command.id);
    add(town, words[1], words[2], &command, "codes",
        json_pack("{s:I}", "max_amount", (json_int_t)command.amount));
    return command.id;
}

static struct fz_id do_scan(struct town *town, const char *const *words)
{
    const struct fz_id code = find_id(town, words[6]);
    struct fz_command command = command_of(FZ_COMMAND_INTENT);
    command.shop = strtoll(words[3], NULL, 10);
    command.actor = command.shop;
    command.terminal = (int32_t)strtol(words[4], NULL, 10);
    command.amount = strtoll(words[5], NULL, 10);
    command.shop_name = "shop";
    set_code(&command, &code);
    add(town, words[1], words[2], &command, "intents",
        json_pack("{s:I}", "amount", (json_int_t)command.amount));
    return command.id;
}

static void do_return(struct town *town, const char *const *words, bool refund)
{
    char text[FZ_ID_TEXT_LEN + 1];
    struct fz_command command = command_of(refund ? FZ_COMMAND_REFUND : FZ_COMMAND_VOID);
    command.ref = find_id(town, words[3]);
    command.shop = strtoll(words[4], NULL, 10);
    command.actor = command.shop;
    json_t *body = json_pack("{s:s}", "intent_id", text_of(&command.ref, text));
    if (refund) {
        command.amount = strtoll(words[5], NULL, 10);
        (void)json_object_set_new(body, "amount", json_integer(command.amount));
    }
    add(town, words[1], words[2], &command, refund ? "refunds" : "voids", body);
}

static void do_p2p(struct town *town, const char *const *words)
{
    char to[32];
    struct fz_command command = command_of(FZ_COMMAND_P2P);
    command.party = strtoll(words[3], NULL, 10);
    command.actor = command.party;
    command.payee = strtoll(words[4], NULL, 10);
    command.amount = strtoll(words[5], NULL, 10);
    (void)snprintf(to, sizeof to, "R%08" PRId64, command.payee);
    add(town, words[1], words[2], &command, "transfers",
        json_pack("{s:s, s:I}", "to", to, "amount", (json_int_t)command.amount));
}

static void do_sales(struct town *town, const char *const *words)
{
    long count = strtol(words[1], NULL, 10);
    const char *place[] = {words[5], "1"};
    int64_t yen = strtoll(words[6], NULL, 10);
    const char *pay[] = {"pay", "-", words[2], words[3], "-", words[5], words[6]};
    town->quiet = true;
    town->in_batch = true;
    for (long i = 0; i < count; i++) {
        if (town->entries_len + 2 > FZ_BATCH_MAX) {
            book(town);
        }
        struct fz_id intent = do_intent(town, "-", words[4], place, yen);
        do_pay(town, pay, &intent);
    }
    book(town);
    town->quiet = false;
    town->in_batch = false;
    (void)printf("sales %ld\n", count);
}

static void do_command(struct town *town, const char *const *words)
{
    if (strcmp(words[0], "key") == 0) {
        do_key(town, words);
    } else if (strcmp(words[0], "intent") == 0) {
        remember_id(town, words[1],
                    do_intent(town, words[1], words[2], words + 3, strtoll(words[5], NULL, 10)));
    } else if (strcmp(words[0], "pay") == 0) {
        struct fz_id intent = find_id(town, words[4]);
        do_pay(town, words, &intent);
    } else if (strcmp(words[0], "sticker") == 0) {
        remember_id(town, words[1], do_sticker(town, words));
    } else if (strcmp(words[0], "code") == 0) {
        remember_id(town, words[1], do_code(town, words));
    } else if (strcmp(words[0], "scan") == 0) {
        remember_id(town, words[1], do_scan(town, words));
    } else if (strcmp(words[0], "void") == 0) {
        do_return(town, words, false);
    } else if (strcmp(words[0], "refund") == 0) {
        do_return(town, words, true);
    } else if (strcmp(words[0], "p2p") == 0) {
        do_p2p(town, words);
    } else if (strcmp(words[0], "cancel") == 0) {
        struct fz_command command = {.type = FZ_COMMAND_CANCEL,
                                     .ref = find_id(town, words[1]),
                                     .shop = strtoll(words[2], NULL, 10)};
        add(town, "cancel", NULL, &command, "", NULL);
    } else if (strcmp(words[0], "decline") == 0) {
        struct fz_command command = {.type = FZ_COMMAND_CANCEL,
                                     .ref = find_id(town, words[1]),
                                     .actor = strtoll(words[2], NULL, 10)};
        add(town, "decline", NULL, &command, "", NULL);
    } else if (strcmp(words[0], "tombstone") == 0) {
        struct fz_command command = command_of(FZ_COMMAND_TOMBSTONE);
        command.actor = strtoll(words[3], NULL, 10);
        if (strlen(words[4]) > 1 && !fz_id_parse(words[4], strlen(words[4]), &command.id)) {
            die("no id", words[4]);
        }
        add(town, words[1], words[2], &command, "tombstones", json_object());
    } else if (strcmp(words[0], "sales") == 0) {
        do_sales(town, words);
    } else if (strcmp(words[0], "use") == 0) {
        struct fz_id id;
        if (!fz_id_parse(words[2], strlen(words[2]), &id)) {
            die("no id", words[2]);
        }
        remember_id(town, words[1], id);
    } else if (strcmp(words[0], "batch") == 0) {
        town->in_batch = true;
    } else if (strcmp(words[0], "end") == 0) {
        town->in_batch = false;
        book(town);
    } else {
        die("no such command", words[0]);
    }
}

static void do_line(struct town *town, char *line)
{
    static const char nothing[] = "0";
    const char *words[LINE_WORDS_MAX] = {nothing, nothing, nothing, nothing,
                                         nothing, nothing, nothing, nothing};
    unsigned len = 0;
    char *rest = line;
    char *word;
    while (len < LINE_WORDS_MAX && (word = strsep(&rest, " \n")) != NULL) {
        if (word[0] != '\0') {
            words[len++] = word;
        }
    }
    if (len > 0 && words[0][0] != '#') {
        do_command(town, words);
    }
}

int main(int argc, char **argv)
{
    static struct town town;
    struct fz_err err = {0};
    char line[256];
    if (argc != 3) {
        die("usage", "fz-test-town CONNINFO COMMUNITY <commands");
    }
    town.community = (int32_t)strtol(argv[2], NULL, 10);
    town.conn = PQconnectdb(argv[1]);
    if (PQstatus(town.conn) != CONNECTION_OK) {
        die("connect", PQerrorMessage(town.conn));
    }
    if (fz_sync_writer_create(argv[1], "fz_switch", "fz-test-town", &town.writer, &err) != FZ_OK) {
        die("writer", err.msg);
    }
    while (fgets(line, sizeof line, stdin) != NULL) {
        do_line(&town, line);
    }
    book(&town);
    for (unsigned i = 0; i < town.keys_len; i++) {
        fz_key_destroy(&town.keys[i].key);
    }
    fz_sync_writer_destroy(&town.writer);
    PQfinish(town.conn);
    return fflush(stdout) == 0 ? 0 : 70;
}
