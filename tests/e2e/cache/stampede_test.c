/*
 * A thousand clients ask for a value that nobody has and that takes 200 ms to compute: one computes it, and
 * when it is there all have it at once. What was measured is in the log.
 */
#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "tests/support/client/client.h"
#include "tests/support/client/expect.h"
#include "tests/support/client/reply_parts.h"
#include "tests/support/pace.h"
#include "tests/support/process/instance.h"

#define CLIENTS    1000
#define COMPUTE_MS 200

static struct instance server;
static struct client *crowd;

static void open_server(void)
{
    instance_start(&server, INSTANCE_NUTHATCH, OPTIONS("--io-threads", "2"));
    crowd = alloc_zeroed(CLIENTS * sizeof *crowd);
    for (size_t i = 0; i < CLIENTS; i++) cr_assert(client_open_unix(&crowd[i], server.socket_path), "%zu", i);
}

static void close_server(void)
{
    for (size_t i = 0; i < CLIENTS; i++) client_close(&crowd[i]);
    alloc_free(crowd);
    instance_stop(&server);
}

TestSuite(stampede, .init = open_server, .fini = close_server, .timeout = 120);

struct told {
    size_t wins, hits, others;
    size_t winner;
    char token[32];
    int64_t last_ms;
};

static void read_one(struct told *told, size_t number)
{
    struct slice reply;
    cr_assert(client_read(&crowd[number], &reply));
    struct slice state = reply_part_text(reply_part(reply, 0));
    if (slice_equal(state, SLICE("win"))) {
        told->wins++;
        told->winner = number;
        slice_to_cstr(reply_part_text(reply_part(reply, 2)), told->token, sizeof told->token);
    } else if (slice_equal(state, SLICE("hit"))) {
        told->hits++;
        told->last_ms = pace_now_ms();
    } else {
        told->others++;
    }
}

/* What comes within `ms`, from anybody; the first to be told ends it, if only one is wanted. */
static void listen_for(struct told *told, size_t answers, int64_t ms)
{
    struct pollfd *polls = alloc_zeroed(CLIENTS * sizeof *polls);
    int64_t end_ms = pace_now_ms() + ms;
    for (size_t i = 0; i < CLIENTS; i++) polls[i] = (struct pollfd){ .fd = crowd[i].fd, .events = POLLIN };
    while (told->wins + told->hits + told->others < answers && pace_now_ms() < end_ms) {
        if (poll(polls, CLIENTS, (int)(end_ms - pace_now_ms())) <= 0) continue;
        for (size_t i = 0; i < CLIENTS; i++)
            if (polls[i].revents != 0) read_one(told, i);
    }
    alloc_free(polls);
}

static void send_all(const char *line)
{
    for (size_t i = 0; i < CLIENTS; i++) cr_assert(client_send_line(&crowd[i], line));
}

static void fill(const struct told *told)
{
    char line[96];
    snprintf(line, sizeof line, "CACHE SET cold value TOKEN %s EX 60", told->token);
    expect(&crowd[told->winner], line, "OK");
}

Test(stampede, of_a_thousand_clients_one_computes_and_all_are_told_at_once)
{
    struct told told = { 0 };
    send_all("CACHE GET cold WAIT 60000");
    listen_for(&told, 1, 10000 * PACE);
    cr_assert_eq(told.wins, 1);
    pace_sleep_ms(COMPUTE_MS);
    int64_t start_ms = pace_now_ms();
    fill(&told);
    listen_for(&told, CLIENTS, 10000 * PACE);
    cr_assert_eq(told.wins, 1);
    cr_assert_eq(told.hits, CLIENTS - 1);
    cr_log_info("the last of %d was told %d ms after the value was there", CLIENTS,
                (int)(told.last_ms - start_ms));
    cr_assert_lt(told.last_ms - start_ms, 1000 * PACE);
}

Test(stampede, a_winner_that_is_killed_is_replaced_when_its_connection_closes)
{
    struct told told = { 0 };
    send_all("CACHE GET cold WAIT 60000 LEASE 60000");
    listen_for(&told, 1, 10000 * PACE);
    cr_assert_eq(told.wins, 1);
    int64_t start_ms = pace_now_ms();
    client_close(&crowd[told.winner]);
    crowd[told.winner].fd = -1;
    told = (struct told){ 0 };
    listen_for(&told, 1, 10000 * PACE);
    int64_t taken_ms = pace_now_ms() - start_ms;
    cr_assert_eq(told.wins, 1);
    cr_log_info("the next had begun %d ms later", (int)taken_ms);
    cr_assert_lt(taken_ms, 1000 * PACE);
    fill(&told);
}

Test(stampede, a_winner_that_hangs_is_replaced_at_the_end_of_its_lease)
{
    struct told told = { 0 };
    int64_t start_ms = pace_now_ms();
    send_all("CACHE GET cold WAIT 60000 LEASE 500");
    listen_for(&told, 1, 10000 * PACE);
    cr_assert_eq(told.wins, 1);
    told = (struct told){ 0 };
    listen_for(&told, 1, 10000 * PACE);
    int64_t taken_ms = pace_now_ms() - start_ms;
    cr_assert_eq(told.wins, 1);
    cr_log_info("the next had begun %d ms after the first", (int)taken_ms);
    cr_assert_geq(taken_ms, 500);
    cr_assert_lt(taken_ms, 500 + 1000 * PACE);
    fill(&told);
}
