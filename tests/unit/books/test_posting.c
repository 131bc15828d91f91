/* test_posting.c: what becomes of a sale: VAT, documents, numbers, payments, stock, refusals, and that a validated document stays as it is.
 * Expected values are computed here by other means than in src/books, or by hand. */
#include "shop.h"

#include "base/mem.h"

/* ---- VAT ---- */

/* Half away from zero, by trying: the VAT v is the one for which |T·r − v·(10000+r)| is least. */
static int64_t tax_by_search(int64_t total, int64_t rate_bp)
{
    int64_t magnitude = total < 0 ? -total : total, best = 0, divisor = 10000 + rate_bp;

    while (2 * (magnitude * rate_bp - best * divisor) >= divisor)
        best++;
    return total < 0 ? -best : best;
}

static void compute(const struct posting *posting, int64_t *nets, struct document_tax *taxes, size_t *ret_count)
{
    struct err err = {0};

    assert_int_equal(document_compute(posting, nets, taxes, ret_count, &err), OK);
}

static void vat_obeys_its_laws(void **state)
{
    static const int64_t rates[] = {2000, 1000, 550, 210, 0};

    (void)state;
    random_state = 42;
    for (int round = 0; round < 3000; round++) {
        struct ticket t = {.posting = {.lines = t.lines, .taxes = t.taxes}}, mirror;
        int64_t nets[LINES_MAX], mirror_nets[LINES_MAX], net_sums[5] = {0}, totals[5] = {0}, sum = 0;
        struct document_tax taxes[2 * LINES_MAX], mirror_taxes[2 * LINES_MAX];
        size_t count, mirror_count;

        t.posting.line_count = (size_t)random_between(1, LINES_MAX);
        for (size_t i = 0; i < t.posting.line_count; i++) {
            int64_t rate = random_between(0, 4);
            t.lines[i] = (struct posting_line){.tax_id = 10 - rate, .rate_bp = rates[rate], .total_cents = random_between(round % 3 == 0 ? -500 : 0, 2000)};
            t.posting.total_cents += t.lines[i].total_cents;
            totals[rate] += t.lines[i].total_cents;
        }
        compute(&t.posting, nets, taxes, &count);
        for (size_t i = 0; i < t.posting.line_count; i++)
            net_sums[10 - t.lines[i].tax_id] += nets[i];
        for (size_t i = 0; i < count; i++) {
            int64_t rate = 10 - taxes[i].tax_id;
            assert_true(i == 0 || taxes[i - 1].tax_id < taxes[i].tax_id);
            assert_int_equal(taxes[i].total_cents, totals[rate]);
            assert_int_equal(taxes[i].tax_cents, tax_by_search(totals[rate], rates[rate]));
            assert_int_equal(taxes[i].net_cents + taxes[i].tax_cents, taxes[i].total_cents);
            assert_int_equal(taxes[i].net_cents, net_sums[rate]);
            sum += taxes[i].total_cents;
        }
        assert_int_equal(sum, t.posting.total_cents);

        mirror = t;
        mirror.posting.lines = mirror.lines;
        mirror.posting.total_cents = -t.posting.total_cents;
        for (size_t i = 0; i < t.posting.line_count; i++)
            mirror.lines[i].total_cents = -t.lines[i].total_cents;
        compute(&mirror.posting, mirror_nets, mirror_taxes, &mirror_count);
        assert_int_equal(mirror_count, count);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(mirror_taxes[i].tax_cents, -taxes[i].tax_cents);
        for (size_t i = 0; i < t.posting.line_count; i++)
            assert_int_equal(mirror_nets[i], -nets[i]);
    }
}

static void lines_share_the_net_by_largest_remainder(void **state)
{
    /* 3 × 1.00 at 20 %: T = 3.00, VAT 0.50, HT 2.50 = 0.84 + 0.83 + 0.83. The 10 % line between them stands alone: 1.10 = 1.00 + 0.10. */
    struct ticket t = {.posting = {.lines = t.lines, .line_count = 4, .total_cents = 410}};
    struct document_tax taxes[4];
    int64_t nets[4];
    size_t count;

    (void)state;
    t.lines[0] = t.lines[2] = t.lines[3] = (struct posting_line){.tax_id = 1, .rate_bp = 2000, .total_cents = 100};
    t.lines[1] = (struct posting_line){.tax_id = 2, .rate_bp = 1000, .total_cents = 110};
    compute(&t.posting, nets, taxes, &count);
    assert_int_equal(count, 2);
    assert_int_equal(nets[0], 84);
    assert_int_equal(nets[1], 100);
    assert_int_equal(nets[2], 83);
    assert_int_equal(nets[3], 83);
}

static void lines_that_cancel_out_keep_their_own_net(void **state)
{
    /* An article taken back and another sold on one ticket, at 20 %: 12.00 = 10.00 + 2.00 both ways; the ticket's net is that of its third line, 0.06 = 0.05 + 0.01. */
    static const int64_t totals[] = {1200, -1200, 6}, expected[] = {1000, -1000, 5};
    struct ticket t = {.posting = {.lines = t.lines, .taxes = t.taxes, .line_count = 3, .total_cents = 6}};
    struct document_tax taxes[LINES_MAX];
    int64_t nets[LINES_MAX];
    size_t count;

    (void)state;
    for (size_t i = 0; i < 3; i++)
        t.lines[i] = (struct posting_line){.tax_id = 1, .rate_bp = 2000, .total_cents = totals[i]};
    compute(&t.posting, nets, taxes, &count);
    assert_int_equal(count, 1);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(nets[i], expected[i]);
}

static void a_document_of_many_lines_is_computed_too(void **state)
{
    enum { MANY = 1000 };
    static struct posting_line lines[MANY];
    static int64_t nets[MANY];
    static struct document_tax taxes[MANY];
    struct posting posting = {.lines = lines, .line_count = MANY, .total_cents = 7 * MANY};
    int64_t sum = 0;
    size_t count;

    (void)state;
    for (size_t i = 0; i < MANY; i++)
        lines[i] = (struct posting_line){.tax_id = 3, .rate_bp = 550, .total_cents = 7};
    compute(&posting, nets, taxes, &count);
    for (size_t i = 0; i < MANY; i++)
        sum += nets[i];
    assert_int_equal(count, 1);
    assert_int_equal(taxes[0].tax_cents, 365); /* 7000 × 5.5 / 105.5 = 364.92 */
    assert_int_equal(sum, 7000 - 365);
}

static void what_does_not_add_up_is_refused(void **state)
{
    struct ticket t = {.posting = {.lines = t.lines, .taxes = t.taxes, .line_count = 1, .total_cents = 101}};
    struct document_tax taxes[2];
    struct err err = {0};
    int64_t nets[1];
    size_t count = 99;

    (void)state;
    t.lines[0] = (struct posting_line){.tax_id = 1, .rate_bp = 2000, .total_cents = 100};
    assert_int_equal(document_compute(&t.posting, nets, taxes, &count, &err), ERR_DATA);
    t.posting.total_cents = 100;
    t.posting.tax_count = 1;
    t.taxes[0] = (struct posting_tax){.tax_id = 2, .rate_bp = 1000, .tax_cents = 5, .stated = true};
    err_clear(&err);
    assert_int_equal(document_compute(&t.posting, nets, taxes, &count, &err), ERR_DATA);
    t.taxes[0].tax_cents = 0; /* a till that lists every rate it knows */
    err_clear(&err);
    assert_int_equal(document_compute(&t.posting, nets, taxes, &count, &err), OK);
    assert_int_equal(count, 1);
}

/* The till truncates (tactill-v4.md): 100 sales of 1.00 at 5.5 % state 5.00 of VAT where arithmetic gives 5.21. */
static void the_vat_that_the_till_states_wins(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    static struct ticket tickets[100];
    static struct posting postings[100];
    struct posting_session *session = session_new(f, false, true);

    for (int i = 0; i < 100; i++) {
        ticket_begin(&shop, &tickets[i], DOCUMENT_INVOICE, i);
        ticket_line(&shop, &tickets[i], 0, 1000, 100, shop.tax55, 550);
        tickets[i].taxes[0] = (struct posting_tax){.tax_id = shop.tax55, .rate_bp = 550, .tax_cents = 5, .stated = true};
        tickets[i].posting.tax_count = 1;
        ticket_pay(&shop, &tickets[i], shop.card, 100);
        postings[i] = tickets[i].posting;
    }
    assert_ok(f, posting_run(session, postings, 100, &f->err));
    assert_int_equal(query_number(f, "SELECT SUM(tax_cents) FROM document WHERE company_id = $1", DB_INT(f->company_id)), 500);
    assert_int_equal(query_number(f, "SELECT SUM(tax_cents) FROM document_tax WHERE company_id = $1", DB_INT(f->company_id)), 500);
    assert_int_equal(query_number(f, "SELECT SUM(net_cents) FROM document_line WHERE company_id = $1", DB_INT(f->company_id)), 9500);
    posting_session_free(session);
    assert_journal_right(f);
}

/* ---- documents and payments ---- */

static void an_invoice_is_validated_and_reconciled(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct ticket t;

    ticket_begin(&shop, &t, DOCUMENT_INVOICE, 1);
    t.posting.salesperson = STR("Zoé");
    t.posting.tip_cents = 50;
    ticket_line(&shop, &t, shop.managed[0], 2000, 1200, shop.tax20, 2000);
    ticket_line(&shop, &t, 0, 1000, 110, shop.tax10, 1000);
    ticket_pay(&shop, &t, shop.card, 1000);
    ticket_pay(&shop, &t, shop.cash, 360);
    post(f, &t, false);
    int64_t id = t.posting.document_id;

    assert_true(t.posting.validated && t.posting.reconciled);
    assert_str(number_of(f, id), "FA000001");
    assert_int_equal(document_number(f, "tax_cents", id), 200 + 10);
    assert_int_equal(document_number(f, "tip_cents", id), 50);
    assert_int_equal(document_number(f, "run_id", id), 7);
    assert_int_equal(document_number(f, "validated_utc", id), test_now_utc);
    assert_int_equal(document_number(f, "CASE state WHEN 'validated' THEN 1 ELSE 0 END", id), 1);
    assert_int_equal(query_number(f, "SELECT amount_cents FROM due_line WHERE company_id = $1 AND document_id = $2 AND day = $3", DB_INT(f->company_id),
                                  DB_INT(id), DB_INT(DAY)), 1310);
    /* The card fills 10.00 of 13.10, cash the rest; the tip stays unallocated. */
    assert_int_equal(query_number(f, "SELECT amount_cents FROM allocation WHERE company_id = $1 ORDER BY payment_id LIMIT 1", DB_INT(f->company_id)), 1000);
    assert_int_equal(query_number(f, "SELECT amount_cents FROM allocation WHERE company_id = $1 ORDER BY payment_id DESC LIMIT 1", DB_INT(f->company_id)), 310);
    assert_int_equal(stock_of(f, shop.managed[0]), -2000);
    assert_int_equal(count_rows(f, "stock_move"), 1);
    assert_journal_right(f);
}

static void a_credit_note_mirrors_its_invoice(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct ticket t;
    struct posting reversal;

    ticket_begin(&shop, &t, DOCUMENT_INVOICE, 1);
    ticket_line(&shop, &t, shop.managed[0], 1500, 1001, shop.tax20, 2000);
    ticket_line(&shop, &t, shop.unmanaged, 1000, 333, shop.tax20, 2000);
    t.taxes[0] = (struct posting_tax){.tax_id = shop.tax20, .rate_bp = 2000, .tax_cents = 221, .stated = true}; /* odd: half-up gives 222 */
    t.posting.tax_count = 1;
    ticket_pay(&shop, &t, shop.cash, 1334);
    post(f, &t, false);

    assert_ok(f, document_reversal(f->db, f->company_id, t.posting.document_id, &f->arena, &reversal, &f->err));
    assert_int_equal(reversal.kind, DOCUMENT_CREDIT_NOTE);
    assert_int_equal(reversal.origin_id, t.posting.document_id);
    assert_int_equal(reversal.total_cents, -1334);
    assert_int_equal(reversal.revision, 1);
    assert_int_equal(reversal.payment_count, 0);
    const struct posting_payment back = {.means_id = shop.cash, .amount_cents = -1334, .till_payment_id = STR("back"), .day = DAY};
    reversal.payments = &back;
    reversal.payment_count = 1;
    struct posting_session *session = session_new(f, true, true);
    assert_ok(f, posting_run(session, &reversal, 1, &f->err));
    posting_session_free(session);

    assert_true(reversal.validated && reversal.reconciled);
    assert_str(number_of(f, reversal.document_id), "AV000001");
    assert_int_equal(document_number(f, "tax_cents", reversal.document_id), -221);
    assert_int_equal(query_number(f, "SELECT SUM(net_cents) FROM document_line WHERE company_id = $1", DB_INT(f->company_id)), 0);
    assert_int_equal(query_number(f, "SELECT MAX(ABS(n)) FROM (SELECT line_no, SUM(net_cents) AS n FROM document_line WHERE company_id = $1 GROUP BY line_no) s",
                                  DB_INT(f->company_id)), 0);
    assert_int_equal(query_number(f, "SELECT amount_cents FROM allocation WHERE company_id = $1 AND document_id = $2", DB_INT(f->company_id),
                                  DB_INT(reversal.document_id)), -1334);
    assert_int_equal(stock_of(f, shop.managed[0]), 0);
    assert_journal_right(f);
}

static void reversal_needs_a_validated_document(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct ticket t;
    struct posting reversal;

    ticket_simple(&shop, &t, DOCUMENT_INVOICE, 1, shop.managed[0], 1000, 100);
    post(f, &t, true);
    assert_false(t.posting.validated);
    assert_refused(f, ERR_DATA, document_reversal(f->db, f->company_id, t.posting.document_id, &f->arena, &reversal, &f->err));
    assert_refused(f, ERR_NOT_FOUND, document_reversal(f->db, f->company_id, 999, &f->arena, &reversal, &f->err));
    /* An order is undone by an order: a credit note would bring goods in that never went out. */
    ticket_simple(&shop, &t, DOCUMENT_ORDER, 2, shop.managed[0], 1000, 100);
    post(f, &t, true);
    assert_ok(f, document_reversal(f->db, f->company_id, t.posting.document_id, &f->arena, &reversal, &f->err));
    assert_int_equal(reversal.kind, DOCUMENT_ORDER);
}

static void an_order_moves_nothing_and_its_payments_are_deposits(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct ticket t;

    ticket_simple(&shop, &t, DOCUMENT_ORDER, 1, shop.managed[0], 5000, 700);
    post(f, &t, true);
    assert_true(t.posting.validated);
    assert_false(t.posting.reconciled);
    assert_str(number_of(f, t.posting.document_id), "CO000001");
    assert_int_equal(count_rows(f, "stock_move"), 0);
    assert_int_equal(count_rows(f, "stock_level"), 0);
    assert_int_equal(count_rows(f, "allocation"), 0);
    assert_int_equal(count_rows(f, "due_line"), 1);
    assert_int_equal(query_number(f, "SELECT amount_cents FROM payment WHERE company_id = $1 AND document_id = $2", DB_INT(f->company_id),
                                  DB_INT(t.posting.document_id)), 700);
    assert_journal_right(f);
}

static void a_sale_of_nothing_has_no_allocation(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct ticket t;

    ticket_begin(&shop, &t, DOCUMENT_INVOICE, 1);
    ticket_line(&shop, &t, shop.unmanaged, 1000, 0, shop.tax20, 2000); /* wholly discounted */
    post(f, &t, false);
    assert_true(t.posting.validated && t.posting.reconciled);
    assert_int_equal(count_rows(f, "allocation"), 0);
}

/* The head of every document is the sum of its lines, and of its taxes; every move of stock is that of a line. */
static void assert_heads_right(struct fixture *f)
{
    assert_int_equal(query_number(f,
        "SELECT COUNT(*) FROM document d WHERE d.company_id = $1 AND ("
        " d.total_cents <> (SELECT SUM(l.total_cents) FROM document_line l WHERE l.company_id = d.company_id AND l.document_id = d.document_id)"
        " OR d.tax_cents <> (SELECT SUM(l.tax_cents) FROM document_line l WHERE l.company_id = d.company_id AND l.document_id = d.document_id)"
        " OR d.tax_cents <> (SELECT SUM(t.tax_cents) FROM document_tax t WHERE t.company_id = d.company_id AND t.document_id = d.document_id))",
        DB_INT(f->company_id)), 0);
    assert_int_equal(query_number(f,
        "SELECT COUNT(*) FROM stock_move m WHERE m.company_id = $1 AND m.source = 'document' AND NOT EXISTS (SELECT 1 FROM document_line l"
        " WHERE l.company_id = m.company_id AND l.document_id = m.source_id AND l.line_no = m.line_no AND l.article_id = m.article_id AND l.quantity_milli = -m.quantity_milli)",
        DB_INT(f->company_id)), 0);
}

static void allocations_never_exceed_payment_or_due_line(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct posting_session *session = session_new(f, false, true);

    random_state = 7;
    for (int i = 0; i < 200; i++) {
        enum document_kind kind = i % 3 == 0 ? DOCUMENT_CREDIT_NOTE : DOCUMENT_INVOICE;
        int64_t sign = kind == DOCUMENT_CREDIT_NOTE ? -1 : 1, paid = 0;
        struct ticket t;
        ticket_begin(&shop, &t, kind, i);
        ticket_line(&shop, &t, shop.unmanaged, sign * 1000, sign * random_between(0, 1000), shop.tax20, 2000);
        for (int64_t n = random_between(0, 5); n > 0; n--) {
            int64_t amount = random_between(-300, 600);
            ticket_pay(&shop, &t, shop.card, sign * amount);
            paid += amount > 0 ? amount : 0;
        }
        assert_ok(f, posting_run(session, &t.posting, 1, &f->err));
        assert_int_equal(t.posting.reconciled, paid >= sign * t.posting.total_cents);
    }
    posting_session_free(session);
    assert_int_equal(query_number(f,
        "SELECT COUNT(*) FROM allocation a JOIN payment p ON p.company_id = a.company_id AND p.payment_id = a.payment_id "
        "WHERE a.company_id = $1 AND (ABS(a.amount_cents) > ABS(p.amount_cents) OR (a.amount_cents > 0) <> (p.amount_cents > 0) OR a.document_id <> p.document_id)",
        DB_INT(f->company_id)), 0);
    assert_int_equal(query_number(f,
        "SELECT COUNT(*) FROM due_line d JOIN (SELECT company_id, document_id, SUM(amount_cents) AS s FROM allocation GROUP BY company_id, document_id) a "
        "ON a.company_id = d.company_id AND a.document_id = d.document_id "
        "WHERE d.company_id = $1 AND (ABS(s) > ABS(d.amount_cents) OR (s > 0) <> (d.amount_cents > 0))", DB_INT(f->company_id)), 0);
    assert_heads_right(f);
}

static void a_sale_is_never_posted_twice(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct posting_session *session = session_new(f, false, true);
    struct ticket t, again, other;

    ticket_simple(&shop, &t, DOCUMENT_INVOICE, 1, shop.managed[0], 1000, 100);
    assert_ok(f, posting_run(session, &t.posting, 1, &f->err));
    ticket_simple(&shop, &again, DOCUMENT_INVOICE, 1, shop.managed[0], 1000, 100);
    again.payments[0].till_payment_id = STR("another");
    assert_refused(f, ERR_DATA, attempt_run(f, session, &again.posting, 1, OK));
    ticket_simple(&shop, &other, DOCUMENT_INVOICE, 2, shop.managed[0], 1000, 100);
    other.payments[0].till_payment_id = t.payments[0].till_payment_id;
    assert_refused(f, ERR_DATA, attempt_run(f, session, &other.posting, 1, OK));
    assert_int_equal(count_rows(f, "document"), 1);
    assert_int_equal(count_rows(f, "payment"), 1);
    assert_int_equal(stock_of(f, shop.managed[0]), -1000);
    posting_session_free(session);
    assert_journal_right(f);
}

static void a_sale_that_does_not_add_up_is_not_posted(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct posting_session *session = session_new(f, false, true);
    struct ticket right, wrong;

    ticket_simple(&shop, &right, DOCUMENT_INVOICE, 1, shop.managed[0], 1000, 100);
    ticket_simple(&shop, &wrong, DOCUMENT_INVOICE, 2, shop.managed[0], 1000, 100);
    wrong.posting.total_cents = 101;
    struct posting postings[] = {right.posting, wrong.posting};
    assert_refused(f, ERR_DATA, attempt_run(f, session, postings, 2, OK));
    assert_int_equal(count_rows(f, "document"), 0);
    assert_ok(f, attempt_run(f, session, postings, 1, OK));
    assert_int_equal(stock_of(f, shop.managed[0]), -1000);
    assert_ok(f, attempt_run(f, session, postings, 0, OK)); /* nothing to do */
    assert_int_equal(count_rows(f, "document"), 1);
    posting_session_free(session);
    assert_journal_right(f);
}

static void what_stands_behind_the_last_line_does_not_count(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct posting_session *session = session_new(f, true, true);
    struct ticket t;

    stock_set(f, shop.managed[0], 5000);
    for (int i = 0; i < 3; i++) { /* again in one session: its memory is then full of what was */
        ticket_begin(&shop, &t, DOCUMENT_INVOICE, i);
        ticket_line(&shop, &t, shop.managed[0], 1000, 600, shop.tax20, 2000);
        ticket_line(&shop, &t, shop.managed[1], 1000, 110, shop.tax10, 1000);
        ticket_pay(&shop, &t, shop.card, 400);
        ticket_pay(&shop, &t, shop.cash, 200);
        t.taxes[0] = (struct posting_tax){.tax_id = shop.tax20, .rate_bp = 2000, .tax_cents = 100, .stated = true};
        t.taxes[1] = (struct posting_tax){.tax_id = shop.tax20, .rate_bp = 2000, .tax_cents = 7, .stated = true};
        t.posting.line_count = t.posting.payment_count = t.posting.tax_count = 1;
        t.posting.total_cents = 600;
        assert_ok(f, posting_run(session, &t.posting, 1, &f->err));
        assert_true(t.posting.validated);
        assert_false(t.posting.reconciled); /* 2.00 is missing */
        assert_int_equal(document_number(f, "tax_cents", t.posting.document_id), 100);
    }
    posting_session_free(session);
    assert_int_equal(count_rows(f, "document_line"), 3);
    assert_int_equal(count_rows(f, "payment"), 3);
    assert_int_equal(count_rows(f, "stock_level"), 1);
    assert_heads_right(f);
    assert_journal_right(f);
}

/* A thousandth is a quantity, and nothing is none. */
static void the_smallest_quantity_moves_stock(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct ticket t;

    stock_set(f, shop.managed[0], 1);
    ticket_begin(&shop, &t, DOCUMENT_INVOICE, 1);
    ticket_line(&shop, &t, shop.managed[0], 1, 600, shop.tax20, 2000);
    ticket_line(&shop, &t, shop.managed[1], 0, 110, shop.tax10, 1000);
    post(f, &t, true);
    assert_true(t.posting.validated);
    assert_int_equal(stock_of(f, shop.managed[0]), 0);
    assert_int_equal(count_rows(f, "stock_move"), 1 + 1); /* the count, and the sale */
    ticket_simple(&shop, &t, DOCUMENT_INVOICE, 2, shop.managed[0], 1, 100);
    post(f, &t, true);
    assert_false(t.posting.validated);
    assert_str(block_of(f, t.posting.document_id), "{\"code\":\"stock\",\"args\":[{\"code\":\"A\",\"missing_milli\":1}]}");
    ticket_simple(&shop, &t, DOCUMENT_CREDIT_NOTE, 3, shop.managed[0], -1, -100);
    post(f, &t, true);
    assert_int_equal(stock_of(f, shop.managed[0]), 1);
}

/* ---- numbers ---- */

static void numbers_have_no_gap_over_drafts(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct posting_session *session = session_new(f, true, true);
    struct ticket t[5];
    struct posting postings[5];
    struct resume_result result;
    const struct posting_options options = {.refuse_negative_stock = true, .validate = true, .now_utc = test_now_utc, .run_id = 8};

    for (int i = 0; i < 5; i++) {
        ticket_simple(&shop, &t[i], DOCUMENT_INVOICE, i, i == 1 || i == 3 ? shop.managed[0] : shop.unmanaged, 1000, 100);
        postings[i] = t[i].posting;
    }
    assert_ok(f, posting_run(session, postings, 5, &f->err));
    posting_session_free(session);
    assert_str(number_of(f, postings[0].document_id), "FA000001");
    assert_null(number_of(f, postings[1].document_id).p);
    assert_str(number_of(f, postings[2].document_id), "FA000002");
    assert_null(number_of(f, postings[3].document_id).p);
    assert_str(number_of(f, postings[4].document_id), "FA000003");

    stock_set(f, shop.managed[0], 9000);
    assert_ok(f, document_resume(f->db, f->company_id, 1, STR_NULL, &options, &result, &f->err));
    assert_str(number_of(f, postings[1].document_id), "FA000004");
    assert_str(number_of(f, postings[3].document_id), "FA000005");
    assert_int_equal(query_number(f, "SELECT next_number FROM number_sequence WHERE company_id = $1 AND kind = 'invoice'", DB_INT(f->company_id)), 6);
    assert_journal_right(f);
}

static void a_rollback_gives_everything_back(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct posting_session *session = session_new(f, true, true);
    struct ticket t;

    stock_set(f, shop.managed[0], 1000);
    ticket_simple(&shop, &t, DOCUMENT_INVOICE, 1, shop.managed[0], 1000, 100);
    assert_refused(f, ERR_CANCELLED, attempt_run(f, session, &t.posting, 1, ERR_CANCELLED));
    assert_int_equal(count_rows(f, "document"), 0);
    assert_int_equal(stock_of(f, shop.managed[0]), 1000);
    posting_session_reset(session);
    /* Run again, it does the same: the stock is there once more, and the number is the first. */
    assert_ok(f, attempt_run(f, session, &t.posting, 1, OK));
    assert_true(t.posting.validated);
    assert_null(t.posting.number.p);
    assert_str(number_of(f, t.posting.document_id), "FA000001");
    assert_int_equal(stock_of(f, shop.managed[0]), 0);
    posting_session_free(session);
    assert_journal_right(f);
}

static void kept_numbers_clash_and_renumbering_passes_over_them(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct posting_session *session = session_new(f, false, true);
    struct ticket t[3], clash;
    struct posting postings[3];

    ticket_simple(&shop, &clash, DOCUMENT_INVOICE, 1, shop.unmanaged, 1000, 100);
    clash.posting.number = STR("FA000002");
    assert_ok(f, posting_run(session, &clash.posting, 1, &f->err));
    assert_str(number_of(f, clash.posting.document_id), "FA000002");
    assert_int_equal(document_number_taken(f->db, f->company_id, DOCUMENT_INVOICE, STR("FA000002"), &f->err), 1);
    assert_int_equal(document_number_taken(f->db, f->company_id, DOCUMENT_ORDER, STR("FA000002"), &f->err), 0);
    assert_int_equal(query_number(f, "SELECT next_number FROM number_sequence WHERE company_id = $1 AND kind = 'invoice'", DB_INT(f->company_id)), 1);

    ticket_simple(&shop, &clash, DOCUMENT_INVOICE, 2, shop.unmanaged, 1000, 100);
    clash.posting.number = STR("FA000002");
    assert_refused(f, ERR_DATA, attempt_run(f, session, &clash.posting, 1, OK));

    for (int i = 0; i < 3; i++) {
        ticket_simple(&shop, &t[i], DOCUMENT_INVOICE, 10 + i, shop.unmanaged, 1000, 100);
        postings[i] = t[i].posting;
    }
    assert_ok(f, posting_run(session, postings, 3, &f->err));
    assert_str(number_of(f, postings[0].document_id), "FA000001");
    assert_str(number_of(f, postings[1].document_id), "FA000003");
    assert_str(number_of(f, postings[2].document_id), "FA000004");
    posting_session_free(session);
}

static void numbers_grow_beyond_their_digits(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct posting_session *session = session_new(f, false, true);
    struct ticket t[4];
    struct posting postings[4];

    assert_ok(f, db_exec(f->db, "UPDATE number_sequence SET prefix = 'É-', digits = 1, next_number = 8 WHERE company_id = $1 AND kind = 'invoice'", &f->err,
                         DB_INT(f->company_id)));
    ticket_simple(&shop, &t[0], DOCUMENT_INVOICE, 0, shop.unmanaged, 1000, 100);
    t[0].posting.number = STR("É-10");
    assert_ok(f, posting_run(session, &t[0].posting, 1, &f->err));
    for (int i = 1; i < 4; i++) {
        ticket_simple(&shop, &t[i], DOCUMENT_INVOICE, i, shop.unmanaged, 1000, 100);
        postings[i] = t[i].posting;
    }
    assert_ok(f, posting_run(session, &postings[1], 3, &f->err));
    assert_str(number_of(f, postings[1].document_id), "É-8");
    assert_str(number_of(f, postings[2].document_id), "É-9");
    assert_str(number_of(f, postings[3].document_id), "É-11");
    posting_session_free(session);
}

static void documents_are_found_by_number_or_draft_identity(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct ticket order, invoice, draft;
    int64_t id = 0;

    ticket_simple(&shop, &order, DOCUMENT_ORDER, 1, shop.unmanaged, 1000, 100);
    order.posting.number = STR("T-1");
    post(f, &order, true);
    assert_int_equal(document_find(f->db, f->company_id, STR("T-1"), &id, &f->err), 1);
    assert_int_equal(id, order.posting.document_id);
    ticket_simple(&shop, &invoice, DOCUMENT_INVOICE, 2, shop.unmanaged, 1000, 100);
    invoice.posting.number = STR("T-1");
    post(f, &invoice, true);
    assert_int_equal(document_find(f->db, f->company_id, STR("T-1"), &id, &f->err), 1);
    assert_int_equal(id, invoice.posting.document_id);
    ticket_simple(&shop, &draft, DOCUMENT_INVOICE, 3, shop.managed[0], 1000, 100);
    post(f, &draft, true);
    assert_int_equal(document_find(f->db, f->company_id, text_of(f, "draft-%" PRId64, draft.posting.document_id), &id, &f->err), 1);
    assert_int_equal(id, draft.posting.document_id);
    assert_int_equal(document_find(f->db, f->company_id, text_of(f, "draft-%" PRId64, invoice.posting.document_id), &id, &f->err), 0);
    assert_int_equal(document_find(f->db, f->company_id, STR("draft-x"), &id, &f->err), 0);
    assert_int_equal(document_find(f->db, f->company_id, STR("T-2"), &id, &f->err), 0);
}

/* ---- stock ---- */

static void a_refused_invoice_waits_and_resumes_by_itself(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct ticket t;
    struct resume_result result;
    const struct posting_options options = {.refuse_negative_stock = true, .validate = true, .now_utc = test_now_utc + CIVIL_DAY, .run_id = 8};

    stock_set(f, shop.managed[0], 1500);
    ticket_begin(&shop, &t, DOCUMENT_INVOICE, 1);
    ticket_line(&shop, &t, shop.managed[0], 1000, 100, shop.tax20, 2000);
    ticket_line(&shop, &t, shop.managed[1], 250, 100, shop.tax20, 2000);
    ticket_line(&shop, &t, shop.managed[0], 2000, 100, shop.tax20, 2000); /* with the first line 3 of the 1.5 there are */
    ticket_pay(&shop, &t, shop.card, 300);
    post(f, &t, true);
    int64_t id = t.posting.document_id;

    assert_false(t.posting.validated || t.posting.reconciled);
    assert_str(block_of(f, id), "{\"code\":\"stock\",\"args\":[{\"code\":\"A\",\"missing_milli\":1500},{\"code\":\"B\",\"missing_milli\":250}]}");
    assert_int_equal(count_rows(f, "document_line"), 3);
    assert_int_equal(count_rows(f, "payment"), 1);
    assert_int_equal(count_rows(f, "allocation"), 0);
    assert_int_equal(count_rows(f, "journal"), 0);
    assert_int_equal(stock_of(f, shop.managed[0]), 1500);

    /* Half of it comes: still blocked, with what is missing now. */
    stock_set(f, shop.managed[0], 3000);
    assert_ok(f, document_resume(f->db, f->company_id, 0, STR_NULL, &options, &result, &f->err));
    assert_int_equal(result.tried, 1);
    assert_int_equal(result.still_blocked, 1);
    assert_str(block_of(f, id), "{\"code\":\"stock\",\"args\":[{\"code\":\"B\",\"missing_milli\":250}]}");
    /* Another link's drafts are not looked at. */
    stock_set(f, shop.managed[1], 250);
    assert_ok(f, document_resume(f->db, f->company_id, 2, STR_NULL, &options, &result, &f->err));
    assert_int_equal(result.tried, 0);
    assert_ok(f, document_resume(f->db, f->company_id, 1, STR_NULL, &options, &result, &f->err));
    assert_int_equal(result.validated, 1);
    assert_int_equal(result.reconciled, 1);
    assert_null(block_of(f, id).p);
    assert_int_equal(stock_of(f, shop.managed[0]), 0);
    assert_int_equal(stock_of(f, shop.managed[1]), 0);
    assert_int_equal(document_number(f, "day", id), DAY);
    assert_int_equal(document_number(f, "validated_utc", id), options.now_utc);
    assert_int_equal(query_number(f, "SELECT SUM(amount_cents) FROM allocation WHERE company_id = $1 AND document_id = $2", DB_INT(f->company_id), DB_INT(id)), 300);
    /* And again: there is nothing left to try. */
    assert_ok(f, document_resume(f->db, f->company_id, 1, STR_NULL, &options, &result, &f->err));
    assert_int_equal(result.tried, 0);
    assert_journal_right(f);
}

static void many_drafts_resume_in_order_of_their_ids(void **state)
{
    enum { DRAFTS = 450 }; /* more than two transactions' worth */
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct posting_session *session = session_new(f, true, true);
    struct resume_result result;
    const struct posting_options options = {.refuse_negative_stock = true, .validate = true, .now_utc = test_now_utc, .run_id = 8};

    for (int i = 0; i < DRAFTS; i++) {
        struct ticket t;
        ticket_simple(&shop, &t, DOCUMENT_INVOICE, i, shop.managed[0], 1000, 100);
        assert_ok(f, posting_run(session, &t.posting, 1, &f->err));
    }
    posting_session_free(session);
    stock_set(f, shop.managed[0], 430 * 1000);
    assert_ok(f, document_resume(f->db, f->company_id, 0, STR_NULL, &options, &result, &f->err));
    assert_int_equal(result.tried, DRAFTS);
    assert_int_equal(result.validated, 430);
    assert_int_equal(result.still_blocked, 20);
    assert_int_equal(result.reconciled, 430);
    assert_int_equal(stock_of(f, shop.managed[0]), 0);
    assert_int_equal(query_number(f, "SELECT COUNT(*) FROM document a JOIN document b ON b.company_id = a.company_id AND b.document_id > a.document_id "
                                     "WHERE a.company_id = $1 AND a.number >= b.number", DB_INT(f->company_id)), 0);
    assert_journal_right(f);
}

static void a_draft_is_validated_by_name(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct posting_session *session = session_new(f, false, false); /* the link does not validate by itself */
    struct ticket kept, renumbered, credit;
    struct resume_result result;
    const struct posting_options options = {.validate = true, .now_utc = test_now_utc};

    ticket_simple(&shop, &kept, DOCUMENT_INVOICE, 1, shop.managed[0], 1000, 100);
    kept.posting.number = STR("T-17");
    ticket_simple(&shop, &renumbered, DOCUMENT_INVOICE, 2, shop.managed[0], 1000, 100);
    ticket_simple(&shop, &credit, DOCUMENT_CREDIT_NOTE, 3, shop.managed[0], -500, -50);
    struct posting postings[] = {kept.posting, renumbered.posting, credit.posting};
    assert_ok(f, posting_run(session, postings, 3, &f->err));
    posting_session_free(session);
    assert_false(postings[0].validated || postings[1].validated || postings[2].validated);
    assert_int_equal(stock_of(f, shop.managed[0]), 0);
    assert_int_equal(count_rows(f, "journal"), 0);

    assert_ok(f, document_resume(f->db, f->company_id, 0, STR_NULL, &options, &result, &f->err));
    assert_int_equal(result.tried, 0); /* nothing blocks them: they wait for a person */
    assert_ok(f, document_resume(f->db, f->company_id, 2, STR("T-17"), &options, &result, &f->err));
    assert_int_equal(result.tried, 0); /* it is not of that link */
    assert_ok(f, document_resume(f->db, f->company_id, 0, STR("T-17"), &options, &result, &f->err));
    assert_int_equal(result.validated, 1);
    assert_str(number_of(f, postings[0].document_id), "T-17");
    assert_ok(f, document_resume(f->db, f->company_id, 0, text_of(f, "draft-%" PRId64, postings[1].document_id), &options, &result, &f->err));
    assert_str(number_of(f, postings[1].document_id), "FA000001");
    assert_ok(f, document_resume(f->db, f->company_id, 0, text_of(f, "draft-%" PRId64, postings[2].document_id), &options, &result, &f->err));
    assert_str(number_of(f, postings[2].document_id), "AV000001");
    assert_int_equal(result.reconciled, 1);
    assert_int_equal(stock_of(f, shop.managed[0]), -1500);
    /* Once validated, asking again changes nothing. */
    assert_ok(f, document_resume(f->db, f->company_id, 0, STR("T-17"), &options, &result, &f->err));
    assert_int_equal(result.tried, 0);
    assert_refused(f, ERR_NOT_FOUND, document_resume(f->db, f->company_id, 0, STR("T-18"), &options, &result, &f->err));
    assert_journal_right(f);
}

static void a_closed_period_keeps_its_drafts(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct ticket t;
    struct resume_result result;
    const struct posting_options options = {.refuse_negative_stock = true, .validate = true, .now_utc = test_now_utc};
    const int32_t closed = DAY;

    ticket_simple(&shop, &t, DOCUMENT_INVOICE, 1, shop.managed[0], 1000, 100);
    post(f, &t, true);
    stock_set(f, shop.managed[0], 1000);
    assert_ok(f, company_set_closed_until(f->db, f->company_id, &closed, &f->err));
    assert_ok(f, document_resume(f->db, f->company_id, 0, STR_NULL, &options, &result, &f->err));
    assert_int_equal(result.still_blocked, 1);
    assert_str(block_of(f, t.posting.document_id), "{\"code\":\"closed\",\"args\":[\"2026-01-30\"]}");
    assert_int_equal(stock_of(f, shop.managed[0]), 1000);
    assert_ok(f, company_set_closed_until(f->db, f->company_id, NULL, &f->err));
    assert_ok(f, document_resume(f->db, f->company_id, 0, STR_NULL, &options, &result, &f->err));
    assert_int_equal(result.validated, 1);
}

/* Stock = opening − validated invoices + credit notes, and no invoice takes what is not there: against a model kept here. */
static void stock_follows_the_documents(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct posting_session *session = session_new(f, true, true);
    int64_t model[4];

    random_state = 3;
    for (int i = 0; i < 4; i++)
        stock_set(f, shop.managed[i], model[i] = random_between(0, 20000));
    for (int batch = 0; batch < 20; batch++) {
        struct ticket tickets[12];
        struct posting postings[12];
        bool expected[12];
        for (int i = 0; i < 12; i++) {
            int64_t taken[4] = {0}, sign = random_between(0, 2) == 0 ? -1 : 1;
            expected[i] = true;
            ticket_begin(&shop, &tickets[i], sign < 0 ? DOCUMENT_CREDIT_NOTE : DOCUMENT_INVOICE, batch * 100 + i);
            for (int64_t n = random_between(1, 4); n > 0; n--) {
                int64_t article = random_between(0, 3), quantity = sign * random_between(1, 4000);
                taken[article] += quantity;
                ticket_line(&shop, &tickets[i], shop.managed[article], quantity, sign * 100, shop.tax20, 2000);
            }
            for (int a = 0; a < 4; a++)
                expected[i] = expected[i] && (taken[a] <= 0 || taken[a] <= model[a]);
            for (int a = 0; expected[i] && a < 4; a++)
                model[a] -= taken[a];
            postings[i] = tickets[i].posting;
        }
        assert_ok(f, posting_run(session, postings, 12, &f->err));
        for (int i = 0; i < 12; i++)
            assert_int_equal(postings[i].validated, expected[i]);
    }
    posting_session_free(session);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(stock_of(f, shop.managed[i]), model[i]);
        assert_int_equal(query_number(f, "SELECT SUM(quantity_milli) FROM stock_move WHERE company_id = $1 AND article_id = $2", DB_INT(f->company_id),
                                      DB_INT(shop.managed[i])), model[i]);
    }
    assert_heads_right(f);
    assert_journal_right(f);
}

static void only_exits_of_invoices_are_refused(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct ticket t;

    stock_set(f, shop.managed[0], -5000); /* from a time when it was allowed */
    ticket_begin(&shop, &t, DOCUMENT_INVOICE, 1);
    ticket_line(&shop, &t, shop.managed[0], 1000, 100, shop.tax20, 2000);
    ticket_line(&shop, &t, shop.managed[0], -3000, -90, shop.tax20, 2000); /* three came back, one went out: an entry of two */
    post(f, &t, true);
    assert_true(t.posting.validated);
    assert_int_equal(stock_of(f, shop.managed[0]), -3000);
    /* An exchange on a credit note takes goods out: the till has done it, and a credit note is never refused, at once or by name. */
    ticket_begin(&shop, &t, DOCUMENT_CREDIT_NOTE, 2);
    ticket_line(&shop, &t, shop.managed[0], -1000, -100, shop.tax20, 2000);
    ticket_line(&shop, &t, shop.managed[1], 1000, 60, shop.tax20, 2000);
    post(f, &t, true);
    assert_true(t.posting.validated);
    assert_int_equal(stock_of(f, shop.managed[1]), -1000);

    struct posting_session *session = session_new(f, true, false);
    struct resume_result result;
    const struct posting_options options = {.refuse_negative_stock = true, .validate = true, .now_utc = test_now_utc};
    ticket_simple(&shop, &t, DOCUMENT_CREDIT_NOTE, 3, shop.managed[1], 1000, 60);
    assert_ok(f, posting_run(session, &t.posting, 1, &f->err));
    posting_session_free(session);
    assert_ok(f, document_resume(f->db, f->company_id, 0, text_of(f, "draft-%" PRId64, t.posting.document_id), &options, &result, &f->err));
    assert_int_equal(result.validated, 1);
    assert_int_equal(stock_of(f, shop.managed[1]), -2000);
}

static void stock_that_others_took_is_noticed(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct posting_session *session = session_new(f, true, true);
    struct ticket t;

    stock_set(f, shop.managed[0], 5000);
    ticket_simple(&shop, &t, DOCUMENT_INVOICE, 1, shop.managed[0], 1000, 100);
    assert_ok(f, posting_run(session, &t.posting, 1, &f->err));
    /* Another program takes nearly all: the session remembers 4, there is 0.5. The batch is undone, and run again it refuses. */
    stock_set(f, shop.managed[0], 500);
    ticket_simple(&shop, &t, DOCUMENT_INVOICE, 2, shop.managed[0], 1000, 100);
    assert_true(attempt_run(f, session, &t.posting, 1, OK) < 0);
    err_clear(&f->err);
    assert_int_equal(stock_of(f, shop.managed[0]), 500);
    assert_ok(f, attempt_run(f, session, &t.posting, 1, OK));
    assert_false(t.posting.validated);
    /* Another program brings some: a refusal is never decided on what is remembered. */
    stock_set(f, shop.managed[0], 1000);
    ticket_simple(&shop, &t, DOCUMENT_INVOICE, 3, shop.managed[0], 1000, 100);
    assert_ok(f, attempt_run(f, session, &t.posting, 1, OK));
    assert_true(t.posting.validated);
    posting_session_free(session);
}

/* The same when the session believes that exactly nothing would be left. */
static void the_last_piece_is_sold_once(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct posting_session *session = session_new(f, true, true);
    struct ticket t;

    stock_set(f, shop.managed[0], 2000);
    ticket_simple(&shop, &t, DOCUMENT_INVOICE, 1, shop.managed[0], 1000, 100);
    assert_ok(f, posting_run(session, &t.posting, 1, &f->err));
    stock_set(f, shop.managed[0], 500);
    ticket_simple(&shop, &t, DOCUMENT_INVOICE, 2, shop.managed[0], 1000, 100);
    assert_true(attempt_run(f, session, &t.posting, 1, OK) < 0);
    err_clear(&f->err);
    assert_ok(f, attempt_run(f, session, &t.posting, 1, OK));
    assert_false(t.posting.validated);
    assert_int_equal(stock_of(f, shop.managed[0]), 500);
    posting_session_free(session);
}

/* ---- what is validated stays ---- */

struct tampering {
    const char *sql;
    int64_t company_id, document_id;
};
static int tamper_body(struct db *db, void *context, struct err *err)
{
    const struct tampering *t = context;

    return db_exec(db, t->sql, err, DB_INT(t->company_id), DB_INT(t->document_id));
}

static void the_database_refuses_to_change_a_validated_document(void **state)
{
    static const char *const tamperings[] = {
        "UPDATE document SET total_cents = 1 WHERE company_id = $1 AND document_id = $2",
        "UPDATE document SET state = 'draft' WHERE company_id = $1 AND document_id = $2",
        "DELETE FROM document WHERE company_id = $1 AND document_id = $2",
        ("INSERT INTO document_line (company_id, document_id, line_no, code, label, quantity_milli, unit, unit_price_e4, discount_cents, total_cents, net_cents, "
         "tax_cents, tax_id, rate_bp) VALUES ($1, $2, 99, '', '', 0, '', 0, 0, 0, 0, 0, 1, 2000)"),
        "UPDATE document_line SET label = 'x' WHERE company_id = $1 AND document_id = $2",
        "DELETE FROM document_line WHERE company_id = $1 AND document_id = $2",
        "INSERT INTO document_tax (company_id, document_id, tax_id, rate_bp, total_cents, net_cents, tax_cents) VALUES ($1, $2, 99, 0, 0, 0, 0)",
        "UPDATE document_tax SET rate_bp = 1 WHERE company_id = $1 AND document_id = $2",
        "DELETE FROM document_tax WHERE company_id = $1 AND document_id = $2",
        "INSERT INTO due_line (company_id, document_id, due_no, day, amount_cents) VALUES ($1, $2, 99, 1, 1)",
        "UPDATE due_line SET amount_cents = 1 WHERE company_id = $1 AND document_id = $2",
        "DELETE FROM due_line WHERE company_id = $1 AND document_id = $2",
    };
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct ticket t;

    ticket_begin(&shop, &t, DOCUMENT_INVOICE, 1);
    ticket_line(&shop, &t, shop.unmanaged, 1000, 100, shop.tax20, 2000);
    post(f, &t, false);
    for (size_t i = 0; i < sizeof tamperings / sizeof tamperings[0]; i++) {
        struct tampering tampering = {tamperings[i], f->company_id, t.posting.document_id};
        if (db_transact(f->db, tamper_body, &tampering, &f->err) != ERR_DATA)
            fail_msg("accepted: %s", tamperings[i]);
        err_clear(&f->err);
    }
    assert_journal_right(f);
}

static void the_hash_from_memory_is_the_hash_from_the_rows(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct ticket t;
    unsigned char actual[SHA256_SIZE], expected[SHA256_SIZE];
    char text[1024];
    DB_ROWS_AUTO rows = {0};

    ticket_begin(&shop, &t, DOCUMENT_INVOICE, 1);
    t.posting.till_number = STR_NULL;
    t.posting.salesperson = STR(""); /* empty is not absent */
    ticket_line(&shop, &t, shop.unmanaged, 1000, 100, shop.tax20, 2000);
    ticket_line(&shop, &t, 0, 1000, -30, shop.tax10, 1000);
    t.lines[1].code = t.lines[1].unit = STR_NULL;
    post(f, &t, false);
    assert_ok(f, document_sha256(f->db, f->company_id, t.posting.document_id, actual, &f->err));
    assert_ok(f, db_query(f->db, &rows, "SELECT sha256 FROM journal WHERE company_id = $1 AND kind = 'document' AND subject = $2", &f->err,
                          DB_INT(f->company_id), DB_STR(text_of(f, "%" PRId64, t.posting.document_id))));
    assert_int_equal(db_next(&rows, &f->err), 1);
    assert_int_equal(db_bytes(&rows, 0).n, SHA256_SIZE);
    assert_memory_equal(db_bytes(&rows, 0).p, actual, SHA256_SIZE);
    /* The format of document_int.h, written out: a change of it would break every journal that exists. 0.70 = 1.00 at 20 % (0.17) - 0.30 at 10 % (0.03). */
    snprintf(text, sizeof text,
             "liaison-document 1\n"
             "document\t%lld\t=invoice\t=FA000001\t20483\t1769763600000000\t%lld\t=\t70\t14\t0\t1\t=sale-1\t\t0\t0\t7\t1769767200000000\n"
             "line\t1\t%lld\t=U\t=Thé\\tvert\\\\\\n\t1000\t=kg\t12345\t0\t100\t83\t17\t%lld\t2000\n"
             "line\t2\t0\t=\t=Thé\\tvert\\\\\\n\t1000\t=\t12345\t0\t-30\t-27\t-3\t%lld\t1000\n"
             "tax\t%lld\t2000\t100\t83\t17\n"
             "tax\t%lld\t1000\t-30\t-27\t-3\n"
             "due\t1\t20483\t70\n",
             (long long)t.posting.document_id, (long long)shop.counter, (long long)shop.unmanaged, (long long)shop.tax20, (long long)shop.tax10,
             (long long)shop.tax20, (long long)shop.tax10);
    sha256(str_from(text), expected);
    assert_memory_equal(actual, expected, SHA256_SIZE);
    assert_refused(f, ERR_NOT_FOUND, document_sha256(f->db, f->company_id, 999, actual, &f->err));
}

/* Every allocation fails once: nothing is written, nothing leaks, and afterwards the same posting works. An allocation that the program can do without may fail
 * unnoticed, so each attempt is undone whatever became of it, until one needs no more allocations than have failed. */
static void exhausted_memory_leaves_nothing_behind(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    struct ticket t;
    int64_t needed = 0;

    stock_set(f, shop.managed[0], 500);
    ticket_begin(&shop, &t, DOCUMENT_INVOICE, 1);
    ticket_line(&shop, &t, shop.managed[0], 1000, 100, shop.tax20, 2000);
    ticket_line(&shop, &t, shop.managed[1], 1000, 100, shop.tax20, 2000);
    const struct posting_options options = {.refuse_negative_stock = true, .validate = true, .now_utc = test_now_utc};
    for (int64_t nth = 0; nth <= needed; nth++) { /* at first none fails, and what is remembered between attempts is made */
        struct posting_session *session = NULL;
        int64_t begin = mem_count();
        mem_fail_at(nth, 0);
        int code = posting_session_new(&session, f->db, f->company_id, &options, &f->err);
        if (code >= 0)
            code = attempt_run(f, session, &t.posting, 1, ERR_CANCELLED);
        mem_fail_at(0, 0);
        needed = code == ERR_CANCELLED ? mem_count() - begin : nth + 1;
        posting_session_free(session);
        if (code != ERR_CANCELLED)
            assert_int_equal(code, ERR_INTERNAL);
        err_clear(&f->err);
        assert_int_equal(count_rows(f, "document"), 0);
    }
    post(f, &t, true);
    assert_str(block_of(f, t.posting.document_id), "{\"code\":\"stock\",\"args\":[{\"code\":\"A\",\"missing_milli\":500},{\"code\":\"B\",\"missing_milli\":1000}]}");
}

int main(void)
{
    const struct CMUnitTest pure[] = {
        cmocka_unit_test(vat_obeys_its_laws),
        cmocka_unit_test(lines_share_the_net_by_largest_remainder),
        cmocka_unit_test(lines_that_cancel_out_keep_their_own_net),
        cmocka_unit_test(a_document_of_many_lines_is_computed_too),
        cmocka_unit_test(what_does_not_add_up_is_refused),
    };
    const struct CMUnitTest tests[] = {
        engine_test(the_vat_that_the_till_states_wins),
        engine_test(an_invoice_is_validated_and_reconciled),
        engine_test(a_credit_note_mirrors_its_invoice),
        engine_test(reversal_needs_a_validated_document),
        engine_test(an_order_moves_nothing_and_its_payments_are_deposits),
        engine_test(a_sale_of_nothing_has_no_allocation),
        engine_test(allocations_never_exceed_payment_or_due_line),
        engine_test(a_sale_is_never_posted_twice),
        engine_test(a_sale_that_does_not_add_up_is_not_posted),
        engine_test(what_stands_behind_the_last_line_does_not_count),
        engine_test(the_smallest_quantity_moves_stock),
        engine_test(numbers_have_no_gap_over_drafts),
        engine_test(a_rollback_gives_everything_back),
        engine_test(kept_numbers_clash_and_renumbering_passes_over_them),
        engine_test(numbers_grow_beyond_their_digits),
        engine_test(documents_are_found_by_number_or_draft_identity),
        engine_test(a_refused_invoice_waits_and_resumes_by_itself),
        engine_test(many_drafts_resume_in_order_of_their_ids),
        engine_test(a_draft_is_validated_by_name),
        engine_test(a_closed_period_keeps_its_drafts),
        engine_test(stock_follows_the_documents),
        engine_test(only_exits_of_invoices_are_refused),
        engine_test(stock_that_others_took_is_noticed),
        engine_test(the_last_piece_is_sold_once),
        engine_test(the_database_refuses_to_change_a_validated_document),
        engine_test(the_hash_from_memory_is_the_hash_from_the_rows),
        engine_test(exhausted_memory_leaves_nothing_behind),
    };

    return cmocka_run_group_tests_name("pure", pure, NULL, NULL) + run_on_engines(tests);
}
