# SPDX-License-Identifier: Apache-2.0
# cmake --install: both programs, presets, example configs, the config schema, and the libraries for
#   find_package(Ohmweave)                    core, crossbar, mapping, power_area, ... (no torch)
#   find_package(Ohmweave COMPONENTS torch)   also data, nn, admm, inference, train
include(CMakePackageConfigHelpers)
set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/Ohmweave")

get_property(libraries GLOBAL PROPERTY OHMWEAVE_LIBRARIES)
get_property(torch_libraries GLOBAL PROPERTY OHMWEAVE_TORCH_LIBRARIES)
install(TARGETS ${libraries} EXPORT OhmweaveTargets
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
  FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/ohmweave")
install(TARGETS ${torch_libraries} EXPORT OhmweaveTorchTargets
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
  FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/ohmweave")
install(EXPORT OhmweaveTargets NAMESPACE Ohmweave:: DESTINATION "${package_folder}")
install(EXPORT OhmweaveTorchTargets NAMESPACE Ohmweave:: DESTINATION "${package_folder}")
configure_package_config_file(cmake/OhmweaveConfig.cmake.in "${CMAKE_BINARY_DIR}/OhmweaveConfig.cmake"
  INSTALL_DESTINATION "${package_folder}")
write_basic_package_version_file("${CMAKE_BINARY_DIR}/OhmweaveConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_BINARY_DIR}/OhmweaveConfig.cmake" "${CMAKE_BINARY_DIR}/OhmweaveConfigVersion.cmake"
  DESTINATION "${package_folder}")

install(TARGETS ohmweave ohmweave-nn RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(DIRECTORY configs/ DESTINATION "${CMAKE_INSTALL_DATADIR}/ohmweave")
install(FILES LICENSE README.md CHANGELOG.md DESTINATION "${CMAKE_INSTALL_DOCDIR}")
