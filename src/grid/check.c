/* check.c: everything that can be wrong with a staged sale, and, when nothing is, the posting that books makes a document of. Each rule is one small
 * function; the order is the order in which a person would want to read what they find. */
#include "grid/grid_int.h"

struct checking {
    struct grid_session *session;
    const struct staged *staged;
    bool create;
    struct arena *arena;
    struct check *check;
    struct posting_line *lines;
    struct err *err;
};

static void found(struct checking *c, enum anomaly_code code, int line_no, struct str cause_key, struct str arg0, struct str arg1, int64_t amount_cents)
{
    c->check->blocked = c->check->blocked || anomaly_catalogue[code].blocking;
    if (c->check->count < CHECK_ANOMALIES_MAX)
        c->check->anomalies[c->check->count++] = (struct anomaly){.code = code, .line_no = line_no, .cause_key = cause_key, .args = {arg0, arg1},
                                                                  .arg_count = anomaly_catalogue[code].arg_count, .amount_cents = amount_cents};
}

static struct str or_empty(struct str s)
{
    return s.p ? s : STR("");
}

/* ---- what was found while it was staged, and stays until a person deals with it ---- */

static int preserve(struct checking *c, enum anomaly_code code, struct db_rows *row)
{
    struct anomaly kept = {.code = code, .line_no = (int)db_int(row, 0), .amount_cents = c->staged->sale.total_cents};
    int rc = anomaly_read_args(c->arena, db_text(row, 1), kept.args, &kept.arg_count, c->err);
    if (rc != OK)
        return rc;
    kept.cause_key = kept.args[0];
    c->check->blocked = true;
    c->check->anomalies[c->check->count++] = kept;
    return OK;
}

static int preserved(struct checking *c, enum anomaly_code code)
{
    static const char SELECT_PRESERVED[] =
        "SELECT line_no, args FROM anomaly WHERE company_id = $1 AND link_id = $2 AND subject_kind = 'sale' AND subject = $3 AND code = $4 ORDER BY line_no LIMIT 48";
    struct grid_session *session = c->session;
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(session->db, &rows, SELECT_PRESERVED, c->err, DB_INT(session->company->id), DB_INT(c->staged->link_id), DB_STR(c->staged->sale.id),
                      DB_STR(str_from(anomaly_catalogue[code].code)));
    while (rc == OK && (rc = db_next(&rows, c->err)) == 1)
        rc = preserve(c, code, &rows);
    return rc;
}

/* From its path: "lines[1].quantity" is of line 2, "payments[0].amount" of payment 1, "total" of the whole. */
static int fault_line_no(struct str path)
{
    struct str head, place_text, rest;
    int64_t place = 0;
    if (!str_cut(path, '[', &head, &rest) || !str_cut(rest, ']', &place_text, &rest) || !str_parse_u63(place_text, &place) || place >= INT32_MAX)
        return 0;
    return str_starts_with(head, STR("pay")) ? -(int)place - 1 : (int)place + 1;
}

/* What could not be read stands as nothing, so each one waits for the value that a person gives at its very place: another edit must not let it through. */
static int check_unreadable(struct checking *c)
{
    const struct sale *sale = &c->staged->sale;
    if (!sale->fault_count)
        return c->staged->blocked ? preserved(c, ANOMALY_UNREADABLE_VALUE) : OK;
    for (size_t i = 0; i < sale->fault_count && c->check->count < CHECK_ANOMALIES_MAX / 8; i++) {
        const struct sale_fault *fault = &sale->faults[i];
        found(c, ANOMALY_UNREADABLE_VALUE, fault_line_no(fault->path), fault->path, fault->path, fault->text, sale->total_cents);
        c->check->anomalies[c->check->count - 1].args[2] = str_from(fault->reason);
    }
    return OK;
}

static int check_change(struct checking *c)
{
    static const char SELECT_NUMBER[] =
        "SELECT number FROM document WHERE company_id = $1 AND link_id = $2 AND till_sale_id = $3 ORDER BY revision DESC LIMIT 1";
    if (!c->staged->revision || c->staged->accepted)
        return OK;
    if (!c->staged->difference.p)
        return preserved(c, ANOMALY_CHANGED_AFTER_IMPORT);
    struct str number = {0};
    int rc = db_query_text(c->session->db, c->arena, &number, SELECT_NUMBER, c->err, DB_INT(c->session->company->id), DB_INT(c->staged->link_id),
                           DB_STR(c->staged->sale.id));
    found(c, ANOMALY_CHANGED_AFTER_IMPORT, 0, c->staged->sale.id, or_empty(number), c->staged->difference, c->staged->sale.total_cents);
    return rc < 0 ? rc : OK;
}

/* ---- the document as a whole ---- */

static void check_date(struct checking *c)
{
    const struct staged *staged = c->staged;
    const struct company *company = c->session->company;
    int64_t amount = staged->sale.total_cents;
    if (!staged->has_day) {
        found(c, ANOMALY_IMPOSSIBLE_DATE, 0, STR(""), STR(""), STR(""), amount);
        return;
    }
    struct str day = grid_text_of_day(c->arena, staged->day);
    if (staged->day > c->session->today || (staged->sale.has_closed_utc && staged->sale.closed_utc > c->session->now_utc + GRID_CLOCK_TOLERANCE))
        found(c, ANOMALY_FUTURE_DATE, 0, day, day, STR(""), amount);
    if (company->has_closed_until && staged->day <= company->closed_until)
        found(c, ANOMALY_CLOSED_PERIOD, 0, STR("closed"), day, grid_text_of_day(c->arena, company->closed_until), amount);
}

/* An order for a refund too: there is no invoice that a credit note could be on. */
static enum document_kind document_kind_of(const struct checking *c)
{
    if (c->session->rules.orders)
        return DOCUMENT_ORDER;
    return c->staged->sale.is_refund ? DOCUMENT_CREDIT_NOTE : DOCUMENT_INVOICE;
}

static int number_repeats_in_grid(struct checking *c)
{
    static const char SELECT_REPEAT[] =
        "SELECT 1 FROM grid_sale WHERE company_id = $1 AND number = $2 AND link_id = $5 AND kind = $3 AND grid_sale_id <> $4 LIMIT 1";
    int64_t one = 0;
    const struct sale *sale = &c->staged->sale;
    return db_query_int(c->session->db, &one, SELECT_REPEAT, c->err, DB_INT(c->session->company->id), DB_STR(sale->number),
                        DB_STR(sale->is_refund ? STR("refund") : STR("sale")), DB_INT(c->staged->id), DB_INT(c->staged->link_id));
}

static int check_number(struct checking *c)
{
    const struct sale *sale = &c->staged->sale;
    if (c->session->rules.numbers != NUMBERS_KEEP || c->staged->revision)
        return OK;
    if (!sale->number.n) {
        found(c, ANOMALY_MISSING_TICKET_NUMBER, 0, STR(""), STR(""), STR(""), sale->total_cents);
        return OK;
    }
    int rc = document_number_taken(c->session->db, c->session->company->id, document_kind_of(c), sale->number, c->err);
    if (rc == 1)
        found(c, ANOMALY_NUMBER_TAKEN, 0, sale->number, sale->number, STR(""), sale->total_cents);
    if (rc >= 0)
        rc = number_repeats_in_grid(c);
    if (rc == 1)
        found(c, ANOMALY_REPEATED_TICKET_NUMBER, 0, sale->number, sale->number, STR(""), sale->total_cents);
    return rc < 0 ? rc : OK;
}

/* A refund ties itself to the document of its sale; one whose sale is not a document yet waits. */
static int check_refund(struct checking *c, int64_t *ret_origin)
{
    const struct sale *sale = &c->staged->sale;
    if (!sale->is_refund || c->session->rules.orders)
        return OK;
    struct registered origin = {0};
    int rc = sale->refund_of.n ? register_find(c->session->db, c->session->company->id, c->staged->link_id, c->arena, sale->refund_of, &origin, c->err) : OK;
    if (rc != OK)
        return rc;
    *ret_origin = origin.document_id;
    bool foreseen = !c->create && origin.found && (str_equal(origin.state, STR("staged")) || str_equal(origin.state, STR("received")));
    if (!origin.document_id && !foreseen && !c->staged->accepted)
        found(c, ANOMALY_ORPHAN_REFUND, 0, or_empty(sale->refund_of), or_empty(sale->refund_of), STR(""), sale->total_cents);
    return OK;
}

/* ---- customer ---- */

static int find_till_customer(struct checking *c, int64_t *ret)
{
    static const char SELECT_TILL_CUSTOMER[] = "SELECT customer_id FROM till_customer WHERE company_id = $1 AND link_id = $2 AND till_customer_id = $3";
    return db_query_int(c->session->db, ret, SELECT_TILL_CUSTOMER, c->err, DB_INT(c->session->company->id), DB_INT(c->staged->link_id),
                        DB_STR(c->staged->sale.customer.id));
}

/* A customer of a file without a code is found by name and address, as the partner file says. */
static int find_customer_by_name(struct checking *c, int64_t *ret)
{
    static const char SELECT_BY_NAME[] =
        "SELECT customer_id FROM customer WHERE company_id = $1 AND COALESCE(company_name, '') = $2 AND COALESCE(last_name, '') = $3"
        " AND COALESCE(first_name, '') = $4 AND COALESCE(postcode, '') = $5 AND COALESCE(address, '') = $6 AND is_counter = 0 ORDER BY customer_id LIMIT 1";
    const struct sale_customer *customer = &c->staged->sale.customer;
    return db_query_int(c->session->db, ret, SELECT_BY_NAME, c->err, DB_INT(c->session->company->id), DB_STR(or_empty(customer->company_name)),
                        DB_STR(or_empty(customer->last_name)), DB_STR(or_empty(customer->first_name)), DB_STR(or_empty(customer->postcode)),
                        DB_STR(or_empty(customer->address)));
}

static int create_customer(struct checking *c, int64_t *ret)
{
    static const char INSERT_TILL_CUSTOMER[] =
        "INSERT INTO till_customer (company_id, link_id, till_customer_id, customer_id) VALUES ($1, $2, $3, $4)";
    const struct sale_customer *customer = &c->staged->sale.customer;
    int64_t company_id = c->session->company->id;
    int rc = customer_create(c->session->db, company_id, customer->code, customer, ret, c->err);
    if (rc == OK && customer->id.p)
        rc = db_exec(c->session->db, INSERT_TILL_CUSTOMER, c->err, DB_INT(company_id), DB_INT(c->staged->link_id), DB_STR(customer->id), DB_INT(*ret));
    return rc;
}

static int find_customer(struct checking *c, int64_t *ret)
{
    const struct sale_customer *customer = &c->staged->sale.customer;
    int rc = 0;
    if (customer->code.n)
        rc = customer_find_by_code(c->session->db, c->session->company->id, customer->code, ret, c->err);
    if (rc == 0 && customer->id.n)
        rc = find_till_customer(c, ret);
    if (rc == 0 && !customer->id.n && !customer->code.n)
        rc = find_customer_by_name(c, ret);
    return rc;
}

static int check_customer(struct checking *c, int64_t *ret)
{
    const struct sale *sale = &c->staged->sale;
    const struct sale_customer *customer = &sale->customer;
    *ret = c->session->counter_customer;
    if (!sale->has_customer)
        return OK;
    int rc = find_customer(c, ret);
    if (rc != 0)
        return rc < 0 ? rc : OK;
    struct str identity = customer->code.n ? customer->code : customer->id.n ? customer->id : customer->last_name;
    struct str name = customer->company_name.n ? customer->company_name : customer->last_name;
    switch (c->session->rules.unknown_customer) {
    case UNKNOWN_REFUSE:
        found(c, ANOMALY_UNKNOWN_CUSTOMER, 0, or_empty(identity), or_empty(identity), or_empty(name), sale->total_cents);
        return OK;
    case UNKNOWN_CREATE:
        if (c->create && !c->check->blocked)
            return create_customer(c, ret);
        break;
    case UNKNOWN_DROP:
        break;
    }
    *ret = c->session->counter_customer;
    return OK;
}

/* ---- lines ---- */

static int create_article(struct checking *c, const struct sale_line *line, const struct tax *tax, struct article_match *match)
{
    static const char INSERT_TILL_ARTICLE[] =
        "INSERT INTO till_article (company_id, link_id, till_article_id, declination_id, article_id) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (company_id, link_id, till_article_id, declination_id) DO UPDATE SET article_id = excluded.article_id";
    struct grid_session *session = c->session;
    int64_t company_id = session->company->id;
    struct article article = {.code = line->reference, .label = or_empty(line->label), .unit = or_empty(line->unit), .tax_id = tax->id, .rate_bp = tax->rate_bp,
                              .has_price = true, .price_e4 = line->unit_price_e4};
    int rc = line->category.n ? family_find_or_create(session->db, company_id, line->category, &article.family_id, c->err) : OK;
    if (rc == OK)
        rc = db_reserve_ids(session->db, company_id, "article", 1, &article.id, c->err);
    if (rc == OK)
        rc = article_insert(session->db, company_id, &article, session->now_utc, c->err);
    if (rc == OK && line->article_id.p)
        rc = db_exec(session->db, INSERT_TILL_ARTICLE, c->err, DB_INT(company_id), DB_INT(c->staged->link_id), DB_STR(line->article_id),
                     DB_STR(or_empty(line->declination_id)), DB_INT(article.id));
    article_cache_clear(session->articles);
    *match = (struct article_match){.match = LINE_KNOWN, .article_id = article.id, .code = line->reference};
    return rc;
}

static void report_article(struct checking *c, const struct sale_line *line, int line_no, enum line_match match)
{
    struct str label = or_empty(line->label), reference = or_empty(line->reference);
    if (match == LINE_NO_REFERENCE)
        found(c, ANOMALY_NO_REFERENCE, line_no, line->article_id, line->article_id, label, line->total_cents);
    else if (match == LINE_AMBIGUOUS)
        found(c, ANOMALY_AMBIGUOUS_REFERENCE, line_no, reference, reference, label, line->total_cents);
    else
        found(c, ANOMALY_UNKNOWN_ARTICLE, line_no, reference, reference, label, line->total_cents);
}

static int check_line(struct checking *c, size_t index)
{
    const struct sale_line *line = &c->staged->sale.lines[index];
    int line_no = (int)index + 1;
    const struct tax *tax = line->has_rate ? session_tax(c->session, line->rate_bp) : NULL;
    if (!line->has_rate)
        found(c, ANOMALY_UNKNOWN_TAX, line_no, or_empty(line->label), or_empty(line->label), STR(""), line->total_cents);
    else if (!tax) {
        struct str rate = grid_text_of_rate(c->arena, line->rate_bp);
        found(c, ANOMALY_UNMAPPED_TAX, line_no, rate, rate, STR(""), line->total_cents);
    }
    struct article_match match = {0};
    int rc = article_match_line(c->session, line, &match, c->err);
    bool wanted = rc == OK && match.match == LINE_UNKNOWN && c->session->rules.unknown_article == UNKNOWN_CREATE;
    if (wanted && tax && c->create && !c->check->blocked)
        rc = create_article(c, line, tax, &match);
    else if (rc == OK && !wanted && match.match != LINE_FREE && match.match != LINE_KNOWN)
        report_article(c, line, line_no, match.match);
    if (rc != OK)
        return rc;
    struct str code = match.match == LINE_KNOWN ? arena_copy(c->arena, match.code) : or_empty(line->reference);
    if (!code.p)
        return err_memory(c->err);
    c->lines[index] = (struct posting_line){.article_id = match.article_id, .stock_managed = match.stock_managed, .code = code, .label = or_empty(line->label),
                                            .unit = or_empty(line->unit), .quantity_milli = line->quantity_milli, .unit_price_e4 = line->unit_price_e4,
                                            .discount_cents = line->discount_cents, .total_cents = line->total_cents, .tax_id = tax ? tax->id : 0,
                                            .rate_bp = line->rate_bp};
    return OK;
}

static int check_lines(struct checking *c)
{
    const struct sale *sale = &c->staged->sale;
    bool cancelled = c->staged->revision > 0 && !sale->total_cents;
    if (!sale->line_count && !cancelled)
        found(c, ANOMALY_EMPTY_SALE, 0, STR(""), STR(""), STR(""), sale->total_cents);
    int64_t sum = 0;
    int rc = OK;
    for (size_t i = 0; rc == OK && i < sale->line_count; i++) {
        sum += sale->lines[i].total_cents;
        rc = check_line(c, i);
    }
    if (rc == OK && sale->line_count && sum != sale->total_cents)
        found(c, ANOMALY_LINES_TOTAL, 0, sale->id, grid_text_of_cents(c->arena, sum), grid_text_of_cents(c->arena, sale->total_cents), sale->total_cents);
    return rc;
}

/* ---- VAT as the till states it ---- */

/* A till may round or truncate by unit, by line, by rate: a cent for each unit sold and one for each line is what such a rule can differ by. More is a fault. */
static int64_t tax_tolerance(const struct sale *sale, int64_t rate_bp, int64_t *ret_total)
{
    int64_t tolerance = 1, total = 0;
    for (size_t i = 0; i < sale->line_count; i++) {
        const struct sale_line *line = &sale->lines[i];
        if (!line->has_rate || line->rate_bp != rate_bp)
            continue;
        int64_t quantity = line->quantity_milli < 0 ? -line->quantity_milli : line->quantity_milli;
        tolerance += 1 + (quantity + 999) / 1000;
        total += line->total_cents;
    }
    *ret_total = total;
    return tolerance;
}

static int check_taxes(struct checking *c, struct posting_tax *taxes, size_t *ret_count)
{
    const struct sale *sale = &c->staged->sale;
    size_t count = 0;
    for (size_t i = 0; i < sale->tax_count; i++) {
        const struct sale_tax *stated = &sale->taxes[i];
        int64_t total = 0, tolerance = tax_tolerance(sale, stated->rate_bp, &total);
        int64_t off = stated->tax_cents - money_tax_inside(total, stated->rate_bp, ROUND_HALF_UP);
        bool of_no_line = tolerance == 1 && stated->tax_cents != 0;
        if (of_no_line || off > tolerance || off < -tolerance) {
            struct str rate = grid_text_of_rate(c->arena, stated->rate_bp);
            found(c, ANOMALY_TAX_TOTAL, 0, sale->id, rate, grid_text_of_cents(c->arena, stated->tax_cents), sale->total_cents);
        }
        const struct tax *tax = session_tax(c->session, stated->rate_bp);
        if (tax)
            taxes[count++] = (struct posting_tax){.tax_id = tax->id, .rate_bp = stated->rate_bp, .tax_cents = stated->tax_cents, .stated = true};
    }
    *ret_count = count;
    return OK;
}

/* ---- payments: one per means, change deducted ---- */

static struct posting_payment *payment_of_means(struct posting_payment *payments, size_t *count, int64_t means_id)
{
    for (size_t i = 0; i < *count; i++)
        if (payments[i].means_id == means_id)
            return &payments[i];
    payments[*count] = (struct posting_payment){.means_id = means_id};
    return &payments[(*count)++];
}

static size_t without_empty(struct posting_payment *payments, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (payments[i].amount_cents)
            payments[kept++] = payments[i];
    return kept;
}

static int check_payments(struct checking *c, struct posting_payment *payments, size_t *ret_count)
{
    const struct sale *sale = &c->staged->sale;
    size_t count = 0;
    int64_t sum = 0;
    for (size_t i = 0; i < sale->payment_count; i++) {
        const struct sale_payment *payment = &sale->payments[i];
        sum += payment->amount_cents;
        int64_t means_id = session_means(c->session, or_empty(payment->type));
        if (!means_id) {
            found(c, ANOMALY_UNMAPPED_MEANS, -(int)i - 1, or_empty(payment->type), or_empty(payment->type), or_empty(payment->label), payment->amount_cents);
            continue;
        }
        struct posting_payment *posting = payment_of_means(payments, &count, means_id);
        if (!posting->till_payment_id.p) {
            posting->till_payment_id = payment->id;
            posting->at_utc = payment->has_paid_utc ? payment->paid_utc : sale->closed_utc;
            posting->day = c->staged->day;
        }
        posting->amount_cents += payment->amount_cents;
    }
    bool unpaid_file = c->staged->link_id == 0 && sale->payment_count == 0;
    if (!unpaid_file && sum != sale->total_cents + sale->tip_cents)
        found(c, ANOMALY_PAYMENTS_TOTAL, 0, sale->id, grid_text_of_cents(c->arena, sum), grid_text_of_cents(c->arena, sale->total_cents + sale->tip_cents), sale->total_cents);
    *ret_count = without_empty(payments, count);
    return OK;
}

/* ---- all of it ---- */

int staged_check(struct grid_session *session, const struct staged *staged, bool create, struct arena *arena, struct check *ret, struct err *err)
{
    const struct sale *sale = &staged->sale;
    *ret = (struct check){.anomalies = arena_array(arena, CHECK_ANOMALIES_MAX / 8 + 8 + sale->line_count * 2 + sale->payment_count + sale->tax_count, sizeof *ret->anomalies)};
    struct checking c = {.session = session, .staged = staged, .create = create, .arena = arena, .check = ret, .err = err};
    c.lines = arena_array(arena, sale->line_count, sizeof *c.lines);
    struct posting_tax *taxes = arena_array(arena, sale->tax_count, sizeof *taxes);
    struct posting_payment *payments = arena_array(arena, sale->payment_count, sizeof *payments);
    if (!ret->anomalies || !c.lines || !taxes || !payments)
        return err_memory(err);
    int64_t origin_id = 0, customer_id = 0;
    size_t tax_count = 0, payment_count = 0;
    int rc = check_unreadable(&c);
    if (rc == OK)
        rc = check_change(&c);
    if (rc == OK)
        check_date(&c);
    if (rc == OK)
        rc = check_number(&c);
    if (rc == OK)
        rc = check_refund(&c, &origin_id);
    if (rc == OK)
        rc = check_taxes(&c, taxes, &tax_count);
    if (rc == OK)
        rc = check_payments(&c, payments, &payment_count);
    if (rc == OK)
        rc = check_lines(&c);
    if (rc == OK)
        rc = check_customer(&c, &customer_id);  /* last: nobody is created for a sale that stays */
    ret->posting = (struct posting){.kind = document_kind_of(&c), .number = session->rules.numbers == NUMBERS_KEEP ? sale->number : STR_NULL, .day = staged->day,
                                    .at_utc = sale->has_closed_utc ? sale->closed_utc : session->now_utc, .customer_id = customer_id, .salesperson = sale->salesperson,
                                    .total_cents = sale->total_cents, .tip_cents = sale->tip_cents, .link_id = staged->link_id, .till_sale_id = sale->id,
                                    .till_number = sale->number, .revision = staged->revision, .origin_id = origin_id, .lines = c.lines,
                                    .line_count = sale->line_count, .taxes = taxes, .tax_count = tax_count, .payments = payments, .payment_count = payment_count};
    return rc;
}

int check_store(struct db *db, int64_t company_id, const struct staged *staged, const struct check *check, struct err *err)
{
    static const char UPDATE_BLOCKED[] = "UPDATE grid_sale SET blocked = $3 WHERE company_id = $1 AND grid_sale_id = $2 AND blocked <> $3";
    int rc = anomaly_set(db, company_id, staged->link_id, "sale", staged->sale.id, check->anomalies, check->count, err);
    return rc == OK ? db_exec(db, UPDATE_BLOCKED, err, DB_INT(company_id), DB_INT(staged->id), DB_INT(check->blocked)) : rc;
}
