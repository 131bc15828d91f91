/* test_figures.c: the rows of a document, figure by figure: each in its column, payments shared to the cent, and what is said when a row is refused. Every
 * value of the posting differs from every other, so that no two can change places. */
#include "books/document_int.h"
#include "shop.h"

#include "base/mem.h"

/* ---- columns ---- */

/* The one row that the statement gives, as it is made a text by SQL. */
static void assert_row(struct fixture *f, const char *sql, int64_t document_id, struct str expected)
{
    struct str row = STR_NULL;

    assert_int_equal(db_query_text(f->db, &f->arena, &row, sql, &f->err, DB_INT(f->company_id), DB_INT(document_id)), 1);
    if (!str_equal(row, expected))
        fail_msg("%.*s, where %.*s is expected", STR_ARG(row), STR_ARG(expected));
}

static void every_figure_stands_in_its_column(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct ticket t;
    int64_t customer_id;
    const struct sale_customer customer = {.last_name = STR("Martin")};

    assert_ok(f, customer_create(f->db, f->company_id, STR("C-MARTIN"), &customer, &customer_id, &f->err));
    ticket_begin(&shop, &t, DOCUMENT_CREDIT_NOTE, 31);
    t.posting.number = STR("T-77");
    t.posting.at_utc = test_now_utc - 5;
    t.posting.customer_id = customer_id;
    t.posting.salesperson = STR("Zoé");
    t.posting.tip_cents = -13;
    t.posting.link_id = 21;
    t.posting.revision = 3;
    t.posting.origin_id = 909;
    ticket_line(&shop, &t, shop.unmanaged, -1000, -240, shop.tax20, 2000);
    ticket_line(&shop, &t, shop.managed[2], -2500, -1100, shop.tax10, 1000);
    t.lines[1].discount_cents = -17;
    t.lines[1].label = STR("Thé");
    ticket_pay(&shop, &t, shop.card, -1340);
    t.payments[0].day = DAY + 2;
    t.payments[0].at_utc = test_now_utc - 7;
    post(f, &t, false);
    int64_t id = t.posting.document_id;

    assert_row(f, "SELECT kind || '|' || state || '|' || number || '|' || CAST(day AS TEXT) || '|' || CAST(at_utc AS TEXT) || '|' || CAST(customer_id AS TEXT) || '|' || salesperson"
                  " || '|' || CAST(total_cents AS TEXT) || '|' || CAST(tax_cents AS TEXT) || '|' || CAST(tip_cents AS TEXT) || '|' || CAST(link_id AS TEXT) || '|' || till_sale_id"
                  " || '|' || till_number || '|' || CAST(revision AS TEXT) || '|' || CAST(origin_id AS TEXT) || '|' || CAST(run_id AS TEXT) || '|' || CAST(validated_utc AS TEXT)"
                  " FROM document WHERE company_id = $1 AND document_id = $2", id,
               arena_format(&f->arena, "credit_note|validated|T-77|%d|%" PRId64 "|%" PRId64 "|Zoé|-1340|-140|-13|21|sale-31|31|3|909|7|%" PRId64, DAY, test_now_utc - 5, customer_id,
                            test_now_utc));
    assert_row(f, "SELECT CAST(article_id AS TEXT) || '|' || code || '|' || label || '|' || CAST(quantity_milli AS TEXT) || '|' || unit || '|' || CAST(unit_price_e4 AS TEXT)"
                  " || '|' || CAST(discount_cents AS TEXT) || '|' || CAST(total_cents AS TEXT) || '|' || CAST(net_cents AS TEXT) || '|' || CAST(tax_cents AS TEXT)"
                  " || '|' || CAST(tax_id AS TEXT) || '|' || CAST(rate_bp AS TEXT) FROM document_line WHERE company_id = $1 AND document_id = $2 AND line_no = 2", id,
               arena_format(&f->arena, "%" PRId64 "|C|Thé|-2500|kg|12345|-17|-1100|-1000|-100|%" PRId64 "|1000", shop.managed[2], shop.tax10));
    assert_row(f, "SELECT CAST(rate_bp AS TEXT) || '|' || CAST(total_cents AS TEXT) || '|' || CAST(net_cents AS TEXT) || '|' || CAST(tax_cents AS TEXT) FROM document_tax"
                  " WHERE company_id = $1 AND document_id = $2 AND rate_bp = 1000", id, STR("1000|-1100|-1000|-100"));
    assert_row(f, "SELECT CAST(due_no AS TEXT) || '|' || CAST(day AS TEXT) || '|' || CAST(amount_cents AS TEXT) FROM due_line WHERE company_id = $1 AND document_id = $2", id,
               arena_format(&f->arena, "1|%d|-1340", DAY));
    assert_row(f, "SELECT CAST(customer_id AS TEXT) || '|' || CAST(day AS TEXT) || '|' || CAST(at_utc AS TEXT) || '|' || CAST(means_id AS TEXT) || '|' || CAST(amount_cents AS TEXT)"
                  " || '|' || CAST(link_id AS TEXT) || '|' || till_payment_id FROM payment WHERE company_id = $1 AND document_id = $2", id,
               arena_format(&f->arena, "%" PRId64 "|%d|%" PRId64 "|%" PRId64 "|-1340|21|sale-31-p0", customer_id, DAY + 2, test_now_utc - 7, shop.card));
    assert_row(f, "SELECT CAST(a.due_no AS TEXT) || '|' || CAST(a.amount_cents AS TEXT) FROM allocation a JOIN payment p ON p.company_id = a.company_id AND p.payment_id = a.payment_id"
                  " WHERE a.company_id = $1 AND a.document_id = $2 AND p.document_id = a.document_id", id, STR("1|-1340"));
    assert_row(f, "SELECT CAST(line_no AS TEXT) || '|' || CAST(article_id AS TEXT) || '|' || CAST(quantity_milli AS TEXT) || '|' || CAST(at_utc AS TEXT) FROM stock_move"
                  " WHERE company_id = $1 AND source = 'document' AND source_id = $2", id,
               arena_format(&f->arena, "2|%" PRId64 "|2500|%" PRId64, shop.managed[2], test_now_utc - 5));
    assert_row(f, "SELECT CAST(link_id AS TEXT) || '|' || subject || '|' || CAST(at_utc AS TEXT) || '|' || CAST(run_id AS TEXT) FROM journal WHERE company_id = $1 AND subject = CAST($2 AS TEXT)", id,
               arena_format(&f->arena, "21|%" PRId64 "|%" PRId64 "|7", id, test_now_utc));
}

/* ---- allocations, to the cent ---- */

static void payments_are_shared_to_the_cent(void **state)
{
    enum { PAYMENTS = 3 };
    static const struct {
        int64_t total, paid[PAYMENTS], allocated[PAYMENTS];
        bool reconciled;
    } cases[] = {
        {1, {1, 0, 0}, {1, 0, 0}, true},          {2, {1, 1, 0}, {1, 1, 0}, true},        {2, {1, 0, 0}, {1, 0, 0}, false},
        {100, {99, 2, 5}, {99, 1, 0}, true},      {100, {100, 100, 0}, {100, 0, 0}, true}, {100, {-50, 150, 0}, {0, 100, 0}, true},
        {100, {99, -99, 0}, {99, 0, 0}, false},   {0, {50, -50, 0}, {0, 0, 0}, true},     {-1, {-1, 0, 0}, {-1, 0, 0}, true},
        {-2, {-1, -1, 0}, {-1, -1, 0}, true},     {-100, {-99, -2, -5}, {-99, -1, 0}, true}, {-100, {50, -150, 0}, {0, -100, 0}, true},
        {-100, {-99, 0, 0}, {-99, 0, 0}, false},
    };
    struct fixture *f = *state;
    struct shop shop = shop_new(f);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ticket t;
        ticket_begin(&shop, &t, cases[i].total < 0 ? DOCUMENT_CREDIT_NOTE : DOCUMENT_INVOICE, (int64_t)i);
        ticket_line(&shop, &t, shop.unmanaged, 1000, cases[i].total, shop.tax20, 2000);
        for (size_t p = 0; p < PAYMENTS; p++)
            ticket_pay(&shop, &t, shop.card, cases[i].paid[p]);
        post(f, &t, false);
        assert_int_equal(t.posting.reconciled, cases[i].reconciled);
        for (size_t p = 0; p < PAYMENTS; p++) {
            int64_t part = 0;
            int code = db_query_int(f->db, &part,
                "SELECT a.amount_cents FROM allocation a JOIN payment p ON p.company_id = a.company_id AND p.payment_id = a.payment_id"
                " WHERE a.company_id = $1 AND a.document_id = $2 AND p.till_payment_id = $3", &f->err, DB_INT(f->company_id), DB_INT(t.posting.document_id),
                DB_STR(t.payments[p].till_payment_id));
            if (code != (cases[i].allocated[p] != 0) || part != cases[i].allocated[p])
                fail_msg("case %zu: payment %zu has an allocation of %lld", i, p, (long long)part);
        }
    }
}

/* ---- refusals ---- */

static void a_sale_that_is_known_is_refused_with_its_reason(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct posting_session *session = session_new(f, false, true);
    struct ticket t, other;

    ticket_simple(&shop, &t, DOCUMENT_INVOICE, 1, shop.unmanaged, 1000, 100);
    assert_ok(f, posting_run(session, &t.posting, 1, &f->err));
    ticket_simple(&shop, &other, DOCUMENT_INVOICE, 1, shop.unmanaged, 1000, 100);
    assert_int_equal(attempt_run(f, session, &other.posting, 1, OK), ERR_DATA);
    assert_non_null(strstr(f->err.message, "there is already a document for sale"));
    err_clear(&f->err);
    ticket_simple(&shop, &other, DOCUMENT_INVOICE, 2, shop.unmanaged, 1000, 100);
    other.payments[0].till_payment_id = t.payments[0].till_payment_id;
    assert_int_equal(attempt_run(f, session, &other.posting, 1, OK), ERR_DATA);
    assert_non_null(strstr(f->err.message, "of sale %s is recorded already"));
    err_clear(&f->err);
    posting_session_free(session);
}

/* A sale on a session that an earlier, refused one has used: what that took from the remembered stock is there again. */
static void a_refused_batch_takes_nothing_from_what_is_remembered(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct posting_session *session = session_new(f, true, true);
    struct ticket right, wrong;

    stock_set(f, shop.managed[0], 1000);
    ticket_simple(&shop, &right, DOCUMENT_INVOICE, 1, shop.managed[0], 1000, 100);
    ticket_simple(&shop, &wrong, DOCUMENT_INVOICE, 2, shop.unmanaged, 1000, 100);
    wrong.posting.total_cents = 101;
    struct posting postings[] = {right.posting, wrong.posting};
    assert_refused(f, ERR_DATA, attempt_run(f, session, postings, 2, OK));
    assert_ok(f, attempt_run(f, session, postings, 1, OK));
    assert_true(postings[0].validated);
    assert_int_equal(stock_of(f, shop.managed[0]), 0);
    posting_session_free(session);
}

/* The database blocks a document behind the program's back: that it was not validated is noticed, and the batch is undone. */
static void what_the_database_does_not_validate_is_noticed(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct posting_session *session = session_new(f, false, true);
    struct ticket t;

    assert_ok(f, db_run_script(f->db, db_engine(f->db) == DB_SQLITE
        ? "CREATE TRIGGER planted AFTER INSERT ON document BEGIN UPDATE document SET block = '{}' WHERE company_id = NEW.company_id AND document_id = NEW.document_id; END"
        : "CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.block := '{}'; RETURN NEW; END $$;"
          "CREATE TRIGGER planted BEFORE INSERT ON document FOR EACH ROW EXECUTE FUNCTION planted()", &f->err));
    ticket_simple(&shop, &t, DOCUMENT_INVOICE, 1, shop.unmanaged, 1000, 100);
    assert_refused(f, ERR_INTERNAL, attempt_run(f, session, &t.posting, 1, OK));
    assert_int_equal(count_rows(f, "document"), 0);
    posting_session_free(session);
}

static void a_company_without_a_sequence_makes_no_document(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct posting_session *session = session_new(f, false, true);
    struct ticket t;

    assert_ok(f, db_exec(f->db, "DELETE FROM number_sequence WHERE company_id = $1 AND kind = 'invoice'", &f->err, DB_INT(f->company_id)));
    ticket_simple(&shop, &t, DOCUMENT_INVOICE, 1, shop.unmanaged, 1000, 100);
    assert_int_equal(attempt_run(f, session, &t.posting, 1, OK), ERR_DATA);
    assert_non_null(strstr(f->err.message, "no number sequence"));
    err_clear(&f->err);
    assert_int_equal(count_rows(f, "document"), 0);
    posting_session_free(session);
}

/* ---- what is shared with others ---- */

/* Identities are taken as they are needed: one for each document, and for each payment. */
static void identities_have_no_gap(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct ticket t;

    for (int i = 1; i <= 3; i++) {
        ticket_begin(&shop, &t, DOCUMENT_INVOICE, i);
        ticket_line(&shop, &t, shop.unmanaged, 1000, 200, shop.tax20, 2000);
        for (int p = 1; p < i; p++)
            ticket_pay(&shop, &t, shop.cash, 100);
        post(f, &t, false);
    }
    assert_int_equal(query_number(f, "SELECT next_id FROM id_counter WHERE company_id = $1 AND name = 'document'", DB_INT(f->company_id)), 1 + 3);
    assert_int_equal(query_number(f, "SELECT next_id FROM id_counter WHERE company_id = $1 AND name = 'payment'", DB_INT(f->company_id)), 1 + 0 + 1 + 2);
}

/* Another program takes stock after the session has read how much there is: what would then be sold twice is not sold. (A rehearsal, as each of these tests is one, does not
 * begin anew, but refuses.) */
static void stock_taken_after_it_was_read_is_noticed(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct posting_session *session = session_new(f, true, true);
    struct ticket t;

    stock_set(f, shop.managed[0], 1000);
    assert_ok(f, db_run_script(f->db, db_engine(f->db) == DB_SQLITE
        ? "CREATE TRIGGER planted AFTER INSERT ON stock_move BEGIN UPDATE stock_level SET quantity_milli = quantity_milli - 1 WHERE article_id = NEW.article_id; END"
        : "CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE stock_level SET quantity_milli = quantity_milli - 1 WHERE article_id = NEW.article_id;"
          " RETURN NULL; END $$; CREATE TRIGGER planted AFTER INSERT ON stock_move FOR EACH ROW EXECUTE FUNCTION planted()", &f->err));
    ticket_simple(&shop, &t, DOCUMENT_INVOICE, 1, shop.managed[0], 1000, 100);
    assert_refused(f, ERR_DATA, attempt_run(f, session, &t.posting, 1, OK));
    assert_int_equal(stock_of(f, shop.managed[0]), 1000);
    assert_int_equal(count_rows(f, "document"), 0);
    posting_session_free(session);
}

/* What the database says when a batch is written is what is remembered, not what the session believed: the next batch is refused, not begun anew. */
static void what_others_took_is_learnt_from_the_next_write(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct posting_session *session = session_new(f, true, true);
    struct ticket t;

    stock_set(f, shop.managed[0], 5000);
    for (int i = 1; i <= 2; i++) {
        ticket_simple(&shop, &t, DOCUMENT_INVOICE, i, shop.managed[0], 1000, 100);
        assert_ok(f, attempt_run(f, session, &t.posting, 1, OK));
        if (i == 1)
            stock_set(f, shop.managed[0], 2000); /* where the session believes in 4 */
    }
    ticket_simple(&shop, &t, DOCUMENT_INVOICE, 3, shop.managed[0], 2000, 100);
    assert_ok(f, attempt_run(f, session, &t.posting, 1, OK));
    assert_false(t.posting.validated);
    assert_str(block_of(f, t.posting.document_id), "{\"code\":\"stock\",\"args\":[{\"code\":\"A\",\"missing_milli\":1000}]}");
    posting_session_free(session);
}

/* Two programs that lower the same levels in one order wait for each other; in two orders they would lock each other out. */
static void stock_levels_are_written_in_order_of_the_articles(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct ticket t;

    assert_ok(f, db_run_script(f->db, db_engine(f->db) == DB_SQLITE
        ? "CREATE TABLE written (n INTEGER PRIMARY KEY, article_id INTEGER);"
          "CREATE TRIGGER planted AFTER INSERT ON stock_level BEGIN INSERT INTO written (article_id) VALUES (NEW.article_id); END"
        : "CREATE TABLE written (n SERIAL, article_id BIGINT);"
          "CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO written (article_id) VALUES (NEW.article_id); RETURN NULL; END $$;"
          "CREATE TRIGGER planted AFTER INSERT ON stock_level FOR EACH ROW EXECUTE FUNCTION planted()", &f->err));
    ticket_begin(&shop, &t, DOCUMENT_INVOICE, 1);
    for (int i = 0; i < 4; i++)
        ticket_line(&shop, &t, shop.managed[(5 - i) % 4], 1000, 100, shop.tax20, 2000); /* B, A, D, C */
    post(f, &t, false);
    assert_int_equal(query_number(f, "SELECT COUNT(*) FROM written WHERE article_id >= $1", DB_INT(0)), 4);
    assert_int_equal(query_number(f, "SELECT COUNT(*) FROM written a JOIN written b ON b.n > a.n WHERE a.article_id >= b.article_id + $1", DB_INT(0)), 0);
}

/* ---- memory ---- */

/* The memory of a session is of one batch: the tenth needs no more than the fifth. */
static void a_session_does_not_grow(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct posting_session *session = session_new(f, true, true);
    int64_t fifth = 0, begin = 0;

    for (int n = 0; n < 4; n++)
        stock_set(f, shop.managed[n], 1000000);
    for (int i = 1; i <= 200; i++) {
        struct ticket t;
        ticket_begin(&shop, &t, DOCUMENT_INVOICE, i);
        for (int n = 0; n < LINES_MAX; n++)
            ticket_line(&shop, &t, n % 2 ? shop.unmanaged : shop.managed[n / 2], 1000, 100, shop.tax20, 2000);
        begin = mem_count();
        assert_ok(f, posting_run(session, &t.posting, 1, &f->err));
        fifth = i == 5 ? mem_count() - begin : fifth;
        if (i > 5)
            assert_int_equal(mem_count() - begin, fifth);
    }
    posting_session_free(session);
}

/* However many articles a shop has, a session remembers the levels of 65536, and no longer than until the next batch. */
static void what_is_remembered_of_the_stock_is_bounded(void **state)
{
    struct fixture *f = *state;
    struct stock_levels levels;

    stock_levels_init(&levels, f->db, f->company_id, false);
    stock_levels_begin(&levels);
    stock_levels_document(&levels);
    for (int64_t article_id = 1; article_id <= 65537; article_id++) {
        assert_ok(f, stock_levels_use(&levels, article_id, STR("X"), 1000, &f->err));
        if (article_id == 65536) {
            stock_levels_begin(&levels);
            assert_int_equal(levels.count, 65536);
        }
    }
    assert_int_equal(levels.count, 65537);
    stock_levels_begin(&levels);
    assert_int_equal(levels.count, 0);
    stock_levels_release(&levels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        engine_test(every_figure_stands_in_its_column),
        engine_test(payments_are_shared_to_the_cent),
        engine_test(a_sale_that_is_known_is_refused_with_its_reason),
        engine_test(a_refused_batch_takes_nothing_from_what_is_remembered),
        engine_test(what_the_database_does_not_validate_is_noticed),
        engine_test(a_company_without_a_sequence_makes_no_document),
        engine_test(identities_have_no_gap),
        engine_test(stock_levels_are_written_in_order_of_the_articles),
        engine_test(stock_taken_after_it_was_read_is_noticed),
        engine_test(what_others_took_is_learnt_from_the_next_write),
        engine_test(a_session_does_not_grow),
        engine_test(what_is_remembered_of_the_stock_is_bounded),
    };

    return run_on_engines(tests);
}
