#include "server/commands/key/scan_options.h"

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
    struct scan_options options;
};

static bool read_line(struct options_fixture *f, const char *line, unsigned words)
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
    return scan_options_read(&f->options, &f->call, 0, words);
}

static void expect_error(const char *line, unsigned words, const char *error)
{
    struct options_fixture f;
    cr_expect_not(read_line(&f, line, words), "%s", line);
    cr_expect(slice_equal(buffer_slice(&f.out), slice_of_cstr(error)), "%s", line);
    buffer_clear(&f.out);
}

Test(scan_options, without_any_ten_elements_of_any_name_are_wanted)
{
    struct options_fixture f;
    cr_assert(read_line(&f, "", 0));
    cr_expect_eq(f.options.count, 10);
    cr_expect(scan_options_match(&f.options, SLICE("")));
    cr_expect(scan_options_match(&f.options, SLICE("anything")));
    cr_expect_not(f.options.no_values);
}

Test(scan_options, may_stand_in_any_order_and_case_and_the_last_counts)
{
    struct options_fixture f;
    cr_assert(read_line(&f, "NoValues COUNT 3 match x* count 7 MATCH a? TYPE set",
                        SCAN_WORD_NOVALUES | SCAN_WORD_TYPE));
    cr_expect_eq(f.options.count, 7);
    cr_expect(f.options.no_values);
    cr_expect(scan_options_match(&f.options, SLICE("ab")));
    cr_expect_not(scan_options_match(&f.options, SLICE("xb")));
    cr_expect(slice_equal(f.options.type, SLICE("set")));
}

Test(scan_options, of_other_commands_are_syntax_errors)
{
    expect_error("TYPE set", SCAN_WORD_NOVALUES, "-ERR syntax error\r\n");
    expect_error("NOVALUES", SCAN_WORD_TYPE, "-ERR syntax error\r\n");
}

Test(scan_options, lack_nothing_and_count_from_one)
{
    expect_error("MATCH", 0, "-ERR syntax error\r\n");
    expect_error("COUNT", 0, "-ERR syntax error\r\n");
    expect_error("COUNT 0", 0, "-ERR syntax error\r\n");
    expect_error("COUNT ten", 0, "-ERR value is not an integer or out of range\r\n");
    expect_error("COUNT 5 more", 0, "-ERR syntax error\r\n");
}
