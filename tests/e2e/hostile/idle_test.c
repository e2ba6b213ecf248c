/*
 * A server that nobody asks for anything: it hardly wakes up, and yet misses no deadline.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/client/client.h"
#include "tests/support/client/expect.h"
#include "tests/support/pace.h"
#include "tests/support/process/instance.h"

#define LOOPS 2
#define KEYS  200
/* After so long without a command its loops drowse. */
#define QUIET_MS 3000

static struct instance server;
static struct client client;

static void open_all(void)
{
    instance_start(&server, INSTANCE_NUTHATCH, OPTIONS("--threads", "2"));
    cr_assert(client_open_tcp(&client, server.port));
}

static void close_all(void)
{
    client_close(&client);
    instance_stop(&server);
}

TestSuite(idle, .init = open_all, .fini = close_all, .timeout = 120);

static uint64_t wakings_of_thread(const char *id)
{
    char path[512], line[128];
    uint64_t wakings = 0;
    snprintf(path, sizeof path, "/proc/%d/task/%s/status", (int)server.child.pid, id);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "voluntary_ctxt_switches: %" SCNu64, &wakings) == 1) break;
    if (file != NULL) fclose(file);
    return wakings;
}

static uint64_t wakings(void)
{
    char path[64];
    uint64_t sum = 0;
    snprintf(path, sizeof path, "/proc/%d/task", (int)server.child.pid);
    DIR *threads = opendir(path);
    cr_assert_not_null(threads);
    for (struct dirent *thread; (thread = readdir(threads)) != NULL;)
        if (thread->d_name[0] != '.') sum += wakings_of_thread(thread->d_name);
    closedir(threads);
    return sum;
}

static void set_keys(int least_ms, int step_ms)
{
    char line[64];
    for (int i = 0; i < KEYS; i++) {
        snprintf(line, sizeof line, "SET key:%d v PX %d", i, least_ms + i * step_ms);
        expect(&client, line, "OK");
    }
}

static void expect_all_expired(void)
{
    struct slice stats = client_ask(&client, "INFO stats");
    cr_assert_not_null(memmem(stats.data, stats.len, "\nexpired_keys:200\r", 18), "%.*s", (int)stats.len,
                       stats.data);
}

/* Each loop, and the thread that frees what is large. Awake, a loop would be ten times as often. Under
 * sanitizers threads of theirs wake up as well. */
Test(idle, a_loop_wakes_up_once_a_second)
{
    expect(&client, "SET key v PX 86400000", "OK");
    pace_sleep_ms(QUIET_MS);
    uint64_t before = wakings();
    pace_sleep_ms(3000);
    uint64_t woken = wakings() - before;
    if (!PACE_SANITIZED) cr_assert_leq(woken, LOOPS * 10, "%" PRIu64 " times", woken);
    expect(&client, "GET key", "\"v\"");
}

Test(idle, keys_expire_on_time_although_nobody_asks)
{
    set_keys(QUIET_MS + 1000 * PACE, 5);
    pace_sleep_ms(QUIET_MS + 1000 * PACE + KEYS * 5 + 500 * PACE);
    expect_all_expired();
}

/* Each loop expires the keys of its shards, whoever set them. */
Test(idle, who_is_asked_rouses_the_others)
{
    pace_sleep_ms(QUIET_MS);
    set_keys(50 * PACE, 0);
    pace_sleep_ms(500 * PACE);
    expect_all_expired();
}
