/* test_zone.c: Europe/Paris at its changes of clock, days with a cut-off hour around them, far years by the rule in the file's footer, and
 * zone files that lie. */
#include "values.h"

#include "base/civil.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct zone *load(const char *name)
{
    struct zone *zone = NULL;
    struct err err = {0};

    if (zone_load(&zone, str_from(name), &err) != OK)
        fail_msg("%s does not load", name);
    return zone;
}

static int64_t at(const char *text)
{
    int64_t at_utc = 0;

    assert_true(instant_parse(str_from(text), &at_utc));
    return at_utc;
}

static int32_t day(const char *text)
{
    int32_t number = 0;

    assert_true(civil_parse_day(str_from(text), &number));
    return number;
}

static void paris_changes_its_clock(void **state)
{
    struct zone *paris = load("Europe/Paris");

    (void)state;
    assert_int_equal(zone_offset_at(paris, at("2026-03-29T01:00:00Z") - 1), 3600);
    assert_int_equal(zone_offset_at(paris, at("2026-03-29T01:00:00Z")), 7200);
    assert_int_equal(zone_offset_at(paris, at("2026-10-25T01:00:00Z") - 1), 7200);
    assert_int_equal(zone_offset_at(paris, at("2026-10-25T01:00:00Z")), 3600);
    assert_int_equal(zone_offset_at(paris, at("1975-07-01")), 3600); /* no summer time in those years */
    assert_int_equal(zone_offset_at(paris, at("1900-06-01")), 561);  /* Paris mean time */
    zone_free(paris);
}

/* The last Sunday of a month by counting: 1970-01-01 was a Thursday, day 3 a Sunday. */
static int32_t last_sunday(int year, int month)
{
    int32_t number = civil_day(year, month, 31);

    while ((number - 3) % 7 != 0)
        number--;
    return number;
}

static void far_years_follow_the_footer(void **state)
{
    struct zone *paris = load("Europe/Paris");

    (void)state;
    assert_int_equal(last_sunday(2100, 3), day("2100-03-28"));
    for (int year = 1997; year <= 2400; year++) { /* since 1996 the rule of the Union has not changed */
        int64_t spring = last_sunday(year, 3) * CIVIL_DAY + CIVIL_HOUR, autumn = last_sunday(year, 10) * CIVIL_DAY + CIVIL_HOUR;
        assert_int_equal(zone_offset_at(paris, spring - 1), 3600);
        assert_int_equal(zone_offset_at(paris, spring), 7200);
        assert_int_equal(zone_offset_at(paris, autumn - 1), 7200);
        assert_int_equal(zone_offset_at(paris, autumn), 3600);
        assert_int_equal(zone_offset_at(paris, civil_day(year, 1, 1) * CIVIL_DAY), 3600);
    }
    zone_free(paris);
}

static void other_zones_are_read_too(void **state)
{
    struct zone *sydney = load("Australia/Sydney"), *kolkata = load("Asia/Kolkata"), *new_york = load("America/New_York"), *utc = load("UTC");

    (void)state;
    assert_int_equal(zone_offset_at(sydney, at("2100-01-15")), 11 * 3600); /* summer spans the new year */
    assert_int_equal(zone_offset_at(sydney, at("2100-07-15")), 10 * 3600);
    assert_int_equal(zone_offset_at(kolkata, at("2100-07-15")), 19800);
    assert_int_equal(zone_offset_at(new_york, at("2026-07-15")), -4 * 3600);
    assert_int_equal(zone_offset_at(new_york, at("2126-01-15")), -5 * 3600);
    assert_int_equal(zone_offset_at(utc, at("2026-07-15")), 0);
    zone_free(sydney);
    zone_free(kolkata);
    zone_free(new_york);
    zone_free(utc);
}

static void business_days_begin_at_the_cut_off(void **state)
{
    static const struct {
        const char *at_utc;
        int cutoff_minutes;
        const char *day;
    } cases[] = {
        {"2026-01-30T22:59:59.999999Z", 0, "2026-01-30"},
        {"2026-01-30T23:00:00Z", 0, "2026-01-31"},
        {"2026-01-31T02:59:59Z", 240, "2026-01-30"}, /* 03:59 belongs to the evening before */
        {"2026-01-31T03:00:00Z", 240, "2026-01-31"},
        {"2026-07-14T21:59:59Z", 0, "2026-07-14"},
        {"2026-07-14T22:00:00Z", 0, "2026-07-15"},
        /* In spring 02:00 becomes 03:00: a cut-off at 02:30 falls on the change. */
        {"2026-03-29T00:59:59Z", 150, "2026-03-28"},
        {"2026-03-29T01:00:00Z", 150, "2026-03-29"},
        {"2026-03-29T01:59:59Z", 240, "2026-03-28"}, /* 03:59 summer time */
        {"2026-03-29T02:00:00Z", 240, "2026-03-29"},
        /* In autumn 03:00 becomes 02:00: the day that began at the first 02:30 goes on through the second 02:10. */
        {"2026-10-25T00:29:59Z", 150, "2026-10-24"},
        {"2026-10-25T00:30:00Z", 150, "2026-10-25"},
        {"2026-10-25T01:10:00Z", 150, "2026-10-25"},
        {"2026-10-25T02:59:59Z", 240, "2026-10-24"}, /* 03:59 winter time */
        {"2026-10-25T03:00:00Z", 240, "2026-10-25"},
    };
    struct zone *paris = load("Europe/Paris");

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (zone_business_day(paris, at(cases[i].at_utc), cases[i].cutoff_minutes) != day(cases[i].day))
            fail_msg("%s with a cut-off of %d minutes is not on %s", cases[i].at_utc, cases[i].cutoff_minutes, cases[i].day);
    zone_free(paris);
}

static void days_have_23_24_or_25_hours(void **state)
{
    struct zone *paris = load("Europe/Paris");

    (void)state;
    for (int cutoff = 0; cutoff <= 360; cutoff += 30)
        for (int32_t d = day("2026-01-01"); d < day("2027-01-01"); d++) {
            int64_t length = zone_day_start(paris, d + 1, cutoff) - zone_day_start(paris, d, cutoff);
            bool spring = d == day("2026-03-29") - (cutoff > 120), autumn = d == day("2026-10-25") - (cutoff >= 180);
            /* With a cut-off inside the hour that is left out or comes twice, the change is shared by two days. */
            if (cutoff > 120 && cutoff < 180 && (d == day("2026-03-28") || d == day("2026-03-29")))
                assert_true(length == CIVIL_DAY - CIVIL_HOUR / 2);
            else
                assert_true(length == CIVIL_DAY - spring * CIVIL_HOUR + autumn * CIVIL_HOUR);
        }
    assert_true(zone_day_start(paris, day("2026-03-29"), 0) == at("2026-03-28T23:00:00Z"));
    assert_true(zone_day_start(paris, day("2026-03-30"), 0) == at("2026-03-29T22:00:00Z"));
    assert_true(zone_day_start(paris, day("2026-03-29"), 150) == at("2026-03-29T01:00:00Z"));
    assert_true(zone_day_start(paris, day("2026-10-25"), 150) == at("2026-10-25T00:30:00Z"));
    zone_free(paris);
}

/* Whatever the zone and the cut-off: an instant is on day d exactly when it lies between the starts of d and of d + 1. */
static void starts_and_days_agree(void **state)
{
    static const char *const names[] = {"Europe/Paris", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kathmandu"};
    uint64_t seed = 23;

    (void)state;
    for (size_t z = 0; z < sizeof names / sizeof names[0]; z++) {
        struct zone *zone = load(names[z]);
        for (int i = 0; i < 20000; i++) {
            int cutoff = (int)random_between(&seed, 0, 720);
            int64_t at_utc = random_between(&seed, civil_day(1990, 1, 1) * CIVIL_DAY, civil_day(2110, 1, 1) * CIVIL_DAY);
            int32_t d = zone_business_day(zone, at_utc, cutoff);
            if (at_utc < zone_day_start(zone, d, cutoff) || at_utc >= zone_day_start(zone, d + 1, cutoff))
                fail_msg("%s: %lld with cut-off %d is outside day %d", names[z], (long long)at_utc, cutoff, d);
        }
        zone_free(zone);
    }
}

static void writes_local_time(void **state)
{
    struct zone *paris = load("Europe/Paris");
    BUF_AUTO out = {0};

    (void)state;
    text_init(TEXT_FRENCH, "/nonexistent");
    instant_append_local(&out, paris, at("2026-01-30T10:00:59Z"));
    assert_text(&out, "30/01/2026 11:00");
    text_init(TEXT_ENGLISH, "/nonexistent");
    buf_reset(&out);
    instant_append_local(&out, paris, at("2026-07-30T23:30:00Z"));
    assert_text(&out, "2026-07-31 01:30");
    buf_reset(&out);
    instant_append_local(&out, paris, INT64_MAX); /* a damaged database can hold anything */
    instant_append_local(&out, paris, INT64_MIN);
    assert_false(buf_failed(&out));
    assert_true(zone_day_start(paris, INT32_MAX, 720) > 0);
    assert_true(zone_day_start(paris, INT32_MIN, 0) < 0);
    assert_true(zone_business_day(paris, INT64_MAX, 0) > 0);
    assert_true(zone_business_day(paris, INT64_MIN, 0) < 0);
    zone_free(paris);
}

static int load_code(const char *name)
{
    struct zone *zone = NULL;
    struct err err = {0};
    int rc = zone_load(&zone, str_from(name), &err);

    assert_int_equal(rc, err.code);
    assert_true((rc == OK) == (zone != NULL));
    zone_free(zone);
    return rc;
}

static void refuses_names_that_are_no_zone(void **state)
{
    static const char *const names[] = {"", "Europe/Atlantis", "../etc/passwd", "/etc/passwd", "Europe/../Paris", "Europe//Paris", "Europe/", "Europe",
        "Europe/Paris ", "posix/../UTC", "tzdata.zi", "Europe/Par\xC3\xAFs", "right/Europe/Atlantis"};
    char longest[400];

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_int_equal(load_code(names[i]), ERR_DATA);
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(load_code(longest), ERR_DATA);
}

/* ---- zone files made here ---- */

static char directory[] = "liaison-zones-XXXXXX";
static char directory_path[4096];

static void write_zone(const void *bytes, size_t n)
{
    char path[5000];

    snprintf(path, sizeof path, "%s/Test", directory_path);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

/* A file with no transition, one type of UTC and this footer: what a rule alone gives. */
static size_t zone_with_footer(unsigned char *out, const char *footer)
{
    static const unsigned char header[44] = {'T', 'Z', 'i', 'f', '2', [39] = 1, [43] = 4};
    static const unsigned char data[10] = {0, 0, 0, 0, 0, 0, 'U', 'T', 'C', 0};
    size_t n = 0, length = strlen(footer);

    for (int version = 0; version < 2; version++) {
        memcpy(out + n, header, sizeof header);
        memcpy(out + n + sizeof header, data, sizeof data);
        n += sizeof header + sizeof data;
    }
    out[n++] = '\n';
    memcpy(out + n, footer, length);
    out[n + length] = '\n';
    return n + length + 1;
}

static int footer_code(const char *footer)
{
    unsigned char bytes[512];

    write_zone(bytes, zone_with_footer(bytes, footer));
    return load_code("Test");
}

static void reads_every_form_of_rule(void **state)
{
    static const struct {
        const char *footer, *at_utc;
        int32_t offset_s;
    } cases[] = {
        {"", "2026-06-01", 0},
        {"CET-1", "2026-06-01", 3600},
        {"<+0330>-3:30", "2026-06-01", 12600},
        {"<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", "2026-03-29T00:59:59Z", -10800},  /* -2 h: the evening before, 22:00 local */
        {"<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", "2026-03-29T01:00:00Z", -7200},
        {"IST-1GMT0,M10.5.0,M3.5.0/1", "2026-06-01", 3600},                    /* Dublin: winter is the exception */
        {"IST-1GMT0,M10.5.0,M3.5.0/1", "2026-12-01", 0},
        {"AAA0BBB,J60,J300", "2024-03-01T01:59:59Z", 0},                       /* J60 is 1 March in leap years too */
        {"AAA0BBB,J60,J300", "2024-03-01T02:00:00Z", 3600},
        {"AAA0BBB,59,300", "2024-02-29T02:00:00Z", 3600},                      /* the 60th day counted from 0 */
        {"AAA0BBB,59,300", "2023-03-01T02:00:00Z", 3600},
        {"AAA0BBB-2,M1.1.1/0,M2.1.1/0", "2026-01-05T00:00:00Z", 7200},         /* the first Monday of 2026 */
        {"XXX3EDT4,0/0,J365/23", "2026-01-01T03:00:00Z", -14400},              /* RFC 8536 3.3.1: summer all the year */
        {"XXX3EDT4,0/0,J365/23", "2026-07-01", -14400},
        {"AAA0BBB,M1.1.0/-167,M6.1.0", "2025-12-31T12:00:00Z", 3600},          /* a change that falls into the year before */
    };
    unsigned char bytes[512];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_zone(bytes, zone_with_footer(bytes, cases[i].footer));
        struct zone *zone = load("Test");
        int32_t offset_s = zone_offset_at(zone, at(cases[i].at_utc));
        if (offset_s != cases[i].offset_s)
            fail_msg("%s at %s: %d", cases[i].footer, cases[i].at_utc, offset_s);
        zone_free(zone);
    }
}

static void refuses_bad_rules(void **state)
{
    static const char *const footers[] = {"CE-1", "CET", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M3.5.0,M10.5.0/3x", "CET-25", "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M0.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.0.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J300",
        "CET-1CEST,366,300", "CET-1CEST,M3.5.0/168,M10.5.0", "<+03-3", "CET-1:60", "CET-99999999999999999999"};

    (void)state;
    for (size_t i = 0; i < sizeof footers / sizeof footers[0]; i++)
        if (footer_code(footers[i]) != ERR_DATA)
            fail_msg("the rule %s was taken", footers[i]);
}

/* Every shortening of a true file, and every byte of it changed in turn, is read or refused, never more (ASan watches). */
static void survives_damaged_files(void **state)
{
    unsigned char bytes[8192], changed[8192];
    FILE *file = fopen("/usr/share/zoneinfo/Europe/Paris", "rb");

    (void)state;
    assert_non_null(file);
    size_t n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    for (size_t length = 0; length < n; length += length < 200 || length + 64 > n ? 1 : 37) {
        write_zone(bytes, length);
        assert_int_equal(load_code("Test"), ERR_DATA);
    }
    write_zone(bytes, n);
    assert_int_equal(load_code("Test"), OK);
    for (size_t i = 0; i < n; i += i < 200 || i + 64 > n ? 1 : 13) {
        memcpy(changed, bytes, n);
        changed[i] ^= 0xFF;
        write_zone(changed, n);
        int rc = load_code("Test");
        assert_true(rc == OK || rc == ERR_DATA);
    }
}

static void refuses_what_is_no_plain_file(void **state)
{
    char path[5000];

    (void)state;
    snprintf(path, sizeof path, "%s/Pipe", directory_path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(load_code("Pipe"), ERR_DATA);
    unlink(path);
}

static int use_made_zones(void **state)
{
    char here[4000];

    (void)state;
    if (getcwd(here, sizeof here) == NULL || mkdtemp(directory) == NULL)
        return -1;
    snprintf(directory_path, sizeof directory_path, "%s/%s", here, directory);
    return setenv("TZDIR", directory_path, 1);
}

static int drop_made_zones(void **state)
{
    char path[5000];

    (void)state;
    snprintf(path, sizeof path, "%s/Test", directory_path);
    unlink(path);
    unsetenv("TZDIR");
    return rmdir(directory_path);
}

static void ignores_a_relative_directory(void **state)
{
    (void)state;
    setenv("TZDIR", "somewhere/else", 1);
    assert_int_equal(load_code("Europe/Paris"), OK);
    unsetenv("TZDIR");
}

int main(void)
{
    const struct CMUnitTest system_tests[] = {
        cmocka_unit_test(paris_changes_its_clock), cmocka_unit_test(far_years_follow_the_footer), cmocka_unit_test(other_zones_are_read_too),
        cmocka_unit_test(business_days_begin_at_the_cut_off), cmocka_unit_test(days_have_23_24_or_25_hours), cmocka_unit_test(starts_and_days_agree),
        cmocka_unit_test(writes_local_time), cmocka_unit_test(refuses_names_that_are_no_zone), cmocka_unit_test(ignores_a_relative_directory),
    };
    const struct CMUnitTest made_tests[] = {
        cmocka_unit_test(reads_every_form_of_rule), cmocka_unit_test(refuses_bad_rules), cmocka_unit_test(survives_damaged_files),
        cmocka_unit_test(refuses_what_is_no_plain_file),
    };

    unsetenv("TZDIR");
    int failed = cmocka_run_group_tests_name("zones of the system", system_tests, NULL, NULL);
    return failed + cmocka_run_group_tests_name("zones made here", made_tests, use_made_zones, drop_made_zones);
}
