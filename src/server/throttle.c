/* throttle.c: wrong passwords, counted by account and by address, so that neither one account tried from everywhere nor all accounts tried from one place goes fast. In memory: a
 * restart forgets, and takes longer than the pause. The table is small and fixed: when it is full the oldest entry goes. */
#include <arpa/inet.h>
#include <string.h>

#include "server/server_int.h"

/* Behind one address a whole shop may sit. */
enum { ENTRIES = 1024, FREE_BY_ACCOUNT = 5, FREE_BY_ADDRESS = 20, PAUSE_MAX_S = 900 };
#define FORGET_AFTER (30 * CIVIL_MINUTE)

struct entry { uint64_t key; int failures; int64_t last_utc; };
struct throttle { pthread_mutex_t lock; struct entry entries[ENTRIES]; };

struct throttle *throttle_new(void)
{
    struct throttle *throttle = mem_alloc_zero(1, sizeof *throttle);
    if (throttle)
        pthread_mutex_init(&throttle->lock, NULL);
    return throttle;
}

void throttle_free(struct throttle *throttle)
{
    if (!throttle)
        return;
    pthread_mutex_destroy(&throttle->lock);
    mem_free(throttle);
}

/* An account and an address of the same letters are two things. */
static uint64_t key_of_account(struct str name)
{
    return hash_table_key(name) ^ UINT64_C(0x9e3779b97f4a7c15);
}

/* Who has one IPv6 address has 2^64 of them: they count as one (RFC 4291, 2.5.1). */
static uint64_t key_of_address(struct str address)
{
    char text[INET6_ADDRSTRLEN] = "";
    struct in6_addr six;

    if (address.n < sizeof text)
        memcpy(text, address.p, address.n);
    return hash_table_key(inet_pton(AF_INET6, text, &six) == 1 ? (struct str){(const char *)six.s6_addr, sizeof six / 2} : address);
}

static struct entry *find(struct throttle *throttle, uint64_t key)
{
    for (size_t i = 0; i < ENTRIES; i++)
        if (throttle->entries[i].failures > 0 && throttle->entries[i].key == key)
            return &throttle->entries[i];
    return NULL;
}

/* The first attempts are free, then the pause doubles: 2 s, 4 s … a quarter of an hour. */
static int pause_s(const struct entry *entry, int free_attempts, int64_t now_utc)
{
    if (!entry || entry->failures < free_attempts || now_utc - entry->last_utc > FORGET_AFTER)
        return 0;
    int steps = entry->failures - free_attempts + 1;
    int64_t pause = steps > 9 ? PAUSE_MAX_S : INT64_C(1) << steps;
    if (pause > PAUSE_MAX_S)
        pause = PAUSE_MAX_S;
    int64_t left = entry->last_utc + pause * CIVIL_SECOND - now_utc;
    return left > 0 ? (int)((left + CIVIL_SECOND - 1) / CIVIL_SECOND) : 0;
}

int throttle_wait(struct throttle *throttle, struct str account, struct str address, int64_t now_utc)
{
    pthread_mutex_lock(&throttle->lock);
    int by_account = pause_s(find(throttle, key_of_account(account)), FREE_BY_ACCOUNT, now_utc);
    int by_address = pause_s(find(throttle, key_of_address(address)), FREE_BY_ADDRESS, now_utc);
    pthread_mutex_unlock(&throttle->lock);
    return by_account > by_address ? by_account : by_address;
}

static void count(struct throttle *throttle, uint64_t key, int64_t now_utc)
{
    struct entry *entry = find(throttle, key), *oldest = &throttle->entries[0];

    for (size_t i = 0; i < ENTRIES && !entry; i++) {
        if (throttle->entries[i].failures == 0)
            entry = &throttle->entries[i];
        else if (throttle->entries[i].last_utc < oldest->last_utc)
            oldest = &throttle->entries[i];
    }
    if (!entry)
        entry = oldest;
    bool begins = entry->key != key || now_utc - entry->last_utc > FORGET_AFTER;
    *entry = (struct entry){.key = key, .failures = begins ? 1 : entry->failures + 1, .last_utc = now_utc};
}

void throttle_failed(struct throttle *throttle, struct str account, struct str address, int64_t now_utc)
{
    pthread_mutex_lock(&throttle->lock);
    count(throttle, key_of_account(account), now_utc);
    count(throttle, key_of_address(address), now_utc);
    pthread_mutex_unlock(&throttle->lock);
}

/* The address keeps its count: one right password does not excuse a hundred wrong ones of others. */
void throttle_succeeded(struct throttle *throttle, struct str account)
{
    pthread_mutex_lock(&throttle->lock);
    struct entry *entry = find(throttle, key_of_account(account));
    if (entry)
        *entry = (struct entry){0};
    pthread_mutex_unlock(&throttle->lock);
}
