/*
 * Which copies stay when a read that went up is answered: those that would have replied the same.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/server/upstream/scripted.h"

#define V(text) "$1\r\n" text "\r\n"
#define NIL     "$-1\r\n"

static struct scripted *s;

static void open_scripted(void)
{
    s = scripted_open(NULL);
}

static void close_scripted(void)
{
    scripted_close(&s);
}

TestSuite(replies_and_copies, .init = open_scripted, .fini = close_scripted);

/* Client 0 has read k as v, and it was kept. */
static void keep_k(void)
{
    say(s, 0, "GET k");
    answer(s, "GET k", V("v"));
    answer(s, "PTTL k", ":-1\r\n");
    hear(s, 0, V("v"));
    expect_local(s, 0, "GET k", V("v"));
}

static void ask_how_many_exist(const char *command, const char *reply)
{
    say(s, 0, command);
    answer(s, command, reply);
    hear(s, 0, reply);
}

Test(replies_and_copies, a_count_of_keys_ends_the_copies_of_which_it_may_say_something_else)
{
    keep_k();
    say(s, 0, "GET none");
    answer(s, "GET none", "_\r\n");
    answer(s, "PTTL none", ":-2\r\n");
    hear(s, 0, NIL);
    ask_how_many_exist("EXISTS k j", ":2\r\n");
    ask_how_many_exist("EXISTS k j k", ":3\r\n");
    ask_how_many_exist("EXISTS none j", ":0\r\n");
    expect_local(s, 0, "EXISTS k none", ":1\r\n");
    expect_local(s, 0, "GET k", V("v"));
    ask_how_many_exist("EXISTS k j", ":1\r\n"); /* which of them? */
    ask_how_many_exist("EXISTS k", ":1\r\n");
    ask_how_many_exist("EXISTS none j", ":2\r\n");
    ask_how_many_exist("EXISTS none", ":1\r\n");
    keep_k();
    ask_how_many_exist("EXISTS k j", ":0\r\n");
    ask_how_many_exist("EXISTS k", ":0\r\n");
    keep_k();
    ask_how_many_exist("EXISTS k j", "-LOADING later\r\n");
    ask_how_many_exist("EXISTS k", ":0\r\n");
}

/* An MGET of `k`, `none` and so many unknown keys that none of its values is kept, and these replies of the
 * first two. */
static void ask_for_many(const char *of_k, const char *of_none)
{
    char command[512] = "MGET k none", reply[1024];
    int len = snprintf(reply, sizeof(reply), "*72\r\n%s%s", of_k, of_none);
    for (int i = 0; i < 70; i++) {
        snprintf(command + strlen(command), sizeof(command) - strlen(command), " x%d", i);
        len += snprintf(reply + len, sizeof(reply) - (size_t)len, V("x"));
    }
    say(s, 0, command);
    answer(s, command, reply);
    hear(s, 0, reply);
}

static void ask_in_vain(void)
{
    say(s, 0, "MGET k none x");
    answer(s, "MGET k none x", "-LOADING later\r\n");
    answer(s, "PTTL k", "-LOADING later\r\n");
    answer(s, "PTTL none", "-LOADING later\r\n");
    answer(s, "PTTL x", "-LOADING later\r\n");
    hear(s, 0, "-LOADING later\r\n");
}

static void know_that_none_is_absent(void)
{
    say(s, 0, "GET none");
    answer(s, "GET none", "_\r\n");
    answer(s, "PTTL none", ":-2\r\n");
    hear(s, 0, NIL);
    expect_local(s, 0, "EXISTS none", ":0\r\n");
}

Test(replies_and_copies, an_mget_of_many_keys_ends_the_copies_of_which_it_shows_something_else)
{
    keep_k();
    know_that_none_is_absent();
    ask_for_many(V("v"), NIL);
    expect_local(s, 0, "GET k", V("v"));
    expect_local(s, 0, "EXISTS none", ":0\r\n");
    ask_for_many(V("w"), V("w"));
    ask_how_many_exist("EXISTS k", ":1\r\n");
    ask_how_many_exist("EXISTS none", ":1\r\n");
    keep_k();
    ask_for_many(NIL, NIL);
    ask_how_many_exist("EXISTS k", ":0\r\n");
    keep_k();
    know_that_none_is_absent();
    ask_in_vain();
    ask_how_many_exist("EXISTS k", ":0\r\n");
    ask_how_many_exist("EXISTS none", ":1\r\n");
}
