/* journal_int.h: the journal's chain and its seals, shared by journal.c (which appends) and journal_verify.c. Private to these two.
 *
 * chain(n) = SHA-256( chain(n-1) | 2 | company | n | link | at_utc | run | kind | 0 | subject | 0 | sha256(n) ), numbers as 8 bytes, highest first, and chain(0)
 * is 32 zero bytes. The 2 is one byte, the form; records of schema version 3 and before are of the first form,
 * SHA-256( chain(n-1) | n | kind | 0 | subject | 0 | sha256(n) ), and none of them stands after one of the second.
 *
 * Anybody can compute a chain anew. So each record and the end bear a seal too, a digest under the key file, which is not in the database:
 * seal(n) = keyed( chain(n) ), seal of the end = keyed( company | sealed_from | n | chain(n) ). Who adds a record looks at the seal of the end first, and seals
 * nothing when that is not right: the first record without a seal then shows where something happened. */
#ifndef BOOKS_JOURNAL_INT_H
#define BOOKS_JOURNAL_INT_H
#include "books/books_int.h"

struct journal_head {
    int64_t seq;
    unsigned char chain[SHA256_SIZE];
    int64_t sealed_from;       /* 1 when it was never sealed: no seal is right then */
    bool has_seal;
    unsigned char seal[KEYED_SIZE];
};
struct journal_record {
    int64_t link_id, at_utc, run_id;
    struct str kind, subject, hash;
};
static inline struct str journal_bytes(const unsigned char *bytes, size_t n)
{
    return (struct str){(const char *)bytes, n};
}
/* The chain at `seq`, from the one before it. */
void journal_chain(const unsigned char before[SHA256_SIZE], int64_t company_id, int64_t seq, const struct journal_record *record, unsigned char ret[SHA256_SIZE]);
void journal_chain_first_form(const unsigned char before[SHA256_SIZE], int64_t seq, const struct journal_record *record, unsigned char ret[SHA256_SIZE]);
void journal_record_seal(const struct seal_key *key, const unsigned char chain[SHA256_SIZE], unsigned char ret[KEYED_SIZE]);
void journal_head_seal(const struct seal_key *key, int64_t company_id, const struct journal_head *head, unsigned char ret[KEYED_SIZE]);
bool journal_head_is_sealed(const struct seal_key *key, int64_t company_id, const struct journal_head *head);
/* From four columns seq, chain, sealed_from, seal; false when the chain is not one. */
bool journal_head_read(struct db_rows *rows, struct journal_head *ret);
#endif
