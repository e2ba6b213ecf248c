#include <syslog.h>

#include "server/config/options/groups.h"
#include "server/config/text/format.h"

static const struct option_choice loglevels[] = { { "debug", LOGLEVEL_DEBUG },
                                                  { "verbose", LOGLEVEL_VERBOSE },
                                                  { "notice", LOGLEVEL_NOTICE },
                                                  { "warning", LOGLEVEL_WARNING },
                                                  { 0 } };

static const struct option_choice log_formats[] = { { "legacy", LOG_FORMAT_LEGACY },
                                                    { "logfmt", LOG_FORMAT_LOGFMT },
                                                    { 0 } };

static const struct option_choice log_timestamps[] = { { "legacy", LOG_TIMESTAMP_LEGACY },
                                                       { "iso8601", LOG_TIMESTAMP_ISO8601 },
                                                       { "milliseconds", LOG_TIMESTAMP_MILLISECONDS },
                                                       { 0 } };

static const struct option_choice syslog_facilities[] = { { "user", LOG_USER },     { "local0", LOG_LOCAL0 },
                                                          { "local1", LOG_LOCAL1 }, { "local2", LOG_LOCAL2 },
                                                          { "local3", LOG_LOCAL3 }, { "local4", LOG_LOCAL4 },
                                                          { "local5", LOG_LOCAL5 }, { "local6", LOG_LOCAL6 },
                                                          { "local7", LOG_LOCAL7 }, { 0 } };

const struct option observation_options[] = {
    { "loglevel", OPTION_ENUM, FIELD(loglevel), .choices = loglevels, .preset = "notice",
      .summary = "The least important messages that are logged." },
    { "logfile", OPTION_TEXT, .text = TEXT_LOGFILE, .flags = OPTION_IMMUTABLE,
      .summary = "File to log to; empty is standard output." },
    { "log-format", OPTION_ENUM, FIELD(log_format), .choices = log_formats, .preset = "legacy",
      .summary = "Lines as Redis writes them, or `key=value` pairs." },
    { "log-timestamp-format", OPTION_ENUM, FIELD(log_timestamp_format), .choices = log_timestamps,
      .preset = "legacy", .summary = "How a log line tells its time." },
    { "syslog-enabled", OPTION_BOOL, FIELD(syslog_enabled), .preset = "no", .flags = OPTION_IMMUTABLE,
      .summary = "Log to the system log as well." },
    { "syslog-ident", OPTION_TEXT, .text = TEXT_SYSLOG_IDENT, .preset = "nuthatch", .flags = OPTION_IMMUTABLE,
      .summary = "Name in the system log." },
    { "syslog-facility", OPTION_ENUM, FIELD(syslog_facility), .choices = syslog_facilities,
      .preset = "local0", .flags = OPTION_IMMUTABLE, .summary = "Facility of the system log." },
    { "crash-log-enabled", OPTION_BOOL, FIELD(crash_log_enabled), .preset = "yes",
      .summary = "On a crash, write a report before the process ends." },
    { "crash-memcheck-enabled", OPTION_BOOL, .preset = "yes", .flags = OPTION_IGNORED },
    { "slowlog-log-slower-than", OPTION_INT, FIELD(slowlog_log_slower_than_us), .min = -1, .max = INT64_MAX,
      .preset = "10000",
      .summary = "Microseconds from which a command is kept in the slow log; 0 keeps all, -1 none." },
    { "slowlog-max-len", OPTION_INT, FIELD(slowlog_max_len), .max = INT64_MAX, .preset = "128",
      .summary = "Entries that the slow log keeps." },
    { "latency-monitor-threshold", OPTION_INT, FIELD(latency_monitor_threshold_ms), .max = INT64_MAX,
      .preset = "0", .summary = "Milliseconds from which LATENCY keeps an event; 0 keeps none." },
    { "latency-tracking", OPTION_BOOL, FIELD(latency_tracking), .preset = "yes",
      .summary = "Keep a histogram of the time that each command takes." },
    { "latency-tracking-info-percentiles", OPTION_MULTI, .text = TEXT_LATENCY_PERCENTILES,
      .format = &format_percentiles, .preset = "50 99 99.9",
      .summary = "Percentiles of these histograms that INFO shows." },
    { "notify-keyspace-events", OPTION_MULTI, .format = &format_events, .flags = OPTION_UPSTREAMS,
      .summary =
          "What happens to keys is published: `K` under `__keyspace@DB__:KEY`, `E` under "
          "`__keyevent@DB__:EVENT`, of these classes: `g` generic, `$` strings, `l` lists, `s` sets, `h` "
          "hashes, `z` sorted sets, `x` expired, `e` evicted, `t` streams, `d` modules, `A` all of them, "
          "`m` misses, `n` new keys." },
    { "tracking-table-max-keys", OPTION_INT, FIELD(tracking_table_max_keys), .max = INT64_MAX,
      .preset = "1000000",
      .summary = "Keys that clients with CLIENT TRACKING have read and are to be told of; those beyond are "
                 "forgotten, and their clients told so. 0: no limit." },
    { 0 },
};
