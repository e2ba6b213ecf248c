#include "server/commands/string/string_outcome.h"

#include "proto/base/number.h"
#include "server/commands/string/string_options.h"

static const struct outcome unknown = { 0 };

static struct outcome value_for(int value_arg, int64_t ttl_ms, enum outcome_proof proof)
{
    return (
        struct outcome){ .kind = OUTCOME_VALUE, .value_arg = value_arg, .ttl_ms = ttl_ms, .proof = proof };
}

/* A deadline given as a time of day is compared with the upstream's clock, not with ours: it is asked for. */
static struct outcome timed(const struct string_options *options, const struct slice *argv)
{
    int64_t amount, ttl_ms;
    bool from_now = options->unit == DEADLINE_IN_SECONDS || options->unit == DEADLINE_IN_MS;
    if (!from_now) return (struct outcome){ .kind = OUTCOME_VALUE_TIMED, .value_arg = 2 };
    if (!number_parse_i64(argv[options->time_arg], &amount) || amount <= 0 ||
        !deadline_of(amount, options->unit, 0, &ttl_ms))
        return unknown;
    return value_for(2, ttl_ms, PROOF_OK);
}

struct outcome string_outcome_set(const struct slice *argv, int argc)
{
    if (argc == 3) return value_for(2, OUTCOME_NO_TTL, PROOF_OK);
    struct string_options options;
    if (!string_options_parse_set(&options, argv, argc, 3) || options.get || options.keep_ttl) return unknown;
    if (options.time_arg == 0) return value_for(2, OUTCOME_NO_TTL, PROOF_OK);
    return timed(&options, argv);
}

struct outcome string_outcome_setnx(const struct slice *argv, int argc)
{
    (void)argv, (void)argc;
    return value_for(2, OUTCOME_NO_TTL, PROOF_ONE);
}

struct outcome string_outcome_getset(const struct slice *argv, int argc)
{
    (void)argv, (void)argc;
    return value_for(2, OUTCOME_NO_TTL, PROOF_NO_ERROR);
}

static struct outcome until(const struct slice *argv, enum deadline_unit unit)
{
    int64_t amount, ttl_ms;
    bool good = number_parse_i64(argv[2], &amount) && amount > 0 && deadline_of(amount, unit, 0, &ttl_ms);
    return good ? value_for(3, ttl_ms, PROOF_OK) : unknown;
}

struct outcome string_outcome_setex(const struct slice *argv, int argc)
{
    (void)argc;
    return until(argv, DEADLINE_IN_SECONDS);
}

struct outcome string_outcome_psetex(const struct slice *argv, int argc)
{
    (void)argc;
    return until(argv, DEADLINE_IN_MS);
}

static struct outcome pairs(int argc, enum outcome_proof proof)
{
    return argc % 2 == 1 ? (struct outcome){ .kind = OUTCOME_PAIRS, .proof = proof } : unknown;
}

struct outcome string_outcome_mset(const struct slice *argv, int argc)
{
    (void)argv;
    return pairs(argc, PROOF_OK);
}

struct outcome string_outcome_msetnx(const struct slice *argv, int argc)
{
    (void)argv;
    return pairs(argc, PROOF_ONE);
}
