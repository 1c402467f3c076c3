/*
 * switch/treasury: the records of a Zengin file as data (see zengin_record.h).
 */
#include "switch/treasury/zengin_record.h"

#include <string.h>

#include "feezero/assert.h"
#include "feezero/limits.h"
#include "switch/treasury/kana.h"

#define MARKER_AT 112 /* 'Y': EDI information stands where the customer codes would */

enum column_kind {
    FIXED,  /* always `values` */
    DIGITS, /* a string of exactly that many digits */
    CHOICE, /* an int, one digit out of `values` */
    NUMBER, /* an int64_t of at least `min`, right-justified, zero-filled */
    BANK,   /* a string of the bank class, may be empty, left-justified, space-filled */
    PARTY,  /* a string of the party class, required */
    EDI,    /* a string of the EDI class, required */
    DAY,    /* MMDD of the sender's date */
    FILLER  /* spaces */
};

struct zengin_column {
    uint8_t len;
    uint8_t kind;
    uint8_t field;
    uint8_t min;
    uint16_t offset;
    const char *values;
};

/* --- the records, as (length, kind, field, min, offset, values) ------------------------------- */

#define SENDER(member) offsetof(struct fz_zengin_sender, member)
#define ITEM(member) offsetof(struct fz_zengin_item, member)
#define TOTALS(member) offsetof(struct zengin_totals, member)

/* clang-format off */
#define HEADER_COLUMNS(C)                                             \
    C(1, FIXED, RECORD_KIND, 0, 0, "1")                               \
    C(2, FIXED, FILE_TYPE, 0, 0, "21")                                \
    C(1, FIXED, CODE_TYPE, 0, 0, "0")                                 \
    C(10, DIGITS, SENDER_CODE, 0, SENDER(code), NULL)                 \
    C(40, PARTY, SENDER_NAME, 0, SENDER(name), NULL)                  \
    C(4, DAY, TRANSFER_DAY, 0, 0, NULL)                               \
    C(4, DIGITS, BANK, 0, SENDER(account.bank), NULL)                 \
    C(15, BANK, BANK_NAME, 0, SENDER(account.bank_name), NULL)        \
    C(3, DIGITS, BRANCH, 0, SENDER(account.branch), NULL)             \
    C(15, BANK, BRANCH_NAME, 0, SENDER(account.branch_name), NULL)    \
    C(1, CHOICE, ACCOUNT_TYPE, 0, SENDER(account.type), "129")        \
    C(7, DIGITS, ACCOUNT_NUMBER, 0, SENDER(account.number), NULL)     \
    C(17, FILLER, FILLER, 0, 0, NULL)

#define DATA_FRONT_COLUMNS(C)                                         \
    C(1, FIXED, RECORD_KIND, 0, 0, "2")                               \
    C(4, DIGITS, BANK, 0, ITEM(account.bank), NULL)                   \
    C(15, BANK, BANK_NAME, 0, ITEM(account.bank_name), NULL)          \
    C(3, DIGITS, BRANCH, 0, ITEM(account.branch), NULL)               \
    C(15, BANK, BRANCH_NAME, 0, ITEM(account.branch_name), NULL)      \
    C(4, FIXED, CLEARING_HOUSE, 0, 0, "0000")                         \
    C(1, CHOICE, ACCOUNT_TYPE, 0, ITEM(account.type), "1249")         \
    C(7, DIGITS, ACCOUNT_NUMBER, 0, ITEM(account.number), NULL)       \
    C(30, PARTY, RECIPIENT_NAME, 0, ITEM(name), NULL)                 \
    C(10, NUMBER, AMOUNT, FZ_AMOUNT_MIN, ITEM(amount), NULL)          \
    C(1, CHOICE, NEW_CODE, 0, ITEM(new_code), "012")

#define DATA_CUSTOMERS_COLUMNS(C)                                     \
    DATA_FRONT_COLUMNS(C)                                             \
    C(10, NUMBER, CUSTOMER1, 0, ITEM(customer1), NULL)                \
    C(10, NUMBER, CUSTOMER2, 0, ITEM(customer2), NULL)                \
    C(1, CHOICE, DESIGNATION, 0, ITEM(designation), "078")            \
    C(1, FIXED, MARKER, 0, 0, " ")                                    \
    C(7, FILLER, FILLER, 0, 0, NULL)

#define DATA_EDI_COLUMNS(C)                                           \
    DATA_FRONT_COLUMNS(C)                                             \
    C(20, EDI, EDI, 0, ITEM(edi), NULL)                               \
    C(1, CHOICE, DESIGNATION, 0, ITEM(designation), "078")            \
    C(1, FIXED, MARKER, 0, 0, "Y")                                    \
    C(7, FILLER, FILLER, 0, 0, NULL)

#define TRAILER_COLUMNS(C)                                            \
    C(1, FIXED, RECORD_KIND, 0, 0, "8")                               \
    C(6, NUMBER, COUNT, 1, TOTALS(count), NULL)                       \
    C(12, NUMBER, SUM, FZ_AMOUNT_MIN, TOTALS(sum), NULL)              \
    C(101, FILLER, FILLER, 0, 0, NULL)

#define END_COLUMNS(C)                                                \
    C(1, FIXED, RECORD_KIND, 0, 0, "9")                               \
    C(119, FILLER, FILLER, 0, 0, NULL)
/* clang-format on */

#define ROW(len, kind, field, min, offset, values) \
    {(len), (kind), FZ_ZENGIN_##field, (min), (offset), (values)},
/* NOLINTNEXTLINE(bugprone-macro-parentheses): one term of a sum */
#define PLUS_LEN(len, kind, field, min, offset, values) +(len)
#define FILLS_RECORD(columns) \
    _Static_assert(0 columns(PLUS_LEN) == FZ_ZENGIN_RECORD_LEN, "a record has 120 bytes")

FILLS_RECORD(HEADER_COLUMNS);
FILLS_RECORD(DATA_CUSTOMERS_COLUMNS);
FILLS_RECORD(DATA_EDI_COLUMNS);
FILLS_RECORD(TRAILER_COLUMNS);
FILLS_RECORD(END_COLUMNS);
_Static_assert(FZ_AMOUNT_MAX == 9999999999LL, "the amount's ten digits are the limit");
_Static_assert(sizeof(enum fz_zengin_account_type) == sizeof(int), "a choice is an int");

static const struct zengin_column header_columns[] = {HEADER_COLUMNS(ROW)};
static const struct zengin_column data_customers_columns[] = {DATA_CUSTOMERS_COLUMNS(ROW)};
static const struct zengin_column data_edi_columns[] = {DATA_EDI_COLUMNS(ROW)};
static const struct zengin_column trailer_columns[] = {TRAILER_COLUMNS(ROW)};
static const struct zengin_column end_columns[] = {END_COLUMNS(ROW)};

#define RECORD(kind, columns)                                     \
    {                                                             \
        (kind), (columns), sizeof(columns) / sizeof((columns)[0]) \
    }
const struct zengin_record fz_zengin_header = RECORD('1', header_columns);
const struct zengin_record fz_zengin_data_customers = RECORD('2', data_customers_columns);
const struct zengin_record fz_zengin_data_edi = RECORD('2', data_edi_columns);
const struct zengin_record fz_zengin_trailer = RECORD('8', trailer_columns);
const struct zengin_record fz_zengin_end = RECORD('9', end_columns);

const struct zengin_record *fz_zengin_data_of_item(const struct fz_zengin_item *item)
{
    return item->edi[0] != '\0' ? &fz_zengin_data_edi : &fz_zengin_data_customers;
}

const struct zengin_record *fz_zengin_data_of_bytes(const char *bytes)
{
    return bytes[MARKER_AT] == 'Y' ? &fz_zengin_data_edi : &fz_zengin_data_customers;
}

/* --- what both ways share --------------------------------------------------------------------- */

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

static enum fz_zengin_fault check_digits(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!is_digit(bytes[i])) {
            return FZ_ZENGIN_DIGITS;
        }
    }
    return FZ_ZENGIN_OK;
}

static enum fz_zengin_fault check_text(enum column_kind kind, const char *bytes, size_t len)
{
    enum fz_kana_class class = FZ_KANA_BANK;

    if (len == 0) {
        return kind == BANK ? FZ_ZENGIN_OK : FZ_ZENGIN_REQUIRED;
    }
    if (kind != BANK) {
        class = kind == PARTY ? FZ_KANA_PARTY : FZ_KANA_EDI;
    }
    return fz_kana_check(bytes, len, class, NULL) == FZ_KANA_OK ? FZ_ZENGIN_OK
                                                                : FZ_ZENGIN_CHARACTER;
}

/* Year 0 is an unknown year: it may be a leap year. */
static enum fz_zengin_fault check_day(int year, int month, int day)
{
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    if (year < 0 || month < 1 || month > 12 || day < 1 || day > days[month - 1] ||
        (month == 2 && day == 29 && !is_leap)) {
        return FZ_ZENGIN_DATE;
    }
    return FZ_ZENGIN_OK;
}

/* --- putting ---------------------------------------------------------------------------------- */

/* A string member of `object`; its room is the column's length and a NUL. */
static enum fz_zengin_fault
put_string(const struct zengin_column *column, const char *string, char *bytes_out)
{
    size_t len = strnlen(string, (size_t)column->len + 1);
    enum fz_zengin_fault fault = FZ_ZENGIN_OK;

    if (len > column->len) {
        return FZ_ZENGIN_LENGTH;
    }
    if (column->kind != DIGITS) {
        fault = check_text((enum column_kind)column->kind, string, len);
    } else if (len == 0) {
        fault = FZ_ZENGIN_REQUIRED;
    } else if (len < column->len) {
        fault = FZ_ZENGIN_LENGTH;
    } else {
        fault = check_digits(string, len);
    }
    if (fault == FZ_ZENGIN_OK) {
        memset(bytes_out, ' ', column->len);
        memcpy(bytes_out, string, len);
    }
    return fault;
}

static enum fz_zengin_fault
put_number(const struct zengin_column *column, int64_t number, char *bytes_out)
{
    int64_t rest = number;

    if (number < column->min) {
        return FZ_ZENGIN_RANGE;
    }
    for (size_t i = column->len; i > 0; i--) {
        bytes_out[i - 1] = (char)('0' + rest % 10);
        rest /= 10;
    }
    return rest == 0 ? FZ_ZENGIN_OK : FZ_ZENGIN_RANGE;
}

static enum fz_zengin_fault
put_choice(const struct zengin_column *column, int choice, char *bytes_out)
{
    if (choice < 0 || choice > 9 || strchr(column->values, '0' + choice) == NULL) {
        return FZ_ZENGIN_VALUE;
    }
    *bytes_out = (char)('0' + choice);
    return FZ_ZENGIN_OK;
}

static enum fz_zengin_fault put_day(const struct fz_zengin_sender *sender, char *bytes_out)
{
    enum fz_zengin_fault fault = check_day(sender->year, sender->month, sender->day);

    if (fault == FZ_ZENGIN_OK) {
        bytes_out[0] = (char)('0' + sender->month / 10);
        bytes_out[1] = (char)('0' + sender->month % 10);
        bytes_out[2] = (char)('0' + sender->day / 10);
        bytes_out[3] = (char)('0' + sender->day % 10);
    }
    return fault;
}

static enum fz_zengin_fault
put_column(const struct zengin_column *column, const char *object, char *bytes_out)
{
    int64_t number = 0;
    int choice = 0;

    switch ((enum column_kind)column->kind) {
    case FIXED:
        memcpy(bytes_out, column->values, column->len);
        return FZ_ZENGIN_OK;
    case DIGITS:
    case BANK:
    case PARTY:
    case EDI:
        return put_string(column, object + column->offset, bytes_out);
    case CHOICE:
        memcpy(&choice, object + column->offset, sizeof(choice));
        return put_choice(column, choice, bytes_out);
    case NUMBER:
        memcpy(&number, object + column->offset, sizeof(number));
        return put_number(column, number, bytes_out);
    case DAY:
        return put_day((const void *)object, bytes_out);
    case FILLER:
        memset(bytes_out, ' ', column->len);
        return FZ_ZENGIN_OK;
    }
    FZ_UNREACHABLE();
}

enum fz_zengin_fault fz_zengin_put(const struct zengin_record *record,
                                   const void *object,
                                   char *bytes_out,
                                   enum fz_zengin_field *field_out)
{
    size_t at = 0;

    for (size_t i = 0; i < record->count; i++) {
        const struct zengin_column *column = &record->columns[i];
        enum fz_zengin_fault fault = put_column(column, object, bytes_out + at);
        if (fault != FZ_ZENGIN_OK) {
            *field_out = (enum fz_zengin_field)column->field;
            return fault;
        }
        at += column->len;
    }
    fz_assert(at == FZ_ZENGIN_RECORD_LEN);
    return FZ_ZENGIN_OK;
}

/* --- taking ----------------------------------------------------------------------------------- */

static enum fz_zengin_fault take_fixed(const struct zengin_column *column, const char *bytes)
{
    if (memcmp(bytes, column->values, column->len) == 0) {
        return FZ_ZENGIN_OK;
    }
    return column->field == FZ_ZENGIN_RECORD_KIND ? FZ_ZENGIN_READ_ORDER : FZ_ZENGIN_VALUE;
}

static enum fz_zengin_fault
take_string(const struct zengin_column *column, const char *bytes, char *string_out)
{
    enum fz_zengin_fault fault = FZ_ZENGIN_OK;
    size_t len = column->len;

    if (column->kind == DIGITS) {
        fault = check_digits(bytes, len);
    } else {
        while (len > 0 && bytes[len - 1] == ' ') {
            len--;
        }
        fault = check_text((enum column_kind)column->kind, bytes, len);
    }
    if (fault == FZ_ZENGIN_OK) {
        memcpy(string_out, bytes, len);
        string_out[len] = '\0';
    }
    return fault;
}

static enum fz_zengin_fault
take_number(const struct zengin_column *column, const char *bytes, char *number_out)
{
    int64_t number = 0;

    if (check_digits(bytes, column->len) != FZ_ZENGIN_OK) {
        return FZ_ZENGIN_DIGITS;
    }
    for (size_t i = 0; i < column->len; i++) {
        number = number * 10 + (bytes[i] - '0');
    }
    memcpy(number_out, &number, sizeof(number));
    return number < column->min ? FZ_ZENGIN_RANGE : FZ_ZENGIN_OK;
}

static enum fz_zengin_fault
take_choice(const struct zengin_column *column, char byte, char *choice_out)
{
    int choice = byte - '0';

    if (!is_digit(byte)) {
        return FZ_ZENGIN_DIGITS;
    }
    memcpy(choice_out, &choice, sizeof(choice));
    return strchr(column->values, byte) != NULL ? FZ_ZENGIN_OK : FZ_ZENGIN_VALUE;
}

static enum fz_zengin_fault take_day(const char *bytes, struct fz_zengin_sender *sender)
{
    if (check_digits(bytes, 4) != FZ_ZENGIN_OK) {
        return FZ_ZENGIN_DIGITS;
    }
    sender->month = (bytes[0] - '0') * 10 + (bytes[1] - '0');
    sender->day = (bytes[2] - '0') * 10 + (bytes[3] - '0');
    return check_day(0, sender->month, sender->day);
}

static enum fz_zengin_fault take_filler(const struct zengin_column *column, const char *bytes)
{
    for (size_t i = 0; i < column->len; i++) {
        if (bytes[i] != ' ') {
            return FZ_ZENGIN_CHARACTER;
        }
    }
    return FZ_ZENGIN_OK;
}

static enum fz_zengin_fault
take_column(const struct zengin_column *column, const char *bytes, char *object_out)
{
    switch ((enum column_kind)column->kind) {
    case FIXED:
        return take_fixed(column, bytes);
    case DIGITS:
    case BANK:
    case PARTY:
    case EDI:
        return take_string(column, bytes, object_out + column->offset);
    case CHOICE:
        return take_choice(column, *bytes, object_out + column->offset);
    case NUMBER:
        return take_number(column, bytes, object_out + column->offset);
    case DAY:
        return take_day(bytes, (void *)object_out);
    case FILLER:
        return take_filler(column, bytes);
    }
    FZ_UNREACHABLE();
}

enum fz_zengin_fault fz_zengin_take(const struct zengin_record *record,
                                    const char *bytes,
                                    void *object_out,
                                    enum fz_zengin_field *field_out)
{
    size_t at = 0;

    for (size_t i = 0; i < record->count; i++) {
        const struct zengin_column *column = &record->columns[i];
        enum fz_zengin_fault fault = take_column(column, bytes + at, object_out);
        if (fault != FZ_ZENGIN_OK) {
            *field_out = (enum fz_zengin_field)column->field;
            return fault;
        }
        at += column->len;
    }
    return FZ_ZENGIN_OK;
}
