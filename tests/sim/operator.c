/* operator.c: the person at the back office. In the midst of a life: a second run, a purge, edits, mappings, validations, at the wrong moment. In the end: the cures
 * that every history gets. All through the program's own functions, as the command line calls them. Used by process.c and history.c. */
#include <stdio.h>

#include "sim.h"

/* What a person looks at. */
#define OF_GRID (1u << T_GRID | 1u << T_ANOMALY)

struct person { struct world *world; struct db *db; const struct disturbance *deed; struct err err; };

static int64_t company_of(const struct person *person)
{
    return person->world->ground->company.id;
}

/* An error of a deed needs an explanation only when the program blames itself. */
static void judge_deed(struct person *person, const char *doing, int rc)
{
    BUF_AUTO text = {0};
    trace_tell(person->world->trace, "    %s: %d %s\n", doing, rc, rc < 0 && person->err.message ? person->err.message : "");
    if (rc != ERR_INTERNAL || (person->world->disk && disk_faulted(person->world->disk)))
        return;
    err_format(&person->err, &text);
    verdict_add(person->world->verdict, 0, "%s: expected no fault of the program itself, found: %s", doing, text.p ? text.p : "");
}

/* ---- deeds ---- */

/* Of every fourth second run: the first one's machine was suspended for longer than a lease lasts, so that it is the second one's turn. Not in the midst of a write,
 * which the till gets while nobody can hold it back any more. */
static void let_it_stand_still(struct person *person)
{
    struct world *world = person->world;
    if (person->deed->at > 0 && person->deed->argument % 4 == 0 && !sim_till_is_writing(world->till))
        world->clock.now_utc += 2 * CIVIL_MINUTE;
}

static void second_run(struct person *person)
{
    static const char SELECT_LEASE[] = "SELECT lease_until_utc FROM link WHERE company_id = $1 AND link_id = $2";
    const struct sync_options options = {.dry_run = false};
    struct sync_result result;
    let_it_stand_still(person);
    int64_t until_utc = 0, now_utc = person->world->clock.now_utc;
    int held = db_query_int(person->db, &until_utc, SELECT_LEASE, &person->err, DB_INT(company_of(person)), DB_INT(person->world->ground->link.id));
    int rc = world_sync(person->world, person->db, &options, &result);
    if (held == 1 && until_utc > now_utc && rc == OK)
        verdict_add(person->world->verdict, 0, "expected a second run to be refused while the first one holds the link, found that it ran");
}

/* The row of the grid that a deed takes: by its argument, among the sales that are no corrections (to purge one of those is to refuse it, another end); SIZE_MAX = none. */
static size_t some_new_sale(const struct person *person, const struct state *state)
{
    size_t rows[SIM_SALES_MAX * 2], count = 0;
    for (size_t row = 0; row < ROWS(state, T_GRID) && count < sizeof rows / sizeof *rows; row++)
        if (INT_AT(state, T_GRID, row, GRID_REVISION) == 0)
            rows[count++] = row;
    return count ? rows[(size_t)person->deed->argument % count] : SIZE_MAX;
}

static bool has_corrections(const struct state *state)
{
    for (size_t row = 0; row < ROWS(state, T_GRID); row++)
        if (INT_AT(state, T_GRID, row, GRID_REVISION) > 0)
            return true;
    return false;
}

struct purging { struct person *person; const struct str *selection; size_t count; };

static int purge_body(struct db *db, void *context, struct err *err)
{
    const struct purging *purging = context;
    int64_t purged;
    return grid_purge(db, company_of(purging->person), purging->person->world->ground->link.id, purging->selection, purging->count, &purged, err);
}

static void purge(struct person *person)
{
    struct state state;
    if (state_read(person->db, company_of(person), OF_GRID, &state, &person->err)) {
        size_t row = some_new_sale(person, &state);
        bool all = person->deed->argument % 3 == 0 && !has_corrections(&state);
        struct str id = row == SIZE_MAX ? STR("") : TEXT_AT(&state, T_GRID, row, GRID_SALE);
        struct purging purging = {person, &id, all ? 0 : 1};
        if (all || row != SIZE_MAX)
            judge_deed(person, "purging the grid", db_transact(person->db, purge_body, &purging, &person->err));
    }
    state_release(&state);
}

struct editing { struct person *person; int64_t grid_sale_id; struct str field, value; };

static int edit_body(struct db *db, void *context, struct err *err)
{
    const struct editing *editing = context;
    return grid_edit(db, &editing->person->world->ground->company, editing->grid_sale_id, editing->field, editing->value, err);
}

static void edit_field(struct person *person, int64_t grid_sale_id, struct str field, struct str value)
{
    struct editing editing = {person, grid_sale_id, field, value};
    judge_deed(person, "editing the grid", db_transact(person->db, edit_body, &editing, &person->err));
}

static void edit_cents(struct person *person, int64_t grid_sale_id, struct str field, int64_t cents)
{
    char text[40];
    snprintf(text, sizeof text, "%s%lld.%02lld", cents < 0 ? "-" : "", (long long)(cents < 0 ? -cents : cents) / 100, (long long)(cents < 0 ? -cents : cents) % 100);
    edit_field(person, grid_sale_id, field, str_from(text));
}

static bool is_faulty(const struct world *world, struct str till_sale_id)
{
    size_t count;
    const struct sim_sale *sales = sim_till_sales(world->till, &count);
    for (size_t i = 0; i < count; i++)
        if (str_equal(str_from(sales[i].id), till_sale_id))
            return sales[i].faulty;
    return true;
}

/* Either to what it is already, which a person does to look whether it saves, or to a wrong total, which nothing must let through. */
static void edit(struct person *person)
{
    struct state state;
    if (state_read(person->db, company_of(person), OF_GRID, &state, &person->err)) {
        size_t row = some_new_sale(person, &state);
        if (row != SIZE_MAX && !is_faulty(person->world, TEXT_AT(&state, T_GRID, row, GRID_SALE))) {
            int64_t id = INT_AT(&state, T_GRID, row, GRID_ID), total_cents = INT_AT(&state, T_GRID, row, GRID_TOTAL);
            bool spoil = person->deed->argument % 3 == 0;
            edit_cents(person, id, STR("total"), spoil ? total_cents + person->deed->argument : total_cents);
        }
    }
    state_release(&state);
}

/* The means that nobody knows yet, and a rate to the code that it has by itself: both to what they are in the end, since what a mapping made is not unmade. */
static int map_body(struct db *db, void *context, struct err *err)
{
    struct person *person = context;
    int64_t means_id, tax_id, link_id = person->world->ground->link.id;
    int last = 0;
    while (sim_means[last + 1])
        last++;
    int rc = tax_find_by_rate(db, company_of(person), 2000, &tax_id, err);
    if (rc == 1)
        rc = grid_map_tax(db, company_of(person), link_id, 2000, tax_id, err);
    if (rc == OK)
        rc = means_find_by_code(db, company_of(person), STR("transfer"), &means_id, err);
    return rc == 1 ? grid_map_means(db, company_of(person), link_id, str_from(sim_means[last]), means_id, err) : rc;
}

static void map(struct person *person)
{
    judge_deed(person, "mapping", db_transact(person->db, map_body, person, &person->err));
}

struct accepting { struct person *person; int64_t grid_sale_id; };

static int accept_body(struct db *db, void *context, struct err *err)
{
    const struct accepting *accepting = context;
    return grid_accept(db, company_of(accepting->person), accepting->grid_sale_id, err);
}

static void accept_row(struct person *person, int64_t grid_sale_id)
{
    struct accepting accepting = {person, grid_sale_id};
    judge_deed(person, "accepting a correction", db_transact(person->db, accept_body, &accepting, &person->err));
}

/* Corrections that wait for a person. *ret_count how many were accepted. */
static void accept_corrections(struct person *person, size_t *ret_count)
{
    struct state state;
    if (state_read(person->db, company_of(person), OF_GRID, &state, &person->err)) {
        for (size_t row = 0; row < ROWS(&state, T_GRID); row++) {
            if (INT_AT(&state, T_GRID, row, GRID_REVISION) == 0 || INT_AT(&state, T_GRID, row, GRID_ACCEPTED))
                continue;
            accept_row(person, INT_AT(&state, T_GRID, row, GRID_ID));
            ++*ret_count;
        }
    }
    state_release(&state);
}

static void validate_grid(struct person *person, struct grid_validation *ret)
{
    const struct sync_environment environment = world_environment(person->world, person->db);
    *ret = (struct grid_validation){0};
    err_clear(&person->err);
    judge_deed(person, "validating the grid", sync_validate_grid(&environment, NULL, 0, false, ret, &person->err));
}

static void validate_documents(struct person *person)
{
    const struct sync_environment environment = world_environment(person->world, person->db);
    struct resume_result result;
    err_clear(&person->err);
    judge_deed(person, "validating drafts", sync_validate_documents(&environment, NULL, 0, &result, &person->err));
}

static void validate(struct person *person)
{
    struct grid_validation made;
    size_t accepted = 0;
    if (person->deed->argument % 2)
        accept_corrections(person, &accepted);
    validate_grid(person, &made);
}

/* Beside a run it is refused, or tells what it sees. */
static void rehearse_beside(struct person *person)
{
    const struct sync_options options = {.dry_run = true};
    struct sync_result result;
    world_sync(person->world, person->db, &options, &result);
}

static void (*const deeds[SIM_KIND_COUNT])(struct person *) = {
    [OPERATOR_SECOND_RUN] = second_run, [OPERATOR_PURGE] = purge, [OPERATOR_EDIT] = edit, [OPERATOR_MAPPING] = map, [OPERATOR_VALIDATE] = validate,
    [OPERATOR_VALIDATE_DOCUMENTS] = validate_documents, [OPERATOR_REHEARSE] = rehearse_beside,
};

void operator_act(struct world *world, const struct disturbance *deed)
{
    struct person person = {.world = world, .db = world->db, .deed = deed};
    bool between = deed->at == 0;
    if (!world->disk || (between && !world->db))
        return;
    if (between && deed->kind == OPERATOR_REHEARSE) {
        operator_rehearse(world);
        return;
    }
    if (!between)
        person.db = world_open_person(world);
    if (person.db)
        deeds[deed->kind](&person);
    if (!between)
        world_close_person(world, person.db);
}

/* ---- cures ---- */

static int create_body(struct db *db, void *context, struct err *err)
{
    struct person *person = context;
    ARENA_AUTO arena = {0};
    size_t count;
    const struct sim_article *articles = sim_till_articles(person->world->till, &count);
    int rc = OK;
    for (size_t i = 0; rc >= 0 && i < count; i++) {
        struct article article = {.code = str_from(articles[i].reference), .label = str_from(articles[i].name), .rate_bp = articles[i].rate_bp, .has_price = true,
                                  .price_e4 = articles[i].price_cents * 100};
        struct article known;
        rc = article_find_by_code(db, company_of(person), &arena, article.code, &known, err);
        if (rc == 0)
            rc = tax_find_by_rate(db, company_of(person), article.rate_bp, &article.tax_id, err);
        else if (rc == 1)
            continue;
        if (rc == 0)
            continue; /* of a rate that nobody has: it stays unknown */
        rc = db_reserve_ids(db, company_of(person), "article", 1, &article.id, err);
        if (rc == OK)
            rc = article_insert(db, company_of(person), &article, person->world->clock.now_utc, err);
    }
    return rc < 0 ? rc : OK;
}

/* What the link does not create by itself. */
static void create_unknown_articles(struct person *person)
{
    if (person->world->ground->setting->unknown_article == UNKNOWN_REFUSE)
        judge_deed(person, "creating articles", db_transact(person->db, create_body, person, &person->err));
}

/* A delivery: much of everything. */
static int deliver_body(struct db *db, void *context, struct err *err)
{
    struct person *person = context;
    struct state state;
    int rc = state_read(db, company_of(person), 1u << T_ARTICLE, &state, err) ? OK : err->code;
    for (size_t row = 0; rc == OK && row < ROWS(&state, T_ARTICLE); row++)
        if (INT_AT(&state, T_ARTICLE, row, ARTICLE_MANAGED))
            rc = stock_count_set(db, company_of(person), INT_AT(&state, T_ARTICLE, row, ARTICLE_ID), 9000000, person->world->clock.now_utc, err);
    state_release(&state);
    return rc;
}

static void deliver(struct person *person)
{
    if (person->world->ground->setting->refuse_negative_stock)
        judge_deed(person, "counting the stock", db_transact(person->db, deliver_body, person, &person->err));
}

static bool has_anomaly(const struct state *state, struct str subject, const char *code)
{
    for (size_t row = 0; row < ROWS(state, T_ANOMALY); row++)
        if (str_equal(TEXT_AT(state, T_ANOMALY, row, ANOMALY_SUBJECT), subject) && str_equal(TEXT_AT(state, T_ANOMALY, row, ANOMALY_CODE), str_from(code)))
            return true;
    return false;
}

/* A number that is taken, or borne twice: each gets one of its own. What the books refused is mostly that. */
static bool needs_number(const struct state *state, struct str subject)
{
    return has_anomaly(state, subject, "number_taken") || has_anomaly(state, subject, "repeated_ticket_number") || has_anomaly(state, subject, "not_posted");
}

static bool cure_row(struct person *person, const struct state *state, size_t row)
{
    const struct world *world = person->world;
    size_t count;
    const struct sim_sale *sales = sim_till_sales(world->till, &count), *sale = NULL;
    struct str id = TEXT_AT(state, T_GRID, row, GRID_SALE);
    int64_t grid_sale_id = INT_AT(state, T_GRID, row, GRID_ID);
    for (size_t i = 0; i < count; i++)
        if (str_equal(str_from(sales[i].id), id))
            sale = &sales[i];
    if (!sale || sale->faulty)
        return false; /* what is bad in itself stays: any edit would say that a person has mended it */
    bool repeats = oracle_number_repeats(world, (size_t)(sale - sales));
    if (repeats && needs_number(state, id) && !str_starts_with(TEXT_AT(state, T_GRID, row, GRID_NUMBER), STR("R"))) {
        char number[32];
        snprintf(number, sizeof number, "R%s", sale->id);
        edit_field(person, grid_sale_id, STR("number"), str_from(number));
        return true;
    }
    bool spoilt = INT_AT(state, T_GRID, row, GRID_EDITED) && INT_AT(state, T_GRID, row, GRID_REVISION) == 0 &&
                  INT_AT(state, T_GRID, row, GRID_TOTAL) != sale->total_cents;
    if (spoilt)
        edit_cents(person, grid_sale_id, STR("total"), sale->total_cents);
    return spoilt;
}

static bool cure_grid(struct person *person)
{
    struct state state;
    bool cured = false;
    if (state_read(person->db, company_of(person), OF_GRID, &state, &person->err))
        for (size_t row = 0; row < ROWS(&state, T_GRID); row++)
            cured = cure_row(person, &state, row) || cured;
    state_release(&state);
    return cured;
}

/* Purged sales come back when they are asked for by a date. */
static void fetch_purged(struct person *person)
{
    const struct sync_options options = {.has_since = true, .since_utc = SIM_BEGIN - 400 * CIVIL_DAY};
    struct sync_result result;
    struct state state;
    bool purged = false;
    if (state_read(person->db, company_of(person), 1u << T_SALE, &state, &person->err))
        for (size_t row = 0; row < ROWS(&state, T_SALE); row++)
            purged = purged || str_equal(TEXT_AT(&state, T_SALE, row, SALE_REASON), STR("purged"));
    state_release(&state);
    if (purged && world_sync(person->world, person->db, &options, &result) != OK)
        verdict_add(person->world->verdict, 7, "bringing purged sales back did not succeed");
}

void operator_cure(struct world *world)
{
    enum { PASSES_MAX = 6 };
    struct person person = {.world = world, .db = world->db};
    struct grid_validation made;
    bool moved = true;
    create_unknown_articles(&person);
    deliver(&person);
    map(&person);
    fetch_purged(&person);
    for (int pass = 0; moved && pass < PASSES_MAX; pass++) {
        size_t accepted = 0;
        validate_documents(&person); /* first: a draft is corrected when it is no draft any more */
        accept_corrections(&person, &accepted);
        validate_grid(&person, &made);
        moved = cure_grid(&person) || accepted > 0;
    }
    validate_documents(&person);
    if (moved)
        verdict_add(world->verdict, 7, "the operator's cures did not come to an end in %d passes", PASSES_MAX);
}
