/* test_memory.c: the allocator that can be made to fail, arenas and buffers. */
#include "check.h"

#include "base/arena.h"
#include "base/mem.h"

static void nth_allocation_fails(void **state)
{
    void *first, *second, *third;

    (void)state;
    mem_fail_at(2, 0);
    first = mem_alloc(8);
    second = mem_alloc(8);
    third = mem_alloc(8);
    mem_fail_at(0, 0);
    assert_non_null(first);
    assert_null(second);
    assert_non_null(third);
    mem_free(first);
    mem_free(third);
    mem_fail_at(1, 1);
    first = mem_alloc(8);
    second = mem_alloc_zero(1, 8);
    third = mem_resize(NULL, 8);
    mem_fail_at(0, 0);
    assert_true(first == NULL && second == NULL && third == NULL);
}

static void failed_resize_keeps_the_old(void **state)
{
    char *p = mem_alloc(4);

    (void)state;
    assert_non_null(p);
    memcpy(p, "abc", 4);
    mem_fail_at(1, 0);
    char *larger = mem_resize(p, 1000);
    mem_fail_at(0, 0);
    assert_null(larger);
    assert_string_equal(p, "abc");
    mem_free(p);
    mem_free(NULL);
    assert_null(mem_alloc_zero(SIZE_MAX / 2, 4)); /* the product overflows */
}

static void nothing_is_not_null(void **state)
{
    (void)state;
    MEM_AUTO void *a = mem_alloc(0);
    MEM_AUTO void *b = mem_alloc_zero(0, 8);
    MEM_AUTO void *c = mem_resize(NULL, 0);
    assert_true(a != NULL && b != NULL && c != NULL);
}

static bool is_zero(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i] != 0)
            return false;
    }
    return true;
}

/* Pieces are zeroed, aligned and apart from one another, also after a reset that hands out used memory again. */
static void arena_hands_out_clean_pieces(void **state)
{
    enum { PIECES = 600 };
    static struct { unsigned char *p; size_t n; } pieces[PIECES];
    ARENA_AUTO arena = {0};
    uint64_t seed = 7;

    (void)state;
    for (int round = 0; round < 4; round++) {
        for (size_t i = 0; i < PIECES; i++) {
            size_t n = next_random(&seed) % (i % 50 == 0 ? 3000000 : 700);
            pieces[i].p = arena_alloc(&arena, n);
            pieces[i].n = n;
            assert_non_null(pieces[i].p);
            assert_int_equal((uintptr_t)pieces[i].p % _Alignof(max_align_t), 0);
            assert_true(is_zero((char *)pieces[i].p, n));
            memset(pieces[i].p, (int)(i % 255) + 1, n);
        }
        for (size_t i = 0; i < PIECES; i++) {
            for (size_t at = 0; at < pieces[i].n; at++) {
                if (pieces[i].p[at] != i % 255 + 1)
                    fail_msg("piece %zu was overwritten", i);
            }
        }
        arena_reset(&arena);
        assert_int_equal(arena.used, 0);
    }
}

static void arena_soon_stops_asking(void **state)
{
    ARENA_AUTO arena = {0};
    int64_t asked = 0;

    (void)state;
    for (int round = 0; round < 20; round++) {
        if (round == 10)
            asked = mem_count();
        for (int i = 0; i < 100; i++)
            assert_non_null(arena_alloc(&arena, 1000));
        arena_reset(&arena);
    }
    assert_int_equal(mem_count(), asked);
}

static void arena_copies_and_formats(void **state)
{
    ARENA_AUTO arena = {0};

    (void)state;
    struct str copy = arena_copy(&arena, STR("caf\xC3\xA9"));
    assert_str(copy, "caf\xC3\xA9");
    assert_int_equal(copy.p[copy.n], 0);
    assert_null(arena_copy(&arena, STR_NULL).p);
    assert_non_null(arena_copy(&arena, STR("")).p);
    struct str text = arena_format(&arena, "%s-%04d", "ART", 7);
    assert_str(text, "ART-0007");
    assert_int_equal(text.p[text.n], 0);
    assert_null(arena_array(&arena, SIZE_MAX / 2, 3));
    assert_null(arena_alloc(&arena, SIZE_MAX));
    mem_fail_at(1, 1);
    struct str none = arena_copy(&arena, (struct str){copy.p, copy.n});
    void *large = arena_alloc(&arena, 1 << 20);
    mem_fail_at(0, 0);
    assert_non_null(none.p); /* there was room */
    assert_null(large);
    assert_str(copy, "caf\xC3\xA9");
}

static void buffer_appends(void **state)
{
    BUF_AUTO buf = {0};

    (void)state;
    assert_str(buf_str(&buf), "");
    buf_append(&buf, STR("a"));
    buf_append(&buf, STR_NULL);
    buf_append_char(&buf, '\0');
    buf_append_z(&buf, "bc");
    buf_append_z(&buf, NULL);
    buf_printf(&buf, "%s%d", "d", 5);
    assert_int_equal(buf.n, 6);
    assert_memory_equal(buf.p, "a\0bcd5", 7);
    buf_reset(&buf);
    buf_append_int(&buf, INT64_MIN);
    buf_append_char(&buf, ' ');
    buf_append_int(&buf, 0);
    buf_append_char(&buf, ' ');
    buf_append_int(&buf, INT64_MAX);
    assert_str(buf_str(&buf), "-9223372036854775808 0 9223372036854775807");
    char *room = buf_reserve(&buf, 3);
    assert_non_null(room);
    memcpy(room, "xyz", 3);
    buf.n += 3;
    assert_true(str_ends_with(buf_str(&buf), STR("807xyz")));
    assert_int_equal(buf.p[buf.n], 0);
    assert_false(buf_failed(&buf));
}

static void buffer_keeps_to_its_maximum(void **state)
{
    BUF_AUTO buf = {.max = 10};

    (void)state;
    buf_append(&buf, STR("0123456789"));
    assert_false(buf_failed(&buf));
    assert_true(buf.cap <= 11);
    buf_append_char(&buf, 'x');
    assert_true(buf_failed(&buf));
    buf_append(&buf, STR_NULL);
    assert_true(buf_failed(&buf)); /* sticky */
    buf_reset(&buf);
    assert_false(buf_failed(&buf));
    buf_printf(&buf, "%011d", 1);
    assert_true(buf_failed(&buf));
    assert_null(buf_reserve(&buf, 1));
    assert_int_equal(buf.n, 0);
    buf_release(&buf);
    assert_int_equal(buf.max, 10);
    assert_null(buf_reserve(&buf, SIZE_MAX));
}

static void buffer_survives_without_memory(void **state)
{
    BUF_AUTO buf = {0};

    (void)state;
    buf_append(&buf, STR("kept"));
    mem_fail_at(1, 0);
    buf_printf(&buf, "%0500d", 1);
    mem_fail_at(0, 0);
    assert_true(buf_failed(&buf));
    buf_append(&buf, STR("more")); /* would fit, but a part is missing before it */
    assert_true(buf_failed(&buf));
    assert_str(buf_str(&buf), "kept");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nth_allocation_fails), cmocka_unit_test(failed_resize_keeps_the_old), cmocka_unit_test(nothing_is_not_null),
        cmocka_unit_test(arena_hands_out_clean_pieces), cmocka_unit_test(arena_soon_stops_asking), cmocka_unit_test(arena_copies_and_formats),
        cmocka_unit_test(buffer_appends), cmocka_unit_test(buffer_keeps_to_its_maximum), cmocka_unit_test(buffer_survives_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
