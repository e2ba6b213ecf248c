#include "tests/differential/recorded.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/client/client.h"
#include "tests/support/client/reply_text.h"
#include "tests/support/scratch.h"

#define LINE_MAX_BYTES 1024

struct buffer recorded_read(const char *name)
{
    char path[512];
    struct buffer text = { 0 };
    snprintf(path, sizeof path, "%s/tests/differential/recorded/%s", NUTHATCH_SOURCE_DIR, name);
    scratch_read(path, &text);
    cr_assert(text.len > 0, "%s is missing", path);
    return text;
}

bool recorded_next_line(struct slice *text, struct slice *line)
{
    if (text->len == 0) return false;
    const char *end = memchr(text->data, '\n', text->len);
    size_t len = end == NULL ? text->len : (size_t)(end - text->data);
    *line = slice_of(text->data, len);
    len += end != NULL;
    *text = slice_of(text->data + len, text->len - len);
    return true;
}

/* What is said, and what should be answered. */
struct turn {
    char said[LINE_MAX_BYTES];
    struct buffer wanted;
    int at; /* the line in the file */
};

static void finish(struct turn *turn, const char *name, struct client *client)
{
    if (turn->said[0] == '\0') return;
    struct buffer got = { 0 };
    reply_text(&got, client_ask(client, turn->said));
    buffer_append(&got, "", 1);
    buffer_append(&turn->wanted, "", 1);
    cr_expect_str_eq(got.data, turn->wanted.data, "recorded/%s:%d: %s\n%s\nbut recorded was\n%s", name,
                     turn->at, turn->said, got.data, turn->wanted.data);
    buffer_clear(&got);
    turn->wanted.len = 0;
    turn->said[0] = '\0';
}

static void begin(struct turn *turn, struct slice line, int at)
{
    slice_to_cstr(slice_of(line.data + 2, line.len - 2), turn->said, sizeof turn->said);
    turn->at = at;
}

static void continue_reply(struct turn *turn, struct slice line)
{
    if (turn->wanted.len > 0) buffer_append(&turn->wanted, "\n", 1);
    buffer_append(&turn->wanted, line.data, line.len);
}

void recorded_play(const char *name, struct client *client)
{
    struct buffer text = recorded_read(name);
    struct slice left = buffer_slice(&text), line;
    struct turn turn = { 0 };
    for (int at = 1; recorded_next_line(&left, &line); at++) {
        bool says = line.len > 2 && memcmp(line.data, "> ", 2) == 0;
        if (says || line.len == 0 || line.data[0] == '#') finish(&turn, name, client);
        if (says)
            begin(&turn, line, at);
        else if (turn.said[0] != '\0')
            continue_reply(&turn, line);
    }
    finish(&turn, name, client);
    buffer_clear(&turn.wanted);
    buffer_clear(&text);
}
