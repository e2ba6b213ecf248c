#include "server/config/upstream_url.h"

#include <criterion/criterion.h>

static struct upstream_url url;

static void expect_read(const char *text, const char *host, int port, unsigned db)
{
    const char *complaint = upstream_url_read(&url, slice_of_cstr(text));
    cr_assert(complaint == NULL, "%s: %s", text, complaint);
    cr_expect_str_eq(url.host, host);
    cr_expect_eq(url.port, port);
    cr_expect_eq(url.db, db);
}

static void expect_complaint(const char *text, const char *complaint)
{
    const char *said = upstream_url_read(&url, slice_of_cstr(text));
    cr_assert(said != NULL, "%s was taken", text);
    cr_expect_str_eq(said, complaint, "%s: %s", text, said);
}

static void expect_shown(const char *text, const char *shown)
{
    struct buffer out = { 0 };
    upstream_url_show(slice_of_cstr(text), &out);
    cr_expect(slice_equal(buffer_slice(&out), slice_of_cstr(shown)), "%.*s", (int)out.len, out.data);
    buffer_clear(&out);
}

Test(upstream_url, names_a_host_a_port_and_a_database)
{
    expect_read("redis://cache.example:7000/3", "cache.example", 7000, 3);
    expect_read("redis://cache", "cache", 6379, 0);
    expect_read("REDIS://cache/", "cache", 6379, 0);
    expect_read("redis://[::1]:7000", "::1", 7000, 0);
    expect_read("redis://[fe80::1]", "fe80::1", 6379, 0);
}

Test(upstream_url, names_a_unix_socket)
{
    expect_read("unix:/run/redis.sock", "/run/redis.sock", 0, 0);
    cr_expect(url.unix_socket);
    expect_read("unix:/run/redis.sock?db=2", "/run/redis.sock", 0, 2);
    expect_read("unix://me:pw@/run/redis.sock", "/run/redis.sock", 0, 0);
    cr_expect_str_eq(url.password, "pw");
}

Test(upstream_url, holds_a_user_and_a_password)
{
    expect_read("redis://:pw@h:1", "h", 1, 0);
    cr_expect_str_eq(url.user, "");
    cr_expect_str_eq(url.password, "pw");
    expect_read("redis://me:p%40w%3a/%2f@h:1/2", "h", 1, 2);
    cr_expect_str_eq(url.user, "me");
    cr_expect_str_eq(url.password, "p@w:/"
                                   "/");
    expect_read("redis://me:p@w@h:1", "h", 1, 0);
    cr_expect_str_eq(url.password, "p@w");
    expect_read("redis://me:%61@h", "h", 6379, 0);
    cr_expect_str_eq(url.password, "a");
}

Test(upstream_url, names_one_that_is_encrypted)
{
    expect_read("rediss://me:pw@h:1/2", "h", 1, 2);
    cr_expect(url.tls);
    expect_read("rediss://h", "h", 6379, 0);
    expect_read("redis://h", "h", 6379, 0);
    cr_expect_not(url.tls);
}

Test(upstream_url, says_what_is_wrong)
{
    expect_complaint("h:1", "the upstream must be redis://host:port, rediss://host:port or unix:/path");
    expect_complaint("redis://", "the upstream has no host");
    expect_complaint("redis://h:0", "the upstream's port must be a number from 1 to 65535");
    expect_complaint("redis://h:x", "the upstream's port must be a number from 1 to 65535");
    expect_complaint("redis://h:65536", "the upstream's port must be a number from 1 to 65535");
    expect_complaint("redis://h/x", "the upstream's database must be a number");
    expect_complaint("redis://h/-1", "the upstream's database must be a number");
    expect_complaint("redis://me@h", "the upstream's user has no password");
    expect_complaint("redis://:%4@h", "the user or password of the upstream is too long or wrongly escaped");
    expect_complaint("redis://[::1", "the upstream's address lacks a ]");
    expect_complaint("redis://[::1]x", "the upstream's address goes on behind its ]");
    expect_complaint("unix:relative", "the path of the upstream's socket must start with a /");
    expect_complaint("unix:/p?x=1", "only db=n may stand behind the upstream's ?");
}

Test(upstream_url, never_shows_a_password)
{
    expect_shown("redis://me:secret@h:1/2", "redis://me:***@h:1/2");
    expect_shown("redis://:secret@h", "redis://:***@h");
    expect_shown("redis://:se:cr@et@h", "redis://:***@h");
    expect_shown("redis://h:1", "redis://h:1");
    expect_shown("unix:/a@b", "unix:/a@b");
    expect_shown("", "");
}
