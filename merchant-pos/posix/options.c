/*
 * merchant-pos/posix: reading the command line.
 */
#include "merchant-pos/posix/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE_DEFAULT_S 60

static const struct option long_options[] = {
    {"dir", required_argument, NULL, FZ_OPTION_DIR},
    {"lang", required_argument, NULL, FZ_OPTION_LANG},
    {"json", no_argument, NULL, FZ_OPTION_JSON},
    {"patience", required_argument, NULL, FZ_OPTION_PATIENCE},
    {"url", required_argument, NULL, FZ_OPTION_URL},
    {"ca", required_argument, NULL, FZ_OPTION_CA},
    {"code", required_argument, NULL, FZ_OPTION_CODE},
    {"label", required_argument, NULL, FZ_OPTION_LABEL},
    {"reference", required_argument, NULL, FZ_OPTION_REFERENCE},
    {"png", required_argument, NULL, FZ_OPTION_PNG},
    {"no-wait", no_argument, NULL, FZ_OPTION_NO_WAIT},
    {"expires", required_argument, NULL, FZ_OPTION_EXPIRES},
    {"quiet", no_argument, NULL, FZ_OPTION_QUIET},
    {"keep-open", no_argument, NULL, FZ_OPTION_KEEP_OPEN},
    {"day", required_argument, NULL, FZ_OPTION_DAY},
    {"id", required_argument, NULL, FZ_OPTION_ID},
    {"yes", no_argument, NULL, FZ_OPTION_YES},
    {"qr-image", required_argument, NULL, FZ_OPTION_QR_IMAGE},
    {"payload", required_argument, NULL, FZ_OPTION_PAYLOAD},
    {"limit", required_argument, NULL, FZ_OPTION_LIMIT},
    {"before", required_argument, NULL, FZ_OPTION_BEFORE},
    {"message", required_argument, NULL, FZ_OPTION_MESSAGE},
    {"escpos", required_argument, NULL, FZ_OPTION_ESCPOS},
    {"text", no_argument, NULL, FZ_OPTION_TEXT},
    {"again", no_argument, NULL, FZ_OPTION_AGAIN},
    {"max", required_argument, NULL, FZ_OPTION_MAX},
    {"reduced", required_argument, NULL, FZ_OPTION_REDUCED},
    {"name", required_argument, NULL, FZ_OPTION_NAME},
    {"city", required_argument, NULL, FZ_OPTION_CITY},
    {"reprint", required_argument, NULL, FZ_OPTION_REPRINT},
    {"help", no_argument, NULL, FZ_OPTION_HELP},
    {NULL, 0, NULL, 0},
};

static const unsigned always_allowed =
    FZ_OPTION_BIT(FZ_OPTION_DIR) | FZ_OPTION_BIT(FZ_OPTION_LANG) | FZ_OPTION_BIT(FZ_OPTION_JSON) |
    FZ_OPTION_BIT(FZ_OPTION_PATIENCE);

static const char *program = "fz-pos";

enum fz_exit fz_options_wrong(const char *what, const char *value)
{
    fprintf(stderr, "%s: %s%s%s (--help)\n", program, what, value == NULL ? "" : ": ",
            value == NULL ? "" : value);
    return FZ_EXIT_USAGE;
}

bool fz_options_number(const char *text, int64_t min, int64_t max, int64_t *out)
{
    int64_t number = 0;

    if (*text == '\0') {
        return false;
    }
    for (; *text >= '0' && *text <= '9'; text++) {
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, *text - '0', &number)) {
            return false;
        }
    }
    *out = number;
    return *text == '\0' && number >= min && number <= max;
}

bool fz_options_id(const char *text, struct fz_id *id_out)
{
    return fz_id_parse(text, strlen(text), id_out) && !fz_id_is_zero(id_out);
}

enum fz_exit fz_options_exit_of(fz_rc rc)
{
    switch (fz_rc_info(rc)->class) {
    case FZ_CLASS_OK:
        return FZ_EXIT_DONE;
    case FZ_CLASS_REJECT:
    case FZ_CLASS_BADREQ:
        return FZ_EXIT_REFUSED;
    case FZ_CLASS_RETRY:
        return FZ_EXIT_LATER;
    case FZ_CLASS_FAIL:
        break;
    }
    return rc == FZ_LIMIT                   ? FZ_EXIT_LATER
           : rc == FZ_CONFIG || rc == FZ_IO ? FZ_EXIT_CONFIG
                                            : FZ_EXIT_BUG;
}

static void print_help(FILE *stream, const struct fz_command *commands)
{
    fprintf(stream, "usage: %s --dir DIR [--lang ja|en] [--json] [--patience S] COMMAND\n",
            program);
    for (const struct fz_command *command = commands; command->name != NULL; command++) {
        fprintf(stream, "  %s %s\n      %s\n", command->name, command->usage, command->help);
    }
}

/* Japanese unless the surroundings ask for something else. */
static enum fz_pos_language language_of(const char *wanted)
{
    static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

    for (size_t i = 0; wanted == NULL && i < sizeof variables / sizeof variables[0]; i++) {
        const char *value = getenv(variables[i]);

        wanted = value == NULL || *value == '\0' ? NULL : value;
    }
    return wanted == NULL || strncmp(wanted, "ja", 2) == 0 ? FZ_POS_JA : FZ_POS_EN;
}

/* Reads the options into *options and a bit set; getopt_long has moved the rest to the end. */
static bool read_options(int argc, char **argv, struct fz_options *options, unsigned *given_out)
{
    int option;

    *given_out = 0;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        if (option == '?') {
            return false; /* getopt_long has said what is wrong */
        }
        options->text[option] = optarg == NULL ? "" : optarg;
        *given_out |= FZ_OPTION_BIT((unsigned)option);
    }
    return true;
}

static bool check_common(struct fz_options *options, enum fz_exit *exit_out)
{
    const char *lang = options->text[FZ_OPTION_LANG];
    const char *patience = options->text[FZ_OPTION_PATIENCE];
    int64_t seconds = PATIENCE_DEFAULT_S;

    *exit_out = FZ_EXIT_USAGE;
    if (lang != NULL && strcmp(lang, "ja") != 0 && strcmp(lang, "en") != 0) {
        *exit_out = fz_options_wrong("--lang is ja or en", lang);
        return false;
    }
    if (patience != NULL && !fz_options_number(patience, 0, 86400, &seconds)) {
        *exit_out = fz_options_wrong("--patience is a number of seconds", patience);
        return false;
    }
    if (options->text[FZ_OPTION_DIR] == NULL || *options->text[FZ_OPTION_DIR] == '\0') {
        *exit_out = fz_options_wrong("--dir DIR is missing", NULL);
        return false;
    }
    options->language = language_of(lang);
    options->json = options->text[FZ_OPTION_JSON] != NULL;
    options->patience_s = (uint32_t)seconds;
    return true;
}

static enum fz_exit run_command(const struct fz_command *command,
                                unsigned given,
                                int rest_count,
                                char **rest,
                                struct fz_options *options)
{
    unsigned strange = given & ~(always_allowed | command->allowed);
    enum fz_exit result;

    if (rest_count < command->argument_count ||
        rest_count > command->argument_count + command->more_arguments) {
        fprintf(stderr, "usage: %s --dir DIR %s %s\n", program, command->name, command->usage);
        return FZ_EXIT_USAGE;
    }
    for (const struct option *option = long_options; option->name != NULL; option++) {
        if ((strange & FZ_OPTION_BIT((unsigned)option->val)) != 0) {
            return fz_options_wrong("this command has no option", option->name);
        }
    }
    for (int i = 0; i < rest_count; i++) {
        options->arguments[i] = rest[i]; /* never more than it holds: see the tables */
    }
    return check_common(options, &result) ? command->run(options) : result;
}

enum fz_exit fz_options_run(int argc, char **argv, const struct fz_command *commands)
{
    struct fz_options options = {.text = {NULL}};
    unsigned given;

    if (argc > 0) {
        const char *slash = strrchr(argv[0], '/');

        program = slash == NULL ? argv[0] : slash + 1;
    }
    if (!read_options(argc, argv, &options, &given)) {
        return FZ_EXIT_USAGE;
    }
    if (options.text[FZ_OPTION_HELP] != NULL) {
        print_help(stdout, commands);
        return FZ_EXIT_DONE;
    }
    if (optind >= argc) {
        print_help(stderr, commands);
        return FZ_EXIT_USAGE;
    }
    for (const struct fz_command *command = commands; command->name != NULL; command++) {
        if (strcmp(command->name, argv[optind]) == 0) {
            return run_command(command, given, argc - optind - 1, argv + optind + 1, &options);
        }
    }
    return fz_options_wrong("unknown command", argv[optind]);
}
