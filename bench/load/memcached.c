#include "bench/load/memcached.h"

#include <stdlib.h>
#include <string.h>

#include "bench/load/replies.h"

static void write_get(struct buffer *out, struct slice key)
{
    buffer_printf(out, "get %.*s\r\n", (int)key.len, key.data);
}

static void write_set(struct buffer *out, struct slice key, struct slice value)
{
    buffer_printf(out, "set %.*s 0 0 %zu\r\n", (int)key.len, key.data, value.len);
    buffer_append(out, value.data, value.len);
    buffer_append(out, "\r\n", strlen("\r\n"));
}

static bool starts_with(struct slice line, const char *word)
{
    return line.len >= strlen(word) && memcmp(line.data, word, strlen(word)) == 0;
}

/* `VALUE key flags bytes`: an END follows on the string. */
static bool take_value(struct replies *replies, struct slice line)
{
    const char *digits = memrchr(line.data, ' ', line.len);
    size_t bytes = strtoul(digits, NULL, 10); /* a line ends before what is no digit */
    replies->bulk_bytes += bytes;
    replies->body = bytes + strlen("\r\n");
    replies->open = 1;
    return true;
}

static bool end(struct replies *replies, char kind)
{
    replies->kind = kind;
    replies->open = 0;
    replies_end(replies);
    return true;
}

static bool take_line(struct replies *replies, struct slice line)
{
    if (starts_with(line, "VALUE ")) return take_value(replies, line);
    if (slice_equal(line, SLICE("END"))) {
        bool found = replies->open > 0;
        replies->nulls += !found;
        return end(replies, found ? '$' : '_');
    }
    if (slice_equal(line, SLICE("STORED")) || starts_with(line, "VERSION ")) return end(replies, '+');
    bool error = slice_equal(line, SLICE("ERROR")) || starts_with(line, "CLIENT_ERROR ") ||
                 starts_with(line, "SERVER_ERROR ");
    if (!error) return false;
    replies_keep_error(replies, line);
    return end(replies, '-');
}

/* Its END is still to come. */
static void end_body(struct replies *replies)
{
    (void)replies;
}

const struct protocol memcached_protocol = {
    .name = "memcached",
    .ping = "version\r\n",
    .write_get = write_get,
    .write_set = write_set,
    .take_line = take_line,
    .end_body = end_body,
};
