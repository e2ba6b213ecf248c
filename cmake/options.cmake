# Compile options of every target, and the switches a preset turns.
option(NUTHATCH_TESTS "Build the tests" ON)
option(NUTHATCH_BENCH "Build the benchmarks" ON)
option(NUTHATCH_FUZZ "Build the fuzz targets (clang)" OFF)
option(NUTHATCH_COVERAGE "Count executed lines" OFF)
option(NUTHATCH_JEMALLOC "Allocate with jemalloc; off under sanitizers, which bring their own" ON)
set(NUTHATCH_SANITIZE "" CACHE STRING "Argument of -fsanitize=, empty for none")

set(NUTHATCH_PGO "" CACHE STRING "generate a profile where the program ends, or use it; empty for neither")

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_library(project_options INTERFACE)
target_include_directories(project_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_definitions(project_options INTERFACE _GNU_SOURCE NUTHATCH_VERSION="${PROJECT_VERSION}")
# Frame pointers stay, so that perf and the crash report can walk the stack.
target_compile_options(project_options INTERFACE
    -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef
    -fno-omit-frame-pointer -fno-strict-aliasing)

# For what is zeroed in every command, a structure or two of some hundred bytes, gcc would take `rep stos`, the
# start of which alone is some thirty cycles. Not in other builds, since clang-tidy reads their commands and does
# not know the option.
include(CheckCCompilerFlag)
set(zero_with_stores -mmemset-strategy=vector_loop:192:noalign,libcall:-1:noalign)
check_c_compiler_flag(${zero_with_stores} NUTHATCH_ZERO_WITH_STORES)
if(NUTHATCH_ZERO_WITH_STORES AND CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_options(project_options INTERFACE ${zero_with_stores})
endif()

# What makes a fault harder to abuse, in what is shipped: code at an address that is not known beforehand, tables of the
# linker that are read-only once the program runs, a canary before return addresses, no stack that jumps over its guard
# page, checked functions of the C library. .ci/hardened looks whether it is so.
add_library(project_hardening INTERFACE)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_options(project_hardening INTERFACE -fPIE -fstack-protector -fstack-clash-protection
        -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
    target_link_options(project_hardening INTERFACE -pie -Wl,-z,relro,-z,now,-z,noexecstack)
endif()

if(NUTHATCH_SANITIZE)
    target_compile_options(project_options INTERFACE -fsanitize=${NUTHATCH_SANITIZE} -fno-sanitize-recover=all)
    target_link_options(project_options INTERFACE -fsanitize=${NUTHATCH_SANITIZE})
endif()
# One folder builds both ways, one after the other, since a profile is found by the path of the object it is of.
# What no training has run is optimised as ever, not for size.
if(NUTHATCH_PGO STREQUAL "generate")
    set(pgo -fprofile-generate=${CMAKE_BINARY_DIR}/profile -fprofile-update=prefer-atomic)
elseif(NUTHATCH_PGO STREQUAL "use")
    set(pgo -fprofile-use=${CMAKE_BINARY_DIR}/profile -fprofile-correction -fprofile-partial-training
        -Wno-missing-profile)
endif()
target_compile_options(project_options INTERFACE ${pgo})
target_link_options(project_options INTERFACE ${pgo})

if(NUTHATCH_COVERAGE)
    target_compile_options(project_options INTERFACE --coverage)
    target_link_options(project_options INTERFACE --coverage)
endif()
