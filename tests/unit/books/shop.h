/* shop.h: a small shop and its sales for the tests that make documents: tickets built line by line, posted in sessions or in savepoints, and what the
 * rows say afterwards. Private to tests/unit/books. */
#ifndef TESTS_BOOKS_SHOP_H
#define TESTS_BOOKS_SHOP_H
#include "engines.h"

enum { DAY = 20483, LINES_MAX = 8 }; /* 2026-01-30 */

struct shop {
    struct fixture *fixture;
    int64_t tax20, tax10, tax55, cash, card, counter;
    int64_t managed[4], unmanaged; /* articles */
};
struct ticket {
    struct posting posting;
    struct posting_line lines[LINES_MAX];
    struct posting_tax taxes[LINES_MAX];
    struct posting_payment payments[LINES_MAX];
};

__attribute__((format(printf, 2, 3))) static inline struct str text_of(struct fixture *fixture, const char *format, ...)
{
    char line[64];
    va_list values;

    va_start(values, format);
    vsnprintf(line, sizeof line, format, values);
    va_end(values);
    struct str copy = arena_copy(&fixture->arena, str_from(line));
    assert_non_null(copy.p);
    return copy;
}

static inline int64_t article_new(struct shop *shop, const char *code, bool stock_managed)
{
    struct fixture *f = shop->fixture;
    struct article article = {.code = str_from(code), .label = STR("Article"), .unit = STR(""), .tax_id = shop->tax20, .rate_bp = 2000, .stock_managed = stock_managed};

    assert_ok(f, db_reserve_ids(f->db, f->company_id, "article", 1, &article.id, &f->err));
    assert_ok(f, article_insert(f->db, f->company_id, &article, test_now_utc, &f->err));
    return article.id;
}

static inline struct shop shop_new(struct fixture *f)
{
    static const char *const codes[] = {"A", "B", "C", "D"};
    struct shop shop = {.fixture = f};

    assert_int_equal(tax_find_by_rate(f->db, f->company_id, 2000, &shop.tax20, &f->err), 1);
    assert_int_equal(tax_find_by_rate(f->db, f->company_id, 1000, &shop.tax10, &f->err), 1);
    assert_int_equal(tax_find_by_rate(f->db, f->company_id, 550, &shop.tax55, &f->err), 1);
    assert_int_equal(means_find_by_code(f->db, f->company_id, STR("cash"), &shop.cash, &f->err), 1);
    assert_int_equal(means_find_by_code(f->db, f->company_id, STR("card"), &shop.card, &f->err), 1);
    assert_ok(f, customer_counter(f->db, f->company_id, &shop.counter, &f->err));
    for (int i = 0; i < 4; i++)
        shop.managed[i] = article_new(&shop, codes[i], true);
    shop.unmanaged = article_new(&shop, "U", false);
    return shop;
}

/* A sale without lines yet; `serial` names it and its payments. */
static inline void ticket_begin(struct shop *shop, struct ticket *t, enum document_kind kind, int64_t serial)
{
    *t = (struct ticket){0};
    t->posting = (struct posting){
        .kind = kind,
        .day = DAY,
        .at_utc = test_now_utc - CIVIL_HOUR,
        .customer_id = shop->counter,
        .link_id = 1,
        .till_sale_id = text_of(shop->fixture, "sale-%" PRId64, serial),
        .till_number = text_of(shop->fixture, "%" PRId64, serial),
        .lines = t->lines,
        .taxes = t->taxes,
        .payments = t->payments,
    };
}

static inline const char *code_of(const struct shop *shop, int64_t article_id)
{
    static const char *const codes[] = {"A", "B", "C", "D"};

    for (int i = 0; i < 4; i++) {
        if (shop->managed[i] == article_id)
            return codes[i];
    }
    return article_id == shop->unmanaged ? "U" : "";
}

static inline void ticket_line(struct shop *shop, struct ticket *t, int64_t article_id, int64_t quantity_milli, int64_t total_cents, int64_t tax_id, int64_t rate_bp)
{
    t->lines[t->posting.line_count++] = (struct posting_line){
        .article_id = article_id,
        .stock_managed = article_id != 0 && article_id != shop->unmanaged,
        .code = str_from(code_of(shop, article_id)),
        .label = STR("Thé\tvert\\\n"), /* as awkward for the canonical text as can be */
        .unit = STR("kg"),
        .quantity_milli = quantity_milli,
        .unit_price_e4 = 12345,
        .total_cents = total_cents,
        .tax_id = tax_id,
        .rate_bp = rate_bp,
    };
    t->posting.total_cents += total_cents;
}

static inline void ticket_pay(struct shop *shop, struct ticket *t, int64_t means_id, int64_t amount_cents)
{
    char id[96];

    snprintf(id, sizeof id, "%.*s-p%zu", STR_ARG(t->posting.till_sale_id), t->posting.payment_count);
    t->payments[t->posting.payment_count++] = (struct posting_payment){
        .means_id = means_id,
        .amount_cents = amount_cents,
        .till_payment_id = arena_copy(&shop->fixture->arena, str_from(id)),
        .at_utc = t->posting.at_utc,
        .day = DAY,
    };
}

/* One article at 20 %, paid exactly in cash. */
static inline void ticket_simple(struct shop *shop, struct ticket *t, enum document_kind kind, int64_t serial, int64_t article_id, int64_t quantity_milli, int64_t total_cents)
{
    ticket_begin(shop, t, kind, serial);
    ticket_line(shop, t, article_id, quantity_milli, total_cents, shop->tax20, 2000);
    ticket_pay(shop, t, shop->cash, total_cents);
}

static inline struct posting_session *session_new(struct fixture *f, bool refuse, bool validate)
{
    const struct posting_options options = {.refuse_negative_stock = refuse, .validate = validate, .now_utc = test_now_utc, .run_id = 7};
    struct posting_session *session;

    assert_ok(f, posting_session_new(&session, f->db, f->company_id, &options, &f->err));
    return session;
}

/* Posts one ticket in a session of its own. */
static inline void post(struct fixture *f, struct ticket *t, bool refuse)
{
    struct posting_session *session = session_new(f, refuse, true);

    assert_ok(f, posting_run(session, &t->posting, 1, &f->err));
    posting_session_free(session);
}

/* posting_run in a savepoint, so that a refusal leaves the connection usable on both engines. */
struct attempt {
    struct posting_session *session;
    struct posting *postings;
    size_t count;
    int then; /* what the body returns after it succeeded */
};
static inline int attempt_body(struct db *db, void *context, struct err *err)
{
    struct attempt *attempt = context;

    (void)db;
    int code = posting_run(attempt->session, attempt->postings, attempt->count, err);
    if (code < 0)
        return code;
    return attempt->then < 0 ? err_set(err, attempt->then, N_("the test undoes it")) : OK;
}
static inline int attempt_run(struct fixture *f, struct posting_session *session, struct posting *postings, size_t count, int then)
{
    struct attempt attempt = {session, postings, count, then};

    return db_transact(f->db, attempt_body, &attempt, &f->err);
}

/* ---- drafts that go on, a day after they were posted ---- */

static const struct posting_options resuming = {.refuse_negative_stock = true, .validate = true, .now_utc = INT64_C(1769767200) * CIVIL_SECOND + CIVIL_DAY, .run_id = 8};

struct resume_attempt { int64_t company_id; struct str number; struct resume_result *ret; };

static inline int resume_attempt_body(struct db *db, void *context, struct err *err)
{
    const struct resume_attempt *attempt = context;
    int code = document_resume(db, attempt->company_id, 0, attempt->number, &resuming, attempt->ret, err);

    return code < 0 ? code : err_set(err, ERR_CANCELLED, N_("the test undoes it"));
}
/* All drafts, or the one of this number, and nothing of it stays: ERR_CANCELLED when it went well. */
static inline int attempt_resume(struct fixture *f, struct str number, struct resume_result *ret)
{
    struct resume_attempt attempt = {f->company_id, number, ret};

    return db_transact(f->db, resume_attempt_body, &attempt, &f->err);
}

static inline struct str number_of(struct fixture *f, int64_t document_id)
{
    struct str number = STR_NULL;

    assert_true(db_query_text(f->db, &f->arena, &number, "SELECT number FROM document WHERE company_id = $1 AND document_id = $2", &f->err,
                              DB_INT(f->company_id), DB_INT(document_id)) >= 0);
    return number;
}
static inline struct str block_of(struct fixture *f, int64_t document_id)
{
    struct str block = STR_NULL;

    assert_true(db_query_text(f->db, &f->arena, &block, "SELECT block FROM document WHERE company_id = $1 AND document_id = $2", &f->err,
                              DB_INT(f->company_id), DB_INT(document_id)) >= 0);
    return block;
}
#define document_number(fixture, column, document_id) \
    query_number(fixture, "SELECT " column " FROM document WHERE company_id = $1 AND document_id = $2", DB_INT((fixture)->company_id), DB_INT(document_id))
#define count_rows(fixture, table) query_number(fixture, "SELECT COUNT(*) FROM " table " WHERE company_id = $1", DB_INT((fixture)->company_id))

static inline int64_t stock_of(struct fixture *f, int64_t article_id)
{
    int64_t quantity_milli;

    assert_ok(f, stock_get(f->db, f->company_id, article_id, &quantity_milli, &f->err));
    return quantity_milli;
}
static inline void stock_set(struct fixture *f, int64_t article_id, int64_t quantity_milli)
{
    assert_ok(f, stock_count_set(f->db, f->company_id, article_id, quantity_milli, test_now_utc, &f->err));
}
static inline void assert_journal_right(struct fixture *f)
{
    struct journal_verdict verdict;

    assert_ok(f, journal_verify(f->db, f->company_id, &f->arena, &verdict, &f->err));
    if (verdict.bad_seq != 0)
        fail_msg("journal record %lld: %s", (long long)verdict.bad_seq, verdict.reason);
    assert_int_equal(verdict.records, query_number(f, "SELECT COUNT(*) FROM document WHERE company_id = $1 AND state = 'validated'", DB_INT(f->company_id)));
}

/* A fixed-seed generator (xorshift64*). */
static uint64_t random_state;
static inline int64_t random_between(int64_t low, int64_t high)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return low + (int64_t)((random_state * UINT64_C(2685821657736338717)) >> 11) % (high - low + 1);
}
#endif
