#include "bench/kit/load/preload.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bench/kit/load/exchange.h"
#include "bench/kit/load/load.h"
#include "bench/kit/load/protocol.h"
#include "bench/kit/load/workload.h"
#include "bench/kit/program.h"
#include "proto/base/alloc.h"
#include "proto/base/random.h"

#define CLIENTS 8
#define DEPTH   256

#define BATCH       1000
#define DATED_VALUE "value of some thirty-two letters"
#define TEXT_MAX    32

/* Of large values fewer at once: the connections' buffers hold them all. */
#define LARGE_BYTES 65536

static void preload(const struct address *address, struct workload_options options)
{
    options.protocol = address->protocol;
    if (options.request == NULL) options.test = "set";
    options.sequential = true;
    struct workload *workload = workload_create(&options);
    if (workload == NULL) program_fail("preload: no such SET in %s", address->protocol->name);
    bool large = options.value_bytes >= LARGE_BYTES;
    struct load *load = load_open(&(struct load_options){
        .address = *address, .clients = CLIENTS, .depth = large ? 1 : DEPTH, .workload = workload });
    struct load_tally *tally = ALLOC_NEW(struct load_tally);
    load_run_requests(load, options.keys, tally);
    if (tally->errors > 0) program_fail("preload: %s", tally->first_error);
    alloc_free(tally);
    load_close(&load);
    workload_destroy(&workload);
}

void preload_requests(const struct address *address, const char *request, uint64_t times)
{
    preload(address, (struct workload_options){ .request = request, .keys = times });
}

void preload_keys(const struct address *address, uint64_t keys, size_t value_bytes, bool deadlines)
{
    preload(address,
            (struct workload_options){ .keys = keys, .value_bytes = value_bytes, .deadlines = deadlines });
}

void preload_range(const struct address *address, uint64_t first_key, uint64_t keys, size_t value_bytes)
{
    preload(address,
            (struct workload_options){ .first_key = first_key, .keys = keys, .value_bytes = value_bytes });
}

static void set_dated(struct exchange *exchange, uint64_t number, const char *word, uint64_t time_ms)
{
    char name[TEXT_MAX], time[TEXT_MAX];
    int name_len = snprintf(name, sizeof name, "key:%012" PRIu64, number);
    int time_len = snprintf(time, sizeof time, "%" PRIu64, time_ms);
    exchange_begin(exchange, 5);
    exchange_argument(exchange, "SET", strlen("SET"));
    exchange_argument(exchange, name, (size_t)name_len);
    exchange_argument(exchange, DATED_VALUE, strlen(DATED_VALUE));
    exchange_argument(exchange, word, strlen(word));
    exchange_argument(exchange, time, (size_t)time_len);
}

void preload_dated(const struct address *address, uint64_t keys, const char *word, uint64_t least_ms,
                   uint64_t spread_ms)
{
    struct exchange exchange;
    struct random random = { 1 };
    exchange_open(&exchange, address);
    for (uint64_t i = 0; i < keys; i++) {
        set_dated(&exchange, i, word, least_ms + random_below(&random, spread_ms));
        if ((i + 1) % BATCH == 0) exchange_turn(&exchange, BATCH);
    }
    exchange_turn(&exchange, keys % BATCH);
    if (exchange.replies.errors > 0) program_fail("SET: %s", exchange.replies.first_error);
    exchange_close(&exchange);
}
