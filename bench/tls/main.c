/*
 * tls - what encryption costs, beside redis-server with TLS.
 *
 * Servers take turns on core 0, the load has core 1. The number is the server's CPU time by the scheduler's
 * account: for each request of 50 connections with so many on their way at a time, all of which wait when it
 * looks, for each value of 4 MB on
 * one connection, for each full handshake (TLS 1.3, ECDSA with P-256, no client certificate). Bytes are what
 * the resident memory grows by, for each of 1,000 connections that have said PING and are idle. The latency
 * is that of PING on a connection that was there before, while 1,000 others begin a handshake at once and
 * never end it.
 *
 * Exit status 1 when, with --strict, a limit is exceeded.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "bench/kit/clock.h"
#include "bench/kit/load/exchange.h"
#include "bench/kit/options.h"
#include "bench/kit/program.h"
#include "bench/kit/report/histogram.h"
#include "bench/kit/servers/peers.h"
#include "bench/kit/servers/server.h"
#include "bench/survey/finding.h"
#include "bench/tls/tls_client.h"
#include "proto/base/buffer.h"
#include "tests/support/certificates.h"

#define CLIENTS     50
#define DEPTH       16
#define ROUNDS      5
#define REQUESTS    100000 /* of a round at depth 16 */
#define VALUE       32
#define LARGE       (4 << 20)
#define LARGE_TIMES 25
#define HANDSHAKES  400
#define IDLE        1000
#define HALF_OPEN   1000
#define FLOOD_S     1
#define PING_NS     UINT64_C(1000000) /* between two, whether they are answered or not */

#define MAX_DEPTH_1  0.9 /* of Redis's CPU */
#define MAX_DEPTH_16 0.6
#define MAX_LARGE    1.0
#define MAX_SHAKING  1.0
#define MAX_P99_MS   10

struct settings {
    bool quick, strict, no_json;
    uint64_t rounds;
    const char *json, *commit, *only;
    struct peers_options peers;
};

static struct settings settings;
static struct peers peers;
static uint16_t ports[PEERS_MAX]; /* for TLS */
static struct findings findings;
static struct scratch scratch;
static struct certificates files;
static SSL_CTX *context;

static void make_context(void)
{
    scratch_init(&scratch);
    certificates_make(&files, &scratch);
    context = SSL_CTX_new(TLS_client_method());
    if (SSL_CTX_load_verify_locations(context, files.ca, NULL) != 1) program_fail("no authority");
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

static void start_all(void)
{
    bool alone = program_pin(1);
    peers_init(&peers, &settings.peers);
    for (size_t i = 0; i < peers.len; i++) {
        struct server *server = &peers.items[i];
        size_t len = strlen(server->args);
        ports[i] = address_free_port();
        snprintf(server->args + len, sizeof server->args - len,
                 "%s--tls-port,%u,--tls-cert-file,%s,--tls-key-file,%s,--tls-ca-cert-file,%s,"
                 "--tls-auth-clients,no",
                 len > 0 ? "," : "", ports[i], files.server, files.server_key, files.ca);
        server_start(server, alone ? 0 : SERVER_ANY_CORE);
        server_pause(server);
    }
}

/* The CPU time of the server while `work` is done with it. */
static double cost_ns(size_t peer, void (*work)(size_t peer, void *context), void *argument)
{
    const struct server *server = &peers.items[peer];
    uint64_t before = server_cpu_ns(server);
    work(peer, argument);
    return (double)(server_cpu_ns(server) - before);
}

static void fill_text(struct buffer *out, size_t len)
{
    memset(buffer_reserve(out, len), 'x', len);
    buffer_commit(out, len);
}

static void append_set(struct buffer *out, const char *key, size_t len)
{
    buffer_printf(out, "*3\r\n$3\r\nSET\r\n$5\r\n%s\r\n$%zu\r\n", key, len);
    fill_text(out, len);
    buffer_append(out, "\r\n", 2);
}

static void append_get(struct buffer *out, const char *key)
{
    buffer_printf(out, "*2\r\n$3\r\nGET\r\n$5\r\n%s\r\n", key);
}

/* What a GET of so many bytes is answered. */
static size_t reply_len(size_t len)
{
    char head[24];
    return (size_t)snprintf(head, sizeof head, "$%zu\r\n", len) + len + 2;
}

static void fill_server(size_t peer)
{
    struct tls_client client;
    struct buffer out = { 0 };
    tls_client_open(&client, context, ports[peer]);
    append_set(&out, "small", VALUE);
    append_set(&out, "large", LARGE);
    tls_client_send(&client, buffer_slice(&out));
    tls_client_receive(&client, 10);
    tls_client_close(&client);
    buffer_clear(&out);
}

struct crowd {
    struct tls_client clients[CLIENTS];
    struct buffer out; /* of one client at a time */
    size_t reply;      /* how long the answer to that is */
    size_t turns;
};

/* The requests of all are there when the server looks, as on one that is busy: encrypting them takes longer
 * than the answers, and it would wait for each. */
static void take_turns(size_t peer, void *argument)
{
    struct crowd *crowd = argument;
    for (size_t turn = 0; turn < crowd->turns; turn++) {
        server_pause(&peers.items[peer]);
        for (size_t i = 0; i < CLIENTS; i++) tls_client_send(&crowd->clients[i], buffer_slice(&crowd->out));
        server_resume(&peers.items[peer]);
        for (size_t i = 0; i < CLIENTS; i++) tls_client_receive(&crowd->clients[i], crowd->reply);
    }
}

static double request_us(size_t peer, bool sets, size_t depth)
{
    struct crowd crowd = { .reply = depth * (sets ? 5 : reply_len(VALUE)) };
    size_t requests = REQUESTS / (depth == 1 ? 4 : 1) / (settings.quick ? 4 : 1);
    for (size_t i = 0; i < depth; i++) {
        if (sets)
            append_set(&crowd.out, "small", VALUE);
        else
            append_get(&crowd.out, "small");
    }
    for (size_t i = 0; i < CLIENTS; i++) tls_client_open(&crowd.clients[i], context, ports[peer]);
    crowd.turns = 20;
    take_turns(peer, &crowd);
    crowd.turns = requests / CLIENTS / depth;
    double ns = cost_ns(peer, take_turns, &crowd);
    for (size_t i = 0; i < CLIENTS; i++) tls_client_close(&crowd.clients[i]);
    buffer_clear(&crowd.out);
    return ns / 1000 / (double)(crowd.turns * CLIENTS * depth);
}

struct large {
    struct tls_client client;
    struct buffer out;
    size_t reply;
};

static void move_large(size_t peer, void *argument)
{
    struct large *large = argument;
    (void)peer;
    for (int i = 0; i < LARGE_TIMES; i++) {
        tls_client_send(&large->client, buffer_slice(&large->out));
        tls_client_receive(&large->client, large->reply);
    }
}

static double large_us(size_t peer, bool sets)
{
    struct large large = { .reply = sets ? 5 : reply_len(LARGE) };
    if (sets)
        append_set(&large.out, "large", LARGE);
    else
        append_get(&large.out, "large");
    tls_client_open(&large.client, context, ports[peer]);
    double ns = cost_ns(peer, move_large, &large);
    tls_client_close(&large.client);
    buffer_clear(&large.out);
    return ns / 1000 / LARGE_TIMES;
}

static void ping(struct tls_client *client)
{
    tls_client_send(client, SLICE("PING\r\n"));
    tls_client_receive(client, 7);
}

static void shake_hands(size_t peer, void *argument)
{
    (void)argument;
    for (int i = 0; i < HANDSHAKES; i++) {
        struct tls_client client;
        tls_client_open(&client, context, ports[peer]);
        ping(&client);
        tls_client_close(&client);
    }
}

static double idle_bytes(size_t peer)
{
    static struct tls_client idle[IDLE];
    uint64_t before = server_rss_bytes(&peers.items[peer]);
    for (int i = 0; i < IDLE; i++) {
        tls_client_open(&idle[i], context, ports[peer]);
        ping(&idle[i]);
    }
    usleep(300000);
    uint64_t after = server_rss_bytes(&peers.items[peer]);
    for (int i = 0; i < IDLE; i++) tls_client_close(&idle[i]);
    return ((double)after - (double)before) / IDLE;
}

struct flood {
    uint16_t port;
    char hello[4096];
    size_t hello_len;
    struct tls_client halves[HALF_OPEN];
};

static void *pour(void *argument)
{
    struct flood *flood = argument;
    struct slice hello = slice_of(flood->hello, flood->hello_len);
    for (int i = 0; i < HALF_OPEN; i++) tls_client_half_open(&flood->halves[i], hello, flood->port);
    return NULL;
}

/* While they come and are served. Who has to wait is asked when it was due, not when it could be. */
static double p99_under_flood_ms(size_t peer)
{
    static struct flood flood;
    static struct histogram latency_ns;
    struct tls_client client;
    pthread_t thread;
    latency_ns = (struct histogram){ 0 };
    flood.port = ports[peer];
    flood.hello_len = tls_client_hello(context, flood.hello, sizeof flood.hello);
    tls_client_open(&client, context, flood.port);
    ping(&client);
    uint64_t ends_ns = clock_now_ns() + FLOOD_S * CLOCK_NS_PER_S;
    if (pthread_create(&thread, NULL, pour, &flood) != 0) program_fail("no thread");
    program_go_first(true);
    for (uint64_t due = clock_now_ns(); due < ends_ns;) {
        uint64_t now = clock_now_ns();
        if (now < due) usleep((useconds_t)((due - now) / 1000) + 1);
        ping(&client);
        /* Those that were due meanwhile have waited too. */
        for (now = clock_now_ns(); due < now; due += PING_NS) histogram_add(&latency_ns, now - due, 1);
    }
    program_go_first(false);
    pthread_join(thread, NULL);
    for (int i = 0; i < HALF_OPEN; i++) tls_client_close(&flood.halves[i]);
    tls_client_close(&client);
    return (double)histogram_percentile(&latency_ns, 0.99) / 1e6;
}

static double get(size_t peer)
{
    return request_us(peer, false, 1);
}

static double set(size_t peer)
{
    return request_us(peer, true, 1);
}

static double get_deep(size_t peer)
{
    return request_us(peer, false, DEPTH);
}

static double set_deep(size_t peer)
{
    return request_us(peer, true, DEPTH);
}

static double get_large(size_t peer)
{
    return large_us(peer, false);
}

static double set_large(size_t peer)
{
    return large_us(peer, true);
}

static double handshake(size_t peer)
{
    return cost_ns(peer, shake_hands, NULL) / 1000 / HANDSHAKES;
}

static const struct {
    const char *name, *unit;
    enum finding_limit kind;
    double limit;
    double (*measure)(size_t peer);
    bool once; /* what a server has got it keeps */
} rows[] = {
    { "an idle connection", "bytes", LIMIT_NONE, 0, idle_bytes, true },
    { "GET", "us/op", LIMIT_OF_REDIS, MAX_DEPTH_1, get, false },
    { "SET", "us/op", LIMIT_OF_REDIS, MAX_DEPTH_1, set, false },
    { "GET, pipeline 16", "us/op", LIMIT_OF_REDIS, MAX_DEPTH_16, get_deep, false },
    { "SET, pipeline 16", "us/op", LIMIT_OF_REDIS, MAX_DEPTH_16, set_deep, false },
    { "GET of 4 MB", "us/op", LIMIT_OF_REDIS, MAX_LARGE, get_large, false },
    { "SET of 4 MB", "us/op", LIMIT_OF_REDIS, MAX_LARGE, set_large, false },
    { "a full handshake", "us", LIMIT_OF_REDIS, MAX_SHAKING, handshake, false },
    { "p99 of others, 1000 half-open", "ms", LIMIT_ITSELF, MAX_P99_MS, p99_under_flood_ms, false },
};

static void measure(struct finding *finding, double (*of)(size_t peer), bool once)
{
    for (uint64_t round = 0; round < (once ? 1 : settings.rounds); round++) {
        for (size_t peer = 0; peer < peers.len; peer++) {
            server_resume(&peers.items[peer]);
            samples_add(&finding->values[peer], of(peer));
            server_pause(&peers.items[peer]);
        }
    }
}

static void measure_all(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (settings.only != NULL && strstr(rows[i].name, settings.only) == NULL) continue;
        measure(findings_add(&findings, rows[i].unit, rows[i].kind, rows[i].limit, "%s", rows[i].name),
                rows[i].measure, rows[i].once);
    }
}

static void parse(int argc, char **argv)
{
    const struct option options[] = {
        { "quick", OPTION_FLAG, &settings.quick, NULL, "one short round" },
        { "rounds", OPTION_COUNT, &settings.rounds, "N", "of which the median counts (5)" },
        { "only", OPTION_TEXT, &settings.only, "TEXT", "the rows that have it in their name" },
        PEERS_OPTIONS(&settings.peers),
        { "strict", OPTION_FLAG, &settings.strict, NULL, "exit status 1 when a limit is exceeded" },
        { "commit", OPTION_TEXT, &settings.commit, "ID", "to be noted in the JSON" },
        { "json", OPTION_TEXT, &settings.json, "FILE", "(bench/results/DATE-tls.json)" },
        { "no-json", OPTION_FLAG, &settings.no_json, NULL, "write no file" },
        { 0 },
    };
    options_parse_all(argc, argv, options);
    if (settings.rounds == 0) settings.rounds = settings.quick ? 1 : ROUNDS;
    if (settings.rounds > SAMPLES_MAX) settings.rounds = SAMPLES_MAX;
}

int main(int argc, char **argv)
{
    parse(argc, argv);
    make_context();
    start_all();
    for (size_t peer = 0; peer < peers.len; peer++) {
        server_resume(&peers.items[peer]);
        fill_server(peer);
        server_pause(&peers.items[peer]);
    }
    measure_all();
    for (size_t i = 0; i < peers.len; i++) server_stop(&peers.items[i]);
    scratch_clear(&scratch);
    SSL_CTX_free(context);
    findings_print(&findings, &peers);
    if (!settings.no_json) findings_save(&findings, &peers, settings.json, "tls", settings.commit);
    return settings.strict && findings_above(&findings, &peers) > 0 ? PROGRAM_FAILED : 0;
}
