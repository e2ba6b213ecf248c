#include "server/commands/cache/cache_tags.h"

#include "server/commands/cache/cache_errors.h"
#include "server/exec/acl/acl_check.h"
#include "server/exec/call.h"
#include "server/exec/errors/errors.h"
#include "storage/dress/bumps.h"
#include "storage/dress/tag_names.h"
#include "storage/keyspace/keyspace.h"

static bool read_tag(struct call *call, int arg, uint64_t *hash)
{
    struct slice tag = call->argv[arg];
    struct keyspace *keyspace = call->access.keyspace;
    if (tag.len == 0 || tag.len > ACL_TAG_LEN_MAX) {
        reply_error(call->reply, SLICE(ERR_TAG_LENGTH));
        return false;
    }
    *hash = bumps_hash(keyspace_bumps(keyspace), tag);
    tag_names_note(keyspace_tag_names(keyspace), *hash, tag);
    return true;
}

bool cache_tags_read(struct call *call, int from, int to, uint64_t *hashes)
{
    for (int arg = from; arg < to; arg++)
        if (!read_tag(call, arg, &hashes[arg - from])) return false;
    return true;
}
