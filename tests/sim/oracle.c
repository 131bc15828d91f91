/* oracle.c: what the till's final truth says must be in the books, computed here from the tickets alone and never by the code under test. Used by the invariants and the
 * normal form. */
#include <stdlib.h>

#include "sim.h"

static bool is_zero(const struct sim_sale *sale)
{
    for (size_t i = 0; i < sale->line_count; i++)
        if (sale->lines[i].total_cents)
            return false;
    for (size_t i = 0; i < sale->payment_count; i++)
        if (sale->payments[i].amount_cents)
            return false;
    return sale->total_cents == 0;
}

/* An article that no back office has, of a link that does not create it, stays unknown only when its rate is unknown as well; such a sale is faulty already. */
enum place oracle_place(const struct world *world, size_t sale)
{
    size_t count;
    const struct sim_sale *truth = &sim_till_sales(world->till, &count)[sale];
    if (truth->state != SIM_PAID || truth->training)
        return PLACE_NOWHERE;
    if (truth->faulty)
        return PLACE_GRID;
    return is_zero(truth) ? PLACE_NOWHERE : PLACE_DOCUMENT;
}

bool oracle_number_repeats(const struct world *world, size_t sale)
{
    size_t count;
    const struct sim_sale *sales = sim_till_sales(world->till, &count);
    for (size_t i = 0; i < count; i++)
        if (i != sale && sales[i].number == sales[sale].number)
            return true;
    return false;
}

int64_t oracle_tax(int64_t total_cents, int64_t rate_bp)
{
    /* T * r / (100 + r), in units of half a cent, then up from the half; below zero the same away from zero. */
    int64_t whole = 10000 + rate_bp, positive = llabs(total_cents), twice = 2 * positive * rate_bp + whole;
    int64_t tax_cents = twice / (2 * whole);
    return total_cents < 0 ? -tax_cents : tax_cents;
}

int32_t oracle_day(const struct world *world, const struct sim_sale *sale)
{
    int64_t local_utc = sale->closed_utc + zone_offset_at(world->ground->company.zone, sale->closed_utc) * CIVIL_SECOND;
    return (int32_t)((local_utc - (local_utc % CIVIL_DAY + CIVIL_DAY) % CIVIL_DAY) / CIVIL_DAY);
}

struct net_sum oracle_net(const struct state *state, struct str till_sale_id)
{
    struct net_sum net = {.standing = SIZE_MAX, .highest_revision = -1};
    for (size_t row = 0; row < ROWS(state, T_DOCUMENT); row++) {
        if (!str_equal(TEXT_AT(state, T_DOCUMENT, row, DOC_SALE), till_sale_id))
            continue;
        int revision = (int)INT_AT(state, T_DOCUMENT, row, DOC_REVISION);
        net.documents++;
        net.drafts += str_equal(TEXT_AT(state, T_DOCUMENT, row, DOC_STATE), STR("draft"));
        net.total_cents += INT_AT(state, T_DOCUMENT, row, DOC_TOTAL);
        net.tax_cents += INT_AT(state, T_DOCUMENT, row, DOC_TAX);
        net.tip_cents += INT_AT(state, T_DOCUMENT, row, DOC_TIP);
        if (revision > net.highest_revision) {
            net.highest_revision = revision;
            net.standing = revision % 2 == 0 ? row : SIZE_MAX;
        }
        int64_t id = INT_AT(state, T_DOCUMENT, row, DOC_ID);
        for (size_t i = 0; i < ROWS(state, T_PAYMENT); i++)
            if (INT_AT(state, T_PAYMENT, i, PAY_DOC) == id)
                net.paid_cents += INT_AT(state, T_PAYMENT, i, PAY_AMOUNT);
        for (size_t i = 0; i < ROWS(state, T_ALLOCATION); i++)
            if (INT_AT(state, T_ALLOCATION, i, ALLOC_DOC) == id)
                net.allocated_cents += INT_AT(state, T_ALLOCATION, i, ALLOC_AMOUNT);
    }
    return net;
}
