#include "server/config/options/groups.h"
#include "server/config/text/format.h"

#define MIB (1024 * 1024)

const struct option client_options[] = {
    { "maxclients", OPTION_INT, FIELD(maxclients), .min = 1, .max = UINT32_MAX, .preset = "10000",
      .summary = "Connections at a time; further ones get an error and are closed." },
    { "timeout", OPTION_INT, FIELD(timeout_s), .max = INT32_MAX, .preset = "0",
      .summary = "Seconds after which an idle connection is closed; 0 never closes one." },
    { "proto-max-bulk-len", OPTION_MEMORY, FIELD(proto_max_bulk_len), .min = MIB, .max = INT64_MAX,
      .preset = "512mb", .summary = "Largest argument and largest string value." },
    { "client-query-buffer-limit", OPTION_MEMORY, FIELD(client_query_buffer_limit), .min = MIB,
      .max = INT64_MAX, .preset = "1gb",
      .summary =
          "Bytes that a client may send of one request, or queue behind MULTI, before it is disconnected." },
    { "client-output-buffer-limit", OPTION_MULTI, .format = &format_output_limits,
      .preset = "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60",
      .summary = "Per class of clients (`normal`, `replica`, `pubsub`): the bytes of unread replies at which "
                 "one is disconnected, and the bytes and seconds for which it may stay above a softer limit. "
                 "0 is no limit." },
    { "maxmemory-clients", OPTION_PERCENT, FIELD(maxmemory_clients), .preset = "0",
      .summary =
          "Memory of all client buffers together, in bytes or as a percentage of `maxmemory`; above it "
          "the largest are disconnected. 0 is no limit." },
    { 0 },
};
