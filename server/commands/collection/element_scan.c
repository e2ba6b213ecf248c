#include "server/commands/collection/element_scan.h"

#include <inttypes.h>

#include "proto/base/number.h"
#include "server/commands/collection/collection.h"
#include "server/commands/key/scan_cursor.h"
#include "server/exec/call.h"
#include "server/exec/errors/errors.h"

/* Steps for each element asked for, so that empty buckets cannot hold a command up for long. */
#define STEPS_PER_ELEMENT 10

bool element_scan_wants(struct element_scan *scan, const struct atom *element)
{
    char scratch[NUMBER_I64_MAX];
    scan->seen++;
    return scan_options_match(&scan->options, atom_text(element, scratch));
}

void element_scan_add(struct element_scan *scan, const struct atom *element)
{
    char scratch[NUMBER_I64_MAX];
    element_scan_add_text(scan, atom_text(element, scratch));
}

void element_scan_add_text(struct element_scan *scan, struct slice text)
{
    reply_bulk(&scan->reply, text);
    scan->len++;
}

static uint64_t walk(struct element_scan *scan, element_scan_step *step, uint64_t cursor)
{
    int64_t steps = 0;
    do {
        cursor = step(scan, cursor);
        steps++;
    } while (cursor != 0 && scan->seen < scan->options.count &&
             steps / STEPS_PER_ELEMENT < scan->options.count);
    return cursor;
}

static void reply_page(struct call *call, struct element_scan *scan, uint64_t cursor)
{
    reply_array(call->reply, 2);
    reply_bulkf(call->reply, "%" PRIu64, cursor);
    reply_array(call->reply, scan->len);
    if (scan->found.len > 0) buffer_append(call->reply->out, scan->found.data, scan->found.len);
    if (buffer_is_full(&scan->found)) buffer_fill(call->reply->out);
}

void element_scan(struct call *call, const struct value_type *type, element_scan_step *step, unsigned words)
{
    struct element_scan scan = { 0 };
    uint64_t cursor;
    if (!scan_cursor_parse(call->argv[2], &cursor)) {
        reply_error(call->reply, SLICE(ERR_INVALID_CURSOR));
        return;
    }
    if (!collection_read(call, 1, type, &scan.value)) return;

    /* Redis reads no options where there is nothing to look through. */
    bool absent = value_len(&scan.value) == 0;
    if (!absent && !scan_options_read(&scan.options, call, 3, words)) return;

    scan.found.limit = call->reply->out->limit;
    scan.reply = (struct reply){ .out = &scan.found, .protocol = call->reply->protocol };
    reply_page(call, &scan, absent ? 0 : walk(&scan, step, cursor));
    buffer_clear(&scan.found);
}
