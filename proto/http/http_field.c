#include "proto/http/http_field.h"

/* In the order of their lengths, so that a name is compared with few of them. */
static const struct known {
    struct slice name;
    enum http_field_name number;
} known[] = {
    { SLICE("host"), HTTP_HOST },
    { SLICE("xkey"), HTTP_XKEY },
    { SLICE("range"), HTTP_RANGE },
    { SLICE("expect"), HTTP_EXPECT },
    { SLICE("accept"), HTTP_ACCEPT },
    { SLICE("origin"), HTTP_ORIGIN },
    { SLICE("prefer"), HTTP_PREFER },
    { SLICE("if-match"), HTTP_IF_MATCH },
    { SLICE("if-range"), HTTP_IF_RANGE },
    { SLICE("cache-tag"), HTTP_CACHE_TAG },
    { SLICE("connection"), HTTP_CONNECTION },
    { SLICE("cache-groups"), HTTP_CACHE_GROUPS },
    { SLICE("content-type"), HTTP_CONTENT_TYPE },
    { SLICE("nuthatch-ttl"), HTTP_NUTHATCH_TTL },
    { SLICE("authorization"), HTTP_AUTHORIZATION },
    { SLICE("cache-control"), HTTP_CACHE_CONTROL },
    { SLICE("content-range"), HTTP_CONTENT_RANGE },
    { SLICE("if-none-match"), HTTP_IF_NONE_MATCH },
    { SLICE("nuthatch-cost"), HTTP_NUTHATCH_COST },
    { SLICE("nuthatch-pass"), HTTP_NUTHATCH_PASS },
    { SLICE("nuthatch-soft"), HTTP_NUTHATCH_SOFT },
    { SLICE("surrogate-key"), HTTP_SURROGATE_KEY },
    { SLICE("content-length"), HTTP_CONTENT_LENGTH },
    { SLICE("nuthatch-lease"), HTTP_NUTHATCH_LEASE },
    { SLICE("nuthatch-renew"), HTTP_NUTHATCH_RENEW },
    { SLICE("nuthatch-retry"), HTTP_NUTHATCH_RETRY },
    { SLICE("nuthatch-token"), HTTP_NUTHATCH_TOKEN },
    { SLICE("sec-fetch-site"), HTTP_SEC_FETCH_SITE },
    { SLICE("accept-encoding"), HTTP_ACCEPT_ENCODING },
    { SLICE("nuthatch-jitter"), HTTP_NUTHATCH_JITTER },
    { SLICE("content-encoding"), HTTP_CONTENT_ENCODING },
    { SLICE("nuthatch-version"), HTTP_NUTHATCH_VERSION },
    { SLICE("cdn-cache-control"), HTTP_CDN_CACHE_CONTROL },
    { SLICE("fastly-soft-purge"), HTTP_FASTLY_SOFT_PURGE },
    { SLICE("surrogate-control"), HTTP_SURROGATE_CONTROL },
    { SLICE("transfer-encoding"), HTTP_TRANSFER_ENCODING },
    { SLICE("if-unmodified-since"), HTTP_IF_UNMODIFIED_SINCE },
    { SLICE("access-control-request-method"), HTTP_REQUEST_METHOD },
    { SLICE("access-control-request-headers"), HTTP_REQUEST_HEADERS },
};

/* Ours are not passed over, as those of others are. */
static enum http_field_name unknown(struct slice name)
{
    struct slice ours = SLICE("nuthatch-");
    bool begins = name.len >= ours.len && slice_equal_nocase(slice_of(name.data, ours.len), ours);
    return begins ? HTTP_NUTHATCH_OTHER : HTTP_OTHER;
}

enum http_field_name http_field_find(struct slice name)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        if (known[i].name.len < name.len) continue;
        if (known[i].name.len > name.len) break;
        if (slice_equal_nocase(known[i].name, name)) return known[i].number;
    }
    return unknown(name);
}

bool http_field_is_list(enum http_field_name name)
{
    switch (name) {
    case HTTP_OTHER:
    case HTTP_ACCEPT:
    case HTTP_ACCEPT_ENCODING:
    case HTTP_CACHE_CONTROL:
    case HTTP_CACHE_GROUPS:
    case HTTP_CACHE_TAG:
    case HTTP_CDN_CACHE_CONTROL:
    case HTTP_CONNECTION:
    case HTTP_IF_MATCH:
    case HTTP_IF_NONE_MATCH:
    case HTTP_NUTHATCH_OTHER:
    case HTTP_PREFER:
    case HTTP_REQUEST_HEADERS:
    case HTTP_SURROGATE_CONTROL:
    case HTTP_SURROGATE_KEY:
    case HTTP_XKEY: return true;
    default: return false;
    }
}
