#include "tests/support/client/numbered.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "proto/base/alloc.h"
#include "proto/base/number.h"
#include "tests/support/client/command_line.h"

#define ARGUMENT_MAX 64

static size_t count_of(const char *const *prefixes)
{
    size_t count = 0;
    while (prefixes[count] != NULL) count++;
    return count;
}

int64_t ask_numbered(struct client *client, const char *command, const char *const *prefixes, int from,
                     int to)
{
    struct command_line words;
    cr_assert(command_line_init(&words, command));
    size_t more = count_of(prefixes) * (size_t)(to - from), argc = words.argc;
    char(*texts)[ARGUMENT_MAX] = alloc_bytes(more * sizeof *texts);
    struct slice *argv = alloc_bytes((argc + more) * sizeof *argv);
    memcpy(argv, words.argv, argc * sizeof *argv);
    for (int number = from, at = 0; number < to; number++) {
        for (size_t i = 0; prefixes[i] != NULL; i++, at++) {
            int len = snprintf(texts[at], ARGUMENT_MAX, "%s%d", prefixes[i], number);
            argv[argc++] = slice_of(texts[at], (size_t)len);
        }
    }
    struct slice reply = { 0 };
    int64_t integer = -1;
    cr_assert(client_send_argv(client, argc, argv) && client_read(client, &reply));
    if (reply.len > 3 && *reply.data == ':')
        number_parse_i64(slice_of(reply.data + 1, reply.len - 3), &integer);
    alloc_free(argv);
    alloc_free(texts);
    command_line_clear(&words);
    return integer;
}
