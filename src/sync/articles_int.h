/* articles_int.h: what the two article flows share: a till article as they keep it, the spool that holds a whole catalogue on disk, and the list
 * of it with its collisions. Private to sync; only articles_*.c include it.
 *
 * A catalogue is read wholly before anything is decided, whatever its size, so it is kept as compact records in an unlinked temporary file, and
 * in memory there are some 50 bytes an article: hashes of its identity and reference, where its record stands, and what becomes of it. */
#ifndef SYNC_ARTICLES_INT_H
#define SYNC_ARTICLES_INT_H
#include "sync/sync_int.h"

/* ---- one till article, or declination of one ---- */

enum record_text {
    RECORD_ID, RECORD_DECLINATION,
    RECORD_NAME,
    RECORD_CODE,               /* its reference as the flows see it: given by hand here, else the till's, else its barcode when the link says so */
    RECORD_REFERENCE,          /* the till's own */
    RECORD_BARCODE, RECORD_UNIT, RECORD_COLOR,
    RECORD_CATEGORY,           /* name */
    RECORD_TAXES,              /* the till's tax ids, parted by commas */
    RECORD_RATE,               /* VAT in percent; absent when not known */
    RECORD_CAUSE,              /* the tax that is unknown, or the member that cannot be read */
    RECORD_TEXT_COUNT
};
/* Why a record is not an article for us; in the order of record_skip_reasons. */
enum record_skip { SKIP_NOT, SKIP_DEFAULT, SKIP_TRAINING, SKIP_HEADING, SKIP_FILTER, SKIP_DELETED };
extern const char *const record_skip_reasons[];
enum { PROBLEM_UNREADABLE = 1, PROBLEM_NO_REFERENCE = 2, PROBLEM_UNKNOWN_TAX = 4, PROBLEM_SEVERAL_TAXES = 8, PROBLEM_NO_PRICE = 16 };
/* All that decides what is written here; when it is the same, nothing is. The marks are the beginning of SHA-256. */
struct record_fingerprint {
    unsigned char content[16];          /* the till's content */
    unsigned char category_mark[8];     /* the name of its category */
    unsigned char code_mark[8];         /* a code that is not the till's reference */
    uint32_t tax_id, rate_bp;           /* the VAT code here */
};
struct record_values {
    struct record_fingerprint fingerprint;
    int64_t price_e4, buy_price_e4, weight_milli;
    int64_t article_id;                 /* the article that it was synchronised with; 0 = none yet */
    int64_t tax_id, rate_bp;            /* the VAT code here and its rate; 0 = none */
    int64_t category;                   /* place in the catalog, -1 = none */
    bool in_default_category;           /* where the till puts what nobody has put anywhere */
    bool has_price, has_buy_price, has_weight, stock_managed, in_stock, ignore_stock, deleted;
    bool unchanged;                     /* since it was last synchronised */
    uint8_t skip, problems;
};
struct article_record {
    struct str text[RECORD_TEXT_COUNT];
    struct record_values values;
};
/* "ID" or "ID/DECLINATION", in the arena; .p is NULL when memory is exhausted. */
struct str record_subject(struct arena *arena, const struct article_record *record);

/* ---- articles_spool.c: records in a temporary file ---- */

struct spool {
    int fd;                    /* -1: all is pending still */
    struct buf pending;        /* not written yet */
    uint64_t size;             /* with what is pending */
};
void spool_close(struct spool *spool);
/* What does not fit into memory goes to an unlinked file in TMPDIR, or else in the system's folder for temporary files: it goes with the process, however that ends. */
int spool_append(struct spool *spool, const struct article_record *record, uint64_t *ret_offset, struct err *err) MUST_CHECK;
/* A reader has a window on the file; a large one for reading in order, a small one for reading here and there. A zeroed one with `spool` and
 * `window_size` set is ready; the buffer is its only resource. */
enum { SPOOL_WINDOW_IN_ORDER = 256 << 10, SPOOL_WINDOW_HERE_AND_THERE = 2 << 10 };
struct spool_reader {
    struct spool *spool;
    size_t window_size;
    struct buf window;
    uint64_t window_at;
};
/* Texts are valid until the next read. */
int spool_read(struct spool_reader *reader, uint64_t offset, struct article_record *ret, struct err *err) MUST_CHECK;

/* ---- articles_list.c: the list in memory, and its collisions ---- */

enum record_fate {
    FATE_NONE,                 /* counts for nothing: a repeat of a page that moved, or an article of ours that the filters hid */
    FATE_SKIPPED, FATE_ANOMALY, FATE_UNCHANGED, FATE_WRITE,
    FATE_CREATED, FATE_UPDATED /* what became of FATE_WRITE */
};
struct record_key {
    uint64_t identity;         /* hash of id and declination */
    uint64_t exact, fold;      /* hash of the code, and of text_fold_key of it; 0 = it takes no part in collisions */
    uint64_t offset;           /* in the spool */
    uint32_t same, similar;    /* groups of the list, from 1; 0 = alone */
    uint8_t fate, outcome;     /* as decided before the first write; as it came out */
};
struct key_place { uint64_t hash; uint32_t place; };
/* Records whose codes are the same, or differ only by case, blanks, accents or leading zeros. */
struct article_group {
    struct str cause;          /* the code; the folded one */
    struct str names;          /* of the first ones */
    size_t named;
};
struct article_list {
    struct spool spool;
    struct record_key *keys;
    size_t count, capacity;
    int64_t to_write;          /* records with FATE_WRITE as they were read */
    struct key_place *by_code; /* sorted by exact hash; only those that take part */
    size_t by_code_count;
    struct article_group *groups;
    uint32_t group_count;      /* groups[1 .. group_count] */
    struct arena arena;        /* the groups */
};
#define ARTICLE_LIST_EMPTY {.spool = {.fd = -1}}
void article_list_close(struct article_list *list);
/* Adds a record; `keyed` = its code takes part in collisions. */
int article_list_add(struct article_list *list, const struct article_record *record, bool keyed, enum record_fate fate, struct arena *scratch, struct err *err) MUST_CHECK;
/* Once all are added: drops repeats, finds the groups, names them, and takes FATE_WRITE and FATE_UNCHANGED from those in one. A code that is similar to
 * others does not trouble an article that was synchronised before and has not changed; a shared one does. Call once. */
int article_list_group(struct article_list *list, struct err *err) MUST_CHECK;
/* The place of the first record with that code, or -1. Hashes of 64 bits under a random key: among a million codes a false meeting has a chance of one in ten
 * million, and the caller that acts on it compares the texts. */
int64_t article_list_find(const struct article_list *list, struct str code);
/* The same for a code that is similar: linear, for messages. */
int64_t article_list_find_similar(const struct article_list *list, struct str folded);

/* ---- articles_read.c: from the till's pages to the list ---- */

/* The VAT codes by the till's rate: mappings first, then by equality. */
struct vat_code { int64_t till_rate_bp, tax_id, rate_bp; };
struct article_reader {
    struct sync_run *run;
    enum sync_flow flow;
    const struct catalog *catalog;
    struct vat_code *vat;      /* in run->arena */
    size_t vat_count;
    struct arena page;         /* of the page that is being read */
    struct article_list *list;
};
int article_reader_init(struct article_reader *ret, struct sync_run *run, enum sync_flow flow, const struct catalog *catalog, struct err *err) MUST_CHECK;
void article_reader_release(struct article_reader *reader);
/* Reads the till's list with these filters into `list`, several pages in flight. */
int article_reader_read(struct article_reader *reader, const struct till_filter *filters, size_t filter_count, struct article_list *list, struct err *err) MUST_CHECK;
/* One record of the till (as GET answers it), with its declinations, in the arena. */
int article_reader_one(struct article_reader *reader, const struct json *json, struct arena *arena, struct article_record **ret, size_t *ret_count, struct err *err) MUST_CHECK;
/* A rate in percent, in the arena. */
struct str text_of_percent(struct arena *arena, int64_t rate_bp);

/* ---- articles_write.c: from the list to the back office ---- */

int article_list_write(struct sync_run *run, const struct catalog *catalog, struct article_list *list, struct err *err) MUST_CHECK;
/* What is wrong with a record of fate FATE_ANOMALY; room for RECORD_ANOMALIES_MAX. Texts are the record's, the list's and the arena's. */
enum { RECORD_ANOMALIES_MAX = 6 };
size_t record_anomalies(const struct article_list *list, const struct record_key *key, const struct article_record *record, struct anomaly *ret);
/* The first 8 bytes of a text's SHA-256, for fingerprints. */
void text_mark(struct str text, unsigned char ret[8]);
/* Remembers which article a till article is, and what it looked like. In a transaction. */
int till_article_bind(struct db *db, const struct sync_run *run, const struct article_record *record, int64_t article_id, struct err *err) MUST_CHECK;

/* ---- articles_change.c: what changes, field by field, told only when it is certain ---- */

struct change_log {
    struct sync_run *run;
    enum sync_flow flow;
    struct buf bytes;
};
/* Whether anybody listens: otherwise nothing need be put. */
bool change_log_wanted(const struct change_log *log);
/* `action` and `field` are literals; field NULL for none. Texts are copied. */
void change_log_put(struct change_log *log, const char *action, struct str subject, const char *field, struct str old_value, struct str new_value);
/* Tells all of it in order, and empties the log. */
int change_log_tell(struct change_log *log, struct err *err) MUST_CHECK;
/* Puts the fields in which two articles differ; returns how many. With `log` NULL they are only counted. */
size_t article_differences(struct change_log *log, const struct article *before, const struct article *after);
/* Values as they are told: "12.50", "yes", … in the arena. */
struct str article_text_of_price(struct arena *arena, bool has, int64_t price_e4);
struct str text_of_weight(struct arena *arena, bool has, int64_t weight_milli);

/* ---- articles_fields.c: what the till holds of an article, compared as texts ---- */

enum export_field { FIELD_NAME, FIELD_REFERENCE, FIELD_PRICE, FIELD_TAX, FIELD_CATEGORY, FIELD_BARCODE, FIELD_UNIT, FIELD_WEIGHT, FIELD_BUY_PRICE, FIELD_COUNT };
extern const char *const export_field_names[FIELD_COUNT]; /* as the till calls them */
struct field_texts { struct str text[FIELD_COUNT]; };      /* absent: nothing to say */
/* What the back office wants there. False when memory is exhausted. */
bool fields_wanted(struct arena *arena, const struct article *article, struct field_texts *ret);
/* What is there; the VAT as the article's own when the link maps it to that. */
bool fields_there(struct arena *arena, const struct article_record *record, const struct article *article, struct field_texts *ret);
/* Whether a field is to be overwritten. */
bool field_differs(const struct field_texts *wanted, const struct field_texts *there, enum export_field field);
/* The body that creates it on the till, or that overwrites the fields which differ. An article's PUT resets what is not sent of taxes, color and in_stock (tactill-v4.md,
 * Writes), so these go back as they are there. The stock is never sent. */
void append_create_body(struct buf *out, const struct article *article, const struct field_texts *wanted, struct str node_id, struct str category_id, struct str tax_id);
void append_update_body(struct buf *out, const struct article *article, const struct field_texts *wanted, const struct field_texts *there,
                        const struct article_record *record, struct str category_id, struct str tax_id);

/* ---- articles_create.c: records that the till lacks ---- */

/* POST, where an answer may be lost: before each attempt the till is asked whether it has the record (`field` is `value`). 1 = *ret_id; 0 = the till refuses
 * (*refusal says why); negative = the till does not answer, or something else stops the run. */
int till_create_once(struct sync_run *run, enum till_resource resource, const char *field, struct str value, struct str body, struct arena *arena, struct str *ret_id,
                     struct err *refusal, struct err *err) MUST_CHECK;
/* The id of a category by name, or of a tax by rate: of the catalog, else created (a rehearsal only says so, and *ret_id is empty). Returned as above. */
int till_category_ensure(struct sync_run *run, struct catalog *catalog, struct str name, struct str *ret_id, struct err *refusal, struct err *err) MUST_CHECK;
int till_tax_ensure(struct sync_run *run, struct catalog *catalog, int64_t rate_bp, struct str *ret_id, struct err *refusal, struct err *err) MUST_CHECK;
#endif
