/*
 * Taking a kept signature base apart. Its last line lists the components; each line before it must
 * be one of them, in that order, and spelled as the builder spells it. So two readers of the same
 * bytes, years apart, cannot see two different requests in them.
 */
#include "merchant-pos/wire/httpsig_internal.h"

#include <string.h>

static const char LAST_LINE[] = "\"@signature-params\": ";

static fz_rc malformed(struct fz_err *err, const char *sentence)
{
    return fz_fail(err, FZ_FORMAT, "signature base: %s", sentence);
}

/* Steps over `text` if it stands there. */
static bool step_over(struct fz_httpsig_text *rest, struct fz_httpsig_text text)
{
    if (rest->len < text.len || memcmp(rest->at, text.at, text.len) != 0) {
        return false;
    }
    rest->at += text.len;
    rest->len -= text.len;
    return true;
}

/* The last line starts behind the last LF: no value can hold one. */
static bool split_last_line(struct fz_httpsig_text base,
                            struct fz_httpsig_text *lines_out,
                            struct fz_httpsig_text *params_out)
{
    size_t start = base.len;
    while (start > 0 && base.at[start - 1] != '\n') {
        start--;
    }
    *lines_out = (struct fz_httpsig_text){base.at, start};
    *params_out = (struct fz_httpsig_text){base.at + start, base.len - start};
    return step_over(params_out, fz_httpsig_text_of(LAST_LINE));
}

/* Is the text what the builder would have written, or does it hold spaces it leaves out? */
static bool is_canonical(struct fz_httpsig_text params)
{
    char written[1024];
    struct fz_httpsig_out out = {.at = written, .size = sizeof written};
    fz_httpsig_put_params(&out, params);
    return !out.full && fz_httpsig_text_equal((struct fz_httpsig_text){written, out.len}, params);
}

static bool take_line(struct fz_httpsig_text *rest,
                      const struct fz_httpsig_component *component,
                      struct fz_httpsig_text *value_out)
{
    char written[2 * FZ_HTTPSIG_NAME_MAX + 512];
    struct fz_httpsig_out out = {.at = written, .size = sizeof written};
    fz_httpsig_put_identifier(&out, component);
    if (out.full || !step_over(rest, (struct fz_httpsig_text){written, out.len})) {
        return false;
    }
    const char *feed = rest->len > 0 ? memchr(rest->at, '\n', rest->len) : NULL;
    if (!feed) {
        return false;
    }
    *value_out = (struct fz_httpsig_text){rest->at, (size_t)(feed - rest->at)};
    rest->at = feed + 1;
    rest->len -= value_out->len + 1;
    return fz_httpsig_text_is_plain(*value_out, true);
}

fz_rc fz_httpsig_base_parse(const char *base,
                            size_t len,
                            struct fz_httpsig_base *base_out,
                            struct fz_err *err)
{
    struct fz_httpsig_text lines, params;
    if (!split_last_line((struct fz_httpsig_text){base, len}, &lines, &params)) {
        return malformed(err, "the last line is not @signature-params");
    }
    struct fz_httpsig *signature = &base_out->signature;
    struct fz_sf sf = {params.at, params.at + params.len};
    const char *flaw = NULL;
    if (!fz_httpsig_params_parse(&sf, signature, &flaw) || !fz_sf_at_end(&sf) ||
        !is_canonical(params)) {
        return malformed(err, "@signature-params is malformed");
    }
    if (flaw) {
        return malformed(err, flaw);
    }
    for (unsigned i = 0; i < signature->component_count; i++) {
        if (!take_line(&lines, &signature->components[i], &base_out->values[i])) {
            return malformed(err, "a line is not the component that is listed");
        }
    }
    return lines.len == 0 ? FZ_OK : malformed(err, "a line is not listed");
}

bool fz_httpsig_base_get(const struct fz_httpsig_base *base,
                         const char *name,
                         struct fz_httpsig_text *value_out)
{
    for (unsigned i = 0; i < base->signature.component_count; i++) {
        if (fz_httpsig_text_is(base->signature.components[i].name, name)) {
            *value_out = base->values[i];
            return true;
        }
    }
    return false;
}
