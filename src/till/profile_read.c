/* profile_read.c: follows a sales profile through one record of the till and makes the neutral sale of it. Used by sync through till/till.h.
 * What cannot be read becomes a fault of that sale, with its path and what stood there, and everything else is read all the same: one bad value
 * must neither stop the other sales nor hide in this one. No name of a till's member stands in this file. */
#include <assert.h>
#include <string.h>

#include "base/money.h"
#include "till/till_int.h"

enum { RATE_MAX_BP = 10000 };
/* Tills that add floats write sums such as 10.649999999999999. So many decimals are noise; fewer were meant. */
enum { NOISE_DECIMALS = 6 };

struct reading {
    const struct sales_profile *profile;
    struct arena *arena;
    struct sale *sale;
    size_t fault_room;
    bool out_of_memory;
};

/* An object and its own path, with the point that comes behind it: "lines[0]." */
struct place {
    const struct json *object;
    struct str prefix;
};
enum need { OPTIONAL, REQUIRED };

/* ---- faults ---- */

static struct str copy_text(struct reading *reading, struct str text)
{
    struct str copy = arena_copy(reading->arena, text);

    reading->out_of_memory = reading->out_of_memory || (copy.p == NULL && text.p != NULL);
    return copy;
}

static struct str shown(const struct json *value)
{
    if (value == NULL)
        return STR("");
    switch (value->type) {
    case JSON_NULL:
        return STR("null");
    case JSON_FALSE:
        return STR("false");
    case JSON_TRUE:
        return STR("true");
    case JSON_ARRAY:
    case JSON_OBJECT:
        return value->raw;
    default:
        return value->text;
    }
}

static struct sale_fault *fault_slot(struct reading *reading)
{
    struct sale *sale = reading->sale;

    if (sale->fault_count == reading->fault_room) {
        size_t room = reading->fault_room == 0 ? 4 : 2 * reading->fault_room;
        struct sale_fault *faults = arena_array(reading->arena, room, sizeof(*faults));

        if (faults == NULL)
            return NULL;
        if (sale->fault_count > 0)
            memcpy(faults, sale->faults, sale->fault_count * sizeof(*faults));
        sale->faults = faults;
        reading->fault_room = room;
    }
    return &sale->faults[sale->fault_count];
}

static void fault(struct reading *reading, const struct place *place, struct str path, const struct json *value, const char *reason)
{
    struct sale_fault *slot = fault_slot(reading);
    struct excerpt excerpt = excerpt_of(shown(value), STR_NULL);

    if (slot == NULL) {
        reading->out_of_memory = true;
        return;
    }
    slot->path = arena_format(reading->arena, "%.*s%.*s", STR_ARG(place->prefix), STR_ARG(path));
    slot->text = copy_text(reading, str_from(excerpt.text));
    slot->reason = reason;
    reading->out_of_memory = reading->out_of_memory || slot->path.p == NULL;
    reading->sale->fault_count++;
}

/* The value at a path that the profile may name or not; a fault when it is required and not there. */
static const struct json *value_at(struct reading *reading, const struct place *place, struct str path, enum need need)
{
    if (path.n == 0)
        return NULL;
    const struct json *value = json_present(place->object, path);
    if (value == NULL && need == REQUIRED)
        fault(reading, place, path, json_get_path(place->object, path), N_("this value is missing"));
    return value;
}

/* ---- single values ---- */

static struct str read_text(struct reading *reading, const struct place *place, struct str path, enum need need)
{
    const struct json *value = value_at(reading, place, path, need);
    struct str text = json_identity(value);

    if (value != NULL && text.p == NULL)
        fault(reading, place, path, value, N_("this is not a text"));
    return copy_text(reading, text);
}

static bool read_bool(struct reading *reading, const struct place *place, struct str path)
{
    const struct json *value = value_at(reading, place, path, OPTIONAL);

    if (value != NULL && !json_is(value, JSON_TRUE) && !json_is(value, JSON_FALSE))
        fault(reading, place, path, value, N_("this is neither true nor false"));
    return json_is(value, JSON_TRUE);
}

static bool read_instant(struct reading *reading, const struct place *place, struct str path, enum need need, int64_t *ret_utc)
{
    const struct json *value = value_at(reading, place, path, need);

    if (value == NULL)
        return false;
    if (json_is(value, JSON_STRING) && instant_parse(value->text, ret_utc))
        return true;
    fault(reading, place, path, value, N_("this is not a possible date and time"));
    return false;
}

static enum decimal_result parse_number(struct str digits, int places, int64_t *ret)
{
    int64_t rough;
    enum decimal_result result = decimal_parse(digits, places, ret);

    if (result == DECIMAL_TOO_PRECISE && decimal_parse(digits, NOISE_DECIMALS, &rough) == DECIMAL_TOO_PRECISE)
        return decimal_parse_rounded(digits, places, ret);
    return result;
}

/* A number as 10^-places of the profile's unit; 0 when it is absent or cannot be read. */
static bool read_number(struct reading *reading, const struct place *place, struct str path, int places, enum need need, int64_t *ret)
{
    const struct json *value = value_at(reading, place, path, need);

    if (value == NULL)
        return false;
    bool is_number = json_is(value, JSON_NUMBER) || (reading->profile->money == MONEY_TEXT && json_is(value, JSON_STRING));
    switch (is_number ? parse_number(value->text, places, ret) : DECIMAL_NOT_A_NUMBER) {
    case DECIMAL_OK:
        return true;
    case DECIMAL_NOT_A_NUMBER:
        fault(reading, place, path, value, N_("this is not a number"));
        break;
    case DECIMAL_TOO_PRECISE:
        fault(reading, place, path, value, N_("this number has more decimals than such a value can have"));
        break;
    case DECIMAL_TOO_LARGE:
        fault(reading, place, path, value, N_("this number is too large"));
        break;
    }
    return false;
}

static int64_t read_amount(struct reading *reading, const struct place *place, struct str path, enum need need)
{
    int64_t cents = 0;

    read_number(reading, place, path, reading->profile->money == MONEY_CENTS ? 0 : 2, need, &cents);
    return cents;
}

/* A unit price has two places more than an amount, in cents too ("7.5" cents each). */
static int64_t read_unit_price(struct reading *reading, const struct place *place, struct str path)
{
    int64_t price_e4 = 0;

    read_number(reading, place, path, reading->profile->money == MONEY_CENTS ? 2 : 4, REQUIRED, &price_e4);
    return price_e4;
}

static int64_t read_quantity(struct reading *reading, const struct place *place, struct str path)
{
    int64_t quantity_milli = 0;

    read_number(reading, place, path, reading->profile->quantity == QUANTITY_THOUSANDTHS ? 0 : 3, REQUIRED, &quantity_milli);
    return quantity_milli;
}

static bool read_rate(struct reading *reading, const struct place *place, struct str path, enum need need, int64_t *ret_bp)
{
    static const int places[] = {[RATE_PERCENT] = 2, [RATE_BASIS_POINTS] = 0, [RATE_FRACTION] = 4};
    int64_t rate_bp = 0;

    if (!read_number(reading, place, path, places[reading->profile->rate], need, &rate_bp))
        return false;
    if (rate_bp < 0 || rate_bp > RATE_MAX_BP) {
        fault(reading, place, path, json_present(place->object, path), N_("this is not a possible rate of VAT"));
        return false;
    }
    *ret_bp = rate_bp;
    return true;
}

/* ---- lists ---- */

/* The list at a path (NULL when there is none); *ret_array has room for one element more than it holds. */
static const struct json *read_list(struct reading *reading, const struct place *place, struct str path, enum need need, size_t element_size, void *ret_array)
{
    const struct json *list = value_at(reading, place, path, need);

    if (list != NULL && !json_is(list, JSON_ARRAY)) {
        fault(reading, place, path, list, N_("this is not a list"));
        list = NULL;
    }
    void *array = arena_array(reading->arena, list == NULL ? 1 : list->count + 1, element_size);
    if (array == NULL) {
        reading->out_of_memory = true;
        return NULL;
    }
    memcpy(ret_array, &array, sizeof(array));
    return list;
}

/* An element of a list as a place of its own; false, with a fault, when it is no record. */
static bool enter(struct reading *reading, const struct place *outer, struct str path, const struct json *element, size_t index, struct place *ret)
{
    ret->object = element;
    ret->prefix = arena_format(reading->arena, "%.*s%.*s[%zu].", STR_ARG(outer->prefix), STR_ARG(path), index);
    if (ret->prefix.p == NULL) {
        reading->out_of_memory = true;
        return false;
    }
    if (json_is(element, JSON_OBJECT))
        return true;
    ret->prefix.n--; /* the fault is the element's own */
    fault(reading, ret, STR_NULL, element, N_("this is not a record"));
    return false;
}

/* "lait d'avoine (+0.50), sans sucre". */
static struct str read_options(struct reading *reading, const struct place *line)
{
    const struct sales_profile *profile = reading->profile;
    struct json **unused;
    const struct json *list = read_list(reading, line, profile->line_options, OPTIONAL, sizeof(*unused), &unused);
    size_t index = 0;
    BUF_AUTO text = {0};

    for (const struct json *one = list == NULL ? NULL : list->first; one != NULL; one = one->next, index++) {
        struct place option;

        if (!enter(reading, line, profile->line_options, one, index, &option))
            continue;
        struct str name = read_text(reading, &option, profile->option_name, OPTIONAL);
        int64_t price_cents = read_amount(reading, &option, profile->option_price, OPTIONAL);
        if (text.n > 0)
            buf_append_z(&text, ", ");
        buf_append(&text, name);
        if (price_cents != 0) {
            buf_append_z(&text, price_cents > 0 ? " (+" : " (");
            decimal_append(&text, price_cents, 2, 2);
            buf_append_char(&text, ')');
        }
    }
    reading->out_of_memory = reading->out_of_memory || buf_failed(&text);
    return text.n == 0 ? STR_NULL : copy_text(reading, buf_str(&text));
}

static void read_line(struct reading *reading, const struct place *place, struct sale_line *line)
{
    const struct sales_profile *profile = reading->profile;

    line->article_id = read_text(reading, place, profile->line_article_id, OPTIONAL);
    line->declination_id = read_text(reading, place, profile->line_declination_id, OPTIONAL);
    line->reference = read_text(reading, place, profile->line_reference, OPTIONAL);
    line->label = read_text(reading, place, profile->line_label, REQUIRED);
    line->category = read_text(reading, place, profile->line_category, OPTIONAL);
    line->unit = read_text(reading, place, profile->line_unit, OPTIONAL);
    line->options = read_options(reading, place);
    line->quantity_milli = read_quantity(reading, place, profile->line_quantity);
    line->unit_price_e4 = read_unit_price(reading, place, profile->line_unit_price);
    line->discount_cents = read_amount(reading, place, profile->line_discount, OPTIONAL);
    line->total_cents = read_amount(reading, place, profile->line_total, REQUIRED);
    line->has_rate = read_rate(reading, place, profile->line_rate, OPTIONAL, &line->rate_bp);
}

static void read_lines(struct reading *reading, const struct place *root)
{
    struct str path = reading->profile->lines;
    struct sale *sale = reading->sale;
    const struct json *list = read_list(reading, root, path, REQUIRED, sizeof(*sale->lines), &sale->lines);
    size_t index = 0;

    for (const struct json *one = list == NULL ? NULL : list->first; one != NULL; one = one->next, index++) {
        struct place place;

        if (enter(reading, root, path, one, index, &place))
            read_line(reading, &place, &sale->lines[sale->line_count++]);
    }
}

static void read_taxes(struct reading *reading, const struct place *root)
{
    struct str path = reading->profile->taxes;
    struct sale *sale = reading->sale;
    const struct json *list = read_list(reading, root, path, OPTIONAL, sizeof(*sale->taxes), &sale->taxes);
    size_t index = 0;

    for (const struct json *one = list == NULL ? NULL : list->first; one != NULL; one = one->next, index++) {
        struct place place;

        if (!enter(reading, root, path, one, index, &place))
            continue;
        struct sale_tax *tax = &sale->taxes[sale->tax_count++];
        read_rate(reading, &place, reading->profile->tax_rate, REQUIRED, &tax->rate_bp);
        tax->tax_cents = read_amount(reading, &place, reading->profile->tax_amount, REQUIRED);
    }
}

/* ---- payments ---- */

static bool payment_id_taken(const struct sale *sale, struct str id)
{
    for (size_t i = 0; i < sale->payment_count; i++) {
        if (str_equal(sale->payments[i].id, id))
            return true;
    }
    return false;
}

/* The till's own identity; else one made of the sale's and the place, which stays the same each time the sale is read. */
static struct str read_payment_id(struct reading *reading, const struct place *place, size_t index)
{
    struct str path = reading->profile->payment_id;
    struct str id = read_text(reading, place, path, OPTIONAL);
    bool twice = id.n > 0 && payment_id_taken(reading->sale, id);

    if (twice)
        fault(reading, place, path, json_present(place->object, path), N_("this identity stands on two payments of the sale"));
    if (id.n > 0 && !twice)
        return id;
    id = arena_format(reading->arena, "%.*s#%zu", STR_ARG(reading->sale->id), index + 1);
    reading->out_of_memory = reading->out_of_memory || id.p == NULL;
    return id;
}

static void read_payment(struct reading *reading, const struct place *place, size_t index)
{
    const struct sales_profile *profile = reading->profile;
    struct sale *sale = reading->sale;
    struct sale_payment payment = {
        .id = read_payment_id(reading, place, index),
        .type = read_text(reading, place, profile->payment_type, REQUIRED),
        .label = read_text(reading, place, profile->payment_label, OPTIONAL),
        .amount_cents = read_amount(reading, place, profile->payment_amount, REQUIRED),
    };

    payment.has_paid_utc = read_instant(reading, place, profile->payment_paid_at, OPTIONAL, &payment.paid_utc);
    sale->payments[sale->payment_count++] = payment;
}

/* Change that has a field of its own becomes what the neutral sale knows: a negative payment in cash. */
static void read_change(struct reading *reading, const struct place *root)
{
    const struct sales_profile *profile = reading->profile;
    struct sale *sale = reading->sale;
    int64_t change_cents = read_amount(reading, root, profile->change_amount, OPTIONAL);

    if (change_cents == 0)
        return;
    struct sale_payment payment = {
        .id = arena_format(reading->arena, "%.*s#change", STR_ARG(sale->id)),
        .type = copy_text(reading, profile->change_type),
        .amount_cents = change_cents > 0 ? -change_cents : change_cents,
    };
    reading->out_of_memory = reading->out_of_memory || payment.id.p == NULL;
    sale->payments[sale->payment_count++] = payment;
}

static void read_payments(struct reading *reading, const struct place *root)
{
    struct str path = reading->profile->payments;
    struct sale *sale = reading->sale;
    const struct json *list = read_list(reading, root, path, REQUIRED, sizeof(*sale->payments), &sale->payments);
    size_t index = 0;

    for (const struct json *one = list == NULL ? NULL : list->first; one != NULL; one = one->next, index++) {
        struct place place;

        if (enter(reading, root, path, one, index, &place))
            read_payment(reading, &place, index);
    }
    if (reading->profile->change == CHANGE_FIELD && sale->payments != NULL)
        read_change(reading, root);
}

/* ---- customer ---- */

/* A record, or only its identity. */
static void read_customer(struct reading *reading, const struct place *root)
{
    const struct sale_customer *paths = &reading->profile->customer_paths;
    struct sale *sale = reading->sale;
    struct str path = reading->profile->customer;
    const struct json *value = value_at(reading, root, path, OPTIONAL);

    if (value == NULL)
        return;
    if (json_identity(value).n > 0) {
        sale->has_customer = true;
        sale->customer.id = copy_text(reading, json_identity(value));
        return;
    }
    if (!json_is(value, JSON_OBJECT)) {
        fault(reading, root, path, value, N_("this is not a record"));
        return;
    }
    struct place place = {value, arena_format(reading->arena, "%.*s.", STR_ARG(path))};
    reading->out_of_memory = reading->out_of_memory || place.prefix.p == NULL;
    sale->has_customer = true;
    sale->customer = (struct sale_customer){
        .id = read_text(reading, &place, paths->id, OPTIONAL),
        .code = read_text(reading, &place, paths->code, OPTIONAL),
        .company_name = read_text(reading, &place, paths->company_name, OPTIONAL),
        .last_name = read_text(reading, &place, paths->last_name, OPTIONAL),
        .first_name = read_text(reading, &place, paths->first_name, OPTIONAL),
        .email = read_text(reading, &place, paths->email, OPTIONAL),
        .phone = read_text(reading, &place, paths->phone, OPTIONAL),
        .address = read_text(reading, &place, paths->address, OPTIONAL),
        .postcode = read_text(reading, &place, paths->postcode, OPTIONAL),
        .town = read_text(reading, &place, paths->town, OPTIONAL),
        .country = read_text(reading, &place, paths->country, OPTIONAL),
        .vat_number = read_text(reading, &place, paths->vat_number, OPTIONAL),
    };
}

/* ---- state and refund ---- */

static bool has_word(const struct word_list *list, struct str word)
{
    for (size_t i = 0; i < list->count; i++) {
        if (str_equal(list->words[i], word))
            return true;
    }
    return false;
}

enum sale_state profile_state(const struct sales_profile *profile, struct str word)
{
    if (has_word(&profile->paid, word))
        return SALE_PAID;
    if (has_word(&profile->open, word))
        return SALE_OPEN;
    return has_word(&profile->cancelled, word) ? SALE_CANCELLED : SALE_UNKNOWN_STATE;
}

/* Deleted and training sales are that whatever their state says. */
static void read_state(struct reading *reading, const struct place *root)
{
    const struct sales_profile *profile = reading->profile;
    struct str word = read_text(reading, root, profile->state, REQUIRED);
    bool deleted = read_bool(reading, root, profile->deleted), test = read_bool(reading, root, profile->test);
    enum sale_state state = profile_state(profile, word);

    reading->sale->state = deleted ? SALE_DELETED : test ? SALE_TRAINING : state;
    if (reading->sale->state == SALE_UNKNOWN_STATE && word.p != NULL)
        fault(reading, root, profile->state, json_present(root->object, profile->state), N_("this state is not one that the sales profile lists"));
}

static bool every_quantity_negative(const struct sale *sale)
{
    for (size_t i = 0; i < sale->line_count; i++) {
        if (sale->lines[i].quantity_milli >= 0)
            return false;
    }
    return sale->line_count > 0;
}

/* A negative total is a refund in every form: money went back. */
static bool is_refund(struct reading *reading, const struct place *root)
{
    const struct sale *sale = reading->sale;
    bool named = false;

    switch (reading->profile->refund) {
    case REFUND_ORIGIN_FIELD:
        named = sale->refund_of.n > 0;
        break;
    case REFUND_NEGATIVE_QUANTITY:
        named = every_quantity_negative(sale);
        break;
    case REFUND_CREDIT_NOTE:
        named = has_word(&reading->profile->refund_kinds, read_text(reading, root, reading->profile->refund_kind, REQUIRED));
        break;
    case REFUND_NEGATIVE_TOTAL:
        break;
    }
    return named || sale->total_cents < 0;
}

/* A credit note whose figures stand positive is turned round. A unit price stays: the quantity carries the sign. */
static void turn_round(struct sale *sale, bool quantities_too)
{
    sale->total_cents = -sale->total_cents;
    sale->tip_cents = -sale->tip_cents;
    for (size_t i = 0; i < sale->line_count; i++) {
        sale->lines[i].total_cents = -sale->lines[i].total_cents;
        sale->lines[i].discount_cents = -sale->lines[i].discount_cents;
        if (quantities_too)
            sale->lines[i].quantity_milli = -sale->lines[i].quantity_milli;
    }
    for (size_t i = 0; i < sale->tax_count; i++)
        sale->taxes[i].tax_cents = -sale->taxes[i].tax_cents;
    for (size_t i = 0; i < sale->payment_count; i++)
        sale->payments[i].amount_cents = -sale->payments[i].amount_cents;
}

/* ---- the sale ---- */

int sales_profile_read(const struct sales_profile *profile, const struct json *record, struct arena *arena, struct sale *ret, struct err *err)
{
    struct sale sale = {0};
    struct reading reading = {.profile = profile, .arena = arena, .sale = &sale};
    struct place root = {record, STR_NULL};

    sale.id = read_text(&reading, &root, profile->id, REQUIRED);
    sale.number = read_text(&reading, &root, profile->number, OPTIONAL);
    read_state(&reading, &root);
    /* An open sale has no closing yet. */
    sale.has_closed_utc = read_instant(&reading, &root, profile->closed_at, sale.state == SALE_PAID ? REQUIRED : OPTIONAL, &sale.closed_utc);
    sale.refund_of = read_text(&reading, &root, profile->refund_of, OPTIONAL);
    sale.salesperson = read_text(&reading, &root, profile->salesperson, OPTIONAL);
    sale.total_cents = read_amount(&reading, &root, profile->total, REQUIRED);
    sale.tip_cents = read_amount(&reading, &root, profile->tip, OPTIONAL);
    read_customer(&reading, &root);
    read_lines(&reading, &root);
    read_taxes(&reading, &root);
    read_payments(&reading, &root);
    sale.is_refund = is_refund(&reading, &root);
    if (sale.is_refund && profile->refund_sign == SIGN_POSITIVE && sale.total_cents >= 0)
        turn_round(&sale, profile->refund != REFUND_NEGATIVE_QUANTITY);
    if (reading.out_of_memory)
        return err_memory(err);
    *ret = sale;
    return OK;
}

struct str sales_profile_sale_id(const struct sales_profile *profile, const struct json *record)
{
    struct str id = json_identity(json_get_path(record, profile->id));

    return id.n > 0 ? id : STR_NULL;
}

bool sales_profile_sale_instant(const struct sales_profile *profile, const struct json *record, bool by_change, int64_t *ret_utc)
{
    struct str text = json_text(json_get_path(record, by_change ? profile->change_field : profile->closed_field));

    return text.p != NULL && instant_parse(text, ret_utc);
}

/* ---- the canonical content ---- */

static void append_state_meaning(const struct sales_profile *profile, const struct json *state, struct buf *out)
{
    static const char *const meanings[] = {[SALE_PAID] = "\"paid\"", [SALE_OPEN] = "\"open\"", [SALE_CANCELLED] = "\"cancelled\""};
    enum sale_state meaning = profile_state(profile, json_identity(state));

    if (meaning != SALE_UNKNOWN_STATE)
        buf_append_z(out, meanings[meaning]);
    else if (state != NULL)
        json_append_canonical(out, state, NULL, 0);
    else
        buf_append_z(out, "null");
}

/* An array: the state's meaning, then the record without its state and its volatile members; when the state stands deeper, the object that
 * holds it comes behind, and so on, each without the member on the way, so that all but the state's word is in. */
void sales_profile_append_canonical(const struct sales_profile *profile, const struct json *record, struct buf *out)
{
    struct str rest = profile->state, name;
    const struct json *object = record;
    struct str ignored[1 + PROFILE_IGNORED_MAX];
    size_t ignored_count = profile->ignored.count;
    bool deeper;

    assert(ignored_count <= PROFILE_IGNORED_MAX);
    if (ignored_count > 0)
        memcpy(ignored, profile->ignored.words, ignored_count * sizeof(*ignored));
    buf_append_char(out, '[');
    append_state_meaning(profile, json_get_path(record, profile->state), out);
    do {
        deeper = str_cut(rest, '.', &name, &rest);
        ignored[ignored_count] = name;
        buf_append_char(out, ',');
        json_append_canonical(out, object, ignored, ignored_count + 1);
        object = json_get(object, name);
        ignored_count = 0;
    } while (deeper && object != NULL);
    buf_append_char(out, ']');
}
