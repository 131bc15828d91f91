/* plan.c: from a seed to a list of disturbances, and that list in words. What kinds there are, how often each comes and when, is one table. Used by main.c and
 * minimize.c through plan.h. */
#include "base/buf.h"
#include "sim.h"

const char *const sim_kind_names[SIM_KIND_COUNT] = {
    [WIRE_401] = "the till answers 401",
    [WIRE_429_WITH_RETRY_AFTER] = "the till answers 429 with Retry-After",
    [WIRE_429_WITHOUT] = "the till answers 429 without Retry-After",
    [WIRE_429_EMPTY] = "the till answers 429 with an empty Retry-After",
    [WIRE_500] = "the till answers 500",
    [WIRE_502] = "the till answers 502",
    [WIRE_NO_ANSWER] = "no answer comes",
    [WIRE_CUT] = "the answer is cut",
    [WIRE_SLOW] = "the answer is slow",
    [WIRE_WRONG_TYPE] = "the answer has another content type",
    [WIRE_GARBAGE] = "the answer is garbage",
    [WIRE_DUPLICATE] = "the answer before it comes again",
    [WIRE_LOST_ANSWER] = "the request is carried out, its answer lost",
    [WIRE_LOWER_LIMIT] = "from here on fewer records a page than asked",
    [TILL_APPEAR_LATE] = "a sale closed long ago shows up",
    [TILL_SHIFT] = "a record that is no sale of ours comes or goes",
    [TILL_RESORT] = "equal time stamps come in another order",
    [TILL_TOUCH] = "a sale's change stamp moves without a change",
    [TILL_CLOCK] = "the till's clock goes wrong",
    [TILL_EDIT] = "a sale is changed at the till",
    [TILL_CANCEL] = "a sale is cancelled at the till",
    [TILL_REFUND] = "a sale is paid back at the till",
    [DISK_DIES] = "the process is killed",
    [DISK_LOSES_POWER] = "the power fails",
    [DISK_FAILS] = "the disk fails once",
    [DISK_TEARS] = "the disk does half of it and fails",
    [DISK_FILLS] = "the disk is full",
    [DISK_WAITS] = "the disk takes very long",
    [OPERATOR_SECOND_RUN] = "a second run begins",
    [OPERATOR_PURGE] = "the operator purges the grid",
    [OPERATOR_EDIT] = "the operator edits a sale of the grid",
    [OPERATOR_MAPPING] = "the operator maps a means of payment and a rate",
    [OPERATOR_VALIDATE] = "the operator validates the grid",
    [OPERATOR_VALIDATE_DOCUMENTS] = "the operator validates drafts",
    [OPERATOR_REHEARSE] = "the operator rehearses",
};

/* How often a kind comes beside the others, and when: the count of the request or operation of its life. A deed `between` two lives has the count 0 half of the time;
 * `between_only` always. */
struct recipe { int weight; int64_t at_max; int64_t argument_max; enum { IN_THE_MIDST, BETWEEN_TOO, BETWEEN_ONLY } when; };
/* About what a run asks and writes: what lies behind its end happens in no run. */
enum { REQUESTS = 15, OPERATIONS = 130, ANY = 1000 };

static const struct recipe recipes[SIM_KIND_COUNT] = {
    [WIRE_401] = {1, REQUESTS, ANY, IN_THE_MIDST},
    [WIRE_429_WITH_RETRY_AFTER] = {1, REQUESTS, ANY, IN_THE_MIDST},
    [WIRE_429_WITHOUT] = {1, REQUESTS, ANY, IN_THE_MIDST},
    [WIRE_429_EMPTY] = {1, REQUESTS, ANY, IN_THE_MIDST},
    [WIRE_500] = {1, REQUESTS, ANY, IN_THE_MIDST},
    [WIRE_502] = {1, REQUESTS, ANY, IN_THE_MIDST},
    [WIRE_NO_ANSWER] = {1, REQUESTS, ANY, IN_THE_MIDST},
    [WIRE_CUT] = {1, REQUESTS, ANY, IN_THE_MIDST},
    [WIRE_SLOW] = {2, REQUESTS, ANY, IN_THE_MIDST},
    [WIRE_WRONG_TYPE] = {1, REQUESTS, ANY, IN_THE_MIDST},
    [WIRE_GARBAGE] = {1, REQUESTS, ANY, IN_THE_MIDST},
    [WIRE_DUPLICATE] = {1, REQUESTS, ANY, IN_THE_MIDST},
    [WIRE_LOST_ANSWER] = {3, REQUESTS + 5, ANY, IN_THE_MIDST},
    [WIRE_LOWER_LIMIT] = {4, 8, 6, IN_THE_MIDST},
    [TILL_APPEAR_LATE] = {3, REQUESTS, ANY, IN_THE_MIDST},
    [TILL_SHIFT] = {3, REQUESTS, ANY, IN_THE_MIDST},
    [TILL_RESORT] = {2, REQUESTS, ANY, IN_THE_MIDST},
    [TILL_TOUCH] = {2, REQUESTS, ANY, IN_THE_MIDST},
    [TILL_CLOCK] = {1, REQUESTS, 600, IN_THE_MIDST},
    [TILL_EDIT] = {6, REQUESTS, ANY, IN_THE_MIDST},
    [TILL_CANCEL] = {3, REQUESTS, ANY, IN_THE_MIDST},
    [TILL_REFUND] = {3, REQUESTS, ANY, IN_THE_MIDST},
    [DISK_DIES] = {12, OPERATIONS, ANY, IN_THE_MIDST},
    [DISK_LOSES_POWER] = {8, OPERATIONS, ANY, IN_THE_MIDST},
    [DISK_FAILS] = {3, OPERATIONS, ANY, IN_THE_MIDST},
    [DISK_TEARS] = {3, OPERATIONS, ANY, IN_THE_MIDST},
    [DISK_FILLS] = {2, OPERATIONS, ANY, IN_THE_MIDST},
    [DISK_WAITS] = {2, OPERATIONS, 200, IN_THE_MIDST},
    [OPERATOR_SECOND_RUN] = {4, REQUESTS, ANY, IN_THE_MIDST},
    [OPERATOR_PURGE] = {4, REQUESTS, ANY, BETWEEN_TOO},
    [OPERATOR_EDIT] = {4, REQUESTS, ANY, BETWEEN_TOO},
    [OPERATOR_MAPPING] = {2, REQUESTS, ANY, BETWEEN_TOO},
    [OPERATOR_VALIDATE] = {7, REQUESTS, ANY, BETWEEN_TOO},
    [OPERATOR_VALIDATE_DOCUMENTS] = {2, REQUESTS, ANY, BETWEEN_TOO},
    [OPERATOR_REHEARSE] = {4, REQUESTS, ANY, BETWEEN_TOO},
};

static enum sim_kind draw_kind(struct sim_random *random)
{
    int64_t all = 0;
    for (enum sim_kind kind = 0; kind < SIM_KIND_COUNT; kind++)
        all += recipes[kind].weight;
    int64_t place = sim_below(random, all);
    enum sim_kind kind = 0;
    while (place >= recipes[kind].weight)
        place -= recipes[kind++].weight;
    return kind;
}

static struct disturbance draw_disturbance(struct sim_random *random, int rounds)
{
    struct disturbance drawn = {.kind = draw_kind(random), .round = (int)sim_below(random, rounds)};
    const struct recipe *recipe = &recipes[drawn.kind];
    bool between = recipe->when == BETWEEN_ONLY || (recipe->when == BETWEEN_TOO && sim_below(random, 2) == 0);
    int64_t at = 1 + sim_below(random, recipe->at_max);
    drawn.at = between ? 0 : at;
    drawn.argument = 1 + sim_below(random, recipe->argument_max);
    return drawn;
}

static bool is_of_disk(enum sim_kind kind)
{
    return kind >= DISK_DIES && kind <= DISK_WAITS;
}

/* One fault of the disk is planned at a time: the next ones of a round would never be met. */
static bool has_disk_fault(const struct plan *plan, int round)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->disturbances[i].round == round && is_of_disk(plan->disturbances[i].kind))
            return true;
    return false;
}

void plan_make(struct plan *ret, uint64_t seed)
{
    struct sim_random random = {seed ^ UINT64_C(0x706c616e)};
    /* One life mostly: what two disturbances break together, they break in one or two. */
    static const int rounds[] = {1, 1, 1, 1, 2, 2, 3, ROUNDS_MAX};
    enum { PLANS_OF_A_SHOP = 16 };
    *ret = (struct plan){.seed = seed, .shop = seed / PLANS_OF_A_SHOP, .rounds = rounds[sim_below(&random, sizeof rounds / sizeof *rounds)]};
    size_t wanted = (size_t)(ret->rounds + sim_below(&random, 3 + 2 * ret->rounds));
    for (size_t i = 0; i < wanted && ret->count < DISTURBANCES_MAX; i++) {
        struct disturbance drawn = draw_disturbance(&random, ret->rounds);
        if (!is_of_disk(drawn.kind) || !has_disk_fault(ret, drawn.round))
            ret->disturbances[ret->count++] = drawn;
    }
}

void plan_describe(const struct plan *plan, const char *setting, struct buf *out)
{
    buf_printf(out, "seed %llu (shop %llu: %s), %d disturbed %s\n", (unsigned long long)plan->seed, (unsigned long long)plan->shop, setting, plan->rounds, plan->rounds == 1 ? "life" : "lives");
    for (int round = 0; round < plan->rounds; round++) {
        for (size_t i = 0; i < plan->count; i++) {
            const struct disturbance *d = &plan->disturbances[i];
            if (d->round != round)
                continue;
            buf_printf(out, "  life %d, ", round + 1);
            if (d->at == 0)
                buf_append_z(out, "before it");
            else
                buf_printf(out, "%s %lld", is_of_disk(d->kind) ? "operation" : "request", (long long)d->at);
            buf_printf(out, ": %s (%lld)\n", sim_kind_names[d->kind], (long long)d->argument);
        }
    }
}
