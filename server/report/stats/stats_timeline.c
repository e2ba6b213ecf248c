#include <string.h>

#include "proto/base/json.h"
#include "server/core/server.h"
#include "server/observe/timeline.h"
#include "server/report/stats/stats.h"
#include "server/report/stats/stats_parts.h"

/* So many are copied at a time: loop 0, which adds one a second, waits for no longer. */
#define ROWS_AT_ONCE 32

static void write_columns(struct buffer *out)
{
    json_name(out, "columns");
    json_open(out, '[');
    for (int i = 0; i < TIMELINE_COLUMNS; i++) {
        const char *name = timeline_column_name((enum timeline_column)i);
        json_text(out, slice_of(name, strlen(name)));
    }
    json_close(out, ']');
}

static void write_row(const struct timeline_row *row, struct buffer *out)
{
    json_open(out, '[');
    for (int i = 0; i < TIMELINE_COLUMNS; i++)
        if (row->values[i] == TIMELINE_NONE)
            json_null(out);
        else
            json_i64(out, row->values[i]);
    json_close(out, ']');
}

static void write_rows(const struct stats_request *request, struct buffer *out)
{
    struct timeline_row rows[ROWS_AT_ONCE];
    uint64_t from = 0;
    size_t len;
    json_name(out, "rows");
    json_open(out, '[');
    do {
        len = timeline_copy(request->server->timeline, request->since_ms, &from, rows, ROWS_AT_ONCE);
        for (size_t i = 0; i < len; i++) write_row(&rows[i], out);
    } while (len > 0);
    json_close(out, ']');
}

void stats_write_history(const struct stats_request *request, struct buffer *out)
{
    json_name(out, "history");
    json_open(out, '{');
    json_name(out, "interval_ms");
    json_u64(out, TIMELINE_INTERVAL_MS);
    write_columns(out);
    write_rows(request, out);
    json_close(out, '}');
}
