/* till.h: a training till held in the hand of a test: no socket, a clock that stands still. For tests/unit/sandbox only. */
#ifndef TESTS_SANDBOX_TILL_H
#define TESTS_SANDBOX_TILL_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "sandbox/sandbox.h"

/* The ids of the account that the tests' fixture holds. */
#define NODE "aaaaaaaaaaaaaaaaaaaaaaaa"
#define COMPANY "bbbbbbbbbbbbbbbbbbbbbbbb"
#define SHOP "cccccccccccccccccccccccc"
#define KEY "0123456789abcdef01234567"
#define ARTICLES "/v1/catalog/articles"
/* 2025-06-21T16:06:03.313Z, the moment of the golden exchanges */
#define GOLDEN_MOMENT INT64_C(1750521963313000)

struct till {
    struct sandbox *sandbox;
    struct clock clock;
    int64_t now_utc;
    struct arena arena;
    struct http_server_response response; /* of the last call */
    struct str key, accept_encoding;      /* sent with each call */
};
/* An empty shop with the account above and what `fixture` holds (members of a JSON object, "" for none). */
void till_open(struct till *till, enum sandbox_dialect dialect, const char *fixture);
void till_open_options(struct till *till, const struct sandbox_options *options);
void till_close(struct till *till);
/* The answer's body, valid until till_close. */
const char *till_call(struct till *till, const char *method, const char *path, const char *query, const char *body);
/* The same, and the status must be this one. */
const char *till_expect(struct till *till, int status, const char *method, const char *path, const char *query, const char *body);
/* Value of a response header; NULL when absent. */
const char *till_header(struct till *till, const char *name);
/* The value of a member of the JSON object `body`. */
const char *till_member(struct till *till, const char *body, const char *name);
/* Member `name` of each record of the array `body`, joined by blanks; "-" where it is absent. */
const char *till_column(struct till *till, const char *body, const char *name);
const char *till_format(struct till *till, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A list, first page, with this filter and order, NULL for none; both are encoded here. */
const char *till_list(struct till *till, const char *path, const char *scope, const char *filter, const char *order);
struct json *till_json(struct till *till, const char *body);
/* A file of its own for the test, removed by the caller. */
const char *till_write_file(struct till *till, const char *content);
#endif
