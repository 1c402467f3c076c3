/*
 * Room ledger/store. The loop of programs that have none of their own: poll(2) over a few
 * descriptors, and the blocking form of a commit on top of it, for `fz` and for tests.
 */
#ifndef LEDGER_STORE_POLL_LOOP_H
#define LEDGER_STORE_POLL_LOOP_H

#include "ledger/store/loop.h"
#include "ledger/store/writer.h"

#define FZ_POLL_WATCHES_MAX 16

struct fz_poll_loop;

FZ_MUSTUSE fz_rc fz_poll_loop_create(struct fz_poll_loop **out, struct fz_err *err);
void fz_poll_loop_destroy(struct fz_poll_loop **loop);
struct fz_loop *fz_poll_loop_get(struct fz_poll_loop *loop); /* borrowed */

/* One turn: waits at most timeout_ms and calls what is ready. FZ_IO if poll(2) fails. */
FZ_MUSTUSE fz_rc fz_poll_loop_turn(struct fz_poll_loop *loop, int timeout_ms, struct fz_err *err);

/* A writer with a loop of its own: commits and waits. */
struct fz_sync_writer;

FZ_MUSTUSE fz_rc fz_sync_writer_create(const char *conninfo,
                                       const char *role,
                                       const char *application_name,
                                       struct fz_sync_writer **out,
                                       struct fz_err *err);
void fz_sync_writer_destroy(struct fz_sync_writer **writer);

/*
 * fz_writer_commit() and the wait for its end; any `len`, cut into batches. Seals the commands
 * itself. Results as there; on anything but FZ_OK some of the earlier batches may be committed:
 * run again, the ids make it harmless.
 */
FZ_MUSTUSE fz_rc fz_sync_commit(struct fz_sync_writer *writer,
                                int32_t community,
                                struct fz_command *const *commands,
                                unsigned len,
                                struct fz_err *err);

#endif
