/* postgresql.c: the server engine behind db_int.h; the only file that includes libpq-fe.h.
 *
 * Values travel as text, bytes as they are; results come as text. Write transactions are SERIALIZABLE, so the same code is right on both
 * engines: what SQLite gets from its single writer, PostgreSQL gets by refusing one of two transactions (40001), which then runs again.
 * No address is ever shown as it was given: it may hold a password. */
#include "db/db_int.h"

#include "base/hash.h"
#include "base/mem.h"

#include <errno.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum {
    NAME_SIZE = 24,
    INTEGER_SIZE = 24,              /* "-9223372036854775808" and its zero */
    PARAMETERS_MAX = 65535,         /* the protocol's own limit */
    OID_BOOL = 16, OID_BYTEA = 17, OID_NUMERIC = 1700, /* fixed numbers of pg_type.dat */
};

struct postgresql {
    PGconn *conn;
    unsigned statement_number;
    int64_t rows_written, rows_to_analyze; /* when so many have been written, the server is asked to look at the tables again */
    /* Parameters of the statement that is being sent; kept, so that a call allocates nothing. */
    size_t room;
    const char **values;
    int *lengths, *formats;
    struct buf texts;
};

struct postgresql_statement {
    struct db_statement base;
    char name[NAME_SIZE];
    PGresult *result;    /* while rows are being read */
    int row;             /* -1 before the first */
    bool needs_decoding; /* a column is bytes or numeric */
    struct str *decoded; /* the bytes columns of the current row, by column; in the arena */
    struct arena arena;
};

static struct postgresql_statement *of(struct db_statement *statement)
{
    return (struct postgresql_statement *)statement;
}

static PGconn *conn_of(const struct db *db)
{
    return ((struct postgresql *)db->handle)->conn;
}

/* ---- errors ---- */

/* libpq's texts end in a newline and have several lines: the first says what happened. */
static const char *first_line(const char *text, char scratch[ERR_ARG_SIZE])
{
    struct str head, rest;
    str_cut(str_from(text), '\n', &head, &rest);
    return err_str(head, scratch);
}
#define FIRST_LINE(text) first_line((text), (char[ERR_ARG_SIZE]){0})

static int set_connection_lost(const struct db *db, struct err *err)
{
    return err_set(err, ERR_DATA,
        N_("the connection to the database %s was lost: check that the server runs, then try again; what was finished before is kept"),
        db->label);
}

/* The meaning of an SQLSTATE; the list is PostgreSQL's appendix A. */
static int set_state_error(struct db *db, const char *state, const char *why, const char *sql, struct err *err)
{
    if (strcmp(state, "40001") == 0 || strcmp(state, "40P01") == 0)
        return db_set_retry(db, err);
    if (strcmp(state, "55P03") == 0)
        return db_set_locked(db, err);
    if (strcmp(state, "53100") == 0)
        return err_set(err, ERR_DATA,
            N_("no room left for the database %s: nothing of this step was written; free space on the disk, then try again"), db->label);
    if (strcmp(state, "25006") == 0 || strcmp(state, "42501") == 0)
        return err_set(err, ERR_DATA,
            N_("the database %s cannot be written (%s): it was opened for reading only, or its user lacks the right"), db->label, why);
    /* 08P01 is a wrong number of parameters: a fault of ours, not of the line. */
    if (strncmp(state, "57P", 3) == 0 || (strncmp(state, "08", 2) == 0 && strcmp(state, "08P01") != 0))
        return set_connection_lost(db, err);
    if (strncmp(state, "XX00", 4) == 0 && state[4] != '0')
        return err_set(err, ERR_DATA,
            N_("the database %s is damaged (%s): stop using it, keep a copy, and go back to the last backup"), db->label, why);
    if (strncmp(state, "53", 2) == 0 || strcmp(state, "57014") == 0)
        return err_set(err, ERR_DATA, N_("the server of the database %s gave up (%s): try again later, or ask who runs it"), db->label, why);
    /* Values out of range, constraints, and what a trigger of ours raises. */
    if (strncmp(state, "22", 2) == 0 || strncmp(state, "23", 2) == 0 || strcmp(state, "P0001") == 0)
        return db_set_refused(db, why, err);
    return db_set_bad_statement(sql, why, err);
}

/* Fills err from a failed result; NULL stands for a result that libpq could not make. */
static int set_result_error(struct db *db, const PGresult *result, const char *sql, struct err *err)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *why = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    db->unique_violation = state && strcmp(state, "23505") == 0;
    if (PQstatus(conn_of(db)) != CONNECTION_OK) {
        db->transaction_lost = db->depth > 0;
        return set_connection_lost(db, err);
    }
    if (!result)
        return err_memory(err);
    if (!state)
        return db_set_bad_statement(sql, FIRST_LINE(PQresultErrorMessage(result)), err);
    return set_state_error(db, state, why ? why : state, sql, err);
}

static void ignore_notice(void *context, const PGresult *result)
{
    (void)context;
    (void)result;
}

/* ---- opening ---- */

/* libpq splits an address at characters that a careless password holds; pieces of it would then be taken for a host and shown. */
static bool is_clear_address(struct str url)
{
    struct str scheme, authority, path;
    str_cut(url, '/', &scheme, &path);
    path = (struct str){path.p + 1, path.n - 1}; /* the second slash: db_open has looked */
    bool has_path = str_cut(path, '/', &authority, &path);
    struct str user, host;
    if (str_cut(authority, '@', &user, &host) && host.n > 0 && memchr(host.p, '@', host.n))
        return false;
    return !has_path || path.n == 0 || !memchr(path.p, '@', path.n);
}

static const char *option_value(const PQconninfoOption *options, const char *keyword)
{
    for (; options->keyword; options++)
        if (strcmp(options->keyword, keyword) == 0)
            return options->val && options->val[0] ? options->val : NULL;
    return NULL;
}

/* "postgresql://user@host:port/name": what a person needs to recognise it, and no secret. NULL when memory is exhausted. */
static char *label_new(const PQconninfoOption *options)
{
    const char *user = option_value(options, "user");
    const char *host = option_value(options, "host");
    const char *port = option_value(options, "port");
    const char *name = option_value(options, "dbname");
    struct buf label = {0};
    buf_append_z(&label, "postgresql://");
    if (user)
        buf_printf(&label, "%s@", user);
    buf_append_z(&label, host ? host : "");
    if (port)
        buf_printf(&label, ":%s", port);
    buf_printf(&label, "/%s", name ? name : "");
    if (!buf_failed(&label))
        return label.p;
    buf_release(&label);
    return NULL;
}

static int set_connect_error(const struct db *db, PGconn *conn, const PQconninfoOption *options, struct err *err)
{
    const char *why = PQerrorMessage(conn);
    const char *password = option_value(options, "password");
    if (PQconnectionNeedsPassword(conn))
        return err_set(err, ERR_DATA,
            N_("the database %s asks for a password: put it in the address, in PGPASSWORD or in the file ~/.pgpass"), db->label);
    if (strstr(why, "password authentication failed"))
        return err_set(err, ERR_DATA, N_("the database %s refuses the password or the user: correct the address of the database"), db->label);
    if (password && strstr(why, password))
        why = "?";
    return err_set(err, ERR_DATA,
        N_("the database %s cannot be reached (%s): check the address, that the server runs, and that the database exists"), db->label,
        FIRST_LINE(why));
}

/* Connects with the given options; ours fill what they leave open. */
static int connect_with(struct db *db, const PQconninfoOption *options, struct err *err)
{
    enum { OURS = 4, OPTIONS_MAX = 80 };
    /* Who wants Kerberos says so, here or in the environment; else its library need not look for tickets at each start (and fall over when memory is short). */
    const char *keywords[OPTIONS_MAX + OURS + 1] = {"connect_timeout", "application_name", "client_encoding", "gssencmode"};
    const char *values[OPTIONS_MAX + OURS + 1] = {"10", "liaison", "UTF8", getenv("PGGSSENCMODE") ? NULL : "disable"};
    int count = OURS;
    for (const PQconninfoOption *option = options; option->keyword && count < OPTIONS_MAX + OURS; option++) {
        /* A later value wins, and the encoding is not theirs to choose. */
        if (!option->val || strcmp(option->keyword, "client_encoding") == 0)
            continue;
        keywords[count] = option->keyword;
        values[count++] = option->val;
    }
    struct postgresql *postgresql = db->handle;
    errno = 0;
    postgresql->conn = PQconnectdbParams(keywords, values, 0);
    if (!postgresql->conn || (PQstatus(postgresql->conn) != CONNECTION_OK && errno == ENOMEM)) /* libpq has only a sentence for it */
        return err_memory(err);
    if (PQstatus(postgresql->conn) != CONNECTION_OK)
        return set_connect_error(db, postgresql->conn, options, err);
    PQsetNoticeReceiver(postgresql->conn, ignore_notice, NULL);
    return OK;
}

static int postgresql_script(struct db *db, const char *sql, struct err *err);

static int configure(struct db *db, struct err *err)
{
    const char *encoding = PQparameterStatus(conn_of(db), "server_encoding");
    if (!encoding) /* every server tells it; libpq drops what it has no memory for */
        return err_memory(err);
    if (strcmp(encoding, "UTF8") != 0)
        return err_set(err, ERR_DATA, N_("the database %s does not keep its texts in UTF-8 but in %s: make it anew with ENCODING 'UTF8'"),
            db->label, encoding);
    BUF_AUTO settings = {0};
    buf_append_z(&settings,
        "SET standard_conforming_strings = on; SET client_min_messages = warning; SET bytea_output = 'hex';");
    buf_printf(&settings, "SET lock_timeout = %d;", db->busy_timeout_ms);
    if (db->read_only)
        buf_append_z(&settings, "SET default_transaction_read_only = on;");
    if (buf_failed(&settings))
        return err_memory(err);
    return postgresql_script(db, settings.p, err);
}

static int postgresql_open(struct db *db, struct str url, const struct db_options *db_options, struct err *err)
{
    (void)db_options; /* a database on a server is made by whoever runs it */
    if (!is_clear_address(url))
        return err_set(err, ERR_USAGE,
            N_("the address of the database holds a bare @ or / in its user or password: write %%40 for @ and %%2F for /"));
    struct buf address = {0};
    PQconninfoOption *options = NULL;
    struct postgresql *postgresql = mem_alloc_zero(1, sizeof *postgresql);
    int r;
    db->handle = postgresql;
    buf_append(&address, url);
    if (!postgresql || buf_failed(&address)) {
        r = err_memory(err);
        goto out;
    }
    /* libpq's own text about a wrong address repeats the address: it is not asked for. */
    errno = 0;
    options = PQconninfoParse(address.p, NULL);
    if (!options) {
        r = errno == ENOMEM ? err_memory(err) : err_set(err, ERR_USAGE,
            N_("the address of the database is not understood: write postgresql://USER:PASSWORD@HOST:PORT/DATABASE, special characters as %%XX"));
        goto out;
    }
    db->label = label_new(options);
    if (!db->label) {
        r = err_memory(err);
        goto out;
    }
    r = connect_with(db, options, err);
    if (r >= 0)
        r = configure(db, err);
out:
    PQconninfoFree(options);
    secret_wipe(&address);
    return r;
}

static void postgresql_close(struct db *db)
{
    struct postgresql *postgresql = db->handle;
    if (!postgresql)
        return;
    PQfinish(postgresql->conn);
    mem_free(postgresql->values);
    mem_free(postgresql->lengths);
    mem_free(postgresql->formats);
    buf_release(&postgresql->texts);
    mem_free(postgresql);
}

/* ---- parameters ---- */

static int parameters_grow(struct postgresql *postgresql, size_t count, struct err *err)
{
    if (count <= postgresql->room)
        return OK;
    const char **values = mem_resize(postgresql->values, count * sizeof *values);
    if (!values)
        return err_memory(err);
    postgresql->values = values;
    int *lengths = mem_resize(postgresql->lengths, count * sizeof *lengths);
    if (!lengths)
        return err_memory(err);
    postgresql->lengths = lengths;
    int *formats = mem_resize(postgresql->formats, count * sizeof *formats);
    if (!formats)
        return err_memory(err);
    postgresql->formats = formats;
    postgresql->room = count;
    return OK;
}

/* Room for all texts at once, so that none moves while pointers to it are taken. */
static int reserve_texts(struct postgresql *postgresql, const struct db_value *args, size_t count, struct err *err)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += args[i].type == DB_TEXT ? args[i].s.n + 1 : INTEGER_SIZE;
    buf_reset(&postgresql->texts);
    return buf_reserve(&postgresql->texts, size) ? OK : err_memory(err);
}

static const char *put_text(struct buf *texts, struct str text)
{
    const char *start = texts->p + texts->n;
    buf_append(texts, text);
    buf_append_char(texts, '\0');
    return start;
}

static const char *put_int(struct buf *texts, int64_t value)
{
    char digits[INTEGER_SIZE];
    int n = snprintf(digits, sizeof digits, "%" PRId64, value);
    return put_text(texts, (struct str){digits, (size_t)n});
}

static int bind_all(struct db *db, const char *sql, const struct db_value *args, size_t count, struct err *err)
{
    struct postgresql *postgresql = db->handle;
    if (count > PARAMETERS_MAX)
        return db_set_bad_statement(sql, "too many values", err);
    int r = parameters_grow(postgresql, count, err);
    if (r >= 0)
        r = reserve_texts(postgresql, args, count, err);
    for (size_t i = 0; r >= 0 && i < count; i++) {
        postgresql->formats[i] = args[i].type == DB_BYTES;
        postgresql->lengths[i] = 0;
        postgresql->values[i] = NULL;
        if (args[i].type == DB_INTEGER) {
            postgresql->values[i] = put_int(&postgresql->texts, args[i].i);
        } else if (args[i].type == DB_TEXT) {
            r = db_check_text(args[i].s, err);
            postgresql->values[i] = put_text(&postgresql->texts, args[i].s);
        } else if (args[i].type == DB_BYTES) {
            if (args[i].s.n > INT_MAX)
                return db_set_refused(db, "more than 2 GiB", err);
            postgresql->values[i] = args[i].s.p;
            postgresql->lengths[i] = (int)args[i].s.n;
        }
    }
    return r;
}

/* ---- statements ---- */

static int prepare(struct db *db, const char *name, const char *sql, struct db_statement **ret, struct err *err)
{
    struct postgresql *postgresql = db->handle;
    struct postgresql_statement *statement = mem_alloc_zero(1, sizeof *statement);
    if (!statement)
        return err_memory(err);
    snprintf(statement->name, sizeof statement->name, "%s", name);
    PGresult *result = PQprepare(postgresql->conn, statement->name, sql, 0, NULL);
    int r = OK;
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        r = set_result_error(db, result, sql, err);
    PQclear(result);
    if (r < 0) {
        mem_free(statement);
        return r;
    }
    *ret = &statement->base;
    return OK;
}

static int postgresql_prepare(struct db *db, const char *sql, struct db_statement **ret, struct err *err)
{
    struct postgresql *postgresql = db->handle;
    char name[NAME_SIZE];

    snprintf(name, sizeof name, "liaison_%u", ++postgresql->statement_number);
    return prepare(db, name, sql, ret, err);
}

/* The statement without a name: the next one takes its place. Its rows have all come by then. */
static int postgresql_prepare_once(struct db *db, const char *sql, struct db_statement **ret, struct err *err)
{
    return prepare(db, "", sql, ret, err);
}

/* The server keeps the statement until the connection ends: the name is never used again, and a call for each would slow the end down. */
static void postgresql_finalize(struct db_statement *base)
{
    arena_release(&of(base)->arena);
    mem_free(base);
}

static int run(struct db_statement *base, const struct db_value *args, size_t count, PGresult **ret, struct err *err)
{
    int r = bind_all(base->db, base->sql, args, count, err);
    if (r < 0)
        return r;
    const struct postgresql *postgresql = base->db->handle;
    PGresult *result = PQexecPrepared(postgresql->conn, of(base)->name, (int)count, postgresql->values, postgresql->lengths,
        postgresql->formats, 0);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        r = set_result_error(base->db, result, base->sql, err);
        PQclear(result);
        return r;
    }
    *ret = result;
    return OK;
}

static int postgresql_exec(struct db_statement *base, const struct db_value *args, size_t count, int64_t *ret_rows, struct err *err)
{
    PGresult *result = NULL;
    int r = run(base, args, count, &result, err);
    if (r < 0)
        return r;
    /* A query that only reads counts as touching nothing, as in SQLite. */
    bool reads = strncmp(PQcmdStatus(result), "SELECT", 6) == 0;
    int64_t rows = reads ? 0 : strtoll(PQcmdTuples(result), NULL, 10);
    ((struct postgresql *)base->db->handle)->rows_written += rows;
    if (ret_rows)
        *ret_rows = rows;
    PQclear(result);
    return OK;
}

static int postgresql_query(struct db_statement *base, const struct db_value *args, size_t count, struct err *err)
{
    struct postgresql_statement *statement = of(base);
    int r = run(base, args, count, &statement->result, err);
    if (r < 0)
        return r;
    statement->row = -1;
    statement->needs_decoding = false;
    for (int i = 0; i < PQnfields(statement->result); i++)
        if (PQftype(statement->result, i) == OID_BYTEA || PQftype(statement->result, i) == OID_NUMERIC)
            statement->needs_decoding = true;
    return OK;
}

static struct str cell_of(const struct postgresql_statement *statement, int column)
{
    if (PQgetisnull(statement->result, statement->row, column))
        return STR_NULL;
    return (struct str){PQgetvalue(statement->result, statement->row, column),
        (size_t)PQgetlength(statement->result, statement->row, column)};
}

/* "\x00ff" to its two bytes, in the statement's arena. */
static int decode_bytes(struct postgresql_statement *statement, struct str hex, struct str *ret, struct err *err)
{
    size_t n = hex.n >= 2 ? (hex.n - 2) / 2 : 0;
    unsigned char *bytes = arena_alloc(&statement->arena, n + 1);
    if (!bytes)
        return err_memory(err);
    if (!str_starts_with(hex, STR("\\x")) || !hex_parse((struct str){hex.p + 2, hex.n - 2}, bytes, n))
        return db_set_bad_statement(statement->base.sql, "bytes are not in hex", err);
    *ret = (struct str){(const char *)bytes, n};
    return OK;
}

/* A sum is `numeric` here: it must be a whole number of 64 bits, as SQLite asks for. */
static int check_numeric(const struct postgresql_statement *statement, struct str digits, struct err *err)
{
    struct str magnitude = digits;
    if (str_starts_with(digits, STR("-")))
        magnitude = (struct str){digits.p + 1, digits.n - 1};
    int64_t value;
    if (str_parse_u63(magnitude, &value) || str_equal(digits, STR("-9223372036854775808")))
        return OK;
    return db_set_refused(statement->base.db, "integer overflow", err);
}

static int decode_row(struct postgresql_statement *statement, struct err *err)
{
    int count = PQnfields(statement->result);
    arena_reset(&statement->arena);
    statement->decoded = arena_array(&statement->arena, (size_t)count, sizeof *statement->decoded);
    if (!statement->decoded)
        return err_memory(err);
    for (int i = 0; i < count; i++) {
        struct str cell = cell_of(statement, i);
        int r = OK;
        if (cell.p && PQftype(statement->result, i) == OID_BYTEA)
            r = decode_bytes(statement, cell, &statement->decoded[i], err);
        else if (cell.p && PQftype(statement->result, i) == OID_NUMERIC)
            r = check_numeric(statement, cell, err);
        if (r < 0)
            return r;
    }
    return OK;
}

static int postgresql_next(struct db_statement *base, struct err *err)
{
    struct postgresql_statement *statement = of(base);
    if (statement->row + 1 >= PQntuples(statement->result))
        return 0;
    statement->row++;
    int r = statement->needs_decoding ? decode_row(statement, err) : OK;
    return r < 0 ? r : 1;
}

static bool postgresql_column_is_null(struct db_statement *base, int column)
{
    return !cell_of(of(base), column).p;
}

static int64_t postgresql_column_int(struct db_statement *base, int column)
{
    struct str cell = cell_of(of(base), column);
    if (!cell.p)
        return 0;
    if (PQftype(of(base)->result, column) == OID_BOOL)
        return cell.p[0] == 't';
    return strtoll(cell.p, NULL, 10);
}

static struct str postgresql_column_bytes(struct db_statement *base, int column)
{
    struct postgresql_statement *statement = of(base);
    if (PQftype(statement->result, column) == OID_BYTEA)
        return statement->decoded[column];
    return cell_of(statement, column);
}

static void postgresql_end(struct db_statement *base)
{
    struct postgresql_statement *statement = of(base);
    PQclear(statement->result);
    statement->result = NULL;
    statement->decoded = NULL;
    arena_reset(&statement->arena);
}

/* ---- transactions and scripts ---- */

static int postgresql_script(struct db *db, const char *sql, struct err *err)
{
    PGresult *result = PQexec(conn_of(db), sql);
    ExecStatusType status = PQresultStatus(result);
    int r = OK;
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY)
        r = set_result_error(db, result, sql, err);
    PQclear(result);
    return r;
}

/* The planner knows a table by its statistics, and a table that has just been filled has none: of two indexes with a common head it may take the wrong one and
 * read thousands of rows for one. So the statistics are made anew each time the rows written by this connection have doubled. Failing is harmless: it is slow then. */
static void refresh_statistics(struct postgresql *postgresql)
{
    enum { FIRST_REFRESH = 1000 };
    if (!postgresql->rows_to_analyze)
        postgresql->rows_to_analyze = FIRST_REFRESH;
    if (postgresql->rows_written < postgresql->rows_to_analyze)
        return;
    postgresql->rows_to_analyze = 2 * postgresql->rows_written;
    PQclear(PQexec(postgresql->conn, "ANALYZE"));
}

static int postgresql_commit(struct db *db, struct err *err)
{
    PGresult *result = PQexec(conn_of(db), "COMMIT");
    int r = OK;
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        r = set_result_error(db, result, "COMMIT", err);
    /* After a failed statement that its author passed over, the server answers a commit with a rollback and calls it a success. */
    else if (strcmp(PQcmdStatus(result), "ROLLBACK") == 0)
        r = db_set_bad_statement("COMMIT", "an earlier statement of the transaction failed", err);
    PQclear(result);
    if (r == OK)
        refresh_statistics(db->handle);
    return r;
}

static bool is_open(const struct db *db)
{
    PGTransactionStatusType status = PQtransactionStatus(conn_of(db));
    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

static bool postgresql_rollback(struct db *db)
{
    if (is_open(db))
        PQclear(PQexec(conn_of(db), "ROLLBACK"));
    return !is_open(db);
}

/* ---- check and backup ---- */

/* PostgreSQL checks pages as it reads them; what it knows to be wrong stands in its catalogue. */
static int postgresql_check(struct db *db, db_finding_fn *on_finding, void *context, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    int r = db_query(db, &rows,
        "SELECT 'index ' || c.relname || ' is not valid' FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
        " WHERE NOT i.indisvalid AND c.relnamespace = to_regnamespace(current_schema())"
        " UNION ALL SELECT 'constraint ' || conname || ' is not checked' FROM pg_constraint"
        " WHERE NOT convalidated AND connamespace = to_regnamespace(current_schema())"
        " UNION ALL SELECT checksum_failures || ' damaged pages were found' FROM pg_stat_database"
        " WHERE datname = current_database() AND checksum_failures > 0 ORDER BY 1", err);
    while (r >= 0 && (r = db_next(&rows, err)) > 0)
        on_finding(context, db_text(&rows, 0));
    return r;
}

static int postgresql_backup(struct db *db, const char *path, struct err *err)
{
    (void)path;
    return err_set(err, ERR_USAGE, N_("the database %s is on a PostgreSQL server: make its backup with pg_dump"), db->label);
}

const struct db_backend db_postgresql_backend = {
    .engine = DB_POSTGRESQL,
    .begin_write = "BEGIN ISOLATION LEVEL SERIALIZABLE",
    /* Nothing of it is kept, so it need not fit into an order with others: fewer reasons to fail. */
    .begin_rehearsal = "BEGIN ISOLATION LEVEL REPEATABLE READ",
    .count_tables = "SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace(current_schema()) AND relkind IN ('r', 'p')",
    .count_version_tables = "SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace(current_schema())"
                            " AND relkind = 'r' AND relname = 'schema_version'",
    .lock_versions = "LOCK TABLE schema_version IN ACCESS EXCLUSIVE MODE",
    .open = postgresql_open,
    .close = postgresql_close,
    .prepare = postgresql_prepare,
    .prepare_once = postgresql_prepare_once,
    .finalize = postgresql_finalize,
    .exec = postgresql_exec,
    .query = postgresql_query,
    .next = postgresql_next,
    .column_is_null = postgresql_column_is_null,
    .column_int = postgresql_column_int,
    .column_text = postgresql_column_bytes,
    .column_bytes = postgresql_column_bytes,
    .end = postgresql_end,
    .command = postgresql_script,
    .commit = postgresql_commit,
    .rollback = postgresql_rollback,
    .script = postgresql_script,
    .check = postgresql_check,
    .backup = postgresql_backup,
};
