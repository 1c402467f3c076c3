/*
 * Where requests of our own may go: every special range of IANA's registries with its first and its
 * last address, its neighbours outside, and the forms of a URL.
 */
#include "switch/http/egress.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "feezero/limits.h"

#define LEN(table) (sizeof(table) / sizeof((table)[0]))

static bool is_public(const char *text)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
        return fz_egress_is_public((const struct sockaddr *)&v4);
    }
    cr_assert_eq(inet_pton(AF_INET6, text, &v6.sin6_addr), 1, "%s", text);
    return fz_egress_is_public((const struct sockaddr *)&v6);
}

static const char *const refused[] = {
    "0.0.0.0",
    "0.255.255.255",
    "10.0.0.0",
    "10.255.255.255",
    "100.64.0.0",
    "100.127.255.255",
    "127.0.0.0",
    "127.0.0.1",
    "127.255.255.255",
    "169.254.0.0",
    "169.254.169.254",
    "169.254.255.255",
    "172.16.0.0",
    "172.31.255.255",
    "192.0.0.0",
    "192.0.0.255",
    "192.0.2.0",
    "192.0.2.255",
    "192.88.99.0",
    "192.88.99.255",
    "192.168.0.0",
    "192.168.255.255",
    "198.18.0.0",
    "198.19.255.255",
    "198.51.100.0",
    "198.51.100.255",
    "203.0.113.0",
    "203.0.113.255",
    "224.0.0.0",
    "239.255.255.255",
    "240.0.0.0",
    "255.255.255.255",
    /* IPv6: unspecified, loopback, compatible, local, multicast, documentation, Teredo */
    "::",
    "::1",
    "::8.8.8.8",
    "fc00::1",
    "fdff::1",
    "fe80::1",
    "febf::1",
    "fec0::1",
    "ff02::1",
    "2001::1",
    "2001:1ff:ffff::",
    "2001:db8::",
    "2001:db8:ffff::1",
    "3fff::1",
    "3fff:fff::1",
    "100::1",
    "1fff::1",
    "4000::1",
    "64:ff9b:1::1",
    "5f00::1",
    /* an IPv4 address inside: mapped, NAT64, 6to4 */
    "::ffff:127.0.0.1",
    "::ffff:10.1.2.3",
    "::ffff:169.254.169.254",
    "64:ff9b::192.168.1.1",
    "2002:7f00:1::",
    "2002:a00:1::1",
};

static const char *const allowed[] = {
    "1.0.0.0",         "9.255.255.255", "11.0.0.0",        "100.63.255.255",   "100.128.0.0",
    "126.255.255.255", "128.0.0.0",     "169.253.255.255", "169.255.0.0",      "172.15.255.255",
    "172.32.0.0",      "192.0.1.0",     "192.0.3.0",       "192.88.98.255",    "192.88.100.0",
    "192.167.255.255", "192.169.0.0",   "198.17.255.255",  "198.20.0.0",       "198.51.99.255",
    "198.51.101.0",    "203.0.112.255", "203.0.114.0",     "223.255.255.255",  "8.8.8.8",
    "2000::1",         "2001:200::1",   "2001:db7::1",     "2001:db9::1",      "2606:4700::1111",
    "3ffe::1",         "3fff:1000::1",  "::ffff:8.8.8.8",  "64:ff9b::8.8.8.8", "2002:808:808::1",
};

Test(egress, special_addresses_are_not_public)
{
    for (size_t i = 0; i < LEN(refused); i++) {
        cr_expect(!is_public(refused[i]), "%s", refused[i]);
    }
    for (size_t i = 0; i < LEN(allowed); i++) {
        cr_expect(is_public(allowed[i]), "%s", allowed[i]);
    }
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    cr_expect(!fz_egress_is_public((const struct sockaddr *)&local), "a socket of this machine");
}

static const struct {
    const char *url;
    bool good;         /* for everybody */
    bool good_private; /* where private ones are allowed */
} urls[] = {
    {"https://shop.example/hooks", true, true},
    {"https://shop.example", true, true},
    {"https://shop.example:8443/hooks?a=b&c=%20d", true, true},
    {"https://shop.example?x", true, true},
    {"https://xn--wgv71a.example/", true, true},
    {"https://8.8.8.8/x", true, true},
    {"https://[2606:4700::1111]:443/x", true, true},
    {"http://shop.example/hooks", false, true},
    {"https://localhost/x", false, true},
    {"https://LOCALHOST./x", true, true}, /* its address is looked at when it is connected to */
    {"https://till.local/x", false, true},
    {"https://db.internal/x", false, true},
    {"https://a.localhost", false, true},
    {"https://127.0.0.1/x", false, true},
    {"https://10.0.0.1:80", false, true},
    {"https://[::1]/x", false, true},
    {"https://[::ffff:10.0.0.1]", false, true},
    {"https://[fe80::1]", false, true},
    {"https://[fe80::1%25eth0]/", false, false},
    {"https://2130706433/", false, false}, /* 127.0.0.1 to some */
    {"https://127.1/", false, false},
    {"https://0x7f.0.0.1/", false, false},
    {"ftp://shop.example/", false, false},
    {"HTTPS://shop.example/", false, false},
    {"https:/shop.example/", false, false},
    {"https://", false, false},
    {"https:///x", false, false},
    {"https://:443/x", false, false},
    {"https://shop.example:/x", false, false},
    {"https://shop.example:0/x", false, false},
    {"https://shop.example:65536/x", false, false},
    {"https://shop.example:4a/x", false, false},
    {"https://user@shop.example/", false, false},
    {"https://user:pw@127.0.0.1/", false, false},
    {"https://shop.example/#top", false, false},
    {"https://shop.example/a b", false, false},
    {"https://shop.example/\x7f", false, false},
    {"https://\xe5\xba\x97.example/", false, false},
    {"https://shop.example/\"", false, false},
    {"https://shop.example\\@127.0.0.1/", false, false},
    {"https://-shop.example/", false, false},
    {"https://shop..example/", false, false},
    {"https://[::1", false, false},
    {"https://[::1]x/", false, false},
    {"https://[nonsense]/", false, false},
    {"", false, false},
};

Test(egress, urls)
{
    for (size_t i = 0; i < LEN(urls); i++) {
        const char *fault = fz_egress_url_fault(urls[i].url, false);
        cr_expect_eq(fault == NULL, urls[i].good, "%s: %s", urls[i].url, fault);
        fault = fz_egress_url_fault(urls[i].url, true);
        cr_expect_eq(fault == NULL, urls[i].good_private, "%s, private: %s", urls[i].url, fault);
    }
}

Test(egress, lengths_of_a_url)
{
    char url[FZ_WEBHOOK_URL_MAX + 2];
    (void)snprintf(url, sizeof(url), "https://shop.example/%0*d",
                   (int)(FZ_WEBHOOK_URL_MAX - strlen("https://shop.example/")), 0);
    cr_assert_eq(strlen(url), FZ_WEBHOOK_URL_MAX);
    cr_expect_null(fz_egress_url_fault(url, false));
    (void)snprintf(url, sizeof(url), "https://shop.example/%0*d",
                   (int)(FZ_WEBHOOK_URL_MAX + 1 - strlen("https://shop.example/")), 0);
    cr_expect_str_eq(fz_egress_url_fault(url, false), "the URL is too long");
    (void)snprintf(url, sizeof(url), "https://%0254dx/", 0);
    cr_expect_not_null(fz_egress_url_fault(url, false), "a host of 255 bytes");
}
