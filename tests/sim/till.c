/* till.c: the life of the simulated till: its clock, what it holds back until a disturbance of the plan lets it out, and the public side of till.h. */
#include <stdio.h>
#include <stdlib.h>

#include "till_store.h"

/* Clocks disagree by minutes, not by more: what a link's readings overlap by is their measure. */
#define SKEW_MAX (30 * CIVIL_MINUTE)

uint64_t sim_mix(uint64_t seed, uint64_t purpose, uint64_t place)
{
    struct sim_random random = {seed ^ (purpose * UINT64_C(0xd6e8feb86659fd93)) ^ (place * UINT64_C(0xa0761d6478bd642f))};
    return sim_next(&random);
}

/* ---- clocks ---- */

static int64_t clock_now(void *context)
{
    return ((struct sim_clock *)context)->now_utc;
}

static int clock_sleep(void *context, int64_t ms)
{
    ((struct sim_clock *)context)->now_utc += ms * 1000;
    return OK;
}

struct clock sim_clock_of(struct sim_clock *clock)
{
    return (struct clock){.now_utc = clock_now, .sleep_ms = clock_sleep, .context = clock};
}

int64_t sim_till_now(const struct sim_till *till)
{
    int64_t now_utc = till->clock->now_utc + till->skew_utc;
    return now_utc - now_utc % 1000;
}

/* ---- making ---- */

static void add_named(struct named *list, size_t *count, const char *kind, const char *name, int64_t rate_bp)
{
    struct named *named = &list[*count];
    *named = (struct named){.rate_bp = rate_bp, .is_default = *count == 0, .updated_utc = SIM_BEGIN - 90 * CIVIL_DAY};
    snprintf(named->id, sizeof named->id, "5d%s%020zx", kind, ++*count);
    sim_copy(named->name, sizeof named->name, str_from(name));
}

static void add_article(struct sim_till *till, const struct sim_article *article, size_t category)
{
    struct shelf_article *shelf = &till->shelf[till->shelf_count++];
    *shelf = (struct shelf_article){.tax_count = 1, .has_price = true, .price_e4 = 100 * article->price_cents, .in_stock = till->shelf_count % 2 == 0,
                                    .ignore_stock = true, .stock = article->stock, .updated_utc = SIM_BEGIN - 60 * CIVIL_DAY};
    sim_copy(shelf->id, sizeof shelf->id, str_from(article->id));
    sim_copy(shelf->name, sizeof shelf->name, str_from(article->name));
    sim_copy(shelf->reference, sizeof shelf->reference, str_from(article->reference));
    sim_copy(shelf->category_id, sizeof shelf->category_id, str_from(till->categories[category].id));
    sim_copy(shelf->color, sizeof shelf->color, STR("#6868DC"));
    for (size_t i = 0; i < till->tax_count; i++)
        if (till->taxes[i].rate_bp == article->rate_bp)
            sim_copy(shelf->tax_ids[0], sizeof shelf->tax_ids[0], str_from(till->taxes[i].id));
}

/* The articles that every account and many shops have, and that are none of ours. */
static void add_odd_articles(struct sim_till *till)
{
    const struct sim_article built_in = {.id = "5e0000000000000000000000", .name = "default", .rate_bp = 2000};
    const struct sim_article training = {.id = "5e0000000000000000000001", .name = "Essai", .reference = "A900", .rate_bp = 2000, .price_cents = 100};
    add_article(till, &built_in, 0);
    till->shelf[0].is_default = true;
    add_article(till, &training, 1);
    till->shelf[1].test = true;
}

static void make_shelf(struct sim_till *till)
{
    add_named(till->categories, &till->category_count, "c0", "Non catégorisé", 0);
    add_named(till->categories, &till->category_count, "c0", "Épicerie", 0);
    add_named(till->categories, &till->category_count, "c0", "Boissons", 0);
    add_named(till->taxes, &till->tax_count, "f0", "TVA 20", 2000);
    add_named(till->taxes, &till->tax_count, "f0", "TVA 10", 1000);
    add_named(till->taxes, &till->tax_count, "f0", "TVA 5,5", 550);
    add_named(till->taxes, &till->tax_count, "f0", "TVA 8,5 (DOM)", 850);
    add_odd_articles(till);
    for (size_t i = 0; i < till->article_count; i++)
        add_article(till, &till->articles[i], article_category((int)i));
}

/* ---- what is held back ---- */

static bool is_of_records(enum sim_kind kind)
{
    return kind >= TILL_APPEAR_LATE && kind <= TILL_REFUND;
}

/* Everything that will come out later is counted first: what is shown follows from what is still to come. */
static void hold_back(struct sim_till *till)
{
    for (size_t i = 0; i < till->plan.count; i++) {
        const struct disturbance *disturbance = &till->plan.disturbances[i];
        int target = is_of_records(disturbance->kind) ? truth_target(till, disturbance->kind, disturbance->argument) : -1;
        till->targets[i] = target;
        if (target < 0)
            continue;
        struct sale_record *record = &till->records[target];
        record->hidden += disturbance->kind == TILL_APPEAR_LATE || disturbance->kind == TILL_REFUND;
        record->edits += disturbance->kind == TILL_EDIT;
        record->cancels += disturbance->kind == TILL_CANCEL;
    }
}

static void make_records(struct sim_till *till)
{
    for (size_t i = 0; i < till->sale_count; i++)
        till->records[i] = (struct sale_record){.stale = true, .updated_utc = till->sales[i].closed_utc + CIVIL_SECOND * (int64_t)(sim_mix(till->plan.seed, 7, i) % 3)};
    for (size_t i = 0; i < JUNK_MAX; i++)
        till->records[till->sale_count + i] = (struct sale_record){.stale = true, .hidden = 1, .updated_utc = till->junk_closed_utc[i]};
    if (till->disturbed)
        hold_back(till);
}

struct sim_till *sim_till_new(const struct plan *plan, bool disturbed, struct sim_clock *clock)
{
    struct sim_till *till = calloc(1, sizeof *till);
    if (!till)
        abort();
    till->plan = *plan;
    till->disturbed = disturbed;
    till->clock = clock;
    truth_make(till);
    make_shelf(till);
    make_records(till);
    till->burst = SIM_KIND_COUNT;
    return till;
}

void sim_till_free(struct sim_till *till)
{
    if (!till)
        return;
    for (size_t i = 0; i < RECORDS_MAX; i++)
        buf_release(&till->records[i].json);
    free(till);
}

/* ---- disturbances of the records ---- */

/* The record and, for a refund, the sale that it pays back are changed now. */
static void touch(struct sim_till *till, int place)
{
    till->records[place].updated_utc = sim_till_now(till);
    till->records[place].stale = true;
    if (till->sales[place].refund_of >= 0)
        till->records[till->sales[place].refund_of].stale = true;
}

/* Some junk comes or goes. An article that comes stands before the others, and stays, since articles are never really deleted there. */
static void shift(struct sim_till *till, int64_t argument)
{
    uint64_t draw = (uint64_t)argument;
    for (uint64_t i = 0; i < 1 + draw % 3; i++) {
        struct sale_record *record = &till->records[till->sale_count + (draw / 3 + i) % JUNK_MAX];
        record->hidden = !record->hidden;
        record->updated_utc = sim_till_now(till);
        record->stale = true;
    }
    if (till->shelf_count == SHELF_MAX || draw % 2)
        return;
    struct shelf_article *article = &till->shelf[till->shelf_count++];
    *article = till->shelf[1];                       /* the one of training */
    article->junk = true;
    article->reference[0] = '\0';
    snprintf(article->id, sizeof article->id, "5d%022zx", SHELF_MAX - till->shelf_count);
}

/* Too fast by an odd number of seconds, too slow by an even one. */
static int64_t skew_of(int64_t argument)
{
    int64_t skew_utc = argument * CIVIL_SECOND % SKEW_MAX;
    return argument % 2 ? skew_utc : -skew_utc;
}

static void happen(struct sim_till *till, size_t place)
{
    const struct disturbance *disturbance = &till->plan.disturbances[place];
    int target = till->targets[place];
    till->fired[place] = true;
    if (disturbance->kind == TILL_SHIFT)
        shift(till, disturbance->argument);
    else if (disturbance->kind == TILL_RESORT)
        till->resorts++;
    else if (disturbance->kind == TILL_CLOCK)
        till->skew_utc = skew_of(disturbance->argument);
    else if (target < 0)
        return;
    else {
        struct sale_record *record = &till->records[target];
        record->hidden -= disturbance->kind == TILL_APPEAR_LATE || disturbance->kind == TILL_REFUND;
        record->edits -= disturbance->kind == TILL_EDIT;
        record->cancels -= disturbance->kind == TILL_CANCEL;
        touch(till, target);
    }
    till->faults_met++;
}

static bool due_before(const struct disturbance *a, const struct disturbance *b)
{
    return a->round != b->round ? a->round < b->round : a->at < b->at;
}

/* Lets the disturbances of the records happen, in their order, that are due before this point. */
static void happen_until(struct sim_till *till, int round, int64_t request)
{
    for (;;) {
        size_t next = till->plan.count;
        for (size_t i = 0; i < till->plan.count; i++) {
            const struct disturbance *one = &till->plan.disturbances[i];
            bool due = one->round < round || (one->round == round && one->at <= request);
            if (!till->fired[i] && is_of_records(one->kind) && due && (next == till->plan.count || due_before(one, &till->plan.disturbances[next])))
                next = i;
        }
        if (next == till->plan.count)
            return;
        happen(till, next);
    }
}

void till_advance(struct sim_till *till)
{
    if (till->disturbed)
        happen_until(till, till->round, till->request);
}

/* Quiet has come: nothing is held back any more, and the till's manners are good. */
static void calm_down(struct sim_till *till)
{
    happen_until(till, INT32_MAX, 0);
    till->limit_max = 0;
    till->skew_utc = 0;
    for (size_t i = 0; i < JUNK_MAX; i++)
        till->records[till->sale_count + i].hidden = 1;
}

void sim_till_begin(struct sim_till *till, int round)
{
    till->life++;
    till->dead = false;
    till->round = round;
    till->request = 0;
    till->burst_left = 0;
    if (!till->disturbed)
        return;
    if (round >= till->plan.rounds || round >= ROUNDS_MAX)
        calm_down(till);
    else
        happen_until(till, round, 0);
}

void sim_till_on_request(struct sim_till *till, void (*hook)(void *context, int64_t request), void *context)
{
    till->hook = hook;
    till->hook_context = context;
}

void sim_till_die(struct sim_till *till)
{
    till->dead = true;
}

/* ---- disturbances of the wire ---- */

/* One in four lasts longer than the client's patience, and so does what each retry meets. */
static bool lasts(const struct disturbance *disturbance)
{
    return disturbance->argument % 4 == 3 && disturbance->kind != WIRE_SLOW && disturbance->kind != WIRE_DUPLICATE && disturbance->kind != WIRE_LOST_ANSWER;
}

enum sim_kind till_wire_fault(struct sim_till *till, int64_t *ret_argument)
{
    enum { PATIENCE = 7 };
    for (size_t i = 0; till->disturbed && i < till->plan.count; i++) {
        const struct disturbance *one = &till->plan.disturbances[i];
        if (till->fired[i] || one->kind > WIRE_LOWER_LIMIT || one->round != till->round || one->at != till->request)
            continue;
        till->fired[i] = true;
        till->faults_met++;
        if (one->kind == WIRE_LOWER_LIMIT) {
            int64_t limit = one->argument > 0 ? one->argument : 1;
            till->limit_max = till->limit_max && till->limit_max < limit ? till->limit_max : limit;
            continue;
        }
        till->burst = one->kind;
        till->burst_argument = one->argument;
        till->burst_left = lasts(one) ? PATIENCE : 1;
    }
    *ret_argument = till->burst_argument;
    return till->burst_left > 0 && till->burst_left-- > 0 ? till->burst : SIM_KIND_COUNT;
}

/* ---- looking ---- */

const struct sim_sale *sim_till_sales(const struct sim_till *till, size_t *ret_count)
{
    *ret_count = till->sale_count;
    return till->sales;
}

const struct sim_article *sim_till_articles(const struct sim_till *till, size_t *ret_count)
{
    *ret_count = till->article_count;
    return till->articles;
}

bool sim_till_is_writing(const struct sim_till *till)
{
    return till->writing;
}

bool sim_till_is_final(const struct sim_till *till)
{
    for (size_t i = 0; i < till->sale_count; i++)
        if (till->records[i].hidden || till->records[i].edits || till->records[i].cancels)
            return false;
    return true;
}

int64_t sim_till_faults_met(const struct sim_till *till)
{
    return till->faults_met;
}

/* ---- the dump ---- */

enum { DUMP_LINE = 400 };
struct dump_line { char text[DUMP_LINE]; };

static int compare_lines(const void *a, const void *b)
{
    return strcmp(a, b);
}

static const char *name_of(const struct named *list, size_t count, const char *id)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].id, id) == 0)
            return list[i].name;
    return id;
}

/* By names instead of ids: two runs may create the same things in another order. */
static void dump_article(const struct sim_till *till, const struct shelf_article *article, char *line)
{
    int used = snprintf(line, DUMP_LINE, "article %s|%s|%s|%s|%s|%s|%lld|%lld|%lld|%d%d%d%d%d|", article->reference, article->name,
                        name_of(till->categories, till->category_count, article->category_id), article->barcode, article->unit, article->color,
                        article->has_price ? (long long)article->price_e4 : -1, article->has_buy_price ? (long long)article->buy_price_e4 : -1,
                        article->has_weight ? (long long)article->weight_milli : -1, article->in_stock, article->ignore_stock, article->deprecated, article->is_default,
                        article->test);
    for (size_t i = 0; i < article->tax_count && used < DUMP_LINE; i++)
        used += snprintf(line + used, (size_t)(DUMP_LINE - used), "%s,", name_of(till->taxes, till->tax_count, article->tax_ids[i]));
}

void sim_till_dump(const struct sim_till *till, struct buf *out)
{
    struct dump_line lines[SHELF_MAX + 2 * NAMED_MAX];
    size_t count = 0;
    for (size_t i = 0; i < till->shelf_count; i++)
        if (!till->shelf[i].junk)
            dump_article(till, &till->shelf[i], lines[count++].text);
    for (size_t i = 0; i < till->category_count; i++)
        snprintf(lines[count++].text, DUMP_LINE, "category %s", till->categories[i].name);
    for (size_t i = 0; i < till->tax_count; i++)
        snprintf(lines[count++].text, DUMP_LINE, "tax %s %lld", till->taxes[i].name, (long long)till->taxes[i].rate_bp);
    qsort(lines, count, sizeof *lines, compare_lines);
    for (size_t i = 0; i < count; i++) {
        buf_append_z(out, lines[i].text);
        buf_append_char(out, '\n');
    }
}
