/* Where seeds were: tests/support/seed.h. */
#include "tests/support/seed.h"
