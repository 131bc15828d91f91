/* test_json.c: reading JSON: what is taken, what is refused and where, and what happens when memory runs out. */
#include "check.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static struct json *parse(struct arena *arena, struct str source)
{
    struct err err = {0};
    struct json *root = NULL;

    if (json_parse(arena, source, &root, &err) != OK) {
        BUF_AUTO text = {0};
        err_format(&err, &text);
        fail_msg("refused: %s", buf_str(&text).p);
    }
    return root;
}

/* Refused as ERR_DATA with a message that holds `part`, the result untouched. */
static void assert_refused(struct str source, const char *part)
{
    ARENA_AUTO arena = {0};
    struct err err = {0};
    struct json *const before = (struct json *)&err;
    struct json *root = before;

    if (json_parse(&arena, source, &root, &err) == OK)
        fail_msg("taken: %.60s", source.p);
    assert_int_equal(err.code, ERR_DATA);
    assert_ptr_equal(root, before);
    assert_err_says(&err, part);
}

static void reads_every_kind(void **state)
{
    ARENA_AUTO arena = {0};
    char source[] = " { \"n\" : null , \"t\":true,\"f\":false, \"i\":-12.50e+3 ,\"s\":\"caf\xC3\xA9\", \"a\":[1,[],{}], \"o\": { \"x\" : [ 2 ] } } \n";

    (void)state;
    struct json *root = parse(&arena, (struct str){source, sizeof source - 1});
    memset(source, 'x', sizeof source); /* the tree does not need its source */
    assert_int_equal(root->type, JSON_OBJECT);
    assert_int_equal(root->count, 7);
    assert_true(json_is(json_get(root, STR("n")), JSON_NULL));
    assert_true(json_is(json_get(root, STR("t")), JSON_TRUE));
    assert_true(json_is(json_get(root, STR("f")), JSON_FALSE));
    assert_str(json_get(root, STR("i"))->text, "-12.50e+3");
    assert_str(json_text(json_get(root, STR("s"))), "caf\xC3\xA9");
    struct json *array = json_get(root, STR("a"));
    assert_int_equal(array->count, 3);
    assert_str(array->raw, "[1,[],{}]");
    assert_str(array->first->text, "1");
    assert_null(array->first->key.p);
    assert_str(array->first->next->raw, "[]");
    assert_str(array->first->next->next->raw, "{}");
    assert_null(array->first->next->next->next);
    assert_str(json_get(root, STR("o"))->raw, "{ \"x\" : [ 2 ] }");
    assert_true(root->raw.p[0] == '{' && root->raw.p[root->raw.n - 1] == '}');
}

static void finds_by_path(void **state)
{
    ARENA_AUTO arena = {0};

    (void)state;
    struct json *root = parse(&arena, STR("{\"customer\":{\"address\":{\"city\":\"Lyon\"}},\"list\":[{\"x\":1}]}"));
    assert_str(json_text(json_get_path(root, STR("customer.address.city"))), "Lyon");
    assert_non_null(json_get_path(root, STR("customer")));
    assert_null(json_get_path(root, STR("customer.name.city")));
    assert_null(json_get_path(root, STR("list.x")));
    assert_null(json_get_path(NULL, STR("a.b")));
    assert_null(json_get(NULL, STR("a")));
    assert_null(json_text(json_get(root, STR("list"))).p);
    assert_false(json_is(NULL, JSON_NULL));
}

static void root_may_be_a_scalar(void **state)
{
    ARENA_AUTO arena = {0};

    (void)state;
    assert_str(parse(&arena, STR(" 12 "))->text, "12");
    assert_str(parse(&arena, STR("\"x\""))->text, "x");
    assert_int_equal(parse(&arena, STR("null\n"))->type, JSON_NULL);
    assert_refused(STR("1 2"), "byte 2");
    assert_refused(STR("\"a\" \"b\""), "byte 4");
    assert_refused(STR("nul"), "byte 0");
    assert_refused(STR("1\0"), "byte 0");
}

static void numbers_keep_their_digits(void **state)
{
    static const char *const good[] = {"0", "-0", "1e400", "-1E-400", "10.005", "123456789012345678901234567890.1", "0.00", "1e+0"};
    static const char *const bad[] = {"01", "-", "+1", "1.", ".5", "1e", "1e+", "0x10", "NaN", "Infinity", "-Infinity", "1_000", "1,5", "--1", "1.2.3", "1a", "1\"x\""};
    char source[100];
    ARENA_AUTO arena = {0};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        snprintf(source, sizeof source, "{\"a\": %s }", good[i]);
        struct json *number = json_get(parse(&arena, str_from(source)), STR("a"));
        assert_int_equal(number->type, JSON_NUMBER);
        assert_str(number->text, good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(source, sizeof source, "{\"a\":%s}", bad[i]);
        assert_refused(str_from(source), "byte ");
    }
}

static void escapes_become_characters(void **state)
{
    ARENA_AUTO arena = {0};

    (void)state;
    assert_str(parse(&arena, STR("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""))->text, "\"\\/\b\f\n\r\t");
    assert_str(parse(&arena, STR("\"x\\u00e9y\\u20AC\\ud83d\\ude00z\""))->text, "x\xC3\xA9y\xE2\x82\xAC\xF0\x9F\x98\x80z");
    struct json *nul = parse(&arena, STR("[\"a\\u0000b\"]"));
    assert_str(nul->first->text, "a\xEF\xBF\xBD" "b");
    assert_str(parse(&arena, STR("\"ab\\ud83d\""))->text, "ab\xEF\xBF\xBD"); /* an emoji that the till cut in two */
    assert_str(parse(&arena, STR("\"\\udc00\\ud800x\""))->text, "\xEF\xBF\xBD\xEF\xBF\xBDx");
    struct json *root = parse(&arena, STR("{\"\\u0061b\":1}"));
    assert_str(root->first->key, "ab");
    assert_str(root->raw, "{\"\\u0061b\":1}"); /* the very bytes */
}

static void bad_escapes_are_refused(void **state)
{
    (void)state;
    assert_refused(STR("[\"\\u12g4\"]"), "byte 2");
    assert_refused(STR("[\"\\x41\"]"), "byte 2");
    assert_refused(STR("\"\\u12"), "cut short");
}

static void bad_bytes_are_refused(void **state)
{
    (void)state;
    assert_refused(STR("[\"caf\xE9\"]"), "not valid UTF-8 at byte 5");
    assert_refused(STR("[\"\xED\xA0\x80\"]"), "not valid UTF-8 at byte 2"); /* a surrogate in UTF-8 */
    assert_refused(STR("[\"\xC0\x80\"]"), "not valid UTF-8 at byte 2");     /* an overlong zero */
    assert_refused(STR("[\"a\0b\"]"), "control character in a text at byte 3");
    assert_refused(STR("[\"a\nb\"]"), "control character in a text at byte 3");
    assert_refused(STR("[1,\0]"), "byte 3");
    assert_refused(STR("[1\0]"), "byte 1");
    assert_refused(STR("\0"), "byte 0");
}

static void broken_structure_is_refused(void **state)
{
    static const char *const cases[] = {
        "[1 2]", "[1,]", "[,1]", "[1:2]", "[\"a\":1]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{\"a\" 1}", "{a:1}", "{1:2}", "{\"a\":1 \"b\":2}",
        "[1}", "{\"a\":1]", "[}", "{]", "[[1]", "{\"a\":{}", "]", "}", ":", ",", "[1]]", "{}{}", "[] []", "[1] x", "[\"a\"b]", "[\"a\"\"b\"]", "[true\"x\"]",
        "{\"a\"b:1}", "[tru]", "[truee]", "[nulll]", "['a']", "[1 /* c */]", "// c\n1", "{\"a\":1}}", "[[[]", "[\"]", "{\"a\":\"}", "[[1]{}]", "{\"a\":[}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_refused(str_from(cases[i]), "byte ");
    assert_refused(STR(""), "cut short");
    assert_refused(STR_NULL, "cut short");
    assert_refused(STR("  \n"), "cut short");
}

/* A reply that ends early is refused at every length, never half taken. */
static void cut_documents_are_refused(void **state)
{
    static const char whole[] = "{\"a\":[1,{\"b\":\"x\\u00e9\\n\xC3\xA9\"},[[]],-1.5e3,true],\"c\":{\"d\":null}}";

    (void)state;
    for (size_t n = 0; n < sizeof whole - 1; n++)
        assert_refused((struct str){whole, n}, "byte ");
}

static void repeated_members_are_refused(void **state)
{
    BUF_AUTO large = {0};
    ARENA_AUTO arena = {0};

    (void)state;
    assert_refused(STR("{\"a\":1,\"b\":2,\"a\":1}"), "\"a\" twice in the object at byte 0");
    assert_refused(STR("[{\"a\":1,\"\\u0061\":2}]"), "\"a\" twice in the object at byte 1");
    assert_refused(STR("{\"\":1,\"\":2}"), "twice");
    parse(&arena, STR("{\"a\":{\"a\":{\"a\":1}},\"A\":2}"));
    for (int members = 2; members <= 1000; members = members < 70 ? members + 1 : members * 3) {
        buf_reset(&large);
        for (int i = 0; i < members; i++)
            buf_printf(&large, "%s\"k%d\":%d", i == 0 ? "{" : ",", i, i);
        size_t unique = large.n;
        buf_append(&large, STR("}"));
        assert_int_equal(parse(&arena, buf_str(&large))->count, members);
        large.n = unique;
        buf_printf(&large, ",\"k%d\":0}", members / 2);
        assert_refused(buf_str(&large), "twice");
    }
}

/* Many members and elements cost no more than their number. */
static void hostile_width_is_no_bomb(void **state)
{
    ARENA_AUTO arena = {0};
    BUF_AUTO source = {0};

    (void)state;
    for (int i = 0; i < 200000; i++)
        buf_printf(&source, "%s\"a%06dz\":0", i == 0 ? "{" : ",", i);
    buf_append_char(&source, '}');
    assert_int_equal(parse(&arena, buf_str(&source))->count, 200000);
}

static void append_nested(struct buf *out, size_t depth)
{
    buf_reset(out);
    for (size_t i = 0; i < depth; i++)
        buf_append_z(out, i % 2 ? "{\"a\":" : "[");
    buf_append_char(out, '1');
    for (size_t i = depth; i-- > 0;)
        buf_append_char(out, i % 2 ? '}' : ']');
}

static void nesting_bombs_are_refused(void **state)
{
    ARENA_AUTO arena = {0};
    BUF_AUTO bomb = {0};

    (void)state;
    append_nested(&bomb, JSON_DEPTH_MAX);
    parse(&arena, buf_str(&bomb));
    append_nested(&bomb, JSON_DEPTH_MAX + 1);
    assert_refused(buf_str(&bomb), "nested too deeply at byte");
    append_nested(&bomb, 1000000);
    assert_refused(buf_str(&bomb), "nested too deeply at byte");
    buf_reset(&bomb);
    for (int i = 0; i < 100000; i++)
        buf_append_char(&bomb, '[');
    assert_refused(buf_str(&bomb), "byte ");
}

/* Two bytes for a value of some ninety: the tree of such a page would take forty times its size. */
static void a_bomb_of_values_is_refused(void **state)
{
    struct buf bomb = {.max = JSON_SIZE_MAX};

    (void)state;
    buf_append_char(&bomb, '[');
    for (int i = 0; i < JSON_VALUES_MAX - 1000; i++)
        buf_append(&bomb, STR("0,"));
    buf_append(&bomb, STR("0]"));
    ARENA_AUTO arena = {0};
    struct json *all;
    struct err err = {0};
    assert_int_equal(json_parse(&arena, buf_str(&bomb), &all, &err), OK);
    assert_int_equal(all->count, JSON_VALUES_MAX - 999);
    bomb.p[bomb.n - 1] = ',';
    for (int i = 0; i < 2000; i++)
        buf_append(&bomb, STR("{},"));
    buf_append(&bomb, STR("0]"));
    assert_refused(buf_str(&bomb), "too many values");
    buf_release(&bomb);
}

static void too_large_is_refused_at_once(void **state)
{
    (void)state;
    assert_refused((struct str){"", JSON_SIZE_MAX + 1}, "larger than 67108864 bytes"); /* not even looked at */
}

/* Random damage: never a crash, never a tree that does not cover its source. */
static void survives_damage(void **state)
{
    static const char whole[] = "{\"a\":[1,2.5e3,{\"b\":\"x\\u00e9\xC3\xA9\",\"c\":[]}],\"d\":{\"e\":null,\"f\":true},\"g\":\"\\\\\"}";
    static const char pieces[] = "{}[]:,\"\\0123.e-+ntfu \n\x80\xC3";
    uint64_t seed = 20260130;

    (void)state;
    for (int round = 0; round < 100000; round++) {
        char source[sizeof whole];
        ARENA_AUTO arena = {0};
        struct err err = {0};
        struct json *root = NULL;

        memcpy(source, whole, sizeof whole);
        for (uint64_t changes = 1 + next_random(&seed) % 3; changes > 0; changes--)
            source[next_random(&seed) % (sizeof whole - 1)] = pieces[next_random(&seed) % (sizeof pieces - 1)];
        size_t n = next_random(&seed) % 4 == 0 ? next_random(&seed) % sizeof whole : sizeof whole - 1;
        int code = json_parse(&arena, (struct str){source, n}, &root, &err);
        assert_int_equal(code, err.code);
        if (code == OK && root->type == JSON_OBJECT)
            assert_true(str_equal(root->raw, str_trim((struct str){source, n})));
    }
}

/* The very first document of a process, in a process of its own for each allocation: what is made once may fail once only. */
static void memory_may_fail_at_the_first_document(void **state)
{
    enum { MORE_THAN_ENOUGH = 30, REFUSED = 1 };
    bool refused = false, read = false;

    (void)state;
    for (int64_t nth = 1; nth <= MORE_THAN_ENOUGH; nth++) {
        pid_t child = fork();
        if (child == 0) {
            ARENA_AUTO arena = {0};
            struct err err = {0};
            struct json *root = NULL;
            mem_fail_at(nth, 1);
            _exit(json_parse(&arena, STR("[1]"), &root, &err) == OK ? 0 : REFUSED);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        refused = refused || WEXITSTATUS(status) == REFUSED;
        read = read || WEXITSTATUS(status) == 0;
    }
    assert_true(refused && read);
}

static void memory_may_fail_anywhere(void **state)
{
    BUF_AUTO source = {0};
    int failures = 0;

    (void)state;
    for (int i = 0; i < 3000; i++)
        buf_printf(&source, "%s\"k%d\":[\"\\u00e9%d\",%d]", i == 0 ? "{" : ",", i, i, i);
    buf_append_char(&source, '}');
    /* An outsize document makes the parser of this thread give its memory back, so that its allocations are in the loop too. */
    BUF_AUTO spaces = {0};
    for (int i = 0; i < 5 << 20; i++)
        buf_append_char(&spaces, ' ');
    buf_append_char(&spaces, '1');
    for (int64_t nth = 1;; nth++) {
        ARENA_AUTO arena = {0}, other = {0};
        struct err err = {0};
        struct json *root = NULL;

        parse(&other, buf_str(&spaces));
        mem_fail_at(nth, 0);
        int code = json_parse(&arena, buf_str(&source), &root, &err);
        mem_fail_at(0, 0);
        if (code == OK) {
            assert_int_equal(root->count, 3000);
            if (nth > 40)
                break;
            continue; /* simdjson can do without one of its buffers, which is not used here */
        }
        failures++;
        assert_int_equal(code, ERR_INTERNAL);
        assert_err_says(&err, "not enough memory");
        assert_null(root);
    }
    assert_true(failures > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_may_fail_at_the_first_document), /* the first of all */
        cmocka_unit_test(reads_every_kind), cmocka_unit_test(finds_by_path), cmocka_unit_test(root_may_be_a_scalar),
        cmocka_unit_test(numbers_keep_their_digits), cmocka_unit_test(escapes_become_characters), cmocka_unit_test(bad_escapes_are_refused),
        cmocka_unit_test(bad_bytes_are_refused), cmocka_unit_test(broken_structure_is_refused), cmocka_unit_test(cut_documents_are_refused),
        cmocka_unit_test(repeated_members_are_refused), cmocka_unit_test(hostile_width_is_no_bomb), cmocka_unit_test(nesting_bombs_are_refused),
        cmocka_unit_test(a_bomb_of_values_is_refused), cmocka_unit_test(too_large_is_refused_at_once), cmocka_unit_test(survives_damage), cmocka_unit_test(memory_may_fail_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
