#include "bench/kit/servers/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "bench/kit/load/memcached.h"
#include "bench/kit/load/resp.h"
#include "bench/kit/program.h"

static bool parse_unix(const char *path, struct address *address)
{
    struct sockaddr_un *un = (struct sockaddr_un *)&address->socket;
    if (strlen(path) >= sizeof un->sun_path) return false;
    un->sun_family = AF_UNIX;
    memcpy(un->sun_path, path, strlen(path) + 1);
    address->len = sizeof *un;
    return true;
}

bool address_parse(const char *text, struct address *address)
{
    static const char memcached[] = "memcached:";
    *address = (struct address){ .protocol = &resp_protocol };
    if (strncmp(text, memcached, strlen(memcached)) == 0) {
        address->protocol = &memcached_protocol;
        text += strlen(memcached);
    }
    if (strncmp(text, "unix:", strlen("unix:")) == 0) return parse_unix(text + strlen("unix:"), address);

    const char *colon = strrchr(text, ':');
    char host[256];
    if (colon == NULL || (size_t)(colon - text) >= sizeof host) return false;
    memcpy(host, text, (size_t)(colon - text));
    host[colon - text] = '\0';

    struct addrinfo wanted = { .ai_socktype = SOCK_STREAM };
    struct addrinfo *found;
    if (getaddrinfo(host, colon + 1, &wanted, &found) != 0) return false;
    memcpy(&address->socket, found->ai_addr, found->ai_addrlen);
    address->len = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

struct address address_of_loopback(uint16_t port)
{
    struct address address = { .len = sizeof(struct sockaddr_in), .protocol = &resp_protocol };
    struct sockaddr_in *in = (struct sockaddr_in *)&address.socket;
    in->sin_family = AF_INET;
    in->sin_port = htons(port);
    in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

uint16_t address_free_port(void)
{
    struct address address = address_of_loopback(0);
    struct sockaddr *socket_address = (struct sockaddr *)&address.socket;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, socket_address, address.len) != 0 ||
        getsockname(fd, socket_address, &address.len) != 0)
        program_fail("no free port: %s", strerror(errno));
    close(fd);
    return ntohs(((struct sockaddr_in *)socket_address)->sin_port);
}

int address_connect(const struct address *address)
{
    int fd = socket(address->socket.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    if (connect(fd, (const struct sockaddr *)&address->socket, address->len) != 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    int on = 1;
    if (address->socket.ss_family != AF_UNIX) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}
