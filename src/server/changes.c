/* changes.c: what a rehearsal announces, kept for as long as its job is shown: a line of JSON per change behind a digit for its flow, in memory while it is little, then in a file
 * without a name. Private to server; whoever uses a log from several threads holds its lock. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "server/changes_int.h"

enum { MEMORY_MAX = 64 << 10, PIECE = 64 << 10 };
/* A rehearsal that announces more than this (some millions of changes) keeps the first ones and counts the rest. */
#define FILE_MAX (INT64_C(256) << 20)

/* What is in memory goes behind what is in the file. False when it cannot: the log is then cut here. */
static bool spill(struct change_log *log)
{
    if (!log->has_file) {
        log->file = nameless_open();
        log->has_file = log->file >= 0;
    }
    bool done = log->has_file && nameless_write(log->file, log->written, buf_str(&log->pending));
    log->written += done ? (int64_t)log->pending.n : 0;
    buf_reset(&log->pending);
    return done;
}

void change_log_release(struct change_log *log)
{
    if (log->has_file)
        close(log->file);
    buf_release(&log->pending);
    *log = (struct change_log){0};
}

/* ---- writing ---- */

static void append_change(struct buf *out, const struct sync_change *change)
{
    struct json_out json = {.buf = out};

    buf_append_char(out, (char)('0' + (int)change->flow));
    json_begin_object(&json);
    json_member_str(&json, "flow", str_from(sync_flow_names[change->flow]));
    json_member_str(&json, "action", str_from(change->action));
    json_member_str(&json, "subject", change->subject);
    json_member_str(&json, "field", change->field.n ? change->field : STR_NULL);
    json_member_str(&json, "old", change->old_value);
    json_member_str(&json, "new", change->new_value);
    json_end_object(&json);
    buf_append_char(out, '\n');
}

void change_log_add(struct change_log *log, const struct sync_change *change)
{
    log->totals[change->flow]++;
    if (log->cut)
        return;
    if (log->totals[change->flow] == 1)
        log->first[change->flow] = log->written + (int64_t)log->pending.n;
    append_change(&log->pending, change);
    if (buf_failed(&log->pending) || (log->pending.n >= MEMORY_MAX && !spill(log)) || log->written > FILE_MAX)
        log->cut = true;
    else
        log->last[change->flow] = log->written + (int64_t)log->pending.n;
}

/* ---- reading ---- */

struct page { const struct change_page *query; struct json_out *json; int64_t count; };

/* The whole lines of a piece; how many bytes they take. 0 with a full page. */
static int64_t take_lines(struct page *page, struct str piece)
{
    int64_t taken = 0;

    while (page->count < page->query->limit) {
        const char *end = piece.n ? memchr(piece.p, '\n', piece.n) : NULL;
        if (!end)
            break;
        size_t n = (size_t)(end - piece.p);
        if (n > 1 && (!page->query->has_flow || piece.p[0] == '0' + (int)page->query->flow)) {
            json_put_raw(page->json, (struct str){piece.p + 1, n - 1});
            page->count++;
        }
        taken += (int64_t)n + 1;
        piece = (struct str){end + 1, piece.n - n - 1};
    }
    return taken;
}

int change_log_read(struct change_log *log, const struct change_page *query, struct json_out *json, struct change_page_end *ret, struct err *err)
{
    struct page page = {.query = query, .json = json};
    int64_t at = query->from, end;
    BUF_AUTO piece = {.max = (size_t)64 << 20};
    size_t room = PIECE;

    *ret = (struct change_page_end){.total = 0};
    for (int flow = 0; flow < FLOW_COUNT; flow++)
        ret->total += !query->has_flow || flow == (int)query->flow ? log->totals[flow] : 0;
    if (log->pending.n && !spill(log))
        log->cut = true;
    end = query->has_flow ? log->last[query->flow] : log->written;
    if (query->has_flow && at < log->first[query->flow])
        at = log->first[query->flow];
    while (at < end && page.count < query->limit) {
        buf_reset(&piece);
        char *bytes = buf_reserve(&piece, room);
        if (!bytes)
            return err_memory(err);
        ssize_t n = pread(log->file, bytes, room, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_set(err, ERR_DATA, N_("what the rehearsal announced cannot be read any more: rehearse again"));
        int64_t taken = take_lines(&page, (struct str){bytes, (size_t)n});
        at += taken;
        if (taken == 0)
            room *= 2; /* a line longer than the piece */
    }
    ret->next = at;
    ret->more = at < end;
    return OK;
}
