#include "server/observe/secrets.h"

#include <criterion/criterion.h>

static uint64_t hidden(const struct slice *argv, int argc)
{
    return secrets_of(argv[0], argv, argc);
}

#define HIDDEN(...)                                                                                          \
    hidden((const struct slice[]){ __VA_ARGS__ },                                                            \
           (int)(sizeof((const struct slice[]){ __VA_ARGS__ }) / sizeof(struct slice)))

/* C10 */
Test(secrets, are_passwords_wherever_redis_takes_one)
{
    cr_expect_eq(HIDDEN(SLICE("AUTH"), SLICE("u"), SLICE("p")), 6);
    cr_expect_eq(HIDDEN(SLICE("hello"), SLICE("3"), SLICE("auth"), SLICE("u"), SLICE("p")), 24);
    cr_expect_eq(HIDDEN(SLICE("acl"), SLICE("SETUSER"), SLICE("bob"), SLICE(">x")), 12);
    cr_expect_eq(HIDDEN(SLICE("acl"), SLICE("whoami")), 0);
    cr_expect_eq(
        HIDDEN(SLICE("config"), SLICE("set"), SLICE("save"), SLICE(""), SLICE("masterauth"), SLICE("x")), 32);
    cr_expect_eq(HIDDEN(SLICE("migrate"), SLICE("h"), SLICE("1"), SLICE("k"), SLICE("0"), SLICE("9"),
                        SLICE("AUTH2"), SLICE("u"), SLICE("p")),
                 384);
    cr_expect_eq(HIDDEN(SLICE("set"), SLICE("auth"), SLICE("x")), 0);
}

/* C10: an argument that no bit of its own stands for is hidden with all that follow. */
Test(secrets, far_behind_are_hidden_too)
{
    struct slice words[100];
    for (int i = 0; i < 100; i++) words[i] = SLICE("save");
    words[0] = SLICE("config");
    words[1] = SLICE("set");
    words[80] = SLICE("requirepass");
    uint64_t secrets = hidden(words, 100);
    cr_expect(secrets_hide(secrets, 81));
    cr_expect_not(secrets_hide(secrets, 62));
}
