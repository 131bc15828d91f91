/* refusals.c: what the database itself must refuse, whatever the program does: the second half of invariant 2. Each row below doubles one record of the database at
 * hand; none may come through. Used by history.c, in the undisturbed history. */
#include "sim.h"

struct doubling { const char *what, *sql; };
static const struct doubling doublings[] = {
    {"a sale in the grid",
     "INSERT INTO grid_sale (company_id, grid_sale_id, link_id, till_sale_id, number, kind, total_cents, tip_cents)"
     " SELECT company_id, grid_sale_id + 1000000, link_id, till_sale_id, number, kind, total_cents, tip_cents FROM grid_sale WHERE company_id = $1 LIMIT 1"},
    {"a sale in the register",
     "INSERT INTO sale (company_id, link_id, till_sale_id, state, fingerprint, journal_seq, run_id)"
     " SELECT company_id, link_id, till_sale_id, state, fingerprint, journal_seq, run_id FROM sale WHERE company_id = $1 LIMIT 1"},
    {"a document of a sale",
     "INSERT INTO document (company_id, document_id, kind, state, day, at_utc, customer_id, total_cents, tax_cents, link_id, till_sale_id, revision)"
     " SELECT company_id, document_id + 1000000, kind, 'draft', day, at_utc, customer_id, total_cents, tax_cents, link_id, till_sale_id, revision FROM document"
     " WHERE company_id = $1 LIMIT 1"},
    {"a document's number",
     "INSERT INTO document (company_id, document_id, kind, state, number, day, at_utc, customer_id, total_cents, tax_cents)"
     " SELECT company_id, document_id + 1000000, kind, 'draft', number, day, at_utc, customer_id, total_cents, tax_cents FROM document"
     " WHERE company_id = $1 AND number IS NOT NULL LIMIT 1"},
    {"a payment of the till",
     "INSERT INTO payment (company_id, payment_id, document_id, customer_id, day, at_utc, means_id, amount_cents, link_id, till_payment_id)"
     " SELECT company_id, payment_id + 1000000, document_id, customer_id, day, at_utc, means_id, amount_cents, link_id, till_payment_id FROM payment"
     " WHERE company_id = $1 LIMIT 1"},
    {"a move of the stock",
     "INSERT INTO stock_move (company_id, source, source_id, line_no, article_id, quantity_milli, at_utc)"
     " SELECT company_id, source, source_id, line_no, article_id, quantity_milli, at_utc FROM stock_move WHERE company_id = $1 LIMIT 1"},
};

struct trying { const struct world *world; const struct doubling *doubling; };

/* Always undone: one that came through is told first. */
static int double_body(struct db *db, void *context, struct err *err)
{
    const struct trying *trying = context;
    int64_t rows = 0;
    int rc = db_exec_count(db, trying->doubling->sql, &rows, err, DB_INT(trying->world->ground->company.id));
    if (rc == OK && rows > 0)
        verdict_add(trying->world->verdict, 2, "expected the database to refuse %s a second time, found it accepted", trying->doubling->what);
    return rc == OK ? err_set(err, ERR_DATA, "undone") : rc;
}

void invariant_2_database_refuses(const struct world *world)
{
    for (size_t i = 0; i < sizeof doublings / sizeof *doublings; i++) {
        struct trying trying = {world, &doublings[i]};
        struct err err = {0};
        if (db_transact(world->db, double_body, &trying, &err) == OK)
            verdict_add(world->verdict, 2, "doubling %s: expected it to be undone", doublings[i].what);
    }
}
