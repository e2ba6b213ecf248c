#include "server/config/option_value.h"

#include <stdatomic.h>

#include "proto/base/contract.h"
#include "proto/base/number.h"
#include "server/config/machine/machine.h"
#include "server/config/text/words.h"

static bool refuse(struct buffer *error, const char *complaint)
{
    buffer_printf(error, "%s", complaint);
    return false;
}

static void set_text(struct option_value *value, struct slice text)
{
    value->text.len = 0;
    buffer_append(&value->text, text.data, text.len);
}

static bool refuse_range(const struct option *option, struct buffer *error)
{
    bool octal = option->kind == OPTION_OCTAL;
    buffer_printf(error,
                  octal ? "argument must be between %llo and %llo inclusive"
                        : "argument must be between %lld and %lld inclusive",
                  (long long)option->min, (long long)option->max);
    return false;
}

static bool in_range(const struct option *option, int64_t number, struct buffer *error)
{
    if (option->min == 0 && option->max == 0) return true;
    if (number >= option->min && number <= option->max) return true;
    return refuse_range(option, error);
}

static int64_t bring_inside(const struct option *option, int64_t number)
{
    if (option->floor == 0 && option->ceiling == 0) return number;
    if (number < option->floor) return option->floor;
    return number > option->ceiling ? option->ceiling : number;
}

static bool set_number(struct option_value *value, const struct option *option, int64_t number,
                       struct buffer *error)
{
    if (!in_range(option, number, error)) return false;
    number = bring_inside(option, number);
    value->number = option->resolve == NULL ? number : option->resolve(number);
    value->text.len = 0;
    buffer_printf(&value->text, option->kind == OPTION_OCTAL ? "%llo" : "%lld", (long long)value->number);
    return true;
}

static bool read_bool(struct option_value *value, struct slice text, struct buffer *error)
{
    bool yes = slice_equal_nocase(text, SLICE("yes"));
    if (!yes && !slice_equal_nocase(text, SLICE("no")))
        return refuse(error, "argument must be 'yes' or 'no'");
    value->number = yes;
    set_text(value, yes ? SLICE("yes") : SLICE("no"));
    return true;
}

static bool read_int(struct option_value *value, const struct option *option, struct slice text,
                     struct buffer *error)
{
    int64_t number;
    if (!number_parse_i64(text, &number)) return refuse(error, "argument couldn't be parsed into an integer");
    return set_number(value, option, number, error);
}

static bool read_octal(struct option_value *value, const struct option *option, struct slice text,
                       struct buffer *error)
{
    int64_t number = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '7' || number > INT32_MAX) {
            return refuse(error, "argument couldn't be parsed as an octal number");
        }
        number = number * 8 + (text.data[i] - '0');
    }
    return set_number(value, option, number, error);
}

/* Where nothing is said about a range, all that 64 bits hold is good and shown as it was given; what acts on
 * it has no use for more than INT64_MAX. */
static bool set_size(struct option_value *value, const struct option *option, uint64_t bytes,
                     struct buffer *error)
{
    if (bytes <= INT64_MAX) return set_number(value, option, (int64_t)bytes, error);
    if (option->min != 0 || option->max != 0) return refuse_range(option, error);
    value->number = INT64_MAX;
    value->text.len = 0;
    buffer_printf(&value->text, "%llu", (unsigned long long)bytes);
    return true;
}

/* An empty text is zero bytes, as in Redis. */
static bool parse_memory(struct slice text, uint64_t *bytes)
{
    *bytes = 0;
    return text.len == 0 || number_parse_size(text, bytes);
}

/* Whether it is a percentage; one that is no number or negative is -1. */
static bool parse_percentage(struct slice text, int64_t *percentage)
{
    if (text.len == 0 || text.data[text.len - 1] != '%') return false;
    text.len--;
    if (!number_parse_i64(text, percentage) || *percentage < 0) *percentage = -1;
    return true;
}

static const char *percentage_complaint(int64_t percentage)
{
    if (percentage < 0) return "argument must be a memory or percent value";
    if (percentage > 100) return "percentage argument must be less or equal to 100";
    return NULL;
}

static bool read_memory(struct option_value *value, const struct option *option, struct slice text,
                        struct buffer *error)
{
    uint64_t bytes;
    if (!parse_memory(text, &bytes)) return refuse(error, "argument must be a memory value");
    return set_size(value, option, bytes, error);
}

static bool read_ram(struct option_value *value, const struct option *option, struct slice text,
                     struct buffer *error)
{
    int64_t percentage;
    if (!parse_percentage(text, &percentage)) return read_memory(value, option, text, error);
    const char *complaint = percentage_complaint(percentage);
    if (complaint != NULL) return refuse(error, complaint);
    return set_number(value, option, machine_memory_bytes() / 100 * percentage, error);
}

static bool read_percent(struct option_value *value, const struct option *option, struct slice text,
                         struct buffer *error)
{
    int64_t number;
    if (!parse_percentage(text, &number)) {
        uint64_t bytes;
        if (!parse_memory(text, &bytes)) return refuse(error, percentage_complaint(-1));
        /* Redis takes it for a negative number, which stands for a percentage. */
        if (bytes > INT64_MAX) return refuse(error, percentage_complaint(101));
        return set_number(value, option, (int64_t)bytes, error);
    }
    const char *complaint = percentage_complaint(number);
    if (complaint != NULL) return refuse(error, complaint);
    value->number = -number;
    value->text.len = 0;
    buffer_printf(&value->text, number == 0 ? "0" : "%lld%%", (long long)number);
    return true;
}

static bool read_enum(struct option_value *value, const struct option *option, struct slice text,
                      struct buffer *error)
{
    for (const struct option_choice *choice = option->choices; choice->name != NULL; choice++) {
        struct slice name = slice_of_cstr(choice->name);
        if (!slice_equal_nocase(text, name)) continue;
        value->number = choice->value;
        set_text(value, name);
        return true;
    }
    buffer_printf(error, "argument(s) must be one of the following: ");
    for (const struct option_choice *choice = option->choices; choice->name != NULL; choice++) {
        buffer_printf(error, "%s%s", choice == option->choices ? "" : ", ", choice->name);
    }
    return false;
}

static bool read_text(struct option_value *value, const struct option *option, struct slice text,
                      struct buffer *error)
{
    /* Such a text ends at its first NUL, as in Redis, which keeps a C string. */
    bool cut = !(option->flags & OPTION_BINARY) && text.len > 0;
    if (cut) text.len = strnlen(text.data, text.len);
    const char *complaint = option->complaint == NULL ? NULL : option->complaint(text);
    if (complaint != NULL) return refuse(error, complaint);
    set_text(value, text);
    return true;
}

static bool read_words(struct option_value *value, const struct option *option, struct option_words source,
                       struct buffer *error)
{
    struct buffer text = { 0 };
    source.current = buffer_slice(&value->text);
    bool good = option->format->read(&source, &text, error);
    if (good) set_text(value, buffer_slice(&text));
    buffer_clear(&text);
    return good;
}

/* Several words may come as one, `"900 1"`: CONFIG SET has no other way. */
static bool read_joined(struct option_value *value, const struct option *option, struct slice text,
                        bool fresh, struct buffer *error)
{
    struct words words = { 0 };
    struct option_words source = { .words = &text, .count = 1, .fresh = fresh };
    if (!option->format->whole) {
        words_split_plain(&words, text);
        source.words = words.list;
        source.count = words.count;
    }
    bool good = read_words(value, option, source, error);
    words_clear(&words);
    return good;
}

static bool read_one(struct option_value *value, const struct option *option, struct slice text,
                     struct buffer *error)
{
    switch (option->kind) {
    case OPTION_BOOL: return read_bool(value, text, error);
    case OPTION_INT: return read_int(value, option, text, error);
    case OPTION_OCTAL: return read_octal(value, option, text, error);
    case OPTION_MEMORY: return read_memory(value, option, text, error);
    case OPTION_RAM: return read_ram(value, option, text, error);
    case OPTION_PERCENT: return read_percent(value, option, text, error);
    case OPTION_ENUM: return read_enum(value, option, text, error);
    case OPTION_TEXT:
    case OPTION_MULTI:
    case OPTION_ALIAS: break;
    }
    return read_text(value, option, text, error);
}

bool option_value_read(struct option_value *value, const struct option *option,
                       const struct option_words *source, struct buffer *error)
{
    bool multi = option->kind == OPTION_MULTI;
    if (multi && source->count != 1) return read_words(value, option, *source, error);
    if (multi) return read_joined(value, option, source->words[0], source->fresh, error);
    if (source->count != 1) return refuse(error, "wrong number of arguments");
    return read_one(value, option, source->words[0], error);
}

bool option_value_read_text(struct option_value *value, const struct option *option, struct slice text,
                            struct buffer *error)
{
    struct option_words source = { .words = &text, .count = 1, .fresh = true };
    return option_value_read(value, option, &source, error);
}

void option_value_preset(struct option_value *value, const struct option *option)
{
    value->number = 0;
    value->text.len = 0;
    if (option->preset == NULL) return;
    struct buffer error = { 0 };
    bool good = option_value_read_text(value, option, slice_of_cstr(option->preset), &error);
    REQUIRE(good);
    buffer_clear(&error);
}

void option_value_publish(const struct option_value *value, const struct option *option,
                          struct settings *settings)
{
    if (option->field != 0) {
        _Atomic int64_t *field = (_Atomic int64_t *)((char *)settings + option->field);
        atomic_store_explicit(field, value->number, memory_order_relaxed);
    }
    struct slice text = buffer_slice(&value->text);
    if (option->text != TEXT_NONE) settings_store_text(settings, option->text, text);
    if (option->format != NULL && option->format->publish != NULL) option->format->publish(text, settings);
    atomic_fetch_add_explicit(&settings->version, 1, memory_order_release);
}

/* With the largest unit that divides it. */
static void write_memory(struct buffer *out, int64_t bytes)
{
    const int64_t kb = 1024;
    if (bytes > 0 && bytes % (kb * kb * kb) == 0) {
        buffer_printf(out, "%lldgb", (long long)(bytes / (kb * kb * kb)));
    } else if (bytes > 0 && bytes % (kb * kb) == 0) {
        buffer_printf(out, "%lldmb", (long long)(bytes / (kb * kb)));
    } else if (bytes > 0 && bytes % kb == 0) {
        buffer_printf(out, "%lldkb", (long long)(bytes / kb));
    } else {
        buffer_printf(out, "%lld", (long long)bytes);
    }
}

/* Others go into one pair of quotes: read_joined() cuts them again. */
static bool are_plain_words(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < ' ' || text.data[i] > '~' || strchr("\"'\\", text.data[i]) != NULL) return false;
    }
    return text.len > 0;
}

void option_value_write(const struct option_value *value, const struct option *option, struct buffer *out)
{
    bool memory = option->kind == OPTION_MEMORY || option->kind == OPTION_RAM ||
                  (option->kind == OPTION_PERCENT && value->number >= 0);
    struct slice text = buffer_slice(&value->text);
    if (memory && value->number < INT64_MAX) {
        write_memory(out, value->number);
    } else if (option->kind == OPTION_MULTI && are_plain_words(text)) {
        buffer_append(out, text.data, text.len);
    } else {
        words_quote_if_needed(out, text);
    }
}

bool option_value_equal(const struct option_value *a, const struct option_value *b)
{
    return slice_equal(buffer_slice(&a->text), buffer_slice(&b->text));
}

void option_value_copy(struct option_value *to, const struct option_value *from)
{
    set_text(to, buffer_slice(&from->text));
    to->number = from->number;
}

void option_value_clear(struct option_value *value)
{
    buffer_clear(&value->text);
    value->number = 0;
}
