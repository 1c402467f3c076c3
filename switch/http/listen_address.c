/*
 * Reading of "HOST:PORT" lists: pure text, so that the configuration can be checked by programs
 * that open no sockets (`fz`).
 */
#include "switch/http/listen.h"

#include <string.h>

/* Copies the port's digits; false unless there are 1 to 5 of them, at most 65535. */
static bool read_port(const char *text, size_t len, char port_out[6])
{
    if (len < 1 || len > 5) {
        return false;
    }
    unsigned long port = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        port = port * 10 + (unsigned long)(text[i] - '0');
    }
    memcpy(port_out, text, len);
    port_out[len] = '\0';
    return port <= 65535;
}

bool fz_listen_next(const char **cursor, struct fz_listen_address *address_out)
{
    const char *start = *cursor + strspn(*cursor, " ");
    size_t len = strcspn(start, " ");
    *cursor = start;
    if (len == 0) {
        return false;
    }
    const char *colon = memrchr(start, ':', len);
    if (colon == NULL ||
        !read_port(colon + 1, len - (size_t)(colon - start) - 1, address_out->port)) {
        return false;
    }
    const char *host = start;
    size_t host_len = (size_t)(colon - start);
    bool bracketed = host_len >= 2 && host[0] == '[' && host[host_len - 1] == ']';
    if (bracketed) {
        host++;
        host_len -= 2;
    } else if (memchr(host, ':', host_len) != NULL) {
        return false; /* an IPv6 address without brackets */
    }
    if (host_len == 0 || host_len >= sizeof(address_out->host)) {
        return false;
    }
    memcpy(address_out->host, host, host_len);
    address_out->host[host_len] = '\0';
    *cursor = start + len;
    return true;
}
