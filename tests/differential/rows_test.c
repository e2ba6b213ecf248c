/*
 * What must hold for every row of the command table, whatever the command does.
 */
#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "proto/base/number.h"
#include "server/commands/catalog/families.h"
#include "server/exec/command/table.h"
#include "tests/differential/compare/divergences.h"
#include "tests/differential/generate/catalogue.h"
#include "tests/differential/generate/stream.h"
#include "tests/differential/generate/table_source.h"
#include "tests/support/client/client.h"
#include "tests/support/client/reply_parts.h"
#include "tests/support/client/reply_text.h"
#include "tests/support/process/instance.h"

#define ARGUMENTS_MAX 64

static struct command_table *table;
static struct instance ours, redis;
static struct client client, oracle;

static void open_servers(void)
{
    table = command_table_create(command_families, NULL, NULL);
    instance_start(&ours, INSTANCE_NUTHATCH, NULL);
    instance_start(&redis, INSTANCE_REDIS, NULL);
    cr_assert(client_open_tcp(&client, ours.port));
    cr_assert(client_open_tcp(&oracle, redis.port));
}

static void close_servers(void)
{
    client_close(&client);
    client_close(&oracle);
    instance_stop(&ours);
    instance_stop(&redis);
    command_table_destroy(&table);
}

/* The words of "client|list" into `argv`; how many. */
static size_t split_name(const char *full_name, struct slice *argv)
{
    const char *bar = strchr(full_name, '|');
    argv[0] = slice_of(full_name, bar == NULL ? strlen(full_name) : (size_t)(bar - full_name));
    if (bar == NULL) return 1;
    argv[1] = slice_of_cstr(bar + 1);
    return 2;
}

/* The reply as text, terminated; a connection that the server closed is opened again. */
static const char *ask(struct client *to, int port, size_t argc, const struct slice *argv,
                       struct buffer *text)
{
    struct slice reply;
    text->len = 0;
    if (client_send_argv(to, argc, argv) && client_read(to, &reply)) {
        reply_text(text, reply);
    } else {
        buffer_printf(text, "connection %s", client_trouble_name(to->trouble));
        client_close(to);
        client_open_tcp(to, port);
    }
    buffer_append(text, "", 1);
    return text->data;
}

/* Whatever is wrong about an EXEC is the end of its transaction. */
static const char *arity_error_of(const struct command_info *info)
{
    bool executes = strcmp(info->full_name, "exec") == 0;
    return executes ? "EXECABORT Transaction discarded because of:" : "ERR";
}

static void expect_arity_error(const struct command_info *info, int argc)
{
    struct slice argv[ARGUMENTS_MAX];
    struct buffer got = { 0 };
    char wanted[192];
    size_t names = split_name(info->full_name, argv);
    if (argc < (int)names || argc > ARGUMENTS_MAX) return;
    for (size_t i = names; i < (size_t)argc; i++) argv[i] = SLICE("1");
    snprintf(wanted, sizeof wanted, "(error) %s wrong number of arguments for '%s' command",
             arity_error_of(info), info->full_name);
    ask(&client, ours.port, (size_t)argc, argv, &got);
    cr_expect_str_eq(got.data, wanted, "%s with %d words: %s", info->full_name, argc, got.data);
    buffer_clear(&got);
}

Test(command_rows, a_wrong_number_of_arguments_is_refused, .timeout = 120)
{
    open_servers();
    for (unsigned id = 0; id < command_table_ids(table); id++) {
        const struct command_info *info = command_table_by_id(table, id);
        if (info->arity < 0) {
            expect_arity_error(info, -info->arity - 1);
        } else {
            expect_arity_error(info, info->arity - 1);
            expect_arity_error(info, info->arity + 1);
        }
    }
    close_servers();
}

static struct slice mix_case(struct slice word, char *out)
{
    for (size_t i = 0; i < word.len; i++) {
        unsigned char c = (unsigned char)word.data[i];
        out[i] = (char)(i % 2 == 0 ? toupper(c) : tolower(c));
    }
    return slice_of(out, word.len);
}

Test(command_rows, a_name_is_known_in_any_case, .timeout = 120)
{
    open_servers();
    for (unsigned id = 0; id < command_table_ids(table); id++) {
        const struct command_info *info = command_table_by_id(table, id);
        struct slice argv[ARGUMENTS_MAX];
        char mixed[2][64];
        struct buffer got = { 0 };
        size_t names = split_name(info->full_name, argv);
        for (size_t i = 0; i < names; i++) argv[i] = mix_case(argv[i], mixed[i]);
        /* Too many arguments, so that nothing is run that would be regretted. */
        for (size_t i = names; i < 40; i++) argv[i] = SLICE("no");
        ask(&client, ours.port, 40, argv, &got);
        cr_expect_null(strstr(got.data, "unknown command"), "%s: %s", info->full_name, got.data);
        buffer_clear(&got);
    }
    close_servers();
}

static bool is_redis_command(const char *name)
{
    char line[128];
    snprintf(line, sizeof line, "COMMAND INFO %s", name);
    return reply_part(reply_part(client_ask(&oracle, line), 0), 0).len > 0;
}

Test(command_rows, an_unknown_subcommand_is_named_in_the_error, .timeout = 120)
{
    open_servers();
    for (size_t i = 0; i < command_table_len(table); i++) {
        const struct command_info *info = command_table_at(table, i);
        if (info->subcommand_count == 0 || !is_redis_command(info->name)) continue;
        struct slice argv[] = { slice_of_cstr(info->name), SLICE("Nosuch\r\n'Sub"), SLICE("k") };
        struct buffer mine = { 0 }, other = { 0 };
        ask(&client, ours.port, 3, argv, &mine);
        ask(&oracle, redis.port, 3, argv, &other);
        cr_expect_str_eq(mine.data, other.data, "%s: %s, and Redis: %s", info->name, mine.data, other.data);
        buffer_clear(&mine);
        buffer_clear(&other);
    }
    close_servers();
}

static void explain(const char *name, size_t part, struct slice mine, struct slice other)
{
    static const char *const parts[] = { "name", "arity", "flags", "first key", "last key",
                                         "step", "ACL",   "tips",  "keys",      "subcommands" };
    struct buffer text = { 0 };
    buffer_printf(&text, "%s, %s:\n", name, parts[part]);
    reply_text(&text, mine);
    buffer_printf(&text, "\nbut Redis:\n");
    reply_text(&text, other);
    buffer_append(&text, "", 1);
    cr_expect(false, "%s", text.data);
    buffer_clear(&text);
}

/* An option that Redis lacks makes the number of arguments vary, from what it was up. */
static bool has_new_option(const char *name)
{
    struct divergences divergences;
    bool found = false;
    divergences_read(&divergences);
    for (size_t i = 0; i < divergences.len; i++) {
        const struct divergence *rule = &divergences.items[i];
        found = found ||
                (rule->verb == DIVERGENCE_LACKS && slice_equal_nocase(rule->words[0], slice_of_cstr(name)));
    }
    divergences_clear(&divergences);
    return found;
}

static bool same_arity(const char *name, struct slice mine, struct slice other)
{
    struct buffer negative = { 0 };
    buffer_printf(&negative, ":-%.*s", (int)other.len - 1, other.data + 1);
    bool same = slice_equal(mine, buffer_slice(&negative)) && has_new_option(name);
    buffer_clear(&negative);
    return same;
}

/* All parts but the last, which holds the subcommands. */
static void compare_info(const char *name, struct slice mine, struct slice other)
{
    for (size_t part = 0; part < 9; part++) {
        struct slice ours_part = reply_part(mine, part), redis_part = reply_part(other, part);
        if (slice_equal(ours_part, redis_part)) continue;
        if (part == 1 && same_arity(name, ours_part, redis_part)) continue;
        explain(name, part, ours_part, redis_part);
    }
}

/* The tuple of the subcommand `full_name` in its container's; empty: none. */
static struct slice find_subcommand(struct slice tuple, struct slice full_name)
{
    struct reply_parts parts;
    struct slice part;
    for (reply_parts_init(&parts, reply_part(tuple, 9)); reply_parts_next(&parts, &part);) {
        if (slice_equal(reply_part_text(reply_part(part, 0)), full_name)) return part;
    }
    return slice_of("", 0);
}

static void compare_command(const struct command_info *info)
{
    char line[128];
    snprintf(line, sizeof line, "COMMAND INFO %s", info->name);
    struct slice mine = reply_part(client_ask(&client, line), 0);
    struct slice other = reply_part(client_ask(&oracle, line), 0);
    if (reply_part(other, 0).len == 0) return; /* newer than the oracle */
    compare_info(info->name, mine, other);
    for (size_t i = 0; i < info->subcommand_count; i++) {
        struct slice name = slice_of_cstr(info->subcommands[i].full_name);
        struct slice sub = find_subcommand(other, name);
        if (sub.len > 0) compare_info(name.data, find_subcommand(mine, name), sub);
    }
}

Test(command_rows, command_info_says_what_redis_says, .timeout = 120)
{
    open_servers();
    for (size_t i = 0; i < command_table_len(table); i++) compare_command(command_table_at(table, i));
    close_servers();
}

/* Redis takes the 3 of "3.0" for how many keys there are, here as nowhere else: the command refuses it. */
static bool counts_badly(const struct step *call)
{
    const struct command_info *info = command_table_find(table, call->argv[0]);
    for (size_t i = 0; info != NULL && i < COMMAND_KEY_SPECS; i++) {
        const struct key_spec *spec = &info->row->keys[i];
        int64_t count;
        if (spec->find == KEYS_NUMBER && (size_t)spec->first < call->argc &&
            !number_parse_i64(call->argv[spec->first], &count))
            return true;
    }
    return false;
}

/* The keys of calls made from the row's syntax, as each server finds them. */
static void compare_keys(const struct stream *calls, const char *question)
{
    for (size_t i = 0; i < calls->len; i++) {
        const struct step *call = &calls->steps[i];
        if (counts_badly(call)) continue;
        struct slice argv[ARGUMENTS_MAX] = { SLICE("COMMAND"), slice_of_cstr(question) };
        struct buffer mine = { 0 }, other = { 0 }, script = { 0 };
        memcpy(argv + 2, call->argv, call->argc * sizeof *argv);
        ask(&client, ours.port, call->argc + 2, argv, &mine);
        ask(&oracle, redis.port, call->argc + 2, argv, &other);
        stream_write_script(&script, call, 1);
        cr_expect_str_eq(mine.data, other.data, "COMMAND %s %.*s%s\nbut Redis:\n%s", question,
                         (int)script.len, script.data, mine.data, other.data);
        buffer_clear(&mine);
        buffer_clear(&other);
        buffer_clear(&script);
    }
}

Test(command_rows, the_keys_of_a_call_are_found_as_redis_finds_them, .timeout = 120)
{
    struct divergences divergences;
    size_t len;
    open_servers();
    divergences_read(&divergences);
    struct catalogue_source *sources = table_source_create(table, &len);
    struct catalogue *catalogue = catalogue_create(sources, len, &divergences);
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct stream calls;
        stream_init(&calls, catalogue, seed, 2);
        compare_keys(&calls, "GETKEYS");
        compare_keys(&calls, "GETKEYSANDFLAGS");
        stream_clear(&calls);
    }
    catalogue_destroy(&catalogue);
    alloc_free(sources);
    divergences_clear(&divergences);
    close_servers();
}

Test(command_rows, every_rule_of_the_divergences_fits_a_command, .timeout = 60)
{
    struct divergences divergences;
    table = command_table_create(command_families, NULL, NULL);
    divergences_read(&divergences);
    for (size_t i = 0; i < divergences.len; i++) {
        const struct divergence *rule = &divergences.items[i];
        const struct command_info *info = command_table_find(table, rule->words[0]);
        bool has_sub = rule->word_count > 1 && rule->verb != DIVERGENCE_LACKS;
        if (info != NULL && has_sub) info = command_find_subcommand(info, rule->words[1]);
        struct slice last = rule->words[rule->word_count - 1];
        bool lacks_none = rule->verb == DIVERGENCE_LACKS && info != NULL &&
                          memmem(info->row->syntax, strlen(info->row->syntax), last.data, last.len) == NULL;
        cr_expect_not(lacks_none, "docs/divergences.md: there is no option for the rule %.*s",
                      (int)rule->text.len, rule->text.data);
        cr_expect(info != NULL, "docs/divergences.md: there is no command for the rule %.*s",
                  (int)rule->text.len, rule->text.data);
    }
    divergences_clear(&divergences);
    command_table_destroy(&table);
}
