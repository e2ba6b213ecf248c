#include "bench/load/preload.h"

#include "bench/load/load.h"
#include "bench/load/program.h"
#include "bench/load/protocol.h"
#include "bench/load/workload.h"
#include "proto/base/alloc.h"

#define CLIENTS 8
#define DEPTH   256

/* Of large values fewer at once: the connections' buffers hold them all. */
#define LARGE_BYTES 65536

static void preload(const struct address *address, struct workload_options options)
{
    options.protocol = address->protocol;
    options.test = "set";
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
