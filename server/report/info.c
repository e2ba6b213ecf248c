#include "server/report/info.h"

#include <stdarg.h>
#include <stdio.h>

#include "server/report/nearcache_report.h"

static void info_cluster(struct server *server, struct buffer *out)
{
    (void)server;
    info_field(out, "cluster_enabled", "0");
}

static void info_modules(struct server *server, struct buffer *out)
{
    (void)server;
    (void)out;
}

const struct info_section info_sections[] = {
    { "server", "Server", info_server, true },
    { "clients", "Clients", info_clients, true },
    { "memory", "Memory", info_memory, true },
    { "persistence", "Persistence", info_persistence, true },
    { "stats", "Stats", info_stats, true },
    { "replication", "Replication", info_replication, true },
    { "cpu", "CPU", info_cpu, true },
    { "nearcache", "Nearcache", nearcache_report, true },
    { "cache", "Cache", info_cache, true },
    { "modules", "Modules", info_modules, true },
    { "commandstats", "Commandstats", info_commandstats, false },
    { "errorstats", "Errorstats", info_errorstats, true },
    { "latencystats", "Latencystats", info_latencystats, false },
    { "cluster", "Cluster", info_cluster, true },
    { "keyspace", "Keyspace", info_keyspace, true },
    { 0 },
};

void info_field(struct buffer *out, const char *name, const char *format, ...)
{
    char value[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(value, sizeof(value), format, arguments);
    va_end(arguments);
    buffer_printf(out, "%s:%s\r\n", name, value);
}
