/*
 * executor.c - what a client may send, run by the executor for sessions without a socket: every reply is
 * whole, and whoever goes leaves nothing.
 *
 * The input is what a connection would read, in either form of the protocol. "@0", "@1" and "@2" as requests
 * of their own say which of three sessions speaks next. The server is a whole one with two loops and no port;
 * all is done on the thread of the first.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "proto/reply_reader.h"
#include "proto/request.h"
#include "server/config/config.h"
#include "server/core/clock.h"
#include "server/core/loop.h"
#include "server/core/mailbox.h"
#include "server/core/server.h"
#include "server/core/ticks.h"
#include "server/events/blocking/blocking.h"
#include "server/events/lease/leasing.h"
#include "server/events/pubsub/pubsub.h"
#include "server/events/tracking/tracking.h"
#include "server/exec/command/table.h"
#include "server/exec/executor.h"
#include "server/exec/session/census.h"
#include "server/exec/session/delay.h"
#include "server/exec/session/monitors.h"
#include "server/exec/session/session.h"
#include "server/exec/session/sessions.h"
#include "server/exec/session/sheet.h"
#include "server/exec/transaction/multi.h"
#include "server/main/assembly.h"
#include "server/memory/client_account.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__asan_default_options(void);

/* Pointers in the keyspace carry bits besides, and what is flushed is freed by another thread a moment later:
 * all of that would be leaks between two inputs. */
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

#define SESSIONS 3
/* So often the loop is asked whether a session goes on, before that is ended. */
#define PATIENCE 20

struct speaker {
    struct session session;
    struct client_account account;
};

/* One input on its way through the loop, a letter for each turn that it needs. */
struct play {
    struct letter letter;
    uv_sem_t done;
    struct slice left;
    struct request_parser parser;
    struct request_args args;
    struct speaker speakers[SESSIONS];
    struct speaker *speaking;
    unsigned turns; /* that the one who speaks has waited */
    bool begun;
    bool over;
};

static struct server *server;

static void wait_for(struct session *session, enum session_wait why)
{
    session->waits |= why;
}

static void resume(struct session *session, unsigned why)
{
    session->waits &= ~why;
}

/* Nothing but whole replies and pushes. */
static void expect_whole(struct slice told)
{
    while (told.len > 0) {
        struct reply_reader reader = { 0 };
        size_t len;
        INVARIANT(reply_reader_skip(&reader, told, &len) == READER_READY);
        told = slice_of(told.data + len, told.len - len);
    }
}

/* A large value stands beside the text. */
static void expect_whole_output(const struct loop *loop)
{
    if (loop->values.len == 0 && !buffer_is_full(&loop->out)) expect_whole(buffer_slice(&loop->out));
}

static void flush(struct session *session)
{
    struct loop *loop = session->loop;
    loop_post(loop);
    expect_whole_output(loop);
    loop_take_back(loop, 0);
    loop->reply.opened = false;
}

static void push(struct session *session, struct slice bytes)
{
    struct loop *loop = session->loop;
    if (loop->executing == session)
        buffer_append(session_is_silent(session) ? &loop->behind : &loop->out, bytes.data, bytes.len);
    else
        expect_whole(bytes);
}

static void push_piece(struct session *session, uint32_t piece)
{
    push(session, sheet_text(session->loop->sheet, piece));
}

static void peer(const struct session *session, char *text, size_t size)
{
    (void)session;
    strncpy(text, "nowhere:0", size);
}

static void transport(const struct session *session, struct session_transport *transport)
{
    (void)session;
    (void)transport;
}

static bool is_local(const struct session *session)
{
    (void)session;
    return true;
}

static void close_later(struct session *session)
{
    session->closing = true;
}

static const struct session_ops ops = {
    .push = push,
    .push_piece = push_piece,
    .wait = wait_for,
    .resume = resume,
    .flush = flush,
    .peer = peer,
    .transport = transport,
    .is_local = is_local,
    .close = close_later,
};

/* As a connection does. */
static void enter(struct speaker *speaker, struct loop *loop)
{
    struct session *session = &speaker->session;
    session_init(session, census_next_id(server->census), true, loop->now_ms);
    session->ops = &ops;
    session->loop = loop;
    session->account = &speaker->account;
    client_account_open(&speaker->account, loop);
    sessions_add(loop->sessions, session);
    tracking_enter(session);
}

static void leave(struct speaker *speaker)
{
    struct session *session = &speaker->session;
    struct loop *loop = session->loop;
    session->waits |= WAIT_CLOSED;
    delay_cancel(session);
    session_drop_work(session);
    blocking_leave(session);
    leasing_leave(session);
    multi_end(session);
    monitors_leave(server, session);
    pubsub_leave(session);
    tracking_leave(session);
    sessions_remove(loop->sessions, session);
    session_clear(session);
    client_account_leave(&speaker->account);
    client_account_close(&speaker->account);
    *speaker = (struct speaker){ 0 };
}

/* What is about the process, waits for the clock, or asks the connection itself. */
static bool is_left_out(const struct slice *argv, size_t argc)
{
    static const char *const names[] = { "SHUTDOWN", "DEBUG",      "CONFIG", "MIGRATE",
                                         "WAIT",     "PFSELFTEST", "LOLWUT" };
    static const char *const of_client[] = { "PAUSE", "INFO" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (slice_equal_nocase(argv[0], slice_of_cstr(names[i]))) return true;
    if (argc < 2 || !slice_equal_nocase(argv[0], SLICE("CLIENT"))) return false;
    for (size_t i = 0; i < sizeof of_client / sizeof *of_client; i++)
        if (slice_equal_nocase(argv[1], slice_of_cstr(of_client[i]))) return true;
    return false;
}

static void execute(struct loop *loop, struct session *session, const struct slice *argv, size_t argc)
{
    struct call call = executor_call(session, &loop->reply, argv, (int)argc);
    loop->executing = session;
    loop->ticks = ticks_now();
    enum executed executed = executor_run(&call, command_table_find(server->commands, argv[0]));
    if (executed == EXECUTED_PARKED || executed == EXECUTED_WAIT) loop_take_back(loop, call.start);
    loop->executing = NULL;
    flush(session);
    INVARIANT(loop->behind.len == 0 && loop->aftermath == NULL && !loop->unserved);
}

/* The database that all inputs begin with is empty. */
static void sweep_out(struct loop *loop)
{
    struct speaker sweeper = { 0 };
    struct slice flushall = SLICE("FLUSHALL");
    enter(&sweeper, loop);
    execute(loop, &sweeper.session, &flushall, 1);
    leave(&sweeper);
}

static bool choose_speaker(struct play *play, const struct slice *argv, size_t argc)
{
    if (argc != 1 || argv[0].len != 2 || argv[0].data[0] != '@') return false;
    unsigned chosen = (unsigned char)argv[0].data[1] - '0';
    if (chosen >= SESSIONS) return false;
    play->speaking = &play->speakers[chosen];
    return true;
}

static void say(struct play *play, struct loop *loop, size_t argc)
{
    const struct slice *argv = play->args.items;
    struct speaker *speaker = play->speaking;
    if (choose_speaker(play, argv, argc) || is_left_out(argv, argc)) return;
    if (speaker->session.loop == NULL) enter(speaker, loop);
    execute(loop, &speaker->session, argv, argc);
    if (speaker->session.closing) leave(speaker);
}

/* False: the input is through. */
static bool say_next(struct play *play, struct loop *loop)
{
    static const struct request_limits limits = { .bulk_bytes = 1 << 20,
                                                  .inline_bytes = 64 * 1024,
                                                  .arguments = 1024 };
    size_t argc = 0, consumed = 0;
    request_args_reset(&play->args);
    enum request_status status =
        request_parse(&play->parser, play->left.data, play->left.len, &limits, &play->args, &argc, &consumed);
    if (status == REQUEST_MORE || status == REQUEST_BROKEN) return false;
    play->left = slice_of(play->left.data + consumed, play->left.len - consumed);
    if (status == REQUEST_READY && argc > 0) say(play, loop, argc);
    return play->left.len > 0;
}

static bool waits(const struct play *play)
{
    return play->speaking->session.loop != NULL && play->speaking->session.waits != 0;
}

static void end(struct play *play, struct loop *loop)
{
    for (size_t i = 0; i < SESSIONS; i++)
        if (play->speakers[i].session.loop != NULL) leave(&play->speakers[i]);
    request_parser_clear(&play->parser);
    sweep_out(loop);
    sheet_empty(loop->sheet);
    play->over = true;
}

/* Who waits for what others have to do lets them speak, in the end by leaving. */
static void go_on(struct loop *loop, struct letter *letter)
{
    struct play *play = (struct play *)letter;
    bool more = true;
    loop_read_clock(loop);
    sheet_empty(loop->sheet);
    sessions_resume(loop->sessions, WAIT_SHEET);
    while (more && !waits(play)) {
        play->turns = 0;
        more = say_next(play, loop);
    }
    if (!more)
        end(play, loop);
    else if (++play->turns > PATIENCE)
        play->speaking = &play->speakers[(size_t)(play->speaking - play->speakers + 1) % SESSIONS];
    if (play->turns > PATIENCE * SESSIONS) end(play, loop);
    uv_sem_post(&play->done);
}

static void run(void *unused)
{
    (void)unused;
    assembly_run(server);
}

static void start(void)
{
    char *argv[] = { "fuzz",
                     "--port",
                     "0",
                     "--save",
                     "",
                     "--io-threads",
                     "2",
                     "--proto-max-bulk-len",
                     "1mb",
                     "--maxmemory",
                     "256mb",
                     "--maxmemory-policy",
                     "allkeys-lru",
                     "--notify-keyspace-events",
                     "KEA",
                     "--unixsocket",
                     NULL,
                     NULL };
    static char path[64];
    snprintf(path, sizeof path, "/tmp/nuthatch-fuzz-%d", (int)getpid());
    argv[16] = path;
    struct buffer report = { 0 };
    struct config *config = config_create();
    enum config_start good = config_load(config, 17, argv, &report);
    REQUIRE(good == CONFIG_RUN);
    buffer_clear(&report);
    server = assembly_create(&(struct assembly_options){ .config = config, .clock = clock_of_system() });
    REQUIRE(server != NULL && assembly_start(server));
    uv_thread_t thread;
    REQUIRE(uv_thread_create(&thread, run, NULL) == 0);
    unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct play play = { .letter.open = go_on, .left = slice_of(data, size), .speaking = &play.speakers[0] };
    if (server == NULL) start();
    REQUIRE(uv_sem_init(&play.done, 0) == 0);
    while (!play.over && size > 0) {
        mailbox_post(&server->loops[0].mailbox, &play.letter);
        uv_sem_wait(&play.done);
    }
    request_args_clear(&play.args);
    uv_sem_destroy(&play.done);
    return 0;
}
