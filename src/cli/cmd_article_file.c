/* cmd_article_file.c: liaison article import and export: articles as a CSV file with named columns. An export that is imported again changes nothing. */
#include <stdlib.h>

#include "base/csv.h"
#include "base/mem.h"
#include "base/money.h"
#include "cli/cli_int.h"

/* ---- the columns ---- */

enum column_kind { COLUMN_TEXT, COLUMN_PRICE, COLUMN_QUANTITY, COLUMN_FLAG };
static const struct file_column { const char *name; enum column_kind kind; size_t offset; } COLUMNS[] = {
    {"code", COLUMN_TEXT, offsetof(struct article_edit, code)},
    {"label", COLUMN_TEXT, offsetof(struct article_edit, label)},
    {"family", COLUMN_TEXT, offsetof(struct article_edit, family)},
    {"tax", COLUMN_TEXT, offsetof(struct article_edit, tax)},
    {"price", COLUMN_PRICE, offsetof(struct article_edit, price_e4)},
    {"buy_price", COLUMN_PRICE, offsetof(struct article_edit, buy_price_e4)},
    {"barcode", COLUMN_TEXT, offsetof(struct article_edit, barcode)},
    {"unit", COLUMN_TEXT, offsetof(struct article_edit, unit)},
    {"weight", COLUMN_QUANTITY, offsetof(struct article_edit, weight_milli)},
    {"stock_managed", COLUMN_FLAG, offsetof(struct article_edit, stock_managed)},
    {"archived", COLUMN_FLAG, offsetof(struct article_edit, archived)},
    {"stock", COLUMN_QUANTITY, offsetof(struct article_edit, stock_milli)},
};

/* ---- import ---- */

struct seen_code { struct str code; int64_t line; };
struct file_import {
    struct cli *cli;
    const char *path;
    const struct file_column *columns[CSV_COLUMNS_MAX]; /* of the file, in its order */
    size_t column_count;
    struct arena arena;        /* of one line */
    struct arena codes_arena;
    struct seen_code *codes;
    size_t code_count, code_places;
    int64_t outcomes[3];       /* by enum article_outcome */
};

static int read_heading(struct file_import *import, const struct csv_row *row, struct err *err)
{
    bool has_code = false;

    for (size_t i = 0; i < row->count; i++) {
        struct str name = str_trim(row->cells[i]);
        const struct file_column *found = NULL;
        for (size_t c = 0; c < COUNT_OF(COLUMNS); c++)
            if (str_equal_ignore_case(name, str_from(COLUMNS[c].name)))
                found = &COLUMNS[c];
        if (!found)
            return err_set(err, ERR_DATA, N_("%s, line 1: there is no column “%s”: the columns are code, label, family, tax, price, buy_price, barcode, unit, weight,"
                                             " stock_managed, archived, stock"), import->path, ERR_STR(name));
        for (size_t c = 0; c < i; c++)
            if (import->columns[c] == found)
                return err_set(err, ERR_DATA, N_("%s, line 1: the column %s is there twice"), import->path, found->name);
        import->columns[i] = found;
        has_code = has_code || found == &COLUMNS[0];
    }
    import->column_count = row->count;
    return has_code ? OK : err_set(err, ERR_DATA, N_("%s, line 1: the column code is missing: it says which article a line is about"), import->path);
}

static int refuse_cell(const struct file_import *import, const struct csv_row *row, const struct file_column *column, struct str cell, const char *wanted, struct err *err)
{
    return err_set(err, ERR_DATA, N_("%s, line %s, column %s: “%s” is not %s"), import->path, ERR_INT(row->line), column->name, ERR_STR(cell), wanted);
}

static int read_figure(const struct file_import *import, const struct csv_row *row, const struct file_column *column, struct str cell, struct figure_edit *ret, struct err *err)
{
    int places = column->kind == COLUMN_PRICE ? 4 : 3;

    *ret = (struct figure_edit){.what = FIGURE_NONE};
    if (!cell.n)
        return OK;
    ret->what = FIGURE_SET;
    if (decimal_parse_human(cell, places, &ret->value) == DECIMAL_OK)
        return OK;
    return refuse_cell(import, row, column, cell,
                       places == 4 ? _("an amount such as 12.50 with four decimals at most") : _("a quantity such as 1.250 with three decimals at most"), err);
}

static int read_flag(const struct file_import *import, const struct csv_row *row, const struct file_column *column, struct str cell, enum flag_edit *ret, struct err *err)
{
    static const struct { const char *word; enum flag_edit flag; } words[] = {
        {"", FLAG_KEEP}, {"yes", FLAG_YES}, {"oui", FLAG_YES}, {"1", FLAG_YES}, {"no", FLAG_NO}, {"non", FLAG_NO}, {"0", FLAG_NO}};

    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (str_equal_ignore_case(cell, str_from(words[i].word))) {
            *ret = words[i].flag;
            return OK;
        }
    return refuse_cell(import, row, column, cell, "yes, no", err);
}

static int read_cell(const struct file_import *import, const struct csv_row *row, size_t i, struct article_edit *edit, struct err *err)
{
    const struct file_column *column = import->columns[i];
    struct str cell = str_trim(row->cells[i]);
    char *target = (char *)edit + column->offset;

    switch (column->kind) {
    case COLUMN_TEXT: *(struct str *)(void *)target = cell.p ? csv_unguard(cell) : STR(""); return OK;
    case COLUMN_FLAG: return read_flag(import, row, column, cell, (enum flag_edit *)(void *)target, err);
    case COLUMN_PRICE:
    case COLUMN_QUANTITY: return read_figure(import, row, column, cell, (struct figure_edit *)(void *)target, err);
    }
    return OK;
}

/* Two lines about one article: which one counts is not guessed. Found at the end, by sorting. */
static int remember_code(struct file_import *import, struct str code, int64_t line, struct err *err)
{
    if (import->code_count == import->code_places) {
        size_t places = import->code_places ? import->code_places * 2 : 1024;
        struct seen_code *larger = mem_resize(import->codes, places * sizeof *larger);
        if (!larger)
            return err_memory(err);
        import->codes = larger;
        import->code_places = places;
    }
    struct str copy = arena_copy(&import->codes_arena, code);
    if (!copy.p)
        return err_memory(err);
    import->codes[import->code_count++] = (struct seen_code){copy, line};
    return OK;
}

static int by_code(const void *left, const void *right)
{
    const struct seen_code *a = left, *b = right;
    int order = str_compare(a->code, b->code);

    return order ? order : (a->line > b->line) - (a->line < b->line);
}

static int check_codes(struct file_import *import, struct err *err)
{
    if (import->code_count > 1)
        qsort(import->codes, import->code_count, sizeof *import->codes, by_code);
    for (size_t i = 1; i < import->code_count; i++)
        if (str_equal(import->codes[i].code, import->codes[i - 1].code))
            return err_set(err, ERR_DATA, N_("%s: article %s is on line %s and on line %s: leave one of them"), import->path, ERR_STR(import->codes[i].code),
                           ERR_INT(import->codes[i - 1].line), ERR_INT(import->codes[i].line));
    return OK;
}

/* What is wrong with an article, with the place in the file in front of it. */
static int refuse_line(const struct file_import *import, int64_t line, struct err *err)
{
    BUF_AUTO text = {0};

    err_format(err, &text);
    return err_set(err, ERR_DATA, N_("%s, line %s: %s"), import->path, ERR_INT(line), ERR_STR(buf_str(&text)));
}

static int import_row(void *context, const struct csv_row *row, struct err *err)
{
    struct file_import *import = context;
    struct article_edit edit = {0};
    enum article_outcome outcome;
    int rc = OK;

    if (!import->column_count)
        return read_heading(import, row, err);
    if (interrupt_requested())
        return err_set(err, ERR_CANCELLED, N_("interrupted: nothing was written"));
    if (row->count != import->column_count)
        return err_set(err, ERR_DATA, N_("%s, line %s has %s cells, the heading has %s"), import->path, ERR_INT(row->line), ERR_INT((int64_t)row->count),
                       ERR_INT((int64_t)import->column_count));
    for (size_t i = 0; rc == OK && i < row->count; i++)
        rc = read_cell(import, row, i, &edit, err);
    if (rc == OK && !edit.code.n)
        return err_set(err, ERR_DATA, N_("%s, line %s: the code is empty"), import->path, ERR_INT(row->line));
    if (edit.stock_milli.what == FIGURE_NONE)
        edit.stock_milli.what = FIGURE_KEEP; /* nothing was counted */
    arena_reset(&import->arena);
    if (rc == OK)
        rc = remember_code(import, edit.code, row->line, err);
    if (rc != OK)
        return rc;
    rc = article_edit_apply(import->cli->db, import->cli->company.id, &import->arena, &edit, session_now(import->cli), &outcome, err);
    if (rc == ERR_DATA)
        return refuse_line(import, row->line, err);
    if (rc == OK)
        import->outcomes[outcome]++;
    return rc;
}

static void forget(struct file_import *import)
{
    arena_release(&import->arena);
    arena_release(&import->codes_arena);
    mem_free(import->codes);
}

/* May run again after a lost race: it begins with nothing read. */
static int import_file(struct db *db, void *context, struct err *err)
{
    struct file_import *import = context;
    struct csv_dialect dialect;

    (void)db;
    forget(import);
    *import = (struct file_import){.cli = import->cli, .path = import->path};
    int rc = csv_read_file(import->path, &dialect, import_row, import, err);
    if (rc == OK && !import->column_count)
        return err_set(err, ERR_DATA, N_("%s is empty: its first line names the columns"), import->path);
    return rc == OK ? check_codes(import, err) : rc;
}

int cmd_article_import(struct cli *cli, struct err *err)
{
    struct file_import import = {.cli = cli, .path = cli->arguments->words[0].p};
    int rc = db_transact(cli->db, import_file, &import, err);
    int64_t created = import.outcomes[ARTICLE_CREATED], updated = import.outcomes[ARTICLE_UPDATED], unchanged = import.outcomes[ARTICLE_UNCHANGED];

    forget(&import);
    if (rc != OK)
        return rc;
    if (cli->json) {
        struct json_out json = {.buf = &cli->out};
        json_begin_object(&json);
        json_member_int(&json, "created", created);
        json_member_int(&json, "updated", updated);
        json_member_int(&json, "unchanged", unchanged);
        json_end_object(&json);
        buf_append_char(&cli->out, '\n');
    }
    say(cli, N_("Articles: %s created, %s changed, %s unchanged."), text_of_int(cli, created), text_of_int(cli, updated), text_of_int(cli, unchanged), NULL);
    return OK;
}

/* ---- export ---- */

struct file_export { struct cli *cli; struct file_writer writer; struct buf line; };

static void append_text(struct buf *line, struct str text)
{
    csv_append_cell(line, text.p ? text : STR(""), ';', true);
    buf_append_char(line, ';');
}

static void append_figure(struct buf *line, bool has, int64_t value, int places, int min_decimals)
{
    if (has)
        decimal_append(line, value, places, min_decimals);
    buf_append_char(line, ';');
}

static int export_article(void *context, const struct article *article, struct err *err)
{
    struct file_export *export = context;
    struct cli *cli = export->cli;
    struct buf *line = &export->line;
    int64_t stock_milli = 0;
    int rc = article->stock_managed ? stock_get(cli->db, cli->company.id, article->id, &stock_milli, err) : OK;

    if (rc != OK)
        return rc;
    buf_reset(line);
    append_text(line, article->code);
    append_text(line, article->label);
    append_text(line, article->family);
    append_text(line, article->tax_code);
    append_figure(line, article->has_price, article->price_e4, 4, 2);
    append_figure(line, article->has_buy_price, article->buy_price_e4, 4, 2);
    append_text(line, article->barcode);
    append_text(line, article->unit);
    append_figure(line, article->has_weight, article->weight_milli, 3, 0);
    append_text(line, article->stock_managed ? STR("yes") : STR("no"));
    append_text(line, article->archived ? STR("yes") : STR("no"));
    if (article->stock_managed)
        decimal_append(line, stock_milli, 3, 0);
    buf_append_char(line, '\n');
    return buf_failed(line) ? err_memory(err) : file_writer_append(&export->writer, buf_str(line), err);
}

static int export_heading(struct file_export *export, struct err *err)
{
    for (size_t i = 0; i < COUNT_OF(COLUMNS); i++) {
        buf_append_z(&export->line, COLUMNS[i].name);
        buf_append_char(&export->line, i + 1 < COUNT_OF(COLUMNS) ? ';' : '\n');
    }
    return file_writer_append(&export->writer, buf_str(&export->line), err);
}

int cmd_article_export(struct cli *cli, struct err *err)
{
    struct file_export export = {.cli = cli};
    struct article_filter filter = {.with_archived = true};
    int rc = file_writer_open(&export.writer, cli, cli->arguments->words[0].p, err);

    if (rc == OK)
        rc = export_heading(&export, err);
    if (rc == OK)
        rc = article_each(cli->db, cli->company.id, &filter, export_article, &export, err);
    rc = file_writer_close(&export.writer, rc, err);
    buf_release(&export.line);
    if (rc == OK && export.writer.draft)
        note(cli, N_("The articles are written to %s."), text_of(cli, cli->arguments->words[0]), NULL);
    return rc;
}
