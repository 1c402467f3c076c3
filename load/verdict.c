/*
 * load: reading answers with jansson. Whatever is not what the API promises becomes a verdict of
 * NONE, which the buyer reports.
 */
#include "load/verdict.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : "";
}

static bool is_number(const json_t *object, const char *name, int64_t expected)
{
    const json_t *value = json_object_get(object, name);
    return json_is_integer(value) && json_integer_value(value) == expected;
}

static bool is_id(const json_t *object, const char *name, const struct fz_id *expected)
{
    char text[FZ_ID_TEXT_LEN + 1];
    fz_id_format(expected, text);
    return strcmp(text_of(object, name), text) == 0;
}

static void read_problem(const json_t *object, struct fz_verdict *verdict)
{
    (void)snprintf(verdict->code, sizeof(verdict->code), "%s", text_of(object, "code"));
}

/* The body that a payment's PUT gets, at once or later inside an inquiry's answer. */
static void read_result(const json_t *object,
                        int status,
                        const struct fz_record_payment *payment,
                        struct fz_verdict *verdict)
{
    if (status == 201) {
        verdict->kind = FZ_VERDICT_PAID;
        verdict->number = json_integer_value(json_object_get(object, "number"));
        verdict->is_ours = verdict->number > 0 && is_number(object, "amount", payment->amount) &&
                           is_number(object, "fee", 0) &&
                           is_id(object, "operation_id", &payment->id) &&
                           is_id(object, "intent_id", &payment->intent) &&
                           strcmp(text_of(object, "state"), "COMPLETED") == 0;
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
    json_t *object = json_loadb(answer->body, answer->body_len, JSON_REJECT_DUPLICATES, NULL);
    *verdict_out = (struct fz_verdict){.kind = FZ_VERDICT_NONE};
    if (json_is_object(object)) {
        read_result(object, answer->status, payment, verdict_out);
    }
    json_decref(object);
}

void fz_verdict_read_inquiry(const struct fz_answer *answer,
                             const struct fz_record_payment *payment,
                             struct fz_verdict *verdict_out)
{
    json_t *object = json_loadb(answer->body, answer->body_len, JSON_REJECT_DUPLICATES, NULL);
    const json_t *state = answer->status == 409 ? json_object_get(object, "final_state") : object;
    const json_t *result = json_object_get(state, "result");
    const json_t *status = json_object_get(state, "http_status");
    *verdict_out = (struct fz_verdict){.kind = FZ_VERDICT_NONE};
    if (answer->status != 200 && answer->status != 409) {
        read_problem(object, verdict_out);
    } else if (strcmp(text_of(state, "status"), "TOMBSTONED") == 0) {
        verdict_out->kind = FZ_VERDICT_TOMBSTONED;
    } else if (is_id(state, "operation_id", &payment->id) && json_is_object(result)) {
        read_result(result, (int)json_integer_value(status), payment, verdict_out);
    }
    json_decref(object);
}
