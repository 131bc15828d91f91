/* session.c: what a command stands on: the database, the company, the key that seals, and the links, opened by what the command's row asks for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli_int.h"

int64_t session_now(const struct cli *cli)
{
    return cli->clock->now_utc(cli->clock->context);
}

int64_t session_day_start(const struct cli *cli, int64_t day)
{
    return zone_day_start(cli->company.zone, (int32_t)day, cli->company.cutoff_minutes);
}

/* ---- database and company ---- */

int session_database_url(const struct cli *cli, struct str *ret, struct err *err)
{
    struct str url = option_text(cli->arguments, "db");

    if (!url.p)
        url = str_from(getenv("LIAISON_DB"));
    if (!url.n)
        return err_set(err, ERR_USAGE, N_("which database? Give --db sqlite:FILE (or postgresql://…), or set LIAISON_DB"));
    *ret = url;
    return OK;
}

/* A command that only reads changes nothing, not even the version. */
static int check_version(struct db *db, struct err *err)
{
    int version = 0;
    int rc = db_schema_version(db, &version, err);

    if (rc != OK || version == db_program_schema_version)
        return rc;
    if (version == 0)
        return err_set(err, ERR_DATA, N_("the database is empty: create a company in it with liaison init --company NAME"));
    if (version < db_program_schema_version)
        return err_set(err, ERR_DATA, N_("the database is of version %s, this program of version %s: bring it forward with liaison db migrate"), ERR_INT(version),
                       ERR_INT(db_program_schema_version));
    return err_set(err, ERR_DATA, N_("the database is of version %s, newer than this program (%s): install a newer Liaison"), ERR_INT(version),
                   ERR_INT(db_program_schema_version));
}

int session_company(struct cli *cli, struct err *err)
{
    int rc = check_version(cli->db, err);

    return rc == OK ? company_open(cli->db, &cli->arena, option_text(cli->arguments, "company"), &cli->company, err) : rc;
}

int session_open(struct cli *cli, struct err *err)
{
    enum command_rights rights = cli->arguments->command->rights;
    struct db_options options = {.read_only = rights == RIGHTS_READ || rights == RIGHTS_CHECK};
    struct str url;

    if (rights == RIGHTS_NONE)
        return OK;
    int rc = session_database_url(cli, &url, err);
    if (rc == OK)
        rc = db_open(&cli->db, url, &options, err);
    if (rc != OK || rights == RIGHTS_SCHEMA || rights == RIGHTS_CHECK)
        return rc;
    rc = rights == RIGHTS_WRITE ? db_migrate(cli->db, NULL, NULL, err) : OK;
    return rc == OK ? session_company(cli, err) : rc;
}

void session_close(struct cli *cli)
{
    company_release(&cli->company);
    db_close(cli->db);
    cli->db = NULL;
    explicit_bzero(&cli->seal_key, sizeof cli->seal_key);
}

/* ---- the key that seals ---- */

int session_key_path(const struct cli *cli, struct str *ret, struct err *err)
{
    struct str named = str_from(getenv("LIAISON_KEY_FILE")), url, config = str_from(getenv("XDG_CONFIG_HOME")), home = str_from(getenv("HOME"));
    struct arena *arena = &((struct cli *)cli)->arena;
    int rc = session_database_url(cli, &url, err);

    if (rc != OK)
        return rc;
    if (named.n)
        *ret = arena_copy(arena, named);
    else if (str_starts_with(url, STR("sqlite:")))
        *ret = arena_format(arena, "%.*s.key", STR_ARG(((struct str){url.p + 7, url.n - 7})));
    else if (config.n)
        *ret = arena_format(arena, "%.*s/liaison/key", STR_ARG(config));
    else if (home.n)
        *ret = arena_format(arena, "%.*s/.config/liaison/key", STR_ARG(home));
    else
        return err_set(err, ERR_DATA, N_("there is no home folder to keep the key file in: name one with LIAISON_KEY_FILE"));
    return ret->p ? OK : err_memory(err);
}

/* The folders above the key file, for its owner alone; one that exists stays as it is. */
static int make_folders(char *path, struct err *err)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int failed = mkdir(path, 0700) != 0 && errno != EEXIST;
        if (failed)
            return err_set(err, ERR_DATA, N_("the folder %s cannot be made: %s; name another key file with LIAISON_KEY_FILE"), path, text_of_errno(errno));
        *slash = '/';
    }
    return OK;
}

int session_seal_key(struct cli *cli, bool create, struct err *err)
{
    struct str path, folders;
    int rc = session_key_path(cli, &path, err);

    if (rc == OK && create) {
        folders = arena_copy(&cli->arena, path);
        rc = folders.p ? make_folders((char *)folders.p, err) : err_memory(err);
    }
    if (rc == OK)
        rc = seal_key_load(path.p, create, &cli->seal_key, err);
    if (rc == OK && cli->db)
        db_set_seal_key(cli->db, &cli->seal_key);
    return rc;
}

int session_seal_key_if_there(struct cli *cli, struct err *why_not, struct err *err)
{
    int rc = session_seal_key(cli, false, why_not);

    return rc != OK && err_is_memory(why_not) ? err_memory(err) : OK;
}

/* ---- runs and links ---- */

static int make_transport(void *context, struct http_transport *ret, struct err *err)
{
    (void)context;
    return http_curl_transport(ret, &(struct http_limits){.allow_private = str_equal(str_from(getenv("LIAISON_PRIVATE_TILLS")), STR("yes"))}, err);
}

int session_environment(struct cli *cli, struct sync_environment *ret, struct err *err)
{
    int rc = session_seal_key(cli, false, err);

    if (rc == OK)
        *ret = (struct sync_environment){.db = cli->db, .company = &cli->company, .seal_key = &cli->seal_key, .clock = cli->clock, .random = cli->random,
                                         .transport = make_transport};
    return rc;
}

int session_link(struct cli *cli, struct str name, struct link *ret, struct err *err)
{
    return link_open(cli->db, cli->company.id, &cli->arena, name, ret, err);
}

enum { LINKS_MAX = 1000 }; /* a company with more tills than that is not ours */
struct gathered { struct cli *cli; struct link_name *links; size_t count; };

static int gather_link(void *context, const struct link *link, struct err *err)
{
    struct gathered *all = context;
    struct str name = arena_copy(&all->cli->arena, link->options.name);

    if (!name.p)
        return err_memory(err);
    if (all->count == LINKS_MAX)
        return err_set(err, ERR_DATA, N_("this company has more than %s links: name one with --link"), ERR_INT(LINKS_MAX));
    all->links[all->count++] = (struct link_name){link->id, name};
    return OK;
}

int session_links(struct cli *cli, struct str wanted, struct link_name **ret, size_t *ret_count, struct err *err)
{
    struct gathered all = {.cli = cli, .links = arena_array(&cli->arena, LINKS_MAX, sizeof(struct link_name))};
    struct link link;

    if (!all.links)
        return err_memory(err);
    int rc = wanted.p ? session_link(cli, wanted, &link, err) : link_each(cli->db, cli->company.id, gather_link, &all, err);
    if (rc == OK && wanted.p)
        rc = gather_link(&all, &link, err);
    if (rc == OK) {
        *ret = all.links;
        *ret_count = all.count;
    }
    return rc;
}
