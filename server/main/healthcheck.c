#include "server/main/healthcheck.h"

#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "proto/base/buffer.h"
#include "proto/base/number.h"
#include "server/config/settings.h"

/* Where the server listens, as it is shown. */
struct target {
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* of a unix socket; empty: there is none */
    char host[NI_MAXHOST];
    char service[NUMBER_I64_MAX];
    bool encrypted;
    bool in_http;
};

/* One line of a reply is all that is read. */
struct answer {
    char text[256];
    size_t len;
};

static int complain(const struct target *target, const char *reason)
{
    if (target->path[0] != '\0')
        fprintf(stderr, "nuthatch: no health at %s: %s\n", target->path, reason);
    else
        fprintf(stderr, "nuthatch: no health at %s:%s: %s\n", target->host, target->service, reason);
    return 1;
}

static void copy_setting(struct settings *settings, enum setting_text which, char *out, size_t size)
{
    struct buffer text = { 0 };
    settings_copy_text(settings, which, &text);
    buffer_append(&text, "", 1);
    snprintf(out, size, "%s", text.data);
    buffer_clear(&text);
}

/* Of all addresses of a family its loopback. */
static void name_host(struct target *target, const char *word)
{
    const char *host = word[0] == '-' ? word + 1 : word;
    bool any_six = strcmp(host, "::*") == 0 || strcmp(host, "::") == 0;
    bool any_four = strcmp(host, "*") == 0 || strcmp(host, "0.0.0.0") == 0 || host[0] == '\0';
    snprintf(target->host, sizeof target->host, "%s", any_six ? "::1" : any_four ? "127.0.0.1" : host);
}

/* Ways in, in the order in which they are tried: one that is open will do. */
static const struct way {
    enum setting_text path, addresses;
    bool has_path, encrypted, in_http;
} ways[] = {
    { .path = TEXT_UNIXSOCKET, .has_path = true },
    { .addresses = TEXT_BIND },
    { .addresses = TEXT_BIND, .encrypted = true },
    { .path = TEXT_HTTP_UNIXSOCKET, .has_path = true, .in_http = true },
    { .addresses = TEXT_HTTP_BIND, .in_http = true },
    { .addresses = TEXT_HTTP_BIND, .encrypted = true, .in_http = true },
};

static int64_t port_of(const struct settings *settings, const struct way *way)
{
    if (way->in_http) return way->encrypted ? SETTING(settings, http_tls_port) : SETTING(settings, http_port);
    return way->encrypted ? SETTING(settings, tls_port) : SETTING(settings, port);
}

/* False: the server has no such way in. */
static bool find_target(struct settings *settings, const struct way *way, struct target *target)
{
    *target = (struct target){ .encrypted = way->encrypted, .in_http = way->in_http };
    if (way->has_path) {
        copy_setting(settings, way->path, target->path, sizeof target->path);
        return target->path[0] != '\0';
    }
    int64_t port = port_of(settings, way);
    target->service[number_format_i64(target->service, port)] = '\0';
    return port != 0;
}

static int connect_to(int family, const struct sockaddr *address, socklen_t bytes)
{
    struct timeval patience = { .tv_sec = HEALTHCHECK_TIMEOUT_S };
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience); /* connect() keeps to it, too */
    if (connect(fd, address, bytes) == 0) return fd;
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

static int dial_path(const struct target *target)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    memcpy(address.sun_path, target->path, sizeof address.sun_path);
    return connect_to(AF_UNIX, (const struct sockaddr *)&address, sizeof address);
}

static int dial_host(const struct target *target)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    int failure = getaddrinfo(target->host, target->service, &hints, &found);
    if (failure != 0) {
        errno = failure == EAI_SYSTEM ? errno : EADDRNOTAVAIL;
        return -1;
    }
    int fd = connect_to(found->ai_family, found->ai_addr, found->ai_addrlen);
    int reason = errno;
    freeaddrinfo(found);
    errno = reason;
    return fd;
}

static struct slice question_of(const struct target *target)
{
    static const struct slice ping = { "PING\r\n", sizeof("PING\r\n") - 1 };
    static const char healthz[] = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    return target->in_http ? slice_of(healthz, sizeof healthz - 1) : ping;
}

static bool has_line(const struct answer *answer)
{
    return memchr(answer->text, '\n', answer->len) != NULL || answer->len == sizeof answer->text;
}

static bool ask_plainly(int fd, struct slice question, struct answer *answer)
{
    if (send(fd, question.data, question.len, MSG_NOSIGNAL) < 0) return false;
    while (!has_line(answer)) {
        ssize_t got = recv(fd, answer->text + answer->len, sizeof answer->text - answer->len, 0);
        if (got <= 0) return false;
        answer->len += (size_t)got;
    }
    return true;
}

/* A server may want a certificate of its clients: its own is one that its authority has signed. */
static void show_certificate(SSL_CTX *context, struct settings *settings)
{
    char certificate[4096];
    char key[4096];
    copy_setting(settings, TEXT_TLS_CERT_FILE, certificate, sizeof certificate);
    char password[1024]; /* without one, OpenSSL would ask the terminal */
    copy_setting(settings, TEXT_TLS_KEY_FILE, key, sizeof key);
    copy_setting(settings, TEXT_TLS_KEY_FILE_PASS, password, sizeof password);
    SSL_CTX_set_default_passwd_cb_userdata(context, password);
    SSL_CTX_use_certificate_chain_file(context, certificate);
    SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM);
}

static bool ask_in(SSL *talk, struct slice question, struct answer *answer)
{
    if (SSL_connect(talk) != 1 || SSL_write(talk, question.data, (int)question.len) <= 0) return false;
    while (!has_line(answer)) {
        int room = (int)(sizeof answer->text - answer->len);
        int got = SSL_read(talk, answer->text + answer->len, room);
        if (got <= 0) return false;
        answer->len += (size_t)got;
    }
    return true;
}

static bool ask_secretly(int fd, struct settings *settings, struct slice question, struct answer *answer)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (context == NULL) return false;
    show_certificate(context, settings);
    SSL *talk = SSL_new(context);
    bool asked = talk != NULL && SSL_set_fd(talk, fd) == 1 && ask_in(talk, question, answer);
    SSL_free(talk);
    SSL_CTX_free(context);
    return asked;
}

static bool begins_with(const struct answer *answer, const char *word)
{
    size_t len = strlen(word);
    return answer->len >= len && memcmp(answer->text, word, len) == 0;
}

/* Who is asked for a password, or told that a command was taken out, has been answered. */
static bool is_healthy(const struct answer *answer)
{
    static const char *const good[] = { "+PONG",        "-NOAUTH",     "-NOPERM", "-ERR unknown command",
                                        "HTTP/1.1 200", "HTTP/1.0 200" };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (begins_with(answer, good[i])) return true;
    return false;
}

static int judge(const struct target *target, struct answer *answer)
{
    if (is_healthy(answer)) return 0;
    size_t len = answer->len == sizeof answer->text ? answer->len - 1 : answer->len;
    answer->text[len] = '\0';
    answer->text[strcspn(answer->text, "\r\n")] = '\0';
    return complain(target, answer->text);
}

/* Who listens and says nothing good will not say it elsewhere: `*listens` is set. */
static int ask_at(struct settings *settings, const struct target *target, bool *listens)
{
    struct answer answer = { 0 };
    struct slice question = question_of(target);
    int fd = target->path[0] != '\0' ? dial_path(target) : dial_host(target);
    *listens = fd >= 0;
    if (fd < 0) return complain(target, strerror(errno));
    errno = 0;
    bool asked = target->encrypted ? ask_secretly(fd, settings, question, &answer)
                                   : ask_plainly(fd, question, &answer);
    int reason = errno;
    close(fd);
    if (asked) return judge(target, &answer);
    return complain(target, reason == EAGAIN ? "it does not answer" : "it closed the connection");
}

/* One address after the other: those behind a sign need not be there, and any that answers will do. */
static int ask_addresses(struct settings *settings, const struct way *way, struct target *target,
                         bool *listens)
{
    char words[1024];
    char *rest = words;
    int code = 1;
    copy_setting(settings, way->addresses, words, sizeof words);
    do {
        name_host(target, rest[0] != '\0' ? strsep(&rest, " ") : "");
        code = ask_at(settings, target, listens);
    } while (code != 0 && !*listens && rest != NULL && rest[0] != '\0');
    return code;
}

int healthcheck_run(struct settings *settings)
{
    struct target target;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        bool listens;
        if (!find_target(settings, &ways[i], &target)) continue;
        if (target.path[0] != '\0') return ask_at(settings, &target, &listens);
        return ask_addresses(settings, &ways[i], &target, &listens);
    }
    fprintf(stderr, "nuthatch: no health: by this configuration it listens nowhere\n");
    return 1;
}
