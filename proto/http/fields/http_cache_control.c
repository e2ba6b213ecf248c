#include "proto/http/fields/http_cache_control.h"

#include <stddef.h>

#include "proto/http/fields/http_chars.h"
#include "proto/http/fields/http_list.h"

bool http_seconds_read(struct slice text, int64_t *seconds)
{
    *seconds = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (!http_is_digit(text.data[i])) return false;
        if (*seconds < HTTP_SECONDS_MAX) *seconds = *seconds * 10 + (text.data[i] - '0');
    }
    if (*seconds > HTTP_SECONDS_MAX) *seconds = HTTP_SECONDS_MAX;
    return text.len > 0;
}

static int64_t *time_of(struct http_freshness *freshness, struct slice name)
{
    if (slice_equal_nocase(name, SLICE("max-age"))) return &freshness->max_age_s;
    if (slice_equal_nocase(name, SLICE("s-maxage"))) return &freshness->shared_s;
    if (slice_equal_nocase(name, SLICE("stale-while-revalidate"))) return &freshness->revalidate_s;
    return slice_equal_nocase(name, SLICE("stale-if-error")) ? &freshness->error_s : NULL;
}

/* What does not hold must be a time all the same. */
static bool add_directive(struct http_freshness *freshness, struct slice name, struct slice value)
{
    int64_t seconds;
    int64_t *time = time_of(freshness, name);
    freshness->says = true;
    if (slice_equal_nocase(name, SLICE("no-store"))) freshness->no_store = true;
    if (time == NULL) return true;
    if (!http_seconds_read(value, &seconds)) return false;
    if (*time < 0 || freshness->is_dictionary) *time = seconds;
    return true;
}

bool http_freshness_add(struct http_freshness *freshness, struct slice field)
{
    struct slice element, name, value;
    while (http_list_next(&field, &element)) {
        http_list_split(element, &name, &value);
        if (!add_directive(freshness, name, value)) return false;
    }
    return true;
}

int64_t http_freshness_s(const struct http_freshness *freshness)
{
    return freshness->shared_s >= 0 ? freshness->shared_s : freshness->max_age_s;
}

int64_t http_freshness_grace_s(const struct http_freshness *freshness)
{
    bool longer = freshness->error_s > freshness->revalidate_s;
    return longer ? freshness->error_s : freshness->revalidate_s;
}
