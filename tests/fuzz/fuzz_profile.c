/* fuzz_profile.c: the text of a sales profile. One that is accepted asks for an address that may be asked for, reads a sale without harm, and means the
 * same when it is parsed again; one that is refused leaves the output alone. */
#include "base/json.h"
#include "fuzz_sale.h"
#include "till/till_int.h"

/* A record that answers to the names of both profiles of the till_sales target. */
static const char record_text[] =
    "{\"_id\":\"5f0c6a7e\",\"uid\":\"T1\",\"number\":7,\"state\":\"paid\",\"status\":{\"code\":\"CLOSED\"},\"closed_at\":\"2026-01-30T10:00:00.123Z\","
    "\"times\":{\"closed\":\"2026-01-30T10:00:00Z\"},\"total\":7.1,\"amounts\":{\"gross\":710,\"change\":290},\"kind\":\"credit\",\"updated_at\":\"x\","
    "\"customer\":{\"_id\":\"c\",\"email\":\"a@b.fr\"},\"lines\":[{\"name\":\"Café\",\"quantity\":2,\"unit_price\":3.55,\"total\":7.1,\"tax_rate\":10,"
    "\"options\":[{\"name\":\"lait\",\"price\":0.5}]}],\"items\":[{\"title\":\"Café\",\"qty\":2000,\"price\":355,\"gross\":710,\"vat_bp\":1000}],"
    "\"taxes\":[{\"rate\":10,\"amount\":0.65}],\"payments\":[{\"_id\":\"p\",\"type\":\"cash\",\"amount\":7.1}],"
    "\"tenders\":[{\"kind\":\"CASH\",\"value\":1000}]}";

static bool is_path(struct str path)
{
    bool step = false;

    for (size_t i = 0; i < path.n; i++) {
        if (path.p[i] == '.' && !step)
            return false;
        step = path.p[i] != '.';
        if (path.p[i] <= ' ' || path.p[i] > '~')
            return false;
    }
    return step;
}

static void law_of_required(const struct sales_profile *profile)
{
    const struct str paths[] = {profile->closed_field, profile->id, profile->state, profile->closed_at, profile->total, profile->lines, profile->line_label,
                                profile->line_quantity, profile->line_unit_price, profile->line_total, profile->payments, profile->payment_type, profile->payment_amount};

    LAW(profile->name.n > 0 && profile->paid.count > 0 && profile->ignored.count <= PROFILE_IGNORED_MAX);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        LAW(is_path(paths[i]));
    LAW(profile->change != CHANGE_FIELD || (is_path(profile->change_amount) && profile->change_type.n > 0));
    LAW(profile->refund != REFUND_CREDIT_NOTE || (is_path(profile->refund_kind) && profile->refund_kinds.count > 0));
}

/* The address that is made of it: no blank, no control character, no second query, and the host stays the link's. */
static void law_of_request(const struct sales_profile *profile, struct arena *arena)
{
    static const struct till_account account = {.node_id = {"n&1", 3}, .company_id = {"c 2", 3}, .shop_id = {"s#3", 3}};

    for (int by_change = 0; by_change < 2; by_change++) {
        BUF_AUTO url = {0};
        struct till_list list;
        struct err err = {0};

        if (!sales_profile_list(profile, &account, arena, by_change, 0, CIVIL_DAY, 100, &list)) {
            LAW(by_change && profile->change_field.n == 0);
            continue;
        }
        buf_append_z(&url, "https://till.example");
        till_append_list_query(&url, &list, 200);
        LAW(!buf_failed(&url) && http_url_check(buf_str(&url), &err) == OK);
        LAW(url.n > 21 && url.p[20] == '/');
        const char *query = strchr(url.p, '?');
        LAW(query != NULL && strchr(query + 1, '?') == NULL && strchr(url.p, '#') == NULL);
        for (size_t i = 0; i < url.n; i++)
            LAW(url.p[i] > ' ' && url.p[i] < 0x7F);
    }
}

static void read_record(const struct sales_profile *profile, struct arena *arena, struct sale *ret, struct buf *canonical)
{
    struct json *record = NULL;
    struct err err = {0};

    LAW(json_parse(arena, str_from(record_text), &record, &err) == OK);
    LAW(sales_profile_read(profile, record, arena, ret, &err) == OK);
    law_of_figures(ret);
    sales_profile_append_canonical(profile, record, canonical);
    LAW(!buf_failed(canonical));
}

static void law_of_same_again(struct str text, const struct sales_profile *profile, struct arena *arena)
{
    BUF_AUTO canonical = {0}, canonical_again = {0};
    struct sales_profile *again = NULL;
    struct sale sale, sale_again;
    struct err err = {0};

    LAW(sales_profile_parse(arena, text, "file.ini", &again, &err) == OK);
    LAW(str_equal(sales_profile_name(profile), sales_profile_name(again)) && sales_profile_confirmed(profile) == sales_profile_confirmed(again));
    read_record(profile, arena, &sale, &canonical);
    read_record(again, arena, &sale_again, &canonical_again);
    law_of_same_sale(&sale, &sale_again);
    LAW(sale.state == sale_again.state && str_equal(buf_str(&canonical), buf_str(&canonical_again)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_AUTO arena = {0};
    struct sales_profile *profile = NULL;
    struct str text = input_of(data, size);
    struct err err = {0};

    int rc = sales_profile_parse(&arena, text, "file.ini", &profile, &err);
    if (rc != OK) {
        LAW(profile == NULL);
        law_of_refusal(rc, &err);
        return 0;
    }
    law_of_required(profile);
    law_of_request(profile, &arena);
    law_of_same_again(text, profile, &arena);
    return 0;
}
