/*
 * cache_errors.h - error texts of CACHE that Redis does not have. Threads: any, they are constants.
 */
#ifndef SERVER_COMMANDS_CACHE_CACHE_ERRORS_H
#define SERVER_COMMANDS_CACHE_CACHE_ERRORS_H

#define ERR_INVALID_LEASE_FMT "ERR invalid lease time in '%s' command"
#define ERR_INVALID_GRACE_FMT "ERR invalid grace time in '%s' command"
#define ERR_INVALID_COST_FMT  "ERR invalid cost in '%s' command"
#define ERR_GRACE_NEEDS_TTL   "ERR GRACE needs a time to live in 'cache|set' command"
#define ERR_WRONG_TAGS        "ERR wrong number of tags"
#define ERR_TAG_LENGTH        "ERR a tag must have 1 to 255 bytes"
#define ERR_TOO_MANY_TAGS     "ERR too many tags, at most 64"
#define ERR_MATCH_INSIDE      "ERR MATCH is not allowed in a transaction or script"

#endif
