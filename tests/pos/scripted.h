/*
 * tests/pos: the till client on a machine made of paper: a scripted switch, a journal in memory, a
 * clock that only moves when the client waits. A script says which requests must come, in which
 * order, and what each is answered; any other request fails the test.
 */
#ifndef TESTS_POS_SCRIPTED_H
#define TESTS_POS_SCRIPTED_H

#include "feezero/pos.h"

#define PAPER_JOURNAL_MAX (256 * FZ_POS_FRAME_SIZE)
#define PAPER_START_MS INT64_C(1796083200000) /* 2026-12-01T00:00:00Z */
#define PAPER_AMOUNT 1480

enum fault {
    ANSWERED,
    LOST,        /* sent; no answer came */
    UNREACHABLE, /* nothing left the machine */
    CUT          /* the machine stops here: power cut after the request left */
};

/*
 * One exchange. `request` is "METHOD collection[/tail]": the id in the path is remembered. In
 * `body` $ID is the path's id, $INTENT the sale's, $QR the sale's right code.
 */
struct line {
    const char *request;
    enum fault fault;
    int status;
    const char *body;
    uint32_t retry_after_s;
};

struct paper {
    struct fz_pos pos;
    struct fz_pos_ports ports;
    struct fz_pos_identity self;
    const struct line *script;
    size_t line_count;
    size_t at;
    bool stop; /* the person wants to stop waiting */
    bool is_locked;
    int64_t now_ms;
    int64_t step_ms;        /* how long every request takes */
    uint32_t paused_ms[64]; /* every wait, in order */
    size_t pause_count;
    uint8_t journal[PAPER_JOURNAL_MAX];
    size_t journal_len;
    int writes_left; /* then the disk is full; negative: never */
    uint8_t dice;
    char intent[FZ_ID_TEXT_LEN + 1]; /* the sale's id, from its PUT */
    char last_id[FZ_ID_TEXT_LEN + 1];
    char last_body[FZ_POS_REQUEST_MAX];
    char last_query[128];
    char notices[512];      /* states told on the way, with their trouble: "shown;shown!;" */
    char last_notice[256];  /* what the person read then */
    int64_t clock_error_ms; /* how far our clock is behind the switch's */
    bool tells_date;        /* answers carry the switch's time */
    char signed_base[1024];
};

/* A fresh till T001 of M00000042; its patience is `patience_ms`. */
void paper_open(struct paper *paper, uint32_t patience_ms);

/* The same machine after a power cut: memory is gone, the journal is what it was. */
void paper_reboot(struct paper *paper);

/* Sets what must happen next. The previous script must have been played to its end. */
#define PAPER_PLAY(paper, ...)                              \
    paper_play((paper), (const struct line[]){__VA_ARGS__}, \
               sizeof((const struct line[]){__VA_ARGS__}) / sizeof(struct line))
void paper_play(struct paper *paper, const struct line *script, size_t count);

/* Fails the test if the script was not played to its end. */
void paper_finish(struct paper *paper);

size_t paper_frames(const struct paper *paper);

/* Latest journaled state of the operation with this id text; 0 if there is none. */
enum fz_pos_state paper_state(struct paper *paper, const struct fz_id *id);

/* Answers of the switch. */
#define PAID_AT "2026-12-01T00:00:05.250Z"
#define INTENT_BODY(state)                                                                     \
    "{\"intent_id\":\"$INTENT\",\"state\":\"" state "\",\"amount\":1480,\"refunded\":0,"       \
    "\"currency\":\"JPY\",\"shop\":{\"id\":\"M00000042\",\"name\":\"フィーゼロ商店\"}," \
    "\"terminal\":\"T001\",\"reference\":null,\"qr\":\"$QR\","                                 \
    "\"created_at\":\"2026-12-01T00:00:00.000Z\",\"expires_at\":\"2026-12-01T00:02:00.000Z\"}"
#define INTENT_PAID_BODY(state)                                                                \
    "{\"intent_id\":\"$INTENT\",\"state\":\"" state "\",\"amount\":1480,\"refunded\":0,"       \
    "\"currency\":\"JPY\",\"shop\":{\"id\":\"M00000042\",\"name\":\"フィーゼロ商店\"}," \
    "\"terminal\":\"T001\",\"reference\":null,\"qr\":\"$QR\","                                 \
    "\"created_at\":\"2026-12-01T00:00:00.000Z\",\"expires_at\":\"2026-12-01T00:02:00.000Z\"," \
    "\"number\":12,\"paid_at\":\"" PAID_AT "\","                                               \
    "\"operation_id\":\"0193a000-0000-7000-8000-00000000abcd\"}"
#define OPERATION_BODY(kind, amount)                                                       \
    "{\"operation_id\":\"$ID\",\"kind\":\"" kind "\",\"number\":13,\"amount\":" amount "," \
    "\"fee\":0,\"at\":\"" PAID_AT "\",\"shop\":{\"id\":\"M00000042\",\"name\":\"店\"}}"
#define INQUIRY_DONE(kind, amount)                                                             \
    "{\"operation_id\":\"$ID\",\"kind\":\"" kind "\",\"status\":\"DONE\",\"http_status\":201," \
    "\"result\":" OPERATION_BODY(kind, amount) "}"
#define INQUIRY_REJECTED(kind, status, problem)                                \
    "{\"operation_id\":\"$ID\",\"kind\":\"" kind "\",\"status\":\"REJECTED\"," \
    "\"http_status\":" status ",\"result\":" problem "}"
#define INQUIRY_TOMBSTONED                                                        \
    "{\"operation_id\":\"$ID\",\"kind\":\"tombstone\",\"status\":\"TOMBSTONED\"," \
    "\"http_status\":201,\"result\":{}}"
#define PROBLEM(slug)                                                                \
    "{\"type\":\"https://feezero.example/problems/" slug "\",\"code\":\"" slug "\"," \
    "\"title\":\"t\",\"status\":0,\"detail\":\"d\",\"title_ja\":\"j\",\"retryable\":false}"
#define TOMBSTONE_BODY "{\"operation_id\":\"$ID\",\"status\":\"TOMBSTONED\",\"at\":\"" PAID_AT "\"}"
#define CLOSED_DOOR(state)                                                                    \
    "{\"type\":\"https://feezero.example/problems/id-reused\",\"code\":\"id-reused\","        \
    "\"title\":\"t\",\"status\":409,\"detail\":\"d\",\"title_ja\":\"j\",\"retryable\":false," \
    "\"final_state\":" state "}"
#define NO_EVENTS "{\"events\":[],\"next\":1}"
#define EVENT_COMPLETED                                                                \
    "{\"events\":[{\"seq\":2,\"type\":\"intent.completed\",\"intent_id\":\"$INTENT\"," \
    "\"state\":\"COMPLETED\",\"amount\":1480,\"number\":12,\"at\":\"" PAID_AT "\"}],\"next\":2}"
#define EVENT_CREATED                                                                \
    "{\"events\":[{\"seq\":1,\"type\":\"intent.created\",\"intent_id\":\"$INTENT\"," \
    "\"state\":\"CREATED\",\"amount\":1480,\"at\":\"" PAID_AT "\"}],\"next\":1}"

#endif
