/* journal_verify.c: does the journal still say what was written? Every hash, link of the chain and seal anew, the documents from their rows, and the end against the
 * head. Public interface in books.h; the rule of chain and seals in journal_int.h; what it can and cannot find in docs/security.md. */
#include "base/json.h"
#include "base/text.h"
#include "books/journal_int.h"

#include <string.h>

enum { JOURNAL_PAGE = 500 };

static const char reason_body[] = N_("its bytes are no longer those that were received");
static const char reason_chain[] = N_("it does not follow the record before it: records were changed, reordered, inserted or removed");
static const char reason_tail[] = N_("the end of the journal was cut off: this record and all after it are missing");
static const char reason_document[] = N_("the document was changed since it was validated");
static const char reason_document_missing[] = N_("the document is missing");
static const char reason_unrecorded[] = N_("it is missing, because that document is validated and has no record: the journal was cut off or rewritten");
static const char reason_seal[] =
    N_("it does not bear the seal of this key file: it is of an earlier version, or something else than Liaison wrote it, or changed the journal before it was added");
static const char reason_end[] = N_("the end of the journal does not bear the seal of this key file: records after the last one were cut off, or the end was set by something else than Liaison");
static const char reason_mark[] = N_("it is not the record that was noted: the journal was rewritten");

/* A walk from the first record on. */
struct walk {
    struct db *db;
    int64_t company_id;
    const struct seal_key *key;   /* NULL: seals are not looked at */
    const struct journal_watch *watch; /* NULL: nobody is told */
    struct journal_head end;      /* seq -1: it is lost */
    int64_t last_seq;             /* of the last record there is */
    int64_t seq;                  /* verified so far */
    unsigned char chain[SHA256_SIZE];
    bool second_form;             /* met one: from here on no other */
};

static bool is_hash(struct str bytes, const unsigned char hash[SHA256_SIZE])
{
    return bytes.n == SHA256_SIZE && memcmp(bytes.p, hash, SHA256_SIZE) == 0;
}

/* ---- one record ---- */

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

enum { SEQ, KIND, SUBJECT, BODY, HASH, CHAIN, LINK, AT, RUN, SEAL };
static const char sql_journal_page[] =
    "SELECT seq, kind, subject, body, sha256, chain, link_id, at_utc, run_id, seal FROM journal WHERE company_id = $1 AND seq > $2 AND seq <= $3"
    " ORDER BY seq LIMIT CAST($4 AS BIGINT)";

/* Moves the walk on to this record; false when that is not the one that follows. */
static bool follow(struct walk *walk, struct db_rows *rows)
{
    const struct journal_record record = {.link_id = db_int(rows, LINK), .at_utc = db_int(rows, AT), .run_id = db_int(rows, RUN), .kind = db_text(rows, KIND),
                                          .subject = db_text(rows, SUBJECT), .hash = db_bytes(rows, HASH)};
    const struct str stored = db_bytes(rows, CHAIN);
    unsigned char chain[SHA256_SIZE];

    walk->seq++;
    journal_chain(walk->chain, walk->company_id, walk->seq, &record, chain);
    if (is_hash(stored, chain))
        walk->second_form = true;
    else if (!walk->second_form)
        journal_chain_first_form(walk->chain, walk->seq, &record, chain);
    memcpy(walk->chain, chain, SHA256_SIZE);
    return db_int(rows, SEQ) == walk->seq && record.hash.n == SHA256_SIZE && is_hash(stored, chain);
}

static bool bears_seal(const struct walk *walk, struct db_rows *rows)
{
    const struct str seal = db_bytes(rows, SEAL);
    unsigned char expected[KEYED_SIZE];

    if (!walk->key || walk->seq < walk->end.sealed_from)
        return true;
    journal_record_seal(walk->key, walk->chain, expected);
    return seal.n == KEYED_SIZE && memcmp(seal.p, expected, KEYED_SIZE) == 0;
}

/* One record against the chain so far, then against what it stands for. */
static int verify_record(struct walk *walk, struct db_rows *rows, const char **ret_reason, struct err *err)
{
    unsigned char actual[SHA256_SIZE];
    const struct str hash = db_bytes(rows, HASH);

    *ret_reason = !follow(walk, rows) ? reason_chain : !bears_seal(walk, rows) ? reason_seal : NULL;
    if (*ret_reason)
        return OK;
    if (str_equal(db_text(rows, KIND), STR("document")) && db_is_null(rows, BODY))
        return verify_document(walk->db, walk->company_id, db_text(rows, SUBJECT), hash, ret_reason, err);
    sha256(db_bytes(rows, BODY), actual);
    *ret_reason = !db_is_null(rows, BODY) && is_hash(hash, actual) ? NULL : reason_body;
    return OK;
}

/* The bad record is the one that should stand here; a later one found in its place means that it is missing, and its subject is then unknown. */
static int verdict_set_bad(struct journal_verdict *verdict, struct db_rows *rows, int64_t expected_seq, const char *reason, struct arena *arena, struct err *err)
{
    bool failed = false;

    verdict->bad_seq = expected_seq;
    verdict->reason = reason;
    if (db_int(rows, SEQ) <= expected_seq)
        verdict->subject = books_row_text(rows, SUBJECT, arena, &failed);
    return failed ? err_memory(err) : OK;
}

/* Walks the records up to end_seq, or to the first bad one, which it notes in the verdict. */
static int verify_records(struct walk *walk, int64_t end_seq, struct arena *arena, struct journal_verdict *verdict, struct err *err)
{
    int64_t after_seq = INT64_MIN;
    int64_t read;

    do {
        DB_ROWS_AUTO rows = {0};
        int code = db_query(walk->db, &rows, sql_journal_page, err, DB_INT(walk->company_id), DB_INT(after_seq), DB_INT(end_seq), DB_INT(JOURNAL_PAGE));

        if (code < 0)
            return code;
        for (read = 0; read < JOURNAL_PAGE && (code = db_next(&rows, err)) > 0; read++) {
            const char *reason = NULL;

            code = verify_record(walk, &rows, &reason, err);
            if (code < 0)
                return code;
            if (reason)
                return verdict_set_bad(verdict, &rows, walk->seq, reason, arena, err);
            verdict->records++;
            after_seq = walk->seq;
        }
        if (code >= 0 && walk->watch)
            code = walk->watch->walked(walk->watch->context, walk->seq, end_seq, err);
        if (code < 0)
            return code;
    } while (read == JOURNAL_PAGE);
    return OK;
}

/* ---- the end ---- */

/* The head and the last record in one reading, so that a run that appends meanwhile does not look like tampering. */
static const char sql_journal_end[] =
    "SELECT h.seq, h.chain, h.sealed_from, h.seal, (SELECT MAX(j.seq) FROM journal j WHERE j.company_id = c.company_id)"
    " FROM company c LEFT JOIN journal_head h ON h.company_id = c.company_id WHERE c.company_id = $1";

static int read_end(struct walk *walk, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    int code = db_query(walk->db, &rows, sql_journal_end, err, DB_INT(walk->company_id));

    if (code < 0)
        return code;
    code = db_next(&rows, err);
    if (code < 0)
        return code;
    if (code == 0)
        return err_set(err, ERR_NOT_FOUND, N_("this database holds no company with the number %s"), ERR_INT(walk->company_id));
    if (!journal_head_read(&rows, &walk->end))
        walk->end = (struct journal_head){.seq = -1, .sealed_from = 1};
    walk->last_seq = db_int(&rows, 4);
    return OK;
}

/* All records up to the head are in order: is the last of them the one that the head stands for? */
static void verify_end(const struct walk *walk, struct journal_verdict *verdict)
{
    const struct journal_head *end = &walk->end;

    if (end->seq < 0 || walk->seq < end->seq) {
        verdict->bad_seq = walk->seq + 1;
        verdict->reason = reason_tail;
    } else if (walk->last_seq > end->seq) {
        verdict->bad_seq = end->seq + 1;
        verdict->reason = reason_chain;
    } else if (memcmp(walk->chain, end->chain, SHA256_SIZE) != 0) {
        verdict->bad_seq = end->seq > 0 ? end->seq : 1;
        verdict->reason = reason_chain;
    } else if (walk->key && !journal_head_is_sealed(walk->key, walk->company_id, end)) {
        verdict->bad_seq = end->seq + 1;
        verdict->reason = reason_end;
    }
}

/* Each validated document has its record: who cuts records off, and the head with them, forgets that. */
static const char sql_unrecorded[] =
    "SELECT CAST(MIN(CAST(m.document AS BIGINT)) AS TEXT) FROM (SELECT CAST(document_id AS TEXT) AS document FROM document WHERE company_id = $1 AND state <> 'draft'"
    " EXCEPT SELECT subject FROM journal WHERE company_id = $1 AND kind = 'document') m";

static int verify_documents(const struct walk *walk, struct arena *arena, struct journal_verdict *verdict, struct err *err)
{
    struct str document;
    int code = db_query_text(walk->db, arena, &document, sql_unrecorded, err, DB_INT(walk->company_id));

    if (code == 1) {
        verdict->bad_seq = walk->seq + 1;
        verdict->reason = reason_unrecorded;
        verdict->subject = document;
    }
    return code < 0 ? code : OK;
}

int journal_verify(struct db *db, int64_t company_id, struct arena *arena, struct journal_verdict *ret, struct err *err)
{
    return journal_verify_watched(db, company_id, NULL, arena, ret, err);
}

int journal_verify_watched(struct db *db, int64_t company_id, const struct journal_watch *watch, struct arena *arena, struct journal_verdict *ret, struct err *err)
{
    struct walk walk = {.db = db, .company_id = company_id, .key = db_seal_key(db), .watch = watch};
    struct journal_verdict verdict = {.seals_checked = walk.key != NULL};
    int code = read_end(&walk, err);

    if (code < 0)
        return code;
    code = verify_records(&walk, walk.end.seq >= 0 ? walk.end.seq : walk.last_seq, arena, &verdict, err);
    if (code < 0)
        return code;
    if (!verdict.reason)
        verify_end(&walk, &verdict);
    if (!verdict.reason)
        code = verify_documents(&walk, arena, &verdict, err);
    if (code < 0)
        return code;
    verdict.end = (struct journal_mark){.seq = walk.seq};
    memcpy(verdict.end.chain, walk.chain, SHA256_SIZE);
    *ret = verdict;
    return OK;
}

static const char sql_mark[] = "SELECT chain FROM journal WHERE company_id = $1 AND seq = $2";

int journal_compare(struct db *db, int64_t company_id, const struct journal_mark *mark, struct journal_verdict *verdict, struct err *err)
{
    static const unsigned char beginning[SHA256_SIZE];
    DB_ROWS_AUTO rows = {0};
    int code = db_query(db, &rows, sql_mark, err, DB_INT(company_id), DB_INT(mark->seq));

    if (code < 0 || (code = db_next(&rows, err)) < 0)
        return code;
    const struct str chain = code > 0 ? db_bytes(&rows, 0) : mark->seq == 0 ? journal_bytes(beginning, SHA256_SIZE) : STR_NULL;
    if (is_hash(chain, mark->chain) || verdict->reason)
        return OK;
    verdict->bad_seq = chain.p ? mark->seq : verdict->end.seq + 1;
    verdict->reason = chain.p ? reason_mark : reason_tail;
    return OK;
}

/* ---- telling ---- */

void journal_mark_append(struct buf *out, const struct journal_mark *mark)
{
    buf_printf(out, "%lld:", (long long)mark->seq);
    hex_append(out, mark->chain, sizeof mark->chain);
}

void journal_verdict_append_json(struct buf *out, const struct journal_verdict *verdict)
{
    struct json_out json = {.buf = out};
    BUF_AUTO end = {0};
    journal_mark_append(&end, &verdict->end);
    json_begin_object(&json);
    json_member_bool(&json, "ok", !verdict->bad_seq);
    json_member_int(&json, "records", verdict->records);
    json_member_int(&json, "bad_record", verdict->bad_seq);
    json_member_str(&json, "subject", verdict->bad_seq ? verdict->subject : STR_NULL);
    json_member_str(&json, "reason", verdict->bad_seq && verdict->reason ? str_from(text_translate(verdict->reason)) : STR_NULL);
    json_member_bool(&json, "seals_checked", verdict->seals_checked);
    json_member_str(&json, "end", verdict->bad_seq ? STR_NULL : buf_str(&end));
    json_end_object(&json);
}
