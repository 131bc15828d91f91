/* list.c: the till's lists: their query, and reading one whole list with several pages in flight, handed over in order without a gap. Used by
 * sync and cli through till/till.h. The till gives no total and may lower `limit` without a word, so the size of a page is learnt from the
 * pages themselves, and only an empty page is the end. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "till/till_int.h"

/* ---- the query ---- */

/* How many terms share field and operator: a lone value of `in` is sent as an equality. */
static size_t values_of(const struct till_list *list, const struct till_filter *filter)
{
    size_t count = 0;

    for (size_t i = 0; i < list->filter_count; i++) {
        if (str_equal(list->filters[i].field, filter->field) && str_equal(list->filters[i].op, filter->op))
            count++;
    }
    return count;
}

/* What a query string would take for its own marks is escaped in the inner text too. What the live server does with such a value is unknown;
 * for all others nothing changes. */
static void append_filter_value(struct buf *out, struct str value)
{
    for (size_t i = 0; i < value.n; i++) {
        if (strchr("&=%+#", value.p[i]) != NULL && value.p[i] != '\0')
            buf_printf(out, "%%%02X", (unsigned)(unsigned char)value.p[i]);
        else
            buf_append_char(out, value.p[i]);
    }
}

static void append_filter(struct buf *out, const struct till_list *list)
{
    for (size_t i = 0; i < list->filter_count; i++) {
        const struct till_filter *filter = &list->filters[i];
        bool lone = values_of(list, filter) == 1;
        struct str op = filter->op;

        if (lone && str_equal(op, STR("in")))
            op = STR("");
        else if (lone && str_equal(op, STR("nin")))
            op = STR("ne");
        if (i > 0)
            buf_append_char(out, '&');
        buf_append(out, filter->field);
        if (op.n > 0) {
            buf_append_char(out, '[');
            buf_append(out, op);
            buf_append_char(out, ']');
        }
        buf_append_char(out, '=');
        append_filter_value(out, filter->value);
    }
}

void till_append_list_query(struct buf *out, const struct till_list *list, int64_t skip)
{
    assert(list->order.n > 0 && list->limit > 0);
    buf_append(out, list->path);
    buf_append_char(out, '?');
    if (list->scope_name.n > 0) {
        http_append_encoded(out, list->scope_name);
        buf_append_char(out, '=');
        http_append_encoded(out, list->scope_id);
        buf_append_char(out, '&');
    }
    buf_append_z(out, "limit=");
    buf_append_int(out, list->limit);
    buf_append_z(out, "&skip=");
    buf_append_int(out, skip);
    if (list->filter_count > 0) {
        BUF_AUTO filter = {0};

        append_filter(&filter, list);
        buf_append_z(out, "&filter=");
        http_append_encoded(out, buf_str(&filter));
        out->failed = out->failed || buf_failed(&filter);
    }
    buf_append_z(out, "&order=");
    http_append_encoded(out, list->order);
}

struct till_list till_catalog_list(enum till_resource resource, const struct till_account *account)
{
    struct till_list list = {.path = resource_path(resource), .order = STR("_id=ASC"), .limit = 1000};

    switch (resource) {
    case TILL_CATEGORIES:
    case TILL_TAXES:
        list.scope_name = STR("company_id");
        list.scope_id = account->company_id;
        break;
    case TILL_DISCOUNTS:
        list.scope_name = STR("shop_id");
        list.scope_id = account->shop_id;
        break;
    default:
        list.scope_name = STR("node_id");
        list.scope_id = account->node_id;
    }
    return list;
}

struct str list_id_path(const struct till_list *list)
{
    return list->id_path.n > 0 ? list->id_path : STR("_id");
}

struct answer answer_to_page(const struct till_client *client, const struct http_response *response, const struct till_list *list, int64_t skip)
{
    struct answer answer = answer_to(client, response, HTTP_GET, list->path);
    size_t used = strlen(answer.where);

    snprintf(answer.where + used, sizeof(answer.where) - used, "?skip=%lld", (long long)skip);
    return answer;
}

/* ---- reading a whole list ---- */

/* The same page again and again means that `skip` is not followed. Two alike may be chance (a short page, records that moved). */
enum { SAME_PAGE_MAX = 3 };
/* How far back a page is known again; and a record, beyond the page before: pages may be small, and many records come at once. */
enum { MARKS = 32, IDS_KEPT = 256 };
/* No shop has as many articles, nor sells as much in a window; a till that makes its records up would never end. */
#define RECORDS_MAX INT64_C(10000000)

/* A page that was asked for. What came is kept until its turn: an error past the end of the list must not stop what stands before it. */
struct page {
    uint64_t tag;
    int64_t skip;
    bool arrived;
    struct http_response response; /* body and content_type point into the buffers */
    struct buf body, content_type;
    struct err failure;
};

struct list_reading {
    struct till_client *client;
    const struct till_list *list;
    till_page_fn *on_page;
    void *context;
    struct page pages[HTTP_IN_FLIGHT_MAX]; /* a ring in order of skip */
    size_t first, count;           /* of the ring */
    size_t in_flight;
    int64_t due_skip, ask_skip;    /* the next page to hand over, and the next to ask for */
    int64_t page_size;             /* as learnt */
    bool settled;                  /* a page of that size has come: the next ones may be asked for ahead */
    uint64_t marks[MARKS];         /* of the identities of the last pages, a ring */
    size_t mark_count;
    int same_pages;
    bool asked_again;              /* the page at hand came as one before it, and has been asked for once more */
    struct buf last_ids;           /* of the last page and some before it, as the hashes of hash_table_key */
    struct arena arena;
};

static struct page *page_at(struct list_reading *reading, size_t place)
{
    return &reading->pages[(reading->first + place) % HTTP_IN_FLIGHT_MAX];
}

static int reading_ask(struct list_reading *reading, struct err *err)
{
    size_t window = reading->settled ? reading->in_flight : 1;
    BUF_AUTO target = {0};

    while (reading->count < window) {
        struct page *page = page_at(reading, reading->count);

        buf_reset(&target);
        till_append_list_query(&target, reading->list, reading->ask_skip);
        if (buf_failed(&target))
            return err_memory(err);
        int rc = client_send(reading->client, HTTP_GET, buf_str(&target), STR_NULL, &page->tag, err);
        if (rc != OK)
            return rc;
        page->skip = reading->ask_skip;
        page->arrived = false;
        reading->ask_skip += reading->page_size;
        reading->count++;
    }
    return OK;
}

static int page_keep(struct page *page, const struct http_response *response, const struct err *failure, struct err *err)
{
    buf_reset(&page->body);
    buf_reset(&page->content_type);
    page->body.max = HTTP_BODY_MAX;
    buf_append(&page->body, response->body);
    buf_append(&page->content_type, response->content_type);
    if (buf_failed(&page->body) || buf_failed(&page->content_type))
        return err_memory(err);
    page->response = *response;
    page->response.body = buf_str(&page->body);
    page->response.content_type = buf_str(&page->content_type);
    page->failure = *failure;
    page->arrived = true;
    return OK;
}

/* Waits until the first page of the ring is there; those that come before it are kept, and those that nobody waits for any more dropped. */
static int reading_wait(struct list_reading *reading, struct err *err)
{
    while (!page_at(reading, 0)->arrived) {
        struct http_response response;
        struct err failure = {0};
        int rc = client_receive(reading->client, &response, &failure, err);

        if (rc != OK)
            return rc;
        for (size_t i = 0; i < reading->count; i++) {
            struct page *page = page_at(reading, i);

            if (page->tag != response.tag)
                continue;
            rc = page_keep(page, &response, &failure, err);
            if (rc != OK)
                return rc;
        }
    }
    return OK;
}

static struct str reading_id(const struct list_reading *reading, const struct json *element)
{
    return json_identity(json_get_path(element, list_id_path(reading->list)));
}

static const struct json *last_of(const struct json *array)
{
    const struct json *last = array->first;

    while (last->next != NULL)
        last = last->next;
    return last;
}

/* The first and the last record tell a page from another. */
static uint64_t reading_mark(const struct list_reading *reading, const struct json *array)
{
    uint64_t mark = array->count << 32 ^ hash_table_key(reading_id(reading, array->first));

    return (mark << 5 | mark >> 59) ^ hash_table_key(reading_id(reading, last_of(array)));
}

/* A store on the way may give an old answer for a new one, and what should stand here would be missed: a page that came before, or an end that came from
 * farther on. Such a page is asked for once more. */
static bool reading_doubts(struct list_reading *reading, bool is_empty, uint64_t mark)
{
    size_t known = reading->mark_count < MARKS ? reading->mark_count : MARKS;
    bool repeated = false;

    for (size_t i = 0; i < known && !is_empty; i++)
        repeated = repeated || reading->marks[i] == mark;
    for (size_t i = 1; i < reading->count && is_empty; i++)
        repeated = repeated || page_at(reading, i)->arrived;
    return repeated && !reading->asked_again;
}

/* Refuses a server that gives the same records for every skip: without this the list would have no end. */
static int reading_check_progress(struct list_reading *reading, const struct answer *answer, uint64_t mark, struct err *err)
{
    bool same = reading->mark_count > 0 && reading->marks[(reading->mark_count - 1) % MARKS] == mark;

    reading->same_pages = same ? reading->same_pages + 1 : 1;
    reading->marks[reading->mark_count++ % MARKS] = mark;
    if (reading->same_pages <= SAME_PAGE_MAX)
        return OK;
    return answer_refuse(answer, N_("%1$s answers the same records for every page (status %2$s, %3$s, “%4$s”): the server does not follow `skip`. Check the "
                                    "address of the link and, for sales, its sales profile"), "", err);
}

/* A page of another size than the one asked ahead for: those in flight stand at the wrong places. They are forgotten, and the next page is
 * asked for alone, right behind this one, until its size proves itself. */
static void reading_resize(struct list_reading *reading, int64_t page_size)
{
    reading->page_size = page_size;
    reading->settled = false;
    reading->count = 0;
    reading->ask_skip = reading->due_skip;
}

/* Whether the list has moved: the page begins with what stood on one before. Notes what stands on this one. */
static int reading_note_ids(struct list_reading *reading, const struct json *array, bool *ret_moved, struct err *err)
{
    const size_t kept = IDS_KEPT * sizeof(uint64_t);
    uint64_t first = hash_table_key(reading_id(reading, array->first));
    struct buf *ids = &reading->last_ids;

    *ret_moved = ids->n > 0 && memmem(ids->p, ids->n, &first, sizeof(first)) != NULL;
    if (ids->n > kept) {
        memmove(ids->p, ids->p + (ids->n - kept), kept);
        ids->n = kept;
    }
    for (const struct json *element = array->first; element != NULL; element = element->next) {
        uint64_t id = hash_table_key(reading_id(reading, element));

        buf_append(ids, (struct str){(const char *)&id, sizeof(id)});
    }
    return buf_failed(ids) ? err_memory(err) : OK;
}

/* Hands the first page over; *ret_end when it is empty. */
static int reading_hand_over(struct list_reading *reading, bool *ret_end, struct err *err)
{
    struct page *page = page_at(reading, 0);
    struct json *array;
    bool moved;

    assert(page->skip == reading->due_skip);
    if (page->response.status == 0) {
        *err = page->failure;
        return page->failure.code;
    }
    struct answer answer = answer_to_page(reading->client, &page->response, reading->list, page->skip);
    arena_reset(&reading->arena);
    int rc = answer_array(&answer, list_id_path(reading->list), &reading->arena, &array, err);
    if (rc != OK)
        return rc;
    bool is_empty = array->count == 0;
    uint64_t mark = is_empty ? 0 : reading_mark(reading, array);
    reading->asked_again = reading_doubts(reading, is_empty, mark);
    if (!is_empty)
        rc = reading_check_progress(reading, &answer, mark, err);
    if (rc != OK)
        return rc;
    if (reading->asked_again) {
        reading_resize(reading, reading->page_size);
        return OK;
    }
    if (is_empty) {
        *ret_end = true;
        return OK;
    }
    rc = reading_note_ids(reading, array, &moved, err);
    if (rc == OK && reading->due_skip > RECORDS_MAX)
        rc = err_set(err, ERR_TILL, N_("the till's list %s has more than %s records and no end: check the address of the link"), ERR_STR(reading->list->path), ERR_INT(RECORDS_MAX));
    if (rc != OK)
        return rc;
    rc = reading->on_page(reading->context, page->skip, page->response.body, array, err);
    if (rc < 0)
        return rc;
    reading->first = (reading->first + 1) % HTTP_IN_FLIGHT_MAX;
    reading->count--;
    reading->due_skip += (int64_t)array->count;
    /* Records that came before the others have moved this page: those that were asked for ahead may be of the time before, and would leave a gap. */
    if ((int64_t)array->count == reading->page_size && !moved)
        reading->settled = true;
    else
        reading_resize(reading, (int64_t)array->count);
    return OK;
}

int till_list_read(struct till_client *client, const struct till_list *list, int in_flight, till_page_fn *on_page, void *context, struct err *err)
{
    struct list_reading *reading = mem_alloc_zero(1, sizeof(*reading));
    bool end = false;
    int rc = OK;

    assert(in_flight >= 1 && in_flight <= HTTP_IN_FLIGHT_MAX);
    if (reading == NULL)
        return err_memory(err);
    reading->client = client;
    reading->list = list;
    reading->on_page = on_page;
    reading->context = context;
    reading->in_flight = (size_t)in_flight;
    reading->page_size = list->limit;
    while (rc == OK && !end) {
        rc = reading_ask(reading, err);
        if (rc == OK)
            rc = reading_wait(reading, err);
        if (rc == OK)
            rc = reading_hand_over(reading, &end, err);
    }
    /* Requests still in flight (past the end, or after an error) are not waited for: the client drops their answers when they come. */
    for (size_t i = 0; i < HTTP_IN_FLIGHT_MAX; i++) {
        buf_release(&reading->pages[i].body);
        buf_release(&reading->pages[i].content_type);
    }
    buf_release(&reading->last_ids);
    arena_release(&reading->arena);
    mem_free(reading);
    return rc;
}
