#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "proto/base/number.h"
#include "proto/base/slice.h"
#include "server/commands/catalog/families.h"
#include "server/commands/string/bit_text.h"
#include "server/config/settings.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "storage/types/text/hll.h"
#include "storage/types/text/hll_sparse.h"

/* The HyperLogLog of a key, which grows where it is. */
struct sketch {
    struct hll hll; /* first: what resizes it finds the rest */
    struct call *call;
    struct entry *entry;
    int arg;
};

static void resize(struct hll *hll, size_t len)
{
    struct sketch *sketch = (struct sketch *)hll;
    sketch->entry = bit_text_edit(sketch->call, sketch->arg, sketch->entry, len);
    hll->bytes = entry_text_edit(sketch->entry);
    hll->len = len;
}

/* The string of `entry`, if it is one. False: replied. */
static bool read_text(struct call *call, const struct entry *entry, struct slice *text)
{
    if (!call_wants_string(call, entry)) return false;
    /* No integer begins with HYLL: its text is not missed. */
    *text = entry_encoding(entry) == ENTRY_INT ? SLICE("") : entry_text(entry, NULL);
    if (hll_is_valid(*text)) return true;
    reply_error(call->reply, SLICE(ERR_HLL_NOT_ONE));
    return false;
}

static void open_at(struct sketch *sketch, struct call *call, int arg, struct entry *entry)
{
    int64_t sparse_max =
        atomic_load_explicit(&call_settings(call)->hll_sparse_max_bytes, memory_order_relaxed);
    *sketch = (struct sketch){ { .resize = resize, .sparse_max = (size_t)sparse_max }, call, entry, arg };
    resize(&sketch->hll, entry_text_len(entry));
}

/* One that is there, to be written to. False: replied. */
static bool open_existing(struct sketch *sketch, struct call *call, int arg, struct entry *entry)
{
    struct slice text;
    if (!read_text(call, entry, &text)) return false;
    open_at(sketch, call, arg, entry);
    return true;
}

static void open_new(struct sketch *sketch, struct call *call, int arg)
{
    open_at(sketch, call, arg, call_put_string(call, arg, NULL, hll_empty(), ENTRY_NO_DEADLINE));
}

static void refuse_corrupt(struct call *call)
{
    reply_error(call->reply, SLICE(ERR_HLL_CORRUPT));
}

static void pfadd(struct call *call)
{
    struct sketch sketch;
    struct entry *entry = call_edit(call, 1);
    bool changed = entry == NULL, corrupt = false;
    if (entry == NULL)
        open_new(&sketch, call, 1);
    else if (!open_existing(&sketch, call, 1, entry))
        return;

    for (int arg = 2; arg < call->argc && !corrupt; arg++) {
        enum hll_outcome outcome = hll_add(&sketch.hll, call->argv[arg]);
        changed |= outcome == HLL_CHANGED;
        corrupt = outcome == HLL_CORRUPT;
    }
    if (changed) {
        hll_forget_count(&sketch.hll);
        call_changed(call, 1, EVENT_PFADD);
    }
    if (corrupt)
        refuse_corrupt(call);
    else
        reply_int(call->reply, changed);
}

/* Merge the key argv[arg], if it is there. False: replied. */
static bool merge(struct call *call, int arg, struct hll_registers *registers, bool *is_sparse)
{
    struct slice text;
    const struct entry *entry = call_find(call, arg);
    *is_sparse = true;
    if (entry == NULL) return true;
    if (!read_text(call, entry, &text)) return false;
    *is_sparse = hll_is_sparse(text);
    if (hll_merge(registers, text)) return true;
    refuse_corrupt(call);
    return false;
}

static void count_union(struct call *call)
{
    struct hll_registers registers = { 0 };
    bool is_sparse;
    for (int arg = 1; arg < call->argc; arg++) {
        if (!merge(call, arg, &registers, &is_sparse)) return;
    }
    reply_int(call->reply, (int64_t)hll_count(&registers));
}

static void count_anew(struct call *call, struct sketch *sketch)
{
    struct hll_registers registers = { 0 };
    if (!hll_merge(&registers, slice_of(sketch->hll.bytes, sketch->hll.len))) {
        refuse_corrupt(call);
        return;
    }
    uint64_t count = hll_count(&registers);
    if (!call->cached) {
        hll_cache_count(&sketch->hll, count);
        call_changed(call, 1, EVENT_SILENT);
    }
    reply_int(call->reply, (int64_t)count);
}

/* Writes although it is a read: the count is kept in the string, and its bytes are clients' to see. Not of a
 * copy, which is what the upstream holds. */
static void pfcount(struct call *call)
{
    if (call->argc > 2) {
        count_union(call);
        return;
    }
    struct entry *entry = call_find(call, 1);
    if (entry == NULL) {
        reply_int(call->reply, 0);
        return;
    }
    struct sketch sketch;
    uint64_t count;
    if (!open_existing(&sketch, call, 1, entry)) return;
    if (hll_cached_count(slice_of(sketch.hll.bytes, sketch.hll.len), &count))
        reply_int(call->reply, (int64_t)count);
    else
        count_anew(call, &sketch);
}

static void pfmerge(struct call *call)
{
    struct hll_registers registers = { 0 };
    bool all_sparse = true;
    for (int arg = 1; arg < call->argc; arg++) {
        bool is_sparse;
        if (!merge(call, arg, &registers, &is_sparse)) return;
        all_sparse &= is_sparse;
    }
    struct sketch sketch;
    struct entry *entry = call_edit(call, 1);
    if (entry == NULL)
        open_new(&sketch, call, 1);
    else
        open_at(&sketch, call, 1, entry);
    /* Known not to be corrupt: it was merged as well. */
    if (!all_sparse) hll_make_dense(&sketch.hll);
    hll_raise(&sketch.hll, &registers);
    hll_forget_count(&sketch.hll);
    call_changed(call, 1, EVENT_PFADD);
    reply_ok(call->reply);
}

/* False: replied. */
static bool make_dense(struct call *call, struct sketch *sketch, bool *changed)
{
    enum hll_outcome outcome = hll_make_dense(&sketch->hll);
    *changed = outcome == HLL_CHANGED;
    if (*changed) call_changed(call, 2, EVENT_SILENT);
    if (outcome != HLL_CORRUPT) return true;
    refuse_corrupt(call);
    return false;
}

static void debug_getreg(struct call *call, struct sketch *sketch)
{
    bool changed;
    struct hll_registers registers = { 0 };
    if (!make_dense(call, sketch, &changed)) return;
    hll_merge(&registers, slice_of(sketch->hll.bytes, sketch->hll.len));
    reply_array(call->reply, HLL_REGISTERS);
    for (size_t i = 0; i < HLL_REGISTERS; i++) reply_int(call->reply, registers.values[i]);
}

/* A sparse one's opcodes: z and Z are zeros, v a value, each with its number of registers. They are told of
 * one that is corrupt as well, but no more than there can be. */
static void debug_decode(struct call *call, struct sketch *sketch)
{
    struct slice text = slice_of(sketch->hll.bytes, sketch->hll.len);
    if (!hll_is_sparse(text)) {
        reply_error(call->reply, SLICE(ERR_HLL_NOT_SPARSE));
        return;
    }
    struct buffer decoded = { 0 };
    struct hll_run run;
    size_t at = HLL_HEADER_SIZE;
    for (size_t i = 0; i < HLL_REGISTERS && hll_run_at(text, at, &run); i++, at += run.len) {
        if (run.value > 0)
            buffer_printf(&decoded, " v:%u,%u", run.value, run.registers);
        else
            buffer_printf(&decoded, " %c:%u", run.len == 1 ? 'z' : 'Z', run.registers);
    }
    if (at < text.len)
        refuse_corrupt(call);
    else
        reply_bulk(call->reply, decoded.len == 0 ? SLICE("") : slice_of(decoded.data + 1, decoded.len - 1));
    buffer_clear(&decoded);
}

static void debug_encoding(struct call *call, struct sketch *sketch)
{
    bool is_sparse = hll_is_sparse(slice_of(sketch->hll.bytes, sketch->hll.len));
    reply_status(call->reply, is_sparse ? SLICE("sparse") : SLICE("dense"));
}

static void debug_todense(struct call *call, struct sketch *sketch)
{
    bool changed;
    if (make_dense(call, sketch, &changed)) reply_int(call->reply, changed);
}

static void pfdebug(struct call *call)
{
    static const struct {
        const char *name;
        void (*run)(struct call *call, struct sketch *sketch);
    } subcommands[] = { { "getreg", debug_getreg },
                        { "decode", debug_decode },
                        { "encoding", debug_encoding },
                        { "todense", debug_todense } };
    struct sketch sketch;
    struct entry *entry = call_edit(call, 2);
    if (entry == NULL) {
        reply_error(call->reply, SLICE(ERR_HLL_NO_KEY));
        return;
    }
    if (!open_existing(&sketch, call, 2, entry)) return;
    for (size_t i = 0; i < sizeof subcommands / sizeof *subcommands; i++) {
        if (!call_arg_is(call, 1, subcommands[i].name)) continue;
        subcommands[i].run(call, &sketch);
        return;
    }
    struct slice name = call->argv[1];
    reply_errorf(call->reply, ERR_HLL_SUBCOMMAND_FMT, (int)name.len, name.data);
}

/* One in memory of its own, for the test. */
static void resize_heap(struct hll *hll, size_t len)
{
    hll->bytes = alloc_resize(hll->bytes, len);
    hll->len = len;
}

static struct hll make_heap(size_t sparse_max)
{
    struct hll hll = { .resize = resize_heap, .sparse_max = sparse_max };
    resize_heap(&hll, hll_empty().len);
    memcpy(hll.bytes, hll_empty().data, hll.len);
    return hll;
}

static uint64_t count_of(const struct hll *hll)
{
    struct hll_registers registers = { 0 };
    hll_merge(&registers, slice_of(hll->bytes, hll->len));
    return hll_count(&registers);
}

/* What is put into registers is found there, and their neighbours stay as they were. False: replied. */
static bool registers_hold(struct call *call, struct hll *dense)
{
    struct hll_registers wanted, found = { 0 };
    for (size_t i = 0; i < HLL_REGISTERS; i++) {
        wanted.values[i] = (uint8_t)((i * 2654435761u + (uint64_t)call->now_ms) >> 7 & 63);
    }
    hll_raise(dense, &wanted);
    hll_merge(&found, slice_of(dense->bytes, dense->len));
    for (unsigned i = 0; i < HLL_REGISTERS; i++) {
        if (found.values[i] == wanted.values[i]) continue;
        reply_errorf(call->reply, ERR_HLL_TEST_REGISTER_FMT, i, wanted.values[i], found.values[i]);
        return false;
    }
    return true;
}

/* Of `n` different elements both forms tell one number, and it is not far off. False: replied. */
static bool counts_agree(struct call *call, const struct hll *sparse, const struct hll *dense, uint64_t n)
{
    uint64_t count = count_of(dense);
    if (count != count_of(sparse)) {
        reply_error(call->reply, SLICE(ERR_HLL_TEST_DISAGREE));
        return false;
    }
    if (n < sparse->sparse_max / 2 && !hll_is_sparse(slice_of(sparse->bytes, sparse->len))) {
        reply_error(call->reply, SLICE(ERR_HLL_TEST_SPARSE));
        return false;
    }
    /* Six times the standard error, which of ten elements would be none; two may share a register. */
    uint64_t error = count > n ? count - n : n - count;
    double allowed = n == 10 ? 1 : ceil(6 * 1.04 / sqrt(HLL_REGISTERS) * (double)n);
    if ((double)error <= allowed) return true;
    reply_errorf(call->reply, ERR_HLL_TEST_ERROR_FMT, (unsigned long long)n, (unsigned long long)error);
    return false;
}

/* Redis adds ten million. Here nobody else is made to wait for so long. */
#define TEST_ELEMENTS 100000

static bool counts_hold(struct call *call, struct hll *sparse, struct hll *dense)
{
    uint64_t checkpoint = 1;
    for (uint64_t n = 1; n <= TEST_ELEMENTS; n++) {
        uint64_t element = n ^ (uint64_t)call->now_ms << 20;
        hll_add(sparse, slice_of(&element, sizeof element));
        hll_add(dense, slice_of(&element, sizeof element));
        if (n < checkpoint) continue;
        if (!counts_agree(call, sparse, dense, n)) return false;
        checkpoint *= 10;
    }
    return true;
}

static void pfselftest(struct call *call)
{
    int64_t sparse_max =
        atomic_load_explicit(&call_settings(call)->hll_sparse_max_bytes, memory_order_relaxed);
    struct hll registers = make_heap(0), dense = make_heap(0), sparse = make_heap((size_t)sparse_max);
    hll_make_dense(&registers);
    hll_make_dense(&dense);
    if (registers_hold(call, &registers) && counts_hold(call, &sparse, &dense)) reply_ok(call->reply);
    alloc_free(registers.bytes);
    alloc_free(dense.bytes);
    alloc_free(sparse.bytes);
}

#define HLL        .categories = ACL_HYPERLOGLOG, .group = "hyperloglog"
#define HLL_FAMILY HLL, .tier = TIER_PASS

const struct command hyperloglog_commands[] = {
    { "pfadd", pfadd, .syntax = "key [element [element ...]]", .keys = { KEY(1, KEY_RW | KEY_INSERT) },
      .flags = CMD_WRITE | CMD_GROWS | CMD_FAST, HLL_FAMILY, .since = "2.8.9",
      .cost = "O(1) for each element", .reply = "integer: 1 if the estimate may have changed",
      .summary = "Add elements to a HyperLogLog." },
    { "pfcount", pfcount, .syntax = "key [key ...]",
      .keys = { KEYS(1, -1, 1, KEY_RW | KEY_ACCESS,
                     .note = "RW because it may change the internal representation of the key, and "
                             "propagate to replicas") },
      .flags = CMD_READONLY | CMD_MAY_REPLICATE, HLL, .tier = TIER_PASS | TIER_TYPED, .since = "2.8.9",
      .cost = "O(1) of one key whose estimate is kept with it, else O(N), N being the number of keys",
      .reply = "integer", .summary = "About how many different elements were added to HyperLogLogs." },
    { "pfmerge", pfmerge, .syntax = "destkey [sourcekey [sourcekey ...]]",
      .keys = { KEY(1, KEY_RW | KEY_ACCESS | KEY_INSERT), KEYS(2, -1, 1, KEY_RO | KEY_ACCESS) },
      .flags = CMD_WRITE | CMD_GROWS, HLL_FAMILY, .since = "2.8.9",
      .cost = "O(N), N being the number of keys", .reply = "OK", .summary = "Merge HyperLogLogs into one." },
    { "pfdebug", pfdebug, .syntax = "subcommand key", .keys = { KEY(2, KEY_RW | KEY_ACCESS) },
      .flags = CMD_WRITE | CMD_GROWS | CMD_ADMIN | CMD_SYSTEM, HLL_FAMILY, .since = "2.8.9", .cost = "N/A",
      .reply = "depends on the subcommand: GETREG, DECODE, ENCODING, TODENSE",
      .summary = "Look into a HyperLogLog." },
    { "pfselftest", pfselftest, .syntax = "", .flags = CMD_ADMIN | CMD_SYSTEM, HLL_FAMILY, .since = "2.8.9",
      .cost = "N/A", .reply = "OK", .summary = "Test the HyperLogLogs of this server." },
    { 0 },
};
