/* api_int.h: what a sandbox is, and the interface over it. Private to sandbox. */
#ifndef SANDBOX_API_INT_H
#define SANDBOX_API_INT_H
#include "sandbox/reply_int.h"
#include "sandbox/store_int.h"

struct sandbox {
    struct store store;
    struct faults faults;
    const struct clock *clock;
    enum sandbox_dialect dialect;
    const char *state_path;  /* in the store's arena; NULL: in memory only */
    struct buf body;         /* of the answer that is being made */
    uint64_t requests;       /* so far */
};
/* Routes one request and fills the reply's status and body. */
void api_answer(struct sandbox *sandbox, const struct sandbox_request *request, const struct fault_plan *plan, struct arena *arena, struct reply *reply);
#endif
