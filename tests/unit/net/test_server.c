/* test_server.c: what the server does beside answering one request after the other: workers, streams, files, TLS. Bare sockets ask; the handler waits on conditions that the test sets. */
#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bare.h"

#include "base/mem.h"

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
    pthread_cond_broadcast(&scene->changed);
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
    /* At once, although it does not read what the system holds for it. */
    for (int ms = 0; bare_connections(scene.server) > 0; ms++) {
        assert_true(ms < 20000);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    BUF_AUTO answer = {0};
    bare_drain(fd, &answer); /* comes to an end, and not to a good one */
    assert_false(bare_holds(&answer, "\r\n0\r\n\r\n"));
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
    assert_rest(fds[0], "0\r\n\r\n"); /* the connection is closed: its place is free */
    BUF_AUTO answer = {0};
    fds[0] = scene_dial(&scene, REQUEST("/stream"));
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

/* The same before and after when all that was opened was closed. */
static int lowest_free_file(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    close(fd);
    return fd;
}

static void a_file_is_sent_whole(void **state)
{
    (void)state;
    struct scene scene = {0};
    static char bytes[FILE_SIZE];
    file_make(&scene, bytes);
    int files = lowest_free_file();
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
    assert_int_equal(lowest_free_file(), files);
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

/* ---- TLS ---- */

/* A certificate that signed itself, and its key, made here and now. */
struct pair { char certificate[2048], key[2048]; };

static void pair_make(struct pair *pair, const char *password)
{
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t certificate;
    size_t n = sizeof pair->key;
    assert_int_equal(gnutls_x509_privkey_init(&key), 0);
    assert_int_equal(gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0), 0);
    assert_int_equal(gnutls_x509_privkey_export_pkcs8(key, GNUTLS_X509_FMT_PEM, password, password != NULL ? GNUTLS_PKCS_PBES2_AES_256 : GNUTLS_PKCS_PLAIN, pair->key, &n), 0);
    assert_int_equal(gnutls_x509_crt_init(&certificate), 0);
    assert_int_equal(gnutls_x509_crt_set_version(certificate, 3), 0);
    assert_int_equal(gnutls_x509_crt_set_serial(certificate, "\1", 1), 0);
    assert_int_equal(gnutls_x509_crt_set_dn(certificate, "CN=127.0.0.1", NULL), 0);
    assert_int_equal(gnutls_x509_crt_set_activation_time(certificate, time(NULL) - 60), 0);
    assert_int_equal(gnutls_x509_crt_set_expiration_time(certificate, time(NULL) + 3600), 0);
    assert_int_equal(gnutls_x509_crt_set_key(certificate, key), 0);
    assert_int_equal(gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0), 0);
    n = sizeof pair->certificate;
    assert_int_equal(gnutls_x509_crt_export(certificate, GNUTLS_X509_FMT_PEM, pair->certificate, &n), 0);
    gnutls_x509_crt_deinit(certificate);
    gnutls_x509_privkey_deinit(key);
}

/* The answer to a request over an encrypted connection that allows only what `priorities` say; nothing when the two do not come together. */
static void ask_encrypted(int port, const char *priorities, const char *request, const char *until, struct buf *ret)
{
    gnutls_session_t session;
    gnutls_certificate_credentials_t nobody;
    int fd = bare_dial(port);
    assert_int_equal(gnutls_certificate_allocate_credentials(&nobody), 0);
    assert_int_equal(gnutls_init(&session, GNUTLS_CLIENT), 0);
    assert_int_equal(gnutls_priority_set_direct(session, priorities, NULL), 0);
    assert_int_equal(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, nobody), 0);
    gnutls_transport_set_int(session, fd);
    if (gnutls_handshake(session) == 0) {
        char bytes[4096];
        assert_int_equal(gnutls_record_send(session, request, strlen(request)), (ssize_t)strlen(request));
        for (ssize_t n; (ret->n == 0 || strstr(ret->p, until) == NULL) && (n = gnutls_record_recv(session, bytes, sizeof bytes)) > 0;)
            buf_append(ret, (struct str){bytes, (size_t)n});
    }
    gnutls_deinit(session);
    gnutls_certificate_free_credentials(nobody);
    close(fd);
    buf_append_z(ret, "");
    if (ret->n == 0)
        buf_append_char(ret, '\n');
}

static void an_encrypted_connection_serves_all_kinds_of_answers(void **state)
{
    (void)state;
    struct scene scene = {0};
    struct pair pair;
    static char bytes[FILE_SIZE];
    pair_make(&pair, NULL);
    file_make(&scene, bytes);
    scene_begin(&scene, (struct http_server_options){.workers = 2, .tls_certificate = str_from(pair.certificate), .tls_key = str_from(pair.key)});
    memset(&pair, 0, sizeof pair); /* not needed any more */
    int port = http_server_port(scene.server);
    static const char *const versions[] = {"NORMAL:-VERS-ALL:+VERS-TLS1.3", "NORMAL:-VERS-ALL:+VERS-TLS1.2"};
    for (size_t i = 0; i < 2; i++) {
        BUF_AUTO answer = {0}, stream = {0}, file = {0};
        ask_encrypted(port, versions[i], REQUEST("/quick"), "encrypted>", &answer);
        assert_has(&answer, "<GET /quick? from 127.0.0.1 encrypted>");
        ask_encrypted(port, versions[i], REQUEST("/stream"), "data: first\n\n", &stream);
        assert_has(&stream, "data: first\n\n");
        ask_encrypted(port, versions[i], REQUEST("/file"), "no such text", &file);
        assert_memory_equal(strstr(file.p, "\r\n\r\n") + 4, bytes, FILE_SIZE);
    }
    static const char *const old[] = {"NORMAL:-VERS-ALL:+VERS-TLS1.1", "NORMAL:-VERS-ALL:+VERS-TLS1.0"};
    for (size_t i = 0; i < 2; i++) {
        BUF_AUTO answer = {0};
        ask_encrypted(port, old[i], REQUEST("/quick"), "encrypted>", &answer);
        assert_string_equal(answer.p, "\n");
    }
    BUF_AUTO plain = {0};
    bare_ask(port, REQUEST("/quick"), &plain);
    assert_false(bare_holds(&plain, "HTTP/1.1 200"));
    unlink(scene.file);
    scene_end(&scene);
}

static void assert_refused(const char *certificate, const char *key, const char *why)
{
    struct http_server *server = NULL;
    struct err err = {0};
    BUF_AUTO text = {0};
    struct http_server_options options = {.listen = STR(":0"), .handler = handle, .tls_certificate = str_from(certificate), .tls_key = str_from(key)};
    assert_int_equal(http_server_start(&server, &options, &err), ERR_DATA);
    assert_null(server);
    err_format(&err, &text);
    assert_has(&text, why);
}

static void a_certificate_that_does_not_serve_is_told(void **state)
{
    (void)state;
    struct pair one, other, locked;
    pair_make(&one, NULL);
    pair_make(&other, NULL);
    pair_make(&locked, "hunter2");
    assert_refused(one.certificate, other.key, "do not belong together");
    assert_refused("hello", one.key, "the certificate cannot be read");
    assert_refused("", one.key, "the certificate cannot be read");
    assert_refused(one.key, one.key, "the certificate cannot be read");
    assert_refused(one.certificate, one.certificate, "the key of the certificate cannot be read");
    assert_refused(one.certificate, "hello", "the key of the certificate cannot be read");
    assert_refused(one.certificate, NULL, "the key of the certificate cannot be read");
    assert_refused(locked.certificate, locked.key, "protected by a password");
    one.certificate[strlen(one.certificate) / 2] = '!';
    assert_refused(one.certificate, one.key, "the certificate cannot be read");
}

/* ---- whose request it is, behind a proxy ---- */

static void assert_client(const struct scene *scene, const char *lines, const char *address)
{
    BUF_AUTO request = {0};
    BUF_AUTO said = {0};
    BUF_AUTO expected = {0};

    buf_append_z(&request, "GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n");
    buf_append_z(&request, lines);
    buf_append_z(&request, "\r\n");
    buf_append_z(&expected, " from ");
    buf_append_z(&expected, address);
    buf_append_z(&expected, ">");
    bare_ask(http_server_port(scene->server), request.p, &said);
    assert_has(&said, expected.p);
}

/* The test asks from 127.0.0.1, which is the proxy here, behind another one. */
static void a_trusted_proxy_says_who_asks(void **state)
{
    (void)state;
    static const struct { const char *lines, *address; } cases[] = {
        {"", "127.0.0.1"},
        {"X-Forwarded-For: 203.0.113.7\r\n", "203.0.113.7"},
        {"x-forwarded-for:2001:DB8:0:0::1\r\n", "2001:db8::1"},
        {"X-Forwarded-For: ::ffff:203.0.113.7\r\n", "203.0.113.7"},
        /* What the client wrote stands before what the proxy adds. */
        {"X-Forwarded-For: 198.51.100.1, 203.0.113.7\r\n", "203.0.113.7"},
        {"X-Forwarded-For: 127.0.0.1, 203.0.113.7\r\n", "203.0.113.7"},
        {"X-Forwarded-For: \"nonsense, 203.0.113.7\r\n", "203.0.113.7"},
        {"X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: 203.0.113.7\r\n", "203.0.113.7"},
        /* Another proxy of ours behind this one. */
        {"X-Forwarded-For: 198.51.100.1, 203.0.113.7, 2001:db8:a::1\r\n", "203.0.113.7"},
        {"X-Forwarded-For: 203.0.113.7,2001:db8:a:0::1\t,127.0.0.1\r\n", "203.0.113.7"},
        {"X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-For: 2001:db8:a::1\r\n", "203.0.113.7"},
        {"X-Forwarded-For: 2001:db8:a::1, 127.0.0.1\r\n", "2001:db8:a::1"},
        /* Nothing that is no address is taken for one, nor what stands before it. */
        {"X-Forwarded-For: \r\n", "127.0.0.1"},
        {"X-Forwarded-For: 203.0.113.7,\r\n", "127.0.0.1"},
        {"X-Forwarded-For: 203.0.113.7, unknown\r\n", "127.0.0.1"},
        {"X-Forwarded-For: 203.0.113.7, unknown, 2001:db8:a::1\r\n", "2001:db8:a::1"},
        {"X-Forwarded-For: 203.0.113.7:443\r\n", "127.0.0.1"},
        {"X-Forwarded-For: [2001:db8::1]\r\n", "127.0.0.1"},
        {"X-Forwarded-For: 203.0.113.007\r\n", "127.0.0.1"},
        {"X-Forwarded-For: 3405803783\r\n", "127.0.0.1"},
        {"X-Forwarded-For: fe80::1%lo\r\n", "127.0.0.1"},
        {"X-Forwarded-For: 203.0.113.7 203.0.113.8\r\n", "127.0.0.1"},
        {"X-Forwarded-For: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", "127.0.0.1"},
        /* Nothing else is read. */
        {"Forwarded: for=203.0.113.7\r\nX-Real-IP: 203.0.113.7\r\nX-Forwarded-Fo: 203.0.113.7\r\n", "127.0.0.1"},
    };
    const struct str proxies[] = {STR("2001:db8:a::1"), STR("127.0.0.1")};
    struct scene scene = {0};

    scene_begin(&scene, (struct http_server_options){.trusted_proxies = proxies, .trusted_proxy_count = 2});
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_client(&scene, cases[i].lines, cases[i].address);
    scene_end(&scene);
}

static void nobody_else_says_who_asks(void **state)
{
    (void)state;
    const struct str proxies[] = {STR("127.0.0.2"), STR("::1")};
    struct scene scene = {0};

    scene_begin(&scene, (struct http_server_options){.trusted_proxies = proxies, .trusted_proxy_count = 2});
    assert_client(&scene, "X-Forwarded-For: 203.0.113.7\r\n", "127.0.0.1");
    assert_client(&scene, "X-Forwarded-For: 203.0.113.7, 127.0.0.2\r\n", "127.0.0.1");
    scene_end(&scene);
    struct scene plain = {0};
    scene_begin(&plain, (struct http_server_options){0});
    assert_client(&plain, "X-Forwarded-For: 203.0.113.7\r\n", "127.0.0.1");
    scene_end(&plain);
}

static void a_proxy_is_an_address(void **state)
{
    (void)state;
    static const char *const refused[] = {"", "localhost", "127.0.0.1:80", "127.1", "10.0.0.0/8", "*", "[::1]", "::1%lo", "127.0.0.1 "};

    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        const struct str proxy = str_from(refused[i]);
        struct http_server *server = NULL;
        struct err err = {0};
        assert_int_equal(http_server_start(&server, &(struct http_server_options){.listen = STR(":0"), .handler = handle, .trusted_proxies = &proxy, .trusted_proxy_count = 1}, &err),
                         ERR_USAGE);
        assert_null(server);
    }
}

/* ---- memory ---- */

/* Whichever allocation fails, the server starts or says why, and answers or hangs up; nothing leaks (address sanitizer). */
static void exhausted_memory_ends_well(void **state)
{
    (void)state;
    bool answered = false;
    for (int64_t nth = 1; !answered; nth++) {
        struct scene scene = {0};
        struct err err = {0};
        assert_true(nth < 64);
        pthread_mutex_init(&scene.lock, NULL);
        pthread_cond_init(&scene.changed, NULL);
        mem_fail_at(nth, 0);
        int rc = http_server_start(&scene.server, &(struct http_server_options){.listen = STR(":0"), .workers = 1, .handler = handle, .context = &scene}, &err);
        if (rc == OK) {
            int fd = scene_dial(&scene, REQUEST("/quick?a"));
            char bytes[1024];
            ssize_t n = recv(fd, bytes, sizeof bytes, 0);
            answered = n >= 12 && memcmp(bytes, "HTTP/1.1 200", 12) == 0;
            close(fd);
        }
        mem_fail_at(0, 0);
        assert_true(rc == OK || err.code == ERR_INTERNAL);
        scene_end(&scene);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workers_are_at_work_side_by_side),
        cmocka_unit_test(answers_of_one_connection_keep_their_order),
        cmocka_unit_test(too_long_a_queue_is_not_made_longer),
        cmocka_unit_test(a_stop_during_work_calls_the_handler_no_more),
        cmocka_unit_test(a_write_reaches_every_open_stream),
        cmocka_unit_test(a_stream_ends_with_its_last_writer),
        cmocka_unit_test(silence_is_broken_and_tells_that_a_reader_has_gone),
        cmocka_unit_test(a_reader_who_does_not_read_is_hung_up_on),
        cmocka_unit_test(streams_leave_room_for_others),
        cmocka_unit_test(a_stop_ends_streams),
        cmocka_unit_test(a_file_is_sent_whole),
        cmocka_unit_test(head_is_get_without_the_body),
        cmocka_unit_test(an_encrypted_connection_serves_all_kinds_of_answers),
        cmocka_unit_test(a_certificate_that_does_not_serve_is_told),
        cmocka_unit_test(a_trusted_proxy_says_who_asks),
        cmocka_unit_test(nobody_else_says_who_asks),
        cmocka_unit_test(a_proxy_is_an_address),
        cmocka_unit_test(exhausted_memory_ends_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
