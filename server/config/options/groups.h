/*
 * groups.h - the tables of rows, one per file of this folder, each ended by a row without a name.
 */
#ifndef SERVER_CONFIG_OPTIONS_GROUPS_H
#define SERVER_CONFIG_OPTIONS_GROUPS_H

#include "server/config/option.h"

extern const struct option network_options[];
extern const struct option client_options[];
extern const struct option security_options[];
extern const struct option memory_options[];
extern const struct option cache_options[];
extern const struct option upstream_options[];
extern const struct option general_options[];
extern const struct option observation_options[];
extern const struct option tls_options[];
extern const struct option http_options[];
extern const struct option encoding_options[];
extern const struct option persistence_options[];
extern const struct option replication_options[];

#endif
