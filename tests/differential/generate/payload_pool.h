/*
 * payload_pool.h - what random streams give to RESTORE.
 */
#ifndef TESTS_DIFFERENTIAL_GENERATE_PAYLOAD_POOL_H
#define TESTS_DIFFERENTIAL_GENERATE_PAYLOAD_POOL_H

#include "proto/base/slice.h"

#define PAYLOAD_OF(literal)                                                                                  \
    {                                                                                                        \
        literal, sizeof(literal) - 1                                                                         \
    }

/* As Redis 7.0 writes them, an older form, a member twice, a version of the future, and none. */
static const struct slice payload_pool[] = {
    PAYLOAD_OF("\000\005hello\012\000cr\337ve4 \012"),
    PAYLOAD_OF("\000\301\322\004\012\000\000\207\010\241D\202\134\355"),
    PAYLOAD_OF("\000\303\011(\001aa\340\033\000\001aa\012\000\317\011/\252\256%\203\035"),
    PAYLOAD_OF(
        "\022\001\002\017\017\000\000\000\003\000\201a\002\201b\002\001\001\377\012\000\340\033\253JG\316Y"
        "\042"),
    PAYLOAD_OF(
        "\013\024\004\000\000\000\003\000\000\000\001\000\000\000\002\000\000\000p\021\001\000\012\000\205"
        "\325\301\006[\035\320U"),
    PAYLOAD_OF("\020\015\015\000\000\000\002\000\201f\002\201v\002\377\012\000 \361=D#T\010\235"),
    PAYLOAD_OF("\021\024\024\000\000\000\004\000\201a\002\001\001\201b\002\2032."
               "5\004\377\012\000\324Ln\244\366D\331\327"),
    PAYLOAD_OF("\001\002\001a\300\001\011\000\322\006\236\225\366gz\213"),
    PAYLOAD_OF("\002\002\001a\001a\011\000\207L'\343\226P1\213"),
    PAYLOAD_OF("\000\005helloQ\000\305\207\253\224\006\371\256w"),
    PAYLOAD_OF("hello"),
};

#endif
