/*
 * The route table: which handler answers which method on which path. Rows are static data of
 * switch/api; this module finds the row, or says why there is none. It knows no roles: the mask is
 * carried for the gate (server.h), which checks signatures and roles.
 */
#ifndef FZ_SWITCH_HTTP_ROUTE_H
#define FZ_SWITCH_HTTP_ROUTE_H

#include <stddef.h>
#include <stdint.h>

#include "feezero/rc.h"
#include "switch/http/request.h"

#define FZ_ROUTE_SEGMENTS_MAX 8

/* Flags. Exactly one of the three BODY flags; a body is application/json, else 415. */
#define FZ_ROUTE_BODY_NONE 0U     /* a body is refused (400) */
#define FZ_ROUTE_BODY_REQUIRED 1U /* an empty body is refused (400) */
#define FZ_ROUTE_BODY_OPTIONAL 2U
#define FZ_ROUTE_SIGNED 4U   /* to the gate even though `roles` is 0: the key is not enrolled yet */
#define FZ_ROUTE_LOOPBACK 8U /* for peers on this machine only; all others are told 404 */

/*
 * What is refused first when too many wait (overload.h); without a flag a GET never is, because who
 * lost an answer must be able to learn the truth, and the rest last: money that moves, or comes
 * back.
 */
#define FZ_ROUTE_SHED_FIRST 16U /* reads that can wait */
#define FZ_ROUTE_SHED_SOON 32U  /* what begins something new */

struct fz_route {
    enum fz_method method;
    const char *pattern; /* "/v1/payments/{id}": whole segments in braces are captured, not empty */
    uint32_t roles;      /* mask of who may; 0 = open to all */
    unsigned flags;
    void (*handler)(struct fz_request *request, void *ctx);
};

/* A table and the ctx its handlers are called with. */
struct fz_route_table {
    const struct fz_route *routes; /* static, borrowed */
    size_t routes_len;
    void *ctx;
};

struct fz_route_match {
    const struct fz_route *route;
    void *ctx;
    const char *captures[FZ_REQUEST_CAPTURES_MAX]; /* inside `path_copy` */
    unsigned captures_len;
    char allow[64]; /* for METHOD_NOT_ALLOWED: "GET, HEAD, PUT" */
};

/*
 * Finds the row for `method` on `path`. `path_copy` holds the path and is cut into segments in
 * place; the captures point into it. A row with a literal segment wins over one with a capture.
 * HEAD finds the GET row of open paths. Result: FZ_OK, FZ_NOT_FOUND, or FZ_METHOD_NOT_ALLOWED (the
 * path exists, `allow` is filled).
 */
FZ_MUSTUSE fz_rc fz_route_find(const struct fz_route_table *tables,
                               size_t tables_len,
                               enum fz_method method,
                               char *path_copy,
                               struct fz_route_match *match_out);

#endif
