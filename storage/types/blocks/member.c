#include "storage/types/blocks/member.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "proto/base/number.h"

uint64_t member_hash(struct slice text, uint64_t seed)
{
    return XXH3_64bits_withSeed(text.data, text.len, seed);
}

struct member member_of_integer(int64_t integer, char *scratch, uint64_t seed)
{
    struct slice text = slice_of(scratch, number_format_i64(scratch, integer));
    return (struct member){
        .text = text, .hash = member_hash(text, seed), .integer = integer, .is_integer = true
    };
}
