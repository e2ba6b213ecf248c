#include <stdatomic.h>
#include <stdio.h>

#include "server/config/settings.h"
#include "server/core/burials.h"
#include "server/core/server.h"
#include "server/core/totals.h"
#include "server/memory/client_account.h"
#include "server/memory/memory_marks.h"
#include "server/memory/memory_use.h"
#include "server/observe/counters.h"
#include "server/report/info.h"
#include "server/script/engines.h"
#include "server/script/functions/functions.h"
#include "server/script/texts.h"
#include "storage/keyspace/keyspace.h"

static const char *const policies[] = {
    [POLICY_NOEVICTION] = "noeviction",
    [POLICY_ALLKEYS_LRU] = "allkeys-lru",
    [POLICY_ALLKEYS_LFU] = "allkeys-lfu",
    [POLICY_ALLKEYS_RANDOM] = "allkeys-random",
    [POLICY_VOLATILE_LRU] = "volatile-lru",
    [POLICY_VOLATILE_LFU] = "volatile-lfu",
    [POLICY_VOLATILE_RANDOM] = "volatile-random",
    [POLICY_VOLATILE_TTL] = "volatile-ttl",
    [POLICY_ALLKEYS_ADAPTIVE] = "allkeys-adaptive",
    [POLICY_VOLATILE_ADAPTIVE] = "volatile-adaptive",
};

/* A size as people say it: 512B, 1.50K, 2.00G. */
static void info_human(struct buffer *out, const char *name, size_t bytes)
{
    static const char units[] = "BKMGTPE";
    double size = (double)bytes;
    size_t unit = 0;
    for (; size >= 1024 && units[unit + 1] != '\0'; unit++) size /= 1024;
    if (unit == 0)
        info_field(out, name, "%zuB", bytes);
    else
        info_field(out, name, "%.2f%c", size, units[unit]);
}

static void info_size(struct buffer *out, const char *name, size_t bytes)
{
    char human[64];
    snprintf(human, sizeof(human), "%s_human", name);
    info_field(out, name, "%zu", bytes);
    info_human(out, human, bytes);
}

static double ratio(size_t a, size_t b)
{
    return b > 0 ? (double)a / (double)b : 0;
}

static void write_used(struct server *server, const struct memory_use *use, struct buffer *out)
{
    size_t peak = memory_marks_peak(server);
    if (use->allocated > peak) peak = use->allocated;
    size_t dataset = keyspace_stats(server->keyspace).entry_bytes;
    size_t overhead = use->allocated > dataset ? use->allocated - dataset : 0;
    size_t at_start = memory_marks_at_start(server);
    size_t net = use->allocated > at_start ? use->allocated - at_start : 1;
    info_size(out, "used_memory", use->allocated);
    info_size(out, "used_memory_rss", use->rss);
    info_size(out, "used_memory_peak", peak);
    info_field(out, "used_memory_peak_perc", "%.2f%%", 100 * ratio(use->allocated, peak));
    info_field(out, "used_memory_overhead", "%zu", overhead);
    info_field(out, "used_memory_startup", "%zu", at_start);
    info_field(out, "used_memory_dataset", "%zu", dataset);
    info_field(out, "used_memory_dataset_perc", "%.2f%%", dataset < net ? 100 * ratio(dataset, net) : 100.0);
    info_field(out, "allocator_allocated", "%zu", use->allocated);
    info_field(out, "allocator_active", "%zu", use->active);
    info_field(out, "allocator_resident", "%zu", use->resident);
    info_size(out, "total_system_memory", memory_of_machine());
}

static void write_limits(struct server *server, struct buffer *out)
{
    info_size(out, "maxmemory", (size_t)SETTING(server->settings, maxmemory));
    info_field(out, "maxmemory_policy", "%s", policies[SETTING(server->settings, maxmemory_policy)]);
}

static void write_fragmentation(const struct memory_use *use, struct buffer *out)
{
    info_field(out, "allocator_frag_ratio", "%.2f", ratio(use->active, use->allocated));
    info_field(out, "allocator_frag_bytes", "%zu", use->active - use->allocated);
    info_field(out, "allocator_rss_ratio", "%.2f", ratio(use->resident, use->active));
    info_field(out, "allocator_rss_bytes", "%lld", (long long)use->resident - (long long)use->active);
    info_field(out, "rss_overhead_ratio", "%.2f", ratio(use->rss, use->resident));
    info_field(out, "rss_overhead_bytes", "%lld", (long long)use->rss - (long long)use->resident);
    info_field(out, "mem_fragmentation_ratio", "%.2f", ratio(use->rss, use->allocated));
    info_field(out, "mem_fragmentation_bytes", "%lld", (long long)use->rss - (long long)use->allocated);
}

static void write_scripts(struct server *server, struct buffer *out)
{
    struct functions_figures functions = functions_figures(server->functions);
    struct texts_figures texts = texts_figures(server->texts);
    size_t lua = engines_bytes(server);
    info_size(out, "used_memory_lua", lua);
    info_size(out, "used_memory_vm_total", lua + functions.lua_bytes);
    info_size(out, "used_memory_scripts", texts.bytes + functions.bytes);
    info_field(out, "used_memory_vm_eval", "%zu", lua);
    info_field(out, "used_memory_scripts_eval", "%zu", texts.bytes);
    info_field(out, "number_of_cached_scripts", "%zu", texts.count);
    info_field(out, "number_of_functions", "%zu", functions.functions);
    info_field(out, "number_of_libraries", "%zu", functions.libraries);
    info_field(out, "used_memory_vm_functions", "%zu", functions.lua_bytes);
    info_field(out, "used_memory_functions", "%zu", functions.bytes);
}

void info_memory(struct server *server, struct buffer *out)
{
    struct memory_use use = memory_use_of(server);
    write_used(server, &use, out);
    write_limits(server, out);
    write_scripts(server, out);
    write_fragmentation(&use, out);
    info_field(out, "mem_not_counted_for_evict", "%zu", client_account_resident(server));
    info_field(out, "mem_replication_backlog", "0");
    info_field(out, "mem_total_replication_buffers", "0");
    info_field(out, "mem_clients_slaves", "0");
    info_field(out, "mem_clients_normal", "%zu", client_account_held(server));
    info_field(out, "mem_cluster_links", "0");
    info_field(out, "mem_aof_buffer", "0");
    info_field(out, "mem_allocator", "%s", memory_allocator_name());
    info_field(out, "active_defrag_running", "0");
    info_field(out, "lazyfree_pending_objects", "%zu", burials_pending(server->burials));
    info_field(out, "lazyfreed_objects", "%llu", (unsigned long long)burials_done(server->burials));
}
