/* hash.c: everything that rests on libsodium: digests, the sealing of secrets, the key file, passwords, random bytes. The only file
 * that includes sodium.h, so that another library can take its place. Everyone may use it. */
#include "base/hash.h"

#include "base/read_int.h"
#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(SHA256_SIZE == crypto_hash_sha256_BYTES, "one digest size");
_Static_assert(SEAL_KEY_SIZE == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "one key size");

enum {
    NONCE_SIZE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_SIZE = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    KEY_HEX_SIZE = 2 * SEAL_KEY_SIZE,
    KEY_FILE_SIZE = KEY_HEX_SIZE + 1, /* and the newline */
    PATH_SIZE = 4096,
};

/* OWASP's least memory for argon2id, with a pass more than it asks: some 50 ms, and a server that checks one password at a time stays small. */
#define PASSWORD_MEMORY ((size_t)46 << 20)
#define PASSWORD_PASSES 2ULL

#if defined(__SANITIZE_ADDRESS__)
#define LEAK_CHECKER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LEAK_CHECKER
#endif
#endif

static unsigned char table_key[crypto_shorthash_KEYBYTES];

/* Secrets stay out of core dumps, and other processes of the same user cannot attach. The leak checker of AddressSanitizer attaches to
 * its own process, so that last part is left out of builds that are made for it. */
static int forbid_dumps(void)
{
    const struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0) return -1;
#ifdef LEAK_CHECKER
    return 0;
#else
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

int hash_init(struct err *err)
{
    if (sodium_init() < 0)
        return err_set(err, ERR_INTERNAL,
            N_("the encryption library libsodium does not start: check that the system gives random numbers (/dev/urandom)"));
    if (forbid_dumps() != 0)
        return err_set(err, ERR_INTERNAL,
            N_("core dumps cannot be switched off, so secrets could end in a file (%s): check the limits of this account"), text_of_errno(errno));
    randombytes_buf(table_key, sizeof table_key);
    return OK;
}

void sha256_parts(const struct str *parts, size_t count, unsigned char ret[SHA256_SIZE])
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    for (size_t i = 0; i < count; i++)
        if (parts[i].n > 0) crypto_hash_sha256_update(&state, (const unsigned char *)parts[i].p, parts[i].n);
    crypto_hash_sha256_final(&state, ret);
}

void sha256(struct str bytes, unsigned char ret[SHA256_SIZE]) { sha256_parts(&bytes, 1, ret); }

uint64_t hash_table_key(struct str bytes)
{
    unsigned char digest[crypto_shorthash_BYTES];
    crypto_shorthash(digest, (const unsigned char *)(bytes.p ? bytes.p : ""), bytes.n, table_key);
    uint64_t key;
    _Static_assert(sizeof key == sizeof digest, "the digest is the key");
    memcpy(&key, digest, sizeof key);
    return key;
}

void hash_fingerprint(struct str bytes, unsigned char ret[FINGERPRINT_SIZE])
{
    crypto_generichash(ret, FINGERPRINT_SIZE, (const unsigned char *)(bytes.p ? bytes.p : ""), bytes.n, NULL, 0);
}

void hex_append(struct buf *out, const unsigned char *bytes, size_t n)
{
    char *p = buf_reserve(out, 2 * n);
    if (!p) return;
    sodium_bin2hex(p, 2 * n + 1, bytes, n); /* the terminator has its room in every buf */
    out->n += 2 * n;
}

bool hex_parse(struct str hex, unsigned char *ret, size_t n)
{
    size_t read = 0;
    const char *end = NULL;
    if (hex.n != 2 * n) return false;
    if (n == 0) return true;
    for (size_t i = 0; i < hex.n; i++) /* checked first: `ret` stays untouched on failure */
        if (!strchr("0123456789abcdefABCDEF", hex.p[i]) || hex.p[i] == '\0') return false;
    return sodium_hex2bin(ret, n, hex.p, hex.n, NULL, &read, &end) == 0 && read == n;
}

/* The key file. */

static int key_file_check(int fd, const char *path, struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return err_set(err, ERR_DATA, N_("the key file %s cannot be examined: %s"), path, text_of_errno(errno));
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_DATA, N_("the key file %s is not a plain file: name another one with LIAISON_KEY_FILE"), path);
    if (st.st_uid != geteuid())
        return err_set(err, ERR_DATA,
            N_("the key file %s belongs to another user: run the program as its owner, or name another file with LIAISON_KEY_FILE"), path);
    if (st.st_mode & (S_IRWXG | S_IRWXO))
        return err_set(err, ERR_DATA, N_("the key file %s can be read by others: protect it with `chmod 600 %s`"), path, path);
    return OK;
}

static bool write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t put = write(fd, bytes, size);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return false;
        bytes += put;
        size -= (size_t)put;
    }
    return true;
}

static int key_file_read(int fd, const char *path, struct seal_key *ret, struct err *err)
{
    char text[KEY_FILE_SIZE + 1]; /* one more, to see that the file is longer */
    int rc = OK;
    ssize_t n = read_up_to(fd, text, sizeof text);
    bool whole = n == KEY_HEX_SIZE || (n == KEY_FILE_SIZE && text[KEY_HEX_SIZE] == '\n');
    if (n < 0) rc = err_set(err, ERR_DATA, N_("the key file %s cannot be read: %s"), path, text_of_errno(errno));
    else if (!whole || !hex_parse((struct str){text, KEY_HEX_SIZE}, ret->bytes, SEAL_KEY_SIZE))
        rc = err_set(err, ERR_DATA,
            N_("the key file %s does not hold a key (64 hexadecimal digits): put the saved copy back, or name "
               "the right file with LIAISON_KEY_FILE"), path);
    sodium_memzero(text, sizeof text);
    return rc;
}

/* The name of the directory, so that the new name in it can be made durable too. */
static void directory_of(const char *path, char ret[PATH_SIZE])
{
    const char *slash = strrchr(path, '/');
    if (!slash) snprintf(ret, PATH_SIZE, ".");
    else snprintf(ret, PATH_SIZE, "%.*s", slash == path ? 1 : (int)(slash - path), path);
}

static void directory_sync(const char *path)
{
    char directory[PATH_SIZE];
    directory_of(path, directory);
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return; /* a directory that may be written but not read: the key itself is on disk */
    (void)fsync(fd);
    close(fd);
}

/* Writes a new random key to `path`, which must not exist. 0, or -1 with errno. */
static int key_file_write(const char *path)
{
    unsigned char key[SEAL_KEY_SIZE];
    char text[KEY_FILE_SIZE + 1];
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) return -1;
    randombytes_buf(key, sizeof key);
    sodium_bin2hex(text, sizeof text, key, sizeof key);
    text[KEY_HEX_SIZE] = '\n';
    bool written = write_all(fd, text, KEY_FILE_SIZE) && fsync(fd) == 0;
    int saved = errno;
    sodium_memzero(key, sizeof key);
    sodium_memzero(text, sizeof text);
    if (close(fd) != 0 && written) {
        saved = errno;
        written = false;
    }
    if (!written) unlink(path);
    errno = saved;
    return written ? 0 : -1;
}

/* Under another name first, then linked: whoever is killed here, or starts at the same moment, never meets half a key, and never replaces
 * the key of somebody else. */
static int key_file_create(const char *path, struct err *err)
{
    char draft[PATH_SIZE];
    int n = snprintf(draft, sizeof draft, "%s.new-%08x%08x", path, randombytes_random(), randombytes_random());
    if (n < 0 || (size_t)n >= sizeof draft) return err_set(err, ERR_DATA, N_("the name of the key file %s is too long"), path);
    if (key_file_write(draft) != 0)
        return err_set(err, ERR_DATA,
            N_("the key file %s cannot be created: %s; make its folder writable, or name another file with "
               "LIAISON_KEY_FILE"), path, text_of_errno(errno));
    int rc = OK;
    if (link(draft, path) != 0 && errno != EEXIST)
        rc = err_set(err, ERR_DATA,
            N_("the key file %s cannot be created: %s; make its folder writable, or name another file with "
               "LIAISON_KEY_FILE"), path, text_of_errno(errno));
    unlink(draft);
    if (rc == OK) directory_sync(path);
    return rc;
}

/* O_NONBLOCK: a pipe laid in our way must not hold the program up. */
static int key_file_open(const char *path) { return open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC); }

int seal_key_load(const char *path, bool create, struct seal_key *ret, struct err *err)
{
    int fd = key_file_open(path);
    if (fd < 0 && errno == ENOENT && create) {
        int rc = key_file_create(path, err);
        if (rc < 0) return rc;
        fd = key_file_open(path);
    }
    if (fd < 0 && errno == ENOENT)
        return err_set(err, ERR_DATA,
            N_("the key file %s is missing: put the saved copy back, or name the right file with LIAISON_KEY_FILE"), path);
    if (fd < 0 && errno == ELOOP)
        return err_set(err, ERR_DATA, N_("the key file %s is a symbolic link: name the file itself with LIAISON_KEY_FILE"), path);
    if (fd < 0)
        return err_set(err, ERR_DATA,
            N_("the key file %s cannot be opened: %s; run the program as its owner, or name another file with "
               "LIAISON_KEY_FILE"), path, text_of_errno(errno));
    int rc = key_file_check(fd, path, err);
    if (rc == OK) rc = key_file_read(fd, path, ret, err);
    close(fd);
    return rc;
}

/* Sealing. */

int seal(const struct seal_key *key, struct str secret, struct str bound, const struct random_source *random, struct buf *ret, struct err *err)
{
    unsigned char nonce[NONCE_SIZE];
    unsigned long long sealed_size = 0;
    size_t size = NONCE_SIZE + secret.n + TAG_SIZE;
    unsigned char *p = (unsigned char *)buf_reserve(ret, size);
    if (!p) return err_memory(err);
    random->fill(random->context, nonce, sizeof nonce);
    memcpy(p, nonce, NONCE_SIZE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(p + NONCE_SIZE, &sealed_size, (const unsigned char *)secret.p, secret.n,
                                               (const unsigned char *)bound.p, bound.n, NULL, nonce, key->bytes);
    assert(sealed_size == secret.n + TAG_SIZE);
    ret->n += size;
    ret->p[ret->n] = '\0';
    return OK;
}

int seal_open(const struct seal_key *key, struct str sealed, struct str bound, struct buf *ret, struct err *err)
{
    unsigned long long size = 0;
    int refused = -1;
    if (sealed.n >= NONCE_SIZE + TAG_SIZE) {
        const unsigned char *nonce = (const unsigned char *)sealed.p;
        unsigned char *p = (unsigned char *)buf_reserve(ret, sealed.n - NONCE_SIZE);
        if (!p) return err_memory(err);
        refused = crypto_aead_xchacha20poly1305_ietf_decrypt(p, &size, NULL, nonce + NONCE_SIZE, sealed.n - NONCE_SIZE,
                                                             (const unsigned char *)bound.p, bound.n, nonce, key->bytes);
    }
    if (refused != 0)
        return err_set(err, ERR_DATA,
            N_("a secret of this database does not open with this key file: put the key file back that was used "
               "with it, or enter the API key again"));
    ret->n += (size_t)size;
    ret->p[ret->n] = '\0'; /* the reserved room was longer by the tag */
    return OK;
}

void secret_wipe(struct buf *secret)
{
    if (secret->p) sodium_memzero(secret->p, secret->cap);
    buf_release(secret);
}

_Static_assert(KEYED_SIZE == crypto_generichash_BYTES && crypto_kdf_KEYBYTES == SEAL_KEY_SIZE && crypto_kdf_CONTEXTBYTES == 8, "one size of keys and digests");

void keyed_digest(const struct seal_key *key, const char purpose[8], const struct str *parts, size_t count, unsigned char ret[KEYED_SIZE])
{
    unsigned char derived[crypto_generichash_KEYBYTES];
    crypto_generichash_state state;
    crypto_kdf_derive_from_key(derived, sizeof derived, 1, purpose, key->bytes);
    crypto_generichash_init(&state, derived, sizeof derived, KEYED_SIZE);
    for (size_t i = 0; i < count; i++)
        if (parts[i].n > 0) crypto_generichash_update(&state, (const unsigned char *)parts[i].p, parts[i].n);
    crypto_generichash_final(&state, ret, KEYED_SIZE);
    sodium_memzero(derived, sizeof derived);
    sodium_memzero(&state, sizeof state);
}

/* Passwords. */

int password_hash(struct str password, struct buf *ret, struct err *err)
{
    char encoded[crypto_pwhash_STRBYTES];
    if (crypto_pwhash_str(encoded, password.p ? password.p : "", password.n, PASSWORD_PASSES, PASSWORD_MEMORY) != 0) return err_memory(err);
    buf_append_z(ret, encoded);
    return buf_failed(ret) ? err_memory(err) : OK;
}

bool password_matches(struct str password, struct str encoded)
{
    char text[crypto_pwhash_STRBYTES] = {0};
    if (encoded.n == 0 || encoded.n >= sizeof text) return false;
    memcpy(text, encoded.p, encoded.n);
    return crypto_pwhash_str_verify(text, password.p ? password.p : "", password.n) == 0;
}

static void system_fill(void *context, void *bytes, size_t n)
{
    (void)context;
    randombytes_buf(bytes, n);
}

const struct random_source system_random = {.fill = system_fill, .context = NULL};
