#include "server/script/functions/library.h"

#include <string.h>

#include <lua5.1/lauxlib.h>

#include "proto/base/alloc.h"

struct library *library_create(char *name, size_t name_len, struct slice text)
{
    struct library *library = ALLOC_NEW(struct library);
    library->name = name;
    library->name_len = name_len;
    library->text = alloc_zeroed(text.len + 1);
    memcpy(library->text, text.data, text.len);
    library->text_len = text.len;
    library->last = &library->functions;
    library->bytes = sizeof(*library) + name_len + 1 + text.len + 1;
    return library;
}

void library_destroy(struct library *library, lua_State *lua)
{
    for (struct function *at = library->functions, *next; at != NULL; at = next) {
        next = at->next;
        luaL_unref(lua, LUA_REGISTRYINDEX, at->callback);
        alloc_free(at);
    }
    alloc_free(library->text);
    alloc_free(library->name);
    alloc_free(library);
}

struct function *library_find(const struct library *library, struct slice name)
{
    uint64_t hash = chains_hash_name(name);
    for (struct function *at = library->functions; at != NULL; at = at->next)
        if (at->by_name.hash == hash && slice_equal_nocase(function_name(at), name)) return at;
    return NULL;
}

/* The description stands behind the name. */
void library_add(struct library *library, struct slice name, struct slice description, uint32_t flags,
                 int callback)
{
    size_t bytes = sizeof(struct function) + name.len + 1 + description.len;
    struct function *function = alloc_zeroed(bytes);
    function->by_name.hash = chains_hash_name(name);
    function->library = library;
    function->flags = flags;
    function->callback = callback;
    function->bytes = bytes;
    function->name_len = name.len;
    memcpy(function->name, name.data, name.len);
    char *behind = function->name + name.len + 1;
    if (description.len > 0) memcpy(behind, description.data, description.len);
    if (description.data != NULL) function->description = slice_of(behind, description.len);
    *library->last = function;
    library->last = &function->next;
    library->count++;
    library->bytes += bytes;
}
