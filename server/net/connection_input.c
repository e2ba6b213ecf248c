/* What a connection receives, and what of it is kept until its requests have run. */
#include "server/net/connection.h"

#include "server/config/settings.h"
#include "server/core/address.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/exec/stage.h"
#include "server/memory/loop_memory.h"
#include "server/net/connections.h"
#include "server/net/tls/tls_wire.h"
#include "server/observe/log.h"
#include "storage/memory/block.h"

/* One read takes at most this much, so that a busy client's input still leaves room for others in the turn.
 */
#define READ_PIECE_MAX (64u << 10)
#define READ_PIECE_MIN (16u << 10)

struct slice connection_input(const struct connection *connection)
{
    if (connection->input != NULL) return slice_of(connection->input, connection->input_len);
    return buffer_slice(&connection->tail);
}

/* What is reserved for a large value takes no memory before it comes; what was written to does until the
 * block is given back. */
static size_t tail_charge(const struct connection *connection)
{
    const struct buffer *tail = &connection->tail;
    size_t reserved = tail->cap < READ_PIECE_MIN ? tail->cap : READ_PIECE_MIN;
    size_t charged = connection->account.held[ACCOUNT_INPUT];
    size_t written = tail->len > charged ? tail->len : charged;
    if (tail->cap == 0) return 0;
    return written > reserved ? written : reserved;
}

/* As the allocator counts it: of a large block up to a quarter more than was asked for. */
static size_t held_by_tail(const struct connection *connection)
{
    return connection->tail.cap > 0 ? block_real_size(connection->tail.cap) : 0;
}

/* Arguments that have come are charged with the array that all of them will be handed out in. */
static void charge_tail(struct connection *connection)
{
    struct client_account *account = &connection->account;
    if (connection->tail.cap == 0 && account->held[ACCOUNT_INPUT] == 0) return; /* mostly */
    client_account_set(account, ACCOUNT_INPUT, tail_charge(connection));
    client_account_set(account, ACCOUNT_ARGUMENTS, connection->parser.passed * sizeof(struct slice));
    client_account_reserve(account, held_by_tail(connection) - account->held[ACCOUNT_INPUT]);
}

/* Another block, in which nothing but the tail was written yet. */
static void move_tail(struct connection *connection, size_t cap)
{
    buffer_set_capacity(&connection->tail, cap);
    client_account_set(&connection->account, ACCOUNT_INPUT, 0);
}

/* For each byte that is there so many may be reserved for those that are announced: few steps and copies to
 * a large value. What is reserved is taken from the kernel only as it is written to. */
#define EARNED_FACTOR 128
/* Room for what may follow a large value in its request. */
#define AFTER_VALUE 256
/* libuv's lengths are 32 bits wide. */
#define READ_MAX (1u << 30)

static size_t larger_of(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t smaller_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* What the request under way still asks for, `received` bytes of it being here, as far as it is believed. */
static size_t room_earned(const struct connection *connection, size_t received)
{
    size_t wanted = connection->parser.wanted > received ? connection->parser.wanted - received : 0;
    if (wanted > READ_PIECE_MIN) wanted += AFTER_VALUE;
    return smaller_of(wanted, EARNED_FACTOR * larger_of(received, READ_PIECE_MIN));
}

/* Room at the end of the tail. Nothing grows, and is moved, while there is any, nor for the last bytes of a
 * large value; and what comes behind them is not taken just because there is room. */
static uv_buf_t room_in_tail(struct connection *connection)
{
    struct buffer *tail = &connection->tail;
    size_t wanted = room_earned(connection, tail->len), room = tail->cap - tail->len;
    size_t least = wanted == 0 ? READ_PIECE_MIN : smaller_of(wanted, READ_PIECE_MIN);
    if (room < least) {
        size_t more = larger_of(larger_of(wanted, READ_PIECE_MIN), tail->len);
        move_tail(connection, tail->len + more);
        room = more;
    }
    charge_tail(connection);
    size_t most = smaller_of(larger_of(wanted, READ_PIECE_MAX), READ_MAX);
    return uv_buf_init(tail->data + tail->len, (unsigned)smaller_of(room, most));
}

/* The beginning of a large value goes where the whole will be: a first block that is soon outgrown would only
 * break up the memory of those that were here before. */
static void begin_tail(struct connection *connection, struct slice input)
{
    struct buffer *tail = &connection->tail;
    size_t follows = room_earned(connection, input.len);
    if (follows > READ_PIECE_MIN) move_tail(connection, tail->len + input.len + follows);
    buffer_append(tail, input.data, input.len);
}

/* Its first `len` bytes were run. What is left does not keep memory that was made for something larger. */
static void consume_tail(struct connection *connection, size_t len)
{
    struct buffer *tail = &connection->tail, old = *tail;
    size_t left = tail->len - len;
    if (old.cap <= READ_PIECE_MAX || left + room_earned(connection, left) > old.cap / 4) {
        buffer_consume(tail, len);
        return;
    }
    *tail = (struct buffer){ 0 };
    charge_tail(connection);
    begin_tail(connection, slice_of(old.data + len, left));
    buffer_clear(&old);
}

/* This turn's input so far goes to the tail, because more of it cannot follow in place. */
static void move_input_to_tail(struct connection *connection)
{
    if (connection->input == NULL) return;
    buffer_append(&connection->tail, connection->input, connection->input_len);
    charge_tail(connection);
    connection->input = NULL;
    connection->input_len = 0;
}

static bool follows_in_place(const struct connection *connection)
{
    const struct loop *loop = connection->loop;
    return connection->input + connection->input_len ==
           loop->connections->input + loop->connections->input_used;
}

/* What a socket mostly holds at most. */
#define RECEIVED_AT_ONCE ((size_t)6 << 20)

void connection_give_room(struct wire *wire, uv_buf_t *room)
{
    struct connection *connection = connection_of(wire);
    struct loop *loop = connection->loop;
    size_t left = CONNECTIONS_INPUT_BYTES - loop->connections->input_used;
    bool in_place = connection->tail.len == 0 && left >= READ_PIECE_MIN &&
                    (connection->input == NULL || follows_in_place(connection));
    if (!in_place) {
        move_input_to_tail(connection);
        *room = room_in_tail(connection);
        counter_set(&loop->memory->accounts.receiving,
                    room->len < RECEIVED_AT_ONCE ? room->len : RECEIVED_AT_ONCE);
        return;
    }
    *room = uv_buf_init(loop->connections->input + loop->connections->input_used,
                        (unsigned)(left < READ_PIECE_MAX ? left : READ_PIECE_MAX));
}

size_t connection_input_room(const struct connection *connection)
{
    if (connection->input == NULL) return connection->tail.cap - connection->tail.len;
    return smaller_of(CONNECTIONS_INPUT_BYTES - connection->loop->connections->input_used, READ_PIECE_MAX);
}

/* It waits for what somebody else does. Until then it is read, up to client-query-buffer-limit: the end of
 * what it sends comes behind all that, and who has gone must not be given what others could have. */
static bool is_blocked(const struct connection *connection)
{
    return connection->session.waits & WAIT_KEYS || stage_keeps_waiting(&connection->session);
}

/* Whoever sends faster than requests are run must not fill memory meanwhile: when the request under way has
 * all it wants, the kernel keeps the rest until it has run. */
static void pause_reading_if_sated(struct connection *connection)
{
    connection->sated = !is_blocked(connection) && connection->tail.len >= connection->parser.wanted;
    connection_update_reading(connection);
}

/* A large value is only known for one when its beginning was parsed. The rest can then be received into
 * memory of its own, and need not be moved there. */
static void pause_reading_to_parse(struct connection *connection)
{
    connection->sated = true;
    connection_update_reading(connection);
}

/* A large value is waited for in large pieces. Each read has its price: above all that it tells the sender,
 * which on the same machine is work of the reader's time. */
#define AWAITED_MIN (64u << 10)
#define AWAITED_MAX (1u << 20)

/* What waits in the kernel is on no account, so it must be little of what the limits allow. */
#define UNSEEN_PARTS 32

static size_t most_awaited(const struct connection *connection)
{
    const struct settings *settings = connection->loop->server->settings;
    size_t limit = (size_t)SETTING(settings, client_query_buffer_limit);
    size_t together = (size_t)settings_maxmemory_clients(settings);
    size_t here = connection->tail.len, most = limit > here ? limit - here : 1;
    if (together > 0) most = smaller_of(most, together / UNSEEN_PARTS + 1);
    return smaller_of(most, AWAITED_MAX);
}

static void await_value(struct connection *connection)
{
    size_t wanted = connection->parser.wanted, here = connection->tail.len;
    size_t left = wanted > here ? wanted - here : 0;
    int awaited = left < AWAITED_MIN ? 1 : (int)smaller_of(left, most_awaited(connection));
    wire_await(&connection->wire, awaited);
}

static bool close_if_over_query_limit(struct connection *connection)
{
    if (!client_account_query_is_over(&connection->account)) return false;
    char peer[ADDRESS_TEXT_MAX];
    session_peer(&connection->session, peer, sizeof(peer));
    log_write(LOG_LEVEL_WARNING,
              "Closing client that reached max query buffer length: id=%llu addr=%s qbuf=%zu",
              (unsigned long long)connection->session.id, peer, connection->tail.len);
    counter_add(&connection->loop->counters.query_buffer_closes, 1);
    connection_close(connection);
    return true;
}

static void note_recent(struct loop *loop, size_t len)
{
    if (len > counter_get(&loop->counters.recent_input_max))
        counter_set(&loop->counters.recent_input_max, len);
}

static void take_input(struct connection *connection, char *data, size_t len)
{
    struct loop *loop = connection->loop;
    connection->session.net_in += len;
    counter_add(&loop->counters.net_in, len);
    counter_add(&loop->counters.reads, 1);
    if (data == loop->connections->input + loop->connections->input_used) {
        if (connection->input == NULL) connection->input = data;
        connection->input_len += len;
        loop->connections->input_used += len;
    } else {
        buffer_commit(&connection->tail, len);
        note_recent(loop, connection->tail.len);
        charge_tail(connection);
        if (close_if_over_query_limit(connection)) return;
        await_value(connection);
    }
    if (connection->tail.len >= OUTPUT_HIGH)
        pause_reading_if_sated(connection);
    else if (connection->input_len >= READ_PIECE_MAX)
        pause_reading_to_parse(connection);
    connections_make_ready(connection);
}

/* What it waits for may never come: somebody's push, the end of CLIENT PAUSE. */
static bool waits_without_end(const struct connection *connection)
{
    return connection->session.waits & (WAIT_SUSPENDED | WAIT_PAUSED) || is_blocked(connection);
}

void connection_end_input(struct connection *connection)
{
    if (connection->session.waits & WAIT_CLOSED) return;
    connection->end_of_input = true;
    if (connection->ready) return; /* its last requests are still to run in this turn */
    bool more_runs = connection->session.waits & WAIT_SURVEY ||
                     (connection->session.waits != 0 && connection->tail.len > 0);
    if (!more_runs || waits_without_end(connection)) connection_finish(connection);
}

void connection_look_for_end(struct connection *connection)
{
    bool read = connection->wire.reading || connection->session.waits & WAIT_CLOSED;
    if (read || !waits_without_end(connection)) return;
    if (wire_has_ended(&connection->wire)) connection_end_input(connection);
}

static void has_received(struct loop *loop)
{
    counter_set(&loop->memory->accounts.receiving, 0);
}

void connection_take_input(struct wire *wire, char *data, size_t len)
{
    struct connection *connection = connection_of(wire);
    struct loop *loop = connection->loop;
    take_input(connection, data, len);
    has_received(loop);
    connections_serve(loop);
}

void connection_on_end(struct wire *wire)
{
    struct connection *connection = connection_of(wire);
    has_received(connection->loop);
    connection_end_input(connection);
}

static void log_failure(const struct wire *wire, int why)
{
    char reason[256];
    tls_wire_complaint(wire, why, reason, sizeof(reason));
    if (tls_wire_is_shaking(wire))
        log_write(LOG_LEVEL_WARNING, "Error accepting a client connection: %s", reason);
    else
        log_write(LOG_LEVEL_VERBOSE, "Reading from client: %s", reason);
}

void connection_on_failure(struct wire *wire, int why)
{
    struct connection *connection = connection_of(wire);
    if (wire->tls != NULL) log_failure(wire, why);
    has_received(connection->loop);
    connection_close(connection);
}

/* All that came was run where it was received, which is how most turns end. */
static bool is_used_up(const struct connection *connection)
{
    return connection->input != NULL && connection->consumed == connection->input_len &&
           connection->parsed == connection->consumed && connection->tail.cap == 0 &&
           connection->wire.awaited == 1;
}

static void keep_nothing(struct connection *connection)
{
    connection->input = NULL;
    connection->input_len = connection->parsed = connection->consumed = 0;
    connection->sated = false;
    if (!connection->wire.reading) connection_update_reading(connection);
}

static void keep_rest(struct connection *connection, struct slice input)
{
    struct buffer *tail = &connection->tail;
    /* What was received may be an entry's now. */
    size_t left = input.len > connection->consumed ? input.len - connection->consumed : 0;
    /* Requests that were parsed but not run are parsed again. */
    bool held_back = connection->parsed != connection->consumed;
    if (held_back) request_parser_clear(&connection->parser);

    if (connection->input != NULL)
        begin_tail(connection, slice_of(input.data + connection->consumed, left));
    else if (left > 0)
        consume_tail(connection, connection->consumed);
    if (left == 0 && tail->cap > 0) buffer_clear(tail);

    connection->input = NULL;
    connection->input_len = connection->parsed = connection->consumed = 0;
    charge_tail(connection);
    await_value(connection);
    bool has_more = held_back || (connection->passed_over && left > 0);
    connection->sated = has_more && connection->session.waits == 0;
    if (connection->wire.reading == connection->sated) connection_update_reading(connection);
    if (client_account_query(&connection->account) > 0) close_if_over_query_limit(connection);
}

void connection_keep_input(struct connection *connection)
{
    struct slice input = connection_input(connection);
    note_recent(connection->loop, input.len);
    if (__builtin_expect(is_used_up(connection), 1))
        keep_nothing(connection);
    else
        keep_rest(connection, input);
}

bool connection_holds(const struct connection *connection, struct slice text, size_t end)
{
    const struct buffer *tail = &connection->tail;
    return connection->input == NULL && end == tail->len && text.data > tail->data &&
           text.data + text.len <= tail->data + tail->len;
}

void connection_part_with_tail(struct connection *connection)
{
    connection->tail = (struct buffer){ 0 };
    charge_tail(connection);
}

void connection_update_reading(struct connection *connection)
{
    if (connection->session.waits & WAIT_CLOSED) return;
    /* A suspended or paused client is still read, to notice that it has gone, but not without end. */
    bool full =
        connection->session.waits != 0 && connection->tail.len >= OUTPUT_HIGH && !is_blocked(connection);
    bool wanted = !(connection->session.waits & WAIT_OUTPUT) && !full && !connection->sated &&
                  !connection->session.closing && !connection->session.left && !connection->end_of_input;
    wire_read(&connection->wire, wanted);
}
