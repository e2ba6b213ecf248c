#include "server/commands/key/database.h"

#include <limits.h>

#include "server/exec/call.h"
#include "server/exec/errors/errors.h"
#include "storage/keyspace/keyspace.h"

bool database_read(struct call *call, int arg, unsigned *db)
{
    int64_t number;
    if (!call_arg_int(call, arg, &number)) return false;

    if (number < INT_MIN || number > INT_MAX) {
        reply_error(call->reply, SLICE(ERR_INT_RANGE));
        return false;
    }
    if (number < 0 || number >= (int64_t)keyspace_databases(call->access.keyspace)) {
        reply_error(call->reply, SLICE(ERR_DB_RANGE));
        return false;
    }
    *db = (unsigned)number;
    return true;
}
