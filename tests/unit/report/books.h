/* books.h: a small shop whose books hold something of every kind, for the tests of src/report: articles, customers, documents of several kinds, payments, moves, sales that
 * wait in the grid. Private to tests/unit/report. */
#ifndef TESTS_REPORT_BOOKS_H
#define TESTS_REPORT_BOOKS_H
#include "../grid/grid_shop.h"
#include "base/json.h"
#include "report/report.h"

/* Twelve sales that become documents, one of them undone by a refund, and four that stay: unknown article, VAT without a code. */
static inline void books_fill(struct grid_shop *shop)
{
    static const char *const names[] = {"Écluse & fils", "\"Le Moulin\"; 1", "=cmd|' /C calc'!A0"};
    static const char INSERT_RUN[] = "INSERT INTO run (company_id, run_id, link_id, state, started_utc, ended_utc, counts) VALUES ($1, $2, 1, $3, $4, $5, '{}')";
    struct fixture *f = shop->f;
    struct sale *first = NULL;
    int64_t family_id, first_id;

    /* What shop_open and this write by SQL has its numbers from the counters, as everything else. */
    assert_ok(f, db_reserve_ids(f->db, f->company_id, "link", 1, &first_id, &f->err));
    assert_ok(f, db_reserve_ids(f->db, f->company_id, "run", 3, &first_id, &f->err));
    assert_ok(f, family_find_or_create(f->db, f->company_id, STR("Épices"), &family_id, &f->err));
    for (int64_t run = 1; run <= 3; run++)
        assert_ok(f, db_exec(f->db, INSERT_RUN, &f->err, DB_INT(f->company_id), DB_INT(run), DB_STR(run == 3 ? STR("running") : STR("done")),
                             DB_INT(test_now_utc + run), run == 3 ? DB_NIL : DB_INT(test_now_utc + run + 1)));
    for (int64_t serial = 1; serial <= 12; serial++) {
        struct sale *sale = sale_simple(shop, serial, 1000 + 37 * (serial % 5));
        sale->closed_utc -= serial % 4 * CIVIL_DAY;
        sale_line(sale, "PAIN", 2000, 550, 550);
        sale_pay(shop, sale, serial % 2 ? "card" : "cash", 550);
        if (serial % 3 == 0) {
            sale->has_customer = true;
            sale->customer = (struct sale_customer){.id = text(shop, "c-%" PRId64, serial), .company_name = str_from(names[serial / 3 % 3])};
            sale->salesperson = STR("Zoé");
        }
        bring_in(shop, sale);
        first = first ? first : sale;
    }
    bring_in(shop, sale_refund(shop, 13, first));
    validate(shop);
    for (int64_t serial = 21; serial <= 24; serial++) {
        struct sale *sale = sale_simple(shop, serial, 400 + serial % 2);
        sale->lines[0].reference = serial % 2 ? STR("NOWHERE") : STR("VIN");
        sale->lines[0].rate_bp = serial % 2 ? 2000 : 777;
        bring_in(shop, sale);
    }
    validate(shop);
}
#endif
