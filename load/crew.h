/*
 * load: many connections that work through a list of jobs: what a measuring run does before and
 * after the clock. A request that was not answered, or with a 503, is sent again: every job must be
 * one that may be.
 */
#ifndef LOAD_CREW_H
#define LOAD_CREW_H

#include <stddef.h>

#include "load/run.h"

#define FZ_CREW_TEXT_SIZE 256

/* Room for a request's texts, as long as it is being written. */
struct fz_crew_texts {
    char path[FZ_CREW_TEXT_SIZE];
    char query[FZ_CREW_TEXT_SIZE];
    char body[FZ_CREW_TEXT_SIZE];
};

struct fz_crew_work {
    const char *name; /* for the progress line */
    size_t jobs;
    void *ctx;
    /* Fills in what the job asks for now. */
    void (*ask)(void *ctx,
                size_t job,
                struct fz_crew_texts *texts,
                struct fz_channel_request *request);
    /* Takes the answer. FZ_CREW_MORE: the job has another request. */
    enum fz_crew_next {
        FZ_CREW_DONE,
        FZ_CREW_MORE,
        FZ_CREW_FAILED /* with the reason in *err */
    } (*take)(void *ctx, size_t job, const struct fz_answer *answer, struct fz_err *err);
};

/* Runs the event loop until all jobs are done. FZ_UNAVAILABLE: nobody answers, or a signal came. */
FZ_MUSTUSE fz_rc fz_crew_run(struct fz_run *run,
                             struct fz_channel *const *channels,
                             size_t channels_len,
                             const struct fz_crew_work *work,
                             struct fz_err *err);

#endif
