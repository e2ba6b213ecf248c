#include "server/observe/run.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "storage/keyspace/rank.h"

struct run {
    int64_t started_ms;
    char id[RUN_ID + 1];
    pthread_mutex_t lock;
    char replication_id[RUN_ID + 1]; /* guarded by `lock` */
};

static void draw_hex(char text[RUN_ID + 1])
{
    unsigned char bytes[RUN_ID / 2];
    ssize_t drawn = getrandom(bytes, sizeof(bytes), 0);
    INVARIANT(drawn == (ssize_t)sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++) sprintf(text + 2 * i, "%02x", bytes[i]);
}

struct run *run_create(int64_t started_ms)
{
    struct run *run = ALLOC_NEW(struct run);
    run->started_ms = started_ms;
    draw_hex(run->id);
    pthread_mutex_init(&run->lock, NULL);
    draw_hex(run->replication_id);
    return run;
}

void run_destroy(struct run **run)
{
    pthread_mutex_destroy(&(*run)->lock);
    alloc_free(*run);
    *run = NULL;
}

int64_t run_started_ms(const struct run *run)
{
    return run->started_ms;
}

const char *run_id(const struct run *run)
{
    return run->id;
}

void run_draw_replication_id(struct run *run)
{
    char drawn[RUN_ID + 1];
    draw_hex(drawn);
    leaf_lock(&run->lock);
    memcpy(run->replication_id, drawn, sizeof(drawn));
    leaf_unlock(&run->lock);
}

void run_copy_replication_id(struct run *run, char out[RUN_ID + 1])
{
    leaf_lock(&run->lock);
    memcpy(out, run->replication_id, sizeof(run->replication_id));
    leaf_unlock(&run->lock);
}
