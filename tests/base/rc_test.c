/*
 * The table of result codes is a promise to clients and to stored rows: its numbers and slugs must
 * be unique, its texts there in both languages, and its HTTP statuses fit its classes.
 */
#include "feezero/rc.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/support/leak.h"

static unsigned row_count(void)
{
    unsigned count = 0;
    while (fz_rc_at(count) != NULL) {
        count++;
    }
    return count;
}

Test(rc, the_table_is_whole_and_ends)
{
    unsigned count = row_count();
    cr_assert_gt(count, 50u);
    cr_expect_eq(fz_rc_at(0)->rc, FZ_OK);
    cr_expect_null(fz_rc_at(count + 1));
    cr_expect_null(fz_rc_at(0xFFFFFFFFu));
    FZ_EXPECT_NO_LEAK();
}

Test(rc, numbers_names_and_slugs_are_unique)
{
    unsigned count = row_count();
    for (unsigned i = 0; i < count; i++) {
        const struct fz_rc_info *a = fz_rc_at(i);
        for (unsigned j = i + 1; j < count; j++) {
            const struct fz_rc_info *b = fz_rc_at(j);
            cr_expect_neq(a->rc, b->rc, "%s and %s share a number", a->name, b->name);
            cr_expect_str_neq(a->slug, b->slug, "%s and %s share a slug", a->name, b->name);
            cr_expect_str_neq(a->name, b->name);
        }
    }
}

Test(rc, a_slug_is_its_name_in_kebab_case_and_leads_back)
{
    for (unsigned i = 0; i < row_count(); i++) {
        const struct fz_rc_info *row = fz_rc_at(i);
        cr_expect_gt(strlen(row->slug), 0u);
        cr_expect_eq(strspn(row->slug, "abcdefghijklmnopqrstuvwxyz-"), strlen(row->slug), "slug %s",
                     row->slug);
        cr_expect_eq(fz_rc_by_slug(row->slug), row, "slug %s", row->slug);
    }
    cr_expect_null(fz_rc_by_slug(""));
    cr_expect_null(fz_rc_by_slug("INSUFFICIENT_FUNDS"));
    cr_expect_null(fz_rc_by_slug("insufficient-fund"));
    cr_expect_null(fz_rc_by_slug("insufficient-fundss"));
}

/* Well-formed UTF-8 without control characters; `japanese_out` says whether any is not ASCII. */
static bool is_clean_text(const char *text, bool *japanese_out)
{
    *japanese_out = false;
    for (const unsigned char *at = (const unsigned char *)text; *at != 0; at++) {
        if (*at < 0x20 || *at == 0x7F || *at == 0xFE || *at == 0xFF) {
            return false;
        }
        unsigned following = *at >= 0xF0 ? 3 : *at >= 0xE0 ? 2 : *at >= 0xC0 ? 1 : 0;
        if (*at >= 0x80 && following == 0) {
            return false;
        }
        for (; following > 0; following--) {
            *japanese_out = true;
            at++;
            if ((*at & 0xC0) != 0x80) {
                return false;
            }
        }
    }
    return true;
}

Test(rc, every_row_speaks_both_languages)
{
    for (unsigned i = 0; i < row_count(); i++) {
        const struct fz_rc_info *row = fz_rc_at(i);
        bool japanese = false;
        cr_expect_gt(strlen(row->ja), 0u, "%s", row->name);
        cr_expect(is_clean_text(row->ja, &japanese) && japanese, "%s: ja", row->name);
        cr_expect_gt(strlen(row->en), 0u, "%s", row->name);
        cr_expect(is_clean_text(row->en, &japanese) && !japanese, "%s: en", row->name);
    }
}

/* What a class promises about status, number and retrying, in the words of errors.def. */
static bool fits_its_class(const struct fz_rc_info *row)
{
    int status = row->http_status;
    int hundreds = (int)row->rc / 100;
    switch (row->class) {
    case FZ_CLASS_OK:
        return row->rc == FZ_OK && status == 200 && !row->retryable;
    case FZ_CLASS_REJECT:
        return hundreds == 1 && status >= 400 && status < 500 && !row->retryable;
    case FZ_CLASS_BADREQ:
        return hundreds == 2 && status >= 400 && status < 500;
    case FZ_CLASS_RETRY:
        return hundreds == 3 && status == 503 && row->retryable;
    case FZ_CLASS_FAIL:
        return hundreds == 4 && status == 500;
    }
    return false;
}

Test(rc, status_and_number_fit_the_class)
{
    for (unsigned i = 0; i < row_count(); i++) {
        const struct fz_rc_info *row = fz_rc_at(i);
        cr_expect(fits_its_class(row), "%s: number %d, status %d", row->name, (int)row->rc,
                  row->http_status);
    }
}

Test(rc, refusals_stand_in_order_of_their_numbers)
{
    for (unsigned i = 1; i < row_count(); i++) {
        cr_expect_lt(fz_rc_at(i - 1)->rc, fz_rc_at(i)->rc, "%s", fz_rc_at(i)->name);
    }
}

Test(rc, a_number_finds_its_row_and_a_stray_one_is_internal)
{
    for (unsigned i = 0; i < row_count(); i++) {
        cr_expect_eq(fz_rc_info(fz_rc_at(i)->rc), fz_rc_at(i));
    }
    cr_expect_eq(fz_rc_info((fz_rc)9999)->rc, FZ_INTERNAL);
    cr_expect_eq(fz_rc_info((fz_rc)1)->rc, FZ_INTERNAL);
}

Test(rc, published_numbers_never_change)
{
    cr_expect_eq((int)FZ_OK, 0);
    cr_expect_eq((int)FZ_ID_REUSED, 101);
    cr_expect_eq((int)FZ_INSUFFICIENT_FUNDS, 150);
    cr_expect_eq((int)FZ_SIGNATURE_STALE, 211);
    cr_expect_eq((int)FZ_OUTCOME_UNKNOWN, 302);
    cr_expect_eq((int)FZ_INTERNAL, 400);
    cr_expect_eq(fz_rc_info(FZ_INSUFFICIENT_FUNDS)->http_status, 402);
}
