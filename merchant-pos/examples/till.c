/*
 * A whole till in sixty lines, written from merchant-pos/README.md alone. Its clerk types a line at
 * a time: "1480" sells by showing our code, "1480 DIGITS" by the customer's, then "void", "refund
 * YEN" give the last sale back, and "z" closes the day.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "merchant-pos/posix/machine.h"

static struct fz_machine till; /* the ports for Linux, and the client on them */
static struct fz_id last;      /* the sale that "void" and "refund" mean */

static void say(const struct fz_pos_outcome *out, void *ctx)
{
    (void)ctx;
    printf("%s: %s, %lld yen\n", fz_pos_state_name(out->operation.state),
           fz_pos_text(out, FZ_POS_EN), (long long)out->operation.amount);
}

static fz_rc sell(int64_t amount, const char *code, struct fz_pos_outcome *out, struct fz_err *err)
{
    struct fz_pos_sale sale = {.amount = amount, .code = code};
    fz_rc rc = fz_pos_sale_begin(&till.pos, &sale, out, err);

    last = out->operation.id;
    if (rc == FZ_OK && out->operation.state == FZ_POS_SHOWN) {
        printf("draw: %s\n", out->qr); /* as a QR code, on your display */
    }
    bool is_open = rc == FZ_OK && !fz_pos_is_final(out->operation.state);
    return is_open ? fz_pos_sale_wait(&till.pos, &last, out, err) : rc;
}

static fz_rc obey(const char *line, struct fz_err *err)
{
    struct fz_pos_outcome out = {.rc = FZ_OK};
    struct fz_pos_report z;
    const char *more = strchr(line, ' ');
    fz_rc rc;

    if (line[0] >= '0' && line[0] <= '9') {
        rc = sell(strtoll(line, NULL, 10), more == NULL ? NULL : more + 1, &out, err);
    } else if (more != NULL) {
        rc = fz_pos_refund(&till.pos, &last, strtoll(more, NULL, 10), &out, err);
    } else if (line[0] == 'v') {
        rc = fz_pos_void(&till.pos, &last, &out, err);
    } else {
        rc = fz_pos_z_report(&till.pos, &z, NULL, NULL, err);
        printf("%s %u: %lld yen, %u to look into\n", rc == FZ_OK ? "Z" : "no Z", z.z_number,
               (long long)z.totals.here.net, z.totals.differences);
        return rc;
    }
    say(&out, NULL);
    return rc;
}

int main(int argc, char **argv)
{
    struct fz_err err = {.rc = FZ_OK};
    fz_rc rc = fz_machine_open(&till, argc > 1 ? argv[1] : ".", "terminal", 60000, NULL, &err);

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (rc == FZ_OK) {
        rc = fz_pos_resume(&till.pos, false, say, NULL, &err); /* what a power cut left behind */
    }
    /* An unknown outcome does not stop the shop: the clerk has read it, and resuming settles it. */
    for (char line[80]; (rc == FZ_OK || rc == FZ_OUTCOME_UNKNOWN) && fgets(line, 80, stdin);) {
        line[strcspn(line, "\n")] = '\0';
        rc = obey(line, &err);
    }
    fputs(rc == FZ_OK ? "" : err.msg, stderr);
    fz_machine_close(&till);
    return rc == FZ_OK ? 0 : 1;
}
