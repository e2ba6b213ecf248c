/*
 * relay - the least that a server in the middle can cost.
 *
 * Passes on what it reads, in both directions, and looks at nothing: one thread a connection, one poll, one
 * read and one write for each piece. What a near cache adds to a miss above this is its own work.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/kit/options.h"
#include "bench/kit/program.h"

#define PIECE_BYTES    (64 * 1024)
#define LISTEN_BACKLOG 511

static struct sockaddr_in upstream;

static struct sockaddr_in loopback(uint64_t port)
{
    return (struct sockaddr_in){ .sin_family = AF_INET,
                                 .sin_port = htons((uint16_t)port),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static int open_socket(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0) program_fail("no socket");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    return fd;
}

/* False: one of them has ended. */
static bool pass(int from, int to)
{
    static _Thread_local char piece[PIECE_BYTES];
    ssize_t len = read(from, piece, sizeof piece);
    for (ssize_t sent = 0; sent < len;) {
        ssize_t more = write(to, piece + sent, (size_t)(len - sent));
        if (more <= 0) return false;
        sent += more;
    }
    return len > 0;
}

static void *serve(void *context)
{
    int client = (int)(intptr_t)context, server = open_socket();
    bool alive = connect(server, (struct sockaddr *)&upstream, sizeof upstream) == 0;
    struct pollfd ends[] = { { .fd = client, .events = POLLIN }, { .fd = server, .events = POLLIN } };
    while (alive && poll(ends, 2, -1) > 0) {
        if (ends[0].revents != 0) alive = pass(client, server);
        if (alive && ends[1].revents != 0) alive = pass(server, client);
    }
    close(server);
    close(client);
    return NULL;
}

static void accept_all(int listener)
{
    for (;;) {
        int client = accept(listener, NULL, NULL), on = 1;
        pthread_t thread;
        if (client < 0) continue;
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)client) != 0) program_fail("no thread");
        pthread_detach(thread);
    }
}

int main(int argc, char **argv)
{
    uint64_t port = 0, to = 0;
    const struct option options[] = { { "port", OPTION_COUNT, &port, "N", "listen on 127.0.0.1:N" },
                                      { "to", OPTION_COUNT, &to, "N", "and pass on to 127.0.0.1:N" },
                                      { 0 } };
    options_parse_all(argc, argv, options);
    if (port == 0 || to == 0) program_fail("--port and --to are needed");
    upstream = loopback(to);
    int listener = open_socket();
    struct sockaddr_in own = loopback(port);
    if (bind(listener, (struct sockaddr *)&own, sizeof own) != 0 || listen(listener, LISTEN_BACKLOG) != 0)
        program_fail("cannot listen on port %llu", (unsigned long long)port);
    accept_all(listener);
}
