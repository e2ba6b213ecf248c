#include "server/commands/cache/cache_tags.h"

#include "server/commands/cache/cache_errors.h"
#include "server/exec/acl/call_rights.h"
#include "server/exec/acl/selector.h"
#include "server/exec/call.h"
#include "server/exec/errors/errors.h"
#include "server/exec/errors/errors_acl.h"
#include "storage/dress/bumps.h"
#include "storage/dress/tag_names.h"
#include "storage/keyspace/keyspace.h"

static bool may_name(struct call *call, struct slice tag, enum cache_tag_use use)
{
    unsigned rights = use == CACHE_TAG_BUMPED ? RIGHT_WRITE : RIGHT_READ;
    if (call_may_reach_tag(call, tag, rights)) return true;
    reply_error(call->reply, SLICE(ERR_NO_KEY_PERMISSION));
    return false;
}

bool cache_may_match(struct call *call)
{
    if (call_may_reach_all(call, RIGHT_WRITE)) return true;
    reply_error(call->reply, SLICE(ERR_NO_KEY_PERMISSION));
    return false;
}

static bool read_tag(struct call *call, int arg, enum cache_tag_use use, uint64_t *hash)
{
    struct slice tag = call->argv[arg];
    struct keyspace *keyspace = call->access.keyspace;
    if (tag.len == 0 || tag.len > ACL_TAG_LEN_MAX) {
        reply_error(call->reply, SLICE(ERR_TAG_LENGTH));
        return false;
    }
    if (!may_name(call, tag, use)) return false;
    *hash = bumps_hash(keyspace_bumps(keyspace), tag);
    tag_names_note(keyspace_tag_names(keyspace), *hash, tag);
    return true;
}

bool cache_tags_read(struct call *call, int from, int to, enum cache_tag_use use, uint64_t *hashes)
{
    for (int arg = from; arg < to; arg++)
        if (!read_tag(call, arg, use, &hashes[arg - from])) return false;
    return true;
}
