#include "server/config/options/groups.h"

const struct option cache_options[] = {
    { "cache-early", OPTION_INT, FIELD(cache_early), .max = 100, .preset = "2",
      .summary =
          "How many times as long as computing a value takes before its end the next one is begun, by the "
          "first who reads it then; at most the last fifth of its life. 0 is never." },
    { "cache-lease", OPTION_INT, FIELD(cache_lease_ms), .min = 1, .max = 600000, .preset = "5000",
      .summary =
          "Milliseconds that who computes a value has for it before somebody else may, where CACHE GET "
          "does not say it." },
    { "cache-max-leases", OPTION_INT, FIELD(cache_max_leases), .max = 16777216, .preset = "65536",
      .summary = "Leases that there may be at a time. Who finds no room computes without one." },
    { 0 },
};
