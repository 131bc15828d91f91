/* document_int.h: what the files that make documents share: their canonical text, their numbers, the stock levels that decide on a
 * refusal, and the allocation of payments. Private to src/books. */
#ifndef BOOKS_DOCUMENT_INT_H
#define BOOKS_DOCUMENT_INT_H
#include "base/buf.h"
#include "books/books.h"

#define DOCUMENT_KINDS 3 /* a macro, so that it compares with enum document_kind */

/* ---- canonical.c: the text whose SHA-256 stands in the journal ----
 * One record a line, fields parted by tabs, so that nobody can move a byte from one field to the next:
 *   liaison-document 1
 *   document  id kind number day at_utc customer_id salesperson total tax tip link_id till_sale_id till_number revision origin_id run_id validated_utc
 *   line      line_no article_id code label quantity unit unit_price discount total net tax tax_id rate      (by line_no)
 *   tax       tax_id rate total net tax                                                                      (by tax_id)
 *   due       due_no day amount                                                                              (by due_no)
 * Numbers are decimal; an absent number is 0. A text is `=` and its bytes, with \\, \t, \n for a backslash, a tab, a line feed; an absent
 * text is an empty field. State, block and everything outside these tables (payments, allocations) are not part of it: they may change. */
struct document_row {
    int64_t id;
    enum document_kind kind;
    struct str number;
    int32_t day;
    int64_t at_utc, customer_id;
    struct str salesperson;
    int64_t total_cents, tax_cents, tip_cents, link_id;
    struct str till_sale_id, till_number;
    int64_t revision, origin_id, run_id, validated_utc;
};
/* A line as it is stored; `net_cents` comes from document_compute. Absent texts are stored, and hashed, as empty ones. */
struct document_line_row {
    int64_t line_no, net_cents;
    struct posting_line line;
};
void canonical_begin(struct buf *out, const struct document_row *document);
void canonical_line(struct buf *out, const struct document_line_row *row);
void canonical_tax(struct buf *out, const struct document_tax *tax);
void canonical_due(struct buf *out, int64_t due_no, int32_t day, int64_t amount_cents);
/* {"", 0} for an absent text: what NOT NULL columns hold. */
struct str text_or_empty(struct str s);
/* The kind that a name of document_kind_names stands for; ERR_DATA on anything else. */
int document_kind_parse(struct str name, enum document_kind *ret, struct err *err) MUST_CHECK;

/* ---- sequence.c ---- */
/* The next `count` numbers of a kind in order, texts in the arena, from one block of the sequence; numbers that documents kept from the till already
 * bear are passed over. Only to be called for documents that this transaction validates, so that the sequence has no gap. */
int sequence_take(struct db *db, int64_t company_id, enum document_kind kind, size_t count, struct arena *arena, struct str *numbers, struct err *err) MUST_CHECK;

/* ---- stock_levels.c ---- */
/* The stock of the articles that documents move, remembered between batches. What is remembered only serves to decide quickly: a refusal is
 * confirmed by reading the row again, and the row that stock_levels_flush gets back confirms the rest. */
struct stock_levels {
    struct db *db;
    int64_t company_id;
    bool refuse_negative;
    struct stock_level *levels;  /* dense, in order of first use */
    size_t count, capacity;
    uint32_t *slots;             /* hash table of indexes + 1 into `levels`; 0 = free */
    size_t slot_count;           /* power of two, or 0 */
    uint32_t *touched;           /* indexes of the levels that the batch's documents use, document after document */
    size_t touched_count, touched_capacity;
    size_t document_begin;       /* where the current document's begin */
    int64_t batch, document;     /* serial numbers: what bears another one is not of this batch, or document */
};
void stock_levels_init(struct stock_levels *levels, struct db *db, int64_t company_id, bool refuse_negative);
void stock_levels_release(struct stock_levels *levels);
/* Forgets everything, keeps the memory. */
void stock_levels_reset(struct stock_levels *levels);
/* A new batch begins: what was read for an earlier one may have been changed by others since. */
void stock_levels_begin(struct stock_levels *levels);
/* One document: begin, one `use` per line that moves stock (quantity > 0 leaves the shop), then `settle`. */
void stock_levels_document(struct stock_levels *levels);
int stock_levels_use(struct stock_levels *levels, int64_t article_id, struct str code, int64_t quantity_milli, struct err *err) MUST_CHECK;
/* Takes the document's quantities away and leaves `block` untouched, or, when `refusable` and an article would fall below zero, takes nothing
 * and appends the block JSON {"code":"stock","args":[{"code":…,"missing_milli":…}]}. */
int stock_levels_settle(struct stock_levels *levels, bool refusable, struct buf *block, struct err *err) MUST_CHECK;
/* Writes the batch's differences, one row per article. ERR_RETRY when what was remembered proved wrong and a refusal was missed.
 * After a failure of any of these the caller forgets (stock_levels_reset). */
int stock_levels_flush(struct stock_levels *levels, struct err *err) MUST_CHECK;

/* ---- posting_rows.c: one cached statement per table ---- */
enum { DUE_NO = 1 }; /* a sale is due at once: one due line */
/* `block` is NULL for what nothing blocks. Everything is inserted as a draft; documents_validate comes after the lines. */
int row_insert_document(struct db *db, int64_t company_id, const struct document_row *document, struct str block, struct err *err) MUST_CHECK;
int row_insert_line(struct db *db, int64_t company_id, int64_t document_id, const struct document_line_row *row, struct err *err) MUST_CHECK;
int row_insert_tax(struct db *db, int64_t company_id, int64_t document_id, const struct document_tax *tax, struct err *err) MUST_CHECK;
int row_insert_due(struct db *db, int64_t company_id, int64_t document_id, int32_t day, int64_t amount_cents, struct err *err) MUST_CHECK;
int row_insert_payment(struct db *db, int64_t company_id, int64_t payment_id, const struct document_row *document, const struct posting_payment *payment,
                       struct err *err) MUST_CHECK;
int row_insert_allocation(struct db *db, int64_t company_id, int64_t document_id, int64_t payment_id, int64_t amount_cents, struct err *err) MUST_CHECK;
int row_insert_move(struct db *db, int64_t company_id, const struct document_row *document, int64_t line_no, int64_t article_id, int64_t quantity_milli,
                    struct err *err) MUST_CHECK;
/* The part of a payment that goes on a due line of which `*open_cents` is left, which it lowers: never more than either, and only when both have
 * the same sign (money given back on an invoice stays unallocated, as does what is paid above the total). */
int64_t allocation_part(int64_t payment_cents, int64_t *open_cents);
#endif
