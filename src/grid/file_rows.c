/* file_rows.c: the rows of a sales file gathered by sale, wherever they stand, in memory that the file's length does not decide. Used by file_import.c. */
#include "grid/file_int.h"

/* One ticket of 10 000 lines takes 3 MiB. */
#define SALE_BYTES_MAX ((size_t)16 << 20)
/* What lies across each other in a file may take this much together. */
#define OPEN_BYTES_MAX (INT64_C(32) << 20)

/* ---- rows, packed ---- */

static void put_number(struct buf *out, int64_t number)
{
    buf_append(out, (struct str){(const char *)&number, sizeof number});
}

static int64_t take_number(struct kept_cursor *cursor)
{
    int64_t number;
    memcpy(&number, cursor->rows->bytes.p + cursor->at, sizeof number);
    cursor->at += sizeof number;
    return number;
}

void kept_rows_add(struct kept_rows *rows, const struct csv_row *row)
{
    rows->bytes.max = SALE_BYTES_MAX;
    put_number(&rows->bytes, row->line);
    put_number(&rows->bytes, (int64_t)row->count);
    for (size_t i = 0; i < row->count; i++) {
        put_number(&rows->bytes, (int64_t)row->cells[i].n);
        buf_append(&rows->bytes, row->cells[i]);
    }
}

bool kept_next(struct kept_cursor *cursor)
{
    if (cursor->at >= cursor->rows->bytes.n)
        return false;
    cursor->row = (struct csv_row){.line = take_number(cursor), .cells = cursor->cells};
    cursor->row.count = (size_t)take_number(cursor);
    for (size_t i = 0; i < cursor->row.count; i++) {
        size_t n = (size_t)take_number(cursor);
        cursor->cells[i] = (struct str){cursor->rows->bytes.p + cursor->at, n};
        cursor->at += n;
    }
    return true;
}

/* ---- where each sale ends ---- */

/* Keyed by a 64-bit hash alone. Two sales that share one end together, at the later end: both stay whole. */
struct group_slot {
    uint64_t hash;
    int64_t last_row;          /* from 1; 0 = a free slot */
    struct file_group *open;
};

static struct group_slot *slot_of(const struct file_groups *groups, uint64_t hash)
{
    size_t i = (size_t)hash & (groups->slot_count - 1);
    while (groups->slots[i].last_row && groups->slots[i].hash != hash)
        i = (i + 1) & (groups->slot_count - 1);
    return &groups->slots[i];
}

static int grow_slots(struct file_groups *groups, struct err *err)
{
    struct file_groups larger = {.slot_count = groups->slot_count ? groups->slot_count * 2 : 1024};
    larger.slots = mem_alloc_zero(larger.slot_count, sizeof *larger.slots);
    if (!larger.slots)
        return err_memory(err);
    for (size_t i = 0; i < groups->slot_count; i++)
        if (groups->slots[i].last_row)
            *slot_of(&larger, groups->slots[i].hash) = groups->slots[i];
    mem_free(groups->slots);
    groups->slots = larger.slots;
    groups->slot_count = larger.slot_count;
    return OK;
}

static void trace(struct file_groups *groups, uint64_t hash)
{
    groups->rows++;
    groups->trace = (groups->trace ^ hash) * UINT64_C(0x9E3779B97F4A7C15);
}

int file_groups_learn(struct file_groups *groups, struct str key, struct err *err)
{
    if (groups->used * 4 >= groups->slot_count * 3) {
        int rc = grow_slots(groups, err);
        if (rc != OK)
            return rc;
    }
    uint64_t hash = hash_table_key(key);
    struct group_slot *slot = slot_of(groups, hash);
    groups->used += !slot->last_row;
    trace(groups, hash);
    slot->hash = hash;
    slot->last_row = groups->rows;
    groups->learned_rows = groups->rows;
    groups->learned_trace = groups->trace;
    return OK;
}

/* ---- sales that are being gathered ---- */

static void free_groups(struct file_group *group)
{
    while (group) {
        struct file_group *next = group->next;
        buf_release(&group->key);
        buf_release(&group->rows.bytes);
        mem_free(group);
        group = next;
    }
}

void file_groups_rewind(struct file_groups *groups)
{
    for (size_t i = 0; i < groups->slot_count; i++) {
        free_groups(groups->slots[i].open);
        groups->slots[i].open = NULL;
    }
    free_groups(groups->complete);
    groups->complete = NULL;
    groups->rows = groups->open_bytes = 0;
    groups->trace = 0;
}

void file_groups_release(struct file_groups *groups)
{
    file_groups_rewind(groups);
    mem_free(groups->slots);
    *groups = (struct file_groups){0};
}

bool file_groups_same(const struct file_groups *groups)
{
    return groups->rows == groups->learned_rows && groups->trace == groups->learned_trace;
}

static struct file_group *group_of(struct group_slot *slot, struct str key)
{
    for (struct file_group *group = slot->open; group; group = group->next)
        if (str_equal(buf_str(&group->key), key))
            return group;
    struct file_group *group = mem_alloc_zero(1, sizeof *group);
    if (!group)
        return NULL;
    buf_append(&group->key, key);
    group->next = slot->open;
    slot->open = group;
    return group;
}

int file_groups_add(struct file_groups *groups, struct str key, const struct csv_row *row, const char *path, struct file_group **ret_complete, struct err *err)
{
    free_groups(groups->complete);
    groups->complete = *ret_complete = NULL;
    uint64_t hash = hash_table_key(key);
    struct group_slot *slot = slot_of(groups, hash);
    trace(groups, hash);
    if (!slot->last_row)
        return err_set(err, ERR_DATA, N_("the file %s was changed while it was read: import it again when it is complete"), path);
    struct file_group *group = group_of(slot, key);
    if (!group || buf_failed(&group->key))
        return err_memory(err);
    groups->open_bytes -= (int64_t)group->rows.bytes.n;
    kept_rows_add(&group->rows, row);
    if (buf_failed(&group->rows.bytes))
        return err_set(err, ERR_DATA, N_("%s, line %s: one sale has more rows than can be read: divide it"), path, ERR_INT(row->line));
    groups->open_bytes += (int64_t)group->rows.bytes.n;
    if (groups->open_bytes > OPEN_BYTES_MAX)
        return err_set(err, ERR_DATA, N_("%s, line %s: the rows of too many sales lie across each other: sort the file by sale"), path, ERR_INT(row->line));
    if (groups->rows < slot->last_row)
        return OK;
    for (struct file_group *done = slot->open; done; done = done->next)
        groups->open_bytes -= (int64_t)done->rows.bytes.n;
    groups->complete = *ret_complete = slot->open;
    slot->open = NULL;
    return OK;
}
