/*
 * The test bed: certificate, configuration, process, client.
 */
#include "tests/http/testbed.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void sleep_ms(long ms)
{
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000};
    (void)nanosleep(&time, NULL);
}

static struct sockaddr_in loopback(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/* A free port, kept by a socket that is bound to it but does not listen. */
static void reserve_port(struct bed *bed)
{
    int on = 1;
    struct sockaddr_in address = loopback(0);
    socklen_t len = sizeof(address);
    bed->port_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert(bed->port_fd >= 0);
    cr_assert_eq(setsockopt(bed->port_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
    cr_assert_eq(setsockopt(bed->port_fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)), 0);
    cr_assert_eq(bind(bed->port_fd, (struct sockaddr *)&address, len), 0);
    cr_assert_eq(getsockname(bed->port_fd, (struct sockaddr *)&address, &len), 0);
    bed->port = ntohs(address.sin_port);
}

static FILE *create_file(struct bed *bed, const char *prefix, const char *name, mode_t mode)
{
    char path[160];
    (void)snprintf(path, sizeof(path), "%s/%s%s", bed->dir, prefix, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    cr_assert(fd >= 0, "%s: %s", path, strerror(errno));
    FILE *file = fdopen(fd, "w");
    cr_assert(file != NULL);
    return file;
}

void bed_make_certificate(struct bed *bed, const char *prefix, const char *name)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    cr_assert(key != NULL && certificate != NULL);
    cr_assert(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1));
    cr_assert(X509_gmtime_adj(X509_getm_notBefore(certificate), -60) != NULL);
    cr_assert(X509_gmtime_adj(X509_getm_notAfter(certificate), 86400) != NULL);
    X509_NAME *subject = X509_get_subject_name(certificate);
    cr_assert(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name,
                                         -1, -1, 0));
    cr_assert(X509_set_issuer_name(certificate, subject));
    cr_assert(X509_set_pubkey(certificate, key));
    cr_assert(X509_sign(certificate, key, EVP_sha256()) > 0);
    FILE *file = create_file(bed, prefix, "cert.pem", 0644);
    cr_assert(PEM_write_X509(file, certificate));
    cr_assert_eq(fclose(file), 0);
    file = create_file(bed, prefix, "key.pem", 0600);
    cr_assert(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL));
    cr_assert_eq(fclose(file), 0);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

void bed_replace(struct bed *bed, const char *from, const char *to)
{
    char from_path[128];
    char to_path[128];
    (void)snprintf(from_path, sizeof(from_path), "%s/%s", bed->dir, from);
    (void)snprintf(to_path, sizeof(to_path), "%s/%s", bed->dir, to);
    cr_assert_eq(rename(from_path, to_path), 0);
}

void bed_configure(struct bed *bed, unsigned workers, const char *extra)
{
    FILE *file = create_file(bed, "", "switch.conf", 0644);
    (void)fprintf(file,
                  "listen = 127.0.0.1:%u\ntls_certificate = cert.pem\ntls_key = key.pem\n"
                  "database = host=/nowhere\nworkers = %u\nlog_level = debug\n%s",
                  bed->port, workers, extra);
    cr_assert_eq(fclose(file), 0);
    bed->workers = workers;
}

void bed_create(struct bed *bed)
{
    (void)signal(SIGPIPE, SIG_IGN);
    *bed = (struct bed){.port_fd = -1};
    (void)snprintf(bed->dir, sizeof(bed->dir), "/tmp/fz-http-XXXXXX");
    cr_assert(mkdtemp(bed->dir) != NULL);
    (void)snprintf(bed->config, sizeof(bed->config), "%s/switch.conf", bed->dir);
    (void)snprintf(bed->log, sizeof(bed->log), "%s/log", bed->dir);
    reserve_port(bed);
    bed_make_certificate(bed, "", "localhost");
    bed_configure(bed, 1, "");
}

static const char *echo_path(void)
{
    static char path[512];
    const char *build = getenv("FZ_BUILD_DIR");
    cr_assert(build != NULL, "FZ_BUILD_DIR is not set: run this through ctest");
    (void)snprintf(path, sizeof(path), "%s/tests/bin/fz-http-echo", build);
    return path;
}

/* In the child: stderr to the log, stdout to `out_fd`, then the program. */
static void exec_program(struct bed *bed, const char *argument, int out_fd)
{
    int log_fd = open(bed->log, O_WRONLY | O_CREAT | O_APPEND, 0644);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (log_fd < 0 || dup2(log_fd, STDERR_FILENO) < 0 || dup2(out_fd, STDOUT_FILENO) < 0) {
        _exit(126);
    }
    (void)execl(echo_path(), "fz-http-echo", "-c", bed->config, argument, (char *)NULL);
    _exit(127);
}

static size_t count_in_log(struct bed *bed, const char *text)
{
    static char log[1 << 20];
    FILE *file = fopen(bed->log, "re");
    if (file == NULL) {
        return 0;
    }
    log[fread(log, 1, sizeof(log) - 1, file)] = '\0';
    (void)fclose(file);
    size_t count = 0;
    for (const char *at = log; (at = strstr(at, text)) != NULL; at++) {
        count++;
    }
    return count;
}

bool bed_log_has(struct bed *bed, const char *text, size_t times)
{
    for (int attempt = 0; attempt < 2000; attempt++) {
        if (count_in_log(bed, text) >= times) {
            return true;
        }
        sleep_ms(10);
    }
    return false;
}

void bed_start(struct bed *bed)
{
    cr_assert_eq(bed->pid, 0);
    (void)unlink(bed->log);
    bed->pid = fork();
    cr_assert(bed->pid >= 0);
    if (bed->pid == 0) {
        exec_program(bed, NULL, STDERR_FILENO);
    }
    cr_assert(bed_log_has(bed, "ev=worker.ready", bed->workers),
              "the program did not start: see %s", bed->log);
}

static int wait_for_end(pid_t pid)
{
    int status = 0;
    for (int attempt = 0; attempt < 3000; attempt++) {
        if (waitpid(pid, &status, WNOHANG) == pid) {
            return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
        }
        sleep_ms(10);
    }
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, &status, 0);
    cr_assert_fail("the program did not end");
    return -1;
}

int bed_run(struct bed *bed, const char *argument, char *output, size_t output_size)
{
    int ends[2];
    size_t len = 0;
    ssize_t got = 0;
    cr_assert_eq(pipe(ends), 0);
    pid_t pid = fork();
    cr_assert(pid >= 0);
    if (pid == 0) {
        exec_program(bed, argument, ends[1]);
    }
    (void)close(ends[1]);
    while (len + 1 < output_size &&
           (got = read(ends[0], output + len, output_size - len - 1)) > 0) {
        len += (size_t)got;
    }
    output[len] = '\0';
    (void)close(ends[0]);
    return wait_for_end(pid);
}

int bed_stop(struct bed *bed, int signal)
{
    cr_assert(bed->pid > 0);
    cr_assert_eq(kill(bed->pid, signal), 0);
    int code = wait_for_end(bed->pid);
    bed->pid = 0;
    return code;
}

void bed_destroy(struct bed *bed)
{
    static const char *const names[] = {"cert.pem",      "key.pem",        "switch.conf",
                                        "log",           "other-cert.pem", "other-key.pem",
                                        "kept-cert.pem", "kept-key.pem"};
    if (bed->pid > 0) {
        cr_expect_eq(bed_stop(bed, SIGTERM), 0);
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[128];
        (void)snprintf(path, sizeof(path), "%s/%s", bed->dir, names[i]);
        (void)unlink(path);
    }
    cr_expect_eq(rmdir(bed->dir), 0, "%s is not empty", bed->dir);
    (void)close(bed->port_fd);
}

bool client_refused(unsigned port)
{
    struct sockaddr_in address = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert(fd >= 0);
    bool refused =
        connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0 && errno == ECONNREFUSED;
    (void)close(fd);
    return refused;
}

void client_connect(struct client *client, unsigned port)
{
    struct sockaddr_in address = loopback(port);
    *client = (struct client){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    cr_assert(client->fd >= 0);
    cr_assert_eq(connect(client->fd, (struct sockaddr *)&address, sizeof(address)), 0,
                 "port %u: %s", port, strerror(errno));
}

bool client_open(struct client *client, unsigned port, int version)
{
    client_connect(client, port);
    client->context = SSL_CTX_new(TLS_client_method());
    cr_assert(client->context != NULL);
    SSL_CTX_set_options(client->context, SSL_OP_IGNORE_UNEXPECTED_EOF);
    if (version != 0) {
        SSL_CTX_set_security_level(client->context, 0);
        cr_assert(SSL_CTX_set_min_proto_version(client->context, TLS1_VERSION));
        cr_assert(SSL_CTX_set_max_proto_version(client->context, version));
    }
    client->session = SSL_new(client->context);
    cr_assert(client->session != NULL);
    cr_assert(SSL_set_fd(client->session, client->fd));
    if (SSL_connect(client->session) != 1) {
        ERR_clear_error();
        client_close(client, false);
        return false;
    }
    return true;
}

void client_send_bytes(struct client *client, const void *bytes, size_t len)
{
    size_t sent = 0;
    cr_assert(SSL_write_ex(client->session, bytes, len, &sent) == 1 && sent == len);
}

void client_send(struct client *client, const char *text)
{
    client_send_bytes(client, text, strlen(text));
}

/* The next byte, or -1 at the end. */
static int read_byte(struct client *client)
{
    unsigned char byte = 0;
    return SSL_read(client->session, &byte, 1) == 1 ? byte : -1;
}

static bool read_head(struct client *client, struct answer *answer)
{
    size_t len = 0;
    while (len + 1 < sizeof(answer->head)) {
        int byte = read_byte(client);
        if (byte < 0) {
            return false;
        }
        answer->head[len++] = (char)byte;
        answer->head[len] = '\0';
        if (len >= 4 && strcmp(answer->head + len - 4, "\r\n\r\n") == 0) {
            return sscanf(answer->head, "HTTP/1.1 %d", &answer->status) == 1;
        }
    }
    return false;
}

void client_read(struct client *client, bool head_only, struct answer *answer)
{
    memset(answer, 0, sizeof(*answer));
    if (!read_head(client, answer)) {
        answer->status = 0;
        return;
    }
    const char *length = strcasestr(answer->head, "\r\nContent-Length:");
    cr_assert(length != NULL, "an answer without Content-Length: %s", answer->head);
    size_t expected = strtoul(length + 17, NULL, 10);
    cr_assert(expected < sizeof(answer->body));
    while (!head_only && answer->body_len < expected) {
        int byte = read_byte(client);
        cr_assert(byte >= 0, "the body is cut off");
        answer->body[answer->body_len++] = (char)byte;
    }
}

void client_get(struct client *client, const char *path, struct answer *answer)
{
    char request[1024];
    (void)snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
    client_send(client, request);
    client_read(client, false, answer);
}

bool client_is_closed(struct client *client, int timeout_ms)
{
    struct pollfd watched = {.fd = client->fd, .events = POLLIN};
    char byte = 0;
    if (client->session != NULL && SSL_pending(client->session) > 0) {
        return false;
    }
    while (poll(&watched, 1, timeout_ms) == 1) {
        ssize_t got = 0;
        if (client->session == NULL) {
            got = recv(client->fd, &byte, 1, 0);
            return got <= 0;
        }
        /* Only records without data (session tickets, close_notify) may come before the end. */
        int n = SSL_read(client->session, &byte, 1);
        int problem = SSL_get_error(client->session, n);
        ERR_clear_error();
        return n <= 0 && problem != SSL_ERROR_WANT_READ;
    }
    return false;
}

void client_peer_name(struct client *client, char *name, size_t name_size)
{
    X509 *certificate = SSL_get1_peer_certificate(client->session);
    cr_assert(certificate != NULL);
    cr_assert(X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name,
                                        (int)name_size) > 0);
    X509_free(certificate);
}

void client_close(struct client *client, bool reset)
{
    if (reset) {
        struct linger linger = {.l_onoff = 1, .l_linger = 0};
        cr_assert_eq(setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
    }
    if (client->session != NULL) {
        /* As if both sides had said goodbye: else OpenSSL will not resume the session. */
        SSL_set_shutdown(client->session, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    }
    SSL_free(client->session);
    SSL_CTX_free(client->context);
    (void)close(client->fd);
    *client = (struct client){.fd = -1};
}

void fetch(unsigned port, const char *path, struct answer *answer)
{
    struct client client;
    cr_assert(client_open(&client, port, 0));
    client_get(&client, path, answer);
    client_close(&client, false);
}
