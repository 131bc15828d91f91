/* zone.c: the rules of a time zone, read from the system's compiled tzdata (TZif, RFC 8536), and what a business day is in it. The bytes of
 * the file are untrusted: every count is bounded before it is used. No global TZ is read or set. Everyone may use it. */
#include "base/civil.h"

#include "base/civil_int.h"
#include "base/mem.h"
#include "base/read_int.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ZONE_DIRECTORY "/usr/share/zoneinfo"
enum {
    ZONE_NAME_MAX = 128,
    ZONE_FILE_MAX = 256 << 10, /* the largest of tzdata has 4 kB */
    TRANSITIONS_MAX = 8192,    /* the most that tzdata has is some 240 */
    TYPES_MAX = 256,           /* a type is named by one byte */
    OFFSET_MAX_S = 26 * 3600,  /* RFC 8536 3.2: offsets lie between -25 and 26 hours */
    HEADER_SIZE = 44,
    PATH_SIZE = 1024,
    DAY_S = 86400,
    DAY_NUMBER_MAX = 100000000, /* further on, microseconds leave 64 bits */
};

/* A day of the year in a POSIX TZ text: "M10.5.0" (the last Sunday of October), "J60" or "59", and the local time of the change. */
struct rule_date {
    char kind;      /* 'M', 'J' (1 to 365, 29 February never counted) or 'N' (0 to 365, counted) */
    int month, week, weekday;
    int day;
    int32_t time_s; /* from midnight; RFC 8536 3.3.1 allows -167 to 167 hours */
};

/* What goes on for ever after the last transition of the file. */
struct rule {
    int32_t standard_s, summer_s; /* to add to UTC */
    bool has_summer;
    struct rule_date summer_begin, summer_end;
};

struct zone {
    size_t count;         /* transitions, strictly ascending */
    int64_t *at_s;        /* seconds UTC; the memory of both arrays follows the struct */
    int32_t *offset_s;    /* to add to UTC from that instant on */
    int32_t first_offset_s;
    bool has_rule;
    struct rule rule;
};

/* POSIX TZ text: CET-1CEST,M3.5.0,M10.5.0/3 */

/* One to three digits, at most `max`. */
static bool take_up_to(struct str *s, int max, int *ret) { return take_number(s, 1, 3, ret) && *ret <= max; }

/* "CET" or "<+0330>": at least three characters; the name itself is of no use here. */
static bool take_name(struct str *s)
{
    bool quoted = take_char(s, '<');
    size_t n = 0;
    for (; n < s->n; n++) {
        char c = s->p[n];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        bool other = (c >= '0' && c <= '9') || c == '+' || c == '-';
        if (!letter && !(quoted && other)) break;
    }
    *s = (struct str){s->p + n, s->n - n};
    return n >= 3 && (!quoted || take_char(s, '>'));
}

/* "[+-]hh[:mm[:ss]]" in seconds. */
static bool take_time(struct str *s, int hour_max, int32_t *ret_s)
{
    bool negative = take_char(s, '-');
    if (!negative) (void)take_char(s, '+');
    int hour, minute = 0, second = 0;
    if (!take_up_to(s, hour_max, &hour)) return false;
    if (take_char(s, ':')) {
        if (!take_up_to(s, 59, &minute)) return false;
        if (take_char(s, ':') && !take_up_to(s, 59, &second)) return false;
    }
    int32_t total_s = hour * 3600 + minute * 60 + second;
    *ret_s = negative ? -total_s : total_s;
    return true;
}

static bool take_rule_date(struct str *s, struct rule_date *ret)
{
    *ret = (struct rule_date){.kind = 'N', .time_s = 2 * 3600};
    if (!take_char(s, ',')) return false;
    if (take_char(s, 'M')) {
        ret->kind = 'M';
        if (!take_up_to(s, 12, &ret->month) || !take_char(s, '.') || !take_up_to(s, 5, &ret->week) || !take_char(s, '.') ||
            !take_up_to(s, 6, &ret->weekday) || ret->month == 0 || ret->week == 0)
            return false;
    } else {
        if (take_char(s, 'J')) ret->kind = 'J';
        if (!take_up_to(s, 365, &ret->day) || (ret->kind == 'J' && ret->day == 0)) return false;
    }
    return !take_char(s, '/') || take_time(s, 167, &ret->time_s);
}

/* POSIX counts offsets westwards, we count eastwards. */
static bool rule_parse(struct str s, struct rule *ret)
{
    *ret = (struct rule){0};
    int32_t west_s;
    if (!take_name(&s) || !take_time(&s, 24, &west_s)) return false;
    ret->standard_s = -west_s;
    if (s.n == 0) return true;
    ret->has_summer = true;
    ret->summer_s = ret->standard_s + 3600;
    if (!take_name(&s)) return false;
    if (s.n > 0 && s.p[0] != ',') {
        if (!take_time(&s, 24, &west_s)) return false;
        ret->summer_s = -west_s;
    }
    return take_rule_date(&s, &ret->summer_begin) && take_rule_date(&s, &ret->summer_end) && s.n == 0;
}

static int32_t rule_date_day(const struct rule_date *date, int year)
{
    int32_t january = civil_day(year, 1, 1);
    if (date->kind == 'N') return january + date->day;
    if (date->kind == 'J') {
        bool leap = civil_day(year, 3, 1) - january == 60;
        return january + date->day - 1 + (leap && date->day >= 60);
    }
    int32_t first = civil_day(year, date->month, 1);
    int32_t next_month = date->month == 12 ? civil_day(year + 1, 1, 1) : civil_day(year, date->month + 1, 1);
    int weekday = (int)(((int64_t)first + 4) % 7); /* 1970-01-01 was a Thursday */
    if (weekday < 0) weekday += 7;
    int32_t day = first + (date->weekday - weekday + 7) % 7 + 7 * (date->week - 1);
    return day < next_month ? day : day - 7; /* week 5 is the last one */
}

/* The last change at or before the instant decides. Three years are looked at, since a change may fall into the year beside it; of two at
 * the same instant the begin of summer wins, which is how "summer time all the year" is written. */
static int32_t rule_offset_at(const struct rule *rule, int64_t at_s)
{
    if (!rule->has_summer) return rule->standard_s;
    int year, month, day;
    civil_from_day((int32_t)floor_div(at_s, DAY_S), &year, &month, &day);
    int64_t last_s = INT64_MIN;
    int32_t offset_s = rule->standard_s;
    for (int y = year - 1; y <= year + 1; y++) {
        int64_t end_s = (int64_t)rule_date_day(&rule->summer_end, y) * DAY_S + rule->summer_end.time_s - rule->summer_s;
        int64_t begin_s = (int64_t)rule_date_day(&rule->summer_begin, y) * DAY_S + rule->summer_begin.time_s - rule->standard_s;
        if (end_s <= at_s && end_s >= last_s) {
            last_s = end_s;
            offset_s = rule->standard_s;
        }
        if (begin_s <= at_s && begin_s >= last_s) {
            last_s = begin_s;
            offset_s = rule->summer_s;
        }
    }
    return offset_s;
}

/* TZif */

/* The counts of one header, in the order of the file (RFC 8536 3.1). */
struct counts {
    uint32_t ut, standard, leap, transitions, types, characters;
};

static uint32_t read_u32(const unsigned char *p) { return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3]; }
static int32_t read_i32(const unsigned char *p) { return (int32_t)read_u32(p); }
static int64_t read_i64(const unsigned char *p) { return (int64_t)((uint64_t)read_u32(p) << 32 | read_u32(p + 4)); }

/* Takes `n` bytes off the front of *s; NULL when they are not there. */
static const unsigned char *take_bytes(struct str *s, size_t n)
{
    if (n > s->n) return NULL;
    const unsigned char *p = (const unsigned char *)s->p;
    *s = (struct str){s->p + n, s->n - n};
    return p;
}

/* Version 2 and later only: version 1 ends in 2038, and tzdata has not been made so for long. */
static bool take_header(struct str *s, struct counts *ret)
{
    const unsigned char *p = take_bytes(s, HEADER_SIZE);
    if (!p || memcmp(p, "TZif", 4) != 0 || p[4] < '2') return false;
    *ret = (struct counts){.ut = read_u32(p + 20), .standard = read_u32(p + 24), .leap = read_u32(p + 28),
                           .transitions = read_u32(p + 32), .types = read_u32(p + 36), .characters = read_u32(p + 40)};
    return true;
}

/* The bytes of the data after a header: counts of 32 bits cannot overflow 64. */
static uint64_t data_size(const struct counts *c, uint64_t time_size)
{
    return c->transitions * (time_size + 1) + c->types * UINT64_C(6) + c->characters + c->leap * (time_size + 4) + c->standard + (uint64_t)c->ut;
}

/* Local time types have six bytes, the offset first. False when one is absurd. */
static bool read_offset(const unsigned char *types, uint32_t count, unsigned index, int32_t *ret_s)
{
    if (index >= count) return false;
    *ret_s = read_i32(types + 6 * (size_t)index);
    return *ret_s > -OFFSET_MAX_S && *ret_s < OFFSET_MAX_S;
}

static bool read_transitions(struct zone *zone, const struct counts *c, const unsigned char *times, const unsigned char *indexes,
                             const unsigned char *types)
{
    for (size_t i = 0; i < zone->count; i++) {
        zone->at_s[i] = read_i64(times + 8 * i);
        if (i > 0 && zone->at_s[i] <= zone->at_s[i - 1]) return false;
        if (!read_offset(types, c->types, indexes[i], &zone->offset_s[i])) return false;
    }
    return read_offset(types, c->types, 0, &zone->first_offset_s);
}

/* "\nCET-1CEST,M3.5.0,M10.5.0/3\n"; nothing between the newlines means that no rule is known. */
static bool read_footer(struct zone *zone, struct str s)
{
    struct str rule, rest;
    if (!take_char(&s, '\n') || !str_cut(s, '\n', &rule, &rest)) return false;
    zone->has_rule = rule.n > 0;
    return !zone->has_rule || rule_parse(rule, &zone->rule);
}

static struct zone *zone_new(size_t transitions)
{
    struct zone *zone = mem_alloc_zero(1, sizeof *zone + transitions * (sizeof *zone->at_s + sizeof *zone->offset_s));
    if (!zone) return NULL;
    zone->count = transitions;
    zone->at_s = (int64_t *)(void *)(zone + 1);
    zone->offset_s = (int32_t *)(void *)(zone->at_s + transitions);
    return zone;
}

/* 0 with *ret, ERR_DATA when the bytes are not a zone file, ERR_INTERNAL without memory; the caller words the error. */
static int zone_read(struct str s, struct zone **ret)
{
    struct counts old, c;
    if (!take_header(&s, &old) || data_size(&old, 4) > s.n || !take_bytes(&s, data_size(&old, 4))) return ERR_DATA;
    if (!take_header(&s, &c) || data_size(&c, 8) > s.n) return ERR_DATA;
    /* A file with leap seconds counts another time than ours. */
    if (c.transitions > TRANSITIONS_MAX || c.types == 0 || c.types > TYPES_MAX || c.leap != 0) return ERR_DATA;
    const unsigned char *times = take_bytes(&s, 8 * (size_t)c.transitions);
    const unsigned char *indexes = take_bytes(&s, c.transitions);
    const unsigned char *types = take_bytes(&s, 6 * (size_t)c.types);
    (void)take_bytes(&s, (size_t)c.characters + c.standard + c.ut);
    struct zone *zone = zone_new(c.transitions);
    if (!zone) return ERR_INTERNAL;
    if (!read_transitions(zone, &c, times, indexes, types) || !read_footer(zone, s)) {
        zone_free(zone);
        return ERR_DATA;
    }
    *ret = zone;
    return OK;
}

/* Letters, digits, `/`, `_`, `-` and `+`, no empty part: no dot, hence no way out of the directory. */
static bool name_is_safe(struct str name)
{
    if (name.n == 0 || name.n > ZONE_NAME_MAX || name.p[0] == '/' || name.p[name.n - 1] == '/') return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '+';
        if (!plain && c != '/') return false;
        if (c == '/' && name.p[i + 1] == '/') return false; /* the last byte is no slash */
    }
    return true;
}

/* The first `size` bytes of a plain file; -1 when it is not one or cannot be read. O_NONBLOCK: a pipe in TZDIR must not hold the program up. */
static ssize_t file_read(const char *path, char *bytes, size_t size)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) return -1;
    ssize_t n = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? read_up_to(fd, bytes, size) : -1;
    close(fd);
    return n;
}

static bool zone_path(struct str name, char ret[PATH_SIZE])
{
    const char *directory = secure_getenv("TZDIR");
    if (!directory || directory[0] != '/') directory = ZONE_DIRECTORY;
    int n = snprintf(ret, PATH_SIZE, "%s/%.*s", directory, STR_ARG(name));
    return n > 0 && n < PATH_SIZE;
}

int zone_load(struct zone **ret, struct str name, struct err *err)
{
    char path[PATH_SIZE];
    if (!name_is_safe(name) || !zone_path(name, path))
        return err_set(err, ERR_DATA, N_("%s is not the name of a time zone: write it as in Europe/Paris"), ERR_STR(name));
    MEM_AUTO char *bytes = mem_alloc(ZONE_FILE_MAX);
    if (!bytes) return err_memory(err);
    ssize_t n = file_read(path, bytes, ZONE_FILE_MAX);
    if (n < 0)
        return err_set(err, ERR_DATA,
            N_("the time zone %s is unknown here (%s cannot be read): check the name, or install the package tzdata"), ERR_STR(name), path);
    int rc = zone_read((struct str){bytes, (size_t)n}, ret);
    if (rc == ERR_INTERNAL) return err_memory(err);
    if (rc < 0) return err_set(err, ERR_DATA, N_("the time zone file %s is damaged: install the package tzdata again"), path);
    return OK;
}

void zone_free(struct zone *zone) { mem_free(zone); }

/* Questions */

static int32_t offset_at_s(const struct zone *zone, int64_t at_s)
{
    size_t low = 0, high = zone->count; /* the transitions before `low` are past */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->at_s[middle] <= at_s) low = middle + 1;
        else high = middle;
    }
    if (low == zone->count && zone->has_rule) return rule_offset_at(&zone->rule, at_s);
    return low == 0 ? zone->first_offset_s : zone->offset_s[low - 1];
}

int32_t zone_offset_at(const struct zone *zone, int64_t at_utc) { return offset_at_s(zone, floor_div(at_utc, CIVIL_SECOND)); }

/* The first second at which the wall clock shows `wall_s` or later. Around it the zone has one offset or two; with the greater one it would
 * be the earlier instant, unless the clock does not show that time then: so the instant is searched between both. */
static int64_t first_at_wall(const struct zone *zone, int64_t wall_s)
{
    int32_t before_s = offset_at_s(zone, wall_s - DAY_S), after_s = offset_at_s(zone, wall_s + DAY_S);
    int64_t low = wall_s - (before_s > after_s ? before_s : after_s);
    int64_t high = wall_s - (before_s > after_s ? after_s : before_s);
    if (low + offset_at_s(zone, low) >= wall_s) return low;
    while (high - low > 1) { /* too early at low, late enough at high */
        int64_t middle = low + (high - low) / 2;
        if (middle + offset_at_s(zone, middle) >= wall_s) high = middle;
        else low = middle;
    }
    return high;
}

static int64_t day_start_s(const struct zone *zone, int64_t day, int cutoff_minutes)
{
    return first_at_wall(zone, day * DAY_S + cutoff_minutes * INT64_C(60));
}

int64_t zone_day_start(const struct zone *zone, int32_t day, int cutoff_minutes)
{
    if (day > DAY_NUMBER_MAX) day = DAY_NUMBER_MAX;
    if (day < -DAY_NUMBER_MAX) day = -DAY_NUMBER_MAX;
    return day_start_s(zone, day, cutoff_minutes) * CIVIL_SECOND;
}

/* Days follow one another: a day that has begun goes on when the clock is put back over the cut-off hour. */
int32_t zone_business_day(const struct zone *zone, int64_t at_utc, int cutoff_minutes)
{
    int64_t at_s = floor_div(at_utc, CIVIL_SECOND);
    int64_t day = floor_div(at_s + offset_at_s(zone, at_s) - cutoff_minutes * INT64_C(60), DAY_S);
    if (at_s >= day_start_s(zone, day + 1, cutoff_minutes)) day++;
    return (int32_t)day;
}
