#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "proto/base/alloc.h"
#include "server/config/config.h"
#include "server/config/state.h"
#include "server/config/text/config_file.h"
#include "server/config/text/words.h"

/* Deep enough for anybody, shallow enough to stop a file that includes itself. */
#define INCLUDE_DEPTH_MAX 16

struct loader {
    struct config *config;
    struct buffer *report;
    bool touches_files;
    int depth;
};

static bool load_text(struct loader *loader, struct slice text);

static bool refuse(struct buffer *complaint, const char *text)
{
    buffer_printf(complaint, "%s", text);
    return false;
}

static bool append_stream(FILE *stream, struct buffer *out)
{
    const size_t piece = 64 * 1024;
    while (!feof(stream) && !ferror(stream)) {
        buffer_commit(out, fread(buffer_reserve(out, piece), 1, piece, stream));
    }
    return !ferror(stream);
}

static bool append_file(const char *path, struct buffer *out, struct buffer *report)
{
    FILE *file = fopen(path, "re");
    bool good = file != NULL && append_stream(file, out);
    if (!good) {
        buffer_printf(report, "Fatal error, can't open config file '%s': %s\n", path, strerror(errno));
    }
    if (file != NULL) fclose(file);
    return good;
}

static bool load_file(struct loader *loader, const char *path)
{
    struct buffer text = { 0 };
    bool good = append_file(path, &text, loader->report) && load_text(loader, buffer_slice(&text));
    buffer_clear(&text);
    return good;
}

/* A pattern without a match includes nothing; a name without wildcards has to exist. */
static bool load_matching(struct loader *loader, const char *pattern)
{
    if (strpbrk(pattern, "*?[") == NULL) return load_file(loader, pattern);
    glob_t matches;
    if (glob(pattern, 0, NULL, &matches) != 0) return true;
    bool good = true;
    for (size_t i = 0; good && i < matches.gl_pathc; i++) good = load_file(loader, matches.gl_pathv[i]);
    globfree(&matches);
    return good;
}

static bool include(struct loader *loader, const struct directive *directive, struct buffer *complaint)
{
    if (!loader->touches_files) return true;
    if (loader->depth == INCLUDE_DEPTH_MAX) return refuse(complaint, "Too many nested include directives");
    char *pattern = alloc_cstr(directive->words[0].data, directive->words[0].len);
    loader->depth++;
    bool good = load_matching(loader, pattern);
    loader->depth--;
    alloc_free(pattern);
    return good;
}

static bool rename_command(struct loader *loader, const struct directive *directive, struct buffer *complaint)
{
    (void)complaint;
    struct config *config = loader->config;
    const struct slice *words = directive->words;
    size_t bytes = (config->rename_count + 1) * sizeof *config->renames;
    config->renames = alloc_resize(config->renames, bytes);
    config->renames[config->rename_count++] =
        (struct config_rename){ .from = alloc_cstr(words[0].data, words[0].len),
                                .to = alloc_cstr(words[1].data, words[1].len),
                                .line = directive->line,
                                .text = alloc_cstr(directive->text.data, directive->text.len) };
    return true;
}

/* What it says is looked at by whoever knows the commands. */
static bool declare_user(struct loader *loader, const struct directive *directive, struct buffer *complaint)
{
    (void)complaint;
    struct config *config = loader->config;
    size_t bytes = (config->user_count + 1) * sizeof *config->users;
    config->users = alloc_resize(config->users, bytes);
    struct config_user *user = &config->users[config->user_count++];
    *user = (struct config_user){ .words = alloc_bytes((directive->count + 1) * sizeof(struct slice)),
                                  .count = directive->count,
                                  .line = directive->line,
                                  .text = alloc_cstr(directive->text.data, directive->text.len) };
    for (size_t i = 0; i < directive->count; i++) {
        struct slice word = directive->words[i];
        user->words[i] = slice_of(alloc_cstr(word.data, word.len), word.len);
    }
    return true;
}

static bool pass_over_module(struct loader *loader, const struct directive *directive,
                             struct buffer *complaint)
{
    (void)directive, (void)complaint;
    config_warn(loader->config, "Directive 'loadmodule' is accepted for compatibility and has no effect");
    return true;
}

/* Redis has long forgotten what these were for, and still lets old files have them. */
static bool pass_over(struct loader *loader, const struct directive *directive, struct buffer *complaint)
{
    (void)loader, (void)directive, (void)complaint;
    return true;
}

static bool refuse_sentinel(struct loader *loader, const struct directive *directive,
                            struct buffer *complaint)
{
    (void)loader, (void)directive;
    return refuse(complaint, "sentinel directive while not in sentinel mode");
}

/* What a file may say that is not a setting. */
static const struct statement {
    const char *name;
    size_t words_min, words_max;
    bool (*read)(struct loader *loader, const struct directive *directive, struct buffer *complaint);
} statements[] = {
    { "include", 1, 1, include },
    { "rename-command", 2, 2, rename_command },
    { "user", 1, SIZE_MAX, declare_user },
    { "loadmodule", 1, SIZE_MAX, pass_over_module },
    { "sentinel", 0, SIZE_MAX, refuse_sentinel },
    { "list-max-ziplist-entries", 1, 1, pass_over },
    { "list-max-ziplist-value", 1, 1, pass_over },
};

static bool load_statement(struct loader *loader, const struct directive *directive, struct buffer *complaint)
{
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        const struct statement *statement = &statements[i];
        if (!slice_equal_nocase(directive->name, slice_of_cstr(statement->name))) continue;
        if (directive->count < statement->words_min || directive->count > statement->words_max) break;
        return statement->read(loader, directive, complaint);
    }
    return refuse(complaint, "Bad directive or wrong number of arguments");
}

static bool load_directive(void *context, const struct directive *directive, struct buffer *complaint)
{
    struct loader *loader = context;
    struct config_entry *entry = config_find(loader->config, directive->name);
    if (entry == NULL) return load_statement(loader, directive, complaint);
    entry = entry->target;
    struct option_words words = { .words = directive->words,
                                  .count = directive->count,
                                  .fresh = !entry->given };
    if (!option_value_read(&entry->value, entry->option, &words, complaint)) return false;
    entry->given = true;
    bool moves = loader->touches_files && entry->option->text == TEXT_DIR;
    return !moves || config_enter_directory(entry, complaint);
}

static bool load_text(struct loader *loader, struct slice text)
{
    return config_file_parse(text, load_directive, loader, loader->report);
}

static void publish_all(struct config *config)
{
    for (size_t i = 0; i < config->count; i++) {
        struct config_entry *entry = &config->entries[i];
        if (entry->target != entry) continue;
        if (!entry->given && entry->option->text != TEXT_DIR) config_preset(config, entry, &entry->value);
        option_value_publish(&entry->value, entry->option, &config->settings);
        config_consider_warning(config, entry);
    }
}

bool config_load_text(struct config *config, struct slice text, struct buffer *report)
{
    struct loader loader = { .config = config, .report = report };
    if (!load_text(&loader, text)) return false;
    publish_all(config);
    return true;
}

void config_refuse_rename(const struct config_rename *rename, const char *complaint, struct buffer *report)
{
    config_file_report(report, rename->line, slice_of_cstr(rename->text), complaint);
}

void config_refuse_user(const struct config_user *user, const char *complaint, struct buffer *report)
{
    config_file_report(report, user->line, slice_of_cstr(user->text), complaint);
}

/* Better said now than after the terminal is gone. */
static bool try_logfile(struct config *config, struct buffer *report)
{
    struct buffer path = { 0 };
    settings_copy_text(&config->settings, TEXT_LOGFILE, &path);
    bool named = path.len > 0;
    buffer_append(&path, "", 1);
    FILE *file = named ? fopen(path.data, "ae") : NULL;
    bool good = !named || file != NULL;
    if (!good) {
        struct buffer complaint = { 0 };
        buffer_printf(&complaint, "Can't open the log file: %s", strerror(errno));
        buffer_append(&complaint, "", 1);
        config_file_report_whole(report, complaint.data);
        buffer_clear(&complaint);
    }
    if (file != NULL) fclose(file);
    buffer_clear(&path);
    return good;
}

static bool is_option_name(const char *argument)
{
    return strncmp(argument, "--", 2) == 0;
}

/* A name and its value may come as one argument: "--port 6380". */
static bool is_bare_name(const char *argument)
{
    struct words words = { 0 };
    bool bare = words_split(&words, slice_of_cstr(argument)) && words.count == 1;
    words_clear(&words);
    return bare;
}

/* The arguments as lines of a file. What follows a bare name is its value, whatever it looks like, so that a
 * password may start with dashes; `--save` alone is the exception, it is often left without one. */
static void append_options(int argc, char *const argv[], struct buffer *out)
{
    bool value_expected = false;
    if (!is_option_name(argv[0])) buffer_append(out, "\n", 1);
    for (int i = 0; i < argc; i++) {
        if (value_expected || !is_option_name(argv[i])) {
            words_quote(out, slice_of_cstr(argv[i]));
            buffer_append(out, " ", 1);
            value_expected = false;
            continue;
        }
        buffer_printf(out, "\n%s ", argv[i] + 2);
        value_expected = is_bare_name(argv[i]);
        bool alone = i + 1 == argc || is_option_name(argv[i + 1]);
        if (strcasecmp(argv[i], "--save") == 0 && alone) {
            buffer_printf(out, "\"\"");
            value_expected = false;
        }
    }
}

static char *absolute_path(const char *path)
{
    if (path[0] == '/') return alloc_cstr(path, strlen(path));
    struct buffer absolute = { 0 };
    char *directory = getcwd(NULL, 0);
    buffer_printf(&absolute, "%s/%s", directory == NULL ? "." : directory, path);
    free(directory);
    char *copy = alloc_cstr(absolute.data, absolute.len);
    buffer_clear(&absolute);
    return copy;
}

/* Everything the command line names, in the order in which later wins. */
static bool gather(struct config *config, int argc, char *const argv[], struct buffer *text,
                   struct buffer *report)
{
    int first = 1;
    if (argc > 1 && argv[1][0] != '-') {
        alloc_free(config->path);
        config->path = absolute_path(argv[1]);
        if (!append_file(config->path, text, report)) return false;
        first = 2;
    }
    if (argc > first && strcmp(argv[argc - 1], "-") == 0) {
        bool mid_line = text->len > 0 && text->data[text->len - 1] != '\n';
        if (mid_line) buffer_append(text, "\n", 1);
        append_stream(stdin, text);
        argc--;
    }
    if (argc > first) append_options(argc - first, argv + first, text);
    return true;
}

static bool is_either(const char *argument, const char *letter, const char *word)
{
    return strcmp(argument, letter) == 0 || strcmp(argument, word) == 0;
}

enum config_start config_load(struct config *config, int argc, char *const argv[], struct buffer *report)
{
    if (argc > 1 && is_either(argv[1], "-v", "--version")) return CONFIG_SHOW_VERSION;
    if (argc > 1 && is_either(argv[1], "-h", "--help")) return CONFIG_SHOW_HELP;
    bool checks = argc > 1 && strcmp(argv[1], "--healthcheck") == 0;
    argc -= checks;
    argv += checks;

    struct loader loader = { .config = config, .report = report, .touches_files = true };
    struct buffer text = { 0 };
    bool good = gather(config, argc, argv, &text, report) && load_text(&loader, buffer_slice(&text));
    buffer_clear(&text);
    if (!good) return CONFIG_BAD;
    publish_all(config);
    if (checks) return CONFIG_CHECK_HEALTH;
    return try_logfile(config, report) ? CONFIG_RUN : CONFIG_BAD;
}
