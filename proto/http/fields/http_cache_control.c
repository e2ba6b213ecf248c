#include "proto/http/fields/http_cache_control.h"

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

static bool add_grace(struct http_freshness *freshness, struct slice value)
{
    int64_t seconds;
    if (!http_seconds_read(value, &seconds)) return false;
    if (seconds > freshness->grace_s) freshness->grace_s = seconds;
    return true;
}

static bool add_directive(struct http_freshness *freshness, struct slice name, struct slice value)
{
    if (slice_equal_nocase(name, SLICE("max-age"))) return http_seconds_read(value, &freshness->max_age_s);
    if (slice_equal_nocase(name, SLICE("s-maxage"))) return http_seconds_read(value, &freshness->shared_s);
    if (slice_equal_nocase(name, SLICE("stale-while-revalidate")) ||
        slice_equal_nocase(name, SLICE("stale-if-error")))
        return add_grace(freshness, value);
    if (slice_equal_nocase(name, SLICE("no-store"))) freshness->no_store = true;
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
