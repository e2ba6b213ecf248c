#include "proto/base/json.h"

#include <criterion/criterion.h>

#define expect_json(out, text)                                                                               \
    do {                                                                                                     \
        cr_expect(slice_equal(buffer_slice(out), SLICE(text)), "%.*s", (int)(out)->len, (out)->data);        \
        buffer_clear(out);                                                                                   \
    } while (0)

Test(json, commas_stand_between_values)
{
    struct buffer out = { 0 };
    json_open(&out, '{');
    json_name(&out, "a");
    json_open(&out, '[');
    json_u64(&out, 1);
    json_i64(&out, -2);
    json_null(&out);
    json_open(&out, '{');
    json_close(&out, '}');
    json_text(&out, SLICE(""));
    json_close(&out, ']');
    json_name(&out, "b");
    json_thousandth(&out, 12034);
    json_close(&out, '}');
    expect_json(&out, "{\"a\":[1,-2,null,{},\"\"],\"b\":12.034}");
}

Test(json, a_text_is_utf8_whatever_it_holds)
{
    struct buffer out = { 0 };
    json_text(&out, SLICE("a\"b\\c\n\x01\x7f/"));
    expect_json(&out, "\"a\\\"b\\\\c\\u000a\\u0001\\u007f/\"");
    json_text(&out, SLICE("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"));
    expect_json(&out, "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"");
    json_text(&out, SLICE("\xff"
                          "a\xc3"));
    expect_json(&out, "\"\\\\xffa\\\\xc3\"");
    json_text(&out, SLICE("\xc0\x80\xed\xa0\x80\xf5\x80"));
    expect_json(&out, "\"\\\\xc0\\\\x80\\\\xed\\\\xa0\\\\x80\\\\xf5\\\\x80\"");
    json_text(&out, SLICE("\xe0\x9f\xbf\xf4\x90\x80\x80"));
    expect_json(&out, "\"\\\\xe0\\\\x9f\\\\xbf\\\\xf4\\\\x90\\\\x80\\\\x80\"");
}

Test(json, what_reads_as_a_number_is_one)
{
    static const struct {
        struct slice text;
        bool is_number;
    } examples[] = {
        { SLICE("0"), true },      { SLICE("-12"), true },  { SLICE("7.30"), true },
        { SLICE("0.50"), true },   { SLICE(""), false },    { SLICE("-"), false },
        { SLICE("01"), false },    { SLICE("1."), false },  { SLICE(".5"), false },
        { SLICE("1e5"), false },   { SLICE("nan"), false }, { SLICE("1.2.3"), false },
        { SLICE("1.00K"), false },
    };
    for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++) {
        struct buffer out = { 0 };
        json_number_or_text(&out, examples[i].text);
        cr_expect_eq(out.data[0] != '"', examples[i].is_number, "%s", examples[i].text.data);
        buffer_clear(&out);
    }
}
