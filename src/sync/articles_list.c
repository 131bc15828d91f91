/* articles_list.c: a till's catalogue as a list of keys over its spool, and its collisions: references that are the same, and those that a person
 * would take for the same. They are known before anything is written, and nothing is guessed. Private to sync (articles_int.h). */
#include "sync/articles_int.h"

#include "base/hash.h"

/* A message names the first ones; the others have an anomaly of their own. */
enum { NAMED_MAX = 5 };

const char *const record_skip_reasons[] = {
    [SKIP_NOT] = "", [SKIP_DEFAULT] = "default", [SKIP_TRAINING] = "training", [SKIP_HEADING] = "heading", [SKIP_FILTER] = "filter", [SKIP_DELETED] = "deleted",
};

struct str record_subject(struct arena *arena, const struct article_record *record)
{
    if (record->text[RECORD_DECLINATION].n == 0)
        return arena_copy(arena, record->text[RECORD_ID].p ? record->text[RECORD_ID] : STR(""));
    return arena_format(arena, "%.*s/%.*s", STR_ARG(record->text[RECORD_ID]), STR_ARG(record->text[RECORD_DECLINATION]));
}

void article_list_close(struct article_list *list)
{
    spool_close(&list->spool);
    mem_free(list->keys);
    mem_free(list->by_code);
    mem_free(list->groups);
    arena_release(&list->arena);
    *list = (struct article_list)ARTICLE_LIST_EMPTY;
}

int article_list_add(struct article_list *list, const struct article_record *record, bool keyed, enum record_fate fate, struct arena *scratch, struct err *err)
{
    enum { KEYS_FIRST = 1024 };
    struct record_key key = {.fate = (uint8_t)fate, .outcome = (uint8_t)fate};
    struct str subject = record_subject(scratch, record), folded = STR("");

    if (keyed)
        folded = text_fold_key(scratch, record->text[RECORD_CODE]);
    if (!subject.p || !folded.p)
        return err_memory(err);
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : KEYS_FIRST;
        struct record_key *keys = capacity <= UINT32_MAX ? mem_resize(list->keys, capacity * sizeof *keys) : NULL;

        if (!keys)
            return err_memory(err);
        list->keys = keys;
        list->capacity = capacity;
    }
    key.identity = hash_table_key(subject);
    if (keyed) {
        key.exact = hash_table_key(record->text[RECORD_CODE]);
        key.fold = hash_table_key(folded);
    }
    int rc = spool_append(&list->spool, record, &key.offset, err);
    if (rc != OK)
        return rc;
    list->keys[list->count++] = key;
    if (fate == FATE_WRITE)
        list->to_write++;
    return OK;
}

/* ---- sorting by one hash ---- */

/* Hashes are even, so three passes over their upper 33 bits leave next to nothing for the walk that finishes: some ten times faster than qsort. Equal hashes stay in
 * order of their places. `scratch` has room for as many; the result is in `places`. */
static void sort_places(struct key_place *places, struct key_place *scratch, size_t count)
{
    enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS, PASSES = 3 };
    struct key_place *from = places, *to = scratch;

    for (int pass = 0; pass < PASSES; pass++) {
        int shift = 64 - DIGIT_BITS * (PASSES - pass);
        size_t starts[DIGITS + 1] = {0};

        for (size_t i = 0; i < count; i++)
            starts[(from[i].hash >> shift & (DIGITS - 1)) + 1]++;
        for (size_t digit = 1; digit < DIGITS; digit++)
            starts[digit] += starts[digit - 1];
        for (size_t i = 0; i < count; i++)
            to[starts[from[i].hash >> shift & (DIGITS - 1)]++] = from[i];
        struct key_place *other = from;
        from = to;
        to = other;
    }
    for (size_t i = 0; i < count; i++) { /* three passes: the result stands in `scratch` */
        size_t at = i;

        for (; at > 0 && places[at - 1].hash > from[i].hash; at--)
            places[at] = places[at - 1];
        places[at] = from[i];
    }
}

enum key_part { PART_IDENTITY, PART_EXACT, PART_FOLD };

/* The places of the keys that have this part, sorted by it and then by place. `places` has room for twice all. */
static size_t sort_by(const struct article_list *list, enum key_part part, struct key_place *places)
{
    size_t count = 0;

    for (size_t i = 0; i < list->count; i++) {
        const struct record_key *key = &list->keys[i];
        uint64_t hash = part == PART_IDENTITY ? key->identity : part == PART_EXACT ? key->exact : key->fold;

        if (part == PART_IDENTITY || hash != 0)
            places[count++] = (struct key_place){hash, (uint32_t)i};
    }
    sort_places(places, places + list->count, count);
    return count;
}

/* How many places from the first one have its hash. */
static size_t run_length(const struct key_place *places, size_t count)
{
    size_t n = 1;

    while (n < count && places[n].hash == places[0].hash)
        n++;
    return n;
}

/* ---- groups ---- */

/* A record that comes twice stood on a page that moved while the list was read: the first one counts. */
static void drop_repeats(struct article_list *list, struct key_place *places)
{
    size_t count = sort_by(list, PART_IDENTITY, places);

    for (size_t i = 1; i < count; i++) {
        struct record_key *key = &list->keys[places[i].place];

        if (places[i].hash != places[i - 1].hash)
            continue;
        if (key->fate == FATE_WRITE)
            list->to_write--;
        key->fate = key->outcome = FATE_NONE;
        key->exact = key->fold = 0;
    }
}

static void set_fate(struct record_key *key, enum record_fate fate)
{
    key->fate = key->outcome = (uint8_t)fate;
}

/* Those with the same code. An unchanged one is only troubled by another that the till showed now: what lies outside the filter was there before. */
static void group_same(struct article_list *list, const struct key_place *places, size_t count)
{
    for (size_t i = 0, n; i < count; i += n) {
        size_t present = 0;

        n = run_length(places + i, count - i);
        if (n == 1)
            continue;
        list->group_count++;
        for (size_t k = i; k < i + n; k++)
            present += list->keys[places[k].place].fate != FATE_NONE;
        for (size_t k = i; k < i + n; k++) {
            struct record_key *key = &list->keys[places[k].place];

            key->same = list->group_count;
            if (key->fate == FATE_WRITE || (key->fate == FATE_UNCHANGED && present > 1))
                set_fate(key, FATE_ANOMALY);
        }
    }
}

static void group_similar(struct article_list *list, const struct key_place *places, size_t count)
{
    for (size_t i = 0, n; i < count; i += n) {
        bool differ = false;

        n = run_length(places + i, count - i);
        for (size_t k = i + 1; k < i + n; k++)
            differ = differ || list->keys[places[k].place].exact != list->keys[places[i].place].exact;
        if (!differ)
            continue;
        list->group_count++;
        for (size_t k = i; k < i + n; k++) {
            struct record_key *key = &list->keys[places[k].place];

            key->similar = list->group_count;
            if (key->fate == FATE_WRITE)
                set_fate(key, FATE_ANOMALY);
        }
    }
}

/* ---- names of the groups ---- */

static bool group_name(struct article_list *list, struct article_group *group, const struct article_record *record, bool similar)
{
    const struct str *text = record->text;
    struct arena *arena = &list->arena;
    const char *comma = group->named > 0 ? ", " : "";

    if (group->named > NAMED_MAX)
        return true;
    if (group->named == NAMED_MAX)
        group->names = arena_format(arena, "%.*s…", STR_ARG(group->names));
    else if (similar)
        group->names = arena_format(arena, "%.*s%s%.*s (%.*s)", STR_ARG(group->names), comma, STR_ARG(text[RECORD_CODE]), STR_ARG(text[RECORD_NAME]));
    else
        group->names = arena_format(arena, "%.*s%s%.*s (%.*s)", STR_ARG(group->names), comma, STR_ARG(text[RECORD_NAME]), STR_ARG(text[RECORD_ID]));
    if (group->named == 0)
        group->cause = similar ? text_fold_key(arena, text[RECORD_CODE]) : arena_copy(arena, text[RECORD_CODE]);
    group->named++;
    return group->names.p && group->cause.p;
}

static int name_groups(struct article_list *list, struct err *err)
{
    struct spool_reader reader = {.spool = &list->spool, .window_size = SPOOL_WINDOW_HERE_AND_THERE};
    struct article_record record;
    int rc = OK;

    list->groups = mem_alloc_zero((size_t)list->group_count + 1, sizeof *list->groups);
    if (!list->groups)
        return err_memory(err);
    for (size_t i = 0; i < list->count; i++) {
        const struct record_key *key = &list->keys[i];

        if (key->same == 0 && key->similar == 0)
            continue;
        rc = spool_read(&reader, key->offset, &record, err);
        if (rc != OK)
            break;
        if ((key->same && !group_name(list, &list->groups[key->same], &record, false)) ||
            (key->similar && !group_name(list, &list->groups[key->similar], &record, true))) {
            rc = err_memory(err);
            break;
        }
    }
    buf_release(&reader.window);
    return rc;
}

int article_list_group(struct article_list *list, struct err *err)
{
    struct key_place *places = mem_alloc_zero(2 * list->count + 1, sizeof *places), *kept;

    if (!places)
        return err_memory(err);
    drop_repeats(list, places);
    group_similar(list, places, sort_by(list, PART_FOLD, places));
    list->by_code = places;
    list->by_code_count = sort_by(list, PART_EXACT, places);
    kept = mem_resize(places, (list->by_code_count + 1) * sizeof *places);
    if (kept)
        list->by_code = kept;
    group_same(list, list->by_code, list->by_code_count);
    return list->group_count > 0 ? name_groups(list, err) : OK;
}

int64_t article_list_find(const struct article_list *list, struct str code)
{
    uint64_t hash = hash_table_key(code);
    size_t low = 0, high = list->by_code_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (list->by_code[middle].hash < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low < list->by_code_count && list->by_code[low].hash == hash ? (int64_t)list->by_code[low].place : -1;
}

int64_t article_list_find_similar(const struct article_list *list, struct str folded)
{
    uint64_t hash = hash_table_key(folded);

    for (size_t i = 0; i < list->count; i++)
        if (list->keys[i].fold == hash && list->keys[i].exact != 0)
            return (int64_t)i;
    return -1;
}
