/* test_retry.c: the retry rule of the client, on a transport that answers from a script and a clock that only moves when told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "net/http.h"

enum { SCRIPT_MAX = 64 };

/* What the transport answers to one attempt. */
struct step {
    int status;
    int64_t retry_after_ms;  /* 0 in a script stands for none, since most have none */
    bool truncated, permanent, retry_at_once;
};

struct world {
    /* the clock and the random source */
    int64_t now_utc;
    int64_t slept_ms[SCRIPT_MAX];
    int sleeps;
    bool cancel_sleep;
    uint64_t random;           /* the next 64 random bits */
    bool vary_random;
    /* the transport: answers in order of submission */
    struct step script[SCRIPT_MAX];
    int script_count, submitted, answered;
    uint64_t tags[SCRIPT_MAX];
    char urls[SCRIPT_MAX][64];
    char bodies[SCRIPT_MAX][64];
    char keys[SCRIPT_MAX][64];
    int in_flight, in_flight_most;
    bool refuse_from_here;
    int freed;
    struct http_client *client;
};

static int64_t world_now(void *context)
{
    return ((struct world *)context)->now_utc;
}

static int world_sleep(void *context, int64_t ms)
{
    struct world *world = context;
    if (world->cancel_sleep)
        return ERR_CANCELLED;
    assert_true(world->sleeps < SCRIPT_MAX);
    assert_true(ms > 0);
    world->slept_ms[world->sleeps++] = ms;
    world->now_utc += ms * 1000;
    return OK;
}

static void world_random(void *context, void *bytes, size_t n)
{
    struct world *world = context;
    assert_int_equal(n, sizeof(world->random));
    if (world->vary_random)
        world->random = world->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    memcpy(bytes, &world->random, n);
}

static void keep(char out[64], struct str s)
{
    assert_true(s.n < 64);
    memcpy(out, s.n ? s.p : "", s.n);
    out[s.n] = '\0';
}

static int fake_submit(void *context, const struct http_request *request, uint64_t tag, struct err *err)
{
    struct world *world = context;
    if (world->refuse_from_here)
        return err_set(err, ERR_DATA, N_("refused by the script"));
    int i = world->submitted++;
    assert_true(i < SCRIPT_MAX);
    world->tags[i] = tag;
    keep(world->urls[i], request->url);
    keep(world->bodies[i], request->body);
    keep(world->keys[i], request->header_count ? request->headers[0].value : STR(""));
    if (++world->in_flight > world->in_flight_most)
        world->in_flight_most = world->in_flight;
    return OK;
}

static int fake_wait(void *context, int64_t timeout_ms, struct http_response *ret, struct err *failure)
{
    struct world *world = context;
    assert_true(timeout_ms >= 0);
    if (world->answered == world->submitted) {
        world->now_utc += timeout_ms * 1000;
        return 0;
    }
    int i = world->answered++;
    struct step step = world->script_count == 0 ? (struct step){.status = 200} : world->script[i < world->script_count ? i : world->script_count - 1];
    world->in_flight--;
    *ret = (struct http_response){
        .tag = world->tags[i],
        .status = step.status,
        .body = str_from(world->urls[i]),
        .retry_after_ms = step.retry_at_once ? 0 : step.retry_after_ms != 0 ? step.retry_after_ms : -1,
        .truncated = step.truncated,
        .permanent = step.permanent,
    };
    if (step.status == 0)
        err_set(failure, ERR_TILL, N_("no answer from %s"), "the script");
    return 1;
}

static void fake_free(void *context)
{
    ((struct world *)context)->freed++;
}

static void world_open(struct world *world, const struct http_retry *retry)
{
    struct http_transport transport = {.submit = fake_submit, .wait = fake_wait, .free = fake_free, .context = world};
    struct clock clock = {.now_utc = world_now, .sleep_ms = world_sleep, .context = world};
    struct random_source random = {.fill = world_random, .context = world};
    struct err err = {0};
    assert_int_equal(http_client_new(&world->client, transport, retry, &clock, &random, &err), OK);
}

static void world_close(struct world *world)
{
    http_client_free(world->client);
    assert_int_equal(world->freed, 1);
}

static int perform(struct world *world, enum http_method method, struct http_response *ret, struct err *err)
{
    struct http_request request = {.method = method, .url = STR("https://till.example/v1")};
    return http_client_perform(world->client, &request, ret, err);
}

/* One request against a script; returns how many attempts the transport saw. */
static int attempts_for(enum http_method method, struct step step)
{
    struct world world = {.script = {step}, .script_count = 1};
    world_open(&world, NULL);
    struct http_response response = {0};
    struct err err = {0};
    int rc = perform(&world, method, &response, &err);
    if (step.status != 0) {
        assert_int_equal(rc, OK);
        assert_int_equal(response.status, step.status);
        assert_int_equal(response.truncated, step.truncated);
    } else {
        assert_int_equal(rc, ERR_TILL);
        assert_int_equal(err.code, ERR_TILL);
        assert_string_equal(err.args[0], "the script");
    }
    assert_int_equal(response.attempts, world.submitted);
    int64_t requests, retries;
    http_client_totals(world.client, &requests, &retries);
    assert_int_equal(requests, world.submitted);
    assert_int_equal(retries, world.submitted - 1);
    world_close(&world);
    return world.submitted;
}

static void what_is_tried_again(void **state)
{
    (void)state;
    static const enum http_method repeatable[] = {HTTP_GET, HTTP_PUT, HTTP_DELETE};
    static const int again[] = {0, 408, 425, 429, 502, 503, 504};
    static const int final[] = {200, 201, 204, 301, 400, 401, 403, 404, 409, 500, 501};
    for (size_t m = 0; m < 3; m++) {
        for (size_t i = 0; i < sizeof(again) / sizeof(*again); i++)
            assert_int_equal(attempts_for(repeatable[m], (struct step){.status = again[i]}), 6);
        for (size_t i = 0; i < sizeof(final) / sizeof(*final); i++)
            assert_int_equal(attempts_for(repeatable[m], (struct step){.status = final[i]}), 1);
        /* Pain: P24. */
        assert_int_equal(attempts_for(repeatable[m], (struct step){.status = 422}), repeatable[m] == HTTP_GET ? 6 : 1);
        assert_int_equal(attempts_for(repeatable[m], (struct step){.status = 200, .truncated = true}), 6);
        assert_int_equal(attempts_for(repeatable[m], (struct step){.permanent = true}), 1);
    }
}

static void a_post_is_only_tried_again_when_it_was_not_done(void **state)
{
    (void)state;
    static const int final[] = {0, 200, 201, 408, 422, 425, 500, 502, 503, 504};
    for (size_t i = 0; i < sizeof(final) / sizeof(*final); i++)
        assert_int_equal(attempts_for(HTTP_POST, (struct step){.status = final[i]}), 1);
    assert_int_equal(attempts_for(HTTP_POST, (struct step){.status = 200, .truncated = true}), 1);
    assert_int_equal(attempts_for(HTTP_POST, (struct step){.status = 429}), 6);
}

static void success_after_failures(void **state)
{
    (void)state;
    struct world world = {.script = {{.status = 0}, {.status = 503}, {.status = 200, .truncated = true}, {.status = 200}}, .script_count = 4};
    world_open(&world, NULL);
    struct http_response response;
    struct err err = {0};
    assert_int_equal(perform(&world, HTTP_GET, &response, &err), OK);
    assert_int_equal(err.code, OK);
    assert_int_equal(response.status, 200);
    assert_false(response.truncated);
    assert_int_equal(response.attempts, 4);
    world_close(&world);
}

static void delays_double_up_to_the_maximum(void **state)
{
    (void)state;
    /* Uniform in [0, cap]: the remainder of the random bits by cap + 1, with caps 100, 200, 400, 500, 500. Worked out by hand. */
    static const struct {
        uint64_t random;
        int64_t slept_ms[5];
    } rows[] = {
        {100, {100, 100, 100, 100, 100}},
        {200, {99, 200, 200, 200, 200}},
        {400, {97, 199, 400, 400, 400}},
        {500, {96, 98, 99, 500, 500}},
        {501, {97, 99, 100, 0, 0}},
    };
    for (size_t row = 0; row < sizeof(rows) / sizeof(*rows); row++) {
        struct world world = {.script = {{.status = 503}}, .script_count = 1, .random = rows[row].random};
        world_open(&world, &(struct http_retry){.first_delay_ms = 100, .max_delay_ms = 500});
        struct http_response response;
        struct err err = {0};
        assert_int_equal(perform(&world, HTTP_GET, &response, &err), OK);
        assert_int_equal(response.status, 503);
        for (int i = 0; i < world.sleeps; i++)
            assert_int_equal(world.slept_ms[i], rows[row].slept_ms[i]);
        assert_int_equal(world.sleeps, rows[row].slept_ms[4] > 0 ? 5 : 3); /* a delay of nothing does not sleep */
        world_close(&world);
    }
}

static void delays_stay_within_the_default_caps(void **state)
{
    (void)state;
    static const int64_t caps[] = {500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000};
    int64_t highest[9] = {0}, lowest[9];
    for (size_t i = 0; i < 9; i++)
        lowest[i] = INT64_MAX;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct world world = {.script = {{.status = 502}}, .script_count = 1, .random = seed * 0x9e3779b97f4a7c15u, .vary_random = true};
        world_open(&world, &(struct http_retry){.attempts = 10});
        struct http_response response;
        struct err err = {0};
        assert_int_equal(perform(&world, HTTP_GET, &response, &err), OK);
        assert_int_equal(response.attempts, 10);
        if (world.sleeps == 9) { /* a delay of zero does not sleep: then steps and sleeps do not correspond */
            for (size_t i = 0; i < 9; i++) {
                assert_in_range(world.slept_ms[i], 0, caps[i]);
                highest[i] = world.slept_ms[i] > highest[i] ? world.slept_ms[i] : highest[i];
                lowest[i] = world.slept_ms[i] < lowest[i] ? world.slept_ms[i] : lowest[i];
            }
        }
        world_close(&world);
    }
    for (size_t i = 0; i < 9; i++) { /* over 400 draws the whole range is used: jitter is full, not a decoration of a fixed delay */
        assert_true(highest[i] > caps[i] * 9 / 10);
        assert_true(lowest[i] < caps[i] / 10);
    }
}

static int64_t delay_after(struct step first, uint64_t random)
{
    struct world world = {.script = {first, {.status = 200}}, .script_count = 2, .random = random};
    world_open(&world, NULL);
    struct http_response response;
    struct err err = {0};
    assert_int_equal(perform(&world, HTTP_GET, &response, &err), OK);
    assert_int_equal(response.status, 200);
    assert_int_equal(response.attempts, 2);
    world_close(&world);
    return world.now_utc / 1000;
}

static void retry_after_is_obeyed_and_capped(void **state)
{
    (void)state;
    assert_int_equal(delay_after((struct step){.status = 429, .retry_after_ms = 7000}, 0), 7000);
    assert_int_equal(delay_after((struct step){.status = 503, .retry_after_ms = 7000}, 500), 7000);
    assert_int_equal(delay_after((struct step){.status = 429, .retry_after_ms = 120000}, 0), 120000);
    assert_int_equal(delay_after((struct step){.status = 429, .retry_after_ms = 3600000}, 0), 120000);
    assert_int_equal(delay_after((struct step){.status = 429, .retry_after_ms = INT64_MAX}, 0), 120000);
    /* none, or "at once": the usual back-off */
    assert_int_equal(delay_after((struct step){.status = 429}, 500), 500);
    assert_int_equal(delay_after((struct step){.status = 429, .retry_at_once = true}, 500), 500);
}

static void a_delay_does_not_hold_up_the_others(void **state)
{
    (void)state;
    struct world world = {.script = {{.status = 503, .retry_after_ms = 10000}, {.status = 200}, {.status = 200}, {.status = 200}}, .script_count = 4};
    world_open(&world, NULL);
    struct err err = {0};
    for (uint64_t tag = 10; tag < 13; tag++) {
        struct http_request request = {.url = STR("https://till.example/v1")};
        assert_int_equal(http_client_submit(world.client, &request, tag, &err), OK);
    }
    struct http_response response;
    assert_int_equal(http_client_next(world.client, &response, &err), OK);
    assert_int_equal(response.tag, 11);
    assert_int_equal(http_client_next(world.client, &response, &err), OK);
    assert_int_equal(response.tag, 12);
    assert_int_equal(world.now_utc, 0);
    assert_int_equal(http_client_next(world.client, &response, &err), OK);
    assert_int_equal(response.tag, 10);
    assert_int_equal(response.attempts, 2);
    assert_int_equal(world.now_utc, 10000 * 1000);
    world_close(&world);
}

static void requests_beyond_the_limit_wait_for_room(void **state)
{
    (void)state;
    struct world world = {0};
    world_open(&world, NULL);
    struct err err = {0};
    bool seen[SCRIPT_MAX] = {false};
    for (uint64_t tag = 0; tag < SCRIPT_MAX; tag++) {
        struct http_request request = {.url = STR("https://till.example/v1")};
        assert_int_equal(http_client_submit(world.client, &request, tag, &err), OK);
    }
    for (int i = 0; i < SCRIPT_MAX; i++) {
        struct http_response response;
        assert_int_equal(http_client_next(world.client, &response, &err), OK);
        assert_false(seen[response.tag]);
        seen[response.tag] = true;
    }
    assert_int_equal(world.in_flight_most, HTTP_IN_FLIGHT_MAX);
    world_close(&world);
}

static void the_request_is_copied_and_sent_again_as_it_was(void **state)
{
    (void)state;
    struct world world = {.script = {{.status = 503}, {.status = 200}}, .script_count = 2};
    world_open(&world, NULL);
    char url[] = "https://till.example/v1/a", body[] = "{\"name\":\"Pain\"}", key[] = "0123456789abcdef";
    struct http_header header = {STR("x-api-key"), str_from(key)};
    struct http_request request = {.method = HTTP_PUT, .url = str_from(url), .body = str_from(body), .headers = &header, .header_count = 1};
    struct err err = {0};
    assert_int_equal(http_client_submit(world.client, &request, 7, &err), OK);
    memset(url, 'x', sizeof(url) - 1);
    memset(body, 'x', sizeof(body) - 1);
    memset(key, 'x', sizeof(key) - 1);
    header = (struct http_header){STR("gone"), STR("gone")};
    struct http_response response;
    assert_int_equal(http_client_next(world.client, &response, &err), OK);
    assert_int_equal(response.tag, 7);
    assert_int_equal(world.submitted, 2);
    for (int i = 0; i < 2; i++) {
        assert_string_equal(world.urls[i], "https://till.example/v1/a");
        assert_string_equal(world.bodies[i], "{\"name\":\"Pain\"}");
        assert_string_equal(world.keys[i], "0123456789abcdef");
    }
    world_close(&world);
}

static void a_clock_set_back_does_not_lengthen_a_delay(void **state)
{
    (void)state;
    struct world world = {.now_utc = CIVIL_DAY, .script = {{.status = 503, .retry_after_ms = 1000}, {.status = 200}}, .script_count = 2};
    world_open(&world, NULL);
    struct err err = {0};
    struct http_request request = {.url = STR("https://till.example/v1")};
    assert_int_equal(http_client_submit(world.client, &request, 1, &err), OK);
    assert_int_equal(http_client_submit(world.client, &request, 2, &err), OK);
    struct http_response response;
    assert_int_equal(http_client_next(world.client, &response, &err), OK);
    assert_int_equal(response.tag, 2);
    world.now_utc = 0; /* a day back, while the first one sleeps */
    assert_int_equal(http_client_next(world.client, &response, &err), OK);
    assert_int_equal(response.tag, 1);
    assert_true(world.now_utc <= 1000 * 1000);
    world_close(&world);
}

static void a_refused_submission_ends_that_request_only(void **state)
{
    (void)state;
    struct world world = {.script = {{.status = 503}}, .script_count = 1};
    world_open(&world, NULL);
    struct err err = {0};
    struct http_request request = {.url = STR("https://till.example/v1")};
    world.refuse_from_here = true;
    assert_int_equal(http_client_submit(world.client, &request, 1, &err), ERR_DATA);
    world.refuse_from_here = false;
    assert_int_equal(http_client_submit(world.client, &request, 2, &err), OK);
    world.refuse_from_here = true; /* its second attempt */
    struct http_response response = {0};
    assert_int_equal(http_client_next(world.client, &response, &err), ERR_DATA);
    assert_int_equal(response.tag, 2);
    world.refuse_from_here = false;
    assert_int_equal(http_client_next(world.client, &response, &err), ERR_INTERNAL); /* nothing is left */
    world_close(&world);
}

static void an_interrupted_sleep_cancels(void **state)
{
    (void)state;
    struct world world = {.script = {{.status = 503, .retry_after_ms = 5000}}, .script_count = 1, .cancel_sleep = true};
    world_open(&world, NULL);
    struct http_response response;
    struct err err = {0};
    assert_int_equal(perform(&world, HTTP_GET, &response, &err), ERR_CANCELLED);
    assert_int_equal(err.code, ERR_CANCELLED);
    world_close(&world);
}

struct watched { const struct world *world; int asked, refuses_at; int64_t last_utc, longest_utc; };

static int watch(void *context, struct err *err)
{
    struct watched *watched = context;
    if (watched->asked > 0 && watched->world->now_utc - watched->last_utc > watched->longest_utc)
        watched->longest_utc = watched->world->now_utc - watched->last_utc;
    watched->last_utc = watched->world->now_utc;
    return ++watched->asked == watched->refuses_at ? err_set(err, ERR_BUSY, N_("refused by the script")) : OK;
}

static void who_watches_is_asked_through_a_long_delay(void **state)
{
    (void)state;
    struct world world = {.script = {{.status = 429, .retry_after_ms = 120000}, {.status = 200}}, .script_count = 2};
    struct watched watched = {.world = &world};
    struct http_response response;
    struct err err = {0};
    world_open(&world, NULL);
    http_client_watch(world.client, watch, &watched);
    assert_int_equal(perform(&world, HTTP_POST, &response, &err), OK);
    assert_int_equal(response.status, 200);
    assert_in_range(watched.longest_utc, 1, 10 * CIVIL_SECOND);
    assert_int_equal(world.now_utc, 120 * CIVIL_SECOND); /* and the delay is as long as before */
    world_close(&world);
}

static void who_watches_may_end_the_waiting(void **state)
{
    (void)state;
    for (int refuses_at = 1; refuses_at <= 3; refuses_at++) {
        struct world world = {.script = {{.status = 429, .retry_after_ms = 120000}, {.status = 200}}, .script_count = 2};
        struct watched watched = {.world = &world, .refuses_at = refuses_at};
        struct http_response response = {0};
        struct err err = {0};
        world_open(&world, NULL);
        http_client_watch(world.client, watch, &watched);
        assert_int_equal(perform(&world, HTTP_POST, &response, &err), ERR_BUSY);
        assert_int_equal(response.tag, 0);
        assert_int_equal(world.submitted, refuses_at > 1); /* never sent without being asked for */
        world_close(&world);
    }
}

static void exhausted_memory_is_an_error_and_leaks_nothing(void **state)
{
    (void)state;
    int rc = ERR_INTERNAL;
    for (int64_t nth = 1; rc != OK; nth++) {
        struct world world = {0};
        struct http_transport transport = {.submit = fake_submit, .wait = fake_wait, .free = fake_free, .context = &world};
        struct http_header header = {STR("x-api-key"), STR("k")};
        struct http_request request = {.url = STR("https://till.example/v1"), .body = STR("{}"), .headers = &header, .header_count = 1};
        struct http_client *client = NULL;
        struct err err = {0};
        assert_true(nth < 32);
        mem_fail_at(nth, 0);
        rc = http_client_new(&client, transport, NULL, &system_clock, &system_random, &err);
        if (rc == OK)
            rc = http_client_submit(client, &request, 1, &err);
        mem_fail_at(0, 0);
        assert_true(rc == OK || rc == ERR_INTERNAL);
        assert_int_equal(err.code, rc);
        http_client_free(client);
        assert_int_equal(world.freed, 1);
    }
}

/* The flag stays set for the process, so this one runs last. */
static void an_interruption_cancels_and_the_rest_is_released(void **state)
{
    (void)state;
    struct world world = {0};
    world_open(&world, NULL);
    struct err err = {0};
    for (uint64_t tag = 0; tag < HTTP_IN_FLIGHT_MAX + 8; tag++) {
        struct http_request request = {.url = STR("https://till.example/v1"), .body = STR("{}")};
        assert_int_equal(http_client_submit(world.client, &request, tag, &err), OK);
    }
    interrupt_request();
    struct http_response response;
    assert_int_equal(http_client_next(world.client, &response, &err), ERR_CANCELLED);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_tried_again),
        cmocka_unit_test(a_post_is_only_tried_again_when_it_was_not_done),
        cmocka_unit_test(success_after_failures),
        cmocka_unit_test(delays_double_up_to_the_maximum),
        cmocka_unit_test(delays_stay_within_the_default_caps),
        cmocka_unit_test(retry_after_is_obeyed_and_capped),
        cmocka_unit_test(a_delay_does_not_hold_up_the_others),
        cmocka_unit_test(requests_beyond_the_limit_wait_for_room),
        cmocka_unit_test(the_request_is_copied_and_sent_again_as_it_was),
        cmocka_unit_test(a_clock_set_back_does_not_lengthen_a_delay),
        cmocka_unit_test(a_refused_submission_ends_that_request_only),
        cmocka_unit_test(an_interrupted_sleep_cancels),
        cmocka_unit_test(who_watches_is_asked_through_a_long_delay),
        cmocka_unit_test(who_watches_may_end_the_waiting),
        cmocka_unit_test(exhausted_memory_is_an_error_and_leaks_nothing),
        cmocka_unit_test(an_interruption_cancels_and_the_rest_is_released),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
