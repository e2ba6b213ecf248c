#include <criterion/criterion.h>

#include <time.h>

#include "proto/base/buffer.h"
#include "proto/http/fields/http_cache_control.h"
#include "proto/http/fields/http_coding.h"
#include "proto/http/fields/http_date.h"
#include "proto/http/fields/http_etag.h"
#include "proto/http/fields/http_list.h"
#include "proto/http/fields/http_range.h"
#include "proto/http/http_json.h"
#include "proto/http/http_path.h"

Test(http_texts, a_date_is_what_the_c_library_says_it_is)
{
    for (int64_t second = 0; second < INT64_C(8000000000); second += 86399 * 7 + 1234) {
        char ours[HTTP_DATE_LEN + 1] = { 0 }, theirs[64];
        time_t when = (time_t)second;
        struct tm parts;
        gmtime_r(&when, &parts);
        strftime(theirs, sizeof theirs, "%a, %d %b %Y %H:%M:%S GMT", &parts);
        http_date_format(ours, second);
        cr_assert_str_eq(ours, theirs);
    }
}

Test(http_texts, a_tag_is_compared_weakly_or_strongly)
{
    struct slice tag = SLICE("\"a\"");
    cr_assert(http_etag_matches(SLICE("\"a\""), tag, HTTP_COMPARE_STRONG));
    cr_assert(http_etag_matches(SLICE("\"b\",\"a\""), tag, HTTP_COMPARE_STRONG));
    cr_assert(http_etag_matches(SLICE(" \"b\" , , \"a\" "), tag, HTTP_COMPARE_STRONG));
    cr_assert(http_etag_matches(SLICE("*"), tag, HTTP_COMPARE_STRONG));
    cr_assert(http_etag_matches(SLICE("W/\"a\""), tag, HTTP_COMPARE_WEAK));
    cr_assert(!http_etag_matches(SLICE("W/\"a\""), tag, HTTP_COMPARE_STRONG));
    cr_assert(!http_etag_matches(SLICE("w/\"a\""), tag, HTTP_COMPARE_WEAK));
    cr_assert(!http_etag_matches(SLICE("a"), tag, HTTP_COMPARE_WEAK));
    cr_assert(!http_etag_matches(SLICE("\"a"), tag, HTTP_COMPARE_WEAK));
    cr_assert(!http_etag_matches(SLICE("\"b, \"a\""), tag, HTTP_COMPARE_WEAK));
    cr_assert(http_etag_matches(SLICE("\"b,c\", \"a\""), tag, HTTP_COMPARE_WEAK));
    cr_assert(!http_etag_matches(SLICE(""), tag, HTTP_COMPARE_WEAK));
}

Test(http_texts, a_range_is_within_the_value)
{
    size_t first, last;
    cr_assert_eq(http_range_read(SLICE("bytes=0-0"), 5, &first, &last), HTTP_RANGE_PART);
    cr_assert(first == 0 && last == 0);
    cr_assert_eq(http_range_read(SLICE("Bytes=2-"), 5, &first, &last), HTTP_RANGE_PART);
    cr_assert(first == 2 && last == 4);
    cr_assert_eq(http_range_read(SLICE("bytes=-18446744073709551615"), 5, &first, &last), HTTP_RANGE_PART);
    cr_assert(first == 0 && last == 4);
    cr_assert_eq(http_range_read(SLICE("bytes=18446744073709551616-"), 5, &first, &last), HTTP_RANGE_OUTSIDE);
    cr_assert_eq(http_range_read(SLICE("bytes=-1"), 0, &first, &last), HTTP_RANGE_OUTSIDE);
    cr_assert_eq(http_range_read(SLICE("bytes=--1"), 5, &first, &last), HTTP_RANGE_WHOLE);
    cr_assert_eq(http_range_read(SLICE("bytes="), 5, &first, &last), HTTP_RANGE_WHOLE);
    cr_assert_eq(http_range_read(SLICE("bytes=-"), 5, &first, &last), HTTP_RANGE_WHOLE);
    cr_assert_eq(http_range_read(SLICE("bytes=1-2x"), 5, &first, &last), HTTP_RANGE_WHOLE);
}

Test(http_texts, a_path_is_decoded_once)
{
    char out[32];
    size_t len;
    cr_assert(http_path_decode(SLICE("a%2520%00%fF"), out, &len));
    cr_assert(slice_equal(slice_of(out, len), SLICE("a%20\0\xff")));
    cr_assert(!http_path_decode(SLICE("%"), out, &len));
    cr_assert(!http_path_decode(SLICE("%1"), out, &len));
    cr_assert(!http_path_decode(SLICE("%1g"), out, &len));
    struct slice path, query;
    http_path_split(SLICE("/a?b?c"), &path, &query);
    cr_assert(slice_equal(path, SLICE("/a")) && slice_equal(query, SLICE("b?c")));
    http_path_split(SLICE("/a"), &path, &query);
    cr_assert(query.data == NULL);
}

Test(http_texts, the_shared_life_wins_and_the_longer_grace)
{
    struct http_freshness freshness = HTTP_FRESHNESS_UNSAID;
    cr_assert_eq(http_freshness_s(&freshness), -1);
    cr_assert(http_freshness_add(&freshness, SLICE("private=\"a,max-age=9\", max-age=5")));
    cr_assert_eq(http_freshness_s(&freshness), 5);
    cr_assert(
        http_freshness_add(&freshness, SLICE("stale-if-error=3, s-maxage=7, stale-while-revalidate=2")));
    cr_assert_eq(http_freshness_s(&freshness), 7);
    cr_assert_eq(http_freshness_grace_s(&freshness), 3);
    cr_assert(!freshness.no_store);
    cr_assert(http_freshness_add(&freshness, SLICE("No-Store")));
    cr_assert(freshness.no_store);
    cr_assert(!http_freshness_add(&freshness, SLICE("max-age=1.5")));
    cr_assert(!http_freshness_add(&freshness, SLICE("max-age=")));
}

Test(http_texts, a_coding_is_accepted_as_its_own_weight_says)
{
    cr_assert(http_coding_is_accepted(SLICE("gzip"), SLICE("gzip")));
    cr_assert(http_coding_is_accepted(SLICE("br, GZIP;q=0.1"), SLICE("gzip")));
    cr_assert(http_coding_is_accepted(SLICE("*"), SLICE("gzip")));
    cr_assert(!http_coding_is_accepted(SLICE("gzip;q=0.000, *;q=1"), SLICE("gzip")));
    cr_assert(!http_coding_is_accepted(SLICE("*;q=0"), SLICE("gzip")));
    cr_assert(!http_coding_is_accepted(SLICE("br"), SLICE("gzip")));
    cr_assert(!http_coding_is_accepted(SLICE(""), SLICE("gzip")));
}

Test(http_texts, a_string_of_json_becomes_bytes)
{
    struct http_json json = { .text = SLICE(" \"a\\n\\u00e4\\ud83d\\ude00\\/\" ") };
    struct buffer out = { 0 };
    size_t at, len;
    cr_assert(http_json_string(&json, &out, &at, &len));
    cr_assert(slice_equal(slice_of(out.data + at, len), SLICE("a\n\xc3\xa4\xf0\x9f\x98\x80/")));
    cr_assert(http_json_is_over(&json));
    static const char *const wrong[] = { "\"",        "\"a",         "\"\\\"",      "\"\\x\"",
                                         "\"\\u12\"", "\"\\ud83d\"", "\"\\ude00\"", "\"\n\"" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct http_json broken = { .text = slice_of_cstr(wrong[i]) };
        cr_assert(!http_json_string(&broken, &out, &at, &len), "%s", wrong[i]);
        cr_assert(!http_json_is_over(&broken));
    }
    buffer_clear(&out);
}
