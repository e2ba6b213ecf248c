#include "tests/differential/generate/table_source.h"

#include "proto/base/alloc.h"
#include "server/exec/command/table.h"

struct catalogue_source *table_source_create(const struct command_table *table, size_t *len)
{
    unsigned ids = command_table_ids(table);
    struct catalogue_source *sources = alloc_zeroed((ids + 1) * sizeof *sources);
    *len = 0;
    for (unsigned id = 0; id < ids; id++) {
        const struct command_info *info = command_table_by_id(table, id);
        if (info->row->run == NULL) continue;
        sources[(*len)++] = (struct catalogue_source){ .name = info->full_name,
                                                       .syntax = info->row->syntax,
                                                       .group = info->row->group };
    }
    return sources;
}
