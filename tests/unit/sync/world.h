/* world.h: what the tests of links and orders share: a fresh database for each test on either engine, a company, a clock that moves only when told, and a
 * till in memory that answers lists as the real one does: filter, order, limit, skip. PostgreSQL is tested when LIAISON_TEST_PG names a server. */
#ifndef TESTS_SYNC_WORLD_H
#define TESTS_SYNC_WORLD_H
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "sync/sync_int.h"

#define KEY "0123456789abcdef01234567"
/* 2026-01-30 10:00 UTC. */
#define NOON (INT64_C(1769767200) * CIVIL_SECOND)

enum { SALES_MAX = 3000, QUEUE_MAX = HTTP_IN_FLIGHT_MAX };

struct till_sale {
    int id;
    int64_t closed_utc, updated_utc;
    int64_t cents;
    const char *state;
    bool no_identity;
};

struct world {
    struct db *db;
    char folder[200], url[512];
    bool postgresql;
    struct arena arena;
    struct err err;
    struct company company;
    struct seal_key seal_key;
    int64_t now_utc;
    uint64_t random;
    /* the till */
    struct till_sale sales[SALES_MAX];
    int sale_count;
    int articles, categories;
    int limit_max;                 /* it silently lowers the limit to this; 0: not */
    bool no_order, no_filter, no_skip;
    int status_at, status;         /* the Nth request for sales answers this status, once */
    int cut_at;                    /* from the Nth on, answers are cut (every attempt) */
    int hook_at;                   /* before the Nth request for sales */
    void (*hook)(struct world *world);
    int sale_requests;
    bool unreachable, refuse_key, html;
    int answer_takes_ms;           /* each of them */
    /* the transport */
    struct { uint64_t tag; char url[1024]; bool key_right; } queue[QUEUE_MAX];
    int queued;
    struct buf body;
    struct arena page;
    /* what was told */
    int documents_told;
    int64_t cents_told;
    struct sync_environment environment;
};

/* Fails the test with the text of the error. */
#define assert_ok(world, call) \
    do { \
        if ((call) < 0) { \
            BUF_AUTO text_ = {0}; \
            err_format(&(world)->err, &text_); \
            fail_msg("%s: %s", #call, text_.p); \
        } \
    } while (0)
/* The call refuses with this code, its text holds `part`, and the world may go on. */
#define assert_refused(world, expected_code, part, call) \
    do { \
        BUF_AUTO text_ = {0}; \
        assert_int_equal((call), (expected_code)); \
        assert_int_equal((world)->err.code, (expected_code)); \
        err_format(&(world)->err, &text_); \
        if (!strstr(text_.p, part)) \
            fail_msg("“%s” is not in: %s", part, text_.p); \
        assert_null(strstr(text_.p, KEY)); \
        err_clear(&(world)->err); \
    } while (0)
#define assert_str(actual, literal) \
    do { \
        const struct str actual_ = (actual); \
        assert_int_equal(actual_.n, sizeof(literal) - 1); \
        assert_memory_equal(actual_.p, literal, sizeof(literal) - 1); \
    } while (0)
/* A number that one statement gives; the test fails when it gives none. */
#define number_of(world, sql) number_of_(world, sql, __LINE__)
static inline int64_t number_of_(struct world *world, const char *sql, int line)
{
    int64_t value = 0;
    if (db_query_int(world->db, &value, sql, &world->err, DB_INT(world->company.id)) != 1)
        fail_msg("line %d: no number from %s", line, sql);
    return value;
}

/* ---- clock, randomness ---- */

static inline int64_t world_now(void *context)
{
    return ((struct world *)context)->now_utc;
}

static inline int world_sleep(void *context, int64_t ms)
{
    ((struct world *)context)->now_utc += ms * 1000;
    return OK;
}

static inline void world_fill(void *context, void *bytes, size_t n)
{
    struct world *world = context;
    for (size_t i = 0; i < n; i++) {
        world->random = world->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        ((unsigned char *)bytes)[i] = (unsigned char)(world->random >> 56);
    }
}

/* ---- the till ---- */

static inline void add_sale(struct world *world, int id, int64_t closed_utc)
{
    assert_true(world->sale_count < SALES_MAX);
    world->sales[world->sale_count++] = (struct till_sale){.id = id, .closed_utc = closed_utc, .updated_utc = closed_utc, .cents = 100 + id, .state = "paid"};
}

static inline struct till_sale *sale_by_id(struct world *world, int id)
{
    for (int i = 0; i < world->sale_count; i++)
        if (world->sales[i].id == id)
            return &world->sales[i];
    fail_msg("no sale %d", id);
    return NULL;
}

static inline void append_sale(struct buf *out, const struct till_sale *sale)
{
    BUF_AUTO closed = {0};
    BUF_AUTO updated = {0};
    BUF_AUTO total = {0};
    instant_append(&closed, sale->closed_utc);
    instant_append(&updated, sale->updated_utc);
    buf_printf(&total, "%d.%02d", (int)(sale->cents / 100), (int)(sale->cents % 100));
    buf_append_z(out, "{");
    if (!sale->no_identity)
        buf_printf(out, "\"_id\":\"%024d\",", sale->id);
    buf_printf(out, "\"number\":\"%d\",\"state\":\"%s\",\"closed_at\":\"%s\",\"updated_at\":\"%s\",\"test\":false,\"deprecated\":false,\"customer\":null,", sale->id, sale->state,
               closed.p, updated.p);
    buf_printf(out, "\"lines\":[{\"article_id\":null,\"name\":\"Divers\",\"quantity\":1,\"unit\":\"\",\"unit_price\":%s,\"discount\":0,\"total\":%s,\"tax_rate\":20}],", total.p, total.p);
    buf_printf(out, "\"total\":%s,\"tip\":0,\"payments\":[{\"_id\":\"p%d\",\"type\":\"cash\",\"label\":\"Espèces\",\"amount\":%s,\"paid_at\":\"%s\"}],\"refund_of\":null}", total.p,
               sale->id, total.p, closed.p);
}

static inline int64_t parameter(struct str query, const char *name, int64_t otherwise)
{
    struct str pair, key, value;
    int64_t number;
    bool more;
    do {
        more = str_cut(query, '&', &pair, &query);
        str_cut(pair, '=', &key, &value);
        if (str_equal(key, str_from(name)) && str_parse_u63(value, &number))
            return number;
    } while (more);
    return otherwise;
}

struct till_window { bool by_change; int64_t from_utc, to_utc; };

static inline struct till_window window_of(struct world *world, struct str query)
{
    struct till_window window = {.from_utc = INT64_MIN, .to_utc = INT64_MAX};
    struct str pair, key, value, term, field;
    bool more, more_terms;
    do {
        more = str_cut(query, '&', &pair, &query);
        str_cut(pair, '=', &key, &value);
        if (!str_equal(key, STR("filter")))
            continue;
        value = http_decode(&world->page, value, false);
        do {
            more_terms = str_cut(value, '&', &term, &value);
            struct str limit;
            assert_true(str_cut(term, '=', &field, &limit));
            int64_t *end = str_ends_with(field, STR("[gte]")) ? &window.from_utc : &window.to_utc;
            assert_true(instant_parse(limit, end));
            window.by_change = str_starts_with(field, STR("updated_at"));
        } while (more_terms);
    } while (more);
    return window;
}

static bool order_by_change;
static inline int compare_sales(const void *a, const void *b)
{
    const struct till_sale *left = *(const struct till_sale *const *)a, *right = *(const struct till_sale *const *)b;
    int64_t l = order_by_change ? left->updated_utc : left->closed_utc, r = order_by_change ? right->updated_utc : right->closed_utc;
    if (l != r)
        return l < r ? -1 : 1;
    /* Ties in an order that is neither that of ids nor that of insertion. */
    return (left->id * 7919) % 10007 - (right->id * 7919) % 10007;
}

static inline void answer_sales(struct world *world, struct str query)
{
    static const struct till_sale *found[SALES_MAX];
    struct till_window window = window_of(world, query);
    int64_t limit = parameter(query, "limit", 10), skip = world->no_skip ? 0 : parameter(query, "skip", 0);
    int count = 0;
    for (int i = 0; i < world->sale_count; i++) {
        const struct till_sale *sale = &world->sales[i];
        int64_t at_utc = window.by_change ? sale->updated_utc : sale->closed_utc;
        if (world->no_filter || (at_utc >= window.from_utc && at_utc < window.to_utc))
            found[count++] = sale;
    }
    order_by_change = window.by_change;
    if (!world->no_order)
        qsort(found, (size_t)count, sizeof *found, compare_sales);
    if (world->limit_max && limit > world->limit_max)
        limit = world->limit_max;
    buf_append_char(&world->body, '[');
    for (int64_t i = skip; i < count && i < skip + limit; i++) {
        if (i > skip)
            buf_append_char(&world->body, ',');
        append_sale(&world->body, found[i]);
    }
    buf_append_char(&world->body, ']');
}

static inline void answer_records(struct world *world, struct str query, int total)
{
    int64_t limit = parameter(query, "limit", 10), skip = parameter(query, "skip", 0);
    buf_append_char(&world->body, '[');
    for (int64_t i = skip; i < total && i < skip + limit; i++)
        buf_printf(&world->body, "%s{\"_id\":\"%024lld\"}", i > skip ? "," : "", (long long)i);
    buf_append_char(&world->body, ']');
}

static inline void answer(struct world *world, const char *url, bool key_right, struct http_response *ret)
{
    struct str path, query;
    buf_reset(&world->body);
    arena_reset(&world->page);
    str_cut(str_from(strstr(url, "/v1/")), '?', &path, &query);
    ret->status = 200;
    if (!key_right || world->refuse_key) {
        ret->status = 401;
        buf_append_z(&world->body, "{\"statusCode\":401,\"error\":\"Unauthorized\",\"message\":\"no\"}");
    } else if (str_equal(path, STR("/v1/account/account"))) {
        buf_append_z(&world->body, "{\"_id\":\"A\",\"nodes\":[{\"_id\":\"N\"}],\"companies\":[{\"_id\":\"C\",\"name\":\"Au bon café\"}],\"shops\":[{\"_id\":\"S\",\"name\":\"Boutique\"}],"
                                   "\"email\":\"a@example.org\"}");
    } else if (str_equal(path, STR("/v1/catalog/articles"))) {
        answer_records(world, query, world->articles);
    } else if (str_equal(path, STR("/v1/catalog/categories"))) {
        answer_records(world, query, world->categories);
    } else {
        assert_true(str_equal(path, STR("/v1/shop/orders")));
        world->sale_requests++;
        if (world->hook && world->sale_requests == world->hook_at)
            world->hook(world);
        answer_sales(world, query);
        if (world->status && world->sale_requests == world->status_at)
            ret->status = world->status;
        ret->truncated = world->cut_at && world->sale_requests >= world->cut_at;
    }
    if (ret->truncated)
        world->body.n /= 2;
}

static inline int transport_submit(void *context, const struct http_request *request, uint64_t tag, struct err *err)
{
    struct world *world = context;
    (void)err;
    assert_true(world->queued < QUEUE_MAX && request->url.n < sizeof world->queue[0].url);
    snprintf(world->queue[world->queued].url, sizeof world->queue[0].url, "%.*s", STR_ARG(request->url));
    world->queue[world->queued].tag = tag;
    world->queue[world->queued].key_right = false;
    for (size_t i = 0; i < request->header_count; i++)
        if (str_equal(request->headers[i].name, STR("x-api-key")))
            world->queue[world->queued].key_right = str_equal(request->headers[i].value, STR(KEY));
    world->queued++;
    return OK;
}

static inline int transport_wait(void *context, int64_t timeout_ms, struct http_response *ret, struct err *failure)
{
    struct world *world = context;
    if (world->queued == 0) {
        world->now_utc += timeout_ms * 1000;
        return 0;
    }
    *ret = (struct http_response){.tag = world->queue[0].tag, .retry_after_ms = -1, .content_type = world->html ? STR("text/html") : STR("application/json; charset=utf-8")};
    if (world->unreachable)
        err_set(failure, ERR_TILL, N_("no answer from %s"), "the till of the test");
    else
        answer(world, world->queue[0].url, world->queue[0].key_right, ret);
    ret->body = buf_str(&world->body);
    world->now_utc += world->answer_takes_ms * INT64_C(1000);
    world->queued--;
    memmove(world->queue, world->queue + 1, (size_t)world->queued * sizeof world->queue[0]);
    return 1;
}

static inline void transport_free(void *context)
{
    ((struct world *)context)->queued = 0;
}

static inline int transport_make(void *context, struct http_transport *ret, struct err *err)
{
    (void)err;
    *ret = (struct http_transport){.submit = transport_submit, .wait = transport_wait, .free = transport_free, .context = context};
    return OK;
}

static inline void on_change(void *context, const struct sync_change *change)
{
    struct world *world = context;
    int64_t cents = 0, euros = 0;
    struct str whole, part;
    assert_string_equal(change->action, "document");
    assert_str(change->field, "total");
    assert_true(str_cut(change->new_value, '.', &whole, &part) && str_parse_u63(whole, &euros) && str_parse_u63(part, &cents) && part.n == 2);
    world->documents_told++;
    world->cents_told += 100 * euros + cents;
}

/* ---- the database ---- */

static const struct clock *world_clock(struct world *world)
{
    static struct clock clock;
    clock = (struct clock){.now_utc = world_now, .sleep_ms = world_sleep, .context = world};
    return &clock;
}

static const struct random_source *world_source(struct world *world)
{
    static struct random_source source;
    source = (struct random_source){.fill = world_fill, .context = world};
    return &source;
}

static inline int world_begin(struct world *world)
{
    const struct db_options options = {.create = true};
    world->now_utc = NOON;
    if (hash_init(&world->err) < 0 || db_open(&world->db, str_from(world->url), &options, &world->err) < 0)
        return -1;
    if (world->postgresql) {
        char script[256];
        snprintf(script, sizeof script, "DROP SCHEMA IF EXISTS %s CASCADE; CREATE SCHEMA %s", program_invocation_short_name, program_invocation_short_name);
        if (db_run_script(world->db, script, &world->err) < 0)
            return -1;
    }
    if (db_migrate(world->db, NULL, NULL, &world->err) < 0)
        return -1;
    world_fill(world, world->seal_key.bytes, sizeof world->seal_key.bytes);
    world->environment = (struct sync_environment){
        .db = world->db, .company = &world->company, .seal_key = &world->seal_key, .clock = world_clock(world), .random = world_source(world),
        .transport = transport_make, .transport_context = world, .on_change = on_change, .context = world,
    };
    return 0;
}

/* Another one first, so that a company is not taken for a link of the same number. */
static int make_company(struct db *db, void *context, struct err *err)
{
    int64_t id;
    (void)context;
    int rc = company_create(db, STR("Une autre"), STR_NULL, STR("Europe/Paris"), NOON, &id, err);
    return rc < 0 ? rc : company_create(db, STR("Épicerie Test"), STR("732829320"), STR("Europe/Paris"), NOON, &id, err);
}

static inline int world_setup(void **state, bool postgresql)
{
    struct world *world = mem_alloc_zero(1, sizeof *world);
    const char *base = getenv("TMPDIR");
    *state = world;
    if (!world)
        return -1;
    world->postgresql = postgresql;
    if (postgresql) {
        snprintf(world->url, sizeof world->url, "%s?options=-csearch_path%%3D%s", getenv("LIAISON_TEST_PG"), program_invocation_short_name);
    } else {
        snprintf(world->folder, sizeof world->folder, "%s/liaison-sync.XXXXXX", base ? base : P_tmpdir);
        if (!mkdtemp(world->folder))
            return -1;
        snprintf(world->url, sizeof world->url, "sqlite:%s/test.db", world->folder);
    }
    if (world_begin(world) < 0 || db_transact(world->db, make_company, NULL, &world->err) < 0 ||
        company_open(world->db, &world->arena, STR("Épicerie Test"), &world->company, &world->err) < 0) {
        BUF_AUTO text = {0};
        err_format(&world->err, &text);
        print_error("setup: %s\n", text.p);
        return -1;
    }
    return 0;
}

static int sqlite_setup(void **state)
{
    return world_setup(state, false);
}

static int postgresql_setup(void **state)
{
    return world_setup(state, true);
}

static int world_teardown(void **state)
{
    static const char *const files[] = {"test.db", "test.db-wal", "test.db-shm"};
    struct world *world = *state;
    char path[300];
    company_release(&world->company);
    db_close(world->db);
    if (world->folder[0]) {
        for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
            snprintf(path, sizeof path, "%s/%s", world->folder, files[i]);
            unlink(path);
        }
        rmdir(world->folder);
    }
    buf_release(&world->body);
    arena_release(&world->page);
    arena_release(&world->arena);
    mem_free(world);
    return 0;
}

/* ---- links ---- */

struct making { const struct world *world; const struct link_options *options; struct str key; int64_t id; };

static int make_link_body(struct db *db, void *context, struct err *err)
{
    struct making *making = context;
    return link_create(db, making->world->company.id, making->options, making->key, &making->world->seal_key, making->world->environment.random, &making->id, err);
}

static inline struct link_options shop_options(void)
{
    struct link_options options = link_default_options;
    options.name = STR("Boutique");
    options.url = STR("https://till.example.org");
    options.import_articles = false;
    return options;
}

static inline int try_link(struct world *world, const struct link_options *options, struct str key, int64_t *ret_id)
{
    struct making making = {.world = world, .options = options, .key = key};
    int rc = db_transact(world->db, make_link_body, &making, &world->err);
    if (rc == OK)
        *ret_id = making.id;
    return rc;
}

static inline struct link make_link(struct world *world, const struct link_options *options)
{
    struct link link;
    int64_t id;
    assert_ok(world, try_link(world, options, STR(KEY), &id));
    assert_ok(world, link_open(world->db, world->company.id, &world->arena, options->name, &link, &world->err));
    assert_int_equal(link.id, id);
    return link;
}

static inline struct link plain_link(struct world *world)
{
    const struct link_options options = shop_options();
    return make_link(world, &options);
}

/* Runs every test on SQLite, and on PostgreSQL when there is a server. */
static inline int run_on_engines(const struct CMUnitTest *tests, size_t count)
{
    struct CMUnitTest engine[2][64];
    assert_true(count <= 64);
    for (size_t i = 0; i < count; i++) {
        engine[0][i] = engine[1][i] = tests[i];
        engine[0][i].setup_func = sqlite_setup;
        engine[1][i].setup_func = postgresql_setup;
        engine[0][i].teardown_func = engine[1][i].teardown_func = world_teardown;
    }
    int failed = _cmocka_run_group_tests("sqlite", engine[0], count, NULL, NULL);
    if (getenv("LIAISON_TEST_PG"))
        failed += _cmocka_run_group_tests("postgresql", engine[1], count, NULL, NULL);
    return failed;
}
#endif
