#include "server/upstream/errands/passed_stats.h"

#include <pthread.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/chains.h"
#include "storage/keyspace/rank.h"

/* More than a Redis with a few modules has commands. */
#define MOST 1024

struct passed {
    struct chain by_name;
    char name[64];
    uint64_t calls;
    uint64_t ns;
    uint64_t rejected;
    uint64_t failed;
};

struct passed_stats {
    pthread_mutex_t lock;
    struct chains by_name;
};

struct passed_stats *passed_stats_create(void)
{
    struct passed_stats *stats = ALLOC_NEW(struct passed_stats);
    pthread_mutex_init(&stats->lock, NULL);
    return stats;
}

static void forget_all(struct passed_stats *stats)
{
    struct chains_walk walk = { 0 };
    for (struct chain *at; (at = chains_next(&stats->by_name, &walk)) != NULL;) alloc_free(at);
    chains_clear(&stats->by_name);
}

void passed_stats_destroy(struct passed_stats **stats)
{
    if (*stats == NULL) return;
    forget_all(*stats);
    pthread_mutex_destroy(&(*stats)->lock);
    alloc_free(*stats);
    *stats = NULL;
}

static struct passed *add(struct passed_stats *stats, const char *name, uint64_t hash)
{
    if (stats->by_name.len == MOST) return NULL;
    struct passed *passed = ALLOC_NEW(struct passed);
    slice_to_cstr(slice_of_cstr(name), passed->name, sizeof(passed->name));
    chains_add(&stats->by_name, &passed->by_name, hash);
    return passed;
}

/* NULL: there are too many. */
static struct passed *find_or_add(struct passed_stats *stats, const char *name)
{
    uint64_t hash = chains_hash_name(slice_of_cstr(name));
    struct chain *at = chains_find(&stats->by_name, hash);
    while (at != NULL && strcmp(((struct passed *)at)->name, name) != 0) at = chain_next(at);
    return at != NULL ? (struct passed *)at : add(stats, name, hash);
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
    forget_all(stats);
    leaf_unlock(&stats->lock);
}

static void write_line(const struct passed *passed, struct buffer *out)
{
    double us = (double)passed->ns / 1000;
    buffer_printf(
        out, "cmdstat_%s:calls=%llu,usec=%llu,usec_per_call=%.2f,rejected_calls=%llu,failed_calls=%llu\r\n",
        passed->name, (unsigned long long)passed->calls, (unsigned long long)us,
        passed->calls > 0 ? us / (double)passed->calls : 0.0, (unsigned long long)passed->rejected,
        (unsigned long long)passed->failed);
}

void passed_stats_write(struct passed_stats *stats, struct buffer *out)
{
    struct chains_walk walk = { 0 };
    leaf_lock(&stats->lock);
    for (struct chain *at; (at = chains_next(&stats->by_name, &walk)) != NULL;)
        write_line((const struct passed *)at, out);
    leaf_unlock(&stats->lock);
}
