#include "proto/base/bytes.h"

__attribute__((noinline)) bool bytes_equal_short(const char *a, const char *b, size_t len)
{
    if (len >= 4)
        return ((bytes_load32(a) ^ bytes_load32(b)) |
                (bytes_load32(a + len - 4) ^ bytes_load32(b + len - 4))) == 0;
    for (size_t i = 0; i < len; i++)
        if (a[i] != b[i]) return false;
    return true;
}

__attribute__((noinline)) void bytes_copy_short(char *to, const char *from, size_t len)
{
    if (len >= 4) {
        uint32_t head = bytes_load32(from), tail = bytes_load32(from + len - 4);
        memcpy(to, &head, sizeof head);
        memcpy(to + len - 4, &tail, sizeof tail);
    } else if (len > 0) {
        char first = from[0], middle = from[len / 2], last = from[len - 1];
        to[0] = first;
        to[len / 2] = middle;
        to[len - 1] = last;
    }
}
