/*
 * Command line of a switch program.
 */
#include "switch/http/program.h"

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "feezero/crypto.h"
#include "feezero/limits.h"
#include "switch/http/secret.h"
#include "switch/http/tls.h"

enum {
    EXIT_DONE = 0,
    EXIT_USAGE = 2,
    EXIT_CONFIG = 78
};

struct arguments {
    const char *config_file;
    bool check; /* -n */
    bool print; /* -T */
};

static int usage(const char *program)
{
    (void)fprintf(stderr, "usage: %s -c FILE [-n] [-T]\n", program);
    return EXIT_USAGE;
}

static bool read_arguments(int argc, char **argv, struct arguments *out)
{
    int option = 0;
    *out = (struct arguments){.config_file = NULL};
    opterr = 0;
    while ((option = getopt(argc, argv, "c:nT")) != -1) {
        switch (option) {
        case 'c':
            out->config_file = optarg;
            break;
        case 'n':
            out->check = true;
            break;
        case 'T':
            out->print = true;
            break;
        default:
            return false;
        }
    }
    return out->config_file != NULL && optind == argc;
}

/* All that can be known to be wrong before a socket is opened. */
static fz_rc check(const struct fz_config *config, struct fz_err *err)
{
    struct fz_tls *tls = NULL;
    fz_rc rc = fz_config_check_complete(config, err);
    if (rc != FZ_OK) {
        return rc;
    }
    rc = fz_tls_create(config->tls_certificate, config->tls_key, &tls, err);
    fz_tls_destroy(&tls);
    if (rc == FZ_OK && config->code_key_file[0] != '\0') {
        uint8_t key[FZ_CODE_KEY_LEN];
        rc = fz_secret_load(config->code_key_file, key, sizeof(key), err);
        fz_wipe(key, sizeof(key));
    }
    return rc;
}

int fz_program_run(int argc, char **argv, const char *program, const struct fz_service *service)
{
    struct arguments arguments;
    struct fz_config config;
    struct fz_err err = {.rc = FZ_OK};
    if (!read_arguments(argc, argv, &arguments)) {
        return usage(program);
    }
    fz_rc rc = fz_config_load(arguments.config_file, &config, &err);
    if (rc == FZ_OK && arguments.print) {
        fz_config_print(&config, stdout);
        if (!arguments.check) {
            return fflush(stdout) == 0 ? EXIT_DONE : 75;
        }
    }
    if (rc == FZ_OK) {
        rc = check(&config, &err);
    }
    if (rc == FZ_OK && !arguments.check) {
        rc = fz_log_open(program, config.log_file, config.log_level, &err);
    }
    if (rc != FZ_OK) {
        (void)fprintf(stderr, "%s: %s\n", program, err.msg);
        return EXIT_CONFIG;
    }
    if (arguments.check) {
        (void)fprintf(stderr, "configuration OK\n");
        return EXIT_DONE;
    }
    return fz_workers_run(program, &config, service);
}
