/* test_compute.c: the VAT of a document and the share of each of its lines, against the rule carried out by hand: slowly, one cent after the other. Pure: no
 * database. The arrays are exactly as large as document_compute may use, so that a step beyond them is seen under AddressSanitizer. */
#include "shop.h"

#include "base/mem.h"

/* One document at a time: its lines and taxes as given, and what is computed. */
struct computed {
    struct posting posting;
    struct posting_line *lines;
    struct posting_tax *stated;
    int64_t *nets;
    struct document_tax *taxes;
    size_t tax_count;
    struct err err;
};

static void *exactly(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size);

    assert_non_null(memory);
    return memory;
}

static void computed_begin(struct computed *c, size_t line_count, size_t stated_count)
{
    *c = (struct computed){
        .lines = exactly(line_count, sizeof *c->lines),
        .stated = exactly(stated_count, sizeof *c->stated),
        .nets = exactly(line_count, sizeof *c->nets),
        .taxes = exactly(line_count + stated_count, sizeof *c->taxes),
    };
    c->posting = (struct posting){.lines = c->lines, .line_count = line_count, .taxes = c->stated, .tax_count = stated_count};
}

static void computed_end(struct computed *c)
{
    free(c->lines);
    free(c->stated);
    free(c->nets);
    free(c->taxes);
}

static void line_set(struct computed *c, size_t at, int64_t tax_id, int64_t rate_bp, int64_t total_cents)
{
    c->lines[at] = (struct posting_line){.tax_id = tax_id, .rate_bp = rate_bp, .total_cents = total_cents};
    c->posting.total_cents += total_cents;
}

static void compute(struct computed *c)
{
    assert_int_equal(document_compute(&c->posting, c->nets, c->taxes, &c->tax_count, &c->err), OK);
}

/* The lines of one tax at `rate_bp` (tax 1), of which the till states the VAT. */
static void assert_nets(size_t count, const int64_t *totals, int64_t rate_bp, int64_t stated_cents, const int64_t *expected)
{
    struct computed c;

    computed_begin(&c, count, 1);
    for (size_t i = 0; i < count; i++)
        line_set(&c, i, 1, rate_bp, totals[i]);
    c.stated[0] = (struct posting_tax){.tax_id = 1, .rate_bp = rate_bp, .tax_cents = stated_cents, .stated = true};
    compute(&c);
    assert_int_equal(c.tax_count, 1);
    assert_int_equal(c.taxes[0].tax_cents, stated_cents);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(c.nets[i], expected[i]);
    computed_end(&c);
}

static void cents_beyond_the_remainders_go_round(void **state)
{
    static const int64_t even[] = {120, 120, 120}; /* 3 × 1.00 at 20 %: no line has a remainder, VAT 0.60 */

    (void)state;
    assert_nets(3, even, 2000, 60, (int64_t[]){100, 100, 100});
    assert_nets(3, even, 2000, 59, (int64_t[]){101, 100, 100});
    assert_nets(3, even, 2000, 58, (int64_t[]){101, 101, 100});
    assert_nets(3, even, 2000, 57, (int64_t[]){101, 101, 101});
    assert_nets(3, even, 2000, 50, (int64_t[]){104, 103, 103});
    assert_nets(3, even, 2000, 61, (int64_t[]){100, 100, 99});
    assert_nets(3, even, 2000, 62, (int64_t[]){100, 99, 99});
    assert_nets(3, even, 2000, 70, (int64_t[]){97, 97, 96});
}

static void the_largest_remainders_come_first(void **state)
{
    static const int64_t totals[] = {85, 100, 59}; /* at 20 %: nets of 70.83, 83.33 and 49.17, VAT of 0.41 */

    (void)state;
    assert_nets(3, totals, 2000, 41, (int64_t[]){71, 83, 49});
    assert_nets(3, totals, 2000, 40, (int64_t[]){71, 84, 49});
    assert_nets(3, totals, 2000, 42, (int64_t[]){70, 83, 49});
}

/* ---- any document, by hand ---- */

/* The whole part of total / (1 + rate), downwards, by trying; *ret_rest is what is left, in parts of 10000 + rate. */
static int64_t net_floor(int64_t total, int64_t rate_bp, int64_t *ret_rest)
{
    int64_t divisor = 10000 + rate_bp, net = total < 0 ? total : 0;

    while ((net + 1) * divisor <= total * 10000)
        net++;
    *ret_rest = total * 10000 - net * divisor;
    return net;
}

/* The net of one tax dealt to its lines (their totals, positive in sum): whole cents first, then one cent at a time in order of the remainders, round and
 * round; a cent too many is taken from every line until none is. */
static void nets_by_hand(const int64_t *totals, size_t count, int64_t rate_bp, int64_t net, int64_t *nets)
{
    int64_t rests[LINES_MAX];
    bool dealt[LINES_MAX] = {false};
    size_t dealt_count = 0;

    for (size_t i = 0; i < count; i++) {
        nets[i] = net_floor(totals[i], rate_bp, &rests[i]);
        net -= nets[i];
    }
    for (; net < 0; net += (int64_t)count) {
        for (size_t i = 0; i < count; i++)
            nets[i]--;
    }
    for (; net > 0; net--) {
        size_t best = count;
        for (size_t i = count; i-- > 0;) {
            if (!dealt[i] && (best == count || rests[i] >= rests[best]))
                best = i;
        }
        nets[best]++;
        dealt[best] = true;
        if (++dealt_count == count) {
            memset(dealt, 0, sizeof dealt);
            dealt_count = 0;
        }
    }
}

/* The lines of one tax of a computed document are those that the rule gives; a document of which the sum is negative mirrors one of which it is positive. */
static void assert_dealt(const struct computed *c, const struct document_tax *tax)
{
    int64_t totals[LINES_MAX], expected[LINES_MAX], sum = 0, sign = 0;
    size_t at[LINES_MAX], count = 0;

    for (size_t i = 0; i < c->posting.line_count; i++) {
        if (c->lines[i].tax_id != tax->tax_id)
            continue;
        at[count] = i;
        totals[count++] = c->lines[i].total_cents;
        sum += c->lines[i].total_cents;
    }
    for (size_t i = 0; sign == 0 && i < count; i++)
        sign = totals[i];
    sign = (sum != 0 ? sum : sign != 0 ? sign : tax->net_cents) < 0 ? -1 : 1;
    for (size_t i = 0; i < count; i++)
        totals[i] *= sign;
    nets_by_hand(totals, count, tax->rate_bp, sign * tax->net_cents, expected);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(c->nets[at[i]], sign * expected[i]);
}

static void every_line_gets_the_share_that_the_rule_gives(void **state)
{
    static const int64_t rates[] = {2000, 1000, 550, 210, 0};

    (void)state;
    random_state = 11;
    for (int round = 0; round < 4000; round++) {
        struct computed c;
        size_t line_count = (size_t)random_between(1, LINES_MAX);
        int64_t low = round % 2 == 0 ? -300 : 0, rate_count = random_between(1, 5);

        computed_begin(&c, line_count, 1);
        for (size_t i = 0; i < line_count; i++) {
            int64_t rate = random_between(0, rate_count - 1);
            line_set(&c, i, 10 - rate, rates[rate], random_between(low, 300));
        }
        /* What the till states is arithmetic's figure, or off by some cents. */
        c.posting.tax_count = 0;
        compute(&c);
        c.stated[0] = (struct posting_tax){.tax_id = c.taxes[0].tax_id, .rate_bp = c.taxes[0].rate_bp, .tax_cents = c.taxes[0].tax_cents + random_between(-20, 20), .stated = true};
        c.posting.tax_count = (size_t)(round % 3 != 0);
        compute(&c);
        for (size_t i = 0; i < c.tax_count; i++)
            assert_dealt(&c, &c.taxes[i]);
        computed_end(&c);
    }
}

/* ---- a credit note mirrors its invoice ---- */

static void lines_that_make_nothing_are_mirrored_too(void **state)
{
    /* Two taken and both given back at 20 %: 83.33 each, and -166.67. The sum has no sign: the first line that has one says which way round they are. */
    static const int64_t bought[] = {100, 100, -200}, returned[] = {-100, -100, 200}, given_away_first[] = {0, -100, -100, 200}, exchanged[] = {100, -200, 100},
                         nothing[] = {0, 0};

    (void)state;
    assert_nets(3, bought, 2000, 0, (int64_t[]){84, 83, -167});
    assert_nets(3, returned, 2000, 0, (int64_t[]){-84, -83, 167});
    assert_nets(4, given_away_first, 2000, 0, (int64_t[]){0, -84, -83, 167});
    assert_nets(3, exchanged, 2000, 0, (int64_t[]){84, -167, 83});
    assert_nets(2, nothing, 2000, 1, (int64_t[]){-1, 0}); /* whatever the till may mean by it */
    assert_nets(2, nothing, 2000, -1, (int64_t[]){1, 0});
}

/* ---- what the till states ---- */

static void a_tax_that_is_stated_twice_counts_as_their_sum(void **state)
{
    struct computed c;

    (void)state;
    computed_begin(&c, 1, 4);
    line_set(&c, 0, 1, 2000, 1200);
    c.stated[0] = (struct posting_tax){.tax_id = 1, .rate_bp = 2000, .tax_cents = 120, .stated = true};
    c.stated[1] = (struct posting_tax){.tax_id = 1, .rate_bp = 2000, .tax_cents = 9, .stated = false}; /* not stated: not counted */
    c.stated[2] = (struct posting_tax){.tax_id = 2, .rate_bp = 1000, .tax_cents = 0, .stated = true};
    c.stated[3] = (struct posting_tax){.tax_id = 1, .rate_bp = 2000, .tax_cents = 79, .stated = true};
    compute(&c);
    assert_int_equal(c.tax_count, 1);
    assert_int_equal(c.taxes[0].tax_cents, 199);
    assert_int_equal(c.taxes[0].net_cents, 1001);
    assert_int_equal(c.nets[0], 1001);
    computed_end(&c);
}

static void a_tax_that_no_line_has_is_refused(void **state)
{
    struct computed c;

    (void)state;
    computed_begin(&c, 1, 1);
    line_set(&c, 0, 1, 2000, 1200);
    c.stated[0] = (struct posting_tax){.tax_id = 2, .rate_bp = 1000, .tax_cents = 1, .stated = true};
    for (size_t i = 0; i < 2; i++)
        c.taxes[i] = (struct document_tax){.tax_id = 2}; /* what stood in the memory before */
    assert_int_equal(document_compute(&c.posting, c.nets, c.taxes, &c.tax_count, &c.err), ERR_DATA);
    assert_int_equal(c.tax_count, 0);
    err_clear(&c.err);
    computed_end(&c);
}

/* ---- limits ---- */

static void exhausted_memory_is_reported(void **state)
{
    enum { MANY = 65 }; /* more than the stack has room for */
    struct computed c;

    (void)state;
    computed_begin(&c, MANY, 0);
    for (size_t i = 0; i < MANY; i++)
        line_set(&c, i, 1, 2000, 12);
    mem_fail_at(1, 0);
    int code = document_compute(&c.posting, c.nets, c.taxes, &c.tax_count, &c.err);
    mem_fail_at(0, 0);
    assert_int_equal(code, ERR_INTERNAL);
    assert_int_equal(c.tax_count, 0);
    err_clear(&c.err);
    compute(&c);
    assert_int_equal(c.taxes[0].tax_cents, 130);
    computed_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cents_beyond_the_remainders_go_round),
        cmocka_unit_test(the_largest_remainders_come_first),
        cmocka_unit_test(every_line_gets_the_share_that_the_rule_gives),
        cmocka_unit_test(lines_that_make_nothing_are_mirrored_too),
        cmocka_unit_test(a_tax_that_is_stated_twice_counts_as_their_sum),
        cmocka_unit_test(a_tax_that_no_line_has_is_refused),
        cmocka_unit_test(exhausted_memory_is_reported),
    };

    return cmocka_run_group_tests_name("pure", tests, NULL, NULL);
}
