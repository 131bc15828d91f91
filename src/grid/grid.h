/* grid.h: the partner sales import grid: sales staged as they came, checked, corrected, and turned into documents; and the register that
 * knows where every till sale is. Every feed ends here (a till, a file, the API). Used by sync, report, server, cli. Computes on data handed in: no
 * clock, no network, no global. */
#ifndef GRID_GRID_H
#define GRID_GRID_H
#include "base/json.h"
#include "books/books.h"

/* ---- the anomaly catalogue: one table, in anomaly.c; docs/anomalies.md is printed from it ---- */
enum anomaly_code {
    /* of a sale in the grid */
    ANOMALY_UNKNOWN_ARTICLE, ANOMALY_NO_REFERENCE, ANOMALY_AMBIGUOUS_REFERENCE, ANOMALY_UNKNOWN_TAX, ANOMALY_UNMAPPED_TAX, ANOMALY_UNMAPPED_MEANS,
    ANOMALY_UNKNOWN_CUSTOMER, ANOMALY_LINES_TOTAL, ANOMALY_PAYMENTS_TOTAL, ANOMALY_TAX_TOTAL, ANOMALY_IMPOSSIBLE_DATE, ANOMALY_FUTURE_DATE, ANOMALY_CLOSED_PERIOD,
    ANOMALY_NUMBER_TAKEN, ANOMALY_MISSING_TICKET_NUMBER, ANOMALY_REPEATED_TICKET_NUMBER, ANOMALY_ORPHAN_REFUND, ANOMALY_CHANGED_AFTER_IMPORT, ANOMALY_EMPTY_SALE,
    ANOMALY_UNREADABLE_VALUE, ANOMALY_NOT_POSTED,
    /* of a till article */
    ANOMALY_ARTICLE_NO_REFERENCE, ANOMALY_ARTICLE_SAME_REFERENCE, ANOMALY_ARTICLE_SIMILAR_REFERENCE, ANOMALY_ARTICLE_UNKNOWN_TAX, ANOMALY_ARTICLE_SEVERAL_TAXES,
    ANOMALY_ARTICLE_NO_PRICE, ANOMALY_ARTICLE_UNREADABLE, ANOMALY_ARTICLE_NOT_EXPORTED,
    /* of a link's ticket numbers as a whole */
    ANOMALY_HOLE_IN_NUMBERS, ANOMALY_REPEAT_IN_NUMBERS,
    ANOMALY_COUNT
};
/* What one press of a button can do about an anomaly. */
enum anomaly_cure { CURE_NONE, CURE_MAP_TAX, CURE_MAP_MEANS, CURE_CREATE_ARTICLE, CURE_SET_REFERENCE, CURE_ACCEPT, CURE_EDIT };
struct anomaly_kind {
    const char *code;      /* "unmapped_tax": stable, for scripts */
    const char *subject;   /* "sale", "article", "number" */
    bool blocking;         /* a sale that has one does not become a document */
    const char *cause;     /* msgid with the args of the anomaly */
    const char *cure;      /* msgid, numbered steps: "1. liaison tax map …\n2. liaison grid validate" with the same args */
    int arg_count;
    const char *arg_types; /* a letter each, for the cause: t text, m msgid, c amount, r rate in percent, d day, as a command takes them (15.00, 5.5, 2026-01-30); NULL = all texts */
    enum anomaly_cure action; /* its arguments are those of the anomaly: a rate, a type, a reference and a label, a till article and its name */
};
extern const struct anomaly_kind anomaly_catalogue[ANOMALY_COUNT];
/* The catalogue's row of a code, or NULL. */
const struct anomaly_kind *anomaly_kind_by_code(struct str code);

struct anomaly {
    enum anomaly_code code;
    int line_no;           /* a line from 1; a payment from -1 downwards; 0 = the whole */
    struct str cause_key;  /* what one correction cures */
    struct str args[4];
    int arg_count;
    int64_t amount_cents;  /* at stake */
};
/* Replaces the anomalies of a subject by these (count 0 clears). In a transaction. */
int anomaly_set(struct db *db, int64_t company_id, int64_t link_id, const char *subject_kind, struct str subject, const struct anomaly *anomalies, size_t count, struct err *err) MUST_CHECK;
/* One root cause and all that it blocks. Texts valid during the callback. */
struct anomaly_group {
    const struct anomaly_kind *kind;
    struct str cause_key;
    struct str args[4];
    int arg_count;
    int64_t subjects;
    int64_t amount_cents;
    struct str example;
    int64_t link_id;       /* of all of them; -1: of several links */
};
typedef int anomaly_group_fn(void *context, const struct anomaly_group *group, struct err *err);
/* All causes, the costliest first. link_id 0 = every link. Returns through the callback; *ret_total anomalies' groups. */
int anomaly_groups(struct db *db, int64_t company_id, int64_t link_id, anomaly_group_fn *on_group, void *context, struct err *err) MUST_CHECK;
/* Text of the cause / of the cure in the current language, appended. */
void anomaly_append_cause(struct buf *out, const struct anomaly_kind *kind, const struct str *args, int arg_count);
void anomaly_append_cure(struct buf *out, const struct anomaly_kind *kind, const struct str *args, int arg_count);
/* The column `args` of an anomaly as texts, in the arena; what is not an array of texts gives none. ERR_DATA when it is no JSON. */
int anomaly_read_args(struct arena *arena, struct str text, struct str args[4], int *ret_count, struct err *err) MUST_CHECK;

/* The cure of an anomaly with what it needs. Texts borrowed from where it was found. */
struct anomaly_action {
    enum anomaly_cure cure;        /* CURE_NONE: nothing that a button could do */
    int64_t link_id;               /* 0: of no till; -1: of several links */
    int64_t rate_bp, grid_sale_id;
    struct str till_type, code, label, till_article, declination, name;
};
/* Of a group; `arena` for what is looked up (a sale of the grid that has it). */
int anomaly_group_action(struct db *db, int64_t company_id, const struct anomaly_group *group, struct arena *arena, struct anomaly_action *ret, struct err *err) MUST_CHECK;
/* As JSON: {"kind":"map_tax","link":…,"rate_bp":…}, or null. link_name absent: every link, and files. */
void anomaly_action_put_json(struct json_out *json, const struct anomaly_action *action, struct str link_name);
/* A line of `grid list --anomalies --json`. */
void anomaly_group_put_json(struct json_out *json, const struct anomaly_group *group, const struct anomaly_action *action, struct str link_name);
/* The name of a link, in the arena; absent for 0, for -1, and for one that was removed. */
int grid_link_name(struct db *db, int64_t company_id, int64_t link_id, struct arena *arena, struct str *ret, struct err *err) MUST_CHECK;

/* ---- what the link's options say about its sales ---- */
enum unknown_rule { UNKNOWN_CREATE, UNKNOWN_REFUSE, UNKNOWN_DROP };
struct grid_rules {
    int64_t link_id;               /* 0: files without a link */
    bool orders;                   /* make orders instead of invoices */
    enum number_rule numbers;
    enum unknown_rule unknown_article, unknown_customer;
    bool refuse_negative_stock;
};
/* The rules of files without a link: invoices, kept numbers, articles refused, customers created, negative stock allowed. */
extern const struct grid_rules grid_default_rules;

/* ---- the register and the staging ---- */
/* Clocks disagree by minutes: a sale this far ahead is not in the future yet. */
#define GRID_CLOCK_TOLERANCE (15 * CIVIL_MINUTE)
struct grid_record {               /* a record as received */
    struct str id;                 /* the till's identity */
    struct str body;               /* its bytes */
    unsigned char fingerprint[SHA256_SIZE]; /* of its canonical content */
};
enum grid_seen { GRID_NEW, GRID_UNCHANGED, GRID_CHANGED };
/* Journals what is new or changed, and registers it as received, in the current transaction; `ret_seen` has `count` places. The same id twice in a batch counts once as new. */
int grid_receive(struct db *db, int64_t company_id, int64_t link_id, int64_t run_id, int64_t now_utc, const struct grid_record *records, size_t count,
                 enum grid_seen *ret_seen, struct err *err) MUST_CHECK;
/* Marks purged sales of the link as received again when their closing day is on or after `from_day`: an explicit re-import. */
int grid_receive_purged(struct db *db, int64_t company_id, int64_t link_id, int32_t from_day, struct err *err) MUST_CHECK;

/* Reads a journal body into a sale (sync hands in the profile's reader). Only memory can fail. */
typedef int grid_reader_fn(void *context, struct str body, struct arena *arena, struct sale *ret, struct err *err);
enum grid_outcome { GRID_STAGED, GRID_REPLACED, GRID_SKIPPED, GRID_CORRECTION };
typedef int grid_outcome_fn(void *context, struct str till_sale_id, enum grid_outcome outcome, const char *reason, struct err *err);
struct grid_session;               /* caches of mappings during staging and validation; one thread */
int grid_session_new(struct grid_session **ret, struct db *db, const struct company *company, const struct grid_rules *rules, int64_t now_utc, int64_t run_id, struct err *err) MUST_CHECK;
void grid_session_free(struct grid_session *session);
/* Stages up to `limit` received sales of the session's link in one transaction: into the grid, or skipped with a reason (cancelled, open, training, deleted, zero), or, for one
 * that is a document already, as a correction that waits for a person (when what changed matters; else nothing but the register moves: outcome GRID_SKIPPED "no figure changed").
 * *ret_count = how many were dealt with; 0 = none left. Refunds that waited for a sale staged or posted now are checked again. */
int grid_stage_received(struct grid_session *session, int limit, grid_reader_fn *reader, void *reader_context, grid_outcome_fn *on_outcome, void *outcome_context,
                        int64_t *ret_count, struct err *err) MUST_CHECK;
/* Stages a sale from a file, with a journal record of `body`. ERR_DATA when that identity is a document already; *ret_seen tells. In a transaction. */
int grid_stage_sale(struct grid_session *session, const struct sale *sale, struct str body, enum grid_seen *ret_seen, struct err *err) MUST_CHECK;
/* Whether nothing was sold and nothing paid: such a sale is skipped, and counts in no proof. */
bool sale_is_zero(const struct sale *sale);
/* A farther jump is a new series (a new tablet, a reset), not a hole of so many tickets; the proof counts holes by the same rule. */
enum { GRID_HOLE_MAX = 1000 };
/* Holes and repeats in the link's ticket numbers since `from_day` (numbers that are decimal; all sales ever seen count, skipped ones too). In a transaction. */
int grid_check_numbers(struct db *db, int64_t company_id, int64_t link_id, int32_t from_day, int64_t *ret_holes, int64_t *ret_repeats, struct err *err) MUST_CHECK;

/* ---- validation ---- */
struct grid_validation { int64_t checked, documents, validated, blocked, payments, reconciled, anomalies; /* anomalies = sales that stay for one */ };
void grid_validation_add(struct grid_validation *sum, const struct grid_validation *part);
/* Checks every staged sale of the link (or those named: till sale ids or ticket numbers) and makes documents of the clean ones, in transactions of some hundred sales.
 * What is not clean stays with its anomalies and stops nothing. Progress may be NULL. */
typedef void grid_progress_fn(void *context, int64_t done, int64_t total);
int grid_validate(struct grid_session *session, const struct str *selection, size_t selection_count, grid_progress_fn *progress, void *progress_context,
                  struct grid_validation *ret, struct err *err) MUST_CHECK;

/* ---- looking and correcting ---- */
struct grid_sale_row {
    int64_t id, link_id;
    struct str till_sale_id, number, kind, customer, refund_of, salesperson;
    bool has_day;
    int32_t day;
    int64_t closed_utc, total_cents, tip_cents;
    int revision;
    bool blocked, edited;
    int64_t line_count;
    struct str anomaly;            /* code of the first, absent when clean */
};
typedef int grid_sale_fn(void *context, const struct grid_sale_row *row, struct err *err);
struct grid_filter { int64_t link_id; bool only_anomalies; };
int grid_each(struct db *db, int64_t company_id, const struct grid_filter *filter, grid_sale_fn *on_sale, void *context, struct err *err) MUST_CHECK;
/* The grid's id of a sale named by till sale id, ticket number, or "grid:ID": ERR_NOT_FOUND, or ERR_DATA when several have that number (names their ids). */
int grid_find(struct db *db, int64_t company_id, struct str name, int64_t *ret_id, struct err *err) MUST_CHECK;
/* A staged sale whole, texts in the arena; its anomalies too. */
struct grid_content { struct grid_sale_row row; struct sale sale; struct anomaly *anomalies; size_t anomaly_count; };
int grid_load(struct db *db, int64_t company_id, int64_t grid_sale_id, struct arena *arena, struct grid_content *ret, struct err *err) MUST_CHECK;
/* The sale as `grid show --json` and the API show it, with the cure of each anomaly and every value that can be edited, as grid_edit takes it. */
void grid_content_put_json(struct json_out *json, const struct grid_content *content, struct str link_name);
void grid_put_editable(struct json_out *json, const struct grid_content *content);
/* One value: `field` as in docs/grid.md ("date", "number", "customer_code", "line.2.reference", "line.2.rate", "payment.1.type", …). The anomalies of the row are cleared; validation checks again.
 * ERR_USAGE for an unknown field, ERR_DATA for a value that cannot be. In a transaction. */
int grid_edit(struct db *db, const struct company *company, int64_t grid_sale_id, struct str field, struct str value, struct err *err) MUST_CHECK;
/* Accepts the correction of a sale that changed after it became a document. */
int grid_accept(struct db *db, int64_t company_id, int64_t grid_sale_id, struct err *err) MUST_CHECK;
/* Removes from the grid (all of the link, or those named); the register says "purged". *ret_count sales. In a transaction. */
int grid_purge(struct db *db, int64_t company_id, int64_t link_id, const struct str *selection, size_t selection_count, int64_t *ret_count, struct err *err) MUST_CHECK;
/* Mappings: one correction frees all that it blocked. In a transaction. */
int grid_map_tax(struct db *db, int64_t company_id, int64_t link_id, int64_t rate_bp, int64_t tax_id, struct err *err) MUST_CHECK;
int grid_map_means(struct db *db, int64_t company_id, int64_t link_id, struct str till_type, int64_t means_id, struct err *err) MUST_CHECK;
/* Gives a till article (or declination) a reference by hand; `code` need not exist yet. */
int grid_bind_article(struct db *db, int64_t company_id, int64_t link_id, struct str till_article_id, struct str declination_id, struct str code, struct err *err) MUST_CHECK;

/* ---- files (partner-file.md) ---- */
enum grid_file_format { GRID_FILE_LIAISON, GRID_FILE_DAILYBIZ };
struct grid_file_report { char separator; bool windows1252, byte_order_mark, crlf; int64_t lines, sales, staged, already; };
struct grid_file_options { enum grid_file_format format; bool header_line; /* dailybiz: the first line holds column names */ };
/* All or nothing: one transaction of its own; ERR_DATA names file, line and column. */
int grid_import_file(struct grid_session *session, const char *path, const struct grid_file_options *options, struct grid_file_report *ret, struct err *err) MUST_CHECK;
/* The same of bytes in memory; `name` stands for the file in messages. */
int grid_import_bytes(struct grid_session *session, struct str bytes, const char *name, const struct grid_file_options *options, struct grid_file_report *ret, struct err *err) MUST_CHECK;
/* The members of `grid import --json`, without the braces. */
void grid_file_report_put_members(struct json_out *json, const struct grid_file_report *report);
/* Appends the grid (all links) to `out` through `write` in pieces of bounded size. */
typedef int grid_write_fn(void *context, struct str bytes, struct err *err);
int grid_export(struct db *db, const struct company *company, const struct grid_file_options *options, grid_write_fn *write, void *context, struct err *err) MUST_CHECK;

/* ---- the API's feed: sales that a program hands over, by the rules of files ---- */
struct grid_feed_sale {
    struct str link;               /* name; absent: of no till */
    struct sale sale;              /* id, state, instant (and day), payments' ids are filled in */
    bool has_day;
    int32_t day;
};
enum grid_fed { GRID_FED_STAGED, GRID_FED_REPLACED, GRID_FED_ALREADY, GRID_FED_DOCUMENT /* already, and a document */ };
extern const char *const grid_fed_names[];
struct grid_feed_result { enum grid_fed outcome; int64_t grid_sale_id; struct str document; /* its number, in the arena */ };
/* All or nothing: one transaction of its own. A sale that is here already with the same content changes nothing; one that is a document with another content is refused: ERR_DATA, and
 * *ret_bad which one it was (`count` when the fault is of none). `ret` has `count` places. */
int grid_feed(struct grid_session *session, const struct grid_feed_sale *sales, size_t count, struct arena *arena, struct grid_feed_result *ret, size_t *ret_bad, struct err *err) MUST_CHECK;
#endif
