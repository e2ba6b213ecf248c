#include "server/net/endpoint.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int listen_at(const struct addrinfo *address, int backlog, const char **step)
{
    int on = 1;
    *step = "socket";
    int fd = socket(address->ai_family, address->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (address->ai_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    *step = "bind";
    if (bind(fd, address->ai_addr, address->ai_addrlen) != 0) goto fail;
    *step = "listen";
    if (listen(fd, backlog) != 0) goto fail;
    return fd;
fail:;
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

int endpoint_open_tcp(const char *host, int port, int backlog, const char **step)
{
    bool any_four = strcmp(host, "*") == 0;
    bool any_six = strcmp(host, "::*") == 0;
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
    hints.ai_family = any_four ? AF_INET : any_six ? AF_INET6 : AF_UNSPEC;
    char service[16];
    snprintf(service, sizeof(service), "%d", port);
    struct addrinfo *found = NULL;
    *step = "address";
    int failure = getaddrinfo(any_four || any_six ? NULL : host, service, &hints, &found);
    if (failure != 0) {
        errno = failure == EAI_SYSTEM ? errno : EADDRNOTAVAIL;
        return -1;
    }
    int fd = listen_at(found, backlog, step);
    int reason = errno;
    freeaddrinfo(found);
    errno = reason;
    return fd;
}

int endpoint_open_unix(const char *path, mode_t mode, int backlog)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    unlink(path); /* left by a server that did not end in order */
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
        (mode == 0 || chmod(path, mode) == 0) && listen(fd, backlog) == 0)
        return fd;
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}
