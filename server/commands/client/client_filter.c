#include "server/commands/client/client_filter.h"

#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "server/commands/client/client_line.h"
#include "server/core/address.h"
#include "server/core/loop.h"
#include "server/exec/acl/user.h"
#include "server/exec/session/session.h"
#include "server/net/connection.h"

static bool has_id(const struct client_traits *traits, uint64_t id)
{
    for (size_t i = 0; i < traits->id_count; i++)
        if (traits->ids[i] == id) return true;
    return false;
}

/* There are no replicas and no master here. */
static bool has_type(enum client_type type, const struct connection *connection)
{
    bool subscribed = connection_class(connection) == CLIENT_PUBSUB;
    return type == (subscribed ? CLIENT_TYPE_PUBSUB : CLIENT_TYPE_NORMAL);
}

static bool equals(const char *text, const char *wanted)
{
    return text != NULL && strcmp(text, wanted) == 0;
}

/* Without the port, and the brackets that an address may have. */
static void drop_port(char *address)
{
    char *colon = strrchr(address, ':');
    if (colon != NULL) *colon = '\0';
    size_t len = strlen(address);
    if (len < 2 || address[0] != '[' || address[len - 1] != ']') return;
    memmove(address, address + 1, len - 2);
    address[len - 2] = '\0';
}

static bool has_letters(const struct session *session, const char *letters)
{
    struct buffer flags = { 0 };
    client_line_write_flags(session, &flags);
    bool all = true;
    for (; *letters != '\0' && all; letters++) all = memchr(flags.data, *letters, flags.len) != NULL;
    buffer_clear(&flags);
    return all;
}

static bool has_text(const struct connection *connection, enum client_text which, const char *wanted)
{
    const struct session *session = &connection->session;
    char address[ADDRESS_TEXT_MAX];
    switch (which) {
    case CLIENT_USER: return equals(user_text(session->user), wanted);
    case CLIENT_NAME: return equals(session->name, wanted);
    case CLIENT_LIBRARY_NAME: return equals(session->library_name, wanted);
    case CLIENT_LIBRARY_VERSION: return equals(session->library_version, wanted);
    case CLIENT_FLAGS: return has_letters(session, wanted);
    case CLIENT_CAPABILITIES: return *wanted == '\0' || session->follows_redirects;
    case CLIENT_LOCAL_ADDRESS: connection_local(connection, address, sizeof(address)); break;
    default: session_peer(session, address, sizeof(address)); break;
    }
    if (which == CLIENT_IP) drop_port(address);
    return strcmp(address, wanted) == 0;
}

/* Is what `traits` says true, all of it if `all`, otherwise some of it? Of what it does not say nothing is
 * known. */
static bool applies(const struct client_traits *traits, const struct connection *connection, bool all)
{
    const struct session *session = &connection->session;
    if (traits->ids != NULL && has_id(traits, session->id) != all) return !all;
    if (traits->type != CLIENT_TYPE_ANY && has_type(traits->type, connection) != all) return !all;
    if (traits->in_db && (traits->db == session->db) != all) return !all;
    for (int i = 0; i < CLIENT_TEXTS; i++) {
        if (traits->texts[i] == NULL) continue;
        if (has_text(connection, (enum client_text)i, traits->texts[i]) != all) return !all;
    }
    return all;
}

bool client_filter_matches(const struct client_filter *filter, const struct connection *connection)
{
    const struct session *session = &connection->session;
    int64_t now_ms = connection->loop->now_ms;
    if (session->id == filter->not_id) return false;
    if ((now_ms - session->created_ms) / 1000 < filter->min_age_s) return false;
    if ((now_ms - session->active_ms) / 1000 < filter->min_idle_s) return false;
    return applies(&filter->wanted, connection, true) && !applies(&filter->barred, connection, false);
}

static void clear_traits(struct client_traits *traits)
{
    alloc_free(traits->ids);
    for (int i = 0; i < CLIENT_TEXTS; i++) alloc_free(traits->texts[i]);
}

void client_filter_clear(struct client_filter *filter)
{
    clear_traits(&filter->wanted);
    clear_traits(&filter->barred);
    *filter = (struct client_filter){ 0 };
}
