/*
 * One HTTP request and its one answer, independent of the library that carried it. The server fills
 * the request in and gives it to the route's handler; from then on the handler owns it, for as long
 * as it likes, until it replies. Nothing in here blocks. Used by switch/api; one thread.
 *
 * The life of a request, all of it:
 *   1. handler(request, ctx) is called. Everything below is readable until the reply.
 *   2. The handler replies at once, or keeps the pointer and replies later: from a callback of the
 *      engine, from a timer. Exactly one reply per request; a second one is asserted against.
 *   3. The reply ends the request: the pointer is dead when the function returns.
 * The client may vanish between 1 and 3. That changes nothing for the handler: the request stays
 * readable, and the reply is still owed; it then sends nothing and frees the request. Who waits
 * long (a long-poll) asks to be told by fz_request_on_gone() and may reply from that callback.
 */
#ifndef FZ_SWITCH_HTTP_REQUEST_H
#define FZ_SWITCH_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feezero/err.h"
#include "feezero/rc.h"

#define FZ_REQUEST_ID_LEN 16      /* lower-case hexadecimal digits */
#define FZ_REQUEST_CAPTURES_MAX 2 /* "{name}" segments of a pattern */
#define FZ_REQUEST_PEER_LEN 63

struct fz_route;
struct fz_request_state; /* what the server and request.c keep; nobody else's business */

enum fz_method {
    FZ_METHOD_GET,
    FZ_METHOD_HEAD,
    FZ_METHOD_POST,
    FZ_METHOD_PUT,
    FZ_METHOD_DELETE,
    FZ_METHOD_OTHER /* a method no route of ours has; method_text has its name */
};

/* All pointers are owned by the request, NUL-terminated, and valid until the reply. */
struct fz_request {
    uint32_t magic;
    enum fz_method method;
    const char *method_text; /* as received: "PUT" */
    const char *target;      /* as received: "/v1/history?limit=5"; what @request-target signs */
    const char *path;        /* as received, nothing decoded: "/v1/history" */
    const char *query;       /* as received, without "?": "limit=5"; NULL if there was no "?" */
    const char *authority;   /* the Host field as received; "" if there was none (HTTP/1.0) */
    char id[FZ_REQUEST_ID_LEN + 1];     /* sent back as X-Request-Id, and in every log line */
    char peer[FZ_REQUEST_PEER_LEN + 1]; /* numeric address, no port */
    bool peer_is_loopback;
    const uint8_t *body; /* body_len bytes and a NUL; never NULL */
    size_t body_len;
    const struct fz_route *route;                  /* the row that matched */
    const char *captures[FZ_REQUEST_CAPTURES_MAX]; /* the "{...}" segments, in order, not decoded */
    unsigned captures_len;
    int64_t received_us; /* monotonic clock: when the request was complete */
    void *api;           /* the endpoint's own state; the endpoint frees it before it replies */
    struct fz_request_state *state;
};

/*
 * A header field by name (case does not matter): the one value as received, without the white space
 * around it; several of the same name joined by ", " in order of arrival (RFC 9110, 5.3), which is
 * also what RFC 9421 signs. NULL if there is none. Borrowed until the reply.
 */
const char *fz_request_header(struct fz_request *request, const char *name);

/*
 * Adds a field to the answer. Both texts are copied. Only for texts of ours: a CR or LF, or more
 * than FZ_REPLY_HEADERS_MAX fields or FZ_REPLY_HEADERS_BYTES bytes, is asserted against.
 * X-Request-Id, Content-Type, Content-Length, Date, Cache-Control and Connection are ours to set.
 */
#define FZ_REPLY_HEADERS_MAX 8
#define FZ_REPLY_HEADERS_BYTES 512
void fz_request_set_header(struct fz_request *request, const char *name, const char *value);

/*
 * Answers, and ends the request. `body` is copied; `content_type` is static text. For HEAD the
 * server leaves the body out by itself. May be called from within the handler or at any later time.
 */
void fz_request_reply(struct fz_request *request,
                      int status,
                      const char *content_type,
                      const void *body,
                      size_t body_len);

/* The same with Content-Type application/json: the bytes of a JSON text made elsewhere. */
void fz_request_reply_json_bytes(struct fz_request *request,
                                 int status,
                                 const void *body,
                                 size_t body_len);

/* The same with Content-Type application/problem+json: the bytes of a stored refusal. */
void fz_request_reply_problem_bytes(struct fz_request *request,
                                    int status,
                                    const void *body,
                                    size_t body_len);

/*
 * Answers with the problem of `rc` (switch/http/problem.h says how the body looks; its status comes
 * from errors.def), and ends the request. `detail` is English text for the developer of a client,
 * or NULL; nothing from a database or a library may be in it. `extra_members` is JSON text of
 * further members, without braces, such as "\"field\":\"amount\"", or NULL. Class RETRY also gets
 * Retry-After and `retry_after`. `rc` must not be FZ_OK.
 */
void fz_request_fail(struct fz_request *request,
                     fz_rc rc,
                     const char *detail,
                     const char *extra_members);

/*
 * Logs `err` with the request's id, then answers as fz_request_fail(request, err->rc, NULL, NULL).
 * For faults whose cause is for the operator alone.
 */
void fz_request_fail_err(struct fz_request *request, const struct fz_err *err);

/*
 * Asks to be told when the client goes away before the reply; at most once called, never from
 * within this call. `gone` may reply (nothing is sent, the request ends) or leave that for later.
 * Costs two system calls, so it is for requests that wait long. `gone` NULL: no longer interested.
 */
void fz_request_on_gone(struct fz_request *request,
                        void (*gone)(struct fz_request *request, void *ctx),
                        void *ctx);

/* True once it is known that nobody reads the answer any more. */
bool fz_request_is_gone(const struct fz_request *request);

#endif
