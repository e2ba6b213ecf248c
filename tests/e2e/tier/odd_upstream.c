#include "tests/e2e/tier/odd_upstream.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/buffer.h"
#include "proto/request.h"

static void write_all(int fd, const char *bytes, bool slow)
{
    size_t len = strlen(bytes);
    for (size_t at = 0; at < len;) {
        ssize_t done = write(fd, bytes + at, slow ? 1 : len - at);
        if (done <= 0) _exit(0);
        at += (size_t)done;
    }
}

static void serve(int fd, int connection, odd_rule rule, bool slow)
{
    static const struct request_limits limits = { 1 << 20, 1 << 16, 1 << 20, false };
    struct request_parser parser = { 0 };
    struct request_args args = { 0 };
    struct buffer in = { 0 };
    int no_delay = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, sizeof no_delay);
    for (;;) {
        size_t argc, consumed;
        args.len = 0;
        enum request_status status =
            request_parse(&parser, in.data, in.len, &limits, &args, &argc, &consumed);
        if (status == REQUEST_READY) {
            const char *reply = rule(connection, args.items, argc);
            if (reply == NULL) _exit(0);
            write_all(fd, reply, slow);
            buffer_consume(&in, consumed);
            continue;
        }
        ssize_t len = read(fd, buffer_reserve(&in, 4096), 4096);
        if (len <= 0) _exit(0);
        buffer_commit(&in, (size_t)len);
    }
}

static void run(int listener, odd_rule rule, bool slow)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGCHLD, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    for (int connection = 0;; connection++) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0) _exit(1);
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            serve(fd, connection, rule, slow);
        }
        close(fd);
    }
}

void odd_upstream_start(struct odd_upstream *upstream, odd_rule rule, bool slow)
{
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    cr_assert_eq(bind(listener, (struct sockaddr *)&address, len), 0);
    cr_assert_eq(listen(listener, 64), 0);
    cr_assert_eq(getsockname(listener, (struct sockaddr *)&address, &len), 0);
    upstream->port = ntohs(address.sin_port);
    upstream->pid = fork();
    if (upstream->pid == 0) run(listener, rule, slow);
    close(listener);
}

void odd_upstream_stop(struct odd_upstream *upstream)
{
    kill(upstream->pid, SIGKILL);
    waitpid(upstream->pid, NULL, 0);
}

bool odd_is(const struct slice *argv, size_t argc, const char *name, const char *first)
{
    if (!slice_equal_nocase(argv[0], slice_of_cstr(name))) return false;
    return first == NULL || (argc > 1 && slice_equal_nocase(argv[1], slice_of_cstr(first)));
}
