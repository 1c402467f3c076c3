/*
 * Room switch/api. The route table: every endpoint, who may use it, and who answers. Access is
 * decided here and nowhere else; a test walks it cell by cell.
 */
#ifndef SWITCH_API_ROUTES_H
#define SWITCH_API_ROUTES_H

#include <stddef.h>

#include "switch/http/route.h"

extern const struct fz_route fz_api_routes[];
extern const size_t fz_api_routes_len;

#endif
