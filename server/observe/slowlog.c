#include "server/observe/slowlog.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "server/observe/secrets.h"
#include "storage/keyspace/rank.h"

#define SHOWN_ARGUMENTS 32
#define SHOWN_BYTES     128

struct node {
    struct slowlog_entry entry;
    struct node *older;
};

struct slowlog {
    pthread_mutex_t lock;
    struct node *newest;
    size_t len;
    uint64_t next_id;
};

struct slowlog *slowlog_create(void)
{
    struct slowlog *slowlog = ALLOC_NEW(struct slowlog);
    pthread_mutex_init(&slowlog->lock, NULL);
    return slowlog;
}

static void free_from(struct node *node)
{
    while (node != NULL) {
        struct node *older = node->older;
        for (size_t i = 0; i < node->entry.argc; i++) alloc_free((char *)node->entry.argv[i].data);
        alloc_free(node->entry.argv);
        alloc_free(node->entry.peer);
        alloc_free(node->entry.client_name);
        alloc_free(node);
        node = older;
    }
}

void slowlog_destroy(struct slowlog **slowlog)
{
    free_from((*slowlog)->newest);
    pthread_mutex_destroy(&(*slowlog)->lock);
    alloc_free(*slowlog);
    *slowlog = NULL;
}

static struct slice copy_of(struct slice text)
{
    return slice_of(alloc_cstr(text.data, text.len), text.len);
}

static struct slice cut(struct slice text)
{
    if (text.len <= SHOWN_BYTES) return copy_of(text);
    struct buffer shown = { 0 };
    buffer_append(&shown, text.data, SHOWN_BYTES);
    buffer_printf(&shown, "... (%zu more bytes)", text.len - SHOWN_BYTES);
    return buffer_slice(&shown);
}

static struct slice shown_argument(const struct slowlog_call *call, size_t i)
{
    size_t argc = call->argc;
    if (argc > SHOWN_ARGUMENTS && i == SHOWN_ARGUMENTS - 1) {
        char note[64];
        int len = snprintf(note, sizeof(note), "... (%zu more arguments)", argc - SHOWN_ARGUMENTS + 1);
        return copy_of(slice_of(note, (size_t)len));
    }
    if (secrets_hide(call->redacted, (int)i)) return copy_of(SLICE("(redacted)"));
    return cut(call->argv[i]);
}

static struct node *node_of(const struct slowlog_call *call)
{
    struct node *node = ALLOC_NEW(struct node);
    node->entry = (struct slowlog_entry){
        .time_s = call->now_ms / 1000,
        .duration_us = call->duration_us,
        .argc = call->argc < SHOWN_ARGUMENTS ? call->argc : SHOWN_ARGUMENTS,
        .peer = alloc_cstr(call->peer, strlen(call->peer)),
        .client_name = alloc_cstr(call->client_name, strlen(call->client_name)),
    };
    node->entry.argv = alloc_bytes(node->entry.argc * sizeof(struct slice));
    for (size_t i = 0; i < node->entry.argc; i++) node->entry.argv[i] = shown_argument(call, i);
    return node;
}

static void trim(struct slowlog *slowlog, size_t most)
{
    struct node **link = &slowlog->newest;
    for (size_t kept = 0; kept < most && *link != NULL; kept++) link = &(*link)->older;
    for (struct node *node = *link; node != NULL; node = node->older) slowlog->len--;
    free_from(*link);
    *link = NULL;
}

void slowlog_add(struct slowlog *slowlog, const struct slowlog_call *call, size_t most)
{
    struct node *node = node_of(call);
    leaf_lock(&slowlog->lock);
    node->entry.id = slowlog->next_id++;
    node->older = slowlog->newest;
    slowlog->newest = node;
    slowlog->len++;
    if (slowlog->len > most) trim(slowlog, most);
    leaf_unlock(&slowlog->lock);
}

size_t slowlog_each(struct slowlog *slowlog, size_t most,
                    void (*visit)(void *context, const struct slowlog_entry *entry), void *context)
{
    size_t seen = 0;
    leaf_lock(&slowlog->lock);
    for (struct node *node = slowlog->newest; node != NULL && seen < most; node = node->older, seen++)
        visit(context, &node->entry);
    leaf_unlock(&slowlog->lock);
    return seen;
}

size_t slowlog_len(struct slowlog *slowlog)
{
    leaf_lock(&slowlog->lock);
    size_t len = slowlog->len;
    leaf_unlock(&slowlog->lock);
    return len;
}

void slowlog_reset(struct slowlog *slowlog)
{
    leaf_lock(&slowlog->lock);
    trim(slowlog, 0);
    leaf_unlock(&slowlog->lock);
}
