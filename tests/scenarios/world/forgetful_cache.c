#include "tests/scenarios/world/forgetful_cache.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "proto/reply_reader.h"
#include "tests/support/client/client.h"
#include "tests/support/client/reply_parts.h"
#include "tests/support/pace.h"

#define MEMORIES    4096
#define PATRONS_MAX 256
#define KEEP_MS     100

/* A read of one key, the last, and what was answered to it. */
struct memory {
    struct buffer request, reply;
    int64_t born_ms;
};

struct patron {
    struct forgetful_cache *cache;
    int fd;
    pthread_t thread;
    int db;
};

struct forgetful_cache {
    unsigned mistakes;
    int upstream_port, port, listener;
    pthread_t thread;
    pthread_mutex_t lock;
    struct memory memories[MEMORIES]; /* under `lock`, by hash of the key */
    uint64_t generation;
    struct patron *patrons[PATRONS_MAX];
    size_t patron_count;
    _Atomic bool stopping;
};

static struct slice key_of(struct slice request)
{
    return reply_part_text(reply_part(request, 1));
}

static struct memory *memory_of(struct forgetful_cache *cache, int db, struct slice key)
{
    size_t hash = (size_t)db;
    for (size_t i = 0; i < key.len; i++) hash = hash * 131 + (unsigned char)key.data[i];
    return &cache->memories[hash % MEMORIES];
}

/* A command that may change `key`, or, when that is empty, any, is on its way or has been answered. */
static void drop(struct forgetful_cache *cache, int db, struct slice key)
{
    pthread_mutex_lock(&cache->lock);
    cache->generation++;
    for (size_t i = 0; i < MEMORIES && key.len == 0; i++) cache->memories[i].reply.len = 0;
    if (key.len > 0) memory_of(cache, db, key)->reply.len = 0;
    pthread_mutex_unlock(&cache->lock);
}

static bool recall(struct forgetful_cache *cache, int db, struct slice key, struct slice request,
                   struct buffer *out)
{
    pthread_mutex_lock(&cache->lock);
    struct memory *memory = memory_of(cache, db, key);
    bool found = memory->reply.len > 0 && slice_equal(buffer_slice(&memory->request), request);
    if (found && cache->mistakes & FORGETS_OWN) found = pace_now_ms() - memory->born_ms < KEEP_MS;
    if (found) buffer_append(out, memory->reply.data, memory->reply.len);
    pthread_mutex_unlock(&cache->lock);
    return found;
}

static void remember(struct forgetful_cache *cache, int db, struct slice request, struct slice reply,
                     uint64_t generation)
{
    pthread_mutex_lock(&cache->lock);
    struct memory *memory = memory_of(cache, db, key_of(request));
    /* A write since the read was sent has made the reply worthless. */
    if (generation == cache->generation || cache->mistakes & (FORGETS_IN_FLIGHT | FORGETS_OWN)) {
        memory->request.len = memory->reply.len = 0;
        buffer_append(&memory->request, request.data, request.len);
        buffer_append(&memory->reply, reply.data, reply.len);
        memory->born_ms = pace_now_ms();
    }
    pthread_mutex_unlock(&cache->lock);
}

static bool is_word(struct slice request, const char *word)
{
    return slice_equal_nocase(reply_part_text(reply_part(request, 0)), slice_of_cstr(word));
}

static bool is_any(struct slice request, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (is_word(request, *words)) return true;
    }
    return false;
}

static bool ask_upstream(struct client *upstream, struct slice request, struct buffer *out)
{
    struct slice reply;
    if (!client_send(upstream, request) || !client_read(upstream, &reply)) return false;
    buffer_append(out, reply.data, reply.len);
    return true;
}

static bool answer_kept(struct patron *patron, struct client *upstream, struct slice request,
                        struct buffer *out)
{
    struct forgetful_cache *cache = patron->cache;
    if (cache->mistakes != 0 && recall(cache, patron->db, key_of(request), request, out)) return true;
    pthread_mutex_lock(&cache->lock);
    uint64_t generation = cache->generation;
    pthread_mutex_unlock(&cache->lock);
    size_t start = out->len;
    if (!ask_upstream(upstream, request, out)) return false;
    if (cache->mistakes != 0 && out->data[start] != '-') {
        remember(cache, patron->db, request, slice_of(out->data + start, out->len - start), generation);
    }
    return true;
}

static bool answer_other(struct patron *patron, struct client *upstream, struct slice request,
                         struct buffer *out)
{
    static const char *const reads[] = { "EXISTS", "STRLEN",   "TYPE", "TTL",    "PTTL",  "GETRANGE", "MGET",
                                         "GETBIT", "BITCOUNT", "PING", "SELECT", "HELLO", NULL };
    static const char *const wide[] = { "EVAL", "MULTI", "EXEC",   "MSET",     "RENAME",
                                        "COPY", "DEL",   "UNLINK", "FLUSHALL", NULL };
    struct forgetful_cache *cache = patron->cache;
    bool forgets = cache->mistakes & FORGETS_OWN || is_any(request, reads);
    struct slice key = is_any(request, wide) ? slice_of("", 0) : key_of(request);
    if (!forgets) drop(cache, patron->db, key);
    bool asked = ask_upstream(upstream, request, out);
    if (!forgets) drop(cache, patron->db, key);
    return asked;
}

static const char *const kept[] = { "GET",        "HGET",      "HMGET",    "HLEN",    "HEXISTS",
                                    "HGETALL",    "HKEYS",     "HVALS",    "HSTRLEN", "SISMEMBER",
                                    "SMISMEMBER", "SCARD",     "SMEMBERS", "LRANGE",  "LINDEX",
                                    "LLEN",       "LPOS",      "ZSCORE",   "ZMSCORE", "ZRANK",
                                    "ZREVRANK",   "ZRANGE",    "ZCOUNT",   "ZCARD",   "ZRANGEBYSCORE",
                                    "XRANGE",     "XREVRANGE", "XLEN",     "PFCOUNT", NULL };

static bool answer(struct patron *patron, struct client *upstream, struct slice request, struct buffer *out)
{
    if (is_any(request, kept)) return answer_kept(patron, upstream, request, out);
    if (is_word(request, "SELECT")) patron->db = reply_part_text(reply_part(request, 1)).data[0] - '0';
    return answer_other(patron, upstream, request, out);
}

/* Whole requests at the start of `in`: answered and taken. False: the connection is over. */
static bool serve(struct patron *patron, struct client *upstream, struct buffer *in)
{
    struct buffer out = { 0 };
    size_t used = 0;
    bool fine = true;
    while (fine) {
        struct reply_reader reader = { 0 };
        size_t len;
        struct slice rest = slice_of(in->data + used, in->len - used);
        /* A request has the form of a reply that is an array of strings. */
        if (reply_reader_skip(&reader, rest, &len) != READER_READY) break;
        fine = answer(patron, upstream, slice_of(rest.data, len), &out);
        used += len;
    }
    buffer_consume(in, used);
    for (size_t sent = 0; fine && sent < out.len;) {
        ssize_t len = send(patron->fd, out.data + sent, out.len - sent, MSG_NOSIGNAL);
        if (len <= 0) fine = false;
        sent += len > 0 ? (size_t)len : 0;
    }
    buffer_clear(&out);
    return fine;
}

static void *patron_run(void *context)
{
    struct patron *patron = context;
    struct client upstream;
    struct buffer in = { 0 };
    bool fine = client_open_tcp(&upstream, patron->cache->upstream_port);
    while (fine) {
        ssize_t got = recv(patron->fd, buffer_reserve(&in, 65536), 65536, 0);
        if (got <= 0) break;
        buffer_commit(&in, (size_t)got);
        fine = serve(patron, &upstream, &in);
    }
    client_close(&upstream);
    buffer_clear(&in);
    shutdown(patron->fd, SHUT_RDWR);
    return NULL;
}

static void *run(void *context)
{
    struct forgetful_cache *cache = context;
    for (;;) {
        int fd = accept4(cache->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0 || cache->stopping || cache->patron_count == PATRONS_MAX) {
            if (fd >= 0) close(fd);
            return NULL;
        }
        struct patron *patron = ALLOC_NEW(struct patron);
        patron->cache = cache;
        patron->fd = fd;
        REQUIRE(pthread_create(&patron->thread, NULL, patron_run, patron) == 0);
        cache->patrons[cache->patron_count++] = patron;
    }
}

struct forgetful_cache *forgetful_cache_start(int upstream_port, unsigned mistakes)
{
    struct forgetful_cache *cache = ALLOC_NEW(struct forgetful_cache);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    cache->mistakes = mistakes;
    cache->upstream_port = upstream_port;
    pthread_mutex_init(&cache->lock, NULL);
    cache->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(bind(cache->listener, (struct sockaddr *)&address, len) == 0);
    REQUIRE(listen(cache->listener, 128) == 0);
    REQUIRE(getsockname(cache->listener, (struct sockaddr *)&address, &len) == 0);
    cache->port = ntohs(address.sin_port);
    REQUIRE(pthread_create(&cache->thread, NULL, run, cache) == 0);
    return cache;
}

int forgetful_cache_port(const struct forgetful_cache *cache)
{
    return cache->port;
}

void forgetful_cache_stop(struct forgetful_cache **cache_of)
{
    struct forgetful_cache *cache = *cache_of;
    cache->stopping = true;
    shutdown(cache->listener, SHUT_RDWR);
    pthread_join(cache->thread, NULL);
    for (size_t i = 0; i < cache->patron_count; i++) {
        shutdown(cache->patrons[i]->fd, SHUT_RDWR);
        pthread_join(cache->patrons[i]->thread, NULL);
        close(cache->patrons[i]->fd);
        alloc_free(cache->patrons[i]);
    }
    for (size_t i = 0; i < MEMORIES; i++) {
        buffer_clear(&cache->memories[i].request);
        buffer_clear(&cache->memories[i].reply);
    }
    pthread_mutex_destroy(&cache->lock);
    close(cache->listener);
    alloc_free(cache);
    *cache_of = NULL;
}
