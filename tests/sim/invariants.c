/* invariants.c: the nine promises of the architecture ("What must always hold"), each in a function of its own that tells what was expected and what was found. They look at
 * rows and at the till's tickets, and add up by themselves; nothing of the code under test computes here. The seventh is the comparison of two histories
 * (history.c), the eighth the rehearsal (rehearsal.c). */
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "sim.h"

#define LL(x) ((long long)(x))

static const struct sim_sale *truth_of(const struct world *world, struct str id, size_t *ret_place)
{
    size_t count;
    const struct sim_sale *sales = sim_till_sales(world->till, &count);
    for (size_t i = 0; i < count; i++) {
        if (str_equal(str_from(sales[i].id), id)) {
            *ret_place = i;
            return &sales[i];
        }
    }
    return NULL;
}

static bool text_is(const struct state *state, enum table_name table, size_t row, int column, const char *text)
{
    return str_equal(TEXT_AT(state, table, row, column), str_from(text));
}

/* ---- 1: every sale is in exactly one place; read = sum of outcomes ---- */

static int64_t member(const struct json *object, const char *flow, const char *name)
{
    const struct json *value = json_get(json_get(object, str_from(flow)), str_from(name));
    return value && value->type == JSON_NUMBER ? strtoll(value->text.p, NULL, 10) : 0;
}

/* However a run ended, its counts are the sum of its outcomes; and one that is over has noted each. */
static void check_run_counts(const struct world *world, const struct state *state, size_t row)
{
    static const char *const outcomes[] = {"staged", "already", "changed", "skipped"};
    static const char *const article_outcomes[] = {"created", "updated", "unchanged", "skipped", "anomalies"};
    static const char *const flows[] = {"articles_in", "articles_out"};
    ARENA_AUTO arena = {0};
    struct err err = {0};
    struct json *counts;
    if (json_parse(&arena, TEXT_AT(state, T_RUN, row, RUN_COUNTS), &counts, &err) != OK) {
        verdict_add(world->verdict, 1, "run %lld: expected counts, found text that is not JSON", LL(INT_AT(state, T_RUN, row, RUN_ID)));
        return;
    }
    int64_t read = member(counts, "orders", "read"), sum = 0;
    for (size_t i = 0; i < 4; i++)
        sum += member(counts, "orders", outcomes[i]);
    if (read != sum)
        verdict_add(world->verdict, 1, "run %lld: expected read = sum of outcomes, found %lld sales read, %lld outcomes", LL(INT_AT(state, T_RUN, row, RUN_ID)), LL(read), LL(sum));
    for (size_t k = 0; k < 2; k++) {
        read = member(counts, flows[k], "read");
        sum = 0;
        for (size_t i = 0; i < 5; i++)
            sum += member(counts, flows[k], article_outcomes[i]);
        if (read != sum)
            verdict_add(world->verdict, 1, "run %lld: expected read = sum of outcomes, found %lld articles read, %lld outcomes", LL(INT_AT(state, T_RUN, row, RUN_ID)), LL(read),
                        LL(sum));
    }
}

static void check_place(const struct world *world, const struct state *state, size_t row)
{
    struct str id = TEXT_AT(state, T_SALE, row, SALE_ID), place = TEXT_AT(state, T_SALE, row, SALE_STATE);
    bool in_grid = row_by_text(state, T_GRID, GRID_SALE, id) != SIZE_MAX;
    bool has_reason = TEXT_AT(state, T_SALE, row, SALE_REASON).n > 0, names_document = !cell_at(state, T_SALE, row, SALE_DOCUMENT)->is_null;
    struct net_sum net = oracle_net(state, id);
    bool right = str_equal(place, STR("staged"))     ? in_grid && (net.documents > 0) == names_document
                 : str_equal(place, STR("document")) ? !in_grid && net.documents > 0 && names_document
                 : str_equal(place, STR("skipped"))  ? !in_grid && net.documents == 0 && has_reason
                                                     : true; /* received: journalled, and dealt with by the next run */
    if (!right)
        verdict_add(world->verdict, 1, "sale %.*s: expected one place, found it registered as %.*s, %s in the grid, %lld documents", STR_ARG(id), STR_ARG(place),
                    in_grid ? "and" : "not", LL(net.documents));
}

static void invariant_1_one_place(const struct world *world, const struct state *state)
{
    for (size_t row = 0; row < ROWS(state, T_SALE); row++)
        check_place(world, state, row);
    for (size_t row = 0; row < ROWS(state, T_GRID); row++)
        if (row_by_text(state, T_SALE, SALE_ID, TEXT_AT(state, T_GRID, row, GRID_SALE)) == SIZE_MAX)
            verdict_add(world->verdict, 1, "sale %.*s: expected to be registered, found only in the grid", STR_ARG(TEXT_AT(state, T_GRID, row, GRID_SALE)));
    for (size_t row = 0; row < ROWS(state, T_DOCUMENT); row++)
        if (row_by_text(state, T_SALE, SALE_ID, TEXT_AT(state, T_DOCUMENT, row, DOC_SALE)) == SIZE_MAX)
            verdict_add(world->verdict, 1, "sale %.*s: expected to be registered, found only a document", STR_ARG(TEXT_AT(state, T_DOCUMENT, row, DOC_SALE)));
    for (size_t row = 0; row < ROWS(state, T_RUN); row++)
        check_run_counts(world, state, row);
}

/* What is in the books or the grid is what the till shows now. */
static void check_is_current(const struct world *world, const struct state *state, const struct sim_sale *sale, size_t place)
{
    struct str id = str_from(sale->id);
    size_t row = row_by_text(state, T_SALE, SALE_ID, id), grid = row_by_text(state, T_GRID, GRID_SALE, id);
    if (row == SIZE_MAX) {
        verdict_add(world->verdict, 1, "sale %s (ticket %d): expected to have been read, found nothing of it", sale->id, sale->number);
        return;
    }
    struct net_sum net = oracle_net(state, id);
    bool counts = oracle_place(world, place) != PLACE_NOWHERE, purged = text_is(state, T_SALE, row, SALE_REASON, "purged");
    int64_t found_cents = grid != SIZE_MAX ? INT_AT(state, T_GRID, grid, GRID_TOTAL) : net.total_cents;
    if (text_is(state, T_SALE, row, SALE_STATE, "received"))
        verdict_add(world->verdict, 1, "sale %s: expected to be dealt with when nothing moves any more, found it still received", sale->id);
    else if (!counts && (net.total_cents != 0 || (grid != SIZE_MAX && INT_AT(state, T_GRID, grid, GRID_REVISION) == 0)) && !(grid != SIZE_MAX && found_cents == 0))
        verdict_add(world->verdict, 1, "sale %s: expected nothing of a sale that is open, cancelled or for training, found %lld cents", sale->id, LL(found_cents));
    else if (counts && !purged && grid == SIZE_MAX && net.documents == 0)
        verdict_add(world->verdict, 1, "sale %s: expected in the grid or as a document, found it skipped (%.*s)", sale->id, STR_ARG(TEXT_AT(state, T_SALE, row, SALE_REASON)));
    else if (counts && !purged && !sale->faulty && found_cents != sale->total_cents && !(grid != SIZE_MAX && INT_AT(state, T_GRID, grid, GRID_EDITED)))
        verdict_add(world->verdict, 1, "sale %s: expected as the till has it, %lld cents, found %lld", sale->id, LL(sale->total_cents), LL(found_cents));
}

static void invariant_1_all_read(const struct world *world, const struct state *state)
{
    size_t count;
    const struct sim_sale *sales = sim_till_sales(world->till, &count);
    for (size_t i = 0; i < count; i++)
        check_is_current(world, state, &sales[i], i);
}

/* ---- 2: nothing is doubled ---- */

static bool rows_repeat(const struct state *state, enum table_name table, const int *columns, size_t column_count, size_t row)
{
    for (size_t before = 0; before < row; before++) {
        bool same = true;
        for (size_t i = 0; same && i < column_count; i++) {
            const struct cell *a = cell_at(state, table, row, columns[i]), *b = cell_at(state, table, before, columns[i]);
            same = !a->is_null && !b->is_null && a->i == b->i && str_equal(a->s, b->s);
        }
        if (same)
            return true;
    }
    return false;
}

static void check_unique(const struct world *world, const struct state *state, enum table_name table, const int *columns, size_t column_count, const char *what)
{
    for (size_t row = 0; row < ROWS(state, table); row++)
        if (rows_repeat(state, table, columns, column_count, row))
            verdict_add(world->verdict, 2, "%s: expected once, found row %zu twice", what, row);
}

static void invariant_2_nothing_doubled(const struct world *world, const struct state *state)
{
    static const int sale_of_grid[] = {GRID_SALE}, sale_of_document[] = {DOC_SALE, DOC_REVISION}, payment[] = {PAY_TILL_ID}, number[] = {DOC_KIND, DOC_NUMBER},
                     move[] = {MOVE_SOURCE, MOVE_SOURCE_ID, MOVE_LINE}, code[] = {ARTICLE_CODE};
    check_unique(world, state, T_GRID, sale_of_grid, 1, "a sale in the grid");
    check_unique(world, state, T_DOCUMENT, sale_of_document, 2, "a revision of a sale as a document");
    check_unique(world, state, T_PAYMENT, payment, 1, "a payment of the till");
    check_unique(world, state, T_DOCUMENT, number, 2, "a document number");
    check_unique(world, state, T_MOVE, move, 3, "a move of the stock");
    check_unique(world, state, T_ARTICLE, code, 1, "an article's code");
    for (size_t row = 0; row < ROWS(state, T_SALE); row++) {
        struct net_sum net = oracle_net(state, TEXT_AT(state, T_SALE, row, SALE_ID));
        int64_t standing_cents = net.standing == SIZE_MAX ? 0 : INT_AT(state, T_DOCUMENT, net.standing, DOC_TOTAL);
        if (net.total_cents != standing_cents || net.documents != net.highest_revision + 1)
            verdict_add(world->verdict, 2, "sale %.*s: expected its documents to come to the one that stands, %lld cents, found %lld in %lld documents",
                        STR_ARG(TEXT_AT(state, T_SALE, row, SALE_ID)), LL(standing_cents), LL(net.total_cents), LL(net.documents));
    }
}

/* Numbers that the books give are without a hole: as many as the highest says. */
static void invariant_2_numbers_gapless(const struct world *world, const struct state *state)
{
    static const char *const kinds[] = {"invoice", "order", "credit_note"};
    if (world->ground->setting->numbers != NUMBERS_RENUMBER)
        return;
    for (size_t kind = 0; kind < 3; kind++) {
        int64_t count = 0, highest = 0;
        for (size_t row = 0; row < ROWS(state, T_DOCUMENT); row++) {
            struct str number = TEXT_AT(state, T_DOCUMENT, row, DOC_NUMBER);
            if (!text_is(state, T_DOCUMENT, row, DOC_KIND, kinds[kind]) || number.n == 0)
                continue;
            size_t digits = number.n;
            while (digits > 0 && number.p[digits - 1] >= '0' && number.p[digits - 1] <= '9')
                digits--;
            int64_t value = strtoll(number.p + digits, NULL, 10);
            highest = value > highest ? value : highest;
            count++;
        }
        if (count != highest)
            verdict_add(world->verdict, 2, "numbers of kind %s: expected 1 to %lld without a hole, found %lld documents", kinds[kind], LL(highest), LL(count));
    }
}

/* ---- 3: lines, rates and total agree; payments are the sale's, change deducted ---- */

struct document_sums { int64_t lines, line_net, line_tax, rates, rate_net, rate_tax, dues; };

static struct document_sums sums_of(const struct state *state, int64_t id)
{
    struct document_sums sums = {0};
    for (size_t row = 0; row < ROWS(state, T_LINE); row++)
        if (INT_AT(state, T_LINE, row, LINE_DOC) == id) {
            sums.lines += INT_AT(state, T_LINE, row, LINE_TOTAL);
            sums.line_net += INT_AT(state, T_LINE, row, LINE_NET);
            sums.line_tax += INT_AT(state, T_LINE, row, LINE_TAX);
        }
    for (size_t row = 0; row < ROWS(state, T_TAX); row++)
        if (INT_AT(state, T_TAX, row, TAX_DOC) == id) {
            sums.rates += INT_AT(state, T_TAX, row, TAX_TOTAL);
            sums.rate_net += INT_AT(state, T_TAX, row, TAX_NET);
            sums.rate_tax += INT_AT(state, T_TAX, row, TAX_TAX);
        }
    for (size_t row = 0; row < ROWS(state, T_DUE); row++)
        if (INT_AT(state, T_DUE, row, DUE_DOC) == id)
            sums.dues += INT_AT(state, T_DUE, row, DUE_AMOUNT);
    return sums;
}

static void check_rate(const struct world *world, const struct state *state, size_t row)
{
    int64_t id = INT_AT(state, T_TAX, row, TAX_DOC), rate_bp = INT_AT(state, T_TAX, row, TAX_RATE), total_cents = 0, tax_cents = 0;
    for (size_t line = 0; line < ROWS(state, T_LINE); line++) {
        if (INT_AT(state, T_LINE, line, LINE_DOC) != id || INT_AT(state, T_LINE, line, LINE_RATE) != rate_bp)
            continue;
        total_cents += INT_AT(state, T_LINE, line, LINE_TOTAL);
        tax_cents += INT_AT(state, T_LINE, line, LINE_TAX);
    }
    if (total_cents != INT_AT(state, T_TAX, row, TAX_TOTAL) || tax_cents != INT_AT(state, T_TAX, row, TAX_TAX))
        verdict_add(world->verdict, 3, "document %lld at %lld: expected the rate to be the sum of its lines, %lld with %lld of VAT, found %lld with %lld", LL(id), LL(rate_bp),
                    LL(total_cents), LL(tax_cents), LL(INT_AT(state, T_TAX, row, TAX_TOTAL)), LL(INT_AT(state, T_TAX, row, TAX_TAX)));
    /* What the till states is truncated, what it does not state half-up: never a cent away from both. */
    int64_t half_up = oracle_tax(total_cents, rate_bp), truncated = total_cents * rate_bp / (10000 + rate_bp), found = INT_AT(state, T_TAX, row, TAX_TAX);
    if (found != half_up && found != truncated)
        verdict_add(world->verdict, 3, "document %lld at %lld: expected VAT %lld of %lld cents, found %lld", LL(id), LL(rate_bp), LL(half_up), LL(total_cents), LL(found));
}

static void invariant_3_documents_agree(const struct world *world, const struct state *state)
{
    for (size_t row = 0; row < ROWS(state, T_DOCUMENT); row++) {
        int64_t id = INT_AT(state, T_DOCUMENT, row, DOC_ID), total = INT_AT(state, T_DOCUMENT, row, DOC_TOTAL), tax = INT_AT(state, T_DOCUMENT, row, DOC_TAX);
        struct document_sums sums = sums_of(state, id);
        if (sums.lines != total || sums.rates != total || sums.dues != total)
            verdict_add(world->verdict, 3, "document %lld: expected lines, rates and due lines of %lld cents, found %lld, %lld and %lld", LL(id), LL(total), LL(sums.lines),
                        LL(sums.rates), LL(sums.dues));
        if (sums.line_tax != tax || sums.rate_tax != tax || sums.line_net != total - tax || sums.rate_net != total - tax)
            verdict_add(world->verdict, 3, "document %lld: expected VAT of %lld cents in lines and rates, found %lld and %lld (without tax %lld and %lld of %lld)", LL(id), LL(tax),
                        LL(sums.line_tax), LL(sums.rate_tax), LL(sums.line_net), LL(sums.rate_net), LL(total - tax));
    }
    for (size_t row = 0; row < ROWS(state, T_TAX); row++)
        check_rate(world, state, row);
}

/* Of a sale that the operator did nothing to, the payments by means are those of the ticket, change deducted. */
static void check_payments(const struct world *world, const struct state *state, const struct sim_sale *sale)
{
    int64_t document_id = 0;
    struct net_sum net = oracle_net(state, str_from(sale->id));
    if (net.standing == SIZE_MAX)
        return;
    document_id = INT_AT(state, T_DOCUMENT, net.standing, DOC_ID);
    for (int means = 0; sim_means[means]; means++) {
        const char *code = sim_means[means + 1] ? sim_means[means] : "transfer"; /* the last one is mapped by the operator */
        int64_t expected = 0, found = 0, rows = 0;
        for (size_t i = 0; i < sale->payment_count; i++)
            expected += sale->payments[i].means == means ? sale->payments[i].amount_cents : 0;
        for (size_t row = 0; row < ROWS(state, T_PAYMENT); row++)
            if (INT_AT(state, T_PAYMENT, row, PAY_DOC) == document_id && text_is(state, T_PAYMENT, row, PAY_MEANS, code)) {
                found += INT_AT(state, T_PAYMENT, row, PAY_AMOUNT);
                rows++;
            }
        if (found != expected || rows > 1)
            verdict_add(world->verdict, 3, "sale %s: expected one payment by %s of %lld cents, change deducted, found %lld in %lld payments", sale->id, code, LL(expected), LL(found),
                        LL(rows));
    }
}

static int64_t stated_tax(const struct sim_sale *sale, int64_t rate_bp, int64_t *ret_total)
{
    int64_t total_cents = 0;
    for (size_t i = 0; i < sale->line_count; i++)
        total_cents += sale->lines[i].rate_bp == rate_bp ? sale->lines[i].total_cents : 0;
    *ret_total = total_cents;
    return sale->states_vat ? total_cents * rate_bp / (10000 + rate_bp) : oracle_tax(total_cents, rate_bp);
}

static void check_document_of_sale(const struct world *world, const struct state *state, const struct sim_sale *sale)
{
    struct net_sum net = oracle_net(state, str_from(sale->id));
    if (net.standing == SIZE_MAX)
        return;
    int64_t id = INT_AT(state, T_DOCUMENT, net.standing, DOC_ID), lines = 0;
    for (size_t row = 0; row < ROWS(state, T_LINE); row++)
        lines += INT_AT(state, T_LINE, row, LINE_DOC) == id;
    if (lines != (int64_t)sale->line_count || INT_AT(state, T_DOCUMENT, net.standing, DOC_TOTAL) != sale->total_cents)
        verdict_add(world->verdict, 3, "sale %s: expected a document of %zu lines and %lld cents, found %lld lines and %lld cents", sale->id, sale->line_count,
                    LL(sale->total_cents), LL(lines), LL(INT_AT(state, T_DOCUMENT, net.standing, DOC_TOTAL)));
    for (size_t row = 0; row < ROWS(state, T_TAX); row++) {
        int64_t total_cents, rate_bp = INT_AT(state, T_TAX, row, TAX_RATE);
        if (INT_AT(state, T_TAX, row, TAX_DOC) != id)
            continue;
        int64_t tax_cents = stated_tax(sale, rate_bp, &total_cents);
        if (INT_AT(state, T_TAX, row, TAX_TOTAL) != total_cents || INT_AT(state, T_TAX, row, TAX_TAX) != tax_cents)
            verdict_add(world->verdict, 3, "sale %s at %lld: expected %lld cents with VAT of %lld, found %lld with %lld", sale->id, LL(rate_bp), LL(total_cents), LL(tax_cents),
                        LL(INT_AT(state, T_TAX, row, TAX_TOTAL)), LL(INT_AT(state, T_TAX, row, TAX_TAX)));
    }
    check_payments(world, state, sale);
}

static void invariant_3_documents_are_tickets(const struct world *world, const struct state *state)
{
    size_t count;
    const struct sim_sale *sales = sim_till_sales(world->till, &count);
    for (size_t i = 0; i < count; i++)
        if (oracle_place(world, i) == PLACE_DOCUMENT)
            check_document_of_sale(world, state, &sales[i]);
}

/* ---- 4: a day's documents equal the till's day ---- */

struct day_sums { int64_t count, total_cents, by_means[16]; struct { int64_t rate_bp, total_cents; } rates[16]; };

static void add_rate(struct day_sums *day, int64_t rate_bp, int64_t total_cents)
{
    size_t i = 0;
    while (i < 15 && day->rates[i].rate_bp != rate_bp && day->rates[i].total_cents != 0)
        i++;
    day->rates[i].rate_bp = rate_bp;
    day->rates[i].total_cents += total_cents;
}

static void day_of_till(const struct world *world, int32_t day, struct day_sums *ret)
{
    size_t count;
    const struct sim_sale *sales = sim_till_sales(world->till, &count);
    *ret = (struct day_sums){0};
    for (size_t i = 0; i < count; i++) {
        if (oracle_place(world, i) != PLACE_DOCUMENT || oracle_day(world, &sales[i]) != day)
            continue;
        ret->count++;
        ret->total_cents += sales[i].total_cents;
        for (size_t k = 0; k < sales[i].payment_count; k++)
            ret->by_means[sales[i].payments[k].means] += sales[i].payments[k].amount_cents;
        for (size_t k = 0; k < sales[i].line_count; k++)
            add_rate(ret, sales[i].lines[k].rate_bp, sales[i].lines[k].total_cents);
    }
}

static int means_place(struct str code)
{
    int place = 0;
    while (sim_means[place + 1] && !str_equal(code, str_from(sim_means[place])))
        place++;
    return place;
}

/* The documents of a day, without those of sales that are bad in the end (one may have been posted while it was good). */
static void day_of_books(const struct world *world, const struct state *state, int32_t day, struct day_sums *ret)
{
    *ret = (struct day_sums){0};
    for (size_t row = 0; row < ROWS(state, T_DOCUMENT); row++) {
        int64_t id = INT_AT(state, T_DOCUMENT, row, DOC_ID);
        size_t place;
        const struct sim_sale *sale = truth_of(world, TEXT_AT(state, T_DOCUMENT, row, DOC_SALE), &place);
        if (INT_AT(state, T_DOCUMENT, row, DOC_DAY) != day || !sale || oracle_place(world, place) == PLACE_GRID)
            continue;
        ret->count += INT_AT(state, T_DOCUMENT, row, DOC_REVISION) % 2 == 0 ? 1 : -1;
        ret->total_cents += INT_AT(state, T_DOCUMENT, row, DOC_TOTAL);
        for (size_t i = 0; i < ROWS(state, T_TAX); i++)
            if (INT_AT(state, T_TAX, i, TAX_DOC) == id)
                add_rate(ret, INT_AT(state, T_TAX, i, TAX_RATE), INT_AT(state, T_TAX, i, TAX_TOTAL));
        for (size_t i = 0; i < ROWS(state, T_PAYMENT); i++)
            if (INT_AT(state, T_PAYMENT, i, PAY_DOC) == id && INT_AT(state, T_PAYMENT, i, PAY_DAY) == day)
                ret->by_means[means_place(TEXT_AT(state, T_PAYMENT, i, PAY_MEANS))] += INT_AT(state, T_PAYMENT, i, PAY_AMOUNT);
    }
}

static int64_t rate_of(const struct day_sums *day, int64_t rate_bp)
{
    int64_t sum = 0;
    for (size_t i = 0; i < 16; i++)
        sum += day->rates[i].rate_bp == rate_bp ? day->rates[i].total_cents : 0;
    return sum;
}

static void compare_day(const struct world *world, int32_t day, const struct day_sums *till, const struct day_sums *books)
{
    static const int64_t rates_bp[] = {0, 210, 550, 850, 1000, 2000};
    if (till->count != books->count || till->total_cents != books->total_cents)
        verdict_add(world->verdict, 4, "day %d: expected %lld tickets of %lld cents, found %lld documents of %lld", day, LL(till->count), LL(till->total_cents), LL(books->count),
                    LL(books->total_cents));
    for (size_t i = 0; i < sizeof rates_bp / sizeof *rates_bp; i++)
        if (rate_of(till, rates_bp[i]) != rate_of(books, rates_bp[i]))
            verdict_add(world->verdict, 4, "day %d at %lld: expected %lld cents, found %lld", day, LL(rates_bp[i]), LL(rate_of(till, rates_bp[i])), LL(rate_of(books, rates_bp[i])));
    for (int i = 0; sim_means[i]; i++)
        if (till->by_means[i] != books->by_means[i])
            verdict_add(world->verdict, 4, "day %d by %s: expected %lld cents, found %lld", day, sim_means[i], LL(till->by_means[i]), LL(books->by_means[i]));
}

static void invariant_4_days_are_the_tills(const struct world *world, const struct state *state)
{
    size_t count;
    const struct sim_sale *sales = sim_till_sales(world->till, &count);
    struct day_sums till, books;
    for (size_t i = 0; i < count; i++) {
        int32_t day = oracle_day(world, &sales[i]);
        bool done = false;
        for (size_t k = 0; k < i; k++)
            done = done || oracle_day(world, &sales[k]) == day;
        if (done)
            continue;
        day_of_till(world, day, &till);
        day_of_books(world, state, day, &books);
        compare_day(world, day, &till, &books);
    }
}

/* ---- 5: stock = opening - validated invoices + credit notes ---- */

static int64_t sold_of(const struct state *state, int64_t article_id)
{
    int64_t sold_milli = 0;
    for (size_t row = 0; row < ROWS(state, T_LINE); row++) {
        if (INT_AT(state, T_LINE, row, LINE_ARTICLE) != article_id)
            continue;
        size_t document = row_by_int(state, T_DOCUMENT, DOC_ID, INT_AT(state, T_LINE, row, LINE_DOC));
        bool counts = document != SIZE_MAX && !text_is(state, T_DOCUMENT, document, DOC_STATE, "draft") && !text_is(state, T_DOCUMENT, document, DOC_KIND, "order");
        sold_milli += counts ? INT_AT(state, T_LINE, row, LINE_QUANTITY) : 0; /* negative on a credit note */
    }
    return sold_milli;
}

static void invariant_5_stock_adds_up(const struct world *world, const struct state *state)
{
    for (size_t row = 0; row < ROWS(state, T_ARTICLE); row++) {
        int64_t id = INT_AT(state, T_ARTICLE, row, ARTICLE_ID), counted_milli = 0, level_milli = 0;
        size_t level = row_by_int(state, T_LEVEL, LEVEL_ARTICLE, id);
        if (!INT_AT(state, T_ARTICLE, row, ARTICLE_MANAGED))
            continue;
        for (size_t i = 0; i < ROWS(state, T_MOVE); i++)
            if (INT_AT(state, T_MOVE, i, MOVE_ARTICLE) == id && text_is(state, T_MOVE, i, MOVE_SOURCE, "count"))
                counted_milli += INT_AT(state, T_MOVE, i, MOVE_QUANTITY);
        if (level != SIZE_MAX)
            level_milli = INT_AT(state, T_LEVEL, level, LEVEL_QUANTITY);
        int64_t expected_milli = counted_milli - sold_of(state, id);
        if (level_milli != expected_milli)
            verdict_add(world->verdict, 5, "article %.*s: expected a stock of %lld thousandths (counted %lld), found %lld", STR_ARG(TEXT_AT(state, T_ARTICLE, row, ARTICLE_CODE)),
                        LL(expected_milli), LL(counted_milli), LL(level_milli));
    }
}

/* ---- 6: allocations exceed neither a payment nor a due line ---- */

static bool exceeds(int64_t part, int64_t whole)
{
    return part != 0 && ((part < 0) != (whole < 0) || llabs(part) > llabs(whole));
}

static void invariant_6_allocations_fit(const struct world *world, const struct state *state)
{
    for (size_t row = 0; row < ROWS(state, T_PAYMENT); row++) {
        int64_t sum = 0;
        for (size_t i = 0; i < ROWS(state, T_ALLOCATION); i++)
            sum += INT_AT(state, T_ALLOCATION, i, ALLOC_PAYMENT) == INT_AT(state, T_PAYMENT, row, PAY_ID) ? INT_AT(state, T_ALLOCATION, i, ALLOC_AMOUNT) : 0;
        if (exceeds(sum, INT_AT(state, T_PAYMENT, row, PAY_AMOUNT)))
            verdict_add(world->verdict, 6, "payment %.*s: expected at most its %lld cents to be allocated, found %lld", STR_ARG(TEXT_AT(state, T_PAYMENT, row, PAY_TILL_ID)),
                        LL(INT_AT(state, T_PAYMENT, row, PAY_AMOUNT)), LL(sum));
    }
    for (size_t row = 0; row < ROWS(state, T_DUE); row++) {
        int64_t sum = 0;
        for (size_t i = 0; i < ROWS(state, T_ALLOCATION); i++)
            if (INT_AT(state, T_ALLOCATION, i, ALLOC_DOC) == INT_AT(state, T_DUE, row, DUE_DOC) && INT_AT(state, T_ALLOCATION, i, ALLOC_DUE) == INT_AT(state, T_DUE, row, DUE_DUE_NO))
                sum += INT_AT(state, T_ALLOCATION, i, ALLOC_AMOUNT);
        if (exceeds(sum, INT_AT(state, T_DUE, row, DUE_AMOUNT)))
            verdict_add(world->verdict, 6, "document %lld: expected at most the %lld cents that are due to be allocated, found %lld", LL(INT_AT(state, T_DUE, row, DUE_DOC)),
                        LL(INT_AT(state, T_DUE, row, DUE_AMOUNT)), LL(sum));
    }
}

/* A ticket that is paid is allocated, whole. */
static void invariant_6_tickets_are_allocated(const struct world *world, const struct state *state)
{
    for (size_t row = 0; row < ROWS(state, T_DOCUMENT); row++) {
        int64_t id = INT_AT(state, T_DOCUMENT, row, DOC_ID), sum = 0, paid = 0;
        if (text_is(state, T_DOCUMENT, row, DOC_KIND, "order") || text_is(state, T_DOCUMENT, row, DOC_STATE, "draft"))
            continue;
        for (size_t i = 0; i < ROWS(state, T_ALLOCATION); i++)
            sum += INT_AT(state, T_ALLOCATION, i, ALLOC_DOC) == id ? INT_AT(state, T_ALLOCATION, i, ALLOC_AMOUNT) : 0;
        for (size_t i = 0; i < ROWS(state, T_PAYMENT); i++)
            paid += INT_AT(state, T_PAYMENT, i, PAY_DOC) == id ? INT_AT(state, T_PAYMENT, i, PAY_AMOUNT) : 0;
        if (paid == INT_AT(state, T_DOCUMENT, row, DOC_TOTAL) && sum != paid)
            verdict_add(world->verdict, 6, "document %lld: expected its payments of %lld cents to be allocated, found %lld", LL(id), LL(paid), LL(sum));
    }
}

/* ---- 9: one bad sale never stops the others ---- */

static void invariant_9_good_sales_pass(const struct world *world, const struct state *state)
{
    size_t count, bad = 0;
    const struct sim_sale *sales = sim_till_sales(world->till, &count);
    for (size_t i = 0; i < count; i++)
        bad += oracle_place(world, i) == PLACE_GRID;
    for (size_t i = 0; i < count; i++) {
        struct net_sum net = oracle_net(state, str_from(sales[i].id));
        enum place place = oracle_place(world, i);
        size_t grid = row_by_text(state, T_GRID, GRID_SALE, str_from(sales[i].id));
        if (place == PLACE_DOCUMENT && (net.standing == SIZE_MAX || net.drafts > 0 || grid != SIZE_MAX))
            verdict_add(world->verdict, bad ? 9 : 1, "sale %s: expected a validated document beside %zu bad sales, found %lld documents, %lld of them drafts%s", sales[i].id, bad,
                        LL(net.documents), LL(net.drafts), grid != SIZE_MAX ? ", and it in the grid" : "");
        if (place == PLACE_GRID && (grid == SIZE_MAX || !INT_AT(state, T_GRID, grid, GRID_IS_BLOCKED)))
            verdict_add(world->verdict, 9, "sale %s is bad: expected it in the grid, blocked, found it %s", sales[i].id, grid == SIZE_MAX ? "gone" : "unblocked");
    }
}

/* ---- when ---- */

void invariants_any_time(const struct world *world, const struct state *state)
{
    invariant_1_one_place(world, state);
    invariant_2_nothing_doubled(world, state);
    invariant_2_numbers_gapless(world, state);
    invariant_3_documents_agree(world, state);
    invariant_5_stock_adds_up(world, state);
    invariant_6_allocations_fit(world, state);
}

void invariants_at_rest(const struct world *world, const struct state *state)
{
    invariants_any_time(world, state);
    invariant_1_all_read(world, state);
}

void invariants_at_end(const struct world *world, const struct state *state)
{
    invariants_at_rest(world, state);
    invariant_3_documents_are_tickets(world, state);
    invariant_4_days_are_the_tills(world, state);
    invariant_6_tickets_are_allocated(world, state);
    invariant_9_good_sales_pass(world, state);
}

bool world_read_state(struct world *world, struct state *ret)
{
    struct err err = {0};
    BUF_AUTO text = {0};
    if (state_read(world->db, world->ground->company.id, ALL_TABLES, ret, &err))
        return true;
    err_format(&err, &text);
    verdict_add(world->verdict, 7, "expected a database that can be read, found: %s", text.p ? text.p : "");
    return false;
}
