#include "server/observe/errorstats.h"

#include <pthread.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "storage/keyspace/rank.h"

#define KINDS_MAX 128
#define KIND_MAX  32

struct kind {
    char name[KIND_MAX];
    uint64_t count;
};

struct errorstats {
    pthread_mutex_t lock;
    struct kind kinds[KINDS_MAX];
    size_t len;
};

struct errorstats *errorstats_create(void)
{
    struct errorstats *errorstats = ALLOC_NEW(struct errorstats);
    pthread_mutex_init(&errorstats->lock, NULL);
    return errorstats;
}

void errorstats_destroy(struct errorstats **errorstats)
{
    pthread_mutex_destroy(&(*errorstats)->lock);
    alloc_free(*errorstats);
    *errorstats = NULL;
}

static struct slice first_word(struct slice reply)
{
    size_t start = reply.len > 0 && reply.data[0] == '-' ? 1 : 0;
    size_t end = start;
    while (end < reply.len && end - start < KIND_MAX - 1 && strchr(" \r\n", reply.data[end]) == NULL) end++;
    return slice_of(reply.data + start, end - start);
}

static struct kind *kind_of(struct errorstats *errorstats, struct slice name)
{
    for (size_t i = 0; i < errorstats->len; i++)
        if (slice_equal(slice_of_cstr(errorstats->kinds[i].name), name)) return &errorstats->kinds[i];
    if (errorstats->len == KINDS_MAX) return NULL;
    struct kind *kind = &errorstats->kinds[errorstats->len++];
    memcpy(kind->name, name.data, name.len);
    kind->name[name.len] = '\0';
    return kind;
}

void errorstats_count(struct errorstats *errorstats, struct slice reply)
{
    leaf_lock(&errorstats->lock);
    struct kind *kind = kind_of(errorstats, first_word(reply));
    if (kind != NULL) kind->count++;
    leaf_unlock(&errorstats->lock);
}

void errorstats_each(struct errorstats *errorstats,
                     void (*visit)(void *context, const char *kind, uint64_t count), void *context)
{
    leaf_lock(&errorstats->lock);
    for (size_t i = 0; i < errorstats->len; i++)
        visit(context, errorstats->kinds[i].name, errorstats->kinds[i].count);
    leaf_unlock(&errorstats->lock);
}

void errorstats_reset(struct errorstats *errorstats)
{
    leaf_lock(&errorstats->lock);
    memset(errorstats->kinds, 0, sizeof(errorstats->kinds));
    errorstats->len = 0;
    leaf_unlock(&errorstats->lock);
}
