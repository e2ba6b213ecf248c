#include "server/auth/envoys.h"

#include <stddef.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "proto/base/contract.h"
#include "server/config/settings.h"

struct envoys {
    struct buffer text; /* of the setting, which the names are in */
    size_t count;
    struct envoy list[];
};

/* A setting of several words has one blank between them. */
static struct slice take_word(struct slice *text)
{
    const char *blank = text->len > 0 ? memchr(text->data, ' ', text->len) : NULL;
    size_t len = blank != NULL ? (size_t)(blank - text->data) : text->len;
    struct slice word = slice_of(text->data, len);
    size_t taken = blank != NULL ? len + 1 : len;
    *text = slice_of(text->data + taken, text->len - taken);
    return word;
}

static void copy_word(char out[UPSTREAM_SECRET_MAX], struct slice word)
{
    REQUIRE(word.len < UPSTREAM_SECRET_MAX); /* the configuration has asked */
    memcpy(out, word.data, word.len);
    out[word.len] = '\0';
}

static void read_url(struct settings *settings, struct upstream_url *url)
{
    struct buffer text = { 0 };
    settings_copy_text(settings, TEXT_UPSTREAM, &text);
    const char *complaint = upstream_url_read(url, buffer_slice(&text));
    INVARIANT(complaint == NULL); /* the configuration has asked already */
    explicit_bzero(text.data, text.cap);
    buffer_clear(&text);
}

static struct envoys *read_text(struct settings *settings, struct buffer *text)
{
    size_t words = 1;
    for (size_t i = 0; i < text->len; i++) words += text->data[i] == ' ';
    struct envoys *envoys = alloc_zeroed(sizeof(*envoys) + words / 3 * sizeof(struct envoy));
    struct slice rest = buffer_slice(text);
    struct upstream_url url;
    read_url(settings, &url);
    while (rest.len > 0) {
        struct envoy *envoy = &envoys->list[envoys->count++];
        envoy->url = url;
        envoy->name = take_word(&rest);
        copy_word(envoy->url.user, take_word(&rest));
        copy_word(envoy->url.password, take_word(&rest));
    }
    explicit_bzero(&url, sizeof(url));
    envoys->text = *text;
    return envoys;
}

struct envoys *envoys_create(struct settings *settings)
{
    struct buffer text = { 0 };
    if (SETTING(settings, upstream_auth) != UPSTREAM_AUTH_USER) return NULL;
    if (settings_text_is_empty(settings, TEXT_UPSTREAM)) return NULL;
    settings_copy_text(settings, TEXT_UPSTREAM_USER, &text);
    return text.len > 0 ? read_text(settings, &text) : NULL;
}

void envoys_destroy(struct envoys **envoys)
{
    struct envoys *e = *envoys;
    if (e == NULL) return;
    explicit_bzero(e->text.data, e->text.cap);
    explicit_bzero(e->list, e->count * sizeof(*e->list));
    buffer_clear(&e->text);
    alloc_free(e);
    *envoys = NULL;
}

/* The last line of a name counts, as with any setting. */
const struct envoy *envoys_find(const struct envoys *envoys, struct slice name)
{
    for (size_t i = envoys != NULL ? envoys->count : 0; i > 0; i--)
        if (slice_equal(envoys->list[i - 1].name, name)) return &envoys->list[i - 1];
    return NULL;
}
