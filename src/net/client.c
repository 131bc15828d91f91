/* client.c: the retry rule on top of a transport. It keeps a copy of each request, decides by method and outcome whether it goes again and
 * when, and never lets one that waits hold up the others. Clock and randomness are arguments, so that a test or a simulation owns time.
 * Why full jitter: many links that failed together must not come back together (the delay is uniform between nothing and the doubling cap). */
#include <assert.h>

#include "base/mem.h"
#include "net/http.h"

enum {
    ATTEMPTS = 6,
    FIRST_DELAY_MS = 500,
    MAX_DELAY_MS = 30000,
    RETRY_AFTER_MAX_MS = 120000, /* a till that asks for an hour is asked again after two minutes: a run is not held that long */
    INTERRUPT_LOOK_MS = 200,     /* how often Ctrl-C is looked at while waiting for an answer */
    WATCH_MS = 5000,             /* how long a delay may last before the watch is asked again */
};

/* One request until its outcome is handed out. */
struct pending {
    struct arena arena;           /* holds what `request` points to */
    struct http_request request;
    uint64_t tag;                 /* the caller's */
    int attempts;
    int64_t asleep_at_utc;        /* when its delay began, and how long it is; 0 and 0 for a new one */
    int64_t delay_ms;
    struct pending *next;         /* in http_client.waiting or .spare */
};

struct http_client {
    struct http_transport transport;
    struct http_retry retry;
    struct clock clock;
    struct random_source random;
    struct pending *waiting;      /* not in flight: no room, or a delay; in order of arrival */
    struct pending *flying[HTTP_IN_FLIGHT_MAX]; /* by the transport's tag */
    size_t flying_count;
    struct pending *spare;        /* used ones, with their memory */
    int64_t requests, retries;
    http_watch *watch;            /* NULL: nobody is asked */
    void *watch_context;
};

/* ---- copies of requests ---- */

static bool request_copy(struct pending *pending, const struct http_request *from)
{
    struct arena *arena = &pending->arena;
    struct http_header *headers = arena_array(arena, from->header_count + 1, sizeof(*headers));
    if (headers == NULL)
        return false;
    for (size_t i = 0; i < from->header_count; i++) {
        headers[i] = (struct http_header){arena_copy(arena, from->headers[i].name), arena_copy(arena, from->headers[i].value)};
        if (headers[i].name.p == NULL || (headers[i].value.p == NULL && from->headers[i].value.p != NULL))
            return false;
    }
    pending->request = (struct http_request){
        .method = from->method,
        .url = arena_copy(arena, from->url),
        .body = arena_copy(arena, from->body),
        .headers = headers,
        .header_count = from->header_count,
    };
    return pending->request.url.p != NULL && (pending->request.body.p != NULL || from->body.p == NULL);
}

static struct pending *pending_new(struct http_client *client)
{
    struct pending *pending = client->spare;
    if (pending == NULL)
        return mem_alloc_zero(1, sizeof(*pending));
    client->spare = pending->next;
    return pending;
}

/* Keeps the memory of one request for the next. */
static void pending_retire(struct http_client *client, struct pending *pending)
{
    arena_reset(&pending->arena);
    struct arena arena = pending->arena;
    *pending = (struct pending){.arena = arena, .next = client->spare};
    client->spare = pending;
}

static void pending_free_list(struct pending *list)
{
    while (list != NULL) {
        struct pending *next = list->next;
        arena_release(&list->arena);
        mem_free(list);
        list = next;
    }
}

static void waiting_append(struct http_client *client, struct pending *pending)
{
    struct pending **end = &client->waiting;
    while (*end != NULL)
        end = &(*end)->next;
    pending->next = NULL;
    *end = pending;
}

/* ---- the retry rule ---- */

/* Below `bound`; the bias of the remainder is below one in 10^14. */
static int64_t random_below(const struct http_client *client, int64_t bound)
{
    uint64_t bits;
    client->random.fill(client->random.context, &bits, sizeof(bits));
    return (int64_t)(bits % (uint64_t)bound);
}

static int64_t retry_delay_ms(const struct http_client *client, int attempts, int64_t retry_after_ms)
{
    int64_t cap_ms = client->retry.first_delay_ms;
    for (int i = 1; i < attempts && cap_ms < client->retry.max_delay_ms; i++)
        cap_ms *= 2;
    if (cap_ms > client->retry.max_delay_ms)
        cap_ms = client->retry.max_delay_ms;
    int64_t delay_ms = random_below(client, cap_ms + 1);
    if (retry_after_ms > RETRY_AFTER_MAX_MS)
        retry_after_ms = RETRY_AFTER_MAX_MS;
    return retry_after_ms > delay_ms ? retry_after_ms : delay_ms;
}

static bool is_retryable(enum http_method method, const struct http_response *response)
{
    if (response->status == 429) /* refused before anything was done */
        return true;
    if (method == HTTP_POST)
        return false;
    if (response->status == 0)
        return !response->permanent;
    switch (response->status) {
    case 422: /* some tills limit the rate with it; a request that carries nothing cannot be wrong in itself */
        return method == HTTP_GET;
    case 408:
    case 425:
    case 502:
    case 503:
    case 504:
        return true;
    default:
        return response->truncated;
    }
}

/* ---- starting and ending ---- */

/* Hands one to the transport. On failure it stays with the caller. */
static int pending_start(struct http_client *client, struct pending *pending, struct err *err)
{
    size_t place = 0;
    while (client->flying[place] != NULL)
        place++;
    int rc = client->transport.submit(client->transport.context, &pending->request, place, err);
    if (rc != OK)
        return rc;
    client->flying[place] = pending;
    client->flying_count++;
    client->requests++;
    pending->attempts++;
    pending->next = NULL;
    return OK;
}

/* How long one still waits. A clock that was set back must not lengthen a delay. */
static int64_t pending_wait_ms(const struct pending *pending, int64_t now_utc)
{
    int64_t slept_ms = (now_utc - pending->asleep_at_utc) / 1000;
    return slept_ms < 0 || slept_ms >= pending->delay_ms ? 0 : pending->delay_ms - slept_ms;
}

/* Starts all whose time has come, as far as there is room; *ret_wait_ms is when the next one is due, -1 when none waits for a time.
 * One that the transport refuses is at its end: *ret_tag names it. */
static int start_due(struct http_client *client, int64_t *ret_wait_ms, uint64_t *ret_tag, struct err *err)
{
    int64_t wait_ms = -1;
    int64_t now_utc = client->waiting != NULL ? client->clock.now_utc(client->clock.context) : 0;
    for (struct pending **link = &client->waiting; *link != NULL && client->flying_count < HTTP_IN_FLIGHT_MAX;) {
        struct pending *pending = *link;
        int64_t left_ms = pending_wait_ms(pending, now_utc);
        if (left_ms > 0) {
            if (wait_ms < 0 || left_ms < wait_ms)
                wait_ms = left_ms;
            link = &pending->next;
            continue;
        }
        *link = pending->next;
        int rc = pending_start(client, pending, err);
        if (rc != OK) {
            *ret_tag = pending->tag;
            pending_retire(client, pending);
            return rc;
        }
    }
    *ret_wait_ms = wait_ms;
    return OK;
}

/* An exchange ended: either it goes to sleep for another attempt (false), or it is done: *ret stands. */
static bool pending_end(struct http_client *client, struct http_response *ret)
{
    assert(ret->tag < HTTP_IN_FLIGHT_MAX && client->flying[ret->tag] != NULL);
    struct pending *pending = client->flying[ret->tag];
    client->flying[ret->tag] = NULL;
    client->flying_count--;
    if (pending->attempts < client->retry.attempts && is_retryable(pending->request.method, ret)) {
        pending->asleep_at_utc = client->clock.now_utc(client->clock.context);
        pending->delay_ms = retry_delay_ms(client, pending->attempts, ret->retry_after_ms);
        waiting_append(client, pending);
        client->retries++;
        return false;
    }
    ret->tag = pending->tag;
    ret->attempts = pending->attempts;
    pending_retire(client, pending);
    return true;
}

static int ask_watch(const struct http_client *client, struct err *err)
{
    return client->watch != NULL ? client->watch(client->watch_context, err) : OK;
}

static int cancelled(struct err *err)
{
    return err_set(err, ERR_CANCELLED, N_("interrupted: what was done so far is kept, and the next run goes on from there"));
}

/* ---- the public side ---- */

int http_client_new(struct http_client **ret, struct http_transport transport, const struct http_retry *retry, const struct clock *clock,
                    const struct random_source *random, struct err *err)
{
    struct http_client *client = mem_alloc_zero(1, sizeof(*client));
    if (client == NULL) {
        transport.free(transport.context);
        return err_memory(err);
    }
    client->transport = transport;
    client->retry = (struct http_retry){
        .attempts = retry && retry->attempts ? retry->attempts : ATTEMPTS,
        .first_delay_ms = retry && retry->first_delay_ms ? retry->first_delay_ms : FIRST_DELAY_MS,
        .max_delay_ms = retry && retry->max_delay_ms ? retry->max_delay_ms : MAX_DELAY_MS,
    };
    client->clock = *clock;
    client->random = *random;
    *ret = client;
    return OK;
}

void http_client_free(struct http_client *client)
{
    if (client == NULL)
        return;
    client->transport.free(client->transport.context);
    for (size_t i = 0; i < HTTP_IN_FLIGHT_MAX; i++)
        pending_free_list(client->flying[i]);
    pending_free_list(client->waiting);
    pending_free_list(client->spare);
    mem_free(client);
}

void http_client_watch(struct http_client *client, http_watch *watch, void *context)
{
    client->watch = watch;
    client->watch_context = context;
}

int http_client_submit(struct http_client *client, const struct http_request *request, uint64_t tag, struct err *err)
{
    int rc = ask_watch(client, err);
    if (rc != OK)
        return rc;
    struct pending *pending = pending_new(client);
    if (pending == NULL)
        return err_memory(err);
    pending->tag = tag;
    pending->next = NULL;
    rc = request_copy(pending, request) ? OK : err_memory(err);
    if (rc != OK)
        goto out;
    /* At once when there is room, so that it travels while the caller works. */
    if (client->flying_count < HTTP_IN_FLIGHT_MAX)
        rc = pending_start(client, pending, err);
    else
        waiting_append(client, pending);
out:
    if (rc != OK)
        pending_retire(client, pending);
    return rc;
}

/* Nothing travels: sleeps until the first delay ends, or until the watch wants to be asked. */
static int wait_for_delay(const struct http_client *client, int64_t wait_ms, struct err *err)
{
    if (wait_ms < 0)
        return err_set(err, ERR_INTERNAL, N_("an answer was awaited without a request: this is a fault of the program"));
    if (client->watch != NULL && wait_ms > WATCH_MS)
        wait_ms = WATCH_MS;
    return client->clock.sleep_ms(client->clock.context, wait_ms) == ERR_CANCELLED ? cancelled(err) : OK;
}

int http_client_next(struct http_client *client, struct http_response *ret, struct err *err)
{
    for (;;) {
        if (interrupt_requested())
            return cancelled(err);
        int64_t wait_ms;
        int rc = ask_watch(client, err);
        if (rc == OK)
            rc = start_due(client, &wait_ms, &ret->tag, err);
        if (rc == OK && client->flying_count == 0) {
            rc = wait_for_delay(client, wait_ms, err);
            if (rc == OK)
                continue;
        }
        if (rc != OK)
            return rc;
        if (wait_ms < 0 || wait_ms > INTERRUPT_LOOK_MS)
            wait_ms = INTERRUPT_LOOK_MS;
        struct http_response response = {0};
        struct err failure = {0};
        rc = client->transport.wait(client->transport.context, wait_ms, &response, &failure);
        if (rc < 0) {
            *err = failure;
            return rc;
        }
        if (rc == 0 || !pending_end(client, &response))
            continue;
        *ret = response;
        if (response.status != 0)
            return OK;
        assert(failure.code != OK);
        *err = failure;
        return err->code;
    }
}

int http_client_perform(struct http_client *client, const struct http_request *request, struct http_response *ret, struct err *err)
{
    int rc = http_client_submit(client, request, 0, err);
    return rc == OK ? http_client_next(client, ret, err) : rc;
}

void http_client_totals(const struct http_client *client, int64_t *ret_requests, int64_t *ret_retries)
{
    *ret_requests = client->requests;
    *ret_retries = client->retries;
}
