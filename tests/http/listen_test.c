/*
 * Listening sockets: reading of addresses, what an accepted connection inherits, and sharing a
 * port.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "switch/http/listen.h"

static struct fz_err err;

struct address_row {
    const char *text;
    const char *host; /* NULL: malformed */
    const char *port;
};

static const struct address_row addresses[] = {
    {"0.0.0.0:8443", "0.0.0.0", "8443"},
    {"  a.example:1  ", "a.example", "1"},
    {"[::1]:65535", "::1", "65535"},
    {"[::]:0", "::", "0"},
    {"a:", NULL, NULL},
    {":1", NULL, NULL},
    {"[]:1", NULL, NULL},
    {"::1:1", NULL, NULL},
    {"a:65536", NULL, NULL},
    {"a:000001", NULL, NULL},
    {"a:-1", NULL, NULL},
    {"a:1x", NULL, NULL},
    {"a", NULL, NULL},
};

Test(listen, reads_addresses)
{
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        const char *cursor = addresses[i].text;
        struct fz_listen_address address;
        bool read = fz_listen_next(&cursor, &address);
        cr_expect_eq(read, addresses[i].host != NULL, "%s", addresses[i].text);
        if (read && addresses[i].host != NULL) {
            cr_expect_str_eq(address.host, addresses[i].host);
            cr_expect_str_eq(address.port, addresses[i].port);
            cr_expect_not(fz_listen_next(&cursor, &address));
            cr_expect_eq(*cursor, '\0', "%s", addresses[i].text);
        } else {
            cr_expect_neq(*cursor, '\0', "%s", addresses[i].text);
        }
    }
}

static int connect_to(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert(fd >= 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

/* Without it each answer on a keep-alive connection can wait 40 ms for the client's delayed ACK. */
Test(listen, accepted_connections_have_no_delay)
{
    int fd = -1;
    size_t len = 0;
    int no_delay = 0;
    socklen_t size = sizeof(no_delay);
    cr_assert_eq(fz_listen_open("127.0.0.1:0", &fd, 1, &len, &err), FZ_OK, "%s", err.msg);
    cr_assert_eq(len, 1);
    int client = connect_to(fz_listen_port(fd));
    struct pollfd watched = {.fd = fd, .events = POLLIN};
    cr_assert_eq(poll(&watched, 1, 5000), 1);
    int accepted = accept(fd, NULL, NULL);
    cr_assert(accepted >= 0);
    cr_assert_eq(getsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &no_delay, &size), 0);
    cr_expect_eq(no_delay, 1);
    cr_expect(accept(fd, NULL, NULL) < 0, "and the listening socket does not block");
    (void)close(accepted);
    (void)close(client);
    (void)close(fd);
}

Test(listen, is_shared_by_workers_but_not_by_instances)
{
    int fds[4];
    size_t len = 0;
    char address[64];
    cr_assert_eq(fz_listen_open("127.0.0.1:0 127.0.0.1:0", fds, 4, &len, &err), FZ_OK, "%s",
                 err.msg);
    cr_assert_eq(len, 2);
    (void)snprintf(address, sizeof(address), "127.0.0.1:%u", fz_listen_port(fds[0]));
    cr_expect_eq(fz_listen_open(address, &fds[2], 1, &len, &err), FZ_OK, "%s", err.msg);
    cr_expect_eq(fz_listen_probe(address, &err), FZ_IO);
    cr_expect(strstr(err.msg, address) != NULL, "%s", err.msg);
    (void)close(fds[0]);
    (void)close(fds[2]);
    cr_expect_eq(fz_listen_probe(address, &err), FZ_OK, "%s", err.msg);
    (void)close(fds[1]);
}

Test(listen, leaves_nothing_open_when_it_fails)
{
    int fds[2] = {-1, -1};
    size_t len = 9;
    int next = dup(STDOUT_FILENO);
    (void)close(next);
    cr_expect_eq(fz_listen_open("127.0.0.1:0 192.0.2.1:1", fds, 2, &len, &err), FZ_IO);
    cr_expect_eq(len, 0);
    cr_expect_eq(fz_listen_open("127.0.0.1:0 127.0.0.1:0 127.0.0.1:0", fds, 2, &len, &err),
                 FZ_CONFIG);
    cr_expect_eq(fz_listen_open("no.such.name.invalid:1", fds, 2, &len, &err), FZ_CONFIG);
    int again = dup(STDOUT_FILENO);
    cr_expect_eq(again, next, "a descriptor was left open");
    (void)close(again);
}
