#include "server/config/config.h"

#include <criterion/criterion.h>

#include "server/config/option.h"
#include "tests/unit/server/config/fixture.h"

#define CSF(name, complaint) "ERR CONFIG SET failed (possibly related to argument '" name "') - " complaint

Test(config, starts_with_the_defaults_of_redis)
{
    struct config *config = load("");
    expect_get(config, "port", "port 6379\n");
    expect_get(config, "databases", "databases 16\n");
    expect_get(config, "save", "save 3600 1 300 100 60 10000\n");
    expect_get(config, "proto-max-bulk-len", "proto-max-bulk-len 536870912\n");
    expect_get(config, "protected-mode", "protected-mode yes\n");
    cr_expect_eq(SETTING(config_settings(config), maxclients), 10000);
    cr_expect_geq(SETTING(config_settings(config), threads), 1);
    cr_expect_leq(SETTING(config_settings(config), threads), 8);
    config_destroy(&config);
}

Test(config, reads_a_file_and_the_last_line_wins)
{
    struct config *config = load("PORT 7000\nmaxmemory 1GB\nport 7001\nrequirepass \"a b\"\n");
    cr_expect_eq(SETTING(config_settings(config), port), 7001);
    cr_expect_eq(SETTING(config_settings(config), maxmemory), 1 << 30);
    cr_expect(settings_text_equals(config_settings(config), TEXT_REQUIREPASS, SLICE("a b")));
    cr_expect_not(settings_text_equals(config_settings(config), TEXT_REQUIREPASS, SLICE("a")));
    cr_expect_not(settings_text_equals(config_settings(config), TEXT_REQUIREPASS, SLICE("")));
    config_destroy(&config);
}

Test(config, refuses_what_redis_refuses_in_its_words)
{
    expect_refused("port abc", 1, "argument couldn't be parsed into an integer");
    expect_refused("\nport 65536", 2, "argument must be between 0 and 65535 inclusive");
    expect_refused("port", 1, "wrong number of arguments");
    expect_refused("port 1 2", 1, "wrong number of arguments");
    expect_refused("nosuch 1", 1, "Bad directive or wrong number of arguments");
    expect_refused("include", 1, "Bad directive or wrong number of arguments");
    expect_refused("maxmemory 10zz", 1, "argument must be a memory value");
    expect_refused("daemonize maybe", 1, "argument must be 'yes' or 'no'");
    expect_refused("loglevel loud", 1,
                   "argument(s) must be one of the following: debug, verbose, notice, warning");
    expect_refused("unixsocketperm 888", 1, "argument couldn't be parsed as an octal number");
    expect_refused("unixsocketperm 1777", 1, "argument must be between 0 and 777 inclusive");
    expect_refused("save 900", 1, "Invalid save parameters");
    expect_refused("sentinel x", 1, "sentinel directive while not in sentinel mode");
    expect_refused("proc-title-template {x}", 1, "template format is invalid or contains unknown variables");
}

Test(config, adds_save_lines_up_and_empties_them)
{
    struct config *config = load("save 900 1\nsave 300 10\n");
    expect_get(config, "save", "save 900 1 300 10\n");
    config_destroy(&config);

    config = load("save 900 1\nsave \"\"\n");
    expect_get(config, "save", "save \n");
    expect_set(config, "save,60 5", "OK");
    expect_get(config, "save", "save 60 5\n");
    config_destroy(&config);
}

Test(config, keeps_the_output_limits_that_are_not_named)
{
    struct config *config = load("client-output-buffer-limit normal 1mb 512kb 10\n");
    expect_get(config, "client-output-buffer-limit",
               "client-output-buffer-limit normal 1048576 524288 10 slave 268435456 67108864 60 "
               "pubsub 33554432 8388608 60\n");
    expect_set(config, "client-output-buffer-limit,replica 3 4 5", "OK");
    struct settings *settings = config_settings(config);
    cr_expect_eq(SETTING(settings, output_limits[CLIENT_NORMAL].hard_bytes), 1 << 20);
    cr_expect_eq(SETTING(settings, output_limits[CLIENT_REPLICA].soft_s), 5);
    cr_expect_eq(SETTING(settings, output_limits[CLIENT_PUBSUB].soft_bytes), 8 << 20);
    config_destroy(&config);
}

Test(config, knows_an_option_by_all_its_names)
{
    struct config *config = load("io-threads 3\nhash-max-ziplist-entries 7\n");
    cr_expect_eq(SETTING(config_settings(config), threads), 3);
    expect_get(config, "threads", "threads 3\n");
    expect_get(config, "hash-max-*-entries", "hash-max-listpack-entries 7\nhash-max-ziplist-entries 7\n");
    config_destroy(&config);
}

Test(config, answers_a_name_as_it_was_spelled)
{
    struct config *config = load("");
    expect_get(config, "PORT", "PORT 6379\n");
    expect_get(config, "P?RT", "port 6379\n");
    expect_get(config, "nosuch", "");
    config_destroy(&config);
}

Test(config, sets_all_or_nothing)
{
    struct config *config = load("");
    expect_set(config, "maxclients,100,timeout,5", "OK");
    expect_set(config, "maxclients,200,timeout,x",
               CSF("timeout", "argument couldn't be parsed into an integer"));
    expect_get(config, "maxclients", "maxclients 100\n");
    expect_set(config, "maxclients,200,nosuch,1",
               "ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'");
    expect_set(config, "maxclients,0",
               CSF("maxclients", "argument must be between 1 and 4294967295 inclusive"));
    expect_set(config, "port,1,PORT,2", CSF("PORT", "duplicate parameter"));
    expect_set(config, "databases,3", CSF("databases", "can't set immutable config"));
    expect_set(config, "dir,/tmp", CSF("dir", "can't set protected config"));
    cr_expect_eq(SETTING(config_settings(config), maxclients), 100);
    cr_expect_eq(SETTING(config_settings(config), port), 6379);
    config_destroy(&config);
}

Test(config, lets_the_policy_follow_maxmemory_until_one_is_chosen)
{
    struct config *config = load("maxmemory 100mb");
    expect_get(config, "maxmemory-policy", "maxmemory-policy allkeys-lru\n");
    expect_set(config, "maxmemory,0", "OK");
    expect_get(config, "maxmemory-policy", "maxmemory-policy noeviction\n");
    expect_set(config, "maxmemory-policy,noeviction", "OK");
    expect_set(config, "maxmemory,1gb", "OK");
    cr_expect_eq(SETTING(config_settings(config), maxmemory_policy), POLICY_NOEVICTION);
    config_destroy(&config);
}

Test(config, takes_percentages_of_memory)
{
    struct config *config = load("maxmemory 50%\nmaxmemory-clients 10%\n");
    int64_t maxmemory = SETTING(config_settings(config), maxmemory);
    cr_expect_gt(maxmemory, 0);
    cr_expect_eq(settings_maxmemory_clients(config_settings(config)), maxmemory / 10);
    expect_get(config, "maxmemory-clients", "maxmemory-clients 10%\n");
    expect_set(config, "maxmemory-clients,5m", "OK");
    cr_expect_eq(settings_maxmemory_clients(config_settings(config)), 5000000);
    config_destroy(&config);
    expect_refused("maxmemory 101%", 1, "percentage argument must be less or equal to 100");
}

Test(config, brings_hz_inside_its_range)
{
    struct config *config = load("hz 1000");
    expect_get(config, "hz", "hz 500\n");
    expect_set(config, "hz,0", "OK");
    expect_get(config, "hz", "hz 1\n");
    config_destroy(&config);
}

static void count_warning(void *context, const char *warning)
{
    (void)warning;
    ++*(int *)context;
}

Test(config, warns_once_about_what_has_no_effect)
{
    struct config *config = load("appendonly yes\nrdbchecksum yes\nloadmodule x.so\nport 1\n");
    int warnings = 0;
    config_take_warnings(config, count_warning, &warnings);
    cr_expect_eq(warnings, 2);
    expect_set(config, "appendonly,yes,lazyfree-lazy-expire,yes", "OK");
    config_take_warnings(config, count_warning, &warnings);
    cr_expect_eq(warnings, 3);
    config_destroy(&config);
}

Test(config, keeps_the_users_that_are_declared)
{
    struct config *config = load("port 1\nuser alice on \">p w\" ~a\nUSER default off\n");
    const struct config_user *alice = config_user_at(config, 0);
    cr_assert_not_null(alice);
    cr_expect_eq(alice->count, 4);
    cr_expect_eq(alice->line, 2);
    cr_expect_str_eq(alice->words[0].data, "alice");
    cr_expect_str_eq(alice->words[2].data, ">p w");
    cr_expect_str_eq(config_user_at(config, 1)->words[1].data, "off");
    cr_expect_null(config_user_at(config, 2));
    expect_refused("user\n", 1, "Bad directive or wrong number of arguments");
    config_destroy(&config);
}

Test(config, accepts_what_asks_for_no_protection)
{
    struct config *config = load("aclfile \"\"\ntls-port 0\n");
    int warnings = 0;
    config_take_warnings(config, count_warning, &warnings);
    cr_expect_eq(warnings, 0);
    config_destroy(&config);
}

Test(config, keeps_renames_in_order_with_their_place)
{
    struct config *config = load("port 1\nrename-command FLUSHALL \"\"\nrename-command get fetch\n");
    const struct config_rename *second = config_rename_at(config, 1);
    cr_expect_str_eq(config_rename_at(config, 0)->to, "");
    cr_expect_str_eq(second->from, "get");
    cr_expect_str_eq(second->to, "fetch");
    cr_expect_null(config_rename_at(config, 2));

    struct buffer report = { 0 };
    config_refuse_rename(second, "No such command in rename-command", &report);
    buffer_append(&report, "", 1);
    cr_expect_not_null(strstr(report.data, "at line 3\n>>> 'rename-command get fetch'\nNo such command"));
    buffer_clear(&report);
    config_destroy(&config);
}

struct listener {
    int calls;
    int64_t port;
    bool refuses;
};

static bool listen_again(void *context, struct settings *settings, struct buffer *complaint)
{
    struct listener *listener = context;
    listener->calls++;
    listener->port = SETTING(settings, port);
    if (listener->refuses && listener->port != 6379) {
        buffer_printf(complaint, "Unable to listen on this port. Check server logs.");
        return false;
    }
    return true;
}

Test(config, runs_a_hook_once_per_set_and_only_for_changes)
{
    struct config *config = load("");
    struct listener listener = { 0 };
    config_on_change(config, "port", listen_again, &listener);
    config_on_change(config, "bind", listen_again, &listener);

    expect_set(config, "port,7000,bind,127.0.0.1", "OK");
    cr_expect_eq(listener.calls, 1);
    cr_expect_eq(listener.port, 7000);
    expect_set(config, "port,7000,timeout,1", "OK");
    cr_expect_eq(listener.calls, 1);
    config_destroy(&config);
}

Test(config, puts_everything_back_when_a_hook_refuses)
{
    struct config *config = load("");
    struct listener good = { 0 }, bad = { .refuses = true };
    config_on_change(config, "maxclients", listen_again, &good);
    config_on_change(config, "port", listen_again, &bad);

    expect_set(config, "maxclients,5,port,7000",
               CSF("port", "Unable to listen on this port. Check server logs."));
    expect_get(config, "maxclients", "maxclients 10000\n");
    cr_expect_eq(SETTING(config_settings(config), port), 6379);
    cr_expect_eq(good.calls, 2);
    cr_expect_eq(good.port, 6379);
    cr_expect_eq(bad.port, 6379);
    config_destroy(&config);
}

Test(config, has_rows_that_keep_their_own_rules)
{
    struct config *config = config_create(); /* reads every default */
    for (const struct option_group *group = option_groups; group->title != NULL; group++) {
        for (const struct option *row = group->rows; row->name != NULL; row++) {
            bool effective = row->kind != OPTION_ALIAS && !(row->flags & OPTION_IGNORED);
            cr_expect(!effective || row->summary != NULL, "%s has no summary", row->name);
            cr_expect(row->kind != OPTION_ALIAS || row->of != NULL, "%s is an alias of nothing", row->name);
            cr_expect(row->kind != OPTION_ENUM || row->choices != NULL, "%s has no choices", row->name);
            cr_expect(row->kind != OPTION_MULTI || row->format != NULL, "%s has no format", row->name);
        }
    }
    config_destroy(&config);
}
