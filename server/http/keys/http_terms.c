#include "server/http/keys/http_terms.h"

#include <stdio.h>

#include "proto/base/number.h"
#include "proto/http/fields/http_cache_control.h"
#include "proto/http/fields/http_chars.h"
#include "proto/http/fields/http_list.h"
#include "server/http/http_client.h"
#include "server/http/http_write.h"

#define TAG_MAX    255
#define JITTER_MAX 50

static bool refuse(struct http_client *client, struct slice why)
{
    http_write_refusal(client, 400, why);
    return false;
}

bool http_terms_read_ms(struct http_client *client, int field, int64_t *ms)
{
    struct slice text = http_client_field(client, (enum http_field_name)field);
    int64_t number;
    if (text.data == NULL) return true;
    if (!number_parse_i64(text, &number) || number < 0)
        return refuse(client, SLICE("this is no number of milliseconds"));
    *ms = number;
    return true;
}

/* Of two fields that differ the one that spares more holds. */
bool http_terms_read_soft(struct http_client *client, bool *is_soft)
{
    static const enum http_field_name fields[] = { HTTP_NUTHATCH_SOFT, HTTP_FASTLY_SOFT_PURGE };
    *is_soft = false;
    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
        struct slice text = http_client_field(client, fields[i]);
        if (text.data == NULL || slice_equal(text, SLICE("0"))) continue;
        if (!slice_equal(text, SLICE("1"))) return refuse(client, SLICE("a soft purge is asked for by 1"));
        *is_soft = true;
    }
    return true;
}

static bool read_jitter(struct http_client *client, int64_t *percent)
{
    struct slice text = http_client_field(client, HTTP_NUTHATCH_JITTER);
    if (text.data == NULL) return true;
    if (number_parse_i64(text, percent) && *percent >= 0 && *percent <= JITTER_MAX) return true;
    return refuse(client, SLICE("a jitter is of 0 to 50 percent"));
}

/* Caches that are meant by name come first: CDN-Cache-Control, Surrogate-Control, then everybody's. One that
 * says nothing hides none of the others (RFC 9213, 2.2). */
static bool read_freshness(struct http_client *client, struct http_freshness *freshness)
{
    static const enum http_field_name fields[] = { HTTP_CDN_CACHE_CONTROL, HTTP_SURROGATE_CONTROL,
                                                   HTTP_CACHE_CONTROL };
    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields) && !freshness->says; i++) {
        const struct http_head *head = http_client_head(client);
        struct slice value;
        unsigned at = 0;
        freshness->is_dictionary = fields[i] == HTTP_CDN_CACHE_CONTROL;
        while (http_head_each(head, http_client_request(client), fields[i], &at, &value))
            if (!http_freshness_add(freshness, value))
                return refuse(client, SLICE("a number of seconds is digits"));
    }
    return true;
}

static bool read_times(struct http_client *client, struct http_terms *terms)
{
    struct http_freshness freshness = HTTP_FRESHNESS_UNSAID;
    if (!read_freshness(client, &freshness)) return false;
    if (freshness.no_store) return refuse(client, SLICE("what says no-store is not stored"));
    int64_t fresh_s = http_freshness_s(&freshness);
    int64_t grace_s = http_freshness_grace_s(&freshness);
    terms->ttl_ms = fresh_s >= 0 ? fresh_s * 1000 : -1;
    terms->grace_ms = grace_s > 0 ? grace_s * 1000 : -1;
    if (terms->grace_ms > UINT32_MAX) terms->grace_ms = UINT32_MAX; /* the longest that a dress keeps */
    if (!http_terms_read_ms(client, HTTP_NUTHATCH_TTL, &terms->ttl_ms)) return false;
    if (terms->ttl_ms == 0) return refuse(client, SLICE("what lives for no time is not stored"));
    if (terms->grace_ms > 0 && terms->ttl_ms < 0)
        return refuse(client, SLICE("grace needs a time to live (max-age) before it"));
    return true;
}

static bool add_tag(struct http_client *client, struct http_terms *terms, struct slice tag)
{
    if (tag.len > TAG_MAX) return refuse(client, SLICE("a tag has 1 to 255 bytes"));
    if (terms->tag_count == HTTP_TAGS_MAX) return refuse(client, SLICE("there are at most 64 tags"));
    terms->tags[terms->tag_count++] = tag;
    return true;
}

/* A string of a structured field stands in quotes. */
static struct slice unquoted(struct slice text)
{
    bool quoted = text.len >= 2 && text.data[0] == '"' && text.data[text.len - 1] == '"';
    return quoted ? slice_of(text.data + 1, text.len - 2) : text;
}

static bool add_tags(struct http_client *client, struct http_terms *terms, enum http_field_name field,
                     bool (*next)(struct slice *rest, struct slice *element))
{
    const struct http_head *head = http_client_head(client);
    struct slice value, tag;
    unsigned at = 0;
    if (!http_head_has(head, field)) return true;
    while (http_head_each(head, http_client_request(client), field, &at, &value))
        while (next(&value, &tag))
            if (!add_tag(client, terms, field == HTTP_CACHE_GROUPS ? unquoted(tag) : tag)) return false;
    return true;
}

bool http_terms_read_tags(struct http_client *client, struct http_terms *terms)
{
    terms->tag_count = 0;
    return add_tags(client, terms, HTTP_SURROGATE_KEY, http_list_next_word) &&
           add_tags(client, terms, HTTP_XKEY, http_list_next_word) &&
           add_tags(client, terms, HTTP_CACHE_TAG, http_list_next) &&
           add_tags(client, terms, HTTP_CACHE_GROUPS, http_list_next);
}

static bool is_media_type(struct slice text)
{
    const char *slash = text.len > 0 ? memchr(text.data, '/', text.len) : NULL;
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.data[i] < ' ' || (unsigned char)text.data[i] >= 0x7f) return false;
    return slash != NULL && http_is_token(slice_of(text.data, (size_t)(slash - text.data)));
}

/* What clients say of whatever they send, as curl does of -d, says nothing of the value. */
static bool is_meaningless(struct slice type)
{
    return type.len == 0 || slice_equal_nocase(type, SLICE("application/octet-stream")) ||
           slice_equal_nocase(type, SLICE("application/x-www-form-urlencoded"));
}

static bool read_type(struct http_client *client, struct http_terms *terms)
{
    struct slice type = http_client_field(client, HTTP_CONTENT_TYPE);
    struct slice coding = http_client_field(client, HTTP_CONTENT_ENCODING);
    if (is_meaningless(type)) type = SLICE("");
    if (type.len > 0 && !is_media_type(type)) return refuse(client, SLICE("this is no media type"));
    terms->coded = coding.len > 0 && !slice_equal_nocase(coding, SLICE("identity"));
    terms->type = type;
    if (!terms->coded)
        return type.len <= HTTP_TYPE_MAX || refuse(client, SLICE("the media type is too long"));
    if (!http_is_token(coding)) return refuse(client, SLICE("one coding is kept, not several"));
    if (type.len == 0) type = SLICE("application/octet-stream");
    int len = snprintf(terms->type_text, sizeof(terms->type_text), "%.*s (%.*s)", (int)type.len, type.data,
                       (int)coding.len, coding.data);
    if (len < 0 || (size_t)len >= sizeof(terms->type_text))
        return refuse(client, SLICE("the media type is too long"));
    terms->type = slice_of(terms->type_text, (size_t)len);
    return true;
}

bool http_terms_read(struct http_client *client, struct http_terms *terms)
{
    *terms = (struct http_terms){ .ttl_ms = -1, .grace_ms = -1, .cost_ms = -1, .jitter_percent = -1 };
    terms->version = http_client_field(client, HTTP_NUTHATCH_VERSION);
    terms->token = http_client_field(client, HTTP_NUTHATCH_TOKEN);
    return read_times(client, terms) && http_terms_read_tags(client, terms) && read_type(client, terms) &&
           http_terms_read_ms(client, HTTP_NUTHATCH_COST, &terms->cost_ms) &&
           read_jitter(client, &terms->jitter_percent);
}

bool http_terms_are_plain(const struct http_terms *terms)
{
    return terms->grace_ms < 0 && terms->cost_ms < 0 && terms->jitter_percent < 0 && terms->tag_count == 0 &&
           terms->type.len == 0 && terms->version.data == NULL && terms->token.data == NULL;
}

static void write_number(struct http_argv *argv, struct slice word, int64_t number)
{
    if (number < 0) return;
    http_argv_add(argv, word);
    http_argv_add_number(argv, number);
}

static void write_text(struct http_argv *argv, struct slice word, struct slice text)
{
    if (text.data == NULL) return;
    http_argv_add(argv, word);
    http_argv_add(argv, text);
}

void http_terms_write(const struct http_terms *terms, struct http_argv *argv)
{
    write_text(argv, SLICE("TOKEN"), terms->token);
    write_number(argv, SLICE("PX"), terms->ttl_ms);
    write_number(argv, SLICE("GRACE"), terms->grace_ms);
    write_number(argv, SLICE("COST"), terms->cost_ms);
    write_text(argv, SLICE("VERSION"), terms->version);
    write_number(argv, SLICE("JITTER"), terms->jitter_percent);
    if (terms->type.len > 0) write_text(argv, SLICE("TYPE"), terms->type);
    if (terms->tag_count == 0) return;
    write_number(argv, SLICE("TAGS"), terms->tag_count);
    for (unsigned i = 0; i < terms->tag_count; i++) http_argv_add(argv, terms->tags[i]);
}

void http_type_split(struct slice kept, struct slice *type, struct slice *coding)
{
    *type = kept;
    *coding = SLICE("");
    const char *open =
        kept.len > 0 && kept.data[kept.len - 1] == ')' ? memrchr(kept.data, '(', kept.len) : NULL;
    if (open != NULL && open > kept.data && open[-1] == ' ') {
        size_t at = (size_t)(open - kept.data);
        struct slice word = slice_of(open + 1, kept.len - at - 2);
        if (http_is_token(word)) {
            *coding = word;
            *type = slice_of(kept.data, at - 1);
        }
    }
    if (!is_media_type(*type)) *type = SLICE("application/octet-stream");
}
