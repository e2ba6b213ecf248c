#include "server/report/visible.h"

#include <string.h>

#include "proto/base/alloc.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/events/walk/tally.h"
#include "server/exec/acl/acl_check.h"
#include "server/exec/acl/selector.h"
#include "server/exec/command/table.h"
#include "server/exec/session/session.h"

static const struct slice rest_name = { "(other)", sizeof("(other)") - 1 };
static const struct slice words[] = { { "cache", sizeof("cache") - 1 }, { "top", sizeof("top") - 1 } };

static bool is_restricted(const struct session *session)
{
    return session->gates & GATE_RESTRICTED && session->user != NULL;
}

static struct acl_asked asked_by(const struct session *session)
{
    const struct command_table *table = session->loop->server->commands;
    return (struct acl_asked){ .user = session->user,
                               .command = command_table_find_original(table, SLICE("cache|top")),
                               .argv = words,
                               .argc = 2 };
}

bool visible_key(const struct session *session, struct slice key)
{
    struct acl_asked asked = asked_by(session);
    return !is_restricted(session) || acl_grants_key(&asked, key, RIGHT_READ);
}

static bool sees_all(const struct session *session)
{
    struct acl_asked asked = asked_by(session);
    return !is_restricted(session) || acl_grants_every_key(&asked, RIGHT_READ);
}

bool visible_cut_key(const struct session *session, struct slice beginning, bool is_cut)
{
    return is_cut ? sees_all(session) : visible_key(session, beginning);
}

/* To one who could read keys that begin so. Keys that begin as the rest is called are told as part of it.
 * Keys without a prefix are of any name, and a longest prefix may be one that was cut. */
static bool is_visible(const struct session *session, const struct prefix_rule *rule,
                       const struct tally_prefix *prefix)
{
    if (prefix->len == 0 || prefix->len == PREFIX_NAME_MAX) return sees_all(session);
    char name[PREFIX_NAME_MAX + PREFIX_DELIMITER_MAX];
    memcpy(name, prefix->name, prefix->len);
    memcpy(name + prefix->len, rule->delimiter, rule->len);
    bool is_rest = slice_equal(slice_of(prefix->name, prefix->len), rest_name);
    return !is_rest && visible_key(session, slice_of(name, prefix->len + rule->len));
}

/* Hits and misses are sampled meanwhile. */
static void take_off(struct tally_prefix *rest, const struct tally_prefix *shown)
{
    rest->keys -= shown->keys;
    rest->bytes -= shown->bytes;
    rest->hits -= shown->hits < rest->hits ? shown->hits : rest->hits;
    rest->misses -= shown->misses < rest->misses ? shown->misses : rest->misses;
}

void visible_each_prefix(const struct session *session, size_t most,
                         void (*visit)(void *context, struct slice name, const struct tally_prefix *prefix),
                         void *context)
{
    struct tally_prefixes *prefixes = ALLOC_NEW(struct tally_prefixes);
    tally_list_prefixes(session->loop->server, prefixes);
    struct tally_prefix rest = prefixes->all;
    size_t shown = 0;
    for (size_t i = 0; i < prefixes->len && shown < most; i++) {
        const struct tally_prefix *prefix = &prefixes->rows[i];
        if (!is_visible(session, &prefixes->rule, prefix)) continue;
        visit(context, slice_of(prefix->name, prefix->len), prefix);
        take_off(&rest, prefix);
        shown++;
    }
    bool is_rest = (rest.keys | rest.bytes | rest.hits | rest.misses) != 0;
    if (is_rest && sees_all(session)) visit(context, rest_name, &rest);
    alloc_free(prefixes);
}
