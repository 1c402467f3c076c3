/*
 * Room switch/api, internal. The handlers of the route table. Each is called with the request and
 * the struct fz_api; those of signed routes find their fz_call there and own it until they answer.
 */
#ifndef SWITCH_API_ENDPOINTS_H
#define SWITCH_API_ENDPOINTS_H

#include "switch/http/request.h"

void fz_api_enrol(struct fz_request *request, void *ctx);

void fz_api_put_intent(struct fz_request *request, void *ctx);
void fz_api_get_intent(struct fz_request *request, void *ctx);
void fz_api_cancel_intent(struct fz_request *request, void *ctx);
void fz_api_decline_intent(struct fz_request *request, void *ctx);
void fz_api_get_intent_events(struct fz_request *request, void *ctx);

void fz_api_put_payment(struct fz_request *request, void *ctx);
void fz_api_put_code(struct fz_request *request, void *ctx);
void fz_api_get_code(struct fz_request *request, void *ctx);

void fz_api_get_shop(struct fz_request *request, void *ctx);
void fz_api_put_void(struct fz_request *request, void *ctx);
void fz_api_put_refund(struct fz_request *request, void *ctx);
void fz_api_put_transfer(struct fz_request *request, void *ctx);

void fz_api_get_operation(struct fz_request *request, void *ctx);
void fz_api_put_tombstone(struct fz_request *request, void *ctx);

void fz_api_get_events(struct fz_request *request, void *ctx);
void fz_api_get_balance(struct fz_request *request, void *ctx);
void fz_api_get_history(struct fz_request *request, void *ctx);
void fz_api_get_statement(struct fz_request *request, void *ctx);
void fz_api_get_receipt(struct fz_request *request, void *ctx);

void fz_api_put_webhook(struct fz_request *request, void *ctx);
void fz_api_get_webhooks(struct fz_request *request, void *ctx);
void fz_api_rotate_webhook(struct fz_request *request, void *ctx);
void fz_api_delete_webhook(struct fz_request *request, void *ctx);
void fz_api_replay_webhook(struct fz_request *request, void *ctx);
void fz_api_get_deliveries(struct fz_request *request, void *ctx);

void fz_api_get_health(struct fz_request *request, void *ctx);
void fz_api_get_ready(struct fz_request *request, void *ctx);
void fz_api_get_metrics(struct fz_request *request, void *ctx);

#endif
