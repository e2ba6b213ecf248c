/*
 * errors_dump.h - the error texts of RESTORE and MIGRATE: a part of errors.h. Threads: any.
 */
#ifndef SERVER_EXEC_ERRORS_ERRORS_DUMP_H
#define SERVER_EXEC_ERRORS_ERRORS_DUMP_H

#define ERR_BUSY_KEY      "BUSYKEY Target key name already exists."
#define ERR_RESTORE_TTL   "ERR Invalid TTL value, must be >= 0"
#define ERR_RESTORE_IDLE  "ERR Invalid IDLETIME value, must be >= 0"
#define ERR_RESTORE_FREQ  "ERR Invalid FREQ value, must be >= 0 and <= 255"
#define ERR_RELOAD_OPTION "ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options."
#define ERR_PAYLOAD_FOOT  "ERR DUMP payload version or checksum are wrong"
#define ERR_PAYLOAD_VALUE "ERR Bad data format"

#define ERR_MIGRATE_KEYS                                                                                     \
    "ERR When using MIGRATE KEYS option, the key argument must be set to the empty string"
#define ERR_MIGRATE_CONNECT    "IOERR error or timeout connecting to the client"
#define ERR_MIGRATE_WRITE      "IOERR error or timeout writing to target instance"
#define ERR_MIGRATE_READ       "IOERR error or timeout reading to target instance"
#define ERR_MIGRATE_TARGET_FMT "ERR Target instance replied with error: %.*s"
/* Redis, which stands still meanwhile, has none such. */
#define ERR_MIGRATE_KEPT_FMT    "ERR '%.*s' is still here, since DEL was taken out"
#define ERR_MIGRATE_CHANGED_FMT "ERR '%.*s' was changed while it was migrated, and is still here"

#endif
