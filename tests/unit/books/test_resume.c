/* test_resume.c: drafts that the stock blocked and that go on: what they then write, in which order they are tried, what stays as it is. */
#include "shop.h"

#include "base/mem.h"

static void resume_all(struct fixture *f, int64_t tried, int64_t validated, int64_t reconciled)
{
    struct resume_result result;

    assert_ok(f, document_resume(f->db, f->company_id, 0, STR_NULL, &resuming, &result, &f->err));
    assert_int_equal(result.tried, tried);
    assert_int_equal(result.validated, validated);
    assert_int_equal(result.still_blocked, tried - validated);
    assert_int_equal(result.reconciled, reconciled);
}

static void a_draft_writes_what_it_would_have_written_at_once(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct ticket other, t;

    ticket_simple(&shop, &other, DOCUMENT_INVOICE, 1, shop.managed[3], 1000, 100);
    post(f, &other, true);
    ticket_begin(&shop, &t, DOCUMENT_INVOICE, 2);
    t.posting.link_id = 21;
    ticket_line(&shop, &t, shop.unmanaged, 1000, 100, shop.tax20, 2000);
    ticket_line(&shop, &t, shop.managed[0], 1500, 200, shop.tax20, 2000);
    ticket_line(&shop, &t, shop.managed[1], 0, 0, shop.tax20, 2000);
    ticket_line(&shop, &t, shop.managed[1], 250, 300, shop.tax20, 2000);
    ticket_pay(&shop, &t, shop.cash, 1);
    ticket_pay(&shop, &t, shop.card, 598);
    ticket_pay(&shop, &t, shop.cash, -5);
    post(f, &t, true);
    assert_false(t.posting.validated);
    stock_set(f, shop.managed[0], 1500);
    stock_set(f, shop.managed[1], 1000);
    resume_all(f, 2, 1, 0); /* the other stays, and a cent is open */

    int64_t id = t.posting.document_id;
    assert_str(number_of(f, id), "FA000001");
    assert_int_equal(query_number(f, "SELECT COUNT(*) FROM stock_move WHERE company_id = $1 AND source = 'document'", DB_INT(f->company_id)), 2);
    assert_int_equal(query_number(f, "SELECT COUNT(*) FROM stock_move WHERE company_id = $1 AND source = 'document' AND source_id = $2 AND at_utc = $3 AND"
                                     " (line_no = 2 AND article_id = $4 AND quantity_milli = -1500 OR line_no = 4 AND article_id = $5 AND quantity_milli = -250)",
                                  DB_INT(f->company_id), DB_INT(id), DB_INT(t.posting.at_utc), DB_INT(shop.managed[0]), DB_INT(shop.managed[1])), 2);
    assert_int_equal(stock_of(f, shop.managed[0]), 0);
    assert_int_equal(stock_of(f, shop.managed[1]), 750);
    assert_int_equal(count_rows(f, "allocation"), 2);
    assert_int_equal(query_number(f, "SELECT SUM(amount_cents) FROM allocation WHERE company_id = $1 AND document_id = $2", DB_INT(f->company_id), DB_INT(id)), 599);
    assert_int_equal(query_number(f, "SELECT COUNT(*) FROM journal WHERE company_id = $1 AND link_id = 21 AND at_utc = $2 AND run_id = 8", DB_INT(f->company_id),
                                  DB_INT(resuming.now_utc)), 1);
    assert_journal_right(f);
}

/* What a draft lacks is brought up to date, in its own row and no other. */
static void a_block_is_brought_up_to_date(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct ticket first, second;

    ticket_simple(&shop, &first, DOCUMENT_INVOICE, 1, shop.managed[0], 1000, 100);
    post(f, &first, true);
    ticket_simple(&shop, &second, DOCUMENT_INVOICE, 2, shop.managed[1], 1000, 100);
    post(f, &second, true);
    stock_set(f, shop.managed[1], 400);
    resume_all(f, 2, 0, 0);
    assert_str(block_of(f, first.posting.document_id), "{\"code\":\"stock\",\"args\":[{\"code\":\"A\",\"missing_milli\":1000}]}");
    assert_str(block_of(f, second.posting.document_id), "{\"code\":\"stock\",\"args\":[{\"code\":\"B\",\"missing_milli\":600}]}");
}

/* What lacks the same as before is not written again: a trigger refuses it. */
static void a_block_that_stays_as_it_is_is_left_alone(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct ticket t;

    ticket_simple(&shop, &t, DOCUMENT_INVOICE, 1, shop.managed[0], 1000, 100);
    post(f, &t, true);
    assert_ok(f, db_run_script(f->db, db_engine(f->db) == DB_SQLITE
        ? "CREATE TRIGGER planted BEFORE UPDATE ON document BEGIN SELECT RAISE(ABORT, 'planted'); END"
        : "CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'planted'; END $$;"
          "CREATE TRIGGER planted BEFORE UPDATE ON document FOR EACH ROW EXECUTE FUNCTION planted()", &f->err));
    resume_all(f, 1, 0, 0);
}

/* Another program takes the stock after it was read: nothing goes on, and nothing is sold twice. */
static void stock_taken_meanwhile_lets_nothing_go_on(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct resume_result result;
    struct ticket t;

    ticket_simple(&shop, &t, DOCUMENT_INVOICE, 1, shop.managed[0], 1000, 100);
    post(f, &t, true);
    stock_set(f, shop.managed[0], 1000);
    assert_ok(f, db_run_script(f->db, db_engine(f->db) == DB_SQLITE
        ? "CREATE TRIGGER planted AFTER INSERT ON stock_move BEGIN UPDATE stock_level SET quantity_milli = quantity_milli - 1 WHERE article_id = NEW.article_id; END"
        : "CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE stock_level SET quantity_milli = quantity_milli - 1 WHERE article_id = NEW.article_id;"
          " RETURN NULL; END $$; CREATE TRIGGER planted AFTER INSERT ON stock_move FOR EACH ROW EXECUTE FUNCTION planted()", &f->err));
    assert_refused(f, ERR_DATA, document_resume(f->db, f->company_id, 0, STR_NULL, &resuming, &result, &f->err));
    assert_int_equal(stock_of(f, shop.managed[0]), 1000);
    assert_int_equal(count_rows(f, "journal"), 0);
}

/* More drafts than one transaction tries, none of which can go on, do not hide those behind them. */
static void drafts_that_stay_hide_no_other(void **state)
{
    enum { STAYING = 205, GOING = 3 };
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct posting_session *session = session_new(f, true, true);

    for (int i = 0; i < STAYING + GOING; i++) {
        struct ticket t;
        ticket_simple(&shop, &t, DOCUMENT_INVOICE, i, shop.managed[i < STAYING ? 0 : 1], 1000, 100);
        assert_ok(f, posting_run(session, &t.posting, 1, &f->err));
    }
    posting_session_free(session);
    stock_set(f, shop.managed[1], GOING * 1000);
    resume_all(f, STAYING + GOING, GOING, GOING);
    resume_all(f, STAYING, 0, 0);
    assert_journal_right(f);
}

/* A company that has closed nothing closes no day, not even one long ago. */
static void nothing_is_closed_until_it_is(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct ticket t;
    const int32_t before = DAY - 1;

    ticket_simple(&shop, &t, DOCUMENT_INVOICE, 1, shop.managed[0], 1000, 100);
    t.posting.day = -1; /* the last of 1969 */
    post(f, &t, true);
    stock_set(f, shop.managed[0], 2000);
    resume_all(f, 1, 1, 1);
    ticket_simple(&shop, &t, DOCUMENT_INVOICE, 2, shop.managed[0], 1500, 100);
    post(f, &t, true);
    assert_ok(f, company_set_closed_until(f->db, f->company_id, &before, &f->err));
    stock_set(f, shop.managed[0], 1500);
    resume_all(f, 1, 1, 1);
}

/* What a document brings and takes of one article counts together: nothing leaves, so nothing can be missing. */
static void what_comes_and_goes_is_not_refused(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct ticket t;

    stock_set(f, shop.managed[0], -5000);
    ticket_begin(&shop, &t, DOCUMENT_INVOICE, 1);
    ticket_line(&shop, &t, shop.managed[0], 1000, 100, shop.tax20, 2000);
    ticket_line(&shop, &t, shop.managed[0], -1000, -100, shop.tax20, 2000);
    post(f, &t, true);
    assert_true(t.posting.validated);
    assert_int_equal(stock_of(f, shop.managed[0]), -5000);
}

/* ---- memory ---- */

enum { DRAFTS = 36 };

/* Every allocation fails once, for drafts that stay, with a new reason, and drafts that go on, with the number that they kept or a new one. An allocation that the
 * program can do without may fail unnoticed: then all is done as if it had not. */
static void exhausted_memory_leaves_drafts_as_they_are(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct posting_session *session = session_new(f, true, true);
    int64_t needed = 0;

    for (int i = 0; i < DRAFTS; i++) {
        struct ticket t;
        ticket_begin(&shop, &t, DOCUMENT_INVOICE, i);
        t.posting.number = i % 3 == 0 ? text_of(f, "a rather long number that the till gave: %d", i) : STR_NULL;
        ticket_line(&shop, &t, shop.managed[0], 1000, 100, shop.tax20, 2000);
        ticket_line(&shop, &t, shop.managed[i % 3], 2000, 100, shop.tax20, 2000);
        ticket_pay(&shop, &t, shop.cash, 200);
        assert_ok(f, posting_run(session, &t.posting, 1, &f->err));
    }
    posting_session_free(session);
    stock_set(f, shop.managed[0], 1000000);
    stock_set(f, shop.managed[1], 1000000);
    for (int64_t nth = 0; nth <= needed; nth++) { /* at first none fails, and what is remembered between attempts is made */
        struct resume_result result;
        int64_t begin = mem_count();
        mem_fail_at(nth, 0);
        int code = attempt_resume(f, STR_NULL, &result);
        mem_fail_at(0, 0);
        needed = code == ERR_CANCELLED ? mem_count() - begin : nth + 1;
        if (code != ERR_CANCELLED)
            assert_int_equal(code, ERR_INTERNAL);
        else
            assert_true(result.tried == DRAFTS && result.validated == DRAFTS / 3 * 2 && result.reconciled == DRAFTS / 3 * 2);
        err_clear(&f->err);
        assert_int_equal(count_rows(f, "journal"), 0);
    }
    resume_all(f, DRAFTS, DRAFTS / 3 * 2, DRAFTS / 3 * 2);
    assert_int_equal(query_number(f, "SELECT COUNT(*) FROM document WHERE company_id = $1 AND number LIKE 'FA%' AND state = 'validated'", DB_INT(f->company_id)), DRAFTS / 3);
    assert_int_equal(stock_of(f, shop.managed[0]), 1000000 - DRAFTS / 3 * 4000);
    assert_journal_right(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        engine_test(a_draft_writes_what_it_would_have_written_at_once),
        engine_test(a_block_is_brought_up_to_date),
        engine_test(a_block_that_stays_as_it_is_is_left_alone),
        engine_test(stock_taken_meanwhile_lets_nothing_go_on),
        engine_test(drafts_that_stay_hide_no_other),
        engine_test(nothing_is_closed_until_it_is),
        engine_test(what_comes_and_goes_is_not_refused),
        engine_test(exhausted_memory_leaves_drafts_as_they_are),
    };

    return run_on_engines(tests);
}
