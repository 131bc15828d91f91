/* test_hash.c: published digests, sealed secrets that are touched or moved, key files that others could read, passwords. */
#include "values.h"

#include "base/hash.h"
#include "base/mem.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void the_start_switches_core_dumps_off(void **state)
{
    struct rlimit limit;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_CORE, &limit), 0);
    assert_int_equal(limit.rlim_cur, 0);
    assert_int_equal(limit.rlim_max, 0);
}

static void check_digest(const unsigned char digest[SHA256_SIZE], const char *hex)
{
    BUF_AUTO out = {0};

    hex_append(&out, digest, SHA256_SIZE);
    assert_text(&out, hex);
}

/* FIPS 180-4, the examples of NIST. */
static void digests_are_the_published_ones(void **state)
{
    unsigned char digest[SHA256_SIZE];
    const struct str parts[] = {STR("a"), STR_NULL, STR("b"), STR(""), STR("c")};

    (void)state;
    sha256(STR_NULL, digest);
    check_digest(digest, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    sha256(STR("abc"), digest);
    check_digest(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256_parts(parts, sizeof parts / sizeof parts[0], digest);
    check_digest(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256(STR("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), digest);
    check_digest(digest, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void hex_goes_both_ways(void **state)
{
    static const char *const refused[] = {"", "0", "00ff1", "00f", "00fg", "0 ff", "00ff00", " 00f", "00:f"};
    unsigned char bytes[2] = {7, 7};

    (void)state;
    assert_true(hex_parse(STR("00fF"), bytes, 2));
    assert_int_equal(bytes[0], 0);
    assert_int_equal(bytes[1], 255);
    bytes[0] = bytes[1] = 7;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_false(hex_parse(str_from(refused[i]), bytes, 2));
    assert_false(hex_parse((struct str){"0\0ff", 4}, bytes, 2));
    assert_int_equal(bytes[0], 7);
    assert_int_equal(bytes[1], 7);
    BUF_AUTO out = {.max = 4};
    hex_append(&out, (const unsigned char[]){0x0A, 0xF0}, 2);
    assert_text(&out, "0af0");
}

static void table_keys_differ(void **state)
{
    (void)state;
    assert_true(hash_table_key(STR("ref-1")) == hash_table_key(STR("ref-1")));
    assert_true(hash_table_key(STR("ref-1")) != hash_table_key(STR("ref-2")));
    assert_true(hash_table_key(STR_NULL) == hash_table_key(STR("")));
}

/* ---- sealing ---- */

static const struct seal_key test_key = {"0123456789abcdef0123456789abcde"};

static void seal_text(const char *secret, const char *bound, struct buf *sealed)
{
    struct err err = {0};

    assert_int_equal(seal(&test_key, str_from(secret), str_from(bound), &system_random, sealed, &err), OK);
}

static void a_sealed_secret_opens_again(void **state)
{
    struct err err = {0};
    BUF_AUTO sealed = {0};
    BUF_AUTO other = {0};
    struct buf opened = {0};

    (void)state;
    buf_append_z(&sealed, "before:");
    seal_text("v4_secret", "link:7", &sealed);
    seal_text("v4_secret", "link:7", &other);
    assert_true(str_starts_with(buf_str(&sealed), STR("before:")));
    struct str bytes = {sealed.p + 7, sealed.n - 7};
    assert_int_equal(bytes.n, 24 + strlen("v4_secret") + 16);
    assert_int_equal(sealed.p[sealed.n], '\0');
    assert_false(str_equal(bytes, buf_str(&other))); /* another nonce each time */
    assert_null(memmem(bytes.p, bytes.n, "secret", 6));
    assert_int_equal(seal_open(&test_key, bytes, STR("link:7"), &opened, &err), OK);
    assert_text(&opened, "v4_secret");
    secret_wipe(&opened);
    assert_null(opened.p);
    secret_wipe(&opened);
}

static void an_empty_secret_can_be_sealed(void **state)
{
    struct err err = {0};
    BUF_AUTO sealed = {0};
    BUF_AUTO opened = {0};

    (void)state;
    assert_int_equal(seal(&test_key, STR_NULL, STR_NULL, &system_random, &sealed, &err), OK);
    assert_int_equal(seal_open(&test_key, buf_str(&sealed), STR(""), &opened, &err), OK);
    assert_text(&opened, "");
}

static void check_refused(const struct seal_key *key, struct str sealed, const char *bound)
{
    struct err err = {0};
    BUF_AUTO opened = {0};

    buf_append_z(&opened, "kept");
    assert_int_equal(seal_open(key, sealed, str_from(bound), &opened, &err), ERR_DATA);
    assert_int_equal(err.code, ERR_DATA);
    assert_text(&opened, "kept");
}

static void what_was_touched_or_moved_does_not_open(void **state)
{
    struct seal_key other_key = test_key;
    BUF_AUTO sealed = {0};

    (void)state;
    seal_text("v4_secret", "link:7", &sealed);
    for (size_t i = 0; i < sealed.n; i++)
        for (int bit = 0; bit < 8; bit++) {
            sealed.p[i] = (char)(sealed.p[i] ^ (1 << bit));
            check_refused(&test_key, buf_str(&sealed), "link:7");
            sealed.p[i] = (char)(sealed.p[i] ^ (1 << bit));
        }
    for (size_t n = 0; n < sealed.n; n++)
        check_refused(&test_key, (struct str){sealed.p, n}, "link:7");
    check_refused(&test_key, buf_str(&sealed), "link:8");
    check_refused(&test_key, buf_str(&sealed), "");
    other_key.bytes[31] ^= 1;
    check_refused(&other_key, buf_str(&sealed), "link:7");
    check_refused(&test_key, STR_NULL, "link:7");
}

/* Computed apart, with Python's hashlib: BLAKE2b keyed with BLAKE2b(key, salt 1, the purpose). */
static void keyed_digests_need_their_key(void **state)
{
    static const struct { const char *purpose, *hex; } cases[] = {
        {"purpose1", "d6a8f0180260d4152611485d6ca94d12a64e805c5ac45b904e4dfcff1a6e5ccd"},
        {"purpose2", "6c778075ed46aa430275099be574220411f53f9ac27c318353e02ddecdfcd292"},
    };
    const struct str parts[] = {STR("sealed "), STR_NULL, STR("bytes")};
    struct seal_key other_key = test_key;
    unsigned char digest[KEYED_SIZE], other[KEYED_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        BUF_AUTO hex = {0};
        keyed_digest(&test_key, cases[i].purpose, parts, 3, digest);
        hex_append(&hex, digest, sizeof digest);
        assert_text(&hex, cases[i].hex);
    }
    other_key.bytes[SEAL_KEY_SIZE - 1] ^= 1;
    keyed_digest(&other_key, "purpose2", parts, 3, other);
    assert_memory_not_equal(digest, other, sizeof digest);
}

static void sealing_says_when_memory_is_exhausted(void **state)
{
    struct err err = {0};
    BUF_AUTO sealed = {0};

    (void)state;
    mem_fail_at(1, 1);
    int rc = seal(&test_key, STR("x"), STR("y"), &system_random, &sealed, &err);
    mem_fail_at(0, 0);
    assert_int_equal(rc, ERR_INTERNAL);
}

/* ---- the key file ---- */

static char folder[] = "liaison-key-XXXXXX";
static char key_path[64], other_path[64];

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(key_path, sizeof key_path, "%s/key", folder);
    snprintf(other_path, sizeof other_path, "%s/other", folder);
    return 0;
}

static int drop_folder(void **state)
{
    (void)state;
    return rmdir(folder); /* fails when a draft was left behind */
}

static int drop_files(void **state)
{
    (void)state;
    unlink(key_path);
    unlink(other_path);
    return 0;
}

static void write_file(const char *path, struct str content, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, content.p, content.n), content.n);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

/* Loading fails with ERR_DATA, a message that holds `words`, and an untouched key. */
static void check_key_refused(bool create, const char *words)
{
    struct seal_key key = test_key;
    struct err err = {0};
    BUF_AUTO message = {0};

    assert_int_equal(seal_key_load(key_path, create, &key, &err), ERR_DATA);
    err_format(&err, &message);
    if (strstr(message.p, words) == NULL || strstr(message.p, "key") == NULL)
        fail_msg("\"%s\" does not say \"%s\"", message.p, words);
    assert_memory_equal(&key, &test_key, sizeof key);
}

static void a_key_is_created_once_and_read_again(void **state)
{
    struct seal_key first, second;
    struct err err = {0};
    struct stat st;
    BUF_AUTO expected = {0};
    char content[100] = {0};

    (void)state;
    check_key_refused(false, "missing");
    mode_t mask = umask(0);
    int rc = seal_key_load(key_path, true, &first, &err);
    umask(mask);
    assert_int_equal(rc, OK);
    assert_int_equal(stat(key_path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(st.st_nlink, 1);
    FILE *file = fopen(key_path, "r");
    assert_non_null(file);
    assert_int_equal(fread(content, 1, sizeof content, file), 65);
    fclose(file);
    hex_append(&expected, first.bytes, SEAL_KEY_SIZE);
    buf_append_char(&expected, '\n');
    assert_text(&expected, content);
    assert_int_equal(seal_key_load(key_path, true, &second, &err), OK);
    assert_memory_equal(&first, &second, sizeof first);
}

static const char hex_key[] = "00112233445566778899aabbccddeeffFFEEDDCCBBAA99887766554433221100\n";

static void a_key_without_newline_is_read(void **state)
{
    struct seal_key key;
    struct err err = {0};

    (void)state;
    write_file(key_path, (struct str){hex_key, 64}, 0600);
    assert_int_equal(seal_key_load(key_path, false, &key, &err), OK);
    assert_int_equal(key.bytes[1], 0x11);
    assert_int_equal(key.bytes[16], 0xFF);
    write_file(key_path, (struct str){hex_key, 65}, 0400);
    assert_int_equal(seal_key_load(key_path, false, &key, &err), OK);
}

static void a_key_that_others_can_read_is_refused(void **state)
{
    static const mode_t modes[] = {0640, 0604, 0620, 0602, 0610, 0601, 0644, 0666};

    (void)state;
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        write_file(key_path, (struct str){hex_key, 65}, modes[i]);
        check_key_refused(true, "chmod 600");
    }
}

static void a_file_without_a_key_is_refused(void **state)
{
    static const char *const contents[] = {"", "\n", "0011", "00112233445566778899aabbccddeeffFFEEDDCCBBAA9988776655443322110g\n",
        "00112233445566778899aabbccddeeffFFEEDDCCBBAA99887766554433221100\r\n", "00112233445566778899aabbccddeeffFFEEDDCCBBAA998877665544332211000",
        "00112233445566778899aabbccddeeffFFEEDDCCBBAA99887766554433221100\n\n"};

    (void)state;
    for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
        write_file(key_path, str_from(contents[i]), 0600);
        check_key_refused(true, "64 hexadecimal digits");
    }
}

static void what_is_no_plain_file_is_refused(void **state)
{
    (void)state;
    write_file(other_path, (struct str){hex_key, 65}, 0600);
    assert_int_equal(symlink("other", key_path), 0);
    check_key_refused(true, "symbolic link");
    unlink(key_path);
    assert_int_equal(symlink("nowhere", key_path), 0); /* a dangling link is not followed to create its target */
    check_key_refused(true, "symbolic link");
    unlink(key_path);
    assert_int_equal(mkfifo(key_path, 0600), 0);
    check_key_refused(true, "not a plain file");
    unlink(key_path);
    assert_int_equal(mkdir(key_path, 0700), 0);
    check_key_refused(true, "not a plain file");
    rmdir(key_path);
}

static void a_key_of_somebody_else_is_refused(void **state)
{
    (void)state;
    write_file(key_path, (struct str){hex_key, 65}, 0600);
    if (chown(key_path, 12345, (gid_t)-1) != 0)
        skip(); /* only root can give a file away */
    check_key_refused(true, "another user");
}

static void a_key_cannot_be_made_where_no_folder_is(void **state)
{
    struct seal_key key;
    struct err err = {0};
    char path[128];

    (void)state;
    snprintf(path, sizeof path, "%s/none/key", folder);
    assert_int_equal(seal_key_load(path, true, &key, &err), ERR_DATA);
}

/* ---- passwords ---- */

static void passwords_match_only_themselves(void **state)
{
    struct err err = {0};
    BUF_AUTO encoded = {0};
    BUF_AUTO again = {0};

    (void)state;
    assert_int_equal(password_hash(STR("pâtisserie"), &encoded, &err), OK);
    assert_int_equal(password_hash(STR("pâtisserie"), &again, &err), OK);
    assert_true(str_starts_with(buf_str(&encoded), STR("$argon2id$")));
    assert_false(str_equal(buf_str(&encoded), buf_str(&again)));
    int memory_kib = 0, passes = 0;
    assert_int_equal(sscanf(encoded.p, "$argon2id$v=19$m=%d,t=%d,", &memory_kib, &passes), 2);
    assert_true(memory_kib >= 46 * 1024 && passes >= 1);
    assert_true(password_matches(STR("pâtisserie"), buf_str(&encoded)));
    assert_false(password_matches(STR("patisserie"), buf_str(&encoded)));
    assert_false(password_matches(STR(""), buf_str(&encoded)));
    assert_false(password_matches(STR("pâtisserie"), STR("")));
    assert_false(password_matches(STR("pâtisserie"), STR("$argon2id$")));
    encoded.p[encoded.n - 1] = encoded.p[encoded.n - 1] == 'A' ? 'B' : 'A';
    assert_false(password_matches(STR("pâtisserie"), buf_str(&encoded)));
}

static void random_bytes_are_not_the_same_twice(void **state)
{
    unsigned char first[32] = {0}, second[32] = {0};

    (void)state;
    system_random.fill(system_random.context, first, sizeof first);
    system_random.fill(system_random.context, second, sizeof second);
    assert_memory_not_equal(first, second, sizeof first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_start_switches_core_dumps_off), cmocka_unit_test(digests_are_the_published_ones), cmocka_unit_test(hex_goes_both_ways),
        cmocka_unit_test(table_keys_differ), cmocka_unit_test(a_sealed_secret_opens_again), cmocka_unit_test(an_empty_secret_can_be_sealed),
        cmocka_unit_test(what_was_touched_or_moved_does_not_open), cmocka_unit_test(keyed_digests_need_their_key), cmocka_unit_test(sealing_says_when_memory_is_exhausted),
        cmocka_unit_test(passwords_match_only_themselves), cmocka_unit_test(random_bytes_are_not_the_same_twice),
    };
    const struct CMUnitTest key_file_tests[] = {
        cmocka_unit_test_teardown(a_key_is_created_once_and_read_again, drop_files),
        cmocka_unit_test_teardown(a_key_without_newline_is_read, drop_files),
        cmocka_unit_test_teardown(a_key_that_others_can_read_is_refused, drop_files),
        cmocka_unit_test_teardown(a_file_without_a_key_is_refused, drop_files),
        cmocka_unit_test_teardown(what_is_no_plain_file_is_refused, drop_files),
        cmocka_unit_test_teardown(a_key_of_somebody_else_is_refused, drop_files),
        cmocka_unit_test_teardown(a_key_cannot_be_made_where_no_folder_is, drop_files),
    };
    struct err err = {0};

    if (hash_init(&err) != OK)
        return 1;
    int failed = cmocka_run_group_tests_name("values", tests, NULL, NULL);
    return failed + cmocka_run_group_tests_name("key file", key_file_tests, make_folder, drop_folder);
}
