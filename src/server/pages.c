/* pages.c: the pages of `liaison serve`: a login and a read-only overview. No rule of its own: what is shown here, the command line prints. Every text that came
 * from outside goes through append_text. */
#include "server/server_int.h"

const char page_style[] =
    ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem}"
    "h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #8884}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}"
    "form.login{max-width:20rem;margin:4rem auto;display:grid;gap:.8rem}label{display:grid;gap:.2rem}input,button{font:inherit;padding:.45rem}"
    ".message{border-left:4px solid #c33;padding:.4rem .8rem}.quiet{opacity:.75}pre{white-space:pre-wrap;margin:.2rem 0;font:inherit}"
    "header{display:flex;justify-content:space-between;align-items:center}";

static void append_text(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        switch (text.p[i]) {
        case '&': buf_append_z(out, "&amp;"); break;
        case '<': buf_append_z(out, "&lt;"); break;
        case '>': buf_append_z(out, "&gt;"); break;
        case '"': buf_append_z(out, "&quot;"); break;
        case '\'': buf_append_z(out, "&#39;"); break;
        default: buf_append_char(out, text.p[i]);
        }
    }
}

static void append_z(struct buf *out, const char *text)
{
    append_text(out, str_from(text));
}

static void begin_page(struct buf *out, const char *title)
{
    buf_printf(out, "<!doctype html><html lang=\"%s\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>",
               text_language() == TEXT_FRENCH ? "fr" : "en");
    append_z(out, title);
    buf_append_z(out, "</title><link rel=\"stylesheet\" href=\"/style.css\"></head><body>");
}

static void append_word(struct buf *out, struct str code)
{
    const char *word = report_word(code);
    append_text(out, word ? str_from(word) : code);
}

static void append_heading(struct buf *out, const char *text)
{
    buf_append_z(out, "<h2>");
    append_z(out, text);
    buf_append_z(out, "</h2>");
}

void page_login(struct buf *out, const char *message)
{
    begin_page(out, "Liaison");
    buf_append_z(out, "<form class=\"login\" method=\"post\" action=\"/login\"><h1>Liaison</h1>");
    if (message) {
        buf_append_z(out, "<p class=\"message\" role=\"alert\">");
        append_z(out, message);
        buf_append_z(out, "</p>");
    }
    buf_append_z(out, "<label>");
    append_z(out, _("Name"));
    buf_append_z(out, "<input name=\"name\" autocomplete=\"username\" required autofocus></label><label>");
    append_z(out, _("Password"));
    buf_append_z(out, "<input name=\"password\" type=\"password\" autocomplete=\"current-password\" required></label><button>");
    append_z(out, _("Log in"));
    buf_append_z(out, "</button></form></body></html>\n");
}

static void append_header_row(struct buf *out, const char *const *headings, const bool *numeric, size_t count)
{
    buf_append_z(out, "<table><thead><tr>");
    for (size_t i = 0; i < count; i++) {
        buf_append_z(out, numeric[i] ? "<th class=\"n\">" : "<th>");
        append_z(out, headings[i]);
        buf_append_z(out, "</th>");
    }
    buf_append_z(out, "</tr></thead><tbody>");
}

static void append_cents_cell(struct buf *out, int64_t cents)
{
    buf_append_z(out, "<td class=\"n\">");
    text_append_cents(out, cents);
    buf_append_z(out, "</td>");
}

static int append_documents(struct page_context *page, struct buf *out, struct err *err)
{
    static const char SELECT_SUMS[] =
        "SELECT kind, state, COUNT(*), SUM(total_cents) FROM document WHERE company_id = $1 GROUP BY kind, state ORDER BY kind, state";
    append_heading(out, _("Documents"));
    const char *const headings[] = {_("Kind"), _("State"), _("How many"), _("Total")};
    append_header_row(out, headings, (bool[]){false, false, true, true}, 4);
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(page->db, &rows, SELECT_SUMS, err, DB_INT(page->company.id));
    while (rc == OK && (rc = db_next(&rows, err)) == 1) {
        buf_append_z(out, "<tr><td>");
        append_word(out, db_text(&rows, 0));
        buf_append_z(out, "</td><td>");
        append_word(out, db_text(&rows, 1));
        buf_printf(out, "</td><td class=\"n\">%lld</td>", (long long)db_int(&rows, 2));
        append_cents_cell(out, db_int(&rows, 3));
        buf_append_z(out, "</tr>");
        rc = OK;
    }
    buf_append_z(out, "</tbody></table>");
    return rc;
}

static int append_group(void *context, const struct anomaly_group *group, struct err *err)
{
    (void)err;
    struct buf *out = context;
    BUF_AUTO text = {0};
    buf_append_z(out, "<tr><td>");
    anomaly_append_cause(&text, group->kind, group->args, group->arg_count);
    append_text(out, buf_str(&text));
    buf_append_z(out, "<pre class=\"quiet\">");
    buf_reset(&text);
    anomaly_append_cure(&text, group->kind, group->args, group->arg_count);
    append_text(out, buf_str(&text));
    buf_printf(out, "</pre></td><td class=\"n\">%lld</td>", (long long)group->subjects);
    append_cents_cell(out, group->amount_cents);
    buf_append_z(out, "</tr>");
    return OK;
}

static int append_anomalies(struct page_context *page, struct buf *out, struct err *err)
{
    append_heading(out, _("What awaits attention"));
    const char *const headings[] = {_("Cause and cure"), _("Concerned"), _("Amount")};
    append_header_row(out, headings, (bool[]){false, true, true}, 3);
    int rc = anomaly_groups(page->db, page->company.id, 0, append_group, out, err);
    buf_append_z(out, "</tbody></table>");
    return rc;
}

static int append_runs(struct page_context *page, struct buf *out, struct err *err)
{
    static const char SELECT_RUNS[] =
        "SELECT r.run_id, l.name, r.state, r.started_utc FROM run r JOIN link l ON l.company_id = r.company_id AND l.link_id = r.link_id"
        " WHERE r.company_id = $1 ORDER BY r.run_id DESC LIMIT 10";
    append_heading(out, _("Last runs"));
    const char *const headings[] = {_("Run"), _("Link"), _("State"), _("Started")};
    append_header_row(out, headings, (bool[]){true, false, false, false}, 4);
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(page->db, &rows, SELECT_RUNS, err, DB_INT(page->company.id));
    while (rc == OK && (rc = db_next(&rows, err)) == 1) {
        buf_printf(out, "<tr><td class=\"n\">%lld</td><td>", (long long)db_int(&rows, 0));
        append_text(out, db_text(&rows, 1));
        buf_append_z(out, "</td><td>");
        append_word(out, db_text(&rows, 2));
        buf_append_z(out, "</td><td>");
        instant_append_local(out, page->company.zone, db_int(&rows, 3));
        buf_append_z(out, "</td></tr>");
        rc = OK;
    }
    buf_append_z(out, "</tbody></table>");
    return rc;
}

int page_overview(struct page_context *page, struct buf *out, struct err *err)
{
    begin_page(out, "Liaison");
    buf_append_z(out, "<header><h1>");
    append_text(out, page->company.name);
    buf_append_z(out, "</h1><form method=\"post\" action=\"/logout\"><button>");
    append_z(out, _("Log out"));
    buf_append_z(out, "</button></form></header><p class=\"quiet\">");
    append_z(out, _("A read-only overview: everything else is on the command line (liaison help)."));
    buf_append_z(out, "</p>");
    int rc = append_documents(page, out, err);
    if (rc == OK)
        rc = append_anomalies(page, out, err);
    if (rc == OK)
        rc = append_runs(page, out, err);
    buf_append_z(out, "</body></html>\n");
    return rc;
}
