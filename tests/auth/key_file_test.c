/*
 * Private keys in files: who may read them, what is read, and that a key is written whole, once,
 * for its owner alone.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feezero/crypto.h"
#include "tests/auth/request.h"
#include "tests/support/leak.h"

static char folder[256];

static void setup(void)
{
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/fz-key-XXXXXX", base ? base : "/tmp");
    cr_assert_not_null(mkdtemp(folder));
    umask(0); /* the mode must not depend on it */
}

/* Removes the folder and returns how many files were in it. */
static unsigned folder_empty(void)
{
    unsigned count = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        if (entry->d_name[0] != '.') {
            count++;
            unlinkat(dirfd(dir), entry->d_name, 0);
        }
    }
    closedir(dir);
    return count;
}

static void teardown(void)
{
    folder_empty();
    rmdir(folder);
}

TestSuite(key_file, .init = setup, .fini = teardown);

static const char *in_folder(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void put_file(const char *path, const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    cr_assert_eq(fchmod(fd, mode), 0);
    close(fd);
}

Test(key_file, a_key_comes_back_from_its_file)
{
    struct fz_err err = {0};
    struct fz_key *key = test_key_new();
    struct fz_key *back = NULL;
    uint8_t signature[FZ_SIGNATURE_LEN];
    const char *path = in_folder("till.pem");
    cr_assert_eq(fz_key_save_private(key, path, &err), FZ_OK, "%s", err.msg);
    struct stat st;
    cr_assert_eq(stat(path, &st), 0);
    cr_expect_eq(st.st_mode & 07777, 0600u, "mode %o", (unsigned)st.st_mode);
    cr_assert_eq(fz_key_load_private(path, &back, &err), FZ_OK, "%s", err.msg);
    cr_expect(fz_key_is_private(back));
    cr_expect_eq(memcmp(fz_key_spki(key), fz_key_spki(back), FZ_SPKI_LEN), 0);
    cr_assert_eq(fz_key_sign(back, "x", 1, signature, &err), FZ_OK);
    cr_expect_eq(fz_key_verify(key, "x", 1, signature, &err), FZ_OK);
    fz_key_destroy(&key);
    fz_key_destroy(&back);
    cr_expect_eq(folder_empty(), 1u, "a temporary file was left");
    FZ_EXPECT_NO_LEAK();
}

Test(key_file, a_key_is_never_replaced)
{
    struct fz_err err = {0};
    struct fz_key *key = test_key_new();
    char back[16] = "";
    const char *path = in_folder("till.pem");
    put_file(path, "precious", 0600);
    cr_expect_eq(fz_key_save_private(key, path, &err), FZ_IO);
    cr_expect_not_null(strstr(err.msg, "File exists"), "%s", err.msg);
    FILE *file = fopen(path, "r");
    cr_assert_not_null(fgets(back, sizeof back, file));
    fclose(file);
    cr_expect_str_eq(back, "precious");
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(symlink("elsewhere", path), 0);
    cr_expect_eq(fz_key_save_private(key, path, &err), FZ_IO, "followed a link");
    cr_expect_eq(fz_key_save_private(key, in_folder("no/such/folder.pem"), &err), FZ_IO);
    cr_expect_eq(folder_empty(), 1u, "a temporary file was left");
    fz_key_destroy(&key);
    FZ_EXPECT_NO_LEAK();
}

Test(key_file, a_full_disk_leaves_nothing_behind)
{
    struct fz_err err = {0};
    struct fz_key *key = test_key_new();
    struct rlimit limit = {100, 100}; /* less than the file's 241 bytes */
    struct rlimit before;
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit.rlim_max = before.rlim_max;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    fz_rc rc = fz_key_save_private(key, in_folder("till.pem"), &err);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    cr_expect_eq(rc, FZ_IO);
    cr_expect_eq(folder_empty(), 0u);
    fz_key_destroy(&key);
    FZ_EXPECT_NO_LEAK();
}

#define RFC_SEC1                                                         \
    "-----BEGIN EC PRIVATE KEY-----\n"                                   \
    "MHcCAQEEIFKbhfNZfpDsW43+0+JjUr9K+bTeuxopu653+hBaXGA7oAoGCCqGSM49\n" \
    "AwEHoUQDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lfw0EkjqF7xB4FivAxzic30tMM\n" \
    "4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==\n"                             \
    "-----END EC PRIVATE KEY-----\n"

/* The same with another last byte of the private scalar: the two halves do not belong together. */
#define RFC_SEC1_MISMATCH                                                \
    "-----BEGIN EC PRIVATE KEY-----\n"                                   \
    "MHcCAQEEIFKbhfNZfpDsW43+0+JjUr9K+bTeuxopu653+hBaXGA8oAoGCCqGSM49\n" \
    "AwEHoUQDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lfw0EkjqF7xB4FivAxzic30tMM\n" \
    "4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==\n"                             \
    "-----END EC PRIVATE KEY-----\n"

Test(key_file, the_private_key_of_rfc_9421_is_read)
{
    struct fz_err err = {0};
    struct fz_key *key = NULL;
    char thumbprint[FZ_THUMBPRINT_LEN + 1];
    const char *path = in_folder("rfc.pem");
    put_file(path, RFC_SEC1, 0600);
    cr_assert_eq(fz_key_load_private(path, &key, &err), FZ_OK, "%s", err.msg);
    fz_key_thumbprint(key, thumbprint);
    cr_expect_str_eq(thumbprint, "VfljYbeMu4Tx_GBLBxjoK9kau0bY_CWuhxs1-7-LeXQ");
    fz_key_destroy(&key);
    FZ_EXPECT_NO_LEAK();
}

Test(key_file, a_file_that_others_may_open_is_refused)
{
    static const struct {
        mode_t mode;
        fz_rc expected;
    } rows[] = {{0600, FZ_OK},     {0400, FZ_OK},     {0700, FZ_OK},     {0640, FZ_CONFIG},
                {0604, FZ_CONFIG}, {0644, FZ_CONFIG}, {0620, FZ_CONFIG}, {0602, FZ_CONFIG},
                {0610, FZ_CONFIG}, {0601, FZ_CONFIG}, {0666, FZ_CONFIG}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fz_err err = {0};
        struct fz_key *key = NULL;
        const char *path = in_folder("mode.pem");
        put_file(path, RFC_SEC1, rows[i].mode);
        cr_expect_eq(fz_key_load_private(path, &key, &err), rows[i].expected, "mode %03o: %s",
                     (unsigned)rows[i].mode, err.msg);
        cr_expect_eq(key != NULL, rows[i].expected == FZ_OK);
        fz_key_destroy(&key);
        unlink(path);
    }
    FZ_EXPECT_NO_LEAK();
}

/* openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 */
#define PEM_P384                                                         \
    "-----BEGIN PRIVATE KEY-----\n"                                      \
    "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDCht4pTEa+/s7pWpaKh\n" \
    "fsUOfFZz+bf0Xm1w8OOcPgDpcG2PLIKbqk3nH01Rk85d062hZANiAARrGxy+gw0c\n" \
    "hYM6uA6zrb6A2m3E/q/4JT2186U00LrBH2aTD3a9w/TbNdTizO9OtVpgh+48798W\n" \
    "DHNfzWbJq1dWWeghE6J2jgRStbrZtpDl7MxA8kD9sUdu5D3VVciWx78=\n"         \
    "-----END PRIVATE KEY-----\n"

/* The same key as above, openssl pkcs8 -topk8 -passout pass:secret */
#define PEM_ENCRYPTED                                                    \
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"                            \
    "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAidyo7+p4x9xAICCAAw\n" \
    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEENui+h4nkN0QXYNw+/SwvcMEgZAE\n" \
    "RigJWd4bfTxbTcu6D0Q5CgjY5xX29938VfT4Mg3lOyIQDnlgZA8gd0EJydmgtGbX\n" \
    "lMZm+As3aJtgcN/1Gywd+8/EwMX0NsocMkV6FW1cb0gmdARs2X72FApbQxn5o6mz\n" \
    "mmcYz+fxpu0NYW57PrtmOMLIreMcnepqzvb7iNhFa4kYNZas1O4eNm4AKsUxDjs=\n" \
    "-----END ENCRYPTED PRIVATE KEY-----\n"

#define PEM_ED25519                                                      \
    "-----BEGIN PRIVATE KEY-----\n"                                      \
    "MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n" \
    "-----END PRIVATE KEY-----\n"

#define PEM_PUBLIC                                                       \
    "-----BEGIN PUBLIC KEY-----\n"                                       \
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lf\n" \
    "w0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==\n"     \
    "-----END PUBLIC KEY-----\n"

Test(key_file, what_is_no_p256_key_is_refused)
{
    static const struct {
        const char *what, *text;
    } rows[] = {{"nothing", ""},
                {"words", "this is not a key\n"},
                {"another curve", PEM_P384},
                {"a password", PEM_ENCRYPTED},
                {"Ed25519", PEM_ED25519},
                {"a public key", PEM_PUBLIC},
                {"two halves of two keys", RFC_SEC1_MISMATCH}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fz_err err = {0};
        struct fz_key *key = NULL;
        const char *path = in_folder("other.pem");
        put_file(path, rows[i].text, 0600);
        cr_expect_eq(fz_key_load_private(path, &key, &err), FZ_FORMAT, "%s: %d %s", rows[i].what,
                     err.rc, err.msg);
        cr_expect_null(key, "%s", rows[i].what);
        unlink(path);
    }
    FZ_EXPECT_NO_LEAK();
}

Test(key_file, what_is_no_readable_file_is_refused)
{
    struct fz_err err = {0};
    struct fz_key *key = NULL;
    cr_expect_eq(fz_key_load_private(in_folder("missing.pem"), &key, &err), FZ_IO);
    cr_expect_not_null(strstr(err.msg, "missing.pem"), "%s", err.msg);
    cr_assert_eq(chmod(folder, 0700), 0);
    cr_expect_eq(fz_key_load_private(folder, &key, &err), FZ_CONFIG, "a folder");
    cr_assert_eq(mkfifo(in_folder("pipe.pem"), 0600), 0);
    cr_expect_eq(fz_key_load_private(in_folder("pipe.pem"), &key, &err), FZ_CONFIG, "a pipe");
    char large[5001];
    memset(large, '\n', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    put_file(in_folder("large.pem"), large, 0600);
    cr_expect_eq(fz_key_load_private(in_folder("large.pem"), &key, &err), FZ_FORMAT, "%s", err.msg);
    cr_expect_null(key);
    FZ_EXPECT_NO_LEAK();
}
