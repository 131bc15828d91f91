/* fake_till.h: a till in memory for the tests of src/till: an http_transport that asks a function of the test for each answer and gives the
 * answers back in the order the test chooses. No network, no clock. Only tests include it. */
#ifndef TEST_FAKE_TILL_H
#define TEST_FAKE_TILL_H
#include "base/buf.h"
#include "net/http.h"
#include "till/till.h"

#define FAKE_KEY "0123456789abcdef01234567"
#define FAKE_URL "https://till.example"

enum fake_order { FAKE_FIRST_FIRST, FAKE_LAST_FIRST, FAKE_SHUFFLED };

struct fake_reply {
    int status;                /* 0: no answer */
    const char *content_type;
    struct buf body;
    bool truncated;
};
struct fake_till;
typedef void fake_answer_fn(struct fake_till *till, const char *url, struct fake_reply *reply);

struct fake_waiting { uint64_t tag; char url[1024]; };
struct fake_till {
    fake_answer_fn *answer;
    enum fake_order order;
    uint64_t seed;
    struct fake_waiting waiting[64];
    size_t waiting_count;
    size_t most_waiting;       /* the most that was ever in flight */
    int requests;
    char last_url[1024], last_body[1024], last_key[64];
    enum http_method last_method;
    struct fake_reply reply;
    /* what the answer function of a test plays with */
    int records, server_limit, page_requests;
    void *context;
};
int fake_client_try(struct fake_till *till, const char *url, const char *key, struct till_client **ret, struct err *err) MUST_CHECK;
/* A client on the fake till; freeing it frees what the fake holds. */
struct till_client *fake_client(struct fake_till *till);
int64_t fake_query_number(const char *url, const char *name);
#endif
