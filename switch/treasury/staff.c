/*
 * switch/treasury: staff keys and the orders signed with them.
 */
#include "switch/treasury/staff.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/store/admin_key.h"
#include "switch/treasury/day.h"

/* What the database says about the key; only a treasurer's that is good will do. */
static fz_rc check_key(struct fz_run *run, struct fz_staff *staff, struct fz_err *err)
{
    struct fz_key_row_text row;
    fz_rc rc = fz_admin_key_get(run->session, run->community, staff->key_id, &row, err);
    if (rc != FZ_OK) {
        return rc;
    }
    if (row.revoked_us != 0) {
        return fz_fail(err, FZ_KEY_UNKNOWN, "key %s was revoked", staff->key_id);
    }
    if (row.role != FZ_ROLE_TREASURER) {
        return fz_fail(err, FZ_ROLE_FORBIDDEN, "key %s is for role %s, not treasurer",
                       staff->key_id, fz_role_text(row.role));
    }
    staff->party = row.party;
    return FZ_OK;
}

fz_rc fz_staff_load(struct fz_run *run,
                    const char *path,
                    struct fz_staff *staff_out,
                    struct fz_err *err)
{
    char thumbprint[FZ_THUMBPRINT_LEN + 1];
    struct fz_err reason = {0};
    *staff_out = (struct fz_staff){0};
    fz_rc rc = fz_key_load_private(path, &staff_out->key, &reason);
    if (rc != FZ_OK) {
        return fz_fail(err, rc == FZ_IO || rc == FZ_FORMAT ? FZ_CONFIG : rc, "%s", reason.msg);
    }
    fz_key_thumbprint(staff_out->key, thumbprint);
    (void)fz_key_id_format(run->community, thumbprint, staff_out->key_id);
    rc = check_key(run, staff_out, err);
    if (rc != FZ_OK) {
        fz_staff_fini(staff_out);
    }
    return rc;
}

void fz_staff_fini(struct fz_staff *staff)
{
    fz_key_destroy(&staff->key);
}

static fz_rc
approve(struct fz_staff_order *order, const struct fz_staff *approver, struct fz_err *err)
{
    if (approver == NULL) {
        return FZ_OK;
    }
    order->kept.approver_key_id = approver->key_id;
    order->kept.approver_signature = order->approver_signature;
    return fz_key_sign(approver->key, order->order.base.at, order->order.base.len,
                       order->approver_signature, err);
}

fz_rc fz_staff_order_make(struct fz_staff_order *order,
                          const struct fz_staff *staff,
                          const struct fz_staff *approver,
                          const char *name,
                          json_t *body,
                          struct fz_err *err)
{
    char path[64];
    memset(order, 0, sizeof *order);
    order->body = body == NULL ? NULL : json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(body);
    if (order->body == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "no memory for the order");
    }
    (void)snprintf(path, sizeof path, "/fz/%s", name);
    struct fz_order_request request = {.key_id = staff->key_id,
                                       .method = "POST",
                                       .path = path,
                                       .body = {order->body, strlen(order->body)},
                                       .now_us = fz_now_us()};
    fz_rc rc = fz_order_sign(staff->key, &request, order->base, &order->order, err);
    if (rc == FZ_OK) {
        order->kept = (struct fz_signed_order){.key_id = staff->key_id,
                                               .base = (const uint8_t *)order->order.base.at,
                                               .base_len = order->order.base.len,
                                               .body = (const uint8_t *)order->order.body.at,
                                               .body_len = order->order.body.len,
                                               .signature = order->order.signature};
        rc = approve(order, approver, err);
    }
    if (rc != FZ_OK) {
        fz_staff_order_fini(order);
    }
    return rc;
}

void fz_staff_order_fini(struct fz_staff_order *order)
{
    free(order->body);
    order->body = NULL;
}

fz_rc fz_staff_check_ids(const struct fz_command *commands, size_t len, struct fz_err *err)
{
    for (size_t i = 0; i < len; i++) {
        fz_rc rc = commands[i].result.rc;
        if (rc == FZ_ID_REUSED || rc == FZ_TOMBSTONED) {
            char id[FZ_ID_TEXT_LEN + 1];
            fz_id_format(&commands[i].id, id);
            return fz_fail(err, rc, "operation %s stands for something else already", id);
        }
    }
    return FZ_OK;
}

fz_rc fz_staff_book(struct fz_run *run,
                    const struct fz_staff *staff,
                    const char *name,
                    json_t *body,
                    struct fz_command *command,
                    struct fz_err *err)
{
    struct fz_staff_order order;
    fz_rc rc = fz_staff_order_make(&order, staff, NULL, name, body, err);
    if (rc != FZ_OK) {
        return rc;
    }
    command->actor = staff->party;
    command->order = order.kept;
    rc = fz_run_commit(run, &command, 1, err);
    command->order = (struct fz_signed_order){0};
    fz_staff_order_fini(&order);
    return rc;
}
