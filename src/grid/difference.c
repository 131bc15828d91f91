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
        snprintf(name, sizeof name, "line %zu declination", i + 1);
        compare_text(out, name, a->declination_id, b->declination_id);
        snprintf(name, sizeof name, "line %zu reference", i + 1);
        compare_text(out, name, a->reference, b->reference);
        snprintf(name, sizeof name, "line %zu label", i + 1);
        compare_text(out, name, a->label, b->label);
    }
}

static int64_t tax_at(const struct sale *sale, int64_t rate_bp)
{
    int64_t tax_cents = 0;
    for (size_t i = 0; i < sale->tax_count; i++)
        if (sale->taxes[i].rate_bp == rate_bp)
            tax_cents += sale->taxes[i].tax_cents;
    return tax_cents;
}

static void compare_tax(struct buf *out, int64_t rate_bp, int64_t before, int64_t after)
{
    if (before == after)
        return;
    separate(out);
    buf_append_z(out, "VAT ");
    decimal_append(out, rate_bp, 2, 0);
    buf_append_z(out, " % ");
    decimal_append(out, before, 2, 2);
    buf_append_z(out, " → ");
    decimal_append(out, after, 2, 2);
}

/* By rate, in whatever order the till states them; a rate stated at nothing says what one that is not stated says. */
static void compare_taxes(struct buf *out, const struct sale *before, const struct sale *after)
{
    for (size_t i = 0; i < before->tax_count && out->n < DIFFERENCE_MAX; i++)
        compare_tax(out, before->taxes[i].rate_bp, tax_at(before, before->taxes[i].rate_bp), tax_at(after, before->taxes[i].rate_bp));
    for (size_t i = 0; i < after->tax_count && out->n < DIFFERENCE_MAX; i++) {
        bool stated_before = false;
        for (size_t j = 0; j < before->tax_count; j++)
            stated_before = stated_before || before->taxes[j].rate_bp == after->taxes[i].rate_bp;
        if (!stated_before)
            compare_tax(out, after->taxes[i].rate_bp, 0, tax_at(after, after->taxes[i].rate_bp));
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
    if (buf_failed(&out))
        return STR_NULL;
    if (out.n > DIFFERENCE_MAX) {
        size_t end = DIFFERENCE_MAX;
        while (end && ((unsigned char)out.p[end] & 0xC0) == 0x80)
            end--;             /* never inside a character */
        return arena_format(arena, "%.*s…", (int)end, out.p);
    }
    return arena_copy(arena, out.n ? buf_str(&out) : STR(""));
}
