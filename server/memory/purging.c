#include "server/memory/purging.h"

#include "server/config/settings.h"
#include "storage/memory/block.h"

void purging_choose(const struct settings *settings)
{
    block_purge_at_once(SETTING(settings, maxmemory) > 0);
}
