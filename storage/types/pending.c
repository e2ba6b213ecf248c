/*
 * Types that have no implementation yet: each is struck out with the file that brings it.
 */
#include "storage/types/list.h"
#include "storage/types/zset.h"

__attribute__((weak)) const struct value_type list_type = { 0 };
__attribute__((weak)) const struct value_type zset_type = { 0 };
