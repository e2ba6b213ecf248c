/*
 * errors.h - the error texts of commands, Redis's byte for byte. Threads: any, they are constants.
 *
 * Clients match these with regular expressions, so they stand in one place and are compared against a real
 * Redis by the differential test. Texts with arguments are printf formats, their names end in _FMT.
 */
#ifndef SERVER_EXEC_ERRORS_ERRORS_H
#define SERVER_EXEC_ERRORS_ERRORS_H

#define ERR_WRONG_TYPE      "WRONGTYPE Operation against a key holding the wrong kind of value"
#define ERR_NO_SUCH_KEY     "ERR no such key"
#define ERR_SYNTAX          "ERR syntax error"
#define ERR_SAME_OBJECT     "ERR source and destination objects are the same"
#define ERR_NOT_INTEGER     "ERR value is not an integer or out of range"
#define ERR_NOT_FLOAT       "ERR value is not a valid float"
#define ERR_NOT_POSITIVE    "ERR value is out of range, must be positive"
#define ERR_OUT_OF_RANGE    "ERR index out of range"
#define ERR_OFFSET_RANGE    "ERR offset is out of range"
#define ERR_OVERFLOW        "ERR increment or decrement would overflow"
#define ERR_DECR_OVERFLOW   "ERR decrement would overflow"
#define ERR_NAN_OR_INFINITY "ERR increment would produce NaN or Infinity"
#define ERR_STRING_TOO_LONG "ERR string exceeds maximum allowed size (proto-max-bulk-len)"
#define ERR_DB_INDEX        "ERR invalid DB index"
#define ERR_DB_RANGE        "ERR DB index is out of range"
#define ERR_VALUE_RANGE     "ERR value is out of range"
#define ERR_INVALID_CURSOR  "ERR invalid cursor"
#define ERR_OUT_OF_MEMORY   "OOM command not allowed when used memory > 'maxmemory'."
#define ERR_LOADING         "LOADING Redis is loading the dataset in memory"
#define ERR_NO_AUTH         "NOAUTH Authentication required."
#define ERR_WRONG_PASS      "WRONGPASS invalid username-password pair or user is disabled."
#define ERR_NO_PASSWORD_SET                                                                                  \
    "ERR AUTH <password> called without any password configured for the default user. Are you sure your "    \
    "configuration is correct?"
#define ERR_TRACKING_REDIRECTS   "ERR A client can only redirect to a single other client"
#define ERR_TRACKING_NO_REDIRECT "ERR The client ID you want redirect to does not exist"
#define ERR_TRACKING_PREFIX      "ERR PREFIX option requires BCAST mode to be enabled"
#define ERR_TRACKING_BCAST_OPT   "ERR OPTIN and OPTOUT are not compatible with BCAST"
#define ERR_TRACKING_OPT_BOTH    "ERR You can't specify both OPTIN mode and OPTOUT mode"
#define ERR_TRACKING_SWITCH_BCAST                                                                            \
    "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then "            \
    "re-enabling it with a different mode."
#define ERR_TRACKING_SWITCH_OPT                                                                              \
    "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then "            \
    "re-enabling it with a different mode."
#define ERR_TRACKING_OVERLAP_FMT                                                                             \
    "ERR Prefix '%.*s' overlaps with an existing prefix '%.*s'. Prefixes for a single client must not "      \
    "overlap."
#define ERR_TRACKING_OVERLAP_NEW_FMT                                                                         \
    "ERR Prefix '%.*s' overlaps with another provided prefix '%.*s'. Prefixes for a single client must not " \
    "overlap."
#define ERR_CACHING_OFF                                                                                      \
    "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode "   \
    "enabled"
#define ERR_CACHING_YES "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode."
#define ERR_CACHING_NO  "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode."

#define ERR_NO_PROTO    "NOPROTO unsupported protocol version"
#define ERR_MAX_CLIENTS "ERR max number of clients reached"

#define ERR_LCS_WRONG_TYPE  "ERR The specified keys must contain string values"
#define ERR_LCS_LEN_AND_IDX "ERR If you want both the length and indexes, please just use IDX."
#define ERR_LCS_TOO_LONG    "ERR String too long for LCS"
#define ERR_LCS_LIMIT       "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len"
#define ERR_LCS_MEMORY      "ERR Insufficient memory, failed allocating transient memory for LCS"

#define ERR_HASH_NOT_INTEGER "ERR hash value is not an integer"
#define ERR_HASH_NOT_FLOAT   "ERR hash value is not a float"
#define ERR_NOT_FINITE       "ERR value is NaN or Infinity"

#define ERR_NUMKEYS          "ERR numkeys should be greater than 0"
#define ERR_NUMKEYS_EXCESS   "ERR Number of keys can't be greater than number of args"
#define ERR_NO_INPUT_KEY_FMT "ERR at least 1 input key is needed for '%s' command"
#define ERR_LIMIT_NEGATIVE   "ERR LIMIT can't be negative"
#define ERR_LONG_RANGE                                                                                       \
    "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"

#define ERR_COUNT_NOT_POSITIVE "ERR count should be greater than 0"
#define ERR_COUNT_NEGATIVE     "ERR COUNT can't be negative"
#define ERR_MAXLEN_NEGATIVE    "ERR MAXLEN can't be negative"
#define ERR_RANK_ZERO                                                                                        \
    "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to " \
    "start from the end of the list"
#define ERR_SORT_SCORE "ERR One or more scores can't be converted into double"

#define ERR_DIGEST_LENGTH   "ERR must be exactly 16 hexadecimal characters"
#define ERR_DELEX_TYPE      "ERR Key should be of string type if conditions are specified"
#define ERR_DELEX_CONDITION "ERR Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE"
#define ERR_PAIRS_NUMBER    "ERR invalid numkeys value"
#define ERR_PAIRS           "ERR wrong number of key-value pairs"

#define ERR_BIT             "ERR bit is not an integer or out of range"
#define ERR_BIT_OFFSET      "ERR bit offset is not an integer or out of range"
#define ERR_BIT_ARGUMENT    "ERR The bit argument must be 1 or 0."
#define ERR_BITOP_NOT       "ERR BITOP NOT must be called with a single source key."
#define ERR_BITOP_TWO_FMT   "ERR BITOP %s must be called with at least two source keys."
#define ERR_FIELD_OVERFLOW  "ERR Invalid OVERFLOW type specified"
#define ERR_FIELD_READ_ONLY "ERR BITFIELD_RO only supports the GET subcommand"
#define ERR_FIELD_TYPE                                                                                       \
    "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is."

#define ERR_HLL_NOT_ONE           "WRONGTYPE Key is not a valid HyperLogLog string value."
#define ERR_HLL_CORRUPT           "INVALIDOBJ Corrupted HLL object detected"
#define ERR_HLL_NO_KEY            "ERR The specified key does not exist"
#define ERR_HLL_NOT_SPARSE        "ERR HLL encoding is not sparse"
#define ERR_HLL_SUBCOMMAND_FMT    "ERR Unknown PFDEBUG subcommand '%.*s'"
#define ERR_HLL_TEST_REGISTER_FMT "TESTFAILED Register %u should be %u but is %u"
#define ERR_HLL_TEST_SPARSE       "TESTFAILED sparse encoding not used"
#define ERR_HLL_TEST_DISAGREE     "TESTFAILED dense/sparse disagree"
#define ERR_HLL_TEST_ERROR_FMT    "TESTFAILED Too big error. card:%llu abserr:%llu"
#define ERR_SCORE_NAN             "ERR resulting score is not a number (NaN)"
#define ERR_SCORE_BOUND           "ERR min or max is not a float"
#define ERR_MEMBER_BOUND          "ERR min or max not valid string range item"
#define ERR_WEIGHT                "ERR weight value is not a float"
#define ERR_ZADD_NX_XX            "ERR XX and NX options at the same time are not compatible"
#define ERR_ZADD_GT_LT            "ERR GT, LT, and/or NX options at the same time are not compatible"
#define ERR_ZADD_INCR             "ERR INCR option supports a single increment-element pair"
#define ERR_RANGE_LIMIT                                                                                      \
    "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX"
#define ERR_RANGE_SCORES "ERR syntax error, WITHSCORES not supported in combination with BYLEX"

#define ERR_GEO_PLACE_FMT       "ERR invalid longitude,latitude pair %f,%f"
#define ERR_GEO_UNIT            "ERR unsupported unit provided. please use M, KM, FT, MI"
#define ERR_GEO_RADIUS          "ERR need numeric radius"
#define ERR_GEO_RADIUS_NEGATIVE "ERR radius cannot be negative"
#define ERR_GEO_WIDTH           "ERR need numeric width"
#define ERR_GEO_HEIGHT          "ERR need numeric height"
#define ERR_GEO_BOX_NEGATIVE    "ERR height or width cannot be negative"
#define ERR_GEO_MEMBER          "ERR could not decode requested zset member"
#define ERR_GEO_COUNT           "ERR COUNT must be > 0"
#define ERR_GEO_ANY             "ERR the ANY argument requires COUNT argument"
#define ERR_GEO_STORE_WITH_FMT  "ERR %.*s is not compatible with WITHDIST, WITHHASH and WITHCOORD options"
#define ERR_GEO_CENTER_FMT      "ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for %.*s"
#define ERR_GEO_SHAPE_FMT       "ERR exactly one of BYRADIUS and BYBOX can be specified for %.*s"

#define ERR_EXPIRE_NX    "ERR NX and XX, GT or LT options at the same time are not compatible"
#define ERR_EXPIRE_GT_LT "ERR GT and LT options at the same time are not compatible"

#define ERR_FREQUENCY_NOT_TRACKED                                                                            \
    "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when "      \
    "switching between policies at runtime LRU and LFU data will take some time to adjust."
#define ERR_IDLE_TIME_NOT_TRACKED                                                                            \
    "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching "       \
    "between policies at runtime LRU and LFU data will take some time to adjust."

#define ERR_UNSUPPORTED_OPTION_FMT "ERR Unsupported option %.*s"
#define ERR_INT_RANGE              "ERR value is out of range, value must between -2147483648 and 2147483647"
#define ERR_CLIENT_ID              "ERR Invalid client ID"
#define ERR_CLIENT_ID_POSITIVE     "ERR client-id should be greater than 0"
#define ERR_NO_IMPORT_MODE         "ERR Server is not in import mode"
#define ERR_NO_SUCH_CLIENT         "ERR No such client"
#define ERR_UNBLOCK_REASON         "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR"
#define ERR_PAUSE_MODE             "ERR CLIENT PAUSE mode must be WRITE or ALL"
#define ERR_TIMEOUT_NOT_INTEGER    "ERR timeout is not an integer or out of range"
#define ERR_TIMEOUT_NOT_FLOAT      "ERR timeout is not a float or out of range"
#define ERR_UNBLOCKED              "UNBLOCKED client unblocked via CLIENT UNBLOCK"
#define ERR_TIMEOUT_NEGATIVE       "ERR timeout is negative"
#define ERR_PROTOCOL_VERSION       "ERR Protocol version is not an integer or out of range"
#define ERR_CLIENT_NAME            "ERR Client names cannot contain spaces, newlines or special characters."
#define ERR_HELLO_NO_AUTH                                                                                    \
    "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH "   \
    "<user> <pass> option can be used to authenticate the client and select the RESP protocol version at "   \
    "the same time"

#define ERR_ARITY_FMT          "ERR wrong number of arguments for '%s' command"
#define ERR_INVALID_EXPIRE_FMT "ERR invalid expire time in '%s' command"

#define ERR_SLOWLOG_COUNT  "ERR count should be greater than or equal to -1"
#define ERR_NO_SAMPLES_FMT "ERR No samples available for event '%.*s'"
#define ERR_NO_SHUTDOWN    "ERR No shutdown in progress."
#define ERR_MONITOR_KEYS   "ERR Replica can't interact with the keyspace"
#define ERR_RESP2_NO_PUSH  "ERR RESP2 is not supported by this command"
#define ERR_PROTOCOL_TYPE                                                                                    \
    "ERR Wrong protocol type name. Please use one of the following: "                                        \
    "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false"
#define ERR_NOT_LISTPACK  "ERR Not a listpack encoded object."
#define ERR_NOT_QUICKLIST "ERR Not a quicklist encoded object."
#define ERR_DEBUG_FORBIDDEN                                                                                  \
    "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it " \
    "from a local connection, otherwise you need to set this option in the configuration file, and then "    \
    "restart the server."

#define ERR_MODULE_FORBIDDEN                                                                                 \
    "ERR MODULE command not allowed. If the enable-module-command option is set to \"local\", you can run "  \
    "it from a local connection, otherwise you need to set this option in the configuration file, and then " \
    "restart the server."
#define ERR_BULK_LENGTH "ERR Protocol error: invalid bulk length"
#define ERR_NO_CLUSTER  "ERR This instance has cluster support disabled"

#define ERR_COMMAND_INVALID           "ERR Invalid command specified"
#define ERR_COMMAND_KEYLESS           "ERR The command has no key arguments"
#define ERR_COMMAND_ARGUMENTS         "ERR Invalid number of arguments specified for command"
#define ERR_COMMAND_ARGUMENTS_INVALID "ERR Invalid arguments specified for command"
#define ERR_SUBSCRIBER_FMT                                                                                   \
    "ERR Can't execute '%s': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in "   \
    "this context"
#define ERR_NO_UPSTREAM    "ERR This server has no upstream"
#define ERR_SWAP_FIRST_DB  "ERR invalid first DB index"
#define ERR_SWAP_SECOND_DB "ERR invalid second DB index"

#endif
