/* api_books.c: what a person changes in the books: articles and their stock, families, VAT codes, means of payment, customers, what the company says of itself, how documents are numbered. The rules
 * are those of books/; here the members of a body become an edit, and two people do not overwrite each other: a record is compared with If-Match inside the transaction that changes it. */
#include "base/money.h"
#include "server/server_int.h"

enum { CODE_MAX_BYTES = 100, NAME_MAX_BYTES = 200, LABEL_MAX_BYTES = 500, TEXT_MAX_BYTES = 2000 };

/* The record as it is shown, into `out`: 1, 0. */
typedef int show_fn(struct request *request, struct db *db, struct buf *out, struct err *err);

/* Looks, within the transaction, whether the record is still the one that the person saw. OK, or ERR_CANCELLED with *ret_stale: the reply is complete. */
static int still_the_same(struct request *request, struct reply *reply, struct db *db, show_fn *show, bool *ret_stale, struct err *err)
{
    BUF_AUTO current = {0};
    int rc = show(request, db, &current, err);

    *ret_stale = rc >= 0 && !request_matches(request, reply, buf_str(&current));
    if (*ret_stale)
        return err_set(err, ERR_CANCELLED, N_("it was changed meanwhile"));
    return rc < 0 ? rc : OK;
}

static int show_changed(struct request *request, struct reply *reply, show_fn *show, struct err *err)
{
    int rc = show(request, request->db, &reply->body, err);

    if (rc > 0)
        reply_tag(request, reply);
    return rc < 0 ? rc : OK;
}

static struct str location_of(struct request *request, const char *path, struct str name)
{
    BUF_AUTO text = {0};

    buf_append_z(&text, path);
    http_append_encoded(&text, name);
    return buf_failed(&text) ? STR_NULL : arena_copy(request->arena, buf_str(&text));
}

/* ---- articles ---- */

struct article_change { struct request *request; struct reply *reply; struct article_edit edit; bool create, stale; };

static int find_article(struct request *request, struct db *db, struct str code, struct article *ret, struct err *err)
{
    int found = article_find_by_code(db, request->company->id, request->arena, code, ret, err);

    if (found == 0)
        return err_set(err, ERR_NOT_FOUND, N_("there is no article %s"), ERR_STR(code));
    return found < 0 ? found : OK;
}

static int show_article_of(struct request *request, struct db *db, struct str code, struct buf *out, struct err *err)
{
    struct article article;
    int rc = find_article(request, db, code, &article, err);

    return rc == OK ? report_record_json(db, request->company->id, report_record_by_name("article"), article.id, out, err) : rc;
}

static int show_article(struct request *request, struct db *db, struct buf *out, struct err *err)
{
    return show_article_of(request, db, request->args[0], out, err);
}

int api_article_show(struct request *request, struct reply *reply, struct err *err)
{
    return show_changed(request, reply, show_article, err);
}

/* Absent stays, null takes away. */
static struct figure_edit figure_of(struct input *input, const char *name)
{
    struct figure_edit edit = {.what = input_has(input, name) ? FIGURE_SET : FIGURE_KEEP};

    edit.value = input_int(input, name, false, 0, MONEY_MAX, -1);
    if (edit.what == FIGURE_SET && edit.value < 0)
        edit.what = FIGURE_NONE;
    return edit;
}

static struct str text_of_edit(struct input *input, const char *name, size_t max_bytes)
{
    struct str text = input_text(input, name, false, max_bytes);

    return text.p || !input_has(input, name) ? text : STR("");
}

static enum flag_edit flag_of(struct input *input, const char *name)
{
    return !input_has(input, name) ? FLAG_KEEP : input_bool(input, name, false) ? FLAG_YES : FLAG_NO;
}

static void read_article(struct input *input, struct article_edit *edit)
{
    edit->label = input_text(input, "label", false, LABEL_MAX_BYTES);
    edit->tax = input_text(input, "tax", false, CODE_MAX_BYTES);
    edit->family = text_of_edit(input, "family", NAME_MAX_BYTES);
    edit->barcode = text_of_edit(input, "barcode", CODE_MAX_BYTES);
    edit->unit = text_of_edit(input, "unit", CODE_MAX_BYTES);
    edit->price_e4 = figure_of(input, "price_e4");
    edit->buy_price_e4 = figure_of(input, "buy_price_e4");
    edit->weight_milli = figure_of(input, "weight_milli");
    edit->stock_managed = flag_of(input, "stock_managed");
    edit->archived = flag_of(input, "archived");
}

static int change_article(struct db *db, void *context, struct err *err)
{
    struct article_change *change = context;
    struct request *request = change->request;
    enum article_outcome outcome;
    struct article article;
    int rc = OK;

    if (change->create) {
        rc = article_find_by_code(db, request->company->id, request->arena, change->edit.code, &article, err);
        if (rc > 0)
            return err_set(err, ERR_DATA, N_("there is an article %s already: change that one, or choose another code"), ERR_STR(change->edit.code));
    } else
        rc = still_the_same(request, change->reply, db, show_article, &change->stale, err);
    return rc == OK ? article_edit_apply(db, request->company->id, request->arena, &change->edit, request->now_utc, &outcome, err) : rc;
}

int api_article_create(struct request *request, struct reply *reply, struct err *err)
{
    struct input *input = input_open(request, request->body, "");
    struct article_change change = {.request = request, .reply = reply, .create = true, .edit = {.code = str_trim(input_text(input, "code", true, CODE_MAX_BYTES))}};

    read_article(input, &change.edit);
    int rc = input_end(input, reply);
    if (rc == OK)
        rc = db_transact(request->db, change_article, &change, err);
    if (rc != OK)
        return rc;
    reply->status = 201;
    reply->location = location_of(request, "/api/v1/articles/", change.edit.code);
    rc = show_article_of(request, request->db, change.edit.code, &reply->body, err);
    return rc < 0 ? rc : OK;
}

int api_article_update(struct request *request, struct reply *reply, struct err *err)
{
    struct input *input = input_open(request, request->body, "");
    struct article_change change = {.request = request, .reply = reply, .edit = {.code = request->args[0]}};
    struct str code = input_text(input, "code", false, CODE_MAX_BYTES);

    if (code.p && !str_equal(code, request->args[0]))
        input_refuse(input, "code", N_("the code of an article stays as it is: documents and the till know it by that"));
    read_article(input, &change.edit);
    int rc = input_end(input, reply);
    if (rc == OK)
        rc = db_transact(request->db, change_article, &change, err);
    if (rc != OK)
        return change.stale ? REPLIED : rc;
    return show_changed(request, reply, show_article, err);
}

static int count_stock(struct db *db, void *context, struct err *err)
{
    const struct article_change *change = context;
    struct request *request = change->request;
    struct article article;
    int rc = find_article(request, db, request->args[0], &article, err);

    return rc == OK ? stock_count_set(db, request->company->id, article.id, change->edit.stock_milli.value, request->now_utc, err) : rc;
}

int api_article_stock(struct request *request, struct reply *reply, struct err *err)
{
    struct input *input = input_open(request, request->body, "");
    struct article_change change = {.request = request};

    change.edit.stock_milli.value = input_int(input, "quantity_milli", true, -MONEY_MAX, MONEY_MAX, 0);
    int rc = input_end(input, reply);
    if (rc == OK)
        rc = db_transact(request->db, count_stock, &change, err);
    return rc == OK ? show_changed(request, reply, show_article, err) : rc;
}

/* ---- families, VAT codes, means ---- */

struct small_record { struct request *request; struct str code, label; int64_t rate_bp, id; };

static int create_family(struct db *db, void *context, struct err *err)
{
    static const char FIND[] = "SELECT family_id FROM family WHERE company_id = $1 AND name = $2";
    struct small_record *record = context;
    int64_t company_id = record->request->company->id;
    int found = db_query_int(db, &record->id, FIND, err, DB_INT(company_id), DB_STR(record->code));

    if (found > 0)
        return err_set(err, ERR_DATA, N_("there is a family %s already"), ERR_STR(record->code));
    return found < 0 ? found : family_find_or_create(db, company_id, record->code, &record->id, err);
}

static int create_tax(struct db *db, void *context, struct err *err)
{
    struct small_record *record = context;

    return tax_create(db, record->request->company->id, record->code, record->label, record->rate_bp, &record->id, err);
}

static int create_means(struct db *db, void *context, struct err *err)
{
    struct small_record *record = context;

    return means_create(db, record->request->company->id, record->code, record->label, &record->id, err);
}

static int create_small(struct small_record *record, db_body *body, struct reply *reply, struct json_out *json, struct err *err)
{
    int rc = db_transact(record->request->db, body, record, err);

    if (rc == OK) {
        reply->status = 201;
        *json = (struct json_out){.buf = &reply->body};
        json_begin_object(json);
    }
    return rc;
}

int api_family_create(struct request *request, struct reply *reply, struct err *err)
{
    struct input *input = input_open(request, request->body, "");
    struct small_record record = {.request = request, .code = str_trim(input_text(input, "name", true, NAME_MAX_BYTES))};
    struct json_out json;
    int rc = input_end(input, reply);

    if (rc == OK)
        rc = create_small(&record, create_family, reply, &json, err);
    if (rc != OK)
        return rc;
    json_member_str(&json, "name", record.code);
    json_end_object(&json);
    return OK;
}

int api_tax_create(struct request *request, struct reply *reply, struct err *err)
{
    struct input *input = input_open(request, request->body, "");
    struct small_record record = {.request = request, .code = str_trim(input_text(input, "code", true, CODE_MAX_BYTES)), .label = input_text(input, "label", false, LABEL_MAX_BYTES)};
    struct json_out json;

    record.rate_bp = input_int(input, "rate_bp", true, 0, 10000, 0);
    int rc = input_end(input, reply);
    if (!record.label.n)
        record.label = record.code;
    if (rc == OK)
        rc = create_small(&record, create_tax, reply, &json, err);
    if (rc != OK)
        return rc;
    json_member_str(&json, "code", record.code);
    json_member_str(&json, "label", record.label);
    json_member_int(&json, "rate_bp", record.rate_bp);
    json_end_object(&json);
    return OK;
}

int api_means_create(struct request *request, struct reply *reply, struct err *err)
{
    struct input *input = input_open(request, request->body, "");
    struct small_record record = {.request = request, .code = str_trim(input_text(input, "code", true, CODE_MAX_BYTES)), .label = input_text(input, "label", true, LABEL_MAX_BYTES)};
    struct json_out json;
    int rc = input_end(input, reply);

    if (rc == OK)
        rc = create_small(&record, create_means, reply, &json, err);
    if (rc != OK)
        return rc;
    json_member_str(&json, "code", record.code);
    json_member_str(&json, "label", record.label);
    json_end_object(&json);
    return OK;
}

/* ---- customers ---- */

struct customer_change { struct request *request; struct reply *reply; struct input *input; struct sale_customer data; int64_t id; bool stale; };

static int find_customer(struct request *request, struct db *db, int64_t *ret_id, struct err *err)
{
    int found = customer_find_by_code(db, request->company->id, request->args[0], ret_id, err);

    if (found == 0)
        return err_set(err, ERR_NOT_FOUND, N_("there is no customer %s"), ERR_STR(request->args[0]));
    return found < 0 ? found : OK;
}

static int show_customer(struct request *request, struct db *db, struct buf *out, struct err *err)
{
    int64_t id = 0;
    int rc = find_customer(request, db, &id, err);

    return rc == OK ? report_record_json(db, request->company->id, report_record_by_name("customer"), id, out, err) : rc;
}

int api_customer_show(struct request *request, struct reply *reply, struct err *err)
{
    return show_changed(request, reply, show_customer, err);
}

/* What is named in the body takes the place of what stands there. */
static void read_customer(struct input *input, struct sale_customer *data)
{
    const struct { const char *name; struct str *field; } members[] = {
        {"company_name", &data->company_name}, {"last_name", &data->last_name}, {"first_name", &data->first_name}, {"email", &data->email}, {"phone", &data->phone},
        {"address", &data->address}, {"postcode", &data->postcode}, {"town", &data->town}, {"country", &data->country}, {"vat_number", &data->vat_number}, {"siren", &data->siren}};

    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (input_has(input, members[i].name))
            *members[i].field = input_text(input, members[i].name, false, LABEL_MAX_BYTES);
}

static int create_customer(struct db *db, void *context, struct err *err)
{
    struct customer_change *change = context;

    return customer_create(db, change->request->company->id, change->data.code, &change->data, &change->id, err);
}

int api_customer_create(struct request *request, struct reply *reply, struct err *err)
{
    struct customer_change change = {.request = request, .reply = reply, .input = input_open(request, request->body, "")};
    struct sale_customer created = {0};

    change.data.code = str_trim(input_text(change.input, "code", false, CODE_MAX_BYTES));
    read_customer(change.input, &change.data);
    if (!str_trim(change.data.company_name).n && !str_trim(change.data.last_name).n && !str_trim(change.data.first_name).n)
        input_refuse(change.input, "company_name", N_("a customer needs a name: company_name, last_name or first_name"));
    int rc = input_end(change.input, reply);
    if (rc == OK)
        rc = db_transact(request->db, create_customer, &change, err);
    if (rc == OK)
        rc = customer_get(request->db, request->company->id, change.id, request->arena, &created, err);
    if (rc != 1)
        return rc;
    reply->status = 201;
    reply->location = location_of(request, "/api/v1/customers/", created.code);
    rc = report_record_json(request->db, request->company->id, report_record_by_name("customer"), change.id, &reply->body, err);
    return rc < 0 ? rc : OK;
}

static int update_customer(struct db *db, void *context, struct err *err)
{
    struct customer_change *change = context;
    struct request *request = change->request;
    int64_t id = 0;
    int rc = find_customer(request, db, &id, err);

    if (rc == OK)
        rc = still_the_same(request, change->reply, db, show_customer, &change->stale, err);
    if (rc == OK)
        rc = customer_get(db, request->company->id, id, request->arena, &change->data, err);
    if (rc != 1)
        return rc;
    read_customer(change->input, &change->data);
    return customer_update(db, request->company->id, id, &change->data, err);
}

int api_customer_update(struct request *request, struct reply *reply, struct err *err)
{
    struct customer_change change = {.request = request, .reply = reply, .input = input_open(request, request->body, "")};
    struct str code = input_text(change.input, "code", false, CODE_MAX_BYTES);

    if (code.p && !str_equal(code, request->args[0]))
        input_refuse(change.input, "code", N_("the code of a customer stays as it is"));
    read_customer(change.input, &change.data);
    int rc = input_end(change.input, reply);
    if (rc == OK)
        rc = db_transact(request->db, update_customer, &change, err);
    if (rc != OK)
        return change.stale ? REPLIED : rc;
    return show_changed(request, reply, show_customer, err);
}

/* ---- the company ---- */

static int show_company(struct request *request, struct db *db, struct buf *out, struct err *err)
{
    static const char SELECT_COMPANY[] = "SELECT name, siren, timezone, cutoff_minutes, closed_until FROM company WHERE company_id = $1";
    struct json_out json = {.buf = out};
    struct str details[COMPANY_DETAILS];
    DB_ROWS_AUTO rows = {0};
    int rc = company_details(db, request->company->id, request->arena, details, err);

    if (rc == OK)
        rc = db_query(db, &rows, SELECT_COMPANY, err, DB_INT(request->company->id));
    if (rc == OK)
        rc = db_next(&rows, err);
    if (rc <= 0)
        return rc;
    json_begin_object(&json);
    json_member_str(&json, "name", db_text(&rows, 0));
    json_member_str(&json, "siren", db_text(&rows, 1));
    json_member_str(&json, "timezone", db_text(&rows, 2));
    json_member_int(&json, "cutoff_minutes", db_int(&rows, 3));
    json_member_day(&json, "closed_until", !db_is_null(&rows, 4), (int32_t)db_int(&rows, 4));
    report_put_company_details(&json, details);
    json_end_object(&json);
    return buf_failed(out) ? err_memory(err) : 1;
}

int api_company_show(struct request *request, struct reply *reply, struct err *err)
{
    return show_changed(request, reply, show_company, err);
}

struct company_change {
    struct request *request;
    struct reply *reply;
    struct str name, siren, timezone;
    int64_t cutoff;                /* -1: stays */
    bool closes, has_day, stale;
    int32_t day;
    struct str details[COMPANY_DETAILS]; /* absent: stays */
};

/* As company_set_detail takes it; absent when it is not named. */
static struct str read_detail(struct input *input, struct arena *arena, const struct company_detail_kind *kind)
{
    if (!input_has(input, kind->name))
        return STR_NULL;
    if (kind->type == DETAIL_TEXT)
        return text_of_edit(input, kind->name, TEXT_MAX_BYTES);
    if (kind->type == DETAIL_TRUTH)
        return input_bool(input, kind->name, false) ? STR("1") : STR("");
    if (kind->type == DETAIL_WORD)
        return str_from(kind->words[input_choice(input, kind->name, kind->words, 0)]);
    int64_t cents = input_int(input, kind->name, false, 0, MONEY_MAX, -1);
    return cents < 0 ? STR("") : arena_format(arena, "%lld", (long long)cents);
}

static void read_company(struct input *input, struct company_change *change)
{
    struct request *request = change->request;

    change->name = input_text(input, "name", false, LABEL_MAX_BYTES);
    if (change->name.p && request->server->options->company.n && !str_equal(str_trim(change->name), request->company->name))
        input_refuse(input, "name", N_("this server was started for the company by its name: start it again without --company to change it"));
    change->siren = text_of_edit(input, "siren", CODE_MAX_BYTES);
    change->timezone = input_text(input, "timezone", false, CODE_MAX_BYTES);
    change->cutoff = input_int(input, "cutoff_minutes", false, 0, 24 * 60 - 1, -1);
    change->closes = input_has(input, "closed_until");
    change->has_day = input_day(input, "closed_until", false, &change->day);
    for (int i = 0; i < COMPANY_DETAILS; i++)
        change->details[i] = read_detail(input, request->arena, &company_detail_kinds[i]);
}

static int change_company(struct db *db, void *context, struct err *err)
{
    struct company_change *change = context;
    struct request *request = change->request;
    int64_t company_id = request->company->id;
    int rc = still_the_same(request, change->reply, db, show_company, &change->stale, err);

    if (rc == OK)
        rc = company_set_identity(db, company_id, change->name, change->siren, change->timezone, err);
    if (rc == OK && change->cutoff >= 0)
        rc = company_set_cutoff(db, company_id, (int)change->cutoff, err);
    if (rc == OK && change->closes)
        rc = company_set_closed_until(db, company_id, change->has_day ? &change->day : NULL, err);
    for (int i = 0; rc == OK && i < COMPANY_DETAILS; i++)
        if (change->details[i].p)
            rc = company_set_detail(db, company_id, str_from(company_detail_kinds[i].name), change->details[i], err);
    return rc;
}

int api_company_update(struct request *request, struct reply *reply, struct err *err)
{
    struct input *input = input_open(request, request->body, "");
    struct company_change change = {.request = request, .reply = reply};

    read_company(input, &change);
    int rc = input_end(input, reply);
    if (rc == OK)
        rc = db_transact(request->db, change_company, &change, err);
    if (rc != OK)
        return change.stale ? REPLIED : rc;
    atomic_fetch_add(&request->server->company_version, 1);
    return show_changed(request, reply, show_company, err);
}

/* ---- numbering ---- */

enum { KINDS = 3 };
static const char *const kinds[KINDS + 1] = {"invoice", "order", "credit_note", NULL};

static int show_numbering(struct request *request, struct db *db, struct buf *out, struct err *err)
{
    struct json_out json = {.buf = out};
    int rc = OK;

    json_begin_object(&json);
    json_key(&json, "items");
    json_begin_array(&json);
    for (int kind = 0; rc == OK && kind < KINDS; kind++) {
        struct sequence sequence = {0};
        rc = sequence_get(db, request->company->id, (enum document_kind)kind, request->arena, &sequence, err);
        json_begin_object(&json);
        json_member_str(&json, "kind", str_from(document_kind_names[kind]));
        json_member_str(&json, "prefix", sequence.prefix);
        json_member_int(&json, "digits", sequence.digits);
        json_member_int(&json, "next_number", sequence.next_number);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_end_object(&json);
    return rc == OK ? 1 : rc;
}

int api_numbering_show(struct request *request, struct reply *reply, struct err *err)
{
    return show_changed(request, reply, show_numbering, err);
}

struct numbering_edit { bool given; struct str prefix; int64_t digits, next_number; };
struct numbering_change { struct request *request; struct reply *reply; struct numbering_edit edits[KINDS]; bool stale; };

static int change_sequence(struct db *db, struct request *request, enum document_kind kind, const struct numbering_edit *edit, struct err *err)
{
    struct sequence sequence;
    int rc = sequence_get(db, request->company->id, kind, request->arena, &sequence, err);

    if (rc != OK)
        return rc;
    /* Another series begins with 1 unless something else is said. */
    if (edit->prefix.p && !str_equal(edit->prefix, sequence.prefix)) {
        sequence.prefix = edit->prefix;
        sequence.next_number = 1;
    }
    if (edit->digits)
        sequence.digits = edit->digits;
    if (edit->next_number)
        sequence.next_number = edit->next_number;
    return sequence_set(db, request->company->id, kind, &sequence, err);
}

static int change_numbering(struct db *db, void *context, struct err *err)
{
    struct numbering_change *change = context;
    int rc = still_the_same(change->request, change->reply, db, show_numbering, &change->stale, err);

    for (int kind = 0; rc == OK && kind < KINDS; kind++)
        if (change->edits[kind].given)
            rc = change_sequence(db, change->request, (enum document_kind)kind, &change->edits[kind], err);
    return rc;
}

/* OK, or REPLIED. */
static int read_sequence(struct request *request, struct reply *reply, const struct json *item, size_t place, struct numbering_change *change)
{
    struct str pointer = arena_format(request->arena, "/items/%zu", place);
    struct input *input = input_open(request, item, pointer.p ? pointer.p : "");
    int kind = input_choice(input, "kind", kinds, -1);
    struct numbering_edit edit = {.given = true, .prefix = text_of_edit(input, "prefix", CODE_MAX_BYTES), .digits = input_int(input, "digits", false, 1, 12, 0),
                                  .next_number = input_int(input, "next_number", false, 1, MONEY_MAX, 0)};
    int rc = input_end(input, reply);

    if (rc == OK && kind >= 0)
        change->edits[kind] = edit;
    return rc;
}

int api_numbering_update(struct request *request, struct reply *reply, struct err *err)
{
    struct input *input = input_open(request, request->body, "");
    struct numbering_change change = {.request = request, .reply = reply};
    const struct json *items = input_array(input, "items", true, KINDS);
    size_t place = 0;
    int rc = input_end(input, reply);

    for (const struct json *item = items ? items->first : NULL; rc == OK && item; item = item->next)
        rc = read_sequence(request, reply, item, place++, &change);
    if (rc == OK)
        rc = db_transact(request->db, change_numbering, &change, err);
    if (rc != OK)
        return change.stale ? REPLIED : rc;
    return show_changed(request, reply, show_numbering, err);
}
