#include "server/commands/dump/payload.h"

#include "server/commands/collection/collection.h"
#include "storage/dump/dump_payload.h"
#include "storage/entry/entry.h"

void payload_write(struct buffer *out, const struct call *call, int arg, const struct entry *entry,
                   enum dump_texts how)
{
    char scratch[NUMBER_I64_MAX];
    if (entry_value_type(entry) == NULL) {
        dump_payload_write_text(out, entry_text(entry, scratch), how);
        return;
    }
    struct value value = collection_of(call, arg, entry);
    dump_payload_write(out, &value, how);
}
