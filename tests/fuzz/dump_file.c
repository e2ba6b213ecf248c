/*
 * dump_file.c - an RDB file: read to its end, or to where it is wrong, key by key; no value is unsound.
 */
#include "storage/dump/dump_file.h"
#include "proto/base/alloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(struct dump_file *file)
{
    struct dump_entry entry = { .object = { .limits = &value_limits_default, .seed = 99 } };
    dump_entry_clear(&entry);
    while (dump_file_next(file, &entry) == DUMP_FILE_ENTRY) {
        const struct value *value = &entry.object.value;
        if (value->type != NULL) value->type->check(value);
        dump_entry_clear(&entry);
    }
    dump_entry_clear(&entry);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dump_file file;
    char *copy = alloc_bytes(size + 1); /* ends where the input does */
    if (size > 0) memcpy(copy + 1, data, size);
    if (dump_file_open(&file, slice_of(copy + 1, size))) read_all(&file);
    alloc_free(copy);
    return 0;
}
