/* test_till_profiles.c: sales profiles as files: the built-in one, the other till's, the request that each makes, and every way a file can be wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "till/till.h"

#define assert_text(s, literal) assert_true(str_equal((s), STR(literal)))

static struct str file_text(struct arena *arena, const char *path)
{
    enum { ROOM = 1 << 16 };
    char *text = arena_alloc(arena, ROOM);
    FILE *file = fopen(path, "rb");

    assert_non_null(file);
    assert_non_null(text);
    size_t n = fread(text, 1, ROOM, file);
    fclose(file);
    assert_true(n < ROOM);
    return (struct str){text, n};
}

static const struct sales_profile *load(struct arena *arena, const char *path)
{
    struct sales_profile *profile = NULL;
    struct err err = {0};

    assert_int_equal(sales_profile_parse(arena, file_text(arena, path), path, &profile, &err), OK);
    return profile;
}

static const struct till_account account = {.node_id = STR("N"), .company_id = STR("K"), .shop_id = STR("S")};

/* 2026-01-30T10:00:00.123456Z, and a day later */
#define FROM_UTC INT64_C(1769767200123456)
#define TO_UTC (FROM_UTC + CIVIL_DAY)

static void test_builtin(void **state)
{
    ARENA_AUTO arena = {0};
    struct str builtin = sales_profile_builtin(STR("tactill-v4"));
    struct sales_profile *profile = NULL;
    struct err err = {0};

    (void)state;
    assert_true(str_equal(builtin, file_text(&arena, BUILTIN_PROFILES "/tactill-v4.ini")));
    assert_null(sales_profile_builtin(STR("tactill")).p);
    assert_int_equal(sales_profile_parse(&arena, builtin, "tactill-v4", &profile, &err), OK);
    assert_text(sales_profile_name(profile), "tactill-v4");
    assert_false(sales_profile_confirmed(profile));
}

static void test_builtin_request(void **state)
{
    ARENA_AUTO arena = {0};
    const struct sales_profile *profile = load(&arena, BUILTIN_PROFILES "/tactill-v4.ini");
    struct till_list list;
    BUF_AUTO query = {0};

    (void)state;
    assert_true(sales_profile_list(profile, &account, &arena, false, FROM_UTC, TO_UTC, 500, &list));
    till_append_list_query(&query, &list, 0);
    assert_string_equal(query.p, "/v1/shop/orders?shop_id=S&limit=500&skip=0&filter=closed_at%5Bgte%5D%3D2026-01-30T10%3A00%3A00.123Z"
                                 "%26closed_at%5Blt%5D%3D2026-01-31T10%3A00%3A00.123Z&order=closed_at%3DASC");
    buf_reset(&query);
    assert_true(sales_profile_list(profile, &account, &arena, true, FROM_UTC, TO_UTC, 500, &list));
    till_append_list_query(&query, &list, 500);
    assert_string_equal(query.p, "/v1/shop/orders?shop_id=S&limit=500&skip=500&filter=updated_at%5Bgte%5D%3D2026-01-30T10%3A00%3A00.123Z"
                                 "%26updated_at%5Blt%5D%3D2026-01-31T10%3A00%3A00.123Z&order=updated_at%3DASC");
}

static void test_other_request(void **state)
{
    ARENA_AUTO arena = {0};
    const struct sales_profile *profile = load(&arena, TEST_PROFILES "/other-till.ini");
    struct till_list list;
    BUF_AUTO query = {0};

    (void)state;
    assert_true(sales_profile_confirmed(profile));
    assert_true(sales_profile_list(profile, &account, &arena, false, FROM_UTC, TO_UTC, 20, &list));
    assert_text(list.id_path, "uid");
    till_append_list_query(&query, &list, 0);
    assert_string_equal(query.p, "/v1/tickets?company=K&limit=20&skip=0&filter=times.closed%5Bgte%5D%3D2026-01-30T10%3A00%3A00.123Z"
                                 "%26times.closed%5Blt%5D%3D2026-01-31T10%3A00%3A00.123Z&order=times.closed%3DASC");
}

/* ---- files that are wrong ---- */

/* The built-in text with one piece replaced. */
static struct str changed(struct arena *arena, const char *old, const char *new_text)
{
    struct str text = sales_profile_builtin(STR("tactill-v4"));
    const char *at = strstr(text.p, old);

    assert_non_null(at);
    return arena_format(arena, "%.*s%s%s", (int)(at - text.p), text.p, new_text, at + strlen(old));
}

static void refuse(struct arena *arena, struct str text, const char *const parts[3])
{
    struct sales_profile *profile = NULL;
    struct err err = {0};
    BUF_AUTO said = {0};

    if (sales_profile_parse(arena, text, "my.ini", &profile, &err) != ERR_DATA)
        fail_msg("not refused: %s", parts[0]);
    assert_null(profile);
    err_format(&err, &said);
    assert_non_null(strstr(said.p, "my.ini"));
    for (size_t i = 0; i < 3; i++) {
        if (parts[i] != NULL && strstr(said.p, parts[i]) == NULL)
            fail_msg("“%s” is not in “%s”", parts[i], said.p);
    }
}

/* Line numbers are those of the built-in file; a replaced line keeps its number. */
static int line_of(const char *piece)
{
    struct str text = sales_profile_builtin(STR("tactill-v4"));
    const char *at = strstr(text.p, piece);
    int line = 1;

    assert_non_null(at);
    for (const char *p = text.p; p < at; p++)
        line += *p == '\n';
    return line;
}

static void test_wrong_lines(void **state)
{
    static const struct { const char *old, *new_text, *part; } cases[] = {
        {"scope = shop\n", "scoop = shop\n", "scoop"},
        {"scope = shop\n", "scope = till\n", "node|company|shop|none"},
        {"scope = shop\n", "scope =\n", "empty"},
        {"[tax]\nlist = taxes\n", "[vat]\nlist = taxes\n", "[vat]"},
        {"label = name\n", "label = name name\n", "path"},
        {"label = name\n", "label = .name\n", "path"},
        {"label = name\n", "label = customer..name\n", "path"},
        {"label = name\n", "label name\n", "key = value"},
        {"paid = paid, refunded\n", "paid = paid,, refunded\n", "commas"},
        {"sign = negative\n", "form = credit_note\n", "twice"},
        {"form = decimal\n", "form = euros\n", "decimal|cents|text"},
        {"status = unconfirmed\n", "status = maybe\n", "confirmed|unconfirmed"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ARENA_AUTO arena = {0};
        int line = line_of(cases[i].old) + (strncmp(cases[i].old, "[tax]", 5) == 0);
        struct str where = arena_format(&arena, "line %d", line);

        refuse(&arena, changed(&arena, cases[i].old, cases[i].new_text), (const char *const[3]){where.p, cases[i].part, NULL});
    }
}

static void test_missing_keys(void **state)
{
    static const struct { const char *old, *new_text, *name, *section; } cases[] = {
        {"\nid = _id\nnumber", "\nnumber", "id", "sale"},
        {"path = /v1/shop/orders\n", "", "path", "request"},
        {"scope_parameter = shop_id\n", "", "scope_parameter", "request"},
        {"quantity = quantity\n", "", "quantity", "line"},
        {"refund_of = refund_of\n", "", "refund_of", "sale"},
        {"rate = rate\n", "", "rate", "tax"},
        {"option_name = name\n", "", "option_name", "line"},
        {"form = negative_payment\n", "form = field\ntype = cash\n", "field", "change"},
        {"form = negative_payment\n", "form = field\nfield = change\n", "type", "change"},
        {"form = origin_field\n", "form = credit_note\n", "kind", "refund"},
        {"form = origin_field\n", "form = credit_note\nkind = kind\n", "kind_values", "refund"},
        {"paid = paid, refunded\n", "", "paid", "states"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ARENA_AUTO arena = {0};
        struct str name = arena_format(&arena, "key %s of [%s]", cases[i].name, cases[i].section);

        refuse(&arena, changed(&arena, cases[i].old, cases[i].new_text), (const char *const[3]){"missing", name.p, NULL});
    }
}

static void test_wrong_wholes(void **state)
{
    ARENA_AUTO arena = {0};
    char long_line[400], *zeros = arena_alloc(&arena, 100000);

    (void)state;
    memset(long_line, 'x', sizeof(long_line));
    long_line[sizeof(long_line) - 1] = '\0';
    refuse(&arena, STR(""), (const char *const[3]){"missing", NULL, NULL});
    refuse(&arena, (struct str){"[profile]\nname = a\0b\n", 21}, (const char *const[3]){"not a sales profile", NULL, NULL});
    memset(zeros, ' ', 100000);
    refuse(&arena, (struct str){zeros, 100000}, (const char *const[3]){"not a sales profile", NULL, NULL});
    refuse(&arena, changed(&arena, "label = name\n", long_line), (const char *const[3]){"longer", "line", NULL});
    refuse(&arena, changed(&arena, "path = /v1/shop/orders", "path = v1/shop/orders"), (const char *const[3]){"begins with /", NULL, NULL});
    refuse(&arena, changed(&arena, "path = /v1/shop/orders", "path = /v1?x=y"), (const char *const[3]){"query", NULL, NULL});
    refuse(&arena, changed(&arena, "order = {field}=ASC", "order = closed_at=ASC"), (const char *const[3]){"{field}", "closed_at=ASC", NULL});
    refuse(&arena, changed(&arena, "open = open", "open = open, refunded"), (const char *const[3]){"refunded", "two meanings", NULL});
}

/* A file from Windows: byte order mark, CRLF. */
static void test_windows_file(void **state)
{
    ARENA_AUTO arena = {0};
    struct str text = sales_profile_builtin(STR("tactill-v4"));
    struct sales_profile *profile = NULL;
    struct err err = {0};
    BUF_AUTO windows = {0};

    (void)state;
    buf_append_z(&windows, "\xEF\xBB\xBF");
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\n')
            buf_append_char(&windows, '\r');
        buf_append_char(&windows, text.p[i]);
    }
    assert_int_equal(sales_profile_parse(&arena, buf_str(&windows), "my.ini", &profile, &err), OK);
    assert_text(sales_profile_name(profile), "tactill-v4");
}

/* Without a change field there is no list by change. */
static void test_no_change_field(void **state)
{
    ARENA_AUTO arena = {0};
    struct sales_profile *profile = NULL;
    struct till_list list;
    struct err err = {0};

    (void)state;
    assert_int_equal(sales_profile_parse(&arena, changed(&arena, "change_field = updated_at\n", ""), "my.ini", &profile, &err), OK);
    assert_false(sales_profile_list(profile, &account, &arena, true, FROM_UTC, TO_UTC, 10, &list));
    assert_true(sales_profile_list(profile, &account, &arena, false, FROM_UTC, TO_UTC, 10, &list));
}

/* Every prefix of a good file is refused or read, never worse (the sanitizers watch). */
static void test_every_prefix(void **state)
{
    struct str text = sales_profile_builtin(STR("tactill-v4"));

    (void)state;
    for (size_t n = 0; n < text.n; n++) {
        ARENA_AUTO arena = {0};
        struct sales_profile *profile = NULL;
        struct err err = {0};
        int rc = sales_profile_parse(&arena, (struct str){text.p, n}, "my.ini", &profile, &err);

        assert_true(rc == ERR_DATA || (rc == OK && profile != NULL));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_builtin),
        cmocka_unit_test(test_builtin_request),
        cmocka_unit_test(test_other_request),
        cmocka_unit_test(test_wrong_lines),
        cmocka_unit_test(test_missing_keys),
        cmocka_unit_test(test_wrong_wholes),
        cmocka_unit_test(test_windows_file),
        cmocka_unit_test(test_no_change_field),
        cmocka_unit_test(test_every_prefix),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
