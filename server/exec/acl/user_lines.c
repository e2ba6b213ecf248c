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

/* What Redis takes off both ends of a line and of each word in it. */
static struct slice trim(struct slice text, const char *blanks)
{
    while (text.len > 0 && text.data[0] != '\0' && strchr(blanks, text.data[0]) != NULL)
        text = slice_of(text.data + 1, text.len - 1);
    while (text.len > 0 && text.data[text.len - 1] != '\0' && strchr(blanks, text.data[text.len - 1]) != NULL)
        text.len--;
    return text;
}

/* Between two blanks there is an empty word, as in Redis: it is no rule, but may be a name. */
static size_t split(struct slice line, struct slice **words)
{
    size_t count = 0, cap = 0;
    for (;;) {
        const char *blank = memchr(line.data, ' ', line.len);
        size_t len = blank != NULL ? (size_t)(blank - line.data) : line.len;
        ARRAY_RESERVE(*words, count, cap, 16);
        (*words)[count++] = slice_of(line.data, len);
        if (blank == NULL) return count;
        line = slice_of(line.data + len + 1, line.len - len - 1);
    }
}

/* The place that a complaint is about. */
struct line {
    const char *source;
    size_t number;
    struct buffer *complaint;
};

/* Every unknown word is told of, but only the first fault of another kind. */
static void apply_rules(const struct line *line, struct user *user, const struct slice *rules, size_t count)
{
    bool faulty = false;
    for (size_t i = 0; i < count; i++) {
        struct slice rule = trim(rules[i], "\t\r\n");
        enum rule_fault fault = user_apply(user, rule);
        if (fault == RULE_UNKNOWN_COMMAND) {
            buffer_printf(line->complaint, "%s:%zu: Error in applying operation '%.*s': %s. ", line->source,
                          line->number, (int)rule.len, rule.data, rule_fault_text(fault));
        } else if (fault != RULE_GOOD && !faulty) {
            buffer_printf(line->complaint, "%s:%zu: %s. ", line->source, line->number,
                          rule_fault_text(fault));
            faulty = true;
        }
    }
}

static void load_rules(const struct line *line, struct user *user, const struct slice *words, size_t count)
{
    struct slice *rules = alloc_bytes((count + 1) * sizeof(*rules)), open;
    struct buffer memory = { 0 };
    size_t joined = user_lines_join(words, count, rules, &memory, &open);
    if (joined == SIZE_MAX)
        buffer_printf(line->complaint, "%s:%zu: Unmatched parenthesis in selector definition.", line->source,
                      line->number);
    else
        apply_rules(line, user, rules, joined);
    buffer_clear(&memory);
    alloc_free(rules);
}

static void load_words(const struct user_lines *source, struct roll *roll, const struct line *line,
                       const struct slice *words, size_t count)
{
    struct slice name = count > 1 ? words[1] : SLICE("");
    if (count < 2 || !slice_equal(words[0], SLICE("user"))) {
        buffer_printf(line->complaint, "%s:%zu should start with user keyword followed by the username. ",
                      line->source, line->number);
    } else if (!user_name_is_writable(name)) {
        buffer_printf(line->complaint, "'%s:%zu: username '%.*s' contains invalid characters. ", line->source,
                      line->number, (int)name.len, name.data);
    } else if (roll_find(roll, name) != NULL) {
        buffer_printf(line->complaint, "WARNING: Duplicate user '%.*s' found on line %zu. ", (int)name.len,
                      name.data, line->number);
    } else {
        struct user *user = user_create(source->commands, name, source->all_channels);
        roll_put(roll, user);
        load_rules(line, user, words + 2, count - 2);
    }
}

void user_lines_read(const struct user_lines *source, struct slice text, struct roll *roll,
                     struct buffer *complaint)
{
    struct lines lines = { .rest = text };
    for (struct slice line; next_line(&lines, &line);) {
        struct slice *words = NULL;
        struct line place = { source->source, lines.number, complaint };
        line = trim(line, " \t\r\n");
        if (line.len == 0) continue;
        size_t count = split(line, &words);
        load_words(source, roll, &place, words, count);
        alloc_free(words);
    }
}
