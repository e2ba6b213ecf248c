/*
 * Programs that bring scripts: redis-py's locks and registered scripts, and redis-cli --eval; here, and
 * through a near cache.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/e2e/tier/tier.h"
#include "tests/support/process/capture.h"

TestSuite(script_clients, .timeout = 300);

static void use_redis_py(int port)
{
    struct capture out;
    char text[16];
    snprintf(text, sizeof text, "%d", port);
    capture_run(&out, ARGV(NUTHATCH_PYTHON, NUTHATCH_SOURCE_DIR "/tests/e2e/scripts/scripts_client.py", text),
                SLICE(""), 120000);
    cr_assert(out.code == 0 && capture_contains(&out, "all well"), "%s", out.text);
    capture_clear(&out);
}

static void run_cli(int port, const char *const *words, const char *input, const char *wanted)
{
    struct capture out;
    char text[16];
    const char *argv[16] = { "redis-cli", "-p", text };
    snprintf(text, sizeof text, "%d", port);
    for (size_t i = 0; words[i] != NULL && i + 4 < 16; i++) argv[i + 3] = words[i];
    capture_run(&out, argv, slice_of_cstr(input), 30000);
    cr_assert_str_eq(out.text, wanted);
    capture_clear(&out);
}

/* Keys and arguments are parted by a comma, as redis-cli wants it. */
static void use_redis_cli(const struct instance *server)
{
    char path[SCRATCH_PATH_MAX];
    int port = server->port;
    scratch_write(&server->scratch, "script.lua",
                  "-- counts up to a limit\n"
                  "local n = redis.call('INCRBY', KEYS[1], ARGV[1])\n"
                  "if n > tonumber(ARGV[2]) then return redis.error_reply('ERR too many') end\n"
                  "return { n, KEYS[2], #KEYS, #ARGV, false, 'text' }\n",
                  path);
    run_cli(port, ARGV("--eval", path, "counter", "other", ",", "2", "5"), "", "2\nother\n2\n2\n\ntext\n");
    run_cli(port, ARGV("-3", "--eval", path, "counter", "other", ",", "2", "5"), "",
            "4\nother\n2\n2\n\ntext\n");
    run_cli(port, ARGV("--eval", path, "counter", "other", ",", "2", "5"), "", "ERR too many\n\n");
    run_cli(port, ARGV("GET", "counter"), "", "6\n");
    run_cli(port, ARGV("-x", "SCRIPT", "LOAD"), "return 1", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db\n");
    run_cli(port, ARGV("EVALSHA", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db", "0"), "", "1\n");
    scratch_write(&server->scratch, "script.lua", "return nosuch(", path);
    struct capture out;
    char text[16];
    snprintf(text, sizeof text, "%d", port);
    capture_run(&out, ARGV("redis-cli", "-p", text, "--eval", path), SLICE(""), 30000);
    cr_assert(capture_contains(&out, "ERR Error compiling script (new function): user_script:1:"), "%s",
              out.text);
    capture_clear(&out);
}

Test(script_clients, redis_py_has_its_locks_and_scripts_here)
{
    struct instance server;
    instance_start(&server, INSTANCE_NUTHATCH, OPTIONS("--threads", "2"));
    use_redis_py(server.port);
    instance_stop(&server);
}

Test(script_clients, redis_py_has_its_locks_and_scripts_behind_a_near_cache)
{
    struct tier_example tier;
    tier_open(&tier, OPTIONS("--threads", "2"));
    use_redis_py(tier.server.port);
    tier_close(&tier);
}

Test(script_clients, redis_cli_evaluates_a_file_here)
{
    struct instance server;
    instance_start(&server, INSTANCE_NUTHATCH, NULL);
    use_redis_cli(&server);
    instance_stop(&server);
}

Test(script_clients, redis_cli_evaluates_a_file_behind_a_near_cache)
{
    struct tier_example tier;
    tier_open(&tier, NULL);
    use_redis_cli(&tier.server);
    tier_close(&tier);
}
