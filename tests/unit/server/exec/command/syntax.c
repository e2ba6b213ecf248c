#include "server/exec/command/syntax.h"

#include <criterion/criterion.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"

/* The tree in one line: `EX seconds:integer?` with ? for optional, * for multiple, + when the token repeats
 * too. */
static void show(struct buffer *out, const struct syntax *list);

static void show_argument(struct buffer *out, const struct syntax_argument *argument)
{
    bool is_token = argument->type == SYNTAX_PURE_TOKEN;
    if (argument->token != NULL) buffer_printf(out, "%s%s", argument->token, is_token ? "" : " ");
    if (!is_token) buffer_printf(out, "%s:%s", argument->name, syntax_type_name(argument->type));
    if (argument->key_spec >= 0) buffer_printf(out, "#%d", argument->key_spec);
    if (argument->parts.len > 0) {
        buffer_printf(out, "(");
        show(out, &argument->parts);
        buffer_printf(out, ")");
    }
    if (argument->optional) buffer_printf(out, "?");
    if (argument->multiple) buffer_printf(out, argument->multiple_token ? "+" : "*");
}

static void show(struct buffer *out, const struct syntax *list)
{
    for (size_t i = 0; i < list->len; i++) {
        if (i > 0) buffer_printf(out, " ");
        show_argument(out, &list->items[i]);
    }
}

static void expect_tree_of(const struct command *row, int names, const char *tree, int arity)
{
    struct syntax syntax;
    syntax_init(&syntax, row, names);
    struct buffer out = { 0 };
    show(&out, &syntax);
    char *shown = alloc_cstr(out.data != NULL ? out.data : "", out.len);
    cr_expect_str_eq(shown, tree, "%s\n     is %s\n not %s", row->syntax, shown, tree);
    cr_expect_eq(syntax_arity(&syntax, names), arity, "%s: arity %d, not %d", row->syntax,
                 syntax_arity(&syntax, names), arity);
    alloc_free(shown);
    buffer_clear(&out);
    syntax_clear(&syntax);
}

static void expect_tree(const char *text, const char *tree, int arity)
{
    struct command row = { .name = "any", .syntax = text };
    expect_tree_of(&row, 1, tree, arity);
}

Test(syntax, nothing_is_an_empty_tree)
{
    expect_tree("", "", 1);
    expect_tree(NULL, "", 1);
}

Test(syntax, a_placeholder_has_the_type_its_name_tells)
{
    expect_tree("index", "index:integer", 2);
    expect_tree("message", "message:string", 2);
    expect_tree("pattern", "pattern:pattern", 2);
    expect_tree("unix-time-seconds", "unix-time-seconds:unix-time", 2);
}

Test(syntax, the_same_placeholder_may_mean_different_things_to_different_commands)
{
    struct command by = { .name = "incrby", .syntax = "increment" };
    expect_tree_of(&by, 1, "increment:integer", 2);
    struct command by_float = { .name = "incrbyfloat", .syntax = "increment" };
    expect_tree_of(&by_float, 1, "increment:double", 2);
}

Test(syntax, what_stands_in_brackets_may_be_left_out)
{
    expect_tree("[message]", "message:string?", -1);
    expect_tree("[username] password", "username:string? password:string", -2);
}

Test(syntax, a_token_takes_the_placeholders_behind_it)
{
    expect_tree("[EX seconds]", "EX seconds:integer?", -1);
    expect_tree("[LIMIT offset count]", "LIMIT offset_count:block(offset:integer count:integer)?", -1);
    expect_tree("cursor [MATCH pattern] [COUNT count] [TYPE type]",
                "cursor:integer MATCH pattern:pattern? COUNT count:integer? TYPE type:string?", -2);
}

Test(syntax, a_bar_is_a_choice)
{
    expect_tree("[NX | XX]", "condition:oneof(NX XX)?", -1);
    expect_tree("<ON | OFF | SKIP>", "on_off_skip:oneof(ON OFF SKIP)", 2);
    expect_tree("ON | OFF", "on_off:oneof(ON OFF)", 2);
    expect_tree("[EX seconds | KEEPTTL]", "expiration:oneof(EX seconds:integer KEEPTTL)?", -1);
    expect_tree("<one | two three>",
                "one_two_three:oneof(one:string two_three:block(two:string three:string))", -2);
}

Test(syntax, a_choice_behind_a_token_belongs_to_it)
{
    expect_tree("[TYPE <NORMAL | PUBSUB>]", "TYPE normal_pubsub:oneof(NORMAL PUBSUB)?", -1);
    expect_tree("[FILTERBY <MODULE name | PATTERN pattern>]",
                "FILTERBY filterby:oneof(MODULE name:string PATTERN pattern:pattern)?", -1);
}

Test(syntax, a_block_with_a_name_of_its_own_leaves_its_token_to_its_first_part)
{
    expect_tree("<BYRADIUS radius <M | KM> | BYBOX width height>",
                "by:oneof(circle:block(BYRADIUS radius:double unit:oneof(M KM)) "
                "box:block(BYBOX width:double height:double))",
                4);
}

Test(syntax, dots_repeat_what_stands_before_them)
{
    expect_tree("value [value ...]", "value:string*", -2);
    expect_tree("parameter value [parameter value ...]",
                "parameter_value:block(parameter:string value:string)*", -3);
    expect_tree("[ID client-id [client-id ...]]", "ID client-id:integer?*", -1);
    expect_tree("[PREFIX prefix [PREFIX prefix ...]]", "PREFIX prefix:string?+", -1);
    expect_tree("[name [name ...]]", "name:string?*", -1);
}

Test(syntax, dots_behind_something_else_repeat_their_own_contents)
{
    expect_tree("name [value ...]", "name:string value:string?*", -2);
    expect_tree("[argument ...]", "argument:string?*", -1);
}

Test(syntax, one_alternative_is_always_taken_even_when_all_are_in_brackets)
{
    expect_tree("<ip:port | <[ID client-id] | [ADDR ip:port]>>",
                "ip:port_client-id_ip:port:oneof(ip:port:string client-id_ip:port:oneof(ID "
                "client-id:integer? ADDR ip:port:string?))",
                -2);
}

Test(syntax, brackets_nest)
{
    expect_tree("[protover [AUTH username password] [SETNAME clientname]]",
                "protover_username_password_clientname:block(protover:integer "
                "AUTH username_password:block(username:string password:string)? SETNAME clientname:string?)?",
                -1);
}

Test(syntax, keys_are_found_by_their_place)
{
    struct command set = { .name = "set", .syntax = "key value [GET]", .keys = { KEY(1, KEY_RW) } };
    expect_tree_of(&set, 1, "key:key#0 value:string GET?", -3);
    struct command mset = { .name = "mset",
                            .syntax = "key value [key value ...]",
                            .keys = { KEYS(1, -1, 2, KEY_OW) } };
    expect_tree_of(&mset, 1, "key_value:block(key:key#0 value:string)*", -3);
    struct command copy = { .name = "copy",
                            .syntax = "source destination [DB destination-db]",
                            .keys = { KEY(1, KEY_RO), KEY(2, KEY_OW) } };
    expect_tree_of(&copy, 1, "source:key#0 destination:key#1 DB destination-db:integer?", -3);
    struct command usage = { .name = "usage", .syntax = "key [SAMPLES count]", .keys = { KEY(2, KEY_RO) } };
    expect_tree_of(&usage, 2, "key:key#0 SAMPLES count:integer?", -3);
}
