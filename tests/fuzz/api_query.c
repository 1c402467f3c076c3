/*
 * Fuzzing query strings. The first byte chooses the endpoint, the rest is the query. It is read a
 * second time here, in the plainest way; both must agree on what is accepted, on the values, and on
 * the parameter at fault.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feezero/assert.h"
#include "tests/fuzz/api_world.h"

#define ID "01890a5d-ac96-774b-bcce-b302099a8057"
#define QUERY_MAX 400

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

struct parameter {
    const char *name;
    int64_t min, max;
};

struct endpoint {
    enum fz_role role;
    const char *method;
    const char *path;
    enum api_asked asks;
    struct parameter parameters[2];
};

#define LARGEST 999999999999999999LL /* 18 digits are read, no more */

static const struct endpoint endpoints[] = {
    {FZ_ROLE_RESIDENT,
     "GET",
     "/v1/history",
     API_HISTORY,
     {{"before", 1, LARGEST}, {"limit", 1, FZ_PAGE_MAX}}},
    {FZ_ROLE_TERMINAL,
     "GET",
     "/v1/intents/" ID "/events",
     API_EVENTS,
     {{"after", 0, LARGEST}, {"wait", 0, FZ_LONGPOLL_MAX_S}}},
    {FZ_ROLE_OWNER, "GET", "/v1/balance", API_BALANCE, {{NULL, 0, 0}}},
    {FZ_ROLE_RESIDENT, "GET", "/v1/operations/" ID, API_OPERATION, {{NULL, 0, 0}}},
};

/* A number of 1 to 18 digits; -1 if it is none. */
static int64_t number_of(const char *text)
{
    size_t len = strlen(text);
    bool is_number = len >= 1 && len <= 18 && strspn(text, "0123456789") == len;
    return is_number ? strtoll(text, NULL, 10) : -1;
}

/* Reads one "name=value". False: it is at fault. */
static bool
read_parameter(const struct endpoint *endpoint, char *text, int64_t values[2], bool seen[2])
{
    char *equals = strchr(text, '=');
    if (equals != NULL) {
        *equals = '\0';
    }
    for (unsigned i = 0; i < 2; i++) {
        const struct parameter *parameter = &endpoint->parameters[i];
        if (parameter->name != NULL && strcmp(parameter->name, text) == 0) {
            int64_t number = equals != NULL ? number_of(equals + 1) : -1;
            bool is_good = !seen[i] && number >= parameter->min && number <= parameter->max;
            seen[i] = true;
            values[i] = number;
            return is_good;
        }
    }
    return false;
}

/* NULL: all is well; else the name of the first parameter at fault, inside `query`. */
static const char *read_query(const struct endpoint *endpoint, char *query, int64_t values[2])
{
    bool seen[2] = {false, false};
    for (char *at = query, *next = query; next != NULL; at = next) {
        next = strchr(at, '&');
        if (next != NULL) {
            *next++ = '\0';
        }
        if (!read_parameter(endpoint, at, values, seen)) {
            return at;
        }
    }
    return NULL;
}

static void expect_values(const struct api_outcome *outcome, const int64_t values[2])
{
    if (outcome->asked == API_HISTORY) {
        fz_assert(outcome->before == values[0] && outcome->limit == (unsigned)values[1]);
    } else if (outcome->asked == API_EVENTS) {
        fz_assert(outcome->after == values[0]);
    }
}

/* Only characters that a request line can carry; a "#" never reaches a server. */
static bool is_query(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] <= ' ' || bytes[i] == 0x7f || bytes[i] == '#') {
            return false;
        }
    }
    return true;
}

/* In JSON it stands as it is. */
static bool is_plain(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text >= 0x7f) {
            return false;
        }
    }
    return true;
}

/* A name at fault is told up to 63 bytes of it. */
static bool is_cut(const char *told, const char *name)
{
    size_t len = strlen(name) < 63 ? strlen(name) : 63;
    return strlen(told) == len && memcmp(told, name, len) == 0;
}

/* Times, words and lists have tests of their own; here they must only not break anything. */
static bool has_text(const struct endpoint *endpoint, const char *query)
{
    static const char *const names[] = {"direction", "from", "kind", "to", "at"};
    bool has_any = endpoint->asks == API_HISTORY || endpoint->asks == API_BALANCE;
    for (unsigned i = 0; has_any && i < sizeof(names) / sizeof(names[0]); i++) {
        if (strstr(query, names[i]) != NULL) {
            return true;
        }
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    char target[QUERY_MAX + 100];
    char query[QUERY_MAX];
    struct api_outcome outcome;
    if (len == 0 || len > QUERY_MAX || !is_query(bytes + 1, len - 1)) {
        return 0;
    }
    const struct endpoint *endpoint = &endpoints[bytes[0] % 4];
    int64_t values[2] = {0, endpoint->asks == API_HISTORY ? FZ_PAGE_DEFAULT : 0};
    memcpy(query, bytes + 1, len - 1);
    query[len - 1] = '\0';
    (void)snprintf(target, sizeof(target), "%s?%s", endpoint->path, query);
    bool is_numbers = !has_text(endpoint, query);
    const char *fault = read_query(endpoint, query, values);
    api_send(endpoint->role, endpoint->method, target, "", 0, &outcome);
    if (!is_numbers) {
        fz_assert((outcome.asked == API_NOTHING) == (*outcome.code == FZ_BAD_QUERY));
    } else if (fault == NULL) {
        fz_assert(outcome.asked == endpoint->asks && *outcome.code == FZ_UNAVAILABLE);
        expect_values(&outcome, values);
    } else {
        fz_assert(outcome.asked == API_NOTHING && *outcome.code == FZ_BAD_QUERY);
        fz_assert(!is_plain(fault) || is_cut(api_field(&outcome), fault));
    }
    api_outcome_fini(&outcome);
    return 0;
}
