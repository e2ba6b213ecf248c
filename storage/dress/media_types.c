#include "storage/dress/media_types.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "storage/table/key_hash.h"

#define PLACES 65536 /* with that of none */
#define CHUNK  256   /* names are kept in chunks that stay where they are */
#define HEADS  1024

struct name {
    uint16_t next; /* with the same head; 0: none */
    uint8_t len;
    char bytes[MEDIA_TYPE_MAX];
};

struct media_types {
    pthread_mutex_t lock;
    uint32_t len; /* of the places; guarded by the lock */
    uint16_t heads[HEADS];
    struct name *_Atomic chunks[PLACES / CHUNK];
};

struct media_types *media_types_create(void)
{
    struct media_types *types = ALLOC_NEW(struct media_types);
    pthread_mutex_init(&types->lock, NULL);
    types->len = 1;
    return types;
}

void media_types_destroy(struct media_types **types)
{
    if (*types == NULL) return;
    for (unsigned i = 0; i < PLACES / CHUNK; i++) alloc_free(atomic_load(&(*types)->chunks[i]));
    pthread_mutex_destroy(&(*types)->lock);
    alloc_free(*types);
    *types = NULL;
}

static struct name *name_at(const struct media_types *types, uint32_t place)
{
    struct name *chunk = atomic_load_explicit(&types->chunks[place / CHUNK], memory_order_acquire);
    return &chunk[place % CHUNK];
}

static bool is_it(const struct name *name, struct slice wanted)
{
    return name->len == wanted.len && memcmp(name->bytes, wanted.data, wanted.len) == 0;
}

static uint16_t find(const struct media_types *types, uint16_t head, struct slice name)
{
    for (uint16_t place = head; place != 0; place = name_at(types, place)->next)
        if (is_it(name_at(types, place), name)) return place;
    return 0;
}

static uint16_t append(struct media_types *types, uint16_t *head, struct slice name)
{
    if (types->len == PLACES) return 0;
    uint32_t place = types->len++;
    if (atomic_load(&types->chunks[place / CHUNK]) == NULL)
        atomic_store_explicit(&types->chunks[place / CHUNK], alloc_zeroed(CHUNK * sizeof(struct name)),
                              memory_order_release);
    struct name *new = name_at(types, place);
    new->next = *head;
    new->len = (uint8_t)name.len;
    memcpy(new->bytes, name.data, name.len);
    return *head = (uint16_t)place;
}

uint16_t media_types_add(struct media_types *types, struct slice name)
{
    if (name.len == 0 || name.len > MEDIA_TYPE_MAX) return 0;
    pthread_mutex_lock(&types->lock);
    uint16_t *head = &types->heads[key_hash_inline(0, name) % HEADS];
    uint16_t place = find(types, *head, name);
    if (place == 0) place = append(types, head, name);
    pthread_mutex_unlock(&types->lock);
    return place;
}

struct slice media_types_name(const struct media_types *types, uint16_t type)
{
    if (type == 0) return SLICE("");
    const struct name *name = name_at(types, type);
    return slice_of(name->bytes, name->len);
}
