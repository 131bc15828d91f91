/* stock_levels.c: the stock of the articles that documents move, remembered between batches so that no line costs a query. Private to src/books.
 * Under "allow" nothing is read at all: only differences are written. Under "refuse" a level is read when its article is first met. */
#include "base/json.h"
#include "base/mem.h"
#include "books/document_int.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* At the beginning of a batch more than this is forgotten: with 64 bytes each, 4 MiB. */
enum { LEVELS_KEPT_MAX = 65536, SLOTS_MIN = 256 };

struct stock_level {
    int64_t article_id;
    int64_t quantity_milli;  /* as far as known, the batch's differences included; those alone while nobody has told it */
    int64_t unwritten_milli; /* the batch's difference that is not in the database yet */
    int64_t wanted_milli;    /* what the current document takes away */
    int64_t read_in;         /* serial of the batch in which the level was last read; 0 = never */
    int64_t document;        /* serial of the last document that used it */
    struct str code;         /* of the current document's line: borrowed */
};

static const char SELECT_LEVEL[] = "SELECT quantity_milli FROM stock_level WHERE company_id = $1 AND article_id = $2";
static const char ADD_TO_LEVEL[] =
    "INSERT INTO stock_level (company_id, article_id, quantity_milli) VALUES ($1, $2, $3) "
    "ON CONFLICT (company_id, article_id) DO UPDATE SET quantity_milli = stock_level.quantity_milli + excluded.quantity_milli RETURNING quantity_milli";

void stock_levels_init(struct stock_levels *levels, struct db *db, int64_t company_id, bool refuse_negative)
{
    *levels = (struct stock_levels){.db = db, .company_id = company_id, .refuse_negative = refuse_negative};
}

void stock_levels_release(struct stock_levels *levels)
{
    mem_free(levels->levels);
    mem_free(levels->slots);
    mem_free(levels->touched);
    *levels = (struct stock_levels){0};
}

void stock_levels_reset(struct stock_levels *levels)
{
    levels->count = levels->touched_count = levels->document_begin = 0;
    if (levels->slots != NULL)
        memset(levels->slots, 0, levels->slot_count * sizeof *levels->slots);
}

void stock_levels_begin(struct stock_levels *levels)
{
    if (levels->count > LEVELS_KEPT_MAX)
        stock_levels_reset(levels);
    levels->batch++;
    levels->touched_count = 0;
}

void stock_levels_document(struct stock_levels *levels)
{
    levels->document++;
    levels->document_begin = levels->touched_count;
}

/* ---- the table: open addressing over dense entries; ids are small and consecutive, so one multiplication spreads them ---- */

static size_t slot_of(const struct stock_levels *levels, int64_t article_id)
{
    size_t mask = levels->slot_count - 1;
    size_t slot = (size_t)(((uint64_t)article_id * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & mask;

    while (levels->slots[slot] != 0 && levels->levels[levels->slots[slot] - 1].article_id != article_id)
        slot = (slot + 1) & mask;
    return slot;
}

/* Room for one more level, with the table at most half full. */
static bool levels_grow(struct stock_levels *levels)
{
    if (levels->count < levels->capacity)
        return true;
    size_t capacity = levels->capacity == 0 ? SLOTS_MIN / 2 : 2 * levels->capacity;
    if (capacity > UINT32_MAX / 2)
        return false;
    uint32_t *slots = mem_alloc_zero(2 * capacity, sizeof *slots);
    if (slots == NULL)
        return false;
    struct stock_level *grown = mem_resize(levels->levels, capacity * sizeof *grown);
    if (grown == NULL) {
        mem_free(slots);
        return false;
    }
    mem_free(levels->slots);
    levels->levels = grown;
    levels->capacity = capacity;
    levels->slots = slots;
    levels->slot_count = 2 * capacity;
    for (size_t i = 0; i < levels->count; i++)
        slots[slot_of(levels, grown[i].article_id)] = (uint32_t)(i + 1);
    return true;
}

static bool touched_grow(struct stock_levels *levels)
{
    if (levels->touched_count < levels->touched_capacity)
        return true;
    size_t capacity = levels->touched_capacity == 0 ? 64 : 2 * levels->touched_capacity;
    uint32_t *grown = mem_resize(levels->touched, capacity * sizeof *grown);
    if (grown == NULL)
        return false;
    levels->touched = grown;
    levels->touched_capacity = capacity;
    return true;
}

int stock_levels_use(struct stock_levels *levels, int64_t article_id, struct str code, int64_t quantity_milli, struct err *err)
{
    if (!levels_grow(levels) || !touched_grow(levels))
        return err_memory(err);
    size_t slot = slot_of(levels, article_id);
    if (levels->slots[slot] == 0) {
        levels->levels[levels->count++] = (struct stock_level){.article_id = article_id};
        levels->slots[slot] = (uint32_t)levels->count;
    }
    uint32_t index = levels->slots[slot] - 1;
    struct stock_level *level = &levels->levels[index];
    if (level->document != levels->document) {
        level->document = levels->document;
        level->wanted_milli = 0;
        level->code = code;
        levels->touched[levels->touched_count++] = index;
    }
    level->wanted_milli += quantity_milli;
    return OK;
}

/* ---- the decision ---- */

static int level_read(struct stock_levels *levels, struct stock_level *level, struct err *err)
{
    int64_t quantity_milli = 0;
    int code = db_query_int(levels->db, &quantity_milli, SELECT_LEVEL, err, DB_INT(levels->company_id), DB_INT(level->article_id));

    if (code < 0)
        return code;
    level->quantity_milli = quantity_milli + level->unwritten_milli;
    level->read_in = levels->batch;
    return OK;
}

/* 1 = the article would fall below zero, 0 = not. A refusal is never decided on a level that an earlier batch has read. */
static int level_is_short(struct stock_levels *levels, struct stock_level *level, struct err *err)
{
    if (level->wanted_milli <= 0)
        return 0;
    if (level->read_in == 0 || (level->quantity_milli < level->wanted_milli && level->read_in != levels->batch)) {
        int code = level_read(levels, level, err);
        if (code < 0)
            return code;
    }
    return level->quantity_milli < level->wanted_milli;
}

static void append_short(struct json_out *out, const struct stock_level *level)
{
    json_begin_object(out);
    json_member_str(out, "code", level->code);
    json_member_int(out, "missing_milli", level->wanted_milli - level->quantity_milli);
    json_end_object(out);
}

static int find_short(struct stock_levels *levels, struct buf *block, struct err *err)
{
    struct json_out out = {.buf = block};
    bool found = false;

    for (size_t i = levels->document_begin; i < levels->touched_count; i++) {
        struct stock_level *level = &levels->levels[levels->touched[i]];
        int code = level_is_short(levels, level, err);
        if (code < 0)
            return code;
        if (code == 0)
            continue;
        if (!found) {
            json_begin_object(&out);
            json_member_str(&out, "code", STR("stock"));
            json_key(&out, "args");
            json_begin_array(&out);
        }
        found = true;
        append_short(&out, level);
    }
    if (found) {
        json_end_array(&out);
        json_end_object(&out);
    }
    return found;
}

int stock_levels_settle(struct stock_levels *levels, bool refusable, struct buf *block, struct err *err)
{
    if (levels->refuse_negative && refusable) {
        int code = find_short(levels, block, err);
        if (code != 0)
            return code < 0 ? code : OK;
    }
    for (size_t i = levels->document_begin; i < levels->touched_count; i++) {
        struct stock_level *level = &levels->levels[levels->touched[i]];
        level->quantity_milli -= level->wanted_milli;
        level->unwritten_milli -= level->wanted_milli;
    }
    return OK;
}

/* ---- the rows ---- */

static int level_write(struct stock_levels *levels, struct stock_level *level, struct err *err)
{
    int64_t quantity_milli;
    int code = db_query_int(levels->db, &quantity_milli, ADD_TO_LEVEL, err, DB_INT(levels->company_id), DB_INT(level->article_id), DB_INT(level->unwritten_milli));

    if (code < 0)
        return code;
    assert(code == 1);
    bool missed = levels->refuse_negative && level->unwritten_milli < 0 && quantity_milli < 0 && level->quantity_milli >= 0;
    level->quantity_milli = quantity_milli;
    level->unwritten_milli = 0;
    if (missed)
        return err_set(err, ERR_RETRY, N_("another program changed the stock of article %s meanwhile: try again"), ERR_STR(level->code));
    return OK;
}

static const struct stock_level *level_at(const void *index, void *levels)
{
    return &((struct stock_levels *)levels)->levels[*(const uint32_t *)index];
}

/* In order of the articles, so that two writers wait for each other instead of locking each other out. */
static int by_article(const void *a, const void *b, void *levels)
{
    int64_t left = level_at(a, levels)->article_id, right = level_at(b, levels)->article_id;

    return (left > right) - (left < right);
}

int stock_levels_flush(struct stock_levels *levels, struct err *err)
{
    int code = OK;

    if (levels->touched_count > 1)
        qsort_r(levels->touched, levels->touched_count, sizeof *levels->touched, by_article, levels);
    for (size_t i = 0; code >= 0 && i < levels->touched_count; i++) {
        struct stock_level *level = &levels->levels[levels->touched[i]];
        if (level->unwritten_milli != 0)
            code = level_write(levels, level, err);
    }
    return code;
}
