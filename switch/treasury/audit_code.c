/*
 * switch/treasury: codes that residents showed, against the operations that made and used them. The
 * hash of a code is in the fingerprint of its operation, so a code cannot be given another's.
 */
#include <string.h>

#include "ledger/store/audit_code.h"
#include "switch/treasury/audit.h"

static bool same_request(struct fz_audit *audit, const struct fz_audit_code *row)
{
    struct fz_command command = {.type = FZ_COMMAND_CODE,
                                 .actor = row->made_actor,
                                 .party = row->made_party,
                                 .amount = row->made_amount,
                                 .note = row->made_note};
    memcpy(command.code_hash, row->code.hash, sizeof command.code_hash);
    fz_command_seal(audit->order_sha, &command);
    return memcmp(command.fingerprint, row->made_fingerprint, sizeof command.fingerprint) == 0;
}

static void check_use(struct fz_audit *audit, const struct fz_audit_code *row, const char *where)
{
    if (!fz_id_equal(&row->code.intent, &row->used_by)) {
        fz_audit_find(audit, "code-use", where, "the intent that names it",
                      fz_text_id(&row->code.intent).text);
        return;
    }
    if (!fz_id_is_zero(&row->used_by)) {
        fz_audit_compare(audit, "code-payer", where, row->code.party, row->used_party);
        fz_audit_compare(audit, "code-late", where,
                         row->used_time_us < row->code.expires_us ? 1 : 0, 1);
    }
}

static fz_rc check_code(void *ctx, const struct fz_audit_code *row, struct fz_err *err)
{
    struct fz_audit *audit = ctx;
    struct fz_text id = fz_text_id(&row->code.id);
    (void)err;
    if (!row->present || !row->made) {
        fz_audit_find(audit, "code", id.text, "a code and its operation",
                      row->present ? "no operation that made it" : "no code");
        return FZ_OK;
    }
    fz_audit_compare(audit, "code-party", id.text, row->made_party, row->code.party);
    fz_audit_compare(audit, "code-amount", id.text, row->made_amount, row->code.amount);
    fz_audit_compare(audit, "code-expires", id.text, row->made_expires_us, row->code.expires_us);
    if (!same_request(audit, row)) {
        fz_audit_find(audit, "code-hash", id.text, "the hash in its fingerprint", "another one");
    }
    check_use(audit, row, id.text);
    return FZ_OK;
}

fz_rc fz_audit_codes(struct fz_audit *audit, struct fz_err *err)
{
    return fz_audit_each_code(audit->run->session, audit->community, check_code, audit, err);
}
