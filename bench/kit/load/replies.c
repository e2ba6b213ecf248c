#include "bench/kit/load/replies.h"

#include <string.h>

#include "bench/kit/load/protocol.h"
#include "bench/kit/load/resp.h"

void replies_end(struct replies *replies)
{
    replies->done++;
    replies->errors += replies->kind == '-' || replies->kind == '!';
    if (replies->kinds != NULL && replies->kinds_len < replies->kinds_cap)
        replies->kinds[replies->kinds_len++] = replies->kind;
}

void replies_keep_error(struct replies *replies, struct slice text)
{
    if (replies->first_error[0] != '\0') return;
    size_t kept = text.len < sizeof replies->first_error - 1 ? text.len : sizeof replies->first_error - 1;
    memcpy(replies->first_error, text.data, kept);
    replies->first_error[kept] = '\0';
}

/* Pass over what is there of a string's body; returns the bytes taken. */
static size_t feed_body(struct replies *replies, const struct protocol *protocol, size_t len)
{
    size_t taken = replies->body < len ? replies->body : len;
    replies->body -= taken;
    if (replies->body == 0) protocol->end_body(replies);
    return taken;
}

/* Up to and with the line's LF, together with what was kept of it; returns the bytes taken, 0 for no such
 * protocol. */
static size_t feed_line(struct replies *replies, const struct protocol *protocol, const char *data,
                        size_t len)
{
    const char *lf = memchr(data, '\n', len);
    size_t taken = lf != NULL ? (size_t)(lf - data) + 1 : len;
    struct slice line = { data, taken };
    if (replies->line_len > 0 || lf == NULL) {
        if (replies->line_len + taken > sizeof replies->line) return 0;
        memcpy(replies->line + replies->line_len, data, taken);
        replies->line_len += taken;
        if (lf == NULL) return taken;
        line = slice_of(replies->line, replies->line_len);
        replies->line_len = 0;
    }
    if (line.len < strlen("\r\n") || line.data[line.len - strlen("\r\n")] != '\r') return 0;
    line.len -= strlen("\r\n");
    return protocol->take_line(replies, line) ? taken : 0;
}

bool replies_feed(struct replies *replies, const char *data, size_t len)
{
    const struct protocol *protocol = replies->protocol != NULL ? replies->protocol : &resp_protocol;
    while (len > 0) {
        size_t taken =
            replies->body > 0 ? feed_body(replies, protocol, len) : feed_line(replies, protocol, data, len);
        if (taken == 0) return false;
        data += taken;
        len -= taken;
    }
    return true;
}
