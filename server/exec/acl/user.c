#include "server/exec/acl/user.h"

#include "proto/base/alloc.h"
#include "proto/base/array.h"

static struct selector *root_of(const struct user *user)
{
    return &user->selectors[0];
}

static void add_selector(struct user *user, struct selector selector)
{
    ARRAY_RESERVE(user->selectors, user->selector_count, user->selector_cap, 1);
    user->selectors[user->selector_count++] = selector;
}

bool user_name_is_writable(struct slice name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.data[i] == '\0' || strchr(" \t\n\v\f\r", name.data[i]) != NULL) return false;
    return true;
}

struct user *user_create(const struct command_table *commands, struct slice name, bool all_channels)
{
    struct user *user = ALLOC_NEW(struct user);
    atomic_init(&user->holders, 1);
    user->name = alloc_cstr(name.data, name.len);
    user->name_len = name.len;
    user->all_channels = all_channels;
    add_selector(user, selector_create(commands, all_channels));
    return user;
}

static void add_password(struct user *user, struct password_hash hash)
{
    ARRAY_RESERVE(user->passwords, user->password_count, user->password_cap, 1);
    user->passwords[user->password_count++] = hash;
}

struct user *user_copy(const struct user *user)
{
    struct user *copy = ALLOC_NEW(struct user);
    atomic_init(&copy->holders, 1);
    copy->name = alloc_cstr(user->name, user->name_len);
    copy->name_len = user->name_len;
    copy->birth = user->birth;
    copy->flags = user->flags;
    copy->all_channels = user->all_channels;
    for (size_t i = 0; i < user->password_count; i++) add_password(copy, user->passwords[i]);
    for (size_t i = 0; i < user->selector_count; i++) add_selector(copy, selector_copy(&user->selectors[i]));
    return copy;
}

struct user *user_hold(const struct user *user)
{
    struct user *held = (struct user *)user;
    atomic_fetch_add_explicit(&held->holders, 1, memory_order_relaxed);
    return held;
}

static void destroy(struct user *user)
{
    for (size_t i = 0; i < user->selector_count; i++) selector_clear(&user->selectors[i]);
    alloc_free(user->selectors);
    alloc_free(user->passwords);
    alloc_free(user->name);
    alloc_free(user);
}

void user_drop(struct user **user)
{
    struct user *dropped = *user;
    *user = NULL;
    if (dropped != NULL && atomic_fetch_sub_explicit(&dropped->holders, 1, memory_order_acq_rel) == 1)
        destroy(dropped);
}

static struct password_hash *find_password(const struct user *user, struct password_hash hash)
{
    for (size_t i = 0; i < user->password_count; i++)
        if (password_hash_equal(&user->passwords[i], &hash)) return &user->passwords[i];
    return NULL;
}

static void allow_password(struct user *user, struct password_hash hash)
{
    if (find_password(user, hash) == NULL) add_password(user, hash);
    user->flags &= ~(unsigned)USER_NO_PASSWORD;
}

static enum rule_fault forbid_password(struct user *user, struct password_hash hash)
{
    struct password_hash *found = find_password(user, hash);
    if (found == NULL) return RULE_NO_SUCH_PASSWORD;
    size_t at = (size_t)(found - user->passwords);
    memmove(found, found + 1, (user->password_count - at - 1) * sizeof(*found));
    user->password_count--;
    return RULE_GOOD;
}

static enum rule_fault apply_password(struct user *user, struct slice rule)
{
    struct password_hash hash;
    struct slice text = slice_of(rule.data + 1, rule.len - 1);
    bool is_hashed = rule.data[0] == '#' || rule.data[0] == '!';
    if (is_hashed && !password_hash_read(&hash, text)) return RULE_BAD_HASH;
    if (!is_hashed) hash = password_hash_of(text);
    bool is_given = rule.data[0] == '>' || rule.data[0] == '#';
    if (!is_given) return forbid_password(user, hash);
    allow_password(user, hash);
    return RULE_GOOD;
}

static void clear_selectors(struct user *user)
{
    for (size_t i = 1; i < user->selector_count; i++) selector_clear(&user->selectors[i]);
    user->selector_count = 1;
}

static struct slice trim_left(struct slice text)
{
    while (text.len > 0 && text.data[0] == ' ') text = slice_of(text.data + 1, text.len - 1);
    return text;
}

/* Rules separated by blanks. */
static enum rule_fault apply_words(struct selector *selector, struct slice words)
{
    for (words = trim_left(words); words.len > 0; words = trim_left(words)) {
        const char *blank = memchr(words.data, ' ', words.len);
        size_t len = blank != NULL ? (size_t)(blank - words.data) : words.len;
        enum rule_fault fault = selector_apply(selector, slice_of(words.data, len));
        if (fault != RULE_GOOD) return fault;
        words = slice_of(words.data + len, words.len - len);
    }
    return RULE_GOOD;
}

static enum rule_fault apply_selector(struct user *user, struct slice rule)
{
    if (rule.len < 2 || rule.data[rule.len - 1] != ')') return RULE_BAD;
    struct selector selector = selector_create(root_of(user)->commands, user->all_channels);
    enum rule_fault fault = apply_words(&selector, slice_of(rule.data + 1, rule.len - 2));
    if (fault == RULE_GOOD)
        add_selector(user, selector);
    else
        selector_clear(&selector);
    return fault;
}

static void reset(struct user *user)
{
    struct selector *root = root_of(user);
    struct selector fresh = selector_create(root->commands, user->all_channels);
    clear_selectors(user);
    selector_clear(root);
    *root = fresh;
    user->flags = USER_SANITIZES;
    user->password_count = 0;
}

static void set_flag(struct user *user, unsigned set, unsigned unset)
{
    user->flags = (user->flags & ~unset) | set;
}

static bool word_is(struct slice rule, const char *word)
{
    return slice_equal_nocase(rule, slice_of_cstr(word));
}

/* False: it is none of these. */
static bool apply_word(struct user *user, struct slice rule)
{
    if (word_is(rule, "on"))
        set_flag(user, USER_ON, 0);
    else if (word_is(rule, "off"))
        set_flag(user, 0, USER_ON);
    else if (word_is(rule, "nopass") || word_is(rule, "resetpass"))
        user->password_count = 0,
        set_flag(user, word_is(rule, "nopass") ? USER_NO_PASSWORD : 0, USER_NO_PASSWORD);
    else if (word_is(rule, "sanitize-payload"))
        set_flag(user, USER_SANITIZES, USER_SANITIZES_NOT);
    else if (word_is(rule, "skip-sanitize-payload"))
        set_flag(user, USER_SANITIZES_NOT, USER_SANITIZES);
    else if (word_is(rule, "clearselectors"))
        clear_selectors(user);
    else if (word_is(rule, "reset"))
        reset(user);
    else
        return false;
    return true;
}

enum rule_fault user_apply(struct user *user, struct slice rule)
{
    if (rule.len == 0 || apply_word(user, rule)) return RULE_GOOD;
    if (memchr("<>#!", rule.data[0], 4) != NULL) return apply_password(user, rule);
    if (rule.data[0] == '(') return apply_selector(user, rule);
    return selector_apply(root_of(user), rule);
}

enum rule_fault user_apply_all(struct user *user, const struct slice *rules, size_t count, size_t *fault_at)
{
    for (*fault_at = 0; *fault_at < count; ++*fault_at) {
        enum rule_fault fault = user_apply(user, rules[*fault_at]);
        if (fault != RULE_GOOD) return fault;
    }
    return RULE_GOOD;
}

bool user_is_boundless(const struct user *user)
{
    return selector_is_boundless(root_of(user));
}

bool user_is_open(const struct user *user)
{
    return (user->flags & (USER_ON | USER_NO_PASSWORD)) == (USER_ON | USER_NO_PASSWORD);
}

bool user_admits(const struct user *user, struct slice password)
{
    struct password_hash given = password_hash_of(password);
    bool right = user->flags & USER_NO_PASSWORD;
    for (size_t i = 0; i < user->password_count; i++)
        right |= password_hash_equal(&user->passwords[i], &given);
    return right && user->flags & USER_ON;
}

void user_flags(const struct user *user, const char *names[4])
{
    size_t count = 0;
    names[count++] = user->flags & USER_ON ? "on" : "off";
    if (user->flags & USER_NO_PASSWORD) names[count++] = "nopass";
    if (user->flags & USER_SANITIZES) names[count++] = "sanitize-payload";
    if (user->flags & USER_SANITIZES_NOT) names[count++] = "skip-sanitize-payload";
    if (count < 4) names[count] = NULL;
}

void user_write(const struct user *user, struct buffer *out)
{
    const char *flags[4];
    user_flags(user, flags);
    buffer_append(out, "user ", 5);
    buffer_append(out, user->name, user->name_len);
    for (size_t i = 0; i < 4 && flags[i] != NULL; i++) buffer_printf(out, " %s", flags[i]);
    for (size_t i = 0; i < user->password_count; i++)
        buffer_printf(out, " #%.*s", PASSWORD_HASH_DIGITS, user->passwords[i].digits);
    buffer_append(out, " ", 1);
    selector_write(root_of(user), out);
    for (size_t i = 1; i < user->selector_count; i++) {
        buffer_append(out, " (", 2);
        selector_write(&user->selectors[i], out);
        buffer_append(out, ")", 1);
    }
}
