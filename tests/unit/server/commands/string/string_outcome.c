#include "server/commands/string/string_outcome.h"

#include <criterion/criterion.h>
#include <string.h>

#include "server/upstream/copies/lease.h"

typedef struct outcome outcome_of(const struct slice *argv, int argc);

static struct outcome of(outcome_of *tell, const char *line)
{
    static char copy[256];
    struct slice words[16];
    int count = 0;
    char *rest = copy, *word;
    strcpy(copy, line);
    while ((word = strsep(&rest, " ")) != NULL) words[count++] = slice_of_cstr(word);
    return tell(words, count);
}

static void expect_value(outcome_of *tell, const char *line, int value_arg, int64_t ttl_ms)
{
    struct outcome outcome = of(tell, line);
    cr_assert_eq(outcome.kind, OUTCOME_VALUE, "%s", line);
    cr_expect_eq(outcome.value_arg, value_arg, "%s", line);
    cr_expect_eq(outcome.ttl_ms, ttl_ms, "%s", line);
}

static void expect_kind(outcome_of *tell, const char *line, enum outcome_kind kind)
{
    cr_expect_eq(of(tell, line).kind, kind, "%s", line);
}

Test(outcome, an_absolute_write_leaves_its_argument)
{
    expect_value(string_outcome_set, "SET k v", 2, LEASE_NO_TTL);
    expect_value(string_outcome_set, "SET k v NX EX 10", 2, 10000);
    expect_value(string_outcome_set, "SET k v px 10", 2, 10);
    expect_value(string_outcome_setex, "SETEX k 10 v", 3, 10000);
    expect_value(string_outcome_psetex, "PSETEX k 10 v", 3, 10);
    expect_value(string_outcome_setnx, "SETNX k v", 2, LEASE_NO_TTL);
    expect_value(string_outcome_getset, "GETSET k v", 2, LEASE_NO_TTL);
    expect_kind(string_outcome_mset, "MSET a 1 b 2", OUTCOME_PAIRS);
}

Test(outcome, what_depends_on_more_is_not_guessed)
{
    expect_kind(string_outcome_set, "SET k v KEEPTTL", OUTCOME_UNKNOWN);
    expect_kind(string_outcome_set, "SET k v GET", OUTCOME_UNKNOWN);
    expect_kind(string_outcome_set, "SET k v EXAT 99999999999", OUTCOME_VALUE_TIMED);
    expect_kind(string_outcome_set, "SET k v EX 0", OUTCOME_UNKNOWN);
    expect_kind(string_outcome_set, "SET k v EX 9223372036854775807", OUTCOME_UNKNOWN);
    expect_kind(string_outcome_set, "SET k v BOGUS", OUTCOME_UNKNOWN);
    expect_kind(string_outcome_setex, "SETEX k -1 v", OUTCOME_UNKNOWN);
    expect_kind(string_outcome_mset, "MSET a 1 b", OUTCOME_UNKNOWN);
}

static bool happened(outcome_of *tell, struct slice reply)
{
    struct outcome outcome = of(tell, "SET k v");
    return outcome_happened(&outcome, reply);
}

Test(outcome, a_reply_tells_whether_it_happened)
{
    cr_expect(happened(string_outcome_set, SLICE("+OK\r\n")));
    cr_expect_not(happened(string_outcome_set, SLICE("_\r\n")));
    cr_expect_not(happened(string_outcome_set, SLICE("-OOM\r\n")));
    cr_expect(happened(string_outcome_setnx, SLICE(":1\r\n")));
    cr_expect_not(happened(string_outcome_msetnx, SLICE(":0\r\n")));
    cr_expect(happened(string_outcome_getset, SLICE("_\r\n")));
    cr_expect_not(happened(string_outcome_getset, SLICE("-WRONGTYPE\r\n")));
}

Test(outcome, a_lease_tells_whose_deadline_it_is)
{
    cr_expect(lease_is_keys_own(lease_until_ms(1000, 50, 100)));
    cr_expect(lease_is_keys_own(lease_until_ms(1001, 50, 0)));
    cr_expect(lease_is_keys_own(lease_until_ms(1000, LEASE_NO_TTL, 0)));
    cr_expect_not(lease_is_keys_own(lease_until_ms(1000, LEASE_NO_TTL, 100)));
    cr_expect_not(lease_is_keys_own(lease_until_ms(1001, 500, 100)));
    cr_expect(lease_is_of_endless(lease_until_ms(1000, LEASE_NO_TTL, 0)));
    cr_expect(lease_until_ms(1000, LEASE_NO_TTL, INT64_MAX) > INT64_MAX - 4);
    for (int64_t asked = 1000; asked < 1008; asked++) {
        int64_t endless_ms = lease_until_ms(asked, LEASE_NO_TTL, 100);
        int64_t later_ms = lease_until_ms(asked, 500, 100), own_ms = lease_until_ms(asked, 100, 100);
        cr_expect(lease_is_of_endless(endless_ms) && !lease_is_keys_own(endless_ms));
        cr_expect(!lease_is_of_endless(later_ms) && !lease_is_keys_own(later_ms));
        cr_expect(!lease_is_of_endless(own_ms) && lease_is_keys_own(own_ms));
        cr_expect(endless_ms <= asked + 100 && endless_ms >= asked + 97);
        cr_expect(later_ms <= asked + 100 && later_ms >= asked + 97);
    }
    for (int64_t ttl = 1; ttl < 20; ttl++) {
        int64_t until_ms = lease_until_ms(1000, ttl, 0);
        cr_expect(until_ms <= 1000 + ttl && until_ms >= 1000 + ttl - 1);
    }
}
