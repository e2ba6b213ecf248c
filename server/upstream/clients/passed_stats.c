#include "server/upstream/clients/passed_stats.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "storage/keyspace/rank.h"

/* More than a Redis with a few modules has commands; a power of two. */
#define SLOTS 2048
#define MOST  (SLOTS / 2)

struct passed {
    char name[64]; /* empty: free */
    uint64_t calls;
    uint64_t ns;
    uint64_t rejected;
    uint64_t failed;
};

struct passed_stats {
    pthread_mutex_t lock;
    size_t len;
    struct passed slots[SLOTS];
};

struct passed_stats *passed_stats_create(void)
{
    struct passed_stats *stats = ALLOC_NEW(struct passed_stats);
    pthread_mutex_init(&stats->lock, NULL);
    return stats;
}

void passed_stats_destroy(struct passed_stats **stats)
{
    if (*stats == NULL) return;
    pthread_mutex_destroy(&(*stats)->lock);
    alloc_free(*stats);
    *stats = NULL;
}

static uint32_t hash_of(const char *name)
{
    uint32_t hash = 2166136261u;
    for (; *name != '\0'; name++) hash = (hash ^ (unsigned char)*name) * 16777619u;
    return hash;
}

/* NULL: there are too many. */
static struct passed *find_or_add(struct passed_stats *stats, const char *name)
{
    for (size_t at = hash_of(name) % SLOTS;; at = (at + 1) % SLOTS) {
        struct passed *passed = &stats->slots[at];
        if (strcmp(passed->name, name) == 0) return passed;
        if (passed->name[0] != '\0') continue;
        if (stats->len == MOST) return NULL;
        stats->len++;
        snprintf(passed->name, sizeof(passed->name), "%s", name);
        return passed;
    }
}

static bool begins(struct slice reply, struct slice with)
{
    return reply.len >= with.len && memcmp(reply.data, with.data, with.len) == 0;
}

/* Refused before it ran. */
bool passed_stats_rejects(struct slice reply)
{
    return begins(reply, SLICE("-ERR wrong number of arguments")) || begins(reply, SLICE("-OOM ")) ||
           begins(reply, SLICE("-NOPERM ")) || begins(reply, SLICE("-READONLY "));
}

void passed_stats_count(struct passed_stats *stats, const char *name, uint64_t ns, struct slice reply)
{
    bool rejected = passed_stats_rejects(reply);
    leaf_lock(&stats->lock);
    struct passed *passed = find_or_add(stats, name);
    if (passed != NULL && rejected) passed->rejected++;
    if (passed != NULL && !rejected) {
        passed->calls++;
        passed->ns += ns;
        passed->failed += reply.len > 0 && reply.data[0] == '-';
    }
    leaf_unlock(&stats->lock);
}

void passed_stats_reset(struct passed_stats *stats)
{
    leaf_lock(&stats->lock);
    memset(stats->slots, 0, sizeof(stats->slots));
    stats->len = 0;
    leaf_unlock(&stats->lock);
}

void passed_stats_write(struct passed_stats *stats, struct buffer *out)
{
    leaf_lock(&stats->lock);
    for (size_t i = 0; i < SLOTS; i++) {
        const struct passed *passed = &stats->slots[i];
        if (passed->name[0] == '\0') continue;
        double us = (double)passed->ns / 1000;
        buffer_printf(
            out,
            "cmdstat_%s:calls=%llu,usec=%llu,usec_per_call=%.2f,rejected_calls=%llu,failed_calls=%llu\r\n",
            passed->name, (unsigned long long)passed->calls, (unsigned long long)us,
            passed->calls > 0 ? us / (double)passed->calls : 0.0, (unsigned long long)passed->rejected,
            (unsigned long long)passed->failed);
    }
    leaf_unlock(&stats->lock);
}
