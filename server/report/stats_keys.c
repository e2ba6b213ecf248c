#include <string.h>

#include "proto/base/json.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/exec/acl/acl_check.h"
#include "server/exec/acl/selector.h"
#include "server/exec/command/table.h"
#include "server/exec/session/session.h"
#include "server/observe/hot_keys.h"
#include "server/observe/slowlog.h"
#include "server/report/stats.h"
#include "server/report/stats_parts.h"

#define HOT_SHOWN     20
#define SLOWLOG_SHOWN 32

static void write_count(struct buffer *out, const char *name, uint64_t count)
{
    json_name(out, name);
    json_u64(out, count);
}

/* Names that the user could not read are none of its business, as for CACHE TOP. */
static bool may_read(const struct session *session, struct slice key)
{
    static const struct slice argv[] = { { "cache", sizeof("cache") - 1 }, { "top", sizeof("top") - 1 } };
    if (!(session->gates & GATE_RESTRICTED) || session->user == NULL) return true;
    const struct command_table *table = session->loop->server->commands;
    struct acl_asked asked = { .user = session->user,
                               .command = command_table_find_original(table, SLICE("cache|top")),
                               .argv = argv,
                               .argc = 2 };
    return acl_grants_key(&asked, key, RIGHT_READ);
}

static void write_hot_key(const struct hot_key *key, struct buffer *out)
{
    json_open(out, '{');
    json_name(out, "key");
    json_text(out, slice_of(key->name, key->len));
    write_count(out, "db", key->db);
    write_count(out, "ops", key->count);
    write_count(out, "error", key->error);
    write_count(out, "reads", key->reads);
    write_count(out, "writes", key->writes);
    write_count(out, "bytes", key->bytes);
    json_close(out, '}');
}

static void write_hot(const struct stats_request *request, struct buffer *out)
{
    struct hot_key keys[HOT_KEYS];
    size_t len = hot_keys_top(request->server->hot_keys, keys, HOT_KEYS), shown = 0;
    json_name(out, "hot");
    json_open(out, '[');
    for (size_t i = 0; i < len && shown < HOT_SHOWN; i++) {
        if (!may_read(request->session, slice_of(keys[i].name, keys[i].len))) continue;
        write_hot_key(&keys[i], out);
        shown++;
    }
    json_close(out, ']');
}

void stats_write_top(const struct stats_request *request, struct buffer *out)
{
    write_hot(request, out);
    json_name(out, "big");
    json_raw(out, SLICE("[]"));
    json_name(out, "prefixes");
    json_raw(out, SLICE("[]"));
}

static void write_entry(void *context, const struct slowlog_entry *entry)
{
    struct buffer *out = context;
    json_open(out, '{');
    write_count(out, "id", entry->id);
    json_name(out, "at");
    json_i64(out, entry->time_s);
    json_name(out, "usec");
    json_i64(out, entry->duration_us);
    json_name(out, "client");
    json_text(out, slice_of(entry->peer, strlen(entry->peer)));
    json_name(out, "name");
    json_text(out, slice_of(entry->client_name, strlen(entry->client_name)));
    json_name(out, "args");
    json_open(out, '[');
    for (size_t i = 0; i < entry->argc; i++) json_text(out, entry->argv[i]);
    json_close(out, ']');
    json_close(out, '}');
}

void stats_write_slowlog(const struct stats_request *request, struct buffer *out)
{
    json_name(out, "slowlog");
    json_open(out, '[');
    slowlog_each(request->server->slowlog, SLOWLOG_SHOWN, write_entry, out);
    json_close(out, ']');
}
