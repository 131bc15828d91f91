/* test_memory.c: memory is exhausted at each single piece that a validation asks for, of a new sale and of one that changed at the till: either the call says so, or
 * the documents are all that they should be. (The text of what would have been an anomaly may be lacking: nobody reads it.) */
#include "grid_shop.h"

#include "../books/arena_faults.h"

struct undone {
    struct grid_shop *shop;
    struct grid_validation counts;
    int64_t nameless; /* payments without their name, documents without the ticket's number */
};
static int validate_and_undo(struct db *db, void *context, struct err *err)
{
    struct undone *undone = context;
    struct grid_session *session = NULL;
    int code = grid_session_new(&session, db, &undone->shop->company, &undone->shop->rules, test_now_utc, 7, err);

    if (code >= 0)
        code = grid_validate(session, NULL, 0, NULL, NULL, &undone->counts, err);
    grid_session_free(session);
    if (code >= 0)
        undone->nameless = count_of(undone->shop, "payment WHERE till_payment_id IS NULL") + count_of(undone->shop, "document WHERE number NOT LIKE '4%'");
    return code < 0 ? code : err_set(err, ERR_CANCELLED, N_("the test undoes it"));
}

static void a_validation_without_any_one_piece_is_undone(void **state)
{
    enum { DOCUMENTS = 3 }; /* the new sale's, and the two that correct the other */
    struct grid_shop shop;
    struct fixture *f = *state;
    int64_t nth = 0, failed = 0;
    bool refused = true;

    shop_open(&shop, f);
    struct sale *sale = sale_simple(&shop, 41, 1200);
    sale_pay(&shop, sale, "card", 300);
    sale->payments[0].amount_cents = 900;
    bring_in(&shop, sale);
    assert_int_equal(validate(&shop).documents, 1);
    struct sale *changed = sale_copy(&shop, sale);
    changed->total_cents = changed->lines[0].total_cents = 1100;
    changed->payments[0].amount_cents = 800;
    bring_in(&shop, changed);
    accept_sale(&shop, sale->id);
    bring_in(&shop, sale_simple(&shop, 42, 500));
    while (refused) {
        struct undone undone = {.shop = &shop};
        arena_pieces_left = ++nth;
        int code = db_transact(f->db, validate_and_undo, &undone, &f->err);
        refused = arena_pieces_left == 0;
        arena_pieces_left = 0;
        if (code != ERR_CANCELLED && (code != ERR_INTERNAL || !refused))
            fail_msg("piece %lld: %d", (long long)nth, code);
        if (code == ERR_CANCELLED)
            assert_true(undone.counts.documents == DOCUMENTS && undone.counts.reconciled == DOCUMENTS && undone.counts.payments == DOCUMENTS + 2 && undone.nameless == 0);
        err_clear(&f->err);
        assert_int_equal(count_of(&shop, "document WHERE 1 = 1"), 1);
        failed += code == ERR_INTERNAL;
    }
    assert_true(failed > 10 * DOCUMENTS); /* else the faults do not reach the program */
    shop_close(&shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        engine_test(a_validation_without_any_one_piece_is_undone),
    };

    return run_on_engines(tests);
}
