#include "server/commands/string/subsequence.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include "proto/base/random.h"

#define LEN_MAX 40

Test(subsequence, is_made_of_runs_told_from_the_end)
{
    struct subsequence found;
    cr_assert(subsequence_init(&found, SLICE("ohmytext"), SLICE("mynewtext")));

    cr_expect_eq(found.len, 6);
    cr_assert_eq(found.run_count, 2);
    cr_expect_eq(found.runs[0].in_a, 4, "text");
    cr_expect_eq(found.runs[0].in_b, 5);
    cr_expect_eq(found.runs[0].len, 4);
    cr_expect_eq(found.runs[1].in_a, 2, "my");
    cr_expect_eq(found.runs[1].in_b, 0);
    cr_expect_eq(found.runs[1].len, 2);
    subsequence_clear(&found);
}

Test(subsequence, of_nothing_is_nothing)
{
    struct subsequence found;
    cr_assert(subsequence_init(&found, SLICE(""), SLICE("abc")));
    cr_expect_eq(found.len, 0);
    cr_expect_eq(found.run_count, 0);
    subsequence_clear(&found);
}

Test(subsequence, of_a_string_with_itself_is_one_run)
{
    struct subsequence found;
    cr_assert(subsequence_init(&found, SLICE("a\0b\xff"), SLICE("a\0b\xff")));
    cr_expect_eq(found.len, 4);
    cr_expect_eq(found.run_count, 1);
    subsequence_clear(&found);
}

/* The whole table of lengths, as in a textbook. */
struct table {
    size_t lengths[LEN_MAX + 1][LEN_MAX + 1];
};

static void fill(struct table *table, struct slice a, struct slice b)
{
    *table = (struct table){ 0 };
    for (size_t i = 1; i <= a.len; i++) {
        for (size_t j = 1; j <= b.len; j++) {
            size_t up = table->lengths[i - 1][j];
            size_t left = table->lengths[i][j - 1];
            bool equal = a.data[i - 1] == b.data[j - 1];
            table->lengths[i][j] = equal ? table->lengths[i - 1][j - 1] + 1 : up > left ? up : left;
        }
    }
}

/* The pairs of positions on the textbook's way back, each of which must be the next byte of a run. */
static void expect_same_way(const struct table *table, struct slice a, struct slice b,
                            const struct subsequence *found)
{
    size_t run = 0;
    size_t left = found->run_count > 0 ? found->runs[0].len : 0;
    for (size_t i = a.len, j = b.len; i > 0 && j > 0;) {
        if (a.data[i - 1] == b.data[j - 1]) {
            if (left == 0) left = found->runs[++run].len;
            cr_assert_lt(run, found->run_count);
            left--;
            cr_assert_eq(found->runs[run].in_a + left, --i);
            cr_assert_eq(found->runs[run].in_b + left, --j);
        } else if (table->lengths[i - 1][j] > table->lengths[i][j - 1]) {
            i--;
        } else {
            j--;
        }
    }
    cr_assert_eq(left, 0);
}

static struct slice random_text(struct random *random, char *text)
{
    size_t len = random_below(random, LEN_MAX + 1);
    for (size_t i = 0; i < len; i++) text[i] = (char)('a' + random_below(random, 3));
    return slice_of(text, len);
}

Test(subsequence, is_the_one_that_the_whole_table_of_lengths_leads_to)
{
    struct random random = { (uint64_t)time(NULL) };
    cr_log_info("seed %llu", (unsigned long long)random.state);
    for (int round = 0; round < 2000; round++) {
        char texts[2][LEN_MAX];
        struct slice a = random_text(&random, texts[0]);
        struct slice b = random_text(&random, texts[1]);
        struct table table;
        struct subsequence found;
        fill(&table, a, b);
        cr_assert(subsequence_init(&found, a, b));
        cr_assert_eq(found.len, table.lengths[a.len][b.len]);
        expect_same_way(&table, a, b, &found);
        subsequence_clear(&found);
    }
}
