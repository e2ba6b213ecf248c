/*
 * selector.h - a set of permissions: which commands, on which keys, in which channels.
 *
 * A user has one, its root, and maybe more behind it: what any of them allows as a whole, the user may do.
 * The rules that give commands are kept as they were written, without those that a later one has made void,
 * so that ACL LIST shows what somebody meant.
 *
 * Threads: the owner's while it is built; immutable in a user that was published (user.h).
 */
#ifndef SERVER_EXEC_ACL_SELECTOR_H
#define SERVER_EXEC_ACL_SELECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"
#include "server/exec/acl/acl_patterns.h"

struct command_info;
struct command_table;

/* What may be done with keys that match. */
enum key_right { RIGHT_READ = 1 << 0, RIGHT_WRITE = 1 << 1, RIGHT_ALL = RIGHT_READ | RIGHT_WRITE };

/* A command that has no subcommands, allowed when its first argument is this: "+select|0". */
struct first_argument {
    unsigned command; /* its number */
    char *text;
};

struct selector {
    const struct command_table *commands;
    uint64_t *allowed;   /* a bit for each number of a command */
    bool all_commands;   /* those to come as well */
    struct buffer rules; /* "-@all +get", in words separated by one space */
    struct first_argument *firsts;
    size_t first_count, first_cap;
    struct acl_patterns keys, channels;
};

/* Nothing is allowed. */
struct selector selector_create(const struct command_table *commands, bool all_channels);
struct selector selector_copy(const struct selector *selector);
void selector_clear(struct selector *selector);

/* Why a rule is none; RULE_GOOD: it was applied. The texts are Redis's. */
enum rule_fault {
    RULE_GOOD,
    RULE_BAD,
    RULE_UNKNOWN_COMMAND,
    RULE_AFTER_ALL_KEYS,
    RULE_AFTER_ALL_CHANNELS,
    RULE_FIRST_ARGUMENT_OF_SUBCOMMAND,
    RULE_NO_SUCH_PASSWORD,
    RULE_BAD_HASH,
};
const char *rule_fault_text(enum rule_fault fault);

/* A rule about commands, keys or channels: "+@read", "~cache:*", "resetchannels". */
enum rule_fault selector_apply(struct selector *selector, struct slice rule);

/* Everything, whatever comes: it need not be asked. */
bool selector_is_boundless(const struct selector *selector);
/* The command whatever its arguments are. */
static inline bool selector_lists(const struct selector *selector, unsigned command)
{
    return selector->allowed[command / 64] >> command % 64 & 1;
}
bool selector_allows_command(const struct selector *selector, const struct command_info *command,
                             const struct slice *argv, int argc);
bool selector_allows_key(const struct selector *selector, struct slice key, unsigned rights);
bool selector_allows_every_key(const struct selector *selector, unsigned rights);
/* `literally`: it is a pattern itself, and must stand there as such. */
bool selector_allows_channel(const struct selector *selector, struct slice channel, bool literally);

/* As ACL GETUSER shows them. */
void selector_write_keys(const struct selector *selector, struct buffer *out);
void selector_write_channels(const struct selector *selector, struct buffer *out);
/* All of it, as ACL LIST does. */
void selector_write(const struct selector *selector, struct buffer *out);

#endif
