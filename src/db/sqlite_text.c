/* sqlite_text.c: the function that db.h promises of texts, text_contains, for SQLite, which has none of its own that knows accents. */
#include "db/db_int.h"

#include "base/mem.h"
#include "base/text.h"

#include <sqlite3.h>
#include <string.h>

/* The folded text is kept for the next row: a connection belongs to one thread. */
static void text_contains(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct buf *folded = sqlite3_user_data(context);
    (void)count;
    if (sqlite3_value_type(values[0]) == SQLITE_NULL || sqlite3_value_type(values[1]) == SQLITE_NULL)
        return;
    const char *text = (const char *)sqlite3_value_text(values[0]), *part = (const char *)sqlite3_value_text(values[1]);
    if (!text || !part) {
        sqlite3_result_error_nomem(context);
        return;
    }
    size_t part_size = (size_t)sqlite3_value_bytes(values[1]);
    buf_reset(folded);
    text_append_folded(folded, (struct str){text, (size_t)sqlite3_value_bytes(values[0])});
    if (buf_failed(folded))
        sqlite3_result_error_nomem(context);
    else
        sqlite3_result_int(context, part_size == 0 || (folded->n > 0 && memmem(folded->p, folded->n, part, part_size) != NULL));
}

static void release_folded(void *folded)
{
    buf_release(folded);
    mem_free(folded);
}

/* Never in the schema: other programs that read the file do not have it. */
int db_sqlite_add_functions(void *handle)
{
    struct buf *folded = mem_alloc_zero(1, sizeof *folded);
    if (!folded)
        return SQLITE_NOMEM;
    return sqlite3_create_function_v2(handle, "text_contains", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, folded, text_contains, NULL, NULL, release_folded);
}
