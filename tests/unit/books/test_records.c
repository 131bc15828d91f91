/* test_records.c: companies, VAT codes, means, families, customers, users, articles, stock, and the journal, on both engines. */
#include "engines.h"

#include "base/mem.h"
#include "base/money.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* ---- companies ---- */

static void company_has_its_defaults(void **state)
{
    struct fixture *f = *state;
    static const struct {
        struct str code;
        int64_t rate_bp;
    } taxes[] = {{STR("20"), 2000}, {STR("10"), 1000}, {STR("5.5"), 550}, {STR("2.1"), 210}, {STR("0"), 0}};
    static const struct str means[] = {STR("cash"), STR("card"), STR("check"), STR("meal_voucher"),
                                       STR("transfer"), STR("gift_card"), STR("credit_note"), STR("customer_account")};
    struct tax *list;
    size_t count;
    int64_t id, other;

    assert_ok(f, tax_list(f->db, f->company_id, &f->arena, &list, &count, &f->err));
    assert_int_equal(count, COUNT_OF(taxes));
    for (size_t i = 0; i < count; i++) {
        assert_true(str_equal(list[i].code, taxes[i].code));
        assert_int_equal(list[i].rate_bp, taxes[i].rate_bp);
        assert_int_equal(tax_find_by_rate(f->db, f->company_id, taxes[i].rate_bp, &id, &f->err), 1);
        assert_int_equal(tax_find_by_code(f->db, f->company_id, taxes[i].code, &other, &f->err), 1);
        assert_int_equal(id, list[i].id);
        assert_int_equal(other, list[i].id);
    }
    assert_str(list[0].label, "TVA 20 %");
    assert_int_equal(tax_find_by_rate(f->db, f->company_id, 850, &id, &f->err), 0);
    for (size_t i = 0; i < COUNT_OF(means); i++)
        assert_int_equal(means_find_by_code(f->db, f->company_id, means[i], &id, &f->err), 1);
    assert_int_equal(query_number(f, "SELECT COUNT(*) FROM means WHERE company_id = $1", DB_INT(f->company_id)), COUNT_OF(means));
    assert_ok(f, customer_counter(f->db, f->company_id, &id, &f->err));
    assert_int_equal(customer_find_by_code(f->db, f->company_id, STR("COMPTOIR"), &other, &f->err), 1);
    assert_int_equal(id, other);
    assert_int_equal(query_number(f, "SELECT COUNT(*) FROM number_sequence WHERE company_id = $1 AND next_number = 1 AND digits = 6", DB_INT(f->company_id)), 3);
    assert_int_equal(query_number(f, "SELECT COUNT(*) FROM number_sequence WHERE kind = 'credit_note' AND prefix = 'AV'"), 1);
    assert_int_equal(query_number(f, "SELECT seq + 1 FROM journal_head WHERE company_id = $1", DB_INT(f->company_id)), 1);
}

static void company_is_opened_by_name_or_alone(void **state)
{
    struct fixture *f = *state;
    const int32_t day = civil_day(2025, 12, 31);
    struct company company = {0};
    int64_t second;

    assert_ok(f, company_open(f->db, &f->arena, STR_NULL, &company, &f->err));
    assert_int_equal(company.id, f->company_id);
    assert_str(company.name, "Épicerie Test");
    assert_str(company.siren, "732829320");
    assert_str(company.timezone, "Europe/Paris");
    assert_int_equal(company.cutoff_minutes, 0);
    assert_false(company.has_closed_until);
    assert_int_equal(zone_offset_at(company.zone, test_now_utc), 3600);
    company_release(&company);

    assert_ok(f, company_set_closed_until(f->db, f->company_id, &day, &f->err));
    assert_ok(f, company_set_cutoff(f->db, f->company_id, 300, &f->err));
    assert_ok(f, company_create(f->db, STR(" Autre "), STR(""), STR("Indian/Reunion"), test_now_utc, &second, &f->err));
    assert_ok(f, company_open(f->db, &f->arena, STR("Épicerie Test"), &company, &f->err));
    assert_true(company.has_closed_until);
    assert_int_equal(company.closed_until, day);
    assert_int_equal(company.cutoff_minutes, 300);
    company_release(&company);
    assert_ok(f, company_set_closed_until(f->db, f->company_id, NULL, &f->err));
    assert_ok(f, company_open(f->db, &f->arena, STR("Autre"), &company, &f->err));
    assert_int_equal(company.id, second);
    assert_null(company.siren.p);
    company_release(&company);
    assert_int_equal(query_number(f, "SELECT COUNT(*) FROM company WHERE closed_until IS NULL"), 2);

    /* Which one? The error names them. */
    assert_int_equal(company_open(f->db, &f->arena, STR_NULL, &company, &f->err), ERR_DATA);
    assert_string_equal(f->err.args[0], "Autre, Épicerie Test");
    err_clear(&f->err);
    assert_int_equal(company_open(f->db, &f->arena, STR("Nobody"), &company, &f->err), ERR_DATA);
    assert_string_equal(f->err.args[0], "Nobody");
    assert_string_equal(f->err.args[1], "Autre, Épicerie Test");
    assert_null(company.zone);
    err_clear(&f->err);
}

static void company_refusals(void **state)
{
    struct fixture *f = *state;
    static const struct str bad_sirens[] = {STR("732829321"), STR("12345678"), STR("7328293200"), STR("73282932A"), STR("-32829320"), STR("７32829320")};
    int64_t id = -1;

    assert_refused(f, ERR_DATA, company_create(f->db, STR("  "), STR_NULL, STR("Europe/Paris"), 0, &id, &f->err));
    assert_refused(f, ERR_DATA, company_create(f->db, STR_NULL, STR_NULL, STR("Europe/Paris"), 0, &id, &f->err));
    assert_refused(f, ERR_DATA, company_create(f->db, STR("Épicerie Test"), STR_NULL, STR("Europe/Paris"), 0, &id, &f->err));
    assert_refused(f, ERR_DATA, company_create(f->db, STR("B"), STR_NULL, STR("Europe/Atlantis"), 0, &id, &f->err));
    assert_refused(f, ERR_DATA, company_create(f->db, STR("B"), STR_NULL, STR_NULL, 0, &id, &f->err));
    for (size_t i = 0; i < COUNT_OF(bad_sirens); i++)
        assert_refused(f, ERR_DATA, company_create(f->db, STR("B"), bad_sirens[i], STR("Europe/Paris"), 0, &id, &f->err));
    assert_int_equal(id, -1);
    assert_refused(f, ERR_DATA, company_set_cutoff(f->db, f->company_id, 1440, &f->err));
    assert_refused(f, ERR_DATA, company_set_cutoff(f->db, f->company_id, -1, &f->err));
    assert_refused(f, ERR_NOT_FOUND, company_set_cutoff(f->db, 999, 60, &f->err));
    assert_refused(f, ERR_NOT_FOUND, company_set_closed_until(f->db, 999, NULL, &f->err));
    /* La Poste, written as people do. */
    assert_ok(f, company_create(f->db, STR("B"), STR("356 000 000"), STR("Europe/Paris"), 0, &id, &f->err));
    assert_int_equal(query_number(f, "SELECT COUNT(*) FROM company WHERE siren = '356000000'"), 1);
}

static void no_company_yet(void **state)
{
    struct fixture *f = *state;
    struct company company = {0};

    db_rehearsal_end(f->db);
    assert_refused(f, ERR_DATA, company_open(f->db, &f->arena, STR_NULL, &company, &f->err));
    assert_refused(f, ERR_DATA, company_open(f->db, &f->arena, STR("X"), &company, &f->err));
}

/* ---- small records ---- */

static void taxes_means_and_families(void **state)
{
    struct fixture *f = *state;
    int64_t id, other, found;

    assert_ok(f, tax_create(f->db, f->company_id, STR("8.5"), STR("TVA Réunion"), 850, &id, &f->err));
    assert_ok(f, tax_create(f->db, f->company_id, STR("8.5b"), STR(""), 850, &other, &f->err));
    assert_int_equal(tax_find_by_rate(f->db, f->company_id, 850, &found, &f->err), 1);
    assert_int_equal(found, id);
    assert_refused(f, ERR_DATA, tax_create(f->db, f->company_id, STR("8.5"), STR("again"), 850, &found, &f->err));
    assert_refused(f, ERR_DATA, tax_create(f->db, f->company_id, STR(" "), STR("x"), 850, &found, &f->err));
    assert_refused(f, ERR_DATA, tax_create(f->db, f->company_id, STR("neg"), STR("x"), -1, &found, &f->err));
    assert_refused(f, ERR_DATA, tax_create(f->db, f->company_id, STR("big"), STR("x"), 10001, &found, &f->err));
    assert_int_equal(tax_find_by_code(f->db, f->company_id, STR("big"), &found, &f->err), 0);

    assert_ok(f, means_create(f->db, f->company_id, STR("crypto"), STR("Jetons"), &id, &f->err));
    assert_int_equal(means_find_by_code(f->db, f->company_id, STR("crypto"), &found, &f->err), 1);
    assert_int_equal(found, id);
    assert_refused(f, ERR_DATA, means_create(f->db, f->company_id, STR("cash"), STR("x"), &found, &f->err));
    assert_refused(f, ERR_DATA, means_create(f->db, f->company_id, STR(""), STR("x"), &found, &f->err));
    assert_int_equal(means_find_by_code(f->db, f->company_id, STR("Cash"), &found, &f->err), 0);

    assert_ok(f, family_find_or_create(f->db, f->company_id, STR("Thés & cafés"), &id, &f->err));
    assert_ok(f, family_find_or_create(f->db, f->company_id, STR("thés & cafés"), &other, &f->err));
    assert_int_not_equal(id, other);
    assert_ok(f, family_find_or_create(f->db, f->company_id, STR("Thés & cafés"), &found, &f->err));
    assert_int_equal(found, id);
    assert_refused(f, ERR_DATA, family_find_or_create(f->db, f->company_id, STR(" "), &found, &f->err));
}

static void customers_are_cleaned_and_numbered(void **state)
{
    struct fixture *f = *state;
    const struct sale_customer named = {.id = STR("t1"), .last_name = STR("  Lefèvre "), .first_name = STR("Zoé"), .email = STR("   "), .town = STR("Nîmes")};
    const struct sale_customer empty = {0};
    int64_t first, second, third, found, by_hand;

    assert_ok(f, customer_create(f->db, f->company_id, STR("C000002"), &empty, &by_hand, &f->err));
    assert_ok(f, customer_create(f->db, f->company_id, STR_NULL, &named, &first, &f->err));
    assert_ok(f, customer_create(f->db, f->company_id, STR(" "), &empty, &second, &f->err));
    assert_ok(f, customer_create(f->db, f->company_id, STR(" VIP "), &empty, &third, &f->err));
    assert_int_equal(customer_find_by_code(f->db, f->company_id, STR("C000001"), &found, &f->err), 1);
    assert_int_equal(found, first);
    assert_int_equal(customer_find_by_code(f->db, f->company_id, STR("C000002"), &found, &f->err), 1);
    assert_int_equal(found, by_hand);
    assert_int_equal(customer_find_by_code(f->db, f->company_id, STR("C000003"), &found, &f->err), 1);
    assert_int_equal(found, second);
    assert_int_equal(customer_find_by_code(f->db, f->company_id, STR("VIP"), &found, &f->err), 1);
    assert_int_equal(found, third);
    assert_int_equal(customer_find_by_code(f->db, f->company_id, STR("vip"), &found, &f->err), 0);
    assert_refused(f, ERR_DATA, customer_create(f->db, f->company_id, STR("VIP"), &named, &found, &f->err));
    assert_int_equal(query_number(f, "SELECT COUNT(*) FROM customer WHERE last_name = 'Lefèvre' AND first_name = 'Zoé' AND email IS NULL AND town = 'Nîmes' AND is_counter = 0"), 1);
    assert_ok(f, customer_counter(f->db, f->company_id, &found, &f->err));
    assert_int_not_equal(found, first);
    assert_refused(f, ERR_DATA, customer_counter(f->db, 999, &found, &f->err));
}

static void users_are_checked(void **state)
{
    struct fixture *f = *state;
    struct buf first = {0}, second = {0};
    struct str role = STR_NULL;

    assert_ok(f, password_hash(STR("correct horse"), &first, &f->err));
    assert_ok(f, password_hash(STR("battery"), &second, &f->err));
    assert_ok(f, user_set(f->db, f->company_id, STR("marie"), STR("accountant"), buf_str(&first), test_now_utc, &f->err));
    assert_int_equal(user_check(f->db, f->company_id, &f->arena, STR("marie"), STR("correct horse"), &role, &f->err), 1);
    assert_str(role, "accountant");
    role = STR_NULL;
    assert_int_equal(user_check(f->db, f->company_id, &f->arena, STR("marie"), STR("correct  horse"), &role, &f->err), 0);
    assert_int_equal(user_check(f->db, f->company_id, &f->arena, STR("paul"), STR("correct horse"), &role, &f->err), 0);
    assert_int_equal(user_check(f->db, 999, &f->arena, STR("marie"), STR("correct horse"), &role, &f->err), 0);
    assert_null(role.p);
    /* Set again: the new password and role replace the old. */
    assert_ok(f, user_set(f->db, f->company_id, STR("marie"), STR("admin"), buf_str(&second), test_now_utc + 1, &f->err));
    assert_int_equal(user_check(f->db, f->company_id, &f->arena, STR("marie"), STR("correct horse"), &role, &f->err), 0);
    assert_int_equal(user_check(f->db, f->company_id, &f->arena, STR("marie"), STR("battery"), &role, &f->err), 1);
    assert_str(role, "admin");
    assert_refused(f, ERR_DATA, user_set(f->db, f->company_id, STR(" "), STR("admin"), buf_str(&first), 0, &f->err));
    assert_refused(f, ERR_DATA, user_set(f->db, f->company_id, STR("paul"), STR("root"), buf_str(&first), 0, &f->err));
    assert_refused(f, ERR_DATA, user_set(f->db, f->company_id, STR("paul"), STR("admin"), STR(""), 0, &f->err));
    buf_release(&first);
    buf_release(&second);
}

/* ---- articles ---- */

static struct article article_sample(struct fixture *f, struct str code)
{
    struct article article = {.code = code, .label = STR("Café moulu"), .unit = STR("kg"), .rate_bp = 550};

    assert_ok(f, db_reserve_ids(f->db, f->company_id, "article", 1, &article.id, &f->err));
    assert_int_equal(tax_find_by_code(f->db, f->company_id, STR("5.5"), &article.tax_id, &f->err), 1);
    return article;
}

static void assert_articles_equal(const struct article *a, const struct article *b)
{
    assert_int_equal(a->id, b->id);
    assert_true(str_equal(a->code, b->code));
    assert_true(str_equal(a->label, b->label));
    assert_true(str_equal(a->barcode, b->barcode));
    assert_int_equal(a->barcode.p == NULL, b->barcode.p == NULL);
    assert_true(str_equal(a->unit, b->unit));
    assert_int_equal(a->family_id, b->family_id);
    assert_int_equal(a->tax_id, b->tax_id);
    assert_int_equal(a->rate_bp, b->rate_bp);
    assert_int_equal(a->has_price, b->has_price);
    assert_int_equal(a->price_e4, b->price_e4);
    assert_int_equal(a->has_buy_price, b->has_buy_price);
    assert_int_equal(a->buy_price_e4, b->buy_price_e4);
    assert_int_equal(a->has_weight, b->has_weight);
    assert_int_equal(a->weight_milli, b->weight_milli);
    assert_int_equal(a->stock_managed, b->stock_managed);
    assert_int_equal(a->archived, b->archived);
}

static void article_comes_back_as_it_went(void **state)
{
    struct fixture *f = *state;
    struct article bare = article_sample(f, STR("CAFÉ 🍺/0042")), full = article_sample(f, STR("thé-1")), found;

    assert_ok(f, family_find_or_create(f->db, f->company_id, STR("Thés"), &full.family_id, &f->err));
    full.barcode = STR("3760123456789");
    full.has_price = full.has_buy_price = full.has_weight = full.stock_managed = full.archived = true;
    full.price_e4 = 10500;
    full.buy_price_e4 = 12345;
    full.weight_milli = 250;
    assert_ok(f, article_insert(f->db, f->company_id, &bare, test_now_utc, &f->err));
    assert_ok(f, article_insert(f->db, f->company_id, &full, test_now_utc, &f->err));

    assert_int_equal(article_find_by_code(f->db, f->company_id, &f->arena, bare.code, &found, &f->err), 1);
    assert_articles_equal(&found, &bare);
    assert_null(found.family.p);
    assert_str(found.tax_code, "5.5");
    assert_int_equal(query_number(f, "SELECT COUNT(*) FROM article WHERE price_e4 IS NULL AND net_price_e4 IS NULL AND family_id IS NULL"), 1);

    assert_int_equal(article_find_by_id(f->db, f->company_id, &f->arena, full.id, &found, &f->err), 1);
    assert_articles_equal(&found, &full);
    assert_str(found.family, "Thés");
    assert_int_equal(found.net_price_e4, 9953); /* 1.0500 / 1.055 = 0.99526… */

    assert_int_equal(article_find_by_code(f->db, f->company_id, &f->arena, STR("Thé-1"), &found, &f->err), 0);
    assert_int_equal(article_find_by_id(f->db, 999, &f->arena, full.id, &found, &f->err), 0);
}

static void article_update_replaces_every_field(void **state)
{
    struct fixture *f = *state;
    struct article article = article_sample(f, STR("A")), found;

    article.has_price = article.stock_managed = true;
    article.price_e4 = 120000;
    article.barcode = STR("123");
    assert_ok(f, article_insert(f->db, f->company_id, &article, test_now_utc, &f->err));
    assert_ok(f, stock_count_set(f->db, f->company_id, article.id, 7000, test_now_utc, &f->err));
    article = (struct article){.id = article.id, .code = STR("A2"), .label = STR("Autre"), .archived = true};
    assert_int_equal(tax_find_by_code(f->db, f->company_id, STR("20"), &article.tax_id, &f->err), 1);
    article.rate_bp = 2000;
    assert_ok(f, article_update(f->db, f->company_id, &article, test_now_utc + 5, &f->err));
    assert_int_equal(article_find_by_id(f->db, f->company_id, &f->arena, article.id, &found, &f->err), 1);
    article.unit = STR("");
    assert_articles_equal(&found, &article);
    assert_int_equal(query_number(f, "SELECT updated_utc FROM article WHERE article_id = $1", DB_INT(article.id)), test_now_utc + 5);
    assert_int_equal(query_number(f, "SELECT quantity_milli FROM stock_level WHERE article_id = $1", DB_INT(article.id)), 7000);
}

struct article_write {
    struct fixture *fixture;
    struct article article;
    int (*write)(struct db *db, int64_t company_id, const struct article *article, int64_t now_utc, struct err *err);
};

/* In a transaction of its own, so that a refusal of the engine leaves the test's transaction usable. */
static int write_article(struct db *db, void *context, struct err *err)
{
    struct article_write *write = context;

    return write->write(db, write->fixture->company_id, &write->article, test_now_utc, err);
}

static void article_refusals(void **state)
{
    struct fixture *f = *state;
    struct article_write write = {.fixture = f, .article = article_sample(f, STR("A")), .write = article_insert};
    struct article found;

    assert_ok(f, db_transact(f->db, write_article, &write, &f->err));
    write.article = article_sample(f, STR("A"));
    assert_refused(f, ERR_DATA, article_insert(f->db, f->company_id, &write.article, test_now_utc, &f->err));
    write.article.code = STR(" ");
    assert_refused(f, ERR_DATA, article_insert(f->db, f->company_id, &write.article, test_now_utc, &f->err));
    write.article.code = STR_NULL;
    assert_refused(f, ERR_DATA, article_insert(f->db, f->company_id, &write.article, test_now_utc, &f->err));
    write.article.code = STR("B");
    write.article.tax_id = 999;
    assert_refused(f, ERR_DATA, db_transact(f->db, write_article, &write, &f->err));
    write.article = article_sample(f, STR("B"));
    write.article.family_id = 999;
    assert_refused(f, ERR_DATA, db_transact(f->db, write_article, &write, &f->err));
    write.article.family_id = 0;
    assert_ok(f, db_transact(f->db, write_article, &write, &f->err));

    write.write = article_update;
    write.article.code = STR("A");
    assert_int_equal(db_transact(f->db, write_article, &write, &f->err), ERR_DATA);
    assert_string_equal(f->err.args[0], "A");
    err_clear(&f->err);
    write.article.code = STR("");
    assert_refused(f, ERR_DATA, article_update(f->db, f->company_id, &write.article, test_now_utc, &f->err));
    write.article.code = STR("C");
    write.article.id = 999;
    assert_refused(f, ERR_NOT_FOUND, article_update(f->db, f->company_id, &write.article, test_now_utc, &f->err));
    assert_int_equal(article_find_by_code(f->db, f->company_id, &f->arena, STR("C"), &found, &f->err), 0);
    assert_int_equal(query_number(f, "SELECT COUNT(*) FROM article"), 2);
}

static void net_price_is_rounded_half_up(void **state)
{
    static const int64_t rates_bp[] = {0, 210, 550, 1000, 2000, 10000};
    uint64_t random = UINT64_C(0x9E3779B97F4A7C15);

    (void)state;
    assert_int_equal(article_net_price_e4(120000, 2000), 100000);
    assert_int_equal(article_net_price_e4(10500, 550), 9953);
    assert_int_equal(article_net_price_e4(-10500, 550), -9953);
    assert_int_equal(article_net_price_e4(0, 2000), 0);
    assert_int_equal(article_net_price_e4(1, 10000), 1); /* half a ten-thousandth goes up */
    assert_int_equal(article_net_price_e4(MONEY_MAX, 0), MONEY_MAX);
    for (int i = 0; i < 10000; i++) {
        random ^= random << 13, random ^= random >> 7, random ^= random << 17;
        const int64_t price_e4 = (int64_t)(random % 100000000), rate_bp = rates_bp[i % (int)COUNT_OF(rates_bp)];
        const int64_t twice_error = 2 * (article_net_price_e4(price_e4, rate_bp) * (10000 + rate_bp) - price_e4 * 10000);

        /* Never further away than a half, and a half goes up. */
        assert_true(twice_error > -(10000 + rate_bp) && twice_error <= 10000 + rate_bp);
    }
}

struct walk {
    struct fixture *fixture;
    int64_t seen, stop_after;
    char last[32];
    bool archive;
};

static int walk_article(void *context, const struct article *article, struct err *err)
{
    struct walk *walk = context;

    assert_true(str_compare(article->code, str_from(walk->last)) > 0);
    snprintf(walk->last, sizeof walk->last, "%.*s", STR_ARG(article->code));
    if (++walk->seen == walk->stop_after)
        return err_set(err, ERR_CANCELLED, "enough");
    if (walk->archive) {
        /* The callback may look things up and write while the walk goes on. */
        struct article changed;
        assert_int_equal(article_find_by_id(walk->fixture->db, walk->fixture->company_id, &walk->fixture->arena, article->id, &changed, err), 1);
        changed.archived = true;
        return article_update(walk->fixture->db, walk->fixture->company_id, &changed, test_now_utc + 9, err);
    }
    return OK;
}

static int64_t walk_count(struct fixture *f, struct article_filter filter)
{
    struct walk walk = {.fixture = f};

    assert_ok(f, article_each(f->db, f->company_id, &filter, walk_article, &walk, &f->err));
    return walk.seen;
}

enum { CATALOGUE = 1203 }; /* two whole pages and a part */

/* Every 3rd is of the family, every 5th archived, every 7th stock-managed; the first 100 changed later. */
static void fill_catalogue(struct fixture *f)
{
    struct article article = article_sample(f, STR_NULL);
    int64_t family_id;

    assert_ok(f, family_find_or_create(f->db, f->company_id, STR("Thés"), &family_id, &f->err));
    assert_ok(f, db_reserve_ids(f->db, f->company_id, "article", CATALOGUE, &article.id, &f->err));
    for (int i = 0; i < CATALOGUE; i++, article.id++) {
        char code[32];

        /* Inserted in another order than that of the codes. */
        snprintf(code, sizeof code, "%c%04d", i % 2 ? 'x' : 'B', CATALOGUE - i);
        article.code = str_from(code);
        article.family_id = i % 3 == 0 ? family_id : 0;
        article.archived = i % 5 == 0;
        article.stock_managed = i % 7 == 0;
        assert_ok(f, article_insert(f->db, f->company_id, &article, test_now_utc + (i < 100 ? 1 : 0), &f->err));
    }
}

static void articles_are_walked_in_order_and_filtered(void **state)
{
    struct fixture *f = *state;
    const struct article_filter all = {.with_archived = true};
    struct walk walk = {.fixture = f, .stop_after = 700};
    int64_t family = 0, archived = 0, managed = 0, changed = 0, beginning_x = 0, several = 0;

    assert_int_equal(walk_count(f, all), 0);
    fill_catalogue(f);
    for (int i = 0; i < CATALOGUE; i++) {
        family += i % 3 == 0;
        archived += i % 5 == 0;
        managed += i % 7 == 0;
        changed += i < 100;
        beginning_x += i % 2;
        several += i % 3 == 0 && i % 5 != 0 && i % 7 == 0 && i < 100 && i % 2 == 0;
    }
    assert_int_equal(walk_count(f, all), CATALOGUE);
    assert_int_equal(walk_count(f, (struct article_filter){0}), CATALOGUE - archived);
    assert_int_equal(walk_count(f, (struct article_filter){.only_archived = true}), archived);
    assert_int_equal(walk_count(f, (struct article_filter){.with_archived = true, .family = STR("Thés")}), family);
    assert_int_equal(walk_count(f, (struct article_filter){.with_archived = true, .family = STR("thés")}), 0);
    assert_int_equal(walk_count(f, (struct article_filter){.with_archived = true, .only_stock_managed = true}), managed);
    assert_int_equal(walk_count(f, (struct article_filter){.with_archived = true, .has_changed_since = true, .changed_since_utc = test_now_utc + 1}), changed);
    assert_int_equal(walk_count(f, (struct article_filter){.with_archived = true, .code_pattern = STR("x*")}), beginning_x);
    assert_int_equal(walk_count(f, (struct article_filter){.with_archived = true, .code_pattern = STR("x%")}), 0);
    assert_int_equal(walk_count(f, (struct article_filter){.family = STR("Thés"), .only_stock_managed = true, .has_changed_since = true,
                                                           .changed_since_utc = test_now_utc + 1, .code_pattern = STR("B*")}), several);
    assert_refused(f, ERR_CANCELLED, article_each(f->db, f->company_id, &all, walk_article, &walk, &f->err));
    assert_int_equal(walk.seen, 700);
    walk = (struct walk){.fixture = f, .archive = true};
    assert_ok(f, article_each(f->db, f->company_id, &(struct article_filter){0}, walk_article, &walk, &f->err));
    assert_int_equal(walk.seen, CATALOGUE - archived);
    assert_int_equal(walk_count(f, (struct article_filter){0}), 0);
}

/* ---- stock ---- */

static void counts_become_moves(void **state)
{
    struct fixture *f = *state;
    struct article managed = article_sample(f, STR("M")), loose = article_sample(f, STR("L"));
    int64_t quantity_milli = -1;

    managed.stock_managed = true;
    assert_ok(f, article_insert(f->db, f->company_id, &managed, test_now_utc, &f->err));
    assert_ok(f, article_insert(f->db, f->company_id, &loose, test_now_utc, &f->err));
    assert_ok(f, stock_get(f->db, f->company_id, managed.id, &quantity_milli, &f->err));
    assert_int_equal(quantity_milli, 0);
    assert_ok(f, stock_count_set(f->db, f->company_id, managed.id, 12500, test_now_utc, &f->err));
    assert_ok(f, stock_count_set(f->db, f->company_id, managed.id, 12500, test_now_utc, &f->err));
    assert_ok(f, stock_count_set(f->db, f->company_id, managed.id, -2000, test_now_utc + 1, &f->err));
    assert_ok(f, stock_get(f->db, f->company_id, managed.id, &quantity_milli, &f->err));
    assert_int_equal(quantity_milli, -2000);
    assert_int_equal(query_number(f, "SELECT COUNT(*) FROM stock_move WHERE source = 'count'"), 2);
    assert_int_equal(query_number(f, "SELECT CAST(SUM(quantity_milli) AS BIGINT) FROM stock_move WHERE article_id = $1", DB_INT(managed.id)), -2000);
    assert_int_equal(query_number(f, "SELECT quantity_milli FROM stock_move WHERE at_utc = $1", DB_INT(test_now_utc + 1)), -14500);
    assert_refused(f, ERR_DATA, stock_count_set(f->db, f->company_id, loose.id, 1000, test_now_utc, &f->err));
    assert_refused(f, ERR_NOT_FOUND, stock_count_set(f->db, f->company_id, 999, 1000, test_now_utc, &f->err));
    assert_refused(f, ERR_DATA, stock_count_set(f->db, f->company_id, managed.id, INT64_MAX, test_now_utc, &f->err));
    assert_refused(f, ERR_DATA, stock_count_set(f->db, f->company_id, managed.id, INT64_MIN, test_now_utc, &f->err));
}

/* ---- journal ---- */

static void assert_verdict(struct fixture *f, int64_t records, int64_t bad_seq, const char *reason, const char *subject)
{
    struct journal_verdict verdict = {.bad_seq = -1};

    assert_ok(f, journal_verify(f->db, f->company_id, &f->arena, &verdict, &f->err));
    assert_int_equal(verdict.bad_seq, bad_seq);
    assert_int_equal(verdict.records, records);
    assert_int_equal(verdict.reason == NULL, reason == NULL);
    if (reason)
        assert_non_null(strstr(verdict.reason, reason));
    assert_int_equal(verdict.subject.p == NULL, subject == NULL);
    if (subject)
        assert_true(str_equal(verdict.subject, str_from(subject)));
}

/* `count` sales with the subjects S-1, S-2 … in one batch. */
static void append_sales(struct fixture *f, int count)
{
    struct journal_entry *entries = arena_array(&f->arena, (size_t)count, sizeof *entries);
    int64_t first_seq;

    assert_non_null(entries);
    for (int i = 0; i < count; i++) {
        entries[i] = (struct journal_entry){.kind = "sale", .link_id = 1, .subject = arena_format(&f->arena, "S-%d", i + 1), .at_utc = test_now_utc, .run_id = 1,
                                            .body = arena_format(&f->arena, "{\"id\":\"S-%d\",\"total\":%d}", i + 1, 100 + i), .has_body = true};
    }
    assert_ok(f, journal_append(f->db, f->company_id, entries, (size_t)count, &first_seq, &f->err));
    assert_int_equal(first_seq, 1);
}

static void open_the_lock(struct fixture *f)
{
    static const char sqlite[] = "DROP TRIGGER journal_update; DROP TRIGGER journal_delete; DROP TRIGGER document_update; DROP TRIGGER document_delete";
    static const char postgresql[] = "DROP TRIGGER journal_frozen ON journal; DROP TRIGGER document_frozen ON document";

    assert_ok(f, db_run_script(f->db, db_engine(f->db) == DB_SQLITE ? sqlite : postgresql, &f->err));
}

static void tamper(struct fixture *f, const char *script)
{
    assert_ok(f, db_run_script(f->db, script, &f->err));
}

static void journal_keeps_bytes_and_chains_them(void **state)
{
    struct fixture *f = *state;
    char every_byte[256];
    struct journal_entry entries[] = {
        {.kind = "sale", .link_id = 1, .subject = STR("T-1"), .at_utc = 1, .run_id = 1, .body = STR("{\"total\":7.10}"), .has_body = true},
        {.kind = "sale", .link_id = 1, .subject = STR("T-é"), .at_utc = 2, .run_id = 1, .has_body = true},
        {.kind = "sale", .link_id = 2, .subject = STR("T-3"), .at_utc = 3, .run_id = 2, .body = {every_byte, sizeof every_byte}, .has_body = true},
    };
    /* Computed apart, with Python's hashlib, from the rule in journal_int.h; the company is number 2. */
    static const char expected_hex[] = "7c35e5aa9ccfb50ccebdddcec32af7974efec64ae0cfd9fa036e3b0ccfeb5e25";
    unsigned char expected[SHA256_SIZE];
    struct str body;
    int64_t first_seq;

    for (int i = 0; i < 256; i++)
        every_byte[i] = (char)i;
    assert_verdict(f, 0, 0, NULL, NULL);
    assert_ok(f, journal_append(f->db, f->company_id, entries, 2, &first_seq, &f->err));
    assert_int_equal(first_seq, 1);
    assert_ok(f, journal_append(f->db, f->company_id, entries + 2, 0, &first_seq, &f->err));
    assert_int_equal(first_seq, 3);
    assert_ok(f, journal_append(f->db, f->company_id, entries + 2, 1, &first_seq, &f->err));
    assert_int_equal(first_seq, 3);
    assert_true(hex_parse(str_from(expected_hex), expected, SHA256_SIZE));
    assert_int_equal(query_number(f, "SELECT COUNT(*) FROM journal_head WHERE company_id = $1 AND seq = 3 AND chain = $2", DB_INT(f->company_id),
                                  DB_BLOB(((struct str){(char *)expected, SHA256_SIZE}))), 1);
    assert_int_equal(query_number(f, "SELECT COUNT(*) FROM journal WHERE seq = 3 AND chain = $1", DB_BLOB(((struct str){(char *)expected, SHA256_SIZE}))), 1);

    assert_int_equal(journal_body(f->db, f->company_id, 3, &f->arena, &body, &f->err), 1);
    assert_int_equal(body.n, sizeof every_byte);
    assert_memory_equal(body.p, every_byte, sizeof every_byte);
    assert_int_equal(journal_body(f->db, f->company_id, 2, &f->arena, &body, &f->err), 1);
    assert_non_null(body.p);
    assert_int_equal(body.n, 0);
    assert_int_equal(journal_body(f->db, f->company_id, 4, &f->arena, &body, &f->err), 0);
    assert_verdict(f, 3, 0, NULL, NULL);
}

static int run_script_body(struct db *db, void *context, struct err *err)
{
    return db_run_script(db, context, err);
}

static void database_refuses_to_change_the_journal(void **state)
{
    struct fixture *f = *state;

    char update[] = "UPDATE journal SET at_utc = 0 WHERE seq = 1", deletion[] = "DELETE FROM journal WHERE seq = 2";

    append_sales(f, 2);
    assert_refused(f, ERR_DATA, db_transact(f->db, run_script_body, update, &f->err));
    assert_refused(f, ERR_DATA, db_transact(f->db, run_script_body, deletion, &f->err));
    assert_verdict(f, 2, 0, NULL, NULL);
}

/* Each case on 1 203 records, in the third page, and undone before the next. */
static void tampering_is_found_at_the_first_bad_record(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *script;
        int64_t bad_seq;
        const char *reason, *subject;
    } cases[] = {
        {"UPDATE journal SET body = (SELECT body FROM journal WHERE seq = 7) WHERE seq = 1100", 1100, "bytes", "S-1100"},
        {"UPDATE journal SET body = NULL WHERE seq = 1100", 1100, "bytes", "S-1100"},
        {"UPDATE journal SET body = (SELECT body FROM journal WHERE seq = 7), sha256 = (SELECT sha256 FROM journal WHERE seq = 7) WHERE seq = 1100", 1100, "follow", "S-1100"},
        {"UPDATE journal SET subject = 'S-other' WHERE seq = 1001", 1001, "follow", "S-other"},
        {"UPDATE journal SET kind = 'document' WHERE seq = 1", 1, "follow", "S-1"},
        {"UPDATE journal SET seq = 9999 WHERE seq = 1100; UPDATE journal SET seq = 1100 WHERE seq = 1101; UPDATE journal SET seq = 1101 WHERE seq = 9999",
         1100, "follow", "S-1101"},
        {"DELETE FROM journal WHERE seq = 500", 500, "follow", NULL},
        {"DELETE FROM journal WHERE seq > 1150", 1151, "cut", NULL},
        {"DELETE FROM journal WHERE seq > 1000", 1001, "cut", NULL},
        {"DELETE FROM journal", 1, "cut", NULL},
        {"DELETE FROM journal_head", 1204, "cut", NULL},
        {"UPDATE journal_head SET seq = 1202, chain = (SELECT chain FROM journal WHERE seq = 1202)", 1203, "follow", NULL},
        {"UPDATE journal_head SET chain = (SELECT chain FROM journal WHERE seq = 5)", 1203, "follow", NULL},
        {"UPDATE journal SET seq = 0 WHERE seq = 1203; UPDATE journal_head SET seq = 1202, chain = (SELECT chain FROM journal WHERE seq = 1202)", 1, "follow", "S-1203"},
    };

    append_sales(f, 1203);
    open_the_lock(f);
    assert_verdict(f, 1203, 0, NULL, NULL);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const int64_t good = cases[i].bad_seq > 1203 ? 1203 : cases[i].bad_seq - 1;

        tamper(f, "SAVEPOINT before_tampering");
        tamper(f, cases[i].script);
        /* All before it are counted; where only the head lies, the records themselves are all good. */
        assert_verdict(f, strstr(cases[i].script, "SET chain =") == NULL ? good : 1203, cases[i].bad_seq, cases[i].reason, cases[i].subject);
        tamper(f, "ROLLBACK TO SAVEPOINT before_tampering; RELEASE SAVEPOINT before_tampering");
    }
    assert_verdict(f, 1203, 0, NULL, NULL);
}

static void other_companies_do_not_matter(void **state)
{
    struct fixture *f = *state;
    const int64_t first_company = f->company_id;

    append_sales(f, 3);
    assert_ok(f, company_create(f->db, STR("B"), STR_NULL, STR("Europe/Paris"), test_now_utc, &f->company_id, &f->err));
    append_sales(f, 2);
    open_the_lock(f);
    tamper(f, "UPDATE journal SET subject = 'x' WHERE seq = 3");
    assert_verdict(f, 2, 0, NULL, NULL);
    f->company_id = first_company;
    assert_verdict(f, 2, 3, "follow", "x");
    assert_refused(f, ERR_NOT_FOUND, journal_verify(f->db, 999, &f->arena, &(struct journal_verdict){0}, &f->err));
    assert_refused(f, ERR_DATA, journal_append(f->db, 999, NULL, 0, &(int64_t){0}, &f->err));
}

static void documents_are_verified_from_their_rows(void **state)
{
    struct fixture *f = *state;
    struct journal_entry entry = {.kind = "document", .subject = STR("1"), .at_utc = test_now_utc};
    int64_t customer_id, first_seq;

    assert_ok(f, customer_counter(f->db, f->company_id, &customer_id, &f->err));
    assert_ok(f, db_exec(f->db, "INSERT INTO document (company_id, document_id, kind, state, number, day, at_utc, customer_id, total_cents, tax_cents, validated_utc)"
                                " VALUES ($1, 1, 'invoice', 'validated', 'FA000001', 20000, 5, $2, 1200, 200, 6)",
                         &f->err, DB_INT(f->company_id), DB_INT(customer_id)));
    assert_ok(f, document_sha256(f->db, f->company_id, 1, entry.sha256, &f->err));
    assert_ok(f, journal_append(f->db, f->company_id, &entry, 1, &first_seq, &f->err));
    assert_verdict(f, 1, 0, NULL, NULL);
    assert_int_equal(journal_body(f->db, f->company_id, 1, &f->arena, &(struct str){0}, &f->err), 0);
    open_the_lock(f);
    tamper(f, "UPDATE document SET total_cents = 1199");
    assert_verdict(f, 0, 1, "changed since", "1");
    tamper(f, "DELETE FROM document");
    assert_verdict(f, 0, 1, "missing", "1");
}

struct steps { int count; int64_t done[8], total; int ends_after; };

static int note_step(void *context, int64_t done, int64_t total, struct err *err)
{
    struct steps *steps = context;

    assert_in_range(steps->count, 0, 7);
    steps->done[steps->count++] = done;
    steps->total = total;
    return steps->count == steps->ends_after ? err_set(err, ERR_CANCELLED, N_("interrupted: nothing was written")) : OK;
}

static void a_walk_is_told_as_it_goes_and_can_be_ended(void **state)
{
    struct fixture *f = *state;
    struct journal_verdict verdict = {.bad_seq = -1};
    struct steps steps = {0}, ended = {.ends_after = 2};

    append_sales(f, 1203);
    assert_ok(f, journal_verify_watched(f->db, f->company_id, &(struct journal_watch){note_step, &steps}, &f->arena, &verdict, &f->err));
    assert_int_equal(verdict.bad_seq, 0);
    assert_int_equal(steps.count, 3);
    assert_int_equal(steps.done[0], 500);
    assert_int_equal(steps.done[1], 1000);
    assert_int_equal(steps.done[2], 1203);
    assert_int_equal(steps.total, 1203);
    assert_refused(f, ERR_CANCELLED, journal_verify_watched(f->db, f->company_id, &(struct journal_watch){note_step, &ended}, &f->arena, &verdict, &f->err));
    assert_int_equal(ended.count, 2);
}

/* ---- memory ---- */

struct reads {
    struct company company;
    struct tax *taxes;
    size_t tax_count;
    struct article article;
    struct str body;
    struct journal_verdict verdict;
    struct walk walk;
};

static int read_everything(struct fixture *f, struct arena *arena, struct reads *reads)
{
    int code;

    if ((code = company_open(f->db, arena, STR_NULL, &reads->company, &f->err)) < 0 ||
        (code = tax_list(f->db, f->company_id, arena, &reads->taxes, &reads->tax_count, &f->err)) < 0 ||
        (code = article_find_by_code(f->db, f->company_id, arena, STR("A"), &reads->article, &f->err)) < 0 ||
        (code = article_each(f->db, f->company_id, &(struct article_filter){0}, walk_article, &reads->walk, &f->err)) < 0 ||
        (code = journal_body(f->db, f->company_id, 1, arena, &reads->body, &f->err)) < 0)
        return code;
    return journal_verify(f->db, f->company_id, arena, &reads->verdict, &f->err);
}

/* Whichever allocation fails, the reading says so, and the next one is right. */
static void exhausted_memory_is_an_error(void **state)
{
    struct fixture *f = *state;
    struct article article = article_sample(f, STR("A"));
    int code = ERR_INTERNAL;

    assert_ok(f, article_insert(f->db, f->company_id, &article, test_now_utc, &f->err));
    append_sales(f, 3);
    for (int64_t nth = 1; code < 0; nth++) {
        ARENA_AUTO arena = {0};
        struct reads reads = {.walk = {.fixture = f}};

        assert_true(nth < 1000);
        mem_fail_at(nth, 0);
        code = read_everything(f, &arena, &reads);
        mem_fail_at(0, 0);
        if (code < 0) {
            assert_int_equal(code, ERR_INTERNAL);
            assert_int_equal(f->err.code, ERR_INTERNAL);
            err_clear(&f->err);
        } else {
            assert_true(nth > 5);
            assert_int_equal(reads.tax_count, 5);
            assert_articles_equal(&reads.article, &article);
            assert_int_equal(reads.walk.seen, 1);
            assert_str(reads.body, "{\"id\":\"S-1\",\"total\":100}");
            assert_int_equal(reads.verdict.records, 3);
        }
        company_release(&reads.company);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        engine_test(company_has_its_defaults),
        engine_test(company_is_opened_by_name_or_alone),
        engine_test(company_refusals),
        engine_test(no_company_yet),
        engine_test(taxes_means_and_families),
        engine_test(customers_are_cleaned_and_numbered),
        engine_test(users_are_checked),
        engine_test(article_comes_back_as_it_went),
        engine_test(article_update_replaces_every_field),
        engine_test(article_refusals),
        engine_test(net_price_is_rounded_half_up),
        engine_test(articles_are_walked_in_order_and_filtered),
        engine_test(counts_become_moves),
        engine_test(journal_keeps_bytes_and_chains_them),
        engine_test(database_refuses_to_change_the_journal),
        engine_test(tampering_is_found_at_the_first_bad_record), engine_test(a_walk_is_told_as_it_goes_and_can_be_ended),
        engine_test(other_companies_do_not_matter),
        engine_test(documents_are_verified_from_their_rows),
        engine_test(exhausted_memory_is_an_error),
    };

    return run_on_engines(tests);
}
