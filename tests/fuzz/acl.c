/*
 * acl.c - any words as rules of a user, any text as a file of users, and any name against what they allow.
 *
 * Rules are separated by blanks, and a zero ends them; behind it stand the words of a command. What a user is
 * written as makes the same user again, and a copy is the same user.
 */
#include <stdint.h>
#include <string.h>

#include "proto/base/buffer.h"
#include "proto/base/contract.h"
#include "server/commands/catalog/families.h"
#include "server/exec/acl/acl_check.h"
#include "server/exec/acl/roll.h"
#include "server/exec/acl/user.h"
#include "server/exec/acl/user_lines.h"
#include "server/exec/command/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define WORDS_MAX 64

static struct command_table *commands;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    commands = command_table_create(command_families, NULL, NULL);
    return 0;
}

static size_t split(struct slice text, struct slice *words)
{
    size_t count = 0;
    while (text.len > 0 && count < WORDS_MAX) {
        const char *blank = memchr(text.data, ' ', text.len);
        size_t len = blank != NULL ? (size_t)(blank - text.data) : text.len;
        words[count++] = slice_of(text.data, len);
        size_t gone = blank != NULL ? len + 1 : len;
        text = slice_of(text.data + gone, text.len - gone);
    }
    return count;
}

/* As ACL SETUSER: a rule that is wrong, or comes behind one, is not applied. */
static void apply(struct user *user, struct slice text)
{
    struct slice words[WORDS_MAX], rules[WORDS_MAX], open;
    struct buffer memory = { 0 };
    size_t at, count = user_lines_join(words, split(text, words), rules, &memory, &open);
    if (count != SIZE_MAX) user_apply_all(user, rules, count, &at);
    buffer_clear(&memory);
}

static struct buffer text_of(const struct user *user)
{
    struct buffer text = { 0 };
    user_write(user, &text);
    return text;
}

static bool is_plain(const struct buffer *text)
{
    return text->len > 0 && memchr(text->data, '\n', text->len) == NULL &&
           memchr(text->data, '\r', text->len) == NULL && memchr(text->data, '\0', text->len) == NULL &&
           memchr(text->data, '\t', text->len) == NULL && memchr(text->data, '\v', text->len) == NULL &&
           memchr(text->data, '\f', text->len) == NULL;
}

/* A pattern of a selector that ends as a selector does is taken for its end when it is read again, as in
 * Redis. */
static bool ends_are_clear(const struct buffer *text)
{
    size_t open = 0, closed = 0;
    for (size_t i = 0; i < text->len; i++) {
        open += text->data[i] == '(' && i > 0 && text->data[i - 1] == ' ';
        closed += text->data[i] == ')' && (i + 1 == text->len || text->data[i + 1] == ' ');
    }
    return open == closed;
}

/* As a file has it. */
static void read_again(const struct buffer *text)
{
    struct roll roll = { 0 };
    struct buffer complaint = { 0 };
    struct user_lines lines = { .commands = commands, .source = "file" };
    user_lines_read(&lines, buffer_slice(text), &roll, &complaint);
    INVARIANT(complaint.len == 0 && roll.len == 1);
    struct buffer again = text_of(roll.items[0]);
    INVARIANT(slice_equal(buffer_slice(&again), buffer_slice(text)));
    buffer_clear(&again);
    buffer_clear(&complaint);
    roll_clear(&roll);
}

static void ask(const struct user *user, struct slice text)
{
    struct slice words[WORDS_MAX];
    size_t count = split(text, words);
    if (count == 0) return;
    const struct command_info *command = command_table_find_call(commands, words, (int)count);
    acl_hears(user, words[0], false);
    if (command == NULL || !command_accepts(command, (int)count)) return;
    const struct acl_asked asked = { .user = user, .command = command, .argv = words, .argc = (int)count };
    INVARIANT(!acl_grants_every_key(&asked, RIGHT_WRITE) || acl_grants_key(&asked, words[0], RIGHT_WRITE));
    struct acl_finding found = acl_check(user, command, words, (int)count);
    INVARIANT(!acl_grants(user, command, words, (int)count) || found.denial == ACL_GRANTED);
}

static void read_file(struct slice text)
{
    struct roll roll = { 0 };
    struct buffer complaint = { 0 };
    struct user_lines lines = { .commands = commands, .source = "file" };
    user_lines_read(&lines, text, &roll, &complaint);
    buffer_clear(&complaint);
    roll_clear(&roll);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice all = slice_of((const char *)data, size);
    size_t len = strnlen(all.data, size);
    struct slice rest = len < size ? slice_of(all.data + len + 1, size - len - 1) : SLICE("");
    struct user *user = user_create(commands, SLICE("alice"), false);
    apply(user, slice_of(all.data, len));
    struct user *copy = user_copy(user);
    struct buffer text = text_of(user), copied = text_of(copy);
    INVARIANT(slice_equal(buffer_slice(&text), buffer_slice(&copied)));
    if (is_plain(&text) && ends_are_clear(&text)) read_again(&text);
    ask(user, rest);
    ask(copy, rest);
    read_file(all);
    buffer_clear(&text);
    buffer_clear(&copied);
    user_drop(&user);
    user_drop(&copy);
    return 0;
}
