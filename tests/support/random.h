/* Where random numbers were: proto/base/random.h. */
#include "proto/base/random.h"
