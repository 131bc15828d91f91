/* test_civil.c: days against a calendar counted day by day, instants and their texts, the clock and the interruption. */
#include "values.h"

#include "base/civil.h"
#include "base/text.h"

static int month_length(int year, int month)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return lengths[month - 1] + (month == 2 && leap);
}

static void days_follow_the_calendar(void **state)
{
    int32_t day = -25567; /* 1900-01-01: 70 years of 365 days and 17 leap days before 1970 */
    int y, m, d;

    (void)state;
    for (int year = 1900; year <= 2200; year++)
        for (int month = 1; month <= 12; month++)
            for (int of_month = 1; of_month <= month_length(year, month); of_month++, day++) {
                if (civil_day(year, month, of_month) != day)
                    fail_msg("%d-%d-%d is not day %d", year, month, of_month, day);
                civil_from_day(day, &y, &m, &d);
                if (y != year || m != month || d != of_month)
                    fail_msg("day %d is not %d-%d-%d", day, y, m, d);
            }
    assert_int_equal(civil_day(1970, 1, 1), 0);
}

static void every_day_number_comes_back(void **state)
{
    uint64_t seed = 17;
    int y, m, d;

    (void)state;
    for (int i = 0; i < 200000; i++) {
        int32_t day = (int32_t)random_between(&seed, -200000000, 200000000);
        civil_from_day(day, &y, &m, &d);
        assert_int_equal(civil_day(y, m, d), day);
        assert_in_range(m, 1, 12);
        assert_in_range(d, 1, 31);
    }
}

static void reads_days(void **state)
{
    static const char *const refused[] = {"2026-02-30", "2026-02-29", "2026-13-01", "2026-00-10", "2026-01-00", "2026-01-32", "2026-1-30", "26-01-30",
        "1899-12-31", "2026-01-30 ", " 2026-01-30", "2026/01/30", "2026-01-3o", "", "2026-01", "2026-01-300", "-2026-01-30"};
    int32_t day = 42;

    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_false(civil_parse_day(str_from(refused[i]), &day));
    assert_false(civil_parse_day(STR_NULL, &day));
    assert_int_equal(day, 42);
    assert_true(civil_parse_day(STR("2024-02-29"), &day));
    assert_int_equal(day, 19782); /* date -u -d 2024-02-29 +%s divided by 86400 */
    assert_true(civil_parse_day(STR("1900-01-01"), &day));
    assert_int_equal(day, -25567);
    assert_true(civil_parse_day(STR("9999-12-31"), &day));
    assert_int_equal(day, 2932896);
}

static void reads_french_days(void **state)
{
    static const char *const refused[] = {"30/02/2026", "2026/01/30", "30-01-2026", "30/01/26", "31/04/2026", "/01/2026", "030/01/2026", "30/01/2026 ", ""};
    int32_t day = 42;

    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_false(civil_parse_day_french(str_from(refused[i]), &day));
    assert_int_equal(day, 42);
    assert_true(civil_parse_day_french(STR("30/01/2026"), &day));
    assert_int_equal(day, civil_day(2026, 1, 30));
    assert_true(civil_parse_day_french(STR("3/1/2026"), &day));
    assert_int_equal(day, civil_day(2026, 1, 3));
}

static void writes_days_in_the_reader_s_language(void **state)
{
    BUF_AUTO out = {0};

    (void)state;
    civil_append_day(&out, civil_day(2026, 1, 30));
    assert_text(&out, "2026-01-30");
    text_init(TEXT_FRENCH, "/nonexistent");
    buf_reset(&out);
    civil_append_day_local(&out, civil_day(2026, 1, 3));
    assert_text(&out, "03/01/2026");
    text_init(TEXT_ENGLISH, "/nonexistent");
    buf_reset(&out);
    civil_append_day_local(&out, civil_day(2026, 1, 3));
    assert_text(&out, "2026-01-03");
}

#define AT_10_UTC INT64_C(1769767200000000) /* date -u -d '2026-01-30 10:00' +%s */

static void reads_instants(void **state)
{
    static const struct {
        const char *text;
        int64_t at_utc;
    } cases[] = {
        {"2026-01-30T10:00:00.123Z", AT_10_UTC + 123000},
        {"2026-01-30T10:00:00Z", AT_10_UTC},
        {"2026-01-30 10:00:00", AT_10_UTC},
        {"2026-01-30T10:00", AT_10_UTC},
        {"2026-01-30T12:00:00+02:00", AT_10_UTC},
        {"2026-01-30T12:00:00.5+0200", AT_10_UTC + 500000},
        {"2026-01-30T04:30:00-05:30", AT_10_UTC},
        {"2026-01-31T00:30:00+14:30", AT_10_UTC},
        {"2026-01-30T10:00:00.1234567Z", AT_10_UTC + 123456},
        {"2026-01-30T10:00:00.9999999999999999999999999999999Z", AT_10_UTC + 999999}, /* cut, not rounded */
        {"2026-01-30T10:00:00.000001Z", AT_10_UTC + 1},
        {"2026-01-30", AT_10_UTC - 10 * CIVIL_HOUR},
        {"1969-12-31T23:59:59.999999Z", -1},
        {"1970-01-01T00:00:00+00:00", 0},
    };
    int64_t at_utc;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (!instant_parse(str_from(cases[i].text), &at_utc) || at_utc != cases[i].at_utc)
            fail_msg("%s is not read as %lld", cases[i].text, (long long)cases[i].at_utc);
    }
}

static void refuses_what_is_no_instant(void **state)
{
    static const char *const texts[] = {"", "2026-02-30T10:00:00Z", "2026-01-30T24:00:00Z", "2026-01-30T10:60:00Z", "2026-01-30T10:00:60Z",
        "2026-01-30T10:00:00.Z", "2026-01-30T10:00:00ZZ", "2026-01-30T10:00:00Z ", "2026-01-30T", "2026-01-30T10", "2026-01-30T10:00:00+2",
        "2026-01-30T10:00:00+24:00", "2026-01-30T10:00:00+02:60", "2026-01-30t10:00:00Z", "2026-01-30X10:00:00Z", "20260130T100000Z",
        "2026-01-30T1:00:00Z", "2026-01-30T10:00:00,5Z", "2026-01-30+02:00", "1769767200"};
    int64_t at_utc = 42;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (instant_parse(str_from(texts[i]), &at_utc))
            fail_msg("\"%s\" was taken for an instant", texts[i]);
    assert_int_equal(at_utc, 42);
}

static void writes_instants(void **state)
{
    BUF_AUTO out = {0};

    (void)state;
    instant_append(&out, AT_10_UTC + 123999);
    assert_text(&out, "2026-01-30T10:00:00.123Z");
    buf_reset(&out);
    instant_append(&out, -1);
    assert_text(&out, "1969-12-31T23:59:59.999Z");
    buf_reset(&out);
    instant_append_micro(&out, AT_10_UTC + 123456);
    assert_text(&out, "2026-01-30T10:00:00.123456Z");
    buf_reset(&out);
    instant_append_micro(&out, AT_10_UTC + 123000);
    assert_text(&out, "2026-01-30T10:00:00.123Z");
    buf_reset(&out);
    instant_append_micro(&out, INT64_MIN); /* any stored number can be shown */
    assert_false(buf_failed(&out));
}

static void instants_come_back(void **state)
{
    uint64_t seed = 19;

    (void)state;
    for (int i = 0; i < 50000; i++) {
        int64_t at_utc = random_between(&seed, civil_day(1900, 1, 1) * CIVIL_DAY, (civil_day(9999, 12, 31) + 1) * CIVIL_DAY - 1), back;
        BUF_AUTO out = {0};
        instant_append_micro(&out, at_utc);
        assert_true(instant_parse(buf_str(&out), &back));
        assert_int_equal(back, at_utc);
    }
}

/* Last in the list: the flag stays up for the rest of the process. */
static void an_interruption_ends_every_sleep(void **state)
{
    (void)state;
    assert_false(interrupt_requested());
    assert_int_equal(system_clock.sleep_ms(system_clock.context, 1), OK);
    assert_int_equal(system_clock.sleep_ms(system_clock.context, -5), OK);
    assert_true(system_clock.now_utc(system_clock.context) > AT_10_UTC - 365 * 10 * CIVIL_DAY);
    interrupt_request();
    assert_true(interrupt_requested());
    assert_int_equal(system_clock.sleep_ms(system_clock.context, INT64_MAX), ERR_CANCELLED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_follow_the_calendar), cmocka_unit_test(every_day_number_comes_back), cmocka_unit_test(reads_days),
        cmocka_unit_test(reads_french_days), cmocka_unit_test(writes_days_in_the_reader_s_language), cmocka_unit_test(reads_instants),
        cmocka_unit_test(refuses_what_is_no_instant), cmocka_unit_test(writes_instants), cmocka_unit_test(instants_come_back),
        cmocka_unit_test(an_interruption_ends_every_sleep),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
