#include "server/auth/password.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/random.h>

#include "proto/base/contract.h"

static char digit_of(unsigned value)
{
    return "0123456789abcdef"[value & 15];
}

struct password_hash password_hash_of(struct slice password)
{
    struct password_hash hash;
    unsigned char bytes[PASSWORD_HASH_DIGITS / 2];
    unsigned len = sizeof(bytes);
    int success = EVP_Digest(password.data, password.len, bytes, &len, EVP_sha256(), NULL);
    INVARIANT(success == 1 && len == sizeof(bytes));
    for (unsigned i = 0; i < sizeof(bytes); i++) {
        hash.digits[2 * i] = digit_of(bytes[i] >> 4);
        hash.digits[2 * i + 1] = digit_of(bytes[i]);
    }
    return hash;
}

bool password_hash_read(struct password_hash *hash, struct slice digits)
{
    if (digits.len != PASSWORD_HASH_DIGITS) return false;
    for (size_t i = 0; i < digits.len; i++) {
        char c = digits.data[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
    }
    memcpy(hash->digits, digits.data, PASSWORD_HASH_DIGITS);
    return true;
}

bool password_hash_equal(const struct password_hash *a, const struct password_hash *b)
{
    return CRYPTO_memcmp(a->digits, b->digits, PASSWORD_HASH_DIGITS) == 0;
}

void password_generate(char *digits, size_t bits)
{
    unsigned char bytes[512];
    size_t count = (bits + 3) / 4;
    REQUIRE(bits <= 8 * sizeof(bytes));
    for (size_t had = 0; had < (count + 1) / 2;) {
        ssize_t drawn = getrandom(bytes + had, (count + 1) / 2 - had, 0);
        INVARIANT(drawn > 0);
        had += (size_t)drawn;
    }
    for (size_t i = 0; i < count; i++) digits[i] = digit_of(bytes[i / 2] >> (i % 2 == 0 ? 4 : 0));
}
