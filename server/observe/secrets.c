#include "server/observe/secrets.h"

#include <stddef.h>

static uint64_t from(int arg, int argc)
{
    uint64_t secrets = 0;
    for (; arg < argc; arg++) secrets |= secrets_of_argument(arg);
    return secrets;
}

static bool is(struct slice word, const char *text)
{
    return slice_equal_nocase(word, slice_of_cstr(text));
}

/* `count` arguments behind the word. */
static uint64_t behind(const struct slice *argv, int argc, int first, const char *word, int count)
{
    uint64_t secrets = 0;
    for (int i = first; i + count < argc; i++)
        for (int j = 1; is(argv[i], word) && j <= count; j++) secrets |= secrets_of_argument(i + j);
    return secrets;
}

static uint64_t of_auth(const struct slice *argv, int argc)
{
    (void)argv;
    return from(1, argc);
}

static uint64_t of_hello(const struct slice *argv, int argc)
{
    return behind(argv, argc, 2, "auth", 2);
}

/* Rules of a user are passwords and permissions, and a name can give them away. */
static uint64_t of_acl(const struct slice *argv, int argc)
{
    static const char *const about_users[] = { "setuser", "getuser", "deluser" };
    for (size_t i = 0; argc > 1 && i < sizeof(about_users) / sizeof(*about_users); i++)
        if (is(argv[1], about_users[i])) return from(2, argc);
    return 0;
}

static uint64_t of_migrate(const struct slice *argv, int argc)
{
    return behind(argv, argc, 6, "auth", 1) | behind(argv, argc, 6, "auth2", 2);
}

static uint64_t of_config(const struct slice *argv, int argc)
{
    static const char *const settings[] = { "requirepass",
                                            "masterauth",
                                            "masteruser",
                                            "tls-key-file-pass",
                                            "tls-client-key-file-pass",
                                            "upstream-tls-key-file-pass",
                                            "upstream",
                                            "upstream-user" };
    uint64_t secrets = 0;
    if (argc < 2 || !is(argv[1], "set")) return 0;
    for (int i = 2; i + 1 < argc; i += 2)
        for (size_t s = 0; s < sizeof(settings) / sizeof(*settings); s++)
            if (is(argv[i], settings[s])) secrets |= secrets_of_argument(i + 1);
    return secrets;
}

uint64_t secrets_of(struct slice name, const struct slice *argv, int argc)
{
    static const struct {
        const char *name;
        uint64_t (*find)(const struct slice *argv, int argc);
    } tellers[] = {
        { "acl", of_acl },     { "auth", of_auth },       { "config", of_config },
        { "hello", of_hello }, { "migrate", of_migrate },
    };
    for (size_t i = 0; i < sizeof(tellers) / sizeof(*tellers); i++)
        if (is(name, tellers[i].name)) return tellers[i].find(argv, argc);
    return 0;
}
