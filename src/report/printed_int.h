/* printed_int.h: a document as it is printed: all that stands on the page, read before the page is laid out. Private to report/. */
#ifndef REPORT_PRINTED_INT_H
#define REPORT_PRINTED_INT_H
#include "report/report_int.h"

struct printed_line { struct str code, label, unit; int64_t quantity_milli, unit_price_e4, discount_cents, net_cents, total_cents, rate_bp; };
struct printed_tax { int64_t rate_bp, net_cents, tax_cents, total_cents; };
struct printed_payment { int32_t day; struct str means; int64_t amount_cents; };
struct printed {
    const struct company *company;
    struct str details[COMPANY_DETAILS];
    struct sale_customer customer;
    bool counter;                  /* of anonymous sales: no customer is named */
    struct str number, kind, origin, till_number;
    bool draft;
    int32_t day, due_day;
    int64_t total_cents, tax_cents, allocated_cents;
    struct printed_line *lines;
    size_t line_count;
    struct printed_tax *taxes;
    size_t tax_count;
    struct printed_payment *payments; /* what is allocated to it; of an order its deposits */
    size_t payment_count;
};
/* 1 = read, into the arena; 0 = there is no such document. */
int printed_load(struct db *db, const struct company *company, int64_t document_id, struct arena *arena, struct printed *ret, struct err *err) MUST_CHECK;
/* A detail of the company by its name; absent when there is none. */
struct str printed_detail(const struct printed *printed, const char *name);
/* Three by three, as it is written; empty when there is none. In the arena. */
struct str printed_siren(struct str siren, struct arena *arena);
/* The same of the customer: the one that its record has, else the one that its French VAT number holds. */
struct str printed_customer_siren(const struct printed *printed, struct arena *arena);

/* The sentences that the law asks for on the day of the document, in order, in the arena. At most MENTIONS_MAX. */
enum { MENTIONS_MAX = 16 };
size_t mentions_of(const struct printed *printed, struct arena *arena, struct str ret[MENTIONS_MAX]);
#endif
