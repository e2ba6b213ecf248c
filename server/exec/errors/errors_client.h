/*
 * errors_client.h - the error texts of filters of clients, and of pauses: a part of errors.h. Threads: any.
 */
#ifndef SERVER_EXEC_ERRORS_ERRORS_CLIENT_H
#define SERVER_EXEC_ERRORS_ERRORS_CLIENT_H

#define ERR_CLIENT_TYPE_FMT             "ERR Unknown client type '%.*s'"
#define ERR_NO_SUCH_USER_FMT            "ERR No such user '%.*s'"
#define ERR_CLIENT_FLAGS_FMT            "ERR Unknown flags found in the provided filter: %.*s"
#define ERR_CLIENT_CAPABILITIES_FMT     "ERR Unknown capa found in the provided filter: %.*s"
#define ERR_CLIENT_DB                   "ERR DB is not an integer or out of range"
#define ERR_CLIENT_DB_RANGE_FMT         "ERR DB number should be between 0 and %d"
#define ERR_CLIENT_SECONDS_FMT          "ERR %s is not an integer or out of range"
#define ERR_CLIENT_SECONDS_POSITIVE_FMT "ERR %s should be greater than 0"
#define ERR_TIMEOUT_RANGE               "ERR timeout is out of range"

#endif
