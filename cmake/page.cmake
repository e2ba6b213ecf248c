# The page at `/`, as a table in C: page_table is its source.
set(page_folder ${CMAKE_SOURCE_DIR}/server/http/page)
set(page_table ${CMAKE_BINARY_DIR}/page_files.c)
file(GLOB page_files CONFIGURE_DEPENDS ${page_folder}/*.html ${page_folder}/*.css ${page_folder}/*.js
    ${page_folder}/*.svg)
add_custom_command(OUTPUT ${page_table}
    COMMAND ${CMAKE_COMMAND} -D FOLDER=${page_folder} -D OUTPUT=${page_table} -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${page_files} ${CMAKE_SOURCE_DIR}/cmake/embed.cmake VERBATIM)
