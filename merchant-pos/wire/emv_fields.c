/*
 * merchant-pos/wire: the objects of an EMV payload as data (see emv_fields.h). Objects without a
 * row are checked by the rule of their range in emv_parse.c.
 */
#include "merchant-pos/wire/emv_fields.h"

#define KEEP(id, class, min, max, member)                                  \
    {                                                                      \
        (id), (class), (min), (max), offsetof(struct fz_emv_code, member), \
            sizeof(((struct fz_emv_code *)0)->member)                      \
    }
#define CHECK(id, class, min, max)        \
    {                                     \
        (id), (class), (min), (max), 0, 0 \
    }
#define TABLE(fields)                                  \
    {                                                  \
        (fields), sizeof(fields) / sizeof((fields)[0]) \
    }

static const struct emv_field root_fields[] = {
    CHECK(EMV_FORMAT, EMV_DIGITS, 2, 2),
    CHECK(EMV_INITIATION, EMV_DIGITS, 2, 2),
    KEEP(EMV_MCC, EMV_DIGITS, 4, 4, mcc),
    KEEP(EMV_CURRENCY, EMV_DIGITS, 3, 3, currency),
    KEEP(EMV_AMOUNT, EMV_ASCII, 1, 13, amount_text),
    KEEP(EMV_TIP, EMV_DIGITS, 2, 2, tip),
    KEEP(EMV_FEE_FIXED, EMV_ASCII, 1, 13, fee_fixed),
    KEEP(EMV_FEE_PERCENT, EMV_ASCII, 1, 5, fee_percent),
    KEEP(EMV_COUNTRY, EMV_LETTERS, 2, 2, country),
    KEEP(EMV_NAME, EMV_ASCII, 1, 25, name),
    KEEP(EMV_CITY, EMV_ASCII, 1, 15, city),
    KEEP(EMV_POSTAL, EMV_ASCII, 1, 10, postal),
    CHECK(EMV_CRC, EMV_ASCII, 4, 4),
};

static const struct emv_field ours_fields[] = {
    KEEP(EMV_SUB_GUID, EMV_ASCII, 1, 32, guid),
    KEEP(1, EMV_ASCII, 1, 99, shop),
    KEEP(2, EMV_ASCII, 1, 99, terminal),
    CHECK(EMV_SUB_INTENT, EMV_ASCII, 1, 99),
};

static const struct emv_field jpqr_fields[] = {
    CHECK(EMV_SUB_GUID, EMV_ASCII, 1, 32),  KEEP(1, EMV_DIGITS, 13, 13, jpqr_level1),
    KEEP(2, EMV_DIGITS, 4, 4, jpqr_level2), KEEP(3, EMV_DIGITS, 6, 6, jpqr_level3),
    KEEP(4, EMV_DIGITS, 6, 6, jpqr_level4),
};

static const struct emv_field additional_fields[] = {
    KEEP(1, EMV_ASCII, 1, 25, bill),
    KEEP(2, EMV_ASCII, 1, 25, mobile),
    KEEP(3, EMV_ASCII, 1, 25, store_label),
    KEEP(4, EMV_ASCII, 1, 25, loyalty),
    KEEP(5, EMV_ASCII, 1, 25, reference),
    KEEP(6, EMV_ASCII, 1, 25, customer),
    KEEP(7, EMV_ASCII, 1, 25, terminal_label),
    KEEP(8, EMV_ASCII, 1, 25, purpose),
    KEEP(EMV_SUB_DATA_REQUEST, EMV_LETTERS, 1, 3, data_request),
};

static const struct emv_field language_fields[] = {
    KEEP(0, EMV_LETTERS, 2, 2, language),
    KEEP(1, EMV_TEXT, 1, 25, name_local),
    KEEP(2, EMV_TEXT, 1, 15, city_local),
};

static const struct emv_field foreign_fields[] = {
    CHECK(EMV_SUB_GUID, EMV_ASCII, 1, 32),
};

const struct emv_table fz_emv_root = TABLE(root_fields);
const struct emv_table fz_emv_ours = TABLE(ours_fields);
const struct emv_table fz_emv_jpqr = TABLE(jpqr_fields);
const struct emv_table fz_emv_additional = TABLE(additional_fields);
const struct emv_table fz_emv_language = TABLE(language_fields);
const struct emv_table fz_emv_foreign = TABLE(foreign_fields);

const struct emv_field *fz_emv_field(const struct emv_table *table, unsigned id)
{
    for (size_t i = 0; i < table->count; i++) {
        if (table->fields[i].id == id) {
            return &table->fields[i];
        }
    }
    return NULL;
}
