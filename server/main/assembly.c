#include "server/main/assembly.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "server/commands/catalog/families.h"
#include "server/config/config.h"
#include "server/config/settings.h"
#include "server/core/burials.h"
#include "server/core/loop.h"
#include "server/core/priority.h"
#include "server/core/server.h"
#include "server/core/stop.h"
#include "server/core/ticks.h"
#include "server/events/blocking/blocking.h"
#include "server/events/changes.h"
#include "server/events/dealing.h"
#include "server/events/lease/leasing.h"
#include "server/events/notify.h"
#include "server/events/pubsub/pubsub.h"
#include "server/events/tracking/tracking.h"
#include "server/events/walk/tally.h"
#include "server/events/walk/walk.h"
#include "server/events/watch/watch.h"
#include "server/exec/command/table.h"
#include "server/exec/gates/pause.h"
#include "server/exec/session/census.h"
#include "server/http/http_speech.h"
#include "server/main/accounts.h"
#include "server/main/loader.h"
#include "server/main/turn.h"
#include "server/memory/client_account.h"
#include "server/memory/memory_limit.h"
#include "server/memory/memory_marks.h"
#include "server/memory/memory_use.h"
#include "server/memory/purging.h"
#include "server/memory/sweep.h"
#include "server/net/listener.h"
#include "server/net/network.h"
#include "server/net/tls/tls_contexts.h"
#include "server/observe/errorstats.h"
#include "server/observe/hot_keys.h"
#include "server/observe/keys/key_window.h"
#include "server/observe/keys/prefix_hits.h"
#include "server/observe/latency_monitor.h"
#include "server/observe/loading.h"
#include "server/observe/log.h"
#include "server/observe/rates.h"
#include "server/observe/run.h"
#include "server/observe/slowlog.h"
#include "server/observe/timeline.h"
#include "server/report/baseline.h"
#include "server/script/functions/functions.h"
#include "server/script/texts.h"
#include "server/script/watchdog.h"
#include "server/upstream/copies/followers.h"
#include "server/upstream/tier.h"
#include "storage/keyspace/keyspace.h"
#include "storage/memory/block.h"

static uint64_t draw_seed(void)
{
    uint64_t seed;
    ssize_t drawn = getrandom(&seed, sizeof(seed), 0);
    INVARIANT(drawn == (ssize_t)sizeof(seed));
    return seed;
}

/* A shard that holds less than this has too few entries to choose from when it must evict. */
#define SHARD_BYTES ((int64_t)1 << 20)

/* One thread needs no stripes. Several meet in the same one rarely when there are many more stripes than
 * threads. */
static unsigned shards_for(unsigned loops, int64_t maxmemory)
{
    if (loops == 1) return 1;
    unsigned shards = 4;
    while (shards < 16 * loops && shards < KEYSPACE_SHARDS_MAX &&
           (maxmemory == 0 || maxmemory / SHARD_BYTES > shards))
        shards *= 2;
    return shards;
}

/* Inside an access: the thread that frees it is woken at the end of the turn. */
static void bury(void *context, struct graveyard *graveyard)
{
    struct server *server = context;
    burials_leave(server->burials, graveyard);
}

static struct keyspace *create_keyspace(struct server *server)
{
    return keyspace_create(&(struct keyspace_options){
        .shards = shards_for(server->loop_count, SETTING(server->settings, maxmemory)),
        .databases = (unsigned)SETTING(server->settings, databases),
        .locking = server->loop_count > 1,
        .hash_seed = draw_seed(),
        .burials = { .bury = bury, .context = server },
    });
}

static const char **renames_of(struct config *config)
{
    size_t count = 0;
    while (config_rename_at(config, count) != NULL) count++;
    const char **renames = alloc_zeroed((2 * count + 1) * sizeof(*renames));
    for (size_t i = 0; i < count; i++) {
        renames[2 * i] = config_rename_at(config, i)->from;
        renames[2 * i + 1] = config_rename_at(config, i)->to;
    }
    return renames;
}

static void report_rename(struct config *config, const struct command_rename_refusal *refusal)
{
    struct buffer report = { 0 };
    config_refuse_rename(config_rename_at(config, refusal->pair), refusal->complaint, &report);
    fwrite(report.data, 1, report.len, stderr);
    buffer_clear(&report);
}

static void stop_loop(struct loop *loop)
{
    if (loop->index == 0) listeners_stop(loop->server->listeners);
}

static bool create_commands(struct server *server)
{
    struct command_rename_refusal refusal;
    const char **renames = renames_of(server->config);
    server->commands = command_table_create(command_families, renames, &refusal);
    alloc_free(renames);
    if (server->commands == NULL) report_rename(server->config, &refusal);
    return server->commands != NULL;
}

/* What a loop needs of the kernel is a few descriptors. Those that were made stay as they are: the process
 * ends. */
static bool create_loops(struct server *server)
{
    struct loop *loops = alloc_zeroed(server->loop_count * sizeof(struct loop));
    for (unsigned i = 0; i < server->loop_count; i++) {
        int failure = loop_init(&loops[i], server, i, &turn_stages);
        if (failure == 0) continue;
        log_write(LOG_LEVEL_WARNING, "Failed creating the event loop. Error message: '%s'",
                  uv_strerror(failure));
        return false;
    }
    server->loops = loops;
    return true;
}

/* The server with all of its parts that are plain words. */
struct assembly {
    struct server server;
    struct baseline baseline;
    struct census census;
    struct loading loading;
    struct memory_marks memory_marks;
    struct network network;
    struct pause pause;
    struct rates rates;
    struct sweep sweep;
    struct loader *loader; /* NULL: nothing is or was loaded */
};

static struct server *create_empty(void)
{
    struct assembly *assembly = ALLOC_NEW(struct assembly);
    struct server *server = &assembly->server;
    server->baseline = &assembly->baseline;
    server->census = &assembly->census;
    server->loading = &assembly->loading;
    server->memory_marks = &assembly->memory_marks;
    server->network = &assembly->network;
    server->pause = &assembly->pause;
    server->rates = &assembly->rates;
    server->sweep = &assembly->sweep;
    atomic_flag_clear(&server->network->evicting);
    server->network->http = &http_speech;
    return server;
}

static struct tracking *create_tracking(struct server *server)
{
    return tracking_create(
        &(struct tracking_options){ .keyspace = server->keyspace,
                                    .changes = server->changes,
                                    .loops = server->loops,
                                    .loop_count = server->loop_count,
                                    .source = server->tier != NULL ? &followers_source : NULL });
}

static bool load_tls(struct server *server)
{
    server->tls = tls_contexts_create(server->settings);
    if (tls_contexts_load(server->tls)) return true;
    log_write(LOG_LEVEL_WARNING, "Failed to configure TLS. Check logs for more info.");
    return false;
}

struct server *assembly_create(const struct assembly_options *options)
{
    struct server *server = create_empty();
    server->config = options->config;
    server->settings = config_settings(options->config);
    server->clock = options->clock;
    server->stop.stopping = stop_loop;
    server->run = run_create(clock_now_ms(&server->clock));
    server->ns_per_tick = ticks_calibrate();
    server->loop_count = (unsigned)SETTING(server->settings, threads);
    if (!create_commands(server) || !load_tls(server) || !accounts_create(server)) goto fail;
    server->keyspace = create_keyspace(server);
    server->burials = burials_create();
    server->slowlog = slowlog_create();
    server->latency = latency_monitor_create();
    server->hot_keys = hot_keys_create(server->loop_count);
    server->timeline = timeline_create(server->loop_count);
    struct prefix_rule rule = tally_rule(server);
    server->prefix_hits = prefix_hits_create(server->loop_count, keyspace_seed(server->keyspace), &rule);
    server->key_window = key_window_create(server->loop_count);
    server->errorstats = errorstats_create();
    server->texts = texts_create();
    server->functions = functions_create();
    server->watchdog = watchdog_create();
    server->tier = tier_create(server);
    if (server->tier != NULL) server->stage = &tier_stage;
    if (!create_loops(server)) goto fail;
    server->changes = changes_create(server->keyspace);
    dealing_begin(server->changes, server->keyspace, server->loops, server->loop_count);
    watch_create(server->changes, keyspace_shards(server->keyspace), server->loops, server->loop_count);
    server->tracking = create_tracking(server);
    server->blocking = blocking_create(server->keyspace, server->loops, server->loop_count);
    server->leasing = leasing_create(server);
    server->walk = walk_create(server);
    server->tally = tally_create();
    server->pubsub = pubsub_create(server->loops, server->loop_count, draw_seed());
    server->notify = notify_create(server->settings, pubsub_registry_of(server->pubsub), server->changes,
                                   server->loop_count);
    server->listeners = listeners_open(server);
    if (server->listeners == NULL) goto fail;
    memory_marks_start(server);
    server->memory_limit = memory_limit_create(server);
    memory_limit_leave_room(server, tracking_bytes, server->tracking);
    return server;
fail:
    assembly_destroy(&server);
    return NULL;
}

/* Handles close in a last turn, also when the loops never ran. */
static void stop_loops(struct server *server)
{
    for (unsigned i = 0; server->loops != NULL && i < server->loop_count; i++) {
        loop_stop(&server->loops[i]);
        loop_run(&server->loops[i]);
    }
}

static void clear_loops(struct server *server)
{
    if (server->loops == NULL) return;
    for (unsigned i = 0; i < server->loop_count; i++) loop_clear(&server->loops[i]);
    if (server->leasing != NULL) leasing_destroy(&server->leasing);
    if (server->blocking != NULL) blocking_destroy(&server->blocking);
    alloc_free(server->loops);
}

static void end_changes(struct server *server)
{
    watch_destroy(server->changes, keyspace_shards(server->keyspace));
    changes_destroy(&server->changes);
}

void assembly_destroy(struct server **server)
{
    struct server *s = *server;
    struct assembly *assembly = (struct assembly *)s;
    if (s->listeners != NULL) listeners_destroy(&s->listeners);
    stop_loops(s);
    if (s->tracking != NULL) tracking_destroy(&s->tracking);
    clear_loops(s);
    if (s->walk != NULL) walk_destroy(&s->walk);
    if (s->tier != NULL) tier_destroy(&s->tier);
    if (s->notify != NULL) notify_destroy(&s->notify);
    if (s->changes != NULL) end_changes(s);
    if (s->pubsub != NULL) pubsub_destroy(&s->pubsub);
    if (s->burials != NULL) burials_destroy(&s->burials); /* their memory is on the keyspace's account */
    if (s->keyspace != NULL) keyspace_destroy(&s->keyspace);
    if (s->memory_limit != NULL) memory_limit_destroy(&s->memory_limit);
    if (s->slowlog != NULL) slowlog_destroy(&s->slowlog);
    if (s->latency != NULL) latency_monitor_destroy(&s->latency);
    hot_keys_destroy(&s->hot_keys);
    if (s->timeline != NULL) timeline_destroy(&s->timeline);
    prefix_hits_destroy(&s->prefix_hits);
    key_window_destroy(&s->key_window);
    if (s->tally != NULL) tally_destroy(&s->tally);
    if (s->errorstats != NULL) errorstats_destroy(&s->errorstats);
    if (s->texts != NULL) texts_destroy(&s->texts);
    if (s->functions != NULL) functions_destroy(&s->functions);
    if (s->watchdog != NULL) watchdog_destroy(&s->watchdog);
    accounts_destroy(s);
    if (s->commands != NULL) command_table_destroy(&s->commands);
    if (s->tls != NULL) tls_contexts_destroy(&s->tls);
    run_destroy(&s->run);
    loader_destroy(&assembly->loader);
    alloc_free(s);
    *server = NULL;
}

static void run_loop(void *context)
{
    struct loop *loop = context;
    purging_choose(loop->server->settings);
    loop_run(loop);
}

static void start_purging(void *nothing)
{
    (void)nothing;
    priority_give_way();
    block_purge_in_background();
}

/* The allocator's thread inherits its priority from the one that asks for it. */
static int purge_in_background(void)
{
    uv_thread_t thread;
    int failure = uv_thread_create(&thread, start_purging, NULL);
    if (failure == 0) uv_thread_join(&thread);
    return failure;
}

static bool start_helpers(struct server *server)
{
    int failure = purge_in_background();
    if (failure == 0) failure = burials_start(server->burials);
    if (failure == 0) return true;
    log_write(LOG_LEVEL_WARNING, "Fatal: Can't initialize Background Jobs. Error message: %s",
              uv_strerror(failure));
    return false;
}

static bool start_loops(struct server *server)
{
    for (unsigned i = 1; i < server->loop_count; i++) {
        int failure = uv_thread_create(&server->loops[i].thread, run_loop, &server->loops[i]);
        if (failure == 0) continue;
        log_write(LOG_LEVEL_WARNING, "Fatal: Can't initialize IO thread: %s", uv_strerror(failure));
        return false;
    }
    return true;
}

static void resolve_nothing(uv_work_t *work)
{
    (void)work;
}

static void free_work(uv_work_t *work, int status)
{
    (void)status;
    alloc_free(work);
}

/* libuv starts the threads that resolve names when they are first needed, and aborts where there are none to
 * be had: better now, when somebody looks, than later. */
static void start_resolving(struct server *server)
{
    uv_queue_work(&server->loops[0].uv, ALLOC_NEW(uv_work_t), resolve_nothing, free_work);
}

bool assembly_start(struct server *server)
{
    struct assembly *assembly = (struct assembly *)server;
    if (!start_helpers(server) || !loader_start(server, &assembly->loader)) return false;
    if (server->tier != NULL) start_resolving(server);
    if (server->tier != NULL) tier_start(server->tier);
    listeners_start(server->listeners);
    return start_loops(server);
}

int assembly_run(struct server *server)
{
    run_loop(&server->loops[0]);
    for (unsigned i = 1; i < server->loop_count; i++) uv_thread_join(&server->loops[i].thread);
    return stop_exit_code(server);
}
