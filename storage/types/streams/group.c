#include "storage/types/streams/group.h"

#include <string.h>

#include "proto/base/bytes.h"
#include "proto/base/contract.h"
#include "storage/memory/block.h"

/* By bytes, a shorter name before what it begins. */
static int compare_names(struct slice a, struct slice b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len > 0 ? memcmp(a.data, b.data, len) : 0;
    if (order != 0) return order;
    return a.len == b.len ? 0 : a.len < b.len ? -1 : 1;
}

/* Memory for a thing with its name behind it. */
static void *make_named(size_t size, struct slice name, struct slice *kept)
{
    char *memory = block_alloc_zeroed(size + name.len);
    bytes_copy(memory + size, name.data, name.len);
    *kept = slice_of(memory + size, name.len);
    return memory;
}

static size_t consumer_size(const struct stream_consumer *consumer)
{
    return sizeof *consumer + consumer->name.len;
}

static size_t group_size(const struct stream_group *group)
{
    return sizeof *group + group->name.len;
}

struct stream_group *stream_group_create(struct slice name)
{
    struct slice kept;
    struct stream_group *group = make_named(sizeof *group, name, &kept);
    group->name = kept;
    pending_init(&group->pending);
    group->own_bytes = block_real_size(group_size(group));
    return group;
}

static void settle(struct stream_group *group)
{
    if (group->account == NULL) return;
    size_t bytes = stream_group_bytes(group);
    *group->account += bytes - group->told;
    group->told = bytes;
}

void stream_group_account(struct stream_group *group, size_t *account)
{
    group->account = account;
    settle(group);
}

/* Where the name is, or would be. */
static size_t place_of(const struct stream_group *group, struct slice name, bool *is_there)
{
    size_t low = 0, high = group->consumer_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = compare_names(group->consumers[middle]->name, name);
        *is_there = order == 0;
        if (order == 0) return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *is_there = false;
    return low;
}

struct stream_consumer *stream_group_find(const struct stream_group *group, struct slice name)
{
    bool is_there;
    size_t at = place_of(group, name, &is_there);
    return is_there ? group->consumers[at] : NULL;
}

struct stream_consumer *stream_group_numbered(const struct stream_group *group, uint32_t number)
{
    REQUIRE(number < group->consumer_room && group->numbers[number] != NULL);
    return group->numbers[number];
}

static struct stream_consumer **resize_row(struct stream_group *group, struct stream_consumer **row,
                                           size_t room)
{
    size_t old = group->consumer_room * sizeof *row, size = room * sizeof *row;
    struct stream_consumer **resized = old > 0 ? block_resize(row, old, size) : block_alloc(size);
    memset(resized + group->consumer_room, 0, size - old);
    group->own_bytes += block_real_size(size) - (old > 0 ? block_real_size(old) : 0);
    return resized;
}

static void make_room(struct stream_group *group)
{
    if (group->consumer_count < group->consumer_room) return;
    size_t room = group->consumer_room > 0 ? 2 * group->consumer_room : 2;
    group->consumers = resize_row(group, group->consumers, room);
    group->numbers = resize_row(group, group->numbers, room);
    group->consumer_room = room;
}

/* As many are given as there are consumers, unless some have left: so the count mostly is one. */
static uint32_t free_number(const struct stream_group *group)
{
    size_t number = group->consumer_count;
    while (group->numbers[number] != NULL) number = (number + 1) % group->consumer_room;
    return (uint32_t)number;
}

static void enter(struct stream_group *group, struct stream_consumer *consumer, size_t at)
{
    struct stream_consumer **place = group->consumers + at;
    memmove(place + 1, place, (group->consumer_count - at) * sizeof *place);
    *place = consumer;
    group->numbers[consumer->number] = consumer;
    group->consumer_count++;
    group->own_bytes += block_real_size(consumer_size(consumer));
}

static struct stream_consumer *make_consumer(struct slice name, int64_t seen_ms, uint32_t number)
{
    struct slice kept;
    struct stream_consumer *consumer = make_named(sizeof *consumer, name, &kept);
    *consumer = (struct stream_consumer){
        .name = kept, .seen_ms = seen_ms, .active_ms = STREAM_NEVER_ACTIVE, .number = number
    };
    return consumer;
}

struct stream_consumer *stream_group_join(struct stream_group *group, struct slice name, int64_t now_ms)
{
    bool is_there;
    size_t at = place_of(group, name, &is_there);
    REQUIRE(!is_there);
    make_room(group);
    struct stream_consumer *consumer = make_consumer(name, now_ms, free_number(group));
    enter(group, consumer, at);
    settle(group);
    return consumer;
}

static void free_consumer(struct stream_group *group, struct stream_consumer *consumer)
{
    group->own_bytes -= block_real_size(consumer_size(consumer));
    block_free(consumer, consumer_size(consumer));
}

/* A walk is void after a removal, so it begins again behind what was removed. */
static void drop_pending_of(struct stream_group *group, const struct stream_consumer *consumer)
{
    struct pending_entry entry, old;
    struct pending_walk walk = pending_walk(&group->pending, STREAM_ID_MIN);
    for (size_t left = consumer->pending; left > 0 && pending_next(&walk, &entry);) {
        if (entry.consumer != consumer->number) continue;
        pending_take(&group->pending, entry.id, &old);
        walk = pending_walk(&group->pending, entry.id);
        left--;
    }
}

size_t stream_group_leave(struct stream_group *group, struct stream_consumer *consumer)
{
    bool is_there;
    size_t at = place_of(group, consumer->name, &is_there), pending = consumer->pending;
    REQUIRE(is_there);
    drop_pending_of(group, consumer);
    struct stream_consumer **place = group->consumers + at;
    memmove(place, place + 1, (group->consumer_count - at - 1) * sizeof *place);
    group->consumers[--group->consumer_count] = NULL;
    group->numbers[consumer->number] = NULL;
    free_consumer(group, consumer);
    settle(group);
    return pending;
}

void stream_group_deliver(struct stream_group *group, const struct pending_entry *entry)
{
    struct pending_entry old;
    if (pending_put(&group->pending, entry, &old)) group->numbers[old.consumer]->pending--;
    group->numbers[entry->consumer]->pending++;
    settle(group);
}

bool stream_group_ack(struct stream_group *group, struct stream_id id)
{
    struct pending_entry old;
    if (!pending_take(&group->pending, id, &old)) return false;
    group->numbers[old.consumer]->pending--;
    settle(group);
    return true;
}

size_t stream_group_bytes(const struct stream_group *group)
{
    return group->own_bytes + pending_bytes(&group->pending);
}

bool stream_group_drain(struct stream_group *group, size_t *blocks)
{
    bool more = pending_drain(&group->pending, blocks);
    for (; !more && group->consumer_count > 0 && *blocks > 0; --*blocks)
        free_consumer(group, group->consumers[--group->consumer_count]);
    if (more || group->consumer_count > 0) {
        settle(group);
        return true;
    }
    if (group->account != NULL) *group->account -= group->told;
    size_t row = group->consumer_room * sizeof(struct stream_consumer *);
    if (row > 0) {
        block_free(group->consumers, row);
        block_free(group->numbers, row);
    }
    block_free(group, group_size(group));
    return false;
}

struct stream_group *stream_group_copy(const struct stream_group *from)
{
    struct stream_group *group = stream_group_create(from->name);
    group->delivered = from->delivered;
    group->read = from->read;
    if (from->consumer_room > 0) {
        group->consumers = resize_row(group, NULL, from->consumer_room);
        group->numbers = resize_row(group, NULL, from->consumer_room);
        group->consumer_room = from->consumer_room;
    }
    for (size_t i = 0; i < from->consumer_count; i++) {
        const struct stream_consumer *old = from->consumers[i];
        struct stream_consumer *consumer = make_consumer(old->name, old->seen_ms, old->number);
        consumer->active_ms = old->active_ms;
        consumer->pending = old->pending;
        enter(group, consumer, i);
    }
    pending_copy(&group->pending, &from->pending);
    return group;
}

/* What each consumer has pending is what is pending of its number. */
static void check_counts(const struct stream_group *group)
{
    size_t total = 0;
    for (size_t i = 0; i < group->consumer_count; i++) {
        struct pending_walk walk = pending_walk(&group->pending, STREAM_ID_MIN);
        struct pending_entry entry;
        size_t count = 0;
        while (pending_next(&walk, &entry)) count += entry.consumer == group->consumers[i]->number;
        INVARIANT(count == group->consumers[i]->pending);
        total += count;
    }
    INVARIANT(total == pending_len(&group->pending));
}

void stream_group_check(const struct stream_group *group)
{
    INVARIANT(group->account == NULL || group->told == stream_group_bytes(group));
    size_t bytes = block_real_size(group_size(group));
    size_t row = group->consumer_room * sizeof(struct stream_consumer *);
    if (row > 0) bytes += 2 * block_real_size(row);
    for (size_t i = 0; i < group->consumer_count; i++) {
        const struct stream_consumer *consumer = group->consumers[i];
        INVARIANT(i == 0 || compare_names(group->consumers[i - 1]->name, consumer->name) < 0);
        INVARIANT(group->numbers[consumer->number] == consumer);
        bytes += block_real_size(consumer_size(consumer));
    }
    INVARIANT(bytes == group->own_bytes);
    pending_check(&group->pending);
    check_counts(group);
}
