/* test_core.c: what the server decides without a network: which route a path is, who may use it, when a password may be tried again, and what is wrong with a body. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "server/server_int.h"

/* ---- routes ---- */

static const struct route *find(struct arena *arena, const char *method, const char *path, struct str args[ROUTE_ARGS_MAX], bool *known)
{
    return route_find(arena, str_from(method), str_from(path), args, known);
}

static void test_each_route_is_found_by_its_own_path(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};

    for (size_t i = 0; i < route_count; i++) {
        struct str args[ROUTE_ARGS_MAX];
        bool known;
        assert_ptr_equal(find(&arena, routes[i].method, routes[i].path, args, &known), &routes[i]);
        assert_true(known);
        assert_non_null(routes[i].handler);
    }
}

static void test_arguments_are_decoded_once_each(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct str args[ROUTE_ARGS_MAX];
    bool known;
    const struct route *route = find(&arena, "PATCH", "/api/v1/users/a%2Fb%2525", args, &known);

    assert_non_null(route);
    assert_string_equal(route->path, "/api/v1/users/{name}");
    assert_true(str_equal(args[0], STR("a/b%25")));
    assert_null(args[1].p);
}

static void test_what_is_no_route(void **state)
{
    (void)state;
    static const struct { const char *method, *path; bool known; } cases[] = {
        {"GET", "/api/v1", false},          {"GET", "/api/v1/users/", false},      {"GET", "/api/v1//users", false}, {"GET", "/API/v1/users", false},
        {"GET", "/api/v1/users/a/b", false}, {"PUT", "/api/v1/users", true},        {"get", "/api/v1/users", true},   {"PATCH", "/api/v1/users/", false},
    };
    ARENA_AUTO arena = {0};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct str args[ROUTE_ARGS_MAX];
        bool known;
        assert_null(find(&arena, cases[i].method, cases[i].path, args, &known));
        assert_int_equal(known, cases[i].known);
    }
}

/* ---- who may ---- */

static void test_every_role_and_scope_on_every_right(void **state)
{
    (void)state;
    static const enum right rights[] = {RIGHT_ANYBODY, RIGHT_READ, RIGHT_WRITE, RIGHT_ADMIN, RIGHT_FEED, RIGHT_SELF};
    static const struct { struct identity who; int expected[6]; } cases[] = {
        {{.role = ROLE_NONE}, {0, 401, 401, 401, 401, 401}},
        {{.role = ROLE_VIEWER}, {0, 0, 403, 403, 403, 0}},
        {{.role = ROLE_ACCOUNTANT}, {0, 0, 0, 403, 0, 0}},
        {{.role = ROLE_ADMIN}, {0, 0, 0, 0, 0, 0}},
        {{.role = ROLE_ACCOUNTANT, .by_token = true, .scope = {"read", 4}}, {0, 0, 403, 403, 403, 403}},
        {{.role = ROLE_ACCOUNTANT, .by_token = true, .scope = {"write", 5}}, {0, 0, 0, 403, 0, 403}},
        {{.role = ROLE_ACCOUNTANT, .by_token = true, .scope = {"feed", 4}}, {0, 403, 403, 403, 0, 403}},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t k = 0; k < sizeof rights / sizeof *rights; k++)
            assert_int_equal(identity_refusal(&cases[i].who, rights[k]), cases[i].expected[k]);
}

/* ---- wrong passwords ---- */

static void test_pauses_grow_and_end(void **state)
{
    (void)state;
    static const int pauses[] = {2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900};
    struct throttle *throttle = throttle_new();
    int64_t now = INT64_C(1700000000) * CIVIL_SECOND;

    assert_non_null(throttle);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(throttle_wait(throttle, STR("anne"), STR("::1"), now), 0);
        throttle_failed(throttle, STR("anne"), STR("::1"), now);
    }
    for (size_t i = 0; i < sizeof pauses / sizeof *pauses; i++) {
        assert_int_equal(throttle_wait(throttle, STR("anne"), STR("::2"), now), pauses[i]);
        now += (pauses[i] - 1) * CIVIL_SECOND;
        assert_int_equal(throttle_wait(throttle, STR("anne"), STR("::2"), now), 1);
        now += CIVIL_SECOND;
        assert_int_equal(throttle_wait(throttle, STR("anne"), STR("::2"), now), 0);
        throttle_failed(throttle, STR("anne"), STR("::3"), now);
    }
    assert_true(throttle_wait(throttle, STR("anne"), STR("::2"), now) > 0);
    assert_int_equal(throttle_wait(throttle, STR("anne"), STR("::2"), now + 31 * CIVIL_MINUTE), 0);
    throttle_succeeded(throttle, STR("anne"));
    assert_int_equal(throttle_wait(throttle, STR("anne"), STR("::2"), now), 0);
    throttle_free(throttle);
}

static void test_an_address_that_tries_all_accounts(void **state)
{
    (void)state;
    struct throttle *throttle = throttle_new();
    int64_t now = INT64_C(1700000000) * CIVIL_SECOND;
    char name[16];

    assert_non_null(throttle);
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "user %d", i);
        assert_int_equal(throttle_wait(throttle, str_from(name), STR("10.0.0.1"), now), 0);
        throttle_failed(throttle, str_from(name), STR("10.0.0.1"), now);
    }
    assert_int_equal(throttle_wait(throttle, STR("anne"), STR("10.0.0.1"), now), 2);
    assert_int_equal(throttle_wait(throttle, STR("anne"), STR("10.0.0.2"), now), 0);
    throttle_succeeded(throttle, STR("anne")); /* one right password does not excuse the wrong ones of others */
    assert_int_equal(throttle_wait(throttle, STR("anne"), STR("10.0.0.1"), now), 2);
    throttle_free(throttle);
}

/* Who has one address of IPv6 has all that begin with the same 64 bits. */
static void test_addresses_of_one_network_are_one(void **state)
{
    (void)state;
    static const struct { const char *address; int wait_s; } cases[] = {
        {"2001:db8:1:2:ffff::", 2}, {"2001:db8:1:2::", 2}, {"2001:db8:1:3::1", 0}, {"2001:db8:1:2", 0}, {"", 0},
    };
    struct throttle *throttle = throttle_new();
    int64_t now = INT64_C(1700000000) * CIVIL_SECOND;
    char name[16], address[32];

    assert_non_null(throttle);
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "user %d", i);
        snprintf(address, sizeof address, "2001:db8:1:2::%x", i);
        throttle_failed(throttle, str_from(name), str_from(address), now);
    }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(throttle_wait(throttle, STR("anne"), str_from(cases[i].address), now), cases[i].wait_s);
    throttle_free(throttle);
}

/* Names that nobody has do not make room for more attempts on one that somebody has, as long as it is among the latest. */
static void test_a_full_table_forgets_the_oldest(void **state)
{
    (void)state;
    struct throttle *throttle = throttle_new();
    int64_t now = INT64_C(1700000000) * CIVIL_SECOND;
    char name[16], address[16];

    assert_non_null(throttle);
    for (int i = 0; i < 5000; i++) {
        snprintf(name, sizeof name, "user %d", i);
        snprintf(address, sizeof address, "10.0.%d.%d", i / 256, i % 256);
        throttle_failed(throttle, str_from(name), str_from(address), now += 1000);
    }
    for (int i = 0; i < 5; i++)
        throttle_failed(throttle, STR("anne"), STR("::1"), now += 1000);
    assert_true(throttle_wait(throttle, STR("anne"), STR("::2"), now) > 0);
    throttle_free(throttle);
}

/* ---- bodies ---- */

struct asking { struct arena arena; struct request request; struct reply reply; };

static struct input *ask(struct asking *asking, const char *body)
{
    struct err err = {0};

    *asking = (struct asking){0};
    asking->request.arena = &asking->arena;
    asking->request.id = STR("id");
    assert_int_equal(json_parse(&asking->arena, str_from(body), &asking->request.body, &err), OK);
    return input_open(&asking->request, asking->request.body, "");
}

static void forget(struct asking *asking)
{
    buf_release(&asking->reply.body);
    arena_release(&asking->arena);
}

static void test_a_good_body(void **state)
{
    (void)state;
    static const char *const words[] = {"red", "green", NULL};
    struct asking asking;
    struct input *input = ask(&asking, "{\"name\":\"Ann\\u00e9\",\"count\":-3,\"on\":true,\"colour\":\"green\",\"day\":\"2026-02-28\",\"list\":[1,2],\"none\":null}");
    int32_t day = 0;

    assert_true(str_equal(input_text(input, "name", true, 10), STR("Anné")));
    assert_int_equal(input_int(input, "count", true, -3, 3, 0), -3);
    assert_true(input_bool(input, "on", false));
    assert_int_equal(input_choice(input, "colour", words, 0), 1);
    assert_true(input_day(input, "day", true, &day));
    assert_int_equal(day, 20512); /* 56 years of 365 days and 14 leap days, and 58 days */
    assert_int_equal(input_array(input, "list", true, 2)->count, 2);
    assert_true(input_has(input, "none"));
    assert_null(input_text(input, "none", false, 10).p);
    assert_null(input_text(input, "absent", false, 10).p);
    assert_int_equal(input_int(input, "absent", false, 0, 9, 7), 7);
    assert_int_equal(input_end(input, &asking.reply), OK);
    forget(&asking);
}

static void test_all_faults_are_told_together(void **state)
{
    (void)state;
    static const char *const words[] = {"red", "green", NULL};
    static const char *const expected[] = {"/name", "/blank", "/long", "/count", "/big", "/half", "/on", "/colour", "/needed", "/day", "/list", "/items", "/a~1b~0c"};
    struct asking asking;
    struct input *input = ask(&asking, "{\"name\":3,\"blank\":\" \",\"long\":\"12345\",\"count\":\"3\",\"big\":10,\"half\":1.5,\"on\":1,\"colour\":\"blue\",\"day\":\"2026-02-29\","
                                       "\"list\":{},\"items\":[1,2,3],\"a/b~c\":1}");
    int32_t day;
    struct err err = {0};
    struct json *problem;

    text_use(TEXT_ENGLISH);
    input_text(input, "name", false, 10);
    input_text(input, "blank", true, 10);
    input_text(input, "long", false, 4);
    input_int(input, "count", false, 0, 9, 0);
    input_int(input, "big", false, 0, 9, 0);
    input_int(input, "half", false, 0, 9, 0);
    input_bool(input, "on", false);
    input_choice(input, "colour", words, 0);
    input_choice(input, "needed", words, -1);
    assert_false(input_day(input, "day", false, &day));
    assert_null(input_array(input, "list", false, 9));
    assert_null(input_array(input, "items", false, 2));
    assert_int_equal(input_end(input, &asking.reply), REPLIED);
    assert_int_equal(asking.reply.status, 400);
    assert_int_equal(json_parse(&asking.arena, buf_str(&asking.reply.body), &problem, &err), OK);
    assert_true(str_equal(json_text(json_get(problem, STR("code"))), STR("bad_request")));
    const struct json *fault = json_get(problem, STR("errors"))->first;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++, fault = fault->next) {
        assert_non_null(fault);
        assert_string_equal(arena_copy(&asking.arena, json_text(json_get(fault, STR("pointer")))).p, expected[i]);
    }
    assert_null(fault);
    forget(&asking);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_route_is_found_by_its_own_path), cmocka_unit_test(test_arguments_are_decoded_once_each), cmocka_unit_test(test_what_is_no_route),
        cmocka_unit_test(test_every_role_and_scope_on_every_right), cmocka_unit_test(test_pauses_grow_and_end),
        cmocka_unit_test(test_an_address_that_tries_all_accounts), cmocka_unit_test(test_addresses_of_one_network_are_one), cmocka_unit_test(test_a_full_table_forgets_the_oldest), cmocka_unit_test(test_a_good_body),
        cmocka_unit_test(test_all_faults_are_told_together),
    };
    struct err err = {0};

    return hash_init(&err) == OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
