#include "bench/load/preload.h"

#include "bench/load/load.h"
#include "bench/load/program.h"
#include "bench/load/workload.h"
#include "proto/base/alloc.h"

#define CLIENTS 8
#define DEPTH   64

void preload_keys(const struct address *address, uint64_t keys, size_t value_bytes, bool deadlines)
{
    struct workload *workload = workload_create(&(struct workload_options){
        .test = "set", .value_bytes = value_bytes, .deadlines = deadlines, .sequential = true });
    struct load *load = load_open(&(struct load_options){
        .address = *address, .clients = CLIENTS, .depth = DEPTH, .workload = workload });
    struct load_tally *tally = ALLOC_NEW(struct load_tally);
    load_run_requests(load, keys, tally);
    if (tally->errors > 0) program_fail("preload: %s", tally->first_error);
    alloc_free(tally);
    load_close(&load);
    workload_destroy(&workload);
}
