#include "server/script/functions/metadata.h"

#include <ctype.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "server/config/text/words.h"
#include "server/exec/errors/errors_function.h"

#define NAME "name="

bool metadata_is_name(struct slice name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!isalnum((unsigned char)name.data[i]) && name.data[i] != '_') return false;
    return name.len > 0;
}

static bool begins_with(struct slice text, struct slice start)
{
    return text.len >= start.len && memcmp(text.data, start.data, start.len) == 0;
}

static bool read_options(const struct words *words, struct slice *name, struct buffer *error)
{
    for (size_t i = 1; i < words->count; i++) {
        struct slice word = words->list[i];
        if (!begins_with(word, SLICE(NAME))) {
            buffer_printf(error, ERR_LIBRARY_OPTION_FMT, (int)word.len, word.data);
            return false;
        }
        if (name->data != NULL) {
            buffer_printf(error, ERR_LIBRARY_NAMED_TWICE);
            return false;
        }
        *name = slice_of(word.data + strlen(NAME), word.len - strlen(NAME));
    }
    if (name->data == NULL) buffer_printf(error, ERR_LIBRARY_UNNAMED);
    return name->data != NULL;
}

static bool read_words(const struct words *words, struct slice *name, struct buffer *error)
{
    struct slice engine = words->list[0];
    if (!read_options(words, name, error)) return false;
    if (!metadata_is_name(*name)) {
        buffer_printf(error, ERR_LIBRARY_NAME);
        return false;
    }
    engine = slice_of(engine.data + 2, engine.len - 2);
    if (slice_equal_nocase(engine, SLICE("lua"))) return true;
    buffer_printf(error, ERR_LIBRARY_ENGINE_FMT, (int)engine.len, engine.data);
    return false;
}

bool metadata_read(struct slice text, struct metadata *metadata, struct buffer *error)
{
    struct words words = { 0 };
    struct slice name = { 0 };
    *metadata = (struct metadata){ 0 };
    if (!begins_with(text, SLICE("#!"))) {
        buffer_printf(error, ERR_LIBRARY_NO_METADATA);
        return false;
    }
    const char *end = memchr(text.data, '\n', text.len);
    if (end == NULL || !words_split(&words, slice_of(text.data, (size_t)(end - text.data)))) {
        buffer_printf(error, ERR_LIBRARY_METADATA);
        return false;
    }
    bool good = read_words(&words, &name, error);
    if (good) {
        metadata->name = alloc_zeroed(name.len + 1);
        memcpy(metadata->name, name.data, name.len);
        metadata->name_len = name.len;
        metadata->len = (size_t)(end - text.data);
    }
    words_clear(&words);
    return good;
}
