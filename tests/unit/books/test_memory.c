/* test_memory.c: memory is exhausted at each single piece that a batch, or drafts that go on, ask for: each time the call says so and nothing of it stays; and the
 * memory of a resumption whose document is named. What whole blocks do when they are refused stands in test_posting.c, test_numbers.c and test_resume.c. */
#include "shop.h"

#include "arena_faults.h"
#include "base/mem.h"

/* An invoice that takes a number, one that keeps the till's, a credit note, an order, and an invoice that the stock blocks. */
enum { TICKETS = 5 };
static void tickets_begin(struct shop *shop, struct ticket tickets[TICKETS], struct posting postings[TICKETS])
{
    static const enum document_kind kinds[TICKETS] = {DOCUMENT_INVOICE, DOCUMENT_INVOICE, DOCUMENT_CREDIT_NOTE, DOCUMENT_ORDER, DOCUMENT_INVOICE};

    for (int i = 0; i < TICKETS; i++) {
        ticket_simple(shop, &tickets[i], kinds[i], i, shop->managed[i % 4], i == 4 ? 9000 : 1000, 100);
        tickets[i].posting.number = i == 1 ? STR("T-1") : STR_NULL;
        postings[i] = tickets[i].posting;
    }
    stock_set(shop->fixture, shop->managed[0], 2000);
    stock_set(shop->fixture, shop->managed[1], 2000);
}

static void a_batch_without_any_one_piece_is_undone(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct ticket tickets[TICKETS];
    struct posting postings[TICKETS];
    int64_t nth = 0;
    bool refused = true;

    tickets_begin(&shop, tickets, postings);
    while (refused) {
        struct posting_session *session = session_new(f, true, true);
        arena_pieces_left = ++nth;
        int code = attempt_run(f, session, postings, TICKETS, ERR_CANCELLED);
        refused = arena_pieces_left == 0;
        arena_pieces_left = 0;
        posting_session_free(session);
        if (code != (refused ? ERR_INTERNAL : ERR_CANCELLED))
            fail_msg("piece %lld: %d", (long long)nth, code);
        err_clear(&f->err);
        assert_int_equal(count_rows(f, "document"), 0);
    }
    assert_true(nth > 2 * TICKETS); /* else the faults do not reach the program */
}

/* Drafts that go on with a new number and with the one they kept, one that stays for a new reason, and one whose period was closed meanwhile. */
static void drafts_without_any_one_piece_stay(void **state)
{
    enum { DRAFTS = 4 };
    const int32_t closed_until = DAY - 1;
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct posting_session *session = session_new(f, true, true);
    int64_t nth = 0;
    bool refused = true;

    for (int i = 0; i < DRAFTS; i++) {
        struct ticket t;
        ticket_simple(&shop, &t, DOCUMENT_INVOICE, i, shop.managed[i], 2000, 100);
        t.posting.number = i == 1 ? STR("T-1") : STR_NULL;
        t.posting.day = i == 3 ? closed_until : DAY;
        assert_ok(f, posting_run(session, &t.posting, 1, &f->err));
        stock_set(f, shop.managed[i], i == 2 ? 500 : 5000);
    }
    posting_session_free(session);
    assert_ok(f, company_set_closed_until(f->db, f->company_id, &closed_until, &f->err));
    while (refused) {
        struct resume_result result;
        arena_pieces_left = ++nth;
        int code = attempt_resume(f, STR_NULL, &result);
        refused = arena_pieces_left == 0;
        arena_pieces_left = 0;
        if (code != (refused ? ERR_INTERNAL : ERR_CANCELLED))
            fail_msg("piece %lld: %d", (long long)nth, code);
        err_clear(&f->err);
        assert_int_equal(count_rows(f, "journal"), 0);
        if (!refused)
            assert_true(result.tried == DRAFTS && result.validated == 2 && result.reconciled == 2);
    }
    assert_true(nth > 2 * DRAFTS);
}

struct proven {
    struct posting_session *session;
    struct posting *posting;
    int64_t company_id;
};
static int post_prove_and_undo(struct db *db, void *context, struct err *err)
{
    const struct proven *proven = context;
    struct journal_verdict verdict = {0};
    ARENA_AUTO arena = {0};
    int code = posting_run(proven->session, proven->posting, 1, err);

    if (code < 0)
        return code;
    mem_fail_at(0, 0);
    assert_int_equal(journal_verify(db, proven->company_id, &arena, &verdict, err), OK);
    assert_true(verdict.records == 1 && verdict.bad_seq == 0);
    return err_set(err, ERR_CANCELLED, N_("the test undoes it"));
}

/* What the journal keeps is the hash of the whole document, or there is neither: memory that is short while its text grows leaves no hash of a part. */
static void a_hash_is_of_the_whole_text(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct ticket t;
    int64_t needed = 0;

    ticket_begin(&shop, &t, DOCUMENT_INVOICE, 1);
    for (int i = 0; i < LINES_MAX; i++)
        ticket_line(&shop, &t, shop.unmanaged, 1000, 100, shop.tax20, 2000);
    for (int64_t nth = 0; nth <= needed; nth++) { /* at first none fails, and what is remembered between attempts is made */
        struct proven proven = {session_new(f, true, true), &t.posting, f->company_id};
        int64_t begin = mem_count();
        mem_fail_at(nth, 0);
        int code = db_transact(f->db, post_prove_and_undo, &proven, &f->err);
        mem_fail_at(0, 0);
        needed = code == ERR_CANCELLED ? mem_count() - begin : nth + 1;
        posting_session_free(proven.session);
        if (code != ERR_CANCELLED)
            assert_int_equal(code, ERR_INTERNAL);
        err_clear(&f->err);
        assert_int_equal(count_rows(f, "journal"), 0);
    }
}

/* A draft that is named is tried alone, or the call says why not: memory that is short while it is looked for does not let the others go on instead. */
static void a_named_draft_never_stands_for_all(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct posting_session *session = session_new(f, true, true);
    int64_t needed = 1;

    for (int i = 0; i < 2; i++) {
        struct ticket t;
        ticket_simple(&shop, &t, DOCUMENT_INVOICE, i, shop.managed[i], 2000, 100);
        t.posting.number = i == 0 ? STR("T-0") : STR("T-1");
        assert_ok(f, posting_run(session, &t.posting, 1, &f->err));
        stock_set(f, shop.managed[i], 2000);
    }
    posting_session_free(session);
    for (int64_t nth = 1; nth <= needed; nth++) { /* from the first on: statements are prepared, and remembered, as far as each attempt comes */
        struct resume_result result;
        int64_t begin = mem_count();
        mem_fail_at(nth, 0);
        int code = attempt_resume(f, STR("T-1"), &result);
        mem_fail_at(0, 0);
        needed = code == ERR_CANCELLED ? mem_count() - begin : nth + 1;
        if (code != ERR_CANCELLED)
            assert_int_equal(code, ERR_INTERNAL);
        else
            assert_int_equal(result.tried, 1);
        err_clear(&f->err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        engine_test(a_named_draft_never_stands_for_all),
        engine_test(a_batch_without_any_one_piece_is_undone),
        engine_test(drafts_without_any_one_piece_stay),
        engine_test(a_hash_is_of_the_whole_text),
    };

    return run_on_engines(tests);
}
