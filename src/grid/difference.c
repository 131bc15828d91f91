/* difference.c: what changed between two readings of the same sale, in words that need no translation: field names, old → new. */
#include "grid/grid_int.h"

/* A terminal and a database row bear this much; what matters comes first. */
enum { DIFFERENCE_MAX = 200 };

static void separate(struct buf *out)
{
    if (out->n)
        buf_append_z(out, "; ");
}

static void compare_cents(struct buf *out, const char *name, int64_t before, int64_t after)
{
    if (before == after)
        return;
    separate(out);
    buf_printf(out, "%s ", name);
    decimal_append(out, before, 2, 2);
    buf_append_z(out, " → ");
    decimal_append(out, after, 2, 2);
}

static void compare_text(struct buf *out, const char *name, struct str before, struct str after)
{
    if (before.n == after.n && (before.n == 0 || str_equal(before, after)))
        return;
    separate(out);
    buf_printf(out, "%s %.*s → %.*s", name, STR_ARG(before), STR_ARG(after));
}

static void compare_number(struct buf *out, const char *name, int64_t before, int64_t after)
{
    if (before == after)
        return;
    separate(out);
    buf_printf(out, "%s %lld → %lld", name, (long long)before, (long long)after);
}

static void compare_lines(struct buf *out, const struct sale *before, const struct sale *after)
{
    compare_number(out, "lines", (int64_t)before->line_count, (int64_t)after->line_count);
    size_t count = before->line_count < after->line_count ? before->line_count : after->line_count;
    for (size_t i = 0; i < count && out->n < DIFFERENCE_MAX; i++) {
        const struct sale_line *a = &before->lines[i], *b = &after->lines[i];
        char name[48];
        snprintf(name, sizeof name, "line %zu total", i + 1);
        compare_cents(out, name, a->total_cents, b->total_cents);
        snprintf(name, sizeof name, "line %zu quantity/1000", i + 1);
        compare_number(out, name, a->quantity_milli, b->quantity_milli);
        snprintf(name, sizeof name, "line %zu price/10000", i + 1);
        compare_number(out, name, a->unit_price_e4, b->unit_price_e4);
        snprintf(name, sizeof name, "line %zu discount", i + 1);
        compare_cents(out, name, a->discount_cents, b->discount_cents);
        snprintf(name, sizeof name, "line %zu VAT/100", i + 1);
        compare_number(out, name, a->rate_bp, b->rate_bp);
        snprintf(name, sizeof name, "line %zu article", i + 1);
        compare_text(out, name, a->article_id, b->article_id);
        snprintf(name, sizeof name, "line %zu label", i + 1);
        compare_text(out, name, a->label, b->label);
    }
}

static void compare_taxes(struct buf *out, const struct sale *before, const struct sale *after)
{
    compare_number(out, "VAT rates", (int64_t)before->tax_count, (int64_t)after->tax_count);
    size_t count = before->tax_count < after->tax_count ? before->tax_count : after->tax_count;
    for (size_t i = 0; i < count && out->n < DIFFERENCE_MAX; i++) {
        compare_number(out, "VAT rate/100", before->taxes[i].rate_bp, after->taxes[i].rate_bp);
        compare_cents(out, "VAT", before->taxes[i].tax_cents, after->taxes[i].tax_cents);
    }
}

static void compare_payments(struct buf *out, const struct sale *before, const struct sale *after)
{
    compare_number(out, "payments", (int64_t)before->payment_count, (int64_t)after->payment_count);
    size_t count = before->payment_count < after->payment_count ? before->payment_count : after->payment_count;
    for (size_t i = 0; i < count && out->n < DIFFERENCE_MAX; i++) {
        char name[48];
        snprintf(name, sizeof name, "payment %zu", i + 1);
        compare_cents(out, name, before->payments[i].amount_cents, after->payments[i].amount_cents);
        compare_text(out, name, before->payments[i].type, after->payments[i].type);
    }
}

struct str sale_difference(struct arena *arena, const struct sale *before, const struct sale *after)
{
    BUF_AUTO out = {0};
    compare_cents(&out, "total", before->total_cents, after->total_cents);
    compare_cents(&out, "tip", before->tip_cents, after->tip_cents);
    compare_text(&out, "number", before->number, after->number);
    compare_number(&out, "date", before->closed_utc / CIVIL_SECOND, after->closed_utc / CIVIL_SECOND);
    compare_text(&out, "customer", before->customer.id, after->customer.id);
    compare_text(&out, "refund of", before->refund_of, after->refund_of);
    compare_lines(&out, before, after);
    compare_taxes(&out, before, after);
    compare_payments(&out, before, after);
    if (out.n > DIFFERENCE_MAX)
        return arena_format(arena, "%.*s…", DIFFERENCE_MAX, out.p);
    return buf_failed(&out) ? STR_NULL : arena_copy(arena, out.n ? buf_str(&out) : STR(""));
}
