/*
 * Room switch/courier. The process beside the workers of fz-switch that delivers webhooks. It reads
 * the outbox from the database and never speaks to a worker, so no payment waits for a receiver. Of
 * all couriers on a database one is at work; the others wait to take its place.
 */
#ifndef SWITCH_COURIER_COURIER_H
#define SWITCH_COURIER_COURIER_H

#include "switch/http/config.h"

/*
 * The life of the process; a `beside` of struct fz_service. Its signals are blocked when it is
 * called, and stay so: they are read. Returns the exit code: 0 after SIGTERM, SIGINT or SIGQUIT, 75
 * if it cannot go on.
 */
int fz_courier_run(const char *program, const struct fz_config *config);

#endif
