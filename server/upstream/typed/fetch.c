#include "server/upstream/typed/fetch.h"

#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "proto/base/holder.h"
#include "proto/reply_reader.h"
#include "server/config/settings.h"
#include "server/core/loop.h"
#include "server/core/mailbox.h"
#include "server/core/server.h"
#include "server/exec/call.h"
#include "server/exec/collection_limits.h"
#include "server/exec/command/table.h"
#include "server/observe/log.h"
#include "server/upstream/channel/command_writer.h"
#include "server/upstream/clients/patrons.h"
#include "server/upstream/copies/keeping.h"
#include "server/upstream/copies/lease.h"
#include "server/upstream/errands/errand.h"
#include "server/upstream/roster/roster.h"
#include "server/upstream/tier_state.h"
#include "server/upstream/typed/fetch_family.h"
#include "storage/dump/dump_object.h"
#include "storage/dump/dump_payload.h"
#include "storage/dump/dump_type.h"
#include "storage/keyspace/keyspace.h"

/* On their way at a time: more would hold up what clients wait for on the lane. */
#define FETCHES_MAX 64
/* In memory a value is larger than in the form in which it travels, up to so many times where each of its
 * elements has a block of its own, and by what every key takes. */
#define USAGE_FACTOR   4
#define USAGE_CONSTANT 256
/* The least that an element takes in that form. */
#define ELEMENT_MIN 2

enum told { TOLD_NOTHING, TOLD_VALUE, TOLD_NOT_SO };

struct fetch {
    struct upstream_request request;
    struct letter letter;
    struct tier *tier;
    const struct fetch_family *family;
    struct fill *fill; /* its token, and the PTTL; NULL until it has begun */
    unsigned db;
    struct buffer words; /* of the request */
    struct value_limits limits;
    struct dump_object object;
    struct buffer text;  /* of a string */
    size_t object_bytes; /* the form in which it came */
    enum told told;      /* by what was asked last */
    bool plainly;        /* not by DUMP any more */
    size_t name_len;
    char name[];
};

static struct fetch *fetch_of(struct upstream_request *request)
{
    return HOLDER_OF(request, struct fetch, request);
}

static struct slice name_of(const struct fetch *fetch)
{
    return slice_of(fetch->name, fetch->name_len);
}

static struct key key_of(const struct fetch *fetch)
{
    return keyspace_key(fetch->tier->server->keyspace, name_of(fetch));
}

struct fetch *fetch_create(struct tier *tier, const struct command *row, unsigned db, struct slice name)
{
    struct fetch *fetch = alloc_zeroed(sizeof *fetch + name.len);
    fetch->tier = tier;
    fetch->family = fetch_family_of(row);
    fetch->db = db;
    fetch->name_len = name.len;
    memcpy(fetch->name, name.data, name.len);
    return fetch;
}

/* An error tells nothing of the key, be it that it is of another type or that a user may not read it. */
struct fetch *fetch_after(const struct errand *errand, struct slice reply)
{
    if (!(errand->policy & TIER_TYPED) || reply.len == 0 || reply.data[0] == '-') return NULL;
    struct tier *tier = errand->home->server->tier;
    struct slice name = errand->argv[errand->command->first_key];
    unsigned enough = (unsigned)SETTING(tier->server->settings, near_cache_fill_after);
    if (errand->argc > 2 && !errand->command->one_key) return NULL; /* of several keys: PFCOUNT */
    if (!copies_want(&tier->copies, name)) return NULL;
    struct key key = keyspace_key(tier->server->keyspace, name);
    bool is_due = readings_note(&tier->readings, errand->db, key, enough);
    return is_due ? fetch_create(tier, errand->command->row, errand->db, name) : NULL;
}

/* Where the lane owes a reply for long, as behind a write that is paused there, nobody waits for it. */
bool fetch_is_under_way(const struct call *call)
{
    const struct tier *tier = call->server->tier;
    struct key key = keyspace_key(tier->server->keyspace, call->argv[call->command->first_key]);
    return readings_expect(&tier->readings, call->db, key) && !atomic_load(&tier->link.held_up) &&
           SETTING(tier->server->settings, near_cache_lock_timeout_ms) > 0;
}

/* It is over, whatever came of it. */
static void end(struct fetch *fetch)
{
    if (fetch->fill != NULL) {
        fills_remove(&fetch->tier->fills, fetch->fill);
        fetch->tier->fetching.count--;
    }
    readings_end(&fetch->tier->readings, fetch->db, key_of(fetch));
    patrons_wake_expecting(fetch->tier);
    dump_object_clear(&fetch->object);
    buffer_clear(&fetch->text);
    buffer_clear(&fetch->words);
    alloc_free(fetch);
}

static void ask(struct fetch *fetch, const struct slice *words, size_t count,
                void (*done)(struct upstream_request *request, enum upstream_outcome outcome,
                             struct slice reply))
{
    fetch->words.len = 0;
    command_write(&fetch->words, words, count);
    fetch->request = (struct upstream_request){ .bytes = buffer_slice(&fetch->words),
                                                .db = tier_upstream_db(fetch->tier, fetch->db),
                                                .done = done };
    tier_ask(fetch->tier, &fetch->request);
}

static void deter(struct fetch *fetch)
{
    readings_deter(&fetch->tier->readings, fetch->db, key_of(fetch));
}

static bool begins_with(struct slice text, struct slice beginning)
{
    return text.len >= beginning.len && slice_equal_nocase(slice_of(text.data, beginning.len), beginning);
}

/* The user may not use the command, or nobody can. Of anything else, LOADING say, nothing follows. */
static bool is_refusal(const struct reply_element *element)
{
    return element->type == REPLY_ERROR &&
           (begins_with(element->text, SLICE("NOPERM")) || begins_with(element->text, SLICE("ERR unknown")));
}

/* Of that what was asked. */
static bool has_come(const struct fetch *fetch, enum upstream_outcome outcome)
{
    return outcome == UPSTREAM_REPLIED && !fetch->fill->discarded;
}

static void ttl_done(struct upstream_request *request, enum upstream_outcome outcome, struct slice reply);

/* From when it is asked its time to live counts, which is told behind it. */
static void ask_with_ttl(struct fetch *fetch, const struct slice *words, size_t count,
                         void (*done)(struct upstream_request *request, enum upstream_outcome outcome,
                                      struct slice reply))
{
    struct fill *fill = fetch->fill;
    struct loop *loop = &fetch->tier->server->loops[0];
    loop_read_clock(loop);
    fill->asked_at_ms = loop->now_ms;
    fill->ttl = (struct upstream_request){ .bytes = fill->ttl.bytes,
                                           .db = tier_upstream_db(fetch->tier, fetch->db),
                                           .done = ttl_done };
    fetch->told = TOLD_NOTHING;
    ask(fetch, words, count, done);
    tier_ask(fetch->tier, &fill->ttl);
}

static void prepare_object(struct fetch *fetch)
{
    const struct server *server = fetch->tier->server;
    fetch->limits = collection_limits_read(server->settings);
    fetch->object = (struct dump_object){ .limits = &fetch->limits, .seed = keyspace_seed(server->keyspace) };
}

/* What it stands in is good for the time of the call. */
static void keep_text(struct fetch *fetch)
{
    if (fetch->object.value.type != NULL) return;
    fetch->text.len = 0;
    buffer_append(&fetch->text, fetch->object.text.data, fetch->object.text.len);
    fetch->object.text = buffer_slice(&fetch->text);
}

/* False: what has come is no value, or none that is kept. */
static bool take_object(struct fetch *fetch, bool was_read, size_t bytes)
{
    if (!was_read) return false;
    keep_text(fetch);
    bool is_text = fetch->object.value.type == NULL; /* which may have been compressed */
    fetch->object_bytes = is_text ? fetch->text.len : bytes;
    fetch->told = TOLD_VALUE;
    return true;
}

static void plain_done(struct upstream_request *request, enum upstream_outcome outcome, struct slice reply)
{
    struct fetch *fetch = fetch_of(request);
    if (!has_come(fetch, outcome)) return;
    if (!keeping_takes(fetch->tier, reply.len)) {
        deter(fetch);
        return;
    }
    prepare_object(fetch);
    bool was_read = fetch_family_read(fetch->family, &fetch->object, reply);
    const struct value *value = &fetch->object.value;
    if (value->type != NULL && value_len(value) == 0) was_read = false;
    if (!take_object(fetch, was_read, reply.len)) deter(fetch);
}

static bool fields_may_end(const struct tier *tier)
{
    return roster_find(rosters_latest(&tier->rosters), SLICE("hpexpire")) != NULL;
}

static bool can_ask_plainly(const struct fetch *fetch)
{
    return fetch->family->read != NULL && !(fetch->family->hides_ends && fields_may_end(fetch->tier));
}

static void ask_plainly(struct fetch *fetch)
{
    struct slice words[FETCH_WORDS_MAX];
    size_t count = 0;
    for (; count < FETCH_WORDS_MAX && fetch->family->whole[count] != NULL; count++) {
        const char *word = fetch->family->whole[count];
        words[count] = *word == '\0' ? name_of(fetch) : slice_of_cstr(word);
    }
    fetch->plainly = true;
    ask_with_ttl(fetch, words, count, plain_done);
}

/* Types above it are hashes whose fields have deadlines, or are unknown. */
static bool is_of_kept_type(struct slice payload)
{
    return payload.len > 0 && (unsigned char)payload.data[0] <= DUMP_STREAM_ACTIVE;
}

static void note_no_dump(struct fetch *fetch, const char *why)
{
    struct fetch_means *means = &fetch->tier->fetching;
    fetch->told = TOLD_NOT_SO;
    if (means->no_dump) return;
    means->no_dump = true;
    log_write(LOG_LEVEL_NOTICE, "Upstream: %s: values are fetched by HGETALL, SMEMBERS and the like", why);
}

static void take_payload(struct fetch *fetch, struct slice payload)
{
    if (!keeping_takes(fetch->tier, payload.len)) {
        deter(fetch);
        return;
    }
    if (!dump_payload_is_whole(payload)) {
        note_no_dump(fetch, "DUMP is of a version that is unknown here");
        return;
    }
    prepare_object(fetch);
    bool was_read = is_of_kept_type(payload) && dump_payload_read(&fetch->object, payload);
    if (!take_object(fetch, was_read, payload.len)) deter(fetch);
}

/* What comes of it is decided when its TTL is there. */
static void dump_done(struct upstream_request *request, enum upstream_outcome outcome, struct slice reply)
{
    struct fetch *fetch = fetch_of(request);
    if (!has_come(fetch, outcome)) return;
    struct reply_element element = reply_reader_first(reply);
    if (element.type == REPLY_NULL) keeping_absence(fetch->tier, fetch->fill);
    if (element.type == REPLY_BULK) take_payload(fetch, element.text);
    if (is_refusal(&element)) note_no_dump(fetch, "DUMP is refused");
}

static void ttl_done(struct upstream_request *request, enum upstream_outcome outcome, struct slice reply)
{
    struct fetch *fetch = HOLDER_OF(request, struct fill, ttl)->owner;
    struct reply_element ttl = reply_reader_first(reply);
    bool lives = has_come(fetch, outcome) && ttl.type == REPLY_INT && ttl.integer >= LEASE_NO_TTL;
    if (lives && fetch->told == TOLD_NOT_SO && !fetch->plainly && can_ask_plainly(fetch)) {
        ask_plainly(fetch);
        return;
    }
    if (lives && fetch->told == TOLD_VALUE)
        keeping_object(fetch->tier, fetch->fill, &fetch->object, fetch->object_bytes, ttl.integer);
    end(fetch);
}

static void ask_value(struct fetch *fetch)
{
    if (!fetch->tier->fetching.no_dump)
        ask_with_ttl(fetch, (struct slice[]){ SLICE("DUMP"), name_of(fetch) }, 2, dump_done);
    else if (can_ask_plainly(fetch))
        ask_plainly(fetch);
    else
        end(fetch);
}

static int64_t size_limit(const struct fetch *fetch)
{
    int64_t max = SETTING(fetch->tier->server->settings, near_cache_max_value);
    if (fetch->tier->fetching.no_usage) return max / ELEMENT_MIN;
    return max > INT64_MAX / (2 * USAGE_FACTOR) ? INT64_MAX : max * USAGE_FACTOR + USAGE_CONSTANT;
}

static void ask_size(struct fetch *fetch);

static void judge_size(struct fetch *fetch, const struct reply_element *size)
{
    bool goes_on = size->type == REPLY_INT && size->integer <= size_limit(fetch);
    if (size->type == REPLY_NULL) keeping_absence(fetch->tier, fetch->fill);
    if (size->type == REPLY_INT && !goes_on) deter(fetch);
    if (goes_on)
        ask_value(fetch);
    else
        end(fetch);
}

static void size_done(struct upstream_request *request, enum upstream_outcome outcome, struct slice reply)
{
    struct fetch *fetch = fetch_of(request);
    struct reply_element size = reply_reader_first(reply);
    if (!has_come(fetch, outcome)) {
        end(fetch);
    } else if (is_refusal(&size) && !fetch->tier->fetching.no_usage) {
        fetch->tier->fetching.no_usage = true;
        ask_size(fetch);
    } else {
        judge_size(fetch, &size);
    }
}

static void ask_size(struct fetch *fetch)
{
    const struct slice usage[] = { SLICE("MEMORY"), SLICE("USAGE"), name_of(fetch) };
    const struct slice length[] = { slice_of_cstr(fetch->family->length), name_of(fetch) };
    if (fetch->tier->fetching.no_usage)
        ask(fetch, length, 2, size_done);
    else
        ask(fetch, usage, 3, size_done);
}

/* It may be there already, as several reads in a row ask for it. Where writes hold up the lane, nothing that
 * can wait is sent over it. */
static bool is_wanted(const struct fetch *fetch)
{
    struct tier *tier = fetch->tier;
    struct key key = key_of(fetch);
    return atomic_load(&tier->link.state) == LINK_UP && !atomic_load(&tier->link.held_up) &&
           copies_want(&tier->copies, key.name) && tier->fetching.count < FETCHES_MAX &&
           !fills_fetch_whole(&tier->fills, key, fetch->db) &&
           !copies_know_in(&tier->copies, fetch->db, key, tier->server->loops[0].now_ms);
}

static void start(struct fetch *fetch)
{
    struct tier *tier = fetch->tier;
    struct loop *loop = &tier->server->loops[0];
    if (!is_wanted(fetch)) {
        end(fetch);
        return;
    }
    tier->fetching.count++;
    fetch->fill = fills_add(&tier->fills, key_of(fetch), fetch->db);
    fetch->fill->owner = fetch;
    fetch->fill->whole = true;
    loop_read_clock(loop);
    fetch->fill->asked_at_ms = loop->now_ms;
    ask_size(fetch);
}

static void open_fetch(struct loop *loop, struct letter *letter)
{
    (void)loop;
    start(HOLDER_OF(letter, struct fetch, letter));
}

void fetch_begin(struct fetch *fetch)
{
    fetch->letter.open = open_fetch;
    mailbox_post(&fetch->tier->server->loops[0].mailbox, &fetch->letter);
}
