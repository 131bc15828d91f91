/* link.c: links to tills: their options in the database, their sealed key, their sales profile, and the client that speaks to their till. Used by server
 * and cli through sync/sync.h, and by the runs. One table below says where each option stands in memory and in the row; adding, editing and opening
 * a link are all made from it. */
#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "sync/sync_int.h"

const struct link_options link_default_options = {
    .profile = {"tactill-v4", sizeof "tactill-v4" - 1},
    .import_articles = true,
    .import_orders = true,
    .numbers = NUMBERS_KEEP,
    .archived = {"any", sizeof "any" - 1},
    .unknown_article = UNKNOWN_REFUSE,
    .unknown_customer = UNKNOWN_CREATE,
    .overlap_minutes = INT64_C(7) * 24 * 60,
};

/* ---- the options and their columns ---- */

/* The order of `fields`. The values of a row are $4 onwards in every statement. */
#define LINK_COLUMNS \
    "name, url, profile, since, import_articles, export_articles, import_orders, document, numbers, auto_validate, code_pattern, changed_since, stock_filter," \
    " archived_filter, unknown_article, unknown_customer, no_reference, negative_stock, overlap_minutes"
#define LINK_VALUES "$4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22"

enum field_kind {
    FIELD_TEXT,         /* struct str; absent is NULL */
    FIELD_FLAG,         /* bool as 0 or 1 */
    FIELD_INSTANT,      /* int64_t, NULL when its `has` is false */
    FIELD_NUMBER,       /* int64_t */
    FIELD_WORD_FLAG,    /* bool as one of two words */
    FIELD_WORD_CHOICE,  /* an enum as the word in its place */
    FIELD_WORD,         /* struct str that is one of the words */
};
struct field {
    const char *column;
    enum field_kind kind;
    size_t offset, has_offset;
    const char *words[4];           /* NULL-terminated */
    const char *member;             /* of the JSON; NULL: as the column */
};
#define AT(member) offsetof(struct link_options, member)

static const struct field fields[] = {
    {"name", FIELD_TEXT, AT(name), 0, {NULL}},
    {"url", FIELD_TEXT, AT(url), 0, {NULL}},
    {"profile", FIELD_TEXT, AT(profile), 0, {NULL}},
    {"since", FIELD_INSTANT, AT(since_utc), AT(has_since), {NULL}},
    {"import_articles", FIELD_FLAG, AT(import_articles), 0, {NULL}},
    {"export_articles", FIELD_FLAG, AT(export_articles), 0, {NULL}},
    {"import_orders", FIELD_FLAG, AT(import_orders), 0, {NULL}},
    {"document", FIELD_WORD_FLAG, AT(orders), 0, {"invoice", "order"}},
    {"numbers", FIELD_WORD_CHOICE, AT(numbers), 0, {[NUMBERS_KEEP] = "keep", [NUMBERS_RENUMBER] = "renumber"}},
    {"auto_validate", FIELD_FLAG, AT(auto_validate), 0, {NULL}},
    {"code_pattern", FIELD_TEXT, AT(code_pattern), 0, {NULL}},
    {"changed_since", FIELD_INSTANT, AT(changed_since_utc), AT(has_changed_since), {NULL}},
    {"stock_filter", FIELD_WORD_FLAG, AT(only_in_stock), 0, {"any", "in_stock"}, "only_in_stock"},
    {"archived_filter", FIELD_WORD, AT(archived), 0, {"any", "no", "only"}, "archived"},
    {"unknown_article", FIELD_WORD_CHOICE, AT(unknown_article), 0, {[UNKNOWN_CREATE] = "create", [UNKNOWN_REFUSE] = "refuse"}},
    {"unknown_customer", FIELD_WORD_CHOICE, AT(unknown_customer), 0, {[UNKNOWN_CREATE] = "create", [UNKNOWN_REFUSE] = "refuse", [UNKNOWN_DROP] = "drop"}},
    {"no_reference", FIELD_WORD_FLAG, AT(reference_from_barcode), 0, {"refuse", "barcode"}, "missing_reference"},
    {"negative_stock", FIELD_WORD_FLAG, AT(refuse_negative_stock), 0, {"allow", "refuse"}},
    {"overlap_minutes", FIELD_NUMBER, AT(overlap_minutes), 0, {NULL}},
};
enum { FIELD_COUNT = sizeof fields / sizeof *fields, WORDS_MAX = sizeof fields[0].words / sizeof fields[0].words[0], FIRST_VALUE = 3 };
static_assert(sizeof(enum number_rule) == sizeof(unsigned) && sizeof(enum unknown_rule) == sizeof(unsigned), "choices are read as unsigned");

static const char *member_of(const struct field *field)
{
    return field->member ? field->member : field->column;
}

const char *const *link_member_words(const char *member)
{
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (strcmp(member_of(&fields[i]), member) == 0)
            return fields[i].words;
    return NULL;
}

/* The place of a word, or -1. */
static int word_place(const struct field *field, struct str word)
{
    for (int i = 0; i < WORDS_MAX && field->words[i]; i++)
        if (str_equal(str_from(field->words[i]), word))
            return i;
    return -1;
}

/* False when the option has a value that its column cannot hold. */
static bool field_to_value(const struct field *field, const struct link_options *options, struct db_value *ret)
{
    const char *place = (const char *)options + field->offset;
    struct str text;
    int64_t number;
    unsigned choice;
    bool flag;
    switch (field->kind) {
    case FIELD_TEXT:
        memcpy(&text, place, sizeof text);
        *ret = DB_STR(text);
        return true;
    case FIELD_WORD:
        memcpy(&text, place, sizeof text);
        *ret = DB_STR(text);
        return word_place(field, text) >= 0;
    case FIELD_NUMBER:
    case FIELD_INSTANT:
        memcpy(&number, place, sizeof number);
        memcpy(&flag, (const char *)options + field->has_offset, sizeof flag);
        *ret = field->kind == FIELD_NUMBER || flag ? DB_INT(number) : DB_NIL;
        return true;
    case FIELD_FLAG:
        memcpy(&flag, place, sizeof flag);
        *ret = DB_INT(flag);
        return true;
    case FIELD_WORD_FLAG:
        memcpy(&flag, place, sizeof flag);
        *ret = DB_STR(str_from(field->words[flag]));
        return true;
    case FIELD_WORD_CHOICE:
        memcpy(&choice, place, sizeof choice);
        if (choice >= WORDS_MAX || !field->words[choice])
            return false;
        *ret = DB_STR(str_from(field->words[choice]));
        return true;
    }
    return false;
}

/* False when memory is exhausted. What the column's CHECK rules out cannot come. */
static bool field_from_row(const struct field *field, struct db_rows *rows, int column, struct arena *arena, struct link_options *options)
{
    char *place = (char *)options + field->offset;
    struct str text = {0};
    int64_t number = db_int(rows, column);
    bool flag = !db_is_null(rows, column);
    switch (field->kind) {
    case FIELD_TEXT:
    case FIELD_WORD:
        text = arena_copy(arena, db_text(rows, column));
        memcpy(place, &text, sizeof text);
        return text.p || !flag;
    case FIELD_INSTANT:
        memcpy((char *)options + field->has_offset, &flag, sizeof flag);
        memcpy(place, &number, sizeof number);
        return true;
    case FIELD_NUMBER:
        memcpy(place, &number, sizeof number);
        return true;
    case FIELD_FLAG:
        flag = number != 0;
        memcpy(place, &flag, sizeof flag);
        return true;
    case FIELD_WORD_FLAG:
        flag = word_place(field, db_text(rows, column)) == 1;
        memcpy(place, &flag, sizeof flag);
        return true;
    case FIELD_WORD_CHOICE: {
        int found = word_place(field, db_text(rows, column));
        unsigned choice = found > 0 ? (unsigned)found : 0;
        memcpy(place, &choice, sizeof choice);
        return true;
    }
    }
    return false;
}

/* ---- checking ---- */

enum { NAME_BYTES_MAX = 100, OVERLAP_MINUTES_MAX = 366 * 24 * 60 };

static int check_name(struct str name, struct err *err)
{
    bool bad = name.n == 0 || name.n > NAME_BYTES_MAX || !text_is_utf8(name) || str_trim(name).n != name.n;
    for (size_t i = 0; i < name.n; i++)
        bad = bad || (unsigned char)name.p[i] < ' ' || name.p[i] == 0x7F;
    /* Links that were removed have names that begin so. */
    if (bad || name.p[0] == '#')
        return err_set(err, ERR_DATA, N_("“%s” is no name for a link: give it up to %s characters, no blank at its ends and no # in front"), ERR_STR(name),
                       ERR_INT(NAME_BYTES_MAX));
    return OK;
}

int link_options_check(const struct link_options *options, const char **ret_member, struct err *err)
{
    ARENA_AUTO arena = {0};
    struct sales_profile *profile;
    struct db_value value;
    *ret_member = "name";
    int rc = check_name(options->name, err);
    if (rc == OK) {
        *ret_member = "url";
        rc = http_url_check(options->url, err);
    }
    if (rc == OK) {
        *ret_member = "profile";
        rc = link_profile(options, &arena, &profile, err);
    }
    if (rc != OK)
        return rc;
    *ret_member = "overlap_minutes";
    if (options->overlap_minutes < 0 || options->overlap_minutes > OVERLAP_MINUTES_MAX)
        return err_set(err, ERR_DATA, N_("an overlap of %s minutes is not possible: give it from 0 to %s"), ERR_INT(options->overlap_minutes), ERR_INT(OVERLAP_MINUTES_MAX));
    *ret_member = "families";
    for (size_t i = 0; i < options->family_count; i++)
        if (str_trim(options->families[i]).n == 0)
            return err_set(err, ERR_DATA, N_("a family of the link's filter has an empty name: name it, or leave the filter away"));
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        *ret_member = member_of(&fields[i]);
        if (!field_to_value(&fields[i], options, &value))
            return err_set(err, ERR_DATA, N_("the option %s of the link has a value that does not exist: see `liaison link add --help`"), fields[i].column);
    }
    return OK;
}

static int check_options(const struct link_options *options, struct db_value values[FIELD_COUNT], struct err *err)
{
    const char *member;
    int rc = link_options_check(options, &member, err);
    for (size_t i = 0; rc == OK && i < FIELD_COUNT; i++)
        (void)field_to_value(&fields[i], options, &values[i]);
    return rc;
}

static int check_name_free(struct db *db, int64_t company_id, int64_t link_id, struct str name, struct err *err)
{
    static const char SELECT_SAME_NAME[] = "SELECT link_id FROM link WHERE company_id = $1 AND name = $2 AND link_id <> $3";
    int64_t other;
    int rc = db_query_int(db, &other, SELECT_SAME_NAME, err, DB_INT(company_id), DB_STR(name), DB_INT(link_id));
    if (rc == 1)
        return err_set(err, ERR_DATA, N_("there is a link named %s already: choose another name, or edit that one"), ERR_STR(name));
    return rc;
}

int link_profile(const struct link_options *options, struct arena *arena, struct sales_profile **ret, struct err *err)
{
    int rc = sales_profile_builtin_parsed(options->profile, ret, err);
    if (rc != 0)
        return rc < 0 ? rc : OK;
    if (options->profile.n == 0 || !memchr(options->profile.p, '\n', options->profile.n))
        return err_set(err, ERR_DATA, N_("there is no sales profile named “%s” in the program: name tactill-v4, or give a profile file"), ERR_STR(options->profile));
    return sales_profile_parse(arena, options->profile, "profile", ret, err);
}

/* ---- the key ---- */

/* What the sealed key is bound to: moved to another link's row, it does not open. */
static struct str key_bound(char room[64], int64_t company_id, int64_t link_id)
{
    int n = snprintf(room, 64, "link:%lld:%lld", (long long)company_id, (long long)link_id);
    return (struct str){room, (size_t)n};
}

static int key_seal(int64_t company_id, int64_t link_id, struct str key, const struct seal_key *seal_key, const struct random_source *random, struct buf *ret, struct err *err)
{
    char room[64];
    int rc = till_key_check(key, err);
    return rc == OK ? seal(seal_key, key, key_bound(room, company_id, link_id), random, ret, err) : rc;
}

int link_connect_with(const struct sync_environment *environment, struct str url, struct str key, transport_wrap *wrap, void *wrap_context, struct till_client **ret, struct err *err)
{
    struct http_transport transport;
    struct http_client *http;
    int rc = environment->transport(environment->transport_context, &transport, err);
    if (rc == OK) {
        if (wrap)
            wrap(wrap_context, &transport);
        rc = http_client_new(&http, transport, environment->retry, environment->clock, environment->random, err);
    }
    return rc == OK ? till_client_new(ret, url, key, http, err) : rc;
}

int link_connect(const struct sync_environment *environment, const struct link *link, transport_wrap *wrap, void *wrap_context, struct till_client **ret, struct err *err)
{
    static const char SELECT_KEY[] = "SELECT sealed_key FROM link WHERE company_id = $1 AND link_id = $2 AND removed = 0";
    struct buf key = {0};
    char room[64];
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(environment->db, &rows, SELECT_KEY, err, DB_INT(environment->company->id), DB_INT(link->id));
    if (rc == OK)
        rc = db_next(&rows, err);
    if (rc == 0)
        rc = err_set(err, ERR_NOT_FOUND, N_("the link %s was removed: see `liaison link list`"), ERR_STR(link->options.name));
    if (rc > 0)
        rc = seal_open(environment->seal_key, db_bytes(&rows, 0), key_bound(room, environment->company->id, link->id), &key, err);
    db_rows_close(&rows);
    if (rc == OK)
        rc = link_connect_with(environment, link->options.url, buf_str(&key), wrap, wrap_context, ret, err);
    secret_wipe(&key);
    buf_release(&key);
    return rc;
}

/* ---- writing ---- */

static int families_write(struct db *db, int64_t company_id, int64_t link_id, const struct link_options *options, struct err *err)
{
    static const char DELETE_FAMILIES[] = "DELETE FROM link_family WHERE company_id = $1 AND link_id = $2";
    static const char INSERT_FAMILY[] =
        "INSERT INTO link_family (company_id, link_id, family) VALUES ($1, $2, $3) ON CONFLICT (company_id, link_id, family) DO NOTHING";
    int rc = db_exec(db, DELETE_FAMILIES, err, DB_INT(company_id), DB_INT(link_id));
    for (size_t i = 0; rc == OK && i < options->family_count; i++)
        rc = db_exec(db, INSERT_FAMILY, err, DB_INT(company_id), DB_INT(link_id), DB_STR(str_trim(options->families[i])));
    return rc;
}

int link_create(struct db *db, int64_t company_id, const struct link_options *options, struct str key, const struct seal_key *seal_key, const struct random_source *random,
                int64_t *ret_id, struct err *err)
{
    static const char INSERT_LINK[] = "INSERT INTO link (company_id, link_id, sealed_key, " LINK_COLUMNS ") VALUES ($1, $2, $3, " LINK_VALUES ")";
    struct db_value values[FIRST_VALUE + FIELD_COUNT];
    BUF_AUTO sealed = {0};
    int64_t id = 0;
    int rc = check_options(options, values + FIRST_VALUE, err);
    if (rc == OK)
        rc = check_name_free(db, company_id, 0, options->name, err);
    if (rc == OK)
        rc = db_reserve_ids(db, company_id, "link", 1, &id, err);
    if (rc == OK)
        rc = key_seal(company_id, id, key, seal_key, random, &sealed, err);
    if (rc != OK)
        return rc;
    values[0] = DB_INT(company_id);
    values[1] = DB_INT(id);
    values[2] = DB_BLOB(buf_str(&sealed));
    rc = db_exec_(db, INSERT_LINK, values, FIRST_VALUE + FIELD_COUNT, NULL, err);
    if (rc == OK)
        rc = families_write(db, company_id, id, options, err);
    if (rc == OK)
        *ret_id = id;
    return rc;
}

int link_update(struct db *db, int64_t company_id, int64_t link_id, const struct link_options *options, struct str key, const struct seal_key *seal_key,
                const struct random_source *random, struct err *err)
{
    /* Another till, or sales from an earlier date on: what was read so far says nothing about those, so all is read again (identity keeps it from doubling). */
    static const char RESET_CURSORS[] =
        "UPDATE link SET cursor_utc = NULL, changed_cursor_utc = NULL WHERE company_id = $1 AND link_id = $2"
        " AND (url <> $3 OR (since IS NOT NULL AND (CAST($4 AS BIGINT) IS NULL OR since > CAST($4 AS BIGINT))))";
    static const char UPDATE_LINK[] =
        "UPDATE link SET sealed_key = COALESCE($3, sealed_key), (" LINK_COLUMNS ") = (" LINK_VALUES ") WHERE company_id = $1 AND link_id = $2 AND removed = 0";
    struct db_value values[FIRST_VALUE + FIELD_COUNT];
    BUF_AUTO sealed = {0};
    int64_t touched = 0;
    int rc = check_options(options, values + FIRST_VALUE, err);
    if (rc == OK)
        rc = check_name_free(db, company_id, link_id, options->name, err);
    if (rc == OK && key.p)
        rc = key_seal(company_id, link_id, key, seal_key, random, &sealed, err);
    if (rc == OK)
        rc = db_exec(db, RESET_CURSORS, err, DB_INT(company_id), DB_INT(link_id), DB_STR(options->url), options->has_since ? DB_INT(options->since_utc) : DB_NIL);
    if (rc != OK)
        return rc;
    values[0] = DB_INT(company_id);
    values[1] = DB_INT(link_id);
    values[2] = key.p ? DB_BLOB(buf_str(&sealed)) : DB_NIL;
    rc = db_exec_(db, UPDATE_LINK, values, FIRST_VALUE + FIELD_COUNT, &touched, err);
    if (rc == OK && touched == 0)
        return err_set(err, ERR_NOT_FOUND, N_("the link %s was removed: see `liaison link list`"), ERR_STR(options->name));
    return rc == OK ? families_write(db, company_id, link_id, options, err) : rc;
}

int link_remove(struct db *db, int64_t company_id, int64_t link_id, struct err *err)
{
    /* Its name becomes free; a run of it that is going on finds its lease gone and stops. */
    static const char REMOVE_LINK[] =
        "UPDATE link SET removed = 1, sealed_key = $3, name = '#' || CAST(link_id AS TEXT) || ' ' || name, lease_owner = NULL, lease_until_utc = NULL"
        " WHERE company_id = $1 AND link_id = $2 AND removed = 0";
    int64_t touched = 0;
    int rc = db_exec_count(db, REMOVE_LINK, &touched, err, DB_INT(company_id), DB_INT(link_id), DB_BLOB(STR("")));
    if (rc == OK && touched == 0)
        return err_set(err, ERR_NOT_FOUND, N_("there is no link with the number %s: see `liaison link list`"), ERR_INT(link_id));
    return rc;
}

/* ---- reading ---- */

#define SELECT_LINK "SELECT " LINK_COLUMNS ", link_id, cursor_utc FROM link WHERE company_id = $1 AND "

static int link_from_row(struct db_rows *rows, struct arena *arena, struct link *ret, struct err *err)
{
    *ret = (struct link){0};
    for (int i = 0; i < FIELD_COUNT; i++)
        if (!field_from_row(&fields[i], rows, i, arena, &ret->options))
            return err_memory(err);
    ret->id = db_int(rows, FIELD_COUNT);
    ret->has_cursor = !db_is_null(rows, FIELD_COUNT + 1);
    ret->cursor_utc = db_int(rows, FIELD_COUNT + 1);
    return OK;
}

static int families_read(struct db *db, int64_t company_id, struct arena *arena, struct link *link, struct err *err)
{
    static const char SELECT_FAMILIES[] = "SELECT family FROM link_family WHERE company_id = $1 AND link_id = $2 ORDER BY family";
    enum { FAMILIES_MAX = sizeof link->options.families / sizeof link->options.families[0] };
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(db, &rows, SELECT_FAMILIES, err, DB_INT(company_id), DB_INT(link->id));
    while (rc == OK && link->options.family_count < FAMILIES_MAX && (rc = db_next(&rows, err)) == 1) {
        struct str family = arena_copy(arena, db_text(&rows, 0));
        if (!family.p)
            return err_memory(err);
        link->options.families[link->options.family_count++] = family;
        rc = OK;
    }
    return rc;
}

/* 1 = the statement gave a row, which is now in *ret with its families. */
static int link_take_row(struct db *db, int64_t company_id, struct db_rows *rows, struct arena *arena, struct link *ret, struct err *err)
{
    struct link link;
    int rc = db_next(rows, err);
    if (rc != 1)
        return rc;
    rc = link_from_row(rows, arena, &link, err);
    if (rc == OK)
        rc = families_read(db, company_id, arena, &link, err);
    if (rc != OK)
        return rc;
    *ret = link;
    return 1;
}

int link_load(struct db *db, int64_t company_id, struct arena *arena, int64_t link_id, struct link *ret, struct err *err)
{
    static const char SELECT_BY_ID[] = SELECT_LINK "link_id = $2";
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(db, &rows, SELECT_BY_ID, err, DB_INT(company_id), DB_INT(link_id));
    return rc == OK ? link_take_row(db, company_id, &rows, arena, ret, err) : rc;
}

static int refuse_name(struct db *db, int64_t company_id, struct str name, struct err *err)
{
    static const char SELECT_NAMES[] = "SELECT name FROM link WHERE company_id = $1 AND removed = 0 ORDER BY name";
    BUF_AUTO names = {0};
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(db, &rows, SELECT_NAMES, err, DB_INT(company_id));
    while (rc == OK && (rc = db_next(&rows, err)) == 1) {
        buf_append_z(&names, names.n ? ", " : "");
        buf_append(&names, db_text(&rows, 0));
        rc = OK;
    }
    if (rc != OK)
        return rc;
    if (names.n == 0)
        return err_set(err, ERR_NOT_FOUND, N_("there is no link %s, and no other either: `liaison link add` makes one"), ERR_STR(name));
    return err_set(err, ERR_NOT_FOUND, N_("there is no link %s: there is %s"), ERR_STR(name), ERR_STR(buf_str(&names)));
}

int link_open(struct db *db, int64_t company_id, struct arena *arena, struct str name, struct link *ret, struct err *err)
{
    static const char SELECT_BY_NAME[] = SELECT_LINK "name = $2 AND removed = 0";
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(db, &rows, SELECT_BY_NAME, err, DB_INT(company_id), DB_STR(name));
    if (rc == OK)
        rc = link_take_row(db, company_id, &rows, arena, ret, err);
    db_rows_close(&rows);
    if (rc == 0)
        return refuse_name(db, company_id, name, err);
    return rc < 0 ? rc : OK;
}

int link_each(struct db *db, int64_t company_id, link_fn *on_link, void *context, struct err *err)
{
    /* One at a time, by name: the callback may run any statement, this one too. */
    static const char SELECT_NEXT[] = SELECT_LINK "name > $2 AND removed = 0 ORDER BY name LIMIT 1";
    ARENA_AUTO arena = {0};
    struct link link = {.options.name = STR("")};
    for (;;) {
        DB_ROWS_AUTO rows = {0};
        int rc = db_query(db, &rows, SELECT_NEXT, err, DB_INT(company_id), DB_STR(link.options.name));
        if (rc == OK)
            rc = link_take_row(db, company_id, &rows, &arena, &link, err);
        db_rows_close(&rows);
        if (rc != 1)
            return rc;
        rc = on_link(context, &link, err);
        if (rc < 0)
            return rc;
    }
}

struct grid_rules link_grid_rules(const struct link *link)
{
    const struct link_options *options = &link->options;
    return (struct grid_rules){
        .link_id = link->id,
        .orders = options->orders,
        .numbers = options->numbers,
        .unknown_article = options->unknown_article,
        .unknown_customer = options->unknown_customer,
        .refuse_negative_stock = options->refuse_negative_stock,
    };
}
