#include "server/config/settings.h"
#include "storage/keyspace/rank.h"

void settings_init(struct settings *settings)
{
    memset(settings, 0, sizeof *settings);
    pthread_mutex_init(&settings->texts_lock, NULL);
}

void settings_clear(struct settings *settings)
{
    for (size_t i = 0; i < TEXT_COUNT; i++) buffer_clear(&settings->texts[i]);
    pthread_mutex_destroy(&settings->texts_lock);
}

void settings_copy_text(struct settings *settings, enum setting_text text, struct buffer *out)
{
    out->len = 0;
    leaf_lock(&settings->texts_lock);
    buffer_append(out, settings->texts[text].data, settings->texts[text].len);
    leaf_unlock(&settings->texts_lock);
}

/* Every byte of `other` is looked at, wherever the first difference is: the time tells only its length, which
 * whoever guesses knows already. */
static bool equal_in_constant_time(struct slice secret, struct slice other)
{
    unsigned difference = secret.len != other.len;
    for (size_t i = 0; i < other.len; i++) {
        unsigned char expected = secret.len > 0 ? (unsigned char)secret.data[i % secret.len] : 0;
        difference |= (unsigned)(expected ^ (unsigned char)other.data[i]);
    }
    return difference == 0;
}

bool settings_text_equals(struct settings *settings, enum setting_text text, struct slice other)
{
    leaf_lock(&settings->texts_lock);
    bool equal = equal_in_constant_time(buffer_slice(&settings->texts[text]), other);
    leaf_unlock(&settings->texts_lock);
    return equal;
}

bool settings_text_is_empty(struct settings *settings, enum setting_text text)
{
    leaf_lock(&settings->texts_lock);
    bool empty = settings->texts[text].len == 0;
    leaf_unlock(&settings->texts_lock);
    return empty;
}

void settings_store_text(struct settings *settings, enum setting_text text, struct slice value)
{
    leaf_lock(&settings->texts_lock);
    settings->texts[text].len = 0;
    buffer_append(&settings->texts[text], value.data, value.len);
    leaf_unlock(&settings->texts_lock);
}

/* With less nobody could say that it was set too low. As Redis has it. */
#define CLIENTS_LEAST ((int64_t)128 << 10)

int64_t settings_maxmemory_clients(const struct settings *settings)
{
    int64_t limit = SETTING(settings, maxmemory_clients);
    if (limit < 0) limit = (int64_t)((double)SETTING(settings, maxmemory) * (double)-limit / 100);
    return limit == 0 || limit >= CLIENTS_LEAST ? limit : CLIENTS_LEAST;
}
