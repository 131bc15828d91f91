/* table.c: a table for a terminal. The first rows are held back to measure the columns; then each row goes out as it comes, so that a list of a million
 * rows needs no more memory than one of fifty. Also: a value as a person reads it. */
#include <string.h>

#include "report/report_int.h"

enum { TABLE_MEASURED_ROWS = 200, TABLE_GAP = 2, TABLE_NARROWEST = 4 };

struct report_table {
    size_t columns, width;
    size_t widths[REPORT_COLUMNS_MAX];
    bool right[REPORT_COLUMNS_MAX];
    struct str headings[REPORT_COLUMNS_MAX];
    struct str held[TABLE_MEASURED_ROWS][REPORT_COLUMNS_MAX];
    size_t held_count;
    bool started;
    struct arena arena;
};

int report_table_new(struct report_table **ret, size_t columns, const char *const *headings, const bool *align_right, size_t width, struct err *err)
{
    struct report_table *table = mem_alloc_zero(1, sizeof *table);
    if (!table)
        return err_memory(err);
    table->columns = columns < REPORT_COLUMNS_MAX ? columns : REPORT_COLUMNS_MAX;
    table->width = width;
    for (size_t i = 0; i < table->columns; i++) {
        table->headings[i] = str_from(text_translate(headings[i]));
        table->right[i] = align_right[i];
        table->widths[i] = text_width(table->headings[i]);
    }
    *ret = table;
    return OK;
}

void report_table_free(struct report_table *table)
{
    if (!table)
        return;
    arena_release(&table->arena);
    mem_free(table);
}

/* Takes from the widest column until the row fits; width 0 means that nothing has to fit. */
static void fit(struct report_table *table)
{
    if (!table->width)
        return;
    for (;;) {
        size_t sum = TABLE_GAP * (table->columns - 1), widest = 0;
        for (size_t i = 0; i < table->columns; i++) {
            sum += table->widths[i];
            if (!table->right[i] && (table->right[widest] || table->widths[i] > table->widths[widest]))
                widest = i;
        }
        if (sum <= table->width || table->right[widest] || table->widths[widest] <= TABLE_NARROWEST)
            return;
        size_t excess = sum - table->width, room = table->widths[widest] - TABLE_NARROWEST;
        size_t step = excess < room ? excess : room;
        table->widths[widest] -= step > 8 ? 8 : step;
    }
}

static void append_row(const struct report_table *table, const struct str *cells, struct buf *out)
{
    for (size_t i = 0; i < table->columns; i++) {
        bool last = i + 1 == table->columns;
        if (last && !table->right[i] && text_width(cells[i]) <= table->widths[i])
            text_append_cell(out, cells[i], 0, false);   /* no trailing blanks */
        else
            text_append_cell(out, cells[i], table->widths[i], table->right[i]);
        buf_append_z(out, last ? "\n" : "  ");
    }
}

static void start(struct report_table *table, struct buf *out)
{
    table->started = true;
    fit(table);
    append_row(table, table->headings, out);
    for (size_t i = 0; i < table->columns; i++) {
        for (size_t n = 0; n < table->widths[i]; n++)
            buf_append_z(out, "─");
        buf_append_z(out, i + 1 == table->columns ? "\n" : "  ");
    }
    for (size_t r = 0; r < table->held_count; r++)
        append_row(table, table->held[r], out);
    table->held_count = 0;
    arena_release(&table->arena);
}

int report_table_row(struct report_table *table, const struct str *cells, struct buf *out, struct err *err)
{
    if (!table->started && table->held_count < TABLE_MEASURED_ROWS) {
        for (size_t i = 0; i < table->columns; i++) {
            struct str *cell = &table->held[table->held_count][i];
            *cell = arena_copy(&table->arena, cells[i].p ? cells[i] : STR(""));
            if (!cell->p)
                return err_memory(err);
            size_t width = text_width(*cell);
            if (width > table->widths[i])
                table->widths[i] = width;
        }
        table->held_count++;
        return OK;
    }
    if (!table->started)
        start(table, out);
    append_row(table, cells, out);
    return buf_failed(out) ? err_memory(err) : OK;
}

int report_table_end(struct report_table *table, struct buf *out, struct err *err)
{
    if (!table->started)
        start(table, out);
    return buf_failed(out) ? err_memory(err) : OK;
}

/* A unit price with two decimals when that is exact, else with four, as the language writes them. */
static void append_price(struct buf *out, int64_t price_e4)
{
    bool french = text_language() == TEXT_FRENCH;
    size_t begin = out->n;

    if (price_e4 % 100 == 0) {
        text_append_cents(out, price_e4 / 100);
        return;
    }
    buf_append_z(out, french ? "" : "€");
    decimal_append(out, price_e4, 4, 2);
    for (size_t i = begin; french && i < out->n; i++)
        if (out->p[i] == '.')
            out->p[i] = ',';
    buf_append_z(out, french ? "\u00a0€" : "");
}

/* The codes of the database that people see. */
static const char *const WORDS[][2] = {
    {"goods", N_("delivery of goods")}, {"services", N_("services")}, {"both", N_("delivery of goods and services")},
    {"invoice", N_("invoice")},   {"order", N_("order")},         {"credit_note", N_("credit note")}, {"draft", N_("draft")},
    {"validated", N_("validated")}, {"posted", N_("posted")},     {"running", N_("running")},         {"done", N_("done")},
    {"failed", N_("failed")},     {"interrupted", N_("interrupted")}, {"sale", N_("sale")},           {"refund", N_("refund")},
    {"article", N_("article")},   {"number", N_("ticket number")}, {"document", N_("document")},       {"count", N_("count")},
};

const char *report_word(struct str code)
{
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (str_equal(code, str_from(WORDS[i][0])))
            return text_translate(WORDS[i][1]);
    return NULL;
}

static void append_word(struct buf *out, struct str code)
{
    const char *word = report_word(code);
    buf_append(out, word ? str_from(word) : code);
}

void report_append_value(struct buf *out, enum report_type type, const struct db_value *value, const struct zone *zone)
{
    if (value->type == DB_NULL)
        return;
    switch (type) {
    case REPORT_TEXT:
    case REPORT_JSON: buf_append(out, value->s); break;
    case REPORT_WORD: append_word(out, value->s); break;
    case REPORT_INT: buf_append_int(out, value->i); break;
    case REPORT_CENTS: text_append_cents(out, value->i); break;
    case REPORT_MILLI: text_append_milli(out, value->i); break;
    case REPORT_E4: append_price(out, value->i); break;
    case REPORT_RATE: text_append_rate(out, value->i); break;
    case REPORT_DAY: civil_append_day_local(out, (int32_t)value->i); break;
    case REPORT_INSTANT: instant_append_local(out, zone, value->i); break;
    case REPORT_BOOL: buf_append_z(out, value->i ? _("yes") : _("no")); break;
    case REPORT_HASH: hex_append(out, (const unsigned char *)value->s.p, value->s.n); break;
    }
}
