/*
 * figures.h - INFO as figures by name, for whoever shows them in another form.
 *
 * They are taken from what the sections of INFO write, so that no two reports can tell different things.
 *
 * Threads: as INFO. Ownership: in the caller's memory, all zero at first, figures_clear() frees.
 */
#ifndef SERVER_REPORT_FIGURES_H
#define SERVER_REPORT_FIGURES_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"

struct server;

struct figure {
    struct slice name;
    struct slice value;
};

#define FIGURES_MAX   480
#define FIGURES_SLOTS 1024

struct figures {
    struct buffer text;
    size_t len;
    struct figure items[FIGURES_MAX]; /* in the order of INFO */
    uint16_t slots[FIGURES_SLOTS];    /* by name: one more than its index; 0: free */
};

/* The sections that INFO tells by default; of figures above FIGURES_MAX, which are kinds of errors, none. */
void figures_read(struct figures *figures, struct server *server);
void figures_clear(struct figures *figures);

/* Without an address: there is none of that name. */
struct slice figures_find(const struct figures *figures, struct slice name);

#endif
