/*
 * Text forms of bytes: hex, base64 and base64url (RFC 4648), and the text of a key id. Plain C
 * without allocation or a library, so the till's firmware can use it too.
 *
 * Every reader here is strict: one byte string has one text, and no other text is accepted (no
 * white space, no line breaks, no stray padding, no non-zero bits behind the last byte).
 */
#ifndef FEEZERO_ENCODE_H
#define FEEZERO_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feezero/rc.h"

/* Sizes of a text including its NUL, for arrays. `len` is a number of bytes. */
#define FZ_HEX_SIZE(len) (2 * (len) + 1)
#define FZ_BASE64_SIZE(len) (((len) + 2) / 3 * 4 + 1)
#define FZ_BASE64URL_SIZE(len) (((len) / 3 * 4) + ((len) % 3 ? (len) % 3 + 1 : 0) + 1)

/* Writes lower-case hex and a NUL: FZ_HEX_SIZE(len) bytes. */
void fz_hex_encode(const void *bytes, size_t len, char *text_out);

/*
 * Reads exactly `len` bytes from 2 * len characters, either case. False if `text` is anything
 * else.
 */
FZ_MUSTUSE bool fz_hex_decode(const char *text, size_t text_len, void *bytes_out, size_t len);

/*
 * Writes base64 with padding and a NUL: FZ_BASE64_SIZE(len) bytes. Returns the length of the text.
 */
size_t fz_base64_encode(const void *bytes, size_t len, char *text_out);

/*
 * Reads base64 WITH its padding (the only form accepted). At most `size` bytes are written; their
 * number goes to *len_out. False if the text is malformed or too long; the output is then
 * undefined.
 */
FZ_MUSTUSE bool
fz_base64_decode(const char *text, size_t text_len, void *bytes_out, size_t size, size_t *len_out);

/* Writes base64url WITHOUT padding and a NUL: FZ_BASE64URL_SIZE(len) bytes. Returns the length. */
size_t fz_base64url_encode(const void *bytes, size_t len, char *text_out);

/* Reads base64url WITHOUT padding (the only form accepted); otherwise as fz_base64_decode(). */
FZ_MUSTUSE bool fz_base64url_decode(
    const char *text, size_t text_len, void *bytes_out, size_t size, size_t *len_out);

/* --- key ids ----------------------------------------------------------------------------------
 * `<community>.<thumbprint>`: the community's number in decimal (1 to 2^31 - 1, no leading zero)
 * and the base64url SHA-256 of the public key. Whoever has the key can compute it; nobody assigns
 * it.
 */
#define FZ_THUMBPRINT_LEN 43
#define FZ_KEY_ID_MAX (10 + 1 + FZ_THUMBPRINT_LEN)

/* Writes the id and a NUL. `thumbprint` holds FZ_THUMBPRINT_LEN characters. Returns the length. */
size_t
fz_key_id_format(int32_t community, const char *thumbprint, char key_id_out[FZ_KEY_ID_MAX + 1]);

/*
 * Checks the form of a key id. *community_out and *thumbprint_out (a pointer into `text`, of
 * FZ_THUMBPRINT_LEN characters) are set when true is returned, and may be NULL.
 */
FZ_MUSTUSE bool fz_key_id_parse(const char *text,
                                size_t text_len,
                                int32_t *community_out,
                                const char **thumbprint_out);

#endif
