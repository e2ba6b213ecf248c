#include "server/memory/memory_marks.h"

#include "server/core/server.h"
#include "server/memory/memory_use.h"

void memory_marks_start(struct server *server)
{
    server->memory_marks->at_start = memory_used_by(server);
}

void memory_marks_look(struct server *server)
{
    struct memory_marks *marks = server->memory_marks;
    size_t used = memory_used_by(server);
    if (used > atomic_load(&marks->peak)) atomic_store(&marks->peak, used);
}

void memory_marks_forget_peak(struct server *server)
{
    atomic_store(&server->memory_marks->peak, memory_used_by(server));
}

size_t memory_marks_at_start(const struct server *server)
{
    return server->memory_marks->at_start;
}

size_t memory_marks_peak(const struct server *server)
{
    return atomic_load(&server->memory_marks->peak);
}
