/*
 * The configuration file: libinih splits the lines, the table config.def says what they mean. First
 * all texts are collected with their line numbers, then converted, so that a value may go on in
 * indented lines (libinih takes lines of 198 bytes at most).
 */
#include "switch/http/config.h"

#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>

#include "feezero/assert.h"
#include "switch/http/listen.h"

static const struct fz_config_key keys[] = {
#define FZ_CONFIG_KEY(name, type, preset, min, max, reloadable, doc) \
    {#name, FZ_CONFIG_##type, (preset), (min),                       \
     (max), (reloadable),     (doc),    offsetof(struct fz_config, name)},
#include "switch/http/config.def"
#undef FZ_CONFIG_KEY
};

#define PRINT_WIDTH 150 /* bytes of a value in one line; libinih takes 198 with the key */
#define KEYS_LEN (sizeof(keys) / sizeof(keys[0]))

/* The text of one key as the file has it. */
struct raw_value {
    int line; /* 0: the file does not have it */
    char text[FZ_CONFIG_TEXT_MAX];
};

/* One reading of one file. */
struct reading {
    FILE *stream;
    const char *file;
    int line;           /* number of the line that libinih works on */
    bool indented;      /* it begins with white space: it continues the value before it */
    struct fz_err *err; /* filled by the first failure */
    bool failed;
    struct raw_value values[KEYS_LEN];
};

const struct fz_config_key *fz_config_key_at(size_t index)
{
    return index < KEYS_LEN ? &keys[index] : NULL;
}

static char *text_of(struct fz_config *config, const struct fz_config_key *key)
{
    return (char *)config + key->offset;
}

static bool is_text(const struct fz_config_key *key)
{
    return key->type == FZ_CONFIG_TEXT || key->type == FZ_CONFIG_FILE ||
           key->type == FZ_CONFIG_LISTEN;
}

/* Where the value of `key` lives; pointers to the type that the table promises. */
static long *number_of(struct fz_config *config, const struct fz_config_key *key)
{
    fz_assert(key->type == FZ_CONFIG_NUMBER);
    return (long *)(void *)text_of(config, key);
}

static bool *switch_of(struct fz_config *config, const struct fz_config_key *key)
{
    fz_assert(key->type == FZ_CONFIG_YES_NO);
    return (bool *)(void *)text_of(config, key);
}

static enum fz_log_level *level_of(struct fz_config *config, const struct fz_config_key *key)
{
    fz_assert(key->type == FZ_CONFIG_LEVEL);
    return (enum fz_log_level *)(void *)text_of(config, key);
}

/* Records the first failure of this reading, with file and line. Returns 0, libinih's "stop". */
static int reading_fail(struct reading *reading, int line, const char *key, const char *problem)
{
    if (!reading->failed) {
        reading->failed = true;
        (void)fz_fail(reading->err, FZ_CONFIG, "%s:%d: %s%s%s", reading->file, line, key,
                      key[0] != '\0' ? ": " : "", problem);
    }
    return 0;
}

/* libinih leaves a comment behind a continued value in it, where it takes it off any other. */
static void cut_comment(char *line)
{
    for (char *at = line + 1; line[0] != '\0' && *at != '\0'; at++) {
        if (*at == ';' && (at[-1] == ' ' || at[-1] == '\t')) {
            *at = '\0';
            return;
        }
    }
}

/* ini_reader: one line, counted; a line too long for libinih's buffer is refused, not split. */
static char *reading_next_line(char *buffer, int buffer_len, void *ctx)
{
    struct reading *reading = ctx;
    if (reading->failed || fgets(buffer, buffer_len, reading->stream) == NULL) {
        return NULL;
    }
    reading->line++;
    reading->indented = buffer[0] == ' ' || buffer[0] == '\t';
    size_t len = strlen(buffer);
    if (len + 1 >= (size_t)buffer_len && buffer[len - 1] != '\n') {
        (void)reading_fail(reading, reading->line, "",
                           "the line is too long; a value may go on in indented lines");
        return NULL;
    }
    if (reading->indented) {
        cut_comment(buffer);
    }
    return buffer;
}

/* The index of a key, KEYS_LEN if there is none. */
static size_t find_key(const char *name)
{
    size_t index = 0;
    while (index < KEYS_LEN && strcmp(keys[index].name, name) != 0) {
        index++;
    }
    return index;
}

/* ini_handler: keeps one text. */
static int reading_take(void *ctx, const char *section, const char *name, const char *value)
{
    struct reading *reading = ctx;
    if (section[0] != '\0') {
        return reading_fail(reading, reading->line, name, "this file has no sections");
    }
    size_t index = find_key(name);
    if (index == KEYS_LEN) {
        return reading_fail(reading, reading->line, name, "there is no such key");
    }
    struct raw_value *raw = &reading->values[index];
    bool continued = reading->indented && raw->line != 0;
    if (raw->line != 0 && !continued) {
        return reading_fail(reading, reading->line, name, "the key was given before");
    }
    size_t len = strlen(raw->text);
    size_t value_len = strlen(value);
    if (len + value_len + 2 > sizeof(raw->text)) {
        return reading_fail(reading, reading->line, name, "the value is too long");
    }
    if (continued && len > 0) {
        raw->text[len++] = ' ';
    }
    memcpy(raw->text + len, value, value_len + 1);
    if (raw->line == 0) {
        raw->line = reading->line;
    }
    return 1;
}

static bool has_control(const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f) {
            return true;
        }
    }
    return false;
}

/* Puts the folder of the configuration file before a relative path. NULL, or what is wrong. */
static const char *make_path(const char *config_file, const char *path, char *out)
{
    const char *slash = strrchr(config_file, '/');
    size_t folder_len = 0;
    if (path[0] != '/' && path[0] != '\0' && slash != NULL) {
        folder_len = (size_t)(slash - config_file) + 1;
    }
    size_t path_len = strlen(path);
    if (folder_len + path_len + 1 > FZ_CONFIG_TEXT_MAX) {
        return "the path is too long";
    }
    memcpy(out, config_file, folder_len);
    memcpy(out + folder_len, path, path_len + 1);
    return NULL;
}

static const char *check_listen(const char *text)
{
    struct fz_listen_address address;
    const char *cursor = text;
    size_t len = 0;
    while (fz_listen_next(&cursor, &address)) {
        len++;
    }
    if (*cursor != '\0' || len == 0) {
        return "addresses look like 0.0.0.0:8443 or [::1]:8443";
    }
    return len > FZ_CONFIG_LISTEN_MAX ? "too many addresses" : NULL;
}

static const char *convert_number(const struct fz_config_key *key, const char *text, long *out)
{
    char *end = NULL;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0) {
        return "not a number";
    }
    if (value < key->min || value > key->max) {
        return "the number is out of range";
    }
    *out = value;
    return NULL;
}

static const char *convert_yes_no(const char *text, bool *out)
{
    *out = strcmp(text, "yes") == 0;
    return *out || strcmp(text, "no") == 0 ? NULL : "must be yes or no";
}

/* Stores `text` as the value of `key`. NULL, or what is wrong with it. */
static const char *
convert(struct fz_config *config, const struct fz_config_key *key, const char *text)
{
    long len = (long)strlen(text);
    if (has_control(text)) {
        return "control characters are not allowed";
    }
    if (text[0] == ';') {
        return "a value cannot begin like a comment"; /* printed, it would be one */
    }
    if (is_text(key) && (len < key->min || len > key->max)) {
        return len < key->min ? "the value is too short" : "the value is too long";
    }
    switch (key->type) {
    case FZ_CONFIG_TEXT:
        memcpy(text_of(config, key), text, (size_t)len + 1);
        return NULL;
    case FZ_CONFIG_LISTEN:
        memcpy(text_of(config, key), text, (size_t)len + 1);
        return check_listen(text);
    case FZ_CONFIG_FILE:
        return make_path(config->file, text, text_of(config, key));
    case FZ_CONFIG_NUMBER:
        return convert_number(key, text, number_of(config, key));
    case FZ_CONFIG_LEVEL:
        return fz_log_level_parse(text, level_of(config, key))
                   ? NULL
                   : "must be error, warn, info or debug";
    case FZ_CONFIG_YES_NO:
        return convert_yes_no(text, switch_of(config, key));
    }
    FZ_UNREACHABLE();
}

static void reading_convert(struct reading *reading, struct fz_config *config)
{
    for (size_t i = 0; i < KEYS_LEN && !reading->failed; i++) {
        const struct raw_value *raw = &reading->values[i];
        const char *text = raw->line != 0 ? raw->text : keys[i].preset;
        if (text == NULL) {
            continue; /* left "": the program that needs it says so */
        }
        const char *problem = convert(config, &keys[i], text);
        if (problem != NULL) {
            char detail[160];
            if (keys[i].type == FZ_CONFIG_NUMBER) {
                (void)snprintf(detail, sizeof(detail), "%s (%ld to %ld)", problem, keys[i].min,
                               keys[i].max);
                problem = detail;
            }
            (void)reading_fail(reading, raw->line, keys[i].name, problem);
        }
    }
}

fz_rc fz_config_load(const char *file, struct fz_config *config_out, struct fz_err *err)
{
    struct reading *reading = NULL;
    int bad_line = 0;
    fz_rc rc = FZ_OK;
    memset(config_out, 0, sizeof(*config_out));
    size_t file_len = strlen(file);
    if (file_len >= sizeof(config_out->file)) {
        return fz_fail(err, FZ_CONFIG, "the name of the configuration file is too long");
    }
    memcpy(config_out->file, file, file_len + 1);
    FILE *stream = fopen(file, "re");
    if (stream == NULL) {
        return fz_fail(err, FZ_CONFIG, "%s: %s", file, strerror(errno));
    }
    reading = calloc(1, sizeof(*reading));
    if (reading == NULL) {
        rc = fz_fail(err, FZ_NO_MEMORY, "%s: out of memory", file);
        goto out;
    }
    reading->stream = stream;
    reading->file = file;
    reading->err = err;
    bad_line = ini_parse_stream(reading_next_line, reading, reading_take, reading);
    if (ferror(stream) != 0) {
        rc = fz_fail(err, FZ_CONFIG, "%s: %s", file, strerror(errno));
        goto out;
    }
    if (bad_line > 0 && !reading->failed) {
        (void)reading_fail(reading, bad_line, "", "not of the form key = value");
    }
    reading_convert(reading, config_out);
    rc = reading->failed ? FZ_CONFIG : FZ_OK;
out:
    free(reading);
    (void)fclose(stream); /* it was only read */
    return rc;
}

fz_rc fz_config_check_complete(const struct fz_config *config, struct fz_err *err)
{
    for (size_t i = 0; i < KEYS_LEN; i++) {
        const char *text = (const char *)config + keys[i].offset;
        if (keys[i].preset == NULL && text[0] == '\0') {
            return fz_fail(err, FZ_CONFIG, "%s: %s: the key is missing", config->file,
                           keys[i].name);
        }
    }
    return FZ_OK;
}

/* The last place before `room` where a value can be broken: one space, and no comment behind it. */
static const char *find_break(const char *text, size_t room)
{
    for (size_t i = room; i > 1; i--) {
        const char *at = text + i;
        if (at[0] == ' ' && at[-1] != ' ' && strchr(" #;", at[1]) == NULL) {
            return at;
        }
    }
    return NULL;
}

/* One text value, in indented lines if it is too long for one. */
static void print_text(const char *text, FILE *out)
{
    const char *space = NULL;
    while (strlen(text) > PRINT_WIDTH && (space = find_break(text, PRINT_WIDTH)) != NULL) {
        (void)fprintf(out, "%.*s\n    ", (int)(space - text), text);
        text = space + 1;
    }
    (void)fprintf(out, "%s\n", text);
}

void fz_config_print(const struct fz_config *config, FILE *out)
{
    struct fz_config copy = *config;
    (void)fprintf(out, "# the configuration in effect, from %s\n", config->file);
    for (size_t i = 0; i < KEYS_LEN; i++) {
        const struct fz_config_key *key = &keys[i];
        if (is_text(key) && key->preset == NULL && text_of(&copy, key)[0] == '\0') {
            (void)fprintf(out, "# %s is not set\n", key->name);
            continue;
        }
        (void)fprintf(out, "%s = ", key->name);
        if (is_text(key)) {
            print_text(text_of(&copy, key), out);
        } else if (key->type == FZ_CONFIG_NUMBER) {
            (void)fprintf(out, "%ld\n", *number_of(&copy, key));
        } else if (key->type == FZ_CONFIG_YES_NO) {
            (void)fprintf(out, "%s\n", *switch_of(&copy, key) ? "yes" : "no");
        } else {
            (void)fprintf(out, "%s\n", fz_log_level_name(*level_of(&copy, key)));
        }
    }
}

static size_t value_size(const struct fz_config_key *key)
{
    if (key->type == FZ_CONFIG_NUMBER) {
        return sizeof(long);
    }
    if (key->type == FZ_CONFIG_YES_NO) {
        return sizeof(bool);
    }
    return key->type == FZ_CONFIG_LEVEL ? sizeof(enum fz_log_level) : FZ_CONFIG_TEXT_MAX;
}

static bool same_value(const struct fz_config_key *key, const char *a, const char *b)
{
    return is_text(key) ? strcmp(a, b) == 0 : memcmp(a, b, value_size(key)) == 0;
}

size_t fz_config_merge(struct fz_config *config,
                       const struct fz_config *fresh,
                       char *names,
                       size_t names_size)
{
    size_t differing = 0;
    size_t len = 0;
    fz_assert(names_size > 0);
    names[0] = '\0';
    for (size_t i = 0; i < KEYS_LEN; i++) {
        char *mine = text_of(config, &keys[i]);
        const char *theirs = (const char *)fresh + keys[i].offset;
        if (same_value(&keys[i], mine, theirs)) {
            continue;
        }
        if (keys[i].reloadable) {
            memcpy(mine, theirs, value_size(&keys[i]));
            continue;
        }
        differing++;
        int n = snprintf(names + len, names_size - len, "%s%s", len > 0 ? " " : "", keys[i].name);
        fz_assert(n > 0);
        len = (size_t)n < names_size - len ? len + (size_t)n : names_size - 1;
    }
    return differing;
}
