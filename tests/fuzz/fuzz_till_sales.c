/* fuzz_till_sales.c: a till's record through two sales profiles that share no name, the built-in one and tests/profiles/other-till.ini. The same content
 * gives the same sale; a sale that is read can be exported and imported without loss; nothing that is unreadable goes without a fault. */
#include "base/json.h"
#include "fuzz_file.h"
#include "till/till_int.h"

/* ---- the profiles ---- */

static const struct sales_profile *profiles[2];
enum { PROFILE_COUNT = sizeof profiles / sizeof *profiles };

static void load_profiles(void)
{
    static struct arena arena;
    BUF_AUTO text = {0};
    struct err err = {0};
    FILE *file = profiles[0] == NULL ? fopen(TEST_PROFILES "/other-till.ini", "rb") : NULL;
    struct sales_profile *builtin = NULL, *other = NULL;

    if (profiles[0] != NULL)
        return;
    char *room = buf_reserve(&text, 8192);
    LAW(file != NULL && room != NULL);
    text.n = fread(room, 1, 8192, file);
    fclose(file);
    LAW(sales_profile_parse(&arena, sales_profile_builtin(STR("tactill-v4")), "tactill-v4", &builtin, &err) == OK);
    LAW(sales_profile_parse(&arena, buf_str(&text), "other-till", &other, &err) == OK);
    profiles[0] = builtin;
    profiles[1] = other;
}

/* ---- laws ---- */

static void law_of_identity(const struct sales_profile *profile, const struct json *record, const struct sale *sale)
{
    struct str id = sales_profile_sale_id(profile, record);
    int64_t at_utc = 0;

    LAW(id.n > 0 ? str_equal(id, sale->id) : sale->id.n == 0);
    if (sales_profile_sale_instant(profile, record, false, &at_utc) && str_equal(profile->closed_field, profile->closed_at))
        LAW(sale->has_closed_utc && sale->closed_utc == at_utc);
    for (size_t i = 0; i < sale->payment_count; i++)
        for (size_t j = 0; j < i; j++)
            if (sale->payments[i].id.n > 0 && memchr(sale->payments[i].id.p, '#', sale->payments[i].id.n) == NULL)
                LAW(!str_equal(sale->payments[i].id, sale->payments[j].id));
    for (size_t i = 0; i < sale->payment_count; i++)
        LAW(sale->payments[i].id.n > 0);
    for (size_t i = 0; i < sale->fault_count; i++) {
        LAW(sale->faults[i].reason != NULL && sale->faults[i].path.n > 0);
        law_of_text(sale->faults[i].text);
    }
}

/* The sale's content in one way of writing: reading that gives the same content, and the same sale. */
static void law_of_canonical(const struct sales_profile *profile, const struct json *record, const struct sale *sale, struct arena *arena)
{
    BUF_AUTO content = {0}, whole = {0}, again = {0};
    struct json *parsed = NULL, *rewritten = NULL;
    struct sale second;
    struct err err = {0};

    sales_profile_append_canonical(profile, record, &content);
    LAW(!buf_failed(&content) && json_parse(arena, buf_str(&content), &parsed, &err) == OK && json_is(parsed, JSON_ARRAY));
    json_append_canonical(&whole, record, NULL, 0);
    LAW(json_parse(arena, buf_str(&whole), &rewritten, &err) == OK);
    sales_profile_append_canonical(profile, rewritten, &again);
    LAW(sales_profile_read(profile, rewritten, arena, &second, &err) == OK);
    /* A number that stands for an identity or a word ("1.0") reads otherwise once it is normal; then one of both has a fault. */
    if (sale->fault_count > 0 || second.fault_count > 0)
        return;
    LAW(str_equal(buf_str(&content), buf_str(&again)));
    LAW(sale->state == second.state);
    law_of_same_sale(sale, &second);
}

struct rereading { struct staged staged; struct arena *arena; };

static void read_again(void *context, const struct file_walk *walk, const struct kept_rows *rows)
{
    struct rereading *reading = context;
    struct str link = STR_NULL;
    struct err err = {0};

    law_of_success(file_sale_read(&walk->header, rows, "file.csv", fuzz_company(), reading->arena, &reading->staged, &link, &err), &err);
}

/* Out of the grid into a file, and back. */
static void law_of_export(const struct sale *sale, struct arena *arena)
{
    BUF_AUTO text = {0};
    struct staged staged = {.sale = *sale};
    struct rereading reading = {.arena = arena};
    struct file_walk walk = {.named = true, .on_sale = read_again, .context = &reading};
    struct err err = {0};

    if (str_trim(sale->id).n == 0)
        return;
    file_header_write(&text);
    file_sale_write(&text, &staged, STR_NULL);
    law_of_success(file_walk_run(&walk, buf_str(&text), &err), &err);
    LAW(walk.sales == 1);
    law_of_same_sale(sale, &reading.staged.sale);
}

static void read_record(const struct sales_profile *profile, const struct json *record, struct arena *arena)
{
    struct sale sale;
    struct err err = {0};

    LAW(sales_profile_read(profile, record, arena, &sale, &err) == OK);
    law_of_figures(&sale);
    law_of_identity(profile, record, &sale);
    law_of_canonical(profile, record, &sale, arena);
    law_of_export(&sale, arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_AUTO arena = {0};
    struct json *record = NULL;
    struct err err = {0};

    load_profiles();
    (void)fuzz_company();
    if (json_parse(&arena, input_of(data, size), &record, &err) != OK)
        return 0;
    for (size_t i = 0; i < PROFILE_COUNT; i++)
        read_record(profiles[i], record, &arena);
    return 0;
}
