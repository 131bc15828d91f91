/* test_allocation.c: reconciliation by hand: what may be put where, what is refused, and the law that no sequence of steps puts more on a due line, or takes more from a payment, than there is; also
 * the company's details and how its documents are numbered. */
#include "shop.h"

static int64_t invoice(struct shop *shop, int64_t serial, int64_t total_cents, int64_t paid_cents)
{
    struct ticket t;

    ticket_begin(shop, &t, total_cents < 0 ? DOCUMENT_CREDIT_NOTE : DOCUMENT_INVOICE, serial);
    ticket_line(shop, &t, shop->unmanaged, 1000, total_cents, shop->tax20, 2000);
    if (paid_cents)
        ticket_pay(shop, &t, shop->cash, paid_cents);
    post(shop->fixture, &t, false);
    return t.posting.document_id;
}

#define payment_of(f, document) query_number(f, "SELECT payment_id FROM payment WHERE company_id = $1 AND document_id = $2", DB_INT((f)->company_id), DB_INT(document))
#define allocated_to(f, document) \
    query_number(f, "SELECT COALESCE(CAST(SUM(amount_cents) AS BIGINT), 0) FROM allocation WHERE company_id = $1 AND document_id = $2", DB_INT((f)->company_id), DB_INT(document))

struct step { int64_t company_id; struct allocation allocation; bool away; };
static int step_body(struct db *db, void *context, struct err *err)
{
    const struct step *step = context;

    return step->away ? payment_unallocate(db, step->company_id, &step->allocation, STR("anne"), test_now_utc, err)
                      : payment_allocate(db, step->company_id, &step->allocation, STR("anne"), test_now_utc, err);
}
static int step(struct fixture *f, bool away, int64_t payment, int64_t document, int64_t amount_cents)
{
    struct step context = {f->company_id, {payment, document, 1, amount_cents}, away};

    return db_transact(f->db, step_body, &context, &f->err);
}

/* 10.00 of goods, 15.00 paid: the 5.00 that are left pay a part of 8.00 of another sale. */
static void what_is_left_pays_another_document(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    int64_t first = invoice(&shop, 1, 1000, 1500), second = invoice(&shop, 2, 800, 0), payment = payment_of(f, first);

    assert_int_equal(allocated_to(f, first), 1000);
    assert_refused(f, ERR_DATA, step(f, false, payment, second, 501));
    assert_ok(f, step(f, false, payment, second, 200));
    assert_ok(f, step(f, false, payment, second, 300));
    assert_int_equal(allocated_to(f, second), 500);
    assert_refused(f, ERR_DATA, step(f, false, payment, second, 1));
    assert_ok(f, step(f, true, payment, first, 0));
    assert_int_equal(allocated_to(f, first), 0);
    assert_refused(f, ERR_DATA, step(f, false, payment, second, 301)); /* of the due line */
    assert_ok(f, step(f, false, payment, second, 300));
    assert_int_equal(allocated_to(f, second), 800);
    assert_refused(f, ERR_DATA, step(f, false, payment, first, 701));
    assert_ok(f, step(f, false, payment, first, 700));
    assert_int_equal(query_number(f, "SELECT COUNT(*) FROM reconciliation_by_hand WHERE company_id = $1 AND user_name = 'anne'", DB_INT(f->company_id)), 2);
}

static void what_cannot_be_allocated_is_refused(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    int64_t open = invoice(&shop, 1, 1000, 0), back = invoice(&shop, 2, -500, -700), paid = invoice(&shop, 3, 100, 900), others, ours, customer;
    int64_t in = payment_of(f, paid), out = payment_of(f, back);

    assert_refused(f, ERR_NOT_FOUND, step(f, false, 4711, open, 100));
    assert_refused(f, ERR_NOT_FOUND, step(f, false, in, 4711, 100));
    assert_refused(f, ERR_NOT_FOUND, step(f, true, in, open, 0));
    assert_refused(f, ERR_DATA, step(f, false, in, open, 0));
    assert_refused(f, ERR_DATA, step(f, false, in, open, -100));
    assert_refused(f, ERR_DATA, step(f, false, out, open, -100));
    assert_refused(f, ERR_DATA, step(f, false, out, open, 100));
    assert_refused(f, ERR_DATA, step(f, false, in, back, 100));
    /* another customer's payment; the counter's pays for anybody */
    assert_ok(f, customer_create(f->db, f->company_id, STR("K1"), &(struct sale_customer){.last_name = STR("Martin")}, &customer, &f->err));
    struct ticket t;
    ticket_begin(&shop, &t, DOCUMENT_INVOICE, 4);
    t.posting.customer_id = customer;
    ticket_line(&shop, &t, shop.unmanaged, 1000, 300, shop.tax20, 2000);
    ticket_pay(&shop, &t, shop.cash, 450);
    post(f, &t, false);
    others = payment_of(f, t.posting.document_id);
    assert_refused(f, ERR_DATA, step(f, false, others, open, 100));
    assert_ok(f, step(f, true, others, t.posting.document_id, 0));
    ours = payment_of(f, paid);
    assert_ok(f, step(f, false, ours, t.posting.document_id, 100));
    /* a draft: its payments wait for it, and nothing is put on it */
    struct ticket draft;
    ticket_simple(&shop, &draft, DOCUMENT_INVOICE, 5, shop.managed[0], 1000, 600);
    post(f, &draft, true);
    assert_false(draft.posting.validated);
    assert_refused(f, ERR_DATA, step(f, false, payment_of(f, draft.posting.document_id), open, 100));
    assert_refused(f, ERR_DATA, step(f, false, ours, draft.posting.document_id, 100));
    /* an order is not due; what was paid with it is a deposit */
    struct ticket order;
    ticket_simple(&shop, &order, DOCUMENT_ORDER, 6, shop.unmanaged, 1000, 600);
    post(f, &order, false);
    assert_refused(f, ERR_DATA, step(f, false, ours, order.posting.document_id, 100));
    assert_ok(f, step(f, false, payment_of(f, order.posting.document_id), open, 600));
    assert_int_equal(allocated_to(f, open), 600);
}

/* Whatever is tried, in whatever order: nothing exceeds its due line or its payment, and a refusal changes nothing. */
static void no_allocation_exceeds_anything(void **state)
{
    enum { DOCUMENTS = 6, STEPS = 400 };
    struct fixture *f = *state;
    struct shop shop = shop_new(f);
    int64_t documents[DOCUMENTS], due[DOCUMENTS], paid[DOCUMENTS], payments[DOCUMENTS], put[DOCUMENTS][DOCUMENTS] = {0};
    int done = 0;

    random_state = 20260130;
    for (int i = 0; i < DOCUMENTS; i++) {
        int64_t sign = i % 3 == 2 ? -1 : 1;
        due[i] = sign * random_between(1, 900);
        paid[i] = sign * random_between(1, 900);
        documents[i] = invoice(&shop, 10 + i, due[i], paid[i]);
        payments[i] = payment_of(f, documents[i]);
        put[i][i] = sign * (sign * due[i] < sign * paid[i] ? sign * due[i] : sign * paid[i]);
    }
    for (int n = 0; n < STEPS; n++) {
        int p = (int)random_between(0, DOCUMENTS - 1), d = (int)random_between(0, DOCUMENTS - 1);
        bool away = random_between(0, 3) == 0;
        int64_t amount = random_between(-90, 90), of_payment = 0, of_due = 0;
        for (int k = 0; k < DOCUMENTS; k++) {
            of_payment += put[p][k];
            of_due += put[k][d];
        }
        int64_t whole = paid[p] < 0 ? -1 : 1, other = due[d] < 0 ? -1 : 1, mine = amount < 0 ? -1 : 1;
        bool may = away ? put[p][d] != 0
                        : amount != 0 && whole == other && whole == mine && whole * (of_payment + amount) <= whole * paid[p] && whole * (of_due + amount) <= whole * due[d];
        int code = step(f, away, payments[p], documents[d], amount);
        assert_int_equal(code == OK, may);
        err_clear(&f->err);
        if (may)
            put[p][d] = away ? 0 : put[p][d] + amount, done++;
        for (int k = 0; k < DOCUMENTS; k++) {
            int64_t sum = 0;
            for (int i = 0; i < DOCUMENTS; i++)
                sum += put[i][k];
            assert_int_equal(allocated_to(f, documents[k]), sum);
        }
    }
    assert_true(done > 50);
}

/* ---- what stands on an invoice ---- */

static void details_are_kept_and_taken_away(void **state)
{
    struct fixture *f = *state;
    struct str details[COMPANY_DETAILS];

    assert_ok(f, company_set_detail(f->db, f->company_id, STR("town"), STR(" Metz "), &f->err));
    assert_ok(f, company_set_detail(f->db, f->company_id, STR("vat_number"), STR("FR44732829320"), &f->err));
    assert_ok(f, company_set_detail(f->db, f->company_id, STR("vat_number"), STR(""), &f->err));
    assert_refused(f, ERR_USAGE, company_set_detail(f->db, f->company_id, STR("colour"), STR("red"), &f->err));
    assert_refused(f, ERR_USAGE, company_set_detail(f->db, f->company_id, STR("operations"), STR("bread"), &f->err));
    assert_refused(f, ERR_USAGE, company_set_detail(f->db, f->company_id, STR("vat_on_debits"), STR("perhaps"), &f->err));
    assert_refused(f, ERR_USAGE, company_set_detail(f->db, f->company_id, STR("capital_cents"), STR("12.5"), &f->err));
    assert_ok(f, company_details(f->db, f->company_id, &f->arena, details, &f->err));
    for (int i = 0; i < COMPANY_DETAILS; i++) {
        if (strcmp(company_detail_kinds[i].name, "town") == 0)
            assert_str(details[i], "Metz");
        else if (strcmp(company_detail_kinds[i].name, "operations") == 0)
            assert_str(details[i], "goods"); /* a till sells goods */
        else
            assert_null(details[i].p);
    }
}

static void the_company_s_name_and_number_change(void **state)
{
    struct fixture *f = *state;
    struct company company = {0};

    assert_ok(f, company_set_identity(f->db, f->company_id, STR("Au Bon Pain"), STR_NULL, STR_NULL, &f->err));
    assert_refused(f, ERR_DATA, company_set_identity(f->db, f->company_id, STR(" "), STR_NULL, STR_NULL, &f->err));
    assert_refused(f, ERR_DATA, company_set_identity(f->db, f->company_id, STR_NULL, STR("732829321"), STR_NULL, &f->err));
    assert_refused(f, ERR_DATA, company_set_identity(f->db, f->company_id, STR_NULL, STR_NULL, STR("Mars/Olympus"), &f->err));
    assert_ok(f, company_open(f->db, &f->arena, STR("Au Bon Pain"), &company, &f->err));
    assert_str(company.siren, "732829320");
    assert_str(company.timezone, "Europe/Paris");
    company_release(&company);
    assert_ok(f, company_set_identity(f->db, f->company_id, STR_NULL, STR(""), STR_NULL, &f->err));
    assert_int_equal(query_number(f, "SELECT COUNT(*) FROM company WHERE company_id = $1 AND siren IS NULL", DB_INT(f->company_id)), 1);
}

static struct sequence sequence_of(struct fixture *f)
{
    struct sequence sequence;

    assert_ok(f, sequence_get(f->db, f->company_id, DOCUMENT_INVOICE, &f->arena, &sequence, &f->err));
    return sequence;
}

static void a_series_has_no_hole(void **state)
{
    struct fixture *f = *state;
    struct shop shop = shop_new(f);

    assert_str(sequence_of(f).prefix, "FA");
    /* nothing was given: a company that comes from another program goes on with its numbers */
    assert_ok(f, sequence_set(f->db, f->company_id, DOCUMENT_INVOICE, &(struct sequence){STR("FA"), 5, 1234}, &f->err));
    assert_str(number_of(f, invoice(&shop, 1, 100, 100)), "FA01234");
    assert_refused(f, ERR_DATA, sequence_set(f->db, f->company_id, DOCUMENT_INVOICE, &(struct sequence){STR("FA"), 5, 1300}, &f->err));
    assert_refused(f, ERR_DATA, sequence_set(f->db, f->company_id, DOCUMENT_INVOICE, &(struct sequence){STR("FA"), 6, 1235}, &f->err));
    assert_refused(f, ERR_DATA, sequence_set(f->db, f->company_id, DOCUMENT_INVOICE, &(struct sequence){STR("FA0"), 6, 1}, &f->err));
    assert_refused(f, ERR_DATA, sequence_set(f->db, f->company_id, DOCUMENT_INVOICE, &(struct sequence){STR("F%"), 6, 1}, &f->err));
    assert_refused(f, ERR_DATA, sequence_set(f->db, f->company_id, DOCUMENT_INVOICE, &(struct sequence){STR("F27-"), 13, 1}, &f->err));
    assert_ok(f, sequence_set(f->db, f->company_id, DOCUMENT_INVOICE, &(struct sequence){STR("F27-"), 4, 1}, &f->err));
    assert_str(number_of(f, invoice(&shop, 2, 100, 100)), "F27-0001");
    assert_int_equal(sequence_of(f).next_number, 2);
    assert_ok(f, sequence_set(f->db, f->company_id, DOCUMENT_INVOICE, &(struct sequence){STR("F27-"), 4, 2}, &f->err)); /* as it is */
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        engine_test(what_is_left_pays_another_document), engine_test(what_cannot_be_allocated_is_refused), engine_test(no_allocation_exceeds_anything),
        engine_test(details_are_kept_and_taken_away),    engine_test(the_company_s_name_and_number_change), engine_test(a_series_has_no_hole),
    };
    return run_on_engines(tests);
}
