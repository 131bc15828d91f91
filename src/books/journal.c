/* journal.c: the append-only journal: till records as received and the hashes of validated documents, each chained to the one before, so that a later change
 * of any of them shows. Public interface in books.h.
 *
 * chain(n) = SHA-256( chain(n-1) | n as 8 bytes, highest first | kind | 0 | subject | 0 | sha256(n) ), and chain(0) is 32 zero bytes. */
#include "books/books_int.h"

#include <string.h>

struct chain_head {
    int64_t seq;
    unsigned char chain[SHA256_SIZE];
};

static struct str bytes_of(const unsigned char *bytes, size_t n)
{
    return (struct str){(const char *)bytes, n};
}

/* Moves the head one record on. */
static void chain_advance(struct chain_head *head, struct str kind, struct str subject, struct str hash)
{
    unsigned char seq_bytes[8];
    const struct str zero = {"", 1};
    const struct str parts[] = {bytes_of(head->chain, SHA256_SIZE), bytes_of(seq_bytes, sizeof seq_bytes), kind, zero, subject, zero, hash};
    unsigned char next[SHA256_SIZE];

    head->seq++;
    for (int i = 0; i < 8; i++)
        seq_bytes[i] = (unsigned char)((uint64_t)head->seq >> (56 - 8 * i));
    sha256_parts(parts, sizeof parts / sizeof parts[0], next);
    memcpy(head->chain, next, SHA256_SIZE);
}

static bool is_hash(struct str bytes, const unsigned char hash[SHA256_SIZE])
{
    return bytes.n == SHA256_SIZE && memcmp(bytes.p, hash, SHA256_SIZE) == 0;
}

/* ---- appending ---- */
static const char sql_head_get[] = "SELECT seq, chain FROM journal_head WHERE company_id = $1";

static int head_get(struct db *db, int64_t company_id, struct chain_head *ret, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    struct str chain;
    int code = db_query(db, &rows, sql_head_get, err, DB_INT(company_id));

    if (code < 0)
        return code;
    code = db_next(&rows, err);
    if (code < 0)
        return code;
    chain = code > 0 ? db_bytes(&rows, 1) : STR_NULL;
    if (chain.n != SHA256_SIZE)
        return err_set(err, ERR_DATA, N_("the end of the journal is lost: restore the database from a backup, then run liaison journal verify"));
    ret->seq = db_int(&rows, 0);
    memcpy(ret->chain, chain.p, SHA256_SIZE);
    return OK;
}

static const char sql_head_set[] = "UPDATE journal_head SET seq = $2, chain = $3 WHERE company_id = $1";
static const char sql_journal_insert[] =
    "INSERT INTO journal (company_id, seq, kind, link_id, subject, at_utc, run_id, body, sha256, chain) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

int journal_append(struct db *db, int64_t company_id, struct journal_entry *entries, size_t count, int64_t *ret_first_seq, struct err *err)
{
    struct chain_head head;
    int64_t first_seq;
    int code = head_get(db, company_id, &head, err);

    if (code < 0)
        return code;
    first_seq = head.seq + 1;
    for (size_t i = 0; i < count; i++) {
        struct journal_entry *entry = &entries[i];
        struct str body = STR_NULL;

        if (entry->has_body) {
            body = entry->body.p ? entry->body : STR("");
            sha256(body, entry->sha256);
        }
        chain_advance(&head, str_from(entry->kind), entry->subject, bytes_of(entry->sha256, SHA256_SIZE));
        code = db_exec(db, sql_journal_insert, err, DB_INT(company_id), DB_INT(head.seq), DB_STR(str_from(entry->kind)), DB_INT(entry->link_id),
                       DB_STR(entry->subject), DB_INT(entry->at_utc), DB_INT(entry->run_id), DB_BLOB(body), DB_BLOB(bytes_of(entry->sha256, SHA256_SIZE)),
                       DB_BLOB(bytes_of(head.chain, SHA256_SIZE)));
        if (code < 0)
            return code;
    }
    if (count > 0) {
        code = db_exec(db, sql_head_set, err, DB_INT(company_id), DB_INT(head.seq), DB_BLOB(bytes_of(head.chain, SHA256_SIZE)));
        if (code < 0)
            return code;
    }
    *ret_first_seq = first_seq;
    return OK;
}

static const char sql_journal_body[] = "SELECT body FROM journal WHERE company_id = $1 AND seq = $2";

int journal_body(struct db *db, int64_t company_id, int64_t seq, struct arena *arena, struct str *ret, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    struct str body;
    int code = db_query(db, &rows, sql_journal_body, err, DB_INT(company_id), DB_INT(seq));

    if (code < 0)
        return code;
    code = db_next(&rows, err);
    if (code < 0)
        return code;
    if (code == 0 || db_is_null(&rows, 0))
        return 0;
    body = db_bytes(&rows, 0);
    body = arena_copy(arena, body.n > 0 ? body : STR(""));
    if (!body.p)
        return err_memory(err);
    *ret = body;
    return 1;
}

/* ---- verifying ---- */
enum { JOURNAL_PAGE = 500 };

static const char reason_body[] = N_("its bytes are no longer those that were received");
static const char reason_chain[] = N_("it does not follow the record before it: records were changed, reordered, inserted or removed");
static const char reason_tail[] = N_("the end of the journal was cut off: this record and all after it are missing");
static const char reason_document[] = N_("the document was changed since it was validated");
static const char reason_document_missing[] = N_("the document is missing");

static const char sql_document_exists[] = "SELECT 1 FROM document WHERE company_id = $1 AND document_id = $2";

/* *ret_reason = NULL when the document's rows are still those that were validated. */
static int verify_document(struct db *db, int64_t company_id, struct str subject, struct str hash, const char **ret_reason, struct err *err)
{
    unsigned char actual[SHA256_SIZE];
    int64_t document_id, one;
    int code = 0;

    if (str_parse_u63(subject, &document_id))
        code = db_query_int(db, &one, sql_document_exists, err, DB_INT(company_id), DB_INT(document_id));
    if (code < 0)
        return code;
    if (code == 0) {
        *ret_reason = reason_document_missing;
        return OK;
    }
    code = document_sha256(db, company_id, document_id, actual, err);
    if (code < 0)
        return code;
    *ret_reason = is_hash(hash, actual) ? NULL : reason_document;
    return OK;
}

/* One record against the chain so far, then against what it stands for. */
static int verify_record(struct db *db, int64_t company_id, struct db_rows *rows, struct chain_head *head, const char **ret_reason, struct err *err)
{
    const struct str kind = db_text(rows, 1), subject = db_text(rows, 2), hash = db_bytes(rows, 4);
    unsigned char actual[SHA256_SIZE];

    chain_advance(head, kind, subject, hash);
    if (db_int(rows, 0) != head->seq || hash.n != SHA256_SIZE || !is_hash(db_bytes(rows, 5), head->chain)) {
        *ret_reason = reason_chain;
        return OK;
    }
    if (str_equal(kind, STR("document")))
        return verify_document(db, company_id, subject, hash, ret_reason, err);
    sha256(db_bytes(rows, 3), actual);
    *ret_reason = !db_is_null(rows, 3) && is_hash(hash, actual) ? NULL : reason_body;
    return OK;
}

/* The bad record is the one that should stand here; a later one found in its place means that it is missing, and its subject is then unknown. */
static int verdict_set_bad(struct journal_verdict *verdict, struct db_rows *rows, int64_t expected_seq, const char *reason, struct arena *arena, struct err *err)
{
    bool failed = false;

    verdict->bad_seq = expected_seq;
    verdict->reason = reason;
    if (db_int(rows, 0) <= expected_seq)
        verdict->subject = books_row_text(rows, 2, arena, &failed);
    return failed ? err_memory(err) : OK;
}

static const char sql_journal_page[] =
    "SELECT seq, kind, subject, body, sha256, chain FROM journal WHERE company_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT CAST($4 AS BIGINT)";

/* Walks the records up to end_seq, or to the first bad one, which it notes in the verdict. */
static int verify_records(struct db *db, int64_t company_id, int64_t end_seq, struct arena *arena, struct chain_head *head, struct journal_verdict *verdict, struct err *err)
{
    int64_t after_seq = INT64_MIN;
    int64_t read;

    do {
        DB_ROWS_AUTO rows = {0};
        int code = db_query(db, &rows, sql_journal_page, err, DB_INT(company_id), DB_INT(after_seq), DB_INT(end_seq), DB_INT(JOURNAL_PAGE));

        if (code < 0)
            return code;
        for (read = 0; read < JOURNAL_PAGE && (code = db_next(&rows, err)) > 0; read++) {
            const char *reason = NULL;

            code = verify_record(db, company_id, &rows, head, &reason, err);
            if (code < 0)
                return code;
            if (reason)
                return verdict_set_bad(verdict, &rows, head->seq, reason, arena, err);
            verdict->records++;
            after_seq = head->seq;
        }
        if (code < 0)
            return code;
    } while (read == JOURNAL_PAGE);
    return OK;
}

/* The head and the last record in one reading, so that a run that appends meanwhile does not look like tampering. */
static const char sql_journal_end[] =
    "SELECT h.seq, h.chain, (SELECT MAX(j.seq) FROM journal j WHERE j.company_id = c.company_id)"
    " FROM company c LEFT JOIN journal_head h ON h.company_id = c.company_id WHERE c.company_id = $1";

/* *ret_last_seq: of the last record there is. A head that is missing or unreadable reads as seq -1. */
static int journal_end(struct db *db, int64_t company_id, struct chain_head *ret, int64_t *ret_last_seq, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    struct str chain;
    int code = db_query(db, &rows, sql_journal_end, err, DB_INT(company_id));

    if (code < 0)
        return code;
    code = db_next(&rows, err);
    if (code < 0)
        return code;
    if (code == 0)
        return err_set(err, ERR_NOT_FOUND, N_("this database holds no company with the number %s"), ERR_INT(company_id));
    chain = db_bytes(&rows, 1);
    *ret = (struct chain_head){.seq = -1};
    if (chain.n == SHA256_SIZE) {
        ret->seq = db_int(&rows, 0);
        memcpy(ret->chain, chain.p, SHA256_SIZE);
    }
    *ret_last_seq = db_int(&rows, 2);
    return OK;
}

/* All records up to the head are in order: is the last of them the one that the head stands for? */
static void verify_end(struct journal_verdict *verdict, const struct chain_head *walked, const struct chain_head *end, int64_t last_seq)
{
    if (end->seq < 0 || walked->seq < end->seq) {
        verdict->bad_seq = walked->seq + 1;
        verdict->reason = reason_tail;
    } else if (last_seq > end->seq) {
        verdict->bad_seq = end->seq + 1;
        verdict->reason = reason_chain;
    } else if (memcmp(walked->chain, end->chain, SHA256_SIZE) != 0) {
        verdict->bad_seq = end->seq > 0 ? end->seq : 1;
        verdict->reason = reason_chain;
    }
}

int journal_verify(struct db *db, int64_t company_id, struct arena *arena, struct journal_verdict *ret, struct err *err)
{
    struct journal_verdict verdict = {0};
    struct chain_head end = {0}, head = {0};
    int64_t last_seq = 0;
    int code = journal_end(db, company_id, &end, &last_seq, err);

    if (code < 0)
        return code;
    code = verify_records(db, company_id, end.seq >= 0 ? end.seq : last_seq, arena, &head, &verdict, err);
    if (code < 0)
        return code;
    if (!verdict.reason)
        verify_end(&verdict, &head, &end, last_seq);
    *ret = verdict;
    return OK;
}
