/*
 * One signature's inner list and parameters: `("@method" "@path");created=1;keyid="k"`. Reads the
 * syntax to its end whatever it finds, so that a flaw of one member (a proxy's) cannot hide that
 * the rest of the header is malformed.
 */
#include "merchant-pos/wire/httpsig_internal.h"

#include <string.h>

enum parameter {
    CREATED,
    EXPIRES,
    KEYID,
    ALG,
    NONCE,
    TAG,
    PARAMETERS_COUNT
};

static const struct {
    const char *name;
    enum fz_sf_kind kind;
} PARAMETERS[PARAMETERS_COUNT] = {
    [CREATED] = {"created", FZ_SF_INTEGER}, [EXPIRES] = {"expires", FZ_SF_INTEGER},
    [KEYID] = {"keyid", FZ_SF_STRING},      [ALG] = {"alg", FZ_SF_STRING},
    [NONCE] = {"nonce", FZ_SF_STRING},      [TAG] = {"tag", FZ_SF_STRING},
};

static const char *const DERIVED[] = {"@method",     "@path",   "@query",       "@authority",
                                      "@target-uri", "@scheme", "@query-param", "@request-target"};

static void note(const char **flaw, const char *sentence)
{
    if (!*flaw) {
        *flaw = sentence;
    }
}

static bool has_backslash(struct fz_httpsig_text text)
{
    return text.len > 0 && memchr(text.at, '\\', text.len) != NULL;
}

static bool is_derived(struct fz_httpsig_text name)
{
    for (size_t i = 0; i < sizeof DERIVED / sizeof DERIVED[0]; i++) {
        if (fz_httpsig_text_is(name, DERIVED[i])) {
            return true;
        }
    }
    return false;
}

/* A header's name as it stands in a base: lower case. */
static bool is_field_name(struct fz_httpsig_text name)
{
    if (name.len == 0 || name.len > FZ_HTTPSIG_NAME_MAX) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        char c = name.at[i];
        bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!alphanumeric && (c == '\0' || !strchr("!#$%&'*+-.^_`|~", c))) {
            return false;
        }
    }
    return true;
}

static const char *component_flaw(const struct fz_httpsig_component *component)
{
    struct fz_httpsig_text name = component->name;
    if (name.len > 0 && name.at[0] == '@' ? !is_derived(name) : !is_field_name(name)) {
        return "a covered component is not one of a request";
    }
    if (fz_httpsig_text_is(name, "@query-param") != (component->parameter.len > 0)) {
        return "@query-param, and only this component, has a parameter `name`";
    }
    if (has_backslash(component->parameter)) {
        return "the name of a @query-param is not plain";
    }
    return NULL;
}

static void component_add(struct fz_httpsig *signature,
                          const struct fz_httpsig_component *component,
                          const char **flaw)
{
    if (signature->component_count == FZ_HTTPSIG_COMPONENTS_MAX) {
        note(flaw, "more than 32 components are covered");
        return;
    }
    const char *own_flaw = component_flaw(component);
    if (own_flaw) {
        note(flaw, own_flaw);
    }
    for (unsigned i = 0; i < signature->component_count; i++) {
        const struct fz_httpsig_component *other = &signature->components[i];
        if (fz_httpsig_text_equal(other->name, component->name) &&
            fz_httpsig_text_equal(other->parameter, component->parameter)) {
            note(flaw, "a component is covered twice");
        }
    }
    signature->components[signature->component_count++] = *component;
}

static bool take_component(struct fz_sf *sf, struct fz_httpsig *signature, const char **flaw)
{
    struct fz_httpsig_component component = {.parameter = {"", 0}};
    struct fz_sf_item item;
    if (!fz_sf_item(sf, &item) || item.kind != FZ_SF_STRING) {
        return false;
    }
    component.name = item.text;
    while (fz_sf_take(sf, ';')) {
        struct fz_httpsig_text key;
        if (!fz_sf_parameter(sf, &key, &item)) {
            return false;
        }
        if (!fz_httpsig_text_is(key, "name") || item.kind != FZ_SF_STRING || item.text.len == 0 ||
            component.parameter.len > 0) {
            note(flaw, "a component has a parameter that is not supported");
        } else {
            component.parameter = item.text;
        }
    }
    component_add(signature, &component, flaw);
    return true;
}

static bool take_components(struct fz_sf *sf, struct fz_httpsig *signature, const char **flaw)
{
    if (!fz_sf_take(sf, '(')) {
        return false;
    }
    for (;;) {
        fz_sf_skip_spaces(sf);
        if (fz_sf_take(sf, ')')) {
            return true;
        }
        if (!take_component(sf, signature, flaw)) {
            return false;
        }
        bool separated = !fz_sf_at_end(sf) && (*sf->at == ' ' || *sf->at == ')');
        if (!separated) {
            return false;
        }
    }
}

static enum parameter parameter_find(struct fz_httpsig_text name)
{
    unsigned i = 0;
    while (i < PARAMETERS_COUNT && !fz_httpsig_text_is(name, PARAMETERS[i].name)) {
        i++;
    }
    return (enum parameter)i;
}

static void parameter_store(struct fz_httpsig *signature,
                            enum parameter parameter,
                            const struct fz_sf_item *item,
                            const char **flaw)
{
    switch (parameter) {
    case CREATED:
        signature->created_s = item->integer;
        break;
    case EXPIRES:
        signature->expires_s = item->integer;
        break;
    case KEYID:
        signature->key_id = item->text;
        if (item->text.len == 0 || has_backslash(item->text)) {
            note(flaw, "keyid is not plain");
        }
        break;
    case ALG:
        if (!fz_httpsig_text_is(item->text, FZ_HTTPSIG_ALG)) {
            note(flaw, "alg is not " FZ_HTTPSIG_ALG);
        }
        break;
    case NONCE:
    case TAG:
    case PARAMETERS_COUNT:
        break; /* covered by the signature, no matter to us */
    }
}

static bool take_parameters(struct fz_sf *sf, struct fz_httpsig *signature, const char **flaw)
{
    unsigned seen = 0;
    while (fz_sf_take(sf, ';')) {
        struct fz_httpsig_text key;
        struct fz_sf_item item;
        if (!fz_sf_parameter(sf, &key, &item)) {
            return false;
        }
        enum parameter parameter = parameter_find(key);
        if (parameter == PARAMETERS_COUNT) {
            note(flaw, "a signature parameter is not known");
        } else if (item.kind != PARAMETERS[parameter].kind || item.integer < 0) {
            note(flaw, "a signature parameter has a value of the wrong type");
        } else if (seen & 1u << parameter) {
            note(flaw, "a signature parameter is given twice");
        } else {
            seen |= 1u << parameter;
            parameter_store(signature, parameter, &item, flaw);
        }
    }
    if (!(seen & 1u << CREATED)) {
        note(flaw, "the signature parameter created is missing");
    }
    if (!(seen & 1u << KEYID)) {
        note(flaw, "the signature parameter keyid is missing");
    }
    return true;
}

bool fz_httpsig_params_parse(struct fz_sf *sf, struct fz_httpsig *signature_out, const char **flaw)
{
    const char *start = sf->at;
    *signature_out =
        (struct fz_httpsig){.expires_s = INT64_MAX, .label = {"", 0}, .key_id = {"", 0}};
    if (!take_components(sf, signature_out, flaw) || !take_parameters(sf, signature_out, flaw)) {
        return false;
    }
    signature_out->params = (struct fz_httpsig_text){start, (size_t)(sf->at - start)};
    return true;
}
