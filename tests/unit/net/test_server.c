/* test_server.c: what the server does beside answering one request after the other: workers, streams, files, TLS. Bare sockets ask; the handler waits on conditions that the test sets. */
#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bare.h"

#include "base/mem.h"
#include "net/http.h"

enum { STREAMS = 200, FILE_SIZE = 3 << 20 };

/* What a handler and its test tell each other. */
struct scene {
    struct http_server *server;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int arrived;      /* handlers that wait for the gate */
    int calls;        /* of the handler in all */
    bool open;        /* the gate */
    bool together;    /* worker 0 and worker 1 were at work at the same time */
    bool at_work[8];
    struct http_stream *streams[STREAMS + 1];
    int stream_count;
    char file[64];
};

/* ---- the handler ---- */

static void wait_at_the_gate(struct scene *scene, int worker)
{
    pthread_mutex_lock(&scene->lock);
    scene->at_work[worker] = true;
    scene->together = scene->together || (scene->at_work[0] && scene->at_work[1]);
    scene->arrived++;
    pthread_cond_broadcast(&scene->changed);
    while (!scene->open)
        pthread_cond_wait(&scene->changed, &scene->lock);
    scene->at_work[worker] = false;
    pthread_mutex_unlock(&scene->lock);
}

/* A stream that has a first event before anybody reads it, and of which the scene keeps a reference. */
static void open_stream(struct scene *scene, struct http_server_response *response)
{
    struct http_stream *stream = http_stream_new();
    assert_non_null(stream);
    assert_true(http_stream_is_open(stream));
    assert_true(http_stream_write(stream, STR("data: first\n\n")));
    response->stream = stream;
    response->headers[response->header_count++] = (struct http_header){STR("Content-Type"), STR("text/event-stream")};
    pthread_mutex_lock(&scene->lock);
    scene->streams[scene->stream_count++] = http_stream_keep(stream);
    pthread_cond_broadcast(&scene->changed);
    pthread_mutex_unlock(&scene->lock);
}

static void handle(void *context, const struct http_server_request *request, struct http_server_response *response)
{
    struct scene *scene = context;
    pthread_mutex_lock(&scene->lock);
    scene->calls++;
    pthread_mutex_unlock(&scene->lock);
    response->status = 200;
    if (str_equal(request->path, STR("/wait")))
        wait_at_the_gate(scene, request->worker);
    if (str_equal(request->path, STR("/stream"))) {
        open_stream(scene, response);
        return;
    }
    if (str_equal(request->path, STR("/file"))) {
        response->has_file = true;
        response->file = open(scene->file, O_RDONLY | O_CLOEXEC);
        return;
    }
    if (str_equal(request->path, STR("/delayed")))
        response->delay_ms = 600000;
    response->body = arena_format(request->arena, "<%.*s %.*s?%.*s from %.*s%s>", STR_ARG(request->method), STR_ARG(request->path), STR_ARG(request->query),
                                  STR_ARG(request->address), request->tls ? " encrypted" : "");
}

/* ---- scenes ---- */

static void scene_begin(struct scene *scene, struct http_server_options options)
{
    struct err err = {0};
    pthread_mutex_init(&scene->lock, NULL);
    pthread_cond_init(&scene->changed, NULL);
    options.listen = STR(":0");
    options.handler = handle;
    options.context = scene;
    assert_int_equal(http_server_start(&scene->server, &options, &err), OK);
}

static void scene_open_gate(struct scene *scene)
{
    pthread_mutex_lock(&scene->lock);
    scene->open = true;
    pthread_cond_broadcast(&scene->changed);
    pthread_mutex_unlock(&scene->lock);
}

static void scene_end(struct scene *scene)
{
    scene_open_gate(scene);
    http_server_stop(scene->server);
    for (int i = 0; i < scene->stream_count; i++)
        http_stream_release(scene->streams[i]);
    pthread_cond_destroy(&scene->changed);
    pthread_mutex_destroy(&scene->lock);
}

/* Waits until a number that handlers count up is reached. */
static void scene_await(struct scene *scene, const int *number, int least)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += BARE_PATIENCE_S;
    pthread_mutex_lock(&scene->lock);
    while (*number < least)
        assert_int_equal(pthread_cond_timedwait(&scene->changed, &scene->lock, &until), 0);
    pthread_mutex_unlock(&scene->lock);
}

#define REQUEST(path) "GET " path " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
#define REQUEST_NEXT(path) "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"

static int scene_dial(const struct scene *scene, const char *request)
{
    int fd = bare_dial(http_server_port(scene->server));
    bare_say(fd, request);
    return fd;
}

static void assert_rest(int fd, const char *part)
{
    BUF_AUTO answer = {0};
    bare_drain(fd, &answer);
    close(fd);
    assert_has(&answer, part);
}

/* A condition of the server's own threads, which tell nobody: looked at until it holds. */
static void await_closed(struct http_stream *stream)
{
    for (int ms = 0; http_stream_is_open(stream); ms++) {
        assert_true(ms < BARE_PATIENCE_S * 1000);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

/* ---- workers ---- */

static void workers_are_at_work_side_by_side(void **state)
{
    (void)state;
    struct scene scene = {0};
    scene_begin(&scene, (struct http_server_options){.workers = 3});
    int first = scene_dial(&scene, REQUEST("/wait")), second = scene_dial(&scene, REQUEST("/wait"));
    scene_await(&scene, &scene.arrived, 2);
    assert_rest(scene_dial(&scene, REQUEST("/quick?a=1")), "<GET /quick?a=1 from 127.0.0.1>"); /* while both others are at work */
    scene_open_gate(&scene);
    assert_rest(first, "<GET /wait? from 127.0.0.1>");
    assert_rest(second, "<GET /wait? from 127.0.0.1>");
    scene_end(&scene);
    int workers = 0;
    for (int i = 0; i < 8; i++)
        workers += scene.at_work[i];
    assert_int_equal(workers, 0);
}

static void answers_of_one_connection_keep_their_order(void **state)
{
    (void)state;
    struct scene scene = {0};
    scene_begin(&scene, (struct http_server_options){.workers = 4});
    int fd = scene_dial(&scene, REQUEST_NEXT("/wait") REQUEST_NEXT("/quick?2") REQUEST("/quick?3"));
    scene_await(&scene, &scene.arrived, 1);
    assert_int_equal(recv(fd, (char[1]){0}, 1, MSG_DONTWAIT), -1);
    scene_open_gate(&scene);
    BUF_AUTO answer = {0};
    bare_drain(fd, &answer);
    close(fd);
    const char *first = strstr(answer.p, "<GET /wait?"), *second = strstr(answer.p, "<GET /quick?2"), *third = strstr(answer.p, "<GET /quick?3");
    assert_true(first != NULL && second != NULL && third != NULL);
    assert_true(first < second && second < third);
    scene_end(&scene);
}

static void too_long_a_queue_is_not_made_longer(void **state)
{
    (void)state;
    enum { QUEUE = 256, BEYOND = 20 };
    struct scene scene = {0};
    int fds[QUEUE + BEYOND], refused = 0, answered = 0;
    scene_begin(&scene, (struct http_server_options){.workers = 1});
    int busy = scene_dial(&scene, REQUEST("/wait"));
    scene_await(&scene, &scene.arrived, 1);
    for (int i = 0; i < QUEUE + BEYOND; i++)
        fds[i] = scene_dial(&scene, REQUEST("/quick"));
    /* Nobody can tell in which order they were read; but that many are refused while the one worker is at the gate. */
    for (int i = 0; i < QUEUE + BEYOND && refused < BEYOND; i = (i + 1) % (QUEUE + BEYOND)) {
        BUF_AUTO answer = {0};
        char peek;
        if (fds[i] < 0 || recv(fds[i], &peek, 1, MSG_PEEK | MSG_DONTWAIT) != 1)
            continue;
        bare_drain(fds[i], &answer);
        assert_has(&answer, "HTTP/1.1 503 ");
        assert_has(&answer, "\r\nRetry-After: 2\r\n");
        close(fds[i]);
        fds[i] = -1;
        refused++;
    }
    scene_open_gate(&scene);
    for (int i = 0; i < QUEUE + BEYOND; i++) {
        if (fds[i] < 0)
            continue;
        assert_rest(fds[i], "<GET /quick?");
        answered++;
    }
    assert_rest(busy, "<GET /wait?");
    assert_int_equal(answered, QUEUE);
    assert_int_equal(scene.calls, QUEUE + 1);
    scene_end(&scene);
}

static void *stop(void *server)
{
    http_server_stop(server);
    return NULL;
}

/* One is at work, some wait for the worker, one for its delay: the first comes to its end, nobody else is worked for any more. */
static void a_stop_during_work_calls_the_handler_no_more(void **state)
{
    (void)state;
    enum { WAITING = 5 };
    struct scene scene = {0};
    int fds[WAITING];
    pthread_t stopper;
    scene_begin(&scene, (struct http_server_options){.workers = 1});
    int delayed = scene_dial(&scene, REQUEST("/delayed"));
    scene_await(&scene, &scene.calls, 1);
    int busy = scene_dial(&scene, REQUEST("/wait"));
    scene_await(&scene, &scene.arrived, 1);
    for (int i = 0; i < WAITING; i++)
        fds[i] = scene_dial(&scene, REQUEST("/quick"));
    assert_int_equal(pthread_create(&stopper, NULL, stop, scene.server), 0);
    /* The server says that it is stopping to whom it does not queue any more. */
    for (bool stopping = false; !stopping;) {
        BUF_AUTO answer = {0};
        int fd = scene_dial(&scene, REQUEST("/quick"));
        struct timeval short_time = {.tv_usec = 20000};
        char bytes[16];
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &short_time, sizeof short_time);
        stopping = recv(fd, bytes, sizeof bytes, 0) >= 12 && memcmp(bytes, "HTTP/1.1 503", 12) == 0;
        close(fd);
    }
    scene_open_gate(&scene);
    pthread_join(stopper, NULL);
    assert_int_equal(scene.calls, 2);
    for (int i = 0; i < WAITING; i++) {
        BUF_AUTO answer = {0};
        bare_drain(fds[i], &answer);
        close(fds[i]);
        if (answer.n > 0)
            assert_has(&answer, "HTTP/1.1 503 ");
    }
    close(busy);
    close(delayed);
    scene.server = NULL;
    scene_end(&scene);
}

/* ---- streams ---- */

/* A row of /proc/self/status, such as "Threads:". */
static long status_of(const char *row)
{
    char line[256];
    long value = -1;
    FILE *file = fopen("/proc/self/status", "re");
    assert_non_null(file);
    while (value < 0 && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, row, strlen(row)) == 0)
            value = strtol(line + strlen(row), NULL, 10);
    fclose(file);
    return value;
}

static void a_write_reaches_every_open_stream(void **state)
{
    (void)state;
    struct scene scene = {0};
    int fds[STREAMS];
    static struct buf answers[STREAMS];
    scene_begin(&scene, (struct http_server_options){.workers = 2});
    long threads = status_of("Threads:"), memory_kib = status_of("VmRSS:");
    for (int i = 0; i < STREAMS; i++) {
        fds[i] = scene_dial(&scene, REQUEST_NEXT("/stream"));
        bare_await(fds[i], &answers[i], "data: first\n\n"); /* at once, without waiting for a second */
        assert_has(&answers[i], "HTTP/1.1 200 ");
        assert_has(&answers[i], "\r\nContent-Type: text/event-stream\r\n");
    }
    scene_await(&scene, &scene.stream_count, STREAMS);
    assert_int_equal(status_of("Threads:"), threads);
    print_message("%d streams: %ld threads as before, %ld KiB more memory\n", STREAMS, threads, status_of("VmRSS:") - memory_kib);
    for (int i = 0; i < STREAMS; i++)
        assert_true(http_stream_write(scene.streams[i], STR("data: second\n\n")));
    for (int i = 0; i < STREAMS; i++)
        bare_await(fds[i], &answers[i], "data: second\n\n");
    assert_rest(scene_dial(&scene, REQUEST("/quick")), "<GET /quick?");
    for (int i = 0; i < STREAMS; i++) {
        http_stream_end(scene.streams[i]);
        assert_false(http_stream_write(scene.streams[i], STR("data: third\n\n")));
        bare_await(fds[i], &answers[i], "\r\n0\r\n\r\n"); /* the last chunk */
        close(fds[i]);
        buf_release(&answers[i]);
    }
    scene_end(&scene);
}

static void a_stream_ends_with_its_last_writer(void **state)
{
    (void)state;
    struct scene scene = {0};
    BUF_AUTO answer = {0};
    scene_begin(&scene, (struct http_server_options){.workers = 1});
    int fd = scene_dial(&scene, REQUEST_NEXT("/stream"));
    bare_await(fd, &answer, "data: first\n\n");
    struct http_stream *again = http_stream_keep(scene.streams[0]);
    http_stream_release(scene.streams[0]);
    scene.stream_count = 0;
    assert_true(http_stream_write(again, STR("data: last\n\n")));
    http_stream_release(again);
    bare_await(fd, &answer, "data: last\n\n");
    bare_await(fd, &answer, "\r\n0\r\n\r\n");
    /* The connection goes on. */
    bare_say(fd, REQUEST("/quick"));
    bare_await(fd, &answer, "<GET /quick?");
    close(fd);
    scene_end(&scene);
}

static void silence_is_broken_and_tells_that_a_reader_has_gone(void **state)
{
    (void)state;
    struct scene scene = {0};
    BUF_AUTO answer = {0};
    scene_begin(&scene, (struct http_server_options){.stream_silence_ms = 20});
    int fd = scene_dial(&scene, REQUEST_NEXT("/stream"));
    bare_await(fd, &answer, ": \n\n");
    buf_reset(&answer);
    bare_await(fd, &answer, ": \n\n"); /* again and again */
    assert_true(http_stream_is_open(scene.streams[0]));
    close(fd);
    await_closed(scene.streams[0]);
    assert_false(http_stream_write(scene.streams[0], STR("data: x\n\n")));
    scene_end(&scene);
}

static void a_reader_who_does_not_read_is_hung_up_on(void **state)
{
    (void)state;
    struct scene scene = {0};
    static char event[4096];
    size_t written = 0;
    memset(event, 'x', sizeof event);
    scene_begin(&scene, (struct http_server_options){.workers = 1});
    int fd = bare_dial_narrow(http_server_port(scene.server), 4096);
    bare_say(fd, REQUEST_NEXT("/stream"));
    scene_await(&scene, &scene.stream_count, 1);
    while (http_stream_write(scene.streams[0], (struct str){event, sizeof event}))
        written += sizeof event;
    assert_true(written >= HTTP_STREAM_UNREAD_MAX - 2 * sizeof event); /* so much may always wait */
    assert_true(written < 64 << 20);                                    /* beside what the system holds */
    assert_false(http_stream_is_open(scene.streams[0]));
    assert_rest(scene_dial(&scene, REQUEST("/quick")), "<GET /quick?");
    BUF_AUTO answer = {0};
    bare_drain(fd, &answer); /* comes to an end, and not to a good one */
    if (answer.n > 0)
        assert_null(memmem(answer.p, answer.n, "\r\n0\r\n\r\n", 7));
    close(fd);
    scene_end(&scene);
}

/* Half of the connections may be streams; the next is asked to come back. */
static void streams_leave_room_for_others(void **state)
{
    (void)state;
    enum { MOST = 10 };
    struct scene scene = {0};
    int fds[MOST];
    scene_begin(&scene, (struct http_server_options){.connection_max = 2 * MOST});
    for (int i = 0; i < MOST; i++) {
        BUF_AUTO answer = {0};
        fds[i] = scene_dial(&scene, REQUEST("/stream"));
        bare_await(fds[i], &answer, "data: first\n\n");
    }
    assert_rest(scene_dial(&scene, REQUEST("/stream")), "HTTP/1.1 503 ");
    scene_await(&scene, &scene.stream_count, MOST + 1);
    assert_false(http_stream_is_open(scene.streams[MOST]));
    http_stream_end(scene.streams[0]);
    assert_rest(fds[0], "\r\n0\r\n\r\n"); /* the connection is closed: its place is free */
    BUF_AUTO answer = {0};
    fds[0] = scene_dial(&scene, REQUEST("/stream"));
    scene.stream_count = MOST + 1;
    http_stream_release(scene.streams[MOST]);
    scene.streams[MOST] = NULL;
    bare_await(fds[0], &answer, "HTTP/1.1 200 ");
    for (int i = 0; i < MOST; i++)
        close(fds[i]);
    scene_end(&scene);
}

static void a_stop_ends_streams(void **state)
{
    (void)state;
    struct scene scene = {0};
    BUF_AUTO answer = {0};
    scene_begin(&scene, (struct http_server_options){.workers = 1});
    int fd = scene_dial(&scene, REQUEST_NEXT("/stream"));
    bare_await(fd, &answer, "data: first\n\n");
    http_server_stop(scene.server);
    scene.server = NULL;
    assert_false(http_stream_is_open(scene.streams[0]));
    assert_false(http_stream_write(scene.streams[0], STR("data: x\n\n")));
    bare_drain(fd, &answer);
    close(fd);
    scene_end(&scene);
}

/* ---- files and HEAD ---- */

static void file_make(struct scene *scene, char *bytes)
{
    uint32_t seed = 11;
    for (size_t i = 0; i < FILE_SIZE; i++) {
        seed = seed * 1664525 + 1013904223;
        bytes[i] = (char)(seed >> 24);
    }
    strcpy(scene->file, "/tmp/liaison-test-file-XXXXXX");
    int fd = mkostemp(scene->file, O_CLOEXEC);
    assert_int_equal(write(fd, bytes, FILE_SIZE), FILE_SIZE);
    close(fd);
}

static void a_file_is_sent_whole(void **state)
{
    (void)state;
    struct scene scene = {0};
    static char bytes[FILE_SIZE];
    file_make(&scene, bytes);
    scene_begin(&scene, (struct http_server_options){.workers = 1});
    BUF_AUTO answer = {0}, head = {0};
    bare_ask(http_server_port(scene.server), REQUEST("/file"), &answer);
    assert_has(&answer, "\r\nContent-Length: 3145728\r\n");
    const char *body = strstr(answer.p, "\r\n\r\n") + 4;
    assert_int_equal(answer.n - (size_t)(body - answer.p), FILE_SIZE);
    assert_memory_equal(body, bytes, FILE_SIZE);
    bare_ask(http_server_port(scene.server), "HEAD /file HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", &head);
    assert_has(&head, "\r\nContent-Length: 3145728\r\n");
    assert_string_equal(strstr(head.p, "\r\n\r\n"), "\r\n\r\n");
    unlink(scene.file);
    strcpy(scene.file, "/"); /* no regular file, and closed all the same */
    assert_rest(scene_dial(&scene, REQUEST("/file")), "HTTP/1.1 500 ");
    scene_end(&scene);
}

static void head_is_get_without_the_body(void **state)
{
    (void)state;
    struct scene scene = {0};
    BUF_AUTO answer = {0};
    scene_begin(&scene, (struct http_server_options){.workers = 1});
    bare_ask(http_server_port(scene.server), "HEAD /quick HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", &answer);
    assert_has(&answer, "\r\nContent-Length: 28\r\n"); /* of "<GET /quick? from 127.0.0.1>" */
    assert_null(strstr(answer.p, "<GET"));
    scene_end(&scene);
}

