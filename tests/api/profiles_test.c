/*
 * Shop profiles: kept for shops only, believed for a while, and never another shop's.
 */
#include "switch/api/profiles.h"

#include <criterion/criterion.h>
#include <string.h>

#include "feezero/limits.h"
#include "feezero/role.h"
#include "tests/support/leak.h"

#define TTL_US ((int64_t)FZ_KEY_CACHE_TTL_S * 1000000)

static struct fz_credential credential(int32_t community, int64_t party, enum fz_role role)
{
    return (struct fz_credential){.community = community,
                                  .party = party,
                                  .role = (int32_t)role,
                                  .party_name = "流山カフェ",
                                  .qr_guid = "jp.example",
                                  .name_latin = "NAGAREYAMA CAFE",
                                  .city_latin = "NAGAREYAMA",
                                  .postal_code = "2700192",
                                  .category_code = "5814"};
}

Test(profiles, keeps_what_a_code_needs)
{
    struct fz_profiles *profiles = NULL;
    cr_assert_eq(fz_profiles_create(&profiles, NULL), FZ_OK);
    struct fz_credential shop = credential(1, 42, FZ_ROLE_TERMINAL);
    fz_profiles_put(profiles, &shop, 1000);
    const struct fz_profile *profile = fz_profiles_get(profiles, 1, 42, 1000 + TTL_US - 1);
    cr_assert_not_null(profile);
    cr_expect_str_eq(profile->name, "流山カフェ");
    cr_expect_str_eq(profile->qr_guid, "jp.example");
    cr_expect_str_eq(profile->name_latin, "NAGAREYAMA CAFE");
    cr_expect_str_eq(profile->city_latin, "NAGAREYAMA");
    cr_expect_str_eq(profile->postal_code, "2700192");
    cr_expect_str_eq(profile->category_code, "5814");
    cr_expect_null(fz_profiles_get(profiles, 1, 42, 1000 + TTL_US), "too old");
    fz_profiles_destroy(&profiles);
    cr_expect_null(profiles);
    FZ_EXPECT_NO_LEAK();
}

Test(profiles, of_people_nothing_is_kept)
{
    struct fz_profiles *profiles = NULL;
    cr_assert_eq(fz_profiles_create(&profiles, NULL), FZ_OK);
    struct fz_credential resident = credential(1, 7, FZ_ROLE_RESIDENT);
    fz_profiles_put(profiles, &resident, 0);
    cr_expect_null(fz_profiles_get(profiles, 1, 7, 0));
    fz_profiles_destroy(&profiles);
}

/* More shops than places, of two towns: whatever is found is the one that was asked for. */
Test(profiles, never_gives_another_shop)
{
    struct fz_profiles *profiles = NULL;
    cr_assert_eq(fz_profiles_create(&profiles, NULL), FZ_OK);
    unsigned found = 0;
    for (int64_t party = 1; party <= 6000; party++) {
        for (int32_t community = 1; community <= 2; community++) {
            struct fz_credential shop = credential(community, party, FZ_ROLE_OWNER);
            fz_profiles_put(profiles, &shop, 0);
        }
    }
    for (int64_t party = 1; party <= 6000; party++) {
        for (int32_t community = 1; community <= 2; community++) {
            const struct fz_profile *profile = fz_profiles_get(profiles, community, party, 0);
            found += profile != NULL;
            cr_expect(profile == NULL ||
                      (profile->shop == party && profile->community == community));
        }
    }
    cr_expect_eq(found, 4096, "%u", found);
    fz_profiles_destroy(&profiles);
}
