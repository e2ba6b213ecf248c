#include "server/exec/session/absentees.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "server/exec/command/redis_names.h"

static char *lower_case(const char *name)
{
    char *lower = alloc_cstr(name, strlen(name));
    for (char *c = lower; *c != '\0'; c++) *c = (char)tolower((unsigned char)*c);
    return lower;
}

void absentees_clear(struct absentees *absentees)
{
    for (size_t i = 0; i < absentees->count; i++) alloc_free(absentees->items[i].name);
    for (size_t i = 0; i < absentees->left_count; i++) alloc_free(absentees->left[i]);
    alloc_free(absentees->items);
    alloc_free(absentees->left);
    *absentees = (struct absentees){ 0 };
}

static struct absentee *find_renamed(const struct absentees *absentees, const char *name)
{
    for (size_t i = 0; i < absentees->count; i++) {
        struct absentee *absentee = &absentees->items[i];
        if (absentee->name != NULL && strcasecmp(absentee->name, name) == 0) return absentee;
    }
    return NULL;
}

static bool was_renamed(const struct absentees *absentees, const char *redis_name)
{
    for (size_t i = 0; i < absentees->count; i++)
        if (strcmp(absentees->items[i].redis_name, redis_name) == 0) return true;
    return false;
}

static const char *find_redis_name(const char *name)
{
    const char *known;
    for (size_t i = 0; (known = redis_name_at(i)) != NULL; i++)
        if (strcasecmp(known, name) == 0) return known;
    return NULL;
}

bool absentees_have(const struct absentees *absentees, const char *name,
                    bool (*here)(const void *context, const char *redis_name), const void *context)
{
    if (find_renamed(absentees, name) != NULL) return true;
    const char *redis_name = find_redis_name(name);
    return redis_name != NULL && !here(context, redis_name) && !was_renamed(absentees, redis_name);
}

static struct absentee *add(struct absentees *absentees, const char *redis_name)
{
    REQUIRE(redis_name != NULL);
    absentees->items = alloc_resize(absentees->items, (absentees->count + 1) * sizeof(*absentees->items));
    struct absentee *absentee = &absentees->items[absentees->count++];
    *absentee = (struct absentee){ .redis_name = redis_name };
    return absentee;
}

void absentees_rename(struct absentees *absentees, const char *name, const char *new_name)
{
    struct absentee *absentee = find_renamed(absentees, name);
    if (absentee == NULL) absentee = add(absentees, find_redis_name(name));
    alloc_free(absentee->name);
    absentee->name = *new_name != '\0' ? lower_case(new_name) : NULL;
}

void absentees_leave(struct absentees *absentees, const char *name)
{
    absentees->left = alloc_resize(absentees->left, (absentees->left_count + 1) * sizeof(*absentees->left));
    absentees->left[absentees->left_count++] = lower_case(name);
}

struct slice absentees_resolve(const struct absentees *absentees, struct slice name)
{
    for (size_t i = 0; i < absentees->count; i++) {
        const struct absentee *absentee = &absentees->items[i];
        if (absentee->name != NULL && slice_equal_nocase(slice_of_cstr(absentee->name), name))
            return slice_of_cstr(absentee->redis_name);
    }
    for (size_t i = 0; i < absentees->left_count; i++)
        if (slice_equal_nocase(slice_of_cstr(absentees->left[i]), name)) return SLICE("");
    return name;
}
