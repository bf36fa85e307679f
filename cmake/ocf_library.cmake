# One call per module:
#
#   ocf_library(coap
#     SOURCES frame.cpp …      # explicit, no GLOB: adding a file is a visible decision
#     DEPS ocf::base …         # what the module's headers need
#     PRIVATE_DEPS …           # what only its sources need
#     TESTS frame_test.cpp …   # one GoogleTest binary, <module>_test, one entry in ctest
#     TEST_DEPS …
#     FUZZERS frame_fuzz.cpp)  # one binary each, see ocf_fuzzer
function(ocf_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS;PRIVATE_DEPS;TESTS;TEST_DEPS;FUZZERS;FUZZ_DEPS" ${ARGN})
  if(arg_SOURCES)
    add_library(ocf_${name} STATIC ${arg_SOURCES})
    set(scope PUBLIC)
    target_link_libraries(ocf_${name} PRIVATE ${arg_PRIVATE_DEPS})
    ocf_compile_options(ocf_${name})
  else()
    add_library(ocf_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(ocf::${name} ALIAS ocf_${name})
  target_include_directories(ocf_${name} ${scope} ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(ocf_${name} ${scope} ${arg_DEPS})
  if(OCF_TIDY)
    # Every header compiles on its own. Those of tests include what only tests link.
    file(GLOB_RECURSE headers *.hpp)
    list(FILTER headers EXCLUDE REGEX "test")
    target_sources(ocf_${name} ${scope} FILE_SET HEADERS BASE_DIRS ${CMAKE_CURRENT_SOURCE_DIR}/.. FILES ${headers})
    set_target_properties(ocf_${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
  endif()

  if(arg_TESTS)
    add_executable(${name}_test ${arg_TESTS})
    ocf_compile_options(${name}_test)
    target_include_directories(${name}_test PRIVATE ${CMAKE_SOURCE_DIR})
    target_link_libraries(${name}_test PRIVATE ocf::${name} ${arg_TEST_DEPS} GTest::gtest_main)
    add_test(NAME ${name}_test COMMAND ${name}_test)
    set_tests_properties(${name}_test PROPERTIES TIMEOUT 120)
  endif()

  foreach(source ${arg_FUZZERS})
    ocf_fuzzer(${source} ocf::${name} ${arg_FUZZ_DEPS})
  endforeach()
endfunction()

# A fuzzer, named as its source: libFuzzer under clang with OCF_FUZZ, tests/corpus_runner.cpp otherwise. As a test it runs the
# seeds that tests/corpora.py has for it, and 100,000 inputs made of them.
function(ocf_fuzzer source)
  get_filename_component(fuzzer ${source} NAME_WE)
  add_executable(${fuzzer} ${source})
  add_dependencies(fuzzers ${fuzzer})
  ocf_compile_options(${fuzzer})
  target_link_libraries(${fuzzer} PRIVATE ${ARGN})
  if(OCF_FUZZ)
    target_link_options(${fuzzer} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(${fuzzer} PRIVATE ${CMAKE_SOURCE_DIR}/tests/corpus_runner.cpp)
  endif()
  add_test(NAME ${fuzzer} COMMAND ${fuzzer} -runs=100000 -max_len=4096 ${CMAKE_BINARY_DIR}/corpora/${fuzzer})
  set_tests_properties(${fuzzer} PROPERTIES TIMEOUT 300 FIXTURES_REQUIRED corpora LABELS fuzz)
endfunction()

option(OCF_WERROR "Warnings are errors (set by every preset)" OFF)
option(OCF_TIDY "The target `tidy`: clang-tidy over every source, and every header by itself (clang only)" OFF)
option(OCF_FUZZ "Build the fuzzers against libFuzzer (clang only)" OFF)

# The warnings, and the hardening, of every target of ours.
function(ocf_compile_options target)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow $<$<BOOL:${OCF_WERROR}>:-Werror>
    # False alarms of g++ 12 where it inlines Asio's allocation of coroutine frames.
    $<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete>)
  target_link_libraries(${target} PRIVATE ocf_hardening)
  # Asio without its deprecated corners; handler tracking stays off.
  target_compile_definitions(${target} PRIVATE BOOST_ASIO_NO_DEPRECATED)
endfunction()
