/* minimize.c: the smallest plan that still fails: a disturbance is taken away and stays away when the plan fails without it; then the lives that nothing happens in.
 * Since every part of a plan draws from a state of its own, taking one away moves no other. Used by main.c. */
#include "sim.h"

static bool fails(struct hall *hall, const struct plan *plan)
{
    struct verdict verdict = {{0}, 0};
    struct history_counts counts = {0};
    history_run(hall, plan, NULL, &verdict, &counts);
    buf_release(&verdict.text);
    return verdict.count > 0;
}

static struct plan without_disturbance(const struct plan *plan, size_t place)
{
    struct plan smaller = *plan;
    memmove(&smaller.disturbances[place], &smaller.disturbances[place + 1], (plan->count - place - 1) * sizeof *plan->disturbances);
    smaller.count--;
    return smaller;
}

/* Without the life, and without what happens in it; the ones after it move up. */
static struct plan without_round(const struct plan *plan, int round)
{
    struct plan smaller = {.seed = plan->seed, .shop = plan->shop, .rounds = plan->rounds - 1};
    for (size_t i = 0; i < plan->count; i++) {
        struct disturbance moved = plan->disturbances[i];
        if (moved.round == round)
            continue;
        moved.round -= moved.round > round;
        smaller.disturbances[smaller.count++] = moved;
    }
    return smaller;
}

static bool keep_if_it_fails(struct hall *hall, struct plan *plan, const struct plan *smaller)
{
    if (!fails(hall, smaller))
        return false;
    *plan = *smaller;
    return true;
}

void plan_minimize(struct hall *hall, struct plan *plan)
{
    bool shrunk = true;
    while (shrunk) {
        shrunk = false;
        for (size_t place = plan->count; place-- > 0;) {
            struct plan smaller = without_disturbance(plan, place);
            shrunk = keep_if_it_fails(hall, plan, &smaller) || shrunk;
        }
        for (int round = plan->rounds; round-- > 0;) {
            struct plan smaller = without_round(plan, round);
            shrunk = keep_if_it_fails(hall, plan, &smaller) || shrunk;
        }
    }
}
