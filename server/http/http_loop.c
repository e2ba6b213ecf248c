#include "server/http/http_loop.h"

#include "proto/base/alloc.h"
#include "server/config/settings.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/core/take_back.h"

struct http_loop *http_loop_create(void)
{
    struct http_loop *http = ALLOC_NEW(struct http_loop);
    http->reply = (struct reply){ .out = &http->answer, .values = &http->values, .protocol = 2 };
    return http;
}

void http_loop_destroy(struct http_loop **http)
{
    struct http_loop *h = *http;
    take_back(&h->reply, 0);
    alloc_free(h->values.items);
    buffer_clear(&h->answer);
    buffer_clear(&h->key);
    buffer_clear(&h->hosts);
    buffer_clear(&h->origins);
    buffer_clear(&h->tokens);
    alloc_free(h);
    *http = NULL;
}

void http_loop_refresh(struct loop *loop)
{
    struct http_loop *http = loop->http;
    struct settings *settings = loop->server->settings;
    uint64_t version = SETTING(settings, version);
    if (__builtin_expect(version == http->version, 1)) return;
    http->version = version;
    settings_copy_text(settings, TEXT_HTTP_HOSTS, &http->hosts);
    settings_copy_text(settings, TEXT_HTTP_CORS_ORIGINS, &http->origins);
    settings_copy_text(settings, TEXT_HTTP_TOKENS, &http->tokens);
}

struct slice http_loop_date(struct loop *loop)
{
    struct http_loop *http = loop->http;
    int64_t now_s = loop->now_ms / 1000;
    if (now_s != http->date_s) http_date_format(http->date, now_s);
    http->date_s = now_s;
    return slice_of(http->date, sizeof(http->date));
}

bool http_words_next(struct slice *rest, struct slice *word)
{
    if (rest->len == 0) return false;
    const char *blank = memchr(rest->data, ' ', rest->len);
    size_t len = blank != NULL ? (size_t)(blank - rest->data) : rest->len;
    size_t passed = blank != NULL ? len + 1 : len;
    *word = slice_of(rest->data, len);
    *rest = slice_of(rest->data + passed, rest->len - passed);
    return true;
}

bool http_words_have(const struct buffer *words, struct slice word)
{
    struct slice rest = buffer_slice(words), next;
    while (http_words_next(&rest, &next))
        if (slice_equal_nocase(next, word)) return true;
    return false;
}
