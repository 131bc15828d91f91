/* faults_int.h: faults on order, decided by the number of the request alone, so that a test can be repeated. Private to sandbox.
 * The grammar is documented in docs/sandbox.md. */
#ifndef SANDBOX_FAULTS_INT_H
#define SANDBOX_FAULTS_INT_H
#include "base/err.h"

enum fault_kind {
    FAULT_STATUS,
    FAULT_CUT,
    FAULT_DELAY,
    FAULT_HTML,
    FAULT_LIMIT,
    FAULT_LOST_POST,
    FAULT_EMPTY_RETRY_AFTER,
    FAULT_NOT_JSON,
    FAULT_UNORDERED,
    FAULT_PLAIN,
};
struct fault {
    enum fault_kind kind;
    int64_t value;           /* a status, milliseconds, a limit */
    int64_t at, every, after; /* 0: not given */
    int64_t times;           /* 0: without end */
    int64_t retry_after_s;   /* -1: not given */
    char path[64];           /* counts only requests whose path holds this text; empty: all */
    char method[8];
    int64_t seen, fired;
};
enum { FAULTS_MAX = 32 };
struct faults {
    struct fault rules[FAULTS_MAX];
    size_t count;
};
/* What happens to one request; the strongest of several rules wins. */
struct fault_plan {
    int status;              /* 0: none */
    int64_t retry_after_s;   /* -1: no header */
    bool empty_retry_after;
    bool cut, html, not_json, lost, unordered, plain;
    int64_t delay_ms;
    int64_t limit;           /* 0: none */
};
/* ERR_USAGE names the rule that cannot be read. */
int faults_parse(struct faults *ret, struct str spec, struct err *err) MUST_CHECK;
/* Counts the request. */
struct fault_plan faults_next(struct faults *faults, struct str method, struct str path);
#endif
