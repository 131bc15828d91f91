/* rehearsal.c: invariant 8: a rehearsal writes nothing, and announces exactly what the run then does. A rehearsal and a run, right after each other and with nothing in
 * between, on the same clock. Used by the operator between two lives. */
#include <stdio.h>

#include "sim.h"

struct listening { struct buf text; };

static void listen(void *context, const struct sync_change *change)
{
    struct listening *listening = context;
    buf_printf(&listening->text, "%s %s %.*s %.*s: %.*s -> %.*s\n", sync_flow_names[change->flow], change->action, STR_ARG(change->subject), STR_ARG(change->field),
               STR_ARG(change->old_value), STR_ARG(change->new_value));
}

/* What it announces, and what it counts. */
static int run_listened(struct world *world, bool dry_run, struct buf *ret)
{
    const struct sync_options options = {.dry_run = dry_run};
    struct sync_environment environment = world_environment(world, world->db);
    struct listening listening = {{0}};
    struct sync_result result;
    struct err err = {0};
    environment.on_change = listen;
    environment.context = &listening;
    sim_till_begin(world->till, -1);
    world->in_hook = true; /* the deeds of this life come in its own run */
    int rc = sync_run(&environment, &world->ground->link, &options, &result, &err);
    world->in_hook = false;
    if (rc == OK) {
        result.run_id = 0;
        result.dry_run = false;
        buf_append(ret, buf_str(&listening.text));
        sync_append_json(ret, &result);
        buf_append_char(ret, '\n');
    }
    buf_release(&listening.text);
    return rc;
}

/* The database and its log, byte by byte (a file that SQLite makes for itself alone and forgets is no trace of a rehearsal). */
static void append_files(const struct world *world, struct buf *out)
{
    static const char *const endings[] = {"", "-wal", "-journal"};
    for (size_t i = 0; i < 3; i++) {
        char path[128];
        size_t size = 0;
        snprintf(path, sizeof path, "%s%s", world->site->path, endings[i]);
        const unsigned char *bytes = disk_file(world->disk, path, &size);
        buf_append_int(out, bytes ? (int64_t)size : -1);
        buf_append(out, (struct str){(const char *)bytes, bytes ? size : 0});
    }
}

static void compare(struct world *world, const struct buf *announced, const struct buf *done)
{
    BUF_AUTO difference = {0};
    if (str_equal(buf_str(announced), buf_str(done)))
        return;
    text_first_difference(buf_str(announced), buf_str(done), &difference);
    verdict_add(world->verdict, 8, "expected the run to do what its rehearsal announced; announced and done differ: %s", difference.p);
}

void operator_rehearse(struct world *world)
{
    BUF_AUTO announced = {0};
    BUF_AUTO done = {0};
    BUF_AUTO before = {0};
    BUF_AUTO after = {0};
    int64_t now_utc = world->clock.now_utc;
    append_files(world, &before);
    int rc = run_listened(world, true, &announced);
    if (disk_faulted(world->disk))
        return;
    append_files(world, &after);
    if (!str_equal(buf_str(&before), buf_str(&after)))
        verdict_add(world->verdict, 8, "expected a rehearsal to write nothing, found the files changed");
    world->clock.now_utc = now_utc;
    int run_rc = run_listened(world, false, &done);
    if (disk_faulted(world->disk))
        return;
    if (rc == OK && run_rc == OK)
        compare(world, &announced, &done);
    else if (rc != run_rc)
        verdict_add(world->verdict, 8, "expected rehearsal and run to end alike, found %d and %d", rc, run_rc);
}
