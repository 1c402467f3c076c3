/*
 * fz-load: a town full of people who pay, for measurements and for tests that break things under
 * load. One process, one event loop.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feezero/crypto.h"
#include "load/books.h"
#include "load/enrol.h"
#include "load/options.h"
#include "load/run.h"

#define EXIT_BROKEN 1 /* a broken promise, or money that was not conserved */
#define EXIT_USAGE 2
#define EXIT_BUG 70
#define EXIT_AGAIN 75 /* an outcome is still unknown, or nobody answers */
#define EXIT_CONFIG 78

static int explain(fz_rc rc, const struct fz_err *err)
{
    (void)fprintf(stderr, "fz-load: %s\n", err->msg);
    switch (fz_rc_info(rc)->class) {
    case FZ_CLASS_RETRY:
        return EXIT_AGAIN;
    case FZ_CLASS_BADREQ:
    case FZ_CLASS_REJECT:
        return rc == FZ_NOT_FOUND ? EXIT_CONFIG : EXIT_BROKEN;
    case FZ_CLASS_FAIL:
        return rc == FZ_NO_MEMORY || rc == FZ_CRYPTO ? EXIT_BUG : EXIT_CONFIG;
    case FZ_CLASS_OK:
        break;
    }
    return EXIT_BUG;
}

static int enrol(const struct fz_load_options *options)
{
    struct fz_err err = {.rc = FZ_OK};
    struct fz_enrol_options enrolment = {.url = options->run.url,
                                         .ca_file = options->run.ca_file,
                                         .keys_dir = options->run.keys_dir,
                                         .codes_file = options->codes_file};
    unsigned count = 0;
    fz_rc rc = fz_enrol(&enrolment, &count, &err);
    printf("enrolled %u keys\n", count);
    return rc == FZ_OK ? EXIT_SUCCESS : explain(rc, &err);
}

static int run_load(const struct fz_run_options *options)
{
    struct fz_err err = {.rc = FZ_OK};
    struct fz_run *run = NULL;
    int exit_code = EXIT_SUCCESS;
    fz_rc rc = fz_run(options, &run, &err);
    if (rc != FZ_OK) {
        exit_code = explain(rc, &err);
    } else {
        fz_run_report(run);
        if (run->counts.violations > 0 || fz_run_conservation_violations(run) > 0) {
            exit_code = EXIT_BROKEN;
        } else if (run->counts.unresolved > 0) {
            exit_code = EXIT_AGAIN;
        }
    }
    fz_run_destroy(&run);
    return exit_code;
}

int main(int argc, char **argv)
{
    struct fz_load_options options;
    struct fz_err err = {.rc = FZ_OK};
    if (argc > 1 && strcmp(argv[1], "books") == 0) {
        return fz_books_main(argc - 2, argv + 2);
    }
    if (fz_load_options_parse(argc, argv, &options, &err) != FZ_OK) {
        (void)fprintf(stderr, "fz-load: %s\n", err.msg);
        return EXIT_USAGE;
    }
    if (options.help) {
        fz_load_options_help(stdout);
        return EXIT_SUCCESS;
    }
    fz_rc rc = fz_crypto_init(&err);
    if (rc != FZ_OK) {
        return explain(rc, &err);
    }
    return options.codes_file != NULL ? enrol(&options) : run_load(&options.run);
}
