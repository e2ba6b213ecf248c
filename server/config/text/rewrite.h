/*
 * rewrite.h - the text of a configuration file, brought up to date.
 *
 * Lines stay as they are as long as what they say is still true. A setting that has changed gets its new
 * value at the place of its first line, and loses further ones; what the file does not mention and is not at
 * its default is added at the end. Comments, includes and what is unknown are kept.
 */
#ifndef SERVER_CONFIG_TEXT_REWRITE_H
#define SERVER_CONFIG_TEXT_REWRITE_H

#include "proto/base/buffer.h"
#include "proto/base/slice.h"

struct config;

/* Append to `out` what the file holding `old` should hold now. Under the config's lock. */
void rewrite_text(struct config *config, struct slice old, struct buffer *out);

#endif
