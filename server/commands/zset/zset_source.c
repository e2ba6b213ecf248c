#include "server/commands/zset/zset_source.h"

#include "server/commands/collection/collection.h"
#include "server/exec/call.h"

static bool is_set(const struct zset_source *source)
{
    return source->value.type == &set_type;
}

bool zset_source_read(struct zset_source *source, struct call *call, int arg)
{
    const struct entry *entry = call_peek(call, arg);
    bool set = entry != NULL && entry_value_type(entry) == &set_type;
    source->weight = 1;
    return collection_read(call, arg, set ? &set_type : &zset_type, &source->value);
}

bool zset_source_find(const struct zset_source *source, const struct member *member, double *score)
{
    if (!is_set(source)) return zset_score(&source->value, member, score);
    *score = 1;
    return set_has(&source->value, member);
}

struct zset_source_walk zset_source_walk(const struct zset_source *source)
{
    struct zset_source_walk walk = { .is_set = is_set(source) };
    if (walk.is_set) {
        walk.at.set = set_walk(&source->value);
    } else {
        walk.at.zset = zset_walk(&source->value, 0, ZSET_UP);
    }
    return walk;
}

bool zset_source_next(struct zset_source_walk *walk, struct atom *member, double *score)
{
    if (!walk->is_set) return zset_next(&walk->at.zset, member, score);
    *score = 1;
    return set_next(&walk->at.set, member);
}
