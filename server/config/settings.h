/*
 * settings.h - the values the server acts on, readable by every loop at any time.
 *
 * Numbers, sizes, switches and choices are atomic words: a loop reads the one it needs, when it needs it,
 * with SETTING(), and sees a change made by CONFIG SET at its next read. Nothing promises that two of them
 * were changed together; what must change together is applied by a hook of config.h. Texts are copied out
 * under a lock, so they are for the occasions when something is opened, checked or shown, not for every
 * request.
 *
 * Every field belongs to one row of server/config/options/, which says what it means, its limits and its
 * default.
 *
 * Threads: reading is for all; writing is for config.c, one thread at a time under its lock.
 */
#ifndef SERVER_CONFIG_SETTINGS_H
#define SERVER_CONFIG_SETTINGS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"
#include "server/config/setting_choices.h"

/* Bytes waiting for a client that does not read. Zero: no limit of this kind. */
struct setting_output_limit {
    _Atomic int64_t hard_bytes;
    _Atomic int64_t soft_bytes; /* may be exceeded for soft_s */
    _Atomic int64_t soft_s;
};

/* Where keyspace events are told: under the key's name, and under the event's. */
#define NOTIFY_KEYSPACE (INT64_C(1) << 16)
#define NOTIFY_KEYEVENT (INT64_C(1) << 17)

struct settings {
    /* Grows behind every change of a value, for whoever keeps what it has worked out of several. Never 0 once
     * they are filled. */
    _Atomic uint64_t version;

    pthread_mutex_t texts_lock;
    struct buffer texts[TEXT_COUNT];

    /* Network */
    _Atomic int64_t port; /* 0: no TCP */
    _Atomic int64_t tcp_backlog;
    _Atomic int64_t tcp_keepalive_s; /* 0: off */
    _Atomic int64_t timeout_s;       /* idle clients; 0: never */
    _Atomic int64_t maxclients;
    _Atomic int64_t protected_mode;
    _Atomic int64_t socket_mark_id;
    _Atomic int64_t unixsocketperm; /* file mode; 0: leave it to umask */
    _Atomic int64_t proto_max_bulk_len;
    _Atomic int64_t client_query_buffer_limit;
    struct setting_output_limit output_limits[CLIENT_CLASSES];

    /* TLS */
    _Atomic int64_t tls_port;              /* 0: none */
    _Atomic int64_t tls_auth_clients;      /* enum setting_tls_auth */
    _Atomic int64_t tls_auth_clients_user; /* enum setting_tls_user */
    _Atomic int64_t tls_cluster;           /* MIGRATE is encrypted */
    _Atomic int64_t tls_prefer_server_ciphers;
    _Atomic int64_t tls_session_caching;
    _Atomic int64_t tls_session_cache_size;
    _Atomic int64_t tls_session_cache_timeout_s;
    _Atomic int64_t tls_handshake_timeout_ms;

    /* HTTP */
    _Atomic int64_t http_port;     /* 0: none */
    _Atomic int64_t http_tls_port; /* the same */
    _Atomic int64_t http_open;
    _Atomic int64_t http_max_body;
    _Atomic int64_t http_cache_control; /* enum setting_http_freshness */

    /* Security */
    _Atomic int64_t enable_debug_command;     /* enum setting_permission */
    _Atomic int64_t enable_module_command;    /* the same */
    _Atomic int64_t enable_protected_configs; /* enum setting_permission */
    _Atomic int64_t acl_pubsub_resets;        /* new users may use no channels */
    _Atomic int64_t acllog_max_len;

    /* Memory */
    _Atomic int64_t maxmemory;        /* bytes; 0: unlimited */
    _Atomic int64_t maxmemory_policy; /* enum setting_policy */
    _Atomic int64_t maxmemory_samples;
    _Atomic int64_t maxmemory_eviction_tenacity;
    _Atomic int64_t maxmemory_clients; /* as set; read settings_maxmemory_clients() */
    _Atomic int64_t lua_memory_limit;  /* bytes, for each loop; 0: unlimited */
    _Atomic int64_t lfu_log_factor;
    _Atomic int64_t lfu_decay_time; /* minutes */

    /* Cache */
    _Atomic int64_t cache_lease_ms;
    _Atomic int64_t cache_max_leases;
    _Atomic int64_t cache_early;       /* times the cost of a value; 0: never */
    _Atomic int64_t cache_jitter;      /* percent */
    _Atomic int64_t cache_bumps_max;   /* tags */
    _Atomic int64_t cache_walk_effort; /* percent of each loop's time */
    _Atomic int64_t cache_prefix_depth;

    /* General */
    _Atomic int64_t threads; /* effective number, at least 1 */
    _Atomic int64_t databases;
    _Atomic int64_t daemonize;
    _Atomic int64_t supervised;          /* enum setting_supervised */
    _Atomic int64_t dump_hash_deadlines; /* enum setting_dump_form */
    _Atomic int64_t set_proc_title;
    _Atomic int64_t busy_reply_threshold_ms; /* 0: never */
    _Atomic int64_t load_rdb;
    _Atomic int64_t rdbcompression;
    _Atomic int64_t key_load_delay_us; /* after each key that is loaded */

    /* Observation */
    _Atomic int64_t loglevel;             /* enum setting_loglevel */
    _Atomic int64_t log_format;           /* enum setting_log_format */
    _Atomic int64_t log_timestamp_format; /* enum setting_log_timestamp */
    _Atomic int64_t syslog_enabled;
    _Atomic int64_t syslog_facility; /* LOG_USER, LOG_LOCAL0 ... of <syslog.h> */
    _Atomic int64_t crash_log_enabled;
    _Atomic int64_t slowlog_log_slower_than_us; /* -1: off, 0: every command */
    _Atomic int64_t slowlog_max_len;
    _Atomic int64_t latency_monitor_threshold_ms; /* 0: off */
    _Atomic int64_t latency_tracking;
    _Atomic int64_t notify_keyspace_events;  /* classes of change.h, and NOTIFY_...; 0: none */
    _Atomic int64_t tracking_table_max_keys; /* 0: no limit */

    /* Encodings: see struct value_limits, of storage/types/blocks/value.h */
    _Atomic int64_t hash_max_listpack_entries;
    _Atomic int64_t hash_max_listpack_value;
    _Atomic int64_t set_max_intset_entries;
    _Atomic int64_t set_max_listpack_entries;
    _Atomic int64_t set_max_listpack_value;
    _Atomic int64_t zset_max_listpack_entries;
    _Atomic int64_t zset_max_listpack_value;
    _Atomic int64_t list_max_listpack_size; /* elements, or -1 to -5: 4 to 64 KiB */
    _Atomic int64_t stream_node_max_bytes;
    _Atomic int64_t stream_node_max_entries;
    _Atomic int64_t list_compress_depth;
    _Atomic int64_t hll_sparse_max_bytes;

    /* Upstream */
    _Atomic int64_t near_cache_mode;     /* enum setting_near_cache */
    _Atomic int64_t near_cache_tracking; /* enum setting_tracking */
    _Atomic int64_t near_cache_max_ttl_ms;
    _Atomic int64_t near_cache_min_ttl_ms;
    _Atomic int64_t near_cache_negative_ttl_ms; /* 0: absence is not remembered */
    _Atomic int64_t near_cache_max_value;       /* bytes */
    _Atomic int64_t near_cache_fill_after;      /* reads of a key that is no string; 0: it is not kept */
    _Atomic int64_t near_cache_lock_timeout_ms; /* 0: reads of one key are not joined */
    _Atomic int64_t near_cache_touch_rate;      /* keys a second; 0: none */
    _Atomic int64_t upstream_heartbeat_ms;
    _Atomic int64_t upstream_timeout_ms;
    _Atomic int64_t upstream_reconnect_ms; /* longest pause between two attempts */
    _Atomic int64_t upstream_on_failure;   /* enum setting_failure */
    _Atomic int64_t upstream_stale_s;      /* of FAILURE_STALE; 0: without end */
    _Atomic int64_t upstream_max_inflight;
    _Atomic int64_t upstream_max_inflight_bytes;
    _Atomic int64_t upstream_pool_size;
    _Atomic int64_t upstream_auth;       /* enum setting_upstream_auth */
    _Atomic int64_t upstream_tls_verify; /* enum setting_tls_verify */
};

/* The value of a field now. */
#define SETTING(settings, field) atomic_load_explicit(&(settings)->field, memory_order_relaxed)

/* All zero and empty: meant to be filled from the rows at once. */
void settings_init(struct settings *settings);
void settings_clear(struct settings *settings);

/* `out` becomes a copy of the text. */
void settings_copy_text(struct settings *settings, enum setting_text text, struct buffer *out);
/* Without copying it out; takes as long whatever the bytes, so a password may be compared. */
bool settings_text_equals(struct settings *settings, enum setting_text text, struct slice other);
bool settings_text_is_empty(struct settings *settings, enum setting_text text);
void settings_store_text(struct settings *settings, enum setting_text text, struct slice value);

/* maxmemory-clients in bytes, a percentage being one of maxmemory; 128 KB at least. 0: unlimited. */
int64_t settings_maxmemory_clients(const struct settings *settings);

#endif
