#include "server/upstream/channel/greeting.h"

#include <string.h>
#include <strings.h>

#include "server/config/upstream_url.h"
#include "server/upstream/channel/command_writer.h"

static void say_hello(struct greeting *greeting, struct buffer *out)
{
    const struct upstream_url *url = greeting->url;
    struct slice user = slice_of_cstr(url->user[0] != '\0' ? url->user : "default");
    struct slice password = slice_of_cstr(url->password);
    struct slice protocol = greeting->protocol == 3 ? SLICE("3") : SLICE("2");
    struct slice words[] = { SLICE("HELLO"), protocol, SLICE("SETNAME"), SLICE("nuthatch"),
                             SLICE("AUTH"),  user,     password };
    greeting->step = GREETING_HELLO;
    command_write(out, words, password.len > 0 ? 7 : 4);
}

/* An upstream without HELLO may be one without users as well. */
static void say_who_we_are(struct greeting *greeting, struct buffer *out)
{
    const struct upstream_url *url = greeting->url;
    struct slice password = slice_of_cstr(url->password);
    greeting->protocol = 2;
    greeting->step = password.len > 0 ? GREETING_AUTH : GREETING_PING;
    if (password.len == 0) {
        command_write(out, &SLICE("PING"), 1);
    } else if (url->user[0] == '\0') {
        struct slice words[] = { SLICE("AUTH"), password };
        command_write(out, words, 2);
    } else {
        struct slice words[] = { SLICE("AUTH"), slice_of_cstr(url->user), password };
        command_write(out, words, 3);
    }
}

static enum greeting_state ask_who_it_is(struct greeting *greeting, struct buffer *out)
{
    struct slice words[] = { SLICE("INFO"), SLICE("server") };
    greeting->step = GREETING_WHO;
    command_write(out, words, 2);
    return GREETING_GOES_ON;
}

static bool starts_with(struct slice reply, const char *error)
{
    size_t len = strlen(error);
    return reply.len >= len && strncasecmp(reply.data, error, len) == 0;
}

static bool has_no_hello(struct slice reply)
{
    return starts_with(reply, "-NOPROTO") || starts_with(reply, "-ERR unknown command") ||
           starts_with(reply, "-NOPERM");
}

void greeting_begin(struct greeting *greeting, const struct upstream_url *url, int protocol,
                    struct buffer *out)
{
    *greeting = (struct greeting){ .url = url, .protocol = protocol };
    say_hello(greeting, out);
}

/* Whatever a PING is answered, even that there is no such command: only NOAUTH is about who we are. */
enum greeting_state greeting_hear(struct greeting *greeting, struct slice reply, struct buffer *out)
{
    bool error = reply.data[0] == '-';
    switch (greeting->step) {
    case GREETING_HELLO:
        if (error && !has_no_hello(reply)) return GREETING_REFUSED;
        if (!error) return ask_who_it_is(greeting, out);
        say_who_we_are(greeting, out);
        return GREETING_GOES_ON;
    case GREETING_AUTH:
        if (error) return GREETING_REFUSED;
        return ask_who_it_is(greeting, out);
    case GREETING_PING:
        if (starts_with(reply, "-NOAUTH")) return GREETING_REFUSED;
        return ask_who_it_is(greeting, out);
    case GREETING_WHO: identity_read(&greeting->identity, reply); break;
    }
    return GREETING_ACCEPTED;
}
