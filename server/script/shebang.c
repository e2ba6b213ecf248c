#include "server/script/shebang.h"

#include <string.h>

#include "proto/reply.h"
#include "server/exec/errors/errors_script.h"
#include "server/script/texts.h"

/* Cuts off what is before the next `end` byte. */
static struct slice cut(struct slice *rest, char end)
{
    const char *found = rest->len > 0 ? memchr(rest->data, end, rest->len) : NULL;
    size_t len = found != NULL ? (size_t)(found - rest->data) : rest->len;
    struct slice word = slice_of(rest->data, len);
    size_t skipped = found != NULL ? len + 1 : len;
    *rest = slice_of(rest->data + skipped, rest->len - skipped);
    return word;
}

static const struct {
    const char *name;
    uint32_t flag;
} flags[] = {
    { "no-writes", SCRIPT_NO_WRITES },
    { "allow-oom", SCRIPT_ALLOW_OOM },
    { "allow-stale", SCRIPT_ALLOW_STALE },
    { "no-cluster", SCRIPT_NO_CLUSTER },
    { "allow-cross-slot-keys", SCRIPT_CROSS_SLOT },
};

#define FLAGS (sizeof(flags) / sizeof(flags[0]))

uint32_t shebang_flag(struct slice name)
{
    for (size_t i = 0; i < FLAGS; i++)
        if (slice_equal(name, slice_of_cstr(flags[i].name))) return flags[i].flag;
    return 0;
}

struct slice shebang_flag_name(uint32_t flag)
{
    for (size_t i = 0; i < FLAGS; i++)
        if (flags[i].flag == flag) return slice_of_cstr(flags[i].name);
    return SLICE("");
}

static bool read_flags(struct slice names, struct shebang *shebang, struct reply *reply)
{
    bool goes_on = names.len > 0;
    while (goes_on) {
        goes_on = memchr(names.data, ',', names.len) != NULL;
        struct slice name = cut(&names, ',');
        uint32_t flag = shebang_flag(name);
        if (flag == 0) {
            reply_errorf(reply, ERR_SHEBANG_FLAG_FMT, (int)name.len, name.data);
            return false;
        }
        shebang->flags |= flag;
    }
    return true;
}

static bool read_option(struct slice option, struct shebang *shebang, struct reply *reply)
{
    struct slice value = option;
    struct slice name = cut(&value, '=');
    if (slice_equal(name, SLICE("flags")) && name.len < option.len) return read_flags(value, shebang, reply);
    reply_errorf(reply, ERR_SHEBANG_OPTION_FMT, (int)option.len, option.data);
    return false;
}

static bool read_line(struct slice line, struct shebang *shebang, struct reply *reply)
{
    struct slice engine = cut(&line, ' ');
    if (!slice_equal(engine, SLICE("#!lua"))) {
        reply_errorf(reply, ERR_SHEBANG_ENGINE_FMT, (int)engine.len, engine.data);
        return false;
    }
    while (line.len > 0) {
        struct slice option = cut(&line, ' ');
        if (option.len > 0 && !read_option(option, shebang, reply)) return false;
    }
    return true;
}

bool shebang_read(struct slice text, struct shebang *shebang, struct reply *reply)
{
    *shebang = (struct shebang){ .flags = SCRIPT_PLAIN };
    if (text.len < 2 || memcmp(text.data, "#!", 2) != 0) return true;
    *shebang = (struct shebang){ 0 };
    const char *end = memchr(text.data, '\n', text.len);
    if (end == NULL) {
        reply_error(reply, SLICE(ERR_SHEBANG));
        return false;
    }
    shebang->len = (size_t)(end - text.data);
    return read_line(slice_of(text.data, shebang->len), shebang, reply);
}
