/* trace.c: a hash of all that a history asked, was answered and stored, in order: two tellings of one seed must give the same. A transport that listens stands
 * between the client and the till. Used by process.c and state.c. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim.h"

/* FNV-1a: quick, and good enough to tell two histories apart. */
void trace_bytes(struct trace *trace, struct str bytes)
{
    uint64_t hash = trace->hash ? trace->hash : UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < bytes.n; i++)
        hash = (hash ^ (unsigned char)bytes.p[i]) * UINT64_C(0x100000001b3);
    trace->hash = (hash ^ 0xff) * UINT64_C(0x100000001b3);
}

static void trace_int(struct trace *trace, int64_t number)
{
    trace_bytes(trace, (struct str){(const char *)&number, sizeof number});
}

void trace_tell(const struct trace *trace, const char *format, ...)
{
    va_list args;
    if (!trace->tells)
        return;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
}

struct listening { struct trace *trace; const struct sim_clock *clock; struct http_transport inner; };

static int listen_submit(void *context, const struct http_request *request, uint64_t tag, struct err *err)
{
    struct listening *listening = context;
    trace_tell(listening->trace, "      %s %.*s\n", request->method == HTTP_GET ? "GET" : request->method == HTTP_POST ? "POST" : "PUT", STR_ARG(request->url));
    trace_int(listening->trace, listening->clock->now_utc);
    trace_int(listening->trace, request->method);
    trace_bytes(listening->trace, request->url);
    trace_bytes(listening->trace, request->body);
    return listening->inner.submit(listening->inner.context, request, tag, err);
}

static int listen_wait(void *context, int64_t timeout_ms, struct http_response *ret, struct err *failure)
{
    struct listening *listening = context;
    int rc = listening->inner.wait(listening->inner.context, timeout_ms, ret, failure);
    trace_int(listening->trace, rc);
    if (rc == 1) {
        trace_tell(listening->trace, "      %d: %.*s\n", ret->status, (int)(ret->body.n < 160 ? ret->body.n : 160), ret->body.p);
        trace_int(listening->trace, ret->status);
        trace_bytes(listening->trace, ret->body);
    }
    return rc;
}

static void listen_free(void *context)
{
    struct listening *listening = context;
    listening->inner.free(listening->inner.context);
    free(listening);
}

void trace_wrap(struct trace *trace, const struct sim_clock *clock, struct http_transport *transport)
{
    struct listening *listening = malloc(sizeof *listening);
    if (!listening)
        abort();
    *listening = (struct listening){trace, clock, *transport};
    *transport = (struct http_transport){listen_submit, listen_wait, listen_free, listening};
}
