/*
 * Room switch/api. The profiles: one place per slot, chosen by the shop's number. Numbers are given
 * one after the other, so neighbours never share a place and no hash is needed.
 */
#include "switch/api/profiles.h"

#include <stdio.h>
#include <stdlib.h>

#include "feezero/limits.h"
#include "feezero/role.h"

#define PLACES 4096U /* 1 MB; more shops than a town has */

struct fz_profiles {
    struct fz_profile places[PLACES];
};

fz_rc fz_profiles_create(struct fz_profiles **out, struct fz_err *err)
{
    *out = calloc(1, sizeof(**out));
    return *out != NULL ? FZ_OK : fz_fail(err, FZ_NO_MEMORY, "shop profiles");
}

void fz_profiles_destroy(struct fz_profiles **profiles)
{
    free(*profiles);
    *profiles = NULL;
}

/* Odd steps between communities keep two towns' shops from sitting on each other. */
static struct fz_profile *place_of(struct fz_profiles *profiles, int32_t community, int64_t shop)
{
    uint64_t mixed = (uint64_t)shop + (uint64_t)community * 1237U;
    return &profiles->places[mixed % PLACES];
}

static void keep(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%s", text);
}

void fz_profiles_put_shop(struct fz_profiles *profiles,
                          int32_t community,
                          const struct fz_shopfront *shop,
                          int64_t now_us)
{
    struct fz_profile *profile = place_of(profiles, community, shop->shop);
    *profile =
        (struct fz_profile){.shop = shop->shop, .cached_at_us = now_us, .community = community};
    keep(profile->name, sizeof(profile->name), shop->name);
    keep(profile->qr_guid, sizeof(profile->qr_guid), shop->qr_guid);
    keep(profile->name_latin, sizeof(profile->name_latin), shop->name_latin);
    keep(profile->city_latin, sizeof(profile->city_latin), shop->city_latin);
    keep(profile->postal_code, sizeof(profile->postal_code), shop->postal_code);
    keep(profile->category_code, sizeof(profile->category_code), shop->category_code);
}

void fz_profiles_put(struct fz_profiles *profiles,
                     const struct fz_credential *credential,
                     int64_t now_us)
{
    if (credential->role != FZ_ROLE_TERMINAL && credential->role != FZ_ROLE_OWNER) {
        return;
    }
    struct fz_shopfront shop = {.shop = credential->party,
                                .name = credential->party_name,
                                .qr_guid = credential->qr_guid,
                                .name_latin = credential->name_latin,
                                .city_latin = credential->city_latin,
                                .postal_code = credential->postal_code,
                                .category_code = credential->category_code};
    fz_profiles_put_shop(profiles, credential->community, &shop, now_us);
}

const struct fz_profile *
fz_profiles_get(struct fz_profiles *profiles, int32_t community, int64_t shop, int64_t now_us)
{
    const struct fz_profile *profile = place_of(profiles, community, shop);
    bool is_it = profile->shop == shop && profile->community == community;
    bool is_fresh = now_us - profile->cached_at_us < (int64_t)FZ_KEY_CACHE_TTL_S * 1000000;
    return is_it && is_fresh ? profile : NULL;
}
