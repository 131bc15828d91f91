/* test_feed.c: sales that a program hands over: all or none, known by their identity, compared with what came before; what one press of a button can do about each anomaly; and every value
 * that can be edited, which given back changes nothing. */
#include "grid_shop.h"

#include "base/json.h"

static struct grid_feed_sale fed_of(const struct sale *sale)
{
    return (struct grid_feed_sale){.sale = *sale, .has_day = true, .day = TODAY};
}

static int feed(struct grid_shop *shop, const struct grid_feed_sale *sales, size_t count, struct grid_feed_result *results, size_t *ret_bad)
{
    struct grid_session *session = NULL;
    struct fixture *f = shop->f;

    assert_ok(f, grid_session_new(&session, f->db, &shop->company, &grid_default_rules, test_now_utc, 0, &f->err));
    int rc = grid_feed(session, sales, count, &f->arena, results, ret_bad, &f->err);
    grid_session_free(session);
    return rc;
}

static enum grid_fed feed_one(struct grid_shop *shop, const struct grid_feed_sale *fed)
{
    struct grid_feed_result result = {0};
    size_t bad;

    assert_ok(shop->f, feed(shop, fed, 1, &result, &bad));
    return result.outcome;
}

static struct grid_validation validate_files(struct grid_shop *shop)
{
    shop->rules = grid_default_rules;
    return validate(shop);
}

static void told_again_changes_nothing(void **state)
{
    struct grid_shop shop;
    shop_open(&shop, *state);
    struct grid_feed_sale fed = fed_of(sale_simple(&shop, 1, 1200));
    struct grid_feed_result result = {0};
    size_t bad;

    fed.sale.payments[0].id = STR_NULL;
    assert_int_equal(feed_one(&shop, &fed), GRID_FED_STAGED);
    assert_int_equal(feed_one(&shop, &fed), GRID_FED_ALREADY);
    assert_int_equal(count_of(&shop, "grid_sale WHERE link_id = 0"), 1);
    assert_str(grid_content_of(&shop, STR("t-1")).sale.payments[0].id, "t-1#1");

    /* With another figure it takes the place of what stands there; an edit of a person stays when the same is told again. */
    fed.sale.lines[0].total_cents = fed.sale.total_cents = fed.sale.payments[0].amount_cents = 1300;
    assert_int_equal(feed_one(&shop, &fed), GRID_FED_REPLACED);
    assert_int_equal(sum_of(&shop, "total_cents", "grid_sale WHERE link_id = 0"), 1300);
    edit(&shop, STR("t-1"), "line.1.label", "Vin de table");
    assert_int_equal(feed_one(&shop, &fed), GRID_FED_ALREADY);
    assert_str(grid_content_of(&shop, STR("t-1")).sale.lines[0].label, "Vin de table");

    /* As a document it is known still; another content of it is refused. */
    assert_int_equal(validate_files(&shop).documents, 1);
    assert_ok(shop.f, feed(&shop, &fed, 1, &result, &bad));
    assert_int_equal(result.outcome, GRID_FED_DOCUMENT);
    assert_str(result.document, "1");
    fed.sale.total_cents = 1400;
    assert_refused(shop.f, ERR_DATA, feed(&shop, &fed, 1, &result, &bad));
    assert_int_equal(bad, 0);
    assert_int_equal(count_of(&shop, "document WHERE link_id = 0"), 1);
    assert_int_equal(count_of(&shop, "grid_sale WHERE link_id = 0"), 0);
    shop_close(&shop);
}

static void all_or_none(void **state)
{
    struct grid_shop shop;
    shop_open(&shop, *state);
    struct grid_feed_sale fed[3] = {fed_of(sale_simple(&shop, 1, 1200)), fed_of(sale_simple(&shop, 2, 1300)), fed_of(sale_simple(&shop, 3, 1400))};
    struct grid_feed_result results[3];
    size_t bad = 9;

    fed[1].link = STR("none such");
    assert_refused(shop.f, ERR_DATA, feed(&shop, fed, 3, results, &bad));
    assert_int_equal(bad, 1);
    assert_int_equal(count_of(&shop, "grid_sale WHERE link_id >= 0"), 0);
    assert_int_equal(count_of(&shop, "sale WHERE link_id >= 0"), 0);
    fed[1].link = STR("caisse; 1");
    assert_ok(shop.f, feed(&shop, fed, 3, results, &bad));
    assert_int_equal(count_of(&shop, "grid_sale WHERE link_id = 0"), 2);
    assert_int_equal(count_of(&shop, "grid_sale WHERE link_id = 1"), 1);
    assert_int_equal(results[1].grid_sale_id, grid_id(&shop, STR("t-2")));
    /* The same identity from another till is another sale. */
    fed[0].link = STR("caisse; 1");
    assert_int_equal(feed_one(&shop, &fed[0]), GRID_FED_STAGED);
    assert_int_equal(count_of(&shop, "grid_sale WHERE till_sale_id = 't-1'"), 2);
    shop_close(&shop);
}

static void what_was_purged_comes_back(void **state)
{
    struct grid_shop shop;
    shop_open(&shop, *state);
    struct grid_feed_sale fed = fed_of(sale_simple(&shop, 1, 1200));
    BUF_AUTO name = {0};
    int64_t purged = 0;

    assert_int_equal(feed_one(&shop, &fed), GRID_FED_STAGED);
    buf_printf(&name, "grid:%lld", (long long)grid_id(&shop, STR("t-1"))); /* its place in the grid names it too */
    struct str names[] = {buf_str(&name)};
    assert_ok(shop.f, grid_purge(shop.f->db, shop.f->company_id, 0, names, 1, &purged, &shop.f->err));
    assert_int_equal(purged, 1);
    assert_refused(shop.f, ERR_NOT_FOUND, grid_purge(shop.f->db, shop.f->company_id, 0, names, 1, &purged, &shop.f->err));
    assert_int_equal(feed_one(&shop, &fed), GRID_FED_STAGED);
    shop_close(&shop);
}

/* ---- cures ---- */

struct found_action { const char *code; struct anomaly_action action; bool found; struct grid_shop *shop; };

static int take_action(void *context, const struct anomaly_group *group, struct err *err)
{
    struct found_action *found = context;
    struct fixture *f = found->shop->f;

    if (strcmp(group->kind->code, found->code) != 0)
        return OK;
    found->found = true;
    struct anomaly_group kept = *group;
    for (int i = 0; i < group->arg_count; i++)
        kept.args[i] = arena_copy(&f->arena, group->args[i]);
    return anomaly_group_action(f->db, f->company_id, &kept, &f->arena, &found->action, err);
}

static struct anomaly_action action_of(struct grid_shop *shop, const char *code)
{
    struct found_action found = {.code = code, .shop = shop};

    assert_ok(shop->f, anomaly_groups(shop->f->db, shop->f->company_id, 0, take_action, &found, &shop->f->err));
    assert_true(found.found);
    return found.action;
}

static void each_cause_names_its_cure(void **state)
{
    struct grid_shop shop;
    shop_open(&shop, *state);
    struct sale *unmapped = sale_new(&shop, 1), *means = sale_new(&shop, 2), *unknown = sale_new(&shop, 3), *nameless = sale_new(&shop, 4), *wrong = sale_simple(&shop, 5, 500);

    sale_line(unmapped, "VIN", 1000, 100, 850);
    sale_pay(&shop, unmapped, "cash", 100);
    sale_line(means, "VIN", 1000, 200, 2000);
    sale_pay(&shop, means, "edenred", 200);
    sale_line(unknown, "THE", 1000, 300, 2000)->label = STR("Thé vert");
    sale_pay(&shop, unknown, "cash", 300);
    struct sale_line *line = sale_line(nameless, NULL, 1000, 400, 2000);
    line->reference = STR_NULL;
    line->article_id = STR("till-7");
    line->declination_id = STR("red");
    line->label = STR("Vrac");
    sale_pay(&shop, nameless, "cash", 400);
    wrong->total_cents = 700;
    const struct sale *sales[] = {unmapped, means, unknown, nameless, wrong};
    for (size_t i = 0; i < 5; i++)
        bring_in(&shop, sales[i]);

    struct anomaly_action action = action_of(&shop, "unmapped_tax");
    assert_true(action.cure == CURE_MAP_TAX && action.rate_bp == 850 && action.link_id == LINK);
    action = action_of(&shop, "unmapped_means");
    assert_int_equal(action.cure, CURE_MAP_MEANS);
    assert_str(action.till_type, "edenred");
    action = action_of(&shop, "unknown_article");
    assert_int_equal(action.cure, CURE_CREATE_ARTICLE);
    assert_str(action.code, "THE");
    assert_str(action.label, "Thé vert");
    action = action_of(&shop, "no_reference");
    assert_int_equal(action.cure, CURE_SET_REFERENCE);
    assert_str(action.till_article, "till-7");
    assert_str(action.declination, "red");
    assert_str(action.name, "Vrac");
    action = action_of(&shop, "lines_total");
    assert_true(action.cure == CURE_EDIT && action.grid_sale_id == grid_id(&shop, STR("t-5")));

    /* The cure does it: bound with its declination, the line is known. */
    assert_ok(shop.f, grid_bind_article(shop.f->db, shop.f->company_id, LINK, STR("till-7"), STR("red"), STR("VIN"), &shop.f->err));
    validate(&shop);
    assert_int_equal(has_anomaly(&shop, STR("t-4"), "no_reference"), 0);
    assert_str(register_state(&shop, STR("t-4")), "document");

    /* The same rate at another till: no single link. */
    shop.rules = grid_default_rules;
    shop_session(&shop);
    struct grid_feed_sale fed = fed_of(unmapped);
    assert_int_equal(feed_one(&shop, &fed), GRID_FED_STAGED);
    assert_int_equal(action_of(&shop, "unmapped_tax").link_id, -1);
    shop_close(&shop);
}

static void every_anomaly_of_a_sale_has_a_cure_here(void **state)
{
    (void)state;
    for (size_t i = 0; i < ANOMALY_COUNT; i++)
        if (anomaly_catalogue[i].blocking)
            assert_int_not_equal(anomaly_catalogue[i].action, CURE_NONE);
}

/* ---- values to edit ---- */

static void every_value_given_back_changes_nothing(void **state)
{
    struct grid_shop shop;
    shop_open(&shop, *state);
    struct sale *sale = sale_new(&shop, 1);
    BUF_AUTO before = {0};
    BUF_AUTO after = {0};
    struct json *parsed = NULL;
    size_t given = 0;

    sale_line(sale, "VIN", 2500, 1234, 2000)->unit_price_e4 = 49361;
    sale_line(sale, "PAIN", -1000, -55, 550)->discount_cents = 5;
    sale_pay(&shop, sale, "cash", 1500);
    sale_pay(&shop, sale, "cash", -321);
    sale->taxes[sale->tax_count++] = (struct sale_tax){.rate_bp = 550, .tax_cents = -3};
    sale->has_customer = true;
    sale->customer.last_name = STR("L’Hôte");
    bring_in(&shop, sale);
    struct grid_content content = grid_content_of(&shop, STR("t-1"));
    grid_content_put_json(&(struct json_out){.buf = &before}, &content, STR("caisse"));
    assert_ok(shop.f, json_parse(&shop.f->arena, buf_str(&before), &parsed, &shop.f->err));
    for (const struct json *item = json_get(parsed, STR("editable"))->first; item; item = item->next) {
        struct str field = json_text(json_get(item, STR("field"))), value = json_text(json_get(item, STR("value")));
        /* A day given back moves the sale to the beginning of its day, and a reference says that the till's identity no longer counts. */
        if (!value.p || str_equal(field, STR("date")))
            continue;
        assert_ok(shop.f, grid_edit(shop.f->db, &shop.company, content.row.id, field, value, &shop.f->err));
        given++;
    }
    assert_true(given >= 24);
    content = grid_content_of(&shop, STR("t-1"));
    content.row.edited = false;
    content.anomaly_count = 0;
    grid_content_put_json(&(struct json_out){.buf = &after}, &content, STR("caisse"));
    const char *anomalies = strstr(before.p, "\"anomalies\"");
    assert_non_null(anomalies);
    assert_non_null(strstr(after.p, "\"anomalies\":[]"));
    const char *lines = strstr(before.p, "\"lines\""), *lines_after = strstr(after.p, "\"lines\"");
    assert_int_equal(strncmp(lines, lines_after, (size_t)(anomalies - lines)), 0);
    assert_string_equal(strstr(before.p, "\"editable\""), strstr(after.p, "\"editable\""));
    shop_close(&shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        engine_test(told_again_changes_nothing),
        engine_test(all_or_none),
        engine_test(what_was_purged_comes_back),
        engine_test(each_cause_names_its_cure),
        engine_test(every_anomaly_of_a_sale_has_a_cure_here),
        engine_test(every_value_given_back_changes_nothing),
    };

    return run_on_engines(tests);
}
