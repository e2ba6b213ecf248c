/*
 * errors_transaction.h - error replies about transactions. Threads: any, they are constants.
 */
#ifndef SERVER_EXEC_ERRORS_ERRORS_TRANSACTION_H
#define SERVER_EXEC_ERRORS_ERRORS_TRANSACTION_H

#define ERR_BUSY_FUNCTION                                                                                    \
    "BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE."
#define ERR_BUSY                "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE."
#define ERR_NESTED_MULTI        "ERR MULTI calls can not be nested"
#define ERR_WATCH_IN_MULTI      "ERR WATCH inside MULTI is not allowed"
#define ERR_NO_MULTI_TO_EXEC    "ERR EXEC without MULTI"
#define ERR_NO_MULTI_TO_DISCARD "ERR DISCARD without MULTI"
#define ERR_EXEC_ABORT          "EXECABORT Transaction discarded because of previous errors."
#define ERR_EXEC_ABORT_FMT      "EXECABORT Transaction discarded because of: %.*s"
#define ERR_NOT_IN_MULTI        "ERR Command not allowed inside a transaction"
#define ERR_MONITOR_IN_EXEC     "ERR MONITOR isn't allowed for DENY BLOCKING client"
#define ERR_SSUBSCRIBE_IN_EXEC  "ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client"

#endif
