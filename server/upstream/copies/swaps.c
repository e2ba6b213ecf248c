#include "server/upstream/copies/swaps.h"

#include <stddef.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/number.h"
#include "proto/reply_reader.h"
#include "server/upstream/channel/upstream.h"

struct counts {
    int64_t swaps;
    int64_t resets;
    int64_t questions;
};

struct slice swaps_question(const struct swaps *swaps)
{
    if (swaps->by_statistics) return SLICE("*2\r\n$4\r\nINFO\r\n$12\r\ncommandstats\r\n");
    return SLICE("*5\r\n$7\r\nLATENCY\r\n$9\r\nHISTOGRAM\r\n$6\r\nswapdb\r\n$16\r\nconfig|resetstat\r\n"
                 "$17\r\nlatency|histogram\r\n");
}

/* name, (calls, number, histogram_usec, (...)), and so on */
static bool read_histograms(struct slice reply, struct counts *counts)
{
    struct reply_reader reader = { 0 };
    struct reply_element element;
    size_t at = 0, len;
    int64_t ignored, *count = &ignored;
    bool calls = false;
    if (reply.len == 0 || (reply.data[0] != '%' && reply.data[0] != '*')) return false;
    while (reply_reader_next(&reader, slice_of(reply.data + at, reply.len - at), &element, &len) ==
           READER_READY) {
        at += len;
        if (calls && element.type == REPLY_INT) *count = element.integer;
        calls = slice_equal(element.text, SLICE("calls"));
        if (slice_equal(element.text, SLICE("swapdb"))) count = &counts->swaps;
        if (slice_equal(element.text, SLICE("config|resetstat"))) count = &counts->resets;
        if (slice_equal(element.text, SLICE("latency|histogram"))) count = &counts->questions;
        if (reply_reader_at_end(&reader)) break;
    }
    return true;
}

static int64_t count_of(struct slice reply, const char *name)
{
    int64_t calls;
    const char *found = memmem(reply.data, reply.len, name, strlen(name));
    if (found == NULL) return 0;
    const char *start = found + strlen(name), *end = start;
    while (end < reply.data + reply.len && *end >= '0' && *end <= '9') end++;
    return number_parse_i64(slice_of(start, (size_t)(end - start)), &calls) ? calls : 0;
}

static bool read_statistics(struct slice reply, struct counts *counts)
{
    if (reply.len == 0 || (reply.data[0] != '$' && reply.data[0] != '=')) return false;
    counts->swaps = count_of(reply, "cmdstat_swapdb:calls=");
    counts->resets = count_of(reply, "cmdstat_config|resetstat:calls=");
    counts->questions = count_of(reply, "cmdstat_info:calls=");
    return counts->questions > 0;
}

bool swaps_happened(struct swaps *swaps, struct slice answer)
{
    struct counts now = { 0 };
    bool statistics = swaps->by_statistics && (answer.data[0] == '$' || answer.data[0] == '=');
    bool told = statistics ? read_statistics(answer, &now) : read_histograms(answer, &now);
    bool same = told && swaps->known && now.swaps == swaps->swaps && now.resets == swaps->resets &&
                now.questions > swaps->questions;
    /* Histograms may be switched off; and one that was set back is not worth a second look. */
    bool changes_way =
        !swaps->by_statistics && (!told || (swaps->known && now.questions <= swaps->questions));
    if (changes_way) swaps->by_statistics = true;
    swaps->known = told && !changes_way;
    swaps->swaps = now.swaps;
    swaps->resets = now.resets;
    swaps->questions = now.questions;
    return !same;
}

struct first_question {
    struct upstream_request request;
    struct swaps *swaps;
};

static void on_first(struct upstream_request *request, enum upstream_outcome outcome, struct slice reply)
{
    struct swaps *swaps = ((struct first_question *)request)->swaps;
    if (outcome == UPSTREAM_REPLIED) swaps_happened(swaps, reply);
    alloc_free(request);
}

void swaps_begin(struct swaps *swaps, struct upstream *upstream)
{
    struct first_question *first = ALLOC_NEW(struct first_question);
    *swaps = (struct swaps){ 0 };
    first->swaps = swaps;
    first->request =
        (struct upstream_request){ .bytes = swaps_question(swaps), .db = UPSTREAM_ANY_DB, .done = on_first };
    upstream->send(upstream, &first->request);
}
