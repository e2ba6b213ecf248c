#include <criterion/criterion.h>

#include "proto/base/buffer.h"
#include "tests/e2e/example.h"
#include "tests/support/client/expect.h"

Test(bits, are_set_and_got_one_by_one)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "SETBIT k 7 1", "(integer) 0");
    expect(c, "SETBIT k 7 0", "(integer) 1");
    expect(c, "SETBIT k 17 1", "(integer) 0");
    expect(c, "GET k", "\"\\x00\\x00@\"");
    expect(c, "GETBIT k 17", "(integer) 1");
    expect(c, "GETBIT k 100000", "(integer) 0");
    expect(c, "GETBIT nobody 0", "(integer) 0");
    expect(c, "SET n 1", "OK");
    expect(c, "SETBIT n 6 1", "(integer) 0");
    expect(c, "GET n", "\"3\"");
    expect(c, "OBJECT ENCODING n", "\"raw\"");
    expect(c, "EXPIRE n 100", "(integer) 1");
    expect(c, "SETBIT n 6 0", "(integer) 1");
    expect(c, "TTL n", "(integer) 100");
    example_close(&example);
}

Test(bits, have_places_that_a_string_can_have)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "SETBIT k -1 1", "(error) ERR bit offset is not an integer or out of range");
    expect(c, "SETBIT k 4294967296 1", "(error) ERR bit offset is not an integer or out of range");
    expect(c, "SETBIT k #1 1", "(error) ERR bit offset is not an integer or out of range");
    expect(c, "GETBIT k 01", "(error) ERR bit offset is not an integer or out of range");
    expect(c, "SETBIT k 0 2", "(error) ERR bit is not an integer or out of range");
    expect(c, "SETBIT k 0 one", "(error) ERR bit is not an integer or out of range");
    expect(c, "CONFIG SET proto-max-bulk-len 1mb", "OK");
    expect(c, "SETBIT k 8388608 1", "(error) ERR bit offset is not an integer or out of range");
    expect(c, "SETBIT k 8388607 1", "(integer) 0");
    expect(c, "STRLEN k", "(integer) 1048576");
    expect(c, "BITCOUNT k", "(integer) 1");
    expect(c, "BITPOS k 1", "(integer) 8388607");
    example_close(&example);
}

Test(bits, are_counted_in_bytes_or_bits)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "SET k foobar", "OK");
    expect(c, "BITCOUNT k", "(integer) 26");
    expect(c, "BITCOUNT k 0 0", "(integer) 4");
    expect(c, "BITCOUNT k 1 -1 byte", "(integer) 22");
    expect(c, "BITCOUNT k 5 30 BIT", "(integer) 17");
    expect(c, "BITCOUNT k -1 -2 nonsense", "(integer) 0");
    expect(c, "BITCOUNT nobody 0 x", "(integer) 0");
    expect(c, "BITCOUNT k 0", "(error) ERR syntax error");
    expect(c, "BITCOUNT k 0 -1 WORD", "(error) ERR syntax error");
    expect(c, "BITCOUNT k 0 x", "(error) ERR value is not an integer or out of range");
    example_close(&example);
}

Test(bits, are_found_as_if_zeros_followed_unless_an_end_is_named)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "SET k \"\\xff\\xf0\\x00\"", "OK");
    expect(c, "BITPOS k 0", "(integer) 12");
    expect(c, "BITPOS k 1 2", "(integer) -1");
    expect(c, "BITPOS k 1 -2", "(integer) 8");
    expect(c, "BITPOS k 0 0 0", "(integer) -1");
    expect(c, "BITPOS k 0 9 14 BIT", "(integer) 12");
    expect(c, "SET k \"\\xff\\xff\"", "OK");
    expect(c, "BITPOS k 0", "(integer) 16");
    expect(c, "BITPOS k 0 0", "(integer) 16");
    expect(c, "BITPOS k 0 0 -1", "(integer) -1");
    expect(c, "BITPOS k 0 5 2", "(integer) -1");
    expect(c, "BITPOS nobody 0", "(integer) 0");
    expect(c, "BITPOS nobody 1 x", "(integer) -1");
    expect(c, "BITPOS k 2", "(error) ERR The bit argument must be 1 or 0.");
    expect(c, "BITPOS k x", "(error) ERR value is not an integer or out of range");
    expect(c, "BITPOS k 0 0 x WORD", "(error) ERR syntax error");
    example_close(&example);
}

Test(bits, of_several_strings_are_combined)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "MSET a abc b \"\\xff\" n 12", "OK");
    expect(c, "BITOP AND d a b", "(integer) 3");
    expect(c, "GET d", "\"a\\x00\\x00\"");
    expect(c, "BITOP or d a b nobody", "(integer) 3");
    expect(c, "GET d", "\"\\xffbc\"");
    expect(c, "BITOP XOR d a n", "(integer) 3");
    expect(c, "GET d", "\"PPc\"");
    expect(c, "BITOP NOT b b", "(integer) 1");
    expect(c, "GET b", "\"\\x00\"");
    expect(c, "EXPIRE a 100", "(integer) 1");
    expect(c, "BITOP XOR a a a", "(integer) 3");
    expect(c, "GET a", "\"\\x00\\x00\\x00\"");
    expect(c, "TTL a", "(integer) -1");
    expect(c, "OBJECT ENCODING a", "\"raw\"");
    expect(c, "BITOP OR d nobody", "(integer) 0");
    expect(c, "EXISTS d", "(integer) 0");
    expect(c, "BITOP NOT d a b", "(error) ERR BITOP NOT must be called with a single source key.");
    expect(c, "BITOP NAND d a", "(error) ERR syntax error");
    example_close(&example);
}

Test(bits, a_result_shorter_or_longer_than_a_key_had_takes_its_place)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "SETBIT long 799999 1", "(integer) 0");
    expect(c, "SET short \"\\x80\"", "OK");
    expect(c, "BITOP OR short short long", "(integer) 100000");
    expect(c, "BITCOUNT short", "(integer) 2");
    expect(c, "SET tiny \"\\x80\"", "OK");
    expect(c, "BITOP OR long tiny", "(integer) 1");
    expect(c, "GET long", "\"\\x80\"");
    expect(c, "BITOP AND many a b c d e f g h i j k l m n o p q short", "(integer) 100000");
    expect(c, "BITCOUNT many", "(integer) 0");
    example_close(&example);
}

Test(bits, fields_are_read_set_and_counted)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "BITFIELD k SET u8 0 255 GET u4 0 GET i8 0 INCRBY u2 #1 1",
           "1) (integer) 0\n2) (integer) 15\n3) (integer) -1\n4) (integer) 0");
    expect(c, "BITFIELD k OVERFLOW SAT INCRBY i5 100 20 OVERFLOW FAIL INCRBY i5 100 1 SET u8 #20 7",
           "1) (integer) 15\n2) (nil)\n3) (integer) 0");
    expect(c, "BITFIELD k GET u8 100000", "1) (integer) 0");
    expect(c, "STRLEN k", "(integer) 21");
    expect(c, "BITFIELD nobody GET u8 0", "1) (integer) 0");
    expect(c, "BITFIELD nobody", "(empty array)");
    expect(c, "EXISTS nobody", "(integer) 0");
    expect(c, "BITFIELD_RO k GET i4 0 GET u63 1", "1) (integer) -4\n2) (integer) 5692549928996306944");
    example_close(&example);
}

Test(bits, a_call_with_one_bad_field_changes_nothing)
{
    struct example example;
    struct client *c = example_open(&example);
    const char *type = "(error) ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not "
                       "supported but i64 is.";

    expect(c, "BITFIELD k SET u8 0 1 GET u64 0", type);
    expect(c, "BITFIELD k SET u8 0 1 GET i65 0", type);
    expect(c, "BITFIELD k SET u8 0 1 GET 8 0", type);
    expect(c, "BITFIELD k SET u8 0 1 GET u8 #-1", "(error) ERR bit offset is not an integer or out of range");
    expect(c, "BITFIELD k SET u8 0 1 SET u8 0 x", "(error) ERR value is not an integer or out of range");
    expect(c, "BITFIELD k SET u8 0 1 OVERFLOW CLIP", "(error) ERR Invalid OVERFLOW type specified");
    expect(c, "BITFIELD k SET u8 0 1 OVERFLOW", "(error) ERR syntax error");
    expect(c, "BITFIELD k SET u8 0", "(error) ERR syntax error");
    expect(c, "BITFIELD_RO k SET u8 0 1", "(error) ERR BITFIELD_RO only supports the GET subcommand");
    expect(c, "EXISTS k", "(integer) 0");
    example_close(&example);
}

Test(bits, fail_is_null_in_resp3)
{
    struct example example;
    struct client *c = example_open(&example);

    expect_start(c, "HELLO 3", "1#");
    expect_raw(c, SLICE("BITFIELD k OVERFLOW FAIL INCRBY u1 0 2\r\n"), SLICE("*1\r\n_\r\n"));
    example_close(&example);
}

/* A long value is sent from where it stands: what changes it meanwhile must not be seen. */
Test(bits, of_a_value_on_its_way_stay_as_they_were)
{
    struct example example;
    struct client *c = example_open(&example);
    struct buffer wanted = { 0 }, got = { 0 };

    expect(c, "SETBIT k 8388607 0", "(integer) 0");
    for (int i = 0; i < 20; i++) {
        buffer_printf(&wanted, "$1048576\r\n");
        memset(buffer_reserve(&wanted, 1 << 20), 0, 1 << 20);
        buffer_commit(&wanted, 1 << 20);
        buffer_printf(&wanted, "\r\n:0\r\n");
        cr_assert(client_send(c, SLICE("GET k\r\nSETBIT k 0 1\r\n")));
        cr_assert(client_send(c, SLICE("BITOP AND k k nobody\r\n")));
        buffer_printf(&wanted, ":1048576\r\n");
    }
    for (int i = 0; i < 60; i++) {
        struct slice reply;
        cr_assert(client_read(c, &reply));
        buffer_append(&got, reply.data, reply.len);
    }
    cr_expect_eq(got.len, wanted.len);
    cr_expect(memcmp(got.data, wanted.data, got.len) == 0);
    buffer_clear(&wanted);
    buffer_clear(&got);
    example_close(&example);
}
