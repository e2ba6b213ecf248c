#include "server/config/options/groups.h"
#include "server/config/text/format.h"

const struct option network_options[] = {
    { "port", OPTION_INT, FIELD(port), .max = UINT16_MAX, .preset = "6379",
      .summary = "TCP port to listen on; 0 listens on none." },
    { "bind", OPTION_MULTI, .text = TEXT_BIND, .format = &format_bind, .preset = "* -::*",
      .summary =
          "Addresses to listen on, at most 16. A leading `-` allows an address to be unavailable; `*` is "
          "every IPv4 and `::*` every IPv6 address." },
    { "bind-source-addr", OPTION_TEXT, .flags = OPTION_IGNORED },
    { "unixsocket", OPTION_TEXT, .text = TEXT_UNIXSOCKET, .flags = OPTION_IMMUTABLE,
      .summary = "Path of a Unix socket to listen on; empty listens on none." },
    { "unixsocketperm", OPTION_OCTAL, FIELD(unixsocketperm), .max = 0777, .preset = "0",
      .flags = OPTION_IMMUTABLE,
      .summary = "File mode of the Unix socket, in octal; 0 leaves it to the umask." },
    { "tcp-backlog", OPTION_INT, FIELD(tcp_backlog), .max = INT32_MAX, .preset = "511",
      .flags = OPTION_IMMUTABLE, .summary = "Connections that may wait to be accepted." },
    { "tcp-keepalive", OPTION_INT, FIELD(tcp_keepalive_s), .max = INT32_MAX, .preset = "300",
      .summary = "Seconds of silence after which the kernel asks whether a peer still lives; 0 never asks." },
    { "protected-mode", OPTION_BOOL, FIELD(protected_mode), .preset = "yes",
      .summary = "Without a password, refuse clients of other machines." },
    { "socket-mark-id", OPTION_INT, FIELD(socket_mark_id), .max = UINT32_MAX, .preset = "0",
      .flags = OPTION_IMMUTABLE,
      .summary = "Mark of the listening sockets for the packet filter; 0 sets none." },
    { 0 },
};
