/* cmd_document.c: liaison document show and validate (the list is in cmd_list.c). */
#include "base/money.h"
#include "cli/section_int.h"

#define COLUMNS(array) array, COUNT_OF(array)

/* ---- show: the parts of a document ---- */

static const struct report_column HEAD_COLUMNS[] = {
    {"number", N_("Number"), REPORT_TEXT},         {"kind", N_("Kind"), REPORT_TEXT},
    {"state", N_("State"), REPORT_TEXT},           {"date", N_("Date"), REPORT_DAY},
    {"sold", N_("Sold"), REPORT_INSTANT},          {"customer", N_("Customer"), REPORT_TEXT},
    {"salesperson", N_("Salesperson"), REPORT_TEXT}, {"total_cents", N_("Total"), REPORT_CENTS},
    {"tax_cents", N_("VAT"), REPORT_CENTS},        {"tip_cents", N_("Tip"), REPORT_CENTS},
    {"link", N_("Link"), REPORT_TEXT},             {"till_sale", N_("Till sale"), REPORT_TEXT},
    {"till_number", N_("Ticket"), REPORT_TEXT},    {"revision", N_("Revision"), REPORT_INT, true},
    {"origin", N_("Credit on"), REPORT_TEXT},      {"run", N_("Run"), REPORT_INT},
    {"journal", N_("Journal record"), REPORT_INT}, {"validated", N_("Validated"), REPORT_INSTANT},
    {"block", N_("Blocked by"), REPORT_JSON, true},
};
static const struct section HEAD = {NULL, "document",
    "SELECT COALESCE(d.number, 'draft-' || CAST(d.document_id AS TEXT)), d.kind, d.state, d.day, d.at_utc, c.code, d.salesperson, d.total_cents, d.tax_cents,"
    " NULLIF(d.tip_cents, 0), l.name, d.till_sale_id, d.till_number, d.revision,"
    " (SELECT o.number FROM document o WHERE o.company_id = d.company_id AND o.document_id = d.origin_id), NULLIF(d.run_id, 0),"
    " (SELECT s.journal_seq FROM sale s WHERE s.company_id = d.company_id AND s.link_id = d.link_id AND s.till_sale_id = d.till_sale_id), d.validated_utc, d.block"
    " FROM document d JOIN customer c ON c.company_id = d.company_id AND c.customer_id = d.customer_id"
    " LEFT JOIN link l ON l.company_id = d.company_id AND l.link_id = d.link_id WHERE d.company_id = $1 AND d.document_id = $2",
    COLUMNS(HEAD_COLUMNS)};

static const struct report_column LINE_COLUMNS[] = {
    {"line", N_("Line"), REPORT_INT},          {"code", N_("Code"), REPORT_TEXT},
    {"label", N_("Label"), REPORT_TEXT},       {"quantity_milli", N_("Quantity"), REPORT_MILLI},
    {"unit", N_("Unit"), REPORT_TEXT},         {"unit_price_e4", N_("Price incl. VAT"), REPORT_E4},
    {"discount_cents", N_("Discount"), REPORT_CENTS}, {"total_cents", N_("Total"), REPORT_CENTS},
    {"net_cents", N_("Excl. VAT"), REPORT_CENTS}, {"tax_cents", N_("VAT"), REPORT_CENTS},
    {"rate_bp", N_("Rate"), REPORT_RATE},
};
static const struct report_column TAX_COLUMNS[] = {
    {"tax", N_("VAT code"), REPORT_TEXT},         {"rate_bp", N_("Rate"), REPORT_RATE}, {"net_cents", N_("Excl. VAT"), REPORT_CENTS},
    {"tax_cents", N_("VAT"), REPORT_CENTS}, {"total_cents", N_("Total"), REPORT_CENTS},
};
static const struct report_column DUE_COLUMNS[] = {
    {"date", N_("Date"), REPORT_DAY}, {"amount_cents", N_("Amount"), REPORT_CENTS}, {"allocated_cents", N_("Allocated"), REPORT_CENTS}};
static const struct report_column PAYMENT_COLUMNS[] = {
    {"date", N_("Date"), REPORT_DAY}, {"means", N_("Means"), REPORT_TEXT}, {"amount_cents", N_("Amount"), REPORT_CENTS},
    {"allocated_cents", N_("Allocated"), REPORT_CENTS}, {"till_payment", N_("Till payment"), REPORT_TEXT}};
static const struct report_column MOVE_COLUMNS[] = {{"code", N_("Code"), REPORT_TEXT}, {"quantity_milli", N_("Quantity"), REPORT_MILLI}};
static const struct report_column CREDIT_COLUMNS[] = {
    {"number", N_("Number"), REPORT_TEXT}, {"kind", N_("Kind"), REPORT_TEXT}, {"date", N_("Date"), REPORT_DAY}, {"total_cents", N_("Total"), REPORT_CENTS}};

static const struct section PARTS[] = {
    {N_("Lines"), "lines",
        "SELECT line_no, code, label, quantity_milli, unit, unit_price_e4, discount_cents, total_cents, net_cents, tax_cents, rate_bp FROM document_line"
        " WHERE company_id = $1 AND document_id = $2 ORDER BY line_no", COLUMNS(LINE_COLUMNS)},
    {N_("VAT by rate"), "tax",
        "SELECT t.code, d.rate_bp, d.net_cents, d.tax_cents, d.total_cents FROM document_tax d JOIN tax t ON t.company_id = d.company_id AND t.tax_id = d.tax_id"
        " WHERE d.company_id = $1 AND d.document_id = $2 ORDER BY d.rate_bp DESC, d.tax_id", COLUMNS(TAX_COLUMNS)},
    {N_("Due lines"), "due",
        "SELECT u.day, u.amount_cents, (SELECT COALESCE(SUM(a.amount_cents), 0) FROM allocation a"
        " WHERE a.company_id = u.company_id AND a.document_id = u.document_id AND a.due_no = u.due_no)"
        " FROM due_line u WHERE u.company_id = $1 AND u.document_id = $2 ORDER BY u.due_no", COLUMNS(DUE_COLUMNS)},
    {N_("Payments"), "payments",
        "SELECT p.day, m.code, p.amount_cents, (SELECT COALESCE(SUM(a.amount_cents), 0) FROM allocation a"
        " WHERE a.company_id = p.company_id AND a.document_id = p.document_id AND a.payment_id = p.payment_id), p.till_payment_id"
        " FROM payment p JOIN means m ON m.company_id = p.company_id AND m.means_id = p.means_id"
        " WHERE p.company_id = $1 AND p.document_id = $2 ORDER BY p.payment_id", COLUMNS(PAYMENT_COLUMNS)},
    {N_("Stock moves"), "moves",
        "SELECT a.code, m.quantity_milli FROM stock_move m JOIN article a ON a.company_id = m.company_id AND a.article_id = m.article_id"
        " WHERE m.company_id = $1 AND m.source = 'document' AND m.source_id = $2 ORDER BY m.line_no", COLUMNS(MOVE_COLUMNS)},
    {N_("Credit notes on it"), "credit_notes",
        "SELECT COALESCE(number, 'draft-' || CAST(document_id AS TEXT)), kind, day, total_cents FROM document"
        " WHERE company_id = $1 AND origin_id = $2 ORDER BY document_id", COLUMNS(CREDIT_COLUMNS)},
};

/* Why a draft is not validated: {"code":"stock","args":[{"code":…,"missing_milli":…}]} in words. */
static int show_block(struct cli *cli, int64_t id, struct err *err)
{
    static const char SELECT_BLOCK[] = "SELECT block FROM document WHERE company_id = $1 AND document_id = $2";
    struct str text = STR_NULL;
    struct json *block = NULL;
    int rc = db_query_text(cli->db, &cli->arena, &text, SELECT_BLOCK, err, DB_INT(cli->company.id), DB_INT(id));

    if (rc <= 0)
        return rc;
    rc = json_parse(&cli->arena, text, &block, err);
    const struct json *args = rc == OK ? json_get(block, STR("args")) : NULL;
    bool closed = rc == OK && str_equal(json_text(json_get(block, STR("code"))), STR("closed"));
    for (const struct json *item = args ? args->first : NULL; item; item = item->next) {
        const struct json *missing = json_get(item, STR("missing_milli"));
        int64_t milli = 0;
        if (closed) {
            say_to(&cli->out, N_("✗ Not validated: its date is in a period that is closed until %s. Ask the accountant (liaison company set --closed-until …), then liaison document validate.\n"),
                   text_of(cli, json_text(item)), NULL);
            continue;
        }
        if (missing && decimal_parse(missing->text, 0, &milli) != DECIMAL_OK)
            milli = 0;
        say_to(&cli->out, N_("✗ Not validated: %s of article %s are missing in stock. Count them (liaison article set %s --stock …), then liaison document validate.\n"),
               text_of_milli(cli, milli), text_of(cli, json_text(json_get(item, STR("code")))),
               text_of(cli, json_text(json_get(item, STR("code")))), NULL);
    }
    return rc;
}

static int show_document(struct cli *cli, int64_t id, struct err *err)
{
    int rc = section_show_fields(cli, &HEAD, id, err);

    if (rc >= 0)
        rc = show_block(cli, id, err);
    for (size_t i = 0; rc == OK && i < COUNT_OF(PARTS); i++)
        rc = section_show(cli, &PARTS[i], id, err);
    return rc;
}

static int put_document(struct cli *cli, int64_t id, struct err *err)
{
    struct json_out json = {.buf = &cli->out};

    json_begin_object(&json);
    int rc = section_put_members(cli, &json, &HEAD, id, err);
    rc = rc < 0 ? rc : OK;
    for (size_t i = 0; rc == OK && i < COUNT_OF(PARTS); i++)
        rc = section_put_json(cli, &json, &PARTS[i], id, err);
    json_end_object(&json);
    buf_append_char(&cli->out, '\n');
    if (rc != OK)
        buf_reset(&cli->out);
    return rc;
}

int cmd_document_show(struct cli *cli, struct err *err)
{
    struct str number = cli->arguments->words[0];
    int64_t id = 0;
    int found = document_find(cli->db, cli->company.id, number, &id, err);

    if (found < 0)
        return found;
    if (!found)
        return err_set(err, ERR_NOT_FOUND, N_("there is no document %s: liaison document list shows them"), ERR_STR(number));
    return cli->json ? put_document(cli, id, err) : show_document(cli, id, err);
}

/* ---- validate ---- */

int cmd_document_validate(struct cli *cli, struct err *err)
{
    const struct arguments *arguments = cli->arguments;
    struct sync_environment environment;
    struct resume_result result = {0};
    int rc = session_environment(cli, &environment, err);

    if (rc == OK)
        rc = sync_validate_documents(&environment, arguments->words, arguments->word_count, &result, err);
    if (rc != OK)
        return rc;
    cli->remains = result.still_blocked > 0;
    if (cli->json) {
        struct json_out json = {.buf = &cli->out};
        json_begin_object(&json);
        json_member_int(&json, "tried", result.tried);
        json_member_int(&json, "validated", result.validated);
        json_member_int(&json, "still_blocked", result.still_blocked);
        json_member_int(&json, "reconciled", result.reconciled);
        json_end_object(&json);
        buf_append_char(&cli->out, '\n');
        return OK;
    }
    say(cli, N_("%s drafts tried: %s validated, %s still blocked; %s reconciled with their payments."), text_of_int(cli, result.tried), text_of_int(cli, result.validated),
        text_of_int(cli, result.still_blocked), text_of_int(cli, result.reconciled), NULL);
    if (result.still_blocked)
        say(cli, N_("liaison document show NUMBER says what is missing."), NULL);
    return OK;
}
