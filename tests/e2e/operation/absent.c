/*
 * Commands about what a cache has not. That they answer as a Redis that has it switched off is seen by the
 * random streams as well, but for those that would change a Redis.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/e2e/example.h"
#include "tests/support/client/expect.h"

static struct client *open_ours(struct example *example)
{
    if (instance_is_redis(INSTANCE_NUTHATCH)) cr_skip_test("a Redis does it");
    return example_open(example);
}

#define NO_CLUSTER "(error) ERR This instance has cluster support disabled"
#define NO_MODULE                                                                                            \
    "(error) ERR MODULE command not allowed. If the enable-module-command option is set to \"local\", you "  \
    "can run it from a local connection, otherwise you need to set this option in the configuration file, "  \
    "and then restart the server."

Test(absent, there_is_no_cluster)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "CLUSTER INFO", NO_CLUSTER);
    expect(c, "CLUSTER SLOTS", NO_CLUSTER);
    expect(c, "CLUSTER HELP", NO_CLUSTER);
    expect(c, "CLUSTER KEYSLOT", "(error) ERR wrong number of arguments for 'cluster|keyslot' command");
    expect(c, "CLUSTER NONSENSE", "(error) ERR unknown subcommand 'NONSENSE'. Try CLUSTER HELP.");
    expect(c, "READONLY", NO_CLUSTER);
    expect(c, "READWRITE", NO_CLUSTER);
    expect(c, "ASKING", NO_CLUSTER);
    example_close(&example);
}

Test(absent, there_are_no_modules)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "MODULE LIST", "(empty array)");
    expect(c, "MODULE LOAD /nowhere.so", NO_MODULE);
    expect(c, "MODULE LOADEX /nowhere.so ARGS a", NO_MODULE);
    expect(c, "MODULE UNLOAD nothing", NO_MODULE);
    expect_start(c, "MODULE HELP", " 1) MODULE <subcommand>");
    example_close(&example);
}

Test(absent, a_module_cannot_be_loaded_where_it_is_allowed)
{
    struct instance server;
    struct client c;
    instance_start(&server, INSTANCE_NUTHATCH, OPTIONS("--enable-module-command", "yes"));
    cr_assert(client_open_tcp(&c, server.port));
    expect(&c, "MODULE LOAD /nowhere.so",
           "(error) ERR Error loading the extension. Please check the server logs.");
    expect(&c, "MODULE LOADEX /nowhere.so CONFIG a b ARGS c",
           "(error) ERR Error loading the extension. Please check the server logs.");
    expect(&c, "MODULE UNLOAD nothing", "(error) ERR Error unloading module: no such module with that name");
    client_close(&c);
    instance_stop(&server);
}

/* Whoever relies on a file learns that there is none. */
Test(absent, nothing_is_saved)
{
    struct example example;
    struct client *c = open_ours(&example);

    expect(c, "SAVE", "(error) ERR");
    expect(c, "BGSAVE", "(error) ERR");
    expect(c, "BGSAVE SCHEDULE", "(error) ERR");
    expect(c, "BGSAVE NONSENSE", "(error) ERR syntax error");
    expect(c, "BGSAVE CANCEL", "(error) ERR Background saving is currently not in progress or scheduled");
    expect(c, "BGREWRITEAOF",
           "(error) ERR Can't execute an AOF background rewriting. Please check the server logs for more "
           "information.");
    expect(c, "MULTI", "OK");
    expect(c, "SAVE", "(error) ERR Command not allowed inside a transaction");
    expect(c, "DISCARD", "OK");
    example_close(&example);
}

Test(absent, the_last_time_of_saving_is_that_of_info)
{
    struct example example;
    struct client *c = example_open(&example);
    char field[64];
    struct slice reply = client_ask(c, "LASTSAVE");
    int len = snprintf(field, sizeof field, "rdb_last_save_time:%.*s", (int)reply.len - 3, reply.data + 1);
    struct slice info = client_ask(c, "INFO persistence");
    cr_expect_not_null(memmem(info.data, info.len, field, (size_t)len), "%s", field);
    example_close(&example);
}

Test(absent, it_is_a_master_and_stays_one)
{
    struct example example;
    struct client *c = open_ours(&example);

    expect(c, "ROLE", "1) \"master\"\n2) (integer) 0\n3) (empty array)");
    expect(c, "REPLICAOF NO ONE", "OK");
    expect(c, "SLAVEOF no one", "OK");
    expect(c, "REPLICAOF 127.0.0.1 6379",
           "(error) ERR REPLICAOF not allowed: this server does not replicate");
    expect(c, "REPLICAOF 127.0.0.1 port", "(error) ERR Invalid master port");
    expect(c, "REPLICAOF 127.0.0.1 65536", "(error) ERR Invalid master port");
    expect(c, "SYNC", "(error) ERR SYNC not allowed: this server does not replicate");
    expect(c, "PSYNC ? -1", "(error) ERR PSYNC not allowed: this server does not replicate");
    expect(c, "PSYNC ? x", "(error) ERR value is not an integer or out of range");
    expect(c, "ROLE", "1) \"master\"\n2) (integer) 0\n3) (empty array)");
    example_close(&example);
}

Test(absent, a_replica_is_listened_to_until_it_wants_data)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "REPLCONF listening-port 6380", "OK");
    expect(c, "REPLCONF ip-address 10.0.0.1 capa eof capa psync2", "OK");
    expect(c, "REPLCONF listening-port x", "(error) ERR value is not an integer or out of range");
    expect(c, "REPLCONF rdb-only 2", "(error) ERR value is out of range, value must between 0 and 1");
    expect(c, "REPLCONF rdb-filter-only x", "(error) ERR Unsupported rdb-filter-only option: x");
    expect(c, "REPLCONF nonsense x", "(error) ERR Unrecognized REPLCONF option: nonsense");
    expect(c, "REPLCONF capa", "(error) ERR syntax error");
    /* Never answered: the next reply is that of the next command. */
    expect_raw(c, SLICE("REPLCONF ACK 0\r\nREPLCONF GETACK *\r\nPING\r\n"), SLICE("+PONG\r\n"));
    example_close(&example);
}

Test(absent, there_is_nobody_to_fail_over_to)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "FAILOVER", "(error) ERR FAILOVER requires connected replicas.");
    expect(c, "FAILOVER TO host 6379 FORCE TIMEOUT 10", "(error) ERR FAILOVER requires connected replicas.");
    expect(c, "FAILOVER ABORT", "(error) ERR No failover in progress.");
    expect(c, "FAILOVER ABORT FORCE", "(error) ERR syntax error");
    expect(c, "FAILOVER TIMEOUT 0", "(error) ERR FAILOVER timeout must be greater than 0");
    expect(c, "FAILOVER TO host", "(error) ERR syntax error");
    example_close(&example);
}
