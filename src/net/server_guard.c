/* server_guard.c: the table of open connections: what each is waited for, since when, and until when. Who is too slow is hung up on, and where too many are open the slowest
 * make room, so that a flood of connections that say little never keeps out who has something to ask. Used by net's server. */
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#include "base/mem.h"
#include "net/server_int.h"

enum {
    CONNECTIONS_USUAL = 512,
    CONNECTIONS_LEAST = 16,   /* however few files there are */
    SILENT_S = 2,             /* longer than the head of a request takes on any ordinary line */
};
static const int64_t second_ns = 1000000000;

int64_t monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * second_ns + now.tv_nsec;
}

size_t guard_connection_max(int asked)
{
    size_t max = asked > 0 ? (size_t)asked : CONNECTIONS_USUAL;
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur != RLIM_INFINITY && max > files.rlim_cur / 2)
        max = files.rlim_cur / 2;
    return max > CONNECTIONS_LEAST ? max : CONNECTIONS_LEAST;
}

/* ---- with the server locked ---- */

/* When a state that began at `since_ns` has lasted too long, with so many bytes to move in it. */
static int64_t due_of(const struct http_server *server, enum peer_state state, int64_t since_ns, uint64_t bytes)
{
    int64_t moving_s = bytes / server->pace < INT32_MAX ? (int64_t)(bytes / server->pace) : INT32_MAX;
    switch (state) {
    case PEER_WAITING:
        return since_ns + server->header_ns;
    case PEER_UPLOADING:
        return since_ns + server->body_ns + moving_s * second_ns;
    case PEER_ANSWERED:
        return since_ns + server->answer_ns + moving_s * second_ns;
    case PEER_WORKING:
    case PEER_STREAMING:
    case PEER_DOOMED:
        break;
    }
    return INT64_MAX;
}

static void enter(struct peer *peer, enum peer_state state, uint64_t bytes)
{
    peer->state = state;
    peer->since_ns = monotonic_ns();
    peer->due_ns = due_of(peer->server, state, peer->since_ns, bytes);
}

/* What the request that is over has taken. */
static void forget_request(struct peer *peer)
{
    if (peer->stream != NULL)
        peer->server->stream_count--;
    peer->stream = NULL;
    peer->server->body_bytes -= peer->body_bytes;
    peer->body_bytes = 0;
}

/* libmicrohttpd sees the end of the connection and closes it. */
static void hang_up(struct peer *peer)
{
    shutdown(peer->fd, SHUT_RDWR);
    enter(peer, PEER_DOOMED, 0);
}

struct crowd { size_t n; struct peer *oldest; };

/* How many are in each state, and who is in it for the longest; without the newest, who shall have its turn. */
static void count(const struct http_server *server, struct crowd ret[PEER_DOOMED + 1])
{
    for (struct peer *peer = server->peers->next; peer != NULL; peer = peer->next) {
        struct crowd *crowd = &ret[peer->state];
        crowd->n++;
        if (crowd->oldest == NULL || peer->since_ns <= crowd->oldest->since_ns)
            crowd->oldest = peer;
    }
}

/* Who has been silent for a while goes first. Otherwise the largest crowd gives way, because it is the flood, and who has been in it for the longest: somebody with an ordinary
 * question is done before it is their turn. NULL when all are worked for. */
static struct peer *who_makes_room(const struct crowd crowds[PEER_DOOMED + 1])
{
    static const enum peer_state candidates[] = {PEER_WAITING, PEER_UPLOADING, PEER_ANSWERED};
    const struct crowd *largest = &crowds[PEER_WAITING];
    if (largest->n > 0 && largest->oldest->since_ns + SILENT_S * second_ns < monotonic_ns())
        return largest->oldest;
    for (size_t i = 1; i < sizeof(candidates) / sizeof(*candidates); i++)
        if (crowds[candidates[i]].n > largest->n)
            largest = &crowds[candidates[i]];
    return largest->oldest;
}

/* After a newcomer. */
static void make_room(struct http_server *server)
{
    struct crowd crowds[PEER_DOOMED + 1] = {0};
    if (server->peer_count <= server->connection_max)
        return;
    count(server, crowds);
    struct peer *peer = server->peer_count - crowds[PEER_DOOMED].n > server->connection_max ? who_makes_room(crowds) : NULL;
    if (peer != NULL)
        hang_up(peer);
}

int64_t guard_check(struct http_server *server, int64_t now_ns)
{
    for (struct peer *peer = server->peers; peer != NULL; peer = peer->next) {
        if (peer->due_ns <= now_ns)
            hang_up(peer);
        if (peer->stream != NULL)
            stream_break_silence(peer->stream, now_ns - server->silence_ns);
    }
    if (server->peers == NULL)
        return INT64_MAX;
    /* Looking once in a while is cheap, and near enough. */
    const int64_t times_ns[] = {server->header_ns, server->body_ns, server->answer_ns, server->silence_ns};
    int64_t wait_ns = second_ns;
    for (size_t i = 0; i < sizeof(times_ns) / sizeof(*times_ns); i++)
        if (times_ns[i] / 8 < wait_ns)
            wait_ns = times_ns[i] / 8;
    return now_ns + wait_ns;
}

/* ---- the table ---- */

static void peer_add(struct http_server *server, struct peer *peer)
{
    pthread_mutex_lock(&server->lock);
    enter(peer, PEER_WAITING, 0);
    peer->next = server->peers;
    if (peer->next != NULL)
        peer->next->previous = peer;
    else
        pthread_cond_signal(&server->timer_changed);
    server->peers = peer;
    server->peer_count++;
    make_room(server);
    pthread_mutex_unlock(&server->lock);
}

static void peer_remove(struct http_server *server, struct peer *peer)
{
    pthread_mutex_lock(&server->lock);
    forget_request(peer);
    if (peer->previous != NULL)
        peer->previous->next = peer->next;
    else
        server->peers = peer->next;
    if (peer->next != NULL)
        peer->next->previous = peer->previous;
    server->peer_count--;
    pthread_mutex_unlock(&server->lock);
    mem_free(peer);
}

void guard_on_connection(void *context, struct MHD_Connection *connection, void **socket_context, enum MHD_ConnectionNotificationCode code)
{
    struct http_server *server = context;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (*socket_context != NULL)
            peer_remove(server, *socket_context);
        *socket_context = NULL;
        return;
    }
    int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    const union MHD_ConnectionInfo *from = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct peer *peer = mem_alloc_zero(1, sizeof(*peer));
    *socket_context = peer;
    if (peer == NULL) {
        shutdown(fd, SHUT_RDWR);
        return;
    }
    peer->server = server;
    peer->fd = fd;
    peer->address = client_of_socket(from != NULL ? from->client_addr : NULL);
    peer_add(server, peer);
}

struct peer *guard_peer(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

void guard_enter(struct peer *peer, enum peer_state state, uint64_t bytes)
{
    pthread_mutex_lock(&peer->server->lock);
    if (state == PEER_WAITING)
        forget_request(peer);
    if (peer->state != PEER_DOOMED)
        enter(peer, state, bytes);
    pthread_mutex_unlock(&peer->server->lock);
}

void guard_progress(struct peer *peer, uint64_t bytes)
{
    pthread_mutex_lock(&peer->server->lock);
    if (peer->state == PEER_UPLOADING)
        peer->due_ns = due_of(peer->server, PEER_UPLOADING, peer->since_ns, bytes);
    pthread_mutex_unlock(&peer->server->lock);
}

bool guard_keep_body(struct peer *peer, size_t bytes)
{
    struct http_server *server = peer->server;
    pthread_mutex_lock(&server->lock);
    bool kept = server->body_bytes + bytes <= HTTP_BODIES_AT_A_TIME * (uint64_t)server->body_max;
    if (kept) {
        peer->body_bytes += bytes;
        server->body_bytes += bytes;
    }
    pthread_mutex_unlock(&server->lock);
    return kept;
}

bool guard_admit_stream(struct peer *peer, struct http_stream *stream)
{
    struct http_server *server = peer->server;
    pthread_mutex_lock(&server->lock);
    bool admitted = !server->stopping && server->stream_count < server->connection_max / 2;
    if (admitted) {
        peer->stream = stream;
        server->stream_count++;
    }
    pthread_mutex_unlock(&server->lock);
    return admitted;
}
