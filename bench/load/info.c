#include "bench/load/info.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/load/address.h"
#include "bench/load/program.h"

#define REQUEST   "INFO\r\n"
#define REPLY_MAX 65536
#define WAIT_MS   10000

/* The whole reply, `$LEN\r\n...\r\n` or a line of another kind, or what there is of it when it is longer than
 * `cap`. */
static void ask(int fd, char *reply, size_t cap)
{
    size_t len = 0, whole = cap - 1;
    if (send(fd, REQUEST, strlen(REQUEST), MSG_NOSIGNAL) < 0) program_fail("INFO: %s", strerror(errno));
    while (len < whole) {
        struct pollfd socket = { .fd = fd, .events = POLLIN };
        if (poll(&socket, 1, WAIT_MS) == 0) program_fail("INFO: no reply");
        ssize_t n = recv(fd, reply + len, cap - 1 - len, 0);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (n <= 0) program_fail("INFO: connection lost");
        len += (size_t)n;
        reply[len] = '\0';
        const char *end = strstr(reply, "\r\n");
        if (end == NULL) continue;
        whole = (size_t)(end - reply) + strlen("\r\n");
        if (reply[0] == '$') whole += strtoul(reply + 1, NULL, 10) + strlen("\r\n");
        if (whole > cap - 1) whole = cap - 1;
    }
}

uint64_t info_number(const struct address *address, const char *name)
{
    char reply[REPLY_MAX];
    int fd = address_connect(address);
    if (fd < 0) program_fail("connect: %s", strerror(errno));
    ask(fd, reply, sizeof reply);
    close(fd);
    const char *at = strstr(reply, name);
    return at != NULL ? strtoull(at + strlen(name), NULL, 10) : 0;
}
