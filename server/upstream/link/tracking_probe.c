#include "server/upstream/link/tracking_probe.h"

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "server/config/upstream_url.h"
#include "server/upstream/channel/channel.h"
#include "server/upstream/channel/command_writer.h"
#include "server/upstream/channel/identity.h"

struct tracking_probe {
    struct upstream_request request;
    struct tracking_probe_options options;
    struct channel *channel;
    char *key;
    struct buffer bytes;
    bool stopped;
};

static void free_probe(struct tracking_probe *probe)
{
    buffer_clear(&probe->bytes);
    alloc_free(probe->key);
    alloc_free(probe);
}

static void ignore_push(void *context, struct slice frame)
{
    (void)context;
    (void)frame;
}

/* The write has been told of by then. */
static void on_lost(void *context, enum channel_end how, const char *why)
{
    (void)context;
    (void)how;
    (void)why;
}

static const char *refuse(void *guard, const struct identity *identity)
{
    struct tracking_probe *probe = guard;
    bool another = identity_server(identity) != identity_server(probe->options.identity);
    return another ? "it reached another server" : NULL;
}

static void end(struct tracking_probe *probe, enum tracking_probe_result result)
{
    if (result != TRACKING_PROBE_LOST) channel_close(&probe->channel);
    if (!probe->stopped) probe->options.done(probe->options.context, result);
    free_probe(probe);
}

static void on_removed(struct upstream_request *request, enum upstream_outcome outcome, struct slice reply)
{
    (void)reply;
    end((struct tracking_probe *)request,
        outcome == UPSTREAM_REPLIED ? TRACKING_PROBE_WRITTEN : TRACKING_PROBE_LOST);
}

static void write_command(struct tracking_probe *probe, const struct slice *words, size_t count,
                          void (*done)(struct upstream_request *request, enum upstream_outcome outcome,
                                       struct slice reply))
{
    struct channel *channel = probe->channel; /* a send that fails at once frees the probe */
    probe->bytes.len = 0;
    command_write(&probe->bytes, words, count);
    probe->request = (struct upstream_request){ .bytes = buffer_slice(&probe->bytes),
                                                .db = (int)probe->options.url->db,
                                                .done = done };
    channel_send(channel, &probe->request);
    channel_flush(channel);
}

static void on_written(struct upstream_request *request, enum upstream_outcome outcome, struct slice reply)
{
    struct tracking_probe *probe = (struct tracking_probe *)request;
    /* The error of one that lets nobody in is none about writing. */
    bool asked = outcome == UPSTREAM_REPLIED && channel_is_ready(probe->channel);
    if (!asked || reply.data[0] != '+') {
        end(probe, asked ? TRACKING_PROBE_REFUSED : TRACKING_PROBE_LOST);
        return;
    }
    const struct slice words[] = { SLICE("DEL"), slice_of_cstr(probe->key) };
    write_command(probe, words, 2, on_removed);
}

struct tracking_probe *tracking_probe_start(const struct tracking_probe_options *options)
{
    struct tracking_probe *probe = ALLOC_NEW(struct tracking_probe);
    probe->options = *options;
    probe->key = alloc_cstr(options->key.data, options->key.len);
    probe->channel = channel_open(&(struct channel_options){ .uv = options->uv,
                                                             .url = options->url,
                                                             .settings = options->settings,
                                                             .protocol = 3,
                                                             .push = ignore_push,
                                                             .lost = on_lost,
                                                             .context = probe,
                                                             .guard = { .refuse = refuse, .guard = probe } });
    const struct slice words[] = { SLICE("SET"), options->key, SLICE("1"), SLICE("PX"), SLICE("1000") };
    write_command(probe, words, 5, on_written);
    return probe;
}

/* Closing tells the request, which frees the probe. */
void tracking_probe_stop(struct tracking_probe **probe)
{
    struct tracking_probe *p = *probe;
    *probe = NULL;
    if (p == NULL) return;
    p->stopped = true;
    channel_close(&p->channel);
}
