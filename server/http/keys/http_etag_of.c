#include "server/http/keys/http_etag_of.h"

#include <stdint.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

struct http_etag http_etag_of_value(struct slice value, struct slice type)
{
    uint64_t seed = type.len > 0 ? XXH3_64bits(type.data, type.len) : 0;
    XXH128_hash_t hash = XXH3_128bits_withSeed(value.data, value.len, seed);
    return http_etag_of(hash.high64, hash.low64);
}
