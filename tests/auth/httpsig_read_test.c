/*
 * The reader of Signature-Input and Signature: what it takes, what it refuses and why. One row, one
 * pair of headers; the reason is part of the expectation, so that no row passes for a wrong one.
 */
#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/auth/request.h"

/* 64 zero bytes, and other bytes that are no signature of ours. */
#define Z43 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define B64 ":" Z43 Z43 "==:"
#define B63 ":" Z43 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA:"
#define B65 ":" Z43 Z43 "A=:"
#define SIG "s=" B64

#define LIST "(\"@method\" \"@path\" \"@query\" \"content-digest\")"
#define KEY ";keyid=\"k\""
#define GOOD LIST ";created=7" KEY
#define PATH "(\"@method\" \"@path\" \"@query\" \"content-digest\" "

#define INPUT_BAD "Signature-Input is malformed"
#define SIGNATURE_BAD "Signature is malformed"
#define TYPE_BAD "value of the wrong type"

struct row {
    const char *input;     /* Signature-Input; NULL: not there */
    const char *signature; /* Signature; NULL: not there */
    const char *chosen;    /* label, or NULL: refused */
    const char *reason;    /* part of the message when refused */
};

/* --- what is taken ---------------------------------------------------------------------------- */

static const struct row TAKEN[] = {
    {"s=" GOOD, SIG, "s", NULL},
    {"fz=" GOOD ";alg=\"ecdsa-p256-sha256\"", "fz=" B64, "fz", NULL},
    {"s=" LIST KEY ";created=7", SIG, "s", NULL},
    {"s=" GOOD ";expires=9;nonce=\"n\";tag=\"t\"", SIG, "s", NULL},
    {"s=" GOOD ";nonce=\"a\\\"b\\\\c\"", SIG, "s", NULL},
    {"s=" GOOD ";nonce=\"\"", SIG, "s", NULL},
    {"s=(  \"@path\"   \"@method\" \"content-digest\" \"@query\"  );  created=7;  keyid=\"k\"", SIG,
     "s", NULL},
    {"  s=" GOOD "  ", "\ts=" B64 "\t", "s", NULL},
    {"s=" PATH "\"content-type\" \"date\" \"x-a_b.c~d\");created=7" KEY, SIG, "s", NULL},
    {"s=" PATH "\"@authority\" \"@target-uri\" \"@scheme\" \"@request-target\");created=7" KEY, SIG,
     "s", NULL},
    {"s=" PATH "\"@query-param\";name=\"a\" \"@query-param\";name=\"b\");created=7" KEY, SIG, "s",
     NULL},
    {"s=" LIST ";created=999999999999999" KEY, SIG, "s", NULL},
    {"s=" LIST ";created=0" KEY, SIG, "s", NULL},
    {"*=" GOOD, "*=" B64, "*", NULL},
    {"a1_-.*=" GOOD, "a1_-.*=" B64, "a1_-.*", NULL},
    /* several signatures: the first usable one */
    {"a=" GOOD ", b=" GOOD, "b=" B64 ", a=" B64, "a", NULL},
    {"a=" GOOD "\t ,\t b=" GOOD,
     "a=" B64 ","
     "b=" B64,
     "a", NULL},
    {"p=(\"@method\");created=1" KEY ", b=" GOOD, "p=" B64 ", b=" B64, "b", NULL},
    {"p=();created=1" KEY ", b=" GOOD, "p=" B64 ", b=" B64, "b", NULL},
    {"p=" GOOD ";alg=\"rsa-pss-sha512\", b=" GOOD, "p=:AAAA:, b=" B64, "b", NULL},
    {"p=" LIST ";created=1, b=" GOOD, "p=" B64 ", b=" B64, "b", NULL},
    {"p=" LIST KEY ", b=" GOOD, "p=" B64 ", b=" B64, "b", NULL},
    {"p=" GOOD ";x, b=" GOOD, "p=" B64 ", b=" B64, "b", NULL},
    {"p=" GOOD ";x=1.5;y=tok/en;z=:AA==:;w=?0, b=" GOOD, "p=" B64 ", b=" B64, "b", NULL},
    {"p=" PATH "\"@status\");created=7" KEY ", b=" GOOD, "p=" B64 ", b=" B64, "b", NULL},
    {"p=" PATH "\"date\";req);created=7" KEY ", b=" GOOD, "p=" B64 ", b=" B64, "b", NULL},
    {"p=" GOOD ", b=" GOOD, "p=" B63 ", b=" B64, "b", NULL},
    {"p=" GOOD ", b=" GOOD, "b=" B64, "b", NULL},
};

/* --- what is well formed, but of no use to us ------------------------------------------------- */

static const struct row USELESS[] = {
    {NULL, SIG, NULL, "no header Signature-Input"},
    {"s=" GOOD, NULL, NULL, "no header Signature"},
    {NULL, NULL, NULL, "no header Signature"},
    {"", SIG, NULL, "Signature-Input is empty"},
    {"s=" GOOD, "", NULL, "not in Signature"},
    {"s=" GOOD, "t=" B64, NULL, "not in Signature"},
    {"s=" GOOD, "s=" B63, NULL, "64 bytes"},
    {"s=" GOOD, "s=" B65, NULL, "64 bytes"},
    {"s=" GOOD, "s=::", NULL, "64 bytes"},
    {"s=" GOOD, "s=:" Z43 Z43 ":", NULL, "64 bytes"},
    {"s=" GOOD, "s=:" Z43 "=" Z43 "=:", NULL, "64 bytes"},
    {"s=(\"@path\" \"@query\" \"content-digest\");created=7" KEY, SIG, NULL, "cover @method"},
    {"s=(\"@method\" \"@query\" \"content-digest\");created=7" KEY, SIG, NULL, "cover @path"},
    {"s=(\"@method\" \"@path\" \"content-digest\");created=7" KEY, SIG, NULL, "cover @query"},
    {"s=(\"@method\" \"@path\" \"@query\");created=7" KEY, SIG, NULL, "cover content-digest"},
    {"s=();created=7" KEY, SIG, NULL, "cover @method"},
    {"s=(\"@method\" \"@request-target\" \"@query\" \"content-digest\");created=7" KEY, SIG, NULL,
     "cover @path"},
    {"s=" LIST KEY, SIG, NULL, "created is missing"},
    {"s=" LIST ";created=7", SIG, NULL, "keyid is missing"},
    {"s=" LIST, SIG, NULL, "created is missing"},
    {"s=" LIST ";created=7;keyid=\"\"", SIG, NULL, "keyid is not plain"},
    {"s=" LIST ";created=7;keyid=\"a\\\\b\"", SIG, NULL, "keyid is not plain"},
    {"s=" LIST ";created=7;keyid=\"a\\\"b\"", SIG, NULL, "keyid is not plain"},
    {"s=" LIST ";created=7;keyid=k", SIG, NULL, TYPE_BAD},
    {"s=" LIST ";created=7;keyid=:aaaa:", SIG, NULL, TYPE_BAD},
    {"s=" LIST ";created=7;keyid", SIG, NULL, TYPE_BAD},
    {"s=" LIST ";created=\"7\"" KEY, SIG, NULL, TYPE_BAD},
    {"s=" LIST ";created" KEY, SIG, NULL, TYPE_BAD},
    {"s=" LIST ";created=-7" KEY, SIG, NULL, TYPE_BAD},
    {"s=" LIST ";created=7.5" KEY, SIG, NULL, TYPE_BAD},
    {"s=" LIST ";created=?1" KEY, SIG, NULL, TYPE_BAD},
    {"s=" GOOD ";expires=soon", SIG, NULL, TYPE_BAD},
    {"s=" GOOD ";expires=-1", SIG, NULL, TYPE_BAD},
    {"s=" GOOD ";nonce=5", SIG, NULL, TYPE_BAD},
    {"s=" GOOD ";tag", SIG, NULL, TYPE_BAD},
    {"s=" GOOD ";alg=\"ed25519\"", SIG, NULL, "alg is not"},
    {"s=" GOOD ";alg=\"ECDSA-P256-SHA256\"", SIG, NULL, "alg is not"},
    {"s=" GOOD ";alg=\"\"", SIG, NULL, "alg is not"},
    {"s=" GOOD ";alg=ecdsa-p256-sha256", SIG, NULL, TYPE_BAD},
    {"s=" GOOD ";created=7", SIG, NULL, "given twice"},
    {"s=" GOOD ";keyid=\"k\"", SIG, NULL, "given twice"},
    {"s=" GOOD ";app=\"x\"", SIG, NULL, "not known"},
    {"s=" GOOD ";key-id=\"x\"", SIG, NULL, "not known"},
    {"s=" PATH "\"@status\");created=7" KEY, SIG, NULL, "not one of a request"},
    {"s=" PATH "\"@signature-params\");created=7" KEY, SIG, NULL, "not one of a request"},
    {"s=" PATH "\"@\");created=7" KEY, SIG, NULL, "not one of a request"},
    {"s=" PATH "\"@Method\");created=7" KEY, SIG, NULL, "not one of a request"},
    {"s=" PATH "\"Date\");created=7" KEY, SIG, NULL, "not one of a request"},
    {"s=" PATH "\"\");created=7" KEY, SIG, NULL, "not one of a request"},
    {"s=" PATH "\"a b\");created=7" KEY, SIG, NULL, "not one of a request"},
    {"s=" PATH "\"a:b\");created=7" KEY, SIG, NULL, "not one of a request"},
    {"s=" PATH "\"a\\\"b\");created=7" KEY, SIG, NULL, "not one of a request"},
    {"s=" PATH
     "\"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggggg\");created=7" KEY,
     SIG, NULL, "not one of a request"},
    {"s=" PATH "\"@path\");created=7" KEY, SIG, NULL, "covered twice"},
    {"s=" PATH "\"date\" \"date\");created=7" KEY, SIG, NULL, "covered twice"},
    {"s=" PATH "\"@query-param\";name=\"a\" \"@query-param\";name=\"a\");created=7" KEY, SIG, NULL,
     "covered twice"},
    {"s=" PATH "\"date\";sf);created=7" KEY, SIG, NULL, "parameter that is not supported"},
    {"s=" PATH "\"date\";bs);created=7" KEY, SIG, NULL, "parameter that is not supported"},
    {"s=" PATH "\"date\";tr);created=7" KEY, SIG, NULL, "parameter that is not supported"},
    {"s=" PATH "\"date\";req);created=7" KEY, SIG, NULL, "parameter that is not supported"},
    {"s=" PATH "\"a-dict\";key=\"x\");created=7" KEY, SIG, NULL, "parameter that is not supported"},
    {"s=" PATH "\"date\";name=\"x\");created=7" KEY, SIG, NULL, "only this component"},
    {"s=" PATH "\"@query-param\");created=7" KEY, SIG, NULL, "only this component"},
    {"s=" PATH "\"@query-param\";name);created=7" KEY, SIG, NULL, "not supported"},
    {"s=" PATH "\"@query-param\";name=\"\");created=7" KEY, SIG, NULL, "not supported"},
    {"s=" PATH "\"@query-param\";name=\"a\";name=\"b\");created=7" KEY, SIG, NULL, "not supported"},
    {"s=" PATH "\"@query-param\";name=\"a\\\\b\");created=7" KEY, SIG, NULL, "not plain"},
};

/* --- what is malformed: nothing of the header counts ------------------------------------------ */

static const struct row MALFORMED[] = {
    {"s", SIG, NULL, INPUT_BAD},
    {"s=", SIG, NULL, INPUT_BAD},
    {"=" GOOD, SIG, NULL, INPUT_BAD},
    {GOOD, SIG, NULL, INPUT_BAD},
    {"S=" GOOD, "S=" B64, NULL, SIGNATURE_BAD},
    {"S=" GOOD, SIG, NULL, INPUT_BAD},
    {"1s=" GOOD, SIG, NULL, INPUT_BAD},
    {"s =" GOOD, SIG, NULL, INPUT_BAD},
    {"s= " GOOD, SIG, NULL, INPUT_BAD},
    {"s=1", SIG, NULL, INPUT_BAD},
    {"s=\"x\"", SIG, NULL, INPUT_BAD},
    {"s=(\"@method\" \"@path\"", SIG, NULL, INPUT_BAD},
    {"s=(\"@method\"\"@path\");created=7" KEY, SIG, NULL, INPUT_BAD},
    {"s=(\"@method\",\"@path\");created=7" KEY, SIG, NULL, INPUT_BAD},
    {"s=(\"@method\"\t\"@path\");created=7" KEY, SIG, NULL, INPUT_BAD},
    {"s=(\"@method\" ;sf);created=7" KEY, SIG, NULL, INPUT_BAD},
    {"s=(\"@method);created=7" KEY, SIG, NULL, INPUT_BAD},
    {"s=(\"@method\\\");created=7" KEY, SIG, NULL, INPUT_BAD},
    {"s=(\"@me\\thod\");created=7" KEY, SIG, NULL, INPUT_BAD},
    {"s=(@method);created=7" KEY, SIG, NULL, INPUT_BAD},
    {"s=(method);created=7" KEY, SIG, NULL, INPUT_BAD},
    {"s=(5);created=7" KEY, SIG, NULL, INPUT_BAD},
    {"s=((\"@method\"));created=7" KEY, SIG, NULL, INPUT_BAD},
    {"s=(\"a\x80\");created=7" KEY, SIG, NULL, INPUT_BAD},
    {"s=(\"a\x7f\");created=7" KEY, SIG, NULL, INPUT_BAD},
    {"s=(\"a\n\");created=7" KEY, SIG, NULL, INPUT_BAD},
    {"s=" LIST " ;created=7" KEY, SIG, NULL, INPUT_BAD},
    {"s=" LIST ";created =7" KEY, SIG, NULL, INPUT_BAD},
    {"s=" LIST ";created= 7" KEY, SIG, NULL, INPUT_BAD},
    {"s=" LIST ";created=" KEY, SIG, NULL, INPUT_BAD},
    {"s=" LIST ";created=007" KEY, SIG, NULL, INPUT_BAD},
    {"s=" LIST ";created=-0" KEY, SIG, NULL, INPUT_BAD},
    {"s=" LIST ";created=+7" KEY, SIG, NULL, INPUT_BAD},
    {"s=" LIST ";created=7e3" KEY, SIG, NULL, INPUT_BAD},
    {"s=" LIST ";created=0x7" KEY, SIG, NULL, INPUT_BAD},
    {"s=" LIST ";created=1000000000000000" KEY, SIG, NULL, INPUT_BAD},
    {"s=" LIST ";created=99999999999999999999" KEY, SIG, NULL, INPUT_BAD},
    {"s=" LIST ";created=7." KEY, SIG, NULL, INPUT_BAD},
    {"s=" LIST ";created=7.1234" KEY, SIG, NULL, INPUT_BAD},
    {"s=" LIST ";created=1234567890123.5" KEY, SIG, NULL, INPUT_BAD},
    {"s=" LIST ";created=-" KEY, SIG, NULL, INPUT_BAD},
    {"s=" LIST ";Created=7" KEY, SIG, NULL, INPUT_BAD},
    {"s=" LIST ";;created=7" KEY, SIG, NULL, INPUT_BAD},
    {"s=" LIST ";created=7;keyid=\"k", SIG, NULL, INPUT_BAD},
    {"s=" LIST ";created=7;keyid='k'", SIG, NULL, INPUT_BAD},
    {"s=" GOOD ";", SIG, NULL, INPUT_BAD},
    {"s=" GOOD ",", SIG, NULL, INPUT_BAD},
    {"s=" GOOD ", ", SIG, NULL, INPUT_BAD},
    {"s=" GOOD " x", SIG, NULL, INPUT_BAD},
    {"s=" GOOD " t=" GOOD, SIG, NULL, INPUT_BAD},
    {"s=" GOOD ",,t=" GOOD, SIG, NULL, INPUT_BAD},
    {"s=" GOOD ", t=", SIG, NULL, INPUT_BAD},
    {"s=" GOOD ", s=" GOOD, SIG, NULL, INPUT_BAD},
    {"s=" GOOD ";x=?2", SIG, NULL, INPUT_BAD},
    {"s=" GOOD ";x=?", SIG, NULL, INPUT_BAD},
    {"s=" GOOD ";x=:A", SIG, NULL, INPUT_BAD},
    {"s=" GOOD ";x=:A-:", SIG, NULL, INPUT_BAD},
    {"s=" GOOD, "s", NULL, SIGNATURE_BAD},
    {"s=" GOOD, "s=", NULL, SIGNATURE_BAD},
    {"s=" GOOD, "s=:", NULL, SIGNATURE_BAD},
    {"s=" GOOD, "s=:" Z43, NULL, SIGNATURE_BAD},
    {"s=" GOOD, "s=" Z43, NULL, SIGNATURE_BAD},
    {"s=" GOOD, "s=\"" Z43 "\"", NULL, SIGNATURE_BAD},
    {"s=" GOOD, "s=:" Z43 "-_:", NULL, SIGNATURE_BAD},
    {"s=" GOOD, "s=:" Z43 " " Z43 "==:", NULL, SIGNATURE_BAD},
    {"s=" GOOD, SIG ";x", NULL, SIGNATURE_BAD},
    {"s=" GOOD, SIG ",", NULL, SIGNATURE_BAD},
    {"s=" GOOD, SIG " " SIG, NULL, SIGNATURE_BAD},
    {"s=" GOOD, SIG ", " SIG, NULL, SIGNATURE_BAD},
    {"s=" GOOD, "S=" B64, NULL, SIGNATURE_BAD},
    {"s=" GOOD, "=" B64, NULL, SIGNATURE_BAD},
};

static void check_row(const struct row *row, size_t index)
{
    struct test_request request;
    struct fz_httpsig signature;
    struct fz_err err = {0};
    test_request_init(&request);
    request.message.query = "?a=1&b=2";
    if (row->input) {
        test_request_header(&request, "signature-input", row->input);
    }
    if (row->signature) {
        test_request_header(&request, "SIGNATURE", row->signature);
    }
    fz_rc rc = fz_httpsig_read(&request.message, true, NULL, &signature, &err);
    const char *input = row->input ? row->input : "(none)";
    if (row->chosen) {
        cr_assert_eq(rc, FZ_OK, "row %zu \"%s\": %s", index, input, err.msg);
        cr_expect_str_eq(test_text(signature.label), row->chosen, "row %zu", index);
        cr_expect_str_eq(test_text(signature.key_id), "k", "row %zu", index);
    } else {
        cr_expect_eq(rc, FZ_SIGNATURE_MISSING, "row %zu \"%s\": accepted", index, input);
        cr_expect_not_null(strstr(err.msg, row->reason), "row %zu \"%s\": %s", index, input,
                           err.msg);
    }
}

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        check_row(&rows[i], i);
    }
}

Test(httpsig_read, takes_what_is_well_formed_and_chooses_the_first_usable)
{
    check_rows(TAKEN, sizeof TAKEN / sizeof TAKEN[0]);
}

Test(httpsig_read, refuses_what_is_of_no_use_and_says_why)
{
    check_rows(USELESS, sizeof USELESS / sizeof USELESS[0]);
}

Test(httpsig_read, refuses_what_is_malformed)
{
    check_rows(MALFORMED, sizeof MALFORMED / sizeof MALFORMED[0]);
}

Test(httpsig_read, a_malformed_member_spoils_also_what_stands_before_it)
{
    for (size_t i = 0; i < sizeof MALFORMED / sizeof MALFORMED[0]; i++) {
        char input[1024];
        if (strcmp(MALFORMED[i].reason, INPUT_BAD) != 0) {
            continue;
        }
        snprintf(input, sizeof input, "good=" GOOD ", %s", MALFORMED[i].input);
        struct row row = {input, "good=" B64, NULL, INPUT_BAD};
        check_row(&row, i);
    }
}

Test(httpsig_read, every_cut_of_the_headers_is_refused)
{
    static const char INPUT[] = "fz=" GOOD ";alg=\"ecdsa-p256-sha256\"";
    static const char SIGNATURE[] = "fz=" B64;
    for (size_t cut = 0; cut < strlen(INPUT); cut++) {
        char input[sizeof INPUT] = "";
        memcpy(input, INPUT, cut);
        struct test_request request;
        struct fz_httpsig signature;
        test_request_init(&request);
        request.message.query = "?a=1";
        test_request_header(&request, "Signature-Input", input);
        test_request_header(&request, "Signature", SIGNATURE);
        fz_rc rc = fz_httpsig_read(&request.message, true, NULL, &signature, NULL);
        bool whole = strcmp(input, "fz=" GOOD) == 0; /* alg may be missing */
        cr_expect_eq(rc, whole ? FZ_OK : FZ_SIGNATURE_MISSING, "cut \"%s\"", input);
    }
    for (size_t cut = 0; cut < strlen(SIGNATURE); cut++) {
        char text[sizeof SIGNATURE] = "";
        memcpy(text, SIGNATURE, cut);
        struct row row = {INPUT, text, NULL, "ignature"};
        check_row(&row, cut);
    }
}

Test(httpsig_read, a_header_in_several_lines_is_one_dictionary)
{
    struct test_request request;
    struct fz_httpsig signature;
    struct fz_err err = {0};
    test_request_init(&request);
    test_request_header(&request, "Signature-Input", "a=(\"@method\");created=1;keyid=\"x\"");
    test_request_header(&request, "Signature", "b=" B64);
    test_request_header(&request, "Signature-Input", "b=" GOOD);
    test_request_header(&request, "Signature", "a=" B64);
    cr_assert_eq(fz_httpsig_read(&request.message, true, NULL, &signature, &err), FZ_OK, "%s",
                 err.msg);
    cr_expect_str_eq(test_text(signature.label), "b");
    test_request_header(&request, "Signature-Input", "b=" GOOD);
    cr_expect_eq(fz_httpsig_read(&request.message, true, NULL, &signature, &err),
                 FZ_SIGNATURE_MISSING, "the same label in two lines");
}

Test(httpsig_read, a_wanted_label_is_the_only_candidate)
{
    struct test_request request;
    struct fz_httpsig signature;
    struct fz_err err = {0};
    test_request_init(&request);
    test_request_header(&request, "Signature-Input",
                        "a=" GOOD ", bb=" GOOD ", c=(\"@method\");created=7" KEY);
    test_request_header(&request, "Signature", "a=" B64 ", bb=" B64 ", c=" B64);
    cr_assert_eq(fz_httpsig_read(&request.message, true, "bb", &signature, &err), FZ_OK, "%s",
                 err.msg);
    cr_expect_str_eq(test_text(signature.label), "bb");
    cr_expect_eq(fz_httpsig_read(&request.message, true, "b", &signature, &err),
                 FZ_SIGNATURE_MISSING);
    cr_expect_not_null(strstr(err.msg, "no signature with that label"), "%s", err.msg);
    cr_expect_eq(fz_httpsig_read(&request.message, true, "c", &signature, &err),
                 FZ_SIGNATURE_MISSING);
    cr_expect_not_null(strstr(err.msg, "cover @path"), "%s", err.msg);
}

Test(httpsig_read, coverage_depends_on_query_and_body)
{
    static const struct {
        const char *list, *query;
        bool has_body, covered;
    } rows[] = {
        {"(\"@method\" \"@path\")", NULL, false, true},
        {"(\"@method\" \"@path\")", NULL, true, false},
        {"(\"@method\" \"@path\")", "?", false, false},
        {"(\"@method\" \"@path\")", "?a", false, false},
        {"(\"@method\" \"@path\" \"@query\")", NULL, false, true},
        {"(\"@method\" \"@path\" \"@query\")", "?a", false, true},
        {"(\"@method\" \"@path\" \"@query\")", "?a", true, false},
        {"(\"@method\" \"@path\" \"@query-param\";name=\"a\")", "?a=1", false, false},
        {"(\"content-digest\" \"@path\" \"@method\")", NULL, true, true},
        {"(\"content-digest\" \"@path\" \"@method\")", NULL, false, true},
        {"(\"content-digest\" \"@path\")", NULL, true, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct test_request request;
        struct fz_httpsig signature;
        char input[256];
        test_request_init(&request);
        request.message.query = rows[i].query;
        snprintf(input, sizeof input, "s=%s;created=7" KEY, rows[i].list);
        test_request_header(&request, "Signature-Input", input);
        test_request_header(&request, "Signature", SIG);
        fz_rc expected = rows[i].covered ? FZ_OK : FZ_SIGNATURE_MISSING;
        cr_expect_eq(fz_httpsig_read(&request.message, rows[i].has_body, NULL, &signature, NULL),
                     expected, "row %zu", i);
        if (rows[i].covered) {
            cr_expect_eq(
                fz_httpsig_check_coverage(&signature, &request.message, rows[i].has_body, NULL),
                FZ_OK);
            signature.component_count = 1; /* the rest is forgotten */
            cr_expect_eq(
                fz_httpsig_check_coverage(&signature, &request.message, rows[i].has_body, NULL),
                FZ_SIGNATURE_MISSING);
        }
    }
}

/* --- bounds ----------------------------------------------------------------------------------- */

__attribute__((format(printf, 3, 4))) static void
append(char *text, size_t size, const char *format, ...)
{
    size_t len = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    int added = vsnprintf(text + len, size - len, format, arguments);
    va_end(arguments);
    cr_assert(added >= 0 && (size_t)added < size - len, "the test's buffer is too small");
}

static fz_rc read_with(const char *input, const char *signatures, struct fz_err *err)
{
    struct test_request request;
    struct fz_httpsig signature;
    test_request_init(&request);
    test_request_header(&request, "Signature-Input", input);
    test_request_header(&request, "Signature", signatures);
    return fz_httpsig_read(&request.message, false, NULL, &signature, err);
}

Test(httpsig_read, at_most_32_components)
{
    for (unsigned count = 31; count <= 34; count++) {
        struct fz_err err = {0};
        char input[2048] = "s=(\"@method\" \"@path\"";
        for (unsigned i = 2; i < count; i++) {
            append(input, sizeof input, " \"x-%u\"", i);
        }
        append(input, sizeof input, ");created=7" KEY);
        fz_rc rc = read_with(input, SIG, &err);
        cr_expect_eq(rc, count <= 32 ? FZ_OK : FZ_SIGNATURE_MISSING, "%u: %s", count, err.msg);
        cr_expect_eq(count > 32, strstr(err.msg, "32 components") != NULL, "%s", err.msg);
    }
}

Test(httpsig_read, at_most_8_signatures)
{
    for (unsigned count = 7; count <= 10; count++) {
        char input[2048] = "";
        char signatures[2048] = "";
        for (unsigned i = 0; i < count; i++) {
            append(input, sizeof input, "%ss%u=" GOOD, i ? ", " : "", i);
            append(signatures, sizeof signatures, "%ss%u=" B64, i ? ", " : "", i);
        }
        fz_rc expected = count <= 8 ? FZ_OK : FZ_SIGNATURE_MISSING;
        cr_expect_eq(read_with(input, signatures, NULL), expected, "%u in both", count);
        cr_expect_eq(read_with(input, "s0=" B64, NULL), expected, "%u in Signature-Input", count);
        cr_expect_eq(read_with("s0=" GOOD, signatures, NULL), expected, "%u in Signature", count);
    }
}
