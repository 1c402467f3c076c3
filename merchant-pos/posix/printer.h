/*
 * merchant-pos/posix: a sheet that goes to a printer, a file or stdout. It is made whole in memory
 * first, so a printer without paper cannot stop the till in the middle of a sale.
 */
#ifndef FEEZERO_POSIX_PRINTER_H
#define FEEZERO_POSIX_PRINTER_H

#include "merchant-pos/posix/home.h"
#include "merchant-pos/posix/paper.h"

struct fz_printer {
    struct fz_paper paper;
    char *bytes; /* the sheet so far; of the heap */
    size_t len;
};

/*
 * Begins a sheet as wide as the settings say. End it with fz_printer_send().
 * FZ_CONFIG, FZ_NO_MEMORY.
 */
FZ_MUSTUSE fz_rc fz_printer_begin(struct fz_printer *printer,
                                  enum fz_paper_kind kind,
                                  const struct fz_settings *settings,
                                  struct fz_err *err);

/*
 * Sends the sheet to `target`: "-" is stdout, else a device or a file, which is replaced unless
 * `append`. Waits a few seconds for a printer, then gives up. FZ_IO.
 */
FZ_MUSTUSE fz_rc fz_printer_send(struct fz_printer *printer,
                                 const char *target,
                                 bool append,
                                 struct fz_err *err);

#endif
