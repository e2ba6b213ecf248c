/*
 * json.c - any text for cjson.decode(), and what it is read as for cjson.encode(): both do what lua-cjson
 * does.
 *
 * The first byte says with which options.
 */
#include <stdint.h>

#include "proto/base/contract.h"
#include "tests/fuzz/lua_target.h"

#define TEXT_MAX 4096

static const char *const calls[] = {
    "return cjson.decode((...))",
    "return cjson.encode(cjson.decode((...)))",
    "return cjson.encode((...)), cjson.encode({[(...)] = (...)})",
    "local c = cjson.new() c.decode_invalid_numbers(false) c.decode_max_depth(3) c.encode_max_depth(2) "
    "c.encode_number_precision(3) return c.encode(c.decode((...)))",
    "local c = cjson.new() c.encode_invalid_numbers('null') c.encode_sparse_array(true, 1, 1) "
    "local n = cjson.decode((...)) return c.encode({n, [5] = n, [100] = n})",
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > TEXT_MAX) return 0;
    struct slice text = slice_of((const char *)data + 1, size - 1);
    INVARIANT(two_luas_agree(&luas, calls[data[0] % (sizeof(calls) / sizeof(*calls))], &text, 1));
    return 0;
}
