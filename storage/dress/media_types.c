#include "storage/dress/media_types.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "storage/table/key_hash.h"

#define PLACES (MEDIA_TYPES_MAX + 1) /* with that of none */
#define CHUNK  256                   /* places are kept in chunks that stay where they are */
#define HEADS  8192

struct name {
    uint8_t len;
    char bytes[];
};

struct place {
    struct name *name;     /* NULL: it is free */
    _Atomic uint32_t uses; /* raised from 0, and found to be 0 for good, under the lock */
    uint16_t next;         /* with the same head, or that is free; 0: none */
};

/* All but the uses, and the names of places in use, is guarded by the lock. */
struct media_types {
    pthread_mutex_t lock;
    uint32_t begun; /* places that were ever used */
    uint32_t len;   /* of those that are */
    uint16_t free;
    uint16_t heads[HEADS];
    struct place *_Atomic chunks[PLACES / CHUNK];
};

struct media_types *media_types_create(void)
{
    struct media_types *types = ALLOC_NEW(struct media_types);
    pthread_mutex_init(&types->lock, NULL);
    types->begun = 1;
    return types;
}

static struct place *place_at(const struct media_types *types, uint32_t at)
{
    struct place *chunk = atomic_load_explicit(&types->chunks[at / CHUNK], memory_order_acquire);
    return &chunk[at % CHUNK];
}

void media_types_destroy(struct media_types **types)
{
    if (*types == NULL) return;
    for (uint32_t at = 1; at < (*types)->begun; at++) alloc_free(place_at(*types, at)->name);
    for (unsigned i = 0; i < PLACES / CHUNK; i++) alloc_free(atomic_load(&(*types)->chunks[i]));
    pthread_mutex_destroy(&(*types)->lock);
    alloc_free(*types);
    *types = NULL;
}

static bool is_it(const struct name *name, struct slice wanted)
{
    return name->len == wanted.len && memcmp(name->bytes, wanted.data, wanted.len) == 0;
}

static uint16_t *head_of(struct media_types *types, struct slice name)
{
    return &types->heads[key_hash_inline(0, name) % HEADS];
}

static uint16_t find(const struct media_types *types, uint16_t head, struct slice name)
{
    for (uint16_t at = head; at != 0; at = place_at(types, at)->next)
        if (is_it(place_at(types, at)->name, name)) return at;
    return 0;
}

/* 0: all are in use. */
static uint16_t free_place(struct media_types *types)
{
    uint16_t at = types->free;
    if (at != 0) {
        types->free = place_at(types, at)->next;
        return at;
    }
    if (types->begun == PLACES) return 0;
    struct place *_Atomic *chunk = &types->chunks[types->begun / CHUNK];
    if (atomic_load(chunk) == NULL)
        atomic_store_explicit(chunk, alloc_zeroed(CHUNK * sizeof(struct place)), memory_order_release);
    return (uint16_t)types->begun++;
}

static uint16_t add(struct media_types *types, uint16_t *head, struct slice name)
{
    uint16_t at = free_place(types);
    if (at == 0) return 0;
    struct place *place = place_at(types, at);
    place->name = alloc_bytes(sizeof *place->name + name.len);
    place->name->len = (uint8_t)name.len;
    memcpy(place->name->bytes, name.data, name.len);
    place->next = *head;
    types->len++;
    return *head = at;
}

uint16_t media_types_take(struct media_types *types, struct slice name)
{
    if (name.len == 0 || name.len > MEDIA_TYPE_MAX) return 0;
    pthread_mutex_lock(&types->lock);
    uint16_t *head = head_of(types, name);
    uint16_t at = find(types, *head, name);
    if (at == 0) at = add(types, head, name);
    if (at != 0) atomic_fetch_add(&place_at(types, at)->uses, 1);
    pthread_mutex_unlock(&types->lock);
    return at;
}

void media_types_use(struct media_types *types, uint16_t type)
{
    if (type == 0) return;
    uint32_t before = atomic_fetch_add(&place_at(types, type)->uses, 1);
    INVARIANT(before > 0);
}

static void forget(struct media_types *types, uint16_t at)
{
    struct place *place = place_at(types, at);
    uint16_t *link = head_of(types, slice_of(place->name->bytes, place->name->len));
    while (*link != at) link = &place_at(types, *link)->next;
    *link = place->next;
    alloc_free(place->name);
    place->name = NULL;
    place->next = types->free;
    types->free = at;
    types->len--;
}

/* Between the last use and the lock it may have been taken again, or forgotten by who released it after that.
 */
void media_types_release(struct media_types *types, uint16_t type)
{
    if (type == 0) return;
    struct place *place = place_at(types, type);
    uint32_t before = atomic_fetch_sub(&place->uses, 1);
    INVARIANT(before > 0);
    if (before > 1) return;
    pthread_mutex_lock(&types->lock);
    if (atomic_load(&place->uses) == 0 && place->name != NULL) forget(types, type);
    pthread_mutex_unlock(&types->lock);
}

struct slice media_types_name(const struct media_types *types, uint16_t type)
{
    if (type == 0) return SLICE("");
    const struct name *name = place_at(types, type)->name;
    return slice_of(name->bytes, name->len);
}

size_t media_types_len(struct media_types *types)
{
    pthread_mutex_lock(&types->lock);
    size_t len = types->len;
    pthread_mutex_unlock(&types->lock);
    return len;
}
