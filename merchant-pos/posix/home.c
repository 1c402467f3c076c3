/*
 * merchant-pos/posix: config.ini, read strictly and written whole.
 */
#include "merchant-pos/posix/home.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "merchant-pos/posix/paper.h"

#define LINE_MAX_BYTES 2048

static const struct setting {
    const char *name;
    size_t offset;
    size_t size;
    const char *preset;
} settings_table[] = {
#define FZ_SETTING(name, size, preset, doc) \
    {#name, offsetof(struct fz_settings, name), size, preset},
#include "merchant-pos/posix/settings.def"
#undef FZ_SETTING
};

#define SETTING_COUNT (sizeof settings_table / sizeof settings_table[0])

fz_rc fz_home_init(struct fz_home *home, const char *dir, bool create, struct fz_err *err)
{
    struct stat status;

    memset(home, 0, sizeof *home);
    home->journal_fd = -1;
    if (strlen(dir) >= sizeof home->dir) {
        return fz_fail(err, FZ_CONFIG, "the folder's name is too long");
    }
    memcpy(home->dir, dir, strlen(dir) + 1);
    if (create && mkdir(dir, 0700) != 0 && errno != EEXIST) {
        return fz_fail(err, FZ_CONFIG, "cannot make %s: %s", dir, strerror(errno));
    }
    if (stat(dir, &status) != 0) {
        return fz_fail(err, FZ_CONFIG, "cannot use %s: %s", dir, strerror(errno));
    }
    return S_ISDIR(status.st_mode) ? FZ_OK : fz_fail(err, FZ_CONFIG, "%s is no folder", dir);
}

void fz_home_fini(struct fz_home *home)
{
    if (home->journal_fd >= 0) {
        close(home->journal_fd);
        home->journal_fd = -1;
    }
}

void fz_home_path(const struct fz_home *home, const char *name, char out[FZ_HOME_PATH_MAX])
{
    snprintf(out, FZ_HOME_PATH_MAX, "%s/%.30s", home->dir, name);
}

bool fz_home_is_enrolled(const struct fz_home *home)
{
    char path[FZ_HOME_PATH_MAX];

    fz_home_path(home, "config.ini", path);
    return access(path, F_OK) == 0;
}

/* Cuts white space off both ends, in place. */
static char *trim(char *text)
{
    size_t len;

    text += strspn(text, " \t");
    len = strlen(text);
    while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL) {
        text[--len] = '\0';
    }
    return text;
}

static fz_rc read_line(struct fz_home *home, char *line, struct fz_err *err)
{
    char *name = trim(line);
    char *value = strchr(name, '=');

    if (*name == '\0' || *name == '#' || *name == ';') {
        return FZ_OK;
    }
    if (value == NULL) {
        return fz_fail(err, FZ_CONFIG, "not NAME=VALUE: %.60s", name);
    }
    *value = '\0';
    value = trim(value + 1);
    name = trim(name);
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const struct setting *setting = &settings_table[i];

        if (strcmp(setting->name, name) != 0) {
            continue;
        }
        if (strlen(value) >= setting->size) {
            return fz_fail(err, FZ_CONFIG, "%s is too long", name);
        }
        memcpy((char *)&home->settings + setting->offset, value, strlen(value) + 1);
        return FZ_OK;
    }
    return fz_fail(err, FZ_CONFIG, "unknown key: %.60s", name);
}

/* What the printer needs to know. */
static fz_rc check_printing(const struct fz_settings *settings, struct fz_err *err)
{
    const char *rate = settings->tax_rate;
    char *end;
    unsigned long columns = strtoul(settings->printer_columns, &end, 10);

    if (strcmp(rate, "10") != 0 && strcmp(rate, "8") != 0 && strcmp(rate, "0") != 0) {
        return fz_fail(err, FZ_CONFIG, "tax_rate is 10, 8 or 0");
    }
    if (*end != '\0' || columns < FZ_PAPER_COLUMNS_MIN || columns > FZ_PAPER_COLUMNS_MAX) {
        return fz_fail(err, FZ_CONFIG, "printer_columns is %d to %d", FZ_PAPER_COLUMNS_MIN,
                       FZ_PAPER_COLUMNS_MAX);
    }
    return FZ_OK;
}

static fz_rc check_settings(const struct fz_settings *settings, struct fz_err *err)
{
    char *end;
    long minutes = strtol(settings->utc_offset_minutes, &end, 10);
    size_t url_len = strlen(settings->url);

    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const char *value = (const char *)settings + settings_table[i].offset;

        if (settings_table[i].preset == NULL && value[0] == '\0') {
            return fz_fail(err, FZ_CONFIG, "%s is missing", settings_table[i].name);
        }
    }
    if (strncmp(settings->url, "https://", 8) != 0 || settings->url[8] == '\0' ||
        settings->url[url_len - 1] == '/') {
        return fz_fail(err, FZ_CONFIG, "url must be https://HOST[:PORT]");
    }
    if (*end != '\0' || end == settings->utc_offset_minutes || minutes < -1080 || minutes > 1080) {
        return fz_fail(err, FZ_CONFIG, "utc_offset_minutes is no offset");
    }
    return check_printing(settings, err);
}

void fz_home_set_presets(struct fz_home *home)
{
    struct fz_settings *settings = &home->settings;

    memset(settings, 0, sizeof *settings);
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const struct setting *setting = &settings_table[i];

        if (setting->preset != NULL) {
            memcpy((char *)settings + setting->offset, setting->preset,
                   strlen(setting->preset) + 1);
        }
    }
}

fz_rc fz_home_load(struct fz_home *home, struct fz_err *err)
{
    char path[FZ_HOME_PATH_MAX];
    char line[LINE_MAX_BYTES];
    fz_rc rc = FZ_OK;

    fz_home_set_presets(home);
    fz_home_path(home, "config.ini", path);
    FILE *file = fopen(path, "re");

    if (file == NULL) {
        return fz_fail(err, FZ_CONFIG, "%s: %s (enrol first)", path, strerror(errno));
    }
    while (rc == FZ_OK && fgets(line, sizeof line, file) != NULL) {
        rc = strlen(line) == sizeof line - 1
                 ? fz_fail(err, FZ_CONFIG, "%s: a line is too long", path)
                 : read_line(home, line, err);
    }
    if (rc == FZ_OK && ferror(file)) {
        rc = fz_fail(err, FZ_CONFIG, "cannot read %s", path);
    }
    fclose(file);
    return rc == FZ_OK ? check_settings(&home->settings, err) : rc;
}

static void write_settings(FILE *file, const struct fz_settings *settings)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const char *value = (const char *)settings + settings_table[i].offset;

        fprintf(file, "%s=", settings_table[i].name);
        for (const char *c = value; *c != '\0'; c++) {
            fputc((unsigned char)*c < 0x20 ? ' ' : *c, file);
        }
        fputc('\n', file);
    }
}

static fz_rc sync_dir(const char *dir, struct fz_err *err)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    fz_rc rc = FZ_OK;

    if (fd < 0 || fsync(fd) != 0) {
        rc = fz_fail(err, FZ_IO, "cannot sync %s: %s", dir, strerror(errno));
    }
    if (fd >= 0) {
        close(fd);
    }
    return rc;
}

fz_rc fz_home_save(const struct fz_home *home, struct fz_err *err)
{
    char path[FZ_HOME_PATH_MAX], fresh[FZ_HOME_PATH_MAX];
    fz_rc rc = check_settings(&home->settings, err);

    if (rc != FZ_OK) {
        return rc;
    }
    fz_home_path(home, "config.ini", path);
    fz_home_path(home, "config.ini.new", fresh);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

    if (file == NULL) {
        return fz_fail(err, FZ_IO, "cannot write %s: %s", fresh, strerror(errno));
    }
    write_settings(file, &home->settings);
    bool written = fflush(file) == 0 && fsync(fd) == 0;

    written = fclose(file) == 0 && written;
    if (!written || rename(fresh, path) != 0) {
        return fz_fail(err, FZ_IO, "cannot write %s: %s", path, strerror(errno));
    }
    return sync_dir(home->dir, err);
}

int64_t fz_home_utc_offset_ms(const struct fz_home *home)
{
    return strtol(home->settings.utc_offset_minutes, NULL, 10) * INT64_C(60000);
}
