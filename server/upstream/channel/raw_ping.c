#include "server/upstream/channel/raw_ping.h"

#include <stdio.h>
#include <string.h>

#include <uv.h>

#include "server/upstream/channel/command_writer.h"

void raw_ping_say(struct raw_ping *ping, int64_t now_ms, struct buffer *out)
{
    if (ping->useless) return;
    if (ping->mark[0] == '\0') {
        uint64_t random[2] = { 0 };
        uv_random(NULL, NULL, random, sizeof(random), 0, NULL);
        snprintf(ping->mark, sizeof(ping->mark), "nuthatch:%016llx%016llx", (unsigned long long)random[0],
                 (unsigned long long)random[1]);
    }
    struct slice words[] = { SLICE("PING"), slice_of_cstr(ping->mark) };
    command_write(out, words, 2);
    ping->asked = true;
    ping->asked_ms = now_ms;
}

/* A string, or in RESP2 an array as for a message. An error that names the command is an answer as well, and
 * the last one. */
bool raw_ping_take(struct raw_ping *ping, struct slice frame)
{
    if (!ping->asked) return false;
    bool error = frame.data[0] == '-';
    size_t len = strlen(ping->mark);
    bool refused = error && memmem(frame.data, frame.len, "PING", 4) != NULL;
    bool answered = !error && frame.len < len + 40 && frame.len > len + 2 &&
                    memcmp(frame.data + frame.len - len - 2, ping->mark, len) == 0;
    if (!refused && !answered) return false;
    ping->asked = false;
    ping->useless = refused;
    return true;
}
