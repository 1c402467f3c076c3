/*
 * Making payloads in tests. emv_seal() puts a right checksum behind a body, so that a test reaches
 * the checks behind it; the checksum itself is tested with values from outside.
 */
#ifndef FEEZERO_TESTS_WIRE_EMV_SEAL_H
#define FEEZERO_TESTS_WIRE_EMV_SEAL_H

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "merchant-pos/wire/emv.h"

/* Puts a literal into a string of struct fz_emv_code; one that is too long does not compile. */
#define EMV_SET(member, literal)                                          \
    do {                                                                  \
        static_assert(sizeof(literal) <= sizeof(member), "does not fit"); \
        memcpy((member), (literal), sizeof(literal));                     \
    } while (0)

/* text_out has room for `len` + 9 bytes; returns the length of the whole payload. */
static inline size_t emv_seal(const char *body, size_t len, char *text_out)
{
    memcpy(text_out, body, len);
    memcpy(text_out + len, "6304", 4);
    (void)snprintf(text_out + len + 4, 5, "%04X", (unsigned)fz_emv_crc16(text_out, len + 4));
    return len + 8;
}

#endif
