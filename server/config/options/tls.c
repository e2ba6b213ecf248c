#include "server/config/options/groups.h"

static const struct option_choice auth_choices[] = {
    { "no", TLS_AUTH_NO }, { "yes", TLS_AUTH_YES }, { "optional", TLS_AUTH_OPTIONAL }, { 0 }
};

static const struct option_choice user_choices[] = { { "off", TLS_USER_OFF }, { "CN", TLS_USER_CN }, { 0 } };

const struct option tls_options[] = {
    { "tls-port", OPTION_INT, FIELD(tls_port), .max = UINT16_MAX, .preset = "0",
      .summary =
          "Port for connections that are encrypted by TLS; 0: none. With `port` 0 it is the only one." },
    { "tls-cert-file", OPTION_TEXT, .text = TEXT_TLS_CERT_FILE, .flags = OPTION_VOLATILE,
      .summary = "Certificate of this server in PEM, with those between it and its authority behind it." },
    { "tls-key-file", OPTION_TEXT, .text = TEXT_TLS_KEY_FILE, .flags = OPTION_VOLATILE,
      .summary = "Its private key in PEM." },
    { "tls-key-file-pass", OPTION_TEXT, .text = TEXT_TLS_KEY_FILE_PASS, .flags = OPTION_VOLATILE,
      .summary = "Password of the private key, if it has one." },
    { "tls-ca-cert-file", OPTION_TEXT, .text = TEXT_TLS_CA_CERT_FILE, .flags = OPTION_VOLATILE,
      .summary = "Authorities, in PEM, whose certificates of clients are believed." },
    { "tls-ca-cert-dir", OPTION_TEXT, .text = TEXT_TLS_CA_CERT_DIR, .flags = OPTION_VOLATILE,
      .summary = "The same as a directory that `openssl rehash` has prepared." },
    { "tls-auth-clients", OPTION_ENUM, FIELD(tls_auth_clients), .choices = auth_choices, .preset = "yes",
      .summary = "Whether a client must have a certificate of one of these authorities; `optional`: it need "
                 "not have one, but what it has must be good." },
    { "tls-auth-clients-user", OPTION_ENUM, FIELD(tls_auth_clients_user), .choices = user_choices,
      .preset = "off",
      .summary = "`CN`: a client begins as the user of the common name in its certificate, where there is "
                 "one of that name and it is on; no password is asked for." },
    { "tls-client-cert-file", OPTION_TEXT, .text = TEXT_TLS_CLIENT_CERT_FILE, .flags = OPTION_VOLATILE,
      .summary =
          "Certificate for connections that are begun here, where `upstream-tls-cert-file` is empty." },
    { "tls-client-key-file", OPTION_TEXT, .text = TEXT_TLS_CLIENT_KEY_FILE, .flags = OPTION_VOLATILE,
      .summary = "Its private key." },
    { "tls-client-key-file-pass", OPTION_TEXT, .text = TEXT_TLS_CLIENT_KEY_FILE_PASS,
      .flags = OPTION_VOLATILE, .summary = "The password of that." },
    { "tls-dh-params-file", OPTION_TEXT, .text = TEXT_TLS_DH_PARAMS_FILE, .flags = OPTION_VOLATILE,
      .summary = "Parameters for ciphers with DHE, in PEM; empty: chosen by the key." },
    { "tls-protocols", OPTION_TEXT, .text = TEXT_TLS_PROTOCOLS,
      .summary = "Versions that are spoken, of TLSv1, TLSv1.1, TLSv1.2 and TLSv1.3; empty: the last two." },
    { "tls-ciphers", OPTION_TEXT, .text = TEXT_TLS_CIPHERS,
      .summary = "Ciphers up to TLS 1.2, as in `openssl ciphers`; empty: OpenSSL's default." },
    { "tls-ciphersuites", OPTION_TEXT, .text = TEXT_TLS_CIPHERSUITES,
      .summary = "Those of TLS 1.3; empty: OpenSSL's default." },
    { "tls-prefer-server-ciphers", OPTION_BOOL, FIELD(tls_prefer_server_ciphers), .preset = "no",
      .summary = "Take the first cipher of ours that the client knows, rather than the reverse." },
    { "tls-session-caching", OPTION_BOOL, FIELD(tls_session_caching), .preset = "yes",
      .summary = "Let clients that come back resume their session, which spares a signature." },
    { "tls-session-cache-size", OPTION_INT, FIELD(tls_session_cache_size), .max = INT32_MAX,
      .preset = "20480", .summary = "Sessions that are remembered; 0 is no limit." },
    { "tls-session-cache-timeout", OPTION_INT, FIELD(tls_session_cache_timeout_s), .max = INT32_MAX,
      .preset = "300", .summary = "Seconds for which a session may be resumed." },
    { "tls-handshake-timeout", OPTION_INT, FIELD(tls_handshake_timeout_ms), .min = 1, .max = INT32_MAX,
      .preset = "10000", .summary = "Milliseconds for which a handshake may take before it is given up." },
    { "tls-replication", OPTION_BOOL, .preset = "no", .flags = OPTION_IGNORED },
    { "tls-cluster", OPTION_BOOL, FIELD(tls_cluster), .preset = "no",
      .summary = "Encrypt connections to other servers of our kind, which are those of `MIGRATE`. Their "
                 "certificates must be signed by an authority of `tls-ca-cert-file`; they are shown that of "
                 "`tls-client-cert-file`, or else this server's." },
    { 0 },
};
