# The Debian package: `./dev package`, or cpack in a build tree. What it brings beside the program stands in
# cmake/package/ and examples/.
include(GNUInstallDirs)

set(package_files ${CMAKE_SOURCE_DIR}/cmake/package)
install(TARGETS nuthatch RUNTIME)
install(FILES ${CMAKE_SOURCE_DIR}/docs/nuthatch.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${CMAKE_SOURCE_DIR}/docs/nuthatch.conf.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)

# Parts of their own, so that `cmake --install` of a tree touches no /etc.
install(FILES ${CMAKE_SOURCE_DIR}/examples/nuthatch.conf DESTINATION /etc/nuthatch
        PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ COMPONENT system EXCLUDE_FROM_ALL)
install(FILES ${package_files}/nuthatch.logrotate DESTINATION /etc/logrotate.d RENAME nuthatch
        COMPONENT system EXCLUDE_FROM_ALL)
install(FILES ${CMAKE_SOURCE_DIR}/examples/nuthatch.service DESTINATION /lib/systemd/system
        COMPONENT system EXCLUDE_FROM_ALL)
configure_file(${package_files}/changelog changelog @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/changelog ${package_files}/copyright ${CMAKE_SOURCE_DIR}/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR}
        COMPONENT system EXCLUDE_FROM_ALL)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT system EXCLUDE_FROM_ALL
        FILES_MATCHING PATTERN *.md PATTERN *.png)
install(FILES ${package_files}/lintian-overrides DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides RENAME nuthatch
        COMPONENT system EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME nuthatch)
set(CPACK_PACKAGE_VENDOR "The Nuthatch developers")
set(CPACK_PACKAGE_CONTACT "The Nuthatch developers <nuthatch@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "cache server that speaks the Redis protocol")
set(CPACK_PACKAGE_DESCRIPTION
    "Nuthatch keeps keys and values in memory beside an application. Clients,\n\
tools and configuration files made for Redis work with it; it can stand in\n\
front of a Redis as a coherent near cache.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PRE_BUILD_SCRIPTS ${package_files}/compress.cmake)
set(CPACK_DEB_COMPONENT_INSTALL OFF)
set(CPACK_INSTALL_CMAKE_PROJECTS
    "${CMAKE_BINARY_DIR};nuthatch;Unspecified;/" "${CMAKE_BINARY_DIR};nuthatch;system;/")

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION database)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS adduser)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS redis-tools)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${package_files}/conffiles ${package_files}/postinst ${package_files}/prerm
    ${package_files}/postrm)
include(CPack)
