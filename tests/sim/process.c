/* process.c: lives of the process: a database is opened, a synchronisation runs, the disk, the wire and the operator do what the plan has for that life, and
 * the process ends in order or dies; what it leaves is what the next one finds. Used by history.c. */
#include "sim.h"

/* ---- what a run stands on ---- */

static void fill_of(void *context, void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ((unsigned char *)bytes)[i] = (unsigned char)sim_next(context);
}

static int transport_of(void *context, struct http_transport *ret, struct err *err)
{
    struct world *world = context;
    int rc = sim_till_transport(world->till, ret, err);
    if (rc == OK && world->trace->on)
        trace_wrap(world->trace, &world->clock, ret);
    return rc;
}

/* The clock and the random source are handed out by address: there is one world at a time. */
struct sync_environment world_environment(struct world *world, struct db *db)
{
    static struct clock clock;
    static struct random_source random;
    clock = sim_clock_of(&world->clock);
    random = (struct random_source){fill_of, &world->random};
    return (struct sync_environment){
        .db = db,
        .company = &world->ground->company,
        .seal_key = &world->grounds->seal_key,
        .clock = &clock,
        .random = &random,
        .transport = transport_of,
        .transport_context = world,
    };
}

/* ---- what may fail ---- */

bool world_is_troubled(const struct world *world)
{
    if (!world->disk)
        return false;
    for (size_t i = 0; i < world->plan->count; i++)
        if (world->plan->disturbances[i].round == world->round)
            return true;
    return false;
}

/* Whether a disturbance explains it. A busy link is for the caller to explain. */
static void judge_error(struct world *world, const char *doing, int rc, const struct err *err)
{
    bool explained = world_is_troubled(world) && rc != ERR_INTERNAL;
    BUF_AUTO text = {0};
    if (explained || rc == ERR_BUSY || (world->disk && disk_faulted(world->disk)))
        return;
    err_format(err, &text);
    verdict_add(world->verdict, rc == ERR_INTERNAL ? 0 : 7, "life %d, %s: expected success, found error %d: %s", world->round + 1, doing, rc, text.p ? text.p : "");
}

static struct db *open_or_judge(struct world *world)
{
    const struct db_options options = {0};
    struct db *db = NULL;
    struct err err = {0};
    int rc = db_open(&db, str_from(world->site->url), &options, &err);
    if (rc == OK)
        return db;
    judge_error(world, "opening the database", rc, &err);
    return NULL;
}

bool world_open(struct world *world)
{
    if (world->db)
        return true;
    world->db = world->idle ? world->idle->process : open_or_judge(world);
    return world->db;
}

void world_close(struct world *world)
{
    if (!world->disk)
        return;
    if (!world->idle)
        db_close(world->db);
    world->db = NULL;
}

struct db *world_open_person(struct world *world)
{
    return world->idle ? world->idle->person : open_or_judge(world);
}

void world_close_person(struct world *world, struct db *db)
{
    if (!world->idle)
        db_close(db);
}

void world_begin(struct world *world)
{
    disk_begin_again(world->disk, world->site->path, world->ground->image, world->ground->image_size);
    if (!world->idle || world->idle->process)
        return;
    world->idle->process = open_or_judge(world);
    world->idle->person = open_or_judge(world);
    disk_begin_again(world->disk, world->site->path, world->ground->image, world->ground->image_size);
}

void connections_close(struct connections *connections)
{
    db_close(connections->process);
    db_close(connections->person);
}

static void judge_counts(struct world *world, const struct sync_result *result)
{
    const struct order_counts *orders = &result->orders;
    const struct article_counts *flows[] = {&result->articles_in, &result->articles_out};
    int64_t sum = orders->staged + orders->already + orders->changed + orders->skipped;
    if (orders->read != sum)
        verdict_add(world->verdict, 1, "run %lld: expected read = sum of outcomes, found %lld sales read and %lld outcomes", (long long)result->run_id,
                    (long long)orders->read, (long long)sum);
    for (size_t i = 0; i < 2; i++) {
        sum = flows[i]->created + flows[i]->updated + flows[i]->unchanged + flows[i]->skipped + flows[i]->anomalies;
        if (flows[i]->read != sum)
            verdict_add(world->verdict, 1, "run %lld: expected read = sum of outcomes, found %lld articles read and %lld outcomes", (long long)result->run_id,
                        (long long)flows[i]->read, (long long)sum);
    }
}

static void tell_run(const struct world *world, int rc, const struct sync_result *result, const struct err *err)
{
    BUF_AUTO text = {0};
    if (!world->trace->tells)
        return;
    if (rc == OK)
        sync_append_json(&text, result);
    else
        err_format(err, &text);
    trace_tell(world->trace, "    %s run, life %d: %d %s\n", world->disk ? "disturbed" : "undisturbed", world->round + 1, rc, text.p);
}

int world_sync(struct world *world, struct db *db, const struct sync_options *options, struct sync_result *ret)
{
    const struct sync_environment environment = world_environment(world, db);
    struct err err = {0};
    *ret = (struct sync_result){0};
    int rc = sync_run(&environment, &world->ground->link, options, ret, &err);
    world->runs++;
    tell_run(world, rc, ret, &err);
    if (rc == OK)
        judge_counts(world, ret);
    else
        judge_error(world, "synchronising", rc, &err);
    return rc;
}

/* ---- the disturbances of a life ---- */

/* A dead process asks nothing more: what it still submits while its code unwinds is not carried out. */
static void on_request(void *context, int64_t request)
{
    struct world *world = context;
    if (world->in_hook)
        return;
    if (world->disk && disk_dead(world->disk)) {
        sim_till_die(world->till);
        return;
    }
    world->in_hook = true;
    for (size_t i = 0; i < world->plan->count; i++) {
        const struct disturbance *d = &world->plan->disturbances[i];
        if (d->kind >= OPERATOR_SECOND_RUN && d->round == world->round && d->at == request)
            operator_act(world, d);
    }
    world->in_hook = false;
    if (world->disk && disk_dead(world->disk))
        sim_till_die(world->till);
}

/* A disk that takes very long may cost a run its lease. */
static void on_delay(void *context)
{
    struct world *world = context;
    for (size_t i = 0; i < world->plan->count; i++) {
        const struct disturbance *d = &world->plan->disturbances[i];
        if (d->kind == DISK_WAITS && d->round == world->round)
            world->clock.now_utc += d->argument * CIVIL_SECOND;
    }
}

static const enum disk_fault faults_of_kinds[SIM_KIND_COUNT] = {
    [DISK_DIES] = DISK_DIE, [DISK_LOSES_POWER] = DISK_DIE, [DISK_FAILS] = DISK_FAIL, [DISK_TEARS] = DISK_TEAR, [DISK_FILLS] = DISK_FULL, [DISK_WAITS] = DISK_DELAY,
};

static const struct disturbance *disk_fault_of(const struct world *world, int round)
{
    for (size_t i = 0; i < world->plan->count; i++) {
        const struct disturbance *d = &world->plan->disturbances[i];
        if (d->round == round && faults_of_kinds[d->kind] != DISK_NO_FAULT)
            return d;
    }
    return NULL;
}

static void life_begin(struct world *world, int round)
{
    world->round = round;
    sim_till_on_request(world->till, on_request, world);
    sim_till_begin(world->till, round);
    world->clock.now_utc += CIVIL_HOUR; /* what changed at the till since the life before is older than this one's run */
    if (!world->disk)
        return;
    const struct disturbance *fault = disk_fault_of(world, round);
    disk_clear_fault(world->disk);
    disk_set_delay(world->disk, on_delay, world);
    if (fault)
        disk_plan(world->disk, faults_of_kinds[fault->kind], fault->at);
}

/* What was begun is over: a dead process leaves what was written, or, after a power cut, what was synced. One that met a fault of the disk ends as well, and so does
 * every fourth: the next one begins from the file. */
static void life_end(struct world *world)
{
    if (!world->disk)
        return;
    const struct disturbance *fault = disk_fault_of(world, world->round);
    bool ends = disk_faulted(world->disk) || (world->plan->seed + (uint64_t)world->round) % 4 == 0;
    if (ends)
        world_close(world); /* its checkpoint may be what the plan kills */
    if (disk_dead(world->disk)) {
        world_close(world);
        disk_restart_idle(world->disk, world->site->path, fault && fault->kind == DISK_LOSES_POWER ? DISK_POWER_CUT : DISK_KEEP, world->plan->seed + (uint64_t)world->round);
        world->deaths++;
    }
    disk_clear_fault(world->disk);
}

/* ---- lives ---- */

/* A dead run's lease has to run out: the person waits, as the message says, and tries again. */
static int sync_patiently(struct world *world, const struct sync_options *options, struct sync_result *ret)
{
    int rc = world_sync(world, world->db, options, ret);
    if (rc != ERR_BUSY)
        return rc;
    world->clock.now_utc += 2 * CIVIL_MINUTE;
    return world_sync(world, world->db, options, ret);
}

static void check_structure(struct world *world)
{
    struct state state;
    if (world_read_state(world, &state))
        invariants_any_time(world, &state);
    state_release(&state);
}

void world_life(struct world *world, int round)
{
    const struct sync_options options = {.dry_run = false};
    struct sync_result result;
    int64_t deaths = world->deaths;
    life_begin(world, round);
    for (size_t i = 0; i < world->plan->count; i++) {
        const struct disturbance *d = &world->plan->disturbances[i];
        if (d->kind >= OPERATOR_SECOND_RUN && d->round == round && d->at == 0 && world_open(world))
            operator_act(world, d);
    }
    if (world_open(world))
        sync_patiently(world, &options, &result);
    life_end(world);
    if (world->deaths > deaths && world_open(world))
        check_structure(world);
    if (world->trace->on && world_open(world))
        state_trace(world->db, world->trace);
}

static bool is_still(const struct sync_result *result)
{
    return result->orders.staged == 0 && result->orders.changed == 0 && result->articles_in.created == 0 && result->articles_in.updated == 0 &&
           result->articles_out.created == 0 && result->articles_out.updated == 0;
}

void world_rest(struct world *world)
{
    enum { RUNS_MAX = 6 };
    const struct sync_options options = {.dry_run = false};
    struct sync_result result;
    for (int i = 0; i < RUNS_MAX; i++) {
        life_begin(world, ROUNDS_MAX + i);
        if (!world_open(world) || sync_patiently(world, &options, &result) != OK) {
            verdict_add(world->verdict, 7, "undisturbed run %d after the last disturbed life did not succeed", i + 1);
            return;
        }
        life_end(world);
        if (is_still(&result) || !world->disk)
            return; /* an undisturbed history reads all at once */
    }
    verdict_add(world->verdict, 7, "%d undisturbed runs after the last disturbed life still found something to do", RUNS_MAX);
}
