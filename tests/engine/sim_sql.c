/*
 * Test room. Reading the SQL of a batch, see the header. No SQL parser: it knows the shapes that
 * ledger/store/commit_statements.c uses and stops at anything else.
 */
#include "tests/engine/sim_sql.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIASES_MAX SIM_COLUMNS_MAX

struct reader {
    const char *name; /* of the statement, for messages */
    const char *sql;
    const char *at;
};

/* unnest($3::uuid[], ...) AS d (a, b): which parameter stands behind which name */
struct source {
    unsigned params_len;
    int params[ALIASES_MAX];
    unsigned names_len;
    char names[ALIASES_MAX][SIM_NAME_MAX];
};

static _Noreturn void stuck(const struct reader *r, const char *wanted)
{
    fprintf(stderr,
            "engine_sim: statement %s: the simulated server cannot read its SQL: wanted %s at"
            " \"%.60s\"\nteach tests/engine/sim_sql.c this shape\n",
            r->name, wanted, r->at);
    exit(1);
}

static void skip_blanks(struct reader *r)
{
    while (*r->at == ' ') {
        r->at++;
    }
}

static bool take(struct reader *r, const char *text)
{
    skip_blanks(r);
    if (strncmp(r->at, text, strlen(text)) != 0) {
        return false;
    }
    r->at += strlen(text);
    return true;
}

static void need(struct reader *r, const char *text)
{
    if (!take(r, text)) {
        stuck(r, text);
    }
}

/* A name, without the alias in front of it. */
static bool take_name(struct reader *r, char out[SIM_NAME_MAX])
{
    skip_blanks(r);
    size_t len = 0;
    while (isalnum((unsigned char)r->at[len]) || r->at[len] == '_') {
        len++;
    }
    if (len == 0 || len >= SIM_NAME_MAX || isdigit((unsigned char)r->at[0])) {
        return false;
    }
    if (r->at[len] == '.') {
        r->at += len + 1;
        return take_name(r, out);
    }
    memcpy(out, r->at, len);
    out[len] = '\0';
    r->at += len;
    return true;
}

static int take_param(struct reader *r)
{
    skip_blanks(r);
    if (*r->at != '$') {
        return 0;
    }
    char *end = NULL;
    long number = strtol(r->at + 1, &end, 10);
    r->at = end;
    if (strncmp(r->at, "::", 2) == 0) {
        r->at += 2;
        while (isalnum((unsigned char)*r->at) || *r->at == '[' || *r->at == ']') {
            r->at++;
        }
    }
    return (int)number;
}

/* unnest(...) and the alias list behind it, from anywhere in the rest of the action. */
static void read_source(const struct reader *from, struct source *out)
{
    struct reader r = *from;
    *out = (struct source){.params_len = 0};
    const char *unnest = strstr(r.at, "unnest($");
    if (unnest == NULL) {
        return;
    }
    r.at = unnest + strlen("unnest(");
    do {
        out->params[out->params_len++] = take_param(&r);
    } while (take(&r, ","));
    need(&r, ")");
    char alias[SIM_NAME_MAX];
    if (!take(&r, "AS ") || !take_name(&r, alias) || !take(&r, "(")) {
        return;
    }
    do {
        if (!take_name(&r, out->names[out->names_len++])) {
            stuck(&r, "a name");
        }
    } while (take(&r, ","));
}

static int param_behind(const struct reader *r, const struct source *source, const char *name)
{
    for (unsigned i = 0; i < source->names_len; i++) {
        if (strcmp(source->names[i], name) == 0) {
            return source->params[i];
        }
    }
    stuck(r, name);
}

static void mark_arrays(const struct source *source, struct sim_action *action)
{
    for (unsigned i = 0; i < action->len; i++) {
        for (unsigned k = 0; k < source->params_len; k++) {
            struct sim_item *item = &action->items[i];
            item->is_array = item->is_array || item->param == source->params[k];
        }
    }
}

static struct sim_item *add_item(struct reader *r, struct sim_action *action)
{
    if (action->len == SIM_COLUMNS_MAX) {
        stuck(r, "fewer columns");
    }
    return &action->items[action->len++];
}

static void read_insert(struct reader *r, struct sim_action *action)
{
    struct source source;
    unsigned filled = 0;
    action->verb = SIM_INSERT;
    need(r, "(");
    do {
        if (!take_name(r, add_item(r, action)->column)) {
            stuck(r, "a column");
        }
    } while (take(r, ","));
    need(r, ")");
    read_source(r, &source);
    bool values = take(r, "VALUES (");
    if (!values) {
        need(r, "SELECT");
    }
    do {
        char name[SIM_NAME_MAX];
        int param = take_param(r);
        if (param != 0) {
            action->items[filled++].param = param;
        } else if (take(r, "*")) {
            for (unsigned i = 0; i < source.params_len && filled < action->len; i++) {
                action->items[filled++].param = source.params[i];
            }
        } else if (take_name(r, name)) {
            (void)take(r, ".*");
            action->items[filled++].param = param_behind(r, &source, name);
        }
    } while (take(r, ",") && filled < action->len);
    if (filled != action->len) {
        stuck(r, "as many values as columns");
    }
    mark_arrays(&source, action);
}

static const char *const key_names[] = {"account", "intent_id", "hash", "refund_id", "payout_id"};

static void read_update(struct reader *r, struct sim_action *action)
{
    struct source source;
    char name[SIM_NAME_MAX];
    action->verb = SIM_UPDATE;
    if (!take(r, "SET ")) {
        (void)take_name(r, name); /* the alias */
        need(r, "SET ");
    }
    read_source(r, &source);
    do {
        struct sim_item *item = add_item(r, action);
        if (!take_name(r, item->column)) {
            stuck(r, "a column");
        }
        need(r, "=");
        item->param = take_param(r);
        if (item->param == 0 && take_name(r, name)) {
            item->adds = take(r, "+");
            if (item->adds && !take_name(r, name)) {
                stuck(r, "a name");
            }
            item->param = param_behind(r, &source, name);
        }
    } while (take(r, ","));
    for (unsigned i = 0; i < source.names_len; i++) {
        if (strcmp(source.names[i], "place") == 0) { /* ... WHERE a.ctid = d.place */
            struct sim_item *item = add_item(r, action);
            memcpy(item->column, "place", sizeof "place");
            item->param = source.params[i];
        }
        for (unsigned k = 0; k < sizeof key_names / sizeof key_names[0]; k++) {
            if (strcmp(source.names[i], key_names[k]) == 0) {
                struct sim_item *item = add_item(r, action);
                memcpy(item->column, source.names[i], SIM_NAME_MAX);
                item->param = source.params[i];
                item->is_key = true;
            }
        }
    }
    if (source.params_len > 0 && !action->items[action->len - 1].is_key) {
        stuck(r, "a key");
    }
    mark_arrays(&source, action);
}

/* An expression in parentheses: only the question whether a transfer was corrected is known. */
static void read_expression(struct reader *r, struct sim_item *item)
{
    unsigned depth = 0;
    if (strncmp(r->at, "(EXISTS (SELECT FROM fz.transfer", 32) != 0) {
        stuck(r, "a column");
    }
    do {
        depth += *r->at == '(' ? 1 : 0;
        depth -= *r->at == ')' ? 1 : 0;
        r->at++;
    } while (depth > 0);
    (void)take(r, "::int");
    memcpy(item->column, "done", sizeof "done");
}

static void read_select(struct reader *r, struct sim_action *action)
{
    action->verb = SIM_SELECT;
    need(r, "SELECT ");
    do {
        struct sim_item *item = add_item(r, action);
        if (!take_name(r, item->column)) {
            read_expression(r, item);
        }
    } while (take(r, ","));
    struct reader last = *r; /* the rows come from the table named last, once for each key */
    for (const char *at = r->at; (at = strstr(at, "FROM fz.")) != NULL; at++) {
        last.at = at;
    }
    need(&last, "FROM fz.");
    if (!take_name(&last, action->table)) {
        stuck(&last, "a table");
    }
    for (r->at = strchr(r->at, '$'); r->at != NULL; r->at = strchr(r->at, '$')) {
        int param = take_param(r);
        if (param > 1 && action->keys_len < sizeof action->keys / sizeof action->keys[0]) {
            action->keys[action->keys_len++] = param;
        }
    }
}

/* Each INSERT and each UPDATE of the text, in its order: one, or those of a WITH. */
static void read_writes(struct reader *r, struct sim_statement *statement)
{
    static const char insert[] = "INSERT INTO fz.";
    static const char update[] = "UPDATE fz.";
    for (;;) {
        const char *next_insert = strstr(r->at, insert);
        const char *next_update = strstr(r->at, update);
        if (next_insert == NULL && next_update == NULL) {
            return;
        }
        if (statement->len == SIM_ACTIONS_MAX) {
            stuck(r, "fewer tables");
        }
        struct sim_action *action = &statement->actions[statement->len++];
        bool inserts = next_update == NULL || (next_insert != NULL && next_insert < next_update);
        r->at = inserts ? next_insert + sizeof insert - 1 : next_update + sizeof update - 1;
        if (!take_name(r, action->table)) {
            stuck(r, "a table");
        }
        if (inserts) {
            read_insert(r, action);
        } else {
            read_update(r, action);
        }
    }
}

struct sim_statement *sim_sql_read(const char *name, const char *sql)
{
    struct sim_statement *statement = calloc(1, sizeof(*statement));
    struct reader r = {name, sql, sql};
    if (statement == NULL || strlen(name) >= SIM_NAME_MAX) {
        stuck(&r, "memory and a short name");
    }
    memcpy(statement->name, name, strlen(name) + 1);
    statement->sql = sql;
    statement->is_begin = strcmp(sql, "BEGIN") == 0;
    statement->is_commit = strcmp(sql, "COMMIT") == 0;
    statement->is_notify = strncmp(sql, "SELECT pg_notify", 16) == 0;
    statement->locks_head = strstr(sql, "FOR UPDATE OF h") != NULL;
    if (statement->is_begin || statement->is_commit || statement->is_notify) {
        return statement;
    }
    read_writes(&r, statement);
    if (statement->len == 0) {
        statement->len = 1;
        read_select(&r, &statement->actions[0]);
    }
    return statement;
}
