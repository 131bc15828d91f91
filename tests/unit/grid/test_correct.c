/* test_correct.c: what a person does to the grid (edit, accept), and what becomes of a sale that changes at the till after it became a document: the
 * documents of the sale always add up to what the till says of it. */
#include "grid_shop.h"

/* Documents of a sale: how many, their total, what was paid with them. */
#define documents_of(shop) count_of(shop, "document WHERE state = 'validated'")
static void assert_day_agrees(struct grid_shop *shop, int64_t total_cents)
{
    assert_int_equal(sum_of(shop, "total_cents", "document WHERE state = 'validated' AND day = 20483"), total_cents);
    assert_int_equal(sum_of(shop, "amount_cents", "payment WHERE day = 20483"), total_cents);
    assert_int_equal(sum_of(shop, "amount_cents", "allocation WHERE 1 = 1"), total_cents);
    assert_int_equal(sum_of(shop, "tax_cents", "document WHERE state = 'validated'"), sum_of(shop, "tax_cents", "document_tax WHERE 1 = 1"));
}

static struct sale *version(struct grid_shop *shop, const struct sale *sale, int64_t total_cents)
{
    struct sale *copy = sale_copy(shop, sale);
    copy->total_cents = copy->lines[0].total_cents = copy->payments[0].amount_cents = total_cents;
    copy->lines[0].unit_price_e4 = total_cents * 100;
    return copy;
}

static void a_changed_sale_is_corrected_once_accepted(void **state)
{
    struct grid_shop shop;
    shop_open(&shop, *state);
    struct sale *sale = sale_simple(&shop, 41, 1200);
    bring_in(&shop, sale);
    assert_int_equal(validate(&shop).documents, 1);
    assert_day_agrees(&shop, 1200);
    struct staging_seen seen = bring_in(&shop, version(&shop, sale, 1000));
    assert_int_equal(seen.correction, 1);
    struct grid_content content = grid_content_of(&shop, sale->id);
    assert_int_equal(content.row.revision, 1);
    assert_int_equal(content.anomaly_count, 1);
    assert_int_equal(content.anomalies[0].code, ANOMALY_CHANGED_AFTER_IMPORT);
    assert_str(content.anomalies[0].args[0], "41");
    assert_true(str_starts_with(content.anomalies[0].args[1], STR("total 12.00 → 10.00")));
    /* it waits for a person, validation after validation */
    for (int i = 0; i < 2; i++) {
        struct grid_validation waiting = validate(&shop);
        assert_int_equal(waiting.documents, 0);
        assert_int_equal(waiting.anomalies, 1);
    }
    assert_day_agrees(&shop, 1200);
    accept_sale(&shop, sale->id);
    struct grid_validation counts = validate(&shop);
    assert_int_equal(counts.documents, 2);
    assert_int_equal(counts.reconciled, 2);
    assert_int_equal(documents_of(&shop), 3);
    assert_day_agrees(&shop, 1000);
    assert_int_equal(count_of(&shop, "document WHERE number = '41-1' AND kind = 'credit_note' AND total_cents = -1200"), 1);
    assert_int_equal(count_of(&shop, "document WHERE number = '41-2' AND kind = 'invoice' AND total_cents = 1000"), 1);
    assert_int_equal(count_of(&shop, "anomaly WHERE 1 = 1"), 0);
    assert_str(register_state(&shop, sale->id), "document");
    /* the stock says one bottle, not three */
    assert_int_equal(sum_of(&shop, "quantity_milli", "stock_move WHERE 1 = 1"), -1000);
    /* and once more */
    bring_in(&shop, version(&shop, sale, 1500));
    accept_sale(&shop, sale->id);
    assert_int_equal(validate(&shop).documents, 2);
    assert_day_agrees(&shop, 1500);
    assert_int_equal(count_of(&shop, "document WHERE number = '41-3' AND total_cents = -1000"), 1);
    assert_int_equal(count_of(&shop, "document WHERE number = '41-4' AND total_cents = 1500"), 1);
    shop_close(&shop);
}

/* Both documents of a correction are the sale's, with the number that it now has at the till; their payments are told apart from those that were there. */
static void a_correction_bears_the_names_of_its_sale(void **state)
{
    struct grid_shop shop;
    shop_open(&shop, *state);
    struct sale *sale = sale_simple(&shop, 41, 1200);
    sale_pay(&shop, sale, "card", 300);
    sale->payments[0].amount_cents = 900;
    sale->payments[0].paid_utc = test_now_utc - 2 * CIVIL_DAY;
    bring_in(&shop, sale);
    validate(&shop);
    struct sale *changed = sale_copy(&shop, sale);
    changed->number = STR("87");
    changed->total_cents = changed->lines[0].total_cents = 1100;
    changed->payments[0].amount_cents = 800;
    bring_in(&shop, changed);
    accept_sale(&shop, sale->id);
    assert_int_equal(validate(&shop).documents, 2);
    assert_int_equal(count_of(&shop, "document WHERE link_id = 1 AND till_sale_id = 't-41' AND till_number = '41' AND number = '41' AND revision = 0"), 1);
    assert_int_equal(count_of(&shop, "document WHERE link_id = 1 AND till_sale_id = 't-41' AND till_number = '87' AND number = '87-1' AND revision = 1"), 1);
    assert_int_equal(count_of(&shop, "document WHERE link_id = 1 AND till_sale_id = 't-41' AND till_number = '87' AND number = '87-2' AND revision = 2"), 1);
    assert_int_equal(count_of(&shop, "payment p WHERE till_payment_id = 't-41-p1~1' AND amount_cents = -900 AND day = 20483 AND at_utc = (SELECT q.at_utc FROM payment q"
                                     " WHERE q.company_id = p.company_id AND q.till_payment_id = 't-41-p1')"), 1);
    assert_int_equal(count_of(&shop, "payment WHERE till_payment_id = 't-41-p2~1' AND amount_cents = -300"), 1);
    assert_int_equal(count_of(&shop, "payment WHERE till_payment_id = 't-41-p1~2' AND amount_cents = 800"), 1);
    assert_int_equal(count_of(&shop, "payment WHERE till_payment_id = 't-41-p2~2' AND amount_cents = 300"), 1);
    assert_int_equal(count_of(&shop, "payment WHERE 1 = 1"), 6);
    shop_close(&shop);
}

/* An invoice stays in the books until a credit note undoes it, whatever the link makes of sales by now. */
static void an_invoice_is_undone_by_a_credit_note_even_when_the_link_makes_orders(void **state)
{
    struct grid_shop shop;
    shop_open(&shop, *state);
    struct sale *sale = sale_simple(&shop, 41, 1200);
    bring_in(&shop, sale);
    validate(&shop);
    shop.rules.orders = true;
    shop_session(&shop);
    bring_in(&shop, version(&shop, sale, 1000));
    accept_sale(&shop, sale->id);
    assert_int_equal(validate(&shop).documents, 2);
    assert_int_equal(count_of(&shop, "document WHERE number = '41-1' AND kind = 'credit_note' AND total_cents = -1200"), 1);
    assert_int_equal(count_of(&shop, "document WHERE number = '41-2' AND kind = 'order' AND total_cents = 1000"), 1);
    assert_int_equal(sum_of(&shop, "quantity_milli", "stock_move WHERE 1 = 1"), 0);
    assert_int_equal(sum_of(&shop, "amount_cents", "allocation WHERE 1 = 1"), 0);
    shop_close(&shop);
}

static void a_sale_cancelled_after_import_leaves_nothing(void **state)
{
    struct grid_shop shop;
    shop_open(&shop, *state);
    struct sale *sale = sale_simple(&shop, 41, 1200);
    bring_in(&shop, sale);
    validate(&shop);
    struct sale *cancelled = sale_copy(&shop, sale);
    cancelled->state = SALE_CANCELLED;
    assert_int_equal(bring_in(&shop, cancelled).correction, 1);
    accept_sale(&shop, sale->id);
    assert_int_equal(validate(&shop).documents, 1);
    assert_day_agrees(&shop, 0);
    assert_int_equal(documents_of(&shop), 2);
    /* told again that it is cancelled: nothing to do */
    cancelled = sale_copy(&shop, cancelled);
    cancelled->total_cents++;
    struct staging_seen seen = bring_in(&shop, cancelled);
    assert_int_equal(seen.correction, 0);
    assert_int_equal(seen.skipped, 1);
    /* and back again: one invoice stands */
    assert_int_equal(bring_in(&shop, sale).correction, 1);
    accept_sale(&shop, sale->id);
    assert_int_equal(validate(&shop).documents, 1);
    assert_day_agrees(&shop, 1200);
    /* and changed after that: the invoice that stands is undone, not the credit note */
    bring_in(&shop, version(&shop, sale, 900));
    accept_sale(&shop, sale->id);
    assert_int_equal(validate(&shop).documents, 2);
    assert_day_agrees(&shop, 900);
    shop_close(&shop);
}

static void what_changes_no_figure_changes_nothing(void **state)
{
    struct grid_shop shop;
    shop_open(&shop, *state);
    struct sale *sale = sale_simple(&shop, 41, 1200);
    bring_in(&shop, sale);
    validate(&shop);
    struct sale *same = sale_copy(&shop, sale);
    same->salesperson = STR("Zoé");
    struct staging_seen seen = bring_in(&shop, same);
    assert_int_equal(seen.skipped, 1);
    assert_string_equal(seen.reason, "no figure changed");
    assert_str(register_state(&shop, sale->id), "document");
    /* changed, and changed back before anyone accepted: the correction goes */
    assert_int_equal(bring_in(&shop, version(&shop, sale, 1000)).correction, 1);
    seen = bring_in(&shop, sale_copy(&shop, sale));
    assert_int_equal(seen.skipped, 1);
    assert_int_equal(count_of(&shop, "grid_sale WHERE 1 = 1") + count_of(&shop, "anomaly WHERE 1 = 1"), 0);
    assert_int_equal(validate(&shop).checked, 0);
    assert_day_agrees(&shop, 1200);
    shop_close(&shop);
}

static void a_further_change_is_compared_with_the_document(void **state)
{
    struct grid_shop shop;
    shop_open(&shop, *state);
    struct sale *sale = sale_simple(&shop, 41, 1200);
    bring_in(&shop, sale);
    validate(&shop);
    bring_in(&shop, version(&shop, sale, 1000));
    bring_in(&shop, version(&shop, sale, 800));
    struct grid_content content = grid_content_of(&shop, sale->id);
    assert_true(str_starts_with(content.anomalies[0].args[1], STR("total 12.00 → 8.00")));
    accept_sale(&shop, sale->id);
    assert_int_equal(validate(&shop).documents, 2);
    assert_day_agrees(&shop, 800);
    shop_close(&shop);
}

static void a_purged_correction_leaves_the_document(void **state)
{
    struct grid_shop shop;
    int64_t count;
    shop_open(&shop, *state);
    struct sale *sale = sale_simple(&shop, 41, 1200);
    bring_in(&shop, sale);
    validate(&shop);
    bring_in(&shop, version(&shop, sale, 1000));
    assert_ok(shop.f, grid_purge(shop.f->db, shop.f->company_id, LINK, NULL, 0, &count, &shop.f->err));
    assert_str(register_state(&shop, sale->id), "document");
    assert_int_equal(count_of(&shop, "anomaly WHERE 1 = 1"), 0);
    assert_day_agrees(&shop, 1200);
    shop_close(&shop);
}

static void a_long_difference_is_cut_between_characters(void **state)
{
    struct grid_shop shop;
    shop_open(&shop, *state);
    for (int pad = 0; pad < 4; pad++) {
        struct sale *sale = sale_simple(&shop, 41 + pad, 1200);
        bring_in(&shop, sale);
        validate(&shop);
        struct sale *changed = sale_copy(&shop, sale);
        BUF_AUTO label = {0};
        for (int i = 0; i < pad; i++)
            buf_append_char(&label, 'x');
        for (int i = 0; i < 200; i++)
            buf_append_z(&label, "é€");
        changed->lines[0].label = arena_copy(&shop.f->arena, buf_str(&label));
        bring_in(&shop, changed);
        struct grid_content content = grid_content_of(&shop, sale->id);
        assert_true(text_is_utf8(content.anomalies[0].args[1]));
        assert_true(str_ends_with(content.anomalies[0].args[1], STR("…")));
    }
    shop_close(&shop);
}

/* ---- edits ---- */

static void every_field_can_be_edited(void **state)
{
    static const struct { const char *field, *value; } edits[] = {
        {"number", "99"}, {"refund_of", "t-5"}, {"salesperson", "Zoé"}, {"customer_code", "C7"}, {"company_name", "ACME"}, {"last_name", "Roux"}, {"first_name", "Léa"},
        {"email", "a@b.fr"}, {"phone", "01"}, {"address", "1 rue A"}, {"postcode", "75001"}, {"town", "Paris"}, {"country", "France"}, {"vat_number", "FR1"},
        {"total", "12,50"}, {"tip", "0.50"}, {"date", "28/01/2026"}, {"line.1.reference", "PAIN"}, {"line.1.label", "Pain"}, {"line.1.category", "Boulangerie"},
        {"line.1.unit", "g"}, {"line.1.quantity", "1,234"}, {"line.1.unit_price", "2.3456"}, {"line.1.discount", "1"}, {"line.1.total", "12.50"}, {"line.1.rate", "5,5"},
        {"payment.1.id", "p-9"}, {"payment.1.type", "card"}, {"payment.1.label", "CB"}, {"payment.1.amount", "13"}, {"tax.20", "2.00"},
    };
    struct grid_shop shop;
    shop_open(&shop, *state);
    struct sale *sale = sale_simple(&shop, 1, 1200);
    sale->lines[0].article_id = STR("till-article");
    sale->taxes[sale->tax_count++] = (struct sale_tax){.rate_bp = 2000, .tax_cents = 1};
    bring_in(&shop, sale);
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++)
        edit(&shop, sale->id, edits[i].field, edits[i].value);
    struct grid_content content = grid_content_of(&shop, sale->id);
    assert_true(content.row.edited);
    assert_int_equal(content.anomaly_count, 0);
    assert_str(content.sale.number, "99");
    assert_str(content.sale.customer.country, "France");
    assert_str(content.sale.salesperson, "Zoé");
    assert_int_equal(content.sale.total_cents, 1250);
    assert_int_equal(content.sale.tip_cents, 50);
    assert_int_equal(content.row.day, TODAY - 2);
    assert_str(content.sale.lines[0].reference, "PAIN");
    assert_null(content.sale.lines[0].article_id.p);  /* the hand decides now */
    assert_int_equal(content.sale.lines[0].quantity_milli, 1234);
    assert_int_equal(content.sale.lines[0].unit_price_e4, 23456);
    assert_int_equal(content.sale.lines[0].rate_bp, 550);
    assert_str(content.sale.payments[0].id, "p-9");
    assert_int_equal(content.sale.payments[0].amount_cents, 1300);
    assert_int_equal(content.sale.taxes[0].tax_cents, 200);
    shop_close(&shop);
}

static void what_cannot_be_edited_is_refused(void **state)
{
    static const struct { const char *field, *value; int code; } refused[] = {
        {"colour", "red", ERR_USAGE}, {"line.1.colour", "red", ERR_USAGE}, {"line", "1", ERR_USAGE}, {"line.x.total", "1", ERR_USAGE}, {"other.1.total", "1", ERR_USAGE},
        {"line.2.total", "1", ERR_DATA}, {"line.0.total", "1", ERR_DATA}, {"payment.9.amount", "1", ERR_DATA}, {"tax.10", "1", ERR_DATA}, {"tax.x", "1", ERR_USAGE},
        {"total", "abc", ERR_DATA}, {"total", "10.005", ERR_DATA}, {"total", "99999999999999", ERR_DATA}, {"total", "1e400", ERR_DATA}, {"line.1.rate", "101", ERR_DATA},
        {"line.1.rate", "-1", ERR_DATA}, {"date", "2026-02-30", ERR_DATA}, {"date", "hier", ERR_DATA}, {"last_name", "\xFF", ERR_DATA},
    };
    struct grid_shop shop;
    shop_open(&shop, *state);
    struct sale *sale = sale_simple(&shop, 1, 1200);
    bring_in(&shop, sale);
    int64_t id = grid_id(&shop, sale->id);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_refused(shop.f, refused[i].code, grid_edit(shop.f->db, &shop.company, id, str_from(refused[i].field), str_from(refused[i].value), &shop.f->err));
    assert_refused(shop.f, ERR_NOT_FOUND, grid_edit(shop.f->db, &shop.company, 4711, STR("total"), STR("1"), &shop.f->err));
    assert_refused(shop.f, ERR_NOT_FOUND, grid_accept(shop.f->db, shop.f->company_id, 4711, &shop.f->err));
    assert_false(grid_content_of(&shop, sale->id).row.edited);
    shop_close(&shop);
}

/* A sale dated today by hand, in the morning, is not in the future. */
static void a_date_of_today_is_not_in_the_future(void **state)
{
    struct grid_shop shop;
    shop_open(&shop, *state);
    struct sale *sale = sale_simple(&shop, 1, 1200);
    sale->has_closed_utc = false;
    bring_in(&shop, sale);
    assert_int_equal(has_anomaly(&shop, sale->id, "impossible_date"), 1);
    edit(&shop, sale->id, "date", "2026-01-30");
    assert_int_equal(validate(&shop).documents, 1);
    shop_close(&shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        engine_test(a_changed_sale_is_corrected_once_accepted),
        engine_test(a_correction_bears_the_names_of_its_sale),
        engine_test(an_invoice_is_undone_by_a_credit_note_even_when_the_link_makes_orders),
        engine_test(a_sale_cancelled_after_import_leaves_nothing),
        engine_test(what_changes_no_figure_changes_nothing),
        engine_test(a_further_change_is_compared_with_the_document),
        engine_test(a_purged_correction_leaves_the_document),
        engine_test(a_long_difference_is_cut_between_characters),
        engine_test(every_field_can_be_edited),
        engine_test(what_cannot_be_edited_is_refused),
        engine_test(a_date_of_today_is_not_in_the_future),
    };

    return run_on_engines(tests);
}
