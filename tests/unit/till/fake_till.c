/* fake_till.c: the transport of fake_till.h. */
#include "fake_till.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void keep(char *to, size_t size, struct str text)
{
    assert_true(text.n < size);
    if (text.n > 0)
        memcpy(to, text.p, text.n);
    to[text.n] = '\0';
}

static int fake_submit(void *context, const struct http_request *request, uint64_t tag, struct err *err)
{
    struct fake_till *till = context;
    struct fake_waiting *waiting = &till->waiting[till->waiting_count];

    (void)err;
    assert_true(till->waiting_count < 64);
    till->waiting_count++;
    if (till->waiting_count > till->most_waiting)
        till->most_waiting = till->waiting_count;
    till->requests++;
    waiting->tag = tag;
    keep(waiting->url, sizeof(waiting->url), request->url);
    keep(till->last_url, sizeof(till->last_url), request->url);
    keep(till->last_body, sizeof(till->last_body), request->body);
    till->last_method = request->method;
    for (size_t i = 0; i < request->header_count; i++) {
        if (str_equal(request->headers[i].name, STR("x-api-key")))
            keep(till->last_key, sizeof(till->last_key), request->headers[i].value);
    }
    return OK;
}

static size_t choose(struct fake_till *till)
{
    till->seed = till->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    switch (till->order) {
    case FAKE_LAST_FIRST:
        return till->waiting_count - 1;
    case FAKE_SHUFFLED:
        return (size_t)(till->seed >> 33) % till->waiting_count;
    default:
        return 0;
    }
}

static int fake_wait(void *context, int64_t timeout_ms, struct http_response *ret, struct err *failure)
{
    struct fake_till *till = context;

    (void)timeout_ms;
    assert_true(till->waiting_count > 0);
    size_t place = choose(till);
    struct fake_waiting chosen = till->waiting[place];
    till->waiting_count--;
    memmove(&till->waiting[place], &till->waiting[place + 1], (till->waiting_count - place) * sizeof(chosen));
    buf_reset(&till->reply.body);
    till->reply.status = 200;
    till->reply.content_type = "application/json; charset=utf-8";
    till->reply.truncated = false;
    till->answer(till, chosen.url, &till->reply);
    if (till->reply.status == 0)
        err_set(failure, ERR_TILL, N_("nothing listens there"));
    *ret = (struct http_response){
        .tag = chosen.tag,
        .status = till->reply.status,
        .body = till->reply.body.p == NULL ? STR("") : buf_str(&till->reply.body),
        .content_type = str_from(till->reply.content_type),
        .retry_after_ms = -1,
        .truncated = till->reply.truncated,
    };
    return 1;
}

static void fake_free(void *context)
{
    struct fake_till *till = context;

    buf_release(&till->reply.body);
}

static int64_t fake_now(void *context)
{
    (void)context;
    return 0;
}

static int fake_sleep(void *context, int64_t ms)
{
    (void)context;
    (void)ms;
    return OK;
}

int fake_client_try(struct fake_till *till, const char *url, const char *key, struct till_client **ret, struct err *err)
{
    static const struct clock clock = {fake_now, fake_sleep, NULL};
    static const struct http_retry once = {.attempts = 1};
    struct http_transport transport = {fake_submit, fake_wait, fake_free, till};
    struct http_client *http = NULL;

    int rc = http_client_new(&http, transport, &once, &clock, &system_random, err);

    return rc != OK ? rc : till_client_new(ret, str_from(url), str_from(key), http, err);
}

struct till_client *fake_client(struct fake_till *till)
{
    struct till_client *client = NULL;
    struct err err = {0};

    assert_int_equal(fake_client_try(till, FAKE_URL, FAKE_KEY, &client, &err), OK);
    return client;
}

int64_t fake_query_number(const char *url, const char *name)
{
    char mark[32];

    snprintf(mark, sizeof(mark), "%s=", name);
    const char *found = strstr(url, mark);
    assert_non_null(found);
    return strtoll(found + strlen(mark), NULL, 10);
}
