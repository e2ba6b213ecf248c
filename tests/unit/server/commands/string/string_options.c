#include "server/commands/string/string_options.h"

#include <criterion/criterion.h>

#include "proto/base/buffer.h"
#include "server/exec/call.h"

#define WORDS_MAX 16

/* A call without a server: options are read from its arguments alone. */
struct options_fixture {
    struct slice words[WORDS_MAX];
    struct buffer out;
    struct reply reply;
    struct call call;
    struct string_options options;
};

static bool read_line(struct options_fixture *f, const char *line,
                      bool (*read)(struct string_options *options, struct call *call, int from))
{
    *f = (struct options_fixture){ .reply = { .protocol = 2 } };
    int argc = 0;
    for (const char *word = line; *word != '\0'; argc++) {
        size_t len = strcspn(word, " ");
        f->words[argc] = slice_of(word, len);
        word += len + strspn(word + len, " ");
    }
    f->reply.out = &f->out;
    f->call = (struct call){ .argv = f->words, .argc = argc, .reply = &f->reply };
    return read(&f->options, &f->call, 0);
}

static void expect_syntax_error(const char *line,
                                bool (*read)(struct string_options *options, struct call *call, int from))
{
    struct options_fixture f;
    cr_expect_not(read_line(&f, line, read), "%s", line);
    cr_expect(slice_equal(buffer_slice(&f.out), SLICE("-ERR syntax error\r\n")), "%s", line);
    buffer_clear(&f.out);
}

Test(string_options, of_set_may_stand_in_any_order_and_case)
{
    struct options_fixture f;
    cr_assert(read_line(&f, "get eXaT 17 nx", string_options_read_set));
    cr_expect(f.options.get);
    cr_expect_eq(f.options.condition, STRING_IF_ABSENT);
    cr_expect_eq(f.options.unit, DEADLINE_AT_SECONDS);
    cr_expect_eq(f.options.time_arg, 2);

    cr_assert(read_line(&f, "XX KEEPTTL", string_options_read_set));
    cr_expect_eq(f.options.condition, STRING_IF_PRESENT);
    cr_expect(f.options.keep_ttl);
    cr_expect_eq(f.options.time_arg, 0);
}

Test(string_options, a_word_may_be_said_twice_and_the_last_time_counts)
{
    struct options_fixture f;
    cr_assert(read_line(&f, "NX NX GET GET EX 10 EX 20", string_options_read_set));
    cr_expect_eq(f.options.time_arg, 7);
}

Test(string_options, that_contradict_each_other_are_a_syntax_error)
{
    static const char *const lines[] = { "NX XX",        "XX NX",        "EX 1 PX 1", "PXAT 1 EXAT 1",
                                         "EX 1 KEEPTTL", "KEEPTTL PX 1", "PERSIST",   "EX",
                                         "NX EX",        "10",           "EX 1 2" };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        expect_syntax_error(lines[i], string_options_read_set);
    }
}

Test(string_options, of_getex_are_a_time_or_persist)
{
    struct options_fixture f;
    cr_assert(read_line(&f, "PXAT 99", string_options_read_getex));
    cr_expect_eq(f.options.unit, DEADLINE_AT_MS);
    cr_assert(read_line(&f, "persist", string_options_read_getex));
    cr_expect(f.options.persist);

    static const char *const lines[] = { "PERSIST EX 1", "EX 1 PERSIST", "NX", "XX", "GET", "KEEPTTL", "EX" };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        expect_syntax_error(lines[i], string_options_read_getex);
    }
}
