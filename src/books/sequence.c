/* sequence.c: the gapless numbers of validated documents. A block is taken from the sequence's row inside the transaction that validates, so a
 * rollback gives it back; documents that kept the till's number never touch it. Private to src/books. */
#include "books/document_int.h"

static const char TAKE_BLOCK[] =
    "UPDATE number_sequence SET next_number = next_number + $3 WHERE company_id = $1 AND kind = $2 RETURNING next_number, prefix, digits";
/* Both ends have the same length, so that order by bytes is order by number. */
static const char SELECT_TAKEN[] =
    "SELECT number FROM document WHERE company_id = $1 AND kind = $2 AND number BETWEEN $3 AND $4 AND length(number) = length($3)";

struct block {
    int64_t first, count;
    struct str prefix;
    int digits;
};

static struct str number_format(struct arena *arena, const struct block *block, int64_t n)
{
    return arena_format(arena, "%.*s%0*lld", STR_ARG(block->prefix), block->digits, (long long)n);
}

static int block_take(struct db *db, int64_t company_id, const char *kind, int64_t count, struct arena *arena, struct block *ret, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    int code = db_query(db, &rows, TAKE_BLOCK, err, DB_INT(company_id), DB_STR(str_from(kind)), DB_INT(count));

    if (code < 0 || (code = db_next(&rows, err)) < 0)
        return code;
    if (code == 0)
        return err_set(err, ERR_DATA, N_("the company has no number sequence for documents of kind %s: run `liaison db check`"), kind);
    *ret = (struct block){
        .first = db_int(&rows, 0) - count,
        .count = count,
        .prefix = arena_copy(arena, text_or_empty(db_text(&rows, 1))),
        .digits = (int)db_int(&rows, 2),
    };
    return ret->prefix.p == NULL ? err_memory(err) : OK;
}

/* Marks the numbers of `numbers` (in order, all of one length) that some document has already. */
static int mark_taken(struct db *db, int64_t company_id, const char *kind, const struct str *numbers, size_t count, bool *taken, struct err *err)
{
    DB_ROWS_AUTO rows = {0};
    int code = db_query(db, &rows, SELECT_TAKEN, err, DB_INT(company_id), DB_STR(str_from(kind)), DB_STR(numbers[0]), DB_STR(numbers[count - 1]));

    while (code >= 0 && (code = db_next(&rows, err)) > 0) {
        struct str number = db_text(&rows, 0);
        size_t low = 0, high = count;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (str_compare(numbers[middle], number) < 0)
                low = middle + 1;
            else
                high = middle;
        }
        if (low < count && str_equal(numbers[low], number))
            taken[low] = true;
    }
    return code;
}

/* The numbers of a block, in pieces of one length (FA9 is followed by FA10 when the digits overflow). */
static int block_numbers(struct db *db, int64_t company_id, const char *kind, const struct block *block, struct arena *arena, struct str *numbers,
                         bool *taken, struct err *err)
{
    size_t count = (size_t)block->count;

    for (size_t i = 0; i < count; i++) {
        numbers[i] = number_format(arena, block, block->first + (int64_t)i);
        if (numbers[i].p == NULL)
            return err_memory(err);
    }
    for (size_t begin = 0, end; begin < count; begin = end) {
        for (end = begin; end < count && numbers[end].n == numbers[begin].n;)
            end++;
        int code = mark_taken(db, company_id, kind, &numbers[begin], end - begin, &taken[begin], err);
        if (code < 0)
            return code;
    }
    return OK;
}

int sequence_take(struct db *db, int64_t company_id, enum document_kind kind, size_t count, struct arena *arena, struct str *numbers, struct err *err)
{
    const char *name = document_kind_names[kind];

    for (size_t have = 0; have < count;) {
        struct block block = {0};
        int64_t wanted = (int64_t)(count - have);
        struct str *candidates = arena_array(arena, (size_t)wanted, sizeof *candidates);
        bool *taken = arena_array(arena, (size_t)wanted, sizeof *taken);
        if (candidates == NULL || taken == NULL)
            return err_memory(err);
        int code = block_take(db, company_id, name, wanted, arena, &block, err);
        if (code < 0)
            return code;
        code = block_numbers(db, company_id, name, &block, arena, candidates, taken, err);
        if (code < 0)
            return code;
        for (int64_t i = 0; i < wanted; i++) {
            if (!taken[i])
                numbers[have++] = candidates[i];
        }
    }
    return OK;
}
