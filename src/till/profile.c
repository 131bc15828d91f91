/* profile.c: sales profiles: the small INI files that say where a till's sales are and what their parts are called. Used by sync and cli through
 * till/till.h; profile_read.c follows a parsed profile. libinih does the reading of lines. One table below declares every key: its kind, where it
 * is kept, and whether it must be there; parsing, the refusal of unknown keys, and the list of missing ones are all made from it. */
#include <ini.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

#include "till/builtin_int.h"
#include "till/till_int.h"

/* ---- the keys ---- */

enum kind { KIND_TEXT, KIND_PATH, KIND_WORDS, KIND_CHOICE };
enum need { OPTIONAL, REQUIRED };

struct key {
    const char *section, *name;
    enum kind kind;
    enum need need;
    size_t offset;              /* in struct sales_profile */
    const char *choices;        /* "a|b|c": the place is the value of the enum */
};
#define AT(member) offsetof(struct sales_profile, member)
#define CUSTOMER(member) {"customer", #member, KIND_PATH, OPTIONAL, AT(customer_paths.member), NULL}

static const struct key keys[] = {
    {"profile", "name", KIND_TEXT, REQUIRED, AT(name), NULL},
    {"profile", "status", KIND_CHOICE, REQUIRED, AT(status), "confirmed|unconfirmed"},

    {"request", "path", KIND_TEXT, REQUIRED, AT(path), NULL},
    {"request", "scope", KIND_CHOICE, REQUIRED, AT(scope), "node|company|shop|none"},
    {"request", "scope_parameter", KIND_TEXT, OPTIONAL, AT(scope_parameter), NULL},
    {"request", "closed_field", KIND_PATH, REQUIRED, AT(closed_field), NULL},
    {"request", "change_field", KIND_PATH, OPTIONAL, AT(change_field), NULL},
    {"request", "order", KIND_TEXT, REQUIRED, AT(order), NULL},

    {"money", "form", KIND_CHOICE, REQUIRED, AT(money), "decimal|cents|text"},
    {"money", "quantity", KIND_CHOICE, REQUIRED, AT(quantity), "decimal|thousandths"},
    {"money", "rate", KIND_CHOICE, REQUIRED, AT(rate), "percent|basis_points|fraction"},

    {"sale", "id", KIND_PATH, REQUIRED, AT(id), NULL},
    {"sale", "number", KIND_PATH, OPTIONAL, AT(number), NULL},
    {"sale", "state", KIND_PATH, REQUIRED, AT(state), NULL},
    {"sale", "closed_at", KIND_PATH, REQUIRED, AT(closed_at), NULL},
    {"sale", "test", KIND_PATH, OPTIONAL, AT(test), NULL},
    {"sale", "deleted", KIND_PATH, OPTIONAL, AT(deleted), NULL},
    {"sale", "total", KIND_PATH, REQUIRED, AT(total), NULL},
    {"sale", "tip", KIND_PATH, OPTIONAL, AT(tip), NULL},
    {"sale", "refund_of", KIND_PATH, OPTIONAL, AT(refund_of), NULL},
    {"sale", "salesperson", KIND_PATH, OPTIONAL, AT(salesperson), NULL},
    {"sale", "customer", KIND_PATH, OPTIONAL, AT(customer), NULL},

    {"states", "paid", KIND_WORDS, REQUIRED, AT(paid), NULL},
    {"states", "open", KIND_WORDS, OPTIONAL, AT(open), NULL},
    {"states", "cancelled", KIND_WORDS, OPTIONAL, AT(cancelled), NULL},

    CUSTOMER(id), CUSTOMER(code), CUSTOMER(company_name), CUSTOMER(last_name), CUSTOMER(first_name), CUSTOMER(email), CUSTOMER(phone),
    CUSTOMER(address), CUSTOMER(postcode), CUSTOMER(town), CUSTOMER(country), CUSTOMER(vat_number),

    {"line", "list", KIND_PATH, REQUIRED, AT(lines), NULL},
    {"line", "article_id", KIND_PATH, OPTIONAL, AT(line_article_id), NULL},
    {"line", "declination_id", KIND_PATH, OPTIONAL, AT(line_declination_id), NULL},
    {"line", "reference", KIND_PATH, OPTIONAL, AT(line_reference), NULL},
    {"line", "label", KIND_PATH, REQUIRED, AT(line_label), NULL},
    {"line", "category", KIND_PATH, OPTIONAL, AT(line_category), NULL},
    {"line", "unit", KIND_PATH, OPTIONAL, AT(line_unit), NULL},
    {"line", "quantity", KIND_PATH, REQUIRED, AT(line_quantity), NULL},
    {"line", "unit_price", KIND_PATH, REQUIRED, AT(line_unit_price), NULL},
    {"line", "discount", KIND_PATH, OPTIONAL, AT(line_discount), NULL},
    {"line", "total", KIND_PATH, REQUIRED, AT(line_total), NULL},
    {"line", "rate", KIND_PATH, OPTIONAL, AT(line_rate), NULL},
    {"line", "options", KIND_PATH, OPTIONAL, AT(line_options), NULL},
    {"line", "option_name", KIND_PATH, OPTIONAL, AT(option_name), NULL},
    {"line", "option_price", KIND_PATH, OPTIONAL, AT(option_price), NULL},

    {"tax", "list", KIND_PATH, OPTIONAL, AT(taxes), NULL},
    {"tax", "rate", KIND_PATH, OPTIONAL, AT(tax_rate), NULL},
    {"tax", "amount", KIND_PATH, OPTIONAL, AT(tax_amount), NULL},

    {"payment", "list", KIND_PATH, REQUIRED, AT(payments), NULL},
    {"payment", "id", KIND_PATH, OPTIONAL, AT(payment_id), NULL},
    {"payment", "type", KIND_PATH, REQUIRED, AT(payment_type), NULL},
    {"payment", "label", KIND_PATH, OPTIONAL, AT(payment_label), NULL},
    {"payment", "amount", KIND_PATH, REQUIRED, AT(payment_amount), NULL},
    {"payment", "paid_at", KIND_PATH, OPTIONAL, AT(payment_paid_at), NULL},

    {"change", "form", KIND_CHOICE, REQUIRED, AT(change), "negative_payment|field"},
    {"change", "field", KIND_PATH, OPTIONAL, AT(change_amount), NULL},
    {"change", "type", KIND_TEXT, OPTIONAL, AT(change_type), NULL},

    {"refund", "form", KIND_CHOICE, REQUIRED, AT(refund), "origin_field|negative_total|negative_quantity|credit_note"},
    {"refund", "sign", KIND_CHOICE, REQUIRED, AT(refund_sign), "negative|positive"},
    {"refund", "kind", KIND_PATH, OPTIONAL, AT(refund_kind), NULL},
    {"refund", "kind_values", KIND_WORDS, OPTIONAL, AT(refund_kinds), NULL},

    {"volatile", "members", KIND_WORDS, OPTIONAL, AT(ignored), NULL},
};
enum { KEY_COUNT = sizeof(keys) / sizeof(keys[0]) };

/* ---- one value ---- */

enum {
    PROFILE_BYTES_MAX = 64 << 10, /* the built-in one has two KiB */
    LINE_BYTES_MAX = 190,         /* libinih reads lines of 200 bytes at most and would cut longer ones without a word */
};

struct parsing {
    struct arena *arena;
    struct sales_profile *profile;
    const char *name;
    struct str rest;             /* what was not read yet */
    int64_t line;
    bool given[KEY_COUNT];
    struct err *err;             /* of the first fault; the code is there as well */
    int rc;
};

static bool is_path(struct str s)
{
    bool need_letter = true;

    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';

        if (!letter && (c != '.' || need_letter))
            return false;
        need_letter = !letter;
    }
    return !need_letter;
}

/* The place of `value` in "a|b|c", or -1. */
static int choice_place(const char *choices, struct str value)
{
    struct str rest = str_from(choices), choice;
    int place = 0;
    bool more;

    do {
        more = str_cut(rest, '|', &choice, &rest);
        if (str_equal(choice, value))
            return place;
        place++;
    } while (more);
    return -1;
}

/* "paid, refunded": false when a word is empty or memory is exhausted. */
static bool split_words(struct arena *arena, struct str value, struct word_list *ret)
{
    struct word_list list = {0};
    struct str rest = value, word;
    size_t room = 1;
    bool more;

    for (size_t i = 0; i < value.n; i++)
        room += value.p[i] == ',';
    list.words = arena_array(arena, room, sizeof(*list.words));
    if (list.words == NULL)
        return false;
    do {
        more = str_cut(rest, ',', &word, &rest);
        word = str_trim(word);
        if (word.n == 0)
            return false;
        list.words[list.count++] = word;
    } while (more);
    *ret = list;
    return true;
}

static int refuse_value(const struct parsing *parsing, const struct key *key, struct str value, const char *wanted)
{
    return err_set(parsing->err, ERR_DATA, N_("%s, line %s: “%s” does not fit the key %s of [%s]; it takes %s"), parsing->name, ERR_INT(parsing->line),
                   ERR_STR(value), key->name, key->section, wanted);
}

static int set_value(const struct parsing *parsing, const struct key *key, struct str value)
{
    char *field = (char *)parsing->profile + key->offset;
    int place;

    switch (key->kind) {
    case KIND_TEXT:
        *(struct str *)(void *)field = value;
        return OK;
    case KIND_PATH:
        if (!is_path(value))
            return refuse_value(parsing, key, value, N_("a path of member names with points between, such as customer.name"));
        *(struct str *)(void *)field = value;
        return OK;
    case KIND_WORDS:
        return split_words(parsing->arena, value, (struct word_list *)(void *)field)
                   ? OK : refuse_value(parsing, key, value, N_("words with commas between"));
    case KIND_CHOICE:
        place = choice_place(key->choices, value);
        if (place < 0)
            return refuse_value(parsing, key, value, key->choices);
        *(int *)(void *)field = place;
        return OK;
    }
    return err_set(parsing->err, ERR_INTERNAL, N_("a kind of profile key is unknown: this is a fault of the program"));
}

/* ---- lines, through libinih ---- */

static int take_pair(struct parsing *parsing, const char *section, const char *name, struct str value)
{
    for (size_t i = 0; i < KEY_COUNT; i++) {
        if (strcmp(keys[i].name, name) != 0 || strcmp(keys[i].section, section) != 0)
            continue;
        if (parsing->given[i])
            return err_set(parsing->err, ERR_DATA, N_("%s, line %s: the key %s of [%s] stands there twice: keep one"), parsing->name,
                           ERR_INT(parsing->line), keys[i].name, keys[i].section);
        if (value.n == 0)
            return err_set(parsing->err, ERR_DATA, N_("%s, line %s: the key %s of [%s] is empty: give it a value, or take the line away"), parsing->name,
                           ERR_INT(parsing->line), keys[i].name, keys[i].section);
        parsing->given[i] = true;
        struct str copy = arena_copy(parsing->arena, value);
        return copy.p == NULL ? err_memory(parsing->err) : set_value(parsing, &keys[i], copy);
    }
    return err_set(parsing->err, ERR_DATA, N_("%s, line %s: there is no key %s in a section [%s]: docs/sales-profile.md lists them all"), parsing->name,
                   ERR_INT(parsing->line), ERR_STR(str_from(name)), ERR_STR(str_from(section)));
}

/* inih: 1 to go on, 0 for an error. */
static int on_pair(void *user, const char *section, const char *name, const char *value)
{
    struct parsing *parsing = user;

    if (parsing->rc == OK)
        parsing->rc = take_pair(parsing, section, name, str_from(value));
    return parsing->rc == OK;
}

/* Gives libinih a line at a time, as fgets does: so the line of a fault is known, and none is cut in silence. */
static char *next_line(char *to, int room, void *user)
{
    struct parsing *parsing = user;
    struct str line;

    if (parsing->rc != OK || parsing->rest.n == 0)
        return NULL;
    parsing->line++;
    str_cut(parsing->rest, '\n', &line, &parsing->rest);
    if (line.n > LINE_BYTES_MAX || line.n + 2 > (size_t)room) {
        parsing->rc = err_set(parsing->err, ERR_DATA, N_("%s, line %s is longer than %s bytes: shorten it"), parsing->name, ERR_INT(parsing->line),
                              ERR_INT(LINE_BYTES_MAX));
        return NULL;
    }
    memcpy(to, line.p, line.n);
    memcpy(to + line.n, "\n", 2);
    return to;
}

/* ---- the whole profile ---- */

static int require(const struct parsing *parsing, struct str value, const char *section, const char *name, const char *because)
{
    if (value.n > 0)
        return OK;
    return err_set(parsing->err, ERR_DATA, N_("%s: the key %s of [%s] is missing, and %s needs it: add it (docs/sales-profile.md)"), parsing->name, name,
                   section, because);
}

/* What one key asks of another. */
static int check_together(const struct parsing *parsing)
{
    const struct sales_profile *profile = parsing->profile;
    int rc = OK;

    if (profile->scope != SCOPE_NONE)
        rc = require(parsing, profile->scope_parameter, "request", "scope_parameter", "scope");
    if (rc == OK && profile->taxes.n > 0)
        rc = require(parsing, profile->tax_rate, "tax", "rate", "list");
    if (rc == OK && profile->taxes.n > 0)
        rc = require(parsing, profile->tax_amount, "tax", "amount", "list");
    if (rc == OK && profile->line_options.n > 0)
        rc = require(parsing, profile->option_name, "line", "option_name", "options");
    if (rc == OK && profile->change == CHANGE_FIELD)
        rc = require(parsing, profile->change_amount, "change", "field", "form = field");
    if (rc == OK && profile->change == CHANGE_FIELD)
        rc = require(parsing, profile->change_type, "change", "type", "form = field");
    if (rc == OK && profile->refund == REFUND_ORIGIN_FIELD)
        rc = require(parsing, profile->refund_of, "sale", "refund_of", "form = origin_field");
    if (rc == OK && profile->refund == REFUND_CREDIT_NOTE)
        rc = require(parsing, profile->refund_kind, "refund", "kind", "form = credit_note");
    if (rc == OK && profile->refund == REFUND_CREDIT_NOTE && profile->refund_kinds.count == 0)
        rc = require(parsing, STR_NULL, "refund", "kind_values", "form = credit_note");
    return rc;
}

/* One word cannot mean two things. */
static int check_states(const struct parsing *parsing)
{
    const struct word_list *lists[] = {&parsing->profile->paid, &parsing->profile->open, &parsing->profile->cancelled};

    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < lists[i]->count; j++) {
            for (size_t other = i + 1; other < 3; other++) {
                for (size_t k = 0; k < lists[other]->count; k++) {
                    if (str_equal(lists[i]->words[j], lists[other]->words[k]))
                        return err_set(parsing->err, ERR_DATA, N_("%s: [states] lists “%s” under two meanings: keep one"), parsing->name,
                                       ERR_STR(lists[i]->words[j]));
                }
            }
        }
    }
    return OK;
}

/* The path goes into a URL as it stands, and `order` must name the field that it orders by. */
static int check_request(const struct parsing *parsing)
{
    struct str path = parsing->profile->path, order = parsing->profile->order;
    bool bad = path.p[0] != '/';

    for (size_t i = 0; i < path.n; i++)
        bad = bad || path.p[i] <= ' ' || path.p[i] > '~' || strchr("?#%\\\"<>", path.p[i]) != NULL;
    if (bad)
        return err_set(parsing->err, ERR_DATA, N_("%s: “%s” is no path for [request]: it begins with / and has neither blanks nor a query"), parsing->name,
                       ERR_STR(path));
    if (memmem(order.p, order.n, "{field}", 7) == NULL)
        return err_set(parsing->err, ERR_DATA, N_("%s: the order “%s” of [request] does not name {field}: write it as the till takes it, such as {field}=ASC"),
                       parsing->name, ERR_STR(order));
    return OK;
}

static int check_profile(const struct parsing *parsing)
{
    for (size_t i = 0; i < KEY_COUNT; i++) {
        if (keys[i].need == REQUIRED && !parsing->given[i])
            return err_set(parsing->err, ERR_DATA, N_("%s: the key %s of [%s] is missing: add it (docs/sales-profile.md)"), parsing->name, keys[i].name,
                           keys[i].section);
    }
    if (parsing->profile->ignored.count > PROFILE_IGNORED_MAX)
        return err_set(parsing->err, ERR_DATA, N_("%s: [volatile] names more than %s members: keep those that move without a change"), parsing->name,
                       ERR_INT(PROFILE_IGNORED_MAX));
    int rc = check_request(parsing);
    if (rc == OK)
        rc = check_together(parsing);
    return rc == OK ? check_states(parsing) : rc;
}

int sales_profile_parse(struct arena *arena, struct str text, const char *name, struct sales_profile **ret, struct err *err)
{
    struct parsing parsing = {.arena = arena, .name = name, .rest = text, .err = err};

    if (text.n > PROFILE_BYTES_MAX || memchr(text.n > 0 ? text.p : "", '\0', text.n) != NULL)
        return err_set(err, ERR_DATA, N_("%s is not a sales profile: it is larger than %s bytes or no text"), name, ERR_INT(PROFILE_BYTES_MAX));
    parsing.profile = arena_alloc(arena, sizeof(*parsing.profile));
    if (parsing.profile == NULL)
        return err_memory(err);
    int bad_line = ini_parse_stream(next_line, &parsing, on_pair, &parsing);
    if (parsing.rc == OK && bad_line < 0)
        return err_memory(err);
    if (bad_line > 0 && (parsing.rc == OK || bad_line < parsing.line))
        return err_set(err, ERR_DATA, N_("%s, line %s is neither a [section] nor key = value: correct it, or begin it with ; to make it a comment"), name,
                       ERR_INT(bad_line));
    if (parsing.rc == OK)
        parsing.rc = check_profile(&parsing);
    if (parsing.rc == OK)
        *ret = parsing.profile;
    return parsing.rc;
}

/* Its place, builtin_profile_count when there is none. */
static size_t builtin_place(struct str name)
{
    size_t place = 0;

    while (place < builtin_profile_count && !str_equal(str_from(builtin_profiles[place].name), name))
        place++;
    return place;
}

struct str sales_profile_builtin(struct str name)
{
    size_t place = builtin_place(name);

    return place < builtin_profile_count ? str_from(builtin_profiles[place].text) : STR_NULL;
}

/* They are the same for every run of every link, and never change. */
int sales_profile_builtin_parsed(struct str name, struct sales_profile **ret, struct err *err)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static struct arena arena;
    static struct sales_profile **parsed;
    size_t place = builtin_place(name);
    int rc = OK;

    if (place == builtin_profile_count)
        return 0;
    pthread_mutex_lock(&lock);
    if (parsed == NULL)
        parsed = arena_array(&arena, builtin_profile_count, sizeof(*parsed));
    if (parsed == NULL)
        rc = err_memory(err);
    else if (parsed[place] == NULL)
        rc = sales_profile_parse(&arena, str_from(builtin_profiles[place].text), builtin_profiles[place].name, &parsed[place], err);
    if (rc == OK)
        *ret = parsed[place];
    pthread_mutex_unlock(&lock);
    return rc == OK ? 1 : rc;
}

struct str sales_profile_name(const struct sales_profile *profile)
{
    return profile->name;
}

bool sales_profile_confirmed(const struct sales_profile *profile)
{
    return profile->status == PROFILE_CONFIRMED;
}

/* ---- the request ---- */

static struct str order_by(struct arena *arena, struct str order, struct str field)
{
    const char *mark = memmem(order.p, order.n, "{field}", 7);
    size_t before = (size_t)(mark - order.p);
    struct str after = {mark + 7, order.n - before - 7};

    return arena_format(arena, "%.*s%.*s%.*s", (int)before, order.p, STR_ARG(field), STR_ARG(after));
}

/* To the millisecond below, at both ends: windows that follow each other stay without gap or overlap, and no stored stamp is rounded up. */
static struct str instant_text(struct arena *arena, int64_t at_utc)
{
    BUF_AUTO text = {0};

    instant_append(&text, at_utc);
    return buf_failed(&text) ? STR_NULL : arena_copy(arena, buf_str(&text));
}

bool sales_profile_has_change_field(const struct sales_profile *profile)
{
    return profile->change_field.n > 0;
}

bool sales_profile_list(const struct sales_profile *profile, const struct till_account *account, struct arena *arena, bool by_change, int64_t from_utc, int64_t to_utc,
                        int limit, struct till_list *ret)
{
    const struct str scope_ids[] = {
        [SCOPE_NODE] = account->node_id, [SCOPE_COMPANY] = account->company_id, [SCOPE_SHOP] = account->shop_id, [SCOPE_NONE] = STR_NULL,
    };
    struct str field = by_change ? profile->change_field : profile->closed_field;

    if (field.n == 0)
        return false;
    struct till_filter *filters = arena_array(arena, 2, sizeof(*filters));
    struct str order = order_by(arena, profile->order, field), from = instant_text(arena, from_utc), to = instant_text(arena, to_utc);
    if (filters == NULL || order.p == NULL || from.p == NULL || to.p == NULL)
        return false;
    filters[0] = (struct till_filter){field, STR("gte"), from};
    filters[1] = (struct till_filter){field, STR("lt"), to};
    *ret = (struct till_list){
        .path = profile->path,
        .scope_name = profile->scope == SCOPE_NONE ? STR_NULL : profile->scope_parameter,
        .scope_id = scope_ids[profile->scope],
        .filters = filters,
        .filter_count = 2,
        .order = order,
        .limit = limit,
        .id_path = profile->id,
    };
    return true;
}
