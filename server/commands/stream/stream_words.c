#include "server/commands/stream/stream_words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/number.h"
#include "proto/reply.h"
#include "server/commands/stream/stream_errors.h"
#include "server/exec/call.h"
#include "storage/types/blocks/atom.h"
#include "storage/types/streams/stream_block.h"

#define WORD_MAX 128

/* As Redis reads it: what is no canonical number is left to the C library. */
static bool parse_number(const char *text, uint64_t *number)
{
    int64_t canonical;
    if (number_parse_i64(slice_of_cstr(text), &canonical)) {
        *number = (uint64_t)canonical;
        return canonical >= 0;
    }
    char *end;
    errno = 0;
    *number = strtoull(text, &end, 10);
    return errno == 0 && *text != '\0' && *end == '\0';
}

/* `has_seq` is NULL where a sequence number may not be left open. */
static bool parse(struct slice text, uint64_t seq, struct stream_id *id, bool *has_seq)
{
    char word[WORD_MAX];
    if (text.len >= sizeof word) return false;
    slice_to_cstr(text, word, sizeof word);
    char *dash = strchr(word, '-');
    if (dash != NULL) *dash = '\0';
    if (!parse_number(word, &id->ms)) return false;
    id->seq = seq;
    if (dash == NULL) return true;
    if (has_seq != NULL && strcmp(dash + 1, "*") == 0) {
        *has_seq = false;
        id->seq = 0;
        return true;
    }
    return parse_number(dash + 1, &id->seq);
}

static bool invalid(struct call *call)
{
    reply_error(call->reply, SLICE(ERR_STREAM_ID));
    return false;
}

bool stream_word_parse(struct slice text, uint64_t seq, struct stream_id *id)
{
    return parse(text, seq, id, NULL);
}

bool stream_word_id(struct call *call, int arg, uint64_t seq, struct stream_id *id)
{
    return parse(call->argv[arg], seq, id, NULL) || invalid(call);
}

bool stream_word_partial_id(struct call *call, int arg, struct stream_id *id, bool *has_seq)
{
    *has_seq = true;
    return parse(call->argv[arg], 0, id, has_seq) || invalid(call);
}

bool stream_word_id_or_end(struct call *call, int arg, uint64_t seq, struct stream_id *id)
{
    struct slice text = call->argv[arg];
    if (!slice_equal(text, SLICE("-")) && !slice_equal(text, SLICE("+")))
        return stream_word_id(call, arg, seq, id);
    *id = text.data[0] == '-' ? STREAM_ID_MIN : STREAM_ID_MAX;
    return true;
}

static bool read_bound(struct call *call, int arg, uint64_t seq, struct stream_id *id, bool *excluded)
{
    struct slice text = call->argv[arg];
    *excluded = text.len > 1 && text.data[0] == '(';
    if (*excluded) return parse(slice_of(text.data + 1, text.len - 1), seq, id, NULL) || invalid(call);
    return stream_word_id_or_end(call, arg, seq, id);
}

bool stream_word_start(struct call *call, int arg, struct stream_id *id)
{
    bool excluded;
    if (!read_bound(call, arg, 0, id, &excluded)) return false;
    if (!excluded || stream_id_next(id)) return true;
    reply_error(call->reply, SLICE(ERR_STREAM_START));
    return false;
}

bool stream_word_end(struct call *call, int arg, struct stream_id *id)
{
    bool excluded;
    if (!read_bound(call, arg, UINT64_MAX, id, &excluded)) return false;
    if (!excluded || stream_id_back(id)) return true;
    reply_error(call->reply, SLICE(ERR_STREAM_END));
    return false;
}

struct slice stream_id_text(char scratch[STREAM_ID_TEXT_MAX], struct stream_id id)
{
    size_t len = number_format_u64(scratch, id.ms);
    scratch[len++] = '-';
    len += number_format_u64(scratch + len, id.seq);
    return slice_of(scratch, len);
}

void stream_reply_id(struct reply *reply, struct stream_id id)
{
    char scratch[STREAM_ID_TEXT_MAX];
    reply_bulk(reply, stream_id_text(scratch, id));
}

static void reply_atom(struct reply *reply, const struct atom *atom)
{
    char scratch[NUMBER_I64_MAX];
    reply_bulk(reply, atom_text(atom, scratch));
}

void stream_reply_entry(struct reply *reply, struct stream_entry *entry)
{
    struct atom field, value;
    reply_array(reply, 2);
    stream_reply_id(reply, entry->id);
    reply_array(reply, 2 * entry->pairs);
    for (size_t i = 0; i < entry->pairs; i++) {
        stream_entry_next(entry, &field, &value);
        reply_atom(reply, &field);
        reply_atom(reply, &value);
    }
}
