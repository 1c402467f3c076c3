/*
 * Scenario files: what comes with the program can be read, and what is wrong is refused with file
 * and line.
 */
#include "load/scenario.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/leak.h"

static fz_rc load_text(const char *text, struct fz_scenario *scenario, struct fz_err *err)
{
    char path[] = "/tmp/fz-scenario-XXXXXX.ini";
    int fd = mkstemps(path, 4);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    cr_assert_eq(close(fd), 0);
    fz_rc rc = fz_scenario_load(path, scenario, err);
    (void)unlink(path);
    return rc;
}

Test(load_scenario, reads_all_that_come_with_the_program)
{
    static const struct {
        const char *name;
        int64_t operation;
        int64_t shops;
        int64_t payers;
    } rows[] = {
        {"uniform", FZ_SCENARIO_PAY, FZ_CHOICE_UNIFORM, FZ_CHOICE_UNIFORM},
        {"zipf", FZ_SCENARIO_PAY, FZ_CHOICE_ZIPF, FZ_CHOICE_ZIPF},
        {"hot", FZ_SCENARIO_PAY, FZ_CHOICE_HOT, FZ_CHOICE_UNIFORM},
        {"refused", FZ_SCENARIO_PAY, FZ_CHOICE_UNIFORM, FZ_CHOICE_SHORT},
        {"sale", FZ_SCENARIO_SALE, FZ_CHOICE_UNIFORM, FZ_CHOICE_UNIFORM},
        {"history", FZ_SCENARIO_PAY, FZ_CHOICE_UNIFORM, FZ_CHOICE_UNIFORM},
        {"p2p", FZ_SCENARIO_P2P, FZ_CHOICE_UNIFORM, FZ_CHOICE_UNIFORM},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fz_scenario scenario;
        struct fz_err err = {.rc = FZ_OK};
        cr_assert_eq(fz_scenario_load(rows[i].name, &scenario, &err), FZ_OK, "%s", err.msg);
        cr_expect_str_eq(scenario.name, rows[i].name);
        cr_expect_eq(scenario.operation, rows[i].operation, "%s", rows[i].name);
        cr_expect_eq(scenario.shops, rows[i].shops, "%s", rows[i].name);
        cr_expect_eq(scenario.payers, rows[i].payers, "%s", rows[i].name);
        cr_expect_eq(scenario.zipf_exponent_hundredths, 100);
    }
    FZ_EXPECT_NO_LEAK();
}

Test(load_scenario, reads_every_key)
{
    struct fz_scenario scenario;
    struct fz_err err = {.rc = FZ_OK};
    cr_assert_eq(load_text("# a comment\n; another\n\noperation = pay\nshops = hot\npayers = zipf\n"
                           "zipf_exponent = 1.25\namount_min = 10\namount_max = 20\n"
                           "history = 1\nbalance = 2\ninquiry = 97\narrivals = exponential\n"
                           "presign = yes\n",
                           &scenario, &err),
                 FZ_OK, "%s", err.msg);
    cr_expect_eq(scenario.shops, FZ_CHOICE_HOT);
    cr_expect_eq(scenario.payers, FZ_CHOICE_ZIPF);
    cr_expect_eq(scenario.zipf_exponent_hundredths, 125);
    cr_expect_eq(scenario.amount_min, 10);
    cr_expect_eq(scenario.amount_max, 20);
    cr_expect_eq(scenario.history, 1);
    cr_expect_eq(scenario.balance, 2);
    cr_expect_eq(scenario.inquiry, 97);
    cr_expect_eq(scenario.is_exponential, 1);
    cr_expect_eq(scenario.presign, 1);
    cr_assert_eq(load_text("zipf_exponent = 2\n", &scenario, &err), FZ_OK, "%s", err.msg);
    cr_expect_eq(scenario.zipf_exponent_hundredths, 200);
    cr_assert_eq(load_text("zipf_exponent = 0.5\n", &scenario, &err), FZ_OK, "%s", err.msg);
    cr_expect_eq(scenario.zipf_exponent_hundredths, 50);
}

Test(load_scenario, refuses_what_is_wrong_by_file_and_line)
{
    static const struct {
        const char *text;
        const char *said; /* in the message; with its line where there is one */
    } rows[] = {
        {"operation = pay\nspeed = 9\n", ".ini:2: speed: there is no such key"},
        {"operation = steal\n", ".ini:1: operation: there is no such choice"},
        {"\n\nshops = short\n", ".ini:3: shops: there is no such choice"},
        {"shops = hot\nshops = hot\n", ".ini:2: shops: the key was given before"},
        {"amount_min = 0\n", ".ini:1: amount_min: not a number, or out of range"},
        {"amount_min = 1000001\n", ".ini:1: amount_min: not a number, or out of range"},
        {"amount_min = 1.5\n", ".ini:1: amount_min: not a number, or out of range"},
        {"amount_min = -1\n", ".ini:1: amount_min: not a number, or out of range"},
        {"amount_min = 99999999999999999999\n", ".ini:1: amount_min: not a number"},
        {"amount_min =\n", ".ini:1: amount_min: not a number, or out of range"},
        {"history = 101\n", ".ini:1: history: not a number, or out of range"},
        {"zipf_exponent = 0\n", ".ini:1: zipf_exponent: not a number, or out of range"},
        {"zipf_exponent = 1.001\n", ".ini:1: zipf_exponent: not a number, or out of range"},
        {"zipf_exponent = 1.2.3\n", ".ini:1: zipf_exponent: not a number, or out of range"},
        {"zipf_exponent = one\n", ".ini:1: zipf_exponent: not a number, or out of range"},
        {"[part]\nshops = hot\n", ".ini:2: shops: a scenario has no sections"},
        {"shops = hot\nnonsense\n", ".ini:2: not a line of the form key = value"},
        {"amount_min = 9\namount_max = 8\n", "amount_min is more than amount_max"},
        {"history = 50\nbalance = 50\ninquiry = 1\n", "more than 100 percent"},
        {"operation = sale\npayers = short\n", "payers = short is for operation = pay"},
        {"operation = p2p\npresign = yes\n", "presign = yes is for operation = pay"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fz_scenario scenario;
        struct fz_err err = {.rc = FZ_OK};
        cr_expect_eq(load_text(rows[i].text, &scenario, &err), FZ_CONFIG, "%s", rows[i].text);
        cr_expect(strstr(err.msg, rows[i].said) != NULL, "%s said %s", rows[i].text, err.msg);
    }
    FZ_EXPECT_NO_LEAK();
}

Test(load_scenario, refuses_a_line_without_end)
{
    static char text[1000];
    struct fz_scenario scenario;
    struct fz_err err = {.rc = FZ_OK};
    memset(text, 'x', sizeof(text) - 1);
    cr_expect_eq(load_text(text, &scenario, &err), FZ_CONFIG);
    cr_expect(strstr(err.msg, ".ini:1: the line is too long") != NULL, "%s", err.msg);
}

Test(load_scenario, refuses_what_is_not_there)
{
    struct fz_scenario scenario;
    struct fz_err err = {.rc = FZ_OK};
    cr_expect_eq(fz_scenario_load("nosuch", &scenario, &err), FZ_CONFIG);
    cr_expect_eq(fz_scenario_load("/nowhere/uniform.ini", &scenario, &err), FZ_CONFIG);
    cr_expect(strstr(err.msg, "/nowhere/uniform.ini: No such file") != NULL, "%s", err.msg);
}
