/*
 * maxmemory: what is refused, what is evicted, and what the process takes.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "tests/support/client/client.h"
#include "tests/support/client/expect.h"
#include "tests/support/pace.h"
#include "tests/support/process/instance.h"

#define OOM "OOM command not allowed when used memory > 'maxmemory'."
#define MIB ((int64_t)1 << 20)

TestSuite(eviction, .timeout = 600);

static struct instance server;
static struct client client;

static void open_server(const char *maxmemory, const char *policy)
{
    instance_start(&server, INSTANCE_NUTHATCH,
                   OPTIONS("--maxmemory", maxmemory, "--maxmemory-policy", policy));
    cr_assert(client_open_tcp(&client, server.port));
}

static void close_server(void)
{
    client_close(&client);
    instance_stop(&server);
}

/* SET `key`:0 to `key`:`count` - 1, a hundred at a time; how many were refused. */
static size_t fill(const char *key, size_t count, size_t value_bytes)
{
    size_t refused = 0;
    char *value = alloc_bytes(value_bytes);
    memset(value, 'v', value_bytes);
    for (size_t done = 0; done < count; done += 100) {
        struct buffer out = { 0 };
        for (size_t i = done; i < done + 100; i++) {
            char name[64];
            int len = snprintf(name, sizeof name, "%s:%zu", key, i);
            struct slice argv[] = { SLICE("SET"), slice_of(name, (size_t)len), slice_of(value, value_bytes) };
            client_format_argv(&out, 3, argv);
        }
        cr_assert(client_send(&client, buffer_slice(&out)));
        buffer_clear(&out);
        for (size_t i = 0; i < 100; i++) {
            struct slice reply;
            cr_assert(client_read(&client, &reply));
            refused += reply.data[0] == '-';
        }
    }
    alloc_free(value);
    return refused;
}

static long long info(const char *field)
{
    struct slice reply = client_ask(&client, "INFO");
    char pattern[64];
    snprintf(pattern, sizeof pattern, "\n%s:", field);
    const char *at = memmem(reply.data, reply.len, pattern, strlen(pattern));
    cr_assert_not_null(at, "%s", field);
    return strtoll(at + strlen(pattern), NULL, 10);
}

Test(eviction, noeviction_refuses_what_would_grow_and_nothing_else)
{
    open_server("2mb", "noeviction");
    cr_assert_gt(fill("key", 30000, 100), 0);
    expect(&client,
           "SET another " /* a value that surely does not fit */
           "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv"
           "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv",
           "(error) " OOM);
    expect(&client, "STRLEN key:0", "(integer) 100");
    expect(&client, "DEL key:0", "(integer) 1");
    cr_assert_eq(info("evicted_keys"), 0);
    close_server();
}

Test(eviction, what_is_larger_than_everything_is_refused_and_harms_nothing)
{
    open_server("4mb", "allkeys-lru");
    fill("key", 1000, 100);
    size_t len = 8 << 20;
    char *value = alloc_bytes(len);
    memset(value, 'x', len);
    struct slice argv[] = { SLICE("SET"), SLICE("huge"), slice_of(value, len) };
    cr_assert(client_send_argv(&client, 3, argv));
    expect_next(&client, "(error) " OOM);
    expect(&client, "SETRANGE huge 8000000 x", "(error) " OOM);
    expect(&client, "SET counter 1", "OK");
    expect(&client, "DBSIZE", "(integer) 1001");
    cr_assert_eq(info("evicted_keys"), 0);
    alloc_free(value);
    close_server();
}

Test(eviction, allkeys_policies_never_refuse_and_keep_what_came_last)
{
    static const char *const policies[] = { "allkeys-lru", "allkeys-lfu", "allkeys-random",
                                            "allkeys-adaptive" };
    for (size_t i = 0; i < 4; i++) {
        open_server("4mb", policies[i]);
        cr_assert_eq(fill("key", 60000, 100), 0);
        cr_assert_gt(info("evicted_keys"), 20000);
        cr_assert_lt(info("used_memory_dataset"), 4 * MIB);
        expect(&client, "SET last v", "OK");
        expect(&client, "GET last", "\"v\"");
        close_server();
    }
}

Test(eviction, volatile_policies_refuse_when_nothing_may_go)
{
    open_server("2mb", "volatile-lru");
    cr_assert_gt(fill("key", 30000, 100), 0);
    cr_assert_eq(info("evicted_keys"), 0);
    expect(&client, "CONFIG SET maxmemory-policy allkeys-lru", "OK");
    cr_assert_eq(fill("more", 1000, 100), 0);
    close_server();
}

Test(eviction, nobody_waits_for_what_cannot_be_evicted)
{
    if (PACE_SHARES_MEMORY) cr_skip_test("what is resident is not the server's alone");
    open_server("64mb", "volatile-lru");
    cr_assert_eq(fill("key", 100000, 450), 0);
    expect(&client, "CONFIG SET maxmemory 16mb", "OK");
    pace_sleep_ms(300 * PACE); /* until it is seen how much is resident */
    for (int i = 0; i < 10; i++)
        expect(&client, "SET k v", "(error) OOM command not allowed when used memory > 'maxmemory'.");
    close_server();
}

Test(eviction, a_lower_maxmemory_is_reached_without_a_client_asking)
{
    open_server("64mb", "allkeys-adaptive");
    fill("key", 200000, 100);
    expect(&client, "CONFIG SET maxmemory 8mb", "OK");
    for (int i = 0; i < 100 * PACE && info("used_memory_dataset") > 8 * MIB; i++) pace_sleep_ms(20);
    cr_assert_lt(info("used_memory_dataset"), 8 * MIB);
    cr_assert_eq(fill("key", 1000, 100), 0);
    close_server();
}

Test(eviction, idle_times_and_counts_are_told_while_keys_are_evicted)
{
    open_server("2mb", "allkeys-lru");
    fill("key", 30000, 100);
    expect(&client, "SET k v", "OK");
    expect(&client, "OBJECT IDLETIME k", "(integer) 0");
    expect(&client, "CONFIG SET maxmemory-policy allkeys-lfu", "OK");
    expect(&client, "SET l v", "OK");
    expect(&client, "OBJECT FREQ l", "(integer) 5");
    close_server();
}

/* What leaves then lies scattered among what stays, and gives nothing back by itself. */
Test(eviction, large_values_wait_until_small_ones_have_made_room_for_them)
{
    if (PACE_SHARES_MEMORY) cr_skip_test("what is resident is not the server's alone");
    open_server("64mb", "allkeys-lru");
    int64_t most = 0;
    for (size_t i = 0; i < 4; i++) {
        cr_assert_eq(fill("small", 200000, 450), 0);
        for (size_t part = 0; part < 3; part++) {
            cr_assert_eq(fill("large", 100, 500000), 0);
            int64_t rss = instance_rss_bytes(&server);
            if (rss > most) most = rss;
        }
        expect(&client, "STRLEN large:99", "(integer) 500000");
    }
    cr_assert_leq(most, (64 + 13) * MIB, "%lld MB", (long long)(most / MIB));
    /* Who had to wait was not read on and on meanwhile. */
    cr_assert_leq(info("client_recent_max_input_buffer"), 3 * MIB);
    close_server();
}

/* Sizes change each second; the long form of this is bench/soak. */
Test(eviction, resident_memory_stays_near_maxmemory_whatever_is_stored)
{
    static const size_t sizes[] = { 200, 40, 3000, 500, 100, 20000 };
    open_server("64mb", "allkeys-lru");
    int64_t most = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (size_t part = 0; part < 20 / PACE; part++) {
            cr_assert_eq(fill("key", 10000000 / sizes[i] / 100 * 100, sizes[i]), 0);
            int64_t rss = instance_rss_bytes(&server);
            if (rss > most) most = rss;
            cr_assert_leq(info("used_memory_dataset"), 64 * MIB);
        }
    }
    /* Sanitizers take memory of their own. */
    cr_assert(PACE_SHARES_MEMORY || most <= (64 + 13) * MIB, "%lld MB", (long long)(most / MIB));
    close_server();
}

/* Within 2 %. */
static bool about(long long a, long long b)
{
    return llabs(a - b) * 50 <= llabs(b);
}

static long long stat(const char *name)
{
    struct slice reply = client_ask(&client, "MEMORY STATS");
    char pattern[64];
    snprintf(pattern, sizeof pattern, "\n%s\r\n:", name);
    const char *at = memmem(reply.data, reply.len, pattern, strlen(pattern));
    cr_assert_not_null(at, "%s", name);
    return strtoll(at + strlen(pattern), NULL, 10);
}

Test(eviction, memory_figures_add_up_to_what_the_allocator_says)
{
    if (PACE_SHARES_MEMORY) cr_skip_test("what is resident is not the server's alone");
    open_server("0", "noeviction");
    long long before = info("allocator_allocated");
    fill("small", 200000, 20);
    fill("middle", 20000, 600);
    fill("large", 100, 100000);

    long long used = info("used_memory"), dataset = info("used_memory_dataset");
    cr_assert(about(dataset + info("used_memory_overhead"), used));
    cr_assert(about(used, info("allocator_allocated")));
    cr_assert(about(stat("total.allocated"), used));
    cr_assert(about(stat("dataset.bytes") + stat("overhead.total"), used));
    cr_assert(about(stat("allocator.active"), info("allocator_active")));
    cr_assert(about(stat("keys.bytes-per-key") * 220100, used - before), "%lld of %lld are charged",
              stat("keys.bytes-per-key") * 220100, used - before);
    cr_assert(about(info("allocator_active"), info("allocator_allocated") + info("allocator_frag_bytes")));
    cr_assert(about(info("used_memory_rss"), used + info("mem_fragmentation_bytes")));
    close_server();
}

static void fill_set(int members)
{
    for (int i = 0; i < members; i += 20) {
        char line[300];
        int len = snprintf(line, sizeof line, "SADD s");
        for (int j = i; j < i + 20; j++) len += snprintf(line + len, sizeof line - (size_t)len, " m%d", j);
        client_ask(&client, line);
    }
}

static long long settled_memory(void)
{
    long long before, now = info("used_memory");
    do {
        before = now;
        pace_sleep_ms(200);
        now = info("used_memory");
    } while (now < before);
    return now;
}

/* The thread that frees it is woken behind the reply. */
Test(eviction, what_was_large_is_freed_soon_without_memory_being_short)
{
    open_server("0", "noeviction");
    fill_set(20000);
    expect(&client, "CONFIG RESETSTAT", "OK");
    expect(&client, "DEL s", "(integer) 1");
    for (int looks = 0; info("lazyfreed_objects") == 0 && looks < 100; looks++) pace_sleep_ms(100);
    cr_assert_eq(info("lazyfreed_objects"), 1);
    cr_assert_eq(info("lazyfree_pending_objects"), 0);
    close_server();
}

/* Its directory is mapped beside the allocator. */
Test(eviction, used_memory_grows_by_all_of_a_large_set)
{
    if (PACE_SHARES_MEMORY) cr_skip_test("what is resident is not the server's alone");
    open_server("0", "noeviction");
    fill_set(1000000);
    expect(&client, "FLUSHALL", "OK"); /* freed behind the scenes */
    long long before = settled_memory();
    fill_set(1000000);
    long long grown = settled_memory() - before,
              usage = strtoll(client_ask(&client, "MEMORY USAGE s").data + 1, NULL, 10);
    cr_assert(grown > usage - usage / 40 && grown < usage + usage / 10, "%lld beside %lld", grown, usage);
    close_server();
}

static void fill_up(int round)
{
    char name[32];
    size_t refused = 0;
    for (int i = 0; refused == 0; i++) {
        snprintf(name, sizeof name, "%d:%d", round, i);
        refused = fill(name, 10000, 20);
    }
}

/* A14 */
Test(eviction, what_was_flushed_is_neither_refused_nor_resident_beside_what_follows)
{
    open_server("20mb", "noeviction");
    for (int round = 0; round < 2; round++) {
        fill_up(round);
        expect(&client, "FLUSHALL", "OK");
        size_t refused = fill("large", 8000, 1500);
        if (PACE_SHARES_MEMORY)
            continue; /* what is freed stays resident there, and the budget goes down for it */
        cr_assert_eq(refused, 0, "refused though it was emptied");
        cr_assert_leq(instance_rss_bytes(&server), (20 + 13) * MIB);
        expect(&client, "DBSIZE", "(integer) 8000");
        expect(&client, "FLUSHALL ASYNC", "OK");
    }
    close_server();
}

/* B14: used_memory, less what clients hold, is what maxmemory limits. */
Test(eviction, used_memory_stays_within_maxmemory)
{
    static const char *const limits[] = { "4mb", "8mb", "32mb" };
    if (PACE_SHARES_MEMORY) cr_skip_test("what is resident is not the server's alone");
    for (size_t i = 0; i < 3; i++) {
        open_server(limits[i], "noeviction");
        cr_assert_gt(fill("key", 400000, 100), 0);
        long long most = info("maxmemory"), used = info("used_memory") - info("mem_not_counted_for_evict");
        cr_assert_leq(used, most + most / 16, "%lld of %lld", used, most);
        cr_assert_geq(used, most - most / 8, "%lld of %lld", used, most);
        close_server();
    }
}

/* B14 */
/* GET of so many keys that are not there, with long names, by a client that is told of changes to them. */
static void track_absent(size_t count)
{
    client_ask(&client, "HELLO 3");
    expect(&client, "CLIENT TRACKING ON", "OK");
    for (size_t done = 0; done < count; done += 100) {
        struct buffer out = { 0 };
        for (size_t i = done; i < done + 100; i++)
            buffer_printf(&out, "*2\r\n$3\r\nGET\r\n$200\r\n%0200zu\r\n", i);
        cr_assert(client_send(&client, buffer_slice(&out)));
        buffer_clear(&out);
        for (size_t i = 0; i < 100; i++) expect_next(&client, "(nil)");
    }
}

Test(eviction, the_keyspace_has_what_tracked_keys_leave_of_maxmemory)
{
    open_server("32mb", "noeviction");
    track_absent(50000);
    expect(&client, "CLIENT TRACKING OFF", "OK");
    client_ask(&client, "HELLO 2");
    cr_assert_gt(info("tracking_total_keys"), 40000);
    pace_sleep_ms(300);
    cr_assert_gt(fill("key", 40000, 1000), 0);
    cr_assert_lt(info("used_memory") - info("mem_not_counted_for_evict"), 33 * MIB);
    close_server();
}

Test(eviction, a_megabyte_above_what_is_used_is_room_for_a_megabyte)
{
    char line[64];
    if (PACE_SHARES_MEMORY) cr_skip_test("what is resident is not the server's alone");
    open_server("0", "noeviction");
    fill("key", 100000, 100);
    snprintf(line, sizeof line, "CONFIG SET maxmemory %lld", info("used_memory") + MIB);
    expect(&client, line, "OK");
    size_t fits = 20000 - fill("more", 20000, 100);
    cr_assert_geq(fits, MIB / 2 / 150, "%zu", fits);
    cr_assert_leq(fits, 2 * MIB / 130, "%zu", fits);
    close_server();
}
static void send_half_of(struct client *sender, size_t bytes)
{
    struct buffer begun = { 0 };
    buffer_printf(&begun, "*3\r\n$3\r\nSET\r\n$5\r\nlarge\r\n$%zu\r\n", bytes);
    memset(buffer_reserve(&begun, bytes / 2), 'v', bytes / 2);
    buffer_commit(&begun, bytes / 2);
    cr_assert(client_send(sender, buffer_slice(&begun)));
    buffer_clear(&begun);
}

/* C5 */
Test(eviction, what_a_client_sends_evicts_nobodys_key_before_it_is_stored)
{
    struct client sender;
    if (PACE_EMULATED) cr_skip_test("what is resident is not the server's alone");
    open_server("50mb", "allkeys-lru");
    fill("key", 60000, 1000);
    pace_sleep_ms(500);
    cr_assert(client_open_tcp(&sender, server.port));
    long long before = info("evicted_keys");
    send_half_of(&sender, 150 * MIB);
    for (int i = 0; i < 20; i++) {
        pace_sleep_ms(100);
        fill("one", 100, 10);
    }
    cr_assert_lt(info("evicted_keys") - before, 5000);
    client_close(&sender);
    pace_sleep_ms(500);
    fill("one", 100, 10);
    cr_assert_lt(info("evicted_keys") - before, 5000);
    close_server();
}

/* A14: a limit that is lifted holds nobody */
Test(eviction, who_was_held_goes_on_when_the_limit_is_lifted)
{
    struct client writer;
    open_server("0", "allkeys-lru");
    cr_assert(client_open_tcp(&writer, server.port));
    for (int round = 0; round < 5; round++) {
        struct slice reply;
        fill("round", 40000, 1000);
        expect(&client, "CONFIG SET maxmemory 5mb", "OK");
        for (int i = 0; i < 200; i++) cr_assert(client_send(&writer, SLICE("SET held v\r\n")));
        pace_sleep_ms(20);
        expect(&client, "CONFIG SET maxmemory 0", "OK");
        for (int i = 0; i < 200; i++) cr_assert(client_read(&writer, &reply), "write %d waits", i);
    }
    client_close(&writer);
    close_server();
}
