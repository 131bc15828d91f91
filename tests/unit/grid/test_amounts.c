/* test_amounts.c: how far the VAT that a till states may be from arithmetic, which payments become one, and what makes a sale empty: each rule at its edge, with
 * figures computed by hand. */
#include "grid_shop.h"

/* ---- VAT as the till states it ---- */

static void stated(struct sale *sale, int64_t rate_bp, int64_t tax_cents)
{
    assert_true(sale->tax_count < PARTS_MAX);
    sale->taxes[sale->tax_count++] = (struct sale_tax){.rate_bp = rate_bp, .tax_cents = tax_cents};
}

/* One line at 20 % and a bread at 5.5 %, of which the till states the VAT. */
static struct sale *sale_stating(struct grid_shop *shop, int64_t serial, int64_t quantity_milli, int64_t total_cents, int64_t tax_cents)
{
    struct sale *sale = sale_new(shop, serial);
    sale_line(sale, "PAIN", 9000, 1055, 550);
    sale_line(sale, "VIN", quantity_milli, total_cents, 2000);
    stated(sale, 2000, tax_cents);
    sale_pay(shop, sale, "cash", sale->total_cents);
    return sale;
}

static void stated_vat_may_differ_by_a_cent_for_each_unit_and_line(void **state)
{
    /* At 20 %; quantity, total, the VAT that arithmetic finds, and how far the till may be from it: a cent, one for the line, one for each unit begun. */
    static const struct {
        int64_t quantity_milli, total_cents, tax_cents, off;
    } cases[] = {
        {1000, 1200, 200, 3}, {1, 1200, 200, 3}, {1001, 1200, 200, 4}, {2000, 1200, 200, 4}, {2001, 1200, 200, 5}, {7000, 1200, 200, 9}, {-1000, -1200, -200, 3},
        {-2500, -1200, -200, 5}, {1000, 2, 0, 3}, {0, 0, 0, 2},
    };
    struct grid_shop shop;
    int64_t serial = 1;

    shop_open(&shop, *state);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const int64_t offs[] = {-cases[i].off - 1, -cases[i].off, cases[i].off, cases[i].off + 1};
        for (size_t n = 0; n < 4; n++, serial++) {
            struct sale *sale = sale_stating(&shop, serial, cases[i].quantity_milli, cases[i].total_cents, cases[i].tax_cents + offs[n]);
            bring_in(&shop, sale);
            if (has_anomaly(&shop, sale->id, "tax_total") != (n == 0 || n == 3))
                fail_msg("case %zu: %lld off", i, (long long)offs[n]);
        }
    }
    shop_close(&shop);
}

static void lines_of_one_rate_are_tolerated_together(void **state)
{
    struct grid_shop shop;

    shop_open(&shop, *state);
    for (int off = 6; off <= 7; off++) { /* 1 + (1 + 2) + (1 + 1) */
        struct sale *sale = sale_stating(&shop, off, 2000, 1200, 300 + off);
        sale_line(sale, "VIN", 500, 600, 2000);
        sale->payments[0].amount_cents += 600;
        bring_in(&shop, sale);
        assert_int_equal(has_anomaly(&shop, sale->id, "tax_total"), off == 7);
    }
    shop_close(&shop);
}

static void vat_of_no_line_is_a_fault_unless_it_is_nothing(void **state)
{
    struct grid_shop shop;

    shop_open(&shop, *state);
    for (int cents = -1; cents <= 1; cents++) {
        struct sale *sale = sale_stating(&shop, 10 + cents, 1000, 1200, 200);
        stated(sale, 1000, cents);
        bring_in(&shop, sale);
        assert_int_equal(has_anomaly(&shop, sale->id, "tax_total"), cents != 0);
    }
    assert_int_equal(count_of(&shop, "anomaly WHERE line_no <> 0"), 0);
    assert_int_equal(validate(&shop).documents, 1);
    assert_int_equal(count_of(&shop, "document_tax WHERE 1 = 1"), 2); /* nothing of a rate that no line has */
    assert_int_equal(sum_of(&shop, "tax_cents", "document_tax WHERE rate_bp = 2000"), 200);
    shop_close(&shop);
}

/* ---- payments ---- */

static void an_unknown_means_is_named_by_its_place(void **state)
{
    struct grid_shop shop;

    shop_open(&shop, *state);
    struct sale *sale = sale_new(&shop, 1);
    sale_line(sale, "VIN", 1000, 1000, 2000);
    sale_pay(&shop, sale, "cash", 300);
    sale_pay(&shop, sale, "shells", 200);
    sale_pay(&shop, sale, "cash", 400);
    sale_pay(&shop, sale, "beads", 100);
    bring_in(&shop, sale);
    assert_int_equal(count_of(&shop, "anomaly WHERE code = 'unmapped_means' AND line_no = -2 AND amount_cents = 200"), 1);
    assert_int_equal(count_of(&shop, "anomaly WHERE code = 'unmapped_means' AND line_no = -4 AND amount_cents = 100"), 1);
    assert_int_equal(count_of(&shop, "anomaly WHERE 1 = 1"), 2);
    assert_int_equal(validate(&shop).documents, 0);
    shop_close(&shop);
}

/* What is paid and given back with one means is no payment; what is left of the others stands in the order in which they were first used. */
static void a_means_that_comes_to_nothing_is_left_out(void **state)
{
    struct grid_shop shop;

    shop_open(&shop, *state);
    struct sale *sale = sale_new(&shop, 1);
    sale_line(sale, "VIN", 1000, 1001, 2000);
    sale_pay(&shop, sale, "check", 500);
    sale_pay(&shop, sale, "cash", 1);
    sale_pay(&shop, sale, "check", -500);
    sale_pay(&shop, sale, "card", 900);
    sale_pay(&shop, sale, "card", 100);
    sale->payments[3].paid_utc = test_now_utc - 17;
    sale->payments[4].paid_utc = test_now_utc - 3;
    sale->payments[1].has_paid_utc = false;
    bring_in(&shop, sale);
    assert_int_equal(validate(&shop).payments, 2);
    assert_int_equal(query_number(shop.f, "SELECT COUNT(*) FROM payment WHERE company_id = $1 AND till_payment_id = 't-1-p2' AND amount_cents = 1 AND at_utc = $2 AND day = $3",
                                  DB_INT(shop.f->company_id), DB_INT(sale->closed_utc), DB_INT(TODAY)), 1);
    assert_int_equal(query_number(shop.f, "SELECT COUNT(*) FROM payment WHERE company_id = $1 AND till_payment_id = 't-1-p4' AND amount_cents = 1000 AND at_utc = $2 AND day = $3",
                                  DB_INT(shop.f->company_id), DB_INT(test_now_utc - 17), DB_INT(TODAY)), 1);
    assert_int_equal(count_of(&shop, "payment p WHERE amount_cents = 1 AND payment_id < (SELECT MAX(payment_id) FROM payment q WHERE q.company_id = p.company_id)"), 1);
    shop_close(&shop);
}

/* What a till sells is paid, tip included; only a file may say nothing of payments. */
static void what_is_paid_is_what_is_due_with_the_tip(void **state)
{
    struct grid_shop shop;

    shop_open(&shop, *state);
    struct sale *unpaid = sale_new(&shop, 1), *wrong = sale_simple(&shop, 2, 1000);
    sale_line(unpaid, "VIN", 1000, 1000, 2000);
    wrong->tip_cents = 150;
    wrong->payments[0].amount_cents = 1149;
    receive(&shop, unpaid);
    receive(&shop, wrong);
    stage_all(&shop);
    assert_int_equal(has_anomaly(&shop, unpaid->id, "payments_total"), 1);
    assert_int_equal(count_of(&shop, "anomaly WHERE code = 'payments_total' AND subject = 't-2' AND line_no = 0 AND args LIKE '%\"11.49\",\"11.50\"%'"), 1);
    assert_int_equal(count_of(&shop, "anomaly WHERE line_no <> 0"), 0);
    shop_close(&shop);
}

/* ---- sales of nothing ---- */

static void lines_add_up_to_the_cent(void **state)
{
    struct grid_shop shop;

    shop_open(&shop, *state);
    struct sale *sale = sale_simple(&shop, 1, 1000);
    sale->total_cents++;
    sale->payments[0].amount_cents++;
    bring_in(&shop, sale);
    assert_int_equal(count_of(&shop, "anomaly WHERE code = 'lines_total' AND line_no = 0 AND args LIKE '%\"10.00\",\"10.01\"%'"), 1);
    assert_int_equal(count_of(&shop, "anomaly WHERE 1 = 1"), 1);
    shop_close(&shop);
}

static void a_sale_without_lines_is_empty_whatever_it_costs(void **state)
{
    struct grid_shop shop;

    shop_open(&shop, *state);
    struct sale *free_of_charge = sale_new(&shop, 1), *paid = sale_new(&shop, 2);
    paid->total_cents = 500;
    sale_pay(&shop, paid, "cash", 500);
    receive(&shop, free_of_charge);
    receive(&shop, paid);
    stage_all(&shop);
    assert_int_equal(has_anomaly(&shop, paid->id, "empty_sale"), 1);
    assert_int_equal(has_anomaly(&shop, paid->id, "lines_total"), 0); /* once is enough */
    edit(&shop, paid->id, "total", "0");
    edit(&shop, paid->id, "payment.1.amount", "0");
    assert_int_equal(validate(&shop).documents, 0);
    assert_int_equal(has_anomaly(&shop, paid->id, "empty_sale"), 1);
    assert_int_equal(count_of(&shop, "anomaly WHERE line_no <> 0"), 0);
    shop_close(&shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        engine_test(stated_vat_may_differ_by_a_cent_for_each_unit_and_line),
        engine_test(lines_of_one_rate_are_tolerated_together),
        engine_test(vat_of_no_line_is_a_fault_unless_it_is_nothing),
        engine_test(an_unknown_means_is_named_by_its_place),
        engine_test(a_means_that_comes_to_nothing_is_left_out),
        engine_test(what_is_paid_is_what_is_due_with_the_tip),
        engine_test(lines_add_up_to_the_cent),
        engine_test(a_sale_without_lines_is_empty_whatever_it_costs),
    };

    return run_on_engines(tests);
}
