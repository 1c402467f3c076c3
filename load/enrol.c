/*
 * load: enrolling. The key is saved before its request is sent, and the same request is sent again
 * when there was no answer, so that no code is lost.
 */
#include "load/enrol.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "feezero/crypto.h"
#include "load/channel.h"
#include "load/town.h"

#define ATTEMPTS_MAX 20
#define PAUSE_US 250000
#define TIMEOUT_MS 5000

struct enrolment {
    struct fz_channel *channel;
    const char *keys_dir;
    const char *code;
    char key_id[FZ_KEY_ID_MAX + 1];
    bool is_answered;
    fz_rc rc;
    struct fz_err *err;
};

static void take_answer(struct enrolment *enrolment, const struct fz_answer *answer)
{
    json_t *object = json_loadb(answer->body, answer->body_len, 0, NULL);
    const char *role = json_string_value(json_object_get(object, "role"));
    const char *party = json_string_value(json_object_get(object, "party_id"));
    const char *terminal = json_string_value(json_object_get(object, "terminal"));
    if (answer->status == 201 && role != NULL && party != NULL) {
        enrolment->rc = fz_town_add(enrolment->keys_dir, role, party, terminal, enrolment->key_id,
                                    enrolment->err);
    } else {
        enrolment->rc =
            fz_fail(enrolment->err, FZ_ENROLMENT_CODE, "code %s: %d %.*s", enrolment->code,
                    answer->status, (int)answer->body_len, answer->body);
    }
    json_decref(object);
}

static void on_done(void *ctx, enum fz_channel_outcome outcome, const struct fz_answer *answer)
{
    struct enrolment *enrolment = ctx;
    if (outcome == FZ_CHANNEL_ANSWERED && answer->status != 503) {
        enrolment->is_answered = true;
        take_answer(enrolment, answer);
    }
}

static fz_rc send_until_answered(struct enrolment *enrolment,
                                 struct event_base *base,
                                 const struct fz_channel_request *request)
{
    for (unsigned i = 0; i < ATTEMPTS_MAX; i++) {
        fz_rc rc = fz_channel_send(enrolment->channel, request, on_done, enrolment, enrolment->err);
        if (rc != FZ_OK) {
            return rc;
        }
        while (fz_channel_is_busy(enrolment->channel)) {
            (void)event_base_loop(base, EVLOOP_ONCE);
        }
        if (enrolment->is_answered) {
            return enrolment->rc;
        }
        (void)usleep(PAUSE_US);
    }
    return fz_fail(enrolment->err, FZ_UNAVAILABLE, "the switch does not answer");
}

/* A fresh key in its file. The community's number stands in front of the code. */
static fz_rc make_key(struct enrolment *enrolment, struct fz_key **key_out)
{
    char thumbprint[FZ_THUMBPRINT_LEN + 1];
    char path[512];
    char *end = NULL;
    struct fz_err *err = enrolment->err;
    long community = strtol(enrolment->code, &end, 10);
    if (community <= 0 || community > INT32_MAX || *end != '-') {
        return fz_fail(err, FZ_FORMAT, "not an enrolment code: %s", enrolment->code);
    }
    fz_rc rc = fz_key_generate(key_out, err);
    if (rc == FZ_OK) {
        fz_key_thumbprint(*key_out, thumbprint);
        (void)fz_key_id_format((int32_t)community, thumbprint, enrolment->key_id);
        rc = fz_town_key_path(enrolment->keys_dir, enrolment->key_id, path, sizeof(path), err);
    }
    return rc == FZ_OK ? fz_key_save_private(*key_out, path, err) : rc;
}

static fz_rc enrol_one(struct enrolment *enrolment, struct event_base *base)
{
    struct fz_key *key = NULL;
    char public_key[FZ_BASE64_SIZE(FZ_SPKI_LEN)];
    char body[512];
    enrolment->is_answered = false;
    fz_rc rc = make_key(enrolment, &key);
    if (rc == FZ_OK) {
        (void)fz_base64_encode(fz_key_spki(key), FZ_SPKI_LEN, public_key);
        int len = snprintf(body, sizeof(body), "{\"code\":\"%s\",\"public_key\":\"%s\"}",
                           enrolment->code, public_key);
        struct fz_channel_request request = {.method = "POST",
                                             .path = "/v1/enrol",
                                             .body = body,
                                             .key = key,
                                             .key_id = enrolment->key_id};
        rc = len < (int)sizeof(body) ? send_until_answered(enrolment, base, &request)
                                     : fz_fail(enrolment->err, FZ_FORMAT, "the code is too long");
    }
    fz_key_destroy(&key);
    return rc;
}

static fz_rc enrol_all(struct enrolment *enrolment,
                       struct event_base *base,
                       const char *codes_file,
                       unsigned *count_out)
{
    char line[128];
    FILE *codes = fopen(codes_file, "re");
    fz_rc rc = FZ_OK;
    if (codes == NULL) {
        return fz_fail(enrolment->err, FZ_IO, "%s: %s", codes_file, strerror(errno));
    }
    while (rc == FZ_OK && fgets(line, sizeof(line), codes) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0] != '\0') {
            enrolment->code = line;
            rc = enrol_one(enrolment, base);
            *count_out += rc == FZ_OK;
        }
    }
    enrolment->code = NULL;
    if (rc == FZ_OK && ferror(codes) != 0) {
        rc = fz_fail(enrolment->err, FZ_IO, "%s: %s", codes_file, strerror(errno));
    }
    (void)fclose(codes);
    return rc;
}

fz_rc fz_enrol(const struct fz_enrol_options *options, unsigned *count_out, struct fz_err *err)
{
    struct fz_channel_options channel = {.timeout_ms = TIMEOUT_MS};
    struct enrolment enrolment = {.keys_dir = options->keys_dir, .err = err};
    *count_out = 0;
    (void)signal(SIGPIPE, SIG_IGN);
    channel.base = event_base_new();
    if (channel.base == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "event loop");
    }
    fz_rc rc = fz_channel_options_set(&channel, options->url, options->ca_file, err);
    if (rc == FZ_OK) {
        rc = fz_channel_create(&channel, &enrolment.channel, err);
    }
    if (rc == FZ_OK) {
        rc = enrol_all(&enrolment, channel.base, options->codes_file, count_out);
    }
    fz_channel_destroy(&enrolment.channel);
    fz_channel_options_free(&channel);
    event_base_free(channel.base);
    return rc;
}
