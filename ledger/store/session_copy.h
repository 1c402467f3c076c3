/*
 * Room ledger/store, internal. Texts of a result into arrays of a row that outlives it.
 */
#ifndef LEDGER_STORE_SESSION_COPY_H
#define LEDGER_STORE_SESSION_COPY_H

#include <stdio.h>

#include "ledger/store/pg.h"

/*
 * Copies a text column; NULL becomes "". The CHECKs of the tables keep every text shorter than its
 * array; one that was forced past them is cut, and then compares unequal to what it should be.
 */
static inline void
fz_pg_copy_text(const PGresult *result, int row, int column, char *out, size_t size)
{
    const char *text = fz_pg_text(result, row, column);
    (void)snprintf(out, size, "%s", text == NULL ? "" : text);
}

#endif
