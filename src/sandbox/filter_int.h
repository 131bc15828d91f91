/* filter_int.h: the list grammar of the till: filter, order. Private to sandbox. Source: the sheet of the till API, "Lists". */
#ifndef SANDBOX_FILTER_INT_H
#define SANDBOX_FILTER_INT_H
#include "base/arena.h"
#include "sandbox/model_int.h"

enum filter_operator { FILTER_EQ, FILTER_NE, FILTER_GT, FILTER_GTE, FILTER_LT, FILTER_LTE, FILTER_IN, FILTER_NIN };
struct operand {
    struct str text;
    int64_t number; /* the value of a number (1/10 000), of a date (microseconds), of a boolean */
};
struct filter_term {
    const struct field *field;
    enum filter_operator operator;
    struct operand *values;
    size_t count;
};
struct filter {
    struct arena *scratch; /* for values with escapes */
    struct filter_term *terms;
    size_t count;
};
struct order_term {
    const struct field *field;
    bool descending;
};
enum { ORDER_TERMS_MAX = 4 };
struct order {
    struct order_term terms[ORDER_TERMS_MAX];
    size_t count;
};
enum filter_result { FILTER_OK, FILTER_NOT_IN_MODEL, FILTER_BAD_VALUE };

/* `text` is the parameter's value, decoded once. On a refusal *ret_culprit is the field or the term, borrowed from `text`. */
enum filter_result filter_parse(struct arena *arena, const struct resource *resource, struct str text, struct filter *ret, struct str *ret_culprit);
enum filter_result order_parse(const struct resource *resource, struct str text, struct order *ret, struct str *ret_culprit);
bool filter_matches(const struct filter *filter, struct str record);

/* What a record is sorted by: absent first, then numbers, texts in code-point order, false before true. */
struct sort_key {
    int rank; /* 0 absent or null, 1 number, 2 text, 3 array or object, 4 boolean */
    int64_t number;
    struct str text;
};
struct sort_key sort_key_read(struct arena *arena, struct str raw);
int sort_key_compare(const struct sort_key *a, const struct sort_key *b);
#endif
