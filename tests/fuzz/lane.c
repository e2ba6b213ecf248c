/*
 * lane.c - any bytes from an upstream: what is read of them, and that nothing is read beside them.
 *
 * The first byte says how the rest is cut into pieces. Frames are split as channel.c splits them; each is
 * then given to everything that looks into replies of the upstream.
 */
#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "proto/base/contract.h"
#include "proto/reply_reader.h"
#include "server/config/upstream_url.h"
#include "server/exec/command/outcome.h"
#include "server/upstream/channel/greeting.h"
#include "server/upstream/channel/tracking_info.h"
#include "server/upstream/clients/subscriptions.h"
#include "server/upstream/copies/swaps.h"
#include "server/upstream/errands/translation.h"
#include "server/upstream/roster/roster.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever is said first. */
static void greet(struct slice frame)
{
    static const struct upstream_url url = { .password = "p" };
    for (enum greeting_step step = GREETING_HELLO; step <= GREETING_WHO; step++) {
        struct buffer words = { 0 };
        struct greeting greeting = { .url = &url, .protocol = 3, .step = step };
        greeting_hear(&greeting, frame, &words);
        buffer_clear(&words);
    }
}

static void look_into(struct slice frame)
{
    char version[16];
    struct buffer there = { 0 }, back = { 0 };
    struct subscriptions subscriptions = { 0 };
    struct swaps by_histogram = { 0 }, by_statistics = { .by_statistics = true };
    struct roster *roster = roster_create(frame);
    roster_find(roster, SLICE("get"));
    roster_destroy(&roster);
    subscriptions_ask(&subscriptions, KIND_UNSUBSCRIBE, 0, false);
    subscriptions_note(&subscriptions, frame);
    tracking_info_is_on(frame);
    tracking_info_databases(frame);
    tracking_info_version(frame, version, sizeof version);
    tracking_info_run_id(frame, version, sizeof version);
    tracking_info_client_id(frame);
    tracking_info_is_replica(frame);
    greet(frame);
    swaps_happened(&by_histogram, frame);
    swaps_happened(&by_statistics, frame);
    for (enum outcome_proof proof = PROOF_OK; proof <= PROOF_NO_ERROR; proof++)
        outcome_happened(&(struct outcome){ .proof = proof }, frame);
    translation_append(&there, frame, 3, 2);
    translation_append(&back, frame, 2, 3);
    INVARIANT(there.len > 0 && back.len > 0);
    buffer_clear(&there);
    buffer_clear(&back);
}

/* A copy that ends where the frame ends, so that reading beyond is noticed. */
static void take_frame(struct slice frame)
{
    char *copy = alloc_bytes(frame.len);
    memcpy(copy, frame.data, frame.len);
    look_into(slice_of(copy, frame.len));
    alloc_free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > 8192) return 0;
    struct upstream_url url;
    struct buffer shown = { 0 };
    upstream_url_read(&url, slice_of(data + 1, size - 1));
    upstream_url_show(slice_of(data + 1, size - 1), &shown);
    buffer_clear(&shown);

    size_t piece = data[0] + 1u;
    struct reply_reader reader = { 0 };
    struct buffer in = { 0 };
    for (size_t at = 1; at < size; at += piece) {
        buffer_append(&in, data + at, size - at < piece ? size - at : piece);
        size_t len;
        enum reader_status status;
        while ((status = reply_reader_skip(&reader, buffer_slice(&in), &len)) == READER_READY) {
            take_frame(slice_of(in.data, len));
            buffer_consume(&in, len);
        }
        if (status == READER_BROKEN) break;
    }
    buffer_clear(&in);
    return 0;
}
