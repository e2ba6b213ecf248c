#include "server/commands/dump/payload.h"

#include "server/commands/collection/collection.h"
#include "server/config/settings.h"
#include "server/exec/call.h"
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
    if (SETTING(call_settings(call), dump_hash_deadlines) == DUMP_FORM_VALKEY) how |= DUMP_FOR_VALKEY;
    dump_payload_write(out, &value, how);
}
