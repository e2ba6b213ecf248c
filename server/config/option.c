#include "server/config/option.h"

#include "server/config/options/groups.h"

const struct option_group option_groups[] = {
    { "Network", network_options },
    { "Limits of clients", client_options },
    { "Security", security_options },
    { "Memory", memory_options },
    { "Values and leases of CACHE", cache_options },
    { "Upstream and near cache", upstream_options },
    { "General", general_options },
    { "Observation", observation_options },
    { "TLS", tls_options },
    { "HTTP", http_options },
    { "Encodings and memory layout", encoding_options },
    { "Persistence", persistence_options },
    { "Replication and cluster", replication_options },
    { NULL, NULL },
};

static const struct option *option_find(struct slice name)
{
    for (const struct option_group *group = option_groups; group->title != NULL; group++) {
        for (const struct option *option = group->rows; option->name != NULL; option++)
            if (slice_equal_nocase(name, slice_of_cstr(option->name))) return option;
    }
    return NULL;
}

bool option_is_upstreams(struct slice name)
{
    const struct option *option = option_find(name);
    if (option != NULL && option->kind == OPTION_ALIAS) option = option_find(slice_of_cstr(option->of));
    return option != NULL && (option->flags & OPTION_UPSTREAMS);
}
