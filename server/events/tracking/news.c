#include "server/events/tracking/news.h"

#include <stdlib.h>

#include "proto/base/alloc.h"
#include "proto/base/array.h"
#include "server/core/loop.h"
#include "server/events/tracking/newsletter.h"
#include "server/events/tracking/trackers.h"
#include "server/events/tracking/tracking.h"
#include "server/events/tracking/wanted.h"

/* Of keys that were read so many bytes are noted for one command, or one EXEC; beyond that all may have
 * changed. */
#define READ_BYTES_MAX ((size_t)64 << 20)
/* Of keys wanted by prefix so many bytes are collected; beyond that any key may have changed. */
#define WANTED_BYTES_MAX ((size_t)64 << 20)

struct note {
    uint32_t number; /* 0: all that track */
    bool all_keys;
    bool tags; /* then only for who has read them: their hashes stand among the names */
    size_t at; /* the key, among the names */
    size_t len;
    uint64_t origin;
};

struct wanted_key {
    size_t at;         /* among the names: later ones stand behind */
    struct slice name; /* when all are there */
    uint64_t origin;
};

/* In order when they are told, each once: the last of its changes counts. */
struct wanted_keys {
    struct buffer names;
    struct wanted_key *items;
    size_t len;
    size_t cap;
    bool overflown;
};

/* To one loop. What was written last is in its bytes once, however many are told. */
struct outbox {
    struct newsletter *letter; /* NULL: nothing yet */
    uint64_t text;             /* which was written last; 0: none */
    size_t at;
    size_t len;
};

struct news {
    struct loop *loops;
    unsigned loop_count;
    unsigned index;
    struct trackers *trackers;
    const struct tracking_source *source;
    struct buffer names;
    struct note *notes;
    size_t note_count;
    size_t note_cap;
    bool overflown; /* the only note is that all keys may have changed */
    struct wanted_keys wanted;
    uint64_t texts;         /* counts what was written */
    struct buffer text;     /* being written */
    struct outbox outbox[]; /* by loop */
};

struct news *news_create(const struct tracking_options *options, unsigned index, struct trackers *trackers)
{
    struct news *news = alloc_zeroed(sizeof *news + options->loop_count * sizeof news->outbox[0]);
    news->loops = options->loops;
    news->loop_count = options->loop_count;
    news->source = options->source;
    news->index = index;
    news->trackers = trackers;
    return news;
}

void news_destroy(struct news **news)
{
    struct news *gone = *news;
    if (gone == NULL) return;
    buffer_clear(&gone->names);
    buffer_clear(&gone->wanted.names);
    buffer_clear(&gone->text);
    alloc_free(gone->notes);
    alloc_free(gone->wanted.items);
    alloc_free(gone);
    *news = NULL;
}

static void add_note(struct news *news, const struct note *note)
{
    ARRAY_RESERVE(news->notes, news->note_count, news->note_cap, 16);
    news->notes[news->note_count++] = *note;
}

/* What several trackers are told of the same change stands among the names once. */
static size_t name_at(struct news *news, struct slice key)
{
    const struct note *last = news->note_count > 0 ? &news->notes[news->note_count - 1] : NULL;
    if (last != NULL && !last->all_keys && slice_equal(slice_of(news->names.data + last->at, last->len), key))
        return last->at;
    size_t at = news->names.len;
    buffer_append(&news->names, key.data, key.len);
    return at;
}

static bool is_full(const struct news *news)
{
    return news->names.len + news->note_count * sizeof *news->notes > READ_BYTES_MAX;
}

static __attribute__((noinline, cold)) void overflow(struct news *news)
{
    news->note_count = 0;
    buffer_truncate(&news->names, 0);
    news_note_all(news);
    news->overflown = true;
}

void news_note(struct news *news, uint32_t number, struct slice key, uint64_t origin)
{
    if (is_full(news)) overflow(news);
    if (news->overflown) return;
    struct note note = { .number = number, .len = key.len, .origin = origin, .at = name_at(news, key) };
    add_note(news, &note);
}

void news_note_all(struct news *news)
{
    add_note(news, &(struct note){ .all_keys = true });
}

void news_note_tags(struct news *news, const uint64_t *tags, size_t count)
{
    if (is_full(news)) overflow(news);
    if (news->overflown) return;
    add_note(news, &(struct note){
                       .all_keys = true, .tags = true, .at = news->names.len, .len = count * sizeof *tags });
    buffer_append(&news->names, (const char *)tags, count * sizeof *tags);
}

void news_note_all_of(struct news *news, uint32_t number)
{
    add_note(news, &(struct note){ .number = number, .all_keys = true });
}

void news_note_wanted(struct news *news, struct slice key, uint64_t origin)
{
    struct wanted_keys *wanted = &news->wanted;
    if (wanted->names.len + wanted->len * sizeof *wanted->items > WANTED_BYTES_MAX) wanted->overflown = true;
    if (wanted->overflown) return;
    ARRAY_RESERVE(wanted->items, wanted->len, wanted->cap, 16);
    wanted->items[wanted->len++] =
        (struct wanted_key){ .at = wanted->names.len, .name = { .len = key.len }, .origin = origin };
    buffer_append(&wanted->names, key.data, key.len);
}

static unsigned modes_of(const struct tracker *tracker)
{
    return atomic_load_explicit(&tracker->modes, memory_order_relaxed);
}

static void put(struct news *news, unsigned loop, const struct newsletter_item *item)
{
    struct outbox *outbox = &news->outbox[loop];
    if (outbox->letter == NULL)
        outbox->letter = newsletter_create(&news->loops[loop], news->trackers, news->source);
    if (outbox->text != news->texts) {
        outbox->text = news->texts;
        outbox->at = outbox->letter->bytes.len;
        outbox->len = news->text.len;
        buffer_append(&outbox->letter->bytes, news->text.data, news->text.len);
    }
    struct newsletter_item placed = *item;
    placed.at = outbox->at;
    placed.len = outbox->len;
    newsletter_add(outbox->letter, &placed);
}

static void begin_text(struct news *news)
{
    news->texts++;
    buffer_truncate(&news->text, 0);
}

static void tell_broken(struct news *news, struct tracker *tracker)
{
    struct buffer text = news->text;
    news->text = (struct buffer){ 0 };
    atomic_fetch_or(&tracker->modes, TRACKER_BROKEN);
    begin_text(news);
    newsletter_write_broken(&news->text, tracker->redirect);
    put(news, tracker->loop, &(struct newsletter_item){ .to = tracker->session, .number = tracker->number });
    buffer_clear(&news->text);
    news->text = text;
    news->texts++;
}

/* Tell a tracker, or whoever is told in its stead, the text at hand. What else is to be said of it is in the
 * item. */
static void tell_with(struct news *news, struct tracker *tracker, struct newsletter_item item)
{
    item.to = tracker->session;
    item.number = tracker->number;
    if (tracker->redirect == 0) {
        put(news, tracker->loop, &item);
    } else if (tracker->redirect_gone) {
        tell_broken(news, tracker);
    } else {
        item.to = tracker->redirect;
        item.redirected = true;
        put(news, tracker->redirect_loop, &item);
    }
}

static void tell(struct news *news, struct tracker *tracker)
{
    tell_with(news, tracker, (struct newsletter_item){ 0 });
}

static void tell_all_keys(struct news *news, uint32_t number)
{
    struct tracker *tracker = NULL;
    begin_text(news);
    newsletter_write_all(&news->text);
    while ((tracker = trackers_next(news->trackers, tracker)) != NULL)
        if (modes_of(tracker) & TRACKER_ON && (number == 0 || tracker->number == number)) tell(news, tracker);
}

/* Who is told in another's stead, or of all keys with a prefix, is told in any case. */
static void tell_tags(struct news *news, const struct note *note)
{
    struct tracker *tracker = NULL;
    begin_text(news);
    newsletter_write_all(&news->text);
    buffer_append(&news->text, news->names.data + note->at, note->len);
    while ((tracker = trackers_next(news->trackers, tracker)) != NULL) {
        struct newsletter_item item = { .tag_bytes = note->len };
        item.for_readers = !(modes_of(tracker) & TRACKER_BCAST) && tracker->redirect == 0;
        if (modes_of(tracker) & TRACKER_ON) tell_with(news, tracker, item);
    }
}

/* NULL: nobody is to be told, for that client has left, or did it itself, or has turned to the other mode. */
static struct tracker *reader_of(const struct news *news, const struct note *note)
{
    struct tracker *tracker = trackers_find(news->trackers, note->number);
    unsigned modes = tracker != NULL ? modes_of(tracker) : 0;
    if ((modes & (TRACKER_ON | TRACKER_BCAST)) != TRACKER_ON) return NULL;
    return modes & TRACKER_NOLOOP && note->origin == tracker->session ? NULL : tracker;
}

/* `written` is the note whose text is at hand, of which others may be told as well; NULL: none. */
static const struct note *tell_note(struct news *news, const struct note *note, const struct note *written)
{
    struct tracker *tracker = reader_of(news, note);
    if (tracker == NULL) return written;
    if (written == NULL || written->at != note->at || written->len != note->len) {
        struct slice key = slice_of(news->names.data + note->at, note->len);
        begin_text(news);
        newsletter_write_keys(&news->text, &key, 1);
        written = note;
    }
    tell(news, tracker);
    return written;
}

static void tell_notes(struct news *news)
{
    const struct note *written = NULL;
    for (size_t i = 0; i < news->note_count; i++) {
        const struct note *note = &news->notes[i];
        if (!note->all_keys) {
            written = tell_note(news, note, written);
            continue;
        }
        written = NULL;
        if (note->tags)
            tell_tags(news, note);
        else
            tell_all_keys(news, note->number);
    }
}

/* Loops with letters, and this one's clients at once. */
static void send_letters(struct news *news)
{
    for (unsigned i = 0; i < news->loop_count; i++) {
        struct newsletter *letter = news->outbox[i].letter;
        news->outbox[i] = (struct outbox){ 0 };
        if (letter == NULL) continue;
        if (i == news->index)
            newsletter_read(letter);
        else
            newsletter_post(letter);
    }
}

/* What one large turn needed is not kept for ever. */
static void empty(struct buffer *buffer)
{
    if (buffer->cap > (size_t)64 << 10)
        buffer_clear(buffer);
    else
        buffer_truncate(buffer, 0);
}

void news_post_read(struct news *news)
{
    if (news->note_count == 0) return;
    trackers_lock_to_read(news->trackers);
    tell_notes(news);
    trackers_unlock(news->trackers);
    news->note_count = 0;
    news->overflown = false;
    empty(&news->names);
    empty(&news->text);
    send_letters(news);
}

static int compare_wanted(const void *a, const void *b)
{
    const struct wanted_key *one = a, *other = b;
    int order = prefix_compare(one->name, other->name);
    if (order != 0) return order;
    return one->at < other->at ? -1 : one->at > other->at;
}

static void sort_wanted(struct wanted_keys *keys)
{
    for (size_t i = 0; i < keys->len; i++) keys->items[i].name.data = keys->names.data + keys->items[i].at;
    if (keys->len > 1) qsort(keys->items, keys->len, sizeof *keys->items, compare_wanted);
    size_t len = 0;
    for (size_t i = 0; i < keys->len; i++) {
        if (len > 0 && slice_equal(keys->items[len - 1].name, keys->items[i].name)) len--;
        keys->items[len++] = keys->items[i];
    }
    keys->len = len;
}

/* Those that begin with the prefix: in order they stand side by side. */
struct run {
    const struct wanted_key *keys;
    size_t len;
};

static struct run run_of(const struct wanted_keys *keys, struct slice prefix)
{
    size_t low = 0, end;
    for (size_t high = keys->len; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (prefix_compare(keys->items[middle].name, prefix) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (end = low; end < keys->len && prefix_begins(prefix, keys->items[end].name);) end++;
    return (struct run){ keys->items + low, end - low };
}

/* Those that session `without` did not change itself; 0: all. False: there are none. */
static bool write_run(struct news *news, const struct run *run, uint64_t without)
{
    struct slice *names = alloc_bytes(run->len * sizeof *names);
    size_t len = 0;
    for (size_t i = 0; i < run->len; i++)
        if (without == 0 || run->keys[i].origin != without) names[len++] = run->keys[i].name;
    begin_text(news);
    if (len > 0) newsletter_write_keys(&news->text, names, len);
    alloc_free(names);
    return len > 0;
}

static bool has_own(const struct run *run, uint64_t session)
{
    for (size_t i = 0; i < run->len; i++)
        if (run->keys[i].origin == session) return true;
    return false;
}

/* Everybody is told the same, but for whoever changed some of the keys and does not want to hear of it. */
static void tell_run(struct news *news, const struct wanted_prefix *prefix, const struct run *run)
{
    bool written = false;
    for (size_t i = 0; i < prefix->len; i++) {
        struct tracker *tracker = trackers_find(news->trackers, prefix->numbers[i]);
        bool apart = modes_of(tracker) & TRACKER_NOLOOP && has_own(run, tracker->session);
        if (apart || !written) written = write_run(news, run, apart ? tracker->session : 0);
        if (written) tell(news, tracker);
        if (apart) written = false;
    }
}

static void tell_runs(struct news *news)
{
    const struct wanted *wanted = trackers_wanted(news->trackers);
    sort_wanted(&news->wanted);
    for (size_t i = 0; i < wanted->len; i++) {
        struct run run = run_of(&news->wanted, wanted->items[i].text);
        if (run.len > 0) tell_run(news, &wanted->items[i], &run);
    }
}

/* Who wants keys by prefix, and only they: the others were told of each key. */
static void tell_overflow(struct news *news)
{
    struct tracker *tracker = NULL;
    begin_text(news);
    newsletter_write_all(&news->text);
    while ((tracker = trackers_next(news->trackers, tracker)) != NULL)
        if (modes_of(tracker) & TRACKER_BCAST) tell(news, tracker);
}

void news_post_wanted(struct news *news)
{
    struct wanted_keys *keys = &news->wanted;
    if (keys->len == 0) return;
    trackers_lock_to_read(news->trackers);
    if (keys->overflown)
        tell_overflow(news);
    else
        tell_runs(news);
    trackers_unlock(news->trackers);
    keys->len = 0;
    keys->overflown = false;
    empty(&keys->names);
    empty(&news->text);
    send_letters(news);
}
