/* till_truth.c: the final truth of the simulated shop, made from the seed alone, and the versions of a sale that came before it. What makes a connector stumble
 * is frequent here: many sales at one instant, midnight, the hour that occurs twice, change given back, refunds, holes and repeats in the numbers. */
#include <stdio.h>
#include <stdlib.h>

#include "till_store.h"

const char *const sim_means[] = {"cash", "card", "check", "meal_voucher", "gift_card", "edenred", NULL};
enum { MEANS_CASH, MEANS_KNOWN = 5, MEANS_COUNT };

/* 2025-10-25 12:00 UTC; clocks in France went back at 01:00 UTC of the next day. */
#define AUTUMN (INT64_C(1761393600) * CIVIL_SECOND)
/* Sales that show up late stay within the link's overlap of seven days. */
#define LATE_MAX (6 * CIVIL_DAY)

static const int rates_bp[] = {550, 1000, 2000};
enum { RATE_UNKNOWN_BP = 850 };

static bool one_in(struct sim_random *random, int64_t n)
{
    return sim_below(random, n) == 0;
}

static int64_t between(struct sim_random *random, int64_t least, int64_t most)
{
    return least + sim_below(random, most - least + 1);
}

/* ---- articles ---- */

static void make_articles(struct sim_till *till, struct sim_random *random)
{
    static const char *const names[SIM_ARTICLES_MAX] = {"Café crème", "Thé à la menthe", "Croissant", "Pomme golden", "Comté 24 mois",
                                                        "Bière “Lune”", "Vin d'Arbois", "Sac & ruban", "Œuf bio", "Carte <cadeau>"};
    till->article_count = (size_t)(one_in(random, 8) ? between(random, 4, SIM_ARTICLES_MAX) : between(random, 2, 5));
    for (size_t i = 0; i < till->article_count; i++) {
        struct sim_article *article = &till->articles[i];
        article->price_cents = between(random, 20, 6000);
        article->rate_bp = rates_bp[sim_below(random, 3)];
        article->stock = between(random, -3, 50);
        article->unknown_here = i >= 2 && one_in(random, 5);
        if (i == till->article_count - 1 && one_in(random, 3))
            article->rate_bp = RATE_UNKNOWN_BP;
        snprintf(article->id, sizeof article->id, "5e%020llx%02x", (unsigned long long)sim_next(random), (unsigned)(i & 0xFF));
        snprintf(article->reference, sizeof article->reference, "A%03zu", 7 * i + 1);
        sim_copy(article->name, sizeof article->name, str_from(names[i]));
    }
}

/* ---- amounts ---- */

static int64_t rounded_thousandths(int64_t value)
{
    return value < 0 ? -((-value + 500) / 1000) : (value + 500) / 1000;
}

static void line_total(struct sim_line *line)
{
    line->total_cents = rounded_thousandths(line->quantity_milli * line->unit_price_cents) - line->discount_cents;
}

static void sale_total(struct sim_sale *sale)
{
    sale->total_cents = 0;
    for (size_t i = 0; i < sale->line_count; i++)
        sale->total_cents += sale->lines[i].total_cents;
}

static int64_t quantity(struct sim_random *random)
{
    if (one_in(random, 3))
        return between(random, 37, 3499);            /* weighed */
    return 1000 * (one_in(random, 3) ? between(random, 2, 12) : 1);
}

static void make_line(const struct sim_till *till, struct sim_random *random, struct sim_line *line)
{
    line->article = one_in(random, 8) ? -1 : (int)sim_below(random, (int64_t)till->article_count);
    line->quantity_milli = quantity(random);
    line->unit_price_cents = line->article >= 0 ? till->articles[line->article].price_cents : between(random, 5, 3000);
    line->rate_bp = line->article >= 0 ? till->articles[line->article].rate_bp : rates_bp[sim_below(random, 3)];
    line_total(line);
    if (one_in(random, 5)) {
        line->discount_cents = one_in(random, 4) ? line->total_cents : sim_below(random, line->total_cents + 1);
        line_total(line);
    }
}

static void make_lines(const struct sim_till *till, struct sim_random *random, struct sim_sale *sale)
{
    sale->line_count = (size_t)(one_in(random, 3) ? between(random, 2, SIM_LINES_MAX) : 1);
    for (size_t i = 0; i < sale->line_count; i++)
        make_line(till, random, &sale->lines[i]);
    sale_total(sale);
    struct sim_line *last = &sale->lines[sale->line_count - 1];
    if (sale->line_count > 1 && sale->total_cents > 1000 && one_in(random, 6)) {     /* a bottle is given back */
        *last = (struct sim_line){.article = -1, .quantity_milli = -1000, .unit_price_cents = 25, .total_cents = -25, .rate_bp = last->rate_bp};
        sale_total(sale);
    }
    if (sale->total_cents <= 0) {                    /* what comes to nothing is no document: a case of its own, not one of these */
        sale->lines[0].discount_cents = 0;
        sale->lines[0].quantity_milli = 1000;
        line_total(&sale->lines[0]);
        sale_total(sale);
    }
}

/* The unknown means is rare: it stops the sale until a person maps it. */
static int some_means(struct sim_random *random)
{
    return one_in(random, 12) ? MEANS_KNOWN : (int)sim_below(random, MEANS_KNOWN);
}

static void pay(struct sim_sale *sale, int means, int64_t amount_cents)
{
    sale->payments[sale->payment_count++] = (struct sim_payment){.means = means, .amount_cents = amount_cents};
}

static void make_payments(struct sim_random *random, struct sim_sale *sale)
{
    int64_t left_cents = sale->total_cents;
    if (one_in(random, 3) && left_cents > 2) {
        int64_t first_cents = between(random, 1, left_cents - 1);
        pay(sale, some_means(random), first_cents);
        left_cents -= first_cents;
    }
    int64_t given_cents = (left_cents + 499) / 500 * 500;
    if (one_in(random, 3) && given_cents > left_cents) {
        pay(sale, MEANS_CASH, given_cents);
        pay(sale, MEANS_CASH, left_cents - given_cents);
    } else {
        pay(sale, some_means(random), left_cents);
    }
}

/* ---- refunds ---- */

/* An earlier sale that can be paid back: a whole, paid one, once. -1 = none. */
static int refundable(const struct sim_till *till, struct sim_random *random, size_t before)
{
    int places[SIM_SALES_MAX], count = 0;
    for (size_t i = 0; i < before; i++) {
        const struct sim_sale *sale = &till->sales[i];
        bool taken = sale->state != SIM_PAID || sale->training || sale->faulty || sale->refund_of >= 0;
        for (size_t k = 0; k < before; k++)
            taken = taken || till->sales[k].refund_of == (int)i;
        if (!taken)
            places[count++] = (int)i;
    }
    return count ? places[sim_below(random, count)] : -1;
}

static void make_refund(struct sim_till *till, struct sim_random *random, struct sim_sale *sale, int of)
{
    const struct sim_sale *origin = &till->sales[of];
    sale->refund_of = of;
    sale->customer = origin->customer;
    sale->line_count = origin->line_count > 1 && one_in(random, 2) ? 1 : origin->line_count;
    for (size_t i = 0; i < sale->line_count; i++) {
        sale->lines[i] = origin->lines[i];
        sale->lines[i].quantity_milli = -origin->lines[i].quantity_milli;
        sale->lines[i].discount_cents = -origin->lines[i].discount_cents;
        sale->lines[i].total_cents = -origin->lines[i].total_cents;
    }
    sale_total(sale);
    if (sale->total_cents == 0) {                    /* a first line that was free */
        sale->lines[0].discount_cents = 0;
        sale->lines[0].quantity_milli = -1000;
        line_total(&sale->lines[0]);
        sale_total(sale);
    }
    pay(sale, one_in(random, 3) ? MEANS_CASH : origin->payments[0].means, sale->total_cents);
}

/* ---- instants ---- */

static int compare_instants(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return left < right ? -1 : left > right;
}

/* Around midnight in France: 23:00 UTC in winter, 22:00 in summer; to the millisecond. */
static int64_t near_midnight(struct sim_random *random, int64_t at_utc)
{
    static const int64_t offsets[] = {0, -1000, 1000, -CIVIL_SECOND, 1700000};
    int64_t hour = at_utc < AUTUMN + 13 * CIVIL_HOUR ? 22 : 23;
    return at_utc - at_utc % CIVIL_DAY + hour * CIVIL_HOUR + offsets[sim_below(random, 5)];
}

static int64_t some_instant(struct sim_random *random, bool autumn)
{
    int64_t begin_utc = autumn ? AUTUMN : SIM_BEGIN - 5 * CIVIL_DAY, end_utc = autumn ? AUTUMN + 2 * CIVIL_DAY : SIM_BEGIN - CIVIL_MINUTE;
    int64_t at_utc = begin_utc + 1000 * sim_below(random, (end_utc - begin_utc) / 1000);
    if (autumn && one_in(random, 2))                 /* the hour that occurs twice, 00:00 to 02:00 UTC */
        at_utc = AUTUMN + 12 * CIVIL_HOUR + 1000 * sim_below(random, 2 * CIVIL_HOUR / 1000);
    else if (one_in(random, 4))
        at_utc = near_midnight(random, at_utc);
    return at_utc < end_utc ? at_utc : end_utc;
}

/* In order, with groups of up to five at the same instant. */
static void make_instants(struct sim_random *random, int64_t *instants, size_t count)
{
    enum { RECENT, AUTUMN_ONLY, BOTH };
    int64_t draw = sim_below(random, 8);
    int era = draw == 0 ? AUTUMN_ONLY : draw == 1 ? BOTH : RECENT;
    for (size_t i = 0; i < count;) {
        size_t group = one_in(random, 3) ? (size_t)between(random, 2, 5) : 1;
        int64_t at_utc = some_instant(random, era == AUTUMN_ONLY || (era == BOTH && one_in(random, 2)));
        for (size_t k = 0; k < group && i < count; k++)
            instants[i++] = at_utc;
    }
    qsort(instants, count, sizeof *instants, compare_instants);
}

/* ---- sales ---- */

static int next_number(struct sim_random *random, int number)
{
    if (one_in(random, 10))
        return number + (int)between(random, 2, 3);  /* a hole */
    return one_in(random, 14) ? number : number + 1; /* a repeat now and then */
}

static void make_fault(struct sim_random *random, struct sim_sale *sale, enum sim_fault *fault)
{
    static const enum sim_fault faults[] = {FAULT_TOTAL, FAULT_RATE, FAULT_PAYMENTS, FAULT_UNREADABLE, FAULT_VAT};
    *fault = FAULT_NONE;
    if (one_in(random, 9))
        *fault = faults[sim_below(random, 5)];
    if (*fault == FAULT_RATE)
        sale->lines[0].rate_bp = RATE_UNKNOWN_BP;
    sale->faulty = *fault != FAULT_NONE;
    for (size_t i = 0; i < sale->line_count; i++)
        sale->faulty = sale->faulty || sale->lines[i].rate_bp == RATE_UNKNOWN_BP;
    sale->states_vat = *fault == FAULT_VAT || one_in(random, 2);
}

static void make_sale(struct sim_till *till, struct sim_random *random, size_t place, int number, int64_t closed_utc)
{
    struct sim_sale *sale = &till->sales[place];
    *sale = (struct sim_sale){.number = number, .refund_of = -1, .closed_utc = closed_utc, .customer = one_in(random, 4) ? (int)sim_below(random, CUSTOMERS) : -1};
    snprintf(sale->id, sizeof sale->id, "60%020llx%02x", (unsigned long long)sim_next(random), (unsigned)(place & 0xFF));
    int of = one_in(random, 5) ? refundable(till, random, place) : -1;
    if (of >= 0) {
        make_refund(till, random, sale, of);
    } else {
        make_lines(till, random, sale);
        make_payments(random, sale);
    }
    make_fault(random, sale, &till->sale_faults[place]);
    int64_t draw = sim_below(random, 30);
    sale->training = draw < 2;
    sale->state = draw < 2 || draw > 7 ? SIM_PAID : draw < 4 ? SIM_OPEN : SIM_CANCELLED;
}

void truth_make(struct sim_till *till)
{
    struct sim_random random = {till->plan.seed ^ UINT64_C(0x7111a5c0ffee)};
    int64_t instants[SIM_SALES_MAX];
    make_articles(till, &random);
    /* Mostly a few: what goes wrong goes wrong between two or three of them, and a history of few is told quickly. */
    till->sale_count = (size_t)(one_in(&random, 16) ? between(&random, 5, SIM_SALES_MAX) : between(&random, 2, 4));
    make_instants(&random, instants, till->sale_count);
    int number = (int)between(&random, 1, 99950);
    for (size_t i = 0; i < till->sale_count; i++) {
        make_sale(till, &random, i, number, instants[i]);
        number = next_number(&random, number);
    }
    /* Junk stands at the instants of sales, or just before the first: where it moves them. */
    for (size_t i = 0; i < JUNK_MAX; i++)
        till->junk_closed_utc[i] = i == 0 ? instants[0] - CIVIL_SECOND : instants[sim_below(&random, (int64_t)till->sale_count)];
}

/* ---- what came before the truth ---- */

static void change_total(struct sim_sale *sale, int64_t before_cents)
{
    sale_total(sale);
    sale->payments[0].amount_cents += sale->total_cents - before_cents;
}

/* Every version is whole in itself, but for one that had a fault which a person mended at the till. The price of a line stays: an article that a link creates
 * from a sale has the price of the first version that was read, and histories could not be compared. */
static void make_version(const struct sim_till *till, size_t place, int edits, struct sim_sale *sale, enum sim_fault *fault)
{
    uint64_t draw = sim_mix(till->plan.seed, 1000 + (uint64_t)edits, place);
    struct sim_line *line = &sale->lines[0];
    int64_t before_cents = sale->total_cents, sign = before_cents < 0 ? -1 : 1;
    switch (draw % 7) {
    case 0:
        line->quantity_milli += sign * 1000 * edits;
        line_total(line);
        change_total(sale, before_cents);
        break;
    case 1:
        line->discount_cents += (before_cents > 0 ? before_cents : -before_cents) > 100 ? sign * 10 * (edits % 9) : 0;
        line_total(line);
        change_total(sale, before_cents);
        break;
    case 2:
        sale->payments[0].means = (int)((draw >> 8) % MEANS_KNOWN);
        break;
    case 3:
        *fault = FAULT_TOTAL;
        break;
    case 4:
        sale->state = SIM_OPEN;
        break;
    case 5:
        if (sale->line_count < SIM_LINES_MAX)
            sale->lines[sale->line_count++] = (struct sim_line){.article = -1, .quantity_milli = sign * 1000, .unit_price_cents = 90, .total_cents = sign * 90, .rate_bp = 2000};
        change_total(sale, before_cents);
        break;
    default:
        sale->customer = sale->customer < 0 ? 1 : -1;
    }
    sale->faulty = sale->faulty || *fault != FAULT_NONE;
}

void truth_shown(const struct sim_till *till, size_t place, int edits, int cancels, struct sim_sale *ret, enum sim_fault *ret_fault)
{
    *ret = till->sales[place];
    *ret_fault = till->sale_faults[place];
    if (cancels > 0)
        ret->state = SIM_PAID;
    if (edits > 0)
        make_version(till, place, edits, ret, ret_fault);
}

static bool concerns(const struct sim_till *till, enum sim_kind kind, const struct sim_sale *sale)
{
    switch (kind) {
    case TILL_APPEAR_LATE:
        return sale->closed_utc > till->sales[till->sale_count - 1].closed_utc - LATE_MAX;
    case TILL_TOUCH:
        return true;
    case TILL_EDIT:
        return sale->state == SIM_PAID && !sale->training;
    case TILL_CANCEL:
        return sale->state == SIM_CANCELLED && !sale->training;
    case TILL_REFUND:
        return sale->refund_of >= 0;
    default:
        return false;
    }
}

int truth_target(const struct sim_till *till, enum sim_kind kind, int64_t argument)
{
    int places[SIM_SALES_MAX];
    uint64_t count = 0;
    for (size_t i = 0; i < till->sale_count; i++)
        if (concerns(till, kind, &till->sales[i]))
            places[count++] = (int)i;
    return count ? places[(uint64_t)argument % count] : -1;
}
