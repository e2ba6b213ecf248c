/*
 * dump.c - the type and the value of a payload: refused, or a value that is sound and comes back from what is
 * written of it.
 */
#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "storage/dump/dump_object.h"
#include "storage/dump/dump_type.h"

#define SEED 99

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct dump_object object_make(void)
{
    return (struct dump_object){ .limits = &value_limits_default, .seed = SEED };
}

static void write_again(struct buffer *out, const struct dump_object *object)
{
    if (object->value.type == NULL)
        dump_object_write_text(out, object->text, DUMP_COMPRESSED);
    else
        dump_object_write(out, &object->value, DUMP_COMPRESSED);
}

static void expect_to_return(const struct dump_object *object)
{
    struct buffer out = { 0 };
    struct dump_object again = object_make();
    write_again(&out, object);
    struct source source = source_of(buffer_slice(&out));
    const struct value_type *type = object->value.type;
    unsigned form = type != NULL ? dump_object_type(&object->value, DUMP_COMPRESSED) : DUMP_STRING;
    INVARIANT(dump_object_read(&again, &source, form));
    INVARIANT(source_left(&source) == 0 && again.value.type == type);
    if (type == NULL) INVARIANT(slice_equal(again.text, object->text));
    if (type != NULL) INVARIANT(value_len(&again.value) == value_len(&object->value));
    dump_object_clear(&again);
    buffer_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* Memory that ends where the input does, so that whoever reads beyond it is caught. */
    char *copy = alloc_bytes(size + 1);
    if (size > 0) memcpy(copy + 1, data, size);
    struct source source = source_of(slice_of(copy + 1, size));
    struct dump_object object = object_make();
    /* Which of two forms of one number it is, the version says. */
    object.version = size % 2 == 0 ? 80 : 12;
    if (dump_object_read(&object, &source, source_byte(&source))) {
        if (object.value.type != NULL) object.value.type->check(&object.value);
        expect_to_return(&object);
        dump_object_clear(&object);
    }
    alloc_free(copy);
    return 0;
}
