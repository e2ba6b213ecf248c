#include "server/exec/command/table.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "server/commands/catalog/families.h"

static struct command_table *table;

static void create(void)
{
    table = command_table_create(command_families, NULL, NULL);
    cr_assert_not_null(table);
}

static void destroy(void)
{
    command_table_destroy(&table);
}

TestSuite(command_table, .init = create, .fini = destroy);

static const struct command_info *find(const char *name)
{
    return command_table_find(table, slice_of_cstr(name));
}

Test(command_table, finds_every_command_in_any_case)
{
    for (size_t i = 0; i < command_table_len(table); i++) {
        const struct command_info *command = command_table_at(table, i);
        char name[32] = "";
        for (size_t c = 0; command->name[c] != '\0'; c++)
            name[c] = (char)toupper((unsigned char)command->name[c]);
        cr_expect_eq(find(command->name), command, "%s", command->name);
        cr_expect_eq(find(name), command, "%s", name);
    }
}

Test(command_table, finds_nothing_under_other_names)
{
    static const char *const others[] = { "",     "g",    "ge",   "gett",        "GETT", "nosuchcommand",
                                          "get ", "tget", "get|", "client|list", "|" };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        cr_expect_null(find(others[i]), "%s", others[i]);
    cr_expect_null(command_table_find(table, SLICE("get\0")));
}

Test(command_table, only_letters_have_two_cases)
{
    static const char folded_alike[] = "\x07\x05\x14"; /* "get" without the bits that make letters of it */
    cr_expect_null(find(folded_alike));
    cr_expect_null(find("ge\xd4"));
    cr_expect_null(find("G\x65T\x20"));
}

Test(command_table, reads_no_byte_behind_a_name)
{
    /* The sanitizer watches the ends of an exactly sized block. */
    for (size_t len = 0; len <= 40; len++) {
        char *name = malloc(len);
        if (len > 0) memset(name, 'x', len);
        cr_expect_null(command_table_find(table, slice_of(name, len)));
        free(name);
    }
}

Test(command_table, numbers_are_dense_and_lead_back)
{
    for (unsigned id = 0; id < command_table_ids(table); id++) {
        cr_expect_eq(command_table_by_id(table, id)->id, id);
    }
    cr_expect_gt(command_table_ids(table), command_table_len(table));
}

Test(command_table, full_names_lead_to_subcommands)
{
    const struct command_info *count = command_table_find_full(table, SLICE("Command|COUNT"));
    cr_assert_not_null(count);
    cr_expect_str_eq(count->full_name, "command|count");
    cr_expect_str_eq(count->name, "count");
    cr_expect_eq(count->parent, find("command"));
    cr_expect_eq(command_find_subcommand(find("command"), SLICE("cOUNT")), count);

    cr_expect_null(command_table_find_full(table, SLICE("command|")));
    cr_expect_null(command_table_find_full(table, SLICE("command|count|x")));
    cr_expect_null(command_table_find_full(table, SLICE("dbsize|x")));
    cr_expect_null(command_table_find_full(table, SLICE("|")));
    cr_expect_null(command_table_find_full(table, SLICE("")));
}

Test(command_table, a_call_leads_to_its_command)
{
    struct slice usage[] = { SLICE("MEMORY"), SLICE("usage"), SLICE("key") };
    const struct command_info *command = command_table_find_call(table, usage, 3);
    cr_assert_not_null(command);
    cr_expect_str_eq(command->full_name, "memory|usage");
    cr_expect_eq(command_table_find_call(table, usage, 1), find("memory"));

    struct slice unknown[] = { SLICE("memory"), SLICE("nosuch") };
    cr_expect_null(command_table_find_call(table, unknown, 2));
    struct slice plain[] = { SLICE("dbsize"), SLICE("usage") };
    cr_expect_eq(command_table_find_call(table, plain, 2), find("dbsize"));
}

Test(command_table, arity_follows_from_the_syntax)
{
    static const struct {
        const char *name;
        int arity;
    } expected[] = {
        { "command", -1 },      { "command|count", 2 }, { "command|getkeys", -4 }, { "command|list", -2 },
        { "dbsize", 1 },        { "flushall", -1 },     { "swapdb", 3 },           { "memory", -2 },
        { "memory|usage", -3 }, { "wait", 3 },
    };
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        const struct command_info *command = command_table_find_full(table, slice_of_cstr(expected[i].name));
        cr_assert_not_null(command, "%s", expected[i].name);
        cr_expect_eq(command->arity, expected[i].arity, "%s: %d", expected[i].name, command->arity);
    }
}

Test(command_table, a_call_is_held_against_the_arity)
{
    cr_expect(command_accepts(find("dbsize"), 1));
    cr_expect_not(command_accepts(find("dbsize"), 2));
    cr_expect(command_accepts(find("flushall"), 1));
    cr_expect(command_accepts(find("flushall"), 5));
    cr_expect_not(command_accepts(find("memory"), 1));
}

Test(command_table, every_row_says_what_the_documentation_needs)
{
    for (unsigned id = 0; id < command_table_ids(table); id++) {
        const struct command_info *command = command_table_by_id(table, id);
        const struct command *row = command->row;
        cr_expect_not_null(row->summary, "%s", command->full_name);
        cr_expect_not_null(row->since, "%s", command->full_name);
        cr_expect_not_null(row->group, "%s", command->full_name);
        cr_expect(row->run == NULL || row->reply != NULL, "%s", command->full_name);
        cr_expect(row->run != NULL || row->subcommands != NULL, "%s", command->full_name);
        cr_expect_eq(row->keys[0].first != 0 && row->keys[0].step < 1, false, "%s", command->full_name);
    }
}

static struct command_rename_refusal refusal;

static struct command_table *renamed(const char *old, const char *new)
{
    const char *const renames[] = { old, new, NULL };
    return command_table_create(command_families, renames, &refusal);
}

Test(command_table, a_renamed_command_has_only_its_new_name)
{
    struct command_table *other = renamed("DBSIZE", "HowMany");
    cr_assert_not_null(other, "%s", refusal.complaint);
    cr_expect_null(command_table_find(other, SLICE("dbsize")));
    const struct command_info *command = command_table_find(other, SLICE("HOWMANY"));
    cr_assert_not_null(command);
    cr_expect_str_eq(command->name, "howmany");
    cr_expect_str_eq(command->full_name, "dbsize", "as Redis reports it");
    command_table_destroy(&other);
}

Test(command_table, a_command_renamed_to_nothing_is_gone)
{
    struct command_table *other = renamed("memory", "");
    cr_assert_not_null(other, "%s", refusal.complaint);
    cr_expect_null(command_table_find(other, SLICE("memory")));
    cr_expect_eq(command_table_len(other), command_table_len(table) - 1);
    cr_expect_lt(command_table_ids(other), command_table_ids(table) - 1);
    for (unsigned id = 0; id < command_table_ids(other); id++)
        cr_expect_eq(command_table_by_id(other, id)->id, id);
    command_table_destroy(&other);
}

Test(command_table, renames_see_those_before_them)
{
    const char *const renames[] = { "time", "spare", "role", "time", "SPARE", "role", NULL };
    struct command_table *other = command_table_create(command_families, renames, &refusal);
    cr_assert_not_null(other, "%s", refusal.complaint);
    cr_expect_str_eq(command_table_find(other, SLICE("time"))->full_name, "role");
    cr_expect_str_eq(command_table_find(other, SLICE("role"))->full_name, "time");
    cr_expect_null(command_table_find(other, SLICE("spare")));
    command_table_destroy(&other);
}

Test(command_table, a_refusal_says_which_pair_it_means)
{
    const char *const renames[] = { "time", "spare", "role", "spare", NULL };
    cr_expect_null(command_table_create(command_families, renames, &refusal));
    cr_expect_eq(refusal.pair, 1);
    cr_expect_str_eq(refusal.complaint, "Target command name already exists");
}

Test(command_table, impossible_renames_are_refused)
{
    cr_expect_null(renamed("nosuch", "other"));
    cr_expect_str_eq(refusal.complaint, "No such command in rename-command");
    cr_expect_null(renamed("dbsize", "TIME"));
    cr_expect_str_eq(refusal.complaint, "Target command name already exists");
}

/* B11 */
Test(command_table, a_name_that_has_become_free_may_be_given_to_another)
{
    const char *const renames[] = { "FCALL", "", "FuncTion", "check", "time", "function", NULL };
    struct command_table *other = command_table_create(command_families, renames, &refusal);
    cr_assert_not_null(other, "%s", refusal.complaint);
    cr_expect_null(command_table_find(other, SLICE("fcall")));
    cr_expect_str_eq(command_table_find(other, SLICE("check"))->full_name, "function");
    cr_expect_str_eq(command_table_find(other, SLICE("FUNCTION"))->full_name, "time");
    command_table_destroy(&other);
}

/* B11 */
Test(command_table, a_name_that_a_command_of_redis_has_is_taken)
{
    cr_expect_null(renamed("time", "BGSAVE"));
    cr_expect_str_eq(refusal.complaint, "Target command name already exists");
    cr_expect_null(renamed("waitaof", "get"));
    cr_expect_str_eq(refusal.complaint, "Target command name already exists");
    const char *const twice[] = { "waitaof", "", "waitaof", "", NULL };
    cr_expect_null(command_table_create(command_families, twice, &refusal));
    cr_expect_str_eq(refusal.complaint, "No such command in rename-command");
}

/* B11 */
Test(command_table, a_command_may_keep_its_name)
{
    struct command_table *other = renamed("GET", "get");
    cr_assert_not_null(other, "%s", refusal.complaint);
    cr_expect_str_eq(command_table_find(other, SLICE("GET"))->full_name, "get");
    command_table_destroy(&other);
}

/* B11: who hides a command calls it by a hash, as redis.conf advises. */
Test(command_table, a_new_name_may_be_long)
{
    static const char hash[] =
        "B840fc02d524045429941cc15f59e41cb7be6c52b840fc02d524045429941cc15f59e41cb7be6c52";
    struct command_table *other = renamed("config", hash);
    cr_assert_not_null(other, "%s", refusal.complaint);
    cr_expect_str_eq(command_table_find(other, slice_of_cstr(hash))->full_name, "config");
    cr_expect_null(command_table_find(other, SLICE("config")));
    command_table_destroy(&other);
}
