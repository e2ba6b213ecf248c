#include <stdio.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "server/config/settings.h"
#include "server/observe/log.h"
#include "server/upstream/channel/tracking_info.h"
#include "server/upstream/copies/prefixes.h"
#include "server/upstream/link/lane_state.h"
#include "server/upstream/link/tracking_probe.h"

static const char *tracking_name(enum upstream_tracking tracking)
{
    static const char *const names[] = { "bcast", "default", "none" };
    return names[tracking];
}

static void come_up(struct lane *lane)
{
    lane->state = LANE_UP;
    lane->pause_ms = LANE_PAUSE_MIN_MS;
    lane->swaps = (struct swaps){ .by_statistics = true };
    const char *version = lane->identity.version;
    log_write(LOG_LEVEL_NOTICE, "Upstream: link up: RESP%d, tracking %s, version %s", lane->protocol,
              tracking_name(lane->tracking), version[0] != '\0' ? version : "unknown");
    lane->events.up(lane->events.context, lane->tracking);
    lane_inquire(lane);
    lane_beat(lane);
}

static struct slice error_text(struct slice reply)
{
    return slice_of(reply.data + 1, reply.len - 3);
}

static void give_up_by(struct lane *lane, struct slice error)
{
    char why[256];
    struct slice text = error_text(error);
    snprintf(why, sizeof(why), "%.*s", (int)text.len, text.data);
    lane_give_up(lane, why);
}

/* Of two servers that are each other's upstream, and said who they are at the same time, one knows it now. */
static void on_last_look(struct lane *lane, struct slice reply, int64_t asked_ms)
{
    const char *own = lane->options.own_run_id;
    struct identity identity;
    (void)asked_ms;
    identity_read(&identity, reply);
    lane->hopeless = own != NULL && identity_leads_to(&identity, own);
    if (lane->hopeless)
        lane_give_up(lane, "it leads back to this server");
    else
        come_up(lane);
}

static void look_once_more(struct lane *lane)
{
    if (!lane->identity.is_ours) {
        come_up(lane);
        return;
    }
    ASK(lane, on_last_look, SLICE("INFO"), SLICE("server"));
    lane_send_off(lane);
}

static void on_first_role(struct lane *lane, struct slice reply, int64_t asked_ms)
{
    lane_on_role(lane, reply, asked_ms);
    if (lane->channel == NULL) return;
    if (tracking_info_is_replica(reply) && !lane->warned_replica) {
        log_write(LOG_LEVEL_WARNING,
                  "Upstream: it is a replica: writes are refused by it, and it may be behind its master");
        lane->warned_replica = true;
    }
    look_once_more(lane);
}

static void ask_first_role(struct lane *lane)
{
    ASK(lane, on_first_role, SLICE("ROLE"));
    lane_send_off(lane);
}

/* Where the clients' database cannot be had there is nothing to be had. */
static void on_own_database(struct lane *lane, struct slice reply, int64_t asked_ms)
{
    (void)asked_ms;
    if (reply.data[0] == '-') {
        give_up_by(lane, reply);
        return;
    }
    channel_set_db(lane->channel, (int)lane->options.url->db);
    ask_first_role(lane);
}

static void ask_select(struct lane *lane, unsigned db, inquiry_answer answer)
{
    char number[16];
    int len = snprintf(number, sizeof(number), "%u", db);
    ASK(lane, answer, SLICE("SELECT"), slice_of(number, (size_t)len));
    lane_send_off(lane);
}

static void know_databases(struct lane *lane, unsigned databases)
{
    unsigned own = lane->options.url->db;
    lane->databases = databases <= own ? 1 : databases;
    if (own > 0)
        ask_select(lane, own, on_own_database);
    else
        ask_first_role(lane);
}

static void on_fewer(struct lane *lane, struct slice reply, int64_t asked_ms)
{
    (void)asked_ms;
    if (reply.data[0] != '-') channel_set_db(lane->channel, (int)lane->databases - 1);
    know_databases(lane, reply.data[0] != '-' ? lane->databases : 1);
}

/* A cluster's node says that it has sixteen, and lets nobody select one. */
static void on_config(struct lane *lane, struct slice reply, int64_t asked_ms)
{
    (void)asked_ms;
    int64_t databases = tracking_info_databases(reply);
    if (databases <= 1 || databases >= SETTING(lane->options.settings, databases)) {
        know_databases(lane, 1);
        return;
    }
    lane->databases = (unsigned)databases;
    ask_select(lane, lane->databases - 1, on_fewer);
}

/* It is known beforehand which there are, so that clients are told when they select one. */
static void on_select(struct lane *lane, struct slice reply, int64_t asked_ms)
{
    (void)asked_ms;
    unsigned ours = (unsigned)SETTING(lane->options.settings, databases);
    if (reply.data[0] == '-') {
        struct slice text = error_text(reply);
        snprintf(lane->no_database, sizeof(lane->no_database), "%.*s", (int)text.len, text.data);
        ASK(lane, on_config, SLICE("CONFIG"), SLICE("GET"), SLICE("databases"));
        lane_send_off(lane);
        return;
    }
    lane->no_database[0] = '\0';
    channel_set_db(lane->channel, (int)ours - 1);
    know_databases(lane, ours);
}

static void ask_databases(struct lane *lane)
{
    ask_select(lane, (unsigned)SETTING(lane->options.settings, databases) - 1, on_select);
}

static void on_first_client_id(struct lane *lane, struct slice reply, int64_t asked_ms)
{
    (void)asked_ms;
    lane->client_id = tracking_info_client_id(reply);
    ask_databases(lane);
}

/* What is not tracked may come over any connection. */
static void ask_client_id(struct lane *lane)
{
    lane->client_id = -1;
    if (lane->tracking == UPSTREAM_TRACKS_NONE) {
        ask_databases(lane);
        return;
    }
    ASK(lane, on_first_client_id, SLICE("CLIENT"), SLICE("ID"));
    lane_send_off(lane);
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
    lane->probe_key.len = 0;
    if (lane->probe_heard)
        ask_client_id(lane);
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
        lane_give_up(lane, "the second connection, to see whether tracking works, was lost");
        return;
    }
    if (result == TRACKING_PROBE_REFUSED) {
        ask_client_id(lane);
        return;
    }
    ASK(lane, on_probe_pong, SLICE("PING"));
    lane_send_off(lane);
}

static void on_probe_read(struct lane *lane, struct slice reply, int64_t asked_ms)
{
    (void)reply;
    (void)asked_ms;
    lane->probe =
        tracking_probe_start(&(struct tracking_probe_options){ .uv = lane->options.uv,
                                                               .url = lane->options.url,
                                                               .settings = lane->options.settings,
                                                               .identity = &lane->identity,
                                                               .key = buffer_slice(&lane->probe_key),
                                                               .done = on_probe,
                                                               .context = lane });
}

/* It is read first: in the default mode only keys that were read are told of. */
static void probe(struct lane *lane)
{
    struct prefixes prefixes;
    prefixes_read(&prefixes, lane->options.settings, TEXT_NEAR_CACHE_PREFIX);
    lane->probe_key.len = 0;
    if (prefixes.count > 0) buffer_append(&lane->probe_key, prefixes.items[0].data, prefixes.items[0].len);
    buffer_printf(&lane->probe_key, "nuthatch:tracking-probe:%016llx",
                  (unsigned long long)random_next(&lane->random));
    prefixes_clear(&prefixes);
    lane->probe_heard = false;
    ASK(lane, on_probe_read, SLICE("GET"), buffer_slice(&lane->probe_key));
    lane_send_off(lane);
}

/* A server of our own says by itself when it cannot tell. */
static void on_tracking(struct lane *lane, struct slice reply, int64_t asked_ms)
{
    (void)asked_ms;
    if (identity_error_is_passing(reply))
        give_up_by(lane, reply);
    else if (reply.data[0] == '-')
        fall_back(lane, error_text(reply));
    else if (is_automatic(lane) && !lane->identity.is_ours)
        probe(lane);
    else
        ask_client_id(lane);
}

static void ask_broadcast(struct lane *lane)
{
    static const struct slice first[] = { SLICE("CLIENT"), SLICE("TRACKING"), SLICE("ON"), SLICE("BCAST"),
                                          SLICE("NOLOOP") };
    size_t count = sizeof(first) / sizeof(*first);
    struct prefixes prefixes;
    prefixes_read(&prefixes, lane->options.settings, TEXT_NEAR_CACHE_PREFIX);
    struct slice *words = alloc_bytes(sizeof(first) + 2 * prefixes.count * sizeof(*words));
    memcpy(words, first, sizeof(first));
    for (size_t i = 0; i < prefixes.count; i++) {
        words[count++] = SLICE("PREFIX");
        words[count++] = prefixes.items[i];
    }
    inquiry_send(lane->channel, words, count, on_tracking, lane);
    alloc_free(words);
    prefixes_clear(&prefixes);
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
        ask_client_id(lane);
    lane_send_off(lane);
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

void lane_open_up(void *context)
{
    struct lane *lane = context;
    lane->protocol = channel_protocol(lane->channel);
    lane->identity = *channel_identity(lane->channel);
    if (lane->events.greeted != NULL) lane->events.greeted(lane->events.context);
    lane->tracking = wanted_tracking(lane);
    if (lane->protocol == 2)
        log_write(LOG_LEVEL_WARNING,
                  "Upstream: it does not speak RESP3: changes by others are seen after near-cache-max-ttl");
    ask_tracking(lane);
}
