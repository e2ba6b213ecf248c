#include "bench/kit/report/table.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/contract.h"

void table_add(struct table *table, const char *format, ...)
{
    REQUIRE(table->len < TABLE_CELLS_MAX);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(table->cells[table->len++], TABLE_CELL_MAX, format, arguments);
    va_end(arguments);
}

static int width(const struct table *table, size_t column)
{
    size_t widest = 0;
    for (size_t i = column; i < table->len; i += table->columns) {
        size_t len = strlen(table->cells[i]);
        if (len > widest) widest = len;
    }
    return (int)widest;
}

void table_print(const struct table *table)
{
    for (size_t i = 0; i < table->len; i++) {
        size_t column = i % table->columns;
        if (column == 0)
            printf("%-*s", width(table, column), table->cells[i]);
        else
            printf("  %*s", width(table, column), table->cells[i]);
        if (column == table->columns - 1) putchar('\n');
    }
    fflush(stdout);
}
