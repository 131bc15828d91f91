/* server_stream.c: answers that go on: what any thread writes waits here until libmicrohttpd's polling thread takes it. With nothing to send the connection is suspended, so
 * that an open stream costs its memory and no thread. Used by net's server. */
#include <sys/socket.h>

#include "base/mem.h"
#include "net/server_int.h"

enum {
    RESPONSE_BUFFER = 1024,   /* libmicrohttpd wants one with each response, and uses it only for readers of HTTP/1.0 */
    PENDING_KEEP = 4 << 10,   /* larger memory is given back once it is sent */
};

struct http_stream {
    pthread_mutex_t lock;
    int references;
    bool served;              /* one of them is the server's */
    bool ended;               /* what is pending is the last */
    bool gone;                /* nothing is sent any more */
    bool suspended;           /* the connection, by us */
    struct MHD_Connection *connection; /* NULL before it is served and after it is done */
    int fd;                   /* of the connection */
    struct buf pending;
    size_t sent;              /* of pending */
    int64_t written_ns;
};

/* ---- with the stream locked ---- */

static void wake(struct http_stream *stream)
{
    if (!stream->suspended)
        return;
    stream->suspended = false;
    MHD_resume_connection(stream->connection);
}

static bool is_open(const struct http_stream *stream)
{
    return !stream->ended && !stream->gone;
}

/* No polite end for who does not read: the connection is cut, so that a stalled send ends as well. */
static void cut(struct http_stream *stream)
{
    stream->gone = true;
    buf_release(&stream->pending);
    stream->sent = 0;
    if (stream->connection == NULL)
        return;
    shutdown(stream->fd, SHUT_RDWR);
    wake(stream);
}

static bool append(struct http_stream *stream, struct str bytes)
{
    if (!is_open(stream))
        return false;
    if (stream->sent > 0) {
        memmove(stream->pending.p, stream->pending.p + stream->sent, stream->pending.n - stream->sent);
        stream->pending.n -= stream->sent;
        stream->sent = 0;
    }
    buf_append(&stream->pending, bytes); /* its maximum is what may stay unread */
    if (buf_failed(&stream->pending)) {
        cut(stream);
        return false;
    }
    stream->written_ns = monotonic_ns();
    wake(stream);
    return true;
}

static ssize_t take(struct http_stream *stream, char *out, size_t max)
{
    size_t n = stream->pending.n - stream->sent;
    if (n > max)
        n = max;
    memcpy(out, stream->pending.p + stream->sent, n);
    stream->sent += n;
    if (stream->sent == stream->pending.n) {
        stream->sent = 0;
        if (stream->pending.cap > PENDING_KEEP)
            buf_release(&stream->pending);
        else
            buf_reset(&stream->pending);
    }
    return (ssize_t)n;
}

/* ---- for writers ---- */

struct http_stream *http_stream_new(void)
{
    struct http_stream *stream = mem_alloc_zero(1, sizeof(*stream));
    if (stream == NULL)
        return NULL;
    pthread_mutex_init(&stream->lock, NULL);
    stream->references = 1;
    stream->pending.max = HTTP_STREAM_UNREAD_MAX;
    stream->written_ns = monotonic_ns();
    return stream;
}

struct http_stream *http_stream_keep(struct http_stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    stream->references++;
    pthread_mutex_unlock(&stream->lock);
    return stream;
}

void http_stream_release(struct http_stream *stream)
{
    if (stream == NULL)
        return;
    pthread_mutex_lock(&stream->lock);
    int left = --stream->references;
    if (left == 1 && stream->served) { /* nobody can write any more */
        stream->ended = true;
        wake(stream);
    }
    pthread_mutex_unlock(&stream->lock);
    if (left > 0)
        return;
    buf_release(&stream->pending);
    pthread_mutex_destroy(&stream->lock);
    mem_free(stream);
}

bool http_stream_write(struct http_stream *stream, struct str bytes)
{
    pthread_mutex_lock(&stream->lock);
    bool written = append(stream, bytes);
    pthread_mutex_unlock(&stream->lock);
    return written;
}

void http_stream_end(struct http_stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    stream->ended = true;
    wake(stream);
    pthread_mutex_unlock(&stream->lock);
}

bool http_stream_is_open(struct http_stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    bool open = is_open(stream);
    pthread_mutex_unlock(&stream->lock);
    return open;
}

/* ---- for the server ---- */

static ssize_t on_read(void *context, uint64_t position, char *out, size_t max)
{
    struct http_stream *stream = context;
    ssize_t n = 0;
    (void)position;
    pthread_mutex_lock(&stream->lock);
    if (stream->gone) {
        n = MHD_CONTENT_READER_END_WITH_ERROR;
    } else if (stream->pending.n > 0) {
        n = take(stream, out, max);
    } else if (stream->ended) {
        n = MHD_CONTENT_READER_END_OF_STREAM;
    } else {
        stream->suspended = true;
        MHD_suspend_connection(stream->connection);
    }
    pthread_mutex_unlock(&stream->lock);
    return n;
}

static void on_free(void *context)
{
    struct http_stream *stream = context;
    stream_detach(stream);
    http_stream_release(stream);
}

struct MHD_Response *stream_serve(struct http_stream *stream, struct MHD_Connection *connection, int fd)
{
    struct MHD_Response *response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, RESPONSE_BUFFER, on_read, stream, on_free);
    pthread_mutex_lock(&stream->lock);
    stream->served = true;
    stream->connection = connection;
    stream->fd = fd;
    if (stream->references == 1)
        stream->ended = true;
    pthread_mutex_unlock(&stream->lock);
    if (response == NULL)
        on_free(stream);
    return response;
}

void stream_detach(struct http_stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    stream->gone = true;
    stream->connection = NULL;
    stream->suspended = false;
    buf_release(&stream->pending);
    stream->sent = 0;
    pthread_mutex_unlock(&stream->lock);
}

void stream_break_silence(struct http_stream *stream, int64_t since_ns)
{
    pthread_mutex_lock(&stream->lock);
    if (stream->written_ns <= since_ns)
        append(stream, STR(": \n\n"));
    pthread_mutex_unlock(&stream->lock);
}
