/* demo_sales.c: what the demo shop sold: which sales, when, of what, and how they were paid. Private to sandbox.
 * A sale is drawn up as a struct here and written as the till's record in demo_orders.c. All arithmetic is in integers; the VAT of a
 * ticket is truncated to the cent per rate, as Tactill's own help says that the till does. */
#include "sandbox/demo_sale_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/civil.h"
#include "base/mem.h"
#include "base/money.h"

enum {
    OPENING_HOUR = 8,
    OPEN_SECONDS = 12 * 3600,
    NIGHT_SALES = 6,        /* of a late evening: between 23:55 and 00:10 */
    NIGHT_EVERY_DAYS = 6,
    TICKETS_REMEMBERED = 512, /* sales that a refund can go back to */
};

/* ---- when ---- */

static int compare_instants(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* Shops live on Saturdays. */
static int64_t day_weight(int32_t day)
{
    static const int64_t weights[7] = {10, 11, 12, 14, 18, 7, 8}; /* 1970-01-01 was a Thursday: Thursday first */
    return weights[day % 7] + (day % 7 == 2 ? 8 : 0);
}

static bool clock_changes_on(const struct zone *zone, int32_t day)
{
    return zone_offset_at(zone, zone_day_start(zone, day, 0)) != zone_offset_at(zone, zone_day_start(zone, day + 1, 0));
}

/* The closing times of one day's sales, late evening after midnight included, in order. */
static void draw_day(const struct demo *demo, const struct zone *zone, int32_t day, int64_t *times, int64_t count)
{
    struct dice dice = dice_for(demo->seed, 'D', (uint64_t)day);
    int64_t index = day - demo->size.from_day;
    bool last = index == demo->size.days - 1, change_tomorrow = clock_changes_on(zone, day + 1), change_today = clock_changes_on(zone, day);
    bool late = !last && (index % NIGHT_EVERY_DAYS == 2 || change_tomorrow || change_today);
    int64_t opening = zone_day_start(zone, day, OPENING_HOUR * 60), midnight = zone_day_start(zone, day + 1, 0);
    for (int64_t i = 0; i < count; i++) {
        int64_t offset_ms = dice_roll(&dice, OPEN_SECONDS * INT64_C(1000));
        times[i] = opening + offset_ms * 1000;
        if (late && i < NIGHT_SALES && i < count / 2)
            times[i] = midnight + (dice_roll(&dice, 900 * INT64_C(1000)) - 300 * INT64_C(1000)) * 1000;
    }
    /* One sale in each of the two hours that bear the same name when the clock goes back. */
    if (change_tomorrow && late && count > (int64_t)2 * NIGHT_SALES) {
        times[NIGHT_SALES] = midnight + 2 * CIVIL_HOUR + 30 * CIVIL_MINUTE + 417000;
        times[NIGHT_SALES + 1] = midnight + 3 * CIVIL_HOUR + 30 * CIVIL_MINUTE + 122000;
    }
    qsort(times, (size_t)count, sizeof *times, compare_instants);
    /* Two tills closing in the same millisecond: a reader that goes by time alone loses one of them. */
    for (int64_t i = 41; i < count; i += 83)
        times[i] = times[i - 1];
}

static int64_t *draw_times(const struct demo *demo, const struct zone *zone)
{
    size_t days = (size_t)demo->size.days;
    int64_t *times = mem_alloc_zero((size_t)demo->size.sales + 1, sizeof *times);
    int64_t *weights = mem_alloc_zero(days, sizeof *weights), *counts = mem_alloc_zero(days, sizeof *counts);
    if (times != NULL && weights != NULL && counts != NULL) {
        for (size_t i = 0; i < days; i++)
            weights[i] = day_weight(demo->size.from_day + (int32_t)i);
        money_share(demo->size.sales, weights, days, counts);
        int64_t done = 0;
        for (size_t i = 0; i < days; done += counts[i++])
            draw_day(demo, zone, demo->size.from_day + (int32_t)i, times + done, counts[i]);
    } else {
        mem_free(times);
        times = NULL;
    }
    mem_free(weights);
    mem_free(counts);
    return times;
}

/* ---- what ---- */

/* An article with a reference of its own that is still sold; -1 when the shop has none. */
static int64_t draw_article(const struct demo *demo, struct dice *dice)
{
    if (demo->size.articles <= 0)
        return -1;
    /* The first of the catalogue sell best. */
    int64_t bound = dice_percent(dice, 60) ? (demo->size.articles + 2) / 3 : demo->size.articles;
    for (int attempt = 0; attempt < 20; attempt++) {
        int64_t index = dice_roll(dice, bound);
        if (!demo_is_special(index))
            return index;
    }
    return -1;
}

static int64_t draw_quantity(const struct demo_article *article, struct dice *dice)
{
    if (article->kind == KIND_WEIGHED)
        return 120 + dice_roll(dice, 1900);
    int64_t roll = dice_roll(dice, 100);
    return roll < 72 ? 1000 : roll < 90 ? 2000 : roll < 96 ? 3000 : 6000;
}

static void price_line(struct demo_line *line)
{
    int64_t gross = 0;
    if (money_scale(line->unit_price_cents, line->quantity_milli, 1000, ROUND_HALF_UP, &gross))
        line->total_cents = gross - line->discount_cents;
}

static void draw_line(const struct demo *demo, int64_t index, struct dice *dice, struct demo_line *line)
{
    *line = (struct demo_line){.article = index, .declination = -1, .option = -1};
    demo_article(demo, index, &line->what);
    const struct demo_category *category = &demo_categories[line->what.category];
    line->tax = category->tax;
    line->quantity_milli = draw_quantity(&line->what, dice);
    line->unit_price_cents = line->what.price_cents;
    if (line->what.declinations > 0) {
        line->declination = (int)dice_roll(dice, line->what.declinations);
        line->unit_price_cents = line->what.declination_cents[line->declination];
    }
    if (category->option >= 0 && dice_percent(dice, 25)) {
        line->option = category->option + (int)dice_roll(dice, 2);
        line->unit_price_cents += demo_options[line->option].price_cents;
    }
    price_line(line);
    if (dice_percent(dice, 5)) {
        line->discount_cents = line->total_cents * (5 + 5 * dice_roll(dice, 3)) / 100;
        price_line(line);
    }
}

/* An amount keyed in without an article. */
static void draw_free_line(struct dice *dice, struct demo_line *line)
{
    *line = (struct demo_line){.article = -1, .declination = -1, .option = -1, .tax = dice_percent(dice, 70) ? 0 : 2, .quantity_milli = 1000};
    line->unit_price_cents = 50 + 10 * dice_roll(dice, 240);
    price_line(line);
}

static void draw_lines(const struct demo *demo, struct demo_sale *sale, struct dice *dice)
{
    static const int64_t specials[] = {DEMO_NO_REFERENCE_A, DEMO_NO_REFERENCE_B, DEMO_NO_REFERENCE_C, DEMO_NO_REFERENCE_D, DEMO_TWIN_A, DEMO_TWIN_B};
    int64_t number = sale->number;
    int wanted = 1 + (int)(dice_roll(dice, DEMO_LINES_MAX) * dice_roll(dice, DEMO_LINES_MAX) / (DEMO_LINES_MAX - 1));
    for (int i = 0; i < wanted; i++) {
        int64_t index = draw_article(demo, dice);
        if (index < 0)
            draw_free_line(dice, &sale->lines[sale->line_count++]);
        else
            draw_line(demo, index, dice, &sale->lines[sale->line_count++]);
    }
    struct demo_line *last = &sale->lines[sale->line_count - 1];
    if (number % 50 == 7)
        draw_free_line(dice, last);
    /* Each of the articles that are not as they should be is in a handful of sales. */
    for (int64_t i = 0; i < 6; i++)
        if (number % 331 == 11 + 53 * i && specials[i] < demo->size.articles)
            draw_line(demo, specials[i], dice, last);
}

/* ---- totals ---- */

/* A discount on the whole ticket, spread over the totals of its lines. */
static void spread_discount(struct demo_sale *sale, int64_t discount_cents)
{
    int64_t weights[DEMO_LINES_MAX], shares[DEMO_LINES_MAX];
    for (int i = 0; i < sale->line_count; i++)
        weights[i] = sale->lines[i].total_cents;
    money_share(discount_cents, weights, (size_t)sale->line_count, shares);
    for (int i = 0; i < sale->line_count; i++)
        sale->lines[i].total_cents -= shares[i];
    sale->discount_cents = discount_cents;
}

/* The VAT of one rate: truncated on the ticket, then shared over the lines of that rate. */
static void total_tax(struct demo_sale *sale, int tax)
{
    int64_t weights[DEMO_LINES_MAX], shares[DEMO_LINES_MAX];
    struct demo_tax_total *total = &sale->taxes[tax];
    *total = (struct demo_tax_total){0};
    for (int i = 0; i < sale->line_count; i++) {
        bool same = sale->lines[i].tax == tax;
        weights[i] = same ? sale->lines[i].total_cents : 0;
        total->used |= same;
        total->total_cents += weights[i];
    }
    if (!total->used)
        return;
    total->tax_cents = money_tax_inside(total->total_cents, demo_taxes[tax].rate_bp, ROUND_TRUNCATE);
    sale->tax_cents += total->tax_cents;
    if (total->total_cents == 0)
        return;
    money_share(total->tax_cents, weights, (size_t)sale->line_count, shares);
    for (int i = 0; i < sale->line_count; i++)
        if (sale->lines[i].tax == tax)
            sale->lines[i].tax_cents = shares[i];
}

static void total_sale(struct demo_sale *sale)
{
    sale->total_cents = sale->tax_cents = 0;
    for (int i = 0; i < sale->line_count; i++)
        sale->total_cents += sale->lines[i].total_cents;
    for (int tax = 0; tax < DEMO_TAXES; tax++)
        total_tax(sale, tax);
}

/* ---- how it was paid ---- */

static void pay(struct demo_sale *sale, enum demo_means means, int64_t amount_cents)
{
    if (amount_cents != 0)
        sale->payments[sale->payment_count++] = (struct demo_payment){means, amount_cents};
}

/* Notes and coins that a customer holds out; the change goes back. */
static void pay_cash(struct demo_sale *sale, int64_t amount_cents, struct dice *dice)
{
    static const int64_t steps[] = {500, 1000, 2000, 5000};
    int64_t step = steps[dice_roll(dice, 4)];
    int64_t given = dice_percent(dice, 20) ? amount_cents : (amount_cents + step - 1) / step * step;
    pay(sale, MEANS_CASH, given);
    pay(sale, MEANS_CHANGE, amount_cents - given);
}

static void pay_sale(struct demo_sale *sale, struct dice *dice)
{
    int64_t due = sale->total_cents + sale->tip_cents, roll = dice_roll(dice, 100);
    bool company = sale->customer >= 0 && demo_customers[sale->customer].company != NULL;
    if (company && dice_percent(dice, 40)) {
        pay(sale, dice_percent(dice, 60) ? MEANS_TRANSFER : MEANS_ACCOUNT, due);
    } else if (sale->customer >= 0 && dice_percent(dice, 4)) {
        pay(sale, MEANS_CREDIT_NOTE, due);
    } else if (roll < 52 || sale->tip_cents > 0) { /* NOLINT(bugprone-branch-clone): the ways in order of their shares; two of them end alike */
        pay(sale, MEANS_CARD, due);
    } else if (roll < 76) {
        pay_cash(sale, due, dice);
    } else if (roll < 84 && due > 1200) {
        /* At most 25 euros a day in meal vouchers, no change on them. */
        int64_t vouchers = due / 1000 * 1000;
        pay(sale, MEANS_MEAL_VOUCHER, vouchers > 2000 ? 2000 : vouchers);
        pay(sale, MEANS_CARD, due - (vouchers > 2000 ? 2000 : vouchers));
    } else if (roll < 90 && due > 1500) {
        pay(sale, MEANS_CARD, due / 2);
        pay_cash(sale, due - due / 2, dice);
    } else if (roll < 93) {
        pay(sale, MEANS_CHECK, due);
    } else if (roll < 95 && due > 2000) {
        pay(sale, MEANS_GIFT_CARD, 2000);
        pay(sale, MEANS_CARD, due - 2000);
    } else {
        pay(sale, MEANS_CARD, due);
    }
}

/* ---- the kinds of sales ---- */

static void draw_sale(const struct demo *demo, struct demo_sale *sale, struct dice *dice)
{
    draw_lines(demo, sale, dice);
    sale->customer = dice_percent(dice, 12) ? (int)dice_roll(dice, DEMO_CUSTOMERS) : -1;
    total_sale(sale);
    if (sale->total_cents > 0 && dice_percent(dice, 4)) {
        spread_discount(sale, sale->total_cents * (dice_percent(dice, 50) ? 5 : 10) / 100);
        total_sale(sale);
    }
    if (sale->number % 125 == 60)
        sale->tip_cents = 50 + 50 * dice_roll(dice, 4);
    pay_sale(sale, dice);
    sale->cancelled = sale->number % 97 == 50;
    sale->training = sale->number % 211 == 100;
}

/* Nothing was owed: one sale given away, one without a line. */
static void draw_zero_sale(const struct demo *demo, struct demo_sale *sale, struct dice *dice, bool without_lines)
{
    sale->customer = -1;
    if (without_lines)
        return;
    draw_lines(demo, sale, dice);
    sale->line_count = 1;
    sale->lines[0].discount_cents += sale->lines[0].total_cents;
    price_line(&sale->lines[0]);
    total_sale(sale);
}

static void negate_line(struct demo_line *line)
{
    line->quantity_milli = -line->quantity_milli;
    line->discount_cents = -line->discount_cents;
    line->total_cents = -line->total_cents;
}

/* What comes back: all of it, or one of several lines. The money goes the way it came, change aside. */
static void draw_refund(struct demo_sale *sale, const struct demo_sale *origin, struct dice *dice)
{
    sale->customer = origin->customer;
    memcpy(sale->refund_of, origin->id, sizeof sale->refund_of);
    /* A ticket discount has no share of its own on a line: such a sale comes back whole. */
    if (origin->line_count > 1 && origin->discount_cents == 0 && dice_percent(dice, 60)) {
        sale->lines[0] = origin->lines[dice_roll(dice, origin->line_count)];
        sale->line_count = 1;
    } else {
        memcpy(sale->lines, origin->lines, sizeof sale->lines);
        sale->line_count = origin->line_count;
        sale->discount_cents = -origin->discount_cents;
    }
    for (int i = 0; i < sale->line_count; i++)
        negate_line(&sale->lines[i]);
    total_sale(sale);
    pay(sale, origin->payments[0].means == MEANS_MEAL_VOUCHER ? MEANS_CASH : origin->payments[0].means, sale->total_cents);
}

/* ---- all of them ---- */

struct memory {
    struct demo_sale *sales; /* a ring of the last TICKETS_REMEMBERED */
    int64_t count;
};

static bool can_come_back(const struct demo_sale *sale)
{
    return sale->total_cents > 0 && !sale->cancelled && !sale->training && !sale->refunded && sale->refund_of[0] == '\0' && sale->tip_cents == 0;
}

/* A sale of the same day, or of an earlier one; NULL when the ring holds none. */
static struct demo_sale *find_origin(struct memory *memory, int32_t day, bool same_day, struct dice *dice)
{
    int64_t held = memory->count < TICKETS_REMEMBERED ? memory->count : TICKETS_REMEMBERED;
    int64_t start = held > 0 ? dice_roll(dice, held) : 0;
    for (int64_t i = 0; i < held; i++) {
        struct demo_sale *sale = &memory->sales[(start + i) % held];
        if (can_come_back(sale) && (sale->day == day) == same_day)
            return sale;
    }
    return NULL;
}

static void draw_one(const struct demo *demo, struct memory *memory, struct demo_sale *sale)
{
    struct dice dice = dice_for(demo->seed, 'S', (uint64_t)sale->number);
    bool same_day = sale->number % 40 == 20, later_day = sale->number % 40 == 35;
    struct demo_sale *origin = same_day || later_day ? find_origin(memory, sale->day, same_day, &dice) : NULL;
    int64_t fifth = demo->size.sales / 5;
    demo_id(demo->seed, sale->closed_utc, 'v', sale->number, sale->id);
    if (fifth > 0 && sale->number == fifth + 1) {
        draw_zero_sale(demo, sale, &dice, false);
    } else if (fifth > 0 && sale->number == 3 * fifth + 1) {
        draw_zero_sale(demo, sale, &dice, true);
    } else if (origin != NULL) {
        origin->refunded = true;
        draw_refund(sale, origin, &dice);
    } else {
        draw_sale(demo, sale, &dice);
    }
}

/* What is sold leaves the stock; the default article is the first row. */
static void take_from_stock(struct store *store, const struct demo_sale *sale)
{
    struct table *articles = &store->tables[RESOURCE_ARTICLES];
    for (int i = 0; i < sale->line_count && !sale->cancelled && !sale->training; i++)
        if (sale->lines[i].article >= 0 && sale->lines[i].what.in_stock)
            articles->records[sale->lines[i].article + 1].stock_milli -= sale->lines[i].quantity_milli;
}

static int add_sales(struct store *store, const struct demo *demo, const struct zone *zone, const int64_t *times, struct memory *memory, struct err *err)
{
    BUF_AUTO text = {0};
    int rc = OK;
    for (int64_t i = 0; i < demo->size.sales && rc == OK; i++) {
        struct demo_sale *sale = &memory->sales[i % TICKETS_REMEMBERED];
        struct demo_sale drawn = {.number = i + 1, .closed_utc = times[i], .day = zone_business_day(zone, times[i], 0)};
        draw_one(demo, memory, &drawn);
        *sale = drawn;
        memory->count = i + 1;
        take_from_stock(store, sale);
        buf_reset(&text);
        demo_order_append(&text, store, demo, sale);
        rc = buf_failed(&text) ? err_memory(err) : store_add(store, RESOURCE_ORDERS, buf_str(&text), 0, err);
    }
    return rc;
}

int demo_sales(struct store *store, const struct demo *demo, struct err *err)
{
    struct zone *zone;
    int rc = zone_load(&zone, STR("Europe/Paris"), err);
    if (rc != OK || demo->size.sales == 0) {
        if (rc == OK)
            zone_free(zone);
        return rc;
    }
    struct memory memory = {.sales = mem_alloc_zero(TICKETS_REMEMBERED, sizeof *memory.sales)};
    int64_t *times = draw_times(demo, zone);
    rc = memory.sales == NULL || times == NULL ? err_memory(err) : add_sales(store, demo, zone, times, &memory, err);
    mem_free(memory.sales);
    mem_free(times);
    zone_free(zone);
    return rc;
}
