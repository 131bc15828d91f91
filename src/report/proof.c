/* proof.c: the till's days against the documents made of them, to the cent. The till's side is added sale by sale; the books' side is summed by the database; nothing
 * is recomputed that was stated. */
#include <stdlib.h>
#include <string.h>

#include "report/report_int.h"

enum { PROOF_RATES_MAX = 16, PROOF_MEANS_MAX = 40, PROOF_NUMBERS_SHOWN = 200 };

struct day_sums {
    int64_t till_tickets, document_tickets, till_total_cents, document_total_cents;
    struct proof_amount tax[PROOF_RATES_MAX];
    size_t tax_count;
    struct proof_amount means[PROOF_MEANS_MAX];
    size_t means_count;
};
/* A ticket number of a link, and the day it was sold. */
struct numbered { int64_t link_id, number; int32_t day; };
struct mapped { int64_t link_id; struct str till_type, code; };

struct proof {
    struct db *db;
    const struct company *company;
    int32_t from_day, to_day;
    struct day_sums *days;
    struct numbered *numbers;
    size_t number_count, number_places;
    struct mapped *mappings;
    size_t mapping_count;
    struct arena arena;
};

static int load_mappings(struct proof *proof, struct err *err)
{
    static const char SELECT_MAPPINGS[] =
        "SELECT m.link_id, m.till_type, e.code FROM means_mapping m JOIN means e ON e.company_id = m.company_id AND e.means_id = m.means_id WHERE m.company_id = $1";
    enum { MAPPINGS_MAX = 1000 };
    proof->mappings = arena_array(&proof->arena, MAPPINGS_MAX, sizeof *proof->mappings);
    if (!proof->mappings)
        return err_memory(err);
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(proof->db, &rows, SELECT_MAPPINGS, err, DB_INT(proof->company->id));
    while (rc == OK && (rc = db_next(&rows, err)) == 1 && proof->mapping_count < MAPPINGS_MAX) {
        struct mapped *mapped = &proof->mappings[proof->mapping_count++];
        *mapped = (struct mapped){db_int(&rows, 0), arena_copy(&proof->arena, db_text(&rows, 1)), arena_copy(&proof->arena, db_text(&rows, 2))};
        if (!mapped->till_type.p || !mapped->code.p)
            return err_memory(err);
        rc = OK;
    }
    return rc < 0 ? rc : OK;
}

int proof_new(struct proof **ret, struct db *db, const struct company *company, int32_t from_day, int32_t to_day, struct err *err)
{
    if (to_day < from_day)
        return err_set(err, ERR_USAGE, N_("the proof ends before it begins: give a --from that is not after --to"));
    if (to_day - from_day >= PROOF_DAYS_MAX)
        return err_set(err, ERR_USAGE, N_("a proof covers at most %s days: ask for a shorter one"), ERR_INT(PROOF_DAYS_MAX));
    struct proof *proof = mem_alloc_zero(1, sizeof *proof);
    if (!proof)
        return err_memory(err);
    *proof = (struct proof){.db = db, .company = company, .from_day = from_day, .to_day = to_day};
    proof->days = mem_alloc_zero((size_t)(to_day - from_day) + 1, sizeof *proof->days);
    int rc = proof->days ? load_mappings(proof, err) : err_memory(err);
    if (rc != OK) {
        proof_free(proof);
        return rc;
    }
    *ret = proof;
    return OK;
}

void proof_free(struct proof *proof)
{
    if (!proof)
        return;
    mem_free(proof->days);
    mem_free(proof->numbers);
    arena_release(&proof->arena);
    mem_free(proof);
}

static int amount_of_rate(struct day_sums *day, int64_t rate_bp, struct proof_amount **ret, struct err *err)
{
    size_t i = 0;
    while (i < day->tax_count && day->tax[i].rate_bp < rate_bp)
        i++;
    if (i == day->tax_count || day->tax[i].rate_bp != rate_bp) {
        if (day->tax_count == PROOF_RATES_MAX)
            return err_set(err, ERR_DATA, N_("a day has more than %s VAT rates: look at the till's rates"), ERR_INT(PROOF_RATES_MAX));
        memmove(&day->tax[i + 1], &day->tax[i], (day->tax_count++ - i) * sizeof *day->tax);
        day->tax[i] = (struct proof_amount){.rate_bp = rate_bp};
    }
    *ret = &day->tax[i];
    return OK;
}

static int amount_of_means(struct proof *proof, struct day_sums *day, struct str code, struct proof_amount **ret, struct err *err)
{
    size_t i = 0;
    while (i < day->means_count && str_compare(day->means[i].key, code) < 0)
        i++;
    if (i == day->means_count || !str_equal(day->means[i].key, code)) {
        if (day->means_count == PROOF_MEANS_MAX)
            return err_set(err, ERR_DATA, N_("a day has more than %s means of payment: look at the till's means"), ERR_INT(PROOF_MEANS_MAX));
        struct str key = arena_copy(&proof->arena, code);
        if (!key.p)
            return err_memory(err);
        memmove(&day->means[i + 1], &day->means[i], (day->means_count++ - i) * sizeof *day->means);
        day->means[i] = (struct proof_amount){.key = key};
    }
    *ret = &day->means[i];
    return OK;
}

static struct str means_code(const struct proof *proof, int64_t link_id, struct str till_type)
{
    for (size_t i = 0; i < proof->mapping_count; i++)
        if (proof->mappings[i].link_id == link_id && str_equal(proof->mappings[i].till_type, till_type))
            return proof->mappings[i].code;
    return till_type.p ? till_type : STR("");
}

static int add_number(struct proof *proof, int64_t link_id, int32_t day, struct str text, struct err *err)
{
    int64_t number = 0;
    if (!text.n || !str_parse_u63(text, &number))
        return OK;
    if (proof->number_count == proof->number_places) {
        size_t places = proof->number_places ? proof->number_places * 2 : 1024;
        struct numbered *larger = mem_resize(proof->numbers, places * sizeof *larger);
        if (!larger)
            return err_memory(err);
        proof->numbers = larger;
        proof->number_places = places;
    }
    proof->numbers[proof->number_count++] = (struct numbered){link_id, number, day};
    return OK;
}

/* The VAT of a sale by rate: as the till states it, else half-up on the rate's total, as the documents compute it. */
static int add_taxes(struct day_sums *day, const struct sale *sale, struct err *err)
{
    struct proof_amount *amount = NULL;
    int rc = OK;
    for (size_t i = 0; rc == OK && i < sale->tax_count; i++) {
        rc = amount_of_rate(day, sale->taxes[i].rate_bp, &amount, err);
        if (rc == OK)
            amount->till_cents += sale->taxes[i].tax_cents;
    }
    for (size_t i = 0; rc == OK && i < sale->line_count; i++) {
        int64_t rate_bp = sale->lines[i].rate_bp, total = 0;
        bool seen = !sale->lines[i].has_rate;
        for (size_t j = 0; !seen && j < sale->tax_count; j++)
            seen = sale->taxes[j].rate_bp == rate_bp;
        for (size_t j = 0; !seen && j < i; j++)
            seen = sale->lines[j].has_rate && sale->lines[j].rate_bp == rate_bp;
        if (seen)
            continue;
        for (size_t j = i; j < sale->line_count; j++)
            if (sale->lines[j].has_rate && sale->lines[j].rate_bp == rate_bp)
                total += sale->lines[j].total_cents;
        rc = amount_of_rate(day, rate_bp, &amount, err);
        if (rc == OK)
            amount->till_cents += money_tax_inside(total, rate_bp, ROUND_HALF_UP);
    }
    return rc;
}

int proof_add_till_sale(struct proof *proof, int64_t link_id, const struct sale *sale, struct err *err)
{
    if (!sale->has_closed_utc)
        return OK;
    int32_t business_day = zone_business_day(proof->company->zone, sale->closed_utc, proof->company->cutoff_minutes);
    if (business_day < proof->from_day || business_day > proof->to_day)
        return OK;
    int rc = add_number(proof, link_id, business_day, sale->number, err);
    if (rc != OK || (sale->state != SALE_PAID && sale->state != SALE_UNKNOWN_STATE) || sale_is_zero(sale))
        return rc;
    struct day_sums *day = &proof->days[business_day - proof->from_day];
    day->till_tickets++;
    day->till_total_cents += sale->total_cents;
    rc = add_taxes(day, sale, err);
    for (size_t i = 0; rc == OK && i < sale->payment_count; i++) {
        struct proof_amount *amount = NULL;
        rc = amount_of_means(proof, day, means_code(proof, link_id, sale->payments[i].type), &amount, err);
        if (rc == OK)
            amount->till_cents += sale->payments[i].amount_cents;
    }
    return rc;
}

/* ---- the books' side ---- */

/* A correction is a reversal (odd revision) and, unless the sale was cancelled, a new document (even): together they count as the one ticket they are. */
static int add_documents(struct proof *proof, struct err *err)
{
    static const char SELECT_DOCUMENTS[] =
        "SELECT day, SUM(CASE WHEN revision % 2 = 1 THEN -1 ELSE 1 END), SUM(total_cents) FROM document"
        " WHERE company_id = $1 AND day BETWEEN $2 AND $3 AND link_id <> 0 GROUP BY day";
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(proof->db, &rows, SELECT_DOCUMENTS, err, DB_INT(proof->company->id), DB_INT(proof->from_day), DB_INT(proof->to_day));
    while (rc == OK && (rc = db_next(&rows, err)) == 1) {
        struct day_sums *day = &proof->days[db_int(&rows, 0) - proof->from_day];
        day->document_tickets = db_int(&rows, 1);
        day->document_total_cents = db_int(&rows, 2);
        rc = OK;
    }
    return rc;
}

static int add_document_taxes(struct proof *proof, struct err *err)
{
    static const char SELECT_TAXES[] =
        "SELECT d.day, t.rate_bp, SUM(t.tax_cents) FROM document d JOIN document_tax t ON t.company_id = d.company_id AND t.document_id = d.document_id"
        " WHERE d.company_id = $1 AND d.day BETWEEN $2 AND $3 AND d.link_id <> 0 GROUP BY d.day, t.rate_bp";
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(proof->db, &rows, SELECT_TAXES, err, DB_INT(proof->company->id), DB_INT(proof->from_day), DB_INT(proof->to_day));
    while (rc == OK && (rc = db_next(&rows, err)) == 1) {
        struct proof_amount *amount = NULL;
        rc = amount_of_rate(&proof->days[db_int(&rows, 0) - proof->from_day], db_int(&rows, 1), &amount, err);
        if (rc == OK)
            amount->books_cents = db_int(&rows, 2);
    }
    return rc;
}

static int add_payments(struct proof *proof, struct err *err)
{
    static const char SELECT_PAYMENTS[] =
        "SELECT d.day, m.code, SUM(p.amount_cents) FROM document d JOIN payment p ON p.company_id = d.company_id AND p.document_id = d.document_id"
        " JOIN means m ON m.company_id = p.company_id AND m.means_id = p.means_id"
        " WHERE d.company_id = $1 AND d.day BETWEEN $2 AND $3 AND d.link_id <> 0 GROUP BY d.day, m.code";
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(proof->db, &rows, SELECT_PAYMENTS, err, DB_INT(proof->company->id), DB_INT(proof->from_day), DB_INT(proof->to_day));
    while (rc == OK && (rc = db_next(&rows, err)) == 1) {
        struct proof_amount *amount = NULL;
        rc = amount_of_means(proof, &proof->days[db_int(&rows, 0) - proof->from_day], db_text(&rows, 1), &amount, err);
        if (rc == OK)
            amount->books_cents = db_int(&rows, 2);
    }
    return rc;
}

/* ---- ticket numbers ---- */

static int compare_numbered(const void *a, const void *b)
{
    const struct numbered *x = a, *y = b;
    if (x->link_id != y->link_id)
        return x->link_id < y->link_id ? -1 : 1;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return (x->day > y->day) - (x->day < y->day);
}

/* Numbers of one day that are missing (named with the day of the next ticket) or repeated. */
struct number_list { struct str *texts; size_t count; };

static int list_number(struct proof *proof, struct number_list *list, int64_t number, struct err *err)
{
    if (list->count == PROOF_NUMBERS_SHOWN)
        return OK;
    if (!list->texts)
        list->texts = arena_array(&proof->arena, PROOF_NUMBERS_SHOWN, sizeof *list->texts);
    if (!list->texts)
        return err_memory(err);
    struct str text = arena_format(&proof->arena, "%lld", (long long)number);
    if (!text.p)
        return err_memory(err);
    list->texts[list->count++] = text;
    return OK;
}

static int find_gaps(struct proof *proof, int32_t day, struct number_list *missing, struct number_list *repeated, struct err *err)
{
    int rc = OK;
    for (size_t i = 1; rc == OK && i < proof->number_count; i++) {
        const struct numbered *before = &proof->numbers[i - 1], *here = &proof->numbers[i];
        if (here->day != day || here->link_id != before->link_id)
            continue;
        bool first_repeat = i < 2 || proof->numbers[i - 2].link_id != here->link_id || proof->numbers[i - 2].number != here->number;
        if (here->number == before->number && first_repeat)
            rc = list_number(proof, repeated, here->number, err);
        if (here->number - before->number <= GRID_HOLE_MAX)
            for (int64_t number = before->number + 1; rc == OK && number < here->number; number++)
                rc = list_number(proof, missing, number, err);
    }
    return rc;
}

static bool all_equal(const struct proof_amount *amounts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (amounts[i].till_cents != amounts[i].books_cents)
            return false;
    return true;
}

static int give_day(struct proof *proof, int32_t day, proof_day_fn *on_day, void *context, bool *all_ok, struct err *err)
{
    struct day_sums *sums = &proof->days[day - proof->from_day];
    struct number_list missing = {0}, repeated = {0};
    int rc = find_gaps(proof, day, &missing, &repeated, err);
    if (rc != OK)
        return rc;
    struct proof_day row = {.day = day, .till_tickets = sums->till_tickets, .document_tickets = sums->document_tickets, .till_total_cents = sums->till_total_cents,
                            .document_total_cents = sums->document_total_cents, .tax = sums->tax, .tax_count = sums->tax_count, .means = sums->means,
                            .means_count = sums->means_count, .missing_numbers = missing.texts, .missing_count = missing.count,
                            .repeated_numbers = repeated.texts, .repeated_count = repeated.count};
    row.ok = row.till_tickets == row.document_tickets && row.till_total_cents == row.document_total_cents && all_equal(sums->tax, sums->tax_count) &&
             all_equal(sums->means, sums->means_count) && !missing.count && !repeated.count;
    *all_ok = *all_ok && row.ok;
    return on_day(context, &row, err);
}

int proof_finish(struct proof *proof, proof_day_fn *on_day, void *context, bool *ret_ok, struct err *err)
{
    int rc = add_documents(proof, err);
    if (rc == OK)
        rc = add_document_taxes(proof, err);
    if (rc == OK)
        rc = add_payments(proof, err);
    if (rc == OK && proof->number_count)
        qsort(proof->numbers, proof->number_count, sizeof *proof->numbers, compare_numbered);
    bool ok = true;
    for (int32_t day = proof->from_day; rc == OK && day <= proof->to_day; day++)
        rc = give_day(proof, day, on_day, context, &ok, err);
    if (rc == OK)
        *ret_ok = ok;
    return rc;
}
