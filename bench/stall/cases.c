#include "bench/stall/cases.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bench/kit/load/exchange.h"
#include "bench/kit/load/load.h"
#include "bench/kit/load/preload.h"
#include "bench/kit/load/workload.h"
#include "bench/kit/program.h"
#include "bench/kit/servers/info.h"
#include "bench/stall/invalidations.h"
#include "proto/base/alloc.h"

#define VALUE_BYTES 32
#define DEPTH       64
/* From when the first key with a common deadline is set: long enough to set all of them. */
#define DEADLINE_S  20
#define AFTERMATH_S 2
#define TEXT_MAX    64

static void sleep_s(time_t seconds)
{
    nanosleep(&(struct timespec){ .tv_sec = seconds }, NULL);
}

static void wait_a_while(const struct address *address, uint64_t keys)
{
    (void)address;
    (void)keys;
    sleep_s(2 * AFTERMATH_S);
}

static void nothing(const struct address *address, uint64_t keys)
{
    (void)address;
    (void)keys;
}

/* One connection, all keys one after the other. */
static void walk(const struct address *address, const char *test, uint64_t keys)
{
    struct workload *workload = workload_create(&(struct workload_options){
        .test = test, .keys = keys, .value_bytes = VALUE_BYTES, .batch = 1, .sequential = true });
    struct load *load = load_open(
        &(struct load_options){ .address = *address, .clients = 1, .depth = DEPTH, .workload = workload });
    struct load_tally *tally = ALLOC_NEW(struct load_tally);
    load_run_requests(load, keys, tally);
    if (tally->errors > 0) program_fail("%s: %s", test, tally->first_error);
    alloc_free(tally);
    load_close(&load);
    workload_destroy(&workload);
}

static void set_all(const struct address *address, uint64_t keys)
{
    walk(address, "set", keys);
}

static void delete_all(const struct address *address, uint64_t keys)
{
    walk(address, "del", keys);
}

static void fill(const struct address *address, uint64_t keys)
{
    preload_keys(address, keys, VALUE_BYTES, false);
}

static void flush_all(const struct address *address, uint64_t keys)
{
    (void)keys;
    exchange_ask(address, 1, (const char *const[]){ "FLUSHALL" });
    sleep_s(AFTERMATH_S);
}

static void flush_all_async(const struct address *address, uint64_t keys)
{
    (void)keys;
    exchange_ask(address, 2, (const char *const[]){ "FLUSHALL", "ASYNC" });
    sleep_s(AFTERMATH_S);
}

static time_t common_deadline;

static void give_one_deadline(const struct address *address, uint64_t keys)
{
    common_deadline = time(NULL) + DEADLINE_S;
    preload_dated(address, keys, "PXAT", (uint64_t)common_deadline * 1000, 1);
    time_t left = common_deadline - 1 - time(NULL);
    if (left < 0) program_fail("%" PRIu64 " keys cannot be set within %d s", keys, DEADLINE_S);
    sleep_s(left);
}

static void let_expire(const struct address *address, uint64_t keys)
{
    (void)address;
    (void)keys;
    sleep_s(common_deadline - time(NULL) + AFTERMATH_S);
}

static void halve_limit(const struct address *address, uint64_t keys)
{
    char bytes[TEXT_MAX];
    (void)keys;
    snprintf(bytes, sizeof bytes, "%" PRIu64, info_number(address, "used_memory:") / 2);
    exchange_ask(address, 4, (const char *const[]){ "CONFIG", "SET", "maxmemory-policy", "allkeys-lru" });
    exchange_ask(address, 4, (const char *const[]){ "CONFIG", "SET", "maxmemory", bytes });
    sleep_s(2 * AFTERMATH_S);
    exchange_ask(address, 4, (const char *const[]){ "CONFIG", "SET", "maxmemory", "0" });
}

const struct stall_case stall_cases[] = {
    { "nothing", fill, wait_a_while, .times = 1 },
    { "load, one connection", nothing, set_all, .times = 5 },
    { "delete the same", fill, delete_all, .times = 5 },
    { "FLUSHALL", fill, flush_all, .times = 10 },
    { "FLUSHALL ASYNC", fill, flush_all_async, .times = 10 },
    { "expire in the same ms", give_one_deadline, let_expire, .times = 1 },
    { "halve maxmemory", fill, halve_limit, .times = 5 },
    { "CACHE, a tag of all", fill_tagged, invalidate_tags, .times = 1, .limit_ms = STALL_AS_IDLE },
    { "CACHE, a tenth as many tags", prepare_tags, invalidate_many_tags, .times = 1,
      .limit_ms = STALL_AS_IDLE },
    { "CACHE, MATCH of all", fill, invalidate_by_pattern, .times = 10, .limit_ms = 1 },
    { "CACHE, MATCH, two loops", fill, invalidate_by_pattern, .times = 10, .loops = 2, .limit_ms = 1 },
    { 0 },
};
