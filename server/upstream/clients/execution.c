#include "server/upstream/clients/execution.h"

#include "proto/base/alloc.h"
#include "proto/reply_reader.h"

/* The array's own line; false: it is none. */
static bool read_header(struct execution *execution)
{
    struct reply_reader reader = { 0 };
    struct reply_element array;
    size_t len;
    if (reply_reader_next(&reader, buffer_slice(&execution->reply), &array, &len) != READER_READY ||
        array.type != REPLY_ARRAY)
        return false;
    execution->at = len;
    execution->count = (size_t)array.len;
    return true;
}

void execution_begin(struct execution *execution, struct transaction *transaction, struct slice reply)
{
    buffer_append(&execution->reply, reply.data, reply.len);
    if (!read_header(execution)) {
        buffer_append(&execution->out, reply.data, reply.len);
        return;
    }
    buffer_printf(&execution->out, "*%zu\r\n", execution->count + transaction->here);
    execution->steps = transaction->steps;
    transaction->steps = transaction->last = NULL;
}

static struct slice next_element(const struct execution *execution)
{
    const struct buffer *reply = &execution->reply;
    struct slice rest = slice_of(reply->data + execution->at, reply->len - execution->at);
    struct reply_reader reader = { 0 };
    size_t len = 0;
    if (reply_reader_skip(&reader, rest, &len) != READER_READY) len = rest.len;
    return slice_of(rest.data, len);
}

static void pass_element(struct execution *execution)
{
    struct slice element = next_element(execution);
    buffer_append(&execution->out, element.data, element.len);
    execution->at += element.len;
    execution->element++;
}

const struct transaction_step *execution_next(struct execution *execution, struct slice *element)
{
    const struct transaction_step *step = execution->steps;
    size_t until = step != NULL ? step->place : execution->count;
    while (execution->element < until && execution->element < execution->count) pass_element(execution);
    *element = step != NULL && step->sort != STEP_HERE ? next_element(execution) : SLICE("");
    return step;
}

void execution_answer(struct execution *execution, struct slice answer)
{
    struct transaction_step *step = execution->steps;
    if (step->sort != STEP_HERE) {
        execution->at += next_element(execution).len;
        execution->element++;
    }
    buffer_append(&execution->out, answer.data, answer.len);
    execution->steps = step->next;
    alloc_free(step);
}

void execution_clear(struct execution *execution)
{
    transaction_steps_destroy(execution->steps);
    buffer_clear(&execution->reply);
    buffer_clear(&execution->out);
    *execution = (struct execution){ 0 };
}
