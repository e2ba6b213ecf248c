/*
 * Who may wait for the same key is sent upstream when the one before has been read there: in front of an
 * upstream that reads its connections in whatever order it likes.
 */
#include <criterion/criterion.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>

#include "tests/e2e/tier/odd_upstream.h"
#include "tests/e2e/tier/tier.h"
#include "tests/support/client/expect.h"
#include "tests/support/pace.h"

TestSuite(tier_turns, .timeout = 120);

#define CLIENTS    8
#define TIMEOUT_MS "3000"

/* What the upstream's processes, one for each connection, have seen. */
struct seen {
    _Atomic int asking;     /* have read CLIENT ID, and not answered it */
    _Atomic int together;   /* the most at a time */
    _Atomic int awaited;    /* so many have to ask before any is answered */
    _Atomic int unselected; /* asked before the database was selected */
    _Atomic bool deaf;      /* who asks next is not answered */
};

static struct seen *seen;
static struct odd_upstream upstream;
static struct instance server;
static struct client clients[CLIENTS];

static void note_question(void)
{
    int asking = atomic_fetch_add(&seen->asking, 1) + 1, most = atomic_load(&seen->together);
    while (most < asking && !atomic_compare_exchange_weak(&seen->together, &most, asking)) continue;
}

/* Long enough for others to ask as well. */
static const char *answer_number(void)
{
    int64_t end_ms = pace_now_ms() + 10000 * PACE;
    if (atomic_exchange(&seen->deaf, false)) pace_sleep_ms(INT32_MAX);
    note_question();
    pace_sleep_ms(20);
    while (atomic_load(&seen->together) < atomic_load(&seen->awaited) && pace_now_ms() < end_ms)
        pace_sleep_ms(1);
    atomic_fetch_sub(&seen->asking, 1);
    return ":7\r\n";
}

static const char *rule(int connection, const struct slice *argv, size_t argc)
{
    static bool selected;
    static char reply[64];
    if (odd_is(argv, argc, "SELECT", NULL)) selected = true;
    if (odd_is(argv, argc, "CLIENT", "ID") && connection > 0) {
        if (!selected) atomic_fetch_add(&seen->unselected, 1);
        return answer_number();
    }
    if (odd_is(argv, argc, "HELLO", NULL)) return "%1\r\n$5\r\nproto\r\n:3\r\n";
    if (odd_is(argv, argc, "PING", NULL)) return "+PONG\r\n";
    if (odd_is(argv, argc, "INFO", NULL)) return "$9\r\n# Nothing\r\n";
    if (odd_is(argv, argc, "COMMAND", NULL)) return "*0\r\n";
    if (!odd_is(argv, argc, "BLPOP", NULL)) return "+OK\r\n";
    snprintf(reply, sizeof reply, "*2\r\n$%zu\r\n%.*s\r\n$1\r\nv\r\n", argv[1].len, (int)argv[1].len,
             argv[1].data);
    return reply;
}

static void open_all(void)
{
    static char url[64];
    const char *options[] = { "--upstream", url, "--threads", "1", "--upstream-timeout", TIMEOUT_MS, NULL };
    seen = mmap(NULL, sizeof *seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq((void *)seen, MAP_FAILED);
    odd_upstream_start(&upstream, rule, false);
    snprintf(url, sizeof url, "redis://127.0.0.1:%d", upstream.port);
    instance_start(&server, INSTANCE_NUTHATCH, options);
    for (int i = 0; i < CLIENTS; i++) cr_assert(client_open_tcp(&clients[i], server.port));
    tier_wait_link(&clients[0], "up");
}

static void close_all(void)
{
    for (int i = 0; i < CLIENTS; i++) client_close(&clients[i]);
    instance_stop(&server);
    odd_upstream_stop(&upstream);
}

static void pop(int client, const char *key)
{
    char line[32];
    snprintf(line, sizeof line, "BLPOP %s 0", key);
    cr_assert(client_send_line(&clients[client], line));
}

static void expect_popped(int client, const char *key)
{
    char text[64];
    snprintf(text, sizeof text, "1) \"%s\"\n2) \"v\"", key);
    expect_next(&clients[client], text);
}

Test(tier_turns, who_may_wait_for_a_key_is_sent_when_the_one_before_has_been_read)
{
    open_all();
    for (int i = 0; i < CLIENTS; i++) pop(i, "q");
    for (int i = 0; i < CLIENTS; i++) expect_popped(i, "q");
    cr_expect_eq(atomic_load(&seen->together), 1);
    close_all();
}

Test(tier_turns, who_may_wait_for_other_keys_is_not_held_up)
{
    static const char *const keys[] = { "a", "b" };
    open_all();
    int64_t start = pace_now_ms();
    atomic_store(&seen->awaited, 2);
    for (int i = 0; i < 2; i++) pop(i, keys[i]);
    for (int i = 0; i < 2; i++) expect_popped(i, keys[i]);
    cr_expect_eq(atomic_load(&seen->together), 2);
    cr_expect_lt(pace_now_ms() - start, 10000 * PACE);
    close_all();
}

Test(tier_turns, it_has_been_read_when_its_database_was_selected_as_well)
{
    open_all();
    for (int i = 0; i < CLIENTS; i++) expect(&clients[i], "SELECT 1", "OK");
    for (int i = 0; i < CLIENTS; i++) pop(i, "q");
    for (int i = 0; i < CLIENTS; i++) expect_popped(i, "q");
    cr_expect_eq(atomic_load(&seen->together), 1);
    cr_expect_eq(atomic_load(&seen->unselected), 0);
    close_all();
}

Test(tier_turns, a_connection_that_went_deaf_does_not_hold_up_those_behind_it_for_ever)
{
    open_all();
    atomic_store(&seen->deaf, true);
    pop(0, "q");
    pop(1, "q");
    expect_popped(1, "q");
    expect_closed(&clients[0]);
    close_all();
}
