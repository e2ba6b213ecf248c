#include "tests/unit/storage/types/moves.h"

#include <string.h>

#include "storage/memory/block.h"

void *moves_take(void *context, void *block, size_t size)
{
    struct moves *moves = context;
    moves->blocks++;
    moves->bytes += block_real_size(size);
    void *copy = memcpy(block_alloc(size), block, size);
    memset(block, 0xee, size);
    block_free(block, size);
    return copy;
}
