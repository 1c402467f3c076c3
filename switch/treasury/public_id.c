/*
 * switch/treasury: public ids to text and back, strictly: one party has one text.
 */
#include "switch/treasury/public_id.h"

#include "feezero/assert.h"
#include "feezero/ledger.h"

struct fz_public_id fz_public_id(char kind, int64_t party)
{
    struct fz_public_id id = {"R00000000"};
    fz_assert(party >= 0 && party <= FZ_PARTY_MAX);
    id.text[0] = kind;
    for (int at = FZ_PUBLIC_ID_LEN - 1; at > 0; at--) {
        id.text[at] = (char)('0' + party % 10);
        party /= 10;
    }
    return id;
}

bool fz_public_id_parse(const char *text, size_t len, char *kind_out, int64_t *party_out)
{
    int64_t party = 0;
    if (len != FZ_PUBLIC_ID_LEN || (text[0] != 'R' && text[0] != 'M' && text[0] != 'S')) {
        return false;
    }
    for (size_t i = 1; i < FZ_PUBLIC_ID_LEN; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        party = party * 10 + (text[i] - '0');
    }
    *kind_out = text[0];
    *party_out = party;
    return party > 0;
}
