/* json.cc: reads JSON into a tree of struct json. simdjson finds the tokens (and checks UTF-8, quotes and control characters on the
 * way); numbers and escapes are read here, because no figure may pass through a double and no lone surrogate may get in.
 * The only C++ file of Liaison: nothing else includes simdjson.h. Everyone may use it, through base/json.h. */
#include <endian.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <algorithm>
#include <new>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#include <simdjson.h>
#pragma GCC diagnostic pop

extern "C" {
#include "base/arena_int.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8_int.h"
}

namespace ondemand = simdjson::ondemand;

/* All of C++'s memory comes from mem.h too, so that a test can make simdjson run out of it. simdjson only asks with nothrow. */
void *operator new(size_t size, const std::nothrow_t &) noexcept { return mem_alloc(size); }
void *operator new[](size_t size, const std::nothrow_t &) noexcept { return mem_alloc(size); }
void operator delete(void *p) noexcept { mem_free(p); }
void operator delete[](void *p) noexcept { mem_free(p); }
void operator delete(void *p, size_t) noexcept { mem_free(p); }
void operator delete[](void *p, size_t) noexcept { mem_free(p); }
void operator delete(void *p, const std::nothrow_t &) noexcept { mem_free(p); }
void operator delete[](void *p, const std::nothrow_t &) noexcept { mem_free(p); }

void *operator new(size_t size)
{
    void *p = mem_alloc(size);

    if (p == nullptr)
        abort(); /* nobody of ours comes here, and there are no exceptions */
    return p;
}

void *operator new[](size_t size)
{
    return operator new(size);
}

namespace {

/* A parser keeps its index from one page to the next; after an outsize document it is given back. */
constexpr size_t KEPT_CAPACITY = (size_t)4 << 20;
/* Up to here a repeated member is looked for as members arrive; beyond, once at the end, by sorting. */
constexpr size_t SMALL_OBJECT = 64;
/* Nodes are made 4, 8, … this many at a time. */
constexpr size_t BATCH_MAX = 128;

struct reader {
    struct arena *arena;
    const char *source; /* the arena's copy, padded with zeros */
    size_t size;
    ondemand::document *document;
    struct err *err;
    struct json *nodes; /* made in batches: one by one they would cost more than the parsing */
    size_t nodes_left, batch, nodes_made;
};

bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

const char *source_end(const struct reader *reader)
{
    return reader->source + reader->size;
}

/* All messages name the byte and show a little of what stands there. */
int fail(const struct reader *reader, const char *at, const char *message)
{
    char offset[ERR_ARG_SIZE], found[ERR_ARG_SIZE];
    constexpr size_t shown = 24;

    at = std::min(std::max(at, reader->source), source_end(reader));
    size_t left = (size_t)(source_end(reader) - at);
    struct str rest = {at, std::min(left, shown)};
    return err_set(reader->err, ERR_DATA, message, err_int(at - reader->source, offset), left == 0 ? "" : err_str(rest, found));
}

int fail_syntax(const struct reader *reader, const char *at)
{
    if (at >= source_end(reader))
        return fail(reader, at, N_("the JSON is cut short: it ends at byte %s, before it is complete; fetch it again"));
    return fail(reader, at, N_("this is not valid JSON: unexpected text at byte %s (`%s`); correct it at its source"));
}

/* Where the reader stands: the token that could not be taken, or the end. */
const char *location(const struct reader *reader)
{
    const char *at;

    if (reader->document->current_location().get(at) != simdjson::SUCCESS)
        return source_end(reader);
    return at;
}

/* ---- texts ---- */

int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The four digits after `\u`, or -1. The padding makes reading beyond the end harmless. */
int32_t hex4(const char *p)
{
    int32_t value = 0;

    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(p[i]);
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

char *put_utf8(char *out, int32_t point)
{
    if (point < 0x80) {
        *out++ = (char)point;
    } else if (point < 0x800) {
        *out++ = (char)(0xC0 | point >> 6);
        *out++ = (char)(0x80 | (point & 0x3F));
    } else if (point < 0x10000) {
        *out++ = (char)(0xE0 | point >> 12);
        *out++ = (char)(0x80 | (point >> 6 & 0x3F));
        *out++ = (char)(0x80 | (point & 0x3F));
    } else {
        *out++ = (char)(0xF0 | point >> 18);
        *out++ = (char)(0x80 | (point >> 12 & 0x3F));
        *out++ = (char)(0x80 | (point >> 6 & 0x3F));
        *out++ = (char)(0x80 | (point & 0x3F));
    }
    return out;
}

/* `\uXXXX`, with its second half when it is a surrogate pair. Returns the bytes read, 0 when it is not four digits. Half a pair (a name that was cut
 * in the middle of an emoji) and the zero character, which no database text can hold, become U+FFFD: one odd name must not stop a page. */
size_t unescape_unicode(const char *p, char **out)
{
    int32_t point = hex4(p + 2);
    size_t length = 6;

    if (point < 0)
        return 0;
    if (point >= 0xD800 && point <= 0xDBFF && p[6] == '\\' && p[7] == 'u') {
        int32_t low = hex4(p + 8);
        if (low >= 0xDC00 && low <= 0xDFFF) {
            point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
            length = 12;
        }
    }
    if (point == 0 || (point >= 0xD800 && point <= 0xDFFF))
        point = 0xFFFD;
    *out = put_utf8(*out, point);
    return length;
}

/* One escape at `p` (a backslash). Returns the bytes read, 0 when it is none of JSON's. */
size_t unescape_one(const char *p, char **out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";

    if (p[1] == 'u')
        return unescape_unicode(p, out);
    const char *at = p[1] == '\0' ? nullptr : strchr(from, p[1]);
    if (at == nullptr)
        return 0;
    *(*out)++ = to[at - from];
    return 2;
}

/* A high bit for each byte of `word` that is a quote or a backslash; bytes after the first such one may be marked wrongly. */
uint64_t quotes_and_escapes(const char *p)
{
    constexpr uint64_t ones = 0x0101010101010101, highs = ones << 7;
    uint64_t word;

    memcpy(&word, p, sizeof word);
    word = le64toh(word);
    uint64_t quote = word ^ ones * '"', escape = word ^ ones * '\\';
    return (((quote - ones) & ~quote) | ((escape - ones) & ~escape)) & highs;
}

/* The first quote or backslash at or after `p`. The padding makes reading beyond the end harmless, and simdjson has seen that every
 * quote is closed. Sixteen bytes at a time, so that most names take one round and the processor foresees it. */
const char *find_quote_or_escape(const char *p)
{
    for (;; p += 16) {
        uint64_t low = quotes_and_escapes(p), high = quotes_and_escapes(p + 8);

        if ((low | high) != 0)
            return p + (low != 0 ? __builtin_ctzll(low) >> 3 : 8 + (__builtin_ctzll(high) >> 3));
    }
}

/* The text that begins at `p`, after its opening quote, and has an escape in it; unescaped it is never longer. */
[[gnu::noinline]] int read_escaped(const struct reader *reader, const char *p, struct str *ret)
{
    const char *end = p;

    while (*(end = find_quote_or_escape(end)) != '"')
        end += 2;
    char *text = (char *)arena_take(reader->arena, (size_t)(end - p) + 1);
    if (text == nullptr)
        return err_memory(reader->err);
    char *out = text;
    for (;;) {
        const char *stop = find_quote_or_escape(p);
        memcpy(out, p, (size_t)(stop - p));
        out += stop - p;
        if (stop == end)
            break;
        size_t length = unescape_one(stop, &out);
        if (length == 0)
            return fail(reader, stop, N_("the JSON has an escape at byte %s that stands for no character (`%s`); correct it at its source"));
        p = stop + length;
    }
    *out = '\0';
    *ret = {text, (size_t)(out - text)};
    return OK;
}

/* `p` stands after the opening quote. Without escapes, which is nearly always, the text is used where it stands. */
int read_text(const struct reader *reader, const char *p, struct str *ret)
{
    const char *end = find_quote_or_escape(p);

    if (*end == '\\')
        return read_escaped(reader, p, ret);
    *ret = {p, (size_t)(end - p)};
    return OK;
}

/* ---- scalars ---- */

const char *skip_digits(const char *p)
{
    while (*p >= '0' && *p <= '9')
        p++;
    return p;
}

/* The end of the number at `p`, nullptr when it is none. Source: RFC 8259, section 6. */
const char *number_end(const char *p)
{
    if (*p == '-')
        p++;
    if (*p < '0' || *p > '9')
        return nullptr;
    p = *p == '0' ? p + 1 : skip_digits(p);
    if (*p == '.') {
        const char *decimals = p + 1;
        p = skip_digits(decimals);
        if (p == decimals)
            return nullptr;
    }
    if (*p == 'e' || *p == 'E') {
        p++;
        if (*p == '+' || *p == '-')
            p++;
        const char *digits = p;
        p = skip_digits(digits);
        if (p == digits)
            return nullptr;
    }
    return p;
}

/* A number or one of the three words: `token` runs to the next token, blanks included. */
int read_bare(const struct reader *reader, std::string_view token, struct json *node)
{
    const char *p = token.data(), *end = p + token.size();

    while (end > p && is_blank(end[-1]))
        end--;
    std::string_view word(p, (size_t)(end - p));
    if (word == "true") {
        node->type = JSON_TRUE;
    } else if (word == "false") {
        node->type = JSON_FALSE;
    } else if (word == "null") {
        node->type = JSON_NULL;
    } else {
        if (number_end(p) != end)
            return fail_syntax(reader, p);
        node->type = JSON_NUMBER;
        node->text = {p, word.size()};
    }
    return OK;
}

/* ---- members ---- */

int fail_repeated(const struct reader *reader, struct str key, const char *object)
{
    char name[ERR_ARG_SIZE], offset[ERR_ARG_SIZE];

    return err_set(reader->err, ERR_DATA,
                   N_("the JSON names the member \"%s\" twice in the object at byte %s, so its value is not certain; "
                      "correct it at its source"),
                   err_str(key, name), err_int(object - reader->source, offset));
}

/* A filter of 256 bits over the names seen: most names are new in it, and only the others are compared one by one. */
struct seen {
    uint64_t bits[4];

    bool add(struct str key)
    {
        size_t mark = key.n * 37;

        if (key.n > 0)
            mark += (unsigned char)key.p[0] * 5u + (unsigned char)key.p[key.n / 2] * 11u + (unsigned char)key.p[key.n - 1] * 19u;
        uint64_t *word = &bits[mark >> 6 & 3], bit = (uint64_t)1 << (mark & 63);
        bool before = (*word & bit) != 0;
        *word |= bit;
        return before;
    }
};

bool has_member(const struct json *object, struct str key)
{
    for (const struct json *member = object->first; member != nullptr; member = member->next) {
        if (str_equal(member->key, key))
            return true;
    }
    return false;
}

/* Sorting cannot be made slow by names chosen for it, as a table could. */
int check_large_object(const struct reader *reader, const struct json *object, const char *start)
{
    struct str *keys = (struct str *)mem_alloc(object->count * sizeof *keys);
    size_t count = 0;
    int code = OK;

    if (keys == nullptr)
        return err_memory(reader->err);
    for (const struct json *member = object->first; member != nullptr; member = member->next)
        keys[count++] = member->key;
    std::sort(keys, keys + count, [](struct str a, struct str b) { return str_compare(a, b) < 0; });
    for (size_t i = 1; i < count && code == OK; i++) {
        if (str_equal(keys[i - 1], keys[i]))
            code = fail_repeated(reader, keys[i], start);
    }
    mem_free(keys);
    return code;
}

/* ---- containers ---- */

int read_value(struct reader *reader, ondemand::value value, int depth, struct json *node);

struct json *new_node(struct reader *reader)
{
    if (reader->nodes_left == 0) {
        if (reader->nodes_made > JSON_VALUES_MAX)
            return nullptr;
        reader->batch = std::min(reader->batch * 2, BATCH_MAX);
        reader->nodes_made += reader->batch;
        reader->nodes = (struct json *)arena_array(reader->arena, reader->batch, sizeof *reader->nodes);
        if (reader->nodes == nullptr)
            return nullptr;
        reader->nodes_left = reader->batch;
    }
    reader->nodes_left--;
    return reader->nodes++;
}

int fail_node(const struct reader *reader)
{
    if (reader->nodes_made <= JSON_VALUES_MAX)
        return err_memory(reader->err);
    return fail(reader, location(reader), N_("the JSON holds too many values, up to byte %s: this is not an answer of a till nor a file of ours"));
}

struct json *add_child(struct reader *reader, struct json *parent, struct json **last)
{
    struct json *child = new_node(reader);

    if (child == nullptr)
        return nullptr;
    (*last == nullptr ? parent->first : (*last)->next) = child;
    *last = child;
    parent->count++;
    return child;
}

/* Between the bracket that closes a container and the next token there are only blanks: going back over them gives the very bytes
 * of the container without a second visit. */
int close_container(const struct reader *reader, const char *start, char bracket, struct json *node)
{
    const char *end = location(reader);

    while (end > start && is_blank(end[-1]))
        end--;
    if (end <= start + 1 || end[-1] != bracket)
        return fail_syntax(reader, location(reader));
    node->raw = {start, (size_t)(end - start)};
    return OK;
}

int read_array(struct reader *reader, ondemand::array array, const char *start, int depth, struct json *node)
{
    struct json *last = nullptr;

    node->type = JSON_ARRAY;
    for (auto element : array) {
        ondemand::value value;
        if (element.get(value) != simdjson::SUCCESS)
            return fail_syntax(reader, location(reader));
        struct json *child = add_child(reader, node, &last);
        if (child == nullptr)
            return fail_node(reader);
        int code = read_value(reader, value, depth + 1, child);
        if (code != OK)
            return code;
    }
    return close_container(reader, start, ']', node);
}

int read_object(struct reader *reader, ondemand::object object, const char *start, int depth, struct json *node)
{
    struct json *last = nullptr;
    struct seen seen = {};

    node->type = JSON_OBJECT;
    for (auto element : object) {
        ondemand::field field;
        struct str key;
        if (std::move(element).get(field) != simdjson::SUCCESS)
            return fail_syntax(reader, location(reader));
        int code = read_text(reader, field.key().raw(), &key);
        if (code != OK)
            return code;
        if (node->count < SMALL_OBJECT && seen.add(key) && has_member(node, key))
            return fail_repeated(reader, key, start);
        struct json *child = add_child(reader, node, &last);
        if (child == nullptr)
            return fail_node(reader);
        child->key = key;
        code = read_value(reader, field.value(), depth + 1, child);
        if (code != OK)
            return code;
    }
    int code = close_container(reader, start, '}', node);
    return code == OK && node->count > SMALL_OBJECT ? check_large_object(reader, node, start) : code;
}

int fail_depth(const struct reader *reader, const char *at)
{
    return fail(reader, at, N_("the JSON is nested too deeply at byte %s: this is not an answer of a till nor a file of ours"));
}

int read_value(struct reader *reader, ondemand::value value, int depth, struct json *node)
{
    std::string_view token = value.raw_json_token();
    const char *start = token.data();

    if (*start == '[' || *start == '{') {
        if (depth > JSON_DEPTH_MAX)
            return fail_depth(reader, start);
        ondemand::array array;
        ondemand::object object;
        if (*start == '[' && value.get_array().get(array) == simdjson::SUCCESS)
            return read_array(reader, array, start, depth, node);
        if (*start == '{' && value.get_object().get(object) == simdjson::SUCCESS)
            return read_object(reader, object, start, depth, node);
        return fail_syntax(reader, start);
    }
    if (*start == '"') {
        /* Taken here: a text left to be skipped could pass for a member name where none may stand. */
        ondemand::raw_json_string raw;
        if (value.get_raw_json_string().get(raw) != simdjson::SUCCESS)
            return fail_syntax(reader, start);
        node->type = JSON_STRING;
        return read_text(reader, raw.raw(), &node->text);
    }
    return read_bare(reader, token, node);
}

/* ---- the document ---- */

int read_root_scalar(const struct reader *reader, std::string_view token, struct json *node)
{
    /* The token runs to the next one; when there is a next one, the document does not end where it should. */
    if (token.data() + token.size() != source_end(reader))
        return fail_syntax(reader, token.data() + token.size());
    if (token[0] != '"')
        return read_bare(reader, token, node);
    node->type = JSON_STRING;
    return read_text(reader, token.data() + 1, &node->text);
}

int read_root(struct reader *reader, struct json *node)
{
    ondemand::document &document = *reader->document;
    std::string_view token;
    ondemand::array array;
    ondemand::object object;
    int code;

    if (document.raw_json_token().get(token) != simdjson::SUCCESS || token.empty())
        return fail_syntax(reader, reader->source);
    const char *start = token.data();
    if (*start != '[' && *start != '{')
        return read_root_scalar(reader, token, node);
    /* simdjson looks at the last byte first; what it finds there says that the text is cut or goes on too long. */
    if (*start == '[')
        code = document.get_array().get(array) == simdjson::SUCCESS ? read_array(reader, array, start, 1, node)
                                                                    : fail_syntax(reader, source_end(reader));
    else
        code = document.get_object().get(object) == simdjson::SUCCESS ? read_object(reader, object, start, 1, node)
                                                                      : fail_syntax(reader, source_end(reader));
    if (code == OK && location(reader) != source_end(reader))
        return fail_syntax(reader, location(reader));
    return code;
}

/* The first pass of simdjson looks at whole blocks and does not say where; this does. */
int fail_first_pass(const struct reader *reader, simdjson::error_code error)
{
    bool quoted = false;

    if (error == simdjson::MEMALLOC)
        return err_memory(reader->err);
    for (size_t at = 0; at < reader->size;) {
        const char *p = reader->source + at;
        size_t step = utf8_step(p, reader->size - at);
        if (step == 0)
            return fail(reader, p, N_("the JSON is not valid UTF-8 at byte %s (`%s`); correct it at its source"));
        if (error != simdjson::UTF8_ERROR && quoted && (unsigned char)*p < 0x20)
            return fail(reader, p, N_("the JSON has a bare control character in a text at byte %s; correct it at its source"));
        if (quoted && *p == '\\')
            step = 2;
        else if (*p == '"')
            quoted = !quoted;
        at += step;
    }
    return fail_syntax(reader, source_end(reader));
}

int parse(ondemand::parser &parser, struct reader *reader, struct json **ret)
{
    size_t padded = reader->size + simdjson::SIMDJSON_PADDING;
    ondemand::document document;

    struct json *root = new_node(reader);
    if (root == nullptr)
        return err_memory(reader->err);
    simdjson::error_code error = parser.iterate(simdjson::padded_string_view(reader->source, reader->size, padded)).get(document);
    if (error != simdjson::SUCCESS)
        return fail_first_pass(reader, error);
    reader->document = &document;
    int code = read_root(reader, root);
    reader->document = nullptr; /* it ends here, the reader does not */
    if (code == OK)
        *ret = root;
    return code;
}

/* ---- the parser of each thread ---- */

/* simdjson chooses its code for this processor at its first use, with memory that it takes for granted; so its first use is before main. */
__attribute__((constructor)) void choose_implementation()
{
    (void)simdjson::get_active_implementation()->name();
}

pthread_once_t parser_once = PTHREAD_ONCE_INIT;
pthread_key_t parser_key;
bool parser_key_made;

void parser_key_make()
{
    parser_key_made = pthread_key_create(&parser_key, [](void *parser) { delete static_cast<ondemand::parser *>(parser); }) == 0;
}

/* nullptr when memory is exhausted. A thread_local with a destructor would abort the process then: the C library has no other answer. */
ondemand::parser *parser_of_thread()
{
    pthread_once(&parser_once, parser_key_make);
    if (!parser_key_made)
        return nullptr;
    auto *parser = static_cast<ondemand::parser *>(pthread_getspecific(parser_key));
    if (parser == nullptr) {
        parser = new (std::nothrow) ondemand::parser();
        if (parser != nullptr && pthread_setspecific(parser_key, parser) != 0) {
            delete parser;
            parser = nullptr;
        }
    }
    return parser;
}

} // namespace

extern "C" int json_parse(struct arena *arena, struct str source, struct json **ret, struct err *err)
{
    char limit[ERR_ARG_SIZE];

    if (source.n > JSON_SIZE_MAX)
        return err_set(err, ERR_DATA, N_("the JSON is larger than %s bytes: this is not an answer of a till nor a file of ours"),
                       err_int((int64_t)JSON_SIZE_MAX, limit));
    char *copy = (char *)arena_take(arena, source.n + simdjson::SIMDJSON_PADDING);
    if (copy == nullptr)
        return err_memory(err);
    if (source.n > 0)
        memcpy(copy, source.p, source.n);
    memset(copy + source.n, 0, simdjson::SIMDJSON_PADDING);
    ondemand::parser *parser = parser_of_thread();
    if (parser == nullptr)
        return err_memory(err);
    struct reader reader = {arena, copy, source.n, nullptr, err, nullptr, 0, 2, 0};
    int code = parse(*parser, &reader, ret);
    if (parser->capacity() > KEPT_CAPACITY)
        *parser = ondemand::parser();
    return code;
}

extern "C" struct json *json_get(const struct json *object, struct str name)
{
    if (object == nullptr || object->type != JSON_OBJECT)
        return nullptr;
    for (struct json *member = object->first; member != nullptr; member = member->next) {
        if (str_equal(member->key, name))
            return member;
    }
    return nullptr;
}

extern "C" struct json *json_get_path(const struct json *object, struct str path)
{
    struct str step;

    while (str_cut(path, '.', &step, &path)) {
        object = json_get(object, step);
        if (object == nullptr)
            return nullptr;
    }
    return json_get(object, step);
}

extern "C" bool json_is(const struct json *value, enum json_type type)
{
    return value != nullptr && value->type == type;
}

extern "C" struct str json_text(const struct json *value)
{
    return json_is(value, JSON_STRING) ? value->text : STR_NULL;
}
