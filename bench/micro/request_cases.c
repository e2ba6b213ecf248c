/* Parsing requests as they come in a full pipeline: many, complete, one behind the other. */
#include <stdint.h>
#include <string.h>

#include "bench/kit/load/workload.h"
#include "bench/micro/case.h"
#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "proto/base/contract.h"
#include "proto/request.h"

#define REQUESTS    1024
#define KEYS        1000000
#define VALUE_BYTES 32

struct requests {
    struct buffer input;
    struct request_parser parser;
    struct request_args args;
};

static void *create(const char *test)
{
    struct requests *requests = ALLOC_NEW(struct requests);
    struct workload *workload =
        workload_create(&(struct workload_options){ .test = test, .keys = KEYS, .value_bytes = VALUE_BYTES });
    for (int i = 0; i < REQUESTS; i++) workload_append(workload, &requests->input);
    workload_destroy(&workload);
    return requests;
}

static void *create_gets(void)
{
    return create("get");
}

static void *create_sets(void)
{
    return create("set");
}

static void *create_msets(void)
{
    return create("mset");
}

static void destroy(void *context)
{
    struct requests *requests = context;
    buffer_clear(&requests->input);
    request_parser_clear(&requests->parser);
    request_args_clear(&requests->args);
    alloc_free(requests);
}

static void parse(void *context, uint64_t count)
{
    static const struct request_limits limits = { .bulk_bytes = 512 * 1024 * 1024,
                                                  .inline_bytes = 64 * 1024,
                                                  .arguments = INT32_MAX };
    struct requests *requests = context;
    size_t at = requests->input.len;
    for (uint64_t i = 0; i < count; i++) {
        if (at == requests->input.len) {
            at = 0;
            requests->args.len = 0;
        }
        size_t argc;
        size_t consumed;
        enum request_status status =
            request_parse(&requests->parser, requests->input.data + at, requests->input.len - at, &limits,
                          &requests->args, &argc, &consumed);
        INVARIANT(status == REQUEST_READY);
        at += consumed;
    }
    micro_use(requests->args.items);
}

const struct micro_case request_cases[] = {
    { "request: parse GET", create_gets, parse, destroy },
    { "request: parse SET, 32 bytes", create_sets, parse, destroy },
    { "request: parse MSET, 10 keys", create_msets, parse, destroy },
    { 0 },
};
