/* civil.h: instants, days and zones. An instant is int64 microseconds UTC since 1970 (`_utc`); a business day is a civil date
 * in the company's zone with a cut-off hour. No global TZ is read or set. Everyone may use it. */
#ifndef BASE_CIVIL_H
#define BASE_CIVIL_H
#include <stdatomic.h>

#include "base/err.h"

#define CIVIL_SECOND INT64_C(1000000)
#define CIVIL_MINUTE (60 * CIVIL_SECOND)
#define CIVIL_HOUR (60 * CIVIL_MINUTE)
#define CIVIL_DAY (24 * CIVIL_HOUR)

/* A day is its number since 1970-01-01 (proleptic Gregorian). */
int32_t civil_day(int year, int month, int day);
void civil_from_day(int32_t day, int *ret_year, int *ret_month, int *ret_day);
/* "2026-02-30" is refused: false. Years 1900 to 9999. */
bool civil_parse_day(struct str s, int32_t *ret);
/* The French "30/01/2026" (dd/MM/yyyy), one or two digits for day and month. */
bool civil_parse_day_french(struct str s, int32_t *ret);
/* "2026-01-30", 10 characters. */
void civil_append_day(struct buf *out, int32_t day);
/* In the reader's language: "30/01/2026" in French, "2026-01-30" in English. */
void civil_append_day_local(struct buf *out, int32_t day);

/* ISO 8601 "2026-01-30T10:00:00.123Z", with offset "+02:00", with a blank for the T, or a bare date; without an offset it is UTC.
 * Fractions beyond a microsecond are cut, never rounded up (P3). False on 30 February, hour 24, trailing bytes, and when it is not readable. */
bool instant_parse(struct str s, int64_t *ret_utc);
/* From 1900-01-03 to 9999-12-29 UTC: whatever the zone and the cut-off, its business day is one that can be written and read again. */
bool instant_is_readable(int64_t at_utc);
/* "2026-01-30T10:00:00.123Z" with milliseconds, as the till writes it (cut, never rounded). */
void instant_append(struct buf *out, int64_t at_utc);
/* Same with six decimals when the microseconds are not whole milliseconds. */
void instant_append_micro(struct buf *out, int64_t at_utc);

struct zone; /* a time zone's rules, read once from the system's zone files (tzdata) */
/* "Europe/Paris"; only names of letters, digits, `/`, `_`, `-`, `+` (no path tricks). ERR_DATA when unknown. Immutable, shared between threads, zone_free. */
int zone_load(struct zone **ret, struct str name, struct err *err) MUST_CHECK;
void zone_free(struct zone *zone);
/* Seconds to add to UTC to get local time at that instant. */
int32_t zone_offset_at(const struct zone *zone, int64_t at_utc);
/* The business day of an instant; cutoff_minutes after midnight still belong to the day before. An instant is on day d exactly when
 * zone_day_start(d) <= instant < zone_day_start(d + 1), also when the clock is put back over the cut-off. */
int32_t zone_business_day(const struct zone *zone, int64_t at_utc, int cutoff_minutes);
/* The first instant of a business day (the later of two when the clock goes back over midnight never happens in practice; the first is taken). */
int64_t zone_day_start(const struct zone *zone, int32_t day, int cutoff_minutes);
/* "30/01/2026 11:00" in French, "2026-01-30 11:00" in English, local time. */
void instant_append_local(struct buf *out, const struct zone *zone, int64_t at_utc);

/* Clock and randomness are arguments so that a simulation can own them. */
struct clock {
    int64_t (*now_utc)(void *context);
    /* Sleeps, or returns early with ERR_CANCELLED when the person interrupted. */
    int (*sleep_ms)(void *context, int64_t ms);
    void *context;
};
struct random_source {
    void (*fill)(void *context, void *bytes, size_t n);
    void *context;
};
/* The real ones: CLOCK_REALTIME, libsodium's generator. Immutable globals. */
extern const struct clock system_clock;
extern const struct random_source system_random;
/* Set from a signal handler (async-signal-safe); system_clock.sleep_ms and long loops look at it. */
void interrupt_request(void);
/* What is asked of this thread alone counts as well: while *cancelled is true, interrupt_requested() is true here. NULL ends it. Borrowed until then. */
void interrupt_watch(const atomic_bool *cancelled);
bool interrupt_requested(void);
#endif
