#include "server/exec/session/suspension.h"

#include "proto/base/contract.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/exec/call.h"
#include "server/exec/command/table.h"
#include "server/exec/session/session.h"
#include "server/exec/session/sessions.h"
#include "server/observe/errorstats.h"

/* CLIENT REPLY is settled when a command has run, and SKIP is over by the time of the answer. */
void suspension_start(struct call *call, enum session_wait why)
{
    struct session *session = call->session;
    REQUIRE(!call->inside); /* CMD_APART */
    session->answer_unwanted = session_is_silent(session);
    call_note_arguments(call);
    session->last_command = call->command; /* also when it was queued, and another came after it */
    session->suspended = true;
    session_wait(session, why);
}

/* The call itself was counted as one that went well: it had not failed yet. */
static void count_failure(struct loop *loop, const struct session *session)
{
    counter_add(&loop->counters.by_command[session->last_command->id].failed, 1);
}

static void count_error(struct loop *loop, struct slice error)
{
    errorstats_count(loop->server->errorstats, error);
    counter_add(&loop->counters.errors, 1);
}

/* A script's may have been counted where it came from. */
static void count_answer(struct loop *loop, const struct session *session)
{
    const struct reply *reply = &loop->reply;
    if (reply->errors == 0) return;
    if (reply->errors > reply->counted)
        count_error(loop, slice_of(loop->out.data + reply->error_at, loop->out.len - reply->error_at));
    loop->reply.counted = 0;
    count_failure(loop, session);
}

void suspension_end(struct loop *loop, uint64_t session_id, suspension_answer answer, void *context)
{
    struct session *session = sessions_find(loop->sessions, session_id);
    if (session == NULL) return;

    session->suspended = false;
    size_t start = loop->out.len;
    loop->reply.protocol = session->protocol;
    loop->reply.errors = 0;
    loop->executing = session;
    answer(session, &loop->reply, context);
    loop->executing = NULL;
    count_answer(loop, session);
    if (session->answer_unwanted) loop_take_back(loop, start);
    if (session->take_answer != NULL) {
        session->take_answer(session, start);
        return;
    }
    session_flush(session);
    session_resume(session, WAIT_SUSPENDED | WAIT_SURVEY);
}

void suspension_push(struct session *session, struct slice answer)
{
    if (answer.len > 0 && answer.data[0] == '-') {
        count_error(session->loop, answer);
        count_failure(session->loop, session);
    }
    session->suspended = false;
    if (!session->answer_unwanted) session_push(session, answer);
    session_resume(session, WAIT_KEYS);
}
