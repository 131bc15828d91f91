/* server.c: `liaison serve` from start to stop, and each request from net's worker to the answer: the worker's own connection, the language, the host that was asked for, then the API
 * (dispatch.c) or the built pages (static.c), and the headers that every answer bears. */
#include <stdio.h>
#include <string.h>

#include "server/jobs_int.h"

enum { BODY_MAX = 32 << 20, RECORD_MAX = 256 << 10, GZIP_FROM_BYTES = 1024, SETUP_CODE_DIGITS = 12, REQUEST_ID_BYTES = 8, REQUEST_PATIENCE_MS = 3000 };

/* Nothing is loaded from elsewhere and no script stands in a page; styles may, since the components set them. */
#define CONTENT_POLICY \
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; manifest-src 'self';" \
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

/* ---- headers ---- */

static void add_common_headers(const struct server *server, struct http_server_response *response)
{
    http_server_add_header(response, "X-Content-Type-Options", STR("nosniff"));
    http_server_add_header(response, "Content-Security-Policy", STR(CONTENT_POLICY));
    http_server_add_header(response, "Referrer-Policy", STR("no-referrer"));
    http_server_add_header(response, "Cross-Origin-Opener-Policy", STR("same-origin"));
    http_server_add_header(response, "Cross-Origin-Resource-Policy", STR("same-origin"));
    if (server->secure)
        http_server_add_header(response, "Strict-Transport-Security", STR("max-age=31536000"));
}

/* A name that goes into a header: what could end it, or is not ASCII, is replaced. */
static struct str attachment(struct arena *arena, struct str name)
{
    BUF_AUTO text = {0};

    buf_append_z(&text, "attachment; filename=\"");
    for (size_t i = 0; i < name.n; i++)
        buf_append_char(&text, name.p[i] > ' ' && name.p[i] < 0x7f && !strchr("\"\\/;", name.p[i]) ? name.p[i] : '_');
    buf_append_char(&text, '"');
    return buf_failed(&text) ? STR_NULL : arena_copy(arena, buf_str(&text));
}

/* ---- the worker ---- */

int server_open_db(const struct server *server, int busy_timeout_ms, struct db **ret, struct err *err)
{
    const struct db_options options = {.busy_timeout_ms = busy_timeout_ms};
    int rc = db_open(ret, server->options->db_url, &options, err);

    if (rc == OK)
        db_set_seal_key(*ret, server->options->seal_key);
    return rc;
}

static void worker_release(struct server_worker *worker)
{
    company_release(&worker->company);
    db_close(worker->db);
    arena_release(&worker->arena);
    *worker = (struct server_worker){0};
}

/* The worker's connection, and the company as it is now. */
static int worker_ready(struct server *server, struct server_worker *worker, struct err *err)
{
    unsigned version = atomic_load(&server->company_version);
    int rc = OK;

    if (worker->db && worker->company.zone && worker->company_version == version)
        return OK;
    company_release(&worker->company);
    worker->company = (struct company){0};
    arena_reset(&worker->arena);
    if (!worker->db)
        rc = server_open_db(server, REQUEST_PATIENCE_MS, &worker->db, err);
    if (rc == OK)
        rc = company_open(worker->db, &worker->arena, server->options->company, &worker->company, err);
    if (rc != OK)
        worker_release(worker);
    worker->company_version = version;
    return rc;
}

/* A connection that answers nothing any more is opened anew by the next request. */
static bool worker_answers(struct server_worker *worker)
{
    int64_t one = 0;
    struct err ignored = {0};

    if (worker->db && !db_is_stuck(worker->db) && db_query_int(worker->db, &one, "SELECT CAST($1 AS BIGINT)", &ignored, DB_INT(1)) == 1)
        return true;
    worker_release(worker);
    return false;
}

/* ---- one request ---- */

static enum text_language language_of(const struct http_server_request *http)
{
    struct str wanted = str_trim(http_server_header(http, "Accept-Language"));

    return wanted.n >= 2 && str_equal_ignore_case((struct str){wanted.p, 2}, STR("en")) ? TEXT_ENGLISH : TEXT_FRENCH;
}

static struct str new_request_id(struct arena *arena)
{
    unsigned char bytes[REQUEST_ID_BYTES];
    BUF_AUTO text = {0};

    system_random.fill(system_random.context, bytes, sizeof bytes);
    hex_append(&text, bytes, sizeof bytes);
    struct str id = buf_failed(&text) ? STR_NULL : arena_copy(arena, buf_str(&text));
    return id.p ? id : STR("");
}

/* Without the port; "[::1]" keeps its brackets. */
static struct str host_of(struct str host)
{
    if (!host.p)
        return host;
    const char *end = memrchr(host.p, ':', host.n), *bracket = memrchr(host.p, ']', host.n);

    return end && (!bracket || bracket < end) ? (struct str){host.p, (size_t)(end - host.p)} : host;
}

/* A page elsewhere whose name was made to lead to this machine asks for that name: it gets nothing. */
static bool host_is_ours(const struct server *server, const struct http_server_request *http)
{
    static const char *const local[] = {"localhost", "127.0.0.1", "[::1]"};
    struct str host = host_of(str_trim(http_server_header(http, "Host")));

    for (size_t i = 0; i < sizeof local / sizeof *local; i++)
        if (str_equal_ignore_case(host, str_from(local[i])))
            return true;
    return (server->public_host.n && str_equal_ignore_case(host, server->public_host)) || str_equal_ignore_case(host, host_of(server->options->listen));
}

/* Nothing of a body is told that did not find room as a whole. */
static struct str body_of(struct arena *arena, struct reply *reply)
{
    if (reply->status == 204 || (reply->body.n == 0 && !buf_failed(&reply->body)))
        return STR("");
    struct str body = buf_failed(&reply->body) ? STR_NULL : arena_copy(arena, buf_str(&reply->body));
    if (body.p)
        return body;
    reply->status = 500;
    reply->content_type = "application/problem+json";
    reply->etag = reply->location = reply->file_name = STR_NULL;
    reply->extra_count = 0;
    return STR("{\"type\":\"urn:liaison:problem:internal\",\"title\":\"Internal Server Error\",\"status\":500,\"detail\":\"the memory is exhausted\",\"code\":\"internal\"}");
}

static void finish_reply(struct request *request, struct reply *reply, struct http_server_response *response)
{
    struct arena *arena = request->arena;

    response->body = body_of(arena, reply);
    response->status = reply->status ? reply->status : 200;
    response->stream = reply->stream;
    response->has_file = reply->file >= 0;
    response->file = reply->file;
    response->gzip = response->body.n >= GZIP_FROM_BYTES && http_server_takes_gzip(request->http);
    http_server_add_header(response, "Content-Type", str_from(reply->content_type ? reply->content_type : "application/json"));
    http_server_add_header(response, "Content-Language", text_language() == TEXT_FRENCH ? STR("fr") : STR("en"));
    http_server_add_header(response, "Cache-Control", STR("no-store"));
    http_server_add_header(response, "ETag", reply->etag);
    http_server_add_header(response, "Location", reply->location);
    if (reply->file_name.p)
        http_server_add_header(response, "Content-Disposition", attachment(arena, reply->file_name));
    for (size_t i = 0; i < reply->extra_count; i++)
        http_server_add_header(response, reply->extra[i].name.p, reply->extra[i].value);
    http_server_add_header(response, "X-Request-Id", request->id);
}

/* No route: the path, the method, or nothing at all. */
static void refuse(struct request *request, struct reply *reply, bool path_known)
{
    struct err why = {0};

    if (path_known)
        err_set(&why, ERR_USAGE, N_("%s cannot be asked of %s"), ERR_STR(request->http->method), ERR_STR(request->http->path));
    else
        err_set(&why, ERR_NOT_FOUND, N_("there is nothing at %s"), ERR_STR(request->http->path));
    reply_problem(request, reply, path_known ? 405 : 404, NULL, &why);
}

/* Whether all that stands at {…} of the route's path could be decoded; else memory was exhausted. */
static bool has_args(const struct request *request)
{
    size_t count = 0;

    for (const char *brace = request->route->path; (brace = strchr(brace, '{')); brace++)
        if (!request->args[count++].p)
            return false;
    return true;
}

static void answer_api(struct server *server, struct request *request, struct http_server_response *response)
{
    struct server_worker *worker = &server->workers[request->http->worker];
    struct reply reply = {.file = -1};
    struct err err = {0};
    bool path_known = false;

    request->route = route_find(request->arena, request->http->method, request->http->raw_path, request->args, &path_known);
    if (!request->route) {
        refuse(request, &reply, path_known);
    } else if (!has_args(request) || worker_ready(server, worker, &err) != OK) {
        if (err.code == OK)
            (void)err_memory(&err);
        reply_problem(request, &reply, 503, NULL, &err);
    } else {
        request->db = worker->db;
        request->company = &worker->company;
        dispatch(request, &reply);
        if (reply.status >= 500 || db_is_stuck(worker->db))
            (void)worker_answers(worker);
    }
    finish_reply(request, &reply, response);
    buf_release(&reply.body);
}

static void answer_ready(struct server *server, struct request *request, struct http_server_response *response)
{
    struct server_worker *worker = &server->workers[request->http->worker];
    struct err err = {0};
    bool ready = worker_ready(server, worker, &err) == OK && worker_answers(worker);

    response->status = ready ? 200 : 503;
    response->body = ready ? STR("ready\n") : STR("the database does not answer\n");
    http_server_add_header(response, "Content-Type", STR("text/plain; charset=utf-8"));
    http_server_add_header(response, "Cache-Control", STR("no-store"));
}

static bool is_api(struct str path)
{
    return str_starts_with(path, STR("/api/v1/")) || str_equal(path, STR("/metrics"));
}

static void answer(struct server *server, struct request *request, struct http_server_response *response)
{
    const struct http_server_request *http = request->http;
    bool get = str_equal(http->method, STR("GET"));
    struct reply reply = {.file = -1};
    struct err why = {0};

    if (get && str_equal(http->path, STR("/healthz"))) { /* also for who asks by address */
        response->status = 200;
        response->body = STR("ok\n");
        http_server_add_header(response, "Content-Type", STR("text/plain; charset=utf-8"));
        http_server_add_header(response, "Cache-Control", STR("no-store"));
    } else if (!host_is_ours(server, http)) {
        err_set(&why, ERR_USAGE, N_("this server does not answer for %s: start it with --public-url and the address that people use"), ERR_STR(http_server_header(http, "Host")));
        reply_problem(request, &reply, 421, NULL, &why);
        finish_reply(request, &reply, response);
    } else if (get && str_equal(http->path, STR("/readyz"))) {
        answer_ready(server, request, response);
    } else if (is_api(http->path)) {
        answer_api(server, request, response);
    } else if (get) {
        static_answer(server->files, http, response);
    } else {
        refuse(request, &reply, true);
        finish_reply(request, &reply, response);
    }
    buf_release(&reply.body);
}

static void handle(void *context, const struct http_server_request *http, struct http_server_response *response)
{
    struct server *server = context;
    struct request request = {.server = server, .http = http, .arena = http->arena, .id = new_request_id(http->arena), .now_utc = system_clock.now_utc(system_clock.context)};
    char status[16], took[24];

    text_use(language_of(http));
    answer(server, &request, response);
    add_common_headers(server, response);
    int64_t took_us = system_clock.now_utc(system_clock.context) - request.now_utc;
    metrics_count_request(server->metrics, response->status, took_us > 0 ? took_us : 0);
    snprintf(status, sizeof status, "%d", response->status);
    snprintf(took, sizeof took, "%lld", (long long)took_us);
    struct str path = arena_copy(http->arena, http->path), method = arena_copy(http->arena, http->method), user = arena_copy(http->arena, request.who.user),
               from = arena_copy(http->arena, http->address);
    log_event(LOG_INFO, "request", "id", request.id.p, "from", from.p ? from.p : "", "method", method.p ? method.p : "", "path", path.p ? path.p : "", "status", status, "microseconds", took, "user",
              user.p ? user.p : "-", NULL);
}

/* What is refused before it has come: a record of ours is small; a file or a feed of sales may be large, from somebody who at least says who he is. */
static size_t body_limit(void *context, const struct http_server_request *http)
{
    struct str args[ROUTE_ARGS_MAX];
    bool path_known, named = http_server_header(http, "Cookie").p || http_server_header(http, "Authorization").p;
    const struct route *route = route_find(http->arena, http->method, http->raw_path, args, &path_known);

    (void)context;
    return route && named && (route->body == BODY_BYTES || route->right == RIGHT_FEED) ? BODY_MAX : RECORD_MAX;
}

/* ---- start and stop ---- */

static bool is_loopback(struct str listen)
{
    return str_starts_with(listen, STR("127.")) || str_starts_with(listen, STR("[::1]")) || str_starts_with(listen, STR("localhost:")) ||
           str_starts_with(listen, STR(":"));
}

static int check_options(struct server *server, struct err *err)
{
    const struct server_options *options = server->options;
    struct str scheme, rest, host;

    if (options->public_url.n) {
        bool https = str_starts_with(options->public_url, STR("https://")), http = str_starts_with(options->public_url, STR("http://"));
        if (!https && !http)
            return err_set(err, ERR_USAGE, N_("--public-url takes an address such as https://gestion.example.fr, not “%s”"), ERR_STR(options->public_url));
        (void)str_cut(options->public_url, '/', &scheme, &rest);
        rest = (struct str){rest.p + 1, rest.n - 1};
        (void)str_cut(rest, '/', &host, &rest);
        server->public_host = host_of(host);
        server->secure = https;
    }
    server->secure = server->secure || options->certificate.n;
    if (!is_loopback(options->listen) && !options->certificate.n && !server->secure)
        return err_set(err, ERR_USAGE, N_("passwords would cross the network in the clear: give --certificate and --certificate-key, or --public-url https://… when a proxy with TLS stands"
                                          " in front"));
    return OK;
}

/* Twelve letters and digits that nobody takes for one another: sixty bits. */
static void make_setup_code(char ret[32])
{
    static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    unsigned char bytes[SETUP_CODE_DIGITS];
    size_t n = 0;

    system_random.fill(system_random.context, bytes, sizeof bytes);
    for (size_t i = 0; i < SETUP_CODE_DIGITS; i++) {
        if (i > 0 && i % 4 == 0)
            ret[n++] = '-';
        ret[n++] = letters[bytes[i] % 32];
    }
    ret[n] = '\0';
}

static int prepare(struct server *server, struct err *err)
{
    struct db *db = NULL;
    struct company company = {0};
    ARENA_AUTO arena = {0};
    int64_t users = 0;
    int rc = server_open_db(server, 0, &db, err);

    if (rc == OK)
        rc = db_migrate(db, NULL, NULL, err);
    if (rc == OK)
        rc = company_open(db, &arena, server->options->company, &company, err);
    if (rc == OK)
        rc = user_count(db, company.id, &users, err);
    if (rc == OK && users == 0)
        make_setup_code(server->setup_code);
    company_release(&company);
    db_close(db);
    return rc;
}

static int serve(struct server *server, struct err *err)
{
    const struct server_options *options = server->options;
    const struct http_server_options http_options = {.listen = options->listen, .body_max = BODY_MAX, .body_limit = body_limit, .workers = SERVER_WORKERS,
                                                     .trusted_proxies = options->trusted_proxies, .trusted_proxy_count = options->trusted_proxy_count,
                                                     .tls_certificate = options->certificate, .tls_key = options->certificate_key, .handler = handle, .context = server};
    struct http_server *http = NULL;
    int rc = http_server_start(&http, &http_options, err);

    if (rc != OK)
        return rc;
    rc = scheduler_start(&server->scheduler, server, err);
    if (rc == OK)
        options->on_ready(options->context, http_server_port(http), server->setup_code[0] ? server->setup_code : NULL);
    while (rc == OK && !interrupt_requested())
        if (system_clock.sleep_ms(system_clock.context, 60000) == ERR_CANCELLED)
            break;
    scheduler_stop(server->scheduler);
    jobs_stop(server->jobs); /* whoever follows one is told how it ended */
    http_server_stop(http);
    return rc;
}

int server_run(const struct server_options *options, struct err *err)
{
    struct server *server = mem_alloc_zero(1, sizeof *server);
    int rc;

    if (!server)
        return err_memory(err);
    server->options = options;
    pthread_mutex_init(&server->lock, NULL);
    server->throttle = throttle_new();
    server->metrics = metrics_new();
    rc = server->throttle && server->metrics ? check_options(server, err) : err_memory(err);
    if (rc == OK)
        rc = static_load(&server->files, options->ui_folder, err);
    if (rc == OK)
        rc = prepare(server, err);
    if (rc == OK)
        rc = jobs_new(&server->jobs, server, err);
    if (rc == OK)
        rc = serve(server, err);
    jobs_free(server->jobs);
    for (size_t i = 0; i < SERVER_WORKERS; i++)
        worker_release(&server->workers[i]);
    static_free(server->files);
    throttle_free(server->throttle);
    metrics_free(server->metrics);
    pthread_mutex_destroy(&server->lock);
    explicit_bzero(server->setup_code, sizeof server->setup_code);
    mem_free(server);
    return rc;
}
