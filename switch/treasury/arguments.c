/*
 * switch/treasury: `fz [options] COMMAND [options]`. The options of all duties may stand on either
 * side of the command; an option's value may follow it or be joined by '='.
 */
#include "switch/treasury/arguments.h"

#include <string.h>

#include "feezero/assert.h"

enum global {
    GLOBAL_CONFIG,
    GLOBAL_COMMUNITY,
    GLOBAL_JSON,
    GLOBAL_QUIET,
    GLOBAL_HELP,
    GLOBAL_VERSION,
    GLOBALS_LEN
};

static const struct fz_option globals[GLOBALS_LEN] = {
    [GLOBAL_CONFIG] = {"config", FZ_OPTION_FILE, false, 0, 0, NULL, "FILE",
                       "the configuration file, also -c FILE"},
    [GLOBAL_COMMUNITY] = {"community", FZ_OPTION_NUMBER, false, 1, INT32_MAX, NULL, "N",
                          "number of the community, 1 unless told"},
    [GLOBAL_JSON] = {"json", FZ_OPTION_FLAG, false, 0, 0, NULL, NULL,
                     "one JSON object per result instead of one line of text"},
    [GLOBAL_QUIET] = {"quiet", FZ_OPTION_FLAG, false, 0, 0, NULL, NULL,
                      "no notes and no progress on standard error"},
    [GLOBAL_HELP] = {"help", FZ_OPTION_FLAG, false, 0, 0, NULL, NULL, "this help, also -h"},
    [GLOBAL_VERSION] = {"version", FZ_OPTION_FLAG, false, 0, 0, NULL, NULL, "the version"}};

struct parser {
    int argc;
    char *const *argv;
    int at;
    struct fz_value global_values[GLOBALS_LEN];
};

/* The option called by `word` (without hyphens, up to `len`) among `options`; NULL if none. */
static const struct fz_option *
find(const struct fz_option *options, unsigned options_len, const char *word, size_t len)
{
    for (unsigned i = 0; i < options_len; i++) {
        if (strlen(options[i].name) == len && strncmp(options[i].name, word, len) == 0) {
            return &options[i];
        }
    }
    return NULL;
}

/* The long name of a word that starts with a hyphen; NULL if it has none. */
static const char *long_name(const char *word)
{
    if (strcmp(word, "-c") == 0) {
        return globals[GLOBAL_CONFIG].name;
    }
    if (strcmp(word, "-h") == 0) {
        return globals[GLOBAL_HELP].name;
    }
    return strncmp(word, "--", 2) == 0 && word[2] != '\0' ? word + 2 : NULL;
}

/* Reads the option at parser->at, of all duties or of `duty` (may be NULL), with its value. */
static fz_rc parse_option(struct parser *parser,
                          const struct fz_duty *duty,
                          struct fz_value *duty_values,
                          struct fz_err *err)
{
    const char *word = parser->argv[parser->at++];
    const char *name = long_name(word);
    if (name == NULL) {
        return fz_fail(err, FZ_BAD_FIELD, "there is no option %s", word);
    }
    size_t len = strcspn(name, "=");
    struct fz_value *value = NULL;
    const struct fz_option *option = find(globals, GLOBALS_LEN, name, len);
    if (option != NULL) {
        value = &parser->global_values[option - globals];
    } else if (duty != NULL) {
        option = find(duty->options, duty->options_len, name, len);
        value = option == NULL ? NULL : &duty_values[option - duty->options];
    }
    if (option == NULL || value == NULL) {
        return fz_fail(err, FZ_BAD_FIELD, "there is no option --%.*s%s%s", (int)len, name,
                       duty == NULL ? "" : " of ", duty == NULL ? "" : duty->name);
    }
    if (value->given) {
        return fz_fail(err, FZ_BAD_FIELD, "--%s: given twice", option->name);
    }
    const char *text = name[len] == '=' ? name + len + 1 : NULL;
    if (option->type == FZ_OPTION_FLAG) {
        if (text != NULL) {
            return fz_fail(err, FZ_BAD_FIELD, "--%s: takes no value", option->name);
        }
        return fz_option_read(option, "", value, err);
    }
    if (text == NULL) {
        if (parser->at >= parser->argc) {
            return fz_fail(err, FZ_BAD_FIELD, "--%s: the value is missing", option->name);
        }
        text = parser->argv[parser->at++];
    }
    return fz_option_read(option, text, value, err);
}

/* Options from here up to the next word that is none. */
static fz_rc parse_options(struct parser *parser,
                           const struct fz_duty *duty,
                           struct fz_value *duty_values,
                           struct fz_err *err)
{
    fz_rc rc = FZ_OK;
    while (rc == FZ_OK && parser->at < parser->argc && parser->argv[parser->at][0] == '-') {
        rc = parse_option(parser, duty, duty_values, err);
    }
    return rc;
}

/* The command's words at parser->at; `fz help` may stand in front of them or alone. */
static fz_rc
parse_command(struct parser *parser, struct fz_arguments *arguments, struct fz_err *err)
{
    char *const *words = parser->argv + parser->at;
    int len = parser->argc - parser->at;
    if (len > 0 && strcmp(words[0], "help") == 0) {
        arguments->help = true;
        parser->at++;
        words++;
        len--;
    }
    if (len == 0) {
        return FZ_OK;
    }
    int used = 0;
    arguments->duty = fz_duty_find(words, len, &used);
    if (arguments->duty == NULL) {
        bool two = len > 1 && words[1][0] != '-';
        return fz_fail(err, FZ_BAD_FIELD, "there is no command '%s%s%s' (fz help)", words[0],
                       two ? " " : "", two ? words[1] : "");
    }
    parser->at += used;
    return FZ_OK;
}

static void take_globals(const struct parser *parser, struct fz_arguments *arguments)
{
    const struct fz_value *values = parser->global_values;
    arguments->config_file = values[GLOBAL_CONFIG].text;
    arguments->community_given = values[GLOBAL_COMMUNITY].given;
    arguments->community =
        arguments->community_given ? (int32_t)values[GLOBAL_COMMUNITY].number : 1;
    arguments->json = values[GLOBAL_JSON].given;
    arguments->quiet = values[GLOBAL_QUIET].given;
    arguments->help = arguments->help || values[GLOBAL_HELP].given;
    arguments->version = values[GLOBAL_VERSION].given;
}

static fz_rc check_required(const struct fz_arguments *arguments, struct fz_err *err)
{
    const struct fz_duty *duty = arguments->duty;
    for (unsigned i = 0; i < duty->options_len; i++) {
        if (duty->options[i].required && !arguments->values[i].given) {
            return fz_fail(err, FZ_BAD_FIELD, "--%s %s is missing (fz help %s)",
                           duty->options[i].name, duty->options[i].value, duty->name);
        }
    }
    return FZ_OK;
}

fz_rc fz_arguments_parse(int argc,
                         char *const *argv,
                         struct fz_arguments *arguments_out,
                         struct fz_err *err)
{
    struct parser parser = {.argc = argc, .argv = argv, .at = 1};
    *arguments_out = (struct fz_arguments){0};
    fz_rc rc = parse_options(&parser, NULL, NULL, err);
    if (rc == FZ_OK) {
        rc = parse_command(&parser, arguments_out, err);
    }
    if (rc != FZ_OK) {
        return rc;
    }
    const struct fz_duty *duty = arguments_out->duty;
    fz_assert(duty == NULL || duty->options_len <= FZ_OPTIONS_MAX);
    rc = parse_options(&parser, duty, arguments_out->values, err);
    if (rc != FZ_OK) {
        return rc;
    }
    if (parser.at < argc) {
        return fz_fail(err, FZ_BAD_FIELD, "'%s' is one word too many", argv[parser.at]);
    }
    take_globals(&parser, arguments_out);
    if (arguments_out->help || arguments_out->version) {
        return FZ_OK;
    }
    if (duty == NULL) {
        return fz_fail(err, FZ_BAD_FIELD, "the command is missing (fz help)");
    }
    return check_required(arguments_out, err);
}

static void print_option(const struct fz_option *option, FILE *out)
{
    char left[64];
    (void)snprintf(left, sizeof left, "--%s %s", option->name,
                   option->value == NULL ? "" : option->value);
    (void)fprintf(out, "  %-26s %s", left, option->help);
    if (option->type == FZ_OPTION_CHOICE) {
        (void)fprintf(out, ": %s", option->words);
    }
    (void)fputc('\n', out);
}

static void print_all(FILE *out)
{
    (void)fputs("usage: fz -c FILE COMMAND [OPTION...]\n\ncommands (fz help COMMAND):\n", out);
    for (unsigned i = 0; fz_duty_at(i) != NULL; i++) {
        (void)fprintf(out, "  %-18s %s\n", fz_duty_at(i)->name, fz_duty_at(i)->summary);
    }
    (void)fputs("\noptions of all commands:\n", out);
    for (unsigned i = 0; i < GLOBALS_LEN; i++) {
        print_option(&globals[i], out);
    }
    (void)fputs("\nexit status: 0 done, 1 refused or found wrong, 2 usage, 70 fault of the program,"
                "\n75 try again later, 78 configuration\n",
                out);
}

void fz_help_print(const struct fz_duty *duty, FILE *out)
{
    if (duty == NULL) {
        print_all(out);
        return;
    }
    (void)fprintf(out, "usage: fz -c FILE %s", duty->name);
    for (unsigned i = 0; i < duty->options_len; i++) {
        const struct fz_option *option = &duty->options[i];
        (void)fprintf(out, " %s--%s%s%s%s", option->required ? "" : "[", option->name,
                      option->value == NULL ? "" : " ", option->value == NULL ? "" : option->value,
                      option->required ? "" : "]");
    }
    (void)fprintf(out, "\n\n%s\n", duty->summary);
    if (duty->details != NULL) {
        (void)fprintf(out, "%s\n", duty->details);
    }
    (void)fputs(duty->options_len > 0 ? "\noptions:\n" : "", out);
    for (unsigned i = 0; i < duty->options_len; i++) {
        print_option(&duty->options[i], out);
    }
}
