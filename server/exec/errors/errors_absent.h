/*
 * errors_absent.h - the error texts of commands about what a cache has not: a part of errors.h. Threads: any.
 */
#ifndef SERVER_EXEC_ERRORS_ERRORS_ABSENT_H
#define SERVER_EXEC_ERRORS_ERRORS_ABSENT_H

#define ERR_MODULE_LOAD   "ERR Error loading the extension. Please check the server logs."
#define ERR_MODULE_UNLOAD "ERR Error unloading module: no such module with that name"
#define ERR_SAVE          "ERR"
#define ERR_NO_BGSAVE     "ERR Background saving is currently not in progress or scheduled"
#define ERR_REWRITE                                                                                          \
    "ERR Can't execute an AOF background rewriting. Please check the server logs for more information."
#define ERR_WAITAOF_LOCAL       "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled."
#define ERR_ZERO_OR_ONE         "ERR value is out of range, value must between 0 and 1"
#define ERR_MASTER_PORT         "ERR Invalid master port"
#define ERR_NO_REPLICATION_FMT  "ERR %s not allowed: this server does not replicate"
#define ERR_REPLCONF_FMT        "ERR Unrecognized REPLCONF option: %.*s"
#define ERR_REPLICA_ADDRESS_FMT "ERR REPLCONF ip-address provided by replica instance is too long: %zu bytes"
#define ERR_REPLICA_FILTER_FMT  "ERR Unsupported rdb-filter-only option: %.*s"
#define ERR_FAILOVER_TIMEOUT    "ERR FAILOVER timeout must be greater than 0"
#define ERR_FAILOVER_REPLICAS   "ERR FAILOVER requires connected replicas."
#define ERR_NO_FAILOVER         "ERR No failover in progress."

#endif
