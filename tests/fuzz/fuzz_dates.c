/* fuzz_dates.c: days, instants, business days in a few zones that have seen odd things, and zone files. The C library's calendar and its reading of
 * Europe/Paris are what ours is compared with. zone.c is included whole, because its reading of a zone file's bytes has no other way in. */
#include <regex.h>
#include <time.h>

#include "base/zone.c"
#include "fuzz.h"

enum { TEXT_MAX = 256 };
#define UNTOUCHED_DAY 0x5A5A5A5A
#define UNTOUCHED INT64_C(0x5A5A5A5A5A5A5A5A)

static bool matches(regex_t *compiled, const char *pattern, const char *text)
{
    if (compiled->re_nsub == 0)
        LAW(regcomp(compiled, pattern, REG_EXTENDED) == 0);
    return regexec(compiled, text, 0, NULL, 0) == 0;
}

/* ---- days ---- */

/* By the C library; false when the calendar has no such day, or it is outside of the years that we take. */
static bool library_day(int year, int month, int day, int32_t *ret)
{
    struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
    time_t at = timegm(&tm);

    if (year < 1900 || year > 9999 || tm.tm_year != year - 1900 || tm.tm_mon != month - 1 || tm.tm_mday != day)
        return false;
    *ret = (int32_t)(at / DAY_S - (at % DAY_S < 0));
    return true;
}

static void law_of_days(struct str input, const char *text)
{
    static regex_t iso_form, french_form;
    int32_t iso = UNTOUCHED_DAY, french = UNTOUCHED_DAY, expected = UNTOUCHED_DAY;
    int year = 0, month = 0, day = 0;
    bool is_iso = matches(&iso_form, "^([0-9]{4})-[0-9]{2}-[0-9]{2}$", text) && sscanf(text, "%d-%d-%d", &year, &month, &day) == 3 &&
                  library_day(year, month, day, &expected);

    LAW(civil_parse_day(input, &iso) == is_iso);
    LAW(iso == expected);
    if (is_iso) {
        BUF_AUTO again = {0};
        civil_append_day(&again, iso);
        LAW(str_equal(buf_str(&again), input));
    }
    expected = UNTOUCHED_DAY;
    bool is_french = matches(&french_form, "^([0-9]{1,2})/[0-9]{1,2}/[0-9]{4}$", text) && sscanf(text, "%d/%d/%d", &day, &month, &year) == 3 &&
                     library_day(year, month, day, &expected);
    LAW(civil_parse_day_french(input, &french) == is_french);
    LAW(french == expected);
}

/* ---- instants ---- */

#define CLOCK "[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\\.[0-9]+)?)?"
#define OFFSET "(Z|[-+]([01][0-9]|2[0-3]):?[0-5][0-9])?"

static int64_t digits_at(const char *p, size_t n)
{
    int64_t value = 0;

    for (size_t i = 0; i < n; i++)
        value = value * 10 + (p[i] - '0');
    return value;
}

/* `text` has the form of an instant; its parts stand at known places. */
static int64_t library_instant(const char *text, int32_t day)
{
    int64_t at = day * CIVIL_DAY;
    const char *p = text + 10;

    if (*p == '\0')
        return at;
    at += digits_at(p + 1, 2) * CIVIL_HOUR + digits_at(p + 4, 2) * CIVIL_MINUTE;
    p += 6;
    if (*p == ':') {
        at += digits_at(p + 1, 2) * CIVIL_SECOND;
        p += 3;
    }
    if (*p == '.') {
        int64_t unit = CIVIL_SECOND;
        for (p++; *p >= '0' && *p <= '9'; p++)
            at += (*p - '0') * (unit /= 10);
    }
    if (*p == '+' || *p == '-') {
        int64_t offset = digits_at(p + 1, 2) * CIVIL_HOUR + digits_at(p + (p[3] == ':' ? 4 : 3), 2) * CIVIL_MINUTE;
        at += *p == '+' ? -offset : offset;
    }
    return at;
}

/* An instant that was taken can be written and taken again: files and queries depend on it. */
static void law_of_writing(int64_t at_utc)
{
    BUF_AUTO fine = {0}, coarse = {0};
    int64_t again = UNTOUCHED, cut = UNTOUCHED;

    instant_append_micro(&fine, at_utc);
    LAW(instant_parse(buf_str(&fine), &again) && again == at_utc);
    instant_append(&coarse, at_utc);
    LAW(instant_parse(buf_str(&coarse), &cut) && cut <= at_utc && at_utc - cut < 1000 && cut % 1000 == 0);
}

/* ---- zones ---- */

static struct zone *zones[7];
enum { ZONE_COUNT = sizeof zones / sizeof *zones };

/* A day without an hour, a day that did not exist, half hours, a change at midnight, two hours of summer, and a rule by decree. */
static void load_zones(void)
{
    static const char *const names[ZONE_COUNT] = {"Europe/Paris", "Pacific/Apia", "Australia/Lord_Howe", "America/Sao_Paulo", "Antarctica/Troll",
                                                  "Africa/Casablanca", "Asia/Kathmandu"};
    struct err err = {0};

    if (zones[0] != NULL)
        return;
    setenv("TZ", "Europe/Paris", 1);
    tzset();
    for (size_t i = 0; i < ZONE_COUNT; i++)
        if (zone_load(&zones[i], str_from(names[i]), &err) != OK)
            law_broken("the zones of this test are installed (tzdata)", __FILE__, __LINE__);
}

static void law_of_business_days(const struct zone *zone, int64_t at_utc, int cutoff_minutes)
{
    int32_t day = zone_business_day(zone, at_utc, cutoff_minutes);

    LAW(zone_day_start(zone, day, cutoff_minutes) <= at_utc);
    LAW(at_utc < zone_day_start(zone, day + 1, cutoff_minutes));
    LAW(day >= civil_day(1900, 1, 1) && day <= civil_day(9999, 12, 31));
}

static void law_of_paris(int64_t at_utc)
{
    time_t at = (time_t)floor_div(at_utc, CIVIL_SECOND);
    struct tm local;

    LAW(localtime_r(&at, &local) != NULL);
    LAW(zone_offset_at(zones[0], at_utc) == local.tm_gmtoff);
}

static void law_of_instants(struct str input, const char *text)
{
    static regex_t form;
    int64_t at_utc = UNTOUCHED;
    int32_t day = 0;
    bool formed = matches(&form, "^[0-9]{4}-[0-9]{2}-[0-9]{2}(" CLOCK OFFSET ")?$", text) &&
                  library_day((int)digits_at(text, 4), (int)digits_at(text + 5, 2), (int)digits_at(text + 8, 2), &day);

    if (!instant_parse(input, &at_utc)) {
        LAW(at_utc == UNTOUCHED);
        /* The only ones of that form that are refused stand at the very ends of the years that can be written. */
        LAW(!formed || library_instant(text, day) < civil_day(1900, 1, 3) * CIVIL_DAY || library_instant(text, day) >= civil_day(9999, 12, 30) * CIVIL_DAY);
        return;
    }
    LAW(formed && at_utc == library_instant(text, day));
    law_of_writing(at_utc);
    law_of_paris(at_utc);
    for (size_t i = 0; i < ZONE_COUNT; i++)
        law_of_business_days(zones[i], at_utc, (int)input_variant(input, 24 * 60));
}

/* A zone file is the system's, so nothing is asked of one but that no bytes do harm, and that no offset is absurd. */
static void law_of_zone_files(struct str input)
{
    static const int years[] = {1900, 1970, 2026, 9999};
    struct zone *zone = NULL;

    if (zone_read(input, &zone) != OK) {
        LAW(zone == NULL);
        return;
    }
    for (size_t i = 0; i < sizeof years / sizeof *years; i++) {
        int64_t at_utc = civil_day(years[i], 7, 14) * CIVIL_DAY;
        int32_t offset_s = zone_offset_at(zone, at_utc);
        LAW(offset_s > -27 * 3600 && offset_s < 27 * 3600);
        (void)zone_business_day(zone, at_utc, 240);
    }
    zone_free(zone);
}

/* No name leads out of the folder of zones. */
static void law_of_zone_names(struct str input)
{
    if (name_is_safe(input))
        LAW(input.p[0] != '/' && memmem(input.p, input.n, ".", 1) == NULL && memmem(input.p, input.n, "//", 2) == NULL &&
            memchr(input.p, '\0', input.n) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str input = input_of(data, size);
    char text[TEXT_MAX + 1];

    load_zones();
    if (str_starts_with(input, STR("TZif")))
        law_of_zone_files(input);
    if (size > TEXT_MAX || memchr(input.n > 0 ? input.p : "", '\0', input.n) != NULL)
        return 0;
    memcpy(text, input.n > 0 ? input.p : "", size);
    text[size] = '\0';
    law_of_days(input, text);
    law_of_instants(input, text);
    law_of_zone_names(input);
    return 0;
}
