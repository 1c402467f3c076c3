/*
 * load: reading and extending the folder of keys.
 */
#include "load/town.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST "keys.tsv"
#define PATH_SIZE 512
#define KEYS_MAX 100000

static fz_rc make_path(
    const char *dir, const char *name, const char *suffix, char path[PATH_SIZE], struct fz_err *err)
{
    int len = snprintf(path, PATH_SIZE, "%s/%s%s", dir, name, suffix);
    return len > 0 && len < PATH_SIZE ? FZ_OK : fz_fail(err, FZ_LIMIT, "the path %s is long", dir);
}

fz_rc fz_town_key_path(
    const char *dir, const char *key_id, char *path, size_t size, struct fz_err *err)
{
    char whole[PATH_SIZE];
    fz_rc rc = make_path(dir, key_id, ".pem", whole, err);
    if (rc == FZ_OK && strlen(whole) >= size) {
        rc = fz_fail(err, FZ_LIMIT, "the path %s is long", dir);
    }
    if (rc == FZ_OK) {
        memcpy(path, whole, strlen(whole) + 1);
    }
    return rc;
}

static fz_rc add_key(struct fz_town_keys *keys, const struct fz_town_key *key, struct fz_err *err)
{
    if ((keys->len & (keys->len - 1)) == 0) { /* full at each power of two */
        size_t room = keys->len == 0 ? 1 : keys->len * 2;
        struct fz_town_key *all = realloc(keys->all, room * sizeof(*all));
        if (all == NULL || room > KEYS_MAX) {
            keys->all = all != NULL ? all : keys->all;
            return fz_fail(err, FZ_NO_MEMORY, "too many keys");
        }
        keys->all = all;
    }
    keys->all[keys->len++] = *key;
    return FZ_OK;
}

/* One line: role, party, terminal, key id, in that order. */
static fz_rc load_line(const char *dir, const char *line, struct fz_town *town, struct fz_err *err)
{
    char role[16];
    char path[PATH_SIZE];
    struct fz_town_key key = {.key = NULL};
    if (sscanf(line, "%15s %9s %*s %54s", role, key.party, key.key_id) != 3 ||
        !fz_key_id_parse(key.key_id, strlen(key.key_id), NULL, NULL)) {
        return fz_fail(err, FZ_FORMAT, "%s/" LIST ": not a line of it: %s", dir, line);
    }
    bool is_till = strcmp(role, "terminal") == 0;
    if (!is_till && strcmp(role, "resident") != 0) {
        return FZ_OK; /* staff and owners do not take part */
    }
    fz_rc rc = fz_town_key_path(dir, key.key_id, path, sizeof(path), err);
    if (rc == FZ_OK) {
        rc = fz_key_load_private(path, &key.key, err);
    }
    if (rc == FZ_OK) {
        rc = add_key(is_till ? &town->tills : &town->residents, &key, err);
    }
    if (rc != FZ_OK) {
        fz_key_destroy(&key.key);
    }
    return rc;
}

fz_rc fz_town_load(const char *dir, struct fz_town *town_out, struct fz_err *err)
{
    char path[PATH_SIZE];
    char line[256];
    *town_out = (struct fz_town){.tills = {NULL, 0}};
    fz_rc rc = make_path(dir, LIST, "", path, err);
    FILE *list = rc == FZ_OK ? fopen(path, "re") : NULL;
    if (rc == FZ_OK && list == NULL) {
        rc = fz_fail(err, FZ_IO, "%s: %s", path, strerror(errno));
    }
    while (rc == FZ_OK && fgets(line, sizeof(line), list) != NULL) {
        rc = load_line(dir, line, town_out, err);
    }
    if (rc == FZ_OK && ferror(list) != 0) {
        rc = fz_fail(err, FZ_IO, "%s: %s", path, strerror(errno));
    }
    if (rc == FZ_OK && (town_out->tills.len == 0 || town_out->residents.len == 0)) {
        rc = fz_fail(err, FZ_NOT_FOUND, "%s: one till and one resident are needed", path);
    }
    if (list != NULL) {
        (void)fclose(list);
    }
    if (rc != FZ_OK) {
        fz_town_free(town_out);
    }
    return rc;
}

static void free_keys(struct fz_town_keys *keys)
{
    for (size_t i = 0; i < keys->len; i++) {
        fz_key_destroy(&keys->all[i].key);
    }
    free(keys->all);
    *keys = (struct fz_town_keys){NULL, 0};
}

void fz_town_free(struct fz_town *town)
{
    free_keys(&town->tills);
    free_keys(&town->residents);
}

fz_rc fz_town_add(const char *dir,
                  const char *role,
                  const char *party,
                  const char *terminal,
                  const char *key_id,
                  struct fz_err *err)
{
    char path[PATH_SIZE];
    fz_rc rc = make_path(dir, LIST, "", path, err);
    FILE *list = rc == FZ_OK ? fopen(path, "ae") : NULL;
    if (list == NULL) {
        return rc != FZ_OK ? rc : fz_fail(err, FZ_IO, "%s: %s", path, strerror(errno));
    }
    int len =
        fprintf(list, "%s\t%s\t%s\t%s\n", role, party, terminal == NULL ? "-" : terminal, key_id);
    if (fclose(list) != 0 || len < 0) {
        rc = fz_fail(err, FZ_IO, "%s: %s", path, strerror(errno));
    }
    return rc;
}
