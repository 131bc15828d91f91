/* hash.h: SHA-256, sealing of secrets, passwords, random ids (libsodium behind hash.c). Everyone may use it. */
#ifndef BASE_HASH_H
#define BASE_HASH_H
#include "base/civil.h"
#include "base/err.h"

enum { SHA256_SIZE = 32, SEAL_KEY_SIZE = 32 };

/* Call once at start; also switches core dumps off. ERR_INTERNAL when the library refuses. */
int hash_init(struct err *err) MUST_CHECK;
void sha256(struct str bytes, unsigned char ret[SHA256_SIZE]);
/* Several pieces, as if they stood one after the other. */
void sha256_parts(const struct str *parts, size_t count, unsigned char ret[SHA256_SIZE]);
/* A fast 64-bit hash for tables in memory, keyed by a per-process random key (a till cannot choose collisions). */
uint64_t hash_table_key(struct str bytes);
/* 128 bits of BLAKE2b that say "the same content as before": faster than SHA-256 where the processor has no instruction for it; for comparing, not for evidence. */
enum { FINGERPRINT_SIZE = 16 };
void hash_fingerprint(struct str bytes, unsigned char ret[FINGERPRINT_SIZE]);
/* Lower-case hex, 2n characters. */
void hex_append(struct buf *out, const unsigned char *bytes, size_t n);
bool hex_parse(struct str hex, unsigned char *ret, size_t n);

/* The key that seals the secrets of a database. */
struct seal_key {
    unsigned char bytes[SEAL_KEY_SIZE];
};
/* Reads the key file (64 hex digits). With `create`, makes it with mode 0600 when it is absent. Refuses a file that others can read,
 * that is not ours, or that is not a plain file: ERR_DATA with what to do (chmod 600). */
int seal_key_load(const char *path, bool create, struct seal_key *ret, struct err *err) MUST_CHECK;
/* XChaCha20-Poly1305 with a random nonce in front; `bound` is authenticated with it (the row it belongs to), so that a sealed value
 * moved elsewhere does not open. */
int seal(const struct seal_key *key, struct str secret, struct str bound, const struct random_source *random, struct buf *ret, struct err *err) MUST_CHECK;
/* ERR_DATA when the key is not the one that sealed, or the bytes were changed. The caller wipes the result with secret_wipe. */
int seal_open(const struct seal_key *key, struct str sealed, struct str bound, struct buf *ret, struct err *err) MUST_CHECK;
void secret_wipe(struct buf *secret);
/* A digest that nobody makes without the key (BLAKE2b under a key derived from it for this purpose, eight characters). */
enum { KEYED_SIZE = 32 };
void keyed_digest(const struct seal_key *key, const char purpose[8], const struct str *parts, size_t count, unsigned char ret[KEYED_SIZE]);
/* argon2id, encoded with its parameters (at least 46 MiB and one pass). */
int password_hash(struct str password, struct buf *ret, struct err *err) MUST_CHECK;
bool password_matches(struct str password, struct str encoded);
#endif
