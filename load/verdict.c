/*
 * load: judging answers. Whatever is not what the API promises becomes a verdict of NONE, which is
 * reported. This is done for every payment of a measurement, so nothing is built from the JSON.
 */
#include "load/verdict.h"

#include <string.h>

#include "load/fields.h"

static bool is_id(struct fz_field field, const struct fz_id *expected)
{
    char text[FZ_ID_TEXT_LEN + 1];
    fz_id_format(expected, text);
    return fz_field_is(field, text);
}

static bool is_number(struct fz_field field, int64_t expected)
{
    int64_t number = 0;
    return fz_field_number(field, &number) && number == expected;
}

/* Of a problem. Codes have no escapes. */
static void read_problem(struct fz_field object, struct fz_verdict *verdict)
{
    static const char *const names[] = {"code"};
    struct fz_field code;
    if (fz_fields_read(object, names, 1, &code) && code.len >= 2 && code.at[0] == '"') {
        size_t len = code.len - 2;
        len = len < sizeof(verdict->code) ? len : sizeof(verdict->code) - 1;
        memcpy(verdict->code, code.at + 1, len);
        verdict->code[len] = '\0';
    }
}

static void read_paid(struct fz_field object,
                      const struct fz_record_payment *payment,
                      struct fz_verdict *verdict)
{
    enum {
        OPERATION,
        NUMBER,
        AMOUNT,
        FEE,
        INTENT,
        STATE,
        KIND,
        FIELDS
    };
    static const char *const names[FIELDS] = {"operation_id", "number", "amount", "fee",
                                              "intent_id",    "state",  "kind"};
    struct fz_field fields[FIELDS];
    verdict->kind = FZ_VERDICT_PAID;
    if (!fz_fields_read(object, names, FIELDS, fields)) {
        verdict->kind = FZ_VERDICT_NONE;
        return;
    }
    if (!fz_field_number(fields[NUMBER], &verdict->number)) {
        verdict->number = 0;
    }
    verdict->is_ours = verdict->number > 0 && is_number(fields[AMOUNT], payment->amount) &&
                       is_number(fields[FEE], 0) && is_id(fields[OPERATION], &payment->id);
    if (fz_id_is_zero(&payment->intent)) {
        verdict->is_ours = verdict->is_ours && fz_field_is(fields[KIND], "p2p");
    } else {
        verdict->is_ours = verdict->is_ours && is_id(fields[INTENT], &payment->intent) &&
                           fz_field_is(fields[STATE], "COMPLETED");
    }
}

/* The body that a payment's PUT gets, at once or later inside an inquiry's answer. */
static void read_result(struct fz_field object,
                        int64_t status,
                        const struct fz_record_payment *payment,
                        struct fz_verdict *verdict)
{
    if (status == 201) {
        read_paid(object, payment, verdict);
        return;
    }
    read_problem(object, verdict);
    if (strcmp(verdict->code, "tombstoned") == 0) {
        verdict->kind = FZ_VERDICT_TOMBSTONED;
    } else if (status >= 400 && status < 500 && status != 401 && verdict->code[0] != '\0') {
        verdict->kind = FZ_VERDICT_REFUSED;
    }
}

void fz_verdict_read(const struct fz_answer *answer,
                     const struct fz_record_payment *payment,
                     struct fz_verdict *verdict_out)
{
    *verdict_out = (struct fz_verdict){.kind = FZ_VERDICT_NONE};
    read_result((struct fz_field){answer->body, answer->body_len}, answer->status, payment,
                verdict_out);
}

void fz_verdict_read_inquiry(const struct fz_answer *answer,
                             const struct fz_record_payment *payment,
                             struct fz_verdict *verdict_out)
{
    enum {
        OPERATION,
        STATUS,
        HTTP_STATUS,
        RESULT,
        FIELDS
    };
    static const char *const names[FIELDS] = {"operation_id", "status", "http_status", "result"};
    static const char *const final[] = {"final_state"};
    struct fz_field state = {answer->body, answer->body_len};
    struct fz_field fields[FIELDS];
    int64_t status = 0;
    *verdict_out = (struct fz_verdict){.kind = FZ_VERDICT_NONE};
    if (answer->status != 200 && answer->status != 409) {
        read_problem(state, verdict_out);
        return;
    }
    if (answer->status == 409 && !fz_fields_read(state, final, 1, &state)) {
        return;
    }
    if (!fz_fields_read(state, names, FIELDS, fields)) {
        return;
    }
    if (fz_field_is(fields[STATUS], "TOMBSTONED")) {
        verdict_out->kind = FZ_VERDICT_TOMBSTONED;
    } else if (is_id(fields[OPERATION], &payment->id) && fields[RESULT].len > 0 &&
               fz_field_number(fields[HTTP_STATUS], &status)) {
        read_result(fields[RESULT], status, payment, verdict_out);
    }
}
