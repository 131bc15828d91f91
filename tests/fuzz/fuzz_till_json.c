/* fuzz_till_json.c: what a till answers. The input is one body, or several with a zero byte between them, which are the pages of a list. Every body goes
 * through the JSON reader (a value, written canonically and read again, is the same value) and the readers of catalogue records; all of them together
 * through the reading of a list over a transport of the test's own. */
#include "base/hash.h"
#include "base/json.h"
#include "base/money.h"
#include "fuzz.h"
#include "till/till_int.h"

/* Its beginning may be in an answer, and must not come out in a message. */
static const char key[] = "5f0c6a7e9b3d2c4a1e8f7b60";
enum { PAGES_MAX = 12, KEY_SHOWN_MAX = 6 };

static void law_of_secret(const struct err *err)
{
    BUF_AUTO text = {0};
    char prefix[KEY_SHOWN_MAX + 1] = {0};

    memcpy(prefix, key, KEY_SHOWN_MAX);
    err_format(err, &text);
    LAW(strcasestr(text.p, prefix) == NULL);
}

/* ---- values ---- */

static void law_of_value(const struct json *value, int depth)
{
    size_t count = 0;
    int64_t figure = 0;

    LAW(depth <= JSON_DEPTH_MAX);
    LAW(text_is_utf8(value->key) && text_is_utf8(value->text));
    for (const struct json *child = value->first; child != NULL; child = child->next, count++) {
        LAW((child->key.p != NULL) == (value->type == JSON_OBJECT));
        law_of_value(child, depth + 1);
    }
    LAW(count == value->count);
    LAW(count == 0 || value->type == JSON_ARRAY || value->type == JSON_OBJECT);
    if (value->type == JSON_NUMBER)
        LAW(decimal_parse(value->text, 6, &figure) != DECIMAL_NOT_A_NUMBER);
    if (value->type == JSON_ARRAY || value->type == JSON_OBJECT)
        LAW(value->raw.n >= 2 && value->raw.p[value->raw.n - 1] == (value->type == JSON_ARRAY ? ']' : '}'));
}

/* Members may stand in another order; each number has the same value. */
static void law_of_same_value(const struct json *a, const struct json *b)
{
    LAW(a->type == b->type && a->count == b->count);
    if (a->type == JSON_STRING)
        LAW(str_equal(a->text, b->text));
    if (a->type == JSON_NUMBER) {
        int64_t left = 0, right = 0;
        LAW(decimal_parse_rounded(a->text, 6, &left) == decimal_parse_rounded(b->text, 6, &right) && left == right);
    }
    const struct json *other = b->first;
    for (const struct json *child = a->first; child != NULL; child = child->next, other = other ? other->next : NULL) {
        const struct json *twin = a->type == JSON_OBJECT ? json_get(b, child->key) : other;
        LAW(twin != NULL);
        law_of_same_value(child, twin);
    }
}

static void law_of_canonical(const struct json *value, struct arena *arena)
{
    BUF_AUTO canonical = {0}, again = {0};
    struct json *parsed = NULL, *raw = NULL;
    struct err err = {0};

    json_append_canonical(&canonical, value, NULL, 0);
    LAW(!buf_failed(&canonical) && json_parse(arena, buf_str(&canonical), &parsed, &err) == OK);
    law_of_same_value(value, parsed);
    json_append_canonical(&again, parsed, NULL, 0);
    LAW(str_equal(buf_str(&canonical), buf_str(&again)));
    if (value->raw.p == NULL)
        return;
    LAW(json_parse(arena, value->raw, &raw, &err) == OK);
    law_of_same_value(value, raw);
}

/* ---- records ---- */

static void law_of_article(const struct till_article *article, bool is_declination)
{
    LAW(is_declination == (article->declination_id.n > 0));
    LAW((article->fault == NULL) == (article->fault_path.p == NULL));
    LAW(!article->has_price || (article->price_e4 <= MONEY_MAX && article->price_e4 >= -MONEY_MAX));
    LAW(article->tax_count == 0 || article->tax_ids != NULL);
    for (size_t i = 0; i < article->tax_count; i++)
        LAW(article->tax_ids[i].n > 0);
}

static void law_of_record(const struct json *record, struct arena *arena)
{
    struct till_article *articles = NULL, *again = NULL;
    size_t count = 0, count_again = 0;
    struct err err = {0};
    const struct json *declinations = json_get(record, STR("declinations"));

    LAW(till_article_read(arena, record, &articles, &count, &err) == OK);
    LAW(till_article_read(arena, record, &again, &count_again, &err) == OK && count == count_again);
    LAW(count == 1 + (json_is(declinations, JSON_ARRAY) ? declinations->count : 0));
    for (size_t i = 0; i < count; i++) {
        law_of_article(&articles[i], i > 0);
        LAW(memcmp(articles[i].fingerprint, again[i].fingerprint, sizeof again[i].fingerprint) == 0);
    }
    struct till_tax tax = till_tax_read(record);
    LAW(tax.rate_bp >= 0 && tax.rate_bp <= 10000 && (tax.readable || tax.rate_bp == 0));
    (void)till_category_read(record);
}

static void law_of_body(struct str body)
{
    ARENA_AUTO arena = {0};
    struct json *value = NULL;
    struct err err = {0};

    int rc = json_parse(&arena, body, &value, &err);
    if (rc != OK) {
        law_of_refusal(rc, &err);
        LAW(value == NULL);
        return;
    }
    law_of_value(value, 0);
    law_of_canonical(value, &arena);
    law_of_record(value, &arena);
    for (const struct json *one = json_is(value, JSON_ARRAY) ? value->first : NULL; one != NULL; one = one->next)
        law_of_record(one, &arena);
}

/* ---- lists ---- */

/* Answers each request with the next page, the last ones first, and with an empty one when there are no more. */
struct fake_till {
    struct str pages[PAGES_MAX];
    size_t page_count, asked;
    struct { uint64_t tag; struct str body; } waiting[HTTP_IN_FLIGHT_MAX];
    size_t waiting_count;
    int64_t due_skip;
};

static int fake_submit(void *context, const struct http_request *request, uint64_t tag, struct err *err)
{
    struct fake_till *till = context;

    (void)request, (void)err;
    LAW(till->waiting_count < HTTP_IN_FLIGHT_MAX);
    till->waiting[till->waiting_count].tag = tag;
    till->waiting[till->waiting_count++].body = till->asked < till->page_count ? till->pages[till->asked] : STR("[]");
    till->asked++;
    return OK;
}

static int fake_wait(void *context, int64_t timeout_ms, struct http_response *ret, struct err *failure)
{
    struct fake_till *till = context;

    (void)timeout_ms, (void)failure;
    if (till->waiting_count == 0)
        return 0;
    till->waiting_count--;
    *ret = (struct http_response){.tag = till->waiting[till->waiting_count].tag, .status = 200, .body = till->waiting[till->waiting_count].body,
                                  .content_type = STR("application/json; charset=utf-8"), .retry_after_ms = -1, .attempts = 1};
    return 1;
}

static void fake_free(void *context)
{
    (void)context;
}

static int on_page(void *context, int64_t skip, struct str bytes, const struct json *array, struct err *err)
{
    struct fake_till *till = context;

    (void)err;
    LAW(skip == till->due_skip && array->count > 0 && bytes.n > 0);
    till->due_skip += (int64_t)array->count;
    for (const struct json *one = array->first; one != NULL; one = one->next)
        LAW(json_identity(json_get(one, STR("_id"))).n > 0);
    return OK;
}

static void law_of_list(struct fake_till *till, int in_flight)
{
    static const struct till_account account = {.node_id = {"n", 1}, .company_id = {"c", 1}, .shop_id = {"s", 1}};
    struct http_transport transport = {.submit = fake_submit, .wait = fake_wait, .free = fake_free, .context = till};
    struct till_list list = till_catalog_list(TILL_ARTICLES, &account);
    static bool ready;
    struct http_client *http = NULL;
    struct till_client *client = NULL;
    struct err err = {0};

    if (!ready)
        LAW(hash_init(&err) == OK);
    ready = true;
    LAW(http_client_new(&http, transport, NULL, &system_clock, &system_random, &err) == OK);
    LAW(till_client_new(&client, STR("https://till.example/v1/"), str_from(key), http, &err) == OK);
    list.limit = 2;
    int rc = till_list_read(client, &list, in_flight, on_page, till, &err);
    if (rc != OK) {
        LAW(rc == ERR_TILL);
        law_of_refusal(rc, &err);
        law_of_secret(&err);
    }
    till_client_free(client);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fake_till till = {0};
    struct str rest = input_of(data, size);
    bool more = true;

    while (more && till.page_count < PAGES_MAX) {
        more = str_cut(rest, '\0', &till.pages[till.page_count], &rest);
        if (till.pages[till.page_count].p == NULL)
            till.pages[till.page_count] = STR("");
        law_of_body(till.pages[till.page_count++]);
    }
    law_of_list(&till, 1 + (int)input_variant(input_of(data, size), 4));
    return 0;
}
