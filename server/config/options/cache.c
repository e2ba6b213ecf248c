#include "server/config/options/groups.h"

#define DELIMITER_MAX 8

static const char *complain_about_delimiter(struct slice text)
{
    return text.len <= DELIMITER_MAX ? NULL : "a delimiter has at most 8 bytes";
}

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
    { "cache-jitter", OPTION_INT, FIELD(cache_jitter), .max = 50, .preset = "0",
      .summary =
          "By how many percent the life of a value that CACHE SET stores may be shortened, by chance, so "
          "that what was stored together does not end together." },
    { "cache-bumps-max", OPTION_INT, FIELD(cache_bumps_max), .min = 64, .max = INT32_MAX, .preset = "1048576",
      .summary =
          "Invalidated tags that are remembered, at 40 bytes each, until nothing is left that they could "
          "be about. Beyond that values count as invalidated that need not be." },
    { "cache-walk-effort", OPTION_INT, FIELD(cache_walk_effort), .min = 1, .max = 50, .preset = "2",
      .summary = "How many percent of each thread's time go into finding what was invalidated, to free its "
                 "memory." },
    { "cache-prefix-delimiter", OPTION_TEXT, .text = TEXT_CACHE_PREFIX_DELIMITER, .preset = ":",
      .complaint = complain_about_delimiter,
      .summary = "What ends the prefix of a key, by which CACHE TOP PREFIX and the page add up; at most 8 "
                 "bytes. Empty: no key has one." },
    { "cache-prefix-depth", OPTION_INT, FIELD(cache_prefix_depth), .min = 1, .max = 3, .preset = "1",
      .summary = "How many parts of a key, each ended by the delimiter, its prefix has at most." },
    { 0 },
};
