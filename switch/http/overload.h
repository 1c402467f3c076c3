/*
 * When to refuse work: how many signed requests may wait for their turn in a worker, and how many
 * refusals it can afford. Pure: the server asks, and tells what became of a request.
 *
 * A request is read first and served later (server_internal.h), so a refusal need not wait for
 * those that are served; it costs a third of their time. It is paid for by serving: a crowd that
 * comes again at once would otherwise fill the time with refusals. What cannot be paid for waits
 * longer, and the number of connections bounds how many can.
 */
#ifndef FZ_SWITCH_HTTP_OVERLOAD_H
#define FZ_SWITCH_HTTP_OVERLOAD_H

#include <stdbool.h>
#include <stdint.h>

/* All zero at the beginning. */
struct fz_overload {
    unsigned waiting; /* requests that are read and not yet served */
    unsigned credit;  /* refusals that are paid for, in percent of one */
    uint64_t refused; /* ever */
};

/*
 * A request has arrived, of a kind that is refused where `room` wait already (0: never). True: it
 * is refused. False: it waits for its turn, and fz_overload_serves() follows.
 */
bool fz_overload_refuses(struct fz_overload *overload, unsigned room);

/* A request that waited has its turn. */
void fz_overload_serves(struct fz_overload *overload);

#endif
