/* demo_int.h: the demo shop "Épicerie du Canal": a catalogue and its sales, made from a seed. Private to sandbox.
 * The same seed and size give the same bytes: nothing here reads a clock, and an article is a pure function of seed and place. */
#ifndef SANDBOX_DEMO_INT_H
#define SANDBOX_DEMO_INT_H
#include "sandbox/store_int.h"

/* A generator of our own (splitmix64), so that the same seed gives the same shop on every machine and in every version. */
struct dice {
    uint64_t state;
};
uint64_t dice_next(struct dice *dice);
/* 0 … sides - 1 */
int64_t dice_roll(struct dice *dice, int64_t sides);
/* True in `percent` of a hundred rolls. */
bool dice_percent(struct dice *dice, int64_t percent);
/* Dice for the item `index` of a kind, independent of all the others. */
struct dice dice_for(uint64_t seed, uint64_t kind, uint64_t index);

struct demo_size {
    int64_t articles, sales, days;
    int32_t from_day;
};

/* ---- name material (demo_names.c) ---- */
enum {
    DEMO_CATEGORIES = 20,
    DEMO_PRODUCTS = 16,   /* per category */
    DEMO_MAKERS = 40,
    DEMO_FORMATS = 12,
    DEMO_CUSTOMERS = 40,
    DEMO_TAXES = 5,
    DEMO_OPTIONS = 4,
};
enum demo_kind {
    KIND_PLAIN,
    KIND_WEIGHED,  /* sold by the kilogram */
    KIND_COLOURS,  /* with declinations */
    KIND_SIZES,
    KIND_SCENTS,
};
struct demo_product {
    const char *name;
    int price_cents;  /* of the piece or of the kilogram */
    enum demo_kind kind;
};
struct demo_category {
    const char *name;
    const char *prefix;   /* of the references */
    const char *icon;
    int color;            /* in model_colors */
    int tax;              /* in demo_taxes */
    bool stocked;
    int option;           /* in demo_options, -1: none */
    struct demo_product products[DEMO_PRODUCTS];
};
struct demo_tax {
    const char *name;
    const char *rate;     /* as the till writes it */
    int rate_bp;
};
struct demo_customer {
    const char *first_name, *last_name, *company, *mail, *street, *zipcode, *city;
};
struct demo_option {
    const char *name;
    int price_cents;
};
extern const struct demo_category demo_categories[DEMO_CATEGORIES];
extern const struct demo_tax demo_taxes[DEMO_TAXES];
extern const struct demo_customer demo_customers[DEMO_CUSTOMERS];
extern const struct demo_option demo_options[DEMO_OPTIONS];
extern const char *const demo_makers[DEMO_MAKERS];
extern const char *const demo_formats[DEMO_FORMATS];

/* ---- catalogue (demo_catalogue.c) ---- */
enum { DEMO_DECLINATIONS_MAX = 4 };
/* The places of the articles that are not as they should be. */
enum {
    DEMO_NO_REFERENCE_A = 4,   /* with a barcode */
    DEMO_NO_REFERENCE_B = 6,
    DEMO_NO_REFERENCE_C = 9,   /* with a barcode */
    DEMO_NO_REFERENCE_D = 12,
    DEMO_TWIN_A = 15,          /* the same reference as the next one of its category */
    DEMO_TWIN_B = 15 + DEMO_CATEGORIES,
    DEMO_DEPRECATED = 17,
};
struct demo_article {
    char id[ID_SIZE + 1];
    char name[160];
    char reference[24];        /* empty: none */
    char barcode[14];          /* empty: none */
    int64_t price_cents, buy_price_cents;
    int category;
    enum demo_kind kind;
    bool in_stock, deprecated;
    int declinations;
    char declination_ids[DEMO_DECLINATIONS_MAX][ID_SIZE + 1];
    char declination_references[DEMO_DECLINATIONS_MAX][32];
    const char *declination_values[DEMO_DECLINATIONS_MAX];
    int64_t declination_cents[DEMO_DECLINATIONS_MAX];
    int64_t received_units;    /* by the demo's stock movements; 0 when the stock is not kept */
};
/* The article at that place of the demo shop; a borrowed view of `demo`. */
struct demo {
    struct demo_size size;
    uint64_t seed;
};
void demo_article(const struct demo *demo, int64_t index, struct demo_article *ret);
/* Places that only their own sales touch: no reference, a shared one, deprecated. */
bool demo_is_special(int64_t index);
/* The id of item `index` of a kind ('c' category, 't' tax, …), written at that moment. */
void demo_id(uint64_t seed, int64_t at_utc, char kind, int64_t index, char ret[ID_SIZE + 1]);
void demo_category_id(const struct demo *demo, int index, char ret[ID_SIZE + 1]);
void demo_tax_id(const struct demo *demo, int index, char ret[ID_SIZE + 1]);

/* The middle part of ids made later, and the key, from the seed. */
void demo_ids(struct store *store, uint64_t seed);
int demo_account(struct store *store, const struct demo *demo, struct err *err) MUST_CHECK;
/* The built-in article and category that every account has. */
int demo_empty_shop(struct store *store, const struct demo *demo, struct err *err) MUST_CHECK;
/* All of it. */
int demo_shop(struct store *store, const struct demo *demo, struct err *err) MUST_CHECK;
/* The sales, which take what they sell out of stock (demo_sales.c). */
int demo_sales(struct store *store, const struct demo *demo, struct err *err) MUST_CHECK;
#endif
