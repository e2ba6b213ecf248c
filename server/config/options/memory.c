#include "server/config/options/groups.h"

static const struct option_choice policies[] = {
    { "volatile-lru", POLICY_VOLATILE_LRU },
    { "volatile-lfu", POLICY_VOLATILE_LFU },
    { "volatile-random", POLICY_VOLATILE_RANDOM },
    { "volatile-ttl", POLICY_VOLATILE_TTL },
    { "allkeys-lru", POLICY_ALLKEYS_LRU },
    { "allkeys-lfu", POLICY_ALLKEYS_LFU },
    { "allkeys-random", POLICY_ALLKEYS_RANDOM },
    { "allkeys-adaptive", POLICY_ALLKEYS_ADAPTIVE },
    { "volatile-adaptive", POLICY_VOLATILE_ADAPTIVE },
    { "noeviction", POLICY_NOEVICTION },
    { 0 },
};

const struct option memory_options[] = {
    { "maxmemory", OPTION_RAM, FIELD(maxmemory), .preset = "0",
      .summary = "Memory of the process above which entries are evicted or writes refused; in bytes or as a "
                 "percentage of the memory of the machine or container. 0 is no limit." },
    /* Where nothing is said, config.c lets the policy follow maxmemory: who gives a cache a limit wants it to
     * forget, not to refuse. */
    { "maxmemory-policy", OPTION_ENUM, FIELD(maxmemory_policy), .choices = policies, .preset = "noeviction",
      .shown_preset = "allkeys-lru with `maxmemory`, else noeviction",
      .summary = "What is evicted when memory is full." },
    { "maxmemory-samples", OPTION_INT, FIELD(maxmemory_samples), .min = 1, .max = INT32_MAX, .preset = "5",
      .summary = "Candidates compared per eviction by the policies that sample." },
    { "maxmemory-eviction-tenacity", OPTION_INT, FIELD(maxmemory_eviction_tenacity), .max = 100,
      .preset = "10", .summary = "How hard one command may work to get below the limit, 0 to 100." },
    { "lua-memory-limit", OPTION_MEMORY, FIELD(lua_memory_limit), .max = INT64_MAX, .preset = "512mb",
      .summary = "Memory that the scripts of one thread, and functions, may take; one that asks for more "
                 "ends with an error. 0 is no limit." },
    { "lfu-log-factor", OPTION_INT, FIELD(lfu_log_factor), .max = INT32_MAX, .preset = "10",
      .summary = "How many more uses each step of an LFU counter takes." },
    { "lfu-decay-time", OPTION_INT, FIELD(lfu_decay_time), .max = INT32_MAX, .preset = "1",
      .summary = "Minutes after which an unused entry's LFU counter loses a step; 0 never." },
    { "active-expire-effort", OPTION_INT, .min = 1, .max = 10, .preset = "1", .flags = OPTION_IGNORED },
    { 0 },
};
