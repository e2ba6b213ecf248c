#include <string.h>

#include "proto/base/json.h"
#include "server/core/server.h"
#include "server/core/totals.h"
#include "server/exec/command/table.h"
#include "server/observe/histogram.h"
#include "server/report/stats/stats.h"
#include "server/report/stats/stats_parts.h"

static void write_count(struct buffer *out, const char *name, uint64_t count)
{
    json_name(out, name);
    json_u64(out, count);
}

static struct slice family_of(const struct command_info *command)
{
    const char *group = command->row->group;
    if (group == NULL && command->parent != NULL) group = command->parent->row->group;
    return group != NULL ? slice_of(group, strlen(group)) : SLICE("");
}

static void write_latency(const struct server *server, unsigned id, struct buffer *out)
{
    static const struct {
        const char *name;
        double percentile;
    } list[] = { { "p50", 50 }, { "p99", 99 }, { "p999", 99.9 } };
    struct histogram latency;
    memset(&latency, 0, sizeof(latency));
    totals_of_latency(server, id, &latency);
    bool any = histogram_total(&latency) > 0;
    for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++) {
        json_name(out, list[i].name);
        if (any)
            json_thousandth(out, histogram_percentile_ns(&latency, list[i].percentile));
        else
            json_null(out);
    }
}

static void write_command(const struct server *server, unsigned id, const struct command_totals *totals,
                          struct buffer *out)
{
    const struct command_info *command = command_table_by_id(server->commands, id);
    json_open(out, '{');
    json_name(out, "name");
    json_text(out, slice_of(command->full_name, strlen(command->full_name)));
    json_name(out, "family");
    json_text(out, family_of(command));
    write_count(out, "calls", totals->calls);
    write_count(out, "usec", totals->ns / 1000);
    write_latency(server, id, out);
    write_count(out, "rejected", totals->rejected);
    write_count(out, "failed", totals->failed);
    json_close(out, '}');
}

void stats_write_commands(const struct stats_request *request, struct buffer *out)
{
    const struct server *server = request->server;
    json_name(out, "commands");
    json_open(out, '[');
    for (unsigned id = 0; id < command_table_ids(server->commands); id++) {
        struct command_totals totals = totals_of_command(server, id);
        if (totals.calls == 0 && totals.rejected == 0 && totals.failed == 0) continue;
        write_command(server, id, &totals, out);
    }
    json_close(out, ']');
}
