/* anomaly.c: the anomaly catalogue, in one place, and the table of what is wrong now. docs/anomalies.md is printed from the catalogue
 * (`liaison anomaly list --markdown`); a test compares. To add one: a row here, its enum value in grid.h, its translation in po/fr.po. */
#include "grid/grid_int.h"

/* Arguments are texts; which ones is said at the right of each row. Every cure is a numbered list of commands a person can type. */
const struct anomaly_kind anomaly_catalogue[ANOMALY_COUNT] = {
    [ANOMALY_UNKNOWN_ARTICLE] = {"unknown_article", "sale", true,
        N_("article %s (%s) is sold at the till but unknown here"), /* reference, label */
        N_("1. Bring the article in: liaison sync LINK --only articles-in, or create it: liaison article set %1$s --label …\n2. liaison grid validate"), 2, .action = CURE_CREATE_ARTICLE},
    [ANOMALY_NO_REFERENCE] = {"no_reference", "sale", true,
        N_("the till article %2$s (id %1$s) has no reference"), /* till article id, label */
        N_("1. Give it a reference at the till, or here: liaison article set CODE --till-article %1$s\n2. liaison sync LINK, then liaison grid validate"), 2, .action = CURE_SET_REFERENCE},
    [ANOMALY_AMBIGUOUS_REFERENCE] = {"ambiguous_reference", "sale", true,
        N_("reference %s is shared by several till articles, %s among them: which one was sold is not guessed"), /* reference, label */
        N_("1. Give each of them a reference of its own at the till (liaison grid list --anomalies names them)\n2. liaison sync LINK, then liaison grid validate"), 2, .action = CURE_EDIT},
    [ANOMALY_UNKNOWN_TAX] = {"unknown_tax", "sale", true,
        N_("a line of article %s names no VAT rate"), /* label */
        N_("1. Give the line its rate: liaison grid edit SALE --set line.N.rate=20\n2. liaison grid validate"), 1, .action = CURE_EDIT},
    [ANOMALY_UNMAPPED_TAX] = {"unmapped_tax", "sale", true,
        N_("VAT %s %% is not mapped"), /* rate in percent */
        N_("1. liaison tax add CODE --rate %1$s\n2. liaison grid validate"), 1, .arg_types = "r", .action = CURE_MAP_TAX},
    [ANOMALY_UNMAPPED_MEANS] = {"unmapped_means", "sale", true,
        N_("the till's means of payment %s (%s) is not mapped"), /* till type, label */
        N_("1. liaison means map %1$s MEANS (liaison means list shows them; liaison means add makes one)\n2. liaison grid validate"), 2, .action = CURE_MAP_MEANS},
    [ANOMALY_UNKNOWN_CUSTOMER] = {"unknown_customer", "sale", true,
        N_("customer %s (%s) is unknown here and the link refuses to create it"), /* till id or code, name */
        N_("1. liaison link edit LINK --unknown-customer create, or give the sale a known one: liaison grid edit SALE --set customer_code=CODE\n2. liaison grid validate"), 2, .action = CURE_EDIT},
    [ANOMALY_LINES_TOTAL] = {"lines_total", "sale", true,
        N_("the lines add up to %s, the ticket says %s"), /* sum, total */
        N_("1. liaison grid show SALE, and compare with the ticket at the till\n2. liaison grid edit SALE --set line.N.total=… (or total=…)\n3. liaison grid validate"), 2, .arg_types = "cc", .action = CURE_EDIT},
    [ANOMALY_PAYMENTS_TOTAL] = {"payments_total", "sale", true,
        N_("the payments add up to %s, the ticket says %s"), /* sum, total and tip */
        N_("1. liaison grid show SALE, and compare with the ticket at the till\n2. liaison grid edit SALE --set payment.N.amount=…\n3. liaison grid validate"), 2, .arg_types = "cc", .action = CURE_EDIT},
    [ANOMALY_TAX_TOTAL] = {"tax_total", "sale", true,
        N_("the till states %2$s of VAT at %1$s %%, which the lines at that rate cannot give"), /* rate, stated VAT */
        N_("1. liaison grid show SALE, and compare with the ticket at the till\n2. liaison grid edit SALE --set tax.%1$s=…\n3. liaison grid validate"), 2, .arg_types = "rc", .action = CURE_EDIT},
    [ANOMALY_IMPOSSIBLE_DATE] = {"impossible_date", "sale", true,
        N_("the sale has no date that can be read"), 
        N_("1. liaison grid edit SALE --set date=2026-01-31\n2. liaison grid validate"), 0, .action = CURE_EDIT},
    [ANOMALY_FUTURE_DATE] = {"future_date", "sale", true,
        N_("the sale is dated %s, in the future"), /* day */
        N_("1. Look at the clock of the till and of this machine\n2. Wait until then, or liaison grid edit SALE --set date=2026-01-31\n3. liaison grid validate"), 1, .arg_types = "d", .action = CURE_EDIT},
    [ANOMALY_CLOSED_PERIOD] = {"closed_period", "sale", true,
        N_("the sale is dated %s, in a closed period (closed until %s)"), /* day, closed until */
        N_("1. Ask the accountant: reopen with liaison company set --closed-until DATE, or date it later: liaison grid edit SALE --set date=…\n2. liaison grid validate"), 2, .arg_types = "dd", .action = CURE_EDIT},
    [ANOMALY_NUMBER_TAKEN] = {"number_taken", "sale", true,
        N_("number %s is taken by another document"), /* number */
        N_("1. liaison document show %1$s, to see which\n2. liaison grid edit SALE --set number=…, or liaison link edit LINK --numbers renumber\n3. liaison grid validate"), 1, .action = CURE_EDIT},
    [ANOMALY_MISSING_TICKET_NUMBER] = {"missing_ticket_number", "sale", true,
        N_("the sale has no ticket number to keep"),
        N_("1. liaison grid edit SALE --set number=…, or liaison link edit LINK --numbers renumber\n2. liaison grid validate"), 0, .action = CURE_EDIT},
    [ANOMALY_REPEATED_TICKET_NUMBER] = {"repeated_ticket_number", "sale", true,
        N_("ticket number %s is on several sales of the grid"), /* number */
        N_("1. liaison grid list shows them; if they are two sales, give one another number: liaison grid edit SALE --set number=…\n2. liaison grid validate"), 1, .action = CURE_EDIT},
    [ANOMALY_ORPHAN_REFUND] = {"orphan_refund", "sale", true,
        N_("a refund whose sale %s is not here yet"), /* till id of the origin, or empty */
        N_("1. Bring the earlier sales in (liaison sync LINK --since DATE): it ties itself then\n2. Or accept it without an invoice: liaison grid edit SALE --accept, then liaison grid validate"), 1, .action = CURE_ACCEPT},
    [ANOMALY_CHANGED_AFTER_IMPORT] = {"changed_after_import", "sale", true,
        N_("the sale changed at the till after it became document %s: %s"), /* number, difference */
        N_("1. liaison grid show SALE, to see the credit note and the new document that are proposed\n2. liaison grid edit SALE --accept, then liaison grid validate"), 2, .action = CURE_ACCEPT},
    [ANOMALY_EMPTY_SALE] = {"empty_sale", "sale", true,
        N_("the sale has no line"),
        N_("1. Compare with the ticket at the till\n2. liaison grid purge SALE, or correct it at the till and synchronise again"), 0, .action = CURE_EDIT},
    [ANOMALY_UNREADABLE_VALUE] = {"unreadable_value", "sale", true,
        N_("%s cannot be read: “%s” (%s)"), /* path, what stood there, reason */
        N_("1. liaison grid show SALE\n2. Give the right value: liaison grid edit SALE --set FIELD=…, or correct it at the till and synchronise again\n3. liaison grid validate"), 3, .arg_types = "ttm", .action = CURE_EDIT},
    [ANOMALY_NOT_POSTED] = {"not_posted", "sale", true,
        N_("the books refuse the sale: %s"), /* the error's text */
        N_("1. liaison grid show SALE, and compare with what the message names\n2. liaison grid edit SALE --set FIELD=… (payment.N.id when a payment is known already)\n3. liaison grid validate"), 1, .action = CURE_EDIT},
    [ANOMALY_ARTICLE_NO_REFERENCE] = {"article_no_reference", "article", false,
        N_("the till article %2$s (id %1$s) has no reference"), /* id, name */
        N_("1. Give it a reference at the till, or here: liaison article set CODE --till-article %1$s, or take its barcode: liaison link edit LINK --missing-reference barcode\n2. liaison sync LINK --only articles-in"), 2, .action = CURE_SET_REFERENCE},
    [ANOMALY_ARTICLE_SAME_REFERENCE] = {"article_same_reference", "article", false,
        N_("reference %s is shared by several till articles: %s"), /* reference, names */
        N_("1. Give each a reference of its own at the till, or here: liaison article set CODE --till-article ID\n2. liaison sync LINK --only articles-in"), 2, .action = CURE_SET_REFERENCE},
    [ANOMALY_ARTICLE_SIMILAR_REFERENCE] = {"article_similar_reference", "article", false,
        N_("references that differ only by case, blanks, accents or leading zeros: %2$s"), /* folded key, references and names */
        N_("1. If they are one article, give it one reference at the till; if not, make the references clearly different\n2. liaison sync LINK --only articles-in"), 2},
    [ANOMALY_ARTICLE_UNKNOWN_TAX] = {"article_unknown_tax", "article", false,
        N_("the VAT rate %s of till articles has no VAT code here"), /* rate in percent, or the till's tax id */
        N_("1. liaison tax add CODE --rate %1$s (or set the article's VAT at the till)\n2. liaison sync LINK --only articles-in"), 1, .arg_types = "r", .action = CURE_MAP_TAX},
    [ANOMALY_ARTICLE_SEVERAL_TAXES] = {"article_several_taxes", "article", false,
        N_("the till article %s (%s) has several VAT rates"), /* reference, name */
        N_("1. Leave it one VAT rate at the till, or split it into two articles\n2. liaison sync LINK --only articles-in"), 2},
    [ANOMALY_ARTICLE_NO_PRICE] = {"article_no_price", "article", false,
        N_("the till article %s (%s) has no price"), /* reference, name */
        N_("1. Give it a price at the till, or create it here with a free price: liaison article set %1$s\n2. liaison sync LINK --only articles-in"), 2, .action = CURE_CREATE_ARTICLE},
    [ANOMALY_ARTICLE_UNREADABLE] = {"article_unreadable", "article", false,
        N_("%2$s of the till article %1$s cannot be read"), /* id, path */
        N_("1. Correct the article at the till\n2. liaison sync LINK --only articles-in"), 2},
    [ANOMALY_ARTICLE_NOT_EXPORTED] = {"article_not_exported", "article", false,
        N_("article %s was not written to the till: %s"), /* code, reason */
        N_("1. Correct the article: liaison article show %1$s\n2. liaison sync LINK --only articles-out"), 2},
    [ANOMALY_HOLE_IN_NUMBERS] = {"hole_in_numbers", "number", false,
        N_("ticket numbers missing at the till: %s"), /* "1041" or "1041-1043" */
        N_("1. Look at the till for these tickets: a tablet may not have sent its sales yet\n2. liaison sync LINK --since DATE; the anomaly goes when they arrive"), 1},
    [ANOMALY_REPEAT_IN_NUMBERS] = {"repeat_in_numbers", "number", false,
        N_("ticket number %s is on %s different sales of the till"), /* number, count */
        N_("1. Compare the tickets at the till: two tablets may be counting separately\n2. liaison link edit LINK --numbers renumber gives the documents numbers of their own"), 2},
};

const struct anomaly_kind *anomaly_kind_by_code(struct str code)
{
    for (size_t i = 0; i < ANOMALY_COUNT; i++)
        if (str_equal(code, str_from(anomaly_catalogue[i].code)))
            return &anomaly_catalogue[i];
    return NULL;
}

static void append_args_json(struct buf *out, const struct str *args, int count)
{
    struct json_out json = {.buf = out};
    json_begin_array(&json);
    for (int i = 0; i < count; i++)
        json_put_str(&json, args[i]);
    json_end_array(&json);
}

int anomaly_set(struct db *db, int64_t company_id, int64_t link_id, const char *subject_kind, struct str subject, const struct anomaly *anomalies,
                size_t count, struct err *err)
{
    static const char SELECT_KNOWN[] = "SELECT 1 FROM anomaly WHERE company_id = $1 AND link_id = $2 AND subject_kind = $3 AND subject = $4 LIMIT 1";
    static const char DELETE_ANOMALIES[] = "DELETE FROM anomaly WHERE company_id = $1 AND link_id = $2 AND subject_kind = $3 AND subject = $4";
    static const char INSERT_ANOMALY[] =
        "INSERT INTO anomaly (company_id, link_id, subject_kind, subject, line_no, code, cause_key, args, amount_cents)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (company_id, link_id, subject_kind, subject, line_no, code) DO NOTHING";
    /* Mostly there are none, and to look costs less than to delete nothing. */
    int64_t known = 0;
    int rc = db_query_int(db, &known, SELECT_KNOWN, err, DB_INT(company_id), DB_INT(link_id), DB_STR(str_from(subject_kind)), DB_STR(subject));
    if (rc >= 0)
        rc = known ? db_exec(db, DELETE_ANOMALIES, err, DB_INT(company_id), DB_INT(link_id), DB_STR(str_from(subject_kind)), DB_STR(subject)) : OK;
    BUF_AUTO args = {0};
    for (size_t i = 0; rc == OK && i < count; i++) {
        const struct anomaly *a = &anomalies[i];
        buf_reset(&args);
        append_args_json(&args, a->args, a->arg_count);
        if (buf_failed(&args))
            return err_memory(err);
        struct str cause = a->cause_key.p ? a->cause_key : STR("");
        rc = db_exec(db, INSERT_ANOMALY, err, DB_INT(company_id), DB_INT(link_id), DB_STR(str_from(subject_kind)), DB_STR(subject), DB_INT(a->line_no),
                     DB_STR(str_from(anomaly_catalogue[a->code].code)), DB_STR(cause), DB_STR(buf_str(&args)), DB_INT(a->amount_cents));
    }
    return rc;
}

int anomaly_read_args(struct arena *arena, struct str text, struct str args[4], int *ret_count, struct err *err)
{
    struct json *array = NULL;
    int rc = json_parse(arena, text, &array, err);
    if (rc != OK)
        return rc;
    int count = 0;
    for (struct json *item = array->first; item && count < 4; item = item->next)
        args[count++] = json_text(item);
    *ret_count = count;
    return OK;
}

int anomaly_groups(struct db *db, int64_t company_id, int64_t link_id, anomaly_group_fn *on_group, void *context, struct err *err)
{
    static const char SELECT_GROUPS[] =
        "SELECT code, cause_key, MIN(args), COUNT(DISTINCT subject), SUM(amount_cents), MIN(subject), CASE WHEN MIN(link_id) = MAX(link_id) THEN MIN(link_id) ELSE -1 END FROM anomaly"
        " WHERE company_id = $1 AND (link_id = $2 OR $2 = 0) GROUP BY code, cause_key ORDER BY ABS(SUM(amount_cents)) DESC, 4 DESC, code, cause_key";
    DB_ROWS_AUTO rows = {0};
    ARENA_AUTO arena = {0};
    int rc = db_query(db, &rows, SELECT_GROUPS, err, DB_INT(company_id), DB_INT(link_id));
    while (rc == OK) {
        rc = db_next(&rows, err);
        if (rc <= 0)
            return rc;
        arena_reset(&arena);
        struct anomaly_group group = {.kind = anomaly_kind_by_code(db_text(&rows, 0)), .cause_key = db_text(&rows, 1), .subjects = db_int(&rows, 3),
                                      .amount_cents = db_int(&rows, 4), .example = db_text(&rows, 5), .link_id = db_int(&rows, 6)};
        if (!group.kind)
            return err_set(err, ERR_DATA, N_("the database holds an anomaly %s that this program does not know: install a newer Liaison"), ERR_STR(db_text(&rows, 0)));
        rc = anomaly_read_args(&arena, db_text(&rows, 2), group.args, &group.arg_count, err);
        if (rc == OK)
            rc = on_group(context, &group, err);
    }
    return rc;
}

/* As the language writes it; what does not read as its type (a till's own id of a rate, “…” for any) stays as it is. */
static void append_argument(struct buf *out, char type, struct str arg)
{
    const char *text = ERR_STR(arg);
    int64_t value = 0;
    int32_t day = 0;

    if (type == 'c' && decimal_parse(arg, 2, &value) == DECIMAL_OK)
        text_append_cents(out, value);
    else if (type == 'r' && decimal_parse(arg, 3, &value) == DECIMAL_OK)
        text_append_milli(out, value);
    else if (type == 'd' && civil_parse_day(arg, &day))
        civil_append_day_local(out, day);
    else
        buf_append_z(out, type == 'm' ? text_translate(text) : text);
}

void anomaly_append_cause(struct buf *out, const struct anomaly_kind *kind, const struct str *args, int arg_count)
{
    struct buf texts[4] = {0};
    const char *pointers[4];
    int count = arg_count < 4 ? arg_count : 4;
    for (int i = 0; i < count; i++) {
        append_argument(&texts[i], kind->arg_types && i < kind->arg_count ? kind->arg_types[i] : 't', args[i]);
        pointers[i] = texts[i].p ? texts[i].p : "";
        out->failed = out->failed || buf_failed(&texts[i]);
    }
    message_format(out, text_translate(kind->cause), pointers, count);
    for (int i = 0; i < count; i++)
        buf_release(&texts[i]);
}

/* What a till names stands here in commands that a person copies into a shell. */
void anomaly_append_cure(struct buf *out, const struct anomaly_kind *kind, const struct str *args, int arg_count)
{
    struct buf words[4] = {0};
    const char *pointers[4];
    int count = arg_count < 4 ? arg_count : 4;
    for (int i = 0; i < count; i++) {
        text_append_shell_word(&words[i], str_from(ERR_STR(args[i])));
        pointers[i] = words[i].p ? words[i].p : "?";
        out->failed = out->failed || buf_failed(&words[i]);
    }
    message_format(out, text_translate(kind->cure), pointers, count);
    for (int i = 0; i < count; i++)
        buf_release(&words[i]);
}
