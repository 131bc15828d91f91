/* fuzz_file_liaison.c: our own sales file. A sale that was read, written and read again is the same sale, and written again it is the same bytes, so that
 * an export imported again changes nothing; the journal reads its body back. */
#include "fuzz_file.h"

static void law_of_journal(struct str body, const struct sale *sale, struct arena *arena)
{
    struct sale again;
    struct err err = {0};

    LAW(file_body_is(body));
    LAW(file_body_read(body, fuzz_company(), arena, &again, &err) == OK);
    law_of_same_sale(sale, &again);
}

struct rereading { struct staged staged; struct str link; struct arena *arena; };

static void read_again(void *context, const struct file_walk *walk, const struct kept_rows *rows)
{
    struct rereading *reading = context;
    struct err err = {0};

    LAW(walk->sales == 1);
    law_of_success(file_sale_read(&walk->header, rows, "file.csv", fuzz_company(), reading->arena, &reading->staged, &reading->link, &err), &err);
}

static void law_of_writing(const struct staged *staged, struct str link, struct arena *arena)
{
    BUF_AUTO written = {0}, again = {0};
    struct rereading reading = {.arena = arena};
    struct file_walk walk = {.named = true, .on_sale = read_again, .context = &reading};
    struct err err = {0};

    file_header_write(&written);
    file_sale_write(&written, staged, link);
    LAW(!buf_failed(&written));
    law_of_success(file_walk_run(&walk, buf_str(&written), &err), &err);
    LAW(walk.sales == 1);
    law_of_same_sale(&staged->sale, &reading.staged.sale);
    LAW(str_equal(str_trim(link), str_trim(reading.link)));
    LAW(staged->has_day == reading.staged.has_day && staged->day == reading.staged.day);
    file_header_write(&again);
    file_sale_write(&again, &reading.staged, reading.link);
    LAW(str_equal(buf_str(&written), buf_str(&again)));
    law_of_journal(buf_str(&written), &staged->sale, arena);
}

static void on_sale(void *context, const struct file_walk *walk, const struct kept_rows *rows)
{
    ARENA_AUTO arena = {0};
    struct staged staged = {.revision = -1};
    struct str link = STR("untouched");
    struct err err = {0};

    (void)context;
    int rc = file_sale_read(&walk->header, rows, "file.csv", fuzz_company(), &arena, &staged, &link, &err);
    if (rc != OK) {
        law_of_refusal(rc, &err);
        LAW(staged.revision == -1 && str_equal(link, STR("untouched")));
        return;
    }
    LAW(str_trim(staged.sale.id).n > 0 && staged.sale.state == SALE_PAID);
    LAW(staged.has_day == staged.sale.has_closed_utc);
    law_of_figures(&staged.sale);
    law_of_writing(&staged, link, &arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct file_walk walk = {.named = true, .on_sale = on_sale};
    struct err err = {0};

    (void)fuzz_company();
    int rc = file_walk_run(&walk, input_of(data, size), &err);
    if (rc != OK)
        law_of_refusal(rc, &err);
    return 0;
}
