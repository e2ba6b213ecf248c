/*
 * table.h - all commands, by name and by number.
 *
 * Built once from the families' rows: names are looked up without regard to case, every command and
 * subcommand gets a dense number for counters, and what the rows imply (arity, categories, full name) is
 * worked out.
 *
 * Threads: immutable after command_table_create(); any thread.
 */
#ifndef SERVER_EXEC_COMMAND_TABLE_H
#define SERVER_EXEC_COMMAND_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/bytes.h"
#include "proto/base/slice.h"
#include "server/exec/command/command.h"
#include "server/exec/session/absentees.h"

struct command_info {
    const struct command *row;
    const struct command_info *parent;      /* the container of a subcommand */
    const struct command_info *subcommands; /* `subcommand_count` of them, in row order */
    size_t subcommand_count;
    const char *name;   /* as users call it: lower case, maybe renamed */
    char *new_name;     /* owned; NULL: it has its own name */
    size_t name_len;    /* of a subcommand */
    char full_name[64]; /* "client|list" */
    int arity;          /* arguments including the name(s); negative: at least */
    uint32_t flags;     /* row->flags, here to save a miss */
    unsigned id;        /* dense, below command_table_ids() */
    int first_key;      /* key_first() of the row, here to save a miss; 0: none */
    uint8_t member;     /* row->member */
    bool one_key;       /* exactly one key can stand in its arguments, at first_key */
    bool reads_copies;  /* what an upstream's key holds is all it wants to know */
};

/* The name of a command as clients mostly write it: all in lower or all in upper case, up to eight bytes. */
struct command_spelling {
    uint64_t word;
    size_t len;
    const struct command_info *command; /* NULL: free */
};

struct command_slot;

/* Its fields are for the functions below. */
struct command_table {
    const struct command *const *families;
    struct command_spelling *spellings; /* 1 << spelling_bits of them, few in use */
    unsigned spelling_bits;
    struct command_spelling *sub_spellings; /* as many, of subcommands with their containers */
    struct command_slot *slots;             /* every name, all in lower and all in upper case */
    unsigned slot_bits;
    struct command_info *infos; /* top level first, then the subcommands, container by container */
    size_t len;
    unsigned ids;
    struct absentees absentees;
};

/* Why commands cannot be renamed as was asked for. */
struct command_rename_refusal {
    size_t pair;
    const char *complaint; /* Redis's */
};

/* The table of all rows of `families`, ended by NULL, which outlive it: mostly command_families. `renames`
 * are pairs (old, new), ended by NULL, done one after the other; an empty new name removes a command. NULL:
 * none. Returns NULL and a refusal when an old name is unknown or a new one taken, where the commands of
 * Redis that are not here count as well (redis_names.h). */
struct command_table *command_table_create(const struct command *const *families, const char *const *renames,
                                           struct command_rename_refusal *refusal);
void command_table_destroy(struct command_table **table);

/* In any case, of any length. NULL: unknown. */
const struct command_info *command_table_find_any(const struct command_table *table, struct slice name);

/* One to eight bytes as a word; together with their number it stands for them. */
static inline uint64_t command_word(struct slice name)
{
    const char *end = name.data + name.len;
    if (name.len >= 4) return bytes_load32(name.data) | (uint64_t)bytes_load32(end - 4) << 32;
    uint64_t last = (unsigned char)end[-1];
    return last << 16 | (name.len >= 2 ? bytes_load16(name.data) : last << 8 | last);
}

/* Where a spelling stands, or behind it, if that place was taken. */
static inline size_t command_spelling_at(const struct command_table *table, uint64_t word)
{
    return word * UINT64_C(0x9e3779b97f4a7c15) >> (64 - table->spelling_bits);
}

/* NULL: unknown. */
static inline const struct command_info *command_table_find(const struct command_table *table,
                                                            struct slice name)
{
    if (name.len - 1 >= sizeof(uint64_t)) return command_table_find_any(table, name);
    uint64_t word = command_word(name);
    const struct command_spelling *spelling = &table->spellings[command_spelling_at(table, word)];
    if (spelling->word == word && spelling->len == name.len) return spelling->command;
    spelling++;
    if (spelling->word == word && spelling->len == name.len) return spelling->command;
    return command_table_find_any(table, name);
}

const struct command_info *command_find_subcommand(const struct command_info *container, struct slice name);
/* The same, for the path of each request. */
static inline const struct command_info *command_table_find_sub(const struct command_table *table,
                                                                const struct command_info *container,
                                                                struct slice name)
{
    if (name.len - 1 >= sizeof(uint64_t)) return command_find_subcommand(container, name);
    uint64_t word = command_word(name);
    const struct command_spelling *spelling =
        &table->sub_spellings[command_spelling_at(table, word + container->id)];
    bool is_it = spelling->word == word && spelling->len == name.len;
    if (is_it && spelling->command->parent == container) return spelling->command;
    return command_find_subcommand(container, name);
}
/* By full name, as COMMAND INFO takes it: "get", "client|list". NULL: unknown. */
const struct command_info *command_table_find_full(const struct command_table *table, struct slice full_name);
/* The same by the name that Redis gives it, whatever clients call it here: ACL rules, and what the server
 * runs by itself for somebody. NULL also if it was taken out. It costs more only where it was renamed. */
const struct command_info *command_table_find_original(const struct command_table *table,
                                                       struct slice full_name);
/* The command, or subcommand, that these arguments call; a container when they stop there. NULL: unknown. */
const struct command_info *command_table_find_call(const struct command_table *table,
                                                   const struct slice *argv, int argc);

/* What an upstream calls the command that clients of ours call `name`: `command`, or none of the table's.
 * Empty: the name was taken from the command that had it, and is nobody's. */
struct slice command_table_upstream_name(const struct command_table *table,
                                         const struct command_info *command, struct slice name);

/* Top-level commands, in table order, 0 <= index < command_table_len(). */
size_t command_table_len(const struct command_table *table);
const struct command_info *command_table_at(const struct command_table *table, size_t index);
/* Every command and subcommand by its number. */
unsigned command_table_ids(const struct command_table *table);
const struct command_info *command_table_by_id(const struct command_table *table, unsigned id);

/* Does `argc` fit the arity? */
static inline bool command_accepts(const struct command_info *command, int argc)
{
    return command->arity >= 0 ? argc == command->arity : argc >= -command->arity;
}

#endif
