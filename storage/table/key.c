#include "storage/table/key.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t key_hash(uint64_t seed, struct slice name)
{
    return XXH3_64bits_withSeed(name.data, name.len, seed);
}
