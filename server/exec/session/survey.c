#include "server/exec/session/survey.h"

#include <stdatomic.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/exec/call.h"
#include "server/exec/session/session.h"
#include "server/exec/session/suspension.h"

struct form;

struct form_letter {
    struct letter letter;
    struct form *form;
};

/* One survey on its way: a letter for each loop, the question, and a place for each answer. */
struct form {
    struct letter back; /* home to the loop that asked */
    struct survey survey;
    struct loop *home;
    uint64_t session;
    size_t loops;
    _Atomic size_t unanswered;
    void *question;
    char *answers;
    struct form_letter letters[];
};

static void free_form(struct form *form)
{
    if (form->survey.release != NULL) form->survey.release(form->question, form->answers, form->loops);
    alloc_free(form->question);
    alloc_free(form->answers);
    alloc_free(form);
}

static void write_answers(struct session *session, struct reply *reply, void *context)
{
    struct form *form = context;
    form->survey.done(session, reply, form->question, form->answers, form->loops);
}

static void come_home(struct loop *loop, struct letter *letter)
{
    struct form *form = (struct form *)letter;
    if (form->survey.done != NULL) suspension_end(loop, form->session, write_answers, form);
    free_form(form);
}

static void answer(struct loop *loop, struct letter *letter)
{
    struct form *form = ((struct form_letter *)letter)->form;
    form->survey.ask(loop, form->question, form->answers + loop->index * form->survey.answer_bytes);
    if (atomic_fetch_sub_explicit(&form->unanswered, 1, memory_order_acq_rel) == 1)
        mailbox_post(&form->home->mailbox, &form->back);
}

static void send_form(struct loop *from, uint64_t session, const struct survey *survey, const void *question)
{
    struct server *server = from->server;
    size_t loops = server->loop_count;
    struct form *form = alloc_zeroed(sizeof(*form) + loops * sizeof(form->letters[0]));
    form->survey = *survey;
    form->home = from;
    form->session = session;
    form->loops = loops;
    form->back.open = come_home;
    form->question = alloc_bytes(survey->question_bytes);
    if (survey->question_bytes > 0) memcpy(form->question, question, survey->question_bytes);
    form->answers = alloc_zeroed(loops * survey->answer_bytes);
    atomic_init(&form->unanswered, loops);
    for (size_t i = 0; i < loops; i++) {
        form->letters[i] = (struct form_letter){ .letter = { .open = answer }, .form = form };
        mailbox_post(&server->loops[i].mailbox, &form->letters[i].letter);
    }
}

void survey_start(struct call *call, const struct survey *survey, const void *question)
{
    suspension_start(call, WAIT_SURVEY);
    send_form(call->loop, call->session->id, survey, question);
}

struct announcement {
    void (*tell)(struct loop *loop, void *question);
    char question[];
};

static void hear(struct loop *loop, void *question, void *ignored)
{
    (void)ignored;
    struct announcement *announcement = question;
    announcement->tell(loop, announcement->question);
}

void survey_tell(struct loop *from, void (*tell)(struct loop *loop, void *question), const void *question,
                 size_t question_bytes)
{
    size_t bytes = sizeof(struct announcement) + question_bytes;
    struct announcement *announcement = alloc_bytes(bytes);
    announcement->tell = tell;
    if (question_bytes > 0) memcpy(announcement->question, question, question_bytes);
    send_form(from, 0, &(struct survey){ .ask = hear, .question_bytes = bytes }, announcement);
    alloc_free(announcement);
}
