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

/* The first word of `bind`; from all addresses of a family its loopback. */
static void find_host(struct settings *settings, struct target *target)
{
    char words[1024];
    copy_setting(settings, TEXT_BIND, words, sizeof words);
    words[strcspn(words, " ")] = '\0';
    const char *host = words[0] == '-' ? words + 1 : words;
    bool any_six = strcmp(host, "::*") == 0 || strcmp(host, "::") == 0;
    bool any_four = strcmp(host, "*") == 0 || strcmp(host, "0.0.0.0") == 0 || host[0] == '\0';
    snprintf(target->host, sizeof target->host, "%s", any_six ? "::1" : any_four ? "127.0.0.1" : host);
}

static struct target find_target(struct settings *settings)
{
    struct target target = { 0 };
    int64_t port = SETTING(settings, port);
    target.encrypted = port == 0;
    if (target.encrypted) port = SETTING(settings, tls_port);
    copy_setting(settings, TEXT_UNIXSOCKET, target.path, sizeof target.path);
    if (target.path[0] != '\0') target.encrypted = false;
    find_host(settings, &target);
    target.service[number_format_i64(target.service, port)] = '\0';
    return target;
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

static const char ping[] = "PING\r\n";

static bool has_line(const struct answer *answer)
{
    return memchr(answer->text, '\n', answer->len) != NULL || answer->len == sizeof answer->text;
}

static bool ask_plainly(int fd, struct answer *answer)
{
    if (send(fd, ping, sizeof ping - 1, MSG_NOSIGNAL) < 0) return false;
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

static bool ask_in(SSL *talk, struct answer *answer)
{
    if (SSL_connect(talk) != 1 || SSL_write(talk, ping, sizeof ping - 1) <= 0) return false;
    while (!has_line(answer)) {
        int room = (int)(sizeof answer->text - answer->len);
        int got = SSL_read(talk, answer->text + answer->len, room);
        if (got <= 0) return false;
        answer->len += (size_t)got;
    }
    return true;
}

static bool ask_secretly(int fd, struct settings *settings, struct answer *answer)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (context == NULL) return false;
    show_certificate(context, settings);
    SSL *talk = SSL_new(context);
    bool asked = talk != NULL && SSL_set_fd(talk, fd) == 1 && ask_in(talk, answer);
    SSL_free(talk);
    SSL_CTX_free(context);
    return asked;
}

static bool begins_with(const struct answer *answer, const char *word)
{
    size_t len = strlen(word);
    return answer->len >= len && memcmp(answer->text, word, len) == 0;
}

/* Who is asked for a password has been answered. */
static bool is_healthy(const struct answer *answer)
{
    return begins_with(answer, "+PONG") || begins_with(answer, "-NOAUTH") || begins_with(answer, "-NOPERM");
}

static int judge(const struct target *target, struct answer *answer)
{
    if (is_healthy(answer)) return 0;
    size_t len = answer->len == sizeof answer->text ? answer->len - 1 : answer->len;
    answer->text[len] = '\0';
    answer->text[strcspn(answer->text, "\r\n")] = '\0';
    return complain(target, answer->text);
}

int healthcheck_run(struct settings *settings)
{
    struct target target = find_target(settings);
    struct answer answer = { 0 };
    int fd = target.path[0] != '\0' ? dial_path(&target) : dial_host(&target);
    if (fd < 0) return complain(&target, strerror(errno));
    errno = 0;
    bool asked = target.encrypted ? ask_secretly(fd, settings, &answer) : ask_plainly(fd, &answer);
    int reason = errno;
    close(fd);
    if (asked) return judge(&target, &answer);
    return complain(&target, reason == EAGAIN ? "it does not answer" : "it closed the connection");
}
