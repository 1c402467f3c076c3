/*
 * Runs a fuzz target over kept inputs without a fuzzer: the seeds and everything that ever broke
 * it.
 *
 * fuzz_NAME FOLDER      reads every file in FOLDER; fails if there is none
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* Gives one file to the target, from memory that ends where the file ends. */
static int replay_file(const char *folder, const char *name)
{
    char path[4096];
    static uint8_t buffer[1 << 20];

    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) {
        (void)fprintf(stderr, "replay: the path of %s is too long\n", name);
        return 1;
    }
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return 1;
    }
    size_t len = fread(buffer, 1, sizeof buffer, file);
    int failed = ferror(file) || !feof(file);
    (void)fclose(file);
    uint8_t *bytes = malloc(len > 0 ? len : 1);
    if (failed || bytes == NULL) {
        (void)fprintf(stderr, "replay: cannot read %s\n", path);
        free(bytes);
        return 1;
    }
    for (size_t i = 0; i < len; i++) {
        bytes[i] = buffer[i];
    }
    (void)LLVMFuzzerTestOneInput(bytes, len);
    free(bytes);
    return 0;
}

int main(int argc, char **argv)
{
    unsigned count = 0;
    int failed = 0;

    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    if (folder == NULL) {
        (void)fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (entry->d_name[0] != '.') {
            failed |= replay_file(argv[1], entry->d_name);
            count++;
        }
    }
    (void)closedir(folder);
    (void)printf("%u inputs\n", count);
    return failed || count == 0;
}
