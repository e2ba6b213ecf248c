#include "storage/types/bulk/draft.h"

#include "proto/base/alloc.h"
#include "proto/base/bytes.h"
#include "proto/base/contract.h"

#define PIECES  256
#define RECORDS 8192

void draft_init(struct draft *draft, unsigned form)
{
    *draft = (struct draft){ .form = form };
}

void draft_clear(struct draft *draft)
{
    alloc_free(draft->pieces);
    alloc_free(draft->records);
    *draft = (struct draft){ 0 };
}

static __attribute__((noinline)) void make_room(struct draft *draft, size_t len)
{
    if (draft->count == draft->pieces_cap) {
        draft->pieces_cap = draft->pieces_cap > 0 ? 2 * draft->pieces_cap : PIECES;
        draft->pieces = alloc_resize(draft->pieces, draft->pieces_cap * sizeof *draft->pieces);
    }
    if (draft->records != NULL && draft->records_cap - draft->bytes >= len) return;
    const char *old = draft->records;
    draft->records_cap = draft->bytes + len + RECORDS;
    draft->records = alloc_resize(draft->records, draft->records_cap);
    size_t at = 0;
    for (size_t i = 0; old != draft->records && i < draft->count; i++) {
        draft->pieces[i].bytes = draft->records + at;
        at += draft->pieces[i].length & PACKED_RECORD_MAX;
    }
}

/* Where the bytes of another record go. */
static inline __attribute__((always_inline)) char *add(struct draft *draft, size_t len, bool mark,
                                                       uint8_t tag)
{
    REQUIRE(len <= PACKED_RECORD_MAX && draft->count < PACKED_RECORDS_MAX);
    if (draft->count == draft->pieces_cap || draft->records_cap - draft->bytes < len) make_room(draft, len);
    char *at = draft->records + draft->bytes;
    struct packed_piece *piece = &draft->pieces[draft->count++];
    piece->bytes = at;
    piece->length = (uint32_t)len | (uint32_t)mark << 31;
    piece->tag = tag;
    draft->bytes += len;
    if (draft->longest < len) draft->longest = len;
    return at;
}

void draft_add(struct draft *draft, const struct packed_new *record)
{
    const struct slice *parts = record->parts;
    char *at = add(draft, parts[0].len + parts[1].len + parts[2].len, record->mark, record->tag);
    for (size_t i = 0; i < 3; i++) {
        bytes_copy(at, parts[i].data, parts[i].len);
        at += parts[i].len;
    }
}

void draft_add_plain(struct draft *draft, struct slice bytes, bool mark)
{
    bytes_copy(add(draft, bytes.len, mark, 0), bytes.data, bytes.len);
}

void draft_write(struct draft *draft, char *to)
{
    packed_of_pieces(to, draft->pieces, draft->count, draft->form);
    draft->count = draft->bytes = draft->longest = 0;
}

void draft_write_reversed(struct draft *draft, char *to)
{
    struct packed_piece *pieces = draft->pieces;
    for (size_t i = 0, j = draft->count; i + 1 < j; i++) {
        struct packed_piece piece = pieces[--j];
        pieces[j] = pieces[i];
        pieces[i] = piece;
    }
    draft_write(draft, to);
}
