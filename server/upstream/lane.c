#include "server/upstream/lane.h"

#include <stdio.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "proto/base/contract.h"
#include "proto/base/number.h"
#include "proto/reply_reader.h"
#include "server/config/settings.h"
#include "server/observe/log.h"
#include "server/upstream/channel.h"
#include "server/upstream/inquiry.h"
#include "server/upstream/tracking_info.h"
#include "server/upstream/tracking_probe.h"
#include "server/upstream/upstream_url.h"

#define PAUSE_MIN_MS 20
/* Heartbeats come this often in the time that one is good for. */
#define BEATS 4
/* How often it is asked what tracking cannot tell. */
#define INQUIRY_MS 1000

enum lane_state { LANE_DOWN, LANE_OPENING, LANE_UP };

struct lane {
    struct upstream upstream;
    struct lane_options options;
    struct upstream_events events;
    struct channel *channel; /* NULL: between attempts */
    enum lane_state state;
    int protocol;
    enum upstream_tracking tracking; /* of the present attempt */
    struct tracking_probe *probe;
    char probe_key[UPSTREAM_SECRET_MAX];
    bool probe_heard;
    uv_timer_t retry;
    uv_timer_t beat;
    unsigned timers_open;
    bool stopped;
    int64_t pause_ms;
    uint64_t random;
    int64_t opened_ms;
    int64_t inquired_ms;
    bool beating;  /* a sign of life is on its way */
    int64_t swaps; /* SWAPDB calls that the upstream has counted; -1: not known yet */
    char version[32];
    char run_id[64];   /* of the server; empty: it tells none */
    int64_t client_id; /* of this connection, there; -1: it tells none, or nothing is tracked */
    unsigned databases;
};

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

#define ASK(lane, answer, ...)                                                                               \
    do {                                                                                                     \
        const struct slice words[] = { __VA_ARGS__ };                                                        \
        inquiry_send((lane)->channel, words, sizeof(words) / sizeof(*words), answer, lane);                  \
    } while (0)

/* The link may be lost by it, and the channel with it. */
static void send_off(struct lane *lane)
{
    if (lane->channel != NULL) channel_flush(lane->channel);
}

/* --- losing it -------------------------------------------------------------------------------------------
 */

static void connect_now(struct lane *lane);

static void on_retry(uv_timer_t *timer)
{
    connect_now(timer->data);
}

static uint64_t draw(struct lane *lane)
{
    lane->random ^= lane->random << 13;
    lane->random ^= lane->random >> 7;
    lane->random ^= lane->random << 17;
    return lane->random;
}

static void try_again_later(struct lane *lane)
{
    int64_t most = SETTING(lane->options.settings, upstream_reconnect_ms);
    if (lane->pause_ms > most) lane->pause_ms = most;
    uint64_t half = (uint64_t)lane->pause_ms / 2;
    uint64_t pause = half + draw(lane) % (half + 1);
    lane->pause_ms *= 2;
    uv_timer_start(&lane->retry, on_retry, pause, 0);
}

static bool speaks_no_resp3(const char *why)
{
    return strncmp(why, "NOPROTO", 7) == 0 || strncasecmp(why, "ERR unknown command", 19) == 0;
}

/* Once a link was up a first attempt is made at once: mostly the upstream was only restarted. */
static void lost(struct lane *lane, const char *why)
{
    enum lane_state before = lane->state;
    lane->state = LANE_DOWN;
    lane->beating = false;
    tracking_probe_stop(&lane->probe);
    uv_timer_stop(&lane->beat);
    if (lane->stopped) return;
    if (before == LANE_UP) {
        log_write(LOG_LEVEL_WARNING, "Upstream: link lost: %s", why);
        lane->pause_ms = PAUSE_MIN_MS;
        lane->events.down(lane->events.context, why);
        uv_timer_start(&lane->retry, on_retry, 0, 0);
        return;
    }
    if (lane->protocol == 3 && speaks_no_resp3(why)) {
        lane->protocol = 2;
        uv_timer_start(&lane->retry, on_retry, 0, 0);
        return;
    }
    lane->events.failed(lane->events.context, why);
    try_again_later(lane);
}

static void on_ending(void *context)
{
    const struct lane *lane = context;
    if (lane->state == LANE_UP) lane->events.ending(lane->events.context);
}

static void on_lost(void *context, const char *why)
{
    struct lane *lane = context;
    lane->channel = NULL;
    lost(lane, why);
}

static void give_up(struct lane *lane, const char *why)
{
    if (lane->channel == NULL) return;
    on_ending(lane);
    channel_close(&lane->channel);
    lost(lane, why);
}

/* --- heartbeat -------------------------------------------------------------------------------------------
 */

static void on_pong(struct lane *lane, struct slice reply, int64_t asked_ms)
{
    lane->beating = false;
    if (reply.data[0] == '-') return;
    lane->events.alive(lane->events.context, asked_ms + heartbeat_ms(lane));
}

/* Something between us and the upstream may have put another connection, to another server say, in the place
 * of ours without closing ours. What is then changed there we are not told. */
static void on_client_id(struct lane *lane, struct slice reply, int64_t asked_ms)
{
    int64_t id = tracking_info_client_id(reply);
    if (id >= 0 && id != lane->client_id)
        give_up(lane, "it is another connection to the upstream than it was");
    else
        on_pong(lane, reply, asked_ms);
}

static void on_server_info(struct lane *lane, struct slice reply, int64_t asked_ms)
{
    (void)asked_ms;
    char run_id[sizeof(lane->run_id)];
    tracking_info_run_id(reply, run_id, sizeof(run_id));
    if (run_id[0] != '\0' && strcmp(run_id, lane->run_id) != 0) give_up(lane, "another server answers");
}

static void on_tracking_info(struct lane *lane, struct slice reply, int64_t asked_ms)
{
    (void)asked_ms;
    if (lane->tracking == UPSTREAM_TRACKS_NONE || tracking_info_is_on(reply)) return;
    give_up(lane, "tracking was switched off");
}

static void on_command_stats(struct lane *lane, struct slice reply, int64_t asked_ms)
{
    (void)asked_ms;
    int64_t swaps = tracking_info_swaps(reply);
    if (swaps < 0) return;
    bool changed = lane->swaps >= 0 && swaps != lane->swaps;
    lane->swaps = swaps;
    if (changed) lane->events.invalidated_all(lane->events.context);
}

static void inquire(struct lane *lane)
{
    lane->inquired_ms = now_ms(lane);
    if (lane->tracking != UPSTREAM_TRACKS_NONE)
        ASK(lane, on_tracking_info, SLICE("CLIENT"), SLICE("TRACKINGINFO"));
    ASK(lane, on_command_stats, SLICE("INFO"), SLICE("commandstats"));
    if (lane->run_id[0] != '\0') ASK(lane, on_server_info, SLICE("INFO"), SLICE("server"));
}

static void beat(struct lane *lane)
{
    if (!lane->beating) {
        lane->beating = true;
        if (lane->client_id >= 0)
            ASK(lane, on_client_id, SLICE("CLIENT"), SLICE("ID"));
        else
            ASK(lane, on_pong, SLICE("PING"));
    }
    if (now_ms(lane) - lane->inquired_ms >= INQUIRY_MS) inquire(lane);
    send_off(lane);
}

static void on_beat(uv_timer_t *timer)
{
    struct lane *lane = timer->data;
    if (lane->channel == NULL) return;
    int64_t timeout_ms = SETTING(lane->options.settings, upstream_timeout_ms);
    if (channel_outstanding(lane->channel) > 0 &&
        now_ms(lane) - channel_oldest_ms(lane->channel) > timeout_ms) {
        give_up(lane, "no reply within upstream-timeout");
        return;
    }
    if (lane->state == LANE_UP) beat(lane);
}

static void start_beat(struct lane *lane)
{
    uint64_t every = (uint64_t)heartbeat_ms(lane) / BEATS;
    uv_timer_start(&lane->beat, on_beat, every, every > 0 ? every : 1);
}

/* --- getting it up ---------------------------------------------------------------------------------------
 */

static const char *tracking_name(enum upstream_tracking tracking)
{
    static const char *const names[] = { "bcast", "default", "none" };
    return names[tracking];
}

static void come_up(struct lane *lane)
{
    lane->state = LANE_UP;
    lane->pause_ms = PAUSE_MIN_MS;
    lane->swaps = -1;
    log_write(LOG_LEVEL_NOTICE, "Upstream: link up: RESP%d, tracking %s, version %s", lane->protocol,
              tracking_name(lane->tracking), lane->version[0] != '\0' ? lane->version : "unknown");
    lane->events.up(lane->events.context, lane->tracking);
    start_beat(lane);
    inquire(lane);
    beat(lane);
}

/* A SELECT that is refused in the middle of the stream would let what follows it run in another database, so
 * it is known beforehand which there are. */
static void on_config(struct lane *lane, struct slice reply, int64_t asked_ms)
{
    (void)asked_ms;
    int64_t databases = tracking_info_databases(reply);
    int64_t ours = SETTING(lane->options.settings, databases);
    lane->databases = (unsigned)(databases < 1 ? 1 : databases < ours ? databases : ours);
    if (lane->databases <= lane->options.url->db) lane->databases = 1;
    come_up(lane);
}

static void on_select(struct lane *lane, struct slice reply, int64_t asked_ms)
{
    (void)asked_ms;
    if (reply.data[0] == '-') {
        ASK(lane, on_config, SLICE("CONFIG"), SLICE("GET"), SLICE("databases"));
        send_off(lane);
        return;
    }
    lane->databases = (unsigned)SETTING(lane->options.settings, databases);
    channel_set_db(lane->channel, (int)lane->databases - 1);
    come_up(lane);
}

static void ask_databases(struct lane *lane)
{
    char number[16];
    int64_t last = SETTING(lane->options.settings, databases) - 1;
    int len = snprintf(number, sizeof(number), "%lld", (long long)last);
    ASK(lane, on_select, SLICE("SELECT"), slice_of(number, (size_t)len));
    send_off(lane);
}

static void on_first_client_id(struct lane *lane, struct slice reply, int64_t asked_ms)
{
    (void)asked_ms;
    lane->client_id = tracking_info_client_id(reply);
    ask_databases(lane);
}

/* What is not tracked may come over any connection. */
static void on_version(struct lane *lane, struct slice reply, int64_t asked_ms)
{
    (void)asked_ms;
    tracking_info_version(reply, lane->version, sizeof(lane->version));
    tracking_info_run_id(reply, lane->run_id, sizeof(lane->run_id));
    lane->client_id = -1;
    if (lane->tracking == UPSTREAM_TRACKS_NONE) {
        ask_databases(lane);
        return;
    }
    ASK(lane, on_first_client_id, SLICE("CLIENT"), SLICE("ID"));
    send_off(lane);
}

static void ask_version(struct lane *lane)
{
    ASK(lane, on_version, SLICE("INFO"), SLICE("server"));
    send_off(lane);
}

static void ask_tracking(struct lane *lane);

static bool is_automatic(const struct lane *lane)
{
    return SETTING(lane->options.settings, near_cache_tracking) == TRACKING_AUTO;
}

/* A mode that was asked for by name and cannot be had is a fault of the configuration, to be seen in the
 * log; auto takes the next one. */
static void fall_back(struct lane *lane, struct slice why)
{
    bool to_default = is_automatic(lane) && lane->tracking == UPSTREAM_TRACKS_ALL;
    log_write(LOG_LEVEL_WARNING, "Upstream: tracking %s is of no use (%.*s), falling back to %s",
              tracking_name(lane->tracking), (int)why.len, why.data,
              to_default ? "default" : "near-cache-max-ttl alone");
    lane->tracking = to_default ? UPSTREAM_TRACKS_READ : UPSTREAM_TRACKS_NONE;
    ask_tracking(lane);
}

/* The invalidation was sent before the PONG, if there was one. */
static void on_probe_pong(struct lane *lane, struct slice reply, int64_t asked_ms)
{
    (void)reply;
    (void)asked_ms;
    lane->probe_key[0] = '\0';
    if (lane->probe_heard)
        ask_version(lane);
    else
        fall_back(lane, SLICE("a change was not told of"));
}

/* Where nothing may be written, on a replica say, tracking is believed in; where the probe was only lost, it
 * is tried again with the next attempt. */
static void on_probe(void *context, enum tracking_probe_result result)
{
    struct lane *lane = context;
    lane->probe = NULL;
    if (lane->channel == NULL) return;
    if (result == TRACKING_PROBE_LOST) {
        give_up(lane, "the second connection, to see whether tracking works, was lost");
        return;
    }
    if (result == TRACKING_PROBE_REFUSED) {
        ask_version(lane);
        return;
    }
    ASK(lane, on_probe_pong, SLICE("PING"));
    send_off(lane);
}

static void on_probe_read(struct lane *lane, struct slice reply, int64_t asked_ms)
{
    (void)reply;
    (void)asked_ms;
    lane->probe =
        tracking_probe_start(&(struct tracking_probe_options){ .uv = lane->options.uv,
                                                               .url = lane->options.url,
                                                               .protocol = lane->protocol,
                                                               .key = slice_of_cstr(lane->probe_key),
                                                               .done = on_probe,
                                                               .context = lane });
}

/* It is read first: in the default mode only keys that were read are told of. */
static void probe(struct lane *lane)
{
    struct buffer prefixes = { 0 };
    settings_copy_text(lane->options.settings, TEXT_NEAR_CACHE_PREFIX, &prefixes);
    const char *end = prefixes.len > 0 ? memchr(prefixes.data, ' ', prefixes.len) : NULL;
    size_t len = end != NULL ? (size_t)(end - prefixes.data) : prefixes.len;
    snprintf(lane->probe_key, sizeof(lane->probe_key), "%.*snuthatch:tracking-probe:%016llx", (int)len,
             prefixes.len > 0 ? prefixes.data : "", (unsigned long long)draw(lane));
    buffer_clear(&prefixes);
    lane->probe_heard = false;
    ASK(lane, on_probe_read, SLICE("GET"), slice_of_cstr(lane->probe_key));
    send_off(lane);
}

static void on_tracking(struct lane *lane, struct slice reply, int64_t asked_ms)
{
    (void)asked_ms;
    if (reply.data[0] == '-')
        fall_back(lane, slice_of(reply.data + 1, reply.len - 3));
    else if (is_automatic(lane))
        probe(lane);
    else
        ask_version(lane);
}

static void ask_broadcast(struct lane *lane)
{
    struct buffer prefixes = { 0 };
    settings_copy_text(lane->options.settings, TEXT_NEAR_CACHE_PREFIX, &prefixes);
    struct slice words[256] = { SLICE("CLIENT"), SLICE("TRACKING"), SLICE("ON"), SLICE("BCAST"),
                                SLICE("NOLOOP") };
    size_t count = 5;
    char *rest = NULL;
    buffer_append(&prefixes, "", 1);
    for (char *word = strtok_r(prefixes.data, " ", &rest); word != NULL && count + 2 <= 256;
         word = strtok_r(NULL, " ", &rest)) {
        words[count++] = SLICE("PREFIX");
        words[count++] = slice_of_cstr(word);
    }
    inquiry_send(lane->channel, words, count, on_tracking, lane);
    buffer_clear(&prefixes);
}

/* Tracking of reads goes without NOLOOP, which there also silences what the upstream evicts while it serves
 * this very connection. */
static void ask_tracking(struct lane *lane)
{
    if (lane->tracking == UPSTREAM_TRACKS_ALL)
        ask_broadcast(lane);
    else if (lane->tracking == UPSTREAM_TRACKS_READ)
        ASK(lane, on_tracking, SLICE("CLIENT"), SLICE("TRACKING"), SLICE("ON"));
    else
        ask_version(lane);
    send_off(lane);
}

static enum upstream_tracking wanted_tracking(const struct lane *lane)
{
    if (lane->protocol == 2) return UPSTREAM_TRACKS_NONE;
    switch ((enum setting_tracking)SETTING(lane->options.settings, near_cache_tracking)) {
    case TRACKING_AUTO:
    case TRACKING_BCAST: return UPSTREAM_TRACKS_ALL;
    case TRACKING_DEFAULT: return UPSTREAM_TRACKS_READ;
    case TRACKING_TTL:
    case TRACKING_OFF: break;
    }
    return UPSTREAM_TRACKS_NONE;
}

static void on_ready(void *context)
{
    struct lane *lane = context;
    lane->tracking = wanted_tracking(lane);
    if (lane->protocol == 2)
        log_write(LOG_LEVEL_WARNING,
                  "Upstream: it does not speak RESP3: changes by others are seen after near-cache-max-ttl");
    ask_tracking(lane);
}

static void invalidate(struct lane *lane, struct slice key)
{
    if (slice_equal(key, slice_of_cstr(lane->probe_key))) lane->probe_heard = true;
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

static void connect_now(struct lane *lane)
{
    if (lane->stopped || lane->channel != NULL) return;
    lane->state = LANE_OPENING;
    lane->opened_ms = now_ms(lane);
    lane->channel = channel_open(&(struct channel_options){ .uv = lane->options.uv,
                                                            .url = lane->options.url,
                                                            .protocol = lane->protocol,
                                                            .ready = on_ready,
                                                            .push = on_push,
                                                            .ending = on_ending,
                                                            .lost = on_lost,
                                                            .context = lane });
    start_beat(lane);
}

/* --- the interface ---------------------------------------------------------------------------------------
 */

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
    send_off(lane_of(upstream));
}

static int protocol(const struct upstream *upstream)
{
    return lane_of(upstream)->protocol;
}

static const char *version(const struct upstream *upstream)
{
    return lane_of(upstream)->version;
}

static unsigned databases(const struct upstream *upstream)
{
    return lane_of(upstream)->databases;
}

static void timer_closed(uv_handle_t *handle)
{
    struct lane *lane = handle->data;
    if (--lane->timers_open == 0) alloc_free(lane);
}

static void stop(struct upstream **upstream)
{
    struct lane *lane = lane_of(*upstream);
    *upstream = NULL;
    lane->stopped = true;
    lane->state = LANE_DOWN;
    tracking_probe_stop(&lane->probe);
    channel_close(&lane->channel);
    uv_close((uv_handle_t *)&lane->retry, timer_closed);
    uv_close((uv_handle_t *)&lane->beat, timer_closed);
}

static void init_timer(struct lane *lane, uv_timer_t *timer)
{
    int failure = uv_timer_init(lane->options.uv, timer);
    INVARIANT(failure == 0);
    timer->data = lane;
    lane->timers_open++;
}

struct upstream *lane_create(const struct lane_options *options)
{
    struct lane *lane = ALLOC_NEW(struct lane);
    lane->upstream = (struct upstream){ .start = start,
                                        .send = send_request,
                                        .flush = flush,
                                        .protocol = protocol,
                                        .version = version,
                                        .databases = databases,
                                        .stop = stop };
    lane->options = *options;
    lane->protocol = 3;
    lane->pause_ms = PAUSE_MIN_MS;
    lane->random = uv_hrtime() | 1;
    init_timer(lane, &lane->retry);
    init_timer(lane, &lane->beat);
    return &lane->upstream;
}
