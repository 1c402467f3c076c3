/*
 * Room ledger/store. How every connection of ours is set up: what the installation's conninfo says,
 * and around it what the ledger relies on, which nobody can switch off there.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feezero/limits.h"
#include "ledger/store/pg.h"

#define KEYWORDS_MAX 12
#define NUMBER_SIZE 12

/* Session settings as `-c name=value`, with room for those of conninfo before them. */
#define OPTIONS_SIZE 1024

const char fz_pg_durable_sql[] =
    "DO $$ DECLARE bad text; BEGIN"
    " SELECT string_agg(name || ' = ' || current_setting(name), ', ' ORDER BY name) INTO bad"
    " FROM unnest(ARRAY['fsync', 'full_page_writes', 'synchronous_commit']) AS name"
    " WHERE current_setting(name) NOT IN ('on', 'remote_apply');"
    " IF bad IS NOT NULL"
    " AND current_setting('feezero.may_lose_payments', true) IS DISTINCT FROM 'on' THEN"
    " RAISE EXCEPTION 'PostgreSQL may lose payments: % (feezero.may_lose_payments is not on)', bad"
    " USING ERRCODE = '55000';"
    " END IF; END $$";

struct settings {
    const char *keywords[KEYWORDS_MAX + 1];
    const char *values[KEYWORDS_MAX + 1];
    int count;
    char options[OPTIONS_SIZE];
    char user_timeout_ms[NUMBER_SIZE];
    char connect_timeout_s[NUMBER_SIZE];
};

static void set(struct settings *settings, const char *keyword, const char *value)
{
    settings->keywords[settings->count] = keyword;
    settings->values[settings->count] = value;
    settings->count++;
    settings->keywords[settings->count] = NULL;
    settings->values[settings->count] = NULL;
}

/* Appends text to the options, with blanks and backslashes escaped as the server wants it. */
static bool append_escaped(char *options, const char *text)
{
    size_t len = strlen(options);
    for (; *text != '\0'; text++) {
        if (len + 3 > OPTIONS_SIZE) {
            return false;
        }
        if (*text == ' ' || *text == '\\') {
            options[len++] = '\\';
        }
        options[len++] = *text;
    }
    options[len] = '\0';
    return true;
}

static bool append_plain(char *options, const char *text)
{
    size_t len = strlen(options);
    int written = snprintf(options + len, OPTIONS_SIZE - len, "%s", text);
    return written >= 0 && (size_t)written < OPTIONS_SIZE - len;
}

/* Reads what conninfo itself has as `options`, or checks at least that it can be read at all. */
static fz_rc copy_conninfo_options(const char *conninfo, char *options, struct fz_err *err)
{
    fz_rc rc = FZ_OK;
    char *message = NULL;
    PQconninfoOption *parsed = PQconninfoParse(conninfo, &message);
    if (parsed == NULL) {
        const char *why = message == NULL ? "no memory" : message;
        rc = fz_fail(err, FZ_CONFIG, "conninfo: %.*s", (int)strcspn(why, "\n"), why);
        goto out;
    }
    for (const PQconninfoOption *option = parsed; option->keyword != NULL; option++) {
        if (strcmp(option->keyword, "options") != 0 || option->val == NULL) {
            continue;
        }
        if (!append_plain(options, option->val)) {
            rc = fz_fail(err, FZ_CONFIG, "conninfo: options are too long");
            goto out;
        }
    }
out:
    PQconninfoFree(parsed);
    PQfreemem(message);
    return rc;
}

static fz_rc
make_options(const struct fz_pg_options *options, struct settings *settings, struct fz_err *err)
{
    char *text = settings->options;
    text[0] = '\0';
    fz_rc rc = copy_conninfo_options(options->conninfo, text, err);
    if (rc != FZ_OK) {
        return rc;
    }
    char ours[512];
    bool patient = options->patient;
    (void)snprintf(ours, sizeof ours,
                   " -c statement_timeout=%d -c lock_timeout=%d"
                   " -c idle_in_transaction_session_timeout=%d"
                   " -c synchronous_commit=on -c TimeZone=UTC -c search_path=pg_catalog"
                   " -c default_transaction_isolation=read\\ committed -c jit=off"
                   " -c cursor_tuple_fraction=1",
                   patient ? FZ_PG_PATIENT_MS : FZ_STATEMENT_TIMEOUT_MS,
                   patient ? FZ_PG_PATIENT_MS : FZ_LOCK_TIMEOUT_MS,
                   patient ? FZ_PG_PATIENT_MS : FZ_IDLE_TX_TIMEOUT_MS);
    bool fits = append_plain(text, ours);
    if (fits && options->settings != NULL) {
        fits = append_plain(text, options->settings);
    }
    if (fits && options->role != NULL) {
        fits = append_plain(text, " -c role=") && append_escaped(text, options->role);
    }
    return fits ? FZ_OK : fz_fail(err, FZ_CONFIG, "conninfo: options are too long");
}

/* Later rows win: our defaults, then what conninfo says, then what the ledger insists on. */
static fz_rc
make_settings(const struct fz_pg_options *options, struct settings *settings, struct fz_err *err)
{
    settings->count = 0;
    (void)snprintf(settings->user_timeout_ms, NUMBER_SIZE, "%d", FZ_TCP_TIMEOUT_MS);
    (void)snprintf(settings->connect_timeout_s, NUMBER_SIZE, "%d", FZ_TCP_TIMEOUT_MS / 1000);
    fz_rc rc = make_options(options, settings, err);
    if (rc != FZ_OK) {
        return rc;
    }
    set(settings, "keepalives", "1");
    set(settings, "keepalives_idle", "5");
    set(settings, "keepalives_interval", "2");
    set(settings, "keepalives_count", "3");
    set(settings, "tcp_user_timeout", settings->user_timeout_ms);
    set(settings, "connect_timeout", settings->connect_timeout_s);
    set(settings, "dbname", options->conninfo);
    if (options->application_name != NULL) {
        set(settings, "application_name", options->application_name);
    }
    set(settings, "client_encoding", "UTF8");
    set(settings, "options", settings->options);
    return FZ_OK;
}

static fz_rc check_started(PGconn *conn, struct fz_err *err)
{
    if (conn == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "no memory for a connection");
    }
    return PQstatus(conn) == CONNECTION_BAD ? fz_pg_error(conn, NULL, "connect", err) : FZ_OK;
}

/* Notices are no trouble of ours: what matters comes as a failed result or a closed connection. */
static void ignore_notice(void *ctx, const PGresult *notice)
{
    (void)ctx;
    (void)notice;
}

fz_rc fz_pg_connect_start(const struct fz_pg_options *options,
                          PGconn **conn_out,
                          struct fz_err *err)
{
    *conn_out = NULL;
    struct settings settings;
    fz_rc rc = make_settings(options, &settings, err);
    if (rc != FZ_OK) {
        return rc;
    }
    *conn_out = PQconnectStartParams(settings.keywords, settings.values, 1);
    rc = check_started(*conn_out, err);
    if (rc == FZ_OK) {
        PQsetNoticeReceiver(*conn_out, ignore_notice, NULL);
    }
    return rc;
}

fz_rc fz_pg_connect(const struct fz_pg_options *options, PGconn **conn_out, struct fz_err *err)
{
    *conn_out = NULL;
    struct settings settings;
    fz_rc rc = make_settings(options, &settings, err);
    if (rc != FZ_OK) {
        return rc;
    }
    PGconn *conn = PQconnectdbParams(settings.keywords, settings.values, 1);
    rc = check_started(conn, err);
    if (rc == FZ_OK) {
        PQsetNoticeReceiver(conn, ignore_notice, NULL);
        *conn_out = conn;
        conn = NULL;
    }
    PQfinish(conn);
    return rc;
}
