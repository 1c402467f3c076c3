/*
 * switch/treasury: the table of duties, in the order in which an operator meets them.
 */
#include <string.h>

#include "switch/treasury/duty.h"

static const struct fz_duty *const duties[] = {
    &fz_duty_migrate,       &fz_duty_community_add, &fz_duty_community_list, &fz_duty_bank_set,
    &fz_duty_bank_show,     &fz_duty_plan_set,      &fz_duty_plan_list,      &fz_duty_staff_add,
    &fz_duty_key_new,       &fz_duty_key_list,      &fz_duty_key_revoke,     &fz_duty_resident_add,
    &fz_duty_resident_list, &fz_duty_shop_add,      &fz_duty_shop_bank,      &fz_duty_shop_list,
    &fz_duty_owner_add,     &fz_duty_terminal_add,  &fz_duty_code,           &fz_duty_topup,
    &fz_duty_settle,        &fz_duty_payout_list,   &fz_duty_payout_confirm, &fz_duty_payout_return,
    &fz_duty_bill,          &fz_duty_bill_show,     &fz_duty_correct,        &fz_duty_audit,
};

#define DUTIES_LEN (sizeof duties / sizeof duties[0])

const struct fz_duty *fz_duty_at(unsigned index)
{
    return index < DUTIES_LEN ? duties[index] : NULL;
}

/* How many of the words are the duty's name: one, two, or none. */
static int match(const struct fz_duty *duty, char *const *words, int len)
{
    const char *space = strchr(duty->name, ' ');
    if (space == NULL) {
        return len >= 1 && strcmp(words[0], duty->name) == 0 ? 1 : 0;
    }
    size_t first_len = (size_t)(space - duty->name);
    bool same = len >= 2 && strlen(words[0]) == first_len &&
                strncmp(words[0], duty->name, first_len) == 0 && strcmp(words[1], space + 1) == 0;
    return same ? 2 : 0;
}

const struct fz_duty *fz_duty_find(char *const *words, int len, int *used_out)
{
    const struct fz_duty *found = NULL;
    *used_out = 0;
    for (unsigned i = 0; i < DUTIES_LEN; i++) {
        int used = match(duties[i], words, len);
        if (used > *used_out) {
            found = duties[i];
            *used_out = used;
        }
    }
    return found;
}
