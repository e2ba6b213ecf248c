#include "server/exec/acl/acl_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/exec/acl/user.h"
#include "server/exec/acl/users.h"

/* Hashes of passwords are nobody else's business. */
#define FILE_MODE 0600

static bool read_all(const char *path, struct buffer *out)
{
    const size_t piece = 64 * 1024;
    FILE *file = fopen(path, "re");
    if (file == NULL) return false;
    while (!feof(file) && !ferror(file))
        buffer_commit(out, fread(buffer_reserve(out, piece), 1, piece, file));
    bool good = !ferror(file);
    fclose(file);
    return good;
}

bool acl_file_load(struct users *users, const char *path, struct buffer *complaint)
{
    struct buffer text = { 0 };
    bool loaded = false;
    if (!read_all(path, &text))
        buffer_printf(complaint, "Error loading ACLs, opening file '%s': %s", path, strerror(errno));
    else if (users_load(users, buffer_slice(&text), path, complaint))
        loaded = true;
    else
        buffer_printf(complaint, "WARNING: ACL errors detected, no change to the previously active ACL rules "
                                 "was performed");
    buffer_clear(&text);
    return loaded;
}

static void write_line(const struct user *user, void *context)
{
    struct buffer *out = context;
    user_write(user, out);
    buffer_append(out, "\n", 1);
}

void acl_file_write(struct users *users, struct buffer *out)
{
    users_each(users, write_line, out);
}

static bool write_all(int file, struct slice text)
{
    while (text.len > 0) {
        ssize_t written = write(file, text.data, text.len);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        text = slice_of(text.data + written, text.len - (size_t)written);
    }
    return fsync(file) == 0;
}

/* Who reads it meanwhile sees the old one or the new one. */
static bool replace(const char *path, struct slice text)
{
    struct buffer temporary = { 0 };
    buffer_printf(&temporary, "%s.XXXXXX", path);
    buffer_append(&temporary, "", 1);
    int file = mkstemp(temporary.data);
    bool good = file >= 0 && fchmod(file, FILE_MODE) == 0 && write_all(file, text);
    int failure = errno;
    if (file >= 0) close(file);
    if (good && rename(temporary.data, path) != 0) {
        failure = errno;
        good = false;
    }
    if (!good && file >= 0) unlink(temporary.data);
    buffer_clear(&temporary);
    errno = failure;
    return good;
}

bool acl_file_save(struct users *users, const char *path, struct buffer *complaint)
{
    struct buffer text = { 0 };
    acl_file_write(users, &text);
    bool saved = replace(path, buffer_slice(&text));
    if (!saved) buffer_printf(complaint, "Saving ACLs to '%s': %s", path, strerror(errno));
    buffer_clear(&text);
    return saved;
}
