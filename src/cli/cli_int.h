/* cli_int.h: what the files of the command line share. Private to src/cli and to its tests.
 *
 * A row of the table in commands.c declares a command: its words, arguments, options, rights, example and handler. The parser (args.c), the
 * help and the man page (help.c), the opening of the database (session.c) and the completeness tests are all made from that row, so that a
 * command cannot be half declared. A handler asks the modules, writes into cli->out and returns 0 or an ERR_ code; it computes nothing itself. */
#ifndef CLI_CLI_INT_H
#define CLI_CLI_INT_H
#include "base/json.h"
#include "base/text.h"
#include "report/report.h"
#include "sync/sync.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* ---- the command table ---- */
enum option_type {
    OPTION_FLAG,        /* takes no value */
    OPTION_TEXT,
    OPTION_FILE,
    OPTION_DAY,         /* 2026-01-31 or 31/01/2026 */
    OPTION_DAY_OR_NONE, /* the same, or `none` */
    OPTION_YES_NO,
    OPTION_CHOICE,      /* one of the words of its placeholder */
    OPTION_NUMBER,      /* whole, not negative */
    OPTION_RATE,        /* percent with two decimals at most, 0 to 100: rate_bp */
    OPTION_PRICE,       /* euros with four decimals at most: price_e4 */
    OPTION_QUANTITY,    /* three decimals at most: quantity_milli */
    OPTION_CLOCK,       /* HH:MM: minutes after midnight */
};
struct option_spec {
    const char *name;        /* without the dashes; NULL ends a list */
    enum option_type type;
    const char *placeholder; /* "DATE"; for a choice its words, "keep|renumber"; NULL for a flag */
    const char *help;        /* msgid */
    const char *fallback;    /* what holds when it is not given, for the help: a value, or a msgid; NULL = nothing worth saying */
    bool required, repeated;
};
struct argument_spec {
    const char *placeholder; /* NULL ends a list */
    const char *help;        /* msgid */
    bool required, repeated;
};
enum command_rights {
    RIGHTS_NONE,   /* opens nothing */
    RIGHTS_SCHEMA, /* opens the database as it is: neither its version nor its company are looked at */
    RIGHTS_CHECK,  /* the database read-only, as it is, perhaps damaged: session_company opens the company */
    RIGHTS_READ,   /* the database read-only, of this program's version, and the company */
    RIGHTS_WRITE,  /* the database, brought to this program's version, and the company */
};
struct cli;
typedef int command_handler(struct cli *cli, struct err *err);
struct command {
    const char *path;        /* "link add"; NULL ends the table */
    const char *summary;     /* msgid: one line */
    const char *example;     /* a whole command line */
    command_handler *run;
    enum command_rights rights;
    const struct argument_spec *arguments; /* NULL = none */
    const struct option_spec *options;     /* NULL = none but the global ones */
    const char *note;        /* msgid: what else to know; NULL = nothing */
};
extern const struct command command_table[];
extern const struct option_spec global_options[];
/* The command of exactly these words, or NULL. */
const struct command *command_by_path(struct str path);

/* ---- what was typed: args.c ---- */
struct option_value {
    const struct option_spec *spec;
    struct str text;         /* as typed */
    int64_t number;          /* as its type says: day, index of the choice, 1 for yes, rate_bp … */
    bool none;               /* OPTION_DAY_OR_NONE: `none` */
};
struct arguments {
    const struct command *command; /* NULL: no command was named; `topic` then holds what was */
    struct str topic;              /* the words before --help that name a group ("link") or nothing */
    struct option_value *options;  /* in the order typed */
    size_t option_count;
    struct str *words;             /* the arguments of the command */
    size_t word_count;
    bool help, version;
};
/* Reads a whole command line into the arena (argv must outlive it). ERR_USAGE says what is wrong and what was perhaps meant; ret->command is set
 * even then when the command was recognised, so that its usage can be shown. */
int arguments_parse(struct arena *arena, int argc, char *const *argv, struct arguments *ret, struct err *err) MUST_CHECK;
/* By name: the option must be declared by the command or be global (asserted). The last one typed wins; NULL or absent when not given. */
const struct option_value *option_find(const struct arguments *arguments, const char *name);
bool option_given(const struct arguments *arguments, const char *name);
struct str option_text(const struct arguments *arguments, const char *name);
/* False, and *ret untouched, when it was not given. */
bool option_number(const struct arguments *arguments, const char *name, int64_t *ret);
bool option_yes(const struct arguments *arguments, const char *name, bool fallback);
/* Index among the words of the placeholder. */
int option_choice(const struct arguments *arguments, const char *name, int fallback);
/* All values of a repeated option, one after the other: start with NULL, ends with NULL. */
const struct option_value *option_next(const struct arguments *arguments, const char *name, const struct option_value *after);

/* ---- help.c ---- */
/* "liaison link add --name NAME --url URL … [--since DATE]" */
void help_append_usage(struct buf *out, const struct command *command);
void help_append_command(struct buf *out, const struct command *command);
/* All commands, or those of a group ("link"). */
void help_append_overview(struct buf *out, struct str group);
/* The man page, in English, as packaging/liaison.1 holds it. */
void help_append_man(struct buf *out);
/* The word of `known` (NULL-terminated) nearest to `typed` when it is near enough to be a slip of the fingers; NULL otherwise. */
const char *help_nearest(struct str typed, const char *const *known);

/* ---- one command being run: session.c ---- */
struct cli {
    const struct arguments *arguments;
    const struct clock *clock;
    const struct random_source *random;
    struct arena arena;            /* lives as long as the command */
    bool json, quiet;
    bool remains;                  /* exit status 1: done, but anomalies or gaps remain */
    struct buf out;                /* standard output, not yet written */
    bool out_closed;               /* the reader went away: nothing more is written, and that is no fault */
    struct db *db;
    struct company company;
    struct seal_key seal_key;
};
/* Opens what the command's rights ask for. */
int session_open(struct cli *cli, struct err *err) MUST_CHECK;
/* The company that the command is about; ERR_DATA when the database is of another version. session_open does it for all but RIGHTS_CHECK. */
int session_company(struct cli *cli, struct err *err) MUST_CHECK;
void session_close(struct cli *cli);
/* The database named by --db or LIAISON_DB; ERR_USAGE when neither is there. */
int session_database_url(const struct cli *cli, struct str *ret, struct err *err) MUST_CHECK;
/* The key that seals: LIAISON_KEY_FILE, else FILE.key beside a SQLite database, else ~/.config/liaison/key. With `create`, made when absent. The open database gets it too. */
int session_seal_key(struct cli *cli, bool create, struct err *err) MUST_CHECK;
/* The same for who can do without: OK as well when the key cannot be had, and then *why_not says why; else its code is OK. */
int session_seal_key_if_there(struct cli *cli, struct err *why_not, struct err *err) MUST_CHECK;
/* Where that file is, for people. */
int session_key_path(const struct cli *cli, struct str *ret, struct err *err) MUST_CHECK;
/* What a run, a test or a validation stands on; loads the seal key. `context` comes back in the callbacks set by the caller. */
int session_environment(struct cli *cli, struct sync_environment *ret, struct err *err) MUST_CHECK;
/* The link named by an argument, or by --link; texts in cli->arena. */
int session_link(struct cli *cli, struct str name, struct link *ret, struct err *err) MUST_CHECK;
/* The link called `wanted`, or all of them when that is absent, by name and id. */
struct link_name { int64_t id; struct str name; };
int session_links(struct cli *cli, struct str wanted, struct link_name **ret, size_t *ret_count, struct err *err) MUST_CHECK;
/* The first instant of a business day of the company. */
int64_t session_day_start(const struct cli *cli, int64_t day);
/* cmd_user.c: the password of --password-file, or else of the terminal, as it is kept; the caller wipes it. ERR_DATA when it is too short. */
int user_read_password(const struct cli *cli, struct buf *ret_encoded, struct err *err) MUST_CHECK;
int64_t session_now(const struct cli *cli);

/* ---- output.c ---- */
/* A sentence on standard output: `message` (msgid) with its %s arguments, zero-terminated, ended by NULL. Nothing with --json or --quiet. */
void say(struct cli *cli, const char *message, ...) __attribute__((sentinel));
/* The same into any buffer, without the line end and whatever the options. */
void say_to(struct buf *out, const char *message, ...) __attribute__((sentinel));
/* A remark on standard error, now; nothing with --quiet. */
void note(struct cli *cli, const char *message, ...) __attribute__((sentinel));
/* `text` with every line set in by `indent` blanks. */
void append_indented(struct buf *out, struct str text, int indent);
/* Texts for arguments of say: in cli->arena, zero-terminated. */
const char *text_of(struct cli *cli, struct str s);
/* The same as one word of a command that is suggested. */
const char *text_of_word(struct cli *cli, struct str s);
const char *text_of_int(struct cli *cli, int64_t value);
const char *text_of_cents(struct cli *cli, int64_t cents);
const char *text_of_day(struct cli *cli, int64_t day);
const char *text_of_rate(struct cli *cli, int64_t rate_bp);
const char *text_of_milli(struct cli *cli, int64_t milli);
const char *text_of_price(struct cli *cli, int64_t price_e4);
/* Writes cli->out. ERR_DATA when it cannot be written (a full disk); a closed pipe only sets out_closed. */
int output_flush(struct cli *cli, struct err *err) MUST_CHECK;
/* For loops over many rows: writes when enough has gathered; ERR_CANCELLED when nobody reads any more, or the person interrupted. */
int output_spill(struct cli *cli, struct err *err) MUST_CHECK;
/* Columns of the terminal; 0 when standard output is none, and nothing has to fit. */
size_t output_width(void);
/* A table for people, flushed as it grows: headings are msgids. */
int table_open(struct report_table **ret, size_t columns, const char *const *headings, const bool *align_right, struct err *err) MUST_CHECK;
/* `cells` are finished texts, one per column. */
int table_row(struct cli *cli, struct report_table *table, const struct str *cells, struct err *err) MUST_CHECK;
/* Ends and frees; harmless on NULL. `rc` is what the rows ended with and is passed on. */
int table_close(struct cli *cli, struct report_table *table, int rc, struct err *err) MUST_CHECK;

/* A file being written: under another name until it is whole, so that a full disk leaves the earlier one. "-" is standard output. */
struct file_writer { struct cli *cli; const char *path; char *draft; int fd; struct buf buf; };
int file_writer_open(struct file_writer *ret, struct cli *cli, const char *path, struct err *err) MUST_CHECK;
/* A grid_write_fn; context is the writer. */
int file_writer_append(void *context, struct str bytes, struct err *err) MUST_CHECK;
/* With rc OK the file gets its name; otherwise it goes away. Passes rc on. */
int file_writer_close(struct file_writer *writer, int rc, struct err *err) MUST_CHECK;
/* A small file whole, into `ret` (which states its maximum); "-" is standard input. ERR_DATA names it and why. */
int file_read(const char *path, struct buf *ret, struct err *err) MUST_CHECK;

/* ---- progress.c ---- */
struct progress { struct cli *cli; bool shown, active; int64_t drawn_utc; };
/* Draws only on a terminal, at most ten times a second, on standard error. */
void progress_init(struct progress *ret, struct cli *cli);
void progress_draw(struct progress *progress, const char *what, const char *stage, int64_t done, int64_t total);
void progress_end(struct progress *progress);
/* For sync_environment: context is the progress. */
void progress_of_sync(struct progress *progress, const struct sync_progress *state);

/* ---- anomalies on the screen: cmd_anomaly.c ---- */
/* The root causes of a link (0 = all) with their cures; *ret_count of them. JSON lines with --json. */
int anomalies_show(struct cli *cli, int64_t link_id, int64_t *ret_count, struct err *err) MUST_CHECK;
/* docs/anomalies.md */
void anomalies_append_markdown(struct buf *out);

/* ---- the handlers, one file per group ---- */
command_handler cmd_init;
command_handler cmd_link_add, cmd_link_list, cmd_link_show, cmd_link_edit, cmd_link_test, cmd_link_remove;
command_handler cmd_sync;
command_handler cmd_grid_list, cmd_grid_show, cmd_grid_edit, cmd_grid_validate, cmd_grid_purge, cmd_grid_print, cmd_grid_import, cmd_grid_export;
command_handler cmd_article_list, cmd_article_show, cmd_article_set, cmd_article_import, cmd_article_export;
command_handler cmd_document_list, cmd_document_show, cmd_document_validate;
command_handler cmd_list; /* payment, stock, customer, tax, means, family, run */
command_handler cmd_tax_add, cmd_tax_map, cmd_means_add, cmd_means_map;
command_handler cmd_run_show, cmd_proof, cmd_journal_verify, cmd_journal_seal;
command_handler cmd_db_migrate, cmd_db_check, cmd_db_backup;
command_handler cmd_user_add, cmd_company_show, cmd_company_set, cmd_anomaly_list, cmd_serve, cmd_help;

/* The whole program but for `main` itself: the exit status. */
int cli_main(int argc, char *const *argv);
#endif
