/* sale.h: the neutral sale: what every feed (a till through its sales profile, a file, the API) is read into, and what the grid stages.
 * Pure data, so that neither till/ nor grid/ has to know the other. Texts are borrowed from the arena that the sale was read into. */
#ifndef BASE_SALE_H
#define BASE_SALE_H
#include "base/str.h"

enum sale_state { SALE_PAID, SALE_OPEN, SALE_CANCELLED, SALE_TRAINING, SALE_DELETED, SALE_UNKNOWN_STATE };

struct sale_line {
    struct str article_id;      /* the till's; absent for a free amount */
    struct str declination_id;  /* absent when none */
    struct str reference;       /* absent or empty when the till's line carries none */
    struct str label, category, unit;
    struct str options;         /* "lait d'avoine (+0.50), sans sucre", absent when none */
    int64_t quantity_milli;     /* negative on a refund */
    int64_t unit_price_e4;      /* tax included, before discount */
    int64_t discount_cents;     /* on the line */
    int64_t total_cents;        /* tax included, after all discounts */
    bool has_rate;
    int64_t rate_bp;
};
struct sale_tax {
    int64_t rate_bp;
    int64_t tax_cents;          /* as the till states it */
};
struct sale_payment {
    struct str id;              /* never absent: made from the sale's id and the place when the till names none */
    struct str type, label;
    int64_t amount_cents;       /* change is a negative payment in cash */
    bool has_paid_utc;
    int64_t paid_utc;
};
struct sale_customer {
    struct str id, code, company_name, last_name, first_name, email, phone, address, postcode, town, country, vat_number;
    struct str siren;           /* of the books alone: no till sends it */
};
/* A value that could not be read: its path in the record, what stood there (cut), and why. The value itself is then 0 or absent. */
struct sale_fault {
    struct str path, text;
    const char *reason;         /* msgid */
};
struct sale {
    struct str id;              /* the till's identity of the sale: never absent */
    struct str number;          /* ticket number; absent when none */
    enum sale_state state;
    bool is_refund;             /* amounts are negative then */
    struct str refund_of;       /* id of the origin; absent when unknown */
    bool has_closed_utc;
    int64_t closed_utc;
    bool has_customer;
    struct sale_customer customer;
    struct str salesperson;
    int64_t total_cents, tip_cents;
    struct sale_line *lines;
    size_t line_count;
    struct sale_tax *taxes;     /* empty when the till states no VAT */
    size_t tax_count;
    struct sale_payment *payments;
    size_t payment_count;
    struct sale_fault *faults;
    size_t fault_count;
};
#endif
