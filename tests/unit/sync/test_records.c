/* test_records.c: what became of every record of a run, read back in pages of any size, by flow and by outcome: each record once, in order. */
#include "world.h"

enum { PAGES = 7 };

/* Pages of no, one and some lines, with gaps in their numbers; ids say where each stands. */
static int write_pages(struct db *db, void *context, struct err *err)
{
    static const char INSERT_RUN[] = "INSERT INTO run (company_id, run_id, link_id, state, started_utc, counts) VALUES ($1, 5, $2, 'done', 0, '{}')";
    static const char INSERT_PAGE[] = "INSERT INTO run_page (company_id, run_id, flow, page_no, records, outcomes) VALUES ($1, 5, $2, $3, 0, $4)";
    const struct world *world = context;
    int rc = db_exec(db, INSERT_RUN, err, DB_INT(world->company.id), DB_INT(1));
    for (int flow = 0; flow < FLOW_COUNT && rc == OK; flow += 2) /* articles in, orders */
        for (int page = 1; page <= PAGES && rc == OK; page++) {
            BUF_AUTO text = {0};
            for (int line = 0; line < page - 1; line++)
                buf_printf(&text, line % 3 ? "staged f%d-p%d-%d\n" : "skipped f%d-p%d-%d for a reason of words\n", flow, page, line);
            rc = db_exec(db, INSERT_PAGE, err, DB_INT(world->company.id), DB_STR(str_from(sync_flow_names[flow])), DB_INT(page * page), DB_STR(text.p ? buf_str(&text) : STR("")));
        }
    return rc;
}

static int put_record(void *context, const struct run_record *record, struct err *err)
{
    (void)err;
    struct json_out json = {.buf = context};
    run_record_put_json(&json, record);
    buf_append_char(context, '\n');
    return OK;
}

static void read_all(struct world *world, struct run_records_query query, struct buf *out)
{
    struct run_cursor next;
    int rc = 1, turns = 0;
    while (rc == 1) {
        BUF_AUTO text = {0};
        rc = run_records_each(world->db, world->company.id, &query, put_record, out, &next, &world->err);
        assert_ok(world, rc);
        assert_true(turns++ < 200);
        if (rc == 1) {
            run_cursor_append(&text, &next);
            assert_true(run_cursor_parse(buf_str(&text), &query.from));
        }
    }
}

static int lines_of(const struct buf *text)
{
    int lines = 0;
    for (size_t i = 0; i < text->n; i++)
        lines += text->p[i] == '\n';
    return lines;
}

static void records_come_once_each_in_pages_of_any_size(void **state)
{
    struct world *world = *state;
    struct link link = plain_link(world);
    BUF_AUTO whole = {0};
    BUF_AUTO orders = {0};
    BUF_AUTO skipped = {0};
    (void)link;
    assert_ok(world, db_transact(world->db, write_pages, world, &world->err));
    read_all(world, (struct run_records_query){.run_id = 5}, &whole);
    assert_int_equal(lines_of(&whole), 2 * (0 + 1 + 2 + 3 + 4 + 5 + 6));
    assert_int_equal(strncmp(whole.p, "{\"flow\":\"articles_in\",\"outcome\":\"skipped\",\"id\":\"f0-p2-0\",\"detail\":\"for a reason of words\",\"subject\":null}\n", 106), 0);
    for (int64_t limit = 1; limit <= 43; limit++) {
        BUF_AUTO pieces = {0};
        read_all(world, (struct run_records_query){.run_id = 5, .limit = limit}, &pieces);
        assert_string_equal(pieces.p, whole.p);
    }
    read_all(world, (struct run_records_query){.run_id = 5, .has_flow = true, .flow = FLOW_ORDERS, .limit = 4}, &orders);
    assert_int_equal(lines_of(&orders), 21);
    assert_string_equal(orders.p, strstr(whole.p, "{\"flow\":\"orders\""));
    read_all(world, (struct run_records_query){.run_id = 5, .outcome = STR("skipped"), .limit = 1}, &skipped);
    assert_int_equal(lines_of(&skipped), 2 * (0 + 1 + 1 + 1 + 2 + 2 + 2));
    buf_reset(&skipped);
    read_all(world, (struct run_records_query){.run_id = 6}, &skipped);
    read_all(world, (struct run_records_query){.run_id = 5, .has_flow = true, .flow = FLOW_ARTICLES_OUT}, &skipped);
    read_all(world, (struct run_records_query){.run_id = 5, .from = {.flow = 2, .page_no = 999}}, &skipped);
    read_all(world, (struct run_records_query){.run_id = 5, .from = {.flow = 2, .page_no = 49, .offset = 100000}}, &skipped);
    assert_int_equal(skipped.n, 0);
}

/* A run of the link that read an article with its declination, one that the books do not have, and four sales: a document, one that waits, one that was left, and one unknown. */
static int write_subjects(struct db *db, void *context, struct err *err)
{
    static const char *const statements[] = {
        "INSERT INTO tax (company_id, tax_id, code, label, rate_bp) VALUES ($1, 90, 'T', 'T', 550)",
        "INSERT INTO article (company_id, article_id, code, label, tax_id, updated_utc) VALUES ($1, 90, 'PAIN-1', 'Pain tranché', 90, 0)",
        "INSERT INTO till_article (company_id, link_id, till_article_id, declination_id, article_id) VALUES ($1, 1, 'a1', 'd1', 90)",
        "INSERT INTO till_article (company_id, link_id, till_article_id, declination_id, article_id) VALUES ($1, 1, 'a2', '', 90)",
        "INSERT INTO grid_sale (company_id, grid_sale_id, link_id, till_sale_id, number, kind, total_cents, tip_cents) VALUES ($1, 77, 1, 's-waits', '1047', 'sale', 100, 0)",
        "INSERT INTO run (company_id, run_id, link_id, state, started_utc, counts) VALUES ($1, 5, 1, 'done', 0, '{}')",
        "INSERT INTO run_page (company_id, run_id, flow, page_no, records, outcomes) VALUES ($1, 5, 'articles_in', 1, 3, 'created a1/d1\nupdated a2\nanomaly a1 article_no_reference\n')",
        "INSERT INTO run_page (company_id, run_id, flow, page_no, records, outcomes) VALUES ($1, 5, 'articles_out', 1, 1, 'updated PAIN-1\n')",
        "INSERT INTO run_page (company_id, run_id, flow, page_no, records, outcomes) VALUES ($1, 5, 'orders', 1, 3, 'staged s-waits\nskipped s-left cancelled\nstaged s-gone\n')",
    };
    static const char INSERT_SALE[] =
        "INSERT INTO sale (company_id, link_id, till_sale_id, state, number, fingerprint, journal_seq, run_id) VALUES ($1, 1, $2, $3, $4, $5, 1, 5)";
    static const char *const sales[][3] = {{"s-waits", "staged", "1047"}, {"s-left", "skipped", "1048"}};
    const struct world *world = context;
    int rc = OK;
    for (size_t i = 0; i < 2 && rc == OK; i++)
        rc = db_exec(db, INSERT_SALE, err, DB_INT(world->company.id), DB_STR(str_from(sales[i][0])), DB_STR(str_from(sales[i][1])), DB_STR(str_from(sales[i][2])), DB_BLOB(STR("x")));
    for (size_t i = 0; i < sizeof statements / sizeof *statements && rc == OK; i++)
        rc = db_exec(db, statements[i], err, DB_INT(world->company.id));
    return rc;
}

static void a_record_says_what_it_is_in_the_books(void **state)
{
    static const char expected[] =
        "{\"flow\":\"articles_in\",\"outcome\":\"created\",\"id\":\"a1/d1\",\"detail\":null,\"subject\":{\"kind\":\"article\",\"key\":\"PAIN-1\",\"label\":\"Pain tranché\"}}\n"
        "{\"flow\":\"articles_in\",\"outcome\":\"updated\",\"id\":\"a2\",\"detail\":null,\"subject\":{\"kind\":\"article\",\"key\":\"PAIN-1\",\"label\":\"Pain tranché\"}}\n"
        "{\"flow\":\"articles_in\",\"outcome\":\"anomaly\",\"id\":\"a1\",\"detail\":\"article_no_reference\",\"subject\":null}\n"
        "{\"flow\":\"articles_out\",\"outcome\":\"updated\",\"id\":\"PAIN-1\",\"detail\":null,\"subject\":{\"kind\":\"article\",\"key\":\"PAIN-1\",\"label\":\"Pain tranché\"}}\n"
        "{\"flow\":\"orders\",\"outcome\":\"staged\",\"id\":\"s-waits\",\"detail\":null,\"subject\":{\"kind\":\"grid_sale\",\"key\":\"77\",\"label\":\"1047\"}}\n"
        "{\"flow\":\"orders\",\"outcome\":\"skipped\",\"id\":\"s-left\",\"detail\":\"cancelled\",\"subject\":{\"kind\":\"ticket\",\"key\":\"1048\",\"label\":\"1048\"}}\n"
        "{\"flow\":\"orders\",\"outcome\":\"staged\",\"id\":\"s-gone\",\"detail\":null,\"subject\":null}\n";
    struct world *world = *state;
    struct link link = plain_link(world);
    BUF_AUTO text = {0};

    assert_int_equal(link.id, 1);
    assert_ok(world, db_transact(world->db, write_subjects, world, &world->err));
    read_all(world, (struct run_records_query){.run_id = 5, .subjects = true}, &text);
    assert_string_equal(buf_str(&text).p, expected);
}

static void cursors_that_are_none(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "1", "1.2", "1.2.", "3.0.0", "-1.0.0", "1.2.3.4", "a.b.c", "1.2.99999999999999999999"};
    struct run_cursor cursor;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(run_cursor_parse(str_from(bad[i]), &cursor));
    assert_true(run_cursor_parse(STR("2.12.340"), &cursor) && cursor.flow == 2 && cursor.page_no == 12 && cursor.offset == 340);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_come_once_each_in_pages_of_any_size),
        cmocka_unit_test(a_record_says_what_it_is_in_the_books),
        cmocka_unit_test(cursors_that_are_none),
    };

    return run_on_engines(tests, sizeof tests / sizeof *tests);
}
