#include "server/exec/session/sheet.h"

#include "proto/base/alloc.h"
#include "proto/base/contract.h"

/* What is kept for the next turn. */
#define TEXT_KEPT_MAX   ((size_t)1 << 20)
#define CLAIMS_KEPT_MAX (UINT32_C(1) << 17)

/* A megabyte of text, or of claims. */
#define TEXT_LONG   ((size_t)1 << 20)
#define CLAIMS_LONG (UINT32_C(1) << 17)

void sheet_clear(struct sheet *sheet)
{
    buffer_clear(&sheet->text);
    alloc_free(sheet->pieces);
    alloc_free(sheet->claims);
    *sheet = (struct sheet){ 0 };
}

void sheet_empty(struct sheet *sheet)
{
    sheet_close(sheet);
    sheet->waited_for = false;
    sheet->text.len = 0;
    sheet->pieces_len = sheet->claims_len = 0;
    bool is_large = sheet->text.cap > TEXT_KEPT_MAX || sheet->pieces_cap > CLAIMS_KEPT_MAX ||
                    sheet->claims_cap > CLAIMS_KEPT_MAX;
    if (is_large) sheet_clear(sheet);
}

static uint32_t more_than(uint32_t cap)
{
    REQUIRE(cap <= UINT32_MAX / 2);
    return cap > 0 ? 2 * cap : 64;
}

uint32_t sheet_add(struct sheet *sheet, size_t len)
{
    sheet_close(sheet);
    if (sheet->pieces_len == sheet->pieces_cap) {
        sheet->pieces_cap = more_than(sheet->pieces_cap);
        sheet->pieces = alloc_resize(sheet->pieces, sheet->pieces_cap * sizeof sheet->pieces[0]);
    }
    size_t from = sheet->text.len;
    buffer_commit(&sheet->text, len);
    sheet->pieces[sheet->pieces_len] = (struct sheet_piece){ .from = from, .to = from + len };
    return sheet->pieces_len++;
}

static struct slice text_between(const struct sheet *sheet, size_t from, size_t to)
{
    return slice_of(sheet->text.data + from, to - from);
}

struct slice sheet_text(const struct sheet *sheet, uint32_t piece)
{
    REQUIRE(piece < sheet->pieces_len);
    return text_between(sheet, sheet->pieces[piece].from, sheet->pieces[piece].to);
}

static __attribute__((noinline)) void grow_claims(struct sheet *sheet)
{
    sheet->claims_cap = more_than(sheet->claims_cap);
    sheet->claims = alloc_resize(sheet->claims, sheet->claims_cap * sizeof sheet->claims[0]);
}

void sheet_claim(struct sheet *sheet, struct sheet_claims *claims, uint32_t piece)
{
    if (__builtin_expect(sheet->claims_len == sheet->claims_cap, 0)) grow_claims(sheet);
    sheet->claims[sheet->claims_len++] = (struct sheet_claim){ .piece = piece };
    if (claims->first == 0)
        claims->first = sheet->claims_len;
    else
        sheet->claims[claims->last - 1].next = sheet->claims_len;
    claims->last = sheet->claims_len;
}

size_t sheet_claimed(const struct sheet *sheet, const struct sheet_claims *claims)
{
    size_t bytes = 0;
    for (uint32_t at = claims->first; at != 0; at = sheet->claims[at - 1].next) {
        const struct sheet_piece *piece = &sheet->pieces[sheet->claims[at - 1].piece];
        bytes += piece->to - piece->from;
    }
    return bytes;
}

bool sheet_take(const struct sheet *sheet, struct sheet_claims *claims, struct slice *stretch)
{
    uint32_t at = claims->first;
    if (at == 0) return false;
    struct sheet_piece first = sheet->pieces[sheet->claims[at - 1].piece];
    while ((at = sheet->claims[at - 1].next) != 0) {
        const struct sheet_piece *next = &sheet->pieces[sheet->claims[at - 1].piece];
        if (next->from != first.to) break;
        first.to = next->to;
    }
    claims->first = at;
    *stretch = text_between(sheet, first.from, first.to);
    return true;
}

/* Some 150 messages of 64 bytes: the kernel copies for longer than it takes to be called. */
#define TEXT_WORTH ((size_t)16 << 10)

bool sheet_is_worth_a_write(const struct sheet *sheet)
{
    return sheet->text.len >= TEXT_WORTH || sheet->claims_len >= CLAIMS_LONG || sheet->waited_for;
}

bool sheet_is_long(const struct sheet *sheet)
{
    return sheet->text.len >= TEXT_LONG || sheet->claims_len >= CLAIMS_LONG;
}
