#include "server/exec/command/syntax.h"

#include <ctype.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "proto/base/contract.h"
#include "server/exec/command/key_walk.h"
#include "server/exec/command/placeholder.h"

/* The next thing in the text: a bracket, a bar, dots or a word. Nothing is left when `len` is 0. */
struct reader {
    const char *next;
    size_t len;
    const char *command; /* whose syntax it is: some placeholders mean different things */
    int choices;         /* that were read */
};

static void advance(struct reader *reader)
{
    const char *text = reader->next + reader->len;
    text += strspn(text, " ");
    reader->next = text;
    reader->len = strchr("[]<>|", *text) != NULL ? *text != '\0' : strcspn(text, " []<>|");
}

static bool at(const struct reader *reader, const char *what)
{
    return reader->len == strlen(what) && memcmp(reader->next, what, reader->len) == 0;
}

static bool at_end_of_list(const struct reader *reader)
{
    return reader->len == 0 || at(reader, "]") || at(reader, ">") || at(reader, "...");
}

static void expect(struct reader *reader, const char *what)
{
    REQUIRE(at(reader, what));
    advance(reader);
}

static void push(struct syntax *list, struct syntax_argument argument)
{
    list->items = alloc_resize(list->items, (list->len + 1) * sizeof(*list->items));
    list->items[list->len++] = argument;
}

static char *lower(const char *text, size_t len)
{
    char *copy = alloc_cstr(text, len);
    for (char *c = copy; *c != '\0'; c++) *c = (char)tolower((unsigned char)*c);
    return copy;
}

static bool is_token(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (islower((unsigned char)text[i])) return false;
    }
    return true;
}

static char *name_of_token(const struct reader *reader, const char *token)
{
    const char *known = placeholder_token_name(reader->command, token);
    return known != NULL ? alloc_cstr(known, strlen(known)) : lower(token, strlen(token));
}

static struct syntax_argument read_word(struct reader *reader)
{
    struct syntax_argument argument = { .key_spec = -1 };
    if (is_token(reader->next, reader->len)) {
        argument.type = SYNTAX_PURE_TOKEN;
        argument.token = alloc_cstr(reader->next, reader->len);
        argument.name = name_of_token(reader, argument.token);
    } else {
        argument.name = lower(reader->next, reader->len);
        argument.type = placeholder_type(reader->command, argument.name);
    }
    advance(reader);
    return argument;
}

/* "offset_count": what Redis calls a group that has no name of its own. */
static char *joined_names(const struct syntax *list)
{
    struct buffer name = { 0 };
    for (size_t i = 0; i < list->len; i++)
        buffer_printf(&name, "%s%s", i > 0 ? "_" : "", list->items[i].name);
    char *text = alloc_cstr(name.data, name.len);
    buffer_clear(&name);
    return text;
}

static char *name_of_group(struct reader *reader, const struct syntax *list, enum syntax_type type)
{
    const struct syntax_argument *first = &list->items[0];
    const char *word = first->token != NULL ? first->token : first->name;
    const char *known = type == SYNTAX_ONEOF
                            ? placeholder_choice_name(reader->command, word, reader->choices++ > 0)
                            : placeholder_block_name(reader->command, first->name);
    return known != NULL ? alloc_cstr(known, strlen(known)) : joined_names(list);
}

/* A block that is called after the word it begins with has it as its token: FULL [COUNT count]. */
static void take_token(struct syntax_argument *block)
{
    struct syntax_argument *first = &block->parts.items[0];
    if (block->type != SYNTAX_BLOCK || first->type != SYNTAX_PURE_TOKEN) return;
    if (strcmp(block->name, first->name) != 0) return;
    block->token = first->token;
    alloc_free(first->name);
    block->parts.len--;
    memmove(first, first + 1, block->parts.len * sizeof(*first));
}

/* One argument that stands for the whole list, which is taken. */
static struct syntax_argument group(struct reader *reader, struct syntax *list, enum syntax_type type)
{
    REQUIRE(list->len > 0);
    struct syntax_argument argument = { .type = type, .key_spec = -1, .parts = *list };
    if (list->len == 1) {
        argument = list->items[0];
        alloc_free(list->items);
    } else {
        argument.name = name_of_group(reader, list, type);
        take_token(&argument);
    }
    *list = (struct syntax){ 0 };
    return argument;
}

static bool is_bare_token(const struct syntax_argument *argument)
{
    return argument->type == SYNTAX_PURE_TOKEN && !argument->optional;
}

static bool is_operand(const struct syntax_argument *argument)
{
    return argument->token == NULL && !argument->optional;
}

static bool all_tokens(const struct syntax *list)
{
    for (size_t i = 0; i < list->len; i++) {
        if (list->items[i].type != SYNTAX_PURE_TOKEN) return false;
    }
    return true;
}

/* Take `count` items from `from` on out of the list. */
static struct syntax cut(struct syntax *list, size_t from, size_t count)
{
    struct syntax taken = { 0 };
    for (size_t i = from; i < from + count; i++) push(&taken, list->items[i]);
    size_t behind = list->len - from - count;
    memmove(&list->items[from], &list->items[from + count], behind * sizeof(*list->items));
    list->len -= count;
    return taken;
}

/* A block that is called after what it is, not after its operands, leaves its token to the first of them;
 * unless it is called after that. */
static bool begins_named_block(const struct reader *reader, const struct syntax_argument *word,
                               const struct syntax_argument *bound)
{
    if (bound->type != SYNTAX_BLOCK) return false;
    const char *name = placeholder_block_name(reader->command, bound->parts.items[0].name);
    return name != NULL && strcmp(name, word->name) != 0;
}

/* A token and the operands behind it are one argument: EX seconds, LIMIT offset count. */
static void bind_token(struct reader *reader, struct syntax *list, size_t token)
{
    size_t end = token + 1;
    while (end < list->len && is_operand(&list->items[end])) end++;
    if (end == token + 1) return;

    struct syntax operands = cut(list, token + 1, end - token - 1);
    struct syntax_argument word = list->items[token];
    struct syntax_argument bound = group(reader, &operands, SYNTAX_BLOCK);
    *(begins_named_block(reader, &word, &bound) ? &bound.parts.items[0].token : &bound.token) = word.token;
    /* A choice between words is called after them, any other choice after its token, as Redis does. */
    bool after_token = bound.type == SYNTAX_ONEOF && !all_tokens(&bound.parts);
    alloc_free(after_token ? bound.name : word.name);
    if (after_token) bound.name = word.name;
    list->items[token] = bound;
}

static void bind_tokens(struct reader *reader, struct syntax *list)
{
    for (size_t i = 0; i < list->len; i++) {
        if (is_bare_token(&list->items[i])) bind_token(reader, list, i);
    }
}

static bool same(const struct syntax_argument *a, const struct syntax_argument *b)
{
    if (a->type != b->type || strcmp(a->name, b->name) != 0 || a->parts.len != b->parts.len) return false;
    for (size_t i = 0; i < a->parts.len; i++) {
        if (!same(&a->parts.items[i], &b->parts.items[i])) return false;
    }
    return true;
}

static bool ends_with(const struct syntax *list, const struct syntax *tail)
{
    if (tail->len > list->len) return false;
    for (size_t i = 0; i < tail->len; i++) {
        if (!same(&list->items[list->len - tail->len + i], &tail->items[i])) return false;
    }
    return true;
}

/* `[again ...]` behind `list`: its last items repeat when they are the same, else `again` does from zero on.
 */
static void push_repeated(struct reader *reader, struct syntax *list, struct syntax *again)
{
    struct syntax_argument repeated;
    bool last_items = ends_with(list, again);
    if (last_items) {
        struct syntax tail = cut(list, list->len - again->len, again->len);
        syntax_clear(again);
        *again = tail;
    }
    bool with_token = is_bare_token(&again->items[0]) && again->len > 1;
    bind_tokens(reader, again);
    repeated = group(reader, again, SYNTAX_BLOCK);
    repeated.multiple = true;
    repeated.multiple_token = with_token && repeated.token != NULL;
    repeated.optional = !last_items;
    push(list, repeated);
}

static struct syntax read_sequence(struct reader *reader);

/* Alternatives up to a closing bracket; a single one is returned as it is, its tokens not yet bound. */
static struct syntax read_choice(struct reader *reader)
{
    struct syntax first = read_sequence(reader);
    if (!at(reader, "|")) return first;

    struct syntax alternatives = { 0 };
    bind_tokens(reader, &first);
    push(&alternatives, group(reader, &first, SYNTAX_BLOCK));
    while (at(reader, "|")) {
        advance(reader);
        struct syntax other = read_sequence(reader);
        bind_tokens(reader, &other);
        push(&alternatives, group(reader, &other, SYNTAX_BLOCK));
    }
    struct syntax choice = { 0 };
    push(&choice, group(reader, &alternatives, SYNTAX_ONEOF));
    return choice;
}

static void read_optional(struct reader *reader, struct syntax *list)
{
    expect(reader, "[");
    struct syntax inner = read_choice(reader);
    if (at(reader, "...")) {
        advance(reader);
        push_repeated(reader, list, &inner);
    } else {
        bind_tokens(reader, &inner);
        struct syntax_argument argument = group(reader, &inner, SYNTAX_BLOCK);
        argument.optional = true;
        push(list, argument);
    }
    expect(reader, "]");
}

static struct syntax read_sequence(struct reader *reader)
{
    struct syntax list = { 0 };
    while (!at_end_of_list(reader) && !at(reader, "|")) {
        if (at(reader, "[")) {
            read_optional(reader, &list);
        } else if (at(reader, "<")) {
            advance(reader);
            struct syntax inner = read_choice(reader);
            bind_tokens(reader, &inner);
            push(&list, group(reader, &inner, SYNTAX_BLOCK));
            expect(reader, ">");
        } else {
            push(&list, read_word(reader));
        }
    }
    return list;
}

/* The fewest words, and whether there may be more. */
struct words {
    int least;
    bool varies;
};

static struct words words_of(const struct syntax *list);

/* Of one taken alone, whether it is optional or not. */
static struct words words_of_argument(const struct syntax_argument *argument)
{
    struct words words = { .least = 1 };
    if (argument->type == SYNTAX_BLOCK) {
        words = words_of(&argument->parts);
    } else if (argument->type == SYNTAX_ONEOF) {
        words = words_of_argument(&argument->parts.items[0]);
        for (size_t i = 1; i < argument->parts.len; i++) {
            struct words other = words_of_argument(&argument->parts.items[i]);
            words.varies = words.varies || other.varies || other.least != words.least;
            if (other.least < words.least) words.least = other.least;
        }
    }
    if (argument->token != NULL && argument->type != SYNTAX_PURE_TOKEN) words.least++;
    if (argument->multiple) words.varies = true;
    return words;
}

static struct words words_of(const struct syntax *list)
{
    struct words sum = { 0 };
    for (size_t i = 0; i < list->len; i++) {
        struct words words = words_of_argument(&list->items[i]);
        if (!list->items[i].optional) sum.least += words.least;
        sum.varies = sum.varies || words.varies || list->items[i].optional;
    }
    return sum;
}

static bool is_covered(const struct key_spec *spec, int position)
{
    if (spec->find == KEYS_NUMBER) return position == spec->first + 1;
    if (spec->find == KEYS_EITHER) return position == spec->first;
    if (spec->find != KEYS_AT || spec->first == 0 || position < spec->first) return false;
    return (spec->last < 0 || position <= spec->last) && (position - spec->first) % spec->step == 0;
}

/* Index of the key spec that covers the argument at `position`; -1: it is no key. */
static int key_spec_at(const struct command *row, int position)
{
    for (int i = 0; i < COMMAND_KEY_SPECS; i++)
        if (is_covered(&row->keys[i], position)) return i;
    return -1;
}

/* The same of what stands behind the word `token`. */
static int key_spec_behind(const struct command *row, const char *token)
{
    for (int i = 0; i < COMMAND_KEY_SPECS; i++)
        if (row->keys[i].word != NULL && key_word_is(&row->keys[i], slice_of_cstr(token))) return i;
    return -1;
}

/* Options may be in any place: their keys are known by their words. What is a pattern stays one. */
static void mark_options(struct syntax *list, const struct command *row)
{
    for (size_t i = 0; i < list->len; i++) {
        struct syntax_argument *argument = &list->items[i];
        mark_options(&argument->parts, row);
        if (argument->token == NULL || argument->type == SYNTAX_PURE_TOKEN) continue;
        int spec = key_spec_behind(row, argument->token);
        if (spec < 0) continue;
        if (argument->type == SYNTAX_BLOCK) argument = &argument->parts.items[0];
        argument->key_spec = spec;
        if (row->keys[spec].find != KEYS_DERIVED) argument->type = SYNTAX_KEY;
    }
}

/* Number the arguments from `position` on and mark those that a key spec covers. Returns the position behind
 * them, or 0 once it varies: behind what is optional or repeated. */
static int mark_keys(struct syntax *list, const struct command *row, int position)
{
    for (size_t i = 0; i < list->len && position > 0; i++) {
        struct syntax_argument *argument = &list->items[i];
        if (argument->token != NULL) position++;
        if (argument->type == SYNTAX_BLOCK) {
            position = mark_keys(&argument->parts, row, position);
        } else if (argument->type == SYNTAX_ONEOF) {
            struct words words = words_of_argument(argument);
            position = words.varies ? 0 : position + words.least - (argument->token != NULL);
        } else if (argument->type != SYNTAX_PURE_TOKEN) {
            argument->key_spec = key_spec_at(row, position++);
            if (argument->key_spec >= 0) argument->type = SYNTAX_KEY;
        }
        if (argument->optional || argument->multiple) position = 0;
    }
    return position;
}

void syntax_init(struct syntax *syntax, const struct command *row, int names)
{
    struct reader reader = { .next = row->syntax != NULL ? row->syntax : "", .command = row->name };
    advance(&reader);
    *syntax = read_choice(&reader);
    REQUIRE(reader.len == 0);
    bind_tokens(&reader, syntax);
    mark_keys(syntax, row, names);
    mark_options(syntax, row);
}

void syntax_clear(struct syntax *syntax)
{
    for (size_t i = 0; i < syntax->len; i++) {
        syntax_clear(&syntax->items[i].parts);
        alloc_free(syntax->items[i].name);
        alloc_free(syntax->items[i].token);
    }
    alloc_free(syntax->items);
    *syntax = (struct syntax){ 0 };
}

int syntax_arity(const struct syntax *syntax, int names)
{
    struct words words = words_of(syntax);
    int least = names + words.least;
    return words.varies ? -least : least;
}

const char *syntax_type_name(enum syntax_type type)
{
    static const char *const names[] = {
        [SYNTAX_STRING] = "string",         [SYNTAX_INTEGER] = "integer",
        [SYNTAX_DOUBLE] = "double",         [SYNTAX_KEY] = "key",
        [SYNTAX_PATTERN] = "pattern",       [SYNTAX_UNIX_TIME] = "unix-time",
        [SYNTAX_PURE_TOKEN] = "pure-token", [SYNTAX_ONEOF] = "oneof",
        [SYNTAX_BLOCK] = "block",
    };
    return names[type];
}
