/* till_store.h: what the files of the simulated till share: its records, what it still holds back, and how they are answered. The final truth never changes
 * (till_truth.c); what is shown is a function of the truth and of the disturbances that are still to come, so taking one away cannot change the end.
 * Private to till*.c and wire.c. */
#ifndef SIM_TILL_STORE_H
#define SIM_TILL_STORE_H
#include "till.h"

#define SIM_NODE "5a0000000000000000000001"
#define SIM_COMPANY "5b0000000000000000000001"
#define SIM_SHOP "5c0000000000000000000001"

enum { SHOP_CATEGORIES = 3 };
/* Which category an article of the truth stands in. */
static inline size_t article_category(int article)
{
    return (size_t)article % SHOP_CATEGORIES;
}

enum { JUNK_MAX = 6, RECORDS_MAX = SIM_SALES_MAX + JUNK_MAX, SHELF_MAX = 96, NAMED_MAX = 32, ARTICLE_TAXES_MAX = 4, CUSTOMERS = 4 };

/* One record of the list of sales. The first ones are the truth's, in its order; behind them stands junk (training, open and cancelled orders of nobody), whose
 * only purpose is to move pages. */
struct sale_record {
    int64_t updated_utc;
    int hidden;                    /* how many disturbances must still happen before it shows; junk: 0 or 1 */
    int edits;                     /* how many versions before the final one */
    int cancels;                   /* until they happened it is shown as paid */
    bool stale;                    /* json is to be made again */
    struct buf json;
};
struct shelf_article {
    char id[25], category_id[25], name[128], reference[64], barcode[64], unit[16], color[16];
    char tax_ids[ARTICLE_TAXES_MAX][25];
    size_t tax_count;
    bool has_price, has_buy_price, has_weight, in_stock, ignore_stock, deprecated, is_default, test;
    int64_t price_e4, buy_price_e4, weight_milli, stock, updated_utc;
    bool junk;                     /* came only to move pages */
};
struct named { char id[25], name[96]; int64_t rate_bp, updated_utc; bool is_default, deprecated; }; /* a category, or a tax */

struct sim_till {
    struct plan plan;
    bool disturbed;
    struct sim_clock *clock;
    /* the truth */
    struct sim_sale sales[SIM_SALES_MAX];
    enum sim_fault { FAULT_NONE, FAULT_TOTAL, FAULT_RATE, FAULT_PAYMENTS, FAULT_UNREADABLE, FAULT_VAT } sale_faults[SIM_SALES_MAX];
    size_t sale_count;
    struct sim_article articles[SIM_ARTICLES_MAX];
    size_t article_count;
    int64_t junk_closed_utc[JUNK_MAX];
    /* what it shows now */
    struct sale_record records[RECORDS_MAX];
    struct shelf_article shelf[SHELF_MAX];
    size_t shelf_count;
    struct named categories[NAMED_MAX], taxes[NAMED_MAX];
    size_t category_count, tax_count;
    int64_t resorts;               /* how often equal stamps were put in another order */
    int64_t limit_max;             /* 0: none */
    int64_t skew_utc;              /* its clock less the right one */
    int64_t made;                  /* records created by requests, for their ids */
    /* the life */
    int targets[DISTURBANCES_MAX]; /* the sale that it concerns, -1 = none */
    bool fired[DISTURBANCES_MAX];
    int round, life;
    bool dead, in_hook, writing;
    int64_t request;
    enum sim_kind burst;           /* a wire fault that lasts for some requests */
    int64_t burst_argument;
    int burst_left;
    int64_t faults_met;
    void (*hook)(void *context, int64_t request);
    void *hook_context;
};

/* A number that depends on nothing but its arguments; `purpose` keeps them apart. */
uint64_t sim_mix(uint64_t seed, uint64_t purpose, uint64_t place);
int64_t sim_till_now(const struct sim_till *till);   /* by its own clock, which may be wrong */

/* What does not fit is cut. */
static inline void sim_copy(char *to, size_t size, struct str from)
{
    size_t n = from.n < size ? from.n : size - 1;
    if (n > 0)
        memcpy(to, from.p, n);
    to[n] = '\0';
}

/* till_truth.c */
void truth_make(struct sim_till *till);
/* The sale as it is shown while `edits` versions and `cancels` are still to come; *ret_fault what is wrong with that version. */
void truth_shown(const struct sim_till *till, size_t place, int edits, int cancels, struct sim_sale *ret, enum sim_fault *ret_fault);
/* The sale that a disturbance concerns, -1 when the shop has none of the kind. */
int truth_target(const struct sim_till *till, enum sim_kind kind, int64_t argument);

/* till_json.c: appends the JSON of one record. */
void json_append_sale(const struct sim_till *till, size_t record, struct buf *out);
void json_append_article(const struct shelf_article *article, bool with_stock, struct buf *out);
void json_append_named(const struct named *named, bool is_tax, struct buf *out);

/* till_lists.c, till_writes.c: appends the body, gives the status. */
struct sim_request { enum http_method method; struct str path, query, body; };
int answer_list(struct sim_till *till, const struct sim_request *request, struct buf *out);
int answer_write(struct sim_till *till, const struct sim_request *request, struct buf *out);
int answer_error(int status, const char *message, struct buf *out);
/* Any request, by its method and path. */
int answer_request(struct sim_till *till, const struct sim_request *request, struct buf *out);

/* till.c: all that is due up to the Nth request happens to the records. */
void till_advance(struct sim_till *till);
/* The wire fault of this request, SIM_KIND_COUNT = none. */
enum sim_kind till_wire_fault(struct sim_till *till, int64_t *ret_argument);
#endif
