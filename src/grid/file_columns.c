/* file_columns.c: our own file format (`--format liaison`): named columns, one row per line, VAT figure, payment. One table of columns says how each is
 * written and read; docs/partner-file.md explains them. The same rows are the journal's body of a sale that came from such a file. */
#include "grid/file_int.h"

enum file_scope { FILE_SALE, FILE_LINE, FILE_TAX, FILE_PAYMENT, FILE_FAULT, FILE_SCOPES };
static const char *const row_names[FILE_SCOPES] = {"sale", "line", "tax", "payment", "fault"};

enum file_type { FILE_ROW, FILE_LINK, FILE_KIND, FILE_TEXT, FILE_REASON, FILE_CENTS, FILE_MILLI, FILE_E4, FILE_RATE, FILE_INSTANT, FILE_DAY, FILE_FLAG, FILE_NUMBER };
enum file_need { FILE_OPTIONAL, FILE_CELL, FILE_COLUMN };  /* may be empty; filled in each row of its kind; and the column must be there */

struct file_column {
    const char *name;
    enum file_scope scope;
    enum file_type type;
    enum file_need need;
    size_t offset;             /* of the value, in what the scope stands for: struct staged, sale_line, sale_tax … */
    size_t present;            /* of the truth value beside it; NO_FLAG when there is none */
};
#define NO_FLAG SIZE_MAX
#define IN_SALE(member) offsetof(struct staged, member)
#define IN_LINE(member) offsetof(struct sale_line, member)
#define IN_PAYMENT(member) offsetof(struct sale_payment, member)

static const struct file_column columns[] = {
    {"row", FILE_SALE, FILE_ROW, FILE_COLUMN, 0, NO_FLAG},
    {"link", FILE_SALE, FILE_LINK, FILE_OPTIONAL, 0, NO_FLAG},
    {"sale_id", FILE_SALE, FILE_TEXT, FILE_COLUMN, IN_SALE(sale.id), NO_FLAG},
    {"kind", FILE_SALE, FILE_KIND, FILE_OPTIONAL, IN_SALE(sale.is_refund), NO_FLAG},
    {"number", FILE_SALE, FILE_TEXT, FILE_OPTIONAL, IN_SALE(sale.number), NO_FLAG},
    {"date", FILE_SALE, FILE_DAY, FILE_OPTIONAL, IN_SALE(day), IN_SALE(has_day)},
    {"closed_at", FILE_SALE, FILE_INSTANT, FILE_OPTIONAL, IN_SALE(sale.closed_utc), IN_SALE(sale.has_closed_utc)},
    {"refund_of", FILE_SALE, FILE_TEXT, FILE_OPTIONAL, IN_SALE(sale.refund_of), NO_FLAG},
    {"total", FILE_SALE, FILE_CENTS, FILE_COLUMN, IN_SALE(sale.total_cents), NO_FLAG},
    {"tip", FILE_SALE, FILE_CENTS, FILE_OPTIONAL, IN_SALE(sale.tip_cents), NO_FLAG},
    {"customer_id", FILE_SALE, FILE_TEXT, FILE_OPTIONAL, IN_SALE(sale.customer.id), NO_FLAG},
    {"customer_code", FILE_SALE, FILE_TEXT, FILE_OPTIONAL, IN_SALE(sale.customer.code), NO_FLAG},
    {"company_name", FILE_SALE, FILE_TEXT, FILE_OPTIONAL, IN_SALE(sale.customer.company_name), NO_FLAG},
    {"last_name", FILE_SALE, FILE_TEXT, FILE_OPTIONAL, IN_SALE(sale.customer.last_name), NO_FLAG},
    {"first_name", FILE_SALE, FILE_TEXT, FILE_OPTIONAL, IN_SALE(sale.customer.first_name), NO_FLAG},
    {"email", FILE_SALE, FILE_TEXT, FILE_OPTIONAL, IN_SALE(sale.customer.email), NO_FLAG},
    {"phone", FILE_SALE, FILE_TEXT, FILE_OPTIONAL, IN_SALE(sale.customer.phone), NO_FLAG},
    {"address", FILE_SALE, FILE_TEXT, FILE_OPTIONAL, IN_SALE(sale.customer.address), NO_FLAG},
    {"postcode", FILE_SALE, FILE_TEXT, FILE_OPTIONAL, IN_SALE(sale.customer.postcode), NO_FLAG},
    {"town", FILE_SALE, FILE_TEXT, FILE_OPTIONAL, IN_SALE(sale.customer.town), NO_FLAG},
    {"country", FILE_SALE, FILE_TEXT, FILE_OPTIONAL, IN_SALE(sale.customer.country), NO_FLAG},
    {"vat_number", FILE_SALE, FILE_TEXT, FILE_OPTIONAL, IN_SALE(sale.customer.vat_number), NO_FLAG},
    {"salesperson", FILE_SALE, FILE_TEXT, FILE_OPTIONAL, IN_SALE(sale.salesperson), NO_FLAG},
    {"revision", FILE_SALE, FILE_NUMBER, FILE_OPTIONAL, IN_SALE(revision), NO_FLAG},
    {"accepted", FILE_SALE, FILE_FLAG, FILE_OPTIONAL, IN_SALE(accepted), NO_FLAG},
    {"edited", FILE_SALE, FILE_FLAG, FILE_OPTIONAL, IN_SALE(edited), NO_FLAG},
    {"article_id", FILE_LINE, FILE_TEXT, FILE_OPTIONAL, IN_LINE(article_id), NO_FLAG},
    {"declination_id", FILE_LINE, FILE_TEXT, FILE_OPTIONAL, IN_LINE(declination_id), NO_FLAG},
    {"reference", FILE_LINE, FILE_TEXT, FILE_OPTIONAL, IN_LINE(reference), NO_FLAG},
    {"label", FILE_LINE, FILE_TEXT, FILE_OPTIONAL, IN_LINE(label), NO_FLAG},
    {"category", FILE_LINE, FILE_TEXT, FILE_OPTIONAL, IN_LINE(category), NO_FLAG},
    {"quantity", FILE_LINE, FILE_MILLI, FILE_COLUMN, IN_LINE(quantity_milli), NO_FLAG},
    {"unit", FILE_LINE, FILE_TEXT, FILE_OPTIONAL, IN_LINE(unit), NO_FLAG},
    {"unit_price", FILE_LINE, FILE_E4, FILE_COLUMN, IN_LINE(unit_price_e4), NO_FLAG},
    {"discount", FILE_LINE, FILE_CENTS, FILE_OPTIONAL, IN_LINE(discount_cents), NO_FLAG},
    {"line_total", FILE_LINE, FILE_CENTS, FILE_COLUMN, IN_LINE(total_cents), NO_FLAG},
    {"rate", FILE_LINE, FILE_RATE, FILE_OPTIONAL, IN_LINE(rate_bp), IN_LINE(has_rate)},
    {"options", FILE_LINE, FILE_TEXT, FILE_OPTIONAL, IN_LINE(options), NO_FLAG},
    {"tax_rate", FILE_TAX, FILE_RATE, FILE_CELL, offsetof(struct sale_tax, rate_bp), NO_FLAG},
    {"tax", FILE_TAX, FILE_CENTS, FILE_CELL, offsetof(struct sale_tax, tax_cents), NO_FLAG},
    {"payment_id", FILE_PAYMENT, FILE_TEXT, FILE_OPTIONAL, IN_PAYMENT(id), NO_FLAG},
    {"payment_type", FILE_PAYMENT, FILE_TEXT, FILE_OPTIONAL, IN_PAYMENT(type), NO_FLAG},
    {"payment_label", FILE_PAYMENT, FILE_TEXT, FILE_OPTIONAL, IN_PAYMENT(label), NO_FLAG},
    {"amount", FILE_PAYMENT, FILE_CENTS, FILE_CELL, IN_PAYMENT(amount_cents), NO_FLAG},
    {"paid_at", FILE_PAYMENT, FILE_INSTANT, FILE_OPTIONAL, IN_PAYMENT(paid_utc), IN_PAYMENT(has_paid_utc)},
    {"fault_path", FILE_FAULT, FILE_TEXT, FILE_CELL, offsetof(struct sale_fault, path), NO_FLAG},
    {"fault_text", FILE_FAULT, FILE_TEXT, FILE_OPTIONAL, offsetof(struct sale_fault, text), NO_FLAG},
    {"fault_reason", FILE_FAULT, FILE_REASON, FILE_OPTIONAL, offsetof(struct sale_fault, reason), NO_FLAG},
};
_Static_assert(sizeof columns / sizeof *columns == FILE_COLUMN_COUNT, "FILE_COLUMN_COUNT counts the table");
enum { COLUMN_ROW = 0, COLUMN_LINK = 1, COLUMN_SALE_ID = 2, COLUMN_KIND = 3, COLUMN_DATE = 5, COLUMN_CLOSED_AT = 6 };
#define FILE_BODY_MARK "row;link;sale_id;"

/* ---- writing ---- */

static void write_decimal(struct buf *out, const void *value, int places, int min_decimals)
{
    int64_t number;
    memcpy(&number, value, sizeof number);
    decimal_append(out, number, places, min_decimals);
}

static void write_text(struct buf *out, struct str text)
{
    csv_append_cell(out, text, FILE_SEPARATOR, true);
}

static void write_value(struct buf *out, const struct file_column *column, const void *base)
{
    const void *value = (const char *)base + column->offset;
    if (column->present != NO_FLAG && !*(const bool *)((const char *)base + column->present))
        return;
    switch (column->type) {
    case FILE_TEXT: write_text(out, *(const struct str *)value); break;
    case FILE_REASON: write_text(out, str_from(*(const char *const *)value)); break;
    case FILE_KIND: buf_append_z(out, *(const bool *)value ? "refund" : "sale"); break;
    case FILE_CENTS: write_decimal(out, value, 2, 2); break;
    case FILE_MILLI: write_decimal(out, value, 3, 0); break;
    case FILE_E4: write_decimal(out, value, 4, 2); break;
    case FILE_RATE: write_decimal(out, value, 2, 0); break;
    case FILE_INSTANT: instant_append_micro(out, *(const int64_t *)value); break;
    case FILE_DAY: civil_append_day(out, *(const int32_t *)value); break;
    case FILE_FLAG: buf_append_char(out, *(const bool *)value ? '1' : '0'); break;
    case FILE_NUMBER: buf_append_int(out, *(const int *)value); break;
    case FILE_ROW:
    case FILE_LINK: break;
    }
}

static void write_row(struct buf *out, const struct staged *staged, struct str link, enum file_scope scope, const void *part)
{
    buf_append_z(out, row_names[scope]);
    buf_append_char(out, FILE_SEPARATOR);
    write_text(out, link);
    for (size_t i = COLUMN_LINK + 1; i < FILE_COLUMN_COUNT; i++) {
        buf_append_char(out, FILE_SEPARATOR);
        if (columns[i].scope == FILE_SALE)
            write_value(out, &columns[i], staged);
        else if (columns[i].scope == scope)
            write_value(out, &columns[i], part);
    }
    buf_append_char(out, '\n');
}

void file_header_write(struct buf *out)
{
    for (size_t i = 0; i < FILE_COLUMN_COUNT; i++) {
        buf_append_z(out, columns[i].name);
        buf_append_char(out, i + 1 < FILE_COLUMN_COUNT ? FILE_SEPARATOR : '\n');
    }
}

void file_sale_write(struct buf *out, const struct staged *staged, struct str link)
{
    const struct sale *sale = &staged->sale;
    if (!sale->line_count)
        write_row(out, staged, link, FILE_SALE, NULL);
    for (size_t i = 0; i < sale->line_count; i++)
        write_row(out, staged, link, FILE_LINE, &sale->lines[i]);
    for (size_t i = 0; i < sale->tax_count; i++)
        write_row(out, staged, link, FILE_TAX, &sale->taxes[i]);
    for (size_t i = 0; i < sale->payment_count; i++)
        write_row(out, staged, link, FILE_PAYMENT, &sale->payments[i]);
    for (size_t i = 0; i < sale->fault_count; i++)
        write_row(out, staged, link, FILE_FAULT, &sale->faults[i]);
}

/* ---- the header ---- */

static int column_by_name(struct str name)
{
    for (int i = 0; i < FILE_COLUMN_COUNT; i++)
        if (str_equal_ignore_case(name, str_from(columns[i].name)))
            return i;
    return -1;
}

int file_header_read(const struct csv_row *row, const char *path, struct file_header *ret, struct err *err)
{
    struct file_header header = {.count = row->count};
    for (int i = 0; i < FILE_COLUMN_COUNT; i++)
        header.place_of[i] = -1;
    for (size_t at = 0; at < row->count; at++) {
        struct str name = str_trim(row->cells[at]);
        int column = column_by_name(name);
        if (column < 0)
            return err_set(err, ERR_DATA, N_("%s, line %s: there is no column “%s” in this format: take it out, correct its name (docs/partner-file.md lists them), or choose"
                                             " --format dailybiz"), path, ERR_INT(row->line), ERR_STR(name));
        if (header.place_of[column] >= 0)
            return err_set(err, ERR_DATA, N_("%s, line %s: the column %s is there twice: take one out"), path, ERR_INT(row->line), columns[column].name);
        header.place_of[column] = (int)at;
        header.column_at[at] = column;
    }
    for (int i = 0; i < FILE_COLUMN_COUNT; i++)
        if (columns[i].need == FILE_COLUMN && header.place_of[i] < 0)
            return err_set(err, ERR_DATA, N_("%s, line %s: the column %s is missing: add it, or choose --format dailybiz"), path, ERR_INT(row->line), columns[i].name);
    *ret = header;
    return OK;
}

/* ---- reading ---- */

struct reading {
    const struct file_header *header;
    const char *path;
    const struct company *company;
    struct arena *arena;
    struct staged *staged;
    struct str link;
    struct err *err;
};

static struct cell_place place_at(const struct reading *reading, const struct csv_row *row, int column)
{
    return (struct cell_place){.path = reading->path, .line = row->line, .column = columns[column].name};
}

static struct str cell_of(const struct file_header *header, const struct csv_row *row, int column)
{
    int at = header->place_of[column];
    return at < 0 || (size_t)at >= row->count ? STR("") : row->cells[at];
}

static int refuse_word(const struct cell_place *place, struct str cell, const char *allowed, struct err *err)
{
    return err_set(err, ERR_DATA, N_("%s, line %s, column %s: “%s” is none of %s"), place->path, ERR_INT(place->line), place->column, ERR_STR(cell), allowed);
}

static int read_kind(const struct cell_place *place, struct str cell, bool *ret_refund, struct err *err)
{
    struct str word = str_trim(cell);
    if (!str_equal(word, STR("sale")) && !str_equal(word, STR("refund")))
        return refuse_word(place, word, "sale, refund", err);
    *ret_refund = str_equal(word, STR("refund"));
    return OK;
}

static int read_flag(const struct cell_place *place, struct str cell, bool *ret, struct err *err)
{
    struct str word = str_trim(cell);
    if (!str_equal(word, STR("0")) && !str_equal(word, STR("1")))
        return refuse_word(place, word, "0, 1", err);
    *ret = word.p[0] == '1';
    return OK;
}

static int read_count(const struct cell_place *place, struct str cell, int *ret, struct err *err)
{
    int64_t number = 0;
    if (!str_parse_u63(str_trim(cell), &number) || number > INT32_MAX)
        return err_set(err, ERR_DATA, N_("%s, line %s, column %s: “%s” is not a number: write it like 12.50"), place->path, ERR_INT(place->line), place->column, ERR_STR(cell));
    *ret = (int)number;
    return OK;
}

static int read_reason(const struct reading *reading, struct str cell, const char **ret)
{
    struct str text = STR_NULL;
    int rc = cell_text(reading->arena, cell, &text, reading->err);
    *ret = text.p;
    return rc;
}

static int read_value(struct reading *reading, const struct csv_row *row, int index, void *base)
{
    const struct file_column *column = &columns[index];
    struct cell_place place = place_at(reading, row, index);
    struct str cell = cell_of(reading->header, row, index);
    void *value = (char *)base + column->offset;
    int rc = OK;
    if (column->present != NO_FLAG)
        *(bool *)((char *)base + column->present) = str_trim(cell).n > 0;
    if (!str_trim(cell).n)
        return column->need == FILE_OPTIONAL ? OK : cell_is_empty(&place, reading->err);
    switch (column->type) {
    case FILE_TEXT: rc = cell_text(reading->arena, cell, value, reading->err); break;
    case FILE_LINK: rc = cell_text(reading->arena, str_trim(cell), &reading->link, reading->err); break;
    case FILE_REASON: rc = read_reason(reading, cell, value); break;
    case FILE_KIND: rc = read_kind(&place, cell, value, reading->err); break;
    case FILE_CENTS: rc = cell_number(&place, cell, 2, value, reading->err); break;
    case FILE_MILLI: rc = cell_number(&place, cell, 3, value, reading->err); break;
    case FILE_E4: rc = cell_number(&place, cell, 4, value, reading->err); break;
    case FILE_RATE: rc = cell_rate(&place, cell, value, reading->err); break;
    case FILE_INSTANT: rc = cell_instant(&place, cell, value, reading->err); break;
    case FILE_DAY: rc = cell_day(&place, cell, value, reading->err); break;
    case FILE_FLAG: rc = read_flag(&place, cell, value, reading->err); break;
    case FILE_NUMBER: rc = read_count(&place, cell, value, reading->err); break;
    case FILE_ROW: break;
    }
    return rc;
}

/* An empty word is a line: most rows are. */
static int read_scope(const struct reading *reading, const struct csv_row *row, enum file_scope *ret)
{
    struct str word = str_trim(cell_of(reading->header, row, COLUMN_ROW));
    *ret = FILE_LINE;
    if (!word.n)
        return OK;
    for (enum file_scope scope = 0; scope < FILE_SCOPES; scope++)
        if (str_equal(word, str_from(row_names[scope]))) {
            *ret = scope;
            return OK;
        }
    struct cell_place place = place_at(reading, row, COLUMN_ROW);
    return refuse_word(&place, word, "line, tax, payment, sale, fault", reading->err);
}

/* The sale's columns stand in each of its rows: the first row gives them, the others repeat them or leave them empty. */
static int check_repeated(const struct reading *reading, const struct csv_row *first, const struct csv_row *row)
{
    for (int i = COLUMN_LINK; i < FILE_COLUMN_COUNT && columns[i].scope == FILE_SALE; i++) {
        struct str before = cell_of(reading->header, first, i), now = cell_of(reading->header, row, i);
        if (now.n && !str_equal(before, now))
            return err_set(reading->err, ERR_DATA, N_("%s, line %s, column %s: “%s” is not what line %s says of the same sale (“%s”): make them equal"), reading->path,
                           ERR_INT(row->line), columns[i].name, ERR_STR(now), ERR_INT(first->line), ERR_STR(before));
    }
    return OK;
}

/* A value in a column that means nothing in a row of this kind would be lost in silence. */
static int check_foreign(const struct reading *reading, const struct csv_row *row, enum file_scope scope)
{
    for (size_t at = 0; at < row->count; at++) {
        const struct file_column *column = &columns[reading->header->column_at[at]];
        if (column->scope != FILE_SALE && column->scope != scope && str_trim(row->cells[at]).n)
            return err_set(reading->err, ERR_DATA, N_("%s, line %s, column %s: “%s” does not belong in a row “%s”: empty the cell, or correct the column row"), reading->path,
                           ERR_INT(row->line), column->name, ERR_STR(row->cells[at]), row_names[scope]);
    }
    return OK;
}

static void *part_of(struct sale *sale, enum file_scope scope)
{
    switch (scope) {
    case FILE_LINE: return &sale->lines[sale->line_count++];
    case FILE_TAX: return &sale->taxes[sale->tax_count++];
    case FILE_PAYMENT: return &sale->payments[sale->payment_count++];
    case FILE_FAULT: return &sale->faults[sale->fault_count++];
    case FILE_SALE:
    case FILE_SCOPES: break;
    }
    return NULL;
}

static int read_part(struct reading *reading, const struct csv_row *row, enum file_scope scope)
{
    struct sale *sale = &reading->staged->sale;
    void *part = part_of(sale, scope);
    int rc = check_foreign(reading, row, scope);
    for (int i = 0; rc == OK && part && i < FILE_COLUMN_COUNT; i++)
        if (columns[i].scope == scope)
            rc = read_value(reading, row, i, part);
    struct sale_payment *payment = scope == FILE_PAYMENT ? part : NULL;
    if (rc == OK && payment && !payment->id.p) {
        payment->id = arena_format(reading->arena, "%.*s#%zu", STR_ARG(sale->id), sale->payment_count);
        if (!payment->id.p)
            return err_memory(reading->err);
    }
    return rc;
}

/* Room for what each kind of row will bring. */
static int make_room(struct reading *reading, const struct kept_rows *rows)
{
    struct kept_cursor cursor = {.rows = rows};
    size_t counts[FILE_SCOPES] = {0};
    while (kept_next(&cursor)) {
        enum file_scope scope = FILE_LINE;
        int rc = read_scope(reading, &cursor.row, &scope);
        if (rc != OK)
            return rc;
        counts[scope]++;
    }
    struct sale *sale = &reading->staged->sale;
    sale->lines = arena_array(reading->arena, counts[FILE_LINE] + 1, sizeof *sale->lines);
    sale->taxes = arena_array(reading->arena, counts[FILE_TAX] + 1, sizeof *sale->taxes);
    sale->payments = arena_array(reading->arena, counts[FILE_PAYMENT] + 1, sizeof *sale->payments);
    sale->faults = arena_array(reading->arena, counts[FILE_FAULT] + 1, sizeof *sale->faults);
    return sale->lines && sale->taxes && sale->payments && sale->faults ? OK : err_memory(reading->err);
}

static bool has_customer(const struct sale_customer *customer)
{
    const struct str *texts = (const struct str *)customer;
    for (size_t i = 0; i < sizeof *customer / sizeof *texts; i++)
        if (texts[i].p)
            return true;
    return false;
}

/* The day follows from the instant. With a date alone, the sale stands at the day's beginning, which is never in the future. */
static int settle_instant(struct reading *reading, const struct csv_row *row)
{
    struct staged *staged = reading->staged;
    const struct company *company = reading->company;
    if (staged->has_day && !staged->sale.has_closed_utc) {
        staged->sale.has_closed_utc = true;
        staged->sale.closed_utc = zone_day_start(company->zone, staged->day, company->cutoff_minutes);
        struct cell_place place = place_at(reading, row, COLUMN_DATE);
        return cell_day_begins(&place, cell_of(reading->header, row, COLUMN_DATE), staged->sale.closed_utc, reading->err);
    }
    if (!staged->sale.has_closed_utc)
        return OK;
    int32_t day = zone_business_day(company->zone, staged->sale.closed_utc, company->cutoff_minutes);
    if (staged->has_day && staged->day != day)
        return err_set(reading->err, ERR_DATA, N_("%s, line %s, column closed_at: “%s” is not on the date %s of the column date: empty one of the two"), reading->path,
                       ERR_INT(row->line), ERR_STR(cell_of(reading->header, row, COLUMN_CLOSED_AT)), ERR_STR(grid_text_of_day(reading->arena, staged->day)));
    staged->has_day = true;
    staged->day = day;
    return OK;
}

static int read_sale(struct reading *reading, const struct csv_row *row)
{
    struct staged *staged = reading->staged;
    int rc = OK;
    for (int i = COLUMN_LINK; rc == OK && i < FILE_COLUMN_COUNT && columns[i].scope == FILE_SALE; i++)
        rc = read_value(reading, row, i, staged);
    if (rc != OK)
        return rc;
    if (!str_trim(cell_of(reading->header, row, COLUMN_KIND)).n)
        staged->sale.is_refund = staged->sale.total_cents < 0;
    staged->sale.state = SALE_PAID;
    staged->sale.has_customer = has_customer(&staged->sale.customer);
    return settle_instant(reading, row);
}

int file_sale_read(const struct file_header *header, const struct kept_rows *rows, const char *path, const struct company *company, struct arena *arena,
                   struct staged *ret, struct str *ret_link, struct err *err)
{
    struct staged staged = {0};
    struct reading reading = {.header = header, .path = path, .company = company, .arena = arena, .staged = &staged, .err = err};
    struct kept_cursor cursor = {.rows = rows}, first = {.rows = rows};
    int rc = make_room(&reading, rows);
    if (rc == OK && kept_next(&first))
        rc = read_sale(&reading, &first.row);
    while (rc == OK && kept_next(&cursor)) {
        enum file_scope scope = FILE_LINE;
        rc = read_scope(&reading, &cursor.row, &scope);
        if (rc == OK)
            rc = check_repeated(&reading, &first.row, &cursor.row);
        if (rc == OK)
            rc = read_part(&reading, &cursor.row, scope);
    }
    if (rc != OK)
        return rc;
    *ret = staged;
    *ret_link = reading.link;
    return OK;
}

int file_sale_key(const struct file_header *header, const struct csv_row *row, const char *path, struct buf *out, struct err *err)
{
    struct str id = cell_of(header, row, COLUMN_SALE_ID);
    if (row->count != header->count)
        return err_set(err, ERR_DATA, N_("%s, line %s: %s cells, but the header names %s columns: look at the separators and quotes of this line"), path, ERR_INT(row->line),
                       ERR_INT((int64_t)row->count), ERR_INT((int64_t)header->count));
    if (!str_trim(id).n) {
        struct cell_place place = {.path = path, .line = row->line, .column = columns[COLUMN_SALE_ID].name};
        return cell_is_empty(&place, err);
    }
    buf_append(out, str_trim(cell_of(header, row, COLUMN_LINK)));
    buf_append_char(out, '\n');
    buf_append(out, id);
    return OK;
}

/* ---- a journal body read again ---- */

struct body_reading { struct file_header header; bool has_header; struct kept_rows rows; };
static const char body_name[] = "journal";

static int keep_body_row(void *context, const struct csv_row *row, struct err *err)
{
    struct body_reading *body = context;
    if (!body->has_header) {
        body->has_header = true;
        return file_header_read(row, body_name, &body->header, err);
    }
    kept_rows_add(&body->rows, row);
    return OK;
}

bool file_body_is(struct str body)
{
    return str_starts_with(body, STR(FILE_BODY_MARK));
}

int file_body_read(struct str body, const struct company *company, struct arena *arena, struct sale *ret, struct err *err)
{
    struct body_reading reading = {0};
    struct csv_dialect dialect;
    struct staged staged = {0};
    struct str link = STR_NULL;
    int rc = csv_read(body, body_name, &dialect, keep_body_row, &reading, err);
    if (rc == OK && buf_failed(&reading.rows.bytes))
        rc = err_memory(err);
    if (rc == OK)
        rc = file_sale_read(&reading.header, &reading.rows, body_name, company, arena, &staged, &link, err);
    if (rc == OK)
        *ret = staged.sale;
    buf_release(&reading.rows.bytes);
    return rc;
}
