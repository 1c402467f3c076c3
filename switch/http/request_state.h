/*
 * The inside of a request: for server code that makes requests and carries their replies, and for
 * tests of endpoints, which can make a request and catch its reply without any network. Endpoints
 * themselves need request.h alone.
 */
#ifndef FZ_SWITCH_HTTP_REQUEST_STATE_H
#define FZ_SWITCH_HTTP_REQUEST_STATE_H

#include "switch/http/request.h"

#define FZ_REQUEST_MAGIC 0x46a0e57bU
#define FZ_REQUEST_FIELDS_MAX 64

/* One header field. */
struct fz_field {
    const char *name;
    const char *value;
};

/* A reply on its way out; everything is borrowed for the time of the call. */
struct fz_reply {
    int status;
    const char *content_type;
    const void *body;
    size_t body_len;
    const struct fz_field *fields; /* what fz_request_set_header() added */
    size_t fields_len;
};

/* How a request reaches its client. `carrier` is what fz_request_create() was given. */
struct fz_transport {
    /* Sends the one reply. Not called when the client is known to be gone. */
    void (*send)(void *carrier, struct fz_request *request, const struct fz_reply *reply);
    /* Begins or ends to watch for the client's going; may be NULL. */
    void (*watch)(void *carrier, bool on);
    /* The request has been answered and is about to be freed; called for every request. */
    void (*finished)(void *owner);
};

/* What a request is made of; all of it is copied. */
struct fz_request_parts {
    enum fz_method method;
    const char *method_text;
    const char *target; /* begins with "/", or is an absolute http(s) URI */
    const char *peer;
    const struct fz_field *fields;
    size_t fields_len;
    const void *body;
    size_t body_len;
};

/* The state behind struct fz_request. */
struct fz_request_state {
    const struct fz_transport *transport;
    void *carrier;
    void *owner;
    void *route_ctx;
    struct fz_request *next; /* the server's: behind us in the line of those that wait */
    void (*gone)(struct fz_request *request, void *ctx);
    void *gone_ctx;
    bool is_gone;
    bool replied;
    char *segments; /* a copy of the path for the router to cut */
    struct fz_field *fields;
    size_t fields_len;
    struct joined *joined; /* values joined so far */
    struct fz_field reply_fields[FZ_REPLY_HEADERS_MAX];
    size_t reply_fields_len;
    char reply_text[FZ_REPLY_HEADERS_BYTES];
    size_t reply_text_len;
};

/*
 * Makes a request. `carrier` goes to send() and watch(), `owner` to finished(). FZ_NO_MEMORY; the
 * caller owes nothing then. Else the request lives until its reply.
 */
FZ_MUSTUSE fz_rc fz_request_create(const struct fz_request_parts *parts,
                                   const struct fz_transport *transport,
                                   void *carrier,
                                   void *owner,
                                   struct fz_request **request_out);

/* The client is gone: notes it, ends the watch, and tells who asked. At most once per request. */
void fz_request_set_gone(struct fz_request *request);

#endif
