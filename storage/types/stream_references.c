#include "storage/types/stream_references.h"

#include "storage/types/streams/group.h"
#include "storage/types/streams/pending.h"

/* Ids are noted before their entries go, since a walk is good only until then. */
#define NOTED 256

bool stream_is_done_with(const struct stream_root *root, struct stream_id id)
{
    for (size_t i = 0; i < root->group_count; i++) {
        const struct stream_group *group = root->groups[i];
        struct pending_entry entry;
        if (stream_id_compare(id, group->delivered) > 0 || pending_find(&group->pending, id, &entry))
            return false;
    }
    return true;
}

void stream_forget(struct stream_root *root, struct stream_id id)
{
    for (size_t i = 0; i < root->group_count; i++) stream_group_ack(root->groups[i], id);
}

enum stream_removal stream_remove_with(struct value *stream, struct stream_id id,
                                       enum stream_references references)
{
    struct stream_root *root = stream_root_of(stream);
    if (root == NULL) return STREAM_NOT_THERE;
    if (references == STREAM_REFERENCES_DROPPED) stream_forget(root, id);
    if (references == STREAM_REFERENCES_HEEDED) {
        if (!stream_has(stream, id)) return STREAM_NOT_THERE;
        if (root->group_count == 0 || !stream_is_done_with(root, id)) return STREAM_NEEDED;
    }
    return stream_remove(stream, id) ? STREAM_REMOVED : STREAM_NOT_THERE;
}

/* All that a group has pending from `from` to before `end`. */
static void forget_range(struct stream_group *group, struct stream_id from, struct stream_id end)
{
    struct pending_entry entry;
    for (;;) {
        struct pending_walk walk = pending_walk(&group->pending, from);
        if (!pending_next(&walk, &entry) || stream_id_compare(entry.id, end) >= 0) return;
        stream_group_ack(group, entry.id);
    }
}

/* Trimmed are the first ones, so what refers to them are the ids in front of what is first now. */
static size_t trim_and_forget(struct value *stream, const struct stream_trim *trim)
{
    struct stream_root *root = stream_root_of(stream);
    struct stream_id from = stream_first_id(stream), last = stream_last_there(stream);
    size_t removed = stream_trim(stream, trim);
    if (removed == 0) return 0;
    struct stream_id end = root->len > 0 ? stream_first_id(stream) : last;
    for (size_t i = 0; i < root->group_count; i++) forget_range(root->groups[i], from, end);
    if (root->len == 0) stream_forget(root, last);
    return removed;
}

static bool is_too_much(const struct stream_root *root, const struct stream_trim *trim, struct stream_id id,
                        size_t leaving)
{
    if (trim->by_id) return stream_id_compare(id, trim->min_id) < 0;
    return root->len - leaving > trim->max_len;
}

/* Up to NOTED entries, from `*from` on, that go; how many. `*from` becomes where to go on, `*looked` counts
 * all that were looked at. False: there are no more. */
static bool note(const struct value *stream, const struct stream_trim *trim, struct stream_id *from,
                 size_t *looked, struct stream_id ids[NOTED], size_t *count)
{
    const struct stream_root *root = stream_root_of(stream);
    struct stream_walk walk = stream_walk(stream, *from);
    struct stream_entry entry;
    *count = 0;
    while (*count < NOTED) {
        if (trim->limit != 0 && *looked >= trim->limit) return false;
        if (!stream_next(&walk, &entry) || !is_too_much(root, trim, entry.id, *count)) return false;
        ++*looked;
        if (stream_is_done_with(root, entry.id)) ids[(*count)++] = entry.id;
        *from = entry.id;
        if (!stream_id_next(from)) return false;
    }
    return true;
}

static size_t trim_done_with(struct value *stream, const struct stream_trim *trim)
{
    struct stream_id ids[NOTED], from = STREAM_ID_MIN;
    size_t removed = 0, looked = 0, count;
    bool more = true;
    while (more) {
        more = note(stream, trim, &from, &looked, ids, &count);
        for (size_t i = 0; i < count; i++) stream_remove(stream, ids[i]);
        removed += count;
    }
    return removed;
}

size_t stream_trim_with(struct value *stream, const struct stream_trim *trim,
                        enum stream_references references)
{
    const struct stream_root *root = stream_root_of(stream);
    if (root == NULL || root->group_count == 0 || references == STREAM_REFERENCES_KEPT)
        return stream_trim(stream, trim);
    return references == STREAM_REFERENCES_DROPPED ? trim_and_forget(stream, trim)
                                                   : trim_done_with(stream, trim);
}
