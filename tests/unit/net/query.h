/* query.h: one parameter of a query, for handlers of tests that need few. Used by tests of net and by fuzz targets. */
#ifndef TESTS_UNIT_NET_QUERY_H
#define TESTS_UNIT_NET_QUERY_H
#include "net/http.h"

/* The first of that name; {NULL,0} when absent. */
static inline struct str query_parameter(const struct http_server_request *request, struct str name)
{
    struct str rest = request->query, found, value;

    while (http_query_next(request->arena, &rest, &found, &value) > 0)
        if (str_equal(found, name))
            return value;
    return STR_NULL;
}
#endif
