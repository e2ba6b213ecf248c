#include "storage/dump/encodings/dump_text.h"

#include <liblzf/lzf.h>
#include <stdint.h>

#include "proto/base/buffer.h"
#include "proto/base/number.h"
#include "storage/dump/encodings/length.h"
#include "storage/types/blocks/record.h"

/* Forms of a text that are no length. */
enum { FORM_INT8, FORM_INT16, FORM_INT32, FORM_LZF };
#define FORM_BYTE(form) ((char)(0xc0 | (form)))

/* What comes out of a compressed text is at most so many times as long: three bytes stand for 264. */
#define LZF_RATIO 88
/* As long as an element of a collection may be, and longer than what Redis takes by itself. */
#define UNPACKED_MAX ((uint64_t)1 << 30)

static struct slice unpack(struct source *source, struct buffer *scratch)
{
    uint64_t packed_len = length_read(source), len = length_read(source);
    struct slice packed = source_take(source, packed_len);
    if (packed_len > UNPACKED_MAX || len > UNPACKED_MAX || len > packed_len * LZF_RATIO) source_fail(source);
    if (source->failed) return packed;
    scratch->len = 0;
    char *to = buffer_reserve(scratch, (size_t)len + 1);
    unsigned got = packed.len == 0 ? 0 : lzf_decompress(packed.data, (unsigned)packed.len, to, (unsigned)len);
    if (got != len) source_fail(source);
    buffer_commit(scratch, got);
    return slice_of(to, got);
}

struct atom dump_text_read_form(struct source *source, uint64_t form, struct buffer *scratch)
{
    if (form <= FORM_INT32) return atom_of_integer(source_signed(source, 1u << form));
    if (form == FORM_LZF) return atom_of_text(unpack(source, scratch));
    source_fail(source);
    return atom_of_integer(0);
}

struct slice dump_text_read_bytes(struct source *source, struct buffer *scratch)
{
    struct atom atom = dump_text_read(source, scratch);
    if (!atom_is_integer(&atom)) return atom.text;
    scratch->len = 0;
    char *to = buffer_reserve(scratch, NUMBER_I64_MAX);
    return atom_text(&atom, to);
}

static uint64_t skip_form(struct source *source, uint64_t form)
{
    if (form <= FORM_INT32) return source_take(source, 1u << form).len;
    if (form != FORM_LZF) {
        source_fail(source);
        return 0;
    }
    uint64_t packed_len = length_read(source), len = length_read(source);
    source_take(source, packed_len);
    return len;
}

size_t dump_texts_bytes(struct source source, uint64_t count)
{
    size_t bytes = 0;
    for (; count > 0 && !source.failed; count--) {
        struct length length = length_read_any(&source);
        uint64_t len =
            length.is_form ? skip_form(&source, length.number) : source_take(&source, length.number).len;
        bytes += len > RECORD_INSIDE_MAX ? RECORD_OUTSIDE_LEN : (size_t)len;
    }
    return bytes;
}

static void write_integer(struct buffer *out, int64_t integer)
{
    unsigned form = integer == (int8_t)integer    ? FORM_INT8
                    : integer == (int16_t)integer ? FORM_INT16
                                                  : FORM_INT32;
    unsigned bytes = 1u << form;
    char *to = buffer_reserve(out, 1 + sizeof(int32_t));
    *to++ = FORM_BYTE(form);
    for (unsigned i = 0; i < bytes; i++) to[i] = (char)((uint64_t)integer >> 8 * i);
    buffer_commit(out, 1 + bytes);
}

#define COMPRESSED_FROM 21
#define COMPRESSED_TO   UINT32_MAX
#define SAVED_AT_LEAST  4

/* Lengths stand before what is compressed, and the first of them is known when that is done: it is written
 * behind room for the longest, and moved down. */
static bool write_compressed(struct buffer *out, struct slice text)
{
    if (text.len < COMPRESSED_FROM || text.len > COMPRESSED_TO) return false;
    size_t room = text.len - SAVED_AT_LEAST;
    char *to = buffer_reserve(out, 1 + 2 * LENGTH_MAX + room), *packed = to + 1 + 2 * LENGTH_MAX;
    unsigned len = lzf_compress(text.data, (unsigned)text.len, packed, (unsigned)room);
    if (len == 0) return false;
    size_t at = 0;
    to[at++] = FORM_BYTE(FORM_LZF);
    at += length_format(to + at, len);
    at += length_format(to + at, text.len);
    memmove(to + at, packed, len);
    buffer_commit(out, at + len);
    return true;
}

static inline void write_plain(struct buffer *out, struct slice text)
{
    char *to = buffer_reserve(out, LENGTH_MAX + text.len);
    unsigned lead = length_format(to, text.len);
    if (text.len > 0) memcpy(to + lead, text.data, text.len);
    buffer_commit(out, lead + text.len);
}

void dump_text_write(struct buffer *out, struct slice text, enum dump_texts how)
{
    if (!(how & DUMP_PLAIN) && write_compressed(out, text)) return;
    write_plain(out, text);
}

void dump_text_write_atom(struct buffer *out, const struct atom *atom, enum dump_texts how)
{
    char scratch[NUMBER_I64_MAX];
    if (atom_is_integer(atom) && atom->integer == (int32_t)atom->integer)
        write_integer(out, atom->integer);
    else
        dump_text_write(out, atom_text(atom, scratch), how);
}
