#include "server/upstream/channel/identity.h"

#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "server/upstream/channel/tracking_info.h"

static bool starts_with(struct slice text, const char *start)
{
    size_t len = strlen(start);
    return text.len >= len && memcmp(text.data, start, len) == 0;
}

bool identity_error_is_passing(struct slice reply)
{
    static const char *const errors[] = { "-BUSY ", "-LOADING ", "-MASTERDOWN ", "-TRYAGAIN " };
    for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++)
        if (starts_with(reply, errors[i])) return true;
    return false;
}

void identity_read(struct identity *identity, struct slice reply)
{
    *identity = (struct identity){ .asked_in_vain = identity_error_is_passing(reply) };
    if (reply.data[0] == '-') return;
    tracking_info_version(reply, identity->version, sizeof(identity->version));
    tracking_info_run_id(reply, identity->run_id, sizeof(identity->run_id));
    identity->is_ours = tracking_info_is_ours(reply);
    tracking_info_upstreams(reply, identity->upstreams, sizeof(identity->upstreams));
}

uint64_t identity_server(const struct identity *identity)
{
    size_t len = strlen(identity->run_id);
    return len == 0 ? 0 : XXH3_64bits(identity->run_id, len) | 1;
}

bool identity_is_before(const struct identity *identity, int major, int minor)
{
    char *end;
    long first = strtol(identity->version, &end, 10);
    if (end == identity->version || *end != '.') return false;
    long second = strtol(end + 1, NULL, 10);
    return first < major || (first == major && second < minor);
}

bool identity_leads_to(const struct identity *identity, const char *run_id)
{
    if (run_id[0] == '\0') return false;
    return strcmp(identity->run_id, run_id) == 0 || strstr(identity->upstreams, run_id) != NULL;
}
