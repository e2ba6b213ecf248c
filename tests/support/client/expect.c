#include "tests/support/client/expect.h"

#include <criterion/criterion.h>
#include <string.h>

#include "proto/base/buffer.h"
#include "tests/support/client/command_line.h"
#include "tests/support/client/reply_text.h"

/* The text of the next reply, terminated, into `out`. */
static const char *read_text(struct client *client, struct buffer *out)
{
    struct slice reply;
    if (client_read(client, &reply)) {
        reply_text(out, reply);
    } else {
        buffer_printf(out, "no reply: the connection is %s", client_trouble_name(client->trouble));
    }
    buffer_append(out, "", 1);
    return out->data;
}

void expect_next_at(const char *file, int line, struct client *client, const char *text)
{
    struct buffer got = { 0 };
    read_text(client, &got);
    cr_assert(strcmp(got.data, text) == 0, "%s:%d:\nexpected: %s\nbut got:  %s", file, line, text, got.data);
    buffer_clear(&got);
}

void expect_at(const char *file, int line, struct client *client, const char *command, const char *text)
{
    struct buffer got = { 0 };
    client_send_line(client, command);
    read_text(client, &got);
    cr_assert(strcmp(got.data, text) == 0, "%s:%d: %s\nexpected: %s\nbut got:  %s", file, line, command, text,
              got.data);
    buffer_clear(&got);
}

void expect_start_at(const char *file, int line, struct client *client, const char *command, const char *text)
{
    struct buffer got = { 0 };
    client_send_line(client, command);
    read_text(client, &got);
    cr_assert(strncmp(got.data, text, strlen(text)) == 0, "%s:%d: %s\nexpected: %s...\nbut got:  %s", file,
              line, command, text, got.data);
    buffer_clear(&got);
}

void expect_raw_at(const char *file, int line, struct client *client, struct slice bytes,
                   struct slice raw_reply)
{
    struct slice reply = slice_of("", 0);
    struct buffer text = { 0 };
    client_send(client, bytes);
    client_read(client, &reply);
    buffer_printf(&text, "%s:%d: to ", file, line);
    command_line_quote(&text, slice_of(bytes.data, bytes.len < 200 ? bytes.len : 200));
    buffer_printf(&text, "\nexpected: ");
    command_line_quote(&text, raw_reply);
    buffer_printf(&text, "\nbut got:  ");
    command_line_quote(&text, reply);
    buffer_append(&text, "", 1);
    cr_assert(slice_equal(reply, raw_reply), "%s", text.data);
    buffer_clear(&text);
}

void expect_closed_at(const char *file, int line, struct client *client)
{
    cr_assert(client_wait_closed(client), "%s:%d: the connection is still open", file, line);
}
