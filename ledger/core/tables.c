/*
 * Room ledger/core. The tables of classes, kinds and commands as data: one row per line of the .def
 * files, found by code. Called by everybody who prints or checks one.
 */
#include "feezero/ledger.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static const struct fz_class_info class_rows[] = {
#define FZ_ACCOUNT_CLASS(name, code, side, floor, ja, en) \
    {FZ_ACCOUNT_##name, FZ_SIDE_##side, (floor) != 0, #name, ja, en},
#include "feezero/classes.def"
#undef FZ_ACCOUNT_CLASS
};

static const struct fz_kind_info kind_rows[] = {
#define FZ_KIND(name, code, debit, credit, correctable, slug, ja) \
    {FZ_KIND_##name, FZ_ACCOUNT_##debit, FZ_ACCOUNT_##credit, (correctable) != 0, #name, slug, ja},
#include "feezero/kinds.def"
#undef FZ_KIND
};

static const struct fz_command_info command_rows[] = {
#define FZ_COMMAND(name, code, slug, kept) {FZ_COMMAND_##name, #name, slug, (kept) != 0},
#include "feezero/commands.def"
#undef FZ_COMMAND
};

const struct fz_class_info *fz_class_at(unsigned index)
{
    return index < LEN(class_rows) ? &class_rows[index] : NULL;
}

const struct fz_class_info *fz_class_info(int code)
{
    for (unsigned i = 0; i < LEN(class_rows); i++) {
        if ((int)class_rows[i].class == code) {
            return &class_rows[i];
        }
    }
    return NULL;
}

const struct fz_kind_info *fz_kind_at(unsigned index)
{
    return index < LEN(kind_rows) ? &kind_rows[index] : NULL;
}

const struct fz_kind_info *fz_kind_info(int code)
{
    for (unsigned i = 0; i < LEN(kind_rows); i++) {
        if ((int)kind_rows[i].kind == code) {
            return &kind_rows[i];
        }
    }
    return NULL;
}

const struct fz_command_info *fz_command_info(int code)
{
    for (unsigned i = 0; i < LEN(command_rows); i++) {
        if ((int)command_rows[i].type == code) {
            return &command_rows[i];
        }
    }
    return NULL;
}

const char *fz_intent_state_name(enum fz_intent_state state)
{
    switch (state) {
    case FZ_STATE_NONE:
        return "NONE";
    case FZ_STATE_CREATED:
        return "CREATED";
    case FZ_STATE_COMPLETED:
        return "COMPLETED";
    case FZ_STATE_CANCELED:
        return "CANCELED";
    case FZ_STATE_EXPIRED:
        return "EXPIRED";
    case FZ_STATE_VOIDED:
        return "VOIDED";
    }
    return "UNKNOWN";
}

const char *fz_payout_state_name(enum fz_payout_state state)
{
    switch (state) {
    case FZ_PAYOUT_NONE:
        return "NONE";
    case FZ_PAYOUT_BOOKED:
        return "BOOKED";
    case FZ_PAYOUT_SENT:
        return "SENT";
    case FZ_PAYOUT_CONFIRMED:
        return "CONFIRMED";
    case FZ_PAYOUT_RETURNED:
        return "RETURNED";
    }
    return "UNKNOWN";
}
