/*
 * merchant-pos/posix: the full-screen till, inside. screen.c runs it and calls the client,
 * screen_keys.c turns keys into wishes, screen_draw.c paints; nothing but screen.c may call the
 * client, since keys come while a call is busy.
 */
#ifndef FEEZERO_POSIX_SCREEN_H
#define FEEZERO_POSIX_SCREEN_H

#include "merchant-pos/posix/canvas.h"
#include "merchant-pos/posix/keys.h"
#include "merchant-pos/posix/qr_draw.h"
#include "merchant-pos/posix/session.h"
#include "merchant-pos/posix/till_report.h"
#include "merchant-pos/wire/cpm.h"

enum fz_screen_word {
#define FZ_SCREEN_WORD(name, ja, en) FZ_WORD_##name,
#include "merchant-pos/posix/screen_words.def"
#undef FZ_SCREEN_WORD
    FZ_WORD_NONE
};

/* What the clerk sees. */
enum fz_screen_mode {
    FZ_MODE_HOME,   /* an amount is keyed in */
    FZ_MODE_CODE,   /* a customer's code is keyed in */
    FZ_MODE_BUSY,   /* the switch is asked */
    FZ_MODE_SHOWN,  /* our code is on the screen */
    FZ_MODE_ASKED,  /* the customer is asked on her phone */
    FZ_MODE_DOUBT,  /* checking, do not charge again */
    FZ_MODE_PAID,   /* money has come */
    FZ_MODE_RESULT, /* anything else that came of it */
    FZ_MODE_RACED,  /* it was paid: keep or void? */
    FZ_MODE_AGAIN,  /* suspected duplicate: pay again? */
    FZ_MODE_LIST,   /* the last sales */
    FZ_MODE_SALE,   /* one of them */
    FZ_MODE_VOID,   /* sure? */
    FZ_MODE_REFUND, /* how much */
    FZ_MODE_REPORT, /* X or Z */
    FZ_MODE_Z,      /* sure? */
    FZ_MODE_QUIT    /* sure? */
};

/* What the clerk wants of the client. */
enum fz_screen_wish {
    FZ_WISH_NONE,
    FZ_WISH_SELL,
    FZ_WISH_SELL_BY_CODE,
    FZ_WISH_CANCEL, /* the sale on the screen; or: stop waiting for certainty */
    FZ_WISH_LIST,
    FZ_WISH_FIND, /* the sale of a scanned receipt */
    FZ_WISH_VOID,
    FZ_WISH_REFUND,
    FZ_WISH_RECEIPT,
    FZ_WISH_X,
    FZ_WISH_Z,
    FZ_WISH_PRINT_REPORT,
    FZ_WISH_QUIT
};

#define FZ_SCREEN_SALES_MAX 50
#define FZ_SCREEN_DIGITS_MAX 7 /* FZ_PAYMENT_MAX */
#define FZ_SCREEN_TYPED_MAX 40
#define FZ_SCREEN_REPORT_SIZE 16384

/* A sale of the list, with what became of it. */
struct fz_screen_sale {
    struct fz_pos_operation operation;
    int64_t refunded;
    bool is_voided;
};

/* Too large for a stack. */
struct fz_screen {
    struct fz_session *session;
    struct fz_pos *pos;
    struct fz_canvas canvas;
    struct fz_keys keys;
    enum fz_screen_mode mode;
    enum fz_screen_wish wish;
    enum fz_screen_word note; /* a line above the foot */
    bool is_online;
    bool is_dirty;
    int64_t drawn_second;
    int64_t leave_at_ms; /* PAID goes home by itself; 0: does not */

    char typed[FZ_SCREEN_TYPED_MAX + 1]; /* digits being keyed in */
    int64_t amount;                      /* of the sale */
    char code[FZ_CODE_DIGITS + 1];       /* the customer's; "": we show ours */
    bool again;
    bool is_sticker; /* what PAID shows was paid by the sticker */
    unsigned renewals;
    struct fz_pos_outcome outcome; /* what the screen is about */
    struct fz_qr *qr;              /* of the sale on the screen; owned */
    struct fz_qr *small_qr;        /* the same for a terminal without room; owned */

    struct fz_screen_sale sales[FZ_SCREEN_SALES_MAX]; /* newest first */
    unsigned sale_count;
    unsigned selected;
    struct fz_screen_sale sale; /* opened */
    struct fz_id found;         /* on a scanned receipt */
    struct fz_till_report report;
    char report_text[FZ_SCREEN_REPORT_SIZE];
    unsigned scrolled;
};

const char *fz_screen_word(const struct fz_screen *screen, enum fz_screen_word word);

/* screen_keys.c: one key; may set mode, wish and what was typed. */
void fz_screen_on_key(const struct fz_key *key, void *ctx);

/* screen_draw.c: paints everything into the canvas. `now_ms` by the switch's clock. */
void fz_screen_draw(struct fz_screen *screen, int64_t now_ms);

/* screen_money.c: selling and undoing, once a key asked for it. */
void fz_screen_sell(struct fz_screen *screen);
void fz_screen_take_up(struct fz_screen *screen, const struct fz_pos_operation *open);
void fz_screen_void(struct fz_screen *screen);
void fz_screen_refund(struct fz_screen *screen);
void fz_screen_list(struct fz_screen *screen);
void fz_screen_find(struct fz_screen *screen);
void fz_screen_receipt(struct fz_screen *screen, bool is_copy);
void fz_screen_paid(struct fz_screen *screen);

/* screen.c */
void fz_screen_set(struct fz_screen *screen, enum fz_screen_mode mode);
void fz_screen_refresh(struct fz_screen *screen);

/* Whether the clerk wants something else by now; a signal wants the end. */
bool fz_screen_is_wanted(const struct fz_screen *screen);

/* Rings, or runs the configured command (sound.c). */
void fz_sound_play(const char *command, int terminal_fd);

#endif
