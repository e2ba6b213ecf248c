/*
 * SORT against Redis, where random streams cannot go: what it makes of a set that is not put in order, or of
 * equal weights of a set or sorted set, follows from the order of a hash table, and would be stored. Here the
 * elements of sets are such that one order is right; of lists it always is.
 *
 * NUTHATCH_DIFF_SEED and NUTHATCH_DIFF_STREAMS choose other rounds than the usual ones.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/buffer.h"
#include "proto/base/random.h"
#include "tests/support/client/client.h"
#include "tests/support/client/command_line.h"
#include "tests/support/client/reply_text.h"
#include "tests/support/process/instance.h"

#define USUAL_SEED   7000
#define USUAL_ROUNDS 150
#define SORTS        25
#define WORDS_MAX    40

static struct instance ours, redis;
static struct client client, oracle;
static struct random draws;

/* One command, written word by word. */
static struct slice words[WORDS_MAX];
static size_t word_count;
static char texts[WORDS_MAX][64];

static void begin(const char *name)
{
    words[0] = slice_of_cstr(name);
    word_count = 1;
}

static void add(struct slice word)
{
    memcpy(texts[word_count], word.data, word.len);
    words[word_count] = slice_of(texts[word_count], word.len);
    word_count++;
}

static void add_text(const char *word)
{
    add(slice_of_cstr(word));
}

static void add_number(long long number)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", number);
    add_text(text);
}

static void print(struct buffer *out, const char *title, struct slice reply)
{
    buffer_printf(out, "%s", title);
    reply_text(out, reply);
}

static void explain(struct slice mine, struct slice other)
{
    struct buffer text = { 0 };
    for (size_t i = 0; i < word_count; i++) {
        command_line_write(&text, words[i]);
        buffer_append(&text, " ", 1);
    }
    print(&text, "\n", mine);
    print(&text, "\nbut Redis\n", other);
    buffer_append(&text, "", 1);
    cr_assert(false, "%s", text.data);
}

/* Play the command to both. */
static void play(void)
{
    struct slice mine, other;
    cr_assert(client_send_argv(&client, word_count, words) && client_read(&client, &mine));
    cr_assert(client_send_argv(&oracle, word_count, words) && client_read(&oracle, &other));
    if (!slice_equal(mine, other)) explain(mine, other);
}

static void play_words(const char *name, const char *first, const char *second)
{
    begin(name);
    if (first != NULL) add_text(first);
    if (second != NULL) add_text(second);
    play();
}

#define PICK(from) from[random_below(&draws, sizeof from / sizeof *from)]

static struct slice draw_number(char text[32])
{
    static const struct slice odd[] = {
        SLICE("0"),    SLICE("-0"),   SLICE("007"), SLICE("1.50"), SLICE("1.5"), SLICE("1e3"),
        SLICE("1000"), SLICE("-inf"), SLICE("inf"), SLICE("0x10"), SLICE(" 16"), SLICE(""),
    };
    int len;
    switch (random_below(&draws, 4)) {
    case 0: return PICK(odd);
    case 1:
        len = snprintf(text, 32, "%d.%d", (int)random_below(&draws, 40) - 20, (int)random_below(&draws, 3));
        break;
    default: len = snprintf(text, 32, "%d", (int)random_below(&draws, 60) - 30); break;
    }
    return slice_of(text, (size_t)len);
}

static struct slice draw_word(char text[32])
{
    static const struct slice odd[] = {
        SLICE("a"),    SLICE("A"), SLICE("a\0b"), SLICE("a\0a"),
        SLICE("\xff"), SLICE("*"), SLICE("->f"),  SLICE("12"),
    };
    if (random_chance(&draws, 30)) return PICK(odd);
    return slice_of(text, (size_t)snprintf(text, 32, "w%zu", random_below(&draws, 50)));
}

static struct slice draw_element(bool numbers, char text[32])
{
    return numbers ? draw_number(text) : draw_word(text);
}

static void fill_list(size_t len, bool numbers)
{
    char text[32];
    for (size_t i = 0; i < len; i++) {
        begin("RPUSH");
        add_text("list");
        add(draw_element(numbers, text));
        play();
    }
}

/* Texts without a zero byte, as else several are equal. */
static void fill_sets(size_t len)
{
    for (size_t i = 0; i < len; i++) {
        long long number = (long long)random_below(&draws, 100);
        begin("SADD");
        add_text("set");
        add_number(number);
        play();
        begin("ZADD");
        add_text("zset");
        add_number((long long)random_below(&draws, 5));
        add_number(number);
        play();
    }
}

static void weigh(struct slice element, bool numbers)
{
    char name[64], text[32];
    size_t prefix = random_chance(&draws, 50) ? 2 : 3;
    memcpy(name, prefix == 2 ? "w_" : "hw_", prefix);
    if (element.len > 0) memcpy(name + prefix, element.data, element.len);
    begin(prefix == 2 ? "SET" : "HSET");
    add(slice_of(name, prefix + element.len));
    if (prefix == 3) add_text("f");
    add(draw_element(numbers, text));
    play();
}

static void fill(void)
{
    static const size_t lengths[] = { 0, 1, 2, 6, 7, 8, 12, 40, 41, 60, 200 };
    char text[32];
    bool numbers = random_chance(&draws, 60), weights = random_chance(&draws, 60);
    play_words("FLUSHALL", NULL, NULL);
    fill_list(random_chance(&draws, 3) ? 2000 : PICK(lengths), numbers);
    fill_sets(PICK(lengths));
    play_words("SET", "string", "text");
    for (size_t i = random_below(&draws, 60); i > 0; i--) weigh(draw_element(numbers, text), weights);
}

static void add_limit(void)
{
    static const int edges[] = { -1, 0, 0, 1, 2, 5, 10, 30, 1000 };
    add_text("LIMIT");
    add_number(PICK(edges));
    add_number(PICK(edges));
}

static void add_gets(void)
{
    static const char *const patterns[] = { "#",    "w_*",   "hw_*->f", "hw_*->g", "none_*",
                                            "w_*x", "plain", "hw_*->",  "hw_*" };
    for (size_t i = random_below(&draws, 3) + 1; i > 0; i--) {
        add_text("GET");
        add_text(PICK(patterns));
    }
}

static void add_mistake(void)
{
    static const char *const mistakes[] = { "BY", "GET", "STORE", "LIMIT", "NOSORT", "LIMIT 1", "", "DESC" };
    add_text(PICK(mistakes));
}

/* Without an order only what has one of its own: no set. Equal weights of a set or sorted set would come out
 * in its own order, so those are weighed as numbers. */
static bool add_by(bool is_list, bool is_set)
{
    static const char *const weights[] = { "w_*", "hw_*->f", "none_*", "*" };
    static const char *const constant[] = { "nosort", "#", "w_", "" };
    bool unordered = !is_set && random_chance(&draws, 30);
    add_text("BY");
    add_text(unordered ? PICK(constant) : PICK(weights));
    return is_list || unordered;
}

static void sort_once(void)
{
    static const char *const sources[] = { "list", "list", "list", "set", "zset", "string", "nobody" };
    const char *source = PICK(sources);
    bool is_set = strcmp(source, "set") == 0, is_list = strcmp(source, "list") == 0, may_alpha = true;
    bool may_store = random_chance(&draws, 70);
    begin(may_store ? "SORT" : "SORT_RO");
    add_text(source);
    if (random_chance(&draws, 50)) may_alpha = add_by(is_list, is_set);
    if (random_chance(&draws, 40)) add_limit();
    if (random_chance(&draws, 40)) add_gets();
    if (random_chance(&draws, 30)) add_text(random_chance(&draws, 70) ? "DESC" : "asc");
    if (may_alpha && random_chance(&draws, 40)) add_text("ALPHA");
    bool stored = random_chance(&draws, may_store ? 25 : 5);
    if (stored) add_text("STORE");
    if (stored) add_text("result");
    if (random_chance(&draws, 4)) add_mistake();
    play();
    if (!stored) return;
    begin("LRANGE");
    add_text("result");
    add_number(0);
    add_number(-1);
    play();
    play_words("EXPIRE", "result", "100");
}

static unsigned long long from_environment(const char *name, unsigned long long otherwise)
{
    const char *text = getenv(name);
    return text == NULL || *text == '\0' ? otherwise : strtoull(text, NULL, 0);
}

Test(differential, sort_is_that_of_redis, .timeout = 600)
{
    unsigned long long seed = from_environment("NUTHATCH_DIFF_SEED", USUAL_SEED);
    unsigned long long rounds = from_environment("NUTHATCH_DIFF_STREAMS", USUAL_ROUNDS);
    instance_start(&ours, INSTANCE_NUTHATCH, OPTIONS("--io-threads", "3"));
    instance_start(&redis, INSTANCE_REDIS, NULL);
    cr_assert(client_open_tcp(&client, ours.port) && client_open_tcp(&oracle, redis.port));
    for (unsigned long long round = 0; round < rounds; round++) {
        draws = (struct random){ seed + round };
        const char *hello = random_chance(&draws, 50) ? "HELLO 3" : "HELLO 2";
        client_ask(&client, hello);
        client_ask(&oracle, hello);
        fill();
        for (int i = 0; i < SORTS; i++) sort_once();
    }
    client_close(&client);
    client_close(&oracle);
    instance_stop(&ours);
    instance_stop(&redis);
}
