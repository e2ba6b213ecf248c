/*
 * sheet.h - what is pushed to the sessions of one loop in a turn, written once for all who are sent it.
 *
 * Messages, invalidations and lines of MONITOR stand here as *pieces*, one behind the other, until the turn
 * ends. A session that is to be sent a piece has a *claim* to it; its claims form a list, in their order, and
 * pieces that follow each other are sent in one stretch. So a message to a thousand subscribers is written
 * once, and for each of them a number is noted.
 *
 * A piece may be *open* for the readers who were just given claims to it: what comes next for the very same
 * readers makes it longer, without a look at any of them. Whatever may break that "very same" closes it:
 * another piece, somebody who joins or leaves them or speaks another protocol, one of them who takes what he
 * has claims to.
 *
 * Threads: the loop's. Texts are good until the next piece is written.
 */
#ifndef SERVER_EXEC_SESSION_SHEET_H
#define SERVER_EXEC_SESSION_SHEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"

struct session;

struct sheet_piece {
    size_t from;
    size_t to;
};

struct sheet_claim {
    uint32_t piece;
    uint32_t next; /* of the same session; 0: none */
};

/* Of one session; all zero: none. They count from 1. */
struct sheet_claims {
    uint32_t first;
    uint32_t last;
};

/* All zero is empty. */
struct sheet {
    struct buffer text;
    struct sheet_piece *pieces;
    uint32_t pieces_len;
    uint32_t pieces_cap;
    struct sheet_claim *claims;
    uint32_t claims_len;
    uint32_t claims_cap;
    const void *readers;             /* for whom the last piece is open; NULL: for nobody */
    const struct session *executing; /* whose command was being executed then, if it may be one of them */
    bool waited_for;                 /* there are sessions with WAIT_SHEET */
};

void sheet_clear(struct sheet *sheet);
/* No claim is left. Much memory is given back. */
void sheet_empty(struct sheet *sheet);

/* Room for so many bytes of a piece at the end of the text. */
static inline char *sheet_reserve(struct sheet *sheet, size_t most)
{
    return buffer_reserve(&sheet->text, most);
}

/* Of which so many are a piece now. Returns its number. */
uint32_t sheet_add(struct sheet *sheet, size_t len);
struct slice sheet_text(const struct sheet *sheet, uint32_t piece);

/* The last piece may be made longer for these readers, while the command of that session is executed; NULL:
 * of any who is none of them. */
static inline void sheet_open(struct sheet *sheet, const void *readers, const struct session *executing)
{
    sheet->readers = readers;
    sheet->executing = executing;
}

static inline void sheet_close(struct sheet *sheet)
{
    sheet->readers = NULL;
}

static inline bool sheet_is_open(const struct sheet *sheet, const void *readers,
                                 const struct session *executing)
{
    return sheet->readers == readers && sheet->executing == executing;
}

/* So many of the bytes that were reserved go to whom the last piece is open for. */
static inline void sheet_extend(struct sheet *sheet, size_t len)
{
    buffer_commit(&sheet->text, len);
    sheet->pieces[sheet->pieces_len - 1].to += len;
}

/* One claim more, to a piece that is no earlier than those before. */
void sheet_claim(struct sheet *sheet, struct sheet_claims *claims, uint32_t piece);
/* Bytes that are claimed. */
size_t sheet_claimed(const struct sheet *sheet, const struct sheet_claims *claims);
/* Take the first stretch of what is claimed. False: there is none. */
bool sheet_take(const struct sheet *sheet, struct sheet_claims *claims, struct slice *stretch);

/* It has grown so long that whoever writes to it should let it be sent first. */
bool sheet_is_long(const struct sheet *sheet);
/* It is amid a poll, and more may be pushed before that ends: is there so much that nothing is gained by
 * waiting for it? A write to each of many readers costs as much as all else that a message does. */
bool sheet_is_worth_a_write(const struct sheet *sheet);

#endif
