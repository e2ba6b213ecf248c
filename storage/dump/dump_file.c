#include "storage/dump/dump_file.h"

#include "proto/base/number.h"
#include "storage/dump/dump_type.h"
#include "storage/dump/encodings/crc64.h"
#include "storage/dump/encodings/dump_text.h"
#include "storage/dump/encodings/length.h"

/* What stands where a type could. */
enum mark {
    MARK_SLOT = 244,
    MARK_FUNCTIONS = 245,
    MARK_MODULE = 247,
    MARK_IDLE = 248,
    MARK_USES = 249,
    MARK_NOTE = 250,
    MARK_SIZES = 251,
    MARK_DEADLINE_MS = 252,
    MARK_DEADLINE_S = 253,
    MARK_DATABASE = 254,
    MARK_END = 255,
};

/* Files from here on end with a checksum; one of 0 says that none was made. */
#define VERSION_OF_SUMS 5

static bool read_head(struct source *source, struct slice name, size_t digits, unsigned *version)
{
    struct source ahead = *source;
    if (!slice_equal(source_take(&ahead, name.len), name)) return false;
    *version = 0;
    while (digits-- > 0) {
        unsigned digit = source_byte(&ahead) - '0';
        if (digit > 9) return false;
        *version = *version * 10 + digit;
    }
    *source = ahead;
    return !ahead.failed;
}

bool dump_file_open(struct dump_file *file, struct slice bytes)
{
    *file = (struct dump_file){ .source = source_of(bytes), .start = bytes.data, .summed = bytes.data };
    return read_head(&file->source, SLICE("REDIS"), 4, &file->version) ||
           read_head(&file->source, SLICE("VALKEY"), 3, &file->version);
}

static void pass_over_lengths(struct source *source, unsigned count)
{
    while (count-- > 0) length_read(source);
}

static void pass_over_texts(struct source *source, unsigned count)
{
    struct buffer scratch = { 0 };
    while (count-- > 0) dump_text_read(source, &scratch);
    buffer_clear(&scratch);
}

/* A module says before each piece of what it has what that is. */
enum { PIECE_END, PIECE_SIGNED, PIECE_UNSIGNED, PIECE_FLOAT, PIECE_DOUBLE, PIECE_TEXT };

static bool pass_over_piece(struct source *source)
{
    switch (length_read(source)) {
    case PIECE_END: return false;
    case PIECE_SIGNED:
    case PIECE_UNSIGNED: length_read(source); break;
    case PIECE_FLOAT: source_take(source, sizeof(float)); break;
    case PIECE_DOUBLE: source_take(source, sizeof(double)); break;
    case PIECE_TEXT: pass_over_texts(source, 1); break;
    default: source_fail(source);
    }
    return !source->failed;
}

static void pass_over_module(struct source *source)
{
    length_read(source);
    while (pass_over_piece(source)) continue;
}

/* Which of its moments a module saved this at stands before it, as two pieces. */
static void pass_over_module_notes(struct source *source)
{
    length_read(source);
    pass_over_lengths(source, 2);
    while (pass_over_piece(source)) continue;
}

/* Something about the file: what its server took, if it is that. */
static void read_note(struct dump_file *file)
{
    struct buffer name_scratch = { 0 }, value_scratch = { 0 };
    struct atom name = dump_text_read(&file->source, &name_scratch);
    struct slice value = dump_text_read_bytes(&file->source, &value_scratch);
    bool is_memory = !atom_is_integer(&name) && slice_equal(name.text, SLICE("used-mem"));
    if (is_memory && !file->source.failed) number_parse_u64(value, &file->used_memory);
    buffer_clear(&name_scratch);
    buffer_clear(&value_scratch);
}

static void read_library(struct dump_file *file)
{
    struct buffer scratch = { 0 };
    struct slice text = dump_text_read_bytes(&file->source, &scratch);
    bool taken = !file->source.failed && file->on_library != NULL && file->on_library(file->context, text);
    if (!taken) file->libraries++;
    buffer_clear(&scratch);
}

/* True: it is no mark. */
static bool is_type(struct dump_file *file, struct dump_entry *entry, unsigned byte)
{
    struct source *source = &file->source;
    switch (byte) {
    case MARK_SLOT: pass_over_lengths(source, 3); break;
    case MARK_FUNCTIONS: read_library(file); break;
    case MARK_MODULE: pass_over_module_notes(source); break;
    case MARK_IDLE: entry->idle_s = (int64_t)(length_read(source) & INT64_MAX); break;
    case MARK_USES: entry->uses = (int)source_byte(source); break;
    case MARK_NOTE: read_note(file); break;
    case MARK_SIZES: pass_over_lengths(source, 2); break;
    case MARK_DEADLINE_MS: entry->deadline_ms = source_signed(source, 8); break;
    case MARK_DEADLINE_S: entry->deadline_ms = source_signed(source, 4) * 1000; break;
    case MARK_DATABASE: file->db = length_read(source); break;
    default: return true;
    }
    return false;
}

/* The checksum goes along with the reading, while what was read is still in the cache. */
static void sum_up(struct dump_file *file)
{
    size_t len = (size_t)(file->source.at - file->summed);
    if (!file->source.failed) file->sum = crc64(file->sum, slice_of(file->summed, len));
    file->summed = file->source.at;
}

static enum dump_file_step finish(struct dump_file *file)
{
    sum_up(file);
    if (file->version < VERSION_OF_SUMS) return DUMP_FILE_END;
    uint64_t sum = source_low_first(&file->source, 8);
    if (file->source.failed) return DUMP_FILE_CORRUPT;
    return sum == 0 || sum == file->sum ? DUMP_FILE_END : DUMP_FILE_WRONG_SUM;
}

static bool read_entry(struct dump_file *file, struct dump_entry *entry, unsigned type)
{
    entry->db = file->db;
    entry->key = dump_text_read_bytes(&file->source, &entry->scratch);
    entry->object.version = file->version;
    if (type != DUMP_MODULE) return dump_object_read(&entry->object, &file->source, type);
    pass_over_module(&file->source);
    return false;
}

enum dump_file_step dump_file_next(struct dump_file *file, struct dump_entry *entry)
{
    while (!file->source.failed) {
        unsigned byte = source_byte(&file->source);
        if (!file->source.failed && byte == MARK_END) return finish(file);
        if (!is_type(file, entry, byte)) continue;
        if (!file->source.failed && byte != DUMP_MODULE && !dump_object_knows(byte)) return DUMP_FILE_UNKNOWN;
        bool is_known = read_entry(file, entry, byte);
        sum_up(file);
        if (is_known) return DUMP_FILE_ENTRY;
        file->passed_over += !file->source.failed;
        dump_entry_clear(entry);
    }
    return DUMP_FILE_CORRUPT;
}

void dump_entry_clear(struct dump_entry *entry)
{
    dump_object_clear(&entry->object);
    buffer_clear(&entry->scratch);
    entry->deadline_ms = INT64_MIN;
    entry->idle_s = -1;
    entry->uses = -1;
}
