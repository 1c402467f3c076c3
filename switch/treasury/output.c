/*
 * switch/treasury: results, notes and progress. The only file of the room that prints.
 */
#include "switch/treasury/output.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "switch/treasury/day.h"

#define REDRAW_US 100000

void fz_output_init(struct fz_output *output, bool json, bool quiet)
{
    *output = (struct fz_output){.results = stdout, .notes = stderr, .json = json, .quiet = quiet};
}

static void print_json(struct fz_output *output, const json_t *object)
{
    char *text = object == NULL ? NULL : json_dumps(object, JSON_COMPACT);
    if (text == NULL || fprintf(output->results, "%s\n", text) < 0) {
        output->failed = true;
    }
    free(text);
}

void fz_output_result(struct fz_output *output, json_t *object, const char *format, ...)
{
    if (output->json) {
        print_json(output, object);
    } else {
        va_list arguments;
        va_start(arguments, format);
        if (vfprintf(output->results, format, arguments) < 0 ||
            fputc('\n', output->results) == EOF) {
            output->failed = true;
        }
        va_end(arguments);
    }
    json_decref(object);
}

void fz_output_note(struct fz_output *output, const char *format, ...)
{
    if (output->quiet) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    (void)fputs("fz: ", output->notes);
    (void)vfprintf(output->notes, format, arguments);
    (void)fputc('\n', output->notes);
    va_end(arguments);
}

fz_rc fz_output_finish(struct fz_output *output, struct fz_err *err)
{
    if (fflush(output->results) != 0 || output->failed) {
        return fz_fail(err, FZ_IO, "not all results could be written to standard output");
    }
    return FZ_OK;
}

void fz_progress_begin(struct fz_progress *progress,
                       struct fz_output *output,
                       const char *what,
                       int64_t total)
{
    *progress = (struct fz_progress){.output = output,
                                     .what = what,
                                     .total = total,
                                     .enabled = !output->quiet && isatty(fileno(output->notes))};
}

void fz_progress_show(struct fz_progress *progress, int64_t done)
{
    if (!progress->enabled) {
        return;
    }
    int64_t now_us = fz_now_us();
    if (now_us - progress->shown_us < REDRAW_US && now_us > progress->shown_us) {
        return;
    }
    progress->shown_us = now_us;
    if (progress->total > 0) {
        int64_t percent = done >= progress->total ? 100 : done * 100 / progress->total;
        (void)fprintf(progress->output->notes, "\r%s %" PRId64 " of %" PRId64 " (%" PRId64 " %%) ",
                      progress->what, done, progress->total, percent);
    } else {
        (void)fprintf(progress->output->notes, "\r%s %" PRId64 " ", progress->what, done);
    }
    (void)fflush(progress->output->notes);
}

void fz_progress_end(struct fz_progress *progress)
{
    if (progress->enabled && progress->shown_us != 0) {
        (void)fputs("\r\033[K", progress->output->notes);
        (void)fflush(progress->output->notes);
    }
}
