/*
 * Where the switch may send HTTP requests of its own: to addresses of the public Internet, unless
 * the operator allows private ones. A URL is looked at when somebody gives it to us; what counts is
 * the address that is connected to in the end, whatever a name resolved to before.
 */
#ifndef FZ_SWITCH_HTTP_EGRESS_H
#define FZ_SWITCH_HTTP_EGRESS_H

#include <stdbool.h>

struct sockaddr;

/*
 * What is wrong with a URL that somebody wants us to call, one English sentence; NULL if nothing.
 * `may_be_private`: http:// and names and addresses of this machine and its networks are allowed.
 */
const char *fz_egress_url_fault(const char *url, bool may_be_private);

/*
 * Whether an address is one of the public Internet. Of addresses that carry an IPv4 address inside
 * (mapped, NAT64, 6to4) that one counts. Any other family than IPv4 and IPv6 is not.
 */
bool fz_egress_is_public(const struct sockaddr *address);

#endif
