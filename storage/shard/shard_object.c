#include "storage/shard/shard_object.h"

#include "storage/dump/dump_object.h"
#include "storage/shard/shard.h"
#include "storage/shard/shard_edit.h"
#include "storage/shard/shard_state.h"

struct entry *shard_put_object(const struct shard_place *place, struct dump_object *object,
                               int64_t deadline_ms)
{
    if (object->value.type != NULL) return shard_put_value(place, &object->value, deadline_ms);
    /* Who loads has not looked. */
    if (counter_get(&shard_database(place->shard, place->db)->hidden) > 0)
        shard_make_way(place->shard, place->db, place->key);
    return shard_put_string(place->shard, place->db, place->key, NULL, object->text, deadline_ms);
}

struct entry *shard_learn_object(const struct shard_place *place, struct dump_object *object,
                                 int64_t deadline_ms)
{
    if (object->value.type != NULL) return shard_learn_value(place, &object->value, deadline_ms);
    return shard_replace_string(place->shard, place->db, place->key, object->text, deadline_ms);
}

void shard_set_uses(const struct shard_place *place, struct entry *entry, struct shard_uses uses,
                    int64_t now_ms)
{
    int64_t idle_ms;
    if (uses.count >= 0) shard_set_use_count(place->shard, entry, (unsigned)uses.count, now_ms);
    if (uses.idle_s < 0) return;
    if (__builtin_mul_overflow(uses.idle_s, 1000, &idle_ms)) idle_ms = INT64_MAX;
    shard_set_idle_ms(place->shard, entry, idle_ms, now_ms);
}
