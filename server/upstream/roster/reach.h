/*
 * reach.h - which keys a command that went upstream may have read or changed, by what the upstream says of
 * it.
 *
 * Where keys cannot be told from their places, a script's for example, it reaches all of them.
 *
 * Threads: any loop; no state.
 */
#ifndef SERVER_UPSTREAM_ROSTER_REACH_H
#define SERVER_UPSTREAM_ROSTER_REACH_H

#include <stdbool.h>

struct errand;

enum reach_kind {
    REACH_NONE, /* it names none: PUBLISH, or what is about the whole keyspace and shows no value, DBSIZE */
    REACH_KEYS, /* argv[first], argv[first + step], ... up to argv[last] */
    REACH_ALL,
};

struct reach {
    enum reach_kind kind;
    int first;
    int last;
    int step;
    bool writes; /* it may have changed them */
};

struct reach reach_of(const struct errand *errand);

/* Where nobody tells of changes: forget the copies of what `errand`, which came back over another connection,
 * may have changed or shown, or all when that cannot be told. It is done before anything that its loop sends
 * to loop 0 later, and the errand must live until then. */
void reach_forget(struct errand *errand);
/* The same at once, on loop 0. */
void reach_forget_now(const struct errand *errand);

#endif
