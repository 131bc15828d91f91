/* server_worker.c: the threads that run the handler, and the queue before them. A request that waits has its connection suspended, and costs no thread. Used by net's server. */
#include "base/mem.h"
#include "net/server_int.h"

enum { QUEUE_MAX = 256 }; /* a worker does some hundred requests a second: who is behind these is told to come back rather than left to guess */

struct worker {
    struct http_server *server;
    int index;
    pthread_t thread;
};

/* The oldest that waits; NULL when the server is stopping. */
static struct exchange *take(struct http_server *server)
{
    struct exchange *exchange = NULL;
    pthread_mutex_lock(&server->lock);
    while (!server->stopping && server->queue == NULL)
        pthread_cond_wait(&server->work_came, &server->lock);
    if (!server->stopping) {
        exchange = server->queue;
        server->queue = exchange->next;
        server->queue_count--;
        if (server->queue == NULL)
            server->queue_end = &server->queue;
    }
    pthread_mutex_unlock(&server->lock);
    return exchange;
}

static void *worker_main(void *argument)
{
    const struct worker *worker = argument;
    for (struct exchange *exchange; (exchange = take(worker->server)) != NULL;) {
        int64_t delay_ms = exchange_work(exchange, worker->index);
        if (delay_ms <= 0 || !timer_delay(exchange, delay_ms))
            MHD_resume_connection(exchange->connection); /* the exchange may be gone after this */
    }
    return NULL;
}

bool workers_queue(struct exchange *exchange)
{
    struct http_server *server = exchange->server;
    pthread_mutex_lock(&server->lock);
    bool queued = !server->stopping && server->queue_count < QUEUE_MAX;
    if (queued) {
        MHD_suspend_connection(exchange->connection);
        exchange->waits = true;
        exchange->next = NULL;
        *server->queue_end = exchange;
        server->queue_end = &exchange->next;
        server->queue_count++;
        pthread_cond_signal(&server->work_came);
    }
    pthread_mutex_unlock(&server->lock);
    return queued;
}

static void join(struct http_server *server)
{
    pthread_mutex_lock(&server->lock);
    pthread_cond_broadcast(&server->work_came);
    pthread_mutex_unlock(&server->lock);
    for (int i = 0; i < server->worker_count; i++)
        pthread_join(server->workers[i].thread, NULL);
    mem_free(server->workers);
}

int workers_start(struct http_server *server, int count)
{
    server->queue_end = &server->queue;
    if (count <= 0)
        return 0;
    server->workers = mem_alloc_zero((size_t)count, sizeof(*server->workers));
    for (int i = 0; server->workers != NULL && i < count; i++) {
        server->workers[i] = (struct worker){.server = server, .index = i};
        if (pthread_create(&server->workers[i].thread, NULL, worker_main, &server->workers[i]) != 0)
            break;
        server->worker_count++;
    }
    if (server->worker_count == count)
        return 0;
    pthread_mutex_lock(&server->lock);
    server->stopping = true;
    pthread_mutex_unlock(&server->lock);
    join(server);
    return -1;
}

void workers_stop(struct http_server *server)
{
    join(server);
    pthread_mutex_lock(&server->lock);
    while (server->queue != NULL) {
        struct exchange *exchange = server->queue;
        server->queue = exchange->next;
        MHD_resume_connection(exchange->connection);
    }
    pthread_mutex_unlock(&server->lock);
}
