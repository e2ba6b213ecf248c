/*
 * setting_choices.h - which texts there are among the settings, and what those mean that are one of several
 * words.
 *
 * Threads: constants.
 */
#ifndef SERVER_CONFIG_SETTING_CHOICES_H
#define SERVER_CONFIG_SETTING_CHOICES_H

enum setting_text {
    TEXT_NONE,
    TEXT_BIND, /* addresses separated by one space; a leading `-` means that it may be missing */
    TEXT_UNIXSOCKET,
    TEXT_HTTP_BIND, /* as TEXT_BIND */
    TEXT_HTTP_UNIXSOCKET,
    TEXT_HTTP_HOSTS,        /* words separated by one space */
    TEXT_HTTP_CORS_ORIGINS, /* the same */
    TEXT_HTTP_TOKENS,       /* the same, by twos: a user, the SHA-256 of his token */
    TEXT_REQUIREPASS,
    TEXT_ACLFILE, /* empty: users stand in the configuration */
    TEXT_PIDFILE,
    TEXT_LOGFILE, /* empty: standard output */
    TEXT_SYSLOG_IDENT,
    TEXT_DIR,
    TEXT_DBFILENAME,
    TEXT_PROC_TITLE_TEMPLATE,
    TEXT_LATENCY_PERCENTILES, /* numbers separated by one space */
    TEXT_TLS_CERT_FILE,       /* these are paths; empty: none */
    TEXT_TLS_KEY_FILE,
    TEXT_TLS_KEY_FILE_PASS,
    TEXT_TLS_CLIENT_CERT_FILE,
    TEXT_TLS_CLIENT_KEY_FILE,
    TEXT_TLS_CLIENT_KEY_FILE_PASS,
    TEXT_TLS_CA_CERT_FILE,
    TEXT_TLS_CA_CERT_DIR,
    TEXT_TLS_DH_PARAMS_FILE,
    TEXT_TLS_PROTOCOLS,
    TEXT_TLS_CIPHERS,
    TEXT_TLS_CIPHERSUITES,
    TEXT_UPSTREAM_TLS_CERT_FILE, /* what is empty of these falls back to the above */
    TEXT_UPSTREAM_TLS_KEY_FILE,
    TEXT_UPSTREAM_TLS_KEY_FILE_PASS,
    TEXT_UPSTREAM_TLS_CA_CERT_FILE,
    TEXT_UPSTREAM_TLS_CA_CERT_DIR,
    TEXT_UPSTREAM_TLS_SERVER_NAME,
    TEXT_UPSTREAM, /* empty: standalone */
    TEXT_UPSTREAM_USER,
    TEXT_NEAR_CACHE_PREFIX,        /* words separated by one space; empty: every key */
    TEXT_NEAR_CACHE_STRICT_PREFIX, /* the same; empty: none */
    TEXT_CACHE_PREFIX_DELIMITER,
    TEXT_COUNT,
};

enum setting_policy {
    POLICY_NOEVICTION,
    POLICY_ALLKEYS_LRU,
    POLICY_ALLKEYS_LFU,
    POLICY_ALLKEYS_RANDOM,
    POLICY_VOLATILE_LRU,
    POLICY_VOLATILE_LFU,
    POLICY_VOLATILE_RANDOM,
    POLICY_VOLATILE_TTL,
    POLICY_ALLKEYS_ADAPTIVE,
    POLICY_VOLATILE_ADAPTIVE,
};

enum setting_loglevel { LOGLEVEL_DEBUG, LOGLEVEL_VERBOSE, LOGLEVEL_NOTICE, LOGLEVEL_WARNING };
enum setting_log_format { LOG_FORMAT_LEGACY, LOG_FORMAT_LOGFMT };
enum setting_log_timestamp { LOG_TIMESTAMP_LEGACY, LOG_TIMESTAMP_ISO8601, LOG_TIMESTAMP_MILLISECONDS };
enum setting_dump_form { DUMP_FORM_REDIS, DUMP_FORM_VALKEY };
enum setting_supervised { SUPERVISED_NO, SUPERVISED_AUTO, SUPERVISED_SYSTEMD, SUPERVISED_UPSTART };
/* Who may do what is guarded: nobody, everybody, or clients of this machine. */
enum setting_permission { PERMISSION_NO, PERMISSION_YES, PERMISSION_LOCAL };

/* Must a client have a certificate? */
enum setting_tls_auth { TLS_AUTH_NO, TLS_AUTH_YES, TLS_AUTH_OPTIONAL };
/* As which user a client begins that has shown one: the default user, or that of its common name. */
enum setting_tls_user { TLS_USER_OFF, TLS_USER_CN };
/* What is looked at in the upstream's: its signatures, its name. */
enum setting_tls_verify { TLS_VERIFY_NONE, TLS_VERIFY_CHAIN, TLS_VERIFY_NAME };

enum setting_client_class { CLIENT_NORMAL, CLIENT_REPLICA, CLIENT_PUBSUB, CLIENT_CLASSES };

/* As whom clients go to the upstream: all as the one in its address, or some as another. */
enum setting_upstream_auth { UPSTREAM_AUTH_SHARED, UPSTREAM_AUTH_USER };
enum setting_near_cache { NEAR_CACHE_COHERENT, NEAR_CACHE_STRICT };
enum setting_tracking { TRACKING_AUTO, TRACKING_DEFAULT, TRACKING_BCAST, TRACKING_TTL, TRACKING_OFF };
enum setting_http_freshness { HTTP_FRESHNESS_NONE, HTTP_FRESHNESS_TTL };
enum setting_failure { FAILURE_ERROR, FAILURE_STALE, FAILURE_LOCAL };

#endif
