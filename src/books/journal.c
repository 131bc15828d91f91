/* journal.c: the append-only journal: till records as received and the hashes of validated documents, each chained to the one before and sealed with the
 * key file, so that a later change of any of them shows. Public interface in books.h, the rule of chain and seals in journal_int.h, their verification in
 * journal_verify.c. */
#include "books/journal_int.h"

#include <assert.h>
#include <string.h>

/* ---- chain and seals ---- */

static void put_number(unsigned char ret[8], int64_t number)
{
    for (int i = 0; i < 8; i++)
        ret[i] = (unsigned char)((uint64_t)number >> (56 - 8 * i));
}

void journal_chain(const unsigned char before[SHA256_SIZE], int64_t company_id, int64_t seq, const struct journal_record *record, unsigned char ret[SHA256_SIZE])
{
    unsigned char fixed[1 + 5 * 8] = {2};
    const int64_t numbers[] = {company_id, seq, record->link_id, record->at_utc, record->run_id};
    const struct str zero = {"", 1};

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        put_number(fixed + 1 + 8 * i, numbers[i]);
    const struct str parts[] = {journal_bytes(before, SHA256_SIZE), journal_bytes(fixed, sizeof fixed), record->kind, zero, record->subject, zero, record->hash};
    sha256_parts(parts, sizeof parts / sizeof *parts, ret);
}

void journal_chain_first_form(const unsigned char before[SHA256_SIZE], int64_t seq, const struct journal_record *record, unsigned char ret[SHA256_SIZE])
{
    unsigned char number[8];
    const struct str zero = {"", 1};
    const struct str parts[] = {journal_bytes(before, SHA256_SIZE), journal_bytes(number, sizeof number), record->kind, zero, record->subject, zero, record->hash};

    put_number(number, seq);
    sha256_parts(parts, sizeof parts / sizeof *parts, ret);
}

void journal_record_seal(const struct seal_key *key, const unsigned char chain[SHA256_SIZE], unsigned char ret[KEYED_SIZE])
{
    keyed_digest(key, "jrnl-rec", &(struct str){(const char *)chain, SHA256_SIZE}, 1, ret);
}

void journal_head_seal(const struct seal_key *key, int64_t company_id, const struct journal_head *head, unsigned char ret[KEYED_SIZE])
{
    unsigned char numbers[3 * 8];
    const struct str parts[] = {journal_bytes(numbers, sizeof numbers), journal_bytes(head->chain, SHA256_SIZE)};

    put_number(numbers, company_id);
    put_number(numbers + 8, head->sealed_from);
    put_number(numbers + 16, head->seq);
    keyed_digest(key, "jrnl-end", parts, sizeof parts / sizeof *parts, ret);
}

bool journal_head_is_sealed(const struct seal_key *key, int64_t company_id, const struct journal_head *head)
{
    unsigned char seal[KEYED_SIZE];

    if (!head->has_seal)
        return false;
    journal_head_seal(key, company_id, head, seal);
    return memcmp(seal, head->seal, KEYED_SIZE) == 0;
}

bool journal_head_read(struct db_rows *rows, struct journal_head *ret)
{
    const struct str chain = db_bytes(rows, 1), seal = db_bytes(rows, 3);
    struct journal_head head = {.seq = db_int(rows, 0), .sealed_from = db_is_null(rows, 2) ? 1 : db_int(rows, 2), .has_seal = seal.n == KEYED_SIZE};

    if (chain.n != SHA256_SIZE)
        return false;
    memcpy(head.chain, chain.p, SHA256_SIZE);
    if (head.has_seal)
        memcpy(head.seal, seal.p, KEYED_SIZE);
    *ret = head;
    return true;
}

/* ---- appending ---- */

static const char sql_head_get[] = "SELECT seq, chain, sealed_from, seal FROM journal_head WHERE company_id = $1";

static int head_get(struct db *db, int64_t company_id, struct journal_head *ret, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    int code = db_query(db, &rows, sql_head_get, err, DB_INT(company_id));

    if (code < 0)
        return code;
    code = db_next(&rows, err);
    if (code < 0)
        return code;
    if (code == 0 || !journal_head_read(&rows, ret))
        return err_set(err, ERR_DATA, N_("the end of the journal is lost: restore the database from a backup, then run liaison journal verify"));
    return OK;
}

/* A seal that is not right stays as it is: it is evidence. */
static const char sql_head_set[] = "UPDATE journal_head SET seq = $2, chain = $3, seal = COALESCE($4, seal) WHERE company_id = $1";
static const char sql_journal_insert[] =
    "INSERT INTO journal (company_id, seq, kind, link_id, subject, at_utc, run_id, body, sha256, chain, seal) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

/* One record after the head, which moves on. `key` is NULL when nothing is to be sealed. */
static int append_one(struct db *db, int64_t company_id, const struct seal_key *key, struct journal_head *head, struct journal_entry *entry, struct err *err)
{
    unsigned char chain[SHA256_SIZE], seal[KEYED_SIZE];
    struct str body = STR_NULL;

    if (entry->has_body) {
        body = entry->body.p ? entry->body : STR("");
        sha256(body, entry->sha256);
    }
    const struct journal_record record = {.link_id = entry->link_id, .at_utc = entry->at_utc, .run_id = entry->run_id, .kind = str_from(entry->kind),
                                          .subject = entry->subject, .hash = journal_bytes(entry->sha256, SHA256_SIZE)};
    head->seq++;
    journal_chain(head->chain, company_id, head->seq, &record, chain);
    memcpy(head->chain, chain, SHA256_SIZE);
    if (key)
        journal_record_seal(key, chain, seal);
    return db_exec(db, sql_journal_insert, err, DB_INT(company_id), DB_INT(head->seq), DB_STR(record.kind), DB_INT(record.link_id), DB_STR(record.subject),
                   DB_INT(record.at_utc), DB_INT(record.run_id), DB_BLOB(body), DB_BLOB(record.hash), DB_BLOB(journal_bytes(chain, SHA256_SIZE)),
                   key ? DB_BLOB(journal_bytes(seal, KEYED_SIZE)) : DB_NIL);
}

static int head_set(struct db *db, int64_t company_id, const struct seal_key *key, const struct journal_head *head, struct err *err)
{
    unsigned char seal[KEYED_SIZE];

    if (key)
        journal_head_seal(key, company_id, head, seal);
    return db_exec(db, sql_head_set, err, DB_INT(company_id), DB_INT(head->seq), DB_BLOB(journal_bytes(head->chain, SHA256_SIZE)),
                   key ? DB_BLOB(journal_bytes(seal, KEYED_SIZE)) : DB_NIL);
}

int journal_append(struct db *db, int64_t company_id, struct journal_entry *entries, size_t count, int64_t *ret_first_seq, struct err *err)
{
    const struct seal_key *key = db_seal_key(db);
    struct journal_head head;
    int code = head_get(db, company_id, &head, err);

    if (code < 0)
        return code;
    if (key && !journal_head_is_sealed(key, company_id, &head))
        key = NULL;
    const int64_t first_seq = head.seq + 1;
    for (size_t i = 0; i < count; i++) {
        code = append_one(db, company_id, key, &head, &entries[i], err);
        if (code < 0)
            return code;
    }
    if (count > 0) {
        code = head_set(db, company_id, key, &head, err);
        if (code < 0)
            return code;
    }
    *ret_first_seq = first_seq;
    return OK;
}

static const char sql_head_seal[] = "UPDATE journal_head SET sealed_from = $2, seal = $3 WHERE company_id = $1";

int journal_seal(struct db *db, int64_t company_id, struct err *err)
{
    const struct seal_key *key = db_seal_key(db);
    unsigned char seal[KEYED_SIZE];
    struct journal_head head;
    int code = head_get(db, company_id, &head, err);

    assert(key);
    if (code < 0)
        return code;
    if (journal_head_is_sealed(key, company_id, &head))
        return OK;
    head.sealed_from = head.seq + 1;
    journal_head_seal(key, company_id, &head, seal);
    return db_exec(db, sql_head_seal, err, DB_INT(company_id), DB_INT(head.sealed_from), DB_BLOB(journal_bytes(seal, KEYED_SIZE)));
}

/* ---- reading ---- */

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
