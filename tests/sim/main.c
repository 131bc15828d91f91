/* main.c: liaison-sim: simulates histories of a link, seed after seed, and says which broke a promise. docs/simulation.md explains what is simulated. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "sim.h"

struct options { int64_t runs; uint64_t seed; bool minimize, verbose, stop; };

static const char usage[] =
    "liaison-sim [--runs N] [--seed S] [--minimize] [--stop] [--verbose]\n"
    "  --runs N     how many histories, 1000 unless given; the seed of the first is S, of the next S + 1 …\n"
    "  --seed S     1 unless given; a history of a seed is always the same\n"
    "  --minimize   takes disturbances and lives away from a failing plan while it still fails, and prints what remains\n"
    "  --stop       ends at the first run that fails\n"
    "  --verbose    a line for each run, with a hash of all that was asked and stored; of a single one, all that happens\n"
    "Exit status 0 when every promise held, 1 when one was broken.\n";

static bool parse_number(const char *text, uint64_t *ret)
{
    char *end;
    *ret = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0';
}

static void parse_options(int argc, char **argv, struct options *ret)
{
    static const struct option words[] = {{"runs", required_argument, NULL, 'r'}, {"seed", required_argument, NULL, 's'}, {"minimize", no_argument, NULL, 'm'},
                                          {"verbose", no_argument, NULL, 'v'}, {"stop", no_argument, NULL, 'x'}, {"jobs", required_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {0}};
    uint64_t number;
    int word;
    *ret = (struct options){.runs = 1000, .seed = 1};
    while ((word = getopt_long(argc, argv, "", words, NULL)) != -1) {
        bool known = true;
        switch (word) {
        case 'r': known = parse_number(optarg, &number); ret->runs = (int64_t)number; break;
        case 's': known = parse_number(optarg, &ret->seed); break;
        case 'm': ret->minimize = true; break;
        case 'v': ret->verbose = true; break;
        case 'x': ret->stop = true; break;
        case 'j': known = parse_number(optarg, &number) && number == 1; break; /* one disk, one core */
        case 'h': fputs(usage, stdout); exit(0);
        default: known = false;
        }
        if (!known) {
            fputs(usage, stderr);
            exit(2);
        }
    }
}

static void print_failure(const struct grounds *grounds, const struct plan *plan, const struct verdict *verdict, const char *title)
{
    BUF_AUTO words = {0};
    plan_describe(plan, grounds_of_seed(grounds, plan->shop)->setting->name, &words);
    printf("%s %s%s", title, words.p, verdict->text.p ? verdict->text.p : "");
    if (verdict->count > VERDICT_MAX)
        printf("  … and %d more\n", verdict->count - VERDICT_MAX);
}

static void minimize(struct hall *hall, const struct plan *plan)
{
    struct plan smallest = *plan;
    struct verdict verdict = {{0}, 0};
    struct history_counts counts = {0};
    plan_minimize(hall, &smallest);
    history_run(hall, &smallest, NULL, &verdict, &counts);
    print_failure(hall->grounds, &smallest, &verdict, "what remains of");
    buf_release(&verdict.text);
}

/* One seed; true when every promise held. */
static bool run_seed(struct hall *hall, const struct options *options, uint64_t seed, struct history_counts *sums)
{
    struct plan plan;
    struct verdict verdict = {{0}, 0};
    struct trace trace = {.on = options->verbose, .tells = options->verbose && options->runs == 1};
    struct history_counts before = *sums;
    plan_make(&plan, seed);
    history_run(hall, &plan, options->verbose ? &trace : NULL, &verdict, sums);
    if (options->verbose)
        printf("seed %llu: %zu disturbances, %lld runs, %lld deaths, %lld documents, %lld disk operations, trace %016llx\n", (unsigned long long)seed, plan.count,
               (long long)(sums->runs - before.runs), (long long)(sums->deaths - before.deaths), (long long)(sums->documents - before.documents),
               (long long)(sums->disk_operations - before.disk_operations), (unsigned long long)trace.hash);
    if (verdict.count) {
        print_failure(hall->grounds, &plan, &verdict, "FAILED");
        printf("  again: liaison-sim --runs 1 --seed %llu\n", (unsigned long long)seed);
        if (options->minimize)
            minimize(hall, &plan);
        fflush(stdout);
    }
    buf_release(&verdict.text);
    return verdict.count == 0;
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    struct options options;
    struct grounds grounds;
    struct history_counts sums = {0};
    struct err err = {0};
    int64_t passed = 0, failed = 0;
    parse_options(argc, argv, &options);
    if (hash_init(&err) != OK)
        return 2;
    disk_of_one_thread();
    grounds_make(&grounds);
    struct hall hall = {.grounds = &grounds, .disk = disk_new()};
    double begin_s = now_s();
    for (int64_t i = 0; i < options.runs && !(failed && options.stop); i++) {
        bool held = run_seed(&hall, &options, options.seed + (uint64_t)i, &sums);
        passed += held;
        failed += !held;
    }
    double seconds = now_s() - begin_s;
    connections_close(&hall.idle);
    buf_release(&hall.end);
    disk_free(hall.disk);
    grounds_free(&grounds);
    printf("%lld synchronisations, %lld deaths, %lld faults of the till, %lld documents, %.1f seconds, %.0f histories per second\n", (long long)sums.runs,
           (long long)sums.deaths, (long long)sums.faults_met, (long long)sums.documents, seconds, seconds > 0 ? (double)(passed + failed) / seconds : 0);
    printf("%lld passed, %lld failed\n", (long long)passed, (long long)failed);
    return failed ? 1 : 0;
}
