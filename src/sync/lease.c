/* lease.c: one run at a time per link. The lease is a row with an expiry, so it needs nothing of the engine and outlives no one for more than a minute; an owner
 * that died on this very machine is recognised at once. Private to sync. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "sync/sync_int.h"

/* ---- who owns ---- */

/* The beginning of a small file of the kernel, zero-terminated; false when it is not there. */
static bool read_small(const char *path, char *ret, size_t room)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, ret, room - 1);
    close(fd);
    ret[n > 0 ? n : 0] = '\0';
    return n > 0;
}

/* When a process began, in the kernel's ticks: with its number, an identity that is not given twice while the machine runs. False when there is no such
 * process, or only its remains. */
static bool process_start(const char *pid, int64_t *ret)
{
    enum { FIELD_STATE = 3, FIELD_START = 22 };
    char path[64], stat[1024];
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    if (!read_small(path, stat, sizeof stat))
        return false;
    /* The name in brackets, field 2, may hold blanks and brackets itself. */
    const char *end = strrchr(stat, ')');
    if (!end || end[1] != ' ')
        return false;
    struct str rest = str_from(end + 2), field;
    for (int place = FIELD_STATE; str_cut(rest, ' ', &field, &rest); place++) {
        if (place == FIELD_STATE && (str_equal(field, STR("Z")) || str_equal(field, STR("X"))))
            return false;
        if (place == FIELD_START)
            return str_parse_u63(field, ret);
    }
    return false;
}

/* Who we are does not change while we live, and the kernel takes its time to tell. */
struct identity {
    pid_t pid;                      /* 0: not asked yet; a child of ours is another one */
    int64_t start;                  /* 0: not known */
    char machine[LEASE_OWNER_SIZE]; /* "host:boot:": processes of two owners that share it can be compared */
};

static const struct identity *identity_of_this_process(void)
{
    static _Thread_local struct identity identity;
    char host[64] = "", boot[64] = "";
    if (identity.pid == getpid())
        return &identity;
    identity.pid = getpid();
    if (gethostname(host, sizeof host - 1) != 0 || !read_small("/proc/sys/kernel/random/boot_id", boot, sizeof boot))
        boot[0] = '\0';
    boot[strcspn(boot, "\n")] = '\0';
    snprintf(identity.machine, sizeof identity.machine, "%s:%s:", host, boot);
    if (!process_start("self", &identity.start))
        identity.start = 0;
    return &identity;
}

/* A word of chance at the end tells two runs of one process apart. */
static void owner_of_this_run(const struct random_source *random, char ret[LEASE_OWNER_SIZE])
{
    const struct identity *self = identity_of_this_process();
    uint64_t word;
    random->fill(random->context, &word, sizeof word);
    snprintf(ret, LEASE_OWNER_SIZE, "%.128s%lld:%lld:%016llx", self->machine, (long long)self->pid, (long long)self->start, (unsigned long long)word);
}

/* Whether it can be said for sure that the owner is no more. */
static bool owner_is_dead(struct str owner)
{
    char pid[24];
    struct str pid_text, start_text, word;
    int64_t number, start, now_start;
    struct str here = str_from(identity_of_this_process()->machine);
    if (!str_starts_with(owner, here) || str_ends_with(here, STR("::")))
        return false;
    if (!str_cut((struct str){owner.p + here.n, owner.n - here.n}, ':', &pid_text, &start_text))
        return false;
    str_cut(start_text, ':', &start_text, &word);
    if (!str_parse_u63(pid_text, &number) || !str_parse_u63(start_text, &start))
        return false;
    snprintf(pid, sizeof pid, "%lld", (long long)number);
    return !process_start(pid, &now_start) || now_start != start;
}

/* ---- taking and giving back ---- */

struct lease_change {
    int64_t company_id;
    const struct link *link;
    int64_t now_utc;
    const char *owner;
};

static int refuse_busy(struct db *db, const struct lease_change *change, struct err *err)
{
    static const char SELECT_RUNNING[] = "SELECT MAX(started_utc) FROM run WHERE company_id = $1 AND link_id = $2 AND state = 'running'";
    BUF_AUTO since = {0};
    int64_t started_utc;
    int rc = db_query_int(db, &started_utc, SELECT_RUNNING, err, DB_INT(change->company_id), DB_INT(change->link->id));
    if (rc < 0)
        return rc;
    if (rc == 0)
        return err_set(err, ERR_BUSY, N_("another run of link %s is going on: wait until it has ended, then try again"), ERR_STR(change->link->options.name));
    instant_append(&since, started_utc);
    return err_set(err, ERR_BUSY, N_("another run of link %s is going on (since %s): wait until it has ended, then try again"), ERR_STR(change->link->options.name),
                   ERR_STR(buf_str(&since)));
}

static int ask_body(struct db *db, void *context, struct err *err)
{
    static const char SELECT_LEASE[] = "SELECT lease_owner, lease_until_utc FROM link WHERE company_id = $1 AND link_id = $2";
    const struct lease_change *change = context;
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(db, &rows, SELECT_LEASE, err, DB_INT(change->company_id), DB_INT(change->link->id));
    if (rc == OK)
        rc = db_next(&rows, err);
    if (rc < 0)
        return rc;
    bool available = rc == 0 || db_is_null(&rows, 0) || db_int(&rows, 1) <= change->now_utc || owner_is_dead(db_text(&rows, 0));
    db_rows_close(&rows);
    return available ? OK : refuse_busy(db, change, err);
}

static int take_body(struct db *db, void *context, struct err *err)
{
    static const char UPDATE_LEASE[] = "UPDATE link SET lease_owner = $3, lease_until_utc = $4 WHERE company_id = $1 AND link_id = $2";
    static const char INTERRUPT_RUNS[] =
        "UPDATE run SET state = 'interrupted', ended_utc = $3 WHERE company_id = $1 AND link_id = $2 AND state = 'running'";
    const struct lease_change *change = context;
    int rc = ask_body(db, context, err);
    if (rc == OK)
        rc = db_exec(db, UPDATE_LEASE, err, DB_INT(change->company_id), DB_INT(change->link->id), DB_STR(str_from(change->owner)), DB_INT(change->now_utc + LEASE_TIME));
    if (rc == OK)
        rc = db_exec(db, INTERRUPT_RUNS, err, DB_INT(change->company_id), DB_INT(change->link->id), DB_INT(change->now_utc));
    return rc;
}

static struct lease_change change_of(const struct sync_environment *environment, const struct link *link, const char *owner)
{
    return (struct lease_change){
        .company_id = environment->company->id,
        .link = link,
        .now_utc = environment->clock->now_utc(environment->clock->context),
        .owner = owner,
    };
}

int lease_ask(const struct sync_environment *environment, const struct link *link, struct err *err)
{
    struct lease_change change = change_of(environment, link, NULL);
    return ask_body(environment->db, &change, err);
}

int lease_take(const struct sync_environment *environment, const struct link *link, struct lease *ret, struct err *err)
{
    struct lease lease;
    owner_of_this_run(environment->random, lease.owner);
    struct lease_change change = change_of(environment, link, lease.owner);
    lease.until_utc = change.now_utc + LEASE_TIME;
    int rc = db_transact(environment->db, take_body, &change, err);
    if (rc == OK)
        *ret = lease;
    return rc;
}

static int refuse_lost(const struct link *link, struct err *err)
{
    return err_set(err, ERR_BUSY, N_("this run of link %s stood still so long that another one took its place: what was done stays, look at `liaison run list`"),
                   ERR_STR(link->options.name));
}

static int renew_body(struct db *db, void *context, struct err *err)
{
    static const char RENEW_LEASE[] = "UPDATE link SET lease_until_utc = $4 WHERE company_id = $1 AND link_id = $2 AND lease_owner = $3";
    const struct lease_change *change = context;
    int64_t touched = 0;
    int rc = db_exec_count(db, RENEW_LEASE, &touched, err, DB_INT(change->company_id), DB_INT(change->link->id), DB_STR(str_from(change->owner)),
                           DB_INT(change->now_utc + LEASE_TIME));
    return rc == OK && touched == 0 ? refuse_lost(change->link, err) : rc;
}

int lease_renew(const struct sync_environment *environment, const struct link *link, struct lease *lease, struct err *err)
{
    struct lease_change change = change_of(environment, link, lease->owner);
    if (lease->until_utc == 0 || lease->until_utc - change.now_utc > LEASE_TIME / 2)
        return OK;
    int rc = db_transact(environment->db, renew_body, &change, err);
    if (rc == OK)
        lease->until_utc = change.now_utc + LEASE_TIME;
    return rc;
}

int lease_confirm(struct db *db, int64_t company_id, const struct link *link, const struct lease *lease, struct err *err)
{
    static const char SELECT_OWN[] = "SELECT 1 FROM link WHERE company_id = $1 AND link_id = $2 AND lease_owner = $3";
    int64_t one;
    int rc = db_query_int(db, &one, SELECT_OWN, err, DB_INT(company_id), DB_INT(link->id), DB_STR(str_from(lease->owner)));
    return rc == 0 ? refuse_lost(link, err) : rc < 0 ? rc : OK;
}

static int release_body(struct db *db, void *context, struct err *err)
{
    static const char CLEAR_LEASE[] =
        "UPDATE link SET lease_owner = NULL, lease_until_utc = NULL WHERE company_id = $1 AND link_id = $2 AND lease_owner = $3";
    const struct lease_change *change = context;
    return db_exec(db, CLEAR_LEASE, err, DB_INT(change->company_id), DB_INT(change->link->id), DB_STR(str_from(change->owner)));
}

int lease_release(const struct sync_environment *environment, const struct link *link, struct lease *lease, struct err *err)
{
    if (lease->until_utc == 0)
        return OK;
    struct lease_change change = change_of(environment, link, lease->owner);
    int rc = db_transact(environment->db, release_body, &change, err);
    if (rc == OK)
        lease->until_utc = 0;
    return rc;
}
