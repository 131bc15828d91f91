/* file_int.h: what the reading and writing of sales files share: the named columns of our own format, the positional columns of the partner's, and the
 * rows of one sale gathered from anywhere in a file. Private to the file_*.c of src/grid (and to stage.c, which meets journalled files again). */
#ifndef GRID_FILE_INT_H
#define GRID_FILE_INT_H
#include "base/csv.h"
#include "grid/grid_int.h"

/* What both formats are written with; every separator that csv.h knows is read. */
enum { FILE_SEPARATOR = ';' };

/* ---- file_rows.c: rows kept, and gathered by sale in bounded memory ---- */

/* Rows of one sale, packed: line numbers and cells. */
struct kept_rows { struct buf bytes; };
void kept_rows_add(struct kept_rows *rows, const struct csv_row *row);
struct kept_cursor {
    const struct kept_rows *rows;
    size_t at;
    struct csv_row row;                 /* cells are valid as long as the rows */
    struct str cells[CSV_COLUMNS_MAX];
};
/* Goes to the next row: false at the end. Start with a cursor of which only `rows` is set. */
bool kept_next(struct kept_cursor *cursor);

/* The rows of a sale need not be adjacent. A first pass learns where each sale's last row is; in the second a sale is handed out, and forgotten, there. So
 * only sales that lie across each other are held, and they are limited. */
struct file_group {
    struct buf key;
    struct kept_rows rows;
    struct file_group *next;            /* another complete one, or NULL */
};
struct file_groups {
    struct group_slot *slots;
    size_t slot_count, used;
    int64_t rows, open_bytes;
    uint64_t trace, learned_trace;      /* of keys in their order: a file that changed between the passes shows */
    int64_t learned_rows;
    struct file_group *complete;        /* handed out last */
};
int file_groups_learn(struct file_groups *groups, struct str key, struct err *err) MUST_CHECK;
/* Before the second pass, and before it is run again. */
void file_groups_rewind(struct file_groups *groups);
/* *ret_complete: the sales whose last row this was (nearly always one), valid until the next call; NULL when none is. */
int file_groups_add(struct file_groups *groups, struct str key, const struct csv_row *row, const char *path, struct file_group **ret_complete, struct err *err) MUST_CHECK;
/* Whether the second pass saw what the first one saw. */
bool file_groups_same(const struct file_groups *groups);
void file_groups_release(struct file_groups *groups);

/* ---- file_cells.c: one cell into a value, refused with its place ---- */
struct cell_place { const char *path; int64_t line; const char *column; };
int cell_number(const struct cell_place *place, struct str cell, int places, int64_t *ret, struct err *err) MUST_CHECK;
int cell_rate(const struct cell_place *place, struct str cell, int64_t *ret_bp, struct err *err) MUST_CHECK;
/* 2026-01-31 or 31/01/2026. */
int cell_day(const struct cell_place *place, struct str cell, int32_t *ret, struct err *err) MUST_CHECK;
/* A day that stands alone must begin at an instant that can be written and read again: not so at the very ends of the years. */
int cell_day_begins(const struct cell_place *place, struct str cell, int64_t begin_utc, struct err *err) MUST_CHECK;
int cell_instant(const struct cell_place *place, struct str cell, int64_t *ret_utc, struct err *err) MUST_CHECK;
/* A text that a spreadsheet's formula guard may stand before, in the arena; absent when empty. */
int cell_text(struct arena *arena, struct str cell, struct str *ret, struct err *err) MUST_CHECK;
int cell_is_empty(const struct cell_place *place, struct err *err) MUST_CHECK; /* always an error */
/* Each of `count` values times multiplier / divisor (both positive), so that the results add up to that of the sum (rounded half-up in size, or
 * half-down with `half_down`): largest remainder, ties to the first; the results for negated values are the negated results. */
int share_scaled(struct arena *arena, const int64_t *values, size_t count, int64_t multiplier, int64_t divisor, bool half_down, int64_t *ret, struct err *err) MUST_CHECK;

/* ---- file_columns.c: our own format, one row per line, tax, payment ---- */
enum { FILE_COLUMN_COUNT = 48 };
struct file_header {
    int column_at[CSV_COLUMNS_MAX];     /* which of the table stands at this place of the file */
    int place_of[FILE_COLUMN_COUNT];    /* and where each of the table stands; -1 = nowhere */
    size_t count;
};
int file_header_read(const struct csv_row *row, const char *path, struct file_header *ret, struct err *err) MUST_CHECK;
/* The rows of one sale into a sale; texts in the arena. *ret_link: name of its link, absent when none. */
int file_sale_read(const struct file_header *header, const struct kept_rows *rows, const char *path, const struct company *company, struct arena *arena,
                   struct staged *ret, struct str *ret_link, struct err *err) MUST_CHECK;
/* The key by which rows belong together, appended. */
int file_sale_key(const struct file_header *header, const struct csv_row *row, const char *path, struct buf *out, struct err *err) MUST_CHECK;
void file_header_write(struct buf *out);
void file_sale_write(struct buf *out, const struct staged *staged, struct str link);
/* A journal body that a file of ours gave: header and rows of one sale. */
bool file_body_is(struct str body);
int file_body_read(struct str body, const struct company *company, struct arena *arena, struct sale *ret, struct err *err) MUST_CHECK;

/* ---- file_dailybiz.c: the partner's positional layout ---- */
/* Refuses a first line that is a sale where column names were announced: it would be lost. */
int dailybiz_head_check(const struct csv_row *row, const char *path, struct err *err) MUST_CHECK;
int dailybiz_row_check(const struct csv_row *row, const char *path, struct err *err) MUST_CHECK;
/* The document number of a row, by which rows belong together. */
struct str dailybiz_row_key(const struct csv_row *row);
int dailybiz_sale_read(const struct kept_rows *rows, const char *path, const struct grid_session *session, struct arena *arena, struct staged *ret, struct err *err) MUST_CHECK;
/* The rows as they stood, with our separator. */
void dailybiz_body_write(struct buf *out, const struct kept_rows *rows);
void dailybiz_header_write(struct buf *out);
int dailybiz_sale_write(struct buf *out, const struct staged *staged, const struct tax *taxes, size_t tax_count, struct arena *arena, struct err *err) MUST_CHECK;

/* ---- file_import.c: what staging a sale of a file stands on; the feed goes the same way ---- */

/* Staging goes by the link of each sale: its mappings, its rules. */
struct link_session {
    struct str name;
    struct grid_session *session;
    struct link_session *next;
};
struct importing {
    struct grid_session *session;       /* the caller's: of the sales that name no link */
    const char *path;                   /* or what stands for it in messages */
    struct str bytes;                   /* absent: the file at `path` is read */
    const struct grid_file_options *options;
    struct csv_dialect dialect;
    bool head_seen;
    struct file_header header;          /* of our format */
    struct file_groups groups;
    struct link_session *links;
    struct arena link_arena, arena;     /* of the links; of the sale at hand */
    struct buf key, body, current;
    struct grid_file_report report;
};
/* The session of a link by its name; `line` for the message that there is none. */
int import_session_of(struct importing *import, struct str name, int64_t line, struct grid_session **ret, struct err *err) MUST_CHECK;
void import_forget_links(struct importing *import);
void import_release(struct importing *import);
/* Whether the grid holds the sale exactly as import->body has it. */
int import_stands_in_grid(struct importing *import, const struct grid_session *session, struct str till_sale_id, struct str link, bool *ret, struct err *err) MUST_CHECK;
/* The number of the document that a sale is (a draft's too), in import->arena; absent when it is none. */
int import_document_of(struct importing *import, const struct grid_session *session, struct str till_sale_id, struct str *ret, struct err *err) MUST_CHECK;

/* ---- file_export.c ---- */
/* What could not be read of a staged sale and waits for a person, so that it is not lost on the way through a file. */
int staged_load_fault(struct db *db, int64_t company_id, struct arena *arena, struct staged *staged, struct err *err) MUST_CHECK;
#endif
