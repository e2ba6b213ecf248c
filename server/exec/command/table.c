#include "server/exec/command/table.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "server/exec/command/key_walk.h"
#include "server/exec/command/syntax.h"

/* A name as two words that overlap when it is shorter than 16 bytes. Up to that length equal words and
 * lengths mean equal names. */
struct words {
    uint64_t head;
    uint64_t tail;
};

/* One of 1 << slot_bits, of which at most half are in use. */
struct command_slot {
    struct words name;
    size_t len;
    const struct command_info *command; /* NULL: free */
};

static uint64_t to_lower(uint64_t bytes)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t low = bytes & (each * 0x7f);
    uint64_t from_a = low + each * (0x80 - 'A');
    uint64_t after_z = low + each * (0x7f - 'Z');
    uint64_t upper = (from_a ^ after_z) & ~bytes & (each * 0x80);
    return bytes | upper >> 2;
}

static uint64_t to_upper(uint64_t bytes)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t low = bytes & (each * 0x7f);
    uint64_t from_a = low + each * (0x80 - 'a');
    uint64_t after_z = low + each * (0x7f - 'z');
    uint64_t lower = (from_a ^ after_z) & ~bytes & (each * 0x80);
    return bytes ^ lower >> 2;
}

static inline struct words words_of(struct slice name)
{
    const char *end = name.data + name.len;
    if (name.len >= 8) return (struct words){ bytes_load64(name.data), bytes_load64(end - 8) };
    if (name.len >= 4) return (struct words){ bytes_load32(name.data), bytes_load32(end - 4) };
    if (name.len == 0) return (struct words){ 0 };
    uint64_t bytes = (unsigned char)name.data[0] | (uint64_t)(unsigned char)name.data[name.len / 2] << 8;
    return (struct words){ bytes | (uint64_t)(unsigned char)end[-1] << 16, 0 };
}

static inline size_t first_slot(const struct command_table *table, struct words name)
{
    uint64_t mixed = (name.head ^ (name.tail << 29 | name.tail >> 35)) * UINT64_C(0x9e3779b97f4a7c15);
    return mixed >> (64 - table->slot_bits);
}

static inline size_t next_slot(const struct command_table *table, size_t slot)
{
    return (slot + 1) & (((size_t)1 << table->slot_bits) - 1);
}

static inline bool is_at(const struct command_slot *slot, struct words words, size_t len)
{
    return slot->name.head == words.head && slot->name.tail == words.tail && slot->len == len;
}

static inline const struct command_info *find(const struct command_table *table, size_t len,
                                              struct words words)
{
    size_t i = first_slot(table, words);
    while (table->slots[i].command != NULL && !is_at(&table->slots[i], words, len)) i = next_slot(table, i);
    return table->slots[i].command;
}

static inline struct words in_lower_case(struct words words)
{
    return (struct words){ to_lower(words.head), to_lower(words.tail) };
}

static __attribute__((noinline, cold)) const struct command_info *find_in_lower_case(
    const struct command_table *table, size_t len, struct words words)
{
    return find(table, len, in_lower_case(words));
}

/* Two words do not tell what is in the middle of a name that is longer. */
static __attribute__((noinline, cold)) const struct command_info *find_long(const struct command_table *table,
                                                                            struct slice name)
{
    struct words words = in_lower_case(words_of(name));
    for (size_t i = first_slot(table, words); table->slots[i].command != NULL; i = next_slot(table, i)) {
        const struct command_info *command = table->slots[i].command;
        if (slice_equal_nocase(slice_of_cstr(command->name), name)) return command;
    }
    return NULL;
}

/* Mostly a name is all in lower or all in upper case, and found as it stands. */
const struct command_info *command_table_find_any(const struct command_table *table, struct slice name)
{
    if (name.len > sizeof(struct words)) return find_long(table, name);
    struct words words = words_of(name);
    const struct command_info *command = find(table, name.len, words);
    return command != NULL ? command : find_in_lower_case(table, name.len, words);
}

/* It is as long as `name`, whose words in lower case these are. */
static inline bool is_called(const struct command_info *sub, struct slice name, struct words words)
{
    struct slice own = slice_of(sub->name, sub->name_len);
    if (name.len > sizeof(struct words)) return slice_equal_nocase(own, name);
    struct words other = words_of(own);
    return other.head == words.head && other.tail == words.tail;
}

const struct command_info *command_find_subcommand(const struct command_info *container, struct slice name)
{
    struct words words = in_lower_case(words_of(name));
    for (size_t i = 0; i < container->subcommand_count; i++) {
        const struct command_info *sub = &container->subcommands[i];
        if (sub->name_len == name.len && is_called(sub, name, words)) return sub;
    }
    return NULL;
}

const struct command_info *command_table_find_full(const struct command_table *table, struct slice full_name)
{
    const char *bar = full_name.len > 0 ? memchr(full_name.data, '|', full_name.len) : NULL;
    if (bar == NULL) return command_table_find(table, full_name);

    size_t len = (size_t)(bar - full_name.data);
    const struct command_info *container = command_table_find(table, slice_of(full_name.data, len));
    if (container == NULL) return NULL;
    return command_find_subcommand(container, slice_of(bar + 1, full_name.len - len - 1));
}

static bool is_row(const struct command_info *command, struct slice name)
{
    return slice_equal_nocase(slice_of_cstr(command->row->name), name);
}

/* Mostly it is what clients call so, too. */
static const struct command_info *find_row(const struct command_table *table, struct slice name)
{
    const struct command_info *called = command_table_find(table, name);
    if (called != NULL && is_row(called, name)) return called;
    for (size_t i = 0; i < table->len; i++)
        if (is_row(&table->infos[i], name)) return &table->infos[i];
    return NULL;
}

const struct command_info *command_table_find_original(const struct command_table *table,
                                                       struct slice full_name)
{
    const char *bar = full_name.len > 0 ? memchr(full_name.data, '|', full_name.len) : NULL;
    size_t len = bar != NULL ? (size_t)(bar - full_name.data) : full_name.len;
    const struct command_info *command = find_row(table, slice_of(full_name.data, len));
    if (command == NULL || bar == NULL) return command;
    return command_find_subcommand(command, slice_of(bar + 1, full_name.len - len - 1));
}

const struct command_info *command_table_find_call(const struct command_table *table,
                                                   const struct slice *argv, int argc)
{
    const struct command_info *command = command_table_find(table, argv[0]);
    if (command == NULL || command->subcommand_count == 0 || argc == 1) return command;
    return command_find_subcommand(command, argv[1]);
}

static void add_slot(struct command_table *table, struct command_slot slot)
{
    size_t i = first_slot(table, slot.name);
    while (table->slots[i].command != NULL) i = next_slot(table, i);
    table->slots[i] = slot;
}

static void index_name(struct command_table *table, const struct command_info *command)
{
    struct slice name = slice_of_cstr(command->name);
    struct words lower = words_of(name);
    struct words upper = { to_upper(lower.head), to_upper(lower.tail) };
    add_slot(table, (struct command_slot){ .name = lower, .len = name.len, .command = command });
    add_slot(table, (struct command_slot){ .name = upper, .len = name.len, .command = command });
}

/* Its word and length; a length of 0: it is too long to have one. */
static struct command_spelling spell(const struct command_info *command, int change(int c))
{
    char text[sizeof(uint64_t)] = "";
    struct slice name = slice_of(text, strlen(command->name));
    if (name.len - 1 >= sizeof text) return (struct command_spelling){ 0 };
    for (size_t i = 0; i < name.len; i++) text[i] = (char)change((unsigned char)command->name[i]);
    return (struct command_spelling){ .word = command_word(name), .len = name.len, .command = command };
}

/* One that finds no place is left out; its command is found by its lower case. The second time those that
 * found none may have the next one. */
static void add_spelling(struct command_table *table, const struct command_info *command, int change(int c),
                         size_t behind)
{
    struct command_spelling own = spell(command, change);
    struct command_spelling *first = &table->spellings[command_spelling_at(table, own.word)];
    if (own.len == 0 || first->command == command || first[behind].command != NULL) return;
    first[behind] = own;
}

static void add_sub_spelling(struct command_table *table, const struct command_info *command,
                             int change(int c))
{
    struct command_spelling own = spell(command, change);
    size_t at = command_spelling_at(table, own.word + command->parent->id);
    if (own.len > 0 && table->sub_spellings[at].command == NULL) table->sub_spellings[at] = own;
}

static void add_spellings(struct command_table *table)
{
    for (size_t behind = 0; behind < 2; behind++) {
        for (size_t i = 0; i < table->len; i++) {
            add_spelling(table, &table->infos[i], tolower, behind);
            add_spelling(table, &table->infos[i], toupper, behind);
        }
    }
    for (size_t i = table->len; i < table->ids; i++) {
        add_sub_spelling(table, &table->infos[i], tolower);
        add_sub_spelling(table, &table->infos[i], toupper);
    }
}

static size_t rows_in(const struct command *rows)
{
    size_t count = 0;
    while (rows != NULL && rows[count].name != NULL) count++;
    return count;
}

/* How many words the call of a command has. */
static int arity_of(const struct command *row, int names)
{
    struct syntax syntax;
    syntax_init(&syntax, row, names);
    int arity = syntax_arity(&syntax, names);
    syntax_clear(&syntax);
    if (row->subcommands == NULL) return arity;
    /* The name of a subcommand follows, except where the command does something by itself. */
    return row->run == NULL ? -2 : -1;
}

static bool has_one_key(const struct command *row)
{
    const struct key_spec *spec = &row->keys[0];
    return spec->find == KEYS_AT && spec->first != 0 && spec->last == spec->first && row->keys[1].first == 0;
}

static void describe(struct command_info *info, const struct command *row, const struct command_info *parent)
{
    REQUIRE(parent != NULL || row->tier != TIER_UNSAID);
    *info = (struct command_info){
        .row = row,
        .name = row->name,
        .name_len = strlen(row->name),
        .parent = parent,
        .arity = arity_of(row, parent != NULL ? 2 : 1),
        .flags = row->flags | (key_places_vary(row) ? CMD_MOVABLE_KEYS : 0),
        .first_key = key_first(row),
        .member = (uint8_t)row->member,
        .one_key = has_one_key(row),
        .reads_copies =
            (row->tier & (TIER_READ | TIER_TYPED)) && !(row->tier & (TIER_TELLS_TTL | TIER_TELLS_END)),
    };
    const char *container = parent != NULL ? parent->row->name : "";
    snprintf(info->full_name, sizeof(info->full_name), "%s%s%s", container, parent != NULL ? "|" : "",
             row->name);
}

/* The top level, each under its own name. */
static void add_commands(struct command_table *table)
{
    for (const struct command *const *family = table->families; *family != NULL; family++) {
        for (const struct command *row = *family; row->name != NULL; row++)
            describe(&table->infos[table->len++], row, NULL);
    }
}

static struct command_info *find_unindexed(struct command_table *table, const char *name)
{
    for (size_t i = 0; i < table->len; i++) {
        if (strcasecmp(table->infos[i].name, name) == 0) return &table->infos[i];
    }
    return NULL;
}

static void remove_command(struct command_table *table, struct command_info *info)
{
    alloc_free(info->new_name);
    size_t behind = (size_t)(table->infos + table->len - (info + 1));
    memmove(info, info + 1, behind * sizeof(*info));
    table->len--;
}

static char *lower_case(const char *name)
{
    char *lower = alloc_cstr(name, strlen(name));
    for (char *c = lower; *c != '\0'; c++) *c = (char)tolower((unsigned char)*c);
    return lower;
}

static bool is_here(const void *families, const char *redis_name)
{
    for (const struct command *const *family = families; *family != NULL; family++) {
        for (const struct command *row = *family; row->name != NULL; row++)
            if (strcmp(row->name, redis_name) == 0) return true;
    }
    return false;
}

/* NULL, or what is wrong with it. A command that keeps its name is in nobody's way. */
static const char *rename_command(struct command_table *table, const char *old, const char *new)
{
    struct command_info *info = find_unindexed(table, old);
    bool absent = info == NULL && absentees_have(&table->absentees, old, is_here, table->families);
    if (info == NULL && !absent) return "No such command in rename-command";
    bool same = strcasecmp(old, new) == 0;
    if (same) return NULL;
    if (find_unindexed(table, new) != NULL ||
        absentees_have(&table->absentees, new, is_here, table->families))
        return "Target command name already exists";
    if (absent) {
        absentees_rename(&table->absentees, old, new);
    } else if (*new == '\0') {
        remove_command(table, info);
    } else {
        char *name = lower_case(new);
        alloc_free(info->new_name);
        info->name = info->new_name = name;
    }
    absentees_leave(&table->absentees, old);
    return NULL;
}

static bool rename_commands(struct command_table *table, const char *const *renames,
                            struct command_rename_refusal *refusal)
{
    for (size_t pair = 0; renames[2 * pair] != NULL; pair++) {
        const char *complaint = rename_command(table, renames[2 * pair], renames[2 * pair + 1]);
        if (complaint == NULL) continue;
        *refusal = (struct command_rename_refusal){ .pair = pair, .complaint = complaint };
        return false;
    }
    return true;
}

static void add_subcommands(struct command_table *table, struct command_info *container)
{
    container->subcommands = &table->infos[table->ids];
    container->subcommand_count = rows_in(container->row->subcommands);
    for (size_t i = 0; i < container->subcommand_count; i++) {
        describe(&table->infos[table->ids++], &container->row->subcommands[i], container);
    }
}

static size_t count_all(const struct command *const *families)
{
    size_t count = 0;
    for (const struct command *const *family = families; *family != NULL; family++) {
        for (const struct command *row = *family; row->name != NULL; row++)
            count += 1 + rows_in(row->subcommands);
    }
    return count;
}

static struct command_table *allocate(const struct command *const *families)
{
    struct command_table *table = ALLOC_NEW(struct command_table);
    size_t count = count_all(families);
    table->families = families;
    table->infos = alloc_zeroed((count + 1) * sizeof(*table->infos));
    for (table->slot_bits = 4; (size_t)1 << table->slot_bits < 4 * count; table->slot_bits++) {}
    table->slots = alloc_zeroed(sizeof(*table->slots) << table->slot_bits);
    table->spelling_bits = table->slot_bits + 1;
    size_t spellings = ((size_t)1 << table->spelling_bits) + 1;
    table->spellings = alloc_zeroed(sizeof(*table->spellings) * spellings);
    table->sub_spellings = alloc_zeroed(sizeof(*table->sub_spellings) * spellings);
    return table;
}

static void add_all_subcommands(struct command_table *table)
{
    table->ids = (unsigned)table->len;
    for (size_t i = 0; i < table->len; i++) add_subcommands(table, &table->infos[i]);
    for (unsigned id = 0; id < table->ids; id++) table->infos[id].id = id;
}

struct command_table *command_table_create(const struct command *const *families, const char *const *renames,
                                           struct command_rename_refusal *refusal)
{
    struct command_table *table = allocate(families);
    add_commands(table);
    if (renames != NULL && !rename_commands(table, renames, refusal)) {
        command_table_destroy(&table);
        return NULL;
    }
    add_all_subcommands(table);
    for (size_t i = 0; i < table->len; i++) index_name(table, &table->infos[i]);
    add_spellings(table);
    return table;
}

void command_table_destroy(struct command_table **table)
{
    if (*table == NULL) return;
    for (size_t i = 0; i < (*table)->len; i++) alloc_free((*table)->infos[i].new_name);
    absentees_clear(&(*table)->absentees);
    alloc_free((*table)->slots);
    alloc_free((*table)->spellings);
    alloc_free((*table)->sub_spellings);
    alloc_free((*table)->infos);
    alloc_free(*table);
    *table = NULL;
}

size_t command_table_len(const struct command_table *table)
{
    return table->len;
}

const struct command_info *command_table_at(const struct command_table *table, size_t index)
{
    REQUIRE(index < table->len);
    return &table->infos[index];
}

unsigned command_table_ids(const struct command_table *table)
{
    return table->ids;
}

const struct command_info *command_table_by_id(const struct command_table *table, unsigned id)
{
    REQUIRE(id < table->ids);
    return &table->infos[id];
}

struct slice command_table_upstream_name(const struct command_table *table,
                                         const struct command_info *command, struct slice name)
{
    if (command == NULL) return absentees_resolve(&table->absentees, name);
    return command->new_name != NULL ? slice_of_cstr(command->row->name) : name;
}
