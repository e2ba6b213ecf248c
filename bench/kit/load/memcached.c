#include "bench/kit/load/memcached.h"

#include <stdlib.h>
#include <string.h>

#include "bench/kit/load/replies.h"

static void write_get(struct buffer *out, struct slice key)
{
    buffer_printf(out, "mg %.*s v\r\n", (int)key.len, key.data);
}

static void write_set(struct buffer *out, struct slice key, struct slice value)
{
    buffer_printf(out, "ms %.*s %zu\r\n", (int)key.len, key.data, value.len);
    buffer_append(out, value.data, value.len);
    buffer_append(out, "\r\n", strlen("\r\n"));
}

static bool starts_with(struct slice line, const char *word)
{
    return line.len >= strlen(word) && memcmp(line.data, word, strlen(word)) == 0;
}

/* `VA bytes`, and the string. */
static bool take_value(struct replies *replies, struct slice line)
{
    size_t bytes = strtoul(line.data + strlen("VA "), NULL, 10); /* the CR ends it */
    replies->kind = '$';
    replies->bulk_bytes += bytes;
    replies->body = bytes + strlen("\r\n");
    return true;
}

static bool end(struct replies *replies, char kind)
{
    replies->kind = kind;
    replies_end(replies);
    return true;
}

static bool take_line(struct replies *replies, struct slice line)
{
    if (starts_with(line, "VA ")) return take_value(replies, line);
    if (slice_equal(line, SLICE("HD")) || slice_equal(line, SLICE("MN"))) return end(replies, '+');
    if (slice_equal(line, SLICE("EN"))) {
        replies->nulls++;
        return end(replies, '_');
    }
    bool error = slice_equal(line, SLICE("ERROR")) || starts_with(line, "CLIENT_ERROR ") ||
                 starts_with(line, "SERVER_ERROR ");
    if (!error) return false;
    replies_keep_error(replies, line);
    return end(replies, '-');
}

const struct protocol memcached_protocol = {
    .name = "memcached",
    .ping = "mn\r\n",
    .write_get = write_get,
    .write_set = write_set,
    .take_line = take_line,
    .end_body = replies_end,
};
