/*
 * The words of CLIENT LIST and CLIENT KILL.
 */
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/number.h"
#include "server/commands/client/client_filter.h"
#include "server/commands/client/client_line.h"
#include "server/core/server.h"
#include "server/exec/acl/user.h"
#include "server/exec/acl/users.h"
#include "server/exec/call.h"
#include "server/exec/errors/errors.h"
#include "server/exec/errors/errors_client.h"
#include "server/exec/session/session.h"
#include "storage/keyspace/keyspace.h"

/* Where the reading stands, and on which side. */
struct reading {
    struct client_filter *filter;
    struct client_traits *traits;
    struct call *call;
    int arg;
};

static bool syntax_error(struct call *call)
{
    reply_error(call->reply, SLICE(ERR_SYNTAX));
    return false;
}

static bool refuse_value(const struct reading *reading, const char *format)
{
    const struct slice *value = &reading->call->argv[reading->arg + 1];
    reply_errorf(reading->call->reply, format, (int)value->len, value->data);
    return false;
}

/* Also one that is empty, which nobody's name is. */
static void keep_text(char **text, struct slice value)
{
    alloc_free(*text);
    *text = alloc_cstr(value.data, value.len);
}

static void add_id(struct client_traits *traits, uint64_t id)
{
    traits->ids = alloc_resize(traits->ids, (traits->id_count + 1) * sizeof(*traits->ids));
    traits->ids[traits->id_count++] = id;
}

static bool read_type(struct reading *reading)
{
    static const struct {
        const char *name;
        enum client_type type;
    } types[] = { { "normal", CLIENT_TYPE_NORMAL },   { "slave", CLIENT_TYPE_REPLICA },
                  { "replica", CLIENT_TYPE_REPLICA }, { "pubsub", CLIENT_TYPE_PUBSUB },
                  { "master", CLIENT_TYPE_MASTER },   { "primary", CLIENT_TYPE_MASTER } };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (!call_arg_is(reading->call, reading->arg + 1, types[i].name)) continue;
        reading->traits->type = types[i].type;
        return true;
    }
    return refuse_value(reading, ERR_CLIENT_TYPE_FMT);
}

/* One or, as Valkey has it, several; an ID that comes again begins anew. */
static bool read_ids(struct reading *reading)
{
    int64_t id;
    struct call *call = reading->call;
    if (!number_parse_i64(call->argv[reading->arg + 1], &id) || id < 1) {
        reply_error(call->reply, SLICE(ERR_CLIENT_ID_POSITIVE));
        return false;
    }
    reading->traits->id_count = 0;
    add_id(reading->traits, (uint64_t)id);
    while (reading->arg + 2 < call->argc && number_parse_i64(call->argv[reading->arg + 2], &id) && id > 0) {
        add_id(reading->traits, (uint64_t)id);
        reading->arg++;
    }
    return true;
}

static bool is_user(struct call *call, struct slice name)
{
    struct user *user = users_find(call->server->users, name);
    bool found = user != NULL;
    user_drop(&user);
    return found;
}

static bool read_skip_me(struct reading *reading)
{
    int value = reading->arg + 1;
    if (call_arg_is(reading->call, value, "yes"))
        reading->filter->not_id = reading->call->session->id;
    else if (call_arg_is(reading->call, value, "no"))
        reading->filter->not_id = 0;
    else
        return syntax_error(reading->call);
    return true;
}

/* `name` as errors call it. */
static bool read_seconds(struct reading *reading, const char *name, int64_t *seconds)
{
    struct slice value = reading->call->argv[reading->arg + 1];
    bool is_number = number_parse_i64(value, seconds);
    if (is_number && *seconds > 0) return true;
    reply_errorf(reading->call->reply, is_number ? ERR_CLIENT_SECONDS_POSITIVE_FMT : ERR_CLIENT_SECONDS_FMT,
                 name);
    return false;
}

static bool read_db(struct reading *reading)
{
    int64_t db;
    struct call *call = reading->call;
    int64_t databases = keyspace_databases(call->server->keyspace);
    if (!call_arg_int_or(call, reading->arg + 1, &db, SLICE(ERR_CLIENT_DB))) return false;
    if (db < 0 || db >= databases) {
        reply_errorf(call->reply, ERR_CLIENT_DB_RANGE_FMT, (int)databases - 1);
        return false;
    }
    reading->traits->in_db = true;
    reading->traits->db = (unsigned)db;
    return true;
}

static bool has_only(struct slice letters, const char *known)
{
    for (size_t i = 0; i < letters.len; i++)
        if (letters.data[i] == '\0' || strchr(known, letters.data[i]) == NULL) return false;
    return true;
}

static bool read_text(struct reading *reading, enum client_text text)
{
    struct slice value = reading->call->argv[reading->arg + 1];
    if (text == CLIENT_FLAGS && !has_only(value, CLIENT_LINE_FLAGS))
        return refuse_value(reading, ERR_CLIENT_FLAGS_FMT);
    if (text == CLIENT_CAPABILITIES && !has_only(value, CLIENT_LINE_CAPABILITIES))
        return refuse_value(reading, ERR_CLIENT_CAPABILITIES_FMT);
    if (text == CLIENT_USER && !is_user(reading->call, value))
        return refuse_value(reading, ERR_NO_SUCH_USER_FMT);
    keep_text(&reading->traits->texts[text], value);
    return true;
}

/* All that begins after enum client_text, in which texts count. */
enum word { WORD_ID = CLIENT_TEXTS, WORD_TYPE, WORD_DB, WORD_SKIPME, WORD_MAXAGE, WORD_IDLE, WORD_NONE };

/* `negated` becomes whether NOT- stands before it. */
static enum word find_word(struct slice said, bool *negated)
{
    static const char *const words[] = {
        [CLIENT_ADDRESS] = "ADDR",
        [CLIENT_LOCAL_ADDRESS] = "LADDR",
        [CLIENT_IP] = "IP",
        [CLIENT_NAME] = "NAME",
        [CLIENT_LIBRARY_NAME] = "LIB-NAME",
        [CLIENT_LIBRARY_VERSION] = "LIB-VER",
        [CLIENT_FLAGS] = "FLAGS",
        [CLIENT_CAPABILITIES] = "CAPA",
        [CLIENT_USER] = "USER",
        [WORD_ID] = "ID",
        [WORD_TYPE] = "TYPE",
        [WORD_DB] = "DB",
        [WORD_SKIPME] = "SKIPME",
        [WORD_MAXAGE] = "MAXAGE",
        [WORD_IDLE] = "IDLE",
    };
    *negated = said.len > 4 && slice_equal_nocase(slice_of(said.data, 4), SLICE("NOT-"));
    if (*negated) said = slice_of(said.data + 4, said.len - 4);
    for (int word = 0; word < (*negated ? WORD_SKIPME : WORD_NONE); word++)
        if (slice_equal_nocase(said, slice_of_cstr(words[word]))) return (enum word)word;
    return WORD_NONE;
}

static bool is_option(struct slice said)
{
    bool negated;
    return find_word(said, &negated) != WORD_NONE;
}

/* The word at `arg`, which has a value behind it. */
static bool read_option(struct reading *reading)
{
    bool negated;
    enum word word = find_word(reading->call->argv[reading->arg], &negated);
    reading->traits = negated ? &reading->filter->barred : &reading->filter->wanted;
    switch (word) {
    case WORD_ID: return read_ids(reading);
    case WORD_TYPE: return read_type(reading);
    case WORD_DB: return read_db(reading);
    case WORD_SKIPME: return read_skip_me(reading);
    case WORD_MAXAGE: return read_seconds(reading, "maxage", &reading->filter->min_age_s);
    case WORD_IDLE: return read_seconds(reading, "idle", &reading->filter->min_idle_s);
    case WORD_NONE: return syntax_error(reading->call);
    default: return read_text(reading, (enum client_text)word);
    }
}

static bool read_options(struct client_filter *filter, struct call *call, int from)
{
    struct reading reading = { .filter = filter, .call = call, .arg = from };
    for (; reading.arg < call->argc; reading.arg += 2) {
        if (reading.arg + 1 == call->argc) return syntax_error(call);
        if (!read_option(&reading)) return false;
    }
    return true;
}

/* As far as numbers stand behind ID, whatever they are. False: replied, something else stands there that is
 * no option. */
static bool read_listed_ids(struct client_filter *filter, struct call *call, int *end)
{
    int arg = 3;
    for (int64_t id; arg < call->argc && number_parse_i64(call->argv[arg], &id); arg++)
        add_id(&filter->wanted, (uint64_t)id);
    *end = arg;
    if (arg == call->argc || (arg > 3 && is_option(call->argv[arg]))) return true;
    reply_error(call->reply, SLICE(ERR_CLIENT_ID));
    return false;
}

bool client_filter_read_list(struct client_filter *filter, struct call *call)
{
    if (call->argc < 4 || !call_arg_is(call, 2, "ID")) return read_options(filter, call, 2);
    int end;
    return read_listed_ids(filter, call, &end) && read_options(filter, call, end);
}

bool client_filter_read_kill(struct client_filter *filter, struct call *call)
{
    if (call->argc == 3) {
        keep_text(&filter->wanted.texts[CLIENT_ADDRESS], call->argv[2]);
        return true;
    }
    filter->not_id = call->session->id;
    return read_options(filter, call, 2);
}
