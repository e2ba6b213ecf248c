#include <stddef.h>

#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/events/walk/tally.h"
#include "server/exec/session/session.h"
#include "server/report/metrics/exposition.h"
#include "server/report/metrics/metrics_parts.h"
#include "server/report/visible.h"

#define PREFIXES_TOLD 99 /* and "(other)" */

/* One of the figures of each. */
struct column {
    struct exposition *exposition;
    const char *name;
    enum metric_type type;
    const char *help;
    size_t at; /* in struct tally_prefix */
};

/* No two names look alike, whatever their bytes: what is no text is told as `\xff`, so that a backslash is
 * told so as well. */
static void escape(struct slice name, struct buffer *out)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.data[i] == '\\')
            buffer_append(out, "\\x5c", 4);
        else
            buffer_append(out, &name.data[i], 1);
}

static void write_one(void *context, struct slice name, const struct tally_prefix *prefix)
{
    const struct column *column = context;
    struct buffer label = { 0 };
    escape(name, &label);
    exposition_begin(column->exposition, column->name, "");
    exposition_label(column->exposition, "prefix", buffer_slice(&label));
    buffer_clear(&label);
    exposition_u64(column->exposition, *(const uint64_t *)(const void *)((const char *)prefix + column->at));
}

void metrics_write_prefixes(struct exposition *exposition, const struct session *session)
{
    struct server *server = session->loop->server;
    const struct column columns[] = {
        { exposition, "nuthatch_prefix_keys", METRIC_GAUGE, "Keys with a prefix.",
          offsetof(struct tally_prefix, keys) },
        { exposition, "nuthatch_prefix_bytes", METRIC_GAUGE, "Memory of keys with a prefix.",
          offsetof(struct tally_prefix, bytes) },
        { exposition, "nuthatch_prefix_hits_total", METRIC_COUNTER,
          "Reads that found such a key, by samples.", offsetof(struct tally_prefix, hits) },
        { exposition, "nuthatch_prefix_misses_total", METRIC_COUNTER,
          "Reads of such a key that was not there, by samples.", offsetof(struct tally_prefix, misses) },
    };
    tally_want(server->tally, server_now_ms(server));
    for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++) {
        struct column column = columns[i];
        exposition_family(exposition, column.name, column.type, column.help);
        visible_each_prefix(session, PREFIXES_TOLD, write_one, &column);
    }
}
