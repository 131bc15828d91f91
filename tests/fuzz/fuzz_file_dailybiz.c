/* fuzz_file_dailybiz.c: the partner's sales file, with and without a line of names. The rows written as they stood are the same sale; what is exported
 * of it, read again, has the same total wherever the format's four decimals can hold it. */
#include "fuzz_file.h"

/* Beyond a hundred of a thing, half of the price's last decimal is half a cent. */
enum { EXACT_QUANTITY_MIN = 1000, EXACT_QUANTITY_MAX = 99999, EXACT_TOTAL_CENTS = 1000000000 };

static struct tax taxes[] = {
    {.id = 1, .code = {"1", 1}, .rate_bp = 2000}, {.id = 2, .code = {"10", 2}, .rate_bp = 1000}, {.id = 3, .code = {"REDUIT", 6}, .rate_bp = 550},
    {.id = 4, .code = {"2.1", 3}, .rate_bp = 210}, {.id = 5, .code = {"0", 1}, .rate_bp = 0},
};
enum { TAX_COUNT = sizeof taxes / sizeof *taxes };

static struct grid_session session_of_test(void)
{
    return (struct grid_session){.company = fuzz_company(), .taxes = taxes, .tax_count = TAX_COUNT};
}

struct rereading { struct staged staged; struct arena *arena; };

static void read_again(void *context, const struct file_walk *walk, const struct kept_rows *rows)
{
    struct rereading *reading = context;
    struct grid_session session = session_of_test();
    struct err err = {0};

    LAW(walk->sales == 1);
    law_of_success(dailybiz_sale_read(rows, "file.csv", &session, reading->arena, &reading->staged, &err), &err);
}

static struct staged walk_again(struct str bytes, bool header_line, struct arena *arena)
{
    struct rereading reading = {.arena = arena};
    struct file_walk walk = {.header_line = header_line, .on_sale = read_again, .context = &reading};
    struct err err = {0};

    law_of_success(file_walk_run(&walk, bytes, &err), &err);
    LAW(walk.sales == 1);
    return reading.staged;
}

/* The first row's cells may hold so many commas that they outweigh its separators; no separator could be told then. */
static bool names_its_separator(const struct kept_rows *rows)
{
    struct kept_cursor cursor = {.rows = rows};
    size_t others = 0;

    LAW(kept_next(&cursor));
    for (size_t i = 0; i < cursor.row.count; i++)
        for (size_t at = 0; at < cursor.row.cells[i].n; at++)
            others += cursor.row.cells[i].p[at] == ',' || cursor.row.cells[i].p[at] == '\t';
    return others + 1 < cursor.row.count;
}

static void law_of_body(const struct staged *staged, const struct kept_rows *rows, struct arena *arena)
{
    BUF_AUTO body = {0};

    dailybiz_body_write(&body, rows);
    struct staged again = walk_again(buf_str(&body), false, arena);
    law_of_same_sale(&staged->sale, &again.sale);
    LAW(staged->day == again.day);
}

static bool is_exact(const struct sale *sale)
{
    int64_t sum_cents = 0;

    for (size_t i = 0; i < sale->line_count; i++) {
        int64_t quantity = llabs(sale->lines[i].quantity_milli);
        if (quantity < EXACT_QUANTITY_MIN || quantity > EXACT_QUANTITY_MAX)
            return false;
        sum_cents += llabs(sale->lines[i].total_cents);
        if (sum_cents > EXACT_TOTAL_CENTS)
            return false;
    }
    return true;
}

static void law_of_export(const struct staged *staged, struct arena *arena)
{
    BUF_AUTO text = {0};
    struct err err = {0};

    dailybiz_header_write(&text);
    LAW(dailybiz_sale_write(&text, staged, taxes, TAX_COUNT, arena, &err) == OK);
    struct staged again = walk_again(buf_str(&text), true, arena);
    LAW(again.sale.total_cents == staged->sale.total_cents && again.day == staged->day);
    LAW(str_equal(str_trim(again.sale.number), str_trim(staged->sale.number)));
    LAW(again.sale.line_count == staged->sale.line_count);
    for (size_t i = 0; i < again.sale.line_count; i++) {
        LAW(again.sale.lines[i].quantity_milli == staged->sale.lines[i].quantity_milli);
        LAW(again.sale.lines[i].rate_bp == staged->sale.lines[i].rate_bp);
    }
}

static bool has_line_break(struct str text)
{
    return text.n > 0 && (memchr(text.p, '\n', text.n) || memchr(text.p, '\r', text.n));
}

static void on_sale(void *context, const struct file_walk *walk, const struct kept_rows *rows)
{
    ARENA_AUTO arena = {0};
    struct grid_session session = session_of_test();
    struct staged staged = {.revision = -1};
    struct err err = {0};

    (void)context, (void)walk;
    int rc = dailybiz_sale_read(rows, "file.csv", &session, &arena, &staged, &err);
    if (rc != OK) {
        law_of_refusal(rc, &err);
        LAW(staged.revision == -1);
        return;
    }
    int64_t sum_cents = 0;
    for (size_t i = 0; i < staged.sale.line_count; i++)
        sum_cents += staged.sale.lines[i].total_cents;
    LAW(staged.sale.line_count > 0 && sum_cents == staged.sale.total_cents && staged.sale.has_closed_utc);
    LAW(str_trim(staged.sale.id).n > 0 && !has_line_break(staged.sale.id));
    if (names_its_separator(rows))
        law_of_body(&staged, rows, &arena);
    if (is_exact(&staged.sale))
        law_of_export(&staged, &arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    (void)fuzz_company();
    for (int header_line = 0; header_line < 2; header_line++) {
        struct file_walk walk = {.header_line = header_line, .on_sale = on_sale};
        struct err err = {0};
        int rc = file_walk_run(&walk, input_of(data, size), &err);
        if (rc != OK)
            law_of_refusal(rc, &err);
    }
    return 0;
}
