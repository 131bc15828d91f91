/* sandbox.c: opening the training till, and one request from its headers to its answer. The module's public functions. */
#include "sandbox/sandbox.h"

#include "base/mem.h"
#include "sandbox/api_int.h"
#include "sandbox/demo_int.h"

const struct sandbox_options sandbox_default_options = {
    .dialect = SANDBOX_2026,
    .shop = SANDBOX_SHOP_DEMO,
    .articles = 320,
    .sales = 2000,
    .days = 30,
    .from_day = 20731, /* 2026-10-05: the clock changes on the 25th */
    .seed = 1,
};
/* A page of 10 000 long sales. */
#define ANSWER_MAX ((size_t)512 << 20)

/* The records without --state: generated, then those of the fixture in their place. */
static int make_shop(struct sandbox *sandbox, const struct sandbox_options *options, struct err *err)
{
    struct demo demo = {.size = {options->articles, options->sales, options->days, options->from_day}, .seed = options->seed};
    bool empty = options->shop == SANDBOX_SHOP_EMPTY;
    int rc = demo_account(&sandbox->store, &demo, err);
    if (rc == OK)
        rc = empty ? demo_empty_shop(&sandbox->store, &demo, err) : demo_shop(&sandbox->store, &demo, err);
    if (rc == OK && options->fixture_path != NULL)
        rc = fixture_load(&sandbox->store, options->fixture_path, (int64_t)options->from_day * CIVIL_DAY, err);
    return rc;
}

static int set_up(struct sandbox *sandbox, const struct sandbox_options *options, struct err *err)
{
    bool found = false;
    int rc = options->faults != NULL ? faults_parse(&sandbox->faults, str_from(options->faults), err) : OK;
    demo_ids(&sandbox->store, options->seed);
    if (rc == OK && options->state_path != NULL) {
        sandbox->state_path = arena_copy(&sandbox->store.arena, str_from(options->state_path)).p;
        rc = sandbox->state_path != NULL ? state_load(&sandbox->store, sandbox->state_path, &found, err) : err_memory(err);
    }
    if (rc == OK && !found)
        rc = make_shop(sandbox, options, err);
    if (rc == OK && options->key != NULL)
        rc = store_set_key(&sandbox->store, str_from(options->key), err);
    return rc;
}

int sandbox_open(struct sandbox **ret, const struct sandbox_options *options, const struct clock *clock, struct err *err)
{
    if (options->key != NULL && !is_hex_id(str_from(options->key)))
        return err_set(err, ERR_USAGE, N_("the key %s is not 24 hexadecimal digits"), options->key);
    struct sandbox *sandbox = mem_alloc_zero(1, sizeof *sandbox);
    if (sandbox == NULL)
        return err_memory(err);
    sandbox->clock = clock;
    sandbox->dialect = options->dialect;
    sandbox->body.max = ANSWER_MAX;
    int rc = set_up(sandbox, options, err);
    if (rc != OK) {
        sandbox_free(sandbox);
        return rc;
    }
    *ret = sandbox;
    return OK;
}

struct str sandbox_key(const struct sandbox *sandbox)
{
    return sandbox->store.key;
}

int sandbox_save(struct sandbox *sandbox, struct err *err)
{
    return sandbox->state_path != NULL ? state_save(&sandbox->store, sandbox->state_path, err) : OK;
}

void sandbox_free(struct sandbox *sandbox)
{
    if (sandbox == NULL)
        return;
    store_release(&sandbox->store);
    buf_release(&sandbox->body);
    mem_free(sandbox);
}

void sandbox_answer(struct sandbox *sandbox, const struct sandbox_request *request, struct arena *arena, struct http_server_response *response)
{
    struct reply reply = {.dialect = sandbox->dialect, .arena = arena, .body = &sandbox->body};
    struct fault_plan plan = faults_next(&sandbox->faults, request->method, request->path);
    sandbox->requests++;
    /* A status on order comes in the answer's place: nothing is carried out. */
    if (plan.status != 0)
        reply_error(&reply, plan.status, STR("A fault on order (--faults)"));
    else
        api_answer(sandbox, request, &plan, arena, &reply);
    reply_finish(&reply, request->accept_encoding, &plan, response);
}

void sandbox_handle(void *context, const struct http_server_request *request, struct http_server_response *response)
{
    struct sandbox_request own = {
        .method = request->method,
        .path = request->path,
        .query = request->query,
        .body = request->body,
        .key = http_server_header(request, "x-api-key"),
        .accept_encoding = http_server_header(request, "accept-encoding"),
    };
    sandbox_answer(context, &own, request->arena, response);
}
