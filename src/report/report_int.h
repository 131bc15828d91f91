/* report_int.h: private to report/. */
#ifndef REPORT_REPORT_INT_H
#define REPORT_REPORT_INT_H
#include "base/mem.h"
#include "base/money.h"
#include "base/text.h"
#include "report/report.h"

/* A column of the current row, as its type asks. Borrowed until the next row. */
struct db_value report_value_of(struct db_rows *rows, int column, enum report_type type);
/* An object of these columns. */
void report_put_row(struct json_out *json, const struct report_column *columns, size_t count, const struct db_value *values);

/* What is allocated of the payment p: where it came in, and wherever a person put it. */
#define REPORT_ALLOCATED_OF_PAYMENT \
    "((SELECT COALESCE(SUM(a.amount_cents), 0) FROM allocation a WHERE a.company_id = p.company_id AND a.document_id = p.document_id AND a.payment_id = p.payment_id)" \
    " + (SELECT COALESCE(SUM(a.amount_cents), 0) FROM reconciliation_by_hand h JOIN allocation a ON a.company_id = h.company_id AND a.document_id = h.document_id" \
    " AND a.payment_id = h.payment_id WHERE h.company_id = p.company_id AND h.payment_id = p.payment_id AND h.document_id <> p.document_id))"
/* The name of a customer: the company's, else first name and surname. */
#define REPORT_NAME_OF(t) "COALESCE(NULLIF(" t ".company_name, ''), NULLIF(TRIM(COALESCE(" t ".first_name, '') || ' ' || COALESCE(" t ".last_name, '')), ''))"
/* Instead of words: every anomaly that a sale may have. */
#define REPORT_ANOMALY_CHOICES "anomalies"

/* Rows read at once for a file: few enough for PostgreSQL, which holds them in memory, and enough for an order that no index has. */
enum { REPORT_EXPORT_LIMIT = 20000 };
/* Open for reading and writing, without a name. */
int report_temporary_file(int *ret, struct err *err) MUST_CHECK;

/* Ten years. */
enum { PROOF_DAYS_MAX = 3700 };

/* How a column is filtered. */
enum report_filter_kind { REPORT_FILTER_NONE, REPORT_FILTER_TEXT, REPORT_FILTER_CHOICE, REPORT_FILTER_RANGE, REPORT_FILTER_BOOL };
enum report_filter_kind report_filter_kind(const struct report_column *column);
/* The cursor of the page that follows a row, in the arena. */
int report_cursor(const struct report_list *list, const struct report_query *query, const struct db_value *value, int64_t id, int64_t total, struct arena *arena, struct str *ret, struct err *err) MUST_CHECK;
/* Every row that the query leaves, in its order, query->limit of them at a time; the first `columns` of the list. */
int report_rows(struct db *db, int64_t company_id, const struct report_list *list, size_t columns, const struct report_query *query, report_row_fn *on_row, void *context,
                struct err *err) MUST_CHECK;
#endif
