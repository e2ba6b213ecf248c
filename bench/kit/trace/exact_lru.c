#include "bench/kit/trace/exact_lru.h"

#include <stdbool.h>
#include <stddef.h>

#include "bench/kit/program.h"
#include "bench/kit/trace/trace.h"
#include "proto/base/alloc.h"

struct link {
    uint32_t newer, older; /* keys + 1; 0 is the end */
    bool present;
};

struct list {
    struct link *links; /* links[0] closes the circle: its older one is the newest of all */
    uint64_t cap;
    uint64_t len;
};

static void detach(struct list *list, uint32_t at)
{
    struct link *link = &list->links[at];
    list->links[link->newer].older = link->older;
    list->links[link->older].newer = link->newer;
    link->present = false;
    list->len--;
}

static void attach(struct list *list, uint32_t at)
{
    struct link *link = &list->links[at];
    *link = (struct link){ .newer = 0, .older = list->links[0].older, .present = true };
    list->links[link->older].newer = at;
    list->links[0].older = at;
    list->len++;
}

static void reserve(struct list *list, uint64_t at)
{
    if (at < list->cap) return;
    uint64_t cap = (at + 1) * 2;
    list->links = alloc_resize(list->links, cap * sizeof *list->links);
    for (uint64_t i = list->cap; i < cap; i++) list->links[i] = (struct link){ 0 };
    list->cap = cap;
}

/* One request; whether it was a hit. */
static bool use(struct list *list, const struct trace_request *request, uint64_t entries)
{
    uint32_t at = request->key + 1;
    reserve(list, at);
    bool hit = list->links[at].present;
    if (hit) detach(list, at);
    if (request->op == TRACE_DELETE || (request->op == TRACE_GET && !hit)) return hit;
    if (list->len == entries) detach(list, list->links[0].newer);
    attach(list, at);
    return hit;
}

double exact_lru_percent(const char *path, uint64_t entries, uint64_t limit)
{
    struct trace trace;
    struct trace_request request;
    struct list list = { 0 };
    uint64_t reads = 0, hits = 0;
    if (entries == 0) return 0;
    if (!trace_open(&trace, path)) program_fail("%s is no kvtrace", path);
    reserve(&list, 0);
    uint64_t left = limit > 0 ? limit : UINT64_MAX;
    while (left-- > 0 && trace_next(&trace, &request) == TRACE_READY) {
        bool hit = use(&list, &request, entries);
        if (request.op != TRACE_READ && request.op != TRACE_GET) continue;
        reads++;
        hits += hit;
    }
    trace_close(&trace);
    alloc_free(list.links);
    return reads > 0 ? 100.0 * (double)hits / (double)reads : 0;
}
