/* input.c: the members of a JSON body, each asked for once by the handler that knows what it means. What is wrong is gathered, each with its JSON pointer (RFC 6901), and told all
 * together at the end; a member that nobody asked for is wrong too. */
#include "base/civil.h"
#include "server/server_int.h"

enum { FAULTS_MAX = 32, MEMBERS_MAX = 256 };

struct input {
    struct request *request;
    const struct json *object;
    struct str pointer;                       /* of the object itself */
    uint64_t asked[MEMBERS_MAX / 64];         /* a bit per member, in their order */
    struct { struct str pointer; const char *message; } faults[FAULTS_MAX];
    size_t fault_count;
};

static void refuse_at(struct input *input, struct str pointer, const char *message)
{
    if (input->fault_count < FAULTS_MAX) {
        input->faults[input->fault_count].pointer = pointer;
        input->faults[input->fault_count++].message = message;
    }
}

struct str input_pointer(struct arena *arena, struct str object, struct str name)
{
    BUF_AUTO text = {0};

    buf_append(&text, object);
    buf_append_char(&text, '/');
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] == '~' || name.p[i] == '/')
            buf_append_z(&text, name.p[i] == '~' ? "~0" : "~1");
        else
            buf_append_char(&text, name.p[i]);
    }
    return arena_copy(arena, buf_failed(&text) ? STR("") : buf_str(&text));
}

static struct str pointer_to(struct input *input, struct str name)
{
    return input_pointer(input->request->arena, input->pointer, name);
}

void input_refuse(struct input *input, const char *name, const char *message)
{
    if (input)
        refuse_at(input, pointer_to(input, str_from(name)), message);
}

struct input *input_open(struct request *request, const struct json *object, const char *pointer)
{
    struct input *input = arena_alloc(request->arena, sizeof *input);

    if (!input)
        return NULL;
    *input = (struct input){.request = request, .object = object, .pointer = str_from(pointer)};
    if (!json_is(object, JSON_OBJECT))
        refuse_at(input, input->pointer, N_("an object is expected here"));
    return input;
}

/* The member, noted as asked for; NULL when absent. */
static const struct json *find(struct input *input, const char *name)
{
    size_t place = 0;

    if (!input || !json_is(input->object, JSON_OBJECT))
        return NULL;
    for (const struct json *member = input->object->first; member; member = member->next, place++)
        if (str_equal(member->key, str_from(name))) {
            if (place < MEMBERS_MAX)
                input->asked[place / 64] |= UINT64_C(1) << place % 64;
            return member;
        }
    return NULL;
}

/* The same, but null counts as absent, and what is required must be there. */
static const struct json *take(struct input *input, const char *name, bool required)
{
    const struct json *member = find(input, name);

    if (member && member->type != JSON_NULL)
        return member;
    if (required)
        input_refuse(input, name, N_("this is needed"));
    return NULL;
}

bool input_has(struct input *input, const char *name)
{
    return find(input, name) != NULL;
}

struct str input_text(struct input *input, const char *name, bool required, size_t max_bytes)
{
    const struct json *member = take(input, name, required);

    if (!member)
        return STR_NULL;
    if (member->type != JSON_STRING)
        input_refuse(input, name, N_("a text is expected here"));
    else if (member->text.n > max_bytes)
        input_refuse(input, name, N_("this is too long"));
    else if (required && str_trim(member->text).n == 0)
        input_refuse(input, name, N_("this is needed"));
    else
        return member->text;
    return STR_NULL;
}

int64_t input_int(struct input *input, const char *name, bool required, int64_t lowest, int64_t highest, int64_t fallback)
{
    const struct json *member = take(input, name, required);
    struct str digits = member ? member->text : STR_NULL;
    int64_t value = 0;

    if (!member)
        return fallback;
    bool negative = member->type == JSON_NUMBER && str_starts_with(digits, STR("-"));
    if (negative)
        digits = (struct str){digits.p + 1, digits.n - 1};
    if (member->type != JSON_NUMBER || !str_parse_u63(digits, &value))
        input_refuse(input, name, N_("a whole number is expected here"));
    else if ((negative ? -value : value) < lowest || (negative ? -value : value) > highest)
        input_refuse(input, name, N_("this number is out of range"));
    else
        return negative ? -value : value;
    return fallback;
}

bool input_bool(struct input *input, const char *name, bool fallback)
{
    const struct json *member = take(input, name, false);

    if (!member)
        return fallback;
    if (member->type != JSON_TRUE && member->type != JSON_FALSE)
        input_refuse(input, name, N_("true or false is expected here"));
    return member->type == JSON_TRUE;
}

int input_choice(struct input *input, const char *name, const char *const *words, int fallback)
{
    const struct json *member = take(input, name, fallback < 0);

    if (!member)
        return fallback;
    for (int i = 0; member->type == JSON_STRING && words[i]; i++)
        if (str_equal(member->text, str_from(words[i])))
            return i;
    input_refuse(input, name, N_("this is none of the words that can stand here"));
    return fallback;
}

bool input_day(struct input *input, const char *name, bool required, int32_t *ret)
{
    const struct json *member = take(input, name, required);

    if (!member)
        return false;
    if (member->type == JSON_STRING && civil_parse_day(member->text, ret))
        return true;
    input_refuse(input, name, N_("a day such as 2026-01-30 is expected here"));
    return false;
}

const struct json *input_array(struct input *input, const char *name, bool required, size_t max_items)
{
    const struct json *member = take(input, name, required);

    if (!member)
        return NULL;
    if (member->type != JSON_ARRAY)
        input_refuse(input, name, N_("a list is expected here"));
    else if (member->count > max_items)
        input_refuse(input, name, N_("this list is too long"));
    else
        return member;
    return NULL;
}

static void refuse_unasked(struct input *input)
{
    size_t place = 0;

    if (!json_is(input->object, JSON_OBJECT))
        return;
    for (const struct json *member = input->object->first; member; member = member->next, place++)
        if (place >= MEMBERS_MAX || !(input->asked[place / 64] >> place % 64 & 1))
            refuse_at(input, pointer_to(input, member->key), N_("nothing is known under this name"));
}

int input_end(struct input *input, struct reply *reply)
{
    struct err err = {0};
    struct json_out json;

    if (!input)
        return ERR_INTERNAL; /* no memory: dispatch says so */
    refuse_unasked(input);
    if (input->fault_count == 0)
        return OK;
    err_set(&err, ERR_USAGE, N_("%s: %s"), ERR_STR(input->faults[0].pointer), text_translate(input->faults[0].message));
    problem_begin(input->request, reply, &json, 400, NULL, &err);
    json_key(&json, "errors");
    json_begin_array(&json);
    for (size_t i = 0; i < input->fault_count; i++) {
        json_begin_object(&json);
        json_member_str(&json, "pointer", input->faults[i].pointer);
        json_member_str(&json, "detail", str_from(text_translate(input->faults[i].message)));
        json_end_object(&json);
    }
    json_end_array(&json);
    json_end_object(&json);
    return REPLIED;
}

int query_read(struct request *request, struct err *err)
{
    struct str name, value, rest = request->http->query;
    size_t room = 1;
    int rc;

    for (size_t i = 0; i < rest.n; i++)
        room += rest.p[i] == '&';
    request->parameters = arena_array(request->arena, room, sizeof *request->parameters);
    if (!request->parameters)
        return err_memory(err);
    while ((rc = http_query_next(request->arena, &rest, &name, &value)) > 0)
        request->parameters[request->parameter_count++] = (struct report_parameter){name, value};
    return rc < 0 ? err_memory(err) : OK;
}

struct str query_text(const struct request *request, const char *name)
{
    for (size_t i = 0; i < request->parameter_count; i++)
        if (str_equal(request->parameters[i].name, str_from(name)))
            return request->parameters[i].value;
    return STR_NULL;
}

bool query_flag(const struct request *request, const char *name)
{
    struct str value = query_text(request, name);
    return str_equal(value, STR("1")) || str_equal(value, STR("true")) || str_equal(value, STR("yes"));
}
