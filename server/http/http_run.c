#include "server/http/http_run.h"

#include "proto/base/alloc.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/core/take_back.h"
#include "server/core/ticks.h"
#include "server/exec/command/table.h"
#include "server/exec/dispatch.h"
#include "server/exec/executor.h"
#include "server/exec/request.h"
#include "server/exec/session/survey.h"
#include "server/http/http_client.h"
#include "server/http/http_loop.h"
#include "server/http/http_reply.h"
#include "server/http/http_write.h"
#include "server/net/connection.h"

struct http_client *http_client_of(struct call *call)
{
    return session_connection(call->session)->http;
}

static void finish(struct http_client *client)
{
    struct http_loop *http = client->connection->loop->http;
    struct http_reply reply = { .text = buffer_slice(&http->answer), .values = &http->values };
    client->exchange.finish(client, &reply);
    take_back(&http->reply, 0);
}

static enum http_step hold(struct http_client *client, enum session_wait why)
{
    connection_wait(client->connection, why);
    return HTTP_STEP_HELD;
}

/* What was replied meanwhile is looked at in the next turn. */
static enum http_step wait_for_answer(struct http_client *client, enum session_wait why)
{
    client->in_flight = true;
    if (why != 0) connection_wait(client->connection, why);
    return HTTP_STEP_LATER;
}

static struct call call_for(struct http_client *client, const struct http_command *command)
{
    struct connection *connection = client->connection;
    struct session *session = &connection->session;
    struct http_loop *http = session->loop->http;
    struct call call = executor_call(session, &http->reply, command->argv, (int)command->argc);
    call.guard = command->guard;
    call.input_end = connection->consumed + client->reader.length;
    session->active_ms = call.now_ms;
    return call;
}

static enum http_step run_here(struct http_client *client, const struct http_command *command,
                               const struct command_info *info)
{
    struct loop *loop = client->connection->loop;
    struct call call = call_for(client, command);
    switch (executor_run(&call, info)) {
    case EXECUTED_PARKED: return hold(client, WAIT_PARKED);
    case EXECUTED_WAIT: return hold(client, WAIT_PAUSED);
    case EXECUTED:
        if (loop->http->answer.len == 0) return wait_for_answer(client, 0);
        break;
    case EXECUTED_MISSED: break;
    }
    finish(client);
    return HTTP_STEP_DONE;
}

/* What was replied at once stands behind the responses that are there. Values in it that stand elsewhere are
 * taken along. */
static void take_output(struct loop *loop, size_t start, size_t values)
{
    struct http_loop *http = loop->http;
    size_t from = start;
    for (size_t i = values; i < loop->values.len; i++) {
        struct reply_value *value = &loop->values.items[i];
        buffer_append(&http->answer, loop->out.data + from, value->at - from);
        buffer_append(&http->answer, value->text.data, value->text.len);
        from = value->at;
    }
    buffer_append(&http->answer, loop->out.data + from, loop->out.len - from);
    loop_take_back(loop, start);
}

static enum http_step run_by_tier(struct http_client *client, const struct http_command *command,
                                  const struct command_info *info)
{
    struct connection *connection = client->connection;
    struct loop *loop = connection->loop;
    size_t start = loop->out.len, values = loop->values.len;
    struct request request = { .session = &connection->session,
                               .command = info,
                               .argc = command->argc,
                               .end = connection->consumed + client->reader.length };
    switch (dispatch_to_tier(loop, &request, command->argv)) {
    case DISPATCH_HELD: return HTTP_STEP_HELD;
    case DISPATCH_PARKED: return hold(client, WAIT_PARKED);
    case DISPATCH_PAUSED: return hold(client, WAIT_PAUSED);
    case DISPATCH_DONE: break;
    }
    if (loop->out.len == start) return wait_for_answer(client, WAIT_ANSWER);
    take_output(loop, start, values);
    finish(client);
    return HTTP_STEP_DONE;
}

/* Several commands may make one response: none of those behind it runs. */
static enum http_step refuse_taken_out(struct http_client *client)
{
    client->exchange.failed = true;
    http_write_taken_out(client);
    return HTTP_STEP_DONE;
}

enum http_step http_run(struct http_client *client, const struct http_command *command)
{
    struct connection *connection = client->connection;
    struct loop *loop = connection->loop;
    const struct command_info *info = command_table_find_original(loop->server->commands, command->argv[0]);
    if (info == NULL) return refuse_taken_out(client);
    client->exchange.finish = command->finish;
    size_t length = client->reader.length;
    loop->executing = &connection->session;
    enum http_step step =
        loop->server->tier == NULL ? run_here(client, command, info) : run_by_tier(client, command, info);
    loop->executing = NULL;
    if (step != HTTP_STEP_HELD && command->takes_value) {
        connection->consumed += length;
        client->exchange.consumed = true;
    }
    return step;
}

/* As CLIENT LIST does, whose right it takes, though that is not what runs. */
enum http_step http_run_survey(struct http_client *client, const struct survey *survey,
                               void (*answered)(struct http_client *client, struct http_reply *reply))
{
    static const struct slice argv[] = { { "CLIENT", sizeof("CLIENT") - 1 }, { "LIST", sizeof("LIST") - 1 } };
    struct session *session = &client->connection->session;
    struct loop *loop = session->loop;
    struct call call = executor_call(session, &loop->http->reply, argv, 2);
    call.command = command_table_find_original(loop->server->commands, SLICE("client|list"));
    session->active_ms = call.now_ms;
    client->exchange.finish = answered;
    survey_start(&call, survey, NULL);
    return wait_for_answer(client, 0);
}

void http_run_tell(struct http_client *client, struct slice name, const struct slice *words, size_t count,
                   uint64_t began)
{
    struct session *session = &client->connection->session;
    struct loop *loop = session->loop;
    struct call call = executor_call(session, &loop->http->reply, words, (int)count);
    call.command = command_table_find_original(loop->server->commands, name);
    if (call.command == NULL) return;
    session->last_command = call.command;
    executor_tell(&call, session->db, ticks_to_ns(ticks_now() - began, loop->server->ns_per_tick));
}

void http_run_answer(struct http_client *client, struct slice bytes)
{
    struct connection *connection = client->connection;
    size_t consumed = 0;
    if (client->late == NULL) client->late = ALLOC_NEW(struct http_late);
    struct http_late *late = client->late;
    buffer_append(&late->text, bytes.data, bytes.len);
    client_account_add(&connection->account, ACCOUNT_OUTPUT, bytes.len);
    if (late->whole) return;
    late->whole = reply_reader_skip(&late->reader, buffer_slice(&late->text), &consumed) != READER_MORE;
    if (late->whole) connection_resume(connection, WAIT_ANSWER);
}

void http_run_forget(struct http_client *client)
{
    struct http_late *late = client->late;
    client->late = NULL;
    if (late == NULL) return;
    client_account_take(&client->connection->account, ACCOUNT_OUTPUT, late->text.len);
    buffer_clear(&late->text);
    alloc_free(late);
}

bool http_run_late(struct http_client *client)
{
    struct http_loop *http = client->connection->loop->http;
    struct http_late *late = client->late;
    client->connection->answered = false;
    if (late == NULL || !late->whole) return false;
    take_back(&http->reply, 0);
    buffer_append(&http->answer, late->text.data, late->text.len);
    client->exchange.came_late = true;
    http_run_forget(client);
    finish(client);
    return true;
}
