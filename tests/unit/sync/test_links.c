/* test_links.c: links on both engines: their options come back as they went, bad ones are refused before anything is written, the key is nowhere to be seen, and the
 * test of a link says how far it got. */
#include "world.h"

static void options_come_back_as_they_went(void **state)
{
    struct world *world = *state;
    struct link_options options = {
        .name = STR("Boutique du port"), .url = STR("https://api4.tactill.com"), .profile = STR("tactill-v4"), .has_since = true, .since_utc = NOON,
        .import_articles = true, .export_articles = true, .auto_validate = true, .orders = true, .numbers = NUMBERS_RENUMBER, .families = {STR("Thés"), STR("Cafés"), STR("Thés")},
        .family_count = 3, .code_pattern = STR("A*"), .has_changed_since = true, .changed_since_utc = NOON - 1, .only_in_stock = true, .archived = STR("only"),
        .unknown_article = UNKNOWN_CREATE, .unknown_customer = UNKNOWN_DROP, .reference_from_barcode = true, .refuse_negative_stock = true, .overlap_minutes = 0,
    };
    struct link link = make_link(world, &options);
    assert_str(link.options.name, "Boutique du port");
    assert_str(link.options.url, "https://api4.tactill.com");
    assert_str(link.options.profile, "tactill-v4");
    assert_true(link.options.has_since);
    assert_int_equal(link.options.since_utc, NOON);
    assert_true(link.options.import_articles && link.options.export_articles && link.options.auto_validate && link.options.orders);
    assert_false(link.options.import_orders);
    assert_int_equal(link.options.numbers, NUMBERS_RENUMBER);
    assert_int_equal(link.options.family_count, 2);
    assert_str(link.options.families[0], "Cafés");
    assert_str(link.options.families[1], "Thés");
    assert_str(link.options.code_pattern, "A*");
    assert_true(link.options.has_changed_since);
    assert_int_equal(link.options.changed_since_utc, NOON - 1);
    assert_true(link.options.only_in_stock && link.options.reference_from_barcode && link.options.refuse_negative_stock);
    assert_str(link.options.archived, "only");
    assert_int_equal(link.options.unknown_article, UNKNOWN_CREATE);
    assert_int_equal(link.options.unknown_customer, UNKNOWN_DROP);
    assert_int_equal(link.options.overlap_minutes, 0);
    assert_false(link.has_cursor);

    struct grid_rules rules = link_grid_rules(&link);
    assert_int_equal(rules.link_id, link.id);
    assert_true(rules.orders && rules.refuse_negative_stock);
    assert_int_equal(rules.unknown_customer, UNKNOWN_DROP);

    options = shop_options();
    link = make_link(world, &options);
    assert_false(link.options.has_since || link.options.has_changed_since || link.options.orders || link.options.only_in_stock || link.options.refuse_negative_stock);
    assert_true(link.options.import_orders);
    assert_int_equal(link.options.numbers, NUMBERS_KEEP);
    assert_int_equal(link.options.unknown_article, UNKNOWN_REFUSE);
    assert_int_equal(link.options.unknown_customer, UNKNOWN_CREATE);
    assert_null(link.options.code_pattern.p);
    assert_int_equal(link.options.overlap_minutes, 7 * 24 * 60);
}

static void bad_options_are_refused(void **state)
{
    struct world *world = *state;
    struct link_options options = shop_options();
    struct str long_key = STR("0123456789abcdef0123456789");
    int64_t id = 0;
    make_link(world, &options);
    assert_refused(world, ERR_DATA, "Boutique", try_link(world, &options, STR(KEY), &id));
    options.name = STR("");
    assert_refused(world, ERR_DATA, "no name", try_link(world, &options, STR(KEY), &id));
    options.name = STR(" Boutique");
    assert_refused(world, ERR_DATA, "no name", try_link(world, &options, STR(KEY), &id));
    options.name = STR("#1");
    assert_refused(world, ERR_DATA, "no name", try_link(world, &options, STR(KEY), &id));
    options.name = STR("Deux");
    assert_refused(world, ERR_DATA, "empty", try_link(world, &options, STR(""), &id));
    assert_refused(world, ERR_DATA, "not supported yet", try_link(world, &options, STR("v5_abcdef"), &id));
    assert_refused(world, ERR_DATA, "26 characters", try_link(world, &options, long_key, &id));
    options.url = STR("http://till.example.org");
    assert_refused(world, ERR_DATA, "https", try_link(world, &options, STR(KEY), &id));
    options.url = STR("https://till.example.org");
    options.profile = STR("tactill-v9");
    assert_refused(world, ERR_DATA, "tactill-v9", try_link(world, &options, STR(KEY), &id));
    options.profile = STR("[profile]\nname = x\nbad\n");
    assert_refused(world, ERR_DATA, "line 3", try_link(world, &options, STR(KEY), &id));
    options.profile = STR("tactill-v4");
    options.archived = STR("perhaps");
    assert_refused(world, ERR_DATA, "archived_filter", try_link(world, &options, STR(KEY), &id));
    options.archived = STR("any");
    options.unknown_article = UNKNOWN_DROP;
    assert_refused(world, ERR_DATA, "unknown_article", try_link(world, &options, STR(KEY), &id));
    options.unknown_article = UNKNOWN_REFUSE;
    options.overlap_minutes = -1;
    assert_refused(world, ERR_DATA, "-1", try_link(world, &options, STR(KEY), &id));
    assert_int_equal(id, 0);
    assert_int_equal(number_of(world, "SELECT COUNT(*) FROM link WHERE company_id = $1"), 1);
}

static void a_profile_file_is_kept_whole(void **state)
{
    struct world *world = *state;
    struct link_options options = shop_options();
    struct sales_profile *profile;
    options.profile = sales_profile_builtin(STR("tactill-v4"));
    struct link link = make_link(world, &options);
    assert_true(str_equal(link.options.profile, options.profile));
    assert_ok(world, link_profile(&link.options, &world->arena, &profile, &world->err));
    assert_str(sales_profile_name(profile), "tactill-v4");
}

struct editing { struct world *world; int64_t id; const struct link_options *options; struct str key; };

static int update_body(struct db *db, void *context, struct err *err)
{
    struct editing *editing = context;
    return link_update(db, editing->world->company.id, editing->id, editing->options, editing->key, &editing->world->seal_key, editing->world->environment.random, err);
}

static int remove_body(struct db *db, void *context, struct err *err)
{
    struct editing *editing = context;
    return link_remove(db, editing->world->company.id, editing->id, err);
}

static int update(struct world *world, int64_t id, const struct link_options *options, struct str key)
{
    struct editing editing = {.world = world, .id = id, .options = options, .key = key};
    return db_transact(world->db, update_body, &editing, &world->err);
}

static int collect_name(void *context, const struct link *link, struct err *err)
{
    (void)err;
    buf_append(context, link->options.name);
    buf_append_char(context, ';');
    return OK;
}

static void links_are_edited_listed_and_removed(void **state)
{
    struct world *world = *state;
    struct link_options options = shop_options();
    struct link first = make_link(world, &options), found;
    BUF_AUTO names = {0};
    options.name = STR("Atelier");
    struct link second = make_link(world, &options);
    assert_ok(world, link_each(world->db, world->company.id, collect_name, &names, &world->err));
    assert_str(buf_str(&names), "Atelier;Boutique;");
    assert_refused(world, ERR_NOT_FOUND, "Atelier, Boutique", link_open(world->db, world->company.id, &world->arena, STR("Marché"), &found, &world->err));

    options.name = STR("Boutique");
    assert_refused(world, ERR_DATA, "already", update(world, second.id, &options, STR_NULL));
    options.orders = true;
    options.families[0] = STR("Thés");
    options.family_count = 1;
    assert_ok(world, update(world, first.id, &options, STR_NULL));
    assert_ok(world, link_open(world->db, world->company.id, &world->arena, STR("Boutique"), &found, &world->err));
    assert_true(found.options.orders);
    assert_int_equal(found.options.family_count, 1);

    struct editing removing = {.world = world, .id = first.id};
    assert_ok(world, db_transact(world->db, remove_body, &removing, &world->err));
    assert_refused(world, ERR_NOT_FOUND, "removed", update(world, first.id, &options, STR_NULL));
    assert_refused(world, ERR_NOT_FOUND, "no link", db_transact(world->db, remove_body, &removing, &world->err));
    assert_refused(world, ERR_NOT_FOUND, "Atelier", link_open(world->db, world->company.id, &world->arena, STR("Boutique"), &found, &world->err));
    assert_int_equal(number_of(world, "SELECT COUNT(*) FROM link WHERE company_id = $1 AND removed = 1 AND LENGTH(sealed_key) = 0"), 1);
    struct till_client *till;
    assert_refused(world, ERR_NOT_FOUND, "removed", link_connect(&world->environment, &first, NULL, NULL, &till, &world->err));
    make_link(world, &options); /* the name is free again */
}

/* Another address, or an earlier date: what was read says nothing about those sales. */
static void cursors_begin_again_when_they_must(void **state)
{
    struct world *world = *state;
    static const char set[] = "UPDATE link SET cursor_utc = 5, changed_cursor_utc = 6";
    static const char kept[] = "SELECT COUNT(*) FROM link WHERE company_id = $1 AND cursor_utc = 5 AND changed_cursor_utc = 6";
    struct link_options options = shop_options();
    options.has_since = true;
    options.since_utc = NOON;
    struct link link = make_link(world, &options);
    assert_ok(world, db_run_script(world->db, set, &world->err));
    options.auto_validate = true;
    options.since_utc = NOON + 1;
    assert_ok(world, update(world, link.id, &options, STR(KEY)));
    assert_int_equal(number_of(world, kept), 1);
    options.since_utc = NOON;
    assert_ok(world, update(world, link.id, &options, STR_NULL));
    assert_int_equal(number_of(world, kept), 0);
    assert_ok(world, db_run_script(world->db, set, &world->err));
    options.has_since = false;
    assert_ok(world, update(world, link.id, &options, STR_NULL));
    assert_int_equal(number_of(world, kept), 0);
    assert_ok(world, db_run_script(world->db, set, &world->err));
    options.has_since = true;
    assert_ok(world, update(world, link.id, &options, STR_NULL));
    assert_int_equal(number_of(world, kept), 1);
    options.url = STR("https://other.example.org");
    assert_ok(world, update(world, link.id, &options, STR_NULL));
    assert_int_equal(number_of(world, kept), 0);
}

/* ---- the key ---- */

static bool file_holds(const struct world *world, const char *name, struct str text)
{
    char path[300];
    BUF_AUTO bytes = {0};
    snprintf(path, sizeof path, "%s/%s", world->folder, name);
    FILE *file = fopen(path, "rb");
    for (char *room; file && (room = buf_reserve(&bytes, 1 << 16));) {
        size_t n = fread(room, 1, 1 << 16, file);
        bytes.n += n;
        if (n == 0)
            break;
    }
    if (file)
        fclose(file);
    return bytes.n > 0 && memmem(bytes.p, bytes.n, text.p, text.n) != NULL;
}

static void the_key_is_nowhere_to_be_seen(void **state)
{
    struct world *world = *state;
    const struct str raw = STR("\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67");
    struct link_options options = shop_options();
    struct link link = make_link(world, &options);
    struct sync_result result;
    add_sale(world, 1, NOON - CIVIL_HOUR);
    assert_ok(world, sync_run(&world->environment, &link, &(struct sync_options){.dry_run = false}, &result, &world->err));
    assert_int_equal(result.orders.staged, 1);
    if (!world->postgresql) {
        assert_true(file_holds(world, "test.db", STR("Boutique")) || file_holds(world, "test.db-wal", STR("Boutique")));
        assert_false(file_holds(world, "test.db", STR(KEY)) || file_holds(world, "test.db-wal", STR(KEY)));
        assert_false(file_holds(world, "test.db", raw) || file_holds(world, "test.db-wal", raw));
    }
}

/* Copied into another link's row, or with another seal key, it does not open. */
static void the_key_is_bound_to_its_link(void **state)
{
    struct world *world = *state;
    struct link_options options = shop_options();
    struct till_client *till = NULL;
    struct link link = make_link(world, &options);
    options.name = STR("Deux");
    struct link other = make_link(world, &options);
    assert_ok(world, link_connect(&world->environment, &link, NULL, NULL, &till, &world->err));
    till_client_free(till);
    assert_ok(world, db_run_script(world->db, "UPDATE link SET sealed_key = (SELECT l.sealed_key FROM link l WHERE l.name = 'Boutique') WHERE name = 'Deux'", &world->err));
    assert_int_equal(link_connect(&world->environment, &other, NULL, NULL, &till, &world->err), ERR_DATA);
    err_clear(&world->err);
    world->seal_key.bytes[0] ^= 1;
    assert_int_equal(link_connect(&world->environment, &link, NULL, NULL, &till, &world->err), ERR_DATA);
}

/* ---- the test of a link ---- */

static void the_test_of_a_link_says_how_far_it_got(void **state)
{
    struct world *world = *state;
    struct link_options options = shop_options();
    struct link link = make_link(world, &options);
    struct link_report report;
    world->articles = 2300;
    world->categories = 20;

    world->unreachable = true;
    assert_refused(world, ERR_TILL, "", link_test(&world->environment, &link, &world->arena, &report, &world->err));
    assert_false(report.reachable || report.key_accepted);
    assert_str(report.profile_name, "tactill-v4");
    assert_false(report.profile_confirmed);
    world->unreachable = false;

    world->refuse_key = true;
    assert_refused(world, ERR_TILL, "refuses the API key", link_test(&world->environment, &link, &world->arena, &report, &world->err));
    assert_true(report.reachable);
    assert_false(report.key_accepted);
    world->refuse_key = false;

    world->html = true;
    assert_refused(world, ERR_TILL, "not the till", link_test(&world->environment, &link, &world->arena, &report, &world->err));
    assert_true(report.reachable);
    assert_false(report.key_accepted);
    world->html = false;

    assert_ok(world, link_test(&world->environment, &link, &world->arena, &report, &world->err));
    assert_true(report.reachable && report.key_accepted);
    assert_str(report.account.shop_name, "Boutique");
    assert_int_equal(report.articles, 2300);
    assert_int_equal(report.categories, 20);
    assert_false(report.has_sale);

    add_sale(world, 41, NOON - 100 * CIVIL_DAY);
    assert_ok(world, link_test(&world->environment, &link, &world->arena, &report, &world->err));
    assert_true(report.has_sale && report.sale_readable);
    assert_str(report.sale_number, "41");

    add_sale(world, 42, NOON - CIVIL_DAY);
    sale_by_id(world, 42)->state = "??";
    assert_ok(world, link_test(&world->environment, &link, &world->arena, &report, &world->err));
    assert_str(report.sale_number, "42");
    assert_true(report.has_sale);
    assert_false(report.sale_readable);
    assert_str(report.sale_fault, "state = ??");
    assert_int_equal(number_of(world, "SELECT COUNT(*) FROM sale WHERE company_id = $1 OR company_id <> $1"), 0);
}

/* A catalogue that comes page by page, each within its own time. */
static void the_test_of_a_link_ends_when_it_must(void **state)
{
    struct world *world = *state;
    struct link_options options = shop_options();
    struct link link = make_link(world, &options);
    struct link_report report;
    world->articles = 50000;
    world->answer_takes_ms = 7000;
    assert_ok(world, link_test(&world->environment, &link, &world->arena, &report, &world->err));

    int64_t begin_utc = world->now_utc;
    world->environment.test_ms = 60000;
    assert_refused(world, ERR_TILL, "ended after 60 s", link_test(&world->environment, &link, &world->arena, &report, &world->err));
    assert_true(report.reachable && report.key_accepted);
    assert_int_equal(report.articles, 0);
    assert_in_range(world->now_utc - begin_utc, 60 * CIVIL_SECOND, 67 * CIVIL_SECOND);
    assert_refused(world, ERR_TILL, "ended after 60 s", link_try(&world->environment, &options, STR(KEY), &world->arena, &report, &world->err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_come_back_as_they_went),
        cmocka_unit_test(bad_options_are_refused),
        cmocka_unit_test(a_profile_file_is_kept_whole),
        cmocka_unit_test(links_are_edited_listed_and_removed),
        cmocka_unit_test(cursors_begin_again_when_they_must),
        cmocka_unit_test(the_key_is_nowhere_to_be_seen),
        cmocka_unit_test(the_key_is_bound_to_its_link),
        cmocka_unit_test(the_test_of_a_link_says_how_far_it_got),
        cmocka_unit_test(the_test_of_a_link_ends_when_it_must),
    };
    return run_on_engines(tests, sizeof tests / sizeof *tests);
}
