#include <string.h>

#include "proto/base/json.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/events/walk/tally.h"
#include "server/exec/session/session.h"
#include "server/observe/hot_keys.h"
#include "server/observe/slowlog.h"
#include "server/report/stats/stats.h"
#include "server/report/stats/stats_parts.h"
#include "server/report/visible.h"

#define HOT_SHOWN      20
#define BIG_SHOWN      20
#define PREFIXES_SHOWN 20
#define SLOWLOG_SHOWN  32

static void write_count(struct buffer *out, const char *name, uint64_t count)
{
    json_name(out, name);
    json_u64(out, count);
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
        struct slice name = slice_of(keys[i].name, keys[i].len);
        if (!visible_cut_key(request->session, name, keys[i].is_cut)) continue;
        write_hot_key(&keys[i], out);
        shown++;
    }
    json_close(out, ']');
}

static void write_big_key(struct slice name, const struct tally_key *key, struct buffer *out)
{
    json_open(out, '{');
    json_name(out, "key");
    json_text(out, name);
    json_name(out, "type");
    json_text(out, slice_of_cstr(key->type));
    write_count(out, "bytes", key->bytes);
    write_count(out, "length", key->length);
    write_count(out, "db", key->db);
    json_close(out, '}');
}

static void write_big(const struct stats_request *request, int64_t now_ms, struct buffer *out)
{
    struct tally_big big;
    size_t shown = 0;
    tally_list_big(request->server, now_ms, &big);
    json_name(out, "big");
    json_open(out, '[');
    for (size_t i = 0; i < big.len && shown < BIG_SHOWN; i++) {
        if (!visible_key(request->session, tally_big_name(&big, i))) continue;
        write_big_key(tally_big_name(&big, i), &big.keys[i], out);
        shown++;
    }
    json_close(out, ']');
    tally_big_clear(&big);
}

static void write_prefix(void *context, struct slice name, const struct tally_prefix *prefix)
{
    struct buffer *out = context;
    json_open(out, '{');
    json_name(out, "prefix");
    json_text(out, name);
    write_count(out, "keys", prefix->keys);
    write_count(out, "bytes", prefix->bytes);
    write_count(out, "hits", prefix->hits);
    write_count(out, "misses", prefix->misses);
    json_close(out, '}');
}

/* Of the last round of the walk, which goes on as long as somebody looks. */
void stats_write_top(const struct stats_request *request, struct buffer *out)
{
    int64_t now_ms = server_now_ms(request->server);
    write_hot(request, out);
    tally_want(request->server->tally, now_ms);
    write_big(request, now_ms, out);
    json_name(out, "prefixes");
    json_open(out, '[');
    visible_each_prefix(request->session, PREFIXES_SHOWN, write_prefix, out);
    json_close(out, ']');
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
