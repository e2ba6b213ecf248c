#include "bench/kit/servers/info.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/kit/program.h"
#include "bench/kit/servers/address.h"

#define TABLE_BYTES "overhead.hashtable.main\r\n:"
#define WAIT_MS     10000

/* What has come of a reply, terminated. */
struct text {
    char data[65536];
    size_t len;
};

static int send_request(const struct address *address, const char *request)
{
    int fd = address_connect(address);
    if (fd < 0) program_fail("connect: %s", strerror(errno));
    if (send(fd, request, strlen(request), MSG_NOSIGNAL) < 0) program_fail("INFO: %s", strerror(errno));
    return fd;
}

static void receive_some(int fd, struct text *text)
{
    struct pollfd socket = { .fd = fd, .events = POLLIN };
    if (text->len == sizeof text->data - 1) program_fail("INFO: a reply that long is not expected");
    if (poll(&socket, 1, WAIT_MS) == 0) program_fail("INFO: no reply");
    ssize_t n = recv(fd, text->data + text->len, sizeof text->data - 1 - text->len, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) program_fail("INFO: connection lost");
    text->len += (size_t)n;
    text->data[text->len] = '\0';
}

/* `$LEN\r\n...\r\n`, or a line of another kind. */
static bool is_whole(const struct text *text)
{
    const char *end = strstr(text->data, "\r\n");
    if (end == NULL) return false;
    size_t whole = (size_t)(end - text->data) + strlen("\r\n");
    if (text->data[0] == '$') whole += strtoul(text->data + 1, NULL, 10) + strlen("\r\n");
    return text->len >= whole;
}

uint64_t info_number(const struct address *address, const char *name)
{
    struct text text = { .len = 0 };
    int fd = send_request(address, "INFO\r\n");
    while (!is_whole(&text)) receive_some(fd, &text);
    close(fd);
    const char *at = strstr(text.data, name);
    return at != NULL ? strtoull(at + strlen(name), NULL, 10) : 0;
}

uint64_t info_table_bytes(const struct address *address)
{
    struct text text = { .len = 0 };
    const char *at = NULL;
    int fd = send_request(address, "MEMORY STATS\r\n");
    while (at == NULL || strchr(at, '\r') == NULL) {
        receive_some(fd, &text);
        at = strstr(text.data, TABLE_BYTES);
        if (at != NULL) at += strlen(TABLE_BYTES);
    }
    close(fd);
    return strtoull(at, NULL, 10);
}
