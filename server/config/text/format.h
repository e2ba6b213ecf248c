/*
 * format.h - the options whose value is several words, each with a grammar of its own.
 */
#ifndef SERVER_CONFIG_TEXT_FORMAT_H
#define SERVER_CONFIG_TEXT_FORMAT_H

#include "server/config/option.h"

extern const struct option_format format_bind;
extern const struct option_format format_save;
extern const struct option_format format_output_limits;
extern const struct option_format format_percentiles;
extern const struct option_format format_oom_score_adj;
extern const struct option_format format_events;
extern const struct option_format format_replicaof;
extern const struct option_format format_shutdown;
extern const struct option_format format_prefixes;
extern const struct option_format format_failure;
extern const struct option_format format_http_names;
extern const struct option_format format_http_tokens;

#endif
