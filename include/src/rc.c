/*
 * The table of result codes as data: one array made from errors.def, walked linearly. It has some
 * sixty rows and is asked once per refused request, so no index is worth its code.
 */
#include "feezero/rc.h"

#include <stddef.h>
#include <string.h>

static const struct fz_rc_info rows[] = {
#define FZ_ERROR(name, number, class, http, retryable, slug, ja, en) \
    {FZ_##name, FZ_CLASS_##class, (http), (retryable) != 0, #name, (slug), (ja), (en)},
#include "feezero/errors.def"
#undef FZ_ERROR
};

#define ROW_COUNT (sizeof rows / sizeof rows[0])

const struct fz_rc_info *fz_rc_at(unsigned index)
{
    return index < ROW_COUNT ? &rows[index] : NULL;
}

const struct fz_rc_info *fz_rc_info(fz_rc rc)
{
    const struct fz_rc_info *internal = NULL;
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (rows[i].rc == rc) {
            return &rows[i];
        }
        if (rows[i].rc == FZ_INTERNAL) {
            internal = &rows[i];
        }
    }
    return internal;
}

const struct fz_rc_info *fz_rc_by_slug(const char *slug)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (strcmp(rows[i].slug, slug) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}
