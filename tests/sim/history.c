/* history.c: one seed: its plan told in a disturbed and in an undisturbed world, each judged by the invariants, and the two ends compared (invariant 7). Used by main.c and
 * minimize.c. */
#include <stdarg.h>
#include <stdio.h>

#include "sim.h"

void verdict_add(struct verdict *verdict, int invariant, const char *format, ...)
{
    char text[900];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (verdict->count++ >= VERDICT_MAX)
        return;
    if (invariant)
        buf_printf(&verdict->text, "  invariant %d: %s\n", invariant, text);
    else
        buf_printf(&verdict->text, "  fault: %s\n", text);
}

/* ---- the shop before its first run ---- */

struct stocking { struct world *world; };

static int stock_article(struct db *db, struct world *world, const struct sim_article *till_article, int64_t id, struct err *err)
{
    int64_t company_id = world->ground->company.id;
    struct article article = {.code = str_from(till_article->reference), .label = str_from(till_article->name), .rate_bp = till_article->rate_bp, .has_price = true,
                              .price_e4 = till_article->price_cents * 100, .stock_managed = till_article->stock % 2 != 0};
    int rc = tax_find_by_rate(db, company_id, article.rate_bp, &article.tax_id, err);
    if (rc == 0)
        rc = tax_find_by_rate(db, company_id, article.rate_bp = 2000, &article.tax_id, err); /* of a rate that only the till has */
    article.id = id;
    if (rc == 1)
        rc = article_insert(db, company_id, &article, SIM_BEGIN - CIVIL_DAY, err);
    if (rc == OK && article.stock_managed)
        rc = stock_count_set(db, company_id, article.id, till_article->stock * 1000, SIM_BEGIN - CIVIL_DAY, err);
    return rc;
}

/* What the back office has and the till has not. */
static int stock_own(struct db *db, struct world *world, struct err *err)
{
    static const char *const codes[] = {"L-1", "L-2", "L-3"}, *const labels[] = {"Miel de sapin", "Confiture de framboise", "Torchon rayé"};
    int64_t company_id = world->ground->company.id;
    int rc = OK;
    for (size_t i = 0; rc == OK && i < 3; i++) {
        struct article article = {.code = str_from(codes[i]), .label = str_from(labels[i]), .rate_bp = i < 2 ? 550 : 2000, .has_price = true, .price_e4 = (int64_t)(i + 3) * 10500};
        rc = tax_find_by_rate(db, company_id, article.rate_bp, &article.tax_id, err) == 1 ? OK : err->code;
        if (rc == OK && i < 2) /* the last one has none, and comes to the till's default category */
            rc = family_find_or_create(db, company_id, i == 0 ? STR("Épicerie") : STR("Maison"), &article.family_id, err);
        if (rc == OK)
            rc = db_reserve_ids(db, company_id, "article", 1, &article.id, err);
        if (rc == OK)
            rc = article_insert(db, company_id, &article, SIM_BEGIN - CIVIL_DAY, err);
    }
    return rc;
}

static int stock_body(struct db *db, void *context, struct err *err)
{
    struct world *world = context;
    const struct setting *setting = world->ground->setting;
    size_t count;
    const struct sim_article *articles = sim_till_articles(world->till, &count);
    int64_t first_id;
    int rc = db_reserve_ids(db, world->ground->company.id, "article", SIM_ARTICLES_MAX, &first_id, err);
    for (size_t i = 0; rc == OK && i < count; i++)
        if (!articles[i].unknown_here)
            rc = stock_article(db, world, &articles[i], first_id + (int64_t)i, err);
    return rc == OK && setting->export_articles ? stock_own(db, world, err) : rc;
}

/* ---- telling ---- */

/* Lives, rest, cure; false when that went so wrong that nothing can be compared. */
static bool tell(struct world *world, struct buf *ret_end, struct history_counts *counts)
{
    struct err err = {0};
    struct state state = {0};
    bool told = false;
    world->clock.now_utc = SIM_BEGIN;
    if (!world_open(world) || db_transact(world->db, stock_body, world, &err) != OK) {
        BUF_AUTO text = {0};
        err_format(&err, &text);
        verdict_add(world->verdict, 0, "the shop could not be stocked: %s", text.p ? text.p : "");
        return false;
    }
    for (int round = 0; world->disk && round < world->plan->rounds; round++)
        world_life(world, round);
    world->clock.now_utc = SIM_BEGIN + 3 * CIVIL_DAY;
    world_rest(world);
    if (world_open(world) && world_read_state(world, &state)) {
        invariants_at_rest(world, &state);
        state_release(&state);
        if (!world->disk)
            invariant_2_database_refuses(world);
        operator_cure(world);
        if (world_read_state(world, &state)) {
            invariants_at_end(world, &state);
            if (!world->disk)
                invariant_2_database_refuses(world);
            state_normal_form(world, &state, ret_end);
            trace_tell(world->trace, "the end of the %s history:\n%s", world->disk ? "disturbed" : "undisturbed", ret_end->p);
            counts->documents += (int64_t)ROWS(&state, T_DOCUMENT);
            counts->sales += (int64_t)ROWS(&state, T_SALE);
            told = true;
        }
    }
    state_release(&state);
    counts->runs += world->runs;
    counts->deaths += world->deaths;
    return told;
}

static void check_journal(struct world *world)
{
    struct journal_verdict journal = {0};
    struct err err = {0};
    ARENA_AUTO arena = {0};
    if (journal_verify(world->db, world->ground->company.id, &arena, &journal, &err) != OK || journal.bad_seq)
        verdict_add(world->verdict, 7, "expected a journal that verifies, found record %lld bad", (long long)journal.bad_seq);
}

/* The till's seed is its shop's. */
static struct plan plan_of_shop(const struct plan *plan)
{
    struct plan of_shop = *plan;
    of_shop.seed = plan->shop;
    return of_shop;
}

/* Most histories spare the opening of the database and the preparing of statements, by far the most of their time. A prime, so that it is each plan's turn in some shop. */
enum { OPENING_ONE_IN = 47 };

static bool tell_disturbed(struct world *world, struct hall *hall, struct buf *ret_end, struct history_counts *counts)
{
    bool opens = world->plan->seed % OPENING_ONE_IN == 0;
    world->disk = hall->disk;
    world->site = opens ? &world->grounds->opened : &world->grounds->idle;
    world->idle = opens ? NULL : &hall->idle;
    world_begin(world);
    const struct plan plan = plan_of_shop(world->plan);
    world->till = sim_till_new(&plan, true, &world->clock);
    bool told = tell(world, ret_end, counts);
    if (told)
        check_journal(world);
    if (told && world->trace->on)
        state_trace(world->db, world->trace);
    counts->faults_met += sim_till_faults_met(world->till);
    world_close(world);
    counts->disk_operations += disk_operations(world->disk);
    sim_till_free(world->till);
    return told;
}

/* In a rehearsal on a connection that stays open: nothing of it is kept, and no statement is prepared twice. */
static bool tell_undisturbed(struct world *world, struct buf *ret_end, struct history_counts *counts)
{
    struct err err = {0};
    world->db = world->ground->still_db;
    const struct plan plan = plan_of_shop(world->plan);
    world->till = sim_till_new(&plan, false, &world->clock);
    bool told = db_rehearsal_begin(world->db, &err) == OK && tell(world, ret_end, counts);
    db_rehearsal_end(world->db);
    sim_till_free(world->till);
    return told;
}

/* Once for all plans of the shop, when nothing was wrong with it. */
static bool tell_undisturbed_once(struct world *world, struct hall *hall, struct history_counts *counts)
{
    int violations = world->verdict->count;
    if (hall->has_end && hall->shop == world->plan->shop)
        return true;
    buf_reset(&hall->end);
    bool told = tell_undisturbed(world, &hall->end, counts);
    hall->has_end = told && world->verdict->count == violations;
    hall->shop = world->plan->shop;
    return told;
}

void history_run(struct hall *hall, const struct plan *plan, struct trace *trace, struct verdict *verdict, struct history_counts *ret)
{
    struct trace silent = {.on = false};
    struct world disturbed = {.grounds = hall->grounds, .ground = grounds_of_seed(hall->grounds, plan->shop), .plan = plan, .random = {plan->seed}, .verdict = verdict,
                              .trace = trace ? trace : &silent};
    struct world undisturbed = disturbed;
    undisturbed.trace = &silent;
    BUF_AUTO found = {0};
    bool told = tell_disturbed(&disturbed, hall, &found, ret);
    bool twin_told = tell_undisturbed_once(&undisturbed, hall, ret);
    if (!told || !twin_told)
        return;
    struct str expected = buf_str(&hall->end);
    if (trace)
        trace_bytes(trace, expected);
    if (str_equal(expected, buf_str(&found)))
        return;
    BUF_AUTO difference = {0};
    text_first_difference(expected, buf_str(&found), &difference);
    verdict_add(verdict, 7, "expected the end of the undisturbed history; %s", difference.p);
}
