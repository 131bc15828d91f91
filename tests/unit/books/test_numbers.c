/* test_numbers.c: numbers of large batches: those that documents kept from the till are passed over, none is left out, none is lost when memory is exhausted. */
#include "shop.h"

#include "base/mem.h"

enum { BATCH = 300 };

struct batch {
    struct ticket tickets[BATCH];
    struct posting postings[BATCH];
};

static void batch_begin(struct shop *shop, struct batch *batch, size_t count, int64_t first_serial)
{
    for (size_t i = 0; i < count; i++) {
        ticket_simple(shop, &batch->tickets[i], DOCUMENT_INVOICE, first_serial + (int64_t)i, shop->unmanaged, 1000, 100);
        batch->postings[i] = batch->tickets[i].posting;
    }
}

static int64_t next_number(struct fixture *f)
{
    return query_number(f, "SELECT next_number FROM number_sequence WHERE company_id = $1 AND kind = 'invoice'", DB_INT(f->company_id));
}

static void kept_numbers_are_passed_over_wherever_they_stand(void **state)
{
    /* Of 1 to 45: the first, neighbours, one after the end of a first block of 40; and texts that stand between two numbers and are none. */
    static const char *const kept[] = {"FA000001", "FA000007", "FA000008", "FA000020", "FA000039", "FA000041", "FA00000A", "FA00001-", "FA00002", "FA0000021"};
    static const int64_t taken[] = {1, 7, 8, 20, 39, 41};
    enum { KEPT = sizeof kept / sizeof kept[0], COUNT = 40 };
    static struct batch batch;
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct posting_session *session = session_new(f, false, true);

    batch_begin(&shop, &batch, KEPT, 0);
    for (size_t i = 0; i < KEPT; i++)
        batch.postings[i].number = str_from(kept[i]);
    assert_ok(f, posting_run(session, batch.postings, KEPT, &f->err));
    assert_int_equal(next_number(f), 1);
    batch_begin(&shop, &batch, COUNT, 100);
    assert_ok(f, posting_run(session, batch.postings, COUNT, &f->err));
    int64_t expected = 1;
    for (size_t i = 0, passed = 0; i < COUNT; i++, expected++) {
        for (; passed < sizeof taken / sizeof taken[0] && taken[passed] == expected; passed++)
            expected++;
        struct str number = arena_format(&f->arena, "FA%06" PRId64, expected);
        if (!str_equal(number_of(f, batch.postings[i].document_id), number))
            fail_msg("document %zu has not the number %.*s", i, STR_ARG(number));
    }
    assert_int_equal(expected, COUNT + 6 + 1);
    assert_int_equal(next_number(f), expected);
    posting_session_free(session);
    assert_journal_right(f);
}

/* Each attempt is undone whatever became of it: an allocation that the program can do without may fail unnoticed. The last one needs no more than have failed. */
static void exhausted_memory_in_a_large_batch_leaves_nothing(void **state)
{
    static struct batch batch;
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct posting_session *session;
    int64_t needed = 0;

    batch_begin(&shop, &batch, BATCH, 0);
    for (int64_t nth = 0; nth <= needed; nth++) { /* at first none fails, and what is remembered between attempts is made */
        session = session_new(f, false, true);
        int64_t begin = mem_count();
        mem_fail_at(nth, 0);
        int code = attempt_run(f, session, batch.postings, BATCH, ERR_CANCELLED);
        mem_fail_at(0, 0);
        needed = code == ERR_CANCELLED ? mem_count() - begin : nth + 1;
        posting_session_free(session);
        if (code != ERR_CANCELLED)
            assert_int_equal(code, ERR_INTERNAL);
        err_clear(&f->err);
        assert_int_equal(count_rows(f, "document"), 0);
        assert_int_equal(next_number(f), 1);
    }
    session = session_new(f, false, true);
    assert_ok(f, attempt_run(f, session, batch.postings, BATCH, OK));
    posting_session_free(session);
    assert_int_equal(next_number(f), BATCH + 1);
    assert_int_equal(query_number(f, "SELECT COUNT(*) FROM document WHERE company_id = $1 AND state = 'validated'", DB_INT(f->company_id)), BATCH);
    assert_journal_right(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        engine_test(kept_numbers_are_passed_over_wherever_they_stand),
        engine_test(exhausted_memory_in_a_large_batch_leaves_nothing),
    };

    return run_on_engines(tests);
}
