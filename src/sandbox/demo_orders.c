/* demo_orders.c: a sale of the demo shop as the record that the till serves. Private to sandbox. Its form is a guess: see docs/sandbox.md. */
#include "sandbox/demo_sale_int.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/civil.h"
#include "base/json.h"

static const struct {
    const char *type, *label;
} means[] = {
    [MEANS_CASH] = {"cash", "Espèces"},
    [MEANS_CHANGE] = {"cash", "Rendu monnaie"},
    [MEANS_CARD] = {"card", "Carte bancaire"},
    [MEANS_CHECK] = {"check", "Chèque"},
    [MEANS_MEAL_VOUCHER] = {"meal_voucher", "Titre-restaurant"},
    [MEANS_TRANSFER] = {"transfer", "Virement"},
    [MEANS_GIFT_CARD] = {"gift_card", "Carte cadeau"},
    [MEANS_CREDIT_NOTE] = {"credit_note", "Avoir"},
    [MEANS_ACCOUNT] = {"customer_account", "Compte client"},
};

static void member_text(struct json_out *out, const char *name, const char *text)
{
    json_member_str(out, name, str_from(text));
}

/* A SIREN (eight digits and their Luhn digit) and the French VAT number made of it. */
static void vat_number(int customer, char ret[16])
{
    int digits = 41270000 + customer * 10913, sum = 0;
    for (int i = 0, rest = digits; i < 8; i++, rest /= 10) {
        int digit = rest % 10 * (i % 2 == 0 ? 2 : 1);
        sum += digit > 9 ? digit - 9 : digit;
    }
    unsigned siren = (unsigned)digits * 10U + (10U - (unsigned)sum % 10U) % 10U;
    snprintf(ret, 16, "FR%02u%09u", (12U + 3U * (siren % 97U)) % 97U, siren % 1000000000U);
}

static void put_customer(struct json_out *out, const struct demo *demo, int index)
{
    json_key(out, "customer");
    if (index < 0) {
        json_put_null(out);
        return;
    }
    const struct demo_customer *customer = &demo_customers[index];
    char id[ID_SIZE + 1], phone[16], mail[64], vat[16];
    demo_id(demo->seed, demo->size.from_day * CIVIL_DAY - 90 * CIVIL_DAY, 'z', index, id);
    snprintf(phone, sizeof phone, "06%08d", 39980100 + index * 17);
    snprintf(mail, sizeof mail, "%s@mail.example", customer->mail);
    vat_number(index, vat);
    json_begin_object(out);
    member_text(out, "_id", id);
    member_text(out, "first_name", customer->first_name);
    member_text(out, "last_name", customer->last_name);
    member_text(out, "company_name", customer->company != NULL ? customer->company : "");
    member_text(out, "email", mail);
    member_text(out, "phone", phone);
    member_text(out, "address", customer->street);
    member_text(out, "zipcode", customer->zipcode);
    member_text(out, "city", customer->city);
    member_text(out, "country", "FR");
    member_text(out, "vat_number", customer->company != NULL ? vat : "");
    json_end_object(out);
}

/* What names the article: its ids and codes, those of the declination first. */
static void put_line_article(struct json_out *out, const struct demo_line *line)
{
    const struct demo_article *article = &line->what;
    char name[200];
    bool chosen = line->declination >= 0;
    json_key(out, "article_id");
    if (line->article < 0) {
        json_put_null(out);
        member_text(out, "name", "Divers");
        member_text(out, "category_name", "Non catégorisé");
        return;
    }
    json_put_str(out, str_from(article->id));
    if (chosen)
        member_text(out, "declination_id", article->declination_ids[line->declination]);
    const char *reference = chosen ? article->declination_references[line->declination] : article->reference;
    if (reference[0] != '\0')
        member_text(out, "reference", reference);
    if (!chosen && article->barcode[0] != '\0')
        member_text(out, "barcode", article->barcode);
    if (chosen)
        snprintf(name, sizeof name, "%s (%s)", article->name, article->declination_values[line->declination]);
    else
        snprintf(name, sizeof name, "%s", article->name);
    member_text(out, "name", name);
    member_text(out, "category_name", demo_categories[article->category].name);
}

static void put_line_options(struct json_out *out, int option)
{
    json_key(out, "options");
    json_begin_array(out);
    if (option >= 0) {
        json_begin_object(out);
        member_text(out, "name", demo_options[option].name);
        json_member_decimal(out, "price", demo_options[option].price_cents, 2);
        json_end_object(out);
    }
    json_end_array(out);
}

static void put_line(struct json_out *out, const struct demo *demo, const struct demo_sale *sale, int index)
{
    const struct demo_line *line = &sale->lines[index];
    char id[ID_SIZE + 1], tax[ID_SIZE + 1];
    demo_id(demo->seed, sale->closed_utc, 'w', sale->number * DEMO_LINES_MAX + index, id);
    demo_tax_id(demo, line->tax, tax);
    json_begin_object(out);
    member_text(out, "_id", id);
    put_line_article(out, line);
    json_member_decimal(out, "quantity", line->quantity_milli, 3);
    member_text(out, "unit", line->article >= 0 && line->what.kind == KIND_WEIGHED ? "kg" : "");
    json_member_decimal(out, "unit_price", line->unit_price_cents, 2);
    json_member_decimal(out, "discount", line->discount_cents, 2);
    json_member_decimal(out, "total", line->total_cents, 2);
    member_text(out, "tax_id", tax);
    json_key(out, "tax_rate");
    json_put_raw(out, str_from(demo_taxes[line->tax].rate));
    json_member_decimal(out, "tax_amount", line->tax_cents, 2);
    put_line_options(out, line->option);
    json_end_object(out);
}

static void put_taxes(struct json_out *out, const struct demo *demo, const struct demo_sale *sale)
{
    json_key(out, "taxes");
    json_begin_array(out);
    for (int tax = 0; tax < DEMO_TAXES; tax++) {
        const struct demo_tax_total *total = &sale->taxes[tax];
        char id[ID_SIZE + 1];
        if (!total->used)
            continue;
        demo_tax_id(demo, tax, id);
        json_begin_object(out);
        member_text(out, "tax_id", id);
        json_key(out, "rate");
        json_put_raw(out, str_from(demo_taxes[tax].rate));
        json_member_decimal(out, "base", total->total_cents - total->tax_cents, 2);
        json_member_decimal(out, "amount", total->tax_cents, 2);
        json_end_object(out);
    }
    json_end_array(out);
}

static void put_payments(struct json_out *out, const struct demo *demo, const struct demo_sale *sale)
{
    json_key(out, "payments");
    json_begin_array(out);
    for (int i = 0; i < sale->payment_count; i++) {
        const struct demo_payment *payment = &sale->payments[i];
        char id[ID_SIZE + 1];
        demo_id(demo->seed, sale->closed_utc, 'y', sale->number * DEMO_PAYMENTS_MAX + i, id);
        json_begin_object(out);
        member_text(out, "_id", id);
        member_text(out, "type", means[payment->means].type);
        member_text(out, "label", means[payment->means].label);
        json_member_decimal(out, "amount", payment->amount_cents, 2);
        json_member_instant(out, "paid_at", true, sale->closed_utc);
        json_end_object(out);
    }
    json_end_array(out);
}

void demo_order_append(struct buf *text, const struct store *store, const struct demo *demo, const struct demo_sale *sale)
{
    struct json_out out = {.buf = text};
    struct dice dice = dice_for(demo->seed, 'O', (uint64_t)sale->number);
    char number[24], original[48];
    int64_t opened_utc = sale->closed_utc - (20000 + dice_roll(&dice, 280000)) * 1000;
    snprintf(number, sizeof number, "%" PRId64, sale->number);
    snprintf(original, sizeof original, "0000%08" PRIX32 "-%04X-4%03X-A%03X-%012" PRIX64, (uint32_t)dice_next(&dice), (unsigned)dice_next(&dice) & 0xFFFFU,
             (unsigned)dice_next(&dice) & 0xFFFU, (unsigned)dice_next(&dice) & 0xFFFU, dice_next(&dice) & UINT64_C(0xFFFFFFFFFFFF));
    json_begin_object(&out);
    member_text(&out, "_id", sale->id);
    json_member_str(&out, "shop_id", store->shop_id);
    json_member_str(&out, "node_id", store->node_id);
    member_text(&out, "number", number);
    member_text(&out, "original_id", original);
    member_text(&out, "state", sale->cancelled ? "cancelled" : "paid");
    json_member_instant(&out, "opened_at", true, opened_utc);
    json_member_instant(&out, "closed_at", true, sale->closed_utc);
    json_member_instant(&out, "created_at", true, opened_utc);
    json_member_instant(&out, "updated_at", true, sale->closed_utc + (100 + dice_roll(&dice, 900)) * 1000);
    json_member_bool(&out, "test", sale->training);
    json_member_bool(&out, "deprecated", false);
    put_customer(&out, demo, sale->customer);
    json_key(&out, "lines");
    json_begin_array(&out);
    for (int i = 0; i < sale->line_count; i++)
        put_line(&out, demo, sale, i);
    json_end_array(&out);
    json_member_decimal(&out, "discount", sale->discount_cents, 2);
    json_member_decimal(&out, "total", sale->total_cents, 2);
    json_member_decimal(&out, "total_tax", sale->tax_cents, 2);
    json_member_decimal(&out, "tip", sale->tip_cents, 2);
    put_taxes(&out, demo, sale);
    put_payments(&out, demo, sale);
    json_key(&out, "refund_of");
    json_put_str(&out, sale->refund_of[0] != '\0' ? str_from(sale->refund_of) : STR_NULL);
    json_end_object(&out);
}
