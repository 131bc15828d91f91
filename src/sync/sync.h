/* sync.h: links to tills and the three flows: articles in, articles out, orders. One run at a time per link; a run is journalled record by
 * record, can be killed anywhere, and is rehearsed by the very same code. Used by server and cli. Clock, randomness and network are arguments. */
#ifndef SYNC_SYNC_H
#define SYNC_SYNC_H
#include "grid/grid.h"
#include "till/till.h"

/* ---- links ---- */
struct link_options {
    struct str name, url;
    struct str profile;            /* a built-in name, or the text of a profile file */
    bool has_since;
    int64_t since_utc;
    bool import_articles, export_articles, import_orders, auto_validate;
    bool orders;                   /* orders instead of invoices */
    enum number_rule numbers;
    struct str families[64];       /* filter; none = all */
    size_t family_count;
    struct str code_pattern;       /* absent = all */
    bool has_changed_since;
    int64_t changed_since_utc;
    bool only_in_stock;
    struct str archived;           /* "any", "no", "only" */
    enum unknown_rule unknown_article, unknown_customer;
    bool reference_from_barcode;   /* an article without a reference takes its barcode */
    bool refuse_negative_stock;
    int64_t overlap_minutes;       /* how far back each run reads again */
};
/* import articles and orders yes, export no, invoices, numbers kept, not validated by itself, articles refused, customers created, stock free, overlap 7 days. */
extern const struct link_options link_default_options;
struct link {
    int64_t id;
    struct link_options options;
    bool has_cursor;
    int64_t cursor_utc;
};
/* Seals the key. ERR_DATA: name taken or empty, URL not allowed, key not a v4 key, profile not readable. In a transaction. */
int link_create(struct db *db, int64_t company_id, const struct link_options *options, struct str key, const struct seal_key *seal_key, const struct random_source *random,
                int64_t *ret_id, struct err *err) MUST_CHECK;
/* key absent: stays as it is. */
int link_update(struct db *db, int64_t company_id, int64_t link_id, const struct link_options *options, struct str key, const struct seal_key *seal_key,
                const struct random_source *random, struct err *err) MUST_CHECK;
/* By name; ERR_NOT_FOUND names what there is. Texts in the arena. */
int link_open(struct db *db, int64_t company_id, struct arena *arena, struct str name, struct link *ret, struct err *err) MUST_CHECK;
typedef int link_fn(void *context, const struct link *link, struct err *err);
int link_each(struct db *db, int64_t company_id, link_fn *on_link, void *context, struct err *err) MUST_CHECK;
/* Wipes the key and hides the link; its documents stay. */
int link_remove(struct db *db, int64_t company_id, int64_t link_id, struct err *err) MUST_CHECK;
struct grid_rules link_grid_rules(const struct link *link);
/* What is wrong with the options themselves (the name may still be taken): ERR_DATA, with *ret_member the member of the link's JSON that is. Writes nothing. */
int link_options_check(const struct link_options *options, const char **ret_member, struct err *err) MUST_CHECK;
/* The words that a member of the link's JSON may have ("document": "invoice", "order"), in the order of their values; NULL ends them. */
const char *const *link_member_words(const char *member);
/* The link as `link show --json` and the API show it: the members, without the braces; whoever shows it adds what he knows besides. Days are the company's. */
void link_put_members(struct json_out *json, const struct company *company, const struct link *link);
/* The name of a profile that the link keeps by name or by text; "?" when the text cannot be read (any more). In the arena. */
struct str link_profile_name(struct arena *arena, struct str profile);

/* ---- mappings, for one link, or (absent) for all of them and for files ---- */
/* *ret_links: how many links it is now. In a transaction. */
int link_map_tax(struct db *db, int64_t company_id, const struct link *link, int64_t rate_bp, int64_t tax_id, int64_t *ret_links, struct err *err) MUST_CHECK;
int link_map_means(struct db *db, int64_t company_id, const struct link *link, struct str till_type, int64_t means_id, int64_t *ret_links, struct err *err) MUST_CHECK;

/* ---- schedules ---- */
enum { SCHEDULE_TIMES_MAX = 48 };
struct schedule {
    bool enabled;
    int every_minutes;             /* above 0: a rhythm between two minutes of the day; 0: at given times */
    int from_minute, to_minute;    /* to before from: over midnight */
    int at_minutes[SCHEDULE_TIMES_MAX]; /* ascending */
    size_t at_count;
    int64_t fired_utc;             /* the last moment that was dealt with; schedule_next gives the one after it */
};
/* The first moment after `after_utc` that is due, by the clock of the zone; INT64_MAX when it is switched off. A rhythm counts what the clock shows: twice when the clock is put
 * back, not at all when it jumps. A given time comes once a day: the first time, or at the jump. Pure. */
int64_t schedule_next(const struct schedule *schedule, const struct zone *zone, int64_t after_utc);
/* ERR_DATA, and *ret_member the member of its JSON that is wrong. */
int schedule_check(const struct schedule *schedule, const char **ret_member, struct err *err) MUST_CHECK;
/* In order, each once; false when there is no room for more. */
bool schedule_add_time(struct schedule *schedule, int minute);
/* 1 = the link has one, 0 = none. */
int schedule_load(struct db *db, int64_t company_id, int64_t link_id, struct schedule *ret, struct err *err) MUST_CHECK;
/* NULL takes it away. What was due before `now_utc` is not caught up. In a transaction. */
int schedule_save(struct db *db, int64_t company_id, int64_t link_id, const struct schedule *schedule, int64_t now_utc, struct err *err) MUST_CHECK;
/* All moments until `at_utc` are dealt with. In a transaction. */
int schedule_fired(struct db *db, int64_t company_id, int64_t link_id, int64_t at_utc, struct err *err) MUST_CHECK;
void schedule_put_json(struct json_out *json, const struct schedule *schedule);
/* "08:00" or "8:00". */
bool clock_parse(struct str text, int *ret_minute);
void clock_append(struct buf *out, int minute);

/* ---- what a run stands on ---- */
/* Makes the transport of a run; production: http_curl_transport. */
typedef int transport_factory(void *context, struct http_transport *ret, struct err *err);
enum sync_flow { FLOW_ARTICLES_IN, FLOW_ARTICLES_OUT, FLOW_ORDERS, FLOW_COUNT };
extern const char *const sync_flow_names[FLOW_COUNT + 1]; /* "articles_in", …; NULL ends them */
struct sync_progress {             /* told often; the edge decides how to show it */
    enum sync_flow flow;           /* FLOW_COUNT: none of them */
    const char *stage;             /* msgid: "reading", "staging", "validating" … */
    int64_t done, total;           /* total 0 = not known yet */
};
/* What a rehearsal announces and a run tells as it writes: an article field by field (old and new), a document. */
struct sync_change { enum sync_flow flow; const char *action; /* "create", "update", "archive", "document", … */ struct str subject, field, old_value, new_value; };
struct sync_environment {
    struct db *db;
    const struct company *company;
    const struct seal_key *seal_key;
    const struct clock *clock;
    const struct random_source *random;
    transport_factory *transport;
    void *transport_context;
    const struct http_retry *retry;                                              /* NULL: the usual patience */
    int64_t test_ms;                                                             /* how long the test of a link may last in all; 0: as long as its requests do */
    void (*on_progress)(void *context, const struct sync_progress *progress);   /* may be NULL */
    void (*on_change)(void *context, const struct sync_change *change);          /* may be NULL */
    void (*on_run)(void *context, int64_t run_id);                               /* the run has a row now; may be NULL, and a rehearsal has none */
    void *context;
};

/* ---- link test ---- */
struct link_report {
    bool reachable, key_accepted;
    struct till_account account;
    int64_t articles, categories;
    bool profile_confirmed, has_sale, sale_readable;  /* has_sale: the till showed one to read */
    struct str profile_name, sale_number, sale_fault;
};
/* Fills as far as it gets; an ERR_TILL in *err says where it stopped and why. Writes nothing. */
int link_test(const struct sync_environment *environment, const struct link *link, struct arena *arena, struct link_report *ret, struct err *err) MUST_CHECK;
/* The same of a link that is not saved yet, with the key that was typed. */
int link_try(const struct sync_environment *environment, const struct link_options *options, struct str key, struct arena *arena, struct link_report *ret, struct err *err) MUST_CHECK;
/* The members of `link test --json`, without the braces and without the error that stopped it. */
void link_report_put_members(struct json_out *json, const struct link_report *report);

/* ---- runs ---- */
struct sync_options {
    bool dry_run;
    bool has_only;
    enum sync_flow only;
    bool has_since;                /* read again from here; purged sales come back */
    int64_t since_utc;
};
struct article_counts { int64_t read, created, updated, unchanged, skipped, anomalies; };
struct order_counts { int64_t read, staged, already, changed, skipped, documents, validated, blocked, payments, reconciled, anomalies; };
struct sync_result {
    int64_t run_id;                /* 0 for a rehearsal */
    bool dry_run;
    struct article_counts articles_in, articles_out;
    struct order_counts orders;    /* read = staged + already + changed + skipped; anomalies = sales left in the grid for one */
    int64_t open_anomalies;        /* of the whole link afterwards: exit status 1 when not 0 */
    bool ok;
};
/* Runs the flows that the link (or `only`) asks for: articles in, articles out, orders, then validation when the link says so, then drafts that waited. ERR_BUSY when another run of the
 * link is going on (a lease of a dead process on this machine is taken over). On ERR_TILL and ERR_CANCELLED what was committed stays, and the next run goes on from it. */
int sync_run(const struct sync_environment *environment, const struct link *link, const struct sync_options *options, struct sync_result *ret, struct err *err) MUST_CHECK;
/* The JSON object of `sync --json`. */
void sync_append_json(struct buf *out, const struct sync_result *result);

/* ---- what became of every record of a run ---- */
/* What the record is in the books now: an article (its code, its label), a document (the kind that the books know; its number, the ticket's number), a sale that waits ("grid_sale": the id
 * of its row of the grid, the ticket's number) or one that is neither ("ticket"). Absent (.kind.p is NULL) when the books have nothing of it, or nobody asked. */
struct run_subject { struct str kind, key, label; };
struct run_record { enum sync_flow flow; struct str outcome, id, detail; /* detail absent when there is none */ struct run_subject subject; };
struct run_cursor { int64_t flow, page_no, offset; }; /* where to go on; zeroed: at the beginning */
struct run_records_query {
    int64_t run_id;
    bool has_flow;
    enum sync_flow flow;
    struct str outcome;            /* absent: any */
    bool subjects;                 /* says also what each record is in the books: a query a record */
    struct run_cursor from;
    int64_t limit;                 /* 0: all */
};
typedef int run_record_fn(void *context, const struct run_record *record, struct err *err);
/* In the order of the run, a page of the journal at a time, so that memory does not grow with it. 1 = the limit was reached, and *ret_next is where to go on; 0 = the end. */
int run_records_each(struct db *db, int64_t company_id, const struct run_records_query *query, run_record_fn *on_record, void *context, struct run_cursor *ret_next,
                     struct err *err) MUST_CHECK;
void run_record_put_json(struct json_out *json, const struct run_record *record);
/* "1.12.340", for who asks page by page. */
void run_cursor_append(struct buf *out, const struct run_cursor *cursor);
bool run_cursor_parse(struct str text, struct run_cursor *ret);
/* Validates the grid of every link (and of files), each by its own rules; `selection` as in grid_validate. Takes each link's lease. */
int sync_validate_grid(const struct sync_environment *environment, const struct str *selection, size_t selection_count, bool dry_run, struct grid_validation *ret, struct err *err) MUST_CHECK;
/* The objects of `grid validate --json` and of `document validate --json`. */
void sync_append_grid_validation_json(struct buf *out, const struct grid_validation *result, bool dry_run);
void sync_append_resume_json(struct buf *out, const struct resume_result *result);
/* Validates drafts by number, or all that are blocked when none is named. */
int sync_validate_documents(const struct sync_environment *environment, const struct str *numbers, size_t count, struct resume_result *ret, struct err *err) MUST_CHECK;

/* Reads the till's own sales closed on the business days [from_day, to_day], through the profile, for the proof: each sale once, in no promised order. */
typedef int sync_sale_fn(void *context, const struct sale *sale, struct err *err);
int sync_read_sales(const struct sync_environment *environment, const struct link *link, int32_t from_day, int32_t to_day, sync_sale_fn *on_sale, void *context, struct err *err) MUST_CHECK;
/* The same of every link that brings sales in, one after the other: the others have nothing to prove. Tells the environment's on_progress how many it has read. */
typedef int sync_company_sale_fn(void *context, int64_t link_id, const struct sale *sale, struct err *err);
int sync_read_company_sales(const struct sync_environment *environment, int32_t from_day, int32_t to_day, sync_company_sale_fn *on_sale, void *context, struct err *err) MUST_CHECK;
#endif
