#include "storage/dump/encodings/crc64.h"

#include <criterion/criterion.h>
#include <inttypes.h>

/* As it is defined, a bit at a time. */
static uint64_t by_bits(struct slice bytes)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        sum ^= (unsigned char)bytes.data[i];
        for (int bit = 0; bit < 8; bit++) sum = sum >> 1 ^ (sum & 1 ? UINT64_C(0x95ac9329ac4bc9b5) : 0);
    }
    return sum;
}

Test(crc64, of_nine_digits_is_the_known_one)
{
    cr_assert_eq(crc64(0, SLICE("123456789")), UINT64_C(0xe9c6d914c4b8d9ca));
}

Test(crc64, is_the_same_by_words_as_by_bits_and_in_any_pieces)
{
    char bytes[100];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (char)(i * 37 + 11);
    for (size_t len = 0; len <= sizeof bytes; len++) {
        uint64_t wanted = by_bits(slice_of(bytes, len));
        for (size_t cut = 0; cut <= len; cut++) {
            uint64_t sum = crc64(crc64(0, slice_of(bytes, cut)), slice_of(bytes + cut, len - cut));
            cr_assert_eq(sum, wanted, "%zu bytes cut at %zu: %" PRIx64, len, cut, sum);
        }
    }
}

/* Long ones are summed up in another way. */
Test(crc64, is_the_same_of_long_texts)
{
    char bytes[1000];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (char)(i * i * 37 + 11);
    for (size_t len = 100; len <= sizeof bytes; len += 3) {
        uint64_t wanted = by_bits(slice_of(bytes, len));
        cr_assert_eq(crc64(0, slice_of(bytes, len)), wanted, "%zu bytes", len);
        uint64_t sum = crc64(crc64(0, slice_of(bytes, len / 3)), slice_of(bytes + len / 3, len - len / 3));
        cr_assert_eq(sum, wanted, "%zu bytes in two pieces", len);
    }
}
