/*
 * The files of the page: whole, small, kept by a browser, and without anything that its own policy forbids.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/e2e/http/server.h"
#include "tests/support/client/expect.h"
#include "tests/support/client/http.h"

#define PAGE_BYTES_MAX 40000

static struct http_server server;

static void open_all(void)
{
    http_server_start(&server, OPTIONS("--threads", "1"));
}

static void close_all(void)
{
    http_server_stop(&server);
}

TestSuite(page_files, .init = open_all, .fini = close_all);

static const struct {
    const char *path, *type;
} files[] = {
    { "/", "text/html; charset=utf-8" },
    { "/page.css", "text/css; charset=utf-8" },
    { "/page.js", "text/javascript; charset=utf-8" },
    { "/chart.js", "text/javascript; charset=utf-8" },
    { "/element.js", "text/javascript; charset=utf-8" },
    { "/format.js", "text/javascript; charset=utf-8" },
    { "/history.js", "text/javascript; charset=utf-8" },
    { "/inside.js", "text/javascript; charset=utf-8" },
    { "/panel.js", "text/javascript; charset=utf-8" },
    { "/page.svg", "image/svg+xml" },
};

static struct http_answer get(const char *path, const char *fields, int status)
{
    char line[64];
    snprintf(line, sizeof line, "GET %s", path);
    return http_expect(&server.http, line, fields, status);
}

Test(page_files, all_together_they_are_small)
{
    size_t sum = 0;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct http_answer answer = get(files[i].path, "", 200);
        cr_expect(http_answer_has(&answer, "Content-Type", files[i].type), "%s", files[i].path);
        cr_expect_gt(answer.body.len, 0);
        sum += answer.body.len;
    }
    cr_expect_lt(sum, PAGE_BYTES_MAX, "%zu bytes", sum);
}

Test(page_files, a_browser_that_has_a_file_is_not_sent_it_again)
{
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char fields[128];
        struct http_answer answer = get(files[i].path, "", 200);
        struct slice etag = http_answer_field(&answer, "ETag");
        cr_assert(etag.len == 34 && http_answer_has(&answer, "Cache-Control", "no-cache"));
        snprintf(fields, sizeof fields, "If-None-Match: \"x\", W/%.*s\r\n", (int)etag.len, etag.data);
        answer = get(files[i].path, fields, 304);
        cr_expect_eq(answer.body.len, 0);
        get(files[i].path, "If-None-Match: \"00000000000000000000000000000000\"\r\n", 200);
    }
}

Test(page_files, nothing_in_them_needs_more_than_the_policy_allows)
{
    static const char *const forbidden[] = { "<style", "style=\"", " on", "javascript:", "//" };
    struct http_answer answer = get("/", "", 200);
    struct slice policy = http_answer_field(&answer, "Content-Security-Policy");
    cr_expect(policy.len > 18 && memcmp(policy.data, "default-src 'self'", 18) == 0);
    cr_expect(http_answer_has(&answer, "X-Content-Type-Options", "nosniff"));
    for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++)
        cr_expect_null(memmem(answer.body.data, answer.body.len, forbidden[i], strlen(forbidden[i])), "%s",
                       forbidden[i]);
}

Test(page_files, they_are_read_only)
{
    struct http_answer answer = http_expect(&server.http, "POST /", "\r\nx", 405);
    cr_expect(http_answer_has(&answer, "Allow", "GET, HEAD"));
    http_server_reconnect(&server);
    get("/page.html", "", 404);
    get("/page.css/", "", 404);
    get("/page", "", 404);
    get("/?why=k", "", 400);
}

Test(page_files, where_a_password_is_set_the_browser_asks_for_it)
{
    expect(&server.resp, "CONFIG SET requirepass secret", "OK");
    struct http_answer answer = get("/", "", 401);
    cr_expect(http_answer_has(&answer, "WWW-Authenticate", "Basic realm=\"Nuthatch\", charset=\"UTF-8\""));
    get("/page.js", "", 401);
    get("/", "Authorization: Basic ZGVmYXVsdDpzZWNyZXQ=\r\n", 200);
}
