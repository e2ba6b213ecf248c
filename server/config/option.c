#include "server/config/option.h"

#include "server/config/options/groups.h"

const struct option_group option_groups[] = {
    { "Network", network_options },
    { "Limits of clients", client_options },
    { "Security", security_options },
    { "Memory", memory_options },
    { "Upstream and near cache", upstream_options },
    { "General", general_options },
    { "Observation", observation_options },
    { "TLS", tls_options },
    { "Encodings and memory layout", encoding_options },
    { "Persistence", persistence_options },
    { "Replication and cluster", replication_options },
    { NULL, NULL },
};
