#include <inttypes.h>
#include <stdio.h>

#include "proto/base/number.h"
#include "server/commands/cache/cache.h"
#include "server/commands/key/type_name.h"
#include "server/events/lease/leasing.h"
#include "server/exec/acl/call_rights.h"
#include "server/exec/acl/selector.h"
#include "server/exec/call.h"
#include "server/http/keys/http_etag_of.h"
#include "storage/dress/media_types.h"
#include "storage/dress/tag_names.h"
#include "storage/keyspace/keyspace.h"
#include "storage/shard/shard_dress.h"

static const char *const states[] = {
    [DRESS_FRESH] = "fresh", [DRESS_STALE] = "stale", [DRESS_DEAD] = "dead"
};

static void reply_field(struct reply *reply, const char *name, int64_t value)
{
    reply_bulk_cstr(reply, name);
    reply_int(reply, value);
}

/* What is left of its fresh life. */
static int64_t ttl_ms(const struct call *call, const struct shard_dressed *found)
{
    int64_t soft_ms = found->verdict.soft_ms;
    if (soft_ms == ENTRY_NO_DEADLINE && found->verdict.state == DRESS_FRESH) return -1;
    return found->verdict.state == DRESS_FRESH ? soft_ms - call->now_ms : 0;
}

static int64_t age_ms(const struct call *call, const struct dress *dress)
{
    if (dress->born == 0) return -1;
    int64_t age = call->now_ms - (int64_t)(dress->born / 1000);
    return age > 0 ? age : 0;
}

/* One that the user has no right to read is as one whose name is forgotten. */
static struct slice tag_name(struct call *call, uint64_t tag, char *scratch)
{
    struct slice name = tag_names_find(keyspace_tag_names(call->access.keyspace), tag, scratch);
    if (name.len > 0 && call_may_reach_tag(call, name, RIGHT_READ)) return name;
    return slice_of(scratch, (size_t)snprintf(scratch, TAG_NAME_MAX, "#%016" PRIx64, tag));
}

static void reply_tags(struct call *call, const struct dress *dress)
{
    char scratch[TAG_NAME_MAX];
    reply_bulk_cstr(call->reply, "tags");
    reply_array(call->reply, dress->tag_count);
    for (unsigned i = 0; i < dress->tag_count; i++)
        reply_bulk(call->reply, tag_name(call, dress->tags[i], scratch));
}

static void reply_version(struct reply *reply, const struct dress *dress)
{
    reply_bulk_cstr(reply, "version");
    if (dress->has_version)
        reply_bulkf(reply, "%016" PRIx64, dress->version);
    else
        reply_null(reply);
}

/* Which bump, and when. */
static void explain_bump(struct call *call, const struct shard_dressed *found)
{
    char scratch[TAG_NAME_MAX];
    struct slice tag = tag_name(call, found->verdict.tag, scratch);
    int64_t ago_ms = call->now_ms - (int64_t)(found->verdict.bump / 1000);
    bool dead = found->verdict.state == DRESS_DEAD;
    reply_bulkf(call->reply, "%s: tag '%.*s' was purged%s %" PRId64 " ms ago", dead ? "dead" : "stale",
                (int)tag.len, tag.data, dead ? "" : " softly", ago_ms > 0 ? ago_ms : 0);
}

static void explain(struct call *call, const struct shard_dressed *found)
{
    enum dress_state state = found->verdict.state;
    int64_t soft_ms = found->verdict.soft_ms;
    reply_bulk_cstr(call->reply, "why");
    if (found->verdict.tag != 0)
        explain_bump(call, found);
    else if (state == DRESS_FRESH && soft_ms == ENTRY_NO_DEADLINE)
        reply_bulk_cstr(call->reply, "fresh: it has no deadline");
    else if (state == DRESS_FRESH)
        reply_bulkf(call->reply, "fresh: its time is up in %" PRId64 " ms", soft_ms - call->now_ms);
    else
        reply_bulkf(call->reply, "%s: %s %" PRId64 " ms ago", states[state],
                    found->dress.is_stale ? "it was purged softly" : "its time was up",
                    call->now_ms - soft_ms);
}

/* A larger value is read through for HTTP alone, which sends it anyway. */
#define ETAG_BYTES_MAX ((size_t)1 << 20)

/* As HTTP tells it. */
static void reply_etag(struct reply *reply, const struct entry *entry, struct slice type)
{
    char scratch[NUMBER_I64_MAX];
    reply_bulk_cstr(reply, "etag");
    if (entry_type(entry) != ENTRY_STRING || entry_text_len(entry) > ETAG_BYTES_MAX) {
        reply_null(reply);
        return;
    }
    struct http_etag etag = http_etag_of_value(entry_text(entry, scratch), type);
    reply_bulk(reply, http_etag_text(&etag));
}

static void reply_found(struct call *call, const struct shard_dressed *found)
{
    struct reply *reply = call->reply;
    const struct dress *dress = &found->dress;
    bool is_string = entry_type(found->entry) == ENTRY_STRING;
    struct slice type = media_types_name(keyspace_media_types(call->access.keyspace), dress->type);
    reply_map(reply, 13);
    reply_bulk_cstr(reply, "state");
    reply_bulk_cstr(reply, states[found->verdict.state]);
    reply_field(reply, "ttl", ttl_ms(call, found));
    reply_field(reply, "grace", found->is_dressed ? (int64_t)dress->grace_ms : -1);
    reply_field(reply, "age", age_ms(call, dress));
    reply_field(reply, "cost", dress->cost_ms > 0 ? (int64_t)dress->cost_ms : -1);
    reply_tags(call, dress);
    reply_version(reply, dress);
    reply_bulk_cstr(reply, "type");
    if (!is_string)
        reply_bulk_cstr(reply, type_name(entry_type(found->entry)));
    else if (type.len > 0)
        reply_bulk(reply, type);
    else
        reply_null(reply);
    reply_field(reply, "length", is_string ? (int64_t)entry_text_len(found->entry) : -1);
    reply_etag(reply, found->entry, type);
    reply_field(reply, "lease-left", leasing_left_ms(call, 2));
    reply_field(reply, "waiters", (int64_t)leasing_waiting(call, 2));
    explain(call, found);
}

void cache_info(struct call *call)
{
    struct key key = call_key(call, 2);
    struct shard *shard = access_shard(&call->access, key.hash);
    struct shard_dressed found = shard_find_dressed(shard, call->db, key, call->now_ms, false);
    if (found.entry != NULL)
        reply_found(call, &found);
    else
        reply_null(call->reply);
}
