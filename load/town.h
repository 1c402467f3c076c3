/*
 * load: the keys that pay. A folder holds one PEM file per key and `keys.tsv`, a line per enrolled
 * key: role, party, terminal (or -), key id. `fz-load enrol` makes it.
 */
#ifndef LOAD_TOWN_H
#define LOAD_TOWN_H

#include <stddef.h>

#include "feezero/crypto.h"
#include "feezero/encode.h"
#include "feezero/err.h"

#define FZ_TOWN_PARTY_LEN 9 /* M00000042 */

struct fz_town_key {
    struct fz_key *key;
    char key_id[FZ_KEY_ID_MAX + 1];
    char party[FZ_TOWN_PARTY_LEN + 1];
};

struct fz_town_keys {
    struct fz_town_key *all;
    size_t len;
};

struct fz_town {
    struct fz_town_keys tills;
    struct fz_town_keys residents;
};

/*
 * Loads the folder. FZ_IO, FZ_FORMAT, FZ_CONFIG (a key that others may read), FZ_NO_MEMORY;
 * FZ_NOT_FOUND if there is not one till and one resident.
 */
FZ_MUSTUSE fz_rc fz_town_load(const char *dir, struct fz_town *town_out, struct fz_err *err);
void fz_town_free(struct fz_town *town);

/* Where the key of a key id lies. FZ_LIMIT: the path is too long. */
FZ_MUSTUSE fz_rc
fz_town_key_path(const char *dir, const char *key_id, char *path, size_t size, struct fz_err *err);

/* One more line of keys.tsv. `terminal` may be NULL. FZ_IO, FZ_LIMIT. */
FZ_MUSTUSE fz_rc fz_town_add(const char *dir,
                             const char *role,
                             const char *party,
                             const char *terminal,
                             const char *key_id,
                             struct fz_err *err);

#endif
