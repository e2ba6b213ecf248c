#include "server/main/loader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <uv.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "server/config/settings.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/core/ticks.h"
#include "server/exec/call.h"
#include "server/exec/collection_limits.h"
#include "server/exec/gates/pause.h"
#include "server/main/process.h"
#include "server/memory/memory_limit.h"
#include "server/observe/loading.h"
#include "server/observe/log.h"
#include "server/script/functions/loading.h"
#include "storage/dump/dump_file.h"
#include "storage/keyspace/access.h"
#include "storage/shard/shard_edit.h"
#include "storage/shard/shard_object.h"

/* So long at a time, between which clients are told to wait. */
#define SLICE_NS  5000000u
#define REPORT_MS 5000
/* Pages of the file that have been read are given back in such pieces. */
#define RELEASE_BYTES ((size_t)16 << 20)

struct loader {
    struct server *server;
    uv_idle_t idle;
    char *bytes; /* the file, mapped */
    size_t size;
    size_t released;
    struct dump_file file;
    struct dump_entry entry;
    struct value_limits limits;
    uint64_t left_out; /* keys for which there was no memory */
    int64_t reported_ms;
    uint64_t rests_until; /* ticks: key-load-delay */
};

static struct loading *loading_of(const struct loader *loader)
{
    return loader->server->loading;
}

static void count(_Atomic uint64_t *keys)
{
    atomic_fetch_add_explicit(keys, 1, memory_order_relaxed);
}

static void put(struct loader *loader, struct access *access, struct key key)
{
    struct dump_entry *entry = &loader->entry;
    int64_t now_ms = loader->server->loops[0].now_ms;
    struct shard_place place = { access_shard(access, key.hash), (unsigned)entry->db, key };
    struct entry *old = shard_find(place.shard, place.db, key, now_ms);
    if (old != NULL) shard_remove(place.shard, place.db, key, old);
    struct entry *made = shard_put_object(&place, &entry->object, entry->deadline_ms);
    shard_set_uses(&place, made, (struct shard_uses){ entry->idle_s, entry->uses }, now_ms);
}

/* Nobody keeps a shard for long while commands are refused. */
static void load_key(struct loader *loader)
{
    struct keyspace *keyspace = loader->server->keyspace;
    struct access access;
    struct key key = keyspace_key(keyspace, loader->entry.key);
    access_get(&access, keyspace, key.hash);
    put(loader, &access, key);
    access_close(&access);
    count(&loading_of(loader)->keys);
}

static bool has_room(struct loader *loader, size_t bytes)
{
    if (memory_limit_is_idle(loader->server)) return true;
    struct memory_need need = { bytes, keyspace_key(loader->server->keyspace, loader->entry.key).hash };
    return memory_limit_admits(&loader->server->loops[0], &need);
}

static void take(struct loader *loader, size_t bytes)
{
    const struct dump_entry *entry = &loader->entry;
    bool expires = entry->deadline_ms != ENTRY_NO_DEADLINE;
    if (expires && entry->deadline_ms <= loader->server->loops[0].now_ms)
        count(&loading_of(loader)->expired_keys);
    else if (has_room(loader, bytes))
        load_key(loader);
    else
        loader->left_out++;
}

static void release(struct loader *loader, size_t until)
{
    size_t bytes = (until - loader->released) / RELEASE_BYTES * RELEASE_BYTES;
    if (bytes == 0) return;
    madvise(loader->bytes + loader->released, bytes, MADV_DONTNEED);
    loader->released += bytes;
}

static void end(struct loader *loader)
{
    uv_close((uv_handle_t *)&loader->idle, NULL);
    munmap(loader->bytes, loader->size);
    loader->bytes = NULL;
    dump_entry_clear(&loader->entry);
}

static void give_up(struct loader *loader, const char *why)
{
    log_write(LOG_LEVEL_WARNING, "Fatal error loading the file at byte %zu: %s. Exiting.",
              dump_file_done(&loader->file), why);
    end(loader);
    stop_ask(loader->server, 1);
}

static void finish(struct loader *loader)
{
    struct loading *loading = loading_of(loader);
    int64_t ms = server_now_ms(loader->server) - atomic_load(&loading->started_ms);
    log_write(LOG_LEVEL_NOTICE, "DB loaded from disk: %.3f seconds, %llu keys, %llu expired",
              (double)ms / 1000, (unsigned long long)atomic_load(&loading->keys),
              (unsigned long long)atomic_load(&loading->expired_keys));
    if (loader->left_out > 0)
        log_write(LOG_LEVEL_WARNING, "%llu keys of the file were left out: maxmemory is reached",
                  (unsigned long long)loader->left_out);
    if (loader->file.passed_over > 0)
        log_write(LOG_LEVEL_WARNING, "%llu keys of the file were passed over: empty, or values of modules",
                  (unsigned long long)loader->file.passed_over);
    if (loader->file.libraries > 0)
        log_write(LOG_LEVEL_WARNING, "%llu libraries of functions in the file were passed over",
                  (unsigned long long)loader->file.libraries);
    end(loader);
    atomic_store(&loading->goes_on, false);
    pause_end_loading(loader->server->pause);
    process_notify(PROCESS_READY);
}

static void report(struct loader *loader, int64_t now_ms)
{
    struct loading *loading = loading_of(loader);
    size_t done = dump_file_done(&loader->file);
    atomic_store(&loading->done_bytes, done);
    atomic_store(&loading->used_memory, loader->file.used_memory);
    release(loader, done);
    if (now_ms - loader->reported_ms < REPORT_MS) return;
    loader->reported_ms = now_ms;
    log_write(LOG_LEVEL_NOTICE, "Loading: %.1f %%, %llu keys", 100 * (double)done / (double)loader->size,
              (unsigned long long)atomic_load(&loading->keys));
}

/* False: it has ended, well or not. */
static bool step(struct loader *loader)
{
    struct dump_entry *entry = &loader->entry;
    size_t before = dump_file_done(&loader->file);
    enum dump_file_step step = dump_file_next(&loader->file, entry);
    if (step == DUMP_FILE_END)
        finish(loader);
    else if (step == DUMP_FILE_CORRUPT)
        give_up(loader, "it is cut short or corrupt");
    else if (step == DUMP_FILE_UNKNOWN)
        give_up(loader, "a value is of a type that is unknown here");
    else if (step == DUMP_FILE_WRONG_SUM)
        give_up(loader, "its checksum is wrong");
    else if (entry->db >= (uint64_t)SETTING(loader->server->settings, databases))
        give_up(loader, "it was written by a server with more databases");
    else
        take(loader, dump_file_done(&loader->file) - before);
    if (step == DUMP_FILE_ENTRY && loader->bytes != NULL) dump_entry_clear(entry);
    return loader->bytes != NULL;
}

/* As of a slow disk, for tests. */
static bool rests(struct loader *loader)
{
    int64_t delay_us = SETTING(loader->server->settings, key_load_delay_us);
    if (delay_us <= 0) return false;
    uint64_t now = ticks_now(), ns_per_tick = loader->server->ns_per_tick;
    if (ticks_to_ns(now - loader->rests_until, ns_per_tick) < (uint64_t)delay_us * 1000) return true;
    loader->rests_until = now;
    return false;
}

static void run_slice(uv_idle_t *idle)
{
    struct loader *loader = idle->data;
    struct loop *loop = &loader->server->loops[0];
    if (loop->stopping || rests(loader)) return;
    loop_read_clock(loop);
    uint64_t start = ticks_now(), spent_ns = 0;
    bool slow = SETTING(loader->server->settings, key_load_delay_us) > 0;
    while (spent_ns < SLICE_NS && step(loader)) {
        if (slow) break;
        spent_ns = ticks_to_ns(ticks_now() - start, loader->server->ns_per_tick);
    }
    if (loader->bytes != NULL) report(loader, loop->now_ms);
    loop_post(loop);
}

static bool map(struct loader *loader, int file)
{
    struct stat about;
    if (fstat(file, &about) != 0 || about.st_size == 0) return false;
    loader->size = (size_t)about.st_size;
    void *bytes = mmap(NULL, loader->size, PROT_READ, MAP_PRIVATE, file, 0);
    if (bytes == MAP_FAILED) return false;
    madvise(bytes, loader->size, MADV_SEQUENTIAL);
    loader->bytes = bytes;
    return true;
}

/* Nobody asks for any meanwhile, and no shard is locked. */
static bool take_library(void *context, struct slice text)
{
    struct loader *loader = context;
    struct server *server = loader->server;
    struct buffer error = { 0 };
    struct call call = { .loop = &server->loops[0], .server = server, .access = { .kept = true } };
    bool taken = loading_run(server->functions, &call, text, true, &error) != NULL;
    if (!taken) log_write(LOG_LEVEL_WARNING, "A library of functions: %.*s", (int)error.len, error.data);
    buffer_clear(&error);
    return taken;
}

static void begin(struct loader *loader)
{
    struct server *server = loader->server;
    int64_t now_ms = server_now_ms(server);
    loader->limits = collection_limits_read(server->settings);
    loader->entry.object.limits = &loader->limits;
    loader->entry.object.seed = keyspace_seed(server->keyspace);
    loader->file.on_library = take_library;
    loader->file.context = loader;
    dump_entry_clear(&loader->entry);
    loader->reported_ms = now_ms;
    atomic_store(&server->loading->started_ms, now_ms);
    atomic_store(&server->loading->total_bytes, loader->size);
    atomic_store(&server->loading->goes_on, true);
    pause_begin_loading(server->pause);
    uv_idle_init(&server->loops[0].uv, &loader->idle);
    loader->idle.data = loader;
    uv_idle_start(&loader->idle, run_slice);
}

static bool open_file(struct loader *loader, const char *path, int file)
{
    if (!map(loader, file))
        log_write(LOG_LEVEL_WARNING, "Fatal error: can't read %s: %s", path, strerror(errno));
    else if (!dump_file_open(&loader->file, slice_of(loader->bytes, loader->size)))
        log_write(LOG_LEVEL_WARNING, "Fatal error: %s is no RDB file", path);
    else
        return true;
    if (loader->bytes != NULL) munmap(loader->bytes, loader->size);
    return false;
}

static bool load(struct server *server, const char *path, struct loader **made)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        bool is_missing = errno == ENOENT;
        log_write(is_missing ? LOG_LEVEL_NOTICE : LOG_LEVEL_WARNING, "%s is not loaded: %s", path,
                  strerror(errno));
        return is_missing;
    }
    struct loader *loader = ALLOC_NEW(struct loader);
    loader->server = server;
    bool opened = open_file(loader, path, file);
    close(file);
    if (!opened) {
        alloc_free(loader);
        return false;
    }
    log_write(LOG_LEVEL_NOTICE, "Loading %s: %zu bytes, RDB version %u", path, loader->size,
              loader->file.version);
    begin(loader);
    *made = loader;
    return true;
}

bool loader_start(struct server *server, struct loader **loader)
{
    struct buffer path = { 0 };
    *loader = NULL;
    if (!SETTING(server->settings, load_rdb)) return true;
    if (server->tier != NULL) {
        log_write(LOG_LEVEL_WARNING, "load-rdb is without effect: with an upstream, that one has the keys");
        return true;
    }
    settings_copy_text(server->settings, TEXT_DBFILENAME, &path);
    buffer_append(&path, "", 1);
    bool loaded = path.data[0] == '\0' || load(server, path.data, loader);
    buffer_clear(&path);
    return loaded;
}

void loader_destroy(struct loader **loader)
{
    if (*loader == NULL) return;
    if ((*loader)->bytes != NULL) munmap((*loader)->bytes, (*loader)->size);
    dump_entry_clear(&(*loader)->entry);
    alloc_free(*loader);
    *loader = NULL;
}
