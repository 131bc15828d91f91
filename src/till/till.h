/* till.h: the Tactill till: its two dialects, its lists, its articles, and its sales through a declarative sales profile. Used by sync
 * (and cli to test a link). It computes nothing about the back office and stores nothing. Source of the facts: tactill-v4.md; what is a guess there is in a profile. */
#ifndef TILL_TILL_H
#define TILL_TILL_H
#include "base/json.h"
#include "base/sale.h"
#include "net/http.h"

/* ---- keys ---- */
/* 24 hexadecimal digits = version 4. ERR_DATA for an empty key, `v5_…` ("not supported yet") and anything else; the key itself is never quoted. */
int till_key_check(struct str key, struct err *err) MUST_CHECK;

/* ---- the client ---- */
struct till_client; /* one till, one key; owned by one thread */
/* Takes over `http`, also when it fails. url is the base address (a trailing `/` or `/v1` is accepted and dropped). The key is kept in memory that is wiped by till_client_free. */
int till_client_new(struct till_client **ret, struct str url, struct str key, struct http_client *http, struct err *err) MUST_CHECK;
void till_client_free(struct till_client *client);
struct http_client *till_client_http(struct till_client *client); /* for totals */

struct till_account {
    struct str node_id, company_id, shop_id;      /* element 0 of each, as every client takes it */
    struct str node_name, company_name, shop_name; /* absent when the till has none */
    struct str email;
};
/* GET account. ERR_TILL that says: key refused (401), not a Tactill address (404, HTML), no shop in the account … Texts in the arena. */
int till_account_get(struct till_client *client, struct arena *arena, struct till_account *ret, struct err *err) MUST_CHECK;

enum till_resource { TILL_ARTICLES, TILL_CATEGORIES, TILL_TAXES, TILL_DISCOUNTS, TILL_OPTIONS, TILL_OPTION_LISTS, TILL_PACKS, TILL_RESOURCE_COUNT };

/* One term of the filter grammar; op "" stands for equality, else "ne", "gt", "gte", "lt", "lte", "in", "nin" (in and nin: one term per value;
 * a lone value of `in` is sent as equality and of `nin` as `ne`, as the till's own clients do). */
struct till_filter { struct str field, op, value; };
struct till_list {
    struct str path;              /* "/v1/catalog/articles" */
    struct str scope_name, scope_id;
    const struct till_filter *filters;
    size_t filter_count;
    struct str order;             /* "_id=ASC": never empty */
    int limit;
    struct str id_path;           /* where a record has its identity; absent: "_id" */
};
/* Appends the URL's path and query of one page: `filter` as one parameter whose value is a query string encoded once as a whole. */
void till_append_list_query(struct buf *out, const struct till_list *list, int64_t skip);
/* A page, in order. `array` is the parsed array; `bytes` the body. Both live until the callback returns. Negative stops and is passed on. */
typedef int till_page_fn(void *context, int64_t skip, struct str bytes, const struct json *array, struct err *err);
/* Reads a whole list, `in_flight` pages at once (1 to HTTP_IN_FLIGHT_MAX), handing pages over in order. Read until an empty page: a server that silently lowers `limit` is
 * followed at its own size. ERR_TILL names the page and what is wrong (status, cut, not JSON, not an array, an element that is not an object with an identity). When it
 * returns, pages past the end may still be in flight: the client drops them. on_page may not use the client. */
int till_list_read(struct till_client *client, const struct till_list *list, int in_flight, till_page_fn *on_page, void *context, struct err *err) MUST_CHECK;
/* One page (GET), parsed into the arena; *ret_bytes is a copy there. The same errors. */
int till_page_get(struct till_client *client, const struct till_list *list, int64_t skip, struct arena *arena, struct str *ret_bytes, struct json **ret_array, struct err *err) MUST_CHECK;
/* The list of a catalogue resource, filters to be set by the caller; order _id=ASC. */
struct till_list till_catalog_list(enum till_resource resource, const struct till_account *account);
/* POST, PUT, GET by id on a catalogue resource. `body` is a JSON object. ERR_TILL carries the till's own message, cut and cleaned. */
int till_create(struct till_client *client, enum till_resource resource, struct str body, struct arena *arena, struct json **ret_created, struct err *err) MUST_CHECK;
int till_update(struct till_client *client, enum till_resource resource, struct str id, struct str body, struct err *err) MUST_CHECK;
int till_get(struct till_client *client, enum till_resource resource, struct str id, struct arena *arena, struct json **ret, struct err *err) MUST_CHECK;

/* ---- catalogue records ---- */
/* A till article, or one declination of it (then declination_id is set, the name carries the declination's values, and price, tax, reference, barcode are its own). */
struct till_article {
    struct str id, declination_id;      /* declination_id "" for the article itself */
    struct str name, reference, barcode, category_id, unit, color, icon_text;
    struct str *tax_ids;                /* usually one */
    size_t tax_count;
    bool has_price;                     /* full_price may be absent: a price asked at the till */
    int64_t price_e4;
    bool has_buy_price;
    int64_t buy_price_e4;
    bool has_weight;
    int64_t weight_milli;
    bool stock_managed;                 /* in_stock: the till follows the quantity (ignore_stock only lets it sell at zero) */
    bool in_stock, ignore_stock, deleted, is_default, is_test;
    bool has_declinations;              /* on the article itself: it is then a heading; only with a reference of its own is it an article */
    bool has_stock_quantity;
    int64_t stock_quantity_milli;
    struct str updated_at;
    const char *fault;                  /* msgid when a value could not be read (with fault_path), else NULL */
    struct str fault_path;
    unsigned char fingerprint[16];      /* of all that the back office takes from it (category name and tax rate NOT included: ids only) */
};
/* Reads one record of the list: *ret is an array of 1 + number of declinations; texts are borrowed from the record. Only memory can fail: what is unreadable is a fault of that article. */
int till_article_read(struct arena *arena, const struct json *record, struct till_article **ret, size_t *ret_count, struct err *err) MUST_CHECK;
struct till_tax { struct str id, name; int64_t rate_bp; bool deleted, readable; };
struct till_tax till_tax_read(const struct json *record);
struct till_category { struct str id, name; bool deleted, is_default; };
struct till_category till_category_read(const struct json *record);

/* ---- sales profiles ---- */
struct sales_profile; /* immutable, lives in the arena it was parsed into */
/* The text of a built-in profile ("tactill-v4"), or {NULL,0}. */
struct str sales_profile_builtin(struct str name);
/* The same, parsed once for the process: 1 = *ret, which nobody frees; 0 = there is none of that name. */
int sales_profile_builtin_parsed(struct str name, struct sales_profile **ret, struct err *err) MUST_CHECK;
/* Parses a profile (INI; docs/sales-profile.md). ERR_DATA names line, section and key; unknown keys are refused. `name` is for messages. */
int sales_profile_parse(struct arena *arena, struct str text, const char *name, struct sales_profile **ret, struct err *err) MUST_CHECK;
struct str sales_profile_name(const struct sales_profile *profile);
bool sales_profile_confirmed(const struct sales_profile *profile);
/* Whether it declares a field by which sales that changed are found; needs no memory. */
bool sales_profile_has_change_field(const struct sales_profile *profile);
/* The list of the sales closed in [from_utc, to_utc), oldest first; filters live in the arena. With by_change, filtered on the profile's change field instead
 * (false when it declares none, or when memory is exhausted). */
bool sales_profile_list(const struct sales_profile *profile, const struct till_account *account, struct arena *arena, bool by_change, int64_t from_utc, int64_t to_utc, int limit, struct till_list *ret);
/* The identity of a record ({NULL,0} when it has none: the page is not what was asked for) and its filter instant as the profile's list orders it (false when unreadable). */
struct str sales_profile_sale_id(const struct sales_profile *profile, const struct json *record);
bool sales_profile_sale_instant(const struct sales_profile *profile, const struct json *record, bool by_change, int64_t *ret_utc);
/* The canonical content that decides "has it changed?": every member but those that the profile declares volatile, the state by its meaning. */
void sales_profile_append_canonical(const struct sales_profile *profile, const struct json *record, struct buf *out);
/* Reads a record into the neutral sale. Only memory can fail; what is unreadable is in ret->faults. */
int sales_profile_read(const struct sales_profile *profile, const struct json *record, struct arena *arena, struct sale *ret, struct err *err) MUST_CHECK;
#endif
