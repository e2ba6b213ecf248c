#include "server/http/watch/http_stats.h"

#include "proto/base/json.h"
#include "proto/base/number.h"
#include "proto/http/http_path.h"
#include "server/config/settings.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/core/ticks.h"
#include "server/exec/session/session.h"
#include "server/http/http_client.h"
#include "server/http/http_reply.h"
#include "server/http/http_write.h"
#include "server/net/connection.h"
#include "server/report/stats/stats.h"

#define KEY_MAX 4096

struct question {
    int64_t since_ms;
    bool asks_why;
    size_t key_len;
    char key[KEY_MAX];
};

static enum http_step refuse(struct http_client *client, int status, struct slice why)
{
    http_write_refusal(client, status, why);
    return HTTP_STEP_DONE;
}

static struct session *session_of(struct http_client *client)
{
    return &client->connection->session;
}

static enum http_step refuse_parts(struct http_client *client, unsigned parts)
{
    if (!stats_parts_are_out(session_of(client), parts))
        return refuse(client, 403, SLICE("the user has no permission for this"));
    http_write_taken_out(client);
    return HTTP_STEP_DONE;
}

static void write_json(struct http_client *client, struct buffer *text)
{
    http_write_text(client, SLICE("application/json"), buffer_slice(text));
    buffer_clear(text);
}

static bool read_key(struct question *question, struct slice value)
{
    question->asks_why = true;
    return value.len <= sizeof(question->key) && http_path_decode(value, question->key, &question->key_len) &&
           question->key_len > 0;
}

static bool read_database(struct session *session, struct slice value)
{
    uint64_t db;
    bool good =
        number_parse_u64(value, &db) && db < (uint64_t)SETTING(session->loop->server->settings, databases);
    if (good) session->db = (unsigned)db;
    return good;
}

static bool read_part(struct http_client *client, struct question *question, struct slice part)
{
    const char *sign = memchr(part.data, '=', part.len);
    if (sign == NULL) return false;
    struct slice name = slice_of(part.data, (size_t)(sign - part.data));
    struct slice value = slice_of(sign + 1, part.len - name.len - 1);
    if (slice_equal(name, SLICE("since"))) return number_parse_i64(value, &question->since_ms);
    if (slice_equal(name, SLICE("why"))) return read_key(question, value);
    return slice_equal(name, SLICE("db")) && read_database(session_of(client), value);
}

static bool read_question(struct http_client *client, struct question *question)
{
    struct slice rest = client->exchange.query;
    *question = (struct question){ .since_ms = INT64_MIN };
    while (rest.len > 0) {
        const char *end = memchr(rest.data, '&', rest.len);
        size_t len = end != NULL ? (size_t)(end - rest.data) : rest.len;
        if (!read_part(client, question, slice_of(rest.data, len))) return false;
        size_t passed = end != NULL ? len + 1 : len;
        rest = slice_of(rest.data + passed, rest.len - passed);
    }
    return true;
}

/* As the first command of what it is put together of: mostly INFO. */
static void tell(struct http_client *client, unsigned parts, uint64_t began)
{
    static const struct slice info[] = { { "info", 4 } }, top[] = { { "cache", 5 }, { "top", 3 } },
                              slowlog[] = { { "slowlog", 7 }, { "get", 3 } },
                              clients[] = { { "client", 6 }, { "list", 4 } };
    if (parts & STATS_INFO)
        http_run_tell(client, info[0], info, 1, began);
    else if (parts & STATS_TOP)
        http_run_tell(client, SLICE("cache|top"), top, 2, began);
    else if (parts & STATS_SLOWLOG)
        http_run_tell(client, SLICE("slowlog|get"), slowlog, 2, began);
    else
        http_run_tell(client, SLICE("client|list"), clients, 2, began);
}

static void write_stats(struct http_client *client, unsigned parts, struct slice clients)
{
    struct session *session = session_of(client);
    struct buffer text = { 0 };
    uint64_t began = ticks_now();
    stats_write(&(struct stats_request){ .server = session->loop->server,
                                         .session = session,
                                         .parts = parts,
                                         .since_ms = client->exchange.since_ms,
                                         .clients = clients },
                &text);
    tell(client, parts, began);
    write_json(client, &text);
}

static void finish_clients(struct http_client *client, struct http_reply *reply)
{
    write_stats(client, stats_parts_of(session_of(client)), http_reply_next(reply).text);
}

static void finish_why(struct http_client *client, struct http_reply *reply)
{
    struct http_element why = http_reply_next(reply);
    struct buffer text = { 0 };
    if (why.type != ELEMENT_BULK) {
        http_write_error(client, why.text);
        return;
    }
    json_open(&text, '{');
    json_name(&text, "why");
    json_open(&text, '[');
    json_text(&text, why.text);
    json_close(&text, ']');
    json_close(&text, '}');
    buffer_append(&text, "\n", 1);
    write_json(client, &text);
}

static enum http_step tell_why(struct http_client *client, const struct question *question)
{
    struct session *session = session_of(client);
    struct slice argv[] = { SLICE("NEARCACHE"), SLICE("WHY"), slice_of(question->key, question->key_len) };
    if (!(stats_parts_of(session) & STATS_WHY)) return refuse_parts(client, STATS_WHY);
    if (session->loop->server->tier != NULL)
        return http_run(client, &(struct http_command){ .argv = argv, .argc = 3, .finish = finish_why });
    http_write_text(client, SLICE("application/json"), SLICE("{\"why\":null}\n"));
    return HTTP_STEP_DONE;
}

enum http_step http_stats_run(struct http_client *client)
{
    struct question question;
    unsigned parts = stats_parts_of(session_of(client));
    if (!read_question(client, &question))
        return refuse(client, 400, SLICE("of queries only since=MS, why=KEY and db=N are known"));
    if (question.asks_why) return tell_why(client, &question);
    if ((parts & ~(unsigned)STATS_WHY) == 0) return refuse_parts(client, STATS_PARTS & ~(unsigned)STATS_WHY);
    client->exchange.since_ms = question.since_ms;
    if (parts & STATS_CLIENTS) return http_run_survey(client, &stats_clients_survey, finish_clients);
    write_stats(client, parts, (struct slice){ 0 });
    return HTTP_STEP_DONE;
}
