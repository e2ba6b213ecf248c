#include "server/upstream/link/lane.h"

#include <stdio.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "proto/base/contract.h"
#include "proto/base/number.h"
#include "proto/reply_reader.h"
#include "server/config/settings.h"
#include "server/observe/log.h"
#include "server/upstream/channel/tracking_info.h"
#include "server/upstream/link/lane_state.h"
#include "server/upstream/link/tracking_probe.h"

/* How often it is asked what tracking cannot tell. */
#define INQUIRY_MS 1000
/* An address that leads back here is a mistake of who starts us, for so long; later it is one like another.
 */
#define STARTING_MS 10000

static struct lane *lane_of(const struct upstream *upstream)
{
    return (struct lane *)(uintptr_t)upstream;
}

static int64_t now_ms(const struct lane *lane)
{
    return (int64_t)uv_now(lane->options.uv);
}

static int64_t heartbeat_ms(const struct lane *lane)
{
    return SETTING(lane->options.settings, upstream_heartbeat_ms);
}

/* The link may be lost by it, and the channel with it. */
void lane_send_off(struct lane *lane)
{
    if (lane->channel != NULL) channel_flush(lane->channel);
}

static void connect_now(struct lane *lane);

static void on_retry(uv_timer_t *timer)
{
    connect_now(timer->data);
}

static void try_again_later(struct lane *lane)
{
    int64_t most = SETTING(lane->options.settings, upstream_reconnect_ms);
    if (lane->pause_ms > most) lane->pause_ms = most;
    uint64_t half = (uint64_t)lane->pause_ms / 2;
    uint64_t pause = half + random_below(&lane->random, half + 1);
    lane->pause_ms *= 2;
    uv_timer_start(&lane->retry, on_retry, pause, 0);
}

static void note_busy(struct lane *lane, bool busy)
{
    if (lane->busy == busy) return;
    lane->busy = busy;
    lane->events.busy(lane->events.context, busy);
}

/* Once a link was up a first attempt is made at once: mostly the upstream was only restarted. */
static void lost(struct lane *lane, const char *why)
{
    enum lane_state before = lane->state;
    lane->state = LANE_DOWN;
    lane->beating = lane->asking_role = lane->tells_no_role = false;
    note_busy(lane, false);
    tracking_probe_stop(&lane->probe);
    if (lane->stopped) return;
    if (before == LANE_UP) {
        log_write(LOG_LEVEL_WARNING, "Upstream: link lost: %s", why);
        lane->pause_ms = LANE_PAUSE_MIN_MS;
        lane->events.down(lane->events.context, why);
        uv_timer_start(&lane->retry, on_retry, 0, 0);
        return;
    }
    bool starting = now_ms(lane) - lane->created_ms < STARTING_MS;
    if (lane->hopeless && starting) lane->events.hopeless(lane->events.context, why);
    lane->events.failed(lane->events.context, why);
    try_again_later(lane);
}

static void on_ending(void *context)
{
    const struct lane *lane = context;
    if (lane->state == LANE_UP) lane->events.ending(lane->events.context);
}

static void on_lost(void *context, enum channel_end end, const char *why)
{
    struct lane *lane = context;
    (void)end;
    lane->channel = NULL;
    lost(lane, why);
}

void lane_give_up(struct lane *lane, const char *why)
{
    if (lane->channel == NULL) return;
    on_ending(lane);
    channel_close(&lane->channel);
    lost(lane, why);
}

static void on_pong(struct lane *lane, struct slice reply, int64_t asked_ms)
{
    lane->beating = false;
    note_busy(lane, reply.len > 6 && memcmp(reply.data, "-BUSY ", 6) == 0);
    if (reply.data[0] == '-') return;
    lane->events.alive(lane->events.context, asked_ms + heartbeat_ms(lane));
}

/* Something between us and the upstream may have put another connection, to another server say, in the place
 * of ours without closing ours. What is then changed there we are not told. */
static void on_client_id(struct lane *lane, struct slice reply, int64_t asked_ms)
{
    int64_t id = tracking_info_client_id(reply);
    if (id >= 0 && id != lane->client_id)
        lane_give_up(lane, "it is another connection to the upstream than it was");
    else
        on_pong(lane, reply, asked_ms);
}

void lane_on_role(struct lane *lane, struct slice reply, int64_t asked_ms)
{
    (void)asked_ms;
    lane->asking_role = false;
    lane->tells_no_role = reply.data[0] == '-' && !identity_error_is_passing(reply);
    if (tracking_info_is_master(reply)) lane->had_master = true;
    if (lane->had_master && tracking_info_is_replica(reply)) lane_give_up(lane, "it is a replica now");
}

static void ask_role(struct lane *lane)
{
    if (lane->asking_role || lane->tells_no_role) return;
    lane->asking_role = true;
    ASK(lane, lane_on_role, SLICE("ROLE"));
}

static void on_tracking_info(struct lane *lane, struct slice reply, int64_t asked_ms)
{
    (void)asked_ms;
    if (lane->tracking == UPSTREAM_TRACKS_NONE || tracking_info_is_on(reply)) return;
    lane_give_up(lane, "tracking was switched off");
}

static void on_command_stats(struct lane *lane, struct slice reply, int64_t asked_ms)
{
    (void)asked_ms;
    bool known = lane->swaps.known;
    if (swaps_happened(&lane->swaps, reply) && known) lane->events.invalidated_all(lane->events.context);
}

void lane_inquire(struct lane *lane)
{
    lane->inquired_ms = now_ms(lane);
    if (lane->tracking != UPSTREAM_TRACKS_NONE)
        ASK(lane, on_tracking_info, SLICE("CLIENT"), SLICE("TRACKINGINFO"));
    ASK(lane, on_command_stats, SLICE("INFO"), SLICE("commandstats"));
}

void lane_beat(void *context)
{
    struct lane *lane = context;
    if (lane->state != LANE_UP) return;
    if (!lane->beating) {
        lane->beating = true;
        if (lane->client_id >= 0)
            ASK(lane, on_client_id, SLICE("CLIENT"), SLICE("ID"));
        else
            ASK(lane, on_pong, SLICE("PING"));
    }
    ask_role(lane);
    if (now_ms(lane) - lane->inquired_ms >= INQUIRY_MS) lane_inquire(lane);
    lane_send_off(lane);
}

/* The key of the probe is no business of those who track here. */
static void invalidate(struct lane *lane, struct slice key)
{
    if (lane->probe_key.len > 0 && slice_equal(key, buffer_slice(&lane->probe_key))) {
        lane->probe_heard = true;
        return;
    }
    lane->events.invalidated(lane->events.context, key);
}

/* > 2 "invalidate" (* keys | null); other pushes are not for us. */
static void on_push(void *context, struct slice frame)
{
    struct lane *lane = context;
    struct reply_reader reader = { 0 };
    struct reply_element element;
    size_t at = 0, len;
    for (int i = 0; reply_reader_next(&reader, slice_of(frame.data + at, frame.len - at), &element, &len) ==
                    READER_READY;
         i++) {
        at += len;
        if (i == 1 && !slice_equal(element.text, SLICE("invalidate"))) return;
        if (i == 2 && element.type == REPLY_NULL) lane->events.invalidated_all(lane->events.context);
        if (i > 2) invalidate(lane, element.text);
        if (reply_reader_at_end(&reader)) return;
    }
}

static const char *refuse(void *guard, const struct identity *identity)
{
    struct lane *lane = guard;
    const char *own = lane->options.own_run_id;
    lane->hopeless = own != NULL && identity_leads_to(identity, own);
    return lane->hopeless ? "it leads back to this server" : NULL;
}

static void on_demoted(void *guard)
{
    struct lane *lane = guard;
    if (lane->state == LANE_UP && lane->had_master) ask_role(lane);
}

static void connect_now(struct lane *lane)
{
    if (lane->stopped || lane->channel != NULL) return;
    lane->state = LANE_OPENING;
    lane->channel = channel_open(
        &(struct channel_options){ .uv = lane->options.uv,
                                   .url = lane->options.url,
                                   .settings = lane->options.settings,
                                   .protocol = 3,
                                   .ready = lane_open_up,
                                   .push = on_push,
                                   .beat = lane_beat,
                                   .ending = on_ending,
                                   .lost = on_lost,
                                   .context = lane,
                                   .guard = { .refuse = refuse, .demoted = on_demoted, .guard = lane } });
}

static void start(struct upstream *upstream, const struct upstream_events *events)
{
    struct lane *lane = lane_of(upstream);
    lane->events = *events;
    uv_update_time(lane->options.uv);
    connect_now(lane);
}

static void send_request(struct upstream *upstream, struct upstream_request *request)
{
    struct lane *lane = lane_of(upstream);
    if (lane->state == LANE_UP)
        channel_send(lane->channel, request);
    else
        request->done(request, UPSTREAM_UNSENT, SLICE(""));
}

static void flush(struct upstream *upstream)
{
    lane_send_off(lane_of(upstream));
}

static int protocol(const struct upstream *upstream)
{
    return lane_of(upstream)->protocol;
}

static const struct identity *identity(const struct upstream *upstream)
{
    const struct lane *lane = lane_of(upstream);
    bool there = lane->channel != NULL && channel_is_ready(lane->channel);
    return there ? channel_identity(lane->channel) : &lane->identity;
}

static int64_t silent_ms(const struct upstream *upstream)
{
    const struct lane *lane = lane_of(upstream);
    return lane->state == LANE_UP && lane->channel != NULL ? channel_silent_ms(lane->channel) : 0;
}

static const char *version(const struct upstream *upstream)
{
    return identity(upstream)->version;
}

static const char *no_database(const struct upstream *upstream)
{
    return lane_of(upstream)->no_database;
}

static void doubt(struct upstream *upstream, enum upstream_doubt what)
{
    struct lane *lane = lane_of(upstream);
    if (what == DOUBT_ROLE) {
        on_demoted(lane);
        lane_send_off(lane);
    } else if (lane->state == LANE_UP) {
        lane_give_up(lane, "its address leads to another server");
    }
}

static unsigned databases(const struct upstream *upstream)
{
    return lane_of(upstream)->databases;
}

static void on_retry_closed(uv_handle_t *handle)
{
    struct lane *lane = handle->data;
    buffer_clear(&lane->probe_key);
    alloc_free(lane);
}

static void stop(struct upstream **upstream)
{
    struct lane *lane = lane_of(*upstream);
    *upstream = NULL;
    lane->stopped = true;
    lane->state = LANE_DOWN;
    tracking_probe_stop(&lane->probe);
    channel_close(&lane->channel);
    uv_close((uv_handle_t *)&lane->retry, on_retry_closed);
}

struct upstream *lane_create(const struct lane_options *options)
{
    struct lane *lane = ALLOC_NEW(struct lane);
    lane->upstream = (struct upstream){ .start = start,
                                        .send = send_request,
                                        .flush = flush,
                                        .protocol = protocol,
                                        .silent_ms = silent_ms,
                                        .version = version,
                                        .identity = identity,
                                        .no_database = no_database,
                                        .doubt = doubt,
                                        .databases = databases,
                                        .stop = stop };
    lane->options = *options;
    lane->protocol = 3;
    lane->pause_ms = LANE_PAUSE_MIN_MS;
    lane->random.state = uv_hrtime();
    uv_update_time(options->uv);
    lane->created_ms = now_ms(lane);
    int failure = uv_timer_init(options->uv, &lane->retry);
    INVARIANT(failure == 0);
    lane->retry.data = lane;
    return &lane->upstream;
}
