#include "server/exec/acl/roll.h"

#include "proto/base/alloc.h"
#include "proto/base/array.h"
#include "server/exec/acl/user.h"

static int compare(struct slice a, struct slice b)
{
    size_t least = a.len < b.len ? a.len : b.len;
    int order = least > 0 ? memcmp(a.data, b.data, least) : 0;
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* Where it stands, or belongs. */
static size_t place_of(const struct roll *roll, struct slice name)
{
    size_t low = 0, high = roll->len;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (compare(user_name(roll->items[middle]), name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct user *roll_find(const struct roll *roll, struct slice name)
{
    size_t place = place_of(roll, name);
    bool there = place < roll->len && slice_equal(user_name(roll->items[place]), name);
    return there ? roll->items[place] : NULL;
}

void roll_put(struct roll *roll, struct user *user)
{
    size_t place = place_of(roll, user_name(user));
    if (place < roll->len && slice_equal(user_name(roll->items[place]), user_name(user))) {
        user_drop(&roll->items[place]);
    } else {
        ARRAY_RESERVE(roll->items, roll->len, roll->cap, 4);
        memmove(roll->items + place + 1, roll->items + place, (roll->len - place) * sizeof(*roll->items));
        roll->len++;
    }
    roll->items[place] = user;
}

bool roll_remove(struct roll *roll, struct slice name)
{
    size_t place = place_of(roll, name);
    bool there = place < roll->len && slice_equal(user_name(roll->items[place]), name);
    if (!there) return false;
    user_drop(&roll->items[place]);
    roll->len--;
    memmove(roll->items + place, roll->items + place + 1, (roll->len - place) * sizeof(*roll->items));
    return true;
}

void roll_clear(struct roll *roll)
{
    for (size_t i = 0; i < roll->len; i++) user_drop(&roll->items[i]);
    alloc_free(roll->items);
    *roll = (struct roll){ 0 };
}
