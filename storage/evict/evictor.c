#include "storage/evict/evictor.h"

#include <stddef.h>

#include "storage/memory/block.h"

void evictor_clear(struct evictor *evictor)
{
    if (evictor->pool != NULL) block_free(evictor->pool, block_size(evictor->pool));
    evictor->pool = NULL;
}
