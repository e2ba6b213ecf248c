#include "bench/stall/probe.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bench/kit/clock.h"
#include "bench/kit/program.h"

#define KEYS        1000
#define INTERVAL_NS (CLOCK_NS_PER_S / 5000)
#define KEY_MAX     24

static void add_key(struct exchange *exchange, unsigned number)
{
    char name[KEY_MAX];
    int len = snprintf(name, sizeof name, "probe:%u", number % KEYS);
    exchange_argument(exchange, name, (size_t)len);
}

static void set_keys(struct exchange *exchange)
{
    for (unsigned i = 0; i < KEYS; i++) {
        exchange_begin(exchange, 3);
        exchange_argument(exchange, "SET", strlen("SET"));
        add_key(exchange, i);
        exchange_argument(exchange, "value", strlen("value"));
    }
    exchange_turn(exchange, KEYS);
    if (exchange->replies.errors > 0) program_fail("probe: %s", exchange->replies.first_error);
}

static void sleep_until(uint64_t due_ns)
{
    struct timespec due = { .tv_sec = (time_t)(due_ns / CLOCK_NS_PER_S),
                            .tv_nsec = (long)(due_ns % CLOCK_NS_PER_S) };
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
}

static void *ask(void *context)
{
    struct probe *probe = context;
    program_go_first(true);
    uint64_t due_ns = clock_now_ns();
    for (unsigned number = 0; !atomic_load(&probe->stopping); number++) {
        due_ns += INTERVAL_NS;
        sleep_until(due_ns);
        exchange_begin(&probe->exchange, 2);
        exchange_argument(&probe->exchange, "GET", strlen("GET"));
        add_key(&probe->exchange, number);
        exchange_turn(&probe->exchange, 1);
        histogram_add(&probe->latency_ns, clock_now_ns() - due_ns, 1);
    }
    return NULL;
}

void probe_start(struct probe *probe, const struct address *address)
{
    *probe = (struct probe){ 0 };
    exchange_open(&probe->exchange, address);
    set_keys(&probe->exchange);
    if (pthread_create(&probe->thread, NULL, ask, probe) != 0) program_fail("no thread for the probe");
}

void probe_stop(struct probe *probe)
{
    atomic_store(&probe->stopping, true);
    pthread_join(probe->thread, NULL);
    exchange_close(&probe->exchange);
}
