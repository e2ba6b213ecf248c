#include "tests/fuzz/network/storm.h"

#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "proto/base/alloc.h"
#include "tests/differential/generate/catalogue.h"
#include "tests/differential/generate/redis_source.h"
#include "tests/fuzz/network/aftermath.h"
#include "tests/fuzz/network/excluded.h"
#include "tests/fuzz/network/guest.h"
#include "tests/fuzz/network/speech.h"
#include "tests/support/client/client.h"
#include "tests/support/pace.h"
#include "tests/support/process/instance.h"

#define TURN_MS     2
#define LOOK_MS     50
#define PROBE_MS    500
#define PATIENCE_MS 10000
#define ENDING_MS   5000

#define MIB (INT64_C(1) << 20)
/* Of 64 MiB of keys and 64 MiB of clients' buffers, with what a large request in parts needs for a moment. */
#define PEAK_BYTES ((PACE_SANITIZED ? 1500 : 500) * MIB)

struct storm {
    const struct storm_plan *plan;
    struct storm_outcome *outcome;
    struct instance server, upstream;
    bool has_upstream;
    char address[64];
    const char *options[40];
    struct client kept; /* of PLANT_KEEPING */
    struct divergences excluded;
    struct arena arena;
    struct catalogue_source *sources;
    struct catalogue *catalogue;
    struct guest_house house;
    struct guest *guests;
    struct pollfd *polls;
    struct aftermath aftermath;
    int64_t look_ms, probe_ms;
};

static void complain(struct storm *storm, const char *what)
{
    if (!storm->outcome->failed) buffer_printf(&storm->outcome->report, "%s\n", what);
    storm->outcome->failed = true;
}

static const char **add(const char **at, const char *name, const char *value)
{
    *at++ = name;
    *at++ = value;
    return at;
}

static void start_servers(struct storm *storm)
{
    static const char *const threads[] = { "1", "2", "3", "1" };
    uint64_t seed = storm->plan->seed;
    const char **at = storm->options;
    storm->has_upstream = seed % 2 == 1;
    at = add(at, "--threads", threads[seed % 4]);
    at = add(at, "--maxmemory", "64mb");
    at = add(at, "--maxmemory-policy", "allkeys-lru");
    at = add(at, "--maxmemory-clients", "64mb");
    at = add(at, "--proto-max-bulk-len", seed / 4 % 2 == 0 ? "1mb" : "32mb");
    if (storm->has_upstream) {
        instance_start(&storm->upstream, INSTANCE_REDIS,
                       OPTIONS("--proto-max-bulk-len", "1mb", "--maxmemory", "64mb", "--maxmemory-policy",
                               "allkeys-lru"));
        snprintf(storm->address, sizeof storm->address, "redis://127.0.0.1:%d", storm->upstream.port);
        at = add(at, "--upstream", storm->address);
        at = add(at, "--upstream-pool-size", seed / 16 % 2 == 0 ? "1000" : "8");
    }
    instance_start(&storm->server, INSTANCE_NUTHATCH, storm->options);
}

/* Once its commands have been asked for. */
static void set_password(struct storm *storm)
{
    struct client client;
    if (storm->plan->seed / 8 % 2 != 0 || !client_open_tcp(&client, storm->server.port)) return;
    client_ask(&client, "CONFIG SET requirepass " SPEECH_PASSWORD);
    client_close(&client);
}

static void open_storm(struct storm *storm)
{
    const struct storm_plan *plan = storm->plan;
    size_t len;
    start_servers(storm);
    excluded_init(&storm->excluded);
    storm->sources = redis_source_create(storm->has_upstream ? storm->upstream.port : storm->server.port,
                                         &storm->arena, &len);
    set_password(storm);
    storm->catalogue = catalogue_create(storm->sources, len, &storm->excluded);
    storm->house = (struct guest_house){ .catalogue = storm->catalogue,
                                         .port = storm->server.port,
                                         .socket_path = storm->server.socket_path };
    storm->guests = alloc_zeroed(plan->guests * sizeof *storm->guests);
    storm->polls = alloc_zeroed(plan->guests * sizeof *storm->polls);
    for (unsigned i = 0; i < plan->guests; i++) {
        guest_init(&storm->guests[i], &storm->house, plan->seed * 1000003 + i);
    }
    aftermath_init(&storm->aftermath, &storm->server, storm->has_upstream ? &storm->upstream : NULL);
}

static void close_storm(struct storm *storm)
{
    for (unsigned i = 0; i < storm->plan->guests; i++) guest_clear(&storm->guests[i]);
    alloc_free(storm->guests);
    alloc_free(storm->polls);
    client_close(&storm->kept);
    if (storm->outcome->failed) instance_print_log(&storm->server);
    child_signal(&storm->server.child, SIGCONT);
    child_stop(&storm->server.child, 2000);
    scratch_clear(&storm->server.scratch);
    if (storm->has_upstream) instance_stop(&storm->upstream);
    catalogue_destroy(&storm->catalogue);
    alloc_free(storm->sources);
    arena_clear(&storm->arena);
    divergences_clear(&storm->excluded);
}

static void hear(struct storm *storm)
{
    nfds_t len = 0;
    for (unsigned i = 0; i < storm->plan->guests; i++) {
        const struct guest *guest = &storm->guests[i];
        bool wants = guest_wants_to_hear(guest);
        storm->polls[len++] = (struct pollfd){ .fd = wants ? guest->fd : -1, .events = POLLIN };
    }
    if (poll(storm->polls, len, TURN_MS) <= 0) return;
    for (unsigned i = 0; i < storm->plan->guests; i++) {
        if (storm->polls[i].revents != 0) guest_hear(&storm->guests[i], pace_now_ms());
    }
}

/* Whatever it answers: it may refuse another client, and will not for long. */
static void probe(struct storm *storm)
{
    struct client client;
    struct slice reply;
    if (!client_open_tcp(&client, storm->server.port)) {
        /* One that ends closes its socket first. */
        bool ended = child_wait(&storm->server.child, ENDING_MS);
        complain(storm, ended ? "the server has ended" : "the server accepts no connection");
        return;
    }
    client.timeout_ms = PATIENCE_MS * PACE;
    client_send_line(&client, "PING");
    if (!client_read(&client, &reply) && client.trouble == CLIENT_SILENT) {
        complain(storm, "a PING is not answered");
    }
    client_close(&client);
}

static void look(struct storm *storm)
{
    int64_t now_ms = pace_now_ms();
    if (child_wait(&storm->server.child, 0)) {
        complain(storm, "the server has ended");
        return;
    }
    if (now_ms < storm->look_ms) return;
    storm->look_ms = now_ms + LOOK_MS;
    int64_t bytes = instance_rss_bytes(&storm->server);
    if (bytes > storm->outcome->peak_bytes) storm->outcome->peak_bytes = bytes;
    if (bytes > PEAK_BYTES) complain(storm, "the server takes more memory than it should");
    for (unsigned i = 0; i < storm->plan->guests; i++) {
        if (guest_is_kept(&storm->guests[i], now_ms, PATIENCE_MS * PACE)) {
            complain(storm, "a client that has ended its side is not let go");
        }
    }
    if (now_ms < storm->probe_ms) return;
    probe(storm);
    storm->probe_ms = pace_now_ms() + PROBE_MS;
}

static void plant(struct storm *storm)
{
    if (storm->plan->plant == PLANT_DEATH) child_signal(&storm->server.child, SIGKILL);
    if (storm->plan->plant == PLANT_SILENCE) child_signal(&storm->server.child, SIGSTOP);
}

static void rage(struct storm *storm, int64_t duration_ms)
{
    int64_t end_ms = pace_now_ms() + duration_ms;
    while (!storm->outcome->failed && pace_now_ms() < end_ms) {
        hear(storm);
        for (unsigned i = 0; i < storm->plan->guests; i++) guest_step(&storm->guests[i], pace_now_ms());
        look(storm);
    }
}

/* What those had said who were there, each in a file. */
static void keep_speeches(const struct storm *storm)
{
    char path[512];
    if (storm->plan->keep_path == NULL) return;
    mkdir(storm->plan->keep_path, 0777);
    for (unsigned i = 0; i < storm->plan->guests; i++) {
        const struct guest *guest = &storm->guests[i];
        snprintf(path, sizeof path, "%s/%03u-%s", storm->plan->keep_path, i,
                 guest->fd < 0           ? "gone"
                 : guest->ended_its_side ? "ended"
                                         : "there");
        FILE *file = fopen(path, "w");
        if (file == NULL) return;
        fwrite(guest->speech.data, 1, guest->said, file);
        fclose(file);
    }
    buffer_printf(&storm->outcome->report, "what its clients had said: %s/\n", storm->plan->keep_path);
}

static void count(struct storm *storm)
{
    for (unsigned i = 0; i < storm->plan->guests; i++) {
        storm->outcome->visits += storm->guests[i].visits;
        storm->outcome->bytes_said += storm->guests[i].bytes_said;
        storm->outcome->bytes_heard += storm->guests[i].bytes_heard;
    }
}

/* A guest may have left a time limit behind. */
static void keep_client(struct storm *storm)
{
    client_open_tcp(&storm->kept, storm->server.port);
    client_ask(&storm->kept, "AUTH " SPEECH_PASSWORD);
    client_ask(&storm->kept, "CONFIG SET timeout 0");
}

static void look_after(struct storm *storm)
{
    for (unsigned i = 0; i < storm->plan->guests; i++) guest_clear(&storm->guests[i]);
    if (storm->plan->plant == PLANT_KEEPING) keep_client(storm);
    if (!aftermath_check(&storm->aftermath, &storm->outcome->report)) storm->outcome->failed = true;
}

void storm_play(const struct storm_plan *plan, struct storm_outcome *outcome)
{
    struct storm *storm = ALLOC_NEW(struct storm);
    *outcome = (struct storm_outcome){ 0 };
    *storm = (struct storm){ .plan = plan, .outcome = outcome, .kept.fd = -1 };
    open_storm(storm);
    rage(storm, plan->duration_ms / 2);
    plant(storm);
    rage(storm, plan->duration_ms / 2);
    count(storm);
    if (outcome->failed) keep_speeches(storm);
    if (!outcome->failed) look_after(storm);
    close_storm(storm);
    alloc_free(storm);
}

void storm_outcome_clear(struct storm_outcome *outcome)
{
    buffer_clear(&outcome->report);
}
