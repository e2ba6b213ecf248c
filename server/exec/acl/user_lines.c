#include "server/exec/acl/user_lines.h"

#include "proto/base/alloc.h"
#include "proto/base/array.h"
#include "server/exec/acl/user.h"

size_t user_lines_join(const struct slice *words, size_t count, struct slice *rules, struct buffer *memory,
                       struct slice *open)
{
    size_t joined = 0, room = 1;
    for (size_t i = 0; i < count; i++) room += words[i].len + 1;
    buffer_reserve(memory, room); /* it does not move any more */
    for (size_t i = 0; i < count; i++) {
        bool opens = words[i].len > 0 && words[i].data[0] == '(';
        *open = words[i];
        const char *start = memory->data + memory->len;
        for (;; i++) {
            buffer_append(memory, words[i].data, words[i].len);
            if (!opens || (words[i].len > 0 && words[i].data[words[i].len - 1] == ')')) break;
            if (i + 1 == count) return SIZE_MAX;
            buffer_append(memory, " ", 1);
        }
        rules[joined++] = slice_of(start, (size_t)(memory->data + memory->len - start));
    }
    return joined;
}

/* Between lines it would be another rule. */
struct lines {
    struct slice rest;
    size_t number;
};

static bool next_line(struct lines *lines, struct slice *line)
{
    if (lines->rest.len == 0) return false;
    const char *end = memchr(lines->rest.data, '\n', lines->rest.len);
    size_t len = end != NULL ? (size_t)(end - lines->rest.data) : lines->rest.len;
    *line = slice_of(lines->rest.data, len);
    size_t skipped = end != NULL ? len + 1 : len;
    lines->rest = slice_of(lines->rest.data + skipped, lines->rest.len - skipped);
    lines->number++;
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool next_word(struct slice *rest, struct slice *word)
{
    size_t start = 0, end;
    while (start < rest->len && is_blank(rest->data[start])) start++;
    for (end = start; end < rest->len && !is_blank(rest->data[end]);) end++;
    *word = slice_of(rest->data + start, end - start);
    *rest = slice_of(rest->data + end, rest->len - end);
    return word->len > 0;
}

static size_t split(struct slice line, struct slice **words)
{
    size_t count = 0, cap = 0;
    for (struct slice word; next_word(&line, &word);) {
        ARRAY_RESERVE(*words, count, cap, 16);
        (*words)[count++] = word;
    }
    return count;
}

static void load_rules(const struct user_lines *source, struct roll *roll, const struct slice *words,
                       size_t count, size_t number, struct buffer *complaint)
{
    struct slice *rules = alloc_bytes((count + 1) * sizeof(*rules));
    struct buffer memory = { 0 };
    struct slice open;
    struct user *user = user_create(source->commands, words[1], source->all_channels);
    size_t joined = user_lines_join(words + 2, count - 2, rules, &memory, &open), at = 0;
    enum rule_fault fault = joined == SIZE_MAX ? RULE_BAD : user_apply_all(user, rules, joined, &at);
    if (joined == SIZE_MAX)
        buffer_printf(complaint, "%s:%zu: Unmatched parenthesis in selector definition.", source->source,
                      number);
    else if (fault != RULE_GOOD)
        buffer_printf(complaint, "%s:%zu: %s. ", source->source, number, rule_fault_text(fault));
    roll_put(roll, user);
    buffer_clear(&memory);
    alloc_free(rules);
}

static void load_line(const struct user_lines *source, struct roll *roll, struct slice line, size_t number,
                      struct buffer *complaint)
{
    struct slice *words = NULL;
    size_t count = split(line, &words);
    bool is_comment = count > 0 && words[0].data[0] == '#';
    if (count == 0 || is_comment) {
        /* Nothing. */
    } else if (count < 2 || !slice_equal(words[0], SLICE("user"))) {
        buffer_printf(complaint, "%s:%zu: line should start with user keyword. ", source->source, number);
    } else if (roll_find(roll, words[1]) != NULL) {
        buffer_printf(complaint, "%s:%zu: user '%.*s' was already defined in the ACL file. ", source->source,
                      number, (int)words[1].len, words[1].data);
    } else {
        load_rules(source, roll, words, count, number, complaint);
    }
    alloc_free(words);
}

void user_lines_read(const struct user_lines *source, struct slice text, struct roll *roll,
                     struct buffer *complaint)
{
    struct lines lines = { .rest = text };
    for (struct slice line; next_line(&lines, &line);) load_line(source, roll, line, lines.number, complaint);
}
