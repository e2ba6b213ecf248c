#include "tests/scenarios/history/token.h"

#define KEY_DIGITS   6
#define WRITE_DIGITS 8

static void put(char *out, int digits, uint32_t number)
{
    for (int i = digits - 1; i >= 0; i--) {
        out[i] = (char)('0' + number % 10);
        number /= 10;
    }
}

static bool take(const char *bytes, int digits, uint32_t *number)
{
    *number = 0;
    for (int i = 0; i < digits; i++) {
        if (bytes[i] < '0' || bytes[i] > '9') return false;
        *number = *number * 10 + (uint32_t)(bytes[i] - '0');
    }
    return true;
}

void token_write(char out[static TOKEN_BYTES], struct token token)
{
    put(out, KEY_DIGITS, token.key);
    out[KEY_DIGITS] = '.';
    put(out + KEY_DIGITS + 1, WRITE_DIGITS, token.write);
    out[TOKEN_BYTES - 1] = ';';
}

bool token_read(const char *bytes, struct token *token)
{
    return take(bytes, KEY_DIGITS, &token->key) && bytes[KEY_DIGITS] == '.' &&
           take(bytes + KEY_DIGITS + 1, WRITE_DIGITS, &token->write) && bytes[TOKEN_BYTES - 1] == ';';
}

size_t token_count(struct slice value)
{
    return value.len % TOKEN_BYTES == 0 ? value.len / TOKEN_BYTES : 0;
}
