/* allocation.c: reconciliation by hand: a part of a payment onto a due line, or away from it. What came with the payments is made by posting.c and resume.c; where a person had a hand in it is
 * written down, because there the sums are what the person made of them. Public interface in books.h. */
#include "base/text.h"
#include "books/books_int.h"

/* What is allocated of a payment: where it came in, and wherever a person put it. */
static const char sql_payment[] =
    "SELECT p.amount_cents, p.customer_id, c.is_counter, d.state,"
    " (SELECT COALESCE(SUM(a.amount_cents), 0) FROM allocation a WHERE a.company_id = p.company_id AND a.document_id = p.document_id AND a.payment_id = p.payment_id)"
    " + (SELECT COALESCE(SUM(a.amount_cents), 0) FROM reconciliation_by_hand h JOIN allocation a ON a.company_id = h.company_id AND a.document_id = h.document_id"
    " AND a.payment_id = h.payment_id WHERE h.company_id = p.company_id AND h.payment_id = p.payment_id AND h.document_id <> p.document_id)"
    " FROM payment p JOIN customer c ON c.company_id = p.company_id AND c.customer_id = p.customer_id"
    " JOIN document d ON d.company_id = p.company_id AND d.document_id = p.document_id WHERE p.company_id = $1 AND p.payment_id = $2";
static const char sql_due[] =
    "SELECT u.amount_cents, d.customer_id, d.kind, d.state,"
    " (SELECT COALESCE(SUM(a.amount_cents), 0) FROM allocation a WHERE a.company_id = u.company_id AND a.document_id = u.document_id AND a.due_no = u.due_no)"
    " FROM due_line u JOIN document d ON d.company_id = u.company_id AND d.document_id = u.document_id WHERE u.company_id = $1 AND u.document_id = $2 AND u.due_no = $3";
static const char sql_add[] =
    "INSERT INTO allocation (company_id, document_id, due_no, payment_id, amount_cents) VALUES ($1, $2, $3, $4, $5)"
    " ON CONFLICT (company_id, document_id, due_no, payment_id) DO UPDATE SET amount_cents = allocation.amount_cents + excluded.amount_cents";
static const char sql_remove[] = "DELETE FROM allocation WHERE company_id = $1 AND document_id = $2 AND due_no = $3 AND payment_id = $4";
static const char sql_by_hand[] =
    "INSERT INTO reconciliation_by_hand (company_id, payment_id, document_id, user_name, at_utc) VALUES ($1, $2, $3, $4, $5)"
    " ON CONFLICT (company_id, payment_id, document_id) DO UPDATE SET user_name = excluded.user_name, at_utc = excluded.at_utc";

struct payment_side { int64_t amount_cents, customer_id, allocated_cents; bool counter, waits; };
struct due_side { int64_t amount_cents, customer_id, allocated_cents; bool payable; };

static int payment_read(struct db *db, int64_t company_id, int64_t payment_id, struct payment_side *ret, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    int code = db_query(db, &rows, sql_payment, err, DB_INT(company_id), DB_INT(payment_id));

    if (code == OK)
        code = db_next(&rows, err);
    if (code == 0)
        return err_set(err, ERR_NOT_FOUND, N_("there is no payment with the number %s"), ERR_INT(payment_id));
    if (code < 0)
        return code;
    *ret = (struct payment_side){.amount_cents = db_int(&rows, 0), .customer_id = db_int(&rows, 1), .counter = db_int(&rows, 2) != 0,
                                 .waits = str_equal(db_text(&rows, 3), STR("draft")), .allocated_cents = db_int(&rows, 4)};
    return OK;
}

static int due_read(struct db *db, int64_t company_id, const struct allocation *allocation, struct due_side *ret, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    int code = db_query(db, &rows, sql_due, err, DB_INT(company_id), DB_INT(allocation->document_id), DB_INT(allocation->due_no));

    if (code == OK)
        code = db_next(&rows, err);
    if (code == 0)
        return err_set(err, ERR_NOT_FOUND, N_("the document has no due line %s"), ERR_INT(allocation->due_no));
    if (code < 0)
        return code;
    *ret = (struct due_side){.amount_cents = db_int(&rows, 0), .customer_id = db_int(&rows, 1),
                             .payable = !str_equal(db_text(&rows, 2), STR("order")) && !str_equal(db_text(&rows, 3), STR("draft")), .allocated_cents = db_int(&rows, 4)};
    return OK;
}

static int64_t sign_of(int64_t cents)
{
    return (cents > 0) - (cents < 0);
}

/* The amount is of the sign of both, so that it exceeds a rest when it is farther from zero. */
static bool exceeds(int64_t amount_cents, int64_t whole_cents, int64_t allocated_cents)
{
    int64_t rest_cents = whole_cents - allocated_cents;
    return amount_cents > 0 ? amount_cents > rest_cents : amount_cents < rest_cents;
}

static int allocation_check(const struct payment_side *payment, const struct due_side *due, int64_t amount_cents, struct err *err)
{
    BUF_AUTO rest = {0};

    if (!due->payable)
        return err_set(err, ERR_DATA, N_("only what is due on a validated invoice or credit note takes a payment: validate the document first"));
    if (payment->waits)
        return err_set(err, ERR_DATA, N_("the payment waits for its own document, which is a draft: validate that one first"));
    if (payment->customer_id != due->customer_id && !payment->counter)
        return err_set(err, ERR_DATA, N_("the payment is another customer's: choose one of the document's own customer, or one of the counter"));
    if (amount_cents == 0 || sign_of(amount_cents) != sign_of(payment->amount_cents) || sign_of(amount_cents) != sign_of(due->amount_cents))
        return err_set(err, ERR_DATA, N_("the amount, the payment and what is due must have one sign: money that came in pays an invoice, money that went back a credit note"));
    bool of_payment = exceeds(amount_cents, payment->amount_cents, payment->allocated_cents);
    if (!of_payment && !exceeds(amount_cents, due->amount_cents, due->allocated_cents))
        return OK;
    text_append_cents(&rest, of_payment ? payment->amount_cents - payment->allocated_cents : due->amount_cents - due->allocated_cents);
    return err_set(err, ERR_DATA, of_payment ? N_("only %s of the payment is left: allocate no more, or take another allocation away first")
                                             : N_("only %s is left to be paid on this due line: allocate no more"), rest.p ? rest.p : "");
}

static int note_by_hand(struct db *db, int64_t company_id, const struct allocation *allocation, struct str user, int64_t now_utc, struct err *err)
{
    return db_exec(db, sql_by_hand, err, DB_INT(company_id), DB_INT(allocation->payment_id), DB_INT(allocation->document_id), DB_STR(user), DB_INT(now_utc));
}

int payment_allocate(struct db *db, int64_t company_id, const struct allocation *allocation, struct str user, int64_t now_utc, struct err *err)
{
    struct payment_side payment;
    struct due_side due;
    int code = payment_read(db, company_id, allocation->payment_id, &payment, err);

    if (code == OK)
        code = due_read(db, company_id, allocation, &due, err);
    if (code == OK)
        code = allocation_check(&payment, &due, allocation->amount_cents, err);
    if (code == OK)
        code = db_exec(db, sql_add, err, DB_INT(company_id), DB_INT(allocation->document_id), DB_INT(allocation->due_no), DB_INT(allocation->payment_id),
                       DB_INT(allocation->amount_cents));
    return code == OK ? note_by_hand(db, company_id, allocation, user, now_utc, err) : code;
}

int payment_unallocate(struct db *db, int64_t company_id, const struct allocation *allocation, struct str user, int64_t now_utc, struct err *err)
{
    int64_t removed = 0;
    int code = db_exec_count(db, sql_remove, &removed, err, DB_INT(company_id), DB_INT(allocation->document_id), DB_INT(allocation->due_no), DB_INT(allocation->payment_id));

    if (code == OK && removed == 0)
        return err_set(err, ERR_NOT_FOUND, N_("nothing of the payment is allocated there"));
    return code == OK ? note_by_hand(db, company_id, allocation, user, now_utc, err) : code;
}
