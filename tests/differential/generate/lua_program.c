#include "tests/differential/generate/lua_program.h"

#include <ctype.h>
#include <stdio.h>

#include "proto/base/random.h"
#include "proto/base/slice.h"
#include "tests/differential/compare/divergences.h"
#include "tests/differential/generate/arena.h"
#include "tests/differential/generate/stream.h"

struct drawing {
    struct buffer *out;
    const struct catalogue *catalogue;
    const struct divergences *divergences;
    struct random *random;
    int values; /* v1, v2 ... that there are so far */
};

#define PICK(from) from[random_below(drawing->random, sizeof from / sizeof *from)]

static void write_text(struct drawing *drawing, const char *text)
{
    buffer_append(drawing->out, text, strlen(text));
}

static void write_quoted(struct drawing *drawing, struct slice text)
{
    write_text(drawing, "'");
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (isalnum(byte) || strchr(" _:.*-+,[](){}", byte) != NULL)
            buffer_append(drawing->out, &byte, byte != '\0');
        else
            buffer_printf(drawing->out, "\\%03d", byte);
        if (byte == '\0') write_text(drawing, "\\000");
    }
    write_text(drawing, "'");
}

/* Whole numbers are written as such at times: they arrive as numbers, and are told as texts. */
static void write_argument(struct drawing *drawing, struct slice text)
{
    bool is_number = text.len > 0 && text.len < 15 && text.data[0] != '0';
    for (size_t i = 0; i < text.len; i++) is_number = is_number && isdigit((unsigned char)text.data[i]);
    if (is_number && random_chance(drawing->random, 50))
        buffer_append(drawing->out, text.data, text.len);
    else
        write_quoted(drawing, text);
}

/* Its words are our own, or it may not be said here. */
static bool is_left_out(const struct drawing *drawing, const struct step *step)
{
    static const char *const names[] = { "info", "memory", "latency", "migrate", "nearcache", "debug" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (slice_equal_nocase(step->argv[0], slice_of_cstr(names[i]))) return true;
    if (step->argc > 1 && slice_equal_nocase(step->argv[1], SLICE("help"))) return true;
    return step->argc > 30 || divergences_find(drawing->divergences, step->argv, step->argc) != NULL;
}

static void write_arguments(struct drawing *drawing)
{
    struct arena arena = { 0 };
    struct step step;
    do {
        arena_clear(&arena);
        stream_draw_step(&step, drawing->catalogue, NULL, drawing->random, &arena);
    } while (is_left_out(drawing, &step));
    for (size_t i = 0; i < step.argc; i++) {
        if (i > 0) write_text(drawing, ", ");
        write_argument(drawing, step.argv[i]);
    }
    arena_clear(&arena);
}

static void write_call(struct drawing *drawing)
{
    bool careless = random_chance(drawing->random, 15);
    write_text(drawing, careless ? "redis.call(" : "redis.pcall(");
    write_arguments(drawing);
    write_text(drawing, ")");
}

static const char *const plain[] = {
    "1",
    "-7",
    "3.99",
    "-0.5",
    "2^53",
    "-2^63",
    "1e30",
    "'text'",
    "''",
    "'a\\r\\nb'",
    "true",
    "false",
    "nil",
    "KEYS",
    "ARGV",
    "KEYS[1]",
    "#ARGV",
    "{}",
    "{ok='fine'}",
    "{ok='two\\nlines'}",
    "{err='MY error'}",
    "{err='word'}",
    "{double=0.5}",
    "{double=-3}",
    "{double=1/0}",
    "{big_number='123456789012345678901234567890'}",
    "{map={a=1}}",
    "{map={[1]={2}}}",
    "{set={a=true}}",
    "{set={}}",
    "{verbatim_string={format='txt', string='v'}}",
    "{verbatim_string={format='txt'}}",
    "redis.status_reply('S')",
    "redis.error_reply('E rr')",
    "redis.error_reply('-E')",
    "redis.sha1hex('x')",
    "type(redis)",
    "tostring(3)",
    "('x'):rep(3)",
    "cjson.encode({1, 'a', {b=1}})",
    "cjson.decode('[1, {\"a\": [true, null]}, 1.5]')[2].a",
    "cmsgpack.pack({1, -1, 'a', {b=2.5}}, 300, -70000, true)",
    "{cmsgpack.unpack(cmsgpack.pack({1, {2, 'x'}, 2^40, -5}))}",
    "struct.pack('>Ihs', 7, -2, 'x')",
    "{struct.unpack('<i2bs', '\\1\\2\\255xyz\\0')}",
    "bit.bxor(0xff, 0x0f)",
    "math.floor(2.7)",
    "function() end",
    "select('#', 1, nil)",
    "{pcall(error, {err='x y'})}",
    "{pcall(error, 'z', 0)}",
    "nosuch",
    "{xpcall(function() return nosuch end, function(e) return e end)}",
};

static void write_literal(struct drawing *drawing, int depth)
{
    if (depth == 0 || random_chance(drawing->random, 75)) {
        write_text(drawing, PICK(plain));
        return;
    }
    write_text(drawing, "{");
    for (size_t i = random_below(drawing->random, 4) + 1; i > 0; i--) {
        write_literal(drawing, depth - 1);
        if (i > 1) write_text(drawing, ", ");
    }
    write_text(drawing, "}");
}

static void write_use(struct drawing *drawing, int value)
{
    static const char *const uses[] = {
        "v%d",
        "v%d",
        "v%d",
        "type(v%d)",
        "type(v%d) == 'table' and #v%d or 0",
        "type(v%d) == 'table' and (v%d.err or v%d.ok or v%d[1])",
        "type(v%d) == 'table' and v%d.map and type(v%d.map)",
        "v%d == false",
        "not v%d",
        "{v%d, v%d}",
    };
    const char *use = PICK(uses);
    for (const char *at = use; *at != '\0'; at++) {
        if (at[0] != '%')
            buffer_append(drawing->out, at, 1);
        else
            buffer_printf(drawing->out, "%d", value);
        if (at[0] == '%') at++;
    }
}

static void write_statement(struct drawing *drawing)
{
    struct random *random = drawing->random;
    if (random_chance(random, 8)) {
        write_text(drawing, random_chance(random, 70) ? "redis.setresp(3)\n" : "redis.setresp(2)\n");
    } else if (random_chance(random, 10)) {
        write_call(drawing);
        write_text(drawing, "\n");
    } else {
        buffer_printf(drawing->out, "local v%d = ", ++drawing->values);
        if (random_chance(random, 85))
            write_call(drawing);
        else
            write_literal(drawing, 2);
        write_text(drawing, "\n");
    }
}

static void write_result(struct drawing *drawing)
{
    struct random *random = drawing->random;
    if (drawing->values == 0 || random_chance(random, 20)) {
        write_literal(drawing, 3);
        return;
    }
    if (random_chance(random, 30)) {
        write_use(drawing, (int)random_below(random, (uint64_t)drawing->values) + 1);
        return;
    }
    write_text(drawing, "{");
    for (int i = 1; i <= drawing->values; i++) {
        if (i > 1) write_text(drawing, ", ");
        write_use(drawing, i);
    }
    write_text(drawing, "}");
}

void lua_program_draw(struct buffer *program, const struct catalogue *catalogue,
                      const struct divergences *divergences, struct random *random)
{
    struct drawing drawing = { program, catalogue, divergences, random, 0 };
    if (random_chance(random, 5))
        write_text(&drawing, random_chance(random, 50) ? "#!lua\n" : "#!lua flags=no-writes\n");
    lua_program_draw_body(program, catalogue, divergences, random);
}

void lua_program_draw_body(struct buffer *program, const struct catalogue *catalogue,
                           const struct divergences *divergences, struct random *random)
{
    struct drawing drawing = { program, catalogue, divergences, random, 0 };
    for (size_t i = random_below(random, 5) + 1; i > 0; i--) write_statement(&drawing);
    write_text(&drawing, "return ");
    write_result(&drawing);
}
