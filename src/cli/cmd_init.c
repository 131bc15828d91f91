/* cmd_init.c: liaison init: a database, a company in it, the key that will seal its secrets, and the first administrator of its pages when one is named. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli_int.h"

struct new_company { struct cli *cli; struct str name, siren, timezone, admin, encoded; int64_t now_utc, id; }; /* admin absent: none; encoded: what is kept of the password */

/* The company, its administrator and the seal of its journal are there together, or neither is: one without the other could not be told from a journal that somebody broke. The key
 * file is made between them, so that an init which is refused leaves none behind. */
static int create_company(struct db *db, void *context, struct err *err)
{
    struct new_company *new = context;
    int rc = company_create(db, new->name, new->siren, new->timezone, new->now_utc, &new->id, err);

    if (rc == OK && new->admin.p)
        rc = user_set(db, new->id, new->admin, STR("admin"), new->encoded, new->now_utc, err);
    if (rc == OK)
        rc = session_seal_key(new->cli, true, err);
    return rc == OK ? journal_seal(db, new->id, err) : rc;
}

/* The file of a SQLite database that is not there yet, so that a failed init leaves nothing behind; absent otherwise. */
static struct str file_to_be_made(struct cli *cli, struct str url)
{
    struct stat found;

    if (!str_starts_with(url, STR("sqlite:")))
        return STR_NULL;
    struct str path = arena_copy(&cli->arena, (struct str){url.p + 7, url.n - 7});
    return path.p && lstat(path.p, &found) != 0 ? path : STR_NULL;
}

static void remove_database(struct cli *cli, struct str path)
{
    static const char *const endings[] = {"", "-wal", "-shm"};

    db_close(cli->db);
    cli->db = NULL;
    for (size_t i = 0; i < COUNT_OF(endings); i++) {
        struct str file = arena_format(&cli->arena, "%.*s%s", STR_ARG(path), endings[i]);
        if (file.p)
            unlink(file.p);
    }
}

static void show_result(struct cli *cli, const struct new_company *new, struct str key_path, bool fresh)
{
    if (cli->json) {
        struct json_out json = {.buf = &cli->out};
        json_begin_object(&json);
        json_member_int(&json, "company", new->id);
        json_member_str(&json, "name", new->name);
        json_member_bool(&json, "created_database", fresh);
        json_member_int(&json, "schema_version", db_program_schema_version);
        json_member_str(&json, "key_file", key_path);
        json_member_str(&json, "admin", new->admin);
        json_end_object(&json);
        buf_append_char(&cli->out, '\n');
        return;
    }
    say(cli, fresh ? N_("Database created, with the company %s.") : N_("The company %s was added to the database."), text_of(cli, new->name), NULL);
    if (new->admin.p)
        say(cli, N_("The user %s (%s) may log in."), text_of(cli, new->admin), "admin", NULL);
    say(cli, N_("The key that seals its secrets is %s: keep a copy of it apart from the database."), text_of(cli, key_path), NULL);
    say(cli, N_("\nWhat comes next:\n"
                "1. Put the API key of the till into a file of yours (chmod 600), then:\n"
                "   liaison link add --name Shop --url https://api4.tactill.com --key-file FILE --since 2026-01-01\n"
                "2. liaison link test Shop\n"
                "3. liaison sync Shop --dry-run, then without --dry-run"), NULL);
}

/* The administrator that --admin names, with the password; none is named: nothing. */
static int read_administrator(const struct cli *cli, struct new_company *new, struct buf *encoded, struct err *err)
{
    struct str name = option_text(cli->arguments, "admin");
    int rc;

    if (!name.p)
        return option_text(cli->arguments, "password-file").p ? err_set(err, ERR_USAGE, N_("the password is nobody's: name the administrator with --admin NAME")) : OK;
    rc = user_read_password(cli, encoded, err);
    new->admin = str_trim(name);
    new->encoded = buf_str(encoded);
    return rc;
}

/* All of it, or nothing is left behind. *ret_fresh: the database was made now. */
static int create(struct cli *cli, struct new_company *new, bool *ret_fresh, struct err *err)
{
    struct str url;
    int from = 0;
    int rc = session_database_url(cli, &url, err);

    if (rc != OK)
        return rc;
    struct str made = file_to_be_made(cli, url);
    rc = db_open(&cli->db, url, &(struct db_options){.create = true}, err);
    if (rc == OK)
        rc = db_migrate(cli->db, &from, NULL, err);
    if (rc == OK)
        rc = db_transact(cli->db, create_company, new, err);
    if (rc != OK && made.p)
        remove_database(cli, made);
    *ret_fresh = from == 0;
    return rc;
}

int cmd_init(struct cli *cli, struct err *err)
{
    const struct arguments *arguments = cli->arguments;
    struct new_company new = {.cli = cli, .name = str_trim(option_text(arguments, "company")), .siren = option_text(arguments, "siren"),
                              .timezone = option_text(arguments, "timezone"), .now_utc = session_now(cli)};
    struct buf encoded = {0};
    struct str key_path = STR_NULL;
    bool fresh = false;

    if (!new.timezone.p)
        new.timezone = STR("Europe/Paris");
    int rc = read_administrator(cli, &new, &encoded, err);
    if (rc == OK)
        rc = create(cli, &new, &fresh, err);
    secret_wipe(&encoded);
    if (rc == OK)
        rc = session_key_path(cli, &key_path, err);
    if (rc == OK)
        show_result(cli, &new, key_path, fresh);
    return rc;
}
