/*
 * The signature base (RFC 9421, 2.5): built from a message, and taken apart again when it was kept.
 * Everything in it is printable ASCII, so no value can break out of its line.
 */
#include "merchant-pos/wire/httpsig_internal.h"

#include <string.h>

void fz_httpsig_put(struct fz_httpsig_out *out, struct fz_httpsig_text text)
{
    if (out->full || out->size - out->len < text.len) {
        out->full = true;
        return;
    }
    if (text.len > 0) {
        memcpy(out->at + out->len, text.at, text.len);
    }
    out->len += text.len;
}

void fz_httpsig_put_string(struct fz_httpsig_out *out, const char *string)
{
    fz_httpsig_put(out, fz_httpsig_text_of(string));
}

void fz_httpsig_put_char(struct fz_httpsig_out *out, char c)
{
    fz_httpsig_put(out, (struct fz_httpsig_text){&c, 1});
}

void fz_httpsig_put_integer(struct fz_httpsig_out *out, int64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    fz_httpsig_put(out, (struct fz_httpsig_text){digits + at, sizeof digits - at});
}

/* --- derived components ----------------------------------------------------------------------- */

static char to_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static void put_lower(struct fz_httpsig_out *out, struct fz_httpsig_text text)
{
    for (size_t i = 0; i < text.len; i++) {
        fz_httpsig_put_char(out, to_lower(text.at[i]));
    }
}

/* A part of the request line: the server took it apart, so only its characters are checked. */
static const char *put_plain(struct fz_httpsig_out *out, const char *string)
{
    struct fz_httpsig_text text = fz_httpsig_text_of(string);
    if (text.len == 0 || !fz_httpsig_text_is_plain(text, false)) {
        return "a part of the request line is empty or holds an unusual character";
    }
    fz_httpsig_put(out, text);
    return NULL;
}

static const char *put_method(struct fz_httpsig_out *out, const struct fz_httpsig_message *message)
{
    return put_plain(out, message->method);
}

static const char *put_path(struct fz_httpsig_out *out, const struct fz_httpsig_message *message)
{
    return put_plain(out, message->path && message->path[0] ? message->path : "/");
}

static const char *put_query(struct fz_httpsig_out *out, const struct fz_httpsig_message *message)
{
    return put_plain(out, message->query ? message->query : "?");
}

static const char *put_scheme(struct fz_httpsig_out *out, const struct fz_httpsig_message *message)
{
    put_lower(out, fz_httpsig_text_of(message->scheme));
    return NULL;
}

/* The port is left out where the scheme implies it (RFC 9421, 2.2.3). */
static bool has_default_port(struct fz_httpsig_text authority, const char *scheme)
{
    bool plain = fz_httpsig_text_is(fz_httpsig_text_of(scheme), "http");
    struct fz_httpsig_text port = fz_httpsig_text_of(plain ? ":80" : ":443");
    return authority.len > port.len &&
           memcmp(authority.at + authority.len - port.len, port.at, port.len) == 0;
}

static const char *put_authority(struct fz_httpsig_out *out,
                                 const struct fz_httpsig_message *message)
{
    struct fz_httpsig_text authority = fz_httpsig_text_trim(fz_httpsig_text_of(message->authority));
    if (authority.len == 0 || !fz_httpsig_text_is_plain(authority, false)) {
        return "the header Host is missing or malformed";
    }
    if (has_default_port(authority, message->scheme)) {
        authority.len -= fz_httpsig_text_is(fz_httpsig_text_of(message->scheme), "http") ? 3 : 4;
    }
    put_lower(out, authority);
    return NULL;
}

static const char *put_request_target(struct fz_httpsig_out *out,
                                      const struct fz_httpsig_message *message)
{
    const char *flaw = put_path(out, message);
    return !flaw && message->query ? put_query(out, message) : flaw;
}

static const char *put_target_uri(struct fz_httpsig_out *out,
                                  const struct fz_httpsig_message *message)
{
    const char *flaw = put_scheme(out, message);
    fz_httpsig_put_string(out, "://");
    if (!flaw) {
        flaw = put_authority(out, message);
    }
    return flaw ? flaw : put_request_target(out, message);
}

static const struct {
    const char *name;
    const char *(*put)(struct fz_httpsig_out *out, const struct fz_httpsig_message *message);
} DERIVED[] = {
    {"@method", put_method},
    {"@path", put_path},
    {"@query", put_query},
    {"@authority", put_authority},
    {"@scheme", put_scheme},
    {"@target-uri", put_target_uri},
    {"@request-target", put_request_target},
};

/* Characters that form encoding leaves as they are: nothing to decode, nothing to encode again. */
static bool is_form_plain(struct fz_httpsig_text text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        char lower = to_lower(c);
        bool alphanumeric = (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9');
        if (!alphanumeric && (c == '\0' || !strchr("*-._", c))) {
            return false;
        }
    }
    return true;
}

/* Cuts the piece before the next '&' off *rest; false if there is none left. */
static bool next_pair(struct fz_httpsig_text *rest,
                      struct fz_httpsig_text *name_out,
                      struct fz_httpsig_text *value_out)
{
    if (rest->len == 0) {
        return false;
    }
    const char *ampersand = memchr(rest->at, '&', rest->len);
    size_t len = ampersand ? (size_t)(ampersand - rest->at) : rest->len;
    const char *equals = memchr(rest->at, '=', len);
    size_t name_len = equals ? (size_t)(equals - rest->at) : len;
    *name_out = (struct fz_httpsig_text){rest->at, name_len};
    *value_out = (struct fz_httpsig_text){rest->at + name_len, 0};
    if (equals) {
        *value_out = (struct fz_httpsig_text){equals + 1, len - name_len - 1};
    }
    size_t used = ampersand ? len + 1 : len;
    rest->at += used;
    rest->len -= used;
    return true;
}

static const char *put_query_param(struct fz_httpsig_out *out,
                                   const struct fz_httpsig_message *message,
                                   struct fz_httpsig_text wanted)
{
    struct fz_httpsig_text rest = fz_httpsig_text_of(message->query);
    struct fz_httpsig_text name, value;
    unsigned found = 0;
    if (rest.len > 0) {
        rest.at++;
        rest.len--;
    }
    while (next_pair(&rest, &name, &value)) {
        if (!is_form_plain(name)) {
            return "@query-param is supported for plain names and values only";
        }
        if (!fz_httpsig_text_equal(name, wanted)) {
            continue;
        }
        if (!is_form_plain(value)) {
            return "@query-param is supported for plain names and values only";
        }
        found++;
        fz_httpsig_put(out, value);
    }
    return found == 1 ? NULL : "a covered @query-param is not there exactly once";
}

/* --- headers ---------------------------------------------------------------------------------- */

static const char *put_header(struct fz_httpsig_out *out,
                              const struct fz_httpsig_message *message,
                              struct fz_httpsig_text name)
{
    char lookup[FZ_HTTPSIG_NAME_MAX + 1];
    memcpy(lookup, name.at, name.len); /* its length was checked when it was read */
    lookup[name.len] = '\0';
    struct fz_httpsig_text value;
    unsigned count = 0;
    for (; message->header(message->header_ctx, lookup, count, &value); count++) {
        struct fz_httpsig_text trimmed = fz_httpsig_text_trim(value);
        if (!fz_httpsig_text_is_plain(trimmed, true)) {
            return "a covered header holds a control character or is not ASCII";
        }
        if (count > 0) {
            fz_httpsig_put_string(out, ", ");
        }
        fz_httpsig_put(out, trimmed);
    }
    return count > 0 ? NULL : "a covered header is not there";
}

static const char *put_value(struct fz_httpsig_out *out,
                             const struct fz_httpsig_message *message,
                             const struct fz_httpsig_component *component)
{
    if (component->parameter.len > 0) {
        return put_query_param(out, message, component->parameter);
    }
    for (size_t i = 0; i < sizeof DERIVED / sizeof DERIVED[0]; i++) {
        if (fz_httpsig_text_is(component->name, DERIVED[i].name)) {
            return DERIVED[i].put(out, message);
        }
    }
    return put_header(out, message, component->name);
}

void fz_httpsig_put_identifier(struct fz_httpsig_out *out,
                               const struct fz_httpsig_component *component)
{
    fz_httpsig_put_char(out, '"');
    fz_httpsig_put(out, component->name);
    fz_httpsig_put_char(out, '"');
    if (component->parameter.len > 0) {
        fz_httpsig_put_string(out, ";name=\"");
        fz_httpsig_put(out, component->parameter);
        fz_httpsig_put_char(out, '"');
    }
    fz_httpsig_put_string(out, ": ");
}

void fz_httpsig_put_params(struct fz_httpsig_out *out, struct fz_httpsig_text params)
{
    bool in_string = false;
    char before = '\0';
    for (size_t i = 0; i < params.len; i++) {
        char c = params.at[i];
        if (in_string && c == '\\' && i + 1 < params.len) {
            fz_httpsig_put_char(out, c);
            c = params.at[++i];
        } else if (c == '"') {
            in_string = !in_string;
        } else if (c == ' ' && !in_string) {
            char after = i + 1 < params.len ? params.at[i + 1] : ')';
            if (before == '(' || before == ';' || after == ' ' || after == ')') {
                continue;
            }
        }
        fz_httpsig_put_char(out, c);
        before = c;
    }
}

const char *fz_httpsig_put_base(struct fz_httpsig_out *out,
                                const struct fz_httpsig_message *message,
                                const struct fz_httpsig *signature)
{
    for (unsigned i = 0; i < signature->component_count; i++) {
        fz_httpsig_put_identifier(out, &signature->components[i]);
        const char *flaw = put_value(out, message, &signature->components[i]);
        if (flaw) {
            return flaw;
        }
        fz_httpsig_put_char(out, '\n');
    }
    fz_httpsig_put_string(out, "\"@signature-params\": ");
    fz_httpsig_put_params(out, signature->params);
    return NULL;
}

fz_rc fz_httpsig_build_base(const struct fz_httpsig_message *message,
                            const struct fz_httpsig *signature,
                            char *base,
                            size_t size,
                            size_t *len_out,
                            struct fz_err *err)
{
    struct fz_httpsig_out out = {.at = base, .size = size};
    const char *flaw = fz_httpsig_put_base(&out, message, signature);
    if (!flaw && out.full) {
        flaw = "the signature base is too long";
    }
    if (flaw) {
        return fz_fail(err, FZ_SIGNATURE_MISSING, "%s", flaw);
    }
    *len_out = out.len;
    return FZ_OK;
}
