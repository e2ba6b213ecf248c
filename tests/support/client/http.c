#include "tests/support/client/http.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include <openssl/ssl.h>

#include "proto/base/buffer.h"

static ssize_t receive_some(struct client *client, char *to, size_t room)
{
    if (client->ssl == NULL) return recv(client->fd, to, room, MSG_DONTWAIT);
    int got = SSL_read(client->ssl, to, (int)room);
    if (got > 0) return got;
    errno = SSL_get_error(client->ssl, got) == SSL_ERROR_WANT_READ ? EAGAIN : ECONNRESET;
    return -1;
}

/* False: nothing comes any more. */
static bool receive(struct client *client)
{
    for (;;) {
        char *to = buffer_reserve(&client->in, 65536);
        ssize_t got = receive_some(client, to, 65536);
        if (got > 0) {
            buffer_commit(&client->in, (size_t)got);
            return true;
        }
        if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
            client->trouble = CLIENT_CLOSED;
            return false;
        }
        struct pollfd poll_fd = { .fd = client->fd, .events = POLLIN };
        if (poll(&poll_fd, 1, client->timeout_ms) > 0) continue;
        client->trouble = CLIENT_SILENT;
        return false;
    }
}

static struct slice unread(const struct client *client)
{
    return slice_of(client->in.data + client->used, client->in.len - client->used);
}

static size_t length_of(const struct http_answer *answer)
{
    struct slice text = http_answer_field(answer, "Content-Length");
    char digits[24];
    if (text.data == NULL) return 0;
    slice_to_cstr(text, digits, sizeof digits);
    return (size_t)strtoull(digits, NULL, 10);
}

/* Of "HTTP/1.1 200 OK", which no byte behind it ends for a sscanf(). */
static bool take_status(struct http_answer *answer)
{
    static const char version[] = "HTTP/1.1 ";
    const size_t at = sizeof version - 1;
    char digits[4];
    if (answer->head.len < at + 3 || memcmp(answer->head.data, version, at) != 0) return false;
    slice_to_cstr(slice_of(answer->head.data + at, 3), digits, sizeof digits);
    answer->status = (int)strtol(digits, NULL, 10);
    return answer->status >= 100;
}

static bool take_head(struct client *client, struct http_answer *answer)
{
    for (;;) {
        struct slice rest = unread(client);
        const char *end = rest.len > 0 ? memmem(rest.data, rest.len, "\r\n\r\n", 4) : NULL;
        if (end == NULL) {
            if (!receive(client)) return false;
            continue;
        }
        answer->head = slice_of(rest.data, (size_t)(end - rest.data) + 4);
        return take_status(answer);
    }
}

struct http_answer http_next(struct client *client, bool to_head)
{
    struct http_answer answer = { 0 };
    buffer_consume(&client->in, client->used);
    client->used = 0;
    if (!take_head(client, &answer)) return (struct http_answer){ 0 };
    size_t head_len = answer.head.len, body_len = to_head ? 0 : length_of(&answer);
    if (answer.status == 304 || answer.status == 204) body_len = 0;
    while (client->in.len < head_len + body_len)
        if (!receive(client)) return (struct http_answer){ 0 };
    answer.head = slice_of(client->in.data, head_len);
    answer.body = slice_of(client->in.data + head_len, body_len);
    client->used = head_len + body_len;
    return answer;
}

struct http_answer http_raw(struct client *client, struct slice bytes)
{
    bool to_head = bytes.len > 5 && memcmp(bytes.data, "HEAD ", 5) == 0;
    client_send(client, bytes);
    return http_next(client, to_head);
}

struct http_answer http_ask(struct client *client, const char *line, const char *rest)
{
    struct buffer text = { 0 };
    const char *empty = strncmp(rest, "\r\n", 2) == 0 ? rest : strstr(rest, "\r\n\r\n");
    size_t fields_len = empty == NULL ? strlen(rest) : (size_t)(empty - rest) + (empty == rest ? 0 : 2);
    buffer_printf(&text, "%s HTTP/1.1\r\nHost: localhost\r\n%.*s", line, (int)fields_len, rest);
    if (empty != NULL) {
        const char *body = rest + fields_len + 2;
        buffer_printf(&text, "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
    } else {
        buffer_append(&text, "\r\n", 2);
    }
    struct http_answer answer = http_raw(client, buffer_slice(&text));
    buffer_clear(&text);
    return answer;
}

struct slice http_answer_field(const struct http_answer *answer, const char *name)
{
    size_t len = strlen(name);
    const char *at = answer->head.data, *end = at + answer->head.len;
    while (at != NULL && at < end) {
        const char *stop = memchr(at, '\r', (size_t)(end - at));
        bool same = stop != NULL && (size_t)(stop - at) > len + 1 && at[len] == ':' &&
                    strncasecmp(at, name, len) == 0;
        if (same) return slice_of(at + len + 2, (size_t)(stop - at) - len - 2);
        at = stop != NULL ? stop + 2 : NULL;
    }
    return (struct slice){ 0 };
}

bool http_answer_has(const struct http_answer *answer, const char *name, const char *value)
{
    return slice_equal(http_answer_field(answer, name), slice_of_cstr(value));
}

static struct http_answer hold(const char *file, int line, struct http_answer answer, const char *request,
                               int status)
{
    if (answer.status != status)
        cr_log_error("%s:%d: %s\n%.*s%.*s", file, line, request, (int)answer.head.len, answer.head.data,
                     (int)(answer.body.len < 200 ? answer.body.len : 200), answer.body.data);
    cr_assert_eq(answer.status, status, "%s:%d: %s: %d, not %d", file, line, request, answer.status, status);
    return answer;
}

struct http_answer http_expect_at(const char *file, int line, struct client *client, const char *first,
                                  const char *rest, int status)
{
    return hold(file, line, http_ask(client, first, rest), first, status);
}

struct http_answer http_expect_raw_at(const char *file, int line, struct client *client, struct slice bytes,
                                      int status)
{
    char request[200];
    slice_to_cstr(bytes, request, sizeof request);
    return hold(file, line, http_raw(client, bytes), request, status);
}
