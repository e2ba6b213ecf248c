#include "server/config/upstream_users.h"

#include <string.h>

#include "server/config/upstream_url.h"

static bool refuse(struct buffer *error, const char *complaint)
{
    buffer_printf(error, "%s", complaint);
    return false;
}

/* Words are kept with blanks between them. */
static bool is_good(struct slice word)
{
    return word.len > 0 && word.len < UPSTREAM_SECRET_MAX && memchr(word.data, ' ', word.len) == NULL &&
           memchr(word.data, '\0', word.len) == NULL;
}

static bool read_users(const struct option_words *source, struct buffer *out, struct buffer *error)
{
    if (source->count == 0 || (source->count == 1 && source->words[0].len == 0)) return true;
    if (source->count % 3 != 0)
        return refuse(error, "it takes a user, the upstream's user, and the password of that");
    if (!source->fresh) buffer_append(out, source->current.data, source->current.len);
    for (size_t i = 0; i < source->count; i++) {
        if (!is_good(source->words[i])) return refuse(error, "names and passwords must not hold blanks");
        if (out->len > 0) buffer_append(out, " ", 1);
        buffer_append(out, source->words[i].data, source->words[i].len);
    }
    return true;
}

const struct option_format format_upstream_users = { .read = read_users };

/* Every third word. */
void upstream_users_show(struct slice text, struct buffer *out)
{
    size_t word = 0;
    for (size_t i = 0; i < text.len; i++) {
        bool blank = text.data[i] == ' ';
        word += blank;
        if (blank && word % 3 == 2)
            buffer_printf(out, " ***");
        else if (word % 3 != 2)
            buffer_append(out, &text.data[i], 1);
    }
}
