#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/e2e/example.h"
#include "tests/support/client/expect.h"

Test(keys, are_removed_counted_and_typed)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "MSET a 1 b 2 c 3", "OK");
    expect(c, "EXISTS a a nobody", "(integer) 2");
    expect(c, "TOUCH a a nobody", "(integer) 2");
    expect(c, "TYPE a", "string");
    expect(c, "TYPE nobody", "none");
    expect(c, "DEL a a nobody", "(integer) 1");
    expect(c, "UNLINK b c", "(integer) 2");
    expect(c, "RANDOMKEY", "(nil)");
    expect(c, "SET only 1", "OK");
    expect(c, "RANDOMKEY", "\"only\"");
    example_close(&example);
}

Test(keys, take_their_value_and_deadline_to_another_name)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "SET a v EX 100", "OK");
    expect(c, "SET b w", "OK");
    expect(c, "RENAME a b", "OK");
    expect(c, "MGET a b", "1) (nil)\n2) \"v\"");
    expect(c, "TTL b", "(integer) 100");
    expect(c, "RENAME b b", "OK");
    expect(c, "RENAME nobody b", "(error) ERR no such key");
    expect(c, "SET a w", "OK");
    expect(c, "RENAMENX b a", "(integer) 0");
    expect(c, "RENAMENX b c", "(integer) 1");
    expect(c, "RENAMENX b c", "(error) ERR no such key");
    expect(c, "TTL c", "(integer) 100");
    example_close(&example);
}

Test(keys, are_copied_and_moved_between_databases)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "SET a v EX 100", "OK");
    expect(c, "COPY a b", "(integer) 1");
    expect(c, "COPY a b", "(integer) 0");
    expect(c, "COPY a b REPLACE", "(integer) 1");
    expect(c, "COPY a a", "(error) ERR source and destination objects are the same");
    expect(c, "COPY a a DB 1", "(integer) 1");
    expect(c, "COPY nobody b", "(integer) 0");
    expect(c, "COPY a b DB 99", "(error) ERR DB index is out of range");
    expect(c, "COPY a b DB", "(error) ERR syntax error");
    expect(c, "MOVE a 1", "(integer) 0");
    expect(c, "MOVE b 1", "(integer) 1");
    expect(c, "MOVE b 1", "(integer) 0");
    expect(c, "MOVE a 0", "(error) ERR source and destination objects are the same");
    expect(c, "SELECT 1", "OK");
    expect(c, "MGET a b", "1) \"v\"\n2) \"v\"");
    expect(c, "TTL b", "(integer) 100");
    example_close(&example);
}

Test(keys, live_until_their_deadline)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "SET k v", "OK");
    expect(c, "TTL k", "(integer) -1");
    expect(c, "TTL nobody", "(integer) -2");
    expect(c, "EXPIRE nobody 100", "(integer) 0");
    expect(c, "EXPIRE k 100", "(integer) 1");
    expect(c, "TTL k", "(integer) 100");
    expect(c, "PEXPIREAT k 9999999999999", "(integer) 1");
    expect(c, "PEXPIRETIME k", "(integer) 9999999999999");
    expect(c, "EXPIRETIME k", "(integer) 10000000000");
    expect(c, "PERSIST k", "(integer) 1");
    expect(c, "PERSIST k", "(integer) 0");
    expect(c, "EXPIREAT k 9999999999", "(integer) 1");
    expect(c, "EXPIRETIME k", "(integer) 9999999999");
    expect(c, "EXPIRE k -1", "(integer) 1");
    expect(c, "EXISTS k", "(integer) 0");
    expect(c, "EXPIRE k 9223372036854775807", "(error) ERR invalid expire time in 'expire' command");
    expect(c, "EXPIRE k soon", "(error) ERR value is not an integer or out of range");
    example_close(&example);
}

Test(keys, get_a_new_deadline_only_under_its_conditions)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "SET k v", "OK");
    expect(c, "EXPIRE k 100 XX", "(integer) 0");
    expect(c, "EXPIRE k 100 GT", "(integer) 0");
    expect(c, "EXPIRE k 100 NX", "(integer) 1");
    expect(c, "EXPIRE k 200 NX", "(integer) 0");
    expect(c, "EXPIRE k 50 GT", "(integer) 0");
    expect(c, "EXPIRE k 200 XX GT", "(integer) 1");
    expect(c, "EXPIRE k 300 LT", "(integer) 0");
    expect(c, "EXPIRE k 50 LT", "(integer) 1");
    expect(c, "TTL k", "(integer) 50");
    expect(c, "EXPIRE k 1 NX GT",
           "(error) ERR NX and XX, GT or LT options at the same time are not compatible");
    expect(c, "EXPIRE k 1 GT LT", "(error) ERR GT and LT options at the same time are not compatible");
    expect(c, "EXPIRE k 1 SOON", "(error) ERR Unsupported option SOON");
    example_close(&example);
}

Test(keys, are_found_by_pattern)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "MSET user:1 a user:2 b page:1 c", "OK");
    expect(c, "KEYS page:*", "1) \"page:1\"");
    expect(c, "KEYS *:[3-9]", "(empty array)");
    expect(c, "SCAN 0 MATCH page:* COUNT 1000", "1) \"0\"\n2) 1) \"page:1\"");
    expect(c, "SCAN 0 TYPE list COUNT 1000", "1) \"0\"\n2) (empty array)");
    expect(c, "SCAN 0 COUNT 0", "(error) ERR syntax error");
    expect(c, "SCAN 0 COUNT many", "(error) ERR value is not an integer or out of range");
    expect(c, "SCAN here", "(error) ERR invalid cursor");
    example_close(&example);
}

/* Ask for the page at `cursor`, mark the numbers of its keys in `seen`, and put the next cursor in its place.
 * Keys are named "k:NUMBER". */
static void scan_page(struct client *client, char cursor[32], unsigned char *seen)
{
    char line[64];
    snprintf(line, sizeof line, "SCAN %s COUNT 50", cursor);
    struct slice reply = client_ask(client, line);
    char *page = strndup(reply.data, reply.len);
    char *save = NULL;
    cr_assert_str_eq(strtok_r(page, "\r\n", &save), "*2");
    strtok_r(NULL, "\r\n", &save);
    snprintf(cursor, 32, "%s", strtok_r(NULL, "\r\n", &save));
    for (char *word = save; word != NULL; word = strtok_r(NULL, "\r\n", &save)) {
        if (strncmp(word, "k:", 2) == 0) seen[atoi(word + 2)] = 1;
    }
    free(page);
}

Test(keys, that_stay_are_all_scanned_while_others_come_and_go)
{
    enum { KEYS = 3000 };
    struct example example;
    struct client *c = example_open(&example);
    char line[64];
    for (int i = 0; i < KEYS; i++) {
        snprintf(line, sizeof line, "SET k:%d v", i);
        expect(c, line, "OK");
    }
    unsigned char seen[KEYS] = { 0 };
    char cursor[32] = "0";
    int other = 0;
    do {
        scan_page(c, cursor, seen);
        for (int i = 0; i < 100; i++) {
            snprintf(line, sizeof line, "SET other:%d v", other++);
            expect(c, line, "OK");
        }
    } while (strcmp(cursor, "0") != 0 && other < KEYS * 10);

    cr_expect_str_eq(cursor, "0");
    for (int i = 0; i < KEYS; i++) cr_expect(seen[i], "k:%d was scanned", i);
    example_close(&example);
}

Test(keys, tell_how_their_values_are_kept)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "SET k 123", "OK");
    expect(c, "OBJECT ENCODING k", "\"int\"");
    expect(c, "SET k text", "OK");
    expect(c, "OBJECT ENCODING k", "\"embstr\"");
    expect(c, "APPEND k s", "(integer) 5");
    expect(c, "OBJECT ENCODING k", "\"raw\"");
    expect(c, "OBJECT REFCOUNT k", "(integer) 1");
    expect(c, "OBJECT IDLETIME k", "(integer) 0");
    expect(c, "OBJECT ENCODING nobody", "(nil)");
    expect_start(c, "OBJECT FREQ k", "(error) ERR An LFU maxmemory policy is not selected");
    expect_start(c, "OBJECT HELP", " 1) OBJECT <subcommand>");
    example_close(&example);
}
