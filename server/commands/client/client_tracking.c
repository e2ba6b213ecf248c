#include "server/commands/client/client_tracking.h"

#include <stdatomic.h>

#include "proto/base/alloc.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/events/tracking/prefix_overlap.h"
#include "server/events/tracking/trackers.h"
#include "server/events/tracking/tracking.h"
#include "server/exec/call.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/errors.h"
#include "server/exec/session/session.h"
#include "server/upstream/copies/followers.h"

static unsigned modes_of(const struct session *session)
{
    return session->tracker != NULL ? atomic_load(&session->tracker->modes) : 0;
}

/* All of them are read, and found wrong, also for OFF. */
struct request {
    struct tracker_wish wish;
    struct slice *prefixes; /* in the order they were given */
    size_t prefix_count;
};

static bool refuse(struct call *call, struct slice error)
{
    reply_error(call->reply, error);
    return false;
}

static bool read_redirect(struct call *call, int arg, struct tracker_wish *wish)
{
    int64_t id;
    if (wish->redirect != 0) return refuse(call, SLICE(ERR_TRACKING_REDIRECTS));
    if (!call_arg_int(call, arg, &id)) return false;
    wish->redirect = (uint64_t)id;
    if (tracking_knows(call->session, wish->redirect, &wish->redirect_loop)) return true;
    return refuse(call, SLICE(ERR_TRACKING_NO_REDIRECT));
}

static unsigned mode_named(const struct call *call, int arg)
{
    if (call_arg_is(call, arg, "BCAST")) return TRACKER_BCAST;
    if (call_arg_is(call, arg, "OPTIN")) return TRACKER_OPTIN;
    if (call_arg_is(call, arg, "OPTOUT")) return TRACKER_OPTOUT;
    if (call_arg_is(call, arg, "NOLOOP")) return TRACKER_NOLOOP;
    return 0;
}

static bool read_options(struct call *call, struct request *request)
{
    for (int i = 3; i < call->argc; i++) {
        bool more = i + 1 < call->argc;
        unsigned mode = mode_named(call, i);
        if (mode != 0)
            request->wish.modes |= mode;
        else if (more && call_arg_is(call, i, "PREFIX"))
            request->prefixes[request->prefix_count++] = call->argv[++i];
        else if (!more || !call_arg_is(call, i, "REDIRECT"))
            return refuse(call, SLICE(ERR_SYNTAX));
        else if (!read_redirect(call, ++i, &request->wish))
            return false;
    }
    return true;
}

static bool agrees(struct call *call, const struct request *request)
{
    unsigned wished = request->wish.modes, present = modes_of(call->session);
    bool switches_bcast = present & TRACKER_ON && (present ^ wished) & TRACKER_BCAST;
    bool switches_opt = (wished & TRACKER_OPTIN && present & TRACKER_OPTOUT) ||
                        (wished & TRACKER_OPTOUT && present & TRACKER_OPTIN);
    if (!(wished & TRACKER_BCAST) && request->prefix_count > 0)
        return refuse(call, SLICE(ERR_TRACKING_PREFIX));
    if (switches_bcast) return refuse(call, SLICE(ERR_TRACKING_SWITCH_BCAST));
    if (wished & TRACKER_BCAST && wished & (TRACKER_OPTIN | TRACKER_OPTOUT))
        return refuse(call, SLICE(ERR_TRACKING_BCAST_OPT));
    if (wished & TRACKER_OPTIN && wished & TRACKER_OPTOUT) return refuse(call, SLICE(ERR_TRACKING_OPT_BOTH));
    return switches_opt ? refuse(call, SLICE(ERR_TRACKING_SWITCH_OPT)) : true;
}

static bool do_not_overlap(struct call *call, const struct request *request)
{
    const struct tracker *tracker = call->session->tracker;
    struct prefix_overlap overlap;
    if (!prefix_overlap_find(tracker != NULL ? tracker->prefixes : NULL,
                             tracker != NULL ? tracker->prefix_count : 0, request->prefixes,
                             request->prefix_count, &overlap))
        return true;
    const char *format = overlap.is_new ? ERR_TRACKING_OVERLAP_NEW_FMT : ERR_TRACKING_OVERLAP_FMT;
    reply_errorf(call->reply, format, (int)overlap.given.len, overlap.given.data, (int)overlap.other.len,
                 overlap.other.data);
    return false;
}

static const struct slice all_keys = { "", 0 };

/* Without prefixes BCAST means all keys, and that is asked of no other prefix. */
static void turn_on(struct call *call, struct request *request)
{
    struct tracker_wish *wish = &request->wish;
    wish->prefixes = request->prefixes;
    wish->prefix_count = prefix_sort(request->prefixes, request->prefix_count);
    if (wish->modes & TRACKER_BCAST && wish->prefix_count == 0) {
        wish->prefixes = &all_keys;
        wish->prefix_count = 1;
    }
    if (!call->inside) loop_post(call->loop); /* what was changed before is no news to it */
    tracking_turn_on(call->session, wish);
    reply_ok(call->reply);
}

static void turn_off(struct call *call)
{
    tracking_turn_off(call->session);
    reply_ok(call->reply);
}

/* With an upstream: not of what this server is not told of itself. */
static bool can_be_told(struct call *call, const struct request *request)
{
    const struct tier *tier = call->server->tier;
    bool wants_all = request->wish.modes & TRACKER_BCAST && request->prefix_count == 0;
    if (tier == NULL) return true;
    struct slice refusal = followers_refusal(tier, wants_all ? &all_keys : request->prefixes,
                                             wants_all ? 1 : request->prefix_count);
    return refusal.len == 0 ? true : refuse(call, refusal);
}

static void track(struct call *call, struct request *request)
{
    if (!read_options(call, request)) return;
    if (call_arg_is(call, 2, "OFF"))
        turn_off(call);
    else if (!call_arg_is(call, 2, "ON"))
        reply_error(call->reply, SLICE(ERR_SYNTAX));
    else if (agrees(call, request) && do_not_overlap(call, request) && can_be_told(call, request))
        turn_on(call, request);
}

void client_tracking(struct call *call)
{
    struct request request = { .prefixes = alloc_bytes((size_t)call->argc * sizeof(struct slice)) };
    track(call, &request);
    alloc_free(request.prefixes);
}

void client_caching(struct call *call)
{
    unsigned modes = modes_of(call->session);
    bool yes = call_arg_is(call, 2, "YES"), no = call_arg_is(call, 2, "NO");
    if (!(modes & TRACKER_ON)) {
        reply_error(call->reply, SLICE(ERR_CACHING_OFF));
    } else if (yes && !(modes & TRACKER_OPTIN)) {
        reply_error(call->reply, SLICE(ERR_CACHING_YES));
    } else if (no && !(modes & TRACKER_OPTOUT)) {
        reply_error(call->reply, SLICE(ERR_CACHING_NO));
    } else if (!yes && !no) {
        reply_error(call->reply, SLICE(ERR_SYNTAX));
    } else {
        call->session->tracker->caching = true;
        call->session->gates |= GATE_END;
        call->session->tracker->client_command = call->command->parent;
        reply_ok(call->reply);
    }
}

void client_getredir(struct call *call)
{
    reply_int(call->reply, tracking_redirect(call->session));
}

static size_t write_mode(struct reply *reply, bool is_on, const char *name)
{
    if (is_on) reply_bulk_cstr(reply, name);
    return is_on;
}

static void write_modes(struct call *call, unsigned modes)
{
    struct reply *reply = call->reply;
    bool caching = modes & TRACKER_ON && call->session->tracker->caching;
    struct reply_mark mark = reply_open(reply);
    reply_bulk_cstr(reply, modes & TRACKER_ON ? "on" : "off");
    size_t len = 1;
    len += write_mode(reply, modes & TRACKER_BCAST, "bcast");
    len += write_mode(reply, modes & TRACKER_OPTIN, "optin");
    len += write_mode(reply, modes & TRACKER_OPTIN && caching, "caching-yes");
    len += write_mode(reply, modes & TRACKER_OPTOUT, "optout");
    len += write_mode(reply, modes & TRACKER_OPTOUT && caching, "caching-no");
    len += write_mode(reply, modes & TRACKER_NOLOOP, "noloop");
    len += write_mode(reply, modes & TRACKER_BROKEN, "broken_redirect");
    reply_close_set(reply, mark, len);
}

void client_trackinginfo(struct call *call)
{
    struct reply *reply = call->reply;
    const struct tracker *tracker = call->session->tracker;
    size_t prefixes = tracker != NULL ? tracker->prefix_count : 0;
    reply_map(reply, 3);
    reply_bulk_cstr(reply, "flags");
    write_modes(call, modes_of(call->session));
    reply_bulk_cstr(reply, "redirect");
    reply_int(reply, tracking_redirect(call->session));
    reply_bulk_cstr(reply, "prefixes");
    reply_array(reply, prefixes);
    for (size_t i = 0; i < prefixes; i++) reply_bulk(reply, tracker->prefixes[i]);
}
