#include "storage/dump/dump_group.h"

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "storage/dump/encodings/length.h"
#include "storage/types/streams/stream_root.h"

#define RAW_ID_BYTES 16
#define TIME_BYTES   8
#define TIME_MAX_MS  ((int64_t)1 << 48) /* pending.h */

struct stream_id dump_id_read(struct source *source)
{
    uint64_t ms = length_read(source);
    return (struct stream_id){ ms, length_read(source) };
}

void dump_id_write(struct buffer *out, struct stream_id id)
{
    length_write(out, id.ms);
    length_write(out, id.seq);
}

struct stream_id dump_id_read_raw(struct source *source)
{
    uint64_t ms = source_high_first(source, 8);
    return (struct stream_id){ ms, source_high_first(source, 8) };
}

void dump_id_write_raw(struct buffer *out, struct stream_id id)
{
    char *to = buffer_reserve(out, RAW_ID_BYTES);
    for (unsigned i = 0; i < 8; i++) {
        to[i] = (char)(id.ms >> (56 - 8 * i));
        to[8 + i] = (char)(id.seq >> (56 - 8 * i));
    }
    buffer_commit(out, RAW_ID_BYTES);
}

/* What is pending in the group, by ids, until it is known who has it. */
struct unclaimed {
    struct pending_entry *entries;
    size_t count, left;
};

static void read_pending(struct source *source, struct unclaimed *unclaimed)
{
    uint64_t count = length_read_count(source, RAW_ID_BYTES + TIME_BYTES + 1);
    *unclaimed = (struct unclaimed){ .entries = alloc_bytes((count + 1) * sizeof *unclaimed->entries) };
    for (size_t i = 0; i < count && !source->failed; i++) {
        struct pending_entry *entry = &unclaimed->entries[i];
        *entry = (struct pending_entry){ .id = dump_id_read_raw(source) };
        entry->delivered_ms = source_signed(source, TIME_BYTES);
        entry->deliveries = length_read(source);
        bool rises = i == 0 || stream_id_compare(entry[-1].id, entry->id) < 0;
        if (!rises || entry->delivered_ms < 0 || entry->delivered_ms >= TIME_MAX_MS) source_fail(source);
    }
    unclaimed->count = unclaimed->left = (size_t)count;
}

/* NULL: nothing such is pending. */
static struct pending_entry *find(const struct unclaimed *unclaimed, struct stream_id id)
{
    size_t low = 0, high = unclaimed->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = stream_id_compare(unclaimed->entries[middle].id, id);
        if (order == 0) return &unclaimed->entries[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static void claim(struct source *source, struct stream_group *group, struct unclaimed *unclaimed,
                  const struct stream_consumer *consumer)
{
    for (uint64_t left = length_read_count(source, RAW_ID_BYTES); left > 0 && !source->failed; left--) {
        struct pending_entry *entry = find(unclaimed, dump_id_read_raw(source)), had;
        if (entry == NULL || pending_find(&group->pending, entry->id, &had)) {
            source_fail(source);
            return;
        }
        entry->consumer = consumer->number;
        stream_group_deliver(group, entry);
        unclaimed->left--;
    }
}

static void read_consumer(struct source *source, enum dump_stream_age age, struct stream_group *group,
                          struct unclaimed *unclaimed)
{
    struct buffer scratch = { 0 };
    struct slice name = dump_text_read_bytes(source, &scratch);
    int64_t seen_ms = source_signed(source, TIME_BYTES);
    int64_t active_ms = age == DUMP_STREAM_7_2 ? source_signed(source, TIME_BYTES) : seen_ms;
    if (!source->failed && stream_group_find(group, name) != NULL) source_fail(source);
    if (!source->failed) {
        struct stream_consumer *consumer = stream_group_join(group, name, seen_ms);
        consumer->active_ms = active_ms;
        claim(source, group, unclaimed, consumer);
    }
    buffer_clear(&scratch);
}

static void read_group(struct source *source, enum dump_stream_age age, struct stream_root *root)
{
    struct buffer scratch = { 0 };
    struct unclaimed unclaimed;
    struct slice name = dump_text_read_bytes(source, &scratch);
    struct stream_id delivered = dump_id_read(source);
    uint64_t read = age == DUMP_STREAM_5_0 ? (uint64_t)STREAM_READ_UNKNOWN : length_read(source);
    if (!source->failed && stream_root_group(root, name) != NULL) source_fail(source);
    if (!source->failed) {
        struct stream_group *group = stream_root_add_group(root, name);
        group->delivered = delivered;
        group->read = (int64_t)read;
        read_pending(source, &unclaimed);
        for (uint64_t left = length_read(source); left > 0 && !source->failed; left--)
            read_consumer(source, age, group, &unclaimed);
        if (unclaimed.left > 0) source_fail(source);
        alloc_free(unclaimed.entries);
    }
    buffer_clear(&scratch);
}

bool dump_groups_read(struct source *source, enum dump_stream_age age, struct stream_root *root)
{
    for (uint64_t left = length_read(source); left > 0 && !source->failed; left--)
        read_group(source, age, root);
    return !source->failed;
}

static void write_time(struct buffer *out, int64_t ms)
{
    buffer_append(out, &ms, TIME_BYTES);
}

static void write_pending(struct buffer *out, const struct stream_group *group)
{
    struct pending_walk walk = pending_walk(&group->pending, STREAM_ID_MIN);
    struct pending_entry entry;
    length_write(out, pending_len(&group->pending));
    while (pending_next(&walk, &entry)) {
        dump_id_write_raw(out, entry.id);
        write_time(out, entry.delivered_ms);
        length_write(out, entry.deliveries);
    }
}

/* The ids that each consumer has, those of one behind those of another, and where those of each number
 * begin. */
struct shares {
    struct stream_id *ids;
    size_t *starts;
    size_t numbers;
};

static struct shares share(const struct stream_group *group)
{
    struct shares shares = { .ids = alloc_bytes((pending_len(&group->pending) + 1) * sizeof *shares.ids) };
    for (size_t i = 0; i < group->consumer_count; i++)
        if (group->consumers[i]->number >= shares.numbers) shares.numbers = group->consumers[i]->number + 1;
    shares.starts = alloc_zeroed((shares.numbers + 1) * sizeof *shares.starts);
    size_t start = 0;
    for (size_t i = 0; i < group->consumer_count; i++) {
        shares.starts[group->consumers[i]->number] = start;
        start += group->consumers[i]->pending;
    }
    struct pending_walk walk = pending_walk(&group->pending, STREAM_ID_MIN);
    struct pending_entry entry;
    while (pending_next(&walk, &entry)) shares.ids[shares.starts[entry.consumer]++] = entry.id;
    return shares;
}

static void write_consumers(struct buffer *out, const struct stream_group *group, enum dump_texts how)
{
    struct shares shares = share(group);
    length_write(out, group->consumer_count);
    for (size_t i = 0; i < group->consumer_count; i++) {
        const struct stream_consumer *consumer = group->consumers[i];
        size_t end = shares.starts[consumer->number];
        dump_text_write(out, consumer->name, how);
        write_time(out, consumer->seen_ms);
        length_write(out, consumer->pending);
        for (size_t at = end - consumer->pending; at < end; at++) dump_id_write_raw(out, shares.ids[at]);
    }
    alloc_free(shares.ids);
    alloc_free(shares.starts);
}

void dump_groups_write(struct buffer *out, const struct stream_root *root, enum dump_texts how)
{
    length_write(out, root->group_count);
    for (size_t i = 0; i < root->group_count; i++) {
        const struct stream_group *group = root->groups[i];
        dump_text_write(out, group->name, how);
        dump_id_write(out, group->delivered);
        length_write(out, (uint64_t)group->read);
        write_pending(out, group);
        write_consumers(out, group, how);
    }
}
