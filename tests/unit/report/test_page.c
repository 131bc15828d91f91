/* test_page.c: a list by pages: whatever the order and the size of the page, the pages one after the other are the whole list, sorted here by another hand; what is asked in an
 * address, and what is refused. */
#include <unistd.h>

#include "books.h"

enum { ROWS_MAX = 600 };
struct line { struct str json; struct db_value key; size_t place; };
struct lines { struct fixture *f; int column; size_t count; struct line rows[ROWS_MAX]; };

static int keep_row(void *context, const struct report_list *list, const struct db_value *values, struct err *err)
{
    struct lines *lines = context;
    BUF_AUTO text = {0};
    struct json_out json = {.buf = &text};

    (void)err;
    assert_true(lines->count < ROWS_MAX);
    json_begin_object(&json);
    for (size_t i = 0; i < list->page_count; i++)
        report_put_member(&json, &list->columns[i], &values[i]);
    json_end_object(&json);
    struct line *line = &lines->rows[lines->count];
    *line = (struct line){.json = arena_copy(&lines->f->arena, buf_str(&text)), .place = lines->count};
    if (lines->column >= 0)
        line->key = values[lines->column];
    if (line->key.type == DB_TEXT)
        line->key.s = arena_copy(&lines->f->arena, line->key.s);
    lines->count++;
    return OK;
}

/* Nothing before anything, texts by bytes, equal ones as they came. */
static int by_key(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    int order = (x->key.type != DB_NULL) - (y->key.type != DB_NULL);

    if (!order && x->key.type == DB_TEXT) {
        size_t n = x->key.s.n < y->key.s.n ? x->key.s.n : y->key.s.n;
        order = memcmp(x->key.s.p, y->key.s.p, n);
        order = order ? order : (x->key.s.n > y->key.s.n) - (x->key.s.n < y->key.s.n);
    } else if (!order && x->key.type == DB_INTEGER)
        order = (x->key.i > y->key.i) - (x->key.i < y->key.i);
    return order ? order : x->place < y->place ? -1 : 1;
}

static struct lines *whole_list(struct grid_shop *shop, const struct report_list *list, int column)
{
    struct fixture *f = shop->f;
    struct report_query query = {.limit = ROWS_MAX - 1, .sort = REPORT_BY_ID};
    struct report_page page = {0};
    struct lines *lines = arena_alloc(&f->arena, sizeof *lines);

    *lines = (struct lines){.f = f, .column = column};
    assert_ok(f, report_page(f->db, f->company_id, list, &query, &f->arena, keep_row, lines, &page, &f->err));
    assert_null(page.next.p);
    return lines;
}

#define ask(shop, list, ret, ...) \
    ask_(shop, list, ret, (const struct report_parameter[]){__VA_ARGS__}, sizeof((const struct report_parameter[]){__VA_ARGS__}) / sizeof(struct report_parameter))
static int ask_(struct grid_shop *shop, const struct report_list *list, struct report_query *ret, const struct report_parameter *parameters, size_t count)
{
    return report_query_parse(list, &shop->company, &shop->f->arena, parameters, count, ret, &shop->f->err);
}
#define P(name, value) {STR(name), (value)}

/* Sales that come in between two pages: new rows before, within and after. */
static void add_sales(struct grid_shop *shop, int64_t first)
{
    static const char INSERT_SALE[] =
        "INSERT INTO grid_sale (company_id, grid_sale_id, link_id, till_sale_id, number, kind, day, total_cents, tip_cents, salesperson) VALUES ($1, $2, 1, $3, '', 'sale', $4, $5, 0, $6)";
    static const char *const people[] = {"", "Abel", "abel", "Ève", NULL, "Zoé"};
    struct fixture *f = shop->f;

    for (int64_t i = first; i < first + 12; i++)
        assert_ok(f, db_exec(f->db, INSERT_SALE, &f->err, DB_INT(f->company_id), DB_INT(1000 + i * 7919 % 5000), DB_STR(text(shop, "s-%" PRId64, i)),
                             i % 5 ? DB_INT(TODAY - i % 3) : DB_NIL, DB_INT(i % 4 * 100), DB_STR(str_from(people[i % 6]))));
}

static bool holds(const struct lines *lines, struct str json)
{
    for (size_t i = 0; i < lines->count; i++)
        if (str_equal(lines->rows[i].json, json))
            return true;
    return false;
}

/* The pages of a list in one order: all of `expected`, in its order; between them others may stand, which came meanwhile. */
static size_t walk(struct grid_shop *shop, const struct report_list *list, struct str sort, struct str limit, const struct lines *expected, int64_t *new_sales)
{
    struct fixture *f = shop->f;
    struct str cursor = STR("");
    struct lines *found = arena_alloc(&f->arena, sizeof *found);
    size_t at = 0;

    *found = (struct lines){.f = f, .column = -1};
    do {
        struct report_query query;
        struct report_page page = {0};
        size_t before = found->count;
        assert_ok(f, ask(shop, list, &query, P("sort", sort), P("limit", limit), P("cursor", cursor)));
        assert_ok(f, report_page(f->db, f->company_id, list, &query, &f->arena, keep_row, found, &page, &f->err));
        assert_int_equal(page.total, expected->count);
        assert_true(found->count - before <= (size_t)query.limit);
        assert_true(!page.next.p || found->count - before == (size_t)query.limit);
        cursor = page.next;
        if (new_sales && *new_sales < 36)
            add_sales(shop, *new_sales), *new_sales += 12;
    } while (cursor.p);
    for (size_t i = 0; i < found->count; i++)
        if (at < expected->count && str_equal(found->rows[i].json, expected->rows[at].json))
            at++;
        else if (!new_sales || holds(expected, found->rows[i].json))
            fail_msg("%s by %.*s, row %zu: %.*s", list->name, STR_ARG(sort), i, STR_ARG(found->rows[i].json));
    assert_int_equal(at, expected->count);
    return found->count;
}

static void turn_round(struct lines *lines)
{
    for (size_t i = 0; i < lines->count / 2; i++) {
        struct line kept = lines->rows[i];
        lines->rows[i] = lines->rows[lines->count - 1 - i];
        lines->rows[lines->count - 1 - i] = kept;
    }
}

static void pages_are_the_whole_list_in_every_order(void **state)
{
    struct grid_shop shop;
    int64_t walks = 0;

    shop_open(&shop, *state);
    books_fill(&shop);
    add_sales(&shop, 100);
    for (size_t l = 0; report_list_at(l); l++) {
        const struct report_list *list = report_list_at(l);
        for (size_t c = 0; c < list->page_count; c++) {
            if (list->columns[c].flags & COLUMN_UNSORTED)
                continue;
            struct lines *lines = whole_list(&shop, list, (int)c);
            assert_true(lines->count > 0);
            qsort(lines->rows, lines->count, sizeof *lines->rows, by_key);
            walk(&shop, list, text(&shop, "%s", list->columns[c].name), STR("1"), lines, NULL);
            walk(&shop, list, text(&shop, "%s", list->columns[c].name), STR("7"), lines, NULL);
            turn_round(lines);
            walk(&shop, list, text(&shop, "-%s", list->columns[c].name), STR("5"), lines, NULL);
            walk(&shop, list, text(&shop, "-%s", list->columns[c].name), STR("500"), lines, NULL);
            walks++;
        }
    }
    assert_true(walks > 60);
    shop_close(&shop);
}

static void rows_that_come_meanwhile_move_no_other(void **state)
{
    const struct report_list *list = report_list_by_name("grid_sale");
    struct grid_shop shop;

    shop_open(&shop, *state);
    books_fill(&shop);
    for (size_t c = 0; c < list->page_count; c++)
        for (int descending = 0; descending < 2; descending++) {
            int64_t new_sales = 0;
            if (list->columns[c].flags & COLUMN_UNSORTED)
                continue;
            struct fixture *f = shop.f;
            assert_ok(f, db_exec(f->db, "DELETE FROM grid_sale WHERE company_id = $1 AND grid_sale_id >= 1000", &f->err, DB_INT(f->company_id)));
            add_sales(&shop, 200);
            struct lines *lines = whole_list(&shop, list, (int)c);
            qsort(lines->rows, lines->count, sizeof *lines->rows, by_key);
            if (descending)
                turn_round(lines);
            walk(&shop, list, text(&shop, "%s%s", descending ? "-" : "", list->columns[c].name), STR("3"), lines, &new_sales);
        }
    shop_close(&shop);
}

/* ---- conditions ---- */

static size_t rows_of(struct grid_shop *shop, const char *name, const struct report_parameter *parameters, size_t count)
{
    const struct report_list *list = report_list_by_name(name);
    struct fixture *f = shop->f;
    struct lines *found = arena_alloc(&f->arena, sizeof *found);
    struct report_query query;
    struct report_page page = {0};

    *found = (struct lines){.f = f, .column = -1};
    assert_ok(f, ask_(shop, list, &query, parameters, count));
    assert_ok(f, report_page(f->db, f->company_id, list, &query, &f->arena, keep_row, found, &page, &f->err));
    assert_int_equal(page.total, found->count);
    return found->count;
}
#define count_listed(shop, name, ...) \
    rows_of(shop, name, (const struct report_parameter[]){__VA_ARGS__}, sizeof((const struct report_parameter[]){__VA_ARGS__}) / sizeof(struct report_parameter))

/* What books_fill made: 12 invoices on 4 days, 3 each, 4 of them of customers of their own; a credit note; 4 sales that wait. */
static void conditions_leave_what_they_say(void **state)
{
    struct grid_shop shop;

    shop_open(&shop, *state);
    books_fill(&shop);
    assert_int_equal(count_listed(&shop, "document", P("limit", STR("500"))), 13);
    assert_int_equal(count_listed(&shop, "document", P("kind", STR("invoice"))), 12);
    assert_int_equal(count_listed(&shop, "document", P("kind", STR("credit_note")), P("state", STR("validated"))), 1);
    assert_int_equal(count_listed(&shop, "document", P("kind", STR("invoice")), P("date", STR("2026-01-29"))), 3);
    assert_int_equal(count_listed(&shop, "document", P("kind", STR("invoice")), P("date_from", STR("2026-01-28")), P("date_to", STR("2026-01-29"))), 6);
    assert_int_equal(count_listed(&shop, "document", P("kind", STR("invoice")), P("sold", STR("2026-01-29"))), 3);
    assert_int_equal(count_listed(&shop, "document", P("kind", STR("invoice")), P("sold_from", STR("2026-01-29T00:00:00Z"))), 6);
    assert_int_equal(count_listed(&shop, "document", P("total_cents_to", STR("-1"))), 1);
    /* 1000 + 37 * (serial % 5) + 550: two or three of each */
    assert_int_equal(count_listed(&shop, "document", P("total_cents_from", STR("1550")), P("total_cents_to", STR("1586"))), 2);
    assert_int_equal(count_listed(&shop, "document", P("customer_name", STR("moulin"))), 2);
    assert_int_equal(count_listed(&shop, "document", P("q", STR("cluse"))), 1);
    assert_int_equal(count_listed(&shop, "document", P("salesperson", STR("zo"))), 4);
    assert_int_equal(count_listed(&shop, "document", P("link", STR("caisse; 1"))), 13);
    assert_int_equal(count_listed(&shop, "document", P("blocked", STR("yes"))), 0);
    assert_int_equal(count_listed(&shop, "payment", P("means", STR("card"))), 7);
    assert_int_equal(count_listed(&shop, "grid_sale", P("anomaly", STR("unknown_article"))), 2);
    assert_int_equal(count_listed(&shop, "grid_sale", P("anomaly", STR("unmapped_tax")), P("blocked", STR("true"))), 2);
    assert_int_equal(count_listed(&shop, "grid_sale", P("total_cents", STR("401"))), 2);
    assert_int_equal(count_listed(&shop, "article", P("tax", STR("5.5"))), 1);
    assert_int_equal(count_listed(&shop, "article", P("code", STR("i"))), 2);
    assert_int_equal(count_listed(&shop, "article", P("code_is", STR("PAIN"))), 1);
    assert_int_equal(count_listed(&shop, "article", P("code_is", STR("pain"))), 0);
    assert_int_equal(count_listed(&shop, "article", P("code_is", STR("PAI"))), 0);
    assert_int_equal(count_listed(&shop, "article", P("code_is", STR(""))), 3); /* a field that was left empty */
    assert_int_equal(count_listed(&shop, "move", P("source", STR("document"))), 13);
    assert_int_equal(count_listed(&shop, "journal", P("kind", STR("sale"))), 17);
    shop_close(&shop);
}

/* % and _ are what they are, and so is what would be SQL. */
static void a_pattern_is_a_text(void **state)
{
    struct grid_shop shop;

    shop_open(&shop, *state);
    struct fixture *f = shop.f;
    assert_ok(f, db_exec(f->db, "UPDATE article SET label = '100 % !x_y' WHERE company_id = $1 AND code = 'VIN'", &f->err, DB_INT(f->company_id)));
    assert_int_equal(count_listed(&shop, "article", P("label", STR("%"))), 1);
    assert_int_equal(count_listed(&shop, "article", P("label", STR("X_Y"))), 1);
    assert_int_equal(count_listed(&shop, "article", P("label", STR("!x"))), 1);
    assert_int_equal(count_listed(&shop, "article", P("label", STR("x%y"))), 0);
    assert_int_equal(count_listed(&shop, "article", P("label", STR("100_%"))), 0);
    assert_int_equal(count_listed(&shop, "article", P("q", STR("' OR '1'='1"))), 0);
    assert_int_equal(count_listed(&shop, "article", P("tax", STR("x' OR 1=1 --"))), 0);
    shop_close(&shop);
}

/* A filter and the search find what people type; an export has the same rows. */
static void case_and_accents_do_not_count(void **state)
{
    static const char *const typed[] = {"epicerie", "ÉPICERIE", "oeuf", "Œuf", "e\u0301picerie d'oe", "comte", "COMTÉ"};
    struct grid_shop shop;

    shop_open(&shop, *state);
    struct fixture *f = shop.f;
    assert_ok(f, db_exec(f->db, "UPDATE article SET label = 'Épicerie d’ŒUFS – Comté' WHERE company_id = $1 AND code = 'VIN'", &f->err, DB_INT(f->company_id)));
    assert_ok(f, db_exec(f->db, "UPDATE article SET label = 'Compte' WHERE company_id = $1 AND code = 'PAIN'", &f->err, DB_INT(f->company_id)));
    for (size_t i = 0; i < sizeof typed / sizeof *typed; i++) {
        assert_int_equal(count_listed(&shop, "article", P("label", str_from(typed[i]))), 1);
        assert_int_equal(count_listed(&shop, "article", P("q", str_from(typed[i]))), 1);
    }
    assert_int_equal(count_listed(&shop, "article", P("q", STR("p"))), 2);
    assert_int_equal(count_listed(&shop, "article", P("label", STR("compté"))), 1);
    assert_int_equal(count_listed(&shop, "article", P("label", STR("\u0301")), P("code", STR("ain"))), 1);
    struct report_query query;
    int file = -1;
    char text[4096] = {0};
    assert_ok(f, ask(&shop, report_list_by_name("article"), &query, P("q", STR("oeuf"))));
    assert_ok(f, report_export_csv(f->db, &shop.company, report_list_by_name("article"), &query, &file, &f->err));
    assert_true(read(file, text, sizeof text - 1) > 0);
    close(file);
    assert_non_null(strstr(text, "VIN"));
    assert_null(strstr(text, "PAIN"));
    shop_close(&shop);
}

static void what_cannot_be_asked_is_refused(void **state)
{
    static const struct report_parameter wrong[] = {
        P("limit", STR("0")), P("limit", STR("501")), P("limit", STR("x")), P("sort", STR("paid_cents")), P("sort", STR("nothing")), P("sort", STR("--date")),
        P("nothing", STR("1")), P("nothing_from", STR("1")), P("nothing", STR("")), P("block", STR("x")), P("kind_from", STR("x")), P("kind_is", STR("invoice")), P("total_cents_is", STR("1")), P("blocked_is", STR("1")), P("date", STR("2026-02-30")),
        P("date_to", STR("30/01/2026")), P("total_cents", STR("12.5")), P("total_cents", STR("99999999999999999999")), P("sold", STR("noon")), P("blocked", STR("2")),
        P("q", STR("\xff")), P("kind", STR("a\0b")), P("cursor", STR("zz")), P("cursor", STR("0")), P("total", STR("1")),
    };
    struct grid_shop shop;
    struct report_query query;

    shop_open(&shop, *state);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_refused(shop.f, ERR_USAGE, ask_(&shop, report_list_by_name("document"), &query, &wrong[i], 1));
    shop_close(&shop);
}

static struct str hex_of(struct grid_shop *shop, const char *line)
{
    BUF_AUTO hex = {0};

    hex_append(&hex, (const unsigned char *)line, strlen(line));
    return arena_copy(&shop->f->arena, buf_str(&hex));
}

/* A cursor that somebody wrote is refused, or is a place in the list like any other: never SQL, never another order. */
static void a_cursor_is_a_place_and_nothing_else(void **state)
{
    static const char *const wrong[] = {"-date", "-date 9 5", "-date 9 x i1", "-date 9 5 ", "-date 9 5 t20000", "-date 9 5 n", "-date 9 5 nx", "-date 9 5 i1x", "date 9 5 i1",
                                        "-sold 9 5 i1", "-date 9 5 i1 OR 1=1", "id 9 5 n", "-date -9 5 i1", "-date 5 i1"};
    const struct report_list *list = report_list_by_name("document");
    struct grid_shop shop;
    struct report_query query;
    struct report_page page = {0};

    shop_open(&shop, *state);
    books_fill(&shop);
    struct fixture *f = shop.f;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_refused(f, ERR_USAGE, ask(&shop, list, &query, P("cursor", hex_of(&shop, wrong[i]))));
    assert_ok(f, ask(&shop, list, &query, P("sort", STR("number")), P("cursor", hex_of(&shop, "number 9 5 t10'; DROP TABLE document; --"))));
    struct lines *found = arena_alloc(&f->arena, sizeof *found);
    *found = (struct lines){.f = f, .column = -1};
    assert_ok(f, report_page(f->db, f->company_id, list, &query, &f->arena, keep_row, found, &page, &f->err));
    /* numbers 11, 12, 13 and 2 to 9 stand after it */
    assert_int_equal(found->count, 11);
    shop_close(&shop);
}

static void the_lists_say_how_they_are_asked(void **state)
{
    struct grid_shop shop;
    BUF_AUTO out = {0};
    struct json *lists = NULL;
    size_t columns = 0;

    shop_open(&shop, *state);
    struct fixture *f = shop.f;
    assert_ok(f, report_lists_json(f->db, f->company_id, &out, &f->err));
    assert_ok(f, json_parse(&f->arena, buf_str(&out), &lists, &f->err));
    assert_int_equal(lists->count, 12);
    for (const struct json *list = lists->first; list; list = list->next) {
        for (const struct json *column = json_get(list, STR("columns"))->first; column; column = column->next) {
            assert_true(json_text(json_get(column, STR("heading"))).n > 0);
            columns++;
        }
        struct str sort = json_text(json_get(list, STR("sort")));
        assert_true(sort.n > 0);
    }
    assert_true(columns > 80);
    const struct json *means = json_get(lists->first->next, STR("columns"))->first->next;
    assert_str(json_text(json_get(means, STR("name"))), "means");
    assert_str(json_text(json_get(means, STR("filter"))), "choice");
    assert_int_equal(json_get(means, STR("choices"))->count, 8);
    shop_close(&shop);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        engine_test(pages_are_the_whole_list_in_every_order), engine_test(rows_that_come_meanwhile_move_no_other), engine_test(conditions_leave_what_they_say),
        engine_test(a_pattern_is_a_text),                     engine_test(what_cannot_be_asked_is_refused),        engine_test(a_cursor_is_a_place_and_nothing_else),
        engine_test(the_lists_say_how_they_are_asked),        engine_test(case_and_accents_do_not_count),
    };
    return run_on_engines(tests);
}
