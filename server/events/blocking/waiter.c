#include "server/events/blocking/waiter.h"

#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "server/exec/acl/user.h"

static size_t text_bytes(const struct slice *argv, int argc)
{
    size_t bytes = 0;
    for (int i = 0; i < argc; i++) bytes += argv[i].len;
    return bytes;
}

/* The texts follow the slices. */
static void copy_arguments(struct slice *copies, const struct slice *argv, int argc)
{
    char *text = (char *)(copies + argc);
    for (int i = 0; i < argc; i++) {
        if (argv[i].len > 0) memcpy(text, argv[i].data, argv[i].len);
        copies[i] = slice_of(text, argv[i].len);
        text += argv[i].len;
    }
}

struct waiter *waiter_create(size_t places, const struct slice *argv, int argc)
{
    size_t fixed = sizeof(struct waiter) + places * sizeof(struct line_place);
    size_t bytes = fixed + (size_t)argc * sizeof(*argv) + text_bytes(argv, argc);
    struct waiter *waiter = alloc_bytes(bytes);
    struct slice *copies = (struct slice *)(void *)((char *)waiter + fixed);
    memset(waiter, 0, fixed);
    copy_arguments(copies, argv, argc);
    waiter->argv = copies;
    waiter->argc = argc;
    waiter->bytes = bytes + places * sizeof(struct line) + text_bytes(argv, argc);
    waiter->place_count = places;
    for (size_t i = 0; i < places; i++) waiter->places[i].waiter = waiter;
    return waiter;
}

void waiter_destroy(struct waiter *waiter)
{
    for (size_t i = 0; i < waiter->place_count; i++) REQUIRE(waiter->places[i].line == NULL);
    REQUIRE(waiter->timeout.place == 0);
    buffer_clear(&waiter->reply);
    user_drop(&waiter->user);
    alloc_free(waiter);
}

bool waiter_claim(struct waiter *waiter, enum waiter_state how)
{
    enum waiter_state expected = WAITER_WAITS;
    return atomic_compare_exchange_strong_explicit(&waiter->state, &expected, how, memory_order_acq_rel,
                                                   memory_order_relaxed);
}
