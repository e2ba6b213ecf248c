#include "server/events/pubsub/audience.h"

#include <stdio.h>

#include "proto/base/alloc.h"
#include "proto/base/array.h"
#include "proto/base/contract.h"
#include "proto/base/number.h"

/* Beside the texts: "$", a length and two ends of line, for each of them. */
#define BULK_EXTRA (1 + NUMBER_I64_MAX + 4)

static const char *const openings[TOPIC_KINDS] = {
    [TOPIC_CHANNEL] = "3\r\n$7\r\nmessage\r\n",
    [TOPIC_PATTERN] = "4\r\n$8\r\npmessage\r\n",
    [TOPIC_SHARD_CHANNEL] = "3\r\n$8\r\nsmessage\r\n",
};

struct audience *audience_create(enum topic_kind kind, struct slice name, uint64_t hash)
{
    size_t opening = strlen(openings[kind]);
    struct audience *audience = alloc_zeroed(sizeof(*audience) + opening + BULK_EXTRA + name.len);
    char *end = audience->head + opening;
    memcpy(audience->head, openings[kind], opening);
    end += sprintf(end, "$%zu\r\n", name.len);
    if (name.len > 0) memcpy(end, name.data, name.len);
    audience->name = slice_of(end, name.len);
    memcpy(end + name.len, "\r\n", 2);
    audience->head_len = (size_t)(end + name.len + 2 - audience->head);
    audience->kind = kind;
    audience->hash = hash;
    return audience;
}

void audience_destroy(struct audience **audience)
{
    REQUIRE((*audience)->len == 0);
    alloc_free((*audience)->members);
    alloc_free(*audience);
    *audience = NULL;
}

size_t audience_bytes(const struct audience *audience)
{
    return sizeof(*audience) + audience->head_len;
}

uint32_t audience_add(struct audience *audience, struct member member)
{
    ARRAY_RESERVE(audience->members, audience->len, audience->cap, 1);
    audience->members[audience->len] = member;
    return audience->len++;
}

static void shrink(struct audience *audience)
{
    if (audience->len == 0 || audience->len > audience->cap / 4) return;
    audience->cap /= 2;
    audience->members = alloc_resize(audience->members, audience->cap * sizeof(struct member));
}

struct subscription *audience_remove(struct audience *audience, uint32_t at)
{
    REQUIRE(at < audience->len);
    struct member *last = &audience->members[--audience->len];
    struct subscription *moved = at < audience->len ? last->subscription : NULL;
    audience->members[at] = *last;
    shrink(audience);
    return moved;
}

size_t audience_message_max(const struct audience *audience, struct slice channel, struct slice message)
{
    return 1 + audience->head_len + 2 * BULK_EXTRA + channel.len + message.len;
}

static char *write_bulk(char *out, struct slice text)
{
    *out++ = '$';
    out += number_format_u64(out, text.len);
    *out++ = '\r';
    *out++ = '\n';
    if (text.len > 0) memcpy(out, text.data, text.len);
    out += text.len;
    *out++ = '\r';
    *out++ = '\n';
    return out;
}

size_t audience_write(const struct audience *audience, int protocol, struct slice channel,
                      struct slice message, char *out)
{
    char *end = out;
    *end++ = protocol == 3 ? '>' : '*';
    memcpy(end, audience->head, audience->head_len);
    end += audience->head_len;
    if (audience->kind == TOPIC_PATTERN) end = write_bulk(end, channel);
    return (size_t)(write_bulk(end, message) - out);
}
