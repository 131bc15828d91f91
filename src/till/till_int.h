/* till_int.h: what the files of till share with each other: exchanges with the till, the checks that every answer passes, and the parsed
 * sales profile. Nobody outside till includes it. */
#ifndef TILL_TILL_INT_H
#define TILL_TILL_INT_H
#include "till/till.h"

/* ---- text of strangers ---- */

/* What a message quotes of a stranger's text: enough to recognise it. */
enum { EXCERPT_BYTES = 60 };
/* At most EXCERPT_BYTES whole characters of `s`, control characters replaced; what looks like the beginning of `secret` (absent for none) is
 * blanked before the cut, so that not even a part of it gets through. Zero-terminated. */
struct excerpt { char text[ERR_ARG_SIZE]; };
struct excerpt excerpt_of(struct str s, struct str secret);

/* ---- records ---- */

/* A string, or an integer's digits (other tills number their records); {NULL,0} for everything else. */
struct str json_identity(const struct json *value);
/* json_get_path, where a null counts as absent. */
const struct json *json_present(const struct json *object, struct str path);

/* ---- exchanges (client.c) ---- */

struct till_client {
    struct http_client *http;
    char *base;                 /* "https://api4.tactill.com" */
    char *key;                  /* wiped when freed */
    struct str base_text, key_text;
    uint64_t last_tag;
    size_t open;                /* requests submitted and not yet answered; those whose tag nobody waits for any more are dropped when they end */
};

/* Submits; `target` is the encoded path with its query. */
int client_send(struct till_client *client, enum http_method method, struct str target, struct str body, uint64_t *ret_tag, struct err *err) MUST_CHECK;
/* The next exchange that ended, of any tag. No answer after all attempts is an outcome of that one request: then ret->status is 0, *failure says
 * why, and OK is returned. Negative only when the whole client cannot go on (interrupted, memory). */
int client_receive(struct till_client *client, struct http_response *ret, struct err *failure, struct err *err) MUST_CHECK;

/* ---- answers (answer.c) ---- */

/* One answer and how to name it. */
struct answer {
    const struct http_response *response;
    struct str secret;          /* never quoted */
    char where[ERR_ARG_SIZE];   /* "GET https://…/v1/catalog/articles?skip=200" */
};
struct answer answer_to(const struct till_client *client, const struct http_response *response, enum http_method method, struct str path);
/* The same for a page of a list. */
struct answer answer_to_page(const struct till_client *client, const struct http_response *response, const struct till_list *list, int64_t skip);
/* Sets ERR_TILL. In `message` %1$s is where, %2$s the status, %3$s the content type, %4$s the beginning of the text, %5$s `detail`. */
int answer_refuse(const struct answer *answer, const char *message, const char *detail, struct err *err);
/* Status 200 or 201, whole, declared as JSON, and parsed into the arena. */
int answer_json(const struct answer *answer, struct arena *arena, struct json **ret, struct err *err) MUST_CHECK;
/* An object with an _id, or any object. */
int answer_record(const struct answer *answer, struct arena *arena, struct json **ret, struct err *err) MUST_CHECK;
int answer_object(const struct answer *answer, struct arena *arena, struct json **ret, struct err *err) MUST_CHECK;
/* An array of objects, each with an identity at `id_path`. */
int answer_array(const struct answer *answer, struct str id_path, struct arena *arena, struct json **ret, struct err *err) MUST_CHECK;

/* Where a list's records have their identity. */
struct str list_id_path(const struct till_list *list);
/* The path of a catalogue resource. */
struct str resource_path(enum till_resource resource);

/* ---- the parsed sales profile (profile.c makes it, profile_read.c follows it) ---- */

enum profile_status { PROFILE_CONFIRMED, PROFILE_UNCONFIRMED };
enum profile_scope { SCOPE_NODE, SCOPE_COMPANY, SCOPE_SHOP, SCOPE_NONE };
enum money_form { MONEY_DECIMAL, MONEY_CENTS, MONEY_TEXT };
enum quantity_form { QUANTITY_DECIMAL, QUANTITY_THOUSANDTHS };
enum rate_form { RATE_PERCENT, RATE_BASIS_POINTS, RATE_FRACTION };
enum change_form { CHANGE_NEGATIVE_PAYMENT, CHANGE_FIELD };
enum refund_form { REFUND_ORIGIN_FIELD, REFUND_NEGATIVE_TOTAL, REFUND_NEGATIVE_QUANTITY, REFUND_CREDIT_NOTE };
enum refund_sign { SIGN_NEGATIVE, SIGN_POSITIVE };

struct word_list {
    struct str *words;
    size_t count;
};

enum { PROFILE_IGNORED_MAX = 32 };

/* Every `struct str` is a dotted path unless said otherwise; {NULL,0} when the profile does not name it. Choices are the enums above. */
struct sales_profile {
    struct str name;                                                            /* [profile]: text */
    int status;
    struct str path, scope_parameter, closed_field, change_field, order;        /* [request]: path, parameter and order are text */
    int scope;
    int money, quantity, rate;                                                  /* [money] */
    struct str id, number, state, closed_at, test, deleted, total, tip, refund_of, salesperson, customer; /* [sale] */
    struct word_list paid, open, cancelled;                                     /* [states] */
    struct sale_customer customer_paths;                                        /* [customer]: paths inside the customer */
    struct str lines, line_article_id, line_declination_id, line_reference, line_label, line_category, line_unit, line_quantity,
        line_unit_price, line_discount, line_total, line_rate, line_options, option_name, option_price; /* [line] */
    struct str taxes, tax_rate, tax_amount;                                     /* [tax] */
    struct str payments, payment_id, payment_type, payment_label, payment_amount, payment_paid_at; /* [payment] */
    int change;                                                                 /* [change] */
    struct str change_amount, change_type;                                      /* change_type is text */
    int refund, refund_sign;                                                    /* [refund] */
    struct str refund_kind;
    struct word_list refund_kinds;
    struct word_list ignored;                                                   /* [volatile] */
};
/* What a state's word means; SALE_UNKNOWN_STATE when the profile does not list it. */
enum sale_state profile_state(const struct sales_profile *profile, struct str word);
#endif
