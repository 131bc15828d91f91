/* model_int.h: the resources of the till as data: one row per resource, one row per member. Private to sandbox.
 * Routes, validation, defaults, filters and fixtures all read these tables; a new member is one line in model.c.
 * Source: the sheet of the till API ("Endpoints", "Records", "Golden exchanges"). */
#ifndef SANDBOX_MODEL_INT_H
#define SANDBOX_MODEL_INT_H
#include "base/str.h"

enum resource_id {
    RESOURCE_ARTICLES,
    RESOURCE_CATEGORIES,
    RESOURCE_TAXES,
    RESOURCE_DISCOUNTS,
    RESOURCE_OPTIONS,
    RESOURCE_OPTION_LISTS,
    RESOURCE_PACKS,
    RESOURCE_MOVEMENTS,
    RESOURCE_ORDERS,
    RESOURCE_COUNT,
};

enum field_type {
    FIELD_TEXT,
    FIELD_ICON,    /* a text of 2 to 4 characters */
    FIELD_ID,      /* 24 hexadecimal digits */
    FIELD_NUMBER,
    FIELD_BOOL,
    FIELD_DATE,    /* an instant */
    FIELD_IDS,     /* an array of ids */
    FIELD_OBJECTS, /* an array of objects, described by `parts` where we know them */
    FIELD_OBJECT,  /* an object or null */
};
enum field_flags {
    FIELD_REQUIRED = 1,     /* in a POST */
    FIELD_NOT_EMPTY = 2,
    FIELD_PUT_REQUIRED = 4, /* in a PUT too */
    FIELD_PUT_RESET = 8,    /* a PUT without it sets the default again: the oddity of articles */
    FIELD_CREATE_ONLY = 16, /* a PUT ignores it */
    FIELD_SERVER = 32,      /* the till's own: what a client sends is ignored */
};
/* Defaults that are not fixed texts. */
#define DEFAULT_NOW "@now"       /* the instant of the write */
#define DEFAULT_NEW_ID "@new_id"
#define DEFAULT_ICON "@icon"     /* the first four characters of the name */

struct field {
    const char *name;
    enum field_type type;
    unsigned flags;
    const char *absent;          /* JSON text, or a DEFAULT_ above; NULL: the member stays absent */
    const char *const *choices;  /* NULL-terminated; NULL: any value */
    const struct field *parts;   /* of each object of FIELD_OBJECTS; NULL: taken as they are */
    size_t part_count;
    size_t items_min, items_max; /* of an array; items_max 0: no limit */
};

enum { METHOD_LIST = 1, METHOD_GET = 2, METHOD_POST = 4, METHOD_PUT = 8, METHOD_DELETE = 16, METHODS_ALL = 31 };

struct resource {
    const char *name;     /* in a fixture */
    const char *path;     /* "/v1/catalog/articles" */
    const char *scope;    /* "node_id": query parameter of a list, member of a POST */
    const char *noun;     /* "article successfully updated" */
    const char *id_param; /* what the path parameter is called in errors */
    const char *elements; /* member whose ids a PUT checks against the discounts; NULL: none */
    unsigned methods;
    const struct field *fields; /* in the order in which the till writes them */
    size_t field_count;
};
extern const struct resource resources[RESOURCE_COUNT];

/* NULL when the model has no such member. */
const struct field *resource_find_field(const struct resource *resource, struct str name);
/* The ten colours; the first is the default. */
extern const char *const model_colors[];
enum { MODEL_COLOR_COUNT = 10 };
#endif
