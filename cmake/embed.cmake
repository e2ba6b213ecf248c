# Writes OUTPUT, a table in C of the files in FOLDER, each with its media type and the tag of its content. Run by the
# build, with `cmake -P`: no other tool is needed, and nothing of it depends on the machine that the server is for.
set(types_html "text/html; charset=utf-8")
set(types_css "text/css; charset=utf-8")
set(types_js "text/javascript; charset=utf-8")
set(types_svg "image/svg+xml")

file(GLOB names RELATIVE ${FOLDER} ${FOLDER}/*.html ${FOLDER}/*.css ${FOLDER}/*.js ${FOLDER}/*.svg)
list(SORT names)
set(bodies "")
set(rows "")
foreach(name IN LISTS names)
    get_filename_component(extension ${name} LAST_EXT)
    string(SUBSTRING ${extension} 1 -1 extension)
    string(MAKE_C_IDENTIFIER ${name} variable)
    file(READ ${FOLDER}/${name} bytes HEX)
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
    string(REGEX REPLACE "(................................................................................)" "\\1\n" bytes "${bytes}")
    file(SHA256 ${FOLDER}/${name} digest)
    string(SUBSTRING ${digest} 0 32 digest)
    string(APPEND bodies "static const unsigned char ${variable}[] = {\n${bytes}\n};\n")
    string(APPEND rows "    { \"/${name}\", \"${types_${extension}}\", \"\\\"${digest}\\\"\", "
        "(const char *)${variable}, sizeof(${variable}) },\n")
endforeach()

# The first is what is asked for without a name.
string(REPLACE "\"/page.html\"" "\"/\"" rows "${rows}")
file(WRITE ${OUTPUT} "#include \"server/http/page/http_page.h\"\n\n${bodies}\n"
    "const struct http_page_file http_page_files[] = {\n${rows}    { 0 },\n};\n")
