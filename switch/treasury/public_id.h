/*
 * switch/treasury: the ids that people see. A letter for the kind of party (R resident, M shop,
 * S staff) and its number in eight digits: M00000042.
 */
#ifndef FZ_SWITCH_TREASURY_PUBLIC_ID_H
#define FZ_SWITCH_TREASURY_PUBLIC_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feezero/rc.h"

#define FZ_PUBLIC_ID_LEN 9

struct fz_public_id {
    char text[FZ_PUBLIC_ID_LEN + 1];
};

/* `party` is 0..FZ_PARTY_MAX (asserted). */
struct fz_public_id fz_public_id(char kind, int64_t party);

/* Reads exactly FZ_PUBLIC_ID_LEN characters; false if they are anything else. */
FZ_MUSTUSE bool
fz_public_id_parse(const char *text, size_t len, char *kind_out, int64_t *party_out);

#endif
