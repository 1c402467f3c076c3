/*
 * Room switch/api. Digits of codes, and their hash.
 */
#include "switch/api/code_key.h"

#include <stdlib.h>
#include <string.h>

#include "feezero/assert.h"
#include "feezero/crypto.h"
#include "switch/http/secret.h"

/* Each use has a word of its own, so that no digits can be made from a hash or the reverse. */
#define DIGITS_WORD "fz-code-digits"
#define HASH_WORD "fz-code"
#define FAIR_BELOW 250 /* bytes from here on would make the low digits likelier */

struct fz_code_key {
    struct fz_hmac *hmac;
};

fz_rc fz_code_key_create(const uint8_t key[FZ_CODE_KEY_LEN],
                         struct fz_code_key **out,
                         struct fz_err *err)
{
    struct fz_code_key *made = calloc(1, sizeof(*made));
    *out = NULL;
    if (made == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "code key");
    }
    fz_rc rc = fz_hmac_create(key, FZ_CODE_KEY_LEN, &made->hmac, err);
    if (rc != FZ_OK) {
        free(made);
        return rc;
    }
    *out = made;
    return FZ_OK;
}

fz_rc fz_code_key_load(const char *path, struct fz_code_key **out, struct fz_err *err)
{
    uint8_t key[FZ_CODE_KEY_LEN];
    *out = NULL;
    if (path[0] == '\0') {
        return FZ_OK;
    }
    fz_rc rc = fz_secret_load(path, key, sizeof(key), err);
    if (rc == FZ_OK) {
        rc = fz_code_key_create(key, out, err);
    }
    fz_wipe(key, sizeof(key));
    return rc;
}

void fz_code_key_destroy(struct fz_code_key **key)
{
    struct fz_code_key *gone = *key;
    if (gone != NULL) {
        fz_hmac_destroy(&gone->hmac);
        free(gone);
        *key = NULL;
    }
}

/* One block of bytes that follow from the id, for as many as are needed. */
static void draw(struct fz_code_key *key,
                 int32_t community,
                 const struct fz_id *id,
                 uint8_t block,
                 uint8_t mac_out[FZ_HMAC_LEN])
{
    uint32_t number = (uint32_t)community;
    uint8_t head[5] = {block, (uint8_t)(number >> 24), (uint8_t)(number >> 16),
                       (uint8_t)(number >> 8), (uint8_t)number};
    fz_hmac_update(key->hmac, DIGITS_WORD, strlen(DIGITS_WORD));
    fz_hmac_update(key->hmac, head, sizeof(head));
    fz_hmac_update(key->hmac, id->bytes, sizeof(id->bytes));
    fz_hmac_final(key->hmac, mac_out);
}

void fz_code_digits(struct fz_code_key *key,
                    int32_t community,
                    const struct fz_id *id,
                    char digits_out[FZ_CODE_DIGITS + 1])
{
    char random[FZ_CODE_RANDOM_DIGITS];
    uint8_t mac[FZ_HMAC_LEN];
    size_t len = 0;
    for (uint8_t block = 0; len < sizeof(random); block++) {
        fz_assert(block < UINT8_MAX);
        draw(key, community, id, block, mac);
        for (size_t i = 0; i < sizeof(mac) && len < sizeof(random); i++) {
            if (mac[i] < FAIR_BELOW) {
                random[len++] = (char)('0' + mac[i] % 10);
            }
        }
    }
    fz_code_complete(random, digits_out);
    fz_wipe(mac, sizeof(mac));
}

void fz_code_hash(struct fz_code_key *key,
                  const char digits[FZ_CODE_DIGITS + 1],
                  uint8_t hash_out[FZ_CODE_HASH_LEN])
{
    _Static_assert(FZ_CODE_HASH_LEN == FZ_HMAC_LEN, "the hash is the whole of it");
    fz_hmac_update(key->hmac, HASH_WORD, strlen(HASH_WORD));
    fz_hmac_update(key->hmac, digits, FZ_CODE_DIGITS);
    fz_hmac_final(key->hmac, hash_out);
}
