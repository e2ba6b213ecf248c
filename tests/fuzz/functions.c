/*
 * functions.c - the payload that FUNCTION RESTORE is given: refused, or libraries whose first lines are read
 * and that come back from what FUNCTION DUMP would write of them.
 *
 * The input is what stands before the foot, which is made right here: a checksum is nothing to guess.
 */
#include <stdint.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "proto/reply.h"
#include "server/script/shebang.h"
#include "storage/dump/dump_libraries.h"
#include "storage/dump/dump_payload.h"

#define LIBRARIES_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* It is a library, or an error says why not. */
static void read_first_line(struct slice text)
{
    struct buffer out = { 0 };
    struct reply reply = { .out = &out, .protocol = 2 };
    struct shebang shebang;
    shebang_read(text, &shebang, &reply);
    buffer_clear(&out);
}

/* True: all of it is libraries, which are written to `out`. */
static bool read_all(struct slice payload, struct buffer *out, enum dump_texts how)
{
    struct dump_libraries libraries;
    struct slice text;
    enum dump_library found;
    size_t count = 0;
    dump_libraries_open(&libraries, payload);
    while ((found = dump_libraries_next(&libraries, &text)) == DUMP_LIBRARY && count++ < LIBRARIES_MAX) {
        read_first_line(text);
        dump_libraries_write(out, text, how);
    }
    dump_libraries_close(&libraries);
    dump_libraries_end(out, 0);
    return found == DUMP_LIBRARY_END;
}

static void expect_to_return(const struct buffer *plain)
{
    struct buffer packed = { 0 }, again = { 0 };
    INVARIANT(dump_payload_is_whole(buffer_slice(plain)));
    INVARIANT(read_all(buffer_slice(plain), &packed, DUMP_COMPRESSED));
    INVARIANT(read_all(buffer_slice(&packed), &again, DUMP_PLAIN));
    INVARIANT(slice_equal(buffer_slice(plain), buffer_slice(&again)));
    buffer_clear(&packed);
    buffer_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer body = { 0 }, plain = { 0 };
    buffer_append(&body, (const char *)data, size);
    dump_libraries_end(&body, 0);
    /* Memory that ends where the payload does, so that whoever reads beyond it is caught. */
    char *payload = alloc_bytes(body.len);
    memcpy(payload, body.data, body.len);
    if (read_all(slice_of(payload, body.len), &plain, DUMP_PLAIN)) expect_to_return(&plain);
    alloc_free(payload);
    buffer_clear(&body);
    buffer_clear(&plain);
    return 0;
}
