#include "server/config/options/groups.h"

static const struct option_choice permissions[] = {
    { "no", PERMISSION_NO }, { "yes", PERMISSION_YES }, { "local", PERMISSION_LOCAL }, { 0 }
};

static const struct option_choice pubsub_defaults[] = { { "allchannels", 0 }, { "resetchannels", 1 }, { 0 } };

const struct option security_options[] = {
    { "requirepass", OPTION_TEXT, .text = TEXT_REQUIREPASS, .flags = OPTION_BINARY,
      .summary = "Password that a client must give with AUTH or HELLO; empty asks for none." },
    { "enable-debug-command", OPTION_ENUM, FIELD(enable_debug_command), .choices = permissions,
      .preset = "no", .flags = OPTION_IMMUTABLE,
      .summary = "Who may use DEBUG: nobody, everybody, clients of this machine." },
    { "enable-protected-configs", OPTION_ENUM, FIELD(enable_protected_configs), .choices = permissions,
      .preset = "no", .flags = OPTION_IMMUTABLE,
      .summary = "Who may change `dir` and `dbfilename` with CONFIG SET." },
    { "enable-module-command", OPTION_ENUM, FIELD(enable_module_command), .choices = permissions,
      .preset = "no", .flags = OPTION_IMMUTABLE,
      .summary = "Who may have the upstream load modules: nobody, everybody, clients of this machine." },
    { "aclfile", OPTION_TEXT, .text = TEXT_ACLFILE, .flags = OPTION_IMMUTABLE,
      .summary =
          "File of users, which ACL LOAD and ACL SAVE read and write; empty: `user` lines declare them." },
    { "acl-pubsub-default", OPTION_ENUM, FIELD(acl_pubsub_resets), .choices = pubsub_defaults,
      .preset = "resetchannels", .summary = "Whether new users may use all channels, or none." },
    { "acllog-max-len", OPTION_INT, FIELD(acllog_max_len), .max = INT64_MAX, .preset = "128",
      .summary = "Entries that ACL LOG keeps." },
    { 0 },
};
