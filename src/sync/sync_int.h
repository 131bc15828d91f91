/* sync_int.h: private to sync/: a run in progress, and the three flows that it drives. */
#ifndef SYNC_SYNC_INT_H
#define SYNC_SYNC_INT_H
#include "base/mem.h"
#include "base/text.h"
#include "sync/sync.h"

/* Pages of the catalogue: large enough to amortise a request, small enough for memory (32 MiB for what is in flight). */
enum { SYNC_ARTICLES_PER_PAGE = 1000, SYNC_ARTICLES_IN_FLIGHT = 4, SYNC_SALES_PER_PAGE = 500 };

/* link.c: a client of the link's till; the key is opened for it alone and wiped. `wrap` (may be NULL) may stand between the client and its transport. */
typedef void transport_wrap(void *context, struct http_transport *transport);
int link_connect(const struct sync_environment *environment, const struct link *link, transport_wrap *wrap, void *wrap_context, struct till_client **ret,
                 struct err *err) MUST_CHECK;
/* The same with a key in the hand; the caller wipes it. */
int link_connect_with(const struct sync_environment *environment, struct str url, struct str key, transport_wrap *wrap, void *wrap_context, struct till_client **ret,
                      struct err *err) MUST_CHECK;
/* The link's sales profile: a built-in one by its name, else the text itself, parsed into the arena. */
int link_profile(const struct link_options *options, struct arena *arena, struct sales_profile **ret, struct err *err) MUST_CHECK;
/* By id, removed ones too: 1 = found, 0 = not. */
int link_load(struct db *db, int64_t company_id, struct arena *arena, int64_t link_id, struct link *ret, struct err *err) MUST_CHECK;
/* The options of the link are used now: notes them unless the last ones noted are the same. In a transaction. */
int rules_note(struct db *db, int64_t company_id, const struct link *link, int64_t now_utc, struct err *err) MUST_CHECK;

/* lease.c: one run at a time per link: a row that says who is at work and until when, so that no lock outlives its owner. */
enum { LEASE_OWNER_SIZE = 192 };
#define LEASE_TIME (60 * CIVIL_SECOND)
struct lease { char owner[LEASE_OWNER_SIZE]; int64_t until_utc; }; /* until_utc 0: not held */
/* ERR_BUSY when another run holds it and lives; one that died on this machine is followed at once, and the runs that it left are marked as interrupted. */
int lease_take(const struct sync_environment *environment, const struct link *link, struct lease *ret, struct err *err) MUST_CHECK;
/* The same question without taking it, for a rehearsal. */
int lease_ask(const struct sync_environment *environment, const struct link *link, struct err *err) MUST_CHECK;
/* When half of it has gone; does nothing when it is not held. ERR_BUSY when it was lost meanwhile. */
int lease_renew(const struct sync_environment *environment, const struct link *link, struct lease *lease, struct err *err) MUST_CHECK;
/* In a transaction: ERR_BUSY when it was lost, so that nothing is written behind another run's back. */
int lease_confirm(struct db *db, int64_t company_id, const struct link *link, const struct lease *lease, struct err *err) MUST_CHECK;
/* Does nothing when it is not held, or was lost. */
int lease_release(const struct sync_environment *environment, const struct link *link, struct lease *lease, struct err *err) MUST_CHECK;

struct outcome_page {              /* run.c: the page of outcomes being collected */
    struct buf text;
    int64_t number, records;
    bool written;                  /* the next note begins a new page */
    bool kept;                     /* and nobody can undo it any more */
};
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
    struct outcome_page pages[FLOW_COUNT];
    struct lease lease;            /* not held in a rehearsal */
    bool has_window;               /* of the sales, for the run's journal */
    int64_t from_utc, to_utc;
};

/* run.c: notes the outcome of one record (detail may be absent); they are written, a row per page, with run_flush in the caller's transaction or outside one. Texts are
 * copied. A rehearsal notes nothing. Note outside transactions, because their bodies may run again; a flush may run again. */
int run_note(struct sync_run *run, enum sync_flow flow, struct str id, const char *outcome, struct str detail, struct err *err) MUST_CHECK;
int run_flush(struct sync_run *run, enum sync_flow flow, struct err *err) MUST_CHECK;
/* The transaction around a flush is committed: it need not be written again. */
void run_kept(struct sync_run *run, enum sync_flow flow);
/* Renews the lease when half of it has gone; ERR_CANCELLED when the person interrupted, ERR_BUSY when the lease was lost. Call once a page, outside a transaction. */
int run_heartbeat(struct sync_run *run, struct err *err) MUST_CHECK;
void run_progress(const struct sync_run *run, enum sync_flow flow, const char *stage, int64_t done, int64_t total);
void run_change(const struct sync_run *run, enum sync_flow flow, const char *action, struct str subject, struct str field, struct str old_value, struct str new_value);

/* The flows. Each counts what it reads in run->result so that read = sum of outcomes. */
int flow_articles_in(struct sync_run *run, struct err *err) MUST_CHECK;   /* articles_in.c */
int flow_articles_out(struct sync_run *run, struct err *err) MUST_CHECK;  /* articles_out.c */
int flow_orders(struct sync_run *run, struct err *err) MUST_CHECK;        /* orders.c */
/* Validation of the link's grid when it says so, then the drafts that waited: fills result.orders. */
int flow_validate(struct sync_run *run, struct err *err) MUST_CHECK;      /* validate.c */

/* sales.c: the till's sales of a window, page by page. Pages move while they are read, so each next one is asked for by the last instant of the one before, and identity
 * alone decides what is new; only an empty page is the end. What stands there before the reading begins, and stays, is handed over, however pages move. */
struct sales_query {
    struct till_client *till;
    const struct till_account *account;
    const struct sales_profile *profile;
    bool by_change;                /* the window is one of the last change; the profile must have a change field */
    int64_t from_utc, to_utc;      /* half-open, to the millisecond below at both ends, as the till is asked */
    bool each_once;                /* also across a reading that had to begin again; memory then grows with the window */
    size_t *page_size;             /* may be NULL; the largest page that the till is known to give: a smaller one is whole, which saves requests. Grows */
};
struct sales_record { struct str id, body; const struct json *json; };
struct sales_page {
    const struct sales_record *records; /* inside the window, not handed over before; texts live until the callback returns */
    size_t count;                  /* may be 0 */
    bool again;                    /* the till kept no order: the reading begins again, and what was handed over comes once more */
    bool has_complete;
    int64_t complete_utc;          /* all before it has been handed over, this page included */
};
typedef int sales_page_fn(void *context, const struct sales_page *page, struct err *err);
int sales_read(const struct sales_query *query, sales_page_fn *on_page, void *context, struct err *err) MUST_CHECK;

/* catalog.c: the till's taxes and categories by id, read once a run, for both article flows. */
struct catalog_tax { struct str id, name; int64_t rate_bp; bool readable, deleted; };
struct catalog_category { struct str id, name; bool deleted, is_default; unsigned char name_mark[8]; /* of the name, for fingerprints */ };
struct catalog { struct catalog_tax *taxes; size_t tax_count; struct catalog_category *categories; size_t category_count; };
int catalog_read(struct sync_run *run, struct catalog *ret, struct err *err) MUST_CHECK; /* in run->arena */
const struct catalog_tax *catalog_tax_by_id(const struct catalog *catalog, struct str id);
const struct catalog_category *catalog_category_by_id(const struct catalog *catalog, struct str id);
#endif
