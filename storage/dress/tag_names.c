#include "storage/dress/tag_names.h"

#include <pthread.h>
#include <string.h>

#include "proto/base/alloc.h"

#define PLACES 8192

struct name {
    uint64_t hash;
    uint8_t len;
    char bytes[TAG_NAME_MAX];
};

struct tag_names {
    pthread_mutex_t lock;
    struct name *places; /* NULL until there is a name */
};

struct tag_names *tag_names_create(void)
{
    struct tag_names *names = ALLOC_NEW(struct tag_names);
    pthread_mutex_init(&names->lock, NULL);
    return names;
}

void tag_names_destroy(struct tag_names **names)
{
    if (*names == NULL) return;
    alloc_free((*names)->places);
    pthread_mutex_destroy(&(*names)->lock);
    alloc_free(*names);
    *names = NULL;
}

static void write(struct name *place, uint64_t hash, struct slice name)
{
    if (place->hash == hash) return;
    place->hash = hash;
    place->len = (uint8_t)(name.len < TAG_NAME_MAX ? name.len : TAG_NAME_MAX);
    memcpy(place->bytes, name.data, place->len);
}

void tag_names_note(struct tag_names *names, uint64_t hash, struct slice name)
{
    if (pthread_mutex_trylock(&names->lock) != 0) return;
    if (names->places == NULL) names->places = alloc_zeroed(PLACES * sizeof *names->places);
    write(&names->places[hash % PLACES], hash, name);
    pthread_mutex_unlock(&names->lock);
}

struct slice tag_names_find(struct tag_names *names, uint64_t hash, char *scratch)
{
    struct slice found = SLICE("");
    pthread_mutex_lock(&names->lock);
    const struct name *place = names->places != NULL ? &names->places[hash % PLACES] : NULL;
    if (place != NULL && place->hash == hash) {
        memcpy(scratch, place->bytes, place->len);
        found = slice_of(scratch, place->len);
    }
    pthread_mutex_unlock(&names->lock);
    return found;
}
