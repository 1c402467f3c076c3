/*
 * Room switch/api, internal. A long-poll under way, as others see it: the call that owns it, and
 * who ends the waiting when the server stops.
 */
#ifndef SWITCH_API_EVENTS_H
#define SWITCH_API_EVENTS_H

struct fz_poll;

/* Answers a poll that waits, with no events; one that is busy answers soon by itself. */
void fz_poll_end_wait(struct fz_poll *poll);

/* Frees it; *poll becomes NULL; NULL is accepted. Its call is answered elsewhere. */
void fz_poll_destroy(struct fz_poll **poll);

#endif
