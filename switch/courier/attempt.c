/*
 * Room switch/courier. libcurl, and how little it may do here.
 */
#include "switch/courier/attempt.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "feezero/assert.h"
#include "feezero/limits.h"
#include "switch/http/egress.h"

#define HEADER_MAX 400 /* bytes of one of ours */
#define GONE 410

struct fz_attempt {
    CURLM *multi;
    CURL *easy;
    struct curl_slist *headers; /* of the request under way */
    struct fz_attempt_rules rules;
    void *owner;
    size_t header_len; /* of the answer, so far */
    size_t answer_len;
    bool is_running;
    bool was_refused; /* an address of the receiver is not public */
};

/* --- what libcurl asks us --------------------------------------------------------------------- */

/* Called with the very address that is to be connected to. */
static curl_socket_t open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct fz_attempt *attempt = ctx;
    (void)purpose;
    if (!attempt->rules.may_be_private && !fz_egress_is_public(&address->addr)) {
        attempt->was_refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* The body is of no use to us; a long one ends the connection. */
static size_t on_body(char *bytes, size_t size, size_t len, void *ctx)
{
    struct fz_attempt *attempt = ctx;
    (void)bytes;
    attempt->answer_len += size * len;
    return attempt->answer_len > FZ_WEBHOOK_ANSWER_MAX ? 0 : size * len;
}

static size_t on_header(char *bytes, size_t size, size_t len, void *ctx)
{
    struct fz_attempt *attempt = ctx;
    (void)bytes;
    attempt->header_len += size * len;
    return attempt->header_len > FZ_WEBHOOK_ANSWER_MAX ? 0 : size * len;
}

/* --- life ------------------------------------------------------------------------------------- */

/* What never changes between attempts. */
static CURLcode set_up(struct fz_attempt *attempt)
{
    CURL *curl = attempt->easy;
    const char *protocols = attempt->rules.may_be_private ? "http,https" : "https";
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L); /* never wait for a look-up of a name */
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, 4096L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)FZ_WEBHOOK_CONNECT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, attempt->rules.timeout_ms);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, attempt);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, attempt);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, attempt);
    curl_easy_setopt(curl, CURLOPT_PRIVATE, attempt);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    /* What a surrounding process may have set for libcurl counts for nothing here. */
    CURLcode code = curl_easy_setopt(curl, CURLOPT_PROXY, "");
    if (code == CURLE_OK) {
        code = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, protocols);
    }
    if (code == CURLE_OK) {
        code = curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    }
    if (code == CURLE_OK) {
        code = curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    }
    if (code == CURLE_OK) {
        code = curl_easy_setopt(curl, CURLOPT_USERAGENT, "FeeZero");
    }
    if (code == CURLE_OK && attempt->rules.ca_file[0] != '\0') {
        code = curl_easy_setopt(curl, CURLOPT_CAINFO, attempt->rules.ca_file);
    }
    return code;
}

fz_rc fz_attempt_create(void *multi,
                        const struct fz_attempt_rules *rules,
                        struct fz_attempt **out,
                        struct fz_err *err)
{
    struct fz_attempt *attempt = calloc(1, sizeof(*attempt));
    *out = NULL;
    if (attempt == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "no memory for an attempt");
    }
    attempt->multi = multi;
    attempt->rules = *rules;
    attempt->easy = curl_easy_init();
    CURLcode code = attempt->easy == NULL ? CURLE_OUT_OF_MEMORY : set_up(attempt);
    if (code != CURLE_OK) {
        fz_attempt_destroy(&attempt);
        return fz_fail(err, FZ_NO_MEMORY, "libcurl: %s", curl_easy_strerror(code));
    }
    *out = attempt;
    return FZ_OK;
}

static void end_request(struct fz_attempt *attempt)
{
    if (attempt->is_running) {
        (void)curl_multi_remove_handle(attempt->multi, attempt->easy);
        attempt->is_running = false;
    }
    curl_easy_setopt(attempt->easy, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(attempt->headers);
    attempt->headers = NULL;
}

void fz_attempt_destroy(struct fz_attempt **attempt)
{
    if (*attempt == NULL) {
        return;
    }
    if ((*attempt)->easy != NULL) {
        end_request(*attempt);
        curl_easy_cleanup((*attempt)->easy);
    }
    free(*attempt);
    *attempt = NULL;
}

void fz_attempt_set_owner(struct fz_attempt *attempt, void *owner)
{
    attempt->owner = owner;
}

void *fz_attempt_owner(const struct fz_attempt *attempt)
{
    return attempt->owner;
}

/* --- a request -------------------------------------------------------------------------------- */

static bool add_header(struct fz_attempt *attempt, const char *name, const char *value)
{
    char line[HEADER_MAX];
    int len = snprintf(line, sizeof(line), "%s: %s", name, value);
    fz_assert(len > 0 && (size_t)len < sizeof(line));
    struct curl_slist *longer = curl_slist_append(attempt->headers, line);
    if (longer == NULL) {
        return false;
    }
    attempt->headers = longer;
    return true;
}

static bool add_headers(struct fz_attempt *attempt, const struct fz_attempt_request *request)
{
    char time_text[24];
    (void)snprintf(time_text, sizeof(time_text), "%" PRId64, request->message->time_s);
    return add_header(attempt, "Content-Type", "application/json") &&
           add_header(attempt, "Expect", "") && /* libcurl takes that for: leave it out */
           add_header(attempt, "webhook-id", request->message->id) &&
           add_header(attempt, "webhook-timestamp", time_text) &&
           add_header(attempt, "webhook-signature", request->signatures);
}

fz_rc fz_attempt_start(struct fz_attempt *attempt,
                       const struct fz_attempt_request *request,
                       struct fz_err *err)
{
    fz_assert(!attempt->is_running && attempt->headers == NULL);
    attempt->header_len = 0;
    attempt->answer_len = 0;
    attempt->was_refused = false;
    if (!add_headers(attempt, request) ||
        curl_easy_setopt(attempt->easy, CURLOPT_URL, request->url) != CURLE_OK) {
        end_request(attempt);
        return fz_fail(err, FZ_NO_MEMORY, "no memory for a request");
    }
    curl_easy_setopt(attempt->easy, CURLOPT_HTTPHEADER, attempt->headers);
    curl_easy_setopt(attempt->easy, CURLOPT_POSTFIELDS, request->message->body);
    curl_easy_setopt(attempt->easy, CURLOPT_POSTFIELDSIZE, (long)request->message->body_len);
    CURLMcode code = curl_multi_add_handle(attempt->multi, attempt->easy);
    if (code != CURLM_OK) {
        end_request(attempt);
        return fz_fail(err, FZ_NO_MEMORY, "libcurl: %s", curl_multi_strerror(code));
    }
    attempt->is_running = true;
    return FZ_OK;
}

/* --- what it came to -------------------------------------------------------------------------- */

/* Codes of libcurl in our words; those of the delivery log (docs/api.md). */
static const struct {
    CURLcode code;
    const char *word;
} words[] = {
    {CURLE_COULDNT_RESOLVE_HOST, "name"},
    {CURLE_COULDNT_CONNECT, "connection"},
    {CURLE_OPERATION_TIMEDOUT, "timeout"},
    {CURLE_SSL_CONNECT_ERROR, "tls"},
    {CURLE_PEER_FAILED_VERIFICATION, "tls"},
    {CURLE_SSL_CACERT_BADFILE, "tls"},
    {CURLE_SSL_CIPHER, "tls"},
    {CURLE_SEND_ERROR, "connection"},
    {CURLE_RECV_ERROR, "connection"},
    {CURLE_GOT_NOTHING, "connection"},
};

static const char *word_of(const struct fz_attempt *attempt, CURLcode code)
{
    if (attempt->was_refused) {
        return "address"; /* of several, none that is public could be connected to */
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (words[i].code == code) {
            return words[i].word;
        }
    }
    return "protocol"; /* what came was no answer of HTTP */
}

struct fz_attempt *fz_attempt_finish(void *easy, int code, struct fz_attempt_outcome *outcome_out)
{
    void *attempt_ptr = NULL;
    long status = 0;
    curl_off_t total_us = 0;
    curl_off_t wait_s = 0;
    CURLcode rc = curl_easy_getinfo(easy, CURLINFO_PRIVATE, &attempt_ptr);
    struct fz_attempt *attempt = attempt_ptr;
    fz_assert(rc == CURLE_OK && attempt != NULL && attempt->easy == easy);
    (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &total_us);
    (void)curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &wait_s);
    bool is_answer = status >= 200 && status <= 999 && attempt->header_len <= FZ_WEBHOOK_ANSWER_MAX;
    *outcome_out = (struct fz_attempt_outcome){
        .is_delivered = is_answer && status < 300,
        .is_off = is_answer && status == GONE,
        .status = is_answer ? (int32_t)status : 0,
        .fault = is_answer ? "" : word_of(attempt, (CURLcode)code),
        .duration_ms = total_us / 1000,
        .wait_ms = wait_s < FZ_WEBHOOK_TRY_S ? wait_s * 1000 : FZ_WEBHOOK_TRY_S * 1000LL,
    };
    end_request(attempt);
    return attempt;
}
