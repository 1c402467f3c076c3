/*
 * The tables of this folder hold, and they are complete: every answer docs/ledger.md lists for a
 * command has a line, and so has every refusal with the next one that can stand beside it. A wrong
 * line is told by file and number.
 */
#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/ledger/story.h"
#include "tests/support/leak.h"

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file, "%s", path);
    char *text = calloc(1, 65536);
    cr_assert_not_null(text);
    size_t len = fread(text, 1, 65535, file);
    cr_assert(len > 0 && len < 65535, "%s is empty or too long", path);
    fclose(file);
    return text;
}

static struct story *create_story(void)
{
    struct story *story = calloc(1, sizeof(*story));
    cr_assert_not_null(story);
    precedence_read(&story->precedence);
    return story;
}

static void play_all(struct story *story)
{
    const char *root = getenv("FZ_SOURCE_DIR");
    char pattern[512];
    glob_t found;
    snprintf(pattern, sizeof(pattern), "%s/tests/ledger/*.txt", root == NULL ? "." : root);
    cr_assert_eq(glob(pattern, 0, NULL, &found), 0, "%s", pattern);
    cr_expect_geq(found.gl_pathc, 12);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        const char *name = strstr(found.gl_pathv[i], "tests/ledger/");
        if (strstr(name, "CMakeLists") != NULL) {
            continue;
        }
        char *text = read_file(found.gl_pathv[i]);
        story_play(story, name, text);
        free(text);
    }
    globfree(&found);
}

static void expect_answer(const struct story *story, int command, fz_rc rc)
{
    cr_expect(story->answered[command][rc], "no line where %s is answered %s",
              fz_command_info(command)->slug, fz_rc_info(rc)->slug);
}

/* The next in the list that can stand beside it loses to it in some line. */
static void expect_preferred(const struct story *story, int command, unsigned place)
{
    const struct precedence *p = &story->precedence;
    unsigned next = place + 1;
    while (next < p->len[command] && p->excludes[command][place][next]) {
        next++;
    }
    cr_expect(next == p->len[command] || story->beats[command][place][next],
              "no line where %s is answered %s over %s", fz_command_info(command)->slug,
              fz_rc_info(p->order[command][place])->slug,
              fz_rc_info(p->order[command][next < p->len[command] ? next : place])->slug);
}

Test(ledger, the_tables_hold_and_are_complete)
{
    struct story *story = create_story();
    play_all(story);
    cr_expect_eq(story->errors, 0, "%u errors, the first: %s", story->errors, story->first_error);
    cr_expect_geq(story->events, 300);
    for (int command = 1; command < PRECEDENCE_COMMANDS; command++) {
        expect_answer(story, command, FZ_OK);
        for (unsigned i = 0; i < story->precedence.len[command]; i++) {
            expect_answer(story, command, story->precedence.order[command][i]);
            expect_preferred(story, command, i);
        }
    }
    free(story);
    FZ_EXPECT_NO_LEAK();
}

Test(ledger, a_wrong_line_is_told_by_its_number)
{
    static const struct {
        const char *text;
        const char *want;
    } wrong[] = {
        {"wallet R1\n", "t:1: a table begins with a scenario"},
        {"scenario a\nwallet R1\n\nR1 has 5 # five\nR2 has 5\n", "t:5: there is no R2"},
        {"scenario a\nwallet M1\n", "t:2: wallet needs a name, as R1"},
        {"scenario a\nwallet R1 has x\n", "t:2: what is \"x\"?"},
        {"scenario a\nwallet R1\nR1 is happy\n", "t:3: what is \"happy\"?"},
        {"scenario a\nbuy i1 by R1 -> ok\n", "t:2: what is \"buy\"?"},
        {"scenario a\ntopup R1 for 5\n", "t:2: what is \"topup\"?"},
        {"scenario a\nwallet R1\ntopup R1 of 5 -> ok\n", "t:3: what is \"of 5\"?"},
        {"scenario a\nwallet R1\ntopup R1 for 5 -> fine\n", "t:3: what is \"fine\"?"},
        {"scenario a\nwallet R1\ntopup R1 for 5 -> overflow\n", "t:3: wanted overflow, got ok"},
        {"scenario a\nwallet R1\ntopup R1 for 5 -> ok: R1 6\n", "t:3: R1 is 5, wanted 6"},
        {"scenario a\nwallet R1\ntopup R1 for 5 -> ok: R1\n", "t:3: what is it with \"R1\"?"},
        {"scenario a\nwallet R1\ntopup R1 for 5 -> ok again\n", "t:3: it is decided anew"},
        {"scenario a\nwallet R1\ntopup R1 for 5 as t -> ok\ntopup R1 for 5 as t -> ok\n",
         "t:4: it is the stored answer"},
        {"scenario a\npay i7 by R1 -> intent-not-found\n", "t:2: nothing is called \"i7\""},
        {"scenario a\ntopup R1 for 0 -> amount-out-of-range over balance-limit\n",
         "t:2: balance-limit does not stand here"},
        {"scenario a\ntopup R1 for 0 -> amount-out-of-range over not-paid\n",
         "t:2: topup never answers not-paid"},
        {"scenario a\nat noon\n", "t:2: a time is 12:00:05, or day 2 12:00:05"},
        {"scenario a\nwallet R1\nwithout tax\n",
         "t:3: \"without\" and one account come first in a scenario"},
        {"scenario a\nshop M1\nintent i1 by M1 for 5 -> ok: i1 canceled\n",
         "t:3: i1 is CREATED, wanted canceled"},
    };
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct story *story = create_story();
        char text[256];
        snprintf(text, sizeof(text), "%s", wrong[i].text);
        story_play(story, "t", text);
        cr_expect_str_eq(story->first_error, wrong[i].want, "line %u: %s", i, story->first_error);
        free(story);
    }
    FZ_EXPECT_NO_LEAK();
}
