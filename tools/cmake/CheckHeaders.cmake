# SPDX-License-Identifier: Apache-2.0
# The target check-headers: every header of ours compiles alone, and twice in the same file.

file(GLOB_RECURSE _headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}
     ${PROJECT_SOURCE_DIR}/host/*.hpp ${PROJECT_SOURCE_DIR}/plugins/*.hpp
     ${PROJECT_SOURCE_DIR}/tests/*.hpp ${PROJECT_SOURCE_DIR}/tools/*.hpp
     ${PROJECT_SOURCE_DIR}/plugin-api/include/*.hpp ${PROJECT_SOURCE_DIR}/plugin-api/include/*.h)
# A starter project's files are templates, not code of this build.
list(FILTER _headers EXCLUDE REGEX "/templates/")

set(_host_units)
set(_sdk_units)
foreach(header IN LISTS _headers)
  if(header MATCHES "[.]h$")
    set(unit ${PROJECT_BINARY_DIR}/check-headers/${header}.c)
  else()
    set(unit ${PROJECT_BINARY_DIR}/check-headers/${header}.cc)
  endif()
  file(CONFIGURE OUTPUT ${unit} CONTENT "#include \"@PROJECT_SOURCE_DIR@/@header@\"
#include \"@PROJECT_SOURCE_DIR@/@header@\"
extern int wax_this_unit_is_not_empty;
" @ONLY)
  if(header MATCHES "^plugin-api/")
    list(APPEND _sdk_units ${unit})
  else()
    list(APPEND _host_units ${unit})
  endif()
endforeach()

add_custom_target(check-headers)
# Plugin authors may still be at C++17.
foreach(group host sdk)
  if(NOT _${group}_units)
    continue()
  endif()
  add_library(check_headers_${group} OBJECT EXCLUDE_FROM_ALL ${_${group}_units})
  target_link_libraries(check_headers_${group} PRIVATE wax_warnings)
  # The objects are thrown away: no time for debug information or optimisation.
  target_compile_options(check_headers_${group} PRIVATE -g0 -O0)
  add_dependencies(check-headers check_headers_${group})
endforeach()
if(TARGET check_headers_host)
  get_property(_libraries GLOBAL PROPERTY WAX_LIBRARIES)
  target_link_libraries(check_headers_host PRIVATE ${_libraries} waxwing::abi)
  target_include_directories(check_headers_host PRIVATE ${PROJECT_SOURCE_DIR}/host
                                                        ${PROJECT_SOURCE_DIR}/tests)
  if(WAX_TESTS)
    target_link_libraries(check_headers_host PRIVATE GTest::gmock)
  endif()
endif()
target_link_libraries(check_headers_sdk PRIVATE waxwing::abi)
set_target_properties(check_headers_sdk PROPERTIES CXX_STANDARD 17)
