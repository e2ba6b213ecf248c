/*
 * stream_errors.h - the error texts of commands on streams, Redis's byte for byte: errors.h goes on here.
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
#define ERR_STREAM_ADDED_NEGATIVE "ERR entries_added must be positive"
#define ERR_STREAM_BELOW_GIVEN                                                                               \
    "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id"
#define ERR_STREAM_BELOW_TOP "ERR The ID specified in XSETID is smaller than the target stream top item"
#define ERR_STREAM_ADDED_SMALL                                                                               \
    "ERR The entries_added specified in XSETID is smaller than the target stream length"

#endif
