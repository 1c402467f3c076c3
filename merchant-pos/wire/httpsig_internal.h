/*
 * What the sources of httpsig.h share: a scanner for structured fields (RFC 8941), the reader of
 * one signature's parameters, the writer of a base. Nobody else includes this.
 *
 * Readers answer false for what the RFC calls malformed. A `flaw` is a sentence on why something
 * well formed is of no use to us; NULL means there is none.
 */
#ifndef FEEZERO_WIRE_HTTPSIG_INTERNAL_H
#define FEEZERO_WIRE_HTTPSIG_INTERNAL_H

#include "merchant-pos/wire/httpsig.h"

bool fz_httpsig_text_is(struct fz_httpsig_text text, const char *word);
bool fz_httpsig_text_equal(struct fz_httpsig_text a, struct fz_httpsig_text b);
struct fz_httpsig_text fz_httpsig_text_of(const char *string); /* NULL: empty */

/* Cuts blanks off both ends. */
struct fz_httpsig_text fz_httpsig_text_trim(struct fz_httpsig_text text);

/* Only what may stand in a base: printable ASCII; blanks too if `blanks`. */
bool fz_httpsig_text_is_plain(struct fz_httpsig_text text, bool blanks);

/* --- structured fields ------------------------------------------------------------------------ */
struct fz_sf {
    const char *at, *end;
};

enum fz_sf_kind {
    FZ_SF_STRING,  /* text: between the quotes, escapes kept */
    FZ_SF_INTEGER, /* integer */
    FZ_SF_BYTES,   /* text: the base64 between the colons */
    FZ_SF_BOOLEAN, /* integer: 0 or 1 */
    FZ_SF_OTHER    /* a token or a decimal: nothing of ours */
};

struct fz_sf_item {
    enum fz_sf_kind kind;
    struct fz_httpsig_text text;
    int64_t integer;
};

struct fz_sf fz_sf_open(struct fz_httpsig_text field); /* one line of a field */
bool fz_sf_at_end(const struct fz_sf *sf);
bool fz_sf_take(struct fz_sf *sf, char c); /* steps over c if it is next */
void fz_sf_skip_spaces(struct fz_sf *sf);
FZ_MUSTUSE bool fz_sf_key(struct fz_sf *sf, struct fz_httpsig_text *key_out);
FZ_MUSTUSE bool fz_sf_item(struct fz_sf *sf, struct fz_sf_item *item_out);

/* Reads `key` or `key=item` behind a ';' that was taken; without item it is the boolean 1. */
FZ_MUSTUSE bool
fz_sf_parameter(struct fz_sf *sf, struct fz_httpsig_text *key_out, struct fz_sf_item *item_out);

/* Behind a member: steps to the next one, or to the end. False: something else stands there. */
FZ_MUSTUSE bool fz_sf_next_member(struct fz_sf *sf);

/* --- one signature --------------------------------------------------------------------------- */

/*
 * Reads an inner list of components with the signature's parameters. Fills all of *signature_out
 * but label and signature. *flaw must be NULL before; only a first flaw is noted.
 */
FZ_MUSTUSE bool
fz_httpsig_params_parse(struct fz_sf *sf, struct fz_httpsig *signature_out, const char **flaw);

/* Text that grows in a caller's buffer; `full` says that something did not fit. */
struct fz_httpsig_out {
    char *at;
    size_t len, size;
    bool full;
};

void fz_httpsig_put(struct fz_httpsig_out *out, struct fz_httpsig_text text);
void fz_httpsig_put_string(struct fz_httpsig_out *out, const char *string);
void fz_httpsig_put_char(struct fz_httpsig_out *out, char c);
void fz_httpsig_put_integer(struct fz_httpsig_out *out, int64_t value); /* >= 0 */

/* Writes what stands before a component's value: `"name": ` or `"@query-param";name="x": `. */
void fz_httpsig_put_identifier(struct fz_httpsig_out *out,
                               const struct fz_httpsig_component *component);

/*
 * Writes parameters that were read as RFC 8941 writes them. They were read strictly, so only spaces
 * can differ: one between two components, none anywhere else outside a string.
 */
void fz_httpsig_put_params(struct fz_httpsig_out *out, struct fz_httpsig_text params);

/* Writes a whole base. Returns a flaw of the message, or NULL; out->full is the caller's to see. */
FZ_MUSTUSE const char *fz_httpsig_put_base(struct fz_httpsig_out *out,
                                           const struct fz_httpsig_message *message,
                                           const struct fz_httpsig *signature);

#endif
