#include "server/commands/dump/migration.h"

#include <string.h>

#include <uv.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "proto/base/holder.h"
#include "proto/base/number.h"
#include "proto/reply_reader.h"
#include "server/commands/dump/payload.h"
#include "server/config/settings.h"
#include "server/config/upstream_url.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/exec/call.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/errors_dump.h"
#include "server/exec/executor.h"
#include "server/exec/session/session.h"
#include "server/exec/session/suspension.h"
#include "server/memory/client_account.h"
#include "server/net/tls/tls_contexts.h"
#include "server/net/tls/tls_wire.h"
#include "server/net/wire.h"
#include "server/upstream/channel/dial.h"
#include "storage/entry/entry.h"

#define READ_BYTES 4096
/* The longest reply that is waited for: each is a line. */
#define REPLY_MAX ((size_t)64 << 10)
/* Between two attempts to get at a key that somebody keeps. */
#define AGAIN_MS 2

/* A key and its payload stand in the request. */
struct passenger {
    size_t name, name_len;
    size_t payload, payload_len;
    int64_t deadline_ms;
    bool arrived;
};

struct migration {
    struct session_work work;
    struct session *session; /* NULL: it has gone, or was answered */
    struct loop *loop;
    struct wire wire;
    struct dial dial;
    uv_timer_t timer;
    uv_write_t write;
    int parts; /* timer, wire and dial, as far as they are still to be closed */
    struct upstream_url url;
    int64_t timeout_ms;
    unsigned db;
    bool copy, replace;
    struct buffer request, in;
    struct reply_reader reader;
    size_t answered; /* requests */
    size_t before;   /* of them, those before the first key's */
    struct passenger *passengers;
    size_t count;
    size_t settled;      /* passengers that were deleted here, or are not to be */
    struct buffer error; /* the first */
    char chunk[READ_BYTES];
};

/* What it takes to delete a key. */
struct removal {
    struct call call; /* the first, so that a guard finds the rest */
    struct migration *migration;
    struct passenger *passenger;
    bool kept; /* it holds something else by now */
};

static void free_migration(struct migration *migration)
{
    buffer_clear(&migration->request);
    buffer_clear(&migration->in);
    buffer_clear(&migration->error);
    alloc_free(migration->passengers);
    alloc_free(migration);
}

static void part_closed(struct migration *migration)
{
    if (--migration->parts == 0) free_migration(migration);
}

static struct migration *of_wire(struct wire *wire)
{
    return HOLDER_OF(wire, struct migration, wire);
}

static void on_wire_closed(struct wire *wire)
{
    part_closed(of_wire(wire));
}

static void on_given_up(struct dial *dial)
{
    part_closed(HOLDER_OF(dial, struct migration, dial));
}

/* Nothing more is heard or said. */
static void hang_up(struct migration *migration)
{
    if (migration->wire.closing) return;
    if (dial_give_up(&migration->dial)) migration->parts++;
    wire_close(&migration->wire);
}

static void on_timer_closed(uv_handle_t *timer)
{
    part_closed(timer->data);
}

static void leave_session(struct migration *migration)
{
    struct session *session = migration->session;
    if (session == NULL) return;
    client_account_take(session->account, ACCOUNT_REQUESTS, migration->request.cap);
    session->work = NULL;
    migration->session = NULL;
}

static void end(struct migration *migration)
{
    leave_session(migration);
    hang_up(migration);
    uv_close((uv_handle_t *)&migration->timer, on_timer_closed);
}

static void drop(struct session_work *work)
{
    end((struct migration *)(void *)work);
}

static void write_answer(struct session *session, struct reply *reply, void *context)
{
    struct migration *migration = context;
    (void)session;
    if (migration->error.len > 0)
        reply_error(reply, buffer_slice(&migration->error));
    else
        reply_ok(reply);
}

static void answer(struct migration *migration)
{
    struct loop *loop = migration->loop;
    uint64_t session = migration->session->id;
    leave_session(migration);
    loop_post(loop);
    suspension_end(loop, session, write_answer, migration);
    end(migration);
}

static void note_error(struct migration *migration, const char *format, int len, const char *text)
{
    if (migration->error.len == 0) buffer_printf(&migration->error, format, len, text);
}

/* Inside the access of its DEL. */
static bool is_unchanged(struct call *call)
{
    struct removal *removal = (struct removal *)(void *)call;
    const struct migration *migration = removal->migration;
    const struct passenger *passenger = removal->passenger;
    const struct entry *entry = call_peek(call, 1);
    struct buffer payload = { 0 };
    bool same = entry != NULL && call_deadline_ms(call, 1, entry) == passenger->deadline_ms;
    if (same) {
        payload_write(&payload, call, 1, entry, DUMP_PLAIN);
        same = slice_equal(buffer_slice(&payload),
                           slice_of(migration->request.data + passenger->payload, passenger->payload_len));
    }
    buffer_clear(&payload);
    removal->kept = entry != NULL && !same;
    return same;
}

/* False: it could not be looked at now. */
static bool remove_here(struct migration *migration, struct passenger *passenger)
{
    struct slice name = slice_of(migration->request.data + passenger->name, passenger->name_len);
    struct slice argv[] = { SLICE("DEL"), name };
    struct buffer out = { 0 };
    struct reply reply = { .out = &out };
    const struct command_info *del = command_table_find_original(migration->loop->server->commands, argv[0]);
    if (del == NULL) { /* by rename-command */
        note_error(migration, ERR_MIGRATE_KEPT_FMT, (int)name.len, name.data);
        return true;
    }
    struct removal removal = { .migration = migration, .passenger = passenger };
    removal.call = executor_call(migration->session, &reply, argv, 2);
    removal.call.db = migration->db;
    removal.call.guard = is_unchanged;
    enum executed executed = executor_run(&removal.call, del);
    buffer_clear(&out);
    if (removal.kept) note_error(migration, ERR_MIGRATE_CHANGED_FMT, (int)name.len, name.data);
    return executed == EXECUTED || executed == EXECUTED_MISSED;
}

static void settle(struct migration *migration);

static void try_again(uv_timer_t *timer)
{
    settle(timer->data);
}

/* All that is to be heard was heard. */
static void settle(struct migration *migration)
{
    loop_read_clock(migration->loop);
    for (; migration->settled < migration->count; migration->settled++) {
        struct passenger *passenger = &migration->passengers[migration->settled];
        if (migration->copy || !passenger->arrived || remove_here(migration, passenger)) continue;
        uv_timer_start(&migration->timer, try_again, AGAIN_MS, 0);
        return;
    }
    answer(migration);
}

static void fail(struct migration *migration, const char *error)
{
    note_error(migration, "%.*s", (int)strlen(error), error);
    hang_up(migration);
    settle(migration);
}

static void on_silence(uv_timer_t *timer)
{
    struct migration *migration = timer->data;
    bool connected = migration->write.data != NULL && !tls_wire_is_shaking(&migration->wire);
    fail(migration, connected ? ERR_MIGRATE_READ : ERR_MIGRATE_CONNECT);
}

static void wait_for_more(struct migration *migration)
{
    uv_timer_start(&migration->timer, on_silence, (uint64_t)migration->timeout_ms, 0);
}

/* False: there is no point in going on. */
static bool take_reply(struct migration *migration, const struct reply_element *reply)
{
    bool is_error = reply->type == REPLY_ERROR;
    size_t index = migration->answered++;
    if (is_error) note_error(migration, ERR_MIGRATE_TARGET_FMT, (int)reply->text.len, reply->text.data);
    if (index < migration->before) return !is_error;
    migration->passengers[index - migration->before].arrived = !is_error;
    return true;
}

static bool is_complete(const struct migration *migration)
{
    return migration->answered == migration->before + migration->count;
}

/* False: it is over. */
static bool take_replies(struct migration *migration)
{
    struct reply_element reply;
    size_t len;
    enum reader_status status;
    while (!is_complete(migration)) {
        status = reply_reader_next(&migration->reader, buffer_slice(&migration->in), &reply, &len);
        if (status == READER_MORE) return true;
        bool goes_on = status == READER_READY && reply_reader_at_end(&migration->reader) &&
                       take_reply(migration, &reply);
        if (!goes_on) {
            fail(migration, ERR_MIGRATE_READ);
            return false;
        }
        buffer_consume(&migration->in, len);
    }
    hang_up(migration);
    settle(migration);
    return false;
}

static void give_room(struct wire *wire, uv_buf_t *room)
{
    struct migration *migration = of_wire(wire);
    *room = uv_buf_init(migration->chunk, sizeof migration->chunk);
}

static void on_received(struct wire *wire, char *bytes, size_t len)
{
    struct migration *migration = of_wire(wire);
    size_t answered = migration->answered;
    buffer_append(&migration->in, bytes, len);
    if (!take_replies(migration)) return;
    if (migration->in.len > REPLY_MAX)
        fail(migration, ERR_MIGRATE_READ);
    else if (migration->answered > answered)
        wait_for_more(migration); /* for each reply anew, not for each of its bytes */
}

static void on_ended(struct wire *wire)
{
    fail(of_wire(wire), ERR_MIGRATE_READ);
}

/* Who does not shake hands is not connected to. */
static void on_failed(struct wire *wire, int why)
{
    (void)why;
    fail(of_wire(wire), tls_wire_is_shaking(wire) ? ERR_MIGRATE_CONNECT : ERR_MIGRATE_READ);
}

static const struct wire_events wire_events = {
    .room = give_room,
    .received = on_received,
    .ended = on_ended,
    .failed = on_failed,
    .closed = on_wire_closed,
};

static void on_written(uv_write_t *write, int status)
{
    struct migration *migration = write->data;
    if (migration->wire.closing) return;
    if (status < 0)
        fail(migration, ERR_MIGRATE_WRITE);
    else
        wait_for_more(migration);
}

/* In pieces as long as the kernel takes them. */
#define PIECE_MAX ((size_t)1 << 30)
#define PIECES    16

/* The request stays where it is: what is deleted is compared with it. */
static int write_request(struct migration *migration)
{
    uv_buf_t pieces[PIECES];
    unsigned count = 0;
    if (migration->request.len > PIECES * PIECE_MAX) return UV_E2BIG;
    for (size_t at = 0; at < migration->request.len; count++) {
        size_t left = migration->request.len - at, len = left < PIECE_MAX ? left : PIECE_MAX;
        pieces[count] = uv_buf_init(migration->request.data + at, (unsigned)len);
        at += len;
    }
    migration->write.data = migration;
    return migration->wire.ops->write(&migration->wire, &migration->write, pieces, count, on_written);
}

static bool encrypts(const struct migration *migration)
{
    return SETTING(migration->loop->server->settings, tls_cluster);
}

/* False: it cannot be. */
static bool encrypt(struct migration *migration)
{
    struct loop *loop = migration->loop;
    SSL *ssl = tls_contexts_new_peer(loop->server->tls);
    if (ssl != NULL) tls_wire_connect(&migration->wire, loop->tls, ssl);
    return ssl != NULL;
}

static void on_opened(struct dial *dial, const char *why)
{
    struct migration *migration = of_wire(dial->wire);
    if (encrypts(migration) && (why != NULL || !encrypt(migration))) {
        fail(migration, ERR_MIGRATE_CONNECT);
        return;
    }
    if (why != NULL) { /* Redis takes a connection that is refused for one that is open */
        fail(migration, dial->connect.handle != NULL ? ERR_MIGRATE_WRITE : ERR_MIGRATE_CONNECT);
        return;
    }
    wait_for_more(migration);
    wire_read(&migration->wire, true);
    if (write_request(migration) != 0) fail(migration, ERR_MIGRATE_WRITE);
}

static void write_head(struct buffer *out, size_t words)
{
    buffer_printf(out, "*%zu\r\n", words);
}

/* Where its text stands. */
static size_t write_word(struct buffer *out, struct slice word)
{
    buffer_printf(out, "$%zu\r\n", word.len);
    size_t at = out->len;
    buffer_append(out, word.data, word.len);
    buffer_append(out, "\r\n", 2);
    return at;
}

static void write_number(struct buffer *out, int64_t number)
{
    char digits[NUMBER_I64_MAX];
    write_word(out, slice_of(digits, number_format_i64(digits, number)));
}

static void write_greeting(struct migration *migration, const struct migration_options *options)
{
    struct buffer *out = &migration->request;
    if (options->password.data != NULL) {
        write_head(out, options->user.data != NULL ? 3 : 2);
        write_word(out, SLICE("AUTH"));
        if (options->user.data != NULL) write_word(out, options->user);
        write_word(out, options->password);
        migration->before++;
    }
    write_head(out, 2);
    write_word(out, SLICE("SELECT"));
    write_number(out, options->db);
    migration->before++;
}

/* A host or a port that cannot be is one that cannot be reached. */
static void read_address(struct upstream_url *url, const struct migration_options *options)
{
    int64_t port = 0;
    slice_to_cstr(options->host, url->host, options->host.len < sizeof url->host ? sizeof url->host : 1);
    if (number_parse_i64(options->port, &port) && port > 0 && port <= UINT16_MAX) url->port = (int)port;
}

struct migration *migration_create(struct call *call, const struct migration_options *options)
{
    struct migration *migration = ALLOC_NEW(struct migration);
    migration->work.drop = drop;
    migration->session = call->session;
    migration->loop = call->loop;
    migration->db = call->db;
    migration->timeout_ms = options->timeout_ms;
    migration->copy = options->copy;
    migration->replace = options->replace;
    migration->passengers = alloc_zeroed((size_t)options->keys * sizeof *migration->passengers);
    read_address(&migration->url, options);
    write_greeting(migration, options);
    return migration;
}

/* The payload is written behind room for its own length, which comes before it. */
void migration_add(struct migration *migration, struct call *call, int arg, const struct entry *entry)
{
    struct passenger *passenger = &migration->passengers[migration->count++];
    struct buffer *out = &migration->request, payload = { 0 };
    passenger->deadline_ms = call_deadline_ms(call, arg, entry);
    bool expires = passenger->deadline_ms != ENTRY_NO_DEADLINE;
    int64_t ttl_ms = expires ? passenger->deadline_ms - call->now_ms : 0;
    payload_write(&payload, call, arg, entry, DUMP_PLAIN);
    write_head(out, migration->replace ? 5 : 4);
    write_word(out, SLICE("RESTORE"));
    passenger->name = write_word(out, call->argv[arg]);
    passenger->name_len = call->argv[arg].len;
    write_number(out, expires && ttl_ms < 1 ? 1 : ttl_ms);
    passenger->payload = write_word(out, buffer_slice(&payload));
    passenger->payload_len = payload.len;
    if (migration->replace) write_word(out, SLICE("REPLACE"));
    buffer_clear(&payload);
}

static bool has_address(const struct migration *migration)
{
    return migration->url.port != 0 && migration->url.host[0] != '\0';
}

static void on_no_address(uv_timer_t *timer)
{
    struct migration *migration = timer->data;
    fail(migration, migration->url.host[0] == '\0' ? ERR_MIGRATE_CONNECT : ERR_MIGRATE_WRITE);
}

void migration_start(struct migration *migration, struct call *call)
{
    uv_loop_t *uv = &call->loop->uv;
    suspension_start(call, WAIT_SUSPENDED);
    call->session->work = &migration->work;
    client_account_add(call->session->account, ACCOUNT_REQUESTS, migration->request.cap);
    uv_timer_init(uv, &migration->timer);
    migration->timer.data = migration;
    migration->parts = 1;
    uv_update_time(uv);
    if (!has_address(migration)) {
        migration->wire.closing = true;
        uv_timer_start(&migration->timer, on_no_address, 0, 0);
        return;
    }
    migration->parts = 2;
    wait_for_more(migration);
    wire_init(&migration->wire, uv, false, &wire_events);
    dial_start(&migration->dial, &migration->wire,
               &(struct dial_options){ .url = &migration->url,
                                       .heartbeat_ms = migration->timeout_ms,
                                       .timeout_ms = migration->timeout_ms,
                                       .opened = on_opened,
                                       .given_up = on_given_up });
}
