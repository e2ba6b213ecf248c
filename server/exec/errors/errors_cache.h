/*
 * errors_cache.h - error texts of cached values that HTTP tells apart as well. Redis has none of them.
 *
 * Threads: any, they are constants.
 */
#ifndef SERVER_EXEC_ERRORS_ERRORS_CACHE_H
#define SERVER_EXEC_ERRORS_ERRORS_CACHE_H

#define ERR_TOO_MANY_TYPES "ERR too many media types"

#endif
