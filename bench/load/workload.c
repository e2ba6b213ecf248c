#include "bench/load/workload.h"

#include <string.h>

#include "bench/load/random.h"
#include "proto/base/alloc.h"

#define BATCH_DEFAULT   10
#define BATCH_MAX       1024
#define WRITES_DEFAULT  0.1
#define KEY_PREFIX      "key:"
#define KEY_DIGITS      12
#define DEADLINE_FIRST  10000
#define DEADLINE_DIGITS 5

/* A request with holes for its keys, the first at `key_at`, the others `key_step` bytes further each, and one
 * for a deadline at `deadline_at` unless that is 0. */
struct template
{
    struct buffer text;
    size_t keys;
    size_t key_at;
    size_t key_step;
    size_t deadline_at;
};

struct workload {
    struct workload_options options;
    struct template reads;  /* what the test sends, */
    struct template writes; /* and for this share of 2^32 requests this instead */
    uint64_t write_share;
    uint64_t random;
    uint64_t next_key;
};

static void add_argument(struct template *template, const char *text, size_t len)
{
    buffer_printf(&template->text, "$%zu\r\n", len);
    buffer_append(&template->text, text, len);
    buffer_append(&template->text, "\r\n", strlen("\r\n"));
}

static void add_key(struct template *template)
{
    char name[WORKLOAD_KEY_BYTES + 1] = KEY_PREFIX "000000000000";
    add_argument(template, name, WORKLOAD_KEY_BYTES);
    size_t at = template->text.len - strlen("\r\n") - KEY_DIGITS;
    if (template->keys == 0) template->key_at = at;
    if (template->keys == 1) template->key_step = at - template->key_at;
    template->keys++;
}

/* Letters only, so that no server can keep it as a number. */
static void add_value(struct template *template, size_t len)
{
    char *value = alloc_bytes(len);
    for (size_t i = 0; i < len; i++) value[i] = (char)('a' + i % 26);
    add_argument(template, value, len);
    alloc_free(value);
}

static void add_seconds(struct template *template)
{
    add_argument(template, "10000", DEADLINE_DIGITS);
    template->deadline_at = template->text.len - strlen("\r\n") - DEADLINE_DIGITS;
}

/* `name`, then `keys` keys, each with a value where `value_bytes` is not 0. */
static void make_template(struct template *template, const char *name, size_t keys, size_t value_bytes)
{
    buffer_printf(&template->text, "*%zu\r\n", 1 + keys * (value_bytes > 0 ? 2 : 1));
    add_argument(template, name, strlen(name));
    for (size_t i = 0; i < keys; i++) {
        add_key(template);
        if (value_bytes > 0) add_value(template, value_bytes);
    }
}

static void make_set(struct template *template, const struct workload_options *options)
{
    buffer_printf(&template->text, "*%d\r\n", options->deadlines ? 5 : 3);
    add_argument(template, "SET", strlen("SET"));
    add_key(template);
    add_value(template, options->value_bytes);
    if (!options->deadlines) return;
    add_argument(template, "EX", strlen("EX"));
    add_seconds(template);
}

static void make_expire(struct template *template)
{
    buffer_printf(&template->text, "*3\r\n");
    add_argument(template, "EXPIRE", strlen("EXPIRE"));
    add_key(template);
    add_seconds(template);
}

static bool make_requests(struct workload *workload)
{
    const struct workload_options *options = &workload->options;
    struct template *reads = &workload->reads;
    const char *test = options->test;
    if (strcmp(test, "get") == 0)
        make_template(reads, "GET", 1, 0);
    else if (strcmp(test, "set") == 0)
        make_set(reads, options);
    else if (strcmp(test, "ping") == 0)
        make_template(reads, "PING", 0, 0);
    else if (strcmp(test, "incr") == 0)
        make_template(reads, "INCR", 1, 0);
    else if (strcmp(test, "expire") == 0)
        make_expire(reads);
    else if (strcmp(test, "exists") == 0)
        make_template(reads, "EXISTS", 1, 0);
    else if (strcmp(test, "del") == 0)
        make_template(reads, "DEL", options->batch, 0);
    else if (strcmp(test, "mget") == 0)
        make_template(reads, "MGET", options->batch, 0);
    else if (strcmp(test, "mset") == 0)
        make_template(reads, "MSET", options->batch, options->value_bytes);
    else if (strcmp(test, "mixed") == 0) {
        make_template(reads, "GET", 1, 0);
        make_set(&workload->writes, options);
        workload->write_share = (uint64_t)(options->writes * 4294967296.0);
    } else
        return false;
    return true;
}

struct workload *workload_create(const struct workload_options *options)
{
    struct workload *workload = ALLOC_NEW(struct workload);
    workload->options = *options;
    if (options->batch == 0) workload->options.batch = BATCH_DEFAULT;
    if (options->batch > BATCH_MAX) workload->options.batch = BATCH_MAX;
    if (options->writes <= 0) workload->options.writes = WRITES_DEFAULT;
    if (options->keys == 0) workload->options.keys = 1;
    if (options->value_bytes == 0) workload->options.value_bytes = 1;
    workload->random = options->seed;
    workload->next_key = options->first_key;
    if (!make_requests(workload)) workload_destroy(&workload);
    return workload;
}

void workload_destroy(struct workload **workload)
{
    buffer_clear(&(*workload)->reads.text);
    buffer_clear(&(*workload)->writes.text);
    alloc_free(*workload);
    *workload = NULL;
}

static void put_digits(char *out, size_t digits, uint64_t number)
{
    while (digits > 0) {
        out[--digits] = (char)('0' + number % 10);
        number /= 10;
    }
}

static uint64_t next_key(struct workload *workload)
{
    if (workload->options.sequential) return workload->next_key++;
    return workload->options.first_key + random_below(&workload->random, workload->options.keys);
}

void workload_append(struct workload *workload, struct buffer *out)
{
    const struct template *template = &workload->reads;
    if (workload->write_share > 0 && (random_next(&workload->random) >> 32) < workload->write_share)
        template = &workload->writes;

    char *text = buffer_reserve(out, template->text.len);
    memcpy(text, template->text.data, template->text.len);
    for (size_t i = 0; i < template->keys; i++)
        put_digits(text + template->key_at + i * template->key_step, KEY_DIGITS, next_key(workload));
    if (template->deadline_at > 0)
        put_digits(text + template->deadline_at, DEADLINE_DIGITS,
                   DEADLINE_FIRST + random_below(&workload->random, 9 * DEADLINE_FIRST));
    buffer_commit(out, template->text.len);
}
