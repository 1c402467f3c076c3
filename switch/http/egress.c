/*
 * Public addresses, by the registries of IANA for special purposes (RFC 6890 and its successors),
 * and the form of a URL. Pure functions.
 */
#include "switch/http/egress.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "feezero/limits.h"

#define HOST_MAX 253

/* --- addresses -------------------------------------------------------------------------------- */

/* What is not public in IPv4: the first `bits` of an address. */
static const struct {
    uint32_t prefix;
    unsigned bits;
} special_v4[] = {
    {0x00000000, 8},  /* "this network" */
    {0x0a000000, 8},  /* private */
    {0x64400000, 10}, /* shared by customers of a carrier */
    {0x7f000000, 8},  /* loopback */
    {0xa9fe0000, 16}, /* link-local; clouds have their secrets there */
    {0xac100000, 12}, /* private */
    {0xc0000000, 24}, /* protocol assignments */
    {0xc0000200, 24}, /* documentation */
    {0xc0586300, 24}, /* the old relays of 6to4 */
    {0xc0a80000, 16}, /* private */
    {0xc6120000, 15}, /* benchmarks */
    {0xc6336400, 24}, /* documentation */
    {0xcb007100, 24}, /* documentation */
    {0xe0000000, 3},  /* multicast, reserved, broadcast */
};

/* What is not public inside 2000::/3, outside of which nothing is. */
static const struct {
    uint8_t prefix[4];
    unsigned bits;
} special_v6[] = {
    {{0x20, 0x01, 0x00, 0x00}, 23}, /* protocol assignments, Teredo among them */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
    {{0x3f, 0xff, 0x00, 0x00}, 20}, /* documentation */
};

static bool is_public_v4(uint32_t address)
{
    for (size_t i = 0; i < sizeof(special_v4) / sizeof(special_v4[0]); i++) {
        if ((address ^ special_v4[i].prefix) >> (32 - special_v4[i].bits) == 0) {
            return false;
        }
    }
    return true;
}

static uint32_t read_v4(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool is_public_v6(const uint8_t bytes[16])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b};
    if (memcmp(bytes, mapped, sizeof(mapped)) == 0 || memcmp(bytes, nat64, sizeof(nat64)) == 0) {
        return is_public_v4(read_v4(bytes + 12));
    }
    if (bytes[0] == 0x20 && bytes[1] == 0x02) { /* 6to4 */
        return is_public_v4(read_v4(bytes + 2));
    }
    if (bytes[0] >> 5 != 1) {
        return false;
    }
    for (size_t i = 0; i < sizeof(special_v6) / sizeof(special_v6[0]); i++) {
        uint32_t difference = read_v4(bytes) ^ read_v4(special_v6[i].prefix);
        if (difference >> (32 - special_v6[i].bits) == 0) {
            return false;
        }
    }
    return true;
}

bool fz_egress_is_public(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof(v4));
        return is_public_v4(ntohl(v4.sin_addr.s_addr));
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof(v6));
        return is_public_v6(v6.sin6_addr.s6_addr);
    }
    return false;
}

/* --- URLs ------------------------------------------------------------------------------------- */

static bool has_only_url_characters(const char *url)
{
    for (const char *at = url; *at != '\0'; at++) {
        if (*at <= ' ' || *at > '~' || strchr("\"<>\\^`{|}", *at) != NULL) {
            return false;
        }
    }
    return true;
}

/* ":443", or nothing. */
static bool is_port(const char *text, size_t len)
{
    if (len == 0) {
        return true;
    }
    long port = 0;
    if (text[0] != ':' || len < 2 || len > 6) {
        return false;
    }
    for (size_t i = 1; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        port = port * 10 + (text[i] - '0');
    }
    return port >= 1 && port <= 65535;
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text);
    size_t end_len = strlen(end);
    return len >= end_len && strcasecmp(text + len - end_len, end) == 0;
}

/* A host in brackets. */
static const char *check_v6(const char *host, bool may_be_private)
{
    struct in6_addr address;
    if (inet_pton(AF_INET6, host, &address) != 1) {
        return "the address in brackets is no IPv6 address";
    }
    return may_be_private || is_public_v6(address.s6_addr) ? NULL : "the address is not public";
}

/* A name or an IPv4 address. What ends in a number is an address, or nothing. */
static const char *check_host(const char *host, bool may_be_private)
{
    static const char *const local[] = {"localhost", ".localhost", ".local", ".internal"};
    struct in_addr address;
    if (host[strspn(host, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-")] !=
            '\0' ||
        host[0] == '\0' || host[0] == '.' || host[0] == '-' || strstr(host, "..") != NULL) {
        return "the host is neither a name nor an address; write other scripts as xn--";
    }
    const char *last = strrchr(host, '.');
    last = last == NULL ? host : last + 1;
    if (last[0] >= '0' && last[0] <= '9') {
        if (inet_pton(AF_INET, host, &address) != 1) {
            return "the host is neither a name nor an address";
        }
        return may_be_private || is_public_v4(ntohl(address.s_addr)) ? NULL
                                                                     : "the address is not public";
    }
    for (size_t i = 0; !may_be_private && i < sizeof(local) / sizeof(local[0]); i++) {
        if (local[i][0] == '.' ? ends_with(host, local[i]) : strcasecmp(host, local[i]) == 0) {
            return "the name is not public";
        }
    }
    return NULL;
}

/* "host", "host:port", "[address]:port": of `len` bytes. */
static const char *check_authority(const char *text, size_t len, bool may_be_private)
{
    char host[HOST_MAX + 1];
    bool is_v6 = text[0] == '[';
    size_t skip = is_v6 ? 1 : 0;
    size_t host_len = strcspn(text + skip, is_v6 ? "]" : ":");
    host_len = host_len < len - skip ? host_len : len - skip;
    if (memchr(text, '@', len) != NULL) {
        return "a user or a password is not allowed in it";
    }
    if (host_len > HOST_MAX || (is_v6 && text[skip + host_len] != ']')) {
        return "the host is neither a name nor an address";
    }
    size_t port_at = skip + host_len + skip;
    if (port_at > len || !is_port(text + port_at, len - port_at)) {
        return "the port is no number from 1 to 65535";
    }
    memcpy(host, text + skip, host_len);
    host[host_len] = '\0';
    return is_v6 ? check_v6(host, may_be_private) : check_host(host, may_be_private);
}

const char *fz_egress_url_fault(const char *url, bool may_be_private)
{
    size_t scheme_len = strlen("https://");
    if (strlen(url) > FZ_WEBHOOK_URL_MAX) {
        return "the URL is too long";
    }
    if (strncmp(url, "https://", scheme_len) != 0) {
        scheme_len = strlen("http://");
        if (!may_be_private || strncmp(url, "http://", scheme_len) != 0) {
            return "the URL does not begin with https://";
        }
    }
    if (!has_only_url_characters(url)) {
        return "the URL has characters that must be percent-encoded";
    }
    if (strchr(url, '#') != NULL) {
        return "a fragment is not allowed in the URL";
    }
    const char *authority = url + scheme_len;
    size_t authority_len = strcspn(authority, "/?");
    if (authority_len == 0) {
        return "the URL has no host";
    }
    return check_authority(authority, authority_len, may_be_private);
}
