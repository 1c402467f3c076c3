/*
 * Fuzzing the URLs of webhooks. What is accepted is taken apart by libcurl, which is who connects
 * in the end: it must see the same scheme and a host, no user and no fragment, and a host that is
 * an address to it must be a public one. What libcurl does not take need not be refused by us.
 */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include "feezero/assert.h"
#include "feezero/limits.h"
#include "switch/http/egress.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* A part of the URL; NULL if it has none. Freed by curl_free(). */
static char *part_of(CURLU *url, CURLUPart part)
{
    char *text = NULL;
    return curl_url_get(url, part, &text, 0) == CURLUE_OK ? text : NULL;
}

/* If the host is an address, whether it is public. */
static bool is_public_host(const char *host)
{
    char address[64] = "";
    size_t len = strlen(host);
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (host[0] == '[' && len - 2 < sizeof address) {
        memcpy(address, host + 1, len - 2);
        fz_assert(inet_pton(AF_INET6, address, &v6.sin6_addr) == 1);
        return fz_egress_is_public((const struct sockaddr *)&v6);
    }
    return inet_pton(AF_INET, host, &v4.sin_addr) != 1 ||
           fz_egress_is_public((const struct sockaddr *)&v4);
}

static void check_accepted(const char *text, bool may_be_private)
{
    CURLU *url = curl_url();
    fz_assert(url != NULL);
    if (curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK) {
        char *scheme = part_of(url, CURLUPART_SCHEME);
        char *host = part_of(url, CURLUPART_HOST);
        char *user = part_of(url, CURLUPART_USER);
        char *fragment = part_of(url, CURLUPART_FRAGMENT);
        fz_assert(scheme != NULL && host != NULL && user == NULL && fragment == NULL);
        fz_assert(strcmp(scheme, "https") == 0 || (may_be_private && strcmp(scheme, "http") == 0));
        fz_assert(may_be_private || is_public_host(host));
        curl_free(scheme);
        curl_free(host);
    }
    curl_url_cleanup(url);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    char text[FZ_WEBHOOK_URL_MAX + 8];
    if (len >= sizeof text) {
        return 0;
    }
    memcpy(text, bytes, len);
    text[len] = '\0';
    bool is_good = fz_egress_url_fault(text, false) == NULL;
    bool is_good_private = fz_egress_url_fault(text, true) == NULL;
    fz_assert(!is_good || is_good_private); /* leave to do more forbids nothing */
    if (is_good) {
        check_accepted(text, false);
    }
    if (is_good_private) {
        check_accepted(text, true);
    }
    return 0;
}
