#include "storage/table/key.h"

#include "storage/table/key_hash.h"

uint64_t key_hash(uint64_t seed, struct slice name)
{
    return key_hash_inline(seed, name);
}
