/*
 * field_errors.h - the error texts of deadlines of fields, those of Redis 8 (errors.h). Threads: any.
 */
#ifndef SERVER_COMMANDS_HASH_FIELD_ERRORS_H
#define SERVER_COMMANDS_HASH_FIELD_ERRORS_H

#define ERR_FIELDS_WORD         "ERR Mandatory argument FIELDS is missing or not at the right position"
#define ERR_FIELDS_PARAMETER    "ERR Parameter `numFields` should be greater than 0"
#define ERR_FIELDS_NOT_POSITIVE "ERR Number of fields must be a positive integer"
#define ERR_FIELDS_COUNT        "ERR The `numfields` parameter must match the number of arguments"
#define ERR_FIELDS_INVALID      "ERR invalid number of fields"
#define ERR_FIELDS_MISSING      "ERR missing FIELDS argument"
#define ERR_FIELD_TIME_NEGATIVE "ERR invalid expire time, must be >= 0"
#define ERR_FIELD_TIME_MISSING  "ERR missing expire time"
#define ERR_FIELD_ARGUMENT_FMT  "ERR unknown argument: %.*s"
#define ERR_HSETEX_TIMES        "ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified"
#define ERR_HSETEX_CONDITIONS   "ERR Only one of FXX or FNX arguments can be specified"

#endif
