/*
 * Opening of listening sockets.
 */
#include "switch/http/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The first address of a name. Caller frees with freeaddrinfo(). */
static fz_rc
resolve(const struct fz_listen_address *address, struct addrinfo **info_out, struct fz_err *err)
{
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
    };
    int problem = getaddrinfo(address->host, address->port, &hints, info_out);
    if (problem != 0) {
        return fz_fail(err, FZ_CONFIG, "listen %s:%s: %s", address->host, address->port,
                       gai_strerror(problem));
    }
    return FZ_OK;
}

static bool set_option(int fd, int level, int option)
{
    int on = 1;
    return setsockopt(fd, level, option, &on, sizeof(on)) == 0;
}

/* A bound socket; with `shared` other sockets of ours may be bound to the same address. */
static fz_rc
open_bound(const struct fz_listen_address *address, bool shared, int *fd_out, struct fz_err *err)
{
    struct addrinfo *info = NULL;
    fz_rc rc = resolve(address, &info, err);
    if (rc != FZ_OK) {
        return rc;
    }
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || !set_option(fd, SOL_SOCKET, SO_REUSEADDR) ||
        (shared && !set_option(fd, SOL_SOCKET, SO_REUSEPORT)) ||
        (info->ai_family == AF_INET6 && !set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY)) ||
        bind(fd, info->ai_addr, info->ai_addrlen) != 0) {
        rc = fz_fail(err, FZ_IO, "listen %s:%s: %s", address->host, address->port, strerror(errno));
        if (fd >= 0) {
            (void)close(fd);
        }
        fd = -1;
    }
    freeaddrinfo(info);
    *fd_out = fd;
    return rc;
}

static fz_rc
open_listening(const struct fz_listen_address *address, int *fd_out, struct fz_err *err)
{
    int fd = -1;
    fz_rc rc = open_bound(address, true, &fd, err);
    if (rc != FZ_OK) {
        return rc;
    }
    if (!set_option(fd, IPPROTO_TCP, TCP_NODELAY) || listen(fd, FZ_LISTEN_BACKLOG) != 0) {
        rc = fz_fail(err, FZ_IO, "listen %s:%s: %s", address->host, address->port, strerror(errno));
        (void)close(fd);
        return rc;
    }
    *fd_out = fd;
    return FZ_OK;
}

fz_rc fz_listen_open(
    const char *list, int *fds_out, size_t fds_max, size_t *fds_len_out, struct fz_err *err)
{
    struct fz_listen_address address;
    const char *cursor = list;
    size_t len = 0;
    fz_rc rc = FZ_OK;
    while (rc == FZ_OK && fz_listen_next(&cursor, &address)) {
        if (len == fds_max) {
            rc = fz_fail(err, FZ_CONFIG, "listen: more than %zu addresses", fds_max);
            break;
        }
        rc = open_listening(&address, &fds_out[len], err);
        if (rc == FZ_OK) {
            len++;
        }
    }
    if (rc == FZ_OK && (*cursor != '\0' || len == 0)) {
        rc = fz_fail(err, FZ_CONFIG, "listen: not an address: %s", cursor);
    }
    if (rc != FZ_OK) {
        while (len > 0) {
            (void)close(fds_out[--len]);
        }
    }
    *fds_len_out = len;
    return rc;
}

fz_rc fz_listen_probe(const char *list, struct fz_err *err)
{
    struct fz_listen_address address;
    const char *cursor = list;
    fz_rc rc = FZ_OK;
    while (rc == FZ_OK && fz_listen_next(&cursor, &address)) {
        int fd = -1;
        rc = open_bound(&address, false, &fd, err);
        if (fd >= 0) {
            (void)close(fd);
        }
    }
    return rc;
}

unsigned fz_listen_port(int fd)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);
    memset(&address, 0, sizeof(address));
    if (getsockname(fd, (struct sockaddr *)&address, &len) != 0) {
        return 0;
    }
    if (address.ss_family == AF_INET6) {
        return ntohs(((const struct sockaddr_in6 *)(const void *)&address)->sin6_port);
    }
    return ntohs(((const struct sockaddr_in *)(const void *)&address)->sin_port);
}
