/*
 * fz-switch: wires the API and the courier of webhooks into the HTTP front and hands over.
 * Arguments, configuration, processes and signals are the front's (switch/http/program.h); what a
 * request means is the API's.
 */
#include "switch/api/api.h"
#include "switch/courier/courier.h"
#include "switch/http/program.h"

static fz_rc start(const struct fz_config *config,
                   struct event_base *base,
                   struct fz_server *server,
                   void **service_out,
                   struct fz_err *err)
{
    struct fz_api *api = NULL;
    fz_rc rc = fz_api_start(config, base, server, &api, err);
    *service_out = api;
    return rc;
}

static void stop(void **service)
{
    struct fz_api *api = *service;
    fz_api_stop(&api);
    *service = api;
}

int main(int argc, char **argv)
{
    static const struct fz_service service = {
        .start = start, .stop = stop, .beside = fz_courier_run, .beside_name = "fz-courier"};
    return fz_program_run(argc, argv, "fz-switch", &service);
}
