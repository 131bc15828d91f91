/* demo_sale_int.h: one sale of the demo shop, before it is written as the till's record. Private to the demo_*.c of sandbox. */
#ifndef SANDBOX_DEMO_SALE_INT_H
#define SANDBOX_DEMO_SALE_INT_H
#include "sandbox/demo_int.h"

enum { DEMO_LINES_MAX = 8, DEMO_PAYMENTS_MAX = 4 };
enum demo_means {
    MEANS_CASH,
    MEANS_CHANGE, /* cash given back: a negative amount */
    MEANS_CARD,
    MEANS_CHECK,
    MEANS_MEAL_VOUCHER,
    MEANS_TRANSFER,
    MEANS_GIFT_CARD,
    MEANS_CREDIT_NOTE,
    MEANS_ACCOUNT,
};
struct demo_line {
    int64_t article;           /* -1: an amount keyed in */
    struct demo_article what;
    int declination, option;   /* -1: none */
    int tax;                   /* in demo_taxes */
    int64_t quantity_milli;
    int64_t unit_price_cents;  /* option included, before discount */
    int64_t discount_cents;
    int64_t total_cents;       /* after all discounts, the ticket's share included */
    int64_t tax_cents;
};
struct demo_tax_total {
    bool used;
    int64_t total_cents, tax_cents;
};
struct demo_payment {
    enum demo_means means;
    int64_t amount_cents;
};
struct demo_sale {
    char id[ID_SIZE + 1], refund_of[ID_SIZE + 1]; /* refund_of empty: none */
    int64_t number;
    int64_t closed_utc;
    int32_t day;               /* business day */
    int customer;              /* in demo_customers, -1: anonymous */
    bool cancelled, training, refunded;
    int line_count, payment_count;
    struct demo_line lines[DEMO_LINES_MAX];
    struct demo_payment payments[DEMO_PAYMENTS_MAX];
    struct demo_tax_total taxes[DEMO_TAXES];
    int64_t discount_cents, total_cents, tax_cents, tip_cents;
};
/* The record of GET /v1/shop/orders (demo_orders.c). */
void demo_order_append(struct buf *text, const struct store *store, const struct demo *demo, const struct demo_sale *sale);
#endif
