/* api_links.c: links to tills: list, create, show, change, remove, test, their schedule, and a run of them. The rules are those of sync/, so that the command line and a page refuse the
 * same things in the same words; here each refusal gets the member that it is about. */
#include <string.h>

#include "server/jobs_int.h"
#include "server/runs_int.h"

enum { NAME_MAX_BYTES = 200, URL_MAX_BYTES = 2048, KEY_MAX_BYTES = 1024, PROFILE_MAX_BYTES = 256 << 10, PATTERN_MAX_BYTES = 200, OVERLAP_MAX = 366 * 24 * 60 };
/* Whoever waits in front of a page does not wait for six attempts; a test occupies a worker of the server meanwhile. So it ends, and half of the workers go on serving others. */
static const struct http_retry test_patience = {.attempts = 2};
#define TEST_MS 60000

/* ---- a link as JSON ---- */

/* What people edit, and thus what the ETag is of: not what runs move. */
static int append_edited(struct request *request, const struct link *link, struct buf *out, struct err *err)
{
    struct link still = *link;
    struct json_out json = {.buf = out};
    struct schedule schedule;
    int found = schedule_load(request->db, request->company->id, link->id, &schedule, err);

    if (found < 0)
        return found;
    still.has_cursor = false;
    still.cursor_utc = 0;
    json_begin_object(&json);
    link_put_members(&json, request->company, &still);
    if (found) {
        json_key(&json, "schedule");
        schedule_put_json(&json, &schedule);
    }
    json_end_object(&json);
    return OK;
}

static int put_schedule(struct request *request, struct json_out *json, const struct link *link, struct err *err)
{
    struct schedule schedule = {.enabled = false};
    int found = schedule_load(request->db, request->company->id, link->id, &schedule, err);
    int64_t next_utc = found == 1 ? schedule_next(&schedule, request->company->zone, request->now_utc) : INT64_MAX;

    if (found < 0)
        return found;
    json_key(json, "schedule");
    if (found)
        schedule_put_json(json, &schedule);
    else
        json_put_null(json);
    json_member_instant(json, "next_run", next_utc != INT64_MAX, next_utc);
    return OK;
}

static int put_last_run(struct request *request, struct json_out *json, const struct link *link, struct err *err)
{
    static const char SELECT_LAST_RUN[] = "SELECT MAX(run_id) FROM run WHERE company_id = $1 AND link_id = $2";
    int64_t run_id = 0;
    int rc = db_query_int(request->db, &run_id, SELECT_LAST_RUN, err, DB_INT(request->company->id), DB_INT(link->id));

    if (rc < 0)
        return rc;
    json_key(json, "last_run");
    rc = rc == 1 ? run_put_json(request, json, run_id, err) : 0;
    if (rc == 0)
        json_put_null(json);
    return rc < 0 ? rc : OK;
}

static int put_link(struct request *request, struct json_out *json, const struct link *link, struct err *err)
{
    json_begin_object(json);
    link_put_members(json, request->company, link);
    int rc = put_schedule(request, json, link, err);
    if (rc == OK)
        rc = put_last_run(request, json, link, err);
    json_end_object(json);
    return rc;
}

/* The link as it is now, with its ETag. */
static int answer_link(struct request *request, struct reply *reply, struct str name, struct err *err)
{
    struct json_out json = {.buf = &reply->body};
    struct link link;
    BUF_AUTO edited = {0};
    int rc = link_open(request->db, request->company->id, request->arena, name, &link, err);

    if (rc == OK)
        rc = put_link(request, &json, &link, err);
    if (rc == OK)
        rc = append_edited(request, &link, &edited, err);
    if (rc == OK)
        reply_tag_of(request, reply, buf_str(&edited));
    return rc;
}

struct link_listing { struct request *request; struct json_out json; };

static int list_link(void *context, const struct link *link, struct err *err)
{
    struct link_listing *listing = context;

    return put_link(listing->request, &listing->json, link, err);
}

int api_link_list(struct request *request, struct reply *reply, struct err *err)
{
    struct link_listing listing = {.request = request, .json = {.buf = &reply->body}};

    json_begin_object(&listing.json);
    json_key(&listing.json, "items");
    json_begin_array(&listing.json);
    int rc = link_each(request->db, request->company->id, list_link, &listing, err);
    json_end_array(&listing.json);
    json_end_object(&listing.json);
    return rc;
}

int api_link_show(struct request *request, struct reply *reply, struct err *err)
{
    return answer_link(request, reply, request->args[0], err);
}

/* ---- options from JSON ---- */

static void read_day(struct input *input, const struct request *request, const char *member, bool *has, int64_t *at_utc)
{
    int32_t day = 0;

    if (!input_has(input, member))
        return;
    *has = input_day(input, member, false, &day);
    *at_utc = *has ? zone_day_start(request->company->zone, day, request->company->cutoff_minutes) : 0;
}

static void read_families(struct input *input, struct link_options *options)
{
    enum { FAMILIES_MAX = sizeof options->families / sizeof options->families[0] };
    const struct json *list = input_array(input, "families", false, FAMILIES_MAX);

    if (input_has(input, "families"))
        options->family_count = 0;
    for (const struct json *item = list ? list->first : NULL; item; item = item->next) {
        if (item->type == JSON_STRING)
            options->families[options->family_count++] = item->text;
        else
            input_refuse(input, "families", N_("a list of names is expected here"));
    }
}

static int read_word(struct input *input, const char *member, int now)
{
    return input_choice(input, member, link_member_words(member), now);
}

/* What is sent, on top of what the link has. */
static void read_options(struct input *input, const struct request *request, struct link_options *options, bool is_new)
{
    struct str name = input_text(input, "name", is_new, NAME_MAX_BYTES), url = input_text(input, "url", is_new, URL_MAX_BYTES), profile = input_text(input, "profile", false, PROFILE_MAX_BYTES);
    struct str pattern = input_text(input, "code_pattern", false, PATTERN_MAX_BYTES);

    options->name = name.p ? str_trim(name) : options->name;
    options->url = url.p ? str_trim(url) : options->url;
    options->profile = profile.p ? profile : options->profile;
    if (input_has(input, "code_pattern"))
        options->code_pattern = pattern.n ? pattern : STR_NULL;
    read_day(input, request, "since", &options->has_since, &options->since_utc);
    read_day(input, request, "changed_since", &options->has_changed_since, &options->changed_since_utc);
    read_families(input, options);
    options->import_articles = input_bool(input, "import_articles", options->import_articles);
    options->export_articles = input_bool(input, "export_articles", options->export_articles);
    options->import_orders = input_bool(input, "import_orders", options->import_orders);
    options->auto_validate = input_bool(input, "auto_validate", options->auto_validate);
    options->only_in_stock = input_bool(input, "only_in_stock", options->only_in_stock);
    options->orders = read_word(input, "document", options->orders) == 1;
    options->numbers = (enum number_rule)read_word(input, "numbers", (int)options->numbers);
    options->unknown_article = (enum unknown_rule)read_word(input, "unknown_article", (int)options->unknown_article);
    options->unknown_customer = (enum unknown_rule)read_word(input, "unknown_customer", (int)options->unknown_customer);
    options->reference_from_barcode = read_word(input, "missing_reference", options->reference_from_barcode) == 1;
    options->refuse_negative_stock = read_word(input, "negative_stock", options->refuse_negative_stock) == 1;
    options->overlap_minutes = input_int(input, "overlap_minutes", false, 0, OVERLAP_MAX, options->overlap_minutes);
    if (input_has(input, "archived"))
        options->archived = str_from(link_member_words("archived")[read_word(input, "archived", 0)]);
}

/* What sync/ says of them, and that they do not lead into this machine. OK, or REPLIED with the member that is wrong. */
static int check_options(struct request *request, struct reply *reply, const struct link_options *options, struct str key, struct err *err)
{
    const char *member = "";
    int rc = link_options_check(options, &member, err);

    if (rc == OK) {
        member = "url";
        rc = server_check_url(request->server, options->url, err);
    }
    if (rc == OK && key.p) {
        member = "key";
        rc = till_key_check(key, err);
    }
    if (rc != ERR_DATA)
        return rc;
    struct str pointer = arena_format(request->arena, "/%s", member);
    return reply_problem_at(request, reply, problem_status(rc), pointer.p ? pointer.p : "", err);
}

/* A new link from the body, checked; OK or REPLIED. The key is trimmed of what copying adds. */
static int read_new_link(struct request *request, struct reply *reply, struct link_options *options, struct str *ret_key, struct err *err)
{
    struct input *input = input_open(request, request->body, "");

    *options = link_default_options;
    read_options(input, request, options, true);
    *ret_key = str_trim(input_text(input, "key", true, KEY_MAX_BYTES));
    int rc = input_end(input, reply);
    return rc == OK ? check_options(request, reply, options, *ret_key, err) : rc;
}

/* ---- create, change, remove ---- */

struct link_change {
    struct request *request;
    struct reply *reply;
    struct link_options options;
    struct str key;
    int64_t id;
    bool stale;
};

static int create_body(struct db *db, void *context, struct err *err)
{
    struct link_change *change = context;
    const struct request *request = change->request;

    return link_create(db, request->company->id, &change->options, change->key, request->server->options->seal_key, &system_random, &change->id, err);
}

/* All but the name has been looked at: what the database refuses now is that one. */
static int refuse_name(struct link_change *change, int rc, const struct err *err)
{
    return rc == ERR_DATA ? reply_problem_at(change->request, change->reply, problem_status(rc), "/name", err) : rc;
}

static struct str location_of(struct request *request, struct str name)
{
    BUF_AUTO path = {0};

    buf_append_z(&path, "/api/v1/links/");
    http_append_encoded(&path, name);
    return buf_failed(&path) ? STR_NULL : arena_copy(request->arena, buf_str(&path));
}

int api_link_create(struct request *request, struct reply *reply, struct err *err)
{
    struct link_change change = {.request = request, .reply = reply};
    int rc = server_needs_key(request->server, err);

    if (rc == OK)
        rc = read_new_link(request, reply, &change.options, &change.key, err);
    if (rc != OK)
        return rc;
    rc = db_transact(request->db, create_body, &change, err);
    if (rc != OK)
        return refuse_name(&change, rc, err);
    reply->status = 201;
    reply->location = location_of(request, change.options.name);
    return answer_link(request, reply, change.options.name, err);
}

/* Whether the link is the one that the request saw. Within the transaction that writes. */
static int see_link(struct link_change *change, struct err *err)
{
    struct request *request = change->request;
    struct link link;
    BUF_AUTO edited = {0};
    BUF_AUTO shown = {0};
    struct json_out json = {.buf = &shown};
    int rc = link_open(request->db, request->company->id, request->arena, request->args[0], &link, err);

    if (rc == OK)
        rc = append_edited(request, &link, &edited, err);
    if (rc == OK)
        rc = put_link(request, &json, &link, err);
    if (rc == OK && (buf_failed(&edited) || buf_failed(&shown)))
        return err_memory(err);
    change->id = link.id;
    change->stale = rc == OK && !request_matches_tagged(request, change->reply, buf_str(&edited), buf_str(&shown));
    return rc;
}

static int update_body(struct db *db, void *context, struct err *err)
{
    struct link_change *change = context;
    const struct request *request = change->request;
    int rc = see_link(change, err);

    if (rc != OK || change->stale)
        return rc;
    return link_update(db, request->company->id, change->id, &change->options, change->key, request->server->options->seal_key, &system_random, err);
}

int api_link_update(struct request *request, struct reply *reply, struct err *err)
{
    struct link_change change = {.request = request, .reply = reply};
    struct input *input = input_open(request, request->body, "");
    struct link link;
    int rc = link_open(request->db, request->company->id, request->arena, request->args[0], &link, err);

    if (rc != OK)
        return rc;
    change.options = link.options;
    read_options(input, request, &change.options, false);
    struct str key = input_text(input, "key", false, KEY_MAX_BYTES);
    change.key = key.p ? str_trim(key) : STR_NULL;
    if (!key.p && !str_equal(change.options.url, link.options.url)) /* else whoever may edit a link could have its key sent wherever he likes */
        input_refuse(input, "key", N_("the key is not sent to another address by itself: give it again with the new one"));
    rc = input_end(input, reply);
    if (rc == OK)
        rc = check_options(request, reply, &change.options, change.key, err);
    if (rc == OK && change.key.p)
        rc = server_needs_key(request->server, err);
    if (rc != OK)
        return rc;
    rc = db_transact(request->db, update_body, &change, err);
    if (rc != OK)
        return refuse_name(&change, rc, err);
    return change.stale ? REPLIED : answer_link(request, reply, change.options.name, err);
}

static int remove_body(struct db *db, void *context, struct err *err)
{
    struct link_change *change = context;
    int rc = see_link(change, err);

    return rc != OK || change->stale ? rc : link_remove(db, change->request->company->id, change->id, err);
}

int api_link_remove(struct request *request, struct reply *reply, struct err *err)
{
    struct link_change change = {.request = request, .reply = reply};
    int rc = db_transact(request->db, remove_body, &change, err);

    if (rc != OK)
        return rc;
    if (!change.stale)
        reply->status = 204;
    return change.stale ? REPLIED : OK;
}

/* ---- test ---- */

/* That a till does not answer is what the test found, not a failure of the request. */
static int answer_report(struct reply *reply, const struct link_report *report, int rc, struct err *err)
{
    struct json_out json = {.buf = &reply->body};
    BUF_AUTO detail = {0};

    if (rc == ERR_INTERNAL)
        return rc;
    json_begin_object(&json);
    link_report_put_members(&json, report);
    json_key(&json, "problem");
    if (rc == OK)
        json_put_null(&json);
    else {
        err_format(err, &detail);
        json_begin_object(&json);
        json_member_str(&json, "code", str_from(rc != ERR_TILL ? "not_acceptable" : !report->reachable ? "unreachable" : !report->key_accepted ? "key_refused" : "till"));
        json_member_str(&json, "detail", buf_str(&detail));
        json_end_object(&json);
    }
    json_end_object(&json);
    return OK;
}

/* OK; or, when as many tests as may go on at a time do, REPLIED with the refusal. */
static int begin_test(struct request *request, struct reply *reply, struct sync_environment *ret)
{
    struct server *server = request->server;
    struct err why = {0};

    pthread_mutex_lock(&server->lock);
    bool admitted = server->link_tests < LINK_TESTS_MAX;
    server->link_tests += admitted;
    pthread_mutex_unlock(&server->lock);
    server_environment(server, request->db, request->company, ret);
    ret->retry = &test_patience;
    ret->test_ms = TEST_MS;
    if (admitted)
        return OK;
    err_set(&why, ERR_BUSY, N_("other tests are still waiting for their tills: try again in a moment"));
    reply->extra[reply->extra_count++] = (struct http_header){STR("Retry-After"), STR("10")};
    reply_problem(request, reply, 503, "busy", &why);
    return REPLIED;
}

static int end_test(struct request *request, struct reply *reply, const struct link_report *report, int rc, struct err *err)
{
    struct server *server = request->server;

    pthread_mutex_lock(&server->lock);
    server->link_tests--;
    pthread_mutex_unlock(&server->lock);
    return answer_report(reply, report, rc, err);
}

int api_link_test_new(struct request *request, struct reply *reply, struct err *err)
{
    struct sync_environment environment;
    struct link_options options;
    struct link_report report = {0};
    struct str key;
    int rc = read_new_link(request, reply, &options, &key, err);

    if (rc == OK)
        rc = begin_test(request, reply, &environment);
    if (rc != OK)
        return rc;
    rc = link_try(&environment, &options, key, request->arena, &report, err);
    return end_test(request, reply, &report, rc, err);
}

int api_link_test(struct request *request, struct reply *reply, struct err *err)
{
    struct sync_environment environment;
    struct link_report report = {0};
    struct link link;
    int rc = server_needs_key(request->server, err);

    if (rc == OK)
        rc = link_open(request->db, request->company->id, request->arena, request->args[0], &link, err);
    if (rc == OK)
        rc = begin_test(request, reply, &environment);
    if (rc != OK)
        return rc;
    rc = link_test(&environment, &link, request->arena, &report, err);
    return end_test(request, reply, &report, rc, err);
}

/* ---- schedule ---- */

static int read_clock(struct input *input, const char *member)
{
    struct str text = input_text(input, member, true, 5);
    int minute = 0;

    if (text.p && !clock_parse(text, &minute))
        input_refuse(input, member, N_("a time of the day such as 08:00 is expected here"));
    return minute;
}

/* A rhythm, or times of the day; neither takes the schedule away. */
static bool read_schedule(struct input *input, struct schedule *ret)
{
    const struct json *times = input_array(input, "at", false, SCHEDULE_TIMES_MAX);
    int minute;

    *ret = (struct schedule){.enabled = input_bool(input, "enabled", true)};
    ret->every_minutes = (int)input_int(input, "every_minutes", false, 1, INT64_C(24) * 60, 0);
    if (ret->every_minutes) {
        ret->from_minute = read_clock(input, "from");
        ret->to_minute = read_clock(input, "to");
        if (times)
            input_refuse(input, "at", N_("a rhythm or times of the day: not both"));
    }
    for (const struct json *item = times ? times->first : NULL; item; item = item->next)
        if (item->type != JSON_STRING || !clock_parse(item->text, &minute) || !schedule_add_time(ret, minute))
            input_refuse(input, "at", N_("a time of the day such as 08:00 is expected here"));
    return ret->every_minutes || times;
}

struct scheduling { struct request *request; int64_t link_id; const struct schedule *schedule; };

static int schedule_body(struct db *db, void *context, struct err *err)
{
    const struct scheduling *scheduling = context;

    return schedule_save(db, scheduling->request->company->id, scheduling->link_id, scheduling->schedule, scheduling->request->now_utc, err);
}

int api_link_schedule(struct request *request, struct reply *reply, struct err *err)
{
    struct input *input = input_open(request, request->body, "");
    struct schedule schedule;
    struct link link;
    bool wanted = read_schedule(input, &schedule);
    int rc = input_end(input, reply);

    if (rc == OK)
        rc = link_open(request->db, request->company->id, request->arena, request->args[0], &link, err);
    if (rc != OK)
        return rc;
    rc = db_transact(request->db, schedule_body, &(struct scheduling){request, link.id, wanted ? &schedule : NULL}, err);
    return rc == OK ? answer_link(request, reply, link.options.name, err) : rc;
}

/* ---- run ---- */

int api_link_run(struct request *request, struct reply *reply, struct err *err)
{
    struct input *input = input_open(request, request->body, "");
    struct sync_options options = {.dry_run = input_bool(input, "dry_run", false)};
    int only = input_choice(input, "only", sync_flow_names, FLOW_COUNT);
    struct link link;

    options.has_only = only < FLOW_COUNT;
    options.only = (enum sync_flow)(options.has_only ? only : 0);
    read_day(input, request, "since", &options.has_since, &options.since_utc);
    int rc = input_end(input, reply);
    if (rc == OK)
        rc = link_open(request->db, request->company->id, request->arena, request->args[0], &link, err);
    if (rc == OK)
        rc = server_needs_key(request->server, err);
    if (rc != OK)
        return rc;
    if (jobs_is_active(request->server->jobs, link.options.name))
        return err_set(err, ERR_BUSY, N_("a job of the link %s is going on or waits already: wait until it has ended, or cancel it"), ERR_STR(link.options.name));
    struct sync_order *order = mem_alloc_zero(1, sizeof *order);
    if (!order)
        return err_memory(err);
    order->options = options;
    memcpy(order->link, link.options.name.p, link.options.name.n < LINK_NAME_ROOM ? link.options.name.n : LINK_NAME_ROOM - 1);
    return job_start(request, reply, options.dry_run ? "rehearsal" : "sync", link.options.name, work_sync, order, err);
}
