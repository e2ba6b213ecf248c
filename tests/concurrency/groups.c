/*
 * Streams and consumer groups. An entry is `eP.N`, the Nth of producer P; each group gives it out once, and
 * again only to who claims it; it is pending from then on until it is acknowledged, which counts once.
 *
 * Plain readers see every entry, in its producer's order within a stream.
 *
 * Who leaves closes the connection, or its side of it only, and reads on. What it is given in that moment is
 * pending, and the reply may be lost on the way.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "proto/base/alloc.h"
#include "tests/concurrency/exercises.h"
#include "tests/support/client/reply_parts.h"
#include "tests/support/pace.h"

#define STREAMS   3
#define GROUPS    2
#define PRODUCERS 6
#define CONSUMERS 10
#define READERS   4
#define MOST      200000 /* entries of a producer */
#define FULL      3000   /* entries that were not given out: nobody has to add more */
#define ID_MAX    48

/* What is known of an entry. */
struct fate {
    _Atomic uint8_t given[GROUPS];  /* how often, as a new one */
    _Atomic uint32_t acked[GROUPS]; /* the moment at which that was answered; 0: it was not */
};

struct ledger {
    _Atomic uint32_t added[PRODUCERS];
    _Atomic int64_t waiting;        /* entries that were added, less those that group 0 has given out */
    _Atomic uint32_t moment;        /* of acknowledgements, and of the claims that come after them */
    _Atomic int64_t ids[CONSUMERS]; /* of the clients that wait */
    struct fate fates[PRODUCERS][MOST];
};

/* An entry as it came. */
struct entry {
    char stream[16], id[ID_MAX];
    struct fate *fate;
    unsigned producer, number;
};

static struct ledger *ledger_of(struct crew *crew)
{
    return crew->notes;
}

static void prepare(struct crew *crew, struct client *client)
{
    char line[64];
    crew->notes = ALLOC_NEW(struct ledger);
    ledger_of(crew)->moment = 1;
    for (int stream = 0; stream < STREAMS; stream++) {
        for (int group = 0; group < GROUPS; group++) {
            snprintf(line, sizeof line, "XGROUP CREATE s%d g%d 0 MKSTREAM", stream, group);
            client_ask(client, line);
        }
    }
}

static uint32_t next_moment(struct crew *crew)
{
    return atomic_fetch_add(&ledger_of(crew)->moment, 1);
}

/* Call for each entry of a reply that is a list of entries. */
static size_t each_entry(struct crew *crew, struct slice stream, struct slice entries,
                         void (*visit)(void *context, struct crew *crew, const struct entry *entry),
                         void *context)
{
    struct reply_parts parts;
    struct slice part;
    size_t count = 0;
    for (reply_parts_init(&parts, entries); reply_parts_next(&parts, &part); count++) {
        struct entry entry = { 0 };
        char text[64];
        slice_to_cstr(stream, entry.stream, sizeof entry.stream);
        slice_to_cstr(reply_part_text(reply_part(part, 0)), entry.id, sizeof entry.id);
        slice_to_cstr(reply_part_text(reply_part(reply_part(part, 1), 1)), text, sizeof text);
        bool known = sscanf(text, "e%u.%u", &entry.producer, &entry.number) == 2;
        if (!known || entry.producer >= PRODUCERS || entry.number >= MOST) {
            crew_fail(crew, "%s of %s is no entry that was added: %s", entry.id, entry.stream, text);
            return count;
        }
        entry.fate = &ledger_of(crew)->fates[entry.producer][entry.number];
        visit(context, crew, &entry);
    }
    return count;
}

/* The same for a reply of XREAD and XREADGROUP. */
static size_t each_read(struct crew *crew, struct slice reply,
                        void (*visit)(void *context, struct crew *crew, const struct entry *entry),
                        void *context)
{
    struct reply_parts streams;
    struct slice stream;
    size_t count = 0;
    for (reply_parts_init(&streams, reply); reply_parts_next(&streams, &stream);)
        count +=
            each_entry(crew, reply_part_text(reply_part(stream, 0)), reply_part(stream, 1), visit, context);
    return count;
}

/* Producers. */

static unsigned next_number(struct worker *worker)
{
    atomic_fetch_add(&ledger_of(worker->crew)->waiting, 1);
    return atomic_fetch_add(&ledger_of(worker->crew)->added[worker->number], 1);
}

static void add(struct worker *worker, size_t stream)
{
    worker_ask(worker, "XADD s%zu * n e%zu.%u", stream, worker->number, next_number(worker));
}

static void add_in_a_transaction(struct worker *worker)
{
    worker_ask(worker, "MULTI");
    for (size_t i = 0; i < 3; i++) add(worker, random_below(&worker->random, STREAMS));
    worker_ask(worker, "EXEC");
}

static void produce_on(struct worker *worker)
{
    const struct ledger *ledger = ledger_of(worker->crew);
    while (!crew_is_over(worker->crew) && ledger->added[worker->number] < MOST - 4) {
        if (ledger->waiting > FULL)
            pace_sleep_ms(1);
        else if (random_chance(&worker->random, 10))
            add_in_a_transaction(worker);
        else
            add(worker, random_below(&worker->random, STREAMS));
    }
}

/* Consumers. */

struct batch {
    int group;
    uint32_t asked; /* the moment before the command was sent */
    struct entry entries[64];
    size_t len;
};

static void keep(struct batch *batch, const struct entry *entry)
{
    if (batch->len < sizeof batch->entries / sizeof *batch->entries) batch->entries[batch->len++] = *entry;
}

/* Given out as a new one. */
static void note_given(void *context, struct crew *crew, const struct entry *entry)
{
    struct batch *batch = context;
    if (batch->group == 0) atomic_fetch_sub(&ledger_of(crew)->waiting, 1);
    if (atomic_fetch_add(&entry->fate->given[batch->group], 1) != 0)
        crew_fail(crew, "e%u.%u is given twice to group %d", entry->producer, entry->number, batch->group);
    keep(batch, entry);
}

/* Given out again, to who has claimed it or looks at its own. */
static void note_again(void *context, struct crew *crew, const struct entry *entry)
{
    struct batch *batch = context;
    uint32_t acked = entry->fate->acked[batch->group];
    if (acked != 0 && acked < batch->asked)
        crew_fail(crew, "e%u.%u is given out again, though group %d has acknowledged it", entry->producer,
                  entry->number, batch->group);
    keep(batch, entry);
}

static void acknowledge(struct worker *worker, const struct batch *batch, unsigned percent)
{
    for (size_t i = 0; i < batch->len; i++) {
        const struct entry *entry = &batch->entries[i];
        if (!random_chance(&worker->random, percent)) continue;
        int64_t done =
            worker_number(worker_ask(worker, "XACK %s g%d %s", entry->stream, batch->group, entry->id));
        uint32_t now = next_moment(worker->crew), none = 0;
        if (done == 0) continue;
        if (!atomic_compare_exchange_strong(&entry->fate->acked[batch->group], &none, now))
            crew_fail(worker->crew, "e%u.%u is acknowledged twice in group %d", entry->producer,
                      entry->number, batch->group);
    }
}

static void consume(struct worker *worker, int group)
{
    size_t first = random_below(&worker->random, STREAMS), second = (first + 1) % STREAMS;
    struct batch batch = { .group = group };
    struct slice reply =
        worker_ask(worker, "XREADGROUP GROUP g%d c%zu COUNT %d BLOCK %d STREAMS s%zu s%zu > >", group,
                   worker->number, 1 + (int)random_below(&worker->random, 10),
                   random_chance(&worker->random, 50) ? 3 : 100, first, second);
    each_read(worker->crew, reply, note_given, &batch);
    acknowledge(worker, &batch, 80);
}

static void look_at_own(struct worker *worker, int group)
{
    size_t stream = random_below(&worker->random, STREAMS);
    struct batch batch = { .group = group, .asked = next_moment(worker->crew) };
    struct slice reply = worker_ask(worker, "XREADGROUP GROUP g%d c%zu COUNT 20 STREAMS s%zu 0", group,
                                    worker->number, stream);
    each_read(worker->crew, reply, note_again, &batch);
    acknowledge(worker, &batch, 80);
}

static void consume_on(struct worker *worker)
{
    int group = (int)(worker->number % GROUPS);
    ledger_of(worker->crew)->ids[worker->number] = worker_number(worker_ask(worker, "CLIENT ID"));
    while (!crew_is_over(worker->crew)) {
        if (random_chance(&worker->random, 5))
            look_at_own(worker, group);
        else
            consume(worker, group);
    }
}

/* Claims what others have, and wakes who waits. */

static void claim_all(struct worker *worker, int group, size_t stream)
{
    char start[ID_MAX] = "0-0";
    while (!crew_is_over(worker->crew)) {
        struct batch batch = { .group = group, .asked = next_moment(worker->crew) };
        char name[16];
        struct slice reply = worker_ask(worker, "XAUTOCLAIM s%zu g%d k%zu 0 %s COUNT 20", stream, group,
                                        worker->number, start);
        if (!worker_text(reply_part(reply, 0), start, sizeof start)) return;
        snprintf(name, sizeof name, "s%zu", stream);
        each_entry(worker->crew, slice_of_cstr(name), reply_part(reply, 1), note_again, &batch);
        acknowledge(worker, &batch, 50);
        if (strcmp(start, "0-0") == 0) return;
    }
}

static void claim_one(struct worker *worker, int group, size_t stream)
{
    char id[ID_MAX], name[16];
    struct slice pending = worker_ask(worker, "XPENDING s%zu g%d - + 1", stream, group);
    if (!worker_text(reply_part(reply_part(pending, 0), 0), id, sizeof id)) return;
    struct batch batch = { .group = group, .asked = next_moment(worker->crew) };
    struct slice reply = worker_ask(worker, "XCLAIM s%zu g%d k%zu 0 %s", stream, group, worker->number, id);
    snprintf(name, sizeof name, "s%zu", stream);
    each_entry(worker->crew, slice_of_cstr(name), reply, note_again, &batch);
    acknowledge(worker, &batch, 90);
}

static void claim_on(struct worker *worker)
{
    while (!crew_is_over(worker->crew)) {
        int group = (int)random_below(&worker->random, GROUPS);
        size_t stream = random_below(&worker->random, STREAMS);
        size_t consumer = random_below(&worker->random, CONSUMERS);
        if (random_chance(&worker->random, 20))
            claim_all(worker, group, stream);
        else
            claim_one(worker, group, stream);
        worker_ask(worker, "CLIENT UNBLOCK %lld %s", (long long)ledger_of(worker->crew)->ids[consumer],
                   random_chance(&worker->random, 50) ? "ERROR" : "TIMEOUT");
    }
}

/* Leave while they wait. */

static void leave(struct worker *worker)
{
    struct slice reply;
    struct batch batch = { .group = (int)random_below(&worker->random, GROUPS) };
    worker_send(worker, "XREADGROUP GROUP g%d l%zu COUNT 2 BLOCK 0 STREAMS s%zu >", batch.group,
                worker->number, random_below(&worker->random, STREAMS));
    if (random_chance(&worker->random, 50)) pace_sleep_ms((int64_t)random_below(&worker->random, 3));
    if (random_chance(&worker->random, 30)) {
        worker_reconnect(worker);
        return;
    }
    shutdown(worker->client.fd, SHUT_WR);
    while (client_read(&worker->client, &reply)) each_read(worker->crew, reply, note_given, &batch);
    if (worker->client.trouble == CLIENT_SILENT) crew_fail(worker->crew, "who has left is not let go");
    worker_reconnect(worker);
}

/* A Redis loses the reply to who leaves in the same turn. */
static void leave_on(struct worker *worker)
{
    if (instance_is_redis(INSTANCE_NUTHATCH)) return;
    while (!crew_is_over(worker->crew)) leave(worker);
}

/* Readers of no group. */

struct reading {
    char last[STREAMS][ID_MAX];
    int64_t count[STREAMS];
    uint32_t next[STREAMS][PRODUCERS]; /* an entry of the producer must have this number at least */
};

static void note_read(void *context, struct crew *crew, const struct entry *entry)
{
    struct reading *reading = context;
    int stream = entry->stream[1] - '0';
    if (entry->number < reading->next[stream][entry->producer])
        crew_fail(crew, "e%u.%u is read behind a later one", entry->producer, entry->number);
    reading->next[stream][entry->producer] = entry->number + 1;
    reading->count[stream]++;
    snprintf(reading->last[stream], ID_MAX, "%s", entry->id);
}

static size_t read_more(struct worker *worker, struct reading *reading, const char *how)
{
    struct slice reply = worker_ask(worker, "XREAD %s STREAMS s0 s1 s2 %s %s %s", how, reading->last[0],
                                    reading->last[1], reading->last[2]);
    return each_read(worker->crew, reply, note_read, reading);
}

static void read_on(struct worker *worker)
{
    struct reading *reading = ALLOC_NEW(struct reading);
    worker->notes = reading;
    for (int stream = 0; stream < STREAMS; stream++) snprintf(reading->last[stream], ID_MAX, "0-0");
    while (!crew_is_over(worker->crew)) {
        read_more(worker, reading, random_chance(&worker->random, 50) ? "BLOCK 20" : "COUNT 50 BLOCK 20");
        if (random_chance(&worker->random, 2)) worker_reconnect(worker);
    }
}

/* When all have ended: what nobody was given, then every entry beside what is pending. */

static void drain(struct crew *crew, struct client *client, int group)
{
    char line[128];
    size_t got;
    do {
        struct batch batch = { .group = group };
        snprintf(line, sizeof line, "XREADGROUP GROUP g%d last COUNT 1000 STREAMS s0 s1 s2 > > >", group);
        got = each_read(crew, client_ask(client, line), note_given, &batch);
    } while (got > 0 && !crew->failed);
}

struct audit {
    int group;
    struct reply_parts pending;
    struct slice next; /* of what is pending */
    bool any;
    int64_t entries, unacknowledged;
};

/* Those who do not leave have names of their own. */
static bool is_consumer(const struct audit *audit)
{
    struct slice name = reply_part_text(reply_part(audit->next, 1));
    return name.len > 0 && (name.data[0] == 'c' || slice_equal(name, SLICE("last")));
}

static void check_entry(void *context, struct crew *crew, const struct entry *entry)
{
    struct audit *audit = context;
    bool pending =
        audit->any && slice_equal(reply_part_text(reply_part(audit->next, 0)), slice_of_cstr(entry->id));
    bool acked = entry->fate->acked[audit->group] != 0;
    audit->entries++;
    if (entry->fate->given[audit->group] == 0 && pending && is_consumer(audit))
        crew_fail(crew, "e%u.%u is pending in group %d, and nobody was given it", entry->producer,
                  entry->number, audit->group);
    if (pending == acked)
        crew_fail(crew, "e%u.%u is %s in group %d", entry->producer, entry->number,
                  pending ? "acknowledged and pending" : "neither pending nor acknowledged", audit->group);
    if (pending) audit->any = reply_parts_next(&audit->pending, &audit->next);
    audit->unacknowledged += !acked;
}

/* All entries of the stream, and what is pending, which the next reply must not overwrite. */
static int64_t check_stream(struct crew *crew, struct client *client, int stream, int group)
{
    char line[128], name[16];
    struct buffer pending = { 0 };
    struct audit audit = { .group = group };
    snprintf(name, sizeof name, "s%d", stream);
    snprintf(line, sizeof line, "XPENDING s%d g%d - + 10000000", stream, group);
    struct slice reply = client_ask(client, line);
    buffer_append(&pending, reply.data, reply.len);
    reply_parts_init(&audit.pending, buffer_slice(&pending));
    audit.any = reply_parts_next(&audit.pending, &audit.next);
    snprintf(line, sizeof line, "XRANGE s%d - +", stream);
    each_entry(crew, slice_of_cstr(name), client_ask(client, line), check_entry, &audit);
    if (audit.any) crew_fail(crew, "s%d has pending what was never added", stream);
    buffer_clear(&pending);
    snprintf(line, sizeof line, "XPENDING s%d g%d", stream, group);
    int64_t counted = worker_number(reply_part(client_ask(client, line), 0));
    if (counted != audit.unacknowledged)
        crew_fail(crew, "s%d counts %lld pending in group %d, and has %lld", stream, (long long)counted,
                  group, (long long)audit.unacknowledged);
    return audit.entries;
}

/* What is counted for each consumer, and how far each group is. */
static void check_counts(struct crew *crew, struct client *client, int stream, int group)
{
    char line[64];
    struct reply_parts parts;
    struct slice part;
    int64_t pending = 0;
    snprintf(line, sizeof line, "XINFO CONSUMERS s%d g%d", stream, group);
    for (reply_parts_init(&parts, client_ask(client, line)); reply_parts_next(&parts, &part);)
        pending += worker_number(reply_part(part, 3));
    snprintf(line, sizeof line, "XPENDING s%d g%d", stream, group);
    int64_t counted = worker_number(reply_part(client_ask(client, line), 0));
    if (pending != counted)
        crew_fail(crew, "consumers of s%d in group %d have %lld pending of %lld", stream, group,
                  (long long)pending, (long long)counted);
    snprintf(line, sizeof line, "XINFO GROUPS s%d", stream);
    int64_t lag = worker_number(reply_part(reply_part(client_ask(client, line), (size_t)group), 11));
    if (lag != 0) crew_fail(crew, "group %d lags behind s%d by %lld", group, stream, (long long)lag);
}

static void check_readers(struct crew *crew, const int64_t entries[static STREAMS])
{
    for (size_t i = 0; i < crew->len; i++) {
        struct worker *worker = &crew->workers[i];
        struct reading *reading = worker->notes;
        if (reading == NULL) continue;
        while (read_more(worker, reading, "COUNT 1000") > 0 && !crew->failed) continue;
        for (int stream = 0; stream < STREAMS; stream++)
            if (reading->count[stream] != entries[stream])
                crew_fail(crew, "a reader of s%d has read %lld of %lld entries", stream,
                          (long long)reading->count[stream], (long long)entries[stream]);
    }
}

static void finish(struct crew *crew, struct client *client)
{
    int64_t entries[STREAMS] = { 0 }, all = 0, added = 0;
    for (int group = 0; group < GROUPS; group++) {
        drain(crew, client, group);
        for (int stream = 0; stream < STREAMS && !crew->failed; stream++)
            entries[stream] = check_stream(crew, client, stream, group);
        for (int stream = 0; stream < STREAMS && !crew->failed; stream++)
            check_counts(crew, client, stream, group);
    }
    if (crew->failed) return;
    for (int stream = 0; stream < STREAMS; stream++) all += entries[stream];
    for (int producer = 0; producer < PRODUCERS; producer++) added += ledger_of(crew)->added[producer];
    if (all != added)
        crew_fail(crew, "%lld entries were added, and %lld are there", (long long)added, (long long)all);
    check_readers(crew, entries);
}

const struct exercise exercise_groups = {
    .name = "groups",
    .parts = { { "producer", PRODUCERS, produce_on },
               { "consumer", CONSUMERS, consume_on },
               { "claimer", 3, claim_on },
               { "leaver", 4, leave_on },
               { "reader", READERS, read_on } },
    .prepare = prepare,
    .finish = finish,
};
