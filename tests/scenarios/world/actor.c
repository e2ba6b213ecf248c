#include "tests/scenarios/world/actor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "tests/scenarios/world/listener.h"
#include "tests/support/pace.h"

#define READ_BYTES     65536
#define RETRY_MS       20
#define BARRIER_MS     1
#define SELECT_PERCENT 3

void actor_init(struct actor *actor, const struct actor_options *options)
{
    *actor = (struct actor){ .options = *options,
                             .fd = -1,
                             .random = { options->plan->seed * 1000003 + (unsigned)options->number } };
    actor->requests = alloc_zeroed((options->depth + 1) * sizeof *actor->requests);
    actor->db = (int)random_below(&actor->random, options->plan->databases);
}

static void watch(struct actor *actor, int operation, uint32_t events)
{
    struct epoll_event event = { .events = events, .data.ptr = actor };
    epoll_ctl(actor->options.poller, operation, actor->fd, &event);
}

/* Nothing more will come for what is in flight. */
static void abandon(struct actor *actor)
{
    for (; actor->count > 0; actor->count--) {
        operation_settle(actor->options.referee, &actor->requests[actor->first++], slice_of("", 0));
    }
    if (actor->fd >= 0) close(actor->fd);
    actor->fd = -1;
    actor->in.len = actor->out.len = actor->sent = actor->first = 0;
    actor->greetings_left = actor->prelude_seen = 0;
    actor->transacted = false;
    actor->barrier_sent.tick = 0;
    actor->reader = (struct reply_reader){ 0 };
    actor->retry_ms = pace_now_ms() + RETRY_MS;
}

void actor_clear(struct actor *actor)
{
    abandon(actor);
    buffer_clear(&actor->in);
    buffer_clear(&actor->out);
    alloc_free(actor->requests);
}

static void disconnect(struct actor *actor)
{
    const struct actor_options *options = &actor->options;
    bool excused =
        options->plan->subject != SUBJECT_TIER || options->place == PLACE_UPSTREAM || actor->transacted;
    abandon(actor);
    if (excused) return;
    referee_complain(options->referee, NULL, NULL, "an instance closed the connection of a client",
                     slice_of("", 0));
}

static void flush(struct actor *actor)
{
    while (actor->sent < actor->out.len) {
        ssize_t sent = send(actor->fd, actor->out.data + actor->sent, actor->out.len - actor->sent,
                            MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
            watch(actor, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
            return;
        }
        if (sent < 0) {
            disconnect(actor);
            return;
        }
        actor->sent += (size_t)sent;
    }
    actor->out.len = actor->sent = 0;
}

/* Whose connection is closed when its like upstream is lost. */
static void subscribe(struct actor *actor)
{
    char channel[LISTENER_CHANNEL_MAX];
    struct slice name = listener_channel(channel, actor->options.place);
    buffer_printf(&actor->out, "*2\r\n$9\r\nSUBSCRIBE\r\n$%zu\r\n%.*s\r\n", name.len, (int)name.len,
                  name.data);
    actor->transacted = true;
}

static void open_connection(struct actor *actor)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)*actor->options.port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    actor->retry_ms = pace_now_ms() + RETRY_MS;
    actor->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(actor->fd >= 0);
    /* Of this machine: connected or refused at once. */
    if (connect(actor->fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(actor->fd);
        actor->fd = -1;
        return;
    }
    setsockopt(actor->fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = actor };
    epoll_ctl(actor->options.poller, EPOLL_CTL_ADD, actor->fd, &event);
    if (actor->options.number % 2 == 1) {
        buffer_printf(&actor->out, "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n");
        actor->greetings_left++;
    }
    buffer_printf(&actor->out, "*2\r\n$6\r\nSELECT\r\n$1\r\n%d\r\n", actor->db);
    actor->greetings_left++;
    if (actor->options.listener) subscribe(actor);
    actor->heard_ms = pace_now_ms();
    flush(actor);
}

static void send_barrier(struct actor *actor)
{
    int64_t now_ms = pace_now_ms();
    if (actor->barrier_sent.tick != 0 || now_ms < actor->barrier_ms) return;
    char key[64];
    /* A key that nobody has asked for: only the upstream can say that it does not exist. */
    int len = snprintf(key, sizeof key, "barrier:%d:%" PRIu64, actor->options.place, ++actor->barriers);
    actor->barrier_sent = referee_now(actor->options.referee);
    actor->barrier_ms = now_ms + BARRIER_MS;
    buffer_printf(&actor->out, "*2\r\n$3\r\nGET\r\n$%d\r\n%s\r\n", len, key);
    actor->heard_ms = now_ms;
    flush(actor);
}

static void send_burst(struct actor *actor)
{
    const struct actor_options *options = &actor->options;
    size_t burst = 1 + random_below(&actor->random, options->depth);
    actor->first = 0;
    if (options->plan->databases > 1 && random_chance(&actor->random, SELECT_PERCENT)) {
        actor->db = !actor->db;
        buffer_printf(&actor->out, "*2\r\n$6\r\nSELECT\r\n$1\r\n%d\r\n", actor->db);
        actor->greetings_left = 1;
        burst = 0;
    }
    for (size_t i = 0; i < burst; i++) {
        struct request *request = &actor->requests[actor->count];
        request->client = options->number;
        struct draft draft = { .referee = options->referee,
                               .random = &actor->random,
                               .out = &actor->out,
                               .request = request,
                               .place = options->place,
                               .db = actor->db };
        bool writes = random_below(&actor->random, 1000) < options->writes;
        if (!operation_draw_told(&draft) && !operation_draw(&draft, &options->plan->operations, writes))
            continue;
        actor->count++;
        actor->transacted = actor->transacted || request->prelude > 0 || request->blocks;
    }
    actor->heard_ms = pace_now_ms();
    flush(actor);
}

void actor_step(struct actor *actor, bool quiet)
{
    if (actor->fd < 0) {
        if (pace_now_ms() >= actor->retry_ms) open_connection(actor);
        return;
    }
    if (actor->greetings_left > 0) return;
    if (actor->options.barrier) {
        send_barrier(actor);
    } else if (actor->count == 0 && !quiet && !actor->options.listener) {
        send_burst(actor);
    }
}

static void greet(struct actor *actor, struct slice reply)
{
    actor->greetings_left--;
    if (reply_is_error(reply)) {
        actor->options.referee->refused++;
        abandon(actor);
    }
}

static void take_barrier(struct actor *actor, struct slice reply)
{
    struct visibility *visibility = &actor->options.referee->visibility;
    int place = actor->options.place;
    bool proves = !visibility->by_time && actor->barrier_sent.tick >= visibility->certain_from[place];
    if (proves && !reply_is_error(reply)) visibility->barrier[place] = actor->barrier_sent.tick;
    actor->barrier_sent.tick = 0;
}

static void take_reply(struct actor *actor, struct slice reply)
{
    if (actor->greetings_left > 0) {
        greet(actor, reply);
        return;
    }
    if (actor->options.barrier) {
        take_barrier(actor, reply);
        return;
    }
    if (actor->options.listener) {
        listener_hear(actor->options.referee, actor->options.place, reply);
        return;
    }
    if (actor->count == 0) {
        referee_complain(actor->options.referee, NULL, NULL, "a reply that nobody has asked for", reply);
        return;
    }
    struct request *request = &actor->requests[actor->first];
    if (actor->prelude_seen < request->prelude) {
        operation_prepare(actor->options.referee, request, actor->prelude_seen++, reply);
        return;
    }
    actor->prelude_seen = 0;
    actor->first++;
    actor->count--;
    operation_settle(actor->options.referee, request, reply);
}

static void take_replies(struct actor *actor)
{
    size_t used = 0;
    while (actor->fd >= 0 && !actor->options.referee->failed) {
        size_t len;
        struct slice rest = slice_of(actor->in.data + used, actor->in.len - used);
        enum reader_status status = reply_reader_skip(&actor->reader, rest, &len);
        if (status == READER_BROKEN) {
            referee_complain(actor->options.referee, NULL, NULL, "bytes that are no reply", rest);
        }
        if (status != READER_READY) break;
        take_reply(actor, slice_of(rest.data, len));
        used += len;
    }
    if (actor->fd >= 0) buffer_consume(&actor->in, used);
}

void actor_ready(struct actor *actor, uint32_t events)
{
    if (actor->fd < 0) return;
    if (events & EPOLLOUT) {
        watch(actor, EPOLL_CTL_MOD, EPOLLIN);
        flush(actor);
    }
    if (actor->fd < 0 || !(events & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
    ssize_t got = recv(actor->fd, buffer_reserve(&actor->in, READ_BYTES), READ_BYTES, MSG_DONTWAIT);
    if (got > 0) {
        buffer_commit(&actor->in, (size_t)got);
        actor->heard_ms = pace_now_ms();
        take_replies(actor);
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
        disconnect(actor);
    }
}

bool actor_is_idle(const struct actor *actor)
{
    return actor->fd < 0 || (actor->count == 0 && actor->greetings_left == 0);
}

bool actor_is_stuck(const struct actor *actor, int64_t patience_ms)
{
    bool waits =
        actor->fd >= 0 && (actor->count > 0 || actor->greetings_left > 0 || actor->barrier_sent.tick != 0);
    return waits && pace_now_ms() - actor->heard_ms > patience_ms;
}
