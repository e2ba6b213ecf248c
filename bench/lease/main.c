/*
 * lease - how soon those who wait for a value have it, and how soon one who does not compute is replaced.
 *
 * The server has core 0, the load core 1. A thousand clients ask at once for a value that nobody has
 * (CACHE GET ... WAIT); one of them wins. Then the clock runs: from the winner's CACHE SET to the last
 * answer; from the end of the winner's connection to the next who wins; and, of a winner that hangs, from the
 * end of its lease to the next. That exactly one computes is asked of each round. The worst round is told
 * beside the median: limits are for the worst.
 *
 * Exit status 1 when more than one was told to compute or a value was wrong, or, with --strict, a limit is
 * exceeded.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "bench/kit/clock.h"
#include "bench/kit/options.h"
#include "bench/kit/program.h"
#include "bench/kit/servers/server.h"

#define CLIENTS_MAX 1000
#define ROUNDS_MAX  100
#define ASKED       "CACHE GET cold WAIT 60000 LEASE 60000\r\n"
#define ASKED_SHORT "CACHE GET cold WAIT 60000 LEASE 200\r\n"
#define SHORT_MS    200
#define COMPUTE_US  50000
#define WIN         "*3\r\n$3\r\nwin\r\n$-1\r\n$16\r\n"
#define TOKEN_LEN   16
#define HIT         "*3\r\n$3\r\nhit\r\n$5\r\nvalue\r\n$-1\r\n"
#define BYTES(text) (sizeof(text) - 1)

struct crowd {
    const struct server *server;
    int clients[CLIENTS_MAX];
    size_t len;
    int watch;
    size_t winner;
    uint64_t told_ns; /* when the last that was read had come */
    char token[TOKEN_LEN + 1];
};

struct row {
    const char *name;
    double limit_ms;
    double values[ROUNDS_MAX];
};

static uint64_t clients = CLIENTS_MAX, rounds = 10;
static bool quick, strict, wrong;
static const char *spec = NULL;

static void join(struct crowd *crowd, size_t number)
{
    int fd = address_connect(&crowd->server->address);
    if (fd < 0) program_fail("client %zu cannot connect: %s", number, strerror(errno));
    struct epoll_event event = { .events = EPOLLIN, .data.u64 = number };
    crowd->clients[number] = fd;
    epoll_ctl(crowd->watch, EPOLL_CTL_ADD, fd, &event);
}

static void gather(struct crowd *crowd, const struct server *server)
{
    *crowd = (struct crowd){ .server = server, .len = clients, .watch = epoll_create1(0) };
    for (size_t i = 0; i < crowd->len; i++) join(crowd, i);
}

static void disperse(struct crowd *crowd)
{
    for (size_t i = 0; i < crowd->len; i++) close(crowd->clients[i]);
    close(crowd->watch);
}

static void say(int fd, const char *text, size_t len)
{
    if (write(fd, text, len) != (ssize_t)len) program_fail("cannot send: %s", strerror(errno));
}

static void ask(struct crowd *crowd, const char *text)
{
    for (size_t i = 0; i < crowd->len; i++) say(crowd->clients[i], text, strlen(text));
}

static void take_win(struct crowd *crowd, size_t number, const char *text, ssize_t len)
{
    if (len < (ssize_t)(BYTES(WIN) + TOKEN_LEN)) program_fail("half a reply came");
    crowd->winner = number;
    memcpy(crowd->token, text + BYTES(WIN), TOKEN_LEN);
}

/* Read until so many have won, or so many have the value. What is neither ends the program. */
static void listen_for(struct crowd *crowd, size_t wins, size_t hits)
{
    struct epoll_event events[64];
    char text[256];
    while (wins + hits > 0) {
        int count = epoll_wait(crowd->watch, events, 64, 30000);
        if (count <= 0) program_fail("nobody was answered within 30 s");
        for (int i = 0; i < count; i++) {
            size_t number = events[i].data.u64;
            ssize_t len = read(crowd->clients[number], text, sizeof text);
            bool won = len > 0 && memcmp(text, WIN, BYTES(WIN)) == 0;
            bool hit = len == BYTES(HIT) && memcmp(text, HIT, BYTES(HIT)) == 0;
            if ((won && wins == 0) || (hit && hits == 0)) wrong = true;
            if (!won && !hit)
                program_fail("a reply is neither win nor hit: %.*s", (int)(len > 0 ? len : 0), text);
            if (won) take_win(crowd, number, text, len);
            if (won && wins > 0) wins--;
            if (hit && hits > 0) hits--;
        }
        crowd->told_ns = clock_now_ns();
    }
}

/* By whom has won: its own reply is read as well. */
static void fill(struct crowd *crowd)
{
    char line[128], text[16];
    int len = snprintf(line, sizeof line, "CACHE SET cold value TOKEN %s EX 60\r\n", crowd->token);
    int fd = crowd->clients[crowd->winner];
    epoll_ctl(crowd->watch, EPOLL_CTL_DEL, fd, NULL);
    say(fd, line, (size_t)len);
    ssize_t got;
    while ((got = read(fd, text, sizeof text)) < 0 && errno == EAGAIN) usleep(10);
    if (got != 5 || memcmp(text, "+OK\r\n", 5) != 0) wrong = true;
}

static void forget(struct crowd *crowd)
{
    char text[16];
    int fd = address_connect(&crowd->server->address);
    if (fd < 0) program_fail("cannot connect: %s", strerror(errno));
    say(fd, "DEL cold\r\n", BYTES("DEL cold\r\n"));
    while (read(fd, text, sizeof text) < 0 && errno == EAGAIN) usleep(10);
    close(fd);
}

static double ms_between(uint64_t from_ns, uint64_t to_ns)
{
    return to_ns > from_ns ? (double)(to_ns - from_ns) / 1e6 : 0;
}

static double time_fill(const struct server *server)
{
    struct crowd crowd;
    gather(&crowd, server);
    ask(&crowd, ASKED);
    listen_for(&crowd, 1, 0);
    usleep(COMPUTE_US);
    uint64_t start_ns = clock_now_ns();
    fill(&crowd);
    listen_for(&crowd, 0, crowd.len - 1);
    double ms = ms_between(start_ns, crowd.told_ns);
    disperse(&crowd);
    forget(&crowd);
    return ms;
}

/* The next has won; everybody is let go when it has brought the value. */
static double end_with_next(struct crowd *crowd, uint64_t start_ns, size_t gone)
{
    listen_for(crowd, 1, 0);
    double ms = ms_between(start_ns, crowd->told_ns);
    fill(crowd);
    listen_for(crowd, 0, crowd->len - 1 - gone);
    disperse(crowd);
    forget(crowd);
    return ms;
}

static double time_kill(const struct server *server)
{
    struct crowd crowd;
    gather(&crowd, server);
    ask(&crowd, ASKED);
    listen_for(&crowd, 1, 0);
    usleep(COMPUTE_US);
    size_t killed = crowd.winner;
    uint64_t start_ns = clock_now_ns();
    close(crowd.clients[killed]);
    crowd.clients[killed] = -1;
    return end_with_next(&crowd, start_ns, 1);
}

static double time_hang(const struct server *server)
{
    struct crowd crowd;
    gather(&crowd, server);
    ask(&crowd, ASKED_SHORT);
    listen_for(&crowd, 1, 0);
    return end_with_next(&crowd, crowd.told_ns + SHORT_MS * UINT64_C(1000000), 1);
}

static int smaller_first(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return a < b ? -1 : a > b;
}

/* True: the worst is above the limit. */
static bool tell(struct row *row)
{
    qsort(row->values, rounds, sizeof row->values[0], smaller_first);
    double worst = row->values[rounds - 1];
    bool above = worst > row->limit_ms;
    printf("%-48s %9.2f %9.2f %9.0f%s\n", row->name, row->values[rounds / 2], worst, row->limit_ms,
           above ? "  above" : "");
    return above;
}

static void start(struct server *server)
{
    static char path[512];
    program_neighbour("../nuthatch", path, sizeof path);
    server_init(server, "nuthatch", spec != NULL ? spec : path, "--maxclients,4096");
    program_pin(1);
    server_start(server, 0);
}

int main(int argc, char **argv)
{
    const struct option options[] = {
        { "clients", OPTION_COUNT, &clients, "N", "that ask at once, 2 to 1000 (1000)" },
        { "rounds", OPTION_COUNT, &rounds, "N", "of each case, at most 100 (10)" },
        { "quick", OPTION_FLAG, &quick, NULL, "three rounds" },
        { "server", OPTION_TEXT, &spec, "SPEC", "[name=]path[,argument...] (the one beside this program)" },
        { "strict", OPTION_FLAG, &strict, NULL, "exit with 1 when a limit is exceeded" },
        { NULL, OPTION_FLAG, NULL, NULL, NULL },
    };
    static struct row rows[] = {
        { .name = "the last answer, after CACHE SET", .limit_ms = 20 },
        { .name = "the next winner, after one was killed", .limit_ms = 50 },
        { .name = "the next winner, after the lease of a hung one", .limit_ms = 10 },
    };
    double (*const timed[])(const struct server *server) = { time_fill, time_kill, time_hang };
    struct server server;
    options_parse_all(argc, argv, options);
    if (quick) rounds = 3;
    if (clients < 2 || clients > CLIENTS_MAX || rounds < 1 || rounds > ROUNDS_MAX)
        program_fail("2 to %d clients, and 1 to %d rounds", CLIENTS_MAX, ROUNDS_MAX);
    start(&server);
    bool above = false;
    printf("%-48s %9s %9s %9s\n", "ms", "median", "worst", "limit");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (uint64_t round = 0; round < rounds; round++) rows[i].values[round] = timed[i](&server);
        above |= tell(&rows[i]);
    }
    server_stop(&server);
    if (wrong) fprintf(stderr, "lease: more than one was told to compute, or a fill was refused\n");
    return wrong || (strict && above) ? PROGRAM_FAILED : 0;
}
