/* test_till_memory.c: each single allocation fails once, and of what is made of a sale each single piece of an arena: the function says so, leaks nothing (the
 * sanitizers watch), and leaves its output alone. */
#include "fake_till.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "../books/arena_faults.h"
#include "base/mem.h"

/* An article with a declination and a sale in one, with faults, so that every path asks for memory. */
#define RECORD "{\"_id\":\"0a\",\"name\":\"x\",\"taxes\":[\"T\"],\"state\":\"odd\",\"closed_at\":\"2026-01-30T10:00:00.000Z\",\"total\":1.005," \
    "\"customer\":{\"_id\":\"c\",\"city\":\"Brest\"},\"lines\":[{\"name\":\"x\",\"quantity\":1,\"unit_price\":1,\"total\":1,\"tax_rate\":20," \
    "\"options\":[{\"name\":\"o\",\"price\":1}]},7],\"payments\":[{\"type\":\"card\",\"amount\":1}]," \
    "\"declinations\":[{\"id\":\"d\",\"full_price\":\"x\",\"variations\":[{\"value\":\"L\",\"priority\":0}]}]}"

/* A credit note of a till that names all otherwise and gives change in a field of its own. */
#define TICKET "{\"uid\":17,\"kind\":\"credit\",\"origin\":12,\"status\":{\"code\":\"SETTLED\"},\"times\":{\"closed\":\"2026-01-30T11:00:00Z\"},\"amounts\":{\"gross\":1065," \
    "\"tip\":0,\"change\":935},\"items\":[{\"title\":\"x\",\"qty\":1500,\"price\":710,\"gross\":1065,\"vat_bp\":550}],\"vat\":[{\"bp\":550,\"tax\":55}]," \
    "\"tenders\":[{\"kind\":\"CASH\",\"value\":2000}]}"

static struct arena kept;
static const struct json *record;
static const struct sales_profile *profile;

typedef int run_fn(struct err *err);

static void each_allocation_fails(run_fn *run)
{
    for (int64_t nth = 1;; nth++) {
        struct err err = {0};
        int64_t before = mem_count();

        mem_fail_at(nth, 0);
        int rc = run(&err);
        mem_fail_at(0, 0);
        if (mem_count() - before < nth) {
            assert_int_equal(rc, OK);
            assert_true(nth > 1);
            return;
        }
        assert_int_equal(rc, ERR_INTERNAL);
        assert_int_equal(err.code, ERR_INTERNAL);
    }
}

static int run_profile(struct err *err)
{
    ARENA_AUTO arena = {0};
    struct sales_profile *parsed = NULL;
    int rc = sales_profile_parse(&arena, sales_profile_builtin(STR("tactill-v4")), "tactill-v4", &parsed, err);

    assert_true((rc == OK) == (parsed != NULL));
    return rc;
}

static int run_sale(struct err *err)
{
    ARENA_AUTO arena = {0};
    struct sale sale = {.line_count = 77};
    int rc = sales_profile_read(profile, record, &arena, &sale, err);

    assert_int_equal(sale.line_count, rc == OK ? 1 : 77);
    return rc;
}

static void each_piece_is_refused(const struct sales_profile *read_by, const struct json *read, size_t payment_count)
{
    bool refused = true;

    for (int64_t nth = 1; refused; nth++) {
        ARENA_AUTO arena = {0};
        struct err err = {0};
        struct sale sale = {.payment_count = 77};

        arena_pieces_left = nth;
        int rc = sales_profile_read(read_by, read, &arena, &sale, &err);
        refused = arena_pieces_left == 0;
        arena_pieces_left = 0;
        assert_int_equal(rc, refused ? ERR_INTERNAL : OK);
        assert_int_equal(sale.payment_count, refused ? 77 : payment_count);
        assert_true(refused || nth > 10);
    }
}

static int run_article(struct err *err)
{
    ARENA_AUTO arena = {0};
    struct till_article *articles = NULL;
    size_t count = 77;
    int rc = till_article_read(&arena, record, &articles, &count, err);

    assert_int_equal(count, rc == OK ? 2 : 77);
    return rc;
}

static void answer_three_pages(struct fake_till *till, const char *url, struct fake_reply *reply)
{
    (void)till;
    static const char *const pages[] = {"[{\"_id\":\"a\"}]", "[{\"_id\":\"b\"}]", "[{\"_id\":\"c\"}]"};
    int64_t skip = fake_query_number(url, "skip");
    buf_append_z(&reply->body, skip < 3 ? pages[skip] : "[]");
}

static int on_page(void *context, int64_t skip, struct str bytes, const struct json *array, struct err *err)
{
    (void)context;
    (void)skip;
    (void)bytes;
    (void)array;
    (void)err;
    return OK;
}

static int run_list(struct err *err)
{
    struct fake_till till = {.answer = answer_three_pages};
    const struct till_filter filter = {STR("a"), STR("in"), STR("b")};
    struct till_list list = {.path = STR("/v1/x"), .filters = &filter, .filter_count = 1, .order = STR("_id=ASC"), .limit = 1};
    struct till_client *client = NULL;
    int rc = fake_client_try(&till, FAKE_URL, FAKE_KEY, &client, err);

    if (rc == OK)
        rc = till_list_read(client, &list, 4, on_page, NULL, err);
    if (buf_failed(&till.reply.body)) /* it was the fake's own memory: its answer was cut */
        rc = err_memory(err);
    till_client_free(client);
    return rc;
}

static void test_profile(void **state) { (void)state; each_allocation_fails(run_profile); }
static void test_sale(void **state) { (void)state; each_allocation_fails(run_sale); }
static void test_pieces(void **state) { (void)state; each_piece_is_refused(profile, record, 1); }
static void test_pieces_of_another_till(void **state)
{
    struct json *ticket = NULL;
    struct sales_profile *other = NULL;
    struct err err = {0};
    char text[1 << 14];
    FILE *file = fopen(TEST_PROFILES "/other-till.ini", "rb");

    (void)state;
    assert_non_null(file);
    size_t n = fread(text, 1, sizeof text, file);
    fclose(file);
    assert_int_equal(sales_profile_parse(&kept, (struct str){text, n}, "other-till", &other, &err), OK);
    assert_int_equal(json_parse(&kept, STR(TICKET), &ticket, &err), OK);
    each_piece_is_refused(other, ticket, 2);
}
static void test_article(void **state) { (void)state; each_allocation_fails(run_article); }
static void test_list(void **state) { (void)state; each_allocation_fails(run_list); }

static int set_up(void **state)
{
    struct json *parsed = NULL;
    struct sales_profile *builtin = NULL;
    struct err err = {0};

    (void)state;
    assert_int_equal(json_parse(&kept, STR(RECORD), &parsed, &err), OK);
    assert_int_equal(sales_profile_parse(&kept, sales_profile_builtin(STR("tactill-v4")), "tactill-v4", &builtin, &err), OK);
    record = parsed;
    profile = builtin;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&kept);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_profile),
        cmocka_unit_test(test_sale),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_pieces_of_another_till),
        cmocka_unit_test(test_article),
        cmocka_unit_test(test_list),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
