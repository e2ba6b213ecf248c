# Run by cpack over the files of the package: Debian keeps manual pages and the changelog compressed, without a name or a time in
# them, so that two builds are equal.
file(GLOB pages ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share/man/man*/*.[1-9])
execute_process(COMMAND gzip -9nf ${pages} ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share/doc/nuthatch/changelog
    COMMAND_ERROR_IS_FATAL ANY)
