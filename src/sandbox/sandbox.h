/* sandbox.h: the training till: a server that answers as the live API of version 4 does, with a shop of its own. The only public header
 * of this module; used by its main program and by tests (and by simulations that want a till without a socket).
 * Not thread-safe: one request at a time, which is how http_server calls its handler. */
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H
#include "base/civil.h"
#include "net/http.h"

enum sandbox_dialect { SANDBOX_2025, SANDBOX_2026 };
enum sandbox_shop { SANDBOX_SHOP_DEMO, SANDBOX_SHOP_EMPTY };

struct sandbox_options {
    enum sandbox_dialect dialect;
    enum sandbox_shop shop;
    const char *key;           /* 24 hex digits; NULL: made from the seed, or the one of the state or fixture */
    const char *fixture_path;  /* NULL: none */
    const char *state_path;    /* NULL: in memory only */
    const char *faults;        /* NULL: none; the grammar is in docs/sandbox.md */
    int64_t articles, sales, days; /* of the demo shop */
    int32_t from_day;          /* first day of the demo's sales */
    uint64_t seed;
};
/* What the program does without options: dialect 2026, the demo of 320 articles and 2 000 sales in 30 days from 2026-10-05, seed 1. */
extern const struct sandbox_options sandbox_default_options;
enum { SANDBOX_ARTICLES_MAX = 1000000, SANDBOX_SALES_MAX = 1000000, SANDBOX_DAYS_MAX = 3660 };
/* A POST of the longest stock movement is some 600 kB. */
enum { SANDBOX_BODY_MAX = 8 << 20 };

struct sandbox;
/* Makes the shop, or loads the state when its file exists. Copies what it keeps of the options; the clock (of writes only: what is
 * generated depends on the options alone) must outlive the sandbox. hash_init first. ERR_USAGE or ERR_DATA with the reason. */
int sandbox_open(struct sandbox **ret, const struct sandbox_options *options, const struct clock *clock, struct err *err) MUST_CHECK;
/* The key that requests must bear; borrowed. */
struct str sandbox_key(const struct sandbox *sandbox);
/* Writes the state to its file, when there is one. */
int sandbox_save(struct sandbox *sandbox, struct err *err) MUST_CHECK;
void sandbox_free(struct sandbox *sandbox);

/* One request without a socket. Absent headers are {NULL,0}. */
struct sandbox_request {
    struct str method, path; /* the path percent-decoded */
    struct str query;        /* raw, without the `?` */
    struct str body;
    struct str key;          /* header x-api-key */
    struct str accept_encoding;
};
/* The body is borrowed from the sandbox until the next answer, header values from the arena. */
void sandbox_answer(struct sandbox *sandbox, const struct sandbox_request *request, struct arena *arena, struct http_server_response *response);
/* The same as a handler for http_server_start; `context` is the sandbox. */
void sandbox_handle(void *context, const struct http_server_request *request, struct http_server_response *response);
#endif
