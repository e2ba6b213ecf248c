#include "server/commands/stream/stream_progress.h"

#include "storage/types/stream.h"

static bool is_zero(struct stream_id id)
{
    return stream_id_compare(id, STREAM_ID_MIN) == 0;
}

/* Whether XDEL may have removed something behind the first entry. */
static bool has_gap(const struct value *stream)
{
    const struct stream_root *root = stream_root_of(stream);
    return !is_zero(root->max_removed) && stream_id_compare(stream_first_id(stream), root->max_removed) <= 0;
}

/* The same from `id` on. */
static bool has_gap_from(const struct value *stream, struct stream_id id)
{
    const struct stream_root *root = stream_root_of(stream);
    return root->len > 0 && stream_id_compare(id, root->max_removed) <= 0 && has_gap(stream);
}

/* Of an id that is not behind the last: its place is certain at the beginning, if nothing was removed there.
 */
static int64_t place_before(const struct value *stream, struct stream_id id)
{
    const struct stream_root *root = stream_root_of(stream);
    struct stream_id first = stream_first_id(stream);
    int64_t gone = (int64_t)(root->added - root->len);
    int order = stream_id_compare(id, first);
    if (order > 0 || has_gap(stream)) return STREAM_READ_UNKNOWN;
    return order < 0 ? gone : gone + 1;
}

int64_t stream_progress_at(const struct value *stream, struct stream_id id)
{
    const struct stream_root *root = stream_root_of(stream);
    if (root->added == 0) return 0;
    int order = stream_id_compare(id, root->last);
    if (order == 0 || (root->len == 0 && order < 0)) return (int64_t)root->added;
    return order > 0 ? STREAM_READ_UNKNOWN : place_before(stream, id);
}

void stream_progress_advance(const struct value *stream, struct stream_group *group, struct stream_id id)
{
    if (stream_id_compare(id, group->delivered) <= 0) return;
    if (group->read != STREAM_READ_UNKNOWN && !has_gap_from(stream, id))
        group->read++;
    else if (stream_root_of(stream)->added > 0)
        group->read = stream_progress_at(stream, id);
    group->delivered = id;
}

bool stream_progress_lag(const struct value *stream, const struct stream_group *group, int64_t *lag)
{
    int64_t added = (int64_t)stream_root_of(stream)->added, read = group->read;
    *lag = 0;
    if (added == 0) return true;
    if (read == STREAM_READ_UNKNOWN || has_gap_from(stream, group->delivered))
        read = stream_progress_at(stream, group->delivered);
    *lag = added - read;
    return read != STREAM_READ_UNKNOWN;
}
