#include "server/config/options/groups.h"
#include "server/config/text/format.h"
#include "server/config/upstream_url.h"
#include "server/config/upstream_users.h"

static const struct option_choice modes[] = { { "coherent", NEAR_CACHE_COHERENT },
                                              { "strict", NEAR_CACHE_STRICT },
                                              { 0 } };

static const struct option_choice verifications[] = {
    { "no", TLS_VERIFY_NONE }, { "chain", TLS_VERIFY_CHAIN }, { "name", TLS_VERIFY_NAME }, { 0 }
};

static const struct option_choice trackings[] = {
    { "auto", TRACKING_AUTO }, { "default", TRACKING_DEFAULT }, { "bcast", TRACKING_BCAST },
    { "ttl", TRACKING_TTL },   { "off", TRACKING_OFF },         { 0 }
};

static const struct option_choice upstream_auths[] = { { "shared", UPSTREAM_AUTH_SHARED },
                                                       { "user", UPSTREAM_AUTH_USER },
                                                       { 0 } };

const struct option upstream_options[] = {
    { "upstream", OPTION_TEXT, .text = TEXT_UPSTREAM, .complaint = upstream_url_complaint,
      .show = upstream_url_show, .flags = OPTION_IMMUTABLE,
      .summary = "The Redis to be a cache in front of: redis://[user:password@]host:port[/db], "
                 "rediss:// for the same by TLS, or unix:/path[?db=n]. Empty: none, all is kept here." },
    { "upstream-auth", OPTION_ENUM, FIELD(upstream_auth), .choices = upstream_auths, .preset = "shared",
      .flags = OPTION_IMMUTABLE,
      .summary = "As whom clients go to the upstream: all as the user in its address (`shared`), or those "
                 "whose users `upstream-user` names as another, over connections of their own and with "
                 "nothing answered from copies (`user`)." },
    { "upstream-user", OPTION_MULTI, .text = TEXT_UPSTREAM_USER, .format = &format_upstream_users,
      .show = upstream_users_show, .flags = OPTION_IMMUTABLE,
      .summary = "A user here, the upstream's user as which its commands go up, and the password of that. "
                 "May be given several times." },
    { "near-cache-mode", OPTION_ENUM, FIELD(near_cache_mode), .choices = modes, .preset = "coherent",
      .summary = "`strict` answers no read from the local copy." },
    { "near-cache-strict-prefix", OPTION_MULTI, .text = TEXT_NEAR_CACHE_STRICT_PREFIX,
      .format = &format_prefixes, .flags = OPTION_IMMUTABLE,
      .summary = "Keys that start with one of these are treated as in `strict` mode." },
    { "near-cache-prefix", OPTION_MULTI, .text = TEXT_NEAR_CACHE_PREFIX, .format = &format_prefixes,
      .flags = OPTION_IMMUTABLE,
      .summary = "Only keys that start with one of these are kept locally and tracked; empty: every key." },
    { "near-cache-tracking", OPTION_ENUM, FIELD(near_cache_tracking), .choices = trackings, .preset = "auto",
      .flags = OPTION_IMMUTABLE,
      .summary = "How changes made by others are learned of: pushed for every key (`bcast`), pushed for "
                 "the keys read (`default`), not at all until `near-cache-max-ttl` (`ttl`), or by not "
                 "keeping anything (`off`). `auto` takes the first of these that the upstream can do." },
    { "near-cache-max-ttl", OPTION_INT, FIELD(near_cache_max_ttl_ms), .max = INT64_MAX, .preset = "600000",
      .summary = "Milliseconds that a local copy lives at most; 0 is no limit." },
    { "near-cache-min-ttl", OPTION_INT, FIELD(near_cache_min_ttl_ms), .max = INT64_MAX, .preset = "10",
      .summary = "A key that has fewer milliseconds left to live is not kept locally." },
    { "near-cache-negative-ttl", OPTION_INT, FIELD(near_cache_negative_ttl_ms), .max = INT64_MAX,
      .preset = "10000",
      .summary = "Milliseconds for which it is remembered that a key does not exist; 0 never." },
    { "near-cache-max-value", OPTION_MEMORY, FIELD(near_cache_max_value), .max = INT64_MAX, .preset = "1mb",
      .summary = "Longer strings, and other values whose form in DUMP is longer, are not kept locally." },
    { "near-cache-fill-after", OPTION_INT, FIELD(near_cache_fill_after), .max = 1000, .preset = "2",
      .summary = "A hash, list, set, sorted set, stream or bitmap is fetched whole, to be kept locally, when "
                 "it was read so many times; 0: it is not kept." },
    { "near-cache-lock-timeout", OPTION_INT, FIELD(near_cache_lock_timeout_ms), .max = INT64_MAX,
      .preset = "1000",
      .summary = "A GET waits for another client's GET of the same key that is on its way and not older "
                 "than so many milliseconds; 0: each goes up itself." },
    { "near-cache-touch-rate", OPTION_INT, FIELD(near_cache_touch_rate), .max = 1000000, .preset = "100",
      .summary = "Keys a second, of those answered locally, that are touched upstream so that it does not "
                 "evict them; 0 touches none." },
    { "upstream-heartbeat", OPTION_INT, FIELD(upstream_heartbeat_ms), .min = 10, .max = INT32_MAX,
      .preset = "1000",
      .summary = "Milliseconds without a sign of life from the upstream after which nothing is answered "
                 "locally any more." },
    { "upstream-timeout", OPTION_INT, FIELD(upstream_timeout_ms), .min = 10, .max = INT32_MAX,
      .preset = "5000",
      .summary = "Milliseconds of silence, while a reply is owed, after which a connection counts as lost." },
    { "upstream-reconnect", OPTION_INT, FIELD(upstream_reconnect_ms), .min = 1, .max = INT32_MAX,
      .preset = "2000",
      .summary = "Longest pause between attempts to connect, in milliseconds; it doubles from 20 on." },
    { "upstream-on-failure", OPTION_MULTI, .format = &format_failure, .preset = "error",
      .summary = "Without a link: `error` refuses what needs the upstream, `serve-stale SECONDS` answers "
                 "reads from the local copies for so long, `local` goes on as a plain cache and empties it "
                 "when the link returns." },
    { "upstream-max-inflight", OPTION_INT, FIELD(upstream_max_inflight), .min = 1, .max = INT32_MAX,
      .preset = "16384", .summary = "Commands on their way upstream above which clients wait." },
    { "upstream-max-inflight-bytes", OPTION_MEMORY, FIELD(upstream_max_inflight_bytes), .min = 1,
      .max = INT64_MAX, .preset = "64mb", .summary = "Their bytes above which clients wait." },
    { "upstream-pool-size", OPTION_INT, FIELD(upstream_pool_size), .min = 1, .max = INT32_MAX,
      .preset = "1000",
      .summary = "Connections to the upstream, at most, for transactions, subscriptions and blocking "
                 "commands." },
    { "upstream-tls-ca-cert-file", OPTION_TEXT, .text = TEXT_UPSTREAM_TLS_CA_CERT_FILE,
      .flags = OPTION_VOLATILE,
      .summary = "Authorities, in PEM, whose certificate of an upstream of rediss:// is believed. Empty, as "
                 "its directory: those of `tls-ca-cert-file` and `tls-ca-cert-dir`, or of the system." },
    { "upstream-tls-ca-cert-dir", OPTION_TEXT, .text = TEXT_UPSTREAM_TLS_CA_CERT_DIR,
      .flags = OPTION_VOLATILE, .summary = "The same as a directory that `openssl rehash` has prepared." },
    { "upstream-tls-cert-file", OPTION_TEXT, .text = TEXT_UPSTREAM_TLS_CERT_FILE, .flags = OPTION_VOLATILE,
      .summary = "Certificate that is shown to the upstream; empty: that of `tls-client-cert-file`." },
    { "upstream-tls-key-file", OPTION_TEXT, .text = TEXT_UPSTREAM_TLS_KEY_FILE, .flags = OPTION_VOLATILE,
      .summary = "Its private key." },
    { "upstream-tls-key-file-pass", OPTION_TEXT, .text = TEXT_UPSTREAM_TLS_KEY_FILE_PASS,
      .flags = OPTION_VOLATILE, .summary = "The password of that." },
    { "upstream-tls-server-name", OPTION_TEXT, .text = TEXT_UPSTREAM_TLS_SERVER_NAME,
      .summary = "The name that the upstream is asked for (SNI) and that its certificate must have; empty: "
                 "the host of `upstream`." },
    { "upstream-tls-verify", OPTION_ENUM, FIELD(upstream_tls_verify), .choices = verifications,
      .preset = "name",
      .summary = "What the upstream's certificate must be: signed by an authority and of the right `name`, "
                 "signed (`chain`), or anything (`no`), which whoever sits in between can have." },
    { 0 },
};
