/* report.h: what is shown of the books: lists (a row of a table each: columns, headings, SQL), the proof of days, exports. Used by server and cli, so that a page
 * and a command show the same. Reads only. */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H
#include "base/json.h"
#include "grid/grid.h"

/* ---- lists ---- */
enum report_type { REPORT_TEXT, REPORT_WORD /* a code such as "validated": translated for people, as it is in JSON */, REPORT_INT, REPORT_CENTS, REPORT_MILLI, REPORT_E4, REPORT_RATE, REPORT_DAY, REPORT_INSTANT, REPORT_BOOL,
                   REPORT_JSON /* a JSON value kept as text: written as it is */,
                   REPORT_HASH /* bytes, in hex */ };
enum report_column_flag {
    COLUMN_UNSORTED = 1,           /* nothing is sorted by it: it costs a query for each row */
    COLUMN_UNFILTERED = 2,
    COLUMN_NULLABLE = 4,
    COLUMN_JOINED = 8,             /* needs the tables of the list's `joins` */
    COLUMN_SEARCHED = 16,          /* `q` looks into it */
};
struct report_column {
    const char *name;              /* member of the JSON line, as contract.md says */
    const char *heading;           /* msgid */
    enum report_type type;
    bool json_only;                /* not in the table for people */
    /* of a list alone: */
    const char *sql;               /* its value, over the list's tables */
    unsigned flags;                /* enum report_column_flag */
    const char *choices;           /* the few values that it takes: words, or a query of values and labels ($1 company); NULL = not so few */
    const char *equals;            /* instead of `sql = ?` when it is filtered by a value: a condition with one `?` */
};
struct report_list {
    const char *name;              /* "document", "payment", "stock", "customer", "tax", "means", "family", "article", "run", "move", "grid_sale", "journal" */
    const char *path;              /* in the API: "documents", "grid/sales" … */
    const char *from, *joins;      /* tables: the list's own, and those that only add columns to its rows */
    const char *where;             /* what makes a row one of the list; $1 is the company */
    const char *id;                /* an integer that no two rows share, by which they are paged */
    const char *sort;              /* a page's order unless another is asked for: "-date" */
    const struct report_column *columns;
    size_t column_count;           /* of a line for people and of report_each */
    size_t page_count;             /* of a page: the same ones, then some more */
    const char *count;             /* how many rows there are when nothing is asked of them, where that is known without counting; else NULL */
};
const struct report_list *report_list_by_name(const char *name);
/* All of them, in the order of the menu; NULL beyond the last. */
const struct report_list *report_list_at(size_t index);
struct report_filter { struct str kind, state; };  /* absent = any; what a list does not know is ignored */
/* A row: one value per column, valid during the callback. */
typedef int report_row_fn(void *context, const struct report_list *list, const struct db_value *values, struct err *err);
/* Rows in the order of their ids, paged by key inside: memory does not grow with the number of rows. */
int report_each(struct db *db, int64_t company_id, const struct report_list *list, const struct report_filter *filter, report_row_fn *on_row, void *context, struct err *err) MUST_CHECK;

/* ---- a page of a list ---- */
enum { REPORT_CONDITIONS_MAX = 40, REPORT_LIMIT_DEFAULT = 50, REPORT_LIMIT_MAX = 500 };
enum report_operator { REPORT_EQUAL, REPORT_CONTAINS, REPORT_FROM, REPORT_TO };
struct report_condition { size_t column; enum report_operator operator; struct db_value value; };
struct report_query {
    int64_t limit;
    int sort;                      /* index of a column; REPORT_BY_ID */
    bool descending;
    struct str search;             /* a part of a text, folded (base/text.h); absent = none */
    struct report_condition conditions[REPORT_CONDITIONS_MAX];
    size_t condition_count;
    bool has_after;                /* the page that follows this row: */
    struct db_value after;         /* what it is sorted by */
    int64_t after_id;
    int64_t total;                 /* as it was counted for the first page */
};
enum { REPORT_BY_ID = -1 };
struct report_parameter { struct str name, value; };
/* What may be asked of a list, as in the address of a page: limit, cursor, sort (a column, `-` before it for the other way), q, COLUMN, COLUMN_from,
 * COLUMN_to. A text is found by a part of it, whatever its case and accents; with COLUMN_is, by all of it as it is. A day as "2026-01-30", an instant also as a day of the company. ERR_USAGE names what is unknown or unreadable, a cursor of another order
 * included. Texts in the arena or those handed in. */
int report_query_parse(const struct report_list *list, const struct company *company, struct arena *arena, const struct report_parameter *parameters, size_t count,
                       struct report_query *ret, struct err *err) MUST_CHECK;
struct report_page {
    int64_t total;                 /* rows that the conditions left when the first page was read: the cursor carries it, so that it is counted once */
    struct str next;               /* cursor of the page that follows; absent on the last. In the arena */
};
/* Rows (values of page_count columns) in the order asked for, NULL before all values; rows that come or go between two pages move none of the others. One query over an index where the order has
 * one, of a nullable column at most two; one more for the total of a first page. */
int report_page(struct db *db, int64_t company_id, const struct report_list *list, const struct report_query *query, struct arena *arena, report_row_fn *on_row, void *context,
                struct report_page *ret, struct err *err) MUST_CHECK;
/* {"items":[…],"total":N,"next":"…" or null} */
int report_page_json(struct db *db, int64_t company_id, const struct report_list *list, const struct report_query *query, struct arena *arena, struct buf *out, struct err *err) MUST_CHECK;
/* What the lists are made of, in the current language: [{"name","path","sort","columns":[{"name","heading","type","sortable","filter","choices":[{"value","label"}]}]}]. */
int report_lists_json(struct db *db, int64_t company_id, struct buf *out, struct err *err) MUST_CHECK;
/* All rows that the query leaves, with headings in the current language, into a temporary file without a name; *ret_file is open at its beginning, the caller's to close. CSV as a French or an English
 * spreadsheet reads it: byte order mark, `;` and decimal comma or `,` and point, texts that would be formulas behind an apostrophe. */
int report_export_csv(struct db *db, const struct company *company, const struct report_list *list, const struct report_query *query, int *ret_file, struct err *err) MUST_CHECK;
int report_export_xlsx(struct db *db, const struct company *company, const struct report_list *list, const struct report_query *query, int *ret_file, struct err *err) MUST_CHECK;

/* One JSON object for a row of report_each, without a line end. Days as "2026-01-30", instants as ISO 8601. */
void report_append_json(struct buf *out, const struct report_list *list, const struct db_value *values);

/* One column as a member of the object that is open. */
void report_put_member(struct json_out *json, const struct report_column *column, const struct db_value *value);

/* ---- one record, in parts ---- */
enum { REPORT_COLUMNS_MAX = 24 };  /* of any list or section */
struct report_section {
    const char *title;             /* msgid; NULL for the head */
    const char *name;              /* member of the JSON object */
    const char *sql;               /* $1 company, $2 the record's id */
    const struct report_column *columns;
    size_t column_count;
    bool json_only;                /* not among the tables for people */
};
struct report_record {
    struct report_section head;    /* one row; its name is the record's: "document", "article", "run", "customer", "payment" */
    const struct report_section *parts;
    size_t part_count;
};
const struct report_record *report_record_by_name(const char *name);
/* A row: one value per column, valid during the callback. */
typedef int report_section_fn(void *context, const struct report_section *section, const struct db_value *values, struct err *err);
int report_section_each(struct db *db, int64_t company_id, const struct report_section *section, int64_t id, report_section_fn *on_row, void *context, struct err *err) MUST_CHECK;

/* The head's members into the object that is open: 1, or 0 when there is no such record. */
int report_put_head(struct db *db, int64_t company_id, const struct report_record *record, int64_t id, struct json_out *json, struct err *err) MUST_CHECK;
/* An array of objects as a member for each part. */
int report_put_parts(struct db *db, int64_t company_id, const struct report_record *record, int64_t id, struct json_out *json, struct err *err) MUST_CHECK;
/* All of it as one object: 1, or 0 when there is no such record; then `out` is as it was. */
int report_record_json(struct db *db, int64_t company_id, const struct report_record *record, int64_t id, struct buf *out, struct err *err) MUST_CHECK;

/* What stands on the company's invoices (company_details), a member each: texts, the capital as a number, a truth as true or false. */
void report_put_company_details(struct json_out *json, const struct str details[COMPANY_DETAILS]);

/* A table for a terminal: columns measured over the first rows, texts cut with an ellipsis to fit `width`; numbers to the right. */
struct report_table;
int report_table_new(struct report_table **ret, size_t columns, const char *const *headings, const bool *align_right, size_t width, struct err *err) MUST_CHECK;
int report_table_row(struct report_table *table, const struct str *cells, struct buf *out, struct err *err) MUST_CHECK; /* may hold rows back to measure them */
int report_table_end(struct report_table *table, struct buf *out, struct err *err) MUST_CHECK;  /* what was held back */
void report_table_free(struct report_table *table);
/* The word of the current language for a code of the database ("credit_note", "draft", "running" …); NULL when it has none. */
const char *report_word(struct str code);
/* A value as a person reads it, in the current language. */
void report_append_value(struct buf *out, enum report_type type, const struct db_value *value, const struct zone *zone);

/* ---- what must always hold ---- */
/* One broken rule, as a sentence in the current language. Negative stops and is passed on. */
typedef int report_finding_fn(void *context, struct str text, struct err *err);
/* The books' own sums: documents, lines and rates agree; allocations exceed neither payment nor due line; stock is what its moves make; every sale is where the register says. */
int report_check(struct db *db, int64_t company_id, report_finding_fn *on_finding, void *context, struct err *err) MUST_CHECK;

/* ---- the proof ---- */
struct proof_amount { struct str key; int64_t rate_bp; int64_t till_cents, books_cents; }; /* key: means' code; rate_bp for VAT */
struct proof_day {
    int32_t day;
    int64_t till_tickets, document_tickets, till_total_cents, document_total_cents;
    struct proof_amount *tax;      /* sorted by rate */
    size_t tax_count;
    struct proof_amount *means;    /* sorted by code */
    size_t means_count;
    struct str *missing_numbers, *repeated_numbers;
    size_t missing_count, repeated_count;
    bool ok;                       /* all equal, nothing missing or repeated */
};
struct proof;                      /* sums of both sides, day by day; memory grows with days, not with sales (numbers are held compactly) */
int proof_new(struct proof **ret, struct db *db, const struct company *company, int32_t from_day, int32_t to_day, struct err *err) MUST_CHECK;
void proof_free(struct proof *proof);
/* One sale as the till holds it now (paid ones count; cancelled, open, training and zero ones only for their numbers). */
int proof_add_till_sale(struct proof *proof, int64_t link_id, const struct sale *sale, struct err *err) MUST_CHECK;
/* Adds the documents of the days (of links, validated or draft; corrections included), then gives the days in order. */
typedef int proof_day_fn(void *context, const struct proof_day *day, struct err *err);
int proof_finish(struct proof *proof, proof_day_fn *on_day, void *context, bool *ret_ok, struct err *err) MUST_CHECK;
/* The day's object of `proof --json`. */
void proof_put_day(struct json_out *json, const struct proof_day *day);
/* Keeps what the proof of a day said, in place of what it said before: for the calendar, whoever asked. A transaction of its own, since one may run again and the sums of a proof are made once. */
int proof_day_store(struct db *db, int64_t company_id, const struct proof_day *day, int64_t now_utc, struct err *err) MUST_CHECK;
/* Green: till and documents agree. Red: they do not. Amber: a sale or a document of the day came or changed since, or still waits. Unknown: never proven. */
enum proof_state { PROOF_UNKNOWN, PROOF_GREEN, PROOF_AMBER, PROOF_RED };
extern const char *const proof_state_names[];
struct proof_shown { int32_t day; enum proof_state state; bool checked; int64_t checked_utc, documents, total_cents; };
typedef int proof_state_fn(void *context, const struct proof_shown *shown, struct err *err);
/* Every day from one to the other, in order; ERR_USAGE as proof_new. */
int proof_days(struct db *db, int64_t company_id, int32_t from_day, int32_t to_day, proof_state_fn *on_day, void *context, struct err *err) MUST_CHECK;
/* {"days":[{"day","state","checked","documents","total_cents"}]} */
int proof_days_json(struct db *db, int64_t company_id, int32_t from_day, int32_t to_day, struct buf *out, struct err *err) MUST_CHECK;
/* The day's object as it was kept, with "state", "checked" and "gaps": each difference with its likeliest cause and the page that shows it. */
int proof_day_json(struct db *db, int64_t company_id, int32_t day, struct arena *arena, struct buf *out, struct err *err) MUST_CHECK;

/* ---- why, home ---- */
/* {"ticket","run","link","mappings":[],"rules":[{"rule","text"}]} of a document, texts in the current language. */
int report_why_json(struct db *db, const struct company *company, int64_t document_id, struct arena *arena, struct buf *out, struct err *err) MUST_CHECK;
/* The document as A4 pages in PDF, in French, with what the law asked of its day; appended. */
int report_document_pdf(struct db *db, const struct company *company, int64_t document_id, struct arena *arena, struct buf *out, struct err *err) MUST_CHECK;
/* The figures of the first page over the last `days` days up to `today`: sums per day and per means, what awaits attention, the last runs. */
int report_home_json(struct db *db, const struct company *company, int32_t today, int32_t days, struct arena *arena, struct buf *out, struct err *err) MUST_CHECK;
/* The error of a run, kept as {"message":msgid,"args":[…]}, as a sentence in the current language. */
int report_append_error(struct buf *out, struct arena *arena, struct str kept, struct err *err) MUST_CHECK;
#endif
