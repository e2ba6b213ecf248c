#include "tests/unit/server/config/fixture.h"

#include <criterion/criterion.h>

#define WORDS_MAX 16

struct config *load(const char *text)
{
    struct config *config = config_create();
    struct buffer report = { 0 };
    bool good = config_load_text(config, slice_of_cstr(text), &report);
    cr_assert(good, "%.*s", (int)report.len, report.data);
    buffer_clear(&report);
    return config;
}

static void note(void *context, struct slice name, struct slice value)
{
    buffer_printf(context, "%.*s %.*s\n", (int)name.len, name.data, (int)value.len,
                  value.len == 0 ? "" : value.data);
}

void expect_get(struct config *config, const char *pattern, const char *expected)
{
    struct buffer answer = { 0 };
    struct slice patterns[] = { slice_of_cstr(pattern) };
    config_get(config, patterns, 1, note, &answer);
    cr_expect(slice_equal(buffer_slice(&answer), slice_of_cstr(expected)), "%s: %.*s", pattern,
              (int)answer.len, answer.data == NULL ? "" : answer.data);
    buffer_clear(&answer);
}

static size_t cut_at_commas(const char *text, struct slice words[WORDS_MAX])
{
    size_t count = 0;
    for (const char *at = text; count < WORDS_MAX; at += words[count - 1].len + 1) {
        words[count++] = slice_of(at, strcspn(at, ","));
        if (at[words[count - 1].len] == '\0') break;
    }
    return count;
}

void expect_set(struct config *config, const char *pairs, const char *expected)
{
    struct slice words[WORDS_MAX];
    size_t count = cut_at_commas(pairs, words) / 2;
    struct buffer error = { 0 };
    struct config_request request = { .pairs = words, .count = count };
    if (config_set(config, &request, &error)) buffer_printf(&error, "OK");
    cr_expect(slice_equal(buffer_slice(&error), slice_of_cstr(expected)), "%s: %.*s", pairs, (int)error.len,
              error.data);
    buffer_clear(&error);
}

void expect_refused(const char *text, size_t line, const char *complaint)
{
    struct config *config = config_create();
    struct buffer report = { 0 };
    cr_expect_not(config_load_text(config, slice_of_cstr(text), &report), "%s", text);
    buffer_append(&report, "", 1);

    struct buffer place = { 0 };
    buffer_printf(&place, "at line %zu\n", line);
    buffer_append(&place, "", 1);
    cr_expect_not_null(strstr(report.data, place.data), "%s: %s", text, report.data);
    cr_expect_not_null(strstr(report.data, complaint), "%s: %s", text, report.data);
    buffer_clear(&place);
    buffer_clear(&report);
    config_destroy(&config);
}
