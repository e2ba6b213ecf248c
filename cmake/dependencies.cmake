# The libraries below the project, each behind a nuthatch:: target so that no other file spells its flags.
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)

pkg_check_modules(libuv REQUIRED IMPORTED_TARGET libuv>=1.40)
add_library(nuthatch::libuv ALIAS PkgConfig::libuv)

pkg_check_modules(openssl REQUIRED IMPORTED_TARGET openssl>=3.0)
add_library(nuthatch::openssl ALIAS PkgConfig::openssl)

# Only the header is used: XXH_INLINE_ALL compiles the hash into its caller.
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash>=0.8)
add_library(nuthatch::xxhash ALIAS PkgConfig::xxhash)

# Its headers are included as <liblzf/lzf.h>, so that it is seen whose they are.
pkg_check_modules(liblzf REQUIRED IMPORTED_TARGET liblzf)
add_library(nuthatch::liblzf ALIAS PkgConfig::liblzf)

# What reads the head of an HTTP request: three generated files that Debian's node-llhttp has, compiled as they are there.
# They are this machine's, whatever is compiled for.
find_path(llhttp_sources NAMES llhttp.c PATHS /usr/share/llhttp /usr/local/share/llhttp
          NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH REQUIRED)
find_path(llhttp_include NAMES llhttp/llhttp.h PATHS /usr/share/include /usr/local/include /usr/include
          NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH REQUIRED)
add_library(nuthatch_llhttp STATIC ${llhttp_sources}/api.c ${llhttp_sources}/http.c ${llhttp_sources}/llhttp.c)
add_library(nuthatch::llhttp ALIAS nuthatch_llhttp)
target_include_directories(nuthatch_llhttp SYSTEM PUBLIC ${llhttp_include} PRIVATE ${llhttp_include}/llhttp)
target_compile_definitions(nuthatch_llhttp PUBLIC LLHTTP_STRICT_MODE=1)

# What scripts are written in, and two libraries that they count on. Headers are included as <lua5.1/lua.h>. Archives,
# so that a server is one file: what is not to be had then is found where it runs.
find_library(lua_archive NAMES liblua5.1.a REQUIRED)
find_library(lua_cjson_archive NAMES liblua5.1-cjson.a REQUIRED)
find_library(lua_bitop_archive NAMES liblua5.1-bitop.a REQUIRED)
add_library(nuthatch_lua INTERFACE)
add_library(nuthatch::lua ALIAS nuthatch_lua)
target_link_libraries(nuthatch_lua INTERFACE ${lua_cjson_archive} ${lua_bitop_archive} ${lua_archive} m dl)

add_library(nuthatch_jemalloc INTERFACE)
add_library(nuthatch::jemalloc ALIAS nuthatch_jemalloc)
if(NUTHATCH_JEMALLOC)
    # The static archive saves the PLT on every malloc and free.
    find_library(jemalloc_archive NAMES libjemalloc.a REQUIRED)
    target_link_libraries(nuthatch_jemalloc INTERFACE ${jemalloc_archive} Threads::Threads dl m)
    target_compile_definitions(nuthatch_jemalloc INTERFACE NUTHATCH_JEMALLOC=1)
endif()

add_library(nuthatch_systemd INTERFACE)
add_library(nuthatch::systemd ALIAS nuthatch_systemd)
pkg_check_modules(systemd IMPORTED_TARGET libsystemd)
if(systemd_FOUND)
    target_link_libraries(nuthatch_systemd INTERFACE PkgConfig::systemd)
    target_compile_definitions(nuthatch_systemd INTERFACE NUTHATCH_SYSTEMD=1)
endif()

if(NUTHATCH_TESTS)
    pkg_check_modules(criterion REQUIRED IMPORTED_TARGET criterion)
    add_library(nuthatch::criterion ALIAS PkgConfig::criterion)
endif()
