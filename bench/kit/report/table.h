/*
 * table.h - results in aligned columns on standard output.
 *
 * Cells are collected in order, row by row, and printed at the end, when the widths are known. The first
 * column stands left, the others right.
 *
 * Threads: one owner. All zero but for `columns` is an empty table.
 */
#ifndef BENCH_KIT_REPORT_TABLE_H
#define BENCH_KIT_REPORT_TABLE_H

#include <stddef.h>

#define TABLE_CELL_MAX  64
#define TABLE_CELLS_MAX 2048

struct table {
    size_t columns;
    size_t len;
    char cells[TABLE_CELLS_MAX][TABLE_CELL_MAX];
};

/* The next cell. */
void table_add(struct table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));

void table_print(const struct table *table);

#endif
