#include "server/exec/acl/command_rules.h"

#include <ctype.h>

#include "proto/base/alloc.h"
#include "proto/base/array.h"
#include "server/exec/command/category.h"
#include "server/exec/command/table.h"

void command_rules_add_first(struct selector *selector, unsigned command, struct slice argument)
{
    ARRAY_RESERVE(selector->firsts, selector->first_count, selector->first_cap, 4);
    selector->firsts[selector->first_count++] =
        (struct first_argument){ .command = command, .text = alloc_cstr(argument.data, argument.len) };
}

static void drop_firsts_of(struct selector *selector, unsigned command)
{
    size_t kept = 0;
    for (size_t i = 0; i < selector->first_count; i++) {
        if (selector->firsts[i].command == command)
            alloc_free(selector->firsts[i].text);
        else
            selector->firsts[kept++] = selector->firsts[i];
    }
    selector->first_count = kept;
}

void command_rules_drop_firsts(struct selector *selector)
{
    for (size_t i = 0; i < selector->first_count; i++) alloc_free(selector->firsts[i].text);
    selector->first_count = 0;
}

static void set_bit(struct selector *selector, unsigned id, bool allowed)
{
    uint64_t bit = UINT64_C(1) << id % 64;
    if (allowed)
        selector->allowed[id / 64] |= bit;
    else
        selector->allowed[id / 64] &= ~bit;
}

/* With its subcommands. */
static void set_command(struct selector *selector, const struct command_info *command, bool allowed)
{
    set_bit(selector, command->id, allowed);
    drop_firsts_of(selector, command->id);
    for (size_t i = 0; i < command->subcommand_count; i++)
        set_bit(selector, command->subcommands[i].id, allowed);
}

void command_rules_set_all(struct selector *selector, bool allowed)
{
    unsigned ids = command_table_ids(selector->commands);
    for (unsigned id = 0; id < ids; id++) set_bit(selector, id, allowed);
    command_rules_drop_firsts(selector);
    selector->all_commands = allowed;
    buffer_truncate(&selector->rules, 0);
    buffer_printf(&selector->rules, "%c@all", allowed ? '+' : '-');
}

/* Is `word`, without its sign, void once there is a rule of that `name`? */
static bool is_overruled(struct slice word, struct slice name)
{
    if (word.len < name.len || !slice_equal(slice_of(word.data, name.len), name)) return false;
    return word.len == name.len || (word.data[name.len] == '|' && name.data[0] != '@');
}

static struct slice next_word(struct slice *rest)
{
    const char *blank = memchr(rest->data, ' ', rest->len);
    size_t len = blank != NULL ? (size_t)(blank - rest->data) : rest->len;
    struct slice word = slice_of(rest->data, len);
    size_t skipped = blank != NULL ? len + 1 : len;
    *rest = slice_of(rest->data + skipped, rest->len - skipped);
    return word;
}

/* At the end of the rules, in the place of those that it overrules. The first, of all commands, stays. */
static void note_rule(struct selector *selector, char sign, struct slice name)
{
    struct buffer rules = { 0 };
    struct slice rest = buffer_slice(&selector->rules);
    struct slice all = next_word(&rest);
    buffer_append(&rules, all.data, all.len);
    while (rest.len > 0) {
        struct slice word = next_word(&rest);
        if (is_overruled(slice_of(word.data + 1, word.len - 1), name)) continue;
        buffer_printf(&rules, " %.*s", (int)word.len, word.data);
    }
    buffer_printf(&rules, " %c%.*s", sign, (int)name.len, name.data);
    buffer_clear(&selector->rules);
    selector->rules = rules;
}

static enum rule_fault apply_category(struct selector *selector, struct slice name, bool allowed)
{
    uint32_t category = category_find(slice_of(name.data + 1, name.len - 1));
    if (category == 0) return RULE_UNKNOWN_COMMAND;
    unsigned ids = command_table_ids(selector->commands);
    for (unsigned id = 0; id < ids; id++) {
        const struct command_info *command = command_table_by_id(selector->commands, id);
        if (!(command_categories(command->row) & category)) continue;
        set_bit(selector, id, allowed);
        drop_firsts_of(selector, id);
    }
    return RULE_GOOD;
}

/* "command|argument" of a command without subcommands. */
static enum rule_fault apply_first(struct selector *selector, struct slice name, bool allowed)
{
    const char *bar = memchr(name.data, '|', name.len);
    if (bar == NULL || !allowed) return RULE_UNKNOWN_COMMAND;
    struct slice before = slice_of(name.data, (size_t)(bar - name.data));
    struct slice behind = slice_of(bar + 1, name.len - before.len - 1);
    const struct command_info *command = command_table_find_original(selector->commands, before);
    if (command == NULL) return RULE_UNKNOWN_COMMAND;
    const char *second = memchr(behind.data, '|', behind.len);
    if (second != NULL) {
        struct slice sub = slice_of(name.data, (size_t)(second - name.data));
        bool is_sub = command_table_find_original(selector->commands, sub) != NULL;
        return is_sub ? RULE_FIRST_ARGUMENT_OF_SUBCOMMAND : RULE_UNKNOWN_COMMAND;
    }
    if (command->subcommand_count > 0 || behind.len == 0) return RULE_UNKNOWN_COMMAND;
    bool is_given = selector->allowed[command->id / 64] >> command->id % 64 & 1;
    if (!is_given) command_rules_add_first(selector, command->id, behind);
    return RULE_GOOD;
}

static enum rule_fault apply_named(struct selector *selector, struct slice name, bool allowed)
{
    if (name.len == 0) return RULE_UNKNOWN_COMMAND;
    if (name.data[0] == '@') return apply_category(selector, name, allowed);
    const struct command_info *command = command_table_find_original(selector->commands, name);
    if (command == NULL) return apply_first(selector, name, allowed);
    set_command(selector, command, allowed);
    return RULE_GOOD;
}

/* It is written into a line of a file. */
static bool has_blank(struct slice rule)
{
    for (size_t i = 0; i < rule.len; i++)
        if (isspace((unsigned char)rule.data[i]) || rule.data[i] == '\0') return true;
    return false;
}

enum rule_fault command_rules_apply(struct selector *selector, struct slice rule)
{
    char lower[128];
    if (rule.len > sizeof(lower) || has_blank(rule)) return RULE_UNKNOWN_COMMAND;
    for (size_t i = 0; i < rule.len; i++) lower[i] = (char)tolower((unsigned char)rule.data[i]);
    struct slice name = slice_of(lower + 1, rule.len - 1);
    bool allowed = rule.data[0] == '+';
    enum rule_fault fault = apply_named(selector, name, allowed);
    if (fault != RULE_GOOD) return fault;
    if (!allowed) selector->all_commands = false;
    note_rule(selector, rule.data[0], name);
    return RULE_GOOD;
}
