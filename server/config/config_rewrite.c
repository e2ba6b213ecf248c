#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/base/alloc.h"
#include "server/config/config.h"
#include "server/config/state.h"
#include "server/config/text/rewrite.h"

#define NEW_FILE_MODE 0644

/* All of these return 0 or an errno. */

static int read_all(int file, struct buffer *out)
{
    const size_t piece = 64 * 1024;
    for (;;) {
        ssize_t got = read(file, buffer_reserve(out, piece), piece);
        if (got == 0) return 0;
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return errno;
        buffer_commit(out, (size_t)got);
    }
}

/* A file that is gone by now is written anew. */
static int read_old(const char *path, struct buffer *out, mode_t *mode)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return errno == ENOENT ? 0 : errno;
    struct stat status;
    if (fstat(file, &status) == 0) *mode = status.st_mode & 07777;
    int failure = read_all(file, out);
    close(file);
    return failure;
}

static int write_all(int file, struct slice text)
{
    while (text.len > 0) {
        ssize_t written = write(file, text.data, text.len);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return errno;
        text = slice_of(text.data + written, text.len - (size_t)written);
    }
    return 0;
}

static int fill(int file, struct slice text, mode_t mode)
{
    int failure = write_all(file, text);
    if (failure != 0) return failure;
    return fchmod(file, mode) != 0 || fsync(file) != 0 ? errno : 0;
}

/* Without it, a crash of the machine may bring the old name back. A directory that cannot be synchronised is
 * no reason to call the rewrite a failure: the file is complete either way. */
static void sync_directory(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *directory = alloc_cstr(path, slash == NULL || slash == path ? 1 : (size_t)(slash - path));
    int file = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file >= 0) {
        fsync(file);
        close(file);
    }
    alloc_free(directory);
}

/* Somebody who reads the file meanwhile sees the old one or the new one, never a piece. */
static int replace(const char *path, struct slice text, mode_t mode)
{
    struct buffer temporary = { 0 };
    buffer_printf(&temporary, "%s.XXXXXX", path);
    buffer_append(&temporary, "", 1);
    int file = mkostemp(temporary.data, O_CLOEXEC);
    int failure = file < 0 ? errno : fill(file, text, mode);
    if (file >= 0) close(file);
    if (failure == 0 && rename(temporary.data, path) != 0) failure = errno;
    if (failure == 0) sync_directory(path);
    if (failure != 0 && file >= 0) unlink(temporary.data);
    buffer_clear(&temporary);
    return failure;
}

static int rewrite_file(struct config *config)
{
    struct buffer old = { 0 }, new = { 0 };
    mode_t mode = NEW_FILE_MODE;
    int failure = read_old(config->path, &old, &mode);
    if (failure == 0) {
        pthread_mutex_lock(&config->lock);
        rewrite_text(config, buffer_slice(&old), &new);
        pthread_mutex_unlock(&config->lock);
        failure = replace(config->path, buffer_slice(&new), mode);
    }
    buffer_clear(&old);
    buffer_clear(&new);
    return failure;
}

bool config_rewrite(struct config *config, struct buffer *error)
{
    if (config->path[0] == '\0') {
        buffer_printf(error, "ERR The server is running without a config file");
        return false;
    }
    pthread_mutex_lock(&config->file_lock);
    int failure = rewrite_file(config);
    pthread_mutex_unlock(&config->file_lock);
    if (failure != 0) buffer_printf(error, "ERR Rewriting config file: %s", strerror(failure));
    return failure == 0;
}
