/*
 * stream_errors.h - the error texts of commands on streams, as in errors.h. Threads: any.
 */
#ifndef SERVER_COMMANDS_STREAM_STREAM_ERRORS_H
#define SERVER_COMMANDS_STREAM_STREAM_ERRORS_H

#define ERR_STREAM_ID             "ERR Invalid stream ID specified as stream command argument"
#define ERR_STREAM_START          "ERR invalid start ID for the interval"
#define ERR_STREAM_END            "ERR invalid end ID for the interval"
#define ERR_STREAM_ZERO_ID        "ERR The ID specified in XADD must be greater than 0-0"
#define ERR_STREAM_SMALL_ID       "ERR The ID specified in XADD is equal or smaller than the target stream top item"
#define ERR_STREAM_EXHAUSTED      "ERR The stream has exhausted the last possible ID, unable to add more items"
#define ERR_STREAM_TOO_LARGE      "ERR Elements are too large to be stored"
#define ERR_STREAM_MAXLEN         "ERR The MAXLEN argument must be >= 0."
#define ERR_STREAM_LIMIT          "ERR The LIMIT argument must be >= 0."
#define ERR_STREAM_STRATEGIES     "ERR syntax error, MAXLEN and MINID options at the same time are not compatible"
#define ERR_STREAM_NO_STRATEGY    "ERR syntax error, XTRIM must be called with a trimming strategy"
#define ERR_STREAM_LIMIT_ALONE    "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy"
#define ERR_STREAM_LIMIT_EXACT    "ERR syntax error, LIMIT cannot be used without the special ~ option"
#define ERR_STREAM_IDS_NUMBER     "ERR Number of IDs must be a positive integer"
#define ERR_STREAM_IDS_MATCH      "ERR The `numids` parameter must match the number of arguments"
#define ERR_STREAM_ADDED_NEGATIVE "ERR entries_added must be positive"
#define ERR_STREAM_BELOW_GIVEN                                                                               \
    "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id"
#define ERR_STREAM_BELOW_TOP "ERR The ID specified in XSETID is smaller than the target stream top item"
#define ERR_STREAM_ADDED_SMALL                                                                               \
    "ERR The entries_added specified in XSETID is smaller than the target stream length"

#define ERR_STREAM_READ_GROUP                                                                                \
    "ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead."
#define ERR_STREAM_READ_NO_ACK                                                                               \
    "ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead."
#define ERR_STREAM_READ_LAST                                                                                 \
    "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this "        \
    "consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return "   \
    "an empty result set."
#define ERR_STREAM_READ_NEW                                                                                  \
    "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option."
#define ERR_STREAM_UNBALANCED                                                                                \
    "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified."
#define ERR_STREAM_NO_GROUP "ERR Missing GROUP option for XREADGROUP"
#define ERR_STREAM_NO_KEY                                                                                    \
    "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the "     \
    "MKSTREAM option to create an empty stream automatically."
#define ERR_GROUP_READ_FMT                                                                                   \
    "NOGROUP No such key '%.*s' or consumer group '%.*s' in XREADGROUP with GROUP option"
#define ERR_GROUP_KEY_FMT    "NOGROUP No such key '%.*s' or consumer group '%.*s'"
#define ERR_GROUP_NAME_FMT   "NOGROUP No such consumer group '%.*s' for key name '%.*s'"
#define ERR_GROUP_WAITED     "NOGROUP the consumer group this client was blocked on no longer exists"
#define ERR_GROUP_BUSY       "BUSYGROUP Consumer Group name already exists"
#define ERR_GROUP_READ_COUNT "ERR value for ENTRIESREAD must be positive or -1"
#define ERR_STREAM_GONE      "UNBLOCKED the stream key no longer exists"
#define ERR_CLAIM_IDLE       "ERR Invalid min-idle-time argument for XCLAIM"
#define ERR_CLAIM_IDLE_SET   "ERR Invalid IDLE option argument for XCLAIM"
#define ERR_CLAIM_TIME       "ERR Invalid TIME option argument for XCLAIM"
#define ERR_CLAIM_RETRIES    "ERR Invalid RETRYCOUNT option argument for XCLAIM"
#define ERR_CLAIM_OPTION_FMT "ERR Unrecognized XCLAIM option '%.*s'"
#define ERR_AUTOCLAIM_IDLE   "ERR Invalid min-idle-time argument for XAUTOCLAIM"
#define ERR_AUTOCLAIM_COUNT  "ERR COUNT must be > 0"

#endif
