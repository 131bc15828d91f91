/* server_timer.c: the thread that does what time makes due: answers that were held back, connections that last too long, streams that are silent.
 * Used by net's server. */
#include "net/server_int.h"

/* Resumes what is due (all of it when stopping) and returns when the next one is; INT64_MAX when none is left. */
static int64_t resume_due(struct http_server *server, int64_t now_ns)
{
    int64_t next_ns = INT64_MAX;
    for (struct exchange **link = &server->delayed; *link != NULL;) {
        struct exchange *exchange = *link;
        if (server->stopping || exchange->due_ns <= now_ns) {
            *link = exchange->next;
            MHD_resume_connection(exchange->connection); /* the exchange may be gone after this */
        } else {
            if (exchange->due_ns < next_ns)
                next_ns = exchange->due_ns;
            link = &exchange->next;
        }
    }
    return next_ns;
}

static void *timer_main(void *argument)
{
    struct http_server *server = argument;
    pthread_mutex_lock(&server->lock);
    while (!server->stopping) {
        int64_t now_ns = monotonic_ns(), delayed_ns = resume_due(server, now_ns), check_ns = guard_check(server, now_ns);
        int64_t next_ns = delayed_ns < check_ns ? delayed_ns : check_ns;
        if (next_ns == INT64_MAX) {
            pthread_cond_wait(&server->timer_changed, &server->lock);
        } else {
            struct timespec until = {.tv_sec = next_ns / 1000000000, .tv_nsec = next_ns % 1000000000};
            pthread_cond_timedwait(&server->timer_changed, &server->lock, &until);
        }
    }
    resume_due(server, 0);
    pthread_mutex_unlock(&server->lock);
    return NULL;
}

bool timer_delay(struct exchange *exchange, int64_t delay_ms)
{
    struct http_server *server = exchange->server;
    pthread_mutex_lock(&server->lock);
    bool held = !server->stopping;
    if (held) {
        if (!exchange->waits)
            MHD_suspend_connection(exchange->connection);
        exchange->due_ns = monotonic_ns() + (delay_ms < INT32_MAX ? delay_ms : INT32_MAX) * 1000000;
        exchange->next = server->delayed;
        server->delayed = exchange;
        pthread_cond_signal(&server->timer_changed);
    }
    pthread_mutex_unlock(&server->lock);
    return held;
}

int timer_start(struct http_server *server)
{
    return pthread_create(&server->timer, NULL, timer_main, server) == 0 ? 0 : -1;
}

void timer_stop(struct http_server *server)
{
    pthread_mutex_lock(&server->lock);
    pthread_cond_signal(&server->timer_changed);
    pthread_mutex_unlock(&server->lock);
    pthread_join(server->timer, NULL);
}
