/*
 * tag_names.h - the names of some tags, for people who ask: a dress knows their hashes only.
 *
 * Bounded, some 1 MB: a name that comes to the place of another takes it. What is too long is cut. Nothing
 * depends on it.
 *
 * Threads: any; a name that comes while another thread is in here is let go.
 */
#ifndef STORAGE_DRESS_TAG_NAMES_H
#define STORAGE_DRESS_TAG_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/slice.h"

#define TAG_NAME_MAX 119

struct tag_names;

struct tag_names *tag_names_create(void);
void tag_names_destroy(struct tag_names **names);

void tag_names_note(struct tag_names *names, uint64_t hash, struct slice name);
/* Written to `scratch` (TAG_NAME_MAX bytes). Empty: not known any more. */
struct slice tag_names_find(struct tag_names *names, uint64_t hash, char *scratch);

#endif
