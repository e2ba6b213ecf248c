#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/buffer.h"
#include "proto/base/random.h"
#include "tests/e2e/example.h"
#include "tests/support/client/expect.h"
#include "tests/support/client/reply_parts.h"

Test(hyperloglog, counts_what_was_added)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "PFADD h a b c", "(integer) 1");
    expect(c, "PFADD h a b", "(integer) 0");
    expect(c, "PFCOUNT h", "(integer) 3");
    expect(c, "PFADD h", "(integer) 0");
    expect(c, "PFADD empty", "(integer) 1");
    expect(c, "PFCOUNT empty", "(integer) 0");
    expect(c, "PFADD g c d \"\"", "(integer) 1");
    expect(c, "PFCOUNT h g nobody", "(integer) 5");
    expect(c, "PFCOUNT nobody", "(integer) 0");
    expect(c, "TYPE h", "string");
    expect(c, "OBJECT ENCODING h", "\"raw\"");
    example_close(&example);
}

Test(hyperloglog, is_a_string_with_the_bytes_of_redis)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "PFADD h a b c", "(integer) 1");
    expect(c, "GET h",
           "\"HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80`\\xf3\\x80P\\xb1\\x84K\\xfb"
           "\\x80BZ\"");
    expect(c, "PFCOUNT h", "(integer) 3");
    expect(c, "GETRANGE h 8 15", "\"\\x03\\x00\\x00\\x00\\x00\\x00\\x00\\x00\"");
    expect(c, "COPY h g", "(integer) 1");
    expect(c, "PFCOUNT g", "(integer) 3");
    expect(c, "PFDEBUG DECODE h", "\"Z:8436 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603\"");
    example_close(&example);
}

Test(hyperloglog, is_merged_into_a_key_that_may_be_a_source_or_new)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "PFADD a 1 2 3", "(integer) 1");
    expect(c, "PFADD b 3 4", "(integer) 1");
    expect(c, "PFMERGE c a b", "OK");
    expect(c, "PFCOUNT c", "(integer) 4");
    expect(c, "EXPIRE a 100", "(integer) 1");
    expect(c, "PFMERGE a b nobody", "OK");
    expect(c, "PFCOUNT a", "(integer) 4");
    expect(c, "TTL a", "(integer) 100");
    expect(c, "PFMERGE fresh", "OK");
    expect(c, "PFCOUNT fresh", "(integer) 0");
    expect(c, "PFDEBUG TODENSE b", "(integer) 1");
    expect(c, "PFMERGE a b", "OK");
    expect(c, "PFDEBUG ENCODING a", "dense");
    expect(c, "STRLEN a", "(integer) 12304");
    expect(c, "PFCOUNT a", "(integer) 4");
    example_close(&example);
}

Test(hyperloglog, becomes_dense_from_a_length_on_that_can_be_set)
{
    struct example example;
    struct client *c = example_open(&example);
    char line[64];

    expect(c, "CONFIG SET hll-sparse-max-bytes 30", "OK");
    expect(c, "PFADD h a b c d", "(integer) 1");
    expect(c, "PFDEBUG ENCODING h", "sparse");
    expect(c, "PFADD h e f g h", "(integer) 1");
    expect(c, "PFDEBUG ENCODING h", "dense");
    expect(c, "PFDEBUG TODENSE h", "(integer) 0");
    expect(c, "PFDEBUG DECODE h", "(error) ERR HLL encoding is not sparse");
    expect(c, "PFCOUNT h", "(integer) 8");
    for (int i = 0; i < 2000; i++) {
        snprintf(line, sizeof line, "PFADD h %d %d %d", 3 * i, 3 * i + 1, 3 * i + 2);
        client_ask(c, line);
    }
    expect(c, "PFCOUNT h", "(integer) 5994");
    example_close(&example);
}

Test(hyperloglog, its_registers_can_be_seen)
{
    struct example example;
    struct client *c = example_open(&example);
    struct reply_parts parts;
    struct slice part;
    int set = 0;

    expect(c, "PFADD h a b c", "(integer) 1");
    cr_assert(reply_parts_init(&parts, client_ask(c, "PFDEBUG GETREG h")));
    cr_expect_eq(parts.count, 16384u);
    while (reply_parts_next(&parts, &part)) set += !slice_equal(part, SLICE(":0\r\n"));
    cr_expect_eq(set, 3);
    expect(c, "PFDEBUG ENCODING h", "dense");
    expect(c, "PFDEBUG nothing h", "(error) ERR Unknown PFDEBUG subcommand 'nothing'");
    expect(c, "PFDEBUG GETREG nobody", "(error) ERR The specified key does not exist");
    expect(c, "PFSELFTEST", "OK");
    example_close(&example);
}

Test(hyperloglog, a_value_of_another_type_or_without_the_header_is_no_hyperloglog)
{
    struct example example;
    struct client *c = example_open(&example);
    const char *none = "(error) WRONGTYPE Key is not a valid HyperLogLog string value.";

    expect(c, "MSET text hello number 12 short HYLL", "OK");
    expect(c, "PFADD h a", "(integer) 1");
    expect(c, "PFADD text a", none);
    expect(c, "PFCOUNT number", none);
    expect(c, "PFCOUNT h short", none);
    expect(c, "PFMERGE h text", none);
    expect(c, "PFDEBUG DECODE text", none);
    expect(c, "SETRANGE h 4 \"\\x02\"", "(integer) 21");
    expect(c, "PFCOUNT h", none);
    expect(c, "SETRANGE h 4 \"\\x00\"", "(integer) 21");
    expect(c, "PFADD h b", none);
    example_close(&example);
}

Test(hyperloglog, that_is_corrupt_says_so)
{
    struct example example;
    struct client *c = example_open(&example);
    const char *corrupt = "(error) INVALIDOBJ Corrupted HLL object detected";

    expect(c, "PFADD h a b c", "(integer) 1");
    expect(c, "PFADD good d", "(integer) 1");
    expect(c, "APPEND h \"\\x00\"", "(integer) 28");
    expect(c, "PFCOUNT h", corrupt);
    expect(c, "PFCOUNT good h", corrupt);
    expect(c, "PFMERGE good h", corrupt);
    expect(c, "PFDEBUG TODENSE h", corrupt);
    expect(c, "PFDEBUG GETREG h", corrupt);
    expect(c, "PFDEBUG ENCODING h", "sparse");
    expect(c, "SET h \"HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80\\x7f\"", "OK");
    expect(c, "PFADD h a", corrupt);
    expect(c, "PFDEBUG DECODE h", corrupt);
    expect(c, "PFCOUNT good", "(integer) 1");
    example_close(&example);
}

/* Whatever a client writes into one, the server answers, and is there afterwards. */
Test(hyperloglog, that_was_overwritten_at_random_harms_nobody, .timeout = 120)
{
    static const char *const lines[] = { "PFADD h x y z",    "PFCOUNT h",        "PFCOUNT h g",
                                         "PFMERGE into h g", "PFDEBUG DECODE h", "PFADD h more",
                                         "PFDEBUG GETREG h" };
    struct example example;
    struct client *c = example_open(&example);
    struct random random = { 7 };

    for (int round = 0; round < 300; round++) {
        char line[64];
        client_ask(c, "DEL h into");
        client_ask(c, "PFADD h a b c d e f g h i j k");
        client_ask(c, "PFADD g a b c");
        for (int i = 0; i < 3; i++) {
            snprintf(line, sizeof line, "SETRANGE h %u \"\\x%02x\"", 16 + (unsigned)random_below(&random, 70),
                     (unsigned)random_below(&random, 256));
            client_ask(c, line);
        }
        for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
            cr_assert_gt(client_ask(c, lines[i]).len, 0u, "no reply to %s", lines[i]);
        }
    }
    expect(c, "PING", "PONG");
    example_close(&example);
}
