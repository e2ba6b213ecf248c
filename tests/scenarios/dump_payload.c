#include "tests/scenarios/dump_payload.h"

#include <stdint.h>

#include "proto/base/contract.h"

/* A version of the format that every Redis since 5 reads. */
#define RDB_VERSION 9

/* The polynomial of Jones, 0xad93d23594c935a9, its bits reversed. */
#define POLYNOMIAL UINT64_C(0x95ac9329ac4bc9b5)

static uint64_t checksum(struct slice bytes)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        sum ^= (unsigned char)bytes.data[i];
        for (int bit = 0; bit < 8; bit++) sum = sum >> 1 ^ (sum & 1 ? POLYNOMIAL : 0);
    }
    return sum;
}

/* Type and length in a byte each, the text, the version and the checksum, both with their lowest byte first.
 */
struct slice dump_payload_write(char out[static DUMP_PAYLOAD_MAX], struct slice text)
{
    size_t len = 0;
    REQUIRE(text.len <= DUMP_TEXT_MAX);
    out[len++] = 0;
    out[len++] = (char)text.len;
    memcpy(out + len, text.data, text.len);
    len += text.len;
    out[len++] = RDB_VERSION;
    out[len++] = 0;
    uint64_t sum = checksum(slice_of(out, len));
    for (int i = 0; i < 8; i++) out[len++] = (char)(sum >> 8 * i);
    return slice_of(out, len);
}
