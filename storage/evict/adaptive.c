#include "storage/evict/adaptive.h"

#include "storage/memory/block.h"

void adaptive_destroy(struct adaptive **adaptive)
{
    if (*adaptive == NULL) return;
    ring_clear(&(*adaptive)->ring);
    ghosts_clear(&(*adaptive)->ring_ghosts);
    ghosts_clear(&(*adaptive)->main_ghosts);
    block_free(*adaptive, sizeof **adaptive);
    *adaptive = NULL;
}

size_t adaptive_bytes(const struct adaptive *adaptive)
{
    if (adaptive == NULL) return 0;
    return block_real_size(sizeof *adaptive) + adaptive->ring.bytes + ghosts_bytes(&adaptive->ring_ghosts) +
           ghosts_bytes(&adaptive->main_ghosts);
}
