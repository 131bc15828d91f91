/* server_response.c: what a handler left, as a response of libmicrohttpd: a body, compressed, chunked or cut when asked, a file or a stream. Used by net's server. */
#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/mem.h"
#include "net/server_int.h"

enum {
    BLOCK_SIZE = 64 << 10,      /* of a chunked or cut body */
    GZIP_LEVEL = 1,             /* four times faster than the default for a tenth more bytes */
    GZIP_WINDOW = 15 + 16,      /* largest window, gzip frame instead of zlib's */
    GZIP_MEMORY = 8,
};

/* A body that is not handed over whole: chunked, or cut in the middle. */
struct payload {
    char *bytes;
    size_t n;
    size_t stop;                /* where the connection is cut; n when it is not */
};

static ssize_t payload_read(void *context, uint64_t position, char *out, size_t max)
{
    const struct payload *payload = context;
    if (position >= payload->stop)
        return payload->stop < payload->n ? MHD_CONTENT_READER_END_WITH_ERROR : MHD_CONTENT_READER_END_OF_STREAM;
    size_t n = payload->stop - (size_t)position;
    if (n > max)
        n = max;
    memcpy(out, payload->bytes + position, n);
    return (ssize_t)n;
}

static void payload_free(void *context)
{
    struct payload *payload = context;
    mem_free(payload->bytes);
    mem_free(payload);
}

/* The one copy of the body, compressed or not. NULL when memory is exhausted. */
static char *body_copy(struct str body)
{
    char *bytes = mem_alloc(body.n + 1);
    if (bytes != NULL && body.n > 0)
        memcpy(bytes, body.p, body.n);
    return bytes;
}

static char *body_gzip(struct str body, size_t *ret_n)
{
    z_stream stream = {0};
    if (body.n > UINT_MAX || deflateInit2(&stream, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
        return NULL;
    char *bytes = NULL;
    size_t bound = deflateBound(&stream, (uLong)body.n);
    if (bound <= UINT_MAX && (bytes = mem_alloc(bound)) != NULL) {
        stream.next_in = (Bytef *)(uintptr_t)body.p; /* zlib reads only, but its type says otherwise */
        stream.avail_in = (uInt)body.n;
        stream.next_out = (Bytef *)bytes;
        stream.avail_out = (uInt)bound;
        if (deflate(&stream, Z_FINISH) == Z_STREAM_END) {
            *ret_n = bound - stream.avail_out;
        } else {
            mem_free(bytes);
            bytes = NULL;
        }
    }
    deflateEnd(&stream);
    return bytes;
}

/* Takes over `bytes`, also on failure. */
static struct MHD_Response *response_of_bytes(char *bytes, size_t n, bool chunked, bool cut)
{
    struct MHD_Response *response = NULL;
    if (!chunked && !cut) {
        response = MHD_create_response_from_buffer_with_free_callback(n, bytes, mem_free);
        if (response == NULL)
            mem_free(bytes);
        return response;
    }
    struct payload *payload = mem_alloc_zero(1, sizeof(*payload));
    if (payload == NULL) {
        mem_free(bytes);
        return NULL;
    }
    *payload = (struct payload){.bytes = bytes, .n = n, .stop = cut ? n / 2 : n};
    response = MHD_create_response_from_callback(chunked ? MHD_SIZE_UNKNOWN : n, BLOCK_SIZE, payload_read, payload, payload_free);
    if (response == NULL)
        payload_free(payload);
    return response;
}

/* libmicrohttpd decides on keep-alive itself and drops the header that says so, unless it is told to show it. */
static bool header_add(struct MHD_Response *response, struct arena *arena, struct http_header header)
{
    if (str_equal_ignore_case(header.name, STR("Connection")) && str_equal_ignore_case(header.value, STR("keep-alive")))
        return MHD_set_response_options(response, MHD_RF_SEND_KEEP_ALIVE_HEADER, MHD_RO_END) == MHD_YES;
    /* It refuses an empty value; a blank means the same (RFC 9112, 5.1). */
    struct str name = arena_copy(arena, header.name), value = arena_copy(arena, header.value.n > 0 ? header.value : STR(" "));
    return name.p != NULL && value.p != NULL && MHD_add_response_header(response, name.p, value.p) == MHD_YES;
}

static struct MHD_Response *response_of_body(struct exchange *exchange, const struct http_server_response *from)
{
    size_t n = from->body.n;
    char *bytes = from->gzip ? body_gzip(from->body, &n) : body_copy(from->body);
    exchange->answer_bytes = n;
    struct MHD_Response *response = bytes != NULL ? response_of_bytes(bytes, n, from->chunked, from->cut) : NULL;
    if (response == NULL || !from->gzip || MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip") == MHD_YES)
        return response;
    MHD_destroy_response(response);
    return NULL;
}

/* Takes over `fd`. */
static struct MHD_Response *response_of_file(struct exchange *exchange, int fd)
{
    struct stat file;
    struct MHD_Response *response = NULL;
    if (fstat(fd, &file) == 0 && S_ISREG(file.st_mode))
        response = MHD_create_response_from_fd64((uint64_t)file.st_size, fd);
    if (response == NULL)
        close(fd);
    else
        exchange->answer_bytes = (uint64_t)file.st_size;
    return response;
}

/* Takes over the reference. */
static struct MHD_Response *response_of_stream(struct exchange *exchange, struct http_stream *stream)
{
    struct MHD_Response *response = stream_serve(stream, exchange->connection, exchange->peer->fd);
    if (response != NULL)
        exchange->stream = stream;
    return response;
}

void problem(struct http_server_response *response, int status, struct str body)
{
    *response = (struct http_server_response){.status = status, .body = body, .header_count = 2};
    response->headers[0] = (struct http_header){STR("Content-Type"), STR("application/problem+json")};
    response->headers[1] = (struct http_header){STR("X-Content-Type-Options"), STR("nosniff")};
}

void unavailable(struct http_server_response *response)
{
    problem(response, MHD_HTTP_SERVICE_UNAVAILABLE,
            STR("{\"status\":503,\"title\":\"Service Unavailable\",\"detail\":\"the server has too much to do: try again in a few seconds\"}"));
    response->headers[response->header_count++] = (struct http_header){STR("Retry-After"), STR("2")};
}

/* Forgets the response; a stream of its own has no reader then. */
static void response_drop(struct exchange *exchange)
{
    exchange->stream = NULL;
    if (exchange->response != NULL)
        MHD_destroy_response(exchange->response);
    exchange->response = NULL;
}

/* Whether who stands in front may see another end of the request: libmicrohttpd takes a bare LF for the end of a chunk's size, and of a head's line that ends with NUL or is only a colon
 * (server_check.c). So nothing that follows a chunked request on its connection is a request, and nothing that follows any request of a proxy. */
static bool is_last(const struct exchange *exchange)
{
    return exchange->proxied || MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_TRANSFER_ENCODING) != NULL;
}

static void make(struct exchange *exchange, const struct http_server_response *from)
{
    exchange->status = (unsigned int)from->status;
    exchange->response = from->stream != NULL ? response_of_stream(exchange, from->stream)
                         : from->has_file     ? response_of_file(exchange, from->file)
                                              : response_of_body(exchange, from);
    bool ok = exchange->response != NULL;
    for (size_t i = 0; ok && i < from->header_count; i++)
        ok = header_add(exchange->response, &exchange->arena, from->headers[i]);
    if (ok && is_last(exchange))
        ok = header_add(exchange->response, &exchange->arena, (struct http_header){STR(MHD_HTTP_HEADER_CONNECTION), STR("close")});
    if (!ok)
        response_drop(exchange);
}

void response_make(struct exchange *exchange, struct http_server_response *from)
{
    if (from->stream != NULL && from->has_file)
        close(from->file);
    make(exchange, from);
    /* Last, since the table of connections must not know a stream that is gone. */
    if (exchange->stream == NULL || guard_admit_stream(exchange->peer, exchange->stream))
        return;
    response_drop(exchange);
    unavailable(from);
    make(exchange, from);
}

void http_server_add_header(struct http_server_response *response, const char *name, struct str value)
{
    if (value.p && response->header_count < HTTP_HEADERS_MAX)
        response->headers[response->header_count++] = (struct http_header){str_from(name), value};
}
