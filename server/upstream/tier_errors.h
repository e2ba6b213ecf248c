/*
 * tier_errors.h - what clients are told when the upstream cannot be asked.
 *
 * MASTERDOWN is the code that clients know from a replica without its master. Threads: any.
 */
#ifndef SERVER_UPSTREAM_TIER_ERRORS_H
#define SERVER_UPSTREAM_TIER_ERRORS_H

#define TIER_ERR_NO_LINK                                                                                     \
    "MASTERDOWN Link with the upstream is down and upstream-on-failure does not allow this."
#define TIER_ERR_UNKNOWN_OUTCOME                                                                             \
    "ERR The link with the upstream was lost: whether this command was executed is unknown."
#define TIER_ERR_NO_CONNECTION "ERR Too many connections to the upstream are in use (upstream-pool-size)"
#define TIER_ERR_NO_TRANSACTION                                                                              \
    "ERR Its transaction was refused: this command is not executed, nor is any other before EXEC or DISCARD"
#define TIER_ERR_MIXED_SETTINGS                                                                              \
    "ERR CONFIG SET failed - settings of the upstream and of this server cannot be set together"
/* Redis's, of RESP2. */
#define TIER_ERR_SUBSCRIBED_FMT                                                                              \
    "%s Can't execute '%.*s': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in "  \
    "this context"
#define TIER_ERR_NOT_TOLD "ERR The upstream does not tell this server of all changes: nobody can track here"
#define TIER_ERR_NOT_TOLD_PREFIX                                                                             \
    "ERR The upstream tells this server of keys that begin with a near-cache-prefix only"
#define TIER_ERR_OTHER_USER                                                                                  \
    "ERR The connection to the upstream that this client has is that of another user: it is closed"
#define TIER_ERR_NOT_HERE_FMT "ERR '%.*s' cannot be used through a near cache"

#endif
