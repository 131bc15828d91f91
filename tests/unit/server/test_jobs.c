/* test_jobs.c: long work without a network: four at a time and the others in their turn, cancelled while they wait and while they run, remembered to a limit, followed to their end; what a
 * rehearsal announces comes back page by page as it went in; and a rehearsal on embedded SQLite leaves the database to the others. PostgreSQL as well when LIAISON_TEST_PG names a server. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/jobs_int.h"

#define PATIENCE_MS 20000

struct shop {
    struct server server;
    struct server_options options;
    char folder[200], url[400];
    struct seal_key key;
};

/* ---- a server without a network ---- */

static int make_company(struct db *db, void *context, struct err *err)
{
    int64_t id;

    (void)context;
    return company_create(db, STR("Épicerie Test"), STR_NULL, STR("Europe/Paris"), CIVIL_DAY, &id, err);
}

static int shop_open(struct shop *shop, bool postgresql)
{
    const char *base = getenv("TMPDIR");
    struct db *db = NULL;
    struct err err = {0};
    char script[256];

    snprintf(shop->folder, sizeof shop->folder, "%s/liaison-jobs.XXXXXX", base ? base : P_tmpdir);
    if (!mkdtemp(shop->folder))
        return -1;
    if (postgresql)
        snprintf(shop->url, sizeof shop->url, "%s?options=-csearch_path%%3D%s", getenv("LIAISON_TEST_PG"), program_invocation_short_name);
    else
        snprintf(shop->url, sizeof shop->url, "sqlite:%s/test.db", shop->folder);
    snprintf(script, sizeof script, "DROP SCHEMA IF EXISTS %s CASCADE; CREATE SCHEMA %s", program_invocation_short_name, program_invocation_short_name);
    shop->options = (struct server_options){.db_url = str_from(shop->url), .seal_key = &shop->key};
    shop->server.options = &shop->options;
    log_set_level(LOG_QUIET);
    if (hash_init(&err) != OK || db_open(&db, str_from(shop->url), &(struct db_options){.create = true}, &err) != OK || (postgresql && db_run_script(db, script, &err) != OK) ||
        db_migrate(db, NULL, NULL, &err) != OK || db_transact(db, make_company, NULL, &err) != OK || jobs_new(&shop->server.jobs, &shop->server, &err) != OK)
        return -1;
    db_close(db);
    text_use(TEXT_ENGLISH);
    return 0;
}

static int set_up(void **state)
{
    struct shop *shop = mem_alloc_zero(1, sizeof *shop);

    *state = shop;
    return shop ? shop_open(shop, false) : -1;
}

static int set_up_postgresql(void **state)
{
    struct shop *shop = mem_alloc_zero(1, sizeof *shop);

    *state = shop;
    return shop ? shop_open(shop, true) : -1;
}

static int files_in(const char *folder, bool remove_them)
{
    DIR *listing = opendir(folder);
    char path[600];
    int count = 0;

    assert_non_null(listing);
    for (const struct dirent *entry; (entry = readdir(listing));) {
        count += entry->d_name[0] != '.';
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (remove_them && entry->d_name[0] != '.')
            unlink(path);
    }
    closedir(listing);
    return count;
}

static int tear_down(void **state)
{
    struct shop *shop = *state;

    jobs_free(shop->server.jobs);
    files_in(shop->folder, true);
    rmdir(shop->folder);
    mem_free(shop);
    return 0;
}

/* ---- jobs to play with ---- */

static atomic_int at_work, most_at_work, begun;
static atomic_bool gate_open;

static void reset_gate(void)
{
    atomic_store(&at_work, 0);
    atomic_store(&most_at_work, 0);
    atomic_store(&begun, 0);
    atomic_store(&gate_open, false);
}

/* Works until the gate opens or somebody cancels; its result is how many had begun before it. */
static int work_at_gate(struct job_context *context, void *argument, struct buf *result, struct err *err)
{
    int now = atomic_fetch_add(&at_work, 1) + 1;
    struct sync_progress progress = {.flow = FLOW_ORDERS, .stage = "reading", .done = 7, .total = 9};

    (void)argument;
    if (now > atomic_load(&most_at_work))
        atomic_store(&most_at_work, now);
    buf_printf(result, "{\"place\":%d}", atomic_fetch_add(&begun, 1));
    context->environment.on_progress(context->environment.context, &progress);
    context->environment.on_run(context->environment.context, 41);
    while (!atomic_load(&gate_open) && !interrupt_requested())
        usleep(1000);
    atomic_fetch_sub(&at_work, 1);
    return interrupt_requested() ? err_set(err, ERR_CANCELLED, N_("interrupted")) : OK;
}

static int work_in_vain(struct job_context *context, void *argument, struct buf *result, struct err *err)
{
    (void)context, (void)argument, (void)result;
    return err_set(err, ERR_TILL, N_("there is no run %s"), "17");
}

static int64_t submit(struct shop *shop, job_work *work, const char *link)
{
    const struct job_spec spec = {.kind = "sync", .link = str_from(link), .user = STR("anne"), .language = TEXT_ENGLISH, .work = work};
    struct err err = {0};
    int64_t id = 0;

    assert_int_equal(jobs_submit(shop->server.jobs, &spec, &id, &err), OK);
    return id;
}

/* The job as JSON, in `room`. */
static const char *job_text(struct shop *shop, int64_t id, char room[4096])
{
    BUF_AUTO text = {0};
    struct json_out json = {.buf = &text};

    assert_true(jobs_put(shop->server.jobs, id, &json));
    assert_true(text.n < 4096);
    memcpy(room, text.p, text.n + 1);
    return room;
}

static bool job_says(struct shop *shop, int64_t id, const char *part)
{
    char room[4096];

    return strstr(job_text(shop, id, room), part) != NULL;
}

static void wait_until(struct shop *shop, int64_t id, const char *part)
{
    char room[4096];

    for (int ms = 0; ms < PATIENCE_MS; ms += 2) {
        if (job_says(shop, id, part))
            return;
        usleep(2000);
    }
    fail_msg("not %s: %s", part, job_text(shop, id, room));
}

/* ---- turns ---- */

static void four_at_a_time_and_the_others_in_their_turn(void **state)
{
    struct shop *shop = *state;
    int64_t ids[9];
    char place[40];
    int running = 0;

    reset_gate();
    for (int i = 0; i < 9; i++)
        ids[i] = submit(shop, work_at_gate, "shop");
    for (int i = 0; i < 4; i++)
        wait_until(shop, ids[i], "\"run\":41");
    assert_true(job_says(shop, ids[4], "\"state\":\"queued\"") && job_says(shop, ids[8], "\"state\":\"queued\"") && job_says(shop, ids[8], "\"started\":null"));
    assert_int_equal(jobs_queued(shop->server.jobs, &running), 5);
    assert_int_equal(running, 4);
    assert_true(jobs_is_active(shop->server.jobs, STR("shop")));
    assert_false(jobs_is_active(shop->server.jobs, STR("other")));
    atomic_store(&gate_open, true);
    for (int i = 0; i < 9; i++)
        wait_until(shop, ids[i], "\"state\":\"done\"");
    assert_int_equal(atomic_load(&most_at_work), 4);
    snprintf(place, sizeof place, "\"result\":{\"place\":");
    assert_true(job_says(shop, ids[8], place) && job_says(shop, ids[8], "\"user\":\"anne\""));
    assert_true(job_says(shop, ids[0], "\"progress\":{\"flow\":\"orders\",\"stage\":\"reading\",\"done\":7,\"total\":9},\"run\":41,"));
    assert_false(jobs_is_active(shop->server.jobs, STR("shop")));
}

static void too_many_are_refused(void **state)
{
    struct shop *shop = *state;
    const struct job_spec spec = {.kind = "sync", .work = work_at_gate, .argument = NULL};
    struct err err = {0};
    int64_t id;
    int running;

    reset_gate();
    int64_t first = submit(shop, work_at_gate, NULL);
    for (int i = 0; i < 3; i++)
        submit(shop, work_at_gate, NULL);
    wait_until(shop, first, "\"state\":\"running\"");
    while (jobs_queued(shop->server.jobs, &running) > 0)
        usleep(1000);
    for (int i = 0; i < 100; i++)
        assert_int_equal(jobs_submit(shop->server.jobs, &spec, &id, &err), OK);
    assert_int_equal(jobs_submit(shop->server.jobs, &spec, &id, &err), ERR_BUSY);
    jobs_stop(shop->server.jobs);
    assert_true(job_says(shop, first, "\"state\":\"cancelled\""));
    err_clear(&err);
    assert_int_equal(jobs_submit(shop->server.jobs, &spec, &id, &err), ERR_BUSY);
}

static void a_hundred_are_remembered(void **state)
{
    struct shop *shop = *state;
    BUF_AUTO text = {0};
    struct json_out json = {.buf = &text};
    int64_t first = 0, last = 0;
    int listed = 0;

    for (int i = 0; i < 130; i++) {
        last = submit(shop, work_in_vain, NULL);
        first = first ? first : last;
        wait_until(shop, last, "\"state\":\"failed\"");
        usleep(i % 50 ? 0 : 300000); /* those that are not told yet are kept longer */
    }
    usleep(600000);
    last = submit(shop, work_in_vain, NULL);
    assert_false(jobs_put(shop->server.jobs, first, &json));
    json = (struct json_out){.buf = &text};
    json_begin_array(&json);
    jobs_put_list(shop->server.jobs, 50, &json);
    json_end_array(&json);
    for (const char *at = text.p; (at = strstr(at, "\"kind\"")); at++)
        listed++;
    assert_true(listed == 50 || listed == 51); /* the last one may still run */
    char id[40];
    snprintf(id, sizeof id, "[{\"id\":%lld,", (long long)last);
    assert_int_equal(strncmp(text.p, id, strlen(id)), 0);
}

/* ---- cancelling, failing, following ---- */

static void cancelled_while_it_waits_and_while_it_runs(void **state)
{
    struct shop *shop = *state;
    int64_t ids[5];

    reset_gate();
    for (int i = 0; i < 5; i++)
        ids[i] = submit(shop, work_at_gate, NULL);
    for (int i = 0; i < 4; i++)
        wait_until(shop, ids[i], "\"state\":\"running\"");
    assert_true(jobs_cancel(shop->server.jobs, ids[4]));
    assert_true(job_says(shop, ids[4], "\"state\":\"cancelled\""));
    assert_true(jobs_cancel(shop->server.jobs, ids[0]));
    wait_until(shop, ids[0], "\"state\":\"cancelled\"");
    assert_true(job_says(shop, ids[0], "\"result\":null"));
    assert_true(job_says(shop, ids[1], "\"state\":\"running\""));
    assert_false(jobs_cancel(shop->server.jobs, 1));
    atomic_store(&gate_open, true);
    for (int i = 1; i < 4; i++)
        wait_until(shop, ids[i], "\"state\":\"done\"");
    assert_true(jobs_cancel(shop->server.jobs, ids[1])); /* too late: it stays as it ended */
    assert_true(job_says(shop, ids[1], "\"state\":\"done\""));
    assert_int_equal(atomic_load(&begun), 4);
}

static void a_failure_is_a_problem(void **state)
{
    struct shop *shop = *state;
    int64_t id = submit(shop, work_in_vain, NULL);

    wait_until(shop, id, "\"state\":\"failed\"");
    assert_true(job_says(shop, id, "\"status\":502,\"detail\":\"there is no run 17\",\"code\":\"till\""));
}

static void readers_are_let_go_with_the_job(void **state)
{
    struct shop *shop = *state;
    struct http_stream *streams[3];
    struct err err = {0};
    int ms = 0;

    reset_gate();
    int64_t id = submit(shop, work_at_gate, NULL);
    for (int i = 0; i < 3; i++) {
        streams[i] = http_stream_new();
        assert_non_null(streams[i]);
        assert_int_equal(jobs_follow(shop->server.jobs, id, streams[i], TEXT_ENGLISH, &err), 1);
    }
    http_stream_end(streams[0]); /* one goes away before */
    assert_true(http_stream_is_open(streams[1]));
    atomic_store(&gate_open, true);
    wait_until(shop, id, "\"state\":\"done\"");
    for (; ms < PATIENCE_MS && (http_stream_is_open(streams[1]) || http_stream_is_open(streams[2])); ms++)
        usleep(1000);
    assert_true(ms < PATIENCE_MS);
    for (int i = 0; i < 3; i++)
        http_stream_release(streams[i]);
    struct http_stream *late = http_stream_new();
    assert_int_equal(jobs_follow(shop->server.jobs, id, late, TEXT_ENGLISH, &err), 1);
    assert_false(http_stream_is_open(late));
    assert_int_equal(jobs_follow(shop->server.jobs, 1, late, TEXT_ENGLISH, &err), 0);
    http_stream_release(late);
}

/* ---- a rehearsal keeps nobody from writing ---- */

static int add_family(struct db *db, void *context, struct err *err)
{
    int64_t id;

    return family_find_or_create(db, *(const int64_t *)context, STR("Thés"), &id, err);
}

static int add_means(struct db *db, void *context, struct err *err)
{
    int64_t id;

    return means_create(db, *(const int64_t *)context, STR("voucher"), STR("Bon"), &id, err);
}

/* Holds its transaction as long as the gate is shut, as a rehearsal that waits for the till does. */
static int work_rehearse(struct job_context *context, void *argument, struct buf *result, struct err *err)
{
    int rc = db_rehearsal_begin(context->db, err);

    if (rc == OK)
        rc = db_transact(context->db, add_family, (void *)&context->company->id, err);
    if (rc == OK)
        rc = work_at_gate(context, argument, result, err);
    db_rehearsal_end(context->db);
    return rc;
}

static void a_rehearsal_leaves_the_database_to_the_others(void **state)
{
    struct shop *shop = *state;
    const struct job_spec spec = {.kind = "rehearsal", .language = TEXT_ENGLISH, .on_copy = true, .work = work_rehearse};
    struct err err = {0};
    struct db *db = NULL;
    int64_t id, families = -1, company_id = 1;

    reset_gate();
    assert_int_equal(jobs_submit(shop->server.jobs, &spec, &id, &err), OK);
    wait_until(shop, id, "\"run\":41");
    assert_int_equal(server_open_db(&shop->server, 500, &db, &err), OK);
    int files = files_in(shop->folder, false);
    assert_int_equal(db_query_int(db, &families, "SELECT COUNT(*) FROM family WHERE company_id = $1", &err, DB_INT(company_id)), 1);
    assert_int_equal(families, 0);
    assert_int_equal(db_transact(db, add_means, &company_id, &err), OK); /* it did not wait */
    atomic_store(&gate_open, true);
    wait_until(shop, id, "\"state\":\"done\"");
    assert_int_equal(db_query_int(db, &families, "SELECT COUNT(*) FROM family WHERE company_id = $1", &err, DB_INT(company_id)), 1);
    assert_int_equal(families, 0);
    assert_true(files <= 3); /* the database itself with its log and its index: the copy has no name */
    db_close(db);
}

static void copies_that_were_left_are_swept(void **state)
{
    struct shop *shop = *state;
    static const struct { const char *name; int age_s; bool stays; } files[] = {
        {"test.db.rehearsal-0011223344556677", 7200, false}, {"test.db.rehearsal-0011223344556677-wal", 7200, false}, {"test.db.rehearsal-8899aabbccddeeff", 60, true},
        {"test.db.rehearsal", 7200, true},                   {"other.db.rehearsal-0011223344556677", 7200, true},
    };
    struct jobs *jobs = NULL;
    struct err err = {0};
    char path[400];

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", shop->folder, files[i].name);
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fclose(file);
        struct timespec then = {.tv_sec = system_clock.now_utc(NULL) / CIVIL_SECOND - files[i].age_s};
        assert_int_equal(utimensat(AT_FDCWD, path, (struct timespec[]){then, then}, 0), 0);
    }
    assert_int_equal(jobs_new(&jobs, &shop->server, &err), OK);
    jobs_free(jobs);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", shop->folder, files[i].name);
        assert_int_equal(access(path, F_OK) == 0, files[i].stays);
    }
    snprintf(path, sizeof path, "%s/test.db", shop->folder);
    assert_int_equal(access(path, F_OK), 0);
}

/* ---- what a rehearsal announces ---- */

enum { CHANGES = 6000 };
static const enum sync_flow flow_of_change[3] = {FLOW_ARTICLES_IN, FLOW_ARTICLES_OUT, FLOW_ORDERS};

/* Change number n, its subject; texts of several lengths, the longest beyond a piece. */
static struct str subject_of(int n, char room[32])
{
    return (struct str){room, (size_t)snprintf(room, 32, "subject %d", n)};
}

static int collect(struct change_log *log, struct change_page page, struct buf *out, int64_t *ret_total)
{
    struct change_page_end end = {.more = true};
    struct err err = {0};
    int pages = 0;

    while (end.more) {
        struct json_out json = {.buf = out};
        json_begin_array(&json);
        assert_int_equal(change_log_read(log, &page, &json, &end, &err), OK);
        json_end_array(&json);
        page.from = end.next;
        pages++;
    }
    *ret_total = end.total;
    return pages;
}

static int count_in(const struct buf *text, const char *part)
{
    int count = 0;

    for (const char *at = text->p; at && (at = strstr(at, part)); at++)
        count++;
    return count;
}

static void changes_come_back_as_they_went(void **state)
{
    struct change_log log = {0};
    struct buf longest = {0};
    char room[32];
    int64_t total;

    (void)state;
    for (int i = 0; i < 200000; i++)
        buf_append_char(&longest, 'x');
    for (int n = 0; n < CHANGES; n++) {
        const struct sync_change change = {.flow = flow_of_change[n / 2000], .action = "update", .subject = subject_of(n, room), .field = n % 2 ? STR("label") : STR_NULL,
                                           .old_value = STR("a \"quoted\"\nline"), .new_value = n == 2500 ? buf_str(&longest) : STR_NULL};
        change_log_add(&log, &change);
    }
    assert_true(log.has_file && !log.cut);
    for (int limit = 1; limit <= 500; limit += 499 / 2) {
        BUF_AUTO text = {0};
        int pages = collect(&log, (struct change_page){.limit = limit}, &text, &total);
        assert_int_equal(total, CHANGES);
        assert_int_equal(pages, (CHANGES + limit - 1) / limit);
        assert_int_equal(count_in(&text, "\"subject\":\"subject "), CHANGES);
        assert_int_equal(count_in(&text, "\"new\":null"), CHANGES - 1);
        assert_int_equal(count_in(&text, "\"field\":null"), CHANGES / 2);
        for (int n = 0; n < CHANGES; n += 499) {
            char part[64];
            snprintf(part, sizeof part, "\"subject\":\"subject %d\"", n);
            assert_int_equal(count_in(&text, part), 1);
        }
    }
    for (int flow = 0; flow < 3; flow++) {
        BUF_AUTO text = {0};
        collect(&log, (struct change_page){.has_flow = true, .flow = flow_of_change[flow], .limit = 300}, &text, &total);
        assert_int_equal(total, 2000);
        assert_int_equal(count_in(&text, "\"subject\":\"subject "), 2000);
        assert_int_equal(count_in(&text, sync_flow_names[flow]), 2000);
    }
    change_log_release(&log);
    buf_release(&longest);
}

static void few_changes_need_no_file(void **state)
{
    struct change_log log = {0};
    BUF_AUTO text = {0};
    int64_t total;

    (void)state;
    collect(&log, (struct change_page){.limit = 10}, &text, &total);
    assert_int_equal(total, 0);
    change_log_add(&log, &(struct sync_change){.flow = FLOW_ORDERS, .action = "document", .subject = STR("1")});
    assert_false(log.has_file);
    buf_reset(&text);
    collect(&log, (struct change_page){.limit = 10}, &text, &total);
    assert_string_equal(text.p, "[{\"flow\":\"orders\",\"action\":\"document\",\"subject\":\"1\",\"field\":null,\"old\":null,\"new\":null}]");
    buf_reset(&text);
    collect(&log, (struct change_page){.has_flow = true, .flow = FLOW_ARTICLES_IN, .limit = 10}, &text, &total);
    assert_string_equal(text.p, "[]");
    change_log_release(&log);
}

#define job_test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        job_test(four_at_a_time_and_the_others_in_their_turn),
        job_test(too_many_are_refused),
        job_test(a_hundred_are_remembered),
        job_test(cancelled_while_it_waits_and_while_it_runs),
        job_test(a_failure_is_a_problem),
        job_test(readers_are_let_go_with_the_job),
        job_test(a_rehearsal_leaves_the_database_to_the_others),
        job_test(copies_that_were_left_are_swept),
        cmocka_unit_test(changes_come_back_as_they_went),
        cmocka_unit_test(few_changes_need_no_file),
    };
    const struct CMUnitTest on_postgresql[] = {
        cmocka_unit_test_setup_teardown(four_at_a_time_and_the_others_in_their_turn, set_up_postgresql, tear_down),
        cmocka_unit_test_setup_teardown(a_rehearsal_leaves_the_database_to_the_others, set_up_postgresql, tear_down),
    };

    return cmocka_run_group_tests_name("sqlite", tests, NULL, NULL) + (getenv("LIAISON_TEST_PG") ? cmocka_run_group_tests_name("postgresql", on_postgresql, NULL, NULL) : 0);
}
