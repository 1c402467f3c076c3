/*
 * switch/treasury: making, showing and reading enrolment codes.
 */
#include "switch/treasury/code.h"

#include <inttypes.h>
#include <string.h>

#include "feezero/crypto.h"
#include "ledger/store/admin_key.h"
#include "merchant-pos/wire/base32.h"
#include "switch/treasury/day.h"
#include "switch/treasury/public_id.h"

#define CODE_BYTES 10

_Static_assert(FZ_BASE32_CHARS(CODE_BYTES) == FZ_CODE_CHARS, "ten bytes are sixteen characters");

fz_rc fz_code_issue(struct fz_run *run,
                    const struct fz_code_for *whom,
                    char text_out[FZ_CODE_TEXT_SIZE],
                    int64_t *expires_us_out,
                    struct fz_err *err)
{
    uint8_t bytes[CODE_BYTES];
    char code[FZ_CODE_CHARS + 1];
    struct fz_code_row row = {.party = whom->party, .role = whom->role, .terminal = whom->terminal};
    fz_rc rc = fz_random(bytes, sizeof bytes, err);
    if (rc != FZ_OK) {
        return rc;
    }
    fz_base32_encode(bytes, sizeof bytes, code);
    fz_sha256(code, FZ_CODE_CHARS, row.code_hash);
    (void)snprintf(text_out, FZ_CODE_TEXT_SIZE, "%" PRId32 "-%.4s-%.4s-%.4s-%.4s", run->community,
                   code, code + 4, code + 8, code + 12);
    rc = fz_admin_code_add(run->session, run->community, &row, err);
    *expires_us_out = row.expires_us;
    fz_wipe(code, sizeof code);
    fz_wipe(bytes, sizeof bytes);
    return rc;
}

void fz_code_show(struct fz_run *run,
                  const struct fz_code_for *whom,
                  const char *text,
                  int64_t expires_us)
{
    struct fz_public_id id = fz_public_id(whom->kind, whom->party);
    struct fz_day_text expires = fz_day_format(fz_run_day(run, expires_us));
    char terminal[8] = "";
    if (whom->terminal != 0) {
        (void)snprintf(terminal, sizeof terminal, "T%03d", (int)whom->terminal % 1000);
    }
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:s?, s:s, s:s}", "id", id.text, "name", whom->name, "role",
                  fz_role_text(whom->role), "terminal", whom->terminal != 0 ? terminal : NULL,
                  "code", text, "expires", expires.text);
    fz_output_result(&run->output, object, "%s %s%s%s code %s until %s %s", whom->what, id.text,
                     terminal[0] != '\0' ? " " : "", terminal, text, expires.text, whom->name);
}

fz_rc fz_code_read(int32_t community, const char *text, uint8_t hash_out[32], struct fz_err *err)
{
    char code[FZ_CODE_CHARS + 1];
    char prefix[16];
    int len = snprintf(prefix, sizeof prefix, "%" PRId32 "-", community);
    if (len < 0 || strncmp(text, prefix, (size_t)len) != 0) {
        return fz_fail(err, FZ_ENROLMENT_CODE, "the code is not for community %" PRId32, community);
    }
    text += len;
    if (!fz_base32_normalize(text, strlen(text), code, FZ_CODE_CHARS)) {
        return fz_fail(err, FZ_ENROLMENT_CODE, "a code has sixteen letters and digits");
    }
    fz_sha256(code, FZ_CODE_CHARS, hash_out);
    fz_wipe(code, sizeof code);
    return FZ_OK;
}
