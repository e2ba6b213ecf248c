/*
 * CACHE TOP HOT: what is asked for most, without having been switched on.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/e2e/example.h"
#include "tests/support/client/expect.h"

TestSuite(hot_keys, .timeout = 120);

static struct example example;

/* All in one pipeline. */
static void ask_often(const char *line, int times)
{
    struct buffer lines = { 0 };
    struct slice reply;
    for (int i = 0; i < times; i++) buffer_printf(&lines, "%s\r\n", line);
    cr_assert(client_send(&example.client, buffer_slice(&lines)));
    for (int i = 0; i < times; i++) cr_assert(client_read(&example.client, &reply));
    buffer_clear(&lines);
}

Test(hot_keys, the_hottest_is_first)
{
    struct client *c = example_open(&example);
    ask_often("GET warm", 2000);
    ask_often("SET hot x", 20000);
    struct slice reply = client_ask(c, "CACHE TOP HOT COUNT 1");
    cr_expect(strstr(reply.data, "hot") != NULL && strstr(reply.data, "warm") == NULL, "%s", reply.data);
    reply = client_ask(c, "CACHE TOP HOT RESET");
    cr_expect(strstr(reply.data, "warm") != NULL, "%s", reply.data);
    expect(c, "CACHE TOP HOT", "(empty array)");
    example_close(&example);
}

Test(hot_keys, who_may_not_read_a_key_is_not_told_of_it)
{
    struct client *c = example_open(&example);
    ask_often("GET secret", 2000);
    ask_often("GET public", 2000);
    expect(c, "ACL SETUSER watcher on nopass +@all ~public", "OK");
    expect(c, "AUTH watcher any", "OK");
    struct slice reply = client_ask(c, "CACHE TOP HOT");
    cr_expect(strstr(reply.data, "public") != NULL && strstr(reply.data, "secret") == NULL, "%s", reply.data);
    example_close(&example);
}

static bool tells(struct slice reply, const char *name)
{
    return memmem(reply.data, reply.len, name, strlen(name)) != NULL;
}

/* The pattern fits its beginning, and nobody knows whether the whole. */
Test(hot_keys, a_name_that_was_cut_is_told_to_who_may_read_all)
{
    struct client *c = example_open(&example);
    char line[100];
    snprintf(line, sizeof line, "GET %s%064d:secret", "long", 0);
    ask_often(line, 2000);
    ask_often("GET public", 2000);
    expect(c, "ACL SETUSER watcher on nopass +@all ~public ~*0", "OK");
    expect(c, "AUTH watcher any", "OK");
    struct slice reply = client_ask(c, "CACHE TOP HOT");
    cr_expect(tells(reply, "public") && !tells(reply, "long"));
    expect(c, "ACL SETUSER watcher ~*", "OK");
    reply = client_ask(c, "CACHE TOP HOT");
    cr_expect(tells(reply, "long"));
    example_close(&example);
}

Test(hot_keys, wrong_words_are_refused)
{
    struct client *c = example_open(&example);
    expect(c, "CACHE TOP LUKEWARM", "(error) ERR syntax error");
    expect(c, "CACHE TOP HOT COUNT", "(error) ERR syntax error");
    expect(c, "CACHE TOP HOT COUNT 0", "(error) ERR COUNT must be greater than 0");
    expect(c, "CACHE TOP HOT COUNT many", "(error) ERR value is not an integer or out of range");
    example_close(&example);
}
