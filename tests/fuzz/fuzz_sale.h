/* fuzz_sale.h: a neutral sale as text, so that two sales are compared by their texts. Used by the targets that read sales. */
#ifndef TESTS_FUZZ_SALE_H
#define TESTS_FUZZ_SALE_H
#include "base/money.h"
#include "base/sale.h"
#include "fuzz.h"

/* A text of blanks is none: files cannot tell them apart, and nobody else does. */
static inline void dump_text(struct buf *out, const char *name, struct str text)
{
    if (str_trim(text).n == 0)
        return;
    buf_printf(out, " %s=%zu:", name, text.n);
    buf_append(out, text);
}

static inline void dump_number(struct buf *out, const char *name, int64_t number)
{
    buf_printf(out, " %s=%lld", name, (long long)number);
}

static inline void dump_customer(struct buf *out, const struct sale_customer *customer)
{
    dump_text(out, "customer", customer->id);
    dump_text(out, "code", customer->code);
    dump_text(out, "company", customer->company_name);
    dump_text(out, "last", customer->last_name);
    dump_text(out, "first", customer->first_name);
    dump_text(out, "email", customer->email);
    dump_text(out, "phone", customer->phone);
    dump_text(out, "address", customer->address);
    dump_text(out, "postcode", customer->postcode);
    dump_text(out, "town", customer->town);
    dump_text(out, "country", customer->country);
    dump_text(out, "vat_number", customer->vat_number);
}

static inline void dump_line(struct buf *out, const struct sale_line *line)
{
    buf_append_z(out, "\nline");
    dump_text(out, "article", line->article_id);
    dump_text(out, "declination", line->declination_id);
    dump_text(out, "reference", line->reference);
    dump_text(out, "label", line->label);
    dump_text(out, "category", line->category);
    dump_text(out, "unit", line->unit);
    dump_text(out, "options", line->options);
    dump_number(out, "quantity", line->quantity_milli);
    dump_number(out, "price", line->unit_price_e4);
    dump_number(out, "discount", line->discount_cents);
    dump_number(out, "total", line->total_cents);
    if (line->has_rate)
        dump_number(out, "rate", line->rate_bp);
}

static inline void dump_payment(struct buf *out, const struct sale_payment *payment)
{
    buf_append_z(out, "\npayment");
    dump_text(out, "id", payment->id);
    dump_text(out, "type", payment->type);
    dump_text(out, "label", payment->label);
    dump_number(out, "amount", payment->amount_cents);
    if (payment->has_paid_utc)
        dump_number(out, "paid", payment->paid_utc);
}

/* All but the state, which no file holds. */
static inline void dump_sale(struct buf *out, const struct sale *sale)
{
    buf_append_z(out, sale->is_refund ? "refund" : "sale");
    dump_text(out, "id", sale->id);
    dump_text(out, "number", sale->number);
    dump_text(out, "refund_of", sale->refund_of);
    dump_text(out, "salesperson", sale->salesperson);
    if (sale->has_closed_utc)
        dump_number(out, "closed", sale->closed_utc);
    dump_number(out, "total", sale->total_cents);
    dump_number(out, "tip", sale->tip_cents);
    dump_customer(out, &sale->customer);
    for (size_t i = 0; i < sale->line_count; i++)
        dump_line(out, &sale->lines[i]);
    for (size_t i = 0; i < sale->tax_count; i++)
        buf_printf(out, "\ntax %lld %lld", (long long)sale->taxes[i].rate_bp, (long long)sale->taxes[i].tax_cents);
    for (size_t i = 0; i < sale->payment_count; i++)
        dump_payment(out, &sale->payments[i]);
    for (size_t i = 0; i < sale->fault_count; i++) {
        buf_append_z(out, "\nfault");
        dump_text(out, "path", sale->faults[i].path);
        dump_text(out, "text", sale->faults[i].text);
        dump_text(out, "reason", str_from(sale->faults[i].reason));
    }
}

static inline void law_of_same_sale(const struct sale *a, const struct sale *b)
{
    BUF_AUTO left = {0}, right = {0};

    dump_sale(&left, a);
    dump_sale(&right, b);
    LAW(!buf_failed(&left) && !buf_failed(&right));
    if (!str_equal(buf_str(&left), buf_str(&right)))
        fprintf(stderr, "--- one\n%s\n--- the other\n%s\n", left.p, right.p);
    LAW(str_equal(buf_str(&left), buf_str(&right)));
}

static inline bool is_money(int64_t figure)
{
    return figure >= -MONEY_MAX && figure <= MONEY_MAX;
}

/* What every reader of sales promises to those who compute with them. */
static inline void law_of_figures(const struct sale *sale)
{
    LAW(is_money(sale->total_cents) && is_money(sale->tip_cents));
    LAW(sale->is_refund || sale->total_cents >= 0);
    for (size_t i = 0; i < sale->line_count; i++) {
        const struct sale_line *line = &sale->lines[i];
        LAW(is_money(line->total_cents) && is_money(line->discount_cents) && is_money(line->quantity_milli) && is_money(line->unit_price_e4));
        LAW(!line->has_rate || (line->rate_bp >= 0 && line->rate_bp <= 10000));
    }
    for (size_t i = 0; i < sale->tax_count; i++)
        LAW(is_money(sale->taxes[i].tax_cents) && sale->taxes[i].rate_bp >= 0 && sale->taxes[i].rate_bp <= 10000);
    for (size_t i = 0; i < sale->payment_count; i++)
        LAW(is_money(sale->payments[i].amount_cents));
}
#endif
