/* test_shown.c: what is shown of the books beside the lists: the first page's figures, the colour of a day and what made its differences, why a document is so, lists as files, and what the law asks an
 * invoice to say. The figures are those of books.h, summed by hand. */
#include <stdio.h>
#include <unistd.h>

#include "books.h"
#include "report/printed_int.h"

static struct json *parsed(struct grid_shop *shop, struct buf *out)
{
    struct json *value = NULL;

    assert_ok(shop->f, json_parse(&shop->f->arena, buf_str(out), &value, &shop->f->err));
    buf_release(out);
    return value;
}

static int64_t number(const struct json *value)
{
    int64_t n = 0;

    assert_non_null(value);
    assert_int_equal(decimal_parse(value->text, 0, &n), DECIMAL_OK);
    return n;
}
#define member(object, name) json_get(object, STR(name))

static const struct json *item(const struct json *list, size_t place)
{
    assert_non_null(list);
    const struct json *value = list->first;
    while (value && place--)
        value = value->next;
    assert_non_null(value);
    return value;
}

static bool contains(struct str text, const char *part)
{
    return text.p && memmem(text.p, text.n, part, strlen(part)) != NULL;
}

/* ---- the first page ---- */

/* 30 January: 16.98 + 16.61 + 16.24; the day before: 15.87 + 15.50 + 16.98, and 15.87 given back. */
static void the_first_page_adds_up(void **state)
{
    struct grid_shop shop;
    struct buf out = {0};

    text_use(TEXT_ENGLISH);
    shop_open(&shop, *state);
    books_fill(&shop);
    struct fixture *f = shop.f;
    assert_ok(f, db_exec(f->db, "UPDATE run SET state = 'failed', error = '{\"message\":\"the till at %s does not answer\",\"args\":[\"shop.example\"]}' WHERE company_id = $1 AND run_id = 2",
                         &f->err, DB_INT(f->company_id)));
    assert_ok(f, report_home_json(f->db, &shop.company, TODAY, 4, &f->arena, &out, &f->err));
    const struct json *home = parsed(&shop, &out), *days = member(home, "days"), *attention = member(home, "attention");
    assert_int_equal(days->count, 4);
    assert_str(json_text(member(item(days, 3), "day")), "2026-01-30");
    assert_int_equal(number(member(item(days, 3), "total_cents")), 4983);
    assert_int_equal(number(member(item(days, 3), "tickets")), 3);
    assert_int_equal(number(member(item(days, 2), "total_cents")), 3248);
    assert_int_equal(number(member(item(days, 2), "tickets")), 3);
    int64_t paid = 0, sold = 0;
    for (const struct json *means = member(home, "means")->first; means; means = means->next)
        paid += number(member(means, "amount_cents"));
    for (const struct json *day = days->first; day; day = day->next)
        sold += number(member(day, "total_cents"));
    assert_int_equal(sold, 17864);
    assert_int_equal(paid, sold);
    assert_int_equal(member(attention, "anomalies")->count, 2);
    assert_int_equal(number(member(attention, "blocked_documents")), 0);
    assert_int_equal(number(member(attention, "days_unproven")), 4);
    const struct json *failed = item(member(attention, "links_in_error"), 0);
    assert_int_equal(number(member(failed, "run")), 2);
    assert_str(json_text(member(failed, "error")), "the till at shop.example does not answer");
    assert_int_equal(number(member(item(member(home, "runs"), 0), "run")), 3);
    shop_close(&shop);
}

/* ---- days ---- */

static void keep_day(struct grid_shop *shop, int32_t day, bool ok, int64_t checked_utc)
{
    static struct proof_amount tax[] = {{.rate_bp = 2000, .till_cents = 100, .books_cents = 90}}, means[] = {{.key = {"cash", 4}, .till_cents = 700, .books_cents = 500}};
    static struct str missing[] = {{"17", 2}}, repeated[] = {{"9", 1}};
    struct proof_day kept = {.day = day, .till_tickets = 3, .document_tickets = 3, .till_total_cents = 5000, .document_total_cents = 5000, .ok = ok};

    if (!ok)
        kept = (struct proof_day){.day = day, .till_tickets = 4, .document_tickets = 3, .till_total_cents = 5000, .document_total_cents = 4000, .tax = tax, .tax_count = 1, .means = means,
                                  .means_count = 1, .missing_numbers = missing, .missing_count = 1, .repeated_numbers = repeated, .repeated_count = 1};
    assert_ok(shop->f, proof_day_store(shop->f->db, shop->f->company_id, &kept, checked_utc, &shop->f->err));
}

static struct str colour(struct grid_shop *shop, int32_t day)
{
    struct buf out = {0};

    assert_ok(shop->f, proof_days_json(shop->f->db, shop->f->company_id, day, day, &out, &shop->f->err));
    return json_text(member(item(member(parsed(shop, &out), "days"), 0), "state"));
}

/* Four sales of the 30th wait in the grid. */
static void a_day_has_its_colour(void **state)
{
    struct grid_shop shop;
    const int64_t later = test_now_utc + CIVIL_HOUR;

    shop_open(&shop, *state);
    books_fill(&shop);
    keep_day(&shop, TODAY, true, later);
    keep_day(&shop, TODAY - 1, true, later);
    keep_day(&shop, TODAY - 2, false, later);
    keep_day(&shop, TODAY - 9, true, later);
    assert_str(colour(&shop, TODAY), "amber");
    assert_str(colour(&shop, TODAY - 1), "green");
    assert_str(colour(&shop, TODAY - 2), "red");
    assert_str(colour(&shop, TODAY - 3), "unknown");
    assert_str(colour(&shop, TODAY - 9), "green");
    keep_day(&shop, TODAY - 1, true, test_now_utc - 1); /* its documents are of a moment later */
    assert_str(colour(&shop, TODAY - 1), "amber");
    keep_day(&shop, TODAY - 1, false, later);
    assert_str(colour(&shop, TODAY - 1), "red");
    BUF_AUTO refused = {0};
    assert_refused(shop.f, ERR_USAGE, proof_days_json(shop.f->db, shop.f->company_id, TODAY, TODAY - 1, &refused, &shop.f->err));
    shop_close(&shop);
}

static const struct json *shown_day(struct grid_shop *shop, int32_t day)
{
    struct buf out = {0};

    assert_ok(shop->f, proof_day_json(shop->f->db, shop->f->company_id, day, &shop->f->arena, &out, &shop->f->err));
    return parsed(shop, &out);
}

static void every_difference_is_named_with_its_cause(void **state)
{
    static const char *const kinds[] = {"tickets", "total", "tax", "means", "missing", "repeated"};
    static const int64_t differences[] = {-1, -1000, -10, -200, 1, 1};
    struct grid_shop shop;

    text_use(TEXT_ENGLISH);
    shop_open(&shop, *state);
    books_fill(&shop);
    keep_day(&shop, TODAY, false, test_now_utc + CIVIL_HOUR);
    keep_day(&shop, TODAY - 1, false, test_now_utc + CIVIL_HOUR);
    const struct json *day = shown_day(&shop, TODAY), *gaps = member(day, "gaps");
    assert_int_equal(gaps->count, 6);
    for (size_t i = 0; i < 6; i++) {
        const struct json *gap = item(gaps, i), *cents = member(gap, "difference_cents");
        assert_true(str_equal(json_text(member(gap, "kind")), str_from(kinds[i])));
        assert_int_equal(number(json_is(cents, JSON_NULL) ? member(gap, "difference") : cents), differences[i]);
        assert_true(json_text(member(gap, "cause")).n > 0);
    }
    assert_str(json_text(member(item(gaps, 1), "cause")),
               "Sales of this day that wait in the import grid: 4. Ticket 21, €4.01: article NOWHERE (Article) is sold at the till but unknown here."
               " Ticket 22, €4.00: VAT 7.77 % is not mapped. Ticket 23, €4.01: article NOWHERE (Article) is sold at the till but unknown here.");
    assert_str(json_text(member(item(gaps, 1), "href")), "/traitements/imports?date_from=2026-01-30&date_to=2026-01-30");
    assert_str(json_text(member(item(gaps, 2), "key")), "2000");
    assert_str(json_text(member(item(gaps, 3), "key")), "cash");
    assert_str(json_text(member(item(gaps, 4), "key")), "17");
    assert_str(json_text(member(item(gaps, 4), "href")), "/traitements/imports?number=17");
    assert_true(contains(json_text(member(item(gaps, 5), "href")), "/ventes/factures?till_number="));
    assert_str(json_text(member(item(member(shown_day(&shop, TODAY - 1), "gaps"), 1), "href")), "/traitements/synchronisations");
    assert_true(contains(json_text(member(item(member(shown_day(&shop, TODAY - 1), "gaps"), 1), "cause")), "other sales"));
    assert_int_equal(number(member(member(day, "total_cents"), "till")), 5000);
    assert_int_equal(member(shown_day(&shop, TODAY - 30), "gaps")->count, 0);
    shop_close(&shop);
}

/* ---- why ---- */

static const struct json *rule(const struct json *why, const char *name)
{
    for (const struct json *each = member(why, "rules")->first; each; each = each->next)
        if (str_equal(json_text(member(each, "rule")), str_from(name)))
            return each;
    fail_msg("no rule %s", name);
    return NULL;
}

static const struct json *why_of(struct grid_shop *shop, struct str name, int64_t *ret_id)
{
    struct fixture *f = shop->f;
    struct buf out = {0};

    assert_int_equal(document_find(f->db, f->company_id, name, ret_id, &f->err), 1);
    assert_ok(f, report_why_json(f->db, &shop->company, *ret_id, &f->arena, &out, &f->err));
    return parsed(shop, &out);
}

static int count_finding(void *context, struct str finding, struct err *err)
{
    (void)err;
    print_message("%.*s\n", STR_ARG(finding));
    ++*(int *)context;
    return OK;
}

static void a_document_says_why_it_is_so(void **state)
{
    struct grid_shop shop;
    int64_t id = 0, payment = 0;
    int findings = 0;

    text_use(TEXT_ENGLISH);
    shop_open(&shop, *state);
    books_fill(&shop);
    struct fixture *f = shop.f;
    const struct json *why = why_of(&shop, STR("1"), &id);
    assert_int_equal(number(member(member(why, "ticket"), "body")), 0); /* the first record that was received */
    assert_str(json_text(member(member(why, "link"), "numbers")), "keep");
    assert_true(contains(json_text(member(rule(why, "number_kept"), "text")), "1"));
    /* 10.37 at 20 % holds 1.73 */
    assert_true(contains(json_text(member(rule(why, "tax_computed"), "text")), "€1.73"));
    assert_true(contains(json_text(member(rule(why, "reconciled"), "text")), "€15.87"));
    assert_true(contains(json_text(member(rule(why_of(&shop, STR("13"), &id), "credit_note"), "text")), "on 1"));
    /* by hand: what was allocated is taken away, and the books hold */
    (void)why_of(&shop, STR("2"), &id);
    assert_ok(f, db_query_int(f->db, &payment, "SELECT MIN(payment_id) FROM payment WHERE company_id = $1 AND document_id = $2", &f->err, DB_INT(f->company_id), DB_INT(id)));
    assert_ok(f, payment_unallocate(f->db, f->company_id, &(struct allocation){payment, id, 1, 0}, STR("anne"), test_now_utc, &f->err));
    assert_ok(f, report_check(f->db, f->company_id, count_finding, &findings, &f->err));
    assert_int_equal(findings, 0);
    why = why_of(&shop, STR("2"), &id);
    assert_true(contains(json_text(member(rule(why, "by_hand"), "text")), "anne"));
    (void)rule(why, "open");
    shop_close(&shop);
}

/* ---- files ---- */

static struct str content_of(struct grid_shop *shop, int file)
{
    enum { SIZE_MAX_BYTES = 1 << 20 };
    char *bytes = arena_alloc(&shop->f->arena, SIZE_MAX_BYTES);
    ssize_t n = read(file, bytes, SIZE_MAX_BYTES);

    assert_true(n > 0 && n < SIZE_MAX_BYTES);
    close(file);
    return (struct str){bytes, (size_t)n};
}

static size_t lines_in(struct str text)
{
    size_t lines = 0;

    for (size_t i = 0; i < text.n; i++)
        lines += text.p[i] == '\n';
    return lines;
}

static void a_list_is_a_file_in_the_reader_s_language(void **state)
{
    const struct report_list *list = report_list_by_name("document");
    struct report_query query;
    struct grid_shop shop;
    int file = -1;

    shop_open(&shop, *state);
    books_fill(&shop);
    struct fixture *f = shop.f;
    assert_ok(f, report_query_parse(list, &shop.company, &f->arena, &(struct report_parameter){STR("kind"), STR("invoice")}, 1, &query, &f->err));
    text_use(TEXT_ENGLISH);
    assert_ok(f, report_export_csv(f->db, &shop.company, list, &query, &file, &f->err));
    struct str text = content_of(&shop, file);
    assert_true(str_starts_with(text, STR("\xEF\xBB\xBFNumber,Kind,State,Date,")));
    assert_int_equal(lines_in(text), 1 + 12);
    assert_true(contains(text, "\r\n1,invoice,validated,2026-01-29,COMPTOIR,15.87,"));
    assert_true(contains(text, ",'=cmd|' /C calc'!A0,")); /* no formula */
    assert_true(contains(text, ",\"\"\"Le Moulin\"\"; 1\","));
    text_use(TEXT_FRENCH);
    assert_ok(f, report_export_csv(f->db, &shop.company, list, &query, &file, &f->err));
    assert_true(contains(content_of(&shop, file), ";29/01/2026;COMPTOIR;15,87;"));
    assert_ok(f, report_export_xlsx(f->db, &shop.company, list, &query, &file, &f->err));
    assert_true(str_starts_with(content_of(&shop, file), STR("PK")));
    text_use(TEXT_ENGLISH);
    shop_close(&shop);
}

/* ---- what the law asks ---- */

static bool says(struct fixture *f, const struct printed *printed, const char *part)
{
    struct str mentions[MENTIONS_MAX];
    size_t count = mentions_of(printed, &f->arena, mentions);
    bool said = false;

    for (size_t i = 0; i < count; i++)
        said = said || contains(mentions[i], part);
    return said;
}

static int32_t day_of(const char *text)
{
    int32_t day = 0;

    assert_true(civil_parse_day(str_from(text), &day));
    return day;
}

static void an_invoice_says_what_the_law_asked_on_its_day(void **state)
{
    struct fixture *f = *state;
    struct printed printed = {.kind = STR("invoice"), .day = day_of("2012-12-31"), .tax_cents = 200, .customer = {.company_name = STR("Moulin SARL")}};

    text_use(TEXT_ENGLISH);
    assert_false(says(f, &printed, "€40"));
    assert_true(says(f, &printed, "penalties of three times the legal interest rate"));
    assert_false(says(f, &printed, "Terms of payment"));
    printed.day = day_of("2013-01-01");
    assert_true(says(f, &printed, "€40"));
    assert_true(says(f, &printed, "No discount"));
    assert_false(says(f, &printed, "293 B"));
    for (int i = 0; i < COMPANY_DETAILS; i++)
        printed.details[i] = strcmp(company_detail_kinds[i].name, "penalty_text") == 0 ? STR("12 % a year") : strcmp(company_detail_kinds[i].name, "payment_terms") == 0 ? STR("30 days") : STR_NULL;
    assert_true(says(f, &printed, "penalties of 12 % a year"));
    assert_true(says(f, &printed, "Terms of payment: 30 days."));
    printed.tax_cents = 0;
    assert_true(says(f, &printed, "VAT not applicable, art. 293 B"));
    printed.customer = (struct sale_customer){.last_name = STR("Martin")}; /* a consumer */
    assert_false(says(f, &printed, "€40"));
    assert_false(says(f, &printed, "penalties"));
    printed.kind = STR("credit_note");
    printed.origin = STR("FA000012");
    assert_true(says(f, &printed, "Credit note on invoice FA000012."));
    assert_false(says(f, &printed, "Terms of payment"));
}

static void set_detail(struct printed *printed, const char *name, const char *value)
{
    for (int i = 0; i < COMPANY_DETAILS; i++)
        if (strcmp(company_detail_kinds[i].name, name) == 0)
            printed->details[i] = str_from(value);
}

/* Décret 2022-1299, for a small company. 303 265 045 and 732 829 320 are SIREN numbers that the Luhn sum lets pass; 732 829 321 is none. */
static void from_2027_on_an_invoice_says_who_buys_and_what(void **state)
{
    struct fixture *f = *state;
    struct printed printed = {.kind = STR("invoice"), .day = day_of("2027-08-31"), .tax_cents = 200,
                              .customer = {.company_name = STR("Moulin SARL"), .vat_number = STR("FR 40 303 265 045"), .siren = STR("732829320")}};

    text_use(TEXT_ENGLISH);
    set_detail(&printed, "operations", "goods");
    set_detail(&printed, "vat_on_debits", "1");
    assert_false(says(f, &printed, "SIREN"));
    assert_false(says(f, &printed, "Category of operations"));
    assert_false(says(f, &printed, "debits"));
    printed.day = day_of("2027-09-01");
    assert_true(says(f, &printed, "Customer’s SIREN: 732\u00a0829\u00a0320."));
    assert_true(says(f, &printed, "Category of operations: delivery of goods."));
    assert_true(says(f, &printed, "Option for payment of the tax on debits."));
    set_detail(&printed, "operations", "both");
    set_detail(&printed, "vat_on_debits", "");
    printed.customer.siren = STR_NULL;
    assert_true(says(f, &printed, "Customer’s SIREN: 303\u00a0265\u00a0045.")); /* of the VAT number */
    assert_true(says(f, &printed, "Category of operations: delivery of goods and services."));
    assert_false(says(f, &printed, "debits"));
    printed.kind = STR("credit_note");
    set_detail(&printed, "operations", "services");
    assert_true(says(f, &printed, "Category of operations: services."));
    const char *const without[] = {"", "DE303265045", "FR40732829321", "FR4030326504", "FR403032650455"};
    for (size_t i = 0; i < sizeof without / sizeof *without; i++) {
        printed.customer.vat_number = str_from(without[i]);
        assert_false(says(f, &printed, "SIREN"));
    }
    printed.customer = (struct sale_customer){.last_name = STR("Martin"), .siren = STR("732829320")}; /* a consumer has none that counts */
    assert_false(says(f, &printed, "SIREN"));
}

static void a_document_is_printed(void **state)
{
    struct grid_shop shop;
    BUF_AUTO out = {0};
    int64_t id = 0;

    shop_open(&shop, *state);
    books_fill(&shop);
    struct fixture *f = shop.f;
    assert_int_equal(document_find(f->db, f->company_id, STR("3"), &id, &f->err), 1);
    assert_ok(f, report_document_pdf(f->db, &shop.company, id, &f->arena, &out, &f->err));
    assert_true(str_starts_with(buf_str(&out), STR("%PDF-1.")));
    assert_true(contains(buf_str(&out), "%%EOF"));
    assert_int_equal(text_language(), TEXT_ENGLISH);
    assert_refused(f, ERR_NOT_FOUND, report_document_pdf(f->db, &shop.company, 4711, &f->arena, &out, &f->err));
    shop_close(&shop);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        engine_test(the_first_page_adds_up),       engine_test(a_day_has_its_colour),  engine_test(every_difference_is_named_with_its_cause),
        engine_test(a_document_says_why_it_is_so), engine_test(a_list_is_a_file_in_the_reader_s_language), engine_test(an_invoice_says_what_the_law_asked_on_its_day),
        engine_test(from_2027_on_an_invoice_says_who_buys_and_what), engine_test(a_document_is_printed),
    };
    return run_on_engines(tests);
}
