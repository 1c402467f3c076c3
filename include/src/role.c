/*
 * Words and numbers of the roles.
 */
#include "feezero/role.h"

#include <string.h>

static const struct {
    enum fz_role role;
    const char *text;
} ROLES[] = {
#define ROW(name, number, word) {FZ_ROLE_##name, word},
    FZ_ROLES(ROW)
#undef ROW
};

#define ROLES_COUNT (sizeof ROLES / sizeof ROLES[0])

const char *fz_role_text(enum fz_role role)
{
    for (size_t i = 0; i < ROLES_COUNT; i++) {
        if (ROLES[i].role == role) {
            return ROLES[i].text;
        }
    }
    return NULL;
}

bool fz_role_parse(const char *text, size_t len, enum fz_role *role_out)
{
    for (size_t i = 0; i < ROLES_COUNT; i++) {
        if (strlen(ROLES[i].text) == len && memcmp(ROLES[i].text, text, len) == 0) {
            *role_out = ROLES[i].role;
            return true;
        }
    }
    return false;
}

bool fz_role_from_number(int number, enum fz_role *role_out)
{
    for (size_t i = 0; i < ROLES_COUNT; i++) {
        if ((int)ROLES[i].role == number) {
            *role_out = ROLES[i].role;
            return true;
        }
    }
    return false;
}
