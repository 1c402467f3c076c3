/*
 * merchant-pos/posix: the command line of fz-pos and fz-wallet: one table of options, one table of
 * commands per program, one reading of both.
 */
#ifndef FEEZERO_POSIX_OPTIONS_H
#define FEEZERO_POSIX_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "feezero/id.h"
#include "feezero/pos.h"
#include "feezero/rc.h"

/* What exit() gets. */
enum fz_exit {
    FZ_EXIT_DONE = 0,
    FZ_EXIT_REFUSED = 1,
    FZ_EXIT_USAGE = 2,
    FZ_EXIT_BUG = 70,
    FZ_EXIT_LATER = 75, /* try again, or the outcome is not known yet: resume */
    FZ_EXIT_CONFIG = 78
};

enum fz_option {
    FZ_OPTION_DIR,
    FZ_OPTION_LANG,
    FZ_OPTION_JSON,
    FZ_OPTION_PATIENCE,
    FZ_OPTION_URL,
    FZ_OPTION_CA,
    FZ_OPTION_CODE,
    FZ_OPTION_LABEL,
    FZ_OPTION_REFERENCE,
    FZ_OPTION_PNG,
    FZ_OPTION_NO_WAIT,
    FZ_OPTION_EXPIRES,
    FZ_OPTION_QUIET,
    FZ_OPTION_KEEP_OPEN,
    FZ_OPTION_DAY,
    FZ_OPTION_ID,
    FZ_OPTION_YES,
    FZ_OPTION_QR_IMAGE,
    FZ_OPTION_PAYLOAD,
    FZ_OPTION_LIMIT,
    FZ_OPTION_BEFORE,
    FZ_OPTION_MESSAGE,
    FZ_OPTION_ESCPOS,
    FZ_OPTION_TEXT,
    FZ_OPTION_AGAIN,
    FZ_OPTION_MAX,
    FZ_OPTION_REDUCED,
    FZ_OPTION_NAME,
    FZ_OPTION_CITY,
    FZ_OPTION_REPRINT,
    FZ_OPTION_HELP,
    FZ_OPTION_COUNT
};

#define FZ_OPTION_BIT(option) (1u << (option))

struct fz_options {
    const char *text[FZ_OPTION_COUNT]; /* as given, "" for a flag; NULL: not given */
    const char *arguments[2];          /* after the command */
    enum fz_pos_language language;
    bool json;
    uint32_t patience_s;
};

struct fz_command {
    const char *name;
    enum fz_exit (*run)(const struct fz_options *options);
    int argument_count; /* at least */
    unsigned allowed;   /* FZ_OPTION_BIT of those beside --dir, --lang, --json, --patience */
    const char *usage;  /* "AMOUNT [--reference TEXT]" */
    const char *help;   /* one line of English */
    int more_arguments; /* that may be given besides */
};

/*
 * Reads the command line and runs the command. Answers what the program should exit with; usage
 * goes to stderr (or stdout for --help).
 */
enum fz_exit fz_options_run(int argc, char **argv, const struct fz_command *commands);

/* Says on stderr what is wrong with the command line; answers FZ_EXIT_USAGE. */
enum fz_exit fz_options_wrong(const char *what, const char *value);

/* Strict readings: nothing but digits, in range. */
FZ_MUSTUSE bool fz_options_number(const char *text, int64_t min, int64_t max, int64_t *out);
FZ_MUSTUSE bool fz_options_id(const char *text, struct fz_id *id_out);

/* What a failure of this machine makes of the exit code. */
enum fz_exit fz_options_exit_of(fz_rc rc);

#endif
