/* sim.h: what the parts of the simulation share: the settings of a shop, a world (one database, one till, one clock), the state that is read back from the database,
 * and the verdict. Private to tests/sim.
 *
 * A seed makes a plan (plan.h). Its history is told twice: in a disturbed world, whose disk, wire, till and operator misbehave as the plan says, and in an undisturbed
 * one. The nine invariants of the architecture are checked in both, and the ends must be equal. */
#ifndef SIM_SIM_H
#define SIM_SIM_H
#include "base/hash.h"
#include "plan.h"
#include "storage/disk_idle.h"
#include "sync/sync.h"
#include "till.h"

/* ---- settings.c: the links that are simulated, and the databases that histories begin with ---- */

struct setting {
    const char *name;
    bool orders;
    enum number_rule numbers;
    bool auto_validate, refuse_negative_stock;
    enum unknown_rule unknown_article;
    bool import_articles, export_articles;
    int64_t overlap_minutes;
};
/* A setting with its database: migrated, with company and link, and empty of sales. */
struct ground {
    const struct setting *setting;
    unsigned char *image;          /* the bytes of the database file */
    size_t image_size;
    struct db *still_db;           /* the undisturbed history happens on this connection, in a rehearsal: rolled back, and statements stay prepared */
    struct company company;
    struct link link;
    struct arena arena;
};
struct grounds {
    char folder[64];
    /* Of the disturbed databases: names on the disk in memory (empty files bear them on the real one, where the program looks for them). The processes of most
     * histories share two connections to the second, which stay open and are idle between two lives; those of the others open and close the first. */
    struct site { char url[32], path[32]; } opened, idle;
    struct seal_key seal_key;
    struct ground *grounds;
    size_t count;
};
/* Makes them on the real disk, in a folder of its own under $TMPDIR; the disk in memory comes afterwards. Exits with a message when it cannot. */
void grounds_make(struct grounds *ret);
void grounds_free(struct grounds *grounds);
const struct ground *grounds_of_seed(const struct grounds *grounds, uint64_t seed);

/* ---- the verdict ---- */

/* What was found: sentences that name the invariant, what was expected and what was found. Empty: all holds. */
struct verdict { struct buf text; int count; };
enum { VERDICT_MAX = 12 }; /* more of one run say nothing new */
/* `invariant` 1 to 9, or 0 for a fault that is none of them (the program calls itself faulty …). */
void verdict_add(struct verdict *verdict, int invariant, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* ---- trace.c: a hash of all that was asked, answered and stored, for --verbose ---- */

struct trace { bool on, tells; uint64_t hash; };
/* With `tells` (one run, --verbose): what happens, in words, on the standard output. */
void trace_tell(const struct trace *trace, const char *format, ...) __attribute__((format(printf, 2, 3)));
void trace_bytes(struct trace *trace, struct str bytes);
/* Stands between the client and the till's transport. */
void trace_wrap(struct trace *trace, const struct sim_clock *clock, struct http_transport *transport);

/* ---- a world ---- */

struct connections { struct db *process, *person; };

struct world {
    const struct grounds *grounds;
    const struct ground *ground;
    const struct plan *plan;
    struct disk *disk;             /* NULL in the undisturbed world */
    const struct site *site;     /* of its database there */
    struct connections *idle;      /* NULL: every process opens its own */
    struct db *db;                 /* NULL: no process lives */
    struct sim_clock clock;
    struct sim_random random;
    struct sim_till *till;
    int round;
    bool in_hook;
    int64_t deaths, runs;          /* for --verbose */
    struct trace *trace;
    struct verdict *verdict;
};

/* process.c: opens the database when no process lives; false, with a violation when nothing explains it, when it cannot. */
bool world_open(struct world *world);
/* Ends the process without a fault of the disk. */
void world_close(struct world *world);
/* A connection beside the process's own; NULL when it cannot be had. */
struct db *world_open_person(struct world *world);
void world_close_person(struct world *world, struct db *db);
/* The database as it is in the beginning. */
void world_begin(struct world *world);
/* Closes what stays open from history to history. */
void connections_close(struct connections *connections);
struct sync_environment world_environment(struct world *world, struct db *db);
/* One synchronisation on `db`, judged: an error must have an explanation in the plan, and the counts must add up. */
int world_sync(struct world *world, struct db *db, const struct sync_options *options, struct sync_result *ret);
/* Whether something of this round's plan explains that an operation fails. */
bool world_is_troubled(const struct world *world);
/* One life with the disturbances of its round. Afterwards the disk is whole and the process lives or not. */
void world_life(struct world *world, int round);
/* Undisturbed lives until nothing moves any more. */
void world_rest(struct world *world);

/* operator.c: one deed of the plan. On the world's own connection between two lives, on a connection of its own in the midst of one. */
void operator_act(struct world *world, const struct disturbance *deed);
/* What a person does in the end, the same in every history: accepts, maps, creates, corrects what the plan's deeds spoilt, validates, until nothing moves. */
void operator_cure(struct world *world);
/* rehearsal.c: invariant 8. */
void operator_rehearse(struct world *world);

/* history.c: both histories of the plan, judged. The trace may be NULL. */
struct history_counts { int64_t deaths, runs, faults_met, sales, documents, disk_operations; };
/* What stays from history to history: the disk, the connections to it, and how the undisturbed history of the last shop ended. */
struct hall { const struct grounds *grounds; struct disk *disk; struct connections idle; uint64_t shop; bool has_end; struct buf end; };
void history_run(struct hall *hall, const struct plan *plan, struct trace *trace, struct verdict *verdict, struct history_counts *ret);

/* minimize.c: takes disturbances, then rounds away while the plan still fails. */
void plan_minimize(struct hall *hall, struct plan *plan);

/* plan.c */
void plan_describe(const struct plan *plan, const char *setting, struct buf *out);

/* ---- state.c: the database as rows in memory ---- */

enum table_name {
    T_SALE, T_GRID, T_GRID_LINE, T_GRID_PAYMENT, T_ANOMALY, T_DOCUMENT, T_LINE, T_TAX, T_DUE, T_PAYMENT, T_ALLOCATION, T_LEVEL, T_MOVE, T_ARTICLE, T_CUSTOMER, T_RUN,
    T_RUN_PAGE, TABLE_COUNT
};
enum { SALE_ID, SALE_STATE, SALE_REASON, SALE_NUMBER, SALE_DAY, SALE_CLOSED, SALE_DOCUMENT };
enum { GRID_ID, GRID_SALE, GRID_NUMBER, GRID_KIND, GRID_DAY, GRID_TOTAL, GRID_TIP, GRID_REVISION, GRID_ACCEPTED, GRID_EDITED, GRID_IS_BLOCKED, GRID_REFUND_OF };
enum { GLINE_GRID, GLINE_NO, GLINE_REFERENCE, GLINE_LABEL, GLINE_QUANTITY, GLINE_PRICE, GLINE_DISCOUNT, GLINE_TOTAL, GLINE_RATE };
enum { GPAY_GRID, GPAY_NO, GPAY_TYPE, GPAY_AMOUNT };
enum { ANOMALY_KIND, ANOMALY_SUBJECT, ANOMALY_LINE, ANOMALY_CODE };
enum { DOC_ID, DOC_KIND, DOC_STATE, DOC_NUMBER, DOC_DAY, DOC_CUSTOMER, DOC_TOTAL, DOC_TAX, DOC_TIP, DOC_SALE, DOC_REVISION, DOC_ORIGIN, DOC_BLOCK };
enum { LINE_DOC, LINE_NO, LINE_ARTICLE, LINE_CODE, LINE_LABEL, LINE_QUANTITY, LINE_PRICE, LINE_DISCOUNT, LINE_TOTAL, LINE_NET, LINE_TAX, LINE_RATE };
enum { TAX_DOC, TAX_RATE, TAX_TOTAL, TAX_NET, TAX_TAX };
enum { DUE_DOC, DUE_DUE_NO, DUE_AMOUNT };
enum { PAY_ID, PAY_DOC, PAY_DAY, PAY_MEANS, PAY_AMOUNT, PAY_TILL_ID };
enum { ALLOC_DOC, ALLOC_DUE, ALLOC_PAYMENT, ALLOC_AMOUNT };
enum { LEVEL_ARTICLE, LEVEL_QUANTITY };
enum { MOVE_SOURCE, MOVE_SOURCE_ID, MOVE_LINE, MOVE_ARTICLE, MOVE_QUANTITY };
enum { ARTICLE_ID, ARTICLE_CODE, ARTICLE_LABEL, ARTICLE_PRICE, ARTICLE_RATE, ARTICLE_MANAGED, ARTICLE_ARCHIVED, ARTICLE_FAMILY };
enum { CUSTOMER_ID, CUSTOMER_COUNTER, CUSTOMER_NAME };
enum { RUN_ID, RUN_STATE, RUN_COUNTS };
enum { PAGE_RUN, PAGE_FLOW, PAGE_RECORDS };

struct cell { int64_t i; struct str s; bool is_null; };
struct table { struct cell *cells; size_t count, columns; };
struct state { struct table tables[TABLE_COUNT]; struct arena arena; };
#define ALL_TABLES ((1u << TABLE_COUNT) - 1)
/* `tables`: a bit for each that is wanted; the others are empty. False, with *err, when the database cannot be read. */
bool state_read(struct db *db, int64_t company_id, unsigned tables, struct state *ret, struct err *err);
void state_release(struct state *state);
static inline const struct cell *cell_at(const struct state *state, enum table_name table, size_t row, int column)
{
    return &state->tables[table].cells[row * state->tables[table].columns + (size_t)column];
}
#define ROWS(state, table) ((state)->tables[table].count)
#define INT_AT(state, table, row, column) (cell_at(state, table, row, column)->i)
#define TEXT_AT(state, table, row, column) (cell_at(state, table, row, column)->s)
/* The first row whose text or number in that column is this; SIZE_MAX when there is none. */
size_t row_by_text(const struct state *state, enum table_name table, int column, struct str text);
size_t row_by_int(const struct state *state, enum table_name table, int column, int64_t number);
/* Every row of every table of the database, for the trace: without who holds a lease. */
void state_trace(struct db *db, struct trace *trace);

/* normal.c: what two histories of one seed must have in common, as text; docs/simulation.md says what is left out and why. */
void state_normal_form(const struct world *world, const struct state *state, struct buf *out);
/* The first line that differs, for a message. */
void text_first_difference(struct str expected, struct str found, struct buf *out);

/* ---- oracle.c: what the till's final truth says ---- */

/* Where a sale must be when all is over. */
enum place { PLACE_NOWHERE /* open, cancelled, training, zero */, PLACE_GRID /* bad in itself */, PLACE_DOCUMENT };
enum place oracle_place(const struct world *world, size_t sale);
bool oracle_number_repeats(const struct world *world, size_t sale);
/* VAT inside a total: half-up, half away from zero below it. */
int64_t oracle_tax(int64_t total_cents, int64_t rate_bp);
int32_t oracle_day(const struct world *world, const struct sim_sale *sale);
/* Net sums over the documents of a till sale. */
struct net_sum { int64_t documents, drafts, total_cents, tax_cents, tip_cents, paid_cents, allocated_cents; int highest_revision; size_t standing; /* row of the last even one, SIZE_MAX */ };
struct net_sum oracle_net(const struct state *state, struct str till_sale_id);

/* ---- invariants.c ---- */
/* After any life, also right after a death. */
void invariants_any_time(const struct world *world, const struct state *state);
/* When undisturbed runs find nothing more to do. */
void invariants_at_rest(const struct world *world, const struct state *state);
/* When the operator has cured what can be cured. */
void invariants_at_end(const struct world *world, const struct state *state);
/* refusals.c: in the undisturbed history. */
void invariant_2_database_refuses(const struct world *world);
/* Reads the state of the world's database; false with a violation when that fails. */
bool world_read_state(struct world *world, struct state *ret);
#endif
