#include "server/config/upstream_url.h"

#include <stdint.h>
#include <string.h>

#include "proto/base/number.h"

#define DEFAULT_PORT 6379

static bool take_prefix(struct slice *text, const char *prefix)
{
    size_t len = strlen(prefix);
    if (text->len < len || strncasecmp(text->data, prefix, len) != 0) return false;
    *text = slice_of(text->data + len, text->len - len);
    return true;
}

static const char *find_byte(struct slice text, char byte)
{
    return text.len > 0 ? memchr(text.data, byte, text.len) : NULL;
}

static const char *find_last_byte(struct slice text, char byte)
{
    return text.len > 0 ? memrchr(text.data, byte, text.len) : NULL;
}

/* What stands before `at`, which lies in `text`, and what stands behind it. */
static struct slice cut_before(struct slice text, const char *at)
{
    return slice_of(text.data, (size_t)(at - text.data));
}

static struct slice cut_behind(struct slice text, const char *at)
{
    return slice_of(at + 1, (size_t)(text.data + text.len - at - 1));
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* False: it does not fit, or a % stands before something else than two digits. */
static bool unescape(struct slice text, char *out, size_t size)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.data[i];
        if (byte == '%') {
            int high = i + 2 < text.len ? hex_digit(text.data[i + 1]) : -1;
            int low = i + 2 < text.len ? hex_digit(text.data[i + 2]) : -1;
            if (high < 0 || low < 0) return false;
            byte = (char)(high * 16 + low);
            i += 2;
        }
        if (byte == '\0' || len + 1 >= size) return false;
        out[len++] = byte;
    }
    out[len] = '\0';
    return true;
}

static const char *read_credentials(struct upstream_url *url, struct slice text)
{
    const char *colon = find_byte(text, ':');
    struct slice user = colon != NULL ? cut_before(text, colon) : text;
    struct slice password = colon != NULL ? cut_behind(text, colon) : SLICE("");
    if (!unescape(user, url->user, sizeof(url->user)) ||
        !unescape(password, url->password, sizeof(url->password)))
        return "the user or password of the upstream is too long or wrongly escaped";
    return url->user[0] != '\0' && url->password[0] == '\0' ? "the upstream's user has no password" : NULL;
}

static const char *read_db(struct upstream_url *url, struct slice text)
{
    int64_t db;
    if (text.len == 0) return NULL;
    if (!number_parse_i64(text, &db) || db < 0 || db > INT32_MAX)
        return "the upstream's database must be a number";
    url->db = (unsigned)db;
    return NULL;
}

static const char *read_host(struct upstream_url *url, struct slice text)
{
    if (text.len == 0) return "the upstream has no host";
    if (text.len >= sizeof(url->host)) return "the upstream's host is too long";
    memcpy(url->host, text.data, text.len);
    url->host[text.len] = '\0';
    return NULL;
}

static const char *read_port(struct upstream_url *url, struct slice text)
{
    int64_t port;
    if (!number_parse_i64(text, &port) || port < 1 || port > UINT16_MAX)
        return "the upstream's port must be a number from 1 to 65535";
    url->port = (int)port;
    return NULL;
}

/* host, host:port, [::1]:port */
static const char *read_address(struct upstream_url *url, struct slice text)
{
    url->port = DEFAULT_PORT;
    if (text.len > 0 && text.data[0] == '[') {
        const char *end = find_byte(text, ']');
        if (end == NULL) return "the upstream's address lacks a ]";
        struct slice rest = cut_behind(text, end);
        const char *complaint = read_host(url, cut_behind(cut_before(text, end), text.data));
        if (complaint != NULL || rest.len == 0) return complaint;
        return rest.data[0] == ':' ? read_port(url, cut_behind(rest, rest.data))
                                   : "the upstream's address goes on behind its ]";
    }
    const char *colon = find_byte(text, ':');
    if (colon == NULL) return read_host(url, text);
    const char *complaint = read_host(url, cut_before(text, colon));
    return complaint != NULL ? complaint : read_port(url, cut_behind(text, colon));
}

/* A password may hold an @, so the last one counts. */
static const char *take_credentials(struct upstream_url *url, struct slice *text)
{
    const char *at = find_last_byte(*text, '@');
    if (at == NULL) return NULL;
    struct slice credentials = cut_before(*text, at);
    *text = cut_behind(*text, at);
    return read_credentials(url, credentials);
}

static const char *read_tcp(struct upstream_url *url, struct slice text)
{
    const char *complaint = take_credentials(url, &text);
    if (complaint != NULL) return complaint;
    const char *slash = find_byte(text, '/');
    complaint = read_address(url, slash != NULL ? cut_before(text, slash) : text);
    if (complaint != NULL || slash == NULL) return complaint;
    return read_db(url, cut_behind(text, slash));
}

static const char *read_unix(struct upstream_url *url, struct slice text)
{
    url->unix_socket = true;
    if (take_prefix(&text, "//")) {
        const char *complaint = take_credentials(url, &text);
        if (complaint != NULL) return complaint;
    }
    const char *mark = find_byte(text, '?');
    struct slice query = mark != NULL ? cut_behind(text, mark) : SLICE("");
    const char *complaint = read_host(url, mark != NULL ? cut_before(text, mark) : text);
    if (complaint != NULL) return complaint;
    if (url->host[0] != '/') return "the path of the upstream's socket must start with a /";
    if (query.len > 0 && !take_prefix(&query, "db=")) return "only db=n may stand behind the upstream's ?";
    return read_db(url, query);
}

const char *upstream_url_read(struct upstream_url *url, struct slice text)
{
    *url = (struct upstream_url){ 0 };
    if (find_byte(text, '\0') != NULL) return "the upstream must not hold a NUL";
    url->tls = take_prefix(&text, "rediss://");
    if (url->tls) return read_tcp(url, text);
    if (take_prefix(&text, "redis://")) return read_tcp(url, text);
    if (take_prefix(&text, "unix:")) return read_unix(url, text);
    return "the upstream must be redis://host:port, rediss://host:port or unix:/path";
}

const char *upstream_url_complaint(struct slice text)
{
    struct upstream_url url;
    return text.len > 0 ? upstream_url_read(&url, text) : NULL;
}

void upstream_url_show(struct slice text, struct buffer *out)
{
    const char *at = find_last_byte(text, '@');
    const char *slashes = at != NULL ? memmem(text.data, text.len, "//", 2) : NULL;
    if (slashes == NULL || slashes > at) {
        buffer_append(out, text.data, text.len);
        return;
    }
    struct slice credentials = slice_of(slashes + 2, (size_t)(at - slashes - 2));
    const char *colon = find_byte(credentials, ':');
    struct slice shown = colon != NULL ? slice_of(text.data, (size_t)(colon - text.data)) : text;
    if (colon == NULL) {
        buffer_append(out, text.data, text.len);
        return;
    }
    buffer_append(out, shown.data, shown.len);
    buffer_printf(out, ":***");
    buffer_append(out, at, (size_t)(text.data + text.len - at));
}
