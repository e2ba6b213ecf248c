#include "tests/differential/crowd/script.h"

#include <string.h>

#include "proto/base/buffer.h"
#include "proto/base/number.h"
#include "tests/support/client/command_line.h"

#define MOVE  SLICE("@MOVE")
#define CLOSE SLICE("@CLOSE")

void script_clear(struct script *script)
{
    arena_clear(&script->arena);
    script->len = 0;
}

size_t script_clients(const struct step *steps, size_t len)
{
    size_t clients = 1;
    for (size_t i = 0; i < len; i++) {
        if ((size_t)steps[i].connection >= clients) clients = (size_t)steps[i].connection + 1;
    }
    return clients;
}

bool script_is_move(const struct step *step, int64_t *ms)
{
    return step->argc == 2 && slice_equal(step->argv[0], MOVE) && number_parse_i64(step->argv[1], ms);
}

bool script_is_close(const struct step *step)
{
    return step->argc == 1 && slice_equal(step->argv[0], CLOSE);
}

bool script_names_client(struct slice text, size_t *client)
{
    if (text.len != 2 || text.data[0] != '@' || text.data[1] < '1') return false;
    *client = (size_t)(text.data[1] - '1');
    return *client < SCRIPT_CLIENTS_MAX;
}

static void write_step(struct buffer *out, const struct step *step)
{
    int64_t ms;
    if (script_is_move(step, &ms))
        buffer_printf(out, "*");
    else
        buffer_printf(out, "%d%s", step->connection + 1, step->joined ? "+" : "");
    for (size_t i = 0; i < step->argc; i++) {
        buffer_append(out, " ", 1);
        command_line_write(out, step->argv[i]);
    }
    buffer_append(out, "\n", 1);
}

void script_write(struct buffer *out, const struct step *steps, size_t len)
{
    for (size_t i = 0; i < len; i++) write_step(out, &steps[i]);
}

static struct slice take_line(struct slice *from)
{
    const char *end = memchr(from->data, '\n', from->len);
    struct slice line = slice_of(from->data, end == NULL ? from->len : (size_t)(end - from->data));
    size_t used = line.len + (end != NULL);
    *from = slice_of(from->data + used, from->len - used);
    return line;
}

static bool read_words(struct arena *arena, struct step *step, struct slice line)
{
    struct command_line words;
    char text[1024];
    if (line.len >= sizeof text) return false;
    slice_to_cstr(line, text, sizeof text);
    if (!command_line_init(&words, text)) return false;
    step->argc = words.argc;
    step->argv = arena_bytes(arena, (words.argc + 1) * sizeof *step->argv);
    for (size_t i = 0; i < words.argc; i++) step->argv[i] = arena_copy(arena, words.argv[i]);
    command_line_clear(&words);
    return step->argc > 0;
}

static bool read_line(struct script *script, struct slice line)
{
    struct step *step = &script->steps[script->len];
    if (line.len == 0 || line.data[0] == '#') return true;
    if (line.len < 3) return false;
    char who = line.data[0];
    bool joined = line.data[1] == '+';
    if (who != '*' && (who < '1' || who >= '1' + SCRIPT_CLIENTS_MAX)) return false;
    *step = (struct step){ .connection = who == '*' ? 0 : who - '1', .joined = joined };
    size_t start = joined ? 2 : 1;
    script->len++;
    return read_words(&script->arena, step, slice_of(line.data + start, line.len - start));
}

bool script_read(struct script *script, struct slice text)
{
    size_t lines = 1;
    for (size_t i = 0; i < text.len; i++) lines += text.data[i] == '\n';
    *script = (struct script){ 0 };
    script->steps = arena_bytes(&script->arena, lines * sizeof *script->steps);
    while (text.len > 0) {
        if (read_line(script, take_line(&text))) continue;
        script_clear(script);
        return false;
    }
    return true;
}

static bool is_title(struct slice text)
{
    return text.len >= 3 && memcmp(text.data, "== ", 3) == 0;
}

bool script_take(struct slice *from, struct slice *title, struct slice *text)
{
    while (from->len > 0 && !is_title(*from)) take_line(from);
    if (from->len == 0) return false;
    *title = take_line(from);
    *title = slice_of(title->data + 3, title->len - 3);
    const char *start = from->data;
    while (from->len > 0 && !is_title(*from)) take_line(from);
    *text = slice_of(start, (size_t)(from->data - start));
    return true;
}
