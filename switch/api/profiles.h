/*
 * Room switch/api, internal. What is known of shops seen lately: what goes into their QR codes. A
 * fixed table in which a newer shop takes an older one's place; believed for as long as a key is.
 */
#ifndef SWITCH_API_PROFILES_H
#define SWITCH_API_PROFILES_H

#include <stdint.h>

#include "feezero/err.h"
#include "ledger/store/reader.h"

struct fz_profile {
    int64_t shop; /* 0: the place is free */
    int64_t cached_at_us;
    int32_t community;
    char name[121];
    char qr_guid[33];
    char name_latin[26];
    char city_latin[16];
    char postal_code[8];
    char category_code[5];
};

struct fz_profiles;

/* Caller owns *out. FZ_NO_MEMORY. */
FZ_MUSTUSE fz_rc fz_profiles_create(struct fz_profiles **out, struct fz_err *err);
void fz_profiles_destroy(struct fz_profiles **profiles);

/* Keeps what a shop's credential says; of other parties nothing is kept. */
void fz_profiles_put(struct fz_profiles *profiles,
                     const struct fz_credential *credential,
                     int64_t now_us);

/* The same of a shop that was read. */
void fz_profiles_put_shop(struct fz_profiles *profiles,
                          int32_t community,
                          const struct fz_shopfront *shop,
                          int64_t now_us);

/* NULL: not there, or too old. Borrowed until the next put. */
const struct fz_profile *
fz_profiles_get(struct fz_profiles *profiles, int32_t community, int64_t shop, int64_t now_us);

#endif
