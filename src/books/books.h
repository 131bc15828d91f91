/* books.h: the part of the back office that Liaison needs: company, articles, customers, VAT, means, documents, payments, stock, numbers,
 * and the append-only journal. Used by grid, sync, report, server, cli. It computes on data handed in: no clock, no network, no global.
 * Functions that write are to be called inside db_transact unless they say otherwise. All ids are of one company. */
#ifndef BOOKS_BOOKS_H
#define BOOKS_BOOKS_H
#include "base/hash.h"
#include "base/sale.h"
#include "db/db.h"

/* ---- company ---- */
struct company {
    int64_t id;
    struct str name, siren, timezone;
    struct zone *zone;
    int cutoff_minutes;
    bool has_closed_until;
    int32_t closed_until;      /* no document on or before this day */
};
/* Creates a company with its defaults: VAT codes 20, 10, 5.5, 2.1, 0; means cash, card, check, meal_voucher, transfer, gift_card, credit_note, customer_account;
 * the counter customer; number sequences FA, CO, AV. ERR_DATA: empty name, taken name, bad SIREN (9 digits, Luhn), unknown zone. */
int company_create(struct db *db, struct str name, struct str siren, struct str timezone, int64_t now_utc, int64_t *ret_id, struct err *err) MUST_CHECK;
/* By name, or the only one when name is absent (ERR_DATA names what there is otherwise). Texts in the arena; the zone is freed by company_release. */
int company_open(struct db *db, struct arena *arena, struct str name, struct company *ret, struct err *err) MUST_CHECK;
void company_release(struct company *company);
int company_set_closed_until(struct db *db, int64_t company_id, const int32_t *day, struct err *err) MUST_CHECK; /* NULL opens again */
int company_set_cutoff(struct db *db, int64_t company_id, int cutoff_minutes, struct err *err) MUST_CHECK;
/* Name, SIREN (empty = none) and zone, as company_create takes them; absent = stays. */
int company_set_identity(struct db *db, int64_t company_id, struct str name, struct str siren, struct str timezone, struct err *err) MUST_CHECK;
/* What stands on an invoice besides. */
enum company_detail_type { DETAIL_TEXT, DETAIL_CENTS /* decimal digits */, DETAIL_WORD /* one of `words`, the first unless another is set */, DETAIL_TRUTH /* "1" or absent */ };
struct company_detail_kind { const char *name; enum company_detail_type type; const char *const *words; /* NULL at the end */ };
enum { COMPANY_DETAILS = 15 };
extern const struct company_detail_kind company_detail_kinds[COMPANY_DETAILS]; /* "legal_form", "capital_cents", "address" … */
/* Empty = none. ERR_USAGE when no detail is called so, or it does not take such a value. */
int company_set_detail(struct db *db, int64_t company_id, struct str name, struct str value, struct err *err) MUST_CHECK;
/* In the order of company_detail_kinds, absent where there is none. In the arena. */
int company_details(struct db *db, int64_t company_id, struct arena *arena, struct str ret[COMPANY_DETAILS], struct err *err) MUST_CHECK;
/* The one of that name, borrowed; absent when there is none, or no detail is called so. */
struct str company_detail(const struct str details[COMPANY_DETAILS], const char *name);

/* A SIREN number: nine digits, the last of which makes the Luhn sum a multiple of ten (source: INSEE, definition of the SIREN number). Blanks between them, as people write them in
 * groups of three, are dropped. */
enum { SIREN_DIGITS = 9 };
bool siren_parse(struct str s, char ret[SIREN_DIGITS]);

/* ---- VAT, means, families, customers, users ----
 * `find` functions: 1 = found, 0 = none. `create` functions: ERR_DATA when the code is empty or taken; the transaction stays usable then. */
struct tax { int64_t id; struct str code, label; int64_t rate_bp; };
/* By rate: 1 = found (the lowest id when several share it), 0 = none. */
int tax_find_by_rate(struct db *db, int64_t company_id, int64_t rate_bp, int64_t *ret_id, struct err *err) MUST_CHECK;
int tax_find_by_code(struct db *db, int64_t company_id, struct str code, int64_t *ret_id, struct err *err) MUST_CHECK;
int tax_create(struct db *db, int64_t company_id, struct str code, struct str label, int64_t rate_bp, int64_t *ret_id, struct err *err) MUST_CHECK;
int tax_list(struct db *db, int64_t company_id, struct arena *arena, struct tax **ret, size_t *ret_count, struct err *err) MUST_CHECK;
int means_find_by_code(struct db *db, int64_t company_id, struct str code, int64_t *ret_id, struct err *err) MUST_CHECK;
int means_create(struct db *db, int64_t company_id, struct str code, struct str label, int64_t *ret_id, struct err *err) MUST_CHECK;
/* The id of a family by exact name, created when missing. */
int family_find_or_create(struct db *db, int64_t company_id, struct str name, int64_t *ret_id, struct err *err) MUST_CHECK;
int customer_counter(struct db *db, int64_t company_id, int64_t *ret_id, struct err *err) MUST_CHECK;
int customer_find_by_code(struct db *db, int64_t company_id, struct str code, int64_t *ret_id, struct err *err) MUST_CHECK;
/* code absent: the next free one (C000001 …). Names may be absent. */
int customer_create(struct db *db, int64_t company_id, struct str code, const struct sale_customer *data, int64_t *ret_id, struct err *err) MUST_CHECK;
/* Every field but the code; those absent are emptied. ERR_NOT_FOUND. */
int customer_update(struct db *db, int64_t company_id, int64_t customer_id, const struct sale_customer *data, struct err *err) MUST_CHECK;
/* 1 = found; texts in the arena, `id` stays absent. */
int customer_get(struct db *db, int64_t company_id, int64_t customer_id, struct arena *arena, struct sale_customer *ret, struct err *err) MUST_CHECK;
int user_set(struct db *db, int64_t company_id, struct str name, struct str role, struct str password_encoded, int64_t now_utc, struct err *err) MUST_CHECK;
/* How many can log in; on failure *ret stays as it was. */
int user_count(struct db *db, int64_t company_id, int64_t *ret, struct err *err) MUST_CHECK;
/* 1 = name and password match (ret_role in the arena), 0 = not; takes the same time either way. */
int user_check(struct db *db, int64_t company_id, struct arena *arena, struct str name, struct str password, struct str *ret_role, struct err *err) MUST_CHECK;

/* ---- articles ---- */
struct article {
    int64_t id;
    struct str code, label, barcode, unit, family, tax_code; /* family and tax_code are names, filled by finders */
    int64_t family_id;          /* 0 = none */
    int64_t tax_id, rate_bp;
    bool has_price, has_buy_price, has_weight;
    int64_t price_e4, net_price_e4, buy_price_e4, weight_milli;
    bool stock_managed, archived;
};
/* 1 = found, 0 = not. Texts in the arena. */
int article_find_by_code(struct db *db, int64_t company_id, struct arena *arena, struct str code, struct article *ret, struct err *err) MUST_CHECK;
int article_find_by_id(struct db *db, int64_t company_id, struct arena *arena, int64_t id, struct article *ret, struct err *err) MUST_CHECK;
/* Price without tax from the price with tax: e4 * 10000 / (10000 + r), half-up. */
int64_t article_net_price_e4(int64_t price_e4, int64_t rate_bp);
/* Inserts with the given id (from db_reserve_ids "article") / updates every field of that id. Never touches the stock. tax_id, family_id must exist; net_price is computed by the
 * function from price_e4 and rate_bp. ERR_DATA when the code is empty or taken. */
int article_insert(struct db *db, int64_t company_id, const struct article *article, int64_t now_utc, struct err *err) MUST_CHECK;
int article_update(struct db *db, int64_t company_id, const struct article *article, int64_t now_utc, struct err *err) MUST_CHECK;
/* Called for every article in code order, paged by key inside. Filters: absent = any. */
struct article_filter { struct str family, code_pattern; bool with_archived, only_archived, only_stock_managed; bool has_changed_since; int64_t changed_since_utc; };
typedef int article_fn(void *context, const struct article *article, struct err *err);
int article_each(struct db *db, int64_t company_id, const struct article_filter *filter, article_fn *on_article, void *context, struct err *err) MUST_CHECK;
/* A count by hand: the stock becomes `quantity_milli`, the difference is a move of its own. ERR_DATA when the article is not stock-managed, ERR_NOT_FOUND when there is none. */
int stock_count_set(struct db *db, int64_t company_id, int64_t article_id, int64_t quantity_milli, int64_t now_utc, struct err *err) MUST_CHECK;
int stock_get(struct db *db, int64_t company_id, int64_t article_id, int64_t *ret_quantity_milli, struct err *err) MUST_CHECK;

/* An edit by hand or from a file: what is named changes, the rest stays. */
struct figure_edit { enum { FIGURE_KEEP, FIGURE_NONE, FIGURE_SET } what; int64_t value; };
enum flag_edit { FLAG_KEEP, FLAG_NO, FLAG_YES };
struct article_edit {
    struct str code;
    struct str label, family, tax, barcode, unit; /* absent = stays; empty = none (family, barcode, unit) */
    struct figure_edit price_e4, buy_price_e4, weight_milli, stock_milli;
    enum flag_edit stock_managed, archived;
};
enum article_outcome { ARTICLE_CREATED, ARTICLE_UPDATED, ARTICLE_UNCHANGED };
/* ERR_DATA says what a new article lacks, or what a value may not be. */
int article_edit_apply(struct db *db, int64_t company_id, struct arena *arena, const struct article_edit *edit, int64_t now_utc, enum article_outcome *ret, struct err *err) MUST_CHECK;

/* ---- documents ---- */
enum document_kind { DOCUMENT_INVOICE, DOCUMENT_ORDER, DOCUMENT_CREDIT_NOTE };
extern const char *const document_kind_names[]; /* "invoice", "order", "credit_note" */
enum number_rule { NUMBERS_KEEP, NUMBERS_RENUMBER };
/* How the documents of a kind are numbered from now on. Once a number was given, another next number needs another prefix, under which no document stands yet: a series has no hole. */
struct sequence { struct str prefix; int64_t digits, next_number; };
int sequence_get(struct db *db, int64_t company_id, enum document_kind kind, struct arena *arena, struct sequence *ret, struct err *err) MUST_CHECK;
int sequence_set(struct db *db, int64_t company_id, enum document_kind kind, const struct sequence *sequence, struct err *err) MUST_CHECK;

struct posting_line {
    int64_t article_id;         /* 0 = free amount */
    bool stock_managed;
    struct str code, label, unit;
    int64_t quantity_milli, unit_price_e4, discount_cents, total_cents;
    int64_t tax_id, rate_bp;
};
struct posting_tax { int64_t tax_id, rate_bp, tax_cents; bool stated; }; /* stated: the till's figure, kept as it is */
struct posting_payment {        /* one per means, change deducted */
    int64_t means_id;
    int64_t amount_cents;
    struct str till_payment_id;
    int64_t at_utc;
    int32_t day;
};
/* Everything that is needed to make one document; checked by the grid, computed on by books. Refunds carry negative figures. */
struct posting {
    enum document_kind kind;
    struct str number;          /* NUMBERS_KEEP: the number to take; absent with NUMBERS_RENUMBER */
    int32_t day;
    int64_t at_utc;
    int64_t customer_id;
    struct str salesperson;
    int64_t total_cents, tip_cents;
    int64_t link_id;
    struct str till_sale_id, till_number;
    int revision;
    int64_t origin_id;          /* 0 = none */
    const struct posting_line *lines;
    size_t line_count;
    const struct posting_tax *taxes; /* the till's figures by tax; a tax of the lines that is missing here is computed */
    size_t tax_count;
    const struct posting_payment *payments;
    size_t payment_count;
    /* filled by posting_run: */
    int64_t document_id;
    bool validated;             /* false: a draft that says why */
    bool reconciled;            /* its due line is wholly allocated */
};
struct posting_options {
    bool refuse_negative_stock;
    bool validate;              /* invoices and credit notes are validated at once, unless something blocks them */
    int64_t now_utc, run_id;
};
/* The VAT of a document, as architecture.md says: per rate T = sum of the lines' totals, VAT = what is stated, else half-up; HT = T - VAT; each line's HT by
 * largest remainder of its rate's HT. Pure. `nets` has line_count places; `taxes` (room for line_count + tax_count) gets one per tax in order of tax_id, *ret_tax_count. */
struct document_tax { int64_t tax_id, rate_bp, total_cents, net_cents, tax_cents; };
int document_compute(const struct posting *posting, int64_t *nets, struct document_tax *taxes, size_t *ret_tax_count, struct err *err) MUST_CHECK;

struct posting_session; /* caches article stocks and number blocks during many postings; one transaction or several */
int posting_session_new(struct posting_session **ret, struct db *db, int64_t company_id, const struct posting_options *options, struct err *err) MUST_CHECK;
void posting_session_free(struct posting_session *session);
/* Makes the documents, lines, taxes, due lines, payments, allocations, stock moves and journal entries of `count` postings, in order, in the current transaction. Numbers are taken in one block.
 * A stock that would become negative under refuse_negative_stock makes that invoice a draft with {"code":"stock",…}, its payments unallocated; the others go on.
 * After a rollback call posting_session_reset before using it again. */
int posting_run(struct posting_session *session, struct posting *postings, size_t count, struct err *err) MUST_CHECK;
void posting_session_reset(struct posting_session *session);
/* Tries again the drafts of a link (0 = all; `number` absent = every blocked one) in order of their ids: validates what is no longer blocked and allocates the payments that waited.
 * Runs its own transactions (call outside one). */
struct resume_result { int64_t tried, validated, still_blocked, reconciled; };
int document_resume(struct db *db, int64_t company_id, int64_t link_id, struct str number, const struct posting_options *options, struct resume_result *ret, struct err *err) MUST_CHECK;
/* A part of a payment onto a due line by hand, on top of what is there. ERR_NOT_FOUND when there is no such payment or due line; ERR_DATA when the document is not validated or is an order, when the
 * payment still waits for its own draft, is another customer's (the counter customer pays for anybody), has the other sign, or when the amount is zero or more than is left of either. */
struct allocation { int64_t payment_id, document_id, due_no, amount_cents; };
int payment_allocate(struct db *db, int64_t company_id, const struct allocation *allocation, struct str user, int64_t now_utc, struct err *err) MUST_CHECK;
/* Takes the allocation of a payment to a due line away, whole, however it was made. ERR_NOT_FOUND. amount_cents is not looked at. */
int payment_unallocate(struct db *db, int64_t company_id, const struct allocation *allocation, struct str user, int64_t now_utc, struct err *err) MUST_CHECK;
/* Whether a number of that kind is taken (draft or validated): 1, 0. */
int document_number_taken(struct db *db, int64_t company_id, enum document_kind kind, struct str number, struct err *err) MUST_CHECK;
/* By number or, for a draft without one, "draft-ID": 1 = found, 0 = not. */
int document_find(struct db *db, int64_t company_id, struct str number, int64_t *ret_id, struct err *err) MUST_CHECK;
/* The document that undoes another: its lines, taxes negated, as a posting of kind credit note in the arena (payments empty). */
int document_reversal(struct db *db, int64_t company_id, int64_t document_id, struct arena *arena, struct posting *ret, struct err *err) MUST_CHECK;

/* ---- journal ---- */
struct journal_entry { const char *kind; int64_t link_id; struct str subject; int64_t at_utc, run_id; struct str body; bool has_body; unsigned char sha256[SHA256_SIZE]; };
/* Appends `count` entries in order in the current transaction; *ret_first_seq is the seq of the first (they are consecutive). sha256 is computed here for entries with a body.
 * Sealed when the connection has the key (db_set_seal_key) and the end of the journal bears its seal; otherwise without, which journal_verify then shows. */
int journal_append(struct db *db, int64_t company_id, struct journal_entry *entries, size_t count, int64_t *ret_first_seq, struct err *err) MUST_CHECK;
/* The bytes of a record as received, in the arena: 1, 0. */
int journal_body(struct db *db, int64_t company_id, int64_t seq, struct arena *arena, struct str *ret, struct err *err) MUST_CHECK;
/* Seals the end of the journal with the connection's key (which must be there): of a new company, or when a person has decided that the journal, as it stands, is the
 * right one. Nothing when it is sealed already. In a transaction. */
int journal_seal(struct db *db, int64_t company_id, struct err *err) MUST_CHECK;
/* A place in the journal that somebody noted elsewhere: a record and the chain there. */
struct journal_mark { int64_t seq; unsigned char chain[SHA256_SIZE]; };
/* Walks the chain: recomputes every hash, the documents' from their rows, every seal when the connection has the key, and compares the end with the head. bad_seq = 0
 * when all is right, else the first bad record (the one after the last when the tail was cut), with `reason` a msgid. `end`: as far as the walk came. */
struct journal_verdict { int64_t records, bad_seq; const char *reason; struct str subject; bool seals_checked; struct journal_mark end; };
/* After journal_verify: a mark that is not in the journal as it was noted makes a verdict that was right a bad one. */
int journal_compare(struct db *db, int64_t company_id, const struct journal_mark *mark, struct journal_verdict *verdict, struct err *err) MUST_CHECK;
int journal_verify(struct db *db, int64_t company_id, struct arena *arena, struct journal_verdict *ret, struct err *err) MUST_CHECK;
/* Told after each page of records how many were walked, of how many; a negative code (with *err) ends the walk with it. */
struct journal_watch { int (*walked)(void *context, int64_t done, int64_t total, struct err *err); void *context; };
/* The same, watched; NULL for nobody. */
int journal_verify_watched(struct db *db, int64_t company_id, const struct journal_watch *watch, struct arena *arena, struct journal_verdict *ret, struct err *err) MUST_CHECK;
/* "SEQ:HASH", for people to note elsewhere. */
void journal_mark_append(struct buf *out, const struct journal_mark *mark);
/* The object of `journal verify --json`; the reason in the current language. */
void journal_verdict_append_json(struct buf *out, const struct journal_verdict *verdict);
/* The SHA-256 of a document's canonical text, from its rows (documents, lines, taxes, due lines). */
int document_sha256(struct db *db, int64_t company_id, int64_t document_id, unsigned char ret[SHA256_SIZE], struct err *err) MUST_CHECK;
#endif
