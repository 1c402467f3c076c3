/*
 * merchant-pos/core: backing off.
 */
#include "merchant-pos/core/back_off.h"

#define RETRY_AFTER_MAX_S 3600

static fz_rc next_ms(const struct fz_back_off *back_off,
                     struct fz_pos *pos,
                     uint32_t *ms_out,
                     struct fz_err *err)
{
    static const uint32_t steps_s[] = {1, 2, 4, 8, 15, 30, 60};
    unsigned last = sizeof steps_s / sizeof steps_s[0] - 1;
    uint32_t base_ms = steps_s[back_off->attempt < last ? back_off->attempt : last] * 1000;
    uint32_t wanted_ms = back_off->retry_after_s < RETRY_AFTER_MAX_S
                             ? back_off->retry_after_s * 1000
                             : RETRY_AFTER_MAX_S * 1000;
    uint8_t dice[2];
    fz_rc rc = pos->ports.random(pos->ports.ctx, dice, sizeof dice, err);

    if (rc != FZ_OK) {
        return rc;
    }
    uint32_t share = (uint32_t)dice[0] << 8 | dice[1];
    uint32_t ms = base_ms - base_ms / 5 + (uint32_t)((uint64_t)(base_ms / 5 * 2) * share / 65535);

    *ms_out = ms < wanted_ms ? wanted_ms : ms;
    return FZ_OK;
}

fz_rc fz_back_off_wait(struct fz_back_off *back_off,
                       struct fz_pos *pos,
                       bool *go_on_out,
                       struct fz_err *err)
{
    const struct fz_pos_ports *ports = &pos->ports;
    uint32_t ms;
    fz_rc rc = next_ms(back_off, pos, &ms, err);

    if (rc != FZ_OK) {
        return rc;
    }
    if (back_off->attempt == 0 && pos->patience_ms > 0) {
        back_off->give_up_at_ms = ports->now_ms(ports->ctx) + pos->patience_ms;
    }
    back_off->attempt++;
    back_off->retry_after_s = 0;
    *go_on_out =
        back_off->give_up_at_ms == 0 || ports->now_ms(ports->ctx) + ms <= back_off->give_up_at_ms;
    if (*go_on_out) {
        *go_on_out = ports->pause(ports->ctx, ms);
    }
    return FZ_OK;
}

fz_rc fz_back_off_get(struct fz_pos *pos,
                      const char *path,
                      const char *query,
                      struct fz_exchange_answer *answer_out,
                      struct fz_err *err)
{
    struct fz_exchange_call call = {.method = "GET", .path = path, .query = query};

    return fz_back_off_call(pos, &call, answer_out, err);
}

fz_rc fz_back_off_call(struct fz_pos *pos,
                       const struct fz_exchange_call *call,
                       struct fz_exchange_answer *answer_out,
                       struct fz_err *err)
{
    struct fz_back_off back_off = {.attempt = 0};
    bool go_on = true;

    while (go_on) {
        fz_rc rc = fz_exchange(pos, call, answer_out, err);

        if (rc != FZ_OK || fz_rc_info(answer_out->rc)->class != FZ_CLASS_RETRY) {
            return rc;
        }
        back_off.retry_after_s = answer_out->retry_after_s;
        rc = fz_back_off_wait(&back_off, pos, &go_on, err);
        if (rc != FZ_OK) {
            return rc;
        }
    }
    answer_out->rc = FZ_UNAVAILABLE;
    return FZ_OK;
}
