#include "server/exec/acl/selector.h"

#include "proto/base/alloc.h"
#include "server/exec/acl/command_rules.h"
#include "server/exec/command/table.h"

static size_t words_of(const struct command_table *commands)
{
    return command_table_ids(commands) / 64 + 1;
}

static bool word_is(struct slice rule, const char *word)
{
    return slice_equal_nocase(rule, slice_of_cstr(word));
}

struct selector selector_create(const struct command_table *commands, bool all_channels)
{
    struct selector selector = { .commands = commands,
                                 .allowed = alloc_zeroed(words_of(commands) * sizeof(uint64_t)),
                                 .channels = { .all = all_channels } };
    buffer_append(&selector.rules, "-@all", 5);
    return selector;
}

struct selector selector_copy(const struct selector *selector)
{
    struct selector copy = *selector;
    size_t bytes = words_of(selector->commands) * sizeof(uint64_t);
    copy.allowed = alloc_bytes(bytes);
    memcpy(copy.allowed, selector->allowed, bytes);
    copy.rules = (struct buffer){ 0 };
    buffer_append(&copy.rules, selector->rules.data, selector->rules.len);
    copy.firsts = NULL;
    copy.first_count = copy.first_cap = 0;
    for (size_t i = 0; i < selector->first_count; i++)
        command_rules_add_first(&copy, selector->firsts[i].command, slice_of_cstr(selector->firsts[i].text));
    copy.keys = acl_patterns_copy(&selector->keys);
    copy.channels = acl_patterns_copy(&selector->channels);
    return copy;
}

void selector_clear(struct selector *selector)
{
    command_rules_drop_firsts(selector);
    alloc_free(selector->firsts);
    alloc_free(selector->allowed);
    buffer_clear(&selector->rules);
    acl_patterns_clear(&selector->keys);
    acl_patterns_clear(&selector->channels);
}

/* Names are told in a line, which ends at a NUL and is cut at blanks. */
static bool is_writable(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] == '\0' || strchr(" \t\n\v\f\r", text.data[i]) != NULL) return false;
    return true;
}

static enum rule_fault apply_channel(struct selector *selector, struct slice pattern)
{
    if (selector->channels.all) return RULE_AFTER_ALL_CHANNELS;
    if (!is_writable(pattern)) return RULE_BAD;
    acl_patterns_add(&selector->channels, pattern, 0);
    return RULE_GOOD;
}

/* Behind a percent sign, up to the tilde: R and W, each at most once. */
static bool read_rights(struct slice *rule, unsigned *rights)
{
    size_t at = 1;
    *rights = 0;
    for (; at < rule->len && rule->data[at] != '~'; at++) {
        unsigned right = strchr("rR", rule->data[at])   ? RIGHT_READ
                         : strchr("wW", rule->data[at]) ? RIGHT_WRITE
                                                        : 0;
        if (right == 0 || rule->data[at] == '\0' || *rights & right) return false;
        *rights |= right;
    }
    *rule = slice_of(rule->data + at, rule->len - at);
    return *rights != 0;
}

static enum rule_fault apply_key(struct selector *selector, struct slice rule)
{
    unsigned rights = RIGHT_ALL;
    if (selector->keys.all) return RULE_AFTER_ALL_KEYS;
    if (rule.data[0] == '%' && !read_rights(&rule, &rights)) return RULE_BAD;
    struct slice pattern =
        rule.len > 0 ? slice_of(rule.data + 1, rule.len - 1) : rule; /* %R alone, as in Redis */
    if (!is_writable(pattern)) return RULE_BAD;
    acl_patterns_add(&selector->keys, pattern, rights);
    return RULE_GOOD;
}

/* One that stands for others. False: it is none of these. */
static bool apply_word(struct selector *selector, struct slice rule)
{
    if (word_is(rule, "allkeys") || word_is(rule, "~*"))
        acl_patterns_allow_all(&selector->keys);
    else if (word_is(rule, "resetkeys"))
        acl_patterns_clear(&selector->keys);
    else if (word_is(rule, "allchannels") || word_is(rule, "&*"))
        acl_patterns_allow_all(&selector->channels);
    else if (word_is(rule, "resetchannels"))
        acl_patterns_clear(&selector->channels);
    else if (word_is(rule, "allcommands") || word_is(rule, "+@all"))
        command_rules_set_all(selector, true);
    else if (word_is(rule, "nocommands") || word_is(rule, "-@all"))
        command_rules_set_all(selector, false);
    else
        return false;
    return true;
}

enum rule_fault selector_apply(struct selector *selector, struct slice rule)
{
    if (rule.len == 0 || apply_word(selector, rule)) return RULE_GOOD;
    switch (rule.data[0]) {
    case '~':
    case '%': return apply_key(selector, rule);
    case '&': return apply_channel(selector, slice_of(rule.data + 1, rule.len - 1));
    case '+':
    case '-': return command_rules_apply(selector, rule);
    default: return RULE_BAD;
    }
}

const char *rule_fault_text(enum rule_fault fault)
{
    static const char *const texts[] = {
        [RULE_GOOD] = "",
        [RULE_BAD] = "Syntax error",
        [RULE_UNKNOWN_COMMAND] = "Unknown command or category name in ACL",
        [RULE_AFTER_ALL_KEYS] =
            "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any "
            "effect. Try 'resetkeys' to start with an empty list of patterns",
        [RULE_AFTER_ALL_CHANNELS] =
            "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have "
            "any effect. Try 'resetchannels' to start with an empty list of channels",
        [RULE_FIRST_ARGUMENT_OF_SUBCOMMAND] = "Allowing first-arg of a subcommand is not supported",
        [RULE_NO_SUCH_PASSWORD] = "The password you are trying to remove from the user does not exist",
        [RULE_BAD_HASH] = "The password hash must be exactly 64 characters and contain only lowercase "
                          "hexadecimal characters",
    };
    return texts[fault];
}

bool selector_is_boundless(const struct selector *selector)
{
    return selector->all_commands && selector->keys.all && selector->channels.all;
}

bool selector_allows_command(const struct selector *selector, const struct command_info *command,
                             const struct slice *argv, int argc)
{
    if (selector->all_commands || command->flags & CMD_NO_AUTH) return true;
    if (selector_lists(selector, command->id)) return true;
    for (size_t i = 0; argc > 1 && i < selector->first_count; i++) {
        const struct first_argument *first = &selector->firsts[i];
        if (first->command == command->id && slice_equal_nocase(argv[1], slice_of_cstr(first->text)))
            return true;
    }
    return false;
}

bool selector_allows_key(const struct selector *selector, struct slice key, unsigned rights)
{
    return selector->keys.all || acl_patterns_match(&selector->keys, key, rights);
}

bool selector_allows_every_key(const struct selector *selector, unsigned rights)
{
    if (selector->keys.all) return true;
    for (size_t i = 0; i < selector->keys.len; i++) {
        const struct acl_pattern *item = &selector->keys.items[i];
        bool is_any = slice_equal(slice_of(item->text, item->len), SLICE("*"));
        if (is_any && (item->rights & rights) == rights) return true;
    }
    return false;
}

bool selector_allows_channel(const struct selector *selector, struct slice channel, bool literally)
{
    if (selector->channels.all) return true;
    if (!literally) return acl_patterns_match(&selector->channels, channel, 0);
    for (size_t i = 0; i < selector->channels.len; i++) {
        const struct acl_pattern *item = &selector->channels.items[i];
        if (slice_equal(slice_of(item->text, item->len), channel)) return true;
    }
    return false;
}

static const char *sign_of(unsigned rights)
{
    return rights == RIGHT_ALL ? "~" : rights == RIGHT_READ ? "%R~" : "%W~";
}

void selector_write_keys(const struct selector *selector, struct buffer *out)
{
    if (selector->keys.all) buffer_append(out, "~*", 2);
    for (size_t i = 0; i < selector->keys.len; i++) {
        const struct acl_pattern *item = &selector->keys.items[i];
        buffer_printf(out, "%s%s", i > 0 ? " " : "", sign_of(item->rights));
        buffer_append(out, item->text, item->len);
    }
}

void selector_write_channels(const struct selector *selector, struct buffer *out)
{
    if (selector->channels.all) buffer_append(out, "&*", 2);
    for (size_t i = 0; i < selector->channels.len; i++) {
        const struct acl_pattern *item = &selector->channels.items[i];
        buffer_printf(out, "%s&", i > 0 ? " " : "");
        buffer_append(out, item->text, item->len);
    }
}

void selector_write(const struct selector *selector, struct buffer *out)
{
    size_t before = out->len;
    selector_write_keys(selector, out);
    if (out->len > before) buffer_append(out, " ", 1);
    if (!selector->channels.all) buffer_append(out, "resetchannels ", 14);
    before = out->len;
    selector_write_channels(selector, out);
    if (out->len > before) buffer_append(out, " ", 1);
    buffer_append(out, selector->rules.data, selector->rules.len);
}
