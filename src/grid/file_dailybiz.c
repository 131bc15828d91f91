/* file_dailybiz.c: the partner's sales file (`--format dailybiz`): columns 001 to 043 by their place, one record per line of a document, prices without
 * tax, no payments. docs/partner-file.md says which column is what and how figures become tax-included. Used by file_import.c and file_export.c. */
#include "grid/file_int.h"

/* Places from 0. */
enum {
    D_NUMBER = 0, D_DATE = 1, D_CUSTOMER_CODE = 2, D_NAME = 3, D_ADDRESS = 4, D_ADDRESS_END = 7, D_POSTCODE = 7, D_TOWN = 8, D_COUNTRY = 9, D_CONTACT_LAST = 10,
    D_CONTACT_FIRST = 11, D_SELLER_CODE = 20, D_SELLER_LAST = 21, D_SELLER_FIRST = 22, D_OBJECT = 23, D_ARTICLE = 25, D_LABEL = 26, D_QUANTITY = 27, D_PRICE = 28,
    D_TAX = 32, D_EMAIL = 41, D_PHONE = 42, D_COUNT = 43
};
/* As messages name them. */
static const char *const names[D_COUNT] = {
    [D_NUMBER] = "001 (number)", [D_DATE] = "002 (date)", [D_CUSTOMER_CODE] = "003 (customer code)", [D_NAME] = "004 (customer)", [4] = "005 (address)",
    [5] = "006 (address)", [6] = "007 (address)", [D_POSTCODE] = "008 (postcode)", [D_TOWN] = "009 (town)", [D_COUNTRY] = "010 (country)",
    [D_CONTACT_LAST] = "011 (surname)", [D_CONTACT_FIRST] = "012 (first name)", [D_QUANTITY] = "028 (quantity)", [D_PRICE] = "029 (unit price)", [D_TAX] = "033 (VAT code)",
};

static struct str cell_of(const struct csv_row *row, size_t column)
{
    return column < row->count ? row->cells[column] : STR("");
}

static struct cell_place place_at(const char *path, const struct csv_row *row, size_t column)
{
    return (struct cell_place){.path = path, .line = row->line, .column = names[column]};
}

/* ---- tax on and off ---- */

struct scale { int64_t multiplier, divisor; bool half_down; };
typedef struct scale scale_fn(int64_t rate_bp);

static struct scale with_tax(int64_t rate_bp)
{
    return (struct scale){.multiplier = 10000 + rate_bp, .divisor = 10000};
}

/* HT = T - half-up(VAT), hence half-down. */
static struct scale without_tax(int64_t rate_bp)
{
    return (struct scale){.multiplier = 10000, .divisor = 10000 + rate_bp, .half_down = true};
}

/* A value per line, scaled so that each rate's sum is rounded once. */
static int share_by_rate(struct arena *arena, const struct sale *sale, const int64_t *values, scale_fn *scale_of, int64_t *ret, struct err *err)
{
    size_t *members = arena_array(arena, sale->line_count + 1, sizeof *members);
    int64_t *part = arena_array(arena, sale->line_count + 1, sizeof *part), *shares = arena_array(arena, sale->line_count + 1, sizeof *shares);
    bool *done = arena_array(arena, sale->line_count + 1, sizeof *done);
    if (!members || !part || !shares || !done)
        return err_memory(err);
    for (size_t first = 0; first < sale->line_count; first++) {
        if (done[first])
            continue;
        struct scale scale = scale_of(sale->lines[first].rate_bp);
        size_t count = 0;
        for (size_t i = first; i < sale->line_count; i++)
            if (sale->lines[i].rate_bp == sale->lines[first].rate_bp) {
                members[count] = i;
                part[count++] = values[i];
            }
        int rc = share_scaled(arena, part, count, scale.multiplier, scale.divisor, scale.half_down, shares, err);
        for (size_t i = 0; rc == OK && i < count; i++) {
            ret[members[i]] = shares[i];
            done[members[i]] = true;
        }
        if (rc != OK)
            return rc;
    }
    return OK;
}

/* ---- reading ---- */

int dailybiz_head_check(const struct csv_row *row, const char *path, struct err *err)
{
    struct str date = str_trim(cell_of(row, D_DATE));
    int32_t day = 0;
    if (!civil_parse_day_french(date, &day) && !civil_parse_day(date, &day))
        return OK;
    return err_set(err, ERR_DATA, N_("%s, line %s: the first line is a sale of %s, not column names: import it with --header no"), path, ERR_INT(row->line), ERR_STR(date));
}

int dailybiz_row_check(const struct csv_row *row, const char *path, struct err *err)
{
    if (row->count <= D_TAX)
        return err_set(err, ERR_DATA, N_("%s, line %s: %s columns, but the VAT code stands in column 033: look at the separators, or choose --format liaison"), path,
                       ERR_INT(row->line), ERR_INT((int64_t)row->count));
    for (size_t i = 0; i < row->count; i++)
        if (row->cells[i].n && (memchr(row->cells[i].p, '\n', row->cells[i].n) || memchr(row->cells[i].p, '\r', row->cells[i].n)))
            return err_set(err, ERR_DATA, N_("%s, line %s, column %s: a line break inside “%s”, which this format does not allow: take it out; nothing was imported"), path,
                           ERR_INT(row->line), ERR_INT((int64_t)i + 1), ERR_STR(row->cells[i]));
    if (!dailybiz_row_key(row).n) {
        struct cell_place place = place_at(path, row, D_NUMBER);
        return cell_is_empty(&place, err);
    }
    return OK;
}

struct str dailybiz_row_key(const struct csv_row *row)
{
    return str_trim(cell_of(row, D_NUMBER));
}

/* The date and the customer are of the document: two of them under one number are two documents. */
static int check_same_document(const struct csv_row *first, const struct csv_row *row, const char *path, struct err *err)
{
    for (size_t i = D_DATE; i <= D_CONTACT_FIRST; i++)
        if (!str_equal(str_trim(cell_of(first, i)), str_trim(cell_of(row, i))))
            return err_set(err, ERR_DATA, N_("%s, line %s, column %s: “%s” is not what line %s says of the same document (“%s”): make them equal, or give it another number"),
                           path, ERR_INT(row->line), names[i], ERR_STR(cell_of(row, i)), ERR_INT(first->line), ERR_STR(cell_of(first, i)));
    return OK;
}

/* Cells that make one text, with `between` among them; absent when all are empty. */
static int joined_text(struct arena *arena, const struct str *cells, size_t count, char between, struct str *ret, struct err *err)
{
    BUF_AUTO text = {0};
    for (size_t i = 0; i < count; i++) {
        struct str cell = csv_unguard(str_trim(cells[i]));
        if (!cell.n)
            continue;
        if (text.n)
            buf_append_char(&text, between);
        buf_append(&text, cell);
    }
    *ret = arena_copy(arena, text.n ? buf_str(&text) : STR_NULL);
    return buf_failed(&text) || (text.n && !ret->p) ? err_memory(err) : OK;
}

static int read_customer(const struct csv_row *row, struct arena *arena, struct sale *sale, struct err *err)
{
    struct sale_customer *customer = &sale->customer;
    const struct { size_t column; struct str *target; } texts[] = {
        {D_CUSTOMER_CODE, &customer->code}, {D_NAME, &customer->company_name}, {D_POSTCODE, &customer->postcode}, {D_TOWN, &customer->town},
        {D_COUNTRY, &customer->country}, {D_CONTACT_LAST, &customer->last_name}, {D_CONTACT_FIRST, &customer->first_name}, {D_EMAIL, &customer->email},
        {D_PHONE, &customer->phone},
    };
    int rc = joined_text(arena, &row->cells[D_ADDRESS], D_ADDRESS_END - D_ADDRESS, '\n', &customer->address, err);
    sale->has_customer = customer->address.p != NULL;
    for (size_t i = 0; rc == OK && i < sizeof texts / sizeof *texts; i++) {
        rc = cell_text(arena, str_trim(cell_of(row, texts[i].column)), texts[i].target, err);
        sale->has_customer = sale->has_customer || texts[i].target->p;
    }
    /* Column 004 is the company, else the surname: the surname again is a person. */
    if (customer->last_name.p && str_equal(customer->company_name, customer->last_name))
        customer->company_name = STR_NULL;
    return rc;
}

/* The name when there is one, else the code. */
static int read_seller(const struct csv_row *row, struct arena *arena, struct sale *sale, struct err *err)
{
    struct str name[] = {cell_of(row, D_SELLER_FIRST), cell_of(row, D_SELLER_LAST)};
    int rc = joined_text(arena, name, 2, ' ', &sale->salesperson, err);
    return rc == OK && !sale->salesperson.p ? cell_text(arena, str_trim(cell_of(row, D_SELLER_CODE)), &sale->salesperson, err) : rc;
}

static int read_head(const struct csv_row *row, const char *path, const struct grid_session *session, struct arena *arena, struct staged *staged, struct err *err)
{
    const struct company *company = session->company;
    struct cell_place place = place_at(path, row, D_DATE);
    struct sale *sale = &staged->sale;
    int rc = cell_day(&place, cell_of(row, D_DATE), &staged->day, err);
    if (rc == OK)
        rc = cell_text(arena, dailybiz_row_key(row), &sale->id, err);
    if (rc == OK)
        rc = read_customer(row, arena, sale, err);
    if (rc == OK)
        rc = read_seller(row, arena, sale, err);
    if (rc != OK)
        return rc;
    sale->number = sale->id;
    sale->state = SALE_PAID;
    sale->has_closed_utc = staged->has_day = true;
    sale->closed_utc = zone_day_start(company->zone, staged->day, company->cutoff_minutes);
    return cell_day_begins(&place, cell_of(row, D_DATE), sale->closed_utc, err);
}

static const struct tax *tax_by_code(const struct grid_session *session, struct str code)
{
    for (size_t i = 0; i < session->tax_count; i++)
        if (str_equal(session->taxes[i].code, code))
            return &session->taxes[i];
    return NULL;
}

static int too_large(const char *path, const struct csv_row *row, struct err *err)
{
    return err_set(err, ERR_DATA, N_("%s, line %s: quantity times price is larger than any figure of a shop: correct them"), path, ERR_INT(row->line));
}

/* The line without tax, rounded to the cent, half away from zero. */
static int read_line(const struct csv_row *row, const char *path, const struct grid_session *session, struct arena *arena, struct sale_line *line, int64_t *ret_net,
                     struct err *err)
{
    struct cell_place quantity = place_at(path, row, D_QUANTITY), price = place_at(path, row, D_PRICE), code = place_at(path, row, D_TAX);
    struct str tax_code = str_trim(cell_of(row, D_TAX));
    const struct tax *tax = tax_by_code(session, tax_code);
    int64_t net_price_e4 = 0;
    if (!tax_code.n)
        return cell_is_empty(&code, err);
    if (!tax)
        return err_set(err, ERR_DATA, N_("%s, line %s, column %s: “%s” is not a VAT code here: liaison tax list shows them, liaison tax add makes one"), path, ERR_INT(row->line),
                       names[D_TAX], ERR_STR(tax_code));
    int rc = cell_number(&quantity, cell_of(row, D_QUANTITY), 3, &line->quantity_milli, err);
    if (rc == OK)
        rc = cell_number(&price, cell_of(row, D_PRICE), 4, &net_price_e4, err);
    if (rc == OK)
        rc = cell_text(arena, str_trim(cell_of(row, D_ARTICLE)), &line->reference, err);
    if (rc == OK)
        rc = cell_text(arena, cell_of(row, D_LABEL), &line->label, err);
    if (rc != OK)
        return rc;
    line->has_rate = true;
    line->rate_bp = tax->rate_bp;
    if (!money_scale(line->quantity_milli, net_price_e4, 100000, ROUND_HALF_UP, ret_net) || *ret_net > MONEY_MAX || *ret_net < -MONEY_MAX ||
        !money_scale(net_price_e4, 10000 + tax->rate_bp, 10000, ROUND_HALF_UP, &line->unit_price_e4))
        return too_large(path, row, err);
    return OK;
}

/* With tax from without: the rate's VAT is rounded once, so that T - half-up(T·r/(100+r)), by which documents are made, gives back what the file says. */
static int add_tax(struct sale *sale, const int64_t *nets, struct arena *arena, struct err *err)
{
    int64_t *totals = arena_array(arena, sale->line_count + 1, sizeof *totals);
    if (!totals)
        return err_memory(err);
    int rc = share_by_rate(arena, sale, nets, with_tax, totals, err);
    for (size_t i = 0; rc == OK && i < sale->line_count; i++) {
        sale->lines[i].total_cents = totals[i];
        sale->total_cents += totals[i];
    }
    return rc;
}

int dailybiz_sale_read(const struct kept_rows *rows, const char *path, const struct grid_session *session, struct arena *arena, struct staged *ret, struct err *err)
{
    struct kept_cursor first = {.rows = rows}, cursor = {.rows = rows};
    struct staged staged = {0};
    struct sale *sale = &staged.sale;
    size_t count = 0;
    while (kept_next(&cursor))
        count++;
    cursor = (struct kept_cursor){.rows = rows};
    sale->lines = arena_array(arena, count + 1, sizeof *sale->lines);
    int64_t *nets = arena_array(arena, count + 1, sizeof *nets);
    if (!sale->lines || !nets)
        return err_memory(err);
    int rc = kept_next(&first) ? read_head(&first.row, path, session, arena, &staged, err) : OK;
    while (rc == OK && kept_next(&cursor)) {
        rc = check_same_document(&first.row, &cursor.row, path, err);
        if (rc == OK)
            rc = read_line(&cursor.row, path, session, arena, &sale->lines[sale->line_count], &nets[sale->line_count], err);
        sale->line_count += rc == OK;
    }
    if (rc == OK)
        rc = add_tax(sale, nets, arena, err);
    if (rc != OK)
        return rc;
    if (sale->total_cents > MONEY_MAX || sale->total_cents < -MONEY_MAX)
        return too_large(path, &first.row, err);
    sale->is_refund = sale->total_cents < 0;
    *ret = staged;
    return OK;
}

/* ---- writing ---- */

void dailybiz_body_write(struct buf *out, const struct kept_rows *rows)
{
    struct kept_cursor cursor = {.rows = rows};
    while (kept_next(&cursor)) {
        for (size_t i = 0; i < cursor.row.count; i++) {
            if (i)
                buf_append_char(out, FILE_SEPARATOR);
            csv_append_cell(out, cursor.row.cells[i], FILE_SEPARATOR, false);
        }
        buf_append_char(out, '\n');
    }
}

void dailybiz_header_write(struct buf *out)
{
    for (int i = 1; i <= D_COUNT; i++)
        buf_printf(out, "CHAMP_%03d%c", i, i < D_COUNT ? FILE_SEPARATOR : '\n');
}

/* One line of the address for each of its columns, the last of them taking what is left. */
static struct str next_address_line(struct str *rest, bool last)
{
    struct str head;
    if (last || !str_cut(*rest, '\n', &head, rest)) {
        head = *rest;
        *rest = STR_NULL;
    }
    return head;
}

static struct str decimal_with_comma(struct arena *arena, int64_t value, int places, int min_decimals)
{
    BUF_AUTO text = {0};
    decimal_append(&text, value, places, min_decimals);
    char *mark = text.p && !buf_failed(&text) ? memchr(text.p, '.', text.n) : NULL;
    if (mark)
        *mark = ',';
    return buf_failed(&text) ? STR_NULL : arena_copy(arena, buf_str(&text));
}

static struct str french_day(struct arena *arena, const struct staged *staged)
{
    int year, month, day;
    if (!staged->has_day)
        return STR("");
    civil_from_day(staged->day, &year, &month, &day);
    return arena_format(arena, "%02d/%02d/%04d", day, month, year);
}

/* The document's object: how it was paid, as a shop was seen to use it. */
static struct str object_of(struct arena *arena, const struct sale *sale)
{
    BUF_AUTO text = {0};
    for (size_t i = 0; i < sale->payment_count; i++) {
        const struct sale_payment *payment = &sale->payments[i];
        if (i)
            buf_append_z(&text, ", ");
        buf_append(&text, payment->label.n ? payment->label : payment->type);
    }
    return buf_failed(&text) ? STR_NULL : arena_copy(arena, text.n ? buf_str(&text) : STR(""));
}

static void fill_head(struct str cells[D_COUNT], const struct staged *staged, struct arena *arena)
{
    const struct sale *sale = &staged->sale;
    const struct sale_customer *customer = &sale->customer;
    struct str address = customer->address;
    cells[D_NUMBER] = sale->number.n ? sale->number : sale->id;
    cells[D_DATE] = french_day(arena, staged);
    cells[D_CUSTOMER_CODE] = customer->code;
    cells[D_NAME] = customer->company_name.n ? customer->company_name : customer->last_name;
    for (int i = D_ADDRESS; i < D_ADDRESS_END; i++)
        cells[i] = next_address_line(&address, i + 1 == D_ADDRESS_END);
    cells[D_POSTCODE] = customer->postcode;
    cells[D_TOWN] = customer->town;
    cells[D_COUNTRY] = customer->country;
    cells[D_CONTACT_LAST] = customer->last_name;
    cells[D_CONTACT_FIRST] = customer->first_name;
    cells[D_SELLER_LAST] = sale->salesperson;
    cells[D_OBJECT] = object_of(arena, sale);
    cells[D_EMAIL] = customer->email;
    cells[D_PHONE] = customer->phone;
}

/* A line break would make the whole file unreadable to the original. */
static int write_cells(struct buf *out, const struct str cells[D_COUNT], struct arena *arena, struct err *err)
{
    for (size_t i = 0; i < D_COUNT; i++) {
        struct str flat = arena_copy(arena, cells[i].n ? cells[i] : STR(""));
        if (!flat.p)
            return err_memory(err);
        char *bytes = (char *)(uintptr_t)flat.p;
        for (size_t at = 0; at < flat.n; at++)
            if (bytes[at] == '\n' || bytes[at] == '\r')
                bytes[at] = ' ';
        csv_append_cell(out, flat, FILE_SEPARATOR, true);
        buf_append_char(out, i + 1 < D_COUNT ? FILE_SEPARATOR : '\n');
    }
    return OK;
}

static struct str code_of_rate(const struct tax *taxes, size_t count, const struct sale_line *line)
{
    for (size_t i = 0; line->has_rate && i < count; i++)
        if (taxes[i].rate_bp == line->rate_bp)
            return taxes[i].code;
    return STR("");
}

/* Unit price without tax and after discounts; a line without a quantity is sold once. */
static int64_t net_price_e4(int64_t net_cents, int64_t quantity_milli)
{
    int64_t price_e4 = 0;
    int64_t sign = quantity_milli < 0 ? -1 : 1;
    return money_scale(sign * net_cents, 100000, sign * quantity_milli, ROUND_HALF_UP, &price_e4) ? price_e4 : 0;
}

/* What the lines are without tax: rate by rate as documents compute it, then shared. */
static int lines_without_tax(const struct sale *sale, struct arena *arena, int64_t *nets, struct err *err)
{
    int64_t *totals = arena_array(arena, sale->line_count + 1, sizeof *totals);
    if (!totals)
        return err_memory(err);
    for (size_t i = 0; i < sale->line_count; i++)
        totals[i] = sale->lines[i].total_cents;
    return share_by_rate(arena, sale, totals, without_tax, nets, err);
}

int dailybiz_sale_write(struct buf *out, const struct staged *staged, const struct tax *taxes, size_t tax_count, struct arena *arena, struct err *err)
{
    const struct sale *sale = &staged->sale;
    struct str cells[D_COUNT] = {0};
    int64_t *nets = arena_array(arena, sale->line_count + 1, sizeof *nets);
    if (!nets)
        return err_memory(err);
    int rc = lines_without_tax(sale, arena, nets, err);
    fill_head(cells, staged, arena);
    if (!cells[D_DATE].p || !cells[D_OBJECT].p)
        return err_memory(err);
    for (size_t i = 0; rc == OK && i < sale->line_count; i++) {
        const struct sale_line *line = &sale->lines[i];
        int64_t quantity_milli = line->quantity_milli ? line->quantity_milli : 1000;
        cells[D_ARTICLE] = line->reference;
        cells[D_LABEL] = line->label;
        cells[D_QUANTITY] = decimal_with_comma(arena, quantity_milli, 3, 0);
        cells[D_PRICE] = decimal_with_comma(arena, net_price_e4(nets[i], quantity_milli), 4, 2);
        cells[D_TAX] = code_of_rate(taxes, tax_count, line);
        if (!cells[D_QUANTITY].p || !cells[D_PRICE].p)
            return err_memory(err);
        rc = write_cells(out, cells, arena, err);
    }
    return rc;
}
