/*
 * Room ledger/core. Canonical bytes: the versioned encoding that fingerprints and the hash chain
 * are computed over. Big-endian, fixed widths, no text formatting; never changed, only superseded
 * by a new version number. docs/ledger.md has the layout for anybody who wants to recompute it.
 */
#ifndef LEDGER_CORE_CANONICAL_H
#define LEDGER_CORE_CANONICAL_H

#include "feezero/crypto.h"
#include "feezero/ledger.h"

#define FZ_CANONICAL_VERSION 1

/* Starts the hash of batch `batch`: version, community, batch number, previous hash. */
void fz_chain_begin(struct fz_sha256 *sha,
                    int32_t community,
                    int64_t batch,
                    const uint8_t previous[32]);

/* Adds one transfer, in number order. */
void fz_chain_transfer(struct fz_sha256 *sha, const struct fz_transfer *transfer);

/*
 * Adds one decided operation, in the order decided, after all transfers of the batch.
 * `order_digest` is SHA-256 over the signed order (fz_order_digest), all zero if there was none.
 */
void fz_chain_operation(struct fz_sha256 *sha,
                        const struct fz_result *result,
                        const uint8_t fingerprint[32],
                        const uint8_t order_digest[32]);

/* Ends the batch; `hash_out` is the next batch's previous hash. */
void fz_chain_end(struct fz_sha256 *sha, uint8_t hash_out[32]);

/*
 * SHA-256 over key id, base, body, signature, approver key id and signature, each with its
 * length.
 */
void fz_order_digest(struct fz_sha256 *sha,
                     const struct fz_signed_order *order,
                     uint8_t digest_out[32]);

#endif
