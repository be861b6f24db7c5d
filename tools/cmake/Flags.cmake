# SPDX-License-Identifier: Apache-2.0
# Compiler and linker flags, carried by INTERFACE targets that every target of ours links, and the
# helpers that make libraries, unit tests and fuzzers.

# A compiler cache halves the time of every second build; without it the build only is slower.
find_program(WAX_CCACHE ccache)
mark_as_advanced(WAX_CCACHE)
foreach(language C CXX)
  if(WAX_CCACHE AND NOT DEFINED CMAKE_${language}_COMPILER_LAUNCHER)
    set(CMAKE_${language}_COMPILER_LAUNCHER ${WAX_CCACHE})
  endif()
endforeach()

include(CheckPIESupported)
check_pie_supported()

add_library(wax_warnings INTERFACE)
target_compile_options(
  wax_warnings
  INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wcast-qual -Wundef
            -Wimplicit-fallthrough
            $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>
            $<$<COMPILE_LANGUAGE:CXX>:-Wold-style-cast>
            $<$<COMPILE_LANGUAGE:CXX>:-Woverloaded-virtual>
            $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond>
            $<$<CXX_COMPILER_ID:GNU>:-Wlogical-op>
            $<$<BOOL:${WAX_WERROR}>:-Werror>)

# Under a sanitizer GCC takes its own instrumentation for faults of these two kinds.
if(WAX_SANITIZE)
  target_compile_options(wax_warnings
                         INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
else()
  # With optimisation GCC 12 finds faults of these two kinds in inlined library code that has none.
  target_compile_options(wax_warnings INTERFACE $<$<CONFIG:Debug>:-Wnull-dereference>
                                                $<$<NOT:$<CONFIG:Debug>>:-Wno-restrict>)
endif()

add_library(wax_build_flags INTERFACE)
if(WAX_SANITIZE)
  target_compile_options(wax_build_flags INTERFACE -fsanitize=${WAX_SANITIZE}
                                                   -fno-omit-frame-pointer)
  target_compile_options(
    wax_build_flags
    INTERFACE
      $<$<CXX_COMPILER_ID:Clang>:-fsanitize-ignorelist=${PROJECT_SOURCE_DIR}/tools/ci/ubsan.ignore>)
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
if(WAX_FUZZERS)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "WAX_FUZZERS needs clang: cmake --preset fuzz")
  endif()
  target_compile_options(wax_build_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
target_compile_definitions(wax_build_flags INTERFACE _GLIBCXX_ASSERTIONS)
target_link_options(wax_build_flags INTERFACE LINKER:-z,relro LINKER:-z,now
                                              LINKER:-z,noexecstack)

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
  set_property(GLOBAL APPEND PROPERTY WAX_LIBRARIES ${name})
endfunction()

# wax_unit_test(<name> [THREADS] SOURCES … LIBRARIES …): one test executable, its cases found by
# ctest. THREADS: it has several, so ThreadSanitizer looks at it too (label and target "threads").
add_custom_target(threads)
function(wax_unit_test name)
  cmake_parse_arguments(arg "THREADS" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/host ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} GTest::gmock GTest::gtest_main
                                        wax_build_flags wax_warnings)
  set(label unit)
  if(arg_THREADS)
    set(label threads)
    add_dependencies(threads ${name})
  endif()
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES LABELS ${label} TIMEOUT 120)
endfunction()

# wax_fuzzer(<name> SOURCES … LIBRARIES … [CORPUS dir])
# One libFuzzer executable, built by the target "fuzzers" of the preset fuzz. ctest -L fuzz runs each
# for WAX_FUZZ_SECONDS, starting from the seeds in CORPUS and from what earlier runs found.
set(WAX_FUZZ_SECONDS 15 CACHE STRING "How long ctest runs each fuzzer")
if(WAX_FUZZERS)
  add_custom_target(fuzzers)
endif()
function(wax_fuzzer name)
  if(NOT WAX_FUZZERS)
    return()
  endif()
  cmake_parse_arguments(arg "" "CORPUS" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name} EXCLUDE_FROM_ALL ${arg_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/host ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} wax_build_flags wax_warnings)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  add_dependencies(fuzzers ${name})
  set(found ${PROJECT_BINARY_DIR}/fuzz/${name})
  file(MAKE_DIRECTORY ${found}/corpus)
  set(seeds)
  if(arg_CORPUS)
    get_filename_component(seeds ${arg_CORPUS} ABSOLUTE)
  endif()
  add_test(NAME fuzz.${name}
           COMMAND ${name} -max_total_time=${WAX_FUZZ_SECONDS} -timeout=10 -rss_limit_mb=2048
                   -artifact_prefix=${found}/ ${found}/corpus ${seeds})
  math(EXPR limit "${WAX_FUZZ_SECONDS} + 120")
  set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz TIMEOUT ${limit})
endfunction()
