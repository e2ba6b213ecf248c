#include "bench/http/crowd.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/kit/program.h"

static int connect_to(uint16_t port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    for (int attempt = 0; attempt < 200; attempt++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
        if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
        close(fd);
        usleep(50000);
    }
    program_fail("nobody listens at port %u", port);
}

void crowd_open(struct crowd *crowd, uint16_t port)
{
    for (int i = 0; i < CROWD_CLIENTS; i++) crowd->fds[i] = connect_to(port);
}

void crowd_close(struct crowd *crowd)
{
    for (int i = 0; i < CROWD_CLIENTS; i++) close(crowd->fds[i]);
}

/* Of what has come, terminated: how long the whole reply is; 0: its head is not all there. */
static size_t length_of(const struct crowd *crowd, const char *text)
{
    if (crowd->reply_len > 0) return crowd->reply_len;
    const char *end = strstr(text, "\r\n\r\n");
    int status = 0;
    if (end == NULL) return 0;
    if (sscanf(text, "HTTP/1.1 %d", &status) != 1 || status != crowd->status)
        program_fail("status %d, not %d: %.200s", status, crowd->status, text);
    const char *field = strcasestr(text, "\r\nContent-Length: ");
    size_t body = field != NULL && field < end && status != 304 ? strtoul(field + 18, NULL, 10) : 0;
    return (size_t)(end - text) + 4 + body;
}

static void receive(const struct crowd *crowd, int fd)
{
    static char text[1 << 16];
    size_t len = 0, wanted = 0;
    while (wanted == 0 || len < wanted) {
        ssize_t got = recv(fd, text + len, sizeof text - 1 - len, 0);
        if (got <= 0) program_fail("a connection broke");
        len += (size_t)got;
        text[len] = '\0';
        if (wanted == 0) wanted = length_of(crowd, text);
    }
    if (len != wanted) program_fail("more came than was asked for");
}

void crowd_ask(struct crowd *crowd, size_t times)
{
    for (size_t turn = 0; turn < times; turn++) {
        for (int i = 0; i < CROWD_CLIENTS; i++)
            if (send(crowd->fds[i], crowd->request, crowd->request_len, MSG_NOSIGNAL) !=
                (ssize_t)crowd->request_len)
                program_fail("a connection broke");
        for (int i = 0; i < CROWD_CLIENTS; i++) receive(crowd, crowd->fds[i]);
    }
}
