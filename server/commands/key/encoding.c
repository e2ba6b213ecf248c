#include "server/commands/key/encoding.h"

#include <stddef.h>

#include "server/commands/collection/collection.h"
#include "storage/entry/entry.h"

static const char *name_of_string(const struct entry *entry)
{
    static const char *const names[] = {
        [ENTRY_INT] = "int",
        [ENTRY_EMBSTR] = "embstr",
        [ENTRY_RAW] = "raw",
    };
    return names[entry_encoding(entry)];
}

const char *encoding_name(const struct call *call, int arg, const struct entry *entry)
{
    if (entry_value_type(entry) == NULL) return name_of_string(entry);
    struct value value = collection_of(call, arg, entry);
    return value.type->encoding(&value);
}
