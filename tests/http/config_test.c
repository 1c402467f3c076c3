/*
 * The configuration file: every mistake is named with its line, what -T prints reads back the same,
 * and the manual page says what the table says.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "switch/http/config.h"
#include "switch/http/listen.h"
#include "tests/support/leak.h"

static char path[64];
static struct fz_config config;
static struct fz_err err;

static void set_up(void)
{
    (void)snprintf(path, sizeof(path), "/tmp/fz-config-XXXXXX");
    int fd = mkstemp(path);
    cr_assert(fd >= 0);
    (void)close(fd);
}

static void tear_down(void)
{
    (void)unlink(path);
}

TestSuite(config, .init = set_up, .fini = tear_down);

static void write_file(const char *text)
{
    FILE *file = fopen(path, "we");
    cr_assert(file != NULL);
    cr_assert(fputs(text, file) >= 0);
    cr_assert_eq(fclose(file), 0);
}

static fz_rc load(const char *text)
{
    write_file(text);
    err = (struct fz_err){.rc = FZ_OK};
    return fz_config_load(path, &config, &err);
}

Test(config, has_presets)
{
    cr_assert_eq(load("# nothing\n\n; at all\n"), FZ_OK, "%s", err.msg);
    cr_expect_str_eq(config.listen, "0.0.0.0:8443");
    cr_expect_eq(config.workers, 1);
    cr_expect_eq(config.database_readers, 2);
    cr_expect_eq(config.stop_timeout_s, 20);
    cr_expect_eq(config.log_level, FZ_LOG_INFO);
    cr_expect_str_eq(config.log_file, "");
    cr_expect(!config.webhook_private);
    cr_expect_eq(config.webhook_timeout_s, 15);
    cr_expect_str_eq(config.database, "");
    cr_expect_str_eq(config.file, path);
    cr_expect_eq(fz_config_check_complete(&config, &err), FZ_CONFIG);
    cr_expect(strstr(err.msg, ": tls_certificate: the key is missing") != NULL, "%s", err.msg);
}

Test(config, reads_values)
{
    cr_assert_eq(load("listen = 127.0.0.1:1 [::1]:65535 ; both\n"
                      "workers=64\n"
                      "database = host=/run user=fz\n"
                      "    dbname='my town' ; the first one\n"
                      "tls_key = keys/key.pem\n"
                      "tls_certificate = /etc/cert.pem\n"
                      "log_level = debug\n"
                      "webhook_private = yes\n"
                      "log_file = \n"),
                 FZ_OK, "%s", err.msg);
    cr_expect_str_eq(config.listen, "127.0.0.1:1 [::1]:65535");
    cr_expect_eq(config.workers, 64);
    cr_expect_str_eq(config.database, "host=/run user=fz dbname='my town'");
    cr_expect_str_eq(config.tls_key, "/tmp/keys/key.pem");
    cr_expect_str_eq(config.tls_certificate, "/etc/cert.pem");
    cr_expect_eq(config.log_level, FZ_LOG_DEBUG);
    cr_expect(config.webhook_private);
    cr_expect_eq(fz_config_check_complete(&config, &err), FZ_OK);
}

struct mistake {
    const char *text;
    const char *message; /* without the file */
};

static const struct mistake mistakes[] = {
    {"workers = 1\ncolour = blue\n", ":2: colour: there is no such key"},
    {"Workers = 1\n", ":1: Workers: there is no such key"},
    {"workers = 1\n\n\nworkers = 1\n", ":4: workers: the key was given before"},
    {"[switch]\nworkers = 1\n", ":2: workers: this file has no sections"},
    {"workers = 1\nnonsense\n", ":2: not of the form key = value"},
    {"workers = 0\n", ":1: workers: the number is out of range (1 to 64)"},
    {"workers = 65\n", ":1: workers: the number is out of range (1 to 64)"},
    {"workers = 99999999999999999999\n", ":1: workers: not a number (1 to 64)"},
    {"workers = two\n", ":1: workers: not a number (1 to 64)"},
    {"workers = 2x\n", ":1: workers: not a number (1 to 64)"},
    {"workers = -2\n", ":1: workers: not a number (1 to 64)"},
    {"workers =\n", ":1: workers: not a number (1 to 64)"},
    {"database_readers = 17\n", ":1: database_readers: the number is out of range (1 to 16)"},
    {"stop_timeout_s = 301\n", ":1: stop_timeout_s: the number is out of range (1 to 300)"},
    {"log_level = loud\n", ":1: log_level: must be error, warn, info or debug"},
    {"webhook_private = 1\n", ":1: webhook_private: must be yes or no"},
    {"webhook_private =\n", ":1: webhook_private: must be yes or no"},
    {"webhook_timeout_s = 31\n", ":1: webhook_timeout_s: the number is out of range (1 to 30)"},
    {"listen = 8443\n", ":1: listen: addresses look like"},
    {"listen = :8443\n", ":1: listen: addresses look like"},
    {"listen = a:1 b\n", ":1: listen: addresses look like"},
    {"listen = ::1:8443\n", ":1: listen: addresses look like"},
    {"listen = a:65536\n", ":1: listen: addresses look like"},
    {"listen = a:1 a:2 a:3 a:4 a:5 a:6 a:7 a:8 a:9\n", ":1: listen: too many addresses"},
    {"listen =\n", ":1: listen: the value is too short"},
    {"database =\n", ":1: database: the value is too short"},
    {"database =;a\n", ":1: database: a value cannot begin like a comment"},
    {"public_url = http:/\n", ":1: public_url: the value is too short"},
    {"\n\ntls_key = a\x01"
     "b\n",
     ":3: tls_key: control characters are not allowed"},
};

Test(config, names_line_and_key_of_a_mistake)
{
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        char expected[256];
        cr_expect_eq(load(mistakes[i].text), FZ_CONFIG, "row %zu", i);
        (void)snprintf(expected, sizeof(expected), "%s%s", path, mistakes[i].message);
        cr_expect_eq(strncmp(err.msg, expected, strlen(expected)), 0, "row %zu: %s", i, err.msg);
        cr_expect_eq(err.rc, FZ_CONFIG);
    }
    FZ_EXPECT_NO_LEAK();
}

Test(config, refuses_long_lines_and_values)
{
    static char text[2048];
    (void)snprintf(text, sizeof(text), "workers = 1\ndatabase = %0300d\n", 1);
    cr_expect_eq(load(text), FZ_CONFIG);
    cr_expect(strstr(err.msg, ":2: the line is too long") != NULL, "%s", err.msg);
    (void)snprintf(text, sizeof(text), "database = %0150d\n %0150d\n %0150d\n %0150d\n", 1, 2, 3,
                   4);
    cr_expect_eq(load(text), FZ_CONFIG);
    cr_expect(strstr(err.msg, ":4: database: the value is too long") != NULL, "%s", err.msg);
    (void)snprintf(text, sizeof(text), "database = %0150d\n %0150d\n %0150d\n", 1, 2, 3);
    cr_expect_eq(load(text), FZ_OK, "%s", err.msg);
    cr_expect_eq(strlen(config.database), 452);
}

Test(config, names_a_missing_file)
{
    cr_expect_eq(fz_config_load("/nowhere/switch.conf", &config, &err), FZ_CONFIG);
    cr_expect_str_eq(err.msg, "/nowhere/switch.conf: No such file or directory");
    cr_expect_eq(fz_config_load("/tmp", &config, &err), FZ_CONFIG);
    cr_expect(strstr(err.msg, "/tmp: ") != NULL, "%s", err.msg);
}

Test(config, prints_what_reads_back_the_same)
{
    static char text[2048];
    struct fz_config first;
    char word[71];
    memset(word, 'x', sizeof(word) - 1);
    word[sizeof(word) - 1] = '\0';
    (void)snprintf(text, sizeof(text),
                   "listen = 127.0.0.1:1 [::1]:2\nworkers = 7\ntls_key = k\nlog_level = "
                   "warn\nwebhook_private = yes\n"
                   "database = host=%s\n user=%s\n password='%s  %s'\n",
                   word, word, word, word);
    cr_assert_eq(load(text), FZ_OK, "%s", err.msg);
    first = config;
    FILE *file = fopen(path, "we");
    cr_assert(file != NULL);
    fz_config_print(&first, file);
    cr_assert_eq(fclose(file), 0);
    cr_assert_eq(fz_config_load(path, &config, &err), FZ_OK, "%s", err.msg);
    cr_expect_arr_eq(&config, &first, sizeof(first));
}

Test(config, takes_over_what_may_change_in_flight)
{
    char names[64];
    struct fz_config fresh;
    cr_assert_eq(load("workers = 2\ndatabase = a\n"), FZ_OK);
    struct fz_config mine = config;
    cr_expect_eq(fz_config_merge(&mine, &config, names, sizeof(names)), 0);
    cr_expect_str_eq(names, "");
    cr_assert_eq(load("workers = 3\ndatabase = b\nlog_level = error\nstop_timeout_s = 5\n"), FZ_OK);
    fresh = config;
    cr_expect_eq(fz_config_merge(&mine, &fresh, names, sizeof(names)), 2);
    cr_expect_str_eq(names, "database workers");
    cr_expect_eq(mine.log_level, FZ_LOG_ERROR);
    cr_expect_eq(mine.stop_timeout_s, 5);
    cr_expect_eq(mine.workers, 2);
    cr_expect_str_eq(mine.database, "a");
    cr_expect_eq(fz_config_merge(&mine, &fresh, names, 8), 2, "the names are cut, not more");
    cr_expect_str_eq(names, "databas");
}

/* The paragraph about one key as the manual page must have it. */
static void write_paragraph(const struct fz_config_key *key, char *out, size_t size)
{
    int n = snprintf(out, size, ".It Ic %s\n%s\n", key->name, key->doc);
    if (key->type == FZ_CONFIG_NUMBER) {
        n += snprintf(out + n, size - (size_t)n, "From %ld to %ld.\n", key->min, key->max);
    }
    if (key->preset == NULL) {
        n += snprintf(out + n, size - (size_t)n, "There is no default.\n");
    } else if (key->preset[0] == '\0') {
        n += snprintf(out + n, size - (size_t)n, "Empty by default.\n");
    } else {
        n += snprintf(out + n, size - (size_t)n, "Default:\n.Ql %s .\n", key->preset);
    }
    (void)snprintf(out + n, size - (size_t)n, "%s\n",
                   key->reloadable ? "A new value is taken over on SIGHUP."
                                   : "A new value takes a restart.");
}

Test(config, manual_page_follows_the_table)
{
    static char page[65536];
    char name[512];
    const char *source = getenv("FZ_SOURCE_DIR");
    cr_assert(source != NULL, "FZ_SOURCE_DIR is not set: run this through ctest");
    (void)snprintf(name, sizeof(name), "%s/docs/man/fz-switch.conf.5", source);
    FILE *file = fopen(name, "re");
    cr_assert(file != NULL, "%s", name);
    page[fread(page, 1, sizeof(page) - 1, file)] = '\0';
    (void)fclose(file);
    size_t keys_len = 0;
    const char *at = page;
    for (const struct fz_config_key *key; (key = fz_config_key_at(keys_len)) != NULL; keys_len++) {
        char paragraph[1024];
        write_paragraph(key, paragraph, sizeof(paragraph));
        const char *found = strstr(at, paragraph);
        cr_expect(found != NULL, "missing, or out of order:\n%s", paragraph);
        at = found != NULL ? found : at;
    }
    size_t items = 0;
    for (at = page; (at = strstr(at, "\n.It Ic ")) != NULL; at++) {
        items++;
    }
    cr_expect_eq(items, keys_len, "the page has a key that the table has not");
}
