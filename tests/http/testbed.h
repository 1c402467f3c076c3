/*
 * A running fz-http-echo with a certificate of its own in a folder of its own, and a client that
 * speaks TLS byte by byte. Every failure is a failed Criterion assertion.
 */
#ifndef TESTS_HTTP_TESTBED_H
#define TESTS_HTTP_TESTBED_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct bed {
    char dir[64];
    char config[96]; /* path of the configuration file */
    char log[96];    /* path of the log: what the program wrote to stderr */
    unsigned port;
    int port_fd; /* keeps the port ours */
    unsigned workers;
    pid_t pid; /* of the master; 0: not running */
};

/* A folder with cert.pem, key.pem (for "localhost") and a configuration for one worker. */
void bed_create(struct bed *bed);

/* Writes the configuration anew: the usual one, then `extra` lines. */
void bed_configure(struct bed *bed, unsigned workers, const char *extra);

/* A certificate and key for `name` in the folder, as `prefix`cert.pem and `prefix`key.pem. */
void bed_make_certificate(struct bed *bed, const char *prefix, const char *name);

/* Puts one file of the folder in the place of another. */
void bed_replace(struct bed *bed, const char *from, const char *to);

/* Starts the program and waits until it answers. */
void bed_start(struct bed *bed);

/* Runs the program with one more argument until it ends; returns its exit code. */
int bed_run(struct bed *bed, const char *argument, char *output, size_t output_size);

/* Sends a signal, waits for the end and returns the exit code. */
int bed_stop(struct bed *bed, int signal);

/* Waits until the log has `text` in it so many times; false after twenty seconds. */
bool bed_log_has(struct bed *bed, const char *text, size_t times);

/* Stops the program if it runs and removes the folder. */
void bed_destroy(struct bed *bed);

struct client {
    int fd;
    SSL_CTX *context;
    SSL *session;
};

struct answer {
    int status; /* 0: the connection ended before a whole answer came */
    char head[8192];
    char body[32768];
    size_t body_len;
};

/* Connects and shakes hands with at most TLS `version` (0: the best); false if that fails. */
bool client_open(struct client *client, unsigned port, int version);

/* A connection without a handshake yet. */
void client_connect(struct client *client, unsigned port);

/* Does nobody listen on the port? */
bool client_refused(unsigned port);

void client_send(struct client *client, const char *text);
void client_send_bytes(struct client *client, const void *bytes, size_t len);

/* Reads one answer; `head_only` for answers to HEAD. */
void client_read(struct client *client, bool head_only, struct answer *answer);

/* Sends a whole request without a body and reads the answer. */
void client_get(struct client *client, const char *path, struct answer *answer);

/* True if the server closes the connection within `timeout_ms` without sending anything more. */
bool client_is_closed(struct client *client, int timeout_ms);

/* Common name of the server's certificate. */
void client_peer_name(struct client *client, char *name, size_t name_size);

/* Closes; `reset` with a RST instead of a FIN. */
void client_close(struct client *client, bool reset);

/* One request on a connection of its own. */
void fetch(unsigned port, const char *path, struct answer *answer);

#endif
