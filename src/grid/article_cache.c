/* article_cache.c: which article a line sells, asked once per till article. A table in memory, keyed by the line's identity, as large as what it holds and bounded: it
 * forgets everything when it is full, which costs a second look-up and nothing else. */
#include "grid/grid_int.h"

/* 65 536 articles are more than a shop sells between two syncs; 64 bytes each, and their codes. */
enum { CACHE_SLOTS_FIRST = 1 << 8, CACHE_MAX = 1 << 16 };

struct cache_slot {
    struct str key;            /* absent: free */
    struct article_match match;
};
struct article_cache {
    struct cache_slot *slots;  /* open addressing, at most half used */
    size_t slot_count;         /* a power of two */
    size_t used;
    struct arena arena;
};

int article_cache_new(struct article_cache **ret, struct err *err)
{
    struct article_cache *cache = mem_alloc_zero(1, sizeof *cache);
    if (!cache)
        return err_memory(err);
    cache->slot_count = CACHE_SLOTS_FIRST;
    cache->slots = mem_alloc_zero(cache->slot_count, sizeof *cache->slots);
    if (!cache->slots) {
        mem_free(cache);
        return err_memory(err);
    }
    *ret = cache;
    return OK;
}

void article_cache_clear(struct article_cache *cache)
{
    if (!cache->used)
        return;
    memset(cache->slots, 0, cache->slot_count * sizeof *cache->slots);
    cache->used = 0;
    arena_reset(&cache->arena);
}

void article_cache_free(struct article_cache *cache)
{
    if (!cache)
        return;
    arena_release(&cache->arena);
    mem_free(cache->slots);
    mem_free(cache);
}

static struct cache_slot *cache_slot_of(struct article_cache *cache, struct str key)
{
    size_t i = (size_t)hash_table_key(key) & (cache->slot_count - 1);
    while (cache->slots[i].key.p && !str_equal(cache->slots[i].key, key))
        i = (i + 1) & (cache->slot_count - 1);
    return &cache->slots[i];
}

static int cache_grow(struct article_cache *cache, struct err *err)
{
    struct article_cache wider = {.slot_count = 2 * cache->slot_count};
    wider.slots = mem_alloc_zero(wider.slot_count, sizeof *wider.slots);
    if (!wider.slots)
        return err_memory(err);
    for (size_t i = 0; i < cache->slot_count; i++)
        if (cache->slots[i].key.p)
            *cache_slot_of(&wider, cache->slots[i].key) = cache->slots[i];
    mem_free(cache->slots);
    cache->slots = wider.slots;
    cache->slot_count = wider.slot_count;
    return OK;
}

static int cache_put(struct article_cache *cache, struct str key, const struct article_match *match, struct err *err)
{
    if (cache->used == CACHE_MAX)
        article_cache_clear(cache);
    int rc = 2 * (cache->used + 1) > cache->slot_count ? cache_grow(cache, err) : OK;
    if (rc != OK)
        return rc;
    struct cache_slot *slot = cache_slot_of(cache, key);
    struct str own_key = arena_copy(&cache->arena, key), own_code = arena_copy(&cache->arena, match->code);
    if (!own_key.p || (match->code.p && !own_code.p))
        return err_memory(err);
    *slot = (struct cache_slot){.key = own_key, .match = *match};
    slot->match.code = own_code;
    cache->used++;
    return OK;
}

/* An article by its code: 1 = filled. */
static int match_by_code(struct grid_session *session, struct arena *arena, struct str code, struct article_match *ret, struct err *err)
{
    static const char SELECT_BY_CODE[] = "SELECT article_id, stock_managed FROM article WHERE company_id = $1 AND code = $2";
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(session->db, &rows, SELECT_BY_CODE, err, DB_INT(session->company->id), DB_STR(code));
    if (rc == OK)
        rc = db_next(&rows, err);
    if (rc != 1)
        return rc;
    *ret = (struct article_match){.match = LINE_KNOWN, .article_id = db_int(&rows, 0), .stock_managed = db_int(&rows, 1) != 0, .code = arena_copy(arena, code)};
    return ret->code.p ? 1 : err_memory(err);
}

/* The till's identity of the article wins over the reference printed on the line: 1 = filled, 0 = not bound; *ret_bound_code a code given by hand that does not exist yet. */
static int match_by_till_id(struct grid_session *session, struct arena *arena, const struct sale_line *line, struct article_match *ret, struct err *err)
{
    static const char SELECT_BY_TILL_ID[] =
        "SELECT a.article_id, a.stock_managed, a.code FROM till_article t JOIN article a ON a.company_id = t.company_id"
        " AND (a.article_id = t.article_id OR (t.article_id IS NULL AND a.code = t.bound_code))"
        " WHERE t.company_id = $1 AND t.link_id = $2 AND t.till_article_id = $3 AND t.declination_id = $4";
    struct str declination = line->declination_id.p ? line->declination_id : STR("");
    DB_ROWS_AUTO rows = {0};
    int rc = db_query(session->db, &rows, SELECT_BY_TILL_ID, err, DB_INT(session->company->id), DB_INT(session->rules.link_id), DB_STR(line->article_id),
                      DB_STR(declination));
    if (rc == OK)
        rc = db_next(&rows, err);
    if (rc != 1)
        return rc;
    *ret = (struct article_match){.match = LINE_KNOWN, .article_id = db_int(&rows, 0), .stock_managed = db_int(&rows, 1) != 0,
                                  .code = arena_copy(arena, db_text(&rows, 2))};
    return ret->code.p ? 1 : err_memory(err);
}

static int reference_is_ambiguous(struct grid_session *session, struct str reference, struct err *err)
{
    static const char SELECT_AMBIGUOUS[] =
        "SELECT 1 FROM anomaly WHERE company_id = $1 AND link_id = $2 AND code = 'article_same_reference' AND cause_key = $3 LIMIT 1";
    int64_t found = 0;
    return db_query_int(session->db, &found, SELECT_AMBIGUOUS, err, DB_INT(session->company->id), DB_INT(session->rules.link_id), DB_STR(reference));
}

static int match_uncached(struct grid_session *session, struct arena *arena, const struct sale_line *line, struct article_match *ret, struct err *err)
{
    bool has_reference = line->reference.p && line->reference.n > 0;
    int rc = line->article_id.p ? match_by_till_id(session, arena, line, ret, err) : 0;
    if (rc != 0)
        return rc < 0 ? rc : OK;
    if (!has_reference) {
        *ret = (struct article_match){.match = LINE_NO_REFERENCE};
        return OK;
    }
    rc = reference_is_ambiguous(session, line->reference, err);
    if (rc == 1)
        *ret = (struct article_match){.match = LINE_AMBIGUOUS};
    if (rc == 0)
        rc = match_by_code(session, arena, line->reference, ret, err);
    if (rc == 0)
        *ret = (struct article_match){.match = LINE_UNKNOWN};
    return rc < 0 ? rc : OK;
}

int article_match_line(struct grid_session *session, const struct sale_line *line, struct article_match *ret, struct err *err)
{
    bool has_reference = line->reference.p && line->reference.n > 0;
    if (!line->article_id.p && !has_reference) {
        *ret = (struct article_match){.match = LINE_FREE, .code = STR("")};
        return OK;
    }
    BUF_AUTO key = {0};
    buf_append(&key, line->article_id);
    buf_append_char(&key, '/');
    buf_append(&key, line->declination_id);
    buf_append_char(&key, '/');
    buf_append(&key, line->reference);
    if (buf_failed(&key))
        return err_memory(err);
    struct cache_slot *slot = cache_slot_of(session->articles, buf_str(&key));
    if (slot->key.p) {
        *ret = slot->match;
        return OK;
    }
    ARENA_AUTO scratch = {0};
    struct article_match match = {0};
    int rc = match_uncached(session, &scratch, line, &match, err);
    if (rc != OK)
        return rc;
    rc = cache_put(session->articles, buf_str(&key), &match, err);
    if (rc == OK)
        *ret = cache_slot_of(session->articles, buf_str(&key))->match;
    return rc;
}
