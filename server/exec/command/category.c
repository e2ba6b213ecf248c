#include "server/exec/command/category.h"

#include <stddef.h>

/* In the order in which Redis tells them. */
enum category {
    CATEGORY_KEYSPACE,
    CATEGORY_READ,
    CATEGORY_WRITE,
    CATEGORY_SET,
    CATEGORY_SORTED_SET,
    CATEGORY_LIST,
    CATEGORY_HASH,
    CATEGORY_STRING,
    CATEGORY_BITMAP,
    CATEGORY_HYPERLOGLOG,
    CATEGORY_GEO,
    CATEGORY_STREAM,
    CATEGORY_PUBSUB,
    CATEGORY_ADMIN,
    CATEGORY_FAST,
    CATEGORY_SLOW,
    CATEGORY_BLOCKING,
    CATEGORY_DANGEROUS,
    CATEGORY_CONNECTION,
    CATEGORY_TRANSACTION,
    CATEGORY_SCRIPTING,
    CATEGORY_COUNT,
};

const char *const category_names[] = {
    [CATEGORY_KEYSPACE] = "@keyspace",
    [CATEGORY_READ] = "@read",
    [CATEGORY_WRITE] = "@write",
    [CATEGORY_SET] = "@set",
    [CATEGORY_SORTED_SET] = "@sortedset",
    [CATEGORY_LIST] = "@list",
    [CATEGORY_HASH] = "@hash",
    [CATEGORY_STRING] = "@string",
    [CATEGORY_BITMAP] = "@bitmap",
    [CATEGORY_HYPERLOGLOG] = "@hyperloglog",
    [CATEGORY_GEO] = "@geo",
    [CATEGORY_STREAM] = "@stream",
    [CATEGORY_PUBSUB] = "@pubsub",
    [CATEGORY_ADMIN] = "@admin",
    [CATEGORY_FAST] = "@fast",
    [CATEGORY_SLOW] = "@slow",
    [CATEGORY_BLOCKING] = "@blocking",
    [CATEGORY_DANGEROUS] = "@dangerous",
    [CATEGORY_CONNECTION] = "@connection",
    [CATEGORY_TRANSACTION] = "@transaction",
    [CATEGORY_SCRIPTING] = "@scripting",
    [CATEGORY_COUNT] = NULL,
};

#define BIT(category) (UINT32_C(1) << (category))

static uint32_t implied_by(uint32_t flags)
{
    uint32_t mask = (flags & CMD_FAST) != 0 ? BIT(CATEGORY_FAST) : BIT(CATEGORY_SLOW);
    if ((flags & CMD_WRITE) != 0) mask |= BIT(CATEGORY_WRITE);
    if ((flags & CMD_READONLY) != 0) mask |= BIT(CATEGORY_READ);
    if ((flags & CMD_PUBSUB) != 0) mask |= BIT(CATEGORY_PUBSUB);
    if ((flags & CMD_BLOCKING) != 0) mask |= BIT(CATEGORY_BLOCKING);
    if ((flags & CMD_ADMIN) != 0) mask |= BIT(CATEGORY_ADMIN) | BIT(CATEGORY_DANGEROUS);
    return mask;
}

uint32_t command_categories(const struct command *row)
{
    static const struct {
        uint32_t named;
        enum category category;
    } families[] = {
        { ACL_KEYSPACE, CATEGORY_KEYSPACE },
        { ACL_STRING, CATEGORY_STRING },
        { ACL_ADMIN, CATEGORY_ADMIN },
        { ACL_DANGEROUS, CATEGORY_DANGEROUS },
        { ACL_CONNECTION, CATEGORY_CONNECTION },
        { ACL_SET, CATEGORY_SET },
        { ACL_SORTED_SET, CATEGORY_SORTED_SET },
        { ACL_LIST, CATEGORY_LIST },
        { ACL_HASH, CATEGORY_HASH },
        { ACL_BITMAP, CATEGORY_BITMAP },
        { ACL_GEO, CATEGORY_GEO },
        { ACL_STREAM, CATEGORY_STREAM },
        { ACL_HYPERLOGLOG, CATEGORY_HYPERLOGLOG },
        { ACL_TRANSACTION, CATEGORY_TRANSACTION },
        { ACL_SCRIPTING, CATEGORY_SCRIPTING },
    };
    uint32_t mask = implied_by(row->flags);
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        if ((row->categories & families[i].named) != 0) mask |= BIT(families[i].category);
    }
    if (row->categories & ACL_SCRIPTING) mask &= ~BIT(CATEGORY_READ); /* it depends on the script */
    return mask;
}

uint32_t category_find(struct slice name)
{
    for (unsigned i = 0; category_names[i] != NULL; i++)
        if (slice_equal_nocase(slice_of_cstr(category_names[i] + 1), name)) return BIT(i);
    return 0;
}
