/*
 * Prints tables of the program for the tests that compare documents with them.
 *
 *   api_tables errors   rows of docs/errors.md
 *   api_tables routes   METHOD PATTERN ROLE,ROLE,... ("-" if it is open, "signed" for enrolment)
 */
#include <stdio.h>
#include <string.h>

#include "feezero/role.h"
#include "switch/api/routes.h"

static const char *kind_of(enum fz_rc_class class)
{
    switch (class) {
    case FZ_CLASS_OK:
        return "done";
    case FZ_CLASS_REJECT:
        return "decided";
    case FZ_CLASS_BADREQ:
        return "bad request";
    case FZ_CLASS_RETRY:
        return "retry";
    case FZ_CLASS_FAIL:
        return "fault";
    }
    return "?";
}

static void print_errors(void)
{
    const struct fz_rc_info *info = NULL;
    for (unsigned i = 0; (info = fz_rc_at(i)) != NULL; i++) {
        if (info->class != FZ_CLASS_OK) {
            printf("| `%s` | %d | %d | %s | %s | %s | %s |\n", info->slug, (int)info->rc,
                   info->http_status, kind_of(info->class), info->retryable ? "yes" : "no",
                   info->en, info->ja);
        }
    }
}

static void print_roles(const struct fz_route *route)
{
    const char *separator = "";
    if (route->roles == 0) {
        printf("%s", (route->flags & FZ_ROUTE_SIGNED) != 0 ? "signed" : "-");
    }
    for (int number = 1; number < 32; number++) {
        enum fz_role role = FZ_ROLE_RESIDENT;
        if (fz_role_from_number(number, &role) && fz_role_in(role, route->roles)) {
            printf("%s%s", separator, fz_role_text(role));
            separator = ",";
        }
    }
}

static void print_routes(void)
{
    static const char *const methods[] = {[FZ_METHOD_GET] = "get",
                                          [FZ_METHOD_HEAD] = "head",
                                          [FZ_METHOD_POST] = "post",
                                          [FZ_METHOD_PUT] = "put",
                                          [FZ_METHOD_DELETE] = "delete"};
    for (size_t i = 0; i < fz_api_routes_len; i++) {
        printf("%s %s ", methods[fz_api_routes[i].method], fz_api_routes[i].pattern);
        print_roles(&fz_api_routes[i]);
        printf("\n");
    }
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "errors") == 0) {
        print_errors();
    } else if (argc == 2 && strcmp(argv[1], "routes") == 0) {
        print_routes();
    } else {
        fprintf(stderr, "usage: api_tables errors|routes\n");
        return 2;
    }
    return 0;
}
