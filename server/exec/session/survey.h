/*
 * survey.h - ask every loop something, and go on when all have answered.
 *
 * What CLIENT LIST and CLIENT KILL need: sessions belong to their loops, so each loop is asked by letter,
 * writes its answer into a place of its own, and the loop that asked gets all answers together. The asking
 * session is suspended meanwhile; if it is gone when the answers are in, they are dropped.
 *
 * Threads: `ask` runs on every loop in turn or at once, `done` on the loop that asked.
 */
#ifndef SERVER_EXEC_SESSION_SURVEY_H
#define SERVER_EXEC_SESSION_SURVEY_H

#include <stddef.h>

struct call;
struct loop;
struct reply;
struct session;

struct survey {
    /* On each loop. `answer` is zeroed, `answer_bytes` long, and that loop's own. */
    void (*ask)(struct loop *loop, void *question, void *answer);
    /* On the asking loop, with the answers of loop 0, 1, ... one after the other; writes the reply. Not
     * called when the session has gone. */
    void (*done)(struct session *session, struct reply *reply, void *question, void *answers, size_t loops);
    /* Frees what question and answers hold; may be NULL. Always called, on the asking loop. */
    void (*release)(void *question, void *answers, size_t loops);
    size_t question_bytes; /* copied */
    size_t answer_bytes;
};

/* Suspends the call's session until `done` has replied. */
void survey_start(struct call *call, const struct survey *survey, const void *question);

/* Ask without waiting: `ask` with no answer, on every loop. Any loop may start it. */
void survey_tell(struct loop *from, void (*tell)(struct loop *loop, void *question), const void *question,
                 size_t question_bytes);

#endif
