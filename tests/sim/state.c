/* state.c: the database read back as rows in memory, so that the invariants are plain arithmetic and one look is enough for all of them. A row below
 * declares a table: its statement, and the type of each column. Used by the invariants, the normal form and the operator. */
#include <stdio.h>
#include <stdlib.h>

#include "sim.h"

/* One letter a column: i = integer, t = text. */
struct shape { const char *sql, *types; };
static const struct shape shapes[TABLE_COUNT] = {
    [T_SALE] = {"SELECT till_sale_id, state, reason, number, day, closed_utc, document_id FROM sale WHERE company_id = $1 ORDER BY till_sale_id", "ttttiii"},
    [T_GRID] = {"SELECT grid_sale_id, till_sale_id, number, kind, day, total_cents, tip_cents, revision, accepted, edited, blocked, refund_of FROM grid_sale"
                " WHERE company_id = $1 ORDER BY grid_sale_id", "itttiiiiiiit"},
    [T_GRID_LINE] = {"SELECT grid_sale_id, line_no, reference, label, quantity_milli, unit_price_e4, discount_cents, total_cents, rate_bp FROM grid_line"
                     " WHERE company_id = $1 ORDER BY grid_sale_id, line_no", "iittiiiii"},
    [T_GRID_PAYMENT] = {"SELECT grid_sale_id, payment_no, till_type, amount_cents FROM grid_payment WHERE company_id = $1 ORDER BY grid_sale_id, payment_no", "iiti"},
    [T_ANOMALY] = {"SELECT subject_kind, subject, line_no, code FROM anomaly WHERE company_id = $1 ORDER BY subject_kind, subject, line_no, code", "ttit"},
    [T_DOCUMENT] = {"SELECT document_id, kind, state, number, day, customer_id, total_cents, tax_cents, tip_cents, till_sale_id, revision, origin_id, block FROM document"
                    " WHERE company_id = $1 ORDER BY document_id", "itttiiiiitiit"},
    [T_LINE] = {"SELECT document_id, line_no, article_id, code, label, quantity_milli, unit_price_e4, discount_cents, total_cents, net_cents, tax_cents, rate_bp"
                " FROM document_line WHERE company_id = $1 ORDER BY document_id, line_no", "iiittiiiiiii"},
    [T_TAX] = {"SELECT document_id, rate_bp, total_cents, net_cents, tax_cents FROM document_tax WHERE company_id = $1 ORDER BY document_id, tax_id", "iiiii"},
    [T_DUE] = {"SELECT document_id, due_no, amount_cents FROM due_line WHERE company_id = $1 ORDER BY document_id, due_no", "iii"},
    [T_PAYMENT] = {"SELECT payment_id, document_id, day, (SELECT code FROM means WHERE means.company_id = payment.company_id AND means.means_id = payment.means_id),"
                   " amount_cents, till_payment_id FROM payment WHERE company_id = $1 ORDER BY payment_id", "iiitit"},
    [T_ALLOCATION] = {"SELECT document_id, due_no, payment_id, amount_cents FROM allocation WHERE company_id = $1 ORDER BY document_id, due_no, payment_id", "iiii"},
    [T_LEVEL] = {"SELECT article_id, quantity_milli FROM stock_level WHERE company_id = $1 ORDER BY article_id", "ii"},
    [T_MOVE] = {"SELECT source, source_id, line_no, article_id, quantity_milli FROM stock_move WHERE company_id = $1 ORDER BY source, source_id, line_no", "tiiii"},
    [T_ARTICLE] = {"SELECT article_id, code, label, price_e4, (SELECT rate_bp FROM tax WHERE tax.company_id = article.company_id AND tax.tax_id = article.tax_id),"
                   " stock_managed, archived, COALESCE((SELECT name FROM family WHERE family.company_id = article.company_id AND family.family_id = article.family_id), '')"
                   " FROM article WHERE company_id = $1 ORDER BY code", "ittiiiit"},
    [T_CUSTOMER] = {"SELECT customer_id, is_counter, COALESCE(company_name, '') || '/' || COALESCE(last_name, '') FROM customer WHERE company_id = $1"
                    " ORDER BY customer_id", "iit"},
    [T_RUN] = {"SELECT run_id, state, counts FROM run WHERE company_id = $1 ORDER BY run_id", "itt"},
    [T_RUN_PAGE] = {"SELECT run_id, flow, SUM(records) FROM run_page WHERE company_id = $1 GROUP BY run_id, flow ORDER BY run_id, flow", "iti"},
};

static void table_grow(struct state *state, struct table *table, size_t *room)
{
    size_t wider = *room ? 2 * *room : 8;
    struct cell *cells = arena_array(&state->arena, wider * table->columns, sizeof *cells);
    if (!cells)
        abort();
    if (table->count)
        memcpy(cells, table->cells, table->count * table->columns * sizeof *cells);
    table->cells = cells;
    *room = wider;
}

static struct cell read_cell(struct state *state, struct db_rows *rows, int column, char type)
{
    struct cell cell = {.is_null = db_is_null(rows, column)};
    if (cell.is_null)
        return cell;
    if (type == 'i') {
        cell.i = db_int(rows, column);
        return cell;
    }
    cell.s = arena_copy(&state->arena, db_text(rows, column));
    if (!cell.s.p)
        abort();
    return cell;
}

static int read_table(struct db *db, int64_t company_id, const struct shape *shape, struct state *state, struct table *table, struct err *err)
{
    size_t room = 0;
    DB_ROWS_AUTO rows = {0};
    table->columns = strlen(shape->types);
    int rc = db_query(db, &rows, shape->sql, err, DB_INT(company_id));
    while (rc >= 0 && (rc = db_next(&rows, err)) == 1) {
        if (table->count == room)
            table_grow(state, table, &room);
        for (size_t i = 0; i < table->columns; i++)
            table->cells[table->count * table->columns + i] = read_cell(state, &rows, (int)i, shape->types[i]);
        table->count++;
    }
    return rc;
}

struct reading { int64_t company_id; unsigned tables; struct state *state; };

static int read_body(struct db *db, void *context, struct err *err)
{
    const struct reading *reading = context;
    int rc = OK;
    state_release(reading->state); /* of an attempt before */
    for (size_t i = 0; rc >= 0 && i < TABLE_COUNT; i++)
        if (reading->tables >> i & 1)
            rc = read_table(db, reading->company_id, &shapes[i], reading->state, &reading->state->tables[i], err);
    return rc < 0 ? rc : OK;
}

/* In one transaction: what is read belongs together, and the engine looks only once whether another process has written. */
bool state_read(struct db *db, int64_t company_id, unsigned tables, struct state *ret, struct err *err)
{
    struct reading reading = {company_id, tables, ret};
    *ret = (struct state){0};
    return db_transact(db, read_body, &reading, err) == OK;
}

void state_release(struct state *state)
{
    arena_release(&state->arena);
    *state = (struct state){0};
}

size_t row_by_text(const struct state *state, enum table_name table, int column, struct str text)
{
    for (size_t row = 0; row < ROWS(state, table); row++)
        if (str_equal(TEXT_AT(state, table, row, column), text))
            return row;
    return SIZE_MAX;
}

size_t row_by_int(const struct state *state, enum table_name table, int column, int64_t number)
{
    for (size_t row = 0; row < ROWS(state, table); row++)
        if (INT_AT(state, table, row, column) == number)
            return row;
    return SIZE_MAX;
}

/* ---- everything, for the trace ---- */

/* Made from the schema, so that no column is forgotten; the lease names this process, and is left out. The database's own text of a statement for each table;
 * kept for the program's life, because a connection knows its statements by their address. */
enum { TABLES_MAX = 64 };
static char *dump_statements[TABLES_MAX];
static size_t dump_count;

static void append_dump_column(struct buf *sql, struct str column)
{
    if (str_starts_with(column, STR("lease_")))
        return;
    buf_append_z(sql, sql->n ? " || ',' || quote(" : "SELECT quote(");
    buf_append(sql, column);
    buf_append_char(sql, ')');
}

static void dump_prepare(struct db *db)
{
    static const char COLUMNS[] =
        "SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name <> 'schema_version'"
        " ORDER BY m.name, c.cid";
    struct err err = {0};
    ARENA_AUTO arena = {0};
    BUF_AUTO sql = {0};
    struct str table = STR_NULL;
    DB_ROWS_AUTO rows = {0};
    int rc = db_query_(db, &rows, COLUMNS, NULL, 0, &err), more = rc;
    while (rc >= 0) {
        more = db_next(&rows, &err);
        if (table.p && (more != 1 || !str_equal(db_text(&rows, 0), table))) {
            buf_printf(&sql, " FROM %.*s ORDER BY 1", STR_ARG(table));
            dump_statements[dump_count++] = strdup(sql.p);
            buf_reset(&sql);
        }
        if (more != 1)
            return;
        table = arena_copy(&arena, db_text(&rows, 0));
        append_dump_column(&sql, db_text(&rows, 1));
    }
}

void state_trace(struct db *db, struct trace *trace)
{
    struct err err = {0};
    if (!dump_count)
        dump_prepare(db);
    for (size_t i = 0; i < dump_count; i++) {
        DB_ROWS_AUTO rows = {0};
        int rc = db_query_(db, &rows, dump_statements[i], NULL, 0, &err);
        while (rc >= 0 && (rc = db_next(&rows, &err)) == 1)
            trace_bytes(trace, db_text(&rows, 0));
    }
}
