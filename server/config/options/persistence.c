#include "server/config/options/groups.h"
#include "server/config/text/format.h"

static bool is_path(struct slice text)
{
    return text.len > 0 && memchr(text.data, '/', text.len) != NULL;
}

static const char *dbfilename_complaint(struct slice text)
{
    return is_path(text) ? "dbfilename can't be a path, just a filename" : NULL;
}

static const char *appendfilename_complaint(struct slice text)
{
    if (text.len == 0) return "appendfilename can't be empty";
    return is_path(text) ? "appendfilename can't be a path, just a filename" : NULL;
}

static const char *appenddirname_complaint(struct slice text)
{
    if (text.len == 0) return "appenddirname can't be empty";
    return is_path(text) ? "appenddirname can't be a path, just a dirname" : NULL;
}

static const struct option_choice appendfsync[] = { { "everysec", 0 }, { "always", 1 }, { "no", 2 }, { 0 } };
static const struct option_choice dump_forms[] = { { "redis", DUMP_FORM_REDIS },
                                                   { "valkey", DUMP_FORM_VALKEY },
                                                   { 0 } };
static const struct option_choice sanitize_dump_payload[] = {
    { "no", 0 }, { "yes", 1 }, { "clients", 2 }, { 0 }
};

const struct option persistence_options[] = {
    { "aof-disable-auto-gc", OPTION_BOOL, .preset = "no", .flags = OPTION_IGNORED },
    { "aof-load-truncated", OPTION_BOOL, .preset = "yes", .flags = OPTION_IGNORED },
    { "aof-rewrite-incremental-fsync", OPTION_BOOL, .preset = "yes", .flags = OPTION_IGNORED },
    { "aof-timestamp-enabled", OPTION_BOOL, .preset = "no", .flags = OPTION_IGNORED },
    { "aof-use-rdb-preamble", OPTION_BOOL, .preset = "yes", .flags = OPTION_IGNORED },
    { "aof-rewrite-cpulist", OPTION_TEXT, .flags = OPTION_IMMUTABLE | OPTION_IGNORED },
    { "aof_rewrite_cpulist", OPTION_ALIAS, .of = "aof-rewrite-cpulist" },
    { "appenddirname", OPTION_TEXT, .complaint = appenddirname_complaint, .preset = "appendonlydir",
      .flags = OPTION_IMMUTABLE | OPTION_IGNORED },
    { "appendfilename", OPTION_TEXT, .complaint = appendfilename_complaint, .preset = "appendonly.aof",
      .flags = OPTION_IMMUTABLE | OPTION_IGNORED },
    { "appendfsync", OPTION_ENUM, .choices = appendfsync, .preset = "everysec", .flags = OPTION_IGNORED },
    { "appendonly", OPTION_BOOL, .preset = "no", .flags = OPTION_IGNORED },
    { "auto-aof-rewrite-min-size", OPTION_MEMORY, .max = INT64_MAX, .preset = "67108864",
      .flags = OPTION_IGNORED },
    { "auto-aof-rewrite-percentage", OPTION_INT, .max = INT32_MAX, .preset = "100", .flags = OPTION_IGNORED },
    { "bgsave-cpulist", OPTION_TEXT, .flags = OPTION_IMMUTABLE | OPTION_IGNORED },
    { "bgsave_cpulist", OPTION_ALIAS, .of = "bgsave-cpulist" },
    { "load-rdb", OPTION_BOOL, FIELD(load_rdb), .preset = "no", .flags = OPTION_IMMUTABLE,
      .summary =
          "Load the file that `dbfilename` names in `dir` at the start. Nothing is ever written to it." },
    { "dbfilename", OPTION_TEXT, .text = TEXT_DBFILENAME, .complaint = dbfilename_complaint,
      .preset = "dump.rdb", .flags = OPTION_PROTECTED,
      .summary = "The RDB file of a Redis or a Valkey that `load-rdb` loads." },
    { "dump-hash-deadlines", OPTION_ENUM, FIELD(dump_hash_deadlines), .choices = dump_forms,
      .preset = "redis",
      .summary = "Whose form DUMP and MIGRATE give a hash whose fields have deadlines, `redis` (7.4 and "
                 "later) or `valkey` (9 and later): neither reads the other's. Both are read here." },
    { "key-load-delay", OPTION_INT, FIELD(key_load_delay_us), .min = INT32_MIN, .max = INT32_MAX,
      .preset = "0", .flags = OPTION_HIDDEN,
      .summary = "Microseconds to wait after each key that is loaded, for tests." },
    { "loading-process-events-interval-bytes", OPTION_INT, .min = 1024, .max = INT32_MAX, .preset = "2097152",
      .flags = OPTION_HIDDEN | OPTION_IGNORED },
    { "no-appendfsync-on-rewrite", OPTION_BOOL, .preset = "no", .flags = OPTION_IGNORED },
    { "rdb-del-sync-files", OPTION_BOOL, .preset = "no", .flags = OPTION_IGNORED },
    { "rdb-key-save-delay", OPTION_INT, .min = INT32_MIN, .max = INT32_MAX, .preset = "0",
      .flags = OPTION_HIDDEN | OPTION_IGNORED },
    { "rdb-save-incremental-fsync", OPTION_BOOL, .preset = "yes", .flags = OPTION_IGNORED },
    { "rdbchecksum", OPTION_BOOL, .preset = "yes", .flags = OPTION_IMMUTABLE | OPTION_IGNORED },
    { "rdbcompression", OPTION_BOOL, FIELD(rdbcompression), .preset = "yes",
      .summary = "Whether DUMP compresses texts of more than 20 bytes where that saves some." },
    { "sanitize-dump-payload", OPTION_ENUM, .choices = sanitize_dump_payload, .preset = "no",
      .flags = OPTION_IGNORED },
    { "save", OPTION_MULTI, .format = &format_save, .preset = "3600 1 300 100 60 10000",
      .flags = OPTION_IGNORED },
    { "stop-writes-on-bgsave-error", OPTION_BOOL, .preset = "yes", .flags = OPTION_IGNORED },
    { 0 },
};
