#include "bench/stall/invalidations.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bench/kit/clock.h"
#include "bench/kit/load/exchange.h"
#include "bench/kit/load/preload.h"
#include "bench/kit/program.h"
#include "bench/kit/servers/info.h"

#define TAGS_PER_REQUEST 100
#define PATIENCE_S       60
#define LOOKS_PER_S      10

static void ask(struct exchange *exchange, size_t argc, const char *const *argv)
{
    exchange_begin(exchange, argc);
    for (size_t i = 0; i < argc; i++) exchange_argument(exchange, argv[i], strlen(argv[i]));
    exchange_turn(exchange, 1);
    if (exchange->replies.errors > 0) program_fail("%s: %s", argv[0], exchange->replies.first_error);
}

void fill_tagged(const struct address *address, uint64_t keys)
{
    preload_requests(address, "CACHE SET tagged:{+100000000} {=8} EX 100000 TAGS 1 all", keys);
}

/* Until INFO tells no more than `most`. Returns the seconds that it took. */
static double wait_for(const struct address *address, const char *field, uint64_t most)
{
    uint64_t start_ns = clock_now_ns();
    while (info_number(address, field) > most) {
        if (clock_now_ns() - start_ns > PATIENCE_S * UINT64_C(1000000000))
            program_fail("%s %" PRIu64 " after %d s", field, info_number(address, field), PATIENCE_S);
        nanosleep(&(struct timespec){ .tv_nsec = 1000000000 / LOOKS_PER_S }, NULL);
    }
    return (double)(clock_now_ns() - start_ns) / 1e9;
}

/* The quickest of some, of tags that nobody has: what the connection and the machine add. */
static uint64_t least_of_others(struct exchange *exchange)
{
    uint64_t least_ns = UINT64_MAX;
    for (int i = 0; i < 100; i++) {
        uint64_t start_ns = clock_now_ns();
        ask(exchange, 4, (const char *const[]){ "CACHE", "INVALIDATE", "TAGS", "nobody's" });
        uint64_t ns = clock_now_ns() - start_ns;
        if (ns < least_ns) least_ns = ns;
    }
    return least_ns;
}

void invalidate_tag(const struct address *address, uint64_t keys)
{
    struct exchange exchange;
    exchange_open(&exchange, address);
    uint64_t least_ns = least_of_others(&exchange);
    uint64_t kept = info_number(address, "db0:keys=");
    uint64_t start_ns = clock_now_ns();
    ask(&exchange, 4, (const char *const[]){ "CACHE", "INVALIDATE", "TAGS", "all" });
    uint64_t ns = clock_now_ns() - start_ns;
    exchange_close(&exchange);
    fprintf(stderr, "a tag of %" PRIu64 " keys: %.0f us, of none %.0f us at best\n", keys, (double)ns / 1e3,
            (double)least_ns / 1e3);
    fprintf(stderr, "memory back in %.1f s\n", wait_for(address, "db0:keys=", kept - keys));
}

void invalidate_by_pattern(const struct address *address, uint64_t keys)
{
    struct exchange exchange;
    exchange_open(&exchange, address);
    uint64_t start_ns = clock_now_ns();
    ask(&exchange, 4, (const char *const[]){ "CACHE", "INVALIDATE", "MATCH", "key:*" });
    uint64_t ns = clock_now_ns() - start_ns;
    exchange_close(&exchange);
    fprintf(stderr, "MATCH over %" PRIu64 " keys: %.2f s\n", keys, (double)ns / 1e9);
}

static void bump(struct exchange *exchange, uint64_t from)
{
    char tag[32];
    exchange_begin(exchange, 3 + TAGS_PER_REQUEST);
    exchange_argument(exchange, "CACHE", strlen("CACHE"));
    exchange_argument(exchange, "INVALIDATE", strlen("INVALIDATE"));
    exchange_argument(exchange, "TAGS", strlen("TAGS"));
    for (uint64_t i = from; i < from + TAGS_PER_REQUEST; i++)
        exchange_argument(exchange, tag, (size_t)snprintf(tag, sizeof tag, "tag:%" PRIu64, i));
    exchange_turn(exchange, 1);
}

void invalidate_many_tags(const struct address *address, uint64_t keys)
{
    struct exchange exchange;
    exchange_open(&exchange, address);
    uint64_t before = info_number(address, "used_memory_rss:"), tags = keys / 10;
    for (uint64_t i = 0; i < tags; i += TAGS_PER_REQUEST) bump(&exchange, i);
    uint64_t most = info_number(address, "cache_bumped_tags:");
    exchange_close(&exchange);
    double seconds = wait_for(address, "cache_bumped_tags:", 0);
    uint64_t after = info_number(address, "used_memory_rss:");
    fprintf(stderr,
            "%" PRIu64 " tags, %" PRIu64 " of them kept at the end, none %.1f s later; RSS %+.2f %%\n", tags,
            most, seconds, ((double)after / (double)before - 1) * 100);
}
