#include "bench/kit/trace/trace.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/kit/program.h"
#include "proto/base/alloc.h"
#include "proto/base/array.h"

#define MAGIC       "#kvtrace 1 "
#define KNOWN_FIRST 65536

struct trace_key {
    uint32_t value_bytes;
    uint32_t ttl_s;
};

/* The stream of what `gzip -dc path` writes. No shell sees the path. */
static FILE *unpack(const char *path, pid_t *child)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return NULL;
    *child = fork();
    if (*child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(ends[1], STDOUT_FILENO);
        execlp("gzip", "gzip", "-dc", "--", path, (char *)NULL);
        _exit(PROGRAM_NO_START);
    }
    close(ends[1]);
    if (*child > 0) return fdopen(ends[0], "re");
    close(ends[0]);
    return NULL;
}

/* The number behind ` name=` or `#name=`, or `otherwise`. */
static uint32_t header_value(const char *line, const char *name, uint32_t otherwise)
{
    size_t len = strlen(name);
    for (const char *at = line; (at = strstr(at, name)) != NULL; at += len) {
        if (at > line && (at[-1] == ' ' || at[-1] == '#') && at[len] == '=')
            return (uint32_t)strtoul(at + len + 1, NULL, 10);
    }
    return otherwise;
}

static void read_header_line(struct trace *trace, const char *line)
{
    if (line[1] == ' ') return; /* a remark */
    trace->keys = header_value(line, "keys", trace->keys);
    trace->key_bytes = header_value(line, "ksize", trace->key_bytes);
    trace->sized = header_value(line, "sized", trace->sized) != 0;
    trace->default_value_bytes = header_value(line, "size", trace->default_value_bytes);
    trace->default_ttl_s = header_value(line, "ttl", trace->default_ttl_s);
}

/* False at the end. */
static bool read_line(struct trace *trace)
{
    trace->line_number++;
    return fgets(trace->line, sizeof trace->line, trace->file) != NULL;
}

static bool read_header(struct trace *trace)
{
    if (!read_line(trace) || strncmp(trace->line, MAGIC, strlen(MAGIC)) != 0) return false;
    snprintf(trace->name, sizeof trace->name, "%.*s", (int)strcspn(trace->line + strlen(MAGIC), " \n"),
             trace->line + strlen(MAGIC));
    while (read_line(trace)) {
        trace->held = trace->line[0] != '#';
        if (trace->held) return true;
        read_header_line(trace, trace->line);
    }
    return true;
}

bool trace_open(struct trace *trace, const char *path)
{
    *trace = (struct trace){ .last_key = UINT32_MAX };
    size_t len = strlen(path);
    bool packed = len > strlen(".gz") && strcmp(path + len - strlen(".gz"), ".gz") == 0;
    trace->file = packed ? unpack(path, &trace->child) : fopen(path, "re");
    if (trace->file == NULL) return false;
    if (read_header(trace)) return true;
    trace_close(trace);
    return false;
}

bool trace_close(struct trace *trace)
{
    int status = 0;
    fclose(trace->file);
    if (trace->child > 0) waitpid(trace->child, &status, 0);
    alloc_free(trace->known_keys);
    trace->file = NULL;
    trace->known_keys = NULL;
    return status == 0;
}

static uint32_t add_key(struct trace *trace)
{
    ARRAY_RESERVE(trace->known_keys, trace->known, trace->known_cap, KNOWN_FIRST);
    trace->known_keys[trace->known] = (struct trace_key){ trace->default_value_bytes, trace->default_ttl_s };
    return trace->known++;
}

/* A number at `*at`, which moves behind it; false when there is none. */
static bool read_number(char **at, uint32_t *number)
{
    char *end;
    *number = (uint32_t)strtoul(*at, &end, 10);
    bool read = end != *at;
    *at = end;
    return read;
}

static bool read_key(struct trace *trace, char **at, uint32_t *key)
{
    if (**at == 'n')
        *key = add_key(trace), ++*at;
    else if (**at == '+')
        *key = trace->last_key + 1, ++*at;
    else if (!read_number(at, key))
        return false;
    trace->last_key = *key;
    return *key < trace->known;
}

/* The columns behind the key: size, TTL, operation, time. */
static bool read_columns(struct trace_key *known, char *at, enum trace_op *op)
{
    for (int column = 0; column < 4; column++) {
        uint32_t number = 0;
        at += strspn(at, " ");
        if (*at == '\n' || *at == '\0') return true;
        if (*at == '.') {
            at++;
        } else if (column == 2) {
            if (strchr("rsgd", *at) == NULL) return false;
            *op = (enum trace_op) * at++;
        } else {
            if (!read_number(&at, &number)) return false;
            if (column == 0) known->value_bytes = number;
            if (column == 1) known->ttl_s = number;
        }
    }
    return true;
}

enum trace_status trace_next(struct trace *trace, struct trace_request *request)
{
    if (!trace->held && !read_line(trace)) return TRACE_END;
    trace->held = false;
    char *at = trace->line;
    request->op = TRACE_READ;
    if (!read_key(trace, &at, &request->key)) return TRACE_BROKEN;
    struct trace_key *known = &trace->known_keys[request->key];
    if (!read_columns(known, at, &request->op)) return TRACE_BROKEN;
    request->value_bytes = known->value_bytes;
    request->ttl_s = known->ttl_s;
    return TRACE_READY;
}
