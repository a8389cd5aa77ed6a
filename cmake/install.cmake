# The program, the library as kilat::kilat for find_package(kilat), its headers, and MNIST.
include(CMakePackageConfigHelpers)

install(TARGETS kilat EXPORT kilatTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(KILAT_HAS_CUDA)
  install(TARGETS kilat_cuda LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
install(TARGETS kilat_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY include/kilat DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY data/mnist DESTINATION ${CMAKE_INSTALL_DATADIR}/kilat)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/kilat)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/kilat)
install(EXPORT kilatTargets NAMESPACE kilat:: DESTINATION ${package_dir} FILE kilatConfig.cmake)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/kilatConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/kilatConfigVersion.cmake DESTINATION ${package_dir})
