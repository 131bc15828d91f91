/* faults.c: reading the faults and deciding on each request. Private to sandbox. */
#include "sandbox/faults_int.h"

#include <string.h>

static const struct {
    const char *name;
    enum fault_kind kind;
    bool needs_value;
} kinds[] = {
    {"cut", FAULT_CUT, false},
    {"delay", FAULT_DELAY, true},
    {"html", FAULT_HTML, false},
    {"limit", FAULT_LIMIT, true},
    {"lost_post", FAULT_LOST_POST, false},
    {"empty_retry_after", FAULT_EMPTY_RETRY_AFTER, false},
    {"not_json", FAULT_NOT_JSON, false},
    {"unordered", FAULT_UNORDERED, false},
    {"plain", FAULT_PLAIN, false},
};
/* No test waits longer. */
enum { DELAY_MAX_MS = 600000 };

static bool kind_read(struct str head, struct fault *ret)
{
    struct str name, value;
    bool has_value = str_cut(head, '=', &name, &value);
    if (!has_value && name.n == 3 && str_parse_u63(name, &ret->value)) {
        ret->kind = FAULT_STATUS;
        return ret->value >= 400 && ret->value <= 599;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!str_equal(name, str_from(kinds[i].name)))
            continue;
        ret->kind = kinds[i].kind;
        if (has_value != kinds[i].needs_value)
            return false;
        return !has_value || (str_parse_u63(value, &ret->value) && ret->value > 0 && ret->value <= DELAY_MAX_MS);
    }
    return false;
}

static bool word_read(struct str value, char *ret, size_t size)
{
    if (value.n == 0 || value.n >= size)
        return false;
    memcpy(ret, value.p, value.n);
    ret[value.n] = '\0';
    return true;
}

static bool parameter_read(struct str parameter, struct fault *ret)
{
    struct str name, value;
    if (!str_cut(parameter, '=', &name, &value))
        return false;
    if (str_equal(name, STR("path")))
        return word_read(value, ret->path, sizeof ret->path);
    if (str_equal(name, STR("method")))
        return word_read(value, ret->method, sizeof ret->method);
    if (str_equal(name, STR("retry_after")))
        return str_parse_u63(value, &ret->retry_after_s);
    if (str_equal(name, STR("after")))
        return str_parse_u63(value, &ret->after) && ret->after > 0;
    int64_t *number = str_equal(name, STR("at")) ? &ret->at : str_equal(name, STR("every")) ? &ret->every
                      : str_equal(name, STR("times")) ? &ret->times : NULL;
    return number != NULL && str_parse_u63(value, number) && *number > 0;
}

static bool rule_read(struct str rule, struct fault *ret)
{
    struct str head, rest, parameter;
    *ret = (struct fault){.retry_after_s = -1};
    bool more = str_cut(rule, ':', &head, &rest);
    if (!kind_read(head, ret))
        return false;
    while (more) {
        more = str_cut(rest, ':', &parameter, &rest);
        if (!parameter_read(parameter, ret))
            return false;
    }
    return true;
}

int faults_parse(struct faults *ret, struct str spec, struct err *err)
{
    struct faults faults = {0};
    struct str rule;
    while (spec.n > 0) {
        str_cut(spec, ',', &rule, &spec);
        if (faults.count == FAULTS_MAX)
            return err_set(err, ERR_USAGE, N_("--faults holds more than %s rules: give fewer"), ERR_INT(FAULTS_MAX));
        if (!rule_read(str_trim(rule), &faults.rules[faults.count]))
            return err_set(err, ERR_USAGE, N_("--faults: the rule `%s` cannot be read: write for example 429:every=7:retry_after=1 (see docs/sandbox.md)"),
                           ERR_STR(rule));
        faults.count++;
    }
    *ret = faults;
    return OK;
}

static bool contains(struct str text, const char *part)
{
    return memmem(text.p, text.n, part, strlen(part)) != NULL;
}

/* Counts the request for this rule; true when it strikes. */
static bool strikes(struct fault *fault, struct str method, struct str path)
{
    if (fault->method[0] != '\0' && !str_equal_ignore_case(method, str_from(fault->method)))
        return false;
    if (fault->path[0] != '\0' && !contains(path, fault->path))
        return false;
    if (fault->kind == FAULT_LOST_POST && !str_equal(method, STR("POST")))
        return false;
    fault->seen++;
    if ((fault->at > 0 && fault->seen != fault->at) || (fault->every > 0 && fault->seen % fault->every != 0) ||
        fault->seen <= fault->after || (fault->times > 0 && fault->fired >= fault->times))
        return false;
    fault->fired++;
    return true;
}

struct fault_plan faults_next(struct faults *faults, struct str method, struct str path)
{
    struct fault_plan plan = {.retry_after_s = -1};
    for (size_t i = 0; i < faults->count; i++) {
        struct fault *fault = &faults->rules[i];
        if (!strikes(fault, method, path))
            continue;
        switch (fault->kind) {
        case FAULT_STATUS:
            if (plan.status == 0) {
                plan.status = (int)fault->value;
                plan.retry_after_s = fault->retry_after_s;
            }
            break;
        case FAULT_CUT: plan.cut = true; break;
        case FAULT_DELAY: plan.delay_ms += fault->value; break;
        case FAULT_HTML: plan.html = true; break;
        case FAULT_LIMIT: plan.limit = fault->value; break;
        case FAULT_LOST_POST: plan.lost = true; break;
        case FAULT_EMPTY_RETRY_AFTER: plan.empty_retry_after = true; break;
        case FAULT_NOT_JSON: plan.not_json = true; break;
        case FAULT_UNORDERED: plan.unordered = true; break;
        case FAULT_PLAIN: plan.plain = true; break;
        }
    }
    return plan;
}
