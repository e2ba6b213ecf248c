#include "server/config/text/format.h"

#include <stdatomic.h>

#include "proto/base/number.h"
#include "server/config/text/words.h"

#define BIND_ADDRESSES_MAX 16

static bool refuse(struct buffer *error, const char *complaint)
{
    buffer_printf(error, "%s", complaint);
    return false;
}

static void add_word(struct buffer *out, struct slice word)
{
    if (word.len == 0) return;
    if (out->len > 0) buffer_append(out, " ", 1);
    buffer_append(out, word.data, word.len);
}

/* `name ""` empties a value. */
static bool is_empty(const struct option_words *source)
{
    return source->count == 0 || (source->count == 1 && source->words[0].len == 0);
}

/* The canonical text has blanks between its words, so that there can be none inside. */
static bool hold_blanks(const struct option_words *source)
{
    for (size_t i = 0; i < source->count; i++) {
        struct slice word = source->words[i];
        if (word.len > 0 && memchr(word.data, ' ', word.len) != NULL) return true;
    }
    return false;
}

static bool read_bind(const struct option_words *source, struct buffer *out, struct buffer *error)
{
    if (source->count > BIND_ADDRESSES_MAX) return refuse(error, "Too many bind addresses specified.");
    if (hold_blanks(source)) return refuse(error, "An address must not hold blanks");
    for (size_t i = 0; i < source->count; i++) add_word(out, source->words[i]);
    return true;
}

/* One that is not there, as in "1 ", is 0 in Redis. */
static bool read_integer(struct slice word, int64_t *number)
{
    *number = 0;
    return word.len == 0 || number_parse_i64(word, number);
}

static void add_integer(struct buffer *out, int64_t number)
{
    buffer_printf(out, "%s%lld", out->len > 0 ? " " : "", (long long)number);
}

static bool read_save(const struct option_words *source, struct buffer *out, struct buffer *error)
{
    if (is_empty(source)) return true;
    if (source->count % 2 != 0) return refuse(error, "Invalid save parameters");
    if (!source->fresh) buffer_append(out, source->current.data, source->current.len);
    for (size_t i = 0; i < source->count; i += 2) {
        int64_t seconds, changes;
        if (!read_integer(source->words[i], &seconds) || seconds < 1 ||
            !read_integer(source->words[i + 1], &changes) || changes < 0) {
            return refuse(error, "Invalid save parameters");
        }
        add_integer(out, seconds);
        add_integer(out, changes);
    }
    return true;
}

/* The classes in the order in which they are shown, under the names that Redis shows. */
static const char *const class_names[CLIENT_CLASSES] = { "normal", "slave", "pubsub" };

struct output_limit {
    int64_t hard_bytes, soft_bytes, soft_s;
};

static int class_of(struct slice name)
{
    if (slice_equal_nocase(name, SLICE("replica"))) return CLIENT_REPLICA;
    for (int i = 0; i < CLIENT_CLASSES; i++) {
        if (slice_equal_nocase(name, slice_of_cstr(class_names[i]))) return i;
    }
    return -1;
}

static bool read_bytes(struct slice word, int64_t *bytes)
{
    uint64_t size;
    if (!number_parse_size(word, &size) || size > INT64_MAX) return false;
    *bytes = (int64_t)size;
    return true;
}

static bool read_limit(const struct slice *words, struct output_limit *limit)
{
    return read_bytes(words[0], &limit->hard_bytes) && read_bytes(words[1], &limit->soft_bytes) &&
           number_parse_i64(words[2], &limit->soft_s) && limit->soft_s >= 0 && limit->soft_s <= INT32_MAX;
}

static bool read_limits(const struct slice *words, size_t count, struct output_limit limits[CLIENT_CLASSES],
                        struct buffer *error)
{
    if (count % 4 != 0) return refuse(error, "Wrong number of arguments in buffer limit configuration.");
    for (size_t i = 0; i < count; i += 4) {
        int client_class = class_of(words[i]);
        if (client_class < 0) {
            return refuse(error, "Invalid client class specified in buffer limit configuration.");
        }
        if (!read_limit(words + i + 1, &limits[client_class])) {
            return refuse(error,
                          "Error in hard, soft or soft_seconds setting in buffer limit configuration.");
        }
    }
    return true;
}

static void parse_limits(struct slice text, struct output_limit limits[CLIENT_CLASSES])
{
    struct words words = { 0 };
    struct buffer error = { 0 };
    words_split_plain(&words, text);
    read_limits(words.list, words.count, limits, &error);
    buffer_clear(&error);
    words_clear(&words);
}

/* Classes that are not named keep their limits, in a file as with CONFIG SET. */
static bool read_output_limits(const struct option_words *source, struct buffer *out, struct buffer *error)
{
    struct output_limit limits[CLIENT_CLASSES] = { 0 };
    parse_limits(source->current, limits);
    if (!read_limits(source->words, source->count, limits, error)) return false;
    for (int i = 0; i < CLIENT_CLASSES; i++) {
        buffer_printf(out, "%s%s %lld %lld %lld", i == 0 ? "" : " ", class_names[i],
                      (long long)limits[i].hard_bytes, (long long)limits[i].soft_bytes,
                      (long long)limits[i].soft_s);
    }
    return true;
}

static void publish_output_limits(struct slice text, struct settings *settings)
{
    struct output_limit limits[CLIENT_CLASSES] = { 0 };
    parse_limits(text, limits);
    for (int i = 0; i < CLIENT_CLASSES; i++) {
        struct setting_output_limit *to = &settings->output_limits[i];
        atomic_store_explicit(&to->hard_bytes, limits[i].hard_bytes, memory_order_relaxed);
        atomic_store_explicit(&to->soft_bytes, limits[i].soft_bytes, memory_order_relaxed);
        atomic_store_explicit(&to->soft_s, limits[i].soft_s, memory_order_relaxed);
    }
}

static bool read_percentiles(const struct option_words *source, struct buffer *out, struct buffer *error)
{
    if (is_empty(source)) return true;
    for (size_t i = 0; i < source->count; i++) {
        double percentile;
        if (!number_parse_double(source->words[i], &percentile)) {
            return refuse(error, "Invalid latency-tracking-info-percentiles parameters");
        }
        if (!(percentile >= 0.0 && percentile <= 100.0)) {
            return refuse(error,
                          "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]");
        }
        buffer_printf(out, "%s%.10g", i == 0 ? "" : " ", percentile);
    }
    return true;
}

static bool read_oom_score_adj(const struct option_words *source, struct buffer *out, struct buffer *error)
{
    const int64_t limit = 2000;
    if (source->count != 3) return refuse(error, "wrong number of arguments");
    for (size_t i = 0; i < source->count; i++) {
        int64_t score;
        if (!read_integer(source->words[i], &score) || score < -limit || score > limit) {
            return refuse(error, "Invalid oom-score-adj-values, elements must be between -2000 and 2000.");
        }
        add_integer(out, score);
    }
    return true;
}

/* The classes of keyspace events, in the order in which they are shown. `A` stands for all up to `d`. */
#define EVENT_CLASSES "g$lshzxetdnKEm"
#define EVENTS_OF_A   10

static bool read_events(const struct option_words *source, struct buffer *out, struct buffer *error)
{
    static const char classes[] = EVENT_CLASSES;
    bool on[sizeof classes - 1] = { false };
    if (source->count != 1) return refuse(error, "wrong number of arguments");
    struct slice word = source->words[0];
    for (size_t i = 0; i < word.len; i++) {
        const char *found = memchr(classes, word.data[i], sizeof classes - 1);
        if (found != NULL) {
            on[found - classes] = true;
        } else if (word.data[i] == 'A') {
            memset(on, true, EVENTS_OF_A);
        } else {
            return refuse(error, "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
        }
    }
    bool all = memchr(on, false, EVENTS_OF_A) == NULL;
    if (all) buffer_append(out, "A", 1);
    for (size_t i = all ? EVENTS_OF_A : 0; i < sizeof on; i++) {
        if (on[i]) buffer_append(out, &classes[i], 1);
    }
    return true;
}

/* The bits of enum change_class, and the two that say where they are told. */
static int64_t bit_of_event(char class)
{
    switch (class) {
    case 'K': return NOTIFY_KEYSPACE;
    case 'E': return NOTIFY_KEYEVENT;
    case 'm': return INT64_C(1) << 10;
    case 'n': return INT64_C(1) << 11;
    default: return INT64_C(1) << (strchr(EVENT_CLASSES, class) - EVENT_CLASSES);
    }
}

static void publish_events(struct slice text, struct settings *settings)
{
    int64_t classes = 0;
    for (size_t i = 0; i < text.len; i++)
        classes |= text.data[i] == 'A' ? (INT64_C(1) << EVENTS_OF_A) - 1 : bit_of_event(text.data[i]);
    atomic_store_explicit(&settings->notify_keyspace_events, classes, memory_order_relaxed);
}

static const char *const shutdown_ways[] = { "default", "save", "nosave", "now", "force" };
#define SHUTDOWN_WAYS (sizeof shutdown_ways / sizeof *shutdown_ways)

static bool is_shutdown_way(struct slice word)
{
    for (size_t i = 0; i < SHUTDOWN_WAYS; i++) {
        if (slice_equal_nocase(word, slice_of_cstr(shutdown_ways[i]))) return true;
    }
    return false;
}

static bool read_shutdown(const struct option_words *source, struct buffer *out, struct buffer *error)
{
    bool good = source->count > 0;
    for (size_t i = 0; good && i < source->count; i++) {
        good = is_shutdown_way(source->words[i]);
        add_word(out, source->words[i]);
    }
    if (good) return true;
    buffer_printf(error, "argument(s) must be one of the following: ");
    for (size_t i = 0; i < SHUTDOWN_WAYS; i++) {
        buffer_printf(error, "%s%s", i == 0 ? "" : ", ", shutdown_ways[i]);
    }
    return false;
}

static bool read_replicaof(const struct option_words *source, struct buffer *out, struct buffer *error)
{
    if (source->count != 2 || hold_blanks(source)) return refuse(error, "wrong number of arguments");
    if (source->words[0].len == 0) return refuse(error, "wrong number of arguments");
    bool no_one = slice_equal_nocase(source->words[0], SLICE("no")) &&
                  slice_equal_nocase(source->words[1], SLICE("one"));
    if (no_one) return true;
    int64_t port;
    if (!number_parse_i64(source->words[1], &port) || port < 0 || port > UINT16_MAX) {
        return refuse(error, "Invalid master port");
    }
    add_word(out, source->words[0]);
    add_word(out, source->words[1]);
    return true;
}

static bool read_prefixes(const struct option_words *source, struct buffer *out, struct buffer *error)
{
    if (is_empty(source)) return true;
    if (hold_blanks(source)) return refuse(error, "A prefix must not hold blanks");
    if (!source->fresh) buffer_append(out, source->current.data, source->current.len);
    for (size_t i = 0; i < source->count; i++) add_word(out, source->words[i]);
    return true;
}

static bool read_http_names(const struct option_words *source, struct buffer *out, struct buffer *error)
{
    if (is_empty(source)) return true;
    if (hold_blanks(source)) return refuse(error, "A name must not hold blanks");
    if (!source->fresh) buffer_append(out, source->current.data, source->current.len);
    for (size_t i = 0; i < source->count; i++) add_word(out, source->words[i]);
    return true;
}

static bool is_sha256(struct slice word)
{
    if (word.len != 64) return false;
    for (size_t i = 0; i < word.len; i++) {
        char c = word.data[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
    }
    return true;
}

static bool read_http_tokens(const struct option_words *source, struct buffer *out, struct buffer *error)
{
    if (is_empty(source)) return true;
    if (source->count % 2 != 0 || hold_blanks(source))
        return refuse(error, "A token is a user and the SHA-256 of the token");
    if (!source->fresh) buffer_append(out, source->current.data, source->current.len);
    for (size_t i = 0; i < source->count; i += 2) {
        if (!is_sha256(source->words[i + 1]))
            return refuse(error, "The SHA-256 of a token is 64 hexadecimal digits in lower case");
        add_word(out, source->words[i]);
        add_word(out, source->words[i + 1]);
    }
    return true;
}

static bool read_failure(const struct option_words *source, struct buffer *out, struct buffer *error)
{
    int64_t seconds;
    bool one = source->count == 1;
    if (one && slice_equal_nocase(source->words[0], SLICE("error"))) {
        add_word(out, SLICE("error"));
    } else if (one && slice_equal_nocase(source->words[0], SLICE("local"))) {
        add_word(out, SLICE("local"));
    } else if (source->count == 2 && slice_equal_nocase(source->words[0], SLICE("serve-stale")) &&
               number_parse_i64(source->words[1], &seconds) && seconds > 0 && seconds <= INT32_MAX) {
        buffer_printf(out, "serve-stale %lld", (long long)seconds);
    } else {
        return refuse(error, "argument must be one of: error, serve-stale <seconds>, local");
    }
    return true;
}

static void publish_failure(struct slice text, struct settings *settings)
{
    int64_t seconds = 0;
    size_t word = sizeof("serve-stale ") - 1;
    bool stale = text.len > word && text.data[0] == 's';
    if (stale) number_parse_i64(slice_of(text.data + word, text.len - word), &seconds);
    enum setting_failure failure = stale                 ? FAILURE_STALE
                                   : text.data[0] == 'l' ? FAILURE_LOCAL
                                                         : FAILURE_ERROR;
    atomic_store(&settings->upstream_stale_s, seconds);
    atomic_store(&settings->upstream_on_failure, failure);
}

const struct option_format format_bind = { .read = read_bind };
const struct option_format format_save = { .read = read_save };
const struct option_format format_output_limits = { .read = read_output_limits,
                                                    .publish = publish_output_limits };
const struct option_format format_percentiles = { .read = read_percentiles };
const struct option_format format_oom_score_adj = { .read = read_oom_score_adj };
const struct option_format format_events = { .whole = true, .read = read_events, .publish = publish_events };
const struct option_format format_replicaof = { .read = read_replicaof };
const struct option_format format_shutdown = { .read = read_shutdown };
const struct option_format format_prefixes = { .read = read_prefixes };
const struct option_format format_http_names = { .read = read_http_names };
const struct option_format format_http_tokens = { .read = read_http_tokens };
const struct option_format format_failure = { .read = read_failure, .publish = publish_failure };
