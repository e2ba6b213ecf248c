#include "server/observe/slowlog.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/slice.h"

static struct slowlog *slowlog;
static size_t kept;

static void open_slowlog(void)
{
    kept = 3;
    slowlog = slowlog_create();
}

static void close_slowlog(void)
{
    slowlog_destroy(&slowlog);
}

TestSuite(slowlog, .init = open_slowlog, .fini = close_slowlog);

static struct slowlog_call call_of(size_t argc, const struct slice *argv, int64_t duration_us)
{
    return (struct slowlog_call){ .argc = argc,
                                  .argv = argv,
                                  .peer = "?:0",
                                  .client_name = "",
                                  .now_ms = 5999,
                                  .duration_us = duration_us };
}

static void add(const char *word, int64_t duration_us)
{
    struct slice argv[] = { slice_of_cstr(word) };
    struct slowlog_call call = call_of(1, argv, duration_us);
    slowlog_add(slowlog, &call, kept);
}

static char told[256];

static void tell(void *context, const struct slowlog_entry *entry)
{
    (void)context;
    size_t len = strlen(told);
    snprintf(told + len, sizeof(told) - len, "%llu:%.*s ", (unsigned long long)entry->id,
             (int)entry->argv[0].len, entry->argv[0].data);
}

static void expect_told(size_t most, const char *text)
{
    told[0] = '\0';
    slowlog_each(slowlog, most, tell, NULL);
    cr_expect_str_eq(told, text);
}

Test(slowlog, tells_the_newest_first_and_no_more_than_asked)
{
    add("a", 1);
    add("b", 2);
    expect_told(SIZE_MAX, "1:b 0:a ");
    expect_told(1, "1:b ");
    expect_told(0, "");
}

Test(slowlog, forgets_the_oldest_but_goes_on_counting)
{
    for (const char *word = "abcde"; *word != '\0'; word++) add((const char[]){ *word, '\0' }, 1);
    cr_expect_eq(slowlog_len(slowlog), 3);
    expect_told(SIZE_MAX, "4:e 3:d 2:c ");
    slowlog_reset(slowlog);
    cr_expect_eq(slowlog_len(slowlog), 0);
    add("f", 1);
    expect_told(SIZE_MAX, "5:f ");
}

Test(slowlog, a_lower_limit_takes_effect_with_the_next_entry)
{
    add("a", 1);
    add("b", 1);
    add("c", 1);
    kept = 1;
    add("d", 1);
    expect_told(SIZE_MAX, "3:d ");
    kept = 0;
    add("e", 1);
    expect_told(SIZE_MAX, "");
}

static void check_cuts(void *context, const struct slowlog_entry *entry)
{
    (void)context;
    cr_assert_eq(entry->argc, 32);
    cr_expect_eq(entry->time_s, 5);
    cr_expect_eq(entry->duration_us, 77);
    cr_expect(slice_equal(entry->argv[1], SLICE("(redacted)")));
    cr_expect_eq(entry->argv[2].len, 128);
    cr_expect(slice_equal(slice_of(entry->argv[3].data + 128, entry->argv[3].len - 128),
                          SLICE("... (1 more bytes)")));
    cr_expect(slice_equal(entry->argv[31], SLICE("... (9 more arguments)")));
}

Test(slowlog, cuts_what_is_long_and_hides_what_is_secret)
{
    char text[129];
    memset(text, 'x', sizeof(text));
    struct slice argv[40];
    for (size_t i = 0; i < 40; i++) argv[i] = SLICE("word");
    argv[2] = slice_of(text, 128);
    argv[3] = slice_of(text, 129);
    struct slowlog_call call = call_of(40, argv, 77);
    call.redacted = 1 << 1;
    slowlog_add(slowlog, &call, kept);
    cr_expect_eq(slowlog_each(slowlog, SIZE_MAX, check_cuts, NULL), 1);
}
