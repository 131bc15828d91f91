/* commands.c: the table of all commands. To add one: a row here, its handler in the file of its group, its translation in po/fr.po, and
 * `ninja generated-texts` for the man page. The tests go over this table too: a row without help or example fails. */
#include "cli/cli_int.h"

#define OPTIONS(...) .options = (const struct option_spec[]){__VA_ARGS__, {NULL}}
#define ARGUMENTS(...) .arguments = (const struct argument_spec[]){__VA_ARGS__, {NULL}}

const struct option_spec global_options[] = {
    {"db", OPTION_TEXT, "URL", N_("the database: sqlite:FILE or postgresql://…"), "LIAISON_DB"},
    {"company", OPTION_TEXT, "NAME", N_("the company, when the database holds several")},
    {"json", OPTION_FLAG, NULL, N_("results as JSON: one object, or one per line for lists")},
    {"lang", OPTION_CHOICE, "fr|en", N_("the language of the texts"), "LIAISON_LANG, fr"},
    {"quiet", OPTION_FLAG, NULL, N_("no progress and no remarks: only results and errors")},
    {"help", OPTION_FLAG, NULL, N_("this help")},
    {"version", OPTION_FLAG, NULL, N_("the version of this program")},
    {NULL},
};

/* What a link remembers; `link add` and `link edit` share it. */
#define LINK_OPTIONS                                                                                                                     \
    {"since", OPTION_DAY, "DATE", N_("sales from this day on"), "all"},                                                                  \
    {"import-articles", OPTION_YES_NO, "yes|no", N_("bring articles in at each synchronisation"), "yes"},                                \
    {"export-articles", OPTION_YES_NO, "yes|no", N_("write articles to the till at each synchronisation (they are overwritten there)"), "no"}, \
    {"import-orders", OPTION_YES_NO, "yes|no", N_("bring paid sales in at each synchronisation"), "yes"},                                \
    {"document", OPTION_CHOICE, "invoice|order", N_("what a sale becomes"), "invoice"},                                                  \
    {"numbers", OPTION_CHOICE, "keep|renumber", N_("keep the ticket numbers, or number the documents anew"), "keep"},                    \
    {"auto-validate", OPTION_YES_NO, "yes|no", N_("make the documents at the end of each synchronisation"), "no"},                       \
    {"family", OPTION_TEXT, "NAME", N_("only articles of this family (may be repeated; an empty name takes the filter away)"), "all", .repeated = true}, \
    {"code", OPTION_TEXT, "PATTERN", N_("only articles whose code matches, with * and ?"), "all"},                                       \
    {"changed-since", OPTION_DAY_OR_NONE, "DATE|none", N_("only articles changed since this day"), "none"},                              \
    {"in-stock", OPTION_YES_NO, "yes|no", N_("only articles in stock"), "no"},                                                           \
    {"archived", OPTION_CHOICE, "any|no|only", N_("archived articles too, none of them, or only them"), "any"},                          \
    {"unknown-article", OPTION_CHOICE, "create|refuse", N_("a sold article that is unknown here"), "refuse"},                            \
    {"unknown-customer", OPTION_CHOICE, "create|refuse|drop", N_("a customer who is unknown here (drop: the counter customer)"), "create"}, \
    {"missing-reference", OPTION_CHOICE, "refuse|barcode", N_("a till article without a reference: leave it out, or take its barcode"), "refuse"}, \
    {"negative-stock", OPTION_CHOICE, "allow|refuse", N_("an invoice that needs more than the stock: validate it, or leave it a draft"), "allow"}, \
    {"profile", OPTION_TEXT, "NAME|FILE", N_("the sales profile: a built-in one, or a file"), "tactill-v4"},                             \
    {"overlap-days", OPTION_NUMBER, "DAYS", N_("how far back each synchronisation reads again"), "7"}

#define LINK_ARGUMENT {"LINK", N_("name of the link"), .required = true}
#define LINK_FILTER {"link", OPTION_TEXT, "LINK", N_("only this link"), "all"}
#define SALES_ARGUMENT {"SALE", N_("ticket number or till id; none = all of them"), .repeated = true}
#define FORMAT_OPTION {"format", OPTION_CHOICE, "liaison|dailybiz", N_("layout of the file"), "liaison"}
#define LIST_ROW(word, text) {word " list", text, "liaison " word " list --json", cmd_list, RIGHTS_READ}

const struct command command_table[] = {
    {"init", N_("create the database and a company in it"), "liaison --db sqlite:shop.db init --company \"Épicerie du Port\" --siren 732829320", cmd_init, RIGHTS_NONE,
     OPTIONS({"company", OPTION_TEXT, "NAME", N_("name of the company"), .required = true},
             {"siren", OPTION_TEXT, "N", N_("its SIREN number: nine digits")},
             {"timezone", OPTION_TEXT, "ZONE", N_("where its days begin and end"), "Europe/Paris"},
             {"admin", OPTION_TEXT, "NAME", N_("the first administrator of the web interface"), N_("liaison serve prints a code that makes one")},
             {"password-file", OPTION_FILE, "FILE", N_("file that holds the administrator's password; - reads it from standard input"), N_("asked on the terminal")}),
     .note = N_("In a database that exists already, the company is added.")},

    {"link add", N_("link a till: its address, its key, and what is synchronised"),
     "liaison link add --name Shop --url https://api4.tactill.com --key-file key.txt --since 2026-01-01 --auto-validate yes", cmd_link_add, RIGHTS_WRITE,
     OPTIONS({"name", OPTION_TEXT, "NAME", N_("how the link is called from now on"), .required = true},
             {"url", OPTION_TEXT, "URL", N_("address of the till's API"), .required = true},
             {"key-file", OPTION_FILE, "FILE", N_("file that holds the API key; - reads it from standard input"), .required = true}, LINK_OPTIONS),
     .note = N_("The key is sealed in the database. It is never given on the command line, printed or logged.")},
    {"link list", N_("list the links"), "liaison link list", cmd_link_list, RIGHTS_READ},
    {"link show", N_("show a link with all its options"), "liaison link show Shop", cmd_link_show, RIGHTS_READ, ARGUMENTS(LINK_ARGUMENT)},
    {"link edit", N_("change options of a link; what is not named stays"), "liaison link edit Shop --numbers renumber --unknown-article create", cmd_link_edit,
     RIGHTS_WRITE, ARGUMENTS(LINK_ARGUMENT),
     OPTIONS({"name", OPTION_TEXT, "NAME", N_("a new name")}, {"url", OPTION_TEXT, "URL", N_("a new address")},
             {"key-file", OPTION_FILE, "FILE", N_("file that holds a new API key; - reads it from standard input")},
             {"no-since", OPTION_FLAG, NULL, N_("sales of all days")},
             {"every", OPTION_NUMBER, "MINUTES", N_("liaison serve runs it by itself, in this rhythm")},
             {"between", OPTION_TEXT, "HH:MM-HH:MM", N_("the hours of that rhythm"), "00:00-23:59"},
             {"at", OPTION_TEXT, "HH:MM,…", N_("liaison serve runs it by itself, at these times of the day")},
             {"no-schedule", OPTION_FLAG, NULL, N_("it runs no more by itself")}, LINK_OPTIONS)},
    {"link test", N_("try a link: address, key, account, articles, and whether a sale can be read; writes nothing"), "liaison link test Shop", cmd_link_test,
     RIGHTS_READ, ARGUMENTS(LINK_ARGUMENT)},
    {"link remove", N_("remove a link and its key; its documents stay"), "liaison link remove Shop", cmd_link_remove, RIGHTS_WRITE, ARGUMENTS(LINK_ARGUMENT)},

    {"sync", N_("synchronise with the till: articles, sales, and documents when the link says so"), "liaison sync Shop --dry-run", cmd_sync, RIGHTS_WRITE,
     ARGUMENTS(LINK_ARGUMENT),
     OPTIONS({"dry-run", OPTION_FLAG, NULL, N_("say what would be done, and write nothing")},
             {"only", OPTION_CHOICE, "articles-in|articles-out|orders", N_("only this flow, whatever the link says")},
             {"since", OPTION_DAY, "DATE", N_("read the sales again from this day on; purged ones come back")})},

    {"grid list", N_("list the sales in the import grid"), "liaison grid list --anomalies", cmd_grid_list, RIGHTS_READ,
     OPTIONS({"anomalies", OPTION_FLAG, NULL, N_("the root causes of what is wrong, the costliest first, with their cures")}, LINK_FILTER)},
    {"grid show", N_("show a sale of the grid: lines, payments, what is wrong and its cure"), "liaison grid show 1042", cmd_grid_show, RIGHTS_READ,
     ARGUMENTS({"SALE", N_("ticket number or till id"), .required = true})},
    {"grid edit", N_("correct a sale in the grid; its anomalies are cleared until it is validated"), "liaison grid edit 1042 --set line.2.rate=5.5 --set date=2026-01-31",
     cmd_grid_edit, RIGHTS_WRITE, ARGUMENTS({"SALE", N_("ticket number or till id"), .required = true}),
     OPTIONS({"set", OPTION_TEXT, "FIELD=VALUE", N_("a value: number, date, customer_code, line.2.reference, payment.1.amount … (may be repeated)"), .repeated = true},
             {"accept", OPTION_FLAG, NULL, N_("accept the proposed correction, or a refund without its sale")})},
    {"grid validate", N_("check the sales of the grid and make documents of the clean ones"), "liaison grid validate --dry-run", cmd_grid_validate, RIGHTS_WRITE,
     ARGUMENTS(SALES_ARGUMENT), OPTIONS({"dry-run", OPTION_FLAG, NULL, N_("say what would be done, and write nothing")})},
    {"grid purge", N_("remove sales from the grid; a synchronisation with --since brings them back"), "liaison grid purge 1042", cmd_grid_purge, RIGHTS_WRITE,
     ARGUMENTS(SALES_ARGUMENT), OPTIONS(LINK_FILTER)},
    {"grid print", N_("print the grid: every sale with its lines and payments"), "liaison grid print", cmd_grid_print, RIGHTS_READ, OPTIONS(LINK_FILTER)},
    {"grid import", N_("bring a file of sales into the grid; all of it or nothing"), "liaison grid import sales.csv --format dailybiz --header no", cmd_grid_import,
     RIGHTS_WRITE, ARGUMENTS({"FILE", N_("file to read"), .required = true}),
     OPTIONS(FORMAT_OPTION, {"header", OPTION_YES_NO, "yes|no", N_("the first line holds column names (dailybiz)"), "yes"},
             {"link", OPTION_TEXT, "LINK", N_("by the options and mappings of this link"), "none"})},
    {"grid export", N_("write the grid to a file"), "liaison grid export sales.csv", cmd_grid_export, RIGHTS_READ,
     ARGUMENTS({"FILE", N_("file to write; - is standard output"), .required = true}),
     OPTIONS(FORMAT_OPTION, {"header", OPTION_YES_NO, "yes|no", N_("the first line holds column names (dailybiz)"), "yes"})},

    {"article list", N_("list the articles"), "liaison article list --json", cmd_article_list, RIGHTS_READ},
    {"article show", N_("show an article, its stock and the till articles that it stands for"), "liaison article show CAF001", cmd_article_show, RIGHTS_READ,
     ARGUMENTS({"CODE", N_("article code"), .required = true})},
    {"article set", N_("change an article, or create it (then --label and --tax are needed)"), "liaison article set CAF001 --label Espresso --tax 10 --price 1.80",
     cmd_article_set, RIGHTS_WRITE, ARGUMENTS({"CODE", N_("article code"), .required = true}),
     OPTIONS({"label", OPTION_TEXT, "TEXT", N_("what it is")}, {"family", OPTION_TEXT, "NAME", N_("its family, created when missing; empty = none")},
             {"tax", OPTION_TEXT, "CODE", N_("its VAT code")}, {"price", OPTION_PRICE, "EUROS", N_("price with VAT")},
             {"buy-price", OPTION_PRICE, "EUROS", N_("purchase price")}, {"barcode", OPTION_TEXT, "DIGITS", N_("its barcode; empty = none")},
             {"unit", OPTION_TEXT, "TEXT", N_("what it is counted in")}, {"weight", OPTION_QUANTITY, "KG", N_("its weight")},
             {"stock-managed", OPTION_YES_NO, "yes|no", N_("its stock is followed")}, {"archived", OPTION_YES_NO, "yes|no", N_("it is no longer sold")},
             {"stock", OPTION_QUANTITY, "QUANTITY", N_("the quantity counted: the stock becomes this")},
             {"till-article", OPTION_TEXT, "ID[/DECLINATION]", N_("the till article that has this code, whatever its reference there")},
             {"link", OPTION_TEXT, "LINK", N_("the link of that till article"), N_("the only one")})},
    {"article import", N_("create and change articles from a CSV file; all of it or nothing"), "liaison article import articles.csv", cmd_article_import, RIGHTS_WRITE,
     ARGUMENTS({"FILE", N_("file to read"), .required = true}),
     .note = N_("Named columns, in any order: code, label, family, tax, price (with VAT), buy_price, barcode, unit, weight, stock_managed, archived, stock."
                " Only code is always needed; a column that is not there changes nothing.")},
    {"article export", N_("write the articles to a CSV file"), "liaison article export articles.csv", cmd_article_export, RIGHTS_READ,
     ARGUMENTS({"FILE", N_("file to write; - is standard output"), .required = true})},

    {"document list", N_("list the documents"), "liaison document list --kind invoice --state draft", cmd_document_list, RIGHTS_READ,
     OPTIONS({"kind", OPTION_CHOICE, "invoice|order|credit_note", N_("only documents of this kind"), "all"},
             {"state", OPTION_CHOICE, "draft|validated", N_("only documents in this state"), "all"})},
    {"document show", N_("show a document: lines, VAT, due lines, payments, stock, where it came from"), "liaison document show FA000001", cmd_document_show, RIGHTS_READ,
     ARGUMENTS({"NUMBER", N_("document number, or draft-ID"), .required = true})},
    {"document validate", N_("validate drafts; those that still cannot be say why"), "liaison document validate 1042", cmd_document_validate, RIGHTS_WRITE,
     ARGUMENTS({"NUMBER", N_("document number, or draft-ID; none = every blocked draft"), .repeated = true})},

    LIST_ROW("payment", N_("list the payments and what they are allocated to")),
    LIST_ROW("stock", N_("list the stock of the articles whose stock is followed")),
    LIST_ROW("customer", N_("list the customers")),
    LIST_ROW("family", N_("list the families of articles")),
    LIST_ROW("tax", N_("list the VAT codes")),
    {"tax add", N_("create a VAT code"), "liaison tax add REDUIT --rate 5.5 --label \"Taux réduit\"", cmd_tax_add, RIGHTS_WRITE,
     ARGUMENTS({"CODE", N_("the new code"), .required = true}),
     OPTIONS({"rate", OPTION_RATE, "PERCENT", N_("its rate in percent"), .required = true}, {"label", OPTION_TEXT, "TEXT", N_("what it is"), "CODE"})},
    {"tax map", N_("say which VAT code stands for a rate of the till, when several have it"), "liaison tax map 5.5 REDUIT --link Shop", cmd_tax_map, RIGHTS_WRITE,
     ARGUMENTS({"RATE", N_("rate of the till in percent"), .required = true}, {"CODE", N_("VAT code"), .required = true}), OPTIONS(LINK_FILTER)},
    LIST_ROW("means", N_("list the means of payment")),
    {"means add", N_("create a means of payment"), "liaison means add cheque_cadeau --label \"Chèque cadeau\"", cmd_means_add, RIGHTS_WRITE,
     ARGUMENTS({"CODE", N_("the new code"), .required = true}), OPTIONS({"label", OPTION_TEXT, "TEXT", N_("what it is"), .required = true})},
    {"means map", N_("say which means of payment stands for a type of the till"), "liaison means map edenred meal_voucher", cmd_means_map, RIGHTS_WRITE,
     ARGUMENTS({"TYPE", N_("type as the till names it"), .required = true}, {"MEANS", N_("code of the means of payment"), .required = true}), OPTIONS(LINK_FILTER)},

    LIST_ROW("run", N_("list the synchronisations that were run")),
    {"run show", N_("show a run: window, counts, and the outcome of every record"), "liaison run show 3", cmd_run_show, RIGHTS_READ,
     ARGUMENTS({"ID", N_("number of the run"), .required = true})},
    {"proof", N_("compare the till's days with the documents, to the cent"), "liaison proof --from 2026-01-01 --to 2026-01-31", cmd_proof, RIGHTS_WRITE,
     OPTIONS({"from", OPTION_DAY, "DATE", N_("first day"), .required = true}, {"to", OPTION_DAY, "DATE", N_("last day"), .required = true})},
    {"journal verify", N_("verify the chain of received sales and validated documents"), "liaison journal verify", cmd_journal_verify, RIGHTS_READ,
     OPTIONS({"expect", OPTION_TEXT, "SEQ:HASH", N_("an end of the journal noted earlier: it must still be there")}),
     .note = N_("Names the first bad record. docs/security.md says what can be found, and how.")},
    {"journal seal", N_("seal the journal as it stands with the key file: after an upgrade, or with a new key file"), "liaison journal seal", cmd_journal_seal, RIGHTS_WRITE,
     OPTIONS({"expect", OPTION_TEXT, "SEQ:HASH", N_("an end of the journal noted earlier: it must still be there")}),
     .note = N_("A new database is sealed from the first record on. Seal only what you trust: this accepts the journal as it is, when all but its seals is right.")},

    {"db migrate", N_("bring the database to this program's version, after a backup"), "liaison db migrate", cmd_db_migrate, RIGHTS_SCHEMA},
    {"db check", N_("check the database: its structure, the journal, and that all sums agree"), "liaison db check", cmd_db_check, RIGHTS_CHECK},
    {"db backup", N_("copy the database to a new file while others work"), "liaison db backup shop-2026-01-31.db", cmd_db_backup, RIGHTS_SCHEMA,
     ARGUMENTS({"FILE", N_("file to write; it must not exist"), .required = true})},

    {"user add", N_("create a user of the web interface, or give one a new password or role"), "liaison user add marie --role accountant", cmd_user_add, RIGHTS_WRITE,
     ARGUMENTS({"NAME", N_("name of the user"), .required = true}),
     OPTIONS({"role", OPTION_CHOICE, "admin|accountant|viewer", N_("what the user may do"), "viewer"},
             {"password-file", OPTION_FILE, "FILE", N_("file that holds the password; - reads it from standard input"), N_("asked on the terminal")})},
    {"company show", N_("show the company and its settings"), "liaison company show", cmd_company_show, RIGHTS_READ},
    {"company set", N_("change settings of the company"), "liaison company set --closed-until 2025-12-31 --cutoff 04:00", cmd_company_set, RIGHTS_WRITE,
     OPTIONS({"closed-until", OPTION_DAY_OR_NONE, "DATE|none", N_("no document on or before this day")},
             {"cutoff", OPTION_CLOCK, "HH:MM", N_("sales before this hour belong to the day before")},
             {"operations", OPTION_CHOICE, "goods|services|both", N_("what its invoices are for, as they must say")},
             {"vat-on-debits", OPTION_YES_NO, "yes|no", N_("the company chose to pay the VAT of services by what it invoices")})},
    {"anomaly list", N_("the catalogue of everything that can be wrong, with its cure"), "liaison anomaly list --markdown", cmd_anomaly_list, RIGHTS_NONE,
     OPTIONS({"markdown", OPTION_FLAG, NULL, N_("as docs/anomalies.md holds it")})},
    {"serve", N_("serve the web interface and the API until Ctrl-C"), "liaison serve --listen 127.0.0.1:8080", cmd_serve, RIGHTS_NONE,
     OPTIONS({"listen", OPTION_TEXT, "ADDRESS:PORT", N_("where to listen"), "127.0.0.1:8080"},
             {"certificate", OPTION_FILE, "FILE", N_("certificate chain for TLS, in PEM")},
             {"certificate-key", OPTION_FILE, "FILE", N_("its private key, in PEM")},
             {"public-url", OPTION_TEXT, "URL", N_("the address that people use, when a proxy stands in front")},
             {"trusted-proxy", OPTION_TEXT, "ADDRESS", N_("the address of that proxy, whose X-Forwarded-For then says who asks (may be repeated)"), .repeated = true},
             {"ui", OPTION_FILE, "FOLDER", N_("the built web interface"), N_("beside the program")},
             {"allow-local-tills", OPTION_FLAG, NULL, N_("a link made in the browser may lead to this machine: for the training till")}),
     .note = N_("Beyond this machine it listens only with TLS, or behind a proxy that has it (--public-url https://…). While nobody can log in, it prints a code that makes the first administrator.")},
    {"help", N_("explain a command"), "liaison help link add", cmd_help, RIGHTS_NONE,
     ARGUMENTS({"WORD", N_("the words of a command"), .repeated = true}),
     OPTIONS({"man", OPTION_FLAG, NULL, N_("the man page, as packaging/liaison.1 holds it")})},
    {NULL},
};
