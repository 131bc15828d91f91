/* till_json.c: the simulated till's records as JSON, with the members that the built-in profile and the catalogue reader know, and some that they do not. */
#include "base/json.h"
#include "base/money.h"
#include "till_store.h"

struct person { const char *id, *first_name, *last_name, *company_name, *zipcode, *city; };
static const struct person persons[CUSTOMERS] = {
    {"c10000000000000000000001", "Zoé", "Müller-Nuñez", NULL, "39000", "Lons-le-Saunier"},
    {"c10000000000000000000002", NULL, NULL, "Les Amis du Comté & Cie", "25000", "Besançon"},
    {"c10000000000000000000003", "Jean", "O'Neil", NULL, NULL, NULL},
    {"c10000000000000000000004", "李", "小龍", NULL, "75013", "Paris"},
};
static const char *const means_labels[] = {"Espèces", "Carte bancaire", "Chèque", "Titre-restaurant", "Carte cadeau", "Edenred"};

/* Fixed texts are most of a record, and this is the till's hot path. */
#define put(out, literal) buf_append(out, STR(literal))

static void put_instant(struct buf *out, int64_t at_utc)
{
    buf_append_char(out, '"');
    instant_append(out, at_utc);
    buf_append_char(out, '"');
}

static void put_text(struct buf *out, const char *text)
{
    if (text)
        json_append_quoted(out, str_from(text));
    else
        put(out, "null");
}

static void put_bool(struct buf *out, bool value)
{
    buf_append(out, value ? STR("true") : STR("false"));
}

static void put_cents(struct buf *out, int64_t cents)
{
    decimal_append(out, cents, 2, 0);
}

/* ---- a sale ---- */

static void put_customer(struct buf *out, int customer)
{
    put(out, ",\"customer\":");
    if (customer < 0) {
        put(out, "null");
        return;
    }
    const struct person *person = &persons[customer];
    put(out, "{\"_id\":");
    put_text(out, person->id);
    put(out, ",\"first_name\":");
    put_text(out, person->first_name);
    put(out, ",\"last_name\":");
    put_text(out, person->last_name);
    put(out, ",\"company_name\":");
    put_text(out, person->company_name);
    put(out, ",\"zipcode\":");
    put_text(out, person->zipcode);
    put(out, ",\"city\":");
    put_text(out, person->city);
    put(out, "}");
}

static void put_line(const struct sim_till *till, const struct sim_line *line, bool unreadable, struct buf *out)
{
    const struct sim_article *article = line->article < 0 ? NULL : &till->articles[line->article];
    put(out, "{\"article_id\":");
    put_text(out, article ? article->id : NULL);
    if (article) {
        put(out, ",\"reference\":");
        put_text(out, article->reference);
    }
    put(out, ",\"name\":");
    put_text(out, article ? article->name : "Divers");
    put(out, ",\"category_name\":");
    put_text(out, article ? till->categories[article_category(line->article)].name : NULL);
    put(out, ",\"unit\":\"\",\"quantity\":");
    if (unreadable)
        put(out, "\"deux\"");
    else
        decimal_append(out, line->quantity_milli, 3, 0);
    put(out, ",\"unit_price\":");
    put_cents(out, line->unit_price_cents);
    put(out, ",\"discount\":");
    put_cents(out, line->discount_cents);
    put(out, ",\"total\":");
    put_cents(out, line->total_cents);
    put(out, ",\"tax_rate\":");
    put_cents(out, line->rate_bp);
    put(out, ",\"options\":[]}");
}

/* What the till states for a rate: of the sum of its lines, truncated. */
static void put_vat(const struct sim_sale *sale, int rate_bp, bool wrong, struct buf *out)
{
    int64_t total_cents = 0;
    for (size_t i = 0; i < sale->line_count; i++)
        total_cents += sale->lines[i].rate_bp == rate_bp ? sale->lines[i].total_cents : 0;
    put(out, "{\"rate\":");
    put_cents(out, rate_bp);
    put(out, ",\"amount\":");
    put_cents(out, total_cents * rate_bp / (10000 + rate_bp) + (wrong ? 1234 : 0));
    put(out, "}");
}

static void put_taxes(const struct sim_sale *sale, bool wrong, struct buf *out)
{
    put(out, ",\"taxes\":[");
    for (size_t i = 0; sale->states_vat && i < sale->line_count; i++) {
        bool stated = false;
        for (size_t k = 0; k < i; k++)
            stated = stated || sale->lines[k].rate_bp == sale->lines[i].rate_bp;
        if (stated)
            continue;
        if (i > 0)
            put(out, ",");
        put_vat(sale, sale->lines[i].rate_bp, wrong && i == 0, out);
    }
    put(out, "]");
}

static void put_payments(const struct sim_sale *sale, bool wrong, struct buf *out)
{
    put(out, ",\"payments\":[");
    for (size_t i = 0; i < sale->payment_count; i++) {
        const struct sim_payment *payment = &sale->payments[i];
        buf_append(out, i ? STR(",{\"_id\":\"p") : STR("{\"_id\":\"p"));
        buf_append_z(out, sale->id);
        buf_append_int(out, (int64_t)i);
        put(out, "\",\"type\":");
        put_text(out, sim_means[payment->means]);
        put(out, ",\"label\":");
        put_text(out, means_labels[payment->means]);
        put(out, ",\"amount\":");
        put_cents(out, payment->amount_cents + (wrong && i == 0 ? 100 : 0));
        put(out, ",\"paid_at\":");
        put_instant(out, sale->closed_utc);
        put(out, "}");
    }
    put(out, "]");
}

/* A sale that was paid back carries another word for the same meaning. */
static bool is_refunded(const struct sim_till *till, size_t place)
{
    for (size_t i = 0; i < till->sale_count; i++)
        if (till->sales[i].refund_of == (int)place && !till->records[i].hidden)
            return true;
    return false;
}

static void put_head(const struct sim_till *till, size_t place, const struct sim_sale *sale, struct buf *out)
{
    /* There are two ways to undo an order at the till. */
    bool deleted = sale->state == SIM_CANCELLED && place % 3 == 2;
    put(out, "{\"_id\":");
    put_text(out, sale->id);
    put(out, ",\"shop_id\":\"" SIM_SHOP "\",\"number\":\"");
    buf_append_int(out, sale->number);
    put(out, "\",\"state\":");
    if (sale->state == SIM_OPEN)
        put(out, "\"open\"");
    else if (sale->state == SIM_CANCELLED && !deleted)
        put(out, "\"cancelled\"");
    else
        buf_append(out, is_refunded(till, place) ? STR("\"refunded\"") : STR("\"paid\""));
    put(out, ",\"closed_at\":");
    put_instant(out, sale->closed_utc);
    put(out, ",\"updated_at\":");
    put_instant(out, till->records[place].updated_utc);
    put(out, ",\"test\":");
    put_bool(out, sale->training);
    put(out, ",\"deprecated\":");
    put_bool(out, deleted);
    put(out, ",\"__v\":0");
}

static void append_truth(const struct sim_till *till, size_t place, struct buf *out)
{
    const struct sale_record *record = &till->records[place];
    struct sim_sale sale;
    enum sim_fault fault;
    truth_shown(till, place, record->edits, record->cancels, &sale, &fault);
    put_head(till, place, &sale, out);
    put_customer(out, sale.customer);
    put(out, ",\"lines\":[");
    for (size_t i = 0; i < sale.line_count; i++) {
        if (i > 0)
            put(out, ",");
        put_line(till, &sale.lines[i], fault == FAULT_UNREADABLE && i == 0, out);
    }
    put(out, "]");
    put_taxes(&sale, fault == FAULT_VAT, out);
    put_payments(&sale, fault == FAULT_PAYMENTS, out);
    put(out, ",\"total\":");
    put_cents(out, sale.total_cents + (fault == FAULT_TOTAL ? 7 : 0));
    put(out, ",\"tip\":0,\"refund_of\":");
    put_text(out, sale.refund_of >= 0 ? till->sales[sale.refund_of].id : NULL);
    put(out, "}");
}

static void append_junk(const struct sim_till *till, size_t junk, struct buf *out)
{
    static const char *const states[] = {"open", "cancelled", "paid"};
    put(out, "{\"_id\":\"ffff0000000000000000000");
    buf_append_int(out, (int64_t)junk);
    put(out, "\",\"shop_id\":\"" SIM_SHOP "\",\"number\":null,\"state\":");
    put_text(out, states[junk % 3]);
    put(out, ",\"closed_at\":");
    put_instant(out, till->junk_closed_utc[junk]);
    put(out, ",\"updated_at\":");
    put_instant(out, till->records[till->sale_count + junk].updated_utc);
    put(out, ",\"test\":");
    put_bool(out, junk % 3 == 2);
    put(out, ",\"deprecated\":false,\"customer\":null,\"lines\":[],\"payments\":[],\"total\":0,\"tip\":0,\"refund_of\":null}");
}

void json_append_sale(const struct sim_till *till, size_t record, struct buf *out)
{
    if (record < till->sale_count)
        append_truth(till, record, out);
    else
        append_junk(till, record - till->sale_count, out);
}

/* ---- the catalogue ---- */

static void put_member(struct buf *out, const char *name, const char *value)
{
    put(out, ",\"");
    buf_append_z(out, name);
    put(out, "\":");
    put_text(out, value);
}

static void put_truth(struct buf *out, const char *name, bool value)
{
    put(out, ",\"");
    buf_append_z(out, name);
    put(out, "\":");
    put_bool(out, value);
}

static void put_number(struct buf *out, const char *name, bool has, int64_t value, int places)
{
    if (!has)
        return;
    put(out, ",\"");
    buf_append_z(out, name);
    put(out, "\":");
    decimal_append(out, value, places, 0);
}

void json_append_article(const struct shelf_article *article, bool with_stock, struct buf *out)
{
    put(out, "{\"_id\":");
    put_text(out, article->id);
    put(out, ",\"node_id\":\"" SIM_NODE "\",\"updated_at\":");
    put_instant(out, article->updated_utc);
    put_member(out, "category_id", article->category_id);
    put_member(out, "name", article->name);
    put_member(out, "reference", article->reference);
    if (article->barcode[0])
        put_member(out, "barcode", article->barcode);
    put_member(out, "unit", article->unit);
    put_member(out, "color", article->color);
    put(out, ",\"taxes\":[");
    for (size_t i = 0; i < article->tax_count; i++) {
        if (i > 0)
            put(out, ",");
        put_text(out, article->tax_ids[i]);
    }
    put(out, "]");
    put_number(out, "full_price", article->has_price, article->price_e4, 4);
    put_number(out, "buy_price", article->has_buy_price, article->buy_price_e4, 4);
    put_number(out, "weight", article->has_weight, article->weight_milli, 3);
    put_number(out, "stock_quantity", with_stock && article->in_stock, article->stock, 0);
    put_truth(out, "in_stock", article->in_stock);
    put_truth(out, "ignore_stock", article->ignore_stock);
    put_truth(out, "deprecated", article->deprecated);
    put_truth(out, "is_default", article->is_default);
    put_truth(out, "test", article->test);
    put(out, ",\"options\":[],\"variations\":[],\"declinations\":[],\"__v\":0}");
}

void json_append_named(const struct named *named, bool is_tax, struct buf *out)
{
    put(out, "{\"_id\":");
    put_text(out, named->id);
    put(out, ",\"company_id\":\"" SIM_COMPANY "\"");
    put_member(out, "name", named->name);
    put_number(out, "rate", is_tax, named->rate_bp, 2);
    put_truth(out, "is_default", named->is_default);
    put_truth(out, "deprecated", named->deprecated);
    put(out, ",\"updated_at\":");
    put_instant(out, named->updated_utc);
    put(out, ",\"__v\":0}");
}
