#include "server/config/options/groups.h"

static const struct option_choice tls_auth_clients[] = {
    { "no", 0 }, { "yes", 1 }, { "optional", 2 }, { 0 }
};

const struct option tls_options[] = {
    { "tls-auth-clients", OPTION_ENUM, .choices = tls_auth_clients, .preset = "yes",
      .flags = OPTION_IGNORED },
    { "tls-ca-cert-dir", OPTION_TEXT, .flags = OPTION_IGNORED },
    { "tls-ca-cert-file", OPTION_TEXT, .flags = OPTION_IGNORED },
    { "tls-cert-file", OPTION_TEXT, .flags = OPTION_IGNORED },
    { "tls-ciphers", OPTION_TEXT, .flags = OPTION_IGNORED },
    { "tls-ciphersuites", OPTION_TEXT, .flags = OPTION_IGNORED },
    { "tls-client-cert-file", OPTION_TEXT, .flags = OPTION_IGNORED },
    { "tls-client-key-file", OPTION_TEXT, .flags = OPTION_IGNORED },
    { "tls-client-key-file-pass", OPTION_TEXT, .flags = OPTION_IGNORED },
    { "tls-cluster", OPTION_BOOL, .preset = "no", .flags = OPTION_IGNORED },
    { "tls-dh-params-file", OPTION_TEXT, .flags = OPTION_IGNORED },
    { "tls-key-file", OPTION_TEXT, .flags = OPTION_IGNORED },
    { "tls-key-file-pass", OPTION_TEXT, .flags = OPTION_IGNORED },
    { "tls-port", OPTION_INT, .max = UINT16_MAX, .preset = "0",
      .unmet = "TLS is not supported: set this to 0 and use a unix socket or a tunnel",
      .summary = "Must be 0: there is no TLS, and a port for it is refused rather than left closed." },
    { "tls-prefer-server-ciphers", OPTION_BOOL, .preset = "no", .flags = OPTION_IGNORED },
    { "tls-protocols", OPTION_TEXT, .flags = OPTION_IGNORED },
    { "tls-replication", OPTION_BOOL, .preset = "no", .flags = OPTION_IGNORED },
    { "tls-session-cache-size", OPTION_INT, .max = INT32_MAX, .preset = "20480", .flags = OPTION_IGNORED },
    { "tls-session-cache-timeout", OPTION_INT, .max = INT32_MAX, .preset = "300", .flags = OPTION_IGNORED },
    { "tls-session-caching", OPTION_BOOL, .preset = "yes", .flags = OPTION_IGNORED },
    { 0 },
};
