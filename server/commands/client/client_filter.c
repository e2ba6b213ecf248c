#include "server/commands/client/client_filter.h"

#include <stdio.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/number.h"
#include "server/exec/call.h"
#include "server/exec/errors/errors.h"
#include "server/exec/session/session.h"
#include "server/net/connection.h"

static bool syntax_error(struct call *call)
{
    reply_error(call->reply, SLICE(ERR_SYNTAX));
    return false;
}

static void add_id(struct client_filter *filter, uint64_t id)
{
    filter->ids = alloc_resize(filter->ids, (filter->id_count + 1) * sizeof(*filter->ids));
    filter->ids[filter->id_count++] = id;
}

static bool read_type(struct client_filter *filter, struct call *call, int arg)
{
    static const struct {
        const char *name;
        enum client_type type;
    } types[] = { { "normal", CLIENT_TYPE_NORMAL },
                  { "slave", CLIENT_TYPE_REPLICA },
                  { "replica", CLIENT_TYPE_REPLICA },
                  { "pubsub", CLIENT_TYPE_PUBSUB },
                  { "master", CLIENT_TYPE_MASTER } };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (!call_arg_is(call, arg, types[i].name)) continue;
        filter->type = types[i].type;
        return true;
    }
    reply_errorf(call->reply, "ERR Unknown client type '%.*s'", (int)call->argv[arg].len,
                 call->argv[arg].data);
    return false;
}

bool client_filter_read_list(struct client_filter *filter, struct call *call)
{
    if (call->argc == 2) return true;
    if (call->argc == 4 && call_arg_is(call, 2, "TYPE")) return read_type(filter, call, 3);
    if (call->argc < 4 || !call_arg_is(call, 2, "ID")) return syntax_error(call);
    for (int i = 3; i < call->argc; i++) {
        int64_t id;
        if (!call_arg_int_or(call, i, &id, SLICE(ERR_CLIENT_ID))) return false;
        add_id(filter, (uint64_t)id);
    }
    return true;
}

static void copy_address(char *to, struct slice address)
{
    snprintf(to, ADDRESS_TEXT_MAX, "%.*s", (int)address.len, address.data);
}

static bool read_id(struct client_filter *filter, struct call *call, int arg)
{
    int64_t id;
    if (!number_parse_i64(call->argv[arg], &id) || id < 1) {
        reply_error(call->reply, SLICE(ERR_CLIENT_ID_POSITIVE));
        return false;
    }
    filter->id_count = 0; /* the last one given counts */
    add_id(filter, (uint64_t)id);
    return true;
}

static bool read_user(struct call *call, int arg)
{
    if (slice_equal(call->argv[arg], SLICE("default"))) return true;
    reply_errorf(call->reply, "ERR No such user '%.*s'", (int)call->argv[arg].len, call->argv[arg].data);
    return false;
}

static bool read_skip_me(struct client_filter *filter, struct call *call, int arg)
{
    if (call_arg_is(call, arg, "yes"))
        filter->not_id = call->session->id;
    else if (call_arg_is(call, arg, "no"))
        filter->not_id = 0;
    else
        return syntax_error(call);
    return true;
}

static bool read_kill_option(struct client_filter *filter, struct call *call, int arg)
{
    if (call_arg_is(call, arg, "ID")) return read_id(filter, call, arg + 1);
    if (call_arg_is(call, arg, "TYPE")) return read_type(filter, call, arg + 1);
    if (call_arg_is(call, arg, "USER")) return read_user(call, arg + 1);
    if (call_arg_is(call, arg, "SKIPME")) return read_skip_me(filter, call, arg + 1);
    if (call_arg_is(call, arg, "ADDR"))
        copy_address(filter->peer, call->argv[arg + 1]);
    else if (call_arg_is(call, arg, "LADDR"))
        copy_address(filter->local, call->argv[arg + 1]);
    else
        return syntax_error(call);
    return true;
}

bool client_filter_read_kill(struct client_filter *filter, struct call *call)
{
    if (call->argc == 3) {
        copy_address(filter->peer, call->argv[2]);
        return true;
    }
    filter->not_id = call->session->id;
    for (int i = 2; i < call->argc; i += 2) {
        if (i + 1 == call->argc) return syntax_error(call);
        if (!read_kill_option(filter, call, i)) return false;
    }
    return true;
}

static bool has_id(const struct client_filter *filter, uint64_t id)
{
    for (size_t i = 0; i < filter->id_count; i++)
        if (filter->ids[i] == id) return true;
    return filter->id_count == 0;
}

/* There are no replicas and no master here. */
static bool has_type(const struct client_filter *filter, const struct connection *connection)
{
    if (filter->type == CLIENT_TYPE_ANY) return true;
    bool subscribed = connection_class(connection) == CLIENT_PUBSUB;
    enum client_type type = subscribed ? CLIENT_TYPE_PUBSUB : CLIENT_TYPE_NORMAL;
    return filter->type == type;
}

bool client_filter_matches(const struct client_filter *filter, const struct connection *connection)
{
    char address[ADDRESS_TEXT_MAX];
    uint64_t id = connection->session.id;
    if (id == filter->not_id || !has_id(filter, id)) return false;
    if (!has_type(filter, connection)) return false;
    if (filter->peer[0] != '\0') {
        session_peer(&connection->session, address, sizeof(address));
        if (strcmp(address, filter->peer) != 0) return false;
    }
    if (filter->local[0] == '\0') return true;
    connection_local(connection, address, sizeof(address));
    return strcmp(address, filter->local) == 0;
}

void client_filter_clear(struct client_filter *filter)
{
    alloc_free(filter->ids);
    *filter = (struct client_filter){ 0 };
}
