#include <criterion/criterion.h>
#include <string.h>

#include "proto/reply.h"
#include "server/script/shebang.h"
#include "server/script/texts.h"

static void expect_error(const char *text, const char *error)
{
    struct buffer out = { 0 };
    struct reply reply = { .out = &out, .protocol = 2 };
    struct shebang shebang;
    cr_assert_not(shebang_read(slice_of_cstr(text), &shebang, &reply), "%s", text);
    cr_assert(out.len == strlen(error) && memcmp(out.data, error, out.len) == 0, "%.*s", (int)out.len,
              out.data);
    buffer_clear(&out);
}

static void expect_flags(const char *text, uint32_t flags, size_t len)
{
    struct shebang shebang;
    cr_assert(shebang_read(slice_of_cstr(text), &shebang, NULL), "%s", text);
    cr_assert_eq(shebang.flags, flags);
    cr_assert_eq(shebang.len, len);
}

Test(shebang, what_a_script_says_of_itself_is_read)
{
    expect_flags("return 1", SCRIPT_PLAIN, 0);
    expect_flags("", SCRIPT_PLAIN, 0);
    expect_flags("#!lua\nreturn 1", 0, 5);
    expect_flags("#!lua flags=\nreturn 1", 0, 12);
    expect_flags("#!lua flags=no-writes,allow-oom\n", SCRIPT_NO_WRITES | SCRIPT_ALLOW_OOM, 31);
}

Test(shebang, what_is_wrong_is_refused_in_the_words_of_redis)
{
    expect_error("#!lua", "-ERR Invalid script shebang\r\n");
    expect_error("#!py\n", "-ERR Unexpected engine in script shebang: #!py\r\n");
    expect_error("#!lua name=x\n", "-ERR Unknown lua shebang option: name=x\r\n");
    expect_error("#!lua flags=no-writes,nosuch\n", "-ERR Unexpected flag in script shebang: nosuch\r\n");
}
