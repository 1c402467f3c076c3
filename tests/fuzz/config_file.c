/*
 * Fuzzing the configuration file. What is refused says why; what is accepted keeps to the table
 * config.def, and printed and read again it is the same.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "feezero/assert.h"
#include "switch/http/config.h"

#define INPUT_MAX 4096
#define PIECE_MAX 100 /* what cannot be broken and is longer may not fit into a line */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void name_of(int fd, char name[32])
{
    (void)snprintf(name, 32, "/proc/self/fd/%d", fd);
}

static bool is_text(const struct fz_config_key *key)
{
    return key->type == FZ_CONFIG_TEXT || key->type == FZ_CONFIG_FILE ||
           key->type == FZ_CONFIG_LISTEN;
}

/* Every value is what the table allows. */
static void expect_in_range(const struct fz_config *config)
{
    const struct fz_config_key *key;
    for (size_t i = 0; (key = fz_config_key_at(i)) != NULL; i++) {
        const char *value = (const char *)config + key->offset;
        if (key->type == FZ_CONFIG_NUMBER) {
            long number = 0;
            memcpy(&number, value, sizeof number);
            fz_assert(number >= key->min && number <= key->max);
        } else if (is_text(key) && (key->preset != NULL || value[0] != '\0')) {
            size_t len = strnlen(value, FZ_CONFIG_TEXT_MAX);
            fz_assert(len < FZ_CONFIG_TEXT_MAX && len >= (size_t)key->min);
            fz_assert(key->type == FZ_CONFIG_FILE || len <= (size_t)key->max);
            for (size_t k = 0; k < len; k++) {
                fz_assert((unsigned char)value[k] >= 0x20 && value[k] != 0x7f);
            }
        }
    }
}

/* The bytes up to where a line of the file can end: at one space with no comment behind it. */
static size_t piece_len(const char *text)
{
    size_t len = 0;
    while (text[len] != '\0' && (len == 0 || text[len] != ' ' || text[len - 1] == ' ' ||
                                 strchr(" #;", text[len + 1]) != NULL)) {
        len++;
    }
    return len;
}

/* Can it be written in the syntax of the file at all? Pieces longer than a line cannot. */
static bool is_printable(const struct fz_config *config)
{
    const struct fz_config_key *key;
    for (size_t i = 0; (key = fz_config_key_at(i)) != NULL; i++) {
        const char *value = (const char *)config + key->offset;
        while (is_text(key) && *value != '\0') {
            size_t len = piece_len(value);
            if (len > PIECE_MAX) {
                return false;
            }
            value += len;
        }
    }
    return true;
}

static void expect_equal(const struct fz_config *a, const struct fz_config *b)
{
    const struct fz_config_key *key;
    for (size_t i = 0; (key = fz_config_key_at(i)) != NULL; i++) {
        const char *x = (const char *)a + key->offset;
        const char *y = (const char *)b + key->offset;
        if (is_text(key)) {
            fz_assert(strcmp(x, y) == 0);
        }
    }
    fz_assert(a->workers == b->workers && a->database_readers == b->database_readers);
    fz_assert(a->stop_timeout_s == b->stop_timeout_s && a->log_level == b->log_level);
}

static void expect_same_again(const struct fz_config *config)
{
    struct fz_config again;
    char name[32];
    struct fz_err err = {.rc = FZ_OK};
    FILE *file = fdopen(memfd_create("again", 0), "w");
    fz_assert(file != NULL);
    fz_config_print(config, file);
    fz_assert(fflush(file) == 0);
    name_of(fileno(file), name);
    fz_rc rc = fz_config_load(name, &again, &err);
    if (rc != FZ_OK) {
        (void)fprintf(stderr, "what was printed is refused: %s\n", err.msg);
        fz_config_print(config, stderr);
    }
    fz_assert(rc == FZ_OK);
    expect_equal(config, &again);
    (void)fclose(file);
}

/* A reload takes over what may be taken, and names the rest. */
static void expect_mergeable(const struct fz_config *config)
{
    static const char plain[] = "tls_certificate = /c\ntls_key = /k\ndatabase = dbname=x\n";
    struct fz_config running;
    char name[32];
    char names[64];
    int fd = memfd_create("plain", 0);
    fz_assert(fd >= 0 && write(fd, plain, sizeof plain - 1) == (ssize_t)sizeof plain - 1);
    name_of(fd, name);
    fz_assert(fz_config_load(name, &running, NULL) == FZ_OK);
    (void)close(fd);
    size_t first = fz_config_merge(&running, config, names, sizeof names);
    fz_assert(strlen(names) < sizeof names && (first == 0) == (names[0] == '\0'));
    fz_assert(fz_config_merge(&running, config, names, sizeof names) == first);
    fz_assert(running.stop_timeout_s == config->stop_timeout_s);
    fz_assert(running.log_level == config->log_level);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct fz_config config;
    char name[32];
    struct fz_err err = {.rc = FZ_OK};
    if (len > INPUT_MAX) {
        return 0;
    }
    int fd = memfd_create("input", 0);
    fz_assert(fd >= 0 && write(fd, bytes, len) == (ssize_t)len);
    name_of(fd, name);
    fz_rc rc = fz_config_load(name, &config, &err);
    if (rc != FZ_OK) {
        fz_assert(rc == FZ_CONFIG && err.rc == rc && strncmp(err.msg, name, strlen(name)) == 0);
    } else {
        expect_in_range(&config);
        bool is_complete = config.tls_certificate[0] != '\0' && config.tls_key[0] != '\0' &&
                           config.database[0] != '\0';
        fz_assert((fz_config_check_complete(&config, NULL) == FZ_OK) == is_complete);
        expect_mergeable(&config);
        if (is_printable(&config)) {
            expect_same_again(&config);
        }
    }
    (void)close(fd);
    return 0;
}
