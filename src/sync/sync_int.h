/* sync_int.h: private to sync/: a run in progress, and the three flows that it drives. */
#ifndef SYNC_SYNC_INT_H
#define SYNC_SYNC_INT_H
#include "base/mem.h"
#include "base/text.h"
#include "sync/sync.h"

/* Pages of the catalogue: large enough to amortise a request, small enough for memory (32 MiB for what is in flight). */
enum { SYNC_ARTICLES_PER_PAGE = 1000, SYNC_ARTICLES_IN_FLIGHT = 4, SYNC_SALES_PER_PAGE = 500 };

struct outcome_page;               /* run.c: the page of outcomes being collected */
struct sync_run {
    const struct sync_environment *environment;
    const struct link *link;
    const struct sync_options *options;
    struct till_client *till;
    struct till_account account;   /* texts in `arena` */
    struct arena arena;            /* lives as long as the run */
    int64_t run_id;                /* 0 in a rehearsal */
    int64_t started_utc;
    struct sync_result result;
    struct outcome_page *pages[FLOW_COUNT];
};

/* run.c: notes the outcome of one record (detail may be absent); they are written, a row per page, with run_flush in the caller's transaction or outside one. Texts are
 * copied. A rehearsal notes nothing. */
int run_note(struct sync_run *run, enum sync_flow flow, struct str id, const char *outcome, struct str detail, struct err *err) MUST_CHECK;
int run_flush(struct sync_run *run, enum sync_flow flow, struct err *err) MUST_CHECK;
/* Renews the lease when half of it has gone; ERR_CANCELLED when the person interrupted, ERR_BUSY when the lease was lost. Call once a page, outside a transaction. */
int run_heartbeat(struct sync_run *run, struct err *err) MUST_CHECK;
void run_progress(const struct sync_run *run, enum sync_flow flow, const char *stage, int64_t done, int64_t total);
void run_change(const struct sync_run *run, enum sync_flow flow, const char *action, struct str subject, struct str field, struct str old_value, struct str new_value);

/* The flows. Each counts what it reads in run->result so that read = sum of outcomes. */
int flow_articles_in(struct sync_run *run, struct err *err) MUST_CHECK;   /* articles_in.c */
int flow_articles_out(struct sync_run *run, struct err *err) MUST_CHECK;  /* articles_out.c */
int flow_orders(struct sync_run *run, struct err *err) MUST_CHECK;        /* orders.c */
/* Validation of the link's grid when it says so, then the drafts that waited: fills result.orders. */
int flow_validate(struct sync_run *run, struct err *err) MUST_CHECK;      /* orders.c */

/* catalog.c: the till's taxes and categories by id, read once a run, for both article flows. */
struct catalog_tax { struct str id, name; int64_t rate_bp; bool readable, deleted; };
struct catalog_category { struct str id, name; bool deleted, is_default; };
struct catalog { struct catalog_tax *taxes; size_t tax_count; struct catalog_category *categories; size_t category_count; };
int catalog_read(struct sync_run *run, struct catalog *ret, struct err *err) MUST_CHECK; /* in run->arena */
const struct catalog_tax *catalog_tax_by_id(const struct catalog *catalog, struct str id);
const struct catalog_category *catalog_category_by_id(const struct catalog *catalog, struct str id);
#endif
