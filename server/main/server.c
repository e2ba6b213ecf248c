#include "server/main/server.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "server/config/config.h"
#include "server/config/settings.h"
#include "server/core/burials.h"
#include "server/core/ticks.h"
#include "server/exec/table.h"
#include "server/main/priority.h"
#include "server/memory/client_account.h"
#include "server/memory/memory_limit.h"
#include "server/net/listener.h"
#include "server/observe/errorstats.h"
#include "server/observe/latency_monitor.h"
#include "server/observe/log.h"
#include "server/observe/slowlog.h"
#include "server/report/memory_use.h"
#include "server/upstream/tier.h"
#include "storage/keyspace/keyspace.h"
#include "storage/keyspace/shard.h"
#include "storage/memory/block.h"

int64_t server_now_ms(const struct server *server)
{
    return server->clock.now_us(server->clock.context) / 1000;
}

/* --- memory ----------------------------------------------------------------------------------------------
 */

/* What is reserved may have come, or gone, since the allocator was asked; and built with a sanitizer there is
 * none that counts. */
static size_t without(size_t bytes, size_t reserved)
{
    return bytes > reserved ? bytes - reserved : 0;
}

struct memory_use server_memory_use(const struct server *server)
{
    struct memory_use use = memory_use_now();
    size_t tables = keyspace_stats(server->keyspace).mapped_bytes;
    size_t reserved = client_account_reserved(server);
    use.allocated = without(use.allocated + tables, reserved);
    use.active = without(use.active + tables, reserved);
    use.resident += tables;
    use.mapped += tables;
    return use;
}

size_t server_used_memory(const struct server *server)
{
    size_t tables = keyspace_stats(server->keyspace).mapped_bytes;
    return without(memory_use_allocated() + tables, client_account_reserved(server));
}

void server_reset_totals(struct server *server)
{
    atomic_store(&server->rejected_connections, 0);
    atomic_store(&server->denied_auth, 0);
    burials_reset_done(server->burials);
    struct shard_stats keys = keyspace_stats(server->keyspace);
    atomic_store(&server->expired_before, keys.expired);
    atomic_store(&server->evicted_before, keys.evicted);
    atomic_store(&server->memory_peak, server_used_memory(server));
}

/* --- building --------------------------------------------------------------------------------------------
 */

static void draw_hex(char text[SERVER_RUN_ID + 1])
{
    unsigned char bytes[SERVER_RUN_ID / 2];
    ssize_t drawn = getrandom(bytes, sizeof(bytes), 0);
    INVARIANT(drawn == (ssize_t)sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++) sprintf(text + 2 * i, "%02x", bytes[i]);
}

void server_draw_replication_id(struct server *server)
{
    char drawn[SERVER_RUN_ID + 1];
    draw_hex(drawn);
    pthread_mutex_lock(&server->replication_id_lock);
    memcpy(server->replication_id, drawn, sizeof(drawn));
    pthread_mutex_unlock(&server->replication_id_lock);
}

void server_copy_replication_id(struct server *server, char out[SERVER_RUN_ID + 1])
{
    pthread_mutex_lock(&server->replication_id_lock);
    memcpy(out, server->replication_id, sizeof(server->replication_id));
    pthread_mutex_unlock(&server->replication_id_lock);
}

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

static void bury(void *server, struct graveyard *graveyard)
{
    burials_add(((struct server *)server)->burials, graveyard);
}

static struct keyspace *create_keyspace(struct server *server)
{
    return keyspace_create(&(struct keyspace_options){
        .shards = shards_for(server->loop_count, SETTING(server->settings, maxmemory)),
        .databases = (unsigned)SETTING(server->settings, databases),
        .locking = server->loop_count > 1,
        .hash_seed = draw_seed(),
        .changes = { .buried = bury, .context = server },
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

static bool create_commands(struct server *server)
{
    struct command_rename_refusal refusal;
    const char **renames = renames_of(server->config);
    server->commands = command_table_create(renames, &refusal);
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
        int failure = loop_init(&loops[i], server, i);
        if (failure == 0) continue;
        log_write(LOG_LEVEL_WARNING, "Failed creating the event loop. Error message: '%s'",
                  uv_strerror(failure));
        return false;
    }
    server->loops = loops;
    return true;
}

struct server *server_create(const struct server_options *options)
{
    struct server *server = ALLOC_NEW(struct server);
    server->config = options->config;
    server->settings = config_settings(options->config);
    server->clock = options->clock;
    server->started_ms = server_now_ms(server);
    server->ns_per_tick = ticks_calibrate();
    server->loop_count = (unsigned)SETTING(server->settings, threads);
    atomic_init(&server->next_session_id, 1);
    atomic_flag_clear(&server->evicting_clients);
    draw_hex(server->run_id);
    pthread_mutex_init(&server->replication_id_lock, NULL);
    server_draw_replication_id(server);
    if (!create_commands(server)) goto fail;
    server->keyspace = create_keyspace(server);
    server->burials = burials_create();
    server->slowlog = slowlog_create();
    server->latency = latency_monitor_create();
    server->errorstats = errorstats_create();
    server->tier = tier_create(server);
    if (!create_loops(server)) goto fail;
    server->listeners = listeners_open(server);
    if (server->listeners == NULL) goto fail;
    server->memory_at_start = server_used_memory(server);
    server->memory_limit = memory_limit_create(server);
    return server;
fail:
    server_destroy(&server);
    return NULL;
}

static void destroy_loops(struct server *server)
{
    if (server->loops == NULL) return;
    /* Handles close in a last turn, also when the loops never ran. */
    for (unsigned i = 0; i < server->loop_count; i++) {
        loop_stop(&server->loops[i]);
        loop_run(&server->loops[i]);
    }
    for (unsigned i = 0; i < server->loop_count; i++) loop_clear(&server->loops[i]);
    alloc_free(server->loops);
}

void server_destroy(struct server **server)
{
    struct server *s = *server;
    if (s->listeners != NULL) listeners_destroy(&s->listeners);
    destroy_loops(s);
    if (s->tier != NULL) tier_destroy(&s->tier);
    if (s->burials != NULL) burials_destroy(&s->burials); /* their memory is on the keyspace's account */
    if (s->keyspace != NULL) keyspace_destroy(&s->keyspace);
    if (s->memory_limit != NULL) memory_limit_destroy(&s->memory_limit);
    if (s->slowlog != NULL) slowlog_destroy(&s->slowlog);
    if (s->latency != NULL) latency_monitor_destroy(&s->latency);
    if (s->errorstats != NULL) errorstats_destroy(&s->errorstats);
    if (s->commands != NULL) command_table_destroy(&s->commands);
    pthread_mutex_destroy(&s->replication_id_lock);
    alloc_free(s);
    *server = NULL;
}

/* --- running ---------------------------------------------------------------------------------------------
 */

void server_choose_purging(const struct server *server)
{
    block_purge_at_once(SETTING(server->settings, maxmemory) > 0);
}

static void run_loop(void *context)
{
    struct loop *loop = context;
    server_choose_purging(loop->server);
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

bool server_start(struct server *server)
{
    if (!start_helpers(server)) return false;
    if (server->tier != NULL) start_resolving(server);
    if (server->tier != NULL) tier_start(server->tier);
    listeners_start(server->listeners);
    return start_loops(server);
}

int server_run(struct server *server)
{
    run_loop(&server->loops[0]);
    for (unsigned i = 1; i < server->loop_count; i++) uv_thread_join(&server->loops[i].thread);
    return server->exit_code;
}

static void stop_loop(struct loop *loop, struct letter *letter)
{
    alloc_free(letter);
    if (loop->index == 0) listeners_stop(loop->server->listeners);
    loop_stop(loop);
}

void server_stop(struct server *server, int exit_code)
{
    if (atomic_exchange(&server->stopping, true)) return;
    log_write(LOG_LEVEL_WARNING, "User requested shutdown...");
    server->exit_code = exit_code;
    for (unsigned i = 0; i < server->loop_count; i++) {
        struct letter *letter = ALLOC_NEW(struct letter);
        letter->open = stop_loop;
        mailbox_post(&server->loops[i].mailbox, letter);
    }
}
