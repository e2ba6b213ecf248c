#include "server/events/topic.h"

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "proto/base/glob.h"

static size_t plain_start(struct slice pattern)
{
    size_t len = 0;
    while (len < pattern.len && strchr("*?[\\", pattern.data[len]) == NULL) len++;
    return len;
}

static void read_pattern(struct topic *topic)
{
    struct slice name = topic->name;
    topic->plain = plain_start(name);
    topic->open = topic->plain + 1 == name.len && name.data[topic->plain] == '*';
}

size_t topic_bytes(struct slice name, unsigned loops)
{
    return sizeof(struct topic) + loops * sizeof(struct audience *) + name.len;
}

struct topic *topic_create(enum topic_kind kind, struct slice name, uint64_t hash, unsigned loops)
{
    struct topic *topic = alloc_zeroed(topic_bytes(name, loops));
    char *text = (char *)&topic->audiences[loops];
    if (name.len > 0) memcpy(text, name.data, name.len);
    topic->hash = hash;
    topic->kind = kind;
    topic->name = slice_of(text, name.len);
    if (kind == TOPIC_PATTERN) read_pattern(topic);
    return topic;
}

void topic_destroy(struct topic **topic)
{
    alloc_free(*topic);
    *topic = NULL;
}

/* Most patterns are told by how they begin, and most of those that match by that alone. */
bool topic_matches(const struct topic *pattern, struct slice channel)
{
    size_t plain = pattern->plain;
    if (channel.len < plain || memcmp(channel.data, pattern->name.data, plain) != 0) return false;
    return pattern->open || glob_match(pattern->name, channel);
}

#define BUCKETS_MIN 8

static struct topic **bucket_of(const struct topic_table *table, uint64_t hash)
{
    return &table->buckets[hash & (table->cap - 1)];
}

struct topic *topic_table_find(const struct topic_table *table, struct slice name, uint64_t hash)
{
    if (table->len == 0) return NULL;
    struct topic *topic = *bucket_of(table, hash);
    while (topic != NULL && !(topic->hash == hash && slice_equal(topic->name, name))) topic = topic->next;
    return topic;
}

static void push(struct topic_table *table, struct topic *topic)
{
    struct topic **bucket = bucket_of(table, topic->hash);
    topic->next = *bucket;
    *bucket = topic;
}

static void resize(struct topic_table *table, size_t cap)
{
    struct topic_table old = *table;
    table->buckets = alloc_zeroed(cap * sizeof(struct topic *));
    table->cap = cap;
    for (size_t i = 0; i < old.cap; i++) {
        for (struct topic *topic = old.buckets[i], *next; topic != NULL; topic = next) {
            next = topic->next;
            push(table, topic);
        }
    }
    alloc_free(old.buckets);
}

void topic_table_add(struct topic_table *table, struct topic *topic)
{
    if (table->len == table->cap) resize(table, table->cap > 0 ? 2 * table->cap : BUCKETS_MIN);
    push(table, topic);
    table->len++;
}

void topic_table_take(struct topic_table *table, struct topic *topic)
{
    struct topic **link = bucket_of(table, topic->hash);
    while (*link != topic) {
        INVARIANT(*link != NULL);
        link = &(*link)->next;
    }
    *link = topic->next;
    table->len--;
    if (table->cap > BUCKETS_MIN && table->len < table->cap / 4) resize(table, table->cap / 2);
}

void topic_table_clear(struct topic_table *table)
{
    for (size_t i = 0; i < table->cap; i++) {
        for (struct topic *topic = table->buckets[i], *next; topic != NULL; topic = next) {
            next = topic->next;
            topic_destroy(&topic);
        }
    }
    alloc_free(table->buckets);
    *table = (struct topic_table){ 0 };
}
