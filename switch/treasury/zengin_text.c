/*
 * switch/treasury: the words for what is wrong with a Zengin file, and where.
 */
#include "switch/treasury/zengin_record.h"

const char *fz_zengin_fault_text(enum fz_zengin_fault fault)
{
    switch (fault) {
    case FZ_ZENGIN_OK:
        return "valid";
    case FZ_ZENGIN_REQUIRED:
        return "is missing";
    case FZ_ZENGIN_LENGTH:
        return "has the wrong length";
    case FZ_ZENGIN_DIGITS:
        return "is not digits alone";
    case FZ_ZENGIN_CHARACTER:
        return "has a character that is not allowed there";
    case FZ_ZENGIN_VALUE:
        return "has a value that is not allowed there";
    case FZ_ZENGIN_RANGE:
        return "is out of range";
    case FZ_ZENGIN_DATE:
        return "is not a day of the calendar";
    case FZ_ZENGIN_NO_ITEMS:
        return "is zero";
    case FZ_ZENGIN_TOO_MANY:
        return "is more than one file may hold";
    case FZ_ZENGIN_TOTAL:
        return "is more than one file may carry";
    case FZ_ZENGIN_DUPLICATE:
        return "equals an earlier item in account and amount";
    case FZ_ZENGIN_READ_SIZE:
        return "is not a whole number of records, or too few or too many";
    case FZ_ZENGIN_READ_FRAME:
        return "is not followed by CR LF as the first record is";
    case FZ_ZENGIN_READ_ORDER:
        return "is not the kind of record due here";
    case FZ_ZENGIN_READ_COUNT:
        return "is not the number of items";
    case FZ_ZENGIN_READ_SUM:
        return "is not the sum of the amounts";
    }
    return "unknown";
}

const char *fz_zengin_field_text(enum fz_zengin_field field)
{
    static const char *const texts[] = {
        [FZ_ZENGIN_NO_FIELD] = "the record",
        [FZ_ZENGIN_RECORD_KIND] = "data class",
        [FZ_ZENGIN_FILE_TYPE] = "type code",
        [FZ_ZENGIN_CODE_TYPE] = "code class",
        [FZ_ZENGIN_SENDER_CODE] = "sender code",
        [FZ_ZENGIN_SENDER_NAME] = "sender name",
        [FZ_ZENGIN_TRANSFER_DAY] = "transfer day",
        [FZ_ZENGIN_BANK] = "bank number",
        [FZ_ZENGIN_BANK_NAME] = "bank name",
        [FZ_ZENGIN_BRANCH] = "branch number",
        [FZ_ZENGIN_BRANCH_NAME] = "branch name",
        [FZ_ZENGIN_CLEARING_HOUSE] = "clearing house number",
        [FZ_ZENGIN_ACCOUNT_TYPE] = "account type",
        [FZ_ZENGIN_ACCOUNT_NUMBER] = "account number",
        [FZ_ZENGIN_RECIPIENT_NAME] = "recipient name",
        [FZ_ZENGIN_AMOUNT] = "amount",
        [FZ_ZENGIN_NEW_CODE] = "new code",
        [FZ_ZENGIN_CUSTOMER1] = "customer code 1",
        [FZ_ZENGIN_CUSTOMER2] = "customer code 2",
        [FZ_ZENGIN_EDI] = "EDI information",
        [FZ_ZENGIN_DESIGNATION] = "transfer designation",
        [FZ_ZENGIN_MARKER] = "EDI marker",
        [FZ_ZENGIN_COUNT] = "number of items",
        [FZ_ZENGIN_SUM] = "total",
        [FZ_ZENGIN_FILLER] = "filler",
    };
    size_t index = (size_t)field;

    return index < sizeof(texts) / sizeof(texts[0]) ? texts[index] : "unknown";
}

fz_rc fz_zengin_refuse(struct fz_zengin_issue found,
                       struct fz_zengin_issue *issue,
                       struct fz_err *err)
{
    if (issue != NULL) {
        *issue = found;
    }
    if (found.item == FZ_ZENGIN_NO_ITEM) {
        return fz_fail(err, FZ_FORMAT, "bank file: %s %s", fz_zengin_field_text(found.field),
                       fz_zengin_fault_text(found.fault));
    }
    return fz_fail(err, FZ_FORMAT, "bank file, item %zu: %s %s", found.item + 1,
                   fz_zengin_field_text(found.field), fz_zengin_fault_text(found.fault));
}
