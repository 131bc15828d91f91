/* compute.c: the VAT of a document (architecture.md, Money). Pure; used by posting.c and by the grid through books.h. */
#include "base/mem.h"
#include "base/money.h"
#include "books/document_int.h"

#include <assert.h>
#include <string.h>

/* Documents of more lines than this are rare; they take their scratch from the heap. */
enum { LINES_ON_STACK = 64 };

/* The entry of a tax, inserted in order of tax_id when it is new. A document has a handful: a linear search is the fastest. */
static struct document_tax *tax_entry(struct document_tax *taxes, size_t *count, int64_t tax_id, int64_t rate_bp)
{
    size_t at = 0;

    while (at < *count && taxes[at].tax_id < tax_id)
        at++;
    if (at < *count && taxes[at].tax_id == tax_id)
        return &taxes[at];
    memmove(&taxes[at + 1], &taxes[at], (*count - at) * sizeof *taxes);
    taxes[at] = (struct document_tax){.tax_id = tax_id, .rate_bp = rate_bp};
    (*count)++;
    return &taxes[at];
}

static bool has_tax(const struct document_tax *taxes, size_t count, int64_t tax_id)
{
    for (size_t i = 0; i < count; i++) {
        if (taxes[i].tax_id == tax_id)
            return true;
    }
    return false;
}

/* The till may state one tax twice (two of its rates mapped to one VAT code): then their sum counts. */
static bool tax_stated(const struct posting *posting, int64_t tax_id, int64_t *ret_cents)
{
    bool stated = false;
    int64_t cents = 0;

    for (size_t i = 0; i < posting->tax_count; i++) {
        if (posting->taxes[i].tax_id != tax_id || !posting->taxes[i].stated)
            continue;
        stated = true;
        cents += posting->taxes[i].tax_cents;
    }
    *ret_cents = cents;
    return stated;
}

/* A credit note mirrors its invoice, so what is negative is shared as if it were positive. Lines that cancel out make nothing together: then the first that is
 * not nothing says which way round they are; and when all are nothing, the HT that the till's VAT leaves. */
static int64_t sign_of(const struct posting *posting, const struct document_tax *tax)
{
    int64_t cents = tax->total_cents;

    for (size_t i = 0; cents == 0 && i < posting->line_count; i++) {
        if (posting->lines[i].tax_id == tax->tax_id)
            cents = posting->lines[i].total_cents;
    }
    if (cents == 0)
        cents = tax->net_cents;
    return cents < 0 ? -1 : 1;
}

/* Shares the HT of one tax over its lines by largest remainder. Each line's exact HT is total * 10000 / (10000 + rate): its whole cents first, then the cents that are
 * left go to the largest remainders, ties to the first line; what the till's own rounding leaves beyond a cent a line goes to all lines alike. Proportions of the
 * tax's HT would do as well, but not when lines cancel out: +12 and -12 have an HT of +10 and -10, though their sum has none. */
static void share_net(const struct posting *posting, const struct document_tax *tax, int64_t *remainders, int64_t *nets)
{
    int64_t divisor = 10000 + tax->rate_bp, sign = sign_of(posting, tax);
    int64_t left = sign * tax->net_cents, lines = 0;

    for (size_t i = 0; i < posting->line_count; i++) {
        if (posting->lines[i].tax_id != tax->tax_id)
            continue;
        __int128 exact = (__int128)(sign * posting->lines[i].total_cents) * 10000;
        remainders[i] = (int64_t)(exact % divisor);
        if (remainders[i] < 0)
            remainders[i] += divisor;
        nets[i] = (int64_t)((exact - remainders[i]) / divisor);
        left -= nets[i];
        lines++;
    }
    assert(lines > 0); /* a tax is there because a line has it */
    int64_t to_each = left / lines - (left % lines < 0);
    left -= to_each * lines;
    for (; left > 0; left--) {
        size_t largest = posting->line_count;
        for (size_t i = 0; i < posting->line_count; i++) {
            if (posting->lines[i].tax_id == tax->tax_id && (largest == posting->line_count || remainders[i] > remainders[largest]))
                largest = i;
        }
        nets[largest]++;
        remainders[largest] = -1; /* it has had its cent */
    }
    for (size_t i = 0; i < posting->line_count; i++) {
        if (posting->lines[i].tax_id == tax->tax_id)
            nets[i] = sign * (nets[i] + to_each);
    }
}

static int check_totals(const struct posting *posting, const struct document_tax *taxes, size_t tax_count, struct err *err)
{
    int64_t sum = 0;

    for (size_t i = 0; i < posting->line_count; i++)
        sum += posting->lines[i].total_cents;
    if (sum != posting->total_cents)
        return err_set(err, ERR_DATA, N_("the lines of sale %s add up to %s cents, but its total is %s cents: correct it in the grid"),
                       ERR_STR(posting->till_sale_id), ERR_INT(sum), ERR_INT(posting->total_cents));
    for (size_t i = 0; i < posting->tax_count; i++) {
        const struct posting_tax *tax = &posting->taxes[i];
        if (tax->stated && tax->tax_cents != 0 && !has_tax(taxes, tax_count, tax->tax_id))
            return err_set(err, ERR_DATA, N_("sale %s states VAT of %s cents at a rate that none of its lines has: correct it in the grid"),
                           ERR_STR(posting->till_sale_id), ERR_INT(tax->tax_cents));
    }
    return OK;
}

int document_compute(const struct posting *posting, int64_t *nets, struct document_tax *taxes, size_t *ret_tax_count, struct err *err)
{
    int64_t on_stack[LINES_ON_STACK];
    MEM_AUTO int64_t *on_heap = NULL;
    int64_t *remainders = on_stack;
    size_t count = 0;

    for (size_t i = 0; i < posting->line_count; i++) {
        const struct posting_line *line = &posting->lines[i];
        tax_entry(taxes, &count, line->tax_id, line->rate_bp)->total_cents += line->total_cents;
    }
    int code = check_totals(posting, taxes, count, err);
    if (code < 0)
        return code;
    if (posting->line_count > LINES_ON_STACK) {
        on_heap = mem_alloc_zero(posting->line_count, sizeof *on_heap);
        if (on_heap == NULL)
            return err_memory(err);
        remainders = on_heap;
    }
    for (size_t i = 0; i < count; i++) {
        struct document_tax *tax = &taxes[i];
        if (!tax_stated(posting, tax->tax_id, &tax->tax_cents))
            tax->tax_cents = money_tax_inside(tax->total_cents, tax->rate_bp, ROUND_HALF_UP);
        tax->net_cents = tax->total_cents - tax->tax_cents;
        share_net(posting, tax, remainders, nets);
    }
    *ret_tax_count = count;
    return OK;
}
