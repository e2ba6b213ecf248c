/*
 * publish - what a message costs that many have subscribed to, beside redis-server.
 *
 * Servers take turns on core 0, the load has core 1. One client publishes 64 bytes, one message after the
 * other or 16 at a time, to 1, 100 and 1,000 subscribers, who all read. The number is the server's CPU time
 * by the scheduler's account, for each message that was delivered. The last rows hold what SET costs with
 * `notify-keyspace-events KEA`, while nobody listens, against what it costs without.
 *
 * Exit status 1 when, with --strict, a limit is exceeded.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "bench/kit/load/exchange.h"
#include "bench/kit/program.h"
#include "bench/kit/servers/server.h"
#include "bench/survey/contest.h"
#include "bench/survey/finding.h"

#define SUBSCRIBERS_MAX 1000
#define ROUNDS          3
#define MESSAGE         "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define CHANNEL         "channel"
#define SUBSCRIBE       "*2\r\n$9\r\nSUBSCRIBE\r\n$7\r\n" CHANNEL "\r\n"
#define CONFIRMED       "*3\r\n$9\r\nsubscribe\r\n$7\r\n" CHANNEL "\r\n:1\r\n"
#define DELIVERED       "*3\r\n$7\r\nmessage\r\n$7\r\n" CHANNEL "\r\n$64\r\n" MESSAGE "\r\n"
#define BYTES(literal)  (sizeof(literal) - 1)

static struct contest contest;

static int subscribers[SUBSCRIBERS_MAX];
static int watch;

/* Read until so many bytes have come for all of them together. */
static void read_all(uint64_t bytes)
{
    static char input[1 << 16];
    struct epoll_event events[64];
    while (bytes > 0) {
        int count = epoll_wait(watch, events, 64, 30000);
        if (count <= 0) program_fail("messages did not come");
        for (int i = 0; i < count; i++) {
            ssize_t len = read(events[i].data.fd, input, sizeof input);
            if (len == 0 || (len < 0 && errno != EAGAIN)) program_fail("a subscriber was closed");
            if (len > 0 && (uint64_t)len > bytes) program_fail("more came than was published");
            if (len > 0) bytes -= (uint64_t)len;
        }
    }
}

static void subscribe(const struct server *server, size_t count)
{
    watch = epoll_create1(0);
    for (size_t i = 0; i < count; i++) {
        struct epoll_event event = { .events = EPOLLIN };
        event.data.fd = subscribers[i] = address_connect(&server->address);
        if (event.data.fd < 0 || write(event.data.fd, SUBSCRIBE, BYTES(SUBSCRIBE)) < 0)
            program_fail("cannot subscribe: %s", strerror(errno));
        epoll_ctl(watch, EPOLL_CTL_ADD, event.data.fd, &event);
    }
    read_all(count * BYTES(CONFIRMED));
}

static void leave(size_t count)
{
    for (size_t i = 0; i < count; i++) close(subscribers[i]);
    close(watch);
}

static void add_request(struct exchange *publisher, const char *command, const char *name, const char *text)
{
    exchange_begin(publisher, 3);
    exchange_argument(publisher, command, strlen(command));
    exchange_argument(publisher, name, strlen(name));
    exchange_argument(publisher, text, strlen(text));
}

/* CPU time for each message delivered, in nanoseconds. */
static double publish(const struct server *server, size_t listeners, size_t depth, size_t messages)
{
    struct exchange publisher;
    exchange_open(&publisher, &server->address);
    uint64_t before = server_cpu_ns(server);
    for (size_t sent = 0; sent < messages; sent += depth) {
        for (size_t i = 0; i < depth; i++) add_request(&publisher, "PUBLISH", CHANNEL, MESSAGE);
        exchange_turn(&publisher, depth);
        read_all(depth * listeners * BYTES(DELIVERED));
    }
    uint64_t spent = server_cpu_ns(server) - before;
    exchange_close(&publisher);
    return (double)spent / (double)(messages * listeners);
}

static void measure_messages(size_t listeners, size_t depth, double limit)
{
    struct finding *finding = findings_add(&contest.findings, "us", LIMIT_OF_REDIS, limit,
                                           "PUBLISH to %zu, depth %zu", listeners, depth);
    finding->floor_limit = 1.25;
    size_t messages = (contest.quick ? 20000 : 100000) / listeners / depth * depth;
    if (messages < 4 * depth) messages = 4 * depth;
    for (size_t peer = 0; peer < contest.peers.len; peer++) {
        const struct server *server = &contest.peers.items[peer];
        server_resume(server);
        subscribe(server, listeners);
        publish(server, listeners, depth, messages / 4 / depth * depth + depth);
        for (uint64_t round = 0; round < contest.rounds; round++)
            samples_add(&finding->values[peer], publish(server, listeners, depth, messages) / 1000);
        leave(listeners);
        usleep(100000);
        server_pause(server);
    }
}

static double set_cost(const struct server *server, size_t depth, size_t requests)
{
    struct exchange client;
    exchange_open(&client, &server->address);
    uint64_t before = server_cpu_ns(server);
    for (size_t sent = 0; sent < requests; sent += depth) {
        for (size_t i = 0; i < depth; i++) {
            char key[32];
            snprintf(key, sizeof key, "key:%zu", (sent + i) * 7919 % 10000);
            add_request(&client, "SET", key, "0123456789abcdef");
        }
        exchange_turn(&client, depth);
    }
    uint64_t spent = server_cpu_ns(server) - before;
    exchange_close(&client);
    return (double)spent / (double)requests;
}

static void announce(const struct server *server, const char *classes)
{
    exchange_ask(&server->address, 4,
                 (const char *const[]){ "CONFIG", "SET", "notify-keyspace-events", classes });
}

/* With it, by without it: twice each, the second time the other way round, or a machine that becomes busier
 * meanwhile would count for one of them. */
static double times_announced(const struct server *server, size_t requests)
{
    double without = 0, with = 0;
    announce(server, "");
    without += set_cost(server, 16, requests);
    announce(server, "KEA");
    with += set_cost(server, 16, requests);
    with += set_cost(server, 16, requests);
    announce(server, "");
    without += set_cost(server, 16, requests);
    return with / without;
}

static void measure_notifications(void)
{
    struct finding *finding =
        findings_add(&contest.findings, "times", LIMIT_ITSELF, 1.1, "SET, KEA and nobody listens");
    size_t requests = contest.quick ? 100000 : 400000;
    for (size_t peer = 0; peer < contest.peers.len; peer++) {
        const struct server *server = &contest.peers.items[peer];
        server_resume(server);
        set_cost(server, 16, requests / 4);
        for (uint64_t round = 0; round < contest.rounds; round++)
            samples_add(&finding->values[peer], times_announced(server, requests / 2));
        server_pause(server);
    }
}

int main(int argc, char **argv)
{
    contest_parse(&contest, argc, argv, &(struct contest_description){ "publish", ROUNDS, NULL });
    contest_start(&contest);
    for (size_t depth = 1; depth <= 16; depth *= 16) {
        measure_messages(1, depth, 0.85);
        measure_messages(100, depth, 0.6);
        measure_messages(1000, depth, 0.6);
    }
    measure_notifications();
    return contest_end(&contest);
}
