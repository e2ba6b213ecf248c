#include <string.h>

#include "server/config/settings.h"
#include "server/upstream/channel/channel_state.h"

/* Beats come this often in the time that a heartbeat is good for. */
#define BEATS 4
/* So often at least, for what else is asked with each. */
#define BEAT_MAX_MS 1000
/* How often it is asked who it is. */
#define ASKING_MS 1000
/* Times upstream-timeout that pushes may come and no reply. */
#define PUSHES_ONLY 4

static void on_who(struct channel *channel, const struct own_request *own, struct slice reply)
{
    (void)own;
    struct identity found, *known = &channel->greeting.identity;
    channel->asking = false;
    identity_read(&found, reply);
    if (found.run_id[0] == '\0') return;
    bool another = known->run_id[0] != '\0' && strcmp(known->run_id, found.run_id) != 0;
    *known = found;
    const char *why = another ? "another server answers" : channel_refusal(channel);
    if (why != NULL) channel_lose(channel, why);
}

static void on_pong(struct channel *channel, const struct own_request *own, struct slice reply)
{
    (void)own;
    (void)reply;
    channel->asking = false;
}

static void ask(struct channel *channel)
{
    static const struct slice who[] = { SLICE("INFO"), SLICE("server") }, ping[] = { SLICE("PING") };
    const struct identity *identity = &channel->greeting.identity;
    channel->asked_ms = channel_now_ms(channel);
    if (channel->raw) {
        struct buffer words = { 0 };
        raw_ping_say(&channel->ping, channel->asked_ms, &words);
        channel_put(channel, buffer_slice(&words));
        buffer_clear(&words);
        return;
    }
    channel->asking = true;
    if (identity->run_id[0] != '\0' || identity->asked_in_vain)
        channel_say(channel, who, 2, on_who);
    else
        channel_say(channel, ping, 1, on_pong);
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Pushes are a sign of life; but where they alone come, what we send may not arrive. */
static bool is_silent(const struct channel *channel, int64_t timeout_ms)
{
    int64_t since_ms = channel->heard_ms, now = channel_now_ms(channel);
    if (channel->stage == STAGE_READY) {
        if (channel->sent.oldest != NULL)
            since_ms = channel->sent.oldest->sent_ms;
        else if (channel->ping.asked)
            since_ms = channel->ping.asked_ms;
        else
            return false;
    }
    return now - later(since_ms, channel->heard_ms) > timeout_ms ||
           now - later(since_ms, channel->replied_ms) > PUSHES_ONLY * timeout_ms;
}

static void on_beat(uv_timer_t *timer);

void channel_beat_later(struct channel *channel, int64_t ms)
{
    uv_timer_start(&channel->timer, on_beat, ms > 0 ? (uint64_t)ms : 1, 0);
}

static void beat(struct channel *channel, enum channel_pulse pulse)
{
    bool due =
        channel_now_ms(channel) - channel->asked_ms >= ASKING_MS && !channel->asking && !channel->ping.asked;
    if (due && pulse == PULSE_ASK) ask(channel);
    if (channel->options.beat != NULL) channel->options.beat(channel->options.context);
    channel_flush(channel);
}

/* When this process was stopped, or its loop busy, what was said meanwhile is still to be read: it is given
 * a turn for that. */
static void on_beat(uv_timer_t *timer)
{
    struct channel *channel = timer->data;
    struct settings *settings = channel->options.settings;
    const struct channel_guard *guard = &channel->options.guard;
    int64_t heartbeat_ms = SETTING(settings, upstream_heartbeat_ms);
    int64_t timeout_ms = SETTING(settings, upstream_timeout_ms);
    enum channel_pulse pulse =
        channel->options.pulse != NULL ? channel->options.pulse(channel->options.context) : PULSE_ASK;
    bool silent = pulse != PULSE_WAIT && is_silent(channel, timeout_ms);
    if (silent && guard->is_busy != NULL && guard->is_busy(guard->guard)) silent = false;
    if (silent && channel->suspected) {
        channel_lose(channel, "no reply within upstream-timeout");
        return;
    }
    channel->suspected = silent;
    int64_t often_ms = (heartbeat_ms < timeout_ms ? heartbeat_ms : timeout_ms) / BEATS;
    if (often_ms > BEAT_MAX_MS) often_ms = BEAT_MAX_MS;
    channel_beat_later(channel, silent ? 1 : often_ms);
    if (channel->stage == STAGE_READY && !silent) beat(channel, pulse);
}

int64_t channel_silent_ms(const struct channel *channel)
{
    if (channel->stage != STAGE_READY || channel->sent.oldest == NULL) return 0;
    return channel_now_ms(channel) - later(channel->sent.oldest->sent_ms, channel->replied_ms);
}
