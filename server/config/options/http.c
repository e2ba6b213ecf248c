#include "server/config/options/groups.h"
#include "server/config/text/format.h"

static const struct option_choice freshness_choices[] = { { "no-cache", HTTP_FRESHNESS_NONE },
                                                          { "ttl", HTTP_FRESHNESS_TTL },
                                                          { 0 } };

const struct option http_options[] = {
    { "http-port", OPTION_INT, FIELD(http_port), .max = UINT16_MAX, .preset = "0",
      .summary = "Port for HTTP; 0: none." },
    { "http-tls-port", OPTION_INT, FIELD(http_tls_port), .max = UINT16_MAX, .preset = "0",
      .summary = "Port for HTTP that is encrypted by TLS, as `tls-*` says; 0: none." },
    { "http-bind", OPTION_MULTI, .text = TEXT_HTTP_BIND, .format = &format_bind, .preset = "127.0.0.1 -::1",
      .summary = "Addresses to listen on for HTTP, as `bind`. Those that other hosts can reach are listened "
                 "on only where a password is needed, or with `http-open yes`." },
    { "http-unixsocket", OPTION_TEXT, .text = TEXT_HTTP_UNIXSOCKET, .flags = OPTION_IMMUTABLE,
      .summary = "Path of a Unix socket to listen on for HTTP; empty listens on none." },
    { "http-open", OPTION_BOOL, FIELD(http_open), .preset = "no",
      .summary = "Let other hosts use HTTP though no password is needed." },
    { "http-hosts", OPTION_MULTI, .text = TEXT_HTTP_HOSTS, .format = &format_http_names,
      .summary = "Names, without ports, that a request's Host may have besides `localhost` and the address "
                 "that it came to." },
    { "http-cors-origins", OPTION_MULTI, .text = TEXT_HTTP_CORS_ORIGINS, .format = &format_http_names,
      .summary = "Origins, as in `https://app.example`, whose pages may read and write; empty: none." },
    { "http-token", OPTION_MULTI, .text = TEXT_HTTP_TOKENS, .format = &format_http_tokens,
      .summary = "A user, and the SHA-256, in hexadecimal digits, of a token that stands for that user in "
                 "`Authorization: Bearer`. May be given several times." },
    { "http-max-body", OPTION_MEMORY, FIELD(http_max_body), .min = 1024, .max = INT64_MAX, .preset = "64mb",
      .summary = "Longest body of a request, the framing of chunks included; never more than "
                 "`proto-max-bulk-len`." },
    { "http-cache-control", OPTION_ENUM, FIELD(http_cache_control), .choices = freshness_choices,
      .preset = "no-cache",
      .summary =
          "What caches are told of a value: to ask each time (`no-cache`), or that it is good for what "
          "is left of its time to live (`ttl`)." },
    { 0 },
};
