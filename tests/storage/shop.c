/* shop.c: see shop.h. */
#include "storage/shop.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/report.h"

#define KEY "0123456789abcdef01234567"
/* 2026-01-30 10:00 UTC. */
#define BEGIN (INT64_C(1769767200) * CIVIL_SECOND)
enum { PAGE_MAX = 6 /* the till lowers every limit to it */, LEASE_GONE_MINUTES = 10 /* a run whose process died holds the link no longer */ };

/* ---- the till's sales ---- */

/* Members that differ from sale to sale; the rest is the same for all. */
struct sale_record {
    int id, minutes_ago;
    const char *state, *customer, *lines, *total, *tip, *payments, *refund_of;
};
#define LINE(reference, label, quantity, price, total, rate) \
    "{\"article_id\":null,\"reference\":" reference ",\"name\":\"" label "\",\"quantity\":" quantity ",\"unit\":\"\",\"unit_price\":" price \
    ",\"discount\":0,\"total\":" total ",\"tax_rate\":" rate "}"
#define COFFEE(quantity, total) LINE("\"CAF\"", "Café", quantity, "4.20", total, "5.5")
#define CUP(quantity, total) LINE("\"TAS\"", "Tasse", quantity, "12.00", total, "20")
#define OTHER(total) LINE("null", "Divers", "1", total, total, "20")
#define PAID(id, type, amount) "{\"_id\":\"p" id "\",\"type\":\"" type "\",\"label\":\"" type "\",\"amount\":" amount ",\"paid_at\":null}"
#define DURAND \
    "{\"_id\":\"0000000000000000000000c1\",\"company_name\":null,\"last_name\":\"Durand\",\"first_name\":\"Zoé\",\"email\":null,\"phone\":null,\"address\":null," \
    "\"zipcode\":null,\"city\":null,\"country\":null,\"vat_number\":null}"

static const struct sale_record SALES[] = {
    {1, 9000, "paid", "null", COFFEE("2", "8.40"), "8.40", "0", PAID("1", "cash", "8.40"), NULL},
    {2, 8990, "paid", "null", CUP("1", "12.00") "," COFFEE("1", "4.20"), "16.20", "0", PAID("2a", "cash", "20.00") "," PAID("2b", "cash", "-3.80"), NULL},
    {3, 8000, "paid", DURAND, OTHER("7.50"), "7.50", "1.50", PAID("3a", "card", "5.00") "," PAID("3b", "cash", "4.00"), NULL},
    {4, 7990, "cancelled", "null", OTHER("3.00"), "3.00", "0", PAID("4", "cash", "3.00"), NULL},
    {5, 7980, "paid", "null", COFFEE("3", "12.60"), "12.60", "0", PAID("5", "card", "12.60"), NULL},
    {6, 7980, "paid", "null", CUP("2", "24.00"), "24.00", "0", PAID("6", "card", "24.00"), NULL},
    {7, 7980, "paid", "null", OTHER("1.00") "," OTHER("2.00"), "3.00", "0", PAID("7", "cash", "3.00"), NULL},
    {8, 6500, "paid", "null", CUP("-2", "-24.00"), "-24.00", "0", PAID("8", "card", "-24.00"), "6"},
    {9, 6400, "paid", "null", OTHER("9.00"), "9.00", "0", PAID("9", "strange", "9.00"), NULL},                 /* a means that nobody mapped */
    {10, 6300, "paid", "null", COFFEE("1", "4.20"), "5.20", "0", PAID("10", "cash", "5.20"), NULL},              /* a total that its lines do not give */
    {11, 5000, "paid", DURAND, COFFEE("10", "42.00") "," CUP("1", "12.00"), "54.00", "0", PAID("11", "check", "54.00"), NULL},
    {12, 4000, "paid", "null", LINE("\"XYZ\"", "Inconnu", "1", "2.00", "2.00", "20"), "2.00", "0", PAID("12", "cash", "2.00"), NULL}, /* an article unknown here */
    {13, 3000, "open", "null", OTHER("3.00"), "3.00", "0", "", NULL},
    {14, 2000, "paid", "null", OTHER("0.05"), "0.05", "0", PAID("14", "cash", "0.05"), NULL},
    {15, 1000, "paid", "null", COFFEE("1", "4.20") "," OTHER("5.80"), "10.00", "0", PAID("15a", "meal_voucher", "9.00") "," PAID("15b", "cash", "1.00"), NULL},
    {16, 500, "paid", "null", CUP("1", "12.00"), "12.00", "0", PAID("16", "card", "12.00"), NULL},
    {17, 120, "paid", "null", OTHER("99.99"), "99.99", "0", PAID("17", "transfer", "99.99"), NULL},
};
enum { SALE_COUNT = sizeof SALES / sizeof SALES[0] };

static int64_t closed_utc(const struct sale_record *sale)
{
    return BEGIN - sale->minutes_ago * CIVIL_MINUTE;
}

static void append_sale(struct buf *out, const struct sale_record *sale)
{
    BUF_AUTO closed = {0};
    instant_append(&closed, closed_utc(sale));
    buf_printf(out, "{\"_id\":\"%024d\",\"number\":\"%d\",\"state\":\"%s\",\"closed_at\":\"%s\",\"updated_at\":\"%s\",\"test\":false,\"deprecated\":false,\"customer\":%s,",
               sale->id, sale->id, sale->state, closed.p, closed.p, sale->customer);
    buf_printf(out, "\"lines\":[%s],\"total\":%s,\"tip\":%s,\"payments\":[%s],\"refund_of\":", sale->lines, sale->total, sale->tip, sale->payments);
    if (sale->refund_of)
        buf_printf(out, "\"%024d\"}", atoi(sale->refund_of));
    else
        buf_append_z(out, "null}");
}

/* ---- the transport ---- */

struct window { int64_t from_utc, to_utc, limit, skip; };

static struct window window_of(struct str query)
{
    struct window window = {.from_utc = INT64_MIN, .to_utc = INT64_MAX, .limit = PAGE_MAX};
    ARENA_AUTO arena = {0};
    struct str pair, key, value, term, field;
    bool more, more_terms;
    do {
        more = str_cut(query, '&', &pair, &query);
        str_cut(pair, '=', &key, &value);
        if (str_equal(key, STR("skip")))
            (void)str_parse_u63(value, &window.skip);
        if (!str_equal(key, STR("filter")))
            continue;
        value = http_decode(&arena, value, false);
        do {
            more_terms = str_cut(value, '&', &term, &value);
            str_cut(term, '=', &field, &term);
            (void)instant_parse(term, str_ends_with(field, STR("[gte]")) ? &window.from_utc : &window.to_utc);
        } while (more_terms);
    } while (more);
    return window;
}

/* SALES is in the order of closing already; a sale's last change is its closing. */
static void answer_sales(struct shop *shop, struct str query)
{
    struct window window = window_of(query);
    int64_t place = 0;
    buf_append_char(&shop->body, '[');
    for (size_t i = 0; i < SALE_COUNT; i++) {
        if (closed_utc(&SALES[i]) < window.from_utc || closed_utc(&SALES[i]) >= window.to_utc)
            continue;
        if (place >= window.skip && place < window.skip + window.limit) {
            if (place > window.skip)
                buf_append_char(&shop->body, ',');
            append_sale(&shop->body, &SALES[i]);
        }
        place++;
    }
    buf_append_char(&shop->body, ']');
}

static void answer(struct shop *shop, const char *url)
{
    struct str path, query;
    buf_reset(&shop->body);
    str_cut(str_from(strstr(url, "/v1/")), '?', &path, &query);
    if (str_equal(path, STR("/v1/account/account"))) {
        buf_append_z(&shop->body, "{\"_id\":\"A\",\"nodes\":[{\"_id\":\"N\"}],\"companies\":[{\"_id\":\"C\",\"name\":\"C\"}],\"shops\":[{\"_id\":\"S\",\"name\":\"S\"}],"
                                  "\"email\":\"a@example.org\"}");
        return;
    }
    shop->requests++;
    if (shop->hook && (shop->hook_at == 0 || shop->requests == shop->hook_at))
        shop->hook(shop);
    answer_sales(shop, query);
}

static int transport_submit(void *context, const struct http_request *request, uint64_t tag, struct err *err)
{
    struct shop *shop = context;
    (void)err;
    snprintf(shop->queue[shop->queued].url, sizeof shop->queue[0].url, "%.*s", STR_ARG(request->url));
    shop->queue[shop->queued++].tag = tag;
    return OK;
}

static int transport_wait(void *context, int64_t timeout_ms, struct http_response *ret, struct err *failure)
{
    struct shop *shop = context;
    (void)failure;
    if (shop->queued == 0) {
        shop->now_utc += timeout_ms * 1000;
        return 0;
    }
    *ret = (struct http_response){.tag = shop->queue[0].tag, .status = 200, .retry_after_ms = -1, .content_type = STR("application/json; charset=utf-8")};
    answer(shop, shop->queue[0].url);
    ret->body = buf_str(&shop->body);
    shop->queued--;
    memmove(shop->queue, shop->queue + 1, shop->queued * sizeof shop->queue[0]);
    return 1;
}

static void transport_free(void *context)
{
    ((struct shop *)context)->queued = 0;
}

static int transport_make(void *context, struct http_transport *ret, struct err *err)
{
    (void)err;
    *ret = (struct http_transport){.submit = transport_submit, .wait = transport_wait, .free = transport_free, .context = context};
    return OK;
}

/* ---- clock and chance ---- */

static int64_t now_utc(void *context)
{
    return ((struct shop *)context)->now_utc;
}

static int sleep_ms(void *context, int64_t ms)
{
    ((struct shop *)context)->now_utc += ms * 1000;
    return OK;
}

static void fill(void *context, void *bytes, size_t n)
{
    (void)context;
    memset(bytes, 7, n);
}

static const struct random_source chance = {.fill = fill};

static const struct clock *clock_of(struct shop *shop)
{
    static struct clock clock;
    clock = (struct clock){.now_utc = now_utc, .sleep_ms = sleep_ms, .context = shop};
    return &clock;
}

/* ---- creation ---- */

static int create_company(struct db *db, void *context, struct err *err)
{
    struct shop *shop = context;
    int64_t id, found;
    int rc = db_query_int(db, &found, "SELECT company_id FROM company", err);
    if (rc != 0)
        return rc < 0 ? rc : OK;
    rc = company_create(db, STR("Épicerie Test"), STR("732829320"), STR("Europe/Paris"), shop->now_utc, &id, err);
    return rc == OK ? journal_seal(db, id, err) : rc;
}

static int create_article(struct shop *shop, struct db *db, struct str code, int64_t rate_bp, int64_t stock_milli, struct err *err)
{
    struct article article = {.code = code, .label = code, .unit = STR(""), .rate_bp = rate_bp, .has_price = true, .price_e4 = 42000, .stock_managed = true};
    int rc = tax_find_by_rate(db, shop->company.id, rate_bp, &article.tax_id, err);
    if (rc == 1)
        rc = db_reserve_ids(db, shop->company.id, "article", 1, &article.id, err);
    if (rc == OK)
        rc = article_insert(db, shop->company.id, &article, shop->now_utc, err);
    return rc == OK ? stock_count_set(db, shop->company.id, article.id, stock_milli, shop->now_utc, err) : rc;
}

static int create_link(struct db *db, void *context, struct err *err)
{
    struct shop *shop = context;
    struct link_options options = link_default_options;
    int64_t id;
    int rc = db_query_int(db, &id, "SELECT link_id FROM link", err);
    if (rc != 0)
        return rc < 0 ? rc : OK;
    options.name = STR("Boutique");
    options.url = STR("https://till.example.org");
    options.import_articles = false;
    options.auto_validate = true;
    options.numbers = NUMBERS_RENUMBER;
    rc = create_article(shop, db, STR("CAF"), 550, 100000, err);
    if (rc == OK)
        rc = create_article(shop, db, STR("TAS"), 2000, 20000, err);
    return rc == OK ? link_create(db, shop->company.id, &options, STR(KEY), &shop->seal_key, &chance, &id, err) : rc;
}

static int open_database(struct shop *shop, bool create)
{
    const struct db_options options = {.create = create};
    err_clear(&shop->err);
    int rc = db_open(&shop->db, STR("sqlite:" SHOP_PATH), &options, &shop->err);
    if (rc == OK)
        db_set_seal_key(shop->db, &shop->seal_key);
    return rc;
}

int shop_create(struct shop *shop)
{
    int rc = open_database(shop, true);
    if (rc == OK)
        rc = db_migrate(shop->db, NULL, NULL, &shop->err);
    if (rc == OK)
        rc = db_transact(shop->db, create_company, shop, &shop->err);
    if (rc == OK)
        rc = company_open(shop->db, &shop->arena, STR_NULL, &shop->company, &shop->err);
    if (rc == OK)
        rc = db_transact(shop->db, create_link, shop, &shop->err);
    shop_close(shop);
    return rc;
}

/* ---- use ---- */

void shop_init(struct shop *shop, struct disk *disk)
{
    *shop = (struct shop){.disk = disk, .now_utc = BEGIN};
    memset(shop->seal_key.bytes, 42, sizeof shop->seal_key.bytes);
    if (hash_init(&shop->err) != OK)
        abort();
}

void shop_release(struct shop *shop)
{
    buf_release(&shop->body);
}

int shop_open_database(struct shop *shop)
{
    return open_database(shop, false);
}

int shop_open(struct shop *shop)
{
    int rc = open_database(shop, false);
    if (rc == OK)
        rc = company_open(shop->db, &shop->arena, STR_NULL, &shop->company, &shop->err);
    if (rc == OK)
        rc = link_open(shop->db, shop->company.id, &shop->arena, STR("Boutique"), &shop->link, &shop->err);
    if (rc != OK) {
        shop_close(shop);
        return rc;
    }
    shop->requests = 0;
    shop->environment = (struct sync_environment){
        .db = shop->db, .company = &shop->company, .seal_key = &shop->seal_key, .clock = clock_of(shop), .random = &chance,
        .transport = transport_make, .transport_context = shop, .context = shop,
    };
    return OK;
}

void shop_close(struct shop *shop)
{
    company_release(&shop->company);
    shop->company = (struct company){0};
    db_close(shop->db);
    shop->db = NULL;
    arena_release(&shop->arena);
    shop->arena = (struct arena){0};
}

int shop_sync(struct shop *shop)
{
    const struct sync_options options = {.dry_run = false};
    struct sync_result result;
    shop->now_utc += LEASE_GONE_MINUTES * CIVIL_MINUTE;
    return sync_run(&shop->environment, &shop->link, &options, &result, &shop->err);
}

/* ---- looking ---- */

struct findings { struct buf *text; int count; };

static void add_finding(struct findings *findings, struct str text)
{
    findings->count++;
    buf_append(findings->text, text);
    buf_append_char(findings->text, '\n');
}

static void on_engine_finding(void *context, struct str finding)
{
    add_finding(context, finding);
}

static int on_broken_rule(void *context, struct str finding, struct err *err)
{
    (void)err;
    add_finding(context, finding);
    return OK;
}

static int check_journal(struct shop *shop, struct findings *findings)
{
    struct journal_verdict verdict = {0};
    int rc = journal_verify(shop->db, shop->company.id, &shop->arena, &verdict, &shop->err);
    if (rc == OK && verdict.bad_seq) {
        BUF_AUTO text = {0};
        buf_printf(&text, "journal record %lld (%.*s): %s", (long long)verdict.bad_seq, STR_ARG(verdict.subject), verdict.reason ? verdict.reason : "");
        add_finding(findings, buf_str(&text));
    }
    return rc;
}

/* As cmd_db.c does, down to the order; what it makes of a part that fails is left to the caller. */
int shop_check(struct shop *shop, struct buf *text)
{
    struct findings findings = {.text = text};
    int rc = db_check(shop->db, on_engine_finding, &findings, &shop->err);
    if (rc == OK && !shop->company.id)
        rc = company_open(shop->db, &shop->arena, STR_NULL, &shop->company, &shop->err);
    if (rc == OK)
        rc = check_journal(shop, &findings);
    if (rc == OK)
        rc = report_check(shop->db, shop->company.id, on_broken_rule, &findings, &shop->err);
    if (rc == OK)
        return findings.count;
    err_format(&shop->err, text);
    buf_append_char(text, '\n');
    return rc;
}

static const char *const DUMPED[] = {
    "SELECT 'company', company_id, name, siren, timezone, cutoff_minutes, closed_until FROM company ORDER BY 2",
    "SELECT 'counter', company_id, name, next_id FROM id_counter WHERE name <> 'run' ORDER BY 2, 3",
    "SELECT 'sequence', kind, prefix, digits, next_number FROM number_sequence ORDER BY 2",
    "SELECT 'tax', tax_id, code, label, rate_bp FROM tax ORDER BY 2",
    "SELECT 'means', means_id, code, label FROM means ORDER BY 2",
    "SELECT 'customer', customer_id, code, is_counter, last_name, first_name FROM customer ORDER BY 2",
    "SELECT 'article', article_id, code, label, tax_id, price_e4, net_price_e4, stock_managed, archived FROM article ORDER BY 2",
    ("SELECT 'document', document_id, kind, state, number, day, at_utc, customer_id, salesperson, total_cents, tax_cents, tip_cents, link_id, till_sale_id, till_number,"
     " revision, origin_id, block FROM document ORDER BY 2"),
    "SELECT 'line', * FROM document_line ORDER BY 2, 3, 4",
    "SELECT 'rate', * FROM document_tax ORDER BY 2, 3, 4",
    "SELECT 'due', * FROM due_line ORDER BY 2, 3, 4",
    "SELECT 'payment', * FROM payment ORDER BY 2, 3",
    "SELECT 'allocation', * FROM allocation ORDER BY 2, 3, 4, 5",
    "SELECT 'stock', * FROM stock_level ORDER BY 2, 3",
    "SELECT 'move', company_id, source, source_id, line_no, article_id, quantity_milli FROM stock_move ORDER BY 2, 3, 4, 5",
    "SELECT 'sale', till_sale_id, state, reason, number, day, closed_utc, hex(fingerprint), document_id FROM sale ORDER BY 2",
    "SELECT 'grid', * FROM grid_sale ORDER BY 2, 3",
    "SELECT 'grid line', * FROM grid_line ORDER BY 2, 3, 4",
    "SELECT 'grid payment', * FROM grid_payment ORDER BY 2, 3, 4",
    "SELECT 'anomaly', * FROM anomaly ORDER BY 2, 3, 4, 5, 6, 7",
    "SELECT 'link', link_id, name, url, numbers, auto_validate, removed FROM link ORDER BY 2",
};

static void dump_query(sqlite3 *db, const char *sql, struct buf *out)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        buf_printf(out, "%s: %s\n", sql, sqlite3_errmsg(db));
    while (statement && sqlite3_step(statement) == SQLITE_ROW)
        for (int i = 0; i < sqlite3_column_count(statement); i++) {
            const char *value = (const char *)sqlite3_column_text(statement, i);
            buf_append_z(out, value ? value : "NULL");
            buf_append_char(out, i + 1 < sqlite3_column_count(statement) ? '|' : '\n');
        }
    if (sqlite3_finalize(statement) != SQLITE_OK)
        buf_printf(out, "%s: %s\n", sql, sqlite3_errmsg(db));
}

/* Another program, that looks and leaves the file as it is: the last one to close would write the log into the file, pages without checksums. */
static int open_to_look(const char *path, int flags, sqlite3 **ret)
{
    int rc = sqlite3_open_v2(path, ret, flags, NULL);
    return rc == SQLITE_OK ? sqlite3_db_config(*ret, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL) : rc;
}

void shop_dump(const char *path, struct buf *out)
{
    sqlite3 *db = NULL;
    if (open_to_look(path, SQLITE_OPEN_READWRITE, &db) != SQLITE_OK)
        buf_printf(out, "%s\n", sqlite3_errmsg(db));
    else
        for (size_t i = 0; i < sizeof DUMPED / sizeof DUMPED[0]; i++)
            dump_query(db, DUMPED[i], out);
    sqlite3_close(db);
    if (buf_failed(out))
        abort();
}

int64_t shop_number(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    int64_t value = 0;
    int rc = open_to_look(path, SQLITE_OPEN_READONLY, &db);
    if (rc == SQLITE_OK)
        rc = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW)
        value = sqlite3_column_int64(statement, 0);
    else if (rc == SQLITE_BUSY)
        value = SHOP_LOCKED;
    else {
        fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(db));
        abort();
    }
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return value;
}
