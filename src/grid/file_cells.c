/* file_cells.c: a cell of a sales file into a value, or a refusal that names file, line, column, value and cure; and the one computation that a file of
 * prices without tax needs. Used by file_columns.c and file_dailybiz.c. */
#include <stdlib.h>

#include "grid/file_int.h"

#define PLACE_ARGS(place) (place)->path, ERR_INT((place)->line), (place)->column

int cell_number(const struct cell_place *place, struct str cell, int places, int64_t *ret, struct err *err)
{
    struct str text = str_trim(cell);
    enum decimal_result result = decimal_parse(text, places, ret);
    if (result == DECIMAL_NOT_A_NUMBER)
        result = decimal_parse_human(text, places, ret);
    switch (result) {
    case DECIMAL_OK: return OK;
    case DECIMAL_TOO_PRECISE:
        return err_set(err, ERR_DATA, N_("%s, line %s, column %s: “%s” has more decimals than the %s that count here: round it"), PLACE_ARGS(place),
                       ERR_STR(text), ERR_INT(places));
    case DECIMAL_TOO_LARGE:
        return err_set(err, ERR_DATA, N_("%s, line %s, column %s: “%s” is larger than any figure of a shop: correct it"), PLACE_ARGS(place), ERR_STR(text));
    case DECIMAL_NOT_A_NUMBER: break;
    }
    return err_set(err, ERR_DATA, N_("%s, line %s, column %s: “%s” is not a number: write it like 12.50"), PLACE_ARGS(place), ERR_STR(text));
}

int cell_rate(const struct cell_place *place, struct str cell, int64_t *ret_bp, struct err *err)
{
    int64_t rate_bp = 0;
    int rc = cell_number(place, cell, 2, &rate_bp, err);
    if (rc != OK)
        return rc;
    if (rate_bp < 0 || rate_bp > 10000)
        return err_set(err, ERR_DATA, N_("%s, line %s, column %s: “%s” is not a VAT rate: write it in percent, such as 5.5"), PLACE_ARGS(place), ERR_STR(cell));
    *ret_bp = rate_bp;
    return OK;
}

static int refuse_day(const struct cell_place *place, struct str text, struct err *err)
{
    return err_set(err, ERR_DATA, N_("%s, line %s, column %s: “%s” is not a date of the calendar: write 2026-01-31 or 31/01/2026"), PLACE_ARGS(place), ERR_STR(text));
}

int cell_day(const struct cell_place *place, struct str cell, int32_t *ret, struct err *err)
{
    struct str text = str_trim(cell);
    return civil_parse_day(text, ret) || civil_parse_day_french(text, ret) ? OK : refuse_day(place, text, err);
}

int cell_day_begins(const struct cell_place *place, struct str cell, int64_t begin_utc, struct err *err)
{
    return instant_is_readable(begin_utc) ? OK : refuse_day(place, str_trim(cell), err);
}

int cell_instant(const struct cell_place *place, struct str cell, int64_t *ret_utc, struct err *err)
{
    struct str text = str_trim(cell);
    if (instant_parse(text, ret_utc))
        return OK;
    return err_set(err, ERR_DATA, N_("%s, line %s, column %s: “%s” is not an instant: write 2026-01-31T10:00:00Z"), PLACE_ARGS(place), ERR_STR(text));
}

int cell_text(struct arena *arena, struct str cell, struct str *ret, struct err *err)
{
    *ret = arena_copy(arena, cell.n ? csv_unguard(cell) : STR_NULL);
    return cell.n && !ret->p ? err_memory(err) : OK;
}

int cell_is_empty(const struct cell_place *place, struct err *err)
{
    return err_set(err, ERR_DATA, N_("%s, line %s: the column %s is empty, but cannot be: fill it in"), PLACE_ARGS(place));
}

/* ---- shares ---- */

struct part { size_t index; int64_t remainder; };

static int by_remainder(const void *left, const void *right)
{
    const struct part *a = left, *b = right;
    if (a->remainder != b->remainder)
        return a->remainder > b->remainder ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

int share_scaled(struct arena *arena, const int64_t *values, size_t count, int64_t multiplier, int64_t divisor, bool half_down, int64_t *ret, struct err *err)
{
    struct part *parts = arena_array(arena, count + 1, sizeof *parts);
    if (!parts)
        return err_memory(err);
    __int128 sum = 0, rest = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    int64_t sign = sum < 0 ? -1 : 1;    /* what is dealt out is then never negative */
    for (size_t i = 0; i < count; i++) {
        __int128 exact = (__int128)(sign * values[i]) * multiplier;
        int64_t remainder = (int64_t)(exact % divisor);
        if (remainder < 0)
            remainder += divisor;
        parts[i] = (struct part){.index = i, .remainder = remainder};
        ret[i] = (int64_t)((exact - remainder) / divisor);
        rest += remainder;
    }
    /* The remainders add up to the whole cents that are to be dealt out, and a rest that is rounded once. */
    __int128 unit = divisor;
    int64_t cents = (int64_t)(half_down ? (2 * rest + unit - 1) / (2 * unit) : (2 * rest + unit) / (2 * unit));
    qsort(parts, count, sizeof *parts, by_remainder);
    for (size_t i = 0; i < (size_t)cents && i < count; i++)
        ret[parts[i].index]++;
    for (size_t i = 0; i < count; i++)
        ret[i] *= sign;
    return OK;
}
