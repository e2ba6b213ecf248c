/*
 * told.h - what a server tells, as redis-cli shows it, and numbers out of that.
 *
 * Threads: one. A text is good until the next is asked for.
 */
#ifndef TESTS_E2E_TOLD_H
#define TESTS_E2E_TOLD_H

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/client/client.h"
#include "tests/support/client/expect.h"
#include "tests/support/client/reply_text.h"

static inline const char *told(struct client *c, const char *line)
{
    static struct buffer text;
    text.len = 0;
    reply_text(&text, client_ask(c, line));
    buffer_append(&text, "", 1);
    return text.data;
}

/* The number behind `name`, from `from` on; NULL is a text without it. */
static inline long long number_behind(const char *from, const char *name)
{
    const char *at = from != NULL ? strstr(from, name) : NULL;
    const char *number = at != NULL ? strstr(at, "(integer) ") : NULL;
    cr_assert_not_null(number, "no %s", name);
    return strtoll(number + strlen("(integer) "), NULL, 10);
}

#endif
