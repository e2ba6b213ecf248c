#include "server/exec/transaction/multi.h"

#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "server/core/address.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/exec/call.h"
#include "server/exec/command/table.h"
#include "server/exec/session/session.h"
#include "server/exec/session/sessions.h"
#include "server/exec/transaction/watches.h"
#include "server/memory/client_account.h"
#include "server/observe/log.h"

/* Of a transaction that is over so much memory is kept for the next. */
#define KEPT_BYTES ((size_t)16 << 10)

void multi_begin(struct session *session)
{
    struct multi **spare = sessions_spare_multi(session->loop->sessions);
    REQUIRE(session->multi == NULL);
    session->multi = *spare != NULL ? *spare : ALLOC_NEW(struct multi);
    *spare = NULL;
    session->gates |= GATE_MULTI;
}

/* The command, its array of arguments and their text are one piece. */
static struct queued *copy_of(struct multi *multi, const struct call *call)
{
    size_t text_bytes = 0;
    for (int i = 0; i < call->argc; i++) text_bytes += call->argv[i].len;
    size_t head_bytes = sizeof(struct queued) + (size_t)call->argc * sizeof(struct slice);
    struct queued *queued = region_take(&multi->memory, head_bytes + text_bytes);
    *queued = (struct queued){ .command = call->command, .first_hash = call->first_hash, .argc = call->argc };
    char *text = (char *)queued + head_bytes;
    for (int i = 0; i < call->argc; i++) {
        struct slice argument = call->argv[i];
        if (argument.len > 0) memcpy(text, argument.data, argument.len);
        queued->argv[i] = slice_of(text, argument.len);
        text += argument.len;
    }
    multi->text_bytes += text_bytes;
    return queued;
}

static void add(struct multi *multi, struct queued *queued)
{
    if (multi->last != NULL)
        multi->last->next = queued;
    else
        multi->first = queued;
    multi->last = queued;
    multi->count++;
}

/* As Redis does before it reads on: nothing that was not sent yet is replied. */
static void close_over_limit(struct session *session)
{
    char peer[ADDRESS_TEXT_MAX];
    session_peer(session, peer, sizeof(peer));
    log_write(LOG_LEVEL_WARNING,
              "Closing client that reached max query buffer length: id=%llu addr=%s multi-mem=%zu",
              (unsigned long long)session->id, peer, session->multi->text_bytes);
    counter_add(&session->loop->counters.query_buffer_closes, 1);
    session->closing = true;
}

static void charge(struct session *session)
{
    struct multi *multi = session->multi;
    if (multi->charged == multi->memory.bytes) return;
    multi->charged = multi->memory.bytes;
    client_account_set(session->account, ACCOUNT_QUEUED, multi->charged);
    if (client_account_query_is_over(session->account)) close_over_limit(session);
}

void multi_queue(struct call *call)
{
    struct multi *multi = call->session->multi;
    if (multi->doomed || watches_are_broken(call->session)) return;
    add(multi, copy_of(multi, call));
    multi->flags |= call->command->flags;
    if (call->server->loop_count > 1) multi->shards |= call_shards(call);
    charge(call->session);
}

void multi_doom(struct session *session)
{
    if (session->multi != NULL) session->multi->doomed = true;
}

struct multi *multi_take(struct session *session)
{
    struct multi *multi = session->multi;
    session->multi = NULL;
    session->gates &= ~(uint32_t)GATE_MULTI;
    if (multi->charged > 0) client_account_set(session->account, ACCOUNT_QUEUED, 0);
    return multi;
}

void multi_destroy(struct multi *multi)
{
    buffer_clear(&multi->inside);
    buffer_clear(&multi->whole);
    region_clear(&multi->memory);
    alloc_free(multi);
}

void multi_release(struct loop *loop, struct multi *multi)
{
    struct multi **spare = sessions_spare_multi(loop->sessions);
    if (*spare != NULL) {
        multi_destroy(multi);
        return;
    }
    buffer_clear(&multi->inside);
    buffer_clear(&multi->whole);
    struct region memory = multi->memory;
    region_reset(&memory, KEPT_BYTES);
    *multi = (struct multi){ .memory = memory };
    *spare = multi;
}

void multi_end(struct session *session)
{
    if (session->watches != NULL) session->loop->unwatch(session);
    if (session->multi != NULL) multi_release(session->loop, multi_take(session));
    if (session->running != NULL) multi_release(session->loop, session->running);
    session->running = NULL;
}
