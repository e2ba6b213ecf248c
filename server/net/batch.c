#include "server/net/batch.h"

#include <stdatomic.h>

#include "proto/base/alloc.h"
#include "server/config/settings.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/core/ticks.h"
#include "server/events/tracking/tracking.h"
#include "server/exec/command/command.h"
#include "server/exec/command/key_walk.h"
#include "server/exec/command/table.h"
#include "server/exec/dispatch.h"
#include "server/exec/parking.h"
#include "server/exec/session/session.h"
#include "server/exec/stage.h"
#include "server/net/connection.h"
#include "server/net/connections.h"
#include "server/net/cross_protocol.h"
#include "server/net/speech.h"
#include "storage/keyspace/keyspace.h"
#include "storage/table/key_hash.h"
#include "storage/types/blocks/member.h"

static struct request_limits limits_of(const struct connection *connection)
{
    const struct settings *settings = connection->loop->server->settings;
    return (struct request_limits){
        .bulk_bytes = SETTING(settings, proto_max_bulk_len),
        .inline_bytes = 64 * 1024,
        .arguments = INT32_MAX,
        .unauthenticated = !session_is_authenticated(&connection->session),
    };
}

static inline __attribute__((always_inline)) void add_key(struct loop *loop, const struct request *request,
                                                          struct slice name)
{
    uint64_t hash = key_hash_inline(keyspace_seed(loop->server->keyspace), name);
    prefetch_add(&loop->batch->keys, request->session->db, hash, request->command->flags & CMD_WRITE);
}

/* Those that find no more room are not fetched ahead. */
static void add_further_keys(struct loop *loop, const struct request *request)
{
    const struct slice *argv = loop->batch->args.items + request->args;
    struct key_walk walk = key_walk(request->command->row, argv, (int)request->argc);
    if (!key_next(&walk)) return;
    while (prefetch_room(&loop->batch->keys) > 0 && key_next(&walk)) add_key(loop, request, argv[walk.arg]);
}

/* A container has no keys, but what it holds may: then that is looked up at once. With an upstream it is
 * found later, by who sends it up. */
static __attribute__((noinline)) const struct command_info *look_into(const struct loop *loop,
                                                                      const struct request *request,
                                                                      const struct slice *argv)
{
    const struct command_info *container = request->command;
    if (request->argc < 2 || loop->server->tier != NULL) return container;
    const struct command_info *sub = command_table_find_sub(loop->server->commands, container, argv[1]);
    return sub != NULL && sub->first_key != 0 ? sub : container;
}

static inline void look_up(struct loop *loop, struct request *request)
{
    const struct slice *argv = loop->batch->args.items + request->args;
    const struct command_info *command = command_table_find(loop->server->commands, argv[0]);
    request->command = command;
    if (command == NULL) return;
    if (command->first_key == 0) {
        if (command->flags & CMD_TURNS_INPUT) loop->batch->most = loop->batch->len;
        if (command->subcommand_count == 0) return;
        command = request->command = look_into(loop, request, argv);
        if (command->first_key == 0) return;
    }
    if ((size_t)command->first_key >= request->argc) return;
    request->hash = key_hash_inline(keyspace_seed(loop->server->keyspace), argv[command->first_key]);
    prefetch_add_first(&loop->batch->keys, request->session->db, request->hash, command->flags & CMD_WRITE);
    bool may_have_more = !command->one_key && request->argc > (size_t)command->first_key + 1;
    if (may_have_more) add_further_keys(loop, request);
    if (command->member != 0 && command->member < request->argc)
        prefetch_add_member(&loop->batch->keys,
                            member_hash(argv[command->member], keyspace_seed(loop->server->keyspace)));
}

static inline void add_request(struct loop *loop, struct connection *connection, size_t argc)
{
    struct batch *batch = loop->batch;
    struct request *request = &batch->requests[batch->len++];
    request->session = &connection->session;
    request->command = NULL;
    request->args = batch->args.len - argc;
    request->argc = argc;
    request->end = connection->parsed;
    if (argc > 0) look_up(loop, request);
    bool is_remembered = connection->session.gates & GATE_TRACKER && request->command != NULL;
    if (__builtin_expect(is_remembered, 0)) tracking_prefetch(&connection->session, request->hash);
    request->keys = batch->keys.len;
}

/* Bytes without a command go with the request before them. */
static void skip_empty(struct batch *batch, struct connection *connection)
{
    struct request *last = batch->len > 0 ? &batch->requests[batch->len - 1] : NULL;
    if (last != NULL && last->session == &connection->session)
        last->end = connection->parsed;
    else
        connection->consumed = connection->parsed;
}

/* Whatever comes next finds room for half as many keys as there may be. */
static bool is_full(const struct batch *batch)
{
    return batch->len == batch->most || prefetch_room(&batch->keys) < PREFETCH_KEYS / 2;
}

/* True when the connection has nothing more to parse; false: the batch is full. */
static bool parse_connection(struct loop *loop, struct connection *connection)
{
    struct batch *batch = loop->batch;
    struct request_limits limits = limits_of(connection);
    struct slice input = connection_input(connection);
    while (connection->parsed < input.len) {
        if (is_full(batch)) return false;
        size_t argc = 0, consumed = 0;
        enum request_status status =
            request_parse(&connection->parser, input.data + connection->parsed,
                          input.len - connection->parsed, &limits, &batch->args, &argc, &consumed);
        if (status == REQUEST_MORE) return true;
        connection->parsed += consumed;
        if (status == REQUEST_BROKEN) {
            connection->parsed = input.len;
            add_request(loop, connection, 0);
            return true;
        }
        if (status == REQUEST_READY)
            add_request(loop, connection, argc);
        else
            skip_empty(batch, connection);
    }
    return true;
}

static void refuse_broken(struct loop *loop, struct connection *connection)
{
    loop->reply.protocol = connection->session.protocol;
    reply_errorf(&loop->reply, "ERR %s", connection->parser.error);
    counter_add(&loop->counters.errors, 1);
    connection->session.closing = true;
}

/* What is no command of ours. False: it is to be dispatched nevertheless. */
static __attribute__((noinline)) bool refuse_foreign(struct loop *loop, const struct request *request)
{
    if (request->argc == 0)
        refuse_broken(loop, session_connection(request->session));
    else if (cross_protocol_is(loop->batch->args.items[request->args]))
        cross_protocol_abort(session_connection(request->session));
    else
        return false;
    return true;
}

static void execute(struct loop *loop, const struct request *request)
{
    struct connection *connection = session_connection(request->session);
    if (connection->session.waits != 0 || connection->session.closing) return;

    if (request->command != NULL || !refuse_foreign(loop, request)) {
        enum dispatched dispatched = dispatch(loop, request, loop->batch->args.items + request->args);
        if (dispatched == DISPATCH_PAUSED) connection_wait(connection, WAIT_PAUSED);
        if (dispatched == DISPATCH_PARKED) connection_wait(connection, WAIT_PARKED);
        if (dispatched != DISPATCH_DONE) return;
    }
    connection->consumed = request->end;
    if (loop->out.len + loop->values.bytes < loop->flush_at && !buffer_is_full(&loop->out)) return;
    connection_flush(connection);
    if (loop->limits_output) connection_begin_replies(connection);
    loop->ticks = ticks_now();
}

/* With limits to output it is looked at in smaller steps, or larger replies would leave before they were
 * found to be too large. */
static void look_at_limits(struct loop *loop)
{
    const struct settings *settings = loop->server->settings;
    int64_t normal = SETTING(settings, output_limits[CLIENT_NORMAL].hard_bytes);
    int64_t pubsub = SETTING(settings, output_limits[CLIENT_PUBSUB].hard_bytes);
    loop->limits_output = normal > 0 || (pubsub > 0 && loop->server->tier != NULL);
    loop->flush_at = FLUSH_BYTES;
    if (normal > 0 && normal + CONNECTION_FREE_OUTPUT < FLUSH_BYTES)
        loop->flush_at = (size_t)normal + CONNECTION_FREE_OUTPUT;
}

static bool is_first_of_connection(const struct batch *batch, size_t i)
{
    return i == 0 || batch->requests[i - 1].session != batch->requests[i].session;
}

/* So many requests before who has read a key is looked up. */
#define READERS_AHEAD 8

static __attribute__((noinline)) void fetch_readers(const struct batch *batch, size_t at)
{
    if (at >= batch->len) return;
    const struct request *request = &batch->requests[at];
    bool is_remembered = request->command != NULL && request->session->gates & GATE_TRACKER;
    if (is_remembered) tracking_prefetch_readers(request->session, request->hash);
}

static void execute_all(struct loop *loop)
{
    struct batch *batch = loop->batch;
    look_at_limits(loop);
    if (loop->server->tier != NULL) loop->server->stage->look(loop);
    loop->ticks = ticks_now();
    for (size_t i = 0; i < batch->len; i++) {
        struct session *session = batch->requests[i].session;
        struct connection *connection = session_connection(session);
        prefetch_advance(&batch->keys, loop->server->keyspace, batch->requests[i].keys);
        if (__builtin_expect(loop->limits_output, 0) && is_first_of_connection(batch, i))
            connection_begin_replies(connection);
        if (__builtin_expect(session->gates & GATE_TRACKER, 0)) fetch_readers(batch, i + READERS_AHEAD);
        loop->executing = session;
        execute(loop, &batch->requests[i]);
        bool last_of_connection = i + 1 == batch->len || batch->requests[i + 1].session != session;
        if (!last_of_connection) continue;
        connection_flush(connection);
        loop->ticks = ticks_now();
    }
    loop->executing = NULL;
    loop->out.limit = 0;
    batch->len = 0;
    batch->most = BATCH_REQUESTS;
    request_args_reset(&batch->args);
    prefetch_reset(&batch->keys);
}

static bool may_parse(const struct connection *connection)
{
    return connection->session.waits == 0 && !connection->session.closing;
}

/* What is on its way to one that speaks otherwise is told also when it is about to close. */
static bool may_serve(const struct connection *connection)
{
    return connection->session.waits == 0 && (!connection->session.closing || connection->answered);
}

static void let_go(struct connection *connection)
{
    connection->ready = false;
    if (connection->session.waits & WAIT_CLOSED) return;
    connection_keep_input(connection);
    /* What made its requests wait was over before the turn was. */
    if ((connection->sated || connection->answered) && may_serve(connection))
        connections_make_ready(connection);
    else if (connection->end_of_input)
        connection_end_input(connection);
}

static __attribute__((noinline)) void serve_speech(struct loop *loop, struct connection *connection)
{
    look_at_limits(loop);
    if (loop->server->tier != NULL) loop->server->stage->look(loop);
    loop->ticks = ticks_now();
    if (may_serve(connection)) connection->speech->serve(connection);
    loop->executing = NULL;
    loop->out.limit = 0;
}

void batch_run(struct loop *loop)
{
    /* Connections that become ready again meanwhile belong to the next turn. */
    size_t count = loop->connections->ready_len;
    for (size_t i = 0; i < count; i++) {
        struct connection *connection = loop->connections->ready[i];
        if (__builtin_expect(connection != NULL && connection->speech != NULL, 0)) {
            serve_speech(loop, connection);
            connection = loop->connections->ready[i]; /* it may be closed now */
            if (connection != NULL) connection->passed_over = !may_parse(connection);
            continue;
        }
        while (connection != NULL && may_parse(connection) && !parse_connection(loop, connection))
            execute_all(loop);
        if (connection != NULL) connection->passed_over = !may_parse(connection);
    }
    execute_all(loop);

    for (size_t i = 0; i < count; i++) {
        if (loop->connections->ready[i] != NULL) let_go(loop->connections->ready[i]);
    }
    loop->connections->ready_len -= count;
    for (size_t i = 0; i < loop->connections->ready_len; i++)
        loop->connections->ready[i] = loop->connections->ready[i + count];
    loop->connections->input_used = 0;
    if (__builtin_expect(loop->unparking, 0)) parking_asked(loop);
}

struct batch *batch_create(void)
{
    struct batch *batch = ALLOC_NEW(struct batch);
    batch->most = BATCH_REQUESTS;
    return batch;
}

void batch_destroy(struct batch **batch)
{
    request_args_clear(&(*batch)->args);
    alloc_free(*batch);
    *batch = NULL;
}
