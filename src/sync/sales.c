/* sales.c: reading the till's sales of a window, page by page. The till gives no total, may lower the limit without a word, and is written to while it is
 * read; so the next page begins at the last instant of the one before (inclusive: identity tells what is new), skip serves only inside one instant, and
 * only an empty page is the end. Where skip had to serve, records may have moved over a page's border: that instant is read again until it brings nothing
 * new. Used by the orders flow, and by the proof through sync_read_sales. */
#include <string.h>

#include "base/hash.h"
#include "sync/sync_int.h"

/* ---- a set of identities ---- */

/* Half of a SHA-256: two ids that share it do not exist, so a sale is never taken for another. */
enum { MARK_SIZE = 16 };
struct mark { unsigned char bytes[MARK_SIZE]; };
struct mark_set {
    struct mark *slots;            /* open addressing; all zero = free */
    size_t room, count;            /* room is a power of two, at most half used */
};

static struct mark mark_of(const struct str *texts, size_t count)
{
    unsigned char digest[SHA256_SIZE];
    struct mark mark;
    sha256_parts(texts, count, digest);
    memcpy(mark.bytes, digest, sizeof mark.bytes);
    return mark;
}

static struct mark *mark_slot(struct mark *slots, size_t room, const struct mark *mark)
{
    static const struct mark unused = {{0}};
    size_t at;
    memcpy(&at, mark->bytes, sizeof at);
    for (at &= room - 1; memcmp(&slots[at], &unused, sizeof unused) != 0 && memcmp(&slots[at], mark, sizeof *mark) != 0; at = (at + 1) & (room - 1))
        continue;
    return &slots[at];
}

static int mark_set_grow(struct mark_set *set, struct err *err)
{
    enum { FIRST_ROOM = 64 };
    size_t room = set->room ? 2 * set->room : FIRST_ROOM;
    struct mark *slots = mem_alloc_zero(room, sizeof *slots);
    static const struct mark unused = {{0}};
    if (!slots)
        return err_memory(err);
    for (size_t i = 0; i < set->room; i++)
        if (memcmp(&set->slots[i], &unused, sizeof unused) != 0)
            *mark_slot(slots, room, &set->slots[i]) = set->slots[i];
    mem_free(set->slots);
    set->slots = slots;
    set->room = room;
    return OK;
}

/* *ret_new: whether it was not there before. */
static int mark_set_add(struct mark_set *set, struct mark mark, bool *ret_new, struct err *err)
{
    if (2 * (set->count + 1) > set->room) {
        int rc = mark_set_grow(set, err);
        if (rc != OK)
            return rc;
    }
    struct mark *slot = mark_slot(set->slots, set->room, &mark);
    *ret_new = memcmp(slot, &mark, sizeof mark) != 0;
    *slot = mark;
    set->count += *ret_new;
    return OK;
}

static void mark_set_clear(struct mark_set *set)
{
    if (set->count)
        memset(set->slots, 0, set->room * sizeof *set->slots);
    set->count = 0;
}

/* ---- one window ---- */

/* The same page again and again means that `skip` is not followed; twice may be chance. */
enum { SAME_PAGE_MAX = 3 };
/* What the till tells instants apart by. */
#define TILL_TICK INT64_C(1000)

/* The sales of the instant key_utc, or of the whole window once the till has shown that it keeps no order. When they do not fit one page, records may move from one
 * page to another between two requests: so they are passed over again until a pass brings what is known, each once, and nothing else. */
struct stretch {
    struct mark_set known, passed; /* of all passes, and of this one */
    bool stood_there;              /* a record has been seen at its very instant */
    bool in_pieces;                /* its records may have stood on several pages */
    bool found, repeated;          /* this pass brought something new; something twice */
    int passes, quiet_passes;      /* before this one; those of them, the last ones, that brought nothing new */
};

struct window {
    const struct sales_query *query;
    int64_t from_utc, to_utc;      /* as the till is asked */
    int64_t key_utc, skip;         /* the next page: from this instant on, without its first ones */
    bool by_key;                   /* false once the till has shown that it keeps no order: then all is read by skip */
    bool again;
    bool doubted;                  /* the last answer contradicted what is known, and is asked for once more */
    bool was_empty;                /* the last answer */
    size_t page_size;              /* what the till gives at most, as far as it has shown: a smaller page is whole */
    size_t last_count;             /* records of the page before */
    struct stretch stretch;
    struct mark_set seen;          /* what may come again: the sales of the instant key_utc; all of them when by_key is false */
    struct arena arena;            /* of the page at hand */
    struct mark page_mark;
    int same_pages;
};

static int64_t tick_below(int64_t at_utc)
{
    int64_t rest = at_utc % TILL_TICK;
    return at_utc - rest - (rest < 0 ? TILL_TICK : 0);
}

static bool instant_of(const struct window *window, const struct json *record, int64_t *ret_utc)
{
    int64_t at_utc;
    bool readable = sales_profile_sale_instant(window->query->profile, record, window->query->by_change, &at_utc);
    if (readable)
        *ret_utc = tick_below(at_utc);
    return readable;
}

static struct mark mark_of_record(const struct window *window, const struct json *record)
{
    struct str id = sales_profile_sale_id(window->query->profile, record);
    return mark_of(&id, 1);
}

/* ---- a page ---- */

/* Whether the page keeps to what was asked for: in order, and nothing from before its first instant. Instants that cannot be read say nothing. */
static bool page_in_order(const struct window *window, const struct json *page, int64_t *ret_last_utc)
{
    int64_t last_utc = window->key_utc, at_utc;
    for (const struct json *record = page->first; record; record = record->next) {
        if (!instant_of(window, record, &at_utc))
            continue;
        if (at_utc < last_utc)
            return false;
        last_utc = at_utc;
    }
    *ret_last_utc = last_utc;
    return true;
}

static int page_check_same(struct window *window, const struct till_list *list, const struct json *page, struct err *err)
{
    struct str *ids = arena_array(&window->arena, page->count, sizeof *ids);
    size_t count = 0;
    if (!ids)
        return err_memory(err);
    for (const struct json *record = page->first; record; record = record->next)
        ids[count++] = sales_profile_sale_id(window->query->profile, record);
    struct mark mark = mark_of(ids, count);
    bool same = window->skip > 0 && memcmp(&mark, &window->page_mark, sizeof mark) == 0;
    window->page_mark = mark;
    window->same_pages = same ? window->same_pages + 1 : 1;
    if (window->same_pages < SAME_PAGE_MAX)
        return OK;
    return err_set(err, ERR_TILL, N_("the till gives the same page of %s again and again (from record %s), so the list cannot be read to its end: nothing behind it was taken. "
                                     "Check the sales profile of the link"), ERR_STR(list->path), ERR_INT(window->skip));
}

/* An answer that contradicts what is known may be one to another question (a store on the way that gives an old one): out of order; nothing, or only what lies behind,
 * where a record stood; nothing after nothing. It is asked for once more, and then believed. */
static bool window_doubts(struct window *window, const struct json *page, bool in_order)
{
    int64_t first_utc = window->key_utc;
    bool behind = page->count == 0 || (window->by_key && instant_of(window, page->first, &first_utc) && first_utc > window->key_utc);
    bool nothing_again = page->count == 0 && window->was_empty;
    bool contradicts = !in_order || (window->skip == 0 && (nothing_again || (behind && window->stretch.stood_there)));
    window->was_empty = page->count == 0;
    window->doubted = contradicts && !window->doubted;
    return window->doubted;
}

static int stretch_note(struct stretch *stretch, struct mark mark, struct err *err)
{
    bool is_new, is_first;
    int rc = mark_set_add(&stretch->known, mark, &is_new, err);
    if (rc == OK)
        rc = mark_set_add(&stretch->passed, mark, &is_first, err);
    if (rc != OK)
        return rc;
    stretch->found = stretch->found || is_new;
    stretch->repeated = stretch->repeated || !is_first;
    return OK;
}

/* The records that are new and inside the window. A sale at or after its end is left for the next run. */
static int page_pick(struct window *window, const struct json *page, struct sales_record *records, size_t *ret_count, struct err *err)
{
    size_t count = 0;
    for (const struct json *record = page->first; record; record = record->next) {
        struct str id = sales_profile_sale_id(window->query->profile, record);
        int64_t at_utc = window->key_utc;
        bool is_new;
        if (id.n == 0)
            return err_set(err, ERR_TILL, N_("the till answered a sale without an identity: nothing of this page was taken. Check the sales profile of the link"));
        bool readable = instant_of(window, record, &at_utc);
        if (readable && (at_utc >= window->to_utc || at_utc < window->from_utc))
            continue;
        const struct mark mark = mark_of(&id, 1);
        int rc = mark_set_add(&window->seen, mark, &is_new, err);
        if (rc == OK && is_new)
            records[count++] = (struct sales_record){.id = id, .body = record->raw, .json = record};
        bool of_stretch = !window->by_key || at_utc == window->key_utc;
        if (rc == OK && of_stretch)
            rc = stretch_note(&window->stretch, mark, err);
        if (rc != OK)
            return rc;
        window->stretch.stood_there = window->stretch.stood_there || (readable && of_stretch);
        window->stretch.in_pieces = window->stretch.in_pieces || (window->skip > 0 && of_stretch);
    }
    *ret_count = count;
    return OK;
}

/* ---- where the next page begins ---- */

static void stretch_begin(struct window *window, bool stood_there)
{
    struct stretch *stretch = &window->stretch;
    mark_set_clear(&stretch->known);
    mark_set_clear(&stretch->passed);
    *stretch = (struct stretch){.known = stretch->known, .passed = stretch->passed, .stood_there = stood_there};
    window->skip = 0;
}

static void stretch_begin_pass(struct window *window)
{
    struct stretch *stretch = &window->stretch;
    mark_set_clear(&stretch->passed);
    stretch->passes++;
    stretch->quiet_passes = stretch->found ? 0 : stretch->quiet_passes + 1;
    stretch->found = stretch->repeated = false;
    window->skip = 0;
}

/* Where something always moves, three passes that bring nothing new are believed. */
static bool stretch_is_settled(const struct stretch *stretch)
{
    enum { QUIET_PASSES = 2 };
    if (stretch->passes == 0)
        return !stretch->in_pieces;
    bool nothing_moved = !stretch->repeated && stretch->passed.count == stretch->known.count;
    return !stretch->found && (nothing_moved || stretch->quiet_passes >= QUIET_PASSES);
}

enum turn {
    TURN_PAGE,                     /* the stretch goes on */
    TURN_PASS,                     /* it is over, and passed over again */
    TURN_BEHIND,                   /* to what is behind its instant: what a page shows of that when it was asked for with a skip may not be the first of it */
    TURN_INSTANT,                  /* to the last instant of the page */
    TURN_END
};

static enum turn window_turn(const struct window *window, const struct json *page, int64_t last_utc)
{
    const struct stretch *stretch = &window->stretch;
    bool over = page->count == 0 || (window->by_key && last_utc > window->key_utc);
    if (!over)
        return TURN_PAGE;
    if (!stretch_is_settled(stretch))
        return TURN_PASS;
    if (window->by_key && window->skip > 0 && (page->count > 0 || stretch->in_pieces))
        return TURN_BEHIND;
    return page->count == 0 || last_utc >= window->to_utc ? TURN_END : TURN_INSTANT;
}

/* Behind what has been handed over; of the page at hand it may come again what is from there on, and after several passes what one of them had. */
static int window_move_key(struct window *window, const struct json *page, int64_t key_utc, bool stood_there, struct err *err)
{
    int rc = OK;
    if (!window->query->each_once && window->stretch.passes == 0)
        mark_set_clear(&window->seen);
    window->key_utc = key_utc;
    stretch_begin(window, stood_there);
    for (const struct json *record = page->first; rc == OK && record; record = record->next) {
        int64_t at_utc = key_utc;
        bool is_new;
        if (!instant_of(window, record, &at_utc) || at_utc >= key_utc)
            rc = mark_set_add(&window->seen, mark_of_record(window, record), &is_new, err);
    }
    return rc;
}

static void window_begin(struct window *window)
{
    window->key_utc = window->from_utc;
    stretch_begin(window, false);
    if (!window->query->each_once)
        mark_set_clear(&window->seen);
}

/* The till keeps no order, so instants say nothing about what is still to come: the whole window once more, by skip alone. */
static void window_begin_again(struct window *window)
{
    window->by_key = false;
    window->again = true;
    window_begin(window);
}

/* ---- reading ---- */

/* All before this instant has been handed over when the page has been. */
static int64_t complete_after(const struct window *window, enum turn turn, int64_t last_utc)
{
    switch (turn) {
    case TURN_END: return window->to_utc;
    case TURN_INSTANT: return last_utc;
    case TURN_BEHIND: return window->key_utc + TILL_TICK;
    case TURN_PAGE:
    case TURN_PASS: break;
    }
    return window->key_utc;
}

static int window_take_turn(struct window *window, const struct json *page, enum turn turn, int64_t last_utc, bool *ret_end, struct err *err)
{
    switch (turn) {
    case TURN_PAGE:
        window->stretch.in_pieces = window->stretch.in_pieces || page->count >= window->page_size;
        window->skip += (int64_t)page->count;
        return OK;
    case TURN_PASS:
        stretch_begin_pass(window);
        return OK;
    case TURN_BEHIND:
        *ret_end = window->key_utc + TILL_TICK >= window->to_utc;
        return window_move_key(window, page, window->key_utc + TILL_TICK, false, err);
    case TURN_INSTANT:
        return window_move_key(window, page, last_utc, true, err);
    case TURN_END:
        *ret_end = true;
        break;
    }
    return OK;
}

static int page_hand_over(struct window *window, const struct json *page, int64_t last_utc, sales_page_fn *on_page, void *context, bool *ret_end, struct err *err)
{
    struct sales_page handed = {.again = window->again};
    struct sales_record *records = arena_array(&window->arena, page->count + 1, sizeof *records);
    if (!records)
        return err_memory(err);
    int rc = page_pick(window, page, records, &handed.count, err);
    if (rc != OK)
        return rc;
    if (handed.count > 0 && window->last_count > 0)
        window->page_size = window->last_count; /* there was more behind it */
    window->last_count = page->count;
    enum turn turn = window_turn(window, page, last_utc);
    handed.records = records;
    handed.has_complete = window->by_key || turn == TURN_END;
    handed.complete_utc = complete_after(window, turn, last_utc);
    rc = on_page(context, &handed, err);
    if (rc != OK)
        return rc;
    window->again = false;
    rc = window_take_turn(window, page, turn, last_utc, ret_end, err);
    if (page->count > window->page_size)
        window->page_size = page->count;
    return rc;
}

/* Reads one page and hands it over; *ret_end when it was the last. */
static int window_step(struct window *window, sales_page_fn *on_page, void *context, bool *ret_end, struct err *err)
{
    const struct sales_query *query = window->query;
    struct till_list list;
    struct json *page;
    struct str bytes;
    int64_t last_utc = window->key_utc;
    arena_reset(&window->arena);
    if (!sales_profile_list(query->profile, query->account, &window->arena, query->by_change, window->key_utc, window->to_utc, SYNC_SALES_PER_PAGE, &list))
        return err_memory(err);
    int rc = till_page_get(query->till, &list, window->skip, &window->arena, &bytes, &page, err);
    if (rc == OK && page->count > 0)
        rc = page_check_same(window, &list, page, err);
    if (rc != OK)
        return rc;
    bool in_order = !window->by_key || page_in_order(window, page, &last_utc);
    if (window_doubts(window, page, in_order))
        return OK;
    if (in_order)
        return page_hand_over(window, page, last_utc, on_page, context, ret_end, err);
    window_begin_again(window);
    return OK;
}

int sales_read(const struct sales_query *query, sales_page_fn *on_page, void *context, struct err *err)
{
    struct window window = {
        .query = query,
        .from_utc = tick_below(query->from_utc),
        .to_utc = tick_below(query->to_utc),
        .by_key = true,
        .page_size = query->page_size ? *query->page_size : 0,
    };
    bool end = window.from_utc >= window.to_utc;
    int rc = OK;
    window_begin(&window);
    while (rc == OK && !end)
        rc = window_step(&window, on_page, context, &end, err);
    if (query->page_size)
        *query->page_size = window.page_size;
    mem_free(window.seen.slots);
    mem_free(window.stretch.known.slots);
    mem_free(window.stretch.passed.slots);
    arena_release(&window.arena);
    return rc;
}

/* ---- for the proof ---- */

struct sale_reading {
    const struct sales_profile *profile;
    sync_sale_fn *on_sale;
    void *context;
    struct arena arena;            /* of one sale */
};

static int read_page_of_sales(void *context, const struct sales_page *page, struct err *err)
{
    struct sale_reading *reading = context;
    int rc = interrupt_requested() ? err_set(err, ERR_CANCELLED, N_("interrupted: what was done stays, start again to go on")) : OK;
    for (size_t i = 0; rc == OK && i < page->count; i++) {
        struct sale sale = {0};
        arena_reset(&reading->arena);
        rc = sales_profile_read(reading->profile, page->records[i].json, &reading->arena, &sale, err);
        if (rc == OK)
            rc = reading->on_sale(reading->context, &sale, err);
    }
    return rc;
}

int sync_read_sales(const struct sync_environment *environment, const struct link *link, int32_t from_day, int32_t to_day, sync_sale_fn *on_sale, void *context, struct err *err)
{
    const struct company *company = environment->company;
    struct sale_reading reading = {.on_sale = on_sale, .context = context};
    struct till_client *till = NULL;
    struct till_account account;
    struct sales_profile *profile;
    ARENA_AUTO arena = {0};
    int rc = link_profile(&link->options, &arena, &profile, err);
    if (rc == OK)
        rc = link_connect(environment, link, NULL, NULL, &till, err);
    if (rc == OK)
        rc = till_account_get(till, &arena, &account, err);
    if (rc == OK) {
        struct sales_query query = {
            .till = till,
            .account = &account,
            .profile = profile,
            .from_utc = zone_day_start(company->zone, from_day, company->cutoff_minutes),
            .to_utc = zone_day_start(company->zone, to_day + 1, company->cutoff_minutes),
            .each_once = true,
        };
        reading.profile = profile;
        rc = sales_read(&query, read_page_of_sales, &reading, err);
    }
    till_client_free(till);
    arena_release(&reading.arena);
    return rc;
}

struct company_reading {
    const struct sync_environment *environment;
    int32_t from_day, to_day;
    int64_t link_id, read;
    sync_company_sale_fn *on_sale;
    void *context;
};

static int company_sale(void *context, const struct sale *sale, struct err *err)
{
    struct company_reading *reading = context;
    const struct sync_environment *environment = reading->environment;
    const struct sync_progress progress = {.flow = FLOW_ORDERS, .stage = N_("reading"), .done = ++reading->read};
    if (environment->on_progress)
        environment->on_progress(environment->context, &progress);
    return reading->on_sale(reading->context, reading->link_id, sale, err);
}

static int company_link(void *context, const struct link *link, struct err *err)
{
    struct company_reading *reading = context;
    if (!link->options.import_orders && !link->has_cursor)
        return OK;
    reading->link_id = link->id;
    return sync_read_sales(reading->environment, link, reading->from_day, reading->to_day, company_sale, reading, err);
}

int sync_read_company_sales(const struct sync_environment *environment, int32_t from_day, int32_t to_day, sync_company_sale_fn *on_sale, void *context, struct err *err)
{
    struct company_reading reading = {.environment = environment, .from_day = from_day, .to_day = to_day, .on_sale = on_sale, .context = context};
    return link_each(environment->db, environment->company->id, company_link, &reading, err);
}
