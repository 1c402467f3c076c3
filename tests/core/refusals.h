/*
 * Test room. For each refusal, when it applies: one plain condition per code over the model's
 * books, asked one by one and all of them, in no order. Which one is the answer where several
 * apply is the documented order (precedence.h), so that order is tested apart from the conditions.
 */
#ifndef TESTS_CORE_REFUSALS_H
#define TESTS_CORE_REFUSALS_H

#include "tests/core/model.h"

#define REFUSALS_MAX 256

/* A set of result codes. */
struct refusals {
    bool has[REFUSALS_MAX];
};

/*
 * Every refusal that stands against `command` now. Money is judged leg by leg: the first leg that
 * anything stands against counts, its earlier ones done. Returns false if the command is a repeat
 * of one that was decided: then nothing is judged, the stored answer is the answer.
 */
bool refusals_of(struct model *model,
                 const struct fz_command *command,
                 int64_t now_us,
                 struct refusals *out);

#endif
