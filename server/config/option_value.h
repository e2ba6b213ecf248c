/*
 * option_value.h - the value of one option: from words to canonical text and number, and into the settings.
 *
 * Ownership: a value lives in the caller's memory, all zero is an empty one, option_value_clear() frees.
 * Threads: one owner.
 */
#ifndef SERVER_CONFIG_OPTION_VALUE_H
#define SERVER_CONFIG_OPTION_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"
#include "server/config/option.h"
#include "server/config/settings.h"

struct option_value {
    struct buffer text; /* as CONFIG GET shows it */
    int64_t number;     /* of kinds that have one, else 0 */
};

/* Read `*value` from what stands behind the name; it holds the current value and is replaced. False leaves it
 * alone and appends Redis's complaint, without prefix, to `error`. */
bool option_value_read(struct option_value *value, const struct option *option,
                       const struct option_words *source, struct buffer *error);
/* From one text, as CONFIG SET gives it. */
bool option_value_read_text(struct option_value *value, const struct option *option, struct slice text,
                            struct buffer *error);
/* The option's default. */
void option_value_preset(struct option_value *value, const struct option *option);

void option_value_publish(const struct option_value *value, const struct option *option,
                          struct settings *settings);
/* Append it as it would stand in a file: quoted where needed, sizes with units. */
void option_value_write(const struct option_value *value, const struct option *option, struct buffer *out);

bool option_value_equal(const struct option_value *a, const struct option_value *b);
void option_value_copy(struct option_value *to, const struct option_value *from);
void option_value_clear(struct option_value *value);

#endif
