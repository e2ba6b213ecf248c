/*
 * cache_errors.h - error texts of CACHE that Redis does not have.
 */
#ifndef SERVER_COMMANDS_CACHE_CACHE_ERRORS_H
#define SERVER_COMMANDS_CACHE_CACHE_ERRORS_H

#define ERR_INVALID_LEASE_FMT "ERR invalid lease time in '%s' command"

#endif
