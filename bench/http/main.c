/*
 * http - what a value costs over HTTP, beside RESP, and beside nginx and Varnish where they are installed.
 *
 * Servers take turns on core 0, the load has core 1. The number is the server's CPU time by the scheduler's
 * account for each request of 50 connections that stay, one request on its way on each. nginx serves a file
 * that it keeps open, Varnish what it has of that.
 *
 * Exit status 1 when, with --strict, a limit is exceeded.
 */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/http/crowd.h"
#include "bench/http/origin.h"
#include "bench/kit/load/exchange.h"
#include "bench/kit/options.h"
#include "bench/kit/program.h"
#include "bench/kit/report/samples.h"
#include "bench/kit/servers/server.h"

#define VALUE    1024
#define SMALL    32
#define ROUNDS   5
#define REQUESTS 100000

enum { RESP_GET, HTTP_GET, HTTP_SMALL, HTTP_NOT_MODIFIED, NGINX_GET, VARNISH_GET, CASES };

static const char *const names[CASES] = { "RESP GET of 1 KB", "HTTP GET of 1 KB", "HTTP GET of 32 B",
                                          "HTTP 304",         "nginx, 1 KB",      "Varnish, 1 KB" };

/* Ours by another's. */
static const struct {
    int ours, others;
    double limit;
} limits[] = {
    { HTTP_GET, RESP_GET, 1.2 },
    { HTTP_GET, NGINX_GET, 0.9 },
    { HTTP_GET, VARNISH_GET, 0.6 },
    { HTTP_NOT_MODIFIED, HTTP_SMALL, 1.0 },
};

static struct {
    bool quick, strict;
    uint64_t rounds;
    const char *commit, *server;
} settings;

static struct server server;
static uint16_t http_port;
static struct origin nginx, varnish;
static struct samples values[CASES];

static void start_all(void)
{
    char args[256], path[512];
    bool alone = program_pin(1);
    int core = alone ? 0 : PROGRAM_ANY_CORE;
    http_port = address_free_port();
    snprintf(args, sizeof args, "--threads,1,--bind,127.0.0.1,--http-port,%u", http_port);
    program_neighbour("../nuthatch", path, sizeof path);
    server_init(&server, "nuthatch", settings.server != NULL ? settings.server : path, args);
    server_start(&server, core);
    origin_start_nginx(&nginx, VALUE, core);
    if (nginx.pid != 0) origin_start_varnish(&varnish, nginx.port, core);
}

static void fill(void)
{
    char large[VALUE + 1], small[SMALL + 1];
    memset(large, 'x', VALUE);
    memset(small, 'x', SMALL);
    large[VALUE] = small[SMALL] = '\0';
    exchange_ask(&server.address, 3, (const char *const[]){ "SET", "k", large });
    exchange_ask(&server.address, 3, (const char *const[]){ "SET", "s", small });
}

/* The fields that a client mostly sends. */
static void ask_http(struct crowd *crowd, const char *key, const char *fields, int status)
{
    crowd->status = status;
    crowd->request_len = (size_t)snprintf(
        crowd->request, sizeof crowd->request,
        "GET /keys/%s HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\nAccept: */*\r\n%s\r\n", key,
        fields);
}

static void ask_resp(struct crowd *crowd)
{
    char head[16];
    crowd->request_len =
        (size_t)snprintf(crowd->request, sizeof crowd->request, "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n");
    crowd->reply_len = (size_t)snprintf(head, sizeof head, "$%d\r\n", VALUE) + VALUE + 2;
}

static uint64_t cpu_ns(int which)
{
    if (which == NGINX_GET) return origin_cpu_ns(&nginx);
    if (which == VARNISH_GET) return origin_cpu_ns(&varnish);
    return server_cpu_ns(&server);
}

static uint16_t resp_port(void)
{
    return ntohs(((const struct sockaddr_in *)(const void *)&server.address.socket)->sin_port);
}

static uint16_t port_of(int which)
{
    if (which == NGINX_GET) return nginx.port;
    if (which == VARNISH_GET) return varnish.port;
    return which == RESP_GET ? resp_port() : http_port;
}

static void prepare(struct crowd *crowd, int which)
{
    bool conditional = which == HTTP_NOT_MODIFIED;
    if (which == RESP_GET)
        ask_resp(crowd);
    else
        ask_http(crowd, which == HTTP_SMALL || conditional ? "s" : "k",
                 conditional ? "If-None-Match: *\r\n" : "", conditional ? 304 : 200);
}

static double request_us(int which)
{
    struct crowd crowd = { 0 };
    size_t turns = REQUESTS / CROWD_CLIENTS / (settings.quick ? 10 : 1);
    prepare(&crowd, which);
    crowd_open(&crowd, port_of(which));
    crowd_ask(&crowd, 20);
    uint64_t before = cpu_ns(which);
    crowd_ask(&crowd, turns);
    double ns = (double)(cpu_ns(which) - before);
    crowd_close(&crowd);
    return ns / 1000 / (double)(turns * CROWD_CLIENTS);
}

/* The others must not stir meanwhile. */
static void let_run(int which)
{
    bool ours = which < NGINX_GET;
    if (ours)
        server_resume(&server);
    else
        server_pause(&server);
    if (which == NGINX_GET)
        origin_resume(&nginx);
    else
        origin_pause(&nginx);
    if (which == VARNISH_GET)
        origin_resume(&varnish);
    else
        origin_pause(&varnish);
}

static bool is_there(int which)
{
    return !(which == NGINX_GET && nginx.pid == 0) && !(which == VARNISH_GET && varnish.pid == 0);
}

/* Varnish asks nginx once. */
static void warm_up(void)
{
    struct crowd crowd = { 0 };
    if (varnish.pid == 0) return;
    prepare(&crowd, VARNISH_GET);
    crowd_open(&crowd, varnish.port);
    crowd_ask(&crowd, 5);
    crowd_close(&crowd);
}

static bool print_limits(void)
{
    bool above = false;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        if (!is_there(limits[i].others)) continue;
        double ratio = samples_median(&values[limits[i].ours]) / samples_median(&values[limits[i].others]);
        above |= ratio > limits[i].limit;
        printf("%-18s : %-18s  %.2f  (%.1f)%s\n", names[limits[i].ours], names[limits[i].others], ratio,
               limits[i].limit, ratio > limits[i].limit ? "  above" : "");
    }
    return above;
}

static void parse(int argc, char **argv)
{
    const struct option options[] = {
        { "quick", OPTION_FLAG, &settings.quick, NULL, "one short round" },
        { "rounds", OPTION_COUNT, &settings.rounds, "N", "of which the median counts (5)" },
        { "nuthatch", OPTION_TEXT, &settings.server, "PATH", "the server (the one of this build)" },
        { "strict", OPTION_FLAG, &settings.strict, NULL, "exit status 1 when a limit is exceeded" },
        { "commit", OPTION_TEXT, &settings.commit, "ID", "to be printed" },
        { 0 },
    };
    options_parse_all(argc, argv, options);
    if (settings.rounds == 0) settings.rounds = settings.quick ? 1 : ROUNDS;
    if (settings.rounds > SAMPLES_MAX) settings.rounds = SAMPLES_MAX;
}

int main(int argc, char **argv)
{
    parse(argc, argv);
    start_all();
    fill();
    warm_up();
    for (uint64_t round = 0; round < settings.rounds; round++) {
        for (int which = 0; which < CASES; which++) {
            if (!is_there(which)) continue;
            let_run(which);
            samples_add(&values[which], request_us(which));
        }
    }
    server_resume(&server);
    if (settings.commit != NULL) printf("%s\n", settings.commit);
    for (int which = 0; which < CASES; which++)
        if (is_there(which)) printf("%-18s  %6.2f us\n", names[which], samples_median(&values[which]));
    bool above = print_limits();
    origin_stop(&varnish);
    origin_stop(&nginx);
    server_stop(&server);
    return settings.strict && above ? PROGRAM_FAILED : 0;
}
