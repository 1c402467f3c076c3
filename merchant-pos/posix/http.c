/*
 * merchant-pos/posix: HTTPS by libcurl. What matters most here is to tell a request that never left
 * (nothing can have happened) from one that may have arrived (the outcome is unknown).
 */
#include "merchant-pos/posix/http.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONNECT_TIMEOUT_MS 3000
#define READ_TIMEOUT_MS 15000
#define URL_MAX_BYTES 1024
#define HEADER_MAX_BYTES 512
#define PUMP_MS 100 /* how long the pump may rest */

struct fz_http {
    CURL *curl;
    CURLM *multi; /* while somebody wants to be busy during a transfer */
    struct fz_http_pump pump;
    char url[256];
    const volatile sig_atomic_t *stop;
    const struct fz_pos_request *request; /* of the transfer that runs */
    struct fz_pos_reply *reply;
    char error[CURL_ERROR_SIZE];
};

static size_t on_body(char *bytes, size_t size, size_t count, void *ctx)
{
    struct fz_pos_reply *reply = ((struct fz_http *)ctx)->reply;
    size_t len = size * count;

    if (len > reply->body_size - reply->body_len) {
        return 0; /* too large: libcurl gives up, the outcome is unknown */
    }
    memcpy(reply->body + reply->body_len, bytes, len);
    reply->body_len += len;
    return len;
}

static int
on_progress(void *ctx, curl_off_t down_total, curl_off_t down, curl_off_t up_total, curl_off_t up)
{
    const struct fz_http *http = ctx;
    int wanted = http->request->hold_ms > 0 ? 1 : 2;

    (void)down_total, (void)down, (void)up_total, (void)up;
    return http->stop != NULL && *http->stop >= wanted;
}

/* Options that stay for the life of the connection. */
static CURLcode set_up(struct fz_http *http, const char *ca)
{
    CURL *curl = http->curl;
    CURLcode code = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");

    if (code == CURLE_OK && ca[0] != '\0') {
        code = curl_easy_setopt(curl, CURLOPT_CAINFO, ca);
    }
    if (code == CURLE_OK) {
        code = curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    }
    if (code == CURLE_OK) {
        code = curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    }
    if (code != CURLE_OK) {
        return code;
    }
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, 4096L);
    curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, 16384L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, http->error);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, http);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, http);
    return CURLE_OK;
}

fz_rc fz_http_create(const char *url,
                     const char *ca,
                     const volatile sig_atomic_t *stop,
                     struct fz_http **http_out,
                     struct fz_err *err)
{
    struct fz_http *http = NULL;

    *http_out = NULL;
    if (strlen(url) >= sizeof http->url || strncmp(url, "https://", 8) != 0) {
        return fz_fail(err, FZ_CONFIG, "the switch's url must be https://HOST[:PORT]");
    }
    if (ca[0] != '\0' && access(ca, R_OK) != 0) {
        return fz_fail(err, FZ_CONFIG, "cannot read the CA file %.180s", ca);
    }
    http = calloc(1, sizeof *http);
    if (http == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(http);
        return fz_fail(err, FZ_NO_MEMORY, "libcurl cannot start");
    }
    memcpy(http->url, url, strlen(url) + 1);
    http->stop = stop;
    http->curl = curl_easy_init();
    CURLcode code = http->curl == NULL ? CURLE_OUT_OF_MEMORY : set_up(http, ca);

    if (code != CURLE_OK) {
        fz_http_destroy(&http);
        return fz_fail(err, FZ_CONFIG, "libcurl: %s", curl_easy_strerror(code));
    }
    *http_out = http;
    return FZ_OK;
}

void fz_http_destroy(struct fz_http **http)
{
    if (*http == NULL) {
        return;
    }
    curl_easy_cleanup((*http)->curl);
    (void)curl_multi_cleanup((*http)->multi);
    curl_global_cleanup();
    free(*http);
    *http = NULL;
}

fz_rc fz_http_set_pump(struct fz_http *http, const struct fz_http_pump *pump, struct fz_err *err)
{
    if (http->multi == NULL) {
        http->multi = curl_multi_init();
    }
    if (http->multi == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "libcurl cannot start");
    }
    http->pump = *pump;
    return FZ_OK;
}

/* Appends "name: value"; on lack of memory frees the list and returns NULL. */
static struct curl_slist *add_header(struct curl_slist *list, const char *name, const char *value)
{
    char line[HEADER_MAX_BYTES];
    int len = snprintf(line, sizeof line, "%s: %s", name, value);
    struct curl_slist *longer = NULL;

    if (len > 0 && (size_t)len < sizeof line) {
        longer = curl_slist_append(list, line);
    }
    if (longer == NULL) {
        curl_slist_free_all(list);
    }
    return longer;
}

static struct curl_slist *build_headers(const struct fz_pos_request *request)
{
    struct curl_slist *list = add_header(NULL, "Accept", "application/json");

    if (list != NULL) {
        list = add_header(list, "Signature-Input", request->signature_input);
    }
    if (list != NULL) {
        list = add_header(list, "Signature", request->signature);
    }
    if (list != NULL && request->body != NULL) {
        list = add_header(list, "Content-Type", "application/json");
    }
    if (list != NULL && request->body != NULL) {
        list = add_header(list, "Content-Digest", request->content_digest);
    }
    return list;
}

/* Sets what differs from request to request. False: the url is too long. */
static bool
set_request(struct fz_http *http, const struct fz_pos_request *request, struct curl_slist *headers)
{
    CURL *curl = http->curl;
    char url[URL_MAX_BYTES];
    int len = snprintf(url, sizeof url, "%s%s%s", http->url, request->path,
                       request->query == NULL ? "" : request->query);

    if (len < 0 || (size_t)len >= sizeof url) {
        return false;
    }
    if (request->body != NULL) {
        curl_easy_setopt(curl, CURLOPT_POST, 1L);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)request->body_len);
    } else {
        curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
                     (long)(CONNECT_TIMEOUT_MS + READ_TIMEOUT_MS + (long)request->hold_ms));
    return curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK;
}

/*
 * Whether not one byte of the request can have left. The error alone does not tell: when a kept
 * connection dies under a request, libcurl connects anew to send it again, and that may be refused
 * after the first sending arrived. The bytes it counts include every attempt.
 */
static bool never_left(CURL *curl)
{
    long sent = 0;

    return curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &sent) == CURLE_OK && sent == 0;
}

/* The switch's clock, to the second: what the Date header says. */
static int64_t date_ms(CURL *curl)
{
    struct curl_header *header = NULL;

    if (curl_easy_header(curl, "Date", 0, CURLH_HEADER, -1, &header) != CURLHE_OK) {
        return 0;
    }
    int64_t seconds = curl_getdate(header->value, NULL);

    return seconds > 0 ? seconds * 1000 : 0;
}

static fz_rc judge(struct fz_http *http, CURLcode code, struct fz_err *err)
{
    struct fz_pos_reply *reply = http->reply;
    long status = 0;
    curl_off_t retry_after_s = 0;

    if (code != CURLE_OK) {
        const char *why = http->error[0] != '\0' ? http->error : curl_easy_strerror(code);

        return fz_fail(err, never_left(http->curl) ? FZ_UNAVAILABLE : FZ_OUTCOME_UNKNOWN, "%s",
                       why);
    }
    curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(http->curl, CURLINFO_RETRY_AFTER, &retry_after_s);
    reply->status = (int)status;
    reply->date_ms = date_ms(http->curl);
    reply->retry_after_s = retry_after_s > 0 && retry_after_s < 86400 ? (uint32_t)retry_after_s : 0;
    return FZ_OK;
}

/* One transfer, with the pump running beside it. */
static CURLcode perform_pumped(struct fz_http *http)
{
    struct curl_waitfd keyboard = {.fd = http->pump.fd, .events = CURL_WAIT_POLLIN};
    CURLMcode code = curl_multi_add_handle(http->multi, http->curl);
    CURLcode result = CURLE_FAILED_INIT;
    int running = 1;
    int left = 0;
    const CURLMsg *message;

    while (code == CURLM_OK && running > 0) {
        code = curl_multi_perform(http->multi, &running);
        if (code == CURLM_OK && running > 0) {
            code = curl_multi_poll(http->multi, &keyboard, 1, PUMP_MS, NULL);
            http->pump.run(http->pump.ctx);
        }
    }
    while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
        if (message->msg == CURLMSG_DONE) {
            result = message->data.result;
        }
    }
    (void)curl_multi_remove_handle(http->multi, http->curl);
    return result;
}

fz_rc fz_http_send(struct fz_http *http,
                   const struct fz_pos_request *request,
                   struct fz_pos_reply *reply,
                   struct fz_err *err)
{
    struct curl_slist *headers = build_headers(request);
    fz_rc rc;

    reply->body_len = 0;
    if (headers == NULL) {
        return fz_fail(err, FZ_UNAVAILABLE, "no memory for the request's headers");
    }
    http->request = request;
    http->reply = reply;
    http->error[0] = '\0';
    if (set_request(http, request, headers)) {
        rc = judge(http, http->multi == NULL ? curl_easy_perform(http->curl) : perform_pumped(http),
                   err);
    } else {
        rc = fz_fail(err, FZ_UNAVAILABLE, "the request's url is too long");
    }
    curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(headers);
    return rc;
}
