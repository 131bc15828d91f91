/* server.c: the HTTP side of `liaison serve`: login, sessions, routes. Everything that a page shows comes from pages.c, which asks report and grid.
 * One thread answers; the database connection and the sessions belong to it. */
#include <string.h>

#include "net/http.h"
#include "server/server_int.h"

enum { SESSIONS_MAX = 64, TOKEN_BYTES = 32, FAILURES_BEFORE_PAUSE = 5, FORM_MAX = 4096 };
#define SESSION_LIFE (12 * CIVIL_HOUR)
#define FAILURE_PAUSE (1 * CIVIL_MINUTE)

struct session {
    unsigned char token_hash[SHA256_SIZE];  /* the token itself is only in the browser */
    int64_t until_utc;
};

struct server {
    struct page_context page;
    struct session sessions[SESSIONS_MAX];
    size_t next_session;
    int failures;                           /* wrong passwords since the last right one */
    int64_t pause_until_utc;
};

static void add_header(struct http_server_response *response, const char *name, struct str value)
{
    if (response->header_count < sizeof response->headers / sizeof *response->headers)
        response->headers[response->header_count++] = (struct http_header){str_from(name), value};
}

static void answer(struct http_server_response *response, int status, const char *content_type, struct str body)
{
    response->status = status;
    response->body = body;
    add_header(response, "Content-Type", str_from(content_type));
    add_header(response, "Cache-Control", STR("no-store"));
    add_header(response, "X-Content-Type-Options", STR("nosniff"));
    add_header(response, "Content-Security-Policy", STR("default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"));
    add_header(response, "Referrer-Policy", STR("no-referrer"));
}

static void redirect(struct http_server_response *response, const char *where)
{
    answer(response, 303, "text/plain; charset=utf-8", STR(""));
    add_header(response, "Location", str_from(where));
}

/* ---- sessions ---- */

static void hash_token(struct str token, unsigned char ret[SHA256_SIZE])
{
    sha256(token, ret);
}

static struct str cookie_token(const struct http_server_request *request)
{
    struct str cookies = http_server_header(request, "Cookie"), item = {0};
    while (cookies.n) {
        str_cut(cookies, ';', &item, &cookies);
        item = str_trim(item);
        struct str name = STR("liaison_session=");
        if (str_starts_with(item, name))
            return (struct str){item.p + name.n, item.n - name.n};
    }
    return STR_NULL;
}

static struct session *find_session(struct server *server, const struct http_server_request *request)
{
    struct str token = cookie_token(request);
    if (token.n != (size_t)2 * TOKEN_BYTES)
        return NULL;
    unsigned char hash[SHA256_SIZE];
    hash_token(token, hash);
    int64_t now = system_clock.now_utc(system_clock.context);
    for (size_t i = 0; i < SESSIONS_MAX; i++)
        if (server->sessions[i].until_utc > now && memcmp(server->sessions[i].token_hash, hash, sizeof hash) == 0)
            return &server->sessions[i];
    return NULL;
}

static int open_session(struct server *server, struct arena *arena, struct http_server_response *response, struct err *err)
{
    unsigned char token[TOKEN_BYTES];
    system_random.fill(system_random.context, token, sizeof token);
    BUF_AUTO hex = {0};
    hex_append(&hex, token, sizeof token);
    struct session *session = &server->sessions[server->next_session++ % SESSIONS_MAX];
    if (buf_failed(&hex))
        return err_memory(err);
    hash_token(buf_str(&hex), session->token_hash);
    session->until_utc = system_clock.now_utc(system_clock.context) + SESSION_LIFE;
    struct str cookie = arena_format(arena, "liaison_session=%.*s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%d", STR_ARG(buf_str(&hex)),
                                     (int)(SESSION_LIFE / CIVIL_SECOND));
    if (!cookie.p)
        return err_memory(err);
    redirect(response, "/");
    add_header(response, "Set-Cookie", cookie);
    return OK;
}

/* ---- login ---- */

/* One field of a posted form, decoded into the arena. */
static struct str form_field(struct arena *arena, struct str body, struct str name)
{
    struct str item = {0}, key = {0}, value = {0};
    while (body.n) {
        str_cut(body, '&', &item, &body);
        if (str_cut(item, '=', &key, &value) && str_equal(key, name))
            return http_decode(arena, value, true);
    }
    return STR("");
}

/* A browser says where a form comes from: another site's is refused. */
static bool from_elsewhere(const struct http_server_request *request)
{
    struct str site = http_server_header(request, "Sec-Fetch-Site");
    return site.p && !str_equal(site, STR("same-origin")) && !str_equal(site, STR("none"));
}

static int login(struct server *server, const struct http_server_request *request, struct http_server_response *response, struct buf *out, struct err *err)
{
    int64_t now = system_clock.now_utc(system_clock.context);
    if (from_elsewhere(request)) {
        answer(response, 403, "text/plain; charset=utf-8", STR("forbidden\n"));
        return OK;
    }
    if (now < server->pause_until_utc) {
        page_login(out, _("Too many wrong passwords: wait a minute and try again."));
        answer(response, 429, "text/html; charset=utf-8", buf_str(out));
        add_header(response, "Retry-After", STR("60"));
        return OK;
    }
    struct str name = form_field(request->arena, request->body, STR("name")), password = form_field(request->arena, request->body, STR("password"));
    struct str role = {0};
    int rc = user_check(server->page.db, server->page.company.id, request->arena, name, password, &role, err);
    if (rc < 0)
        return rc;
    if (rc == 1) {
        server->failures = 0;
        return open_session(server, request->arena, response, err);
    }
    if (++server->failures >= FAILURES_BEFORE_PAUSE) {
        server->failures = 0;
        server->pause_until_utc = now + FAILURE_PAUSE;
    }
    page_login(out, _("Wrong name or password."));
    answer(response, 401, "text/html; charset=utf-8", buf_str(out));
    return OK;
}

/* ---- routes ---- */

static int route(struct server *server, const struct http_server_request *request, struct http_server_response *response, struct buf *out, struct err *err)
{
    bool get = str_equal(request->method, STR("GET")), post = str_equal(request->method, STR("POST"));
    if (get && str_equal(request->path, STR("/healthz"))) {
        answer(response, 200, "text/plain; charset=utf-8", STR("ok\n"));
    } else if (get && str_equal(request->path, STR("/style.css"))) {
        answer(response, 200, "text/css; charset=utf-8", str_from(page_style));
    } else if (post && str_equal(request->path, STR("/login"))) {
        return login(server, request, response, out, err);
    } else if (get && str_equal(request->path, STR("/")) && find_session(server, request)) {
        int rc = page_overview(&server->page, out, err);
        if (rc != OK)
            return rc;
        answer(response, 200, "text/html; charset=utf-8", buf_str(out));
    } else if (get && str_equal(request->path, STR("/"))) {
        page_login(out, NULL);
        answer(response, 200, "text/html; charset=utf-8", buf_str(out));
    } else if (post && str_equal(request->path, STR("/logout")) && !from_elsewhere(request)) {
        struct session *session = find_session(server, request);
        if (session)
            *session = (struct session){0};
        redirect(response, "/");
    } else {
        answer(response, 404, "text/plain; charset=utf-8", STR("not found\n"));
    }
    return OK;
}

static void handle(void *context, const struct http_server_request *request, struct http_server_response *response)
{
    struct server *server = context;
    struct err err = {0};
    BUF_AUTO out = {.max = (size_t)4 << 20};
    int rc = route(server, request, response, &out, &err);
    if (rc == OK && buf_failed(&out))
        rc = err_memory(&err);
    if (rc != OK) {
        BUF_AUTO text = {0};
        err_format(&err, &text);
        log_event(LOG_ERROR, "page", "error", text.p ? text.p : "", NULL);
        response->header_count = 0;
        answer(response, 500, "text/plain; charset=utf-8", STR("internal error\n"));
    }
    /* The body outlives `out`: it is moved to the request's arena. */
    response->body = arena_copy(request->arena, response->body);
}

static bool is_loopback(struct str listen)
{
    return str_starts_with(listen, STR("127.")) || str_starts_with(listen, STR("[::1]")) || str_starts_with(listen, STR("localhost:")) ||
           str_starts_with(listen, STR(":"));
}

static int serve_until_interrupted(struct server *server, const struct server_options *options, struct err *err)
{
    struct http_server *http = NULL;
    int rc = http_server_start(&http, &(struct http_server_options){.listen = options->listen, .body_max = FORM_MAX, .handler = handle, .context = server}, err);
    if (rc != OK)
        return rc;
    options->on_ready(options->context, http_server_port(http));
    while (!interrupt_requested())
        if (system_clock.sleep_ms(system_clock.context, 60000) == ERR_CANCELLED)
            break;
    http_server_stop(http);
    return OK;
}

int server_run(const struct server_options *options, struct err *err)
{
    if (!is_loopback(options->listen))
        return err_set(err, ERR_USAGE, N_("liaison serve has no TLS yet and listens on this machine only (127.0.0.1:8080): put a proxy in front of it"));
    struct server *server = mem_alloc_zero(1, sizeof *server);
    if (!server)
        return err_memory(err);
    ARENA_AUTO arena = {0};
    struct db_options db_options = {0};
    int rc = db_open(&server->page.db, options->db_url, &db_options, err);
    if (rc == OK)
        rc = company_open(server->page.db, &arena, options->company, &server->page.company, err);
    if (rc == OK)
        rc = serve_until_interrupted(server, options, err);
    company_release(&server->page.company);
    db_close(server->page.db);
    mem_free(server);
    return rc;
}
