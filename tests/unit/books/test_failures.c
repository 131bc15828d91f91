/* test_failures.c: the database fails at every statement that makes documents of sales, or lets drafts go on: each time the call says what failed first, nothing
 * of it stays, and once the fault is mended the same call does its work as if nothing had been. */
#include "books/document_int.h"
#include "shop.h"

/* What fails: an event on a table (a trigger refuses it), or with an empty event whatever touches the table (it bears another name). */
struct fault {
    const char *event, *table;
};
static const struct fault posting_faults[] = {
    {"UPDATE", "number_sequence"}, {"", "id_counter"}, {"INSERT", "document"}, {"", "document"}, {"INSERT", "document_line"}, {"INSERT", "document_tax"},
    {"INSERT", "due_line"}, {"INSERT", "payment"}, {"INSERT", "allocation"}, {"INSERT", "stock_move"}, {"", "stock_level"}, {"INSERT", "stock_level"},
    {"UPDATE", "document"}, {"", "journal_head"}, {"INSERT", "journal"}, {"UPDATE", "journal_head"},
};
static const struct fault resuming_faults[] = {
    {"", "document"}, {"", "company"}, {"", "article"}, {"", "document_line"}, {"", "payment"}, {"UPDATE", "number_sequence"}, {"INSERT", "stock_move"},
    {"INSERT", "allocation"}, {"UPDATE", "document"}, {"", "stock_level"}, {"INSERT", "stock_level"}, {"", "document_tax"}, {"", "due_line"},
    {"INSERT", "journal"}, {"UPDATE", "journal_head"},
};

__attribute__((format(printf, 2, 3))) static void script(struct fixture *f, const char *format, ...)
{
    char sql[1024];
    va_list values;

    va_start(values, format);
    vsnprintf(sql, sizeof sql, format, values);
    va_end(values);
    assert_ok(f, db_run_script(f->db, sql, &f->err));
}

static void fault_begin(struct fixture *f, const struct fault *fault)
{
    if (fault->event[0] == '\0')
        script(f, "ALTER TABLE %s RENAME TO %s_away", fault->table, fault->table);
    else if (db_engine(f->db) == DB_SQLITE)
        script(f, "CREATE TRIGGER planted BEFORE %s ON %s BEGIN SELECT RAISE(ABORT, 'planted'); END", fault->event, fault->table);
    else
        script(f, "CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'planted'; END $$;"
                  "CREATE TRIGGER planted BEFORE %s ON %s FOR EACH ROW EXECUTE FUNCTION planted()", fault->event, fault->table);
}

static void fault_end(struct fixture *f, const struct fault *fault)
{
    if (fault->event[0] == '\0')
        script(f, "ALTER TABLE %s_away RENAME TO %s", fault->table, fault->table);
    else if (db_engine(f->db) == DB_SQLITE)
        script(f, "DROP TRIGGER planted");
    else
        script(f, "DROP TRIGGER planted ON %s; DROP FUNCTION planted()", fault->table);
}

/* All rows that a posting or a resumption may write, as one number each. */
enum { COUNTS = 10 };
static void count_all(struct fixture *f, int64_t counts[COUNTS])
{
    int64_t all[COUNTS] = {
        count_rows(f, "document"), count_rows(f, "document_line"), count_rows(f, "document_tax"), count_rows(f, "due_line"), count_rows(f, "payment"),
        count_rows(f, "allocation"), count_rows(f, "stock_move"), count_rows(f, "journal"),
        query_number(f, "SELECT SUM(next_number) FROM number_sequence WHERE company_id = $1", DB_INT(f->company_id)),
        query_number(f, "SELECT COUNT(*) FROM document WHERE company_id = $1 AND state = 'validated'", DB_INT(f->company_id)),
    };
    memcpy(counts, all, sizeof all);
}

static void assert_failed(struct fixture *f, const struct fault *fault, int code, const int64_t before[COUNTS])
{
    int64_t after[COUNTS];
    BUF_AUTO said = {0};

    if (code >= 0)
        fail_msg("%s %s failed, and nobody said so", fault->event, fault->table);
    assert_int_equal(f->err.code, code);
    assert_non_null(f->err.message);
    err_format(&f->err, &said);
    if (strstr(said.p, fault->event[0] == '\0' ? fault->table : "planted") == NULL)
        fail_msg("%s %s failed, and this is said: %s", fault->event, fault->table, said.p);
    err_clear(&f->err);
    fault_end(f, fault);
    count_all(f, after);
    assert_memory_equal(after, before, sizeof after);
}

/* An invoice that is validated, a credit note, and an invoice that the stock blocks: every kind of row. */
static size_t tickets_begin(struct shop *shop, struct ticket tickets[3], struct posting postings[3])
{
    ticket_simple(shop, &tickets[0], DOCUMENT_INVOICE, 1, shop->managed[0], 1000, 1200);
    ticket_simple(shop, &tickets[1], DOCUMENT_CREDIT_NOTE, 2, shop->managed[1], -1000, -600);
    ticket_simple(shop, &tickets[2], DOCUMENT_INVOICE, 3, shop->managed[2], 7000, 840);
    for (size_t i = 0; i < 3; i++)
        postings[i] = tickets[i].posting;
    return 3;
}

static void posting_fails_whole_wherever_it_fails(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct ticket tickets[3];
    struct posting postings[3];
    struct posting_session *session = session_new(f, true, true);
    int64_t before[COUNTS];
    size_t count = tickets_begin(&shop, tickets, postings);

    stock_set(f, shop.managed[0], 1000);
    stock_set(f, shop.managed[2], 6000);
    count_all(f, before);
    for (size_t i = 0; i < 2 * (sizeof posting_faults / sizeof posting_faults[0]); i++) {
        const struct fault *fault = &posting_faults[i / 2];
        posting_session_reset(session); /* else the levels are known, and not read */
        fault_begin(f, fault);
        int code = attempt_run(f, session, postings, i % 2 ? 1 : count, OK); /* the invoice alone as well: what fails is not made good by what follows */
        assert_failed(f, fault, code, before);
        assert_int_equal(stock_of(f, shop.managed[0]), 1000);
        for (size_t n = 0; n < count; n++)
            assert_true(postings[n].document_id == 0 && !postings[n].validated && !postings[n].reconciled);
    }
    assert_ok(f, attempt_run(f, session, postings, count, OK));
    posting_session_free(session);
    assert_true(postings[0].validated && postings[1].validated && !postings[2].validated);
    assert_int_equal(stock_of(f, shop.managed[0]), 0);
    assert_int_equal(stock_of(f, shop.managed[1]), 1000);
    assert_int_equal(count_rows(f, "allocation"), 2);
    assert_journal_right(f);
}

/* In a savepoint, so that the connection stays usable on both engines. */
struct naming {
    int64_t company_id;
    const struct posting_options *options;
    struct resume_result *result;
};
static int resume_by_name(struct db *db, void *context, struct err *err)
{
    const struct naming *naming = context;

    return document_resume(db, naming->company_id, 0, STR("FA000001"), naming->options, naming->result, err);
}

static void resuming_fails_whole_wherever_it_fails(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct ticket tickets[3];
    struct posting postings[3];
    struct posting_session *session = session_new(f, true, true);
    const struct posting_options options = {.refuse_negative_stock = true, .validate = true, .now_utc = test_now_utc, .run_id = 8};
    struct resume_result result = {.tried = -1};
    int64_t before[COUNTS];
    size_t count = tickets_begin(&shop, tickets, postings);

    stock_set(f, shop.managed[2], 6000);
    assert_ok(f, posting_run(session, postings, count, &f->err));
    posting_session_free(session);
    assert_true(!postings[0].validated && postings[1].validated && !postings[2].validated);
    stock_set(f, shop.managed[2], 7500); /* the third may go on, the first is short still */
    count_all(f, before);
    for (size_t i = 0; i < sizeof resuming_faults / sizeof resuming_faults[0]; i++) {
        fault_begin(f, &resuming_faults[i]);
        int code = document_resume(f->db, f->company_id, 0, STR_NULL, &options, &result, &f->err);
        assert_failed(f, &resuming_faults[i], code, before);
        assert_int_equal(stock_of(f, shop.managed[2]), 7500);
        assert_int_equal(result.tried, -1); /* untouched */
    }
    struct naming naming = {f->company_id, &options, &result};
    fault_begin(f, &resuming_faults[0]);
    int code = db_transact(f->db, resume_by_name, &naming, &f->err);
    assert_failed(f, &resuming_faults[0], code, before);
    assert_ok(f, document_resume(f->db, f->company_id, 0, STR_NULL, &options, &result, &f->err));
    assert_int_equal(result.tried, 2);
    assert_int_equal(result.validated, 1);
    assert_int_equal(result.still_blocked, 1);
    assert_int_equal(result.reconciled, 1);
    assert_int_equal(stock_of(f, shop.managed[2]), 500);
    assert_str(number_of(f, postings[2].document_id), "FA000001");
    assert_journal_right(f);
}

/* More drafts than one transaction tries: when the first of these transactions fails, the second is not begun, and nothing counts as tried. */
static void the_first_transaction_that_fails_is_the_last(void **state)
{
    enum { DRAFTS = 203 };
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct posting_session *session = session_new(f, true, true);
    const struct posting_options options = {.refuse_negative_stock = true, .validate = true, .now_utc = test_now_utc, .run_id = 8};
    struct resume_result result = {.tried = -1};

    for (int i = 0; i < DRAFTS; i++) {
        struct ticket t;
        ticket_simple(&shop, &t, DOCUMENT_INVOICE, i, shop.managed[i == 0 ? 0 : 1], 1000, 100);
        assert_ok(f, posting_run(session, &t.posting, 1, &f->err));
    }
    posting_session_free(session);
    stock_set(f, shop.managed[0], 1000);
    stock_set(f, shop.managed[1], DRAFTS * 1000);
    if (db_engine(f->db) == DB_SQLITE)
        script(f, "CREATE TRIGGER planted BEFORE INSERT ON stock_move WHEN NEW.article_id = %" PRId64 " BEGIN SELECT RAISE(ABORT, 'planted'); END", shop.managed[0]);
    else
        script(f, "CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'planted'; END $$;"
                  "CREATE TRIGGER planted BEFORE INSERT ON stock_move FOR EACH ROW WHEN (NEW.article_id = %" PRId64 ") EXECUTE FUNCTION planted()", shop.managed[0]);
    assert_true(document_resume(f->db, f->company_id, 0, STR_NULL, &options, &result, &f->err) < 0);
    err_clear(&f->err);
    assert_int_equal(result.tried, -1);
    assert_int_equal(count_rows(f, "journal"), 0);
}

/* An article that is not there has no level: the row is refused, and that is said. */
static int level_of_no_article(struct db *db, void *context, struct err *err)
{
    struct fixture *f = context;
    struct stock_levels levels;

    stock_levels_init(&levels, db, f->company_id, true);
    stock_levels_begin(&levels);
    stock_levels_document(&levels);
    int code = stock_levels_use(&levels, 999999, STR("X"), -1000, err);
    if (code >= 0)
        code = stock_levels_settle(&levels, true, NULL, err);
    if (code >= 0)
        code = stock_levels_flush(&levels, err);
    stock_levels_release(&levels);
    return code;
}

static void a_level_of_no_article_is_refused(void **state)
{
    struct fixture *f = *state;

    assert_refused(f, ERR_DATA, db_transact(f->db, level_of_no_article, f, &f->err));
    assert_int_equal(count_rows(f, "stock_level"), 0);
}

/* Numbers are given only when it is known which of them are taken. */
static int take_two_numbers(struct db *db, void *context, struct err *err)
{
    struct fixture *f = context;
    struct str numbers[2];

    return sequence_take(db, f->company_id, DOCUMENT_INVOICE, 2, &f->arena, numbers, err);
}

static void no_number_is_given_when_those_taken_cannot_be_read(void **state)
{
    static const struct fault fault = {"", "document"};
    struct fixture *f = *state;
    int64_t before[COUNTS];

    count_all(f, before);
    fault_begin(f, &fault);
    int code = db_transact(f->db, take_two_numbers, f, &f->err);
    assert_failed(f, &fault, code, before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        engine_test(posting_fails_whole_wherever_it_fails),
        engine_test(resuming_fails_whole_wherever_it_fails),
        engine_test(the_first_transaction_that_fails_is_the_last),
        engine_test(a_level_of_no_article_is_refused),
        engine_test(no_number_is_given_when_those_taken_cannot_be_read),
    };

    return run_on_engines(tests);
}
