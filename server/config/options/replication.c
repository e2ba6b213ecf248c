#include "server/config/options/groups.h"
#include "server/config/text/format.h"

#define HOSTNAME_MAX 256

static const char *hostname_complaint(struct slice text)
{
    if (text.len >= HOSTNAME_MAX) return "Hostnames must be less than 256 characters";
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (letter || c == '-' || c == '.') continue;
        return "Hostnames may only contain alphanumeric characters, hyphens or dots";
    }
    return NULL;
}

static const struct option_choice cluster_preferred_endpoint_type[] = {
    { "ip", 0 }, { "hostname", 1 }, { "unknown-endpoint", 2 }, { 0 }
};
static const struct option_choice propagation_error_behavior[] = {
    { "ignore", 0 }, { "panic", 1 }, { "panic-on-replicas", 2 }, { 0 }
};
static const struct option_choice repl_diskless_load[] = {
    { "disabled", 0 }, { "on-empty-db", 1 }, { "swapdb", 2 }, { 0 }
};

const struct option replication_options[] = {
    { "cluster-allow-pubsubshard-when-down", OPTION_BOOL, .preset = "yes", .flags = OPTION_IGNORED },
    { "cluster-allow-reads-when-down", OPTION_BOOL, .preset = "no", .flags = OPTION_IGNORED },
    { "cluster-allow-replica-migration", OPTION_BOOL, .preset = "yes", .flags = OPTION_IGNORED },
    { "cluster-announce-bus-port", OPTION_INT, .max = UINT16_MAX, .preset = "0", .flags = OPTION_IGNORED },
    { "cluster-announce-hostname", OPTION_TEXT, .complaint = hostname_complaint, .flags = OPTION_IGNORED },
    { "cluster-announce-ip", OPTION_TEXT, .flags = OPTION_IGNORED },
    { "cluster-announce-port", OPTION_INT, .max = UINT16_MAX, .preset = "0", .flags = OPTION_IGNORED },
    { "cluster-announce-tls-port", OPTION_INT, .max = UINT16_MAX, .preset = "0", .flags = OPTION_IGNORED },
    { "cluster-config-file", OPTION_TEXT, .preset = "nodes.conf",
      .flags = OPTION_IMMUTABLE | OPTION_IGNORED },
    { "cluster-enabled", OPTION_BOOL, .preset = "no", .flags = OPTION_IMMUTABLE | OPTION_IGNORED },
    { "cluster-link-sendbuf-limit", OPTION_MEMORY, .preset = "0", .flags = OPTION_IGNORED },
    { "cluster-migration-barrier", OPTION_INT, .max = INT32_MAX, .preset = "1", .flags = OPTION_IGNORED },
    { "cluster-node-timeout", OPTION_INT, .max = INT64_MAX, .preset = "15000", .flags = OPTION_IGNORED },
    { "cluster-port", OPTION_INT, .max = UINT16_MAX, .preset = "0",
      .flags = OPTION_IMMUTABLE | OPTION_IGNORED },
    { "cluster-preferred-endpoint-type", OPTION_ENUM, .choices = cluster_preferred_endpoint_type,
      .preset = "ip", .flags = OPTION_IGNORED },
    { "cluster-replica-no-failover", OPTION_BOOL, .preset = "no", .flags = OPTION_IGNORED },
    { "cluster-replica-validity-factor", OPTION_INT, .max = INT32_MAX, .preset = "10",
      .flags = OPTION_IGNORED },
    { "cluster-require-full-coverage", OPTION_BOOL, .preset = "yes", .flags = OPTION_IGNORED },
    { "cluster-slave-no-failover", OPTION_ALIAS, .of = "cluster-replica-no-failover" },
    { "cluster-slave-validity-factor", OPTION_ALIAS, .of = "cluster-replica-validity-factor" },
    { "masterauth", OPTION_TEXT, .flags = OPTION_IGNORED | OPTION_BINARY },
    { "masteruser", OPTION_TEXT, .flags = OPTION_IGNORED },
    { "min-replicas-max-lag", OPTION_INT, .max = INT32_MAX, .preset = "10",
      .flags = OPTION_UPSTREAMS | OPTION_IGNORED },
    { "min-replicas-to-write", OPTION_INT, .max = INT32_MAX, .preset = "0",
      .flags = OPTION_UPSTREAMS | OPTION_IGNORED },
    { "min-slaves-max-lag", OPTION_ALIAS, .of = "min-replicas-max-lag" },
    { "min-slaves-to-write", OPTION_ALIAS, .of = "min-replicas-to-write" },
    { "propagation-error-behavior", OPTION_ENUM, .choices = propagation_error_behavior, .preset = "ignore",
      .flags = OPTION_IGNORED },
    { "repl-backlog-size", OPTION_MEMORY, .min = 1, .max = INT64_MAX, .floor = 16384, .ceiling = INT64_MAX,
      .preset = "1048576", .flags = OPTION_IGNORED },
    { "repl-backlog-ttl", OPTION_INT, .max = INT64_MAX, .preset = "3600", .flags = OPTION_IGNORED },
    { "repl-disable-tcp-nodelay", OPTION_BOOL, .preset = "no", .flags = OPTION_IGNORED },
    { "repl-diskless-load", OPTION_ENUM, .choices = repl_diskless_load, .preset = "disabled",
      .flags = OPTION_IGNORED },
    { "repl-diskless-sync", OPTION_BOOL, .preset = "yes", .flags = OPTION_IGNORED },
    { "repl-diskless-sync-delay", OPTION_INT, .max = INT32_MAX, .preset = "5", .flags = OPTION_IGNORED },
    { "repl-diskless-sync-max-replicas", OPTION_INT, .max = INT32_MAX, .preset = "0",
      .flags = OPTION_IGNORED },
    { "repl-ping-replica-period", OPTION_INT, .min = 1, .max = INT32_MAX, .preset = "10",
      .flags = OPTION_IGNORED },
    { "repl-ping-slave-period", OPTION_ALIAS, .of = "repl-ping-replica-period" },
    { "repl-timeout", OPTION_INT, .min = 1, .max = INT32_MAX, .preset = "60", .flags = OPTION_IGNORED },
    { "replica-announce-ip", OPTION_TEXT, .flags = OPTION_IGNORED },
    { "replica-announce-port", OPTION_INT, .max = UINT16_MAX, .preset = "0", .flags = OPTION_IGNORED },
    { "replica-announced", OPTION_BOOL, .preset = "yes", .flags = OPTION_IGNORED },
    { "replica-ignore-disk-write-errors", OPTION_BOOL, .preset = "no", .flags = OPTION_IGNORED },
    { "replica-ignore-maxmemory", OPTION_BOOL, .preset = "yes", .flags = OPTION_IGNORED },
    { "replica-lazy-flush", OPTION_BOOL, .preset = "no", .flags = OPTION_IGNORED },
    { "replica-priority", OPTION_INT, .max = INT32_MAX, .preset = "100", .flags = OPTION_IGNORED },
    { "replica-read-only", OPTION_BOOL, .preset = "yes", .flags = OPTION_IGNORED },
    { "replica-serve-stale-data", OPTION_BOOL, .preset = "yes", .flags = OPTION_IGNORED },
    { "replicaof", OPTION_MULTI, .format = &format_replicaof, .flags = OPTION_IMMUTABLE | OPTION_IGNORED },
    { "slave-announce-ip", OPTION_ALIAS, .of = "replica-announce-ip" },
    { "slave-announce-port", OPTION_ALIAS, .of = "replica-announce-port" },
    { "slave-ignore-maxmemory", OPTION_ALIAS, .of = "replica-ignore-maxmemory" },
    { "slave-lazy-flush", OPTION_ALIAS, .of = "replica-lazy-flush" },
    { "slave-priority", OPTION_ALIAS, .of = "replica-priority" },
    { "slave-read-only", OPTION_ALIAS, .of = "replica-read-only" },
    { "slave-serve-stale-data", OPTION_ALIAS, .of = "replica-serve-stale-data" },
    { "slaveof", OPTION_ALIAS, .of = "replicaof" },
    { "cluster-announce-human-nodename", OPTION_TEXT, .flags = OPTION_IGNORED },
    { 0 },
};
