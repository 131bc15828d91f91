/* plan.h: one simulated run as data: a seed makes a shop and a list of disturbances, and the list is all that --minimize takes away from. The same plan gives the
 * same run to the last byte: nothing else is random. Used by all of tests/sim. */
#ifndef SIM_PLAN_H
#define SIM_PLAN_H
#include <stddef.h>
#include <stdint.h>

/* A small, fast generator (splitmix64), a state for each purpose so that taking one disturbance away moves nothing else. */
struct sim_random { uint64_t state; };
static inline uint64_t sim_next(struct sim_random *random)
{
    uint64_t z = (random->state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}
/* 0 … below - 1. */
static inline int64_t sim_below(struct sim_random *random, int64_t below)
{
    return (int64_t)(sim_next(random) % (uint64_t)below);
}

enum sim_kind {
    /* The wire, at the Nth request of its life (till.c). The client's retries may or may not get over it. */
    WIRE_401, WIRE_429_WITH_RETRY_AFTER, WIRE_429_WITHOUT, WIRE_429_EMPTY, WIRE_500, WIRE_502, WIRE_NO_ANSWER, WIRE_CUT, WIRE_SLOW, WIRE_WRONG_TYPE, WIRE_GARBAGE /* gzip
        that lies: bytes that are no JSON */, WIRE_DUPLICATE /* the answer of the request before it again */, WIRE_LOST_ANSWER /* carried out, but no answer: matters for POST */,
    WIRE_LOWER_LIMIT /* from here on at most `argument` records a page, whatever is asked */,
    /* The till's own records, changed just before it answers the Nth request (till.c). None changes what the final truth is (see till.h). */
    TILL_APPEAR_LATE /* a sale closed long ago shows up only now */, TILL_SHIFT /* records that are no sales of ours come or go before others: pages move */,
    TILL_RESORT /* equal time stamps come in another order from here on */, TILL_TOUCH /* a sale's change stamp moves without a change */,
    TILL_CLOCK /* the till's clock goes wrong by `argument` seconds from here on */,
    /* The final truth of a sale comes only now: until then the till showed another (till.c). */
    TILL_EDIT /* lines or payments */, TILL_CANCEL, TILL_REFUND,
    /* Storage, at the Nth operation of the disk in a life (process.c). */
    DISK_DIES /* kill -9 */, DISK_LOSES_POWER, DISK_FAILS, DISK_TEARS, DISK_FILLS, DISK_WAITS,
    /* The operator, on a connection of his own, just before the till answers the Nth request, or between two lives when `at` is 0 (operator.c). */
    OPERATOR_SECOND_RUN, OPERATOR_PURGE, OPERATOR_EDIT, OPERATOR_MAPPING, OPERATOR_VALIDATE, OPERATOR_VALIDATE_DOCUMENTS, OPERATOR_REHEARSE,
    SIM_KIND_COUNT
};
extern const char *const sim_kind_names[SIM_KIND_COUNT];

struct disturbance {
    enum sim_kind kind;
    int round;          /* the life of the process in which it happens, from 0 */
    int64_t at;         /* which request or operation of that life, from 1 */
    int64_t argument;   /* as the kind says; else which sale, row … it takes (modulo how many there are) */
};
enum { DISTURBANCES_MAX = 24, ROUNDS_MAX = 6 };
struct plan {
    uint64_t seed;
    uint64_t shop;      /* the seed of the shop, its sales and its link: several plans in a row are of one shop, so that its undisturbed history is told once for all */
    int rounds;         /* lives with disturbances; afterwards undisturbed ones follow until all is still */
    struct disturbance disturbances[DISTURBANCES_MAX];
    size_t count;
};
/* The plan of a seed. */
void plan_make(struct plan *ret, uint64_t seed);
#endif
