/* wire.c: the simulated till's transport: takes requests, and answers them one by one, late, wrongly, twice or not at all, as the plan says. Time passes only here
 * and in sleeps. Several transports of one till may be open at once: each has its own queue and its own answer. */
#include <stdio.h>
#include <stdlib.h>

#include "till_store.h"

enum { LISTS_MAX = 8, TICK_MAX_MS = 80, SLOW_MAX_S = 240 };

struct queued { bool key_right; enum http_method method; uint64_t tag; struct buf url, body; };
/* What was answered last for a list; a list is told by its path and filter, so that one reading never gets the answer of another. */
struct remembered { uint64_t list; int64_t skip; struct buf body; };
struct wire {
    struct sim_till *till;
    int life;
    struct queued queue[HTTP_IN_FLIGHT_MAX];
    size_t queued;
    struct buf body;
    struct remembered lists[LISTS_MAX];
    size_t list_count;
};

/* ---- requests ---- */

static bool has_key(const struct http_request *request)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (str_equal(request->headers[i].name, STR("x-api-key")))
            return str_equal(request->headers[i].value, STR(SIM_KEY));
    return false;
}

static bool is_dead(const struct wire *wire)
{
    return wire->till->dead || wire->life != wire->till->life;
}

static int dead(struct err *err)
{
    return err_set(err, ERR_CANCELLED, "the process of this simulated life is dead");
}

static int wire_submit(void *context, const struct http_request *request, uint64_t tag, struct err *err)
{
    struct wire *wire = context;
    if (is_dead(wire))
        return dead(err);
    if (wire->queued == HTTP_IN_FLIGHT_MAX)
        abort();
    struct queued *queued = &wire->queue[wire->queued++];
    buf_reset(&queued->url);
    buf_reset(&queued->body);
    buf_append(&queued->url, request->url);
    buf_append(&queued->body, request->body);
    queued->tag = tag;
    queued->method = request->method;
    queued->key_right = has_key(request);
    return OK;
}

/* Answers come in any order: the one that is served now goes to the end of the queue, and is taken off it. */
static struct queued *next_queued(struct wire *wire, uint64_t draw)
{
    size_t place = draw % wire->queued;
    struct queued taken = wire->queue[place];
    memmove(&wire->queue[place], &wire->queue[place + 1], (wire->queued - place - 1) * sizeof *wire->queue);
    wire->queue[--wire->queued] = taken;
    return &wire->queue[wire->queued];
}

/* "https://host/v1/…?…" */
static struct sim_request request_of(const struct queued *queued)
{
    struct sim_request request = {.method = queued->method, .body = buf_str(&queued->body)};
    struct str url = buf_str(&queued->url);
    const char *path = memmem(url.p, url.n, "/v1/", 4);
    if (!path)
        abort();
    str_cut((struct str){path, url.n - (size_t)(path - url.p)}, '?', &request.path, &request.query);
    return request;
}

/* ---- the answer of the request before it again ---- */

/* The path with all of the query but where it begins: skip, and the lower end of a window, which is also where a reading goes on. */
static uint64_t list_of(const struct sim_request *request)
{
    uint64_t mark = 0;
    struct str rest = request->query, one, name, value;
    for (size_t i = 0; i < request->path.n; i++)
        mark = sim_mix(mark, 1, (unsigned char)request->path.p[i]);
    while (rest.n > 0) {
        str_cut(rest, '&', &one, &rest);
        str_cut(one, '=', &name, &value);
        const char *lower_end = str_equal(name, STR("filter")) ? memmem(value.p, value.n, "lt%5D", 5) : NULL;
        if (lower_end)
            value = (struct str){lower_end, value.n - (size_t)(lower_end - value.p)};
        for (size_t i = 0; !str_equal(name, STR("skip")) && i < value.n; i++)
            mark = sim_mix(mark, 2, (unsigned char)value.p[i]);
    }
    return mark;
}

static int64_t skip_of(const struct sim_request *request)
{
    struct str rest = request->query, one, name, value;
    int64_t skip = 0;
    while (rest.n > 0) {
        str_cut(rest, '&', &one, &rest);
        str_cut(one, '=', &name, &value);
        if (str_equal(name, STR("skip")) && !str_parse_u63(value, &skip))
            abort();
    }
    return skip;
}

static struct remembered *remembered_of(struct wire *wire, uint64_t list)
{
    for (size_t i = 0; i < wire->list_count; i++)
        if (wire->lists[i].list == list)
            return &wire->lists[i];
    if (wire->list_count == LISTS_MAX) {             /* the oldest is forgotten */
        struct remembered oldest = wire->lists[0];
        memmove(wire->lists, wire->lists + 1, (LISTS_MAX - 1) * sizeof *wire->lists);
        wire->lists[--wire->list_count] = oldest;
    }
    struct remembered *fresh = &wire->lists[wire->list_count++];
    fresh->list = list;
    buf_reset(&fresh->body);
    return fresh;
}

/* Lists only: a record by its id would be noticed as another one, and nothing that was written is answered from a store. */
static bool is_list(const struct sim_request *request)
{
    return request->method == HTTP_GET && request->query.n > 0;
}

/* Of the catalogue several pages are on their way at once: the one before is one that stands before. */
static void answer_remembered(struct wire *wire, const struct sim_request *request, bool again, struct http_response *ret)
{
    struct remembered *remembered = remembered_of(wire, list_of(request));
    bool stands_before = remembered->skip < skip_of(request) || str_equal(request->path, STR("/v1/shop/orders"));
    if (again && stands_before && remembered->body.n > 0) {
        buf_append(&wire->body, buf_str(&remembered->body));
        ret->status = 200;
        return;
    }
    ret->status = answer_request(wire->till, request, &wire->body);
    if (ret->status != 200)
        return;
    remembered->skip = skip_of(request);
    buf_reset(&remembered->body);
    buf_append(&remembered->body, buf_str(&wire->body));
}

static void answer_truly(struct wire *wire, const struct sim_request *request, bool again, struct http_response *ret)
{
    if (is_list(request))
        answer_remembered(wire, request, again, ret);
    else
        ret->status = answer_request(wire->till, request, &wire->body);
}

/* ---- faults ---- */

static void refuse(struct wire *wire, int status, int64_t retry_after_ms, struct http_response *ret)
{
    ret->status = answer_error(status, "no", &wire->body);
    ret->retry_after_ms = retry_after_ms;
}

static void no_answer(struct http_response *ret, struct err *failure)
{
    ret->status = 0;
    err_set(failure, ERR_TILL, "no answer from the simulated till");
}

/* Bytes that claim to be JSON. */
static void answer_garbage(struct wire *wire, int64_t argument, struct http_response *ret)
{
    static const struct str garbage[] = {{"\x1f\x8b\x08\x00\x00\x00", 6}, {"", 0}, {"{}", 2}, {"[{\"a\":1}]", 9}, {"\"ok\"", 4}};
    ret->status = 200;
    size_t kinds = sizeof garbage / sizeof *garbage, kind = (uint64_t)argument % (kinds + 1);
    if (kind < kinds) {
        buf_reset(&wire->body);
        buf_append(&wire->body, garbage[kind]);
    } else {
        wire->body.n -= wire->body.n / 3;            /* half of a list, and nothing says that it was cut */
    }
}

/* A gateway that loses patience may have passed the request on; so may one that loses the answer. */
static bool carried_out(enum sim_kind fault, int64_t argument)
{
    switch (fault) {
    case WIRE_CUT:
    case WIRE_SLOW:
    case WIRE_GARBAGE:
    case WIRE_DUPLICATE:
    case WIRE_LOST_ANSWER:
    case SIM_KIND_COUNT:
        return true;
    case WIRE_502:
    case WIRE_500:
        return argument % 2 == 0;
    default:
        return false;
    }
}

static void answer(struct wire *wire, const struct sim_request *request, enum sim_kind fault, int64_t argument, struct http_response *ret, struct err *failure)
{
    static const int64_t waits_ms[] = {1000, 30000, 120000, 3600000};
    if (carried_out(fault, argument))
        answer_truly(wire, request, fault == WIRE_DUPLICATE, ret);
    switch (fault) {
    case WIRE_401: buf_reset(&wire->body); refuse(wire, 401, -1, ret); break;
    case WIRE_429_WITH_RETRY_AFTER: refuse(wire, 429, waits_ms[(uint64_t)argument / 4 % 4], ret); break;
    case WIRE_429_WITHOUT:
    case WIRE_429_EMPTY: refuse(wire, 429, -1, ret); break;   /* what the transport makes of an absent and of an empty header */
    case WIRE_500: buf_reset(&wire->body); refuse(wire, 500, -1, ret); break;
    case WIRE_502: buf_reset(&wire->body); refuse(wire, 502, -1, ret); break;
    case WIRE_NO_ANSWER:
    case WIRE_LOST_ANSWER: no_answer(ret, failure); break;
    case WIRE_CUT: ret->truncated = true; wire->body.n /= 2; break;
    case WIRE_SLOW: wire->till->clock->now_utc += (1 + argument % SLOW_MAX_S) * CIVIL_SECOND; break;
    case WIRE_WRONG_TYPE:
        ret->status = 200;
        ret->content_type = STR("text/html; charset=utf-8");
        buf_append_z(&wire->body, "<html><body>Portail Wi-Fi : connectez-vous</body></html>");
        break;
    case WIRE_GARBAGE: answer_garbage(wire, argument, ret); break;
    default: break;
    }
}

/* ---- one exchange ---- */

/* Before the answer: the operator and a second run act, then the till's records change. False when the process died of it. */
static bool let_the_world_act(struct wire *wire)
{
    struct sim_till *till = wire->till;
    if (till->hook && !till->in_hook) {
        till->in_hook = true;
        till->hook(till->hook_context, till->request);
        till->in_hook = false;
    }
    return !is_dead(wire);
}

static int wire_wait(void *context, int64_t timeout_ms, struct http_response *ret, struct err *failure)
{
    struct wire *wire = context;
    struct sim_till *till = wire->till;
    int64_t argument;
    if (is_dead(wire))
        return dead(failure);
    if (wire->queued == 0) {
        till->clock->now_utc += timeout_ms * 1000;
        return 0;
    }
    till->request++;
    uint64_t draw = sim_mix(till->plan.seed, 9000 + (uint64_t)till->life, (uint64_t)till->request);
    till->clock->now_utc += (int64_t)(1 + draw % TICK_MAX_MS) * 1000;
    struct queued *queued = next_queued(wire, draw >> 32);
    till_advance(till);
    enum sim_kind fault = till_wire_fault(till, &argument);
    till->writing = queued->method != HTTP_GET;
    if (!let_the_world_act(wire))
        return dead(failure);
    struct sim_request request = request_of(queued);
    *ret = (struct http_response){.tag = queued->tag, .retry_after_ms = -1, .content_type = STR("application/json; charset=utf-8")};
    buf_reset(&wire->body);
    buf_append_z(&wire->body, "");
    if (queued->key_right)
        answer(wire, &request, fault, argument, ret, failure);
    else
        refuse(wire, 401, -1, ret);
    if (buf_failed(&wire->body))
        abort();
    ret->body = buf_str(&wire->body);
    return 1;
}

static void wire_free(void *context)
{
    struct wire *wire = context;
    for (size_t i = 0; i < HTTP_IN_FLIGHT_MAX; i++) {
        buf_release(&wire->queue[i].url);
        buf_release(&wire->queue[i].body);
    }
    for (size_t i = 0; i < LISTS_MAX; i++)
        buf_release(&wire->lists[i].body);
    buf_release(&wire->body);
    free(wire);
}

int sim_till_transport(void *context, struct http_transport *ret, struct err *err)
{
    struct wire *wire = calloc(1, sizeof *wire);
    (void)err;
    if (!wire)
        abort();
    wire->till = context;
    wire->life = wire->till->life;
    *ret = (struct http_transport){.submit = wire_submit, .wait = wire_wait, .free = wire_free, .context = wire};
    return OK;
}
