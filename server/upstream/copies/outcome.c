#include "server/upstream/copies/outcome.h"

#include "proto/base/buffer.h"
#include "proto/base/number.h"
#include "proto/reply.h"
#include "server/commands/string/string_options.h"
#include "server/exec/call.h"
#include "server/upstream/copies/lease.h"

static struct outcome value_for(int value_arg, int64_t ttl_ms)
{
    return (struct outcome){ .kind = OUTCOME_VALUE, .value_arg = value_arg, .ttl_ms = ttl_ms };
}

/* A deadline given as a time of day is compared with the upstream's clock, not with ours: it is asked for. */
static struct outcome set_with_options(const struct slice *argv, int argc)
{
    struct buffer ignored = { 0 };
    struct reply reply = { .out = &ignored, .protocol = 2 };
    struct call call = { .argv = argv, .argc = argc, .reply = &reply };
    struct string_options options;
    bool good = string_options_read_set(&options, &call, 3);
    buffer_clear(&ignored);
    if (!good || options.get || options.keep_ttl) return (struct outcome){ OUTCOME_UNKNOWN, 0, 0 };
    if (options.time_arg == 0) return value_for(2, LEASE_NO_TTL);
    int64_t amount, deadline_ms;
    bool from_now = options.unit == DEADLINE_IN_SECONDS || options.unit == DEADLINE_IN_MS;
    if (!from_now) return (struct outcome){ OUTCOME_VALUE_TIMED, 2, 0 };
    if (!number_parse_i64(argv[options.time_arg], &amount) || amount <= 0 ||
        !deadline_of(amount, options.unit, 0, &deadline_ms))
        return (struct outcome){ OUTCOME_UNKNOWN, 0, 0 };
    return value_for(2, deadline_ms);
}

static struct outcome set_until(const struct slice *argv, enum deadline_unit unit)
{
    int64_t amount, ttl_ms;
    bool good = number_parse_i64(argv[2], &amount) && amount > 0 && deadline_of(amount, unit, 0, &ttl_ms);
    return good ? value_for(3, ttl_ms) : (struct outcome){ OUTCOME_UNKNOWN, 0, 0 };
}

struct outcome outcome_of(enum tier_policy policy, const struct slice *argv, int argc)
{
    switch (policy) {
    case TIER_SET: return argc == 3 ? value_for(2, LEASE_NO_TTL) : set_with_options(argv, argc);
    case TIER_SETNX:
    case TIER_GETSET: return value_for(2, LEASE_NO_TTL);
    case TIER_SETEX: return set_until(argv, DEADLINE_IN_SECONDS);
    case TIER_PSETEX: return set_until(argv, DEADLINE_IN_MS);
    case TIER_MSET:
    case TIER_MSETNX: return (struct outcome){ argc % 2 == 1 ? OUTCOME_PAIRS : OUTCOME_UNKNOWN, 0, 0 };
    default: return (struct outcome){ OUTCOME_UNKNOWN, 0, 0 };
    }
}

bool outcome_happened(enum tier_policy policy, struct slice reply)
{
    switch (policy) {
    case TIER_SETNX:
    case TIER_MSETNX: return slice_equal(reply, SLICE(":1\r\n"));
    case TIER_GETSET: return reply.data[0] != '-' && reply.data[0] != '!';
    default: return slice_equal(reply, SLICE("+OK\r\n"));
    }
}
