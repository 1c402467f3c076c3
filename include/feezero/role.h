/*
 * Roles: what a key may do. One table drives the enum, the database and the access checks; the
 * number is stored with every key and stays for ever.
 */
#ifndef FEEZERO_ROLE_H
#define FEEZERO_ROLE_H

#include <stdbool.h>
#include <stddef.h>

#include "feezero/rc.h"

/*
 * FZ_ROLE_ROW(NAME, number, text)
 *   resident    pays from the own wallet
 *   terminal    a till of one shop
 *   owner       answers for one shop and its tills
 *   treasurer   staff of the consortium that move money
 *   auditor     staff that read everything and change nothing
 */
#define FZ_ROLES(FZ_ROLE_ROW)              \
    FZ_ROLE_ROW(RESIDENT, 1, "resident")   \
    FZ_ROLE_ROW(TERMINAL, 2, "terminal")   \
    FZ_ROLE_ROW(OWNER, 3, "owner")         \
    FZ_ROLE_ROW(TREASURER, 4, "treasurer") \
    FZ_ROLE_ROW(AUDITOR, 5, "auditor")

enum fz_role {
#define FZ_ROLE_ENUM(name, number, text) FZ_ROLE_##name = (number),
    FZ_ROLES(FZ_ROLE_ENUM)
#undef FZ_ROLE_ENUM
};

/* A set of roles is an `unsigned` of these bits: FZ_ROLE_BIT(FZ_ROLE_TERMINAL) | ... */
#define FZ_ROLE_BIT(role) (1u << (unsigned)(role))
#define FZ_ROLE_BIT_OR(name, number, text) | FZ_ROLE_BIT(number)
#define FZ_ROLES_ALL (0u FZ_ROLES(FZ_ROLE_BIT_OR))

static inline bool fz_role_in(enum fz_role role, unsigned roles)
{
    return (FZ_ROLE_BIT(role) & roles) != 0;
}

/* The role's word on the wire and the command line, static; NULL for a number in no row. */
const char *fz_role_text(enum fz_role role);

/* Reads such a word (`len` bytes, no NUL needed). False: no such role. */
FZ_MUSTUSE bool fz_role_parse(const char *text, size_t len, enum fz_role *role_out);

/* Reads a stored number. False: no such role. */
FZ_MUSTUSE bool fz_role_from_number(int number, enum fz_role *role_out);

#endif
