/* till.h: the till of the simulation, in this process: sales, articles and customers with a final truth, the way that led there, and a transport that
 * misbehaves as the plan says. The tills of a disturbed and of an undisturbed run of one seed have the same final truth; the undisturbed one shows it from the
 * first request on. Used by tests/sim only.
 *
 * How the disturbances of plan.h are taken: a fault of the wire meets one request; when its argument is 3 modulo 4 it outlasts the client's patience (seven requests; not
 * WIRE_SLOW, WIRE_DUPLICATE, WIRE_LOST_ANSWER). WIRE_SLOW takes 1 + argument % 240 seconds. What a write leaves behind when its answer is a fault is said in wire.c.
 * TILL_CLOCK is too fast by an odd argument and too slow by an even one, below half an hour, so that an hour between two lives brings the clocks together. What TILL_SHIFT
 * brings has identities that begin with ffff and no number. A disturbance that its life does not reach happens before the next one. */
#ifndef SIM_TILL_H
#define SIM_TILL_H
#include "net/http.h"
#include "plan.h"

/* The clock of one simulation; it moves by sleeps, by slow answers, and a little by each request. */
struct sim_clock { int64_t now_utc; };
struct clock sim_clock_of(struct sim_clock *clock);

#define SIM_KEY "5f0123456789abcdef012345"
enum { SIM_SALES_MAX = 24, SIM_LINES_MAX = 5, SIM_PAYMENTS_MAX = 3, SIM_ARTICLES_MAX = 10 };
/* 2026-01-30 10:00 UTC: when the first run begins; the sales are of the days before. */
#define SIM_BEGIN (INT64_C(1769767200) * CIVIL_SECOND)

struct sim_line { int article; /* place in articles, -1 = free text */ int64_t quantity_milli, unit_price_cents, discount_cents, total_cents; int rate_bp; };
struct sim_payment { int means; /* place in sim_means */ int64_t amount_cents; };
extern const char *const sim_means[]; /* as the till calls them, NULL at the end; the last one is unknown here until the operator maps it */
enum sim_state { SIM_PAID, SIM_OPEN, SIM_CANCELLED };
/* The final truth of a sale, for the oracle: what an accountant would read on the till when all is over. */
struct sim_sale {
    char id[25];                    /* 24 hexadecimal digits */
    int number;                     /* the till's ticket number; holes and repeats occur */
    enum sim_state state;           /* only SIM_PAID ones become documents */
    bool training;                  /* a test sale: read and skipped */
    bool faulty;                    /* bad in itself (a total that its lines do not give, …): it stays in the grid with an anomaly, and stops no other */
    int refund_of;                  /* place of the sale that it pays back, -1 = none; its amounts are negative */
    int64_t closed_utc;             /* by the till's clock */
    int customer;                   /* -1 = none */
    struct sim_line lines[SIM_LINES_MAX];
    size_t line_count;
    struct sim_payment payments[SIM_PAYMENTS_MAX];
    size_t payment_count;
    int64_t total_cents;            /* tax included: the sum of the lines */
    bool states_vat;                /* the till states its VAT: for each rate of the lines, truncated to the cent */
};
struct sim_article { char id[25]; char reference[16]; char name[32]; int64_t price_cents; int rate_bp; int64_t stock; bool unknown_here; /* no article of the back office has its reference */ };

struct sim_till;
/* The shop of the plan's seed. `disturbed` false: the final truth at once, no faults. Aborts when memory is exhausted. */
struct sim_till *sim_till_new(const struct plan *plan, bool disturbed, struct sim_clock *clock);
void sim_till_free(struct sim_till *till);
/* A life of the process begins: requests are counted from 1 again, and the disturbances of this round are armed. ROUNDS_MAX and beyond: none; what had not come out until then
 * (late sales, edits …) comes out at once, so that the truth is final. */
void sim_till_begin(struct sim_till *till, int round);
/* Called before each answer with its count, so that the operator and a second run can act in the midst of a run. It may use another transport of the same till:
 * those requests count as well, and call nobody. */
void sim_till_on_request(struct sim_till *till, void (*hook)(void *context, int64_t request), void *context);
/* The process is dead: every transport of this till fails from now until the next sim_till_begin, and nothing that is submitted is carried out. */
void sim_till_die(struct sim_till *till);
/* A transport_factory; context: the till. */
int sim_till_transport(void *context, struct http_transport *ret, struct err *err);

/* Whether the request that it is about to answer writes. */
bool sim_till_is_writing(const struct sim_till *till);

/* The final truth. */
const struct sim_sale *sim_till_sales(const struct sim_till *till, size_t *ret_count);
const struct sim_article *sim_till_articles(const struct sim_till *till, size_t *ret_count);
/* What the till's own list of articles holds now, with what was exported to it: sorted text, one line an article, for comparing two runs, and to see that nothing was created twice. */
void sim_till_dump(const struct sim_till *till, struct buf *out);
/* Whether the truth is final, and how often a fault was met since creation (for --verbose). */
bool sim_till_is_final(const struct sim_till *till);
int64_t sim_till_faults_met(const struct sim_till *till);
#endif
