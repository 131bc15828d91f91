/* test_files.c: sales files in and out: a grid that goes out, is purged and comes in again is the same grid; both formats in every dialect; what the partner's
 * prices without tax become; and every refusal, after which nothing has been written. */
#include "grid_shop.h"

/* ---- files ---- */

static char file_path[300];

static const char *write_file(const char *bytes, size_t n)
{
    const char *base = getenv("TMPDIR");
    snprintf(file_path, sizeof file_path, "%s/liaison-grid-%ld.csv", base ? base : P_tmpdir, (long)getpid());
    FILE *file = fopen(file_path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
    return file_path;
}

static int import_bytes(struct grid_shop *shop, enum grid_file_format format, bool header_line, const char *bytes, size_t n, struct grid_file_report *report)
{
    struct fixture *f = shop->f;
    struct grid_file_options options = {.format = format, .header_line = header_line};
    struct grid_session *session = NULL;
    assert_ok(f, grid_session_new(&session, f->db, &shop->company, &grid_default_rules, test_now_utc, 7, &f->err));
    int rc = grid_import_file(session, write_file(bytes, n), &options, report, &f->err);
    grid_session_free(session);
    unlink(file_path);
    return rc;
}

static struct grid_file_report import_text(struct grid_shop *shop, enum grid_file_format format, const char *content)
{
    struct grid_file_report report = {0};
    assert_ok(shop->f, import_bytes(shop, format, format == GRID_FILE_DAILYBIZ, content, strlen(content), &report));
    return report;
}

enum { PIECE_MAX = 256 << 10 };
static int append_piece(void *context, struct str bytes, struct err *err)
{
    (void)err;
    assert_true(bytes.n > 0 && bytes.n < PIECE_MAX);
    buf_append(context, bytes);
    return OK;
}

static void export_text(struct grid_shop *shop, enum grid_file_format format, struct buf *out)
{
    struct grid_file_options options = {.format = format, .header_line = true};
    buf_reset(out);
    assert_ok(shop->f, grid_export(shop->f->db, &shop->company, &options, append_piece, out, &shop->f->err));
    assert_false(buf_failed(out));
}

static void purge_all(struct grid_shop *shop)
{
    int64_t count = 0;
    assert_ok(shop->f, grid_purge(shop->f->db, shop->f->company_id, 0, NULL, 0, &count, &shop->f->err));
    assert_int_equal(count_of(shop, "grid_sale WHERE 1 = 1"), 0);
}

/* ---- out and in again ---- */

static struct str any_text(void)
{
    static const char *const texts[] = {"Pain", "=1+2", "'=x", "-5", "@home", "a;b", "a,b\tc", "« Thé »", "say \"hi\"", "two\nlines", " blank ", "+33 1 02", "\xE2\x82\xAC", "''-a", "-"};
    return str_from(texts[random_between(0, sizeof texts / sizeof *texts - 1)]);
}

static struct str any_or_none(void)
{
    return random_between(0, 2) ? any_text() : STR_NULL;
}

static struct sale *any_sale(struct grid_shop *shop, int64_t serial)
{
    static const int64_t rates[] = {2000, 1000, 550, 210, 0, 1234};
    struct sale *sale = sale_new(shop, serial);
    sale->closed_utc -= random_between(0, INT64_C(90) * CIVIL_DAY);
    sale->number = random_between(0, 9) ? sale->number : STR_NULL;
    sale->is_refund = random_between(0, 4) == 0;
    int64_t sign = sale->is_refund ? -1 : 1;
    sale->refund_of = sale->is_refund ? any_or_none() : STR_NULL;
    sale->salesperson = any_or_none();
    struct str *customer = (struct str *)&sale->customer;
    for (size_t i = 0; random_between(0, 1) && i < sizeof sale->customer / sizeof *customer; i++)
        sale->has_customer |= (customer[i] = any_or_none()).p != NULL;
    for (int64_t i = random_between(0, 4); i > 0; i--) {
        struct sale_line *line = sale_line(sale, "VIN", sign * random_between(1, 9000), sign * random_between(1, 99999), rates[random_between(0, 5)]);
        line->article_id = any_or_none(), line->declination_id = any_or_none(), line->reference = any_or_none(), line->category = any_or_none();
        line->options = any_or_none(), line->label = any_text();
        line->unit_price_e4 = random_between(0, 100000000);
        line->discount_cents = random_between(0, 3) ? 0 : random_between(1, 500);
        line->has_rate = random_between(0, 9) > 0;
        line->rate_bp = line->has_rate ? line->rate_bp : 0;
    }
    for (size_t i = 0; i < 6 && random_between(0, 2); i++)
        sale->taxes[sale->tax_count++] = (struct sale_tax){.rate_bp = rates[i], .tax_cents = sign * random_between(0, 9999)};
    for (int64_t i = random_between(0, 3); i > 0; i--) {
        struct sale_payment *payment = sale_pay(shop, sale, "cash", sign * random_between(-500, 9999));
        payment->type = any_text(), payment->label = any_text();
        payment->has_paid_utc = random_between(0, 1);
        payment->paid_utc = payment->has_paid_utc ? payment->paid_utc - random_between(0, 5000000) : 0;
    }
    sale->tip_cents = random_between(0, 5) ? 0 : random_between(1, 500);
    if (random_between(0, 7) == 0)
        sale->faults[sale->fault_count++] = (struct sale_fault){.path = STR("total"), .text = any_text(), .reason = "not a number"};
    return sale;
}

static void assert_same_text(struct str a, struct str b)
{
    if (a.n || b.n) {
        assert_int_equal(a.n, b.n);
        assert_memory_equal(a.p, b.p, a.n);
    }
}

/* Field by field, not by the text of the export, which is under test itself. */
static void assert_same_sale(const struct sale *a, const struct sale *b)
{
    assert_same_text(a->number, b->number);
    assert_int_equal(a->is_refund, b->is_refund);
    assert_int_equal(a->closed_utc, b->closed_utc);
    assert_int_equal(a->total_cents, b->total_cents);
    assert_int_equal(a->tip_cents, b->tip_cents);
    assert_same_text(a->refund_of, b->refund_of);
    assert_same_text(a->salesperson, b->salesperson);
    const struct str *x = (const struct str *)&a->customer, *y = (const struct str *)&b->customer;
    for (size_t i = 0; i < sizeof a->customer / sizeof *x; i++)
        assert_same_text(x[i], y[i]);
    assert_int_equal(a->line_count, b->line_count);
    for (size_t i = 0; i < a->line_count; i++) {
        const struct sale_line *l = &a->lines[i], *m = &b->lines[i];
        assert_same_text(l->article_id, m->article_id);
        assert_same_text(l->declination_id, m->declination_id);
        assert_same_text(l->reference, m->reference);
        assert_same_text(l->label, m->label);
        assert_same_text(l->options, m->options);
        assert_int_equal(l->quantity_milli, m->quantity_milli);
        assert_int_equal(l->unit_price_e4, m->unit_price_e4);
        assert_int_equal(l->discount_cents, m->discount_cents);
        assert_int_equal(l->total_cents, m->total_cents);
        assert_int_equal(l->has_rate, m->has_rate);
        assert_int_equal(l->rate_bp, m->rate_bp);
    }
    assert_int_equal(a->tax_count, b->tax_count);
    assert_int_equal(a->payment_count, b->payment_count);
    for (size_t i = 0; i < a->payment_count; i++) {
        assert_same_text(a->payments[i].id, b->payments[i].id);
        assert_same_text(a->payments[i].type, b->payments[i].type);
        assert_same_text(a->payments[i].label, b->payments[i].label);
        assert_int_equal(a->payments[i].amount_cents, b->payments[i].amount_cents);
        assert_int_equal(a->payments[i].has_paid_utc, b->payments[i].has_paid_utc);
        assert_int_equal(a->payments[i].paid_utc, b->payments[i].paid_utc);
    }
}

static void round_trip_restores_the_grid(void **state)
{
    enum { SALES = 300 };
    struct grid_shop shop;
    struct sale *sales[SALES];
    BUF_AUTO before = {0};
    BUF_AUTO after = {0};
    shop_open(&shop, *state);
    random_state = 11;
    int staged = 0;
    for (int i = 0; i < SALES; i++) {
        sales[i] = any_sale(&shop, i + 1);
        receive(&shop, sales[i]);
    }
    struct staging_seen seen = stage_all(&shop);
    staged = seen.staged;
    int64_t blocked = count_of(&shop, "grid_sale WHERE blocked = 1"), anomalies = count_of(&shop, "anomaly WHERE 1 = 1");
    edit(&shop, STR("t-2"), "total", "3.21");
    sales[1]->total_cents = 321;
    export_text(&shop, GRID_FILE_LIAISON, &before);
    struct grid_file_report report = {0};
    assert_ok(shop.f, import_bytes(&shop, GRID_FILE_LIAISON, false, before.p, before.n, &report));
    assert_int_equal(report.already, staged);
    assert_int_equal(report.staged, 0);
    assert_int_equal(count_of(&shop, "journal WHERE 1 = 1"), SALES);
    purge_all(&shop);
    assert_ok(shop.f, import_bytes(&shop, GRID_FILE_LIAISON, false, before.p, before.n, &report));
    assert_int_equal(report.sales, staged);
    assert_int_equal(report.staged, staged);
    assert_int_equal(report.already, 0);
    export_text(&shop, GRID_FILE_LIAISON, &after);
    assert_int_equal(before.n, after.n);
    assert_memory_equal(before.p, after.p, before.n);
    for (int i = 0; i < SALES; i++) {
        if (!str_equal(register_state(&shop, sales[i]->id), STR("staged")))
            continue;
        struct grid_content content = grid_content_of(&shop, sales[i]->id);
        assert_int_equal(content.row.link_id, LINK);
        assert_same_sale(sales[i], &content.sale);
    }
    /* The same checks were made: only the edited sale may have gained or lost an anomaly. */
    assert_in_range(count_of(&shop, "grid_sale WHERE blocked = 1"), blocked - 1, blocked + 1);
    assert_in_range(count_of(&shop, "anomaly WHERE 1 = 1"), anomalies - 20, anomalies + 20);
    shop_close(&shop);
}

/* A sale that went through a file and became a document is not taken for changed when the till tells the same again. */
static void till_recognises_what_a_file_brought(void **state)
{
    struct grid_shop shop;
    BUF_AUTO file = {0};
    shop_open(&shop, *state);
    struct sale *sale = sale_simple(&shop, 1, 1200);
    sale_line(sale, "PAIN", 2000, 211, 550);
    sale_pay(&shop, sale, "card", 211);
    sale->taxes[sale->tax_count++] = (struct sale_tax){.rate_bp = 2000, .tax_cents = 200};
    sale->taxes[sale->tax_count++] = (struct sale_tax){.rate_bp = 550, .tax_cents = 11};
    bring_in(&shop, sale);
    export_text(&shop, GRID_FILE_LIAISON, &file);
    purge_all(&shop);
    struct grid_file_report report = {0};
    assert_ok(shop.f, import_bytes(&shop, GRID_FILE_LIAISON, false, file.p, file.n, &report));
    assert_int_equal(validate(&shop).documents, 1);
    struct staging_seen seen = bring_in(&shop, sale);
    assert_int_equal(seen.skipped, 1);
    assert_string_equal(seen.reason, "no figure changed");
    /* and a real change is still seen */
    struct sale *changed = sale_copy(&shop, sale);
    changed->payments[0].type = STR("card");
    seen = bring_in(&shop, changed);
    assert_int_equal(seen.correction, 1);
    shop_close(&shop);
}

/* ---- by hand ---- */

#define HEAD "row;link;sale_id;kind;number;date;closed_at;total;reference;label;quantity;unit_price;line_total;rate;tax_rate;tax;payment_type;amount\n"

static void rows_need_not_be_adjacent(void **state)
{
    struct grid_shop shop;
    shop_open(&shop, *state);
    struct grid_file_report report = import_text(&shop, GRID_FILE_LIAISON, HEAD
        "payment;;A;;1;2026-01-29;;15.00;;;;;;;;;cash;20.00\n"
        "line;;B;;2;29/01/2026;;3,00;PAIN;Pain;1;3;3,00;5,5;;;;\n"
        ";;A;;;;;;VIN;Vin;1;10;10.00;20;;;;\n"
        "payment;;A;;;;;;;;;;;;;;cash;-5.00\n"
        "payment;;B;;;;;;;;;;;;;;card;3\n"
        "line;\"caisse; 1\";A;;7;2026-01-28;;1;;libre;1;1;1;20;;;;\n"
        "line;;A;;;;;;PAIN;Pain;2.5;2;5.00;5.5;;;;\n"
        "tax;;A;;;;;;;;;;;;5.5;0.26;;\n");
    assert_int_equal(report.lines, 8);
    assert_int_equal(report.sales, 3);
    assert_int_equal(report.staged, 3);
    assert_int_equal(report.separator, ';');
    struct grid_content a = grid_content_of(&shop, STR("1"));
    assert_str(a.sale.id, "A");
    assert_int_equal(a.row.link_id, 0);
    assert_int_equal(a.row.day, TODAY - 1);
    assert_int_equal(a.sale.line_count, 2);
    assert_int_equal(a.sale.lines[0].total_cents, 1000);
    assert_int_equal(a.sale.lines[1].quantity_milli, 2500);
    assert_int_equal(a.sale.tax_count, 1);
    assert_int_equal(a.sale.taxes[0].tax_cents, 26);
    assert_int_equal(a.sale.payment_count, 2);
    assert_str(a.sale.payments[1].id, "A#2");
    assert_int_equal(a.sale.payments[1].amount_cents, -500);
    struct grid_content till = grid_content_of(&shop, STR("7"));
    assert_int_equal(till.row.link_id, LINK);
    /* and they become documents: change deducted, one payment per means */
    shop.rules = grid_default_rules;
    struct grid_validation counts = validate(&shop);
    assert_int_equal(counts.documents, 2);
    assert_int_equal(counts.payments, 2);
    assert_int_equal(sum_of(&shop, "amount_cents", "payment WHERE 1 = 1"), 1800);
    shop_close(&shop);
}

static void every_dialect_gives_the_same_sale(void **state)
{
    static const struct { const char *bytes; char separator; bool windows1252, bom, crlf; } files[] = {
        {"row;sale_id;total;label;quantity;unit_price;line_total;date\nline;X;2.00;Caf\xC3\xA9;1;2;2;2026-01-29\n", ';', false, false, false},
        {"row,sale_id,total,label,quantity,unit_price,line_total,date\r\nline,X,2.00,Caf\xC3\xA9,1,2,2,2026-01-29\r\n", ',', false, false, true},
        {"row\tsale_id\ttotal\tlabel\tquantity\tunit_price\tline_total\tdate\nline\tX\t2.00\tCaf\xE9\t1\t2\t2\t2026-01-29", '\t', true, false, false},
        {"\xEF\xBB\xBFROW;Sale_ID;total;label;quantity;unit_price;line_total;date\r\n;X;2;Caf\xC3\xA9;1,000;2,00;2,00;29/01/2026\r\n", ';', false, true, true},
    };
    struct grid_shop shop;
    shop_open(&shop, *state);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct grid_file_report report = import_text(&shop, GRID_FILE_LIAISON, files[i].bytes);
        assert_int_equal(report.separator, files[i].separator);
        assert_int_equal(report.windows1252, files[i].windows1252);
        assert_int_equal(report.byte_order_mark, files[i].bom);
        assert_int_equal(report.crlf, files[i].crlf);
        assert_int_equal(report.staged, i == 0);
        assert_int_equal(report.already, i != 0);
        struct grid_content content = grid_content_of(&shop, STR("X"));
        assert_str(content.sale.lines[0].label, "Caf\xC3\xA9");
        assert_int_equal(content.row.day, TODAY - 1);
        assert_int_equal(content.sale.total_cents, 200);
    }
    shop_close(&shop);
}

static void a_second_file_replaces_what_is_in_the_grid(void **state)
{
    struct grid_shop shop;
    shop_open(&shop, *state);
    import_text(&shop, GRID_FILE_LIAISON, HEAD "line;;A;;1;2026-01-29;;10.00;VIN;Vin;1;10;10.00;20;;;;\n");
    struct grid_file_report report = import_text(&shop, GRID_FILE_LIAISON, HEAD "line;;A;;1;2026-01-29;;11.00;VIN;Vin;1;11;11.00;20;;;;\n");
    assert_int_equal(report.staged, 1);
    assert_int_equal(count_of(&shop, "grid_sale WHERE 1 = 1"), 1);
    assert_int_equal(grid_content_of(&shop, STR("A")).sale.total_cents, 1100);
    shop_close(&shop);
}

/* ---- refusals ---- */

struct refusal { const char *name, *content, *says[4]; };

static void assert_says(struct grid_shop *shop, const struct refusal *refusal)
{
    BUF_AUTO message = {0};
    err_format(&shop->f->err, &message);
    assert_false(buf_failed(&message));
    for (size_t i = 0; i < 4 && refusal->says[i]; i++)
        if (!strstr(message.p, refusal->says[i]))
            fail_msg("%s: no “%s” in “%s”", refusal->name, refusal->says[i], message.p);
    err_clear(&shop->f->err);
}

static void assert_refusals(struct grid_shop *shop, enum grid_file_format format, const struct refusal *refusals, size_t count)
{
    int64_t journal = count_of(shop, "journal WHERE 1 = 1"), staged = count_of(shop, "grid_sale WHERE 1 = 1"), known = count_of(shop, "sale WHERE 1 = 1");
    for (size_t i = 0; i < count; i++) {
        struct grid_file_report report = {.sales = -1};
        int rc = import_bytes(shop, format, format == GRID_FILE_DAILYBIZ, refusals[i].content, strlen(refusals[i].content), &report);
        if (rc != ERR_DATA)
            fail_msg("%s: was not refused", refusals[i].name);
        assert_int_equal(report.sales, -1);
        assert_says(shop, &refusals[i]);
        assert_int_equal(count_of(shop, "journal WHERE 1 = 1"), journal);
        assert_int_equal(count_of(shop, "grid_sale WHERE 1 = 1"), staged);
        assert_int_equal(count_of(shop, "sale WHERE 1 = 1"), known);
    }
}

#define GOOD "line;;G;;9;2026-01-29;;1.00;VIN;Vin;1;1;1.00;20;;;;\n"

static void named_files_are_refused_with_the_place(void **state)
{
    static const struct refusal refusals[] = {
        {"empty", "", {"empty"}},
        {"blank lines", "\n\n", {"empty"}},
        {"header only", HEAD, {"no sale"}},
        {"missing column", "row;sale_id;total;label;quantity;unit_price\nline;A;1;x;1;1\n", {"line_total", "missing", "dailybiz"}},
        {"unknown column", "row;sale_id;colour\nline;A;red\n", {"colour", "line 1"}},
        {"column twice", "row;sale_id;total;total\nline;A;1;1\n", {"total", "twice"}},
        {"cells missing", HEAD GOOD "line;;A;;1\n", {"line 3", "5", "18"}},
        {"bad number", HEAD GOOD "line;;A;;1;2026-01-29;;abc;VIN;Vin;1;1;1.00;20;;;;\n", {"line 3", "total", "abc", "12.50"}},
        {"too large", HEAD GOOD "line;;A;;1;2026-01-29;;1e400;VIN;Vin;1;1;1.00;20;;;;\n", {"line 3", "1e400", "larger"}},
        {"too precise", HEAD GOOD "line;;A;;1;2026-01-29;;10.005;VIN;Vin;1;1;1.00;20;;;;\n", {"line 3", "10.005", "decimals", "2"}},
        {"negative too precise", HEAD GOOD "line;;A;;1;2026-01-29;;1;VIN;Vin;1;1;-0.005;20;;;;\n", {"line_total", "-0.005", "decimals"}},
        {"30 February", HEAD GOOD "line;;A;;1;2026-02-30;;1;VIN;Vin;1;1;1.00;20;;;;\n", {"line 3", "date", "2026-02-30", "calendar"}},
        {"30 February, French", HEAD GOOD "line;;A;;1;30/02/2026;;1;VIN;Vin;1;1;1.00;20;;;;\n", {"30/02/2026"}},
        {"bad instant", HEAD GOOD "line;;A;;1;;2026-01-29T25:00:00Z;1;VIN;Vin;1;1;1.00;20;;;;\n", {"closed_at", "2026-01-29T25:00:00Z"}},
        {"date and instant", HEAD GOOD "line;;A;;1;2026-01-28;2026-01-29T10:00:00Z;1;VIN;Vin;1;1;1.00;20;;;;\n", {"closed_at", "2026-01-28"}},
        {"bad rate", HEAD GOOD "line;;A;;1;2026-01-29;;1;VIN;Vin;1;1;1.00;101;;;;\n", {"rate", "101"}},
        {"bad kind", HEAD GOOD "line;;A;vente;1;2026-01-29;;1;VIN;Vin;1;1;1.00;20;;;;\n", {"kind", "vente", "refund"}},
        {"bad row", HEAD GOOD "lines;;A;;1;2026-01-29;;1;VIN;Vin;1;1;1.00;20;;;;\n", {"row", "lines", "payment"}},
        {"no identity", HEAD GOOD "line;;;;1;2026-01-29;;1;VIN;Vin;1;1;1.00;20;;;;\n", {"line 3", "sale_id", "empty"}},
        {"no total", HEAD GOOD "line;;A;;1;2026-01-29;;;VIN;Vin;1;1;1.00;20;;;;\n", {"line 3", "total", "empty"}},
        {"no quantity", HEAD GOOD "line;;A;;1;2026-01-29;;1;VIN;Vin;;1;1.00;20;;;;\n", {"line 3", "quantity", "empty"}},
        {"no amount", HEAD GOOD "payment;;G;;;;;;;;;;;;;;cash;\n", {"line 3", "amount", "empty"}},
        {"two totals", HEAD GOOD "line;;G;;9;2026-01-29;;2.00;VIN;Vin;1;1;1.00;20;;;;\n", {"line 3", "line 2", "total", "2.00"}},
        {"foreign cell", HEAD GOOD "payment;;G;;;;;;VIN;;;;;;;;cash;1\n", {"line 3", "reference", "payment"}},
        {"unknown link", HEAD GOOD "line;bar;A;;1;2026-01-29;;1;VIN;Vin;1;1;1.00;20;;;;\n", {"line 3", "bar", "link list"}},
        {"open quote", HEAD GOOD "line;;A;;1;2026-01-29;;1;VIN;\"Vin;1;1;1.00;20;;;;\n", {"quote"}},
        {"no encoding", HEAD "line;;A;;1;2026-01-29;;1;VIN;V\x81n;1;1;1.00;20;;;;\n", {"Windows-1252"}},
    };
    struct grid_shop shop;
    shop_open(&shop, *state);
    assert_refusals(&shop, GRID_FILE_LIAISON, refusals, sizeof refusals / sizeof *refusals);
    shop_close(&shop);
}

static void files_that_cannot_be_read_are_refused(void **state)
{
    struct grid_shop shop;
    struct grid_file_report report;
    struct grid_file_options options = {0};
    shop_open(&shop, *state);
    assert_refused(shop.f, ERR_DATA, grid_import_file(shop.session, "/nowhere/at/all.csv", &options, &report, &shop.f->err));
    assert_refused(shop.f, ERR_DATA, grid_import_file(shop.session, "/", &options, &report, &shop.f->err));
    BUF_AUTO large = {0};
    buf_append_z(&large, HEAD "line;;A;;1;2026-01-29;;1;VIN;");
    for (int i = 0; i < 200000; i++)
        buf_append_z(&large, "xxxxxxxxxx");
    buf_append_z(&large, ";1;1;1.00;20;;;;\n");
    assert_refused(shop.f, ERR_DATA, import_bytes(&shop, GRID_FILE_LIAISON, false, large.p, large.n, &report));
    assert_int_equal(count_of(&shop, "journal WHERE 1 = 1"), 0);
    shop_close(&shop);
}

static void a_document_is_not_imported_again(void **state)
{
    static const struct refusal refusals[] = {
        {"document", HEAD GOOD "line;;A;;41;2026-01-29;;1;VIN;Vin;1;1;1.00;20;;;;\n", {"line 3", "sale A", "document 41", "nothing was imported"}},
    };
    struct grid_shop shop;
    shop_open(&shop, *state);
    import_text(&shop, GRID_FILE_LIAISON, HEAD "line;;A;;41;2026-01-29;;10.00;VIN;Vin;1;10;10.00;20;;;;\n");
    shop.rules = grid_default_rules;
    assert_int_equal(validate(&shop).documents, 1);
    assert_refusals(&shop, GRID_FILE_LIAISON, refusals, 1);
    shop_close(&shop);
}

/* A cell that a spreadsheet would run is made harmless, and comes back as it was. */
static void formulas_are_guarded(void **state)
{
    struct grid_shop shop;
    BUF_AUTO out = {0};
    shop_open(&shop, *state);
    struct sale *sale = sale_simple(&shop, 1, 500);
    sale->lines[0].label = STR("=HYPERLINK(\"http://x\")");
    bring_in(&shop, sale);
    export_text(&shop, GRID_FILE_LIAISON, &out);
    assert_non_null(strstr(out.p, "\"'=HYPERLINK(\"\"http://x\"\")\"") ? out.p : strstr(out.p, "'=HYPERLINK("));
    assert_null(strstr(out.p, ";=HYPERLINK"));
    export_text(&shop, GRID_FILE_DAILYBIZ, &out);
    assert_null(strstr(out.p, ";=HYPERLINK"));
    shop_close(&shop);
}

static void export_comes_in_pieces(void **state)
{
    struct grid_shop shop;
    BUF_AUTO out = {0};
    shop_open(&shop, *state);
    for (int i = 1; i <= 510; i++)
        receive(&shop, sale_simple(&shop, i, i));
    stage_all(&shop);
    export_text(&shop, GRID_FILE_LIAISON, &out);
    int64_t lines = 0;
    for (size_t i = 0; i < out.n; i++)
        lines += out.p[i] == '\n';
    assert_int_equal(lines, 1 + 510 * 2);
    purge_all(&shop);
    struct grid_file_report report = {0};
    assert_ok(shop.f, import_bytes(&shop, GRID_FILE_LIAISON, false, out.p, out.n, &report));
    assert_int_equal(report.staged, 510);
    assert_int_equal(sum_of(&shop, "total_cents", "grid_sale WHERE 1 = 1"), 510 * 511 / 2);
    shop_close(&shop);
}

/* ---- the partner's format ---- */

#define CHAMPS \
    "CHAMP_001;CHAMP_002;CHAMP_003;CHAMP_004;CHAMP_005;CHAMP_006;CHAMP_007;CHAMP_008;CHAMP_009;CHAMP_010;CHAMP_011;CHAMP_012;CHAMP_013;CHAMP_014;CHAMP_015;CHAMP_016;" \
    "CHAMP_017;CHAMP_018;CHAMP_019;CHAMP_020;CHAMP_021;CHAMP_022;CHAMP_023;CHAMP_024;CHAMP_025;CHAMP_026;CHAMP_027;CHAMP_028;CHAMP_029;CHAMP_030;CHAMP_031;CHAMP_032;" \
    "CHAMP_033;CHAMP_034;CHAMP_035;CHAMP_036;CHAMP_037;CHAMP_038;CHAMP_039;CHAMP_040;CHAMP_041;CHAMP_042;CHAMP_043\n"
/* number;date;code;name;address;;;postcode;town;country;surname;first name + 8 unknown + seller + object + second date + line + VAT code + 8 unknown + e-mail + phone */
#define DB_HEAD(number, date) number ";" date ";C9;Dupont;1 rue A;Bât. B;;75001;Paris;France;Dupont;Anne;;;;;;;;;V1;Roux;Zoé;Carte;;"
#define DB_LINE(code, label, quantity, price, tax) code ";" label ";" quantity ";" price ";;;;" tax ";;;;;;;;;anne@exemple.fr;0102030405\n"

static void partner_prices_become_tax_included(void **state)
{
    struct grid_shop shop;
    shop_open(&shop, *state);
    /* At 20 %: 3 × 8.33 + 1 × 4.1667 = 24.99 + 4.17 = 29.16, VAT 5.83, 34.99 (29.988 and 5.004: the cent goes to the first).
     * At 5.5 %: 2 × 10 = 20.00, VAT 1.10. */
    struct grid_file_report report = import_text(&shop, GRID_FILE_DAILYBIZ, CHAMPS
        DB_HEAD("F1", "29/01/2026") DB_LINE("VIN", "Vin", "3", "8,33", "20")
        DB_HEAD("F2", "9/1/2026") DB_LINE("PAIN", "Avoir", "-1", "10,0000", "5.5")
        DB_HEAD("F1", "29/01/2026") DB_LINE("VIN", "Vin", "1", "4,1667", "20")
        DB_HEAD("F1", "29/01/2026") DB_LINE("", "Port", "2", "10", "5.5"));
    assert_int_equal(report.lines, 4);
    assert_int_equal(report.sales, 2);
    assert_int_equal(report.staged, 2);
    struct grid_content content = grid_content_of(&shop, STR("F1"));
    assert_int_equal(content.sale.total_cents, 3499 + 2110);
    assert_int_equal(content.sale.line_count, 3);
    assert_int_equal(content.sale.lines[0].total_cents, 2999);
    assert_int_equal(content.sale.lines[0].unit_price_e4, 99960);
    assert_int_equal(content.sale.lines[1].total_cents, 500);
    assert_int_equal(content.sale.lines[2].total_cents, 2110);
    assert_int_equal(content.sale.lines[2].rate_bp, 550);
    assert_int_equal(content.sale.payment_count, 0);
    assert_int_equal(content.row.link_id, 0);
    assert_int_equal(content.row.day, TODAY - 1);
    assert_str(content.sale.number, "F1");
    assert_str(content.sale.customer.code, "C9");
    assert_null(content.sale.customer.company_name.p);
    assert_str(content.sale.customer.last_name, "Dupont");
    assert_str(content.sale.customer.address, "1 rue A\nBât. B");
    assert_str(content.sale.customer.email, "anne@exemple.fr");
    assert_str(content.sale.salesperson, "Zoé Roux");
    struct grid_content refund = grid_content_of(&shop, STR("F2"));
    assert_true(refund.sale.is_refund);
    assert_int_equal(refund.sale.total_cents, -1055);
    assert_int_equal(refund.anomaly_count, 1);
    assert_int_equal(refund.anomalies[0].code, ANOMALY_ORPHAN_REFUND);
    /* the document says without tax what the file said */
    shop.rules = grid_default_rules;
    struct grid_validation counts = validate(&shop);
    assert_int_equal(counts.documents, 1);
    assert_int_equal(counts.reconciled, 0);
    assert_int_equal(sum_of(&shop, "net_cents", "document_line WHERE 1 = 1"), 2916 + 2000);
    assert_int_equal(sum_of(&shop, "tax_cents", "document WHERE 1 = 1"), 583 + 110);
    /* the same file again: one is a document, so nothing of it is taken */
    static const struct refusal again[] = {{"document", CHAMPS DB_HEAD("F1", "29/01/2026") DB_LINE("VIN", "Vin", "3", "8,33", "20"), {"F1", "already"}}};
    assert_refusals(&shop, GRID_FILE_DAILYBIZ, again, 1);
    shop_close(&shop);
}

/* For any lines: what is without tax in the file is without tax in the document, to the cent, and the lines add up. */
static void partner_totals_obey_the_law(void **state)
{
    static const struct { const char *code; int64_t rate_bp; } rates[] = {{"20", 2000}, {"10", 1000}, {"5.5", 550}, {"2.1", 210}, {"0", 0}};
    struct grid_shop shop;
    shop_open(&shop, *state);
    random_state = 77;
    for (int round = 0; round < 60; round++) {
        BUF_AUTO file = {0};
        int64_t net[5] = {0}, lines = random_between(1, 10), sign = round % 3 ? 1 : -1;
        buf_append_z(&file, CHAMPS);
        for (int64_t i = 0; i < lines; i++) {
            int64_t r = random_between(0, 4), quantity_milli = random_between(1, 20000) * sign, price_e4 = random_between(0, 500000);
            __int128 exact = (__int128)quantity_milli * price_e4; /* cents × 100 000 */
            net[r] += (int64_t)((exact + (sign > 0 ? 50000 : -50000)) / 100000);
            buf_printf(&file, "%d;29/01/2026;;;;;;;;;;;;;;;;;;;;;;;;X;x;", round);
            decimal_append(&file, quantity_milli, 3, 0);
            buf_append_z(&file, ";");
            decimal_append(&file, price_e4, 4, 0);
            buf_printf(&file, ";;;;%s\n", rates[r].code);
        }
        struct grid_file_report report = {0};
        assert_ok(shop.f, import_bytes(&shop, GRID_FILE_DAILYBIZ, true, file.p, file.n, &report));
        struct grid_content content = grid_content_of(&shop, text(&shop, "%d", round));
        int64_t total[5] = {0}, sum = 0;
        for (size_t i = 0; i < content.sale.line_count; i++) {
            for (size_t r = 0; r < 5; r++)
                total[r] += content.sale.lines[i].rate_bp == rates[r].rate_bp ? content.sale.lines[i].total_cents : 0;
            sum += content.sale.lines[i].total_cents;
        }
        assert_int_equal(sum, content.sale.total_cents);
        for (size_t r = 0; r < 5; r++)
            assert_int_equal(total[r] - money_tax_inside(total[r], rates[r].rate_bp, ROUND_HALF_UP), net[r]);
    }
    shop_close(&shop);
}

static void partner_lines_may_cancel_out(void **state)
{
    struct grid_shop shop;
    shop_open(&shop, *state);
    import_text(&shop, GRID_FILE_DAILYBIZ, CHAMPS DB_HEAD("F1", "29/01/2026") DB_LINE("VIN", "Vin", "1", "10", "20") DB_HEAD("F1", "29/01/2026") DB_LINE("VIN", "Vin", "-1", "10", "20"));
    struct grid_content content = grid_content_of(&shop, STR("F1"));
    assert_int_equal(content.sale.total_cents, 0);
    assert_int_equal(content.sale.lines[0].total_cents, 1200);
    assert_int_equal(content.sale.lines[1].total_cents, -1200);
    shop_close(&shop);
}

static void partner_export_is_positional(void **state)
{
    struct grid_shop shop;
    BUF_AUTO out = {0};
    BUF_AUTO again = {0};
    shop_open(&shop, *state);
    struct sale *sale = sale_simple(&shop, 12, 2999);
    sale->lines[0].quantity_milli = 2500;
    sale->lines[0].label = STR("Vin\nrouge");
    sale->payments[0].label = STR("Espèces");
    sale->has_customer = true;
    sale->customer = (struct sale_customer){.code = STR("C1"), .company_name = STR("ACME"), .last_name = STR("Roux"), .address = STR("1 rue A\nBât. B\n2e\nfond"), .town = STR("Lyon")};
    bring_in(&shop, sale);
    export_text(&shop, GRID_FILE_DAILYBIZ, &out);
    /* 29.99 with 20 % = 24.99 without (VAT 5.00); 24.99 / 2.5 = 9.996 */
    assert_string_equal(out.p, CHAMPS "12;30/01/2026;C1;ACME;1 rue A;Bât. B;2e fond;;Lyon;;Roux;;;;;;;;;;;;;Espèces;;VIN;Vin rouge;2,5;9,996;;;;20;;;;;;;;;;\n");
    purge_all(&shop);
    struct grid_file_report report = {0};
    assert_ok(shop.f, import_bytes(&shop, GRID_FILE_DAILYBIZ, true, out.p, out.n, &report));
    assert_int_equal(grid_content_of(&shop, STR("12")).sale.total_cents, 2999);
    export_text(&shop, GRID_FILE_DAILYBIZ, &again);
    assert_non_null(strstr(again.p, ";2,5;9,996;"));
    shop_close(&shop);
}

static void partner_file_may_have_no_header(void **state)
{
    static const char bytes[] = DB_HEAD("F1", "29/01/2026") DB_LINE("VIN", "Vin", "1", "1", "20");
    struct grid_shop shop;
    struct grid_file_report report = {0};
    shop_open(&shop, *state);
    assert_ok(shop.f, import_bytes(&shop, GRID_FILE_DAILYBIZ, false, bytes, sizeof bytes - 1, &report));
    assert_int_equal(report.staged, 1);
    assert_int_equal(grid_content_of(&shop, STR("F1")).sale.total_cents, 120);
    shop_close(&shop);
}

static void partner_files_are_refused_with_the_place(void **state)
{
#define DB_GOOD DB_HEAD("G", "29/01/2026") DB_LINE("VIN", "Vin", "1", "1", "20")
    static const struct refusal refusals[] = {
        {"empty", "", {"empty"}},
        {"header only", CHAMPS, {"no sale"}},
        {"no header", DB_GOOD DB_GOOD, {"line 1", "--header no"}},
        {"few columns", CHAMPS DB_GOOD "F1;29/01/2026;C\n", {"line 3", "033"}},
        {"line break", CHAMPS DB_GOOD DB_HEAD("F1", "29/01/2026") DB_LINE("VIN", "\"Vin\nrouge\"", "1", "1", "20"), {"line 3", "column 27", "nothing was imported"}},
        {"no number", CHAMPS DB_GOOD DB_HEAD("", "29/01/2026") DB_LINE("VIN", "Vin", "1", "1", "20"), {"line 3", "001", "empty"}},
        {"30 February", CHAMPS DB_GOOD DB_HEAD("F1", "30/02/2026") DB_LINE("VIN", "Vin", "1", "1", "20"), {"line 3", "002", "30/02/2026"}},
        {"bad quantity", CHAMPS DB_GOOD DB_HEAD("F1", "29/01/2026") DB_LINE("VIN", "Vin", "un", "1", "20"), {"line 3", "028", "un"}},
        {"fine quantity", CHAMPS DB_GOOD DB_HEAD("F1", "29/01/2026") DB_LINE("VIN", "Vin", "0,0001", "1", "20"), {"line 3", "028", "decimals"}},
        {"bad price", CHAMPS DB_GOOD DB_HEAD("F1", "29/01/2026") DB_LINE("VIN", "Vin", "1", "1e400", "20"), {"line 3", "029", "1e400"}},
        {"product too large", CHAMPS DB_GOOD DB_HEAD("F1", "29/01/2026") DB_LINE("VIN", "Vin", "900000000", "90000000", "20"), {"line 3", "larger"}},
        {"unknown VAT code", CHAMPS DB_GOOD DB_HEAD("F1", "29/01/2026") DB_LINE("VIN", "Vin", "1", "1", "7"), {"line 3", "033", "tax list"}},
        {"no VAT code", CHAMPS DB_GOOD DB_HEAD("F1", "29/01/2026") DB_LINE("VIN", "Vin", "1", "1", ""), {"line 3", "033", "empty"}},
        {"two dates", CHAMPS DB_GOOD DB_HEAD("G", "28/01/2026") DB_LINE("VIN", "Vin", "1", "1", "20"), {"line 3", "line 2", "002"}},
    };
    struct grid_shop shop;
    shop_open(&shop, *state);
    assert_refusals(&shop, GRID_FILE_DAILYBIZ, refusals, sizeof refusals / sizeof *refusals);
    shop_close(&shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        engine_test(round_trip_restores_the_grid),
        engine_test(till_recognises_what_a_file_brought),
        engine_test(rows_need_not_be_adjacent),
        engine_test(every_dialect_gives_the_same_sale),
        engine_test(a_second_file_replaces_what_is_in_the_grid),
        engine_test(named_files_are_refused_with_the_place),
        engine_test(files_that_cannot_be_read_are_refused),
        engine_test(a_document_is_not_imported_again),
        engine_test(formulas_are_guarded),
        engine_test(export_comes_in_pieces),
        engine_test(partner_prices_become_tax_included),
        engine_test(partner_totals_obey_the_law),
        engine_test(partner_lines_may_cancel_out),
        engine_test(partner_export_is_positional),
        engine_test(partner_file_may_have_no_header),
        engine_test(partner_files_are_refused_with_the_place),
    };

    return run_on_engines(tests);
}
