/* report.h: what is shown of the books: lists (a row of a table each: columns, headings, SQL), the proof of days, exports. Used by server and cli, so that a page
 * and a command show the same. Reads only. */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H
#include "base/json.h"
#include "grid/grid.h"

/* ---- lists ---- */
enum report_type { REPORT_TEXT, REPORT_WORD /* a code such as "validated": translated for people, as it is in JSON */, REPORT_INT, REPORT_CENTS, REPORT_MILLI, REPORT_E4, REPORT_RATE, REPORT_DAY, REPORT_INSTANT, REPORT_BOOL,
                   REPORT_JSON /* a JSON value kept as text: written as it is */ };
struct report_column {
    const char *name;              /* member of the JSON line, as contract.md says */
    const char *heading;           /* msgid */
    enum report_type type;
    bool json_only;                /* not in the table for people */
};
struct report_list {
    const char *name;              /* "document", "payment", "stock", "customer", "tax", "means", "family", "article", "run" */
    const char *sql;               /* one column per entry of `columns`, then the row's id, by which it is paged */
    const struct report_column *columns;
    size_t column_count;
};
const struct report_list *report_list_by_name(const char *name);
struct report_filter { struct str kind, state; };  /* absent = any; what a list does not know is ignored */
/* A row: one value per column, valid during the callback. */
typedef int report_row_fn(void *context, const struct report_list *list, const struct db_value *values, struct err *err);
/* Rows in the list's own order, paged by key inside: memory does not grow with the number of rows. */
int report_each(struct db *db, int64_t company_id, const struct report_list *list, const struct report_filter *filter, report_row_fn *on_row, void *context, struct err *err) MUST_CHECK;
/* One JSON object for the row, without a line end. Days as "2026-01-30", instants as ISO 8601. */
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
};
struct report_record {
    struct report_section head;    /* one row; its name is the record's: "document", "article", "run" */
    const struct report_section *parts;
    size_t part_count;
};
const struct report_record *report_record_by_name(const char *name);
/* A row: one value per column, valid during the callback. */
typedef int report_section_fn(void *context, const struct report_section *section, const struct db_value *values, struct err *err);
int report_section_each(struct db *db, int64_t company_id, const struct report_section *section, int64_t id, report_section_fn *on_row, void *context, struct err *err) MUST_CHECK;

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
#endif
