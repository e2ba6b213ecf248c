#include "server/net/connections.h"

#include <sys/mman.h>

#include "proto/base/alloc.h"
#include "proto/base/array.h"
#include "proto/base/contract.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/exec/gates/pause.h"
#include "server/exec/session/sessions.h"
#include "server/net/connection.h"

/* Of its own, since most of it is seldom touched, and with a page behind it that nobody may touch. */
#define GUARD_BYTES 65536

static char *map_input(void)
{
    char *input = mmap(NULL, CONNECTIONS_INPUT_BYTES + GUARD_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    INVARIANT(input != MAP_FAILED);
    mprotect(input + CONNECTIONS_INPUT_BYTES, GUARD_BYTES, PROT_NONE);
    return input;
}

struct connections *connections_create(struct loop *loop)
{
    struct connections *connections = ALLOC_NEW(struct connections);
    connections->input = map_input();
    int failure = uv_timer_init(&loop->uv, &connections->pause);
    INVARIANT(failure == 0);
    connections->pause.data = loop;
    return connections;
}

void connections_destroy(struct connections **connections)
{
    struct connections *c = *connections;
    munmap(c->input, CONNECTIONS_INPUT_BYTES + GUARD_BYTES);
    alloc_free(c->ready);
    alloc_free(c);
    *connections = NULL;
}

void connections_add(struct connection *connection)
{
    struct connections *connections = connection->loop->connections;
    connection->next = connections->first;
    if (connection->next != NULL) connection->next->previous = connection;
    connections->first = connection;
}

void connections_remove(struct connection *connection)
{
    struct connections *connections = connection->loop->connections;
    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        connections->first = connection->next;
    if (connection->next != NULL) connection->next->previous = connection->previous;
    if (connections->first == NULL) loop_is_deserted(connection->loop);
}

void connections_make_ready(struct connection *connection)
{
    struct connections *connections = connection->loop->connections;
    if (connection->ready) return;
    connection->ready = true;
    ARRAY_RESERVE(connections->ready, connections->ready_len, connections->ready_cap, 64);
    connections->ready[connections->ready_len++] = connection;
}

void connections_forget_ready(struct connection *connection)
{
    struct connections *connections = connection->loop->connections;
    if (!connection->ready) return;
    connection->ready = false;
    for (size_t i = 0; i < connections->ready_len; i++) {
        if (connections->ready[i] == connection) connections->ready[i] = NULL;
    }
}

/* So many connections make a batch: it has keys enough to be fetched ahead together, what was read is still
 * in the nearest cache, and the first do not wait for all others to be read. */
#define BATCH_CONNECTIONS 16

void connections_serve(struct loop *loop)
{
    if (loop->connections->ready_len >= BATCH_CONNECTIONS) loop->stages->serve(loop);
}

static void end_pause(uv_timer_t *timer)
{
    struct loop *loop = timer->data;
    loop_read_clock(loop);
    connections_pause_changed(loop);
}

void connections_pause_changed(struct loop *loop)
{
    struct connections *connections = loop->connections;
    int64_t until_ms = pause_until_ms(loop->server->pause);
    if (until_ms > loop->now_ms) {
        uv_update_time(&loop->uv);
        uv_timer_start(&connections->pause, end_pause, (uint64_t)(until_ms - loop->now_ms), 0);
    }
    /* Also when a pause goes on: it may have turned from all commands to writes. */
    connections_ask_again(loop);
    if (connections->ready_len > 0) loop_set_busy(loop, true);
}

void connections_ask_again(struct loop *loop)
{
    sessions_resume(loop->sessions, WAIT_PAUSED);
}

bool connections_finish(struct loop *loop)
{
    struct connection *next;
    for (struct connection *connection = loop->connections->first; connection != NULL; connection = next) {
        next = connection->next;
        connection->session.closing = true;
        connection_finish(connection);
    }
    return loop->connections->first != NULL;
}

void connections_close(struct loop *loop)
{
    while (loop->connections->first != NULL) connection_close(loop->connections->first);
    loop->connections->ready_len = 0;
}
