/*
 * Reading Signature-Input and Signature, and choosing the signature to check. Both are dictionaries
 * with the signature's label as key; a header that came in several lines is one dictionary.
 */
#include "merchant-pos/wire/httpsig_internal.h"

#include <string.h>

/* One member of the header Signature. */
struct signature_member {
    struct fz_httpsig_text label;
    struct fz_httpsig_text base64;
};

struct signature_members {
    struct signature_member list[FZ_HTTPSIG_MEMBERS_MAX];
    unsigned count;
};

static fz_rc missing(struct fz_err *err, const char *sentence)
{
    return fz_fail(err, FZ_SIGNATURE_MISSING, "%s", sentence);
}

static const struct signature_member *member_find(const struct signature_members *members,
                                                  struct fz_httpsig_text label)
{
    for (unsigned i = 0; i < members->count; i++) {
        if (fz_httpsig_text_equal(members->list[i].label, label)) {
            return &members->list[i];
        }
    }
    return NULL;
}

/* One line of Signature: `label=:base64:, ...`. */
static bool signature_line(struct fz_httpsig_text line, struct signature_members *members)
{
    struct fz_sf sf = fz_sf_open(line);
    while (!fz_sf_at_end(&sf)) {
        struct fz_httpsig_text label;
        struct fz_sf_item item;
        if (!fz_sf_key(&sf, &label) || !fz_sf_take(&sf, '=') || !fz_sf_item(&sf, &item) ||
            item.kind != FZ_SF_BYTES || !fz_sf_next_member(&sf)) {
            return false;
        }
        if (members->count == FZ_HTTPSIG_MEMBERS_MAX || member_find(members, label)) {
            return false;
        }
        members->list[members->count++] = (struct signature_member){label, item.text};
    }
    return true;
}

/* --- choosing --------------------------------------------------------------------------------- */

/* What the search for the signature knows so far. */
struct search {
    const struct fz_httpsig_message *message;
    bool has_body;
    const char *label; /* wanted, or NULL */
    struct signature_members members;
    struct fz_httpsig_text labels[FZ_HTTPSIG_MEMBERS_MAX]; /* seen in Signature-Input */
    unsigned label_count;
    bool found;
    const char *flaw; /* of the first candidate; static text */
};

static bool covers(const struct fz_httpsig *signature, const char *name)
{
    for (unsigned i = 0; i < signature->component_count; i++) {
        if (fz_httpsig_text_is(signature->components[i].name, name)) {
            return true;
        }
    }
    return false;
}

static const char *coverage_flaw(const struct fz_httpsig *signature,
                                 const struct fz_httpsig_message *message,
                                 bool has_body)
{
    if (!covers(signature, "@method")) {
        return "the signature does not cover @method";
    }
    if (!covers(signature, "@path")) {
        return "the signature does not cover @path";
    }
    if (message->query && !covers(signature, "@query")) {
        return "the signature does not cover @query, and the request has a query";
    }
    if (has_body && !covers(signature, "content-digest")) {
        return "the signature does not cover content-digest, and the request has a body";
    }
    return NULL;
}

/* Why a well-formed signature cannot be the one we check; NULL if it can, and its bytes are set. */
static const char *candidate_flaw(const struct search *search, struct fz_httpsig *candidate)
{
    const struct signature_member *member = member_find(&search->members, candidate->label);
    if (!member) {
        return "a label of Signature-Input is not in Signature";
    }
    size_t len = 0;
    if (!fz_base64_decode(member->base64.at, member->base64.len, candidate->signature,
                          sizeof candidate->signature, &len) ||
        len != sizeof candidate->signature) {
        return "the signature is not 64 bytes (r and s) in base64";
    }
    return coverage_flaw(candidate, search->message, search->has_body);
}

/* False: the label was there before, or there are too many. */
static bool label_note(struct search *search, struct fz_httpsig_text label)
{
    for (unsigned i = 0; i < search->label_count; i++) {
        if (fz_httpsig_text_equal(search->labels[i], label)) {
            return false;
        }
    }
    if (search->label_count == FZ_HTTPSIG_MEMBERS_MAX) {
        return false;
    }
    search->labels[search->label_count++] = label;
    return true;
}

/* One line of Signature-Input: `label=("..." "...");created=..., ...`. */
static bool
input_line(struct search *search, struct fz_httpsig_text line, struct fz_httpsig *signature_out)
{
    struct fz_sf sf = fz_sf_open(line);
    while (!fz_sf_at_end(&sf)) {
        struct fz_httpsig_text label;
        struct fz_httpsig candidate;
        const char *flaw = NULL;
        if (!fz_sf_key(&sf, &label) || !fz_sf_take(&sf, '=') ||
            !fz_httpsig_params_parse(&sf, &candidate, &flaw) || !fz_sf_next_member(&sf) ||
            !label_note(search, label)) {
            return false;
        }
        if (search->found || (search->label && !fz_httpsig_text_is(label, search->label))) {
            continue;
        }
        candidate.label = label;
        if (!flaw) {
            flaw = candidate_flaw(search, &candidate);
        }
        if (!flaw) {
            *signature_out = candidate;
            search->found = true;
        } else if (!search->flaw) {
            search->flaw = flaw;
        }
    }
    return true;
}

fz_rc fz_httpsig_read(const struct fz_httpsig_message *message,
                      bool has_body,
                      const char *label,
                      struct fz_httpsig *signature_out,
                      struct fz_err *err)
{
    struct search search = {.message = message, .has_body = has_body, .label = label};
    struct fz_httpsig_text line;
    unsigned lines = 0;
    for (; message->header(message->header_ctx, "signature", lines, &line); lines++) {
        if (!signature_line(line, &search.members)) {
            return missing(err, "the header Signature is malformed");
        }
    }
    if (lines == 0) {
        return missing(err, "there is no header Signature");
    }
    for (lines = 0; message->header(message->header_ctx, "signature-input", lines, &line);
         lines++) {
        if (!input_line(&search, line, signature_out)) {
            return missing(err, "the header Signature-Input is malformed");
        }
    }
    if (lines == 0) {
        return missing(err, "there is no header Signature-Input");
    }
    if (!search.found && !search.flaw) {
        search.flaw =
            label ? "there is no signature with that label" : "the header Signature-Input is empty";
    }
    return search.found ? FZ_OK : missing(err, search.flaw);
}

fz_rc fz_httpsig_check_coverage(const struct fz_httpsig *signature,
                                const struct fz_httpsig_message *message,
                                bool has_body,
                                struct fz_err *err)
{
    const char *flaw = coverage_flaw(signature, message, has_body);
    return flaw ? missing(err, flaw) : FZ_OK;
}

/* --- Content-Digest --------------------------------------------------------------------------- */

/*
 * One line of Content-Digest. Sets *found and the digest at a sha-256; two of them are malformed.
 */
static bool
digest_line(struct fz_httpsig_text line, bool *found, uint8_t digest_out[FZ_HTTPSIG_DIGEST_LEN])
{
    struct fz_sf sf = fz_sf_open(line);
    while (!fz_sf_at_end(&sf)) {
        struct fz_httpsig_text algorithm;
        struct fz_sf_item item;
        if (!fz_sf_key(&sf, &algorithm) || !fz_sf_take(&sf, '=') || !fz_sf_item(&sf, &item) ||
            item.kind != FZ_SF_BYTES || !fz_sf_next_member(&sf)) {
            return false;
        }
        if (!fz_httpsig_text_is(algorithm, "sha-256")) {
            continue;
        }
        size_t len = 0;
        if (*found ||
            !fz_base64_decode(item.text.at, item.text.len, digest_out, FZ_HTTPSIG_DIGEST_LEN,
                              &len) ||
            len != FZ_HTTPSIG_DIGEST_LEN) {
            return false;
        }
        *found = true;
    }
    return true;
}

static fz_rc digest_result(bool well_formed, bool found, struct fz_err *err)
{
    if (!well_formed) {
        return fz_fail(err, FZ_DIGEST_MISMATCH, "the header Content-Digest is malformed");
    }
    if (!found) {
        return fz_fail(err, FZ_DIGEST_MISMATCH, "there is no sha-256 in Content-Digest");
    }
    return FZ_OK;
}

fz_rc fz_httpsig_read_digest(const struct fz_httpsig_message *message,
                             uint8_t digest_out[FZ_HTTPSIG_DIGEST_LEN],
                             struct fz_err *err)
{
    bool found = false;
    bool well_formed = true;
    struct fz_httpsig_text line;
    for (unsigned i = 0;
         well_formed && message->header(message->header_ctx, "content-digest", i, &line); i++) {
        well_formed = digest_line(line, &found, digest_out);
    }
    return digest_result(well_formed, found, err);
}

fz_rc fz_httpsig_digest_parse(struct fz_httpsig_text value,
                              uint8_t digest_out[FZ_HTTPSIG_DIGEST_LEN],
                              struct fz_err *err)
{
    bool found = false;
    bool well_formed = digest_line(value, &found, digest_out);
    return digest_result(well_formed, found, err);
}
