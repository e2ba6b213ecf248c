/*
 * script_pool.h - scripts, libraries and functions that random streams call.
 */
#ifndef TESTS_DIFFERENTIAL_GENERATE_SCRIPT_POOL_H
#define TESTS_DIFFERENTIAL_GENERATE_SCRIPT_POOL_H

#include "proto/base/slice.h"

#define SCRIPT_TEXT(literal)                                                                                 \
    {                                                                                                        \
        literal, sizeof(literal) - 1                                                                         \
    }

static const struct slice script_pool[] = {
    SCRIPT_TEXT("return 1"),
    SCRIPT_TEXT("return KEYS"),
    SCRIPT_TEXT("return {ARGV[1], 2.7, false, true, {ok='fine'}, 'x'}"),
    SCRIPT_TEXT("return redis.call('GET', KEYS[1])"),
    SCRIPT_TEXT("return redis.pcall('INCR', KEYS[1])"),
    SCRIPT_TEXT("return redis.call('SET', KEYS[1], ARGV[1] or 'v')"),
    SCRIPT_TEXT("redis.call('RPUSH', 'k', 'x') return redis.call('LRANGE', 'k', 0, -1)"),
    SCRIPT_TEXT("return redis.call('DEL', 'k', 'k2', 'user:1')"),
    SCRIPT_TEXT("return redis.error_reply('MY error')"),
    SCRIPT_TEXT("return redis.sha1hex(KEYS[1] or '')"),
    SCRIPT_TEXT("redis.setresp(3) return redis.call('HGETALL', KEYS[1])"),
    SCRIPT_TEXT("return nosuch.thing"),
    SCRIPT_TEXT("not lua"),
};

static const struct slice library_pool[] = {
    SCRIPT_TEXT("#!lua name=one\nredis.register_function('f', function(keys, args) return #keys end)"),
    SCRIPT_TEXT("#!lua name=two\nredis.register_function('g', function(keys, args) return redis.call('SET', "
                "keys[1], args[1]) end)"),
    SCRIPT_TEXT(
        "#!lua name=three\nredis.register_function{function_name='h', callback=function(keys, args) return "
        "redis.call('GET', keys[1]) end, flags={'no-writes'}}"),
    SCRIPT_TEXT("no library"),
};

static const struct slice function_pool[] = { SCRIPT_TEXT("f"), SCRIPT_TEXT("g"), SCRIPT_TEXT("h"),
                                              SCRIPT_TEXT("nosuch") };

#endif
