/* civil.c: days, instants and their texts, the real clock, and the flag of an interruption. Calendar arithmetic is ours, so that no
 * global time zone or locale is read. Everyone may use it; pure but for system_clock and the flag. */
#include "base/civil.h"

#include "base/civil_int.h"
#include "base/text.h"

#include <stdatomic.h>
#include <time.h>

enum { YEAR_MIN = 1900, YEAR_MAX = 9999, DAYS_PER_ERA = 146097, DAYS_FROM_ERA_TO_1970 = 719468 };

/* Years are counted from 1 March in eras of 400 years, so that the leap day ends a year
 * (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"). */
int32_t civil_day(int year, int month, int day)
{
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = floor_div(y, 400);
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return (int32_t)(era * DAYS_PER_ERA + day_of_era - DAYS_FROM_ERA_TO_1970);
}

void civil_from_day(int32_t day, int *ret_year, int *ret_month, int *ret_day)
{
    int64_t z = (int64_t)day + DAYS_FROM_ERA_TO_1970;
    int64_t era = floor_div(z, DAYS_PER_ERA);
    int64_t day_of_era = z - era * DAYS_PER_ERA;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    *ret_day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    *ret_month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    *ret_year = (int)(year_of_era + era * 400 + (*ret_month <= 2));
}

/* A day exists when it comes back the same from its number: 30 February would come back as a day of March. */
static bool day_if_real(int year, int month, int day, int32_t *ret)
{
    if (year < YEAR_MIN || year > YEAR_MAX || month < 1 || month > 12 || day < 1 || day > 31) return false;
    int32_t number = civil_day(year, month, day);
    int y, m, d;
    civil_from_day(number, &y, &m, &d);
    if (m != month || d != day) return false;
    *ret = number;
    return true;
}

static bool take_day(struct str *s, int32_t *ret)
{
    int year, month, day;
    return take_number(s, 4, 4, &year) && take_char(s, '-') && take_number(s, 2, 2, &month) && take_char(s, '-') &&
           take_number(s, 2, 2, &day) && day_if_real(year, month, day, ret);
}

bool civil_parse_day(struct str s, int32_t *ret)
{
    int32_t day;
    if (!take_day(&s, &day) || s.n > 0) return false;
    *ret = day;
    return true;
}

bool civil_parse_day_french(struct str s, int32_t *ret)
{
    int year, month, day;
    return take_number(&s, 1, 2, &day) && take_char(&s, '/') && take_number(&s, 1, 2, &month) && take_char(&s, '/') &&
           take_number(&s, 4, 4, &year) && s.n == 0 && day_if_real(year, month, day, ret);
}

/* With zeros in front, as "%0*d" does, but instants are written by the thousand. */
static void append_padded(struct buf *out, int number, int digits)
{
    char text[12];
    for (int i = digits; i-- > 0; number /= 10)
        text[i] = (char)('0' + number % 10);
    buf_append(out, (struct str){text, (size_t)digits});
}

void civil_append_day(struct buf *out, int32_t day)
{
    int y, m, d;
    civil_from_day(day, &y, &m, &d);
    if (y < 0 || y > 9999)
        buf_printf(out, "%04d", y);
    else
        append_padded(out, y, 4);
    buf_append_char(out, '-');
    append_padded(out, m, 2);
    buf_append_char(out, '-');
    append_padded(out, d, 2);
}

void civil_append_day_local(struct buf *out, int32_t day)
{
    if (text_language() != TEXT_FRENCH) {
        civil_append_day(out, day);
        return;
    }
    int y, m, d;
    civil_from_day(day, &y, &m, &d);
    buf_printf(out, "%02d/%02d/%04d", d, m, y);
}

/* ".123": microseconds, what is finer cut off. */
static bool take_fraction(struct str *s, int64_t *ret_us)
{
    int digits = 0;
    int64_t us = 0;
    for (int digit; take_number(s, 1, 1, &digit); digits++)
        if (digits < 6) us = us * 10 + digit;
        else digits = 6; /* however long it is, no counter overflows */
    if (digits == 0) return false;
    for (int i = digits; i < 6; i++) us *= 10;
    *ret_us = us;
    return true;
}

/* "10:00", "10:00:00" or "10:00:00.123". */
static bool take_time(struct str *s, int64_t *ret_us)
{
    int hour, minute, second = 0;
    int64_t fraction = 0;
    if (!take_number(s, 2, 2, &hour) || !take_char(s, ':') || !take_number(s, 2, 2, &minute)) return false;
    if (take_char(s, ':')) {
        if (!take_number(s, 2, 2, &second)) return false;
        if (take_char(s, '.') && !take_fraction(s, &fraction)) return false;
    }
    if (hour > 23 || minute > 59 || second > 59) return false;
    *ret_us = hour * CIVIL_HOUR + minute * CIVIL_MINUTE + second * CIVIL_SECOND + fraction;
    return true;
}

/* "Z", "+02:00", "+0200" or nothing; what to take off to get UTC. */
static bool take_offset(struct str *s, int64_t *ret_us)
{
    *ret_us = 0;
    if (s->n == 0 || take_char(s, 'Z')) return true;
    bool east = take_char(s, '+');
    if (!east && !take_char(s, '-')) return false;
    int hour, minute;
    if (!take_number(s, 2, 2, &hour)) return false;
    (void)take_char(s, ':');
    if (!take_number(s, 2, 2, &minute) || hour > 23 || minute > 59) return false;
    int64_t us = hour * CIVIL_HOUR + minute * CIVIL_MINUTE;
    *ret_us = east ? us : -us;
    return true;
}

/* Neither the widest offset with the latest cut-off at the beginning of the years, nor the widest offset at their end, leads out of them. */
bool instant_is_readable(int64_t at_utc)
{
    return at_utc >= (civil_day(YEAR_MIN, 1, 1) + 2) * CIVIL_DAY && at_utc < (civil_day(YEAR_MAX, 12, 31) - 1) * CIVIL_DAY;
}

bool instant_parse(struct str s, int64_t *ret_utc)
{
    int32_t day;
    int64_t time_us = 0, offset_us = 0;
    if (!take_day(&s, &day)) return false;
    if (s.n > 0) {
        if (!take_char(&s, 'T') && !take_char(&s, ' ')) return false;
        if (!take_time(&s, &time_us) || !take_offset(&s, &offset_us) || s.n > 0) return false;
    }
    int64_t at_utc = day * CIVIL_DAY + time_us - offset_us;
    if (!instant_is_readable(at_utc)) return false;
    *ret_utc = at_utc;
    return true;
}

/* "2026-01-30T10:00:00." and the microseconds left to write. */
static int instant_append_seconds(struct buf *out, int64_t at_utc)
{
    int64_t us = at_utc % CIVIL_DAY;
    if (us < 0) us += CIVIL_DAY;
    civil_append_day(out, (int32_t)floor_div(at_utc, CIVIL_DAY));
    buf_append_char(out, 'T');
    append_padded(out, (int)(us / CIVIL_HOUR), 2);
    buf_append_char(out, ':');
    append_padded(out, (int)(us / CIVIL_MINUTE % 60), 2);
    buf_append_char(out, ':');
    append_padded(out, (int)(us / CIVIL_SECOND % 60), 2);
    buf_append_char(out, '.');
    return (int)(us % CIVIL_SECOND);
}

void instant_append(struct buf *out, int64_t at_utc)
{
    int us = instant_append_seconds(out, at_utc);
    append_padded(out, us / 1000, 3);
    buf_append_char(out, 'Z');
}

void instant_append_micro(struct buf *out, int64_t at_utc)
{
    int us = instant_append_seconds(out, at_utc);
    if (us % 1000 == 0) append_padded(out, us / 1000, 3);
    else append_padded(out, us, 6);
    buf_append_char(out, 'Z');
}

void instant_append_local(struct buf *out, const struct zone *zone, int64_t at_utc)
{
    int64_t local_minute = floor_div(floor_div(at_utc, CIVIL_SECOND) + zone_offset_at(zone, at_utc), 60);
    int64_t day = floor_div(local_minute, INT64_C(24) * 60);
    int minute = (int)(local_minute - day * 24 * 60);
    civil_append_day_local(out, (int32_t)day);
    buf_printf(out, " %02d:%02d", minute / 60, minute % 60);
}

/* Lock-free, hence safe in a signal handler, and seen by every thread. */
static atomic_bool interrupted;
_Static_assert(ATOMIC_BOOL_LOCK_FREE == 2, "interrupt_request is called from signal handlers");

void interrupt_request(void) { atomic_store(&interrupted, true); }

static _Thread_local const atomic_bool *watched;
void interrupt_watch(const atomic_bool *cancelled) { watched = cancelled; }
bool interrupt_requested(void) { return atomic_load(&interrupted) || (watched && atomic_load(watched)); }

static int64_t system_now_utc(void *context)
{
    (void)context;
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail with this clock */
    return now.tv_sec * CIVIL_SECOND + now.tv_nsec / 1000;
}

static int64_t monotonic_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* In slices: a signal that another thread takes, or that comes just before the sleep, is seen a slice later at most. */
static int system_sleep_ms(void *context, int64_t ms)
{
    (void)context;
    const int64_t slice_ms = 50;
    int64_t begin_ms = monotonic_ms(), slept_ms = 0;
    while (slept_ms < ms) {
        if (interrupt_requested()) return ERR_CANCELLED;
        int64_t left_ms = ms - slept_ms;
        long now_ms = (long)(left_ms < slice_ms ? left_ms : slice_ms);
        struct timespec wait = {.tv_sec = 0, .tv_nsec = now_ms * 1000000};
        (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, NULL); /* EINTR only shortens this slice */
        slept_ms = monotonic_ms() - begin_ms;
    }
    return interrupt_requested() ? ERR_CANCELLED : OK;
}

const struct clock system_clock = {.now_utc = system_now_utc, .sleep_ms = system_sleep_ms, .context = NULL};
