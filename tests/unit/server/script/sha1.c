#include <criterion/criterion.h>
#include <string.h>

#include "server/script/sha1.h"

static void expect_digest(const char *text, const char *hex)
{
    char written[SHA1_HEX + 1];
    struct sha1 sha1 = sha1_of(slice_of_cstr(text)), read;
    sha1_write(&sha1, written);
    cr_assert_str_eq(written, hex);
    cr_assert(sha1_read(slice_of_cstr(hex), &read));
    cr_assert_arr_eq(read.bytes, sha1.bytes, SHA1_BYTES);
}

Test(sha1, digests_are_those_of_fips_180)
{
    expect_digest("", "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    expect_digest("abc", "a9993e364706816aba3e25717850c26c9cd0d89d");
    expect_digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                  "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
}

Test(sha1, texts_of_any_length_around_a_block_are_padded_right)
{
    char text[256];
    memset(text, 'a', sizeof(text));
    text[55] = '\0';
    expect_digest(text, "c1c8bbdc22796e28c0e15163d20899b65621d65a");
    memset(text, 'a', sizeof(text));
    text[64] = '\0';
    expect_digest(text, "0098ba824b5c16427bd7a1122a5a442a25ec644d");
}

Test(sha1, what_is_no_digest_is_refused)
{
    struct sha1 sha1;
    cr_assert_not(sha1_read(SLICE("abc"), &sha1));
    cr_assert_not(sha1_read(SLICE("zz39a3ee5e6b4b0d3255bfef95601890afd80709"), &sha1));
    cr_assert(sha1_read(SLICE("DA39A3EE5E6B4B0D3255BFEF95601890AFD80709"), &sha1));
}
