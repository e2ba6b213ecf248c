#include "server/events/pubsub/topic.h"

#include "proto/base/alloc.h"
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
    topic->chain.hash = hash;
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

struct topic *topic_table_find(const struct topic_table *table, struct slice name, uint64_t hash)
{
    struct chain *at = chains_find(&table->chains, hash);
    while (at != NULL && !slice_equal(((struct topic *)at)->name, name)) at = chain_next(at);
    return (struct topic *)at;
}

void topic_table_add(struct topic_table *table, struct topic *topic)
{
    chains_add(&table->chains, &topic->chain, topic->chain.hash);
}

void topic_table_take(struct topic_table *table, struct topic *topic)
{
    chains_remove(&table->chains, &topic->chain);
    chains_shrink(&table->chains);
}

void topic_table_clear(struct topic_table *table)
{
    struct chains_walk walk = { 0 };
    for (struct topic *topic; (topic = (struct topic *)chains_next(&table->chains, &walk)) != NULL;)
        topic_destroy(&topic);
    chains_clear(&table->chains);
}
