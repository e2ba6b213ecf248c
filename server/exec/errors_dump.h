/*
 * errors_dump.h - the error texts of RESTORE and MIGRATE: a part of errors.h, which was getting long.
 */
#ifndef SERVER_EXEC_ERRORS_DUMP_H
#define SERVER_EXEC_ERRORS_DUMP_H

#define ERR_BUSY_KEY      "BUSYKEY Target key name already exists."
#define ERR_RESTORE_TTL   "ERR Invalid TTL value, must be >= 0"
#define ERR_RESTORE_IDLE  "ERR Invalid IDLETIME value, must be >= 0"
#define ERR_RESTORE_FREQ  "ERR Invalid FREQ value, must be >= 0 and <= 255"
#define ERR_RELOAD_OPTION "ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options."
#define ERR_PAYLOAD_FOOT  "ERR DUMP payload version or checksum are wrong"
#define ERR_PAYLOAD_VALUE "ERR Bad data format"

#endif
