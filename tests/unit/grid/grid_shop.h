/* grid_shop.h: a small shop with one link for the tests of the grid: sales built by hand, received as records whose body names the sale, staged, validated,
 * and what the tables say afterwards. Each test has a company of its own (tests/unit/books/engines.h). Private to tests/unit/grid. */
#ifndef TESTS_GRID_GRID_SHOP_H
#define TESTS_GRID_GRID_SHOP_H
#include "../books/engines.h"
#include "base/money.h"
#include "base/text.h"
#include "grid/grid.h"

enum { LINK = 1, PARTS_MAX = 12, BODIES_MAX = 4096 };
enum { TODAY = 20483 }; /* 2026-01-30, the day of test_now_utc */

struct grid_shop {
    struct fixture *f;
    struct company company;
    struct grid_rules rules;
    struct grid_session *session;
};

/* What a till would send: a body "17" stands for the 17th sale that was received. */
static struct sale bodies[BODIES_MAX];
static size_t body_count;

static int read_body(void *context, struct str body, struct arena *arena, struct sale *ret, struct err *err)
{
    (void)context, (void)arena, (void)err;
    int64_t index = 0;
    assert_true(str_parse_u63(body, &index) && (size_t)index < body_count);
    *ret = bodies[index];
    return OK;
}

static inline void shop_session(struct grid_shop *shop)
{
    struct fixture *f = shop->f;
    grid_session_free(shop->session);
    shop->session = NULL;
    assert_ok(f, grid_session_new(&shop->session, f->db, &shop->company, &shop->rules, test_now_utc, 7, &f->err));
}

static inline void shop_article(struct grid_shop *shop, const char *code, int64_t rate_bp, bool stock_managed)
{
    struct fixture *f = shop->f;
    struct article article = {.code = str_from(code), .label = STR("Article"), .unit = STR(""), .rate_bp = rate_bp, .stock_managed = stock_managed};
    assert_int_equal(tax_find_by_rate(f->db, f->company_id, rate_bp, &article.tax_id, &f->err), 1);
    assert_ok(f, db_reserve_ids(f->db, f->company_id, "article", 1, &article.id, &f->err));
    assert_ok(f, article_insert(f->db, f->company_id, &article, test_now_utc, &f->err));
}

static inline void shop_open(struct grid_shop *shop, struct fixture *f)
{
    static const char INSERT_LINK[] =
        "INSERT INTO link (company_id, link_id, name, url, sealed_key, profile, import_articles, export_articles, import_orders, document, numbers,"
        " auto_validate, unknown_article, unknown_customer, negative_stock, overlap_minutes)"
        " VALUES ($1, $2, 'caisse; 1', 'http://127.0.0.1', $3, 'tactill-v4', 1, 0, 1, 'invoice', 'keep', 0, 'refuse', 'create', 'allow', 0)";
    *shop = (struct grid_shop){.f = f, .rules = grid_default_rules};
    shop->rules.link_id = LINK;
    assert_ok(f, company_open(f->db, &f->arena, STR("Épicerie Test"), &shop->company, &f->err));
    assert_ok(f, db_exec(f->db, INSERT_LINK, &f->err, DB_INT(f->company_id), DB_INT(LINK), DB_BLOB(STR("key"))));
    shop_article(shop, "PAIN", 550, false);
    shop_article(shop, "VIN", 2000, true);
    shop_article(shop, "MENU", 1000, false);
    shop_session(shop);
    body_count = 0;
}

static inline void shop_close(struct grid_shop *shop)
{
    grid_session_free(shop->session);
    company_release(&shop->company);
}

/* ---- sales ---- */

__attribute__((format(printf, 2, 3))) static inline struct str text(struct grid_shop *shop, const char *format, ...)
{
    char line[96];
    va_list values;

    va_start(values, format);
    vsnprintf(line, sizeof line, format, values);
    va_end(values);
    struct str copy = arena_copy(&shop->f->arena, str_from(line));
    assert_non_null(copy.p);
    return copy;
}

/* Closed this morning; the serial is its ticket number and names it "t-SERIAL". */
static inline struct sale *sale_new(struct grid_shop *shop, int64_t serial)
{
    struct sale *sale = arena_alloc(&shop->f->arena, sizeof *sale);
    assert_non_null(sale);
    *sale = (struct sale){.id = text(shop, "t-%" PRId64, serial), .number = text(shop, "%" PRId64, serial), .state = SALE_PAID, .has_closed_utc = true,
                          .closed_utc = test_now_utc - CIVIL_HOUR,
                          .lines = arena_array(&shop->f->arena, PARTS_MAX, sizeof *sale->lines), .taxes = arena_array(&shop->f->arena, PARTS_MAX, sizeof *sale->taxes),
                          .payments = arena_array(&shop->f->arena, PARTS_MAX, sizeof *sale->payments), .faults = arena_array(&shop->f->arena, 1, sizeof *sale->faults)};
    return sale;
}

static inline struct sale_line *sale_line(struct sale *sale, const char *reference, int64_t quantity_milli, int64_t total_cents, int64_t rate_bp)
{
    assert_true(sale->line_count < PARTS_MAX);
    struct sale_line *line = &sale->lines[sale->line_count++];
    *line = (struct sale_line){.reference = str_from(reference), .label = STR("Article"), .unit = STR("kg"), .quantity_milli = quantity_milli,
                               .unit_price_e4 = quantity_milli ? total_cents * 100000 / quantity_milli : 0, .total_cents = total_cents, .has_rate = true, .rate_bp = rate_bp};
    sale->total_cents += total_cents;
    return line;
}

static inline struct sale_payment *sale_pay(struct grid_shop *shop, struct sale *sale, const char *type, int64_t amount_cents)
{
    char id[128];
    assert_true(sale->payment_count < PARTS_MAX);
    snprintf(id, sizeof id, "%.*s-p%zu", STR_ARG(sale->id), sale->payment_count + 1);
    struct sale_payment *payment = &sale->payments[sale->payment_count++];
    *payment = (struct sale_payment){.id = arena_copy(&shop->f->arena, str_from(id)), .type = str_from(type), .label = STR(""), .amount_cents = amount_cents,
                                     .has_paid_utc = true, .paid_utc = sale->closed_utc};
    return payment;
}

/* One bottle, paid in cash. */
static inline struct sale *sale_simple(struct grid_shop *shop, int64_t serial, int64_t total_cents)
{
    struct sale *sale = sale_new(shop, serial);
    sale_line(sale, "VIN", 1000, total_cents, 2000);
    sale_pay(shop, sale, "cash", total_cents);
    return sale;
}

/* The same sale at another time: its own arrays, so that a version may be changed. */
static inline struct sale *sale_copy(struct grid_shop *shop, const struct sale *sale)
{
    struct sale *copy = sale_new(shop, 0);
    struct sale arrays = *copy;
    *copy = *sale;
    copy->lines = arrays.lines, copy->taxes = arrays.taxes, copy->payments = arrays.payments, copy->faults = arrays.faults;
    memcpy(copy->lines, sale->lines, sale->line_count * sizeof *sale->lines);
    memcpy(copy->taxes, sale->taxes, sale->tax_count * sizeof *sale->taxes);
    memcpy(copy->payments, sale->payments, sale->payment_count * sizeof *sale->payments);
    memcpy(copy->faults, sale->faults, sale->fault_count * sizeof *sale->faults);
    return copy;
}

/* A whole refund of a sale, under a serial of its own. */
static inline struct sale *sale_refund(struct grid_shop *shop, int64_t serial, const struct sale *origin)
{
    struct sale *refund = sale_copy(shop, origin);
    refund->id = text(shop, "t-%" PRId64, serial);
    refund->number = text(shop, "%" PRId64, serial);
    refund->is_refund = true;
    refund->refund_of = origin->id;
    refund->total_cents = -refund->total_cents;
    for (size_t i = 0; i < refund->line_count; i++) {
        refund->lines[i].total_cents = -refund->lines[i].total_cents;
        refund->lines[i].quantity_milli = -refund->lines[i].quantity_milli;
    }
    for (size_t i = 0; i < refund->payment_count; i++) {
        refund->payments[i].amount_cents = -refund->payments[i].amount_cents;
        refund->payments[i].id = text(shop, "t-%" PRId64 "-back", serial * 100 + (int64_t)i);
    }
    return refund;
}

/* ---- the road ---- */

static inline enum grid_seen receive(struct grid_shop *shop, const struct sale *sale)
{
    struct fixture *f = shop->f;
    enum grid_seen seen = GRID_UNCHANGED;
    assert_true(body_count < BODIES_MAX);
    bodies[body_count] = *sale;
    struct grid_record record = {.id = sale->id, .body = text(shop, "%" PRId64, (int64_t)body_count)};
    sha256(record.body, record.fingerprint);
    body_count++;
    assert_ok(f, grid_receive(f->db, f->company_id, shop->rules.link_id, 7, test_now_utc, &record, 1, &seen, &f->err));
    return seen;
}

struct staging_seen { int staged, replaced, skipped, correction; const char *reason; };
static int count_outcome(void *context, struct str till_sale_id, enum grid_outcome outcome, const char *reason, struct err *err)
{
    (void)till_sale_id, (void)err;
    struct staging_seen *seen = context;
    seen->staged += outcome == GRID_STAGED;
    seen->replaced += outcome == GRID_REPLACED;
    seen->skipped += outcome == GRID_SKIPPED;
    seen->correction += outcome == GRID_CORRECTION;
    if (reason)
        seen->reason = reason;
    return OK;
}

static inline struct staging_seen stage_all(struct grid_shop *shop)
{
    struct fixture *f = shop->f;
    struct staging_seen seen = {0};
    int64_t count = 1;
    while (count)
        assert_ok(f, grid_stage_received(shop->session, 100, read_body, NULL, count_outcome, &seen, &count, &f->err));
    return seen;
}

static inline struct staging_seen bring_in(struct grid_shop *shop, const struct sale *sale)
{
    receive(shop, sale);
    return stage_all(shop);
}

/* In a session of its own, as each command has. */
static inline struct grid_validation validate(struct grid_shop *shop)
{
    struct fixture *f = shop->f;
    struct grid_validation counts = {0};
    shop_session(shop);
    assert_ok(f, grid_validate(shop->session, NULL, 0, NULL, NULL, &counts, &f->err));
    return counts;
}

/* ---- what the tables say ---- */

#define count_of(shop, table_and_condition) \
    query_number((shop)->f, "SELECT COUNT(*) FROM " table_and_condition " AND company_id = $1", DB_INT((shop)->f->company_id))
#define sum_of(shop, expression, table_and_condition) \
    query_number((shop)->f, "SELECT COALESCE(CAST(SUM(" expression ") AS BIGINT), 0) FROM " table_and_condition " AND company_id = $1", DB_INT((shop)->f->company_id))

static inline int64_t grid_id(struct grid_shop *shop, struct str name)
{
    int64_t id = 0;
    assert_ok(shop->f, grid_find(shop->f->db, shop->f->company_id, name, &id, &shop->f->err));
    return id;
}

static inline struct grid_content grid_content_of(struct grid_shop *shop, struct str name)
{
    struct grid_content content = {0};
    assert_ok(shop->f, grid_load(shop->f->db, shop->f->company_id, grid_id(shop, name), &shop->f->arena, &content, &shop->f->err));
    return content;
}

static inline int64_t has_anomaly(struct grid_shop *shop, struct str till_sale_id, const char *code)
{
    static const char COUNT_ANOMALIES[] = "SELECT COUNT(*) FROM anomaly WHERE company_id = $1 AND subject_kind = 'sale' AND subject = $2 AND code = $3";
    return query_number(shop->f, COUNT_ANOMALIES, DB_INT(shop->f->company_id), DB_STR(till_sale_id), DB_STR(str_from(code)));
}

static inline struct str register_state(struct grid_shop *shop, struct str till_sale_id)
{
    static const char SELECT_STATE[] = "SELECT state FROM sale WHERE company_id = $1 AND till_sale_id = $2";
    struct str state = STR_NULL;
    assert_ok(shop->f, db_query_text(shop->f->db, &shop->f->arena, &state, SELECT_STATE, &shop->f->err, DB_INT(shop->f->company_id), DB_STR(till_sale_id)));
    return state;
}

static inline void edit(struct grid_shop *shop, struct str sale, const char *field, const char *value)
{
    struct fixture *f = shop->f;
    assert_ok(f, grid_edit(f->db, &shop->company, grid_id(shop, sale), str_from(field), str_from(value), &f->err));
}

static inline void accept_sale(struct grid_shop *shop, struct str sale)
{
    assert_ok(shop->f, grid_accept(shop->f->db, shop->f->company_id, grid_id(shop, sale), &shop->f->err));
}

/* ---- a fixed-seed generator (xorshift64*) ---- */

static uint64_t random_state;
static inline int64_t random_between(int64_t low, int64_t high)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return low + (int64_t)((random_state * UINT64_C(2685821657736338717)) >> 11) % (high - low + 1);
}
#endif
