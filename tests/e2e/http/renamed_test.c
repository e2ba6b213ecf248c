/*
 * HTTP where commands have other names, or are taken out: a name is a word of RESP.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/e2e/http/server.h"
#include "tests/support/client/expect.h"
#include "tests/support/client/http.h"

static struct http_server server;

static void open_with(const char *const *options)
{
    http_server_start(&server, options);
}

static void close_all(void)
{
    http_server_stop(&server);
}

TestSuite(http_renamed, .fini = close_all);

Test(http_renamed, a_command_serves_http_under_whatever_name)
{
    open_with(OPTIONS("--threads", "1", "--rename-command", "CACHE", "kache", "--rename-command", "SET",
                      "store", "--rename-command", "DEL", "gone", "--rename-command", "AUTH", "login"));
    expect_start(&server.resp, "CACHE GET k", "(error) ERR unknown command");
    http_expect(&server.http, "PUT /keys/k", "\r\nv", 201);
    http_expect(&server.http, "GET /keys/k", "", 200);
    http_expect(&server.http, "HEAD /keys/k", "", 200);
    http_expect(&server.http, "PUT /keys/t", "Surrogate-Key: a b\r\n\r\nv", 201);
    http_expect(&server.http, "PURGE /tags", "Surrogate-Key: a\r\n\r\n", 200);
    http_expect(&server.http, "GET /keys/t", "", 404);
    struct http_answer answer = http_expect(&server.http, "GET /keys/l", "Nuthatch-Lease: 5000\r\n\r\n", 404);
    cr_expect(http_answer_has(&answer, "Nuthatch-State", "win"));
    http_expect(&server.http, "POST /invalidate",
                "Content-Type: application/json\r\n\r\n{\"keys\":[\"t\"],\"tags\":[\"b\"]}", 200);
    http_expect(&server.http, "DELETE /keys/k", "", 204);
    http_expect(&server.http, "GET /stats.json", "", 200);
    expect(&server.resp, "ACL SETUSER ann on >secret ~* +@all", "OK");
    http_expect(&server.http, "GET /keys/k", "Authorization: Basic YW5uOnNlY3JldA==\r\n\r\n", 404);
}

Test(http_renamed, a_name_that_went_to_another_command_is_not_taken_for_the_first)
{
    open_with(
        OPTIONS("--threads", "1", "--rename-command", "DEL", "gone", "--rename-command", "EXISTS", "del"));
    http_expect(&server.http, "PUT /keys/k", "\r\nv", 201);
    expect(&server.resp, "DEL k", "(integer) 1");
    http_expect(&server.http, "DELETE /keys/k", "", 204);
    http_expect(&server.http, "GET /keys/k", "", 404);
}

Test(http_renamed, what_takes_a_command_that_was_taken_out_is_not_implemented)
{
    open_with(OPTIONS("--threads", "1", "--rename-command", "CACHE", "", "--rename-command", "INFO", "",
                      "--rename-command", "SLOWLOG", "", "--rename-command", "CLIENT", ""));
    http_expect(&server.http, "PUT /keys/k", "\r\nv", 201);
    struct http_answer answer = http_expect(&server.http, "GET /keys/k", "", 501);
    cr_expect(slice_equal(answer.body, SLICE("the command for this was taken out (rename-command)\n")));
    http_expect(&server.http, "PUT /keys/k", "Surrogate-Key: a\r\n\r\nv", 501);
    http_expect(&server.http, "PURGE /tags", "Surrogate-Key: a\r\n\r\n", 501);
    http_expect(&server.http, "POST /invalidate",
                "Content-Type: application/json\r\n\r\n{\"keys\":[\"t\"],\"tags\":[\"b\"]}", 501);
    http_expect(&server.http, "GET /metrics", "", 501);
    http_expect(&server.http, "GET /stats.json", "", 501);
    http_expect(&server.http, "DELETE /keys/k", "", 204);
    http_expect(&server.http, "GET /healthz", "", 200);
}

Test(http_renamed, keys_of_an_upstream_are_reached_all_the_same)
{
    struct instance redis;
    char url[64];
    instance_start(&redis, INSTANCE_REDIS, NULL);
    snprintf(url, sizeof url, "redis://127.0.0.1:%d", redis.port);
    open_with(OPTIONS("--threads", "1", "--upstream", url, "--rename-command", "GET", "fetch",
                      "--rename-command", "SET", "store", "--rename-command", "DEL", ""));
    http_expect(&server.http, "PUT /keys/k", "\r\nv", 204);
    for (int i = 0; i < 2; i++) http_expect(&server.http, "GET /keys/k", "", 200);
    http_expect(&server.http, "DELETE /keys/k", "", 501);
    instance_stop(&redis);
}
