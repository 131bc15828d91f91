/* grid_int.h: private to grid/: the session with its caches, staged sales as they are loaded, and the check that turns one into a posting. */
#ifndef GRID_GRID_INT_H
#define GRID_GRID_INT_H
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/money.h"
#include "base/text.h"
#include "grid/grid.h"

/* Sales per transaction while validating: large enough that the commit's sync is lost among them, small enough for memory and for other writers. */
enum { GRID_BATCH = 500 };

/* What a line's article turned out to be. */
enum line_match { LINE_FREE, LINE_KNOWN, LINE_UNKNOWN, LINE_NO_REFERENCE, LINE_AMBIGUOUS };
struct article_match {
    enum line_match match;
    int64_t article_id;
    bool stock_managed;
    struct str code;           /* in the cache's arena */
};

struct article_cache;          /* article_cache.c */

struct means_of_type { struct str till_type; int64_t means_id; };

struct grid_session {
    struct db *db;
    const struct company *company;
    struct grid_rules rules;
    int64_t now_utc, run_id;
    int32_t today;
    struct arena arena;        /* lives as long as the caches */
    struct tax *taxes;         /* mapped ones first, then by rate: the first of a rate wins */
    size_t tax_count;
    struct means_of_type *means;
    size_t means_count;
    int64_t counter_customer;
    struct article_cache *articles;
    struct posting_session *posting;
};

/* Drops what may have been rolled back: at the start of every transaction body that runs again. */
void session_forget(struct grid_session *session);
/* The VAT code of a rate, or NULL. */
const struct tax *session_tax(const struct grid_session *session, int64_t rate_bp);
/* The means of a till type, or 0. */
int64_t session_means(const struct grid_session *session, struct str till_type);

/* article_cache.c: which article a line sells, remembered. */
int article_cache_new(struct article_cache **ret, struct err *err) MUST_CHECK;
void article_cache_free(struct article_cache *cache);
void article_cache_clear(struct article_cache *cache);
int article_match_line(struct grid_session *session, const struct sale_line *line, struct article_match *ret, struct err *err) MUST_CHECK;

/* A sale of the grid in memory, with what the grid adds to it. */
struct staged {
    int64_t id;                /* grid_sale_id */
    int64_t link_id;
    struct sale sale;
    bool has_day;
    int32_t day;
    int revision;
    bool accepted, edited, blocked;
    struct str difference;     /* what changed at the till, while a correction is being staged */
};
/* load.c: room for one more element of an array of `count` in the arena, which doubles; begins with NULL and 0. NULL when memory is exhausted. */
void *array_grown(struct arena *arena, void *array, size_t count, size_t size) MUST_CHECK;
/* The staged sales with ids in [first_id, last_id], in order, at most `limit`; kind absent = both. The sales of other links too when link_id is negative.
 * `settled`: without those of which a newer record has been received and waits to be staged. */
struct staged_query { int64_t link_id, first_id, last_id; struct str kind; int limit; bool settled; };
int staged_load(struct db *db, int64_t company_id, struct arena *arena, const struct staged_query *query, struct staged **ret, size_t *ret_count, struct err *err) MUST_CHECK;
/* stage.c: writes one into the grid under the given id (0: a new one), replacing the rows of that id. In a transaction. */
int staged_write(struct db *db, int64_t company_id, struct staged *staged, struct err *err) MUST_CHECK;
/* Removes the sales with these consecutive ids, with lines, taxes, payments. */
int staged_delete_range(struct db *db, int64_t company_id, int64_t first_id, int64_t last_id, struct err *err) MUST_CHECK;
/* A sale of a file with the marks that a person gave it (accepted, edited); otherwise as grid_stage_sale. In a transaction. */
int stage_from_file(struct grid_session *session, const struct staged *file, struct str body, enum grid_seen *ret_seen, struct err *err) MUST_CHECK;
/* difference.c: what changed between two readings of a sale, as a text such as "total 12.00 → 10.00; line 2 quantity 1 → 2", in the arena, cut at a length that a
 * terminal bears; empty when no figure, line, payment, date, number or customer differs. .p is NULL when memory is exhausted. */
struct str sale_difference(struct arena *arena, const struct sale *before, const struct sale *after);

/* check.c: everything that can be wrong with a staged sale. */
enum { CHECK_ANOMALIES_MAX = 400 };  /* shown of one sale: a ticket of hundreds of faulty lines is blocked all the same */
struct check {
    struct anomaly *anomalies;
    size_t count;
    bool blocked;
    struct posting posting;    /* valid when not blocked, and when posting was asked for */
};
/* Texts in the arena. With `create`, unknown customers and articles are created when the rules say so (validation); without, that is only foreseen. */
int staged_check(struct grid_session *session, const struct staged *staged, bool create, struct arena *arena, struct check *ret, struct err *err) MUST_CHECK;
/* Stores the outcome of a check: anomalies and the blocked mark. */
int check_store(struct db *db, int64_t company_id, const struct staged *staged, const struct check *check, struct err *err) MUST_CHECK;
/* correct.c: the two documents that correct one that changed; credit_note.document … see there. `count` becomes 1 or 2. */
int correction_postings(struct grid_session *session, const struct staged *staged, const struct posting *corrected, struct arena *arena, struct posting ret[2],
                        size_t *ret_count, struct err *err) MUST_CHECK;

/* register.c: where a till sale is. */
struct registered { bool found; struct str state; int64_t document_id, journal_seq, previous_seq; };
int register_find(struct db *db, int64_t company_id, int64_t link_id, struct arena *arena, struct str till_sale_id, struct registered *ret, struct err *err) MUST_CHECK;
int register_move(struct db *db, int64_t company_id, int64_t link_id, struct str till_sale_id, const char *state, const char *reason, int64_t document_id, struct err *err) MUST_CHECK;

/* Texts for messages, in the arena: "12.34", "5.5", "2026-01-30". */
struct str grid_text_of_cents(struct arena *arena, int64_t cents);
struct str grid_text_of_rate(struct arena *arena, int64_t rate_bp);
struct str grid_text_of_day(struct arena *arena, int32_t day);
#endif
