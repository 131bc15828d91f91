/* load.c: staged sales out of the grid's tables: a batch at a time, the four tables merged by id. Also the lists and the single sale that people look at. */
#include "grid/grid_int.h"

static struct str column(struct db_rows *rows, int index, struct arena *arena, bool *failed)
{
    struct str value = db_text(rows, index);
    struct str copy = arena_copy(arena, value);
    if (value.p && !copy.p)
        *failed = true;
    return copy;
}

#define STAGED_COLUMNS \
    "grid_sale_id, link_id, till_sale_id, number, kind, day, closed_utc, refund_of, customer_key, customer_code, company_name, last_name, first_name, email," \
    " phone, address, postcode, town, country, vat_number, salesperson, total_cents, tip_cents, revision, accepted, edited, blocked"

static void read_sale_row(struct db_rows *rows, struct arena *arena, struct staged *ret, bool *failed)
{
    int i = 0;
    ret->id = db_int(rows, i++);
    ret->link_id = db_int(rows, i++);
    struct sale *sale = &ret->sale;
    sale->id = column(rows, i++, arena, failed);
    sale->number = column(rows, i++, arena, failed);
    sale->is_refund = str_equal(db_text(rows, i++), STR("refund"));
    ret->has_day = !db_is_null(rows, i);
    ret->day = (int32_t)db_int(rows, i++);
    sale->has_closed_utc = !db_is_null(rows, i);
    sale->closed_utc = db_int(rows, i++);
    sale->refund_of = column(rows, i++, arena, failed);
    struct str *texts[] = {&sale->customer.id, &sale->customer.code, &sale->customer.company_name, &sale->customer.last_name, &sale->customer.first_name,
                           &sale->customer.email, &sale->customer.phone, &sale->customer.address, &sale->customer.postcode, &sale->customer.town,
                           &sale->customer.country, &sale->customer.vat_number, &sale->salesperson};
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
        *texts[t] = column(rows, i++, arena, failed);
        sale->has_customer = sale->has_customer || (texts[t]->p && texts[t] != &sale->salesperson);
    }
    sale->total_cents = db_int(rows, i++);
    sale->tip_cents = db_int(rows, i++);
    ret->revision = (int)db_int(rows, i++);
    ret->accepted = db_int(rows, i++) != 0;
    ret->edited = db_int(rows, i++) != 0;
    ret->blocked = db_int(rows, i++) != 0;
    sale->state = SALE_PAID;
}

/* Children arrive in order of their sale's id; each is given to its sale, those of other sales are passed over. */
struct merge { struct staged *sales; size_t count, at; };

static struct staged *merge_to(struct merge *merge, int64_t id)
{
    while (merge->at < merge->count && merge->sales[merge->at].id < id)
        merge->at++;
    return merge->at < merge->count && merge->sales[merge->at].id == id ? &merge->sales[merge->at] : NULL;
}

void *array_grown(struct arena *arena, void *array, size_t count, size_t size)
{
    if (count & (count - 1))
        return array;
    size_t places = count ? count * 2 : 1;
    void *larger = arena_array(arena, places, size);
    if (larger && count)
        memcpy(larger, array, count * size);
    return larger;
}

static int load_lines(struct db *db, int64_t company_id, struct arena *arena, struct merge merge, struct err *err)
{
    static const char SELECT_LINES[] =
        "SELECT grid_sale_id, till_article_id, declination_id, reference, label, category, quantity_milli, unit, unit_price_e4, discount_cents, total_cents,"
        " rate_bp, options FROM grid_line WHERE company_id = $1 AND grid_sale_id BETWEEN $2 AND $3 ORDER BY grid_sale_id, line_no";
    DB_ROWS_AUTO rows = {0};
    bool failed = false;
    int rc = db_query(db, &rows, SELECT_LINES, err, DB_INT(company_id), DB_INT(merge.sales[0].id), DB_INT(merge.sales[merge.count - 1].id));
    while (rc == OK && (rc = db_next(&rows, err)) == 1) {
        rc = OK;
        struct staged *staged = merge_to(&merge, db_int(&rows, 0));
        if (!staged)
            continue;
        struct sale *sale = &staged->sale;
        sale->lines = array_grown(arena, sale->lines, sale->line_count, sizeof *sale->lines);
        if (!sale->lines)
            return err_memory(err);
        sale->lines[sale->line_count++] = (struct sale_line){
            .article_id = column(&rows, 1, arena, &failed), .declination_id = column(&rows, 2, arena, &failed), .reference = column(&rows, 3, arena, &failed),
            .label = column(&rows, 4, arena, &failed), .category = column(&rows, 5, arena, &failed), .quantity_milli = db_int(&rows, 6),
            .unit = column(&rows, 7, arena, &failed), .unit_price_e4 = db_int(&rows, 8), .discount_cents = db_int(&rows, 9), .total_cents = db_int(&rows, 10),
            .has_rate = !db_is_null(&rows, 11), .rate_bp = db_int(&rows, 11), .options = column(&rows, 12, arena, &failed)};
    }
    return failed ? err_memory(err) : rc;
}

static int load_taxes(struct db *db, int64_t company_id, struct arena *arena, struct merge merge, struct err *err)
{
    static const char SELECT_TAXES[] =
        "SELECT grid_sale_id, rate_bp, tax_cents FROM grid_tax WHERE company_id = $1 AND grid_sale_id BETWEEN $2 AND $3 ORDER BY grid_sale_id, rate_bp";
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(db, &rows, SELECT_TAXES, err, DB_INT(company_id), DB_INT(merge.sales[0].id), DB_INT(merge.sales[merge.count - 1].id));
    while (rc == OK && (rc = db_next(&rows, err)) == 1) {
        rc = OK;
        struct staged *staged = merge_to(&merge, db_int(&rows, 0));
        if (!staged)
            continue;
        struct sale *sale = &staged->sale;
        sale->taxes = array_grown(arena, sale->taxes, sale->tax_count, sizeof *sale->taxes);
        if (!sale->taxes)
            return err_memory(err);
        sale->taxes[sale->tax_count++] = (struct sale_tax){.rate_bp = db_int(&rows, 1), .tax_cents = db_int(&rows, 2)};
    }
    return rc;
}

static int load_payments(struct db *db, int64_t company_id, struct arena *arena, struct merge merge, struct err *err)
{
    static const char SELECT_PAYMENTS[] =
        "SELECT grid_sale_id, till_payment_id, till_type, label, amount_cents, paid_utc FROM grid_payment"
        " WHERE company_id = $1 AND grid_sale_id BETWEEN $2 AND $3 ORDER BY grid_sale_id, payment_no";
    DB_ROWS_AUTO rows = {0};
    bool failed = false;
    int rc = db_query(db, &rows, SELECT_PAYMENTS, err, DB_INT(company_id), DB_INT(merge.sales[0].id), DB_INT(merge.sales[merge.count - 1].id));
    while (rc == OK && (rc = db_next(&rows, err)) == 1) {
        rc = OK;
        struct staged *staged = merge_to(&merge, db_int(&rows, 0));
        if (!staged)
            continue;
        struct sale *sale = &staged->sale;
        sale->payments = array_grown(arena, sale->payments, sale->payment_count, sizeof *sale->payments);
        if (!sale->payments)
            return err_memory(err);
        sale->payments[sale->payment_count++] = (struct sale_payment){
            .id = column(&rows, 1, arena, &failed), .type = column(&rows, 2, arena, &failed), .label = column(&rows, 3, arena, &failed),
            .amount_cents = db_int(&rows, 4), .has_paid_utc = !db_is_null(&rows, 5), .paid_utc = db_int(&rows, 5)};
    }
    return failed ? err_memory(err) : rc;
}

int staged_load(struct db *db, int64_t company_id, struct arena *arena, const struct staged_query *query, struct staged **ret, size_t *ret_count, struct err *err)
{
    static const char SELECT_STAGED[] =
        "SELECT " STAGED_COLUMNS " FROM grid_sale WHERE company_id = $1 AND grid_sale_id BETWEEN $2 AND $3"
        " AND (link_id = $4 OR $4 < 0) AND (kind = $5 OR $5 = '') AND ($7 = 0 OR NOT EXISTS (SELECT 1 FROM sale WHERE sale.company_id = grid_sale.company_id"
        " AND sale.link_id = grid_sale.link_id AND sale.till_sale_id = grid_sale.till_sale_id AND sale.state = 'received')) ORDER BY grid_sale_id LIMIT $6";
    struct staged *sales = NULL;
    size_t count = 0;
    bool failed = false;
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(db, &rows, SELECT_STAGED, err, DB_INT(company_id), DB_INT(query->first_id), DB_INT(query->last_id), DB_INT(query->link_id),
                      DB_STR(query->kind.p ? query->kind : STR("")), DB_INT(query->limit), DB_INT(query->settled));
    while (rc == OK && (rc = db_next(&rows, err)) == 1) {
        sales = array_grown(arena, sales, count, sizeof *sales);
        if (!sales)
            return err_memory(err);
        read_sale_row(&rows, arena, &sales[count++], &failed);
        rc = OK;
    }
    db_rows_close(&rows);
    if (rc == OK && failed)
        return err_memory(err);
    struct merge merge = {.sales = sales, .count = count};
    if (rc == OK && count)
        rc = load_lines(db, company_id, arena, merge, err);
    if (rc == OK && count)
        rc = load_taxes(db, company_id, arena, merge, err);
    if (rc == OK && count)
        rc = load_payments(db, company_id, arena, merge, err);
    if (rc != OK)
        return rc;
    *ret = sales;
    *ret_count = count;
    return OK;
}

/* ---- what people look at ---- */

/* "grid:17": its place in the grid, which no other sale has, whatever tills call theirs. 1 = there is such a sale. */
static int find_by_place(struct db *db, int64_t company_id, struct str name, int64_t *ret_id, struct err *err)
{
    static const char SELECT_BY_ID[] = "SELECT grid_sale_id FROM grid_sale WHERE company_id = $1 AND grid_sale_id = $2";
    const struct str prefix = STR("grid:");
    int64_t id = 0;
    if (!str_starts_with(name, prefix) || !str_parse_u63((struct str){name.p + prefix.n, name.n - prefix.n}, &id))
        return 0;
    return db_query_int(db, ret_id, SELECT_BY_ID, err, DB_INT(company_id), DB_INT(id));
}

int grid_find(struct db *db, int64_t company_id, struct str name, int64_t *ret_id, struct err *err)
{
    static const char SELECT_BY_NAME[] =
        "SELECT grid_sale_id, till_sale_id FROM grid_sale WHERE company_id = $1 AND (till_sale_id = $2 OR number = $2)"
        " ORDER BY CASE WHEN till_sale_id = $2 THEN 0 ELSE 1 END, grid_sale_id LIMIT 3";
    DB_ROWS_AUTO rows = {0};
    char ids[3][ERR_ARG_SIZE];
    int64_t first = 0;
    int found = 0;
    int rc = find_by_place(db, company_id, name, ret_id, err);
    if (rc != 0)
        return rc < 0 ? rc : OK;
    rc = db_query(db, &rows, SELECT_BY_NAME, err, DB_INT(company_id), DB_STR(name));
    while (rc == OK && (rc = db_next(&rows, err)) == 1) {
        if (found == 0)
            first = db_int(&rows, 0);
        err_str(db_text(&rows, 1), ids[found++]);
        if (found == 1 && str_equal(db_text(&rows, 1), name))
            break;
        rc = OK;
    }
    if (rc < 0)
        return rc;
    if (!found)
        return err_set(err, ERR_NOT_FOUND, N_("no sale %s in the grid: liaison grid list shows what is there"), ERR_STR(name));
    if (found > 1)
        return err_set(err, ERR_DATA, N_("several sales of the grid have the number %s: name one by its id, such as %s or %s"), ERR_STR(name), ids[0], ids[1]);
    *ret_id = first;
    return OK;
}

static int load_anomalies(struct db *db, int64_t company_id, struct arena *arena, const struct staged *staged, struct grid_content *ret, struct err *err)
{
    static const char SELECT_ANOMALIES[] =
        "SELECT code, line_no, cause_key, args, amount_cents FROM anomaly"
        " WHERE company_id = $1 AND link_id = $2 AND subject_kind = 'sale' AND subject = $3 ORDER BY line_no, code LIMIT 400";
    struct anomaly *anomalies = arena_array(arena, CHECK_ANOMALIES_MAX, sizeof *anomalies);
    if (!anomalies)
        return err_memory(err);
    size_t count = 0;
    bool failed = false;
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(db, &rows, SELECT_ANOMALIES, err, DB_INT(company_id), DB_INT(staged->link_id), DB_STR(staged->sale.id));
    while (rc == OK && (rc = db_next(&rows, err)) == 1) {
        const struct anomaly_kind *kind = anomaly_kind_by_code(db_text(&rows, 0));
        rc = OK;
        if (!kind)
            continue;
        struct anomaly *anomaly = &anomalies[count++];
        *anomaly = (struct anomaly){.code = (enum anomaly_code)(kind - anomaly_catalogue), .line_no = (int)db_int(&rows, 1),
                                    .cause_key = column(&rows, 2, arena, &failed), .amount_cents = db_int(&rows, 4)};
        rc = anomaly_read_args(arena, db_text(&rows, 3), anomaly->args, &anomaly->arg_count, err);
    }
    ret->anomalies = anomalies;
    ret->anomaly_count = count;
    return failed ? err_memory(err) : rc;
}

/* A name to show: the company, else first and last name, else nothing. */
static struct str customer_name(struct arena *arena, const struct sale_customer *customer)
{
    if (customer->company_name.n)
        return customer->company_name;
    if (customer->first_name.n && customer->last_name.n)
        return arena_format(arena, "%.*s %.*s", STR_ARG(customer->first_name), STR_ARG(customer->last_name));
    return customer->last_name.n ? customer->last_name : customer->first_name;
}

static struct grid_sale_row row_of(struct arena *arena, const struct staged *staged)
{
    const struct sale *sale = &staged->sale;
    return (struct grid_sale_row){.id = staged->id, .link_id = staged->link_id, .till_sale_id = sale->id, .number = sale->number,
                                  .kind = sale->is_refund ? STR("refund") : STR("sale"), .customer = customer_name(arena, &sale->customer),
                                  .refund_of = sale->refund_of, .salesperson = sale->salesperson, .has_day = staged->has_day, .day = staged->day,
                                  .closed_utc = sale->closed_utc, .total_cents = sale->total_cents, .tip_cents = sale->tip_cents, .revision = staged->revision,
                                  .blocked = staged->blocked, .edited = staged->edited, .line_count = (int64_t)sale->line_count};
}

int grid_load(struct db *db, int64_t company_id, int64_t grid_sale_id, struct arena *arena, struct grid_content *ret, struct err *err)
{
    struct staged *staged = NULL;
    size_t count = 0;
    struct staged_query query = {.link_id = -1, .first_id = grid_sale_id, .last_id = grid_sale_id, .limit = 1};
    int rc = staged_load(db, company_id, arena, &query, &staged, &count, err);
    if (rc != OK)
        return rc;
    if (!count)
        return err_set(err, ERR_NOT_FOUND, N_("no sale %s in the grid: liaison grid list shows what is there"), ERR_INT(grid_sale_id));
    struct grid_content content = {.row = row_of(arena, staged), .sale = staged->sale};
    rc = load_anomalies(db, company_id, arena, staged, &content, err);
    if (rc != OK)
        return rc;
    if (content.anomaly_count)
        content.row.anomaly = str_from(anomaly_catalogue[content.anomalies[0].code].code);
    *ret = content;
    return OK;
}

/* The first anomaly of a staged sale, as a code; absent when clean. */
static int first_anomaly(struct db *db, int64_t company_id, const struct staged *staged, struct str *ret, struct err *err)
{
    static const char SELECT_FIRST[] =
        "SELECT code FROM anomaly WHERE company_id = $1 AND link_id = $2 AND subject_kind = 'sale' AND subject = $3 ORDER BY line_no, code LIMIT 1";
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(db, &rows, SELECT_FIRST, err, DB_INT(company_id), DB_INT(staged->link_id), DB_STR(staged->sale.id));
    if (rc == OK)
        rc = db_next(&rows, err);
    if (rc < 0)
        return rc;
    const struct anomaly_kind *kind = rc == 1 ? anomaly_kind_by_code(db_text(&rows, 0)) : NULL;
    *ret = kind ? str_from(kind->code) : STR_NULL;
    return OK;
}

int grid_each(struct db *db, int64_t company_id, const struct grid_filter *filter, grid_sale_fn *on_sale, void *context, struct err *err)
{
    ARENA_AUTO arena = {0};
    int64_t next_id = 0;
    for (;;) {
        arena_reset(&arena);
        struct staged *sales = NULL;
        size_t count = 0;
        struct staged_query query = {.link_id = filter->link_id ? filter->link_id : -1, .first_id = next_id, .last_id = INT64_MAX, .limit = GRID_BATCH};
        int rc = staged_load(db, company_id, &arena, &query, &sales, &count, err);
        for (size_t i = 0; rc == OK && i < count; i++) {
            struct grid_sale_row row = row_of(&arena, &sales[i]);
            if (sales[i].blocked)
                rc = first_anomaly(db, company_id, &sales[i], &row.anomaly, err);
            if (rc == OK && (!filter->only_anomalies || row.anomaly.p))
                rc = on_sale(context, &row, err);
        }
        if (rc != OK || count < GRID_BATCH)
            return rc;
        next_id = sales[count - 1].id + 1;
    }
}
