/* changes_int.h: what a rehearsal announces, page by page. Private to server. */
#ifndef SERVER_CHANGES_INT_H
#define SERVER_CHANGES_INT_H
#include "server/server_int.h"

/* ---- nameless.c ---- */
/* -1 when it cannot be made (errno). In TMPDIR, else /tmp. */
int nameless_open(void);
bool nameless_write(int fd, int64_t at, struct str bytes);

/* ---- changes.c ---- */
struct change_log {                /* a zeroed one is empty */
    struct buf pending;            /* not in the file yet */
    bool has_file, cut;            /* cut: no more is kept, only counted */
    int file;
    int64_t written;
    int64_t totals[FLOW_COUNT], first[FLOW_COUNT], last[FLOW_COUNT]; /* bytes: where a flow begins, and ends */
};
void change_log_add(struct change_log *log, const struct sync_change *change);
struct change_page { bool has_flow; enum sync_flow flow; int64_t from, limit; };
struct change_page_end { int64_t total, next; bool more; };
/* Puts the changes as elements of the array that is open. `from` 0, or the `next` of the page before. */
int change_log_read(struct change_log *log, const struct change_page *query, struct json_out *json, struct change_page_end *ret, struct err *err) MUST_CHECK;
void change_log_release(struct change_log *log);
#endif
