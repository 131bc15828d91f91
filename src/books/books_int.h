/* books_int.h: what the files of src/books share among themselves. Private: nobody else may include it. Each file adds only what another one needs. */
#ifndef BOOKS_BOOKS_INT_H
#define BOOKS_BOOKS_INT_H
#include "books/books.h"

/* A text column copied into the arena. Failure is sticky: *failed is set when memory is exhausted and never cleared, so ask once after the last column. */
static inline struct str books_row_text(struct db_rows *rows, int column, struct arena *arena, bool *failed)
{
    struct str text = db_text(rows, column);
    struct str copy = arena_copy(arena, text);

    if (text.p && !copy.p)
        *failed = true;
    return copy;
}

/* ---- customer.c ---- */
/* The counter customer of a company that is being created. */
int customer_create_counter(struct db *db, int64_t company_id, struct err *err) MUST_CHECK;

#endif
