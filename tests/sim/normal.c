/* normal.c: a state in its normal form: what every history of a seed must end with, as text, one fact a line. Documents are netted sale by sale, since an edit after posting
 * leaves a credit note and a new document where the undisturbed history has one. docs/simulation.md lists what is left out, and why. Used by history.c. */
#include <stdio.h>
#include <stdlib.h>

#include "sim.h"

/* ---- sums by a key ---- */

enum { KEY_SIZE = 200, ENTRIES_MAX = 64, SUMS = 5 };
struct entry { char key[KEY_SIZE]; int64_t sums[SUMS]; };
struct entries { struct entry list[ENTRIES_MAX]; size_t count; };

static void entries_add(struct entries *entries, const char *key, const int64_t sums[SUMS])
{
    size_t i = 0;
    while (i < entries->count && strcmp(entries->list[i].key, key) != 0)
        i++;
    if (i == ENTRIES_MAX)
        abort();
    if (i == entries->count) {
        entries->list[i] = (struct entry){{0}, {0}};
        snprintf(entries->list[i].key, KEY_SIZE, "%s", key);
        entries->count++;
    }
    for (size_t k = 0; k < SUMS; k++)
        entries->list[i].sums[k] += sums[k];
}

static int compare_entries(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->key, ((const struct entry *)b)->key);
}

/* What cancels out is not there. */
static void entries_print(struct entries *entries, const char *what, struct buf *out)
{
    qsort(entries->list, entries->count, sizeof *entries->list, compare_entries);
    for (size_t i = 0; i < entries->count; i++) {
        const int64_t *sums = entries->list[i].sums;
        bool empty = true;
        for (size_t k = 0; k < SUMS; k++)
            empty = empty && sums[k] == 0;
        if (empty)
            continue;
        buf_printf(out, "  %s %s:", what, entries->list[i].key);
        for (size_t k = 0; k < SUMS; k++)
            buf_printf(out, " %lld", (long long)sums[k]);
        buf_append_char(out, '\n');
    }
}

/* ---- the documents of a sale, netted ---- */

struct netted { struct entries lines, taxes, payments, dues; };

static void net_lines(struct netted *netted, const struct state *state, int64_t document_id)
{
    char key[KEY_SIZE];
    for (size_t row = 0; row < ROWS(state, T_LINE); row++) {
        if (INT_AT(state, T_LINE, row, LINE_DOC) != document_id)
            continue;
        snprintf(key, sizeof key, "%.*s|%.*s|%lld|%lld", STR_ARG(TEXT_AT(state, T_LINE, row, LINE_CODE)), STR_ARG(TEXT_AT(state, T_LINE, row, LINE_LABEL)),
                 (long long)INT_AT(state, T_LINE, row, LINE_PRICE), (long long)INT_AT(state, T_LINE, row, LINE_RATE));
        const int64_t sums[SUMS] = {INT_AT(state, T_LINE, row, LINE_QUANTITY), INT_AT(state, T_LINE, row, LINE_DISCOUNT), INT_AT(state, T_LINE, row, LINE_TOTAL),
                                    INT_AT(state, T_LINE, row, LINE_NET), INT_AT(state, T_LINE, row, LINE_TAX)};
        entries_add(&netted->lines, key, sums);
    }
}

static void net_taxes(struct netted *netted, const struct state *state, int64_t document_id)
{
    char key[KEY_SIZE];
    for (size_t row = 0; row < ROWS(state, T_TAX); row++) {
        if (INT_AT(state, T_TAX, row, TAX_DOC) != document_id)
            continue;
        snprintf(key, sizeof key, "%lld", (long long)INT_AT(state, T_TAX, row, TAX_RATE));
        const int64_t sums[SUMS] = {INT_AT(state, T_TAX, row, TAX_TOTAL), INT_AT(state, T_TAX, row, TAX_NET), INT_AT(state, T_TAX, row, TAX_TAX)};
        entries_add(&netted->taxes, key, sums);
    }
}

static int64_t allocated_of(const struct state *state, int64_t payment_id)
{
    int64_t sum = 0;
    for (size_t row = 0; row < ROWS(state, T_ALLOCATION); row++)
        if (INT_AT(state, T_ALLOCATION, row, ALLOC_PAYMENT) == payment_id)
            sum += INT_AT(state, T_ALLOCATION, row, ALLOC_AMOUNT);
    return sum;
}

static void net_payments(struct netted *netted, const struct state *state, int64_t document_id)
{
    char key[KEY_SIZE];
    for (size_t row = 0; row < ROWS(state, T_PAYMENT); row++) {
        if (INT_AT(state, T_PAYMENT, row, PAY_DOC) != document_id)
            continue;
        snprintf(key, sizeof key, "%.*s|%lld", STR_ARG(TEXT_AT(state, T_PAYMENT, row, PAY_MEANS)), (long long)INT_AT(state, T_PAYMENT, row, PAY_DAY));
        const int64_t sums[SUMS] = {INT_AT(state, T_PAYMENT, row, PAY_AMOUNT), allocated_of(state, INT_AT(state, T_PAYMENT, row, PAY_ID))};
        entries_add(&netted->payments, key, sums);
    }
    for (size_t row = 0; row < ROWS(state, T_DUE); row++)
        if (INT_AT(state, T_DUE, row, DUE_DOC) == document_id)
            entries_add(&netted->dues, "due", (const int64_t[SUMS]){INT_AT(state, T_DUE, row, DUE_AMOUNT)});
}

static void print_standing(const struct world *world, const struct state *state, size_t sale, const struct net_sum *net, struct buf *out)
{
    size_t customer = row_by_int(state, T_CUSTOMER, CUSTOMER_ID, INT_AT(state, T_DOCUMENT, net->standing, DOC_CUSTOMER));
    buf_printf(out, "  document %.*s %.*s day %lld total %lld tax %lld tip %lld customer %.*s block %.*s", STR_ARG(TEXT_AT(state, T_DOCUMENT, net->standing, DOC_KIND)),
               STR_ARG(TEXT_AT(state, T_DOCUMENT, net->standing, DOC_STATE)), (long long)INT_AT(state, T_DOCUMENT, net->standing, DOC_DAY), (long long)net->total_cents,
               (long long)net->tax_cents, (long long)net->tip_cents, STR_ARG(TEXT_AT(state, T_CUSTOMER, customer, CUSTOMER_NAME)),
               STR_ARG(TEXT_AT(state, T_DOCUMENT, net->standing, DOC_BLOCK)));
    struct str number, revision;
    str_cut(TEXT_AT(state, T_DOCUMENT, net->standing, DOC_NUMBER), '-', &number, &revision);
    if (world->ground->setting->numbers == NUMBERS_KEEP && !oracle_number_repeats(world, sale))
        buf_printf(out, " number %.*s", STR_ARG(number));
    size_t origin = row_by_int(state, T_DOCUMENT, DOC_ID, INT_AT(state, T_DOCUMENT, net->standing, DOC_ORIGIN));
    if (origin != SIZE_MAX)
        buf_printf(out, " origin %.*s", STR_ARG(TEXT_AT(state, T_DOCUMENT, origin, DOC_SALE)));
    buf_append_char(out, '\n');
}

static void print_documents(const struct world *world, const struct state *state, size_t sale, struct str id, struct buf *out)
{
    static struct netted netted; /* large, and one thread */
    struct net_sum net = oracle_net(state, id);
    netted.lines.count = netted.taxes.count = netted.payments.count = netted.dues.count = 0;
    if (net.standing != SIZE_MAX)
        print_standing(world, state, sale, &net, out);
    for (size_t row = 0; row < ROWS(state, T_DOCUMENT); row++) {
        if (!str_equal(TEXT_AT(state, T_DOCUMENT, row, DOC_SALE), id))
            continue;
        net_lines(&netted, state, INT_AT(state, T_DOCUMENT, row, DOC_ID));
        net_taxes(&netted, state, INT_AT(state, T_DOCUMENT, row, DOC_ID));
        net_payments(&netted, state, INT_AT(state, T_DOCUMENT, row, DOC_ID));
    }
    entries_print(&netted.lines, "line", out);
    entries_print(&netted.taxes, "vat", out);
    entries_print(&netted.payments, "paid", out);
    entries_print(&netted.dues, "due", out);
}

/* ---- the grid ---- */

/* Which of two sales of one number came first is a history's own; the good ones have been cured of it. */
static bool is_of_order(struct str code)
{
    return str_equal(code, STR("number_taken")) || str_equal(code, STR("repeated_ticket_number"));
}

static void print_grid(const struct world *world, const struct state *state, size_t sale, struct str id, struct buf *out)
{
    size_t row = row_by_text(state, T_GRID, GRID_SALE, id);
    if (row == SIZE_MAX)
        return;
    int64_t grid_id = INT_AT(state, T_GRID, row, GRID_ID);
    buf_printf(out, "  grid %.*s day %lld total %lld tip %lld blocked %lld refund of %.*s", STR_ARG(TEXT_AT(state, T_GRID, row, GRID_KIND)),
               (long long)INT_AT(state, T_GRID, row, GRID_DAY), (long long)INT_AT(state, T_GRID, row, GRID_TOTAL), (long long)INT_AT(state, T_GRID, row, GRID_TIP),
               (long long)INT_AT(state, T_GRID, row, GRID_IS_BLOCKED), STR_ARG(TEXT_AT(state, T_GRID, row, GRID_REFUND_OF)));
    if (!oracle_number_repeats(world, sale))
        buf_printf(out, " number %.*s", STR_ARG(TEXT_AT(state, T_GRID, row, GRID_NUMBER)));
    buf_append_char(out, '\n');
    for (size_t i = 0; i < ROWS(state, T_GRID_LINE); i++)
        if (INT_AT(state, T_GRID_LINE, i, GLINE_GRID) == grid_id)
            buf_printf(out, "  grid line %lld %.*s %.*s %lld x %lld - %lld = %lld at %lld\n", (long long)INT_AT(state, T_GRID_LINE, i, GLINE_NO),
                       STR_ARG(TEXT_AT(state, T_GRID_LINE, i, GLINE_REFERENCE)), STR_ARG(TEXT_AT(state, T_GRID_LINE, i, GLINE_LABEL)),
                       (long long)INT_AT(state, T_GRID_LINE, i, GLINE_QUANTITY), (long long)INT_AT(state, T_GRID_LINE, i, GLINE_PRICE),
                       (long long)INT_AT(state, T_GRID_LINE, i, GLINE_DISCOUNT), (long long)INT_AT(state, T_GRID_LINE, i, GLINE_TOTAL),
                       (long long)INT_AT(state, T_GRID_LINE, i, GLINE_RATE));
    for (size_t i = 0; i < ROWS(state, T_GRID_PAYMENT); i++)
        if (INT_AT(state, T_GRID_PAYMENT, i, GPAY_GRID) == grid_id)
            buf_printf(out, "  grid payment %.*s %lld\n", STR_ARG(TEXT_AT(state, T_GRID_PAYMENT, i, GPAY_TYPE)), (long long)INT_AT(state, T_GRID_PAYMENT, i, GPAY_AMOUNT));
    for (size_t i = 0; i < ROWS(state, T_ANOMALY); i++)
        if (str_equal(TEXT_AT(state, T_ANOMALY, i, ANOMALY_SUBJECT), id) && !is_of_order(TEXT_AT(state, T_ANOMALY, i, ANOMALY_CODE)))
            buf_printf(out, "  anomaly %.*s line %lld\n", STR_ARG(TEXT_AT(state, T_ANOMALY, i, ANOMALY_CODE)), (long long)INT_AT(state, T_ANOMALY, i, ANOMALY_LINE));
}

/* ---- what is of no sale ---- */

/* A sale that is bad in the end may have been good, and posted, before: its document stands until a person mends the sale. */
static bool is_of_good_sale(const struct world *world, const struct state *state, size_t move)
{
    size_t count, document = row_by_int(state, T_DOCUMENT, DOC_ID, INT_AT(state, T_MOVE, move, MOVE_SOURCE_ID));
    const struct sim_sale *sales = sim_till_sales(world->till, &count);
    if (!str_equal(TEXT_AT(state, T_MOVE, move, MOVE_SOURCE), STR("document")) || document == SIZE_MAX)
        return false;
    for (size_t i = 0; i < count; i++)
        if (str_equal(str_from(sales[i].id), TEXT_AT(state, T_DOCUMENT, document, DOC_SALE)))
            return oracle_place(world, i) != PLACE_GRID;
    return true;
}

/* Whether the back office had it only if a sale brought it: one that was cancelled afterwards may have. */
static bool was_unknown(const struct world *world, struct str code)
{
    size_t count;
    const struct sim_article *articles = sim_till_articles(world->till, &count);
    for (size_t i = 0; i < count; i++)
        if (str_equal(str_from(articles[i].reference), code))
            return articles[i].unknown_here;
    return false;
}

static void print_articles(const struct world *world, const struct state *state, struct buf *out)
{
    bool from_sales = world->ground->setting->unknown_article == UNKNOWN_CREATE;
    for (size_t row = 0; row < ROWS(state, T_ARTICLE); row++) {
        int64_t id = INT_AT(state, T_ARTICLE, row, ARTICLE_ID), moved = 0;
        if (from_sales && was_unknown(world, TEXT_AT(state, T_ARTICLE, row, ARTICLE_CODE)))
            continue;
        buf_printf(out, "article %.*s %.*s of %.*s %lld at %lld", STR_ARG(TEXT_AT(state, T_ARTICLE, row, ARTICLE_CODE)),
                   STR_ARG(TEXT_AT(state, T_ARTICLE, row, ARTICLE_LABEL)), STR_ARG(TEXT_AT(state, T_ARTICLE, row, ARTICLE_FAMILY)), (long long)INT_AT(state, T_ARTICLE, row, ARTICLE_PRICE), (long long)INT_AT(state, T_ARTICLE, row, ARTICLE_RATE));
        for (size_t i = 0; i < ROWS(state, T_MOVE); i++)
            if (INT_AT(state, T_MOVE, i, MOVE_ARTICLE) == id && is_of_good_sale(world, state, i))
                moved += INT_AT(state, T_MOVE, i, MOVE_QUANTITY);
        buf_printf(out, " managed %lld archived %lld moved by documents %lld\n", (long long)INT_AT(state, T_ARTICLE, row, ARTICLE_MANAGED),
                   (long long)INT_AT(state, T_ARTICLE, row, ARTICLE_ARCHIVED), (long long)moved);
    }
    for (size_t row = 0; row < ROWS(state, T_ANOMALY); row++)
        if (!str_equal(TEXT_AT(state, T_ANOMALY, row, ANOMALY_KIND), STR("sale")))
            buf_printf(out, "anomaly of %.*s %.*s: %.*s\n", STR_ARG(TEXT_AT(state, T_ANOMALY, row, ANOMALY_KIND)), STR_ARG(TEXT_AT(state, T_ANOMALY, row, ANOMALY_SUBJECT)),
                       STR_ARG(TEXT_AT(state, T_ANOMALY, row, ANOMALY_CODE)));
}

void state_normal_form(const struct world *world, const struct state *state, struct buf *out)
{
    size_t count;
    const struct sim_sale *sales = sim_till_sales(world->till, &count);
    for (size_t i = 0; i < count; i++) {
        buf_printf(out, "sale %s ticket %d\n", sales[i].id, sales[i].number);
        if (oracle_place(world, i) != PLACE_GRID)
            print_documents(world, state, i, str_from(sales[i].id), out);
        print_grid(world, state, i, str_from(sales[i].id), out);
    }
    print_articles(world, state, out);
    sim_till_dump(world->till, out);
}

/* ---- comparing ---- */

static struct str next_line(struct str *rest)
{
    struct str line;
    str_cut(*rest, '\n', &line, rest);
    return line;
}

void text_first_difference(struct str expected, struct str found, struct buf *out)
{
    struct str subject = STR("");
    while (expected.n > 0 || found.n > 0) {
        struct str left = next_line(&expected), right = next_line(&found);
        if (!str_equal(left, right)) {
            buf_printf(out, "at \"%.*s\": expected \"%.*s\", found \"%.*s\"", STR_ARG(subject), STR_ARG(left), STR_ARG(right));
            return;
        }
        if (!str_starts_with(left, STR(" ")))
            subject = left;
    }
}
