/*
 * curl, as people use it.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/e2e/http/server.h"
#include "tests/support/client/expect.h"
#include "tests/support/process/child.h"

static struct http_server server;
static struct scratch scratch;

static void open_all(void)
{
    scratch_init(&scratch);
    http_server_start(&server, NULL);
}

static void close_all(void)
{
    http_server_stop(&server);
    scratch_clear(&scratch);
}

TestSuite(http_curl, .init = open_all, .fini = close_all);

/* The status that curl is told, with further words of its command line. */
static int status_of(const char *path, const char *const *words)
{
    char url[128], out[SCRATCH_PATH_MAX];
    const char *argv[24] = { "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}" };
    size_t argc = 6;
    int status = 0;
    snprintf(url, sizeof url, "http://localhost:%d%s", server.port, path);
    scratch_path(&scratch, "out", out);
    remove(out);
    for (; *words != NULL; words++) argv[argc++] = *words;
    argv[argc++] = url;
    cr_assert_eq(child_run(&(struct child_options){ .argv = argv, .output_path = out }, 20000), 0);
    FILE *file = fopen(out, "r");
    cr_assert(file != NULL && fscanf(file, "%d", &status) == 1);
    fclose(file);
    return status;
}

Test(http_curl, values_are_put_asked_for_and_deleted)
{
    if (system("command -v curl >/dev/null") != 0) cr_skip_test("there is no curl here");
    cr_expect_eq(status_of("/keys/k", OPTIONS("-X", "PUT", "-d", "hello")), 201);
    expect(&server.resp, "GET k", "\"hello\"");
    cr_expect_eq(status_of("/keys/k", OPTIONS("-I")), 200);
    cr_expect_eq(status_of("/keys/k", OPTIONS("-H", "If-None-Match: \"b5e9c1ad071b3e7fc779cfaa5e523818\"")),
                 304);
    cr_expect_eq(status_of("/keys/k", OPTIONS("-r", "1-2")), 206);
    cr_expect_eq(status_of("/keys/k", OPTIONS("--http1.0")), 200);
    cr_expect_eq(status_of("/keys/f", OPTIONS("-T", NUTHATCH_BINARY)), 201);
    cr_expect_eq(status_of("/keys/f", OPTIONS("-T", NUTHATCH_BINARY, "-H", "Transfer-Encoding: chunked")),
                 204);
    expect(&server.resp, "CONFIG SET http-max-body 1mb", "OK");
    cr_expect_eq(status_of("/keys/f", OPTIONS("-T", NUTHATCH_BINARY)), 413);
    cr_expect_eq(status_of("/keys/f", OPTIONS("-T", NUTHATCH_BINARY, "-H", "Expect:")), 413);
    cr_expect_eq(status_of("/keys/k", OPTIONS("-X", "DELETE")), 204);
    cr_expect_eq(status_of("/keys/k", OPTIONS("-H", "Host: evil.example")), 421);
}
