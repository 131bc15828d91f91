/* article_shop.c: see article_shop.h. The clock is the test's own: it moves by a second each time it is read, and a pause moves it and takes no time. */
#include "article_shop.h"

#include <errno.h>
#include <unistd.h>

/* ---- clock ---- */

static int64_t clock_utc = INT64_C(1769767200) * CIVIL_SECOND; /* 2026-01-30 10:00 UTC */

static int64_t now_utc(void *context)
{
    (void)context;
    return clock_utc += CIVIL_SECOND;
}

static int sleep_ms(void *context, int64_t ms)
{
    struct shop *shop = context;

    clock_utc += ms * 1000;
    if (shop->on_sleep)
        shop->on_sleep(shop);
    return OK;
}

/* ---- the transport ---- */

static bool take(int *count)
{
    return *count > 0 && (*count)-- > 0;
}

static const char *const method_names[] = {[HTTP_GET] = "GET", [HTTP_POST] = "POST", [HTTP_PUT] = "PUT", [HTTP_DELETE] = "DELETE"};

static struct str header_of(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (str_equal_ignore_case(request->headers[i].name, str_from(name)))
            return request->headers[i].value;
    return STR_NULL;
}

static void write_down(struct shop *shop, const struct http_request *request, struct str path, struct str query)
{
    if (query.n > 0 || request->method == HTTP_GET)
        return;
    buf_printf(&shop->requests, "%s %.*s %.*s\n", method_names[request->method], STR_ARG(path), STR_ARG(request->body));
}

static void answer_put(struct shop_answer *answer, int status, struct str body)
{
    answer->status = status;
    buf_append(&answer->body, body);
    buf_append_z(&answer->content_type, "application/json; charset=utf-8");
}

/* What becomes of the request at the till; false: it does not reach it. */
static bool spoil(struct shop *shop, const struct http_request *request, struct str path, struct shop_answer *answer)
{
    if (request->method == HTTP_PUT && shop->faults.ignore_puts) {
        answer_put(answer, 200, STR("{\"statusCode\":200,\"error\":\"\",\"message\":\"article successfully updated\"}"));
        return true;
    }
    if (request->method == HTTP_POST && str_ends_with(path, STR("/articles")) && take(&shop->faults.refuse_posts)) {
        answer_put(answer, 400, STR("{\"statusCode\":400,\"error\":\"Bad Request\",\"message\":\"Invalid request payload input\"}"));
        return true;
    }
    if (request->method == HTTP_POST && str_ends_with(path, STR("/articles")) && take(&shop->faults.busy_posts)) {
        answer_put(answer, 429, STR("{\"statusCode\":429,\"error\":\"Too Many Requests\",\"message\":\"later\"}"));
        answer->retry_after_ms = 120000;
        return true;
    }
    return false;
}

static int submit(void *context, const struct http_request *request, uint64_t tag, struct err *err)
{
    struct shop *shop = context;
    struct shop_answer *answer = NULL;
    struct str target, path, query;
    struct http_server_response response = {0};
    ARENA_AUTO arena = {0};
    char cut[64];

    (void)err;
    for (size_t i = 0; i < SHOP_IN_FLIGHT && !answer; i++)
        answer = shop->answers[i].used ? NULL : &shop->answers[i];
    assert_non_null(answer);
    target = request->url;
    for (int slashes = 0; slashes < 3 && target.n > 0; target.p++, target.n--)
        slashes += target.p[0] == '/';
    target.p--;
    target.n++;
    str_cut(target, '?', &path, &query);
    *answer = (struct shop_answer){.used = true, .tag = tag, .retry_after_ms = -1};
    write_down(shop, request, path, query);
    if (!spoil(shop, request, path, answer)) {
        const struct sandbox_request own = {.method = str_from(method_names[request->method]), .path = path, .query = query, .body = request->body,
                                            .key = header_of(request, "x-api-key")};

        sandbox_answer(shop->sandbox, &own, &arena, &response);
        answer_put(answer, response.status, response.body);
    }
    snprintf(cut, sizeof cut, "&skip=%d&", shop->faults.cut_skip);
    if (shop->faults.cut_skip && str_ends_with(path, STR("/articles")) && query.p && memmem(query.p, query.n, cut, strlen(cut))) {
        answer->truncated = true;
        answer->body.n /= 2;
    }
    if (request->method == HTTP_POST && take(&shop->faults.lose_posts))
        answer->status = 0;
    return OK;
}

static void answer_release(struct shop_answer *answer)
{
    buf_release(&answer->body);
    buf_release(&answer->content_type);
    *answer = (struct shop_answer){0};
}

/* Answers come in the order of the tags, which is not the order in which they were asked for. */
static int wait_one(void *context, int64_t timeout_ms, struct http_response *ret, struct err *failure)
{
    static struct shop_answer last;
    struct shop *shop = context;
    struct shop_answer *best = NULL;

    (void)timeout_ms;
    answer_release(&last);
    for (size_t i = 0; i < SHOP_IN_FLIGHT; i++)
        if (shop->answers[i].used && (!best || shop->answers[i].tag > best->tag))
            best = &shop->answers[i];
    if (!best)
        return 0;
    last = *best;
    *best = (struct shop_answer){0};
    *ret = (struct http_response){.tag = last.tag, .status = last.status, .body = buf_str(&last.body), .content_type = buf_str(&last.content_type),
                                  .retry_after_ms = last.retry_after_ms, .truncated = last.truncated};
    if (last.status == 0)
        err_set(failure, ERR_TILL, N_("the answer of %s was lost"), "the till");
    return 1;
}

static void transport_free(void *context)
{
    struct shop *shop = context;

    for (size_t i = 0; i < SHOP_IN_FLIGHT; i++)
        answer_release(&shop->answers[i]);
}

static int make_transport(void *context, struct http_transport *ret, struct err *err)
{
    (void)err;
    *ret = (struct http_transport){.submit = submit, .wait = wait_one, .free = transport_free, .context = context};
    return OK;
}

/* ---- setting up ---- */

#define check(shop, call) \
    do { \
        if ((call) < 0) { \
            BUF_AUTO text_ = {0}; \
            err_format(&(shop)->err, &text_); \
            fail_msg("%s: %s", #call, text_.p); \
        } \
    } while (0)

static int company_body(struct db *db, void *context, struct err *err)
{
    int64_t *id = context;

    return company_create(db, STR("Épicerie Test"), STR_NULL, STR("Europe/Paris"), clock_utc, id, err);
}

static int setup_company(struct shop *shop)
{
    int64_t id;

    if (db_migrate(shop->db, NULL, NULL, &shop->err) < 0 || db_transact(shop->db, company_body, &id, &shop->err) < 0 ||
        company_open(shop->db, &shop->arena, STR_NULL, &shop->company, &shop->err) < 0)
        return -1;
    shop->clock = (struct clock){.now_utc = now_utc, .sleep_ms = sleep_ms, .context = shop};
    memset(shop->seal_key.bytes, 7, sizeof shop->seal_key.bytes);
    shop->options = link_default_options;
    shop->options.name = STR("boutique");
    shop->options.url = STR("http://127.0.0.1:1");
    return 0;
}

static int setup_sqlite(struct shop *shop)
{
    const struct db_options options = {.create = true};
    const char *base = getenv("TMPDIR");
    char url[300];

    snprintf(shop->folder, sizeof shop->folder, "%s/liaison-sync.XXXXXX", base ? base : P_tmpdir);
    if (!mkdtemp(shop->folder))
        return -1;
    snprintf(url, sizeof url, "sqlite:%s/test.db", shop->folder);
    return db_open(&shop->db, str_from(url), &options, &shop->err);
}

/* A schema of its own, named after the program, so that tests may run beside each other on one server. */
static int setup_postgresql(struct shop *shop)
{
    const struct db_options options = {0};
    char url[512], script[256];

    snprintf(url, sizeof url, "%s?options=-csearch_path%%3D%s", getenv("LIAISON_TEST_PG"), program_invocation_short_name);
    snprintf(script, sizeof script, "DROP SCHEMA IF EXISTS %s CASCADE; CREATE SCHEMA %s", program_invocation_short_name, program_invocation_short_name);
    int rc = db_open(&shop->db, str_from(url), &options, &shop->err);
    return rc < 0 ? rc : db_run_script(shop->db, script, &shop->err);
}

static bool on_postgresql;

int shop_setup(void **state)
{
    struct shop *shop = mem_alloc_zero(1, sizeof *shop);

    *state = shop;
    if (!shop || hash_init(&shop->err) < 0 || (on_postgresql ? setup_postgresql(shop) : setup_sqlite(shop)) < 0)
        return -1;
    return setup_company(shop);
}

int shop_run(const struct CMUnitTest *tests, size_t count)
{
    int failed = _cmocka_run_group_tests("sqlite", tests, count, NULL, NULL);

    if (!getenv("LIAISON_TEST_PG"))
        return failed;
    on_postgresql = true;
    return failed + _cmocka_run_group_tests("postgresql", tests, count, NULL, NULL);
}

int shop_teardown(void **state)
{
    static const char *const files[] = {"test.db", "test.db-wal", "test.db-shm", "till.json"};
    struct shop *shop = *state;
    char path[300];

    sandbox_free(shop->sandbox);
    company_release(&shop->company);
    db_close(shop->db);
    for (size_t i = 0; shop->folder[0] && i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", shop->folder, files[i]);
        unlink(path);
    }
    if (shop->folder[0])
        rmdir(shop->folder);
    buf_release(&shop->requests);
    buf_release(&shop->changes);
    arena_release(&shop->arena);
    mem_free(shop);
    return 0;
}

static const char usual_categories[] =
    "[{\"_id\":\"" ID("c0") "\",\"name\":\"Non catégorisé\",\"is_default\":true},{\"_id\":\"" ID("c1") "\",\"name\":\"Bières\"},{\"_id\":\"" ID("c2") "\",\"name\":\"Épicerie\"}]";
static const char usual_taxes[] =
    "[{\"_id\":\"" ID("f1") "\",\"name\":\"TVA 20\",\"rate\":20},{\"_id\":\"" ID("f2") "\",\"name\":\"TVA 5,5\",\"rate\":5.5},"
    "{\"_id\":\"" ID("f3") "\",\"name\":\"TVA 8,5\",\"rate\":8.5}]";

/* A fixture is a file: it is gone as soon as it was read. */
void shop_till(struct shop *shop, const char *articles, const char *categories, const char *taxes)
{
    const char *base = getenv("TMPDIR");
    char path[300];
    struct sandbox_options options = sandbox_default_options;

    snprintf(path, sizeof path, "%s/liaison-till.XXXXXX", base ? base : P_tmpdir);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    assert_non_null(file);
    fprintf(file, "{\"categories\":%s,\"taxes\":%s,\"articles\":%s}", categories ? categories : usual_categories, taxes ? taxes : usual_taxes, articles ? articles : "[]");
    assert_int_equal(fclose(file), 0);
    options.shop = SANDBOX_SHOP_EMPTY;
    options.fixture_path = path;
    sandbox_free(shop->sandbox);
    shop->sandbox = NULL;
    int rc = sandbox_open(&shop->sandbox, &options, &shop->clock, &shop->err);
    unlink(path);
    check(shop, rc);
}

static int link_body(struct db *db, void *context, struct err *err)
{
    struct shop *shop = context;
    int64_t id = shop->link.id;

    if (id)
        return link_update(db, shop->company.id, id, &shop->options, sandbox_key(shop->sandbox), &shop->seal_key, &system_random, err);
    return link_create(db, shop->company.id, &shop->options, sandbox_key(shop->sandbox), &shop->seal_key, &system_random, &id, err);
}

void shop_link(struct shop *shop)
{
    check(shop, db_transact(shop->db, link_body, shop, &shop->err));
    check(shop, link_open(shop->db, shop->company.id, &shop->arena, shop->options.name, &shop->link, &shop->err));
}

const char *shop_at_till(struct shop *shop, const char *method, const char *path, const char *body)
{
    struct http_server_response response = {0};
    ARENA_AUTO arena = {0};
    const struct sandbox_request request = {.method = str_from(method), .path = arena_format(&shop->arena, "/v1/catalog/%s", path), .body = str_from(body),
                                            .key = sandbox_key(shop->sandbox)};

    sandbox_answer(shop->sandbox, &request, &arena, &response);
    if (response.status >= 300)
        fail_msg("%s %s: %d %.*s", method, path, response.status, STR_ARG(response.body));
    return arena_copy(&shop->arena, response.body).p;
}

/* ---- running ---- */

static void on_change(void *context, const struct sync_change *change)
{
    struct shop *shop = context;

    buf_printf(&shop->changes, "%s %.*s", change->action, STR_ARG(change->subject));
    if (change->field.n > 0)
        buf_printf(&shop->changes, " %.*s: %.*s ->", STR_ARG(change->field), STR_ARG(change->old_value));
    buf_printf(&shop->changes, " %.*s\n", STR_ARG(change->new_value));
}

int shop_try_sync(struct shop *shop, enum sync_flow flow, bool dry_run, struct sync_result *ret)
{
    const struct sync_environment environment = {
        .db = shop->db, .company = &shop->company, .seal_key = &shop->seal_key, .clock = &shop->clock, .random = &system_random,
        .transport = make_transport, .transport_context = shop, .on_change = on_change, .context = shop,
    };
    const struct sync_options options = {.dry_run = dry_run, .has_only = true, .only = flow};

    for (int i = 0; i < 2; i++) { /* so that an empty text is one */
        buf_append_char(i == 0 ? &shop->requests : &shop->changes, '\n');
        buf_reset(i == 0 ? &shop->requests : &shop->changes);
    }
    return sync_run(&environment, &shop->link, &options, ret, &shop->err);
}

struct article_counts shop_sync(struct shop *shop, enum sync_flow flow, bool dry_run)
{
    struct sync_result result;

    check(shop, shop_try_sync(shop, flow, dry_run, &result));
    const struct article_counts counts = flow == FLOW_ARTICLES_IN ? result.articles_in : result.articles_out;
    assert_int_equal(counts.read, counts.created + counts.updated + counts.unchanged + counts.skipped + counts.anomalies);
    return counts;
}

/* ---- looking ---- */

static void append_value(struct buf *out, struct db_rows *rows, int column, int kind)
{
    if (db_is_null(rows, column))
        buf_append_char(out, '-');
    else if (kind == 'i')
        buf_append_int(out, db_int(rows, column));
    else
        buf_append(out, db_text(rows, column));
}

/* The columns between SELECT and the first FROM; integers are those whose names say so. */
static int columns_of(const char *sql, char kinds[32])
{
    static const char *const numbers[] = {"_bp", "_e4", "_milli", "managed", "archived", "COUNT", "_id ", "_utc"};
    const char *end = strstr(sql, " FROM "), *p = sql + strlen("SELECT ");
    int count = 0;

    while (p < end) {
        const char *comma = memchr(p, ',', (size_t)(end - p));
        size_t n = (size_t)((comma ? comma : end) - p);

        kinds[count] = 't';
        for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
            if (memmem(p, n, numbers[i], strlen(numbers[i])))
                kinds[count] = 'i';
        count++;
        p += n + 1;
    }
    return count;
}

const char *shop_rows(struct shop *shop, const char *sql)
{
    char kinds[32];
    int count = columns_of(sql, kinds);
    DB_ROWS_AUTO rows = {0};
    BUF_AUTO text = {0};

    buf_append_z(&text, "");
    check(shop, db_query(shop->db, &rows, sql, &shop->err, DB_INT(shop->company.id)));
    while (db_next(&rows, &shop->err) > 0) {
        for (int i = 0; i < count; i++) {
            if (i > 0)
                buf_append_char(&text, '|');
            append_value(&text, &rows, i, kinds[i]);
        }
        buf_append_char(&text, '\n');
    }
    return arena_copy(&shop->arena, buf_str(&text)).p;
}

struct statement { struct shop *shop; const char *sql; };

static int exec_body(struct db *db, void *context, struct err *err)
{
    const struct statement *statement = context;

    return db_exec(db, statement->sql, err, DB_INT(statement->shop->company.id));
}

void shop_exec(struct shop *shop, const char *sql)
{
    struct statement statement = {shop, sql};

    check(shop, db_transact(shop->db, exec_body, &statement, &shop->err));
}
