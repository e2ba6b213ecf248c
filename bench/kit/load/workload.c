#include "bench/kit/load/workload.h"

#include <string.h>

#include "bench/kit/load/protocol.h"
#include "bench/kit/load/request.h"
#include "bench/kit/load/resp.h"
#include "bench/kit/program.h"
#include "proto/base/alloc.h"
#include "proto/base/random.h"

#define BATCH_DEFAULT   10
#define BATCH_MAX       1024
#define STEPS_MAX       16
#define WRITES_DEFAULT  0.1
#define KEY_DIGITS      12
#define KEY             SLICE("key:000000000000")
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
    struct random random;
    uint64_t next_key;
    struct request *request; /* NULL: a test, or steps */
    struct request *steps[STEPS_MAX];
    size_t steps_len;
};

/* Letters only, so that no server can keep it as a number. */
static char *make_value(size_t len)
{
    char *value = alloc_bytes(len);
    for (size_t i = 0; i < len; i++) value[i] = (char)('a' + i % 26);
    return value;
}

static void add_name(struct template *template, const char *name, size_t argc)
{
    resp_begin(&template->text, argc);
    resp_argument(&template->text, name, strlen(name));
}

static void add_key(struct template *template)
{
    resp_argument(&template->text, KEY.data, KEY.len);
}

static void add_seconds(struct template *template)
{
    resp_argument(&template->text, "10000", DEADLINE_DIGITS);
    template->deadline_at = template->text.len - strlen("\r\n") - DEADLINE_DIGITS;
}

/* `name`, then `keys` keys, each with `value` where that is not empty. */
static void make_template(struct template *template, const char *name, size_t keys, struct slice value)
{
    add_name(template, name, 1 + keys * (value.len > 0 ? 2 : 1));
    for (size_t i = 0; i < keys; i++) {
        add_key(template);
        if (value.len > 0) resp_argument(&template->text, value.data, value.len);
    }
}

static void make_set(struct template *template, const struct workload_options *options, struct slice value)
{
    if (!options->deadlines) {
        options->protocol->write_set(&template->text, KEY, value);
        return;
    }
    add_name(template, "SET", 5);
    add_key(template);
    resp_argument(&template->text, value.data, value.len);
    resp_argument(&template->text, "EX", strlen("EX"));
    add_seconds(template);
}

static void make_expire(struct template *template)
{
    add_name(template, "EXPIRE", 3);
    add_key(template);
    add_seconds(template);
}

/* Where the digits of the keys are; no value looks like one. */
static void find_keys(struct template *template)
{
    const struct buffer *text = &template->text;
    size_t first_digit = KEY.len - KEY_DIGITS, from = 0;
    for (const char *key; (key = memmem(text->data + from, text->len - from, KEY.data, KEY.len)) != NULL;) {
        size_t at = (size_t)(key - text->data) + first_digit;
        if (template->keys == 0) template->key_at = at;
        if (template->keys == 1) template->key_step = at - template->key_at;
        template->keys++;
        from = at;
    }
}

/* What every protocol has. */
static bool make_common(struct workload *workload, struct slice value)
{
    const struct workload_options *options = &workload->options;
    const char *test = options->test;
    bool mixed = strcmp(test, "mixed") == 0;
    if (mixed || strcmp(test, "get") == 0)
        options->protocol->write_get(&workload->reads.text, KEY);
    else if (strcmp(test, "set") == 0)
        make_set(&workload->reads, options, value);
    else
        return false;
    if (!mixed) return true;
    make_set(&workload->writes, options, value);
    workload->write_share = (uint64_t)(options->writes * 4294967296.0);
    return true;
}

/* What only RESP has. */
static bool make_resp(struct workload *workload, struct slice value)
{
    static const struct slice none = { 0 };
    const struct workload_options *options = &workload->options;
    struct template *reads = &workload->reads;
    const char *test = options->test;
    if (options->protocol != &resp_protocol) return false;
    if (strcmp(test, "ping") == 0)
        make_template(reads, "PING", 0, none);
    else if (strcmp(test, "incr") == 0)
        make_template(reads, "INCR", 1, none);
    else if (strcmp(test, "expire") == 0)
        make_expire(reads);
    else if (strcmp(test, "exists") == 0)
        make_template(reads, "EXISTS", 1, none);
    else if (strcmp(test, "del") == 0)
        make_template(reads, "DEL", options->batch, none);
    else if (strcmp(test, "mget") == 0)
        make_template(reads, "MGET", options->batch, none);
    else if (strcmp(test, "mset") == 0)
        make_template(reads, "MSET", options->batch, value);
    else
        return false;
    return true;
}

static bool make_requests(struct workload *workload)
{
    const struct workload_options *options = &workload->options;
    if (options->deadlines && options->protocol != &resp_protocol) return false;
    char *text = make_value(options->value_bytes);
    struct slice value = slice_of(text, options->value_bytes);
    bool made = make_common(workload, value) || make_resp(workload, value);
    find_keys(&workload->reads);
    find_keys(&workload->writes);
    alloc_free(text);
    return made;
}

static void make_steps(struct workload *workload)
{
    const struct workload_options *options = &workload->options;
    for (size_t i = 0; options->steps[i] != NULL; i++) {
        if (i == STEPS_MAX) program_fail("too many steps");
        workload->steps[workload->steps_len++] = request_create(options->steps[i], options->seed);
    }
}

struct workload *workload_create(const struct workload_options *options)
{
    struct workload *workload = ALLOC_NEW(struct workload);
    workload->options = *options;
    if (options->protocol == NULL) workload->options.protocol = &resp_protocol;
    if (options->batch == 0) workload->options.batch = BATCH_DEFAULT;
    if (options->batch > BATCH_MAX) workload->options.batch = BATCH_MAX;
    if (options->writes <= 0) workload->options.writes = WRITES_DEFAULT;
    if (options->keys == 0) workload->options.keys = 1;
    if (options->value_bytes == 0) workload->options.value_bytes = 1;
    workload->random.state = options->seed;
    workload->next_key = options->first_key;
    if (options->steps != NULL)
        make_steps(workload);
    else if (options->request != NULL)
        workload->request = request_create(options->request, options->seed);
    else if (!make_requests(workload))
        workload_destroy(&workload);
    return workload;
}

void workload_destroy(struct workload **workload)
{
    buffer_clear(&(*workload)->reads.text);
    buffer_clear(&(*workload)->writes.text);
    if ((*workload)->request != NULL) request_destroy(&(*workload)->request);
    for (size_t i = 0; i < (*workload)->steps_len; i++) request_destroy(&(*workload)->steps[i]);
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
    if (workload->request != NULL) {
        request_append(workload->request, out);
        return;
    }
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

void workload_append_nth(struct workload *workload, uint64_t nth, struct buffer *out)
{
    if (workload->steps_len > 0)
        request_append(workload->steps[nth % workload->steps_len], out);
    else
        workload_append(workload, out);
}
