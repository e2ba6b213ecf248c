#include "server/events/lease/lease_token.h"

#include <sys/random.h>
#include <sys/types.h>

static void fill(struct lease_tokens *source)
{
    char *bytes = (char *)source->pool;
    for (size_t have = 0; have < sizeof(source->pool);) {
        ssize_t drawn = getrandom(bytes + have, sizeof(source->pool) - have, 0);
        if (drawn > 0) have += (size_t)drawn;
    }
    source->left = LEASE_TOKEN_POOL;
}

uint64_t lease_token_draw(struct lease_tokens *source)
{
    for (;;) {
        if (source->left == 0) fill(source);
        uint64_t secret = source->pool[--source->left];
        source->pool[source->left] = 0;
        if (secret != 0) return secret;
    }
}

void lease_token_write(uint64_t secret, char text[LEASE_TOKEN_LEN])
{
    static const char digits[] = "0123456789abcdef";
    for (int i = LEASE_TOKEN_LEN - 1; i >= 0; i--, secret >>= 4) text[i] = digits[secret & 15];
}

/* Of what lease_token_write() wrote; 16: none. */
static unsigned digit_of(char c)
{
    if (c >= '0' && c <= '9') return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f') return (unsigned)(c - 'a') + 10;
    return 16;
}

uint64_t lease_token_read(struct slice text)
{
    uint64_t secret = 0;
    if (text.len != LEASE_TOKEN_LEN) return 0;
    for (size_t i = 0; i < LEASE_TOKEN_LEN; i++) {
        unsigned digit = digit_of(text.data[i]);
        if (digit > 15) return 0;
        secret = secret << 4 | digit;
    }
    return secret;
}
