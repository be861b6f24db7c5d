# Compiler and linker flags, carried by two INTERFACE targets that every target of ours links.
add_library(wax_warnings INTERFACE)
target_compile_options(
  wax_warnings
  INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wcast-qual -Wundef
            -Wnull-dereference -Wimplicit-fallthrough
            $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>
            $<$<COMPILE_LANGUAGE:CXX>:-Wold-style-cast>
            $<$<COMPILE_LANGUAGE:CXX>:-Woverloaded-virtual>
            $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond>
            $<$<CXX_COMPILER_ID:GNU>:-Wlogical-op>
            $<$<BOOL:${WAX_WERROR}>:-Werror>)

add_library(wax_build_flags INTERFACE)
if(WAX_SANITIZE)
  target_compile_options(wax_build_flags INTERFACE -fsanitize=${WAX_SANITIZE}
                                                   -fno-omit-frame-pointer)
  target_link_options(wax_build_flags INTERFACE -fsanitize=${WAX_SANITIZE})
  if(WAX_SANITIZE MATCHES "undefined")
    target_compile_options(wax_build_flags INTERFACE -fno-sanitize-recover=all)
  endif()
else()
  target_compile_options(wax_build_flags INTERFACE -fstack-protector-strong
                                                   $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    target_compile_options(wax_build_flags INTERFACE -fcf-protection)
  endif()
endif()
target_compile_definitions(wax_build_flags INTERFACE _GLIBCXX_ASSERTIONS)
target_link_options(wax_build_flags INTERFACE LINKER:-z,relro LINKER:-z,now)

# wax_library(<name> SOURCES … [PUBLIC libs…] [PRIVATE libs…])
# One static library per folder of host/; its headers are included from the host/ root.
function(wax_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR}/host)
  target_link_libraries(
    ${name}
    PUBLIC ${arg_PUBLIC} wax_build_flags
    PRIVATE ${arg_PRIVATE} wax_warnings)
endfunction()

# wax_unit_test(<name> SOURCES … LIBRARIES …): one test executable, its cases found by ctest.
function(wax_unit_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/host ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} GTest::gmock GTest::gtest_main
                                        wax_build_flags wax_warnings)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES LABELS unit TIMEOUT 120)
endfunction()
